//! The open orders as readers of the streams know them: their numbers, what the feed shows of them,
//! what their clients said.

use crate::client_fields::ClientFields;
use core::ops::Deref;
use hashbrown::HashMap;
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
    /// What the feed shows of it, in lots; 0 for a stop that waits, and for what an auction has
    /// used up.
    pub(crate) shown: u64,
    /// What is only echoed.
    pub(crate) terms: KeptTerms,
}

/// The terms of an open order, which most orders share: those have none of their own, so that the
/// table of open orders stays small.
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
#[derive(Clone, Debug, Default)]
pub(crate) struct OpenOrders(HashMap<Key, OpenOrder>);

impl OpenOrders {
    /// An order is open from here on.
    pub(crate) fn insert(&mut self, key: Key, order: OpenOrder) {
        assert!(self.try_insert(key, order), "an id names one open order");
    }

    /// The same; false when one is open that has this id.
    pub(crate) fn try_insert(&mut self, key: Key, order: OpenOrder) -> bool {
        self.0.insert(key, order).is_none()
    }

    /// An order that is open, to be changed.
    pub(crate) fn of_mut(&mut self, key: Key) -> &mut OpenOrder {
        self.0.get_mut(&key).expect("events are about open orders")
    }

    /// An order is no longer open, or has another id.
    pub(crate) fn remove(&mut self, key: Key) -> OpenOrder {
        self.0.remove(&key).expect("events are about open orders")
    }

    /// All of them, by their numbers.
    pub(crate) fn sorted(&self) -> Vec<(Key, &OpenOrder)> {
        let mut orders: Vec<_> = self.0.iter().map(|(key, order)| (*key, order)).collect();
        orders.sort_unstable_by_key(|(_, order)| order.reference);
        orders
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}
