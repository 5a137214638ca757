//! What outsiders see: summary, pending, tasks, the audit trail, and the error with its compensation.

use expect_test::expect;
use std::fmt::Write;
use tenure_engine::execution::testing::{BEGIN, Run};
use tenure_engine::execution::{FrameId, HistoryEvent, task_views};
use tenure_types::{Epoch, Status};

const SAGA: &str = "
document: { dsl: '1.0.3', namespace: test, name: saga, version: '1.0.0', metadata: { compensation: { onFailure: fault } } }
do:
  - a: { set: { x: 1 }, metadata: { compensate: { do: [ { undoA: { set: { y: 1 } } } ] } } }
  - c:
      call: http
      with: { method: post, endpoint: 'http://s/' }
      metadata: { compensate: { retry: { limit: { attempt: { count: 0 } } }, do: [ { undoC: { raise: { error: { type: 'https://x/undo', status: 500 } } } } ] } }
  - l: { for: { in: '[1]' }, do: [ { fail: { raise: { error: { type: 'https://x/y', status: 500 } } } } ] }
";

const CALL: &str = "do: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' } } } ]";

fn run(definition: &str, lines: &[&str]) -> Run {
    let mut run = Run::new(definition);
    for line in lines {
        run.line(line);
    }
    run
}

#[test]
fn tasks_are_listed_in_the_order_of_their_starts_with_status_attempts_and_parent() {
    let run = run(SAGA, &["start {}", "notsent /do/1/c", "fire", "answer /do/1/c 200 1"]);
    let mut out = String::new();
    for task in task_views(run.history().iter()) {
        writeln!(
            out,
            "{}<{} {}[{}] {} attempts={} undo={} error={}",
            task.frame.0,
            task.parent.0,
            task.task,
            task.iteration,
            task.status,
            task.attempts,
            task.undo,
            task.error.map(|error| error.status.to_string()).unwrap_or_default()
        )
        .unwrap();
    }
    expect![[r#"
        1<0 /do/0/a[] completed attempts=0 undo=false error=
        2<0 /do/1/c[] completed attempts=2 undo=false error=
        3<0 /do/2/l[] faulted attempts=0 undo=false error=500
        4<3 /do/2/l/do/0/fail[0] faulted attempts=0 undo=false error=500
        6<5 /do/1/c/metadata/compensate/do/0/undoC[] faulted attempts=0 undo=true error=500
    "#]]
    .assert_eq(&out);
}

#[test]
fn an_uncertain_task_is_listed_as_such() {
    let run = run(SAGA, &["start {}", "unknown /do/1/c"]);
    assert_eq!(task_views(run.history().iter())[1].status, "uncertain");
}

#[test]
fn tasks_of_a_terminated_execution_are_cancelled() {
    let run = run(SAGA, &["start {}", "terminate"]);
    assert_eq!(task_views(run.history().iter())[1].status, "cancelled");
}

#[test]
fn the_error_bears_what_became_of_the_undos() {
    let run = run(SAGA, &["start {}", "answer /do/1/c 200 1"]);
    expect![[r#"{"type":"https://x/y","status":500,"instance":"/do/2/l/do/0/fail","compensation":{"status":"failed","entries":[{"task":"/do/1/c","status":"failed","error":{"type":"https://x/undo","status":500,"instance":"/do/1/c/metadata/compensate/do/0/undoC"}},{"task":"/do/0/a","status":"notRun"}]}}"#]].assert_eq(run.execution().error_json().unwrap().text());
}

/// FR-030, P7
#[test]
fn every_command_and_every_transition_is_audited() {
    let run = run(SAGA, &["start {}", "unknown /do/1/c", "resolve /do/1/c complete 1"]);
    let mut out = String::new();
    for audit in run.history().iter().filter_map(HistoryEvent::audit) {
        let details = audit.details.map(|details| details.text().to_owned()).unwrap_or_default();
        writeln!(out, "{} {} {:?} {details}", audit.actor.subject, audit.action, audit.outcome).unwrap();
    }
    expect![[r#"
        ada workflow.started Allowed 
        engine task.uncertain Failed {"task":"/do/1/c","attempt":1,"detail":"reset: gone"}
        ada task.resolved Allowed {"task":"/do/1/c","detail":"complete"}
        engine workflow.compensation-started Allowed {"error":"https://x/y"}
        engine task.undo-failed Failed {"task":"/do/1/c","error":"https://x/undo","detail":"the unwinding stops"}
        engine workflow.compensation-failed Failed 
        engine workflow.faulted Failed {"error":"https://x/y"}
    "#]].assert_eq(&out);
}

/// FR-030, P7
#[test]
fn a_cancel_is_audited_with_its_actor() {
    let run = run(SAGA, &["start {}", "cancel compensate", "answer /do/1/c 500 {}"]);
    let audits: Vec<_> = run.history().iter().filter_map(HistoryEvent::audit).collect();
    let cancel = audits.iter().find(|audit| audit.action == "workflow.cancel-requested").unwrap();
    assert_eq!(&*cancel.actor.subject, "ada");
    assert_eq!(cancel.details.as_ref().unwrap().text(), r#"{"compensate":true}"#);
    assert_eq!(audits.last().unwrap().action, "workflow.cancelled");
}

#[test]
fn audits_never_hold_payloads() {
    let run = run(SAGA, &[r#"start {"secret":"hunter2"}"#, r#"answer /do/1/c 200 {"secret":"hunter2"}"#]);
    for audit in run.history().iter().filter_map(HistoryEvent::audit) {
        assert!(!format!("{audit:?}").contains("hunter2"), "{audit:?}");
    }
}

#[test]
fn the_summary_changes_only_when_something_queryable_does() {
    let two = "do: [ { a: { call: http, with: { method: post, endpoint: 'http://s/' } } }, { b: { call: http, with: { method: post, endpoint: 'http://s/' } } } ]";
    let mut run = run(two, &["start {}"]);
    let before = run.execution().summary();
    run.line("clock +5");
    run.line("answer /do/0/a 200 1");
    let after = run.execution().summary();
    assert_eq!(before, after);
    assert_ne!(before.updated_at, after.updated_at);
    run.line("answer /do/1/b 200 1");
    assert_ne!(after, run.execution().summary());
}

#[test]
fn the_summary_of_a_waiting_execution_has_the_earliest_timer() {
    let run = run("timeout: { after: PT3S }\ndo: [ { w: { wait: PT5S } } ]", &["start {}"]);
    let summary = run.execution().summary();
    assert_eq!((summary.status, summary.due), (Status::Waiting, Some(BEGIN.plus_ms(3_000))));
}

#[test]
fn the_summary_has_a_timer_only_while_no_call_is_under_way() {
    let mut run = run(&format!("timeout: {{ after: PT1H }}\n{CALL}"), &["start {}"]);
    let due =
        |run: &Run| (run.execution().status(), run.execution().summary().due.map(|due| due.ms_since(BEGIN)));
    assert_eq!(due(&run), (Status::Running, None));
    run.line("notsent /do/0/c");
    assert_eq!(due(&run), (Status::Running, Some(205)));
}

#[test]
fn the_summary_counts_incidents() {
    let run = run(SAGA, &["start {}", "unknown /do/1/c"]);
    let summary = run.execution().summary();
    assert_eq!((summary.status, summary.incidents), (Status::Suspended, 1));
}

#[test]
fn pending_says_what_an_execution_waits_for() {
    let mut out = String::new();
    let mut add = |lines: &[&str]| {
        for pending in run(SAGA, lines).execution().pending() {
            let (state, detail) = (pending.state.as_str(), pending.detail.unwrap_or_default());
            writeln!(
                out,
                "{} {} #{} {state} due={:?} {detail}",
                pending.frame.0, pending.task, pending.attempt, pending.due
            )
            .unwrap();
        }
    };
    add(&["start {}"]);
    add(&["start {}", "notsent /do/1/c"]);
    add(&["start {}", "unknown /do/1/c"]);
    expect![[r#"
        2 /do/1/c #1 calling due=Some(Timestamp(1700000600000)) 
        2 /do/1/c #1 retrying due=Some(Timestamp(1700000000228)) no
        2 /do/1/c #1 uncertain due=None gone
    "#]]
    .assert_eq(&out);
}

#[test]
fn attempts_of_another_epoch_are_found_on_load() {
    let run = run(SAGA, &["start {}"]);
    assert_eq!(run.execution().open_attempts_before(Epoch(1)), vec![]);
    assert_eq!(run.execution().open_attempts_before(Epoch(2)), vec![(FrameId(2), 1)]);
}
