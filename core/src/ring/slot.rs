//! What both sides of a ring do with a slot: how it says that its value is new, and where the value
//! lies.

#![expect(
    unsafe_code,
    reason = "which side may touch a slot is decided by marks and counters, not by the borrow checker"
)]

use super::carried::{Carried, OUT_OF_LINE, Stored, WORD_MAX};
use crate::atomic::{Ordering, Slots};
use crate::types::length_of;

/// The bit of a slot's word that says whether its value is new.
pub(super) const MARK: u64 = 1 << 63;

/// The mark of a slot whose newest value is number `number`: every lap has the other one than the
/// lap before, and the first one another than an empty slot.
#[inline]
pub(super) const fn mark(number: u64, capacity: usize) -> u64 {
    if number & length_of(capacity) == 0 { MARK } else { 0 }
}

/// Whether the slot of value number `number` holds it, and not yet the one a lap before.
///
/// This is so only for whoever has found every value before it to be new: while a batch is marked,
/// the slots at its front look as if they were a lap ahead.
#[inline]
pub(super) fn is_new<R: Stored, B: Copy>(slots: Slots<'_, R, B>, number: u64) -> bool {
    // Acquire pairs with the Release of the mark: the value was written before it.
    slots.word(number, Ordering::Acquire) & MARK == mark(number, slots.capacity())
}

/// Writes value number `number`, all but the word, which is returned.
///
/// # Safety
/// No other thread touches its slot at the same time.
#[inline(always)]
#[expect(clippy::inline_always, reason = "what is put together goes straight into its slot")]
pub(super) unsafe fn write<T: Carried>(
    slots: Slots<'_, T::Rest, T::OutOfLine>,
    number: u64,
    value: &T,
) -> u64 {
    if let Some((word, rest)) = value.apart() {
        // SAFETY: as the caller guarantees.
        unsafe { write_short::<T>(slots, number, word, rest) };
        word
    } else {
        // SAFETY: as the caller guarantees.
        unsafe { slots.write_out_of_line(number, value.out_of_line()) };
        OUT_OF_LINE
    }
}

/// The same for a short value.
///
/// # Safety
/// As for any value.
#[inline(always)]
#[expect(clippy::inline_always, reason = "what is put together goes straight into its slot")]
pub(super) unsafe fn write_short<T: Carried>(
    slots: Slots<'_, T::Rest, T::OutOfLine>,
    number: u64,
    word: u64,
    rest: T::Rest,
) {
    assert!(word <= WORD_MAX, "a word leaves its highest bit free");
    // SAFETY: as the caller guarantees.
    unsafe { slots.write(number, rest) };
}

/// Writes value number `number` and its marked word, which nobody goes by yet.
///
/// # Safety
/// As for any value.
#[inline(always)]
#[expect(clippy::inline_always, reason = "what is put together goes straight into its slot")]
pub(super) unsafe fn write_marked<T: Carried>(
    slots: Slots<'_, T::Rest, T::OutOfLine>,
    number: u64,
    value: &T,
    mark: u64,
) {
    if let Some((word, rest)) = value.apart() {
        assert!(word <= WORD_MAX, "a word leaves its highest bit free");
        // SAFETY: as the caller guarantees.
        unsafe { slots.write_with_word(number, rest, word | mark) };
    } else {
        // SAFETY: as the caller guarantees.
        unsafe { slots.write_out_of_line(number, value.out_of_line()) };
        slots.set_word(number, OUT_OF_LINE | mark, Ordering::Relaxed);
    }
}

/// Value number `number`, of which the word is given.
///
/// # Safety
/// The value is published and not consumed.
#[inline]
pub(super) unsafe fn read<T: Carried>(
    slots: Slots<'_, T::Rest, T::OutOfLine>,
    number: u64,
    word: u64,
) -> T {
    if word == OUT_OF_LINE {
        // SAFETY: as the caller guarantees; this word is that of a value outside its slot.
        T::from_out_of_line(unsafe { slots.read_out_of_line(number) })
    } else {
        // SAFETY: as the caller guarantees; any other word is that of a value in its slot.
        T::together(word, unsafe { slots.read(number) })
    }
}
