//! The commands: the seeded stream, with sweeps, rejects and repeated commands between its own.

use highwater::command::{Action, Command, NewOrder};
use highwater::types::{
    AccountId, ClientSequence, InstrumentId, Lots, OrderId, OrderType, SessionId, Side, Symbol,
    Ticks, TimeInForce,
};
use runtime::stream::{SEED_DEFAULT, SYMBOLS, Stream};

/// The session that sweeps, and that is rejected.
const OTHER: SessionId = SessionId(2);
/// The instrument that is swept, behind those of the stream.
const SWEPT: InstrumentId = InstrumentId(4);
/// Orders that a sweep trades with.
const MAKERS: u32 = 40;
/// Lines of the stream between two sweeps.
const SWEEP_EVERY: u64 = 1_000;
/// Lines of the stream between two commands that are rejected.
const REJECT_EVERY: u64 = 50;

/// At least `count` commands.
pub(crate) fn commands(count: usize) -> Vec<Command> {
    let mut workload = Workload { commands: Vec::new(), next_other: 1 };
    workload.define();
    for line in Stream::new(SEED_DEFAULT) {
        let symbol = line.symbol.to_string();
        let market = (0..).zip(SYMBOLS).find(|(_, name)| *name == symbol);
        let (instrument, _) = market.expect("the stream's own");
        workload.commands.push(line.command(SessionId(1), InstrumentId(instrument)));
        workload.disturb(line.client_sequence);
        if workload.commands.len() >= count {
            break;
        }
    }
    workload.commands
}

struct Workload {
    commands: Vec<Command>,
    /// The other session's next client sequence.
    next_other: u64,
}

impl Workload {
    fn define(&mut self) {
        for (number, name) in (1..).zip(SYMBOLS.into_iter().chain(["SWEPT"])) {
            let symbol = Symbol::new(name.as_bytes()).expect("a valid symbol");
            let action = Action::DefineInstrument { symbol };
            let client_sequence = ClientSequence(number);
            self.commands.push(Command { session: SessionId::OPERATOR, client_sequence, action });
        }
    }

    /// Says what the stream does not, now and then.
    fn disturb(&mut self, line: ClientSequence) {
        if line.0.is_multiple_of(SWEEP_EVERY) {
            for price in 1..=MAKERS {
                self.other(Side::Sell, price, 1);
            }
            self.other(Side::Buy, MAKERS, u64::from(MAKERS) + 1);
            let repeated = *self.commands.last().expect("just said");
            self.commands.push(repeated);
        }
        if line.0.is_multiple_of(REJECT_EVERY) {
            self.other(Side::Buy, 0, 1);
            self.other(Side::Buy, 1, 0);
            let (instrument, order) = (SWEPT, OrderId(u64::MAX));
            self.say(Action::Cancel { instrument, order, account: AccountId(0) });
        }
    }

    /// A sell that rests, or a buy that does not.
    fn other(&mut self, side: Side, price: u32, quantity: u64) {
        let time_in_force = match side {
            Side::Buy => TimeInForce::ImmediateOrCancel,
            Side::Sell => TimeInForce::GoodTillCancel,
        };
        self.say(Action::New(NewOrder {
            instrument: SWEPT,
            order: OrderId(self.next_other),
            account: AccountId(0),
            side,
            order_type: OrderType::Limit,
            time_in_force,
            price: Ticks(price),
            quantity: Lots(quantity),
        }));
    }

    fn say(&mut self, action: Action) {
        let client_sequence = ClientSequence(self.next_other);
        self.commands.push(Command { session: OTHER, client_sequence, action });
        self.next_other += 1;
    }
}
