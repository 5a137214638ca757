//! The history of an execution as outsiders see it.

use crate::json::{Json, Time};
use crate::workflow::WorkflowError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A committed fact of an execution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEvent {
    /// Its place in the history, from 1, without gaps.
    pub seq: u64,
    /// When it happened.
    pub at: Time,
    /// What happened, such as `taskCompleted`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The task's reference, a JSON pointer such as `/do/2/charge`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// Which iteration of the loops around it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iteration: Option<String>,
    /// The attempt, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// What went in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Json>,
    /// What came out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Json>,
    /// The error, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<WorkflowError>,
    /// Who asked for it, when a person or a service did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When something follows: a retry, the end of a wait, a deadline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Time>,
    /// The activation, which a resolution names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame: Option<u32>,
    /// More about it, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The child that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub child: Option<String>,
}

/// A piece of a history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryPage {
    /// In the order of `seq`.
    pub items: Vec<HistoryEvent>,
    /// `after` of the next piece: the last `seq` of this one.
    pub next_after: u64,
    /// Whether the execution has ended and this piece reaches the end of its history. The history of a child that has
    /// ended goes on if its parent unwinds later.
    pub ended: bool,
}
