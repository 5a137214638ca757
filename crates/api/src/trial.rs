//! Test cases of a definition, run by the server without registering anything.

use crate::json::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A definition and the cases that it is tested with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TestDefinition {
    /// The definition: a text in YAML or JSON, or the document itself.
    pub definition: Json,
    /// The cases, in the form of `cases` in a test file (`/schemas/workflow-test-1.0.json`).
    pub cases: Json,
}

/// What the cases came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TestReport {
    /// Whether all cases hold.
    pub passed: bool,
    /// Each case, in the order of the request.
    pub cases: Vec<CaseReport>,
}

/// What one case came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CaseReport {
    /// The case.
    pub name: String,
    /// Whether it holds.
    pub passed: bool,
    /// The status at the end; `rejected` when the input was refused.
    pub status: String,
    /// What is not as expected.
    pub failures: Vec<CaseFailure>,
    /// References of the tasks that started, in order, without those that only hold others.
    pub path: Vec<String>,
    /// References of the tasks that were undone, in order.
    pub compensation: Vec<String>,
    /// The output, if it completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Json>,
    /// The error, if it faulted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Json>,
    /// From the start to the last event, on the case's own clock.
    pub duration_ms: u64,
    /// History events.
    pub events: u64,
}

/// One thing that is not as expected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CaseFailure {
    /// JSON pointer into the case; empty when the case could not be run to its end.
    pub pointer: String,
    /// What is wrong.
    pub detail: String,
    /// What is expected there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Json>,
    /// What is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual: Option<Json>,
}
