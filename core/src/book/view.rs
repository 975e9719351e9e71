//! What can be seen of a book: getters, levels and orders, all in an order that the rules define.

use super::bug::bug;
use super::ladder::{LadderId, Level};
use super::pool::NONE;
use super::{Book, are_possible, quantity_of};
use crate::command::FlowIdentity;
use crate::types::{
    AccountId, Capacities, ClientSequence, InstrumentId, OrderId, Price, Quantity, Sequence,
    SessionId, Side, Symbol, Ticks,
};
use core::fmt;
use core::iter::successors;

/// A price level as it is seen from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelView {
    /// Its price.
    pub price: Price,
    /// What is open at it, in lots; above 2^64 when there are several of the largest orders.
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
    /// What is still open.
    pub remaining: Quantity,
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
        self.best_level(instrument, side).map(price_of)
    }

    /// The price of the instrument's last trade.
    pub fn last_trade(&self, instrument: InstrumentId) -> Option<Price> {
        self.symbols.last_trade(instrument)
    }

    /// The levels of a side, best first. Reads every order of a level to add up its quantity.
    pub fn levels(&self, instrument: InstrumentId, side: Side) -> impl Iterator<Item = LevelView> {
        self.raw_levels(instrument, side).map(|level| LevelView {
            price: price_of(level),
            quantity_lots: self.queue(level).map(|order| u128::from(order.remaining.lots())).sum(),
            order_count: level.order_count,
        })
    }

    /// The open orders of a side in the order in which they trade.
    pub fn orders(&self, instrument: InstrumentId, side: Side) -> impl Iterator<Item = OrderView> {
        self.raw_levels(instrument, side).flat_map(|level| self.queue(level))
    }

    /// Open orders of all instruments.
    pub fn open_order_count(&self) -> u32 {
        self.orders.pool.live()
    }

    /// An open order.
    pub fn order(&self, instrument: InstrumentId, order: OrderId) -> Option<OrderView> {
        if instrument.0 >= self.symbols.count() {
            return None;
        }
        let slot = self.orders.find(instrument, order)?;
        let level = self.ladders.levels.get(self.orders.pool.get(slot).level);
        Some(self.view(level, slot))
    }

    /// The flow that the log belongs to.
    pub fn flow(&self) -> Option<FlowIdentity> {
        self.flow
    }

    fn best_level(&self, instrument: InstrumentId, side: Side) -> Option<&Level> {
        if instrument.0 >= self.symbols.count() {
            return None;
        }
        let slot = self.ladders.ladder(LadderId::new(instrument, side)).best_level;
        (slot != NONE).then(|| self.ladders.levels.get(slot))
    }

    /// The levels of a side, best first.
    pub(super) fn raw_levels(
        &self,
        instrument: InstrumentId,
        side: Side,
    ) -> impl Iterator<Item = &Level> {
        successors(self.best_level(instrument, side), |level| {
            let (_, slot) = self.ladders.after(level)?;
            Some(self.ladders.levels.get(slot))
        })
    }

    /// The orders of a level, first come first.
    pub(super) fn queue(&self, level: &Level) -> impl Iterator<Item = OrderView> {
        let slots = successors((level.head != NONE).then_some(level.head), |slot| {
            let next = self.orders.pool.get(*slot).next;
            (next != NONE).then_some(next)
        });
        slots.map(|slot| self.view(level, slot))
    }

    fn view(&self, level: &Level, slot: u32) -> OrderView {
        let order = self.orders.pool.get(slot);
        OrderView {
            order: OrderId(order.id),
            account: AccountId(order.account),
            session: SessionId(order.session),
            side: LadderId(order.ladder).side(),
            price: price_of(level),
            remaining: quantity_of(order.remaining),
        }
    }
}

fn price_of(level: &Level) -> Price {
    match Price::new(Ticks(level.price)) {
        Some(price) => price,
        None => bug("a level without a price"),
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
