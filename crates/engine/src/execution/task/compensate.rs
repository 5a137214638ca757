//! `call: compensate`: undoes what the enclosing `try`, or an earlier task of the same list, has done; then the flow
//! goes on.

use super::super::compensation;
use super::super::effect::FrameId;
use super::super::frame::{ROOT, State, TryPhase};
use super::super::history::{Begun, Reason, Slot, Target};
use super::super::log::Log;
use super::super::step::{Reach, Turn};
use super::super::undo::Undoable;
use super::Next;
use tenure_dsl::error::Error;
use tenure_dsl::program::{CompensateCall, CompensateTarget};

pub(super) fn prepare() -> (Begun, Next) {
    (Begun::Compensate, Next::Own)
}

/// Begins the unwinding, or passes on when there is nothing to undo.
pub(super) fn run(turn: &mut Turn<'_>, id: FrameId, call: &CompensateCall) {
    let handled = handling_try(turn, id);
    let (target, empty) = match call.target {
        CompensateTarget::EnclosingTry => {
            let Some((guarded, _)) = &handled else {
                let error = Error::configuration("`call: compensate` is in no `catch.do`");
                return turn.fault(id, error, Reach::Catchable, false);
            };
            (Target::Try(*guarded), turn.exec.frame(*guarded).log.is_empty())
        }
        CompensateTarget::Sibling(node) => {
            let task = turn.node(node).task.clone();
            let frame = turn.exec.frame(id);
            let (owner, slot) = (frame.parent, frame.slot);
            let empty = !log(turn, owner, slot).iter().any(|item| item.belongs_to(&task));
            (Target::Task { owner, task, slot }, empty)
        }
    };
    if empty {
        let input = turn.exec.frame(id).input.clone();
        return turn.finish(id, input, None);
    }
    let error = handled.map(|(_, error)| error);
    compensation::start(turn, id, target, Reason::Explicit, error);
}

/// The `try` whose `catch.do` holds the call, and what it caught.
fn handling_try(turn: &Turn<'_>, id: FrameId) -> Option<(FrameId, Error)> {
    let mut id = id;
    while id != ROOT {
        let frame = turn.exec.frame(id);
        let parent = turn.exec.frame(frame.parent);
        if let (State::Try(state), Slot::Handler) = (&parent.state, frame.slot)
            && let TryPhase::Handler { error } = &state.phase
        {
            return Some((parent.id, error.clone()));
        }
        id = frame.parent;
    }
    None
}

fn log<'t>(turn: &'t Turn<'_>, owner: FrameId, slot: Slot) -> &'t Log<Undoable> {
    let frame = turn.exec.frame(owner);
    match &frame.state {
        State::Try(state) if slot == Slot::Handler => &state.handler_log,
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
        | State::Call(_)
        | State::Compensate
        | State::Emit(_)
        | State::Listen(_)
        | State::Child(_)
        | State::Undo(_) => &frame.log,
    }
}
