//! Recovery: the shards are acquired, what was open or is due is brought back, executions are read and folded.

use super::World;
use super::cipher::Plain;
use super::event::Event;
use crate::mutant::Mutant;
use crate::oracles::Seen;
use std::sync::Arc;
use tenure_dsl::program::Definition;
use tenure_engine::execution::{self, CallOutcome, Ending, Execution, Fact};
use tenure_engine::shard::limits::TIMER_HORIZON_MS;
use tenure_engine::shard::{Input, Shard};
use tenure_runtime::codec;
use tenure_store::LoadedExecution;
use tenure_types::{ExecutionId, ShardId, Timestamp};

/// How often the node looks at the due index.
const HOUSE_MS: u64 = TIMER_HORIZON_MS / 3;
/// How long a refused request for the shards waits.
const ACQUIRE_AGAIN_MS: u64 = 500;

impl World {
    pub(super) fn acquire(&mut self, life: u64) {
        if self.stale(life) {
            return;
        }
        if self.fault(self.faults.read_fails) {
            return self.after(ACQUIRE_AGAIN_MS, Event::Acquire { life });
        }
        let reused = self.planted(Mutant::EpochReused) && !self.node.leases.is_empty();
        if !reused {
            self.node.leases = self.disk.leases();
        }
        for lease in self.node.leases.clone() {
            self.see(&Seen::Owned { shard: lease.shard, epoch: lease.epoch });
        }
        self.node.shards =
            self.node.leases.iter().map(|lease| Shard::new(lease.shard, lease.epoch)).collect();
        self.attend_open(life);
        self.attend_due(life);
        self.attend_limits(life);
        for event in std::mem::take(&mut self.node.inbox) {
            self.after(0, event);
        }
    }

    fn attend_open(&mut self, life: u64) {
        if self.planted(Mutant::OpenForgotten) {
            return;
        }
        for shard in 0..self.faults.shards {
            for row in self.disk.core.open_executions(ShardId(shard), None, usize::MAX) {
                let ms = self.rng.range(1, 10);
                self.after(ms, Event::Attend { life, id: row.id });
            }
        }
    }

    fn attend_due(&mut self, life: u64) {
        if self.planted(Mutant::DueForgotten) {
            return;
        }
        let until = self.clock().plus_ms(TIMER_HORIZON_MS);
        for due in self.disk.core.due(None, until, None, usize::MAX) {
            self.after(1, Event::Attend { life, id: due.id });
        }
        self.plan_house();
    }

    /// The next look at the due index that could find anything. The real node looks all the time.
    pub(super) fn plan_house(&mut self) {
        if !self.node.up || self.node.shards.is_empty() {
            return;
        }
        let Some(first) = self.disk.core.due(None, Timestamp(u64::MAX), None, 1).pop() else { return };
        let clock = self.clock();
        let wait = first.due.ms_since(clock).saturating_sub(TIMER_HORIZON_MS);
        let at = self.now.plus_ms(wait.next_multiple_of(HOUSE_MS).max(HOUSE_MS));
        if self.node.house_at.is_none_or(|planned| at < planned) {
            self.node.house += 1;
            self.node.house_at = Some(at);
            let (life, round) = (self.node.life, self.node.house);
            self.queue.put(at, Event::House { life, round });
        }
    }

    pub(super) fn keep_house(&mut self, life: u64, round: u64) {
        if self.stale(life) || round != self.node.house {
            return;
        }
        self.node.house_at = None;
        self.attend_due(life);
    }

    pub(super) fn attend(&mut self, life: u64, id: ExecutionId) {
        if !self.stale(life) && !self.node.shards.is_empty() {
            self.handle(id, Input::Attend { id });
            self.drain();
        }
    }

    pub(super) fn read(&mut self, life: u64, id: ExecutionId) {
        let failed = self.fault(self.faults.read_fails);
        let loaded = if failed { Err(()) } else { Ok(self.disk.load(id).map(Box::new)) };
        let ms = self.rng.range(0, 3);
        self.after(ms, Event::Loaded { life, id, loaded });
    }

    pub(super) fn loaded(
        &mut self,
        life: u64,
        id: ExecutionId,
        loaded: Result<Option<Box<LoadedExecution>>, ()>,
    ) {
        if self.stale(life) {
            return;
        }
        let Ok(loaded) = loaded else { return self.start_over() };
        let found = loaded.map(|loaded| self.found(&loaded));
        let lost = found.as_ref().map(|(execution, _)| self.cover_loaded(execution)).unwrap_or_default();
        if found.is_none() {
            self.node.strangers = self.node.strangers.saturating_sub(1);
        }
        self.handle(id, Input::Loaded { id, found });
        if self.planted(Mutant::LostAsNotSent) {
            for (frame, attempt) in lost {
                let outcome =
                    CallOutcome::NotSent { cause: super::text("connect"), detail: super::text("planted") };
                self.deliver(id, execution::Input::CallFinished { frame, attempt, outcome });
            }
        }
        self.drain();
    }

    fn found(&mut self, loaded: &LoadedExecution) -> (Box<Execution>, Arc<Definition>) {
        let definition = self.workflows[&loaded.row.id].definition.clone();
        let stored = self.fold(loaded);
        let execution = match self.mutant {
            Some(mutant @ (Mutant::LostAsNotSent | Mutant::LostForgotten | Mutant::CancelUnloaded)) => {
                // What these do to the protocol is to be noticed, not that they tamper.
                self.see(&Seen::Loaded { execution: &stored });
                self.found_by_mutant(mutant, loaded)
            }
            Some(Mutant::LoadedShort) => {
                let short = self.found_by_mutant(Mutant::LoadedShort, loaded);
                self.see(&Seen::Loaded { execution: &short });
                short
            }
            _ => {
                self.see(&Seen::Loaded { execution: &stored });
                stored
            }
        };
        (Box::new(execution), definition)
    }

    /// The planted bugs of recovery: intents that look as if they were our own, a history without its last event, a
    /// cancel that stopped nothing.
    fn found_by_mutant(&self, mutant: Mutant, loaded: &LoadedExecution) -> Execution {
        let id = loaded.row.id;
        let epoch = self.node.leases[self.shard_of(id)].epoch;
        let pieces = loaded.history.iter().map(|blob| codec::events(&loaded.row.tenant, id, blob, &Plain));
        let mut events: Vec<_> =
            pieces.flat_map(|piece| piece.expect("the store keeps what it was given")).collect();
        if mutant == Mutant::LoadedShort && events.len() > 2 {
            events.pop();
        }
        let mut execution = Execution::new(id, loaded.row.tenant.clone());
        let mut cancel = None;
        for mut event in events {
            match (&mut event.fact, mutant) {
                (Fact::AttemptStarted(attempt), Mutant::LostAsNotSent | Mutant::LostForgotten) => {
                    attempt.epoch = epoch;
                }
                (fact @ Fact::CancelRequested { .. }, _) => cancel = Some(fact.clone()),
                (fact @ Fact::Interrupted { ending: Ending::Cancelled, .. }, Mutant::CancelUnloaded) => {
                    // The count must stay, or the store would notice by itself.
                    if let Some(cancel) = &cancel {
                        *fact = cancel.clone();
                    }
                }
                _ => {}
            }
            execution.apply(&event);
        }
        execution
    }
}
