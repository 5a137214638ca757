//! Timeouts of tasks, composites, tries and the workflow (FR-007).

use expect_test::expect;
use tenure_engine::execution::testing::check;

#[test]
fn a_task_timeout_faults_with_408() {
    check(
        r"
        do: [ { w: { wait: PT1M, timeout: { after: PT5S } } } ]
        ",
        r#"
        start {}
        fire timeout
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/w due +60000
            > fire timeout
              taskFaulted /do/0/w ! timeout 408 at /do/0/w: the task took longer than its `timeout`
              faulted ! timeout 408 at /do/0/w: the task took longer than its `timeout`
            = faulted timeout 408 at /do/0/w: the task took longer than its `timeout`
        "#]],
    );
}

#[test]
fn a_task_timeout_is_caught() {
    check(
        r"
        do: [ { t: { try: [ { w: { wait: PT1M, timeout: { after: PT5S } } } ], catch: { errors: { with: { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/timeout' } }, do: [ { h: { set: '${ $error.instance }' } } ] } } } ]
        ",
        r#"
        start {}
        fire timeout
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/w due +60000
            > fire timeout
              taskFaulted /do/0/t/try/0/w ! timeout 408 at /do/0/t/try/0/w: the task took longer than its `timeout`
              errorCaught /do/0/t ! timeout 408 at /do/0/t/try/0/w: the task took longer than its `timeout`
              taskStarted /do/0/t/catch/do/0/h
              taskCompleted /do/0/t/catch/do/0/h -> "/do/0/t/try/0/w"
              taskCompleted /do/0/t -> "/do/0/t/try/0/w"
              completed -> "/do/0/t/try/0/w"
            = completed "/do/0/t/try/0/w"
        "#]],
    );
}

#[test]
fn a_timeout_that_does_not_come_to_pass_leaves_nothing_behind() {
    check(
        r"
        do: [ { w: { wait: PT1S, timeout: { after: PT5S } } }, { x: { wait: PT1M } } ]
        ",
        r#"
        start {}
        fire
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/w due +1000
            > fire
              taskCompleted /do/0/w -> {}
              taskStarted /do/1/x due +61000
            = waiting
              open: wait /do/1/x +61000
        "#]],
    );
}

#[test]
fn a_computed_timeout_is_evaluated_at_the_start_of_the_task() {
    check(
        r"
        do: [ { w: { wait: PT1M, timeout: { after: '${ .limit }' } } } ]
        ",
        r#"
        start {"limit":"PT3S"}
        fire
        "#,
        expect![[r#"
            > start {"limit":"PT3S"}
              started
              taskStarted /do/0/w due +60000
            > fire
              taskFaulted /do/0/w ! timeout 408 at /do/0/w: the task took longer than its `timeout`
              faulted ! timeout 408 at /do/0/w: the task took longer than its `timeout`
            = faulted timeout 408 at /do/0/w: the task took longer than its `timeout`
        "#]],
    );
}

#[test]
fn a_named_timeout_is_the_same_as_an_inline_one() {
    check(
        r"
        use: { timeouts: { short: { after: PT3S } } }
        do: [ { w: { wait: PT1M, timeout: short } } ]
        ",
        r#"
        start {}
        fire
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/w due +60000
            > fire
              taskFaulted /do/0/w ! timeout 408 at /do/0/w: the task took longer than its `timeout`
              faulted ! timeout 408 at /do/0/w: the task took longer than its `timeout`
            = faulted timeout 408 at /do/0/w: the task took longer than its `timeout`
        "#]],
    );
}

#[test]
fn the_timeout_of_a_composite_interrupts_what_is_in_it() {
    check(
        r"
        do: [ { d: { do: [ { f: { fork: { branches: [ { a: { wait: PT1M } }, { b: { call: http, with: { method: post, endpoint: 'http://s/' } } } ] } } } ], timeout: { after: PT5S } } } ]
        ",
        r#"
        start {}
        fire timeout
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/d due +5000
              taskStarted /do/0/d/do/0/f
              taskStarted /do/0/d/do/0/f/fork/branches/0/a due +60000
              taskStarted /do/0/d/do/0/f/fork/branches/1/b
              attemptStarted /do/0/d/do/0/f/fork/branches/1/b#1
            > fire timeout
              interrupted /do/0/d to fault
              taskUncertain /do/0/d/do/0/f/fork/branches/1/b#1 interrupted: the step was interrupted while its call was under way
              taskCancelled /do/0/d/do/0/f/fork/branches/1/b executed
              taskCancelled /do/0/d/do/0/f/fork/branches/0/a
              taskCancelled /do/0/d/do/0/f
              taskFaulted /do/0/d ! timeout 408 at /do/0/d: the task took longer than its `timeout`
              faulted ! timeout 408 at /do/0/d: the task took longer than its `timeout`
            = faulted timeout 408 at /do/0/d: the task took longer than its `timeout`
        "#]],
    );
}

#[test]
fn the_timeout_of_a_try_is_not_caught_by_the_try_itself() {
    check(
        r"
        do: [ { t: { try: [ { w: { wait: PT1M } } ], catch: { do: [ { h: { set: { x: 1 } } } ] }, timeout: { after: PT5S } } } ]
        ",
        r#"
        start {}
        fire timeout
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t due +5000
              taskStarted /do/0/t/try/0/w due +60000
            > fire timeout
              interrupted /do/0/t to fault
              taskCancelled /do/0/t/try/0/w
              taskFaulted /do/0/t ! timeout 408 at /do/0/t: the task took longer than its `timeout`
              faulted ! timeout 408 at /do/0/t: the task took longer than its `timeout`
            = faulted timeout 408 at /do/0/t: the task took longer than its `timeout`
        "#]],
    );
}

#[test]
fn the_timeout_of_a_try_counts_during_its_backoff() {
    check(
        r"
        do: [ { t: { try: [ { r: { raise: { error: { type: 'https://x/y', status: 500 } } } } ], catch: { retry: { delay: PT1M } }, timeout: { after: PT5S } } } ]
        ",
        r#"
        start {}
        fire timeout
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t due +5000
              taskStarted /do/0/t/try/0/r
              taskFaulted /do/0/t/try/0/r ! https://x/y 500 at /do/0/t/try/0/r
              taskRetried /do/0/t retry 1 ! https://x/y 500 at /do/0/t/try/0/r due +60000
            > fire timeout
              taskFaulted /do/0/t ! timeout 408 at /do/0/t: the task took longer than its `timeout`
              faulted ! timeout 408 at /do/0/t: the task took longer than its `timeout`
            = faulted timeout 408 at /do/0/t: the task took longer than its `timeout`
        "#]],
    );
}

#[test]
fn the_timeout_of_a_call_under_way_in_mode_at_most_once() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, timeout: { after: PT5S }, metadata: { effect: { mode: at_most_once } } } } ]
        ",
        r#"
        start {}
        fire timeout
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c due +5000
              attemptStarted /do/0/c#1
            > fire timeout
              taskUncertain /do/0/c#1 timeout: no answer came before the step's `timeout`
            = suspended
        "#]],
    );
}

#[test]
fn the_timeout_of_a_call_under_way_in_mode_exactly_once_with_key() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, timeout: { after: PT5S }, metadata: { effect: { mode: exactly_once_with_key } } } } ]
        ",
        r#"
        start {}
        fire timeout
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c due +5000
              attemptStarted /do/0/c#1
            > fire timeout
              taskFaulted /do/0/c#1 ! timeout 408 at /do/0/c: no answer came before the step's `timeout` executed
              faulted ! timeout 408 at /do/0/c: no answer came before the step's `timeout`
            = faulted timeout 408 at /do/0/c: no answer came before the step's `timeout`
        "#]],
    );
}

#[test]
fn the_timeout_of_a_call_under_way_in_mode_at_least_once() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, timeout: { after: PT5S }, metadata: { effect: { mode: at_least_once } } } } ]
        ",
        r#"
        start {}
        fire timeout
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c due +5000
              attemptStarted /do/0/c#1
            > fire timeout
              taskFaulted /do/0/c#1 ! timeout 408 at /do/0/c: no answer came before the step's `timeout` executed
              faulted ! timeout 408 at /do/0/c: no answer came before the step's `timeout`
            = faulted timeout 408 at /do/0/c: no answer came before the step's `timeout`
        "#]],
    );
}

#[test]
fn the_timeout_of_a_call_that_waits_for_its_next_attempt() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, timeout: { after: PT1S } } } ]
        ",
        r#"
        start {}
        clock +790
        notsent /do/0/c
        clock +1100
        fire timeout
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c due +1000
              attemptStarted /do/0/c#1
            > clock +790
            > notsent /do/0/c
              taskRetried /do/0/c#1 connect: no due +995
            > clock +1100
            > fire timeout
              taskFaulted /do/0/c#1 ! communication 503 at /do/0/c: no attempt was answered within the step's time; the last one: connect (no)
              faulted ! communication 503 at /do/0/c: no attempt was answered within the step's time; the last one: connect (no)
            = faulted communication 503 at /do/0/c: no attempt was answered within the step's time; the last one: connect (no)
        "#]],
    );
}

#[test]
fn the_workflow_timeout_faults_the_execution_past_every_catch() {
    check(
        r"
        timeout: { after: PT10S }
        do: [ { t: { try: [ { w: { wait: PT1M } } ], catch: { do: [ { h: { set: { x: 1 } } } ] } } } ]
        ",
        r#"
        start {}
        fire timeout
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/w due +60000
            > fire timeout
              interrupted to fault
              taskCancelled /do/0/t/try/0/w
              taskCancelled /do/0/t
              faulted ! timeout 408 at /: the workflow took longer than its `timeout`
            = faulted timeout 408 at /: the workflow took longer than its `timeout`
        "#]],
    );
}

#[test]
fn the_workflow_timeout_undoes_what_was_done() {
    check(
        r"
        timeout: { after: PT10S }
        do: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { u: { set: { y: 1 } } } ] } } } }, { w: { wait: PT1M } } ]
        ",
        r#"
        start {}
        fire timeout
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              taskStarted /do/1/w due +60000
            > fire timeout
              interrupted to fault
              taskCancelled /do/1/w
              compensationStarted ! timeout 408 at /: the workflow took longer than its `timeout`
              undoStarted /do/0/a
              taskStarted /do/0/a/metadata/compensate/do/0/u
              taskCompleted /do/0/a/metadata/compensate/do/0/u -> {"y":1}
              undoCompleted /do/0/a
              compensationCompleted
              faulted ! timeout 408 at /: the workflow took longer than its `timeout`
            = faulted, compensation completed timeout 408 at /: the workflow took longer than its `timeout`
              undo /do/0/a completed
        "#]],
    );
}

#[test]
fn a_loop_is_interrupted_by_its_timeout_between_iterations() {
    check(
        r"
        do: [ { l: { for: { in: '[1,2,3]' }, do: [ { w: { wait: PT4S } } ], timeout: { after: PT6S } } } ]
        ",
        r#"
        start {}
        fire wait
        fire
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/l due +6000
              iterationStarted /do/0/l 0
              taskStarted /do/0/l/do/0/w[0] due +4000
            > fire wait
              taskCompleted /do/0/l/do/0/w[0] -> {}
              iterationStarted /do/0/l 1
              taskStarted /do/0/l/do/0/w[1] due +8000
            > fire
              interrupted /do/0/l to fault
              taskCancelled /do/0/l/do/0/w[1]
              taskFaulted /do/0/l ! timeout 408 at /do/0/l: the task took longer than its `timeout`
              faulted ! timeout 408 at /do/0/l: the task took longer than its `timeout`
            = faulted timeout 408 at /do/0/l: the task took longer than its `timeout`
        "#]],
    );
}

#[test]
fn an_uncertain_step_is_ended_by_the_timeout_around_it() {
    check(
        r"
        do: [ { d: { do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' } } } ], timeout: { after: PT5S } } } ]
        ",
        r#"
        start {}
        unknown /do/0/d/do/0/c
        fire timeout
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/d due +5000
              taskStarted /do/0/d/do/0/c
              attemptStarted /do/0/d/do/0/c#1
            > unknown /do/0/d/do/0/c
              taskUncertain /do/0/d/do/0/c#1 reset: gone
            > fire timeout
              interrupted /do/0/d to fault
              taskCancelled /do/0/d/do/0/c executed
              taskFaulted /do/0/d ! timeout 408 at /do/0/d: the task took longer than its `timeout`
              faulted ! timeout 408 at /do/0/d: the task took longer than its `timeout`
            = faulted timeout 408 at /do/0/d: the task took longer than its `timeout`
        "#]],
    );
}
