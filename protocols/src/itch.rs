//! ITCH 5.0: the messages of a feed that shows every order, and the file that they are kept in.
//!
//! Every message begins with its type, then a [`Header`]. Numbers are big-endian, text is padded
//! with spaces on the right.
//!
//! A letter that decides how a book is built (side, printable, yes or no) must be one of the list.
//! Other codes are [`Open`](crate::Open): a market adds letters to them, and the message is still
//! good. A message of a type that is not listed is
//! [`CodecError::UnknownType`](crate::CodecError::UnknownType): a reader skips it.
//!
//! ```
//! use highwater_protocols::CodecError;
//! use highwater_protocols::itch::AnyMessage;
//!
//! # let bytes = b"\x7E?";
//! match AnyMessage::parse(bytes) {
//!     Ok(AnyMessage::AddOrder(add)) => println!("{} at {}", add.shares, add.price),
//!     Ok(_) => {}
//!     Err(CodecError::UnknownType(_)) => {} // of a newer version
//!     Err(error) => return Err(error),
//! }
//! # Ok::<(), CodecError>(())
//! ```

mod administrative;
mod auctions;
mod codes;
pub mod file;
mod header;
mod orders;

pub use administrative::{
    IpoQuotingPeriod, LuldAuctionCollar, MarketParticipantPosition, MwcbDeclineLevel, MwcbStatus,
    OperationalHalt, RegSho, StockDirectory, StockTradingAction, SystemEvent,
};
pub use auctions::{
    BrokenTrade, CrossTrade, DirectListing, NetOrderImbalance, RetailInterest, Trade,
};
pub use codes::{
    Authenticity, BreachedLevel, CrossType, EventCode, FinancialStatus, Flag, HaltAction,
    ImbalanceDirection, InterestFlag, IpoFlag, IpoQualifier, IssueClassification, LuldTier,
    MarketCategory, MarketCode, MarketMakerMode, ParticipantState, PriceVariation, RegShoAction,
    Side, TradingState,
};
pub use header::Header;
pub use orders::{
    AddOrder, AddOrderAttributed, OrderCancel, OrderDelete, OrderExecuted, OrderExecutedWithPrice,
    OrderReplace,
};

/// Bytes of the longest message.
pub const MESSAGE_BYTES_MAX: usize = 50;

crate::message::any_message! {
    /// Any message of the feed.
    AnyMessage {
        SystemEvent,
        StockDirectory,
        StockTradingAction,
        RegSho,
        MarketParticipantPosition,
        MwcbDeclineLevel,
        MwcbStatus,
        IpoQuotingPeriod,
        LuldAuctionCollar,
        OperationalHalt,
        AddOrder,
        AddOrderAttributed,
        OrderExecuted,
        OrderExecutedWithPrice,
        OrderCancel,
        OrderDelete,
        OrderReplace,
        Trade,
        CrossTrade,
        BrokenTrade,
        NetOrderImbalance,
        RetailInterest,
        DirectListing,
    }
}
