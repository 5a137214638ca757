//! Ending what runs from outside: cancel, a fault beside it, a lost competition, a timeout.
//!
//! An activation that interrupts waits until everything inside it has ended. Calls under way may get a grace to be
//! answered; everything else ends at once. Unwindings are never interrupted: they end in their own time.

use super::attempt;
use super::command;
use super::compensation;
use super::effect::FrameId;
use super::frame::{CallPhase, ROOT, State, TryPhase};
use super::history::{Cause, CauseClass, Ending, Fact};
use super::limits::GRACE_MS;
use super::step::{Reach, Turn};
use super::task;
use tenure_dsl::error::Error;
use tenure_dsl::program::Flow;
use tenure_types::Timestamp;

/// The end of a grace that begins now.
pub(super) fn grace(now: Timestamp) -> Timestamp {
    now.plus_ms(GRACE_MS)
}

/// Ends everything inside an activation, and then the activation itself in the way given.
pub(super) fn break_off(turn: &mut Turn<'_>, id: FrameId, ending: Ending, grace: Option<Timestamp>) {
    let frame = turn.exec.frame(id);
    if frame.drained() {
        return conclude(turn, id, ending);
    }
    let place = frame.place.clone();
    turn.record(Fact::Interrupted { frame: id, place, ending, grace });
    for inside in turn.exec.inside(id).into_iter().rev() {
        let frame = turn.exec.frame(inside);
        let answered_later = grace.is_some() && attempt::open(frame);
        if frame.drained() && !answered_later {
            cancelled(turn, inside, None);
        }
    }
    settle(turn, id);
}

/// An activation whose end was decided ends once nothing is under way in it.
pub(super) fn settle(turn: &mut Turn<'_>, id: FrameId) {
    let frame = turn.exec.frame(id);
    if let Some(ending) = &frame.ending
        && frame.drained()
    {
        let ending = ending.clone();
        conclude(turn, id, ending);
    }
}

fn conclude(turn: &mut Turn<'_>, id: FrameId, ending: Ending) {
    match ending {
        Ending::Cancelled if id == ROOT => command::cancelled(turn),
        Ending::Cancelled => end_cancelled(turn, id, None),
        Ending::Fault { error, catchable } => {
            let reach = if catchable { Reach::Catchable } else { Reach::Root };
            turn.fault(id, error, reach, false);
        }
        Ending::Catch { error } => task::try_::catch(turn, id, error),
        Ending::Complete { output, end, .. } if matches!(turn.exec.frame(id).state, State::Gather(_)) => {
            turn.finish(id, output, end.then_some(Flow::End));
        }
        Ending::Complete { branch, output, end } => task::fork::decided(turn, id, branch, output, end),
        Ending::UndoFault { error } => compensation::out_of_time(turn, id, error),
        Ending::Answered { output } => turn.finish(id, output, None),
        Ending::Refused { error, executed } => turn.fault(id, error, Reach::Catchable, executed),
    }
}

/// An interrupted activation has ended; what waits for it goes on.
pub(super) fn end_cancelled(turn: &mut Turn<'_>, id: FrameId, cause: Option<Cause>) {
    let parent = turn.exec.frame(id).parent;
    cancelled(turn, id, cause);
    settle(turn, parent);
}

/// Records the end of an interrupted activation, and what is not known about its call.
fn cancelled(turn: &mut Turn<'_>, id: FrameId, cause: Option<Cause>) {
    let frame = turn.exec.frame(id);
    let (place, attempt) = (frame.place.clone(), frame.attempt());
    if matches!(frame.state, State::Iteration(_)) {
        turn.record(Fact::IterationEnded { frame: id, place, completed: false });
        return;
    }
    if attempt::open(frame) {
        let cause = cause.unwrap_or_else(|| Cause {
            class: CauseClass::Unknown,
            word: "interrupted".into(),
            detail: "the step was interrupted while its call was under way".into(),
        });
        turn.record(Fact::TaskUncertain { frame: id, place: place.clone(), attempt, cause });
    }
    let frame = turn.exec.frame(id);
    // Whether an event was published whose task is broken off is not known either.
    let executed = frame.call().is_some_and(|call| call.ambiguous) || matches!(frame.state, State::Emit(_));
    turn.record(Fact::TaskCancelled { frame: id, place, executed });
}

/// The time of an activation, or of one try of it, is over.
pub(super) fn timed_out(turn: &mut Turn<'_>, id: FrameId) {
    let frame = turn.exec.frame(id);
    let whole = frame.deadline.is_some_and(|due| due <= turn.now.at);
    let instance = frame.place.task.clone();
    match &frame.state {
        State::Call(_) => attempt::timed_out(turn, id),
        State::Try(state) if !whole && matches!(state.phase, TryPhase::Body) => {
            let error = Error::timeout("one try took longer than `limit.attempt.duration`").at(&instance);
            break_off(turn, id, Ending::Catch { error }, None);
        }
        State::Emit(_) => {
            let error = Error::timeout("the event was not published before the task's `timeout`");
            turn.fault(id, error.at(&instance), Reach::Catchable, true);
        }
        State::Try(_)
        | State::Instant
        | State::List(_)
        | State::For(_)
        | State::Gather(_)
        | State::Iteration(_)
        | State::Function(_)
        | State::Extended(_)
        | State::Fork(_)
        | State::Wait { .. }
        | State::Compensate
        | State::Listen(_)
        | State::Child(_)
        | State::Undo(_) => {
            let error = Error::timeout("the task took longer than its `timeout`").at(&instance);
            break_off(turn, id, Ending::Fault { error, catchable: true }, None);
        }
    }
}

/// A call was not answered within its grace.
pub(super) fn grace_ended(turn: &mut Turn<'_>, id: FrameId) {
    let frame = turn.exec.frame(id);
    match frame.call().map(|call| &call.phase) {
        Some(CallPhase::Open { .. }) => end_cancelled(turn, id, None),
        Some(CallPhase::Ready | CallPhase::Backoff { .. } | CallPhase::Uncertain { .. }) | None => {}
    }
}
