//! Software prefetch: has the processor fetch what commands that wait will need, so that a large
//! book is as near as a small one.
//!
//! Nothing here changes what the book holds, and nothing depends on it: a command whose data is
//! fetched may be rejected, or never come. No step has a branch that a processor would have to
//! predict: what a command does not need is the first of its kind, which is at hand.

use crate::book::Book;
use crate::book::invariant::broken_invariant;
use crate::book::store::ladder_id::LadderId;
use crate::book::store::pool::{Entry, NONE};
use crate::book::store::row::{PART_BITS, row_of};
use crate::command::{Action, Command, PlainCommand, PlainKind};
use crate::prefetch::prefetch;
use crate::types::{InstrumentId, OrderId, Side, Ticks, index_of, low_half};
use core::borrow::Borrow;
use core::hint::select_unpredictable as select;

/// What a prefetch needs of a command; of one that is about no order, numbers that lead nowhere.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PrefetchKey {
    pub(crate) instrument: InstrumentId,
    pub(crate) order: OrderId,
    pub(crate) side: Side,
    pub(crate) price: Ticks,
    pub(crate) is_new: bool,
}

impl PrefetchKey {
    /// Of what is about no order.
    pub(crate) const NOWHERE: Self = Self {
        instrument: InstrumentId(0),
        order: OrderId(0),
        side: Side::Buy,
        price: Ticks(0),
        is_new: false,
    };

    /// Of a plain command.
    #[inline]
    pub(crate) fn of_plain(plain: &PlainCommand) -> Self {
        Self {
            instrument: plain.instrument(),
            order: plain.order(),
            side: plain.side(),
            price: plain.price(),
            is_new: plain.kind() == PlainKind::New,
        }
    }

    /// Of any command.
    #[inline]
    pub(in crate::book) fn of(command: &Command) -> Self {
        let about = |instrument, order| Self { instrument, order, ..Self::NOWHERE };
        match &command.action {
            Action::New(new) => {
                let (side, price) = (new.side, new.price);
                Self { side, price, is_new: true, ..about(new.instrument, new.order) }
            }
            Action::Cancel { instrument, order, .. } | Action::Reduce { instrument, order, .. } => {
                about(*instrument, *order)
            }
            Action::Replace(replace) => about(replace.instrument, replace.order),
            Action::MassCancel(_)
            | Action::Note(_)
            | Action::DefineInstrument(_)
            | Action::SetBand { .. }
            | Action::Control { .. }
            | Action::Clock { .. }
            | Action::EndOfDay
            | Action::LimitSession { .. }
            | Action::BindFlow(_)
            | Action::Configure(_) => Self::NOWHERE,
        }
    }
}

/// What was found so far of what one command that waits will need.
#[derive(Clone, Copy)]
struct Lookup {
    /// The cell that the order's id leads to.
    id_cell: u32,
    /// The cell that the price of a new order leads to, and its span when it has no row.
    row_cell: u32,
    span_cell: u32,
    order: OrderId,
    ladder: LadderId,
    price: Ticks,
    /// The level that the order stands on, or that a new one may trade with.
    level: u32,
    /// The order, and the row of a new one, where they are the second of their chains.
    second_order: u32,
    second_row: u32,
    is_new: bool,
}

impl Lookup {
    /// Of what needs nothing.
    const NOWHERE: Self = Self {
        id_cell: 0,
        row_cell: 0,
        span_cell: 0,
        order: OrderId(0),
        ladder: LadderId(0),
        price: Ticks(0),
        level: NONE,
        second_order: NONE,
        second_row: NONE,
        is_new: false,
    };
}

/// Each of the four steps for a command is so many commands behind the one before it, so that what
/// that had fetched has come.
const APART: u64 = 4;

/// How many commands before its turn the first step for a command is taken, at most.
const AHEAD: u64 = 4 * APART;

/// Commands whose lookups start in one go, at most: more than one, so that the lookups get ahead of
/// the commands.
const LOOKUPS_AT_ONCE: u64 = 4;

/// Each command whose lookup has started has a place for what was found.
const PLACES: usize = 16;
const PLACE_MASK: u64 = 15;
const _: () = assert!(AHEAD <= PLACE_MASK + 1, "each lookup has a place");

/// What was found so far of what the commands that wait will need. Whoever gives a book its
/// commands keeps it from one to the next.
#[derive(Clone)]
pub struct Prefetcher {
    /// By the sequence that a command will have.
    lookups: [Lookup; PLACES],
    /// The first sequence whose lookup has not started.
    end: u64,
}

impl Default for Prefetcher {
    /// No lookup has started.
    fn default() -> Self {
        Self::new()
    }
}

impl core::fmt::Debug for Prefetcher {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Prefetcher").field("end", &self.end).finish_non_exhaustive()
    }
}

/// Open orders from which on a book is larger than what a processor core keeps near: 3 MiB.
const LARGE_ORDERS: u32 = 3 << 14;

impl Book<'_> {
    /// Has the processor fetch what the commands that wait will need; `waiting` tells which one is
    /// so many behind the next. Takes nothing that they say as true or possible, and costs a few
    /// nanoseconds a command. To be called once before each command.
    ///
    /// In a small book everything is at hand, and a prefetch costs more than it gains: there nobody
    /// is asked.
    ///
    /// # Panics
    ///
    /// When the prefetcher is of another book and leads out of this one.
    #[inline]
    pub fn prefetch<C: Borrow<Command>>(
        &self,
        prefetcher: &mut Prefetcher,
        mut waiting: impl FnMut(usize) -> Option<C>,
    ) {
        self.prefetch_keys(prefetcher, move |distance| {
            waiting(distance).map(|command| PrefetchKey::of(command.borrow()))
        });
    }

    /// The same, where a key is enough.
    #[inline]
    pub(crate) fn prefetch_keys(
        &self,
        prefetcher: &mut Prefetcher,
        waiting: impl FnMut(usize) -> Option<PrefetchKey>,
    ) {
        if self.is_large() {
            self.start_lookups(prefetcher, waiting);
        }
    }

    /// Whether prefetching pays.
    #[inline]
    pub(in crate::book) fn is_large(&self) -> bool {
        self.orders.pool.live() >= LARGE_ORDERS
    }

    /// Starts lookups for more commands, and goes on with those before them. Not inlined, so that
    /// it takes no room where a small book is worked on.
    #[inline(never)]
    pub(in crate::book) fn start_lookups(
        &self,
        prefetcher: &mut Prefetcher,
        mut waiting: impl FnMut(usize) -> Option<PrefetchKey>,
    ) {
        let next = self.last_sequence.next().0;
        let begin = prefetcher.end.max(next);
        for sequence in begin..(begin + LOOKUPS_AT_ONCE).min(next + AHEAD) {
            let Some(key) = waiting(index_of(low_half(sequence - next))) else { break };
            self.start_lookup(prefetcher, sequence, &key);
        }
    }

    /// Starts the lookup for one command more, and goes on with those before it. Not inlined, so
    /// that what it needs of the book is not kept for the next one, which seldom comes at once.
    #[inline(never)]
    pub(in crate::book) fn start_lookup(
        &self,
        prefetcher: &mut Prefetcher,
        sequence: u64,
        key: &PrefetchKey,
    ) {
        let [near, soon, last] = [1, 2, 3].map(|n| sequence.wrapping_sub(n * APART));
        *prefetcher.at(sequence) = self.fetch_buckets(key);
        self.fetch_entries(prefetcher.at(near));
        self.fetch_neighbours(prefetcher.at(soon));
        self.fetch_opposite(prefetcher.at(last));
        prefetcher.end = sequence + 1;
    }
}

impl Prefetcher {
    /// No lookup has started.
    pub const fn new() -> Self {
        Self { lookups: [Lookup::NOWHERE; PLACES], end: 0 }
    }

    #[inline]
    fn at(&mut self, sequence: u64) -> &mut Lookup {
        match self.lookups.get_mut(index_of(low_half(sequence & PLACE_MASK))) {
            Some(lookup) => lookup,
            None => broken_invariant("a lookup without a place"),
        }
    }
}

impl Book<'_> {
    /// Fetches the instrument, and where the ways to the order and to the level begin.
    #[inline]
    fn fetch_buckets(&self, key: &PrefetchKey) -> Lookup {
        let PrefetchKey { order, side, price, is_new, .. } = *key;
        let (ids, rows) = (&self.orders.ids, &self.ladders.row_numbers);
        let is_known = key.instrument.0 < self.symbols.count();
        let instrument = InstrumentId(select(is_known, key.instrument.0, 0));
        let ladder = LadderId::new(instrument, side);
        let id_cell = ids.place_ahead(self.orders.hash(instrument, order));
        let row_cell = rows.place_ahead(self.ladders.hash(ladder, ladder.rank(price.0)));
        let row_cell = select(is_new, row_cell, 0);
        prefetch(self.ladders.instrument_book(instrument));
        prefetch(ids.cell(id_cell));
        prefetch(rows.cell(row_cell));
        Lookup { id_cell, row_cell, order, ladder, price, is_new, ..Lookup::NOWHERE }
    }

    /// Fetches the order, or what shares its chain, and the level of a new one.
    #[inline]
    fn fetch_entries(&self, lookup: &Lookup) {
        let (orders, ladders) = (&self.orders, &self.ladders);
        orders.pool.fetch(*orders.ids.cell(lookup.id_cell));
        ladders.rows.fetch(*ladders.row_numbers.cell(lookup.row_cell));
    }

    /// Fetches the order's level and neighbours; or the last in the level of a new order, and the
    /// level that it may trade with. Where a chain begins with something else, fetches what comes
    /// behind it, and for a level that is to be made the way to its span.
    #[inline]
    fn fetch_neighbours(&self, lookup: &mut Lookup) {
        let (orders, ladders) = (&self.orders.pool, &self.ladders);
        let Lookup { order, ladder, price, is_new, .. } = *lookup;
        let instrument_book = ladders.instrument_book(ladder.instrument());
        let trades = instrument_book.would_trade(ladder.side(), price);
        let best = select(trades, instrument_book.best_opposite(ladder.side()), NONE);
        let first = orders.get(*self.orders.ids.cell(lookup.id_cell));
        let rank = ladder.rank(price.0);
        let own = ladders.rows.get(*ladders.row_numbers.cell(lookup.row_cell));
        let is_there = select(is_new, own.number == rank >> PART_BITS, true);
        let span_cell = ladders.spans.prefixes.place_ahead(ladders.spans.lowest_hash(ladder, rank));
        lookup.span_cell = select(is_there, 0, span_cell);
        lookup.second_order = select(first.id == order.0, NONE, first.linked());
        lookup.second_row = select(is_there, NONE, own.linked());
        lookup.level = select(is_new, best, first.level);
        prefetch(ladders.spans.prefixes.cell(lookup.span_cell));
        orders.fetch(lookup.second_order);
        ladders.rows.fetch(lookup.second_row);
        ladders.rows.fetch(row_of(lookup.level));
        let own_queue = own.queue(rank);
        let own_span = select(own_queue.order_count == 0, own.span, NONE);
        ladders.spans.pool.fetch(select(is_new, own_span, NONE));
        orders.fetch(select(is_new, own_queue.tail, first.prev));
        orders.fetch(select(is_new, NONE, first.next));
    }

    /// Fetches whom a new order may trade with, and what changes when the level goes, as it does
    /// with its last order. Where a chain began with something else, fetches what the step before
    /// would have.
    #[inline]
    fn fetch_opposite(&self, lookup: &Lookup) {
        let (orders, ladders) = (&self.orders.pool, &self.ladders);
        let row = ladders.rows.get(row_of(lookup.level));
        let queue = row.queue(lookup.level);
        let goes = queue.order_count == 1;
        let rank = row.rank(lookup.level);
        let cell = ladders.row_numbers.place_ahead(ladders.hash(LadderId(row.ladder), rank));
        // By now it may have left, and what is in its slot may be no order: nothing is sure of it.
        let second = orders.get(lookup.second_order);
        orders.fetch(select(lookup.is_new, queue.head, NONE));
        prefetch(ladders.row_numbers.cell(select(goes, cell, 0)));
        ladders.spans.pool.fetch(select(goes, row.span, NONE));
        ladders.spans.pool.fetch(*ladders.spans.prefixes.cell(lookup.span_cell));
        ladders.rows.fetch(row_of(second.level));
        orders.fetch(second.prev);
        orders.fetch(second.next);
        let own_rank = lookup.ladder.rank(lookup.price.0);
        orders.fetch(ladders.rows.get(lookup.second_row).queue(own_rank).tail);
    }
}
