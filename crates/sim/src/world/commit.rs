//! Commits: encoded by the real codec, applied by the real memory store, late, lost or unconfirmed.

use super::World;
use super::cipher::Plain;
use super::disk::{Fate, Op, Written};
use super::event::Event;
use crate::coverage::State;
use crate::mutant::Mutant;
use crate::oracles::Seen;
use tenure_engine::shard::Batch;
use tenure_runtime::codec;
use tenure_store::{Commit, Error, HistoryBlob};

impl World {
    pub(super) fn commit(&mut self, batches: Vec<Batch>) {
        let writes = batches.iter().flat_map(|batch| &batch.writes).map(|write| Written {
            id: write.id,
            events: write.events.clone(),
            row: write.row.as_ref().map(|(summary, _)| (**summary).clone()),
        });
        let writes = writes.collect();
        let numbers = batches.iter().map(|batch| (batch.shard, batch.number)).collect();
        for batch in &batches {
            *self.node.in_flight.entry(batch.shard).or_default() += 1;
        }
        let batches = self.tamper(batches);
        let commit = codec::commit(batches, &Plain).expect("facts can be encoded");
        for append in &commit.appends {
            self.trace.bytes(append.blob.as_bytes());
        }
        self.submit(Op { number: 0, life: self.node.life, commit, writes, numbers, fate: Fate::Confirmed });
    }

    fn submit(&mut self, op: Op) {
        let fate = if self.fault(self.faults.commit_lost) {
            Fate::Lost
        } else if self.fault(self.faults.commit_unconfirmed) {
            Fate::Unconfirmed
        } else {
            Fate::Confirmed
        };
        let ms = if self.fault(self.faults.commit_slow) {
            self.rng.skewed(50, 20_000)
        } else {
            self.rng.range(1, 6)
        };
        let number = self.number();
        self.disk.applied_at = self.disk.applied_at.max(self.now.plus_ms(ms));
        self.disk.ops.push_back(Op { number, fate, ..op });
        self.queue.put(self.disk.applied_at, Event::Apply { number });
    }

    /// The planted bugs of what is written.
    fn tamper(&mut self, mut batches: Vec<Batch>) -> Vec<Batch> {
        for write in batches.iter_mut().flat_map(|batch| &mut batch.writes) {
            let chance = self.mutant.is_some() && self.rng.per_mille(200);
            match self.mutant {
                Some(Mutant::EventDropped) if chance && write.events.len() > 1 => {
                    let last = write.events[write.events.len() - 2].clone();
                    // The count must stay, or the store would notice by itself.
                    *write.events.last_mut().expect("longer than one") = last;
                }
                Some(Mutant::EventsSwapped) if chance && write.events.len() > 2 => {
                    let at = write.events.len() - 2;
                    write.events.swap(at, at + 1);
                }
                Some(Mutant::RowForgotten) if chance && write.first_seq > 1 => write.row = None,
                Some(Mutant::AuditForgotten) if chance => {
                    write.audits.pop();
                }
                Some(Mutant::AuditDoubled) if chance => {
                    if let Some(last) = write.audits.last().cloned() {
                        write.audits.push(last);
                    }
                }
                Some(Mutant::PromiseForgotten) => write.idempotency.clear(),
                _ => {}
            }
        }
        batches
    }

    pub(super) fn apply(&mut self, number: u64) {
        let Some(mut op) = self.disk.take(number) else { return };
        let result = if op.fate == Fate::Lost {
            self.coverage.hit(State::CommitLost);
            self.node.torn |= op.life == self.node.life;
            Err(Error::Connection("the commit was lost".into()))
        } else {
            self.apply_now(&mut op)
        };
        let again = self.planted(Mutant::AmbiguousAsFailure) && matches!(result, Err(Error::Connection(_)));
        if again && op.life == self.node.life {
            return self.write_again(op);
        }
        let ms = self.rng.range(0, 3);
        self.disk.confirmed_at = self.disk.confirmed_at.max(self.now.plus_ms(ms));
        let event = Event::Committed { life: op.life, numbers: op.numbers, result };
        self.queue.put(self.disk.confirmed_at, event);
    }

    fn apply_now(&mut self, op: &mut Op) -> Result<(), Error> {
        let decided = op.commit.leases.clone();
        let current = self.node.leases.clone();
        if self.planted(Mutant::NoFence) {
            for lease in &mut op.commit.leases {
                *lease = current[usize::from(lease.shard.0)];
            }
        }
        // What a retried commit could still change; kept only where it is needed.
        let commit = if self.mutant.is_some() { op.commit.clone() } else { std::mem::take(&mut op.commit) };
        if let Err(error) = self.disk.apply(commit) {
            self.refused(op, &error);
            return Err(error);
        }
        for lease in decided {
            let current = current[usize::from(lease.shard.0)].epoch;
            self.see(&Seen::Applied { shard: lease.shard, epoch: lease.epoch, current });
        }
        self.durable(&op.writes);
        if op.fate == Fate::Unconfirmed {
            self.coverage.hit(State::CommitUnconfirmed);
            return Err(Error::Connection("the connection is gone".into()));
        }
        Ok(())
    }

    /// The store takes nothing that does not fit. From the owner it gets nothing else, unless a commit was lost.
    fn refused(&mut self, op: &Op, error: &Error) {
        let text = error.to_string();
        self.trace.note(self.now, "refused", op.number, || text.clone());
        if matches!(error, Error::Fenced) {
            self.coverage.hit(State::CommitFenced);
        }
        let own = op.life == self.node.life && !self.node.torn;
        if own && matches!(error, Error::Conflict(_) | Error::Permanent(_) | Error::Corrupt(_)) {
            self.see(&Seen::Conflicted { error: &text });
        }
        self.node.torn |= op.life == self.node.life;
    }

    fn durable(&mut self, writes: &[Written]) {
        let moment = self.moment();
        for write in writes {
            for event in &write.events {
                self.cover(write.id, event);
                self.trace.note(self.now, "fact", 0, || format!("{} {:?}", write.id, event.fact));
                self.oracles.fact(write.id, event, moment);
            }
            if let Some(summary) = &write.row {
                self.oracles.seen(&Seen::RowWritten { id: write.id, summary }, moment);
                self.incidents.insert(write.id, summary.incidents);
            }
            self.oracles.seen(&Seen::Written { id: write.id }, moment);
            self.wake_courier();
        }
        self.plan_house();
        self.plan_operator();
    }

    /// The planted bug: what is not known to be written is written again behind what is there.
    fn write_again(&mut self, mut op: Op) {
        let mut commit: Commit = op.commit.clone();
        for append in &mut commit.appends {
            let loaded = self.disk.load(append.execution);
            let last = loaded.as_ref().and_then(|loaded| loaded.history.last().map(HistoryBlob::last_seq));
            append.first_seq = last.unwrap_or_default() + 1;
        }
        for write in &mut commit.rows {
            write.before = self.disk.load(write.row.id).map(|loaded| loaded.row.status);
        }
        commit.idempotency.clear();
        op.commit = commit;
        self.submit(op);
    }
}
