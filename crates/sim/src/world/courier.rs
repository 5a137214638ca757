//! Events on their way: what executions emit, what strangers publish, signals. Whoever sends an event sends it again
//! until it is taken.
//!
//! Who wants a published event is read from what is stored, as an index would tell it; the simulated index is never
//! behind, because an event is looked up when it is sent.

use super::clients::{Waiting, actor};
use super::event::Event;
use super::{World, text};
use crate::coverage::State;
use crate::generate::EVENTS;
use crate::mutant::Mutant;
use crate::oracles::{Ack, Seen};
use std::collections::BTreeSet;
use std::sync::Arc;
use tenure_dsl::json::Json;
use tenure_engine::execution::{self, FrameId, Input, Rejected, addresses};
use tenure_engine::shard::{Answer, Input as ShardInput, Mail};
use tenure_types::ExecutionId;

/// How long the courier rests when there was nothing to bring.
const REST_MS_MAX: u64 = 3_600_000;

/// An event and who has yet to take it.
#[derive(Clone, Debug)]
pub(super) struct Parcel {
    event: Arc<execution::Event>,
    from: Sender,
    left: BTreeSet<ExecutionId>,
}

/// Who sent an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sender {
    /// Somebody who published it.
    Stranger,
    /// Somebody who addressed it to this execution.
    Signal(ExecutionId),
    /// An activation that emits.
    Emission(ExecutionId, FrameId),
}

impl World {
    /// Brings an event to somebody who listens, or to anybody at all. Once nothing goes wrong any more it brings until
    /// nobody listens.
    pub(super) fn courier(&mut self, rest_ms: u64) {
        let listening = self.listening();
        let all_ended = self.oracles.book.values().all(|record| record.ended.is_some());
        if self.calm && all_ended {
            self.courier_rests = true;
            return;
        }
        let mut next_ms = self.rng.range(200, 4_000);
        if listening.is_empty() {
            next_ms = (rest_ms * 2).clamp(next_ms, REST_MS_MAX);
        }
        let (id, kind) = match listening.get(self.rng.index(listening.len().max(1))) {
            Some((id, kind)) if self.calm || self.rng.per_mille(700) => (*id, kind.clone()),
            _ if self.calm || self.oracles.book.is_empty() => {
                return self.after(next_ms, Event::Courier { rest_ms: next_ms });
            }
            _ => {
                let nth = self.rng.index(self.oracles.book.len());
                (
                    *self.oracles.book.keys().nth(nth).expect("an index of the book"),
                    text(self.rng.pick(&EVENTS)),
                )
            }
        };
        let number = self.number();
        let from = if self.rng.per_mille(600) { Sender::Signal(id) } else { Sender::Stranger };
        let event = event(number, number, &kind);
        self.node.parcels.insert(number, Parcel { event, from, left: BTreeSet::new() });
        self.carry(number);
        self.after(next_ms, Event::Courier { rest_ms: next_ms });
    }

    /// Something is stored: the courier sets out again if it had nothing more to do.
    pub(super) fn wake_courier(&mut self) {
        if self.courier_rests && self.oracles.book.values().any(|record| record.ended.is_none()) {
            self.courier_rests = false;
            self.after(1_000, Event::Courier { rest_ms: 1_000 });
        }
    }

    /// Executions that listen, as far as that is stored, with a type that they would take.
    fn listening(&mut self) -> Vec<(ExecutionId, Arc<str>)> {
        let mut found = vec![];
        for id in self.oracles.book.keys().copied().collect::<Vec<_>>() {
            for own in self.subscriptions(id) {
                found.extend(own.kind.map(|kind| (id, kind)));
            }
        }
        found
    }

    fn subscriptions(&mut self, id: ExecutionId) -> Vec<execution::Subscription> {
        let Some(workflow) = self.workflows.get(&id).cloned() else { return vec![] };
        if self.oracles.book.get(&id).is_none_or(|record| record.ended.is_some()) {
            return vec![];
        }
        let Some(loaded) = self.disk.load(id) else { return vec![] };
        self.fold(&loaded).subscriptions(&workflow.definition)
    }

    /// An activation emits.
    pub(super) fn publish(&mut self, id: ExecutionId, frame: FrameId, event: &Arc<execution::Event>) {
        if self.planted(Mutant::EmissionForgotten) && self.node.process > 1 {
            return;
        }
        let mut event = Arc::clone(event);
        if self.planted(Mutant::EmissionRenamed) {
            event = self.renamed(&event);
        }
        self.coverage.hit(if self.emitted.insert((id, frame)) {
            State::Emitted
        } else {
            State::EmittedAgain
        });
        self.see(&Seen::Published { id, frame, event: &event });
        let number = self.number();
        let from = Sender::Emission(id, frame);
        self.node.parcels.insert(number, Parcel { event, from, left: BTreeSet::new() });
        let ms = self.rng.skewed(1, 500);
        self.after(ms, Event::Carry { parcel: number });
    }

    /// Gives an event to all who want it.
    pub(super) fn carry(&mut self, parcel: u64) {
        let Some(mut own) = self.node.parcels.get(&parcel).cloned() else { return };
        if !self.node.up || self.node.shards.is_empty() {
            return self.carry_later(parcel);
        }
        if self.planted(Mutant::SignalRenamed) {
            own.event = self.renamed(&own.event);
        }
        own.left = match own.from {
            Sender::Signal(id) => [id].into(),
            Sender::Stranger | Sender::Emission(..) => self.takers(&own.event),
        };
        self.node.parcels.insert(parcel, own.clone());
        if own.left.is_empty() {
            self.carried(parcel);
            return self.drain();
        }
        for id in own.left {
            let reply = Some(self.wait(Waiting::Parcel { parcel, id }));
            let addressed = matches!(own.from, Sender::Signal(_));
            if addressed && self.planted(Mutant::SignalForgotten) && self.rng.per_mille(500) {
                self.see(&Seen::Acked { id, ack: &Ack::Signalled(Arc::clone(&own.event)) });
                continue;
            }
            let input = Input::Event { event: Arc::clone(&own.event), addressed, by: actor("sender") };
            let tenant = Some(self.tenant_of(id));
            self.handle(id, ShardInput::Deliver(Mail { id, tenant, input, idempotency: None, reply }));
        }
        self.drain();
    }

    fn takers(&mut self, event: &execution::Event) -> BTreeSet<ExecutionId> {
        let mut found = BTreeSet::new();
        for id in self.oracles.book.keys().copied().collect::<Vec<_>>() {
            let Some(workflow) = self.workflows.get(&id).cloned() else { continue };
            let wants = |own: &execution::Subscription| {
                own.kind.as_ref().is_none_or(|kind| kind == event.kind())
                    && addresses(&workflow.definition, &own.task, own.filter, event)
                        .contains(&own.correlation)
            };
            if self.subscriptions(id).iter().any(wants) {
                found.insert(id);
            }
        }
        found
    }

    pub(super) fn carry_later(&mut self, parcel: u64) {
        let ms = self.rng.range(50, 2_000);
        self.after(ms, Event::Carry { parcel });
    }

    /// One of those who want an event has answered.
    pub(super) fn received(&mut self, parcel: u64, id: ExecutionId, answer: &Result<Answer, Rejected>) {
        let Some(own) = self.node.parcels.get_mut(&parcel) else { return };
        match answer {
            Ok(_) => {
                own.left.remove(&id);
                let (event, from) = (Arc::clone(&own.event), own.from);
                if matches!(from, Sender::Signal(_)) {
                    self.see(&Seen::Acked { id, ack: &Ack::Signalled(event) });
                }
            }
            Err(Rejected::Ended(_) | Rejected::NotFound) => {
                own.left.remove(&id);
            }
            Err(
                Rejected::Busy
                | Rejected::TenantBusy
                | Rejected::Held
                | Rejected::Conflict(_)
                | Rejected::InvalidInput(_)
                | Rejected::KeyTaken(_),
            ) => return self.carry_later(parcel),
        }
        if self.node.parcels.get(&parcel).is_some_and(|own| own.left.is_empty()) {
            self.carried(parcel);
        }
    }

    /// Everybody has taken an event.
    fn carried(&mut self, parcel: u64) {
        let Some(own) = self.node.parcels.remove(&parcel) else { return };
        if let Sender::Emission(id, frame) = own.from {
            self.deliver(id, Input::Published { frame });
        }
    }

    /// The node is gone: so is what it was about to publish. Strangers try again.
    pub(super) fn lose_parcels(&mut self) {
        self.node.parcels.retain(|_, own| !matches!(own.from, Sender::Emission(..)));
    }

    /// The planted bug: the same event under another id.
    fn renamed(&mut self, own: &execution::Event) -> Arc<execution::Event> {
        let number = own.data().get("n").and_then(|number| number.as_u64()).unwrap_or_default();
        let id = self.number();
        event(id, number, own.kind())
    }
}

fn event(id: u64, number: u64, kind: &str) -> Arc<execution::Event> {
    let data = Json::object([("n", Json::number(i64::try_from(number).unwrap_or_default()))]);
    let envelope = Json::object([
        ("specversion", Json::string("1.0")),
        ("id", Json::string(&id.to_string())),
        ("source", Json::string("/sim")),
        ("type", Json::string(kind)),
        ("data", data),
    ]);
    Arc::new(execution::Event::parse(envelope).expect("it has what an event has"))
}
