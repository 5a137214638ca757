Feature: Call AsyncAPI
  Messages are published over HTTP, to the address that a document gives. It is read when the definition is registered.

  Background:
    * given the service answers 'GET /two.json' with:
    """yaml
    body:
      asyncapi: 2.6.0
      info: { title: Orders, version: '1.0.0' }
      servers:
        web: { url: 'https://kit.example/{stage}', protocol: http, variables: { stage: { default: live } } }
        queue: { url: 'queue.example:9092', protocol: kafka }
      channels:
        orders/created: { publish: {} }
        orders/changed: { publish: { bindings: { http: { method: PUT } } } }
        orders/heard: { subscribe: {} }
        orders/{id}: { publish: {} }
    """
    And given the service answers 'GET /three.json' with:
    """yaml
    body:
      asyncapi: 3.0.0
      info: { title: Orders, version: '1.0.0' }
      servers: { web: { $ref: '#/components/servers/web' } }
      components: { servers: { web: { host: 'grpc.kit.example:50051', protocol: http } } }
      channels: { created: { address: orders/created } }
      operations:
        create: { action: receive, channel: { $ref: '#/channels/created' } }
    """

  Scenario Outline: A message is published where the document says
    Given a workflow with definition:
    """yaml
    do:
      - tell:
          call: asyncapi
          with: { document: { endpoint: https://kit.example/<document>.json }, <target>, message: { payload: { id: '${ .id }' }, headers: { X-Source: shop } } }
    """
    And given the workflow input is:
    """yaml
    id: A-17
    """
    When the workflow is executed
    Then the workflow should complete
    And the calls should be 'GET /<document>.json', '<route>'
    And call 2 should have the body:
    """yaml
    id: A-17
    """
    And call 2 should have the header 'X-Source' with value 'shop'
    And call 2 should have the header 'content-type' with value 'application/json'
    And call 2 should have the header 'idempotency-key'
    Examples:
      | target                  | document | route                     |
      | channel: orders/created | two      | POST /live/orders/created |
      | channel: orders/changed | two      | PUT /live/orders/changed  |
      | operation: create       | three    | POST /orders/created      |

  Scenario: A server is chosen by name, with its variables
    Given a workflow with definition:
    """yaml
    do:
      - tell:
          call: asyncapi
          with:
            document: { endpoint: https://kit.example/two.json }
            channel: orders/created
            server: { name: web, variables: { stage: test } }
            message: { payload: { id: 1 } }
    """
    When the workflow is executed
    Then the workflow should complete
    And the calls should be 'GET /two.json', 'POST /test/orders/created'

  Scenario: A call proves who it is
    Given a workflow with definition:
    """yaml
    do:
      - tell:
          call: asyncapi
          with:
            document: { endpoint: https://kit.example/two.json }
            channel: orders/created
            message: { payload: { id: 1 } }
            authentication: { bearer: { token: some-token } }
    """
    When the workflow is executed
    Then the workflow should complete
    And call 2 should have the header 'authorization' with value 'Bearer some-token'

  Scenario: An error answer is an error of communication
    Given a workflow with definition:
    """yaml
    do:
      - tell: { call: asyncapi, with: { document: { endpoint: https://kit.example/two.json }, channel: orders/created, protocol: http, message: { payload: { id: 1 } } } }
    """
    And given the service answers 'POST /live/orders/created' with:
    """yaml
    status: 503
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/communication
    status: 503
    instance: /do/0/tell
    """

  Scenario: A message of which nobody knows whether it was published is uncertain
    Given a workflow with definition:
    """yaml
    do:
      - tell: { call: asyncapi, with: { document: { endpoint: https://kit.example/two.json }, channel: orders/created, message: { payload: { id: 1 } } } }
    """
    And given the service answers 'POST /live/orders/created' with:
    """yaml
    drop: true
    """
    When the workflow is started
    And tell has become uncertain
    Then the workflow should be suspended

  Scenario Outline: What cannot be published is refused
    Given a workflow with definition:
    """yaml
    do:
      - tell:
          call: asyncapi
          with: { document: { endpoint: https://kit.example/<document>.json }, <rest> }
    """
    When the definition is registered
    Then the definition should be refused with '<code>' at '/do/0/tell/with/<at>'
    Examples:
      | rest                                                            | document | code     | at           |
      | channel: orders/create, message: {}                             | two      | DEF-0134 | channel      |
      | channel: orders/created, server: { name: wep }, message: {}     | two      | DEF-0134 | server/name  |
      | channel: orders/created, server: { name: queue }, message: {}   | two      | DEF-0136 | channel      |
      | channel: orders/heard, message: {}                              | two      | DEF-0136 | channel      |
      | channel: 'orders/{id}', message: {}                             | two      | DEF-0136 | channel      |
      | channel: orders/created, protocol: nats, message: {}            | two      | DEF-0137 | protocol     |
      | operation: create, message: {}                                  | two      | DEF-0136 | operation    |
      | operation: creates, message: {}                                 | three    | DEF-0134 | operation    |
      | channel: orders/heard, subscription: { consume: { amount: 1 } } | two      | DEF-0137 | subscription |
