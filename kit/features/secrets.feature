Feature: Secrets
  Values that are sent and never shown.

  Scenario: A secret is sent and not shown
    Given a workflow with definition:
    """yaml
    use: { secrets: [kit-api-key] }
    do:
      - ask: { call: http, with: { method: get, endpoint: https://kit.example/ask, headers: { X-Api-Key: '${ $secrets["kit-api-key"] }' } } }
      - keep: { set: { key: '${ $secrets["kit-api-key"] }' } }
    """
    And given the secret 'kit-api-key' is:
    """yaml
    s3cr3t-value
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    key: '***'
    """
    And call 1 should have the header 'x-api-key' with value 's3cr3t-value'

  Scenario: A secret may have members
    Given a workflow with definition:
    """yaml
    use: { secrets: [kitAccount] }
    do:
      - ask: { call: http, with: { method: post, endpoint: https://kit.example/ask, body: { user: '${ $secrets.kitAccount.user }', text: 'key ${ $secrets.kitAccount.key }' } } }
    """
    And given the secret 'kitAccount' is:
    """yaml
    user: ada-lovelace
    key: s3cr3t-key
    """
    When the workflow is executed
    Then the workflow should complete
    And call 1 should have the body:
    """yaml
    user: ada-lovelace
    text: key s3cr3t-key
    """

  Scenario: A secret that is not there is an error of authorization
    Given a workflow with definition:
    """yaml
    use: { secrets: [kit-nowhere] }
    do:
      - ask: { call: http, with: { method: get, endpoint: https://kit.example/ask, headers: { X-Api-Key: '${ $secrets["kit-nowhere"] }' } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/authorization
    status: 403
    instance: /do/0/ask
    """
    And the service should not be called

  Scenario: A secret that is not declared is refused
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: get, endpoint: https://kit.example/ask, headers: { X-Api-Key: '${ $secrets.undeclared }' } } }
    """
    When the definition is registered
    Then the definition should be refused

  Scenario: Whatever is sent can hold a secret
    Given a workflow with definition:
    """yaml
    use: { secrets: [kit-everywhere] }
    do:
      - ask:
          call: http
          with:
            method: put
            endpoint: https://kit.example/of/${ $secrets["kit-everywhere"] | @uri }
            query: { key: '${ $secrets["kit-everywhere"] }' }
            headers: { X-Api-Key: 'v1 ${ $secrets["kit-everywhere"] }' }
            body: { nested: [ '${ $secrets["kit-everywhere"] }' ] }
    """
    And given the secret 'kit-everywhere' is:
    """yaml
    s3cr3t/value
    """
    When the workflow is executed
    Then the workflow should complete
    And the calls should be 'PUT /of/s3cr3t%2Fvalue'
    And call 1 should have the query 'key=s3cr3t%2Fvalue'
    And call 1 should have the header 'x-api-key' with value 'v1 s3cr3t/value'
    And call 1 should have the body:
    """yaml
    nested: [ s3cr3t/value ]
    """

  Scenario: A secret in the input reaches the call
    Given a workflow with definition:
    """yaml
    use: { secrets: [kit-passed] }
    input: { from: '${ . + { key: $secrets["kit-passed"] } }' }
    do:
      - ask: { call: http, with: { method: get, endpoint: https://kit.example/ask, headers: { X-Api-Key: '${ .key }' } }, output: { as: '${ $input }' } }
    """
    And given the workflow input is:
    """yaml
    n: 1
    """
    And given the secret 'kit-passed' is:
    """yaml
    s3cr3t-value
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { n: 1, key: '***' }
    """
    And call 1 should have the header 'x-api-key' with value 's3cr3t-value'

  Scenario: What a service repeats is masked
    Given a workflow with definition:
    """yaml
    use: { secrets: [kit-repeated] }
    do:
      - ask: { call: http, with: { method: get, endpoint: https://kit.example/ask, headers: { X-Api-Key: '${ $secrets["kit-repeated"] }' } } }
    """
    And given the secret 'kit-repeated' is:
    """yaml
    s3cr3t value
    """
    And given the service answers 'GET /ask' with:
    """yaml
    body: { plain: you sent s3cr3t value, encoded: s3cr3t%20value, form: s3cr3t+value, base64: czNjcjN0IHZhbHVl }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { plain: you sent ***, encoded: '***', form: '***', base64: '***' }
    """

  Scenario: Data that looks like a secret is data
    Given a workflow with definition:
    """yaml
    use: { secrets: [kit-forged] }
    do:
      - ask: { call: http, with: { method: get, endpoint: https://kit.example/ask, headers: { X-Data: '${ .data }' } } }
    """
    And given the workflow input is:
    """yaml
    data: ${ $secrets["kit-forged"] }
    """
    And given the secret 'kit-forged' is:
    """yaml
    s3cr3t-value
    """
    When the workflow is executed
    Then the workflow should complete
    And call 1 should have the header 'x-data' with value '${ $secrets["kit-forged"] }'

  Scenario Outline: The engine itself does not know a secret
    Given a workflow with definition:
    """yaml
    use: { secrets: [kit-unknown] }
    do:
      - task: { <task> }
    """
    When the definition is registered
    Then the definition should be refused with the code 'DEF-0041'
    Examples:
      | task                                                                    |
      | if: '${ $secrets["kit-unknown"] == "x" }', set: { a: 1 }                |
      | wait: '${ $secrets["kit-unknown"] }'                                    |
      | set: { a: 1 }, export: { as: '${ { a: $secrets["kit-unknown"] } }' }    |

  Scenario: A secret that is missing can be caught
    Given a workflow with definition:
    """yaml
    use: { secrets: [kit-missing] }
    do:
      - attempt:
          try:
            - ask: { call: http, with: { method: post, endpoint: https://kit.example/ask, body: '${ $secrets["kit-missing"] }' } }
          catch:
            errors: { with: { type: https://open-workflow-specification.org/spec/1.0.0/errors/authorization } }
            do:
              - note: { set: { missing: true } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    missing: true
    """
    And the service should not be called

  Scenario: Tools and agents are sent secrets too
    Given a workflow with definition:
    """yaml
    use: { secrets: [kit-tools] }
    do:
      - agent: { call: a2a, with: { method: message/send, server: https://kit.example/agent, parameters: { key: '${ $secrets["kit-tools"] }' } } }
    """
    And given the secret 'kit-tools' is:
    """yaml
    s3cr3t-value
    """
    And given the service answers 'POST /agent' with:
    """yaml
    body: { jsonrpc: '2.0', id: 1, result: { said: s3cr3t-value } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    said: '***'
    """
    And call 1 should have the body:
    """yaml
    { jsonrpc: '2.0', id: 1, method: message/send, params: { key: s3cr3t-value } }
    """
