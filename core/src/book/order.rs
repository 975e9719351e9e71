//! The open orders of all instruments: their slots, and the way from an id to its slot.

use super::index::Index;
use super::ladder::LadderId;
use super::pool::{Entry, Pool};
use crate::types::{InstrumentId, OrderId};
use bytemuck::{Pod, Zeroable};

/// An open order in its slot; fills one cache line. Slot 0 ends every list.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
pub(super) struct Order {
    /// Its [`OrderId`].
    pub(super) id: u64,
    /// Lots that are still open; never 0 between two commands.
    pub(super) remaining: u64,
    /// The order before it in its level, or the free slot after this free one.
    pub(super) prev: u32,
    /// The order after it in its level.
    pub(super) next: u32,
    /// Slot of its level.
    pub(super) level: u32,
    /// Its [`LadderId`]: instrument and side.
    pub(super) ladder: u32,
    /// Its account.
    pub(super) account: u32,
    /// The session that it came from.
    pub(super) session: u16,
    /// Fills the cache line: room for what other order types need.
    pub(super) reserved: [u16; 13],
}

const _: () = assert!(size_of::<Order>() == 64, "an order fills one cache line");

impl Entry for Order {
    #[inline]
    fn linked(&self) -> u32 {
        self.prev
    }

    #[inline]
    fn link(&mut self, slot: u32) {
        self.prev = slot;
    }
}

/// Slots and ids of the open orders.
pub(super) struct Orders<'m> {
    /// The orders.
    pub(super) pool: Pool<'m, Order>,
    /// Their slots by instrument and id.
    pub(super) ids: Index<'m>,
}

impl Orders<'_> {
    /// The slot of the open order with this id.
    #[inline]
    pub(super) fn find(&self, instrument: InstrumentId, id: OrderId) -> Option<u32> {
        let hash = self.ids.hash(u64::from(instrument.0), id.0);
        self.ids.find(hash, |slot| {
            let order = self.pool.get(slot);
            order.id == id.0 && LadderId(order.ladder).instrument() == instrument
        })
    }

    /// Puts an order whose id is not open on its instrument into a slot.
    #[inline]
    pub(super) fn insert(&mut self, order: Order) -> u32 {
        let hash = self.hash_of(&order);
        let slot = self.pool.insert(order);
        self.ids.insert(hash, slot);
        slot
    }

    /// Takes the order out of its slot; its level is the caller's business.
    #[inline]
    pub(super) fn remove(&mut self, slot: u32) {
        let hash = self.hash_of(self.pool.get(slot));
        self.ids.remove(hash, slot);
        self.pool.remove(slot);
    }

    /// Gives the order in `slot` an id that is not open on its instrument.
    pub(super) fn rename(&mut self, slot: u32, id: OrderId) {
        let hash = self.hash_of(self.pool.get(slot));
        self.ids.remove(hash, slot);
        self.pool.get_mut(slot).id = id.0;
        let hash = self.hash_of(self.pool.get(slot));
        self.ids.insert(hash, slot);
    }

    #[inline]
    fn hash_of(&self, order: &Order) -> u32 {
        self.ids.hash(u64::from(LadderId(order.ladder).instrument().0), order.id)
    }
}
