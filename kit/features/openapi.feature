Feature: Call OpenAPI
  Operations of a document that is read when the definition is registered.

  Scenario Outline: Parameters travel where the document says
    Given a workflow with definition:
    """yaml
    do:
      - ask:
          call: openapi
          with:
            document: { endpoint: https://kit.example/openapi.json }
            operationId: <operation>
            parameters: <parameters>
    """
    And given the service answers 'GET /openapi.json' with:
    """yaml
    body:
      openapi: 3.0.3
      info: { title: Items, version: '1.0.0' }
      servers: [ { url: https://kit.example/api } ]
      paths:
        /items/{id}:
          get:
            operationId: getItem
            parameters:
              - { name: id, in: path, required: true, schema: { type: string } }
              - { name: full, in: query, schema: { type: boolean } }
              - { name: X-Tag, in: header, schema: { type: string } }
            responses: { '200': { description: found } }
        /items:
          post:
            operationId: addItem
            requestBody: { content: { application/json: { schema: { type: object } } } }
            responses: { '201': { description: added } }
    """
    And given the workflow input is:
    """yaml
    id: a b
    """
    When the workflow is executed
    Then the workflow should complete
    And the calls should be 'GET /openapi.json', '<route>'
    And call 2 should have the query '<query>'
    Examples:
      | parameters                            | operation | route                  | query     |
      | { id: '${ .id }' }                    | getItem   | GET /api/items/a%20b   |           |
      | { id: x, full: true }                 | getItem   | GET /api/items/x       | full=true |
      | { id: x, full: null }                 | getItem   | GET /api/items/x       |           |
      | { body: { name: lamp } }              | addItem   | POST /api/items        |           |

  Scenario: A body is sent as JSON and the answer is the output
    Given a workflow with definition:
    """yaml
    do:
      - ask:
          call: openapi
          with:
            document: { endpoint: https://kit.example/openapi.json }
            operationId: addItem
            parameters: { body: { name: '${ .name }' } }
    """
    And given the service answers 'GET /openapi.json' with:
    """yaml
    body:
      openapi: 3.0.3
      info: { title: Items, version: '1.0.0' }
      servers: [ { url: https://kit.example } ]
      paths:
        /items:
          post:
            operationId: addItem
            requestBody: { content: { application/json: { schema: { type: object } } } }
            responses: { '201': { description: added } }
    """
    And given the service answers 'POST /items' with:
    """yaml
    status: 201
    body: { id: 7 }
    """
    And given the workflow input is:
    """yaml
    name: lamp
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    id: 7
    """
    And call 2 should have the body:
    """yaml
    name: lamp
    """

  Scenario: The document is read once, however often the operation is called
    Given a workflow with definition:
    """yaml
    do:
      - one: { call: openapi, with: { document: { endpoint: https://kit.example/openapi.json }, operationId: list } }
      - two: { call: openapi, with: { document: { endpoint: https://kit.example/openapi.json }, operationId: list } }
    """
    And given the service answers 'GET /openapi.json' with:
    """yaml
    body:
      openapi: 3.1.0
      info: { title: Items, version: '1.0.0' }
      servers: [ { url: https://kit.example } ]
      paths: { /items: { get: { operationId: list, responses: { '200': { description: found } } } } }
    """
    When the workflow is executed
    And the workflow is executed
    Then the workflow should complete
    And 'GET /openapi.json' should be called 1 times
    And 'GET /items' should be called 4 times

  Scenario: An error answer is an error of communication
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: openapi, with: { document: { endpoint: https://kit.example/openapi.json }, operationId: list } }
    """
    And given the service answers 'GET /openapi.json' with:
    """yaml
    body:
      openapi: 3.0.3
      info: { title: Items, version: '1.0.0' }
      servers: [ { url: https://kit.example } ]
      paths: { /items: { get: { operationId: list, responses: { '200': { description: found } } } } }
    """
    And given the service answers 'GET /items' with:
    """yaml
    status: 404
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/communication
    status: 404
    instance: /do/0/ask
    """

  Scenario Outline: What the document does not have is refused
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: openapi, with: { document: { endpoint: https://kit.example/openapi.json }, operationId: <operation>, parameters: <parameters> } }
    """
    And given the service answers 'GET /openapi.json' with:
    """yaml
    body:
      openapi: 3.0.3
      info: { title: Items, version: '1.0.0' }
      servers: [ { url: https://kit.example } ]
      paths:
        /items/{id}:
          get:
            operationId: getItem
            parameters: [ { name: id, in: path, required: true, schema: { type: string } } ]
            responses: { '200': { description: found } }
    """
    When the definition is registered
    Then the definition should be refused
    Examples:
      | operation | parameters          |
      | nowhere   | { id: x }           |
      | getItem   | { }                 |
      | getitem   | { id: x }           |
