//! The engine's and the store's words in the API's.

use super::workflows::reference;
use std::collections::BTreeMap;
use std::sync::Arc;
use tenure_api::{
    AuditActor, AuditEvent, AuditResource, Definition, DefinitionSummary, FaultedChild, Function,
    FunctionSummary, HistoryEvent, Json, PendingTask, StartedWorkflow, Task, Workflow, WorkflowError,
    WorkflowParent, WorkflowSummary,
};
use tenure_dsl::error::Error;
use tenure_dsl::sensitive::Masks;
use tenure_engine::execution::{self, EventView, Execution, Pending, Summary, TaskView, UndoStatus};
use tenure_runtime::{RegisteredDefinition, StoredFunction};
use tenure_store::attribute::{self, AttributeValue};
use tenure_store::{DefinitionHead, ExecutionRow, FunctionHead, Outcome, StoredAudit};
use tenure_types::{CompensationStatus, DefinitionId, Digest, ExecutionId, Timestamp};

/// A payload.
pub(crate) fn json(value: &tenure_dsl::json::Json) -> Json {
    Json::parse(value.text().to_owned()).expect("the engine's values are JSON")
}

/// A payload with what is sensitive masked.
pub(crate) fn masked(value: &tenure_dsl::json::Json, masks: &Masks) -> Json {
    json(&masks.json(value))
}

/// A registered version without its text.
pub(crate) fn definition_summary(
    id: &DefinitionId,
    digest: Digest,
    created_at: Timestamp,
    enabled: bool,
) -> DefinitionSummary {
    let DefinitionId { namespace, name, version } = id;
    DefinitionSummary {
        namespace: namespace.to_string(),
        name: name.to_string(),
        version: version.to_string(),
        digest: digest.to_string(),
        created_at: created_at.into(),
        enabled,
        deleted: false,
    }
}

/// A version as lists show it.
pub(crate) fn definition_head(head: &DefinitionHead) -> DefinitionSummary {
    let summary = definition_summary(&head.id, head.digest, head.created_at, head.enabled);
    DefinitionSummary { deleted: head.deleted, ..summary }
}

/// A registered version.
pub(crate) fn definition(found: &RegisteredDefinition) -> Definition {
    let RegisteredDefinition { definition, created_at, enabled } = found;
    Definition {
        namespace: definition.id.namespace.to_string(),
        name: definition.id.name.to_string(),
        version: definition.id.version.to_string(),
        digest: definition.digest.to_string(),
        created_at: (*created_at).into(),
        enabled: *enabled,
        text: definition.text.to_string(),
        document: json(&definition.document),
    }
}

/// A function of a catalog without its text.
pub(crate) fn function_summary(head: &FunctionHead) -> FunctionSummary {
    FunctionSummary {
        name: head.id.name.to_string(),
        version: head.id.version.to_string(),
        digest: head.digest.to_string(),
        created_at: head.created_at.into(),
    }
}

/// A function of a catalog.
pub(crate) fn function(found: &StoredFunction) -> Function {
    let StoredFunction { head, text, document } = found;
    Function {
        name: head.id.name.to_string(),
        version: head.id.version.to_string(),
        digest: head.digest.to_string(),
        created_at: head.created_at.into(),
        text: text.clone(),
        document: json(document),
    }
}

/// The answer to a start.
pub(crate) fn started(id: ExecutionId, summary: &Summary) -> StartedWorkflow {
    StartedWorkflow {
        id: id.to_string(),
        key: summary.key.as_deref().map(Into::into),
        status: summary.status,
        correlation_id: summary.correlation_id.to_string(),
        workflow: reference(&summary.definition),
        started_at: summary.started_at.into(),
        ended_at: None,
        output: None,
        error: None,
    }
}

fn error(error: &Error, masks: &Masks) -> WorkflowError {
    WorkflowError {
        kind: error.kind.clone(),
        status: error.status,
        title: error.title.as_deref().map(|text| masks.text(text)),
        detail: error.detail.as_deref().map(|text| masks.text(text)),
        instance: error.instance.clone(),
        compensation: None,
        child: None,
    }
}

/// The error of an execution, with what undoing came to.
pub(crate) fn execution_error(execution: &Execution, masks: &Masks) -> Option<WorkflowError> {
    let found = execution.error()?;
    let child = execution
        .faulted_child()
        .map(|(id, task)| FaultedChild { id: id.to_string(), task: task.map(str::to_owned) });
    Some(WorkflowError { compensation: compensation(execution, masks), child, ..error(found, masks) })
}

fn compensation(execution: &Execution, masks: &Masks) -> Option<Json> {
    if execution.compensation() == CompensationStatus::None {
        return None;
    }
    let entries: Vec<serde_json::Value> =
        execution.undone().iter().map(|result| undone(result, masks)).collect();
    let status = execution.compensation().as_str();
    let value = serde_json::json!({ "status": status, "entries": entries });
    Some(Json::of(&value).expect("texts are JSON"))
}

fn undone(result: &execution::UndoResult, masks: &Masks) -> serde_json::Value {
    let status = match result.status {
        UndoStatus::Completed => "completed",
        UndoStatus::Failed => "failed",
        UndoStatus::Skipped => "skipped",
        UndoStatus::NotNeeded => "notNeeded",
        UndoStatus::NotRun => "notRun",
    };
    let mut entry = serde_json::json!({ "task": &*result.place.task, "status": status });
    if !result.place.iteration.is_empty() {
        entry["iteration"] = result.place.iteration.to_string().into();
    }
    if let Some(found) = &result.error {
        entry["error"] = serde_json::to_value(error(found, masks)).expect("texts and numbers are JSON");
    }
    entry
}

fn labels<'a>(labels: impl Iterator<Item = (&'a str, &'a str)>) -> BTreeMap<String, String> {
    labels.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// An execution.
pub(crate) fn workflow(execution: &Execution, masks: &Masks) -> Workflow {
    let summary = execution.summary();
    Workflow {
        id: execution.id().to_string(),
        key: summary.key.as_deref().map(Into::into),
        tenant: execution.tenant().to_string(),
        correlation_id: summary.correlation_id.to_string(),
        workflow: reference(&summary.definition),
        digest: summary.digest.to_string(),
        status: summary.status,
        compensation: summary.compensation,
        input: masked(execution.input(), masks),
        output: execution.output().map(|output| masked(output, masks)),
        error: execution_error(execution, masks),
        context: masked(execution.context(), masks),
        pending: execution.pending().iter().map(|open| pending(open, masks)).collect(),
        started_at: summary.started_at.into(),
        updated_at: execution.updated_at().into(),
        ended_at: summary.ended_at.map(Into::into),
        due: summary.due.map(Into::into),
        labels: labels(summary.labels.iter().map(|(name, value)| (&**name, &**value))),
        attributes: execution
            .attributes()
            .iter()
            .map(|(name, value)| (name.to_string(), json(value)))
            .collect(),
        events: execution.seq(),
        parent: execution.parent().map(parent),
    }
}

fn parent(parent: &execution::Parent) -> WorkflowParent {
    WorkflowParent {
        id: parent.execution.to_string(),
        task: parent.task.to_string(),
        awaited: parent.awaited,
    }
}

fn pending(pending: &Pending, masks: &Masks) -> PendingTask {
    PendingTask {
        task: pending.task.to_string(),
        iteration: some_text(&pending.iteration),
        attempt: (pending.attempt > 0).then_some(pending.attempt),
        state: pending.state.as_str().into(),
        frame: pending.frame.0,
        since: Some(pending.since.into()),
        due: pending.due.map(Into::into),
        detail: pending.detail.as_deref().map(|text| masks.text(text)),
        child: pending.child.map(|child| child.to_string()),
    }
}

fn some_text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// An execution in a list.
pub(crate) fn summary(row: &ExecutionRow) -> WorkflowSummary {
    WorkflowSummary {
        id: row.id.to_string(),
        key: row.key.as_deref().map(Into::into),
        tenant: row.tenant.to_string(),
        correlation_id: row.correlation_id.to_string(),
        workflow: reference(&row.definition),
        status: row.status,
        compensation: row.compensation,
        started_at: row.started_at.into(),
        updated_at: row.updated_at.into(),
        ended_at: row.ended_at.map(Into::into),
        due: row.due.map(Into::into),
        labels: labels(attribute::labels(row)),
        attributes: attribute::attributes(row)
            .map(|(name, value)| (name.to_owned(), attribute_json(&value)))
            .collect(),
        parent: row.parent.map(|parent| parent.to_string()),
    }
}

/// A search attribute as it is stored.
fn attribute_json(value: &AttributeValue) -> Json {
    let written = match value {
        AttributeValue::Text(text) => Json::of(&&**text),
        AttributeValue::Number(number) => Json::of(number),
        AttributeValue::Bool(value) => Json::of(value),
        AttributeValue::Time(at) => Json::of(&at.to_string()),
    };
    written.expect("texts, finite numbers and booleans are JSON")
}

/// A committed fact.
pub(crate) fn event(seq: u64, event: &execution::HistoryEvent, masks: &Masks) -> HistoryEvent {
    let view: EventView = event.view();
    HistoryEvent {
        seq,
        at: view.at.into(),
        kind: view.kind.into(),
        task: view.task.as_deref().map(Into::into),
        iteration: view.iteration,
        attempt: view.attempt,
        input: view.input.as_ref().map(|input| masked(input, masks)),
        output: view.output.as_ref().map(|output| masked(output, masks)),
        error: view.error.as_ref().map(|found| error(found, masks)),
        by: view.by.map(|actor| actor.subject.to_string()),
        due: view.due.map(Into::into),
        frame: view.frame.map(|frame| frame.0),
        detail: view.detail.map(|text| masks.text(&text)),
        child: view.child.map(|child| child.to_string()),
    }
}

/// An activation of a task.
pub(crate) fn task(view: &TaskView, masks: &Masks) -> Task {
    Task {
        task: view.task.to_string(),
        name: name_of(&view.task),
        iteration: some_text(&view.iteration),
        frame: view.frame.0,
        parent: view.parent.0,
        status: view.status.into(),
        compensation: view.undo,
        attempts: (view.attempts > 0).then_some(view.attempts),
        started_at: view.started_at.into(),
        ended_at: view.ended_at.map(Into::into),
        input: view.input.as_ref().map(|input| masked(input, masks)),
        output: view.output.as_ref().map(|output| masked(output, masks)),
        error: view.error.as_ref().map(|found| error(found, masks)),
    }
}

/// The last part of a JSON pointer.
fn name_of(task: &str) -> String {
    let last = task.rsplit('/').next().unwrap_or_default();
    last.replace("~1", "/").replace("~0", "~")
}

/// An audit event.
pub(crate) fn audit(stored: &StoredAudit, details: Option<&str>) -> AuditEvent {
    let record = &stored.record;
    let details = details.unwrap_or("{}").to_owned();
    AuditEvent {
        id: format!("aud_{:032x}", record.id),
        seq: stored.seq,
        at: record.at.into(),
        tenant: record.tenant.to_string(),
        correlation_id: record.correlation_id.to_string(),
        actor: AuditActor {
            subject: record.actor.subject.to_string(),
            kind: record.actor.kind.to_string(),
            roles: record.actor.roles.iter().map(Arc::as_ref).map(str::to_owned).collect(),
        },
        action: record.action.to_string(),
        resource: AuditResource {
            kind: record.resource.kind.to_string(),
            id: record.resource.id.to_string(),
        },
        outcome: outcome(record.outcome).into(),
        details: Json::parse(details).unwrap_or_else(|_| Json::of(&()).expect("null is JSON")),
        hash: Digest(stored.hash).to_string(),
    }
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Allowed => "allowed",
        Outcome::Denied => "denied",
        Outcome::Failed => "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tasks_name_is_the_end_of_its_reference() {
        assert_eq!(name_of("/do/2/charge"), "charge");
        assert_eq!(name_of("/do/0/a~1b~0c"), "a/b~c");
    }
}
