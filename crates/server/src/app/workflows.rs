//! Executions: start, list, count, show, cancel, terminate.

use super::definitions::{act, page_size};
use super::events::signal_event;
use super::reveal::{self, Sight, Veil};
use super::{App, Error, view};
use crate::auth::Grant;
use crate::http::{Query, correlation};
use std::sync::Arc;
use std::time::Duration;
use tenure_api::{
    CancelWorkflow, Code, Limits, OnConflict, StartWorkflow, StartedWorkflow, StatusCount, TerminateWorkflow,
    Workflow, WorkflowCount, WorkflowList, WorkflowRef,
};
use tenure_dsl::json::Json;
use tenure_dsl::program::Definition;
use tenure_engine::execution::{self, Execution, Start, Summary};
use tenure_engine::shard::{self, Idempotency};
use tenure_runtime::{StartExecution, Watch};
use tenure_store::filter::{Comparison, Condition, TextField, TimeField};
use tenure_store::{Cursor, Filter, Order};
use tenure_types::limits::{KEY_CHARS_MAX, LABELS_MAX, PAYLOAD_BYTES_MAX};
use tenure_types::{DefinitionId, ExecutionId, Status};

/// What became of a start.
#[derive(Debug)]
pub(crate) struct Started {
    pub(crate) body: StartedWorkflow,
    pub(crate) outcome: Outcome,
}

/// What became of a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A new execution, not waited for.
    Created,
    /// The open execution that holds the key.
    Existing,
    /// It ended while it was waited for.
    Ended,
    /// It did not end while it was waited for.
    UnderWay,
}

/// Starts an execution and waits for its end, if asked to.
pub(crate) async fn start(
    app: &App,
    grant: &Grant,
    command: StartWorkflow,
    wait: Option<Duration>,
    promise: Option<Idempotency>,
) -> Result<Started, Error> {
    let definition = definition(app, grant, &command.workflow).await?;
    let on_conflict = on_conflict(command.on_conflict.unwrap_or_default());
    let start = start_of(grant, command)?;
    let start = StartExecution { definition, start, on_conflict, watch: wait.is_some() };
    let started = app.handle.start(grant.tenant(), start, act(grant, promise)).await?;
    let (accepted, outcome) = if let Some(summary) = started.summary {
        (view::started(started.id, &summary), Outcome::Created)
    } else {
        let execution = load(app, grant, started.id).await?;
        (view::started(started.id, &execution.summary()), Outcome::Existing)
    };
    let (Some(wait), Some(watch)) = (wait, started.ended) else {
        return Ok(Started { body: accepted, outcome });
    };
    if outcome == Outcome::Existing {
        return ended_within(app, grant, started.id, wait, watch).await;
    }
    // Watched since before its start: its end cannot be missed.
    end_of(app, grant, started.id, wait, watch).await
}

/// The answer to a start that was made before, from what was promised then.
pub(crate) async fn started_before(
    app: &App,
    grant: &Grant,
    id: ExecutionId,
    status: Status,
    wait: Option<Duration>,
) -> Result<Started, Error> {
    if let Some(wait) = wait {
        let watch = app.handle.watch(id, tenure_runtime::Until::Ended);
        return ended_within(app, grant, id, wait, watch).await;
    }
    let summary = load(app, grant, id).await?.summary();
    let body = StartedWorkflow { status, ..view::started(id, &summary) };
    Ok(Started { body, outcome: Outcome::Created })
}

async fn ended_within(
    app: &App,
    grant: &Grant,
    id: ExecutionId,
    wait: Duration,
    watch: Watch,
) -> Result<Started, Error> {
    // Registered before this read: an end between the two is not missed.
    let execution = load(app, grant, id).await?;
    if execution.status().ended() {
        waited_for(app, &execution).await
    } else {
        end_of(app, grant, id, wait, watch).await
    }
}

/// Waits for the end of an execution that was open when the watch began.
async fn end_of(
    app: &App,
    grant: &Grant,
    id: ExecutionId,
    wait: Duration,
    mut watch: Watch,
) -> Result<Started, Error> {
    let ended = tokio::select! {
        ended = watch.fired() => ended,
        () = tokio::time::sleep(wait) => None,
        () = app.draining.cancelled() => None,
    };
    match ended.filter(|execution| execution.tenant() == grant.tenant()) {
        Some(execution) => waited_for(app, &execution).await,
        None => waited_for(app, &load(app, grant, id).await?).await,
    }
}

async fn waited_for(app: &App, execution: &Execution) -> Result<Started, Error> {
    let mut body = view::started(execution.id(), &execution.summary());
    if !execution.status().ended() {
        return Ok(Started { body, outcome: Outcome::UnderWay });
    }
    body.ended_at = execution.ended_at().map(Into::into);
    let veil = Veil::over(app, execution, Sight::Masked).await?;
    body.output = execution.output().map(|output| view::masked(output, veil.masks()));
    body.error = view::execution_error(execution, veil.masks());
    Ok(Started { body, outcome: Outcome::Ended })
}

async fn definition(app: &App, grant: &Grant, workflow: &WorkflowRef) -> Result<Arc<Definition>, Error> {
    let WorkflowRef { namespace, name, version } = workflow;
    let found = app.handle.definition(grant.tenant(), namespace, name, version.as_deref()).await?;
    let found = found.ok_or_else(|| {
        // Only names from the request: the answer is the same for what another tenant has.
        Error::refused(Code::NotFound, "there is no such definition in this tenant")
    })?;
    if !found.enabled {
        return Err(Error::refused(Code::DefinitionDisabled, "the definition takes no new starts"));
    }
    Ok(found.definition.clone())
}

fn start_of(grant: &Grant, command: StartWorkflow) -> Result<Start, Error> {
    let StartWorkflow { input, key, correlation_id, labels, start_at, signal, .. } = command;
    let input = input.map_or_else(|| payload("{}", "/input"), |input| payload(input.as_text(), "/input"))?;
    if let Some(key) = &key {
        short_text(key, "/key")?;
    }
    if labels.len() > LABELS_MAX {
        return Err(Error::body(
            "/labels",
            format!("an execution has at most {LABELS_MAX} labels (labelsMax)"),
        ));
    }
    for (name, value) in &labels {
        short_text(name, "/labels")?;
        short_text(value, "/labels")?;
    }
    let correlation_id = match correlation_id {
        Some(id) if correlation::usable(&id) => id.into(),
        Some(_) => {
            let detail = format!("a correlation id is 1 to {KEY_CHARS_MAX} visible ASCII characters");
            return Err(Error::body("/correlationId", detail));
        }
        None => grant.correlation_id().clone(),
    };
    Ok(Start {
        input,
        key: key.map(Arc::from),
        correlation_id,
        labels: labels.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
        start_at: start_at.map(|time| time.0),
        signal: signal.map(|signal| signal_event(signal, "/signal")).transpose()?,
        by: grant.actor().clone(),
        parent: None,
    })
}

/// A payload within its limits.
pub(crate) fn payload(text: &str, pointer: &str) -> Result<Json, Error> {
    if text.len() > PAYLOAD_BYTES_MAX {
        let detail = format!("`{pointer}` is larger than {PAYLOAD_BYTES_MAX} bytes (payloadBytesMax)");
        return Err(Error::refused(Code::TooLarge, detail));
    }
    Json::parse(text).map_err(|error| Error::body(pointer, error.to_string()))
}

/// A text that people choose, within its limits.
pub(crate) fn short_text(text: &str, pointer: &str) -> Result<(), Error> {
    let fits =
        !text.is_empty() && text.chars().count() <= KEY_CHARS_MAX && !text.chars().any(char::is_control);
    let detail = || format!("expected 1 to {KEY_CHARS_MAX} characters without control characters");
    if fits { Ok(()) } else { Err(Error::body(pointer, detail())) }
}

fn on_conflict(wanted: OnConflict) -> shard::OnConflict {
    match wanted {
        OnConflict::Fail => shard::OnConflict::Fail,
        OnConflict::UseExisting => shard::OnConflict::UseExisting,
        OnConflict::TerminateExisting => shard::OnConflict::TerminateExisting,
    }
}

/// The execution behind an id of the API; what is no id is as absent as what does not exist.
pub(crate) async fn find(app: &App, grant: &Grant, id: &str) -> Result<Execution, Error> {
    load(app, grant, id_of(id)?).await
}

/// An id of the API.
pub(crate) fn id_of(text: &str) -> Result<ExecutionId, Error> {
    text.parse().map_err(|_| Error::not_found())
}

async fn load(app: &App, grant: &Grant, id: ExecutionId) -> Result<Execution, Error> {
    app.handle.execution(grant.tenant(), id).await?.ok_or_else(Error::not_found)
}

/// Shows an execution.
pub(crate) async fn show(app: &App, grant: &Grant, id: &str) -> Result<Workflow, Error> {
    seen(app, grant, id, Sight::Masked).await
}

/// Shows an execution, with sensitive values if the request asks for them and may see them.
pub(crate) async fn look(app: &App, grant: &Grant, id: &str, query: &Query) -> Result<Workflow, Error> {
    let sight = reveal::sight(app, grant, id, query).await?;
    seen(app, grant, id, sight).await
}

async fn seen(app: &App, grant: &Grant, id: &str, sight: Sight) -> Result<Workflow, Error> {
    let execution = find(app, grant, id).await?;
    let veil = Veil::over(app, &execution, sight).await?;
    Ok(view::workflow(&execution, veil.masks()))
}

/// Lists executions.
pub(crate) async fn list(app: &App, grant: &Grant, query: &Query) -> Result<WorkflowList, Error> {
    let scope = format!("workflows {}", query.scope());
    let order =
        if query.text("orderBy") == Some("startedAt") { Order::OldestFirst } else { Order::NewestFirst };
    page(app, grant, query, &scope, filter(app, query)?, order).await
}

/// Lists the children of an execution.
pub(crate) async fn children(
    app: &App,
    grant: &Grant,
    id: &str,
    query: &Query,
) -> Result<WorkflowList, Error> {
    let parent = id_of(id)?;
    app.handle.row(grant.tenant(), parent).await?.ok_or_else(Error::not_found)?;
    let filter = Filter::everything().and(Condition::Parent(parent));
    page(app, grant, query, &format!("children {parent}"), filter, Order::OldestFirst).await
}

async fn page(
    app: &App,
    grant: &Grant,
    query: &Query,
    scope: &str,
    filter: Filter,
    order: Order,
) -> Result<WorkflowList, Error> {
    let cursor = query.text("pageToken").map(|token| app.cursors.open(grant.tenant(), scope, token));
    let cursor: Option<Cursor> = match cursor.transpose()? {
        Some(position) => Some(position.parse().map_err(Error::parameter)?),
        None => None,
    };
    let question = tenure_store::Query { filter, order, page_size: page_size(query), cursor };
    let page = app.handle.list(grant.tenant(), &question).await?;
    let next = page.next.map(|next| app.cursors.seal(grant.tenant(), scope, &next.to_string()));
    Ok(WorkflowList {
        items: page.rows.iter().map(|row| view::summary(row)).collect(),
        next_page_token: next,
    })
}

/// Counts executions by status.
pub(crate) async fn count(app: &App, grant: &Grant, query: &Query) -> Result<WorkflowCount, Error> {
    let counts = app.handle.count(grant.tenant(), &filter(app, query)?).await?;
    let groups = counts.into_iter().filter(|(_, count)| *count > 0);
    let groups: Vec<StatusCount> = groups.map(|(status, count)| StatusCount { status, count }).collect();
    Ok(WorkflowCount { total: groups.iter().map(|group| group.count).sum(), groups })
}

fn filter(app: &App, query: &Query) -> Result<Filter, Error> {
    let mut filter = match query.text("filter") {
        Some(text) => Filter::parse(text, app.clock.now())
            .map_err(|error| Error::parameter(format!("`filter`: {error}")))?,
        None => Filter::everything(),
    };
    if let Some(list) = query.text("status") {
        filter = filter.status(statuses(list)?);
    }
    if let Some(definition) = query.text("definition") {
        filter = of_definition(filter, definition);
    }
    for (name, field) in [("key", TextField::Key), ("correlationId", TextField::CorrelationId)] {
        if let Some(value) = query.text(name) {
            filter = filter.text(field, value);
        }
    }
    for (name, comparison) in [("startedAfter", Comparison::Greater), ("startedBefore", Comparison::Less)] {
        if let Some(at) = query.time(name) {
            filter = filter.time(TimeField::StartedAt, comparison, at);
        }
    }
    Ok(filter)
}

fn statuses(list: &str) -> Result<Vec<Status>, Error> {
    let parse =
        |word: &str| word.trim().parse().map_err(|error| Error::parameter(format!("`status`: {error}")));
    list.split(',').map(parse).collect()
}

/// `name`, `namespace/name` or `namespace/name@version`.
fn of_definition(filter: Filter, text: &str) -> Filter {
    let (path, version) = text.split_once('@').map_or((text, None), |(path, version)| (path, Some(version)));
    let (namespace, name) =
        path.split_once('/').map_or((None, path), |(namespace, name)| (Some(namespace), name));
    let mut filter = filter.text(TextField::Name, name);
    if let Some(namespace) = namespace {
        filter = filter.text(TextField::Namespace, namespace);
    }
    if let Some(version) = version {
        filter = filter.text(TextField::Version, version);
    }
    filter
}

/// Cancels an execution.
pub(crate) async fn cancel(
    app: &App,
    grant: &Grant,
    id: &str,
    command: CancelWorkflow,
    promise: Option<Idempotency>,
) -> Result<Workflow, Error> {
    let reason = reason(command.reason)?;
    let by = grant.actor().clone();
    let input = execution::Input::Cancel { compensate: command.compensate, reason, by };
    tell(app, grant, id, input, promise).await
}

/// Ends an execution at once.
pub(crate) async fn terminate(
    app: &App,
    grant: &Grant,
    id: &str,
    command: TerminateWorkflow,
    promise: Option<Idempotency>,
) -> Result<Workflow, Error> {
    let input = execution::Input::Terminate { reason: reason(command.reason)?, by: grant.actor().clone() };
    tell(app, grant, id, input, promise).await
}

/// Gives an execution a command and shows what it led to.
pub(crate) async fn tell(
    app: &App,
    grant: &Grant,
    id: &str,
    input: execution::Input,
    promise: Option<Idempotency>,
) -> Result<Workflow, Error> {
    let known = id_of(id)?;
    let _: Box<Summary> = app.handle.command(grant.tenant(), known, input, act(grant, promise)).await?;
    show(app, grant, id).await
}

/// A reason within its limit.
pub(crate) fn reason(reason: Option<String>) -> Result<Option<Arc<str>>, Error> {
    let max = Limits::CURRENT.reason_chars_max;
    match reason {
        Some(text) if text.chars().count() > max => {
            Err(Error::body("/reason", format!("a reason has at most {max} characters (reasonCharsMax)")))
        }
        other => Ok(other.map(Arc::from)),
    }
}

/// As the API names a definition.
pub(crate) fn reference(id: &DefinitionId) -> WorkflowRef {
    let DefinitionId { namespace, name, version } = id;
    WorkflowRef {
        namespace: namespace.to_string(),
        name: name.to_string(),
        version: Some(version.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_a_comma_list() {
        assert_eq!(statuses("running, faulted").unwrap(), [Status::Running, Status::Faulted]);
        assert!(statuses("running,failed").unwrap_err().to_string().contains("`failed`"));
        assert!(statuses("").is_err());
    }

    #[test]
    fn a_definition_is_named_in_three_ways() {
        let texts = |text| of_definition(Filter::everything(), text).all.len();
        assert_eq!((texts("order"), texts("shop/order"), texts("shop/order@1.0.0")), (1, 2, 3));
    }

    #[test]
    fn a_reason_has_a_limit() {
        assert!(reason(Some("x".repeat(1_024))).is_ok());
        assert!(reason(Some("x".repeat(1_025))).is_err());
        assert_eq!(reason(None).unwrap(), None);
    }

    #[test]
    fn a_payload_has_a_limit_that_is_named() {
        let text = format!("\"{}\"", "x".repeat(PAYLOAD_BYTES_MAX));
        let error = payload(&text, "/input").unwrap_err();
        assert!(error.to_string().contains("payloadBytesMax"), "{error}");
        assert!(payload("{\"a\":1}", "/input").is_ok());
    }
}
