//! What a command changed: each level once, then the best prices.

use super::Depth;
use crate::book::Book;
use crate::book::store::ladder_id::LadderId;
use crate::book::store::pool::NONE;
use crate::book::views::view::LevelView;
use crate::types::{InstrumentId, Price, Side};

/// What a command changed of what rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DepthChange {
    /// A level.
    Level(LevelChange),
    /// The best of an instrument.
    Top(TopChange),
}

/// A level as a command left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelChange {
    /// Where it trades.
    pub instrument: InstrumentId,
    /// Bids or asks.
    pub side: Side,
    /// Its price.
    pub price: Price,
    /// Whether it is new, another than before, or gone.
    pub change: Change,
    /// What is shown at it, in lots; 0 when it is gone.
    pub visible_lots: u128,
    /// What is open at it, hidden quantity too, in lots; 0 when it is gone.
    pub quantity_lots: u128,
    /// Orders that rest at it; 0 when it is gone.
    pub order_count: u32,
}

/// How a level changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing rested at its price before.
    New,
    /// Its quantities or its number of orders are others.
    Changed,
    /// Nothing rests at its price any more.
    Gone,
}

/// The best levels of an instrument, of which one at least is another than before the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopChange {
    /// The instrument.
    pub instrument: InstrumentId,
    /// The highest bid; `None` without one.
    pub bid: Option<LevelView>,
    /// The lowest ask; `None` without one.
    pub ask: Option<LevelView>,
}

impl Depth<'_> {
    /// Gives `tell` what the last command changed: first each level that is another than before it,
    /// once, in the order in which the command came to them, then each instrument whose best bid or
    /// ask is another. Costs a look at each level that the command touched.
    ///
    /// What is not taken is forgotten with the next command. The sums stay right all the same.
    ///
    /// # Panics
    ///
    /// When `book` has applied a command that was not given to this depth as a sink.
    pub fn take_changes(&mut self, book: &Book<'_>, mut tell: impl FnMut(&DepthChange)) {
        self.assert_follows(book);
        let mut slot = self.first_touched;
        while slot != NONE {
            let sums = self.levels.get(slot);
            slot = sums.next_touched;
            let change = match (sums.order_count_before, sums.order_count) {
                (0, 0) => continue,
                (0, _) => Change::New,
                (_, 0) => Change::Gone,
                _ if sums.has_changed() => Change::Changed,
                _ => continue,
            };
            let ladder = LadderId(sums.ladder);
            tell(&DepthChange::Level(LevelChange {
                instrument: ladder.instrument(),
                side: ladder.side_of_resting(),
                price: sums.valid_price(),
                change,
                visible_lots: sums.visible,
                quantity_lots: sums.open,
                order_count: sums.order_count,
            }));
        }
        self.take_tops(book, &mut tell);
        self.forget_changes();
    }

    fn take_tops(&mut self, book: &Book<'_>, tell: &mut impl FnMut(&DepthChange)) {
        let sequence = self.sequence.0;
        let mut slot = self.first_touched;
        while slot != NONE {
            let sums = self.levels.get(slot);
            slot = sums.next_touched;
            let instrument = LadderId(sums.ladder).instrument();
            let told = self.told_mut(instrument);
            if core::mem::replace(&mut told.looked_at, sequence) == sequence {
                continue;
            }
            let bid_changed = self.note_best(book, instrument, Side::Buy);
            let ask_changed = self.note_best(book, instrument, Side::Sell);
            if bid_changed || ask_changed {
                let [bid, ask] =
                    [Side::Buy, Side::Sell].map(|side| self.best(book, instrument, side));
                tell(&DepthChange::Top(TopChange { instrument, bid, ask }));
            }
        }
    }

    /// Notes the best price of a side; tells whether it is another, or its level is.
    pub(super) fn note_best(
        &mut self,
        book: &Book<'_>,
        instrument: InstrumentId,
        side: Side,
    ) -> bool {
        let best = book.best(instrument, side);
        let told = self.told_mut(instrument);
        let told = match side {
            Side::Buy => &mut told.bid,
            Side::Sell => &mut told.ask,
        };
        let price = best.map_or(0, Price::ticks);
        if core::mem::replace(told, price) != price {
            return true;
        }
        let sums = best.and_then(|best| self.find(LadderId::new(instrument, side), best));
        sums.is_some_and(|sums| sums.is_touched != 0 && sums.has_changed())
    }

    /// Sets a level of a book that this depth begins with.
    pub(super) fn load(&mut self, ladder: LadderId, level: &LevelView) {
        let slot = self.find_or_add(ladder, level.price);
        self.levels.get_mut(slot).set(level);
    }
}
