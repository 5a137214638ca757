//! Secrets and authentication policies: what is recorded of them, and what failures of theirs mean.

use expect_test::{Expect, expect};
use tenure_engine::execution::testing::{Run, check, check_with};
use tenure_engine::execution::{CallEffect, HttpRequest, Request};

fn secrets(definition: &str, script: &str, expected: Expect) {
    check(&format!("use: {{ secrets: [ key, db ] }}\n{definition}"), script, expected);
}

fn request(call: &CallEffect) -> &HttpRequest {
    let Request::Http(request) = &call.request else { panic!("an HTTP request") };
    request
}

#[test]
fn a_request_refers_to_secrets_and_shows_them_masked() {
    secrets(
        "
do:
  - c:
      call: http
      with:
        method: post
        endpoint: 'http://s/${ $secrets.db.tenant | @uri }?a=1'
        headers: { X-Plain: a, X-Key: 'v1 ${ $secrets.key }' }
        query: { token: '${ $secrets.db.token }' }
        body: { user: '${ $secrets.db.user }', n: 1 }
",
        "start {}
        show /do/0/c",
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > show /do/0/c
              POST http://s/***?a=1&token=*** [X-Plain: a, X-Key: v1 ***] {"user":"***","n":1} needs $secrets.db.user, $secrets.db.tenant, $secrets.db.token, $secrets.key key=910294d8 mode=AtMostOnce send-by=+30000 deadline=+600000
            = running
              open: call /do/0/c#1
        "#]],
    );
}

#[test]
fn a_plain_request_is_recorded_as_ever() {
    secrets(
        "do: [ { c: { call: http, with: { method: get, endpoint: 'http://s/' } } } ]",
        "start {}
        show /do/0/c",
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > show /do/0/c
              GET http://s/ [] key=910294d8 mode=AtLeastOnce send-by=+30000 deadline=+600000
            = running
              open: call /do/0/c#1
        "#]],
    );
}

#[test]
fn a_secret_in_the_input_reaches_the_call_and_nothing_else() {
    secrets(
        "
input: { from: '${ . + { token: $secrets.key } }' }
do:
  - pause: { wait: PT1S }
  - job:
      do:
        - c:
            input: { from: { all: '${ . }', own: '${ $secrets.db.password }' } }
            call: http
            with: { method: get, endpoint: 'http://s/{own}', headers: { a: '${ .all.token }', b: '${ $input.own }' } }
            output: { as: '${ { got: ., sent: $input } }' }
",
        "start {\"n\":1}
        fire",
        expect![[r#"
            > start {"n":1}
              started
              taskStarted /do/0/pause due +1000
            > fire
              taskCompleted /do/0/pause -> {"n":1,"token":"***"}
              taskStarted /do/1/job
              taskStarted /do/1/job/do/0/c <- {"all":{"n":1,"token":"***"},"own":"***"}
              attemptStarted /do/1/job/do/0/c#1
            = running
              open: call /do/1/job/do/0/c#1
        "#]],
    );
}

#[test]
fn a_secret_reaches_the_call_after_its_input_was_stored_and_read_back() {
    let mut run = Run::new(
        "
use: { secrets: [ key ] }
do:
  - c:
      input: { from: { token: '${ $secrets.key }' } }
      call: http
      with: { method: get, endpoint: 'http://s/', headers: { a: 'x ${ .token }' } }
",
    );
    run.line("start {}");
    let call = run.call("/do/0/c");
    let protection = call.protection.as_ref().unwrap();
    assert_eq!(request(call).headers, [("a".to_owned(), "x ***".to_owned())]);
    assert_eq!(protection.headers[0].1.sources()[0].to_string(), "$secrets.key");
    // The harness has compared this state with the one that was read back from the stored history.
    assert!(run.report().contains(r#"<- {"token":"***"}"#), "{}", run.report());
}

#[test]
fn what_is_kept_or_raised_is_masked() {
    secrets(
        "
do:
  - a: { set: { key: '${ $secrets.key }', text: 'x${ $secrets.db.user }y' }, export: { as: '${ . }' } }
  - b:
      try:
        - c: { raise: { error: { type: 'https://example.com/x', status: 400, detail: 'it was ${ $secrets.key }' } } }
      catch:
        do:
          - d: { set: { error: '${ $error.detail }', context: '${ $context }' } }
",
        "start {}",
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"key":"***","text":"x***y"} context {"key":"***","text":"x***y"}
              taskStarted /do/1/b
              taskStarted /do/1/b/try/0/c
              taskFaulted /do/1/b/try/0/c ! https://example.com/x 400 at /do/1/b/try/0/c: it was ***
              errorCaught /do/1/b ! https://example.com/x 400 at /do/1/b/try/0/c: it was ***
              taskStarted /do/1/b/catch/do/0/d
              taskCompleted /do/1/b/catch/do/0/d -> {"error":"it was ***","context":{"key":"***","text":"x***y"}}
              taskCompleted /do/1/b -> {"error":"it was ***","context":{"key":"***","text":"x***y"}}
              completed -> {"error":"it was ***","context":{"key":"***","text":"x***y"}}
            = completed {"error":"it was ***","context":{"key":"***","text":"x***y"}}
        "#]],
    );
}

#[test]
fn a_masked_value_is_not_sent_as_a_secret() {
    secrets(
        "
do:
  - a: { set: { key: '${ $secrets.key }' } }
  - c: { call: http, with: { method: get, endpoint: 'http://s/', headers: { a: '${ .key }' } } }
",
        "start {}
        show /do/1/c",
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"key":"***"}
              taskStarted /do/1/c
              attemptStarted /do/1/c#1
            > show /do/1/c
              GET http://s/ [a: ***] key=fe1a0e3e mode=AtLeastOnce send-by=+30000 deadline=+600000
            = running
              open: call /do/1/c#1
        "#]],
    );
}

/// The injection rule: an input, an answer and a context that look like a reference are data.
#[test]
fn data_that_looks_like_a_reference_is_data() {
    let forged = r#"![{\"h\":{\"s\":[\"key\",[]]}}]"#;
    let mut run = Run::new(
        "
use: { secrets: [ key ] }
do:
  - first: { call: http, with: { method: get, endpoint: 'http://s/' }, export: { as: '${ . }' } }
  - c:
      call: http
      with:
        method: post
        endpoint: 'http://s/'
        headers: { input: '${ $workflow.input.x }', answer: '${ .x }', context: '${ $context.x }', real: '${ $secrets.key }' }
        body: '${ . }'
",
    );
    run.line(&format!(r#"start {{"x":"{forged}"}}"#));
    run.line(&format!(r#"answer /do/0/first 200 {{"x":"{forged}"}}"#));
    let call = run.call("/do/1/c");
    let protection = call.protection.as_ref().unwrap();
    let hidden: Vec<u32> = protection.headers.iter().map(|(at, _)| *at).collect();
    assert_eq!(hidden, [3], "only the header that the definition's own expression made");
    assert!(!request(call).body.as_ref().unwrap().is_opaque());
    assert_eq!(request(call).headers[1].1, forged.replace('\\', ""));
}

#[test]
fn a_policy_is_recorded_with_references() {
    secrets(
        "
do:
  - a: { call: http, with: { method: get, endpoint: { uri: 'http://s/', authentication: { basic: { username: '${ .user }', password: '${ $secrets.db.password }' } } } } }
  - b: { call: http, with: { method: get, endpoint: { uri: 'http://s/', authentication: { digest: { use: db } } } } }
",
        "start {\"user\":\"ada\"}
        show /do/0/a
        answer /do/0/a 200 {}
        show /do/1/b",
        expect![[r#"
            > start {"user":"ada"}
              started
              taskStarted /do/0/a
              attemptStarted /do/0/a#1
            > show /do/0/a
              GET http://s/ [] basic={"username":"ada","password":"***"} needs $secrets.db.password key=25a2e72e mode=AtLeastOnce send-by=+30000 deadline=+600000
            > answer /do/0/a 200 {}
              taskCompleted /do/0/a#1 -> {}
              taskStarted /do/1/b
              attemptStarted /do/1/b#1
            > show /do/1/b
              GET http://s/ [] digest="***" needs $secrets.db key=91e422aa mode=AtLeastOnce send-by=+30000 deadline=+600000
            = running
              open: call /do/1/b#1
        "#]],
    );
}

#[test]
fn a_declared_policy_is_used_by_its_name() {
    check(
        "
use:
  secrets: [ id ]
  authentications:
    orders: { oauth2: { authority: 'https://id', grant: client_credentials, client: { id: tenure, secret: '${ $secrets.id }' }, scopes: [ a, b ] } }
do:
  - a: { call: http, with: { method: get, endpoint: { uri: 'http://s/', authentication: { use: orders } } } }
",
        "start {}
        show /do/0/a",
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              attemptStarted /do/0/a#1
            > show /do/0/a
              GET http://s/ [] oauth2={"authority":"https://id","grant":"client_credentials","client":{"id":"tenure","secret":"***"},"scopes":["a","b"]} needs $secrets.id key=25a2e72e mode=AtLeastOnce send-by=+30000 deadline=+600000
            = running
              open: call /do/0/a#1
        "#]],
    );
}

#[test]
fn the_requests_own_authorization_can_be_passed_on_and_is_never_kept() {
    secrets(
        "
do:
  - a:
      call: http
      with:
        method: get
        endpoint: { uri: 'http://s/', authentication: { bearer: { token: '${ $secrets.key }' } } }
        headers: { X-Forwarded-Authorization: '${ $authorization.scheme } ${ $authorization.parameter }' }
      output: { as: '${ $authorization }' }
  - b: { set: { none: '${ $authorization }' } }
",
        "start {}
        show /do/0/a
        answer /do/0/a 200 {}",
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              attemptStarted /do/0/a#1
            > show /do/0/a
              GET http://s/ [X-Forwarded-Authorization: Bearer ***] bearer={"token":"***"} needs $authorization.parameter, $secrets.key key=25a2e72e mode=AtLeastOnce send-by=+30000 deadline=+600000
            > answer /do/0/a 200 {}
              taskCompleted /do/0/a#1 -> {"scheme":"Bearer","parameter":"***"}
              taskStarted /do/1/b
              taskCompleted /do/1/b -> {"none":null}
              completed -> {"none":null}
            = completed {"none":null}
        "#]],
    );
}

#[test]
fn a_401_under_a_policy_is_an_authentication_error() {
    secrets(
        "
do:
  - t:
      try:
        - a: { call: http, with: { method: get, endpoint: { uri: 'http://s/', authentication: { bearer: { token: t } } } } }
      catch:
        errors: { with: { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/authentication' } }
        do:
          - b: { call: http, with: { method: get, endpoint: 'http://s/' } }
",
        "start {}
        answer /do/0/t/try/0/a 401 {}
        answer /do/0/t/catch/do/0/b 401 {}",
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/a
              attemptStarted /do/0/t/try/0/a#1
            > answer /do/0/t/try/0/a 401 {}
              taskFaulted /do/0/t/try/0/a#1 ! authentication 401 at /do/0/t/try/0/a: GET http://s/ was answered with status 401: {}
              errorCaught /do/0/t ! authentication 401 at /do/0/t/try/0/a: GET http://s/ was answered with status 401: {}
              taskStarted /do/0/t/catch/do/0/b
              attemptStarted /do/0/t/catch/do/0/b#1
            > answer /do/0/t/catch/do/0/b 401 {}
              taskFaulted /do/0/t/catch/do/0/b#1 ! communication 401 at /do/0/t/catch/do/0/b: GET http://s/ was answered with status 401: {}
              taskFaulted /do/0/t ! communication 401 at /do/0/t/catch/do/0/b: GET http://s/ was answered with status 401: {}
              faulted ! communication 401 at /do/0/t/catch/do/0/b: GET http://s/ was answered with status 401: {}
            = faulted communication 401 at /do/0/t/catch/do/0/b: GET http://s/ was answered with status 401: {}
        "#]],
    );
}

#[test]
fn credentials_that_are_refused_and_secrets_that_are_missing_fault_at_once() {
    let call = "do: [ { a: { call: http, with: { method: post, endpoint: { uri: 'http://s/', authentication: { bearer: { use: key } } } } } } ]";
    secrets(
        call,
        "start {}\nnotsent /do/0/a authentication",
        expect![[r#"
        > start {}
          started
          taskStarted /do/0/a
          attemptStarted /do/0/a#1
        > notsent /do/0/a authentication
          taskFaulted /do/0/a#1 ! authentication 401 at /do/0/a: no
          faulted ! authentication 401 at /do/0/a: no
        = faulted authentication 401 at /do/0/a: no
    "#]],
    );
    secrets(
        call,
        "start {}\nnotsent /do/0/a authorization",
        expect![[r#"
        > start {}
          started
          taskStarted /do/0/a
          attemptStarted /do/0/a#1
        > notsent /do/0/a authorization
          taskFaulted /do/0/a#1 ! authorization 403 at /do/0/a: no
          faulted ! authorization 403 at /do/0/a: no
        = faulted authorization 403 at /do/0/a: no
    "#]],
    );
}

#[test]
fn a_token_that_cannot_be_had_now_is_asked_for_again_in_every_mode() {
    secrets(
        "do: [ { a: { call: http, with: { method: post, endpoint: { uri: 'http://s/', authentication: { bearer: { use: key } } } } } } ]",
        "start {}
        notsent /do/0/a token
        fire retry",
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              attemptStarted /do/0/a#1
            > notsent /do/0/a token
              taskRetried /do/0/a#1 token: no due +205
            > fire retry
              attemptStarted /do/0/a#2
            = running
              open: call /do/0/a#2
        "#]],
    );
}

#[test]
fn an_endpoint_with_a_secret_and_a_fragment_takes_no_query() {
    secrets(
        "do: [ { a: { call: http, with: { method: get, endpoint: 'http://s/${ $secrets.key }#part', query: { a: b } } } } ]",
        "start {}",
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskFaulted /do/0/a ! configuration 400 at /do/0/a: an endpoint with a secret in it cannot have both a fragment and a `query`
              faulted ! configuration 400 at /do/0/a: an endpoint with a secret in it cannot have both a fragment and a `query`
            = faulted configuration 400 at /do/0/a: an endpoint with a secret in it cannot have both a fragment and a `query`
        "#]],
    );
}

const API: &str = r#"{
  "openapi": "3.1.0", "servers": [{ "url": "https://api.example/v1/" }],
  "components": { "securitySchemes": { "key": { "type": "apiKey", "in": "header", "name": "X-Key" } } },
  "paths": { "/orders/{id}": { "post": { "operationId": "put", "security": [{ "key": [] }],
    "parameters": [ { "name": "id", "in": "path", "required": true }, { "name": "tags", "in": "query" },
      { "name": "json", "in": "query", "content": { "application/json": {} } }, { "name": "session", "in": "cookie" } ],
    "requestBody": { "content": { "application/x-www-form-urlencoded": {} } } } } }
}"#;

fn operation(parameters: &str, more: &str) -> String {
    format!(
        "use: {{ secrets: [ key, db ] }}\ndo: [ {{ c: {{ call: openapi, with: {{ document: {{ endpoint: 'https://docs.example/api.json' }}, operationId: put, parameters: {{ {parameters} }}{more} }} }} }} ]"
    )
}

#[test]
fn an_operation_is_sent_secrets_and_proves_an_identity() {
    check_with(
        &[("https://docs.example/api.json", API)],
        &operation(
            "id: 'a/${ $secrets.key }', tags: [ 'b c', '${ $secrets.db.tag }' ], session: '${ $secrets.key }', \
             X-Key: 'v1 ${ $secrets.key }', body: { user: ada, password: '${ $secrets.db.password }' }",
            ", authentication: { bearer: { token: '${ $secrets.key }' } }",
        ),
        "start {}
        show /do/0/c
        answer /do/0/c 401 {}",
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > show /do/0/c
              POST https://api.example/v1/orders/***?tags=b%20c&tags=*** [X-Key: v1 ***, cookie: session=***, content-type: application/x-www-form-urlencoded] "user=ada&password=***" bearer={"token":"***"} needs $secrets.db.password, $secrets.db.tag, $secrets.key, $secrets.key, $secrets.key, $secrets.key key=910294d8 mode=AtMostOnce send-by=+30000 deadline=+600000
            > answer /do/0/c 401 {}
              taskFaulted /do/0/c#1 ! authentication 401 at /do/0/c: POST https://api.example/v1/orders/*** was answered with status 401: {}
              faulted ! authentication 401 at /do/0/c: POST https://api.example/v1/orders/*** was answered with status 401: {}
            = faulted authentication 401 at /do/0/c: POST https://api.example/v1/orders/*** was answered with status 401: {}
        "#]],
    );
}

#[test]
fn a_secret_is_not_written_into_json_text() {
    check_with(
        &[("https://docs.example/api.json", API)],
        &operation("id: 1, json: { a: '${ $secrets.key }' }", ""),
        "start {}",
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              taskFaulted /do/0/c ! configuration 400 at /do/0/c: the parameter `json` is written as JSON, which cannot hold a secret
              faulted ! configuration 400 at /do/0/c: the parameter `json` is written as JSON, which cannot hold a secret
            = faulted configuration 400 at /do/0/c: the parameter `json` is written as JSON, which cannot hold a secret
        "#]],
    );
}

#[test]
fn a_tool_is_sent_secrets_and_proves_an_identity() {
    secrets(
        "
do:
  - t:
      call: mcp
      with:
        method: tools/call
        parameters: { name: add, arguments: { key: '${ $secrets.key }' } }
        transport:
          http:
            endpoint: { uri: 'http://s/${ $secrets.db.path }', authentication: { basic: { use: db } } }
            headers: { X-Plain: a, X-Key: 'v1 ${ $secrets.key }' }
      output: { as: '${ $authorization.scheme }' }
",
        "start {}
        show /do/0/t
        answer-json /do/0/t 401 {\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-1,\"message\":\"who\"}}",
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              attemptStarted /do/0/t#1
            > show /do/0/t
              tools/call http://s/*** [X-Plain: a, X-Key: v1 ***] {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","arguments":{"key":"***"}}} basic="***" needs $secrets.db.path, $secrets.key, $secrets.db key=a514da7b mode=AtMostOnce send-by=+30000 deadline=+600000
            > answer-json /do/0/t 401 {"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"who"}}
              taskFaulted /do/0/t#1 ! authentication 401 at /do/0/t: POST http://s/*** was answered with status 401: {"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"who"}}
              faulted ! authentication 401 at /do/0/t: POST http://s/*** was answered with status 401: {"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"who"}}
            = faulted authentication 401 at /do/0/t: POST http://s/*** was answered with status 401: {"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"who"}}
        "#]],
    );
}
