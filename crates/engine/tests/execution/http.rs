//! `call: http`: the request, and what answers mean.

use expect_test::expect;
use tenure_engine::execution::testing::check;

#[test]
fn the_request_is_evaluated_once_with_query_headers_and_body() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/{id}?a=1', query: { q: '${ .text }', n: '${ 5 }', none: '${ null }', many: '${ [1, true] }' }, headers: { X-Id: '${ .id }' }, body: { copy: '${ . }' } }  } } ]
        ",
        r#"
        start {"id":7,"text":"a b&c"}
        show /do/0/c
        "#,
        expect![[r#"
            > start {"id":7,"text":"a b&c"}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > show /do/0/c
              POST http://s/7?a=1&q=a%20b%26c&n=5&many=1&many=true [X-Id: 7] {"copy":{"id":7,"text":"a b&c"}} key=910294d8 mode=AtMostOnce send-by=+30000 deadline=+600000
            = running
              open: call /do/0/c#1
        "#]],
    );
}

#[test]
fn headers_that_are_no_object_fault() {
    check(
        r"
        do: [ { c: { call: http, with: { method: get, endpoint: 'http://s/', headers: '${ [1] }' }  } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              taskFaulted /do/0/c ! expression 400 at /do/0/c: `with.headers` gives array: an object of texts is needed
              faulted ! expression 400 at /do/0/c: `with.headers` gives array: an object of texts is needed
            = faulted expression 400 at /do/0/c: `with.headers` gives array: an object of texts is needed
        "#]],
    );
}

#[test]
fn a_query_value_that_is_an_object_faults() {
    check(
        r"
        do: [ { c: { call: http, with: { method: get, endpoint: 'http://s/', query: { q: '${ { a: 1 } }' } }  } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              taskFaulted /do/0/c ! expression 400 at /do/0/c: `with.query` gives object for `q`: an object of texts is needed
              faulted ! expression 400 at /do/0/c: `with.query` gives object for `q`: an object of texts is needed
            = faulted expression 400 at /do/0/c: `with.query` gives object for `q`: an object of texts is needed
        "#]],
    );
}

#[test]
fn an_endpoint_that_cannot_be_expanded_faults() {
    check(
        r"
        do: [ { c: { call: http, with: { method: get, endpoint: 'http://s/{id}' }  } } ]
        ",
        r#"
        start {"id":{"a":1}}
        "#,
        expect![[r#"
            > start {"id":{"a":1}}
              started
              taskStarted /do/0/c
              taskFaulted /do/0/c ! expression 400 at /do/0/c: `with.endpoint`: `{id}` of a URI template must be a string, number or boolean, not object
              faulted ! expression 400 at /do/0/c: `with.endpoint`: `{id}` of a URI template must be a string, number or boolean, not object
            = faulted expression 400 at /do/0/c: `with.endpoint`: `{id}` of a URI template must be a string, number or boolean, not object
        "#]],
    );
}

#[test]
fn content_that_claims_to_be_json_is_parsed() {
    check(
        r"
        do: [ { c: { call: http, with: { method: get, endpoint: 'http://s/' }  } } ]
        ",
        r#"
        start {}
        answer-json /do/0/c 200 {"a":1}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > answer-json /do/0/c 200 {"a":1}
              taskCompleted /do/0/c#1 -> {"a":1}
              completed -> {"a":1}
            = completed {"a":1}
        "#]],
    );
}

#[test]
fn content_that_claims_to_be_json_and_is_not_faults_though_it_was_executed() {
    check(
        r"
        do: [ { c: { call: http, with: { method: get, endpoint: 'http://s/' }  } } ]
        ",
        r#"
        start {}
        answer-json /do/0/c 200 {broken
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > answer-json /do/0/c 200 {broken
              taskFaulted /do/0/c#1 ! communication 502 at /do/0/c: the answer claims to be JSON and is not: expected a key in quotes at byte 1; it begins: {broken executed
              faulted ! communication 502 at /do/0/c: the answer claims to be JSON and is not: expected a key in quotes at byte 1; it begins: {broken
            = faulted communication 502 at /do/0/c: the answer claims to be JSON and is not: expected a key in quotes at byte 1; it begins: {broken
        "#]],
    );
}

#[test]
fn content_that_is_text_stays_text() {
    check(
        r"
        do: [ { c: { call: http, with: { method: get, endpoint: 'http://s/' }  } } ]
        ",
        r#"
        start {}
        answer-text /do/0/c 200 {"a":1}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > answer-text /do/0/c 200 {"a":1}
              taskCompleted /do/0/c#1 -> "{\"a\":1}"
              completed -> "{\"a\":1}"
            = completed "{\"a\":1}"
        "#]],
    );
}

#[test]
fn an_empty_answer_gives_null() {
    check(
        r"
        do: [ { c: { call: http, with: { method: get, endpoint: 'http://s/' }  } } ]
        ",
        r#"
        start {}
        answer /do/0/c 204
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > answer /do/0/c 204
              taskCompleted /do/0/c#1 -> null
              completed -> null
            = completed null
        "#]],
    );
}

#[test]
fn output_raw_gives_the_bytes_in_base_64() {
    check(
        r"
        do: [ { c: { call: http, with: { method: get, endpoint: 'http://s/', output: raw }  } } ]
        ",
        r#"
        start {}
        answer /do/0/c 200 {"a":1}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > answer /do/0/c 200 {"a":1}
              taskCompleted /do/0/c#1 -> "eyJhIjoxfQ=="
              completed -> "eyJhIjoxfQ=="
            = completed "eyJhIjoxfQ=="
        "#]],
    );
}

#[test]
fn output_response_gives_status_headers_and_content() {
    check(
        r"
        do: [ { c: { call: http, with: { method: get, endpoint: 'http://s/', output: response }  } } ]
        ",
        r#"
        start {}
        answer /do/0/c 201 {"a":1}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > answer /do/0/c 201 {"a":1}
              taskCompleted /do/0/c#1 -> {"request":{"method":"GET","uri":"http://s/","headers":{}},"statusCode":201,"headers":{"content-type":"application/json"},"content":{"a":1}}
              completed -> {"request":{"method":"GET","uri":"http://s/","headers":{}},"statusCode":201,"headers":{"content-type":"application/json"},"content":{"a":1}}
            = completed {"request":{"method":"GET","uri":"http://s/","headers":{}},"statusCode":201,"headers":{"content-type":"application/json"},"content":{"a":1}}
        "#]],
    );
}

#[test]
fn an_error_status_faults_with_its_status_and_an_excerpt() {
    check(
        r"
        do: [ { c: { call: http, with: { method: get, endpoint: 'http://s/pets?secret=1' }  } } ]
        ",
        r#"
        start {}
        answer-text /do/0/c 404 there is no such pet
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > answer-text /do/0/c 404 there is no such pet
              taskFaulted /do/0/c#1 ! communication 404 at /do/0/c: GET http://s/pets was answered with status 404: there is no such pet
              faulted ! communication 404 at /do/0/c: GET http://s/pets was answered with status 404: there is no such pet
            = faulted communication 404 at /do/0/c: GET http://s/pets was answered with status 404: there is no such pet
        "#]],
    );
}

#[test]
fn a_long_error_answer_is_cut_in_the_detail() {
    check(
        r"
        do: [ { c: { call: http, with: { method: get, endpoint: 'http://s/' }  } } ]
        ",
        r#"
        start {}
        answer-text /do/0/c 500 éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > answer-text /do/0/c 500 éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé
              taskFaulted /do/0/c#1 ! communication 500 at /do/0/c: GET http://s/ was answered with status 500: éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé…
              faulted ! communication 500 at /do/0/c: GET http://s/ was answered with status 500: éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé…
            = faulted communication 500 at /do/0/c: GET http://s/ was answered with status 500: éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé…
        "#]],
    );
}

#[test]
fn a_redirect_is_an_error_by_default() {
    check(
        r"
        do: [ { c: { call: http, with: { method: get, endpoint: 'http://s/' }  } } ]
        ",
        r#"
        start {}
        answer /do/0/c 302
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > answer /do/0/c 302
              taskFaulted /do/0/c#1 ! communication 302 at /do/0/c: GET http://s/ was answered with status 302
              faulted ! communication 302 at /do/0/c: GET http://s/ was answered with status 302
            = faulted communication 302 at /do/0/c: GET http://s/ was answered with status 302
        "#]],
    );
}

#[test]
fn a_redirect_is_an_answer_when_it_is_asked_for() {
    check(
        r"
        do: [ { c: { call: http, with: { method: get, endpoint: 'http://s/', redirect: true, output: response }  } } ]
        ",
        r#"
        start {}
        answer /do/0/c 302
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > answer /do/0/c 302
              taskCompleted /do/0/c#1 -> {"request":{"method":"GET","uri":"http://s/","headers":{}},"statusCode":302,"headers":{"content-type":"application/json"},"content":null}
              completed -> {"request":{"method":"GET","uri":"http://s/","headers":{}},"statusCode":302,"headers":{"content-type":"application/json"},"content":null}
            = completed {"request":{"method":"GET","uri":"http://s/","headers":{}},"statusCode":302,"headers":{"content-type":"application/json"},"content":null}
        "#]],
    );
}

#[test]
fn an_answer_beyond_the_limit_faults_with_413() {
    check(
        r"
        do: [ { c: { call: http, with: { method: get, endpoint: 'http://s/' }  } } ]
        ",
        r#"
        start {}
        answer-cut /do/0/c 200 xxxx
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > answer-cut /do/0/c 200 xxxx
              taskFaulted /do/0/c#1 ! runtime 413 at /do/0/c: the answer is larger than the limit `payload_bytes_max` of 1048576 bytes executed
              faulted ! runtime 413 at /do/0/c: the answer is larger than the limit `payload_bytes_max` of 1048576 bytes
            = faulted runtime 413 at /do/0/c: the answer is larger than the limit `payload_bytes_max` of 1048576 bytes
        "#]],
    );
}

#[test]
fn an_output_mapping_that_fails_after_the_answer_leaves_the_step_executed() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' } , output: { as: '.a.b.c' } } } ]
        ",
        r#"
        start {}
        answer /do/0/c 200 {"a":1}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > answer /do/0/c 200 {"a":1}
              taskFaulted /do/0/c#1 ! expression 400 at /do/0/c: `output.as`: cannot index number with "b" executed
              faulted ! expression 400 at /do/0/c: `output.as`: cannot index number with "b"
            = faulted expression 400 at /do/0/c: `output.as`: cannot index number with "b"
        "#]],
    );
}
