Feature: Set
  Makes data, which takes the place of what was there.

  Scenario: What is set replaces the data
    Given a workflow with definition:
    """yaml
    do:
      - keep: { set: { b: 2 } }
    """
    And given the workflow input is:
    """yaml
    a: 1
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    b: 2
    """

  Scenario: An expression may be all that is set
    Given a workflow with definition:
    """yaml
    do:
      - keep: { set: '${ . + { b: 2 } }' }
    """
    And given the workflow input is:
    """yaml
    a: 1
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    a: 1
    b: 2
    """

  Scenario: Literals keep their types
    Given a workflow with definition:
    """yaml
    do:
      - keep: { set: { n: 1.5, t: 'yes', b: false, z: null, l: [], o: {} } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 1.5
    t: 'yes'
    b: false
    z: null
    l: []
    o: {}
    """
