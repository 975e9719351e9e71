//! Stops: how they wait, what triggers them, and in which order a price triggers several.

use super::conditional::Conditional;
use super::context::Context;
use crate::book::invariant::broken_invariant;
use crate::book::store::ladder_id::LadderId;
use crate::book::store::order::{Extra, Order};
use crate::book::store::pool::NONE;
use crate::book::{Book, quantity_of};
use crate::event::{EventKind, EventSink};
use crate::types::{AccountId, InstrumentId, OrderId, Price, SessionId, Side, Ticks};
use bytemuck::Zeroable;

impl Book<'_> {
    /// Lets a stop wait: behind the ones with its trigger, and behind all in the order in which
    /// they came. One whose price is reached already is triggered by the
    /// [`run_stops`](Self::run_stops) that follows.
    pub(super) fn wait(&mut self, context: Context, stop: &Conditional) {
        let Some(trigger) = stop.trigger else { broken_invariant("a stop without a trigger") };
        let Conditional { display, minimum, expiry_ns, .. } = *stop;
        let limit = stop.limit.map_or(0, Price::ticks);
        let waiting = Order {
            id: stop.order.0,
            remaining: stop.quantity.lots(),
            ladder: LadderId::of_stops(context.instrument(), stop.side).0,
            account: stop.account.0,
            session: context.owner().0,
            terms: stop.terms.bits(),
            limit,
            ..Order::zeroed()
        };
        let slot = self.join_conditional(waiting, trigger);
        self.attach(slot, Extra { display, expiry_ns, minimum, limit, ..Extra::zeroed() });
    }

    /// Runs the stops that the last trade price has reached, and those that their trades reach,
    /// until none is left.
    ///
    /// A price elects all stops that it reaches: buy stops from the lowest trigger up, then sell
    /// stops from the highest down, first come first served within one. All of them run before
    /// another price is looked at.
    #[inline]
    pub(super) fn run_stops(&mut self, context: Context, sink: &mut impl EventSink) {
        if self.ladders.instrument_book(context.instrument()).first_stop != NONE {
            self.run_rounds(context, sink);
        }
    }

    #[inline(never)]
    fn run_rounds(&mut self, context: Context, sink: &mut impl EventSink) {
        let instrument = context.instrument();
        let mut ran = self.ladders.instrument_book(instrument).gate.is_trading();
        while ran {
            ran = false;
            let Some(last) = self.last_trade(instrument) else { return };
            for side in [Side::Buy, Side::Sell] {
                while let Some(slot) = self.elected(instrument, side, last) {
                    ran = true;
                    self.trigger(context, slot, sink);
                }
            }
        }
    }

    /// The next stop of a side that a price has reached.
    pub(in crate::book) fn elected(
        &self,
        instrument: InstrumentId,
        side: Side,
        last: Price,
    ) -> Option<u32> {
        let ladder = self.ladders.ladder(LadderId::of_stops(instrument, side));
        let trigger = Price::new(Ticks(ladder.best_price))?;
        let is_reached = match side {
            Side::Buy => trigger <= last,
            Side::Sell => trigger >= last,
        };
        is_reached.then(|| self.ladders.queue(ladder.best_level).head)
    }

    /// Takes a stop out of its queue and lets it come in.
    fn trigger(&mut self, context: Context, slot: u32, sink: &mut impl EventSink) {
        let owner = SessionId(self.orders.pool.get(slot).session);
        let stop = self.waiting(slot);
        self.remove(slot);
        let context = context.about(owner);
        self.tell(context, EventKind::Triggered { order: stop.order }, sink);
        self.execute_conditional(context, &stop, sink);
    }

    /// The stop in `slot` as the order that it becomes.
    pub(in crate::book) fn waiting(&self, slot: u32) -> Conditional {
        let order = self.orders.pool.get(slot);
        let Extra { display, minimum, expiry_ns, limit, .. } = *self.orders.extra(order.extra);
        let side = LadderId(order.ladder).side();
        Conditional {
            order: OrderId(order.id),
            account: AccountId(order.account),
            side,
            limit: Price::new(Ticks(limit)),
            quantity: quantity_of(order.remaining),
            terms: order.terms(),
            trigger: Price::new(Ticks(self.ladders.level(order.level).price)),
            display,
            minimum,
            expiry_ns,
        }
    }
}
