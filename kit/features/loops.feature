Feature: Loops side by side
  A `for` with `metadata.concurrency`.

  Scenario: The output is the array of the passes' outputs in the order of the items
    Given a workflow with definition:
    """yaml
    do:
      - all:
          for: { in: .items }
          do:
            - pause: { wait: '${ { milliseconds: (60 - 20 * $index) } }' }
            - show: { set: { n: '${ $item * 10 }' } }
          metadata: { concurrency: 3 }
    """
    And given the workflow input is:
    """yaml
    items: [1, 2, 3]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ { n: 10 }, { n: 20 }, { n: 30 } ]
    """

  Scenario: Each pass begins with the input of the loop
    Given a workflow with definition:
    """yaml
    do:
      - all:
          for: { in: .items }
          do:
            - show: { set: { got: '${ .tag }', at: '${ $index }' } }
          metadata: { concurrency: 2 }
    """
    And given the workflow input is:
    """yaml
    items: [a, b, c]
    tag: x
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ { got: x, at: 0 }, { got: x, at: 1 }, { got: x, at: 2 } ]
    """

  Scenario: The passes run at the same time
    Given a workflow with definition:
    """yaml
    do:
      - all:
          for: { in: '[1, 2]' }
          do: [ { ask: { call: http, with: { method: get, endpoint: '${ "https://kit.example/\($item)" }' } } } ]
          metadata: { concurrency: 2 }
    """
    And given the service answers 'GET /1' with:
    """yaml
    delay: 150
    """
    And given the service answers 'GET /2' with:
    """yaml
    delay: 150
    """
    When the workflow is started
    And the service has received 'GET /1'
    And the service has received 'GET /2'
    Then the workflow should complete

  Scenario: One at a time is in order
    Given a workflow with definition:
    """yaml
    do:
      - all:
          for: { in: '[1, 2, 3]' }
          do:
            - a: { call: http, with: { method: put, endpoint: '${ "https://kit.example/a-\($item)" }' } }
            - b: { call: http, with: { method: put, endpoint: '${ "https://kit.example/b-\($item)" }' } }
          metadata: { concurrency: 1 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ {}, {}, {} ]
    """
    And the calls should be 'PUT /a-1', 'PUT /b-1', 'PUT /a-2', 'PUT /b-2', 'PUT /a-3', 'PUT /b-3'

  Scenario: The first error that nothing catches ends the other passes
    Given a workflow with definition:
    """yaml
    do:
      - all:
          for: { in: '[1, 2, 3]' }
          do:
            - check: { if: $item == 2, raise: { error: { type: 'https://example.com/e', status: 409 } } }
            - pause: { wait: PT1H }
          metadata: { concurrency: 3 }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 409
    instance: /do/0/all/do/0/check
    """

  Scenario: An error caught in a pass stays in the pass
    Given a workflow with definition:
    """yaml
    do:
      - all:
          for: { in: '[1, 0, 2]' }
          do:
            - guard:
                try: [ { divide: { set: { n: '${ 10 / $item }' } } } ]
                catch: { do: [ { none: { set: { n: null } } } ] }
          metadata: { concurrency: 3 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ { n: 10 }, { n: null }, { n: 5 } ]
    """

  Scenario: No items give an empty array
    Given a workflow with definition:
    """yaml
    do:
      - all:
          for: { in: .items }
          do: [ { show: { set: { n: 1 } } } ]
          metadata: { concurrency: 3 }
    """
    And given the workflow input is:
    """yaml
    items: []
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    []
    """

  Scenario: The passes share one context
    Given a workflow with definition:
    """yaml
    do:
      - all:
          for: { in: '["a", "b", "c"]' }
          do: [ { note: { set: { n: '${ $item }' }, export: { as: '$context + { ($item): $index }' } } } ]
          metadata: { concurrency: 3 }
    """
    When the workflow is executed
    Then the workflow should complete
    And the workflow context should be:
    """yaml
    a: 0
    b: 1
    c: 2
    """

  Scenario: The passes are undone from the last to the first
    Given a workflow with definition:
    """yaml
    do:
      - all:
          for: { in: '[1, 2, 3]' }
          do:
            - a:
                call: http
                with: { method: put, endpoint: '${ "https://kit.example/a-\($item)" }' }
                metadata: { compensate: { do: [ { undo: { call: http, with: { method: put, endpoint: '${ "https://kit.example/undo-\($item)" }' } } } ] } }
          metadata: { concurrency: 3 }
      - fail: { raise: { error: { type: 'https://example.com/e', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should fault
    And 'PUT /undo-3' should be called before 'PUT /undo-2'
    And 'PUT /undo-2' should be called before 'PUT /undo-1'

  Scenario: exit ends the pass alone
    Given a workflow with definition:
    """yaml
    do:
      - all:
          for: { in: '[1, 2]' }
          do:
            - one: { set: { n: '${ $item }' }, then: exit }
            - two: { set: { n: 0 } }
          metadata: { concurrency: 2 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ { n: 1 }, { n: 2 } ]
    """
