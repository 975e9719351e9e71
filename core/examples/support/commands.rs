//! The commands of the examples: an instrument, and plain orders on it.

use highwater::command::{Action, ClientBytes, Command, Conditions, Definition, NewOrder};
use highwater::types::{
    AccountId, ClientSequence, InstrumentId, Lots, OrderId, OrderType, SessionId, Side, Symbol,
    Ticks, TimeInForce,
};

/// The operator's first command: instrument 0, which takes every order.
pub(crate) fn define(symbol: Symbol) -> Command {
    Command {
        session: SessionId::OPERATOR,
        client_sequence: ClientSequence(1),
        action: Action::DefineInstrument(Definition::open(symbol)),
    }
}

/// A good-till-cancel order of session 1, whose client sequence is the order's id.
pub(crate) fn order(id: u64, side: Side, price_ticks: u32, quantity_lots: u64) -> Command {
    Command {
        session: SessionId(1),
        client_sequence: ClientSequence(id),
        action: Action::New(NewOrder {
            instrument: InstrumentId(0),
            order: OrderId(id),
            account: AccountId(0),
            side,
            order_type: OrderType::Limit,
            time_in_force: TimeInForce::GoodTillCancel,
            price: Ticks(price_ticks),
            quantity: Lots(quantity_lots),
            conditions: Conditions::NONE,
            client_bytes: ClientBytes::EMPTY,
        }),
    }
}
