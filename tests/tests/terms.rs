//! Blocks of replication: term, index, and the two kinds that a reader skips.
//!
//! Rows of `docs/recovery.md`.

use highwater::block::{BLOCK_ROOM_BYTES, BlockKind, Filled};
use highwater::limits::BLOCK_BYTES;
use highwater::record::RecordFault;
use highwater::recovery::{Damage, Follower, RecoveryFault, Start};
use highwater::types::{LogPosition, SegmentNumber, Sequence};
use tests::log_builder::{self, LogBuilder};

fn filled(used_bytes: usize) -> Filled {
    Filled { used_bytes: u16::try_from(used_bytes).expect("a block is small"), command_count: 0 }
}

/// A log of term 3 with two synced blocks of two commands, at index 5.
fn log_of_term_three() -> LogBuilder {
    let mut builder = LogBuilder::new(16);
    (builder.chain.term, builder.chain.index) = (3, 5);
    builder.synced_blocks(2);
    builder
}

#[track_caller]
fn refusal(builder: &LogBuilder) -> RecoveryFault {
    log_builder::recovered(&builder.log).expect_err("the log is refused")
}

fn corrupt(block: usize, damage: Damage) -> RecoveryFault {
    let position = LogPosition((block * BLOCK_BYTES) as u64);
    RecoveryFault::Corrupt { segment: SegmentNumber::FIRST, position, damage }
}

/// The bytes of a record that would be the next one.
fn record_bytes() -> Vec<u8> {
    let mut bytes = vec![0; 64];
    log_builder::record(5).encode(&mut bytes).expect("it fits");
    bytes
}

#[test]
fn blocks_of_terms_and_members_are_skipped() {
    let mut builder = log_of_term_three();
    builder.chain.term = 4;
    builder.marker(BlockKind::Term);
    for length in [0, 1, 700, BLOCK_ROOM_BYTES] {
        builder.block(BlockKind::Membership, &vec![0x5a; length], filled(length));
    }
    // Even where they look like a record.
    builder.block(BlockKind::Membership, &record_bytes(), filled(64));
    builder.chain.index = 9;
    builder.synced_blocks(2);
    let (scanned, records) = log_builder::scanned(&builder.log).expect("a sound log");
    assert_eq!(records, (1..=8).map(log_builder::record).collect::<Vec<_>>());
    let chain = scanned.chain().expect("a log");
    assert_eq!((chain, chain.term, chain.index), (builder.chain, 4, 9));
    assert_eq!(scanned.torn_tail_bytes, 0);
    let recovered = log_builder::recovered(&builder.log).expect("a sound log");
    assert_eq!(recovered.scanned.last_sequence, Sequence(8));
}

#[test]
fn term_that_falls_does_not_go_on() {
    // Unconfirmed, it is what a crash left.
    for (term, goes_on) in [(2, false), (3, true), (4, true), (u64::MAX, true)] {
        let mut builder = log_of_term_three();
        builder.chain.term = term;
        builder.commands(2);
        let (scanned, records) = log_builder::scanned(&builder.log).expect("a sound log");
        assert_eq!(records.len(), if goes_on { 6 } else { 4 }, "term {term}");
        assert_eq!(scanned.torn_tail_bytes, if goes_on { 0 } else { BLOCK_BYTES as u64 });
    }
}

#[test]
fn term_that_falls_behind_what_is_durable() {
    let mut builder = log_of_term_three();
    builder.chain.term = 2;
    builder.synced_blocks(2);
    assert_eq!(refusal(&builder), corrupt(3, Damage::AcknowledgedGone(Sequence(5))));
}

#[test]
fn term_behind_a_snapshot_does_not_fall() {
    let mut builder = log_of_term_three();
    let mut follower = Follower::new(Start::Snapshot(builder.chain));
    builder.chain.term = 2;
    builder.commands(2);
    let (mut log, mut buffer) = (builder.log.clone(), vec![0; BLOCK_BYTES]);
    let outcome = follower.follow(&mut log, &mut buffer, &mut (), Sequence(6));
    assert_eq!(outcome, Err(corrupt(3, Damage::AcknowledgedGone(Sequence(5)))));
}

#[test]
fn records_in_blocks_that_hold_none() {
    let one = Filled { used_bytes: 64, command_count: 1 };
    let mut builder = log_of_term_three();
    builder.block(BlockKind::Term, &record_bytes(), one);
    assert_eq!(refusal(&builder), corrupt(3, Damage::Record(RecordFault::Length)));
    let mut builder = log_of_term_three();
    builder.block(BlockKind::Membership, &record_bytes(), one);
    assert_eq!(refusal(&builder), corrupt(3, Damage::Sequence));
}
