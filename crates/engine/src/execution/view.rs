//! What outsiders see of history: one record for each fact, the tasks of a run, and the audit trail.
//!
//! Pure functions of facts. Deliberately absent: the API's own types, and masking of sensitive data.

use super::effect::FrameId;
use super::event::Event;
use super::history::{AfterUndoFailure, Begun, Cause, Fact, HistoryEvent, Slot, Stage, Taken, Verdict};
use super::input::{Actor, Resolution};
use super::place::Place;
use super::state::at_once;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tenure_dsl::error::Error;
use tenure_dsl::json::Json;
use tenure_types::{ExecutionId, Timestamp};

/// A fact as the API shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct EventView {
    /// When.
    pub at: Timestamp,
    /// The API's name of the kind of fact.
    pub kind: &'static str,
    /// The task.
    pub task: Option<Arc<str>>,
    /// The iterations around it, as text.
    pub iteration: Option<String>,
    /// The activation.
    pub frame: Option<FrameId>,
    /// The attempt of a call.
    pub attempt: Option<u32>,
    /// The input, where the fact holds one.
    pub input: Option<Json>,
    /// The output.
    pub output: Option<Json>,
    /// The error.
    pub error: Option<Error>,
    /// Who.
    pub by: Option<Actor>,
    /// When something follows: a retry, a timer, a deadline.
    pub due: Option<Timestamp>,
    /// For people.
    pub detail: Option<String>,
    /// The child that it is about.
    pub child: Option<ExecutionId>,
}

impl EventView {
    fn new(at: Timestamp, kind: &'static str) -> Self {
        Self {
            at,
            kind,
            task: None,
            iteration: None,
            frame: None,
            attempt: None,
            input: None,
            output: None,
            error: None,
            by: None,
            due: None,
            detail: None,
            child: None,
        }
    }

    fn at_place(mut self, place: &Place) -> Self {
        if !place.task.is_empty() {
            self.task = Some(Arc::clone(&place.task));
            self.iteration = (!place.iteration.is_empty()).then(|| place.iteration.to_string());
        }
        self
    }

    fn frame(mut self, frame: FrameId) -> Self {
        self.frame = Some(frame);
        self
    }

    fn attempt(mut self, attempt: u32) -> Self {
        self.attempt = (attempt > 0).then_some(attempt);
        self
    }

    fn output(mut self, output: &Json) -> Self {
        self.output = Some(output.clone());
        self
    }

    fn error(mut self, error: &Error) -> Self {
        self.error = Some(error.clone());
        self
    }

    fn by(mut self, by: &Actor) -> Self {
        self.by = Some(by.clone());
        self
    }

    fn due(mut self, due: Option<Timestamp>) -> Self {
        self.due = due;
        self
    }

    fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    fn child(mut self, child: ExecutionId) -> Self {
        self.child = Some(child);
        self
    }

    fn cause(self, cause: &Cause) -> Self {
        self.detail(format!("{}: {}", cause.word, cause.detail))
    }

    /// Which event, without what it carries.
    fn event(self, event: &Event) -> Self {
        self.detail(format!("{} {} of {}", event.kind(), event.id(), event.source()))
    }

    fn reason(mut self, reason: Option<&Arc<str>>) -> Self {
        self.detail = reason.map(ToString::to_string);
        self
    }
}

impl HistoryEvent {
    /// The new `$context`, where the fact holds one.
    pub fn context(&self) -> Option<&Json> {
        let (Fact::TaskCompleted { context, .. } | Fact::ItemCompleted { context, .. }) = &self.fact else {
            return None;
        };
        context.as_ref()
    }

    /// The fact as the API shows it.
    pub fn view(&self) -> EventView {
        let new = |kind| EventView::new(self.at, kind);
        let of = |kind, frame: FrameId, place: &Place| new(kind).at_place(place).frame(frame);
        match &self.fact {
            Fact::Started(started) => {
                let kind = if started.begin.is_some() { "started" } else { "accepted" };
                let mut view = new(kind).by(&started.by).due(started.start_at);
                view.input = Some(started.input.clone());
                view
            }
            Fact::Released(_) => new("started").by(&Actor::engine()),
            Fact::TaskStarted(task) => {
                let mut view = new("taskStarted").at_place(&task.place).due(task.deadline);
                view.input.clone_from(&task.input);
                begun(view, &task.begun)
            }
            Fact::TaskSkipped { place, .. } => new("taskSkipped").at_place(place),
            Fact::AttemptStarted(attempt) => of("attemptStarted", attempt.frame, &attempt.place)
                .attempt(attempt.attempt)
                .due(Some(attempt.deadline)),
            Fact::TaskRetried { frame, place, attempt, cause, due } => {
                of("taskRetried", *frame, place).attempt(*attempt).cause(cause).due(Some(*due))
            }
            Fact::TaskUncertain { frame, place, attempt, cause } => {
                of("taskUncertain", *frame, place).attempt(*attempt).cause(cause)
            }
            Fact::Resolved { frame, place, resolution, by } => {
                resolved(of("taskResolved", *frame, place).by(by), resolution)
            }
            Fact::TaskCompleted { frame, place, attempt, output, .. } => {
                of("taskCompleted", *frame, place).attempt(*attempt).output(output)
            }
            Fact::TaskFaulted { frame, place, attempt, error, .. } => {
                of("taskFaulted", *frame, place).attempt(*attempt).error(error)
            }
            Fact::TaskCancelled { frame, place, .. } => of("taskCancelled", *frame, place),
            Fact::IterationStarted { frame, place, index } => {
                of("iterationStarted", *frame, place).detail(index.to_string())
            }
            Fact::IterationEnded { frame, place, completed } => {
                let view = of("iterationEnded", *frame, place);
                if *completed { view } else { view.detail("cancelled") }
            }
            Fact::LoopClosed { frame, place } => of("loopClosed", *frame, place),
            Fact::ExtensionAdvanced { frame, place, stage } => {
                of("extensionAdvanced", *frame, place).detail(match stage {
                    Stage::Task => "task",
                    Stage::After { .. } => "after",
                })
            }
            Fact::TryRetried { frame, place, retry, error, due } => {
                of("taskRetried", *frame, place).error(error).due(Some(*due)).detail(format!("retry {retry}"))
            }
            Fact::TryStarted { frame, place, due } => of("tryStarted", *frame, place).due(*due),
            Fact::ErrorCaught { frame, place, error } => of("errorCaught", *frame, place).error(error),
            Fact::Interrupted { frame, place, grace, .. } => of("interrupted", *frame, place).due(*grace),
            Fact::CancelRequested { by, reason, .. } => new("cancelRequested").by(by).reason(reason.as_ref()),
            Fact::Completed { output } => new("completed").output(output),
            Fact::Faulted { error } => new("faulted").error(error),
            Fact::Cancelled => new("cancelled"),
            Fact::Terminated { by, reason } => new("terminated").by(by).reason(reason.as_ref()),
            Fact::SignalReceived { event, by } => new("signalReceived").by(by).event(event),
            Fact::EventConsumed(consumed) => {
                let view = of("eventReceived", consumed.frame, &consumed.place);
                match &consumed.event {
                    Taken::Published { event, by } => view.by(by).event(event),
                    Taken::Signal { source, id } => {
                        EventView { kind: "signalConsumed", ..view.detail(format!("{id} of {source}")) }
                    }
                }
            }
            Fact::ItemCompleted { frame, place, index, output, .. } => {
                of("itemCompleted", *frame, place).detail(index.to_string()).output(output)
            }
            Fact::ProbeScheduled { frame, place, number, due } => {
                of("probeScheduled", *frame, place).due(Some(*due)).detail(format!("probe {number}"))
            }
            Fact::ProbeStarted { frame, place, number } => {
                of("probeStarted", *frame, place).detail(format!("probe {number}"))
            }
            Fact::ProbeEnded { frame, place, verdict, .. } => {
                probed(of("probeEnded", *frame, place), verdict)
            }
            Fact::Queued { key, max, .. } => new("queued").detail(at_once(*max, key)),
            Fact::AttributesSet { attributes, .. } => {
                let entries = attributes.iter().map(|(name, value)| (name.as_ref(), value.clone()));
                new("attributesSet").output(&Json::object(entries))
            }
            Fact::CompensationStarted(_)
            | Fact::UndoStarted { .. }
            | Fact::UndoRetried { .. }
            | Fact::UndoResumed { .. }
            | Fact::UndoCompleted { .. }
            | Fact::UndoFailed { .. }
            | Fact::UndoSkipped { .. }
            | Fact::CompensationTimedOut { .. }
            | Fact::CompensationCompleted { .. }
            | Fact::CompensationFailed { .. } => self.view_compensation(),
            Fact::ChildStarted { frame, place, child, definition, .. } => {
                of("childStarted", *frame, place).child(*child).detail(definition.to_string())
            }
            Fact::ChildRefused { frame, place, child, error } => {
                of("childRefused", *frame, place).child(*child).error(error)
            }
            Fact::ChildEnded { frame, place, child, status, error, .. } => {
                let mut view = of("childEnded", *frame, place).child(*child).detail(status.as_str());
                view.error.clone_from(error);
                view
            }
            Fact::BecameChild(parent) => {
                new("becameChild").detail(format!("of {} at {}", parent.execution, parent.task))
            }
            Fact::ParentTold { .. } => new("parentTold"),
            Fact::UnwindRequested(request) => {
                let mut view = new("unwindRequested");
                view.error.clone_from(&request.error);
                view
            }
        }
    }

    fn view_compensation(&self) -> EventView {
        let new = |kind| EventView::new(self.at, kind);
        let of = |kind, frame: FrameId, place: &Place| new(kind).at_place(place).frame(frame);
        match &self.fact {
            Fact::CompensationStarted(started) => {
                let mut view = of("compensationStarted", started.frame, &started.place).due(started.deadline);
                view.error.clone_from(&started.error);
                view
            }
            Fact::UndoStarted { place, .. } => new("undoStarted").at_place(place),
            Fact::UndoRetried { frame, place, retry, error, due } => {
                of("undoRetried", *frame, place).error(error).due(Some(*due)).detail(format!("retry {retry}"))
            }
            Fact::UndoResumed { frame, place } => of("undoResumed", *frame, place),
            Fact::UndoCompleted { frame, place } => of("undoCompleted", *frame, place),
            Fact::UndoFailed { frame, place, error, then } => {
                let then = match then {
                    AfterUndoFailure::Suspend => "an operator decides",
                    AfterUndoFailure::Continue => "the unwinding goes on",
                    AfterUndoFailure::Stop => "the unwinding stops",
                };
                of("undoFailed", *frame, place).error(error).detail(then)
            }
            Fact::UndoSkipped { frame, place, .. } => of("undoSkipped", *frame, place),
            Fact::CompensationTimedOut { frame, place } => of("compensationTimedOut", *frame, place),
            Fact::CompensationCompleted { frame, place } => of("compensationCompleted", *frame, place),
            Fact::CompensationFailed { frame, place } => of("compensationFailed", *frame, place),
            Fact::Started(_)
            | Fact::Released(_)
            | Fact::TaskStarted(_)
            | Fact::TaskSkipped { .. }
            | Fact::AttemptStarted(_)
            | Fact::TaskRetried { .. }
            | Fact::TaskUncertain { .. }
            | Fact::Resolved { .. }
            | Fact::TaskCompleted { .. }
            | Fact::TaskFaulted { .. }
            | Fact::TaskCancelled { .. }
            | Fact::IterationStarted { .. }
            | Fact::IterationEnded { .. }
            | Fact::LoopClosed { .. }
            | Fact::ExtensionAdvanced { .. }
            | Fact::TryRetried { .. }
            | Fact::TryStarted { .. }
            | Fact::ErrorCaught { .. }
            | Fact::Interrupted { .. }
            | Fact::CancelRequested { .. }
            | Fact::Completed { .. }
            | Fact::Faulted { .. }
            | Fact::Cancelled
            | Fact::Terminated { .. }
            | Fact::SignalReceived { .. }
            | Fact::EventConsumed(_)
            | Fact::ItemCompleted { .. }
            | Fact::ProbeScheduled { .. }
            | Fact::ProbeStarted { .. }
            | Fact::ProbeEnded { .. }
            | Fact::AttributesSet { .. }
            | Fact::ChildStarted { .. }
            | Fact::ChildRefused { .. }
            | Fact::ChildEnded { .. }
            | Fact::BecameChild(_)
            | Fact::ParentTold { .. }
            | Fact::UnwindRequested(_)
            | Fact::Queued { .. } => unreachable!("only facts of compensation come here"),
        }
    }
}

fn begun(view: EventView, begun: &Begun) -> EventView {
    match begun {
        Begun::Wait { due } => view.due(Some(*due)),
        Begun::Http { request, .. } => view.detail(format!("{} {}", request.method, request.uri)),
        Begun::Call { request, .. } | Begun::Protected { request, .. } => view.detail(request.summary()),
        Begun::RunWorkflow { request, .. } => view.child(request.child).detail(request.to_string()),
        Begun::Instant
        | Begun::Do
        | Begun::For { .. }
        | Begun::Gather { .. }
        | Begun::Function { .. }
        | Begun::Extended { .. }
        | Begun::Fork { .. }
        | Begun::Try { .. }
        | Begun::Compensate => view,
        Begun::Emit { event } => view.event(event),
        Begun::Listen { wants, .. } => {
            let kinds: Vec<&str> =
                wants.iter().map(|want| want.kind.as_deref().unwrap_or("any event")).collect();
            view.detail(kinds.join(", "))
        }
    }
}

fn probed(view: EventView, verdict: &Verdict) -> EventView {
    match verdict {
        Verdict::Executed { output } => view.detail("executed").output(output),
        Verdict::NotExecuted => view.detail("not executed"),
        Verdict::Unknown { detail } => view.detail(format!("not known: {detail}")),
    }
}

fn resolved(view: EventView, resolution: &Resolution) -> EventView {
    match resolution {
        Resolution::Retry => view.detail("retry"),
        Resolution::Skip => view.detail("skip"),
        Resolution::Complete { output } => view.detail("complete").output(output),
        Resolution::Fail { reason } => match reason {
            Some(reason) => view.detail(format!("fail: {reason}")),
            None => view.detail("fail"),
        },
    }
}

/// Who did what to an execution, for the audit trail.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditFact {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What, such as `workflow.started`.
    pub action: &'static str,
    /// How it went.
    pub outcome: AuditOutcome,
    /// More, when there is more.
    pub details: Option<Json>,
}

/// How an audited act went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditOutcome {
    /// It was done.
    Allowed,
    /// It was refused.
    Denied,
    /// It did not work.
    Failed,
}

impl HistoryEvent {
    /// What the audit trail says about the fact: every command, every transition of the execution, and whatever
    /// somebody must be able to explain later. Ordinary progress of tasks is history, not audit.
    pub fn audit(&self) -> Option<AuditFact> {
        let by = |action, actor: &Actor| Some(self.audited(action, actor.clone(), AuditOutcome::Allowed));
        let own = |action, outcome| Some(self.audited(action, Actor::engine(), outcome));
        match &self.fact {
            Fact::Started(started) if started.begin.is_none() => by("workflow.accepted", &started.by),
            Fact::Started(started) => by("workflow.started", &started.by),
            Fact::Released(_) => own("workflow.started", AuditOutcome::Allowed),
            Fact::CancelRequested { by: actor, .. } => by("workflow.cancel-requested", actor),
            Fact::Terminated { by: actor, .. } => by("workflow.terminated", actor),
            Fact::Resolved { by: actor, .. } => by("task.resolved", actor),
            Fact::TaskUncertain { .. } => own("task.uncertain", AuditOutcome::Failed),
            Fact::ProbeEnded { verdict: Verdict::Executed { .. } | Verdict::NotExecuted, .. } => {
                own("task.resolved", AuditOutcome::Allowed)
            }
            Fact::CompensationStarted(_) => own("workflow.compensation-started", AuditOutcome::Allowed),
            Fact::CompensationCompleted { .. } => {
                own("workflow.compensation-completed", AuditOutcome::Allowed)
            }
            Fact::CompensationFailed { .. } => own("workflow.compensation-failed", AuditOutcome::Failed),
            Fact::UndoFailed { .. } => own("task.undo-failed", AuditOutcome::Failed),
            Fact::Completed { .. } => own("workflow.completed", AuditOutcome::Allowed),
            Fact::Faulted { .. } => own("workflow.faulted", AuditOutcome::Failed),
            Fact::Cancelled => own("workflow.cancelled", AuditOutcome::Allowed),
            Fact::SignalReceived { by: actor, .. } => by("workflow.signalled", actor),
            Fact::EventConsumed(consumed) => match &consumed.event {
                Taken::Published { by: actor, .. } => by("workflow.event-received", actor),
                Taken::Signal { .. } => None,
            },
            Fact::TaskStarted(_)
            | Fact::TaskSkipped { .. }
            | Fact::AttemptStarted(_)
            | Fact::TaskRetried { .. }
            | Fact::TaskCompleted { .. }
            | Fact::TaskFaulted { .. }
            | Fact::TaskCancelled { .. }
            | Fact::IterationStarted { .. }
            | Fact::IterationEnded { .. }
            | Fact::LoopClosed { .. }
            | Fact::ExtensionAdvanced { .. }
            | Fact::TryRetried { .. }
            | Fact::TryStarted { .. }
            | Fact::ErrorCaught { .. }
            | Fact::Interrupted { .. }
            | Fact::UndoStarted { .. }
            | Fact::UndoRetried { .. }
            | Fact::UndoResumed { .. }
            | Fact::UndoCompleted { .. }
            | Fact::UndoSkipped { .. }
            | Fact::CompensationTimedOut { .. }
            | Fact::ItemCompleted { .. }
            | Fact::ProbeScheduled { .. }
            | Fact::ProbeStarted { .. }
            | Fact::ProbeEnded { verdict: Verdict::Unknown { .. }, .. }
            | Fact::AttributesSet { .. }
            | Fact::ChildStarted { .. }
            | Fact::ChildRefused { .. }
            | Fact::ChildEnded { .. }
            | Fact::BecameChild(_)
            | Fact::ParentTold { .. }
            | Fact::UnwindRequested(_)
            | Fact::Queued { .. } => None,
        }
    }

    fn audited(&self, action: &'static str, actor: Actor, outcome: AuditOutcome) -> AuditFact {
        AuditFact { at: self.at, actor, action, outcome, details: self.details() }
    }

    /// The task and what was said about it; never a payload.
    fn details(&self) -> Option<Json> {
        let view = self.view();
        let mut entries: Vec<(&str, Json)> = vec![];
        if let Some(task) = &view.task {
            entries.push(("task", Json::string(task)));
        }
        if let Some(iteration) = &view.iteration {
            entries.push(("iteration", Json::string(iteration)));
        }
        if let Some(attempt) = view.attempt {
            entries.push(("attempt", Json::number(i64::from(attempt))));
        }
        if let Some(error) = &view.error {
            entries.push(("error", Json::string(&error.kind)));
        }
        if let Some(detail) = &view.detail {
            entries.push(("detail", Json::string(detail)));
        }
        if let Fact::CancelRequested { compensate, .. } = &self.fact {
            entries.push(("compensate", Json::bool(*compensate)));
        }
        (!entries.is_empty()).then(|| Json::object(entries))
    }
}

/// One activation of a task, as `GET …/tasks` shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskView {
    /// The activation.
    pub frame: FrameId,
    /// The activation that it is part of; the execution itself is 0.
    pub parent: FrameId,
    /// The task.
    pub task: Arc<str>,
    /// The iterations around it, as text; empty when there are none.
    pub iteration: String,
    /// Whether it is part of an undo.
    pub undo: bool,
    /// Where it is in its life: `running uncertain completed faulted cancelled`.
    pub status: &'static str,
    /// Attempts so far; 0 for what calls nobody.
    pub attempts: u32,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Its input, when a mapping made one.
    pub input: Option<Json>,
    /// Its output.
    pub output: Option<Json>,
    /// Its error.
    pub error: Option<Error>,
}

/// The tasks of a run, in the order of their starts.
pub fn task_views<'h>(history: impl Iterator<Item = &'h HistoryEvent>) -> Vec<TaskView> {
    let mut views = Views {
        tasks: BTreeMap::new(),
        undos: vec![],
        gathering: BTreeSet::new(),
        iterations: BTreeMap::new(),
        next: 1,
    };
    for event in history {
        views.fold(event);
    }
    views.tasks.into_values().collect()
}

struct Views {
    tasks: BTreeMap<FrameId, TaskView>,
    /// The activations of undos, below which everything is part of one.
    undos: Vec<FrameId>,
    /// The loops whose iterations are activations, and those iterations: they are no tasks.
    gathering: BTreeSet<FrameId>,
    iterations: BTreeMap<FrameId, FrameId>,
    next: u32,
}

impl Views {
    fn fold(&mut self, event: &HistoryEvent) {
        match &event.fact {
            Fact::TaskStarted(task) => {
                let frame = self.open();
                let parent = self.iterations.get(&task.parent).copied().unwrap_or(task.parent);
                let undo = self.undos.contains(&parent) || self.tasks.get(&parent).is_some_and(|p| p.undo);
                if matches!(task.begun, Begun::Gather { .. }) {
                    self.gathering.insert(frame);
                }
                let view = TaskView {
                    frame,
                    parent,
                    task: Arc::clone(&task.place.task),
                    iteration: task.place.iteration.to_string(),
                    undo: undo || task.slot == Slot::Undo,
                    status: "running",
                    attempts: 0,
                    started_at: event.at,
                    ended_at: None,
                    input: task.input.clone(),
                    output: None,
                    error: None,
                };
                self.tasks.insert(frame, view);
            }
            Fact::UndoStarted { .. } => {
                let frame = self.open();
                self.undos.push(frame);
            }
            Fact::IterationStarted { frame, .. } => {
                if self.gathering.contains(frame) {
                    let iteration = self.open();
                    self.iterations.insert(iteration, *frame);
                }
            }
            Fact::AttemptStarted(attempt) => self.change(attempt.frame, |view| {
                view.attempts = attempt.attempt;
                view.status = "running";
            }),
            Fact::TaskUncertain { frame, .. } => self.change(*frame, |view| view.status = "uncertain"),
            Fact::TaskCompleted { frame, output, .. } => self.change(*frame, |view| {
                (view.status, view.ended_at, view.output) =
                    ("completed", Some(event.at), Some(output.clone()));
            }),
            Fact::TaskFaulted { frame, error, .. } => self.change(*frame, |view| {
                (view.status, view.ended_at, view.error) = ("faulted", Some(event.at), Some(error.clone()));
            }),
            Fact::TaskCancelled { frame, .. } => self.change(*frame, |view| {
                (view.status, view.ended_at) = ("cancelled", Some(event.at));
            }),
            Fact::Terminated { .. } => {
                for view in self.tasks.values_mut().filter(|view| view.ended_at.is_none()) {
                    (view.status, view.ended_at) = ("cancelled", Some(event.at));
                }
            }
            Fact::Started(_)
            | Fact::Released(_)
            | Fact::TaskSkipped { .. }
            | Fact::TaskRetried { .. }
            | Fact::Resolved { .. }
            | Fact::IterationEnded { .. }
            | Fact::LoopClosed { .. }
            | Fact::ExtensionAdvanced { .. }
            | Fact::TryRetried { .. }
            | Fact::TryStarted { .. }
            | Fact::ErrorCaught { .. }
            | Fact::Interrupted { .. }
            | Fact::CancelRequested { .. }
            | Fact::CompensationStarted(_)
            | Fact::UndoRetried { .. }
            | Fact::UndoResumed { .. }
            | Fact::UndoCompleted { .. }
            | Fact::UndoFailed { .. }
            | Fact::UndoSkipped { .. }
            | Fact::CompensationTimedOut { .. }
            | Fact::CompensationCompleted { .. }
            | Fact::CompensationFailed { .. }
            | Fact::Completed { .. }
            | Fact::Faulted { .. }
            | Fact::Cancelled
            | Fact::SignalReceived { .. }
            | Fact::EventConsumed(_)
            | Fact::ItemCompleted { .. }
            | Fact::ProbeScheduled { .. }
            | Fact::ProbeStarted { .. }
            | Fact::ProbeEnded { .. }
            | Fact::AttributesSet { .. }
            | Fact::ChildStarted { .. }
            | Fact::ChildRefused { .. }
            | Fact::ChildEnded { .. }
            | Fact::BecameChild(_)
            | Fact::ParentTold { .. }
            | Fact::UnwindRequested(_)
            | Fact::Queued { .. } => {}
        }
    }

    /// Activations are numbered in the order of the facts that open them.
    fn open(&mut self) -> FrameId {
        let frame = FrameId(self.next);
        self.next += 1;
        frame
    }

    fn change(&mut self, frame: FrameId, change: impl FnOnce(&mut TaskView)) {
        if let Some(view) = self.tasks.get_mut(&frame) {
            change(view);
        }
    }
}
