//! What an execution hears of its child, and what a child hears of its parent.
//!
//! Each word may come twice, late, or in another order than it was sent: what does not fit the state changes nothing.
//! Deliberately absent: what is open in a state (`family`), and how a word finds its way.

use super::compensation;
use super::effect::FrameId;
use super::family::Report;
use super::frame::{ChildPhase, ChildState, ROOT};
use super::history::{Ending, Fact, Target, UnwindRequested};
use super::input::{ChildEnd, ChildRefusal, ChildResult, Unwind};
use super::interrupt;
use super::step::{Reach, Turn};
use std::sync::Arc;
use tenure_dsl::error::Error;
use tenure_types::{DefinitionId, Digest, ExecutionId, Status};

/// The task's child, unless nothing more is expected of it.
fn expected<'t>(turn: &'t Turn<'_>, id: FrameId) -> Option<&'t ChildState> {
    let child = turn.exec.frames.get(&id)?.child()?;
    (child.phase != ChildPhase::Over).then_some(child)
}

/// The start of a child is durable.
pub(super) fn started(turn: &mut Turn<'_>, id: FrameId, definition: DefinitionId, digest: Digest) {
    let Some(child) = expected(turn, id).filter(|child| child.phase == ChildPhase::Starting) else { return };
    let awaited = child.awaited;
    note_start(turn, id, definition, digest);
    if awaited {
        return;
    }
    let frame = turn.exec.frame(id);
    if frame.ending.is_some() {
        return interrupt::settle(turn, id);
    }
    let input = frame.input.clone();
    turn.finish(id, input, None);
}

fn note_start(turn: &mut Turn<'_>, id: FrameId, definition: DefinitionId, digest: Digest) {
    let frame = turn.exec.frame(id);
    let place = frame.place.clone();
    let child = frame.child().expect("the activation runs a child").request.child;
    turn.record(Fact::ChildStarted { frame: id, place, child, definition, digest });
}

/// There will be no child.
pub(super) fn refused(turn: &mut Turn<'_>, id: FrameId, why: ChildRefusal) {
    let Some(child) = expected(turn, id).filter(|child| child.phase == ChildPhase::Starting) else { return };
    let request = Arc::clone(&child.request);
    let place = turn.exec.frame(id).place.clone();
    let error = refusal(&request.to_string(), why).at(&place.task);
    turn.record(Fact::ChildRefused { frame: id, place, child: request.child, error: error.clone() });
    if turn.exec.end.is_some() {
        return;
    }
    if turn.exec.frame(id).ending.is_some() {
        return interrupt::settle(turn, id);
    }
    turn.fault(id, error, Reach::Catchable, false);
}

fn refusal(definition: &str, why: ChildRefusal) -> Error {
    match why {
        ChildRefusal::Unknown => Error::configuration(format!("there is no definition `{definition}`")),
        ChildRefusal::Disabled => {
            Error::configuration(format!("the definition `{definition}` takes no new starts"))
        }
        ChildRefusal::InvalidInput(violations) => {
            let each: Vec<String> =
                violations.iter().map(|(pointer, detail)| format!("`{pointer}` {detail}")).collect();
            Error::validation(format!("`{definition}` refuses its input: {}", each.join("; ")))
        }
        ChildRefusal::Unusable(detail) => {
            Error::configuration(format!("the definition `{definition}` cannot be started: {detail}"))
        }
    }
}

/// A child has ended. Of what it did nothing is lost: what it can undo is the parent's to undo.
pub(super) fn ended(turn: &mut Turn<'_>, end: ChildEnd) {
    let ChildEnd { frame: id, child, definition, digest, result, undoable } = end;
    let Some(known) = expected(turn, id).filter(|known| known.awaited && known.request.child == child) else {
        return;
    };
    if known.phase == ChildPhase::Starting {
        // Its end may be known before the answer to its start is.
        note_start(turn, id, definition, digest);
    }
    let (status, error) = match &result {
        ChildResult::Completed { .. } => (Status::Completed, None),
        ChildResult::Faulted { error } => (Status::Faulted, Some(error.clone())),
        ChildResult::Cancelled => (Status::Cancelled, None),
        ChildResult::Terminated => (Status::Terminated, None),
    };
    let place = turn.exec.frame(id).place.clone();
    turn.record(Fact::ChildEnded { frame: id, place, child, status, error, undoable });
    if turn.exec.end.is_none() {
        go_on(turn, id, child, result);
    }
}

/// The child is over; its task goes on.
fn go_on(turn: &mut Turn<'_>, id: FrameId, child: ExecutionId, result: ChildResult) {
    match (&turn.exec.frame(id).ending, result) {
        // Like a call that is answered within its grace: it was done, and is undone if need be.
        (None | Some(Ending::Cancelled), ChildResult::Completed { output }) => turn.finish(id, output, None),
        (Some(_), _) => interrupt::settle(turn, id),
        (None, ChildResult::Faulted { error }) => {
            turn.fault(id, Error { instance: None, ..error }, Reach::Catchable, false);
        }
        (None, ChildResult::Cancelled) => {
            let error = Error::runtime(format!("the child `{child}` was cancelled"));
            turn.fault(id, error, Reach::Catchable, false);
        }
        (None, ChildResult::Terminated) => {
            let error = Error::runtime(format!("the child `{child}` was terminated"));
            turn.fault(id, error, Reach::Catchable, false);
        }
    }
}

/// A child has undone what it did, or has given up on it.
pub(super) fn undone(turn: &mut Turn<'_>, id: FrameId, child: ExecutionId, failed: bool) {
    if !undoing(turn, id, child) {
        return;
    }
    if failed {
        let error = Error::runtime(format!("the child `{child}` is not undone: see its history"));
        compensation::child_not_undone(turn, id, error);
    } else {
        compensation::undone(turn, id);
    }
}

fn undoing(turn: &Turn<'_>, id: FrameId, child: ExecutionId) -> bool {
    turn.exec.frames.get(&id).and_then(|frame| frame.child_to_undo()) == Some(child)
}

/// The store has no such child any more: nothing will be heard of it.
pub(super) fn gone(turn: &mut Turn<'_>, id: FrameId, child: ExecutionId) {
    if undoing(turn, id, child) {
        let error =
            Error::runtime(format!("the child `{child}` cannot be undone: it is not stored any more"));
        return compensation::child_not_undone(turn, id, error);
    }
    let fits = |known: &&ChildState| known.request.child == child && known.phase == ChildPhase::Running;
    if !expected(turn, id).as_ref().is_some_and(fits) {
        return;
    }
    let place = turn.exec.frame(id).place.clone();
    let (status, error, undoable) = (Status::Terminated, None, false);
    turn.record(Fact::ChildEnded { frame: id, place, child, status, error, undoable });
    if turn.exec.end.is_none() {
        go_on(turn, id, child, ChildResult::Terminated);
    }
}

/// The parent knows what it was to be told.
pub(super) fn told(turn: &mut Turn<'_>, frame: FrameId) {
    if turn.exec.reports_on() == Some(frame) {
        turn.record(Fact::ParentTold { frame });
    }
}

/// The parent unwinds. An execution that is undoing itself, or that has yet to say how that went, does as it was asked.
pub(super) fn unwind(turn: &mut Turn<'_>, asked: Unwind) {
    let Unwind { parent, frame, reason, error } = asked;
    let exec = &turn.exec;
    let own = exec.parent.as_ref().is_some_and(|known| known.execution == parent && known.awaited);
    let busy = !exec.frames.is_empty() || matches!(exec.report, Some(Report::Undone { .. }));
    if !own || busy || exec.end.is_none() {
        return;
    }
    let request = UnwindRequested { frame, reason, error: error.clone() };
    turn.record(Fact::UnwindRequested(Box::new(request)));
    if !turn.exec.frames.is_empty() {
        compensation::start(turn, ROOT, Target::Own, reason, error);
    }
}
