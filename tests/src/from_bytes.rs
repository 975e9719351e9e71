//! Commands from bytes: twelve bytes are one command of any kind, so that a fuzzer that changes one
//! of them changes one thing.

use highwater::command::{
    Action, ClientBytes, Command, Conditions, Control, Definition, FlowIdentity, MassCancel,
    NewOrder, Note, ReplaceOrder, ReplaceSizing,
};
use highwater::limits::{CLIENT_BYTES_MAX, CLOCK_NS_MAX, PRICE_MAX, QUANTITY_MAX};
use highwater::types::{
    AccountId, Band, Capacities, ClientSequence, InstrumentId, InstrumentTerms, Lots, Notional,
    OrderId, OrderType, PriceDecimals, ReplaceRule, SelfTrade, SessionId, Side, Symbol, Ticks,
    TimeInForce,
};
use std::collections::BTreeMap;

/// Bytes of a command.
pub const COMMAND_BYTES: usize = 12;

type Chunk = [u8; COMMAND_BYTES];

/// What the engines of these commands can hold.
pub const CAPACITIES: Capacities = Capacities { orders: 12, instruments: 3, sessions: 4 };

/// The commands that some bytes say, behind the definition of the first instrument. Bytes that are
/// left over say nothing.
pub fn commands(bytes: &[u8]) -> Vec<Command> {
    let mut sent: BTreeMap<SessionId, u64> = BTreeMap::new();
    let mut number = |session: SessionId, ahead: u64, action| {
        let last = sent.entry(session).or_default();
        let client_sequence = ClientSequence(*last + ahead);
        *last = client_sequence.0;
        Command { session, client_sequence, action }
    };
    let first = [Action::Configure(CAPACITIES), definition(0, [0; COMMAND_BYTES])]
        .map(|action| number(SessionId::OPERATOR, 1, action));
    let (chunks, _) = bytes.as_chunks::<COMMAND_BYTES>();
    let rest = chunks.iter().map(|chunk| {
        let action = action(*chunk);
        let is_operators = matches!(chunk[0] % 32, 20..);
        let session = if is_operators { SessionId::OPERATOR } else { session(chunk[1]) };
        // One in sixteen repeats a number, and is a duplicate.
        number(session, u64::from(chunk[1] >> 4 != 15), action)
    });
    first.into_iter().chain(rest.collect::<Vec<_>>()).collect()
}

fn action(chunk: Chunk) -> Action {
    let (instrument, order, account) = names(chunk[2], chunk[3]);
    match chunk[0] % 32 {
        0..11 => Action::New(new_order(chunk)),
        11 => Action::Note(Note { code: chunk[4].into(), order, bytes: client_bytes(chunk) }),
        12..14 => Action::Cancel { instrument, order, account },
        14 => Action::Reduce { instrument, order, account, by: lots(chunk[6]) },
        15..19 => Action::Replace(ReplaceOrder {
            instrument,
            order,
            new_order: OrderId(u64::from(chunk[7] % 16)),
            account,
            rule: [ReplaceRule::Modify, ReplaceRule::CancelReplace][usize::from(chunk[4] % 2)],
            price: ticks(chunk[5]),
            sizing: [ReplaceSizing::Open, ReplaceSizing::More, ReplaceSizing::Less]
                [usize::from(chunk[11] % 3)],
            quantity: lots(chunk[6]),
            trigger: ticks(chunk[8]),
            client_bytes: client_bytes(chunk),
        }),
        19 | 20 => Action::MassCancel(MassCancel {
            instrument: (chunk[4] & 1 == 1).then_some(instrument),
            account: (chunk[4] & 2 == 2).then_some(account),
            side: (chunk[4] & 4 == 4).then_some(side(chunk[5])),
            session: (chunk[4] & 8 == 8).then_some(session(chunk[6])),
        }),
        21 => definition(chunk[3] % 5, chunk),
        22 => Action::SetBand { instrument, band: band(chunk) },
        23..28 => Action::Control { instrument, control: control(chunk[4]) },
        28 => Action::Clock { now_ns: time(chunk[9]) },
        29 => Action::EndOfDay,
        30 => Action::LimitSession {
            session: session(chunk[3]),
            open_orders_max: [0, 1, 3, u32::MAX][usize::from(chunk[4] % 4)],
        },
        _ => setting(chunk),
    }
}

fn new_order(chunk: Chunk) -> NewOrder {
    let (instrument, order, account) = names(chunk[2], chunk[3]);
    NewOrder {
        instrument,
        order,
        account,
        side: side(chunk[4]),
        order_type: [
            OrderType::Limit,
            OrderType::Limit,
            OrderType::Market,
            OrderType::Stop,
            OrderType::StopLimit,
        ][usize::from(chunk[4] >> 1) % 5],
        time_in_force: [
            TimeInForce::GoodTillCancel,
            TimeInForce::GoodTillCancel,
            TimeInForce::ImmediateOrCancel,
            TimeInForce::FillOrKill,
            TimeInForce::Day,
            TimeInForce::GoodTillDate,
        ][usize::from(chunk[10]) % 6],
        price: ticks(chunk[5]),
        quantity: lots(chunk[6]),
        conditions: Conditions {
            trigger: ticks(chunk[8]),
            self_trade: [
                SelfTrade::Allow,
                SelfTrade::CancelNewest,
                SelfTrade::CancelOldest,
                SelfTrade::CancelBoth,
            ][usize::from(chunk[11] % 4)],
            post_only: chunk[11] >> 2 & 3 == 3,
            expiry_ns: time(chunk[9]),
            display: if chunk[7] & 1 == 1 { lots(chunk[7] >> 4) } else { Lots(0) },
            minimum: if chunk[7] & 2 == 2 { lots(chunk[7] >> 5) } else { Lots(0) },
        },
        client_bytes: client_bytes(chunk),
    }
}

fn names(first: u8, second: u8) -> (InstrumentId, OrderId, AccountId) {
    let instrument = if first & 7 == 7 { u32::from(first >> 6) } else { 0 };
    (InstrumentId(instrument), OrderId(u64::from(second % 16)), AccountId(u32::from(second >> 6)))
}

/// None, as a rule; else the command's own bytes, and zeros.
fn client_bytes(chunk: Chunk) -> ClientBytes {
    let mut bytes = [0; CLIENT_BYTES_MAX];
    bytes[..COMMAND_BYTES].copy_from_slice(&chunk);
    let length = usize::from(chunk[10]).saturating_sub(200) % (CLIENT_BYTES_MAX + 1);
    ClientBytes::new(&bytes[..length]).expect("at most so many")
}

const fn session(byte: u8) -> SessionId {
    SessionId((byte % 5) as u16)
}

const fn side(byte: u8) -> Side {
    if byte & 1 == 0 { Side::Buy } else { Side::Sell }
}

/// Mostly a price near 100.
fn ticks(byte: u8) -> Ticks {
    Ticks(match byte {
        0..240 => 96 + u32::from(byte % 10),
        240..248 => u32::from(byte - 240),
        248..250 => PRICE_MAX,
        250..252 => PRICE_MAX + 1,
        _ => u32::MAX,
    })
}

/// Mostly a few lots.
fn lots(byte: u8) -> Lots {
    Lots(match byte {
        0..240 => u64::from(byte % 12),
        240..244 => QUANTITY_MAX,
        244..246 => QUANTITY_MAX - 1,
        246..250 => QUANTITY_MAX + 1,
        250..254 => 10_001,
        _ => u64::MAX,
    })
}

fn time(byte: u8) -> u64 {
    match byte {
        0..128 => 0,
        128..250 => u64::from(byte - 128),
        250..252 => CLOCK_NS_MAX,
        _ => CLOCK_NS_MAX + 1,
    }
}

fn band(chunk: Chunk) -> Band {
    if chunk[4] & 1 == 1 { Band::ALL } else { Band { low: ticks(chunk[5]), high: ticks(chunk[8]) } }
}

fn control(byte: u8) -> Control {
    [
        Control::Halt,
        Control::Resume,
        Control::Resume,
        Control::MatchingOn,
        Control::MatchingOff,
        Control::StartAuction,
        Control::Uncross,
        Control::Uncross,
    ][usize::from(byte % 8)]
}

fn definition(name: u8, chunk: Chunk) -> Action {
    let symbol = Symbol::new(&[b'A' + name; 3]).expect("a symbol");
    let terms = InstrumentTerms {
        tick: Ticks(u32::from(chunk[4] % 4)),
        lot: Lots(u64::from(chunk[6] % 4)),
        band: band(chunk),
        quantity_max: lots(chunk[7]),
        notional_max: Notional::new(u128::from(chunk[9]) * u128::from(chunk[10])),
        decimals: PriceDecimals(chunk[8] % 12),
    };
    let is_open = chunk[11] & 1 == 0;
    Action::DefineInstrument(if is_open {
        Definition::open(symbol)
    } else {
        Definition { symbol, terms }
    })
}

fn setting(chunk: Chunk) -> Action {
    let head_hash = u64::from(chunk[3] & 1);
    let Capacities { orders, instruments, sessions } = CAPACITIES;
    if chunk[2] & 1 == 0 {
        return Action::BindFlow(FlowIdentity { name: [b'x'; 32], head_bytes: 9, head_hash });
    }
    // What only the memory is too small for never arrives.
    Action::Configure(Capacities {
        orders: u32::from(chunk[4]) % (orders + 1),
        instruments: u32::from(chunk[5]) % (instruments + 1),
        sessions: u32::from(chunk[6]) % (sessions + 1),
    })
}
