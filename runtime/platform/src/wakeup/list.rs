//! Wakeups that one event rings: a list to which threads add theirs while they wait for it.

use super::Wakeup;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Threads that want to be woken when something happens: a flow goes on, somebody wishes to stop.
///
/// Whoever makes it happen publishes it first and [`wake`](Self::wake)s them then. A thread adds
/// its wake-up once, before it announces on it for the first time.
#[derive(Clone, Debug, Default)]
pub struct WakeupList(Arc<Mutex<Vec<&'static Wakeup>>>);

impl WakeupList {
    /// Wakes `wakeup` from now on, too.
    pub fn add(&self, wakeup: &'static Wakeup) {
        self.lock().push(wakeup);
    }

    /// Wakes all of them.
    pub fn wake(&self) {
        self.lock().iter().for_each(|wakeup| wakeup.wake());
    }

    fn lock(&self) -> MutexGuard<'_, Vec<&'static Wakeup>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
