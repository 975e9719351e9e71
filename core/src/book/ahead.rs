//! Looking ahead: has the processor fetch what commands that wait will need, so that a large book
//! is as near as a small one.
//!
//! Nothing here changes the book, and nothing depends on it: a command that is looked at may be
//! rejected, or never come.

use super::Book;
use super::ladder::{LadderId, Ladders, Level};
use super::matching::reaches;
use crate::command::{Action, Command};
use crate::prefetch::prefetch;
use crate::types::{InstrumentId, OrderId, Price, Side, Ticks, index_of};
use core::borrow::Borrow;

/// How long a command has still to wait: each look fetches what the one before has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ahead {
    /// It is far away: fetches its instrument, and where the ways to its order and its level begin.
    Far,
    /// It is nearer: fetches its order; when it is new, its level.
    Near,
    /// It is soon to come: fetches its order's level and neighbours, or what it may trade with.
    Soon,
    /// It is among the next: fetches what changes when a level goes, and whom it may trade with.
    Next,
}

/// The looks that are worth their price in a large book, each with how many commands ahead it is
/// best taken.
pub(super) const AHEAD: [(usize, Ahead); 4] =
    [(16, Ahead::Far), (12, Ahead::Near), (8, Ahead::Soon), (4, Ahead::Next)];

/// Open orders from which on a book is larger than what a processor core keeps near: 2 MiB.
const LARGE_ORDERS: u32 = 1 << 15;

impl Book<'_> {
    /// Has the processor fetch what the commands that wait will need; `waiting` tells which one is
    /// so many behind the next. Looks at nothing that they say as true or possible, and costs a few
    /// nanoseconds a command.
    ///
    /// In a small book everything is at hand, and a look costs more than it finds: there nobody is
    /// asked.
    #[inline]
    pub fn look_ahead<C: Borrow<Command>>(&self, waiting: impl FnMut(usize) -> Option<C>) {
        if self.is_large() {
            self.look_at_each(waiting);
        }
    }

    /// Apart, so that it takes no room where a small book is worked on.
    #[inline(never)]
    fn look_at_each<C: Borrow<Command>>(&self, mut waiting: impl FnMut(usize) -> Option<C>) {
        for (distance, ahead) in AHEAD {
            if let Some(command) = waiting(distance) {
                self.look_at(command.borrow(), ahead);
            }
        }
    }

    /// Whether looking ahead pays.
    #[inline]
    pub(super) fn is_large(&self) -> bool {
        self.orders.pool.live() >= LARGE_ORDERS
    }

    #[inline]
    pub(super) fn look_at(&self, command: &Command, ahead: Ahead) {
        match &command.action {
            Action::New(new) => {
                let order = (new.instrument, new.order);
                self.look_at_new(order, (new.side, new.price), ahead);
            }
            Action::Cancel { instrument, order, .. } | Action::Reduce { instrument, order, .. } => {
                self.look_at_open((*instrument, *order), ahead);
            }
            Action::Replace(replace) => {
                self.look_at_open((replace.instrument, replace.order), ahead);
            }
            Action::MassCancel(_)
            | Action::DefineInstrument(_)
            | Action::SetBand { .. }
            | Action::Control { .. }
            | Action::Clock { .. }
            | Action::EndOfDay
            | Action::LimitSession { .. }
            | Action::BindFlow(_)
            | Action::Configure(_) => {}
        }
    }

    #[inline]
    fn look_at_open(&self, (instrument, id): (InstrumentId, OrderId), ahead: Ahead) {
        let head = self.orders.ids.head(self.orders.hash(instrument, id));
        if ahead == Ahead::Far {
            self.look_at_market(instrument);
            return prefetch(head);
        }
        let order = self.orders.pool.get(*head);
        match ahead {
            Ahead::Far | Ahead::Near => prefetch(order),
            Ahead::Soon => {
                prefetch(self.ladders.levels.get(order.level));
                prefetch(self.orders.pool.get(order.prev));
                prefetch(self.orders.pool.get(order.next));
            }
            Ahead::Next => self.ladders.look_at_level(order.level),
        }
    }

    #[inline]
    fn look_at_new(
        &self,
        (instrument, id): (InstrumentId, OrderId),
        (side, price): (Side, Ticks),
        ahead: Ahead,
    ) {
        let ladder = LadderId::new(instrument, side);
        match ahead {
            Ahead::Far => {
                self.look_at_market(instrument);
                prefetch(self.orders.ids.head(self.orders.hash(instrument, id)));
                self.ladders.look_for_level(ladder, price.0);
            }
            Ahead::Near => self.ladders.look_at_place(ladder, price.0),
            Ahead::Soon => {
                let level = self.ladders.first_of_chain(ladder, price.0);
                prefetch(self.orders.pool.get(level.tail));
                if let Some(best) = self.level_ahead(instrument, side, price) {
                    prefetch(self.ladders.levels.get(best));
                }
            }
            Ahead::Next => {
                if let Some(best) = self.level_ahead(instrument, side, price) {
                    let maker = self.ladders.levels.get(best).head;
                    prefetch(self.orders.pool.get(maker));
                }
            }
        }
    }

    /// The level that an order would trade with now.
    #[inline]
    fn level_ahead(&self, instrument: InstrumentId, side: Side, price: Ticks) -> Option<u32> {
        if instrument.0 >= self.symbols.count() {
            return None;
        }
        let (level, best) = self.best_opposite(instrument, side)?;
        reaches(side, Price::new(price)?, best).then_some(level)
    }

    #[inline]
    fn look_at_market(&self, instrument: InstrumentId) {
        if let Some(market) = self.ladders.markets.get(index_of(instrument.0)) {
            prefetch(market);
        }
    }
}

impl Ladders<'_> {
    /// Fetches where the ways to the level of a price and to its span begin.
    #[inline]
    fn look_for_level(&self, ladder: LadderId, price: u32) {
        prefetch(self.head(ladder, price));
        prefetch(self.spans.head(ladder, price));
    }

    /// Fetches the level of a price and its span, as they most likely are.
    #[inline]
    fn look_at_place(&self, ladder: LadderId, price: u32) {
        prefetch(self.first_of_chain(ladder, price));
        prefetch(self.spans.pool.get(*self.spans.head(ladder, price)));
    }

    /// The level of a price, or one that shares its chain, or slot 0, which is none.
    #[inline]
    fn first_of_chain(&self, ladder: LadderId, price: u32) -> &Level {
        self.levels.get(*self.head(ladder, price))
    }

    /// Fetches what changes when a level goes: it does when its last order leaves.
    #[inline]
    fn look_at_level(&self, slot: u32) {
        let level = self.levels.get(slot);
        if level.order_count == 1 {
            prefetch(self.head(LadderId(level.ladder), level.price));
            prefetch(self.spans.pool.get(level.span));
        }
    }
}
