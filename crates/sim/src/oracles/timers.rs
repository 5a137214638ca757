//! Invariant 9: nothing that is timed happens early, and the recorded time never runs backwards or
//! ahead of the clock.
//!
//! How long a wait is, is read from the definition; that it ends once is invariant 8, that it ends at all invariant 20.

use super::{Activation, Doing, Moment, Oracle, Record, Verdict, ensure};
use crate::generate::{Mode, PlaceKind};
use std::collections::BTreeMap;
use tenure_dsl::error::{Error, TIMEOUT};
use tenure_engine::execution::{CauseClass, Ending, Fact, FrameId, HistoryEvent};
use tenure_types::{ExecutionId, Timestamp};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Timers {
    /// Until when the last attempt of a call may still leave.
    send_by: BTreeMap<(ExecutionId, FrameId), Timestamp>,
    /// Calls whose last attempt may have been executed.
    ambiguous: BTreeMap<(ExecutionId, FrameId), bool>,
    /// When a delayed execution starts.
    start_at: BTreeMap<ExecutionId, Timestamp>,
}

impl Oracle for Timers {
    fn name(&self) -> &'static str {
        "9 timers are never early"
    }

    fn fact(&mut self, id: ExecutionId, record: &Record, event: &HistoryEvent, moment: Moment) -> Verdict {
        let at = event.at;
        ensure(at >= record.at, || format!("event {} at {} after {}", record.seq + 1, at.0, record.at.0))?;
        ensure(at <= moment.clock, || {
            format!("event {} at {}, the clock says {}", record.seq + 1, at.0, moment.clock.0)
        })?;
        match &event.fact {
            Fact::Started(started) => {
                started.start_at.map(|start_at| self.start_at.insert(id, start_at));
                Ok(())
            }
            Fact::Released(_) => not_before(at, self.start_at.get(&id).copied(), "the start"),
            Fact::TaskCompleted { frame, place, .. } => match record.frame(*frame) {
                Some(Activation { kind: Doing::Wait(_), started_at, .. }) => {
                    let said = record.outline.tasks.get(&place.task).map(|place| place.kind);
                    let Some(PlaceKind::Wait(ms)) = said else { return Ok(()) };
                    not_before(at, Some(started_at.plus_ms(ms)), "the end of a wait")
                }
                _ => Ok(()),
            },
            Fact::AttemptStarted(attempt) => self.attempt(id, record, event, attempt.frame, attempt.send_by),
            Fact::TaskRetried { frame, cause, .. } => {
                let ambiguous = matches!(cause.class, CauseClass::Unknown | CauseClass::Lost);
                self.ambiguous.insert((id, *frame), ambiguous);
                Ok(())
            }
            Fact::Resolved { frame, .. } => {
                self.ambiguous.remove(&(id, *frame));
                Ok(())
            }
            Fact::UndoResumed { frame, .. } | Fact::TryStarted { frame, .. } => {
                not_before(at, record.frame(*frame).and_then(|frame| frame.due), "a retry")
            }
            Fact::TaskStarted(task) => not_before(
                at,
                record.frame(task.parent).and_then(|parent| parent.due),
                "a task of a retried list",
            ),
            // A call whose last attempt is lost and that has no time for another one gives up without waiting.
            Fact::TaskFaulted { frame, error, .. } if error.kind == TIMEOUT => {
                let frame = record.frame(*frame).filter(|frame| frame.kind == Doing::Call);
                let frame = frame.filter(|_| !gave_up(error));
                not_before(at, frame.and_then(|frame| frame.deadline), "a timeout")
            }
            Fact::Interrupted {
                frame,
                ending: Ending::Fault { error, .. } | Ending::Catch { error },
                ..
            } if error.kind == TIMEOUT && !gave_up(error) => {
                let first = record.path(*frame).iter().filter_map(|id| limit(record.frame(*id)?)).min();
                let inner = record.frames.iter().filter_map(limit).min();
                not_before(at, first.min(inner).or(first).or(inner), "a timeout")
            }
            _ => Ok(()),
        }
    }
}

impl Timers {
    fn attempt(
        &mut self,
        id: ExecutionId,
        record: &Record,
        event: &HistoryEvent,
        frame: FrameId,
        send_by: Timestamp,
    ) -> Verdict {
        let before = self.send_by.insert((id, frame), send_by);
        let ambiguous = self.ambiguous.get(&(id, frame)).copied().unwrap_or_default();
        let Some(frame) = record.frame(frame) else { return Ok(()) };
        not_before(event.at, frame.due, "an attempt")?;
        let again = matches!(record.outlined(frame), PlaceKind::Call { mode: Mode::AtLeastOnce, .. });
        let before = before.filter(|_| again && ambiguous);
        not_before(event.at, before, "an attempt while the one before it may still leave")
    }
}

/// When an activation runs out of time, whichever limit comes first.
fn limit(frame: &Activation) -> Option<Timestamp> {
    frame.deadline.into_iter().chain(frame.try_due).min()
}

fn gave_up(error: &Error) -> bool {
    error.detail.as_deref().is_some_and(|detail| detail.starts_with("no attempt"))
}

fn not_before(at: Timestamp, due: Option<Timestamp>, what: &str) -> Verdict {
    let due = due.unwrap_or_default();
    ensure(at >= due, || format!("{what} at {}, {} ms early", at.0, due.0 - at.0))
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use tenure_engine::execution::CauseClass;

    const NAME: Option<&str> = Some("9 timers are never early");

    #[test]
    fn a_wait_that_ends_early_is_seen() {
        for (after_ms, verdict) in [(WAIT_MS - 1, NAME), (WAIT_MS, None)] {
            let mut world = world(&["wait"]);
            world.tick(after_ms);
            world.wait_completed(1);
            assert_eq!(world.verdict(), verdict);
        }
    }

    #[test]
    fn a_retry_before_it_is_due_is_seen() {
        let mut world = world(&["at_least_once"]);
        world.intent(1, 1);
        world.retried(1, 1);
        world.intent(1, 2);
        assert_eq!(world.verdict(), NAME);
    }

    #[test]
    fn a_repetition_while_the_first_attempt_may_still_leave_is_seen() {
        for (class, verdict) in [(CauseClass::Lost, NAME), (CauseClass::NotSent, None)] {
            let mut world = world(&["at_least_once"]);
            world.intent(1, 1);
            world.retried_because(1, 1, class);
            world.tick(RETRY_MS);
            world.intent(1, 2);
            assert_eq!(world.verdict(), verdict);
        }
    }

    #[test]
    fn an_event_ahead_of_the_clock_is_seen() {
        let mut world = world(&["at_least_once"]);
        world.clock_behind(1);
        world.intent(1, 1);
        assert_eq!(world.verdict(), NAME);
    }
}
