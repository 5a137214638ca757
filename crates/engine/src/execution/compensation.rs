//! Unwinding: running the undos of what has completed, each at most once, in reverse order.
//!
//! An unwinding belongs to the activation that asked for it: the root, a `call: compensate`, a `fork` that has a
//! winner. Its undos are ordinary tasks below an activation of their own; nothing interrupts them but their budget.

use super::command;
use super::dataflow;
use super::effect::FrameId;
use super::env::Scope;
use super::frame::{Frame, ROOT, State, UndoPhase, UndoState};
use super::history::{AfterUndoFailure, CompensationStarted, Ending, Fact, Reason, SkipReason, Slot, Target};
use super::input::{Actor, Rejected, Resolution};
use super::interrupt;
use super::limits::UNDO_RETRIES_MAX;
use super::retry::{self, Question};
use super::step::{Reach, Turn};
use super::undo::{Entry, Unwinding};
use std::collections::BTreeSet;
use std::sync::Arc;
use tenure_dsl::error::Error;
use tenure_dsl::program::{OnUndoFailure, Undo, UndoOrder};
use tenure_types::Timestamp;

/// Begins an unwinding. What it takes must not be empty.
pub(super) fn start(turn: &mut Turn<'_>, id: FrameId, target: Target, reason: Reason, error: Option<Error>) {
    let policy = &turn.def.program.compensation;
    let budget = policy.timeout.as_ref().and_then(|after| {
        let scope = Scope::inside(turn, id);
        // A budget that cannot be computed is none: an undo must not be lost to a wrong expression.
        dataflow::span(after, &turn.exec.frame(ROOT).input, &scope, "compensation.timeout").ok()
    });
    let started = CompensationStarted {
        frame: id,
        place: turn.exec.frame(id).place.clone(),
        target,
        sequential: policy.order == UndoOrder::Sequential,
        reason,
        error,
        deadline: budget.map(|ms| turn.now.at.plus_ms(ms)),
    };
    turn.record(Fact::CompensationStarted(Box::new(started)));
    advance(turn, id);
}

/// Starts every undo whose turn it is; ends the unwinding when nothing is left.
fn advance(turn: &mut Turn<'_>, owner: FrameId) {
    while let Some(entry) = next(turn, owner) {
        begin(turn, owner, &entry);
    }
    let frame = turn.exec.frame(owner);
    let Some(unwinding) = &frame.unwinding else { return };
    if frame.children == 0 && (unwinding.plan.is_none() || unwinding.stopped) {
        end(turn, owner);
    }
}

/// An entry whose turn it is and that does not run yet.
fn next(turn: &Turn<'_>, owner: FrameId) -> Option<Arc<Entry>> {
    let unwinding = turn.exec.frame(owner).unwinding.as_ref()?;
    if unwinding.stopped {
        return None;
    }
    let mut ready = vec![];
    unwinding.plan.iter().for_each(|plan| plan.ready(&mut ready));
    let running: BTreeSet<FrameId> = undos(turn, owner).map(|(_, undo)| undo.entry.frame).collect();
    ready.into_iter().find(|entry| !running.contains(&entry.frame))
}

/// The undos that run under an unwinding.
fn undos<'t>(turn: &'t Turn<'_>, owner: FrameId) -> impl Iterator<Item = (FrameId, &'t UndoState)> {
    let own = move |frame: &'t Arc<Frame>| frame.parent == owner && frame.slot == Slot::Undo;
    turn.exec
        .frames
        .values()
        .filter(move |frame| own(frame))
        .filter_map(|frame| Some((frame.id, frame.undo_state()?)))
}

fn begin(turn: &mut Turn<'_>, owner: FrameId, entry: &Entry) {
    let id = command::next_frame(turn);
    turn.record(Fact::UndoStarted { owner, entry: entry.frame, place: entry.place.clone() });
    // There are only so many entries: a long unwinding is no endless loop.
    turn.begin_count();
    run(turn, id);
}

/// Queues the list of an undo, unless its guard says that there is nothing to undo.
fn run(turn: &mut Turn<'_>, id: FrameId) {
    let entry = Arc::clone(&undo_of(turn.exec.frame(id)).entry);
    if entry.child.is_some() {
        // The child undoes itself: that it has yet to is what this state says.
        return;
    }
    let undo = declared(turn, id);
    let guard = undo.when.as_ref();
    let scope = Scope::inside(turn, id);
    match guard.map_or(Ok(true), |guard| dataflow::holds(guard, &entry.output, &scope, "compensate.when")) {
        Ok(true) => turn.begin_list(id, Slot::Body, undo.body),
        Ok(false) => {
            turn.record(Fact::UndoSkipped { frame: id, place: entry.place.clone(), why: SkipReason::Guard });
        }
        Err(error) => failed(turn, id, error.at(&entry.place.task)),
    }
}

fn declared<'a>(turn: &Turn<'a>, undo: FrameId) -> &'a Undo {
    let node = turn.node_of(undo);
    turn.node(node).undo.as_ref().expect("an entry names a task that can be undone")
}

/// The list of an undo has come to its end.
pub(super) fn undone(turn: &mut Turn<'_>, id: FrameId) {
    let frame = turn.exec.frame(id);
    let (owner, place) = (frame.parent, frame.place.clone());
    turn.record(Fact::UndoCompleted { frame: id, place });
    advance(turn, owner);
}

/// The list of an undo has faulted: it is tried again, or has failed for good.
pub(super) fn undo_faulted(turn: &mut Turn<'_>, id: FrameId, error: Error) {
    let owner = turn.exec.frame(id).parent;
    failed(turn, id, error);
    advance(turn, owner);
}

/// A child has not undone what it did. It has tried as often as its definition says: to try again is for an operator.
pub(super) fn child_not_undone(turn: &mut Turn<'_>, id: FrameId, error: Error) {
    let frame = turn.exec.frame(id);
    let (owner, error) = (frame.parent, error.at(&frame.place.task));
    failed_for_good(turn, id, error);
    advance(turn, owner);
}

fn failed(turn: &mut Turn<'_>, id: FrameId, error: Error) {
    let place = turn.exec.frame(id).place.clone();
    match again(turn, id, &error) {
        Ok(Some(due)) => {
            let retry = undo_of(turn.exec.frame(id)).retries + 1;
            turn.record(Fact::UndoRetried { frame: id, place, retry, error, due });
        }
        Ok(None) => failed_for_good(turn, id, error),
        Err(error) => failed_for_good(turn, id, error.at(&place.task)),
    }
}

/// When a failed undo is tried again.
fn again(turn: &Turn<'_>, id: FrameId, error: &Error) -> Result<Option<Timestamp>, Error> {
    let frame = turn.exec.frame(id);
    let unwinding = unwinding_of(turn, frame.parent);
    if unwinding.stopped || unwinding.timed_out {
        return Ok(None);
    }
    let state = undo_of(frame);
    let noise = retry::noise(turn.exec.id(), id.0, state.retries);
    let now = turn.now.at;
    let due = match &declared(turn, id).retry {
        Some(policy) => {
            let extra = [("error".into(), turn.exec.described(error))];
            let scope = Scope::inside(turn, id).extra(&extra);
            let question = Question { policy, retries: state.retries, since: state.since, now, noise };
            question.next(&state.entry.output, &scope)?
        }
        None if unwinding.deadline.is_none() && state.retries >= UNDO_RETRIES_MAX => None,
        None => Some(now.plus_ms(retry::undo_delay_ms(state.retries, noise))),
    };
    Ok(due.filter(|due| unwinding.deadline.is_none_or(|deadline| *due < deadline)))
}

fn failed_for_good(turn: &mut Turn<'_>, id: FrameId, error: Error) {
    let frame = turn.exec.frame(id);
    let unwinding = unwinding_of(turn, frame.parent);
    let then = match turn.def.program.compensation.on_failure {
        _ if unwinding.stopped => AfterUndoFailure::Continue,
        OnUndoFailure::Suspend => AfterUndoFailure::Suspend,
        OnUndoFailure::Continue if unwinding.timed_out => AfterUndoFailure::Stop,
        OnUndoFailure::Continue => AfterUndoFailure::Continue,
        OnUndoFailure::Fault => AfterUndoFailure::Stop,
    };
    let place = frame.place.clone();
    turn.record(Fact::UndoFailed { frame: id, place, error, then });
}

/// The wait before the next try of an undo is over.
pub(super) fn resume(turn: &mut Turn<'_>, id: FrameId) {
    let frame = turn.exec.frame(id);
    let (owner, place) = (frame.parent, frame.place.clone());
    turn.record(Fact::UndoResumed { frame: id, place });
    run(turn, id);
    advance(turn, owner);
}

/// An operator settles a failed undo.
pub(super) fn resolve(
    turn: &mut Turn<'_>,
    id: FrameId,
    resolution: &Resolution,
    by: Actor,
) -> Result<(), Rejected> {
    let frame = turn.exec.frame(id);
    let (owner, place) = (frame.parent, frame.place.clone());
    let resolved = Fact::Resolved { frame: id, place, resolution: resolution.clone(), by };
    match resolution {
        Resolution::Complete { .. } => {
            return Err(Rejected::Conflict("a failed undo has no output: retry it, skip it or fail".into()));
        }
        Resolution::Retry => {
            turn.record(resolved);
            run(turn, id);
            advance(turn, owner);
        }
        Resolution::Skip | Resolution::Fail { .. } => {
            turn.record(resolved);
            advance(turn, owner);
        }
    }
    Ok(())
}

/// The budget of an unwinding is used up: every undo that runs has failed.
pub(super) fn timed_out(turn: &mut Turn<'_>, owner: FrameId) {
    let place = turn.exec.frame(owner).place.clone();
    turn.record(Fact::CompensationTimedOut { frame: owner, place });
    let running: Vec<FrameId> = undos(turn, owner)
        .filter(|(_, undo)| match undo.phase {
            UndoPhase::Body | UndoPhase::Backoff { .. } => true,
            UndoPhase::Incident { .. } => false,
        })
        .map(|(id, _)| id)
        .collect();
    for id in running {
        let error = Error::timeout("the unwinding took longer than `compensation.timeout`");
        let error = error.at(&turn.exec.frame(id).place.task);
        interrupt::break_off(turn, id, Ending::UndoFault { error }, None);
    }
}

/// What ran in an undo has ended because the unwinding has no time left.
pub(super) fn out_of_time(turn: &mut Turn<'_>, id: FrameId, error: Error) {
    let owner = turn.exec.frame(id).parent;
    failed_for_good(turn, id, error);
    advance(turn, owner);
}

fn end(turn: &mut Turn<'_>, owner: FrameId) {
    let frame = turn.exec.frame(owner);
    let place = frame.place.clone();
    let unwinding = Arc::clone(frame.unwinding.as_ref().expect("the activation unwinds"));
    turn.record(if unwinding.failed() || unwinding.stopped {
        Fact::CompensationFailed { frame: owner, place }
    } else {
        Fact::CompensationCompleted { frame: owner, place }
    });
    if owner == ROOT {
        return command::unwound(turn, unwinding.reason, unwinding.error.clone());
    }
    let wanted = match &turn.exec.frame(owner).ending {
        None | Some(Ending::Complete { .. }) => true,
        Some(
            Ending::Cancelled
            | Ending::Fault { .. }
            | Ending::Catch { .. }
            | Ending::UndoFault { .. }
            | Ending::Answered { .. }
            | Ending::Refused { .. },
        ) => false,
    };
    if unwinding.stopped && wanted {
        let error = Error::runtime("the unwinding was given up: see its entries");
        return interrupt::break_off(turn, owner, Ending::Fault { error, catchable: true }, None);
    }
    let frame = turn.exec.frame(owner);
    match &frame.state {
        _ if frame.ending.is_some() => interrupt::settle(turn, owner),
        State::Compensate => {
            let input = frame.input.clone();
            turn.finish(owner, input, None);
        }
        State::Instant
        | State::List(_)
        | State::For(_)
        | State::Gather(_)
        | State::Iteration(_)
        | State::Function(_)
        | State::Extended(_)
        | State::Fork(_)
        | State::Try(_)
        | State::Wait { .. }
        | State::Call(_)
        | State::Emit(_)
        | State::Listen(_)
        | State::Child(_)
        | State::Undo(_) => {
            turn.fault(owner, Error::runtime("nothing waited for the unwinding"), Reach::Root, false);
        }
    }
}

fn undo_of(frame: &Frame) -> &UndoState {
    frame.undo_state().expect("the activation is an undo")
}

fn unwinding_of<'t>(turn: &'t Turn<'_>, owner: FrameId) -> &'t Unwinding {
    turn.exec.frame(owner).unwinding.as_deref().expect("an undo runs in an unwinding")
}
