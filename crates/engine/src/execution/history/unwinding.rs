//! Unwindings: what they take, why, and what they leave out.

use super::super::effect::FrameId;
use super::super::place::Place;
use super::error_form;
use super::task::Slot;
use serde::{Deserialize, Serialize};
use tenure_dsl::error::Error;
use tenure_types::{TaskRef, Timestamp};

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
