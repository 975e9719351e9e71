//! What the protocols cannot express: why a log has no streams.

use highwater::types::{InstrumentId, OrderId, PriceDecimals, Sequence, Symbol, Ticks};
use std::fmt;
use thiserror::Error;

/// What a log holds that the protocols have no room for. Nothing of the command is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublishFault {
    /// The command.
    pub sequence: Sequence,
    /// What does not fit.
    pub what: Unfit,
}

/// What a protocol has room for, or why it has none: boxed, because it is made for every event and
/// a pointer is returned in a register.
pub(crate) type Fit<T = ()> = Result<T, Box<Unfit>>;

/// What does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unfit {
    /// A symbol has 8 characters.
    #[error("instrument {} has the symbol '{symbol}', and ITCH and OUCH have room for 8 characters", .instrument.0)]
    Symbol {
        /// The instrument.
        instrument: InstrumentId,
        /// Its symbol.
        symbol: Symbol,
    },
    /// A locate has 16 bits.
    #[error("instrument {} is beyond number 65,533, the last that ITCH has a number for", .0.0)]
    Instrument(InstrumentId),
    /// A price has 4 decimals, and 32 bits in ITCH.
    #[error(
        "instrument '{symbol}' has the price {}, and {protocol} has room for 4 decimals and prices \
         up to {most}",
        .decimals.price(*.price)
    )]
    Price {
        /// The instrument.
        symbol: Symbol,
        /// The price, in its ticks.
        price: Ticks,
        /// How many decimals its prices have.
        decimals: PriceDecimals,
        /// Which protocol.
        protocol: Protocol,
        /// The highest price that it has room for.
        most: &'static str,
    },
    /// A quantity has 32 bits.
    #[error(
        "instrument '{symbol}' has an order or trade of {lots} lots, and {protocol} has room for 4,294,967,295"
    )]
    Quantity {
        /// The instrument.
        symbol: Symbol,
        /// The quantity, in lots.
        lots: u64,
        /// Which protocol.
        protocol: Protocol,
    },
    /// A user reference number has 32 bits.
    #[error(
        "order {} is neither a number below 4,294,967,296 nor 'session << 32 | number', so OUCH \
         has no number for it",
        .0.0
    )]
    OrderId(OrderId),
}

/// Who has no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// The feed.
    Itch,
    /// The answers.
    Ouch,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Itch => "ITCH",
            Self::Ouch => "OUCH",
        })
    }
}

impl fmt::Display for PublishFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sequence, what } = self;
        write!(f, "the command with sequence {sequence} cannot be published: {what}")
    }
}

impl std::error::Error for PublishFault {}
