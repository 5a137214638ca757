//! Executions, which the API calls workflows because the owner's paths do.

use crate::event::SignalWorkflow;
use crate::json::{Json, Time};
use crate::schema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tenure_types::{CompensationStatus, Status};
use utoipa::ToSchema;

/// Names a definition; without a version the latest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WorkflowRef {
    /// `document.namespace`
    pub namespace: String,
    /// `document.name`
    pub name: String,
    /// `document.version`; the latest enabled one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// What happens when an open execution of the same definition has the key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum OnConflict {
    /// 409.
    #[default]
    Fail,
    /// 200 with the open execution.
    UseExisting,
    /// The open execution is terminated and a new one starts.
    TerminateExisting,
}

/// Starts an execution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StartWorkflow {
    /// What to run.
    pub workflow: WorkflowRef,
    /// Its input; `{}` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Json>,
    /// A business key: at most one open execution of the definition's name has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 255)]
    pub key: Option<String>,
    /// What happens when the key is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_conflict: Option<OnConflict>,
    /// Carried through logs, events and calls; the request's correlation id when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 255)]
    pub correlation_id: Option<String>,
    /// Free names and values that lists can be filtered by.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Not before this instant; `pending` until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_at: Option<Time>,
    /// A signal that is there from the start: both are one act, and durable together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<SignalWorkflow>,
}

/// The error that an execution or a task faulted with, of the DSL's types.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowError {
    /// A URI that names the kind of error.
    #[serde(rename = "type")]
    pub kind: String,
    /// The HTTP status that describes it best.
    pub status: u16,
    /// A short text, the same for all errors of the type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What happened this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// JSON pointer of the task that raised it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// What undoing came to, when something was undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compensation: Option<Json>,
    /// The child that it came from, when the task was a `run.workflow` whose child faulted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub child: Option<FaultedChild>,
}

/// A child that faulted, and where in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FaultedChild {
    /// The child.
    pub id: String,
    /// The failing task of the child, a JSON pointer into its definition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
}

/// Whose child an execution is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowParent {
    /// The parent.
    pub id: String,
    /// The parent's task, a JSON pointer into its definition.
    pub task: String,
    /// Whether the parent waits for the child's end.
    pub awaited: bool,
}

/// The answer to a start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StartedWorkflow {
    /// The execution.
    pub id: String,
    /// Its business key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Its status at the time of the answer.
    #[schema(schema_with = schema::status)]
    pub status: Status,
    /// What ties it to logs, events and calls.
    pub correlation_id: String,
    /// What it runs; the version is filled in.
    pub workflow: WorkflowRef,
    /// When it was accepted.
    pub started_at: Time,
    /// When it ended, if it was waited for and did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Time>,
    /// Its output, if it was waited for and completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Json>,
    /// Its error, if it was waited for and faulted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<WorkflowError>,
}

/// An execution in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowSummary {
    /// The execution.
    pub id: String,
    /// Its business key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Whose it is.
    pub tenant: String,
    /// What ties it to logs, events and calls.
    pub correlation_id: String,
    /// What it runs.
    pub workflow: WorkflowRef,
    /// Where it is in its life.
    #[schema(schema_with = schema::status)]
    pub status: Status,
    /// How far it has undone itself.
    #[schema(schema_with = schema::compensation)]
    pub compensation: CompensationStatus,
    /// When it was accepted.
    pub started_at: Time,
    /// When it changed last.
    pub updated_at: Time,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Time>,
    /// The earliest instant at which it goes on by itself, while it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Time>,
    /// Free names and values.
    pub labels: BTreeMap<String, String>,
    /// Search attributes: what `attr.NAME` of a filter compares.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, Json>,
    /// The execution whose child it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
}

/// A page of executions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowList {
    /// In the order that was asked for.
    pub items: Vec<WorkflowSummary>,
    /// `pageToken` of the next page, if there is more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}

/// How many executions have a status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatusCount {
    /// The status.
    #[schema(schema_with = schema::status)]
    pub status: Status,
    /// How many have it.
    pub count: u64,
}

/// How many executions match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowCount {
    /// All of them.
    pub total: u64,
    /// By status, those with none left out.
    pub groups: Vec<StatusCount>,
}

/// Something that an execution is waiting for or working on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PendingTask {
    /// The task's reference, a JSON pointer such as `/do/2/charge`.
    pub task: String,
    /// Which iteration of the loops around it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iteration: Option<String>,
    /// The attempt, from 1, of a task that has attempts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// What it does: such as `calling`, `retrying`, `waiting`, `uncertain`.
    pub state: String,
    /// Names the activation: `frame` of a resolution.
    pub frame: u32,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// When it goes on by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Time>,
    /// More about it, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The child that it waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub child: Option<String>,
}

/// An execution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Workflow {
    /// The execution.
    pub id: String,
    /// Its business key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Whose it is.
    pub tenant: String,
    /// What ties it to logs, events and calls.
    pub correlation_id: String,
    /// What it runs.
    pub workflow: WorkflowRef,
    /// The digest of the definition that it is pinned to.
    pub digest: String,
    /// Where it is in its life.
    #[schema(schema_with = schema::status)]
    pub status: Status,
    /// How far it has undone itself.
    #[schema(schema_with = schema::compensation)]
    pub compensation: CompensationStatus,
    /// Its raw input.
    pub input: Json,
    /// Its output, once it has completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Json>,
    /// Its error, once it has faulted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<WorkflowError>,
    /// What its tasks exported last.
    pub context: Json,
    /// What it is waiting for or working on.
    pub pending: Vec<PendingTask>,
    /// When it was accepted.
    pub started_at: Time,
    /// When it changed last.
    pub updated_at: Time,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Time>,
    /// The earliest instant at which it goes on by itself, while it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Time>,
    /// Free names and values.
    pub labels: BTreeMap<String, String>,
    /// Search attributes: what `attr.NAME` of a filter compares.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, Json>,
    /// History events so far.
    pub events: u64,
    /// Whose child it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<WorkflowParent>,
}

/// Cancels an execution.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CancelWorkflow {
    /// Whether completed steps are undone.
    #[serde(default)]
    pub compensate: bool,
    /// Shown in the history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1024)]
    pub reason: Option<String>,
}

/// Ends an execution at once; nothing is cleaned up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TerminateWorkflow {
    /// Shown in the history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1024)]
    pub reason: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_with_an_unknown_field_is_refused() {
        let text = r#"{"workflow":{"namespace":"a","name":"b"},"inputs":{}}"#;
        let error = serde_json::from_str::<StartWorkflow>(text).expect_err("`inputs` is unknown");
        assert!(error.to_string().contains("unknown field `inputs`"), "{error}");
    }

    #[test]
    fn a_start_needs_only_a_workflow() {
        let text = r#"{"workflow":{"namespace":"a","name":"b"}}"#;
        let start: StartWorkflow = serde_json::from_str(text).expect("it is a start");
        assert_eq!(start.workflow.version, None);
        assert_eq!(start.input, None);
        assert_eq!(serde_json::to_string(&start).expect("a start is JSON"), text);
    }

    #[test]
    fn a_cancel_does_not_compensate_unless_asked() {
        let cancel: CancelWorkflow = serde_json::from_str("{}").expect("all fields are optional");
        assert!(!cancel.compensate);
    }
}
