//! An open order in its slot, and what a few of them have besides in a second slot.

use super::index::Keyed;
use super::ladder_id::LadderId;
use super::pool::{Pool, entry_by_link};
use super::terms::Terms;
use crate::book::invariant::broken_invariant;
use crate::types::{InstrumentId, Price, Ticks};
use bytemuck::{Pod, Zeroable};

/// An open order in its slot, resting or waiting; fills one cache line. Slot 0 ends every list.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
pub(in crate::book) struct Order {
    /// Its [`OrderId`](crate::types::OrderId).
    pub(in crate::book) id: u64,
    /// Lots that are open, but for what its extra hides; never 0 between two commands.
    pub(in crate::book) remaining: u64,
    /// The order before it in its level.
    pub(in crate::book) prev: u32,
    /// Slot of its level.
    pub(in crate::book) level: u32,
    /// Its [`LadderId`]: instrument, side, and whether it waits.
    pub(in crate::book) ladder: u32,
    /// Its account.
    pub(in crate::book) account: u32,
    /// The order after it in its chain of the index, or the way to the next free slot.
    pub(in crate::book) link: u32,
    /// The session that it came from.
    pub(in crate::book) session: u16,
    /// Its [`Terms`]; 0 for most.
    pub(in crate::book) terms: u16,
    /// The order after it in its level. From here on a new order is zero, but for its limit.
    pub(in crate::book) next: u32,
    /// Slot of its [`Extra`]; none for most.
    pub(in crate::book) extra: u32,
    /// Zeros, which with the two links before are written at once.
    pub(in crate::book) reserved: [u32; 3],
    /// Its limit, in ticks; 0 for a stop without one. It is its level's price too while it rests,
    /// and at hand where the level is not.
    pub(in crate::book) limit: u32,
}

/// What an iceberg, an order with an expiry or a stop that waits has besides: a second slot.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
pub(in crate::book) struct Extra {
    /// Lots that an iceberg shows at most; 0 when the order shows all.
    pub(in crate::book) display: u64,
    /// Lots that are open and not shown.
    pub(in crate::book) hidden: u64,
    /// When it expires, in nanoseconds of the clock; 0 for never.
    pub(in crate::book) expiry_ns: u64,
    /// Lots that a stop trades at least when it is triggered.
    pub(in crate::book) minimum: u64,
    /// When it joined its queue: a count of such events, by which the orders of a level compare.
    pub(in crate::book) joined: u64,
    /// Slot of its order.
    pub(in crate::book) order: u32,
    /// Its place among the expiries, from 1; 0 for none.
    pub(in crate::book) expiry_place: u32,
    /// Limit price of a stop-limit order that waits, in ticks; 0 for a stop.
    pub(in crate::book) limit: u32,
    /// The stop that came before it, of those that wait.
    pub(in crate::book) stop_prev: u32,
    /// The stop that came after it.
    pub(in crate::book) stop_next: u32,
    /// Fills the cache line.
    pub(in crate::book) reserved: u32,
}

const _: () = assert!(size_of::<Order>() == 64, "an order fills one cache line");
const _: () = assert!(size_of::<Extra>() == size_of::<Order>(), "they share the slots");
const _: () = assert!(align_of::<Extra>() == align_of::<Order>(), "they share the slots");

impl Order {
    /// Its instrument.
    #[inline]
    pub(in crate::book) fn instrument(&self) -> InstrumentId {
        LadderId(self.ladder).instrument()
    }

    /// The limit of an order that rests.
    pub(in crate::book) fn valid_limit(&self) -> Price {
        match Price::new(Ticks(self.limit)) {
            Some(limit) => limit,
            None => broken_invariant("an order rests without a limit"),
        }
    }

    /// Its terms.
    pub(in crate::book) fn terms(&self) -> Terms {
        Terms::from_bits(self.terms)
    }
}

impl Extra {
    /// The extra in a slot of the orders' pool.
    #[inline]
    pub(super) fn at<'p>(pool: &'p Pool<'_, Order>, slot: u32) -> &'p Self {
        bytemuck::cast_ref(pool.get(slot))
    }

    /// The extra in a slot of the orders' pool, to be changed.
    #[inline]
    pub(super) fn at_mut<'p>(pool: &'p mut Pool<'_, Order>, slot: u32) -> &'p mut Self {
        bytemuck::cast_mut(pool.get_mut(slot))
    }
}

entry_by_link!(Order);

impl Keyed for Order {
    #[inline]
    fn key(&self) -> (u64, u64) {
        (u64::from(self.instrument().0), self.id)
    }
}
