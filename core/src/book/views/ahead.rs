//! Looking ahead: has the processor fetch what commands that wait will need, so that a large book
//! is as near as a small one.
//!
//! Nothing here changes what the book holds, and nothing depends on it: a command that is looked at
//! may be rejected, or never come. A look asks nothing that a processor would have to guess: what a
//! command does not need is the first of its kind, which is at hand.

use crate::book::Book;
use crate::book::invariant::broken_invariant;
use crate::book::store::ladder_id::LadderId;
use crate::book::store::pool::{Entry, NONE};
use crate::command::{Action, Command, PlainCommand, PlainKind};
use crate::prefetch::prefetch;
use crate::types::{InstrumentId, OrderId, Side, Ticks, index_of, low_half};
use core::borrow::Borrow;
use core::hint::select_unpredictable as select;

/// What a look takes of a command; of one that is not about an order, numbers that lead nowhere.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Glance {
    pub(crate) instrument: InstrumentId,
    pub(crate) order: OrderId,
    pub(crate) side: Side,
    pub(crate) price: Ticks,
    pub(crate) is_new: bool,
}

impl Glance {
    /// At what is about no order.
    pub(crate) const NOWHERE: Self = Self {
        instrument: InstrumentId(0),
        order: OrderId(0),
        side: Side::Buy,
        price: Ticks(0),
        is_new: false,
    };

    /// At a plain command.
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

    /// At any command.
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
struct Look {
    /// The cell that the order's id leads to.
    id_cell: u32,
    /// The cell that the price of a new order leads to, and its span when it has no level.
    price_cell: u32,
    span_cell: u32,
    order: OrderId,
    ladder: LadderId,
    price: Ticks,
    /// The level that the order stands on, or that a new one may trade with.
    level: u32,
    /// The order, and the level of a new one, where they are the second of their chains.
    second_order: u32,
    second_level: u32,
    is_new: bool,
}

impl Look {
    /// At what needs nothing.
    const NOWHERE: Self = Self {
        id_cell: 0,
        price_cell: 0,
        span_cell: 0,
        order: OrderId(0),
        ladder: LadderId(0),
        price: Ticks(0),
        level: NONE,
        second_order: NONE,
        second_level: NONE,
        is_new: false,
    };
}

/// Each of the four looks at a command is so many commands behind the one before it, so that what
/// that had fetched has come.
const APART: u64 = 4;

/// How many commands before its turn a command is first looked at, at most.
const AHEAD: u64 = 4 * APART;

/// Commands that are first looked at in one go, at most: more than one, so that the looks get ahead
/// of the commands.
const LOOKS_AT_ONCE: u64 = 4;

/// Commands that are looked at have each a place for what was found.
const PLACES: usize = 16;
const PLACE_MASK: u64 = 15;
const _: () = assert!(AHEAD <= PLACE_MASK + 1, "each command that is looked at has a place");

/// What was found so far of what the commands that wait will need. Whoever gives a book its
/// commands keeps it from one to the next.
#[derive(Clone)]
pub struct Looks {
    /// By the sequence that a command will have.
    looks: [Look; PLACES],
    /// The first sequence that nobody looked at yet.
    end: u64,
}

impl Default for Looks {
    /// Nothing was looked at.
    fn default() -> Self {
        Self::new()
    }
}

impl core::fmt::Debug for Looks {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Looks").field("end", &self.end).finish_non_exhaustive()
    }
}

/// Open orders from which on a book is larger than what a processor core keeps near: 3 MiB.
const LARGE_ORDERS: u32 = 3 << 14;

impl Book<'_> {
    /// Has the processor fetch what the commands that wait will need; `waiting` tells which one is
    /// so many behind the next. Looks at nothing that they say as true or possible, and costs a few
    /// nanoseconds a command. To be called once before each command.
    ///
    /// In a small book everything is at hand, and a look costs more than it finds: there nobody is
    /// asked.
    ///
    /// # Panics
    ///
    /// When `looks` are of another book and lead out of this one.
    #[inline]
    pub fn look_ahead<C: Borrow<Command>>(
        &self,
        looks: &mut Looks,
        mut waiting: impl FnMut(usize) -> Option<C>,
    ) {
        self.glance_ahead(looks, move |distance| {
            waiting(distance).map(|command| Glance::of(command.borrow()))
        });
    }

    /// The same, where a glance is enough.
    #[inline]
    pub(crate) fn glance_ahead(
        &self,
        looks: &mut Looks,
        waiting: impl FnMut(usize) -> Option<Glance>,
    ) {
        if self.is_large() {
            self.look_at_more(looks, waiting);
        }
    }

    /// Whether looking ahead pays.
    #[inline]
    pub(in crate::book) fn is_large(&self) -> bool {
        self.orders.pool.live() >= LARGE_ORDERS
    }

    /// Looks at commands that nobody looked at yet, and again at those before them. Apart, so that
    /// it takes no room where a small book is worked on.
    #[inline(never)]
    pub(in crate::book) fn look_at_more(
        &self,
        looks: &mut Looks,
        mut waiting: impl FnMut(usize) -> Option<Glance>,
    ) {
        let next = self.last_sequence.next().0;
        let begin = looks.end.max(next);
        for sequence in begin..(begin + LOOKS_AT_ONCE).min(next + AHEAD) {
            let Some(glance) = waiting(index_of(low_half(sequence - next))) else { break };
            self.look_at(looks, sequence, &glance);
        }
    }

    /// Looks at one command more, and again at those before it. Apart, so that what it needs of the
    /// book is not kept for the next one, which seldom comes at once.
    #[inline(never)]
    pub(in crate::book) fn look_at(&self, looks: &mut Looks, sequence: u64, glance: &Glance) {
        let [near, soon, last] = [1, 2, 3].map(|n| sequence.wrapping_sub(n * APART));
        *looks.at(sequence) = self.look_far(glance);
        self.look_near(looks.at(near));
        self.look_soon(looks.at(soon));
        self.look_last(looks.at(last));
        looks.end = sequence + 1;
    }
}

impl Looks {
    /// Nothing was looked at.
    pub const fn new() -> Self {
        Self { looks: [Look::NOWHERE; PLACES], end: 0 }
    }

    #[inline]
    fn at(&mut self, sequence: u64) -> &mut Look {
        match self.looks.get_mut(index_of(low_half(sequence & PLACE_MASK))) {
            Some(look) => look,
            None => broken_invariant("a look without a place"),
        }
    }
}

impl Book<'_> {
    /// Fetches the instrument, and where the ways to the order and to the level begin.
    #[inline]
    fn look_far(&self, glance: &Glance) -> Look {
        let Glance { order, side, price, is_new, .. } = *glance;
        let (ids, prices) = (&self.orders.ids, &self.ladders.prices);
        let is_known = glance.instrument.0 < self.symbols.count();
        let instrument = InstrumentId(select(is_known, glance.instrument.0, 0));
        let ladder = LadderId::new(instrument, side);
        let id_cell = ids.place_ahead(self.orders.hash(instrument, order));
        let price_cell = prices.place_ahead(self.ladders.hash(ladder, price.0));
        let price_cell = select(is_new, price_cell, 0);
        prefetch(self.ladders.instrument_book(instrument));
        prefetch(ids.cell(id_cell));
        prefetch(prices.cell(price_cell));
        Look { id_cell, price_cell, order, ladder, price, is_new, ..Look::NOWHERE }
    }

    /// Fetches the order, or what shares its chain, and the level of a new one.
    #[inline]
    fn look_near(&self, look: &Look) {
        let (orders, ladders) = (&self.orders, &self.ladders);
        orders.pool.fetch(*orders.ids.cell(look.id_cell));
        ladders.levels.fetch(*ladders.prices.cell(look.price_cell));
    }

    /// Fetches the order's level and neighbours; or the last in the level of a new order, and the
    /// level that it may trade with. Where a chain begins with something else, fetches what comes
    /// behind it, and for a level that is to be made the way to its span.
    #[inline]
    fn look_soon(&self, look: &mut Look) {
        let (orders, ladders) = (&self.orders.pool, &self.ladders);
        let Look { order, ladder, price, is_new, .. } = *look;
        let instrument_book = ladders.instrument_book(ladder.instrument());
        let trades = instrument_book.would_trade(ladder.side(), price);
        let best = select(trades, instrument_book.best_opposite(ladder.side()), NONE);
        let first = orders.get(*self.orders.ids.cell(look.id_cell));
        let own = ladders.levels.get(*ladders.prices.cell(look.price_cell));
        let is_there = select(is_new, own.price == price.0, true);
        let span_cell =
            ladders.spans.prefixes.place_ahead(ladders.spans.lowest_hash(ladder, price.0));
        look.span_cell = select(is_there, 0, span_cell);
        look.second_order = select(first.id == order.0, NONE, first.linked());
        look.second_level = select(is_there, NONE, own.linked());
        look.level = select(is_new, best, first.level);
        prefetch(ladders.spans.prefixes.cell(look.span_cell));
        orders.fetch(look.second_order);
        ladders.levels.fetch(look.second_level);
        ladders.levels.fetch(look.level);
        orders.fetch(select(is_new, own.tail, first.prev));
        orders.fetch(select(is_new, NONE, first.next));
    }

    /// Fetches whom a new order may trade with, and what changes when the level goes, as it does
    /// with its last order. Where a chain began with something else, fetches what the look before
    /// would have.
    #[inline]
    fn look_last(&self, look: &Look) {
        let (orders, ladders) = (&self.orders.pool, &self.ladders);
        let level = ladders.levels.get(look.level);
        let goes = level.order_count == 1;
        let cell = ladders.prices.place_ahead(ladders.hash(LadderId(level.ladder), level.price));
        // By now it may have left, and what is in its slot may be no order: nothing is sure of it.
        let second = orders.get(look.second_order);
        orders.fetch(select(look.is_new, level.head, NONE));
        prefetch(ladders.prices.cell(select(goes, cell, 0)));
        ladders.spans.pool.fetch(select(goes, level.span, NONE));
        ladders.spans.pool.fetch(*ladders.spans.prefixes.cell(look.span_cell));
        ladders.levels.fetch(second.level);
        orders.fetch(second.prev);
        orders.fetch(second.next);
        orders.fetch(ladders.levels.get(look.second_level).tail);
    }
}
