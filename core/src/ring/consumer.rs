//! The side of a ring that values are taken from, one at a time or in place.

#![expect(
    unsafe_code,
    reason = "which side may touch a slot is decided by marks and counters, not by the borrow checker"
)]

use super::carried::{Carried, OUT_OF_LINE};
use super::count_between;
use super::slot::{MARK, is_new, mark, read};
use crate::atomic::{AtomicU64, Ordering, Slots};
use crate::types::length_of;
use core::fmt;

/// The side of a ring that values are taken from.
pub struct Consumer<'a, T: Carried> {
    given_back: &'a AtomicU64,
    slots: Slots<'a, T::Rest, T::OutOfLine>,
    /// Number of the first value that was not seen to be published.
    known: u64,
    /// This side's own counter; the shared one is never read back.
    consumed: u64,
}

impl<'a, T: Carried> Consumer<'a, T> {
    /// The side of an empty ring.
    pub(super) const fn new(
        given_back: &'a AtomicU64,
        slots: Slots<'a, T::Rest, T::OutOfLine>,
    ) -> Self {
        Self { given_back, slots, known: 0, consumed: 0 }
    }

    /// Takes the oldest value; `None` when nothing is published.
    #[inline]
    #[doc(alias = "dequeue")]
    pub fn pop(&mut self) -> Option<T> {
        let value = self.peek()?;
        self.release(1);
        Some(value)
    }

    /// The oldest value, which stays in the ring; `None` when nothing is published.
    #[inline]
    pub fn peek(&mut self) -> Option<T> {
        self.get(0)
    }

    /// The [`value`](Self::value) behind the `index` oldest ones when the ring [`has`](Self::has)
    /// it. The two are faster: an `Option` of a large value is copied in odd pieces that overlap.
    #[inline]
    pub fn get(&mut self, index: usize) -> Option<T> {
        if self.has(index) { Some(self.value(index)) } else { None }
    }

    /// Whether the value behind the `index` oldest ones is published.
    #[inline]
    pub fn has(&mut self, index: usize) -> bool {
        let number = self.consumed + length_of(index);
        while self.known <= number {
            if !is_new(self.slots, self.known) {
                return false;
            }
            self.known += 1;
        }
        true
    }

    /// The value behind the `index` oldest ones, which stays in the ring.
    ///
    /// # Panics
    /// When this side has not seen it.
    #[inline]
    pub fn value(&self, index: usize) -> T {
        let (number, word) = self.known(index);
        // SAFETY: this value is published and not consumed.
        unsafe { read(self.slots, number, word) }
    }

    /// The word and the rest of the value behind the `index` oldest ones, not put together; `None`
    /// when it is a long one.
    ///
    /// # Panics
    /// When this side has not seen it.
    #[inline]
    pub(crate) fn apart(&self, index: usize) -> Option<(u64, T::Rest)> {
        let (number, word) = self.known(index);
        // SAFETY: this value is published and not consumed, and not outside its slot.
        (word != OUT_OF_LINE).then(|| (word, unsafe { self.slots.read(number) }))
    }

    /// Number and word of the value behind the `index` oldest ones, which this side has seen.
    #[inline]
    fn known(&self, index: usize) -> (u64, u64) {
        assert!(index < self.known_count(), "only a value that is there can be read");
        let number = self.consumed + length_of(index);
        // The mark was seen before, by an Acquire.
        (number, self.slots.word(number, Ordering::Relaxed) & !MARK)
    }

    /// Takes the oldest values into the front of `into`, as many as there are and fit, and returns
    /// how many they were.
    pub fn pop_many(&mut self, into: &mut [T]) -> usize {
        let mut places = into.iter_mut();
        let max = places.len();
        self.for_each(max, |value| {
            if let Some(place) = places.next() {
                *place = *value;
            }
        })
    }

    /// Takes at most `max` of the oldest values, calls `take` with each of them, gives their slots
    /// back when the last call has returned, and returns how many they were.
    ///
    /// When `take` panics nothing is given back, and the values are found again.
    #[inline]
    pub fn for_each(&mut self, max: usize, mut take: impl FnMut(&T)) -> usize {
        let mut number = self.consumed;
        let end = number.saturating_add(length_of(max));
        while number < end
            && let Some(word) = self.look(number)
        {
            // SAFETY: this value is published and not consumed.
            take(&unsafe { read(self.slots, number, word) });
            number += 1;
        }
        self.known = self.known.max(number);
        let count = count_between(self.consumed, number);
        self.release(count);
        count
    }

    /// Gives the slots of the `count` oldest values back to the producer.
    ///
    /// # Panics
    /// When this side has not seen that many: [`get`](Self::get) and [`waiting`](Self::waiting) see
    /// them.
    #[inline]
    pub fn release(&mut self, count: usize) {
        assert!(count <= self.known_count(), "only values that are there can be released");
        if count == 0 {
            // Even a store of the same number would take the cache line from the producer.
            return;
        }
        self.consumed += length_of(count);
        // Release pairs with the Acquire of `room_for`: the values were read before their slots are
        // written again.
        self.given_back.store(self.consumed, Ordering::Release);
    }

    /// How many values are published and not taken. It looks at each that it has not seen yet,
    /// which [`is_empty`](Self::is_empty) does not.
    pub fn waiting(&mut self) -> usize {
        let end = self.consumed + length_of(self.capacity());
        while self.known < end && is_new(self.slots, self.known) {
            self.known += 1;
        }
        self.known_count()
    }

    /// True when nothing is published.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.known == self.consumed && !is_new(self.slots, self.consumed)
    }

    /// How many values the ring holds when it is full.
    pub const fn capacity(&self) -> usize {
        self.slots.capacity()
    }

    /// How many values were taken since the ring was split.
    #[doc(alias = "tail")]
    pub const fn consumed(&self) -> u64 {
        self.consumed
    }

    /// The word of value number `number`; `None` when it is not published. Every value before it
    /// was seen to be.
    #[inline]
    fn look(&self, number: u64) -> Option<u64> {
        // Acquire as in `is_new`.
        let word = self.slots.word(number, Ordering::Acquire);
        (word & MARK == mark(number, self.capacity())).then_some(word & !MARK)
    }

    /// How many values are known to be published.
    #[inline]
    fn known_count(&self) -> usize {
        count_between(self.consumed, self.known)
    }
}

impl<T: Carried> fmt::Debug for Consumer<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer").field("consumed", &self.consumed).finish_non_exhaustive()
    }
}
