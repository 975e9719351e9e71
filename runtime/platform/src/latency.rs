//! Latencies: histograms of fixed size, and what is reported of them.

use hdrhistogram::Histogram;
use serde::Serialize;

/// The longest latency that is told apart from longer ones: 100 s.
const LATENCY_NS_MAX: u64 = 100_000_000_000;

/// A histogram of latencies in nanoseconds that never allocates after its creation.
///
/// Where many answers share a reading of the clock the same latency comes again and again: it is
/// counted here, and in the histogram when another one comes.
#[derive(Clone, Debug)]
pub struct Latencies {
    histogram: Histogram<u64>,
    /// The latest latency, and how often in a row it came without the histogram knowing.
    latest_ns: u64,
    latest_count: u64,
}

impl Latencies {
    /// An empty histogram with three significant digits from 1 ns to 100 s.
    ///
    /// # Panics
    /// Never: the bounds are valid.
    pub fn new() -> Self {
        let histogram = Histogram::new_with_bounds(1, LATENCY_NS_MAX, 3).expect("valid bounds");
        Self { histogram, latest_ns: 0, latest_count: 0 }
    }

    /// Counts one latency; longer ones than 100 s count as 100 s.
    #[inline]
    pub fn record(&mut self, latency_ns: u64) {
        if latency_ns != self.latest_ns {
            self.settle();
            self.latest_ns = latency_ns;
        }
        self.latest_count += 1;
    }

    /// Lets the histogram know of the latest latency.
    fn settle(&mut self) {
        if self.latest_count > 0 {
            self.histogram.saturating_record_n(self.latest_ns, self.latest_count);
            self.latest_count = 0;
        }
    }

    /// The histogram that knows of everything.
    fn settled(&self) -> Histogram<u64> {
        let mut settled = self.clone();
        settled.settle();
        settled.histogram
    }

    /// Counts everything that `other` counted, too.
    ///
    /// # Panics
    /// Never: all histograms have the same bounds.
    pub fn add(&mut self, other: &Self) {
        self.histogram.add(other.settled()).expect("the same bounds");
    }

    /// The usual quantiles; `None` when nothing was recorded.
    pub fn quantiles(&self) -> Option<Quantiles> {
        let settled = self.settled();
        if settled.is_empty() {
            return None;
        }
        Some(Quantiles {
            count: settled.len(),
            avg_ns: average_ns(&settled),
            min_ns: settled.min(),
            p50_ns: settled.value_at_quantile(0.5),
            p90_ns: settled.value_at_quantile(0.9),
            p99_ns: settled.value_at_quantile(0.99),
            p99_9_ns: settled.value_at_quantile(0.999),
            max_ns: settled.max(),
        })
    }
}

/// The average, rounded down; 0 when nothing was recorded.
fn average_ns(histogram: &Histogram<u64>) -> u64 {
    let counted = histogram.iter_recorded();
    let of_one = |ns: u64, count: u64| u128::from(ns) * u128::from(count);
    let total_ns: u128 =
        counted.map(|one| of_one(one.value_iterated_to(), one.count_at_value())).sum();
    let average_ns = total_ns.checked_div(u128::from(histogram.len())).unwrap_or(0);
    u64::try_from(average_ns).unwrap_or(u64::MAX).min(histogram.max())
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

    #[test]
    fn a_latency_that_comes_again_counts_as_often() {
        let mut latencies = Latencies::new();
        for latency_ns in [700, 700, 0, 700, 700, 700] {
            latencies.record(latency_ns);
        }
        let mut sum = Latencies::new();
        sum.record(5);
        sum.add(&latencies);
        sum.record(5);
        let (alone, both) = (latencies.quantiles().unwrap(), sum.quantiles().unwrap());
        assert_eq!((alone.count, alone.min_ns, alone.p50_ns, alone.max_ns), (6, 0, 700, 700));
        assert_eq!((both.count, both.min_ns, both.p50_ns), (8, 0, 700));
    }
}
