//! The facts of an execution: its only durable form.
//!
//! Stored in an encoding that knows variants and fields by their position, therefore both are only ever appended;
//! golden files hold every variant's bytes. A fact carries whatever `apply` needs, because `apply` has no definition.
//! What follows from the state (a task's raw input is its predecessor's output) is not recorded twice.

use super::effect::{FrameId, HttpRequest};
use super::input::{Actor, Resolution};
use super::place::Place;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tenure_dsl::error::Error;
use tenure_dsl::json::Json;
use tenure_dsl::program::{Mode, OnUncertain, UndoOn};
use tenure_types::{DefinitionId, Digest, Epoch, TaskRef, Timestamp};

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
    /// The next iteration of a `for` begins.
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

/// An activation of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskStarted {
    /// The activation that holds the task's list.
    pub parent: FrameId,
    /// Where in the parent.
    pub slot: Slot,
    /// The task.
    pub place: Place,
    /// The round of the list, when the flow has jumped backwards in it.
    pub round: u32,
    /// The input after `input.from`, when there is one.
    pub input: Option<Json>,
    /// The end of the task's `timeout`.
    pub deadline: Option<Timestamp>,
    /// Whether the task can be undone, and when it is.
    pub undo: Option<UndoOn>,
    /// What the kind of task needs to remember.
    pub begun: Begun,
}

/// Where in its parent an activation runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Slot {
    /// In the list of a `do`, an iteration, a try, an undo, the execution.
    Body,
    /// In the `catch.do` of a `try`.
    Handler,
    /// A branch of a `fork`.
    Branch(u32),
    /// An undo of an unwinding.
    Undo,
}

/// What a kind of task needs to remember when it starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Begun {
    /// Nothing: it ends in the same turn (`set`, `switch`, `raise`, and any task that could not be prepared).
    Instant,
    /// `do`
    Do,
    /// `for`
    For {
        /// What is iterated.
        items: Json,
        /// Name of the item variable.
        each: Arc<str>,
        /// Name of the index variable.
        at: Arc<str>,
    },
    /// `fork`
    Fork {
        /// How many.
        branches: u32,
    },
    /// `try`
    Try {
        /// Name of the error variable.
        variable: Arc<str>,
    },
    /// `wait`
    Wait {
        /// Its end.
        due: Timestamp,
    },
    /// `call: http`
    Http {
        /// What every attempt sends.
        request: Arc<HttpRequest>,
        /// `Idempotency-Key`.
        key: Key,
        /// How often its effect may happen.
        mode: Mode,
        /// What becomes of an unknown outcome.
        on_uncertain: OnUncertain,
        /// When the engine gives up, whether the task has a `timeout` or not.
        deadline: Timestamp,
    },
    /// `call: compensate`
    Compensate,
}

/// An idempotency key: 128 bits, hexadecimal where it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key(pub [u8; 16]);

/// The intent to send one attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptStarted {
    /// The task's activation.
    pub frame: FrameId,
    /// The task.
    pub place: Place,
    /// The attempt.
    pub attempt: u32,
    /// The right under which it is sent.
    pub epoch: Epoch,
    /// The request's first byte leaves before this instant or not at all.
    pub send_by: Timestamp,
    /// The end of the step's time.
    pub deadline: Timestamp,
}

/// Why an attempt has no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// What is known about it.
    pub class: CauseClass,
    /// A stable word.
    pub word: Arc<str>,
    /// For people.
    pub detail: Arc<str>,
}

/// What is known about an attempt that has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CauseClass {
    /// No byte of it left.
    NotSent,
    /// The receiver did not process it.
    Refused,
    /// It may or may not have been executed.
    Unknown,
    /// Its owner was lost after the intent.
    Lost,
}

/// What follows once everything inside an interrupted activation has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// It ends as cancelled.
    Cancelled,
    /// It faults.
    Fault {
        /// With this error.
        #[serde(with = "error_form")]
        error: Error,
        /// Whether a `catch` may see it.
        catchable: bool,
    },
    /// A `try` treats the error as its list's.
    Catch {
        /// The error.
        #[serde(with = "error_form")]
        error: Error,
    },
    /// A `fork` completes.
    Complete {
        /// The branch that decided it.
        branch: u32,
        /// With this raw output.
        output: Json,
        /// Whether the whole workflow then ends.
        end: bool,
    },
    /// An undo fails because the unwinding has no time left.
    UndoFault {
        /// The error.
        #[serde(with = "error_form")]
        error: Error,
    },
}

/// An unwinding begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompensationStarted {
    /// The activation that unwinds.
    pub frame: FrameId,
    /// Its task.
    pub place: Place,
    /// What is unwound.
    pub target: Target,
    /// Whether everything runs in one order, the reverse of the starts.
    pub sequential: bool,
    /// Why.
    pub reason: Reason,
    /// The error that triggered it.
    #[serde(with = "error_form::option")]
    pub error: Option<Error>,
    /// The end of its budget.
    pub deadline: Option<Timestamp>,
}

/// What an unwinding takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// Everything that the activation itself has logged.
    Own,
    /// Everything that the tries of this `try` have logged.
    Try(FrameId),
    /// What this task, in the list of that activation, has logged.
    Task {
        /// The activation that owns the list.
        owner: FrameId,
        /// The task.
        task: TaskRef,
        /// Whether the list is the `catch.do` of a `try`.
        slot: Slot,
    },
    /// What the losing branches of a `fork` have logged.
    Losers {
        /// The task of the branch that won.
        winner: TaskRef,
    },
}

/// Why there is an unwinding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    /// An error that nothing caught.
    Fault,
    /// A cancel.
    Cancel,
    /// The definition says so.
    Explicit,
}

/// What follows when an undo has failed for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AfterUndoFailure {
    /// An incident.
    Suspend,
    /// The next undo.
    Continue,
    /// The end of the unwinding.
    Stop,
}

/// Why a task is not undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SkipReason {
    /// Its `when` was false.
    Guard,
}

/// Errors, recorded with every field present: the stored encoding cannot leave one out.
mod error_form {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use tenure_dsl::error::Error;

    #[derive(Serialize, Deserialize)]
    struct Form {
        kind: String,
        status: u16,
        title: Option<String>,
        detail: Option<String>,
        instance: Option<String>,
    }

    #[derive(Serialize)]
    struct Borrowed<'a> {
        kind: &'a str,
        status: u16,
        title: Option<&'a str>,
        detail: Option<&'a str>,
        instance: Option<&'a str>,
    }

    impl<'a> From<&'a Error> for Borrowed<'a> {
        fn from(error: &'a Error) -> Self {
            Self {
                kind: &error.kind,
                status: error.status,
                title: error.title.as_deref(),
                detail: error.detail.as_deref(),
                instance: error.instance.as_deref(),
            }
        }
    }

    impl From<Form> for Error {
        fn from(form: Form) -> Self {
            let Form { kind, status, title, detail, instance } = form;
            Self { kind, status, title, detail, instance }
        }
    }

    pub(super) fn serialize<S: Serializer>(error: &Error, serializer: S) -> Result<S::Ok, S::Error> {
        Borrowed::from(error).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Error, D::Error> {
        Form::deserialize(deserializer).map(Error::from)
    }

    /// The same for an error that may be absent.
    pub(super) mod option {
        use super::{Borrowed, Deserialize, Deserializer, Error, Form, Serialize, Serializer};

        #[expect(clippy::ref_option, reason = "serde decides the signature")]
        pub(in super::super) fn serialize<S: Serializer>(
            error: &Option<Error>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            error.as_ref().map(Borrowed::from).serialize(serializer)
        }

        pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<Error>, D::Error> {
            Ok(Option::<Form>::deserialize(deserializer)?.map(Error::from))
        }
    }
}
