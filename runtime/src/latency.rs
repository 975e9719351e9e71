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

    /// Counts what another histogram counted.
    ///
    /// # Panics
    /// Never: all have the same bounds.
    pub fn merge(&mut self, other: &Self) {
        self.0.add(&other.0).expect("all have the same bounds");
    }

    /// The usual quantiles; `None` when nothing was recorded.
    pub fn quantiles(&self) -> Option<Quantiles> {
        if self.0.is_empty() {
            return None;
        }
        Some(Quantiles {
            count: self.0.len(),
            p50_ns: self.0.value_at_quantile(0.5),
            p90_ns: self.0.value_at_quantile(0.9),
            p99_ns: self.0.value_at_quantile(0.99),
            p99_9_ns: self.0.value_at_quantile(0.999),
            max_ns: self.0.max(),
        })
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
