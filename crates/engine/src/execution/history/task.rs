//! The beginnings and interrupted ends of activations.

use super::super::effect::{FrameId, HttpRequest, Protection};
use super::super::event::Event;
use super::super::place::Place;
use super::super::request::Request;
use super::attempt::Key;
use super::error_form;
use super::family::ChildRequest;
use super::listen::{Each, Want};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tenure_dsl::error::Error;
use tenure_dsl::json::Json;
use tenure_dsl::program::{EventRead, Mode, OnUncertain, UndoOn};
use tenure_types::Timestamp;

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
    /// `run.workflow`
    RunWorkflow {
        /// What is started.
        request: Arc<ChildRequest>,
        /// Whether the task waits for the child's end.
        awaited: bool,
    },
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
