//! The open orders as readers of the streams know them: their numbers, what the feed shows of them,
//! what their clients said.

use crate::client_fields::ClientFields;
use core::hash::BuildHasher;
use core::ops::Deref;
use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};
use highwater::types::{InstrumentId, Lots, OrderId, Side, Ticks};
use highwater_protocols::ouch::TimeInForce;

/// An open order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OpenOrder {
    /// Its number in both protocols; another one whenever it goes behind other orders. Numbers
    /// grow, so at one price they are in the order of the queue.
    pub(crate) reference: u64,
    /// Buy or sell.
    pub(crate) side: Side,
    /// Its limit; 0 where it has none.
    pub(crate) limit: Ticks,
    /// What is open of it, hidden quantity too.
    pub(crate) remaining: Lots,
    /// What its client asks for in all, what has traded included: trades leave it as it is.
    pub(crate) total: Lots,
    /// What the feed shows of it, in lots; 0 for a stop that waits, and for what an auction has
    /// used up.
    pub(crate) shown: u64,
    /// What is only echoed.
    pub(crate) terms: KeptTerms,
}

/// The terms of an open order. Most orders have the default terms, for which nothing is allocated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeptTerms(Option<Box<Terms>>);

impl KeptTerms {
    /// Keeps terms.
    pub(crate) fn new(terms: Terms) -> Self {
        Self((terms != Terms::NONE).then(|| Box::new(terms)))
    }
}

impl Deref for KeptTerms {
    type Target = Terms;

    fn deref(&self) -> &Terms {
        self.0.as_deref().unwrap_or(&Terms::NONE)
    }
}

/// What an order's owner is told of it again when it is replaced. Where there are no answers, it is
/// the default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    /// How long it lives.
    pub(crate) time_in_force: TimeInForce,
    /// Whether it may only add liquidity.
    pub(crate) is_post_only: bool,
    /// How many seconds it was to live; 0 where that is not said.
    pub(crate) expire_seconds: u32,
    /// Its minimum quantity; 0 for none.
    pub(crate) minimum: u32,
    /// How much of it is shown; 0 for all.
    pub(crate) display: u32,
    /// What its client said.
    pub(crate) client: ClientFields,
}

impl Terms {
    /// Of an order that asks for nothing, or whose owner is not told.
    pub(crate) const NONE: Self = Self {
        time_in_force: TimeInForce::Day,
        is_post_only: false,
        expire_seconds: 0,
        minimum: 0,
        display: 0,
        client: ClientFields::DEFAULT,
    };
}

/// Which order.
pub(crate) type Key = (InstrumentId, OrderId);

/// The open orders, in no order: whoever walks through them sorts them by their numbers.
///
/// The orders lie in one array, and the index holds 4 bytes for each, so that both fit into the
/// caches of a processor longer than a table of whole orders. They are found by their ids alone:
/// most logs name no two orders alike.
#[derive(Clone, Debug, Default)]
pub(crate) struct OpenOrders {
    places: HashTable<u32>,
    slots: Vec<Slot>,
    /// Places of orders that are gone; the last one is taken next.
    free: Vec<u32>,
    hasher: DefaultHashBuilder,
}

/// On a cache line of its own: most often it is in no cache that is near.
#[derive(Clone, Debug)]
#[repr(align(64))]
struct Slot {
    key: Key,
    /// `None` where the order is gone.
    order: Option<OpenOrder>,
}

const _: () = assert!(size_of::<Slot>() == 64, "an open order takes one line");

const OPEN: &str = "events are about open orders";

impl OpenOrders {
    /// An order is open from here on.
    pub(crate) fn insert(&mut self, key: Key, order: OpenOrder) {
        assert!(self.try_insert(key, order), "an id names one open order");
    }

    /// The same; false when one is open that has this id.
    pub(crate) fn try_insert(&mut self, key: Key, order: OpenOrder) -> bool {
        let Self { places, slots, free, hasher } = self;
        let is_it = |place: &u32| slots[index_of(*place)].key == key;
        let hash_of = |place: &u32| hasher.hash_one(slots[index_of(*place)].key.1);
        let Entry::Vacant(entry) = places.entry(hasher.hash_one(key.1), is_it, hash_of) else {
            return false;
        };
        let place = free.pop();
        let new = u32::try_from(slots.len()).expect("orders are counted in 32 bits");
        entry.insert(place.unwrap_or(new));
        let slot = Slot { key, order: Some(order) };
        match place {
            Some(place) => slots[index_of(place)] = slot,
            None => slots.push(slot),
        }
        true
    }

    /// An order that is open, to be changed.
    pub(crate) fn of_mut(&mut self, key: Key) -> &mut OpenOrder {
        let Self { places, slots, hasher, .. } = self;
        let is_it = |place: &u32| slots[index_of(*place)].key == key;
        let place = *places.find(hasher.hash_one(key.1), is_it).expect(OPEN);
        slots[index_of(place)].order.as_mut().expect(OPEN)
    }

    /// The open order with this id, of any instrument: where several have it, of one of them.
    pub(crate) fn find(&self, id: OrderId) -> Option<(InstrumentId, &OpenOrder)> {
        let slot = |place: &u32| &self.slots[index_of(*place)];
        let place = self.places.find(self.hasher.hash_one(id), |place| slot(place).key.1 == id)?;
        let Slot { key, order } = slot(place);
        Some((key.0, order.as_ref()?))
    }

    /// An order is no longer open, or has another id.
    pub(crate) fn remove(&mut self, key: Key) -> OpenOrder {
        let Self { places, slots, free, hasher } = self;
        let is_it = |place: &u32| slots[index_of(*place)].key == key;
        let entry = places.find_entry(hasher.hash_one(key.1), is_it).expect(OPEN);
        let (place, _) = entry.remove();
        free.push(place);
        slots[index_of(place)].order.take().expect(OPEN)
    }

    /// All of them, by their numbers.
    pub(crate) fn sorted(&self) -> Vec<(Key, &OpenOrder)> {
        let open = self.slots.iter().filter_map(|slot| Some((slot.key, slot.order.as_ref()?)));
        let mut orders: Vec<_> = open.collect();
        orders.sort_unstable_by_key(|(_, order)| order.reference);
        orders
    }

    /// Which they are, in no order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Key> {
        self.slots.iter().filter(|slot| slot.order.is_some()).map(|slot| slot.key)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }
}

fn index_of(place: u32) -> usize {
    usize::try_from(place).expect("a place is an index")
}
