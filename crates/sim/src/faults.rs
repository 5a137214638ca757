//! What goes wrong in a run: every class of fault on its own, on or off, at a rate drawn from the seed.

use crate::rng::Rng;
use std::fmt;

/// The options of one seed. Rates are per thousand.
#[derive(Clone, Debug)]
pub struct Faults {
    /// Shards that the node owns.
    pub shards: u16,
    /// Executions that clients ask for.
    pub starts: u64,
    /// Tenants.
    pub tenants: u64,
    /// How long things go wrong, in milliseconds.
    pub lasts_ms: u64,
    /// Commits that fail and are not applied.
    pub commit_lost: u64,
    /// Commits that are applied and reported as failed.
    pub commit_unconfirmed: u64,
    /// Commits that take seconds.
    pub commit_slow: u64,
    /// Reads that fail.
    pub read_fails: u64,
    /// Reads that take long.
    pub read_slow: u64,
    /// Crashes, by the number of the event after which they come.
    pub crashes: Vec<u64>,
    /// Commits on their way that are applied although the process is gone.
    pub commit_survives: u64,
    /// Pauses: after which event, and how long.
    pub pauses: Vec<(u64, u64)>,
    /// Jumps of the clock: after which event, and by how many milliseconds.
    pub jumps: Vec<(u64, i64)>,
    /// Calls that never leave, provably.
    pub not_sent: u64,
    /// Calls that the receiver refuses, provably.
    pub refused: u64,
    /// Calls that wait long for their turn in the dispatcher.
    pub dispatch_slow: u64,
    /// Pauses between the guard and the first byte.
    pub write_late: u64,
    /// Requests that are lost.
    pub request_lost: u64,
    /// Requests that arrive twice, where the mode allows it.
    pub request_twice: u64,
    /// Requests that arrive late.
    pub request_late: u64,
    /// Answers that are errors.
    pub answer_error: u64,
    /// Answers that are lost after the effect.
    pub answer_lost: u64,
    /// Answers that come twice.
    pub answer_twice: u64,
    /// Answers that come late.
    pub answer_late: u64,
    /// Commands of clients and operators.
    pub commands: u64,
    /// Whether one client floods a shard.
    pub flood: bool,
    /// Answers that are errors when nothing goes wrong: business as usual.
    pub error_always: u64,
}

/// One seed in so many has a flood.
const FLOOD_EVERY: u64 = 400;

impl Faults {
    /// Draws the options of a seed.
    pub fn draw(rng: &mut Rng) -> Self {
        let lasts_ms = match rng.below(10) {
            0..6 => rng.range(1, 60) * 1_000,
            6..9 => rng.range(1, 10) * 60_000,
            _ => 30 * 3_600_000,
        };
        let calm = rng.per_mille(100);
        let mut rate = |max| if calm || rng.per_mille(500) { 0 } else { rng.range(1, max) };
        let (commit_lost, commit_unconfirmed, commit_slow) = (rate(60), rate(60), rate(150));
        let (read_fails, read_slow, commit_survives) = (rate(60), rate(200), rate(800));
        let (not_sent, refused, dispatch_slow, write_late) = (rate(150), rate(80), rate(100), rate(100));
        let (request_lost, request_twice, request_late) = (rate(200), rate(200), rate(200));
        let (answer_error, answer_lost, answer_twice, answer_late) =
            (rate(300), rate(250), rate(250), rate(200));
        let error_always = if rng.per_mille(300) { rng.range(20, 250) } else { 0 };
        Self {
            shards: u16::try_from(rng.range(1, 4)).expect("at most 4"),
            starts: rng.skewed(1, 6),
            tenants: rng.range(1, 2),
            lasts_ms,
            commit_lost,
            commit_unconfirmed,
            commit_slow,
            read_fails,
            read_slow,
            crashes: moments(rng, calm, 4),
            commit_survives,
            pauses: moments(rng, calm, 2).into_iter().map(|event| (event, rng.skewed(50, 40_000))).collect(),
            jumps: moments(rng, calm, 2).into_iter().map(|event| (event, jump(rng))).collect(),
            not_sent,
            refused,
            dispatch_slow,
            write_late,
            request_lost,
            request_twice,
            request_late,
            answer_error,
            answer_lost,
            answer_twice,
            answer_late,
            commands: if calm || rng.per_mille(400) { 0 } else { rng.range(1, 5) },
            flood: rng.below(FLOOD_EVERY) == 0,
            error_always,
        }
    }
}

/// Event numbers at which something happens, sorted.
fn moments(rng: &mut Rng, calm: bool, max: u64) -> Vec<u64> {
    if calm || rng.per_mille(400) {
        return vec![];
    }
    let mut moments: Vec<u64> = (0..rng.range(1, max)).map(|_| rng.skewed(1, 250)).collect();
    moments.sort_unstable();
    moments
}

/// Forwards by up to an hour, backwards by less than a second.
fn jump(rng: &mut Rng) -> i64 {
    let ms = if rng.per_mille(300) { rng.range(1, 900) } else { rng.skewed(1, 3_600_000) };
    let ms = i64::try_from(ms).expect("at most an hour");
    if ms < 900 && rng.per_mille(500) { -ms } else { ms }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_is_on_in_some_seeds_and_off_in_others() {
        let drawn: Vec<Faults> = (0..400).map(|seed| Faults::draw(&mut Rng::new(seed))).collect();
        let rates: [fn(&Faults) -> u64; 8] = [
            |f| f.commit_lost,
            |f| f.commit_unconfirmed,
            |f| f.read_fails,
            |f| f.not_sent,
            |f| f.request_lost,
            |f| f.answer_lost,
            |f| f.commands,
            |f| f.crashes.len() as u64,
        ];
        for rate in rates {
            let on = drawn.iter().filter(|faults| rate(faults) > 0).count();
            assert!((80..=320).contains(&on), "{on}");
        }
    }
}
