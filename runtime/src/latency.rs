//! Latencies: histograms of fixed size, and what is reported of them.

use hdrhistogram::Histogram;
use serde::Serialize;

/// The longest latency that is told apart from longer ones: 100 s.
const LATENCY_NS_MAX: u64 = 100_000_000_000;

/// A histogram of latencies in nanoseconds that never allocates after its creation.
#[derive(Clone, Debug)]
pub struct Latencies(Histogram<u64>);

impl Latencies {
    /// An empty histogram with three significant digits from 1 ns to 100 s.
    ///
    /// # Panics
    /// Never: the bounds are valid.
    pub fn new() -> Self {
        Self(Histogram::new_with_bounds(1, LATENCY_NS_MAX, 3).expect("valid bounds"))
    }

    /// Counts one latency; longer ones than 100 s count as 100 s.
    #[inline]
    pub fn record(&mut self, latency_ns: u64) {
        self.0.saturating_record(latency_ns);
    }

    /// Counts everything that `other` counted, too.
    ///
    /// # Panics
    /// Never: all histograms have the same bounds.
    pub fn add(&mut self, other: &Self) {
        self.0.add(&other.0).expect("the same bounds");
    }

    /// The usual quantiles; `None` when nothing was recorded.
    pub fn quantiles(&self) -> Option<Quantiles> {
        if self.0.is_empty() {
            return None;
        }
        Some(Quantiles {
            count: self.0.len(),
            avg_ns: self.average_ns(),
            min_ns: self.0.min(),
            p50_ns: self.0.value_at_quantile(0.5),
            p90_ns: self.0.value_at_quantile(0.9),
            p99_ns: self.0.value_at_quantile(0.99),
            p99_9_ns: self.0.value_at_quantile(0.999),
            max_ns: self.0.max(),
        })
    }

    /// The average, rounded down; 0 when nothing was recorded.
    fn average_ns(&self) -> u64 {
        let counted = self.0.iter_recorded();
        let of_one = |ns: u64, count: u64| u128::from(ns) * u128::from(count);
        let total_ns: u128 =
            counted.map(|one| of_one(one.value_iterated_to(), one.count_at_value())).sum();
        let average_ns = total_ns.checked_div(u128::from(self.0.len())).unwrap_or(0);
        u64::try_from(average_ns).unwrap_or(u64::MAX).min(self.0.max())
    }
}

impl Default for Latencies {
    fn default() -> Self {
        Self::new()
    }
}

/// Quantiles of a latency, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Quantiles {
    /// How many latencies were recorded.
    pub count: u64,
    /// Their average.
    pub avg_ns: u64,
    /// The shortest.
    pub min_ns: u64,
    /// Half of them were at most this.
    pub p50_ns: u64,
    /// 90 % of them were at most this.
    pub p90_ns: u64,
    /// 99 % of them were at most this.
    pub p99_ns: u64,
    /// 99.9 % of them were at most this.
    pub p99_9_ns: u64,
    /// The longest.
    pub max_ns: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_average_and_both_ends_are_those_of_what_was_recorded() {
        let mut latencies = Latencies::new();
        assert_eq!(latencies.quantiles(), None);
        for latency_ns in [100, 200, 300, 1_000] {
            latencies.record(latency_ns);
        }
        let seen = latencies.quantiles().unwrap();
        assert_eq!((seen.count, seen.avg_ns, seen.min_ns, seen.max_ns), (4, 400, 100, 1_000));
    }
}
