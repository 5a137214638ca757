//! What facts about unwindings and their undos change.

use super::super::effect::FrameId;
use super::super::family::Report;
use super::super::frame::{Frame, List, ROOT, State, UndoPhase, UndoState};
use super::super::history::{AfterUndoFailure, CompensationStarted, Fact, Slot, Target};
use super::super::log::Log;
use super::super::state::Execution;
use super::super::undo::{self, Entry, UndoResult, UndoStatus, Undoable, Unwinding};
use super::log::log_mut;
use std::sync::Arc;
use tenure_dsl::error::Error;
use tenure_types::{CompensationStatus, Timestamp};

impl Execution {
    pub(super) fn unwind(&mut self, started: &CompensationStarted) {
        let items = self.take_log(started);
        let plan = Undoable::group(items, parallel(started));
        let plan = if started.sequential { plan.map(|plan| plan.sequential()) } else { plan };
        let frame = self.frame_mut(started.frame);
        frame.unwinding = Some(Arc::new(Unwinding {
            reason: started.reason,
            error: started.error.clone(),
            deadline: started.deadline,
            stopped: false,
            timed_out: false,
            plan,
            results: Log::new(),
        }));
        if started.frame == ROOT {
            self.compensation = CompensationStatus::Running;
        }
    }

    /// Takes what the unwinding is about out of its log.
    fn take_log(&mut self, started: &CompensationStarted) -> Log<Undoable> {
        match &started.target {
            Target::Own => std::mem::take(&mut self.frame_mut(started.frame).log),
            Target::Try(id) => std::mem::take(&mut self.frame_mut(*id).log),
            Target::Task { owner, task, slot } => {
                let log = log_mut(self.frame_mut(*owner), *slot);
                undo::take(log, |item| item.belongs_to(task))
            }
            Target::Losers { winner } => {
                undo::take(&mut self.frame_mut(started.frame).log, |item| !item.belongs_to(winner))
            }
        }
    }

    pub(super) fn open_undo(&mut self, owner: FrameId, entry: FrameId, at: Timestamp) {
        let around = self.frame(owner).attempts_before;
        let unwinding = self.unwinding_mut(owner);
        let entry = ready_entry(unwinding, entry);
        let (reason, error) = (unwinding.reason, unwinding.error.clone());
        let (input, raw, place) = (entry.output.clone(), entry.output.clone(), entry.place.clone());
        let attempts_before = self.undo_attempts.get(&place).copied().unwrap_or(0).max(around);
        let state = State::Undo(UndoState {
            context: entry.context.clone(),
            list: List::new(entry.output.clone()),
            entry,
            phase: UndoPhase::Body,
            retries: 0,
            since: at,
            attempts_before,
            attempts_high: attempts_before,
            reason,
            error,
        });
        self.insert(Frame {
            id: FrameId(self.frames_started),
            parent: owner,
            slot: Slot::Undo,
            place,
            raw,
            input,
            started_at: at,
            started_seq: self.seq,
            deadline: None,
            attempts_before,
            undo: None,
            children: 0,
            ending: None,
            log: Log::new(),
            unwinding: None,
            state,
        });
    }

    pub(super) fn turn_undo(&mut self, fact: &Fact) {
        if let Fact::UndoRetried { frame, retry, due, .. } = fact {
            let undo = self.undo_mut(*frame);
            undo.retries = *retry;
            undo.phase = UndoPhase::Backoff { due: *due };
        } else if let Fact::UndoResumed { frame, .. } = fact {
            restart_undo(self.undo_mut(*frame));
        }
    }

    pub(super) fn fail_undo(&mut self, id: FrameId, error: &Error, then: AfterUndoFailure, at: Timestamp) {
        match then {
            AfterUndoFailure::Suspend => {
                self.frame_mut(id).ending = None;
                self.undo_mut(id).phase = UndoPhase::Incident { error: error.clone(), since: at };
            }
            AfterUndoFailure::Continue => self.close_undo(id, UndoStatus::Failed, Some(error.clone())),
            AfterUndoFailure::Stop => {
                let owner = self.frame(id).parent;
                self.close_undo(id, UndoStatus::Failed, Some(error.clone()));
                self.unwinding_mut(owner).stopped = true;
            }
        }
    }

    pub(super) fn close_undo(&mut self, id: FrameId, status: UndoStatus, error: Option<Error>) {
        let frame = self.frames.remove(&id).expect("a fact names a live activation");
        assert!(frame.drained(), "an undo ends after what is in it");
        let undo = frame.undo_state().expect("the activation is an undo");
        if undo.attempts_high > 0 {
            Arc::make_mut(&mut self.undo_attempts).insert(frame.place.clone(), undo.attempts_high);
        }
        self.frame_mut(frame.parent).children -= 1;
        self.unwinding_mut(frame.parent).settle(&undo.entry, status, error);
    }

    pub(super) fn end_unwinding(&mut self, id: FrameId, status: CompensationStatus) {
        let unwinding = self.frame_mut(id).unwinding.take().expect("the activation unwinds");
        if id != ROOT {
            return;
        }
        let mut left = vec![];
        if let Some(plan) = &unwinding.plan {
            plan.entries(&mut left);
        }
        self.compensation = status;
        self.undone = unwinding.results.clone();
        for entry in left {
            self.undone.push(UndoResult {
                place: entry.place.clone(),
                status: UndoStatus::NotRun,
                error: None,
            });
        }
        if let Some(frame) = self.unwinds_for.take() {
            self.frames.clear();
            self.report = Some(Report::Undone { frame });
        }
    }

    pub(super) fn undo_mut(&mut self, id: FrameId) -> &mut UndoState {
        let State::Undo(undo) = &mut self.frame_mut(id).state else { unreachable!("{id:?} is an undo") };
        undo
    }

    pub(super) fn unwinding_mut(&mut self, id: FrameId) -> &mut Unwinding {
        Arc::make_mut(self.frame_mut(id).unwinding.as_mut().expect("the activation unwinds"))
    }
}

/// Whether what an unwinding takes has no order of its own.
fn parallel(started: &CompensationStarted) -> bool {
    match started.target {
        Target::Losers { .. } => true,
        Target::Own | Target::Try(_) | Target::Task { .. } => false,
    }
}

fn ready_entry(unwinding: &Unwinding, id: FrameId) -> Arc<Entry> {
    let mut ready = vec![];
    unwinding.plan.iter().for_each(|plan| plan.ready(&mut ready));
    ready.into_iter().find(|entry| entry.frame == id).expect("a fact names an entry whose turn it is")
}

pub(super) fn restart_undo(undo: &mut UndoState) {
    undo.attempts_before = undo.attempts_high;
    undo.phase = UndoPhase::Body;
    undo.list = List::new(undo.entry.output.clone());
}
