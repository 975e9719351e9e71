//! The open orders of all instruments: their slots, and the way from an id to its slot.

use super::expiries::Expiries;
use super::index::Index;
use super::order::{Extra, Order};
use super::pool::{NONE, Pool};
use crate::types::{InstrumentId, OrderId, TimeInForce};
use bytemuck::Zeroable;

/// Slots and ids of the open orders.
pub(in crate::book) struct Orders<'m> {
    /// The orders and their extras.
    pub(in crate::book) pool: Pool<'m, Order>,
    /// The orders' slots by instrument and id.
    pub(in crate::book) ids: Index<'m>,
    /// The extras of the orders that expire.
    pub(in crate::book) expiries: Expiries<'m>,
    /// How many extras there are.
    pub(in crate::book) extra_count: u32,
    /// How often an order with an extra joined a queue.
    pub(in crate::book) joined_count: u64,
}

impl Orders<'_> {
    /// Makes them as they were at first.
    pub(in crate::book) fn reset(&mut self) {
        self.pool.reset();
        self.ids.reset();
        self.expiries.reset();
        (self.extra_count, self.joined_count) = (0, 0);
    }

    /// Makes them the same as `other`, with room for as many.
    pub(in crate::book) fn copy_from(&mut self, other: &Orders<'_>) {
        self.pool.copy_from(&other.pool);
        self.ids.copy_from(&other.ids);
        self.expiries.copy_from(&other.expiries);
        self.extra_count = other.extra_count;
        self.joined_count = other.joined_count;
    }

    /// The slot of the open order with this id.
    #[inline]
    pub(in crate::book) fn find(&self, instrument: InstrumentId, id: OrderId) -> Option<u32> {
        self.find_hashed(self.hash(instrument, id), instrument, id)
    }

    /// The hash of an id.
    #[inline]
    pub(in crate::book) fn hash(&self, instrument: InstrumentId, id: OrderId) -> u32 {
        self.ids.hash(u64::from(instrument.0), id.0)
    }

    /// The open order with this id, whose hash is given.
    #[inline]
    pub(in crate::book) fn find_hashed(
        &self,
        hash: u32,
        instrument: InstrumentId,
        id: OrderId,
    ) -> Option<u32> {
        let is_it = |order: &Order| order.id == id.0 && order.instrument() == instrument;
        self.ids.find(&self.pool, hash, is_it)
    }

    /// Takes the id of the order in `slot` out of the index.
    #[inline]
    pub(in crate::book) fn forget_id(&mut self, slot: u32) {
        self.forget_hash(slot, self.hash_of(self.pool.get(slot)));
    }

    /// The same, where the hash of the id is known.
    #[inline]
    pub(in crate::book) fn forget_hash(&mut self, slot: u32, hash: u32) {
        self.ids.remove(&mut self.pool, hash, slot);
    }

    /// Gives the order in `slot` an id that is not open on its instrument.
    pub(in crate::book) fn rename(&mut self, slot: u32, id: OrderId) {
        self.forget_id(slot);
        self.pool.get_mut(slot).id = id.0;
        let hash = self.hash_of(self.pool.get(slot));
        self.ids.insert(&mut self.pool, hash, slot);
    }

    /// The hash of an order's id.
    #[inline]
    pub(in crate::book) fn hash_of(&self, order: &Order) -> u32 {
        self.hash(order.instrument(), OrderId(order.id))
    }

    /// The extra in a slot.
    #[inline]
    pub(in crate::book) fn extra(&self, slot: u32) -> &Extra {
        Extra::at(&self.pool, slot)
    }

    /// The extra in a slot, to be changed.
    #[inline]
    pub(in crate::book) fn extra_mut(&mut self, slot: u32) -> &mut Extra {
        Extra::at_mut(&mut self.pool, slot)
    }

    /// The extra of an order; all zero when it has none.
    pub(in crate::book) fn extra_of(&self, order: &Order) -> Extra {
        if order.extra == NONE { Extra::zeroed() } else { *self.extra(order.extra) }
    }

    /// Lots of an order that are not shown.
    #[inline]
    pub(in crate::book) fn hidden(&self, order: &Order) -> u64 {
        if order.extra == NONE { 0 } else { self.extra(order.extra).hidden }
    }

    /// Lots of the order in `slot` that are open, shown or not.
    #[inline]
    pub(in crate::book) fn open(&self, slot: u32) -> u64 {
        let order = self.pool.get(slot);
        order.remaining + self.hidden(order)
    }

    /// Gives the order in `slot`, which has none, an extra, and lets it expire when it must.
    pub(in crate::book) fn attach(&mut self, slot: u32, extra: Extra) {
        self.joined_count += 1;
        let extra = Extra { order: slot, joined: self.joined_count, expiry_place: 0, ..extra };
        let extra_slot = self.pool.insert(bytemuck::cast(extra));
        self.extra_count += 1;
        self.pool.get_mut(slot).extra = extra_slot;
        if self.pool.get(slot).terms().time_in_force == TimeInForce::GoodTillDate {
            self.expiries.schedule(&mut self.pool, extra_slot);
        }
    }

    /// Takes the extra of the order in `slot` away.
    pub(in crate::book) fn detach(&mut self, slot: u32) {
        let extra_slot = core::mem::take(&mut self.pool.get_mut(slot).extra);
        if self.extra(extra_slot).expiry_place != 0 {
            self.expiries.unschedule(&mut self.pool, extra_slot);
        }
        self.pool.remove(extra_slot);
        self.extra_count -= 1;
    }

    /// Notes that the order with this extra joins the back of a queue now.
    pub(in crate::book) fn note_joined(&mut self, extra_slot: u32) {
        self.joined_count += 1;
        self.extra_mut(extra_slot).joined = self.joined_count;
    }
}
