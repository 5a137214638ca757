//! `try` and `catch`: what is caught, and what follows (FR-003).

use expect_test::expect;
use tenure_engine::execution::testing::check;

#[test]
fn a_try_without_an_error_gives_its_lists_output() {
    check(
        r"
        do: [ { t: { try: [ { a: { set: { x: 1 } } } ], catch: { do: [ { h: { set: { x: 2 } } } ] } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/a
              taskCompleted /do/0/t/try/0/a -> {"x":1}
              taskCompleted /do/0/t -> {"x":1}
              completed -> {"x":1}
            = completed {"x":1}
        "#]],
    );
}

#[test]
fn a_catch_without_filter_catches_everything_and_its_handler_sees_the_error() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: { do: [ { h: { set: '${ { caught: $error.status, dot: . } }' } } ] }
          - after: { set: '${ { after: . } }' }
        ",
        r#"
        start {"n":1}
        "#,
        expect![[r#"
            > start {"n":1}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              errorCaught /do/0/t ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskStarted /do/0/t/catch/do/0/h
              taskCompleted /do/0/t/catch/do/0/h -> {"caught":418,"dot":{"n":1}}
              taskCompleted /do/0/t -> {"caught":418,"dot":{"n":1}}
              taskStarted /do/1/after
              taskCompleted /do/1/after -> {"after":{"caught":418,"dot":{"n":1}}}
              completed -> {"after":{"caught":418,"dot":{"n":1}}}
            = completed {"after":{"caught":418,"dot":{"n":1}}}
        "#]],
    );
}

#[test]
fn a_handler_sees_the_error_under_the_name_it_was_given() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: { as: err, do: [ { h: { set: '${ $err }' } } ] }
          - after: { set: '${ { after: . } }' }
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              errorCaught /do/0/t ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskStarted /do/0/t/catch/do/0/h
              taskCompleted /do/0/t/catch/do/0/h -> {"type":"https://example.com/errors/odd","status":418,"title":"Odd","detail":"very odd","instance":"/do/0/t/try/0/r"}
              taskCompleted /do/0/t -> {"type":"https://example.com/errors/odd","status":418,"title":"Odd","detail":"very odd","instance":"/do/0/t/try/0/r"}
              taskStarted /do/1/after
              taskCompleted /do/1/after -> {"after":{"type":"https://example.com/errors/odd","status":418,"title":"Odd","detail":"very odd","instance":"/do/0/t/try/0/r"}}
              completed -> {"after":{"type":"https://example.com/errors/odd","status":418,"title":"Odd","detail":"very odd","instance":"/do/0/t/try/0/r"}}
            = completed {"after":{"type":"https://example.com/errors/odd","status":418,"title":"Odd","detail":"very odd","instance":"/do/0/t/try/0/r"}}
        "#]],
    );
}

#[test]
fn a_catch_that_does_nothing_gives_the_input_of_the_try() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: {}
          - after: { set: '${ { after: . } }' }
        ",
        r#"
        start {"n":1}
        "#,
        expect![[r#"
            > start {"n":1}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              errorCaught /do/0/t ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskCompleted /do/0/t -> {"n":1}
              taskStarted /do/1/after
              taskCompleted /do/1/after -> {"after":{"n":1}}
              completed -> {"after":{"n":1}}
            = completed {"after":{"n":1}}
        "#]],
    );
}

#[test]
fn a_filter_on_type_catches_what_is_equal() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: { errors: { with: { type: 'https://example.com/errors/odd' } }, do: [ { h: { set: '${ { caught: $error.status, dot: . } }' } } ] }
          - after: { set: '${ { after: . } }' }
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              errorCaught /do/0/t ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskStarted /do/0/t/catch/do/0/h
              taskCompleted /do/0/t/catch/do/0/h -> {"caught":418,"dot":{}}
              taskCompleted /do/0/t -> {"caught":418,"dot":{}}
              taskStarted /do/1/after
              taskCompleted /do/1/after -> {"after":{"caught":418,"dot":{}}}
              completed -> {"after":{"caught":418,"dot":{}}}
            = completed {"after":{"caught":418,"dot":{}}}
        "#]],
    );
}

#[test]
fn a_filter_on_type_lets_everything_else_pass() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: { errors: { with: { type: 'https://example.com/errors/other' } }, do: [ { h: { set: '${ { caught: $error.status, dot: . } }' } } ] }
          - after: { set: '${ { after: . } }' }
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskFaulted /do/0/t ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              faulted ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
            = faulted https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
        "#]],
    );
}

#[test]
fn a_filter_on_status_catches_what_is_equal() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: { errors: { with: { status: 418 } }, do: [ { h: { set: '${ { caught: $error.status, dot: . } }' } } ] }
          - after: { set: '${ { after: . } }' }
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              errorCaught /do/0/t ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskStarted /do/0/t/catch/do/0/h
              taskCompleted /do/0/t/catch/do/0/h -> {"caught":418,"dot":{}}
              taskCompleted /do/0/t -> {"caught":418,"dot":{}}
              taskStarted /do/1/after
              taskCompleted /do/1/after -> {"after":{"caught":418,"dot":{}}}
              completed -> {"after":{"caught":418,"dot":{}}}
            = completed {"after":{"caught":418,"dot":{}}}
        "#]],
    );
}

#[test]
fn a_filter_on_status_lets_everything_else_pass() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: { errors: { with: { status: 500 } }, do: [ { h: { set: '${ { caught: $error.status, dot: . } }' } } ] }
          - after: { set: '${ { after: . } }' }
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskFaulted /do/0/t ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              faulted ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
            = faulted https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
        "#]],
    );
}

#[test]
fn a_filter_on_title_catches_what_is_equal() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: { errors: { with: { title: Odd } }, do: [ { h: { set: '${ { caught: $error.status, dot: . } }' } } ] }
          - after: { set: '${ { after: . } }' }
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              errorCaught /do/0/t ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskStarted /do/0/t/catch/do/0/h
              taskCompleted /do/0/t/catch/do/0/h -> {"caught":418,"dot":{}}
              taskCompleted /do/0/t -> {"caught":418,"dot":{}}
              taskStarted /do/1/after
              taskCompleted /do/1/after -> {"after":{"caught":418,"dot":{}}}
              completed -> {"after":{"caught":418,"dot":{}}}
            = completed {"after":{"caught":418,"dot":{}}}
        "#]],
    );
}

#[test]
fn a_filter_on_title_lets_everything_else_pass() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: { errors: { with: { title: Even } }, do: [ { h: { set: '${ { caught: $error.status, dot: . } }' } } ] }
          - after: { set: '${ { after: . } }' }
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskFaulted /do/0/t ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              faulted ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
            = faulted https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
        "#]],
    );
}

#[test]
fn a_filter_on_detail_catches_what_is_equal() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: { errors: { with: { detail: very odd } }, do: [ { h: { set: '${ { caught: $error.status, dot: . } }' } } ] }
          - after: { set: '${ { after: . } }' }
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              errorCaught /do/0/t ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskStarted /do/0/t/catch/do/0/h
              taskCompleted /do/0/t/catch/do/0/h -> {"caught":418,"dot":{}}
              taskCompleted /do/0/t -> {"caught":418,"dot":{}}
              taskStarted /do/1/after
              taskCompleted /do/1/after -> {"after":{"caught":418,"dot":{}}}
              completed -> {"after":{"caught":418,"dot":{}}}
            = completed {"after":{"caught":418,"dot":{}}}
        "#]],
    );
}

#[test]
fn a_filter_on_detail_lets_everything_else_pass() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: { errors: { with: { detail: odd } }, do: [ { h: { set: '${ { caught: $error.status, dot: . } }' } } ] }
          - after: { set: '${ { after: . } }' }
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskFaulted /do/0/t ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              faulted ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
            = faulted https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
        "#]],
    );
}

#[test]
fn a_filter_on_instance_catches_what_is_equal() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: { errors: { with: { instance: /do/0/t/try/0/r } }, do: [ { h: { set: '${ { caught: $error.status, dot: . } }' } } ] }
          - after: { set: '${ { after: . } }' }
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              errorCaught /do/0/t ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskStarted /do/0/t/catch/do/0/h
              taskCompleted /do/0/t/catch/do/0/h -> {"caught":418,"dot":{}}
              taskCompleted /do/0/t -> {"caught":418,"dot":{}}
              taskStarted /do/1/after
              taskCompleted /do/1/after -> {"after":{"caught":418,"dot":{}}}
              completed -> {"after":{"caught":418,"dot":{}}}
            = completed {"after":{"caught":418,"dot":{}}}
        "#]],
    );
}

#[test]
fn a_filter_on_instance_lets_everything_else_pass() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: { errors: { with: { instance: /do/0 } }, do: [ { h: { set: '${ { caught: $error.status, dot: . } }' } } ] }
          - after: { set: '${ { after: . } }' }
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskFaulted /do/0/t ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              faulted ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
            = faulted https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
        "#]],
    );
}

#[test]
fn every_field_of_a_filter_must_be_equal() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: { errors: { with: { status: 418, title: Even } }, do: [ { h: { set: '${ { caught: $error.status, dot: . } }' } } ] }
          - after: { set: '${ { after: . } }' }
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskFaulted /do/0/t ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              faulted ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
            = faulted https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
        "#]],
    );
}

/// The conformance kit's spelling of the type.
#[test]
fn a_standard_type_is_caught_in_any_of_its_spellings() {
    check(
        r"
        do: [ { t: { try: [ { a: { call: http, with: { method: get, endpoint: 'http://s/' } } } ], catch: { errors: { with: { type: 'https://open-workflow-specification.org/dsl/errors/types/communication', status: 404 } }, as: err, do: [ { h: { set: '${ { error: $err } }' } } ] } } } ]
        ",
        r#"
        start {}
        answer /do/0/t/try/0/a 404 {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/a
              attemptStarted /do/0/t/try/0/a#1
            > answer /do/0/t/try/0/a 404 {}
              taskFaulted /do/0/t/try/0/a#1 ! communication 404 at /do/0/t/try/0/a: GET http://s/ was answered with status 404: {}
              errorCaught /do/0/t ! communication 404 at /do/0/t/try/0/a: GET http://s/ was answered with status 404: {}
              taskStarted /do/0/t/catch/do/0/h
              taskCompleted /do/0/t/catch/do/0/h -> {"error":{"type":"https://open-workflow-specification.org/spec/1.0.0/errors/communication","status":404,"title":"Not Found","detail":"GET http://s/ was answered with status 404: {}","instance":"/do/0/t/try/0/a"}}
              taskCompleted /do/0/t -> {"error":{"type":"https://open-workflow-specification.org/spec/1.0.0/errors/communication","status":404,"title":"Not Found","detail":"GET http://s/ was answered with status 404: {}","instance":"/do/0/t/try/0/a"}}
              completed -> {"error":{"type":"https://open-workflow-specification.org/spec/1.0.0/errors/communication","status":404,"title":"Not Found","detail":"GET http://s/ was answered with status 404: {}","instance":"/do/0/t/try/0/a"}}
            = completed {"error":{"type":"https://open-workflow-specification.org/spec/1.0.0/errors/communication","status":404,"title":"Not Found","detail":"GET http://s/ was answered with status 404: {}","instance":"/do/0/t/try/0/a"}}
        "#]],
    );
}

#[test]
fn a_standard_type_that_is_raised_in_an_old_spelling_is_caught_in_the_new_one() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://serverlessworkflow.io/spec/1.0.0/errors/timeout', status: 408 } } } } ]
              catch: { errors: { with: { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/timeout' } }, do: [ { h: { set: '${ { caught: $error.status, dot: . } }' } } ] }
          - after: { set: '${ { after: . } }' }
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! timeout 408 at /do/0/t/try/0/r
              errorCaught /do/0/t ! timeout 408 at /do/0/t/try/0/r
              taskStarted /do/0/t/catch/do/0/h
              taskCompleted /do/0/t/catch/do/0/h -> {"caught":408,"dot":{}}
              taskCompleted /do/0/t -> {"caught":408,"dot":{}}
              taskStarted /do/1/after
              taskCompleted /do/1/after -> {"after":{"caught":408,"dot":{}}}
              completed -> {"after":{"caught":408,"dot":{}}}
            = completed {"after":{"caught":408,"dot":{}}}
        "#]],
    );
}

#[test]
fn when_decides_whether_an_error_is_caught() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: { when: $error.status == 500, do: [ { h: { set: '${ { caught: $error.status, dot: . } }' } } ] }
          - after: { set: '${ { after: . } }' }
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskFaulted /do/0/t ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              faulted ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
            = faulted https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
        "#]],
    );
}

#[test]
fn when_that_holds_catches() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: { when: $error.status == 418, do: [ { h: { set: '${ { caught: $error.status, dot: . } }' } } ] }
          - after: { set: '${ { after: . } }' }
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              errorCaught /do/0/t ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskStarted /do/0/t/catch/do/0/h
              taskCompleted /do/0/t/catch/do/0/h -> {"caught":418,"dot":{}}
              taskCompleted /do/0/t -> {"caught":418,"dot":{}}
              taskStarted /do/1/after
              taskCompleted /do/1/after -> {"after":{"caught":418,"dot":{}}}
              completed -> {"after":{"caught":418,"dot":{}}}
            = completed {"after":{"caught":418,"dot":{}}}
        "#]],
    );
}

#[test]
fn except_when_lets_an_error_pass() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: { exceptWhen: $error.status == 418, do: [ { h: { set: '${ { caught: $error.status, dot: . } }' } } ] }
          - after: { set: '${ { after: . } }' }
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskFaulted /do/0/t ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              faulted ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
            = faulted https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
        "#]],
    );
}

#[test]
fn a_failing_when_faults_the_try_with_an_expression_error() {
    check(
        r#"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: { when: '$error | error("no")', do: [ { h: { set: '${ { caught: $error.status, dot: . } }' } } ] }
          - after: { set: '${ { after: . } }' }
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskFaulted /do/0/t ! expression 400 at /do/0/t: `catch.when`: no
              faulted ! expression 400 at /do/0/t: `catch.when`: no
            = faulted expression 400 at /do/0/t: `catch.when`: no
        "#]],
    );
}

#[test]
fn the_then_of_a_catch_overrides_that_of_the_try() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: { do: [ { h: { set: '${ { caught: $error.status, dot: . } }' } } ], then: end }
              then: after
          - after: { set: '${ { after: . } }' }
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              errorCaught /do/0/t ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskStarted /do/0/t/catch/do/0/h
              taskCompleted /do/0/t/catch/do/0/h -> {"caught":418,"dot":{}}
              taskCompleted /do/0/t -> {"caught":418,"dot":{}}
              completed -> {"caught":418,"dot":{}}
            = completed {"caught":418,"dot":{}}
        "#]],
    );
}

#[test]
fn the_then_of_a_catch_without_handler_counts_too() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: { then: end }
          - after: { set: '${ { after: . } }' }
        ",
        r#"
        start {"n":1}
        "#,
        expect![[r#"
            > start {"n":1}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              errorCaught /do/0/t ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskCompleted /do/0/t -> {"n":1}
              completed -> {"n":1}
            = completed {"n":1}
        "#]],
    );
}

#[test]
fn the_then_of_a_catch_does_not_count_without_an_error() {
    check(
        r"
        do: [ { t: { try: [ { a: { set: { x: 1 } } } ], catch: { then: end } } }, { after: { set: { x: 2 } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/a
              taskCompleted /do/0/t/try/0/a -> {"x":1}
              taskCompleted /do/0/t -> {"x":1}
              taskStarted /do/1/after
              taskCompleted /do/1/after -> {"x":2}
              completed -> {"x":2}
            = completed {"x":2}
        "#]],
    );
}

#[test]
fn an_error_in_a_handler_is_not_caught_by_its_own_try() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: { do: [ { h: { raise: { error: { type: 'https://x/second', status: 500 } } } } ] }
          - after: { set: '${ { after: . } }' }
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              errorCaught /do/0/t ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskStarted /do/0/t/catch/do/0/h
              taskFaulted /do/0/t/catch/do/0/h ! https://x/second 500 at /do/0/t/catch/do/0/h
              taskFaulted /do/0/t ! https://x/second 500 at /do/0/t/catch/do/0/h
              faulted ! https://x/second 500 at /do/0/t/catch/do/0/h
            = faulted https://x/second 500 at /do/0/t/catch/do/0/h
        "#]],
    );
}

#[test]
fn an_error_in_a_handler_is_caught_by_the_try_around_it() {
    check(
        r"
        do: [ { o: { try: [ { t: { try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ], catch: { do: [ { h: { raise: { error: { type: 'https://x/second', status: 500 } } } } ] } } } ], catch: { do: [ { p: { set: '${ $error.type }' } } ] } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/o
              taskStarted /do/0/o/try/0/t
              taskStarted /do/0/o/try/0/t/try/0/r
              taskFaulted /do/0/o/try/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/o/try/0/t/try/0/r: very odd
              errorCaught /do/0/o/try/0/t ! https://example.com/errors/odd 418 at /do/0/o/try/0/t/try/0/r: very odd
              taskStarted /do/0/o/try/0/t/catch/do/0/h
              taskFaulted /do/0/o/try/0/t/catch/do/0/h ! https://x/second 500 at /do/0/o/try/0/t/catch/do/0/h
              taskFaulted /do/0/o/try/0/t ! https://x/second 500 at /do/0/o/try/0/t/catch/do/0/h
              errorCaught /do/0/o ! https://x/second 500 at /do/0/o/try/0/t/catch/do/0/h
              taskStarted /do/0/o/catch/do/0/p
              taskCompleted /do/0/o/catch/do/0/p -> "https://x/second"
              taskCompleted /do/0/o -> "https://x/second"
              completed -> "https://x/second"
            = completed "https://x/second"
        "#]],
    );
}

#[test]
fn an_error_climbs_through_composites_to_the_try_that_catches_it() {
    check(
        r"
        do: [ { t: { try: [ { a: { do: [ { l: { for: { in: '[1]' }, do: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ] } } ] } } ], catch: { do: [ { h: { set: '${ $error.instance }' } } ] } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/a
              taskStarted /do/0/t/try/0/a/do/0/l
              iterationStarted /do/0/t/try/0/a/do/0/l 0
              taskStarted /do/0/t/try/0/a/do/0/l/do/0/r[0]
              taskFaulted /do/0/t/try/0/a/do/0/l/do/0/r[0] ! https://example.com/errors/odd 418 at /do/0/t/try/0/a/do/0/l/do/0/r: very odd
              taskFaulted /do/0/t/try/0/a/do/0/l ! https://example.com/errors/odd 418 at /do/0/t/try/0/a/do/0/l/do/0/r: very odd
              taskFaulted /do/0/t/try/0/a ! https://example.com/errors/odd 418 at /do/0/t/try/0/a/do/0/l/do/0/r: very odd
              errorCaught /do/0/t ! https://example.com/errors/odd 418 at /do/0/t/try/0/a/do/0/l/do/0/r: very odd
              taskStarted /do/0/t/catch/do/0/h
              taskCompleted /do/0/t/catch/do/0/h -> "/do/0/t/try/0/a/do/0/l/do/0/r"
              taskCompleted /do/0/t -> "/do/0/t/try/0/a/do/0/l/do/0/r"
              completed -> "/do/0/t/try/0/a/do/0/l/do/0/r"
            = completed "/do/0/t/try/0/a/do/0/l/do/0/r"
        "#]],
    );
}

#[test]
fn an_expression_error_is_caught_like_any_other() {
    check(
        r#"
        do: [ { t: { try: [ { a: { set: '${ error("no") }' } } ], catch: { do: [ { h: { set: '${ [$error.status, $error.title] }' } } ] } } } ]
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/a
              taskFaulted /do/0/t/try/0/a ! expression 400 at /do/0/t/try/0/a: `set`: no
              errorCaught /do/0/t ! expression 400 at /do/0/t/try/0/a: `set`: no
              taskStarted /do/0/t/catch/do/0/h
              taskCompleted /do/0/t/catch/do/0/h -> [400,"Expression Error"]
              taskCompleted /do/0/t -> [400,"Expression Error"]
              completed -> [400,"Expression Error"]
            = completed [400,"Expression Error"]
        "#]],
    );
}

#[test]
fn a_validation_error_is_caught_like_any_other() {
    check(
        r"
        do: [ { t: { try: [ { a: { input: { schema: { document: { type: string } } }, set: { x: 1 } } } ], catch: { errors: { with: { status: 400 } }, do: [ { h: { set: '${ $error.title }' } } ] } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/a
              taskFaulted /do/0/t/try/0/a ! validation 400 at /do/0/t/try/0/a: `input.schema` refuses `/`: value is not of type "string"
              errorCaught /do/0/t ! validation 400 at /do/0/t/try/0/a: `input.schema` refuses `/`: value is not of type "string"
              taskStarted /do/0/t/catch/do/0/h
              taskCompleted /do/0/t/catch/do/0/h -> "Validation Error"
              taskCompleted /do/0/t -> "Validation Error"
              completed -> "Validation Error"
            = completed "Validation Error"
        "#]],
    );
}
