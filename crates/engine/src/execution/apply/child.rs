//! What facts about parents and children change, and what of an execution outlives its end for their sake.

use super::super::effect::FrameId;
use super::super::family::{ChildFault, Report, Retained};
use super::super::frame::{ChildPhase, ChildState, Frame, ROOT, State};
use super::super::history::Ending;
use super::super::state::Execution;
use std::sync::Arc;
use tenure_dsl::error::Error;
use tenure_types::{ExecutionId, Status, TaskRef, Timestamp};

impl Execution {
    fn child_mut(&mut self, id: FrameId) -> &mut ChildState {
        let State::Child(child) = &mut self.frame_mut(id).state else { unreachable!("{id:?} runs a child") };
        child
    }

    pub(super) fn start_child(&mut self, id: FrameId) {
        let child = self.child_mut(id);
        child.phase = if child.awaited { ChildPhase::Running } else { ChildPhase::Over };
    }

    pub(super) fn note_child_fault(&mut self, task: &TaskRef, child: ExecutionId, error: &Error) {
        let fault = ChildFault { child, error: error.clone() };
        Arc::make_mut(&mut self.child_faults).insert(Arc::clone(task), fault);
    }

    /// Nothing more is expected of a child. After the end of its parent nothing else is left of its task either.
    pub(super) fn end_child(&mut self, id: FrameId, undoable: bool) {
        if self.end.is_some() {
            self.frames.remove(&id);
            return;
        }
        let child = self.child_mut(id);
        (child.phase, child.undoable) = (ChildPhase::Over, undoable);
    }

    /// What was kept for the parent is there to be undone; when nothing is, the parent is told so.
    pub(super) fn reopen(&mut self, for_undo: FrameId, at: Timestamp) {
        let Retained { log, input } = std::mem::take(Arc::make_mut(&mut self.retained));
        self.report = None;
        if log.is_empty() {
            self.report = Some(Report::Undone { frame: for_undo });
            return;
        }
        self.unwinds_for = Some(for_undo);
        let root = Frame { log, ..self.root(self.input().clone(), input, None, at) };
        self.frames.insert(ROOT, Arc::new(root));
    }

    /// Keeps what can be undone, for the parent. After a terminate nothing is cleaned up, by nobody.
    pub(super) fn retain(&mut self, status: Status) {
        let Some(root) = self.frames.get(&ROOT).filter(|_| status != Status::Terminated) else { return };
        let (log, input) = (root.log.clone(), root.input.clone());
        if !log.is_empty() {
            self.retained = Arc::new(Retained { log, input });
        }
    }

    /// Nothing is left of the activations but, after a terminate, the children that are waited for: they end too.
    pub(super) fn let_go(&mut self, status: Status) {
        let waits = |frame: &Frame| {
            frame.child().is_some_and(|child| child.awaited && child.phase != ChildPhase::Over)
        };
        self.frames.retain(|_, frame| status == Status::Terminated && waits(frame));
        for frame in self.frames.values_mut() {
            Arc::make_mut(frame).ending = Some(Ending::Cancelled);
        }
    }
}
