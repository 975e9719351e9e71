//! A door: one caller at a time gets to what is behind it, and the next one is told so.

use crate::status::HwStatus;
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, Ordering};
use highwater::padded::Padded;

/// Something that one caller at a time may use, on cache lines of its own.
pub(crate) struct Door<T>(Padded<Inside<T>>);

struct Inside<T> {
    is_entered: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached by one thread at a time, and may move between threads.
unsafe impl<T: Send> Sync for Inside<T> {}

impl<T> Door<T> {
    pub(crate) const fn new(value: T) -> Self {
        let value = UnsafeCell::new(value);
        Self(Padded::new(Inside { is_entered: AtomicBool::new(false), value }))
    }

    /// Lets `work` use what is behind the door.
    ///
    /// # Errors
    /// When somebody is behind it: another thread, or this one further up.
    pub(crate) fn pass<R>(&self, work: impl FnOnce(&mut T) -> R) -> Result<R, HwStatus> {
        // Acquire pairs with the Release below: what the one before did is seen.
        if self.0.is_entered.swap(true, Ordering::Acquire) {
            return Err(HwStatus::Busy);
        }
        // SAFETY: only the one call that found `is_entered` false comes here until it is false
        // again, and the reference does not outlive `work`.
        let value = unsafe { &mut *self.0.value.get() };
        let result = work(value);
        self.0.is_entered.store(false, Ordering::Release);
        Ok(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_caller_is_told_that_somebody_is_inside() {
        let door = Door::new(1);
        let inner = door.pass(|value| {
            *value += 1;
            door.pass(|value| *value += 1)
        });
        assert_eq!(inner, Ok(Err(HwStatus::Busy)));
        assert_eq!(door.pass(|value| *value), Ok(2), "and the door is open again");
    }
}
