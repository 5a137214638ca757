Feature: Functions
  Tasks with a name, called with an input of their own.

  Scenario: A function gets what it is given
    Given a workflow with definition:
    """yaml
    use:
      functions:
        greet: { set: { text: 'Hello, ${ .name }!', all: '${ . }' } }
    do:
      - call: { call: greet, with: { name: '${ .user }' } }
    """
    And given the workflow input is:
    """yaml
    user: Ada
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    text: Hello, Ada!
    all: { name: Ada }
    """

  Scenario: A function may call a service
    Given a workflow with definition:
    """yaml
    use:
      functions:
        order: { call: http, with: { method: post, endpoint: https://kit.example/orders, body: { item: '${ .item }' } }, output: { as: .id } }
    do:
      - first: { call: order, with: { item: lamp } }
      - second: { call: order, with: { item: 'after ${ . }' } }
    """
    And given the service answers 'POST /orders' with:
    """yaml
    - { body: { id: 7 } }
    - { body: { id: 8 } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    8
    """
    And call 2 should have the body:
    """yaml
    item: after 7
    """
    And each call should have a header 'idempotency-key' of its own

  Scenario: The input schema of a function is looked at
    Given a workflow with definition:
    """yaml
    use:
      functions:
        greet:
          input: { schema: { document: { type: object, required: [name] } } }
          set: { text: 'Hello, ${ .name }!' }
    do:
      - guard:
          try: [ { call: { call: greet, with: { nobody: true } } } ]
          catch: { errors: { with: { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/validation' } }, do: [ { handled: { set: { handled: true } } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    handled: true
    """

  Scenario: Functions may call functions
    Given a workflow with definition:
    """yaml
    use:
      functions:
        double: { set: { n: '${ .n * 2 }' } }
        quadruple:
          do:
            - one: { call: double, with: { n: '${ .n }' } }
            - two: { call: double, with: { n: '${ .n }' } }
    do:
      - call: { call: quadruple, with: { n: 5 } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 20
    """

  Scenario: A function that calls itself is refused
    Given a workflow with definition:
    """yaml
    use:
      functions:
        endless: { do: [ { again: { call: endless } } ] }
    do:
      - call: { call: endless }
    """
    When the definition is registered
    Then the definition should be refused

  Scenario: The error of a function can be caught where it is called
    Given a workflow with definition:
    """yaml
    use:
      functions:
        fail: { raise: { error: { type: 'https://example.com/e', status: 409 } } }
    do:
      - guard:
          try: [ { call: { call: fail } } ]
          catch: { errors: { with: { status: 409 } }, do: [ { handled: { set: { handled: true } } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    handled: true
    """

  Scenario: A function in a loop is called for each item
    Given a workflow with definition:
    """yaml
    use:
      functions:
        send: { call: http, with: { method: put, endpoint: 'https://kit.example/items/{id}' } }
    do:
      - all:
          for: { in: '[1, 2, 3]' }
          do:
            - call: { call: send, with: { id: '${ $item }' } }
    """
    When the workflow is executed
    Then the workflow should complete
    And the calls should be 'PUT /items/1', 'PUT /items/2', 'PUT /items/3'
    And each call should have a header 'idempotency-key' of its own

  Scenario: A call may have a compensation
    Given a workflow with definition:
    """yaml
    use:
      functions:
        book: { call: http, with: { method: put, endpoint: 'https://kit.example/book' } }
    do:
      - call:
          call: book
          metadata: { compensate: { do: [ { undo: { call: http, with: { method: put, endpoint: https://kit.example/undo } } } ] } }
      - fail: { raise: { error: { type: 'https://example.com/e', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should fault
    And the calls should be 'PUT /book', 'PUT /undo'

  Scenario: A function brings its compensation along
    Given a workflow with definition:
    """yaml
    use:
      functions:
        book:
          call: http
          with: { method: put, endpoint: 'https://kit.example/book' }
          metadata: { compensate: { do: [ { undo: { call: http, with: { method: put, endpoint: https://kit.example/undo } } } ] } }
    do:
      - one: { call: book }
      - two: { call: book }
      - fail: { raise: { error: { type: 'https://example.com/e', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should fault
    And the calls should be 'PUT /book', 'PUT /book', 'PUT /undo', 'PUT /undo'

  Scenario: A function does not see the variables around its call
    Given a workflow with definition:
    """yaml
    use:
      functions:
        peek: { set: { seen: '${ $item }' } }
    do:
      - all:
          for: { in: '[1]' }
          do: [ { call: { call: peek } } ]
    """
    When the definition is registered
    Then the definition should be refused
