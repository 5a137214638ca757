Feature: Timeout
  Time that runs out interrupts what runs, and is an error of type timeout that can be caught.

  Scenario Outline: Every kind of task may have a timeout
    Given a workflow with definition:
    """yaml
    do:
      - slow: <task>
    """
    And given the service answers 'GET /slow' with:
    """yaml
    hang: true
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/timeout
    status: 408
    instance: /do/0/slow
    """
    And slow should take at least 60 milliseconds
    And slow should take at most 15000 milliseconds
    Examples:
      | task                                                                                                                       |
      | { wait: PT1H, timeout: { after: { milliseconds: 60 } } }                                                                   |
      | { do: [ { pause: { wait: PT1H } } ], timeout: { after: PT0.06S } }                                                         |
      | { for: { in: '[1, 2]' }, do: [ { pause: { wait: PT1H } } ], timeout: { after: { milliseconds: 60 } } }                     |
      | { fork: { branches: [ { a: { wait: PT1H } }, { b: { set: { x: 1 } } } ] }, timeout: { after: { milliseconds: 60 } } }      |
      | { fork: { compete: true, branches: [ { a: { wait: PT1H } }, { b: { wait: PT2H } } ] }, timeout: { after: { milliseconds: 60 } } } |
      | { try: [ { pause: { wait: PT1H } } ], catch: { do: [ { x: { set: { y: 1 } } } ] }, timeout: { after: { milliseconds: 60 } } } |
      | { call: http, with: { method: get, endpoint: 'https://kit.example/slow' }, timeout: { after: { milliseconds: 60 } } }      |

  Scenario: A declared timeout is named
    Given a workflow with definition:
    """yaml
    use: { timeouts: { short: { after: { milliseconds: 20 } } } }
    do:
      - pause: { wait: PT1H, timeout: short }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 408
    instance: /do/0/pause
    """

  Scenario: A timeout may be computed
    Given a workflow with definition:
    """yaml
    do:
      - pause: { wait: PT1H, timeout: { after: '${ .limit }' } }
    """
    And given the workflow input is:
    """yaml
    limit: PT0.02S
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 408
    instance: /do/0/pause
    """

  Scenario: A task that is quick enough completes
    Given a workflow with definition:
    """yaml
    do:
      - pause: { wait: { milliseconds: 5 }, timeout: { after: PT1M } }
      - next: { set: { reached: true } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    reached: true
    """

  Scenario: A timeout is caught like any error
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { pause: { wait: PT1H, timeout: { after: { milliseconds: 20 } } } } ]
          catch:
            errors: { with: { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/timeout' } }
            do: [ { handled: { set: { at: '${ $error.instance }' } } } ]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    at: /do/0/guard/try/0/pause
    """

  Scenario: What is inside a task whose time is over is cancelled
    Given a workflow with definition:
    """yaml
    do:
      - outer:
          do:
            - first: { set: { a: 1 } }
            - inner: { do: [ { pause: { wait: PT1H } } ] }
            - missed: { set: { b: 1 } }
          timeout: { after: { milliseconds: 20 } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 408
    instance: /do/0/outer
    """
    And first should complete
    And inner should cancel
    And pause should cancel
    And missed should not run

  Scenario: A try's own timeout is not for its own catch
    Given a workflow with definition:
    """yaml
    do:
      - outer:
          try:
            - inner:
                try: [ { pause: { wait: PT1H } } ]
                catch: { do: [ { wrong: { set: { by: inner } } } ] }
                timeout: { after: { milliseconds: 20 } }
          catch: { do: [ { right: { set: { by: outer } } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    by: outer
    """

  Scenario: A timeout runs over all retries of a try
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } } } ]
          catch: { retry: { delay: PT1H, limit: { attempt: { count: 5 } } } }
          timeout: { after: { milliseconds: 30 } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 408
    instance: /do/0/guard
    """

  Scenario: The workflow's timeout ends everything
    Given a workflow with definition:
    """yaml
    timeout: { after: { milliseconds: 30 } }
    do:
      - outer: { do: [ { pause: { wait: PT1H } } ] }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/timeout
    status: 408
    """
    And pause should cancel
    And outer should cancel

  Scenario: The workflow's timeout cannot be caught
    Given a workflow with definition:
    """yaml
    timeout: { after: { milliseconds: 30 } }
    do:
      - guard:
          try: [ { pause: { wait: PT1H } } ]
          catch: { do: [ { wrong: { set: { caught: true } } } ] }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 408
    """
    And wrong should not run

  Scenario: The workflow's timeout may be declared
    Given a workflow with definition:
    """yaml
    timeout: short
    use: { timeouts: { short: { after: { milliseconds: 30 } } } }
    do:
      - pause: { wait: PT1H }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 408
    """

  Scenario: A branch's timeout ends the fork
    Given a workflow with definition:
    """yaml
    do:
      - both:
          fork:
            branches:
              - long: { wait: PT1H }
              - short: { wait: PT1H, timeout: { after: { milliseconds: 20 } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 408
    instance: /do/0/both/fork/branches/1/short
    """
    And long should cancel
