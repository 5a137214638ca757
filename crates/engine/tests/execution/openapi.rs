//! `call: openapi`: the request that a document and its parameters make.

use expect_test::expect;
use tenure_engine::execution::testing::check_with;

const API: &str = r#"{
  "openapi": "3.1.0", "servers": [{ "url": "https://api.example/v1/" }],
  "paths": {
    "/orders/{id}": {
      "get": { "operationId": "get", "parameters": [
        { "name": "id", "in": "path", "required": true },
        { "name": "tags", "in": "query" }, { "name": "ids", "in": "query", "explode": false },
        { "name": "pipes", "in": "query", "style": "pipeDelimited", "explode": false },
        { "name": "deep", "in": "query", "style": "deepObject" },
        { "name": "json", "in": "query", "content": { "application/json": {} } },
        { "name": "X-Trace", "in": "header" }, { "name": "session", "in": "cookie" } ] },
      "put": { "operationId": "put", "parameters": [{ "name": "id", "in": "path", "required": true }],
        "requestBody": { "content": { "application/json": {} } } } },
    "/form": { "post": { "operationId": "form", "requestBody": { "content": { "application/x-www-form-urlencoded": {} } } } },
    "/note": { "post": { "operationId": "note", "requestBody": { "content": { "text/plain": {} } } } }
  }
}"#;

const AT: &str = "https://docs.example/api.json";

fn call(rest: &str) -> String {
    format!("\ndo: [ {{ c: {{ call: openapi, with: {{ document: {{ endpoint: '{AT}' }}, {rest} }} }} }} ]\n")
}

#[test]
fn parameters_travel_where_the_document_says() {
    check_with(
        &[(AT, API)],
        &call(
            "operationId: get, parameters: { id: '${ .id }', tags: [a, 'b c'], ids: [1, 2], pipes: [x, y], \
             deep: { from: 1, to: 2 }, json: { a: [1] }, X-Trace: [t, u], session: s1 }",
        ),
        r#"
        start {"id":"7/8 {x}"}
        show /do/0/c
        answer-json /do/0/c 200 {"total":3}
        "#,
        expect![[r#"
            > start {"id":"7/8 {x}"}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > show /do/0/c
              GET https://api.example/v1/orders/7%2F8%20%7Bx%7D?tags=a&tags=b%20c&ids=1,2&pipes=x%7Cy&deep%5Bfrom%5D=1&deep%5Bto%5D=2&json=%7B%22a%22%3A%5B1%5D%7D [X-Trace: t,u, cookie: session=s1] key=910294d8 mode=AtLeastOnce send-by=+30000 deadline=+600000
            > answer-json /do/0/c 200 {"total":3}
              taskCompleted /do/0/c#1 -> {"total":3}
              completed -> {"total":3}
            = completed {"total":3}
        "#]],
    );
}

#[test]
fn a_body_is_sent_as_its_content_type_asks() {
    for (rest, shown) in [
        (
            "operationId: put, parameters: { id: 1, body: { a: '${ .n }' } }",
            "PUT https://api.example/v1/orders/1 [content-type: application/json] {\"a\":5}",
        ),
        (
            "operationId: form, parameters: { body: { a: 'x y', b: [1, 2], c: '${ null }' } }",
            "POST https://api.example/v1/form [content-type: application/x-www-form-urlencoded] \"a=x%20y&b=1&b=2\"",
        ),
        (
            "operationId: note, parameters: { body: hello }",
            "POST https://api.example/v1/note [content-type: text/plain] \"hello\"",
        ),
        ("operationId: form", "POST https://api.example/v1/form []"),
    ] {
        let mut run = tenure_engine::execution::testing::Run::with(&[(AT, API)], &call(rest));
        run.line("start {\"n\":5}");
        run.line("show /do/0/c");
        let report = run.report();
        assert!(report.contains(&format!("{shown} key=")), "{shown}\n{report}");
    }
}

/// A value must not lead to another operation of the service.
#[test]
fn a_path_parameter_needs_a_value_that_stays_in_its_place() {
    for value in ["null", "\"\"", "\".\"", "\"..\""] {
        let mut run = tenure_engine::execution::testing::Run::with(
            &[(AT, API)],
            &call("operationId: put, parameters: { id: '${ .id }' }"),
        );
        run.line(&format!("start {{\"id\":{value}}}"));
        let report = run.report();
        let expected = "= faulted expression 400 at /do/0/c: the parameter `id` needs a value";
        assert!(report.contains(expected), "{report}");
    }
}

#[test]
fn an_error_answer_faults_as_that_of_a_plain_http_call() {
    check_with(
        &[(AT, API)],
        &call("operationId: get, parameters: { id: 1 }, output: response"),
        r"
        start {}
        answer-text /do/0/c 404 gone
        ",
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > answer-text /do/0/c 404 gone
              taskFaulted /do/0/c#1 ! communication 404 at /do/0/c: GET https://api.example/v1/orders/1 was answered with status 404: gone
              faulted ! communication 404 at /do/0/c: GET https://api.example/v1/orders/1 was answered with status 404: gone
            = faulted communication 404 at /do/0/c: GET https://api.example/v1/orders/1 was answered with status 404: gone
        "#]],
    );
}
