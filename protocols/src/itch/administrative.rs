//! The day, the stocks, their states and their limits.

use super::codes::{
    Authenticity, BreachedLevel, EventCode, FinancialStatus, Flag, HaltAction, IpoFlag,
    IpoQualifier, IssueClassification, LuldTier, MarketCategory, MarketCode, MarketMakerMode,
    ParticipantState, RegShoAction, TradingState,
};
use super::header::Header;
use crate::alpha::Alpha;
use crate::code::{Open, YesNo};
use crate::message::messages;
use crate::price::{Price4, Price8};
use crate::time::Seconds;

messages! {
    /// A part of the day begins or ends.
    SystemEvent: b'S', 12 {
        /// No stock; tracking number and time.
        header: Header = 1,
        /// What begins or ends.
        event_code: Open<EventCode> = 11,
    }

    /// A stock that can be traded today.
    StockDirectory: b'R', 39 {
        /// Stock, tracking number and time.
        header: Header = 1,
        /// The stock's symbol.
        stock: Alpha<8> = 11,
        /// The market that lists it.
        market_category: Open<MarketCategory> = 19,
        /// Whether its issuer does what it must.
        financial_status: Open<FinancialStatus> = 20,
        /// Shares of a round lot.
        round_lot_size: u32 = 21,
        /// Whether only round lots are taken.
        round_lots_only: YesNo = 25,
        /// The class of the security.
        issue_classification: Open<IssueClassification> = 26,
        /// Its sub-type, as the venue lists them.
        issue_sub_type: Alpha<2> = 27,
        /// Whether it is real.
        authenticity: Open<Authenticity> = 29,
        /// Whether short sales are restricted by the threshold list.
        short_sale_threshold: Open<Flag> = 30,
        /// Whether it is new on the market.
        ipo_flag: Open<IpoFlag> = 31,
        /// Which tier of the price bands it is in.
        luld_tier: Open<LuldTier> = 32,
        /// Whether it is a product like a fund (ETP).
        etp_flag: Open<Flag> = 33,
        /// How many times the product follows its index.
        etp_leverage_factor: u32 = 34,
        /// Whether it follows it the other way round.
        inverse_indicator: Open<Flag> = 38,
    }

    /// A stock may be traded, or no longer.
    StockTradingAction: b'H', 25 {
        /// Stock, tracking number and time.
        header: Header = 1,
        /// The stock's symbol.
        stock: Alpha<8> = 11,
        /// Its state from now on.
        trading_state: Open<TradingState> = 19,
        /// Not used; a space.
        reserved: u8 = 20,
        /// Why, as the venue lists it: like `T1`, `LUDP`, `IPO1`.
        reason: Alpha<4> = 21,
    }

    /// Whether short sales of a stock are restricted by a price test.
    RegSho: b'Y', 20 {
        /// The stock's number may be 0; tracking number and time.
        header: Header = 1,
        /// The stock's symbol.
        stock: Alpha<8> = 11,
        /// The restriction.
        action: Open<RegShoAction> = 19,
    }

    /// What a participant is for a stock.
    MarketParticipantPosition: b'L', 26 {
        /// Stock, tracking number and time.
        header: Header = 1,
        /// The participant's identifier.
        mpid: Alpha<4> = 11,
        /// The stock's symbol.
        stock: Alpha<8> = 15,
        /// Whether it is a primary market maker.
        is_primary: YesNo = 23,
        /// In which mode.
        mode: Open<MarketMakerMode> = 24,
        /// In which state.
        state: Open<ParticipantState> = 25,
    }

    /// The day's three levels of the market-wide circuit breaker.
    MwcbDeclineLevel: b'V', 35 {
        /// No stock; tracking number and time.
        header: Header = 1,
        /// Level 1, in 0.00000001.
        level_1: Price8 = 11,
        /// Level 2, in 0.00000001.
        level_2: Price8 = 19,
        /// Level 3, in 0.00000001.
        level_3: Price8 = 27,
    }

    /// A level of the market-wide circuit breaker was breached.
    MwcbStatus: b'W', 12 {
        /// No stock; tracking number and time.
        header: Header = 1,
        /// Which one.
        breached_level: Open<BreachedLevel> = 11,
    }

    /// When quotations of a new stock are released.
    IpoQuotingPeriod: b'K', 28 {
        /// Stock, tracking number and time.
        header: Header = 1,
        /// The stock's symbol.
        stock: Alpha<8> = 11,
        /// When, in seconds since midnight.
        release_time: Seconds = 19,
        /// Whether it is still to come.
        qualifier: Open<IpoQualifier> = 23,
        /// The price of the offer, in 0.0001.
        price: Price4 = 24,
    }

    /// Between which prices a paused stock may open again.
    LuldAuctionCollar: b'J', 35 {
        /// Stock, tracking number and time.
        header: Header = 1,
        /// The stock's symbol.
        stock: Alpha<8> = 11,
        /// The price that the limits are around, in 0.0001.
        reference_price: Price4 = 19,
        /// The highest price, in 0.0001.
        upper_price: Price4 = 23,
        /// The lowest price, in 0.0001.
        lower_price: Price4 = 27,
        /// How often the auction was extended.
        extension: u32 = 31,
    }

    /// A stock was halted on one market only, or goes on there.
    OperationalHalt: b'h', 21 {
        /// Stock, tracking number and time.
        header: Header = 1,
        /// The stock's symbol.
        stock: Alpha<8> = 11,
        /// On which market.
        market_code: Open<MarketCode> = 19,
        /// Whether it was halted.
        action: Open<HaltAction> = 20,
    }
}
