//! The wish to stop: SIGINT, SIGTERM, SIGHUP, or whoever else asks.

use crate::Platform;
use crate::wakeup::{Wakeup, WakeupList};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Builder;

/// How long a clean stop may take before one more signal ends the process at once.
const PATIENCE_NS: u64 = 1_000_000_000;

/// A flag that is raised once and seen by all threads.
#[derive(Clone, Debug, Default)]
pub struct StopFlag {
    raised: Arc<AtomicBool>,
    wakeups: WakeupList,
}

impl StopFlag {
    /// A flag that SIGINT, SIGTERM and SIGHUP raise, with a thread `hw-signals` that waits for
    /// them.
    ///
    /// What this process was started to ignore stays ignored: `nohup` does so with SIGHUP, a shell
    /// with SIGINT of what it runs in the background.
    ///
    /// A repeated signal does nothing for a second, because who stops a process group often signals
    /// the process twice; after that it ends the process at once.
    ///
    /// # Errors
    /// The system's, when a handler cannot be installed or there is no thread.
    pub fn on_signals<P: Platform>(platform: P) -> io::Result<Self> {
        let flag = Self::default();
        let raised = flag.clone();
        let mut heeded = Vec::new();
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            if !platform.ignores_signal(signal)? {
                heeded.push(signal);
            }
        }
        let mut signals = Signals::new(heeded)?;
        Builder::new().name("hw-signals".to_owned()).spawn(move || {
            let mut first_ns = None;
            for signal in signals.forever() {
                let now_ns = platform.monotonic_ns();
                raised.raise();
                if now_ns - *first_ns.get_or_insert(now_ns) >= PATIENCE_NS {
                    std::process::exit(128 + signal);
                }
            }
        })?;
        Ok(flag)
    }

    /// Raises it, and wakes who sleeps until then.
    pub fn raise(&self) {
        self.raised.store(true, Ordering::Release);
        self.wakeups.wake();
    }

    /// Wakes `wakeup`, too, when the flag is raised: its thread need not look while it sleeps.
    pub fn wakes(&self, wakeup: &'static Wakeup) {
        self.wakeups.add(wakeup);
    }

    /// True once somebody wishes to stop.
    pub fn is_raised(&self) -> bool {
        self.raised.load(Ordering::Acquire)
    }

    /// The flag itself, for what polls it in its own way.
    pub fn as_atomic(&self) -> &AtomicBool {
        &self.raised
    }
}
