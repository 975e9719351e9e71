//! Seeded commands for a small book: everything that a client may say, sense and nonsense.

use crate::random::Random;
use highwater::command::{
    Action, ClientBytes, Command, Conditions, Control, Definition, FlowIdentity, MassCancel,
    NewOrder, Note, ReplaceOrder, ReplaceSizing, TimedCommand,
};
use highwater::types::{
    AccountId, Band, Capacities, ClientSequence, InstrumentId, InstrumentTerms, Lots, Notional,
    OrderId, OrderType, PriceDecimals, ReplaceRule, SelfTrade, SessionId, Side, Symbol, Ticks,
    TimeInForce,
};
use std::collections::BTreeMap;

/// What the small book may hold.
pub const CAPACITIES: Capacities = Capacities { orders: 16, instruments: 3, sessions: 4 };

/// The last client sequence of each session.
pub type LastClientSequences = BTreeMap<SessionId, ClientSequence>;

/// The next command of the session that it chooses; about one in 16 repeats a client sequence.
///
/// # Panics
/// Never: its numbers are small.
pub fn timed(random: &mut Random, last: &LastClientSequences) -> TimedCommand {
    let is_start = last.is_empty();
    // Session 4 is one more than there are.
    let session =
        SessionId(if is_start { 0 } else { u16::try_from(random.below(5)).expect("a session") });
    let before = last.get(&session).copied().unwrap_or_default().0;
    let client_sequence = if random.chance(6) {
        before.saturating_sub(random.below(2))
    } else {
        before + 1 + random.below(2)
    };
    let is_operators = session == SessionId::OPERATOR && random.chance(80);
    let action = if is_start || is_operators && random.chance(30) {
        define(random)
    } else if is_operators {
        operators(random)
    } else {
        action(random)
    };
    let client_sequence = ClientSequence(client_sequence);
    // The clock may run backwards.
    let timestamp_ns = 1_700_000_000_000_000_000 + random.below(1_000_000_000);
    TimedCommand { timestamp_ns, command: Command { session, client_sequence, action } }
}

/// True when a command of this session and client sequence is to be executed.
pub fn is_fresh(command: &Command, last: &LastClientSequences) -> bool {
    let before = last.get(&command.session).copied().unwrap_or_default();
    u32::from(command.session.0) >= CAPACITIES.sessions || command.client_sequence > before
}

/// Notes an executed command.
pub fn note(command: &Command, last: &mut LastClientSequences) {
    if u32::from(command.session.0) < CAPACITIES.sessions {
        last.insert(command.session, command.client_sequence);
    }
}

fn action(random: &mut Random) -> Action {
    let instrument = InstrumentId(small(random, 3));
    let order = OrderId(random.below(12));
    let account = AccountId(small(random, 2));
    match random.below(100) {
        0..58 => Action::New(new_order(random)),
        58..68 => Action::Cancel { instrument, order, account },
        68..76 => Action::Reduce { instrument, order, account, by: Lots(random.below(6)) },
        76..93 => Action::Replace(replace(random)),
        93..96 => Action::MassCancel(mass_cancel(random)),
        96..98 => Action::Note(Note { code: 7, order, bytes: client_bytes(random) }),
        // Said by whoever may not.
        _ => operators(random),
    }
}

/// What the operator says, but for definitions.
fn operators(random: &mut Random) -> Action {
    let instrument = InstrumentId(small(random, 3));
    match random.below(100) {
        0..45 => Action::Control { instrument, control: control(random) },
        45..60 => Action::Clock { now_ns: time_ns(random) },
        60..65 => Action::EndOfDay,
        65..75 => Action::SetBand { instrument, band: band(random) },
        75..82 => {
            let session = SessionId(u16::try_from(random.below(5)).expect("a session"));
            Action::LimitSession { session, open_orders_max: 2 + small(random, 12) }
        }
        82..88 => Action::MassCancel(mass_cancel(random)),
        88..95 => Action::BindFlow(flow(random)),
        _ => Action::Configure(Capacities { orders: 8 + small(random, 9), ..CAPACITIES }),
    }
}

/// Mostly such a one that trading goes on.
fn control(random: &mut Random) -> Control {
    match random.below(20) {
        0 => Control::Halt,
        1..5 => Control::Resume,
        5 => Control::MatchingOff,
        6..10 => Control::MatchingOn,
        10..13 => Control::StartAuction,
        _ => Control::Uncross,
    }
}

/// Mostly such a one that takes every price; now and then one that is impossible.
fn band(random: &mut Random) -> Band {
    match random.below(10) {
        0 => Band { low: Ticks(101), high: Ticks(99) },
        1..4 => Band { low: Ticks(98), high: Ticks(101) },
        _ => Band::ALL,
    }
}

fn mass_cancel(random: &mut Random) -> MassCancel {
    let session = SessionId(u16::try_from(random.below(4)).expect("a session"));
    MassCancel {
        instrument: random.chance(50).then(|| InstrumentId(small(random, 3))),
        account: random.chance(60).then(|| AccountId(small(random, 2))),
        side: random.chance(30).then(|| side(random)),
        session: random.chance(50).then_some(session),
    }
}

const fn side(random: &mut Random) -> Side {
    if random.chance(50) { Side::Buy } else { Side::Sell }
}

/// None, as a rule.
fn client_bytes(random: &mut Random) -> ClientBytes {
    if random.chance(70) {
        return ClientBytes::EMPTY;
    }
    let bytes = [random.number(), random.number(), 0, u64::MAX].map(u64::to_le_bytes);
    ClientBytes::new(&bytes.as_flattened()[..random.index(33)]).expect("at most 32 bytes")
}

fn new_order(random: &mut Random) -> NewOrder {
    let time_in_force = match random.below(20) {
        0..12 => TimeInForce::GoodTillCancel,
        12 | 13 => TimeInForce::ImmediateOrCancel,
        14 => TimeInForce::FillOrKill,
        15 | 16 => TimeInForce::Day,
        _ => TimeInForce::GoodTillDate,
    };
    // Now and then where it means nothing.
    let is_dated = time_in_force == TimeInForce::GoodTillDate || random.chance(2);
    NewOrder {
        instrument: InstrumentId(small(random, 3)),
        order: OrderId(random.below(12)),
        account: AccountId(small(random, 2)),
        side: side(random),
        order_type: match random.below(10) {
            0 => OrderType::Market,
            1 => OrderType::Stop,
            2 => OrderType::StopLimit,
            _ => OrderType::Limit,
        },
        time_in_force,
        price: Ticks(if random.chance(3) { 0 } else { 98 + small(random, 5) }),
        // A large one now and then sweeps more events into the ring than it holds.
        quantity: Lots(if random.chance(10) { 200 } else { random.below(20) }),
        conditions: Conditions {
            expiry_ns: if is_dated { time_ns(random) } else { 0 },
            ..conditions(random)
        },
        client_bytes: client_bytes(random),
    }
}

/// A time of any size, so that the clock goes far seldom; now and then one that is none.
const fn time_ns(random: &mut Random) -> u64 {
    if random.chance(2) {
        return u64::MAX;
    }
    let most = 1 << random.below(64);
    random.below(most)
}

/// Every second order asks for nothing.
fn conditions(random: &mut Random) -> Conditions {
    if random.chance(50) {
        return Conditions::NONE;
    }
    Conditions {
        trigger: Ticks(if random.chance(5) { 0 } else { 98 + small(random, 5) }),
        self_trade: match random.below(8) {
            0 => SelfTrade::CancelNewest,
            1 => SelfTrade::CancelOldest,
            2 => SelfTrade::CancelBoth,
            _ => SelfTrade::Allow,
        },
        post_only: random.chance(10),
        expiry_ns: 0,
        display: Lots(if random.chance(30) { 1 + random.below(5) } else { 0 }),
        minimum: Lots(if random.chance(10) { random.below(12) } else { 0 }),
    }
}

fn replace(random: &mut Random) -> ReplaceOrder {
    ReplaceOrder {
        instrument: InstrumentId(small(random, 3)),
        order: OrderId(random.below(12)),
        new_order: OrderId(random.below(12)),
        account: AccountId(small(random, 2)),
        rule: if random.chance(50) { ReplaceRule::Modify } else { ReplaceRule::CancelReplace },
        price: Ticks(98 + small(random, 5)),
        sizing: match random.below(8) {
            0 => ReplaceSizing::More,
            1 => ReplaceSizing::Less,
            _ => ReplaceSizing::Open,
        },
        quantity: Lots(random.below(20)),
        trigger: Ticks(if random.chance(70) { 0 } else { 98 + small(random, 5) }),
        client_bytes: client_bytes(random),
    }
}

fn define(random: &mut Random) -> Action {
    let names: [&[u8]; 4] = [b"AAA", b"BBB", b"CCC", b"DDD"];
    let symbol = Symbol::new(names[random.index(4)]).expect("a valid symbol");
    let mut terms = InstrumentTerms::OPEN;
    if random.chance(30) {
        terms.band = Band { low: Ticks(97), high: Ticks(102) };
        if random.chance(50) {
            terms.quantity_max = Lots(150);
        } else {
            terms.notional_max = Notional::new(10_000);
        }
    }
    if random.chance(20) {
        terms.decimals = PriceDecimals(u8::try_from(random.below(11)).expect("a small number"));
    }
    if random.chance(10) {
        terms.lot = Lots(small(random, 3).into());
    }
    Action::DefineInstrument(Definition { symbol, terms })
}

fn flow(random: &mut Random) -> FlowIdentity {
    FlowIdentity { name: [b'f'; 32], head_bytes: 4_096, head_hash: random.below(2) }
}

/// A small number from 0 to `end` less one.
fn small(random: &mut Random, end: u64) -> u32 {
    u32::try_from(random.below(end)).expect("a small number")
}
