//! Rows: four neighbouring prices of a ladder and the queues of their orders, in one cache line.
//!
//! Where one price has orders its neighbours mostly have some too. So a row serves several levels:
//! one search finds all four of them, and the level next to the best one is at hand.

use super::index::Keyed;
use super::ladder_id::LadderId;
use super::pool::{NONE, entry_by_link};
use crate::book::invariant::broken_invariant;
use crate::types::{Price, Ticks, index_of};
use bytemuck::{Pod, Zeroable};
use core::hint::select_unpredictable as select;

/// Bits of a rank that tell the levels of a row apart.
pub(in crate::book) const PART_BITS: u32 = 2;
/// Levels of a row.
const PARTS: usize = 4;
const PART_MASK: u32 = 3;

/// The orders at one price, first in, first out.
#[derive(Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub(in crate::book) struct Queue {
    /// The order that trades first.
    pub(in crate::book) head: u32,
    /// The order that came last.
    pub(in crate::book) tail: u32,
    /// How many orders there are.
    pub(in crate::book) order_count: u32,
}

impl Queue {
    /// Without an order.
    pub(in crate::book) const EMPTY: Self = Self { head: NONE, tail: NONE, order_count: 0 };

    /// Adds an order behind the last.
    #[inline]
    pub(in crate::book) fn add_last(&mut self, last: u32, slot: u32) {
        self.tail = slot;
        self.order_count += 1;
        self.head = select(last == NONE, slot, self.head);
    }

    /// Takes an order between these two out of the queue's count and ends.
    #[inline]
    pub(in crate::book) fn drop_between(&mut self, prev: u32, next: u32) {
        self.order_count -= 1;
        // What to write is chosen without a branch: half of the guesses would be wrong.
        self.head = select(prev == NONE, next, self.head);
        self.tail = select(next == NONE, prev, self.tail);
    }
}

/// Four neighbouring prices of a ladder; at least one of them has a level, unless the row is kept
/// for later.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
pub(in crate::book) struct Row {
    /// The [`LadderId`].
    pub(in crate::book) ladder: u32,
    /// The ranks of its prices, without the bits that tell them apart.
    pub(in crate::book) number: u32,
    /// Slot of the lowest span that marks its levels.
    pub(in crate::book) span: u32,
    /// The row after it in its chain of the index, or the way to the next free slot.
    link: u32,
    /// By rank; empty where there is no level.
    queues: [Queue; PARTS],
}

const _: () = assert!(size_of::<Row>() == 64, "a row fills one cache line");

impl Row {
    /// The row of a rank, without levels.
    pub(super) fn new(id: LadderId, rank: u32, span: u32) -> Self {
        Self { ladder: id.0, number: rank >> PART_BITS, span, ..Self::zeroed() }
    }

    /// The rank of the level in `slot`, which is in this row.
    #[inline]
    pub(in crate::book) fn rank(&self, slot: u32) -> u32 {
        self.number << PART_BITS | slot & PART_MASK
    }

    /// The queue of the level in `slot`, or of a rank, which is in this row.
    #[inline]
    pub(in crate::book) fn queue(&self, slot: u32) -> &Queue {
        match self.queues.get(index_of(slot & PART_MASK)) {
            Some(queue) => queue,
            None => broken_invariant("a row has four levels"),
        }
    }

    /// The same, to be changed.
    #[inline]
    pub(in crate::book) fn queue_mut(&mut self, slot: u32) -> &mut Queue {
        match self.queues.get_mut(index_of(slot & PART_MASK)) {
            Some(queue) => queue,
            None => broken_invariant("a row has four levels"),
        }
    }

    /// The level in `slot`, which is in this row.
    #[inline]
    pub(in crate::book) fn level(&self, slot: u32) -> Level {
        let Queue { head, order_count, .. } = *self.queue(slot);
        let ladder = LadderId(self.ladder);
        Level { slot, ladder, price: ladder.price(self.rank(slot)), head, order_count }
    }
}

entry_by_link!(Row);

impl Keyed for Row {
    #[inline]
    fn key(&self) -> (u64, u64) {
        (u64::from(self.ladder), u64::from(self.number))
    }
}

/// One price and the queue of orders that rest at it: a copy.
#[derive(Clone, Copy)]
pub(in crate::book) struct Level {
    /// Its slot: that of its row, and which of the row's levels it is.
    pub(in crate::book) slot: u32,
    /// Its ladder.
    pub(in crate::book) ladder: LadderId,
    /// The price, in ticks.
    pub(in crate::book) price: u32,
    /// The order that trades first.
    pub(in crate::book) head: u32,
    /// Orders in the queue.
    pub(in crate::book) order_count: u32,
}

impl Level {
    /// The price.
    pub(in crate::book) fn valid_price(&self) -> Price {
        match Price::new(Ticks(self.price)) {
            Some(price) => price,
            None => broken_invariant("a level without a price"),
        }
    }
}

/// Slot of the level of a rank in a row.
#[inline]
pub(super) const fn level_slot(row_slot: u32, rank: u32) -> u32 {
    row_slot << PART_BITS | rank & PART_MASK
}

/// Slot of the row of a level.
#[inline]
pub(in crate::book) const fn row_of(slot: u32) -> u32 {
    slot >> PART_BITS
}

/// Whether what is left of the marks of a span has a level in the row of `rank`.
#[inline]
pub(super) const fn has_row(left: u64, rank: u32) -> bool {
    left >> (rank & 0x3c) & 0xf != 0
}
