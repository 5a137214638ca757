//! A child and its parent, seen from the child: what it reports, and how it undoes itself after its end (FR-008, invariant 11).

use expect_test::expect;
use tenure_engine::execution::testing::check;

#[test]
fn a_child_tells_its_parent_once_how_it_ended() {
    check(
        r"
        do: [ { a: { set: { x: '${ .n + 1 }' } } } ]
        ",
        r#"
        start-child {"n":1}
        start-child {"n":1}
        told-of 9
        told
        told-of 3
        unwind
        told
        "#,
        expect![[r#"
            > start-child {"n":1}
              started
              becameChild of exe_00000000000000000000000009 at /do/9/p
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":2}
              completed -> {"x":2}
            > start-child {"n":1}
              nothing
            > told-of 9
              nothing
            > told
              parentTold
            > told-of 3
              nothing
            > unwind
              unwindRequested ! runtime 500 at /do/9/p: the parent's
            > told
              parentTold
            = completed {"x":2}
        "#]],
    );
}

#[test]
fn a_child_that_ended_well_undoes_itself_for_its_parent() {
    check(
        r"
        do:
          - a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: 'http://s/a', body: { was: '${ $output.x }', why: '${ $error.detail }' } } } } ] } } }
          - b: { set: { x: 2 }, metadata: { compensate: { do: [ { undoB: { set: { y: 1 } } } ] } } }
        ",
        r#"
        start-child {}
        told
        unwind
        show /do/0/a/metadata/compensate/do/0/undoA
        unwind
        cancel
        terminate
        answer /do/0/a/metadata/compensate/do/0/undoA 200 {}
        told
        "#,
        expect![[r#"
            > start-child {}
              started
              becameChild of exe_00000000000000000000000009 at /do/9/p
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              taskStarted /do/1/b
              taskCompleted /do/1/b -> {"x":2}
              completed -> {"x":2}
            > told
              parentTold
            > unwind
              unwindRequested ! runtime 500 at /do/9/p: the parent's
              compensationStarted ! runtime 500 at /do/9/p: the parent's
              undoStarted /do/1/b
              taskStarted /do/1/b/metadata/compensate/do/0/undoB
              taskCompleted /do/1/b/metadata/compensate/do/0/undoB -> {"y":1}
              undoCompleted /do/1/b
              undoStarted /do/0/a
              taskStarted /do/0/a/metadata/compensate/do/0/undoA
              attemptStarted /do/0/a/metadata/compensate/do/0/undoA#1
            > show /do/0/a/metadata/compensate/do/0/undoA
              PUT http://s/a [] {"was":1,"why":"the parent's"} key=d635203e mode=AtLeastOnce send-by=+30000 deadline=+600000
            > unwind
              nothing
            > cancel
              rejected: the execution has ended: it is completed
            > terminate
              rejected: the execution has ended: it is completed
            > answer /do/0/a/metadata/compensate/do/0/undoA 200 {}
              taskCompleted /do/0/a/metadata/compensate/do/0/undoA#1 -> {}
              undoCompleted /do/0/a
              compensationCompleted
            > told
              parentTold
            = completed, compensation completed {"x":2}
              undo /do/1/b completed
              undo /do/0/a completed
        "#]],
    );
}

#[test]
fn a_child_is_undone_through_its_own_children() {
    check(
        r"
        do:
          - a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { set: { y: 1 } } } ] } } }
          - deeper: { run: { workflow: { namespace: shop, name: deeper, version: '1.0.0' } } }
        ",
        r#"
        start-child {}
        child /do/1/deeper started
        child /do/1/deeper completed+ {}
        told
        unwind
        child /do/1/deeper undone
        told
        "#,
        expect![[r#"
            > start-child {}
              started
              becameChild of exe_00000000000000000000000009 at /do/9/p
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              taskStarted /do/1/deeper
            > child /do/1/deeper started
              childStarted /do/1/deeper test/child@1.0.0
            > child /do/1/deeper completed+ {}
              childEnded /do/1/deeper completed can be undone
              taskCompleted /do/1/deeper -> {}
              completed -> {}
            > told
              parentTold
            > unwind
              unwindRequested ! runtime 500 at /do/9/p: the parent's
              compensationStarted ! runtime 500 at /do/9/p: the parent's
              undoStarted /do/1/deeper
            > child /do/1/deeper undone
              undoCompleted /do/1/deeper
              undoStarted /do/0/a
              taskStarted /do/0/a/metadata/compensate/do/0/undoA
              taskCompleted /do/0/a/metadata/compensate/do/0/undoA -> {"y":1}
              undoCompleted /do/0/a
              compensationCompleted
            > told
              parentTold
            = completed, compensation completed {}
              undo /do/1/deeper completed
              undo /do/0/a completed
        "#]],
    );
}

#[test]
fn an_undo_of_an_ended_child_that_fails_waits_for_an_operator() {
    check(
        r"
        do:
          - a:
              set: { x: 1 }
              metadata: { compensate: { do: [ { undoA: { raise: { error: { type: 'https://x/y', status: 500, title: no } } } } ], retry: { limit: { attempt: { count: 0 } } } } }
        ",
        r#"
        start-child {}
        told
        unwind
        resolve /do/0/a skip
        told
        "#,
        expect![[r#"
            > start-child {}
              started
              becameChild of exe_00000000000000000000000009 at /do/9/p
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              completed -> {"x":1}
            > told
              parentTold
            > unwind
              unwindRequested ! runtime 500 at /do/9/p: the parent's
              compensationStarted ! runtime 500 at /do/9/p: the parent's
              undoStarted /do/0/a
              taskStarted /do/0/a/metadata/compensate/do/0/undoA
              taskFaulted /do/0/a/metadata/compensate/do/0/undoA ! https://x/y 500 at /do/0/a/metadata/compensate/do/0/undoA
              undoFailed /do/0/a an operator decides ! https://x/y 500 at /do/0/a/metadata/compensate/do/0/undoA
            > resolve /do/0/a skip
              taskResolved /do/0/a skip
              compensationFailed
            > told
              parentTold
            = completed, compensation failed {"x":1}
              undo /do/0/a skipped
        "#]],
    );
}

#[test]
fn an_unwinding_that_is_asked_for_before_the_end_was_acknowledged_is_reported_apart() {
    check(
        r"
        do: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { set: { y: 1 } } } ] } } } } ]
        ",
        r#"
        start-child {}
        unwind
        told-of 3
        told-of 8
        "#,
        expect![[r#"
            > start-child {}
              started
              becameChild of exe_00000000000000000000000009 at /do/9/p
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              completed -> {"x":1}
            > unwind
              unwindRequested ! runtime 500 at /do/9/p: the parent's
              compensationStarted ! runtime 500 at /do/9/p: the parent's
              undoStarted /do/0/a
              taskStarted /do/0/a/metadata/compensate/do/0/undoA
              taskCompleted /do/0/a/metadata/compensate/do/0/undoA -> {"y":1}
              undoCompleted /do/0/a
              compensationCompleted
            > told-of 3
              nothing
            > told-of 8
              parentTold
            = completed, compensation completed {"x":1}
              undo /do/0/a completed
        "#]],
    );
}

#[test]
fn a_child_that_faults_has_undone_itself_and_keeps_nothing() {
    check(
        r"
        do:
          - a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { set: { y: 1 } } } ] } } }
          - fail: { raise: { error: { type: 'https://x/y', status: 500, title: no } } }
        ",
        r#"
        start-child {}
        "#,
        expect![[r#"
            > start-child {}
              started
              becameChild of exe_00000000000000000000000009 at /do/9/p
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              taskStarted /do/1/fail
              taskFaulted /do/1/fail ! https://x/y 500 at /do/1/fail
              compensationStarted ! https://x/y 500 at /do/1/fail
              undoStarted /do/0/a
              taskStarted /do/0/a/metadata/compensate/do/0/undoA
              taskCompleted /do/0/a/metadata/compensate/do/0/undoA -> {"y":1}
              undoCompleted /do/0/a
              compensationCompleted
              faulted ! https://x/y 500 at /do/1/fail
            = faulted, compensation completed https://x/y 500 at /do/1/fail
              undo /do/0/a completed
              open: tell parent faulted https://x/y 500 at /do/1/fail
        "#]],
    );
}

#[test]
fn a_child_that_is_cancelled_keeps_what_it_can_undo() {
    check(
        r"
        do:
          - a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { set: { y: 1 } } } ] } } }
          - w: { wait: PT1H }
        ",
        r#"
        start-child {}
        cancel
        told
        unwind
        told
        "#,
        expect![[r#"
            > start-child {}
              started
              becameChild of exe_00000000000000000000000009 at /do/9/p
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              taskStarted /do/1/w due +3600000
            > cancel
              cancelRequested
              interrupted to cancel due +5000
              taskCancelled /do/1/w
              cancelled
            > told
              parentTold
            > unwind
              unwindRequested ! runtime 500 at /do/9/p: the parent's
              compensationStarted ! runtime 500 at /do/9/p: the parent's
              undoStarted /do/0/a
              taskStarted /do/0/a/metadata/compensate/do/0/undoA
              taskCompleted /do/0/a/metadata/compensate/do/0/undoA -> {"y":1}
              undoCompleted /do/0/a
              compensationCompleted
            > told
              parentTold
            = cancelled, compensation completed
              undo /do/0/a completed
        "#]],
    );
}

#[test]
fn a_terminated_child_is_not_undone() {
    check(
        r"
        do:
          - a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { set: { y: 1 } } } ] } } }
          - w: { wait: PT1H }
        ",
        r#"
        start-child {}
        terminate
        told
        unwind
        told
        "#,
        expect![[r#"
            > start-child {}
              started
              becameChild of exe_00000000000000000000000009 at /do/9/p
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              taskStarted /do/1/w due +3600000
            > terminate
              terminated
            > told
              parentTold
            > unwind
              unwindRequested ! runtime 500 at /do/9/p: the parent's
            > told
              parentTold
            = terminated
        "#]],
    );
}
