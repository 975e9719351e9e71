//! Events: facts that follow from a command, in causal order, and the one list of reasons.

use crate::types::{
    Capacities, ClientSequence, InstrumentId, Lots, OrderId, Price, Quantity, Sequence, SessionId,
    fold,
};
use core::fmt;

/// Odd constants without structure: the first digits of the fractional parts of the square roots of
/// 2, 3, 5 and 7.
const SALT: [u64; 4] =
    [0x6a09_e667_f3bc_c909, 0xbb67_ae85_84ca_a73b, 0x3c6e_f372_fe94_f82b, 0xa54f_f53a_5f1d_36f1];

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
    /// Two orders traded at the maker's price.
    Trade {
        /// The resting order.
        maker: OrderId,
        /// The incoming order.
        taker: OrderId,
        /// The session that the resting order came from.
        maker_session: SessionId,
        /// The maker's price.
        price: Price,
        /// How much was traded.
        quantity: Quantity,
        /// What is still open of the maker; at 0 it has left the book.
        maker_remaining: Lots,
        /// What is still open of the taker.
        taker_remaining: Lots,
    },
    /// The rest of an incoming order joined the back of its level.
    Rested {
        /// The order.
        order: OrderId,
        /// Its price.
        price: Price,
        /// Its open quantity.
        quantity: Quantity,
    },
    /// An order left the book, or its rest never entered it. Answer to Cancel, and to Reduce and
    /// Replace by all.
    Canceled {
        /// The client sequence of the command that caused it.
        client_sequence: ClientSequence,
        /// The order.
        order: OrderId,
        /// How much was still open.
        quantity: Quantity,
        /// Why.
        reason: CancelReason,
    },
    /// Answer to Reduce: the order is smaller and keeps its place.
    Reduced {
        /// The session's number for the command.
        client_sequence: ClientSequence,
        /// The order.
        order: OrderId,
        /// What is still open.
        remaining: Quantity,
    },
    /// Answer to Replace: the order is changed; unless it kept its place, its trades and its rest
    /// follow.
    Replaced {
        /// The session's number for the command.
        client_sequence: ClientSequence,
        /// The order's name before.
        order: OrderId,
        /// Its name now.
        new_order: OrderId,
        /// Its price now.
        price: Price,
        /// Its open quantity now.
        quantity: Quantity,
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
}

const _: () = assert!(size_of::<Event>() == 64, "an event fills one cache line");

/// Why a command changed nothing: the one list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RejectReason {
    /// No open order of the account has this id on this instrument.
    UnknownOrder,
    /// Another open order of the instrument has this id.
    DuplicateId,
    /// The price is 0 or above 2^31 - 1.
    BadPrice,
    /// The quantity is 0 or above 2^62.
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
}

impl CancelReason {
    /// The reason as it is written in files and on screens.
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::IocRemainder => "ioc_remainder",
        }
    }

    /// The reason's number in the running hash; part of the log format, never reused.
    pub(crate) const fn code(self) -> u64 {
        match self {
            Self::User => 1,
            Self::IocRemainder => 2,
        }
    }
}

impl fmt::Display for CancelReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Event {
    /// The client sequence of the command that this event answers; `None` for what follows the
    /// answer.
    pub const fn answers(&self) -> Option<ClientSequence> {
        match self.kind {
            EventKind::Accepted { client_sequence, .. }
            | EventKind::Rejected { client_sequence, .. }
            | EventKind::Reduced { client_sequence, .. }
            | EventKind::Replaced { client_sequence, .. }
            | EventKind::Duplicate { client_sequence, .. }
            | EventKind::InstrumentDefined { client_sequence, .. }
            | EventKind::FlowBound { client_sequence }
            | EventKind::Configured { client_sequence, .. } => Some(client_sequence),
            EventKind::Canceled { client_sequence, reason, .. } => match reason {
                CancelReason::User => Some(client_sequence),
                CancelReason::IocRemainder => None,
            },
            EventKind::Trade { .. } | EventKind::Rested { .. } => None,
        }
    }

    /// Folds every field of this event into `hash`: the running hash, the same on every machine.
    ///
    /// The fields are mixed side by side and enter the chain through one multiplication.
    #[must_use]
    #[inline]
    pub fn fold_into(&self, hash: u64) -> u64 {
        let place = u64::from(self.instrument.0) | u64::from(self.session.0) << 32;
        let [head, w1, w2, w3, w4, w5] = self.words();
        let mixed = fold(self.sequence.0 ^ SALT[0], head ^ SALT[1])
            ^ fold(place ^ SALT[2], w1 ^ SALT[3]).rotate_left(16)
            ^ fold(w2 ^ SALT[1], w3 ^ SALT[2]).rotate_left(32)
            ^ fold(w4 ^ SALT[3], w5 ^ SALT[0]).rotate_left(48);
        fold(hash ^ mixed, SALT[0])
    }

    /// The kind's number with its small fields, and its large fields.
    #[inline]
    fn words(&self) -> [u64; 6] {
        match self.kind {
            EventKind::Accepted { client_sequence, order } => {
                [1, order.0, client_sequence.0, 0, 0, 0]
            }
            EventKind::Rejected { client_sequence, order, reason } => {
                [2 | reason.code() << 8, order.0, client_sequence.0, 0, 0, 0]
            }
            EventKind::Trade {
                maker,
                taker,
                maker_session,
                price,
                quantity,
                maker_remaining,
                taker_remaining,
            } => [
                3 | u64::from(price.ticks()) << 8 | u64::from(maker_session.0) << 40,
                maker.0,
                taker.0,
                quantity.lots(),
                maker_remaining.0,
                taker_remaining.0,
            ],
            EventKind::Rested { order, price, quantity } => {
                [4 | u64::from(price.ticks()) << 8, order.0, quantity.lots(), 0, 0, 0]
            }
            EventKind::Canceled { client_sequence, order, quantity, reason } => {
                [5 | reason.code() << 8, order.0, client_sequence.0, quantity.lots(), 0, 0]
            }
            EventKind::Reduced { client_sequence, order, remaining } => {
                [6, order.0, client_sequence.0, remaining.lots(), 0, 0]
            }
            EventKind::Replaced {
                client_sequence,
                order,
                new_order,
                price,
                quantity,
                kept_priority,
            } => [
                7 | u64::from(price.ticks()) << 8 | u64::from(kept_priority) << 40,
                order.0,
                new_order.0,
                quantity.lots(),
                client_sequence.0,
                0,
            ],
            EventKind::Duplicate { client_sequence, last } => {
                [8, client_sequence.0, last.0, 0, 0, 0]
            }
            EventKind::InstrumentDefined { client_sequence, is_new } => {
                [9 | u64::from(is_new) << 8, client_sequence.0, 0, 0, 0, 0]
            }
            EventKind::FlowBound { client_sequence } => [10, client_sequence.0, 0, 0, 0, 0],
            EventKind::Configured { client_sequence, capacities } => [
                11,
                client_sequence.0,
                u64::from(capacities.orders),
                u64::from(capacities.instruments),
                u64::from(capacities.sessions),
                0,
            ],
        }
    }
}

/// Picks the events that one session's commands caused, behind a client sequence.
///
/// Fed with the events of a replay, it gives a session again what it missed; fed with the events of
/// a live engine, it says which command each of them follows from.
#[derive(Clone, Copy, Debug)]
pub struct SessionEvents {
    session: SessionId,
    after: ClientSequence,
    /// The command that the session's last answer answered.
    answered: ClientSequence,
}

impl SessionEvents {
    /// The events of `session` that follow from commands with a client sequence above `after`.
    pub const fn new(session: SessionId, after: ClientSequence) -> Self {
        Self { session, after, answered: ClientSequence(0) }
    }

    /// The client sequence of the command that `event` follows from; `None` when it is not picked.
    /// Every event is shown, in order.
    #[inline]
    pub fn pick(&mut self, event: &Event) -> Option<ClientSequence> {
        if event.session != self.session {
            return None;
        }
        if let Some(client_sequence) = event.answers() {
            self.answered = client_sequence;
        }
        (self.answered > self.after).then_some(self.answered)
    }
}

/// Where events go. The book calls it once an event, in causal order.
pub trait EventSink {
    /// Takes one event.
    fn event(&mut self, event: &Event);
}

impl<F: FnMut(&Event)> EventSink for F {
    fn event(&mut self, event: &Event) {
        self(event);
    }
}
