//! Commands: everything that can change the engine's state, as a client or the operator says it.
//!
//! A command is unchecked: its numbers may be zero or far too large. The book answers such a
//! command with [`Rejected`](crate::event::EventKind::Rejected); it is logged all the same, so that
//! its sequence has an answer.

use crate::limits::FLOW_NAME_BYTES_MAX;
use crate::types::{
    AccountId, Capacities, ClientSequence, InstrumentId, Lots, OrderId, OrderType, ReplaceRule,
    SessionId, Side, Symbol, Ticks, TimeInForce,
};

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// Give an open order a new id, price and open quantity; it may trade at once.
    Replace(ReplaceOrder),
    /// Operator: name an instrument. Naming it again does nothing and answers with the same number.
    DefineInstrument {
        /// Its name.
        symbol: Symbol,
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
    /// The worst price it trades at.
    pub price: Ticks,
    /// How much it trades.
    pub quantity: Lots,
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
    /// The new price.
    pub price: Ticks,
    /// The new open quantity; 0 cancels the order.
    pub quantity: Lots,
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
pub struct Arrival {
    /// When the host took it, in nanoseconds since the Unix epoch; information, never a reason for
    /// a decision.
    pub timestamp_ns: u64,
    /// The command.
    pub command: Command,
}

const _: () = assert!(size_of::<Arrival>() <= 80, "an arrival moves over the input ring by value");
