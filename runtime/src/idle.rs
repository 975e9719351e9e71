//! What a stage's thread does while it has nothing to do.

use crate::bell::Bell;
use crate::platform::Platform;
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

/// Rounds that an adaptive thread spins: about a microsecond.
const SPIN_ROUNDS: u32 = 64;
/// Rounds after which an adaptive thread no longer yields; a yield costs from 0.2 to 2
/// microseconds.
const YIELD_ROUNDS: u32 = SPIN_ROUNDS + 128;
/// How long a sleep is asked to last; the system adds some 50 microseconds to it.
const SLEEP: Duration = Duration::from_micros(50);
/// Rounds after which a thread with a bell no longer yields: some hundred microseconds. Waking a
/// sleeper costs both sides more than a sync takes, so a thread in demand does not sleep.
const BELL_YIELD_ROUNDS: u32 = SPIN_ROUNDS + 400;
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
    rounds: u32,
    /// Who wakes the thread, so that it can sleep until there is work.
    bell: Option<&'static Bell>,
    has_announced: bool,
}

impl<P: Platform> Idle<P> {
    /// A thread that has just worked, and looks for work itself.
    pub const fn new(platform: P, strategy: IdleStrategy) -> Self {
        Self { platform, strategy, rounds: 0, bell: None, has_announced: false }
    }

    /// A thread that has just worked, and for which `bell` is rung whenever there is work.
    pub const fn with_bell(platform: P, strategy: IdleStrategy, bell: &'static Bell) -> Self {
        Self { platform, strategy, rounds: 0, bell: Some(bell), has_announced: false }
    }

    /// The thread has worked: the next wait is short again.
    #[inline]
    pub fn worked(&mut self) {
        self.rounds = 0;
        if self.has_announced {
            self.has_announced = false;
            self.bell.inspect(|bell| bell.cancel());
        }
    }

    /// Waits a moment, longer the longer there has been nothing to do. Where there is a bell, until
    /// it is rung, unless there was something to do at the call before.
    pub fn wait(&mut self) {
        self.wait_at_most(None);
    }

    /// The same, where something has to be done after `at_most` though nobody rings.
    pub fn wait_at_most(&mut self, at_most: Option<Duration>) {
        self.rounds = self.rounds.saturating_add(1);
        let yield_rounds = if self.bell.is_some() { BELL_YIELD_ROUNDS } else { YIELD_ROUNDS };
        match self.strategy {
            IdleStrategy::Spin => std::hint::spin_loop(),
            IdleStrategy::Adaptive if self.rounds <= SPIN_ROUNDS => std::hint::spin_loop(),
            IdleStrategy::Adaptive if self.rounds <= yield_rounds => {
                if !yield_quickly(self.platform) && self.bell.is_some() {
                    self.rounds = yield_rounds;
                }
            }
            IdleStrategy::Adaptive | IdleStrategy::Sleep => self.rest(at_most),
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
            bell.sleep(at_most);
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
