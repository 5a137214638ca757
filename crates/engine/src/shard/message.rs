//! What goes into a shard and what comes out of it.

use crate::execution::{
    self, AuditFact, CallEffect, EffectId, Errand, Event, Execution, FrameId, HistoryEvent, Rejected, Start,
    Subscription, Summary,
};
use std::sync::Arc;
use tenure_dsl::program::Definition;
use tenure_types::{Digest, Epoch, ExecutionId, ShardId, Status, TenantId, Timestamp};

/// Everything that can happen to a shard.
#[derive(Debug)]
pub enum Input {
    /// A new execution.
    Start(Box<NewExecution>),
    /// A command or an outcome for an execution.
    Deliver(Mail),
    /// Bring an execution into memory, so that its timers fire and its lost attempts are settled.
    Attend {
        /// Which.
        id: ExecutionId,
    },
    /// The answer to [`Output::Load`].
    Loaded {
        /// Which.
        id: ExecutionId,
        /// Its state, folded from its history, and what it runs; `None` when there is no such execution.
        found: Option<(Box<Execution>, Arc<Definition>)>,
    },
    /// The answer to [`Output::FindKey`].
    KeyFound {
        /// Which key.
        key: Key,
        /// The open execution that holds it in the store.
        holder: Option<ExecutionId>,
    },
    /// The engine cannot go on with this execution: its state cannot be read, or deciding about it failed twice. Nothing
    /// is decided about it any more, and whatever comes for it is refused as held.
    Hold {
        /// Which.
        id: ExecutionId,
    },
    /// Something has become of an execution of any shard under a limit that this shard looks after.
    Limited(Limited),
    /// The answer to [`Output::FindLimit`].
    LimitFound {
        /// Which limit.
        limit: LimitKey,
        /// Open executions that have begun under it.
        running: Vec<ExecutionId>,
        /// Those that wait.
        waiting: Vec<Waiting>,
    },
    /// Somebody may wait under a limit: look.
    AttendLimit {
        /// Which limit.
        limit: LimitKey,
    },
    /// A batch is durable. Batches become durable in their order.
    Committed {
        /// Its number.
        batch: u64,
    },
    /// Time has passed.
    Wake,
}

/// A start, as it is asked for.
#[derive(Debug)]
pub struct NewExecution {
    /// Its id, on this shard.
    pub id: ExecutionId,
    /// Its tenant.
    pub tenant: TenantId,
    /// What it runs.
    pub definition: Arc<Definition>,
    /// The command.
    pub start: Start,
    /// What to do when the key is taken.
    pub on_conflict: OnConflict,
    /// Opaque, written in the same transaction.
    pub idempotency: Option<Idempotency>,
    /// Who waits for the answer.
    pub reply: ReplyTo,
}

/// What a start does when an open execution holds its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnConflict {
    /// It is refused.
    Fail,
    /// It is answered with that execution.
    UseExisting,
    /// That execution is terminated first.
    TerminateExisting,
}

/// A client's key is unique among the open executions of one definition name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Whose.
    pub tenant: TenantId,
    /// The definition's namespace.
    pub namespace: Arc<str>,
    /// The definition's name.
    pub name: Arc<str>,
    /// The key itself.
    pub key: Arc<str>,
}

/// A limit (`metadata.limits`): all executions of a tenant's definition name whose key has one value. One shard looks after it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LimitKey {
    /// Whose.
    pub tenant: TenantId,
    /// The definition's namespace.
    pub namespace: Arc<str>,
    /// The definition's name.
    pub name: Arc<str>,
    /// The key's value, as JSON; empty without a key.
    pub key: Arc<str>,
}

/// What has become of an execution under a limit. It is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limited {
    /// The limit.
    pub limit: LimitKey,
    /// Which execution, and how it waits or waited.
    pub waiting: Waiting,
    /// What has become of it.
    pub change: LimitChange,
}

/// What has become of an execution under a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitChange {
    /// It waits for a place.
    Waits,
    /// It has begun, in the place that it was told of.
    Begins,
    /// It has ended, wherever it was.
    Ends,
}

/// An execution that waits for a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Waiting {
    /// Since when.
    pub since: Timestamp,
    /// Which.
    pub id: ExecutionId,
    /// How many may run at once, as its version of the definition says.
    pub max: u32,
    /// Whether it faults when there is no place at once.
    pub faults: bool,
}

/// An input on its way to an execution.
#[derive(Debug)]
pub struct Mail {
    /// To whom.
    pub id: ExecutionId,
    /// On whose behalf; `None` for outcomes and for what executions tell each other, which are never refused as too
    /// many. An execution of another tenant does not exist for it.
    pub tenant: Option<TenantId>,
    /// What.
    pub input: execution::Input,
    /// Opaque, written in the same transaction.
    pub idempotency: Option<Idempotency>,
    /// Who waits for the answer.
    pub reply: Option<ReplyTo>,
}

/// A client's promise to send the same request again under the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// The header's value.
    pub key: Arc<str>,
    /// Digest of the request.
    pub fingerprint: [u8; 32],
}

/// Names whoever waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReplyTo(pub u64);

/// What the shell is to do, in this order.
#[derive(Debug)]
pub enum Output {
    /// Read an execution from the store; answer with [`Input::Loaded`].
    Load {
        /// Which.
        id: ExecutionId,
    },
    /// Look for the open execution that holds a key; answer with [`Input::KeyFound`].
    FindKey {
        /// Which key.
        key: Key,
    },
    /// Something has become of an execution of this shard under a limit: tell the shard that looks after the limit.
    Limited(Limited),
    /// Look for the executions under a limit that this shard looks after; answer with [`Input::LimitFound`].
    FindLimit {
        /// Which limit.
        limit: LimitKey,
    },
    /// Tell an execution of any shard whether it has a place: [`execution::Input::Admitted`].
    Admit {
        /// Which.
        id: ExecutionId,
        /// Whether it has one.
        granted: bool,
    },
    /// Make this durable; answer with [`Input::Committed`], or drop the shard when the store refuses.
    Commit(Batch),
    /// Send a call whose intent is durable.
    Perform {
        /// Of which execution.
        id: ExecutionId,
        /// Whose.
        tenant: TenantId,
        /// Sent along.
        correlation_id: Arc<str>,
        /// The call.
        call: CallEffect,
    },
    /// Publish an event whose emission is durable; answer with [`execution::Input::Published`]. The same event may come
    /// again after a crash.
    Publish {
        /// Of which execution.
        id: ExecutionId,
        /// Whose.
        tenant: TenantId,
        /// Sent along.
        correlation_id: Arc<str>,
        /// The activation that emits it.
        frame: FrameId,
        /// The event.
        event: Arc<Event>,
    },
    /// Nobody waits any more for this call, or this publication.
    Abandon {
        /// Of which execution.
        id: ExecutionId,
        /// Which.
        effect: EffectId,
    },
    /// Bring an errand whose reason is durable to another execution of the tenant, on whatever shard.
    ///
    /// A start: when the child is stored already, it has started; otherwise its definition is resolved and it is
    /// started, and the sender is told how that went. A word: it is delivered on nobody's behalf. Once the answer to a
    /// report is there, whatever it is, the sender is told that its parent knows; when there is no execution for any
    /// other word, the sender is told that the child is gone. After a load an errand may be given out again.
    Errand {
        /// From which execution.
        id: ExecutionId,
        /// Whose.
        tenant: TenantId,
        /// What.
        errand: Errand,
    },
    /// Answer a client. What the answer rests on is durable.
    Reply {
        /// Whom.
        to: ReplyTo,
        /// The answer.
        answer: Result<Answer, Rejected>,
    },
    /// History has grown, durably: whoever follows the execution may look.
    Advanced {
        /// Which.
        id: ExecutionId,
        /// The last event's number.
        seq: u64,
        /// Its status.
        status: Status,
        /// Its final state, when it has ended and leaves the memory: whoever waits for it need not read it back.
        ended: Option<Box<Execution>>,
    },
}

/// The answer to a command that was taken.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// This execution, in this state.
    Done {
        /// Which.
        id: ExecutionId,
        /// Its state after the command.
        summary: Box<Summary>,
    },
    /// The start gave way to the open execution that holds the key.
    Existing(ExecutionId),
}

/// Everything that one turn writes: one transaction, refused whole when the epoch is not the shard's.
#[derive(Debug)]
pub struct Batch {
    /// Numbered from 0 in each life of a shard.
    pub number: u64,
    /// The shard.
    pub shard: ShardId,
    /// Its owner's right.
    pub epoch: Epoch,
    /// One entry for each execution that changed.
    pub writes: Vec<Write>,
}

/// What one turn writes of one execution.
#[derive(Debug)]
pub struct Write {
    /// Which.
    pub id: ExecutionId,
    /// Whose.
    pub tenant: TenantId,
    /// On every audit record.
    pub correlation_id: Arc<str>,
    /// The definition that it is pinned to.
    pub digest: Digest,
    /// The status after the turn.
    pub status: Status,
    /// The number of the first event.
    pub first_seq: u64,
    /// The facts, in order.
    pub events: Vec<HistoryEvent>,
    /// The queryable state when it changed, with the status it had before; that one is `None` for a new execution.
    pub row: Option<(Box<Summary>, Option<Status>)>,
    /// Who did what.
    pub audits: Vec<AuditFact>,
    /// Promises kept by this write.
    pub idempotency: Vec<Idempotency>,
    /// Everything by which events find the execution from now on, when it differs from what was written before.
    pub subscriptions: Option<Vec<Subscription>>,
}
