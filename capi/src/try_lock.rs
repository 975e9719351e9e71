//! A try-lock: one caller at a time gets to what it guards, and the next one is told so.

use crate::status::HwStatus;
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, Ordering};
use highwater::padded::Padded;

/// Something that one caller at a time may use, on cache lines of its own.
pub(crate) struct TryLock<T>(Padded<Inside<T>>);

struct Inside<T> {
    is_locked: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached by one thread at a time, and may move between threads.
unsafe impl<T: Send> Sync for Inside<T> {}

impl<T> TryLock<T> {
    pub(crate) const fn new(value: T) -> Self {
        let value = UnsafeCell::new(value);
        Self(Padded::new(Inside { is_locked: AtomicBool::new(false), value }))
    }

    /// Lets `work` use what the lock guards.
    ///
    /// # Errors
    /// When somebody holds it: another thread, or this one further up.
    pub(crate) fn try_with<R>(&self, work: impl FnOnce(&mut T) -> R) -> Result<R, HwStatus> {
        // Acquire pairs with the Release below: what the one before did is seen.
        if self.0.is_locked.swap(true, Ordering::Acquire) {
            return Err(HwStatus::Busy);
        }
        // SAFETY: only the one call that found `is_locked` false comes here until it is false
        // again, and the reference does not outlive `work`.
        let value = unsafe { &mut *self.0.value.get() };
        let result = work(value);
        self.0.is_locked.store(false, Ordering::Release);
        Ok(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_caller_is_told_that_somebody_is_inside() {
        let lock = TryLock::new(1);
        let inner = lock.try_with(|value| {
            *value += 1;
            lock.try_with(|value| *value += 1)
        });
        assert_eq!(inner, Ok(Err(HwStatus::Busy)));
        assert_eq!(lock.try_with(|value| *value), Ok(2), "and it is free again");
    }
}
