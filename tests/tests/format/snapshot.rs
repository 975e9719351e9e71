//! A snapshot of a small book, and its bytes.

use crate::hex;
use highwater::block::Chain;
use highwater::book::Book;
use highwater::command::{
    Action, ClientBytes, Command, Conditions, Control, Definition, FlowIdentity, NewOrder,
};
use highwater::event::Event;
use highwater::limits::BLOCK_BYTES;
use highwater::snapshot::{
    Compression, SnapshotOrigin, read_snapshot_header, restore_snapshot, write_snapshot,
};
use highwater::types::{
    AccountId, Band, Capacities, ClientSequence, InstrumentId, InstrumentTerms, LogId, LogPosition,
    Lots, Notional, OrderId, OrderType, PriceDecimals, SegmentNumber, SelfTrade, SessionId, Side,
    Symbol, Ticks, TimeInForce,
};
use std::convert::Infallible;

const CAPACITIES: Capacities = Capacities { orders: 1_024, instruments: 16, sessions: 8 };
const TRADER: SessionId = SessionId(3);
const EXPIRY_NS: u64 = 1_700_000_060_000_000_000;

pub(crate) const HEADER: &str = "\
    4857534ea754850c020000000001030030313233343536373839616263646566\
    00002a36fe9c9717001000000000000008000000000000000100000000000000\
    0000000400000000009002000000000029000000000000000300000000000000\
    efbeadde000000000c68d5ce7e445315b7c7da317566e84100002a36fe9c9717\
    0004000010000000080000000200000004000000010000000300000005000000\
    0c000000001000007766554433221100666c6f772e6373760000000000000000\
    0000000000000000000000000000000001000000000000000200000000000000\
    06000000000000002300000000000000";
pub(crate) const BODY: &str = "\
    48575342d2f8c44f303132333435363738396162636465660800000000000000\
    0100000000000000180101000000000001000000ffffffff0500000000000000\
    0100030064000000080000000000000002010002000000003630303531392e53\
    48000000000000000500000080a8120180b14f01000000006400000000000000\
    40420f0000000000000000000000000040000000000000000300030003000000\
    05000000fb2c3101040302010000000010270000000000000401030014000000\
    05000000fb2c31010503020100000000e803000000000000e803000000000000\
    28230000000000000058712e0c9d971700000000000000000000000000000000\
    040303002000000005000000002d310106030201000000001027000000000000\
    000000000000000000000000000000000000000000000000f401000000000000\
    fb2c310100000000";

/// The operator's session and a trader's, and what they say.
fn actions() -> [(SessionId, Action); 8] {
    let terms = InstrumentTerms {
        tick: Ticks(5),
        lot: Lots(100),
        band: Band { low: Ticks(18_000_000), high: Ticks(22_000_000) },
        quantity_max: Lots(1_000_000),
        notional_max: Notional::new(1 << 70),
        decimals: PriceDecimals(4),
    };
    let symbol = Symbol::new(b"600519.SH").expect("a symbol");
    let mut name = [0; 32];
    name[..8].copy_from_slice(b"flow.csv");
    let flow = FlowIdentity { name, head_bytes: 4_096, head_hash: 0x0011_2233_4455_6677 };
    let auction = Action::Control { instrument: InstrumentId(0), control: Control::StartAuction };
    let limited = Action::LimitSession { session: TRADER, open_orders_max: 100 };
    [
        (SessionId::OPERATOR, Action::DefineInstrument(Definition { symbol, terms })),
        (SessionId::OPERATOR, Action::BindFlow(flow)),
        (SessionId::OPERATOR, Action::Clock { now_ns: EXPIRY_NS - 60_000_000_000 }),
        (SessionId::OPERATOR, limited),
        (SessionId::OPERATOR, auction),
        (TRADER, Action::New(bid())),
        (TRADER, Action::New(iceberg())),
        (TRADER, Action::New(stop_limit())),
    ]
}

const fn bid() -> NewOrder {
    NewOrder {
        instrument: InstrumentId(0),
        order: OrderId(0x0102_0304),
        account: AccountId(5),
        side: Side::Buy,
        order_type: OrderType::Limit,
        time_in_force: TimeInForce::Day,
        price: Ticks(19_999_995),
        quantity: Lots(10_000),
        conditions: Conditions::NONE,
        client_bytes: ClientBytes::EMPTY,
    }
}

const fn iceberg() -> NewOrder {
    let conditions = Conditions {
        display: Lots(1_000),
        expiry_ns: EXPIRY_NS,
        self_trade: SelfTrade::CancelOldest,
        ..Conditions::NONE
    };
    NewOrder {
        order: OrderId(0x0102_0305),
        side: Side::Sell,
        time_in_force: TimeInForce::GoodTillDate,
        conditions,
        ..bid()
    }
}

const fn stop_limit() -> NewOrder {
    let conditions = Conditions {
        trigger: Ticks(20_000_000),
        minimum: Lots(500),
        post_only: true,
        ..Conditions::NONE
    };
    NewOrder {
        order: OrderId(0x0102_0306),
        order_type: OrderType::StopLimit,
        time_in_force: TimeInForce::GoodTillCancel,
        conditions,
        ..bid()
    }
}

fn fill(book: &mut Book<'_>) {
    for (number, (session, action)) in (1..).zip(actions()) {
        let command = Command { session, client_sequence: ClientSequence(number), action };
        book.apply(book.last_sequence().next(), &command, &mut |event: &Event| {
            assert!(!event.kind.is_rejected(), "{event:?}");
        });
    }
}

fn written(book: &Book<'_>) -> Vec<u8> {
    let chain = Chain {
        segment: SegmentNumber(1),
        segment_bytes: 64 << 20,
        position: LogPosition(41 * BLOCK_BYTES as u64),
        next_number: 41,
        next_sequence: book.last_sequence().next(),
        previous: 0xdead_beef,
        incarnation: 3,
        term: 6,
        index: 35,
        ..Chain::empty(LogId(*b"0123456789abcdef"))
    };
    let created_at_ns = 1_700_000_000_000_000_000;
    let origin =
        SnapshotOrigin { chain, created_at_ns, compression: Compression::PLAIN, host: [1, 2] };
    let mut bytes = Vec::new();
    let mut buffer = vec![0; BLOCK_BYTES];
    let Ok(_) = write_snapshot(book, &origin, &mut buffer, &mut |blocks: &[u8]| {
        bytes.extend_from_slice(blocks);
        Ok::<_, Infallible>(())
    });
    bytes
}

#[test]
fn a_snapshot_has_its_golden_bytes() {
    let [mut memory, mut other] = [(); 2].map(|()| vec![0; Book::bytes_needed(CAPACITIES)]);
    let mut book = Book::new(&mut memory, CAPACITIES, 1).expect("enough memory");
    fill(&mut book);
    let bytes = written(&book);
    let (header, body) = bytes.split_at(BLOCK_BYTES);
    assert_eq!(hex(&header[..240]), HEADER);
    assert!(header[240..].iter().all(|byte| *byte == 0xa5));
    let used = 48 + 2 * 16 + 72 + 32 + 2 * 72;
    assert_eq!(hex(&body[..used]), BODY);
    assert!(body.len() == BLOCK_BYTES && body[used..].iter().all(|byte| *byte == 0xa5));
    let read = read_snapshot_header(header).expect("a header");
    let empty = Book::new(&mut other, CAPACITIES, 2).expect("enough memory");
    let mut pieces = [body, &[]].into_iter();
    let restored =
        restore_snapshot(empty, &read, &mut [0; BLOCK_BYTES], &mut |into: &mut [u8]| {
            let piece = pieces.next().unwrap_or_default();
            into[..piece.len()].copy_from_slice(piece);
            Ok::<_, Infallible>(piece.len())
        });
    assert_eq!(restored.expect("a book").state_hash(), book.state_hash());
}
