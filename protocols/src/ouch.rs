//! OUCH 5.0: orders to a market, and what becomes of them.
//!
//! [`Inbound`] are the messages to the market, [`Outbound`] those from it; a letter may be a type
//! of both. Numbers are big-endian, text is padded with spaces on the right. Messages may end with
//! an [`Appendage`] of optional values; an unknown, forbidden or repeated one makes the message
//! wrong. Where a message has an `Option` of an appendage, `None` leaves out its length too.
//!
//! What a market may refuse with a reason is a good message here: a quantity of 0, a price beyond
//! the limits, a symbol that nobody knows. A letter that is not listed makes a field wrong; its
//! [`View`](crate::View) can still say which order is meant:
//!
//! ```
//! use highwater_protocols::ouch::EnterOrder;
//! use highwater_protocols::{CodecError, Message, View};
//!
//! let mut bytes = [b' '; 47];
//! bytes[..6].copy_from_slice(b"O\0\0\0\x07?");
//! bytes[45..].copy_from_slice(&[0, 0]);
//! assert_eq!(EnterOrder::parse(&bytes), Err(CodecError::BadValue { field: "side" }));
//! assert_eq!(View::<EnterOrder>::new(&bytes)?.user_ref_num(), Ok(7));
//! # Ok::<(), CodecError>(())
//! ```

mod appendage;
mod codes;
mod element;
mod inbound;
mod outbound;
mod reject_reason;
pub mod tags;
mod trades;

pub use appendage::{APPENDAGE_BYTES_MAX, Appendage, Elements};
pub use codes::{
    BrokenTradeReason, CancelReason, Capacity, CrossType, CustomerType, Display, EventCode,
    LiquidityFlag, OrderState, PostOnly, PriceType, RestatedReason, Side, TimeInForce,
    TradeCorrectionReason,
};
pub use element::Element;
pub use inbound::{
    AccountQuery, CancelOrder, DisableOrderEntry, EnableOrderEntry, EnterOrder, MassCancel,
    ModifyOrder, ReplaceOrder,
};
pub use outbound::{
    AccountQueryResponse, CancelPending, CancelReject, Canceled, DisableOrderEntryResponse,
    EnableOrderEntryResponse, MassCancelResponse, OrderAccepted, OrderModified, OrderReplaced,
    OrderRestated, PriorityUpdate, Rejected, SystemEvent,
};
pub use reject_reason::RejectReason;
pub use trades::{AiqCanceled, AiqDetails, BrokenTrade, OrderExecuted, TradeCorrection};

/// Bytes of the longest message that can be: the longest fixed part and the longest appendage.
pub const MESSAGE_BYTES_MAX: usize = 66 + APPENDAGE_BYTES_MAX;

crate::message::any_message! {
    /// Any message to the market.
    Inbound {
        EnterOrder,
        ReplaceOrder,
        CancelOrder,
        ModifyOrder,
        MassCancel,
        DisableOrderEntry,
        EnableOrderEntry,
        AccountQuery,
    }
}

crate::message::any_message! {
    /// Any message from the market.
    Outbound {
        SystemEvent,
        OrderAccepted,
        OrderReplaced,
        Canceled,
        AiqCanceled,
        OrderExecuted,
        BrokenTrade,
        TradeCorrection,
        Rejected,
        CancelPending,
        CancelReject,
        PriorityUpdate,
        OrderModified,
        OrderRestated,
        MassCancelResponse,
        DisableOrderEntryResponse,
        EnableOrderEntryResponse,
        AccountQueryResponse,
    }
}
