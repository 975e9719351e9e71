//! Version 2 of the log and version 1 of its snapshots, whose bytes stay what they were.

use crate::hex;
use highwater::block::{BlockHead, BlockKind, BlockState, read_block, records_of};
use highwater::checksum::checksum;
use highwater::limits::BLOCK_BYTES;
use highwater::record::Record;
use highwater::segment::{FIRST_POSITION, HeaderState, LogVersion, SegmentHeader, read_header};
use highwater::snapshot::{SnapshotFault, read_snapshot_header};
use highwater::types::{LogId, PriceDecimals, SegmentNumber, Sequence};

/// What the page said of version 2: a header, a block's head, a snapshot's header.
const SEGMENT_HEADER: &str = "\
    4857534787f5399902000000efbeadde30313233343536373839616263646566\
    010000000000000000002a36fe9c971700000004000000000b0a000000000000\
    29000000000000000a0a00000000000028000000000000000010000000000000";
const BLOCK_HEAD: &str = "\
    4857424b0f68585f303132333435363738396162636465660100000000000000\
    0010000000000000290000000000000003000000000000000b0a000000000000\
    0a0a0000000000002800000000000000efbeadde400001000100000000000000";
const SNAPSHOT_HEADER: &str = "\
    4857534eeaa5dfb7010000000001000030313233343536373839616263646566\
    00002a36fe9c9717001000000000000008000000000000000100000000000000\
    0000000400000000009002000000000029000000000000000300000000000000\
    efbeadde000000000c68d5ce7e445315a16c49b7419dbed900002a36fe9c9717\
    0004000010000000080000000200000004000000010000000300000005000000\
    0c000000001000007766554433221100666c6f772e6373760000000000000000\
    0000000000000000000000000000000001000000000000000200000000000000";
/// A `DefineInstrument` of version 2.
const DEFINE_INSTRUMENT: &str = "\
    5321e03f6000050000002a36fe9c971707000000000000000700000000000000\
    3630303531392e534800000000000000640000000000000040420f0000000000\
    000000000000000040000000000000000500000080a8120180b14f0100000000";

/// A block that begins with these bytes and is padding behind them.
fn block(front: &str) -> Vec<u8> {
    let mut block = bytes(front);
    block.resize(BLOCK_BYTES, 0xa5);
    block
}

fn bytes(digits: &str) -> Vec<u8> {
    let (pairs, _) = digits.as_bytes().as_chunks();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(str::from_utf8(pair)?, 16).map_err(Into::into);
    let bytes: Result<Vec<u8>, Box<dyn std::error::Error>> = pairs.iter().map(byte).collect();
    bytes.expect("hexadecimal digits")
}

fn header() -> SegmentHeader {
    let HeaderState::Intact(header) = read_header(&mut block(SEGMENT_HEADER)) else {
        panic!("the header is whole");
    };
    header
}

#[test]
fn a_header_of_version_two_is_read_and_written_as_it_was() {
    let header = header();
    assert_eq!(header.version, LogVersion::Two);
    assert_eq!((header.segment, header.first_number), (SegmentNumber::FIRST, 41));
    let mut again = vec![0; BLOCK_BYTES];
    header.encode(&mut again);
    assert_eq!(hex(&again[..96]), SEGMENT_HEADER);
}

#[test]
fn a_block_of_version_two_is_read() {
    let header = header();
    let block = block(&[BLOCK_HEAD, crate::golden::NEW].concat());
    let read = |version| read_block(&block, version, header.log_id, header.segment, FIRST_POSITION);
    let BlockState::Intact(head) = read(LogVersion::Two) else { panic!("the block is whole") };
    let expected = BlockHead {
        version: LogVersion::Two,
        kind: BlockKind::Records,
        number: 41,
        incarnation: 3,
        term: 0,
        index: 0,
        previous: 0xdead_beef,
        checksum: head.checksum,
        first_sequence: Sequence(0x0a0b),
        command_count: 1,
        used_bytes: 64,
        durable_sequence: Sequence(0x0a0a),
        durable_number: 40,
    };
    assert_eq!(head, expected);
    assert_eq!(Record::decode(records_of(&block, &head)), Ok((crate::golden::records()[0].0, 64)));
    // As one of version 3 its records would begin later.
    let BlockState::Intact(head) = read(LogVersion::Three) else { panic!("the block is whole") };
    assert!(Record::decode(records_of(&block, &head)).is_err());
}

#[test]
fn kinds_of_version_three_are_none_of_version_two() {
    let header = header();
    for (kind, is_known) in [(4, true), (5, false), (6, false), (7, false)] {
        let mut block = block(BLOCK_HEAD);
        (block[88], block[84], block[86]) = (kind, 0, 0);
        let sum = checksum(&[&block[..4], &block[8..]]);
        block[4..8].copy_from_slice(&sum.to_le_bytes());
        let state =
            read_block(&block, LogVersion::Two, header.log_id, header.segment, FIRST_POSITION);
        assert_eq!(matches!(state, BlockState::Intact(_)), is_known, "kind {kind}");
        let state =
            read_block(&block, LogVersion::Three, header.log_id, header.segment, FIRST_POSITION);
        assert_eq!(matches!(state, BlockState::Intact(_)), kind < 7, "kind {kind}");
    }
}

#[test]
fn an_instrument_of_version_two_has_two_decimals() {
    let (record, _) = Record::decode(&bytes(DEFINE_INSTRUMENT)).expect("a record");
    let highwater::record::Body::Command(command) = record.body else { panic!("a command") };
    let highwater::command::Action::DefineInstrument(definition) = command.action else {
        panic!("a definition");
    };
    assert_eq!(definition.terms.decimals, PriceDecimals(2));
}

#[test]
fn a_snapshot_header_of_version_one_is_read() {
    let whole = block(SNAPSHOT_HEADER);
    let header = read_snapshot_header(&whole).expect("a header");
    assert_eq!(header.chain.log_id, LogId(*b"0123456789abcdef"));
    assert_eq!((header.chain.version, header.chain.term), (LogVersion::Two, 0));
    assert_eq!((header.chain.incarnation, header.sequence()), (3, Sequence(8)));
    // A version of the log stands where version 1 has a zero.
    let mut changed = whole;
    changed[14] = 2;
    let sum = checksum(&[&changed[..4], &changed[8..]]);
    changed[4..8].copy_from_slice(&sum.to_le_bytes());
    assert_eq!(read_snapshot_header(&changed), Err(SnapshotFault::Header));
}
