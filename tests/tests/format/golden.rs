//! One record of each type and form, and its bytes.

use highwater::command::{
    Action, ClientBytes, Conditions, Control, Definition, FlowIdentity, MassCancel, NewOrder, Note,
    ReplaceOrder, ReplaceSizing,
};
use highwater::record::{Body, Record};
use highwater::trade::{TradeCopy, TradeKind};
use highwater::types::{
    AccountId, Band, Capacities, InstrumentId, InstrumentTerms, Lots, Notional, OrderId, OrderType,
    PriceDecimals, ReplaceRule, SelfTrade, Sequence, SessionId, Side, Symbol, Ticks, TimeInForce,
};
use tests::log_builder::command_record;

const INSTRUMENT: InstrumentId = InstrumentId(2);
const ORDER: OrderId = OrderId(0x0102_0304);
const ACCOUNT: AccountId = AccountId(5);
const PRICE: Ticks = Ticks(19_999_999);
const QUANTITY: Lots = Lots(1 << 40);

/// Every record, in the order of the page.
pub(crate) fn records() -> Vec<(Record, &'static str)> {
    let trader = |action| command_record(0x0a0b, SessionId(0x0c0d), action);
    let operator = |action| command_record(7, SessionId::OPERATOR, action);
    let (instrument, order, account) = (INSTRUMENT, ORDER, ACCOUNT);
    let band = Band { low: Ticks(18_000_000), high: Ticks(22_000_000) };
    let open_orders_max = 100_000;
    let capacities = Capacities { orders: 1 << 20, instruments: 16_384, sessions: 256 };
    let body = Body::RunningHash(0x8899_aabb_ccdd_eeff);
    vec![
        (trader(Action::New(new())), NEW),
        (trader(Action::New(conditional())), CONDITIONAL_NEW),
        (trader(Action::New(NewOrder { client_bytes: client_bytes(), ..new() })), NEW_WITH_BYTES),
        (
            trader(Action::New(NewOrder { client_bytes: client_bytes(), ..conditional() })),
            CONDITIONAL_NEW_WITH_BYTES,
        ),
        (trader(Action::Cancel { instrument, order, account }), CANCEL),
        (trader(Action::Reduce { instrument, order, account, by: Lots(9) }), REDUCE),
        (trader(Action::Replace(replace())), REPLACE),
        (
            trader(Action::Replace(ReplaceOrder { client_bytes: word(), ..replace() })),
            REPLACE_WITH_BYTES,
        ),
        (trader(Action::Replace(replace_by())), REPLACE_BY),
        (operator(Action::DefineInstrument(definition(band))), DEFINE_INSTRUMENT),
        (operator(Action::BindFlow(flow())), BIND_FLOW),
        (operator(Action::Configure(capacities)), CONFIGURE),
        (Record { sequence: Sequence(65_536), timestamp_ns: 1, body }, RUNNING_HASH),
        (trader(Action::MassCancel(mass_cancel())), MASS_CANCEL),
        (operator(Action::SetBand { instrument, band }), SET_BAND),
        (operator(Action::Control { instrument, control: Control::Uncross }), CONTROL),
        (operator(Action::Clock { now_ns: EXPIRY_NS }), CLOCK),
        (operator(Action::EndOfDay), END_OF_DAY),
        (
            operator(Action::LimitSession { session: SessionId(0x0c0d), open_orders_max }),
            LIMIT_SESSION,
        ),
        (Record { sequence: Sequence(2_571), timestamp_ns: 1, body: Body::Trade(trade()) }, TRADE),
        (trader(Action::Note(note())), NOTE),
    ]
}

const fn trade() -> TradeCopy {
    TradeCopy {
        kind: TradeKind::Continuous,
        instrument: INSTRUMENT,
        maker: OrderId(0x0102_0303),
        taker: ORDER,
        maker_session: SessionId(0x0e0f),
        taker_session: SessionId(0x0c0d),
        price: PRICE,
        quantity: QUANTITY,
    }
}

fn client_bytes() -> ClientBytes {
    ClientBytes::new(b"A-1/7").expect("few bytes")
}

/// Six bytes, of which the last are zero.
fn word() -> ClientBytes {
    ClientBytes::new(&[1, 2, 3, 4, 0, 0]).expect("few bytes")
}

fn note() -> Note {
    let bytes = ClientBytes::new(b"halted, see").expect("few bytes");
    Note { code: 0x0102, order: ORDER, bytes }
}

const EXPIRY_NS: u64 = 1_700_000_060_000_000_000;

const fn new() -> NewOrder {
    NewOrder {
        instrument: INSTRUMENT,
        order: ORDER,
        account: ACCOUNT,
        side: Side::Sell,
        order_type: OrderType::Limit,
        time_in_force: TimeInForce::ImmediateOrCancel,
        price: PRICE,
        quantity: QUANTITY,
        conditions: Conditions::NONE,
        client_bytes: ClientBytes::EMPTY,
    }
}

/// With every condition.
const fn conditional() -> NewOrder {
    NewOrder {
        order_type: OrderType::StopLimit,
        time_in_force: TimeInForce::GoodTillDate,
        conditions: Conditions {
            trigger: Ticks(20_000_000),
            self_trade: SelfTrade::CancelBoth,
            post_only: true,
            expiry_ns: EXPIRY_NS,
            display: Lots(1_000),
            minimum: Lots(500),
        },
        ..new()
    }
}

const fn replace() -> ReplaceOrder {
    ReplaceOrder {
        instrument: INSTRUMENT,
        order: ORDER,
        new_order: OrderId(u64::MAX),
        account: ACCOUNT,
        rule: ReplaceRule::CancelReplace,
        price: PRICE,
        sizing: ReplaceSizing::Open,
        quantity: QUANTITY,
        trigger: Ticks(20_000_001),
        client_bytes: ClientBytes::EMPTY,
    }
}

/// By less than is open.
const fn replace_by() -> ReplaceOrder {
    ReplaceOrder { rule: ReplaceRule::Modify, sizing: ReplaceSizing::Less, ..replace() }
}

/// The sells of an account on an instrument, whatever session they came from.
const fn mass_cancel() -> MassCancel {
    MassCancel {
        instrument: Some(INSTRUMENT),
        account: Some(ACCOUNT),
        side: Some(Side::Sell),
        session: None,
    }
}

fn definition(band: Band) -> Definition {
    Definition {
        symbol: Symbol::new(b"600519.SH").expect("a symbol"),
        terms: InstrumentTerms {
            tick: Ticks(5),
            lot: Lots(100),
            band,
            quantity_max: Lots(1_000_000),
            notional_max: Notional::new(1 << 70),
            decimals: PriceDecimals(4),
        },
    }
}

fn flow() -> FlowIdentity {
    let mut name = [0; 32];
    name[..8].copy_from_slice(b"flow.csv");
    FlowIdentity { name, head_bytes: 4_096, head_hash: 0x0011_2233_4455_6677 }
}

pub(crate) const NEW: &str = "\
    35d2ce754000010000002a36fe9c97170b0a0000000000000b0a000000000000\
    04030201000000000000000000010000ff2c310102000000050000000d0c0202";
const CONDITIONAL_NEW: &str = "\
    19a41a116000010100002a36fe9c97170b0a0000000000000b0a000000000000\
    04030201000000000000000000010000ff2c310102000000050000000d0c0235\
    002d3101030100000058712e0c9d9717e803000000000000f401000000000000";
const NEW_WITH_BYTES: &str = "\
    4d5ddbec4800010a00002a36fe9c97170b0a0000000000000b0a000000000000\
    04030201000000000000000000010000ff2c310102000000050000000d0c0202\
    412d312f37000000";
const CONDITIONAL_NEW_WITH_BYTES: &str = "\
    467bd7336800010b00002a36fe9c97170b0a0000000000000b0a000000000000\
    04030201000000000000000000010000ff2c310102000000050000000d0c0235\
    002d3101030100000058712e0c9d9717e803000000000000f401000000000000\
    412d312f37000000";
const REPLACE_WITH_BYTES: &str = "\
    ffd847675800040c00002a36fe9c97170b0a0000000000000b0a000000000000\
    0403020100000000ffffffffffffffff0000000000010000ff2c310102000000\
    050000000d0c020000000000012d31010102030400000000";
const REPLACE_BY: &str = "\
    7498bfd85000040000002a36fe9c97170b0a0000000000000b0a000000000000\
    0403020100000000ffffffffffffffff0000000000010000ff2c310102000000\
    050000000d0c010200000000012d3101";
const NOTE: &str = "\
    ef8be7ea4000101600002a36fe9c97170b0a0000000000000b0a000000000000\
    040302010000000002010d0c0000000068616c7465642c207365650000000000";
const CANCEL: &str = "\
    2618ecd83800020000002a36fe9c97170b0a0000000000000b0a000000000000\
    040302010000000002000000050000000d0c000000000000";
const REDUCE: &str = "\
    0a57f44a4000030000002a36fe9c97170b0a0000000000000b0a000000000000\
    0403020100000000090000000000000002000000050000000d0c000000000000";
const REPLACE: &str = "\
    0bb8386d5000040000002a36fe9c97170b0a0000000000000b0a000000000000\
    0403020100000000ffffffffffffffff0000000000010000ff2c310102000000\
    050000000d0c020000000000012d3101";
const DEFINE_INSTRUMENT: &str = "\
    bd11a5186000050000002a36fe9c971707000000000000000700000000000000\
    3630303531392e534800000000000000640000000000000040420f0000000000\
    000000000000000040000000000000000500000080a8120180b14f0100000200";
const BIND_FLOW: &str = "\
    cee5ccd45000060000002a36fe9c971707000000000000000700000000000000\
    7766554433221100666c6f772e63737600000000000000000000000000000000\
    00000000000000000010000000000000";
const CONFIGURE: &str = "\
    b91b5fcc3000070000002a36fe9c971707000000000000000700000000000000\
    00001000004000000001000000000000";
const RUNNING_HASH: &str = "\
    90c8d5d82000080001000000000000000000010000000000ffeeddccbbaa9988";
const MASS_CANCEL: &str = "\
    e549ec4c3000090000002a36fe9c97170b0a0000000000000b0a000000000000\
    020000000500000000000d0c03020000";
const SET_BAND: &str = "\
    9d165bda30000a0000002a36fe9c971707000000000000000700000000000000\
    0200000080a8120180b14f0100000000";
const CONTROL: &str = "\
    ec8a921728000b0000002a36fe9c971707000000000000000700000000000000\
    0200000000000600";
const CLOCK: &str = "\
    839f49b830000c0000002a36fe9c971707000000000000000700000000000000\
    0058712e0c9d97170000000000000000";
const END_OF_DAY: &str = "\
    876ff2ef28000d0000002a36fe9c971707000000000000000700000000000000\
    0000000000000000";
const TRADE: &str = "\
    1f5d556540000f0001000000000000000b0a0000000000000303020100000000\
    04030201000000000000000000010000ff2c3101020000000f0e0d0c01000000";
const LIMIT_SESSION: &str = "\
    d79bfacc28000e0000002a36fe9c971707000000000000000700000000000000\
    a08601000d0c0000";
