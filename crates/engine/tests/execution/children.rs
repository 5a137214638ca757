//! `run.workflow`: a parent's task and its child (FR-008, invariant 11). The child's side is in `parents`.

use expect_test::expect;
use tenure_engine::execution::testing::{Run, check};
use tenure_engine::execution::{Effect, Input, Word};

/// A task that waits for its child, and one after it.
const SHIP: &str = r"
do:
  - ship: { run: { workflow: { namespace: shop, name: ship, version: '1.0.0', input: { order: '${ .order }' } } } }
  - done: { set: { shipped: '${ . }' } }
";

/// What can be undone, then a child, then a fault when asked for.
const UNDOABLE: &str = r"
do:
  - book: { set: { x: 1 }, metadata: { compensate: { do: [ { unbook: { set: { y: 1 } } } ] } } }
  - ship: { run: { workflow: { namespace: shop, name: ship, version: latest } } }
  - fail: { raise: { error: { type: 'https://x/y', status: 500, title: no } } }
";

#[test]
fn the_output_of_a_child_is_the_output_of_its_task() {
    check(
        SHIP,
        r#"
        start {"order":7}
        child /do/0/ship started
        child /do/0/ship completed {"parcel":3}
        "#,
        expect![[r#"
            > start {"order":7}
              started
              taskStarted /do/0/ship
            > child /do/0/ship started
              childStarted /do/0/ship test/child@1.0.0
            > child /do/0/ship completed {"parcel":3}
              childEnded /do/0/ship completed
              taskCompleted /do/0/ship -> {"parcel":3}
              taskStarted /do/1/done
              taskCompleted /do/1/done -> {"shipped":{"parcel":3}}
              completed -> {"shipped":{"parcel":3}}
            = completed {"shipped":{"parcel":3}}
        "#]],
    );
}

#[test]
fn a_task_that_does_not_wait_goes_on_with_its_input_once_the_child_has_started() {
    check(
        r"
        do: [ { ship: { run: { workflow: { namespace: shop, name: ship, version: '1.0.0' }, await: false } } } ]
        ",
        r#"
        start {"order":7}
        child /do/0/ship started
        "#,
        expect![[r#"
            > start {"order":7}
              started
              taskStarted /do/0/ship
            > child /do/0/ship started
              childStarted /do/0/ship test/child@1.0.0
              taskCompleted /do/0/ship -> {"order":7}
              completed -> {"order":7}
            = completed {"order":7}
        "#]],
    );
}

#[test]
fn the_fault_of_a_child_is_lifted_and_says_where_it_came_from() {
    check(
        r"
        do:
          - t:
              try: [ { ship: { run: { workflow: { namespace: shop, name: ship, version: '1.0.0' } } } } ]
              catch: { do: [ { look: { set: '${ $error | { status, instance, from: .child.task } }' } } ] }
        ",
        r#"
        start {}
        child /do/0/t/try/0/ship started
        child /do/0/t/try/0/ship faulted /do/3/call
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/ship
            > child /do/0/t/try/0/ship started
              childStarted /do/0/t/try/0/ship test/child@1.0.0
            > child /do/0/t/try/0/ship faulted /do/3/call
              childEnded /do/0/t/try/0/ship faulted ! communication 502 at /do/3/call: it broke
              taskFaulted /do/0/t/try/0/ship ! communication 502 at /do/0/t/try/0/ship: it broke
              errorCaught /do/0/t ! communication 502 at /do/0/t/try/0/ship: it broke
              taskStarted /do/0/t/catch/do/0/look
              taskCompleted /do/0/t/catch/do/0/look -> {"status":502,"instance":"/do/0/t/try/0/ship","from":"/do/3/call"}
              taskCompleted /do/0/t -> {"status":502,"instance":"/do/0/t/try/0/ship","from":"/do/3/call"}
              completed -> {"status":502,"instance":"/do/0/t/try/0/ship","from":"/do/3/call"}
            = completed {"status":502,"instance":"/do/0/t/try/0/ship","from":"/do/3/call"}
        "#]],
    );
}

#[test]
fn a_child_that_is_cancelled_or_terminated_faults_its_task() {
    for how in ["cancelled", "terminated"] {
        let mut run = Run::new(SHIP);
        for line in ["start {}", "child /do/0/ship started", &format!("child /do/0/ship {how}")] {
            run.line(line);
        }
        let error = run.execution().error().expect("it faulted").clone();
        assert_eq!((error.status, error.instance.as_deref()), (500, Some("/do/0/ship")));
        assert!(error.detail.expect("it says why").ends_with(how));
    }
}

#[test]
fn a_child_that_is_refused_faults_its_task() {
    check(
        SHIP,
        r#"
        start {}
        child /do/0/ship refused unknown
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/ship
            > child /do/0/ship refused unknown
              childRefused /do/0/ship ! configuration 400 at /do/0/ship: there is no definition `shop/ship@1.0.0`
              taskFaulted /do/0/ship ! configuration 400 at /do/0/ship: there is no definition `shop/ship@1.0.0`
              faulted ! configuration 400 at /do/0/ship: there is no definition `shop/ship@1.0.0`
            = faulted configuration 400 at /do/0/ship: there is no definition `shop/ship@1.0.0`
        "#]],
    );
    for (why, status, detail) in [
        ("disabled", 400, "takes no new starts"),
        ("invalid", 400, "`/n` is not a number"),
        ("unusable", 400, "it is broken"),
    ] {
        let mut run = Run::new(SHIP);
        run.line("start {}");
        run.line(&format!("child /do/0/ship refused {why}"));
        let error = run.execution().error().expect("it faulted");
        assert_eq!(error.status, status);
        assert!(error.detail.as_deref().is_some_and(|text| text.contains(detail)), "{error:?}");
    }
}

#[test]
fn what_comes_twice_late_or_from_elsewhere_changes_nothing() {
    check(
        SHIP,
        r#"
        start {}
        child /do/0/ship started
        child /do/0/ship started
        child /do/0/ship refused unknown
        child /do/0/ship completed 1
        child /do/0/ship completed 2
        child /do/0/ship gone
        told-of 1
        unwind
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/ship
            > child /do/0/ship started
              childStarted /do/0/ship test/child@1.0.0
            > child /do/0/ship started
              nothing
            > child /do/0/ship refused unknown
              nothing
            > child /do/0/ship completed 1
              childEnded /do/0/ship completed
              taskCompleted /do/0/ship -> 1
              taskStarted /do/1/done
              taskCompleted /do/1/done -> {"shipped":1}
              completed -> {"shipped":1}
            > child /do/0/ship completed 2
              nothing
            > child /do/0/ship gone
              nothing
            > told-of 1
              nothing
            > unwind
              nothing
            = completed {"shipped":1}
        "#]],
    );
}

#[test]
fn the_end_of_a_child_may_be_known_before_its_start_is() {
    check(
        SHIP,
        r#"
        start {}
        child /do/0/ship completed 1
        child /do/0/ship started
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/ship
            > child /do/0/ship completed 1
              childStarted /do/0/ship test/child@1.0.0
              childEnded /do/0/ship completed
              taskCompleted /do/0/ship -> 1
              taskStarted /do/1/done
              taskCompleted /do/1/done -> {"shipped":1}
              completed -> {"shipped":1}
            > child /do/0/ship started
              nothing
            = completed {"shipped":1}
        "#]],
    );
}

#[test]
fn a_cancel_ends_the_child_first_and_nothing_starts_after_it() {
    check(
        SHIP,
        r#"
        start {}
        child /do/0/ship started
        cancel
        child /do/0/ship cancelled
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/ship
            > child /do/0/ship started
              childStarted /do/0/ship test/child@1.0.0
            > cancel
              cancelRequested
              interrupted to cancel due +5000
            > child /do/0/ship cancelled
              childEnded /do/0/ship cancelled
              taskCancelled /do/0/ship
              cancelled
            = cancelled
        "#]],
    );
}

#[test]
fn a_cancel_while_the_child_starts_waits_for_its_start() {
    check(
        SHIP,
        r#"
        start {}
        cancel
        child /do/0/ship started
        child /do/0/ship cancelled
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/ship
            > cancel
              cancelRequested
              interrupted to cancel due +5000
            > child /do/0/ship started
              childStarted /do/0/ship test/child@1.0.0
            > child /do/0/ship cancelled
              childEnded /do/0/ship cancelled
              taskCancelled /do/0/ship
              cancelled
            = cancelled
        "#]],
    );
    check(
        SHIP,
        r#"
        start {}
        cancel
        child /do/0/ship refused unknown
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/ship
            > cancel
              cancelRequested
              interrupted to cancel due +5000
            > child /do/0/ship refused unknown
              childRefused /do/0/ship ! configuration 400 at /do/0/ship: there is no definition `shop/ship@1.0.0`
              taskCancelled /do/0/ship
              cancelled
            = cancelled
        "#]],
    );
}

#[test]
fn a_child_that_completes_although_it_was_cancelled_is_recorded_as_what_it_was() {
    check(
        UNDOABLE,
        r#"
        start {}
        child /do/1/ship started
        cancel compensate
        child /do/1/ship completed+ 5
        child /do/1/ship undone
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/book
              taskCompleted /do/0/book -> {"x":1}
              taskStarted /do/1/ship
            > child /do/1/ship started
              childStarted /do/1/ship test/child@1.0.0
            > cancel compensate
              cancelRequested compensate
              interrupted to cancel due +5000
            > child /do/1/ship completed+ 5
              childEnded /do/1/ship completed can be undone
              taskCompleted /do/1/ship -> 5
              compensationStarted
              undoStarted /do/1/ship
            > child /do/1/ship undone
              undoCompleted /do/1/ship
              undoStarted /do/0/book
              taskStarted /do/0/book/metadata/compensate/do/0/unbook
              taskCompleted /do/0/book/metadata/compensate/do/0/unbook -> {"y":1}
              undoCompleted /do/0/book
              compensationCompleted
              cancelled
            = cancelled, compensation completed
              undo /do/1/ship completed
              undo /do/0/book completed
        "#]],
    );
}

#[test]
fn a_timeout_ends_the_child_and_faults_after_it() {
    check(
        r"
        do: [ { ship: { run: { workflow: { namespace: shop, name: ship, version: '1.0.0' } }, timeout: { after: PT5S } } } ]
        ",
        r#"
        start {}
        child /do/0/ship started
        fire timeout
        child /do/0/ship cancelled
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/ship due +5000
            > child /do/0/ship started
              childStarted /do/0/ship test/child@1.0.0
            > fire timeout
              interrupted /do/0/ship to fault
            > child /do/0/ship cancelled
              childEnded /do/0/ship cancelled
              taskFaulted /do/0/ship ! timeout 408 at /do/0/ship: the task took longer than its `timeout`
              faulted ! timeout 408 at /do/0/ship: the task took longer than its `timeout`
            = faulted timeout 408 at /do/0/ship: the task took longer than its `timeout`
        "#]],
    );
}

#[test]
fn a_terminate_ends_at_once_and_terminates_the_child() {
    check(
        SHIP,
        r#"
        start {}
        child /do/0/ship started
        terminate
        child /do/0/ship terminated
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/ship
            > child /do/0/ship started
              childStarted /do/0/ship test/child@1.0.0
            > terminate
              terminated
            > child /do/0/ship terminated
              childEnded /do/0/ship terminated
            = terminated
        "#]],
    );
    check(
        SHIP,
        r#"
        start {}
        terminate
        child /do/0/ship started
        child /do/0/ship gone
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/ship
            > terminate
              terminated
            > child /do/0/ship started
              childStarted /do/0/ship test/child@1.0.0
            > child /do/0/ship gone
              childEnded /do/0/ship terminated
            = terminated
        "#]],
    );
}

#[test]
fn the_loser_of_a_race_is_cancelled_and_undone() {
    check(
        r"
        do:
          - race:
              fork:
                compete: true
                branches:
                  - a: { run: { workflow: { namespace: shop, name: a, version: '1.0.0' } } }
                  - b: { run: { workflow: { namespace: shop, name: b, version: '1.0.0' } } }
        ",
        r#"
        start {}
        child /do/0/race/fork/branches/0/a started
        child /do/0/race/fork/branches/1/b started
        child /do/0/race/fork/branches/0/a completed+ 1
        child /do/0/race/fork/branches/1/b cancelled+
        child /do/0/race/fork/branches/1/b undone
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/race
              taskStarted /do/0/race/fork/branches/0/a
              taskStarted /do/0/race/fork/branches/1/b
            > child /do/0/race/fork/branches/0/a started
              childStarted /do/0/race/fork/branches/0/a test/child@1.0.0
            > child /do/0/race/fork/branches/1/b started
              childStarted /do/0/race/fork/branches/1/b test/child@1.0.0
            > child /do/0/race/fork/branches/0/a completed+ 1
              childEnded /do/0/race/fork/branches/0/a completed can be undone
              taskCompleted /do/0/race/fork/branches/0/a -> 1
              interrupted /do/0/race to complete due +5000
            > child /do/0/race/fork/branches/1/b cancelled+
              childEnded /do/0/race/fork/branches/1/b cancelled can be undone
              taskCancelled /do/0/race/fork/branches/1/b
              compensationStarted /do/0/race
              undoStarted /do/0/race/fork/branches/1/b
            > child /do/0/race/fork/branches/1/b undone
              undoCompleted /do/0/race/fork/branches/1/b
              compensationCompleted /do/0/race
              taskCompleted /do/0/race -> 1
              completed -> 1
            = completed 1
        "#]],
    );
}

#[test]
fn a_parent_that_unwinds_has_its_completed_child_undo_itself() {
    check(
        UNDOABLE,
        r#"
        start {}
        child /do/1/ship started
        child /do/1/ship completed+ 1
        child /do/1/ship undone
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/book
              taskCompleted /do/0/book -> {"x":1}
              taskStarted /do/1/ship
            > child /do/1/ship started
              childStarted /do/1/ship test/child@1.0.0
            > child /do/1/ship completed+ 1
              childEnded /do/1/ship completed can be undone
              taskCompleted /do/1/ship -> 1
              taskStarted /do/2/fail
              taskFaulted /do/2/fail ! https://x/y 500 at /do/2/fail
              compensationStarted ! https://x/y 500 at /do/2/fail
              undoStarted /do/1/ship
            > child /do/1/ship undone
              undoCompleted /do/1/ship
              undoStarted /do/0/book
              taskStarted /do/0/book/metadata/compensate/do/0/unbook
              taskCompleted /do/0/book/metadata/compensate/do/0/unbook -> {"y":1}
              undoCompleted /do/0/book
              compensationCompleted
              faulted ! https://x/y 500 at /do/2/fail
            = faulted, compensation completed https://x/y 500 at /do/2/fail
              undo /do/1/ship completed
              undo /do/0/book completed
        "#]],
    );
}

#[test]
fn a_child_without_anything_to_undo_is_not_asked() {
    check(
        UNDOABLE,
        r#"
        start {}
        child /do/1/ship started
        child /do/1/ship completed 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/book
              taskCompleted /do/0/book -> {"x":1}
              taskStarted /do/1/ship
            > child /do/1/ship started
              childStarted /do/1/ship test/child@1.0.0
            > child /do/1/ship completed 1
              childEnded /do/1/ship completed
              taskCompleted /do/1/ship -> 1
              taskStarted /do/2/fail
              taskFaulted /do/2/fail ! https://x/y 500 at /do/2/fail
              compensationStarted ! https://x/y 500 at /do/2/fail
              undoStarted /do/0/book
              taskStarted /do/0/book/metadata/compensate/do/0/unbook
              taskCompleted /do/0/book/metadata/compensate/do/0/unbook -> {"y":1}
              undoCompleted /do/0/book
              compensationCompleted
              faulted ! https://x/y 500 at /do/2/fail
            = faulted, compensation completed https://x/y 500 at /do/2/fail
              undo /do/0/book completed
        "#]],
    );
}

#[test]
fn a_child_that_is_not_undone_is_an_incident_that_can_be_tried_again() {
    check(
        UNDOABLE,
        r#"
        start {}
        child /do/1/ship started
        child /do/1/ship completed+ 1
        child /do/1/ship not-undone
        resolve /do/1/ship retry
        child /do/1/ship undo-gone
        resolve /do/1/ship skip
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/book
              taskCompleted /do/0/book -> {"x":1}
              taskStarted /do/1/ship
            > child /do/1/ship started
              childStarted /do/1/ship test/child@1.0.0
            > child /do/1/ship completed+ 1
              childEnded /do/1/ship completed can be undone
              taskCompleted /do/1/ship -> 1
              taskStarted /do/2/fail
              taskFaulted /do/2/fail ! https://x/y 500 at /do/2/fail
              compensationStarted ! https://x/y 500 at /do/2/fail
              undoStarted /do/1/ship
            > child /do/1/ship not-undone
              undoFailed /do/1/ship an operator decides ! runtime 500 at /do/1/ship: the child `exe_01HF7YAT00E8RAYT2NNWVFXF3H` is not undone: see its history
            > resolve /do/1/ship retry
              taskResolved /do/1/ship retry
            > child /do/1/ship undo-gone
              undoFailed /do/1/ship an operator decides ! runtime 500 at /do/1/ship: the child `exe_01HF7YAT00E8RAYT2NNWVFXF3H` cannot be undone: it is not stored any more
            > resolve /do/1/ship skip
              taskResolved /do/1/ship skip
              undoStarted /do/0/book
              taskStarted /do/0/book/metadata/compensate/do/0/unbook
              taskCompleted /do/0/book/metadata/compensate/do/0/unbook -> {"y":1}
              undoCompleted /do/0/book
              compensationFailed
              faulted ! https://x/y 500 at /do/2/fail
            = faulted, compensation failed https://x/y 500 at /do/2/fail
              undo /do/1/ship skipped
              undo /do/0/book completed
        "#]],
    );
}

#[test]
fn the_tasks_own_compensation_goes_before_the_childs() {
    check(
        r"
        do:
          - ship:
              run: { workflow: { namespace: shop, name: ship, version: '1.0.0' } }
              metadata: { compensate: { do: [ { recall: { set: { back: '${ $output }' } } } ] } }
          - fail: { raise: { error: { type: 'https://x/y', status: 500, title: no } } }
        ",
        r#"
        start {}
        child /do/0/ship started
        child /do/0/ship completed+ {"parcel":3}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/ship
            > child /do/0/ship started
              childStarted /do/0/ship test/child@1.0.0
            > child /do/0/ship completed+ {"parcel":3}
              childEnded /do/0/ship completed can be undone
              taskCompleted /do/0/ship -> {"parcel":3}
              taskStarted /do/1/fail
              taskFaulted /do/1/fail ! https://x/y 500 at /do/1/fail
              compensationStarted ! https://x/y 500 at /do/1/fail
              undoStarted /do/0/ship
              taskStarted /do/0/ship/metadata/compensate/do/0/recall
              taskCompleted /do/0/ship/metadata/compensate/do/0/recall -> {"back":{"parcel":3}}
              undoCompleted /do/0/ship
              compensationCompleted
              faulted ! https://x/y 500 at /do/1/fail
            = faulted, compensation completed https://x/y 500 at /do/1/fail
              undo /do/0/ship completed
        "#]],
    );
}

#[test]
fn a_seventeenth_generation_is_a_fault() {
    for (depth, detail) in [("15", None), ("16", Some("`child_depth_max` is 16"))] {
        let mut run = Run::new(SHIP);
        run.line(&format!("start-child-at {depth} {{}}"));
        let found = run.execution().error().and_then(|error| error.detail.clone());
        assert_eq!(found.is_some(), detail.is_some(), "{found:?}");
        assert!(detail.is_none_or(|detail| found.is_some_and(|found| found.contains(detail))));
    }
}

/// The id is the same whenever the start is repeated, and another for every activation.
#[test]
fn a_child_has_an_id_of_its_own_for_every_try() {
    let mut run = Run::new(
        r"
        do:
          - t:
              try: [ { ship: { run: { workflow: { namespace: shop, name: ship, version: '1.0.0' } } } } ]
              catch: { retry: { limit: { attempt: { count: 1 } } } }
        ",
    );
    let child = |run: &Run| {
        run.execution().open_effects().into_iter().find_map(|effect| match effect {
            Effect::Errand(errand) => match errand.word {
                Word::Start(start) => Some((errand.to, start.start)),
                Word::Tell(_) => None,
            },
            Effect::Call(_) | Effect::Publish { .. } | Effect::Timer { .. } => None,
        })
    };
    run.line("start {}");
    let (first, start) = child(&run).expect("a child is to start");
    assert_eq!(child(&run).expect("it still is").0, first);
    let parent = start.parent.expect("a child has a parent");
    assert_eq!((parent.execution, parent.depth, parent.awaited), (run.execution().id(), 1, true));
    assert_eq!((&*start.correlation_id, &*start.by.subject), ("cor-1", "ada"));
    run.line("child /do/0/t/try/0/ship started");
    run.line("child /do/0/t/try/0/ship faulted /do/0/x");
    let (second, _) = child(&run).expect("the retry starts another child");
    assert_ne!(first, second);
}

/// An operator's cancel is passed on in the operator's name.
#[test]
fn a_child_is_cancelled_in_the_name_of_whoever_cancelled_its_parent() {
    let mut run = Run::new(SHIP);
    for line in ["start {}", "child /do/0/ship started", "cancel"] {
        run.line(line);
    }
    let told = run.execution().open_effects().into_iter().find_map(|effect| match effect {
        Effect::Errand(errand) => Some(errand.word),
        Effect::Call(_) | Effect::Publish { .. } | Effect::Timer { .. } => None,
    });
    let Some(Word::Tell(input)) = told else { panic!("the child is to be told: {told:?}") };
    let Input::Cancel { compensate: false, by, .. } = *input else { panic!("it is cancelled: {input:?}") };
    assert_eq!(&*by.subject, "ada");
}

/// What asks changes nothing, so nothing of it is undone. A child that asks is ended once the answer is known.
#[test]
fn a_probe_may_run_a_child_and_leaves_nothing_to_undo() {
    const PROBED: &str = r"
        do:
          - pay:
              call: http
              with: { method: post, endpoint: 'http://s/pay' }
              metadata: { effect: { probe: { do: [ { ask: { run: { workflow: { namespace: shop, name: ask, version: latest } } } } ] } } }
          - fail: { raise: { error: { type: 'https://x/y', status: 500, title: no } } }
        ";
    check(
        PROBED,
        r#"
        start {}
        unknown /do/0/pay
        fire retry
        child /do/0/pay/metadata/effect/probe/do/0/ask started
        child /do/0/pay/metadata/effect/probe/do/0/ask completed+ {"executed":true,"output":1}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/pay
              attemptStarted /do/0/pay#1
            > unknown /do/0/pay
              taskUncertain /do/0/pay#1 reset: gone
              probeScheduled /do/0/pay probe 1 due +10000
            > fire retry
              probeStarted /do/0/pay probe 1
              taskStarted /do/0/pay/metadata/effect/probe/do/0/ask
            > child /do/0/pay/metadata/effect/probe/do/0/ask started
              childStarted /do/0/pay/metadata/effect/probe/do/0/ask test/child@1.0.0
            > child /do/0/pay/metadata/effect/probe/do/0/ask completed+ {"executed":true,"output":1}
              childEnded /do/0/pay/metadata/effect/probe/do/0/ask completed can be undone
              taskCompleted /do/0/pay/metadata/effect/probe/do/0/ask -> {"executed":true,"output":1}
              probeEnded /do/0/pay executed -> 1
              taskCompleted /do/0/pay#1 -> 1
              taskStarted /do/1/fail
              taskFaulted /do/1/fail ! https://x/y 500 at /do/1/fail
              faulted ! https://x/y 500 at /do/1/fail
            = faulted https://x/y 500 at /do/1/fail
        "#]],
    );
    check(
        PROBED,
        r#"
        start {}
        unknown /do/0/pay
        fire retry
        child /do/0/pay/metadata/effect/probe/do/0/ask started
        answer /do/0/pay 200 {"id":7}
        child /do/0/pay/metadata/effect/probe/do/0/ask cancelled+
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/pay
              attemptStarted /do/0/pay#1
            > unknown /do/0/pay
              taskUncertain /do/0/pay#1 reset: gone
              probeScheduled /do/0/pay probe 1 due +10000
            > fire retry
              probeStarted /do/0/pay probe 1
              taskStarted /do/0/pay/metadata/effect/probe/do/0/ask
            > child /do/0/pay/metadata/effect/probe/do/0/ask started
              childStarted /do/0/pay/metadata/effect/probe/do/0/ask test/child@1.0.0
            > answer /do/0/pay 200 {"id":7}
              interrupted /do/0/pay to complete
            > child /do/0/pay/metadata/effect/probe/do/0/ask cancelled+
              childEnded /do/0/pay/metadata/effect/probe/do/0/ask cancelled can be undone
              taskCancelled /do/0/pay/metadata/effect/probe/do/0/ask
              taskCompleted /do/0/pay#1 -> {"id":7}
              taskStarted /do/1/fail
              taskFaulted /do/1/fail ! https://x/y 500 at /do/1/fail
              faulted ! https://x/y 500 at /do/1/fail
            = faulted https://x/y 500 at /do/1/fail
        "#]],
    );
}
