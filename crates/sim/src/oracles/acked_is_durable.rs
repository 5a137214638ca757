//! Invariant 6: what a client was told is done is durable at that moment and still there at the end.

use super::signals::number;
use super::{Book, End, Moment, Oracle, Record, Seen, Verdict, ensure};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tenure_engine::execution::{Event, Fact, FrameId, HistoryEvent};
use tenure_types::{ExecutionId, Status, TenantId};

/// What a client was told.
#[derive(Clone, Debug)]
pub enum Ack {
    /// The execution has started; with the promise made to whoever repeats the request.
    Started {
        /// The tenant and its key.
        promise: Option<(TenantId, Arc<str>)>,
    },
    /// The execution that holds the key exists.
    Existing,
    /// It is being cancelled.
    Cancelled,
    /// It is terminated.
    Terminated,
    /// An incident is settled.
    Resolved(FrameId),
    /// The signal is taken.
    Signalled(Arc<Event>),
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct AckedIsDurable {
    resolved: BTreeMap<(ExecutionId, FrameId), u32>,
    /// How much of each history an answer was based on.
    seqs: BTreeMap<ExecutionId, u64>,
    signals: BTreeSet<(ExecutionId, String)>,
    promises: Vec<(TenantId, Arc<str>, ExecutionId)>,
}

impl AckedIsDurable {
    fn kept(&mut self, id: ExecutionId, record: &Record, ack: &Ack) -> bool {
        match ack {
            Ack::Started { promise } => {
                if let Some((tenant, key)) = promise {
                    self.promises.push((tenant.clone(), key.clone(), id));
                }
                record.seq > 0
            }
            Ack::Existing => record.seq > 0,
            Ack::Cancelled => record.cancel.is_some(),
            Ack::Terminated => record.ended == Some(Status::Terminated),
            Ack::Signalled(event) => self.signals.contains(&(id, number(event))),
            Ack::Resolved(frame) => {
                let left = self.resolved.get_mut(&(id, *frame)).filter(|left| **left > 0);
                left.map(|left| *left -= 1).is_some()
            }
        }
    }
}

impl Oracle for AckedIsDurable {
    fn name(&self) -> &'static str {
        "6 acknowledged is durable"
    }

    fn fact(&mut self, id: ExecutionId, _: &Record, event: &HistoryEvent, _: Moment) -> Verdict {
        if let Fact::Resolved { frame, .. } = &event.fact {
            *self.resolved.entry((id, *frame)).or_default() += 1;
        }
        if let Fact::SignalReceived { event, .. } = &event.fact {
            self.signals.insert((id, number(event)));
        }
        Ok(())
    }

    fn seen(&mut self, book: &Book, seen: &Seen<'_>, _: Moment) -> Verdict {
        let Seen::Acked { id, ack } = seen else { return Ok(()) };
        let record = book.get(id).ok_or_else(|| format!("{id} was acknowledged and is not stored"))?;
        self.seqs.insert(*id, record.seq);
        ensure(self.kept(*id, record, ack), || format!("{id}: {ack:?} was acknowledged and is not stored"))
    }

    fn finish(&mut self, _: &Book, end: &End) -> Verdict {
        for (id, seq) in &self.seqs {
            let stored = end.stored.get(id).map_or(0, |(_, execution)| execution.seq());
            ensure(stored >= *seq, || format!("{id}: event {seq} was acknowledged, {stored} are stored"))?;
        }
        for (tenant, key, id) in &self.promises {
            let promised = end.promises.get(&(tenant.clone(), key.clone()));
            ensure(promised == Some(id), || format!("{id}: `{key}` of {tenant} promises {promised:?}"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    const NAME: Option<&str> = Some("6 acknowledged is durable");

    #[test]
    fn a_start_that_is_not_stored_is_seen() {
        let mut world = world(&[]);
        world.seen(&Seen::Acked { id: ExecutionId(99), ack: &Ack::Started { promise: None } });
        assert_eq!(world.verdict(), NAME);
    }

    #[test]
    fn commands_that_are_not_stored_are_seen() {
        for ack in [Ack::Cancelled, Ack::Terminated, Ack::Resolved(FrameId(1))] {
            let mut world = world(&["at_most_once"]);
            world.seen(&Seen::Acked { id: ID, ack: &ack });
            assert_eq!(world.verdict(), NAME, "{ack:?}");
        }
    }

    #[test]
    fn a_stored_cancel_may_be_acknowledged() {
        let mut world = world(&["at_most_once"]);
        world.cancel(false);
        world.seen(&Seen::Acked { id: ID, ack: &Ack::Cancelled });
        assert_eq!(world.verdict(), None);
    }

    #[test]
    fn a_history_that_lost_its_end_is_seen() {
        let mut world = world(&["at_most_once"]);
        world.seen(&Seen::Acked { id: ID, ack: &Ack::Started { promise: None } });
        world.finish(&End::default());
        assert_eq!(world.verdict(), NAME);
    }
}
