//! The instants of one attempt, on the clock that timers use.

use tenure_types::Timestamp;
use tokio::time::Instant;

/// A reading of the wall clock and the instants that follow from it. From then on only the monotonic clock counts, so
/// that a step of the wall clock neither shortens nor prolongs an attempt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    read_at: Instant,
    reading: Timestamp,
    send_by: Instant,
    /// The whole answer is there before this instant.
    pub(super) deadline: Instant,
}

/// Beyond any deadline; keeps the sum within what an `Instant` can hold.
const MS_MAX: u64 = 10 * 365 * 24 * 3_600 * 1_000;

impl Times {
    /// `now` is the reading of the wall clock at this instant.
    pub(super) fn new(now: Timestamp, send_by: Timestamp, deadline: Timestamp) -> Self {
        let read_at = Instant::now();
        let instant =
            |at: Timestamp| read_at + std::time::Duration::from_millis(at.ms_since(now).min(MS_MAX));
        Self { read_at, reading: now, send_by: instant(send_by.min(deadline)), deadline: instant(deadline) }
    }

    /// For what must be over before the attempt itself can be sent.
    pub(super) fn until_send_by(self) -> Self {
        Self { deadline: self.send_by, ..self }
    }

    /// The first byte leaves before this instant; never later than the deadline.
    pub(super) fn send_by(&self) -> Instant {
        self.send_by
    }

    /// The wall clock now.
    pub(super) fn now(&self) -> Timestamp {
        let ms = self.read_at.elapsed().as_millis();
        self.reading.plus_ms(u64::try_from(ms).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn the_wall_clock_goes_on_from_its_reading() {
        let times = Times::new(Timestamp(1_000), Timestamp(1_500), Timestamp(3_000));
        tokio::time::advance(Duration::from_millis(500)).await;
        assert_eq!(times.now(), Timestamp(1_500));
        assert_eq!(Instant::now(), times.send_by());
        assert_eq!(times.deadline - times.send_by(), Duration::from_millis(1_500));
    }

    #[tokio::test(start_paused = true)]
    async fn what_has_passed_is_now_and_send_by_never_follows_the_deadline() {
        let late = Times::new(Timestamp(1_000), Timestamp(900), Timestamp(950));
        assert_eq!((late.send_by(), late.deadline), (Instant::now(), Instant::now()));
        let short = Times::new(Timestamp(1_000), Timestamp(5_000), Timestamp(2_000));
        assert_eq!(short.send_by(), short.deadline);
        Times::new(Timestamp(0), Timestamp(u64::MAX), Timestamp(u64::MAX));
    }
}
