//! Invariant 2: an effect declared `exactly_once_with_key` has one key, and what bears one key happens once.
//!
//! The receiver keeps its promise to deduplicate; keys of different steps differ, or it would deduplicate those too.

use super::{Book, Moment, Oracle, Seen, Verdict, ensure};
use crate::generate::{Mode, PlaceKind};
use std::collections::BTreeMap;
use tenure_engine::execution::{FrameId, Place};
use tenure_types::ExecutionId;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct WithKey {
    /// The key of each step; of each activation where the author asks for a new one with every retry.
    keys: BTreeMap<(ExecutionId, Place, Option<FrameId>), Box<str>>,
    /// The step of each key.
    steps: BTreeMap<Box<str>, (ExecutionId, Place)>,
    executed: BTreeMap<Box<str>, u32>,
}

impl Oracle for WithKey {
    fn name(&self) -> &'static str {
        "2 one key, one effect"
    }

    fn seen(&mut self, book: &Book, seen: &Seen<'_>, _: Moment) -> Verdict {
        let (Seen::Sent(request) | Seen::Executed(request)) = seen else { return Ok(()) };
        let Some(record) = book.get(&request.id) else { return Ok(()) };
        let Some(frame) = record.frame(request.frame) else { return Ok(()) };
        let PlaceKind::Call { mode, key_per_attempt } = record.outlined(frame) else { return Ok(()) };
        if let Seen::Executed(_) = seen {
            let times = self.executed.entry(request.key.into()).or_default();
            *times += 1;
            let times = *times;
            return ensure(mode != Mode::WithKey || times == 1, || {
                format!("{}: {} was executed {times} times under one key", request.id, frame.place)
            });
        }
        let place = frame.place.clone();
        let step = (request.id, place.clone());
        let owner = self.steps.entry(request.key.into()).or_insert_with(|| step.clone());
        ensure(*owner == step, || format!("{} {place} has the key of {} {}", request.id, owner.0, owner.1))?;
        let around = key_per_attempt.then_some(request.frame);
        let key = self.keys.entry((request.id, place, around)).or_insert_with(|| request.key.into());
        ensure(**key == *request.key, || format!("{}: {} has two keys", request.id, frame.place))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;

    #[test]
    fn a_second_key_is_seen() {
        let mut world = world(&["exactly_once_with_key"]);
        world.intent(1, 1);
        world.sent_with(1, 1, "a");
        world.retried(1, 1);
        world.tick(60_000);
        world.intent(1, 2);
        world.sent_with(1, 2, "b");
        assert_eq!(world.verdict(), Some("2 one key, one effect"));
    }

    #[test]
    fn the_key_of_another_step_is_seen() {
        let mut world = world(&["exactly_once_with_key", "exactly_once_with_key"]);
        for frame in [1, 2] {
            world.intent(frame, 1);
            world.sent_with(frame, 1, "a");
        }
        assert_eq!(world.verdict(), Some("2 one key, one effect"));
    }

    #[test]
    fn a_second_effect_under_one_key_is_seen() {
        let mut world = world(&["exactly_once_with_key"]);
        world.intent(1, 1);
        world.sent(1, 1);
        world.executed(1, 1);
        assert_eq!(world.verdict(), None);
        world.executed(1, 1);
        assert_eq!(world.verdict(), Some("2 one key, one effect"));
    }
}
