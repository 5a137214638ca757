Feature: Children
  A workflow that runs another.

  Scenario: The child's output is the output of the task
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: parent-output, version: '1.0.0' }
    do:
      - ship: { run: { workflow: { namespace: kit, name: child-output, version: '1.0.0', input: { order: '${ .order }' } } } }
      - done: { set: { shipped: '${ .parcel }' } }
    """
    And given another workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: child-output, version: '1.0.0' }
    do:
      - label: { set: { parcel: 'P-${ .order }' } }
    """
    And given the workflow input is:
    """yaml
    order: 7
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    shipped: P-7
    """
    And the child should be completed

  Scenario: A child without an input has an empty one
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: parent-empty, version: '1.0.0' }
    do:
      - start: { run: { workflow: { namespace: kit, name: child-empty, version: '1.0.0' } } }
    """
    And given another workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: child-empty, version: '1.0.0' }
    do:
      - show: { set: { got: '${ . }' } }
    """
    And given the workflow input is:
    """yaml
    a: 1
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    got: {}
    """

  Scenario: The latest version may be asked for
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: parent-latest, version: '1.0.0' }
    do:
      - start: { run: { workflow: { namespace: kit, name: child-latest, version: latest } } }
    """
    And given another workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: child-latest, version: '1.9.0' }
    do:
      - show: { set: { version: 9 } }
    """
    And given another workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: child-latest, version: '1.10.0' }
    do:
      - show: { set: { version: 10 } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    version: 10
    """

  Scenario: A child that is not waited for lives on by itself
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: parent-detached, version: '1.0.0' }
    do:
      - start: { run: { await: false, workflow: { namespace: kit, name: child-detached, version: '1.0.0' } } }
    """
    And given another workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: child-detached, version: '1.0.0' }
    do:
      - long: { wait: PT1H }
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
    And the child should be waiting

  Scenario: A child that faults faults the task with its error
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: parent-fault, version: '1.0.0' }
    do:
      - start: { run: { workflow: { namespace: kit, name: child-fault, version: '1.0.0' } } }
    """
    And given another workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: child-fault, version: '1.0.0' }
    do:
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409, title: Odd } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.com/errors/odd
    status: 409
    title: Odd
    instance: /do/0/start
    """

  Scenario: The error of a child can be caught
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: parent-catch, version: '1.0.0' }
    do:
      - guard:
          try: [ { start: { run: { workflow: { namespace: kit, name: child-catch, version: '1.0.0' } } } } ]
          catch: { errors: { with: { status: 409 } }, do: [ { handled: { set: { handled: true } } } ] }
    """
    And given another workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: child-catch, version: '1.0.0' }
    do:
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    handled: true
    """

  Scenario: A definition that does not exist is an error of configuration
    Given a workflow with definition:
    """yaml
    do:
      - start: { run: { workflow: { namespace: kit, name: child-nowhere, version: '1.0.0' } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/configuration
    status: 400
    instance: /do/0/start
    """

  Scenario: An input that the child's schema refuses is an error of validation
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: parent-schema, version: '1.0.0' }
    do:
      - start: { run: { workflow: { namespace: kit, name: child-schema, version: '1.0.0', input: { a: text } } } }
    """
    And given another workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: child-schema, version: '1.0.0' }
    input: { schema: { document: { type: object, properties: { a: { type: integer } } } } }
    do:
      - show: { set: { a: 1 } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/validation
    status: 400
    instance: /do/0/start
    """

  Scenario: A cancel of the parent cancels the child
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: parent-cancel, version: '1.0.0' }
    do:
      - start: { run: { workflow: { namespace: kit, name: child-cancel, version: '1.0.0' } } }
    """
    And given another workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: child-cancel, version: '1.0.0' }
    do:
      - mark: { call: http, with: { method: put, endpoint: https://kit.example/mark } }
      - long: { wait: PT1H }
    """
    When the workflow is started
    And the service has received 'PUT /mark'
    And the workflow is cancelled
    Then the workflow should cancel
    And the child should be cancelled

  Scenario: A timeout of the task cancels the child
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: parent-timeout, version: '1.0.0' }
    do:
      - start: { run: { workflow: { namespace: kit, name: child-timeout, version: '1.0.0' } }, timeout: { after: { milliseconds: 300 } } }
    """
    And given another workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: child-timeout, version: '1.0.0' }
    do:
      - long: { wait: PT1H }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 408
    instance: /do/0/start
    """
    And the child should be cancelled

  Scenario: A termination of the parent terminates the child
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: parent-terminate, version: '1.0.0' }
    do:
      - start: { run: { workflow: { namespace: kit, name: child-terminate, version: '1.0.0' } } }
    """
    And given another workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: child-terminate, version: '1.0.0' }
    do:
      - mark: { call: http, with: { method: put, endpoint: https://kit.example/mark } }
      - long: { wait: PT1H }
    """
    When the workflow is started
    And the service has received 'PUT /mark'
    And the workflow is terminated
    Then the workflow should be terminated
    And the child should be terminated

  Scenario: A child that completed is undone when the parent undoes itself
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: parent-undo, version: '1.0.0' }
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undo: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
      - start: { run: { workflow: { namespace: kit, name: child-undo, version: '1.0.0' } } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    And given another workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: child-undo, version: '1.0.0' }
    do:
      - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undo: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ] } } }
      - c: { call: http, with: { method: put, endpoint: https://kit.example/c }, metadata: { compensate: { do: [ { undo: { call: http, with: { method: put, endpoint: https://kit.example/undo-c } } } ] } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 409
    """
    And the calls should be 'PUT /a', 'PUT /b', 'PUT /c', 'PUT /undo-c', 'PUT /undo-b', 'PUT /undo-a'
    And the compensation of the child should be completed
    And the child should be completed

  Scenario: A compensation of the task takes the place of the child's
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: parent-own-undo, version: '1.0.0' }
    do:
      - start:
          run: { workflow: { namespace: kit, name: child-own-undo, version: '1.0.0' } }
          metadata: { compensate: { do: [ { undo: { call: http, with: { method: put, endpoint: https://kit.example/undo-all } } } ] } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    And given another workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: child-own-undo, version: '1.0.0' }
    do:
      - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undo: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ] } } }
    """
    When the workflow is executed
    Then the workflow should fault
    And the calls should be 'PUT /b', 'PUT /undo-all'

  Scenario: A child that faults has undone itself
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: parent-child-undone, version: '1.0.0' }
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undo: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
      - start: { run: { workflow: { namespace: kit, name: child-undone, version: '1.0.0' } } }
    """
    And given another workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: child-undone, version: '1.0.0' }
    do:
      - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undo: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ] } } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should fault
    And the calls should be 'PUT /a', 'PUT /b', 'PUT /undo-b', 'PUT /undo-a'

  Scenario: Children in a loop run one after the other
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: parent-loop, version: '1.0.0' }
    do:
      - all:
          for: { in: '[1, 2, 3]' }
          do:
            - start: { run: { workflow: { namespace: kit, name: child-loop, version: '1.0.0', input: { n: '${ $item }', sum: '${ .sum // 0 }' } } } }
    """
    And given another workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: child-loop, version: '1.0.0' }
    do:
      - add: { set: { sum: '${ .sum + .n }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    sum: 6
    """

  Scenario: Children in a loop may run side by side
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: parent-side, version: '1.0.0' }
    do:
      - all:
          for: { in: '[1, 2, 3]' }
          do:
            - start: { run: { workflow: { namespace: kit, name: child-side, version: '1.0.0', input: { n: '${ $item }' } } } }
          metadata: { concurrency: 3 }
    """
    And given another workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: child-side, version: '1.0.0' }
    do:
      - square: { set: { square: '${ .n * .n }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ { square: 1 }, { square: 4 }, { square: 9 } ]
    """

  Scenario: Children in a fork run side by side
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: parent-fork, version: '1.0.0' }
    do:
      - both:
          fork:
            branches:
              - slow: { run: { workflow: { namespace: kit, name: child-fork, version: '1.0.0', input: { route: slow } } } }
              - fast: { run: { workflow: { namespace: kit, name: child-fork, version: '1.0.0', input: { route: fast } } } }
    """
    And given another workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: child-fork, version: '1.0.0' }
    do:
      - ask: { call: http, with: { method: get, endpoint: 'https://kit.example/{route}' } }
    """
    And given the service answers 'GET /slow' with:
    """yaml
    { delay: 200, body: { route: slow } }
    """
    And given the service answers 'GET /fast' with:
    """yaml
    { body: { route: fast } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ { route: slow }, { route: fast } ]
    """

  Scenario: A child that loses a race is cancelled
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: parent-race, version: '1.0.0' }
    do:
      - race:
          fork:
            compete: true
            branches:
              - long: { run: { workflow: { namespace: kit, name: child-race, version: '1.0.0' } } }
              - short: { wait: { milliseconds: 300 } }
    """
    And given another workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: child-race, version: '1.0.0' }
    do:
      - long: { wait: PT1H }
    """
    When the workflow is executed
    Then the workflow should complete
    And the child should be cancelled

  Scenario: A lifted error says from which task of the child it comes
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: parent-cause, version: '1.0.0' }
    do:
      - guard:
          try: [ { start: { run: { workflow: { namespace: kit, name: child-cause, version: '1.0.0' } } } } ]
          catch: { do: [ { show: { set: { instance: '${ $error.instance }', cause: '${ $error.child.task }' } } } ] }
    """
    And given another workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: child-cause, version: '1.0.0' }
    do:
      - inner: { do: [ { fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    instance: /do/0/guard/try/0/start
    cause: /do/0/inner/do/0/fail
    """

  Scenario: A retry starts another child
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: parent-retry, version: '1.0.0' }
    do:
      - guard:
          try: [ { start: { run: { workflow: { namespace: kit, name: child-retry, version: '1.0.0' } } } } ]
          catch: { errors: { with: { status: 503 } }, retry: { delay: { milliseconds: 10 }, limit: { attempt: { count: 2 } } } }
    """
    And given another workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: child-retry, version: '1.0.0' }
    do:
      - ask: { call: http, with: { method: get, endpoint: https://kit.example/flaky } }
    """
    And given the service answers 'GET /flaky' with:
    """yaml
    [ { status: 503 }, { body: { well: true } } ]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    well: true
    """
    And the child should be faulted
    And 'GET /flaky' should be called 2 times

  Scenario: A child is undone by an unwinding inside of its parent
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: parent-partial, version: '1.0.0' }
    do:
      - guard:
          try:
            - start: { run: { workflow: { namespace: kit, name: child-partial, version: '1.0.0' } } }
            - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
          catch: { do: [ { back: { call: compensate } }, { other: { call: http, with: { method: put, endpoint: https://kit.example/other } } } ] }
    """
    And given another workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: child-partial, version: '1.0.0' }
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undo: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
    """
    When the workflow is executed
    Then the workflow should complete
    And the calls should be 'PUT /a', 'PUT /undo-a', 'PUT /other'
    And the compensation of the child should be completed

  Scenario: A child's own children are undone with it
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: parent-deep, version: '1.0.0' }
    do:
      - start: { run: { workflow: { namespace: kit, name: child-deep, version: '1.0.0' } } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    And given another workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: child-deep, version: '1.0.0' }
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undo: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
      - start: { run: { workflow: { namespace: kit, name: grandchild-deep, version: '1.0.0' } } }
    """
    And given another workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: grandchild-deep, version: '1.0.0' }
    do:
      - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undo: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ] } } }
    """
    When the workflow is executed
    Then the workflow should fault
    And the calls should be 'PUT /a', 'PUT /b', 'PUT /undo-b', 'PUT /undo-a'

  Scenario: A cancel with compensation cancels the child and has it undo itself
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: parent-cancel-undo, version: '1.0.0' }
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undo: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
      - start: { run: { workflow: { namespace: kit, name: child-cancel-undo, version: '1.0.0' } } }
    """
    And given another workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: child-cancel-undo, version: '1.0.0' }
    do:
      - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undo: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ] } } }
      - mark: { call: http, with: { method: put, endpoint: https://kit.example/mark } }
      - long: { wait: PT1H }
    """
    When the workflow is started
    And the service has received 'PUT /mark'
    And the workflow is cancelled with compensation
    Then the workflow should cancel
    And the child should be cancelled
    And the compensation of the child should be completed
    And the calls should be 'PUT /a', 'PUT /b', 'PUT /mark', 'PUT /undo-b', 'PUT /undo-a'

  Scenario: A cancel without compensation undoes nothing in the child either
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: parent-cancel-plain, version: '1.0.0' }
    do:
      - start: { run: { workflow: { namespace: kit, name: child-cancel-plain, version: '1.0.0' } } }
    """
    And given another workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: child-cancel-plain, version: '1.0.0' }
    do:
      - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undo: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ] } } }
      - mark: { call: http, with: { method: put, endpoint: https://kit.example/mark } }
      - long: { wait: PT1H }
    """
    When the workflow is started
    And the service has received 'PUT /mark'
    And the workflow is cancelled
    Then the workflow should cancel
    And the child should be cancelled
    And the compensation of the child should be none
    And the calls should be 'PUT /b', 'PUT /mark'

  Scenario: A child that is not waited for is left alone when its parent undoes itself
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: parent-alone, version: '1.0.0' }
    do:
      - start: { run: { await: false, workflow: { namespace: kit, name: child-alone, version: '1.0.0' } } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    And given another workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: child-alone, version: '1.0.0' }
    do:
      - b: { set: { x: 1 }, metadata: { compensate: { do: [ { undo: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ] } } }
    """
    When the workflow is executed
    Then the workflow should fault
    And the child should be completed
    And the compensation of the child should be none
    And the service should not be called

  Scenario: A compensation may run a child
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: parent-undo-by, version: '1.0.0' }
    do:
      - a:
          call: http
          with: { method: put, endpoint: https://kit.example/a }
          metadata: { compensate: { do: [ { clean: { run: { workflow: { namespace: kit, name: child-undo-by, version: '1.0.0' } } } } ] } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    And given another workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: child-undo-by, version: '1.0.0' }
    do:
      - clean: { call: http, with: { method: put, endpoint: https://kit.example/clean } }
    """
    When the workflow is executed
    Then the workflow should fault
    And the calls should be 'PUT /a', 'PUT /clean'
    And the compensation should be completed

  Scenario: A child that could not undo itself is settled by an operator
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: parent-incident, version: '1.0.0' }
    do:
      - start: { run: { workflow: { namespace: kit, name: child-incident, version: '1.0.0' } } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    And given another workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: child-incident, version: '1.0.0', metadata: { compensation: { onFailure: continue } } }
    do:
      - a:
          set: { x: 1 }
          metadata: { compensate: { retry: { limit: { attempt: { count: 1 } } }, do: [ { undo: { raise: { error: { type: 'https://example.com/errors/stuck', status: 500 } } } } ] } }
    """
    When the workflow is started
    Then the compensation of the child should be failed
    And the workflow should be suspended
    When start is resolved with:
    """yaml
    action: skip
    """
    Then the workflow should fault with error:
    """yaml
    status: 409
    """
    And the child should be completed

  Scenario: A task that starts a child does not say what a process returns
    Given a workflow with definition:
    """yaml
    do:
      - start: { run: { return: all, workflow: { namespace: kit, name: child, version: '1.0.0' } } }
    """
    When the definition is registered
    Then the definition should be refused with 'DEF-0028' at '/do/0/start/run'
