//! The reasons of rejects and cancels: the one list of each.

use core::fmt;

/// Why a command changed nothing: the one list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RejectReason {
    /// No open order of the account has this id on this instrument.
    UnknownOrder,
    /// Another open order of the instrument has this id.
    DuplicateId,
    /// A limit price or trigger is 0, above 2^31 - 1, or no multiple of the instrument's tick.
    BadPrice,
    /// A quantity is 0, above 2^62, or no multiple of the instrument's lot; a display quantity is
    /// above 2^62 or no multiple; a minimum quantity is above the order's quantity.
    BadQuantity,
    /// No instrument has this number.
    UnknownInstrument,
    /// The session number is not below the engine's number of sessions.
    SessionsFull,
    /// As many orders are open as the engine may hold.
    OrdersFull,
    /// As many price levels are in use as the engine may hold.
    LevelsFull,
    /// As many instruments are defined as the engine may hold.
    InstrumentsFull,
    /// The capacities are 0 or larger than an engine can have.
    BadCapacities,
    /// Only the operator's session may say this.
    NotOperator,
    /// The log belongs to another flow.
    OtherFlow,
    /// The instrument is halted.
    Halted,
    /// The order would trade, or could only trade at once, while nothing trades.
    NoMatching,
    /// The limit price is outside the instrument's band.
    PriceBand,
    /// The quantity is above the instrument's maximum.
    MaxQuantity,
    /// Limit price times quantity is above the instrument's maximum.
    MaxNotional,
    /// As many orders of the session are open as it may have.
    MaxOrders,
    /// A good-till-date order whose expiry is not ahead of the engine's clock, or above 2^63 - 1.
    BadExpiry,
    /// A post-only order that would trade on entry.
    PostOnlyWouldCross,
    /// A step of 0, or a band whose lowest price is above its highest.
    BadTerms,
    /// The instrument's phase allows no such change.
    WrongPhase,
    /// A time above 2^63 - 1.
    BadTime,
}

impl RejectReason {
    /// The reason as it is written in files and on screens.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownOrder => "unknown_order",
            Self::DuplicateId => "duplicate_id",
            Self::BadPrice => "bad_price",
            Self::BadQuantity => "bad_quantity",
            Self::UnknownInstrument => "unknown_instrument",
            Self::SessionsFull => "sessions_full",
            Self::OrdersFull => "orders_full",
            Self::LevelsFull => "levels_full",
            Self::InstrumentsFull => "instruments_full",
            Self::BadCapacities => "bad_capacities",
            Self::NotOperator => "not_operator",
            Self::OtherFlow => "other_flow",
            Self::Halted => "halted",
            Self::NoMatching => "no_matching",
            Self::PriceBand => "price_band",
            Self::MaxQuantity => "max_quantity",
            Self::MaxNotional => "max_notional",
            Self::MaxOrders => "max_orders",
            Self::BadExpiry => "bad_expiry",
            Self::PostOnlyWouldCross => "post_only_would_cross",
            Self::BadTerms => "bad_terms",
            Self::WrongPhase => "wrong_phase",
            Self::BadTime => "bad_time",
        }
    }

    /// The reason's number in the running hash; part of the log format, never reused.
    pub(crate) const fn code(self) -> u64 {
        match self {
            Self::UnknownOrder => 1,
            Self::DuplicateId => 2,
            Self::BadPrice => 3,
            Self::BadQuantity => 4,
            Self::UnknownInstrument => 5,
            Self::SessionsFull => 6,
            Self::OrdersFull => 7,
            Self::LevelsFull => 8,
            Self::InstrumentsFull => 9,
            Self::BadCapacities => 10,
            Self::NotOperator => 11,
            Self::OtherFlow => 12,
            Self::Halted => 13,
            Self::NoMatching => 14,
            Self::PriceBand => 15,
            Self::MaxQuantity => 16,
            Self::MaxNotional => 17,
            Self::MaxOrders => 18,
            Self::BadExpiry => 19,
            Self::PostOnlyWouldCross => 20,
            Self::BadTerms => 21,
            Self::WrongPhase => 22,
            Self::BadTime => 23,
        }
    }
}

impl fmt::Display for RejectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why quantity left the engine without a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CancelReason {
    /// Its client asked for it.
    User,
    /// The rest of an immediate-or-cancel order.
    IocRemainder,
    /// Self-trade prevention.
    SelfTrade,
    /// A fill-or-kill order that could not trade in full.
    FokUnfillable,
    /// A mass cancel named it.
    MassCancel,
    /// The rest of a market order, when nothing is left to trade with.
    NoLiquidity,
    /// Its expiry or the end of its day has come.
    Expired,
    /// Less than its minimum quantity could trade on entry.
    MinimumUnfillable,
    /// A triggered post-only stop-limit order that would have traded.
    PostOnlyWouldCross,
    /// The rest of a triggered order, when as many price levels are in use as the engine may hold.
    LevelsFull,
}

impl CancelReason {
    /// The reason as it is written in files and on screens.
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::IocRemainder => "ioc_remainder",
            Self::SelfTrade => "self_trade",
            Self::FokUnfillable => "fok_unfillable",
            Self::MassCancel => "mass_cancel",
            Self::NoLiquidity => "no_liquidity",
            Self::Expired => "expired",
            Self::MinimumUnfillable => "minimum_unfillable",
            Self::PostOnlyWouldCross => "post_only_would_cross",
            Self::LevelsFull => "levels_full",
        }
    }

    /// The reason's number in the running hash; part of the log format, never reused.
    pub(crate) const fn code(self) -> u64 {
        match self {
            Self::User => 1,
            Self::IocRemainder => 2,
            Self::SelfTrade => 3,
            Self::FokUnfillable => 4,
            Self::MassCancel => 5,
            Self::NoLiquidity => 6,
            Self::Expired => 7,
            Self::MinimumUnfillable => 8,
            Self::PostOnlyWouldCross => 9,
            Self::LevelsFull => 10,
        }
    }
}

impl fmt::Display for CancelReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
