//! The messages that a book is built from: orders that come, trade, shrink and leave.

use super::codes::Side;
use super::header::Header;
use crate::alpha::Alpha;
use crate::code::YesNo;
use crate::message::messages;
use crate::price::Price4;

messages! {
    /// A visible order was added, without the name of its participant.
    AddOrder: b'A', 36 {
        /// Stock, tracking number and time.
        header: Header = 1,
        /// The order's number, unique for the day.
        order_reference: u64 = 11,
        /// Its side.
        side: Side = 19,
        /// Shares shown.
        shares: u32 = 20,
        /// The stock's symbol.
        stock: Alpha<8> = 24,
        /// Its price, in 0.0001.
        price: Price4 = 32,
    }

    /// A visible order was added, with the name of its participant.
    AddOrderAttributed: b'F', 40 {
        /// Stock, tracking number and time.
        header: Header = 1,
        /// The order's number, unique for the day.
        order_reference: u64 = 11,
        /// Its side.
        side: Side = 19,
        /// Shares shown.
        shares: u32 = 20,
        /// The stock's symbol.
        stock: Alpha<8> = 24,
        /// Its price, in 0.0001.
        price: Price4 = 32,
        /// The participant's identifier (MPID).
        attribution: Alpha<4> = 36,
    }

    /// An order traded at its own price.
    OrderExecuted: b'E', 31 {
        /// Stock, tracking number and time.
        header: Header = 1,
        /// The order's number.
        order_reference: u64 = 11,
        /// Shares that traded now.
        executed_shares: u32 = 19,
        /// The trade's number, unique for the day.
        match_number: u64 = 23,
    }

    /// An order traded at another price than its own.
    OrderExecutedWithPrice: b'C', 36 {
        /// Stock, tracking number and time.
        header: Header = 1,
        /// The order's number.
        order_reference: u64 = 11,
        /// Shares that traded now.
        executed_shares: u32 = 19,
        /// The trade's number, unique for the day.
        match_number: u64 = 23,
        /// Whether it counts as a trade of its own; not when a [`CrossTrade`](super::CrossTrade)
        /// reports it, too.
        printable: YesNo = 31,
        /// The price of the trade, in 0.0001.
        execution_price: Price4 = 32,
    }

    /// An order became smaller and kept its place.
    OrderCancel: b'X', 23 {
        /// Stock, tracking number and time.
        header: Header = 1,
        /// The order's number.
        order_reference: u64 = 11,
        /// Shares that were taken off.
        canceled_shares: u32 = 19,
    }

    /// An order left the book.
    OrderDelete: b'D', 19 {
        /// Stock, tracking number and time.
        header: Header = 1,
        /// The order's number.
        order_reference: u64 = 11,
    }

    /// An order was replaced by a new one on the same side, which goes behind the others.
    OrderReplace: b'U', 35 {
        /// Stock, tracking number and time.
        header: Header = 1,
        /// The number of the order that left.
        original_order_reference: u64 = 11,
        /// The number of the order that came.
        new_order_reference: u64 = 19,
        /// Shares shown by the new order.
        shares: u32 = 27,
        /// The new order's price, in 0.0001.
        price: Price4 = 31,
    }
}
