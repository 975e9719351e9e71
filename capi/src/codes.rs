//! The numbers that stand for sides, types, kinds and reasons; none is ever reused.

use highwater::command::{Control, ReplaceSizing};
use highwater::event::{CancelReason, RejectReason};
use highwater::types::{OrderType, Phase, ReplaceRule, SelfTrade, Side, TimeInForce};

/// What a command asks for, and which fields of `hw_command` it reads beside `client_sequence` and
/// `session`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum HwCommandKind {
    /// Match an order: `instrument`, `order`, `account`, `side`, `order_type`, `time_in_force`,
    /// `price`, `quantity`; `trigger`, `self_trade`, `post_only`, `time_ns`, `display`, `minimum`,
    /// `client_bytes`.
    New = 1,
    /// Take an open order out: `instrument`, `order`, `account`.
    Cancel = 2,
    /// Take `quantity` off an open order: `instrument`, `order`, `account`.
    Reduce = 3,
    /// Change an open order: `instrument`, `order`, `new_order`, `account`, `rule`, `price`,
    /// `sizing`, `quantity`, `trigger`, `client_bytes`.
    Replace = 4,
    /// Cancel what is chosen: `chosen`, `side`, and what `chosen` names.
    MassCancel = 5,
    /// Operator: change the prices that `instrument` takes to `band_low` up to `band_high`.
    SetBand = 6,
    /// Operator: change how `instrument` trades: `control`.
    Control = 7,
    /// Operator: the time is `time_ns`.
    Clock = 8,
    /// Operator: the day ends.
    EndOfDay = 9,
    /// Operator: `chosen_session` may have `open_orders_max` orders open.
    LimitSession = 10,
    /// Operator: the engine may hold `orders`, `instruments` and `sessions`.
    Configure = 11,
    /// Be in the log, and change nothing: `note_code`, `order`, `client_bytes`.
    Note = 12,
}

/// Side of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum HwSide {
    /// Neither: in an event without a side, and in a mass cancel of both.
    None = 0,
    /// Buys at its price or lower.
    Buy = 1,
    /// Sells at its price or higher.
    Sell = 2,
}

/// What limits the price of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum HwOrderType {
    /// Trades at its price or better.
    Limit = 0,
    /// Trades at any price.
    Market = 1,
    /// Waits for its trigger, then is a market order.
    Stop = 2,
    /// Waits for its trigger, then is a limit order.
    StopLimit = 3,
}

/// How long an order stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum HwTimeInForce {
    /// What does not trade at once rests.
    GoodTillCancel = 0,
    /// What does not trade at once is canceled.
    ImmediateOrCancel = 1,
    /// Trades at once and in full, or not at all.
    FillOrKill = 2,
    /// Rests until the end of the day.
    Day = 3,
    /// Rests until `time_ns`.
    GoodTillDate = 4,
}

/// What happens when an incoming order meets one of its own account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum HwSelfTrade {
    /// They trade.
    Allow = 0,
    /// The rest of the incoming order is canceled.
    CancelNewest = 1,
    /// The resting order is canceled.
    CancelOldest = 2,
    /// Both are canceled.
    CancelBoth = 3,
}

/// What a Replace does to an order's place in its queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum HwReplaceRule {
    /// The same price and no larger a quantity keep it.
    Modify = 0,
    /// It is always lost.
    CancelReplace = 1,
}

/// What the quantity of a Replace is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum HwReplaceSizing {
    /// The new open quantity.
    Open = 0,
    /// What is added to the quantity that is open when the command is executed.
    More = 1,
    /// What is taken off it; all of it or more cancels the order.
    Less = 2,
}

/// A change of how an instrument trades.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum HwControl {
    /// Nothing new until it is resumed.
    Halt = 1,
    /// Ends a halt.
    Resume = 2,
    /// From collecting to continuous trading.
    MatchingOn = 3,
    /// From continuous trading to collecting.
    MatchingOff = 4,
    /// From continuous trading or collecting to an auction.
    StartAuction = 5,
    /// Ends an auction.
    Uncross = 6,
}

/// How an instrument trades.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum HwPhase {
    /// Orders trade as they come in.
    Continuous = 0,
    /// Orders collect until the uncross.
    Auction = 1,
    /// What would trade is rejected, the rest collects.
    Collecting = 2,
}

/// When commands are made durable, and which answers wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum HwSyncMode {
    /// Every answer waits; one sync for everything that gathered during the last one.
    Group = 0,
    /// Every answer waits; every command is synced alone.
    Full = 1,
    /// Answers run ahead of the disk by `sync_count` commands at most.
    Interval = 2,
    /// Answers wait until they are appended; synced when a segment is full and at a stop.
    Checkpoint = 3,
    /// Never synced: NOT DURABLE.
    Off = 4,
}

/// What happened; which fields of `hw_event` it fills is said there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum HwEventKind {
    /// Answer to New: the order is taken.
    Accepted = 1,
    /// Answer to any command that changes nothing.
    Rejected = 2,
    /// Two orders traded at the maker's price.
    Trade = 3,
    /// The rest of an incoming order joined the back of its level.
    Rested = 4,
    /// An order left the book, or its rest never entered it.
    Canceled = 5,
    /// Answer to Reduce.
    Reduced = 6,
    /// Answer to Replace.
    Replaced = 7,
    /// Answer to a command that was executed before, or is not above the session's last.
    Duplicate = 8,
    /// Answer to a definition: the event's instrument bears the symbol.
    InstrumentDefined = 9,
    /// The log belongs to a flow.
    FlowBound = 10,
    /// Answer to Configure; also the first event of every log.
    Configured = 11,
    /// A stop comes in as a market or limit order.
    Triggered = 12,
    /// An iceberg shows a new part.
    Replenished = 13,
    /// Two orders traded in an uncross.
    AuctionTrade = 14,
    /// Answer to a mass cancel: so many Canceled follow.
    MassCanceled = 15,
    /// Answer to a control.
    StateChanged = 16,
    /// Answer to Uncross: its trades follow.
    Uncrossed = 17,
    /// Answer to a change of the band.
    BandSet = 18,
    /// Answer to Clock.
    ClockSet = 19,
    /// Answer to the end of the day.
    DayEnded = 20,
    /// Answer to a limit of a session.
    SessionLimited = 21,
    /// Answer to Note.
    Noted = 22,
    /// No event: all events of the command `sequence` have come; `time_ns` is the `timestamp_ns`
    /// that it was pushed with. Only where `hw_config` or `hw_listener` asks for it.
    CommandEnd = 128,
}

/// Why a command changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum HwRejectReason {
    /// No open order of the account has this id on this instrument.
    UnknownOrder = 1,
    /// Another open order of the instrument has this id.
    DuplicateId = 2,
    /// A limit price or trigger is out of range or no multiple of the tick.
    BadPrice = 3,
    /// A quantity is out of range or no multiple of the lot.
    BadQuantity = 4,
    /// No instrument has this number.
    UnknownInstrument = 5,
    /// The session number is not below the engine's number of sessions.
    SessionsFull = 6,
    /// As many orders are open as the engine may hold.
    OrdersFull = 7,
    /// As many price levels are in use as the engine may hold.
    LevelsFull = 8,
    /// As many instruments are defined as the engine may hold.
    InstrumentsFull = 9,
    /// The capacities are 0 or larger than the engine can have.
    BadCapacities = 10,
    /// Only the operator's session may say this.
    NotOperator = 11,
    /// The log belongs to another flow.
    OtherFlow = 12,
    /// The instrument is halted.
    Halted = 13,
    /// The order would trade while nothing trades.
    NoMatching = 14,
    /// The limit price is outside the instrument's band.
    PriceBand = 15,
    /// The quantity is above the instrument's maximum.
    MaxQuantity = 16,
    /// Limit price times quantity is above the instrument's maximum.
    MaxNotional = 17,
    /// As many orders of the session are open as it may have.
    MaxOrders = 18,
    /// The expiry is not ahead of the engine's clock, or out of range.
    BadExpiry = 19,
    /// A post-only order that would trade on entry.
    PostOnlyWouldCross = 20,
    /// A step of 0, a band whose lowest price is above its highest, or more than 9 decimals.
    BadTerms = 21,
    /// The instrument's phase allows no such change.
    WrongPhase = 22,
    /// A time above 2^63 - 1.
    BadTime = 23,
}

/// Why quantity left the engine without a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum HwCancelReason {
    /// Its client asked for it.
    User = 1,
    /// The rest of an immediate-or-cancel order.
    IocRemainder = 2,
    /// Self-trade prevention.
    SelfTrade = 3,
    /// A fill-or-kill order that could not trade in full.
    FokUnfillable = 4,
    /// A mass cancel named it.
    MassCancel = 5,
    /// The rest of a market order, when nothing is left to trade with.
    NoLiquidity = 6,
    /// Its expiry or the end of its day has come.
    Expired = 7,
    /// Less than its minimum quantity could trade on entry.
    MinimumUnfillable = 8,
    /// A triggered post-only order that would have traded.
    PostOnlyWouldCross = 9,
    /// The rest of a triggered order, when as many levels are in use as the engine may hold.
    LevelsFull = 10,
}

/// From a code of the host to what the core calls the same.
macro_rules! read {
    ($code:ident, $value:ident: $($name:ident)*) => {
        impl $code {
            /// What a number of the host stands for; `None` for one that stands for nothing.
            pub(crate) fn read(number: u8) -> Option<$value> {
                $(if number == Self::$name as u8 {
                    return Some($value::$name);
                })*
                None
            }
        }
    };
}

/// From what the core says to its code.
macro_rules! write {
    ($code:ident, $value:ident: $($name:ident)*) => {
        impl From<$value> for $code {
            fn from(value: $value) -> Self {
                match value {
                    $($value::$name => Self::$name,)*
                }
            }
        }
    };
}

read!(HwCommandKind, HwCommandKind: New Cancel Reduce Replace MassCancel SetBand Control Clock
    EndOfDay LimitSession Configure Note);
read!(HwSide, Side: Buy Sell);
read!(HwOrderType, OrderType: Limit Market Stop StopLimit);
read!(HwTimeInForce, TimeInForce: GoodTillCancel ImmediateOrCancel FillOrKill Day GoodTillDate);
read!(HwSelfTrade, SelfTrade: Allow CancelNewest CancelOldest CancelBoth);
read!(HwReplaceRule, ReplaceRule: Modify CancelReplace);
read!(HwReplaceSizing, ReplaceSizing: Open More Less);
read!(HwControl, Control: Halt Resume MatchingOn MatchingOff StartAuction Uncross);
read!(HwSyncMode, HwSyncMode: Group Full Interval Checkpoint Off);
write!(HwSide, Side: Buy Sell);
write!(HwOrderType, OrderType: Limit Market Stop StopLimit);
write!(HwTimeInForce, TimeInForce:
    GoodTillCancel ImmediateOrCancel FillOrKill Day GoodTillDate);
write!(HwSelfTrade, SelfTrade: Allow CancelNewest CancelOldest CancelBoth);
write!(HwPhase, Phase: Continuous Auction Collecting);
write!(HwRejectReason, RejectReason:
    UnknownOrder DuplicateId BadPrice BadQuantity UnknownInstrument SessionsFull OrdersFull
    LevelsFull InstrumentsFull BadCapacities NotOperator OtherFlow Halted NoMatching PriceBand
    MaxQuantity MaxNotional MaxOrders BadExpiry PostOnlyWouldCross BadTerms WrongPhase BadTime);
write!(HwCancelReason, CancelReason:
    User IocRemainder SelfTrade FokUnfillable MassCancel NoLiquidity Expired MinimumUnfillable
    PostOnlyWouldCross LevelsFull);
