//! Invariant 19: memory and queues keep their bounds, and nothing is kept for what has ended.

use super::{Book, End, Moment, Oracle, Seen, Verdict, ensure};
use tenure_engine::shard::limits::{BATCHES_IN_FLIGHT_MAX, MAIL_MAX};

/// See the module.
#[derive(Debug)]
pub(super) struct Bounds;

impl Oracle for Bounds {
    fn name(&self) -> &'static str {
        "19 bounds hold"
    }

    fn seen(&mut self, _: &Book, seen: &Seen<'_>, _: Moment) -> Verdict {
        let Seen::Levels(levels) = seen else { return Ok(()) };
        let commands = levels.queued.saturating_sub(levels.outcomes);
        ensure(commands <= MAIL_MAX, || format!("{commands} commands are queued"))?;
        ensure(levels.resident <= levels.known, || {
            format!("{} in memory, {} known", levels.resident, levels.known)
        })?;
        ensure(levels.in_flight <= BATCHES_IN_FLIGHT_MAX, || {
            format!("{} batches in flight", levels.in_flight)
        })?;
        ensure(levels.orphans == 0, || {
            format!("{} calls are under way that nobody waits for", levels.orphans)
        })
    }

    fn finish(&mut self, _: &Book, end: &End) -> Verdict {
        ensure(end.exhausted || end.queued == 0, || format!("{} inputs are left", end.queued))?;
        ensure(end.lingering == 0, || format!("{} executions have ended and are in memory", end.lingering))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::super::{End, Levels, Seen};
    use tenure_engine::shard::limits::{BATCHES_IN_FLIGHT_MAX, MAIL_MAX};

    #[test]
    fn each_level_beyond_its_bound_is_seen() {
        let right =
            Levels { queued: MAIL_MAX + 3, outcomes: 3, resident: 2, known: 2, orphans: 0, in_flight: 1 };
        let wrong = [
            Levels { queued: MAIL_MAX + 4, ..right },
            Levels { resident: 3, ..right },
            Levels { orphans: 1, ..right },
            Levels { in_flight: BATCHES_IN_FLIGHT_MAX + 1, ..right },
        ];
        let verdict = |levels| {
            let mut world = world(&[]);
            world.seen(&Seen::Levels(levels));
            world.verdict()
        };
        assert_eq!(verdict(right), None);
        for levels in wrong {
            assert_eq!(verdict(levels), Some("19 bounds hold"), "{levels:?}");
        }
    }

    #[test]
    fn what_lingers_is_seen() {
        let mut world = world_under("19 bounds hold", &[]);
        world.finish(&End { lingering: 1, ..End::default() });
        assert_eq!(world.verdict(), Some("19 bounds hold"));
    }
}
