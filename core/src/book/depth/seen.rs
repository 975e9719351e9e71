//! What can be seen of a depth and its book together, in a few steps for each level that is seen.

use super::Depth;
use crate::book::Book;
use crate::book::rules::auction::Indicative;
use crate::book::store::ladder_id::LadderId;
use crate::book::store::pool::NONE;
use crate::book::views::view::LevelView;
use crate::types::{InstrumentId, OrderId, Price, Side};

/// What rests at the price of an order and trades before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ahead {
    /// Orders.
    pub order_count: u32,
    /// What they show, in lots: this trades before the order does.
    pub visible_lots: u128,
    /// What is open of them, in lots. What an iceberg hides comes to the back when it is shown.
    pub quantity_lots: u128,
}

impl Depth<'_> {
    /// The best level of a side; `None` when it is empty or the instrument is not defined.
    ///
    /// # Panics
    ///
    /// When `book` has applied a command that was not given to this depth as a sink. So do all that
    /// take a book.
    pub fn best(&self, book: &Book<'_>, instrument: InstrumentId, side: Side) -> Option<LevelView> {
        self.assert_follows(book);
        self.level(instrument, side, book.best(instrument, side)?)
    }

    /// The level at a price; `None` when nothing rests there.
    pub fn level(&self, instrument: InstrumentId, side: Side, price: Price) -> Option<LevelView> {
        // Only a number of a defined instrument is sure to fit a ladder's.
        self.told.get(crate::types::index_of(instrument.0))?;
        self.find(LadderId::new(instrument, side), price).map(super::Sums::view)
    }

    /// The levels of a side, best first.
    pub fn levels(
        &self,
        book: &Book<'_>,
        instrument: InstrumentId,
        side: Side,
    ) -> impl Iterator<Item = LevelView> {
        self.assert_follows(book);
        book.levels(instrument, side).filter_map(move |at| self.level(instrument, side, at.price))
    }

    /// Copies the best levels of a side into `into`, as many as there are and fit, best first;
    /// returns how many they were.
    pub fn copy_levels(
        &self,
        book: &Book<'_>,
        instrument: InstrumentId,
        side: Side,
        into: &mut [LevelView],
    ) -> usize {
        let levels = self.levels(book, instrument, side);
        into.iter_mut().zip(levels).map(|(place, level)| *place = level).count()
    }

    /// What an uncross would do now, as [`Book::indicative`], but without a walk over orders.
    pub fn indicative(&self, book: &Book<'_>, instrument: InstrumentId) -> Option<Indicative> {
        self.assert_follows(book);
        book.indicative_of(instrument, &|level| {
            self.find(level.ladder, level.valid_price()).map_or(0, |sums| sums.open)
        })
    }

    /// What trades before an order at its price; `None` unless it rests. Walks over the orders
    /// before it or over those behind it, whichever are fewer.
    pub fn ahead(
        &self,
        book: &Book<'_>,
        instrument: InstrumentId,
        order: OrderId,
    ) -> Option<Ahead> {
        self.assert_follows(book);
        let own = book.order(instrument, order)?;
        let slot = book.orders.find(instrument, order)?;
        let (mut before, mut behind) = (Ahead::default(), Ahead::default());
        let own_slot = book.orders.pool.get(slot);
        let (mut prev, mut next) = (own_slot.prev, own_slot.next);
        while prev != NONE && next != NONE {
            prev = before.add(book, prev, |order| order.prev);
            next = behind.add(book, next, |order| order.next);
        }
        if prev == NONE {
            return Some(before);
        }
        let level = self.level(instrument, own.side, own.price)?;
        Some(Ahead {
            order_count: level.order_count - behind.order_count - 1,
            visible_lots: level.visible_lots - behind.visible_lots - u128::from(own.visible.lots()),
            quantity_lots: level.quantity_lots
                - behind.quantity_lots
                - u128::from(own.remaining.lots()),
        })
    }

    /// # Panics
    ///
    /// When the book has gone on without this depth.
    pub(super) fn assert_follows(&self, book: &Book<'_>) {
        assert!(
            self.sequence == book.last_sequence(),
            "every command of a book is given to its depth"
        );
    }
}

impl Ahead {
    /// Adds the order in `slot`; returns the slot of the next one that way.
    fn add(
        &mut self,
        book: &Book<'_>,
        slot: u32,
        way: impl Fn(&crate::book::store::order::Order) -> u32,
    ) -> u32 {
        let order = book.orders.pool.get(slot);
        self.order_count += 1;
        self.visible_lots += u128::from(order.remaining);
        self.quantity_lots += u128::from(book.orders.open(slot));
        way(order)
    }
}
