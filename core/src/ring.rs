//! A ring: the way from one thread to one other, in memory that is reserved at compile time.
//!
//! A ring is a plain `static`. It is split once into its [`Producer`] and its [`Consumer`]; neither
//! ever waits: a push into a full ring gives the value back, a pop from an empty one finds nothing,
//! and what to do then is the caller's.
//!
//! Each side counts, from 0 and only upwards, what it has done: `published` by the producer,
//! `consumed` by the consumer. Value number `n` lies in slot `n` modulo the capacity. A counter
//! would overflow after five centuries of a billion values a second. Each counter has one writer
//! and stands alone on its cache lines; each side keeps a copy of both and looks at the other
//! side's counter only when its copy says that there is nothing to do.

#![expect(
    unsafe_code,
    reason = "which side may touch a slot is decided by the counters, not by the borrow checker"
)]

use crate::atomic::{AtomicBool, AtomicU64, Ordering, Slots, Storage};
use crate::padded::Padded;
use crate::types::length_of;
use core::fmt;

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
/// static RING: highwater::ring::Ring<*const u8, 8> = highwater::ring::Ring::new();
/// ```
#[doc(alias = "queue")]
#[doc(alias = "channel")]
pub struct Ring<T: Copy, const N: usize> {
    counters: Counters,
    is_split: AtomicBool,
    storage: Padded<Storage<T, N>>,
}

/// What the two sides tell each other.
struct Counters {
    /// How many values the producer has made visible; written by the producer only.
    published: Padded<AtomicU64>,
    /// How many values the consumer has given back; written by the consumer only.
    consumed: Padded<AtomicU64>,
}

impl<T: Copy, const N: usize> Ring<T, N> {
    /// An empty ring. All its bytes are zero or unset, so that a `static` takes no room in the
    /// executable.
    pub const fn new() -> Self {
        Self {
            counters: Counters {
                published: Padded::new(AtomicU64::new(0)),
                consumed: Padded::new(AtomicU64::new(0)),
            },
            is_split: AtomicBool::new(false),
            storage: Padded::new(Storage::new()),
        }
    }

    /// The two sides of the ring; `None` from the second time on.
    pub fn split(&self) -> Option<(Producer<'_, T>, Consumer<'_, T>)> {
        // Only who comes first gets the sides, so nothing was written that this would have to see.
        if self.is_split.swap(true, Ordering::Relaxed) {
            return None;
        }
        let (counters, slots) = (&self.counters, self.storage.slots());
        Some((
            Producer { counters, slots, published: 0, consumed: 0 },
            Consumer { counters, slots, published: 0, consumed: 0 },
        ))
    }
}

impl<T: Copy, const N: usize> Ring<T, N> {
    /// How many values wait in the ring now, as a third party sees it: it may be late.
    pub fn len(&self) -> usize {
        // What was consumed is read first: it never passes what is published afterwards.
        let consumed = self.counters.consumed.load(Ordering::Acquire);
        let published = self.counters.published.load(Ordering::Acquire);
        count_between(consumed, published).min(N)
    }

    /// True when no value waits in the ring now.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T: Copy, const N: usize> Default for Ring<T, N> {
    fn default() -> Self {
        Self::new()
    }
}

/// The side of a ring that values are put into.
pub struct Producer<'a, T> {
    counters: &'a Counters,
    slots: Slots<'a, T>,
    /// This side's own counter; the shared one is never read back.
    published: u64,
    /// The consumer's counter when this side last looked: never too high.
    consumed: u64,
}

/// The ring is full; the value comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full<T>(pub T);

impl<'a, T: Copy> Producer<'a, T> {
    /// Puts one value into the ring and publishes it.
    ///
    /// # Errors
    /// [`Full`] with the value when no slot is free.
    #[inline]
    #[doc(alias = "enqueue")]
    pub fn push(&mut self, value: T) -> Result<(), Full<T>> {
        if self.room_for(1) == 0 {
            return Err(Full(value));
        }
        // SAFETY: there is room, so the slot is not the consumer's before it is published.
        unsafe { self.slots.write(self.published, value) };
        self.publish(self.published + 1);
        Ok(())
    }

    /// Puts the first of `values` into the ring, as many as there is room for, publishes them at
    /// once, and returns how many they were.
    pub fn push_many(&mut self, values: &[T]) -> usize {
        let count = self.room_for(values.len());
        let (taken, _) = values.split_at(count);
        // SAFETY: there is room for all of them, so their slots are not the consumer's before they
        // are published.
        unsafe { self.slots.write_many(self.published, taken) };
        self.publish(self.published + length_of(count));
        count
    }

    /// Starts a batch of at most `max` values, fewer when there is less room; they are written
    /// where they will be read and published together when the batch ends.
    #[inline]
    pub fn write(&mut self, max: usize) -> WriteBatch<'_, 'a, T> {
        let room = self.room_for(max);
        WriteBatch { next: self.published, end: self.published + length_of(room), producer: self }
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
            self.consumed = self.counters.consumed.load(Ordering::Acquire);
        }
        self.room_known().min(wanted)
    }

    /// How many slots are free for all that this side knows.
    #[inline]
    fn room_known(&self) -> usize {
        self.capacity() - count_between(self.consumed, self.published)
    }

    /// Makes every value below `published` the consumer's.
    #[inline]
    fn publish(&mut self, published: u64) {
        if self.published == published {
            // Even a store of the same number would take the cache line from the consumer.
            return;
        }
        self.published = published;
        // Release pairs with the Acquire of `refresh`: who sees the counter sees the values.
        self.counters.published.store(published, Ordering::Release);
    }
}

/// Values that are written into a ring and not yet published.
///
/// Dropping it publishes them, as [`commit`](Self::commit) does.
pub struct WriteBatch<'p, 'a, T: Copy> {
    producer: &'p mut Producer<'a, T>,
    /// Number of the next value.
    next: u64,
    /// Number of the first value that there is no room for.
    end: u64,
}

impl<T: Copy> WriteBatch<'_, '_, T> {
    /// Adds one value, which is not visible yet.
    ///
    /// # Errors
    /// [`Full`] with the value when the batch has no room left.
    #[inline]
    pub fn push(&mut self, value: T) -> Result<(), Full<T>> {
        if self.next == self.end {
            return Err(Full(value));
        }
        // SAFETY: the batch has room, so the slot is not the consumer's before it is published.
        unsafe { self.producer.slots.write(self.next, value) };
        self.next += 1;
        Ok(())
    }

    /// How many more values the batch takes.
    pub fn room(&self) -> usize {
        count_between(self.next, self.end)
    }

    /// How many values were added.
    pub fn written(&self) -> usize {
        count_between(self.producer.published, self.next)
    }

    /// Publishes the values and returns how many they were.
    #[inline]
    pub fn commit(self) -> usize {
        self.written()
    }
}

impl<T: Copy> Drop for WriteBatch<'_, '_, T> {
    #[inline]
    fn drop(&mut self) {
        self.producer.publish(self.next);
    }
}

/// The side of a ring that values are taken from.
pub struct Consumer<'a, T> {
    counters: &'a Counters,
    slots: Slots<'a, T>,
    /// The producer's counter when this side last looked: never too high.
    published: u64,
    /// This side's own counter; the shared one is never read back.
    consumed: u64,
}

impl<T: Copy> Consumer<'_, T> {
    /// Takes the oldest value; `None` when nothing is published.
    #[inline]
    #[doc(alias = "dequeue")]
    pub fn pop(&mut self) -> Option<T> {
        let value = *self.peek()?;
        self.release(1);
        Some(value)
    }

    /// The oldest value, which stays in the ring; `None` when nothing is published.
    #[inline]
    pub fn peek(&mut self) -> Option<&T> {
        let (values, _) = self.readable_up_to(1);
        values.first()
    }

    /// The value behind the `index` oldest ones, which stays in the ring; `None` when it is not
    /// published.
    #[inline]
    pub fn get(&mut self, index: usize) -> Option<&T> {
        self.refresh(index.saturating_add(1));
        if self.readable_known() <= index {
            return None;
        }
        // SAFETY: this value is published and not consumed, and `release` needs the borrow that the
        // slice holds.
        let (value, _) = unsafe { self.slots.read(self.consumed + length_of(index), 1) };
        value.first()
    }

    /// Takes the oldest values into the front of `into`, as many as there are and fit, and returns
    /// how many they were.
    pub fn pop_many(&mut self, into: &mut [T]) -> usize {
        let (older, newer) = self.readable_up_to(into.len());
        let (front, rest) = into.split_at_mut(older.len());
        let (back, _) = rest.split_at_mut(newer.len());
        front.copy_from_slice(older);
        back.copy_from_slice(newer);
        let count = older.len() + newer.len();
        self.release(count);
        count
    }

    /// Takes at most `max` of the oldest values, calls `take` with each of them in its place, gives
    /// their slots back when the last call has returned, and returns how many they were.
    ///
    /// When `take` panics nothing is given back, and the values are found again.
    #[inline]
    pub fn for_each(&mut self, max: usize, mut take: impl FnMut(&T)) -> usize {
        let (older, newer) = self.readable_up_to(max);
        let count = older.len() + newer.len();
        for value in older.iter().chain(newer) {
            take(value);
        }
        self.release(count);
        count
    }

    /// All that is published now, the older values first: two slices, because the ring's memory
    /// ends in between. Both are empty when nothing is published. [`release`](Self::release) takes
    /// them from the ring.
    #[inline]
    pub fn readable(&mut self) -> (&[T], &[T]) {
        self.readable_up_to(self.capacity())
    }

    /// Gives the slots of the `count` oldest values back to the producer.
    ///
    /// # Panics
    /// When this side has not seen that many: [`readable`](Self::readable) says how many there are.
    #[inline]
    pub fn release(&mut self, count: usize) {
        assert!(count <= self.readable_known(), "only values that are there can be released");
        if count == 0 {
            // Even a store of the same number would take the cache line from the producer.
            return;
        }
        self.consumed += length_of(count);
        // Release pairs with the Acquire of `room_for`: the values were read before their slots are
        // written again.
        self.counters.consumed.store(self.consumed, Ordering::Release);
    }

    /// How many values are published and not taken.
    #[inline]
    pub fn waiting(&mut self) -> usize {
        self.refresh(self.capacity());
        self.readable_known()
    }

    /// True when nothing is published.
    #[inline]
    pub fn is_empty(&mut self) -> bool {
        self.refresh(1);
        self.readable_known() == 0
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

    /// The oldest values, at most `max`, in two slices.
    #[inline]
    fn readable_up_to(&mut self, max: usize) -> (&[T], &[T]) {
        self.refresh(max);
        let count = self.readable_known().min(max);
        // SAFETY: these values are published and not consumed, and `release` needs the borrow that
        // the slices hold.
        unsafe { self.slots.read(self.consumed, count) }
    }

    /// Looks at the producer's counter when fewer than `wanted` values are known.
    #[inline]
    fn refresh(&mut self, wanted: usize) {
        if self.readable_known() < wanted {
            // Acquire pairs with the Release of `publish`: the values were written before the
            // counter was.
            self.published = self.counters.published.load(Ordering::Acquire);
        }
    }

    /// How many values are published for all that this side knows.
    #[inline]
    fn readable_known(&self) -> usize {
        count_between(self.consumed, self.published)
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

impl<T: Copy, const N: usize> fmt::Debug for Ring<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring").field("capacity", &N).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Producer<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Producer").field("published", &self.published).finish_non_exhaustive()
    }
}

impl<T: Copy> fmt::Debug for WriteBatch<'_, '_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteBatch")
            .field("next", &self.next)
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Consumer<'_, T> {
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
