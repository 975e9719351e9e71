//! Open orders, resting or waiting, and every question that is answered by searching them.

use super::{Flaw, NaiveBook, Rejection};
use highwater::event::RejectReason;
use highwater::types::{
    AccountId, Capacities, InstrumentId, OrderId, OrderType, Price, SelfTrade, SessionId, Side,
    Ticks, TimeInForce,
};
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// An open order: one that rests, or a stop that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NaiveOrder {
    /// What is traded.
    pub instrument: InstrumentId,
    /// Its id.
    pub order: OrderId,
    /// Whom it belongs to.
    pub account: AccountId,
    /// Where it came from.
    pub session: SessionId,
    /// Buy or sell.
    pub side: Side,
    /// What it came in as; once it rests, limit.
    pub order_type: OrderType,
    /// Its limit; none of a market order and a stop.
    pub limit: Option<Price>,
    /// What it waits for; none once it does not wait.
    pub trigger: Option<Price>,
    /// What is open, hidden quantity too, in lots.
    pub remaining: u64,
    /// What it shows, in lots; 0 unless it rests.
    pub visible: u64,
    /// What it shows at most, in lots; 0 for all.
    pub display: u64,
    /// What it trades at least when it comes in, in lots.
    pub minimum: u64,
    /// How long it stays.
    pub time_in_force: TimeInForce,
    /// When it expires; 0 unless it is good till date.
    pub expiry_ns: u64,
    /// What happens when it meets an order of its account.
    pub self_trade: SelfTrade,
    /// Whether it may not trade when it comes in.
    pub post_only: bool,
}

impl NaiveOrder {
    /// Whether it is a stop that waits.
    pub const fn is_waiting(&self) -> bool {
        self.trigger.is_some()
    }

    /// The price that it rests at.
    ///
    /// # Panics
    /// When it has no limit.
    pub fn price(&self) -> Price {
        self.limit.expect("what rests has a limit")
    }

    /// Its limit; 0 when it has none.
    pub fn limit_ticks(&self) -> Ticks {
        Ticks(self.limit.map_or(0, Price::ticks))
    }

    /// Places that it takes: one, and one more when it is an iceberg, expires or waits.
    pub fn places(&self) -> usize {
        let is_dated = self.time_in_force == TimeInForce::GoodTillDate;
        1 + usize::from(self.display > 0 || is_dated || self.is_waiting())
    }

    /// The level that it is in: of a stop that waits, by its trigger.
    fn level(&self) -> (InstrumentId, bool, Side, Price) {
        let price = self.trigger.unwrap_or_else(|| self.price());
        (self.instrument, self.is_waiting(), self.side, price)
    }

    /// The spans that mark its level: of 64, 4,096, 262,144 and 16,777,216 ticks.
    fn spans(&self) -> [(InstrumentId, bool, Side, u32, u32); 4] {
        let (instrument, is_waiting, side, price) = self.level();
        [64, 4_096, 262_144, 16_777_216]
            .map(|ticks| (instrument, is_waiting, side, ticks, price.ticks() / ticks))
    }
}

impl NaiveBook {
    /// The resting orders of one side in the order in which they trade.
    pub fn side(&self, instrument: InstrumentId, side: Side) -> Vec<NaiveOrder> {
        let mut orders = self.orders.clone();
        orders.retain(|order| {
            order.instrument == instrument && order.side == side && !order.is_waiting()
        });
        if self.has(Flaw::LastInFirstOut) {
            orders.reverse();
        }
        // A stable sort: orders at the same price stay as they came.
        match side {
            Side::Buy => orders.sort_by_key(|order| Reverse(order.price())),
            Side::Sell => orders.sort_by_key(NaiveOrder::price),
        }
        orders
    }

    /// The waiting stops of an instrument by arrival.
    pub fn stops(&self, instrument: InstrumentId) -> Vec<NaiveOrder> {
        let mut orders = self.orders.clone();
        orders.retain(|order| order.instrument == instrument && order.is_waiting());
        orders
    }

    /// Open orders of a session.
    pub fn open_orders(&self, session: SessionId) -> u32 {
        let is_counted = |order: &&NaiveOrder| {
            order.session == session
                && !(order.is_waiting() && self.has(Flaw::MaxOrdersForgetsStops))
        };
        self.orders.iter().filter(is_counted).map(|_| 1).sum()
    }

    /// The next time at which an order expires.
    pub fn next_expiry_ns(&self) -> Option<u64> {
        let dated = |order: &&NaiveOrder| order.time_in_force == TimeInForce::GoodTillDate;
        self.orders.iter().filter(dated).map(|order| order.expiry_ns).min()
    }

    /// What an incoming order would trade with first.
    pub(super) fn best_opposite(&self, incoming: &NaiveOrder) -> Option<NaiveOrder> {
        self.side(incoming.instrument, incoming.side.opposite()).first().copied()
    }

    /// Place of the order in the list.
    pub(super) fn find(&self, instrument: InstrumentId, id: OrderId) -> Option<usize> {
        self.orders.iter().position(|order| order.instrument == instrument && order.order == id)
    }

    /// Place of an order that the book has just seen.
    pub(super) fn place_of(&self, order: &NaiveOrder) -> usize {
        self.find(order.instrument, order.order).expect("the order is open")
    }

    /// Place of an order that the account may change.
    pub(super) fn find_own(
        &self,
        instrument: InstrumentId,
        id: OrderId,
        account: AccountId,
    ) -> Rejection<usize> {
        self.instrument(instrument)?;
        let place = self.find(instrument, id).ok_or(RejectReason::UnknownOrder)?;
        if self.orders[place].account != account && !self.has(Flaw::OthersOrders) {
            return Err(RejectReason::UnknownOrder);
        }
        Ok(place)
    }

    /// Whether `incoming` can join its level beside `others`: the level is there, or there is room
    /// for it and its spans.
    pub(super) fn has_level_room(&self, others: &[NaiveOrder], incoming: &NaiveOrder) -> bool {
        let levels: BTreeSet<_> = others.iter().map(NaiveOrder::level).collect();
        if levels.contains(&incoming.level()) || self.has(Flaw::EndlessLevels) {
            return true;
        }
        let spans: BTreeSet<_> = others.iter().flat_map(NaiveOrder::spans).collect();
        let needed = incoming.spans().iter().filter(|span| !spans.contains(*span)).count();
        let Capacities { orders, instruments, .. } = self.capacities;
        let (orders, instruments) = (orders as usize, instruments as usize);
        let spans_max = orders + orders / 2 + 8 * instruments + 64;
        levels.len() < orders && (needed == 0 || spans.len() + needed <= spans_max)
    }

    /// Whether there are no places left for an order.
    pub(super) fn is_full(&self, order: &NaiveOrder) -> bool {
        let places =
            |order| if self.has(Flaw::OnePlaceEach) { 1 } else { NaiveOrder::places(order) };
        let taken: usize = self.orders.iter().map(places).sum();
        taken + places(order) > self.capacities.orders as usize
    }

    /// Puts an order behind all others.
    pub(super) fn send_to_the_back(&mut self, place: usize) {
        let order = self.orders.remove(place);
        self.orders.push(order);
    }
}
