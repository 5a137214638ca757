//! What an activation leaves behind when it ends: its output, and what can be undone.

use super::super::effect::FrameId;
use super::super::frame::{ForState, Frame, Gathered, ROOT, State, TryPhase};
use super::super::history::Slot;
use super::super::log::Log;
use super::super::state::Execution;
use super::super::task::listen;
use super::super::undo::{Entry, Undoable};
use std::sync::Arc;
use tenure_dsl::json::Json;
use tenure_dsl::program::UndoOn;
use tenure_types::ExecutionId;

impl Execution {
    /// Takes an activation out of the tree, and what can be undone of it into its parent's log.
    pub(super) fn close(&mut self, id: FrameId, output: Option<&Json>, executed: bool) {
        let frame = self.frame(id);
        assert!(frame.drained(), "an activation ends after what is in it");
        let logged = self.logged(frame, output, executed);
        let (parent, slot) = (frame.parent, frame.slot);
        self.frames.remove(&id);
        let parent = self.frame_mut(parent);
        parent.children -= 1;
        if let Some(output) = output {
            end_slot(parent, slot, output);
        }
        if slot == Slot::Probe {
            // What asks changes nothing: there is nothing to undo.
            return;
        }
        let log = match &mut parent.state {
            State::Undo(_) => return,
            State::Try(state) if slot == Slot::Handler => &mut state.handler_log,
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
            | State::Child(_) => &mut parent.log,
        };
        for item in logged {
            log.push(item);
        }
    }

    /// What an activation leaves in its parent's log: its own entry below what it has logged itself. A composite that
    /// completed and has an undo of its own replaces what is in it.
    fn logged(&self, frame: &Frame, output: Option<&Json>, executed: bool) -> Vec<Undoable> {
        let own = frame.undo.filter(|on| match on {
            UndoOn::Completed => executed,
            UndoOn::Attempted => true,
        });
        let replaced = own.is_some() && output.is_some();
        // What a child did is undone by the child, unless the task says how it is undone.
        let child = frame.child().filter(|child| child.undoable).map(|child| child.request.child);
        let entry = match (own, child) {
            (Some(_), _) => Some(self.entry(frame, output, None)),
            (None, Some(child)) => Some(self.entry(frame, output, Some(child))),
            (None, None) => None,
        };
        let entry = entry.map(|entry| Undoable::Entry(Arc::new(entry)));
        let inner = if replaced { None } else { inner_log(frame) };
        match (entry, inner) {
            (Some(entry), Some(inner)) => vec![Undoable::Sequence([entry, inner].into_iter().collect())],
            (entry, inner) => entry.into_iter().chain(inner).collect(),
        }
    }

    fn entry(&self, frame: &Frame, output: Option<&Json>, child: Option<ExecutionId>) -> Entry {
        Entry {
            frame: frame.id,
            place: frame.place.clone(),
            input: frame.input.clone(),
            output: output.cloned().unwrap_or_default(),
            context: self.context.clone(),
            variables: self.variables(frame.parent),
            started_seq: frame.started_seq,
            key: frame.call().map(|call| call.key),
            child,
        }
    }

    /// The variables of the loops and handlers from this activation outwards, as far as its function goes; of equal names
    /// the innermost is first.
    fn variables(&self, from: FrameId) -> Vec<(Arc<str>, Json)> {
        let mut found = vec![];
        let mut id = from;
        while id != ROOT {
            let frame = self.frame(id);
            match &frame.state {
                State::For(state) => found.extend(for_variables(state)),
                State::Listen(_) => found.extend(listen::variables(frame)),
                State::Iteration(state) => found.extend([
                    (Arc::clone(&state.each), state.item.clone()),
                    (Arc::clone(&state.at), Json::number(i64::from(state.index))),
                ]),
                State::Try(state) => {
                    if let TryPhase::Handler { error } = &state.phase {
                        found.push((Arc::clone(&state.variable), self.described(error)));
                    }
                }
                State::Function(_) => break,
                State::Extended(_)
                | State::Instant
                | State::List(_)
                | State::Gather(_)
                | State::Fork(_)
                | State::Wait { .. }
                | State::Call(_)
                | State::Compensate
                | State::Emit(_)
                | State::Child(_)
                | State::Undo(_) => {}
            }
            id = frame.parent;
        }
        found
    }
}

/// The variables of a loop.
fn for_variables(state: &ForState) -> Vec<(Arc<str>, Json)> {
    let Some(index) = state.index else { return vec![] };
    let item = state.items[index as usize].clone();
    vec![(Arc::clone(&state.each), item), (Arc::clone(&state.at), Json::number(i64::from(index)))]
}

/// The log of a list.
pub(super) fn log_mut(frame: &mut Frame, slot: Slot) -> &mut Log<Undoable> {
    match &mut frame.state {
        State::Try(state) if slot == Slot::Handler => &mut state.handler_log,
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
        | State::Undo(_) => &mut frame.log,
    }
}

/// What a composite has logged, as one item. Iterations are undone from the last to the first, also those that ran
/// side by side: the limit that they ran under protects somebody, and an unwinding knows no limit but one at a time.
pub(super) fn inner_log(frame: &Frame) -> Option<Undoable> {
    if let State::Gather(state) = &frame.state {
        let mut ended: Vec<&Gathered> = state.ended.iter().collect();
        ended.sort_by_key(|iteration| iteration.index);
        return Undoable::group(ended.into_iter().filter_map(|one| one.undo.clone()).collect(), false);
    }
    let mut log = frame.log.clone();
    if let State::Try(state) = &frame.state {
        state.handler_log.in_order().into_iter().for_each(|item| log.push(item));
    }
    Undoable::group(log, matches!(frame.state, State::Fork(_)))
}

pub(super) fn end_slot(parent: &mut Frame, slot: Slot, output: &Json) {
    if let (State::Fork(fork), Slot::Branch(branch)) = (&mut parent.state, slot) {
        fork.outputs[branch as usize] = Some(output.clone());
    } else if let Some(list) = parent.list_mut() {
        list.data = output.clone();
    }
}
