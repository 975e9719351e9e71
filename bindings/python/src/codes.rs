//! The numbers that stand for sides, types, kinds and reasons in rows: those of the C interface.

use highwater::command::{Control, ReplaceSizing};
use highwater::event::{CancelReason, EventKind, RejectReason};
use highwater::types::{OrderType, Phase, ReplaceRule, SelfTrade, Side, TimeInForce};

/// A number that stands for a value, and its name.
pub(crate) trait Coded: Sized + Copy + 'static {
    /// Every number, name and value.
    const ALL: &'static [(u8, &'static str, Self)];

    /// What a number stands for.
    #[inline]
    fn of_code(code: u8) -> Option<Self> {
        Self::ALL.iter().find(|(known, ..)| *known == code).map(|(.., value)| *value)
    }
}

/// Declares the numbers of a type in both directions, and its names unless the core has them.
macro_rules! coded {
    ($value:ident, $code:ident: $($variant:ident = $number:literal $name:literal)*) => {
        coded!(@ $value, $code: $($variant $number $name)*);
    };
    ($value:ident, $code:ident: $($variant:ident = $number:literal)*) => {
        coded!(@ $value, $code: $($variant $number ($value::$variant.name()))*);
    };
    (@ $value:ident, $code:ident: $($variant:ident $number:literal $name:expr)*) => {
        impl Coded for $value {
            const ALL: &'static [(u8, &'static str, Self)] =
                &[$(($number, $name, Self::$variant)),*];
        }

        /// The number of a value.
        #[inline]
        pub(crate) const fn $code(value: $value) -> u8 {
            match value {
                $($value::$variant => $number,)*
            }
        }
    };
}

coded!(Side, side_code: Buy = 1 "buy" Sell = 2 "sell");
coded!(OrderType, type_code:
    Limit = 0 "limit" Market = 1 "market" Stop = 2 "stop" StopLimit = 3 "stop_limit");
coded!(TimeInForce, tif_code:
    GoodTillCancel = 0 "gtc" ImmediateOrCancel = 1 "ioc" FillOrKill = 2 "fok" Day = 3 "day"
    GoodTillDate = 4 "gtd");
coded!(SelfTrade, self_trade_code:
    Allow = 0 "allow" CancelNewest = 1 "cancel_newest" CancelOldest = 2 "cancel_oldest"
    CancelBoth = 3 "cancel_both");
coded!(ReplaceRule, rule_code: Modify = 0 "modify" CancelReplace = 1 "cancel_replace");
coded!(ReplaceSizing, sizing_code: Open = 0 "open" More = 1 "more" Less = 2 "less");
coded!(Control, control_code:
    Halt = 1 "halt" Resume = 2 "resume" MatchingOn = 3 "matching_on"
    MatchingOff = 4 "matching_off" StartAuction = 5 "start_auction" Uncross = 6 "uncross");
coded!(Phase, phase_code:
    Continuous = 0 Auction = 1 Collecting = 2);
coded!(RejectReason, reject_code:
    UnknownOrder = 1 DuplicateId = 2 BadPrice = 3
    BadQuantity = 4 UnknownInstrument = 5
    SessionsFull = 6 OrdersFull = 7 LevelsFull = 8
    InstrumentsFull = 9 BadCapacities = 10
    NotOperator = 11 OtherFlow = 12 Halted = 13
    NoMatching = 14 PriceBand = 15 MaxQuantity = 16
    MaxNotional = 17 MaxOrders = 18 BadExpiry = 19
    PostOnlyWouldCross = 20 BadTerms = 21
    WrongPhase = 22 BadTime = 23);
coded!(CancelReason, cancel_code:
    User = 1 IocRemainder = 2 SelfTrade = 3
    FokUnfillable = 4 MassCancel = 5
    NoLiquidity = 6 Expired = 7
    MinimumUnfillable = 8 PostOnlyWouldCross = 9
    LevelsFull = 10);

/// What a command asks for; the numbers are those of the C interface as far as that has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CommandKind {
    New,
    Cancel,
    Reduce,
    Replace,
    MassCancel,
    SetBand,
    Control,
    Clock,
    EndOfDay,
    LimitSession,
    Configure,
    Note,
    Define,
    BindFlow,
}

coded!(CommandKind, kind_code:
    New = 1 "new" Cancel = 2 "cancel" Reduce = 3 "reduce" Replace = 4 "replace"
    MassCancel = 5 "mass_cancel" SetBand = 6 "set_band" Control = 7 "control" Clock = 8 "clock"
    EndOfDay = 9 "end_of_day" LimitSession = 10 "limit_session" Configure = 11 "configure"
    Note = 12 "note" Define = 13 "define" BindFlow = 14 "bind_flow");

/// The names of the kinds of events; the number of each is its place, from 1.
pub(crate) const EVENT_KINDS: [&str; 22] = [
    "accepted",
    "rejected",
    "trade",
    "rested",
    "canceled",
    "reduced",
    "replaced",
    "duplicate",
    "instrument_defined",
    "flow_bound",
    "configured",
    "triggered",
    "replenished",
    "auction_trade",
    "mass_canceled",
    "state_changed",
    "uncrossed",
    "band_set",
    "clock_set",
    "day_ended",
    "session_limited",
    "noted",
];

pub(crate) const ACCEPTED: u8 = 1;
pub(crate) const REJECTED: u8 = 2;
pub(crate) const TRADE: u8 = 3;
pub(crate) const RESTED: u8 = 4;
pub(crate) const CANCELED: u8 = 5;
pub(crate) const REPLACED: u8 = 7;
pub(crate) const REPLENISHED: u8 = 13;
pub(crate) const AUCTION_TRADE: u8 = 14;
pub(crate) const REDUCED: u8 = 6;
pub(crate) const TRIGGERED: u8 = 12;

/// The number of an event's kind.
#[inline]
pub(crate) const fn event_code(kind: &EventKind) -> u8 {
    match kind {
        EventKind::Accepted { .. } => ACCEPTED,
        EventKind::Rejected { .. } => REJECTED,
        EventKind::Trade { .. } => TRADE,
        EventKind::Rested { .. } => RESTED,
        EventKind::Canceled { .. } => CANCELED,
        EventKind::Reduced { .. } => REDUCED,
        EventKind::Replaced { .. } => REPLACED,
        EventKind::Duplicate { .. } => 8,
        EventKind::InstrumentDefined { .. } => 9,
        EventKind::FlowBound { .. } => 10,
        EventKind::Configured { .. } => 11,
        EventKind::Triggered { .. } => TRIGGERED,
        EventKind::Replenished { .. } => REPLENISHED,
        EventKind::AuctionTrade { .. } => AUCTION_TRADE,
        EventKind::MassCanceled { .. } => 15,
        EventKind::StateChanged { .. } => 16,
        EventKind::Uncrossed { .. } => 17,
        EventKind::BandSet { .. } => 18,
        EventKind::ClockSet { .. } => 19,
        EventKind::DayEnded { .. } => 20,
        EventKind::SessionLimited { .. } => 21,
        EventKind::Noted { .. } => 22,
    }
}
