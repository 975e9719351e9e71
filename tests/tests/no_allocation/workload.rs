//! The commands: the seeded stream, with sweeps, rejects and repeated commands between its own, and
//! everything that only a richer book does.

use highwater::command::{
    Action, ClientBytes, Command, Conditions, Control, Definition, MassCancel, NewOrder,
};
use highwater::types::{
    AccountId, Band, ClientSequence, InstrumentId, Lots, OrderId, OrderType, SelfTrade, SessionId,
    Side, Symbol, Ticks, TimeInForce,
};
use highwater_flows::stream::{SEED_DEFAULT, SYMBOLS, Stream};

/// The session that sweeps, and that is rejected.
const OTHER: SessionId = SessionId(2);
/// The instrument that is swept, behind those of the stream.
const SWEPT: InstrumentId = InstrumentId(4);
/// The instrument of stops, icebergs and auctions.
const RICH: InstrumentId = InstrumentId(5);
/// Whom its orders belong to.
const RICH_ACCOUNT: AccountId = AccountId(9);
/// Orders that a sweep trades with.
const MAKERS: u32 = 40;
/// Lines of the stream between two sweeps.
const SWEEP_EVERY: u64 = 1_000;
/// Lines of the stream between two rounds of what only a richer book does.
const RICH_EVERY: u64 = 500;
/// Lines of the stream between two commands that are rejected.
const REJECT_EVERY: u64 = 50;

/// At least `count` commands.
pub(crate) fn commands(count: usize) -> Vec<Command> {
    let mut workload = Workload { commands: Vec::new(), next_other: 1, next_operator: 1 };
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
    /// The operator's.
    next_operator: u64,
}

impl Workload {
    fn define(&mut self) {
        for name in SYMBOLS.into_iter().chain(["SWEPT", "RICH"]) {
            let symbol = Symbol::new(name.as_bytes()).expect("a valid symbol");
            self.operate(Action::DefineInstrument(Definition::open(symbol)));
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
        if line.0.is_multiple_of(RICH_EVERY) {
            self.trade_richly();
            self.hold_auction();
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
            conditions: Conditions::NONE,
            client_bytes: ClientBytes::EMPTY,
        }));
    }

    /// Icebergs, stops that trigger each other, orders of one account that meet, orders of a time.
    fn trade_richly(&mut self) {
        let plain = Conditions::NONE;
        let iceberg = Conditions { display: Lots(3), ..plain };
        self.rich(Side::Sell, OrderType::Limit, 100, 5, iceberg);
        for trigger in [100, 101, 102] {
            let stop = Conditions { trigger: Ticks(trigger), ..plain };
            self.rich(Side::Buy, OrderType::Stop, 0, 2, stop);
            self.rich(Side::Sell, OrderType::Limit, trigger + 1, 2, plain);
        }
        let stop = Conditions { trigger: Ticks(101), post_only: true, ..plain };
        self.rich(Side::Buy, OrderType::StopLimit, 99, 1, stop);
        self.rich(Side::Buy, OrderType::Market, 0, 4, plain);
        let minimum = Conditions { minimum: Lots(5), ..plain };
        self.rich(Side::Buy, OrderType::Limit, 100, 5, minimum);
        for self_trade in [SelfTrade::CancelNewest, SelfTrade::CancelOldest, SelfTrade::CancelBoth]
        {
            self.rich(Side::Buy, OrderType::Limit, 101, 1, Conditions { self_trade, ..plain });
        }
        let expiry_ns = self.next_other;
        self.rich(Side::Buy, OrderType::Limit, 50, 1, Conditions { expiry_ns, ..plain });
        self.operate(Action::Clock { now_ns: expiry_ns });
        self.operate(Action::EndOfDay);
        self.operate(Action::SetBand { instrument: RICH, band: Band::ALL });
        self.operate(Action::LimitSession { session: OTHER, open_orders_max: u32::MAX });
    }

    /// An auction of more trades than the tiny event ring holds, and the end of all that is left.
    fn hold_auction(&mut self) {
        self.operate(Action::Control { instrument: RICH, control: Control::StartAuction });
        for number in 0..MAKERS {
            let (side, price) =
                if number % 2 == 0 { (Side::Buy, 100 + number) } else { (Side::Sell, 99) };
            self.rich(side, OrderType::Limit, price, 3, Conditions::NONE);
        }
        self.operate(Action::Control { instrument: RICH, control: Control::Uncross });
        let which = MassCancel { account: Some(RICH_ACCOUNT), ..MassCancel::default() };
        self.say(Action::MassCancel(which));
    }

    fn rich(
        &mut self,
        side: Side,
        order_type: OrderType,
        price: u32,
        quantity: u64,
        conditions: Conditions,
    ) {
        let time_in_force = if conditions.expiry_ns > 0 {
            TimeInForce::GoodTillDate
        } else if conditions.minimum.0 > 0 {
            TimeInForce::FillOrKill
        } else {
            TimeInForce::Day
        };
        self.say(Action::New(NewOrder {
            instrument: RICH,
            order: OrderId(self.next_other),
            account: RICH_ACCOUNT,
            side,
            order_type,
            time_in_force,
            price: Ticks(price),
            quantity: Lots(quantity),
            conditions,
            client_bytes: ClientBytes::EMPTY,
        }));
    }

    fn operate(&mut self, action: Action) {
        let client_sequence = ClientSequence(self.next_operator);
        self.commands.push(Command { session: SessionId::OPERATOR, client_sequence, action });
        self.next_operator += 1;
    }

    fn say(&mut self, action: Action) {
        let client_sequence = ClientSequence(self.next_other);
        self.commands.push(Command { session: OTHER, client_sequence, action });
        self.next_other += 1;
    }
}
