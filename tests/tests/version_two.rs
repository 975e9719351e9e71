//! Logs that begin in version 2 and go on in version 3: what a crash leaves of them is cut off, and
//! what no crash leaves is refused, as in a log of one version.
//!
//! Rows of `docs/recovery.md`.

use highwater::block::{BlockKind, Chain};
use highwater::limits::BLOCK_BYTES;
use highwater::recovery::{Damage, Follower, RecoveryFault, Start};
use highwater::segment::LogVersion;
use highwater::sync_mode::SyncMode;
use highwater::types::{LogPosition, SegmentNumber, Sequence};
use tests::batch_writer::{self, Script};
use tests::log_builder::{self, LogBuilder};
use tests::sim_disk::{SECTOR_BYTES, Survival};
use tests::sim_log::SimLog;
use tests::version_two::as_version_two;

const SECTORS: usize = BLOCK_BYTES / SECTOR_BYTES;

/// A stopped log of version 2 with ten commands: four blocks in segment 1; one in segment 2, the
/// marker of the stop behind it, and room for two more.
fn stopped() -> SimLog {
    let mut builder = LogBuilder::synced(5, 5);
    builder.sync();
    builder.marker(BlockKind::Stopped);
    as_version_two(&builder.log)
}

/// Where the log stands.
fn chain_of(log: &SimLog) -> Chain {
    let (scanned, _) = log_builder::scanned(log).expect("a sound log");
    scanned.chain().expect("a log")
}

/// The same log, gone on in version 3 with a marker and so many synced blocks of two commands.
fn gone_on(block_count: u64) -> LogBuilder {
    let log = stopped();
    let mut builder = LogBuilder::on(log.clone(), &chain_of(&log));
    builder.marker(BlockKind::Recovered);
    builder.synced_blocks(block_count);
    builder
}

#[track_caller]
fn assert_goes_on(log: &SimLog, last: u64) {
    let recovered = log_builder::recovered(log).expect("a crash leaves a sound log");
    assert_eq!(recovered.scanned.last_sequence, Sequence(last));
    let script =
        Script { mode: SyncMode::GROUP, segment_blocks: 3, batches: &[1, 2], stops: false };
    let durable = batch_writer::write(log, &script).expect("it goes on");
    assert_eq!(durable, Sequence(last + 3));
    log.with_disk(|disk| disk.power_cut(Survival::None));
    let recovered = log_builder::recovered(log).expect("it is sound again");
    assert_eq!(recovered.scanned.last_sequence, Sequence(last + 3));
}

#[track_caller]
fn refusal(log: &SimLog) -> RecoveryFault {
    let fault = log_builder::recovered(log).expect_err("the log is refused");
    assert_eq!(log_builder::scanned(log).err(), Some(fault), "a scan says the same");
    fault
}

fn corrupt(segment: u64, block: usize, damage: Damage) -> RecoveryFault {
    let position = LogPosition((block * BLOCK_BYTES) as u64);
    RecoveryFault::Corrupt { segment: SegmentNumber(segment), position, damage }
}

#[test]
fn version_two_is_read_and_goes_on_in_version_three() {
    let log = stopped();
    let (two, records) = log_builder::scanned(&log).expect("a sound log");
    assert!(two.stopped_cleanly);
    assert_eq!(records, (1..=10).map(log_builder::record).collect::<Vec<_>>());
    assert_eq!(chain_of(&log).version, LogVersion::Two);
    let builder = gone_on(5);
    let (three, records) = log_builder::scanned(&builder.log).expect("a sound log");
    assert_eq!(records, (1..=20).map(log_builder::record).collect::<Vec<_>>());
    assert_eq!((three.segment_count, three.torn_tail_bytes), (4, 0));
    assert_eq!(three.chain(), Some(builder.chain));
    let heads = log_builder::heads(&builder.log);
    let versions: Vec<_> = heads.iter().map(|head| head.version.number()).collect();
    assert_eq!(versions, [2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3]);
    assert_goes_on(&log, 10);
    assert_goes_on(&builder.log, 20);
}

#[test]
fn torn_tail_of_version_two() {
    let log = as_version_two(&LogBuilder::synced(5, 3).log);
    for kept in (0..BLOCK_BYTES).step_by(7) {
        let torn = log.fork();
        torn.edit(1, |file| file[3 * BLOCK_BYTES + kept..].fill(0));
        let recovered = log_builder::recovered(&torn).expect("a crash leaves a sound log");
        assert_eq!(recovered.scanned.last_sequence, Sequence(4), "{kept} bytes kept");
        if kept % 512 < 7 {
            assert_goes_on(&torn, 4);
        }
    }
}

#[test]
fn crash_inside_begin_behind_version_two() {
    let log = stopped();
    let header = gone_on(0).log.bytes(3);
    for kept in (0..=BLOCK_BYTES).step_by(16) {
        let torn = log.fork();
        torn.with_disk(|disk| disk.place(3, &header[..kept]));
        let found = log_builder::recovered(&torn).expect("a crash leaves a sound log");
        assert_eq!(found.scanned.last_sequence, Sequence(10), "{kept} bytes kept");
    }
    for mask in 0..1_u64 << SECTORS {
        let torn = log.fork();
        let mut header = header.clone();
        header[BLOCK_BYTES..].fill(0);
        for sector in (0..SECTORS).filter(|sector| mask >> sector & 1 == 0) {
            header[sector * SECTOR_BYTES..(sector + 1) * SECTOR_BYTES].fill(0);
        }
        torn.with_disk(|disk| disk.place(3, &header));
        assert_goes_on(&torn, 10);
    }
}

#[test]
fn flipped_bits_of_a_log_of_two_versions() {
    let mut builder = gone_on(1);
    builder.sync();
    builder.marker(BlockKind::Stopped);
    let (whole, _) = log_builder::scanned(&builder.log).expect("a sound log");
    assert_eq!(whole.last_sequence, Sequence(12));
    for segment in 1..=3 {
        let length = builder.log.bytes(segment).len();
        for at in (0..length).step_by(5) {
            let log = builder.log.fork();
            log.edit(segment, |file| file[at] ^= 1 << (at % 8));
            let found = log_builder::scanned(&log);
            assert!(found.is_err(), "segment {segment}, byte {at}: {found:?}");
        }
    }
}

#[test]
fn something_behind_the_end_of_version_two() {
    // The last block of version 2 stands in segment 2, block 2.
    let builder = gone_on(2);
    let log = builder.log.fork();
    log.edit(2, |file| file[4 * BLOCK_BYTES] = 1);
    assert_eq!(refusal(&log), corrupt(2, 4, Damage::FlippedBit));
    let log = builder.log.fork();
    log.edit(2, |file| file[4 * BLOCK_BYTES..].fill(0x5a));
    assert_eq!(refusal(&log), corrupt(2, 3, Damage::AcknowledgedGone(Sequence(11))));
}

#[test]
fn end_of_version_two_gone_though_version_three_follows() {
    for block_count in [0, 1] {
        // The header confirms what stands before it.
        let log = gone_on(block_count).log;
        log.edit(2, |file| file[2 * BLOCK_BYTES..3 * BLOCK_BYTES].fill(0));
        assert_eq!(refusal(&log), corrupt(2, 2, Damage::AcknowledgedGone(Sequence(11))));
        log.edit(2, |file| file[BLOCK_BYTES..3 * BLOCK_BYTES].fill(0));
        assert_eq!(refusal(&log), corrupt(2, 1, Damage::AcknowledgedGone(Sequence(9))));
    }
}

#[test]
fn version_two_behind_version_three() {
    let mut builder = LogBuilder::synced(4, 3);
    builder.sync();
    let mut header = builder.chain.next_header(4 * BLOCK_BYTES as u64, 1, builder.durable);
    header.version = LogVersion::Two;
    let mut bytes = vec![0; 4 * BLOCK_BYTES];
    header.encode(&mut bytes[..BLOCK_BYTES]);
    builder.log.with_disk(|disk| disk.place(2, &bytes));
    assert_eq!(refusal(&builder.log), RecoveryFault::ForeignSegment(SegmentNumber(2)));
}

#[test]
fn follower_from_version_two_into_version_three() {
    let builder = gone_on(4);
    let (mut log, mut buffer) = (builder.log.clone(), vec![0; 2 * BLOCK_BYTES]);
    for start in [Start::Beginning, Start::Snapshot(chain_of(&stopped()))] {
        let mut follower = Follower::new(start);
        for until in [12, 18].map(Sequence) {
            assert_eq!(follower.follow(&mut log, &mut buffer, &mut (), until), Ok(until));
        }
        assert_eq!(follower.chain(), Some(builder.chain));
    }
}
