//! The orders that a feed shows, each in its place: what an import asks before it makes a line.

use crate::import::open_orders::OpenIds;
use highwater::types::{Side, Symbol, Ticks};
use std::collections::{BTreeMap, BTreeSet, btree_map};

/// An order that is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    pub(super) reference: u64,
    /// The number of its instrument in the book.
    pub(super) stock: usize,
    pub(super) side: Side,
    pub(super) price: Ticks,
    /// What is open of it.
    pub(super) quantity: u64,
}

/// An order in the table, whose key is its reference.
#[derive(Clone, Copy, Debug)]
struct Entry {
    stock: usize,
    side: Side,
    price: Ticks,
    quantity: u64,
    arrival: u64,
}

/// Where an order stands on its side: the rank of its price, from the best one up, and its arrival.
type Place = (u32, u64);

/// The places of the orders of one instrument.
#[derive(Debug)]
struct Stock {
    symbol: Symbol,
    bids: BTreeSet<Place>,
    asks: BTreeSet<Place>,
    /// The engine collects the orders and does not match them.
    is_in_auction: bool,
}

/// The open orders of all instruments. A reference names one of them, whatever the instrument.
#[derive(Debug, Default)]
pub(super) struct ShownBook {
    orders: BTreeMap<u64, Entry>,
    numbers: BTreeMap<Symbol, usize>,
    stocks: Vec<Stock>,
    arrivals: u64,
}

impl Entry {
    const fn place(&self) -> Place {
        (rank(self.side, self.price), self.arrival)
    }
}

impl Stock {
    const fn places(&mut self, side: Side) -> &mut BTreeSet<Place> {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }

    fn first(&self, side: Side) -> Option<Place> {
        match side {
            Side::Buy => self.bids.first().copied(),
            Side::Sell => self.asks.first().copied(),
        }
    }

    /// Whether an order on `side` at a price of this rank there would trade at once.
    fn would_match(&self, side: Side, rank: u32) -> bool {
        // A bid meets an ask when the price that its rank stands for is as high.
        self.first(side.opposite()).is_some_and(|(other, _)| other <= u32::MAX - rank)
    }

    fn is_crossed(&self) -> bool {
        self.first(Side::Buy).is_some_and(|(bid, _)| self.would_match(Side::Buy, bid))
    }
}

impl ShownBook {
    /// The number of an instrument.
    pub(super) fn stock(&mut self, symbol: Symbol) -> usize {
        *self.numbers.entry(symbol).or_insert_with(|| {
            let (bids, asks) = (BTreeSet::new(), BTreeSet::new());
            self.stocks.push(Stock { symbol, bids, asks, is_in_auction: false });
            self.stocks.len() - 1
        })
    }

    /// The name of an instrument.
    pub(super) fn symbol(&self, stock: usize) -> Symbol {
        self.stocks[stock].symbol
    }

    /// The open order with this reference.
    pub(super) fn get(&self, reference: u64) -> Option<Shown> {
        let Entry { stock, side, price, quantity, arrival: _ } = *self.orders.get(&reference)?;
        Some(Shown { reference, stock, side, price, quantity })
    }

    /// An order comes behind all others at its price. Its reference must be free.
    pub(super) fn add(&mut self, order: &Shown) {
        let Shown { reference, stock, side, price, quantity } = *order;
        self.arrivals += 1;
        let entry = Entry { stock, side, price, quantity, arrival: self.arrivals };
        self.stocks[stock].places(side).insert(entry.place());
        let before = self.orders.insert(reference, entry);
        assert!(before.is_none(), "the reference {reference} is free");
    }

    /// So much of an order is gone; it leaves when that is all.
    pub(super) fn take(&mut self, order: &Shown, quantity: u64) {
        let btree_map::Entry::Occupied(mut open) = self.orders.entry(order.reference) else {
            return;
        };
        let entry = open.get_mut();
        entry.quantity = entry.quantity.saturating_sub(quantity);
        if entry.quantity == 0 {
            let place = open.remove().place();
            self.stocks[order.stock].places(order.side).remove(&place);
        }
    }

    /// Why an incoming order would not trade with this open one now.
    pub(super) fn why_untradable(&self, order: &Shown) -> Option<&'static str> {
        let stock = &self.stocks[order.stock];
        if stock.is_in_auction {
            return Some("while the book is crossed");
        }
        let place = self.orders.get(&order.reference).map(Entry::place);
        (stock.first(order.side) != place).then_some("not of the first in the queue")
    }

    /// Whether an order that is about to come crosses the book, and no auction has begun: it has
    /// now.
    pub(super) fn begins_auction(&mut self, order: &Shown) -> bool {
        let stock = &mut self.stocks[order.stock];
        let begins =
            !stock.is_in_auction && stock.would_match(order.side, rank(order.side, order.price));
        stock.is_in_auction |= begins;
        begins
    }

    /// Whether there is an auction whose book is crossed no longer: it has ended now.
    pub(super) fn ends_auction(&mut self, stock: usize) -> bool {
        let stock = &mut self.stocks[stock];
        let ends = stock.is_in_auction && !stock.is_crossed();
        stock.is_in_auction &= !ends;
        ends
    }
}

impl OpenIds for ShownBook {
    fn is_open(&self, _: Symbol, id: u64) -> bool {
        self.orders.contains_key(&id)
    }
}

/// A better price has a lower rank. The ranks of one price on both sides make `u32::MAX`.
const fn rank(side: Side, price: Ticks) -> u32 {
    match side {
        Side::Buy => u32::MAX - price.0,
        Side::Sell => price.0,
    }
}
