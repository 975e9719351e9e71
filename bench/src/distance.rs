//! How far the two cores of the benches are from each other: what a cache line takes from one to
//! the other and back.

use crate::threads::{Cores, together};
use highwater::padded::Padded;
use std::fmt;
use std::hint::spin_loop;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Round trips of a batch: few, so that most batches are over before another program is given one
/// of the cores.
const ROUND_TRIPS: u32 = 1_000;
/// Batches, the median of which counts.
const BATCHES: usize = 301;
/// Cores are far from this many nanoseconds on. On the machines that were measured a round trip
/// takes 90 to 190 ns between near ones and 410 to 560 between far ones.
const FAR_NS: f64 = 330.0;
/// From here on it is not their distance that takes so long.
const BUSY_NS: f64 = 1_000.0;

/// What was measured.
#[derive(Clone, Copy, Debug)]
pub struct Distance {
    /// Nanoseconds there and back.
    pub round_trip_ns: f64,
}

impl Distance {
    /// Measures it: two numbers on lines of their own, each stored by one core and awaited by the
    /// other.
    pub fn measure() -> Self {
        let (there, back) = (Line::default(), Line::default());
        // The other thread may still be waking up during the first one, which is left out.
        let ask = || (0..=BATCHES).map(|_| batch(&there, &back)).skip(1).collect();
        let answer = || {
            for _ in 0..=BATCHES {
                for number in 1..=ROUND_TRIPS {
                    wait_for(&there, number);
                    back.store(number, Ordering::Release);
                }
            }
        };
        let mut batches: Vec<Duration> = together(Cores::Two, ask, answer);
        batches.sort();
        let round_trip = batches[BATCHES / 2] / ROUND_TRIPS;
        Self { round_trip_ns: round_trip.as_secs_f64() * 1e9 }
    }

    /// `near`, `far`, or `busy` where other programs have the cores and nobody can tell.
    pub fn name(self) -> &'static str {
        match self.round_trip_ns {
            ns if ns < FAR_NS => "near",
            ns if ns < BUSY_NS => "far",
            _ => "busy",
        }
    }
}

impl fmt::Display for Distance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { round_trip_ns } = self;
        write!(f, "{}: {round_trip_ns:.0} ns there and back ", self.name())?;
        write!(f, "(far from {FAR_NS} on, busy from {BUSY_NS} on)")
    }
}

/// A number on cache lines of its own.
type Line = Padded<AtomicU32>;

/// The time of some round trips.
#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
fn batch(there: &Line, back: &Line) -> Duration {
    let started = Instant::now();
    for number in 1..=ROUND_TRIPS {
        there.store(number, Ordering::Release);
        wait_for(back, number);
    }
    started.elapsed()
}

fn wait_for(line: &Line, number: u32) {
    while line.load(Ordering::Acquire) != number {
        spin_loop();
    }
}
