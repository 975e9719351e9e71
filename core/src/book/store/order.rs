//! The open orders of all instruments: their slots, what a few of them have besides, and the way
//! from an id to its slot.

use super::expiries::Expiries;
use super::index::{Index, Keyed};
use super::ladder::LadderId;
use super::pool::{Entry, NONE, Pool};
use super::terms::Terms;
use crate::types::{InstrumentId, OrderId, TimeInForce};
use bytemuck::{Pod, Zeroable};

/// An open order in its slot, resting or waiting; fills one cache line. Slot 0 ends every list.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
pub(in crate::book) struct Order {
    /// Its [`OrderId`].
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
    /// The order after it in its level. From here on a new order is zero.
    pub(in crate::book) next: u32,
    /// Slot of its [`Extra`]; none for most.
    pub(in crate::book) extra: u32,
    /// Fills the cache line.
    pub(in crate::book) reserved: [u32; 4],
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

    /// Its terms.
    pub(in crate::book) fn terms(&self) -> Terms {
        Terms::from_bits(self.terms)
    }
}

impl Entry for Order {
    #[inline]
    fn linked(&self) -> u32 {
        self.link
    }

    #[inline]
    fn link(&mut self, link: u32) {
        self.link = link;
    }
}

impl Keyed for Order {
    #[inline]
    fn key(&self) -> (u64, u64) {
        (u64::from(self.instrument().0), self.id)
    }
}

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
        bytemuck::cast_ref(self.pool.get(slot))
    }

    /// The extra in a slot, to be changed.
    #[inline]
    pub(in crate::book) fn extra_mut(&mut self, slot: u32) -> &mut Extra {
        bytemuck::cast_mut(self.pool.get_mut(slot))
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
            self.schedule(extra_slot);
        }
    }

    /// Takes the extra of the order in `slot` away.
    pub(in crate::book) fn detach(&mut self, slot: u32) {
        let extra_slot = core::mem::take(&mut self.pool.get_mut(slot).extra);
        if self.extra(extra_slot).expiry_place != 0 {
            self.unschedule(extra_slot);
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
