//! What a case came to.

use super::mocks::last;
use crate::execution::{CallEffect, Execution, Fact, HistoryEvent, Request, task_views};
use tenure_dsl::json::Json;
use tenure_dsl::program::{Definition, Kind};
use tenure_types::{TaskRef, Timestamp};

/// What a case came to.
#[derive(Clone, Debug)]
pub struct Report {
    /// The case.
    pub name: String,
    /// What is not as expected; empty when the case holds.
    pub failures: Vec<Failure>,
    /// The status at the end, as the API names it.
    pub status: &'static str,
    /// The output, if it completed.
    pub output: Option<Json>,
    /// The error, if it faulted.
    pub error: Option<Json>,
    /// The context at the end.
    pub context: Json,
    /// The tasks that started, in order, without those that only hold others.
    pub path: Vec<TaskRef>,
    /// The tasks that were undone, in the order in which their undos started.
    pub compensation: Vec<TaskRef>,
    /// Every attempt that was sent.
    pub calls: Vec<SentCall>,
    /// From the start to the last event, on the case's own clock.
    pub duration_ms: u64,
    /// History events.
    pub events: usize,
}

/// One thing that is not as expected.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// JSON pointer into the case, such as `/expect/output/total`.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
    /// What is expected there.
    pub expected: Option<Json>,
    /// What is there.
    pub actual: Option<Json>,
}

impl Failure {
    /// A failure that is no comparison.
    pub(super) fn at(pointer: &str, message: String) -> Self {
        Self { pointer: pointer.into(), message, expected: None, actual: None }
    }
}

/// An attempt of a call, as it was sent.
#[derive(Clone, Debug)]
pub struct SentCall {
    /// The task.
    pub task: TaskRef,
    /// The attempt, from 1.
    pub attempt: u32,
    /// What was sent.
    pub request: Request,
}

impl SentCall {
    pub(super) fn of(call: &CallEffect) -> Self {
        Self { task: call.task.clone(), attempt: call.attempt, request: call.request.clone() }
    }

    /// The HTTP method, or the method of a JSON-RPC or gRPC request.
    pub fn method(&self) -> &str {
        match &self.request {
            Request::Http(request) => &request.method,
            Request::Rpc(request) => &request.method,
            Request::Grpc(request) => &request.path,
            Request::Process(request) => request.kind(),
        }
    }

    /// Where it went.
    pub fn uri(&self) -> &str {
        match &self.request {
            Request::Http(request) => &request.uri,
            Request::Rpc(request) => &request.uri,
            Request::Grpc(request) => &request.server,
            Request::Process(_) => "",
        }
    }

    /// The definition's own headers.
    pub fn headers(&self) -> &[(String, String)] {
        match &self.request {
            Request::Http(request) => &request.headers,
            Request::Rpc(request) => &request.headers,
            Request::Grpc(_) | Request::Process(_) => &[],
        }
    }

    /// The body, or the parameters of a JSON-RPC request. A gRPC message is bytes, and not shown.
    pub fn body(&self) -> Option<&Json> {
        match &self.request {
            Request::Http(request) => request.body.as_ref(),
            Request::Rpc(request) => request.params.as_ref(),
            Request::Grpc(_) | Request::Process(_) => None,
        }
    }
}

impl Report {
    pub(super) fn of(
        definition: &Definition,
        execution: &Execution,
        history: &[HistoryEvent],
        calls: Vec<SentCall>,
        began_at: Timestamp,
    ) -> Self {
        let exists = execution.exists();
        let end = history.last().map_or(began_at, |event| event.at);
        let tasks = task_views(history.iter()).into_iter().filter(|view| !view.undo).map(|view| view.task);
        Self {
            name: String::new(),
            failures: Vec::new(),
            status: if exists { execution.status().as_str() } else { "rejected" },
            output: execution.output().cloned(),
            error: execution.error_json(),
            context: execution.context().clone(),
            path: tasks.filter(|task| !holds_others(definition, task)).collect(),
            compensation: history.iter().filter_map(undone).collect(),
            calls,
            duration_ms: end.ms_since(began_at),
            events: history.len(),
        }
    }

    /// Whether the case holds.
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }

    /// The tasks of the path by name.
    pub fn path_names(&self) -> Vec<String> {
        self.path.iter().map(|task| last(task)).collect()
    }
}

fn holds_others(definition: &Definition, task: &str) -> bool {
    let node = definition.program.find(task).map(|id| definition.program.node(id));
    node.is_some_and(|node| matches!(node.kind, Kind::Do(_) | Kind::For(_) | Kind::Fork(_) | Kind::Try(_)))
}

fn undone(event: &HistoryEvent) -> Option<TaskRef> {
    match &event.fact {
        Fact::UndoStarted { place, .. } => Some(place.task.clone()),
        _ => None,
    }
}
