//! How long syncs took: a histogram that any thread may read while others count.

use highwater_platform::latency::Quantiles;
use std::array;
use std::sync::atomic::{AtomicU64, Ordering};

/// Powers of two in nanoseconds from which on buckets are told apart: 2^10, about 1 us.
const OCTAVE_FIRST: u32 = 10;
/// Octaves: up to 2^37 ns, about 137 s.
const OCTAVES: u32 = 27;
/// Buckets of an octave, as a power of two: a bucket is an eighth of its octave wide.
const BUCKETS_LOG2: u32 = 3;
/// Buckets in all; the first also holds what is shorter, the last what is longer.
const BUCKETS: usize = (OCTAVES << BUCKETS_LOG2) as usize;

/// Counts of syncs by their length.
#[derive(Debug)]
pub(super) struct SyncTimes {
    buckets: [AtomicU64; BUCKETS],
}

impl Default for SyncTimes {
    fn default() -> Self {
        Self { buckets: array::from_fn(|_| AtomicU64::new(0)) }
    }
}

impl SyncTimes {
    /// Counts a sync that took `ns` nanoseconds.
    pub(super) fn count(&self, ns: u64) {
        self.buckets[bucket_of(ns)].fetch_add(1, Ordering::Relaxed);
    }

    /// How many took at most each of `bounds_ns`, which grow, and longer than the one before: a
    /// bucket belongs where its end does. What is longer than all of them is left out.
    pub(super) fn classes<const N: usize>(&self, bounds_ns: &[u64; N]) -> [u64; N] {
        let mut classes = [0; N];
        for (at, bucket) in self.buckets.iter().enumerate() {
            if let Some(class) = classes.get_mut(bounds_ns.partition_point(|it| *it < end_ns(at))) {
                *class += bucket.load(Ordering::Relaxed);
            }
        }
        classes
    }

    /// The usual quantiles, each the end of its bucket and at most `max_ns`, the longest; `None`
    /// when nothing was counted.
    pub(super) fn quantiles(&self, max_ns: u64) -> Option<Quantiles> {
        let counts: Vec<u64> =
            self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).collect();
        let count: u64 = counts.iter().sum();
        let at = |per_mille: u64| {
            let rank = (count * per_mille).div_ceil(1_000);
            let mut below = 0;
            let reached = counts.iter().position(|bucket| {
                below += bucket;
                below >= rank
            });
            reached.map_or(max_ns, |bucket| end_ns(bucket).min(max_ns))
        };
        let ends = counts.iter().enumerate().filter(|(_, count)| **count > 0);
        let total_ns: u128 =
            ends.clone().map(|(at, count)| u128::from(end_ns(at)) * u128::from(*count)).sum();
        let avg_ns = total_ns.checked_div(u128::from(count)).unwrap_or(0);
        let min_ns = ends.map(|(at, _)| end_ns(at)).next().unwrap_or(0);
        (count > 0).then(|| Quantiles {
            count,
            avg_ns: u64::try_from(avg_ns).unwrap_or(u64::MAX).min(max_ns),
            min_ns: min_ns.min(max_ns),
            p50_ns: at(500),
            p90_ns: at(900),
            p99_ns: at(990),
            p99_9_ns: at(999),
            max_ns,
        })
    }
}

/// The bucket of a length.
fn bucket_of(ns: u64) -> usize {
    let ns = ns.max(1 << OCTAVE_FIRST);
    let octave = ns.ilog2();
    let eighth = (ns >> (octave - BUCKETS_LOG2)) & ((1 << BUCKETS_LOG2) - 1);
    let index = (u64::from(octave - OCTAVE_FIRST) << BUCKETS_LOG2) + eighth;
    usize::try_from(index).map_or(BUCKETS - 1, |index| index.min(BUCKETS - 1))
}

/// The longest length in a bucket, in nanoseconds.
fn end_ns(bucket: usize) -> u64 {
    let next = bucket as u64 + 1;
    let octave = u64::from(OCTAVE_FIRST) + (next >> BUCKETS_LOG2);
    let eighth = next & ((1 << BUCKETS_LOG2) - 1);
    (((1 << BUCKETS_LOG2) + eighth) << (octave - u64::from(BUCKETS_LOG2))) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_hold_what_is_at_most_their_bound() {
        let times = SyncTimes::default();
        for ns in [10, 1_000, 70_000, 80_000, 5_000_000, 9_000_000_000] {
            times.count(ns);
        }
        assert_eq!(times.classes(&[75_000, 100_000, 10_000_000]), [3, 1, 1]);
        assert_eq!(times.classes(&[u64::MAX]), [6]);
    }

    #[test]
    fn a_length_lies_in_its_bucket() {
        assert_eq!((bucket_of(0), bucket_of(1_023), bucket_of(1_024)), (0, 0, 0));
        assert_eq!(bucket_of(u64::MAX), BUCKETS - 1);
        for bucket in 0..BUCKETS {
            let end = end_ns(bucket);
            assert_eq!(bucket_of(end), bucket, "{end}");
            assert_eq!(bucket_of(end + 1), (bucket + 1).min(BUCKETS - 1), "{end}");
        }
        assert!(end_ns(BUCKETS - 1) > 100_000_000_000, "100 s are told apart from more");
    }

    #[test]
    fn a_quantile_is_at_most_an_eighth_too_long() {
        let times = SyncTimes::default();
        assert_eq!(times.quantiles(0), None);
        (1..=1_000).for_each(|us| times.count(us * 1_000));
        let found = times.quantiles(1_000_000).unwrap();
        assert_eq!((found.count, found.max_ns), (1_000, 1_000_000));
        for (ns, exact) in [
            (found.p50_ns, 500_000),
            (found.p90_ns, 900_000),
            (found.p99_ns, 990_000),
            (found.p99_9_ns, 999_000),
        ] {
            assert!((exact..=exact + exact / 8).contains(&ns), "{ns} for {exact}");
        }
    }

    #[test]
    fn the_longest_is_never_exceeded() {
        let times = SyncTimes::default();
        times.count(90_001);
        let found = times.quantiles(90_001).unwrap();
        assert_eq!((found.p50_ns, found.p99_9_ns), (90_001, 90_001));
    }
}
