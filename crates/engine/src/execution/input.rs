//! Everything that can happen to an execution enters here: client commands and outcomes of effects.

use super::effect::{FrameId, TimerId};
use super::event::Event;
use super::history::{Parent, Reason};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tenure_dsl::error::Error;
use tenure_dsl::json::Json;
use tenure_types::{DefinitionId, Digest, Epoch, ExecutionId, Status, Timestamp};

/// The reading of the clock and the right under which a turn decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// The time.
    pub at: Timestamp,
    /// The epoch of the shard's lease; recorded with every intent.
    pub epoch: Epoch,
}

/// What `step` is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Command: start.
    Start(Box<Start>),
    /// Command: cancel; compensates when asked to. Idempotent.
    Cancel {
        /// Whether completed steps are undone.
        compensate: bool,
        /// Shown in history.
        reason: Option<Arc<str>>,
        /// Who.
        by: Actor,
    },
    /// Command: end at once; nothing is cleaned up.
    Terminate {
        /// Shown in history.
        reason: Option<Arc<str>>,
        /// Who.
        by: Actor,
    },
    /// Command: settle an incident or an uncertain task.
    Resolve {
        /// The task's activation.
        frame: FrameId,
        /// How.
        resolution: Resolution,
        /// Who.
        by: Actor,
    },
    /// Outcome: an attempt of a call has ended, as far as the dispatcher can tell.
    CallFinished {
        /// The task's activation.
        frame: FrameId,
        /// Which attempt.
        attempt: u32,
        /// How.
        outcome: CallOutcome,
    },
    /// Outcome: an attempt whose intent bears an older epoch was found open when the execution was loaded.
    AttemptLost {
        /// The task's activation.
        frame: FrameId,
        /// Which attempt.
        attempt: u32,
    },
    /// Outcome: a timer is due.
    TimerFired {
        /// Which.
        timer: TimerId,
    },
    /// Command: an event. A repetition is taken once.
    Event {
        /// The event.
        event: Arc<Event>,
        /// Whether it is a signal, which is kept until something wants it; otherwise it is for who wants it now.
        addressed: bool,
        /// Who.
        by: Actor,
    },
    /// Outcome: an event is published.
    Published {
        /// The task's activation.
        frame: FrameId,
    },
    /// Outcome, to a parent: the child's start is durable.
    ChildStarted {
        /// The task's activation.
        frame: FrameId,
        /// What the child runs, by name.
        definition: DefinitionId,
        /// What the child runs, by content.
        digest: Digest,
    },
    /// Outcome, to a parent: there is no child and there will be none.
    ChildRefused {
        /// The task's activation.
        frame: FrameId,
        /// Why.
        why: ChildRefusal,
    },
    /// Outcome, to a parent: the child has ended, durably.
    ChildEnded(Box<ChildEnd>),
    /// Outcome, to a parent that unwinds: the child is undone, or could not be.
    ChildUndone {
        /// The undo's activation.
        frame: FrameId,
        /// Which child.
        child: ExecutionId,
        /// Whether something of it is not undone.
        failed: bool,
    },
    /// Outcome, to a parent: the child that was to hear something is not stored any more.
    ChildGone {
        /// The activation of the task, or of the undo.
        frame: FrameId,
        /// Which child.
        child: ExecutionId,
    },
    /// Outcome, to a child: its parent knows, durably, what it was to be told about this activation.
    ParentTold {
        /// The parent's activation.
        frame: FrameId,
    },
    /// Command of a parent that unwinds: undo what was done. Taken by a child that has ended, once at a time.
    Unwind(Box<Unwind>),
    /// Outcome: there is a place under the definition's limit, or there will be none.
    Admitted {
        /// Whether it may begin.
        granted: bool,
    },
}

/// Why a child did not start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChildRefusal {
    /// The tenant has no such definition.
    Unknown,
    /// The definition takes no new starts.
    Disabled,
    /// The definition's schema refuses the input: pointers into it, and what is wrong there.
    InvalidInput(Vec<(String, String)>),
    /// Anything else that no repetition will change.
    Unusable(Arc<str>),
}

/// How a child ended, as its parent is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildEnd {
    /// The parent's activation.
    pub frame: FrameId,
    /// The child.
    pub child: ExecutionId,
    /// What it ran, by name.
    pub definition: DefinitionId,
    /// What it ran, by content.
    pub digest: Digest,
    /// How.
    pub result: ChildResult,
    /// Whether it keeps something that it can undo.
    pub undoable: bool,
}

/// How a child ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChildResult {
    /// Well.
    Completed {
        /// With this output.
        output: Json,
    },
    /// With an error, which names the failing task of the child.
    Faulted {
        /// The error.
        error: Error,
    },
    /// By a cancel.
    Cancelled,
    /// At once, by an operator.
    Terminated,
}

/// What a parent that unwinds asks of a child that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unwind {
    /// The parent.
    pub parent: ExecutionId,
    /// The parent's undo, which is told how it went.
    pub frame: FrameId,
    /// Why the parent unwinds.
    pub reason: Reason,
    /// The error that the parent unwinds for.
    pub error: Option<Error>,
}

/// The start of an execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The workflow's raw input.
    pub input: Json,
    /// The client's key, unique among open executions of the same definition name.
    pub key: Option<Arc<str>>,
    /// Carried through logs, events and calls.
    pub correlation_id: Arc<str>,
    /// Free labels.
    pub labels: Vec<(Arc<str>, Arc<str>)>,
    /// Not before this instant: `pending` until then.
    pub start_at: Option<Timestamp>,
    /// A signal that it has from its beginning.
    pub signal: Option<Arc<Event>>,
    /// Who.
    pub by: Actor,
    /// Whose child it is.
    pub parent: Option<Box<Parent>>,
}

/// Who asked for something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The credential's subject.
    pub subject: Arc<str>,
    /// `user`, `service`, `engine`.
    pub kind: Arc<str>,
    /// The roles it held.
    pub roles: Vec<Arc<str>>,
}

impl Actor {
    /// The engine itself, for transitions that nobody asked for.
    pub fn engine() -> Self {
        Self { subject: "engine".into(), kind: "engine".into(), roles: vec![] }
    }
}

/// How an operator settles an uncertain task or a failed undo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Resolution {
    /// Try again, with the same key.
    Retry,
    /// Failed undo only: leave it undone and go on.
    Skip,
    /// Uncertain only: it was executed, with this output.
    Complete {
        /// The task's raw output.
        output: Json,
    },
    /// Uncertain: it was not executed, the task faults. Failed undo: the unwinding is abandoned.
    Fail {
        /// Shown in history.
        reason: Option<Arc<str>>,
    },
}

/// How an attempt of a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallOutcome {
    /// Some answer came: final in every mode.
    Answered(Answer),
    /// Proven that no byte of the request left.
    NotSent {
        /// A stable word: `guard`, `dns`, `connect`, `tls`, `egress_denied`, `token` (no token could be had now), and
        /// three after which no other attempt is made: `invalid_request`, `authentication` (credentials that do not
        /// fit), `authorization` (a secret that is not there).
        cause: Arc<str>,
        /// For people.
        detail: Arc<str>,
    },
    /// Proven that the receiver did not process it, such as HTTP/2 `REFUSED_STREAM`.
    Refused {
        /// For people.
        detail: Arc<str>,
    },
    /// It may or may not have been executed.
    Unknown {
        /// A stable word: `timeout`, `reset`, `protocol`.
        cause: Arc<str>,
        /// For people.
        detail: Arc<str>,
    },
}

/// An HTTP answer, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// 100 – 599.
    pub status: u16,
    /// Lower-case names.
    pub headers: Vec<(String, String)>,
    /// At most [`tenure_types::limits::PAYLOAD_BYTES_MAX`]; a larger one is cut off by the dispatcher, which sets `truncated`.
    pub body: Vec<u8>,
    /// Whether the body was larger than the limit: the task then faults with a clear error.
    pub truncated: bool,
}

/// Why a command was not taken. Nothing was recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// There is no such execution.
    #[error("there is no such execution")]
    NotFound,
    /// The execution has ended.
    #[error("the execution has ended: it is {0}")]
    Ended(Status),
    /// The input does not fit the schema of the definition.
    #[error("the input is not valid: {}", .0.iter().map(|v| format!("{} {}", v.0, v.1)).collect::<Vec<_>>().join("; "))]
    InvalidInput(Vec<(String, String)>),
    /// Another open execution holds the key.
    #[error("the key is taken by an open execution")]
    KeyTaken(tenure_types::ExecutionId),
    /// The command does not fit the state, and why.
    #[error("{0}")]
    Conflict(String),
    /// A queue is full; try again later.
    #[error("the shard is busy")]
    Busy,
    /// The tenant's share of a queue is full; try again later. Others are not affected.
    #[error("too many of the tenant's starts are waiting")]
    TenantBusy,
    /// The engine failed on this execution: it is left alone as it is stored, so that the others go on.
    #[error("the engine failed on this execution and leaves it alone until the node starts again")]
    Held,
}
