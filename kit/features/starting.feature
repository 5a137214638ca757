Feature: Starting
  Definitions and their versions, keys, and requests that are sent twice.

  Scenario: The same definition may be registered again
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: same-again, version: '1.0.0' }
    do:
      - one: { set: { a: 1 } }
    """
    When the definition is registered
    Then the answer should be 201
    When the definition is registered
    Then the answer should be 200

  Scenario: A version that is taken stays what it is
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: taken, version: '1.0.0' }
    do:
      - one: { set: { a: 1 } }
    """
    When the definition is registered
    And this definition is registered:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: taken, version: '1.0.0' }
    do:
      - one: { set: { a: 2 } }
    """
    Then the answer should be 409 with code 'API-0030'
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    a: 1
    """

  Scenario: Another spelling of the same definition is the same definition
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: spelling, version: '1.0.0' }
    do:
      - one: { set: { a: 1 } }
    """
    When the definition is registered
    And this definition is registered:
    """json
    { "do": [ { "one": { "set": { "a": 1 } } } ],
      "document": { "version": "1.0.0", "name": "spelling", "namespace": "kit", "dsl": "1.0.3" } }
    """
    Then the answer should be 200

  Scenario: Without a version the latest is started
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: versions, version: '1.10.0' }
    do:
      - one: { set: { version: '${ $workflow.definition.document.version }' } }
    """
    When the definition is registered
    And this definition is registered:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: versions, version: '1.9.0' }
    do:
      - one: { set: { version: '${ $workflow.definition.document.version }' } }
    """
    And the workflow is started with:
    """yaml
    workflow: { namespace: kit, name: versions }
    """
    Then the workflow should complete with output:
    """yaml
    version: '1.10.0'
    """

  Scenario: A validation registers nothing
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: only-validated, version: '1.0.0' }
    do:
      - one: { set: { a: 1 } }
    """
    When the definition is validated
    Then the definition should be accepted
    When the definition is registered
    Then the answer should be 201

  Scenario: A validation says what a registration would say
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { a: 1 }, then: nowhere }
    """
    When the definition is validated
    Then the definition should be refused with 'DEF-0051' at '/do/0/one/then'

  Scenario: What is not registered cannot be started
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { a: 1 } }
    """
    When the workflow is started with:
    """yaml
    workflow: { namespace: kit, name: never-registered, version: '1.0.0' }
    """
    Then the answer should be 404 with code 'API-0020'

  Scenario: Unknown members of a start are refused
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { a: 1 } }
    """
    When the workflow is started with:
    """yaml
    inputs: {}
    """
    Then the answer should be 400 with code 'API-0002'

  Scenario: A key belongs to one open execution
    Given a workflow with definition:
    """yaml
    do:
      - pause: { wait: PT1H }
    """
    When the workflow is started with:
    """yaml
    key: order-7
    """
    Then the answer should be 201
    When the workflow is started with:
    """yaml
    key: order-7
    """
    Then the answer should be 409 with code 'API-0031'

  Scenario: Who starts under a taken key may get the open execution
    Given a workflow with definition:
    """yaml
    do:
      - pause: { wait: PT1H }
    """
    When the workflow is started with:
    """yaml
    key: order-7
    """
    And the workflow is started with:
    """yaml
    key: order-7
    onConflict: useExisting
    """
    Then the answer should be 200
    And the answer should name the first execution

  Scenario: Who starts under a taken key may end the open execution
    Given a workflow with definition:
    """yaml
    do:
      - pause: { wait: PT1H }
    """
    When the workflow is started with:
    """yaml
    key: order-7
    """
    And the workflow is started with:
    """yaml
    key: order-7
    onConflict: terminateExisting
    """
    Then the answer should be 201
    And the answer should name another execution
    And the first execution should be terminated

  Scenario: A key is free again when its execution has ended
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { a: 1 } }
    """
    When the workflow is started with:
    """yaml
    key: order-7
    """
    Then the workflow should complete
    When the workflow is started with:
    """yaml
    key: order-7
    """
    Then the answer should be 201
    And the answer should name another execution

  Scenario: Without keys there may be many
    Given a workflow with definition:
    """yaml
    do:
      - pause: { wait: PT1H }
    """
    When the workflow is started
    And the workflow is started
    Then the answer should be 201
    And the answer should name another execution

  Scenario: A request that is sent twice starts once
    Given a workflow with definition:
    """yaml
    do:
      - one: { call: http, with: { method: put, endpoint: https://kit.example/one } }
    """
    When the workflow is started with:
    """yaml
    idempotencyKey: kit-sent-twice
    """
    Then the workflow should complete
    When the request is repeated
    Then the answer should be a replay
    And the answer should name the first execution
    And the calls should be 'PUT /one'

  Scenario: An idempotency key belongs to one request
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { a: 1 } }
    """
    When the workflow is started with:
    """yaml
    idempotencyKey: kit-other-body
    """
    And the workflow is started with:
    """yaml
    idempotencyKey: kit-other-body
    input: { other: true }
    """
    Then the answer should be 422 with code 'API-0035'

  Scenario: A start in the past begins at once
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { a: 1 } }
    """
    When the workflow is started with:
    """yaml
    startAt: '2020-01-01T00:00:00Z'
    """
    Then the workflow should complete with output:
    """yaml
    a: 1
    """

  Scenario Outline: A start that cannot be meant is refused
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { a: 1 } }
    """
    When the workflow is started with:
    """yaml
    <more>
    """
    Then the answer should be 400
    Examples:
      | more                                |
      | onConflict: ignore                  |
      | key: ''                             |
      | key: 5                              |
      | startAt: tomorrow                   |
      | labels: { a: 1 }                    |
      | workflow: { name: a }               |

  Scenario: An input that is refused does not take the key
    Given a workflow with definition:
    """yaml
    input: { schema: { document: { type: object, required: [a] } } }
    do:
      - pause: { wait: PT1H }
    """
    When the workflow is started with:
    """yaml
    key: order-7
    """
    Then the answer should be 400 with code 'API-0006'
    When the workflow is started with:
    """yaml
    key: order-7
    input: { a: 1 }
    """
    Then the answer should be 201
