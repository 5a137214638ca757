//! Compensation: what is undone, in which order, with what, and what happens when an undo fails (FR-008).
//!
//! Size: the expected facts of every case stand in the file.

use expect_test::expect;
use tenure_engine::execution::testing::check;

#[test]
fn a_fault_that_reaches_the_root_undoes_completed_tasks_in_reverse() {
    check(
        r"
        do: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { set: '${ { undone: $output } }' } } ] } } } }, { b: { set: { x: 2 }, metadata: { compensate: { do: [ { undoB: { set: '${ { undone: $output } }' } } ] } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              taskStarted /do/1/b
              taskCompleted /do/1/b -> {"x":2}
              taskStarted /do/2/fail
              taskFaulted /do/2/fail ! https://x/y 500 at /do/2/fail
              compensationStarted ! https://x/y 500 at /do/2/fail
              undoStarted /do/1/b
              taskStarted /do/1/b/metadata/compensate/do/0/undoB
              taskCompleted /do/1/b/metadata/compensate/do/0/undoB -> {"undone":{"x":2}}
              undoCompleted /do/1/b
              undoStarted /do/0/a
              taskStarted /do/0/a/metadata/compensate/do/0/undoA
              taskCompleted /do/0/a/metadata/compensate/do/0/undoA -> {"undone":{"x":1}}
              undoCompleted /do/0/a
              compensationCompleted
              faulted ! https://x/y 500 at /do/2/fail
            = faulted, compensation completed https://x/y 500 at /do/2/fail
              undo /do/1/b completed
              undo /do/0/a completed
        "#]],
    );
}

#[test]
fn normal_completion_undoes_nothing() {
    check(
        r"
        do: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { set: '${ { undone: $output } }' } } ] } } } }, { b: { set: { x: 2 }, metadata: { compensate: { do: [ { undoB: { set: '${ { undone: $output } }' } } ] } } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              taskStarted /do/1/b
              taskCompleted /do/1/b -> {"x":2}
              completed -> {"x":2}
            = completed {"x":2}
        "#]],
    );
}

#[test]
fn end_undoes_nothing() {
    check(
        r"
        do: [ { a: { set: { x: 1 }, then: end, metadata: { compensate: { do: [ { undoA: { set: '${ { undone: $output } }' } } ] } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              completed -> {"x":1}
            = completed {"x":1}
        "#]],
    );
}

#[test]
fn a_caught_error_undoes_nothing_by_itself() {
    check(
        r"
        do: [ { t: { try: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { set: '${ { undone: $output } }' } } ] } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ], catch: { do: [ { h: { set: { x: 3 } } } ] } } } ]
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
              taskStarted /do/0/t/try/1/fail
              taskFaulted /do/0/t/try/1/fail ! https://x/y 500 at /do/0/t/try/1/fail
              errorCaught /do/0/t ! https://x/y 500 at /do/0/t/try/1/fail
              taskStarted /do/0/t/catch/do/0/h
              taskCompleted /do/0/t/catch/do/0/h -> {"x":3}
              taskCompleted /do/0/t -> {"x":3}
              completed -> {"x":3}
            = completed {"x":3}
        "#]],
    );
}

#[test]
fn what_a_caught_try_has_done_is_undone_when_the_root_faults_later() {
    check(
        r"
        do: [ { t: { try: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { set: '${ { undone: $output } }' } } ] } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ], catch: { do: [ { b: { set: { x: 2 }, metadata: { compensate: { do: [ { undoB: { set: '${ { undone: $output } }' } } ] } } } } ] } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
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
              taskStarted /do/0/t/try/1/fail
              taskFaulted /do/0/t/try/1/fail ! https://x/y 500 at /do/0/t/try/1/fail
              errorCaught /do/0/t ! https://x/y 500 at /do/0/t/try/1/fail
              taskStarted /do/0/t/catch/do/0/b
              taskCompleted /do/0/t/catch/do/0/b -> {"x":2}
              taskCompleted /do/0/t -> {"x":2}
              taskStarted /do/1/fail
              taskFaulted /do/1/fail ! https://x/y 500 at /do/1/fail
              compensationStarted ! https://x/y 500 at /do/1/fail
              undoStarted /do/0/t/catch/do/0/b
              taskStarted /do/0/t/catch/do/0/b/metadata/compensate/do/0/undoB
              taskCompleted /do/0/t/catch/do/0/b/metadata/compensate/do/0/undoB -> {"undone":{"x":2}}
              undoCompleted /do/0/t/catch/do/0/b
              undoStarted /do/0/t/try/0/a
              taskStarted /do/0/t/try/0/a/metadata/compensate/do/0/undoA
              taskCompleted /do/0/t/try/0/a/metadata/compensate/do/0/undoA -> {"undone":{"x":1}}
              undoCompleted /do/0/t/try/0/a
              compensationCompleted
              faulted ! https://x/y 500 at /do/1/fail
            = faulted, compensation completed https://x/y 500 at /do/1/fail
              undo /do/0/t/catch/do/0/b completed
              undo /do/0/t/try/0/a completed
        "#]],
    );
}

#[test]
fn every_try_of_a_try_has_its_own_entry() {
    check(
        r"
        do: [ { t: { try: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { set: '${ { undone: $output } }' } } ] } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ], catch: { retry: { limit: { attempt: { count: 1 } } } } } } ]
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
              taskStarted /do/0/t/try/1/fail
              taskFaulted /do/0/t/try/1/fail ! https://x/y 500 at /do/0/t/try/1/fail
              taskRetried /do/0/t retry 1 ! https://x/y 500 at /do/0/t/try/1/fail due +0
              tryStarted /do/0/t
              taskStarted /do/0/t/try/0/a
              taskCompleted /do/0/t/try/0/a -> {"x":1}
              taskStarted /do/0/t/try/1/fail
              taskFaulted /do/0/t/try/1/fail ! https://x/y 500 at /do/0/t/try/1/fail
              taskFaulted /do/0/t ! https://x/y 500 at /do/0/t/try/1/fail
              compensationStarted ! https://x/y 500 at /do/0/t/try/1/fail
              undoStarted /do/0/t/try/0/a
              taskStarted /do/0/t/try/0/a/metadata/compensate/do/0/undoA
              taskCompleted /do/0/t/try/0/a/metadata/compensate/do/0/undoA -> {"undone":{"x":1}}
              undoCompleted /do/0/t/try/0/a
              undoStarted /do/0/t/try/0/a
              taskStarted /do/0/t/try/0/a/metadata/compensate/do/0/undoA
              taskCompleted /do/0/t/try/0/a/metadata/compensate/do/0/undoA -> {"undone":{"x":1}}
              undoCompleted /do/0/t/try/0/a
              compensationCompleted
              faulted ! https://x/y 500 at /do/0/t/try/1/fail
            = faulted, compensation completed https://x/y 500 at /do/0/t/try/1/fail
              undo /do/0/t/try/0/a completed
              undo /do/0/t/try/0/a completed
        "#]],
    );
}

#[test]
fn a_task_that_faulted_or_was_skipped_is_not_undone() {
    check(
        r"
        do: [ { a: { if: 'false', set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { set: '${ { undone: $output } }' } } ] } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } }, metadata: { compensate: { do: [ { undoF: { set: '${ { undone: $output } }' } } ] } } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskSkipped /do/0/a
              taskStarted /do/1/fail
              taskFaulted /do/1/fail ! https://x/y 500 at /do/1/fail
              faulted ! https://x/y 500 at /do/1/fail
            = faulted https://x/y 500 at /do/1/fail
        "#]],
    );
}

#[test]
fn an_attempted_task_is_undone_with_no_output() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { compensate: { on: attempted, do: [ { undoC: { set: '${ { out: $output, dot: ., in: $input } }' } } ] } } } } ]
        ",
        r#"
        start {"n":1}
        answer /do/0/c 500 {}
        "#,
        expect![[r#"
            > start {"n":1}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > answer /do/0/c 500 {}
              taskFaulted /do/0/c#1 ! communication 500 at /do/0/c: POST http://s/ was answered with status 500: {}
              compensationStarted ! communication 500 at /do/0/c: POST http://s/ was answered with status 500: {}
              undoStarted /do/0/c
              taskStarted /do/0/c/metadata/compensate/do/0/undoC
              taskCompleted /do/0/c/metadata/compensate/do/0/undoC -> {"out":null,"dot":null,"in":{"n":1}}
              undoCompleted /do/0/c
              compensationCompleted
              faulted ! communication 500 at /do/0/c: POST http://s/ was answered with status 500: {}
            = faulted, compensation completed communication 500 at /do/0/c: POST http://s/ was answered with status 500: {}
              undo /do/0/c completed
        "#]],
    );
}

#[test]
fn a_task_that_could_not_be_prepared_was_not_attempted() {
    check(
        r#"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/', body: '${ error("no") }' }, metadata: { compensate: { on: attempted, do: [ { undoC: { set: { x: 1 } } } ] } } } } ]
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              taskFaulted /do/0/c ! expression 400 at /do/0/c: `with.body`: no
              faulted ! expression 400 at /do/0/c: `with.body`: no
            = faulted expression 400 at /do/0/c: `with.body`: no
        "#]],
    );
}

#[test]
fn an_uncertain_task_that_is_cancelled_is_undone_like_one_that_completed() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { compensate: { do: [ { undoC: { set: '${ { out: $output } }' } } ] } } } } ]
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
              taskUncertain /do/0/c#1 reset: gone
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
fn an_uncertain_task_that_an_operator_found_not_executed_is_not_undone() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { compensate: { do: [ { undoC: { set: '${ { out: $output } }' } } ] } } } } ]
        ",
        r#"
        start {}
        unknown /do/0/c
        resolve /do/0/c fail
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > unknown /do/0/c
              taskUncertain /do/0/c#1 reset: gone
            > resolve /do/0/c fail
              taskResolved /do/0/c fail
              taskFaulted /do/0/c#1 ! runtime 500 at /do/0/c: an operator found that the step was not executed
              faulted ! runtime 500 at /do/0/c: an operator found that the step was not executed
            = faulted runtime 500 at /do/0/c: an operator found that the step was not executed
        "#]],
    );
}

#[test]
fn an_undo_sees_the_output_input_context_error_and_compensation_of_its_task() {
    check(
        r#"
        do:
          - a:
              input: { from: .n }
              set: '${ { got: . } }'
              output: { as: .got }
              export: { as: '{ at: "a" }' }
              metadata: { compensate: { do: [ { undoA: { set: '${ { dot: ., output: $output, input: $input, context: $context, error: $error.status, c: ($compensation | .idempotencyKey |= length | .forwardIdempotencyKey |= length) } }' } } ] } }
          - b: { set: { x: 1 }, export: { as: '{ at: "b" }' } }
          - fail: { raise: { error: { type: 'https://x/y', status: 418 } } }
        "#,
        r#"
        start {"n":7}
        "#,
        expect![[r#"
            > start {"n":7}
              started
              taskStarted /do/0/a <- 7
              taskCompleted /do/0/a -> 7 context {"at":"a"}
              taskStarted /do/1/b
              taskCompleted /do/1/b -> {"x":1} context {"at":"b"}
              taskStarted /do/2/fail
              taskFaulted /do/2/fail ! https://x/y 418 at /do/2/fail
              compensationStarted ! https://x/y 418 at /do/2/fail
              undoStarted /do/0/a
              taskStarted /do/0/a/metadata/compensate/do/0/undoA
              taskCompleted /do/0/a/metadata/compensate/do/0/undoA -> {"dot":7,"output":7,"input":7,"context":{"at":"a"},"error":418,"c":{"reason":"fault","task":"/do/0/a","iteration":"","idempotencyKey":32,"forwardIdempotencyKey":32}}
              undoCompleted /do/0/a
              compensationCompleted
              faulted ! https://x/y 418 at /do/2/fail
            = faulted, compensation completed https://x/y 418 at /do/2/fail
              undo /do/0/a completed
        "#]],
    );
}

#[test]
fn the_error_is_null_and_the_reason_cancel_after_a_cancel() {
    check(
        r"
        do: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { set: '${ [$error, $compensation.reason] }' } } ] } } } }, { w: { wait: PT1M } } ]
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
              taskCompleted /do/0/a/metadata/compensate/do/0/undoA -> [null,"cancel"]
              undoCompleted /do/0/a
              compensationCompleted
              cancelled
            = cancelled, compensation completed
              undo /do/0/a completed
        "#]],
    );
}

#[test]
fn exports_of_an_undo_stay_in_the_undo() {
    check(
        r#"
        do:
          - a: { set: { x: 1 }, export: { as: '{ at: "a" }' }, metadata: { compensate: { do: [ { one: { set: { y: 1 }, export: { as: '{ undoing: true }' } } }, { two: { set: '${ $context }' } } ] } } }
          - fail: { raise: { error: { type: 'https://x/y', status: 418 } } }
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1} context {"at":"a"}
              taskStarted /do/1/fail
              taskFaulted /do/1/fail ! https://x/y 418 at /do/1/fail
              compensationStarted ! https://x/y 418 at /do/1/fail
              undoStarted /do/0/a
              taskStarted /do/0/a/metadata/compensate/do/0/one
              taskCompleted /do/0/a/metadata/compensate/do/0/one -> {"y":1} context {"undoing":true}
              taskStarted /do/0/a/metadata/compensate/do/1/two
              taskCompleted /do/0/a/metadata/compensate/do/1/two -> {"undoing":true}
              undoCompleted /do/0/a
              compensationCompleted
              faulted ! https://x/y 418 at /do/1/fail
            = faulted, compensation completed https://x/y 418 at /do/1/fail
              undo /do/0/a completed
        "#]],
    );
}

#[test]
fn a_guard_that_is_false_leaves_the_task() {
    check(
        r"
        do: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { set: '${ { undone: $output } }' } } ] } } } }, { b: { set: { x: 2 }, metadata: { compensate: { do: [ { undoB: { set: '${ { undone: $output } }' } } ], when: $output.x == 1 } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              taskStarted /do/1/b
              taskCompleted /do/1/b -> {"x":2}
              taskStarted /do/2/fail
              taskFaulted /do/2/fail ! https://x/y 500 at /do/2/fail
              compensationStarted ! https://x/y 500 at /do/2/fail
              undoStarted /do/1/b
              undoSkipped /do/1/b
              undoStarted /do/0/a
              taskStarted /do/0/a/metadata/compensate/do/0/undoA
              taskCompleted /do/0/a/metadata/compensate/do/0/undoA -> {"undone":{"x":1}}
              undoCompleted /do/0/a
              compensationCompleted
              faulted ! https://x/y 500 at /do/2/fail
            = faulted, compensation completed https://x/y 500 at /do/2/fail
              undo /do/1/b notNeeded
              undo /do/0/a completed
        "#]],
    );
}

#[test]
fn a_guard_that_is_true_undoes_the_task() {
    check(
        r"
        do: [ { b: { set: { x: 2 }, metadata: { compensate: { do: [ { undoB: { set: '${ { undone: $output } }' } } ], when: $output.x == 2 } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/b
              taskCompleted /do/0/b -> {"x":2}
              taskStarted /do/1/fail
              taskFaulted /do/1/fail ! https://x/y 500 at /do/1/fail
              compensationStarted ! https://x/y 500 at /do/1/fail
              undoStarted /do/0/b
              taskStarted /do/0/b/metadata/compensate/do/0/undoB
              taskCompleted /do/0/b/metadata/compensate/do/0/undoB -> {"undone":{"x":2}}
              undoCompleted /do/0/b
              compensationCompleted
              faulted ! https://x/y 500 at /do/1/fail
            = faulted, compensation completed https://x/y 500 at /do/1/fail
              undo /do/0/b completed
        "#]],
    );
}

#[test]
fn a_guard_that_fails_is_a_failed_undo() {
    check(
        r"
        do: [ { b: { set: { x: 2 }, metadata: { compensate: { do: [ { undoB: { set: '${ { undone: $output } }' } } ], when: error(1) } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
        ",
        r#"
        start {}
        fire
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/b
              taskCompleted /do/0/b -> {"x":2}
              taskStarted /do/1/fail
              taskFaulted /do/1/fail ! https://x/y 500 at /do/1/fail
              compensationStarted ! https://x/y 500 at /do/1/fail
              undoStarted /do/0/b
              undoRetried /do/0/b retry 1 ! expression 400 at /do/0/b: `compensate.when`: 1 due +1057
            > fire
              undoResumed /do/0/b
              undoRetried /do/0/b retry 2 ! expression 400 at /do/0/b: `compensate.when`: 1 due +3208
            = running, compensation running https://x/y 500 at /do/1/fail
              open: retry /do/0/b +3208
        "#]],
    );
}

#[test]
fn a_loop_is_undone_from_its_last_iteration_to_its_first_with_its_variables() {
    check(
        r"
        do: [ { l: { for: { each: node, in: '[10,20,30]' }, do: [ { a: { set: '${ { made: $node } }', metadata: { compensate: { do: [ { undoA: { set: '${ [$node, $index, $output.made] }' } } ] } } } } ] } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/l
              iterationStarted /do/0/l 0
              taskStarted /do/0/l/do/0/a[0]
              taskCompleted /do/0/l/do/0/a[0] -> {"made":10}
              iterationStarted /do/0/l 1
              taskStarted /do/0/l/do/0/a[1]
              taskCompleted /do/0/l/do/0/a[1] -> {"made":20}
              iterationStarted /do/0/l 2
              taskStarted /do/0/l/do/0/a[2]
              taskCompleted /do/0/l/do/0/a[2] -> {"made":30}
              taskCompleted /do/0/l -> {"made":30}
              taskStarted /do/1/fail
              taskFaulted /do/1/fail ! https://x/y 500 at /do/1/fail
              compensationStarted ! https://x/y 500 at /do/1/fail
              undoStarted /do/0/l/do/0/a[2]
              taskStarted /do/0/l/do/0/a/metadata/compensate/do/0/undoA[2]
              taskCompleted /do/0/l/do/0/a/metadata/compensate/do/0/undoA[2] -> [30,2,30]
              undoCompleted /do/0/l/do/0/a[2]
              undoStarted /do/0/l/do/0/a[1]
              taskStarted /do/0/l/do/0/a/metadata/compensate/do/0/undoA[1]
              taskCompleted /do/0/l/do/0/a/metadata/compensate/do/0/undoA[1] -> [20,1,20]
              undoCompleted /do/0/l/do/0/a[1]
              undoStarted /do/0/l/do/0/a[0]
              taskStarted /do/0/l/do/0/a/metadata/compensate/do/0/undoA[0]
              taskCompleted /do/0/l/do/0/a/metadata/compensate/do/0/undoA[0] -> [10,0,10]
              undoCompleted /do/0/l/do/0/a[0]
              compensationCompleted
              faulted ! https://x/y 500 at /do/1/fail
            = faulted, compensation completed https://x/y 500 at /do/1/fail
              undo /do/0/l/do/0/a[2] completed
              undo /do/0/l/do/0/a[1] completed
              undo /do/0/l/do/0/a[0] completed
        "#]],
    );
}

#[test]
fn the_tasks_of_an_iteration_are_undone_in_reverse() {
    check(
        r"
        do: [ { l: { for: { in: '[1,2]' }, do: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { set: '${ $item }' } } ] } } } }, { b: { set: { x: 2 }, metadata: { compensate: { do: [ { undoB: { set: '${ $item }' } } ] } } } } ] } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/l
              iterationStarted /do/0/l 0
              taskStarted /do/0/l/do/0/a[0]
              taskCompleted /do/0/l/do/0/a[0] -> {"x":1}
              taskStarted /do/0/l/do/1/b[0]
              taskCompleted /do/0/l/do/1/b[0] -> {"x":2}
              iterationStarted /do/0/l 1
              taskStarted /do/0/l/do/0/a[1]
              taskCompleted /do/0/l/do/0/a[1] -> {"x":1}
              taskStarted /do/0/l/do/1/b[1]
              taskCompleted /do/0/l/do/1/b[1] -> {"x":2}
              taskCompleted /do/0/l -> {"x":2}
              taskStarted /do/1/fail
              taskFaulted /do/1/fail ! https://x/y 500 at /do/1/fail
              compensationStarted ! https://x/y 500 at /do/1/fail
              undoStarted /do/0/l/do/1/b[1]
              taskStarted /do/0/l/do/1/b/metadata/compensate/do/0/undoB[1]
              taskCompleted /do/0/l/do/1/b/metadata/compensate/do/0/undoB[1] -> 2
              undoCompleted /do/0/l/do/1/b[1]
              undoStarted /do/0/l/do/0/a[1]
              taskStarted /do/0/l/do/0/a/metadata/compensate/do/0/undoA[1]
              taskCompleted /do/0/l/do/0/a/metadata/compensate/do/0/undoA[1] -> 2
              undoCompleted /do/0/l/do/0/a[1]
              undoStarted /do/0/l/do/1/b[0]
              taskStarted /do/0/l/do/1/b/metadata/compensate/do/0/undoB[0]
              taskCompleted /do/0/l/do/1/b/metadata/compensate/do/0/undoB[0] -> 1
              undoCompleted /do/0/l/do/1/b[0]
              undoStarted /do/0/l/do/0/a[0]
              taskStarted /do/0/l/do/0/a/metadata/compensate/do/0/undoA[0]
              taskCompleted /do/0/l/do/0/a/metadata/compensate/do/0/undoA[0] -> 1
              undoCompleted /do/0/l/do/0/a[0]
              compensationCompleted
              faulted ! https://x/y 500 at /do/1/fail
            = faulted, compensation completed https://x/y 500 at /do/1/fail
              undo /do/0/l/do/1/b[1] completed
              undo /do/0/l/do/0/a[1] completed
              undo /do/0/l/do/1/b[0] completed
              undo /do/0/l/do/0/a[0] completed
        "#]],
    );
}

#[test]
fn a_loop_that_faults_in_an_iteration_undoes_what_it_has_done() {
    check(
        r"
        do: [ { l: { for: { in: '[1,2,3]' }, do: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { set: '${ $item }' } } ] } } } }, { b: { if: $item == 2, raise: { error: { type: 'https://x/y', status: 500 } } } } ] } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/l
              iterationStarted /do/0/l 0
              taskStarted /do/0/l/do/0/a[0]
              taskCompleted /do/0/l/do/0/a[0] -> {"x":1}
              taskSkipped /do/0/l/do/1/b[0]
              iterationStarted /do/0/l 1
              taskStarted /do/0/l/do/0/a[1]
              taskCompleted /do/0/l/do/0/a[1] -> {"x":1}
              taskStarted /do/0/l/do/1/b[1]
              taskFaulted /do/0/l/do/1/b[1] ! https://x/y 500 at /do/0/l/do/1/b
              taskFaulted /do/0/l ! https://x/y 500 at /do/0/l/do/1/b
              compensationStarted ! https://x/y 500 at /do/0/l/do/1/b
              undoStarted /do/0/l/do/0/a[1]
              taskStarted /do/0/l/do/0/a/metadata/compensate/do/0/undoA[1]
              taskCompleted /do/0/l/do/0/a/metadata/compensate/do/0/undoA[1] -> 2
              undoCompleted /do/0/l/do/0/a[1]
              undoStarted /do/0/l/do/0/a[0]
              taskStarted /do/0/l/do/0/a/metadata/compensate/do/0/undoA[0]
              taskCompleted /do/0/l/do/0/a/metadata/compensate/do/0/undoA[0] -> 1
              undoCompleted /do/0/l/do/0/a[0]
              compensationCompleted
              faulted ! https://x/y 500 at /do/0/l/do/1/b
            = faulted, compensation completed https://x/y 500 at /do/0/l/do/1/b
              undo /do/0/l/do/0/a[1] completed
              undo /do/0/l/do/0/a[0] completed
        "#]],
    );
}

#[test]
fn a_jump_adds_an_entry_for_every_round() {
    check(
        r"
        do: [ { a: { set: '${ { n: (.n + 1) } }', metadata: { compensate: { do: [ { undoA: { set: '${ $output.n }' } } ] } } } }, { s: { switch: [ { again: { when: .n < 2, then: a } } ] } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
        ",
        r#"
        start {"n":0}
        "#,
        expect![[r#"
            > start {"n":0}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"n":1}
              taskStarted /do/1/s
              taskCompleted /do/1/s -> {"n":1}
              taskStarted /do/0/a[r1]
              taskCompleted /do/0/a[r1] -> {"n":2}
              taskStarted /do/1/s[r1]
              taskCompleted /do/1/s[r1] -> {"n":2}
              taskStarted /do/2/fail[r1]
              taskFaulted /do/2/fail[r1] ! https://x/y 500 at /do/2/fail
              compensationStarted ! https://x/y 500 at /do/2/fail
              undoStarted /do/0/a[r1]
              taskStarted /do/0/a/metadata/compensate/do/0/undoA[r1]
              taskCompleted /do/0/a/metadata/compensate/do/0/undoA[r1] -> 2
              undoCompleted /do/0/a[r1]
              undoStarted /do/0/a
              taskStarted /do/0/a/metadata/compensate/do/0/undoA
              taskCompleted /do/0/a/metadata/compensate/do/0/undoA -> 1
              undoCompleted /do/0/a
              compensationCompleted
              faulted ! https://x/y 500 at /do/2/fail
            = faulted, compensation completed https://x/y 500 at /do/2/fail
              undo /do/0/a[r1] completed
              undo /do/0/a completed
        "#]],
    );
}

#[test]
fn the_branches_of_a_fork_are_undone_side_by_side_and_each_in_reverse() {
    check(
        r"
        do:
          - before: { set: { x: 0 }, metadata: { compensate: { do: [ { undoBefore: { set: '${ { undone: $output } }' } } ] } } }
          - f:
              fork:
                branches:
                  - one: { do: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { wait: PT5S } } ] } } } }, { b: { set: { x: 2 }, metadata: { compensate: { do: [ { undoB: { wait: PT1S } } ] } } } } ] }
                  - two: { set: { x: 3 }, metadata: { compensate: { do: [ { undoTwo: { wait: PT3S } } ] } } }
          - fail: { raise: { error: { type: 'https://x/y', status: 500 } } }
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
              taskStarted /do/0/before
              taskCompleted /do/0/before -> {"x":0}
              taskStarted /do/1/f
              taskStarted /do/1/f/fork/branches/0/one
              taskStarted /do/1/f/fork/branches/1/two
              taskCompleted /do/1/f/fork/branches/1/two -> {"x":3}
              taskStarted /do/1/f/fork/branches/0/one/do/0/a
              taskCompleted /do/1/f/fork/branches/0/one/do/0/a -> {"x":1}
              taskStarted /do/1/f/fork/branches/0/one/do/1/b
              taskCompleted /do/1/f/fork/branches/0/one/do/1/b -> {"x":2}
              taskCompleted /do/1/f/fork/branches/0/one -> {"x":2}
              taskCompleted /do/1/f -> [{"x":2},{"x":3}]
              taskStarted /do/2/fail
              taskFaulted /do/2/fail ! https://x/y 500 at /do/2/fail
              compensationStarted ! https://x/y 500 at /do/2/fail
              undoStarted /do/1/f/fork/branches/0/one/do/1/b
              undoStarted /do/1/f/fork/branches/1/two
              taskStarted /do/1/f/fork/branches/0/one/do/1/b/metadata/compensate/do/0/undoB due +1000
              taskStarted /do/1/f/fork/branches/1/two/metadata/compensate/do/0/undoTwo due +3000
            > fire
              taskCompleted /do/1/f/fork/branches/0/one/do/1/b/metadata/compensate/do/0/undoB -> {"x":2}
              undoCompleted /do/1/f/fork/branches/0/one/do/1/b
              undoStarted /do/1/f/fork/branches/0/one/do/0/a
              taskStarted /do/1/f/fork/branches/0/one/do/0/a/metadata/compensate/do/0/undoA due +6000
            > fire
              taskCompleted /do/1/f/fork/branches/1/two/metadata/compensate/do/0/undoTwo -> {"x":3}
              undoCompleted /do/1/f/fork/branches/1/two
            > fire
              taskCompleted /do/1/f/fork/branches/0/one/do/0/a/metadata/compensate/do/0/undoA -> {"x":1}
              undoCompleted /do/1/f/fork/branches/0/one/do/0/a
              undoStarted /do/0/before
              taskStarted /do/0/before/metadata/compensate/do/0/undoBefore
              taskCompleted /do/0/before/metadata/compensate/do/0/undoBefore -> {"undone":{"x":0}}
              undoCompleted /do/0/before
              compensationCompleted
              faulted ! https://x/y 500 at /do/2/fail
            = faulted, compensation completed https://x/y 500 at /do/2/fail
              undo /do/1/f/fork/branches/0/one/do/1/b completed
              undo /do/1/f/fork/branches/1/two completed
              undo /do/1/f/fork/branches/0/one/do/0/a completed
              undo /do/0/before completed
        "#]],
    );
}

#[test]
fn sequential_order_undoes_everything_in_the_reverse_of_the_starts() {
    check(
        r"
        document: { dsl: '1.0.3', namespace: test, name: script, version: '1.0.0', metadata: { compensation: { order: sequential } } }
        do:
          - f:
              fork:
                branches:
                  - one: { do: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { wait: PT5S } } ] } } } }, { b: { set: { x: 2 }, metadata: { compensate: { do: [ { undoB: { wait: PT1S } } ] } } } } ] }
                  - two: { set: { x: 3 }, metadata: { compensate: { do: [ { undoTwo: { wait: PT3S } } ] } } }
          - fail: { raise: { error: { type: 'https://x/y', status: 500 } } }
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
              taskStarted /do/0/f
              taskStarted /do/0/f/fork/branches/0/one
              taskStarted /do/0/f/fork/branches/1/two
              taskCompleted /do/0/f/fork/branches/1/two -> {"x":3}
              taskStarted /do/0/f/fork/branches/0/one/do/0/a
              taskCompleted /do/0/f/fork/branches/0/one/do/0/a -> {"x":1}
              taskStarted /do/0/f/fork/branches/0/one/do/1/b
              taskCompleted /do/0/f/fork/branches/0/one/do/1/b -> {"x":2}
              taskCompleted /do/0/f/fork/branches/0/one -> {"x":2}
              taskCompleted /do/0/f -> [{"x":2},{"x":3}]
              taskStarted /do/1/fail
              taskFaulted /do/1/fail ! https://x/y 500 at /do/1/fail
              compensationStarted ! https://x/y 500 at /do/1/fail
              undoStarted /do/0/f/fork/branches/0/one/do/1/b
              taskStarted /do/0/f/fork/branches/0/one/do/1/b/metadata/compensate/do/0/undoB due +1000
            > fire
              taskCompleted /do/0/f/fork/branches/0/one/do/1/b/metadata/compensate/do/0/undoB -> {"x":2}
              undoCompleted /do/0/f/fork/branches/0/one/do/1/b
              undoStarted /do/0/f/fork/branches/0/one/do/0/a
              taskStarted /do/0/f/fork/branches/0/one/do/0/a/metadata/compensate/do/0/undoA due +6000
            > fire
              taskCompleted /do/0/f/fork/branches/0/one/do/0/a/metadata/compensate/do/0/undoA -> {"x":1}
              undoCompleted /do/0/f/fork/branches/0/one/do/0/a
              undoStarted /do/0/f/fork/branches/1/two
              taskStarted /do/0/f/fork/branches/1/two/metadata/compensate/do/0/undoTwo due +9000
            > fire
              taskCompleted /do/0/f/fork/branches/1/two/metadata/compensate/do/0/undoTwo -> {"x":3}
              undoCompleted /do/0/f/fork/branches/1/two
              compensationCompleted
              faulted ! https://x/y 500 at /do/1/fail
            = faulted, compensation completed https://x/y 500 at /do/1/fail
              undo /do/0/f/fork/branches/0/one/do/1/b completed
              undo /do/0/f/fork/branches/0/one/do/0/a completed
              undo /do/0/f/fork/branches/1/two completed
        "#]],
    );
}

#[test]
fn a_composite_that_completed_is_undone_by_its_own_undo_alone() {
    check(
        r"
        do: [ { d: { do: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { set: '${ { undone: $output } }' } } ] } } } }, { b: { set: { x: 2 }, metadata: { compensate: { do: [ { undoB: { set: '${ { undone: $output } }' } } ] } } } } ], metadata: { compensate: { do: [ { undoD: { set: '${ { undone: $output } }' } } ] } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/d
              taskStarted /do/0/d/do/0/a
              taskCompleted /do/0/d/do/0/a -> {"x":1}
              taskStarted /do/0/d/do/1/b
              taskCompleted /do/0/d/do/1/b -> {"x":2}
              taskCompleted /do/0/d -> {"x":2}
              taskStarted /do/1/fail
              taskFaulted /do/1/fail ! https://x/y 500 at /do/1/fail
              compensationStarted ! https://x/y 500 at /do/1/fail
              undoStarted /do/0/d
              taskStarted /do/0/d/metadata/compensate/do/0/undoD
              taskCompleted /do/0/d/metadata/compensate/do/0/undoD -> {"undone":{"x":2}}
              undoCompleted /do/0/d
              compensationCompleted
              faulted ! https://x/y 500 at /do/1/fail
            = faulted, compensation completed https://x/y 500 at /do/1/fail
              undo /do/0/d completed
        "#]],
    );
}

#[test]
fn a_composite_that_did_not_complete_is_undone_task_by_task() {
    check(
        r"
        do: [ { d: { do: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { set: '${ { undone: $output } }' } } ] } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ], metadata: { compensate: { do: [ { undoD: { set: '${ { undone: $output } }' } } ] } } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/d
              taskStarted /do/0/d/do/0/a
              taskCompleted /do/0/d/do/0/a -> {"x":1}
              taskStarted /do/0/d/do/1/fail
              taskFaulted /do/0/d/do/1/fail ! https://x/y 500 at /do/0/d/do/1/fail
              taskFaulted /do/0/d ! https://x/y 500 at /do/0/d/do/1/fail
              compensationStarted ! https://x/y 500 at /do/0/d/do/1/fail
              undoStarted /do/0/d/do/0/a
              taskStarted /do/0/d/do/0/a/metadata/compensate/do/0/undoA
              taskCompleted /do/0/d/do/0/a/metadata/compensate/do/0/undoA -> {"undone":{"x":1}}
              undoCompleted /do/0/d/do/0/a
              compensationCompleted
              faulted ! https://x/y 500 at /do/0/d/do/1/fail
            = faulted, compensation completed https://x/y 500 at /do/0/d/do/1/fail
              undo /do/0/d/do/0/a completed
        "#]],
    );
}

#[test]
fn an_attempted_composite_is_undone_after_what_is_in_it() {
    check(
        r"
        do: [ { d: { do: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { set: '${ { undone: $output } }' } } ] } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ], metadata: { compensate: { do: [ { undoD: { set: '${ { undone: $output } }' } } ], on: attempted } } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/d
              taskStarted /do/0/d/do/0/a
              taskCompleted /do/0/d/do/0/a -> {"x":1}
              taskStarted /do/0/d/do/1/fail
              taskFaulted /do/0/d/do/1/fail ! https://x/y 500 at /do/0/d/do/1/fail
              taskFaulted /do/0/d ! https://x/y 500 at /do/0/d/do/1/fail
              compensationStarted ! https://x/y 500 at /do/0/d/do/1/fail
              undoStarted /do/0/d/do/0/a
              taskStarted /do/0/d/do/0/a/metadata/compensate/do/0/undoA
              taskCompleted /do/0/d/do/0/a/metadata/compensate/do/0/undoA -> {"undone":{"x":1}}
              undoCompleted /do/0/d/do/0/a
              undoStarted /do/0/d
              taskStarted /do/0/d/metadata/compensate/do/0/undoD
              taskCompleted /do/0/d/metadata/compensate/do/0/undoD -> {"undone":null}
              undoCompleted /do/0/d
              compensationCompleted
              faulted ! https://x/y 500 at /do/0/d/do/1/fail
            = faulted, compensation completed https://x/y 500 at /do/0/d/do/1/fail
              undo /do/0/d/do/0/a completed
              undo /do/0/d completed
        "#]],
    );
}

#[test]
fn a_composite_in_a_composite_in_a_loop_is_undone_from_the_inside() {
    check(
        r"
        do: [ { l: { for: { in: '[1,2]' }, do: [ { d: { do: [ { t: { try: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { set: '${ { undone: $output } }' } } ] } } } } ], catch: {} } } ] } } ] } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/l
              iterationStarted /do/0/l 0
              taskStarted /do/0/l/do/0/d[0]
              taskStarted /do/0/l/do/0/d/do/0/t[0]
              taskStarted /do/0/l/do/0/d/do/0/t/try/0/a[0]
              taskCompleted /do/0/l/do/0/d/do/0/t/try/0/a[0] -> {"x":1}
              taskCompleted /do/0/l/do/0/d/do/0/t[0] -> {"x":1}
              taskCompleted /do/0/l/do/0/d[0] -> {"x":1}
              iterationStarted /do/0/l 1
              taskStarted /do/0/l/do/0/d[1]
              taskStarted /do/0/l/do/0/d/do/0/t[1]
              taskStarted /do/0/l/do/0/d/do/0/t/try/0/a[1]
              taskCompleted /do/0/l/do/0/d/do/0/t/try/0/a[1] -> {"x":1}
              taskCompleted /do/0/l/do/0/d/do/0/t[1] -> {"x":1}
              taskCompleted /do/0/l/do/0/d[1] -> {"x":1}
              taskCompleted /do/0/l -> {"x":1}
              taskStarted /do/1/fail
              taskFaulted /do/1/fail ! https://x/y 500 at /do/1/fail
              compensationStarted ! https://x/y 500 at /do/1/fail
              undoStarted /do/0/l/do/0/d/do/0/t/try/0/a[1]
              taskStarted /do/0/l/do/0/d/do/0/t/try/0/a/metadata/compensate/do/0/undoA[1]
              taskCompleted /do/0/l/do/0/d/do/0/t/try/0/a/metadata/compensate/do/0/undoA[1] -> {"undone":{"x":1}}
              undoCompleted /do/0/l/do/0/d/do/0/t/try/0/a[1]
              undoStarted /do/0/l/do/0/d/do/0/t/try/0/a[0]
              taskStarted /do/0/l/do/0/d/do/0/t/try/0/a/metadata/compensate/do/0/undoA[0]
              taskCompleted /do/0/l/do/0/d/do/0/t/try/0/a/metadata/compensate/do/0/undoA[0] -> {"undone":{"x":1}}
              undoCompleted /do/0/l/do/0/d/do/0/t/try/0/a[0]
              compensationCompleted
              faulted ! https://x/y 500 at /do/1/fail
            = faulted, compensation completed https://x/y 500 at /do/1/fail
              undo /do/0/l/do/0/d/do/0/t/try/0/a[1] completed
              undo /do/0/l/do/0/d/do/0/t/try/0/a[0] completed
        "#]],
    );
}

#[test]
fn an_undo_is_a_durable_step_with_a_key_of_its_own() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/do' }, metadata: { compensate: { do: [ { undoC: { call: http, with: { method: post, endpoint: 'http://s/undo', headers: { K: '${ $compensation.idempotencyKey }', F: '${ $compensation.forwardIdempotencyKey }' } } } } ] } } } }, { d: { set: { x: 1 }, metadata: { compensate: { do: [ { undoD: { set: { y: 1 } } } ] } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
        ",
        r#"
        start {}
        show /do/0/c
        answer /do/0/c 200 1
        show /do/0/c/metadata/compensate/do/0/undoC
        answer /do/0/c/metadata/compensate/do/0/undoC 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > show /do/0/c
              POST http://s/do [] key=910294d8 mode=AtMostOnce send-by=+30000 deadline=+600000
            > answer /do/0/c 200 1
              taskCompleted /do/0/c#1 -> 1
              taskStarted /do/1/d
              taskCompleted /do/1/d -> {"x":1}
              taskStarted /do/2/fail
              taskFaulted /do/2/fail ! https://x/y 500 at /do/2/fail
              compensationStarted ! https://x/y 500 at /do/2/fail
              undoStarted /do/1/d
              taskStarted /do/1/d/metadata/compensate/do/0/undoD
              taskCompleted /do/1/d/metadata/compensate/do/0/undoD -> {"y":1}
              undoCompleted /do/1/d
              undoStarted /do/0/c
              taskStarted /do/0/c/metadata/compensate/do/0/undoC
              attemptStarted /do/0/c/metadata/compensate/do/0/undoC#1
            > show /do/0/c/metadata/compensate/do/0/undoC
              POST http://s/undo [K: a8a478c4e43f9dd59c5ec152cd4d1f66, F: 910294d85b6896be3aeade6391e42e3b] key=25bd042f mode=AtMostOnce send-by=+30000 deadline=+600000
            > answer /do/0/c/metadata/compensate/do/0/undoC 200 1
              taskCompleted /do/0/c/metadata/compensate/do/0/undoC#1 -> 1
              undoCompleted /do/0/c
              compensationCompleted
              faulted ! https://x/y 500 at /do/2/fail
            = faulted, compensation completed https://x/y 500 at /do/2/fail
              undo /do/1/d completed
              undo /do/0/c completed
        "#]],
    );
}

#[test]
fn an_undo_that_fails_is_tried_again_by_the_engine_under_the_same_key() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/do' }, metadata: { compensate: { do: [ { undoC: { call: http, with: { method: post, endpoint: 'http://s/undo', headers: { K: '${ $compensation.idempotencyKey }', F: '${ $compensation.forwardIdempotencyKey }' } } } } ] } } } }, { d: { set: { x: 1 }, metadata: { compensate: { do: [ { undoD: { set: { y: 1 } } } ] } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
        ",
        r#"
        start {}
        answer /do/0/c 200 1
        show /do/0/c/metadata/compensate/do/0/undoC
        answer /do/0/c/metadata/compensate/do/0/undoC 500 {}
        fire
        show /do/0/c/metadata/compensate/do/0/undoC
        answer /do/0/c/metadata/compensate/do/0/undoC 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > answer /do/0/c 200 1
              taskCompleted /do/0/c#1 -> 1
              taskStarted /do/1/d
              taskCompleted /do/1/d -> {"x":1}
              taskStarted /do/2/fail
              taskFaulted /do/2/fail ! https://x/y 500 at /do/2/fail
              compensationStarted ! https://x/y 500 at /do/2/fail
              undoStarted /do/1/d
              taskStarted /do/1/d/metadata/compensate/do/0/undoD
              taskCompleted /do/1/d/metadata/compensate/do/0/undoD -> {"y":1}
              undoCompleted /do/1/d
              undoStarted /do/0/c
              taskStarted /do/0/c/metadata/compensate/do/0/undoC
              attemptStarted /do/0/c/metadata/compensate/do/0/undoC#1
            > show /do/0/c/metadata/compensate/do/0/undoC
              POST http://s/undo [K: a8a478c4e43f9dd59c5ec152cd4d1f66, F: 910294d85b6896be3aeade6391e42e3b] key=25bd042f mode=AtMostOnce send-by=+30000 deadline=+600000
            > answer /do/0/c/metadata/compensate/do/0/undoC 500 {}
              taskFaulted /do/0/c/metadata/compensate/do/0/undoC#1 ! communication 500 at /do/0/c/metadata/compensate/do/0/undoC: POST http://s/undo was answered with status 500: {}
              undoRetried /do/0/c retry 1 ! communication 500 at /do/0/c/metadata/compensate/do/0/undoC: POST http://s/undo was answered with status 500: {} due +1013
            > fire
              undoResumed /do/0/c
              taskStarted /do/0/c/metadata/compensate/do/0/undoC
              attemptStarted /do/0/c/metadata/compensate/do/0/undoC#2
            > show /do/0/c/metadata/compensate/do/0/undoC
              POST http://s/undo [K: a8a478c4e43f9dd59c5ec152cd4d1f66, F: 910294d85b6896be3aeade6391e42e3b] key=25bd042f mode=AtMostOnce send-by=+31013 deadline=+601013
            > answer /do/0/c/metadata/compensate/do/0/undoC 200 1
              taskCompleted /do/0/c/metadata/compensate/do/0/undoC#2 -> 1
              undoCompleted /do/0/c
              compensationCompleted
              faulted ! https://x/y 500 at /do/2/fail
            = faulted, compensation completed https://x/y 500 at /do/2/fail
              undo /do/1/d completed
              undo /do/0/c completed
        "#]],
    );
}

#[test]
fn an_undo_that_was_lost_goes_on_after_a_crash() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/do' }, metadata: { compensate: { do: [ { undoC: { call: http, with: { method: put, endpoint: 'http://s/undo', headers: { K: '${ $compensation.idempotencyKey }', F: '${ $compensation.forwardIdempotencyKey }' } } } } ] } } } }, { d: { set: { x: 1 }, metadata: { compensate: { do: [ { undoD: { set: { y: 1 } } } ] } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
        ",
        r#"
        start {}
        answer /do/0/c 200 1
        lost /do/0/c/metadata/compensate/do/0/undoC
        fire
        answer /do/0/c/metadata/compensate/do/0/undoC 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > answer /do/0/c 200 1
              taskCompleted /do/0/c#1 -> 1
              taskStarted /do/1/d
              taskCompleted /do/1/d -> {"x":1}
              taskStarted /do/2/fail
              taskFaulted /do/2/fail ! https://x/y 500 at /do/2/fail
              compensationStarted ! https://x/y 500 at /do/2/fail
              undoStarted /do/1/d
              taskStarted /do/1/d/metadata/compensate/do/0/undoD
              taskCompleted /do/1/d/metadata/compensate/do/0/undoD -> {"y":1}
              undoCompleted /do/1/d
              undoStarted /do/0/c
              taskStarted /do/0/c/metadata/compensate/do/0/undoC
              attemptStarted /do/0/c/metadata/compensate/do/0/undoC#1
            > lost /do/0/c/metadata/compensate/do/0/undoC
              taskRetried /do/0/c/metadata/compensate/do/0/undoC#1 owner_lost: the node that was to send the request is gone due +30000
            > fire
              attemptStarted /do/0/c/metadata/compensate/do/0/undoC#2
            > answer /do/0/c/metadata/compensate/do/0/undoC 200 1
              taskCompleted /do/0/c/metadata/compensate/do/0/undoC#2 -> 1
              undoCompleted /do/0/c
              compensationCompleted
              faulted ! https://x/y 500 at /do/2/fail
            = faulted, compensation completed https://x/y 500 at /do/2/fail
              undo /do/1/d completed
              undo /do/0/c completed
        "#]],
    );
}

#[test]
fn an_uncertain_undo_waits_for_an_operator() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/do' }, metadata: { compensate: { do: [ { undoC: { call: http, with: { method: post, endpoint: 'http://s/undo', headers: { K: '${ $compensation.idempotencyKey }', F: '${ $compensation.forwardIdempotencyKey }' } } } } ] } } } }, { d: { set: { x: 1 }, metadata: { compensate: { do: [ { undoD: { set: { y: 1 } } } ] } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
        ",
        r#"
        start {}
        answer /do/0/c 200 1
        unknown /do/0/c/metadata/compensate/do/0/undoC
        resolve /do/0/c/metadata/compensate/do/0/undoC complete 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > answer /do/0/c 200 1
              taskCompleted /do/0/c#1 -> 1
              taskStarted /do/1/d
              taskCompleted /do/1/d -> {"x":1}
              taskStarted /do/2/fail
              taskFaulted /do/2/fail ! https://x/y 500 at /do/2/fail
              compensationStarted ! https://x/y 500 at /do/2/fail
              undoStarted /do/1/d
              taskStarted /do/1/d/metadata/compensate/do/0/undoD
              taskCompleted /do/1/d/metadata/compensate/do/0/undoD -> {"y":1}
              undoCompleted /do/1/d
              undoStarted /do/0/c
              taskStarted /do/0/c/metadata/compensate/do/0/undoC
              attemptStarted /do/0/c/metadata/compensate/do/0/undoC#1
            > unknown /do/0/c/metadata/compensate/do/0/undoC
              taskUncertain /do/0/c/metadata/compensate/do/0/undoC#1 reset: gone
            > resolve /do/0/c/metadata/compensate/do/0/undoC complete 1
              taskResolved /do/0/c/metadata/compensate/do/0/undoC complete -> 1
              taskCompleted /do/0/c/metadata/compensate/do/0/undoC#1 -> 1
              undoCompleted /do/0/c
              compensationCompleted
              faulted ! https://x/y 500 at /do/2/fail
            = faulted, compensation completed https://x/y 500 at /do/2/fail
              undo /do/1/d completed
              undo /do/0/c completed
        "#]],
    );
}

#[test]
fn an_undo_without_policy_has_failed_for_good_after_ten_retries() {
    check(
        r"
        do: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { raise: { error: { type: 'https://x/undo', status: 500 } } } } ] } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
        ",
        r#"
        start {}
        fire
        fire
        fire
        fire
        fire
        fire
        fire
        fire
        fire
        fire
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              taskStarted /do/1/fail
              taskFaulted /do/1/fail ! https://x/y 500 at /do/1/fail
              compensationStarted ! https://x/y 500 at /do/1/fail
              undoStarted /do/0/a
              taskStarted /do/0/a/metadata/compensate/do/0/undoA
              taskFaulted /do/0/a/metadata/compensate/do/0/undoA ! https://x/undo 500 at /do/0/a/metadata/compensate/do/0/undoA
              undoRetried /do/0/a retry 1 ! https://x/undo 500 at /do/0/a/metadata/compensate/do/0/undoA due +1057
            > fire
              undoResumed /do/0/a
              taskStarted /do/0/a/metadata/compensate/do/0/undoA
              taskFaulted /do/0/a/metadata/compensate/do/0/undoA ! https://x/undo 500 at /do/0/a/metadata/compensate/do/0/undoA
              undoRetried /do/0/a retry 2 ! https://x/undo 500 at /do/0/a/metadata/compensate/do/0/undoA due +3208
            > fire
              undoResumed /do/0/a
              taskStarted /do/0/a/metadata/compensate/do/0/undoA
              taskFaulted /do/0/a/metadata/compensate/do/0/undoA ! https://x/undo 500 at /do/0/a/metadata/compensate/do/0/undoA
              undoRetried /do/0/a retry 3 ! https://x/undo 500 at /do/0/a/metadata/compensate/do/0/undoA due +8192
            > fire
              undoResumed /do/0/a
              taskStarted /do/0/a/metadata/compensate/do/0/undoA
              taskFaulted /do/0/a/metadata/compensate/do/0/undoA ! https://x/undo 500 at /do/0/a/metadata/compensate/do/0/undoA
              undoRetried /do/0/a retry 4 ! https://x/undo 500 at /do/0/a/metadata/compensate/do/0/undoA due +16362
            > fire
              undoResumed /do/0/a
              taskStarted /do/0/a/metadata/compensate/do/0/undoA
              taskFaulted /do/0/a/metadata/compensate/do/0/undoA ! https://x/undo 500 at /do/0/a/metadata/compensate/do/0/undoA
              undoRetried /do/0/a retry 5 ! https://x/undo 500 at /do/0/a/metadata/compensate/do/0/undoA due +32751
            > fire
              undoResumed /do/0/a
              taskStarted /do/0/a/metadata/compensate/do/0/undoA
              taskFaulted /do/0/a/metadata/compensate/do/0/undoA ! https://x/undo 500 at /do/0/a/metadata/compensate/do/0/undoA
              undoRetried /do/0/a retry 6 ! https://x/undo 500 at /do/0/a/metadata/compensate/do/0/undoA due +65402
            > fire
              undoResumed /do/0/a
              taskStarted /do/0/a/metadata/compensate/do/0/undoA
              taskFaulted /do/0/a/metadata/compensate/do/0/undoA ! https://x/undo 500 at /do/0/a/metadata/compensate/do/0/undoA
              undoRetried /do/0/a retry 7 ! https://x/undo 500 at /do/0/a/metadata/compensate/do/0/undoA due +131181
            > fire
              undoResumed /do/0/a
              taskStarted /do/0/a/metadata/compensate/do/0/undoA
              taskFaulted /do/0/a/metadata/compensate/do/0/undoA ! https://x/undo 500 at /do/0/a/metadata/compensate/do/0/undoA
              undoRetried /do/0/a retry 8 ! https://x/undo 500 at /do/0/a/metadata/compensate/do/0/undoA due +268486
            > fire
              undoResumed /do/0/a
              taskStarted /do/0/a/metadata/compensate/do/0/undoA
              taskFaulted /do/0/a/metadata/compensate/do/0/undoA ! https://x/undo 500 at /do/0/a/metadata/compensate/do/0/undoA
              undoRetried /do/0/a retry 9 ! https://x/undo 500 at /do/0/a/metadata/compensate/do/0/undoA due +542142
            > fire
              undoResumed /do/0/a
              taskStarted /do/0/a/metadata/compensate/do/0/undoA
              taskFaulted /do/0/a/metadata/compensate/do/0/undoA ! https://x/undo 500 at /do/0/a/metadata/compensate/do/0/undoA
              undoRetried /do/0/a retry 10 ! https://x/undo 500 at /do/0/a/metadata/compensate/do/0/undoA due +794738
            > fire
              undoResumed /do/0/a
              taskStarted /do/0/a/metadata/compensate/do/0/undoA
              taskFaulted /do/0/a/metadata/compensate/do/0/undoA ! https://x/undo 500 at /do/0/a/metadata/compensate/do/0/undoA
              undoFailed /do/0/a an operator decides ! https://x/undo 500 at /do/0/a/metadata/compensate/do/0/undoA
            = suspended, compensation running https://x/y 500 at /do/1/fail
        "#]],
    );
}

#[test]
fn an_undo_with_a_policy_of_its_own_is_tried_again_as_that_says() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/do' }, metadata: { compensate: { do: [ { undoC: { call: http, with: { method: post, endpoint: 'http://s/undo', headers: { K: '${ $compensation.idempotencyKey }', F: '${ $compensation.forwardIdempotencyKey }' } } } } ], retry: { delay: PT7S, limit: { attempt: { count: 1 } } } } } } }, { d: { set: { x: 1 }, metadata: { compensate: { do: [ { undoD: { set: { y: 1 } } } ] } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
        ",
        r#"
        start {}
        answer /do/0/c 200 1
        answer /do/0/c/metadata/compensate/do/0/undoC 500 {}
        fire
        answer /do/0/c/metadata/compensate/do/0/undoC 500 {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > answer /do/0/c 200 1
              taskCompleted /do/0/c#1 -> 1
              taskStarted /do/1/d
              taskCompleted /do/1/d -> {"x":1}
              taskStarted /do/2/fail
              taskFaulted /do/2/fail ! https://x/y 500 at /do/2/fail
              compensationStarted ! https://x/y 500 at /do/2/fail
              undoStarted /do/1/d
              taskStarted /do/1/d/metadata/compensate/do/0/undoD
              taskCompleted /do/1/d/metadata/compensate/do/0/undoD -> {"y":1}
              undoCompleted /do/1/d
              undoStarted /do/0/c
              taskStarted /do/0/c/metadata/compensate/do/0/undoC
              attemptStarted /do/0/c/metadata/compensate/do/0/undoC#1
            > answer /do/0/c/metadata/compensate/do/0/undoC 500 {}
              taskFaulted /do/0/c/metadata/compensate/do/0/undoC#1 ! communication 500 at /do/0/c/metadata/compensate/do/0/undoC: POST http://s/undo was answered with status 500: {}
              undoRetried /do/0/c retry 1 ! communication 500 at /do/0/c/metadata/compensate/do/0/undoC: POST http://s/undo was answered with status 500: {} due +7000
            > fire
              undoResumed /do/0/c
              taskStarted /do/0/c/metadata/compensate/do/0/undoC
              attemptStarted /do/0/c/metadata/compensate/do/0/undoC#2
            > answer /do/0/c/metadata/compensate/do/0/undoC 500 {}
              taskFaulted /do/0/c/metadata/compensate/do/0/undoC#2 ! communication 500 at /do/0/c/metadata/compensate/do/0/undoC: POST http://s/undo was answered with status 500: {}
              undoFailed /do/0/c an operator decides ! communication 500 at /do/0/c/metadata/compensate/do/0/undoC: POST http://s/undo was answered with status 500: {}
            = suspended, compensation running https://x/y 500 at /do/2/fail
              undo /do/1/d completed
        "#]],
    );
}

#[test]
fn the_retry_of_an_undo_sees_the_undos_error() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/do' }, metadata: { compensate: { do: [ { undoC: { call: http, with: { method: post, endpoint: 'http://s/undo', headers: { K: '${ $compensation.idempotencyKey }', F: '${ $compensation.forwardIdempotencyKey }' } } } } ], retry: { when: $error.status == 503, limit: { attempt: { count: 5 } } } } } } }, { d: { set: { x: 1 }, metadata: { compensate: { do: [ { undoD: { set: { y: 1 } } } ] } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
        ",
        r#"
        start {}
        answer /do/0/c 200 1
        answer /do/0/c/metadata/compensate/do/0/undoC 503 {}
        fire
        answer /do/0/c/metadata/compensate/do/0/undoC 500 {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > answer /do/0/c 200 1
              taskCompleted /do/0/c#1 -> 1
              taskStarted /do/1/d
              taskCompleted /do/1/d -> {"x":1}
              taskStarted /do/2/fail
              taskFaulted /do/2/fail ! https://x/y 500 at /do/2/fail
              compensationStarted ! https://x/y 500 at /do/2/fail
              undoStarted /do/1/d
              taskStarted /do/1/d/metadata/compensate/do/0/undoD
              taskCompleted /do/1/d/metadata/compensate/do/0/undoD -> {"y":1}
              undoCompleted /do/1/d
              undoStarted /do/0/c
              taskStarted /do/0/c/metadata/compensate/do/0/undoC
              attemptStarted /do/0/c/metadata/compensate/do/0/undoC#1
            > answer /do/0/c/metadata/compensate/do/0/undoC 503 {}
              taskFaulted /do/0/c/metadata/compensate/do/0/undoC#1 ! communication 503 at /do/0/c/metadata/compensate/do/0/undoC: POST http://s/undo was answered with status 503: {}
              undoRetried /do/0/c retry 1 ! communication 503 at /do/0/c/metadata/compensate/do/0/undoC: POST http://s/undo was answered with status 503: {} due +0
            > fire
              undoResumed /do/0/c
              taskStarted /do/0/c/metadata/compensate/do/0/undoC
              attemptStarted /do/0/c/metadata/compensate/do/0/undoC#2
            > answer /do/0/c/metadata/compensate/do/0/undoC 500 {}
              taskFaulted /do/0/c/metadata/compensate/do/0/undoC#2 ! communication 500 at /do/0/c/metadata/compensate/do/0/undoC: POST http://s/undo was answered with status 500: {}
              undoFailed /do/0/c an operator decides ! communication 500 at /do/0/c/metadata/compensate/do/0/undoC: POST http://s/undo was answered with status 500: {}
            = suspended, compensation running https://x/y 500 at /do/2/fail
              undo /do/1/d completed
        "#]],
    );
}

#[test]
fn on_failure_suspend_is_the_default_and_waits_for_an_operator() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/do' }, metadata: { compensate: { do: [ { undoC: { call: http, with: { method: post, endpoint: 'http://s/undo', headers: { K: '${ $compensation.idempotencyKey }', F: '${ $compensation.forwardIdempotencyKey }' } } } } ], retry: { limit: { attempt: { count: 0 } } } } } } }, { d: { set: { x: 1 }, metadata: { compensate: { do: [ { undoD: { set: { y: 1 } } } ] } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
        ",
        r#"
        start {}
        answer /do/0/c 200 1
        answer /do/0/c/metadata/compensate/do/0/undoC 500 {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > answer /do/0/c 200 1
              taskCompleted /do/0/c#1 -> 1
              taskStarted /do/1/d
              taskCompleted /do/1/d -> {"x":1}
              taskStarted /do/2/fail
              taskFaulted /do/2/fail ! https://x/y 500 at /do/2/fail
              compensationStarted ! https://x/y 500 at /do/2/fail
              undoStarted /do/1/d
              taskStarted /do/1/d/metadata/compensate/do/0/undoD
              taskCompleted /do/1/d/metadata/compensate/do/0/undoD -> {"y":1}
              undoCompleted /do/1/d
              undoStarted /do/0/c
              taskStarted /do/0/c/metadata/compensate/do/0/undoC
              attemptStarted /do/0/c/metadata/compensate/do/0/undoC#1
            > answer /do/0/c/metadata/compensate/do/0/undoC 500 {}
              taskFaulted /do/0/c/metadata/compensate/do/0/undoC#1 ! communication 500 at /do/0/c/metadata/compensate/do/0/undoC: POST http://s/undo was answered with status 500: {}
              undoFailed /do/0/c an operator decides ! communication 500 at /do/0/c/metadata/compensate/do/0/undoC: POST http://s/undo was answered with status 500: {}
            = suspended, compensation running https://x/y 500 at /do/2/fail
              undo /do/1/d completed
        "#]],
    );
}

#[test]
fn on_failure_continue_goes_on_with_the_next_undo() {
    check(
        r"
        document: { dsl: '1.0.3', namespace: test, name: script, version: '1.0.0', metadata: { compensation: { onFailure: continue } } }
        do: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { set: { y: 1 } } } ] } } } }, { c: { call: http, with: { method: post, endpoint: 'http://s/do' }, metadata: { compensate: { do: [ { undoC: { call: http, with: { method: post, endpoint: 'http://s/undo', headers: { K: '${ $compensation.idempotencyKey }', F: '${ $compensation.forwardIdempotencyKey }' } } } } ], retry: { limit: { attempt: { count: 0 } } } } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
        ",
        r#"
        start {}
        answer /do/1/c 200 1
        answer /do/1/c/metadata/compensate/do/0/undoC 500 {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              taskStarted /do/1/c
              attemptStarted /do/1/c#1
            > answer /do/1/c 200 1
              taskCompleted /do/1/c#1 -> 1
              taskStarted /do/2/fail
              taskFaulted /do/2/fail ! https://x/y 500 at /do/2/fail
              compensationStarted ! https://x/y 500 at /do/2/fail
              undoStarted /do/1/c
              taskStarted /do/1/c/metadata/compensate/do/0/undoC
              attemptStarted /do/1/c/metadata/compensate/do/0/undoC#1
            > answer /do/1/c/metadata/compensate/do/0/undoC 500 {}
              taskFaulted /do/1/c/metadata/compensate/do/0/undoC#1 ! communication 500 at /do/1/c/metadata/compensate/do/0/undoC: POST http://s/undo was answered with status 500: {}
              undoFailed /do/1/c the unwinding goes on ! communication 500 at /do/1/c/metadata/compensate/do/0/undoC: POST http://s/undo was answered with status 500: {}
              undoStarted /do/0/a
              taskStarted /do/0/a/metadata/compensate/do/0/undoA
              taskCompleted /do/0/a/metadata/compensate/do/0/undoA -> {"y":1}
              undoCompleted /do/0/a
              compensationFailed
              faulted ! https://x/y 500 at /do/2/fail
            = faulted, compensation failed https://x/y 500 at /do/2/fail
              undo /do/1/c failed
              undo /do/0/a completed
        "#]],
    );
}

#[test]
fn on_failure_fault_stops_the_unwinding() {
    check(
        r"
        document: { dsl: '1.0.3', namespace: test, name: script, version: '1.0.0', metadata: { compensation: { onFailure: fault } } }
        do: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { set: { y: 1 } } } ] } } } }, { c: { call: http, with: { method: post, endpoint: 'http://s/do' }, metadata: { compensate: { do: [ { undoC: { call: http, with: { method: post, endpoint: 'http://s/undo', headers: { K: '${ $compensation.idempotencyKey }', F: '${ $compensation.forwardIdempotencyKey }' } } } } ], retry: { limit: { attempt: { count: 0 } } } } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
        ",
        r#"
        start {}
        answer /do/1/c 200 1
        answer /do/1/c/metadata/compensate/do/0/undoC 500 {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              taskStarted /do/1/c
              attemptStarted /do/1/c#1
            > answer /do/1/c 200 1
              taskCompleted /do/1/c#1 -> 1
              taskStarted /do/2/fail
              taskFaulted /do/2/fail ! https://x/y 500 at /do/2/fail
              compensationStarted ! https://x/y 500 at /do/2/fail
              undoStarted /do/1/c
              taskStarted /do/1/c/metadata/compensate/do/0/undoC
              attemptStarted /do/1/c/metadata/compensate/do/0/undoC#1
            > answer /do/1/c/metadata/compensate/do/0/undoC 500 {}
              taskFaulted /do/1/c/metadata/compensate/do/0/undoC#1 ! communication 500 at /do/1/c/metadata/compensate/do/0/undoC: POST http://s/undo was answered with status 500: {}
              undoFailed /do/1/c the unwinding stops ! communication 500 at /do/1/c/metadata/compensate/do/0/undoC: POST http://s/undo was answered with status 500: {}
              compensationFailed
              faulted ! https://x/y 500 at /do/2/fail
            = faulted, compensation failed https://x/y 500 at /do/2/fail
              undo /do/1/c failed
              undo /do/0/a notRun
        "#]],
    );
}

#[test]
fn an_operator_retries_a_failed_undo() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/do' }, metadata: { compensate: { do: [ { undoC: { call: http, with: { method: post, endpoint: 'http://s/undo', headers: { K: '${ $compensation.idempotencyKey }', F: '${ $compensation.forwardIdempotencyKey }' } } } } ], retry: { limit: { attempt: { count: 0 } } } } } } }, { d: { set: { x: 1 }, metadata: { compensate: { do: [ { undoD: { set: { y: 1 } } } ] } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
        ",
        r#"
        start {}
        answer /do/0/c 200 1
        answer /do/0/c/metadata/compensate/do/0/undoC 500 {}
        resolve /do/0/c retry
        show /do/0/c/metadata/compensate/do/0/undoC
        answer /do/0/c/metadata/compensate/do/0/undoC 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > answer /do/0/c 200 1
              taskCompleted /do/0/c#1 -> 1
              taskStarted /do/1/d
              taskCompleted /do/1/d -> {"x":1}
              taskStarted /do/2/fail
              taskFaulted /do/2/fail ! https://x/y 500 at /do/2/fail
              compensationStarted ! https://x/y 500 at /do/2/fail
              undoStarted /do/1/d
              taskStarted /do/1/d/metadata/compensate/do/0/undoD
              taskCompleted /do/1/d/metadata/compensate/do/0/undoD -> {"y":1}
              undoCompleted /do/1/d
              undoStarted /do/0/c
              taskStarted /do/0/c/metadata/compensate/do/0/undoC
              attemptStarted /do/0/c/metadata/compensate/do/0/undoC#1
            > answer /do/0/c/metadata/compensate/do/0/undoC 500 {}
              taskFaulted /do/0/c/metadata/compensate/do/0/undoC#1 ! communication 500 at /do/0/c/metadata/compensate/do/0/undoC: POST http://s/undo was answered with status 500: {}
              undoFailed /do/0/c an operator decides ! communication 500 at /do/0/c/metadata/compensate/do/0/undoC: POST http://s/undo was answered with status 500: {}
            > resolve /do/0/c retry
              taskResolved /do/0/c retry
              taskStarted /do/0/c/metadata/compensate/do/0/undoC
              attemptStarted /do/0/c/metadata/compensate/do/0/undoC#2
            > show /do/0/c/metadata/compensate/do/0/undoC
              POST http://s/undo [K: a8a478c4e43f9dd59c5ec152cd4d1f66, F: 910294d85b6896be3aeade6391e42e3b] key=25bd042f mode=AtMostOnce send-by=+30000 deadline=+600000
            > answer /do/0/c/metadata/compensate/do/0/undoC 200 1
              taskCompleted /do/0/c/metadata/compensate/do/0/undoC#2 -> 1
              undoCompleted /do/0/c
              compensationCompleted
              faulted ! https://x/y 500 at /do/2/fail
            = faulted, compensation completed https://x/y 500 at /do/2/fail
              undo /do/1/d completed
              undo /do/0/c completed
        "#]],
    );
}

#[test]
fn an_operator_skips_a_failed_undo() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/do' }, metadata: { compensate: { do: [ { undoC: { call: http, with: { method: post, endpoint: 'http://s/undo', headers: { K: '${ $compensation.idempotencyKey }', F: '${ $compensation.forwardIdempotencyKey }' } } } } ], retry: { limit: { attempt: { count: 0 } } } } } } }, { d: { set: { x: 1 }, metadata: { compensate: { do: [ { undoD: { set: { y: 1 } } } ] } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
        ",
        r#"
        start {}
        answer /do/0/c 200 1
        answer /do/0/c/metadata/compensate/do/0/undoC 500 {}
        resolve /do/0/c skip
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > answer /do/0/c 200 1
              taskCompleted /do/0/c#1 -> 1
              taskStarted /do/1/d
              taskCompleted /do/1/d -> {"x":1}
              taskStarted /do/2/fail
              taskFaulted /do/2/fail ! https://x/y 500 at /do/2/fail
              compensationStarted ! https://x/y 500 at /do/2/fail
              undoStarted /do/1/d
              taskStarted /do/1/d/metadata/compensate/do/0/undoD
              taskCompleted /do/1/d/metadata/compensate/do/0/undoD -> {"y":1}
              undoCompleted /do/1/d
              undoStarted /do/0/c
              taskStarted /do/0/c/metadata/compensate/do/0/undoC
              attemptStarted /do/0/c/metadata/compensate/do/0/undoC#1
            > answer /do/0/c/metadata/compensate/do/0/undoC 500 {}
              taskFaulted /do/0/c/metadata/compensate/do/0/undoC#1 ! communication 500 at /do/0/c/metadata/compensate/do/0/undoC: POST http://s/undo was answered with status 500: {}
              undoFailed /do/0/c an operator decides ! communication 500 at /do/0/c/metadata/compensate/do/0/undoC: POST http://s/undo was answered with status 500: {}
            > resolve /do/0/c skip
              taskResolved /do/0/c skip
              compensationFailed
              faulted ! https://x/y 500 at /do/2/fail
            = faulted, compensation failed https://x/y 500 at /do/2/fail
              undo /do/1/d completed
              undo /do/0/c skipped
        "#]],
    );
}

#[test]
fn an_operator_abandons_the_unwinding() {
    check(
        r"
        do: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { set: { y: 1 } } } ] } } } }, { c: { call: http, with: { method: post, endpoint: 'http://s/do' }, metadata: { compensate: { do: [ { undoC: { call: http, with: { method: post, endpoint: 'http://s/undo', headers: { K: '${ $compensation.idempotencyKey }', F: '${ $compensation.forwardIdempotencyKey }' } } } } ], retry: { limit: { attempt: { count: 0 } } } } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
        ",
        r#"
        start {}
        answer /do/1/c 200 1
        answer /do/1/c/metadata/compensate/do/0/undoC 500 {}
        resolve /do/1/c complete 1
        resolve /do/1/c fail
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              taskStarted /do/1/c
              attemptStarted /do/1/c#1
            > answer /do/1/c 200 1
              taskCompleted /do/1/c#1 -> 1
              taskStarted /do/2/fail
              taskFaulted /do/2/fail ! https://x/y 500 at /do/2/fail
              compensationStarted ! https://x/y 500 at /do/2/fail
              undoStarted /do/1/c
              taskStarted /do/1/c/metadata/compensate/do/0/undoC
              attemptStarted /do/1/c/metadata/compensate/do/0/undoC#1
            > answer /do/1/c/metadata/compensate/do/0/undoC 500 {}
              taskFaulted /do/1/c/metadata/compensate/do/0/undoC#1 ! communication 500 at /do/1/c/metadata/compensate/do/0/undoC: POST http://s/undo was answered with status 500: {}
              undoFailed /do/1/c an operator decides ! communication 500 at /do/1/c/metadata/compensate/do/0/undoC: POST http://s/undo was answered with status 500: {}
            > resolve /do/1/c complete 1
              rejected: a failed undo has no output: retry it, skip it or fail
            > resolve /do/1/c fail
              taskResolved /do/1/c fail
              compensationFailed
              faulted ! https://x/y 500 at /do/2/fail
            = faulted, compensation failed https://x/y 500 at /do/2/fail
              undo /do/1/c failed
              undo /do/0/a notRun
        "#]],
    );
}

#[test]
fn a_catch_in_an_undo_handles_its_error() {
    check(
        r"
        do: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { t: { try: [ { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ], catch: { do: [ { h: { set: { ok: true } } } ] } } } ] } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              taskStarted /do/1/fail
              taskFaulted /do/1/fail ! https://x/y 500 at /do/1/fail
              compensationStarted ! https://x/y 500 at /do/1/fail
              undoStarted /do/0/a
              taskStarted /do/0/a/metadata/compensate/do/0/t
              taskStarted /do/0/a/metadata/compensate/do/0/t/try/0/fail
              taskFaulted /do/0/a/metadata/compensate/do/0/t/try/0/fail ! https://x/y 500 at /do/0/a/metadata/compensate/do/0/t/try/0/fail
              errorCaught /do/0/a/metadata/compensate/do/0/t ! https://x/y 500 at /do/0/a/metadata/compensate/do/0/t/try/0/fail
              taskStarted /do/0/a/metadata/compensate/do/0/t/catch/do/0/h
              taskCompleted /do/0/a/metadata/compensate/do/0/t/catch/do/0/h -> {"ok":true}
              taskCompleted /do/0/a/metadata/compensate/do/0/t -> {"ok":true}
              undoCompleted /do/0/a
              compensationCompleted
              faulted ! https://x/y 500 at /do/1/fail
            = faulted, compensation completed https://x/y 500 at /do/1/fail
              undo /do/0/a completed
        "#]],
    );
}

#[test]
fn the_budget_of_an_unwinding_ends_what_runs_and_suspends() {
    check(
        r"
        document: { dsl: '1.0.3', namespace: test, name: script, version: '1.0.0', metadata: { compensation: { timeout: PT10S } } }
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/do' }, metadata: { compensate: { do: [ { undoC: { call: http, with: { method: post, endpoint: 'http://s/undo', headers: { K: '${ $compensation.idempotencyKey }', F: '${ $compensation.forwardIdempotencyKey }' } } } } ] } } } }, { d: { set: { x: 1 }, metadata: { compensate: { do: [ { undoD: { set: { y: 1 } } } ] } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
        ",
        r#"
        start {}
        answer /do/0/c 200 1
        fire budget
        resolve /do/0/c retry
        answer /do/0/c/metadata/compensate/do/0/undoC 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > answer /do/0/c 200 1
              taskCompleted /do/0/c#1 -> 1
              taskStarted /do/1/d
              taskCompleted /do/1/d -> {"x":1}
              taskStarted /do/2/fail
              taskFaulted /do/2/fail ! https://x/y 500 at /do/2/fail
              compensationStarted ! https://x/y 500 at /do/2/fail due +10000
              undoStarted /do/1/d
              taskStarted /do/1/d/metadata/compensate/do/0/undoD
              taskCompleted /do/1/d/metadata/compensate/do/0/undoD -> {"y":1}
              undoCompleted /do/1/d
              undoStarted /do/0/c
              taskStarted /do/0/c/metadata/compensate/do/0/undoC
              attemptStarted /do/0/c/metadata/compensate/do/0/undoC#1
            > fire budget
              compensationTimedOut
              interrupted /do/0/c to fail the undo
              taskUncertain /do/0/c/metadata/compensate/do/0/undoC#1 interrupted: the step was interrupted while its call was under way
              taskCancelled /do/0/c/metadata/compensate/do/0/undoC executed
              undoFailed /do/0/c an operator decides ! timeout 408 at /do/0/c: the unwinding took longer than `compensation.timeout`
            > resolve /do/0/c retry
              taskResolved /do/0/c retry
              taskStarted /do/0/c/metadata/compensate/do/0/undoC
              attemptStarted /do/0/c/metadata/compensate/do/0/undoC#2
            > answer /do/0/c/metadata/compensate/do/0/undoC 200 1
              taskCompleted /do/0/c/metadata/compensate/do/0/undoC#2 -> 1
              undoCompleted /do/0/c
              compensationCompleted
              faulted ! https://x/y 500 at /do/2/fail
            = faulted, compensation completed https://x/y 500 at /do/2/fail
              undo /do/1/d completed
              undo /do/0/c completed
        "#]],
    );
}

#[test]
fn the_budget_bounds_the_engines_retries() {
    check(
        r"
        document: { dsl: '1.0.3', namespace: test, name: script, version: '1.0.0', metadata: { compensation: { timeout: PT3S } } }
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/do' }, metadata: { compensate: { do: [ { undoC: { call: http, with: { method: post, endpoint: 'http://s/undo', headers: { K: '${ $compensation.idempotencyKey }', F: '${ $compensation.forwardIdempotencyKey }' } } } } ] } } } }, { d: { set: { x: 1 }, metadata: { compensate: { do: [ { undoD: { set: { y: 1 } } } ] } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
        ",
        r#"
        start {}
        answer /do/0/c 200 1
        answer /do/0/c/metadata/compensate/do/0/undoC 500 {}
        fire retry
        answer /do/0/c/metadata/compensate/do/0/undoC 500 {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > answer /do/0/c 200 1
              taskCompleted /do/0/c#1 -> 1
              taskStarted /do/1/d
              taskCompleted /do/1/d -> {"x":1}
              taskStarted /do/2/fail
              taskFaulted /do/2/fail ! https://x/y 500 at /do/2/fail
              compensationStarted ! https://x/y 500 at /do/2/fail due +3000
              undoStarted /do/1/d
              taskStarted /do/1/d/metadata/compensate/do/0/undoD
              taskCompleted /do/1/d/metadata/compensate/do/0/undoD -> {"y":1}
              undoCompleted /do/1/d
              undoStarted /do/0/c
              taskStarted /do/0/c/metadata/compensate/do/0/undoC
              attemptStarted /do/0/c/metadata/compensate/do/0/undoC#1
            > answer /do/0/c/metadata/compensate/do/0/undoC 500 {}
              taskFaulted /do/0/c/metadata/compensate/do/0/undoC#1 ! communication 500 at /do/0/c/metadata/compensate/do/0/undoC: POST http://s/undo was answered with status 500: {}
              undoRetried /do/0/c retry 1 ! communication 500 at /do/0/c/metadata/compensate/do/0/undoC: POST http://s/undo was answered with status 500: {} due +1013
            > fire retry
              undoResumed /do/0/c
              taskStarted /do/0/c/metadata/compensate/do/0/undoC
              attemptStarted /do/0/c/metadata/compensate/do/0/undoC#2
            > answer /do/0/c/metadata/compensate/do/0/undoC 500 {}
              taskFaulted /do/0/c/metadata/compensate/do/0/undoC#2 ! communication 500 at /do/0/c/metadata/compensate/do/0/undoC: POST http://s/undo was answered with status 500: {}
              undoFailed /do/0/c an operator decides ! communication 500 at /do/0/c/metadata/compensate/do/0/undoC: POST http://s/undo was answered with status 500: {}
            = suspended, compensation running https://x/y 500 at /do/2/fail
              undo /do/1/d completed
              open: budget +3000
        "#]],
    );
}

#[test]
fn a_budget_with_on_failure_continue_stops_the_unwinding() {
    check(
        r"
        document: { dsl: '1.0.3', namespace: test, name: script, version: '1.0.0', metadata: { compensation: { timeout: PT10S, onFailure: continue } } }
        do: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { set: { y: 1 } } } ] } } } }, { c: { call: http, with: { method: post, endpoint: 'http://s/do' }, metadata: { compensate: { do: [ { undoC: { call: http, with: { method: post, endpoint: 'http://s/undo', headers: { K: '${ $compensation.idempotencyKey }', F: '${ $compensation.forwardIdempotencyKey }' } } } } ] } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
        ",
        r#"
        start {}
        answer /do/1/c 200 1
        fire budget
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              taskStarted /do/1/c
              attemptStarted /do/1/c#1
            > answer /do/1/c 200 1
              taskCompleted /do/1/c#1 -> 1
              taskStarted /do/2/fail
              taskFaulted /do/2/fail ! https://x/y 500 at /do/2/fail
              compensationStarted ! https://x/y 500 at /do/2/fail due +10000
              undoStarted /do/1/c
              taskStarted /do/1/c/metadata/compensate/do/0/undoC
              attemptStarted /do/1/c/metadata/compensate/do/0/undoC#1
            > fire budget
              compensationTimedOut
              interrupted /do/1/c to fail the undo
              taskUncertain /do/1/c/metadata/compensate/do/0/undoC#1 interrupted: the step was interrupted while its call was under way
              taskCancelled /do/1/c/metadata/compensate/do/0/undoC executed
              undoFailed /do/1/c the unwinding stops ! timeout 408 at /do/1/c: the unwinding took longer than `compensation.timeout`
              compensationFailed
              faulted ! https://x/y 500 at /do/2/fail
            = faulted, compensation failed https://x/y 500 at /do/2/fail
              undo /do/1/c failed
              undo /do/0/a notRun
        "#]],
    );
}

#[test]
fn an_empty_on_never_undoes_a_fault() {
    check(
        r"
        document: { dsl: '1.0.3', namespace: test, name: script, version: '1.0.0', metadata: { compensation: { on: [] } } }
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/do' }, metadata: { compensate: { do: [ { undoC: { call: http, with: { method: post, endpoint: 'http://s/undo', headers: { K: '${ $compensation.idempotencyKey }', F: '${ $compensation.forwardIdempotencyKey }' } } } } ] } } } }, { d: { set: { x: 1 }, metadata: { compensate: { do: [ { undoD: { set: { y: 1 } } } ] } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
        ",
        r#"
        start {}
        answer /do/0/c 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > answer /do/0/c 200 1
              taskCompleted /do/0/c#1 -> 1
              taskStarted /do/1/d
              taskCompleted /do/1/d -> {"x":1}
              taskStarted /do/2/fail
              taskFaulted /do/2/fail ! https://x/y 500 at /do/2/fail
              faulted ! https://x/y 500 at /do/2/fail
            = faulted https://x/y 500 at /do/2/fail
        "#]],
    );
}

#[test]
fn the_workflow_timeout_does_not_interrupt_an_unwinding() {
    check(
        r"
        timeout: { after: PT1M }
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/do' }, metadata: { compensate: { do: [ { undoC: { call: http, with: { method: post, endpoint: 'http://s/undo', headers: { K: '${ $compensation.idempotencyKey }', F: '${ $compensation.forwardIdempotencyKey }' } } } } ] } } } }, { d: { set: { x: 1 }, metadata: { compensate: { do: [ { undoD: { set: { y: 1 } } } ] } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
        ",
        r#"
        start {}
        answer /do/0/c 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > answer /do/0/c 200 1
              taskCompleted /do/0/c#1 -> 1
              taskStarted /do/1/d
              taskCompleted /do/1/d -> {"x":1}
              taskStarted /do/2/fail
              taskFaulted /do/2/fail ! https://x/y 500 at /do/2/fail
              compensationStarted ! https://x/y 500 at /do/2/fail
              undoStarted /do/1/d
              taskStarted /do/1/d/metadata/compensate/do/0/undoD
              taskCompleted /do/1/d/metadata/compensate/do/0/undoD -> {"y":1}
              undoCompleted /do/1/d
              undoStarted /do/0/c
              taskStarted /do/0/c/metadata/compensate/do/0/undoC
              attemptStarted /do/0/c/metadata/compensate/do/0/undoC#1
            = running, compensation running https://x/y 500 at /do/2/fail
              undo /do/1/d completed
              open: call /do/0/c/metadata/compensate/do/0/undoC#1
        "#]],
    );
}

#[test]
fn a_plain_cancel_does_not_stop_an_unwinding() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/do' }, metadata: { compensate: { do: [ { undoC: { call: http, with: { method: post, endpoint: 'http://s/undo', headers: { K: '${ $compensation.idempotencyKey }', F: '${ $compensation.forwardIdempotencyKey }' } } } } ] } } } }, { d: { set: { x: 1 }, metadata: { compensate: { do: [ { undoD: { set: { y: 1 } } } ] } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
        ",
        r#"
        start {}
        answer /do/0/c 200 1
        cancel
        cancel
        answer /do/0/c/metadata/compensate/do/0/undoC 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > answer /do/0/c 200 1
              taskCompleted /do/0/c#1 -> 1
              taskStarted /do/1/d
              taskCompleted /do/1/d -> {"x":1}
              taskStarted /do/2/fail
              taskFaulted /do/2/fail ! https://x/y 500 at /do/2/fail
              compensationStarted ! https://x/y 500 at /do/2/fail
              undoStarted /do/1/d
              taskStarted /do/1/d/metadata/compensate/do/0/undoD
              taskCompleted /do/1/d/metadata/compensate/do/0/undoD -> {"y":1}
              undoCompleted /do/1/d
              undoStarted /do/0/c
              taskStarted /do/0/c/metadata/compensate/do/0/undoC
              attemptStarted /do/0/c/metadata/compensate/do/0/undoC#1
            > cancel
              cancelRequested
            > cancel
              nothing
            > answer /do/0/c/metadata/compensate/do/0/undoC 200 1
              taskCompleted /do/0/c/metadata/compensate/do/0/undoC#1 -> 1
              undoCompleted /do/0/c
              compensationCompleted
              faulted ! https://x/y 500 at /do/2/fail
            = faulted, compensation completed https://x/y 500 at /do/2/fail
              undo /do/1/d completed
              undo /do/0/c completed
        "#]],
    );
}

#[test]
fn terminate_kills_an_unwinding() {
    check(
        r"
        do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/do' }, metadata: { compensate: { do: [ { undoC: { call: http, with: { method: post, endpoint: 'http://s/undo', headers: { K: '${ $compensation.idempotencyKey }', F: '${ $compensation.forwardIdempotencyKey }' } } } } ] } } } }, { d: { set: { x: 1 }, metadata: { compensate: { do: [ { undoD: { set: { y: 1 } } } ] } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
        ",
        r#"
        start {}
        answer /do/0/c 200 1
        terminate
        answer /do/0/c/metadata/compensate/do/0/undoC 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/c
              attemptStarted /do/0/c#1
            > answer /do/0/c 200 1
              taskCompleted /do/0/c#1 -> 1
              taskStarted /do/1/d
              taskCompleted /do/1/d -> {"x":1}
              taskStarted /do/2/fail
              taskFaulted /do/2/fail ! https://x/y 500 at /do/2/fail
              compensationStarted ! https://x/y 500 at /do/2/fail
              undoStarted /do/1/d
              taskStarted /do/1/d/metadata/compensate/do/0/undoD
              taskCompleted /do/1/d/metadata/compensate/do/0/undoD -> {"y":1}
              undoCompleted /do/1/d
              undoStarted /do/0/c
              taskStarted /do/0/c/metadata/compensate/do/0/undoC
              attemptStarted /do/0/c/metadata/compensate/do/0/undoC#1
            > terminate
              terminated
            > answer /do/0/c/metadata/compensate/do/0/undoC 200 1
              nothing
            = terminated, compensation failed
              undo /do/1/d completed
              undo /do/0/c notRun
        "#]],
    );
}

#[test]
fn call_compensate_undoes_the_enclosing_try_and_goes_on() {
    check(
        r"
        do:
          - t:
              try: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { set: '${ { undone: $output } }' } } ] } } } }, { b: { set: { x: 2 }, metadata: { compensate: { do: [ { undoB: { set: '${ { undone: $output } }' } } ] } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
              catch: { do: [ { rollback: { call: compensate } }, { h: { set: '${ { dot: ., status: $error.status } }' } } ] }
        ",
        r#"
        start {"n":1}
        "#,
        expect![[r#"
            > start {"n":1}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/a
              taskCompleted /do/0/t/try/0/a -> {"x":1}
              taskStarted /do/0/t/try/1/b
              taskCompleted /do/0/t/try/1/b -> {"x":2}
              taskStarted /do/0/t/try/2/fail
              taskFaulted /do/0/t/try/2/fail ! https://x/y 500 at /do/0/t/try/2/fail
              errorCaught /do/0/t ! https://x/y 500 at /do/0/t/try/2/fail
              taskStarted /do/0/t/catch/do/0/rollback
              compensationStarted /do/0/t/catch/do/0/rollback ! https://x/y 500 at /do/0/t/try/2/fail
              undoStarted /do/0/t/try/1/b
              taskStarted /do/0/t/try/1/b/metadata/compensate/do/0/undoB
              taskCompleted /do/0/t/try/1/b/metadata/compensate/do/0/undoB -> {"undone":{"x":2}}
              undoCompleted /do/0/t/try/1/b
              undoStarted /do/0/t/try/0/a
              taskStarted /do/0/t/try/0/a/metadata/compensate/do/0/undoA
              taskCompleted /do/0/t/try/0/a/metadata/compensate/do/0/undoA -> {"undone":{"x":1}}
              undoCompleted /do/0/t/try/0/a
              compensationCompleted /do/0/t/catch/do/0/rollback
              taskCompleted /do/0/t/catch/do/0/rollback -> {"n":1}
              taskStarted /do/0/t/catch/do/1/h
              taskCompleted /do/0/t/catch/do/1/h -> {"dot":{"n":1},"status":500}
              taskCompleted /do/0/t -> {"dot":{"n":1},"status":500}
              completed -> {"dot":{"n":1},"status":500}
            = completed {"dot":{"n":1},"status":500}
        "#]],
    );
}

#[test]
fn what_call_compensate_has_undone_is_not_undone_again() {
    check(
        r"
        do:
          - t:
              try: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { set: '${ { undone: $output } }' } } ] } } } }, { b: { set: { x: 2 }, metadata: { compensate: { do: [ { undoB: { set: '${ { undone: $output } }' } } ] } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
              catch: { do: [ { rollback: { call: compensate } }, { h: { set: '${ { dot: ., status: $error.status } }' } } ] }
          - fail: { raise: { error: { type: 'https://x/y', status: 500 } } }
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
              taskStarted /do/0/t/try/1/b
              taskCompleted /do/0/t/try/1/b -> {"x":2}
              taskStarted /do/0/t/try/2/fail
              taskFaulted /do/0/t/try/2/fail ! https://x/y 500 at /do/0/t/try/2/fail
              errorCaught /do/0/t ! https://x/y 500 at /do/0/t/try/2/fail
              taskStarted /do/0/t/catch/do/0/rollback
              compensationStarted /do/0/t/catch/do/0/rollback ! https://x/y 500 at /do/0/t/try/2/fail
              undoStarted /do/0/t/try/1/b
              taskStarted /do/0/t/try/1/b/metadata/compensate/do/0/undoB
              taskCompleted /do/0/t/try/1/b/metadata/compensate/do/0/undoB -> {"undone":{"x":2}}
              undoCompleted /do/0/t/try/1/b
              undoStarted /do/0/t/try/0/a
              taskStarted /do/0/t/try/0/a/metadata/compensate/do/0/undoA
              taskCompleted /do/0/t/try/0/a/metadata/compensate/do/0/undoA -> {"undone":{"x":1}}
              undoCompleted /do/0/t/try/0/a
              compensationCompleted /do/0/t/catch/do/0/rollback
              taskCompleted /do/0/t/catch/do/0/rollback -> {}
              taskStarted /do/0/t/catch/do/1/h
              taskCompleted /do/0/t/catch/do/1/h -> {"dot":{},"status":500}
              taskCompleted /do/0/t -> {"dot":{},"status":500}
              taskStarted /do/1/fail
              taskFaulted /do/1/fail ! https://x/y 500 at /do/1/fail
              faulted ! https://x/y 500 at /do/1/fail
            = faulted https://x/y 500 at /do/1/fail
        "#]],
    );
}

#[test]
fn what_a_handler_did_before_call_compensate_is_not_part_of_the_try() {
    check(
        r"
        do:
          - t:
              try: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { set: '${ { undone: $output } }' } } ] } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
              catch: { do: [ { b: { set: { x: 2 }, metadata: { compensate: { do: [ { undoB: { set: '${ { undone: $output } }' } } ] } } } }, { rollback: { call: compensate } } ] }
          - fail: { raise: { error: { type: 'https://x/y', status: 500 } } }
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
              taskStarted /do/0/t/try/1/fail
              taskFaulted /do/0/t/try/1/fail ! https://x/y 500 at /do/0/t/try/1/fail
              errorCaught /do/0/t ! https://x/y 500 at /do/0/t/try/1/fail
              taskStarted /do/0/t/catch/do/0/b
              taskCompleted /do/0/t/catch/do/0/b -> {"x":2}
              taskStarted /do/0/t/catch/do/1/rollback
              compensationStarted /do/0/t/catch/do/1/rollback ! https://x/y 500 at /do/0/t/try/1/fail
              undoStarted /do/0/t/try/0/a
              taskStarted /do/0/t/try/0/a/metadata/compensate/do/0/undoA
              taskCompleted /do/0/t/try/0/a/metadata/compensate/do/0/undoA -> {"undone":{"x":1}}
              undoCompleted /do/0/t/try/0/a
              compensationCompleted /do/0/t/catch/do/1/rollback
              taskCompleted /do/0/t/catch/do/1/rollback -> {"x":2}
              taskCompleted /do/0/t -> {"x":2}
              taskStarted /do/1/fail
              taskFaulted /do/1/fail ! https://x/y 500 at /do/1/fail
              compensationStarted ! https://x/y 500 at /do/1/fail
              undoStarted /do/0/t/catch/do/0/b
              taskStarted /do/0/t/catch/do/0/b/metadata/compensate/do/0/undoB
              taskCompleted /do/0/t/catch/do/0/b/metadata/compensate/do/0/undoB -> {"undone":{"x":2}}
              undoCompleted /do/0/t/catch/do/0/b
              compensationCompleted
              faulted ! https://x/y 500 at /do/1/fail
            = faulted, compensation completed https://x/y 500 at /do/1/fail
              undo /do/0/t/catch/do/0/b completed
        "#]],
    );
}

#[test]
fn call_compensate_with_nothing_to_undo_passes_on() {
    check(
        r"
        do:
          - t:
              try: [ { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
              catch: { do: [ { rollback: { call: compensate } } ] }
        ",
        r#"
        start {"n":1}
        "#,
        expect![[r#"
            > start {"n":1}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/fail
              taskFaulted /do/0/t/try/0/fail ! https://x/y 500 at /do/0/t/try/0/fail
              errorCaught /do/0/t ! https://x/y 500 at /do/0/t/try/0/fail
              taskStarted /do/0/t/catch/do/0/rollback
              taskCompleted /do/0/t/catch/do/0/rollback -> {"n":1}
              taskCompleted /do/0/t -> {"n":1}
              completed -> {"n":1}
            = completed {"n":1}
        "#]],
    );
}

#[test]
fn call_compensate_names_an_earlier_task_of_its_list() {
    check(
        r"
        do: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { set: '${ { undone: $output } }' } } ] } } } }, { d: { do: [ { b: { set: { x: 2 }, metadata: { compensate: { do: [ { undoB: { set: '${ { undone: $output } }' } } ] } } } } ] } }, { rollback: { call: compensate, with: { scope: d } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              taskStarted /do/1/d
              taskStarted /do/1/d/do/0/b
              taskCompleted /do/1/d/do/0/b -> {"x":2}
              taskCompleted /do/1/d -> {"x":2}
              taskStarted /do/2/rollback
              compensationStarted /do/2/rollback
              undoStarted /do/1/d/do/0/b
              taskStarted /do/1/d/do/0/b/metadata/compensate/do/0/undoB
              taskCompleted /do/1/d/do/0/b/metadata/compensate/do/0/undoB -> {"undone":{"x":2}}
              undoCompleted /do/1/d/do/0/b
              compensationCompleted /do/2/rollback
              taskCompleted /do/2/rollback -> {"x":2}
              taskStarted /do/3/fail
              taskFaulted /do/3/fail ! https://x/y 500 at /do/3/fail
              compensationStarted ! https://x/y 500 at /do/3/fail
              undoStarted /do/0/a
              taskStarted /do/0/a/metadata/compensate/do/0/undoA
              taskCompleted /do/0/a/metadata/compensate/do/0/undoA -> {"undone":{"x":1}}
              undoCompleted /do/0/a
              compensationCompleted
              faulted ! https://x/y 500 at /do/3/fail
            = faulted, compensation completed https://x/y 500 at /do/3/fail
              undo /do/0/a completed
        "#]],
    );
}

#[test]
fn the_undos_of_call_compensate_see_the_caught_error_and_the_reason() {
    check(
        r"
        do:
          - t:
              try: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { set: '${ [$error.status, $compensation.reason] }' } } ] } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 418 } } } } ]
              catch: { do: [ { rollback: { call: compensate } } ] }
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
              taskStarted /do/0/t/try/1/fail
              taskFaulted /do/0/t/try/1/fail ! https://x/y 418 at /do/0/t/try/1/fail
              errorCaught /do/0/t ! https://x/y 418 at /do/0/t/try/1/fail
              taskStarted /do/0/t/catch/do/0/rollback
              compensationStarted /do/0/t/catch/do/0/rollback ! https://x/y 418 at /do/0/t/try/1/fail
              undoStarted /do/0/t/try/0/a
              taskStarted /do/0/t/try/0/a/metadata/compensate/do/0/undoA
              taskCompleted /do/0/t/try/0/a/metadata/compensate/do/0/undoA -> [418,"explicit"]
              undoCompleted /do/0/t/try/0/a
              compensationCompleted /do/0/t/catch/do/0/rollback
              taskCompleted /do/0/t/catch/do/0/rollback -> {}
              taskCompleted /do/0/t -> {}
              completed -> {}
            = completed {}
        "#]],
    );
}

#[test]
fn call_compensate_waits_for_its_undos() {
    check(
        r"
        do:
          - t:
              try: [ { c: { call: http, with: { method: post, endpoint: 'http://s/do' }, metadata: { compensate: { do: [ { undoC: { call: http, with: { method: post, endpoint: 'http://s/undo', headers: { K: '${ $compensation.idempotencyKey }', F: '${ $compensation.forwardIdempotencyKey }' } } } } ] } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
              catch: { do: [ { rollback: { call: compensate } }, { h: { set: { x: 3 } } } ] }
        ",
        r#"
        start {}
        answer /do/0/t/try/0/c 200 1
        answer /do/0/t/try/0/c/metadata/compensate/do/0/undoC 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/c
              attemptStarted /do/0/t/try/0/c#1
            > answer /do/0/t/try/0/c 200 1
              taskCompleted /do/0/t/try/0/c#1 -> 1
              taskStarted /do/0/t/try/1/fail
              taskFaulted /do/0/t/try/1/fail ! https://x/y 500 at /do/0/t/try/1/fail
              errorCaught /do/0/t ! https://x/y 500 at /do/0/t/try/1/fail
              taskStarted /do/0/t/catch/do/0/rollback
              compensationStarted /do/0/t/catch/do/0/rollback ! https://x/y 500 at /do/0/t/try/1/fail
              undoStarted /do/0/t/try/0/c
              taskStarted /do/0/t/try/0/c/metadata/compensate/do/0/undoC
              attemptStarted /do/0/t/try/0/c/metadata/compensate/do/0/undoC#1
            > answer /do/0/t/try/0/c/metadata/compensate/do/0/undoC 200 1
              taskCompleted /do/0/t/try/0/c/metadata/compensate/do/0/undoC#1 -> 1
              undoCompleted /do/0/t/try/0/c
              compensationCompleted /do/0/t/catch/do/0/rollback
              taskCompleted /do/0/t/catch/do/0/rollback -> {}
              taskStarted /do/0/t/catch/do/1/h
              taskCompleted /do/0/t/catch/do/1/h -> {"x":3}
              taskCompleted /do/0/t -> {"x":3}
              completed -> {"x":3}
            = completed {"x":3}
        "#]],
    );
}

#[test]
fn a_cancel_lets_the_undos_of_call_compensate_end_first() {
    check(
        r"
        do:
          - t:
              try: [ { c: { call: http, with: { method: post, endpoint: 'http://s/do' }, metadata: { compensate: { do: [ { undoC: { call: http, with: { method: post, endpoint: 'http://s/undo', headers: { K: '${ $compensation.idempotencyKey }', F: '${ $compensation.forwardIdempotencyKey }' } } } } ] } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
              catch: { do: [ { rollback: { call: compensate } }, { h: { set: { x: 3 } } } ] }
        ",
        r#"
        start {}
        answer /do/0/t/try/0/c 200 1
        cancel
        answer /do/0/t/try/0/c/metadata/compensate/do/0/undoC 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/c
              attemptStarted /do/0/t/try/0/c#1
            > answer /do/0/t/try/0/c 200 1
              taskCompleted /do/0/t/try/0/c#1 -> 1
              taskStarted /do/0/t/try/1/fail
              taskFaulted /do/0/t/try/1/fail ! https://x/y 500 at /do/0/t/try/1/fail
              errorCaught /do/0/t ! https://x/y 500 at /do/0/t/try/1/fail
              taskStarted /do/0/t/catch/do/0/rollback
              compensationStarted /do/0/t/catch/do/0/rollback ! https://x/y 500 at /do/0/t/try/1/fail
              undoStarted /do/0/t/try/0/c
              taskStarted /do/0/t/try/0/c/metadata/compensate/do/0/undoC
              attemptStarted /do/0/t/try/0/c/metadata/compensate/do/0/undoC#1
            > cancel
              cancelRequested
              interrupted to cancel due +5000
            > answer /do/0/t/try/0/c/metadata/compensate/do/0/undoC 200 1
              taskCompleted /do/0/t/try/0/c/metadata/compensate/do/0/undoC#1 -> 1
              undoCompleted /do/0/t/try/0/c
              compensationCompleted /do/0/t/catch/do/0/rollback
              taskCancelled /do/0/t/catch/do/0/rollback
              taskCancelled /do/0/t
              cancelled
            = cancelled
        "#]],
    );
}

#[test]
fn call_compensate_faults_when_its_unwinding_is_abandoned() {
    check(
        r"
        do:
          - t:
              try: [ { c: { call: http, with: { method: post, endpoint: 'http://s/do' }, metadata: { compensate: { do: [ { undoC: { call: http, with: { method: post, endpoint: 'http://s/undo', headers: { K: '${ $compensation.idempotencyKey }', F: '${ $compensation.forwardIdempotencyKey }' } } } } ], retry: { limit: { attempt: { count: 0 } } } } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
              catch: { do: [ { rollback: { call: compensate } }, { h: { set: { x: 3 } } } ] }
        ",
        r#"
        start {}
        answer /do/0/t/try/0/c 200 1
        answer /do/0/t/try/0/c/metadata/compensate/do/0/undoC 500 {}
        resolve /do/0/t/try/0/c fail
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/c
              attemptStarted /do/0/t/try/0/c#1
            > answer /do/0/t/try/0/c 200 1
              taskCompleted /do/0/t/try/0/c#1 -> 1
              taskStarted /do/0/t/try/1/fail
              taskFaulted /do/0/t/try/1/fail ! https://x/y 500 at /do/0/t/try/1/fail
              errorCaught /do/0/t ! https://x/y 500 at /do/0/t/try/1/fail
              taskStarted /do/0/t/catch/do/0/rollback
              compensationStarted /do/0/t/catch/do/0/rollback ! https://x/y 500 at /do/0/t/try/1/fail
              undoStarted /do/0/t/try/0/c
              taskStarted /do/0/t/try/0/c/metadata/compensate/do/0/undoC
              attemptStarted /do/0/t/try/0/c/metadata/compensate/do/0/undoC#1
            > answer /do/0/t/try/0/c/metadata/compensate/do/0/undoC 500 {}
              taskFaulted /do/0/t/try/0/c/metadata/compensate/do/0/undoC#1 ! communication 500 at /do/0/t/try/0/c/metadata/compensate/do/0/undoC: POST http://s/undo was answered with status 500: {}
              undoFailed /do/0/t/try/0/c an operator decides ! communication 500 at /do/0/t/try/0/c/metadata/compensate/do/0/undoC: POST http://s/undo was answered with status 500: {}
            > resolve /do/0/t/try/0/c fail
              taskResolved /do/0/t/try/0/c fail
              compensationFailed /do/0/t/catch/do/0/rollback
              taskFaulted /do/0/t/catch/do/0/rollback ! runtime 500 at /do/0/t/catch/do/0/rollback: the unwinding was given up: see its entries
              taskFaulted /do/0/t ! runtime 500 at /do/0/t/catch/do/0/rollback: the unwinding was given up: see its entries
              faulted ! runtime 500 at /do/0/t/catch/do/0/rollback: the unwinding was given up: see its entries
            = faulted runtime 500 at /do/0/t/catch/do/0/rollback: the unwinding was given up: see its entries
        "#]],
    );
}

#[test]
fn the_losers_of_a_competition_are_undone_before_the_fork_completes() {
    check(
        r"
        do:
          - f:
              fork:
                compete: true
                branches:
                  - slow: { do: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: post, endpoint: 'http://s/undo' } } } ] } } } }, { w: { wait: PT1M } } ] }
                  - fast: { do: [ { b: { set: { x: 2 }, metadata: { compensate: { do: [ { undoB: { set: { y: 2 } } } ] } } } }, { w: { wait: PT1S } } ] }
        ",
        r#"
        start {}
        fire
        answer /do/0/f/fork/branches/0/slow/do/0/a/metadata/compensate/do/0/undoA 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/f
              taskStarted /do/0/f/fork/branches/0/slow
              taskStarted /do/0/f/fork/branches/1/fast
              taskStarted /do/0/f/fork/branches/0/slow/do/0/a
              taskCompleted /do/0/f/fork/branches/0/slow/do/0/a -> {"x":1}
              taskStarted /do/0/f/fork/branches/1/fast/do/0/b
              taskCompleted /do/0/f/fork/branches/1/fast/do/0/b -> {"x":2}
              taskStarted /do/0/f/fork/branches/0/slow/do/1/w due +60000
              taskStarted /do/0/f/fork/branches/1/fast/do/1/w due +1000
            > fire
              taskCompleted /do/0/f/fork/branches/1/fast/do/1/w -> {"x":2}
              taskCompleted /do/0/f/fork/branches/1/fast -> {"x":2}
              interrupted /do/0/f to complete due +6000
              taskCancelled /do/0/f/fork/branches/0/slow/do/1/w
              taskCancelled /do/0/f/fork/branches/0/slow
              compensationStarted /do/0/f
              undoStarted /do/0/f/fork/branches/0/slow/do/0/a
              taskStarted /do/0/f/fork/branches/0/slow/do/0/a/metadata/compensate/do/0/undoA
              attemptStarted /do/0/f/fork/branches/0/slow/do/0/a/metadata/compensate/do/0/undoA#1
            > answer /do/0/f/fork/branches/0/slow/do/0/a/metadata/compensate/do/0/undoA 200 1
              taskCompleted /do/0/f/fork/branches/0/slow/do/0/a/metadata/compensate/do/0/undoA#1 -> 1
              undoCompleted /do/0/f/fork/branches/0/slow/do/0/a
              compensationCompleted /do/0/f
              taskCompleted /do/0/f -> {"x":2}
              completed -> {"x":2}
            = completed {"x":2}
        "#]],
    );
}

#[test]
fn the_winner_of_a_competition_is_undone_when_the_root_faults() {
    check(
        r"
        do:
          - f:
              fork:
                compete: true
                branches:
                  - slow: { do: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: post, endpoint: 'http://s/undo' } } } ] } } } }, { w: { wait: PT1M } } ] }
                  - fast: { do: [ { b: { set: { x: 2 }, metadata: { compensate: { do: [ { undoB: { set: { y: 2 } } } ] } } } }, { w: { wait: PT1S } } ] }
          - fail: { raise: { error: { type: 'https://x/y', status: 500 } } }
        ",
        r#"
        start {}
        fire
        answer /do/0/f/fork/branches/0/slow/do/0/a/metadata/compensate/do/0/undoA 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/f
              taskStarted /do/0/f/fork/branches/0/slow
              taskStarted /do/0/f/fork/branches/1/fast
              taskStarted /do/0/f/fork/branches/0/slow/do/0/a
              taskCompleted /do/0/f/fork/branches/0/slow/do/0/a -> {"x":1}
              taskStarted /do/0/f/fork/branches/1/fast/do/0/b
              taskCompleted /do/0/f/fork/branches/1/fast/do/0/b -> {"x":2}
              taskStarted /do/0/f/fork/branches/0/slow/do/1/w due +60000
              taskStarted /do/0/f/fork/branches/1/fast/do/1/w due +1000
            > fire
              taskCompleted /do/0/f/fork/branches/1/fast/do/1/w -> {"x":2}
              taskCompleted /do/0/f/fork/branches/1/fast -> {"x":2}
              interrupted /do/0/f to complete due +6000
              taskCancelled /do/0/f/fork/branches/0/slow/do/1/w
              taskCancelled /do/0/f/fork/branches/0/slow
              compensationStarted /do/0/f
              undoStarted /do/0/f/fork/branches/0/slow/do/0/a
              taskStarted /do/0/f/fork/branches/0/slow/do/0/a/metadata/compensate/do/0/undoA
              attemptStarted /do/0/f/fork/branches/0/slow/do/0/a/metadata/compensate/do/0/undoA#1
            > answer /do/0/f/fork/branches/0/slow/do/0/a/metadata/compensate/do/0/undoA 200 1
              taskCompleted /do/0/f/fork/branches/0/slow/do/0/a/metadata/compensate/do/0/undoA#1 -> 1
              undoCompleted /do/0/f/fork/branches/0/slow/do/0/a
              compensationCompleted /do/0/f
              taskCompleted /do/0/f -> {"x":2}
              taskStarted /do/1/fail
              taskFaulted /do/1/fail ! https://x/y 500 at /do/1/fail
              compensationStarted ! https://x/y 500 at /do/1/fail
              undoStarted /do/0/f/fork/branches/1/fast/do/0/b
              taskStarted /do/0/f/fork/branches/1/fast/do/0/b/metadata/compensate/do/0/undoB
              taskCompleted /do/0/f/fork/branches/1/fast/do/0/b/metadata/compensate/do/0/undoB -> {"y":2}
              undoCompleted /do/0/f/fork/branches/1/fast/do/0/b
              compensationCompleted
              faulted ! https://x/y 500 at /do/1/fail
            = faulted, compensation completed https://x/y 500 at /do/1/fail
              undo /do/0/f/fork/branches/1/fast/do/0/b completed
        "#]],
    );
}

#[test]
fn a_cancel_during_the_undoing_of_losers_waits_for_it_and_undoes_the_winner_too() {
    check(
        r"
        do:
          - f:
              fork:
                compete: true
                branches:
                  - slow: { do: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: post, endpoint: 'http://s/undo' } } } ] } } } }, { w: { wait: PT1M } } ] }
                  - fast: { do: [ { b: { set: { x: 2 }, metadata: { compensate: { do: [ { undoB: { set: { y: 2 } } } ] } } } }, { w: { wait: PT1S } } ] }
        ",
        r#"
        start {}
        fire
        cancel compensate
        answer /do/0/f/fork/branches/0/slow/do/0/a/metadata/compensate/do/0/undoA 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/f
              taskStarted /do/0/f/fork/branches/0/slow
              taskStarted /do/0/f/fork/branches/1/fast
              taskStarted /do/0/f/fork/branches/0/slow/do/0/a
              taskCompleted /do/0/f/fork/branches/0/slow/do/0/a -> {"x":1}
              taskStarted /do/0/f/fork/branches/1/fast/do/0/b
              taskCompleted /do/0/f/fork/branches/1/fast/do/0/b -> {"x":2}
              taskStarted /do/0/f/fork/branches/0/slow/do/1/w due +60000
              taskStarted /do/0/f/fork/branches/1/fast/do/1/w due +1000
            > fire
              taskCompleted /do/0/f/fork/branches/1/fast/do/1/w -> {"x":2}
              taskCompleted /do/0/f/fork/branches/1/fast -> {"x":2}
              interrupted /do/0/f to complete due +6000
              taskCancelled /do/0/f/fork/branches/0/slow/do/1/w
              taskCancelled /do/0/f/fork/branches/0/slow
              compensationStarted /do/0/f
              undoStarted /do/0/f/fork/branches/0/slow/do/0/a
              taskStarted /do/0/f/fork/branches/0/slow/do/0/a/metadata/compensate/do/0/undoA
              attemptStarted /do/0/f/fork/branches/0/slow/do/0/a/metadata/compensate/do/0/undoA#1
            > cancel compensate
              cancelRequested compensate
              interrupted to cancel due +6000
            > answer /do/0/f/fork/branches/0/slow/do/0/a/metadata/compensate/do/0/undoA 200 1
              taskCompleted /do/0/f/fork/branches/0/slow/do/0/a/metadata/compensate/do/0/undoA#1 -> 1
              undoCompleted /do/0/f/fork/branches/0/slow/do/0/a
              compensationCompleted /do/0/f
              taskCancelled /do/0/f
              compensationStarted
              undoStarted /do/0/f/fork/branches/1/fast/do/0/b
              taskStarted /do/0/f/fork/branches/1/fast/do/0/b/metadata/compensate/do/0/undoB
              taskCompleted /do/0/f/fork/branches/1/fast/do/0/b/metadata/compensate/do/0/undoB -> {"y":2}
              undoCompleted /do/0/f/fork/branches/1/fast/do/0/b
              compensationCompleted
              cancelled
            = cancelled, compensation completed
              undo /do/0/f/fork/branches/1/fast/do/0/b completed
        "#]],
    );
}

#[test]
fn a_long_unwinding_is_no_endless_loop() {
    check(
        r"
        document: { dsl: '1.0.3', namespace: test, name: script, version: '1.0.0', metadata: { compensation: { order: sequential } } }
        do: [ { l: { for: { in: '[range(0;6000)]' }, do: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { set: { y: 1 } } } ] } } } } ] } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/l
              iterationStarted /do/0/l 0
              … 42000 more
              taskStarted /do/0/l/do/0/a/metadata/compensate/do/0/undoA[0]
              taskCompleted /do/0/l/do/0/a/metadata/compensate/do/0/undoA[0] -> {"y":1}
              undoCompleted /do/0/l/do/0/a[0]
              compensationCompleted
              faulted ! https://x/y 500 at /do/1/fail
            = faulted, compensation completed https://x/y 500 at /do/1/fail
              undo /do/0/l/do/0/a[5999] completed
              undo /do/0/l/do/0/a[5998] completed
              undo /do/0/l/do/0/a[5997] completed
              undo /do/0/l/do/0/a[5996] completed
              undo /do/0/l/do/0/a[5995] completed
              undo /do/0/l/do/0/a[5994] completed
              undo /do/0/l/do/0/a[5993] completed
              undo /do/0/l/do/0/a[5992] completed
              undo /do/0/l/do/0/a[5991] completed
              undo /do/0/l/do/0/a[5990] completed
              undo /do/0/l/do/0/a[5989] completed
              undo /do/0/l/do/0/a[5988] completed
              undo /do/0/l/do/0/a[5987] completed
              undo /do/0/l/do/0/a[5986] completed
              undo /do/0/l/do/0/a[5985] completed
              undo /do/0/l/do/0/a[5984] completed
              undo /do/0/l/do/0/a[5983] completed
              undo /do/0/l/do/0/a[5982] completed
              undo /do/0/l/do/0/a[5981] completed
              undo /do/0/l/do/0/a[5980] completed
              undo /do/0/l/do/0/a[5979] completed
              undo /do/0/l/do/0/a[5978] completed
              undo /do/0/l/do/0/a[5977] completed
              undo /do/0/l/do/0/a[5976] completed
              undo /do/0/l/do/0/a[5975] completed
              undo /do/0/l/do/0/a[5974] completed
              undo /do/0/l/do/0/a[5973] completed
              undo /do/0/l/do/0/a[5972] completed
              undo /do/0/l/do/0/a[5971] completed
              undo /do/0/l/do/0/a[5970] completed
              undo /do/0/l/do/0/a[5969] completed
              undo /do/0/l/do/0/a[5968] completed
              undo /do/0/l/do/0/a[5967] completed
              undo /do/0/l/do/0/a[5966] completed
              undo /do/0/l/do/0/a[5965] completed
              undo /do/0/l/do/0/a[5964] completed
              undo /do/0/l/do/0/a[5963] completed
              undo /do/0/l/do/0/a[5962] completed
              undo /do/0/l/do/0/a[5961] completed
              undo /do/0/l/do/0/a[5960] completed
              undo /do/0/l/do/0/a[5959] completed
              undo /do/0/l/do/0/a[5958] completed
              undo /do/0/l/do/0/a[5957] completed
              undo /do/0/l/do/0/a[5956] completed
              undo /do/0/l/do/0/a[5955] completed
              undo /do/0/l/do/0/a[5954] completed
              undo /do/0/l/do/0/a[5953] completed
              undo /do/0/l/do/0/a[5952] completed
              undo /do/0/l/do/0/a[5951] completed
              undo /do/0/l/do/0/a[5950] completed
              undo /do/0/l/do/0/a[5949] completed
              undo /do/0/l/do/0/a[5948] completed
              undo /do/0/l/do/0/a[5947] completed
              undo /do/0/l/do/0/a[5946] completed
              undo /do/0/l/do/0/a[5945] completed
              undo /do/0/l/do/0/a[5944] completed
              undo /do/0/l/do/0/a[5943] completed
              undo /do/0/l/do/0/a[5942] completed
              undo /do/0/l/do/0/a[5941] completed
              undo /do/0/l/do/0/a[5940] completed
              undo /do/0/l/do/0/a[5939] completed
              undo /do/0/l/do/0/a[5938] completed
              undo /do/0/l/do/0/a[5937] completed
              undo /do/0/l/do/0/a[5936] completed
              undo /do/0/l/do/0/a[5935] completed
              undo /do/0/l/do/0/a[5934] completed
              undo /do/0/l/do/0/a[5933] completed
              undo /do/0/l/do/0/a[5932] completed
              undo /do/0/l/do/0/a[5931] completed
              undo /do/0/l/do/0/a[5930] completed
              undo /do/0/l/do/0/a[5929] completed
              undo /do/0/l/do/0/a[5928] completed
              undo /do/0/l/do/0/a[5927] completed
              undo /do/0/l/do/0/a[5926] completed
              undo /do/0/l/do/0/a[5925] completed
              undo /do/0/l/do/0/a[5924] completed
              undo /do/0/l/do/0/a[5923] completed
              undo /do/0/l/do/0/a[5922] completed
              undo /do/0/l/do/0/a[5921] completed
              undo /do/0/l/do/0/a[5920] completed
        "#]],
    );
}

#[test]
fn an_endless_loop_in_an_undo_is_stopped_and_tried_again() {
    check(
        r"
        do: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { u: { set: { y: 1 }, then: u } } ] } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              … 20000 more
              taskStarted /do/0/a/metadata/compensate/do/0/u[r9998@6]
              taskCompleted /do/0/a/metadata/compensate/do/0/u[r9998@6] -> {"y":1}
              taskStarted /do/0/a/metadata/compensate/do/0/u[r9999@6]
              taskCompleted /do/0/a/metadata/compensate/do/0/u[r9999@6] -> {"y":1}
              undoRetried /do/0/a retry 1 ! runtime 500: more than 10000 tasks ran without waiting for anything: an endless loop? due +1057
            = running, compensation running https://x/y 500 at /do/1/fail
              open: retry /do/0/a +1057
        "#]],
    );
}

#[test]
fn the_undos_of_two_tries_of_one_step_never_use_an_attempt_twice() {
    check(
        r"
        do: [ { t: { try: [ { c: { call: http, with: { method: post, endpoint: 'http://s/do' }, metadata: { compensate: { do: [ { undoC: { call: http, with: { method: post, endpoint: 'http://s/undo', headers: { K: '${ $compensation.idempotencyKey }', F: '${ $compensation.forwardIdempotencyKey }' } } } } ] } } } }, { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ], catch: { retry: { limit: { attempt: { count: 1 } } } } } } ]
        ",
        r#"
        start {}
        answer /do/0/t/try/0/c 200 1
        answer /do/0/t/try/0/c 200 2
        answer /do/0/t/try/0/c/metadata/compensate/do/0/undoC 200 {}
        answer /do/0/t/try/0/c/metadata/compensate/do/0/undoC 200 {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/c
              attemptStarted /do/0/t/try/0/c#1
            > answer /do/0/t/try/0/c 200 1
              taskCompleted /do/0/t/try/0/c#1 -> 1
              taskStarted /do/0/t/try/1/fail
              taskFaulted /do/0/t/try/1/fail ! https://x/y 500 at /do/0/t/try/1/fail
              taskRetried /do/0/t retry 1 ! https://x/y 500 at /do/0/t/try/1/fail due +0
              tryStarted /do/0/t
              taskStarted /do/0/t/try/0/c
              attemptStarted /do/0/t/try/0/c#2
            > answer /do/0/t/try/0/c 200 2
              taskCompleted /do/0/t/try/0/c#2 -> 2
              taskStarted /do/0/t/try/1/fail
              taskFaulted /do/0/t/try/1/fail ! https://x/y 500 at /do/0/t/try/1/fail
              taskFaulted /do/0/t ! https://x/y 500 at /do/0/t/try/1/fail
              compensationStarted ! https://x/y 500 at /do/0/t/try/1/fail
              undoStarted /do/0/t/try/0/c
              taskStarted /do/0/t/try/0/c/metadata/compensate/do/0/undoC
              attemptStarted /do/0/t/try/0/c/metadata/compensate/do/0/undoC#1
            > answer /do/0/t/try/0/c/metadata/compensate/do/0/undoC 200 {}
              taskCompleted /do/0/t/try/0/c/metadata/compensate/do/0/undoC#1 -> {}
              undoCompleted /do/0/t/try/0/c
              undoStarted /do/0/t/try/0/c
              taskStarted /do/0/t/try/0/c/metadata/compensate/do/0/undoC
              attemptStarted /do/0/t/try/0/c/metadata/compensate/do/0/undoC#2
            > answer /do/0/t/try/0/c/metadata/compensate/do/0/undoC 200 {}
              taskCompleted /do/0/t/try/0/c/metadata/compensate/do/0/undoC#2 -> {}
              undoCompleted /do/0/t/try/0/c
              compensationCompleted
              faulted ! https://x/y 500 at /do/0/t/try/1/fail
            = faulted, compensation completed https://x/y 500 at /do/0/t/try/1/fail
              undo /do/0/t/try/0/c completed
              undo /do/0/t/try/0/c completed
        "#]],
    );
}

/// Definition format §4: a timeout is a fault, so `on: []` does not unwind after one either.
#[test]
fn a_workflow_timeout_does_not_unwind_when_faults_do_not() {
    check(
        r"
        document: { dsl: '1.0.3', namespace: test, name: script, version: '1.0.0', metadata: { compensation: { on: [] } } }
        timeout: { after: { seconds: 5 } }
        do: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { set: { undone: true } } } ] } } } }, { nap: { wait: { minutes: 1 } } } ]
        ",
        r#"
        start {}
        fire
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              taskStarted /do/1/nap due +60000
            > fire
              interrupted to fault
              taskCancelled /do/1/nap
              faulted ! timeout 408 at /: the workflow took longer than its `timeout`
            = faulted timeout 408 at /: the workflow took longer than its `timeout`
        "#]],
    );
}
