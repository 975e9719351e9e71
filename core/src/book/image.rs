//! The image of a book: its whole state as a stream of small entries, and the way back.
//!
//! The image is canonical, like the state hash, and holds what that covers: two books that answer
//! every command alike have the same one, byte for byte. It names no slots, seeds or sizes of
//! memory. The number of times that orders have joined queues is not in it either: only its order
//! matters, and that is the order of the stream.
//!
//! First come the sessions, by number; then every instrument, by number, each with its bids from
//! the best price to the worst, first come first, its asks, and its stops as they came.

mod entry;
mod fault;
mod order;
mod restore;

pub use fault::ImageFault;
pub(crate) use restore::Restoration;

use super::invariant::broken_invariant;
use super::store::ladder_id::LadderId;
use super::store::span::orders_for_spans;
use super::{Book, are_possible};
use crate::command::FlowIdentity;
use crate::limits::{CLOCK_NS_MAX, SEQUENCE_MAX};
use crate::types::{Capacities, InstrumentId, Sequence, SessionId, Side};
use bytemuck::bytes_of;
use entry::{ConditionalEntry, InstrumentEntry, OrderEntry, SessionEntry};

/// Bytes of the longest entry.
pub(crate) const IMAGE_ENTRY_BYTES_MAX: usize = size_of::<ConditionalEntry>();

/// What stands before the entries: all of a book that there is once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageHead {
    /// How much the book may hold.
    pub capacities: Capacities,
    /// The engine's clock, in nanoseconds; 0 before the first Clock command.
    pub clock_ns: u64,
    /// The sequence of the last command that was applied.
    pub last_sequence: Sequence,
    /// The hash of every event so far.
    pub running_hash: u64,
    /// The flow that the log belongs to.
    pub flow: Option<FlowIdentity>,
    /// How much the book holds.
    pub counts: ImageCounts,
}

/// How much a book holds, and so how much its image does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImageCounts {
    /// Sessions that sent something or have a limit.
    pub sessions: u32,
    /// The number after the highest of these sessions'.
    pub session_end: u32,
    /// Instruments that are defined.
    pub instruments: u32,
    /// Orders that are open, those of waiting stops too.
    pub orders: u32,
    /// Places that they take: an iceberg, one that expires and a stop that waits take two.
    pub places: u32,
    /// Spans of prices that they use.
    pub spans: u32,
}

impl ImageHead {
    /// Capacities of the smallest memory that certainly holds the book.
    ///
    /// They may be larger than [`capacities`](Self::capacities), because a `Configure` to less than
    /// there is drops nothing.
    pub const fn needs(&self) -> Capacities {
        let Self { capacities, counts, .. } = self;
        let instruments = larger(capacities.instruments, counts.instruments);
        let for_spans = orders_for_spans(counts.spans, instruments);
        Capacities {
            orders: larger(capacities.orders, larger(counts.places, for_spans)),
            instruments,
            sessions: larger(capacities.sessions, counts.session_end),
        }
    }

    /// Whether any book can have this head.
    pub(crate) const fn is_possible(&self) -> bool {
        let ImageCounts { sessions, session_end, orders, places, .. } = self.counts;
        are_possible(self.capacities)
            && are_possible(self.needs())
            && sessions <= session_end
            && orders <= places
            && self.clock_ns <= CLOCK_NS_MAX
            && self.last_sequence.0 <= SEQUENCE_MAX
    }
}

const fn larger(one: u32, other: u32) -> u32 {
    if one > other { one } else { other }
}

impl Book<'_> {
    /// What stands before the entries of the book's image. Takes a walk over the sessions.
    pub fn image_head(&self) -> ImageHead {
        let (mut sessions, mut session_end) = (0, 0);
        for (SessionId(session), _, _) in self.sessions.known() {
            (sessions, session_end) = (sessions + 1, u32::from(session) + 1);
        }
        ImageHead {
            capacities: self.capacities,
            clock_ns: self.clock_ns,
            last_sequence: self.last_sequence,
            running_hash: self.running_hash,
            flow: self.flow,
            counts: ImageCounts {
                sessions,
                session_end,
                instruments: self.symbols.count(),
                orders: self.open_order_count(),
                places: self.orders.pool.live(),
                spans: self.ladders.spans.live,
            },
        }
    }

    /// Hands the entries of the book's image to `write`, one at a time, in their order.
    pub(crate) fn write_image<E>(
        &self,
        write: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        for (session, last, open_orders_max) in self.sessions.known() {
            write(bytes_of(&SessionEntry::new(session, last, open_orders_max)))?;
        }
        for instrument in (0..self.symbols.count()).map(InstrumentId) {
            self.write_instrument(instrument, write)?;
        }
        Ok(())
    }

    fn write_instrument<E>(
        &self,
        instrument: InstrumentId,
        write: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(symbol) = self.symbol(instrument) else {
            broken_invariant("an instrument without a symbol")
        };
        let instrument_book = self.ladders.instrument_book(instrument);
        let terms = self.terms_of(instrument);
        write(bytes_of(&InstrumentEntry::new(symbol, &terms, instrument_book)))?;
        for side in [Side::Buy, Side::Sell] {
            for level in self.raw_levels(LadderId::new(instrument, side)) {
                self.slots(level.head).try_for_each(|slot| self.write_order(slot, write))?;
            }
        }
        self.stop_slots(instrument).try_for_each(|slot| self.write_order(slot, write))
    }

    fn write_order<E>(
        &self,
        slot: u32,
        write: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let order = self.orders.pool.get(slot);
        let price = self.ladders.level(order.level).price;
        if order.extra == super::store::pool::NONE {
            return write(bytes_of(&OrderEntry::new(order, price)));
        }
        let extra = self.orders.extra(order.extra);
        write(bytes_of(&ConditionalEntry::new(order, price, extra)))
    }
}
