//! Invariant 1: an effect declared `at_most_once` happens at most once.
//!
//! The receiver's log counts. An author's `retry` and an operator's order are new orders, so what counts is each
//! attempt, and that the engine never makes a second attempt of its own once the first has left the node.

use super::{Activation, Book, Doing, Moment, Oracle, Record, Seen, Verdict, ensure};
use crate::generate::{Mode, PlaceKind};
use std::collections::{BTreeMap, BTreeSet};
use tenure_engine::execution::{Fact, FrameId, HistoryEvent, Resolution};
use tenure_types::ExecutionId;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct AtMostOnce {
    executed: BTreeMap<(ExecutionId, FrameId, u32), u32>,
    /// Activations whose last attempt has left the node.
    sent: BTreeSet<(ExecutionId, FrameId)>,
}

fn at_most_once(record: &Record, frame: &Activation) -> bool {
    frame.kind == Doing::Call
        && matches!(record.outlined(frame), PlaceKind::Call { mode: Mode::AtMostOnce, .. })
}

impl Oracle for AtMostOnce {
    fn name(&self) -> &'static str {
        "1 at most once"
    }

    fn fact(&mut self, id: ExecutionId, record: &Record, event: &HistoryEvent, _: Moment) -> Verdict {
        match &event.fact {
            Fact::AttemptStarted(attempt) => {
                let Some(frame) = record.frame(attempt.frame) else { return Ok(()) };
                let again = at_most_once(record, frame) && self.sent.contains(&(id, attempt.frame));
                ensure(!again, || {
                    format!(
                        "attempt {} of {} although attempt {} was sent",
                        attempt.attempt, frame.place, frame.attempt
                    )
                })
            }
            Fact::Resolved { frame, resolution: Resolution::Retry, .. } => {
                self.sent.remove(&(id, *frame));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn seen(&mut self, book: &Book, seen: &Seen<'_>, _: Moment) -> Verdict {
        match seen {
            Seen::Sent(request) => {
                self.sent.insert((request.id, request.frame));
                Ok(())
            }
            Seen::Refused(request) => {
                self.sent.remove(&(request.id, request.frame));
                Ok(())
            }
            Seen::Executed(request) => {
                let Some(record) = book.get(&request.id) else { return Ok(()) };
                let Some(frame) = record.frame(request.frame) else { return Ok(()) };
                let times = self.executed.entry((request.id, request.frame, request.attempt)).or_default();
                *times += 1;
                let times = *times;
                ensure(times == 1 || !at_most_once(record, frame), || {
                    format!(
                        "{}: attempt {} of {} was executed {times} times",
                        request.id, request.attempt, frame.place
                    )
                })
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;

    #[test]
    fn one_execution_of_one_attempt_is_right() {
        let mut world = world(&["at_most_once"]);
        world.intent(1, 1);
        world.sent(1, 1);
        world.executed(1, 1);
        world.completed(1, 1);
        assert_eq!(world.verdict(), None);
    }

    #[test]
    fn a_second_execution_is_seen() {
        let mut world = world(&["at_most_once"]);
        world.intent(1, 1);
        world.sent(1, 1);
        world.executed(1, 1);
        world.executed(1, 1);
        assert_eq!(world.verdict(), Some("1 at most once"));
    }

    #[test]
    fn a_second_attempt_after_the_first_has_left_is_seen() {
        let mut world = world(&["at_most_once"]);
        world.intent(1, 1);
        world.sent(1, 1);
        world.retried(1, 1);
        world.intent(1, 2);
        assert_eq!(world.verdict(), Some("1 at most once"));
    }

    #[test]
    fn other_modes_may_be_tried_again() {
        let mut world = world(&["at_least_once"]);
        world.intent(1, 1);
        world.sent(1, 1);
        world.executed(1, 1);
        world.executed(1, 1);
        world.retried(1, 1);
        world.tick(60_000);
        world.intent(1, 2);
        assert_eq!(world.verdict(), None);
    }
}
