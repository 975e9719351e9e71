//! Bells that one event rings: a list to which threads add theirs while they wait for it.

use super::Bell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Threads that want to be woken when something happens: a flow goes on, somebody wishes to stop.
///
/// Whoever makes it happen publishes it first and [`ring`](Self::ring)s then. A thread adds its
/// bell once, before it announces on it for the first time.
#[derive(Clone, Debug, Default)]
pub struct Callers(Arc<Mutex<Vec<&'static Bell>>>);

impl Callers {
    /// Rings `bell` from now on, too.
    pub fn add(&self, bell: &'static Bell) {
        self.lock().push(bell);
    }

    /// Wakes all of them.
    pub fn ring(&self) {
        self.lock().iter().for_each(|bell| bell.ring());
    }

    fn lock(&self) -> MutexGuard<'_, Vec<&'static Bell>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
