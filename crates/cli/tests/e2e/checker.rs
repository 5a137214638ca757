//! Compares the effect server's log with what the API says. Knows the promises, and nothing of how they are kept.

use crate::effects::{Call, Mode, Step};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A call may be under way this long when the answer of a later one is recorded.
const UNDER_WAY_MS: u64 = 1_000;

/// What the API said about one execution.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) id: String,
    pub(crate) status: String,
    pub(crate) compensation: String,
    pub(crate) pending: Vec<Value>,
    pub(crate) history: Vec<Value>,
    /// Pieces of the history, from its beginning, that were read earlier.
    pub(crate) earlier: Vec<Vec<Value>>,
}

/// A promise that was not kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Violation {
    LostAcknowledgement(String),
    HistoryGap(String),
    HistoryChanged(String),
    NotEnded(String),
    UncertainWithoutCause(String),
    RepeatedEffect(Step),
    SeveralKeys(Step),
    SeveralBodies(Step),
    CompletedWithoutEffect(Step),
    CallAfterCompletion(Step),
    NotUndone(Step),
    ForeignCall(Step),
}

/// Every promise, checked. `acknowledged` are the ids of all starts that were answered with success.
pub(crate) fn check(acknowledged: &BTreeSet<String>, runs: &[Run], calls: &[Call]) -> Vec<Violation> {
    let mut violations = Vec::new();
    let known: BTreeSet<&str> = runs.iter().map(|run| run.id.as_str()).collect();
    violations.extend(
        acknowledged
            .iter()
            .filter(|id| !known.contains(id.as_str()))
            .cloned()
            .map(Violation::LostAcknowledgement),
    );
    for run in runs {
        check_run(run, &mut violations);
    }
    let steps = by_step(calls);
    for (step, calls) in &steps {
        check_calls(step, calls, &known, &mut violations);
    }
    for run in runs {
        check_completions(run, &steps, &mut violations);
        check_undone(run, &steps, &mut violations);
    }
    violations.sort();
    violations
}

fn by_step(calls: &[Call]) -> BTreeMap<Step, Vec<&Call>> {
    let mut steps: BTreeMap<Step, Vec<&Call>> = BTreeMap::new();
    for call in calls {
        steps.entry(call.step.clone()).or_default().push(call);
    }
    steps
}

fn check_run(run: &Run, violations: &mut Vec<Violation>) {
    let gap = (1_u64..).zip(&run.history).any(|(seq, event)| event["seq"] != seq);
    if gap || run.history.is_empty() {
        violations.push(Violation::HistoryGap(run.id.clone()));
    }
    if run.earlier.iter().any(|piece| !run.history.starts_with(piece)) {
        violations.push(Violation::HistoryChanged(run.id.clone()));
    }
    let ended = matches!(run.status.as_str(), "completed" | "faulted" | "cancelled" | "terminated");
    let uncertain: Vec<&Value> = run.pending.iter().filter(|task| task["state"] == "uncertain").collect();
    if !ended && (run.status != "suspended" || uncertain.is_empty()) {
        violations.push(Violation::NotEnded(run.id.clone()));
    }
    if uncertain.iter().any(|task| task["detail"].as_str().unwrap_or_default().is_empty()) {
        violations.push(Violation::UncertainWithoutCause(run.id.clone()));
    }
}

fn check_calls(step: &Step, calls: &[&Call], known: &BTreeSet<&str>, violations: &mut Vec<Violation>) {
    let executed = calls.iter().filter(|call| call.decision.executes()).count();
    let distinct = |of: fn(&Call) -> &str| calls.iter().map(|call| of(call)).collect::<BTreeSet<_>>();
    let keys = distinct(|call| &call.key);
    let keyed = calls.iter().any(|call| call.mode == Mode::ExactlyOnceWithKey);
    let once = calls.iter().any(|call| call.mode == Mode::AtMostOnce);
    if (once || keyed) && executed > 1 {
        violations.push(Violation::RepeatedEffect(step.clone()));
    }
    if keys.len() > 1 || (keyed && keys.contains("")) {
        violations.push(Violation::SeveralKeys(step.clone()));
    }
    if distinct(|call| &call.body_digest).len() > 1 {
        violations.push(Violation::SeveralBodies(step.clone()));
    }
    if !known.contains(step.run.as_str()) || distinct(|call| &call.tenant) != BTreeSet::from(["demo"]) {
        violations.push(Violation::ForeignCall(step.clone()));
    }
}

/// A completion says that the world has changed, and that nobody calls any more.
fn check_completions(run: &Run, steps: &BTreeMap<Step, Vec<&Call>>, violations: &mut Vec<Violation>) {
    let mut completed: BTreeMap<Step, u64> = BTreeMap::new();
    for event in &run.history {
        let calls_out = event["attempt"].as_u64().is_some_and(|attempt| attempt > 0);
        if event["type"] == "taskCompleted" && calls_out {
            // A list that is tried again completes its steps again: the last time counts.
            completed.insert(step_of(run, event), instant_ms(event["at"].as_str().unwrap_or_default()));
        }
    }
    for (step, at_ms) in completed {
        let calls = steps.get(&step).map(Vec::as_slice).unwrap_or_default();
        if !calls.iter().any(|call| call.decision.executes()) {
            violations.push(Violation::CompletedWithoutEffect(step.clone()));
        }
        if calls.iter().any(|call| call.at_ms > at_ms + UNDER_WAY_MS) {
            violations.push(Violation::CallAfterCompletion(step));
        }
    }
}

/// After a compensation, every executed step that has an undo has executed it. Undos lie below their step.
fn check_undone(run: &Run, steps: &BTreeMap<Step, Vec<&Call>>, violations: &mut Vec<Violation>) {
    if run.compensation != "completed" {
        return;
    }
    let executed = |step: &Step| steps[step].iter().any(|call| call.decision.executes());
    for step in steps.keys().filter(|step| step.run == run.id && executed(step)) {
        let has_undo = step.task.ends_with("/reserve") || step.task.ends_with("/ship");
        let inside = format!("{}/", step.task);
        let undone = steps
            .keys()
            .any(|other| other.run == run.id && other.task.starts_with(&inside) && executed(other));
        if has_undo && !undone {
            violations.push(Violation::NotUndone(step.clone()));
        }
    }
}

fn step_of(run: &Run, event: &Value) -> Step {
    let text = |field: &str| event[field].as_str().unwrap_or_default().to_owned();
    Step { run: run.id.clone(), task: text("task"), iteration: text("iteration") }
}

/// Milliseconds since 1970 of `2026-11-23T10:00:00.123Z`.
fn instant_ms(text: &str) -> u64 {
    text.parse::<tenure_types::Timestamp>().map_or(0, |at| at.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn call(task: &str, mode: &str, key: &str, decision: &str, at_ms: u64) -> Call {
        serde_json::from_value(json!({
            "at_ms": at_ms, "tenant": "demo", "step": { "run": "exe_1", "task": task, "iteration": "" },
            "mode": mode, "key": key, "body_digest": "00", "decision": decision,
        }))
        .unwrap()
    }

    fn completed(seq: u64, task: &str) -> Value {
        json!({ "seq": seq, "type": "taskCompleted", "task": task, "attempt": 1, "at": "1970-01-01T00:00:10.000Z" })
    }

    fn run() -> Run {
        Run {
            id: "exe_1".into(),
            status: "completed".into(),
            compensation: "none".into(),
            pending: vec![],
            history: vec![json!({ "seq": 1, "type": "started" }), completed(2, "/do/0/a")],
            earlier: vec![vec![json!({ "seq": 1, "type": "started" })]],
        }
    }

    fn violations(run: Run, calls: &[Call]) -> Vec<Violation> {
        check(&BTreeSet::from(["exe_1".into()]), &[run], calls)
    }

    fn step(task: &str) -> Step {
        Step { run: "exe_1".into(), task: task.into(), iteration: String::new() }
    }

    fn good() -> Call {
        call("/do/0/a", "at_most_once", "k", "Ok", 9_990)
    }

    #[test]
    fn a_run_as_promised_has_no_violation() {
        assert_eq!(violations(run(), &[good()]), []);
    }

    #[test]
    fn a_lost_acknowledgement_is_found() {
        let acknowledged = BTreeSet::from(["exe_1".into(), "exe_2".into()]);
        assert_eq!(
            check(&acknowledged, &[run()], &[good()]),
            [Violation::LostAcknowledgement("exe_2".into())]
        );
    }

    #[test]
    fn an_effect_that_happened_twice_is_found() {
        let calls = [good(), good()];
        assert_eq!(violations(run(), &calls), [Violation::RepeatedEffect(step("/do/0/a"))]);
    }

    #[test]
    fn an_effect_that_was_refused_first_is_not_a_repetition() {
        assert_eq!(violations(run(), &[call("/do/0/a", "at_most_once", "k", "Busy", 9_000), good()]), []);
    }

    #[test]
    fn a_second_key_is_found() {
        let calls = [
            call("/do/0/a", "exactly_once_with_key", "k1", "Reset", 9_000),
            call("/do/0/a", "exactly_once_with_key", "k2", "Ok", 9_990),
        ];
        assert_eq!(violations(run(), &calls), [Violation::SeveralKeys(step("/do/0/a"))]);
    }

    #[test]
    fn a_changed_body_is_found() {
        let mut other = call("/do/0/a", "at_least_once", "k", "Ok", 9_000);
        other.body_digest = "01".into();
        let calls = [call("/do/0/a", "at_least_once", "k", "Ok", 9_990), other];
        assert_eq!(violations(run(), &calls), [Violation::SeveralBodies(step("/do/0/a"))]);
    }

    #[test]
    fn a_completion_without_an_effect_is_found() {
        let refused = call("/do/0/a", "at_most_once", "k", "Reset", 9_990);
        assert_eq!(violations(run(), &[refused]), [Violation::CompletedWithoutEffect(step("/do/0/a"))]);
        assert_eq!(violations(run(), &[]), [Violation::CompletedWithoutEffect(step("/do/0/a"))]);
    }

    #[test]
    fn a_call_after_the_completion_is_found() {
        let late = call("/do/0/a", "at_least_once", "k", "Ok", 11_001);
        let calls = [call("/do/0/a", "at_least_once", "k", "Ok", 9_990), late];
        assert_eq!(violations(run(), &calls), [Violation::CallAfterCompletion(step("/do/0/a"))]);
    }

    #[test]
    fn a_gap_in_the_history_is_found() {
        let mut run = run();
        run.earlier.clear();
        run.history.remove(0);
        assert_eq!(violations(run, &[good()]), [Violation::HistoryGap("exe_1".into())]);
    }

    #[test]
    fn a_history_that_changed_is_found() {
        let mut run = run();
        run.earlier.push(vec![json!({ "seq": 1, "type": "other" })]);
        assert_eq!(violations(run, &[good()]), [Violation::HistoryChanged("exe_1".into())]);
    }

    #[test]
    fn a_run_that_does_not_end_is_found() {
        for status in ["running", "waiting", "pending", "suspended"] {
            let run = Run { status: status.into(), ..run() };
            assert_eq!(violations(run, &[good()]), [Violation::NotEnded("exe_1".into())]);
        }
    }

    #[test]
    fn an_uncertain_run_must_say_why() {
        let uncertain = |detail: &str| Run {
            status: "suspended".into(),
            pending: vec![json!({ "state": "uncertain", "detail": detail })],
            ..run()
        };
        assert_eq!(violations(uncertain("connection reset"), &[good()]), []);
        assert_eq!(violations(uncertain(""), &[good()]), [Violation::UncertainWithoutCause("exe_1".into())]);
    }

    #[test]
    fn a_step_that_was_not_undone_is_found() {
        let mut run = Run { compensation: "completed".into(), status: "faulted".into(), ..run() };
        run.history[1] = completed(2, "/do/0/reserve");
        let reserve = call("/do/0/reserve", "exactly_once_with_key", "k", "Ok", 9_990);
        let undo =
            call("/do/0/reserve/metadata/compensate/do/0/release", "exactly_once_with_key", "c", "Ok", 9_995);
        assert_eq!(violations(run.clone(), &[reserve.clone(), undo]), []);
        assert_eq!(violations(run, &[reserve]), [Violation::NotUndone(step("/do/0/reserve"))]);
    }

    #[test]
    fn a_call_of_an_unknown_run_or_tenant_is_found() {
        let mut foreign = good();
        foreign.tenant = "acme".into();
        assert_eq!(violations(run(), &[foreign]), [Violation::ForeignCall(step("/do/0/a"))]);
    }
}
