Feature: For
  A list of tasks for each item, one item after the other.

  Scenario: The variables are called item and index unless said otherwise
    Given a workflow with definition:
    """yaml
    do:
      - all:
          for: { in: .items }
          do:
            - note: { set: { seen: '${ .seen + ["\($index):\($item)"] }' } }
    """
    And given the workflow input is:
    """yaml
    items: [a, b]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    seen: ['0:a', '1:b']
    """

  Scenario: The variables may have other names
    Given a workflow with definition:
    """yaml
    do:
      - all:
          for: { in: .items, each: order, at: place }
          do:
            - note: { set: { seen: '${ .seen + ["\($place):\($order.id)"] }' } }
    """
    And given the workflow input is:
    """yaml
    items: [ { id: x }, { id: y } ]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    seen: ['0:x', '1:y']
    """

  Scenario: The items may stand in the definition
    Given a workflow with definition:
    """yaml
    do:
      - all:
          for: { in: [ { id: 1 }, { id: 2 } ] }
          do:
            - note: { set: { sum: '${ (.sum // 0) + $item.id }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    sum: 3
    """

  Scenario: Each pass begins with the output of the one before
    Given a workflow with definition:
    """yaml
    do:
      - all:
          for: { in: .items }
          do:
            - double: { set: { n: '${ .n * 2 }' } }
            - add: { set: { n: '${ .n + $item }' } }
    """
    And given the workflow input is:
    """yaml
    items: [1, 2, 3]
    n: 0
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 11
    """
    And double should run 3 times

  Scenario: Without items the input passes through
    Given a workflow with definition:
    """yaml
    do:
      - all:
          for: { in: .items }
          do:
            - note: { set: { reached: true } }
    """
    And given the workflow input is:
    """yaml
    items: []
    a: 1
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    items: []
    a: 1
    """
    And note should not run

  Scenario: The loop goes on while its condition holds
    Given a workflow with definition:
    """yaml
    do:
      - all:
          for: { in: .items }
          while: (.sum // 0) < 5
          do:
            - add: { set: { sum: '${ (.sum // 0) + $item }' } }
    """
    And given the workflow input is:
    """yaml
    items: [2, 3, 4]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    sum: 5
    """
    And add should run 2 times

  Scenario: The condition sees the item that is about to begin
    Given a workflow with definition:
    """yaml
    do:
      - all:
          for: { in: .items, each: n, at: i }
          while: $n < 3 and $i < 10
          do:
            - note: { set: { last: '${ $n }' } }
    """
    And given the workflow input is:
    """yaml
    items: [1, 2, 3, 1]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    last: 2
    """

  Scenario: A condition that does not hold at first runs nothing
    Given a workflow with definition:
    """yaml
    do:
      - all:
          for: { in: .items }
          while: 'false'
          do:
            - note: { set: { reached: true } }
    """
    And given the workflow input is:
    """yaml
    items: [1]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    items: [1]
    """

  Scenario: Loops may be in loops
    Given a workflow with definition:
    """yaml
    do:
      - rows:
          for: { in: $workflow.input.rows, each: row, at: y }
          do:
            - cells:
                for: { in: $row, each: cell, at: x }
                do:
                  - note: { set: { seen: '${ .seen + ["\($y),\($x)=\($cell)"] }' } }
    """
    And given the workflow input is:
    """yaml
    rows: [ [a, b], [c] ]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    seen: ['0,0=a', '0,1=b', '1,0=c']
    """

  Scenario: An inner loop hides the variables of the outer one
    Given a workflow with definition:
    """yaml
    do:
      - outer:
          for: { in: '[10, 20]' }
          do:
            - inner:
                for: { in: '[1, 2]' }
                do:
                  - note: { set: { seen: '${ .seen + [$item] }' } }
            - after: { set: { seen: '${ .seen + [$item] }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    seen: [1, 2, 10, 1, 2, 20]
    """

  Scenario: What a pass exports is there in the next
    Given a workflow with definition:
    """yaml
    do:
      - all:
          for: { in: .items }
          do:
            - note:
                set: { before: '${ $context.last }' }
                export: { as: '{ last: $item }' }
      - show: { set: { before: '${ .before }', now: '${ $context.last }' } }
    """
    And given the workflow input is:
    """yaml
    items: [1, 2]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    before: 1
    now: 2
    """

  Scenario: The items are taken from the task's transformed input
    Given a workflow with definition:
    """yaml
    do:
      - all:
          input: { from: .order }
          for: { in: .lines }
          do:
            - note: { set: { count: '${ (.count // 0) + 1 }' } }
          output: { as: .count }
    """
    And given the workflow input is:
    """yaml
    order: { lines: [1, 2, 3] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    3
    """

  Scenario: Items that are no array are an error
    Given a workflow with definition:
    """yaml
    do:
      - all:
          for: { in: .items }
          do:
            - note: { set: { reached: true } }
    """
    And given the workflow input is:
    """yaml
    items: 5
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/expression
    status: 400
    instance: /do/0/all
    """

  Scenario: An error in a pass names the task
    Given a workflow with definition:
    """yaml
    do:
      - all:
          for: { in: .items }
          do:
            - note: { set: { ok: '${ 1 / $item }' } }
    """
    And given the workflow input is:
    """yaml
    items: [1, 0, 2]
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/expression
    instance: /do/0/all/do/0/note
    """
    And note should run 2 times

  Scenario: Each pass calls once
    Given a workflow with definition:
    """yaml
    do:
      - all:
          for: { in: .items }
          do:
            - send: { call: http, with: { method: put, endpoint: '${ "https://kit.example/items/\($item)" }' } }
    """
    And given the workflow input is:
    """yaml
    items: [a, b, c]
    """
    When the workflow is executed
    Then the workflow should complete
    And the calls should be 'PUT /items/a', 'PUT /items/b', 'PUT /items/c'
    And each call should have a header 'idempotency-key' of its own
