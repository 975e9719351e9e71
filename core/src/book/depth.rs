//! Depth: what rests at each price, added up as it changes, and what a command changed of it.
//!
//! A book counts the orders of a level and does not add up their lots: that would cost each command
//! a cache line more. Who wants the sums gives a [`Depth`] to the book as a sink. It holds no order
//! and walks over none: each step of a level is an addition. Its memory is the host's, and large
//! enough for whatever the book can hold, so that it never loses track.

mod changes;
mod seen;
mod sums;

pub use changes::{Change, DepthChange, LevelChange, TopChange};
pub use seen::Ahead;

use crate::book::fault::BookFault;
use crate::book::invariant::broken_invariant;
use crate::book::store::index::{Index, cells_for};
use crate::book::store::ladder_id::LadderId;
use crate::book::store::memory::{ALIGN_BYTES, Memory, array_bytes, zero};
use crate::book::store::pool::{NONE, Pool};
use crate::book::{Book, are_possible};
use crate::event::{Event, EventSink, LevelStep};
use crate::types::{Capacities, InstrumentId, Price, Sequence, Side, index_of};
use core::fmt;
use sums::{Best, Sums};

/// The sums of every level of a book, and which of them the last command changed.
///
/// It is a sink: it is given to every command of its book from the time it is made, alone or in a
/// pair with another sink, and asked behind each.
///
/// ```
/// use highwater::book::{Book, Depth, DepthChange};
/// use highwater::command::{Action, Command, Definition, NewOrder};
/// use highwater::types::{
///     AccountId, Capacities, ClientSequence, InstrumentId, InstrumentTerms, Lots, OrderId,
///     OrderType, SessionId, Side, Symbol, Ticks, TimeInForce,
/// };
///
/// let capacities = Capacities { orders: 100, instruments: 1, sessions: 2 };
/// let mut memory = vec![0; Book::bytes_needed(capacities)];
/// let mut book = Book::new(&mut memory, capacities, 1)?;
/// let mut depth_memory = vec![0; Depth::bytes_needed(capacities)];
/// let mut depth = Depth::new(&mut depth_memory, &book, 1)?;
///
/// let symbol = Symbol::new(b"ABC").expect("a short name");
/// let terms = InstrumentTerms::OPEN;
/// let actions = [
///     (SessionId::OPERATOR, Action::DefineInstrument(Definition { symbol, terms })),
///     (
///         SessionId(1),
///         Action::New(NewOrder {
///             instrument: InstrumentId(0),
///             order: OrderId(1),
///             account: AccountId(7),
///             side: Side::Buy,
///             order_type: OrderType::Limit,
///             time_in_force: TimeInForce::GoodTillCancel,
///             price: Ticks(100),
///             quantity: Lots(5),
///             conditions: Default::default(),
///             client_bytes: Default::default(),
///         }),
///     ),
/// ];
/// let mut changes = Vec::new();
/// for (session, action) in actions {
///     let command = Command { session, client_sequence: ClientSequence(1), action };
///     book.apply(book.last_sequence().next(), &command, &mut depth);
///     depth.take_changes(&book, |change| changes.push(*change));
/// }
/// let [DepthChange::Level(level), DepthChange::Top(top)] = changes[..] else {
///     panic!("a level is new, and it is the best");
/// };
/// assert_eq!((level.visible_lots, level.order_count), (5, 1));
/// assert_eq!(top.bid, depth.best(&book, InstrumentId(0), Side::Buy));
/// # Ok::<(), highwater::book::BookFault>(())
/// ```
pub struct Depth<'m> {
    levels: Pool<'m, Sums>,
    by_price: Index<'m>,
    /// What was told of the best prices, by instrument.
    told: &'m mut [Best],
    /// The command whose changes are listed.
    sequence: Sequence,
    /// The levels that it touched, from the first on.
    first_touched: u32,
    last_touched: u32,
}

impl<'m> Depth<'m> {
    /// Bytes of memory for the depth of a book whose memory can hold these capacities, wherever the
    /// memory starts; some 108 an order, of which what is never needed is never touched.
    ///
    /// Capacities that no engine can have may give any number; a number that does not fit gives
    /// `usize::MAX`.
    pub const fn bytes_needed(capacities: Capacities) -> usize {
        let entries = levels_max(capacities);
        (ALIGN_BYTES - 1)
            .saturating_add(array_bytes::<Sums>(entries.saturating_add(1)))
            .saturating_add(array_bytes::<u32>(cells_for(entries)))
            .saturating_add(array_bytes::<Best>(index_of(capacities.instruments)))
    }

    /// The depth of `book` as it is, in `memory`, which must be all zero. Adds up every order that
    /// rests, once. `seed` spreads the hash table and changes no result.
    ///
    /// # Errors
    ///
    /// [`BookFault::TooSmall`] when the memory is too small for the book's
    /// [`memory_capacities`](Book::memory_capacities).
    pub fn new(memory: &'m mut [u8], book: &Book<'_>, seed: u64) -> Result<Self, BookFault> {
        let capacities = book.memory_capacities();
        if !are_possible(capacities) {
            return Err(BookFault::BadCapacities);
        }
        let bytes_needed = Self::bytes_needed(capacities);
        let memory = if memory.len() < bytes_needed { &mut [] } else { memory };
        let mut depth = Self::cut(Memory::new(memory), capacities, seed)
            .ok_or(BookFault::TooSmall { bytes_needed })?;
        depth.sequence = book.last_sequence();
        for instrument in (0..book.instrument_count()).map(InstrumentId) {
            for side in [Side::Buy, Side::Sell] {
                for level in book.summed_levels(instrument, side) {
                    depth.load(LadderId::new(instrument, side), &level);
                }
                depth.note_best(book, instrument, side);
            }
        }
        Ok(depth)
    }

    fn cut(mut memory: Memory<'m>, capacities: Capacities, seed: u64) -> Option<Self> {
        let entries = levels_max(capacities);
        Some(Self {
            levels: Pool::new(memory.cut(entries.checked_add(1)?)?),
            by_price: Index::new(memory.cut(cells_for(entries))?, seed),
            told: memory.cut(index_of(capacities.instruments))?,
            sequence: Sequence(0),
            first_touched: NONE,
            last_touched: NONE,
        })
    }

    /// Makes it the depth of a book that was [emptied](Book::reset).
    pub fn reset(&mut self) {
        self.levels.reset();
        self.by_price.reset();
        zero(self.told, self.told.len());
        self.sequence = Sequence(0);
        (self.first_touched, self.last_touched) = (NONE, NONE);
    }

    /// The sums at a price.
    fn find(&self, ladder: LadderId, price: Price) -> Option<&Sums> {
        let slot = self.slot_of(self.hash(ladder, price), ladder, price)?;
        Some(self.levels.get(slot)).filter(|sums| sums.order_count > 0)
    }

    fn hash(&self, ladder: LadderId, price: Price) -> u32 {
        self.by_price.hash(u64::from(ladder.0), u64::from(price.ticks()))
    }

    fn slot_of(&self, hash: u32, ladder: LadderId, price: Price) -> Option<u32> {
        let is_it = |sums: &Sums| sums.price == price.ticks() && sums.ladder == ladder.0;
        self.by_price.find(&self.levels, hash, is_it)
    }

    fn find_or_add(&mut self, ladder: LadderId, price: Price) -> u32 {
        let hash = self.hash(ladder, price);
        if let Some(slot) = self.slot_of(hash, ladder, price) {
            return slot;
        }
        let slot = self.levels.insert(Sums::new(ladder, price));
        self.by_price.insert(&mut self.levels, hash, slot);
        slot
    }

    /// Puts a level on the list of what the command changes, unless it is there.
    fn touch(&mut self, slot: u32) {
        let sums = self.levels.get_mut(slot);
        if sums.is_touched != 0 {
            return;
        }
        sums.touch();
        let before = core::mem::replace(&mut self.last_touched, slot);
        if before == NONE {
            self.first_touched = slot;
        } else {
            self.levels.get_mut(before).next_touched = slot;
        }
    }

    /// The command `sequence` begins: what the one before changed is forgotten.
    fn begin(&mut self, sequence: Sequence) {
        if sequence != self.sequence {
            self.forget_changes();
            self.sequence = sequence;
        }
    }

    /// Empties the list, and lets the levels go at which nothing rests any more.
    fn forget_changes(&mut self) {
        let mut slot = core::mem::replace(&mut self.first_touched, NONE);
        self.last_touched = NONE;
        while slot != NONE {
            let sums = self.levels.get_mut(slot);
            let next = core::mem::replace(&mut sums.next_touched, NONE);
            sums.is_touched = 0;
            if sums.order_count == 0 {
                let (ladder, price) = (LadderId(sums.ladder), sums.valid_price());
                let hash = self.hash(ladder, price);
                self.by_price.remove(&mut self.levels, hash, slot);
                self.levels.remove(slot);
            }
            slot = next;
        }
    }

    fn told_mut(&mut self, instrument: InstrumentId) -> &mut Best {
        match self.told.get_mut(index_of(instrument.0)) {
            Some(told) => told,
            None => broken_invariant("an instrument without depth"),
        }
    }
}

impl EventSink for Depth<'_> {
    #[inline]
    fn event(&mut self, event: &Event) {
        self.begin(event.sequence);
    }

    #[inline]
    fn wants_levels(&self) -> bool {
        true
    }

    fn level(&mut self, step: &LevelStep) {
        self.begin(step.sequence);
        let slot = self.find_or_add(LadderId::new(step.instrument, step.side), step.price);
        self.touch(slot);
        self.levels.get_mut(slot).take(step);
    }
}

/// Levels that may be in use or on the list at one time: each order has been in one before the
/// command, or comes into one by it, and so does the order that it brings.
const fn levels_max(capacities: Capacities) -> usize {
    index_of(capacities.orders).saturating_add(1)
}

impl fmt::Debug for Depth<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Depth")
            .field("sequence", &self.sequence)
            .field("levels", &self.levels.live())
            .finish_non_exhaustive()
    }
}
