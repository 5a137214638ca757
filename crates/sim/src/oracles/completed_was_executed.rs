//! Invariant 3: a call that is recorded as completed was executed, by the attempt that it is recorded for.
//!
//! The receiver puts a fresh number into each answer; the recorded output must be the answer to that attempt.

use super::{Book, Doing, Moment, Oracle, Record, Seen, Verdict, ensure};
use std::collections::BTreeMap;
use tenure_engine::execution::{Fact, FrameId, HistoryEvent};
use tenure_types::ExecutionId;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct CompletedWasExecuted {
    /// The good answers to each attempt.
    answers: BTreeMap<(ExecutionId, FrameId, u32), Vec<u64>>,
}

impl Oracle for CompletedWasExecuted {
    fn name(&self) -> &'static str {
        "3 completed was executed"
    }

    fn fact(&mut self, id: ExecutionId, record: &Record, event: &HistoryEvent, _: Moment) -> Verdict {
        let Fact::TaskCompleted { frame, attempt, output, .. } = &event.fact else { return Ok(()) };
        let Some(activation) = record.frame(*frame).filter(|frame| frame.kind == Doing::Call) else {
            return Ok(());
        };
        if activation.completed_by_hand {
            return Ok(());
        }
        let answers = self.answers.get(&(id, *frame, *attempt));
        let receipt = output.get("receipt").and_then(|receipt| receipt.as_u64());
        let given = receipt.is_some_and(|receipt| answers.is_some_and(|answers| answers.contains(&receipt)));
        ensure(given, || {
            format!(
                "{} completed by attempt {attempt} with {output}, answered was {answers:?}",
                activation.place
            )
        })
    }

    fn seen(&mut self, _: &Book, seen: &Seen<'_>, _: Moment) -> Verdict {
        if let Seen::Answered { request, status: 200..=299, receipt } = seen {
            self.answers.entry((request.id, request.frame, request.attempt)).or_default().push(*receipt);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;

    #[test]
    fn a_completion_without_an_answer_is_seen() {
        let mut world = world(&["at_most_once"]);
        world.intent(1, 1);
        world.completed(1, 1);
        assert_eq!(world.verdict(), Some("3 completed was executed"));
    }

    #[test]
    fn the_answer_to_another_attempt_is_seen() {
        let mut world = world(&["at_least_once"]);
        world.intent(1, 1);
        world.sent(1, 1);
        world.executed(1, 1);
        world.retried(1, 1);
        world.tick(60_000);
        world.intent(1, 2);
        world.completed(1, 2);
        assert_eq!(world.verdict(), Some("3 completed was executed"));
    }
}
