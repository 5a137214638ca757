//! What facts about attempts and probes change.

use super::super::effect::FrameId;
use super::super::frame::{CallPhase, List, ProbePhase, Probing, ROOT, State, UndoPhase};
use super::super::history::{AttemptStarted, Cause, CauseClass, Verdict};
use super::super::input::Resolution;
use super::super::state::Execution;
use super::super::undo::UndoStatus;
use super::unwinding::restart_undo;
use tenure_dsl::json::Json;
use tenure_types::Timestamp;

impl Execution {
    pub(super) fn attempt(&mut self, fact: &AttemptStarted, at: Timestamp) {
        let frame = self.frame_mut(fact.frame);
        if frame.deadline.is_some() {
            frame.deadline = Some(fact.deadline);
        }
        let call = self.call_mut(fact.frame);
        call.attempt = fact.attempt;
        call.deadline = fact.deadline;
        call.phase = CallPhase::Open { epoch: fact.epoch, send_by: fact.send_by, since: at, grace: None };
        call.probe = None;
        let mut id = fact.frame;
        while id != ROOT {
            id = self.frame(id).parent;
            if matches!(self.frame(id).state, State::Try(_) | State::Undo(_)) {
                note_attempt(&mut self.frame_mut(id).state, fact.attempt);
            }
        }
    }

    pub(super) fn back_off(&mut self, frame: FrameId, cause: &Cause, due: Timestamp) {
        let call = self.call_mut(frame);
        call.failures += 1;
        call.ambiguous |= match cause.class {
            CauseClass::Unknown | CauseClass::Lost => true,
            CauseClass::NotSent | CauseClass::Refused => false,
        };
        call.phase = CallPhase::Backoff { due, cause: cause.clone() };
    }

    pub(super) fn resolve(&mut self, frame: FrameId, resolution: &Resolution, at: Timestamp) {
        if self.frame(frame).call().is_some() {
            let call = self.call_mut(frame);
            call.failures = 0;
            call.phase = CallPhase::Ready;
            call.probe = None;
            return;
        }
        match resolution {
            Resolution::Retry => {
                let undo = self.undo_mut(frame);
                (undo.retries, undo.since) = (0, at);
                restart_undo(undo);
            }
            Resolution::Skip => self.close_undo(frame, UndoStatus::Skipped, None),
            Resolution::Fail { .. } => {
                let UndoPhase::Incident { error, .. } = &self.undo_mut(frame).phase else {
                    unreachable!("only an incident is resolved")
                };
                let (error, owner) = (error.clone(), self.frame(frame).parent);
                self.close_undo(frame, UndoStatus::Failed, Some(error));
                self.unwinding_mut(owner).stopped = true;
            }
            Resolution::Complete { .. } => unreachable!("an undo has no output"),
        }
    }

    pub(super) fn schedule_probe(&mut self, frame: FrameId, number: u32, due: Timestamp) {
        let call = self.call_mut(frame);
        let list = call.probe.take().map_or_else(|| List::new(Json::null()), |probe| probe.list);
        call.probe = Some(Probing { number, phase: ProbePhase::Due(due), list });
    }

    pub(super) fn start_probe(&mut self, frame: FrameId, number: u32) {
        let data = self.frame(frame).input.clone();
        let probe = self.call_mut(frame).probe.as_mut().expect("a probe was scheduled");
        let round = if number == 1 { 0 } else { probe.list.round + 1 };
        (probe.phase, probe.list) = (ProbePhase::Asking, List { data, round });
    }

    pub(super) fn end_probe(&mut self, frame: FrameId, verdict: &Verdict) {
        let call = self.call_mut(frame);
        match verdict {
            Verdict::Executed { .. } => call.probe = None,
            Verdict::NotExecuted => (call.probe, call.ambiguous) = (None, false),
            Verdict::Unknown { .. } => {
                call.probe.as_mut().expect("a probe was asking").phase = ProbePhase::Ended;
            }
        }
    }
}

fn note_attempt(state: &mut State, attempt: u32) {
    match state {
        State::Try(state) => state.attempts_high = state.attempts_high.max(attempt),
        State::Undo(state) => state.attempts_high = state.attempts_high.max(attempt),
        State::Instant
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
        | State::Child(_) => {}
    }
}
