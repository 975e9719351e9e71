//! What a stage's thread does while it has nothing to do.

use crate::wakeup::Wakeup;
use crate::{Platform, ThreadRole};
use std::fmt;
use std::time::Duration;

/// How a thread waits for work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdleStrategy {
    /// Never gives the core away: the lowest latency, for machines with a core for every thread.
    Spin,
    /// Yields for as long as its work has earned, then sleeps until it is woken: for any machine.
    #[default]
    Adaptive,
    /// Sleeps at once until it is woken: the least use of the processor.
    Sleep,
}

/// Rounds that an adaptive thread spins, about a microsecond, where each has a core of its own.
/// Where cores are fewer it yields at once: what it waits for may wait for its core.
const SPIN_ROUNDS: u32 = 64;
/// Rounds that an adaptive thread without a wake-up yields; a yield costs from 0.2 to 2
/// microseconds.
const YIELD_ROUNDS: u32 = 128;
/// How long a sleep of a thread that nobody wakes is asked to last; the system adds some
/// microseconds to it.
const SLEEP: Duration = Duration::from_micros(50);
/// How much later than asked a sleep ends, some of it asked for by the system to save wake-ups.
const SLEEP_LATE_NS: u64 = 60_000;
/// Sleeps of this length; from then on what is waited for is not expected soon.
const SLEEPS_MAX: u32 = 200;
/// How long they are asked to last then.
const LONG_SLEEP: Duration = Duration::from_millis(1);
/// How long a nap is asked to last: a sleep that nobody has to end. Waking a sleeper costs more
/// than a nap does, so a thread whose work comes this often naps.
const NAP: Duration = Duration::from_nanos(NAP_NS);
const NAP_NS: u64 = 20_000;
/// Who was woken so soon after it went to sleep would have done better to nap.
const SOON_NS: u64 = 2 * NAP_NS;
/// Items for which a thread earns one yield. A yield costs as much as the work on some items: so
/// much is added to what they cost, at most.
const ITEMS_PER_YIELD: u32 = 16;
/// Items that count at most: 400 yields, some hundred microseconds.
const ITEMS_MAX: u32 = 400 * ITEMS_PER_YIELD;
/// Yields of a thread that was woken and finds nothing: the work may be on its way to it through
/// another thread.
const WOKEN_YIELDS: u32 = 64;
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

/// One thread's waiting.
///
/// A thread with a wake-up earns its yields with what it has worked on. So while there is much to
/// do it yields, and whoever gives it more need not wake it; and what it yields in vain is in
/// proportion to what it does. Then it naps where its last nap ended in work, and else sleeps until
/// it is woken.
#[derive(Clone, Copy, Debug)]
pub struct Idle<P> {
    platform: P,
    strategy: IdleStrategy,
    /// How many rounds it spins.
    spin_rounds: u32,
    /// Waits since it worked last.
    rounds: u32,
    /// Items worked on, for which it has not yielded yet.
    items: u32,
    /// Yields that it may do though it has not earned them, until it works.
    free_yields: u32,
    /// Sleeps since it worked last, of a thread without a wake-up.
    sleeps: u32,
    /// Who wakes the thread, so that it can sleep until there is work.
    wakeup: Option<&'static Wakeup>,
    rest: Rest,
    /// Work comes so often that a nap pays off.
    is_dense: bool,
}

/// How far a thread with a wake-up has come on its way to a long sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    /// It has just worked, or was woken.
    Begins,
    /// It napped, and found nothing to do.
    Napped,
    /// It said that it is about to sleep, and looks for work once more.
    Announced,
}

impl<P: Platform> Idle<P> {
    /// A thread that has just worked, and looks for work itself.
    pub fn new(platform: P, strategy: IdleStrategy) -> Self {
        let spin_rounds = if platform.cores() < ThreadRole::COUNT { 0 } else { SPIN_ROUNDS };
        Self {
            platform,
            strategy,
            spin_rounds,
            rounds: 0,
            items: 0,
            free_yields: YIELD_ROUNDS,
            sleeps: 0,
            wakeup: None,
            rest: Rest::Begins,
            is_dense: false,
        }
    }

    /// A thread that has just worked, and which `wakeup` wakes when it is given work,
    /// behind everything that they give it.
    pub fn with_wakeup(platform: P, strategy: IdleStrategy, wakeup: &'static Wakeup) -> Self {
        Self { wakeup: Some(wakeup), free_yields: 0, ..Self::new(platform, strategy) }
    }

    /// Whether the thread has worked since it waited last.
    pub const fn is_busy(&self) -> bool {
        self.rounds == 0
    }

    /// The thread has worked on `count` items: the next wait begins anew.
    #[inline]
    pub fn worked(&mut self, count: usize) {
        self.rounds = 0;
        self.sleeps = 0;
        if self.wakeup.is_some() {
            let count = u32::try_from(count).unwrap_or(u32::MAX);
            self.items = self.items.saturating_add(count).min(ITEMS_MAX);
            self.free_yields = 0;
        } else {
            self.free_yields = YIELD_ROUNDS;
        }
        if self.rest == Rest::Announced {
            self.wakeup.inspect(|wakeup| wakeup.cancel());
        }
        self.rest = Rest::Begins;
    }

    /// Waits a moment, longer the longer there has been nothing to do. Where there is a wake-up,
    /// until it is woken, unless there was something to do at the call before.
    pub fn wait(&mut self) {
        self.wait_at_most(|| None);
    }

    /// The same, where something has to be done after `at_most` though nobody wakes it; asked when
    /// the thread is about to sleep. It may be done a nap later.
    pub fn wait_at_most(&mut self, at_most: impl FnOnce() -> Option<Duration>) {
        self.rounds = self.rounds.saturating_add(1);
        match self.strategy {
            IdleStrategy::Spin => std::hint::spin_loop(),
            IdleStrategy::Adaptive if self.rounds <= self.spin_rounds => std::hint::spin_loop(),
            IdleStrategy::Adaptive => {
                if !self.take_yield() {
                    self.rest(at_most());
                } else if !yield_quickly(self.platform) && self.wakeup.is_some() {
                    (self.items, self.free_yields) = (0, 0);
                }
            }
            IdleStrategy::Sleep => self.rest(at_most()),
        }
    }

    /// Whether it may yield once more, which it does then.
    fn take_yield(&mut self) -> bool {
        let is_free = self.free_yields > 0;
        let may_yield = is_free || self.items >= ITEMS_PER_YIELD;
        if is_free {
            self.free_yields -= 1;
        } else if may_yield {
            self.items -= ITEMS_PER_YIELD;
        }
        may_yield
    }

    /// Waits a moment though there is something to do, which is not yet possible: nobody wakes it
    /// when it is.
    pub fn pause(&mut self) {
        self.worked(0);
        match self.strategy {
            IdleStrategy::Spin => std::hint::spin_loop(),
            IdleStrategy::Adaptive | IdleStrategy::Sleep => self.platform.sleep(SLEEP),
        }
    }

    /// Waits a moment like [`pause`](Self::pause), for something that is due at `until_ns` of the
    /// platform's clock. A sleep ends later than asked, so the last 60 microseconds are not slept.
    pub fn pause_until(&mut self, until_ns: u64) {
        let left_ns = until_ns.saturating_sub(self.platform.monotonic_ns());
        let sleep_ns = left_ns.saturating_sub(SLEEP_LATE_NS);
        if self.strategy == IdleStrategy::Spin || left_ns > 2 * SLEEP_LATE_NS {
            self.pause();
        } else {
            self.worked(0);
            if sleep_ns > 0 {
                self.platform.sleep(Duration::from_nanos(sleep_ns));
            } else {
                std::thread::yield_now();
            }
        }
    }

    fn rest(&mut self, at_most: Option<Duration>) {
        let Some(wakeup) = self.wakeup else {
            return self.rest_alone();
        };
        let is_due_soon = at_most.is_some_and(|at_most| at_most <= NAP);
        match self.rest {
            Rest::Announced => self.sleep(wakeup, at_most),
            Rest::Begins if self.is_dense || is_due_soon => self.nap(),
            Rest::Napped if is_due_soon => self.nap(),
            Rest::Begins | Rest::Napped => {
                self.is_dense = false;
                // The caller looks for work once more before it sleeps.
                wakeup.announce();
                self.rest = Rest::Announced;
            }
        }
    }

    fn nap(&mut self) {
        self.rest = Rest::Napped;
        self.platform.sleep(NAP);
    }

    fn sleep(&mut self, wakeup: &Wakeup, at_most: Option<Duration>) {
        let since_ns = self.platform.monotonic_ns();
        self.rest = Rest::Begins;
        if wakeup.sleep(at_most) {
            // Work is on its way: like after work, but for what is done at its end.
            self.rounds = 1;
            self.free_yields = WOKEN_YIELDS;
            self.is_dense = self.platform.monotonic_ns() - since_ns < SOON_NS;
        }
    }

    /// Sleeps where nobody wakes it, longer when it has been long.
    fn rest_alone(&mut self) {
        self.sleeps = self.sleeps.saturating_add(1);
        self.platform.sleep(if self.sleeps <= SLEEPS_MAX { SLEEP } else { LONG_SLEEP });
    }
}

/// Gives the core away once, and tells whether it came back soon. When it did not, others need the
/// core: whoever sleeps then is run sooner, when it is woken, than whoever goes on yielding.
pub fn yield_quickly<P: Platform>(platform: P) -> bool {
    let before_ns = platform.monotonic_ns();
    std::thread::yield_now();
    platform.monotonic_ns() - before_ns < SLOW_YIELD_NS
}
