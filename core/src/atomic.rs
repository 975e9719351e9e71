//! What threads touch at the same time: the atomics, and slots that one hands to another.
//!
//! Everything in the core that two threads share is made of this, so that the model checker can put
//! its own in the place of this module and watch the rest of the core as it is.

#![expect(
    unsafe_code,
    reason = "which thread may touch a slot is decided by counters, not by the borrow checker"
)]

use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::slice;

#[cfg(not(any(target_has_atomic = "64", feature = "portable-atomic")))]
compile_error!("this target has no 64-bit atomics: switch the feature `portable-atomic` on");

#[cfg(any(target_has_atomic = "64", not(feature = "portable-atomic")))]
pub(crate) use core::sync::atomic::AtomicU64;
pub(crate) use core::sync::atomic::{AtomicBool, Ordering};
// Made of what the target has; elsewhere the feature changes nothing.
#[cfg(all(not(target_has_atomic = "64"), feature = "portable-atomic"))]
pub(crate) use portable_atomic::AtomicU64;

/// Memory for `N` values; `N` is a power of two.
pub(crate) struct Storage<T, const N: usize>([Slot<T>; N]);

/// Room for one value, which one thread at a time may touch.
#[repr(transparent)]
struct Slot<T>(UnsafeCell<MaybeUninit<T>>);

// SAFETY: a slot is touched through `Slots` only, whose callers order their accesses; values move
// between threads.
unsafe impl<T: Send> Sync for Slot<T> {}

impl<T: Copy, const N: usize> Storage<T, N> {
    const IS_POWER_OF_TWO: () = assert!(N.is_power_of_two(), "a ring's capacity is a power of two");

    /// Memory in which nothing is written yet.
    pub(crate) const fn new() -> Self {
        const { Self::IS_POWER_OF_TWO };
        Self([const { Slot(UnsafeCell::new(MaybeUninit::uninit())) }; N])
    }

    /// The slots, for whoever has agreed on who touches which of them when.
    pub(crate) const fn slots(&self) -> Slots<'_, T> {
        Slots(&self.0)
    }
}

/// Slots, found by the number of the value that they hold; their count is a power of two.
pub(crate) struct Slots<'a, T>(&'a [Slot<T>]);

impl<T> Clone for Slots<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Slots<'_, T> {}

impl<'a, T: Copy> Slots<'a, T> {
    /// How many slots there are.
    pub(crate) const fn capacity(self) -> usize {
        self.0.len()
    }

    /// Writes value number `number` into its slot.
    ///
    /// # Safety
    /// No other thread touches the slot at the same time, and no reference into it lives.
    #[inline]
    pub(crate) unsafe fn write(self, number: u64, value: T) {
        let place = self.place(self.index(number));
        // SAFETY: `place` is a slot of the ring, and the caller has it alone.
        unsafe { place.write(value) };
    }

    /// Writes `values`, the first of which is number `number`, into their slots.
    ///
    /// # Safety
    /// As for [`write`](Self::write), for each of the slots; there are no more values than slots.
    #[inline]
    pub(crate) unsafe fn write_many(self, number: u64, values: &[T]) {
        let index = self.index(number);
        let (older, newer) = values.split_at(values.len().min(self.capacity() - index));
        let (here, front) = (self.place(index), self.place(0));
        // SAFETY: as many slots follow `index`; the caller has them alone, so this is no overlap.
        unsafe { here.copy_from_nonoverlapping(older.as_ptr(), older.len()) };
        // SAFETY: what is left is no longer than what lies before `index`; the caller has it alone.
        unsafe { front.copy_from_nonoverlapping(newer.as_ptr(), newer.len()) };
    }

    /// The `count` values from number `number` on.
    ///
    /// # Safety
    /// All of them were written, the writes happened before this, and none of their slots is
    /// written while the slices live; there are no more of them than slots.
    #[inline]
    pub(crate) unsafe fn read(self, number: u64, count: usize) -> (&'a [T], &'a [T]) {
        let index = self.index(number);
        let older = count.min(self.capacity() - index);
        let (here, front) = (self.place(index), self.place(0));
        // SAFETY: as many slots follow `index`; the caller vouches that they are written and stay.
        let first = unsafe { slice::from_raw_parts(here, older) };
        // SAFETY: what is left is no longer than what lies before `index`; the caller vouches too.
        let second = unsafe { slice::from_raw_parts(front, count - older) };
        (first, second)
    }

    /// Which slot holds value number `number`.
    #[inline]
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        reason = "the mask keeps low bits only"
    )]
    const fn index(self, number: u64) -> usize {
        number as usize & (self.0.len() - 1)
    }

    /// Where slot `index` lies; a pointer to it reaches the slots behind it too.
    #[inline]
    fn place(self, index: usize) -> *mut T {
        let slots = self.0.as_ptr();
        // SAFETY: every index comes from `index`, whose mask keeps it below the number of slots.
        let slot = unsafe { slots.add(index) };
        // A slot is an `UnsafeCell` without anything around it, so that its bytes may change behind
        // a shared reference.
        slot.cast::<T>().cast_mut()
    }
}
