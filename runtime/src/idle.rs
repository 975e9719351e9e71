//! What a stage's thread does while it has nothing to do.

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
}

impl<P: Platform> Idle<P> {
    /// A thread that has just worked.
    pub const fn new(platform: P, strategy: IdleStrategy) -> Self {
        Self { platform, strategy, rounds: 0 }
    }

    /// The thread has worked: the next wait is short again.
    pub const fn worked(&mut self) {
        self.rounds = 0;
    }

    /// Waits a moment, longer the longer there has been nothing to do.
    pub fn wait(&mut self) {
        self.rounds = self.rounds.saturating_add(1);
        match self.strategy {
            IdleStrategy::Spin => std::hint::spin_loop(),
            IdleStrategy::Adaptive if self.rounds <= SPIN_ROUNDS => std::hint::spin_loop(),
            IdleStrategy::Adaptive if self.rounds <= YIELD_ROUNDS => std::thread::yield_now(),
            IdleStrategy::Adaptive | IdleStrategy::Sleep => self.platform.sleep(SLEEP),
        }
    }
}
