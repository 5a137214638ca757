Feature: Call gRPC
  Unary methods of a service that a .proto file describes. The file is read when the definition is registered.

  Background:
    * given the service answers 'GET /orders.proto' with:
    """yaml
    text: |
      syntax = "proto3";
      package shop.v1;
      message Order { string id = 1; uint32 total = 2; bool paid = 3; }
      service Orders {
        rpc Get(Order) returns (Order) { option idempotency_level = NO_SIDE_EFFECTS; }
        rpc Put(Order) returns (Order);
        rpc Watch(Order) returns (stream Order);
        rpc Load(stream Order) returns (Order);
      }
    """

  Scenario: The arguments are the message, and the answer's message is the output with all its fields
    Given a workflow with definition:
    """yaml
    do:
      - put:
          call: grpc
          with:
            proto: { endpoint: https://kit.example/orders.proto }
            service: { name: Orders, host: grpc.kit.example, port: 50051 }
            method: Put
            arguments: { id: '${ .id }', total: 7 }
    """
    And given the service answers 'POST /shop.v1.Orders/Put' with:
    """yaml
    message: { '1': B-18, '2': 300 }
    """
    And given the workflow input is:
    """yaml
    id: A-17
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    id: B-18
    total: 300
    paid: false
    """
    And the calls should be 'GET /orders.proto', 'POST /shop.v1.Orders/Put'
    And call 2 should have the body:
    """yaml
    '1': A-17
    '2': 7
    """
    And call 2 should have the header 'content-type' with value 'application/grpc'
    And call 2 should have the header 'idempotency-key'
    And call 2 should have the header 'x-correlation-id'
    And call 2 should have the header 'grpc-timeout'

  Scenario: A service is found by its full name, and no arguments are an empty message
    Given a workflow with definition:
    """yaml
    do:
      - put:
          call: grpc
          with:
            proto: { endpoint: https://kit.example/orders.proto }
            service: { name: shop.v1.Orders, host: grpc.kit.example, port: 50051 }
            method: Put
    """
    And given the service answers 'POST /shop.v1.Orders/Put' with:
    """yaml
    message: {}
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    id: ''
    total: 0
    paid: false
    """
    And call 2 should have the body:
    """yaml
    {}
    """

  Scenario: The file is read once, however often the method is called
    Given a workflow with definition:
    """yaml
    do:
      - one: { call: grpc, with: { proto: { endpoint: https://kit.example/orders.proto }, service: { name: Orders, host: grpc.kit.example, port: 50051 }, method: Get } }
      - two: { call: grpc, with: { proto: { endpoint: https://kit.example/orders.proto }, service: { name: Orders, host: grpc.kit.example, port: 50051 }, method: Get } }
    """
    And given the service answers 'POST /shop.v1.Orders/Get' with:
    """yaml
    message: {}
    """
    When the workflow is executed
    And the workflow is executed
    Then the workflow should complete
    And 'GET /orders.proto' should be called 1 times
    And 'POST /shop.v1.Orders/Get' should be called 4 times

  Scenario Outline: A status is an error of the kind that fits
    Given a workflow with definition:
    """yaml
    do:
      - put: { call: grpc, with: { proto: { endpoint: https://kit.example/orders.proto }, service: { name: Orders, host: grpc.kit.example, port: 50051 }, method: Put } }
    """
    And given the service answers 'POST /shop.v1.Orders/Put' with:
    """yaml
    grpcStatus: <code>
    headers: { grpc-message: no%20such%20order }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/<type>
    status: <status>
    instance: /do/0/put
    """
    And 'POST /shop.v1.Orders/Put' should be called 1 times
    Examples:
      | code | type           | status |
      | 1    | communication  | 499    |
      | 2    | communication  | 500    |
      | 3    | validation     | 400    |
      | 4    | timeout        | 408    |
      | 5    | communication  | 404    |
      | 6    | communication  | 409    |
      | 7    | authorization  | 403    |
      | 8    | communication  | 429    |
      | 9    | communication  | 400    |
      | 12   | communication  | 501    |
      | 14   | communication  | 503    |
      | 16   | authentication | 401    |

  Scenario: The author's policy tries a fault again, with the same key
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try:
            - put: { call: grpc, with: { proto: { endpoint: https://kit.example/orders.proto }, service: { name: Orders, host: grpc.kit.example, port: 50051 }, method: Put } }
          catch: { errors: { with: { status: 503 } }, retry: { delay: { milliseconds: 5 }, limit: { attempt: { count: 3 } } } }
    """
    And given the service answers 'POST /shop.v1.Orders/Put' with:
    """yaml
    - { grpcStatus: 14, times: 2 }
    - { message: { '1': B-18 } }
    """
    When the workflow is executed
    Then the workflow should complete
    And 'POST /shop.v1.Orders/Put' should be called 3 times
    And call 2 and call 4 should have the same header 'idempotency-key'

  Scenario: A call whose connection ends without an answer is uncertain
    Given a workflow with definition:
    """yaml
    do:
      - put: { call: grpc, with: { proto: { endpoint: https://kit.example/orders.proto }, service: { name: Orders, host: grpc.kit.example, port: 50051 }, method: Put } }
    """
    And given the service answers 'POST /shop.v1.Orders/Put' with:
    """yaml
    drop: true
    """
    When the workflow is started
    And put has become uncertain
    Then the workflow should be suspended
    And 'POST /shop.v1.Orders/Put' should be called 1 times

  Scenario: A receiver that knows the key is called again by itself
    Given a workflow with definition:
    """yaml
    do:
      - get:
          call: grpc
          with: { proto: { endpoint: https://kit.example/orders.proto }, service: { name: Orders, host: grpc.kit.example, port: 50051 }, method: Get }
          metadata: { effect: { mode: exactly_once_with_key } }
    """
    And given the service answers 'POST /shop.v1.Orders/Get' with:
    """yaml
    - { drop: true }
    - { message: { '1': A-17 } }
    """
    When the workflow is executed
    Then the workflow should complete
    And get should be attempted 2 times
    And call 2 and call 3 should have the same header 'idempotency-key'

  Scenario: A timeout ends a call that is not answered
    Given a workflow with definition:
    """yaml
    do:
      - get:
          call: grpc
          with: { proto: { endpoint: https://kit.example/orders.proto }, service: { name: Orders, host: grpc.kit.example, port: 50051 }, method: Get }
          timeout: { after: PT0.3S }
    """
    And given the service answers 'POST /shop.v1.Orders/Get' with:
    """yaml
    hang: true
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/timeout
    status: 408
    instance: /do/0/get
    """

  Scenario: A peer that does not listen was sent nothing, and is tried again
    Given a workflow with definition:
    """yaml
    do:
      - put:
          call: grpc
          with: { proto: { endpoint: https://kit.example/orders.proto }, service: { name: Orders, host: 127.0.0.1, port: 1 }, method: Put }
          timeout: { after: PT0.5S }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/communication
    status: 503
    """

  Scenario: A completed call is undone when a later task fails
    Given a workflow with definition:
    """yaml
    do:
      - put:
          call: grpc
          with: { proto: { endpoint: https://kit.example/orders.proto }, service: { name: Orders, host: grpc.kit.example, port: 50051 }, method: Put, arguments: { id: A-17 } }
          metadata: { compensate: { do: [ { drop: { call: http, with: { method: post, endpoint: https://kit.example/drop, body: { id: '${ $output.id }' } } } } ] } }
      - fail: { raise: { error: { type: https://kit.example/errors/full, status: 507 } } }
    """
    And given the service answers 'POST /shop.v1.Orders/Put' with:
    """yaml
    message: { '1': B-18 }
    """
    When the workflow is executed
    Then the workflow should fault
    And the calls should be 'GET /orders.proto', 'POST /shop.v1.Orders/Put', 'POST /drop'
    And call 3 should have the body:
    """yaml
    id: B-18
    """

  Scenario: Arguments that do not fit the message are an error of validation, and nothing is sent
    Given a workflow with definition:
    """yaml
    do:
      - put:
          call: grpc
          with:
            proto: { endpoint: https://kit.example/orders.proto }
            service: { name: Orders, host: grpc.kit.example, port: 50051 }
            method: Put
            arguments: { colour: red }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/validation
    status: 400
    instance: /do/0/put
    """
    And the calls should be 'GET /orders.proto'

  Scenario Outline: A call proves who it is
    Given a workflow with definition:
    """yaml
    use: { secrets: [kitGrpcLogin], authentications: { declared: { bearer: { token: some-token } } } }
    do:
      - put:
          call: grpc
          with:
            proto: { endpoint: https://kit.example/orders.proto }
            service: { name: Orders, host: grpc.kit.example, port: 50051, authentication: <policy> }
            method: Put
    """
    And given the secret 'kitGrpcLogin' is:
    """yaml
    username: ada
    password: lovelace
    """
    And given the service answers 'POST /shop.v1.Orders/Put' with:
    """yaml
    message: {}
    """
    When the workflow is executed
    Then the workflow should complete
    And call 2 should have the header 'authorization' with value '<header>'
    Examples:
      | policy                                           | header                 |
      | { basic: { username: ada, password: lovelace } } | Basic YWRhOmxvdmVsYWNl |
      | { basic: { use: kitGrpcLogin } }                 | Basic YWRhOmxvdmVsYWNl |
      | { use: declared }                                | Bearer some-token      |

  Scenario: A secret cannot be part of a message
    Given a workflow with definition:
    """yaml
    use: { secrets: [kitGrpcKey] }
    do:
      - put:
          call: grpc
          with:
            proto: { endpoint: https://kit.example/orders.proto }
            service: { name: Orders, host: grpc.kit.example, port: 50051 }
            method: Put
            arguments: { id: '${ .key }' }
          input: { from: '{ key: $secrets.kitGrpcKey }' }
    """
    And given the secret 'kitGrpcKey' is:
    """yaml
    a secret
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/configuration
    status: 400
    instance: /do/0/put
    """
    And the calls should be 'GET /orders.proto'

  Scenario: A service is not asked for a digest
    Given a workflow with definition:
    """yaml
    do:
      - put:
          call: grpc
          with:
            proto: { endpoint: https://kit.example/orders.proto }
            service: { name: Orders, host: h, authentication: { digest: { username: a, password: b } } }
            method: Put
    """
    When the definition is registered
    Then the definition should be refused with 'DEF-0136' at '/do/0/put/with/service/authentication'

  Scenario Outline: What cannot be called is refused
    Given a workflow with definition:
    """yaml
    do:
      - put:
          call: grpc
          with:
            proto: { endpoint: https://kit.example/orders.proto }
            service: { name: <service>, host: <host>, port: <port> }
            method: <method>
    """
    When the definition is registered
    Then the definition should be refused with '<code>' at '/do/0/put/with/<at>'
    Examples:
      | what                  | service | host             | port  | method | code     | at           |
      | an unknown service    | Order   | grpc.kit.example | 50051 | Put    | DEF-0134 | service/name |
      | an unknown method     | Orders  | grpc.kit.example | 50051 | Take   | DEF-0134 | method       |
      | a stream of answers   | Orders  | grpc.kit.example | 50051 | Watch  | DEF-0136 | method       |
      | a stream of arguments | Orders  | grpc.kit.example | 50051 | Load   | DEF-0136 | method       |
      | a host that is none   | Orders  | a/b              | 50051 | Put    | DEF-0039 | service/host |
      | a port that is none   | Orders  | grpc.kit.example | 70000 | Put    | DEF-0044 | service/port |
