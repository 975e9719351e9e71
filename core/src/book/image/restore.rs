//! Restoring a book from its image: every value is judged before it gets in, and everything gets in
//! by the book's own structures.

use super::entry::{Entry, InstrumentEntry, ReadOrder, SessionEntry, read_entry};
use super::{ImageCounts, ImageFault, ImageHead};
use crate::book::Book;
use crate::book::rules::entry::check_price;
use crate::book::store::ladder::LevelLimits;
use crate::book::store::ladder_id::LadderId;
use crate::command::Definition;
use crate::types::{InstrumentId, OrderId, Phase, Price, SessionId, Side, Ticks};

/// A book on its way back from its image.
pub(crate) struct Restoration<'m> {
    book: Book<'m>,
    head: ImageHead,
    /// The number after the last session's that came.
    session_end: u32,
    /// Where the last order stands in the order of its instrument's orders.
    last_place: (u32, u32),
}

impl<'m> Restoration<'m> {
    /// Begins with an empty book.
    ///
    /// # Errors
    /// [`ImageFault::Head`] and [`ImageFault::NeedsCapacities`].
    ///
    /// # Panics
    /// When the book is not empty.
    pub(crate) fn new(mut book: Book<'m>, head: &ImageHead) -> Result<Self, ImageFault> {
        let is_empty =
            book.last_sequence.0 == 0 && book.image_head().counts == ImageCounts::default();
        assert!(is_empty, "an image is restored into an empty book");
        if !head.is_possible() {
            return Err(ImageFault::Head);
        }
        if !book.fits(head.needs()) {
            return Err(ImageFault::NeedsCapacities(head.needs()));
        }
        book.clock_ns = head.clock_ns;
        Ok(Self { book, head: *head, session_end: 0, last_place: (0, 0) })
    }

    /// Takes the next entries: all of `bytes`.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub(crate) fn take(&mut self, mut bytes: &[u8]) -> Result<(), ImageFault> {
        while !bytes.is_empty() {
            let (entry, length) = read_entry(bytes)?;
            match entry {
                Entry::Session(session) => self.session(session)?,
                Entry::Instrument(instrument) => self.instrument(&instrument)?,
                Entry::Order(order) => self.order(&order)?,
            }
            bytes = bytes.get(length..).unwrap_or_default();
        }
        Ok(())
    }

    /// The book, once all entries were taken.
    ///
    /// # Errors
    /// What is wrong with all of them together.
    pub(crate) fn finish(mut self) -> Result<Book<'m>, ImageFault> {
        self.check_instrument()?;
        let ImageHead { capacities, last_sequence, running_hash, flow, .. } = self.head;
        self.book.set_capacities(capacities);
        self.book.last_sequence = last_sequence;
        self.book.running_hash = running_hash;
        self.book.flow = flow;
        if self.book.image_head() == self.head { Ok(self.book) } else { Err(ImageFault::Counts) }
    }

    fn session(&mut self, entry: SessionEntry) -> Result<(), ImageFault> {
        let session = entry.session();
        let number = u32::from(session.0);
        if self.book.symbols.count() > 0 || number < self.session_end {
            return Err(ImageFault::Misplaced);
        }
        let (last, open_orders_max) = (entry.last(), entry.open_orders_max());
        let is_known = last.0 > 0 || open_orders_max < u32::MAX;
        if !is_known || number >= self.book.memory_capacities.sessions {
            return Err(ImageFault::Session(session));
        }
        self.book.sessions.restore(session, last, open_orders_max);
        self.session_end = number + 1;
        Ok(())
    }

    fn instrument(&mut self, entry: &InstrumentEntry) -> Result<(), ImageFault> {
        self.check_instrument()?;
        let bad_instrument = ImageFault::Instrument(InstrumentId(self.book.symbols.count()));
        if self.book.symbols.count() >= self.book.memory_capacities.instruments {
            return Err(ImageFault::Counts);
        }
        let (Some(symbol), Some(phase), Some(is_halted)) =
            (entry.symbol(), entry.phase(), entry.is_halted())
        else {
            return Err(bad_instrument);
        };
        let (terms, last_trade) = (entry.terms(), entry.last_trade());
        let is_known = self.book.symbols.find(symbol).is_some();
        if is_known || !terms.are_possible() {
            return Err(bad_instrument);
        }
        if last_trade.0 != 0 && check_price(last_trade, &terms).is_err() {
            return Err(bad_instrument);
        }
        let instrument = self.book.add_instrument(&Definition { symbol, terms });
        let instrument_book = self.book.ladders.instrument_book_mut(instrument);
        instrument_book.last_trade = last_trade.0;
        instrument_book.gate.set_phase(phase);
        if is_halted {
            instrument_book.gate.halt();
        }
        self.last_place = (0, 0);
        Ok(())
    }

    /// Checks the last instrument, whose orders have all come.
    fn check_instrument(&self) -> Result<(), ImageFault> {
        let Some(instrument) = self.last_instrument() else { return Ok(()) };
        let gate = self.book.ladders.instrument_book(instrument).gate;
        let best = |side| self.book.best(instrument, side);
        if gate.phase() != Phase::Auction
            && let (Some(bid), Some(ask)) = (best(Side::Buy), best(Side::Sell))
            && bid >= ask
        {
            return Err(ImageFault::Crossed(instrument));
        }
        let is_elected = |last| {
            [Side::Buy, Side::Sell]
                .iter()
                .any(|side| self.book.elected(instrument, *side, last).is_some())
        };
        if gate.is_trading() && self.book.last_trade(instrument).is_some_and(is_elected) {
            return Err(ImageFault::Triggered(instrument));
        }
        Ok(())
    }

    fn last_instrument(&self) -> Option<InstrumentId> {
        self.book.symbols.count().checked_sub(1).map(InstrumentId)
    }

    fn order(&mut self, read: &ReadOrder) -> Result<(), ImageFault> {
        let instrument = self.last_instrument().ok_or(ImageFault::Misplaced)?;
        let (id, bad_order) = (OrderId(read.id), ImageFault::Order(instrument, OrderId(read.id)));
        let ladder = LadderId::in_instrument(instrument, read.ladder).ok_or(bad_order)?;
        let price = Price::new(Ticks(read.price)).ok_or(bad_order)?;
        let terms = self.book.terms_of(instrument);
        let hash = self.book.orders.hash(instrument, id);
        let is_known = self.book.sessions.last(SessionId(read.session)).0 > 0;
        if !read.is_possible(ladder, &terms, self.book.clock_ns)
            || !is_known
            || self.book.orders.find_hashed(hash, instrument, id).is_some()
        {
            return Err(bad_order);
        }
        let place = place_of(ladder, price);
        if place < self.last_place {
            return Err(ImageFault::Misplaced);
        }
        self.last_place = place;
        self.check_room(ladder, price, 1 + u32::from(read.extra.is_some()))?;
        let slot = self.book.join(hash, read.as_open(ladder), price);
        if let Some(extra) = read.extra {
            self.book.attach(slot, extra);
        }
        Ok(())
    }

    /// Whether the memory has places for one more order, and a level for it: it has, unless the
    /// head promised less than comes.
    fn check_room(&self, ladder: LadderId, price: Price, places: u32) -> Result<(), ImageFault> {
        let Book { orders, ladders, memory_capacities, .. } = &self.book;
        let limits = LevelLimits::of(*memory_capacities);
        let has_room = orders.pool.live() + places <= memory_capacities.orders
            && ladders.has_room(ladder, price.ticks(), None, limits);
        if has_room { Ok(()) } else { Err(ImageFault::Counts) }
    }
}

/// Where an order stands in the order of its instrument's orders: bids, asks, stops; bids and asks
/// by price.
fn place_of(ladder: LadderId, price: Price) -> (u32, u32) {
    match (ladder.is_of_stops(), ladder.side()) {
        (false, Side::Buy) => (0, !price.ticks()),
        (false, Side::Sell) => (1, price.ticks()),
        (true, _) => (2, 0),
    }
}
