//! Notices the rare states that a large run must have reached.

use super::World;
use crate::coverage::State;
use crate::generate::{Mode, PlaceKind};
use crate::oracles::{Doing, Record};
use tenure_dsl::error::TIMEOUT;
use tenure_engine::execution::{
    CauseClass, Execution, Fact, FrameId, HistoryEvent, Reason, Resolution, Taken, Target,
};
use tenure_engine::shard::limits::TIMER_HORIZON_MS;
use tenure_types::{ExecutionId, Status};

/// A timer that fires this much late has seen an outage.
const OUTAGE_MS: u64 = 5_000;

impl World {
    pub(super) fn cover_crash(&mut self) {
        let open = |record: &Record| record.ended.is_none();
        let undoing =
            |record: &Record| record.frames.iter().any(|frame| frame.undoing && frame.ended.is_none());
        let calling = |record: &Record| record.frames.iter().any(|frame| !frame.settled);
        let records: Vec<&Record> = self.oracles.book.values().filter(|record| open(record)).collect();
        let (undoing, calling) = (records.iter().any(|r| undoing(r)), records.iter().any(|r| calling(r)));
        if records.iter().any(|record| record.queued) {
            self.coverage.hit(State::CrashInQueue);
        }
        if undoing {
            self.coverage.hit(State::CrashInCompensation);
        }
        if calling {
            self.coverage.hit(State::CrashWithIntent);
        }
    }

    /// Gives the lost attempts.
    pub(super) fn cover_loaded(&mut self, execution: &Execution) -> Vec<(FrameId, u32)> {
        let shard = self.shard_of(execution.id());
        let epoch = self.node.leases[shard].epoch;
        let lost = execution.open_attempts_before(epoch);
        let Some(record) = self.oracles.book.get(&execution.id()) else { return lost };
        let unsettled: Vec<(FrameId, u32)> = (0..)
            .zip(&record.frames)
            .filter(|(_, frame)| !frame.settled)
            .map(|(id, frame)| (FrameId(id), frame.attempt))
            .collect();
        for (frame, _) in &unsettled {
            let mode = record.frame(*frame).map(|frame| record.outlined(frame));
            match mode {
                Some(PlaceKind::Call { mode: Mode::AtMostOnce, .. }) => {
                    self.coverage.hit(State::LostAtMostOnce);
                }
                Some(PlaceKind::Call { mode: Mode::WithKey, .. }) => self.coverage.hit(State::LostWithKey),
                Some(PlaceKind::Call { mode: Mode::AtLeastOnce, .. }) => {
                    self.coverage.hit(State::LostAtLeastOnce);
                }
                Some(PlaceKind::Wait(_) | PlaceKind::Fork { .. } | PlaceKind::Other) | None => {}
            }
        }
        if lost.is_empty() { unsettled } else { lost }
    }

    /// Looks at a fact that is about to be recorded as durable.
    pub(super) fn cover(&mut self, id: ExecutionId, event: &HistoryEvent) {
        let Some(record) = self.oracles.book.get(&id) else { return };
        if let Some(state) = reached(record, event) {
            self.coverage.hit(state);
        }
        let more = match &event.fact {
            Fact::Cancelled => Some(State::CancelWins),
            Fact::TaskCompleted { frame, .. } => {
                let frame = record.frame(*frame);
                frame.filter(|frame| frame.interrupted && frame.attempt > 0).map(|_| State::AnsweredInGrace)
            }
            _ => None,
        };
        if let Some(state) = more {
            self.coverage.hit(state);
        }
    }
}

fn reached(record: &Record, event: &HistoryEvent) -> Option<State> {
    Some(match &event.fact {
        Fact::TaskUncertain { .. } => State::Uncertain,
        Fact::Resolved { frame, resolution, .. } => {
            let uncertain = record.frame(*frame).is_some_and(|frame| frame.kind == Doing::Call);
            match (uncertain, resolution) {
                (true, _) => State::OperatorResolves,
                (
                    false,
                    Resolution::Retry
                    | Resolution::Skip
                    | Resolution::Complete { .. }
                    | Resolution::Fail { .. },
                ) => State::UndoIncident,
            }
        }
        Fact::TaskCompleted { frame, .. } => {
            let frame = record.frame(*frame)?;
            match frame.kind {
                _ if frame.uncertain && !frame.completed_by_hand => State::LateAnswerResolves,
                Doing::Wait(due) if event.at.ms_since(due) > OUTAGE_MS => State::TimerAfterOutage,
                Doing::Wait(due) if due.ms_since(frame.started_at) > 2 * TIMER_HORIZON_MS => {
                    State::TimerBeyondHorizon
                }
                _ => return None,
            }
        }
        Fact::TaskFaulted { error, .. } if error.kind == TIMEOUT => State::TimedOut,
        Fact::TaskFaulted { error, .. } if error.title.as_deref() == Some("uncertain") => {
            State::UncertainFaults
        }
        Fact::TaskCancelled { frame, .. } => {
            let parent = record.frame(record.frame(*frame)?.parent)?;
            if parent.kind != Doing::Fork || record.cancel.is_some() {
                return None;
            }
            State::RaceLost
        }
        Fact::Released(_) if record.queued => State::PlaceGiven,
        Fact::Released(_) => State::DelayedStart,
        Fact::Cancelled | Fact::Terminated { .. } if record.queued => State::EndedInQueue,
        Fact::Faulted { .. } if record.queued => State::PlaceRefused,
        Fact::TaskRetried { cause, .. } if cause.class == CauseClass::NotSent && &*cause.word == "guard" => {
            State::GuardRefused
        }
        Fact::TryRetried { .. } => State::TryRetried,
        Fact::CompensationStarted(started) => match (&started.target, started.reason) {
            (Target::Losers { .. }, _) => State::LoserUndone,
            (Target::Try(_) | Target::Task { .. }, _) => State::PartialUnwinding,
            (Target::Own, Reason::Fault | Reason::Cancel | Reason::Explicit) => return None,
        },
        Fact::UndoRetried { .. } => State::UndoRetried,
        Fact::UndoSkipped { .. } => State::UndoSkipped,
        Fact::CompensationFailed { .. } => State::CompensationFailed,
        Fact::Terminated { reason, .. } => match reason.as_deref() {
            Some("enough") => State::Terminated,
            Some(_) | None => State::KeyReplaced,
        },
        Fact::EventConsumed(consumed) => match &consumed.event {
            Taken::Published { .. } => State::EventConsumed,
            Taken::Signal { .. } => State::SignalConsumed,
        },
        Fact::ChildRefused { .. } => State::ChildRefused,
        Fact::BecameChild(parent) if parent.depth > 1 => State::ChildOfChild,
        Fact::ChildEnded { status, .. } => match status {
            Status::Faulted => State::ChildFaulted,
            Status::Cancelled => State::ChildCancelled,
            Status::Terminated => State::ChildTerminated,
            _ => return None,
        },
        Fact::UnwindRequested(_) => State::ChildUndone,
        Fact::Completed { .. } => State::Completed,
        Fact::Faulted { .. } if record.unwound.is_some() => State::Compensated,
        _ => return None,
    })
}
