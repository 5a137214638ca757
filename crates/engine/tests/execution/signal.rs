//! Signals: events addressed to one execution, kept until they are wanted, first in, first out.

use super::standing::{run, stands};
use expect_test::expect;
use std::fmt::Write;
use tenure_engine::execution::testing::check;
use tenure_engine::execution::{Fact, Taken};

const ONE: &str = "do: [ { hear: { listen: { to: { one: { with: { type: go } } } } } } ]";
const LATER: &str =
    "do: [ { w: { wait: PT10S } }, { hear: { listen: { to: { one: { with: { type: go } } } } } } ]";
const TWICE: &str = "do: [ { w: { wait: PT10S } }, { x: { listen: { to: { one: { with: { type: go } } } }, export: { as: '${ { x: . } }' } } }, { y: { listen: { to: { one: { with: { type: go } } } } } }, { z: { set: '${ [$context.x[0], .[0]] }' } } ]";

#[test]
fn a_signal_that_is_waited_for_is_consumed_at_once() {
    check(
        ONE,
        r#"
        start {}
        signal {"type":"go","data":1}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/hear
            > signal {"type":"go","data":1}
              signalReceived go e1 of /s
              signalConsumed /do/0/hear e1 of /s
              taskCompleted /do/0/hear -> [1]
              completed -> [1]
            = completed [1]
        "#]],
    );
}

#[test]
fn a_signal_that_comes_early_is_kept() {
    check(
        LATER,
        r#"
        start {}
        signal {"type":"go","data":1}
        fire
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/w due +10000
            > signal {"type":"go","data":1}
              signalReceived go e1 of /s
            > fire
              taskCompleted /do/0/w -> {}
              taskStarted /do/1/hear
              signalConsumed /do/1/hear e1 of /s
              taskCompleted /do/1/hear -> [1]
              completed -> [1]
            = completed [1]
        "#]],
    );
}

#[test]
fn a_published_event_that_comes_early_is_gone() {
    assert_eq!(stands(LATER, "start {}\nevent {\"type\":\"go\"}\nfire"), "waiting");
}

#[test]
fn signals_are_consumed_in_the_order_in_which_they_came() {
    let script = r#"
        start {}
        signal {"type":"go","data":1}
        signal {"type":"go","data":2}
        fire
    "#;
    assert_eq!(stands(TWICE, script), "completed [1,2]");
}

#[test]
fn a_signal_that_nothing_wants_does_not_hold_up_others() {
    let script = r#"
        start {}
        signal {"type":"other","data":0}
        signal {"type":"go","data":1}
        fire
    "#;
    assert_eq!(stands(LATER, script), "completed [1]");
}

#[test]
fn one_listen_can_consume_many_kept_signals() {
    let definition = "do: [ { w: { wait: PT10S } }, { hear: { listen: { to: { any: [ { with: { type: go } } ], until: 'length == 3' } } } } ]";
    let script = r#"
        start {}
        signal {"type":"go","data":1}
        signal {"type":"go","data":2}
        fire
    "#;
    assert_eq!(stands(definition, script), "waiting");
    assert_eq!(
        stands(definition, &format!("{script}\nsignal {{\"type\":\"go\",\"data\":3}}")),
        "completed [1,2,3]"
    );
}

#[test]
fn a_signal_goes_to_one_of_several_listens() {
    let definition = "do: [ { f: { fork: { branches: [ { x: { listen: { to: { one: { with: { type: go } } } } } }, { y: { listen: { to: { one: { with: { type: go } } } } } } ] } } } ]";
    assert_eq!(stands(definition, "start {}\nsignal {\"type\":\"go\",\"data\":1}"), "waiting");
    let script = "start {}\nsignal {\"type\":\"go\",\"data\":1}\nsignal {\"type\":\"go\",\"data\":2}";
    assert_eq!(stands(definition, script), "completed [[1],[2]]");
}

#[test]
fn a_repeated_signal_is_taken_once() {
    let script = r#"
        start {}
        signal {"type":"go","id":"1","data":1}
        signal {"type":"go","id":"1","data":1}
        fire
    "#;
    assert_eq!(stands(TWICE, script), "waiting");
    let after = format!("{script}\nsignal {{\"type\":\"go\",\"id\":\"1\",\"data\":1}}");
    assert_eq!(stands(TWICE, &after), "waiting");
}

#[test]
fn a_signal_and_the_same_event_published_are_one() {
    let script = r#"
        start {}
        signal {"type":"go","id":"1","data":1}
        fire
        event {"type":"go","id":"1","data":1}
    "#;
    assert_eq!(stands(TWICE, script), "waiting");
}

#[test]
fn an_execution_can_start_with_a_signal() {
    check(
        ONE,
        r#"
        start-signal {"type":"go","data":1} {"a":1}
        "#,
        expect![[r#"
            > start-signal {"type":"go","data":1} {"a":1}
              started
              signalReceived go e1 of /s
              taskStarted /do/0/hear
              signalConsumed /do/0/hear e1 of /s
              taskCompleted /do/0/hear -> [1]
              completed -> [1]
            = completed [1]
        "#]],
    );
}

#[test]
fn an_execution_that_has_not_begun_keeps_signals() {
    let script = "start-at +5000 {}\nsignal {\"type\":\"go\",\"data\":1}\nfire";
    assert_eq!(stands(ONE, script), "completed [1]");
}

#[test]
fn a_signal_to_an_execution_that_has_ended_is_refused() {
    check(
        ONE,
        r#"
        signal {"type":"go"}
        start {}
        cancel
        signal {"type":"go"}
        "#,
        expect![[r#"
            > signal {"type":"go"}
              rejected: there is no such execution
            > start {}
              started
              taskStarted /do/0/hear
            > cancel
              cancelRequested
              interrupted to cancel due +5000
              taskCancelled /do/0/hear
              cancelled
            > signal {"type":"go"}
              rejected: the execution has ended: it is cancelled
            = cancelled
        "#]],
    );
}

#[test]
fn an_inbox_holds_a_limited_number_of_signals() {
    let mut script = String::from("start {}\n");
    for _ in 0..1_000 {
        script += "signal {\"type\":\"go\"}\n";
    }
    let mut run = run(LATER, &script);
    let facts = run.history().len();
    run.line("signal {\"type\":\"go\"}");
    assert_eq!(run.history().len(), facts);
    assert!(run.report().contains("1000 events wait in the execution: the limit `inbox_events_max` is 1000"));
    run.line("signal {\"type\":\"go\",\"id\":\"e1\"}");
    assert!(run.report().trim_end().contains("\n  nothing\n="), "a repetition is taken all the same");
}

#[test]
fn an_inbox_holds_a_limited_number_of_bytes() {
    let large = "x".repeat(1_000_000);
    let mut script = String::from("start {}\n");
    for _ in 0..9 {
        writeln!(script, "signal {{\"type\":\"go\",\"data\":\"{large}\"}}").unwrap();
    }
    let run = run(LATER, &script);
    assert!(run.report().contains("the limit `inbox_bytes_max` is 8388608"));
}

const EACH: &str = "do: [ { hear: { listen: { to: { any: [ { with: { type: go } } ], until: { one: { with: { type: stop } } } } }, foreach: { do: [ { act: { call: http, with: { method: post, endpoint: 'http://s/' } } } ] } } } ]";

#[test]
fn signals_and_events_behind_an_item_are_handled_in_the_order_in_which_they_came() {
    check(
        EACH,
        r#"
        start {}
        signal {"type":"go"}
        signal {"type":"go"}
        event {"type":"go"}
        signal {"type":"stop"}
        answer /do/0/hear/foreach/do/0/act[0] 200 "a"
        answer /do/0/hear/foreach/do/0/act[1] 200 "b"
        answer /do/0/hear/foreach/do/0/act[2] 200 "c"
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/hear
            > signal {"type":"go"}
              signalReceived go e1 of /s
              signalConsumed /do/0/hear e1 of /s
              iterationStarted /do/0/hear 0
              taskStarted /do/0/hear/foreach/do/0/act[0]
              attemptStarted /do/0/hear/foreach/do/0/act[0]#1
            > signal {"type":"go"}
              signalReceived go e2 of /s
            > event {"type":"go"}
              eventReceived /do/0/hear go e3 of /s
            > signal {"type":"stop"}
              signalReceived stop e4 of /s
            > answer /do/0/hear/foreach/do/0/act[0] 200 "a"
              taskCompleted /do/0/hear/foreach/do/0/act[0]#1 -> "a"
              itemCompleted /do/0/hear 0 -> "a"
              signalConsumed /do/0/hear e2 of /s
              iterationStarted /do/0/hear 1
              taskStarted /do/0/hear/foreach/do/0/act[1]
              attemptStarted /do/0/hear/foreach/do/0/act[1]#1
            > answer /do/0/hear/foreach/do/0/act[1] 200 "b"
              taskCompleted /do/0/hear/foreach/do/0/act[1]#1 -> "b"
              itemCompleted /do/0/hear 1 -> "b"
              iterationStarted /do/0/hear 2
              taskStarted /do/0/hear/foreach/do/0/act[2]
              attemptStarted /do/0/hear/foreach/do/0/act[2]#1
            > answer /do/0/hear/foreach/do/0/act[2] 200 "c"
              taskCompleted /do/0/hear/foreach/do/0/act[2]#1 -> "c"
              itemCompleted /do/0/hear 2 -> "c"
              signalConsumed /do/0/hear e4 of /s
              taskCompleted /do/0/hear -> ["a","b","c"]
              completed -> ["a","b","c"]
            = completed ["a","b","c"]
        "#]],
    );
}

#[test]
fn a_signal_that_a_listen_did_not_get_to_is_left_for_the_next() {
    let definition = "do: [ { x: { listen: { to: { any: [ { with: { type: go } } ], until: '.[-1] == 1' } }, foreach: { do: [ { w: { wait: PT1S } } ] } } }, { y: { listen: { to: { one: { with: { type: go } } } } } } ]";
    let script = r#"
        start {}
        signal {"type":"go","data":1}
        signal {"type":"go","data":2}
        fire
    "#;
    assert_eq!(stands(definition, script), "completed [2]");
}

#[test]
fn a_signal_must_pass_the_filter_like_any_event() {
    let definition = "do: [ { w: { wait: PT1S } }, { hear: { listen: { to: { one: { with: { type: go }, correlate: { o: { from: .data, expect: '7' } } } } } } } ]";
    let script = r#"
        start {}
        signal {"type":"go","data":6}
        signal {"type":"go","data":7}
        fire
    "#;
    assert_eq!(stands(definition, script), "completed [7]");
}

#[test]
fn signals_survive_an_interruption() {
    let definition = "do: [ { t: { try: [ { w: { wait: PT1H, timeout: { after: PT5S } } } ], catch: { do: [ { hear: { listen: { to: { one: { with: { type: go } } } } } } ] } } } ]";
    assert_eq!(
        stands(definition, "start {}\nsignal {\"type\":\"go\",\"data\":1}\nfire timeout"),
        "completed [1]"
    );
}

/// Invariant 10: whatever comes in which order, every signal is consumed at most once, and in order.
#[test]
fn every_signal_is_consumed_at_most_once_and_in_order() {
    let definition = "do: [ { l: { for: { in: '[range(6)]' }, do: [ { w: { wait: PT1S } }, { hear: { listen: { to: { one: { with: { type: go } } } } } } ] } } ]";
    for pattern in 0..64_u32 {
        let mut script = String::from("start {}\n");
        let (mut sent, mut fired) = (0, 0);
        for bit in 0..6 {
            if pattern & (1 << bit) == 0 {
                writeln!(script, "signal {{\"type\":\"go\",\"id\":\"{sent}\",\"data\":{sent}}}").unwrap();
                writeln!(script, "signal {{\"type\":\"go\",\"id\":\"{sent}\",\"data\":{sent}}}").unwrap();
                sent += 1;
            } else if fired <= sent {
                script += "fire\n";
                fired += 1;
            }
        }
        let run = run(definition, &script);
        let taken: Vec<u32> = run
            .history()
            .iter()
            .filter_map(|event| match &event.fact {
                Fact::EventConsumed(consumed) => match &consumed.event {
                    Taken::Signal { id, .. } => Some(id.parse().unwrap()),
                    Taken::Published { .. } => None,
                },
                _ => None,
            })
            .collect();
        assert_eq!(taken, (0..u32::try_from(taken.len()).unwrap()).collect::<Vec<_>>(), "{script}");
        assert_eq!(taken.len(), sent.min(fired), "{script}");
    }
}
