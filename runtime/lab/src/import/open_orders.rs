//! The orders that are open at a place of a file: the one table of an import that grows with it.

use super::lines::{ImportedLine, Lines};
use highwater::types::{Side, Symbol, Ticks};
use std::collections::BTreeMap;

/// An order that is open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    pub(super) side: Side,
    pub(super) price: Ticks,
    /// What is open of it.
    pub(super) quantity: u64,
    /// What was filled of it and not yet taken off: some formats say that apart.
    pub(super) filled: u64,
}

/// The open orders by symbol and id. Nobody walks over them but to empty a book.
#[derive(Debug, Default)]
pub(super) struct OpenOrders(BTreeMap<(Symbol, u64), Open>);

/// Tells which ids orders that are open have.
pub(super) trait OpenIds {
    /// Whether an order of the instrument with this id is open.
    fn is_open(&self, symbol: Symbol, id: u64) -> bool;
}

/// The first id of the orders that an import makes of executions; they never rest.
const FIRST_TAKER: u64 = 1 << 63;

/// An incoming order that is put together from the executions that it caused.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taker {
    pub(super) timestamp_ns: u64,
    pub(super) symbol: Symbol,
    pub(super) side: Side,
    /// The worst price that it traded at.
    pub(super) price: Ticks,
    pub(super) quantity: u64,
}

/// The incoming order that is being put together.
#[derive(Debug, Default)]
pub(super) struct Takers {
    /// With its id.
    pending: Option<(u64, Taker)>,
    count: u64,
}

impl OpenOrders {
    /// An order joins the book.
    pub(super) fn add(&mut self, symbol: Symbol, id: u64, order: Open) {
        self.0.insert((symbol, id), order);
    }

    pub(super) fn get(&mut self, symbol: Symbol, id: u64) -> Option<&mut Open> {
        self.0.get_mut(&(symbol, id))
    }

    /// So much of an order is gone; it leaves the table when that is all.
    pub(super) fn take(&mut self, symbol: Symbol, id: u64, quantity: u64) {
        if let Some(open) = self.0.get_mut(&(symbol, id)) {
            open.quantity = open.quantity.saturating_sub(quantity);
            if open.quantity == 0 {
                self.0.remove(&(symbol, id));
            }
        }
    }

    /// The book of a symbol is empty from here on; tells whether it was before.
    pub(super) fn clear(&mut self, symbol: Symbol) -> bool {
        let before = self.0.len();
        self.0.retain(|(known, _), _| *known != symbol);
        self.0.len() == before
    }
}

impl OpenIds for OpenOrders {
    fn is_open(&self, symbol: Symbol, id: u64) -> bool {
        self.0.contains_key(&(symbol, id))
    }
}

impl Takers {
    /// An order that rests trades with an incoming one, and is one of the `open` ones still; trades
    /// of one moment and side are one incoming order's.
    pub(super) fn traded(&mut self, taker: Taker, open: &impl OpenIds, lines: &mut Lines) {
        let Taker { timestamp_ns, symbol, side, price, quantity } = taker;
        match &mut self.pending {
            Some((_, known))
                if (known.timestamp_ns, known.symbol, known.side)
                    == (timestamp_ns, symbol, side) =>
            {
                known.quantity = known.quantity.saturating_add(quantity);
                known.price = match side {
                    Side::Buy => known.price.max(price),
                    Side::Sell => known.price.min(price),
                };
            }
            Some(_) | None => {
                self.flush(lines);
                self.pending = Some((self.free_id(symbol, open), taker));
            }
        }
    }

    /// The next id that no open order has: none gets it before the line is written.
    fn free_id(&mut self, symbol: Symbol, open: &impl OpenIds) -> u64 {
        while open.is_open(symbol, FIRST_TAKER + self.count) {
            self.count += 1;
        }
        self.count += 1;
        FIRST_TAKER + self.count - 1
    }

    /// The incoming order is whole: its line.
    pub(super) fn flush(&mut self, lines: &mut Lines) {
        let Some((id, taker)) = self.pending.take() else { return };
        lines.push(&ImportedLine {
            command: "IOC",
            timestamp_ns: taker.timestamp_ns,
            symbol: taker.symbol,
            order: Some(id),
            side: Some(taker.side),
            price: Some(taker.price),
            quantity: Some(taker.quantity),
            new_order: None,
        });
    }
}
