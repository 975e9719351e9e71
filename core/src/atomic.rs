//! What threads touch at the same time: the atomics, and slots that one hands to another.
//!
//! Everything in the core that two threads share is made of this, so that the model checker can put
//! its own in the place of this module and watch the rest of the core as it is.

#![expect(
    unsafe_code,
    reason = "which thread may touch a slot is decided by marks, not by the borrow checker"
)]

use core::cell::UnsafeCell;
use core::mem::MaybeUninit;

#[cfg(not(any(target_has_atomic = "64", feature = "portable-atomic")))]
compile_error!("this target has no 64-bit atomics: switch the feature `portable-atomic` on");

#[cfg(any(target_has_atomic = "64", not(feature = "portable-atomic")))]
pub(crate) use core::sync::atomic::AtomicU64;
pub(crate) use core::sync::atomic::{AtomicBool, Ordering};
// Made of what the target has; elsewhere the feature changes nothing.
#[cfg(all(not(target_has_atomic = "64"), feature = "portable-atomic"))]
pub(crate) use portable_atomic::AtomicU64;

/// Memory for `N` values; `N` is a power of two.
pub(crate) struct Storage<R, const N: usize>([Slot<R>; N]);

/// Room for one value on cache lines of its own: a word that threads share, and the rest of the
/// value, which one thread at a time may touch.
#[repr(C, align(64))]
struct Slot<R> {
    rest: UnsafeCell<MaybeUninit<R>>,
    // Behind the rest, as it is stored behind it: then a processor writes the line at once, and who
    // waits for the word does not take the line away in between.
    word: AtomicU64,
}

// SAFETY: the rest is touched through `Slots` only, whose callers order their accesses; values move
// between threads.
unsafe impl<R: Send> Sync for Slot<R> {}

impl<R> Slot<R> {
    const fn new() -> Self {
        Self { rest: UnsafeCell::new(MaybeUninit::uninit()), word: AtomicU64::new(0) }
    }
}

impl<R: Copy, const N: usize> Storage<R, N> {
    const IS_POWER_OF_TWO: () = assert!(N.is_power_of_two(), "a ring's capacity is a power of two");

    /// Memory in which nothing is written yet: every word is 0.
    pub(crate) const fn new() -> Self {
        const { Self::IS_POWER_OF_TWO };
        Self([const { Slot::new() }; N])
    }

    /// The slots, for whoever has agreed on who touches which of them when.
    pub(crate) const fn slots(&self) -> Slots<'_, R> {
        const { Self::IS_POWER_OF_TWO };
        Slots(&self.0)
    }
}

/// Slots, found by the number of the value that they hold; their count is a power of two.
pub(crate) struct Slots<'a, R>(&'a [Slot<R>]);

impl<R> Clone for Slots<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Slots<'_, R> {}

impl<R: Copy> Slots<'_, R> {
    /// How many slots there are.
    #[inline]
    pub(crate) const fn capacity(self) -> usize {
        self.0.len()
    }

    /// The word of the slot of value number `number`.
    #[inline]
    pub(crate) fn word(self, number: u64, ordering: Ordering) -> u64 {
        self.slot(number).word.load(ordering)
    }

    /// Stores the word of the slot of value number `number`.
    #[inline]
    pub(crate) fn set_word(self, number: u64, word: u64, ordering: Ordering) {
        self.slot(number).word.store(word, ordering);
    }

    /// Writes the rest of value number `number` into its slot.
    ///
    /// # Safety
    /// No other thread touches the rest in the slot at the same time.
    #[inline]
    pub(crate) unsafe fn write(self, number: u64, rest: R) {
        let place = self.slot(number).rest.get().cast::<R>();
        // SAFETY: `place` is room for the rest in a slot, and the caller has it alone.
        unsafe { place.write(rest) };
    }

    /// The rest of value number `number`.
    ///
    /// # Safety
    /// It was written, the write happened before this, and it is not written at the same time.
    #[inline]
    pub(crate) unsafe fn read(self, number: u64) -> R {
        let place = self.slot(number).rest.get().cast::<R>();
        // SAFETY: the caller vouches that the rest is there and stays meanwhile.
        unsafe { place.read() }
    }

    /// The slot that holds value number `number`.
    #[inline]
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        reason = "the mask keeps low bits only"
    )]
    fn slot(&self, number: u64) -> &Slot<R> {
        let index = number as usize & (self.0.len() - 1);
        // SAFETY: their number is a power of two, so the mask keeps the index below it.
        unsafe { self.0.get_unchecked(index) }
    }
}
