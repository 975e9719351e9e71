//! The format of the log, byte for byte: golden bytes that stand here and in `docs/log-format.md`,
//! round trips, garbage.

use highwater::block::{
    BLOCK_HEAD_BYTES, BlockHead, BlockKind, BlockState, Chain, Durable, Filled, read_block,
    records_of,
};
use highwater::command::{Action, FlowIdentity, NewOrder, ReplaceOrder};
use highwater::limits::BLOCK_BYTES;
use highwater::record::{
    Body, RECORD_BYTES_MAX, RECORD_BYTES_MIN, Record, RecordFault, RecordType,
};
use highwater::segment::{FIRST_POSITION, HeaderState, SegmentHeader, read_header};
use highwater::types::{
    AccountId, Capacities, ClientSequence, InstrumentId, LogId, LogPosition, Lots, OrderId,
    OrderType, ReplaceRule, SegmentNumber, Sequence, SessionId, Side, Symbol, Ticks, TimeInForce,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use tests::forge::command_record;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/log-format.md");

/// One record of each type, and its bytes.
fn golden_records() -> [(Record, &'static str); 8] {
    let (instrument, order, account) = (InstrumentId(2), OrderId(0x0102_0304), AccountId(5));
    let (price, quantity) = (Ticks(19_999_999), Lots(1 << 40));
    let new = NewOrder {
        instrument,
        order,
        account,
        side: Side::Sell,
        order_type: OrderType::Limit,
        time_in_force: TimeInForce::ImmediateOrCancel,
        price,
        quantity,
    };
    let replace = ReplaceOrder {
        instrument,
        order,
        new_order: OrderId(u64::MAX),
        account,
        rule: ReplaceRule::CancelReplace,
        price,
        quantity,
    };
    let symbol = Symbol::new(b"600519.SH").expect("a symbol");
    let mut name = [0; 32];
    name[..8].copy_from_slice(b"flow.csv");
    let flow = FlowIdentity { name, head_bytes: 4_096, head_hash: 0x0011_2233_4455_6677 };
    let capacities = Capacities { orders: 1 << 20, instruments: 16_384, sessions: 256 };
    let trader = |action| command_record(0x0a0b, SessionId(0x0c0d), action);
    let operator = |action| command_record(7, SessionId::OPERATOR, action);
    let body = Body::RunningHash(0x8899_aabb_ccdd_eeff);
    [
        (trader(Action::New(new)), NEW),
        (trader(Action::Cancel { instrument, order, account }), CANCEL),
        (trader(Action::Reduce { instrument, order, account, by: Lots(9) }), REDUCE),
        (trader(Action::Replace(replace)), REPLACE),
        (operator(Action::DefineInstrument { symbol }), DEFINE_INSTRUMENT),
        (operator(Action::BindFlow(flow)), BIND_FLOW),
        (operator(Action::Configure(capacities)), CONFIGURE),
        (Record { sequence: Sequence(65_536), timestamp_ns: 1, body }, RUNNING_HASH),
    ]
}

const NEW: &str = "\
    35d2ce754000010000002a36fe9c97170b0a0000000000000b0a000000000000\
    04030201000000000000000000010000ff2c310102000000050000000d0c0202";
const CANCEL: &str = "\
    2618ecd83800020000002a36fe9c97170b0a0000000000000b0a000000000000\
    040302010000000002000000050000000d0c000000000000";
const REDUCE: &str = "\
    0a57f44a4000030000002a36fe9c97170b0a0000000000000b0a000000000000\
    0403020100000000090000000000000002000000050000000d0c000000000000";
const REPLACE: &str = "\
    28d127d14800040000002a36fe9c97170b0a0000000000000b0a000000000000\
    0403020100000000ffffffffffffffff0000000000010000ff2c310102000000\
    050000000d0c0200";
const DEFINE_INSTRUMENT: &str = "\
    0a9731b53800050000002a36fe9c971707000000000000000700000000000000\
    3630303531392e5348000000000000000000000000000000";
const BIND_FLOW: &str = "\
    cee5ccd45000060000002a36fe9c971707000000000000000700000000000000\
    7766554433221100666c6f772e63737600000000000000000000000000000000\
    00000000000000000010000000000000";
const CONFIGURE: &str = "\
    b91b5fcc3000070000002a36fe9c971707000000000000000700000000000000\
    00001000004000000001000000000000";
const RUNNING_HASH: &str = "\
    90c8d5d82000080001000000000000000000010000000000ffeeddccbbaa9988";
const SEGMENT_HEADER: &str = "\
    48575347ef27dc1b01000000efbeadde30313233343536373839616263646566\
    010000000000000000002a36fe9c971700000004000000000b0a000000000000\
    29000000000000000a0a00000000000028000000000000000010000000000000";
const BLOCK_HEAD: &str = "\
    4857424b0f68585f303132333435363738396162636465660100000000000000\
    0010000000000000290000000000000003000000000000000b0a000000000000\
    0a0a0000000000002800000000000000efbeadde400001000100000000000000";

/// The first segment of a log, and its first block, which holds the golden New.
fn golden_segment() -> (SegmentHeader, Vec<u8>, Vec<u8>) {
    let mut chain = Chain::empty(LogId(*b"0123456789abcdef"));
    (chain.next_number, chain.next_sequence) = (41, Sequence(0x0a0b));
    (chain.previous, chain.incarnation) = (0xdead_beef, 3);
    let durable = Durable { sequence: Sequence(0x0a0a), number: 40 };
    let header = chain.next_header(64 << 20, 1_700_000_000_000_000_000, durable);
    let mut first = vec![0; BLOCK_BYTES];
    header.encode(&mut first);
    chain.enter(&header);
    let mut block = vec![0; BLOCK_BYTES];
    let used = golden_records()[0].0.encode(&mut block[BLOCK_HEAD_BYTES..]).expect("it fits");
    let used_bytes = u16::try_from(used).expect("a record is short");
    chain.seal(&mut block, BlockKind::Records, Filled { used_bytes, command_count: 1 }, durable);
    (header, first, block)
}

#[test]
fn records_have_their_golden_bytes() {
    for ((record, golden), record_type) in golden_records().into_iter().zip(RecordType::ALL) {
        let mut bytes = [0; RECORD_BYTES_MAX];
        let length = record.encode(&mut bytes).expect("a record fits");
        assert_eq!(record.record_type(), record_type);
        assert_eq!(hex(&bytes[..length]), golden, "{}", record_type.name());
        assert_eq!(Record::decode(&bytes), Ok((record, length)));
    }
}

#[test]
fn a_segment_header_has_its_golden_bytes() {
    let (header, mut block, _) = golden_segment();
    assert_eq!(hex(&block[..96]), SEGMENT_HEADER);
    assert!(block[96..].iter().all(|byte| *byte == 0xa5));
    assert_eq!(read_header(&mut block), HeaderState::Intact(header));
}

#[test]
fn a_block_has_its_golden_bytes() {
    let (header, _, block) = golden_segment();
    assert_eq!(hex(&block[..BLOCK_HEAD_BYTES]), BLOCK_HEAD);
    assert_eq!(hex(&block[BLOCK_HEAD_BYTES..160]), NEW);
    assert!(block[160..].iter().all(|byte| *byte == 0xa5));
    let state = read_block(&block, header.log_id, header.segment, FIRST_POSITION);
    let BlockState::Intact(head) = state else {
        panic!("the block is whole: {state:?}");
    };
    let expected = BlockHead {
        kind: BlockKind::Records,
        number: 41,
        incarnation: 3,
        previous: 0xdead_beef,
        checksum: head.checksum,
        first_sequence: Sequence(0x0a0b),
        command_count: 1,
        used_bytes: 64,
        durable_sequence: Sequence(0x0a0a),
        durable_number: 40,
    };
    assert_eq!(head, expected);
    assert_eq!(Record::decode(records_of(&block, &head)), Ok((golden_records()[0].0, 64)));
}

#[test]
fn a_block_is_of_one_log_and_one_place() {
    let (header, _, block) = golden_segment();
    let read = |log_id, segment, position| read_block(&block, log_id, segment, position);
    let elsewhere = [
        read(LogId([0; 16]), header.segment, FIRST_POSITION),
        read(header.log_id, header.segment.next(), FIRST_POSITION),
        read(header.log_id, header.segment, LogPosition(2 * FIRST_POSITION.0)),
    ];
    assert_eq!(elsewhere, [BlockState::Broken; 3]);
}

#[test]
fn the_document_shows_the_golden_bytes() {
    let text = std::fs::read_to_string(DOCUMENT).expect("docs/log-format.md exists");
    let text: String = text.split_whitespace().collect();
    let golden = golden_records().map(|(_, golden)| golden);
    for golden in golden.iter().chain(&[SEGMENT_HEADER, BLOCK_HEAD]) {
        assert!(golden.len() >= 2 * RECORD_BYTES_MIN && text.contains(golden), "{golden}");
    }
}

fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from(b"0123456789abcdef"[usize::from(half)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn symbols() -> impl Strategy<Value = Symbol> {
    prop::collection::vec(1_u8.., 1..=16).prop_map(|bytes| Symbol::new(&bytes).expect("valid"))
}

fn actions() -> impl Strategy<Value = Action> {
    let names = (any::<u32>(), any::<u64>(), any::<u32>());
    let names = names.prop_map(|(a, b, c)| (InstrumentId(a), OrderId(b), AccountId(c)));
    let terms = (any::<bool>(), any::<bool>(), any::<u64>(), any::<u32>(), any::<u64>());
    (0..7, names, terms, symbols(), any::<[u8; 32]>()).prop_map(
        |(kind, (instrument, order, account), (one, other, number, small, large), symbol, name)| {
            let (price, quantity) = (Ticks(small), Lots(large));
            match kind {
                0 => Action::New(NewOrder {
                    instrument,
                    order,
                    account,
                    side: if one { Side::Buy } else { Side::Sell },
                    order_type: OrderType::Limit,
                    time_in_force: if other {
                        TimeInForce::GoodTillCancel
                    } else {
                        TimeInForce::ImmediateOrCancel
                    },
                    price,
                    quantity,
                }),
                1 => Action::Cancel { instrument, order, account },
                2 => Action::Reduce { instrument, order, account, by: quantity },
                3 => Action::Replace(ReplaceOrder {
                    instrument,
                    order,
                    new_order: OrderId(number),
                    account,
                    rule: if one { ReplaceRule::Modify } else { ReplaceRule::CancelReplace },
                    price,
                    quantity,
                }),
                4 => Action::DefineInstrument { symbol },
                5 => Action::BindFlow(FlowIdentity { name, head_bytes: small, head_hash: number }),
                _ => Action::Configure(Capacities {
                    orders: small,
                    instruments: instrument.0,
                    sessions: account.0,
                }),
            }
        },
    )
}

fn records() -> impl Strategy<Value = Record> {
    let numbers = (any::<u64>(), any::<u64>(), any::<u64>(), any::<u16>());
    (numbers, actions(), any::<bool>()).prop_map(|(numbers, action, is_hash)| {
        let (sequence, timestamp_ns, number, session) = numbers;
        let command = command_record(number, SessionId(session), action);
        let body = if is_hash { Body::RunningHash(number) } else { command.body };
        Record { sequence: Sequence(sequence), timestamp_ns, body }
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        cases: 2_000,
        ..ProptestConfig::default()
    })]

    #[test]
    fn records_round_trip(record in records(), behind in any::<[u8; 8]>()) {
        let mut bytes = [0; RECORD_BYTES_MAX + 8];
        let length = record.encode(&mut bytes).expect("it fits");
        prop_assert!((RECORD_BYTES_MIN..=RECORD_BYTES_MAX).contains(&length) && length % 8 == 0);
        bytes[length..length + 8].copy_from_slice(&behind);
        prop_assert_eq!(Record::decode(&bytes), Ok((record, length)));
        // Not a byte less.
        prop_assert_eq!(Record::decode(&bytes[..length - 1]), Err(RecordFault::Length));
        prop_assert_eq!(record.encode(&mut bytes[..length - 1]), None);
    }

    #[test]
    fn changed_records_are_refused(
        record in records(),
        at in any::<prop::sample::Index>(),
        change in 1_u8..,
    ) {
        let mut bytes = [0; RECORD_BYTES_MAX];
        let length = record.encode(&mut bytes).expect("it fits");
        bytes[at.index(length)] ^= change;
        prop_assert!(Record::decode(&bytes).is_err());
    }

    #[test]
    fn garbage_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Record::decode(&bytes).is_err());
        let mut block = bytes;
        block.resize(BLOCK_BYTES, 0xff);
        let (log_id, segment) = (LogId([0; 16]), SegmentNumber::FIRST);
        prop_assert_eq!(read_block(&block, log_id, segment, FIRST_POSITION), BlockState::Broken);
        let is_header = matches!(read_header(&mut block), HeaderState::Intact(_));
        prop_assert!(!is_header);
    }

    #[test]
    fn sealed_garbage_is_refused_or_reads_within_its_bytes(
        mut bytes in prop::collection::vec(any::<u8>(), 24..120),
        record_type in 0_u8..10,
    ) {
        // With a right checksum and a length that fits, so that the fields are looked at.
        let length = u16::try_from(bytes.len()).expect("short");
        bytes[4..6].copy_from_slice(&length.to_le_bytes());
        (bytes[6], bytes[7]) = (record_type, 0);
        let sum = highwater::checksum::checksum(&[&bytes[4..]]);
        bytes[..4].copy_from_slice(&sum.to_le_bytes());
        match Record::decode(&bytes) {
            Ok((record, length)) => {
                prop_assert_eq!(length, bytes.len());
                prop_assert!(record.encode(&mut [0; RECORD_BYTES_MAX]) == Some(length));
            }
            Err(fault) => prop_assert!(fault != RecordFault::Checksum),
        }
    }
}

#[test]
fn client_sequences_and_sessions_take_all_their_bits() {
    let action = Action::Cancel {
        instrument: InstrumentId(u32::MAX),
        order: OrderId(u64::MAX),
        account: AccountId(u32::MAX),
    };
    let record = command_record(u64::MAX, SessionId(u16::MAX), action);
    let mut bytes = [0; RECORD_BYTES_MAX];
    record.encode(&mut bytes).expect("it fits");
    let Ok((Record { body: Body::Command(command), .. }, _)) = Record::decode(&bytes) else {
        panic!("it is a command");
    };
    assert_eq!(command.client_sequence, ClientSequence(u64::MAX));
    assert_eq!(command.session, SessionId(u16::MAX));
}
