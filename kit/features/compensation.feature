Feature: Compensation
  What was done is undone in reverse when a run fails or is cancelled with compensation (`metadata.compensate`). Each step puts its
  own name to the service, each undo the same with `undo-` before it, so that the order of the calls is the order of the work.

  Scenario: Completed tasks are undone in reverse order
    Given a workflow with definition:
    """yaml
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
      - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undoB: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ] } } }
      - c: { call: http, with: { method: put, endpoint: https://kit.example/c }, metadata: { compensate: { do: [ { undoC: { call: http, with: { method: put, endpoint: https://kit.example/undo-c } } } ] } } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.com/errors/odd
    status: 409
    instance: /do/3/fail
    """
    And the calls should be 'PUT /a', 'PUT /b', 'PUT /c', 'PUT /undo-c', 'PUT /undo-b', 'PUT /undo-a'
    And the compensation should be completed
    And the workflow should have undone:
    """yaml
    - { task: /do/2/c, status: completed }
    - { task: /do/1/b, status: completed }
    - { task: /do/0/a, status: completed }
    """

  Scenario: A run that completes undoes nothing
    Given a workflow with definition:
    """yaml
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
      - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undoB: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ] } } }
    """
    When the workflow is executed
    Then the workflow should complete
    And the calls should be 'PUT /a', 'PUT /b'
    And the compensation should be none

  Scenario: A run that ends early undoes nothing
    Given a workflow with definition:
    """yaml
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
      - stop: { set: { x: 1 }, then: end }
      - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undoB: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ] } } }
    """
    When the workflow is executed
    Then the workflow should complete
    And the calls should be 'PUT /a'

  Scenario: A task without a compensation is left
    Given a workflow with definition:
    """yaml
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
      - b: { call: http, with: { method: put, endpoint: https://kit.example/b } }
      - c: { call: http, with: { method: put, endpoint: https://kit.example/c }, metadata: { compensate: { do: [ { undoC: { call: http, with: { method: put, endpoint: https://kit.example/undo-c } } } ] } } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.com/errors/odd
    status: 409
    instance: /do/3/fail
    """
    And the calls should be 'PUT /a', 'PUT /b', 'PUT /c', 'PUT /undo-c', 'PUT /undo-a'

  Scenario: A task that was skipped is not undone
    Given a workflow with definition:
    """yaml
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
      - b: { if: 'false', call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undoB: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ] } } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.com/errors/odd
    status: 409
    instance: /do/2/fail
    """
    And the calls should be 'PUT /a', 'PUT /undo-a'

  Scenario: A task that faulted is not undone
    Given a workflow with definition:
    """yaml
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
      - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undoB: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ] } } }
    """
    And given the service answers 'PUT /b' with:
    """yaml
    status: 500
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 500
    instance: /do/1/b
    """
    And the calls should be 'PUT /a', 'PUT /b', 'PUT /undo-a'

  Scenario: A task that faulted is undone if its compensation is for attempts
    Given a workflow with definition:
    """yaml
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
      - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undoB: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ], on: attempted } } }
    """
    And given the service answers 'PUT /b' with:
    """yaml
    status: 500
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 500
    """
    And the calls should be 'PUT /a', 'PUT /b', 'PUT /undo-b', 'PUT /undo-a'

  Scenario: A task that was cancelled is undone if its compensation is for attempts
    Given a workflow with definition:
    """yaml
    do:
      - both:
          fork:
            branches:
              - long: { wait: PT1H, metadata: { compensate: { on: attempted, do: [ { undoLong: { call: http, with: { method: put, endpoint: https://kit.example/undo-long } } } ] } } }
              - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should fault
    And the calls should be 'PUT /undo-long'

  Scenario: A guard decides whether a task is undone
    Given a workflow with definition:
    """yaml
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ], when: 'false' } } }
      - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undoB: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ], when: '$output == {}' } } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.com/errors/odd
    status: 409
    instance: /do/2/fail
    """
    And the calls should be 'PUT /a', 'PUT /b', 'PUT /undo-b'
    And the workflow should have undone:
    """yaml
    - { task: /do/1/b, status: completed }
    - { task: /do/0/a, status: notNeeded }
    """

  Scenario: An undo knows what its task knew
    Given a workflow with definition:
    """yaml
    do:
      - note: { set: { tag: x }, export: { as: '{ tag: .tag }' } }
      - a:
          input: { from: '{ id: 7 }' }
          call: http
          with: { method: put, endpoint: https://kit.example/a }
          metadata:
            compensate:
              do:
                - undoA:
                    call: http
                    with:
                      method: put
                      endpoint: https://kit.example/undo-a
                      body: { dot: '${ . }', output: '${ $output }', input: '${ $compensation.task }', tag: '${ $context.tag }', error: '${ $error.status }', reason: '${ $compensation.reason }' }
      - change: { set: { y: 1 }, export: { as: '{ tag: "changed" }' } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    And given the service answers 'PUT /a' with:
    """yaml
    body: { done: true }
    """
    When the workflow is executed
    Then the workflow should fault
    And call 2 should have the body:
    """yaml
    dot: { done: true }
    output: { done: true }
    input: /do/1/a
    tag: x
    error: 409
    reason: fault
    """

  Scenario: The output of a task that never completed is null for its undo
    Given a workflow with definition:
    """yaml
    do:
      - a:
          call: http
          with: { method: put, endpoint: https://kit.example/a }
          metadata:
            compensate:
              on: attempted
              do:
                - undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a, body: { output: '${ $output }', dot: '${ . }' } } }
    """
    And given the service answers 'PUT /a' with:
    """yaml
    status: 500
    """
    When the workflow is executed
    Then the workflow should fault
    And call 2 should have the body:
    """yaml
    output: null
    dot: null
    """

  Scenario: An undo may be several tasks, with all that tasks may do
    Given a workflow with definition:
    """yaml
    do:
      - a:
          call: http
          with: { method: put, endpoint: https://kit.example/a }
          metadata:
            compensate:
              do:
                - first: { call: http, with: { method: put, endpoint: https://kit.example/first } }
                - guard:
                    try: [ { second: { call: http, with: { method: put, endpoint: https://kit.example/second } } } ]
                    catch: { do: [ { third: { call: http, with: { method: put, endpoint: https://kit.example/third } } } ] }
                - each: { for: { in: '[1, 2]' }, do: [ { fourth: { call: http, with: { method: put, endpoint: '${ "https://kit.example/fourth-\($item)" }' } } } ], then: exit }
                - missed: { call: http, with: { method: put, endpoint: https://kit.example/missed } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    And given the service answers 'PUT /second' with:
    """yaml
    status: 500
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 409
    """
    And the compensation should be completed
    And the calls should be 'PUT /a', 'PUT /first', 'PUT /second', 'PUT /third', 'PUT /fourth-1', 'PUT /fourth-2'

  Scenario: A loop is undone from its last pass to its first, with the variables of each
    Given a workflow with definition:
    """yaml
    do:
      - all:
          for: { in: .items, each: node, at: place }
          do:
            - a:
                call: http
                with: { method: put, endpoint: '${ "https://kit.example/a-\($node)" }' }
                metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: '${ "https://kit.example/undo-a-\($node)-\($place)" }' } } } ] } }
            - b:
                call: http
                with: { method: put, endpoint: '${ "https://kit.example/b-\($node)" }' }
                metadata: { compensate: { do: [ { undoB: { call: http, with: { method: put, endpoint: '${ "https://kit.example/undo-b-\($node)" }' } } } ] } }
            - keep: { set: { items: '${ $workflow.input.items }' } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    And given the workflow input is:
    """yaml
    items: [x, y]
    """
    When the workflow is executed
    Then the workflow should fault
    And the calls should be 'PUT /a-x', 'PUT /b-x', 'PUT /a-y', 'PUT /b-y', 'PUT /undo-b-y', 'PUT /undo-a-y-1', 'PUT /undo-b-x', 'PUT /undo-a-x-0'

  Scenario: A loop that fails in a pass undoes what was done
    Given a workflow with definition:
    """yaml
    do:
      - all:
          for: { in: '["x", "y"]' }
          do:
            - a:
                call: http
                with: { method: put, endpoint: '${ "https://kit.example/a-\($item)" }' }
                metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: '${ "https://kit.example/undo-a-\($item)" }' } } } ] } }
            - check: { if: $item == "y", raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.com/errors/odd
    status: 409
    instance: /do/0/all/do/1/check
    """
    And the calls should be 'PUT /a-x', 'PUT /a-y', 'PUT /undo-a-y', 'PUT /undo-a-x'

  Scenario: A jump back adds an entry for every round
    Given a workflow with definition:
    """yaml
    do:
      - count: { set: { n: '${ (.n // 0) + 1 }' } }
      - a:
          call: http
          with: { method: put, endpoint: '${ "https://kit.example/a-\(.n)" }' }
          output: { as: $input }
          metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: '${ "https://kit.example/undo-a-\($output.n)" }' } } } ] } }
      - again: { switch: [ { more: { when: .n < 3, then: count } } ] }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.com/errors/odd
    status: 409
    instance: /do/3/fail
    """
    And the calls should be 'PUT /a-1', 'PUT /a-2', 'PUT /a-3', 'PUT /undo-a-3', 'PUT /undo-a-2', 'PUT /undo-a-1'

  Scenario: The tasks of a composite are undone one by one
    Given a workflow with definition:
    """yaml
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
      - outer:
          do:
            - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undoB: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ] } } }
            - inner: { do: [ { c: { call: http, with: { method: put, endpoint: https://kit.example/c }, metadata: { compensate: { do: [ { undoC: { call: http, with: { method: put, endpoint: https://kit.example/undo-c } } } ] } } } } ] }
            - d: { call: http, with: { method: put, endpoint: https://kit.example/d }, metadata: { compensate: { do: [ { undoD: { call: http, with: { method: put, endpoint: https://kit.example/undo-d } } } ] } } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.com/errors/odd
    status: 409
    instance: /do/2/fail
    """
    And the calls should be 'PUT /a', 'PUT /b', 'PUT /c', 'PUT /d', 'PUT /undo-d', 'PUT /undo-c', 'PUT /undo-b', 'PUT /undo-a'

  Scenario: A composite that completed is undone by its own compensation alone
    Given a workflow with definition:
    """yaml
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
      - outer:
          do:
            - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undoB: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ] } } }
            - c: { call: http, with: { method: put, endpoint: https://kit.example/c }, metadata: { compensate: { do: [ { undoC: { call: http, with: { method: put, endpoint: https://kit.example/undo-c } } } ] } } }
          metadata: { compensate: { do: [ { undoOUTER: { call: http, with: { method: put, endpoint: https://kit.example/undo-outer } } } ] } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.com/errors/odd
    status: 409
    instance: /do/2/fail
    """
    And the calls should be 'PUT /a', 'PUT /b', 'PUT /c', 'PUT /undo-outer', 'PUT /undo-a'

  Scenario: A composite that did not complete is undone task by task
    Given a workflow with definition:
    """yaml
    do:
      - outer:
          do:
            - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undoB: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ] } } }
            - c: { call: http, with: { method: put, endpoint: https://kit.example/c }, metadata: { compensate: { do: [ { undoC: { call: http, with: { method: put, endpoint: https://kit.example/undo-c } } } ] } } }
            - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
          metadata: { compensate: { do: [ { undoOUTER: { call: http, with: { method: put, endpoint: https://kit.example/undo-outer } } } ] } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.com/errors/odd
    status: 409
    instance: /do/0/outer/do/2/fail
    """
    And the calls should be 'PUT /b', 'PUT /c', 'PUT /undo-c', 'PUT /undo-b'

  Scenario: A loop that completed may be undone by its own compensation
    Given a workflow with definition:
    """yaml
    do:
      - all:
          for: { in: '[1, 2]' }
          do:
            - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
          metadata: { compensate: { do: [ { undoALL: { call: http, with: { method: put, endpoint: https://kit.example/undo-all } } } ] } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.com/errors/odd
    status: 409
    instance: /do/1/fail
    """
    And the calls should be 'PUT /a', 'PUT /a', 'PUT /undo-all'

  Scenario: A try that completed may be undone by its own compensation
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try:
            - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
          catch: { do: [ { never: { set: { x: 1 } } } ] }
          metadata: { compensate: { do: [ { undoGUARD: { call: http, with: { method: put, endpoint: https://kit.example/undo-guard } } } ] } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.com/errors/odd
    status: 409
    instance: /do/1/fail
    """
    And the calls should be 'PUT /a', 'PUT /undo-guard'

  Scenario: A fork that completed may be undone by its own compensation
    Given a workflow with definition:
    """yaml
    do:
      - both:
          fork:
            branches:
              - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
          metadata: { compensate: { do: [ { undoBOTH: { call: http, with: { method: put, endpoint: https://kit.example/undo-both } } } ] } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.com/errors/odd
    status: 409
    instance: /do/1/fail
    """
    And the calls should be 'PUT /a', 'PUT /undo-both'

  Scenario: The branches of a fork are undone side by side, each in reverse
    Given a workflow with definition:
    """yaml
    do:
      - z: { call: http, with: { method: put, endpoint: https://kit.example/z }, metadata: { compensate: { do: [ { undoZ: { call: http, with: { method: put, endpoint: https://kit.example/undo-z } } } ] } } }
      - both:
          fork:
            branches:
              - a: { do: [ { a1: { call: http, with: { method: put, endpoint: https://kit.example/a1 }, metadata: { compensate: { do: [ { undoA1: { call: http, with: { method: put, endpoint: https://kit.example/undo-a1 } } } ] } } } }, { a2: { call: http, with: { method: put, endpoint: https://kit.example/a2 }, metadata: { compensate: { do: [ { undoA2: { call: http, with: { method: put, endpoint: https://kit.example/undo-a2 } } } ] } } } } ] }
              - b: { do: [ { b1: { call: http, with: { method: put, endpoint: https://kit.example/b1 }, metadata: { compensate: { do: [ { undoB1: { call: http, with: { method: put, endpoint: https://kit.example/undo-b1 } } } ] } } } }, { b2: { call: http, with: { method: put, endpoint: https://kit.example/b2 }, metadata: { compensate: { do: [ { undoB2: { call: http, with: { method: put, endpoint: https://kit.example/undo-b2 } } } ] } } } } ] }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 409
    """
    And 'PUT /undo-a2' should be called before 'PUT /undo-a1'
    And 'PUT /undo-b2' should be called before 'PUT /undo-b1'
    And 'PUT /undo-a1' should be called before 'PUT /undo-z'
    And 'PUT /undo-b1' should be called before 'PUT /undo-z'
    And 'PUT /undo-a2' should be called 1 times
    And 'PUT /undo-b2' should be called 1 times

  Scenario: The branches' undos do not wait for each other
    Given a workflow with definition:
    """yaml
    do:
      - both:
          fork:
            branches:
              - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
              - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undoB: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ] } } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    And given the service answers 'PUT /undo-a' with:
    """yaml
    delay: 150
    """
    And given the service answers 'PUT /undo-b' with:
    """yaml
    delay: 150
    """
    When the workflow is started
    And the service has received 'PUT /undo-a'
    And the service has received 'PUT /undo-b'
    Then the workflow should fault
    And the compensation should be completed

  Scenario: A branch that fails undoes what its siblings have done
    Given a workflow with definition:
    """yaml
    do:
      - both:
          fork:
            branches:
              - good: { do: [ { a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } } }, { long: { wait: PT1H } } ] }
              - bad: { do: [ { pause: { wait: { milliseconds: 200 } } }, { fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } } } ] }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 409
    instance: /do/0/both/fork/branches/1/bad/do/1/fail
    """
    And the calls should be 'PUT /a', 'PUT /undo-a'

  Scenario: One order for all is the reverse of the starts
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: kit
      name: sequential
      version: '1.0.0'
      metadata: { compensation: { order: sequential } }
    do:
      - both:
          fork:
            branches:
              - left: { do: [ { a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } } }, { pauseA: { wait: { milliseconds: 150 } } }, { c: { call: http, with: { method: put, endpoint: https://kit.example/c }, metadata: { compensate: { do: [ { undoC: { call: http, with: { method: put, endpoint: https://kit.example/undo-c } } } ] } } } } ] }
              - right: { do: [ { pauseB: { wait: { milliseconds: 60 } } }, { b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undoB: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ] } } } } ] }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should fault
    And the calls should be 'PUT /a', 'PUT /b', 'PUT /c', 'PUT /undo-c', 'PUT /undo-b', 'PUT /undo-a'

  Scenario: The losers of a competition are undone before the fork completes
    Given a workflow with definition:
    """yaml
    do:
      - race:
          fork:
            compete: true
            branches:
              - slow: { do: [ { a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } } }, { long: { wait: PT1H } } ] }
              - quick: { do: [ { pause: { wait: { milliseconds: 200 } } }, { b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undoB: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ] } } } } ] }
      - next: { call: http, with: { method: put, endpoint: https://kit.example/next } }
    """
    When the workflow is executed
    Then the workflow should complete
    And the calls should be 'PUT /a', 'PUT /b', 'PUT /undo-a', 'PUT /next'

  Scenario: The winner of a competition is undone like any task
    Given a workflow with definition:
    """yaml
    do:
      - race:
          fork:
            compete: true
            branches:
              - slow: { wait: PT1H }
              - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undoB: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ] } } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.com/errors/odd
    status: 409
    instance: /do/1/fail
    """
    And the calls should be 'PUT /b', 'PUT /undo-b'

  Scenario: A caught error undoes nothing by itself
    Given a workflow with definition:
    """yaml
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
      - guard:
          try:
            - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undoB: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ] } } }
            - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
          catch: { do: [ { handled: { set: { x: 1 } } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    x: 1
    """
    And the calls should be 'PUT /a', 'PUT /b'

  Scenario: What a caught try has done is undone when the run faults later
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try:
            - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
            - odd: { set: { x: '${ error("no") }' } }
          catch: { do: [ { b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undoB: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ] } } } } ] }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.com/errors/odd
    status: 409
    instance: /do/1/fail
    """
    And the calls should be 'PUT /a', 'PUT /b', 'PUT /undo-b', 'PUT /undo-a'

  Scenario: call compensate undoes the try around it, and the run goes on
    Given a workflow with definition:
    """yaml
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
      - guard:
          try:
            - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undoB: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ] } } }
            - c: { call: http, with: { method: put, endpoint: https://kit.example/c }, metadata: { compensate: { do: [ { undoC: { call: http, with: { method: put, endpoint: https://kit.example/undo-c } } } ] } } }
            - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
          catch:
            do:
              - undoAll: { call: compensate }
              - handled: { call: http, with: { method: put, endpoint: https://kit.example/handled } }
    """
    When the workflow is executed
    Then the workflow should complete
    And the calls should be 'PUT /a', 'PUT /b', 'PUT /c', 'PUT /undo-c', 'PUT /undo-b', 'PUT /handled'

  Scenario: What call compensate has undone is not undone again
    Given a workflow with definition:
    """yaml
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
      - guard:
          try:
            - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undoB: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ] } } }
            - odd: { set: { x: '${ error("no") }' } }
          catch:
            do:
              - undoAll: { call: compensate }
              - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.com/errors/odd
    status: 409
    instance: /do/1/guard/catch/do/1/fail
    """
    And the calls should be 'PUT /a', 'PUT /b', 'PUT /undo-b', 'PUT /undo-a'

  Scenario: call compensate may name an earlier task of its list
    Given a workflow with definition:
    """yaml
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
      - b: { do: [ { b1: { call: http, with: { method: put, endpoint: https://kit.example/b1 }, metadata: { compensate: { do: [ { undoB1: { call: http, with: { method: put, endpoint: https://kit.example/undo-b1 } } } ] } } } }, { b2: { call: http, with: { method: put, endpoint: https://kit.example/b2 }, metadata: { compensate: { do: [ { undoB2: { call: http, with: { method: put, endpoint: https://kit.example/undo-b2 } } } ] } } } } ] }
      - partly: { call: compensate, with: { scope: b } }
      - next: { call: http, with: { method: put, endpoint: https://kit.example/next } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.com/errors/odd
    status: 409
    instance: /do/4/fail
    """
    And the calls should be 'PUT /a', 'PUT /b1', 'PUT /b2', 'PUT /undo-b2', 'PUT /undo-b1', 'PUT /next', 'PUT /undo-a'

  Scenario: The undos of call compensate know why they run
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try:
            - a:
                call: http
                with: { method: put, endpoint: https://kit.example/a }
                metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a, body: { reason: '${ $compensation.reason }', status: '${ $error.status }' } } } } ] } }
            - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
          catch: { do: [ { undoAll: { call: compensate } } ] }
    """
    When the workflow is executed
    Then the workflow should complete
    And call 2 should have the body:
    """yaml
    reason: explicit
    status: 409
    """

  Scenario: call compensate passes on when there is nothing to undo
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try:
            - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
          catch: { do: [ { undoAll: { call: compensate } }, { next: { set: { x: 1 } } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    x: 1
    """
    And the service should not be called

  Scenario: Every try of a try has entries of its own
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try:
            - a:
                call: http
                with: { method: put, endpoint: https://kit.example/a }
                metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } }
            - b: { call: http, with: { method: get, endpoint: https://kit.example/b } }
          catch: { retry: { limit: { attempt: { count: 1 } } } }
    """
    And given the service answers 'GET /b' with:
    """yaml
    status: 503
    """
    When the workflow is executed
    Then the workflow should fault
    And the calls should be 'PUT /a', 'GET /b', 'PUT /a', 'GET /b', 'PUT /undo-a', 'PUT /undo-a'

  Scenario: The workflow's timeout undoes
    Given a workflow with definition:
    """yaml
    timeout: { after: { milliseconds: 400 } }
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
      - long: { wait: PT1H }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 408
    """
    And the calls should be 'PUT /a', 'PUT /undo-a'

  Scenario: A document may say that a fault undoes nothing
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: never-undone, version: '1.0.0', metadata: { compensation: { on: [] } } }
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.com/errors/odd
    status: 409
    instance: /do/1/fail
    """
    And the calls should be 'PUT /a'
    And the compensation should be none

  Scenario: A cancel with compensation undoes
    Given a workflow with definition:
    """yaml
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
      - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undoB: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ] } } }
      - long: { wait: PT1H }
    """
    When the workflow is started
    And the workflow has reached long
    And the workflow is cancelled with compensation
    Then the workflow should cancel
    And the calls should be 'PUT /a', 'PUT /b', 'PUT /undo-b', 'PUT /undo-a'
    And the compensation should be completed
    And long should cancel

  Scenario: A cancel alone undoes nothing
    Given a workflow with definition:
    """yaml
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
      - long: { wait: PT1H }
    """
    When the workflow is started
    And the workflow has reached long
    And the workflow is cancelled
    Then the workflow should cancel
    And the calls should be 'PUT /a'
    And the compensation should be none

  Scenario: A termination undoes nothing
    Given a workflow with definition:
    """yaml
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
      - long: { wait: PT1H }
    """
    When the workflow is started
    And the workflow has reached long
    And the workflow is terminated
    Then the workflow should be terminated
    And the calls should be 'PUT /a'

  Scenario: After a cancel the error is null and the reason says so
    Given a workflow with definition:
    """yaml
    do:
      - a:
          call: http
          with: { method: put, endpoint: https://kit.example/a }
          metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a, body: { error: '${ $error }', reason: '${ $compensation.reason }' } } } } ] } }
      - long: { wait: PT1H }
    """
    When the workflow is started
    And the workflow has reached long
    And the workflow is cancelled with compensation
    Then the workflow should cancel
    And call 2 should have the body:
    """yaml
    error: null
    reason: cancel
    """

  Scenario: A cancel in a loop undoes the passes so far
    Given a workflow with definition:
    """yaml
    do:
      - all:
          for: { in: '[1, 2, 3]' }
          do:
            - a:
                call: http
                with: { method: put, endpoint: '${ "https://kit.example/a-\($item)" }' }
                metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: '${ "https://kit.example/undo-a-\($item)" }' } } } ] } }
            - hold: { if: $item == 2, wait: PT1H }
    """
    When the workflow is started
    And the workflow has reached hold
    And the workflow is cancelled with compensation
    Then the workflow should cancel
    And the calls should be 'PUT /a-1', 'PUT /a-2', 'PUT /undo-a-2', 'PUT /undo-a-1'

  Scenario: An undo is tried again as its policy says
    Given a workflow with definition:
    """yaml
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
      - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undoB: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ], retry: { delay: { milliseconds: 5 }, backoff: { exponential: {} }, limit: { attempt: { count: 3 } } } } } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    And given the service answers 'PUT /undo-b' with:
    """yaml
    - { status: 500, times: 2 }
    - { status: 200 }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.com/errors/odd
    status: 409
    instance: /do/2/fail
    """
    And the calls should be 'PUT /a', 'PUT /b', 'PUT /undo-b', 'PUT /undo-b', 'PUT /undo-b', 'PUT /undo-a'
    And the compensation should be completed

  Scenario: An undo's policy may be declared
    Given a workflow with definition:
    """yaml
    use: { retries: { quick: { delay: { milliseconds: 5 }, limit: { attempt: { count: 3 } } } } }
    do:
      - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undoB: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ], retry: quick } } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    And given the service answers 'PUT /undo-b' with:
    """yaml
    - { status: 500, times: 1 }
    - { status: 200 }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.com/errors/odd
    status: 409
    instance: /do/1/fail
    """
    And the calls should be 'PUT /b', 'PUT /undo-b', 'PUT /undo-b'

  Scenario: An undo without a policy is tried again too
    Given a workflow with definition:
    """yaml
    do:
      - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undoB: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ] } } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    And given the service answers 'PUT /undo-b' with:
    """yaml
    - { status: 500, times: 1 }
    - { status: 200 }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.com/errors/odd
    status: 409
    instance: /do/1/fail
    """
    And the calls should be 'PUT /b', 'PUT /undo-b', 'PUT /undo-b'
    And each retry of b should wait 1000 to 1250 milliseconds

  Scenario: All tries of an undo have the same key, which is not that of the step
    Given a workflow with definition:
    """yaml
    do:
      - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undoB: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ], retry: { delay: { milliseconds: 5 }, limit: { attempt: { count: 3 } } } } } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    And given the service answers 'PUT /undo-b' with:
    """yaml
    - { status: 500, times: 1 }
    - { status: 200 }
    """
    When the workflow is executed
    Then the workflow should fault
    And call 2 and call 3 should have the same header 'idempotency-key'
    And call 1 and call 2 should have different headers 'idempotency-key'

  Scenario: An undo that fails for good waits for an operator
    Given a workflow with definition:
    """yaml
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
      - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undoB: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ], retry: { limit: { attempt: { count: 0 } } } } } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    And given the service answers 'PUT /undo-b' with:
    """yaml
    - { status: 500 }
    - { status: 200 }
    """
    When the workflow is started
    And the workflow has come to rest
    Then the workflow should be suspended
    And the compensation should be running
    And the calls should be 'PUT /a', 'PUT /b', 'PUT /undo-b'

  Scenario: An operator has a failed undo tried again
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: undo-retry, version: '1.0.0', metadata: { compensation: { onFailure: suspend } } }
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
      - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undoB: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ], retry: { limit: { attempt: { count: 0 } } } } } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    And given the service answers 'PUT /undo-b' with:
    """yaml
    - { status: 500 }
    - { status: 200 }
    """
    When the workflow is started
    And the workflow has come to rest
    And b is resolved with:
    """yaml
    action: retry
    """
    Then the workflow should fault with error:
    """yaml
    status: 409
    """
    And the calls should be 'PUT /a', 'PUT /b', 'PUT /undo-b', 'PUT /undo-b', 'PUT /undo-a'
    And the compensation should be completed

  Scenario: An operator skips a failed undo
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: undo-skip, version: '1.0.0', metadata: { compensation: { onFailure: suspend } } }
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
      - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undoB: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ], retry: { limit: { attempt: { count: 0 } } } } } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    And given the service answers 'PUT /undo-b' with:
    """yaml
    - { status: 500 }
    - { status: 200 }
    """
    When the workflow is started
    And the workflow has come to rest
    And b is resolved with:
    """yaml
    action: skip
    """
    Then the workflow should fault
    And the calls should be 'PUT /a', 'PUT /b', 'PUT /undo-b', 'PUT /undo-a'
    And the workflow should have undone:
    """yaml
    - { task: /do/1/b, status: skipped }
    - { task: /do/0/a, status: completed }
    """

  Scenario: An operator gives an unwinding up
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: undo-fail, version: '1.0.0', metadata: { compensation: { onFailure: suspend } } }
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
      - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undoB: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ], retry: { limit: { attempt: { count: 0 } } } } } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    And given the service answers 'PUT /undo-b' with:
    """yaml
    - { status: 500 }
    - { status: 200 }
    """
    When the workflow is started
    And the workflow has come to rest
    And b is resolved with:
    """yaml
    action: fail
    """
    Then the workflow should fault with error:
    """yaml
    status: 409
    """
    And the calls should be 'PUT /a', 'PUT /b', 'PUT /undo-b'
    And the compensation should be failed

  Scenario: A document may say that a failed undo is left
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: undo-continue, version: '1.0.0', metadata: { compensation: { onFailure: continue } } }
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
      - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undoB: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ], retry: { limit: { attempt: { count: 0 } } } } } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    And given the service answers 'PUT /undo-b' with:
    """yaml
    - { status: 500 }
    - { status: 200 }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.com/errors/odd
    status: 409
    instance: /do/2/fail
    """
    And the calls should be 'PUT /a', 'PUT /b', 'PUT /undo-b', 'PUT /undo-a'
    And the workflow should have undone:
    """yaml
    - { task: /do/1/b, status: failed }
    - { task: /do/0/a, status: completed }
    """

  Scenario: A document may say that a failed undo ends the unwinding
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: undo-fault, version: '1.0.0', metadata: { compensation: { onFailure: fault } } }
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
      - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undoB: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ], retry: { limit: { attempt: { count: 0 } } } } } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    And given the service answers 'PUT /undo-b' with:
    """yaml
    - { status: 500 }
    - { status: 200 }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.com/errors/odd
    status: 409
    instance: /do/2/fail
    """
    And the calls should be 'PUT /a', 'PUT /b', 'PUT /undo-b'
    And the compensation should be failed
    And the workflow should have undone:
    """yaml
    - { task: /do/1/b, status: failed }
    - { task: /do/0/a, status: notRun }
    """

  Scenario: The budget of an unwinding ends what hangs
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: undo-budget, version: '1.0.0', metadata: { compensation: { timeout: PT0.3S, onFailure: fault } } }
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
      - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { long: { wait: PT1H } } ] } } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 409
    """
    And the calls should be 'PUT /a', 'PUT /b'
    And the compensation should be failed

  Scenario: The workflow's timeout does not interrupt an unwinding
    Given a workflow with definition:
    """yaml
    timeout: { after: { milliseconds: 500 } }
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    And given the service answers 'PUT /undo-a' with:
    """yaml
    delay: 900
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.com/errors/odd
    """
    And the compensation should be completed

  Scenario: What an undo exports stays in it
    Given a workflow with definition:
    """yaml
    do:
      - note: { set: { x: 1 }, export: { as: '{ tag: "first" }' } }
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { set: { y: 1 }, export: { as: '{ tag: "undone" }' } } } ] } } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should fault
    And the workflow context should be:
    """yaml
    tag: first
    """

  Scenario: Any task may have a compensation
    Given a workflow with definition:
    """yaml
    do:
      - s: { set: { x: 1 }, metadata: { compensate: { do: [ { undoS: { call: http, with: { method: put, endpoint: https://kit.example/undo-s } } } ] } } }
      - w: { wait: { milliseconds: 1 }, metadata: { compensate: { do: [ { undoW: { call: http, with: { method: put, endpoint: https://kit.example/undo-w } } } ] } } }
      - c: { switch: [ { all: { then: continue } } ], metadata: { compensate: { do: [ { undoC: { call: http, with: { method: put, endpoint: https://kit.example/undo-c } } } ] } } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.com/errors/odd
    status: 409
    instance: /do/3/fail
    """
    And the calls should be 'PUT /undo-c', 'PUT /undo-w', 'PUT /undo-s'

  Scenario: A compensation of none is none
    Given a workflow with definition:
    """yaml
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
      - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: none } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.com/errors/odd
    status: 409
    instance: /do/2/fail
    """
    And the calls should be 'PUT /a', 'PUT /b', 'PUT /undo-a'
