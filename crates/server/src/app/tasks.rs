//! The tasks of an execution, and the settlement of those that wait for an operator.

use super::reveal::{self, Veil};
use super::workflows::{find, id_of, payload, reason, tell};
use super::{App, Error, view};
use crate::auth::Grant;
use crate::http::Query;
use tenure_api::{Resolve, ResolveTask, Task, TaskList, Workflow};
use tenure_dsl::json::Json;
use tenure_engine::execution::{self, FrameId, PendingState, Resolution, TaskView, task_views};
use tenure_engine::shard::Idempotency;
use tenure_types::limits::PAGE_ITEMS_MAX;

/// Every activation, in the order of the starts.
pub(crate) async fn list(app: &App, grant: &Grant, id: &str, query: &Query) -> Result<TaskList, Error> {
    let (views, veil) = seen(app, grant, id, query).await?;
    Ok(TaskList { items: views.iter().map(|found| view::task(found, veil.masks())).collect() })
}

/// The tasks, and what is masked of them.
async fn seen(app: &App, grant: &Grant, id: &str, query: &Query) -> Result<(Vec<TaskView>, Veil), Error> {
    let sight = reveal::sight(app, grant, id, query).await?;
    let views = views(app, grant, id).await?;
    let veil = Veil::of(app, grant, id_of(id)?, sight).await?;
    Ok((views, veil))
}

/// The latest activation of a task.
pub(crate) async fn show(
    app: &App,
    grant: &Grant,
    id: &str,
    reference: &str,
    query: &Query,
) -> Result<Task, Error> {
    let iteration = query.text("iteration");
    let (views, veil) = seen(app, grant, id, query).await?;
    let wanted = |view: &&TaskView| {
        &*view.task == reference && iteration.is_none_or(|iteration| view.iteration == iteration)
    };
    views.iter().rev().find(wanted).map(|found| view::task(found, veil.masks())).ok_or_else(Error::not_found)
}

async fn views(app: &App, grant: &Grant, id: &str) -> Result<Vec<TaskView>, Error> {
    let id = id_of(id)?;
    let mut events = Vec::new();
    loop {
        let after = events.last().map_or(0, |(seq, _)| *seq);
        let piece = app.handle.history(grant.tenant(), id, after, PAGE_ITEMS_MAX).await?;
        let piece = piece.ok_or_else(Error::not_found)?;
        if piece.is_empty() {
            return Ok(task_views(events.iter().map(|(_, event)| event)));
        }
        events.extend(piece);
    }
}

/// Settles an uncertain task or a failed undo.
pub(crate) async fn resolve(
    app: &App,
    grant: &Grant,
    id: &str,
    reference: &str,
    command: ResolveTask,
    promise: Option<Idempotency>,
) -> Result<Workflow, Error> {
    let resolution = resolution(&command)?;
    let frame = match command.frame {
        Some(frame) => FrameId(frame),
        None => only_incident(app, grant, id, reference).await?,
    };
    let input = execution::Input::Resolve { frame, resolution, by: grant.actor().clone() };
    tell(app, grant, id, input, promise).await
}

fn resolution(command: &ResolveTask) -> Result<Resolution, Error> {
    let misplaced =
        |pointer, action| Err(Error::body(pointer, format!("it belongs to the action `{action}` alone")));
    if command.output.is_some() && command.action != Resolve::Complete {
        return misplaced("/output", "complete");
    }
    if command.reason.is_some() && command.action != Resolve::Fail {
        return misplaced("/reason", "fail");
    }
    Ok(match command.action {
        Resolve::Retry => Resolution::Retry,
        Resolve::Skip => Resolution::Skip,
        Resolve::Complete => {
            let output = command.output.as_ref().map(|output| payload(output.as_text(), "/output"));
            Resolution::Complete { output: output.transpose()?.unwrap_or_else(Json::null) }
        }
        Resolve::Fail => Resolution::Fail { reason: reason(command.reason.clone())? },
    })
}

/// The one activation of the task that waits for an operator.
async fn only_incident(app: &App, grant: &Grant, id: &str, reference: &str) -> Result<FrameId, Error> {
    let execution = find(app, grant, id).await?;
    let pending = execution.pending();
    let waits = |state| matches!(state, PendingState::Uncertain | PendingState::UndoFailed);
    let mut frames = pending.iter().filter(|p| &*p.task == reference && waits(p.state)).map(|p| p.frame);
    match (frames.next(), frames.next()) {
        (Some(frame), None) => Ok(frame),
        (Some(_), Some(_)) => {
            Err(Error::body("/frame", "the task waits in several activations: name one with `frame`"))
        }
        (None, _) => Err(nothing_to_settle(&execution, reference)),
    }
}

/// An ended execution, a task that waits for nobody, or no such task.
fn nothing_to_settle(execution: &execution::Execution, reference: &str) -> Error {
    use tenure_engine::execution::Rejected;
    let rejected = if execution.status().ended() {
        Rejected::Ended(execution.status())
    } else {
        Rejected::Conflict(format!("the task `{reference}` does not wait for an operator"))
    };
    Error::Runtime(rejected.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(text: &str) -> ResolveTask {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn each_action_is_a_resolution() {
        let of = |text| resolution(&command(text)).unwrap();
        assert_eq!(of(r#"{"action":"retry"}"#), Resolution::Retry);
        assert_eq!(of(r#"{"action":"skip"}"#), Resolution::Skip);
        assert_eq!(of(r#"{"action":"complete"}"#), Resolution::Complete { output: Json::null() });
        let output = Json::parse("[1]").unwrap();
        assert_eq!(of(r#"{"action":"complete","output":[1]}"#), Resolution::Complete { output });
        let reason = Some("no".into());
        assert_eq!(of(r#"{"action":"fail","reason":"no"}"#), Resolution::Fail { reason });
    }

    #[test]
    fn fields_of_another_action_are_refused() {
        for text in [r#"{"action":"retry","output":1}"#, r#"{"action":"complete","reason":"x"}"#] {
            assert!(resolution(&command(text)).is_err(), "{text}");
        }
    }
}
