//! Invariant 8: an execution and each of its tasks ends once, and nothing follows an execution's end but what parents
//! and children settle with each other.

use super::{Moment, Oracle, Record, Verdict, ensure};
use tenure_engine::execution::{Fact, HistoryEvent};
use tenure_types::ExecutionId;

/// See the module.
#[derive(Debug)]
pub(super) struct EndedIsFinal;

impl Oracle for EndedIsFinal {
    fn name(&self) -> &'static str {
        "8 ended is final"
    }

    fn fact(&mut self, _: ExecutionId, record: &Record, event: &HistoryEvent, _: Moment) -> Verdict {
        ensure(record.ended.is_none() || record.may_follow(&event.fact), || {
            format!("{:?} follows the end {:?}", event.fact, record.ended)
        })?;
        let started = matches!(event.fact, Fact::Started(_));
        ensure(started == (record.seq == 0), || format!("{:?} is event {}", event.fact, record.seq + 1))?;
        match &event.fact {
            Fact::TaskCompleted { frame, place, .. }
            | Fact::TaskFaulted { frame, place, .. }
            | Fact::TaskCancelled { frame, place, .. } => {
                let open =
                    record.frame(*frame).is_some_and(|frame| frame.ended.is_none() && frame.place == *place);
                ensure(open, || format!("{place} ends and {:?}", record.frame(*frame)))
            }
            Fact::Completed { .. } | Fact::Faulted { .. } | Fact::Cancelled => {
                let open = record.frames.iter().skip(1).find(|frame| frame.ended.is_none() && !frame.undoing);
                ensure(open.is_none(), || format!("{:?} while {open:?}", event.fact))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use tenure_engine::execution::Fact;

    const NAME: Option<&str> = Some("8 ended is final");

    #[test]
    fn a_fact_after_the_end_is_seen() {
        let mut world = world_under("8 ended is final", &[]);
        world.fact(Fact::Cancelled);
        assert_eq!(world.verdict(), None);
        world.cancel(false);
        assert_eq!(world.verdict(), NAME);
    }

    #[test]
    fn a_task_that_ends_twice_is_seen() {
        let mut world = world(&["at_least_once"]);
        world.task_cancelled(1, false);
        world.task_cancelled(1, false);
        assert_eq!(world.verdict(), NAME);
    }

    #[test]
    fn an_end_over_a_running_task_is_seen() {
        let mut world = world(&["at_least_once"]);
        world.fact(Fact::Cancelled);
        assert_eq!(world.verdict(), NAME);
    }
}
