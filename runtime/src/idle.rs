//! What a stage's thread does while it has nothing to do.

use crate::bell::Bell;
use crate::platform::{Platform, ThreadRole};
use std::fmt;
use std::time::Duration;

/// How a thread waits for work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdleStrategy {
    /// Never gives the core away: the lowest latency, for machines with a core for every thread.
    Spin,
    /// Spins for a moment, then yields, then sleeps: for any machine.
    #[default]
    Adaptive,
    /// Sleeps at once: the least use of the processor.
    Sleep,
}

/// Rounds that an adaptive thread spins, about a microsecond, where each has a core of its own.
/// Where cores are fewer it yields at once: what it waits for may wait for its core.
const SPIN_ROUNDS: u32 = 64;
/// Rounds that an adaptive thread yields then; a yield costs from 0.2 to 2 microseconds.
const YIELD_ROUNDS: u32 = 128;
/// How long a sleep is asked to last; the system adds some microseconds to it.
const SLEEP: Duration = Duration::from_micros(50);
/// A thread with a bell sleeps twice as long each time that it finds nothing to do, so many times;
/// then until it is rung.
const DOUBLINGS_MAX: u32 = 6;
/// Rounds that a thread with a bell yields: some hundred microseconds. Waking a sleeper costs both
/// sides more than a sync takes, so a thread in demand does not sleep.
const BELL_YIELD_ROUNDS: u32 = 400;
/// A yield that takes this long, in nanoseconds, gave the core to somebody who had work to do.
const SLOW_YIELD_NS: u64 = 20_000;

impl fmt::Display for IdleStrategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Spin => "spin",
            Self::Adaptive => "adaptive",
            Self::Sleep => "sleep",
        })
    }
}

/// One thread's waiting: how long it has been idle, in rounds.
#[derive(Clone, Copy, Debug)]
pub struct Idle<P> {
    platform: P,
    strategy: IdleStrategy,
    /// How many rounds it spins.
    spin_rounds: u32,
    rounds: u32,
    /// Sleeps since it worked last.
    sleeps: u32,
    /// Who wakes the thread, so that it can sleep until there is work.
    bell: Option<&'static Bell>,
    has_announced: bool,
}

impl<P: Platform> Idle<P> {
    /// A thread that has just worked, and looks for work itself.
    pub fn new(platform: P, strategy: IdleStrategy) -> Self {
        let spin_rounds = if platform.cores() < ThreadRole::COUNT { 0 } else { SPIN_ROUNDS };
        let (bell, has_announced) = (None, false);
        Self { platform, strategy, spin_rounds, rounds: 0, sleeps: 0, bell, has_announced }
    }

    /// A thread that has just worked, and for which `bell` is rung by those who give it work, at
    /// least when they begin to work and when they have nothing left to do.
    pub fn with_bell(platform: P, strategy: IdleStrategy, bell: &'static Bell) -> Self {
        Self { bell: Some(bell), ..Self::new(platform, strategy) }
    }

    /// Whether the thread has worked since it waited last.
    pub const fn is_busy(&self) -> bool {
        self.rounds == 0
    }

    /// The thread has worked: the next wait is short again.
    #[inline]
    pub fn worked(&mut self) {
        self.rounds = 0;
        self.sleeps = 0;
        if self.has_announced {
            self.has_announced = false;
            self.bell.inspect(|bell| bell.cancel());
        }
    }

    /// Waits a moment, longer the longer there has been nothing to do. Where there is a bell, until
    /// it is rung, unless there was something to do at the call before.
    pub fn wait(&mut self) {
        self.wait_at_most(|| None);
    }

    /// The same, where something has to be done after `at_most` though nobody rings; asked when the
    /// thread is about to sleep.
    pub fn wait_at_most(&mut self, at_most: impl FnOnce() -> Option<Duration>) {
        self.rounds = self.rounds.saturating_add(1);
        let yields = if self.bell.is_some() { BELL_YIELD_ROUNDS } else { YIELD_ROUNDS };
        let yield_rounds = self.spin_rounds + yields;
        match self.strategy {
            IdleStrategy::Spin => std::hint::spin_loop(),
            IdleStrategy::Adaptive if self.rounds <= self.spin_rounds => std::hint::spin_loop(),
            IdleStrategy::Adaptive if self.rounds <= yield_rounds => {
                if !yield_quickly(self.platform) && self.bell.is_some() {
                    self.rounds = yield_rounds;
                }
            }
            IdleStrategy::Adaptive | IdleStrategy::Sleep => self.rest(at_most()),
        }
    }

    /// Waits a moment though there is something to do, which is not yet possible: nobody rings when
    /// it is.
    pub fn pause(&mut self) {
        self.worked();
        match self.strategy {
            IdleStrategy::Spin => std::hint::spin_loop(),
            IdleStrategy::Adaptive | IdleStrategy::Sleep => self.platform.sleep(SLEEP),
        }
    }

    fn rest(&mut self, at_most: Option<Duration>) {
        let Some(bell) = self.bell else {
            self.platform.sleep(at_most.map_or(SLEEP, |at_most| at_most.min(SLEEP)));
            return;
        };
        if self.has_announced {
            // While there is much to do nobody rings, and a short sleep gathers it.
            let own = (self.sleeps <= DOUBLINGS_MAX).then(|| SLEEP * (1 << self.sleeps));
            self.sleeps = self.sleeps.saturating_add(1);
            let limit = [own, at_most].into_iter().flatten().min();
            if bell.sleep(limit) {
                // Work is on its way: like after work, but for what is done at its end.
                (self.rounds, self.sleeps) = (1, 0);
            }
        } else {
            // The caller looks for work once more before it sleeps.
            bell.announce();
        }
        self.has_announced = !self.has_announced;
    }
}

/// Gives the core away once, and tells whether it came back soon. When it did not, others need the
/// core: whoever sleeps then is run sooner, when it is woken, than whoever goes on yielding.
pub(crate) fn yield_quickly<P: Platform>(platform: P) -> bool {
    let before_ns = platform.monotonic_ns();
    std::thread::yield_now();
    platform.monotonic_ns() - before_ns < SLOW_YIELD_NS
}
