//! What can be seen of a book: getters, levels and orders, all in an order that the rules define.

use crate::book::store::instrument_book::InstrumentBook;
use crate::book::store::ladder_id::LadderId;
use crate::book::store::order::Extra;
use crate::book::store::pool::NONE;
use crate::book::store::row::Level;
use crate::book::store::terms::Terms;
use crate::book::{Book, are_possible, quantity_of};
use crate::command::FlowIdentity;
use crate::types::{
    AccountId, Capacities, ClientSequence, InstrumentId, InstrumentTerms, Lots, OrderId, OrderType,
    Phase, Price, PriceDecimals, Quantity, SelfTrade, Sequence, SessionId, Side, Symbol, Ticks,
    TimeInForce,
};
use core::fmt;
use core::iter::successors;

/// A price level and how many orders rest at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelCount {
    /// Its price.
    pub price: Price,
    /// Orders that rest at it; never 0.
    pub order_count: u32,
}

/// A price level as it is seen from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelView {
    /// Its price.
    pub price: Price,
    /// What is shown at it, in lots; above 2^64 when there are several of the largest orders.
    pub visible_lots: u128,
    /// What is open at it, hidden quantity too, in lots.
    pub quantity_lots: u128,
    /// Orders that rest at it; never 0.
    pub order_count: u32,
}

/// An open order as it is seen from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderView {
    /// Its id.
    pub order: OrderId,
    /// Whom it belongs to.
    pub account: AccountId,
    /// The session that it came from, or that replaced it last.
    pub session: SessionId,
    /// Buy or sell.
    pub side: Side,
    /// The price it rests at.
    pub price: Price,
    /// What is still open, hidden quantity too.
    pub remaining: Quantity,
    /// What it shows of it.
    pub visible: Quantity,
    /// What it shows at most, in lots; 0 when it shows all.
    pub display: Lots,
    /// How long it stays: never one that may not rest.
    pub time_in_force: TimeInForce,
    /// When it expires, in nanoseconds of the engine's clock; 0 unless it is good till date.
    pub expiry_ns: u64,
    /// What happens when it comes in again and meets an order of its own account.
    pub self_trade: SelfTrade,
    /// Whether it may not trade when it comes in again.
    pub post_only: bool,
}

/// A stop that waits, as it is seen from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StopView {
    /// Its id.
    pub order: OrderId,
    /// Whom it belongs to.
    pub account: AccountId,
    /// The session that it came from, or that replaced it last.
    pub session: SessionId,
    /// Buy or sell.
    pub side: Side,
    /// Stop or stop-limit.
    pub order_type: OrderType,
    /// The last trade price that triggers it.
    pub trigger: Price,
    /// The limit of a stop-limit order.
    pub limit: Option<Price>,
    /// What it trades when it is triggered, hidden quantity too.
    pub remaining: Quantity,
    /// What it shows at most when it rests, in lots; 0 when it shows all.
    pub display: Lots,
    /// What it trades at least when it is triggered, in lots; 0 for none.
    pub minimum: Lots,
    /// How long it stays.
    pub time_in_force: TimeInForce,
    /// When it expires, in nanoseconds of the engine's clock; 0 unless it is good till date.
    pub expiry_ns: u64,
    /// What happens when it meets an order of its own account.
    pub self_trade: SelfTrade,
    /// Whether it may not trade when it is triggered.
    pub post_only: bool,
}

impl Book<'_> {
    /// The sequence of the last command that was applied; 0 before the first.
    pub fn last_sequence(&self) -> Sequence {
        self.last_sequence
    }

    /// A hash of every event so far, in order; the same on every machine.
    pub fn running_hash(&self) -> u64 {
        self.running_hash
    }

    /// How much the book may hold now; part of its state.
    pub fn capacities(&self) -> Capacities {
        self.capacities
    }

    /// How much the book's memory can hold; changes no result.
    pub fn memory_capacities(&self) -> Capacities {
        self.memory_capacities
    }

    /// Whether a `Configure` to `capacities` can be applied: the memory can hold them, or the
    /// command would be rejected because no engine can have them.
    pub fn fits(&self, capacities: Capacities) -> bool {
        let memory = self.memory_capacities;
        !are_possible(capacities)
            || (capacities.orders <= memory.orders
                && capacities.instruments <= memory.instruments
                && capacities.sessions <= memory.sessions)
    }

    /// The sessions that sent something, by number, each with its last client sequence.
    pub fn sessions(&self) -> impl Iterator<Item = (SessionId, ClientSequence)> {
        self.sessions.iter()
    }

    /// The last client sequence of a session that was executed; 0 when there is none.
    pub fn last_client_sequence(&self, session: SessionId) -> ClientSequence {
        self.sessions.last(session)
    }

    /// Instruments that are defined: their numbers are 0 to this less one.
    pub fn instrument_count(&self) -> u32 {
        self.symbols.count()
    }

    /// The symbol of an instrument; `None` when it is not defined.
    pub fn symbol(&self, instrument: InstrumentId) -> Option<Symbol> {
        self.symbols.get(instrument)
    }

    /// The instrument with a symbol.
    pub fn instrument(&self, symbol: Symbol) -> Option<InstrumentId> {
        self.symbols.find(symbol)
    }

    /// The best price of a side; `None` when it is empty or the instrument is not defined.
    pub fn best(&self, instrument: InstrumentId, side: Side) -> Option<Price> {
        self.best_level(instrument, side).map(|level| level.valid_price())
    }

    /// The price of the instrument's last trade.
    pub fn last_trade(&self, instrument: InstrumentId) -> Option<Price> {
        Price::new(Ticks(self.defined(instrument)?.last_trade))
    }

    /// How an instrument trades; `None` when it is not defined.
    pub fn phase(&self, instrument: InstrumentId) -> Option<Phase> {
        Some(self.defined(instrument)?.gate.phase())
    }

    /// Whether an instrument is halted.
    pub fn is_halted(&self, instrument: InstrumentId) -> bool {
        self.defined(instrument).is_some_and(|instrument_book| instrument_book.gate.is_halted())
    }

    /// What an instrument takes, its band as it is now; `None` when it is not defined.
    pub fn terms(&self, instrument: InstrumentId) -> Option<InstrumentTerms> {
        let beyond_default = self.defined(instrument)?.decimals_beyond_default;
        self.symbols.terms(instrument, PriceDecimals::of_beyond_default(beyond_default))
    }

    /// The engine's clock, in nanoseconds; 0 before the first Clock command.
    pub fn clock_ns(&self) -> u64 {
        self.clock_ns
    }

    /// When the next order expires, in nanoseconds of the engine's clock; `None` when none does.
    pub fn next_expiry_ns(&self) -> Option<u64> {
        self.orders.expiries.next_ns(&self.orders.pool)
    }

    /// Orders of a session that are open, those of waiting stops too.
    pub fn open_orders(&self, session: SessionId) -> u32 {
        self.sessions.open(session)
    }

    /// Orders that a session may have open; `u32::MAX` for no limit.
    pub fn open_orders_max(&self, session: SessionId) -> u32 {
        self.sessions.open_max(session)
    }

    /// The level at a price; `None` when nothing rests there. Its sums are a
    /// [`Depth`](crate::book::Depth)'s.
    pub fn level(&self, instrument: InstrumentId, side: Side, price: Price) -> Option<LevelCount> {
        let slot = self.level_slot(instrument, side, price)?;
        Some(LevelCount { price, order_count: self.ladders.queue(slot).order_count })
    }

    /// The orders that rest at a price, in the order in which they trade.
    pub fn orders_at(
        &self,
        instrument: InstrumentId,
        side: Side,
        price: Price,
    ) -> impl Iterator<Item = OrderView> {
        let slot = self.level_slot(instrument, side, price);
        slot.into_iter().flat_map(|slot| self.queue(self.ladders.level(slot)))
    }

    /// The levels of a side, best first.
    pub fn levels(&self, instrument: InstrumentId, side: Side) -> impl Iterator<Item = LevelCount> {
        self.resting_levels(instrument, side)
            .map(|level| LevelCount { price: level.valid_price(), order_count: level.order_count })
    }

    /// The levels of a side with their quantities, best first. Reads every order of each: a
    /// [`Depth`](crate::book::Depth) has the sums at hand.
    pub fn summed_levels(
        &self,
        instrument: InstrumentId,
        side: Side,
    ) -> impl Iterator<Item = LevelView> {
        self.resting_levels(instrument, side).map(|level| {
            let sum = |lots: fn(&OrderView) -> u64| {
                self.queue(level).map(|order| u128::from(lots(&order))).sum()
            };
            LevelView {
                price: level.valid_price(),
                visible_lots: sum(|order| order.visible.lots()),
                quantity_lots: sum(|order| order.remaining.lots()),
                order_count: level.order_count,
            }
        })
    }

    /// The orders of a side that rest, in the order in which they trade.
    pub fn orders(&self, instrument: InstrumentId, side: Side) -> impl Iterator<Item = OrderView> {
        self.resting_levels(instrument, side).flat_map(|level| self.queue(level))
    }

    /// The stops of an instrument that wait, in the order in which they came.
    pub fn stops(&self, instrument: InstrumentId) -> impl Iterator<Item = StopView> {
        let is_defined = self.defined(instrument).is_some();
        let slots = is_defined.then(|| self.stop_slots(instrument)).into_iter().flatten();
        slots.map(|slot| self.view_stop(slot))
    }

    /// Open orders of all instruments, those of waiting stops too.
    pub fn open_order_count(&self) -> u32 {
        self.orders.pool.live() - self.orders.extra_count
    }

    /// An order that rests.
    pub fn order(&self, instrument: InstrumentId, order: OrderId) -> Option<OrderView> {
        self.defined(instrument)?;
        let slot = self.orders.find(instrument, order)?;
        let order = self.orders.pool.get(slot);
        let rests = !LadderId(order.ladder).is_of_stops();
        rests.then(|| self.view(self.ladders.level(order.level).valid_price(), slot))
    }

    /// Orders at the price of an order that trade before it; `None` unless it rests. Walks over
    /// those before it or those behind it, whichever are fewer.
    pub fn orders_ahead(&self, instrument: InstrumentId, order: OrderId) -> Option<u32> {
        self.order(instrument, order)?;
        let order = self.orders.pool.get(self.orders.find(instrument, order)?);
        let (mut prev, mut next, mut walked) = (order.prev, order.next, 0);
        while prev != NONE && next != NONE {
            prev = self.orders.pool.get(prev).prev;
            next = self.orders.pool.get(next).next;
            walked += 1;
        }
        let order_count = self.ladders.queue(order.level).order_count;
        Some(if prev == NONE { walked } else { order_count - 1 - walked })
    }

    /// A stop that waits.
    pub fn stop(&self, instrument: InstrumentId, order: OrderId) -> Option<StopView> {
        self.defined(instrument)?;
        let slot = self.orders.find(instrument, order)?;
        let waits = LadderId(self.orders.pool.get(slot).ladder).is_of_stops();
        waits.then(|| self.view_stop(slot))
    }

    /// The flow that the log belongs to.
    pub fn flow(&self) -> Option<FlowIdentity> {
        self.flow
    }

    /// What is known of an instrument; `None` when it is not defined.
    fn defined(&self, instrument: InstrumentId) -> Option<&InstrumentBook> {
        (instrument.0 < self.symbols.count()).then(|| self.ladders.instrument_book(instrument))
    }

    fn level_slot(&self, instrument: InstrumentId, side: Side, price: Price) -> Option<u32> {
        self.defined(instrument)?;
        self.ladders.find(LadderId::new(instrument, side), price.ticks())
    }

    fn best_level(&self, instrument: InstrumentId, side: Side) -> Option<Level> {
        self.resting_levels(instrument, side).next()
    }

    fn resting_levels(&self, instrument: InstrumentId, side: Side) -> impl Iterator<Item = Level> {
        let is_defined = self.defined(instrument).is_some();
        let ladder = is_defined.then(|| LadderId::new(instrument, side));
        ladder.into_iter().flat_map(|ladder| self.raw_levels(ladder))
    }

    /// The levels of a ladder, best first.
    pub(in crate::book) fn raw_levels(&self, ladder: LadderId) -> impl Iterator<Item = Level> {
        let best = self.ladders.ladder(ladder).best_level;
        let best = (best != NONE).then(|| self.ladders.level(best));
        successors(best, |level| self.ladders.after(level.slot))
    }

    /// The slots of the orders of a queue from `head` on, first come first.
    pub(in crate::book) fn slots(&self, head: u32) -> impl Iterator<Item = u32> {
        successors((head != NONE).then_some(head), |slot| {
            let next = self.orders.pool.get(*slot).next;
            (next != NONE).then_some(next)
        })
    }

    /// The slots of the stops of an instrument that wait, first come first.
    pub(in crate::book) fn stop_slots(
        &self,
        instrument: InstrumentId,
    ) -> impl Iterator<Item = u32> {
        let first = self.ladders.instrument_book(instrument).first_stop;
        successors((first != NONE).then_some(first), |slot| {
            let next = self.orders.extra(self.orders.pool.get(*slot).extra).stop_next;
            (next != NONE).then_some(next)
        })
    }

    /// The orders of a level, first come first.
    pub(super) fn queue(&self, level: Level) -> impl Iterator<Item = OrderView> {
        let price = level.valid_price();
        self.slots(level.head).map(move |slot| self.view(price, slot))
    }

    fn view(&self, price: Price, slot: u32) -> OrderView {
        let order = self.orders.pool.get(slot);
        let Extra { display, hidden, expiry_ns, .. } = self.orders.extra_of(order);
        let Terms { time_in_force, self_trade, post_only } = order.terms();
        OrderView {
            order: OrderId(order.id),
            account: AccountId(order.account),
            session: SessionId(order.session),
            side: LadderId(order.ladder).side(),
            price,
            remaining: quantity_of(order.remaining + hidden),
            visible: quantity_of(order.remaining),
            display: Lots(display),
            time_in_force,
            expiry_ns,
            self_trade,
            post_only,
        }
    }

    fn view_stop(&self, slot: u32) -> StopView {
        let order = self.orders.pool.get(slot);
        let stop = self.waiting(slot);
        let Terms { time_in_force, self_trade, post_only } = stop.terms;
        StopView {
            order: stop.order,
            account: stop.account,
            session: SessionId(order.session),
            side: stop.side,
            order_type: if stop.limit.is_some() { OrderType::StopLimit } else { OrderType::Stop },
            trigger: self.ladders.level(order.level).valid_price(),
            limit: stop.limit,
            remaining: stop.quantity,
            display: Lots(stop.display),
            minimum: Lots(stop.minimum),
            time_in_force,
            expiry_ns: stop.expiry_ns,
            self_trade,
            post_only,
        }
    }
}

impl fmt::Debug for Book<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Book")
            .field("last_sequence", &self.last_sequence)
            .field("open_orders", &self.open_order_count())
            .field("instruments", &self.instrument_count())
            .field("capacities", &self.capacities)
            .finish_non_exhaustive()
    }
}
