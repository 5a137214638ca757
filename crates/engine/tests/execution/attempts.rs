//! The attempt protocol: every class of failure in every mode, numbers, keys, and unknown outcomes (FR-010, P1, P2, P3).
//!
//! Size: the expected facts of every case stand in the file.

use expect_test::expect;
use tenure_engine::execution::testing::check;

#[test]
fn not_sent_is_retried_in_mode_at_most_once() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { mode: at_most_once } } } } ]
        ",
        r#"
        start {}
        notsent /do/0/c dns
        fire
        show /do/0/c
        answer /do/0/c 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > notsent /do/0/c dns
              taskRetried /do/0/c#1 dns: no due +205
            > fire
              attemptStarted /do/0/c#2
            > show /do/0/c
              POST http://s/ [] key=910294d8 mode=AtMostOnce send-by=+30205 deadline=+600000
            > answer /do/0/c 200 1
              taskCompleted /do/0/c#2 -> 1
              completed -> 1
            = completed 1
        "#]],
    );
}

#[test]
fn refused_is_retried_in_mode_at_most_once() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { mode: at_most_once } } } } ]
        ",
        r#"
        start {}
        refused /do/0/c
        fire
        answer /do/0/c 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > refused /do/0/c
              taskRetried /do/0/c#1 refused: not taken due +205
            > fire
              attemptStarted /do/0/c#2
            > answer /do/0/c 200 1
              taskCompleted /do/0/c#2 -> 1
              completed -> 1
            = completed 1
        "#]],
    );
}

#[test]
fn answered_is_final_in_mode_at_most_once() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { mode: at_most_once } } } } ]
        ",
        r#"
        start {}
        answer /do/0/c 500 {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > answer /do/0/c 500 {}
              taskFaulted /do/0/c#1 ! communication 500 at /do/0/c: POST http://s/ was answered with status 500: {}
              faulted ! communication 500 at /do/0/c: POST http://s/ was answered with status 500: {}
            = faulted communication 500 at /do/0/c: POST http://s/ was answered with status 500: {}
        "#]],
    );
}

#[test]
fn not_sent_is_retried_in_mode_exactly_once_with_key() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { mode: exactly_once_with_key } } } } ]
        ",
        r#"
        start {}
        notsent /do/0/c dns
        fire
        show /do/0/c
        answer /do/0/c 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > notsent /do/0/c dns
              taskRetried /do/0/c#1 dns: no due +205
            > fire
              attemptStarted /do/0/c#2
            > show /do/0/c
              POST http://s/ [] key=910294d8 mode=ExactlyOnceWithKey send-by=+30205 deadline=+600000
            > answer /do/0/c 200 1
              taskCompleted /do/0/c#2 -> 1
              completed -> 1
            = completed 1
        "#]],
    );
}

#[test]
fn refused_is_retried_in_mode_exactly_once_with_key() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { mode: exactly_once_with_key } } } } ]
        ",
        r#"
        start {}
        refused /do/0/c
        fire
        answer /do/0/c 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > refused /do/0/c
              taskRetried /do/0/c#1 refused: not taken due +205
            > fire
              attemptStarted /do/0/c#2
            > answer /do/0/c 200 1
              taskCompleted /do/0/c#2 -> 1
              completed -> 1
            = completed 1
        "#]],
    );
}

#[test]
fn answered_is_final_in_mode_exactly_once_with_key() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { mode: exactly_once_with_key } } } } ]
        ",
        r#"
        start {}
        answer /do/0/c 500 {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > answer /do/0/c 500 {}
              taskFaulted /do/0/c#1 ! communication 500 at /do/0/c: POST http://s/ was answered with status 500: {}
              faulted ! communication 500 at /do/0/c: POST http://s/ was answered with status 500: {}
            = faulted communication 500 at /do/0/c: POST http://s/ was answered with status 500: {}
        "#]],
    );
}

#[test]
fn not_sent_is_retried_in_mode_at_least_once() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { mode: at_least_once } } } } ]
        ",
        r#"
        start {}
        notsent /do/0/c dns
        fire
        show /do/0/c
        answer /do/0/c 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > notsent /do/0/c dns
              taskRetried /do/0/c#1 dns: no due +205
            > fire
              attemptStarted /do/0/c#2
            > show /do/0/c
              POST http://s/ [] key=910294d8 mode=AtLeastOnce send-by=+30205 deadline=+600000
            > answer /do/0/c 200 1
              taskCompleted /do/0/c#2 -> 1
              completed -> 1
            = completed 1
        "#]],
    );
}

#[test]
fn refused_is_retried_in_mode_at_least_once() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { mode: at_least_once } } } } ]
        ",
        r#"
        start {}
        refused /do/0/c
        fire
        answer /do/0/c 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > refused /do/0/c
              taskRetried /do/0/c#1 refused: not taken due +205
            > fire
              attemptStarted /do/0/c#2
            > answer /do/0/c 200 1
              taskCompleted /do/0/c#2 -> 1
              completed -> 1
            = completed 1
        "#]],
    );
}

#[test]
fn answered_is_final_in_mode_at_least_once() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { mode: at_least_once } } } } ]
        ",
        r#"
        start {}
        answer /do/0/c 500 {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > answer /do/0/c 500 {}
              taskFaulted /do/0/c#1 ! communication 500 at /do/0/c: POST http://s/ was answered with status 500: {}
              faulted ! communication 500 at /do/0/c: POST http://s/ was answered with status 500: {}
            = faulted communication 500 at /do/0/c: POST http://s/ was answered with status 500: {}
        "#]],
    );
}

#[test]
fn unknown_is_uncertain_in_mode_at_most_once() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { mode: at_most_once } } } } ]
        ",
        r#"
        start {}
        unknown /do/0/c
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > unknown /do/0/c
              taskUncertain /do/0/c#1 reset: gone
            = suspended
        "#]],
    );
}

#[test]
fn unknown_is_retried_with_the_same_key_in_mode_exactly_once_with_key() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { mode: exactly_once_with_key } } } } ]
        ",
        r#"
        start {}
        show /do/0/c
        unknown /do/0/c
        fire
        show /do/0/c
        answer /do/0/c 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > show /do/0/c
              POST http://s/ [] key=910294d8 mode=ExactlyOnceWithKey send-by=+30000 deadline=+600000
            > unknown /do/0/c
              taskRetried /do/0/c#1 reset: gone due +205
            > fire
              attemptStarted /do/0/c#2
            > show /do/0/c
              POST http://s/ [] key=910294d8 mode=ExactlyOnceWithKey send-by=+30205 deadline=+600000
            > answer /do/0/c 200 1
              taskCompleted /do/0/c#2 -> 1
              completed -> 1
            = completed 1
        "#]],
    );
}

#[test]
fn unknown_is_retried_after_send_by_in_mode_at_least_once() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { mode: at_least_once } } } } ]
        ",
        r#"
        start {}
        unknown /do/0/c
        fire
        answer /do/0/c 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > unknown /do/0/c
              taskRetried /do/0/c#1 reset: gone due +30000
            > fire
              attemptStarted /do/0/c#2
            > answer /do/0/c 200 1
              taskCompleted /do/0/c#2 -> 1
              completed -> 1
            = completed 1
        "#]],
    );
}

/// P3
#[test]
fn lost_is_uncertain_in_mode_at_most_once() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { mode: at_most_once } } } } ]
        ",
        r#"
        start {}
        lost /do/0/c
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > lost /do/0/c
              taskUncertain /do/0/c#1 owner_lost: the node that was to send the request is gone
            = suspended
        "#]],
    );
}

#[test]
fn lost_is_retried_with_the_same_key_in_mode_exactly_once_with_key() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { mode: exactly_once_with_key } } } } ]
        ",
        r#"
        start {}
        lost /do/0/c
        fire
        answer /do/0/c 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > lost /do/0/c
              taskRetried /do/0/c#1 owner_lost: the node that was to send the request is gone due +205
            > fire
              attemptStarted /do/0/c#2
            > answer /do/0/c 200 1
              taskCompleted /do/0/c#2 -> 1
              completed -> 1
            = completed 1
        "#]],
    );
}

#[test]
fn lost_is_retried_after_send_by_in_mode_at_least_once() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { mode: at_least_once } } } } ]
        ",
        r#"
        start {}
        lost /do/0/c
        fire
        answer /do/0/c 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > lost /do/0/c
              taskRetried /do/0/c#1 owner_lost: the node that was to send the request is gone due +30000
            > fire
              attemptStarted /do/0/c#2
            > answer /do/0/c 200 1
              taskCompleted /do/0/c#2 -> 1
              completed -> 1
            = completed 1
        "#]],
    );
}

/// P2
#[test]
fn get_is_at_least_once_by_default() {
    check(
        r"
        do: [ { c: { call: http, with: { method: get, endpoint: 'http://s/' } } } ]
        ",
        r#"
        start {}
        show /do/0/c
        "#,
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

/// P2
#[test]
fn post_is_at_most_once_by_default() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' } } } ]
        ",
        r#"
        start {}
        show /do/0/c
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > show /do/0/c
              POST http://s/ [] key=910294d8 mode=AtMostOnce send-by=+30000 deadline=+600000
            = running
              open: call /do/0/c#1
        "#]],
    );
}

#[test]
fn the_engines_waits_grow_until_the_steps_time_is_over() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, timeout: { after: PT3S } } } ]
        ",
        r#"
        start {}
        notsent /do/0/c
        fire retry
        notsent /do/0/c
        fire retry
        notsent /do/0/c
        fire retry
        notsent /do/0/c
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c due +3000
              attemptStarted /do/0/c#1
            > notsent /do/0/c
              taskRetried /do/0/c#1 connect: no due +205
            > fire retry
              attemptStarted /do/0/c#2
            > notsent /do/0/c
              taskRetried /do/0/c#2 connect: no due +607
            > fire retry
              attemptStarted /do/0/c#3
            > notsent /do/0/c
              taskRetried /do/0/c#3 connect: no due +1539
            > fire retry
              attemptStarted /do/0/c#4
            > notsent /do/0/c
              taskFaulted /do/0/c#4 ! communication 503 at /do/0/c: no attempt was answered within the step's time; the last one: connect (no)
              faulted ! communication 503 at /do/0/c: no attempt was answered within the step's time; the last one: connect (no)
            = faulted communication 503 at /do/0/c: no attempt was answered within the step's time; the last one: connect (no)
        "#]],
    );
}

#[test]
fn a_call_without_timeout_is_given_up_after_ten_minutes() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { mode: at_most_once } } } } ]
        ",
        r#"
        start {}
        clock +599900
        notsent /do/0/c tls
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > clock +599900
            > notsent /do/0/c tls
              taskFaulted /do/0/c#1 ! communication 503 at /do/0/c: no attempt was answered within the step's time; the last one: tls (no)
              faulted ! communication 503 at /do/0/c: no attempt was answered within the step's time; the last one: tls (no)
            = faulted communication 503 at /do/0/c: no attempt was answered within the step's time; the last one: tls (no)
        "#]],
    );
}

#[test]
fn a_step_given_up_after_an_ambiguous_attempt_is_a_timeout_that_may_have_been_executed() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { mode: exactly_once_with_key } } } } ]
        ",
        r#"
        start {}
        clock +599900
        unknown /do/0/c
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > clock +599900
            > unknown /do/0/c
              taskFaulted /do/0/c#1 ! timeout 408 at /do/0/c: no attempt was answered within the step's time; the last one: reset (gone) executed
              faulted ! timeout 408 at /do/0/c: no attempt was answered within the step's time; the last one: reset (gone)
            = faulted timeout 408 at /do/0/c: no attempt was answered within the step's time; the last one: reset (gone)
        "#]],
    );
}

#[test]
fn a_denied_egress_is_given_up_as_forbidden() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { mode: at_most_once } } } } ]
        ",
        r#"
        start {}
        clock +599900
        notsent /do/0/c egress_denied
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > clock +599900
            > notsent /do/0/c egress_denied
              taskFaulted /do/0/c#1 ! communication 403 at /do/0/c: no attempt was answered within the step's time; the last one: egress_denied (no)
              faulted ! communication 403 at /do/0/c: no attempt was answered within the step's time; the last one: egress_denied (no)
            = faulted communication 403 at /do/0/c: no attempt was answered within the step's time; the last one: egress_denied (no)
        "#]],
    );
}

#[test]
fn a_request_that_can_never_be_sent_faults_at_once() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { mode: at_most_once } } } } ]
        ",
        r#"
        start {}
        notsent /do/0/c invalid_request
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > notsent /do/0/c invalid_request
              taskFaulted /do/0/c#1 ! configuration 400 at /do/0/c: no
              faulted ! configuration 400 at /do/0/c: no
            = faulted configuration 400 at /do/0/c: no
        "#]],
    );
}

#[test]
fn a_late_answer_of_an_attempt_that_was_given_up_changes_nothing() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { mode: exactly_once_with_key } } } } ]
        ",
        r#"
        start {}
        unknown /do/0/c
        fire
        answer /do/0/c#1 200 1
        answer /do/0/c#2 200 2
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > unknown /do/0/c
              taskRetried /do/0/c#1 reset: gone due +205
            > fire
              attemptStarted /do/0/c#2
            > answer /do/0/c#1 200 1
              nothing
            > answer /do/0/c#2 200 2
              taskCompleted /do/0/c#2 -> 2
              completed -> 2
            = completed 2
        "#]],
    );
}

/// P1
#[test]
fn an_answer_that_comes_twice_changes_nothing_the_second_time() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' } } }, { w: { wait: PT1S } } ]
        ",
        r#"
        start {}
        answer /do/0/c 200 1
        answer /do/0/c 200 2
        unknown /do/0/c
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > answer /do/0/c 200 1
              taskCompleted /do/0/c#1 -> 1
              taskStarted /do/1/w due +1000
            > answer /do/0/c 200 2
              nothing
            > unknown /do/0/c
              nothing
            = waiting
              open: wait /do/1/w +1000
        "#]],
    );
}

#[test]
fn an_attempt_of_this_epoch_is_not_lost_and_one_of_another_is_lost_once() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { mode: at_most_once } } } } ]
        ",
        r#"
        start {}
        lost-here /do/0/c
        lost /do/0/c
        lost /do/0/c
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > lost-here /do/0/c
              nothing
            > lost /do/0/c
              taskUncertain /do/0/c#1 owner_lost: the node that was to send the request is gone
            > lost /do/0/c
              nothing
            = suspended
        "#]],
    );
}

/// P1
#[test]
fn a_completed_step_has_no_further_attempt_after_a_restart() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' } } }, { w: { wait: PT1S } } ]
        ",
        r#"
        start {}
        answer /do/0/c 200 1
        lost /do/0/c
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > answer /do/0/c 200 1
              taskCompleted /do/0/c#1 -> 1
              taskStarted /do/1/w due +1000
            > lost /do/0/c
              nothing
            = waiting
              open: wait /do/1/w +1000
        "#]],
    );
}

#[test]
fn every_order_of_the_author_to_try_again_keeps_the_key_and_counts_attempts_on() {
    check(
        r"
        do:
          - t:
              try: [ { c: { call: http, with: { method: post, endpoint: 'http://s/', headers: { X-Attempt: '${ $task.attempt }', X-Key: '${ $task.idempotencyKey }' } } } } ]
              catch: { retry: { delay: PT1S, limit: { attempt: { count: 3 } } } }
        ",
        r#"
        start {}
        show /do/0/t/try/0/c
        answer /do/0/t/try/0/c 503 {}
        fire
        show /do/0/t/try/0/c
        notsent /do/0/t/try/0/c
        fire
        answer /do/0/t/try/0/c 503 {}
        fire
        show /do/0/t/try/0/c
        answer /do/0/t/try/0/c 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/c
              attemptStarted /do/0/t/try/0/c#1
            > show /do/0/t/try/0/c
              POST http://s/ [X-Attempt: 1, X-Key: 2339913ea31d25de549fc0d890e609b9] key=2339913e mode=AtMostOnce send-by=+30000 deadline=+600000
            > answer /do/0/t/try/0/c 503 {}
              taskFaulted /do/0/t/try/0/c#1 ! communication 503 at /do/0/t/try/0/c: POST http://s/ was answered with status 503: {}
              taskRetried /do/0/t retry 1 ! communication 503 at /do/0/t/try/0/c: POST http://s/ was answered with status 503: {} due +1000
            > fire
              tryStarted /do/0/t
              taskStarted /do/0/t/try/0/c
              attemptStarted /do/0/t/try/0/c#2
            > show /do/0/t/try/0/c
              POST http://s/ [X-Attempt: 2, X-Key: 2339913ea31d25de549fc0d890e609b9] key=2339913e mode=AtMostOnce send-by=+31000 deadline=+601000
            > notsent /do/0/t/try/0/c
              taskRetried /do/0/t/try/0/c#2 connect: no due +1250
            > fire
              attemptStarted /do/0/t/try/0/c#3
            > answer /do/0/t/try/0/c 503 {}
              taskFaulted /do/0/t/try/0/c#3 ! communication 503 at /do/0/t/try/0/c: POST http://s/ was answered with status 503: {}
              taskRetried /do/0/t retry 2 ! communication 503 at /do/0/t/try/0/c: POST http://s/ was answered with status 503: {} due +2250
            > fire
              tryStarted /do/0/t
              taskStarted /do/0/t/try/0/c
              attemptStarted /do/0/t/try/0/c#4
            > show /do/0/t/try/0/c
              POST http://s/ [X-Attempt: 4, X-Key: 2339913ea31d25de549fc0d890e609b9] key=2339913e mode=AtMostOnce send-by=+32250 deadline=+602250
            > answer /do/0/t/try/0/c 200 1
              taskCompleted /do/0/t/try/0/c#4 -> 1
              taskCompleted /do/0/t -> 1
              completed -> 1
            = completed 1
        "#]],
    );
}

#[test]
fn key_attempt_gives_every_order_of_the_author_a_new_key() {
    check(
        r"
        do:
          - t:
              try: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { key: attempt } } } } ]
              catch: { retry: { delay: PT1S, limit: { attempt: { count: 3 } } } }
        ",
        r#"
        start {}
        show /do/0/t/try/0/c
        notsent /do/0/t/try/0/c
        fire
        show /do/0/t/try/0/c
        answer /do/0/t/try/0/c 503 {}
        fire
        show /do/0/t/try/0/c
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/c
              attemptStarted /do/0/t/try/0/c#1
            > show /do/0/t/try/0/c
              POST http://s/ [] key=60661dcc mode=AtMostOnce send-by=+30000 deadline=+600000
            > notsent /do/0/t/try/0/c
              taskRetried /do/0/t/try/0/c#1 connect: no due +228
            > fire
              attemptStarted /do/0/t/try/0/c#2
            > show /do/0/t/try/0/c
              POST http://s/ [] key=60661dcc mode=AtMostOnce send-by=+30228 deadline=+600000
            > answer /do/0/t/try/0/c 503 {}
              taskFaulted /do/0/t/try/0/c#2 ! communication 503 at /do/0/t/try/0/c: POST http://s/ was answered with status 503: {}
              taskRetried /do/0/t retry 1 ! communication 503 at /do/0/t/try/0/c: POST http://s/ was answered with status 503: {} due +1228
            > fire
              tryStarted /do/0/t
              taskStarted /do/0/t/try/0/c
              attemptStarted /do/0/t/try/0/c#3
            > show /do/0/t/try/0/c
              POST http://s/ [] key=c789be79 mode=AtMostOnce send-by=+31228 deadline=+601228
            = running
              open: call /do/0/t/try/0/c#3
        "#]],
    );
}

#[test]
fn a_try_in_a_try_never_uses_an_attempt_twice() {
    check(
        r"
        do:
          - o:
              try:
                - i:
                    try: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' } } } ]
                    catch: { retry: { limit: { attempt: { count: 1 } } } }
              catch: { retry: { limit: { attempt: { count: 1 } } } }
        ",
        r#"
        start {}
        answer /do/0/o/try/0/i/try/0/c 503 {}
        answer /do/0/o/try/0/i/try/0/c 503 {}
        answer /do/0/o/try/0/i/try/0/c 503 {}
        answer /do/0/o/try/0/i/try/0/c 503 {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/o
              taskStarted /do/0/o/try/0/i
              taskStarted /do/0/o/try/0/i/try/0/c
              attemptStarted /do/0/o/try/0/i/try/0/c#1
            > answer /do/0/o/try/0/i/try/0/c 503 {}
              taskFaulted /do/0/o/try/0/i/try/0/c#1 ! communication 503 at /do/0/o/try/0/i/try/0/c: POST http://s/ was answered with status 503: {}
              taskRetried /do/0/o/try/0/i retry 1 ! communication 503 at /do/0/o/try/0/i/try/0/c: POST http://s/ was answered with status 503: {} due +0
              tryStarted /do/0/o/try/0/i
              taskStarted /do/0/o/try/0/i/try/0/c
              attemptStarted /do/0/o/try/0/i/try/0/c#2
            > answer /do/0/o/try/0/i/try/0/c 503 {}
              taskFaulted /do/0/o/try/0/i/try/0/c#2 ! communication 503 at /do/0/o/try/0/i/try/0/c: POST http://s/ was answered with status 503: {}
              taskFaulted /do/0/o/try/0/i ! communication 503 at /do/0/o/try/0/i/try/0/c: POST http://s/ was answered with status 503: {}
              taskRetried /do/0/o retry 1 ! communication 503 at /do/0/o/try/0/i/try/0/c: POST http://s/ was answered with status 503: {} due +0
              tryStarted /do/0/o
              taskStarted /do/0/o/try/0/i
              taskStarted /do/0/o/try/0/i/try/0/c
              attemptStarted /do/0/o/try/0/i/try/0/c#3
            > answer /do/0/o/try/0/i/try/0/c 503 {}
              taskFaulted /do/0/o/try/0/i/try/0/c#3 ! communication 503 at /do/0/o/try/0/i/try/0/c: POST http://s/ was answered with status 503: {}
              taskRetried /do/0/o/try/0/i retry 1 ! communication 503 at /do/0/o/try/0/i/try/0/c: POST http://s/ was answered with status 503: {} due +0
              tryStarted /do/0/o/try/0/i
              taskStarted /do/0/o/try/0/i/try/0/c
              attemptStarted /do/0/o/try/0/i/try/0/c#4
            > answer /do/0/o/try/0/i/try/0/c 503 {}
              taskFaulted /do/0/o/try/0/i/try/0/c#4 ! communication 503 at /do/0/o/try/0/i/try/0/c: POST http://s/ was answered with status 503: {}
              taskFaulted /do/0/o/try/0/i ! communication 503 at /do/0/o/try/0/i/try/0/c: POST http://s/ was answered with status 503: {}
              taskFaulted /do/0/o ! communication 503 at /do/0/o/try/0/i/try/0/c: POST http://s/ was answered with status 503: {}
              faulted ! communication 503 at /do/0/o/try/0/i/try/0/c: POST http://s/ was answered with status 503: {}
            = faulted communication 503 at /do/0/o/try/0/i/try/0/c: POST http://s/ was answered with status 503: {}
        "#]],
    );
}

#[test]
fn an_uncertain_step_is_resolved_by_retry() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { mode: at_most_once } } } } ]
        ",
        r#"
        start {}
        unknown /do/0/c
        resolve /do/0/c retry
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > unknown /do/0/c
              taskUncertain /do/0/c#1 reset: gone
            > resolve /do/0/c retry
              taskResolved /do/0/c retry
              attemptStarted /do/0/c#2
            = running
              open: call /do/0/c#2
        "#]],
    );
}

#[test]
fn an_uncertain_step_is_resolved_by_complete() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { mode: at_most_once } } } } ]
        ",
        r#"
        start {}
        unknown /do/0/c
        resolve /do/0/c complete {"id":9}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > unknown /do/0/c
              taskUncertain /do/0/c#1 reset: gone
            > resolve /do/0/c complete {"id":9}
              taskResolved /do/0/c complete -> {"id":9}
              taskCompleted /do/0/c#1 -> {"id":9}
              completed -> {"id":9}
            = completed {"id":9}
        "#]],
    );
}

#[test]
fn an_uncertain_step_is_resolved_by_fail() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { mode: at_most_once } } } } ]
        ",
        r#"
        start {}
        unknown /do/0/c
        resolve /do/0/c fail it was not
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > unknown /do/0/c
              taskUncertain /do/0/c#1 reset: gone
            > resolve /do/0/c fail it was not
              taskResolved /do/0/c fail: it was not
              taskFaulted /do/0/c#1 ! runtime 500 at /do/0/c: it was not
              faulted ! runtime 500 at /do/0/c: it was not
            = faulted runtime 500 at /do/0/c: it was not
        "#]],
    );
}

#[test]
fn an_uncertain_step_is_resolved_by_skip() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { mode: at_most_once } } } } ]
        ",
        r#"
        start {}
        unknown /do/0/c
        resolve /do/0/c skip
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > unknown /do/0/c
              taskUncertain /do/0/c#1 reset: gone
            > resolve /do/0/c skip
              rejected: an uncertain task cannot be skipped: complete, fail or retry it
            = suspended
        "#]],
    );
}

#[test]
fn an_uncertain_step_that_is_retried_uses_the_same_key() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { mode: at_most_once } } } } ]
        ",
        r#"
        start {}
        show /do/0/c
        unknown /do/0/c
        resolve /do/0/c retry
        show /do/0/c
        answer /do/0/c 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > show /do/0/c
              POST http://s/ [] key=910294d8 mode=AtMostOnce send-by=+30000 deadline=+600000
            > unknown /do/0/c
              taskUncertain /do/0/c#1 reset: gone
            > resolve /do/0/c retry
              taskResolved /do/0/c retry
              attemptStarted /do/0/c#2
            > show /do/0/c
              POST http://s/ [] key=910294d8 mode=AtMostOnce send-by=+30000 deadline=+600000
            > answer /do/0/c 200 1
              taskCompleted /do/0/c#2 -> 1
              completed -> 1
            = completed 1
        "#]],
    );
}

#[test]
fn an_uncertain_step_retried_after_its_time_gets_its_time_again() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { mode: at_most_once } } } } ]
        ",
        r#"
        start {}
        unknown /do/0/c
        clock +700000
        resolve /do/0/c retry
        show /do/0/c
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > unknown /do/0/c
              taskUncertain /do/0/c#1 reset: gone
            > clock +700000
            > resolve /do/0/c retry
              taskResolved /do/0/c retry
              attemptStarted /do/0/c#2
            > show /do/0/c
              POST http://s/ [] key=910294d8 mode=AtMostOnce send-by=+730000 deadline=+1300000
            = running
              open: call /do/0/c#2
        "#]],
    );
}

/// P3
#[test]
fn a_late_answer_settles_an_uncertain_step() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { mode: at_most_once } } } } ]
        ",
        r#"
        start {}
        unknown /do/0/c
        answer /do/0/c 200 {"id":1}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > unknown /do/0/c
              taskUncertain /do/0/c#1 reset: gone
            > answer /do/0/c 200 {"id":1}
              taskCompleted /do/0/c#1 -> {"id":1}
              completed -> {"id":1}
            = completed {"id":1}
        "#]],
    );
}

#[test]
fn a_late_error_answer_settles_an_uncertain_step() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { mode: at_most_once } } } } ]
        ",
        r#"
        start {}
        unknown /do/0/c
        answer /do/0/c 500 {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > unknown /do/0/c
              taskUncertain /do/0/c#1 reset: gone
            > answer /do/0/c 500 {}
              taskFaulted /do/0/c#1 ! communication 500 at /do/0/c: POST http://s/ was answered with status 500: {}
              faulted ! communication 500 at /do/0/c: POST http://s/ was answered with status 500: {}
            = faulted communication 500 at /do/0/c: POST http://s/ was answered with status 500: {}
        "#]],
    );
}

#[test]
fn a_second_unknown_outcome_of_an_uncertain_step_changes_nothing() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { mode: at_most_once } } } } ]
        ",
        r#"
        start {}
        unknown /do/0/c
        unknown /do/0/c
        notsent /do/0/c
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > unknown /do/0/c
              taskUncertain /do/0/c#1 reset: gone
            > unknown /do/0/c
              nothing
            > notsent /do/0/c
              nothing
            = suspended
        "#]],
    );
}

#[test]
fn an_uncertain_step_does_not_reach_a_catch() {
    check(
        r"
        do: [ { t: { try: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' } } } ], catch: { do: [ { h: { set: { x: 1 } } } ] } } } ]
        ",
        r#"
        start {}
        unknown /do/0/t/try/0/c
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/c
              attemptStarted /do/0/t/try/0/c#1
            > unknown /do/0/t/try/0/c
              taskUncertain /do/0/t/try/0/c#1 reset: gone
            = suspended
        "#]],
    );
}

#[test]
fn on_uncertain_fault_reaches_a_catch() {
    check(
        r"
        do: [ { t: { try: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { onUncertain: fault } } } } ], catch: { do: [ { h: { set: '${ $error | [.title, .status] }' } } ] } } } ]
        ",
        r#"
        start {}
        unknown /do/0/t/try/0/c
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/c
              attemptStarted /do/0/t/try/0/c#1
            > unknown /do/0/t/try/0/c
              taskUncertain /do/0/t/try/0/c#1 reset: gone
              taskFaulted /do/0/t/try/0/c#1 ! runtime 500 at /do/0/t/try/0/c: whether attempt 1 was executed is not known: reset (gone) executed
              errorCaught /do/0/t ! runtime 500 at /do/0/t/try/0/c: whether attempt 1 was executed is not known: reset (gone)
              taskStarted /do/0/t/catch/do/0/h
              taskCompleted /do/0/t/catch/do/0/h -> ["uncertain",500]
              taskCompleted /do/0/t -> ["uncertain",500]
              completed -> ["uncertain",500]
            = completed ["uncertain",500]
        "#]],
    );
}

#[test]
fn on_uncertain_compensate_passes_every_catch_and_undoes_the_uncertain_step_too() {
    check(
        r"
        do:
          - before: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { compensate: { do: [ { undoBefore: { set: { x: 1 } } } ] } } }
          - t:
              try:
                - c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { onUncertain: compensate }, compensate: { do: [ { undoC: { set: '${ { output: $output } }' } } ] } } }
              catch: { do: [ { h: { set: { x: 1 } } } ] }
        ",
        r#"
        start {}
        answer /do/0/before 200 1
        unknown /do/1/t/try/0/c
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/before
              attemptStarted /do/0/before#1
            > answer /do/0/before 200 1
              taskCompleted /do/0/before#1 -> 1
              taskStarted /do/1/t
              taskStarted /do/1/t/try/0/c
              attemptStarted /do/1/t/try/0/c#1
            > unknown /do/1/t/try/0/c
              taskUncertain /do/1/t/try/0/c#1 reset: gone
              taskFaulted /do/1/t/try/0/c#1 ! runtime 500 at /do/1/t/try/0/c: whether attempt 1 was executed is not known: reset (gone) executed
              taskFaulted /do/1/t ! runtime 500 at /do/1/t/try/0/c: whether attempt 1 was executed is not known: reset (gone)
              compensationStarted ! runtime 500 at /do/1/t/try/0/c: whether attempt 1 was executed is not known: reset (gone)
              undoStarted /do/1/t/try/0/c
              taskStarted /do/1/t/try/0/c/metadata/compensate/do/0/undoC
              taskCompleted /do/1/t/try/0/c/metadata/compensate/do/0/undoC -> {"output":null}
              undoCompleted /do/1/t/try/0/c
              undoStarted /do/0/before
              taskStarted /do/0/before/metadata/compensate/do/0/undoBefore
              taskCompleted /do/0/before/metadata/compensate/do/0/undoBefore -> {"x":1}
              undoCompleted /do/0/before
              compensationCompleted
              faulted ! runtime 500 at /do/1/t/try/0/c: whether attempt 1 was executed is not known: reset (gone)
            = faulted, compensation completed runtime 500 at /do/1/t/try/0/c: whether attempt 1 was executed is not known: reset (gone)
              undo /do/1/t/try/0/c completed
              undo /do/0/before completed
        "#]],
    );
}

#[test]
fn resolving_a_task_that_is_not_uncertain_is_a_conflict() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { mode: at_most_once } } } } ]
        ",
        r#"
        start {}
        resolve /do/0/c retry
        notsent /do/0/c
        resolve /do/0/c retry
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > resolve /do/0/c retry
              rejected: there is nothing to resolve at this task
            > notsent /do/0/c
              taskRetried /do/0/c#1 connect: no due +205
            > resolve /do/0/c retry
              rejected: there is nothing to resolve at this task
            = running
              open: retry /do/0/c +205
        "#]],
    );
}

#[test]
fn an_uncertain_step_beside_a_wait_leaves_the_execution_waiting() {
    check(
        r"
        do: [ { f: { fork: { branches: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' } } }, { w: { wait: PT1S } } ] } } } ]
        ",
        r#"
        start {}
        unknown /do/0/f/fork/branches/0/c
        fire
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/f
              taskStarted /do/0/f/fork/branches/0/c
              attemptStarted /do/0/f/fork/branches/0/c#1
              taskStarted /do/0/f/fork/branches/1/w due +1000
            > unknown /do/0/f/fork/branches/0/c
              taskUncertain /do/0/f/fork/branches/0/c#1 reset: gone
            > fire
              taskCompleted /do/0/f/fork/branches/1/w -> {}
            = suspended
        "#]],
    );
}
