//! Orders that ask for more than a price: all or nothing, at least so much, self-trade prevention,
//! a hidden part, an expiry.

use super::context::Context;
use super::matching::{Taker, reaches};
use super::steps::Step;
use crate::book::store::ladder_id::LadderId;
use crate::book::store::order::{Extra, Order};
use crate::book::store::terms::Terms;
use crate::book::{Book, Leaving, quantity_of};
use crate::event::{CancelReason, EventKind, EventSink};
use crate::types::{
    AccountId, OrderId, Phase, Price, Quantity, SelfTrade, SessionId, Side, Ticks, TimeInForce,
};
use bytemuck::Zeroable;

/// An order of any kind on its way into the book, checked.
#[derive(Clone, Copy)]
pub(in crate::book) struct Conditional {
    pub(in crate::book) order: OrderId,
    pub(in crate::book) account: AccountId,
    pub(in crate::book) side: Side,
    /// The worst price that it trades at; `None` for a market order, which never rests.
    pub(in crate::book) limit: Option<Price>,
    pub(in crate::book) quantity: Quantity,
    pub(in crate::book) terms: Terms,
    /// What a stop waits for, or waited for when it comes in.
    pub(super) trigger: Option<Price>,
    /// Lots that it shows at most when it rests; 0 for all.
    pub(in crate::book) display: u64,
    /// Lots that it trades at least, or none at all.
    pub(in crate::book) minimum: u64,
    /// When it expires; 0 for never.
    pub(in crate::book) expiry_ns: u64,
}

impl Conditional {
    /// Whether its time in force lets it rest.
    pub(super) fn may_rest(&self) -> bool {
        self.terms.time_in_force.may_rest()
    }

    /// Whether it has an extra while it rests.
    pub(super) fn needs_extra(&self) -> bool {
        self.display > 0 || self.terms.time_in_force == TimeInForce::GoodTillDate
    }

    /// The worst price that it trades at, which is any for a market order.
    pub(super) fn worst(&self) -> Price {
        match self.side {
            Side::Buy => self.limit.unwrap_or(Price::MAX),
            Side::Sell => self.limit.unwrap_or(Price::MIN),
        }
    }

    /// Its limit, 0 when it has none.
    pub(super) fn limit_ticks(&self) -> Ticks {
        Ticks(self.limit.map_or(0, Price::ticks))
    }

    /// The order as those that it trades with need to know it.
    fn taker(&self) -> Taker {
        Taker { order: self.order, side: self.side, limit: self.worst() }
    }

    /// What is told of its rest when that is canceled.
    fn leaving(&self, open: u64) -> Leaving {
        let Self { order, side, .. } = *self;
        Leaving { order, side, price: self.limit_ticks(), open, visible: 0 }
    }
}

impl Book<'_> {
    /// Trades an order as its conditions allow, and lets the rest rest or cancels it. The stops
    /// that this triggers are the caller's business.
    pub(super) fn execute_conditional(
        &mut self,
        context: Context,
        incoming: &Conditional,
        sink: &mut impl EventSink,
    ) {
        let whole = incoming.quantity.lots();
        if self.ladders.instrument_book(context.instrument()).gate.phase() == Phase::Auction {
            return self.rest_conditional(context, incoming, whole, sink);
        }
        if let Some(reason) = self.refusal(context, incoming) {
            return self.emit_canceled(context, incoming.leaving(whole), reason, sink);
        }
        let remaining = if incoming.terms.self_trade == SelfTrade::Allow {
            self.cross_conditional(context, incoming.taker(), whole, sink)
        } else {
            self.cross_preventing(context, incoming, sink)
        };
        if remaining > 0 {
            self.rest_conditional(context, incoming, remaining, sink);
        }
    }

    /// Why an order is canceled before it trades at all.
    fn refusal(&self, context: Context, incoming: &Conditional) -> Option<CancelReason> {
        let Conditional { side, terms, minimum, .. } = *incoming;
        if incoming.trigger.is_some()
            && terms.post_only
            && self.would_trade(context.instrument(), side, incoming.worst())
        {
            return Some(CancelReason::PostOnlyWouldCross);
        }
        let whole = incoming.quantity.lots();
        if terms.time_in_force == TimeInForce::FillOrKill {
            let fills = self.can_trade(context, incoming, whole);
            return (!fills).then_some(CancelReason::FokUnfillable);
        }
        let fills = minimum == 0 || self.can_trade(context, incoming, minimum);
        (!fills).then_some(CancelReason::MinimumUnfillable)
    }

    /// Whether an order could trade `wanted` lots now, hidden ones too, but not with the orders
    /// that prevention takes out of its way, nor with what lies behind an order that it stops at.
    ///
    /// Looks at the orders that it would trade with, and at its own.
    fn can_trade(&self, context: Context, incoming: &Conditional, wanted: u64) -> bool {
        let Conditional { side, account, terms, .. } = *incoming;
        let limit = incoming.worst();
        let (prevents, stops) = match terms.self_trade {
            SelfTrade::Allow => (false, false),
            SelfTrade::CancelOldest => (true, false),
            SelfTrade::CancelNewest | SelfTrade::CancelBoth => (true, true),
        };
        let mut found = 0;
        let levels = self.raw_levels(LadderId::new(context.instrument(), side.opposite()));
        for level in levels.take_while(|level| reaches(side, limit, level.valid_price())) {
            let (mut shown, mut open) = (0, 0);
            for slot in self.slots(level.head) {
                if prevents && self.orders.pool.get(slot).account == account.0 {
                    if stops {
                        return false;
                    }
                    continue;
                }
                shown += u128::from(self.orders.pool.get(slot).remaining);
                open += u128::from(self.orders.open(slot));
                // What an order shows anew comes behind an own order that may follow and end the
                // walk.
                if found + if stops { shown } else { open } >= u128::from(wanted) {
                    return true;
                }
            }
            found += open;
            if found >= u128::from(wanted) {
                return true;
            }
        }
        false
    }

    /// Trades order by order and keeps the taker from its own account's orders; returns the lots
    /// that are left to rest.
    fn cross_preventing(
        &mut self,
        context: Context,
        incoming: &Conditional,
        sink: &mut impl EventSink,
    ) -> u64 {
        let Conditional { account, terms, .. } = *incoming;
        let taker = incoming.taker();
        let Taker { side, limit, .. } = taker;
        let mut remaining = incoming.quantity.lots();
        while remaining > 0 {
            let Some((level, price)) = self.best_opposite(context.instrument(), side) else {
                break;
            };
            if !reaches(side, limit, price) {
                break;
            }
            let slot = self.ladders.queue(level).head;
            if self.orders.pool.get(slot).account != account.0 {
                remaining = self.fill_first(context, taker, remaining, slot, price, sink);
                continue;
            }
            let (goes_oldest, goes_newest) = match terms.self_trade {
                SelfTrade::Allow => (false, false),
                SelfTrade::CancelNewest => (false, true),
                SelfTrade::CancelOldest => (true, false),
                SelfTrade::CancelBoth => (true, true),
            };
            if goes_oldest {
                self.cancel_slot(context, slot, CancelReason::SelfTrade, sink);
            }
            if goes_newest {
                let rest = incoming.leaving(remaining);
                self.emit_canceled(context, rest, CancelReason::SelfTrade, sink);
                return 0;
            }
        }
        remaining
    }

    /// Lets what is left of an order rest, or cancels it.
    fn rest_conditional(
        &mut self,
        context: Context,
        incoming: &Conditional,
        remaining: u64,
        sink: &mut impl EventSink,
    ) {
        let ladder = LadderId::new(context.instrument(), incoming.side);
        let price = incoming.worst().ticks();
        let reason = if incoming.limit.is_none() {
            CancelReason::NoLiquidity
        } else if !incoming.may_rest() {
            CancelReason::IocRemainder
        } else if incoming.trigger.is_some()
            && !self.ladders.has_room(ladder, price, None, self.level_limits)
        {
            CancelReason::LevelsFull
        } else {
            return self.rest_with_extra(context, incoming, remaining, sink);
        };
        self.emit_canceled(context, incoming.leaving(remaining), reason, sink);
    }

    fn rest_with_extra(
        &mut self,
        context: Context,
        incoming: &Conditional,
        remaining: u64,
        sink: &mut impl EventSink,
    ) {
        let Conditional { order, account, side, display, expiry_ns, .. } = *incoming;
        let price = incoming.worst();
        let visible = if display == 0 { remaining } else { remaining.min(display) };
        let resting = Order {
            id: order.0,
            remaining: visible,
            ladder: LadderId::new(context.instrument(), side).0,
            account: account.0,
            session: context.owner().0,
            terms: incoming.terms.bits(),
            limit: price.ticks(),
            ..Order::zeroed()
        };
        let slot = self.join_conditional(resting, price);
        if incoming.needs_extra() {
            let hidden = remaining - visible;
            self.attach(slot, Extra { display, hidden, expiry_ns, ..Extra::zeroed() });
        }
        let rested = EventKind::Rested {
            order,
            side,
            price,
            quantity: quantity_of(remaining),
            visible: quantity_of(visible),
        };
        self.tell_step(context, Step::joined(side, price, visible, remaining), sink);
        self.tell(context, rested, sink);
    }

    /// Lets an iceberg whose shown part has traded show a new one, at the back of its level.
    pub(super) fn replenish(&mut self, context: Context, slot: u32, sink: &mut impl EventSink) {
        let order = *self.orders.pool.get(slot);
        let extra = self.orders.extra_mut(order.extra);
        let shown = extra.hidden.min(extra.display);
        extra.hidden -= shown;
        self.orders.pool.get_mut(slot).remaining = shown;
        self.send_to_the_back(slot);
        let side = LadderId(order.ladder).side();
        let price = order.valid_limit();
        self.tell_step(context, Step::replenished(side, price, shown), sink);
        let replenished = EventKind::Replenished {
            order: OrderId(order.id),
            side,
            price,
            visible: quantity_of(shown),
        };
        self.tell(context.about(SessionId(order.session)), replenished, sink);
    }

    /// The order in `slot`, which rests, as one that comes in again with another limit and
    /// quantity.
    pub(super) fn again(&self, slot: u32, limit: Price, quantity: Quantity) -> Conditional {
        let order = self.orders.pool.get(slot);
        let Extra { display, expiry_ns, .. } = self.orders.extra_of(order);
        Conditional {
            order: OrderId(order.id),
            account: AccountId(order.account),
            side: LadderId(order.ladder).side(),
            limit: Some(limit),
            quantity,
            terms: order.terms(),
            trigger: None,
            display,
            minimum: 0,
            expiry_ns,
        }
    }
}
