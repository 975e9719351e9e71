//! Feeds that tests make up: of a venue that matches, and without rules.

use super::naive::{Naive, Order};
use super::sample::{add, attributed, cancel, delete, executed, executed_at, replace};
use highwater_flows::random::Random;
use highwater_protocols::YesNo;
use highwater_protocols::itch::{AnyMessage, Side};

/// The stocks that the feeds are about.
const STOCKS: [&str; 2] = ["ACME", "ARL.A"];

/// A feed that a test makes up, and the book that it shows.
pub(super) struct Maker {
    random: Random,
    naive: Naive,
    next: u64,
    pub(super) messages: Vec<AnyMessage>,
}

impl Maker {
    pub(super) fn new(seed: u64) -> Self {
        let (naive, messages) = (Naive::default(), Vec::new());
        Self { random: Random::from_seed(seed), naive, next: 1, messages }
    }

    fn below(&mut self, end: u32) -> u32 {
        self.random.below(end)
    }

    fn push(&mut self, message: impl Into<AnyMessage>) {
        let message = message.into();
        self.naive.apply(&message);
        self.messages.push(message);
    }

    fn reference(&mut self) -> u64 {
        self.next += 1 + u64::from(self.below(3));
        self.next
    }

    fn any_side(&mut self) -> Side {
        if self.below(2) == 0 { Side::Buy } else { Side::Sell }
    }

    fn any_order(&mut self) -> Option<Order> {
        let place = self.random.below_usize(self.naive.0.len().max(1));
        self.naive.0.get(place).cloned()
    }

    /// An order comes as on a venue that matches: it trades with the first ones of the other side,
    /// and what is left of it rests.
    fn incoming(&mut self, stock: &str, side: Side, mut shares: u32, price: u32) {
        let other = if side == Side::Buy { Side::Sell } else { Side::Buy };
        for (reference, at, open) in self.naive.queue(stock, other) {
            let crosses = if side == Side::Buy { at <= price } else { at >= price };
            let part = shares.min(u32::try_from(open).unwrap());
            if !crosses || part == 0 {
                break;
            }
            shares -= part;
            if self.below(3) == 0 {
                self.push(executed_at(reference, part, YesNo::Yes, at));
            } else {
                self.push(executed(reference, part));
            }
        }
        if shares > 0 && self.below(4) > 0 {
            let reference = self.reference();
            let order = add(reference, stock, side, shares, price);
            if self.below(2) == 0 { self.push(order) } else { self.push(attributed(order)) }
        }
    }

    /// One step of a venue whose visible orders trade with what comes and nothing else.
    pub(super) fn fair(&mut self) {
        let (shares, price) = (1 + self.below(30), 10_000 + self.below(8));
        let order = self.any_order();
        match (self.below(10), order) {
            (0, Some(order)) => self.push(delete(order.reference)),
            (1, Some(order)) => {
                let part = 1 + self.below(order.shares);
                self.push(cancel(order.reference, part));
            }
            (2 | 3, Some(order)) => {
                let price = self.price_behind(&order, price);
                let reference = self.reference();
                self.push(replace(order.reference, reference, shares, price));
            }
            _ => {
                let stock = STOCKS[self.random.below_usize(2)];
                let side = self.any_side();
                self.incoming(stock, side, shares, price);
            }
        }
    }

    /// A price at which a replacement rests at once.
    fn price_behind(&self, order: &Order, price: u32) -> u32 {
        match order.side {
            Side::Buy => {
                let asks = self.naive.queue(&order.stock, Side::Sell);
                asks.first().map_or(price, |(_, ask, _)| price.min(ask - 1))
            }
            Side::Sell => {
                let bids = self.naive.queue(&order.stock, Side::Buy);
                bids.first().map_or(price, |(_, bid, _)| price.max(bid + 1))
            }
        }
    }

    /// One step of a feed that follows no rule: executions of any order, orders that cross.
    pub(super) fn wild(&mut self) {
        let (shares, price) = (1 + self.below(30), 10_000 + self.below(8));
        let order = self.any_order();
        let reference = self.reference();
        match (self.below(12), order) {
            (0, Some(order)) => self.push(delete(order.reference)),
            (1, Some(order)) => self.push(cancel(order.reference, shares)),
            (2, Some(order)) => self.push(replace(order.reference, reference, shares, price)),
            (3, Some(order)) => self.push(replace(order.reference, order.reference, shares, price)),
            (4, Some(order)) => self.push(executed_at(order.reference, shares, YesNo::Yes, price)),
            (5, Some(order)) => self.push(executed_at(order.reference, shares, YesNo::No, price)),
            (6 | 7, Some(order)) => self.push(executed(order.reference, shares)),
            (8, _) => self.push(delete(reference)),
            _ => {
                let stock = STOCKS[self.random.below_usize(2)];
                let side = self.any_side();
                self.push(add(reference, stock, side, shares, price));
            }
        }
    }
}
