//! What parents and children owe each other in a given state: the errands that are open, and what a child keeps for
//! its parent after its end.
//!
//! Deliberately absent: decisions (`child`), and changes (`apply`).

use super::effect::{ChildStart, Errand, ErrandId, ErrandKind, FrameId, Word};
use super::frame::{ChildPhase, ChildState, Frame, State, UndoPhase};
use super::history::Parent;
use super::input::{Actor, ChildEnd, ChildResult, Input, Start, Unwind};
use super::log::Log;
use super::state::{End, Execution};
use super::undo::Undoable;
use std::sync::Arc;
use tenure_dsl::error::Error;
use tenure_dsl::json::Json;
use tenure_types::{CompensationStatus, ExecutionId, Status};

/// What a parent has yet to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Report {
    /// How its child ended.
    Ended,
    /// How its child was undone.
    Undone {
        /// The parent's undo.
        frame: FrameId,
    },
}

/// What an awaited child that has ended keeps, so that it can be undone.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Retained {
    pub(super) log: Log<Undoable>,
    pub(super) input: Json,
}

/// The error that a child faulted with.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ChildFault {
    pub(super) child: ExecutionId,
    pub(super) error: Error,
}

impl ChildFault {
    /// Whether an error of the parent is this one, lifted.
    fn is_cause_of(&self, error: &Error) -> bool {
        let Error { kind, status, title, detail, instance: _ } = error;
        *kind == self.error.kind
            && *status == self.error.status
            && *title == self.error.title
            && *detail == self.error.detail
    }
}

impl Frame {
    /// The child that must undo what it did, as long as it has not.
    pub(super) fn child_to_undo(&self) -> Option<ExecutionId> {
        let undo = self.undo_state()?;
        match undo.phase {
            UndoPhase::Body => undo.entry.child,
            UndoPhase::Backoff { .. } | UndoPhase::Incident { .. } => None,
        }
    }
}

impl Execution {
    /// Whose child it is.
    pub fn parent(&self) -> Option<&Parent> {
        self.parent.as_deref()
    }

    /// How many ancestors it has.
    pub(super) fn depth(&self) -> u32 {
        self.parent.as_ref().map_or(0, |parent| parent.depth)
    }

    /// The parent's activation that the parent has yet to be told about.
    pub(super) fn reports_on(&self) -> Option<FrameId> {
        match self.report? {
            Report::Ended => self.parent.as_ref().map(|parent| parent.frame),
            Report::Undone { frame } => Some(frame),
        }
    }

    /// Whether something is under way that its status does not tell of: a word to a parent or a child, or the undoing
    /// of what it did before its end.
    pub(super) fn owing(&self) -> bool {
        self.end.is_some() && !self.frames.is_empty()
            || self.report.is_some()
            || self.frames.values().any(|frame| kind_of_errand(frame).is_some())
    }

    /// The open errands, in the order of their ids.
    pub(super) fn errands(&self) -> Vec<Errand> {
        let own = self.frames.values().filter_map(|frame| self.errand_of(frame));
        let mut errands: Vec<Errand> = own.chain(self.report()).collect();
        errands.sort_by_key(|errand| errand.id);
        errands
    }

    fn errand_of(&self, frame: &Frame) -> Option<Errand> {
        let kind = kind_of_errand(frame)?;
        let (to, word) = match (&frame.state, kind) {
            (State::Child(child), ErrandKind::Start) => {
                (child.request.child, Word::Start(Box::new(self.start_of(frame, child))))
            }
            (State::Child(child), _) => (child.request.child, Word::Tell(Box::new(self.end_of_child()))),
            (_, _) => (frame.child_to_undo()?, Word::Tell(Box::new(self.unwind_of(frame)?))),
        };
        Some(Errand { id: ErrandId { frame: frame.id, kind }, to, word })
    }

    fn start_of(&self, frame: &Frame, child: &ChildState) -> ChildStart {
        let request = &child.request;
        let parent = Parent {
            execution: self.id,
            frame: frame.id,
            task: Arc::clone(&frame.place.task),
            awaited: child.awaited,
            depth: self.depth() + 1,
        };
        let start = Start {
            input: request.input.clone(),
            key: None,
            correlation_id: Arc::clone(self.correlation_id()),
            labels: vec![],
            start_at: None,
            signal: None,
            by: self.started_by().clone(),
            parent: Some(Box::new(parent)),
        };
        let (namespace, name) = (Arc::clone(&request.namespace), Arc::clone(&request.name));
        ChildStart { namespace, name, version: request.version.clone(), start }
    }

    /// A child is ended as its parent is: at once when that was terminated, in order otherwise. Nothing is undone here:
    /// that is for the parent's unwinding to ask for, in its turn.
    fn end_of_child(&self) -> Input {
        let reason = |what: &str| Some(format!("the parent `{}` {what}", self.id).into());
        if let Some(End { terminated_by: Some(by), .. }) = self.end.as_deref() {
            return Input::Terminate { reason: reason("was terminated"), by: by.clone() };
        }
        let by = self.cancel.as_ref().map_or_else(Actor::engine, |cancel| cancel.by.clone());
        Input::Cancel { compensate: false, reason: reason("waits for it no more"), by }
    }

    fn unwind_of(&self, frame: &Frame) -> Option<Input> {
        let undo = frame.undo_state()?;
        let (reason, error) = (undo.reason, undo.error.clone());
        Some(Input::Unwind(Box::new(Unwind { parent: self.id, frame: frame.id, reason, error })))
    }

    fn report(&self) -> Option<Errand> {
        let (report, parent) = (self.report?, self.parent.as_ref()?);
        let frame = self.reports_on()?;
        let word = match report {
            Report::Ended => Input::ChildEnded(Box::new(self.child_end(parent)?)),
            Report::Undone { .. } => {
                let failed = self.compensation == CompensationStatus::Failed;
                Input::ChildUndone { frame, child: self.id, failed }
            }
        };
        let id = ErrandId { frame, kind: ErrandKind::Report };
        Some(Errand { id, to: parent.execution, word: Word::Tell(Box::new(word)) })
    }

    fn child_end(&self, parent: &Parent) -> Option<ChildEnd> {
        let end = self.end.as_ref()?;
        let result = match end.status {
            Status::Completed => ChildResult::Completed { output: end.output.clone()? },
            Status::Faulted => ChildResult::Faulted { error: end.error.clone()? },
            Status::Cancelled => ChildResult::Cancelled,
            Status::Terminated => ChildResult::Terminated,
            Status::Pending | Status::Running | Status::Waiting | Status::Suspended => return None,
        };
        Some(ChildEnd {
            frame: parent.frame,
            child: self.id,
            definition: self.definition().clone(),
            digest: self.digest(),
            result,
            undoable: !self.retained.log.is_empty(),
        })
    }

    /// The child that the execution's error was lifted from, and its failing task.
    pub fn faulted_child(&self) -> Option<(ExecutionId, Option<&str>)> {
        let fault = self.cause_in_child(self.error()?)?;
        Some((fault.child, fault.error.instance.as_deref()))
    }

    fn cause_in_child(&self, error: &Error) -> Option<&ChildFault> {
        let fault = self.child_faults.get(error.instance.as_deref()?)?;
        fault.is_cause_of(error).then_some(fault)
    }

    /// An error as expressions and clients see it: one that was lifted from a child says from which, and from where in
    /// it.
    pub(super) fn described(&self, error: &Error) -> Json {
        let json = error.to_json();
        let Some(fault) = self.cause_in_child(error) else { return json };
        let id = Json::string(&fault.child.to_string());
        let task = fault.error.instance.as_deref().map_or_else(Json::null, Json::string);
        let child = Json::object([("id", id), ("task", task)]);
        let members = json.entries().unwrap_or_default().into_iter();
        Json::object(members.chain([("child".into(), child)]))
    }
}

/// What an activation wants of a child.
fn kind_of_errand(frame: &Frame) -> Option<ErrandKind> {
    match &frame.state {
        State::Child(child) => match child.phase {
            ChildPhase::Starting => Some(ErrandKind::Start),
            ChildPhase::Running if frame.ending.is_some() => Some(ErrandKind::End),
            ChildPhase::Running | ChildPhase::Over => None,
        },
        State::Undo(_) => frame.child_to_undo().map(|_| ErrandKind::Undo),
        State::Instant
        | State::List(_)
        | State::For(_)
        | State::Fork(_)
        | State::Try(_)
        | State::Wait { .. }
        | State::Call(_)
        | State::Compensate
        | State::Emit(_)
        | State::Listen(_)
        | State::Gather(_)
        | State::Iteration(_)
        | State::Function(_)
        | State::Extended(_) => None,
    }
}
