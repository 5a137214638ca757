Feature: Call HTTP
  What is sent, what an answer becomes, and which answers are errors.

  Scenario Outline: Every method is sent as it is
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: <method>, endpoint: https://kit.example/items } }
    """
    When the workflow is executed
    Then the workflow should complete
    And the calls should be '<sent> /items'
    Examples:
      | method  | sent    |
      | get     | GET     |
      | GET     | GET     |
      | post    | POST    |
      | put     | PUT     |
      | patch   | PATCH   |
      | delete  | DELETE  |
      | head    | HEAD    |
      | options | OPTIONS |

  Scenario: A body is sent as JSON
    Given a workflow with definition:
    """yaml
    do:
      - ask:
          call: http
          with:
            method: post
            endpoint: https://kit.example/orders
            body: { id: '${ .id }', lines: [ '${ .id + 1 }', fixed ], note: 'order ${ .id }' }
    """
    And given the workflow input is:
    """yaml
    id: 7
    """
    When the workflow is executed
    Then the workflow should complete
    And call 1 should have the header 'content-type' with value 'application/json'
    And call 1 should have the body:
    """yaml
    id: 7
    lines: [8, fixed]
    note: order 7
    """

  Scenario: A body may be one expression
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: post, endpoint: https://kit.example/orders, body: '${ .lines }' } }
    """
    And given the workflow input is:
    """yaml
    lines: [1, 2]
    """
    When the workflow is executed
    Then the workflow should complete
    And call 1 should have the body:
    """yaml
    [1, 2]
    """

  Scenario: Headers are sent, computed or not
    Given a workflow with definition:
    """yaml
    do:
      - ask:
          call: http
          with: { method: get, endpoint: https://kit.example/items, headers: { X-Fixed: a, X-Computed: 'id ${ .id }' } }
    """
    And given the workflow input is:
    """yaml
    id: 7
    """
    When the workflow is executed
    Then the workflow should complete
    And call 1 should have the header 'x-fixed' with value 'a'
    And call 1 should have the header 'x-computed' with value 'id 7'

  Scenario: Query parameters are appended and encoded
    Given a workflow with definition:
    """yaml
    do:
      - ask:
          call: http
          with: { method: get, endpoint: 'https://kit.example/items?page=1', query: { name: 'a b&c', n: '${ .n }' } }
    """
    And given the workflow input is:
    """yaml
    n: '2'
    """
    When the workflow is executed
    Then the workflow should complete
    And call 1 should have the query 'page=1&name=a%20b%26c&n=2'

  Scenario Outline: A URI template is filled with top-level properties
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: get, endpoint: 'https://kit.example/items/{value}' } }
    """
    And given the workflow input is:
    """yaml
    value: <value>
    """
    When the workflow is executed
    Then the workflow should complete
    And the calls should be 'GET /items/<sent>'
    Examples:
      | value       | sent          |
      | abc         | abc           |
      | 12          | 12            |
      | true        | true          |
      | null        |               |
      | 'a b/c'     | a%20b%2Fc     |
      | 'ü?#'       | %C3%BC%3F%23  |

  Scenario: A variable of a URI template that is missing becomes nothing
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: get, endpoint: 'https://kit.example/items/{nowhere}' } }
    """
    When the workflow is executed
    Then the workflow should complete
    And the calls should be 'GET /items/'

  Scenario Outline: A variable of a URI template that is no scalar is an error
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: get, endpoint: 'https://kit.example/items/{value}' } }
    """
    And given the workflow input is:
    """yaml
    value: <value>
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/expression
    status: 400
    instance: /do/0/ask
    """
    And the service should not be called
    Examples:
      | value  |
      | [1]    |
      | { a: 1 } |

  Scenario Outline: An endpoint has several forms
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: get, endpoint: <endpoint> } }
    """
    And given the workflow input is:
    """yaml
    id: 7
    """
    When the workflow is executed
    Then the workflow should complete
    And the calls should be 'GET /items/7'
    Examples:
      | endpoint                                             |
      | https://kit.example/items/7                          |
      | 'https://kit.example/items/{id}'                     |
      | '${ "https://kit.example/items/\\(.id)" }'           |
      | 'https://kit.example/items/${ .id }'                 |
      | { uri: 'https://kit.example/items/{id}' }            |
      | { uri: '${ "https://kit.example/items/7" }' }        |

  Scenario: The content of an answer is its JSON
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: get, endpoint: https://kit.example/items } }
    """
    And given the service answers 'GET /items' with:
    """yaml
    body: { items: [1, { a: 2 }] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    items: [1, { a: 2 }]
    """

  Scenario: A vendor's JSON is JSON
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: get, endpoint: https://kit.example/items, output: content } }
    """
    And given the service answers 'GET /items' with:
    """yaml
    headers: { Content-Type: application/vnd.example+json; charset=utf-8 }
    body: { a: 1 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    a: 1
    """

  Scenario: The content of a text answer is its text
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: get, endpoint: https://kit.example/items } }
    """
    And given the service answers 'GET /items' with:
    """yaml
    text: '{"not": "json"}'
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    '{"not": "json"}'
    """

  Scenario: An answer without content is null
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: delete, endpoint: https://kit.example/items } }
    """
    And given the service answers 'DELETE /items' with:
    """yaml
    status: 204
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    null
    """

  Scenario: The raw output is the content in Base64
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: get, endpoint: https://kit.example/items, output: raw } }
    """
    And given the service answers 'GET /items' with:
    """yaml
    text: hi
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    aGk=
    """

  Scenario: The response output has the request and the answer
    Given a workflow with definition:
    """yaml
    do:
      - ask:
          call: http
          with: { method: post, endpoint: https://kit.example/items, headers: { X-Mine: a }, output: response }
          output: { as: '{ method: .request.method, uri: .request.uri, mine: .request.headers["X-Mine"], statusCode, theirs: .headers["x-theirs"], content }' }
    """
    And given the service answers 'POST /items' with:
    """yaml
    status: 201
    headers: { X-Theirs: b }
    body: { id: 7 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    method: POST
    uri: https://kit.example/items
    mine: a
    statusCode: 201
    theirs: b
    content: { id: 7 }
    """

  Scenario Outline: A status that is no success is an error of that status
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: get, endpoint: https://kit.example/items } }
    """
    And given the service answers 'GET /items' with:
    """yaml
    status: <status>
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/communication
    status: <status>
    instance: /do/0/ask
    """
    And ask should be attempted 1 times
    Examples:
      | status |
      | 400    |
      | 401    |
      | 403    |
      | 404    |
      | 409    |
      | 410    |
      | 422    |
      | 429    |
      | 500    |
      | 502    |
      | 503    |
      | 504    |

  Scenario Outline: Every success is a success
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: get, endpoint: https://kit.example/items, output: response }, output: { as: .statusCode } }
    """
    And given the service answers 'GET /items' with:
    """yaml
    status: <status>
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    <status>
    """
    Examples:
      | status |
      | 200    |
      | 201    |
      | 202    |
      | 204    |
      | 299    |

  Scenario: A redirect is an error unless it is asked for
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: post, endpoint: https://kit.example/items } }
    """
    And given the service answers 'POST /items' with:
    """yaml
    status: 302
    headers: { Location: https://kit.example/elsewhere }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/communication
    status: 302
    """
    And the calls should be 'POST /items'

  Scenario: A redirect that is asked for is an answer
    Given a workflow with definition:
    """yaml
    do:
      - ask:
          call: http
          with: { method: post, endpoint: https://kit.example/items, redirect: true, output: response }
          output: { as: '{ statusCode, location: .headers.location }' }
    """
    And given the service answers 'POST /items' with:
    """yaml
    status: 303
    headers: { Location: /elsewhere }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    statusCode: 303
    location: /elsewhere
    """
    And the calls should be 'POST /items'

  Scenario: An answer that claims to be JSON and is not is an error
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: get, endpoint: https://kit.example/items } }
    """
    And given the service answers 'GET /items' with:
    """yaml
    text: '{ not json'
    headers: { Content-Type: application/json }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/communication
    instance: /do/0/ask
    """

  Scenario: Nobody who listens is an error when the time is over
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try:
            - ask:
                call: http
                with: { method: post, endpoint: https://nobody.example/items }
                timeout: { after: { milliseconds: 300 } }
          catch: { do: [ { handled: { set: { at: '${ $error.instance }' } } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    at: /do/0/guard/try/0/ask
    """

  Scenario: Every call tells who calls
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: post, endpoint: https://kit.example/items } }
    """
    When the workflow is executed
    Then the workflow should complete
    And call 1 should have the header 'idempotency-key'

  Scenario: A call sees the whole data flow
    Given a workflow with definition:
    """yaml
    do:
      - ask:
          input: { from: .order }
          call: http
          with: { method: put, endpoint: 'https://kit.example/orders/{id}', body: { now: '${ . }', input: '${ $input }', raw: '${ $workflow.input.tag }' } }
          output: { as: '{ status: .state, was: $input.id }' }
          export: { as: '{ last: .status }' }
    """
    And given the workflow input is:
    """yaml
    order: { id: 7 }
    tag: x
    """
    And given the service answers 'PUT /orders/7' with:
    """yaml
    body: { state: sent, other: 1 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    status: sent
    was: 7
    """
    And the workflow context should be:
    """yaml
    last: sent
    """
    And call 1 should have the body:
    """yaml
    now: { id: 7 }
    input: { id: 7 }
    raw: x
    """

  Scenario: A call whose body cannot be computed is not made
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: post, endpoint: https://kit.example/items, body: { a: '${ .x.y.z | error }' } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/expression
    instance: /do/0/ask
    """
    And the service should not be called

  Scenario: A slow answer is waited for
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: get, endpoint: https://kit.example/items } }
    """
    And given the service answers 'GET /items' with:
    """yaml
    delay: 300
    body: { late: true }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    late: true
    """
    And ask should take at least 300 milliseconds

  Scenario: Entries of headers and queries that are null are left out, and lists repeat theirs
    Given a workflow with definition:
    """yaml
    do:
      - ask:
          call: http
          with: { method: get, endpoint: https://kit.example/items, headers: { X-None: '${ .none }', X-Some: a }, query: { none: '${ .none }', tag: '${ .tags }' } }
    """
    And given the workflow input is:
    """yaml
    tags: [a, b]
    """
    When the workflow is executed
    Then the workflow should complete
    And call 1 should have the query 'tag=a&tag=b'
    And call 1 should have the header 'x-some' with value 'a'
    And call 1 should not have the header 'x-none'

  Scenario: The author's content type is kept
    Given a workflow with definition:
    """yaml
    do:
      - ask:
          call: http
          with: { method: patch, endpoint: https://kit.example/items, headers: { Content-Type: application/merge-patch+json }, body: { a: 1 } }
    """
    When the workflow is executed
    Then the workflow should complete
    And call 1 should have the header 'content-type' with value 'application/merge-patch+json'

  Scenario: An endpoint that is computed must be a text
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: get, endpoint: '${ .nothing }' } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/expression
    instance: /do/0/ask
    """

  Scenario Outline: An answer may be any JSON value
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: get, endpoint: https://kit.example/items } }
    """
    And given the service answers 'GET /items' with:
    """yaml
    body: <value>
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    <value>
    """
    Examples:
      | value                |
      | 5                    |
      | 12345678901234567890 |
      | 1.5                  |
      | "text"               |
      | true                 |
      | []                   |
      | null                 |
