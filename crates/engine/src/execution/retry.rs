//! How long to wait before something is tried again, and whether it is.

use super::dataflow;
use super::env::Scope;
use super::limits::{RETRY_DELAY_MS_MAX, RETRY_DELAY_MS_MIN, UNDO_DELAY_MS_MAX, UNDO_DELAY_MS_MIN};
use tenure_dsl::error::Error;
use tenure_dsl::json::Json;
use tenure_dsl::program::{Backoff, RetryPolicy};
use tenure_types::{ExecutionId, Timestamp};

/// The engine's wait before the next attempt of a call, after this many without an answer before the last one.
pub(super) fn engine_delay_ms(failures: u32, noise: u64) -> u64 {
    exponential(RETRY_DELAY_MS_MIN, RETRY_DELAY_MS_MAX, failures, noise)
}

/// The engine's wait before an undo is tried again, after this many retries.
pub(super) fn undo_delay_ms(retries: u32, noise: u64) -> u64 {
    exponential(UNDO_DELAY_MS_MIN, UNDO_DELAY_MS_MAX, retries, noise)
}

/// Doubles from the minimum and adds up to a quarter, so that many do not return at the same instant, not even at the
/// maximum.
fn exponential(min: u64, max: u64, exponent: u32, noise: u64) -> u64 {
    let doubled = min.saturating_mul(1_u64.checked_shl(exponent).unwrap_or(u64::MAX));
    let base = doubled.min(max / 5 * 4);
    base + within(noise, base / 4)
}

/// A number from 0 up to and including `max`.
fn within(noise: u64, max: u64) -> u64 {
    u64::try_from((u128::from(noise) * (u128::from(max) + 1)) >> 64).expect("a part of a u64 is one")
}

/// Noise that is the same for the same try on every machine.
pub(super) fn noise(id: ExecutionId, frame: u32, number: u32) -> u64 {
    let low = u64::try_from(id.0 & u128::from(u64::MAX)).expect("masked to 64 bits");
    let high = u64::try_from(id.0 >> 64).expect("shifted to 64 bits");
    mix(mix(mix(low) ^ high) ^ ((u64::from(frame) << 32) | u64::from(number)))
}

/// The finalizer of `SplitMix64`.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

/// What an author's retry policy is asked about.
pub(super) struct Question<'a> {
    pub(super) policy: &'a RetryPolicy,
    /// Retries so far.
    pub(super) retries: u32,
    /// When the first try began.
    pub(super) since: Timestamp,
    pub(super) now: Timestamp,
    pub(super) noise: u64,
}

impl Question<'_> {
    /// When the next try starts; `None` when there is none. The scope knows the error.
    pub(super) fn next(&self, dot: &Json, scope: &Scope<'_>) -> Result<Option<Timestamp>, Error> {
        let policy = self.policy;
        if let Some(when) = &policy.when
            && !dataflow::holds(when, dot, scope, "retry.when")?
        {
            return Ok(None);
        }
        if let Some(except) = &policy.except_when
            && dataflow::holds(except, dot, scope, "retry.exceptWhen")?
        {
            return Ok(None);
        }
        if policy.retries_max.is_some_and(|max| self.retries >= max) {
            return Ok(None);
        }
        let due = self.now.plus_ms(self.delay_ms(dot, scope)?);
        let Some(limit) = &policy.duration else { return Ok(Some(due)) };
        let limit = dataflow::span(limit, dot, scope, "retry.limit.duration")?;
        Ok((due < self.since.plus_ms(limit)).then_some(due))
    }

    fn delay_ms(&self, dot: &Json, scope: &Scope<'_>) -> Result<u64, Error> {
        let policy = self.policy;
        let delay = match &policy.delay {
            Some(delay) => dataflow::span(delay, dot, scope, "retry.delay")?,
            None => 0,
        };
        let factor = match policy.backoff {
            Backoff::Constant => 1,
            Backoff::Linear => u64::from(self.retries) + 1,
            Backoff::Exponential => 1_u64.checked_shl(self.retries).unwrap_or(u64::MAX),
        };
        let jitter = match &policy.jitter {
            Some((from, to)) => {
                let from = dataflow::span(from, dot, scope, "retry.jitter.from")?;
                let to = dataflow::span(to, dot, scope, "retry.jitter.to")?;
                from + within(self.noise, to.saturating_sub(from))
            }
            None => 0,
        };
        Ok(delay.saturating_mul(factor).saturating_add(jitter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engine_delays_double_and_stay_within_their_bounds() {
        for noise in [0, u64::MAX / 2, u64::MAX] {
            let delays: Vec<u64> = (0..40).map(|failures| engine_delay_ms(failures, noise)).collect();
            assert!(delays.is_sorted());
            assert!(delays[0] >= RETRY_DELAY_MS_MIN);
            assert!(delays.iter().all(|delay| *delay <= RETRY_DELAY_MS_MAX));
        }
        assert_eq!([0, 1, 2, 3].map(|failures| engine_delay_ms(failures, 0)), [200, 400, 800, 1_600]);
        assert_eq!(engine_delay_ms(39, u64::MAX), RETRY_DELAY_MS_MAX);
    }

    #[test]
    fn undo_delays_double_from_one_second_to_five_minutes() {
        assert_eq!([0, 1, 2].map(|retries| undo_delay_ms(retries, 0)), [1_000, 2_000, 4_000]);
        assert_eq!(undo_delay_ms(31, u64::MAX), 300_000);
    }

    #[test]
    fn noise_differs_between_tries_and_is_repeatable() {
        let id = ExecutionId((7 << 64) | 9);
        assert_eq!(noise(id, 1, 1), noise(id, 1, 1));
        let others = [noise(id, 1, 2), noise(id, 2, 1), noise(ExecutionId(9), 1, 1)];
        assert!(others.iter().all(|other| *other != noise(id, 1, 1)));
    }

    #[test]
    fn a_number_within_a_range_reaches_both_ends() {
        assert_eq!((within(0, 10), within(u64::MAX, 10), within(u64::MAX, 0)), (0, 10, 0));
        assert_eq!(within(u64::MAX, u64::MAX), u64::MAX);
    }
}
