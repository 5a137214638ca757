//! The tasks of an execution, folded from its history.

use crate::json::{Json, Time};
use crate::workflow::WorkflowError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One activation of a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    /// The task's reference, a JSON pointer such as `/do/2/charge`.
    pub task: String,
    /// The task's name.
    pub name: String,
    /// Which iteration of the loops around it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iteration: Option<String>,
    /// Names the activation: `frame` of a resolution.
    pub frame: u32,
    /// The activation that it is part of; 0 is the execution itself.
    pub parent: u32,
    /// `running`, `uncertain`, `completed`, `faulted` or `cancelled`.
    pub status: String,
    /// Whether it is part of an undo.
    #[serde(default)]
    pub compensation: bool,
    /// Attempts so far, of a task that has attempts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
    /// When it started.
    pub started_at: Time,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Time>,
    /// What went in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Json>,
    /// What came out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Json>,
    /// The error, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<WorkflowError>,
}

/// The tasks of an execution in the order of their starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaskList {
    /// One item an activation.
    pub items: Vec<Task>,
}

/// How an operator settles a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Resolve {
    /// Try again, with the same key.
    Retry,
    /// Failed undo only: leave it undone and go on.
    Skip,
    /// Uncertain task only: it was executed, with `output`.
    Complete,
    /// Uncertain task: it was not executed and faults. Failed undo: the unwinding is abandoned.
    Fail,
}

/// Settles an uncertain task or a failed undo.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResolveTask {
    /// How.
    pub action: Resolve,
    /// `complete` only: the task's output; `null` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Json>,
    /// `fail` only: shown in the history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1024)]
    pub reason: Option<String>,
    /// Which activation, when the task has several open ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame: Option<u32>,
}
