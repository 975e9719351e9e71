//! Orders that leave together: mass cancel, the clock, the end of the day.
//!
//! There is one order in which they leave: instruments by number; in each bids from the best price
//! to the worst, first in first out, then asks, then the stops that wait, as they came.

use super::context::Context;
use crate::book::Book;
use crate::book::store::ladder::Ladders;
use crate::book::store::ladder_id::LadderId;
use crate::book::store::order::Order;
use crate::book::store::orders::Orders;
use crate::book::store::pool::{NONE, Pool};
use crate::command::MassCancel;
use crate::event::{CancelReason, EventKind, EventSink, RejectReason};
use crate::limits::CLOCK_NS_MAX;
use crate::types::{InstrumentId, OrderId, SessionId, Side, TimeInForce};

impl Book<'_> {
    /// Cancels every order that the choice names.
    pub(in crate::book) fn mass_cancel(
        &mut self,
        context: Context,
        choice: &MassCancel,
        sink: &mut impl EventSink,
    ) {
        if let Err(reason) = self.check_mass_cancel(context, choice) {
            return self.reject(context, OrderId(0), reason, sink);
        }
        let MassCancel { account, side, session, .. } = *choice;
        let is_chosen = |order: &Order| {
            account.is_none_or(|account| order.account == account.0)
                && side.is_none_or(|side| LadderId(order.ladder).side() == side)
                && session.is_none_or(|session| order.session == session.0)
        };
        let client_sequence = context.client_sequence;
        let order_count = self.count_where(choice.instrument, is_chosen);
        self.tell(context, EventKind::MassCanceled { client_sequence, order_count }, sink);
        if order_count > 0 {
            let reason = CancelReason::MassCancel;
            self.remove_where(context, choice.instrument, is_chosen, reason, sink);
        }
    }

    fn check_mass_cancel(&self, context: Context, choice: &MassCancel) -> Result<(), RejectReason> {
        let is_allowed = context.session() == SessionId::OPERATOR
            || choice.account.is_some()
            || choice.session == Some(context.session());
        if !is_allowed {
            return Err(RejectReason::NotOperator);
        }
        match choice.instrument {
            Some(instrument) if instrument.0 >= self.symbols.count() => {
                Err(RejectReason::UnknownInstrument)
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Cancels the orders of the day.
    pub(in crate::book) fn end_of_day(&mut self, context: Context, sink: &mut impl EventSink) {
        if let Err(reason) = super::operator::check_operator(context) {
            return self.reject(context, OrderId(0), reason, sink);
        }
        let client_sequence = context.client_sequence;
        self.tell(context, EventKind::DayEnded { client_sequence }, sink);
        let is_of_day = |order: &Order| order.terms().time_in_force == TimeInForce::Day;
        self.remove_where(context, None, is_of_day, CancelReason::Expired, sink);
    }

    /// Moves the clock, never back, and cancels the orders whose expiry it reaches.
    pub(in crate::book) fn set_clock(
        &mut self,
        context: Context,
        now_ns: u64,
        sink: &mut impl EventSink,
    ) {
        if let Err(reason) = super::operator::check_operator(context) {
            return self.reject(context, OrderId(0), reason, sink);
        }
        if now_ns > CLOCK_NS_MAX {
            return self.reject(context, OrderId(0), RejectReason::BadTime, sink);
        }
        self.clock_ns = self.clock_ns.max(now_ns);
        let client_sequence = context.client_sequence;
        let clock_set = EventKind::ClockSet { client_sequence, now_ns: self.clock_ns };
        self.tell(context, clock_set, sink);
        let taken = self.take_due();
        for n in 0..taken {
            let slot = self.orders.extra(self.orders.expiries.taken(n)).order;
            let instrument = self.orders.pool.get(slot).instrument();
            let context = context.at(instrument);
            self.cancel_slot(context, slot, CancelReason::Expired, sink);
        }
    }

    /// Takes the extras of the orders that are due out of the heap, in the order in which they
    /// leave; returns how many.
    fn take_due(&mut self) -> u32 {
        let Orders { pool, expiries, .. } = &mut self.orders;
        let taken = expiries.take_due(pool, self.clock_ns);
        let ladders = &self.ladders;
        expiries.taken_mut(taken).sort_unstable_by_key(|extra| place_of(pool, ladders, *extra));
        taken
    }

    fn count_where(
        &self,
        instrument: Option<InstrumentId>,
        is_chosen: impl Fn(&Order) -> bool,
    ) -> u64 {
        let is_chosen = |slot: &u32| is_chosen(self.orders.pool.get(*slot));
        let instruments = instruments_of(instrument, self.symbols.count());
        let counts = instruments.map(InstrumentId).map(|instrument| {
            let sides = [Side::Buy, Side::Sell].map(|side| LadderId::new(instrument, side));
            let resting = sides.into_iter().flat_map(|ladder| self.raw_levels(ladder));
            let resting =
                resting.flat_map(|level| self.slots(level.head)).filter(is_chosen).count();
            resting + self.stop_slots(instrument).filter(is_chosen).count()
        });
        counts.map(crate::types::length_of).sum()
    }

    fn remove_where(
        &mut self,
        context: Context,
        instrument: Option<InstrumentId>,
        is_chosen: impl Fn(&Order) -> bool + Copy,
        reason: CancelReason,
        sink: &mut impl EventSink,
    ) {
        for instrument in instruments_of(instrument, self.symbols.count()).map(InstrumentId) {
            let context = context.at(instrument);
            for side in [Side::Buy, Side::Sell] {
                let ladder = LadderId::new(instrument, side);
                self.remove_resting(context, ladder, is_chosen, reason, sink);
            }
            let mut slot = self.ladders.instrument_book(instrument).first_stop;
            while slot != NONE {
                let order = *self.orders.pool.get(slot);
                let next = self.orders.extra(order.extra).stop_next;
                if is_chosen(&order) {
                    self.cancel_slot(context, slot, reason, sink);
                }
                slot = next;
            }
        }
    }

    fn remove_resting(
        &mut self,
        context: Context,
        ladder: LadderId,
        is_chosen: impl Fn(&Order) -> bool,
        reason: CancelReason,
        sink: &mut impl EventSink,
    ) {
        let mut level_slot = self.ladders.ladder(ladder).best_level;
        while level_slot != NONE {
            let mut slot = self.ladders.queue(level_slot).head;
            // Asked for before the level can leave.
            level_slot = self.ladders.after(level_slot).map_or(NONE, |next| next.slot);
            while slot != NONE {
                let order = *self.orders.pool.get(slot);
                if is_chosen(&order) {
                    self.cancel_slot(context, slot, reason, sink);
                }
                slot = order.next;
            }
        }
    }
}

/// The numbers of one instrument, or of all that are defined.
fn instruments_of(instrument: Option<InstrumentId>, count: u32) -> core::ops::Range<u32> {
    instrument.map_or(0..count, |instrument| instrument.0..instrument.0 + 1)
}

/// Where an order stands in the order in which orders leave together.
fn place_of(pool: &Pool<'_, Order>, ladders: &Ladders<'_>, extra: u32) -> (u32, u32, u64) {
    let extra: &crate::book::store::order::Extra = bytemuck::cast_ref(pool.get(extra));
    let order = pool.get(extra.order);
    let ladder = LadderId(order.ladder);
    // Bids, asks and stops of an instrument have the numbers 0, 1, and 2 or 3.
    if ladder.is_of_stops() {
        (order.ladder & !1, 0, extra.joined)
    } else {
        (order.ladder, ladder.rank(ladders.level(order.level).price), extra.joined)
    }
}
