//! Invariant 4: nothing is dispatched without a durable intent, after its step has ended, or after its send-by; and no
//! step that has completed starts again without an order.

use super::{Book, Moment, Oracle, Record, Seen, Verdict, ensure};
use tenure_engine::execution::{Fact, HistoryEvent};
use tenure_types::ExecutionId;

/// See the module.
#[derive(Debug)]
pub(super) struct NoDispatchAfterCompletion;

impl Oracle for NoDispatchAfterCompletion {
    fn name(&self) -> &'static str {
        "4 no dispatch after completion"
    }

    fn fact(&mut self, _: ExecutionId, record: &Record, event: &HistoryEvent, _: Moment) -> Verdict {
        match &event.fact {
            Fact::AttemptStarted(attempt) => {
                let Some(frame) = record.frame(attempt.frame) else {
                    return Err(format!("an attempt of {} which never started", attempt.place));
                };
                let open = frame.ended.is_none() && frame.settled && !frame.uncertain;
                ensure(open, || format!("attempt {} of {} while {frame:?}", attempt.attempt, frame.place))?;
                let used = record
                    .frames
                    .iter()
                    .filter(|other| other.place == frame.place)
                    .map(|other| other.attempt);
                let used = if frame.undoing { frame.attempt } else { used.max().unwrap_or_default() };
                ensure(attempt.attempt > used, || {
                    format!("attempt {} of {} although {used} was used", attempt.attempt, frame.place)
                })
            }
            Fact::TaskStarted(task) => {
                let again = record.frames.iter().any(|other| {
                    other.place == task.place
                        && !other.undoing
                        && !ordered(record, &task.place.task, other.started)
                });
                let undoing = record.frame(task.parent).is_some_and(|parent| parent.undoing);
                ensure(undoing || !again, || format!("{} starts a second time", task.place))
            }
            _ => Ok(()),
        }
    }

    fn seen(&mut self, book: &Book, seen: &Seen<'_>, moment: Moment) -> Verdict {
        let Seen::Sent(request) = seen else { return Ok(()) };
        let id = request.id;
        let record =
            book.get(&id).ok_or_else(|| format!("{id}: a call of an execution that is not durable"))?;
        let frame = record
            .frame(request.frame)
            .ok_or_else(|| format!("{id}: a call of a task that is not durable"))?;
        let what =
            || format!("{id}: attempt {} of {} was sent while {frame:?}", request.attempt, frame.place);
        ensure((record.ended.is_none() || record.reopened) && frame.ended.is_none(), what)?;
        ensure(frame.attempt == request.attempt && !frame.settled, what)?;
        ensure(moment.clock < request.send_by, || {
            format!("{id}: {} was sent at {} after {}", frame.place, moment.clock.0, request.send_by.0)
        })
    }
}

/// Whether an author's `retry` around the task has ordered another try since.
fn ordered(record: &Record, task: &str, since: u64) -> bool {
    record.retried.iter().any(|(around, at)| *at > since && task.starts_with(&**around))
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;

    const NAME: Option<&str> = Some("4 no dispatch after completion");

    #[test]
    fn a_call_without_an_intent_is_seen() {
        let mut world = world(&["at_least_once"]);
        world.sent(1, 1);
        assert_eq!(world.verdict(), NAME);
    }

    #[test]
    fn a_call_after_its_completion_is_seen() {
        let mut world = world(&["at_least_once"]);
        world.intent(1, 1);
        world.sent(1, 1);
        world.executed(1, 1);
        world.completed(1, 1);
        assert_eq!(world.verdict(), None);
        world.sent(1, 1);
        assert_eq!(world.verdict(), NAME);
    }

    #[test]
    fn a_call_after_its_send_by_is_seen() {
        let mut world = world(&["at_least_once"]);
        world.intent(1, 1);
        world.tick(SEND_BY_MS);
        world.sent(1, 1);
        assert_eq!(world.verdict(), NAME);
    }

    #[test]
    fn an_attempt_number_that_was_used_is_seen() {
        let mut world = world(&["at_least_once"]);
        world.intent(1, 1);
        world.retried(1, 1);
        world.tick(60_000);
        world.intent(1, 1);
        assert_eq!(world.verdict(), NAME);
    }

    #[test]
    fn a_second_start_of_a_completed_task_is_seen() {
        let mut world = world(&["at_least_once"]);
        world.intent(1, 1);
        world.sent(1, 1);
        world.executed(1, 1);
        world.completed(1, 1);
        world.start_task(0, "at_least_once");
        assert_eq!(world.verdict(), NAME);
    }
}
