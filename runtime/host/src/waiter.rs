//! One caller's wait: what it waits for, and how it is woken when that has come.
//!
//! A caller registers, looks once more, and sleeps; the release thread publishes what it has, looks
//! who waits for it, and wakes those only. Between the two stands a fence on either side, as with a
//! [`Wakeup`](highwater_platform::wake-up::Wakeup).

use highwater::types::Sequence;
use highwater_platform::Platform;
use highwater_platform::idle::yield_quickly;
use std::cell::OnceCell;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Wake, Waker};
use std::thread::{Thread, current, park_timeout};
use std::time::Duration;

/// How often a caller that waits gives its core away before it sleeps: some hundred microseconds in
/// which a sync ends as a rule, because to be woken costs both sides.
const YIELDS_MAX: u32 = 256;
/// The clock is read once in so many of them.
const YIELDS_PER_CLOCK_READING: u32 = 16;

/// What a caller waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// An event of its session, or that there will be none.
    Event,
    /// This sequence is durable.
    Durable(Sequence),
}

/// The wait of the caller that holds a slot: one at a time.
#[derive(Debug)]
pub(super) struct Waiter {
    /// What is waited for, as one word that the release thread looks at.
    until: AtomicU64,
    /// Who waits, and the generation of its handle.
    registered: Mutex<Option<(u64, Waker)>>,
}

/// No sequence is that high.
const NOBODY: u64 = u64::MAX;
/// The first sequence is 1.
const EVENT: u64 = 0;

impl Waiter {
    pub(super) const fn new() -> Self {
        Self { until: AtomicU64::new(NOBODY), registered: Mutex::new(None) }
    }

    /// Lets `waker` be woken once, when what is waited for has come. The caller looks for it once
    /// more afterwards.
    pub(super) fn register(&self, generation: u64, until: Until, waker: &Waker) {
        let mut registered = self.registered.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *registered {
            // A later handle waits here already: this one will find that it is superseded.
            Some((other, _)) if *other > generation => return,
            Some((other, known)) => {
                *other = generation;
                known.clone_from(waker);
            }
            None => *registered = Some((generation, waker.clone())),
        }
        let word = match until {
            Until::Event => EVENT,
            Until::Durable(sequence) => sequence.0.clamp(EVENT + 1, NOBODY - 1),
        };
        self.until.store(word, Ordering::Relaxed);
        drop(registered);
        // Pairs with the fence of `Fenced::new`.
        fence(Ordering::SeqCst);
    }

    /// The handle of this generation waits no more.
    pub(super) fn clear(&self, generation: u64) {
        let mut registered = self.registered.lock().unwrap_or_else(PoisonError::into_inner);
        if registered.as_ref().is_some_and(|(waiting, _)| *waiting == generation) {
            *registered = None;
            self.until.store(NOBODY, Ordering::Relaxed);
        }
    }

    /// Looks until there is something, yielding at first, asleep later; `None` when the time is
    /// over.
    ///
    /// # Errors
    /// Those of `look`.
    pub(super) fn block<P: Platform, T, E>(
        &self,
        platform: P,
        generation: u64,
        until: Until,
        timeout: Duration,
        mut look: impl FnMut() -> Result<Option<T>, E>,
    ) -> Result<Option<T>, E> {
        let timeout_ns = u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX);
        let deadline_ns = platform.monotonic_ns().saturating_add(timeout_ns);
        for yields in 1..=YIELDS_MAX {
            if let Some(found) = look()? {
                return Ok(Some(found));
            }
            if yields.is_multiple_of(YIELDS_PER_CLOCK_READING)
                && platform.monotonic_ns() >= deadline_ns
            {
                return Ok(None);
            }
            if !yield_quickly(platform) {
                break;
            }
        }
        loop {
            with_thread_waker(|waker| self.register(generation, until, waker));
            let found = look();
            let left_ns = deadline_ns.saturating_sub(platform.monotonic_ns());
            match found {
                Ok(None) if left_ns > 0 => park_timeout(Duration::from_nanos(left_ns)),
                found => {
                    self.clear(generation);
                    return found;
                }
            }
        }
    }

    /// Wakes the caller if it waits for an event.
    pub(super) fn wake_for_event(&self, _: Fenced) -> bool {
        self.until.load(Ordering::Relaxed) == EVENT && self.wake()
    }

    /// Wakes the caller if it waits for `durable` or less.
    pub(super) fn wake_for_durable(&self, durable: Sequence, _: Fenced) -> bool {
        let until = self.until.load(Ordering::Relaxed);
        until != EVENT && until != NOBODY && until <= durable.0 && self.wake()
    }

    /// Wakes the caller whatever it waits for; tells whether there was one.
    pub(super) fn wake(&self) -> bool {
        let mut registered = self.registered.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((_, waker)) = registered.take() else {
            return false;
        };
        self.until.store(NOBODY, Ordering::Relaxed);
        drop(registered);
        waker.wake();
        true
    }

    /// Whether somebody waits.
    pub(super) fn is_waiting(&self) -> bool {
        self.until.load(Ordering::Relaxed) != NOBODY
    }
}

/// Shows that what callers wait for was published, and a fence passed since.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fenced(());

impl Fenced {
    /// Orders what was published before who is looked for now.
    pub(super) fn new() -> Self {
        // Pairs with the fence of `Waiter::register`: either the caller is found here, or it finds
        // what it waits for.
        fence(Ordering::SeqCst);
        Self(())
    }
}

/// Wakes a thread that is parked.
struct Parked(Thread);

impl Wake for Parked {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

/// Calls `with` with what wakes the calling thread when it is parked; made once a thread.
fn with_thread_waker<T>(with: impl FnOnce(&Waker) -> T) -> T {
    thread_local! {
        static WAKER: OnceCell<Waker> = const { OnceCell::new() };
    }
    WAKER.with(|waker| with(waker.get_or_init(|| Waker::from(Arc::new(Parked(current()))))))
}
