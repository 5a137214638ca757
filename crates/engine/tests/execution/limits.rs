//! `metadata.limits`: an execution waits for a place before it begins.

use expect_test::expect;
use tenure_engine::execution::testing::{BEGIN, Run, check};
use tenure_types::Status;

const ONE: &str = "
document: { dsl: '1.0.3', namespace: t, name: t, version: '1.0.0', metadata: { limits: { key: .who, max: 2 } } }
do:
  - a: { set: { done: true } }
";

#[test]
fn an_execution_begins_when_it_has_a_place() {
    check(
        ONE,
        r#"
        start {"who":"ada"}
        admit
        admit
        "#,
        expect![[r#"
            > start {"who":"ada"}
              accepted
              queued 2 at once for "ada"
            > admit
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"done":true}
              completed -> {"done":true}
            > admit
              nothing
            = completed {"done":true}
        "#]],
    );
}

#[test]
fn an_execution_that_is_turned_away_has_faulted() {
    check(
        ONE,
        r#"
        start {"who":"ada"}
        turn-away
        "#,
        expect![[r#"
            > start {"who":"ada"}
              accepted
              queued 2 at once for "ada"
            > turn-away
              faulted ! runtime 500 at /: `limits`: 2 at once for "ada", and all places are taken
            = faulted runtime 500 at /: `limits`: 2 at once for "ada", and all places are taken
        "#]],
    );
}

#[test]
fn a_delayed_start_waits_for_a_place_when_its_time_has_come() {
    check(
        ONE,
        r#"
        start-at +5000 {"who":"ada"}
        fire
        admit
        "#,
        expect![[r#"
            > start-at +5000 {"who":"ada"}
              accepted due +5000
            > fire
              queued 2 at once for "ada"
            > admit
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"done":true}
              completed -> {"done":true}
            = completed {"done":true}
        "#]],
    );
}

#[test]
fn an_execution_that_waits_can_be_cancelled() {
    check(
        ONE,
        r#"
        start {}
        cancel
        admit
        "#,
        expect![[r#"
            > start {}
              accepted
              queued 2 at once for null
            > cancel
              cancelRequested
              cancelled
            > admit
              nothing
            = cancelled
        "#]],
    );
}

#[test]
fn a_child_waits_for_a_place_and_tells_its_parent_when_there_is_none() {
    check(
        ONE,
        r#"
        start-child {"who":"ada"}
        turn-away
        told
        "#,
        expect![[r#"
            > start-child {"who":"ada"}
              accepted
              becameChild of exe_00000000000000000000000009 at /do/9/p
              queued 2 at once for "ada"
            > turn-away
              faulted ! runtime 500 at /: `limits`: 2 at once for "ada", and all places are taken
            > told
              parentTold
            = faulted runtime 500 at /: `limits`: 2 at once for "ada", and all places are taken
        "#]],
    );
}

#[test]
fn a_signal_is_kept_until_there_is_a_place() {
    check(
        "
document: { dsl: '1.0.3', namespace: t, name: t, version: '1.0.0', metadata: { limits: { max: 1 } } }
do:
  - a: { listen: { to: { one: { with: { type: go } } } } }
",
        r#"
        start {}
        signal {"type":"go","data":1}
        admit
        "#,
        expect![[r#"
            > start {}
              accepted
              queued 1 at once
            > signal {"type":"go","data":1}
              signalReceived go e1 of /s
            > admit
              started
              taskStarted /do/0/a
              signalConsumed /do/0/a e1 of /s
              taskCompleted /do/0/a -> [1]
              completed -> [1]
            = completed [1]
        "#]],
    );
}

/// The time that it waits for a place is not the workflow's.
#[test]
fn a_timeout_begins_with_the_place() {
    check(
        "
document: { dsl: '1.0.3', namespace: t, name: t, version: '1.0.0', metadata: { limits: { max: 1 } } }
timeout: { after: PT10S }
do:
  - a: { wait: PT1H }
",
        r#"
        start {}
        clock +60000
        admit
        fire
        "#,
        expect![[r#"
            > start {}
              accepted
              queued 1 at once
            > clock +60000
            > admit
              started
              taskStarted /do/0/a due +3660000
            > fire
              interrupted to fault
              taskCancelled /do/0/a
              faulted ! timeout 408 at /: the workflow took longer than its `timeout`
            = faulted timeout 408 at /: the workflow took longer than its `timeout`
        "#]],
    );
}

fn started(head: &str, input: &str) -> Run {
    let document = format!("dsl: '1.0.3', namespace: t, name: t, version: '1.0.0', metadata: {{ {head} }}");
    let mut run = Run::new(&format!("document: {{ {document} }}\ndo: [ {{ a: {{ set: {{ x: 1 }} }} }} ]"));
    run.line(&format!("start {input}"));
    run
}

/// The key, as it is stored.
fn key(limits: &str, input: &str) -> String {
    let run = started(&format!("limits: {{ {limits} }}"), input);
    run.execution().limit().expect("it waits").key.to_string()
}

#[test]
fn the_key_is_a_value_of_the_input() {
    assert_eq!(key("max: 1", "{}"), "");
    assert_eq!(key("max: 1, key: .who", r#"{"who":"ada"}"#), r#""ada""#);
    assert_eq!(key("max: 1, key: '${ [ $input.a, .b ] }'", r#"{"a":1,"b":"x"}"#), r#"[1,"x"]"#);
    assert_eq!(key("max: 1, key: .who", "{}"), "null", "without a value they share one");
}

#[test]
fn a_key_that_cannot_be_used_is_a_fault() {
    let fault = |head: &str, input: &str| {
        let run = started(head, input);
        assert_eq!((run.execution().status(), run.execution().limit()), (Status::Faulted, None));
        run.execution().error().and_then(|error| error.detail.clone()).unwrap_or_default()
    };
    let error = fault("limits: { max: 1, key: .who.name }", r#"{"who":"ada"}"#);
    assert!(error.starts_with("`limits.key`: "), "{error}");
    let long = format!(r#"{{"who":"{}"}}"#, "x".repeat(254));
    assert_eq!(
        fault("limits: { max: 1, key: .who }", &long),
        "`limits.key`: larger than the limit `limit_key_bytes_max` of 255 bytes"
    );
    assert_eq!(
        fault("sensitive: [ /who ], limits: { max: 1, key: '[ .who ]' }", r#"{"who":"ada-lovelace"}"#),
        "`limits.key`: the value is sensitive"
    );
}

/// Who asks sees why it has not begun.
#[test]
fn what_waits_for_a_place_says_so() {
    let mut run = started("limits: { max: 2, key: .who }", r#"{"who":"ada"}"#);
    let pending = run.execution().pending();
    let [place] = &pending[..] else { panic!("it waits for one thing: {pending:?}") };
    assert_eq!((&*place.task, place.state.as_str(), place.since), ("/", "queued", BEGIN));
    assert_eq!(place.detail.as_deref(), Some(r#"2 at once for "ada""#));
    run.line("admit");
    assert_eq!(run.execution().pending(), []);
}
