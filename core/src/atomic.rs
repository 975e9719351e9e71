//! What threads touch at the same time: the atomics, and slots that one hands to another.
//!
//! Everything in the core that two threads share is made of this, so that the model checker can put
//! its own in the place of this module and watch the rest of the core as it is.

#![expect(
    unsafe_code,
    reason = "which thread may touch a slot is decided by marks, not by the borrow checker"
)]

use crate::prefetch::prefetch_for_writing;
use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::ptr;
pub use stored::{Alone, Stored};

// Said where it is, because the model checker reads this file from elsewhere.
#[path = "atomic/stored.rs"]
mod stored;

#[cfg(not(any(target_has_atomic = "64", feature = "portable-atomic")))]
compile_error!("this target has no 64-bit atomics: switch the feature `portable-atomic` on");

#[cfg(any(target_has_atomic = "64", not(feature = "portable-atomic")))]
pub(crate) use core::sync::atomic::AtomicU64;
pub(crate) use core::sync::atomic::{AtomicBool, Ordering};
// Made of what the target has; elsewhere the feature changes nothing.
#[cfg(all(not(target_has_atomic = "64"), feature = "portable-atomic"))]
pub(crate) use portable_atomic::AtomicU64;

/// Memory for `N` values; `N` is a power of two.
pub(crate) struct Storage<R, B, const N: usize> {
    slots: [Slot<R>; N],
    out_of_line: [OutOfLine<B>; N],
}

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

/// Room for what one value has outside its slot, for whoever may touch the slot.
#[repr(align(64))]
struct OutOfLine<B>(UnsafeCell<MaybeUninit<B>>);

// SAFETY: as for the slot.
unsafe impl<B: Send> Sync for OutOfLine<B> {}

impl<B> OutOfLine<B> {
    const fn new() -> Self {
        Self(UnsafeCell::new(MaybeUninit::uninit()))
    }
}

impl<R: Copy, B: Copy, const N: usize> Storage<R, B, N> {
    const IS_POWER_OF_TWO: () = assert!(N.is_power_of_two(), "a ring's capacity is a power of two");

    /// Memory in which nothing is written yet: every word is 0.
    pub(crate) const fn new() -> Self {
        const { Self::IS_POWER_OF_TWO };
        Self { slots: [const { Slot::new() }; N], out_of_line: [const { OutOfLine::new() }; N] }
    }

    /// The slots, for whoever has agreed on who touches which of them when.
    pub(crate) const fn slots(&self) -> Slots<'_, R, B> {
        const { Self::IS_POWER_OF_TWO };
        Slots { slots: &self.slots, out_of_line: &self.out_of_line }
    }
}

/// Slots, found by the number of the value that they hold; their count is a power of two.
pub(crate) struct Slots<'a, R, B> {
    slots: &'a [Slot<R>],
    /// As many.
    out_of_line: &'a [OutOfLine<B>],
}

impl<R, B> Clone for Slots<'_, R, B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R, B> Copy for Slots<'_, R, B> {}

impl<R: Stored, B: Copy> Slots<'_, R, B> {
    /// How many slots there are.
    #[inline]
    pub(crate) const fn capacity(self) -> usize {
        self.slots.len()
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

    /// Has the processor fetch the slot of value number `number`, which will be written soon.
    #[inline]
    pub(crate) fn fetch_for_writing(self, number: u64) {
        prefetch_for_writing(self.slot(number));
    }

    /// Writes the rest of value number `number` into its slot.
    ///
    /// # Safety
    /// No other thread touches the rest in the slot at the same time.
    #[inline]
    pub(crate) unsafe fn write(self, number: u64, rest: R) {
        let place = self.slot(number).rest.get().cast::<R>();
        // SAFETY: `place` is room for the rest in a slot, which is aligned, and the caller has it
        // alone.
        unsafe { rest.store(place) };
    }

    /// Writes the rest of value number `number` into its slot, and its word as by a relaxed store.
    ///
    /// # Safety
    /// No other thread touches the rest in the slot at the same time.
    #[inline]
    pub(crate) unsafe fn write_with_word(self, number: u64, rest: R, word: u64) {
        let slot = self.slot(number);
        // The word may be reached through it: both may be written though the slot is shared.
        let place = ptr::from_ref(slot).cast_mut().cast::<R>();
        // SAFETY: the rest stands at the beginning of a slot, which is aligned, with the word right
        // behind it, and the caller has the rest alone.
        unsafe { rest.store_with(place, &slot.word, word) };
    }

    /// The rest of value number `number`.
    ///
    /// # Safety
    /// It was written, the write happened before this, and it is not written at the same time.
    #[inline]
    pub(crate) unsafe fn read(self, number: u64) -> R {
        let place = self.slot(number).rest.get().cast::<R>();
        // SAFETY: the caller guarantees that the rest is there and stays meanwhile.
        unsafe { place.read() }
    }

    /// Writes what value number `number` has outside its slot.
    ///
    /// # Safety
    /// No other thread touches it at the same time.
    #[inline]
    pub(crate) unsafe fn write_out_of_line(self, number: u64, out_of_line: B) {
        // SAFETY: it is the room for it, and the caller has it alone.
        unsafe { self.out_of_line(number).0.get().cast::<B>().write(out_of_line) };
    }

    /// What value number `number` has outside its slot.
    ///
    /// # Safety
    /// It was written, the write happened before this, and it is not written at the same time.
    #[inline]
    pub(crate) unsafe fn read_out_of_line(self, number: u64) -> B {
        // SAFETY: the caller guarantees that it is there and stays meanwhile.
        unsafe { self.out_of_line(number).0.get().cast::<B>().read() }
    }

    /// The slot that holds value number `number`.
    #[inline]
    fn slot(&self, number: u64) -> &Slot<R> {
        // SAFETY: the index is below the number of slots.
        unsafe { self.slots.get_unchecked(self.index(number)) }
    }

    /// The room outside it.
    #[inline]
    fn out_of_line(&self, number: u64) -> &OutOfLine<B> {
        // SAFETY: the index is below the number of slots, of which there are as many.
        unsafe { self.out_of_line.get_unchecked(self.index(number)) }
    }

    /// The index of the slot of value number `number`: below their number, which is a power of two.
    #[inline]
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        reason = "the mask keeps low bits only"
    )]
    const fn index(&self, number: u64) -> usize {
        number as usize & (self.slots.len() - 1)
    }
}
