//! Threads of the benches: pinned, started together, and how they wait.

use core_affinity::CoreId;
use std::hint::spin_loop;
use std::sync::{Barrier, OnceLock};
use std::thread;

/// Where the two sides of a ring run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cores {
    /// Each on a core of its own.
    Two,
    /// Both on one.
    One,
}

impl Cores {
    /// As it is called in the names of benches.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Two => "two_cores",
            Self::One => "one_core",
        }
    }

    /// Waits a moment for the other side: there is a core for it, or it needs this one.
    #[inline]
    pub fn wait(self) {
        match self {
            Self::Two => spin_loop(),
            Self::One => thread::yield_now(),
        }
    }
}

/// Runs `here` and `there` at once, each pinned, and returns what `here` measured.
///
/// # Panics
/// When one of them does.
pub fn together<T>(where_to: Cores, here: impl FnOnce() -> T, there: impl FnOnce() + Send) -> T {
    let start = Barrier::new(2);
    cores();
    thread::scope(|scope| {
        scope.spawn(|| {
            pin(usize::from(where_to == Cores::Two));
            start.wait();
            there();
        });
        pin(0);
        start.wait();
        here()
    })
}

/// Keeps the calling thread on a core, where the system can.
fn pin(index: usize) {
    let cores = cores();
    if let Some(core) = cores.get(index % cores.len().max(1)) {
        core_affinity::set_for_current(*core);
    }
}

/// The cores of this program. They are asked for once, because a thread that is pinned is told of
/// its own only, and hands that on to the threads that it starts.
fn cores() -> &'static [CoreId] {
    static CORES: OnceLock<Vec<CoreId>> = OnceLock::new();
    CORES.get_or_init(|| core_affinity::get_core_ids().unwrap_or_default())
}
