//! One flipped bit anywhere in a cleanly stopped log is always found: in headers, blocks, padding
//! and the zeros ahead.

use highwater::block::BlockKind;
use highwater::log_file::LogOperation;
use highwater::sync_mode::SyncMode;
use tests::batch_writer::{self, Script};
use tests::log_builder::{self, LogBuilder};
use tests::sim_disk::Survival;
use tests::sim_log::{FileForm, Happening, Plan, SimLog};

/// Writes, and stops cleanly.
fn write_and_stop(log: &SimLog, segment_blocks: u64, batches: &[u64]) {
    let script = Script { mode: SyncMode::GROUP, segment_blocks, batches, stops: true };
    batch_writer::write(log, &script).expect("nothing happens");
}

/// Flips every bit of every segment; each must make the scan refuse. Returns how many there are.
#[track_caller]
fn flip_every_bit(log: &SimLog) -> usize {
    log_builder::scanned(log).expect("the log is sound");
    let (first, last) = log.with_disk(|disk| disk.range()).expect("there are segments");
    let mut count = 0;
    for segment in first..=last {
        let bits = log.bytes(segment).len() * 8;
        for bit in 0..bits {
            log.with_disk(|disk| disk.flip(segment, bit));
            let found = log_builder::scanned(log);
            assert!(found.is_err(), "segment {segment}, byte {}, bit {}", bit / 8, bit % 8);
            log.with_disk(|disk| disk.flip(segment, bit));
        }
        count += bits;
    }
    log_builder::scanned(log).expect("the log is sound again");
    count
}

#[test]
fn every_flipped_bit_of_a_cleanly_stopped_log_is_found() {
    let log = SimLog::new(FileForm::Zeroed);
    write_and_stop(&log, 4, &[2, 65]);
    assert_eq!(log_builder::heads(&log).len(), 5);
    assert_eq!(flip_every_bit(&log), 2 * 4 * 4_096 * 8, "the last block of segment 2 is blank");
}

#[test]
fn every_flipped_bit_of_a_log_of_markers_is_found() {
    let log = SimLog::new(FileForm::Growing);
    write_and_stop(&log, 4, &[]);
    let kinds: Vec<_> = log_builder::heads(&log).iter().map(|head| head.kind).collect();
    assert_eq!(kinds, [BlockKind::Recovered, BlockKind::Stopped]);
    assert_eq!(flip_every_bit(&log), 3 * 4_096 * 8);
}

#[test]
fn every_flipped_bit_after_a_crash_and_a_clean_stop_is_found() {
    let log = SimLog::new(FileForm::Zeroed);
    let happening = Happening::PowerCut;
    log.start(Some(Plan { operation: Some(LogOperation::Sync), nth: 2, happening, seed: 3 }));
    let script = Script { mode: SyncMode::GROUP, segment_blocks: 3, batches: &[70], stops: false };
    assert!(batch_writer::write(&log, &script).is_err());
    log.start(None);
    log.with_disk(|disk| disk.power_cut(Survival::All));
    write_and_stop(&log, 3, &[1]);
    assert!(log_builder::heads(&log).iter().any(|head| head.incarnation == 2));
    assert!(flip_every_bit(&log) >= 4 * 4_096 * 8);
}

#[test]
fn every_flipped_bit_of_an_idle_log_is_found() {
    let mut builder = LogBuilder::synced(4, 2);
    builder.sync();
    builder.marker(BlockKind::Idle);
    assert_eq!(flip_every_bit(&builder.log), 4 * 4_096 * 8);
}

#[test]
fn every_flipped_bit_of_a_segment_that_was_only_begun_is_found() {
    let mut builder = LogBuilder::synced(2, 1);
    builder.sync();
    builder.begin();
    assert_eq!(flip_every_bit(&builder.log), 2 * 2 * 4_096 * 8);
}
