//! Pairs of short command sequences whose states differ in one field, or in none.

use highwater::command::{
    Action, ClientBytes, Conditions, Control, Definition, FlowIdentity, NewOrder, ReplaceOrder,
    ReplaceSizing,
};
use highwater::types::{
    AccountId, Band, Capacities, InstrumentId, InstrumentTerms, Lots, Notional, OrderId, OrderType,
    ReplaceRule, SelfTrade, SessionId, Side, Symbol, Ticks, TimeInForce,
};

/// How two states differ.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Difference {
    /// In a field that an event told.
    EventOrEnd,
    /// In a field that no event told: the hash of the events cannot know it.
    Content,
    /// Not at all: the commands differ in what means nothing.
    None,
}

/// Two command sequences.
#[derive(Debug)]
pub(crate) struct Pair {
    /// What differs.
    pub(crate) what: String,
    /// How.
    pub(crate) difference: Difference,
    /// One sequence.
    pub(crate) one: Vec<Action>,
    /// The other one.
    pub(crate) other: Vec<Action>,
}

/// A change of one field.
type Change<T> = (&'static str, fn(&mut T));

/// Every pair.
pub(crate) fn pairs() -> Vec<Pair> {
    let mut pairs = Vec::new();
    pairs.extend(of_orders("resting", resting(), Difference::Content, &UNTOLD_OF_RESTING));
    pairs.extend(of_orders("resting", resting(), Difference::EventOrEnd, &TOLD_OF_RESTING));
    pairs.extend(of_orders("resting", resting(), Difference::None, &NOTHING_OF_RESTING));
    pairs.extend(of_orders("waiting", waiting(), Difference::Content, &UNTOLD_OF_WAITING));
    let market_stop = NewOrder { order_type: OrderType::Stop, ..waiting() };
    pairs.extend(of_orders("waiting", market_stop, Difference::None, &NOTHING_OF_WAITING));
    pairs.extend(of_definitions());
    pairs.extend(of_sequences());
    pairs
}

const UNTOLD_OF_RESTING: [Change<NewOrder>; 7] = [
    ("account", |new| new.account = AccountId(2)),
    ("day", |new| new.time_in_force = TimeInForce::Day),
    ("expiry", |new| {
        new.time_in_force = TimeInForce::GoodTillDate;
        new.conditions.expiry_ns = 9;
    }),
    ("self-trade mode", |new| new.conditions.self_trade = SelfTrade::CancelBoth),
    ("post-only", |new| new.conditions.post_only = true),
    ("display of all", |new| new.conditions.display = Lots(10)),
    ("display of more", |new| new.conditions.display = Lots(11)),
];

const TOLD_OF_RESTING: [Change<NewOrder>; 6] = [
    ("id", |new| new.order = OrderId(2)),
    ("side", |new| new.side = Side::Sell),
    ("price", |new| new.price = Ticks(6)),
    ("quantity", |new| new.quantity = Lots(11)),
    ("display", |new| new.conditions.display = Lots(3)),
    ("instrument", |new| new.instrument = InstrumentId(1)),
];

const NOTHING_OF_RESTING: [Change<NewOrder>; 1] =
    [("trigger of a limit order", |new| new.conditions.trigger = Ticks(3))];

const UNTOLD_OF_WAITING: [Change<NewOrder>; 13] = [
    ("account", |new| new.account = AccountId(2)),
    ("side", |new| new.side = Side::Sell),
    ("type", |new| new.order_type = OrderType::Stop),
    ("limit", |new| new.price = Ticks(6)),
    ("trigger", |new| new.conditions.trigger = Ticks(8)),
    ("quantity", |new| new.quantity = Lots(11)),
    ("display", |new| new.conditions.display = Lots(3)),
    ("minimum", |new| new.conditions.minimum = Lots(4)),
    ("day", |new| new.time_in_force = TimeInForce::Day),
    ("all or none", |new| new.time_in_force = TimeInForce::FillOrKill),
    ("expiry", |new| {
        new.time_in_force = TimeInForce::GoodTillDate;
        new.conditions.expiry_ns = 9;
    }),
    ("self-trade mode", |new| new.conditions.self_trade = SelfTrade::CancelOldest),
    ("post-only", |new| new.conditions.post_only = true),
];

const NOTHING_OF_WAITING: [Change<NewOrder>; 1] =
    [("price of a stop without a limit", |new| new.price = Ticks(77))];

const UNTOLD_OF_DEFINITIONS: [Change<Definition>; 7] = [
    ("symbol", |definition| definition.symbol = symbol(b"OTHER")),
    ("tick", |definition| definition.terms.tick = Ticks(5)),
    ("lot", |definition| definition.terms.lot = Lots(5)),
    ("lowest price", |definition| definition.terms.band.low = Ticks(1)),
    ("highest price", |definition| definition.terms.band.high = Ticks(9_999)),
    ("largest quantity", |definition| definition.terms.quantity_max = Lots(9_999)),
    ("largest notional", |definition| definition.terms.notional_max = Notional::new(1 << 70)),
];

/// A pair for each change of an order.
fn of_orders(
    what: &str,
    order: NewOrder,
    difference: Difference,
    changes: &[Change<NewOrder>],
) -> Vec<Pair> {
    let pair = |(name, change): &Change<NewOrder>| {
        let mut variant = order;
        change(&mut variant);
        let [one, other] = [order, variant].map(|new| behind_setup(&[Action::New(new)]));
        Pair { what: format!("{what} order: {name}"), difference, one, other }
    };
    changes.iter().map(pair).collect()
}

fn of_definitions() -> Vec<Pair> {
    let pair = |(name, change): &Change<Definition>| {
        let definition = Definition { symbol: symbol(b"SYM"), terms: InstrumentTerms::OPEN };
        let mut variant = definition;
        change(&mut variant);
        let [one, other] = [definition, variant].map(|new| vec![Action::DefineInstrument(new)]);
        Pair { what: format!("instrument: {name}"), difference: Difference::Content, one, other }
    };
    UNTOLD_OF_DEFINITIONS.iter().map(pair).collect()
}

/// Pairs that are more than a change of one command.
fn of_sequences() -> Vec<Pair> {
    use Difference::{Content, EventOrEnd, None};
    let control = |control| Action::Control { instrument: InstrumentId(0), control };
    let flow =
        |head_hash| Action::BindFlow(FlowIdentity { name: [b'f'; 32], head_bytes: 9, head_hash });
    let band = |high| Action::SetBand {
        instrument: InstrumentId(0),
        band: Band { low: Ticks(0), high: Ticks(high) },
    };
    let limit = |open_orders_max| Action::LimitSession { session: SessionId(1), open_orders_max };
    let clock = |now_ns| Action::Clock { now_ns };
    let capacities = |orders| Capacities { orders, instruments: 4, sessions: 4 };
    let [first, second] = [resting(), NewOrder { order: OrderId(2), ..resting() }];
    let queue = [Action::New(first), Action::New(second)];
    let [early, late] = [waiting(), NewOrder { order: OrderId(2), ..waiting() }];
    let stops = [Action::New(early), Action::New(late)];
    let elsewhere =
        NewOrder { conditions: Conditions { trigger: Ticks(8), ..late.conditions }, ..late };
    let apart = [Action::New(early), Action::New(elsewhere)];
    let iceberg = |quantity| {
        let conditions = Conditions { display: Lots(3), ..Conditions::NONE };
        Action::New(NewOrder { quantity: Lots(quantity), conditions, ..resting() })
    };
    let pair = |what: &str, difference, one: &[Action], other: &[Action]| Pair {
        what: what.to_owned(),
        difference,
        one: behind_setup(one),
        other: behind_setup(other),
    };
    let moved =
        |actions: [Action; 2], order, trigger| [actions[0], actions[1], again(order, 7, trigger)];
    vec![
        pair(
            "phase",
            EventOrEnd,
            &[control(Control::StartAuction)],
            &[control(Control::MatchingOff)],
        ),
        pair("halt", EventOrEnd, &[control(Control::Halt)], &[control(Control::Resume)]),
        pair("band", EventOrEnd, &[band(100)], &[band(101)]),
        pair("session limit", EventOrEnd, &[limit(3)], &[limit(4)]),
        pair("clock", EventOrEnd, &[clock(5)], &[clock(6)]),
        pair("clock that stays", None, &[clock(6), clock(6)], &[clock(6), clock(2)]),
        pair("flow", Content, &[flow(1)], &[flow(2)]),
        pair(
            "capacities",
            EventOrEnd,
            &[Action::Configure(capacities(8))],
            &[Action::Configure(capacities(9))],
        ),
        pair("iceberg reserve", EventOrEnd, &[iceberg(10)], &[iceberg(11)]),
        pair("queue order", EventOrEnd, &moved(queue, 1, 0), &moved(queue, 2, 0)),
        pair("stop queue order", EventOrEnd, &moved(stops, 1, 0), &moved(stops, 2, 0)),
        pair("arrival order of stops", EventOrEnd, &moved(apart, 1, 0), &moved(apart, 2, 0)),
        pair("trigger of a moved stop", Content, &moved(stops, 1, 0), &moved(stops, 1, 9)),
        pair("trigger of a resting order", None, &moved(queue, 1, 0), &moved(queue, 1, 9)),
    ]
}

/// The first commands of every sequence, and some more.
fn behind_setup(actions: &[Action]) -> Vec<Action> {
    let defined = [b"AAA", b"BBB"].map(|name| {
        Action::DefineInstrument(Definition { symbol: symbol(name), terms: InstrumentTerms::OPEN })
    });
    defined.into_iter().chain(actions.iter().copied()).collect()
}

fn resting() -> NewOrder {
    NewOrder {
        instrument: InstrumentId(0),
        order: OrderId(1),
        account: AccountId(1),
        side: Side::Buy,
        order_type: OrderType::Limit,
        time_in_force: TimeInForce::GoodTillCancel,
        price: Ticks(5),
        quantity: Lots(10),
        conditions: Conditions::NONE,
        client_bytes: ClientBytes::EMPTY,
    }
}

fn waiting() -> NewOrder {
    NewOrder {
        order_type: OrderType::StopLimit,
        conditions: Conditions { trigger: Ticks(7), ..Conditions::NONE },
        ..resting()
    }
}

/// A Replace that sends an order to the back.
fn again(order: u64, price: u32, trigger: u32) -> Action {
    Action::Replace(ReplaceOrder {
        instrument: InstrumentId(0),
        order: OrderId(order),
        new_order: OrderId(order),
        account: AccountId(1),
        rule: ReplaceRule::CancelReplace,
        price: Ticks(price),
        sizing: ReplaceSizing::Open,
        quantity: Lots(10),
        trigger: Ticks(trigger),
        client_bytes: ClientBytes::EMPTY,
    })
}

fn symbol(name: &[u8]) -> Symbol {
    Symbol::new(name).expect("a valid symbol")
}
