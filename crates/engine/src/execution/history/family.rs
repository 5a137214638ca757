//! Parents and their children.

use super::super::effect::FrameId;
use super::error_form;
use super::unwinding::Reason;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use tenure_dsl::error::Error;
use tenure_dsl::json::Json;
use tenure_types::{ExecutionId, TaskRef};

/// Whose child an execution is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// The parent.
    pub execution: ExecutionId,
    /// The activation of the parent's task.
    pub frame: FrameId,
    /// The parent's task.
    pub task: TaskRef,
    /// Whether the parent waits for the child's end.
    pub awaited: bool,
    /// How many ancestors the child has.
    pub depth: u32,
}

/// What a parent that unwinds has asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnwindRequested {
    /// The parent's undo, which is told how it went.
    pub frame: FrameId,
    /// Why the parent unwinds.
    pub reason: Reason,
    /// The error that the parent unwinds for.
    #[serde(with = "error_form::option")]
    pub error: Option<Error>,
}

/// A child, as the task that runs it has evaluated it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildRequest {
    /// The id that it gets.
    pub child: ExecutionId,
    /// The definition's namespace.
    pub namespace: Arc<str>,
    /// The definition's name.
    pub name: Arc<str>,
    /// Its version; `None` for the latest.
    pub version: Option<Arc<str>>,
    /// Its input.
    pub input: Json,
}

impl fmt::Display for ChildRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = self.version.as_deref().unwrap_or("latest");
        write!(f, "{}/{}@{version}", self.namespace, self.name)
    }
}
