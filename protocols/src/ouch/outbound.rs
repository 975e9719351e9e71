//! Messages from the market about orders and requests; those about trades are in `trades`.

use super::appendage::Appendage;
use super::codes::{
    CancelReason, Capacity, CrossType, Display, EventCode, OrderState, RestatedReason, Side,
    TimeInForce,
};
use super::reject_reason::RejectReason;
use super::tags;
use crate::alpha::Alpha;
use crate::code::{Open, YesNo};
use crate::message::messages;
use crate::price::WidePrice4;
use crate::time::Time64;

messages! {
    /// The day begins or ends.
    SystemEvent: b'S', 10 {
        /// When, in nanoseconds since midnight.
        timestamp: Time64 = 1,
        /// Which of them.
        event_code: Open<EventCode> = 9,
    }

    /// An order was accepted.
    OrderAccepted: b'A', 62 {
        /// When, in nanoseconds since midnight.
        timestamp: Time64 = 1,
        /// The order's number.
        user_ref_num: u32 = 9,
        /// Its side.
        side: Side = 13,
        /// Shares.
        quantity: u32 = 14,
        /// The stock's symbol.
        symbol: Alpha<8> = 18,
        /// The price, in 0.0001.
        price: WidePrice4 = 26,
        /// How long it lives.
        time_in_force: TimeInForce = 34,
        /// How it is shown.
        display: Display = 35,
        /// The market's number of the order, that of its feed.
        order_reference: u64 = 36,
        /// For whom the participant acts.
        capacity: Capacity = 44,
        /// Whether it is a part of a sweep of all markets (ISO).
        is_sweep: YesNo = 45,
        /// When it may trade.
        cross_type: CrossType = 46,
        /// Whether it lives.
        state: OrderState = 47,
        /// The user's own words.
        cl_ord_id: Alpha<14> = 48,
        ;
        /// Optional values.
        appendage: Appendage<{ tags::ORDER_ACCEPTED }>
    }

    /// An order was replaced.
    OrderReplaced: b'U', 66 {
        /// When, in nanoseconds since midnight.
        timestamp: Time64 = 1,
        /// The number of the order that left.
        orig_user_ref_num: u32 = 9,
        /// The number of the order that came.
        user_ref_num: u32 = 13,
        /// Its side.
        side: Side = 17,
        /// Shares that it has open.
        quantity: u32 = 18,
        /// The stock's symbol.
        symbol: Alpha<8> = 22,
        /// The price, in 0.0001.
        price: WidePrice4 = 30,
        /// How long it lives.
        time_in_force: TimeInForce = 38,
        /// How it is shown.
        display: Display = 39,
        /// The market's number of the order that came.
        order_reference: u64 = 40,
        /// For whom the participant acts.
        capacity: Capacity = 48,
        /// Whether it is a part of a sweep of all markets (ISO).
        is_sweep: YesNo = 49,
        /// When it may trade.
        cross_type: CrossType = 50,
        /// Whether it lives.
        state: OrderState = 51,
        /// The user's own words.
        cl_ord_id: Alpha<14> = 52,
        ;
        /// Optional values.
        appendage: Appendage<{ tags::ORDER_REPLACED }>
    }

    /// An order was canceled, or became smaller.
    Canceled: b'C', 18 {
        /// When, in nanoseconds since midnight.
        timestamp: Time64 = 1,
        /// The order's number.
        user_ref_num: u32 = 9,
        /// Shares that were taken off now.
        quantity: u32 = 13,
        /// Why.
        reason: Open<CancelReason> = 17,
        ;
        /// The channel.
        appendage: Option<Appendage<{ tags::CHANNEL }>>
    }

    /// An order was rejected; its number is used up.
    Rejected: b'J', 29 {
        /// When, in nanoseconds since midnight.
        timestamp: Time64 = 1,
        /// The order's number.
        user_ref_num: u32 = 9,
        /// Why.
        reason: Open<RejectReason> = 13,
        /// The user's own words.
        cl_ord_id: Alpha<14> = 15,
        ;
        /// The channel.
        appendage: Option<Appendage<{ tags::CHANNEL }>>
    }

    /// A cancel waits until the order's auction is over.
    CancelPending: b'P', 13 {
        /// When, in nanoseconds since midnight.
        timestamp: Time64 = 1,
        /// The order's number.
        user_ref_num: u32 = 9,
        ;
        /// The channel.
        appendage: Option<Appendage<{ tags::CHANNEL }>>
    }

    /// A cancel of an order for an auction was rejected.
    CancelReject: b'I', 13 {
        /// When, in nanoseconds since midnight.
        timestamp: Time64 = 1,
        /// The order's number.
        user_ref_num: u32 = 9,
        ;
        /// The channel.
        appendage: Option<Appendage<{ tags::CHANNEL }>>
    }

    /// An order has another place in the book.
    PriorityUpdate: b'T', 30 {
        /// When, in nanoseconds since midnight.
        timestamp: Time64 = 1,
        /// The order's number.
        user_ref_num: u32 = 9,
        /// The price, in 0.0001.
        price: WidePrice4 = 13,
        /// How it is shown.
        display: Display = 21,
        /// The market's new number of the order.
        order_reference: u64 = 22,
        ;
        /// The channel.
        appendage: Option<Appendage<{ tags::CHANNEL }>>
    }

    /// An order was modified.
    OrderModified: b'M', 18 {
        /// When, in nanoseconds since midnight.
        timestamp: Time64 = 1,
        /// The order's number.
        user_ref_num: u32 = 9,
        /// The side with its new marking.
        side: Side = 13,
        /// Shares that it has open.
        quantity: u32 = 14,
        ;
        /// The channel.
        appendage: Option<Appendage<{ tags::CHANNEL }>>
    }

    /// An order is described again, because the system changed it.
    OrderRestated: b'R', 14 {
        /// When, in nanoseconds since midnight.
        timestamp: Time64 = 1,
        /// The order's number.
        user_ref_num: u32 = 9,
        /// Why.
        reason: Open<RestatedReason> = 13,
        ;
        /// What changed.
        appendage: Appendage<{ tags::ORDER_RESTATED }>
    }

    /// Many orders are being canceled: a [`Canceled`] for each follows.
    MassCancelResponse: b'X', 25 {
        /// When, in nanoseconds since midnight.
        timestamp: Time64 = 1,
        /// The number of the request.
        user_ref_num: u32 = 9,
        /// The firm.
        firm: Alpha<4> = 13,
        /// The symbol; blank for all.
        symbol: Alpha<8> = 17,
        ;
        /// Which of them.
        appendage: Appendage<{ tags::MASS_CANCEL }>
    }

    /// No more orders of a firm can be entered.
    DisableOrderEntryResponse: b'G', 17 {
        /// When, in nanoseconds since midnight.
        timestamp: Time64 = 1,
        /// The number of the request.
        user_ref_num: u32 = 9,
        /// The firm.
        firm: Alpha<4> = 13,
        ;
        /// The channel.
        appendage: Appendage<{ tags::CHANNEL }>
    }

    /// Orders of a firm can be entered again.
    EnableOrderEntryResponse: b'K', 17 {
        /// When, in nanoseconds since midnight.
        timestamp: Time64 = 1,
        /// The number of the request.
        user_ref_num: u32 = 9,
        /// The firm.
        firm: Alpha<4> = 13,
        ;
        /// The channel.
        appendage: Appendage<{ tags::CHANNEL }>
    }

    /// The next number that is taken.
    AccountQueryResponse: b'Q', 13 {
        /// When, in nanoseconds since midnight.
        timestamp: Time64 = 1,
        /// That number.
        next_user_ref_num: u32 = 9,
        ;
        /// The channel.
        appendage: Option<Appendage<{ tags::CHANNEL }>>
    }
}
