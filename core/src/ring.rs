//! A ring: the way from one thread to one other, in memory that is reserved at compile time.
//!
//! A ring is a plain `static`. It is split once into its [`Producer`] and its [`Consumer`]; neither
//! ever waits: a push into a full ring gives the value back, a pop from an empty one finds nothing,
//! and what to do then is the caller's.
//!
//! Value number `n` lies in slot `n` modulo the capacity, and each slot says itself whether its
//! value is new: the highest bit of its word is the mark of the lap, set on the first lap through
//! the ring, clear on the second, set on the third. So the one cache line that a value of 64 bytes
//! fills is all that moves from thread to thread; a shared counter would be a second one, which the
//! consumer takes from the producer whenever it looks. A kind of value that is mostly so short and
//! sometimes longer has its long ones outside their slots: see [`Carried`].
//!
//! Each side counts, from 0 and only upwards, what it has done: `published` by the producer,
//! `consumed` by the consumer. A counter would overflow after five centuries of a billion values a
//! second. Only `consumed` is shared, alone on its cache lines; the producer keeps a copy and looks
//! again only when the copy says that there is no room.

#![expect(
    unsafe_code,
    reason = "which side may touch a slot is decided by marks and counters, not by the borrow checker"
)]

mod carried;
mod consumer;
mod producer;
mod slot;

use crate::atomic::{AtomicBool, AtomicU64, Ordering, Storage};
use crate::padded::Padded;
use crate::types::length_of;
pub use carried::{Alone, Carried, Stored, WORD_MAX, Whole};
pub use consumer::Consumer;
use core::fmt;
use core::mem::MaybeUninit;
pub use producer::{Full, Producer, WriteBatch};
use slot::is_new;

impl Whole for u64 {}

/// A ring of `N` values; `N` is a power of two, which is checked at compile time.
///
/// ```
/// use highwater::ring::Ring;
///
/// static RING: Ring<u64, 8> = Ring::new();
///
/// let (mut producer, mut consumer) = RING.split().expect("nobody has split it");
/// producer.push(7).expect("it is empty");
/// assert_eq!(consumer.pop(), Some(7));
/// ```
///
/// A capacity that is no power of two does not compile, nor does a shared ring of values that must
/// stay on their thread:
///
/// ```compile_fail,E0080
/// static RING: highwater::ring::Ring<u64, 6> = highwater::ring::Ring::new();
/// ```
/// ```compile_fail,E0277
/// use highwater::ring::{Ring, Whole};
///
/// #[derive(Clone, Copy)]
/// struct Pointer(*const u8);
///
/// impl Whole for Pointer {}
///
/// static RING: Ring<Pointer, 8> = Ring::new();
/// ```
#[doc(alias = "queue")]
#[doc(alias = "channel")]
pub struct Ring<T: Carried, const N: usize> {
    /// How many values the consumer has given back; written by the consumer only.
    consumed: Padded<AtomicU64>,
    is_split: AtomicBool,
    storage: Padded<Storage<T::Rest, T::OutOfLine, N>>,
}

impl<T: Carried, const N: usize> Ring<T, N> {
    /// An empty ring. All its bytes are zero or unset, so that a `static` takes no room in the
    /// executable.
    pub const fn new() -> Self {
        Self {
            consumed: Padded::new(AtomicU64::new(0)),
            is_split: AtomicBool::new(false),
            storage: Padded::new(Storage::new()),
        }
    }

    /// An empty ring that is made where it is to stay, because it may be larger than a stack.
    ///
    /// ```
    /// use highwater::ring::Ring;
    ///
    /// let ring: &Ring<u64, 4_096> = Ring::new_in(Box::leak(Box::new_uninit()));
    /// assert!(ring.is_empty());
    /// ```
    pub const fn new_in(place: &mut MaybeUninit<Self>) -> &mut Self {
        // SAFETY: it is the room of one ring, and nobody else has it.
        unsafe { place.as_mut_ptr().write_bytes(0, 1) };
        // SAFETY: zeros are a new ring: counter and words are 0, it is not split, and what stands
        // outside the words need not be set.
        unsafe { place.assume_init_mut() }
    }

    /// The two sides of the ring; `None` from the second time on.
    pub fn split(&self) -> Option<(Producer<'_, T>, Consumer<'_, T>)> {
        // Only who comes first gets the sides, so nothing was written that this would have to see.
        if self.is_split.swap(true, Ordering::Relaxed) {
            return None;
        }
        let (given_back, slots) = (&*self.consumed, self.storage.slots());
        Some((Producer::new(given_back, slots), Consumer::new(given_back, slots)))
    }
}

impl<T: Carried, const N: usize> Ring<T, N> {
    /// How many values wait in the ring now, as a third party sees it: right while nobody pushes
    /// or pops, else an estimate.
    pub fn len(&self) -> usize {
        let consumed = self.consumed.load(Ordering::Acquire);
        let slots = self.storage.slots();
        // By halves: where nobody is pushing, a new value tells that those before it are new.
        let (mut low, mut high) = (consumed, consumed + length_of(N));
        while low < high {
            let middle = low + (high - low) / 2;
            if is_new(slots, middle) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        count_between(consumed, low)
    }

    /// True when no value waits in the ring now.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T: Carried, const N: usize> Default for Ring<T, N> {
    fn default() -> Self {
        Self::new()
    }
}

/// How many values lie between two counters of one ring; never more than its capacity.
#[inline]
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "at most the capacity, which is a usize"
)]
const fn count_between(lower: u64, upper: u64) -> usize {
    (upper - lower) as usize
}

impl<T: Carried, const N: usize> fmt::Debug for Ring<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring").field("capacity", &N).finish_non_exhaustive()
    }
}
