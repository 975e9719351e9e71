//! The format of the log, byte for byte: golden bytes that stand here and in `docs/log-format.md`,
//! round trips, garbage.

mod generate;
mod golden;
mod snapshot;
mod version_two;

use generate::records;
use highwater::block::{
    BLOCK_HEAD_BYTES, BLOCK_ROOM_BYTES, BlockHead, BlockKind, BlockState, Chain, Durable, Filled,
    read_block, records_of,
};
use highwater::command::{Action, ClientBytes, Conditions, NewOrder, ReplaceSizing, TimedCommand};
use highwater::limits::BLOCK_BYTES;
use highwater::record::{
    Body, RECORD_BYTES_MAX, RECORD_BYTES_MIN, Record, RecordFault, RecordType,
};
use highwater::ring::{Carried, Ring};
use highwater::segment::{FIRST_POSITION, HeaderState, LogVersion, SegmentHeader, read_header};
use highwater::types::{
    AccountId, ClientSequence, InstrumentId, LogId, LogPosition, OrderId, OrderType, SegmentNumber,
    Sequence, SessionId, Ticks,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use tests::log_builder::command_record;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/log-format.md");

const SEGMENT_HEADER: &str = "\
    48575347f069c11b03000000efbeadde30313233343536373839616263646566\
    010000000000000000002a36fe9c971700000004000000000b0a000000000000\
    29000000000000000a0a00000000000028000000000000000010000000000000";
const BLOCK_HEAD: &str = "\
    4857424bd2214f81303132333435363738396162636465660100000000000000\
    0010000000000000290000000000000003000000000000000b0a000000000000\
    0a0a0000000000002800000000000000efbeadde400001000100000000000000\
    06000000000000002300000000000000";

/// The first segment of a log, and its first block, which holds the golden New.
fn golden_segment() -> (SegmentHeader, Vec<u8>, Vec<u8>) {
    let mut chain = Chain::empty(LogId(*b"0123456789abcdef"));
    (chain.next_number, chain.next_sequence) = (41, Sequence(0x0a0b));
    (chain.previous, chain.incarnation) = (0xdead_beef, 3);
    (chain.term, chain.index) = (6, 35);
    let durable = Durable { sequence: Sequence(0x0a0a), number: 40 };
    let header = chain.next_header(64 << 20, 1_700_000_000_000_000_000, durable);
    let mut first = vec![0; BLOCK_BYTES];
    header.encode(&mut first);
    chain.enter(&header);
    let mut block = vec![0; BLOCK_BYTES];
    let used = golden::records()[0].0.encode(&mut block[BLOCK_HEAD_BYTES..]).expect("it fits");
    let used_bytes = u16::try_from(used).expect("a record is short");
    chain.seal(&mut block, BlockKind::Records, Filled { used_bytes, command_count: 1 }, durable);
    (header, first, block)
}

#[test]
fn records_have_their_golden_bytes() {
    let mut seen = Vec::new();
    for (record, golden) in golden::records() {
        let mut bytes = [0; RECORD_BYTES_MAX];
        let length = record.encode(&mut bytes).expect("a record fits");
        let name = record.record_type().name();
        assert_eq!(hex(&bytes[..length]), golden, "{name}");
        assert_eq!(Record::decode(&bytes), Ok((record, length)), "{name}");
        seen.push(record.record_type());
    }
    // A New has several forms, a Replace two and different sizings.
    seen.dedup();
    assert_eq!(seen, RecordType::ALL);
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
    assert_eq!(hex(&block[BLOCK_HEAD_BYTES..176]), golden::NEW);
    assert!(block[176..].iter().all(|byte| *byte == 0xa5));
    let state = read_block(&block, header.version, header.log_id, header.segment, FIRST_POSITION);
    let BlockState::Intact(head) = state else {
        panic!("the block is whole: {state:?}");
    };
    let expected = BlockHead {
        version: LogVersion::Three,
        kind: BlockKind::Records,
        number: 41,
        incarnation: 3,
        term: 6,
        index: 35,
        previous: 0xdead_beef,
        checksum: head.checksum,
        first_sequence: Sequence(0x0a0b),
        command_count: 1,
        used_bytes: 64,
        durable_sequence: Sequence(0x0a0a),
        durable_number: 40,
    };
    assert_eq!(head, expected);
    assert_eq!(Record::decode(records_of(&block, &head)), Ok((golden::records()[0].0, 64)));
}

#[test]
fn a_block_is_of_one_log_and_one_place() {
    let (header, _, block) = golden_segment();
    let version = header.version;
    let read = |log_id, segment, position| read_block(&block, version, log_id, segment, position);
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
    let golden = golden::records().into_iter().map(|(_, golden)| golden);
    let others = [SEGMENT_HEADER, BLOCK_HEAD, snapshot::HEADER, snapshot::BODY];
    for golden in golden.chain(others) {
        assert!(golden.len() >= 2 * RECORD_BYTES_MIN && text.contains(golden), "{golden}");
    }
}

fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from(b"0123456789abcdef"[usize::from(half)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Whether a ring carries a command that asks for this in one cache line.
fn is_plain(action: &Action) -> bool {
    let is_plain_order = |new: &NewOrder| {
        let waits = matches!(new.order_type, OrderType::Stop | OrderType::StopLimit);
        !waits && new.conditions == Conditions::NONE && new.client_bytes.is_empty()
    };
    matches!(action, Action::New(new) if is_plain_order(new))
        || matches!(action, Action::Replace(replace)
            if replace.trigger == Ticks(0)
                && replace.sizing == ReplaceSizing::Open
                && replace.client_bytes.is_empty())
        || matches!(action, Action::Cancel { .. } | Action::Reduce { .. })
}

/// What comes out of a ring of one into which this goes, over what else was in it.
fn through_a_ring<T: Carried + std::fmt::Debug>(value: T) -> T {
    let ring = Ring::<T, 1>::new();
    let (mut producer, mut consumer) = ring.split().expect("it is new");
    producer.push(value).expect("it is empty");
    consumer.pop().expect("it was pushed")
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        cases: 2_000,
        ..ProptestConfig::default()
    })]

    #[test]
    fn rings_carry_records_and_arrivals_as_they_are(record in records()) {
        prop_assert_eq!(through_a_ring(record), record);
        if let Some(command) = record.body.command() {
            let timed = TimedCommand { timestamp_ns: record.timestamp_ns, command: *command };
            prop_assert_eq!(through_a_ring(timed), timed);
            let is_short = |number: u64| is_plain(&command.action) && number < (1 << 63) - 1;
            prop_assert_eq!(timed.apart().is_some(), is_short(record.timestamp_ns));
            prop_assert_eq!(record.apart().is_some(), is_short(record.sequence.0));
        }
    }

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
        for version in LogVersion::ALL {
            let state = read_block(&block, version, log_id, segment, FIRST_POSITION);
            prop_assert_eq!(state, BlockState::Broken);
        }
        let is_header = matches!(read_header(&mut block), HeaderState::Intact(_));
        prop_assert!(!is_header);
    }

    #[test]
    fn sealed_garbage_is_refused_or_is_what_its_record_encodes_to(
        mut bytes in sealable(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
    ) {
        for (at, byte) in changes {
            let at = HEAD_BYTES + at.index(bytes.len() - HEAD_BYTES);
            bytes[at] = byte;
        }
        reseal(&mut bytes);
        match Record::decode(&bytes) {
            Ok((record, length)) => {
                let mut again = [0; RECORD_BYTES_MAX];
                prop_assert_eq!(record.encode(&mut again), Some(length));
                prop_assert_eq!(&again[..length], &bytes[..]);
            }
            Err(fault) => prop_assert!(fault != RecordFault::Checksum),
        }
    }
}

/// Bytes of a head.
const HEAD_BYTES: usize = 24;

/// Bytes with a type and a form that exist or nearly so, and anything behind them; or a record's.
fn sealable() -> impl Strategy<Value = Vec<u8>> {
    let anything = prop::collection::vec(any::<u8>(), HEAD_BYTES + 1..136);
    let anything = (anything, 0_u8..18, 0_u8..68).prop_map(|(mut bytes, record_type, form)| {
        (bytes[6], bytes[7]) = (record_type, form);
        bytes
    });
    prop_oneof![1 => anything, 3 => records().prop_map(|record| encoded(&record))]
}

fn encoded(record: &Record) -> Vec<u8> {
    let mut bytes = vec![0; RECORD_BYTES_MAX];
    let length = record.encode(&mut bytes).expect("it fits");
    bytes.truncate(length);
    bytes
}

/// Gives bytes their length and a right checksum, so that the fields are looked at.
fn reseal(bytes: &mut [u8]) {
    let length = u16::try_from(bytes.len()).expect("short");
    bytes[4..6].copy_from_slice(&length.to_le_bytes());
    let sum = highwater::checksum::checksum(&[&bytes[4..]]);
    bytes[..4].copy_from_slice(&sum.to_le_bytes());
}

/// Sets one byte of a golden record and says what becomes of it.
fn with_byte(golden: usize, at: usize, byte: u8) -> Result<(Record, usize), RecordFault> {
    let mut bytes = encoded(&golden::records()[golden].0);
    assert_ne!(bytes[at], byte, "the byte changes");
    bytes[at] = byte;
    reseal(&mut bytes);
    Record::decode(&bytes)
}

#[test]
fn bytes_called_zero_are_zero() {
    // The record's place in the golden list, and its zeros.
    let zeros = [
        (1, 70..72),
        (2, 69..72),
        (3, 70..72),
        (3, 101..104),
        (4, 50..56),
        (5, 58..64),
        (6, 72..76),
        (7, 72..76),
        (7, 86..88),
        (8, 72..76),
        (9, 95..96),
        (10, 78..80),
        (11, 46..48),
        (13, 46..48),
        (14, 46..48),
        (15, 39..40),
        (16, 42..48),
        (17, 34..40),
        (19, 61..64),
        (20, 44..48),
        (20, 59..64),
    ];
    for (golden, places) in zeros {
        for at in places {
            assert_eq!(with_byte(golden, at, 1), Err(RecordFault::Field), "{golden} {at}");
        }
    }
}

#[test]
fn a_replace_has_no_other_rule_or_sizing() {
    for (place, known) in [(70, [1, 2].as_slice()), (71, [0, 1, 2].as_slice())] {
        for golden in [6, 7, 8] {
            let now = encoded(&golden::records()[golden].0)[place];
            for byte in (0..=u8::MAX).filter(|byte| *byte != now) {
                let is_known = known.contains(&byte);
                assert_eq!(with_byte(golden, place, byte).is_ok(), is_known, "{place} {byte}");
            }
        }
    }
}

#[test]
fn every_record_has_one_encoding() {
    // A New with the form of conditions and none of them.
    let mut bytes = encoded(&golden::records()[1].0);
    bytes[64..].fill(0);
    reseal(&mut bytes);
    assert_eq!(Record::decode(&bytes), Err(RecordFault::Field));
    // With one of them it is what it says.
    bytes[88] = 1;
    reseal(&mut bytes);
    let Ok((record, 96)) = Record::decode(&bytes) else { panic!("a minimum of one lot") };
    assert_eq!(encoded(&record), bytes);
    // A mass cancel that names no account and gives one; one that names something unknown.
    let mass_cancel = 13;
    assert_eq!(with_byte(mass_cancel, 44, 0b001), Err(RecordFault::Field));
    assert_eq!(with_byte(mass_cancel, 44, 0b1011), Err(RecordFault::Field));
    // Only a New has conditions, and only New, Replace and Note have client bytes, which take as
    // much room as the form says.
    for golden in 4..golden::records().len() {
        assert_eq!(with_byte(golden, 7, 1), Err(RecordFault::Field), "{golden}");
    }
    for golden in [0, 4, 5, 6, 8, 9, 10, 11, 12, 13, 19, 20] {
        let (has_bytes, form) = (matches!(golden, 0 | 6 | 8 | 20), 3 << 1);
        let fault = if has_bytes { RecordFault::Length } else { RecordFault::Field };
        assert_eq!(with_byte(golden, 7, form), Err(fault), "{golden}");
    }
    // More than there may be.
    assert_eq!(with_byte(0, 7, 33 << 1), Err(RecordFault::Field));
}

#[test]
fn plain_records_are_as_long_as_ever_and_client_bytes_fill_whole_words() {
    let length = |record: &Record| encoded(record).len();
    let with = |count: usize| {
        let client_bytes = ClientBytes::new(&[0xff; 32][..count]).expect("at most 32");
        move |record: Record| {
            let mut record = record;
            let Body::Command(command) = &mut record.body else { panic!("it is a command") };
            let action = &mut command.action;
            if let Action::New(new) = action {
                new.client_bytes = client_bytes;
            } else if let Action::Replace(replace) = action {
                replace.client_bytes = client_bytes;
            } else if let Action::Note(note) = action {
                note.bytes = client_bytes;
            }
            record
        }
    };
    let records = golden::records();
    let [new, conditional, replace, note] = [0, 1, 6, 20].map(|golden| records[golden].0);
    for (plain, bytes) in [(new, 64), (conditional, 96), (replace, 80), (note, 48)] {
        for count in 0..=32 {
            let record = with(count)(plain);
            assert_eq!(length(&record), bytes + count.next_multiple_of(8), "{count} bytes");
            assert_eq!(Record::decode(&encoded(&record)), Ok((record, length(&record))));
        }
    }
    assert_eq!(ClientBytes::new(&[0; 33]), None);
    // A block holds as many plain orders as one of version 2 did.
    assert_eq!(BLOCK_ROOM_BYTES / 64, (BLOCK_BYTES - 96 - 8) / 64);
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
