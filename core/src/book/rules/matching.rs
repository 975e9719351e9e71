//! Price-time priority: how an incoming order trades, and what becomes of the rest.

use super::context::Context;
use super::steps::Step;
use crate::book::store::ladder_id::LadderId;
use crate::book::store::order::Order;
use crate::book::store::pool::NONE;
use crate::book::{Book, Leaving, quantity_of};
use crate::command::NewOrder;
use crate::event::{CancelReason, EventKind, EventSink, RejectReason};
use crate::types::{
    AccountId, InstrumentId, Lots, OrderId, Price, Quantity, SessionId, Side, Ticks,
};
use bytemuck::Zeroable;

/// A plain order on its way into the book, checked: a limit order without conditions, on an
/// instrument that trades and takes everything.
pub(super) struct Incoming {
    pub(super) order: OrderId,
    /// The hash of its id.
    pub(super) hash: u32,
    pub(super) account: AccountId,
    pub(super) side: Side,
    /// Whether its rest may rest; else it is canceled.
    pub(super) may_rest: bool,
    /// The worst price that it trades at.
    pub(super) limit: Price,
    pub(super) quantity: Quantity,
}

/// An order that trades, as those that it meets need to know it.
#[derive(Clone, Copy)]
pub(super) struct Taker {
    pub(super) order: OrderId,
    pub(super) side: Side,
    /// The worst price that it trades at.
    pub(super) limit: Price,
}

impl Incoming {
    /// A plain order as a client sends it; `hash` is its id's.
    #[inline]
    pub(super) fn of(new: &NewOrder, hash: u32) -> Result<Self, RejectReason> {
        Ok(Self {
            order: new.order,
            hash,
            account: new.account,
            side: new.side,
            may_rest: new.time_in_force.may_rest(),
            limit: Price::new(new.price).ok_or(RejectReason::BadPrice)?,
            quantity: Quantity::new(new.quantity).ok_or(RejectReason::BadQuantity)?,
        })
    }
}

impl Book<'_> {
    /// Trades a plain order as far as it goes, lets the rest rest or cancels it, and runs the stops
    /// that this triggers.
    ///
    /// A rest needs room that the caller has checked; trading only makes more.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "it goes on where New was checked")]
    pub(super) fn execute(
        &mut self,
        context: Context,
        incoming: &Incoming,
        sink: &mut impl EventSink,
    ) {
        let Incoming { order, side, limit, quantity, .. } = *incoming;
        let (whole, taker) = (quantity.lots(), Taker { order, side, limit });
        let remaining = self.cross(context, taker, whole, sink);
        if let Some(rest) = Quantity::new(Lots(remaining)) {
            if incoming.may_rest {
                self.rest(context, incoming, rest, sink);
                self.emit(context, rested(incoming, rest), sink);
            } else {
                self.cancel_rest(context, taker, remaining, sink);
            }
        }
        if remaining < whole {
            self.run_stops(context, sink);
        }
    }

    /// Cancels what is left of an order that may not rest.
    #[inline(never)]
    pub(super) fn cancel_rest(
        &mut self,
        context: Context,
        taker: Taker,
        lots: u64,
        sink: &mut impl EventSink,
    ) {
        let Taker { order, side, limit } = taker;
        let rest = Leaving { order, side, price: Ticks(limit.ticks()), open: lots, visible: 0 };
        self.emit_canceled(context, rest, CancelReason::IocRemainder, sink);
    }

    /// The same, for an order that was open before.
    #[inline(never)]
    pub(super) fn execute_again(
        &mut self,
        context: Context,
        incoming: &Incoming,
        sink: &mut impl EventSink,
    ) {
        self.execute(context, incoming, sink);
    }

    /// [`cross`](Self::cross) for orders with conditions.
    #[inline(never)]
    pub(super) fn cross_conditional(
        &mut self,
        context: Context,
        taker: Taker,
        lots: u64,
        sink: &mut impl EventSink,
    ) -> u64 {
        self.cross(context, taker, lots, sink)
    }

    /// Trades level by level, from the best price to the limit; returns the lots that are left.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "it goes on where an order came in")]
    fn cross(
        &mut self,
        context: Context,
        taker: Taker,
        mut remaining: u64,
        sink: &mut impl EventSink,
    ) -> u64 {
        while remaining > 0 {
            let Some((level, price)) = self.best_opposite(context.instrument(), taker.side) else {
                break;
            };
            if !reaches(taker.side, taker.limit, price) {
                break;
            }
            remaining = self.fill(context, taker, remaining, level, price, sink);
        }
        remaining
    }

    /// Slot and price of the best level that an order on `side` could trade with.
    #[inline]
    pub(super) fn best_opposite(
        &self,
        instrument: InstrumentId,
        side: Side,
    ) -> Option<(u32, Price)> {
        let ladder = self.ladders.ladder(LadderId::new(instrument, side.opposite()));
        Some((ladder.best_level, Price::new(Ticks(ladder.best_price))?))
    }

    /// Whether an order on `side` with this limit would trade at once.
    #[inline]
    pub(super) fn would_trade(&self, instrument: InstrumentId, side: Side, limit: Price) -> bool {
        let best = self.best_opposite(instrument, side);
        best.is_some_and(|(_, price)| reaches(side, limit, price))
    }

    /// Trades with one level, first come first served; returns the taker's lots that are left.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "its one caller is its loop")]
    fn fill(
        &mut self,
        context: Context,
        taker: Taker,
        mut remaining: u64,
        level_slot: u32,
        price: Price,
        sink: &mut impl EventSink,
    ) -> u64 {
        let queue = self.ladders.queue(level_slot);
        let (mut head, mut order_count) = (queue.head, queue.order_count);
        while remaining > 0 && head != NONE {
            let maker = self.orders.pool.get_mut(head);
            if maker.extra != NONE {
                break;
            }
            let traded = remaining.min(maker.remaining);
            remaining -= traded;
            maker.remaining -= traded;
            let trade = EventKind::Trade {
                maker: OrderId(maker.id),
                taker: taker.order,
                side: taker.side,
                maker_session: SessionId(maker.session),
                price,
                quantity: quantity_of(traded),
                maker_remaining: Lots(maker.remaining),
                taker_remaining: Lots(remaining),
            };
            let maker_left = maker.remaining;
            if maker_left == 0 {
                let filled = head;
                head = maker.next;
                order_count -= 1;
                self.remove_filled(filled);
            }
            let step = Step::traded(taker.side.opposite(), price, traded, traded, maker_left);
            self.tell_step(context, step, sink);
            self.emit(context, trade, sink);
        }
        self.ladders.instrument_book_mut(context.instrument()).last_trade = price.ticks();
        self.cut_queue(level_slot, head, order_count);
        if remaining > 0 && head != NONE {
            // An order with an extra is the first now; the level is whole again.
            remaining = self.fill_first(context, taker, remaining, head, price, sink);
        }
        remaining
    }

    /// Takes a filled order without an extra out of the book; its level is the caller's business.
    ///
    /// Apart: most trades leave something of the maker.
    #[inline(never)]
    fn remove_filled(&mut self, slot: u32) {
        let session = SessionId(self.orders.pool.get(slot).session);
        self.orders.forget_id(slot);
        self.orders.pool.remove(slot);
        self.sessions.closed(session);
    }

    /// Makes `head` the first order of a level, whose filled orders have left; without one the
    /// level leaves too.
    #[inline]
    fn cut_queue(&mut self, level_slot: u32, head: u32, order_count: u32) {
        if head == NONE {
            self.ladders.remove(level_slot);
            return;
        }
        let queue = self.ladders.queue_mut(level_slot);
        queue.head = head;
        queue.order_count = order_count;
        self.orders.pool.get_mut(head).prev = NONE;
    }

    /// Trades with the first order of a level, whatever it is; returns the taker's lots that are
    /// left.
    #[inline(never)]
    pub(super) fn fill_first(
        &mut self,
        context: Context,
        taker: Taker,
        remaining: u64,
        slot: u32,
        price: Price,
        sink: &mut impl EventSink,
    ) -> u64 {
        let hidden = self.orders.hidden(self.orders.pool.get(slot));
        let maker = self.orders.pool.get_mut(slot);
        let traded = remaining.min(maker.remaining);
        maker.remaining -= traded;
        let (left, session) = (maker.remaining, SessionId(maker.session));
        let trade = EventKind::Trade {
            maker: OrderId(maker.id),
            taker: taker.order,
            side: taker.side,
            maker_session: session,
            price,
            quantity: quantity_of(traded),
            maker_remaining: Lots(left + hidden),
            taker_remaining: Lots(remaining - traded),
        };
        self.ladders.instrument_book_mut(context.instrument()).last_trade = price.ticks();
        let step = Step::traded(taker.side.opposite(), price, traded, traded, left + hidden);
        self.tell_step(context, step, sink);
        self.emit(context, trade, sink);
        if left == 0 && hidden > 0 {
            self.replenish(context, slot, sink);
        } else if left == 0 {
            self.remove(slot);
        }
        remaining - traded
    }

    /// Lets what is left of an order rest in the book.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "half of all commands end here")]
    pub(super) fn rest(
        &mut self,
        context: Context,
        incoming: &Incoming,
        quantity: Quantity,
        sink: &mut impl EventSink,
    ) {
        let order = Order {
            id: incoming.order.0,
            remaining: quantity.lots(),
            ladder: LadderId::new(context.instrument(), incoming.side).0,
            account: incoming.account.0,
            session: context.owner().0,
            limit: incoming.limit.ticks(),
            ..Order::zeroed()
        };
        self.join(incoming.hash, order, incoming.limit);
        let lots = quantity.lots();
        let step = Step::joined(incoming.side, incoming.limit, lots, lots);
        self.tell_step(context, step, sink);
    }
}

/// Tells that what is left of an order rests.
#[inline]
pub(super) fn rested(incoming: &Incoming, quantity: Quantity) -> EventKind {
    EventKind::Rested {
        order: incoming.order,
        side: incoming.side,
        price: incoming.limit,
        quantity,
        visible: quantity,
    }
}

/// Whether an incoming order trades with the best price of the other side.
#[inline]
pub(super) fn reaches(side: Side, limit: Price, best: Price) -> bool {
    let (bid, ask) = match side {
        Side::Buy => (limit, best),
        Side::Sell => (best, limit),
    };
    ask <= bid
}
