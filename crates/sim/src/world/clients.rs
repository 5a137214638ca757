//! Clients that start, repeat, cancel and resolve; an operator who settles every incident once things have calmed down.

use super::cipher::Plain;
use super::event::Event;
use super::{BEGINNING, World, tenant, text};
use crate::coverage::State;
use crate::generate::{self, Workflow};
use crate::mutant::Mutant;
use crate::oracles::{Ack, Seen};
use std::sync::Arc;
use tenure_dsl::json::Json;
use tenure_engine::execution::{Actor, FrameId, Input, PendingState, Rejected, Resolution, Start};
use tenure_engine::shard::limits::MAIL_MAX;
use tenure_engine::shard::{
    Answer, Idempotency, Input as ShardInput, Mail, NewExecution, OnConflict, ReplyTo,
};
use tenure_runtime::codec;
use tenure_runtime::errand::{Birth, Sent};
use tenure_types::{ExecutionId, TenantId, Timestamp};

/// How often a client tries to start.
const TRIES_MAX: u32 = 4;
/// One definition in so many is fresh, the others come from the pool.
const FRESH_EVERY: u64 = 500;
/// Commands of a flood.
const FLOOD: usize = MAIL_MAX + 500;

/// Someone who wants an execution.
#[derive(Clone, Debug)]
pub(super) struct Client {
    workflow: Workflow,
    pub(super) tenant: TenantId,
    key: Option<Arc<str>>,
    on_conflict: OnConflict,
    /// The idempotency key of its request.
    pub(super) promise: Option<Arc<str>>,
    start_at: Option<Timestamp>,
    tries: u32,
    served: bool,
}

/// Someone who waits for an answer.
#[derive(Debug)]
pub(super) enum Waiting {
    /// A client, for its start under this id.
    Start { client: usize, id: ExecutionId },
    /// Somebody, for what a command promises.
    Command { id: ExecutionId, ack: Ack },
    /// Whoever brings an event to an execution.
    Parcel { parcel: u64, id: ExecutionId },
    /// A parent, for the start of its child.
    Birth(Box<Birth>),
    /// An execution, for the answer to what it told another.
    Errand(Sent),
}

impl World {
    /// Draws who comes, and when.
    pub(super) fn invite(&mut self, seed: u64) {
        for number in 0..self.faults.starts {
            let client = self.draw_client(seed, number);
            self.clients.push(client);
            let at =
                if self.rng.per_mille(700) { self.rng.range(10, 200) } else { self.rng.skewed(10, 20_000) };
            let client = self.clients.len() - 1;
            self.queue.put(BEGINNING.plus_ms(at), Event::ClientStarts { client });
        }
        for _ in 0..self.faults.commands * 2 {
            let at = self.rng.skewed(20, self.faults.lasts_ms.min(120_000));
            self.queue.put(BEGINNING.plus_ms(at), Event::Command);
        }
        self.queue.put(BEGINNING.plus_ms(300), Event::Courier { rest_ms: 500 });
        if self.faults.flood {
            self.queue.put(BEGINNING.plus_ms(100), Event::Flood);
        }
    }

    fn draw_client(&mut self, seed: u64, number: u64) -> Client {
        // Clients of one key, or under one limit, must mean the same definition to meet: the second one repeats the first
        // one's wish. Under a limit they have no keys in common, or one would hardly ever wait for the other.
        let limited = |first: &Client| first.workflow.tree.limit.is_some();
        let copies = self.clients.first().filter(|first| first.key.is_some() || limited(first)).cloned();
        if let Some(first) = copies.filter(|_| self.rng.per_mille(600)) {
            let on_conflict = self.draw_conflict();
            let key = first.key.clone().filter(|_| !limited(&first));
            return Client {
                on_conflict,
                key,
                promise: None,
                start_at: None,
                tries: 0,
                served: false,
                ..first
            };
        }
        let fresh = self.rng.below(FRESH_EVERY) == 0;
        let index = self.rng.index(generate::POOL_DEFINITIONS);
        let drawn = if fresh {
            Workflow::fresh(1_000_000 + seed * 8 + number)
        } else {
            generate::pooled(index).clone()
        };
        let workflow = self.spoil(drawn);
        let start_at = self.rng.per_mille(60).then(|| BEGINNING.plus_ms(self.rng.skewed(100, 600_000)));
        Client {
            workflow,
            tenant: tenant(self.rng.below(self.faults.tenants)),
            key: self.rng.per_mille(350).then(|| text("order")),
            on_conflict: self.draw_conflict(),
            promise: self.rng.per_mille(300).then(|| format!("promise-{number}").into()),
            start_at,
            tries: 0,
            served: false,
        }
    }

    fn draw_conflict(&mut self) -> OnConflict {
        self.rng.pick(&[OnConflict::Fail, OnConflict::UseExisting, OnConflict::TerminateExisting])
    }

    /// The planted bugs of a compiler: the engine gets another definition than the oracles read.
    fn spoil(&mut self, workflow: Workflow) -> Workflow {
        let mut tree = (*workflow.tree).clone();
        match self.mutant {
            Some(Mutant::UndoForgotten) => tree.tasks.iter_mut().for_each(|task| task.undo = None),
            Some(Mutant::UndoUnordered) => tree.sequential = false,
            Some(Mutant::UnwindingForgotten) => tree.on_fault = false,
            _ => return workflow,
        }
        Workflow { definition: generate::compile(&tree), ..workflow }
    }

    pub(super) fn shard_of_key(&self, key: &str) -> usize {
        key.len() % usize::from(self.faults.shards)
    }

    fn new_id(&mut self, shard: Option<usize>) -> ExecutionId {
        loop {
            let time = u128::from(self.now.0) << 80;
            let low = u128::from(self.rng.draw()) | u128::from(self.rng.below(1 << 12)) << 64;
            let id = ExecutionId(time | low);
            if shard.is_none_or(|shard| self.shard_of(id) == shard) {
                return id;
            }
        }
    }

    pub(super) fn promised(&self, tenant: &TenantId, key: &str) -> Option<ExecutionId> {
        let record = self.disk.core.idempotency(tenant, key, BEGINNING)?;
        let response = codec::idempotent_response(record, &Plain).expect("the store keeps what it was given");
        codec::Response::from_bytes(&response).map(|response| response.id)
    }

    pub(super) fn client_starts(&mut self, client: usize) {
        if self.clients[client].served {
            return;
        }
        if !self.node.up || self.node.shards.is_empty() {
            let ms = self.rng.range(50, 1_000);
            return self.after(ms, Event::ClientStarts { client });
        }
        let wish = self.clients[client].clone();
        if let Some(id) = wish.promise.as_ref().and_then(|key| self.promised(&wish.tenant, key)) {
            self.coverage.hit(State::Repeated);
            self.clients[client].served = true;
            let promise = wish.promise.map(|key| (wish.tenant, key));
            return self.see(&Seen::Acked { id, ack: &Ack::Started { promise } });
        }
        self.clients[client].tries += 1;
        let id = self.new_id(wish.key.as_ref().map(|key| self.shard_of_key(key)));
        self.oracles.announce(id, &wish.tenant, &wish.workflow.outline);
        self.workflows.insert(id, wish.workflow.clone());
        self.known.push(id);
        let reply = self.wait(Waiting::Start { client, id });
        if self.planted(Mutant::ReplyBeforeCommit) && wish.key.is_none() {
            self.see(&Seen::Acked { id, ack: &Ack::Started { promise: None } });
        }
        let new = NewExecution {
            id,
            tenant: wish.tenant,
            definition: wish.workflow.definition,
            start: Start {
                input: Json::object([("v", Json::number(1))]),
                key: wish.key,
                correlation_id: format!("c{client}").into(),
                labels: vec![],
                start_at: wish.start_at,
                signal: None,
                by: actor("client"),
                parent: None,
            },
            on_conflict: wish.on_conflict,
            idempotency: wish.promise.map(|key| Idempotency { key, fingerprint: [7; 32] }),
            reply,
        };
        self.handle(id, ShardInput::Start(Box::new(new)));
        self.drain();
    }

    pub(super) fn wait(&mut self, waiting: Waiting) -> ReplyTo {
        let to = ReplyTo(self.number());
        self.node.waiting.insert(to, waiting);
        to
    }

    /// The node is gone before it has answered: nobody knows what became of the request.
    pub(super) fn disappoint(&mut self, waiting: &Waiting) {
        match waiting {
            Waiting::Start { client, .. } => self.try_again(*client),
            Waiting::Parcel { parcel, .. } => self.carry_later(*parcel),
            Waiting::Command { .. } | Waiting::Birth(_) | Waiting::Errand(_) => {}
        }
    }

    fn try_again(&mut self, client: usize) {
        if self.clients[client].tries < TRIES_MAX || self.clients[client].promise.is_some() {
            let ms = self.rng.range(20, 3_000);
            self.after(ms, Event::ClientStarts { client });
        }
    }

    pub(super) fn reply(&mut self, to: ReplyTo, answer: Result<Answer, Rejected>) {
        let Some(waiting) = self.node.waiting.remove(&to) else { return };
        self.trace.note(self.now, "reply", to.0, || format!("{waiting:?} {}", said(&answer)));
        if let Waiting::Parcel { parcel, id } = waiting {
            return self.received(parcel, id, &answer);
        }
        match (waiting, answer) {
            (Waiting::Start { client, id }, Ok(Answer::Done { .. })) => {
                self.clients[client].served = true;
                let Client { tenant, promise, .. } = &self.clients[client];
                let promise = promise.clone().map(|key| (tenant.clone(), key));
                self.see(&Seen::Acked { id, ack: &Ack::Started { promise } });
            }
            (Waiting::Start { client, .. }, Ok(Answer::Existing(holder))) => {
                self.coverage.hit(State::KeyExisting);
                self.clients[client].served = true;
                self.see(&Seen::Acked { id: holder, ack: &Ack::Existing });
            }
            (Waiting::Start { client, .. }, Err(Rejected::KeyTaken(holder))) => {
                self.coverage.hit(State::KeyTaken);
                self.see(&Seen::Acked { id: holder, ack: &Ack::Existing });
                if self.clients[client].tries < TRIES_MAX {
                    self.try_again(client);
                }
            }
            (Waiting::Start { client, .. }, Err(Rejected::Busy | Rejected::TenantBusy)) => {
                self.try_again(client);
            }
            (Waiting::Command { id, ack }, Ok(_)) => self.see(&Seen::Acked { id, ack: &ack }),
            (Waiting::Command { .. }, Err(Rejected::Busy)) => self.coverage.hit(State::Busy),
            (Waiting::Command { ack: Ack::Cancelled, .. }, Err(Rejected::Ended(_))) => {
                self.coverage.hit(State::CancelLoses);
            }
            (Waiting::Start { .. } | Waiting::Command { .. }, Err(_)) | (Waiting::Parcel { .. }, _) => {}
            (waiting @ (Waiting::Birth(_) | Waiting::Errand(_)), answer) => {
                self.answer_family(waiting, answer);
            }
        }
    }

    pub(super) fn command(&mut self) {
        // Nobody knows the id of an execution before it is durable.
        if self.oracles.book.is_empty() || !self.node.up || !self.serving(|| Event::Command) {
            return;
        }
        let nth = self.rng.index(self.oracles.book.len());
        let id = *self.oracles.book.keys().nth(nth).expect("an index of the book");
        let by = actor("operator");
        let (input, ack) = match self.rng.below(20) {
            0..11 => {
                let compensate = self.rng.per_mille(600);
                (Input::Cancel { compensate, reason: None, by }, Ack::Cancelled)
            }
            11..13 => (Input::Terminate { reason: Some(text("enough")), by }, Ack::Terminated),
            _ => {
                let frame = self.incident(id).unwrap_or(FrameId(1));
                let resolution = self.resolution();
                (Input::Resolve { frame, resolution, by }, Ack::Resolved(frame))
            }
        };
        self.send(id, input, ack);
        self.drain();
    }

    fn send(&mut self, id: ExecutionId, input: Input, ack: Ack) {
        if self.planted(Mutant::CancelIgnored)
            && matches!(ack, Ack::Cancelled)
            && self
                .oracles
                .book
                .get(&id)
                .is_some_and(|record| record.frames.iter().any(|frame| !frame.settled))
        {
            return self.see(&Seen::Acked { id, ack: &ack });
        }
        let tenant = Some(self.tenant_of(id));
        let reply = self.wait(Waiting::Command { id, ack });
        let reply = if self.planted(Mutant::QueueUnbounded) { None } else { Some(reply) };
        self.handle(id, ShardInput::Deliver(Mail { id, tenant, input, idempotency: None, reply }));
    }

    /// Whose it is, as whoever commands it knows; anybody's as long as it is not stored.
    pub(super) fn tenant_of(&self, id: ExecutionId) -> TenantId {
        self.disk.load(id).map_or_else(|| tenant(0), |loaded| loaded.row.tenant.clone())
    }

    fn resolution(&mut self) -> Resolution {
        match self.rng.below(4) {
            0 => Resolution::Retry,
            1 => Resolution::Skip,
            2 => Resolution::Complete { output: Json::object([("receipt", Json::number(0))]) },
            _ => Resolution::Fail { reason: None },
        }
    }

    fn incident(&mut self, id: ExecutionId) -> Option<FrameId> {
        let loaded = self.disk.load(id)?;
        let execution = self.fold(&loaded);
        let pending = execution.pending();
        let mut open = pending.iter().filter(|pending| stuck(pending.state));
        open.next().map(|pending| pending.frame)
    }

    pub(super) fn flood(&mut self) {
        if !self.node.up || !self.serving(|| Event::Flood) {
            return;
        }
        let id = self.new_id(None);
        self.node.strangers += 1;
        for _ in 0..FLOOD {
            let input =
                Input::Resolve { frame: FrameId(1), resolution: Resolution::Retry, by: Actor::engine() };
            self.send(id, input, Ack::Resolved(FrameId(1)));
        }
        self.check_levels();
        self.drain();
    }

    /// An operator comes when there is something to settle and nothing else can go wrong.
    pub(super) fn plan_operator(&mut self) {
        if !self.operator_comes && self.incidents.values().any(|open| *open > 0) {
            self.operator_comes = true;
            let ms = self.rng.range(1_000, 60_000);
            self.after(ms, Event::Operator);
        }
    }

    pub(super) fn operate(&mut self) {
        self.operator_comes = false;
        let ready = self.calm && self.node.up && !self.node.shards.is_empty();
        let troubled: Vec<ExecutionId> =
            self.incidents.iter().filter(|(_, open)| **open > 0).map(|(id, _)| *id).collect();
        for id in troubled.into_iter().filter(|_| ready) {
            if let Some(frame) = self.incident(id) {
                let resolution = self.resolution();
                let input = Input::Resolve { frame, resolution, by: actor("operator") };
                self.send(id, input, Ack::Resolved(frame));
            }
        }
        if ready {
            self.drain();
        }
        self.plan_operator();
    }
}

fn stuck(state: PendingState) -> bool {
    match state {
        PendingState::Uncertain | PendingState::UndoFailed => true,
        PendingState::Calling
        | PendingState::Retrying
        | PendingState::Waiting
        | PendingState::Listening
        | PendingState::Publishing
        | PendingState::StartingChild
        | PendingState::Child
        | PendingState::EndingChild
        | PendingState::UndoingChild
        | PendingState::Queued => false,
    }
}

fn said(answer: &Result<Answer, Rejected>) -> String {
    match answer {
        Ok(Answer::Done { summary, .. }) => format!("done: {}", summary.status),
        Ok(Answer::Existing(id)) => format!("existing: {id}"),
        Err(rejected) => rejected.to_string(),
    }
}

pub(super) fn actor(subject: &str) -> Actor {
    Actor { subject: subject.into(), kind: "user".into(), roles: vec![] }
}
