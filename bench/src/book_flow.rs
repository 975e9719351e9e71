//! A flow as the book's commands, and a sink that sees every event.

use crate::floor::Trades;
use crate::flow::{Operation, OperationKind};
use highwater::book::{Book, Prefetcher};
use highwater::command::{
    Action, ClientBytes, Command, Conditions, Definition, NewOrder, ReplaceOrder, ReplaceSizing,
};
use highwater::event::{Event, EventKind, EventSink};
use highwater::types::{
    AccountId, ClientSequence, InstrumentId, Lots, OrderId, OrderType, ReplaceRule, SessionId,
    Symbol, Ticks, TimeInForce,
};
use std::hint::black_box;

/// The session that sends the flow.
const SESSION: SessionId = SessionId(1);
const ACCOUNT: AccountId = AccountId(7);

/// The operation number `number`, from 1, as a command for an instrument.
pub fn command_of(operation: &Operation, number: u64, instrument: InstrumentId) -> Command {
    let Operation { order, price, quantity, .. } = *operation;
    let (order, price, quantity) = (OrderId(order), Ticks(price), Lots(u64::from(quantity)));
    let action = match operation.kind {
        OperationKind::Add => Action::New(NewOrder {
            instrument,
            order,
            account: ACCOUNT,
            side: operation.side,
            order_type: OrderType::Limit,
            time_in_force: if operation.is_immediate {
                TimeInForce::ImmediateOrCancel
            } else {
                TimeInForce::GoodTillCancel
            },
            price,
            quantity,
            conditions: Conditions::NONE,
            client_bytes: ClientBytes::EMPTY,
        }),
        OperationKind::Cancel => Action::Cancel { instrument, order, account: ACCOUNT },
        OperationKind::Replace => Action::Replace(ReplaceOrder {
            instrument,
            order,
            new_order: order,
            account: ACCOUNT,
            rule: ReplaceRule::CancelReplace,
            price,
            sizing: ReplaceSizing::Open,
            quantity,
            trigger: Ticks(0),
            client_bytes: ClientBytes::EMPTY,
        }),
    };
    Command { session: SESSION, client_sequence: ClientSequence(number), action }
}

/// All operations as commands for the first instrument.
pub fn commands_of(operations: &[Operation]) -> Vec<Command> {
    let numbered = operations.iter().zip(1..);
    numbered.map(|(operation, number)| command_of(operation, number, InstrumentId(0))).collect()
}

/// Defines `count` instruments that take every order.
///
/// # Panics
///
/// When a symbol is too long: never.
pub fn define_instruments(book: &mut Book<'_>, count: u32) {
    for number in 1..=count {
        let symbol = Symbol::new(format!("I{number}").as_bytes()).expect("a short name");
        let command = Command {
            session: SessionId::OPERATOR,
            client_sequence: ClientSequence(u64::from(number)),
            action: Action::DefineInstrument(Definition::open(symbol)),
        };
        apply_all(book, &[command], &mut ());
    }
}

/// Applies commands one behind the other, as the sequencer does it: in a large book it prefetches
/// for those that wait.
#[inline]
pub fn apply_all(book: &mut Book<'_>, commands: &[Command], sink: &mut impl EventSink) {
    let mut prefetcher = Prefetcher::new();
    for (index, command) in commands.iter().enumerate() {
        book.prefetch(&mut prefetcher, move |distance| commands.get(index + distance));
        let sequence = book.last_sequence().next();
        book.apply(sequence, command, sink);
    }
}

/// Takes every event, as a whole and in memory, and adds the trades up.
#[derive(Debug, Default)]
pub struct Watcher {
    /// Events that came.
    pub events: u64,
    /// What the trades add up to.
    pub trades: Trades,
}

impl EventSink for Watcher {
    #[inline]
    fn event(&mut self, event: &Event) {
        self.events += 1;
        if let EventKind::Trade { maker, taker, price, quantity, .. } = black_box(event).kind {
            self.trades.add(maker.0, taker.0, price.ticks(), quantity.lots());
        }
    }
}
