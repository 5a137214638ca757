//! Random inputs against definitions of every shape. Every input is held to what `testing` always checks; here are the
//! promises that only show over a whole run.

use std::collections::{BTreeMap, BTreeSet};
use tenure_engine::execution::testing::Run;
use tenure_engine::execution::{
    Actor, Answer, CallOutcome, ChildEnd, ChildRefusal, ChildResult, Effect, Errand, ErrandKind, Fact, Input,
    Pending, PendingState, Place, Resolution, Taken, TimerKind, Word,
};
use tenure_types::{DefinitionId, Digest, Epoch};

const DEFINITIONS: &[&str] = &[
    "do: [ { a: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { compensate: { do: [ { u: { call: http, with: { method: put, endpoint: 'http://s/' } } } ] } } } }, { b: { call: http, with: { method: get, endpoint: 'http://s/' } } } ]",
    "do: [ { f: { fork: { branches: [ { a: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { compensate: { on: attempted, do: [ { u: { call: http, with: { method: post, endpoint: 'http://s/' } } } ] } } } }, { b: { try: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { mode: exactly_once_with_key } } } } ], catch: { retry: { delay: PT1S, limit: { attempt: { count: 2 } } } } } }, { w: { wait: PT20S } } ] } } } ]",
    "do: [ { f: { fork: { compete: true, branches: [ { a: { do: [ { x: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { compensate: { do: [ { u: { call: http, with: { method: put, endpoint: 'http://s/' } } } ] } } } }, { y: { call: http, with: { method: post, endpoint: 'http://s/' } } } ] } }, { b: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { compensate: { do: [ { u: { set: { y: 1 } } } ] } } } } ] } } }, { z: { call: http, with: { method: post, endpoint: 'http://s/' } } } ]",
    "timeout: { after: PT2M }\ndo: [ { l: { for: { in: '[1,2]' }, do: [ { a: { call: http, with: { method: post, endpoint: 'http://s/' }, timeout: { after: PT40S }, metadata: { effect: { onUncertain: fault }, compensate: { do: [ { u: { call: http, with: { method: post, endpoint: 'http://s/' } } } ] } } } }, { w: { wait: PT5S } } ] } } ]",
    "do: [ { t: { try: [ { a: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { compensate: { do: [ { u: { call: http, with: { method: post, endpoint: 'http://s/' } } } ] } } } }, { b: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { effect: { onUncertain: compensate } } } } ], catch: { do: [ { r: { call: compensate } }, { h: { call: http, with: { method: get, endpoint: 'http://s/' } } } ] }, timeout: { after: PT3M } } } ]",
    "document: { dsl: '1.0.3', namespace: test, name: script, version: '1.0.0', metadata: { compensation: { onFailure: continue, timeout: PT5M, order: sequential } } }\ndo: [ { d: { do: [ { f: { fork: { branches: [ { a: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { compensate: { do: [ { u: { call: http, with: { method: post, endpoint: 'http://s/' } } } ] } } } }, { b: { call: http, with: { method: put, endpoint: 'http://s/' }, metadata: { compensate: { do: [ { u: { call: http, with: { method: post, endpoint: 'http://s/' } } } ] } } } } ] } } } ], timeout: { after: PT1M } } }, { c: { call: http, with: { method: post, endpoint: 'http://s/' } } } ]",
    "do: [ { t: { try: [ { a: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { compensate: { do: [ { u: { set: { x: 1 } } } ] } } } } ], catch: { retry: { delay: PT1S, backoff: { exponential: {} }, limit: { attempt: { count: 3, duration: PT15S } } }, do: [ { h: { call: http, with: { method: post, endpoint: 'http://s/' } } } ] } } }, { b: { call: http, with: { method: post, endpoint: 'http://s/' }, then: exit } } ]",
    "do: [ { f: { fork: { branches: [ { x: { listen: { to: { any: [ { with: { type: red } } ], until: { one: { with: { type: stop } } } } }, foreach: { do: [ { a: { call: http, with: { method: post, endpoint: 'http://s/' }, metadata: { compensate: { do: [ { u: { emit: { event: { with: { type: undone } } } } } ] } } } } ] } } }, { y: { do: [ { w: { wait: PT5S } }, { g: { listen: { to: { one: { with: { type: green } } } }, timeout: { after: PT1M } } } ] } }, { z: { listen: { to: { all: [ { with: { type: red } }, { with: { type: green }, correlate: { n: { from: .data } } } ] } } } } ] } } }, { e: { emit: { event: { with: { type: done } } }, metadata: { compensate: { do: [ { u: { call: http, with: { method: put, endpoint: 'http://s/' } } } ] } } } }, { b: { call: http, with: { method: post, endpoint: 'http://s/' } } } ]",
    "timeout: { after: PT10M }\ndo: [ { t: { try: [ { x: { listen: { to: { any: [ { with: { type: red }, correlate: { n: { from: .data } } }, { with: { type: green } } ], until: 'length == 3' } }, timeout: { after: PT20S } } }, { e: { emit: { event: { with: { type: done } } }, timeout: { after: PT5S } } } ], catch: { retry: { delay: PT1S, limit: { attempt: { count: 2 } } }, do: [ { h: { listen: { to: { one: { with: { type: stop } } } } } } ] } } } ]",
    "do: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { u: { call: http, with: { method: put, endpoint: 'http://s/' } } } ] } } } }, { c: { run: { workflow: { namespace: n, name: d, version: latest } }, timeout: { after: PT30S } } }, { f: { fork: { compete: true, branches: [ { b: { run: { workflow: { namespace: n, name: d, version: '1.0.0' } } } }, { w: { wait: PT20S } } ] } } }, { d: { run: { workflow: { namespace: n, name: d, version: '1.0.0' } }, metadata: { compensate: { on: attempted, do: [ { v: { set: { y: 1 } } } ] } } } }, { e: { call: http, with: { method: post, endpoint: 'http://s/' } } } ]",
    "do: [ { t: { try: [ { c: { run: { workflow: { namespace: n, name: d, version: latest } } } }, { e: { call: http, with: { method: post, endpoint: 'http://s/' } } } ], catch: { retry: { delay: PT1S, limit: { attempt: { count: 2 } } }, do: [ { r: { call: compensate } } ] } } }, { z: { run: { workflow: { namespace: n, name: d, version: latest }, await: false } } } ]",
];
const KINDS: [&str; 3] = ["red", "green", "stop"];

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

fn answer(status: u16) -> CallOutcome {
    CallOutcome::Answered(Answer { status, headers: vec![], body: b"ok".to_vec(), truncated: false })
}

fn ended(run: &Run) -> bool {
    run.execution().status().ended()
}

/// Something that may happen next: an outcome, a timer, a crash, a duplicate, a command.
fn disturb(run: &mut Run, dice: &mut Dice) {
    let open = run.execution().open_effects();
    match dice.roll(40) {
        0 => return run.line(if dice.roll(2) == 0 { "cancel" } else { "cancel compensate" }),
        1 => return run.lose_calls(),
        2..=5 => return settle_one(run, dice),
        6..=9 if end_child(run, dice) => return,
        6..=15 => return bring(run, dice),
        _ => {}
    }
    if open.is_empty() {
        return settle_one(run, dice);
    }
    let at = usize::try_from(dice.roll(open.len() as u64)).unwrap();
    match &open[at] {
        Effect::Call(call) => {
            let outcome = match dice.roll(10) {
                0..=4 => answer(200),
                5 | 6 => answer(500),
                7 => CallOutcome::NotSent { cause: "connect".into(), detail: "no".into() },
                8 => CallOutcome::Refused { detail: "no".into() },
                _ => CallOutcome::Unknown { cause: "reset".into(), detail: "gone".into() },
            };
            run.feed(Input::CallFinished {
                frame: call.frame,
                attempt: call.attempt,
                outcome: outcome.clone(),
            });
            if dice.roll(8) == 0 {
                run.feed(Input::CallFinished { frame: call.frame, attempt: call.attempt, outcome });
            }
        }
        Effect::Timer { .. } => run.line("fire"),
        Effect::Publish { frame, .. } => run.feed(Input::Published { frame: *frame }),
        Effect::Errand(errand) => {
            let answer = of_child(errand, dice);
            run.feed(answer.clone());
            if dice.roll(4) == 0 {
                run.feed(answer);
            }
        }
    }
}

/// Somebody sends an event, or sends an old one again.
fn bring(run: &mut Run, dice: &mut Dice) {
    let kind = KINDS[usize::try_from(dice.roll(3)).unwrap()];
    let (id, how) = (dice.roll(30), if dice.roll(2) == 0 { "event" } else { "signal" });
    run.line(&format!("{how} {{\"type\":\"{kind}\",\"id\":\"{kind}{id}\",\"data\":{}}}", id % 2));
}

/// What comes back from an errand.
fn of_child(errand: &Errand, dice: &mut Dice) -> Input {
    let (frame, child) = (errand.id.frame, errand.to);
    let definition = DefinitionId { namespace: "n".into(), name: "d".into(), version: "1.0.0".into() };
    let digest = Digest([7; 32]);
    let (undoable, roll) = (dice.roll(2) == 0, dice.roll(8));
    let end = |result| {
        let definition = definition.clone();
        Input::ChildEnded(Box::new(ChildEnd { frame, child, definition, digest, result, undoable }))
    };
    match (errand.id.kind, &errand.word) {
        (ErrandKind::Start, _) => match roll {
            0 => Input::ChildRefused { frame, why: ChildRefusal::Unknown },
            1 => end(ChildResult::Completed { output: tenure_dsl::json::Json::null() }),
            _ => Input::ChildStarted { frame, definition, digest },
        },
        (ErrandKind::End, Word::Tell(input)) if matches!(**input, Input::Terminate { .. }) => {
            end(ChildResult::Terminated)
        }
        (ErrandKind::End, _) => end(ChildResult::Cancelled),
        (ErrandKind::Undo, _) => Input::ChildUndone { frame, child, failed: roll < 2 },
        (ErrandKind::Report, _) => Input::ParentTold { frame },
    }
}

/// A child that is waited for ends in some way.
fn end_child(run: &mut Run, dice: &mut Dice) -> bool {
    let waited = run.execution().pending().into_iter().find(|pending| pending.state == PendingState::Child);
    let Some((frame, Some(child))) = waited.map(|pending| (pending.frame, pending.child)) else {
        return false;
    };
    let result = match dice.roll(4) {
        0 => ChildResult::Faulted { error: tenure_dsl::error::Error::runtime("x").at("/do/0/x") },
        1 => ChildResult::Terminated,
        _ => ChildResult::Completed { output: tenure_dsl::json::Json::null() },
    };
    let definition = DefinitionId { namespace: "n".into(), name: "d".into(), version: "1.0.0".into() };
    let (digest, undoable) = (Digest([7; 32]), dice.roll(2) == 0);
    run.feed(Input::ChildEnded(Box::new(ChildEnd { frame, child, definition, digest, result, undoable })));
    true
}

fn settle_one(run: &mut Run, dice: &mut Dice) {
    let incidents = run.execution().pending().into_iter().filter(incident);
    let incidents: Vec<Pending> = incidents.collect();
    let Some(pending) = incidents.first() else { return };
    let resolution = match (pending.state, dice.roll(3)) {
        (_, 0) => Resolution::Retry,
        (PendingState::UndoFailed, 1) => Resolution::Skip,
        (PendingState::Uncertain, 1) => Resolution::Complete { output: tenure_dsl::json::Json::null() },
        (_, _) => Resolution::Fail { reason: None },
    };
    run.feed(Input::Resolve { frame: pending.frame, resolution, by: Actor::engine() });
}

fn incident(pending: &Pending) -> bool {
    matches!(pending.state, PendingState::Uncertain | PendingState::UndoFailed)
}

/// Nothing goes wrong any more: every execution ends.
fn end(run: &mut Run, dice: &mut Dice) {
    for round in 0..500 {
        if ended(run) {
            return;
        }
        let open = run.execution().open_effects();
        let call = open.iter().find_map(|effect| match effect {
            Effect::Call(call) => Some((call.frame, call.attempt)),
            Effect::Timer { .. } | Effect::Publish { .. } | Effect::Errand(_) => None,
        });
        let errand = open.iter().find_map(|effect| match effect {
            Effect::Errand(errand) => Some(errand.clone()),
            Effect::Timer { .. } | Effect::Publish { .. } | Effect::Call(_) => None,
        });
        let timer = open.iter().any(|effect| match effect {
            Effect::Timer { id, .. } => id.kind != TimerKind::Timeout && id.kind != TimerKind::Compensation,
            Effect::Call(_) | Effect::Publish { .. } | Effect::Errand(_) => false,
        });
        let publication = open.iter().find_map(|effect| match effect {
            Effect::Publish { frame, .. } => Some(*frame),
            Effect::Call(_) | Effect::Timer { .. } | Effect::Errand(_) => None,
        });
        if let Some(errand) = errand {
            run.feed(of_child(&errand, dice));
            continue;
        }
        if end_child(run, dice) {
            continue;
        }
        match call {
            Some((frame, attempt)) => run.feed(Input::CallFinished { frame, attempt, outcome: answer(200) }),
            None if timer => run.line("fire"),
            None if run.execution().pending().iter().any(incident) => settle_one(run, dice),
            None => match publication {
                Some(frame) => run.feed(Input::Published { frame }),
                None => run.line(&format!(
                    "signal {{\"type\":\"{}\",\"data\":{}}}",
                    KINDS[round % 3],
                    round / 3 % 2
                )),
            },
        }
    }
    panic!("the execution does not end:\n{}", run.report());
}

/// P1, P3, invariant 10: numbers of attempts are unique, events are consumed once, an unknown outcome in `at_most_once`
/// is followed by another attempt only when an operator or the author orders it, and nothing new starts after a cancel.
fn promises(run: &Run) {
    let mut attempts: BTreeSet<(Place, u32)> = BTreeSet::new();
    let mut uncertain: BTreeMap<u32, bool> = BTreeMap::new();
    let mut draining = false;
    let mut kept: Vec<(&str, &str)> = vec![];
    let mut taken: BTreeSet<(u32, &str)> = BTreeSet::new();
    for event in run.history() {
        match &event.fact {
            Fact::SignalReceived { event, .. } => kept.push((&**event.kind(), &**event.id())),
            Fact::EventConsumed(consumed) => {
                let id = match &consumed.event {
                    Taken::Published { event, .. } => &**event.id(),
                    Taken::Signal { id, .. } => {
                        let at = kept.iter().position(|(_, own)| **own == **id);
                        kept.remove(at.unwrap_or_else(|| panic!("{id} is not kept:\n{}", run.report())));
                        &**id
                    }
                };
                let first = taken.insert((consumed.frame.0, id));
                assert!(first, "{id} was consumed twice:\n{}", run.report());
            }
            Fact::AttemptStarted(attempt) => {
                let fresh = attempts.insert((attempt.place.clone(), attempt.attempt));
                assert!(
                    fresh,
                    "attempt {} of {} was used twice:\n{}",
                    attempt.attempt,
                    attempt.place,
                    run.report()
                );
                let forbidden = uncertain.get(&attempt.frame.0).copied().unwrap_or(false);
                assert!(!forbidden, "an uncertain step was sent again:\n{}", run.report());
                assert!(
                    !draining || undo(&attempt.place),
                    "a step was sent after a cancel:\n{}",
                    run.report()
                );
            }
            Fact::TaskUncertain { frame, .. } => {
                uncertain.insert(frame.0, true);
            }
            Fact::Resolved { frame, .. } => {
                uncertain.insert(frame.0, false);
            }
            Fact::CancelRequested { .. } => draining = true,
            _ => {}
        }
    }
}

fn undo(place: &Place) -> bool {
    place.task.contains("/metadata/compensate/")
}

#[test]
fn whatever_happens_the_promises_hold_and_the_execution_ends() {
    for definition in DEFINITIONS {
        for seed in 0..400 {
            let mut dice = Dice(seed);
            let mut run = Run::new(definition);
            run.line("start {}");
            for _ in 0..dice.roll(60) {
                if !ended(&run) {
                    disturb(&mut run, &mut dice);
                }
            }
            end(&mut run, &mut dice);
            promises(&run);
            assert_eq!(run.execution().open_attempts_before(Epoch(0)), vec![]);
        }
    }
}
