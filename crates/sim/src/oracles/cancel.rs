//! Invariant 12: after a cancel commits no new intent commits, except to undo; and a cancel ends as what it asked for.
//!
//! The same holds inside whatever is being interrupted: losers of a race, siblings of a fault, what ran out of time.

use super::{Moment, Oracle, Record, Verdict, ensure};
use tenure_engine::execution::{Fact, FrameId, HistoryEvent, Reason};
use tenure_types::ExecutionId;

/// See the module.
#[derive(Debug)]
pub(super) struct Cancel;

impl Oracle for Cancel {
    fn name(&self) -> &'static str {
        "12 no intent after cancel"
    }

    fn fact(&mut self, _: ExecutionId, record: &Record, event: &HistoryEvent, _: Moment) -> Verdict {
        match &event.fact {
            Fact::AttemptStarted(attempt) => no_new(record, attempt.frame, "an attempt"),
            Fact::TaskStarted(task) => no_new(record, task.parent, "a task"),
            Fact::CompensationStarted(started) => {
                let asked = record.cancel.is_some_and(|(_, compensate)| compensate);
                // What has ended is undone when its parent asks for it.
                let whole = started.frame.0 == 0 && record.ended.is_none();
                ensure(!whole || started.reason != Reason::Cancel || asked, || {
                    "an unwinding nobody asked for".into()
                })
            }
            Fact::Completed { .. } | Fact::Faulted { .. } => {
                let Some((cancelled, _)) = record.cancel else { return Ok(()) };
                let first = record.unwound.is_some_and(|unwound| unwound < cancelled);
                let decided =
                    record.frame(FrameId(0)).is_some_and(|root| root.interrupted && root.started < cancelled);
                ensure(first || decided, || format!("{:?} after a cancel at {cancelled}", event.fact))
            }
            Fact::Cancelled => {
                ensure(record.cancel.is_some(), || "cancelled, and nobody asked for it".into())
            }
            _ => Ok(()),
        }
    }
}

fn no_new(record: &Record, frame: FrameId, what: &str) -> Verdict {
    let Some(around) = record.frame(frame) else { return Ok(()) };
    let stopped = (record.cancel.is_some() || around.interrupted) && !around.undoing;
    ensure(!stopped, || format!("{what} in {around:?}, cancelled {:?}", record.cancel))
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use tenure_dsl::json::Json;
    use tenure_engine::execution::Fact;

    const NAME: Option<&str> = Some("12 no intent after cancel");

    #[test]
    fn an_intent_after_a_cancel_is_seen() {
        let mut world = world(&["at_least_once"]);
        world.cancel(true);
        assert_eq!(world.verdict(), None);
        world.intent(1, 1);
        assert_eq!(world.verdict(), NAME);
    }

    #[test]
    fn an_intent_inside_what_is_interrupted_is_seen() {
        let mut world = world(&["at_least_once", "at_least_once"]);
        world.intent(1, 1);
        world.interrupted(2);
        world.intent(2, 1);
        assert_eq!(world.verdict(), NAME);
    }

    #[test]
    fn a_cancel_that_ends_as_completed_is_seen() {
        let mut world = world(&[]);
        world.cancel(false);
        world.fact(Fact::Completed { output: Json::null() });
        assert_eq!(world.verdict(), NAME);
    }

    #[test]
    fn an_undo_may_begin_after_a_cancel() {
        let mut world = world(&["undoable"]);
        world.complete_at_once(1);
        world.cancel(true);
        world.unwind(tenure_engine::execution::Reason::Cancel);
        world.undo(1);
        world.start_undo_call(2);
        world.intent(3, 1);
        assert_eq!(world.verdict(), None);
    }

    #[test]
    fn an_unwinding_after_a_plain_cancel_is_seen() {
        let mut world = world(&[]);
        world.cancel(false);
        world.unwind(tenure_engine::execution::Reason::Cancel);
        assert_eq!(world.verdict(), NAME);
    }
}
