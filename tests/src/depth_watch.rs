//! Watches the depth of a book: rebuilds each level and the best prices from its changes alone, and
//! compares them with what rests.

use highwater::book::{
    Ahead, Book, Change, Depth, DepthChange, LevelChange, LevelCount, LevelView, TopChange,
};
use highwater::types::{InstrumentId, Price, Side};
use std::collections::BTreeMap;
use std::fmt::Debug;

/// Commands between two looks at a depth that begins with the book as it is.
const FRESH_EVERY: u64 = 16;

/// A depth, and what its changes say.
#[derive(Debug)]
pub struct DepthWatch<'m> {
    /// The sink of the book.
    pub depth: Depth<'m>,
    levels: BTreeMap<(InstrumentId, bool, Price), LevelView>,
    tops: BTreeMap<InstrumentId, [Option<LevelView>; 2]>,
}

impl<'m> DepthWatch<'m> {
    /// Watches a depth from its first command on.
    pub const fn new(depth: Depth<'m>) -> Self {
        Self { depth, levels: BTreeMap::new(), tops: BTreeMap::new() }
    }

    /// Takes the changes of a command and compares.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&mut self, book: &Book<'_>) -> Result<(), String> {
        let mut changes = Vec::new();
        self.depth.take_changes(book, |change| changes.push(*change));
        let mut seen = Vec::new();
        for change in &changes {
            match change {
                DepthChange::Level(level) => {
                    let place = (level.instrument, is_ask(level.side), level.price);
                    if seen.contains(&place) {
                        return Err(format!("a level is told twice: {changes:?}"));
                    }
                    seen.push(place);
                    self.take_level(level)?;
                }
                DepthChange::Top(top) => self.take_top(top)?,
            }
        }
        for instrument in (0..book.instrument_count()).map(InstrumentId) {
            self.compare(book, instrument)?;
        }
        let nobody = InstrumentId(book.instrument_count());
        same("best of nobody", &self.depth.best(book, nobody, Side::Buy), &None)?;
        if book.last_sequence().0.is_multiple_of(FRESH_EVERY) {
            self.compare_fresh(book)?;
        }
        Ok(())
    }

    fn take_level(&mut self, told: &LevelChange) -> Result<(), String> {
        let LevelChange { instrument, side, price, visible_lots, quantity_lots, .. } = *told;
        let order_count = told.order_count;
        let level = LevelView { price, visible_lots, quantity_lots, order_count };
        let place = (instrument, is_ask(side), price);
        let before = self.levels.get(&place).copied();
        let fits = match told.change {
            Change::New => before.is_none() && order_count > 0,
            Change::Changed => before.is_some_and(|before| before != level) && order_count > 0,
            Change::Gone => {
                before.is_some() && (visible_lots, quantity_lots, order_count) == (0, 0, 0)
            }
        };
        if !fits {
            return Err(format!("{told:?} of {before:?}"));
        }
        if told.change == Change::Gone {
            self.levels.remove(&place);
        } else {
            self.levels.insert(place, level);
        }
        Ok(())
    }

    fn take_top(&mut self, told: &TopChange) -> Result<(), String> {
        let top = [told.bid, told.ask];
        if self.tops.insert(told.instrument, top).unwrap_or_default() == top {
            return Err(format!("a top is told that is as before: {told:?}"));
        }
        Ok(())
    }

    /// Compares what is rebuilt, and what is at hand, with what rests.
    fn compare(&self, book: &Book<'_>, instrument: InstrumentId) -> Result<(), String> {
        let top = [Side::Buy, Side::Sell].map(|side| book.summed_levels(instrument, side).next());
        same("top", &self.tops.get(&instrument).copied().unwrap_or_default(), &top)?;
        same(
            "indicative of the depth",
            &self.depth.indicative(book, instrument),
            &book.indicative(instrument),
        )?;
        for (side, best) in [Side::Buy, Side::Sell].into_iter().zip(top) {
            let wanted: Vec<LevelView> = book.summed_levels(instrument, side).collect();
            let range =
                (instrument, is_ask(side), Price::MIN)..=(instrument, is_ask(side), Price::MAX);
            let mut rebuilt: Vec<LevelView> =
                self.levels.range(range).map(|(_, level)| *level).collect();
            if side == Side::Buy {
                rebuilt.reverse();
            }
            same("levels by changes", &rebuilt, &wanted)?;
            same("levels at hand", &self.depth.levels(book, instrument, side).collect(), &wanted)?;
            same("best at hand", &self.depth.best(book, instrument, side), &best)?;
            if let Some(best) = best {
                self.compare_copy(book, instrument, side, best)?;
            }
            for level in &wanted {
                let LevelView { price, order_count, .. } = *level;
                same("level at hand", &self.depth.level(instrument, side, price), &Some(*level))?;
                let counted = Some(LevelCount { price, order_count });
                same("level of the book", &book.level(instrument, side, price), &counted)?;
            }
            self.compare_queues(book, instrument, side)?;
        }
        Ok(())
    }

    fn compare_copy(
        &self,
        book: &Book<'_>,
        instrument: InstrumentId,
        side: Side,
        best: LevelView,
    ) -> Result<(), String> {
        let mut copy = [best; 2];
        let count = self.depth.copy_levels(book, instrument, side, &mut copy);
        let wanted: Vec<LevelView> = book.summed_levels(instrument, side).take(2).collect();
        same("copied levels", &copy[..count].to_vec(), &wanted)
    }

    /// Compares what is ahead of each order with a walk from the front of its level.
    fn compare_queues(
        &self,
        book: &Book<'_>,
        instrument: InstrumentId,
        side: Side,
    ) -> Result<(), String> {
        let (mut price, mut ahead) = (None, Ahead::default());
        for order in book.orders(instrument, side) {
            if price != Some(order.price) {
                (price, ahead) = (Some(order.price), Ahead::default());
            }
            same("ahead", &self.depth.ahead(book, instrument, order.order), &Some(ahead))?;
            let counted = book.orders_ahead(instrument, order.order);
            same("orders ahead", &counted, &Some(ahead.order_count))?;
            ahead.order_count += 1;
            ahead.visible_lots += u128::from(order.visible.lots());
            ahead.quantity_lots += u128::from(order.remaining.lots());
        }
        Ok(())
    }

    /// Compares with a depth that begins now.
    fn compare_fresh(&self, book: &Book<'_>) -> Result<(), String> {
        let mut memory = vec![0; Depth::bytes_needed(book.memory_capacities())];
        let mut fresh = Depth::new(&mut memory, book, 7).map_err(|fault| fault.to_string())?;
        let mut changes = Vec::new();
        fresh.take_changes(book, |change| changes.push(*change));
        same("changes of a new depth", &changes, &Vec::new())?;
        for instrument in (0..book.instrument_count()).map(InstrumentId) {
            for side in [Side::Buy, Side::Sell] {
                let wanted: Vec<LevelView> = self.depth.levels(book, instrument, side).collect();
                same("a new depth", &fresh.levels(book, instrument, side).collect(), &wanted)?;
            }
        }
        Ok(())
    }
}

const fn is_ask(side: Side) -> bool {
    matches!(side, Side::Sell)
}

/// Says what differs.
fn same<T: PartialEq + Debug>(what: &str, real: &T, wanted: &T) -> Result<(), String> {
    if real == wanted { Ok(()) } else { Err(format!("{what}: {real:?} instead of {wanted:?}")) }
}
