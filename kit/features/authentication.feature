Feature: Authentication
  The ways in which calls prove who they are.

  Scenario Outline: A call proves who it is
    Given a workflow with definition:
    """yaml
    use:
      secrets: [kitLogin]
      authentications:
        declared: { basic: { username: ada, password: lovelace } }
    do:
      - ask: { call: http, with: { method: get, endpoint: { uri: https://kit.example/ask, authentication: <policy> } } }
    """
    And given the workflow input is:
    """yaml
    tag: 7
    """
    And given the secret 'kitLogin' is:
    """yaml
    username: ada
    password: lovelace
    """
    When the workflow is executed
    Then the workflow should complete
    And call 1 should have the header 'authorization' with value '<header>'
    Examples:
      | policy                                             | header                     |
      | { basic: { username: ada, password: lovelace } }   | Basic YWRhOmxvdmVsYWNl     |
      | { use: declared }                                  | Basic YWRhOmxvdmVsYWNl     |
      | { basic: { use: kitLogin } }                       | Basic YWRhOmxvdmVsYWNl     |
      | { bearer: { token: some-token } }                  | Bearer some-token          |
      | { bearer: { token: 'x-${ .tag }' } }               | Bearer x-7                 |

  Scenario: A token is fetched with the client's credentials
    Given a workflow with definition:
    """yaml
    do:
      - ask:
          call: http
          with:
            method: get
            endpoint:
              uri: https://kit.example/ask
              authentication:
                oauth2:
                  authority: https://kit.example
                  endpoints: { token: /token }
                  grant: client_credentials
                  client: { id: kit, secret: s3cr3t-client }
                  scopes: [read]
    """
    And given the service answers 'POST /token' with:
    """yaml
    body: { access_token: fetched-token, token_type: Bearer, expires_in: 3600 }
    """
    When the workflow is executed
    Then the workflow should complete
    And the calls should be 'POST /token', 'GET /ask'
    And call 2 should have the header 'authorization' with value 'Bearer fetched-token'

  Scenario: A service that does not believe it is an error of authentication
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: get, endpoint: { uri: https://kit.example/ask, authentication: { bearer: { token: some-token } } } } }
    """
    And given the service answers 'GET /ask' with:
    """yaml
    status: 401
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/authentication
    status: 401
    """

  Scenario: A redirect to another origin does not take the proof along
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: get, redirect: true, endpoint: { uri: https://kit.example/ask, authentication: { bearer: { token: some-token } } } } }
    """
    And given the service answers 'GET /ask' with:
    """yaml
    status: 302
    headers: { Location: https://elsewhere.example/other }
    """
    When the workflow is executed
    Then the workflow should complete
    And call 1 should have the header 'authorization'
    And call 2 should not have the header 'authorization'

  Scenario: Basic credentials and bearer tokens may be computed
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: get, endpoint: { uri: https://kit.example/ask, authentication: { basic: { username: '${ .user }', password: '${ .password }' } } } } }
    """
    And given the workflow input is:
    """yaml
    { user: ada, password: lovelace }
    """
    When the workflow is executed
    Then the workflow should complete
    And call 1 should have the header 'authorization' with value 'Basic YWRhOmxvdmVsYWNl'

  Scenario: A digest challenge is answered and its nonce is used again
    Given a workflow with definition:
    """yaml
    use: { secrets: [kitDigest] }
    do:
      - one: { call: http, with: { method: post, endpoint: { uri: https://kit.example/ask, authentication: { digest: { use: kitDigest } } }, body: { n: 1 } } }
      - two: { call: http, with: { method: get, endpoint: { uri: 'https://kit.example/ask?a=b', authentication: { digest: { username: ada, password: lovelace } } } } }
    """
    And given the secret 'kitDigest' is:
    """yaml
    { username: ada, password: lovelace }
    """
    And given the service answers 'POST /ask' with:
    """yaml
    digest: { username: ada, password: lovelace }
    """
    And given the service answers 'GET /ask' with:
    """yaml
    digest: { username: ada, password: lovelace }
    """
    When the workflow is executed
    Then the workflow should complete
    And the calls should be 'POST /ask', 'POST /ask', 'GET /ask'
    And call 1 should not have the header 'authorization'
    And one should be attempted 1 times

  Scenario: A digest that is not believed is an error of authentication
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: get, endpoint: { uri: https://kit.example/ask, authentication: { digest: { username: ada, password: byron } } } } }
    """
    And given the service answers 'GET /ask' with:
    """yaml
    digest: { username: ada, password: lovelace }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/authentication
    status: 401
    """
    And the calls should be 'GET /ask', 'GET /ask'

  Scenario: A token serves until it expires
    Given a workflow with definition:
    """yaml
    use:
      authentications:
        id: { oauth2: { authority: https://kit.example, endpoints: { token: /token }, grant: client_credentials, client: { id: kit, secret: s3cr3t-client } } }
    do:
      - one: { call: http, with: { method: get, endpoint: { uri: https://kit.example/one, authentication: { use: id } } } }
      - two: { call: http, with: { method: get, endpoint: { uri: https://kit.example/two, authentication: { use: id } } } }
      - three: { call: http, with: { method: get, endpoint: { uri: https://kit.example/three, authentication: { use: id } } } }
    """
    And given the service answers 'POST /token' with:
    """yaml
    - body: { access_token: token-one, expires_in: 0 }
    - body: { access_token: token-two, expires_in: 3600 }
    """
    When the workflow is executed
    Then the workflow should complete
    And the calls should be 'POST /token', 'GET /one', 'POST /token', 'GET /two', 'GET /three'
    And call 2 should have the header 'authorization' with value 'Bearer token-one'
    And call 4 should have the header 'authorization' with value 'Bearer token-two'
    And call 5 should have the header 'authorization' with value 'Bearer token-two'

  Scenario: A token that has expired is renewed with what came with it
    Given a workflow with definition:
    """yaml
    use:
      authentications:
        id: { oauth2: { authority: https://kit.example, endpoints: { token: /token }, grant: client_credentials, client: { id: kit, secret: s3cr3t-client } } }
    do:
      - one: { call: http, with: { method: get, endpoint: { uri: https://kit.example/one, authentication: { use: id } } } }
      - two: { call: http, with: { method: get, endpoint: { uri: https://kit.example/two, authentication: { use: id } } } }
    """
    And given the service answers 'POST /token' with:
    """yaml
    - body: { access_token: token-one, expires_in: 0, refresh_token: renew-me }
    - body: { access_token: token-two, expires_in: 3600 }
    """
    When the workflow is executed
    Then the workflow should complete
    And call 1 should have the body:
    """yaml
    grant_type=client_credentials&client_id=kit&client_secret=s3cr3t-client
    """
    And call 3 should have the body:
    """yaml
    grant_type=refresh_token&refresh_token=renew-me&client_id=kit&client_secret=s3cr3t-client
    """
    And call 4 should have the header 'authorization' with value 'Bearer token-two'

  Scenario: A token that a service refuses is replaced once
    Given a workflow with definition:
    """yaml
    use:
      authentications:
        id: { oauth2: { authority: https://kit.example, endpoints: { token: /token }, grant: client_credentials, client: { id: kit, secret: s3cr3t-client } } }
    do:
      - one: { call: http, with: { method: get, endpoint: { uri: https://kit.example/one, authentication: { use: id } } } }
      - two: { call: http, with: { method: get, endpoint: { uri: https://kit.example/two, authentication: { use: id } } } }
    """
    And given the service answers 'POST /token' with:
    """yaml
    - body: { access_token: token-one, expires_in: 3600 }
    - body: { access_token: token-two, expires_in: 3600 }
    """
    And given the service answers 'GET /two' with:
    """yaml
    - status: 401
    - status: 200
    """
    When the workflow is executed
    Then the workflow should complete
    And the calls should be 'POST /token', 'GET /one', 'GET /two', 'POST /token', 'GET /two'
    And call 3 should have the header 'authorization' with value 'Bearer token-one'
    And call 5 should have the header 'authorization' with value 'Bearer token-two'
    And two should be attempted 1 times

  Scenario: What is sent at most once is not sent again with another token
    Given a workflow with definition:
    """yaml
    use:
      authentications:
        id: { oauth2: { authority: https://kit.example, endpoints: { token: /token }, grant: client_credentials, client: { id: kit, secret: s3cr3t-client } } }
    do:
      - one: { call: http, with: { method: get, endpoint: { uri: https://kit.example/one, authentication: { use: id } } } }
      - two: { call: http, with: { method: post, endpoint: { uri: https://kit.example/two, authentication: { use: id } } } }
    """
    And given the service answers 'POST /token' with:
    """yaml
    body: { access_token: token-one, expires_in: 3600 }
    """
    And given the service answers 'POST /two' with:
    """yaml
    status: 401
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/authentication
    status: 401
    """
    And 'POST /two' should be called 1 times

  Scenario Outline: Every grant that needs no person is asked for
    Given a workflow with definition:
    """yaml
    do:
      - ask:
          call: http
          with:
            method: get
            endpoint:
              uri: https://kit.example/ask
              authentication:
                oauth2: { authority: https://kit.example, endpoints: { token: /token }, <policy> }
    """
    And given the service answers 'POST /token' with:
    """yaml
    body: { access_token: fetched-token }
    """
    When the workflow is executed
    Then the workflow should complete
    And call 1 should have the body:
    """yaml
    <body>
    """
    And call 2 should have the header 'authorization' with value 'Bearer fetched-token'
    Examples:
      | policy | body |
      | grant: client_credentials, client: { id: kit, secret: s-e-c }, scopes: [a, b], audiences: [x] | grant_type=client_credentials&scope=a%20b&audience=x&client_id=kit&client_secret=s-e-c |
      | grant: client_credentials, client: { id: kit, secret: s-e-c, authentication: client_secret_basic } | grant_type=client_credentials |
      | grant: client_credentials, client: { id: kit, authentication: none } | grant_type=client_credentials&client_id=kit |
      | grant: password, client: { id: kit }, username: ada, password: love lace | grant_type=password&username=ada&password=love%20lace&client_id=kit |
      | grant: refresh_token, client: { id: kit }, subject: { token: r-e-f, type: x } | grant_type=refresh_token&refresh_token=r-e-f&client_id=kit |
      | grant: 'urn:ietf:params:oauth:grant-type:token-exchange', subject: { token: s-u-b, type: st }, actor: { token: a-c-t, type: at } | grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token=s-u-b&subject_token_type=st&actor_token=a-c-t&actor_token_type=at |
      | grant: client_credentials, client: { id: kit, secret: s-e-c }, request: { encoding: application/json } | { grant_type: client_credentials, client_id: kit, client_secret: s-e-c } |

  Scenario: A grant that needs a person is refused
    Given a workflow with definition:
    """yaml
    use: { authentications: { id: { oauth2: { authority: https://kit.example, grant: authorization_code, client: { id: kit } } } } }
    do: [ { ask: { call: http, with: { method: get, endpoint: { uri: https://kit.example/ask, authentication: { use: id } } } } } ]
    """
    When the definition is registered
    Then the definition should be refused with the code 'DEF-0067'

  Scenario: An authority that refuses the client is an error of authentication
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: post, endpoint: { uri: https://kit.example/ask, authentication: { oauth2: { authority: https://kit.example, grant: client_credentials, client: { id: kit, secret: s3cr3t-client } } } } } }
    """
    And given the service answers 'POST /oauth2/token' with:
    """yaml
    status: 401
    body: { error: invalid_client, error_description: s3cr3t-client is wrong }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/authentication
    status: 401
    detail: 'the token endpoint was answered with status 401: invalid_client'
    """
    And the calls should be 'POST /oauth2/token'

  Scenario: An authority that is not well is asked again, whatever the mode
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: post, endpoint: { uri: https://kit.example/ask, authentication: { oauth2: { authority: https://kit.example, grant: client_credentials, client: { id: kit, secret: s3cr3t-client } } } } } }
    """
    And given the service answers 'POST /oauth2/token' with:
    """yaml
    - status: 503
    - body: { access_token: fetched-token }
    """
    When the workflow is executed
    Then the workflow should complete
    And the calls should be 'POST /oauth2/token', 'POST /oauth2/token', 'POST /ask'

  Scenario: The metadata of an OpenID provider says where its tokens are
    Given a workflow with definition:
    """yaml
    use: { authentications: { id: { oidc: { authority: https://kit.example/realm, grant: client_credentials, client: { id: kit, secret: s3cr3t-client } } } } }
    do:
      - one: { call: http, with: { method: get, endpoint: { uri: https://kit.example/one, authentication: { use: id } } } }
      - two: { call: http, with: { method: get, endpoint: { uri: https://kit.example/two, authentication: { use: id } } } }
    """
    And given the service answers 'GET /realm/.well-known/openid-configuration' with:
    """yaml
    body: { issuer: https://kit.example/realm, token_endpoint: https://kit.example/own/token }
    """
    And given the service answers 'POST /own/token' with:
    """yaml
    - body: { access_token: token-one, expires_in: 0 }
    - body: { access_token: token-two, expires_in: 3600 }
    """
    When the workflow is executed
    Then the workflow should complete
    And the calls should be 'GET /realm/.well-known/openid-configuration', 'POST /own/token', 'GET /one', 'POST /own/token', 'GET /two'
    And call 5 should have the header 'authorization' with value 'Bearer token-two'

  Scenario: The metadata of another provider is not believed
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: get, endpoint: { uri: https://kit.example/ask, authentication: { oidc: { authority: https://kit.example, grant: client_credentials, client: { id: kit, secret: s3cr3t-client } } } } } }
    """
    And given the service answers 'GET /.well-known/openid-configuration' with:
    """yaml
    body: { issuer: https://elsewhere.example, token_endpoint: https://kit.example/token }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/authentication
    """
    And the calls should be 'GET /.well-known/openid-configuration'

  Scenario: A redirect within the origin takes the proof along
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: get, redirect: true, endpoint: { uri: https://kit.example/ask, authentication: { bearer: { token: some-token } } } } }
    """
    And given the service answers 'GET /ask' with:
    """yaml
    status: 302
    headers: { Location: /other }
    """
    When the workflow is executed
    Then the workflow should complete
    And call 2 should have the header 'authorization' with value 'Bearer some-token'

  Scenario: An operation of a document is called with a policy and a key
    Given a workflow with definition:
    """yaml
    use: { secrets: [kitOperation] }
    do:
      - ask:
          call: openapi
          with:
            document: { endpoint: https://kit.example/openapi.json }
            operationId: list
            parameters: { X-Key: '${ $secrets.kitOperation }' }
            authentication: { bearer: { token: some-token } }
    """
    And given the secret 'kitOperation' is:
    """yaml
    s3cr3t-key
    """
    And given the service answers 'GET /openapi.json' with:
    """yaml
    body:
      openapi: 3.1.0
      servers: [ { url: https://kit.example } ]
      components: { securitySchemes: { key: { type: apiKey, in: header, name: X-Key }, user: { type: http, scheme: bearer } } }
      paths: { /orders: { get: { operationId: list, security: [ { key: [], user: [] } ] } } }
    """
    When the workflow is executed
    Then the workflow should complete
    And the calls should be 'GET /openapi.json', 'GET /orders'
    And call 1 should not have the header 'authorization'
    And call 2 should have the header 'authorization' with value 'Bearer some-token'
    And call 2 should have the header 'x-key' with value 's3cr3t-key'

  Scenario: An agent is asked by somebody it knows
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: a2a, with: { method: message/send, server: { uri: https://kit.example/agent, authentication: { digest: { username: ada, password: lovelace } } } } }
    """
    And given the service answers 'POST /agent' with:
    """yaml
    digest: { username: ada, password: lovelace }
    body: { jsonrpc: '2.0', id: 1, result: { ok: true } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    ok: true
    """

  Scenario: Each message of a tool session proves who is asking
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: mcp, with: { method: tools/list, transport: { http: { endpoint: { uri: https://kit.example/mcp, authentication: { oauth2: { authority: https://kit.example, grant: client_credentials, client: { id: kit, secret: s3cr3t-client } } } } } } } }
    """
    And given the service answers 'POST /oauth2/token' with:
    """yaml
    body: { access_token: fetched-token }
    """
    And given the service answers 'POST /mcp' with:
    """yaml
    - body: { jsonrpc: '2.0', id: 0, result: { protocolVersion: '2025-06-18' } }
    - status: 202
      text: ''
    - body: { jsonrpc: '2.0', id: 1, result: { tools: [] } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    tools: []
    """
    And the calls should be 'POST /oauth2/token', 'POST /mcp', 'POST /mcp', 'POST /mcp'
    And call 2 should have the header 'authorization' with value 'Bearer fetched-token'
    And call 3 should have the header 'authorization' with value 'Bearer fetched-token'
    And call 4 should have the header 'authorization' with value 'Bearer fetched-token'

  Scenario: A tool server that does not believe it is an error of authentication
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: mcp, with: { method: tools/list, transport: { http: { endpoint: { uri: https://kit.example/mcp, authentication: { bearer: { token: some-token } } } } } } }
    """
    And given the service answers 'POST /mcp' with:
    """yaml
    status: 401
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/authentication
    status: 401
    """
    And the calls should be 'POST /mcp'

  Scenario: A policy that is not declared is refused
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: mcp, with: { method: tools/list, transport: { http: { endpoint: { uri: https://kit.example/mcp, authentication: { use: nowhere } } } } } }
    """
    When the definition is registered
    Then the definition should be refused with 'DEF-0057' at '/do/0/ask/with/transport/http/endpoint/authentication/use'
