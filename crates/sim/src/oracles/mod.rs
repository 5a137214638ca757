//! What must hold, one invariant a file, checked on every event and at the end.
//!
//! The oracles are written from the specification and read only what an outsider could: the committed facts, the
//! receiver's own log, what clients were told, and the generated definition's outline. Each has been seen to fail: by
//! a unit test with a bad history, and by at least one planted bug.

mod acked_is_durable;
mod at_most_once;
mod audit;
mod bounds;
mod cancel;
mod children;
mod completed_was_executed;
mod ended_is_final;
mod fence;
mod limits;
mod liveness;
mod no_dispatch_after_completion;
mod replay;
mod signals;
mod timers;
mod undo;
mod with_key;

mod book;
#[cfg(test)]
mod testing;

pub use acked_is_durable::Ack;
pub use book::{Activation, Book, Doing, Ended, Record};

use crate::generate::Outline;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use tenure_engine::execution::{Event, Execution, FrameId, HistoryEvent, Summary};
use tenure_store::{ExecutionRow, StoredAudit};
use tenure_types::{Epoch, ExecutionId, ShardId, TenantId, Timestamp};

/// What was seen, apart from the facts themselves.
#[derive(Debug)]
pub enum Seen<'a> {
    /// A client was answered that its command is done.
    Acked {
        /// The execution.
        id: ExecutionId,
        /// What was promised.
        ack: &'a Ack,
    },
    /// The node acquired a shard.
    Owned {
        /// Which.
        shard: ShardId,
        /// Under this number.
        epoch: Epoch,
    },
    /// The store took a batch.
    Applied {
        /// Of this shard.
        shard: ShardId,
        /// Decided under this number.
        epoch: Epoch,
        /// While this one was current.
        current: Epoch,
    },
    /// The store took a row: it must be what the history says.
    RowWritten {
        /// The row's content.
        summary: &'a Summary,
        /// Whose.
        id: ExecutionId,
    },
    /// The store took a turn's events of an execution, and its row if that changed.
    Written {
        /// Which.
        id: ExecutionId,
    },
    /// The store refused a batch of the current owner because it does not continue what is stored.
    Conflicted {
        /// What the store said.
        error: &'a str,
    },
    /// A request left the node, or was about to: the send guard let it pass.
    Sent(Request<'a>),
    /// The receiver refused a request before it did anything, and said so.
    Refused(Request<'a>),
    /// The receiver did what it was asked.
    Executed(Request<'a>),
    /// The receiver answered.
    Answered {
        /// What it answered.
        request: Request<'a>,
        /// With this status.
        status: u16,
        /// And this number in its body.
        receipt: u64,
    },
    /// The node is about to publish what an activation emits.
    Published {
        /// The execution.
        id: ExecutionId,
        /// The activation.
        frame: FrameId,
        /// The event.
        event: &'a Arc<Event>,
    },
    /// A shard took an execution from the store into its memory.
    Loaded {
        /// Its state, as the shard got it.
        execution: &'a Execution,
    },
    /// The levels of a shard's and of the dispatcher's queues.
    Levels(Levels),
    /// Nothing has gone wrong for long enough to have recovered from everything.
    Recovered {
        /// The number of shards.
        shards: u16,
    },
}

/// A request as the network carries it.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The execution.
    pub id: ExecutionId,
    /// The call's activation.
    pub frame: FrameId,
    /// The attempt.
    pub attempt: u32,
    /// `Idempotency-Key`
    pub key: &'a str,
    /// Not sent after this instant.
    pub send_by: Timestamp,
    /// The epoch of its intent.
    pub epoch: Epoch,
}

/// How full everything is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Levels {
    /// Inputs that wait for their turn in one shard.
    pub queued: usize,
    /// Of these, at most so many are outcomes, which are never refused.
    pub outcomes: usize,
    /// Executions in memory.
    pub resident: usize,
    /// Executions that exist or were asked for.
    pub known: usize,
    /// Calls that the dispatcher has under way although their shard has let go of them.
    pub orphans: usize,
    /// Batches on their way to the store.
    pub in_flight: usize,
}

/// When something was seen.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The true time.
    pub at: Timestamp,
    /// The latest reading of the node's clock.
    pub clock: Timestamp,
}

/// What the world looks like when everything is over.
#[derive(Debug, Default)]
pub struct End {
    /// Each stored execution: its row, and its history folded by the engine.
    pub stored: BTreeMap<ExecutionId, (Arc<ExecutionRow>, Execution)>,
    /// The audit chains.
    pub audits: BTreeMap<TenantId, Vec<StoredAudit>>,
    /// Whom the idempotency records promise: by tenant and key.
    pub promises: BTreeMap<(TenantId, Arc<str>), ExecutionId>,
    /// Executions still in memory although they have ended.
    pub lingering: usize,
    /// Inputs still queued.
    pub queued: usize,
    /// Whether time or events ran out before everything had ended.
    pub exhausted: bool,
}

/// Whether an invariant holds, and if not, why.
pub type Verdict = Result<(), String>;

/// One invariant.
pub trait Oracle: fmt::Debug {
    /// Its name, with its number in the list of invariants.
    fn name(&self) -> &'static str;

    /// Looks at a committed fact before it is added to the record.
    fn fact(
        &mut self,
        _id: ExecutionId,
        _record: &Record,
        _event: &HistoryEvent,
        _moment: Moment,
    ) -> Verdict {
        Ok(())
    }

    /// Looks at anything else.
    fn seen(&mut self, _book: &Book, _seen: &Seen<'_>, _moment: Moment) -> Verdict {
        Ok(())
    }

    /// Looks at the end.
    fn finish(&mut self, _book: &Book, _end: &End) -> Verdict {
        Ok(())
    }
}

/// The first violated invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Its name.
    pub oracle: &'static str,
    /// When.
    pub at: Timestamp,
    /// What was seen.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}: {}", self.oracle, self.at.0, self.what)
    }
}

/// All oracles and what they share.
#[derive(Debug)]
pub struct Oracles {
    /// What is durable.
    pub book: Book,
    outlines: BTreeMap<ExecutionId, Arc<Outline>>,
    tenants: BTreeMap<ExecutionId, TenantId>,
    all: Vec<Box<dyn Oracle>>,
    violation: Option<Violation>,
}

impl Default for Oracles {
    fn default() -> Self {
        let mut oracles = Self::without_replay();
        oracles.all.push(Box::new(replay::Replay::default()));
        oracles
    }
}

impl Oracles {
    /// All but the one that folds with the engine's own `apply`, which asserts on histories that cannot be.
    fn without_replay() -> Self {
        let all: Vec<Box<dyn Oracle>> = vec![
            Box::new(at_most_once::AtMostOnce::default()),
            Box::new(with_key::WithKey::default()),
            Box::new(completed_was_executed::CompletedWasExecuted::default()),
            Box::new(no_dispatch_after_completion::NoDispatchAfterCompletion),
            Box::new(fence::Fence::default()),
            Box::new(acked_is_durable::AckedIsDurable::default()),
            Box::new(ended_is_final::EndedIsFinal),
            Box::new(timers::Timers::default()),
            Box::new(signals::Signals::default()),
            Box::new(children::Children::default()),
            Box::new(cancel::Cancel),
            Box::new(undo::Undo::default()),
            Box::new(audit::Audit::default()),
            Box::new(bounds::Bounds),
            Box::new(limits::Limits::default()),
            Box::new(liveness::Liveness::default()),
        ];
        Self { book: Book::new(), outlines: BTreeMap::new(), tenants: BTreeMap::new(), all, violation: None }
    }

    /// Only the oracle of this name.
    #[cfg(test)]
    fn only(mut self, name: &str) -> Self {
        self.all.retain(|oracle| oracle.name() == name);
        self
    }

    /// Announces what an execution is going to run.
    pub fn announce(&mut self, id: ExecutionId, tenant: &TenantId, outline: &Arc<Outline>) {
        self.outlines.insert(id, Arc::clone(outline));
        self.tenants.insert(id, tenant.clone());
    }

    /// What an announced execution runs.
    pub fn outline(&self, id: ExecutionId) -> Option<&Arc<Outline>> {
        self.outlines.get(&id)
    }

    /// Executions that were announced.
    pub fn announced(&self) -> usize {
        self.outlines.len()
    }

    /// Looks at a fact that is durable from now on.
    pub fn fact(&mut self, id: ExecutionId, event: &HistoryEvent, moment: Moment) {
        if self.violation.is_some() {
            return;
        }
        let outline = self.outlines.get(&id).cloned().unwrap_or_default();
        let tenant = self.tenants.get(&id).cloned();
        let record = self.book.entry(id).or_insert_with(|| Record::new(outline, tenant));
        for oracle in &mut self.all {
            let verdict = oracle.fact(id, record, event, moment);
            note(
                &mut self.violation,
                oracle.name(),
                moment.at,
                verdict.map_err(|what| format!("{id}: {what}")),
            );
            if self.violation.is_some() {
                return;
            }
        }
        record.apply(event);
    }

    /// Looks at anything else.
    pub fn seen(&mut self, seen: &Seen<'_>, moment: Moment) {
        if self.violation.is_some() {
            return;
        }
        for oracle in &mut self.all {
            let verdict = oracle.seen(&self.book, seen, moment);
            note(&mut self.violation, oracle.name(), moment.at, verdict);
        }
    }

    /// Looks at the end.
    pub fn finish(&mut self, end: &End, moment: Moment) {
        for oracle in &mut self.all {
            let verdict = oracle.finish(&self.book, end);
            note(&mut self.violation, oracle.name(), moment.at, verdict);
        }
    }

    /// Something else is wrong, such as an assertion of the engine.
    pub fn report(&mut self, oracle: &'static str, at: Timestamp, what: String) {
        note(&mut self.violation, oracle, at, Err(what));
    }

    /// The first violation.
    pub fn violation(&self) -> Option<&Violation> {
        self.violation.as_ref()
    }
}

fn note(first: &mut Option<Violation>, oracle: &'static str, at: Timestamp, verdict: Verdict) {
    if let Err(what) = verdict
        && first.is_none()
    {
        *first = Some(Violation { oracle, at, what });
    }
}

/// A verdict out of a condition.
fn ensure(holds: bool, what: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(what()) }
}
