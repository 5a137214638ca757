Feature: Switch
  Cases in order; the first that holds says where the flow goes.

  Scenario Outline: The first case that holds is taken
    Given a workflow with definition:
    """yaml
    do:
      - choose:
          switch:
            - small: { when: .n < 10, then: isSmall }
            - medium: { when: .n < 100, then: isMedium }
            - other: { then: isLarge }
      - isSmall: { set: { size: small }, then: end }
      - isMedium: { set: { size: medium }, then: end }
      - isLarge: { set: { size: large }, then: end }
    """
    And given the workflow input is:
    """yaml
    n: <n>
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    size: <size>
    """
    Examples:
      | n   | size   |
      | 9   | small  |
      | 10  | medium |
      | 100 | large  |

  Scenario: The default is taken only when no case holds, wherever it stands
    Given a workflow with definition:
    """yaml
    do:
      - choose:
          switch:
            - other: { then: isOther }
            - known: { when: .known, then: isKnown }
      - isOther: { set: { is: other }, then: end }
      - isKnown: { set: { is: known }, then: end }
    """
    And given the workflow input is:
    """yaml
    known: true
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    is: known
    """

  Scenario: Without a default the flow goes on when no case holds
    Given a workflow with definition:
    """yaml
    do:
      - choose: { switch: [ { never: { when: 'false', then: end } } ] }
      - next: { set: { reached: true } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    reached: true
    """

  Scenario: The data passes through
    Given a workflow with definition:
    """yaml
    do:
      - choose: { switch: [ { all: { then: continue } } ] }
    """
    And given the workflow input is:
    """yaml
    a: 1
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    a: 1
    """

  Scenario: A case sees what the task's input.from has made
    Given a workflow with definition:
    """yaml
    do:
      - choose:
          input: { from: .user }
          switch:
            - admin: { when: '${ .role == "admin" }', then: allowed }
            - other: { then: end }
      - allowed: { set: { allowed: true } }
    """
    And given the workflow input is:
    """yaml
    user: { role: admin }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    allowed: true
    """

  Scenario: A case sees the context
    Given a workflow with definition:
    """yaml
    do:
      - note: { set: { a: 1 }, export: { as: '{ go: true }' } }
      - choose:
          switch:
            - go: { when: $context.go, then: reached }
      - missed: { set: { missed: true }, then: end }
      - reached: { set: { reached: true } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    reached: true
    """

  Scenario: The case that is taken overrides the task's own then
    Given a workflow with definition:
    """yaml
    do:
      - choose:
          switch: [ { all: { then: second } } ]
          then: first
      - first: { set: { at: first }, then: end }
      - second: { set: { at: second }, then: end }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    at: second
    """

  Scenario: A case may end the workflow
    Given a workflow with definition:
    """yaml
    do:
      - outer:
          do:
            - choose: { switch: [ { all: { then: end } } ] }
      - next: { set: { reached: true } }
    """
    When the workflow is executed
    Then the workflow should complete
    And next should not run

  Scenario: A case may leave the list
    Given a workflow with definition:
    """yaml
    do:
      - outer:
          do:
            - choose: { switch: [ { all: { then: exit } } ] }
            - missed: { set: { missed: true } }
      - next: { set: { reached: true } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    reached: true
    """
    And missed should not run

  Scenario: A case whose condition fails is an error of the task
    Given a workflow with definition:
    """yaml
    do:
      - choose: { switch: [ { broken: { when: .a + 1 > 2, then: end } } ] }
    """
    And given the workflow input is:
    """yaml
    a: text
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/expression
    status: 400
    instance: /do/0/choose
    """
