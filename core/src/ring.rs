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
//! consumer takes from the producer whenever it looks.
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

use crate::atomic::{AtomicBool, AtomicU64, Ordering, Slots, Storage};
use crate::padded::Padded;
use crate::types::length_of;
pub use carried::{Carried, WORD_MAX, Whole};
use core::fmt;
use core::mem::MaybeUninit;

/// The bit of a slot's word that says whether its value is new.
const MARK: u64 = 1 << 63;

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
    storage: Padded<Storage<T::Rest, N>>,
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
        // beside the words need not be set.
        unsafe { place.assume_init_mut() }
    }

    /// The two sides of the ring; `None` from the second time on.
    pub fn split(&self) -> Option<(Producer<'_, T>, Consumer<'_, T>)> {
        // Only who comes first gets the sides, so nothing was written that this would have to see.
        if self.is_split.swap(true, Ordering::Relaxed) {
            return None;
        }
        let (given_back, slots) = (&*self.consumed, self.storage.slots());
        Some((
            Producer { given_back, slots, published: 0, written: 0, consumed: 0 },
            Consumer { given_back, slots, known: 0, consumed: 0 },
        ))
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

/// The side of a ring that values are put into.
pub struct Producer<'a, T: Carried> {
    given_back: &'a AtomicU64,
    slots: Slots<'a, T::Rest>,
    /// Number of the first value that is not published.
    published: u64,
    /// Number of the first value that is not written; above `published` while a batch is open.
    written: u64,
    /// The consumer's counter when this side last looked: never too high.
    consumed: u64,
}

/// The ring is full; the value comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full<T>(pub T);

impl<'a, T: Carried> Producer<'a, T> {
    /// Puts one value into the ring and publishes it.
    ///
    /// # Errors
    /// [`Full`] with the value when no slot is free.
    ///
    /// # Panics
    /// When the value's word is above [`WORD_MAX`].
    #[inline]
    #[doc(alias = "enqueue")]
    pub fn push(&mut self, value: T) -> Result<(), Full<T>> {
        if self.push_copy(&value) { Ok(()) } else { Err(Full(value)) }
    }

    /// Puts a copy of `value` into the ring and publishes it; false when no slot is free. Large
    /// values go from where they are straight into their slots.
    ///
    /// # Panics
    /// When the value's word is above [`WORD_MAX`].
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what is put together goes straight into its slot")]
    pub fn push_copy(&mut self, value: &T) -> bool {
        self.publish();
        if self.room_for(1) == 0 {
            return false;
        }
        let (word, rest) = apart(*value);
        // SAFETY: there is room, so the slot is not the consumer's before it is marked.
        unsafe { self.slots.write(self.written, rest) };
        let mark = mark(self.written, self.capacity());
        // Release pairs with the Acquire of `is_new`: who sees the mark sees the value.
        self.slots.set_word(self.written, word | mark, Ordering::Release);
        self.written += 1;
        self.published = self.written;
        true
    }

    /// Puts the first of `values` into the ring, as many as there is room for, publishes them at
    /// once, and returns how many they were.
    ///
    /// # Panics
    /// When a word is above [`WORD_MAX`].
    pub fn push_many(&mut self, values: &[T]) -> usize {
        let mut batch = self.write(values.len());
        for value in values.iter().take(batch.room()) {
            batch.put(*value);
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

/// What `value` is taken apart into.
#[inline]
fn apart<T: Carried>(value: T) -> (u64, T::Rest) {
    let (word, rest) = value.apart();
    assert!(word <= WORD_MAX, "a word leaves its highest bit free");
    (word, rest)
}

/// The mark of a slot whose newest value is number `number`: every lap has the other one than the
/// lap before, and the first one another than an empty slot.
#[inline]
const fn mark(number: u64, capacity: usize) -> u64 {
    if number & length_of(capacity) == 0 { MARK } else { 0 }
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
    /// When the value's word is above [`WORD_MAX`].
    #[inline]
    pub fn push(&mut self, value: T) -> Result<(), Full<T>> {
        if self.producer.written == self.end {
            return Err(Full(value));
        }
        self.put(value);
        Ok(())
    }

    /// Writes a value for which there is room: the first of a batch with the mark that its slot has
    /// already, every other one with its own, which nobody looks at before the first has its.
    #[inline]
    fn put(&mut self, value: T) {
        let Producer { slots, published, written, .. } = *self.producer;
        assert!(written < self.end, "there is room");
        let (word, rest) = apart(value);
        // SAFETY: the batch has room, so the slot is not the consumer's before the first value of
        // the batch is marked.
        unsafe { slots.write(written, rest) };
        let delay = if written == published { MARK } else { 0 };
        let mark = mark(written, slots.capacity()) ^ delay;
        slots.set_word(written, word | mark, Ordering::Relaxed);
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

/// The side of a ring that values are taken from.
pub struct Consumer<'a, T: Carried> {
    given_back: &'a AtomicU64,
    slots: Slots<'a, T::Rest>,
    /// Number of the first value that was not seen to be published.
    known: u64,
    /// This side's own counter; the shared one is never read back.
    consumed: u64,
}

impl<T: Carried> Consumer<'_, T> {
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
        assert!(index < self.known_count(), "only a value that is there can be read");
        let number = self.consumed + length_of(index);
        // The mark was seen before, by an Acquire.
        let word = self.slots.word(number, Ordering::Relaxed) & WORD_MAX;
        // SAFETY: this value is published and not consumed.
        let rest = unsafe { self.slots.read(number) };
        T::together(word, rest)
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
            let rest = unsafe { self.slots.read(number) };
            take(&T::together(word, rest));
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
        (word & MARK == mark(number, self.capacity())).then_some(word & WORD_MAX)
    }

    /// How many values are known to be published.
    #[inline]
    fn known_count(&self) -> usize {
        count_between(self.consumed, self.known)
    }
}

/// Whether the slot of value number `number` holds it, and not yet the one a lap before.
///
/// This is so only for whoever has found every value before it to be new: while a batch is marked,
/// the slots at its front look as if they were a lap ahead.
#[inline]
fn is_new<R: Copy>(slots: Slots<'_, R>, number: u64) -> bool {
    // Acquire pairs with the Release of the mark: the value was written before it.
    slots.word(number, Ordering::Acquire) & MARK == mark(number, slots.capacity())
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

impl<T: Carried> fmt::Debug for Consumer<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer").field("consumed", &self.consumed).finish_non_exhaustive()
    }
}

impl<T> fmt::Display for Full<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the ring is full")
    }
}

impl<T: fmt::Debug> core::error::Error for Full<T> {}
