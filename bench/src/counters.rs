//! A ring with two shared counters, as a queue between two threads is usually written: what the
//! core's ring, which has a mark in each slot, is compared with.
//!
//! One counter says how many reports were published, the other how many slots were given back; each
//! is stored by one side and loaded by the other (Lamport, 1977). So two lines travel to the reader
//! for each report: that of the report, and that of the counter.

use crate::queues::{Queue, Receives, Report};
use highwater::event::{Event, EventSink};
use highwater::limits::EVENT_RING_CAPACITY;
use highwater::padded::Padded;
use std::cell::UnsafeCell;
use std::fmt;
use std::hint::spin_loop;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicU64, Ordering};

/// Slots of a ring, as a number of reports.
const CAPACITY: u64 = EVENT_RING_CAPACITY as u64;

/// The ring. With `CACHED` a side loads the other's counter only when the copy that it keeps says
/// that it cannot go on; without, for each report.
#[derive(Debug, Default)]
pub struct Counters<const CACHED: bool> {
    /// Reports that were published.
    published: Padded<AtomicU64>,
    /// Slots that were given back.
    given_back: Padded<AtomicU64>,
    slots: Slots,
}

/// A slot, on a cache line of its own.
#[repr(align(64))]
struct Slot(UnsafeCell<MaybeUninit<Report>>);

struct Slots(Box<[Slot]>);

// SAFETY: only one side at a time touches a slot: the counters say which, and `Counters::split`
// gives each side away once, because it borrows the ring for as long as they live.
unsafe impl Sync for Slots {}

impl Default for Slots {
    fn default() -> Self {
        let slot = || Slot(UnsafeCell::new(MaybeUninit::uninit()));
        Self(std::iter::repeat_with(slot).take(EVENT_RING_CAPACITY).collect())
    }
}

impl fmt::Debug for Slots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slots").field("count", &self.0.len()).finish_non_exhaustive()
    }
}

impl Slots {
    /// Where report number `number` lies.
    #[inline]
    fn place(&self, number: u64) -> *mut Report {
        let index = usize::try_from(number % CAPACITY).expect("a place in memory");
        self.0[index].0.get().cast()
    }
}

/// The side of the book.
#[derive(Debug)]
pub struct Sender<'q, const CACHED: bool> {
    ring: &'q Counters<CACHED>,
    /// Its own counter; the shared one is never loaded here.
    published: u64,
    /// The reader's counter when it was loaded last: never too high.
    given_back: u64,
}

/// The side of the reader.
#[derive(Debug)]
pub struct Receiver<'q, const CACHED: bool> {
    ring: &'q Counters<CACHED>,
    /// Its own counter; the shared one is never loaded here.
    given_back: u64,
    /// The book's counter when it was loaded last: never too high.
    published: u64,
}

impl<const CACHED: bool> Queue for Counters<CACHED> {
    type Sender<'q> = Sender<'q, CACHED>;
    type Receiver<'q> = Receiver<'q, CACHED>;

    fn split(&mut self) -> (Sender<'_, CACHED>, Receiver<'_, CACHED>) {
        // Nobody else has the ring, so the counters stay as they are read here.
        let published = self.published.load(Ordering::Relaxed);
        let given_back = self.given_back.load(Ordering::Relaxed);
        let ring = &*self;
        (Sender { ring, published, given_back }, Receiver { ring, given_back, published })
    }
}

impl<const CACHED: bool> Sender<'_, CACHED> {
    #[inline]
    fn has_room(&mut self) -> bool {
        if !CACHED || self.published - self.given_back == CAPACITY {
            // Acquire pairs with the Release in `receive`: what was given back has been read.
            self.given_back = self.ring.given_back.load(Ordering::Acquire);
        }
        self.published - self.given_back < CAPACITY
    }
}

impl<const CACHED: bool> EventSink for Sender<'_, CACHED> {
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "an event goes from where it is made into its slot")]
    fn event(&mut self, event: &Event) {
        while !self.has_room() {
            spin_loop();
        }
        let place = self.ring.slots.place(self.published);
        // SAFETY: there is room, so the reader has given this slot back, and does not touch it
        // before it is published.
        unsafe { place.write(Report::new(event)) };
        self.published += 1;
        // Release pairs with the Acquire in `is_waiting`: who sees the count sees the report.
        self.ring.published.store(self.published, Ordering::Release);
    }
}

impl<const CACHED: bool> Receiver<'_, CACHED> {
    #[inline]
    fn is_waiting(&mut self) -> bool {
        if !CACHED || self.published == self.given_back {
            // Acquire pairs with the Release in `event`: a report that is counted is there.
            self.published = self.ring.published.load(Ordering::Acquire);
        }
        self.published != self.given_back
    }
}

impl<const CACHED: bool> Receives for Receiver<'_, CACHED> {
    #[inline]
    fn receive(&mut self, max: usize, mut read: impl FnMut(&Event)) -> usize {
        let mut count = 0;
        while count < max && self.is_waiting() {
            // SAFETY: it is published, so it is written, and the book does not touch its slot
            // before that is given back.
            let report = unsafe { self.ring.slots.place(self.given_back).read() };
            self.given_back += 1;
            // Release pairs with the Acquire in `has_room`: the slot has been read before.
            self.ring.given_back.store(self.given_back, Ordering::Release);
            read(&report.event());
            count += 1;
        }
        count
    }
}
