//! The author's retries: limits, delays, backoff and jitter (FR-003).

use expect_test::expect;
use tenure_engine::execution::testing::check;

#[test]
fn the_list_is_tried_again_after_the_delay_as_often_as_the_count_says() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: { retry: { delay: PT2S, limit: { attempt: { count: 2 } } } }
        ",
        r#"
        start {}
        fire
        fire
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskRetried /do/0/t retry 1 ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd due +2000
            > fire
              tryStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskRetried /do/0/t retry 2 ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd due +4000
            > fire
              tryStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskFaulted /do/0/t ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              faulted ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
            = faulted https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
        "#]],
    );
}

#[test]
fn a_retry_without_delay_is_at_once() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: { retry: { limit: { attempt: { count: 2 } } } }
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
              taskRetried /do/0/t retry 1 ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd due +0
              tryStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskRetried /do/0/t retry 2 ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd due +0
              tryStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskFaulted /do/0/t ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              faulted ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
            = faulted https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
        "#]],
    );
}

#[test]
fn a_count_of_zero_never_retries() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: { retry: { delay: PT2S, limit: { attempt: { count: 0 } } } }
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
fn an_exhausted_retry_runs_the_handler() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: { retry: { delay: PT2S, limit: { attempt: { count: 1 } } }, do: [ { h: { set: '${ $error.status }' } } ] }
        ",
        r#"
        start {}
        fire
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskRetried /do/0/t retry 1 ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd due +2000
            > fire
              tryStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              errorCaught /do/0/t ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskStarted /do/0/t/catch/do/0/h
              taskCompleted /do/0/t/catch/do/0/h -> 418
              taskCompleted /do/0/t -> 418
              completed -> 418
            = completed 418
        "#]],
    );
}

#[test]
fn an_exhausted_retry_with_a_then_goes_there() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: { retry: { limit: { attempt: { count: 1 } } }, then: end }
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
              taskRetried /do/0/t retry 1 ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd due +0
              tryStarted /do/0/t
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
fn a_retry_begins_with_the_input_of_the_try() {
    check(
        r"
        do: [ { t: { try: [ { a: { set: '${ { n: (.n + 1) } }' } }, { c: { call: http, with: { method: get, endpoint: 'http://s/', query: { n: '${ .n }' } } } } ], catch: { retry: { limit: { attempt: { count: 1 } } } } } } ]
        ",
        r#"
        start {"n":1}
        show /do/0/t/try/1/c
        answer /do/0/t/try/1/c 500 {}
        show /do/0/t/try/1/c
        answer /do/0/t/try/1/c 200 5
        "#,
        expect![[r#"
            > start {"n":1}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/a
              taskCompleted /do/0/t/try/0/a -> {"n":2}
              taskStarted /do/0/t/try/1/c
              attemptStarted /do/0/t/try/1/c#1
            > show /do/0/t/try/1/c
              GET http://s/?n=2 [] key=cbbb05f4 mode=AtLeastOnce send-by=+30000 deadline=+600000
            > answer /do/0/t/try/1/c 500 {}
              taskFaulted /do/0/t/try/1/c#1 ! communication 500 at /do/0/t/try/1/c: GET http://s/ was answered with status 500: {}
              taskRetried /do/0/t retry 1 ! communication 500 at /do/0/t/try/1/c: GET http://s/ was answered with status 500: {} due +0
              tryStarted /do/0/t
              taskStarted /do/0/t/try/0/a
              taskCompleted /do/0/t/try/0/a -> {"n":2}
              taskStarted /do/0/t/try/1/c
              attemptStarted /do/0/t/try/1/c#2
            > show /do/0/t/try/1/c
              GET http://s/?n=2 [] key=cbbb05f4 mode=AtLeastOnce send-by=+30000 deadline=+600000
            > answer /do/0/t/try/1/c 200 5
              taskCompleted /do/0/t/try/1/c#2 -> 5
              taskCompleted /do/0/t -> 5
              completed -> 5
            = completed 5
        "#]],
    );
}

#[test]
fn a_constant_backoff_stays() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: { retry: { delay: PT2S, backoff: { constant: {} }, limit: { attempt: { count: 3 } } } }
        ",
        r#"
        start {}
        fire
        fire
        fire
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskRetried /do/0/t retry 1 ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd due +2000
            > fire
              tryStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskRetried /do/0/t retry 2 ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd due +4000
            > fire
              tryStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskRetried /do/0/t retry 3 ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd due +6000
            > fire
              tryStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskFaulted /do/0/t ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              faulted ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
            = faulted https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
        "#]],
    );
}

#[test]
fn a_linear_backoff_adds_the_delay() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: { retry: { delay: PT2S, backoff: { linear: {} }, limit: { attempt: { count: 3 } } } }
        ",
        r#"
        start {}
        fire
        fire
        fire
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskRetried /do/0/t retry 1 ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd due +2000
            > fire
              tryStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskRetried /do/0/t retry 2 ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd due +6000
            > fire
              tryStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskRetried /do/0/t retry 3 ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd due +12000
            > fire
              tryStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskFaulted /do/0/t ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              faulted ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
            = faulted https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
        "#]],
    );
}

#[test]
fn an_exponential_backoff_doubles_the_delay() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: { retry: { delay: PT2S, backoff: { exponential: {} }, limit: { attempt: { count: 3 } } } }
        ",
        r#"
        start {}
        fire
        fire
        fire
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskRetried /do/0/t retry 1 ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd due +2000
            > fire
              tryStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskRetried /do/0/t retry 2 ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd due +6000
            > fire
              tryStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskRetried /do/0/t retry 3 ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd due +14000
            > fire
              tryStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskFaulted /do/0/t ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              faulted ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
            = faulted https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
        "#]],
    );
}

#[test]
fn jitter_lies_between_its_bounds() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: { retry: { delay: PT2S, jitter: { from: PT1S, to: PT3S }, limit: { attempt: { count: 3 } } } }
        ",
        r#"
        start {}
        fire
        fire
        fire
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskRetried /do/0/t retry 1 ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd due +3054
            > fire
              tryStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskRetried /do/0/t retry 2 ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd due +6252
            > fire
              tryStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskRetried /do/0/t retry 3 ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd due +9306
            > fire
              tryStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskFaulted /do/0/t ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              faulted ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
            = faulted https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
        "#]],
    );
}

#[test]
fn a_computed_delay_is_evaluated_when_it_is_needed() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://x/y', status: 500, detail: PT7S } } } } ]
              catch: { retry: { delay: '${ $error.detail }', limit: { attempt: { count: 1 } } } }
        ",
        r#"
        start {}
        fire
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://x/y 500 at /do/0/t/try/0/r: PT7S
              taskRetried /do/0/t retry 1 ! https://x/y 500 at /do/0/t/try/0/r: PT7S due +7000
            > fire
              tryStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://x/y 500 at /do/0/t/try/0/r: PT7S
              taskFaulted /do/0/t ! https://x/y 500 at /do/0/t/try/0/r: PT7S
              faulted ! https://x/y 500 at /do/0/t/try/0/r: PT7S
            = faulted https://x/y 500 at /do/0/t/try/0/r: PT7S
        "#]],
    );
}

#[test]
fn a_delay_that_cannot_be_computed_faults_the_try() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: { retry: { delay: '${ $error.title }', limit: { attempt: { count: 1 } } } }
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
              taskFaulted /do/0/t ! expression 400 at /do/0/t: `retry.delay`: `Odd` is not an ISO 8601 duration
              faulted ! expression 400 at /do/0/t: `retry.delay`: `Odd` is not an ISO 8601 duration
            = faulted expression 400 at /do/0/t: `retry.delay`: `Odd` is not an ISO 8601 duration
        "#]],
    );
}

#[test]
fn the_limit_on_the_duration_of_all_tries_ends_them() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: { retry: { delay: PT4S, limit: { duration: PT10S } } }
        ",
        r#"
        start {}
        fire
        fire
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskRetried /do/0/t retry 1 ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd due +4000
            > fire
              tryStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskRetried /do/0/t retry 2 ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd due +8000
            > fire
              tryStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskFaulted /do/0/t ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              faulted ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
            = faulted https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
        "#]],
    );
}

#[test]
fn the_limit_on_the_duration_of_one_try_interrupts_it() {
    check(
        r"
        do: [ { t: { try: [ { c: { call: http, with: { method: get, endpoint: 'http://s/' } } } ], catch: { retry: { delay: PT1S, limit: { attempt: { count: 1, duration: PT5S } } }, do: [ { h: { set: '${ $error.status }' } } ] } } } ]
        ",
        r#"
        start {}
        fire timeout
        fire retry
        fire timeout
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              tryStarted /do/0/t due +5000
              taskStarted /do/0/t/try/0/c
              attemptStarted /do/0/t/try/0/c#1
            > fire timeout
              interrupted /do/0/t to catch
              taskUncertain /do/0/t/try/0/c#1 interrupted: the step was interrupted while its call was under way
              taskCancelled /do/0/t/try/0/c executed
              taskRetried /do/0/t retry 1 ! timeout 408 at /do/0/t: one try took longer than `limit.attempt.duration` due +6000
            > fire retry
              tryStarted /do/0/t due +11000
              taskStarted /do/0/t/try/0/c
              attemptStarted /do/0/t/try/0/c#2
            > fire timeout
              interrupted /do/0/t to catch
              taskUncertain /do/0/t/try/0/c#2 interrupted: the step was interrupted while its call was under way
              taskCancelled /do/0/t/try/0/c executed
              errorCaught /do/0/t ! timeout 408 at /do/0/t: one try took longer than `limit.attempt.duration`
              taskStarted /do/0/t/catch/do/0/h
              taskCompleted /do/0/t/catch/do/0/h -> 408
              taskCompleted /do/0/t -> 408
              completed -> 408
            = completed 408
        "#]],
    );
}

#[test]
fn retry_when_decides_whether_there_is_a_retry() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: { retry: { when: $error.status == 503, limit: { attempt: { count: 2 } } }, do: [ { h: { set: { handled: true } } } ] }
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
              taskCompleted /do/0/t/catch/do/0/h -> {"handled":true}
              taskCompleted /do/0/t -> {"handled":true}
              completed -> {"handled":true}
            = completed {"handled":true}
        "#]],
    );
}

#[test]
fn retry_except_when_prevents_a_retry() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: { retry: { exceptWhen: $error.status == 418, limit: { attempt: { count: 2 } } } }
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
fn an_error_that_the_filter_does_not_match_is_not_retried() {
    check(
        r"
        do: [ { t: { try: [ { c: { call: http, with: { method: get, endpoint: 'http://s/' } } } ], catch: { errors: { with: { status: 503 } }, retry: { delay: PT1S, limit: { attempt: { count: 5 } } } } } } ]
        ",
        r#"
        start {}
        answer /do/0/t/try/0/c 503 {}
        fire
        answer /do/0/t/try/0/c 404 {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/c
              attemptStarted /do/0/t/try/0/c#1
            > answer /do/0/t/try/0/c 503 {}
              taskFaulted /do/0/t/try/0/c#1 ! communication 503 at /do/0/t/try/0/c: GET http://s/ was answered with status 503: {}
              taskRetried /do/0/t retry 1 ! communication 503 at /do/0/t/try/0/c: GET http://s/ was answered with status 503: {} due +1000
            > fire
              tryStarted /do/0/t
              taskStarted /do/0/t/try/0/c
              attemptStarted /do/0/t/try/0/c#2
            > answer /do/0/t/try/0/c 404 {}
              taskFaulted /do/0/t/try/0/c#2 ! communication 404 at /do/0/t/try/0/c: GET http://s/ was answered with status 404: {}
              taskFaulted /do/0/t ! communication 404 at /do/0/t/try/0/c: GET http://s/ was answered with status 404: {}
              faulted ! communication 404 at /do/0/t/try/0/c: GET http://s/ was answered with status 404: {}
            = faulted communication 404 at /do/0/t/try/0/c: GET http://s/ was answered with status 404: {}
        "#]],
    );
}

#[test]
fn a_named_policy_is_the_same_as_an_inline_one() {
    check(
        r"
        use: { retries: { twice: { delay: PT1S, limit: { attempt: { count: 1 } } } } }
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: { retry: twice }
        ",
        r#"
        start {}
        fire
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskRetried /do/0/t retry 1 ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd due +1000
            > fire
              tryStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskFaulted /do/0/t ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              faulted ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
            = faulted https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
        "#]],
    );
}

#[test]
fn a_try_whose_retry_was_due_during_an_outage_is_tried_at_once() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: { retry: { delay: PT2S, limit: { attempt: { count: 1 } } } }
        ",
        r#"
        start {}
        clock +90000
        fire
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskRetried /do/0/t retry 1 ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd due +2000
            > clock +90000
            > fire
              tryStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskFaulted /do/0/t ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              faulted ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
            = faulted https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
        "#]],
    );
}

#[test]
fn endless_retries_that_never_wait_are_stopped() {
    check(
        r"
        do:
          - t:
              try: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd, detail: very odd } } } } ]
              catch: { retry: {} }
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              … 39992 more
              taskFaulted /do/0/t/try/0/r ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd
              taskRetried /do/0/t retry 9999 ! https://example.com/errors/odd 418 at /do/0/t/try/0/r: very odd due +0
              tryStarted /do/0/t
              taskFaulted /do/0/t ! runtime 500 at /do/0/t: more than 10000 tasks ran without waiting for anything: an endless loop?
              faulted ! runtime 500 at /do/0/t: more than 10000 tasks ran without waiting for anything: an endless loop?
            = faulted runtime 500 at /do/0/t: more than 10000 tasks ran without waiting for anything: an endless loop?
        "#]],
    );
}
