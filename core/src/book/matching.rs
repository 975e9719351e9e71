//! Price-time priority: how an incoming order trades, and what becomes of the rest.

use super::ladder::LadderId;
use super::order::Order;
use super::pool::NONE;
use super::{Book, Origin, quantity_of};
use crate::command::NewOrder;
use crate::event::{CancelReason, EventKind, EventSink, RejectReason};
use crate::types::{
    AccountId, Lots, OrderId, OrderType, Price, Quantity, SessionId, Side, Ticks, TimeInForce,
};
use bytemuck::Zeroable;

/// An order on its way into the book, checked.
pub(super) struct Incoming {
    pub(super) order: OrderId,
    pub(super) account: AccountId,
    pub(super) side: Side,
    pub(super) time_in_force: TimeInForce,
    /// The worst price that it trades at.
    pub(super) limit: Price,
    pub(super) quantity: Quantity,
}

impl Book<'_> {
    /// Takes a new order, or rejects it.
    #[inline]
    pub(super) fn new_order(&mut self, origin: &Origin, new: &NewOrder, sink: &mut impl EventSink) {
        match self.check_new(new) {
            Ok(incoming) => {
                let accepted = EventKind::Accepted {
                    client_sequence: origin.client_sequence,
                    order: new.order,
                };
                self.emit(origin, accepted, sink);
                self.execute(origin, &incoming, sink);
            }
            Err(reason) => self.reject(origin, new.order, reason, sink),
        }
    }

    #[inline]
    fn check_new(&self, new: &NewOrder) -> Result<Incoming, RejectReason> {
        match new.order_type {
            OrderType::Limit => {}
        }
        if new.instrument.0 >= self.symbols.count() {
            return Err(RejectReason::UnknownInstrument);
        }
        let limit = Price::new(new.price).ok_or(RejectReason::BadPrice)?;
        let quantity = Quantity::new(new.quantity).ok_or(RejectReason::BadQuantity)?;
        if self.orders.find(new.instrument, new.order).is_some() {
            return Err(RejectReason::DuplicateId);
        }
        match new.time_in_force {
            TimeInForce::GoodTillCancel => {
                if self.orders.pool.live() >= self.capacities.orders {
                    return Err(RejectReason::OrdersFull);
                }
                let ladder = LadderId::new(new.instrument, new.side);
                if !self.ladders.has_room(ladder, limit.ticks(), None, self.level_limits()) {
                    return Err(RejectReason::LevelsFull);
                }
            }
            TimeInForce::ImmediateOrCancel => {}
        }
        Ok(Incoming {
            order: new.order,
            account: new.account,
            side: new.side,
            time_in_force: new.time_in_force,
            limit,
            quantity,
        })
    }

    /// Trades an incoming order as far as it goes, then lets the rest rest or cancels it.
    ///
    /// A rest needs room that the caller has checked; trading only makes more.
    #[inline]
    pub(super) fn execute(
        &mut self,
        origin: &Origin,
        incoming: &Incoming,
        sink: &mut impl EventSink,
    ) {
        let remaining = self.cross(origin, incoming, sink);
        if remaining == 0 {
            return;
        }
        match incoming.time_in_force {
            TimeInForce::GoodTillCancel => self.rest(origin, incoming, remaining, sink),
            TimeInForce::ImmediateOrCancel => {
                let rest = (incoming.order, remaining);
                self.emit_canceled(origin, rest, CancelReason::IocRemainder, sink);
            }
        }
    }

    /// Trades level by level, from the best price to the limit; returns the lots that are left.
    #[inline]
    fn cross(&mut self, origin: &Origin, incoming: &Incoming, sink: &mut impl EventSink) -> u64 {
        let opposite = LadderId::new(origin.instrument, incoming.side.opposite());
        let mut remaining = incoming.quantity.lots();
        while remaining > 0 {
            let ladder = self.ladders.ladder(opposite);
            let level = ladder.best_level;
            let Some(price) = Price::new(Ticks(ladder.best_price)) else {
                break;
            };
            if !reaches(incoming.side, incoming.limit, price) {
                break;
            }
            remaining = self.fill(origin, (incoming.order, remaining), (level, price), sink);
        }
        remaining
    }

    /// Trades with one level, first come first served; returns the taker's lots that are left.
    fn fill(
        &mut self,
        origin: &Origin,
        (taker, mut remaining): (OrderId, u64),
        (level_slot, price): (u32, Price),
        sink: &mut impl EventSink,
    ) -> u64 {
        let level = self.ladders.levels.get(level_slot);
        let (mut head, mut order_count) = (level.head, level.order_count);
        while remaining > 0 && head != NONE {
            let maker = self.orders.pool.get_mut(head);
            let traded = remaining.min(maker.remaining);
            remaining -= traded;
            maker.remaining -= traded;
            let trade = EventKind::Trade {
                maker: OrderId(maker.id),
                taker,
                maker_session: SessionId(maker.session),
                price,
                quantity: quantity_of(traded),
                maker_remaining: Lots(maker.remaining),
                taker_remaining: Lots(remaining),
            };
            if maker.remaining == 0 {
                let filled = head;
                head = maker.next;
                order_count -= 1;
                self.orders.remove(filled);
            }
            self.emit(origin, trade, sink);
        }
        self.symbols.set_last_trade(origin.instrument, price);
        self.cut_queue(level_slot, head, order_count);
        remaining
    }

    /// Makes `head` the first order of a level, whose filled orders have left; without one the
    /// level leaves too.
    #[inline]
    fn cut_queue(&mut self, level_slot: u32, head: u32, order_count: u32) {
        if head == NONE {
            self.ladders.remove(level_slot);
            return;
        }
        let level = self.ladders.levels.get_mut(level_slot);
        level.head = head;
        level.order_count = order_count;
        self.orders.pool.get_mut(head).prev = NONE;
    }

    #[inline]
    fn rest(
        &mut self,
        origin: &Origin,
        incoming: &Incoming,
        remaining: u64,
        sink: &mut impl EventSink,
    ) {
        let order = Order {
            id: incoming.order.0,
            remaining,
            ladder: LadderId::new(origin.instrument, incoming.side).0,
            account: incoming.account.0,
            session: origin.session.0,
            ..Order::zeroed()
        };
        self.join(order, incoming.limit);
        let rested = EventKind::Rested {
            order: incoming.order,
            price: incoming.limit,
            quantity: quantity_of(remaining),
        };
        self.emit(origin, rested, sink);
    }
}

/// Whether an incoming order trades with the best price of the other side.
#[inline]
fn reaches(side: Side, limit: Price, best: Price) -> bool {
    let (bid, ask) = match side {
        Side::Buy => (limit, best),
        Side::Sell => (best, limit),
    };
    ask <= bid
}
