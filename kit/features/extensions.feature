Feature: Extensions
  Tasks before and after others.

  Scenario: Tasks run before and after those of a kind
    Given a workflow with definition:
    """yaml
    use:
      extensions:
        - trace:
            extend: set
            before: [ { enter: { call: http, with: { method: put, endpoint: https://kit.example/before } } } ]
            after: [ { leave: { call: http, with: { method: put, endpoint: https://kit.example/after } } } ]
    do:
      - one: { set: { a: 1 } }
      - ask: { call: http, with: { method: put, endpoint: https://kit.example/ask }, output: { as: $input } }
      - two: { set: { b: 2 } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    b: 2
    """
    And the calls should be 'PUT /before', 'PUT /after', 'PUT /ask', 'PUT /before', 'PUT /after'

  Scenario: A condition decides which tasks are extended
    Given a workflow with definition:
    """yaml
    use:
      extensions:
        - trace:
            extend: all
            when: $task.name == "two"
            before: [ { enter: { call: http, with: { method: put, endpoint: https://kit.example/before } } } ]
    do:
      - one: { set: { a: 1 } }
      - two: { set: { b: 2 } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    b: 2
    """
    And the calls should be 'PUT /before'

  Scenario: A task before may take the place of the task
    Given a workflow with definition:
    """yaml
    use:
      extensions:
        - mock:
            extend: call
            before: [ { answer: { set: { mocked: true }, then: exit } } ]
    do:
      - ask: { call: http, with: { method: put, endpoint: https://kit.example/ask } }
      - next: { set: { got: '${ .mocked }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    got: true
    """
    And the service should not be called

  Scenario: The data flows as if there were no extension
    Given a workflow with definition:
    """yaml
    use:
      extensions:
        - noise:
            extend: all
            before: [ { x: { set: { noise: 1 } } } ]
            after: [ { y: { set: { noise: 2 } } } ]
    do:
      - one: { set: { n: '${ .n + 1 }' } }
      - two: { set: { n: '${ .n + 1 }' } }
    """
    And given the workflow input is:
    """yaml
    n: 1
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 3
    """

  Scenario: The first extension is the outermost
    Given a workflow with definition:
    """yaml
    use:
      extensions:
        - outer: { extend: set, before: [ { a: { call: http, with: { method: put, endpoint: https://kit.example/1 } } } ], after: [ { b: { call: http, with: { method: put, endpoint: https://kit.example/4 } } } ] }
        - inner: { extend: set, before: [ { a: { call: http, with: { method: put, endpoint: https://kit.example/2 } } } ], after: [ { b: { call: http, with: { method: put, endpoint: https://kit.example/3 } } } ] }
    do:
      - one: { set: { a: 1 } }
    """
    When the workflow is executed
    Then the workflow should complete
    And the calls should be 'PUT /1', 'PUT /2', 'PUT /3', 'PUT /4'

  Scenario: A task that is skipped is not extended
    Given a workflow with definition:
    """yaml
    use:
      extensions:
        - trace: { extend: set, before: [ { a: { call: http, with: { method: put, endpoint: https://kit.example/before } } } ] }
    do:
      - one: { if: 'false', set: { a: 1 } }
    """
    When the workflow is executed
    Then the workflow should complete
    And the service should not be called

  Scenario: An error of an extension can be caught around the task
    Given a workflow with definition:
    """yaml
    use:
      extensions:
        - check: { extend: set, when: '$task.name == "risky"', before: [ { no: { raise: { error: { type: 'https://example.com/e', status: 409 } } } } ] }
    do:
      - guard:
          try: [ { risky: { set: { a: 1 } } } ]
          catch: { errors: { with: { status: 409 } }, do: [ { handled: { set: { handled: true } } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    handled: true
    """
