Feature: Catalogs
  Functions that a definition does not declare: of the tenant's catalog, of catalogs that it names, and behind addresses. They are read
  when the definition is registered.

  Scenario: A function of the catalog is called
    Given a workflow with definition:
    """yaml
    do:
      - call: { call: 'kit-greet:1.0.0@default', with: { name: '${ .user }' } }
    """
    And given the workflow input is:
    """yaml
    user: Ada
    """
    And given the function 'kit-greet:1.0.0' is:
    """yaml
    set: { text: 'Hello, ${ .name }!', all: '${ . }' }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    text: Hello, Ada!
    all: { name: Ada }
    """

  Scenario: Without with a function gets an empty map
    Given a workflow with definition:
    """yaml
    do:
      - call: { call: 'kit-input:1.0.0@default' }
    """
    And given the function 'kit-input:1.0.0' is:
    """yaml
    set: '${ [ . ] }'
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ {} ]
    """

  Scenario: The schema of a function is looked at
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { call: { call: 'kit-schema:1.0.0@default', with: { nobody: true } } } ]
          catch: { errors: { with: { status: 400 } }, do: [ { handled: { set: { instance: '${ $error.instance }' } } } ] }
    """
    And given the function 'kit-schema:1.0.0' is:
    """yaml
    input: { schema: { document: { type: object, required: [ name ] } } }
    set: { text: '${ .name }' }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    instance: '/do/0/guard/try/0/call/call/kit-schema:1.0.0@default'
    """

  Scenario: A function of the catalog has tasks of its own
    Given a workflow with definition:
    """yaml
    do:
      - first: { call: 'kit-two:1.0.0@default', with: { n: 1 } }
      - second: { call: 'kit-two:1.0.0@default', with: { n: '${ .n }' } }
    """
    And given the function 'kit-two:1.0.0' is:
    """yaml
    do:
      - one: { set: { n: '${ .n + 1 }' } }
      - two: { set: { n: '${ .n * 10 }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 210
    """
    And /do/1/second/call/kit-two:1.0.0@default/do/1/two should run 1 times

  Scenario: Functions of the catalog call functions of the catalog
    Given a workflow with definition:
    """yaml
    do:
      - call: { call: 'kit-quadruple:1.0.0@default', with: { n: 5 } }
    """
    And given the function 'kit-double:1.0.0' is:
    """yaml
    set: { n: '${ .n * 2 }' }
    """
    And given the function 'kit-quadruple:1.0.0' is:
    """yaml
    do:
      - one: { call: 'kit-double:1.0.0@default', with: { n: '${ .n }' } }
      - two: { call: 'kit-double:1.0.0@default', with: { n: '${ .n }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 20
    """

  Scenario: Each version is a function of its own
    Given a workflow with definition:
    """yaml
    do:
      - old: { call: 'kit-version:1.0.0@default' }
      - new: { call: 'kit-version:2.0.0@default', with: { old: '${ . }' } }
    """
    And given the function 'kit-version:1.0.0' is:
    """yaml
    set: one
    """
    And given the function 'kit-version:2.0.0' is:
    """yaml
    set: { old: '${ .old }', new: two }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    old: one
    new: two
    """

  Scenario: A function may call a service
    Given a workflow with definition:
    """yaml
    do:
      - first: { call: 'kit-order:1.0.0@default', with: { item: lamp } }
      - second: { call: 'kit-order:1.0.0@default', with: { item: 'after ${ . }' } }
    """
    And given the service answers 'POST /orders' with:
    """yaml
    - { body: { id: 7 } }
    - { body: { id: 8 } }
    """
    And given the function 'kit-order:1.0.0' is:
    """yaml
    call: http
    with: { method: post, endpoint: https://kit.example/orders, body: { item: '${ .item }' } }
    output: { as: .id }
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

  Scenario: A function brings its compensation along
    Given a workflow with definition:
    """yaml
    do:
      - one: { call: 'kit-book:1.0.0@default' }
      - two: { call: 'kit-book:1.0.0@default' }
      - fail: { raise: { error: { type: 'https://example.com/e', status: 409 } } }
    """
    And given the function 'kit-book:1.0.0' is:
    """yaml
    call: http
    with: { method: put, endpoint: https://kit.example/book }
    metadata: { compensate: { do: [ { undo: { call: http, with: { method: put, endpoint: https://kit.example/undo } } } ] } }
    """
    When the workflow is executed
    Then the workflow should fault
    And the calls should be 'PUT /book', 'PUT /book', 'PUT /undo', 'PUT /undo'

  Scenario: The error of a function can be caught where it is called
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { call: { call: 'kit-fail:1.0.0@default' } } ]
          catch: { errors: { with: { status: 409 } }, do: [ { handled: { set: { handled: true } } } ] }
    """
    And given the function 'kit-fail:1.0.0' is:
    """yaml
    raise: { error: { type: 'https://example.com/e', status: 409 } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    handled: true
    """

  Scenario: A loose definition does not loosen what it calls
    Given a workflow with definition:
    """yaml
    evaluate: { mode: loose }
    do:
      - call: { call: 'kit-strict:1.0.0@default', with: { a: '.n' } }
    """
    And given the workflow input is:
    """yaml
    n: 1
    """
    And given the function 'kit-strict:1.0.0' is:
    """yaml
    set: { given: '${ .a }', text: '.a' }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    given: 1
    text: '.a'
    """

  Scenario: What the definition declares goes before the catalog
    Given a workflow with definition:
    """yaml
    use:
      functions:
        'kit-own:1.0.0@default': { set: { own: true } }
    do:
      - call: { call: 'kit-own:1.0.0@default' }
    """
    And given the function 'kit-own:1.0.0' is:
    """yaml
    set: { own: false }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    own: true
    """

  Scenario: A definition keeps the functions that it was registered with
    Given a workflow with definition:
    """yaml
    do:
      - call: { call: 'kit-kept:1.0.0@default' }
    """
    And given the function 'kit-kept:1.0.0' is:
    """yaml
    set: { kept: true }
    """
    When the definition is registered
    And the function 'kit-kept:1.0.0' is deleted
    And the workflow is executed
    Then the workflow should complete with output:
    """yaml
    kept: true
    """

  Scenario: A function that was deleted is not there for others
    Given a workflow with definition:
    """yaml
    do:
      - call: { call: 'kit-gone:1.0.0@default' }
    """
    And given the function 'kit-gone:1.0.0' is:
    """yaml
    set: { a: 1 }
    """
    When the function 'kit-gone:1.0.0' is deleted
    And the definition is registered
    Then the definition should be refused with 'DEF-0132' at '/do/0/call/call'

  Scenario: A function that is not there is refused where it is called
    Given a workflow with definition:
    """yaml
    do:
      - a: { do: [ { call: { call: 'kit-nothing:1.0.0@default' } } ] }
    """
    When the definition is validated
    Then the definition should be refused with 'DEF-0132' at '/do/0/a/do/0/call/call'

  Scenario: A version of a function never changes
    Given a workflow with definition:
    """yaml
    do: [ { a: { set: { x: 1 } } } ]
    """
    And given the function 'kit-same:1.0.0' is:
    """yaml
    set: { a: 1 }
    """
    When the function 'kit-same:1.0.0' is put:
    """yaml
    set: { a: 2 }
    """
    Then the answer should be 409

  Scenario: The same content may be put again
    Given a workflow with definition:
    """yaml
    do: [ { a: { set: { x: 1 } } } ]
    """
    And given the function 'kit-again:1.0.0' is:
    """yaml
    set: { a: 1, b: 2 }
    """
    When the function 'kit-again:1.0.0' is put:
    """yaml
    { "set": { "b": 2, "a": 1 } }
    """
    Then the answer should be 200

  Scenario: A function that is not valid is not put
    Given a workflow with definition:
    """yaml
    do: [ { a: { set: { x: 1 } } } ]
    """
    When the function 'kit-invalid:1.0.0' is put:
    """yaml
    sett: { a: 2 }
    """
    Then the answer should be 400

  Scenario: A function names nothing that only a definition declares
    Given a workflow with definition:
    """yaml
    do: [ { a: { set: { x: 1 } } } ]
    """
    When the function 'kit-names:1.0.0' is put:
    """yaml
    try: [ { a: { set: { x: 1 } } } ]
    catch: { retry: often }
    """
    Then the answer should be 400

  Scenario: A function has a name of lowercase letters, digits and hyphens
    Given a workflow with definition:
    """yaml
    do: [ { a: { set: { x: 1 } } } ]
    """
    When the function 'Kit_Name:1.0.0' is put:
    """yaml
    set: { a: 2 }
    """
    Then the answer should be 400

  Scenario: A function behind an address is read when the definition is registered
    Given a workflow with definition:
    """yaml
    do:
      - call: { call: 'https://kit.example/greet.yaml', with: { name: Ada } }
    """
    And given the service answers 'GET /greet.yaml' with:
    """yaml
    text: "set: { text: 'Hello, ${ .name }!' }"
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    text: Hello, Ada!
    """
    And 'GET /greet.yaml' should be called 1 times

  Scenario: A catalog that the definition names is read at its address
    Given a workflow with definition:
    """yaml
    use:
      catalogs:
        ours: { endpoint: https://kit.example/catalog }
    do:
      - call: { call: 'log:0.1.0@ours', with: { message: done } }
    """
    And given the service answers 'GET /catalog/functions/log/0.1.0/function.yaml' with:
    """yaml
    text: "set: { logged: '${ .message }' }"
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    logged: done
    """

  Scenario: No execution reads a function
    Given a workflow with definition:
    """yaml
    do:
      - call: { call: 'https://kit.example/once.yaml' }
    """
    And given the service answers 'GET /once.yaml' with:
    """yaml
    - text: "set: { a: 1 }"
    - status: 500
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    a: 1
    """
    And 'GET /once.yaml' should be called 1 times

  Scenario: What is wrong in a function behind an address is said where it is called
    Given a workflow with definition:
    """yaml
    do:
      - call: { call: 'https://kit.example/wrong.yaml' }
    """
    And given the service answers 'GET /wrong.yaml' with:
    """yaml
    text: "sett: { a: 1 }"
    """
    When the definition is validated
    Then the definition should be refused with 'DEF-0023' at '/do/0/call/call'

  Scenario: A function of the public catalog is refused
    Given a workflow with definition:
    """yaml
    do:
      - call: { call: 'log:1.0.0', with: { message: done } }
    """
    When the definition is validated
    Then the definition should be refused with 'DEF-0104' at '/do/0/call/call'

  Scenario: A catalog that is not declared is refused
    Given a workflow with definition:
    """yaml
    do:
      - call: { call: 'log:1.0.0@theirs' }
    """
    When the definition is validated
    Then the definition should be refused with 'DEF-0056' at '/do/0/call/call'
