//! Invariant 15: every command and every transition of an execution has exactly one audit record, and the chain of
//! each tenant verifies.

use super::{Book, End, Moment, Oracle, Record, Verdict, ensure};
use std::collections::BTreeMap;
use std::sync::Arc;
use tenure_engine::execution::{Actor, Fact, HistoryEvent, Taken};
use tenure_store::audit::{Head, verify};
use tenure_types::{ExecutionId, Timestamp};

/// What a record says, as far as it follows from a fact: when, what, and who.
type Line = (Timestamp, String, Arc<str>);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Audit {
    expected: BTreeMap<String, Vec<Line>>,
}

/// What must be audited: FR-030 names every command and every transition of an execution.
fn line(fact: &Fact) -> Option<(&'static str, Option<&Actor>)> {
    Some(match fact {
        Fact::Started(started) if started.begin.is_none() => ("workflow.accepted", Some(&started.by)),
        Fact::Started(started) => ("workflow.started", Some(&started.by)),
        Fact::Released(_) => ("workflow.started", None),
        Fact::CancelRequested { by, .. } => ("workflow.cancel-requested", Some(by)),
        Fact::Terminated { by, .. } => ("workflow.terminated", Some(by)),
        Fact::Resolved { by, .. } => ("task.resolved", Some(by)),
        Fact::TaskUncertain { .. } => ("task.uncertain", None),
        Fact::UndoFailed { .. } => ("task.undo-failed", None),
        Fact::CompensationStarted(_) => ("workflow.compensation-started", None),
        Fact::CompensationCompleted { .. } => ("workflow.compensation-completed", None),
        Fact::CompensationFailed { .. } => ("workflow.compensation-failed", None),
        Fact::Completed { .. } => ("workflow.completed", None),
        Fact::Faulted { .. } => ("workflow.faulted", None),
        Fact::Cancelled => ("workflow.cancelled", None),
        Fact::SignalReceived { by, .. } => ("workflow.signalled", Some(by)),
        Fact::EventConsumed(consumed) => match &consumed.event {
            Taken::Published { by, .. } => ("workflow.event-received", Some(by)),
            Taken::Signal { .. } => return None,
        },
        _ => return None,
    })
}

impl Oracle for Audit {
    fn name(&self) -> &'static str {
        "15 everything is audited"
    }

    fn fact(&mut self, id: ExecutionId, _: &Record, event: &HistoryEvent, _: Moment) -> Verdict {
        if let Some((action, actor)) = line(&event.fact) {
            let subject = actor.map_or_else(|| Actor::engine().subject, |actor| actor.subject.clone());
            self.expected.entry(id.to_string()).or_default().push((event.at, action.into(), subject));
        }
        Ok(())
    }

    fn finish(&mut self, _: &Book, end: &End) -> Verdict {
        let mut found: BTreeMap<String, Vec<Line>> = BTreeMap::new();
        for (tenant, records) in &end.audits {
            verify(Head::default(), records).map_err(|broken| format!("the chain of {tenant}: {broken}"))?;
            for record in records.iter().map(|stored| &stored.record) {
                let line = (record.at, record.action.to_string(), record.actor.subject.clone());
                found.entry(record.resource.id.to_string()).or_default().push(line);
            }
        }
        for (id, expected) in &self.expected {
            let found = found.remove(id).unwrap_or_default();
            ensure(found == *expected, || format!("{id}: audited is {found:?}, done was {expected:?}"))?;
        }
        ensure(found.is_empty(), || format!("audited and never done: {found:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::End;
    use super::super::testing::*;
    use tenure_engine::execution::Fact;
    use tenure_store::audit::Head;
    use tenure_store::{Actor, AuditRecord, Outcome, Resource, Sealed, StoredAudit};
    use tenure_types::{TenantId, Timestamp};

    const NAME: Option<&str> = Some("15 everything is audited");

    fn audited(actions: &[&str]) -> Vec<StoredAudit> {
        let mut head = Head::default();
        let record = |action: &&str| AuditRecord {
            id: 1,
            at: Timestamp(1_000_000),
            tenant: TenantId::new("sim").unwrap(),
            correlation_id: "c".into(),
            actor: Actor { subject: "engine".into(), kind: "engine".into(), roles: vec![] },
            action: (*action).into(),
            resource: Resource { kind: "workflow".into(), id: ID.to_string().into() },
            outcome: Outcome::Allowed,
            details: Sealed::EMPTY,
        };
        actions.iter().map(|action| head.chain(record(action))).collect()
    }

    fn verdict(records: Vec<StoredAudit>) -> Option<&'static str> {
        let mut world = world(&[]);
        world.cancel(false);
        world.fact(Fact::Cancelled);
        let audits = [(TenantId::new("sim").unwrap(), records)].into();
        world.finish(&End { audits, ..End::default() });
        world.verdict()
    }

    const RIGHT: [&str; 3] = ["workflow.started", "workflow.cancel-requested", "workflow.cancelled"];

    #[test]
    fn one_record_each_is_right() {
        assert_eq!(verdict(audited(&RIGHT)), None);
    }

    #[test]
    fn a_missing_and_a_doubled_record_are_seen() {
        assert_eq!(verdict(audited(&RIGHT[..2])), NAME);
        assert_eq!(verdict(audited(&[RIGHT[0], RIGHT[1], RIGHT[1], RIGHT[2]])), NAME);
    }

    #[test]
    fn a_broken_chain_is_seen() {
        let mut records = audited(&RIGHT);
        records[1].hash[0] ^= 1;
        assert_eq!(verdict(records), NAME);
    }
}
