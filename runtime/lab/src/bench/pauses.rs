//! What a machine takes away by itself: how long threads stand still that do nothing but read the
//! clock.

use highwater_engine::figures::Nanoseconds;
use highwater_platform::Platform;
use serde::Serialize;
use std::fmt;
use std::thread;

/// How long the threads look, in nanoseconds.
const LOOKED_NS: u64 = 1_000_000_000;

/// Between two readings of the clock by a thread that was stopped lies more than this, in
/// nanoseconds.
const PAUSE_NS: u64 = 100_000;

/// The pauses of the thread that was stopped for longest, of one a core.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Pauses {
    /// How long it looked, in nanoseconds.
    pub(super) looked_ns: u64,
    /// How long it stood still altogether, in nanoseconds.
    pub(super) stopped_ns: u64,
    /// How often.
    pub(super) count: u64,
    /// The longest time, in nanoseconds.
    pub(super) longest_ns: u64,
}

impl Pauses {
    /// Looks for a second with a thread for each core.
    pub(super) fn now<P: Platform>(platform: P) -> Self {
        thread::scope(|scope| {
            let look = || Self::among(LOOKED_NS, || platform.monotonic_ns());
            let threads: Vec<_> = (0..platform.cores()).map(|_| scope.spawn(look)).collect();
            let seen = threads.into_iter().filter_map(|thread| thread.join().ok());
            seen.max_by_key(|pauses| pauses.stopped_ns).unwrap_or_default()
        })
    }

    /// What is seen of `clock` in `looked_ns`.
    fn among(looked_ns: u64, mut clock: impl FnMut() -> u64) -> Self {
        let begin_ns = clock();
        let mut pauses = Self::default();
        let mut last_ns = begin_ns;
        while pauses.looked_ns < looked_ns {
            let now_ns = clock();
            let passed_ns = now_ns - last_ns;
            if passed_ns > PAUSE_NS {
                pauses.stopped_ns += passed_ns;
                pauses.count += 1;
                pauses.longest_ns = pauses.longest_ns.max(passed_ns);
            }
            last_ns = now_ns;
            pauses.looked_ns = now_ns - begin_ns;
        }
        pauses
    }
}

impl fmt::Display for Pauses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { looked_ns, stopped_ns, count, longest_ns } = *self;
        let thousandths = stopped_ns * 1_000 / looked_ns.max(1);
        write!(
            f,
            "a thread that only reads the clock stood still for {}.{} % of the time ({count} \
             times, {} at the longest)",
            thousandths / 10,
            thousandths % 10,
            Nanoseconds(longest_ns)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_long_gaps_between_readings_are_pauses() {
        let mut readings = [0, 50, 99_000, 200_000, 500_000, 600_000, 1_900_000].into_iter();
        let pauses = Pauses::among(1_500_000, || readings.next().unwrap());
        let expected =
            Pauses { looked_ns: 1_900_000, stopped_ns: 1_701_000, count: 3, longest_ns: 1_300_000 };
        assert_eq!(pauses, expected);
        let text = pauses.to_string();
        assert!(text.contains("89.5 % of the time (3 times, 1.3 ms at the longest)"), "{text}");
    }
}
