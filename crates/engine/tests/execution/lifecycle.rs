//! Start, cancel and terminate in every state (FR-003, FR-009).

use expect_test::expect;
use tenure_engine::execution::testing::check;

#[test]
fn a_cancel_ends_a_wait_at_once_and_undoes_nothing() {
    check(
        r"
        do: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { set: { y: 1 } } } ] } } } }, { w: { wait: PT1M } } ]
        ",
        r#"
        start {}
        cancel
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              taskStarted /do/1/w due +60000
            > cancel
              cancelRequested
              interrupted to cancel due +5000
              taskCancelled /do/1/w
              cancelled
            = cancelled
        "#]],
    );
}

#[test]
fn a_cancel_that_compensates_undoes_what_was_done() {
    check(
        r"
        do: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { set: { y: 1 } } } ] } } } }, { w: { wait: PT1M } } ]
        ",
        r#"
        start {}
        cancel compensate
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              taskStarted /do/1/w due +60000
            > cancel compensate
              cancelRequested compensate
              interrupted to cancel due +5000
              taskCancelled /do/1/w
              compensationStarted
              undoStarted /do/0/a
              taskStarted /do/0/a/metadata/compensate/do/0/undoA
              taskCompleted /do/0/a/metadata/compensate/do/0/undoA -> {"y":1}
              undoCompleted /do/0/a
              compensationCompleted
              cancelled
            = cancelled, compensation completed
              undo /do/0/a completed
        "#]],
    );
}

#[test]
fn a_cancel_that_compensates_with_nothing_to_undo_just_cancels() {
    check(
        r"
        do: [ { w: { wait: PT1M } } ]
        ",
        r#"
        start {}
        cancel compensate
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/w due +60000
            > cancel compensate
              cancelRequested compensate
              interrupted to cancel due +5000
              taskCancelled /do/0/w
              cancelled
            = cancelled
        "#]],
    );
}

#[test]
fn a_call_under_way_gets_a_grace_and_its_answer_is_recorded() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { compensate: { do: [ { undoC: { set: '${ { out: $output } }' } } ] } } } }, { d: { set: { x: 1 } } } ]
        ",
        r#"
        start {}
        cancel
        answer /do/0/c 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > cancel
              cancelRequested
              interrupted to cancel due +5000
            > answer /do/0/c 200 1
              taskCompleted /do/0/c#1 -> 1
              cancelled
            = cancelled
        "#]],
    );
}

#[test]
fn an_answer_in_the_grace_is_undone_when_the_cancel_compensates() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { compensate: { do: [ { undoC: { set: '${ { out: $output } }' } } ] } } } }, { d: { set: { x: 1 } } } ]
        ",
        r#"
        start {}
        cancel compensate
        answer /do/0/c 200 7
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > cancel compensate
              cancelRequested compensate
              interrupted to cancel due +5000
            > answer /do/0/c 200 7
              taskCompleted /do/0/c#1 -> 7
              compensationStarted
              undoStarted /do/0/c
              taskStarted /do/0/c/metadata/compensate/do/0/undoC
              taskCompleted /do/0/c/metadata/compensate/do/0/undoC -> {"out":7}
              undoCompleted /do/0/c
              compensationCompleted
              cancelled
            = cancelled, compensation completed
              undo /do/0/c completed
        "#]],
    );
}

#[test]
fn an_error_answer_in_the_grace_is_a_cancelled_task() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { compensate: { do: [ { undoC: { set: '${ { out: $output } }' } } ] } } } }, { d: { set: { x: 1 } } } ]
        ",
        r#"
        start {}
        cancel compensate
        answer /do/0/c 500 {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > cancel compensate
              cancelRequested compensate
              interrupted to cancel due +5000
            > answer /do/0/c 500 {}
              taskCancelled /do/0/c
              cancelled
            = cancelled
        "#]],
    );
}

#[test]
fn a_call_that_was_not_sent_in_the_grace_is_not_tried_again() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { compensate: { do: [ { undoC: { set: '${ { out: $output } }' } } ] } } } }, { d: { set: { x: 1 } } } ]
        ",
        r#"
        start {}
        cancel compensate
        notsent /do/0/c
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > cancel compensate
              cancelRequested compensate
              interrupted to cancel due +5000
            > notsent /do/0/c
              taskCancelled /do/0/c
              cancelled
            = cancelled
        "#]],
    );
}

#[test]
fn an_unknown_outcome_in_the_grace_is_uncertain_and_undone() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { compensate: { do: [ { undoC: { set: '${ { out: $output } }' } } ] } } } }, { d: { set: { x: 1 } } } ]
        ",
        r#"
        start {}
        cancel compensate
        unknown /do/0/c
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > cancel compensate
              cancelRequested compensate
              interrupted to cancel due +5000
            > unknown /do/0/c
              taskUncertain /do/0/c#1 reset: gone
              taskCancelled /do/0/c executed
              compensationStarted
              undoStarted /do/0/c
              taskStarted /do/0/c/metadata/compensate/do/0/undoC
              taskCompleted /do/0/c/metadata/compensate/do/0/undoC -> {"out":null}
              undoCompleted /do/0/c
              compensationCompleted
              cancelled
            = cancelled, compensation completed
              undo /do/0/c completed
        "#]],
    );
}

#[test]
fn a_call_lost_in_the_grace_is_uncertain_and_undone() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { compensate: { do: [ { undoC: { set: '${ { out: $output } }' } } ] } } } }, { d: { set: { x: 1 } } } ]
        ",
        r#"
        start {}
        cancel compensate
        lost /do/0/c
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > cancel compensate
              cancelRequested compensate
              interrupted to cancel due +5000
            > lost /do/0/c
              taskUncertain /do/0/c#1 owner_lost: the node that was to send the request is gone
              taskCancelled /do/0/c executed
              compensationStarted
              undoStarted /do/0/c
              taskStarted /do/0/c/metadata/compensate/do/0/undoC
              taskCompleted /do/0/c/metadata/compensate/do/0/undoC -> {"out":null}
              undoCompleted /do/0/c
              compensationCompleted
              cancelled
            = cancelled, compensation completed
              undo /do/0/c completed
        "#]],
    );
}

#[test]
fn the_end_of_the_grace_leaves_the_call_uncertain_and_undone() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { compensate: { do: [ { undoC: { set: '${ { out: $output } }' } } ] } } } }, { d: { set: { x: 1 } } } ]
        ",
        r#"
        start {}
        cancel compensate
        fire grace
        answer /do/0/c 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > cancel compensate
              cancelRequested compensate
              interrupted to cancel due +5000
            > fire grace
              taskUncertain /do/0/c#1 interrupted: the step was interrupted while its call was under way
              taskCancelled /do/0/c executed
              compensationStarted
              undoStarted /do/0/c
              taskStarted /do/0/c/metadata/compensate/do/0/undoC
              taskCompleted /do/0/c/metadata/compensate/do/0/undoC -> {"out":null}
              undoCompleted /do/0/c
              compensationCompleted
              cancelled
            > answer /do/0/c 200 1
              nothing
            = cancelled, compensation completed
              undo /do/0/c completed
        "#]],
    );
}

#[test]
fn a_cancel_ends_the_backoff_of_a_call_at_once() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { compensate: { do: [ { undoC: { set: '${ { out: $output } }' } } ] } } } }, { d: { set: { x: 1 } } } ]
        ",
        r#"
        start {}
        notsent /do/0/c
        cancel compensate
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > notsent /do/0/c
              taskRetried /do/0/c#1 connect: no due +205
            > cancel compensate
              cancelRequested compensate
              interrupted to cancel due +5000
              taskCancelled /do/0/c
              cancelled
            = cancelled
        "#]],
    );
}

#[test]
fn a_call_in_backoff_after_an_unknown_outcome_is_undone_when_it_is_cancelled() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { mode: exactly_once_with_key }, compensate: { do: [ { undoC: { set: '${ { out: $output } }' } } ] } } } }, { d: { set: { x: 1 } } } ]
        ",
        r#"
        start {}
        unknown /do/0/c
        cancel compensate
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > unknown /do/0/c
              taskRetried /do/0/c#1 reset: gone due +205
            > cancel compensate
              cancelRequested compensate
              interrupted to cancel due +5000
              taskCancelled /do/0/c executed
              compensationStarted
              undoStarted /do/0/c
              taskStarted /do/0/c/metadata/compensate/do/0/undoC
              taskCompleted /do/0/c/metadata/compensate/do/0/undoC -> {"out":null}
              undoCompleted /do/0/c
              compensationCompleted
              cancelled
            = cancelled, compensation completed
              undo /do/0/c completed
        "#]],
    );
}

#[test]
fn a_cancel_ends_the_backoff_of_a_try_at_once() {
    check(
        r"
        do: [ { t: { try: [ { r: { raise: { error: { type: 'https://x/y', status: 500 } } } } ], catch: { retry: { delay: PT1M } } } } ]
        ",
        r#"
        start {}
        cancel
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://x/y 500 at /do/0/t/try/0/r
              taskRetried /do/0/t retry 1 ! https://x/y 500 at /do/0/t/try/0/r due +60000
            > cancel
              cancelRequested
              interrupted to cancel due +5000
              taskCancelled /do/0/t
              cancelled
            = cancelled
        "#]],
    );
}

#[test]
fn a_cancel_ends_every_branch_of_a_fork() {
    check(
        r"
        do: [ { f: { fork: { branches: [ { w: { wait: PT1M } }, { d: { do: [ { v: { wait: PT1M } } ] } }, { c: { call: http, with: { method: get, endpoint: 'http://s/' } } } ] } } } ]
        ",
        r#"
        start {}
        cancel
        answer /do/0/f/fork/branches/2/c 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/f
              taskStarted /do/0/f/fork/branches/0/w due +60000
              taskStarted /do/0/f/fork/branches/1/d
              taskStarted /do/0/f/fork/branches/2/c
              attemptStarted /do/0/f/fork/branches/2/c#1
              taskStarted /do/0/f/fork/branches/1/d/do/0/v due +60000
            > cancel
              cancelRequested
              interrupted to cancel due +5000
              taskCancelled /do/0/f/fork/branches/1/d/do/0/v
              taskCancelled /do/0/f/fork/branches/1/d
              taskCancelled /do/0/f/fork/branches/0/w
            > answer /do/0/f/fork/branches/2/c 200 1
              taskCompleted /do/0/f/fork/branches/2/c#1 -> 1
              taskCancelled /do/0/f
              cancelled
            = cancelled
        "#]],
    );
}

#[test]
fn a_second_cancel_changes_nothing() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { compensate: { do: [ { undoC: { set: '${ { out: $output } }' } } ] } } } }, { d: { set: { x: 1 } } } ]
        ",
        r#"
        start {}
        cancel
        cancel compensate
        answer /do/0/c 200 1
        cancel
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > cancel
              cancelRequested
              interrupted to cancel due +5000
            > cancel compensate
              nothing
            > answer /do/0/c 200 1
              taskCompleted /do/0/c#1 -> 1
              cancelled
            > cancel
              nothing
            = cancelled
        "#]],
    );
}

#[test]
fn a_completion_that_came_first_wins() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' } } } ]
        ",
        r#"
        start {}
        answer /do/0/c 200 1
        cancel
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > answer /do/0/c 200 1
              taskCompleted /do/0/c#1 -> 1
              completed -> 1
            > cancel
              rejected: the execution has ended: it is completed
            = completed 1
        "#]],
    );
}

#[test]
fn a_cancel_of_a_pending_execution_ends_it() {
    check(
        r"
        do: [ { a: { set: { x: 1 } } } ]
        ",
        r#"
        start-at +5000 {}
        cancel compensate
        "#,
        expect![[r#"
            > start-at +5000 {}
              accepted due +5000
            > cancel compensate
              cancelRequested compensate
              cancelled
            = cancelled
        "#]],
    );
}

#[test]
fn a_cancel_while_a_fork_drains_wins_over_the_forks_fault() {
    check(
        r"
        do: [ { f: { fork: { branches: [ { a: { call: http, with: { method: post, endpoint: 'http://s/a' } } }, { b: { call: http, with: { method: post, endpoint: 'http://s/b' } } } ] } } } ]
        ",
        r#"
        start {}
        answer /do/0/f/fork/branches/0/a 500 {}
        cancel
        answer /do/0/f/fork/branches/1/b 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/f
              taskStarted /do/0/f/fork/branches/0/a
              attemptStarted /do/0/f/fork/branches/0/a#1
              taskStarted /do/0/f/fork/branches/1/b
              attemptStarted /do/0/f/fork/branches/1/b#1
            > answer /do/0/f/fork/branches/0/a 500 {}
              taskFaulted /do/0/f/fork/branches/0/a#1 ! communication 500 at /do/0/f/fork/branches/0/a: POST http://s/a was answered with status 500: {}
              interrupted /do/0/f to fault due +5000
            > cancel
              cancelRequested
              interrupted to cancel due +5000
            > answer /do/0/f/fork/branches/1/b 200 1
              taskCompleted /do/0/f/fork/branches/1/b#1 -> 1
              taskCancelled /do/0/f
              cancelled
            = cancelled
        "#]],
    );
}

#[test]
fn nothing_of_an_execution_that_does_not_exist_can_be_cancelled() {
    check(
        r"
        do: [ { a: { set: { x: 1 } } } ]
        ",
        r#"
        cancel
        terminate
        "#,
        expect![[r#"
            > cancel
              rejected: there is no such execution
            > terminate
              rejected: there is no such execution
            = not started
        "#]],
    );
}

#[test]
fn terminate_ends_a_call_at_once_and_undoes_nothing() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { compensate: { do: [ { undoC: { set: '${ { out: $output } }' } } ] } } } }, { d: { set: { x: 1 } } } ]
        ",
        r#"
        start {}
        terminate
        answer /do/0/c 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > terminate
              terminated
            > answer /do/0/c 200 1
              nothing
            = terminated
        "#]],
    );
}

#[test]
fn terminate_ends_a_suspended_execution() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { compensate: { do: [ { undoC: { set: '${ { out: $output } }' } } ] } } } }, { d: { set: { x: 1 } } } ]
        ",
        r#"
        start {}
        unknown /do/0/c
        terminate
        terminate
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > unknown /do/0/c
              taskUncertain /do/0/c#1 reset: gone
            > terminate
              terminated
            > terminate
              nothing
            = terminated
        "#]],
    );
}

#[test]
fn terminate_ends_a_draining_execution() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { compensate: { do: [ { undoC: { set: '${ { out: $output } }' } } ] } } } }, { d: { set: { x: 1 } } } ]
        ",
        r#"
        start {}
        cancel
        terminate
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > cancel
              cancelRequested
              interrupted to cancel due +5000
            > terminate
              terminated
            = terminated
        "#]],
    );
}

#[test]
fn commands_to_an_ended_execution_are_rejected() {
    check(
        r"
        do: [ { a: { set: { x: 1 } } } ]
        ",
        r#"
        start {}
        cancel
        terminate
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              completed -> {"x":1}
            > cancel
              rejected: the execution has ended: it is completed
            > terminate
              rejected: the execution has ended: it is completed
            > start {}
              rejected: the execution was started already
            = completed {"x":1}
        "#]],
    );
}

#[test]
fn a_timer_of_an_execution_that_drains_does_not_fire_its_timeout() {
    check(
        r"
        timeout: { after: PT1S }
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { compensate: { do: [ { undoC: { set: '${ { out: $output } }' } } ] } } } }, { d: { set: { x: 1 } } } ]
        ",
        r#"
        start {}
        cancel
        clock +2000
        answer /do/0/c 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > cancel
              cancelRequested
              interrupted to cancel due +5000
            > clock +2000
            > answer /do/0/c 200 1
              taskCompleted /do/0/c#1 -> 1
              cancelled
            = cancelled
        "#]],
    );
}

#[test]
fn a_delayed_start_is_pending_until_its_time() {
    check(
        r"
        input: { from: .n }
        do: [ { a: { set: '${ [., $workflow.startedAt.epoch.milliseconds] }' } } ]
        ",
        r#"
        start-at +5000 {"n":1}
        fire-early
        fire
        "#,
        expect![[r#"
            > start-at +5000 {"n":1}
              accepted due +5000
            > fire-early
              nothing
            > fire
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> [1,1700000005000]
              completed -> [1,1700000005000]
            = completed [1,1700000005000]
        "#]],
    );
}

#[test]
fn a_start_time_that_has_passed_starts_at_once() {
    check(
        r"
        do: [ { a: { set: { x: 1 } } } ]
        ",
        r#"
        start-at +0 {}
        "#,
        expect![[r#"
            > start-at +0 {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              completed -> {"x":1}
            = completed {"x":1}
        "#]],
    );
}

#[test]
fn the_input_of_a_delayed_start_is_checked_at_once() {
    check(
        r"
        input: { schema: { document: { type: object, required: [ n ] } } }
        do: [ { a: { set: { x: 1 } } } ]
        ",
        r#"
        start-at +5000 {}
        "#,
        expect![[r#"
            > start-at +5000 {}
              rejected: the input is not valid:  "n" is a required property
            = not started
        "#]],
    );
}

#[test]
fn the_workflow_timeout_of_a_delayed_start_counts_from_its_beginning() {
    check(
        r"
        timeout: { after: PT10S }
        do: [ { w: { wait: PT1M } } ]
        ",
        r#"
        start-at +5000 {}
        fire
        "#,
        expect![[r#"
            > start-at +5000 {}
              accepted due +5000
            > fire
              started
              taskStarted /do/0/w due +65000
            = waiting
              open: timeout +15000, wait /do/0/w +65000
        "#]],
    );
}

#[test]
fn an_execution_starts_once() {
    check(
        r"
        do: [ { w: { wait: PT1M } } ]
        ",
        r#"
        start {}
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/w due +60000
            > start {}
              rejected: the execution was started already
            = waiting
              open: wait /do/0/w +60000
        "#]],
    );
}
