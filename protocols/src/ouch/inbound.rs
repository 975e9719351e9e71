//! Messages to the market.

use super::appendage::Appendage;
use super::codes::{Capacity, CrossType, Display, Side, TimeInForce};
use super::tags;
use crate::alpha::Alpha;
use crate::code::YesNo;
use crate::message::messages;
use crate::price::WidePrice4;

messages! {
    /// Enters an order.
    EnterOrder: b'O', 45 {
        /// The user's number of the order: larger than every one before it today.
        user_ref_num: u32 = 1,
        /// Its side.
        side: Side = 5,
        /// Shares.
        quantity: u32 = 6,
        /// The stock's symbol.
        symbol: Alpha<8> = 10,
        /// The price, in 0.0001; [`WidePrice4::MARKET`] for a market order.
        price: WidePrice4 = 18,
        /// How long it lives.
        time_in_force: TimeInForce = 26,
        /// How it is shown.
        display: Display = 27,
        /// For whom the participant acts.
        capacity: Capacity = 28,
        /// Whether it is a part of a sweep of all markets (ISO).
        is_sweep: YesNo = 29,
        /// When it may trade.
        cross_type: CrossType = 30,
        /// The user's own words, which come back.
        cl_ord_id: Alpha<14> = 31,
        ;
        /// Optional values.
        appendage: Appendage<{ tags::ENTER_ORDER }>
    }

    /// Replaces an order by a new one, which goes behind the others.
    ReplaceOrder: b'U', 38 {
        /// The number of the order that leaves.
        orig_user_ref_num: u32 = 1,
        /// The number of the order that comes.
        user_ref_num: u32 = 5,
        /// Shares of the whole chain of replaced orders, those that have traded included.
        quantity: u32 = 9,
        /// The price, in 0.0001; [`WidePrice4::MARKET`] for a market order.
        price: WidePrice4 = 13,
        /// How long it lives.
        time_in_force: TimeInForce = 21,
        /// How it is shown.
        display: Display = 22,
        /// Whether it is a part of a sweep of all markets (ISO).
        is_sweep: YesNo = 23,
        /// The user's own words, which come back.
        cl_ord_id: Alpha<14> = 24,
        ;
        /// Optional values.
        appendage: Appendage<{ tags::REPLACE_ORDER }>
    }

    /// Cancels an order, or makes it smaller.
    CancelOrder: b'X', 9 {
        /// The order's number.
        user_ref_num: u32 = 1,
        /// Shares that the order is to have in all, those that have traded included; 0 cancels it.
        quantity: u32 = 5,
        ;
        /// The channel.
        appendage: Option<Appendage<{ tags::CHANNEL }>>
    }

    /// Makes an order smaller, or marks a sale in another way; the order keeps its place.
    ModifyOrder: b'M', 10 {
        /// The order's number.
        user_ref_num: u32 = 1,
        /// The side with its marking.
        side: Side = 5,
        /// Shares that the order is to have in all, those that have traded included.
        quantity: u32 = 6,
        ;
        /// Optional values.
        appendage: Option<Appendage<{ tags::MODIFY_ORDER }>>
    }

    /// Cancels many orders.
    MassCancel: b'C', 17 {
        /// The user's number of this request.
        user_ref_num: u32 = 1,
        /// The firm whose orders are meant.
        firm: Alpha<4> = 5,
        /// The symbol; blank for all.
        symbol: Alpha<8> = 9,
        ;
        /// Which of them.
        appendage: Appendage<{ tags::MASS_CANCEL }>
    }

    /// Lets no more orders of a firm be entered.
    DisableOrderEntry: b'D', 9 {
        /// The user's number of this request.
        user_ref_num: u32 = 1,
        /// The firm.
        firm: Alpha<4> = 5,
        ;
        /// The channel.
        appendage: Appendage<{ tags::CHANNEL }>
    }

    /// Lets orders of a firm be entered again.
    EnableOrderEntry: b'E', 9 {
        /// The user's number of this request.
        user_ref_num: u32 = 1,
        /// The firm.
        firm: Alpha<4> = 5,
        ;
        /// The channel.
        appendage: Appendage<{ tags::CHANNEL }>
    }

    /// Asks for the next number that is taken.
    AccountQuery: b'Q', 1 {
        ;
        /// The channel.
        appendage: Option<Appendage<{ tags::CHANNEL }>>
    }
}
