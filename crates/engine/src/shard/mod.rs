//! Many executions, one writer.
//!
//! A shard keeps the executions that have something to do in memory, gives each input its turn, and makes the facts of
//! one turn one batch. Its state may run ahead of the disk; effects and answers leave only when the batch that they
//! rest on is durable. It holds what bounds a node: fair shares between tenants, queue limits, the timer horizon.
//!
//! Use: `handle` inputs as they come, then drain `poll`, which runs turns until nothing is left to decide. When the
//! store refuses a batch, the shard is dropped and built anew under a new epoch: it never unwinds what it decided.
//!
//! Deliberately absent: the store, the network, the clock, and every rule of a single execution.

mod fair_queue;
mod keys;
mod limiter;
pub mod limits;
mod message;
mod resident;
mod turn;

pub use fair_queue::FairQueue;
pub use message::{
    Answer, Batch, Idempotency, Input, Key, LimitChange, LimitKey, Limited, Mail, NewExecution, OnConflict,
    Output, ReplyTo, Waiting, Write,
};

use crate::execution::{Execution, Rejected};
use keys::Claims;
use limiter::Limiter;
use limits::{MAIL_MAX, TENANT_STARTS_MAX};
use resident::Resident;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use tenure_types::{Epoch, ExecutionId, ShardId, Timestamp};

/// The owner's view of one shard.
#[derive(Debug)]
pub struct Shard {
    id: ShardId,
    epoch: Epoch,
    now: Timestamp,
    residents: BTreeMap<ExecutionId, Resident>,
    /// Executions with mail, by what the mail is: outcomes and commands go before new starts.
    ready: FairQueue<ExecutionId>,
    starts: FairQueue<ExecutionId>,
    mail: usize,
    /// Executions that the engine failed on.
    held: BTreeSet<ExecutionId>,
    /// The execution that is being decided about: a failed assertion is its fault.
    deciding: Option<ExecutionId>,
    timers: BTreeSet<(Timestamp, ExecutionId, crate::execution::TimerId)>,
    claims: Claims,
    limiter: Limiter,
    batches: u64,
    in_flight: VecDeque<turn::InFlight>,
    outputs: VecDeque<Output>,
}

impl Shard {
    /// A shard under a fresh lease, with nothing in memory.
    pub fn new(id: ShardId, epoch: Epoch) -> Self {
        Self {
            id,
            epoch,
            now: Timestamp::default(),
            residents: BTreeMap::new(),
            ready: FairQueue::default(),
            starts: FairQueue::default(),
            mail: 0,
            held: BTreeSet::new(),
            deciding: None,
            timers: BTreeSet::new(),
            claims: Claims::default(),
            limiter: Limiter::default(),
            batches: 0,
            in_flight: VecDeque::new(),
            outputs: VecDeque::new(),
        }
    }

    /// Takes one input. Nothing is decided before `poll`.
    pub fn handle(&mut self, input: Input, now: Timestamp) {
        self.now = self.now.max(now);
        match input {
            Input::Start(new) => self.start(*new),
            Input::Deliver(mail) => self.deliver(mail),
            Input::Attend { id } => self.attend(id),
            Input::Loaded { id, found } => self.loaded(id, found),
            Input::KeyFound { key, holder } => self.key_found(&key, holder),
            Input::Limited(limited) => self.limited(&limited),
            Input::LimitFound { limit, running, waiting } => self.limit_found(&limit, running, waiting),
            Input::AttendLimit { limit } => self.attend_limit(&limit),
            Input::Hold { id } => self.hold(id),
            Input::Committed { batch } => self.committed(batch),
            Input::Wake => {}
        }
    }

    /// Gives the next thing to do; `None` when there is nothing until the next input or until [`Self::next_due`].
    pub fn poll(&mut self) -> Option<Output> {
        self.fire_timers();
        while self.outputs.is_empty() && self.turn() {}
        self.outputs.pop_front()
    }

    /// When the shard wants [`Input::Wake`].
    pub fn next_due(&self) -> Option<Timestamp> {
        self.timers.first().map(|(due, ..)| *due)
    }

    /// Executions in memory.
    pub fn resident(&self) -> usize {
        self.residents.len()
    }

    /// Inputs that wait for their turn.
    pub fn queued(&self) -> usize {
        self.mail
    }

    /// Whether a call's intent still stands, or an event is still to be published: the send guard asks this at the last instant.
    pub fn wants(&self, id: ExecutionId, effect: crate::execution::EffectId) -> bool {
        self.residents.get(&id).is_some_and(|resident| resident.has_open(effect))
    }

    /// The execution that was being decided about when the shard failed an assertion; `None` when it was not about one.
    pub fn deciding(&self) -> Option<ExecutionId> {
        self.deciding
    }

    /// Whatever waits for the execution is refused; so is whatever comes.
    fn hold(&mut self, id: ExecutionId) {
        self.held.insert(id);
        let Some(resident) = self.residents.remove(&id) else { return };
        assert!(resident.found.is_none(), "an execution is held before it is in memory");
        self.mail -= resident.mail.len();
        for to in resident.mail.iter().filter_map(|mail| mail.reply) {
            self.reply(to, Err(Rejected::Held));
        }
    }

    fn start(&mut self, new: NewExecution) {
        if self.mail >= MAIL_MAX {
            return self.reply(new.reply, Err(Rejected::Busy));
        }
        if self.starts.len_of(&new.tenant) >= TENANT_STARTS_MAX {
            return self.reply(new.reply, Err(Rejected::TenantBusy));
        }
        match Key::of(&new) {
            None => self.admit(new, None),
            Some(key) => self.start_keyed(key, new),
        }
    }

    fn admit(&mut self, new: NewExecution, key: Option<Key>) {
        let (id, tenant) = (new.id, new.tenant.clone());
        if self.residents.contains_key(&id) {
            // A command for this id came while the start waited for its key: it waits for the start now, or is lost
            // with what is being loaded, so the start steps back and its client asks again under a new id.
            self.claims.release(key.as_ref(), id);
            return self.reply(new.reply, Err(Rejected::Busy));
        }
        self.residents.insert(id, Resident::starting(new, key));
        self.mail += 1;
        self.starts.push(&tenant, id);
    }

    fn deliver(&mut self, mail: Mail) {
        if let (Some(to), Some(_), true) = (mail.reply, &mail.tenant, self.mail >= MAIL_MAX) {
            return self.reply(to, Err(Rejected::Busy));
        }
        let id = mail.id;
        if self.held.contains(&id) {
            if let Some(to) = mail.reply {
                self.reply(to, Err(Rejected::Held));
            }
            return;
        }
        self.attend(id);
        self.mail += 1;
        let resident = self.residents.get_mut(&id).expect("attended above");
        resident.mail.push_back(mail);
        self.enqueue(id);
    }

    fn attend(&mut self, id: ExecutionId) {
        if self.held.contains(&id) {
            return;
        }
        if let Entry::Vacant(place) = self.residents.entry(id) {
            place.insert(Resident::loading());
            self.outputs.push_back(Output::Load { id });
        }
    }

    fn loaded(&mut self, id: ExecutionId, found: Option<resident::Found>) {
        let resident = self.residents.get_mut(&id).expect("only what was asked for is loaded");
        let Some(found) = found else {
            let resident = self.residents.remove(&id).expect("looked up above");
            self.mail -= resident.mail.len();
            for to in resident.mail.iter().filter_map(|mail| mail.reply) {
                self.reply(to, Err(Rejected::NotFound));
            }
            return;
        };
        self.deciding = Some(id);
        // The clock may have been set back since: the times of one history never run backwards.
        self.now = self.now.max(found.0.updated_at());
        let (lost, again) = resident.install(id, found, self.epoch);
        self.mail += lost;
        self.claims.hold(resident.key.as_ref(), id);
        self.timers.extend(resident.timers.iter().map(|(due, timer)| (*due, id, *timer)));
        let idle = resident.mail.is_empty();
        self.perform(id, again);
        if idle {
            self.evict_idle(id);
        } else {
            self.enqueue(id);
        }
        self.deciding = None;
    }

    /// Puts a loaded execution with mail in the queue, once.
    fn enqueue(&mut self, id: ExecutionId) {
        let resident = self.residents.get_mut(&id).expect("only residents are enqueued");
        if let Some(tenant) = resident.enqueue() {
            self.ready.push(&tenant, id);
        }
    }

    fn fire_timers(&mut self) {
        while let Some(&(due, id, timer)) = self.timers.first()
            && due <= self.now
        {
            self.timers.pop_first();
            let resident = self.residents.get_mut(&id).expect("timers belong to residents");
            resident.fire(id, due, timer);
            self.mail += 1;
            self.enqueue(id);
        }
    }

    fn reply(&mut self, to: ReplyTo, answer: Result<Answer, Rejected>) {
        self.outputs.push_back(Output::Reply { to, answer });
    }

    /// Lets go of an execution that has nothing to do within the timer horizon.
    fn evict_idle(&mut self, id: ExecutionId) -> Option<Box<Execution>> {
        let horizon = self.now.plus_ms(limits::TIMER_HORIZON_MS);
        let resident = self.residents.get(&id).filter(|resident| resident.idle(horizon))?;
        for (due, timer) in &resident.timers {
            self.timers.remove(&(*due, id, *timer));
        }
        self.claims.release(resident.key.as_ref(), id);
        let (execution, _) = self.residents.remove(&id)?.found?;
        Some(execution)
    }
}

#[cfg(test)]
mod tests;
