//! Why an image is not that of a book.

use crate::types::{Capacities, InstrumentId, OrderId, SessionId};
use core::fmt;

/// Why an image is not that of a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageFault {
    /// The head is none that a book can have.
    Head,
    /// The book's memory is too small: it takes these capacities at least.
    NeedsCapacities(Capacities),
    /// Bytes that are no entry, or only the beginning of one.
    Entry,
    /// An entry stands where it does not belong: a session behind an instrument, an order before
    /// the one that trades before it.
    Misplaced,
    /// A session with a value that none can have.
    Session(SessionId),
    /// An instrument with a value that none can have, or with the symbol of another.
    Instrument(InstrumentId),
    /// An order with a value that none can have, or with the id of another.
    Order(InstrumentId, OrderId),
    /// An instrument whose bids and asks would have traded.
    Crossed(InstrumentId),
    /// An instrument with a stop that its last trade would have triggered.
    Triggered(InstrumentId),
    /// There is more or less than the head says.
    Counts,
}

impl fmt::Display for ImageFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head => f.write_str("its head is none that a book can have"),
            Self::NeedsCapacities(capacities) => write!(
                f,
                "it needs room for {} orders, {} instruments and {} sessions",
                capacities.orders, capacities.instruments, capacities.sessions
            ),
            Self::Entry => f.write_str("an entry is cut off or of no known kind"),
            Self::Misplaced => f.write_str("an entry stands where it does not belong"),
            Self::Session(session) => write!(f, "session {session} is as no session can be"),
            Self::Instrument(instrument) => {
                write!(f, "instrument {instrument} is as no instrument can be")
            }
            Self::Order(instrument, order) => {
                write!(f, "order {order} of instrument {instrument} is as no order can be")
            }
            Self::Crossed(instrument) => write!(f, "instrument {instrument} is crossed"),
            Self::Triggered(instrument) => {
                write!(f, "a stop of instrument {instrument} should have been triggered")
            }
            Self::Counts => f.write_str("it holds more or less than its head says"),
        }
    }
}

impl core::error::Error for ImageFault {}
