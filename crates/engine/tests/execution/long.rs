//! A history has an end: a loop that waits, and so is never stopped within a turn, is stopped there.

use tenure_dsl::json::Json;
use tenure_engine::execution::{Actor, Effect, EffectId, Execution, Input, Now, Start, turn};
use tenure_types::limits::HISTORY_EVENTS_MAX;
use tenure_types::{Epoch, ExecutionId, Status, TenantId, Timestamp};

const ENDLESS: &str = "
document: { dsl: '1.0.3', namespace: test, name: endless, version: '1.0.0' }
do:
  - first: { set: { x: 1 }, metadata: { compensate: { do: [ { undo: { set: { undone: true } } } ] } } }
  - many:
      for: { each: n, in: '[range(4900)]' }
      do: [ { note: { set: { x: 1 } } } ]
  - nap: { wait: { milliseconds: 1 }, then: many }
";

#[test]
fn an_endless_loop_faults_and_unwinds_when_its_history_is_full() {
    let definition = tenure_dsl::load(ENDLESS).unwrap();
    let mut execution = Execution::new(ExecutionId(1), TenantId::new("acme").unwrap());
    let start = Start {
        input: Json::null(),
        key: None,
        correlation_id: "c".into(),
        labels: vec![],
        start_at: None,
        signal: None,
        by: Actor::engine(),
        parent: None,
    };
    let mut input = Input::Start(Box::new(start));
    let mut now = Timestamp(1);
    loop {
        execution = turn(&definition, &execution, input, Now { at: now, epoch: Epoch(1) }).unwrap().after;
        let Some(Effect::Timer { id, due }) = execution.open_effects().into_iter().next() else { break };
        assert!(matches!(Effect::Timer { id, due }.id(), EffectId::Timer(_)));
        (input, now) = (Input::TimerFired { timer: id }, due);
    }
    assert_eq!(execution.status(), Status::Faulted);
    assert!(execution.error().unwrap().detail.as_ref().unwrap().contains("history_events_max"));
    assert!(execution.undone().iter().any(|undo| &*undo.place.task == "/do/0/first"));
    assert!((HISTORY_EVENTS_MAX..HISTORY_EVENTS_MAX + 100).contains(&execution.seq()));
}
