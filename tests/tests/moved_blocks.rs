//! Blocks that were moved within a file are heard: whatever is dropped, put in, swapped or doubled,
//! no acknowledged command is lost without a word.
//!
//! Rows of `docs/recovery.md`.

use highwater::block::BlockKind;
use highwater::limits::BLOCK_BYTES;
use highwater::recovery::{Damage, RecoveryFault};
use highwater::types::{LogPosition, SegmentNumber, Sequence};
use tests::log_builder::{self, LogBuilder};
use tests::random::Random;
use tests::sim_log::SimLog;

/// A log that was stopped cleanly, the segment that it ends in, and its last sequence.
struct Stopped {
    log: SimLog,
    segment: u64,
    last: u64,
    /// Blocks of the last segment that were written, the header's too.
    block_count: usize,
}

/// So many blocks of two commands in segments of six blocks, and the marker of a clean stop.
fn stopped(block_count: u64) -> Stopped {
    let mut builder = LogBuilder::synced(6, block_count);
    builder.sync();
    builder.marker(BlockKind::Stopped);
    let written = usize::try_from(builder.chain.position.0).expect("a small segment");
    Stopped {
        log: builder.log,
        segment: builder.chain.segment.0,
        last: 2 * block_count,
        block_count: written / BLOCK_BYTES,
    }
}

/// Logs that end in their first segment, in a later one, and with a segment full to its last block.
fn all_stopped() -> [Stopped; 3] {
    [stopped(3), stopped(7), stopped(9)]
}

impl Stopped {
    /// The log after a change of the last segment's file: refused and left as it is, or all there.
    /// True when it is refused.
    #[track_caller]
    fn is_refused_after(&self, change: impl FnOnce(&mut Vec<u8>), what: &str) -> bool {
        let log = self.log.fork();
        log.edit(self.segment, change);
        let before = log.bytes(self.segment);
        match log_builder::recovered(&log) {
            Ok(recovered) => {
                let last = recovered.scanned.last_sequence;
                assert_eq!(last, Sequence(self.last), "{what}: acknowledged commands are lost");
                false
            }
            Err(fault) => {
                let is_damage = matches!(
                    fault,
                    RecoveryFault::Corrupt { .. } | RecoveryFault::ForeignSegment(_)
                );
                assert!(is_damage, "{what}: {fault}");
                assert_eq!(log.bytes(self.segment), before, "{what}: a refused log is as it was");
                true
            }
        }
    }

    /// The bytes of a block.
    fn block(&self, index: usize) -> Vec<u8> {
        self.log.bytes(self.segment)[index * BLOCK_BYTES..][..BLOCK_BYTES].to_vec()
    }

    /// Where the blocks of records stand, that is all but the header and the marker.
    fn records(&self) -> std::ops::Range<usize> {
        1..self.block_count - 1
    }
}

fn remove(file: &mut Vec<u8>, at: usize, length: usize) {
    let whole = file.len();
    file.drain(at..at + length);
    file.resize(whole, 0);
}

fn insert(file: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let behind = file.split_off(at);
    file.extend_from_slice(bytes);
    file.extend(behind);
}

#[test]
fn block_that_was_deleted() {
    for stopped in all_stopped() {
        for index in 0..stopped.block_count {
            let at = index * BLOCK_BYTES;
            let what = format!("block {index} of {}", stopped.block_count);
            let refused = stopped.is_refused_after(|file| remove(file, at, BLOCK_BYTES), &what);
            assert!(refused || !stopped.records().contains(&index), "{what}");
            let refused =
                stopped.is_refused_after(|file| drop(file.drain(at..at + BLOCK_BYTES)), &what);
            assert!(refused || !stopped.records().contains(&index), "{what}, a shorter file");
        }
    }
}

#[test]
fn block_that_was_put_in() {
    for stopped in all_stopped() {
        for index in 0..=stopped.block_count {
            let at = index * BLOCK_BYTES;
            for source in 0..stopped.block_count {
                let block = stopped.block(source);
                let what = format!("block {source} before block {index}");
                let refused = stopped.is_refused_after(|file| insert(file, at, &block), &what);
                // A block behind itself is in the place of the next one.
                let hole = if source == index { index + 1 } else { index };
                assert!(refused || !stopped.records().contains(&hole), "{what}");
            }
            for block in [0, 0x5a].map(|byte| vec![byte; BLOCK_BYTES]) {
                let what = format!("no block before block {index}");
                let refused = stopped.is_refused_after(|file| insert(file, at, &block), &what);
                assert!(refused || !stopped.records().contains(&index), "{what}");
            }
        }
    }
}

#[test]
fn blocks_that_were_swapped_or_doubled() {
    for stopped in all_stopped() {
        let all = 0..stopped.block_count;
        for (one, other) in all.clone().flat_map(|one| all.clone().map(move |other| (one, other))) {
            if one == other {
                continue;
            }
            let (first, second) = (stopped.block(one), stopped.block(other));
            let put = |file: &mut Vec<u8>, index: usize, block: &[u8]| {
                file[index * BLOCK_BYTES..][..BLOCK_BYTES].copy_from_slice(block);
            };
            let swap = |file: &mut Vec<u8>| {
                put(file, one, &second);
                put(file, other, &first);
            };
            let what = format!("blocks {one} and {other}");
            assert!(stopped.is_refused_after(swap, &what), "{what}: no two change places unseen");
            // Over the marker, or with the marker over it: what is gone may be the marker alone.
            let is_marker = [one, other].contains(&(stopped.block_count - 1));
            let double = |file: &mut Vec<u8>| put(file, other, &first);
            let refused = stopped.is_refused_after(double, &what);
            assert!(refused || is_marker, "{what}: doubled");
        }
    }
}

#[test]
fn bytes_that_were_deleted_or_put_in() {
    let mut random = Random::new(3);
    for stopped in all_stopped() {
        let marker_at = (stopped.block_count - 1) * BLOCK_BYTES;
        let mut refused_count = 0;
        for _ in 0..400 {
            // The marker stays whole: it is the witness.
            let length = 1 + random.index(2 * BLOCK_BYTES);
            let at = random.index(marker_at);
            let cut = length.min(marker_at - at);
            let what = format!("{cut} bytes at {at}");
            let is_refused = stopped.is_refused_after(|file| remove(file, at, cut), &what);
            refused_count += u32::from(is_refused);
            let bytes: Vec<u8> =
                (0..length).map(|byte| u8::try_from(byte % 251).unwrap()).collect();
            let what = format!("{length} bytes before {at}");
            let is_refused = stopped.is_refused_after(|file| insert(file, at, &bytes), &what);
            refused_count += u32::from(is_refused);
        }
        assert_eq!(refused_count, 800, "the marker is always heard");
    }
}

#[test]
fn moved_blocks_of_a_log_that_was_not_stopped() {
    let builder = LogBuilder::synced(12, 8);
    for index in 1..8 {
        let log = builder.log.fork();
        log.edit(1, |file| remove(file, index * BLOCK_BYTES, BLOCK_BYTES));
        let sequence = Sequence(2 * index as u64 - 1);
        let expected = RecoveryFault::Corrupt {
            segment: SegmentNumber(1),
            position: LogPosition((index * BLOCK_BYTES) as u64),
            damage: Damage::AcknowledgedGone(sequence),
        };
        assert_eq!(log_builder::recovered(&log).err(), Some(expected), "block {index}");
    }
}

#[test]
fn segment_whose_header_was_moved() {
    // Its header alone says what was durable when it was begun.
    let mut builder = LogBuilder::synced(4, 3);
    builder.sync();
    builder.begin();
    let header = builder.log.bytes(2)[..BLOCK_BYTES].to_vec();
    for at in [BLOCK_BYTES, 700] {
        let log = builder.log.fork();
        log.edit(1, |file| file[3 * BLOCK_BYTES..].fill(0));
        log.edit(2, |file| {
            file.fill(0);
            file[at..at + BLOCK_BYTES].copy_from_slice(&header);
        });
        let expected = RecoveryFault::Corrupt {
            segment: SegmentNumber(1),
            position: LogPosition(3 * BLOCK_BYTES as u64),
            damage: Damage::AcknowledgedGone(Sequence(5)),
        };
        assert_eq!(log_builder::recovered(&log).err(), Some(expected), "at {at}");
    }
}

#[test]
fn last_block_that_was_deleted_is_not_seen() {
    // Undecidable: nothing behind it says that it was there.
    let builder = LogBuilder::synced(12, 8);
    builder.log.edit(1, |file| file[8 * BLOCK_BYTES..].fill(0));
    let recovered = log_builder::recovered(&builder.log).expect("a sound log");
    assert_eq!(recovered.scanned.last_sequence, Sequence(14));
}
