Feature: Wait
  Time that passes, never less than was asked for.

  Scenario Outline: A wait lasts at least as long as it says
    Given a workflow with definition:
    """yaml
    do:
      - pause: { wait: <duration> }
    """
    And given the workflow input is:
    """yaml
    ms: 60
    text: PT0.06S
    """
    When the workflow is executed
    Then the workflow should complete
    And pause should take at least 60 milliseconds
    Examples:
      | duration                               |
      | { milliseconds: 60 }                   |
      | PT0.06S                                |
      | { seconds: 0, milliseconds: 60 }       |
      | '${ .text }'                           |
      | '${ { milliseconds: .ms } }'           |

  Scenario: A wait gives its input on
    Given a workflow with definition:
    """yaml
    do:
      - pause: { wait: { milliseconds: 1 } }
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

  Scenario: A wait of no time goes on at once
    Given a workflow with definition:
    """yaml
    do:
      - pause: { wait: PT0S }
      - next: { set: { reached: true } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    reached: true
    """

  Scenario: A workflow that only waits is waiting
    Given a workflow with definition:
    """yaml
    do:
      - pause: { wait: P30D }
    """
    When the workflow is started
    And the workflow has reached pause
    Then the workflow should be waiting

  Scenario: A wait may name the instant at which it ends
    Given a workflow with definition:
    """yaml
    do:
      - pause: { wait: PT1H, metadata: { until: '($workflow.startedAt.epoch.seconds + 1) | todate' } }
      - next: { set: { reached: true } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    reached: true
    """

  Scenario: An instant in the past ends the wait at once
    Given a workflow with definition:
    """yaml
    do:
      - pause: { wait: PT1H, metadata: { until: '.at' } }
      - next: { set: { reached: true } }
    """
    And given the workflow input is:
    """yaml
    at: '2020-01-01T00:00:00Z'
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    reached: true
    """

  Scenario: An instant that is none is an error of the task
    Given a workflow with definition:
    """yaml
    do:
      - pause: { wait: PT1H, metadata: { until: '.at' } }
    """
    And given the workflow input is:
    """yaml
    at: tomorrow
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/expression
    instance: /do/0/pause
    """

  Scenario: A computed duration that is none is an error of the task
    Given a workflow with definition:
    """yaml
    do:
      - pause: { wait: '${ .span }' }
    """
    And given the workflow input is:
    """yaml
    span: soon
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/expression
    instance: /do/0/pause
    """
