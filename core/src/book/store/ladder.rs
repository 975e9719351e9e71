//! Ladders: the price levels of the orders of one side of one instrument that rest, or of the stops
//! that wait, the best of them at hand.
//!
//! A ladder counts its prices by rank, from the best end of the range: the lowest rank is the best
//! on either side, so that nothing here asks which side it is.

use super::index::Index;
use super::instrument_book::{InstrumentBook, Ladder};
use super::ladder_id::LadderId;
use super::memory::{copy, zero};
use super::pool::{NONE, Pool};
use super::row::{Level, PART_BITS, Queue, Row, has_row, level_slot, row_of};
use super::span::{DEPTHS, Spans, first_in, spans_max};
use crate::book::invariant::broken_invariant;
use crate::types::{Capacities, InstrumentId, index_of};

/// The ladders of all instruments with their levels.
pub(in crate::book) struct Ladders<'m> {
    /// By instrument.
    pub(in crate::book) instrument_books: &'m mut [InstrumentBook],
    /// The levels, in rows.
    pub(in crate::book) rows: Pool<'m, Row>,
    /// Slots of the rows by ladder and number.
    pub(in crate::book) row_numbers: Index<'m>,
    /// Which prices have levels.
    pub(in crate::book) spans: Spans<'m>,
    /// How many levels there are.
    pub(in crate::book) levels_live: u32,
    /// Rows without levels, each kept with its spans for the next level. A ladder keeps one;
    /// ladders that share a place here keep one together.
    pub(in crate::book) idle_rows: [u32; IDLE_ROWS],
}

/// Rows without levels that are kept at most: of both sides of eight instruments.
pub(in crate::book) const IDLE_ROWS: usize = 16;
/// Spans that these rows keep at most.
pub(in crate::book) const IDLE_SPANS: usize = 64;
const _: () = assert!(IDLE_SPANS == IDLE_ROWS << 2 && DEPTHS == 4, "each keeps its chain");

/// How many levels and spans there may be.
#[derive(Clone, Copy)]
pub(in crate::book) struct LevelLimits {
    /// Levels in use, at most.
    pub(in crate::book) levels: u32,
    /// Spans in use, at most.
    pub(in crate::book) spans: u32,
}

impl LevelLimits {
    /// The limits of a book with these capacities.
    pub(in crate::book) const fn of(capacities: Capacities) -> Self {
        Self { levels: capacities.orders, spans: spans_max(capacities) }
    }
}

impl Ladders<'_> {
    /// Makes the ladders of so many instruments, and those of no other are in use, as they were at
    /// first.
    pub(in crate::book) fn reset(&mut self, instruments: u32) {
        zero(self.instrument_books, index_of(instruments));
        self.rows.reset();
        self.row_numbers.reset();
        self.spans.reset();
        self.levels_live = 0;
        self.idle_rows = [NONE; IDLE_ROWS];
    }

    /// Makes the ladders of so many instruments the same as `theirs` of `other`, with room for as
    /// many.
    pub(in crate::book) fn copy_from(&mut self, ours: u32, other: &Ladders<'_>, theirs: u32) {
        let books = &mut *self.instrument_books;
        copy(books, index_of(ours), other.instrument_books, index_of(theirs));
        self.rows.copy_from(&other.rows);
        self.row_numbers.copy_from(&other.row_numbers);
        self.spans.copy_from(&other.spans);
        (self.levels_live, self.idle_rows) = (other.levels_live, other.idle_rows);
    }

    /// What is known of a defined instrument.
    #[inline]
    pub(in crate::book) fn instrument_book(&self, instrument: InstrumentId) -> &InstrumentBook {
        match self.instrument_books.get(index_of(instrument.0)) {
            Some(instrument_book) => instrument_book,
            None => broken_invariant("an instrument without ladders"),
        }
    }

    /// What is known of a defined instrument, to be changed.
    #[inline]
    pub(in crate::book) fn instrument_book_mut(
        &mut self,
        instrument: InstrumentId,
    ) -> &mut InstrumentBook {
        match self.instrument_books.get_mut(index_of(instrument.0)) {
            Some(instrument_book) => instrument_book,
            None => broken_invariant("an instrument without ladders"),
        }
    }

    /// The ladder.
    #[inline]
    pub(in crate::book) fn ladder(&self, id: LadderId) -> &Ladder {
        self.instrument_book(id.instrument()).ladder(id)
    }

    #[inline]
    pub(in crate::book) fn ladder_mut(&mut self, id: LadderId) -> &mut Ladder {
        self.instrument_book_mut(id.instrument()).ladder_mut(id)
    }

    /// The queue of the level in `slot`.
    #[inline]
    pub(in crate::book) fn queue(&self, slot: u32) -> &Queue {
        self.rows.get(row_of(slot)).queue(slot)
    }

    /// The queue of the level in `slot`, to be changed.
    #[inline]
    pub(in crate::book) fn queue_mut(&mut self, slot: u32) -> &mut Queue {
        self.rows.get_mut(row_of(slot)).queue_mut(slot)
    }

    /// The level in `slot`.
    #[inline]
    pub(in crate::book) fn level(&self, slot: u32) -> Level {
        self.rows.get(row_of(slot)).level(slot)
    }

    /// The level after `slot` in its ladder, which is worse.
    pub(in crate::book) fn after(&self, slot: u32) -> Option<Level> {
        let row = self.rows.get(row_of(slot));
        let (id, rank) = (LadderId(row.ladder), row.rank(slot));
        let next = self.spans.after(self.ladder(id).root, id, row.span, rank)?;
        Some(self.level(self.marked(id, next)))
    }

    /// Slot of the level at `price`.
    pub(in crate::book) fn find(&self, id: LadderId, price: u32) -> Option<u32> {
        let slot = self.slot_at(id, id.rank(price))?;
        (self.queue(slot).order_count > 0).then_some(slot)
    }

    /// Slot for the level of a rank, when its row exists; the level may have no orders.
    #[inline]
    pub(in crate::book) fn slot_at(&self, id: LadderId, rank: u32) -> Option<u32> {
        let row_slot = self.find_row(self.hash(id, rank), id, rank)?;
        Some(level_slot(row_slot, rank))
    }

    /// Slot of the level at a rank that is marked.
    #[inline]
    fn marked(&self, id: LadderId, rank: u32) -> u32 {
        match self.slot_at(id, rank) {
            Some(slot) => slot,
            None => broken_invariant("a marked price has no level"),
        }
    }

    /// The hash of the row of a rank.
    #[inline]
    pub(in crate::book) fn hash(&self, id: LadderId, rank: u32) -> u32 {
        self.row_numbers.hash(u64::from(id.0), u64::from(rank >> PART_BITS))
    }

    #[inline]
    fn find_row(&self, hash: u32, id: LadderId, rank: u32) -> Option<u32> {
        let number = rank >> PART_BITS;
        let is_it = |row: &Row| row.number == number && row.ladder == id.0;
        self.row_numbers.find(&self.rows, hash, is_it)
    }

    /// Slot and queue of the level at `price`, which is made when there is none.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "half of all commands come through here")]
    pub(in crate::book) fn find_or_add(&mut self, id: LadderId, price: u32) -> (u32, &mut Queue) {
        let rank = id.rank(price);
        let hash = self.hash(id, rank);
        let row_slot = match self.find_row(hash, id, rank) {
            Some(row_slot) => row_slot,
            None => self.add_row(hash, id, rank),
        };
        let slot = level_slot(row_slot, rank);
        let row = self.rows.get(row_slot);
        if row.queue(rank).order_count == 0 {
            self.add_level(id, rank, slot, row.span);
        }
        (slot, self.rows.get_mut(row_slot).queue_mut(rank))
    }

    /// Marks a level that has no orders yet.
    #[inline]
    fn add_level(&mut self, id: LadderId, rank: u32, slot: u32, span: u32) {
        self.levels_live += 1;
        if self.spans.mark(span, rank) == 0 {
            self.mark_above(id, span, rank);
        }
        let (price, ladder) = (id.price(rank), self.ladder_mut(id));
        if id.is_better(price, ladder.best_price) {
            ladder.best_price = price;
            ladder.best_level = slot;
        }
    }

    #[inline(never)]
    fn add_row(&mut self, hash: u32, id: LadderId, rank: u32) -> u32 {
        let span = self.spans.find_or_add(id, rank);
        let row_slot = self.rows.insert(Row::new(id, rank, span));
        self.row_numbers.insert(&mut self.rows, hash, row_slot);
        row_slot
    }

    /// Takes out a level, whose orders have left.
    pub(in crate::book) fn remove(&mut self, slot: u32) {
        let row = self.rows.get_mut(row_of(slot));
        *row.queue_mut(slot) = Queue::EMPTY;
        let (id, rank, span) = (LadderId(row.ladder), row.rank(slot), row.span);
        self.levels_live -= 1;
        let left = self.spans.unmark(span, rank);
        if left == 0 {
            self.unmark_above(id, span, rank);
        }
        if self.ladder(id).best_level == slot {
            self.find_best(id, rank, span, left);
        }
        if !has_row(left, rank) {
            self.keep_row(id, row_of(slot));
        }
    }

    #[inline(never)]
    fn mark_above(&mut self, id: LadderId, span: u32, rank: u32) {
        let mut root = self.ladder(id).root;
        self.spans.mark_above(&mut root, span, rank);
        self.ladder_mut(id).root = root;
    }

    #[inline(never)]
    fn unmark_above(&mut self, id: LadderId, span: u32, rank: u32) {
        let mut root = self.ladder(id).root;
        self.spans.unmark_above(&mut root, span, rank);
        self.ladder_mut(id).root = root;
    }

    /// Makes the level after `rank`, which was the best of its ladder and is not marked any more,
    /// the best; `left` is what its span still marks.
    #[inline]
    fn find_best(&mut self, id: LadderId, rank: u32, span: u32, left: u64) {
        // The best rank is the lowest: whatever its span marks comes after it.
        let next = match first_in(rank, left) {
            Some(next) => Some(next),
            None => self.spans.after(self.ladder(id).root, id, span, rank),
        };
        let best_level = next.map_or(NONE, |next| self.marked(id, next));
        let ladder = self.ladder_mut(id);
        ladder.best_price = next.map_or(0, |next| id.price(next));
        ladder.best_level = best_level;
    }

    /// Keeps a row that lost its last level, in place of the one that was kept before.
    #[inline]
    fn keep_row(&mut self, id: LadderId, row_slot: u32) {
        let Some(idle) = self.idle_rows.get_mut(idle_place(id)) else {
            broken_invariant("a ladder has no place for its idle row")
        };
        let before = core::mem::replace(idle, row_slot);
        if before != row_slot && before != NONE {
            self.remove_row(before, row_slot);
        }
    }

    /// Takes out a row, unless it has levels again, and those of its spans that mark nothing and
    /// are not those of `kept`.
    #[inline(never)]
    fn remove_row(&mut self, row_slot: u32, kept: u32) {
        if self.has_levels(row_slot) {
            return;
        }
        let row = self.rows.get(row_slot);
        let (id, rank, span) = (LadderId(row.ladder), row.rank(0), row.span);
        let hash = self.hash(id, rank);
        self.row_numbers.remove(&mut self.rows, hash, row_slot);
        self.rows.remove(row_slot);
        let kept = self.rows.get(kept);
        let kept = (kept.ladder == id.0).then(|| kept.rank(0));
        self.spans.remove(id, rank, span, kept);
    }

    /// Whether a row has levels.
    pub(in crate::book) fn has_levels(&self, row_slot: u32) -> bool {
        let row = self.rows.get(row_slot);
        has_row(self.spans.pool.get(row.span).map, row.rank(0))
    }

    /// Whether an order can rest at `price` within `limits`, once the level `leaving` is gone.
    ///
    /// A level that exists already needs nothing. A new one needs a place for itself, and for the
    /// spans that do not mark anything yet.
    #[inline]
    pub(in crate::book) fn has_room(
        &self,
        id: LadderId,
        price: u32,
        leaving: Option<u32>,
        limits: LevelLimits,
    ) -> bool {
        let plenty = self.levels_live < limits.levels && self.spans.has_plenty(limits.spans);
        plenty || self.has_exact_room(id, price, leaving, limits)
    }

    #[cold]
    fn has_exact_room(
        &self,
        id: LadderId,
        price: u32,
        leaving: Option<u32>,
        limits: LevelLimits,
    ) -> bool {
        let found = self.find(id, price);
        if found.is_some() && found != leaving {
            return true;
        }
        let levels_live = self.levels_live - u32::from(leaving.is_some());
        let leaving = leaving.map(|slot| self.rows.get(row_of(slot)).span);
        let rank = id.rank(price);
        levels_live < limits.levels && self.spans.has_room(id, rank, leaving, limits.spans)
    }
}

/// Where the idle row of a ladder is kept. Those of stops share it with the other ladders.
#[inline]
const fn idle_place(id: LadderId) -> usize {
    index_of(id.0 >> 1 & !1 | id.0 & 1) & (IDLE_ROWS - 1)
}
