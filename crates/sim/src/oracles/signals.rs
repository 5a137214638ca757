//! Invariant 10: a signal is kept once and consumed at most once, first in, first out; nobody consumes an event twice,
//! however often it comes; what an activation emits is one event, however often it is published.
//!
//! Events are told apart by the number that their sender gave them, not by their ids: a sender that gives a repetition
//! another id is a bug that must be seen.

use super::{Book, Moment, Oracle, Record, Seen, Verdict, ensure};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tenure_engine::execution::{Event, EventConsumed, Fact, FrameId, HistoryEvent, Taken};
use tenure_types::ExecutionId;

/// A signal that is kept: its type, its source and its id.
type Kept = (Arc<str>, Arc<str>, Arc<str>);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Signals {
    kept: BTreeMap<ExecutionId, Vec<Kept>>,
    received: BTreeSet<(ExecutionId, String)>,
    consumed: BTreeSet<(ExecutionId, FrameId, String)>,
    emitted: BTreeMap<(ExecutionId, FrameId), Arc<str>>,
}

/// What its sender calls an event.
pub(super) fn number(event: &Event) -> String {
    event.data().get("n").map_or_else(|| event.id().to_string(), |number| number.to_string())
}

impl Signals {
    fn consume(&mut self, id: ExecutionId, fact: &EventConsumed) -> Verdict {
        match &fact.event {
            Taken::Published { event, .. } => {
                let number = number(event);
                let first = self.consumed.insert((id, fact.frame, number.clone()));
                ensure(first, || format!("{} has consumed event {number} twice", fact.place))
            }
            Taken::Signal { source, id: event } => {
                let kept = self.kept.entry(id).or_default();
                let at = kept.iter().position(|(_, own, name)| own == source && name == event);
                let at = at.ok_or_else(|| format!("signal {event} was consumed and is not kept"))?;
                let (kind, ..) = kept.remove(at);
                let older = kept[..at].iter().find(|(own, ..)| *own == kind);
                ensure(older.is_none(), || format!("signal {event} was consumed before the older {older:?}"))
            }
        }
    }
}

impl Oracle for Signals {
    fn name(&self) -> &'static str {
        "10 signals are consumed once and in order"
    }

    fn fact(&mut self, id: ExecutionId, _: &Record, event: &HistoryEvent, _: Moment) -> Verdict {
        match &event.fact {
            Fact::SignalReceived { event, .. } => {
                let number = number(event);
                let names = (event.kind().clone(), event.source().clone(), event.id().clone());
                self.kept.entry(id).or_default().push(names);
                let first = self.received.insert((id, number.clone()));
                ensure(first, || format!("signal {number} was taken twice"))
            }
            Fact::EventConsumed(consumed) => self.consume(id, consumed),
            _ => Ok(()),
        }
    }

    fn seen(&mut self, book: &Book, seen: &Seen<'_>, _: Moment) -> Verdict {
        let Seen::Published { id, frame, event } = seen else { return Ok(()) };
        let durable = book.get(id).is_some_and(|record| record.frame(*frame).is_some());
        ensure(durable, || format!("{id}: an event was published before its emission was stored"))?;
        let first = self.emitted.entry((*id, *frame)).or_insert_with(|| event.id().clone());
        ensure(first == event.id(), || {
            format!("{id}: the event {first} was published again as {}", event.id())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use tenure_dsl::json::Json;
    use tenure_engine::execution::{Actor, Place, Role};

    const NAME: Option<&str> = Some("10 signals are consumed once and in order");

    fn event(id: u32, number: u32) -> Arc<Event> {
        let text = format!(
            r#"{{"specversion":"1.0","id":"{id}","source":"/s","type":"red","data":{{"n":{number}}}}}"#
        );
        Arc::new(Event::parse(Json::parse(&text).unwrap()).unwrap())
    }

    fn received(id: u32, number: u32) -> Fact {
        Fact::SignalReceived { event: event(id, number), by: Actor::engine() }
    }

    fn consumed(event: Taken) -> Fact {
        let place =
            Place { task: "/do/0/t0".into(), iteration: tenure_engine::execution::Iteration::default() };
        Fact::EventConsumed(Box::new(EventConsumed {
            frame: FrameId(1),
            place,
            filter: 0,
            event,
            role: Role::Item,
            shown: vec![],
            closes: false,
        }))
    }

    fn signal(id: u32) -> Fact {
        consumed(Taken::Signal { source: "/s".into(), id: id.to_string().into() })
    }

    fn published(id: u32, number: u32) -> Fact {
        consumed(Taken::Published { event: event(id, number), by: Actor::engine() })
    }

    fn verdict(facts: Vec<Fact>) -> Option<&'static str> {
        let mut world = world_under("10 signals are consumed once and in order", &["wait"]);
        for fact in facts {
            world.fact(fact);
        }
        world.verdict()
    }

    #[test]
    fn signals_in_their_order_are_right() {
        assert_eq!(verdict(vec![received(1, 1), received(2, 2), signal(1), signal(2)]), None);
    }

    #[test]
    fn a_signal_that_is_consumed_out_of_order_or_twice_is_seen() {
        assert_eq!(verdict(vec![received(1, 1), received(2, 2), signal(2)]), NAME);
        assert_eq!(verdict(vec![received(1, 1), signal(1), signal(1)]), NAME);
        assert_eq!(verdict(vec![signal(1)]), NAME);
    }

    #[test]
    fn a_signal_that_is_taken_twice_under_different_ids_is_seen() {
        assert_eq!(verdict(vec![received(1, 7), received(2, 7)]), NAME);
    }

    #[test]
    fn an_event_that_one_listen_consumes_twice_is_seen() {
        assert_eq!(verdict(vec![published(1, 7), published(2, 8)]), None);
        assert_eq!(verdict(vec![published(1, 7), published(2, 7)]), NAME);
    }

    #[test]
    fn an_emission_that_changes_its_event_is_seen() {
        let mut world = world(&["wait"]);
        world.seen(&Seen::Published { id: ID, frame: FrameId(1), event: &event(1, 1) });
        world.seen(&Seen::Published { id: ID, frame: FrameId(1), event: &event(1, 1) });
        assert_eq!(world.verdict(), None);
        world.seen(&Seen::Published { id: ID, frame: FrameId(1), event: &event(2, 1) });
        assert_eq!(world.verdict(), NAME);
    }

    #[test]
    fn an_event_that_is_published_too_early_is_seen() {
        let mut world = world(&["wait"]);
        world.seen(&Seen::Published { id: ID, frame: FrameId(9), event: &event(1, 1) });
        assert_eq!(world.verdict(), NAME);
    }
}
