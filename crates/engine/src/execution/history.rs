//! The facts of an execution: its only durable form.
//!
//! Stored in an encoding that knows variants and fields by their position, therefore both are only ever appended;
//! golden files hold every variant's bytes. A fact carries whatever `apply` needs, because `apply` has no definition.
//! What follows from the state (a task's raw input is its predecessor's output) is not recorded twice.

mod attempt;
mod error_form;
mod family;
mod listen;
mod task;
mod unwinding;

pub use attempt::{AttemptStarted, Cause, CauseClass, Key, Verdict};
pub use family::{ChildRequest, Parent, UnwindRequested};
pub use listen::{Each, EventConsumed, Role, Taken, Want};
pub use task::{Begun, Ending, Onward, Slot, Stage, TaskStarted};
pub use unwinding::{AfterUndoFailure, CompensationStarted, Reason, SkipReason, Target};

use super::effect::FrameId;
use super::event::Event;
use super::input::{Actor, Resolution};
use super::place::Place;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tenure_dsl::error::Error;
use tenure_dsl::json::Json;
use tenure_types::{DefinitionId, Digest, ExecutionId, Status, Timestamp};

/// A committed fact and its instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEvent {
    /// The reading of the clock under which it was decided.
    pub at: Timestamp,
    /// What became true.
    pub fact: Fact,
}

/// What can become true of an execution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fact {
    /// The execution exists; it runs unless its start is delayed.
    Started(Box<Started>),
    /// The time of a delayed start has come.
    Released(Box<Begin>),
    /// An activation of a task.
    TaskStarted(Box<TaskStarted>),
    /// A task whose `if` was false.
    TaskSkipped {
        /// The activation that owns the list.
        parent: FrameId,
        /// Where in the parent.
        slot: Slot,
        /// The task.
        place: Place,
        /// The round of the list.
        round: u32,
    },
    /// The intent to send one attempt of a call.
    AttemptStarted(Box<AttemptStarted>),
    /// An attempt had no effect, or may be repeated: the next one is due.
    TaskRetried {
        /// The task's activation.
        frame: FrameId,
        /// The task.
        place: Place,
        /// The attempt that ended.
        attempt: u32,
        /// Why.
        cause: Cause,
        /// When the next one starts.
        due: Timestamp,
    },
    /// Whether an attempt was executed is not known, and its mode does not allow another.
    TaskUncertain {
        /// The task's activation.
        frame: FrameId,
        /// The task.
        place: Place,
        /// The attempt.
        attempt: u32,
        /// Why.
        cause: Cause,
    },
    /// An operator has settled an uncertain task or a failed undo.
    Resolved {
        /// The activation.
        frame: FrameId,
        /// The task.
        place: Place,
        /// How.
        resolution: Resolution,
        /// Who.
        by: Actor,
    },
    /// A task ended well.
    TaskCompleted {
        /// The task's activation.
        frame: FrameId,
        /// The task.
        place: Place,
        /// The attempt that was answered; 0 for tasks that call nobody.
        attempt: u32,
        /// The transformed output.
        output: Json,
        /// The new `$context`, when the task exported one.
        context: Option<Json>,
    },
    /// A task ended with an error.
    TaskFaulted {
        /// The task's activation.
        frame: FrameId,
        /// The task.
        place: Place,
        /// The attempt that was answered; 0 for tasks that call nobody.
        attempt: u32,
        /// The error.
        #[serde(with = "error_form")]
        error: Error,
        /// Whether its effect may have happened all the same, so that it is undone.
        executed: bool,
    },
    /// A task was ended from outside.
    TaskCancelled {
        /// The task's activation.
        frame: FrameId,
        /// The task.
        place: Place,
        /// Whether its effect may have happened, so that it is undone.
        executed: bool,
    },
    /// The next iteration of a `for` begins. It opens an activation when the iterations run side by side.
    IterationStarted {
        /// The activation of the `for`.
        frame: FrameId,
        /// The `for`.
        place: Place,
        /// Which, from 0.
        index: u32,
    },
    /// A `try` caught an error and tries its list again later.
    TryRetried {
        /// The activation of the `try`.
        frame: FrameId,
        /// The `try`.
        place: Place,
        /// The number of the retry, from 1.
        retry: u32,
        /// What was caught.
        #[serde(with = "error_form")]
        error: Error,
        /// When the next try starts.
        due: Timestamp,
    },
    /// A try of a `try` begins: the first one only when its time is limited.
    TryStarted {
        /// The activation of the `try`.
        frame: FrameId,
        /// The `try`.
        place: Place,
        /// When this one try must have ended.
        due: Option<Timestamp>,
    },
    /// A `try` caught an error for good.
    ErrorCaught {
        /// The activation of the `try`.
        frame: FrameId,
        /// The `try`.
        place: Place,
        /// What was caught.
        #[serde(with = "error_form")]
        error: Error,
    },
    /// What runs inside an activation is ended before the activation goes on.
    Interrupted {
        /// The activation; the root's for the whole execution.
        frame: FrameId,
        /// Its task.
        place: Place,
        /// What follows once everything inside has ended.
        ending: Ending,
        /// How long calls under way may still be answered; `None` when they end at once.
        grace: Option<Timestamp>,
    },
    /// Somebody asked for the execution's end.
    CancelRequested {
        /// Who.
        by: Actor,
        /// Why.
        reason: Option<Arc<str>>,
        /// Whether completed steps are undone.
        compensate: bool,
    },
    /// An unwinding begins.
    CompensationStarted(Box<CompensationStarted>),
    /// One undo begins.
    UndoStarted {
        /// The activation that unwinds.
        owner: FrameId,
        /// The activation that is undone.
        entry: FrameId,
        /// The task that is undone.
        place: Place,
    },
    /// An undo failed and is tried again.
    UndoRetried {
        /// The undo's activation.
        frame: FrameId,
        /// The task that is undone.
        place: Place,
        /// The number of the retry, from 1.
        retry: u32,
        /// What failed.
        #[serde(with = "error_form")]
        error: Error,
        /// When the next try starts.
        due: Timestamp,
    },
    /// The next try of an undo begins.
    UndoResumed {
        /// The undo's activation.
        frame: FrameId,
        /// The task that is undone.
        place: Place,
    },
    /// A task is undone.
    UndoCompleted {
        /// The undo's activation.
        frame: FrameId,
        /// The task that is undone.
        place: Place,
    },
    /// An undo failed for good.
    UndoFailed {
        /// The undo's activation.
        frame: FrameId,
        /// The task that is undone.
        place: Place,
        /// What failed.
        #[serde(with = "error_form")]
        error: Error,
        /// What follows.
        then: AfterUndoFailure,
    },
    /// A task is not undone: its guard says that there is nothing to undo.
    UndoSkipped {
        /// The undo's activation.
        frame: FrameId,
        /// The task that is not undone.
        place: Place,
        /// Why.
        why: SkipReason,
    },
    /// An unwinding has no time left: no undo is tried again.
    CompensationTimedOut {
        /// The activation that unwinds.
        frame: FrameId,
        /// Its task.
        place: Place,
    },
    /// Everything that was to be undone is undone.
    CompensationCompleted {
        /// The activation that unwinds.
        frame: FrameId,
        /// Its task.
        place: Place,
    },
    /// The unwinding ended with something not undone.
    CompensationFailed {
        /// The activation that unwinds.
        frame: FrameId,
        /// Its task.
        place: Place,
    },
    /// The execution ended well.
    Completed {
        /// Its output.
        output: Json,
    },
    /// The execution ended with an error.
    Faulted {
        /// The error.
        #[serde(with = "error_form")]
        error: Error,
    },
    /// The execution was cancelled.
    Cancelled,
    /// The execution was ended at once.
    Terminated {
        /// Who.
        by: Actor,
        /// Why.
        reason: Option<Arc<str>>,
    },
    /// A signal was accepted: it is kept until a `listen` wants it.
    SignalReceived {
        /// The signal.
        event: Arc<Event>,
        /// Who sent it.
        by: Actor,
    },
    /// A `listen` took an event.
    EventConsumed(Box<EventConsumed>),
    /// What the `foreach` of a `listen` has made of one item.
    ItemCompleted {
        /// The activation of the `listen`.
        frame: FrameId,
        /// The `listen`.
        place: Place,
        /// Which item, from 0.
        index: u32,
        /// The transformed output.
        output: Json,
        /// The new `$context`, when the item exported one.
        context: Option<Json>,
    },
    /// An iteration of a loop whose iterations run side by side has ended.
    IterationEnded {
        /// The iteration's activation.
        frame: FrameId,
        /// The `for`, and which iteration.
        place: Place,
        /// Whether it came to its end, so that the loop has its output.
        completed: bool,
    },
    /// No further iteration of such a loop begins: its `while` was false.
    LoopClosed {
        /// The activation of the `for`.
        frame: FrameId,
        /// The `for`.
        place: Place,
    },
    /// An extended task has come to its next stage.
    ExtensionAdvanced {
        /// The activation of what is around the task.
        frame: FrameId,
        /// What is around the task.
        place: Place,
        /// Which.
        stage: Stage,
    },
    /// A call whose outcome is unknown is asked for later.
    ProbeScheduled {
        /// The task's activation.
        frame: FrameId,
        /// The task.
        place: Place,
        /// Which probe since the outcome became unknown, from 1.
        number: u32,
        /// When.
        due: Timestamp,
    },
    /// The tasks of a probe begin.
    ProbeStarted {
        /// The task's activation.
        frame: FrameId,
        /// The task.
        place: Place,
        /// Which probe.
        number: u32,
    },
    /// The tasks of a probe have ended.
    ProbeEnded {
        /// The task's activation.
        frame: FrameId,
        /// The task.
        place: Place,
        /// Which probe.
        number: u32,
        /// What is known now.
        verdict: Verdict,
    },
    /// What the execution is found by, and how long it is kept, are these now.
    AttributesSet {
        /// Search attributes: texts, numbers, booleans.
        attributes: Arc<[(Arc<str>, Json)]>,
        /// How long it is kept after its end; `None`: as long as the tenant's policy says.
        retention_ms: Option<u64>,
    },
    /// A child has started.
    ChildStarted {
        /// The task's activation.
        frame: FrameId,
        /// The task.
        place: Place,
        /// The child.
        child: ExecutionId,
        /// What it runs, by name.
        definition: DefinitionId,
        /// What it runs, by content.
        digest: Digest,
    },
    /// A child could not start.
    ChildRefused {
        /// The task's activation.
        frame: FrameId,
        /// The task.
        place: Place,
        /// The child that there is not.
        child: ExecutionId,
        /// Why.
        #[serde(with = "error_form")]
        error: Error,
    },
    /// A child has ended.
    ChildEnded {
        /// The task's activation.
        frame: FrameId,
        /// The task.
        place: Place,
        /// The child.
        child: ExecutionId,
        /// How it ended.
        status: Status,
        /// Its error, which names the failing task of the child.
        #[serde(with = "error_form::option")]
        error: Option<Error>,
        /// Whether it keeps something that it can undo.
        undoable: bool,
    },
    /// The execution is a child.
    BecameChild(Box<Parent>),
    /// The parent of this execution knows how it ended, or how it was undone.
    ParentTold {
        /// The parent's activation that it was told about.
        frame: FrameId,
    },
    /// The parent of this execution, which has ended, unwinds: what this one did is undone.
    UnwindRequested(Box<UnwindRequested>),
    /// It waits for a place under the limit of its definition.
    Queued {
        /// The value of the limit's key, as JSON; empty when all executions of the definition share the limit.
        key: Arc<str>,
        /// How many may run at once.
        max: u32,
        /// Whether it faults when there is no place at once.
        faults: bool,
    },
}

/// The beginning of an execution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// What it runs, by name.
    pub definition: DefinitionId,
    /// What it runs, by content.
    pub digest: Digest,
    /// The raw input.
    pub input: Json,
    /// The client's key.
    pub key: Option<Arc<str>>,
    /// Carried through logs, events and calls.
    pub correlation_id: Arc<str>,
    /// Free labels.
    pub labels: Arc<[(Arc<str>, Arc<str>)]>,
    /// Who.
    pub by: Actor,
    /// When it begins, if that is later.
    pub start_at: Option<Timestamp>,
    /// How it begins, if that is now.
    pub begin: Option<Begin>,
}

/// What is known when the first task is about to start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begin {
    /// The input after `input.from`, when there is one.
    pub input: Option<Json>,
    /// The end of the workflow's `timeout`.
    pub deadline: Option<Timestamp>,
}
