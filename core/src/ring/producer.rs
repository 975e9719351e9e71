//! The side of a ring that values are put into, one at a time or in batches.

#![expect(
    unsafe_code,
    reason = "which side may touch a slot is decided by marks and counters, not by the borrow checker"
)]

use super::carried::Carried;
use super::count_between;
use super::slot::{MARK, mark, write, write_marked, write_short};
use crate::atomic::{AtomicU64, Ordering, Slots};
use crate::types::length_of;
use core::fmt;

/// The side of a ring that values are put into.
pub struct Producer<'a, T: Carried> {
    given_back: &'a AtomicU64,
    slots: Slots<'a, T::Rest, T::OutOfLine>,
    /// Number of the first value that is not published.
    published: u64,
    /// Number of the first value that is not written; above `published` while a batch is open.
    written: u64,
    /// The consumer's counter when this side last looked: never too high.
    consumed: u64,
}

/// The processor fetches the slot so far ahead of the one that is written, for writing. The
/// consumer has read that slot since it was written last, so its core has the line, too. Without
/// the fetch each store waits until that core gives the line up.
const FETCHED_AHEAD: u64 = 16;

/// The ring is full; the value comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full<T>(pub T);

impl<'a, T: Carried> Producer<'a, T> {
    /// The side of an empty ring.
    pub(super) const fn new(
        given_back: &'a AtomicU64,
        slots: Slots<'a, T::Rest, T::OutOfLine>,
    ) -> Self {
        Self { given_back, slots, published: 0, written: 0, consumed: 0 }
    }

    /// Puts one value into the ring and publishes it.
    ///
    /// # Errors
    /// [`Full`] with the value when no slot is free.
    ///
    /// # Panics
    /// When the value's word is above [`WORD_MAX`](super::WORD_MAX).
    #[inline]
    #[doc(alias = "enqueue")]
    pub fn push(&mut self, value: T) -> Result<(), Full<T>> {
        if self.push_copy(&value) { Ok(()) } else { Err(Full(value)) }
    }

    /// Puts a copy of `value` into the ring and publishes it; false when no slot is free. Large
    /// values go from where they are straight into their slots.
    ///
    /// # Panics
    /// When the value's word is above [`WORD_MAX`](super::WORD_MAX).
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what is put together goes straight into its slot")]
    pub fn push_copy(&mut self, value: &T) -> bool {
        self.publish();
        if self.room_for(1) == 0 {
            return false;
        }
        // SAFETY: there is room, so the slot is not the consumer's before it is marked.
        let word = unsafe { write(self.slots, self.written, value) };
        self.publish_one(word);
        true
    }

    /// Puts the short value with this word and rest into the ring and publishes it, without putting
    /// it together; false when no slot is free.
    ///
    /// # Panics
    /// When the word is above [`WORD_MAX`](super::WORD_MAX).
    #[inline]
    pub(crate) fn push_apart(&mut self, word: u64, rest: T::Rest) -> bool {
        self.publish();
        if self.room_for(1) == 0 {
            return false;
        }
        // SAFETY: there is room, so the slot is not the consumer's before it is marked.
        unsafe { write_short::<T>(self.slots, self.written, word, rest) };
        self.publish_one(word);
        true
    }

    /// Publishes the value that was written last, all but its word, and that nothing is written
    /// before.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the end of a push")]
    fn publish_one(&mut self, word: u64) {
        let mark = mark(self.written, self.capacity());
        // Release pairs with the Acquire of `is_new`: who sees the mark sees the value.
        self.slots.set_word(self.written, word | mark, Ordering::Release);
        self.slots.fetch_for_writing(self.written + FETCHED_AHEAD);
        self.written += 1;
        self.published = self.written;
    }

    /// Puts the first of `values` into the ring, as many as there is room for, publishes them at
    /// once, and returns how many they were.
    ///
    /// # Panics
    /// When a word is above [`WORD_MAX`](super::WORD_MAX).
    pub fn push_many(&mut self, values: &[T]) -> usize {
        let mut batch = self.write(values.len());
        for value in values.iter().take(batch.room()) {
            batch.put(value);
        }
        batch.commit()
    }

    /// Starts a batch of at most `max` values, fewer when there is less room; they are written
    /// where they will be read and published together when the batch ends.
    #[inline]
    pub fn write(&mut self, max: usize) -> WriteBatch<'_, 'a, T> {
        self.publish();
        let room = self.room_for(max);
        WriteBatch { end: self.written + length_of(room), producer: self }
    }

    /// How many values can be pushed now; no fewer until the next push.
    #[doc(alias = "free")]
    pub fn room(&mut self) -> usize {
        self.room_for(self.capacity())
    }

    /// Whether so many values can be pushed now.
    #[inline]
    pub fn has_room(&mut self, count: usize) -> bool {
        self.room_for(count) == count
    }

    /// How many values the ring holds when it is full.
    pub const fn capacity(&self) -> usize {
        self.slots.capacity()
    }

    /// How many values were published since the ring was split.
    #[doc(alias = "head")]
    pub const fn published(&self) -> u64 {
        self.published
    }

    /// How many of `wanted` values there is room for; looks at the consumer's counter only when the
    /// copy says that not all of them have.
    #[inline]
    fn room_for(&mut self, wanted: usize) -> usize {
        if self.room_known() < wanted {
            // Acquire pairs with the Release of `release`: the consumer has finished reading what
            // it gave back.
            self.consumed = self.given_back.load(Ordering::Acquire);
        }
        self.room_known().min(wanted)
    }

    /// How many slots are free for all that this side knows.
    #[inline]
    fn room_known(&self) -> usize {
        self.capacity() - count_between(self.consumed, self.written)
    }

    /// Publishes what is written: marks the first value of the open batch, behind which all others
    /// are marked. The consumer goes by their order, so it sees all of them or none.
    ///
    /// A batch that was never ended, because it was leaked, is so published by the next push.
    #[inline]
    fn publish(&mut self) {
        if self.published < self.written {
            let word = self.slots.word(self.published, Ordering::Relaxed);
            // Release as in `push`, for the whole batch.
            self.slots.set_word(self.published, word ^ MARK, Ordering::Release);
            self.published = self.written;
        }
    }
}

/// Values that are written into a ring and not yet published.
///
/// Dropping it publishes them, as [`commit`](Self::commit) does.
pub struct WriteBatch<'p, 'a, T: Carried> {
    producer: &'p mut Producer<'a, T>,
    /// Number of the first value that there is no room for.
    end: u64,
}

impl<T: Carried> WriteBatch<'_, '_, T> {
    /// Adds one value, which is not visible yet.
    ///
    /// # Errors
    /// [`Full`] with the value when the batch has no room left.
    ///
    /// # Panics
    /// When the value's word is above [`WORD_MAX`](super::WORD_MAX).
    #[inline]
    pub fn push(&mut self, value: T) -> Result<(), Full<T>> {
        if self.producer.written == self.end {
            return Err(Full(value));
        }
        self.put(&value);
        Ok(())
    }

    /// Writes a value for which there is room: the first of a batch with the mark that its slot has
    /// already, every other one with its own, which nobody looks at before the first has its.
    #[inline]
    fn put(&mut self, value: &T) {
        let Producer { slots, published, written, .. } = *self.producer;
        assert!(written < self.end, "there is room");
        let mark = mark(written, slots.capacity());
        if written == published {
            // SAFETY: the batch has room, so the slot is not the consumer's before it is marked.
            let word = unsafe { write(slots, written, value) };
            slots.set_word(written, word | mark ^ MARK, Ordering::Relaxed);
        } else {
            // SAFETY: as above, and nobody goes by its mark before the first of the batch has its.
            unsafe { write_marked(slots, written, value, mark) };
        }
        slots.fetch_for_writing(written + FETCHED_AHEAD);
        self.producer.written = written + 1;
    }

    /// How many more values the batch takes.
    pub fn room(&self) -> usize {
        count_between(self.producer.written, self.end)
    }

    /// How many values were added.
    pub fn written(&self) -> usize {
        count_between(self.producer.published, self.producer.written)
    }

    /// Publishes the values and returns how many they were.
    #[inline]
    pub fn commit(self) -> usize {
        self.written()
    }
}

impl<T: Carried> Drop for WriteBatch<'_, '_, T> {
    #[inline]
    fn drop(&mut self) {
        self.producer.publish();
    }
}

impl<T: Carried> fmt::Debug for Producer<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Producer").field("published", &self.published).finish_non_exhaustive()
    }
}

impl<T: Carried> fmt::Debug for WriteBatch<'_, '_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteBatch")
            .field("written", &self.written())
            .field("room", &self.room())
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Display for Full<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the ring is full")
    }
}

impl<T: fmt::Debug> core::error::Error for Full<T> {}
