//! Trades that no visible order shows, auctions, and what is told about interest in them.

use super::codes::{CrossType, ImbalanceDirection, InterestFlag, PriceVariation, Side};
use super::header::Header;
use crate::alpha::Alpha;
use crate::code::{Open, YesNo};
use crate::message::messages;
use crate::price::Price4;
use crate::time::Time64;

messages! {
    /// An order that was not visible traded in continuous trading.
    Trade: b'P', 44 {
        /// Stock, tracking number and time.
        header: Header = 1,
        /// The order's number; 0 since 2010.
        order_reference: u64 = 11,
        /// Its side; always buy since 2014.
        side: Side = 19,
        /// Shares that traded.
        shares: u32 = 20,
        /// The stock's symbol.
        stock: Alpha<8> = 24,
        /// The price of the trade, in 0.0001.
        price: Price4 = 32,
        /// The trade's number, unique for the day.
        match_number: u64 = 36,
    }

    /// An auction ended.
    CrossTrade: b'Q', 40 {
        /// Stock, tracking number and time.
        header: Header = 1,
        /// Shares that traded in the whole auction; may be 0.
        shares: u64 = 11,
        /// The stock's symbol.
        stock: Alpha<8> = 19,
        /// The auction's price, in 0.0001.
        cross_price: Price4 = 27,
        /// The one number of the whole auction, unique for the day.
        match_number: u64 = 31,
        /// Which auction.
        cross_type: Open<CrossType> = 39,
    }

    /// A trade was declared void. The book stays as it is.
    BrokenTrade: b'B', 19 {
        /// Stock, tracking number and time.
        header: Header = 1,
        /// The trade's number.
        match_number: u64 = 11,
    }

    /// What would trade in an auction now, and what would be left over.
    NetOrderImbalance: b'I', 50 {
        /// Stock, tracking number and time.
        header: Header = 1,
        /// Shares that would trade at the reference price.
        paired_shares: u64 = 11,
        /// Shares that would not.
        imbalance_shares: u64 = 19,
        /// On which side they are.
        imbalance_direction: Open<ImbalanceDirection> = 27,
        /// The stock's symbol.
        stock: Alpha<8> = 28,
        /// The price at which only orders of the auction would trade, in 0.0001.
        far_price: Price4 = 36,
        /// The price at which all orders would trade, in 0.0001.
        near_price: Price4 = 40,
        /// The price at which the shares were counted, in 0.0001.
        current_reference_price: Price4 = 44,
        /// Which auction.
        cross_type: Open<CrossType> = 48,
        /// How far the near price is from the nearest reference price.
        price_variation: Open<PriceVariation> = 49,
    }

    /// Whether there is retail interest on a side.
    RetailInterest: b'N', 20 {
        /// Stock, tracking number and time.
        header: Header = 1,
        /// The stock's symbol.
        stock: Alpha<8> = 11,
        /// On which sides.
        interest: Open<InterestFlag> = 19,
    }

    /// The prices of a direct listing with a capital raise.
    DirectListing: b'O', 48 {
        /// Stock, tracking number and time.
        header: Header = 1,
        /// The stock's symbol.
        stock: Alpha<8> = 11,
        /// Whether it may open.
        open_eligibility: YesNo = 19,
        /// The lowest price it may open at, in 0.0001.
        minimum_price: Price4 = 20,
        /// The highest price it may open at, in 0.0001.
        maximum_price: Price4 = 24,
        /// The price it would open at now, in 0.0001.
        near_execution_price: Price4 = 28,
        /// When that price was found, in nanoseconds since midnight.
        near_execution_time: Time64 = 32,
        /// The lower end of the range around it, in 0.0001.
        lower_collar: Price4 = 40,
        /// The upper end of the range around it, in 0.0001.
        upper_collar: Price4 = 44,
    }
}
