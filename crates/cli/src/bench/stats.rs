//! Percentiles and medians.

/// Durations in microseconds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples(Vec<u64>);

impl Samples {
    /// Adds one.
    pub(crate) fn add(&mut self, us: u64) {
        self.0.push(us);
    }

    /// Adds all of another collection.
    pub(crate) fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// The p50, p95 and p99, by nearest rank; zeros when there are none.
    pub(crate) fn percentiles(&mut self) -> Percentiles {
        self.0.sort_unstable();
        let rank = |percent: usize| {
            let rank = (self.0.len() * percent).div_ceil(100);
            self.0.get(rank.saturating_sub(1)).copied().unwrap_or(0)
        };
        Percentiles { p50_us: rank(50), p95_us: rank(95), p99_us: rank(99) }
    }
}

/// Three percentiles in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Percentiles {
    /// Half are at most this.
    pub(crate) p50_us: u64,
    /// 95 % are at most this.
    pub(crate) p95_us: u64,
    /// 99 % are at most this.
    pub(crate) p99_us: u64,
}

/// The median: of an even number, the mean of the two in the middle.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        n if n % 2 == 1 => sorted[n / 2],
        n => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
    }
}

/// A count as a number for arithmetic; exact below 2^53, which no measurement reaches.
#[expect(clippy::cast_precision_loss, reason = "counts of a measurement are far below 2^53")]
pub(crate) fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(values: impl IntoIterator<Item = u64>) -> Samples {
        let mut samples = Samples::default();
        values.into_iter().for_each(|value| samples.add(value));
        samples
    }

    #[test]
    fn percentiles_are_nearest_ranks() {
        let percentiles = samples((1..=100).rev()).percentiles();
        assert_eq!(percentiles, Percentiles { p50_us: 50, p95_us: 95, p99_us: 99 });
        assert_eq!(samples([7]).percentiles(), Percentiles { p50_us: 7, p95_us: 7, p99_us: 7 });
        assert_eq!(samples([]).percentiles(), Percentiles::default());
    }

    #[test]
    fn merged_samples_count_together() {
        let mut all = samples([1, 2]);
        all.merge(samples([3]));
        assert_eq!(all.count(), 3);
    }

    #[test]
    fn the_median_does_not_care_for_order() {
        assert!((median(&[9.0, 1.0, 5.0]) - 5.0).abs() < f64::EPSILON);
        assert!((median(&[4.0, 1.0]) - 2.5).abs() < f64::EPSILON);
        assert!(median(&[]).abs() < f64::EPSILON);
    }
}
