//! Loads for the simulated log writer: open ones, which send by the clock, and closed ones, which
//! send again when they are answered.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use tests::random::Random;

/// How commands come.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Load {
    /// So many a second at even times.
    Even(u64),
    /// So many a second at independent times.
    Chance(u64),
    /// So many at once, again after this time in nanoseconds.
    Bursts(u64, u64),
    /// So many callers, each of which sends when it was answered and has thought this long, in
    /// nanoseconds.
    Callers(u64, u64),
}

const SECOND_NS: u64 = 1_000_000_000;
/// An answer reaches the first caller after this time, and the others one after the other.
const ANSWER_NS: u64 = 1_500;
const NEXT_ANSWER_NS: u64 = 200;

/// A load that runs.
pub(crate) struct Running {
    load: Load,
    random: Random,
    /// When commands come, those that are known.
    times: BinaryHeap<Reverse<u64>>,
}

impl Running {
    /// Begins at `now_ns`.
    pub(crate) fn new(load: Load, now_ns: u64, mut random: Random) -> Self {
        let times = match load {
            Load::Even(_) | Load::Chance(_) => BinaryHeap::from([Reverse(now_ns)]),
            Load::Bursts(count, _) => (0..count).map(|_| Reverse(now_ns)).collect(),
            Load::Callers(count, think_ns) => {
                (0..count).map(|_| Reverse(now_ns + random.below(think_ns + 1))).collect()
            }
        };
        Self { load, random, times }
    }

    /// When the next command comes; `None` while all callers wait.
    pub(crate) fn next_ns(&self) -> Option<u64> {
        self.times.peek().map(|Reverse(time_ns)| *time_ns)
    }

    /// Takes that command.
    pub(crate) fn take(&mut self) {
        let Some(Reverse(time_ns)) = self.times.pop() else {
            return;
        };
        match self.load {
            Load::Even(rate) => self.times.push(Reverse(time_ns + SECOND_NS / rate)),
            Load::Chance(rate) => {
                self.times.push(Reverse(time_ns + chance_ns(SECOND_NS / rate, &mut self.random)));
            }
            Load::Bursts(count, every_ns) if self.times.is_empty() => {
                self.times.extend((0..count).map(|_| Reverse(time_ns + every_ns)));
            }
            Load::Bursts(..) | Load::Callers(..) => {}
        }
    }

    /// So many commands of this load are answered.
    pub(crate) fn answer(&mut self, count: u64, now_ns: u64) {
        if let Load::Callers(_, think_ns) = self.load {
            for nth in 0..count {
                let thought_ns = think_ns - think_ns / 4 + self.random.below(think_ns / 2 + 1);
                let heard_ns = now_ns + ANSWER_NS + nth * NEXT_ANSWER_NS;
                self.times.push(Reverse(heard_ns + thought_ns));
            }
        }
    }
}

/// The time between two events that come independently, `mean_ns` apart on average: the negative
/// logarithm of a random fraction, its mantissa taken as a straight line.
fn chance_ns(mean_ns: u64, random: &mut Random) -> u64 {
    const LN_2: u64 = 45_426;
    let fraction = 1 + random.below(u64::from(u32::MAX));
    let whole = u64::from(fraction.ilog2());
    let part = (fraction << 16 >> whole) - (1 << 16);
    let doublings = (32 << 16) - ((whole << 16) + part);
    let mean_doublings = (mean_ns * doublings) >> 16;
    (mean_doublings * LN_2) >> 16
}
