//! Order entry: what a new order is checked for, and the order of the checks.

use super::conditional::Conditional;
use super::context::Context;
use super::matching::{Incoming, rested};
use crate::book::Book;
use crate::book::store::ladder_id::LadderId;
use crate::book::store::terms::Terms;
use crate::command::{Conditions, NewOrder};
use crate::event::{EventKind, EventSink, RejectReason};
use crate::limits::{CLOCK_NS_MAX, ICEBERG_PARTS_MAX, QUANTITY_MAX};
use crate::types::{
    InstrumentId, InstrumentTerms, Lots, Notional, OrderType, Phase, Price, Quantity, SelfTrade,
    SessionId, Ticks, TimeInForce,
};

/// Places that an order with an extra takes.
const PLACES_MAX: u32 = 2;

impl Book<'_> {
    /// Takes a new order, or rejects it.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "half of all commands: one piece of code, in registers"
    )]
    pub(in crate::book) fn new_order(
        &mut self,
        context: Context,
        new: &NewOrder,
        sink: &mut impl EventSink,
    ) {
        if new.instrument.0 >= self.symbols.count() {
            return self.reject(context, new.order, RejectReason::UnknownInstrument, sink);
        }
        let instrument_book = self.ladders.instrument_book(new.instrument);
        let trades = instrument_book.would_trade(new.side, new.price);
        if conditions_of(new) | instrument_book.gate.word() != 0 || !self.has_plenty() {
            return self.new_conditional(context, new, sink);
        }
        match self.check_plain(new) {
            Ok(incoming) if trades || !incoming.may_rest => {
                self.enter_and_trade(context, new, incoming.hash, sink);
            }
            Ok(incoming) => self.enter_and_rest(context, new, &incoming, sink),
            Err(reason) => self.reject(context, new.order, reason, sink),
        }
    }

    /// Takes a plain order that only rests, unless its session has too many.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "half of all commands end here")]
    fn enter_and_rest(
        &mut self,
        context: Context,
        new: &NewOrder,
        incoming: &Incoming,
        sink: &mut impl EventSink,
    ) {
        if let Err(reason) = self.check_session(context.session()) {
            return self.reject(context, new.order, reason, sink);
        }
        // The answer first: its numbers are still in registers, and what the book does then is not
        // in its way.
        let sequence = self.last_sequence;
        self.emit_as(sequence, context, accepted(context, incoming), sink);
        self.rest(context, incoming, incoming.quantity, sink);
        self.emit_as(sequence, context, rested(incoming, incoming.quantity), sink);
    }

    /// Takes a plain order that trades at once or never rests, unless its session has too many;
    /// `hash` is its id's.
    ///
    /// Apart, so that an order that only rests is one piece of code without a call in it.
    #[inline(never)]
    fn enter_and_trade(
        &mut self,
        context: Context,
        new: &NewOrder,
        hash: u32,
        sink: &mut impl EventSink,
    ) {
        let checked = Incoming::of(new, hash).and_then(|incoming| {
            if incoming.may_rest {
                self.check_session(context.session())?;
            }
            Ok(incoming)
        });
        match checked {
            Ok(incoming) => {
                self.emit(context, accepted(context, &incoming), sink);
                self.execute(context, &incoming, sink);
            }
            Err(reason) => self.reject(context, new.order, reason, sink),
        }
    }

    /// Takes a new order that asks for something, or one on an instrument that does not take
    /// everything, or rejects it.
    #[inline(never)]
    fn new_conditional(&mut self, context: Context, new: &NewOrder, sink: &mut impl EventSink) {
        match self.check_conditional(context, new) {
            Ok(conditional) => {
                self.emit(context, accepted_conditional(context, &conditional), sink);
                if new.order_type.is_stop() {
                    self.wait(context, &conditional);
                } else {
                    self.execute_conditional(context, &conditional, sink);
                }
                self.run_stops(context, sink);
            }
            Err(reason) => self.reject(context, new.order, reason, sink),
        }
    }

    /// The checks of [`check_conditional`](Self::check_conditional) that can fail for a plain
    /// order while there is plenty of room, but for its session's.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what it checks stays in registers")]
    fn check_plain(&self, new: &NewOrder) -> Result<Incoming, RejectReason> {
        let hash = self.orders.hash(new.instrument, new.order);
        let incoming = Incoming::of(new, hash)?;
        if self.orders.find_hashed(hash, new.instrument, new.order).is_some() {
            return Err(RejectReason::DuplicateId);
        }
        Ok(incoming)
    }

    /// Whether there is room for one more order, whatever it is and wherever it rests. A level
    /// holds an order at least, so that there are places for levels too.
    #[inline]
    fn has_plenty(&self) -> bool {
        self.orders.pool.live() + PLACES_MAX <= self.capacities.orders
            && self.ladders.spans.has_plenty(self.level_limits.spans)
    }

    /// All checks of a new order, in the documented order.
    fn check_conditional(
        &self,
        context: Context,
        new: &NewOrder,
    ) -> Result<Conditional, RejectReason> {
        let instrument = new.instrument;
        if self.ladders.instrument_book(instrument).gate.is_halted() {
            return Err(RejectReason::Halted);
        }
        let terms = self.terms_of(instrument);
        let conditional = self.check_fields(new, &terms)?;
        if self.orders.find(instrument, new.order).is_some() {
            return Err(RejectReason::DuplicateId);
        }
        check_risk(&terms, conditional.limit, conditional.quantity)?;
        let is_stop = new.order_type.is_stop();
        let may_be_open = is_stop || (conditional.may_rest() && conditional.limit.is_some());
        if may_be_open {
            self.check_session(context.session())?;
        }
        if !is_stop {
            self.check_phase(instrument, &conditional)?;
        }
        if may_be_open {
            let (ladder, price) = match conditional.trigger {
                Some(trigger) => (LadderId::of_stops(instrument, new.side), trigger),
                None => (LadderId::new(instrument, new.side), conditional.worst()),
            };
            let places = if conditional.needs_extra() || is_stop { PLACES_MAX } else { 1 };
            self.check_room(ladder, price, places)?;
        }
        Ok(conditional)
    }

    /// Checks each field of a new order on its own.
    fn check_fields(
        &self,
        new: &NewOrder,
        terms: &InstrumentTerms,
    ) -> Result<Conditional, RejectReason> {
        let NewOrder { order_type, time_in_force, side, conditions, .. } = *new;
        let limit =
            if order_type.has_limit() { Some(check_price(new.price, terms)?) } else { None };
        let trigger =
            if order_type.is_stop() { Some(check_price(conditions.trigger, terms)?) } else { None };
        let quantity = Quantity::new(new.quantity).ok_or(RejectReason::BadQuantity)?;
        let Conditions { display, minimum, expiry_ns, self_trade, post_only, .. } = conditions;
        let lots = [new.quantity, display, minimum];
        if lots.iter().any(|lots| !lots.0.is_multiple_of(terms.lot.0))
            || display.0 > QUANTITY_MAX
            || has_too_many_parts(quantity, display)
            || minimum > new.quantity
        {
            return Err(RejectReason::BadQuantity);
        }
        self.check_expiry(time_in_force, expiry_ns)?;
        Ok(Conditional {
            order: new.order,
            account: new.account,
            side,
            limit,
            quantity,
            terms: Terms { time_in_force, self_trade, post_only },
            trigger,
            display: display.0,
            minimum: minimum.0,
            expiry_ns,
        })
    }

    /// Only an order that is good till a date has an expiry, ahead of the clock.
    fn check_expiry(&self, time_in_force: TimeInForce, expiry_ns: u64) -> Result<(), RejectReason> {
        let is_good = match time_in_force {
            TimeInForce::GoodTillDate => expiry_ns > self.clock_ns && expiry_ns <= CLOCK_NS_MAX,
            TimeInForce::GoodTillCancel
            | TimeInForce::ImmediateOrCancel
            | TimeInForce::FillOrKill
            | TimeInForce::Day => expiry_ns == 0,
        };
        if is_good { Ok(()) } else { Err(RejectReason::BadExpiry) }
    }

    /// Whether the instrument's phase takes an order that does not wait.
    pub(super) fn check_phase(
        &self,
        instrument: InstrumentId,
        new: &Conditional,
    ) -> Result<(), RejectReason> {
        let would_trade = self.would_trade(instrument, new.side, new.worst());
        let is_market = new.limit.is_none();
        match self.ladders.instrument_book(instrument).gate.phase() {
            Phase::Auction if is_market || !new.may_rest() || new.minimum > 0 => {
                Err(RejectReason::NoMatching)
            }
            Phase::Collecting if is_market || would_trade => Err(RejectReason::NoMatching),
            Phase::Continuous if new.terms.post_only && would_trade => {
                Err(RejectReason::PostOnlyWouldCross)
            }
            Phase::Auction | Phase::Collecting | Phase::Continuous => Ok(()),
        }
    }

    /// Whether a session may have one more order open.
    #[inline]
    pub(super) fn check_session(&self, session: SessionId) -> Result<(), RejectReason> {
        if self.sessions.has_room(session) { Ok(()) } else { Err(RejectReason::MaxOrders) }
    }

    /// Whether there are places for one more order, and a level for it.
    #[inline]
    fn check_room(&self, ladder: LadderId, price: Price, places: u32) -> Result<(), RejectReason> {
        if self.orders.pool.live() + places > self.capacities.orders {
            return Err(RejectReason::OrdersFull);
        }
        if !self.ladders.has_room(ladder, price.ticks(), None, self.level_limits) {
            return Err(RejectReason::LevelsFull);
        }
        Ok(())
    }
}

/// The answer to a plain order that is taken.
#[inline]
fn accepted(context: Context, incoming: &Incoming) -> EventKind {
    EventKind::Accepted {
        client_sequence: context.client_sequence,
        order: incoming.order,
        side: incoming.side,
        price: Ticks(incoming.limit.ticks()),
        trigger: Ticks(0),
        quantity: incoming.quantity,
    }
}

/// The answer to any other order that is taken.
fn accepted_conditional(context: Context, taken: &Conditional) -> EventKind {
    EventKind::Accepted {
        client_sequence: context.client_sequence,
        order: taken.order,
        side: taken.side,
        price: taken.limit_ticks(),
        trigger: Ticks(taken.trigger.map_or(0, Price::ticks)),
        quantity: taken.quantity,
    }
}

/// One word that is 0 when an order asks for nothing beyond what a limit order without conditions
/// does.
#[inline]
fn conditions_of(new: &NewOrder) -> u64 {
    let Conditions { self_trade, post_only, expiry_ns, display, minimum, .. } = new.conditions;
    // The first two times in force are the plain ones. Numbers, so that nothing has to be guessed.
    let kind = number_of_type(new.order_type)
        | number_of_prevention(self_trade)
        | number_of_time(new.time_in_force) >> 1
        | u8::from(post_only);
    u64::from(kind) | expiry_ns | display.0 | minimum.0
}

/// 0 for a limit order.
#[inline]
#[expect(clippy::as_conversions, reason = "the number of a variant")]
const fn number_of_type(order_type: OrderType) -> u8 {
    const { assert!(OrderType::Limit as u8 == 0) }
    order_type as u8
}

/// 0 for none.
#[inline]
#[expect(clippy::as_conversions, reason = "the number of a variant")]
const fn number_of_prevention(self_trade: SelfTrade) -> u8 {
    const { assert!(SelfTrade::Allow as u8 == 0) }
    self_trade as u8
}

/// 0 and 1 for the plain times in force.
#[inline]
#[expect(clippy::as_conversions, reason = "the number of a variant")]
const fn number_of_time(time_in_force: TimeInForce) -> u8 {
    const {
        assert!(TimeInForce::GoodTillCancel as u8 == 0);
        assert!(TimeInForce::ImmediateOrCancel as u8 == 1);
    }
    time_in_force as u8
}

/// The price of `ticks` ticks, when the instrument has it.
pub(in crate::book) fn check_price(
    ticks: Ticks,
    terms: &InstrumentTerms,
) -> Result<Price, RejectReason> {
    match Price::new(ticks) {
        Some(price) if ticks.0.is_multiple_of(terms.tick.0) => Ok(price),
        Some(_) | None => Err(RejectReason::BadPrice),
    }
}

/// Whether the instrument takes this much, at this limit if there is one.
pub(in crate::book) fn check_risk(
    terms: &InstrumentTerms,
    limit: Option<Price>,
    quantity: Quantity,
) -> Result<(), RejectReason> {
    if limit.is_some_and(|limit| !terms.band.takes(limit)) {
        return Err(RejectReason::PriceBand);
    }
    if Lots(quantity.lots()) > terms.quantity_max {
        return Err(RejectReason::MaxQuantity);
    }
    if limit.is_some_and(|limit| Notional::of(limit, quantity) > terms.notional_max) {
        return Err(RejectReason::MaxNotional);
    }
    Ok(())
}

/// Whether an iceberg would show itself in more parts than one order may have: each of them is a
/// trade, and one command may have to make them all.
pub(in crate::book) fn has_too_many_parts(quantity: Quantity, display: Lots) -> bool {
    let most = u128::from(display.0) * u128::from(ICEBERG_PARTS_MAX);
    display.0 > 0 && u128::from(quantity.lots()) > most
}
