//! How the rest of a value is put into the slot of a ring: in as few stores as the processor can.
//!
//! A store into a cache line that another core reads takes its time, whatever its size: a value
//! that fills its line with four stores goes through a ring in four fifths of the time of one with
//! five.

#![expect(unsafe_code, reason = "it writes where it is told to")]

use super::{AtomicU64, Ordering};
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
use core::arch::x86_64::{__m128i, _mm_set_epi64x, _mm_store_si128};

/// What a slot can hold besides its word: words, or anything [`Alone`].
pub trait Stored: Copy {
    /// Writes this to `place`.
    ///
    /// # Safety
    /// `place` is valid for writes, aligned for this and to 16 bytes, and nobody else touches it
    /// meanwhile.
    unsafe fn store(self, place: *mut Self);

    /// The same, and stores `word` into `place_of_word`, as by a relaxed store of its own.
    ///
    /// # Safety
    /// As above; `place_of_word` is the first place behind this that is aligned for a word, and may
    /// be reached through `place`.
    unsafe fn store_with(self, place: *mut Self, place_of_word: &AtomicU64, word: u64);
}

impl<const N: usize> Stored for [u64; N] {
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what is put together goes straight into its slot")]
    unsafe fn store(self, place: *mut Self) {
        let (pairs, last) = self.as_chunks::<2>();
        // SAFETY: as the caller guarantees.
        unsafe { store_pairs(place.cast(), pairs) };
        if let [last] = last {
            // SAFETY: as the caller guarantees.
            unsafe { place.cast::<u64>().wrapping_add(N - 1).write(*last) };
        }
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what is put together goes straight into its slot")]
    unsafe fn store_with(self, place: *mut Self, place_of_word: &AtomicU64, word: u64) {
        let (pairs, last) = self.as_chunks::<2>();
        // SAFETY: as the caller guarantees.
        unsafe { store_pairs(place.cast(), pairs) };
        if let [last] = last {
            let place = place.cast::<u64>().wrapping_add(N - 1);
            // SAFETY: the word is right behind the last one, whose index is even: they are aligned
            // as a pair.
            if unsafe { store_at_once(place, *last, word) } {
                return;
            }
            // SAFETY: as the caller guarantees.
            unsafe { place.write(*last) };
        }
        place_of_word.store(word, Ordering::Relaxed);
    }
}

/// Writes pairs of words.
#[inline(always)]
#[expect(clippy::inline_always, reason = "a few stores")]
unsafe fn store_pairs(place: *mut u64, pairs: &[[u64; 2]]) {
    for (index, [low, high]) in pairs.iter().enumerate() {
        // SAFETY: as the caller guarantees; it is aligned to 16 bytes as the first place is.
        unsafe { store_pair(place.wrapping_add(2 * index), *low, *high) };
    }
}

/// Writes two words to a place that is aligned to 16 bytes.
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
#[inline(always)]
#[expect(clippy::inline_always, reason = "a store")]
unsafe fn store_pair(place: *mut u64, low: u64, high: u64) {
    // SAFETY: as the caller guarantees.
    unsafe { _mm_store_si128(place.cast(), pair(low, high)) };
}

/// The same where the compiler pairs stores itself, or there is no instruction for two.
#[cfg(not(all(target_arch = "x86_64", target_feature = "sse2")))]
#[inline(always)]
#[expect(clippy::inline_always, reason = "two stores")]
unsafe fn store_pair(place: *mut u64, low: u64, high: u64) {
    // SAFETY: as the caller guarantees.
    unsafe { place.cast::<[u64; 2]>().write([low, high]) };
}

/// Stores two words to a place that is aligned to 16 bytes, each as by a relaxed store of its own,
/// where the processor can do so at once; false where not.
///
/// It is an instruction and not a write of the language, because others may look at the second one.
#[cfg(all(target_arch = "x86_64", target_feature = "sse2", not(miri)))]
#[inline(always)]
#[expect(clippy::inline_always, reason = "a store")]
unsafe fn store_at_once(place: *mut u64, low: u64, high: u64) -> bool {
    // SAFETY: as the caller guarantees. A processor of x86_64 stores aligned words whole, those of
    // a vector too (AMD64 Architecture Programmer's Manual, volume 2, 7.3.2).
    unsafe {
        core::arch::asm!(
            "movdqa xmmword ptr [{place}], {pair}",
            place = in(reg) place,
            pair = in(xmm_reg) pair(low, high),
            options(nostack, preserves_flags)
        );
    }
    true
}

/// The same where there is no such instruction; an interpreter has none.
#[cfg(not(all(target_arch = "x86_64", target_feature = "sse2", not(miri))))]
#[inline(always)]
#[expect(clippy::inline_always, reason = "there is nothing in it")]
unsafe fn store_at_once(_: *mut u64, _: u64, _: u64) -> bool {
    false
}

#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
#[inline(always)]
#[expect(clippy::inline_always, reason = "a register")]
fn pair(low: u64, high: u64) -> __m128i {
    // SAFETY: the target has the instructions that this is made of.
    unsafe { _mm_set_epi64x(high.cast_signed(), low.cast_signed()) }
}

/// A rest that is stored as it is.
#[derive(Clone, Copy, Debug)]
pub struct Alone<T>(pub T);

impl<T: Copy> Stored for Alone<T> {
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what is put together goes straight into its slot")]
    unsafe fn store(self, place: *mut Self) {
        // SAFETY: as the caller guarantees.
        unsafe { place.write(self) };
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what is put together goes straight into its slot")]
    unsafe fn store_with(self, place: *mut Self, place_of_word: &AtomicU64, word: u64) {
        // SAFETY: as the caller guarantees.
        unsafe { place.write(self) };
        place_of_word.store(word, Ordering::Relaxed);
    }
}
