//! Commands: everything that can change the engine's state, as a client or the operator says it.
//!
//! A command is unchecked: its numbers may be zero or far too large. The book answers such a
//! command with [`Rejected`](crate::event::EventKind::Rejected); it is logged all the same, so that
//! its sequence has an answer.

mod client_bytes;
mod plain;

use crate::limits::FLOW_NAME_BYTES_MAX;
use crate::ring::{Carried, WORD_MAX};
use crate::types::{
    AccountId, Band, Capacities, ClientSequence, InstrumentId, InstrumentTerms, Lots, OrderId,
    OrderType, ReplaceRule, SelfTrade, SessionId, Side, Symbol, Ticks, TimeInForce,
};
pub use client_bytes::ClientBytes;
pub use plain::PlainCommand;
pub(crate) use plain::PlainKind;

/// One input of the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(alias = "message")]
pub struct Command {
    /// Who sent it.
    pub session: SessionId,
    /// The session's own number for it: from 1, strictly increasing.
    pub client_sequence: ClientSequence,
    /// What is to be done.
    pub action: Action,
}

/// What a command asks for.
///
/// Its number has a byte of its own: which it is, is asked of every command, and an unused value of
/// another field would have to be taken apart for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Action {
    /// Match an order; what remains rests or is canceled, as its time in force says.
    New(NewOrder),
    /// Take an open order out of the book.
    Cancel {
        /// Where the order rests.
        instrument: InstrumentId,
        /// The order.
        order: OrderId,
        /// Who asks; another account's order is unknown to it.
        account: AccountId,
    },
    /// Take some quantity off an open order, which keeps its place; all of it or more cancels the
    /// order.
    Reduce {
        /// Where the order rests.
        instrument: InstrumentId,
        /// The order.
        order: OrderId,
        /// Who asks; another account's order is unknown to it.
        account: AccountId,
        /// How many lots to take off; 0 is rejected.
        by: Lots,
    },
    /// Give an open order a new id, price and open quantity, or more or less of it; it may trade at
    /// once.
    Replace(ReplaceOrder),
    /// Cancel every open order that a choice of account, side, instrument and session leaves (FIX
    /// Order Mass Cancel Request).
    MassCancel(MassCancel),
    /// Change nothing, and be in the log: what a gateway decides by itself takes its place among
    /// the commands of its session.
    Note(Note),
    /// Operator: name an instrument and say what it takes. Naming it again changes nothing and
    /// answers with the same number.
    DefineInstrument(Definition),
    /// Operator: change the prices that an instrument takes; what rests outside stays.
    SetBand {
        /// The instrument.
        instrument: InstrumentId,
        /// Its band from now on.
        band: Band,
    },
    /// Operator: change how an instrument trades.
    Control {
        /// The instrument.
        instrument: InstrumentId,
        /// What changes.
        control: Control,
    },
    /// Operator: the time of the engine, in nanoseconds; it never runs backwards. Orders whose
    /// expiry it reaches are canceled.
    Clock {
        /// The time, in nanoseconds since an epoch of the host's choice, at most 2^63 - 1.
        now_ns: u64,
    },
    /// Operator: the day ends; Day orders are canceled.
    EndOfDay,
    /// Operator: change how many orders a session may have open.
    LimitSession {
        /// The session.
        session: SessionId,
        /// Orders that may be open, those of waiting stops too; `u32::MAX` for no limit.
        open_orders_max: u32,
    },
    /// Operator: tie the log to the flow that it is the log of. Only the first flow is taken.
    BindFlow(FlowIdentity),
    /// Operator: change how much the engine may hold.
    Configure(Capacities),
}

/// A new order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewOrder {
    /// What is traded.
    pub instrument: InstrumentId,
    /// Its name, not held by another open order of the instrument.
    pub order: OrderId,
    /// Whom it belongs to.
    pub account: AccountId,
    /// Buy or sell.
    pub side: Side,
    /// What limits its price.
    pub order_type: OrderType,
    /// What becomes of the rest.
    pub time_in_force: TimeInForce,
    /// The worst price it trades at; means nothing for a type without a limit.
    pub price: Ticks,
    /// How much it trades, hidden quantity too.
    pub quantity: Lots,
    /// What else it asks for; most orders nothing.
    pub conditions: Conditions,
    /// What the client sent along.
    pub client_bytes: ClientBytes,
}

/// What an order may ask for beyond side, price and quantity.
///
/// A trigger of an order that does not wait means nothing, nor does a display quantity of one that
/// never rests; an expiry of an order that is not good till a date is rejected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// Stop, stop-limit: the last trade price that turns the order into a market or limit order
    /// (FIX tag 99).
    pub trigger: Ticks,
    /// What happens when it meets an order of its own account.
    pub self_trade: SelfTrade,
    /// Never trades on entry: an order that would is rejected (FIX tag 18 = 6).
    pub post_only: bool,
    /// Good till date: when it is canceled, in the nanoseconds of the engine's clock (FIX tag 126).
    pub expiry_ns: u64,
    /// Shows this many lots at most and hides the rest: an iceberg; 0 shows all (FIX tag 1138).
    pub display: Lots,
    /// Trades at least this many lots on entry or is canceled as a whole; 0 for none (FIX tag 110).
    pub minimum: Lots,
}

impl Conditions {
    /// No condition.
    pub const NONE: Self = Self {
        trigger: Ticks(0),
        self_trade: SelfTrade::Allow,
        post_only: false,
        expiry_ns: 0,
        display: Lots(0),
        minimum: Lots(0),
    };

    /// True when there is no condition.
    #[inline]
    pub(crate) fn are_none(&self) -> bool {
        self.word() == 0
    }

    /// 0 when there is no condition: one word, so that a plain order is one branch.
    #[inline]
    fn word(&self) -> u64 {
        let Self { trigger, self_trade, post_only, expiry_ns, display, minimum } = *self;
        let small = trigger.0 | u32::from(self_trade.code()) | u32::from(post_only);
        expiry_ns | display.0 | minimum.0 | u64::from(small)
    }
}

impl NewOrder {
    /// A limit order, good till cancel, of account 0, without conditions: what most orders are, and
    /// what the others are made of.
    ///
    /// ```
    /// use highwater::command::NewOrder;
    /// use highwater::types::{InstrumentId, Lots, OrderId, Side, Ticks, TimeInForce};
    ///
    /// let order = NewOrder::limit(InstrumentId(0), OrderId(7), Side::Buy, Ticks(10_125), Lots(5));
    /// let day = NewOrder { time_in_force: TimeInForce::Day, ..order };
    /// assert_eq!(day.price, Ticks(10_125));
    /// ```
    pub const fn limit(
        instrument: InstrumentId,
        order: OrderId,
        side: Side,
        price: Ticks,
        quantity: Lots,
    ) -> Self {
        Self {
            instrument,
            order,
            account: AccountId(0),
            side,
            order_type: OrderType::Limit,
            time_in_force: TimeInForce::GoodTillCancel,
            price,
            quantity,
            conditions: Conditions::NONE,
            client_bytes: ClientBytes::EMPTY,
        }
    }

    /// True when it has neither conditions nor client bytes.
    #[inline]
    pub(crate) fn is_short(&self) -> bool {
        self.client_bytes.is_empty() && self.conditions.are_none()
    }
}

/// A change of an open order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplaceOrder {
    /// Where the order rests.
    pub instrument: InstrumentId,
    /// The order as it is named now.
    pub order: OrderId,
    /// Its name from now on; may be the same.
    pub new_order: OrderId,
    /// Who asks; another account's order is unknown to it.
    pub account: AccountId,
    /// Whether the place in the queue can be kept.
    pub rule: ReplaceRule,
    /// The new limit price; means nothing for an order without a limit.
    pub price: Ticks,
    /// What `quantity` is: the new open quantity, or the difference to the present one.
    pub sizing: ReplaceSizing,
    /// How much; hidden quantity counts. When nothing is to be open any more, the order is
    /// canceled, whatever else is said.
    pub quantity: Lots,
    /// The new trigger of a stop that waits; 0 leaves it as it is.
    pub trigger: Ticks,
    /// What the client sent along.
    pub client_bytes: ClientBytes,
}

/// What the quantity of a Replace is.
///
/// Who knows only totals, executed quantity included (OUCH Replace Order, FIX tag 38), says the
/// difference between the new total and the last one. What trades while the command is on its way
/// makes the open quantity smaller, and leaves the difference right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ReplaceSizing {
    /// The new open quantity.
    #[default]
    Open,
    /// What is added to the quantity that is open when the command is executed.
    More,
    /// What is taken off it; all of it or more cancels the order.
    Less,
}

/// Which orders a mass cancel cancels: those that every given field names. None given means all.
///
/// Whoever names an account may cancel its orders; a session may cancel its own; the rest is the
/// operator's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MassCancel {
    /// Orders of this instrument.
    pub instrument: Option<InstrumentId>,
    /// Orders of this account.
    pub account: Option<AccountId>,
    /// Orders of this side.
    pub side: Option<Side>,
    /// Orders that came from this session.
    pub session: Option<SessionId>,
}

/// What a gateway notes in the log: a refusal, a switch, a question. The engine does not know what
/// it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note {
    /// What it is, by the gateway's numbers.
    pub code: u16,
    /// The order that it is about; it need not be open, nor ever have been.
    pub order: OrderId,
    /// What else it says.
    pub bytes: ClientBytes,
}

/// An instrument as the operator defines it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Its name.
    pub symbol: Symbol,
    /// What it takes.
    pub terms: InstrumentTerms,
}

impl Definition {
    /// An instrument that takes every order that the engine can hold.
    pub const fn open(symbol: Symbol) -> Self {
        Self { symbol, terms: InstrumentTerms::OPEN }
    }
}

/// A change of how an instrument trades. One that is so already changes nothing and is answered
/// all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Control {
    /// New orders and Replace are rejected until it is resumed; the phase stays.
    Halt,
    /// Ends a halt.
    Resume,
    /// From collecting to continuous trading.
    MatchingOn,
    /// From continuous trading to collecting.
    MatchingOff,
    /// From continuous trading or collecting to an auction.
    StartAuction,
    /// Ends an auction: one price, all its trades, and on to continuous trading.
    Uncross,
}

/// What a log remembers of the flow that it is the log of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowIdentity {
    /// Its name, padded with zeros; of a longer one the last 32 bytes.
    pub name: [u8; FLOW_NAME_BYTES_MAX],
    /// How many bytes of its head were hashed.
    pub head_bytes: u32,
    /// Hash of the head.
    pub head_hash: u64,
}

/// A command on its way to the sequencer, with the host's time of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimedCommand {
    /// When the host took it, in nanoseconds since the Unix epoch; information, never a reason for
    /// a decision.
    pub timestamp_ns: u64,
    /// The command.
    pub command: Command,
}

impl Carried for TimedCommand {
    type Rest = [u64; 6];
    type OutOfLine = Self;

    #[inline]
    fn apart(&self) -> Option<(u64, [u64; 6])> {
        let plain = PlainCommand::of(&self.command)?;
        (self.timestamp_ns <= WORD_MAX).then_some((self.timestamp_ns, plain.words()))
    }

    #[inline]
    fn together(timestamp_ns: u64, words: [u64; 6]) -> Self {
        Self { timestamp_ns, command: PlainCommand::of_words(words).command() }
    }

    #[inline]
    fn out_of_line(&self) -> Self {
        *self
    }

    #[inline]
    fn from_out_of_line(timed: Self) -> Self {
        timed
    }
}
