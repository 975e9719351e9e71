//! Events: facts that follow from a command, in causal order, and the one list of reasons.

mod queries;
mod reasons;
mod routing;
mod running_hash;
mod sink;

pub use reasons::{CancelReason, RejectReason};
pub(crate) use routing::Routing;
pub use sink::{CommandEnd, EventOrEnd, EventSink, LevelStep, Unsequenced};

use crate::types::{
    Band, Capacities, ClientSequence, InstrumentId, Lots, OrderId, Phase, Price, Quantity,
    Sequence, SessionId, Side, Ticks,
};

/// One fact, caused by the command with its sequence.
///
/// The events of a command are contiguous. The first of them answers it and carries its client
/// sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(alias = "response")]
pub struct Event {
    /// The command that caused it; for [`Duplicate`](EventKind::Duplicate), the last command
    /// sequenced before it.
    pub sequence: Sequence,
    /// The session that sent that command.
    pub session: SessionId,
    /// The session of the order that it is about: another's when the command canceled, reduced or
    /// triggered that order, or took it over by Replace; the taker's, or the buyer's, of a trade.
    /// Else the session that sent the command.
    pub owner: SessionId,
    /// The instrument that it is about; 0 where it is about none.
    pub instrument: InstrumentId,
    /// What happened.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// Answer to New: the order is taken; its trades and what becomes of the rest follow.
    Accepted {
        /// The session's number for the command.
        client_sequence: ClientSequence,
        /// The order.
        order: OrderId,
        /// Buy or sell.
        side: Side,
        /// Its limit; 0 for an order without one.
        price: Ticks,
        /// What it waits for; 0 unless it is a stop. What else the command says does not fit.
        trigger: Ticks,
        /// Its quantity, hidden quantity too.
        quantity: Quantity,
    },
    /// Answer to any command that changes nothing, and why.
    Rejected {
        /// The session's number for the command.
        client_sequence: ClientSequence,
        /// The order that the command named; 0 where it named none.
        order: OrderId,
        /// Why.
        reason: RejectReason,
    },
    /// Answer to Note: it is in the log.
    Noted {
        /// The session's number for the command.
        client_sequence: ClientSequence,
        /// What it is, by the gateway's numbers.
        code: u16,
        /// The order that it is about.
        order: OrderId,
    },
    /// Two orders traded at the maker's price.
    Trade {
        /// The resting order.
        maker: OrderId,
        /// The incoming order.
        taker: OrderId,
        /// The side of the incoming order; the resting one is on the other.
        side: Side,
        /// The session that the resting order came from.
        maker_session: SessionId,
        /// The maker's price.
        price: Price,
        /// How much was traded.
        quantity: Quantity,
        /// What is still open of the maker, hidden quantity too; at 0 it has left the book.
        maker_remaining: Lots,
        /// What is still open of the taker.
        taker_remaining: Lots,
    },
    /// The rest of an incoming order joined the back of its level.
    Rested {
        /// The order.
        order: OrderId,
        /// Buy or sell.
        side: Side,
        /// Its price.
        price: Price,
        /// Its open quantity, hidden quantity too.
        quantity: Quantity,
        /// What it shows of it.
        visible: Quantity,
    },
    /// An order left the book, or its rest never entered it. Answer to Cancel, and to Reduce and
    /// Replace by all.
    Canceled {
        /// The client sequence of the command that caused it.
        client_sequence: ClientSequence,
        /// The order.
        order: OrderId,
        /// Buy or sell.
        side: Side,
        /// Its limit; 0 for an order without one. A stop that waited has its limit here, not its
        /// trigger.
        price: Ticks,
        /// How much was still open, hidden quantity too.
        quantity: Quantity,
        /// What it showed of it; 0 when it did not rest: a stop that waited, and the rest of an
        /// incoming order.
        visible: Lots,
        /// Why.
        reason: CancelReason,
    },
    /// Answer to Reduce: the order is smaller and keeps its place.
    Reduced {
        /// The session's number for the command.
        client_sequence: ClientSequence,
        /// The order.
        order: OrderId,
        /// Buy or sell.
        side: Side,
        /// Its limit; 0 for an order without one.
        price: Ticks,
        /// What is still open, hidden quantity too.
        remaining: Quantity,
        /// What it shows of it; 0 for a stop that waits.
        visible: Lots,
    },
    /// Answer to Replace: the order is changed; unless it kept its place or is a stop that waits,
    /// its trades and its rest follow.
    Replaced {
        /// The session's number for the command.
        client_sequence: ClientSequence,
        /// The order's name before.
        order: OrderId,
        /// Its name now.
        new_order: OrderId,
        /// Buy or sell.
        side: Side,
        /// Its limit price now; 0 for an order without a limit.
        price: Ticks,
        /// Its open quantity now, hidden quantity too.
        quantity: Quantity,
        /// What it shows of it where it kept its place; 0 for a stop that waits, and for an order
        /// that comes in again.
        visible: Lots,
        /// Whether it kept its place in the queue.
        kept_priority: bool,
    },
    /// Answer to a command whose client sequence is not above the session's last: it is not
    /// executed, and not logged.
    Duplicate {
        /// The client sequence of the command that was not executed.
        client_sequence: ClientSequence,
        /// The last client sequence of the session that was executed.
        last: ClientSequence,
    },
    /// Answer to `DefineInstrument`: the event's instrument bears the symbol.
    InstrumentDefined {
        /// The operator's number for the command.
        client_sequence: ClientSequence,
        /// False when the instrument had been defined before.
        is_new: bool,
    },
    /// Answer to `BindFlow`: the log belongs to that flow.
    FlowBound {
        /// The operator's number for the command.
        client_sequence: ClientSequence,
    },
    /// Answer to `Configure`: these capacities hold from here on.
    Configured {
        /// The operator's number for the command.
        client_sequence: ClientSequence,
        /// What the engine may hold.
        capacities: Capacities,
    },
    /// The last trade price reached the trigger of a stop: it comes in as a market or limit order,
    /// and what it does follows, up to the next Triggered or the end of the command.
    Triggered {
        /// The order.
        order: OrderId,
    },
    /// What an iceberg showed has traded: it shows a new part, at the back of its level.
    Replenished {
        /// The order.
        order: OrderId,
        /// Buy or sell.
        side: Side,
        /// The price it rests at.
        price: Price,
        /// What it shows now.
        visible: Quantity,
    },
    /// Two orders traded in an uncross, at its price.
    AuctionTrade {
        /// The buying order; the event's owner is its session.
        buy: OrderId,
        /// The selling order.
        sell: OrderId,
        /// The session that the selling order came from.
        sell_session: SessionId,
        /// The price of the uncross.
        price: Price,
        /// How much was traded.
        quantity: Quantity,
        /// What is still open of the buying order, hidden quantity too.
        buy_remaining: Lots,
        /// What is still open of the selling order, hidden quantity too.
        sell_remaining: Lots,
    },
    /// Answer to `MassCancel`: this many Canceled follow.
    MassCanceled {
        /// The session's number for the command.
        client_sequence: ClientSequence,
        /// Orders that are canceled.
        order_count: u64,
    },
    /// Answer to every `Control` but Uncross: the instrument trades like this from here on.
    StateChanged {
        /// The operator's number for the command.
        client_sequence: ClientSequence,
        /// How it trades.
        phase: Phase,
        /// Whether it is halted.
        is_halted: bool,
    },
    /// Answer to Uncross: the auction is over; its trades follow, then continuous trading.
    Uncrossed {
        /// The operator's number for the command.
        client_sequence: ClientSequence,
        /// The price of all its trades; 0 when there are none.
        price: Ticks,
        /// What they add up to; `u64::MAX` when it is that or more.
        volume: Lots,
    },
    /// Answer to `SetBand`: the instrument takes these prices from here on.
    BandSet {
        /// The operator's number for the command.
        client_sequence: ClientSequence,
        /// Its band.
        band: Band,
    },
    /// Answer to Clock: the time of the engine; the orders that expired follow as Canceled.
    ClockSet {
        /// The operator's number for the command.
        client_sequence: ClientSequence,
        /// The time, in nanoseconds; the one before when the command would have moved it back.
        now_ns: u64,
    },
    /// Answer to `EndOfDay`: the orders of the day follow as Canceled.
    DayEnded {
        /// The operator's number for the command.
        client_sequence: ClientSequence,
    },
    /// Answer to `LimitSession`: from here on the session may have this many orders open.
    SessionLimited {
        /// The operator's number for the command.
        client_sequence: ClientSequence,
        /// The session.
        session: SessionId,
        /// Orders that may be open; `u32::MAX` for no limit.
        open_orders_max: u32,
    },
}

const _: () = assert!(size_of::<Event>() == 64, "an event fills one cache line");

impl Event {
    /// Whom and what it is about.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a few shifts")]
    fn routing(&self) -> Routing {
        Routing::new(self.instrument, self.session, self.owner)
    }
}
