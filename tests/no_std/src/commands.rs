//! The commands of the proof: every kind that moves an order, a sweep of more events than the ring
//! holds, and rejects.

use highwater::command::{
    Action, ClientBytes, Command, Conditions, Definition, NewOrder, ReplaceOrder, ReplaceSizing,
};
use highwater::types::{
    AccountId, ClientSequence, InstrumentId, Lots, OrderId, OrderType, ReplaceRule, SessionId,
    Side, Symbol, Ticks, TimeInForce,
};

/// Events that the commands cause, the answer to the repeated one not counted.
pub(crate) const EVENT_COUNT: usize = 1 + 6 * 2 + 8 + 2 * 2 + 1 + 1 + 2 + 3 + 1 + 2 + WRONG;

/// Makes the proof fail when it runs, to show that it can.
const WRONG: usize = if cfg!(feature = "count_control") { 1 } else { 0 };

const INSTRUMENT: InstrumentId = InstrumentId(0);
const ACCOUNT: AccountId = AccountId(7);

/// What is said, in order; `symbol` names the instrument.
pub(crate) fn commands(symbol: Symbol) -> [Command; 19] {
    [
        // One event.
        say(SessionId::OPERATOR, 1, Action::DefineInstrument(Definition::open(symbol))),
        // Accepted and Rested, six times.
        trader(1, new(1, Side::Sell, 10)),
        trader(2, new(2, Side::Sell, 11)),
        trader(3, new(3, Side::Sell, 12)),
        trader(4, new(4, Side::Sell, 13)),
        trader(5, new(5, Side::Sell, 14)),
        trader(6, new(6, Side::Sell, 15)),
        // Accepted, six Trades, Canceled.
        trader(7, sweep(7)),
        // Accepted and Rested, twice.
        trader(8, new(8, Side::Buy, 9)),
        trader(9, new(9, Side::Buy, 9)),
        // Reduced.
        trader(
            10,
            Action::Reduce {
                instrument: INSTRUMENT,
                order: OrderId(8),
                account: ACCOUNT,
                by: Lots(2),
            },
        ),
        // Replaced, in its place.
        trader(11, Action::Replace(less(9, 10, 1))),
        // Replaced and Rested.
        trader(12, Action::Replace(replace(10, 11, 8))),
        // Rejected, three times.
        trader(13, cancel(99)),
        trader(14, new(14, Side::Buy, 0)),
        trader(15, new(8, Side::Buy, 7)),
        // Canceled.
        trader(16, cancel(8)),
        // Said before: answered, and neither logged nor executed.
        trader(16, new(16, Side::Buy, 7)),
        // Accepted and Rested.
        trader(17, new(17, Side::Sell, 12)),
    ]
}

/// One more: it takes the last order that is for sale out of the book.
pub(crate) fn last_command() -> Command {
    trader(18, cancel(17))
}

fn trader(client_sequence: u64, action: Action) -> Command {
    say(SessionId(1), client_sequence, action)
}

fn say(session: SessionId, client_sequence: u64, action: Action) -> Command {
    Command { session, client_sequence: ClientSequence(client_sequence), action }
}

fn new(order: u64, side: Side, price: u32) -> Action {
    Action::New(NewOrder {
        instrument: INSTRUMENT,
        order: OrderId(order),
        account: ACCOUNT,
        side,
        order_type: OrderType::Limit,
        time_in_force: TimeInForce::GoodTillCancel,
        price: Ticks(price),
        quantity: Lots(5),
        conditions: Conditions::NONE,
        client_bytes: ClientBytes::EMPTY,
    })
}

/// Buys all that is for sale, and more.
fn sweep(order: u64) -> Action {
    Action::New(NewOrder {
        instrument: INSTRUMENT,
        order: OrderId(order),
        account: ACCOUNT,
        side: Side::Buy,
        order_type: OrderType::Limit,
        time_in_force: TimeInForce::ImmediateOrCancel,
        price: Ticks(20),
        quantity: Lots(100),
        conditions: Conditions::NONE,
        client_bytes: ClientBytes::EMPTY,
    })
}

fn replace(order: u64, new_order: u64, price: u32) -> ReplaceOrder {
    ReplaceOrder {
        instrument: INSTRUMENT,
        order: OrderId(order),
        new_order: OrderId(new_order),
        account: ACCOUNT,
        rule: ReplaceRule::CancelReplace,
        price: Ticks(price),
        sizing: ReplaceSizing::Open,
        quantity: Lots(4),
        trigger: Ticks(0),
        client_bytes: ClientBytes::new(b"no_std").unwrap_or_default(),
    }
}

/// At its price and in its place, by so many lots less.
fn less(order: u64, new_order: u64, by: u64) -> ReplaceOrder {
    let (rule, sizing, quantity) = (ReplaceRule::Modify, ReplaceSizing::Less, Lots(by));
    ReplaceOrder { rule, sizing, quantity, ..replace(order, new_order, 9) }
}

fn cancel(order: u64) -> Action {
    Action::Cancel { instrument: INSTRUMENT, order: OrderId(order), account: ACCOUNT }
}
