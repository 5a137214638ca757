//! The node: a lane of real shards, driven as the runtime drives them, that can crash, pause and lose its right.

use super::courier::Parcel;
use super::event::{CallId, Event};
use super::{World, clients};
use crate::mutant::Mutant;
use std::collections::{BTreeMap, BTreeSet};
use tenure_engine::execution::{self, EffectId, Execution};
use tenure_engine::shard::{Batch, Input, Key, Mail, Output, ReplyTo, Shard};
use tenure_runtime::errand::Birth;
use tenure_store::{Error, ShardLease};
use tenure_types::{ExecutionId, ShardId, Timestamp};

/// How early timers fire when that bug is planted.
const EARLY_MS: u64 = 3_000;

/// The node's memory and what it has under way.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) up: bool,
    /// Raised by each start of the process.
    pub(super) process: u64,
    /// Raised whenever everything in memory is dropped.
    pub(super) life: u64,
    pub(super) shards: Vec<Shard>,
    pub(super) leases: Vec<ShardLease>,
    pub(super) paused_until: Timestamp,
    /// What came during a pause.
    pub(super) deferred: Vec<Event>,
    touched: BTreeSet<usize>,
    batches: Vec<Batch>,
    pub(super) waiting: BTreeMap<ReplyTo, clients::Waiting>,
    /// Children on their way to their start.
    pub(super) births: BTreeMap<u64, Birth>,
    /// What comes while the shards are being acquired.
    pub(super) inbox: Vec<Event>,
    /// Events on their way.
    pub(super) parcels: BTreeMap<u64, Parcel>,
    /// The dispatcher's calls, by the life that asked for them.
    pub(super) calls: BTreeMap<CallId, u64>,
    /// Calls that nobody waits for any more.
    pub(super) abandoned: BTreeSet<CallId>,
    /// Batches on their way, by shard.
    pub(super) in_flight: BTreeMap<ShardId, usize>,
    /// Whether a commit of this life was lost, so that later ones cannot fit.
    pub(super) torn: bool,
    /// Ids in memory that no client was told of.
    pub(super) strangers: usize,
    alarm: u64,
    alarm_at: Option<Timestamp>,
    pub(super) house: u64,
    pub(super) house_at: Option<Timestamp>,
}

impl World {
    /// Whether a message to this life is lost.
    pub(super) fn stale(&self, life: u64) -> bool {
        !self.node.up || life != self.node.life
    }

    /// Whether the node owns its shards; if not, the event waits until it does.
    pub(super) fn serving(&mut self, event: impl FnOnce() -> Event) -> bool {
        if self.node.shards.is_empty() {
            self.node.inbox.push(event());
            return false;
        }
        true
    }

    pub(super) fn crash(&mut self) {
        self.trace.note(self.now, "crash", self.node.process, String::new);
        self.cover_crash();
        self.node.up = false;
        self.drop_memory();
        self.node.calls.clear();
        self.node.abandoned.clear();
        self.node.inbox.clear();
        self.node.paused_until = Timestamp::default();
        self.forget_deferred();
        let mut survives = true;
        let mut kept = vec![];
        for op in std::mem::take(&mut self.disk.ops) {
            survives = survives && self.rng.per_mille(self.faults.commit_survives);
            if survives {
                kept.push(op);
            }
        }
        self.disk.ops.extend(kept);
        let ms = self.rng.skewed(10, 30_000);
        self.after(ms, Event::Restart);
    }

    /// A crash ends a pause: what waited for the node is lost, apart from what clients, operators and the courier do.
    fn forget_deferred(&mut self) {
        for event in std::mem::take(&mut self.node.deferred) {
            if matches!(
                event,
                Event::ClientStarts { .. }
                    | Event::Command
                    | Event::Operator
                    | Event::Courier { .. }
                    | Event::Carry { .. }
            ) {
                self.after(0, event);
            }
        }
    }

    pub(super) fn restart(&mut self) {
        self.node.up = true;
        self.node.process += 1;
        self.node.life += 1;
        let life = self.node.life;
        self.after(5, Event::Acquire { life });
    }

    /// The store has refused something, or nobody knows: everything is read again under a new right.
    pub(super) fn start_over(&mut self) {
        self.trace.note(self.now, "start-over", self.node.life, String::new);
        self.drop_memory();
        let life = self.node.life;
        let ms = self.rng.range(1, 20);
        self.after(ms, Event::Acquire { life });
    }

    fn drop_memory(&mut self) {
        self.node.life += 1;
        self.node.shards.clear();
        self.node.touched.clear();
        self.node.batches.clear();
        self.node.in_flight.clear();
        self.node.births.clear();
        self.node.strangers = 0;
        self.node.torn = false;
        self.node.alarm_at = None;
        self.node.house_at = None;
        self.lose_parcels();
        for (_, waiting) in std::mem::take(&mut self.node.waiting) {
            self.disappoint(&waiting);
        }
    }

    pub(super) fn wake(&mut self, life: u64, alarm: u64) {
        if self.stale(life) || alarm != self.node.alarm {
            return;
        }
        self.node.alarm_at = None;
        let now = self.clock_for_timers();
        for index in 0..self.node.shards.len() {
            if self.node.shards[index].next_due().is_some_and(|due| due <= now) {
                self.node.shards[index].handle(Input::Wake, now);
                self.node.touched.insert(index);
            }
        }
        self.drain();
    }

    fn clock_for_timers(&mut self) -> Timestamp {
        let early = if self.planted(Mutant::TimersEarly) { EARLY_MS } else { 0 };
        self.clock().plus_ms(early)
    }

    pub(super) fn shard_of(&self, id: ExecutionId) -> usize {
        usize::from(id.shard(self.faults.shards).0)
    }

    pub(super) fn handle(&mut self, id: ExecutionId, input: Input) {
        let shard = self.shard_of(id);
        self.handle_at(shard, input);
    }

    pub(super) fn handle_at(&mut self, shard: usize, input: Input) {
        let now = self.clock();
        self.node.shards[shard].handle(input, now);
        self.node.touched.insert(shard);
    }

    pub(super) fn deliver(&mut self, id: ExecutionId, input: execution::Input) {
        self.handle(id, Input::Deliver(Mail { id, tenant: None, input, idempotency: None, reply: None }));
    }

    /// Does what the shards that were touched say, and gives all their batches to the store as one commit.
    pub(super) fn drain(&mut self) {
        while let Some(shard) = self.node.touched.pop_first() {
            while let Some(output) = self.node.shards[shard].poll() {
                self.perform(output);
            }
        }
        if !self.node.batches.is_empty() {
            let batches = std::mem::take(&mut self.node.batches);
            self.commit(batches);
        }
        self.set_alarm();
    }

    fn set_alarm(&mut self) {
        let Some(due) = self.node.shards.iter().filter_map(Shard::next_due).min() else { return };
        let clock = self.clock_for_timers();
        let at = self.now.plus_ms(due.ms_since(clock));
        if self.node.alarm_at.is_none_or(|planned| at < planned) {
            self.node.alarm += 1;
            self.node.alarm_at = Some(at);
            let (life, alarm) = (self.node.life, self.node.alarm);
            self.queue.put(at, Event::Wake { life, alarm });
        }
    }

    fn perform(&mut self, output: Output) {
        let life = self.node.life;
        match output {
            Output::Load { id } => {
                let ms = self.read_delay();
                self.after(ms, Event::Read { life, id });
            }
            Output::FindKey { key } => {
                let ms = self.read_delay();
                self.after(ms, Event::ReadKey { life, key });
            }
            Output::FindLimit { limit } => {
                let ms = self.read_delay();
                self.after(ms, Event::ReadLimit { life, limit });
            }
            Output::Limited(limited) => self.limited(limited),
            Output::Admit { id, granted } => {
                self.deliver(id, execution::Input::Admitted { granted });
            }
            Output::Commit(batch) => {
                if self.planted(Mutant::PerformBeforeCommit) {
                    self.perform_undurable(&batch);
                }
                self.node.batches.push(batch);
            }
            Output::Perform { id, call, .. } => self.call(id, call),
            Output::Publish { id, frame, event, .. } => self.publish(id, frame, &event),
            Output::Abandon { id, effect } => self.abandon(id, effect),
            Output::Errand { id, tenant, errand } => self.run_errand(id, tenant, errand),
            Output::Reply { to, answer } => self.reply(to, answer),
            Output::Advanced { .. } => {}
        }
    }

    pub(super) fn read_delay(&mut self) -> u64 {
        if self.fault(self.faults.read_slow) { self.rng.skewed(10, 5_000) } else { self.rng.range(0, 3) }
    }

    /// The planted bug: the effects of a batch that is not durable yet.
    fn perform_undurable(&mut self, batch: &Batch) {
        for write in &batch.writes {
            let mut execution = Execution::new(write.id, write.tenant.clone());
            if let Some(loaded) = self.disk.load(write.id) {
                execution = self.fold(&loaded);
            }
            if execution.seq() + 1 != write.first_seq {
                continue;
            }
            write.events.iter().for_each(|event| execution.apply(event));
            for effect in execution.open_effects() {
                if let execution::Effect::Call(call) = effect
                    && call.epoch == batch.epoch
                {
                    self.call(write.id, call);
                }
            }
        }
    }

    fn abandon(&mut self, id: ExecutionId, effect: EffectId) {
        let EffectId::Call { frame, attempt } = effect else { return };
        let call = (id, frame, attempt);
        self.node.abandoned.insert(call);
        if !self.planted(Mutant::AbandonIgnored) {
            self.node.calls.remove(&call);
        }
    }

    pub(super) fn read_key(&mut self, life: u64, key: Key) {
        let found = self.disk.core.find_by_key(&key.tenant, &key.namespace, &key.name, &key.key);
        let holder =
            if self.fault(self.faults.read_fails) { Err(()) } else { Ok(found.open.map(|(id, _)| id)) };
        let ms = self.rng.range(0, 3);
        self.after(ms, Event::KeyFound { life, key, holder });
    }

    pub(super) fn key_found(&mut self, life: u64, key: Key, holder: Result<Option<ExecutionId>, ()>) {
        if self.stale(life) {
            return;
        }
        let Ok(holder) = holder else { return self.start_over() };
        let shard = self.shard_of_key(&key.key);
        self.handle_at(shard, Input::KeyFound { key, holder });
        self.drain();
    }

    pub(super) fn committed(&mut self, life: u64, numbers: &[(ShardId, u64)], result: &Result<(), Error>) {
        if self.stale(life) {
            return;
        }
        for (shard, _) in numbers {
            self.node.in_flight.entry(*shard).and_modify(|batches| *batches -= 1);
        }
        let hopeful = self.planted(Mutant::AmbiguousAsSuccess) && matches!(result, Err(Error::Connection(_)));
        if result.is_err() && !hopeful {
            return self.start_over();
        }
        for (shard, batch) in numbers {
            self.handle_at(usize::from(shard.0), Input::Committed { batch: *batch });
        }
        self.drain();
    }
}
