//! The facts of an execution: its only durable form.
//!
//! Stored in an encoding that knows variants and fields by their position, therefore both are only ever appended;
//! golden files hold every variant's bytes. A fact carries whatever `apply` needs, because `apply` has no definition.
//! What follows from the state (a task's raw input is its predecessor's output) is not recorded twice.

use super::effect::{FrameId, HttpRequest, Protection};
use super::event::Event;
use super::input::{Actor, Resolution};
use super::place::Place;
use super::request::Request;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tenure_dsl::error::Error;
use tenure_dsl::json::Json;
use tenure_dsl::program::{EventRead, Mode, OnUncertain, UndoOn};
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
}

/// What a probe has found out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// The step was executed.
    Executed {
        /// Its raw output.
        output: Json,
    },
    /// The step was not executed.
    NotExecuted,
    /// Neither is known.
    Unknown {
        /// For people.
        detail: Arc<str>,
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
    /// In the tasks of an extension before the task that it extends.
    Before,
    /// In those after it.
    After,
    /// In the `do` of a probe.
    Probe,
}

/// How far an extended task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// The tasks before it have ended: the task itself begins.
    Task,
    /// The task has completed: the tasks after it begin.
    After {
        /// Where the flow goes behind them.
        then: Onward,
    },
}

/// Where the flow goes behind a task that has completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Onward {
    /// To the next task of the list.
    Continue,
    /// Out of the list.
    Exit,
    /// To the end of the workflow.
    End,
    /// To the task at this position of the list.
    Goto(u32),
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
    /// `emit`
    Emit {
        /// What is published.
        event: Arc<Event>,
    },
    /// `listen`
    Listen {
        /// What each filter takes.
        wants: Arc<[Want]>,
        /// How events are read.
        read: EventRead,
        /// The variables of `foreach`.
        each: Option<Each>,
    },
    /// A call of any protocol.
    Call {
        /// What every attempt sends.
        request: Request,
        /// `Idempotency-Key`.
        key: Key,
        /// How often its effect may happen.
        mode: Mode,
        /// What becomes of an unknown outcome.
        on_uncertain: OnUncertain,
        /// When the engine gives up, whether the task has a `timeout` or not.
        deadline: Timestamp,
    },
    /// `for` with `metadata.concurrency`
    Gather {
        /// What is iterated.
        items: Json,
        /// Name of the item variable.
        each: Arc<str>,
        /// Name of the index variable.
        at: Arc<str>,
    },
    /// `call` of a function
    Function {
        /// What the function gets.
        with: Json,
    },
    /// A task with the tasks of an extension around it.
    Extended {
        /// Whether the extension applies: its `when`.
        applies: bool,
    },
    /// A call of any protocol with secrets or an authentication policy
    Protected {
        /// What every attempt sends, as far as it may be shown.
        request: Request,
        /// `Idempotency-Key`.
        key: Key,
        /// How often its effect may happen.
        mode: Mode,
        /// What becomes of an unknown outcome.
        on_uncertain: OnUncertain,
        /// When the engine gives up, whether the task has a `timeout` or not.
        deadline: Timestamp,
        /// What only the sender can complete.
        protection: Arc<Protection>,
    },
}

/// What a filter of a `listen` takes, as far as it is known when the task starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Want {
    /// The literal `type`; `None` when it may take any.
    pub kind: Option<Arc<str>>,
    /// The correlations by name, each with what is expected; `None` until an event has shown it.
    pub correlate: Vec<(Arc<str>, Option<Arc<str>>)>,
    /// Whether it takes one event and no more.
    pub once: bool,
}

/// The names of the variables of a `foreach`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Each {
    /// Of the item.
    pub item: Arc<str>,
    /// Of its index.
    pub at: Arc<str>,
}

/// A `listen` took an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventConsumed {
    /// The activation of the `listen`.
    pub frame: FrameId,
    /// The `listen`.
    pub place: Place,
    /// The filter that it passed.
    pub filter: u32,
    /// The event.
    pub event: Taken,
    /// What it is to the `listen`.
    pub role: Role,
    /// What it has shown for the first time, by the name of the correlation.
    pub shown: Vec<(Arc<str>, Arc<str>)>,
    /// Whether the `listen` takes no further event.
    pub closes: bool,
}

/// An event that was taken, and where it came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Taken {
    /// It was published.
    Published {
        /// The event.
        event: Arc<Event>,
        /// Who published it.
        by: Actor,
    },
    /// It was kept as a signal.
    Signal {
        /// Its `source`.
        source: Arc<str>,
        /// Its `id`.
        id: Arc<str>,
    },
}

/// What an event is to the `listen` that took it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// It is part of the output, or has an iteration.
    Item,
    /// It is one of those that end the `listen`.
    Stop,
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
    /// A call completes: it was answered while a probe was asking.
    Answered {
        /// With this raw output.
        output: Json,
    },
    /// A call faults: it was answered with an error while a probe was asking.
    Refused {
        /// The error.
        #[serde(with = "error_form")]
        error: Error,
        /// Whether its effect has happened all the same.
        executed: bool,
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
