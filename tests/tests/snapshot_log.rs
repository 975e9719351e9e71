//! A snapshot and the log behind it come to what the whole log comes to, or are refused.
//!
//! Rows of `docs/recovery.md`.

use highwater::block::BlockKind;
use highwater::event::Event;
use highwater::limits::BLOCK_BYTES;
use highwater::log_file::LogOperation;
use highwater::record::{Body, Record};
use highwater::recovery::{Damage, RecoveryFault, Start, recover_from, scan_from};
use highwater::segment::{HeaderState, read_header};
use highwater::snapshot::read_snapshot_header;
use highwater::types::{LogId, LogPosition, SegmentNumber, Sequence};
use tests::log_builder::{self, LogBuilder};
use tests::oracle::Recovered;
use tests::random::Random;
use tests::sim_disk::Survival;
use tests::sim_log::{Happening, Plan, SimLog};
use tests::snapshots::{recovered_from, taken};

/// Checks that recovery from a snapshot came to what recovery of the whole log came to.
#[track_caller]
fn assert_same(from_snapshot: &Recovered, whole: &Recovered, snapshot: &[u8]) {
    let sequence = read_snapshot_header(snapshot).expect("a header").sequence();
    let behind: Vec<Event> =
        whole.events.iter().filter(|event| event.sequence > sequence).copied().collect();
    assert_eq!(from_snapshot.events, behind, "from {sequence}");
    assert_eq!(from_snapshot.state_hash, whole.state_hash);
    assert_eq!(from_snapshot.running_hash, whole.running_hash);
    assert_eq!(from_snapshot.check, Ok(()));
    let (found, wanted) = (&from_snapshot.scanned, &whole.scanned);
    assert_eq!(found.chain(), wanted.chain());
    assert_eq!((found.cut_at, found.last_sequence), (wanted.cut_at, wanted.last_sequence));
    assert_eq!(found.torn_tail_bytes, wanted.torn_tail_bytes);
    assert_eq!(found.stopped_cleanly, wanted.stopped_cleanly);
    assert_eq!(found.confirmed, wanted.confirmed.max(sequence));
}

fn ahead(snapshot: &[u8]) -> RecoveryFault {
    let sequence = read_snapshot_header(snapshot).expect("a header").sequence();
    RecoveryFault::SnapshotAhead { sequence }
}

/// Where the snapshot's chain stands: segment and position.
fn place_of(snapshot: &[u8]) -> (u64, usize) {
    let chain = read_snapshot_header(snapshot).expect("a header").chain;
    (chain.segment.0, usize::try_from(chain.position.0).expect("a small segment"))
}

#[test]
fn snapshot_and_the_log_behind_it() {
    for seed in 0..60 {
        let log = log_builder::random_log(seed).log;
        let whole = log_builder::recovered(&log.fork()).expect("a sound log");
        for end in log_builder::block_ends(&log) {
            let snapshot = taken(&log, end);
            let recovered = recovered_from(&log.fork(), &snapshot).expect("a sound log");
            assert_same(&recovered, &whole, &snapshot);
        }
    }
}

#[test]
fn segments_before_the_snapshot_are_not_looked_at() {
    for seed in 0..20 {
        let log = log_builder::random_log(seed).log;
        let whole = log_builder::recovered(&log.fork()).expect("a sound log");
        for end in log_builder::block_ends(&log) {
            let snapshot = taken(&log, end);
            let (segment, position) = place_of(&snapshot);
            let retired = log.fork();
            (1..segment).for_each(|earlier| retired.with_disk(|disk| disk.remove(earlier)));
            assert_same(&recovered_from(&retired, &snapshot).expect("sound"), &whole, &snapshot);
            let unreadable = log.fork();
            for earlier in 1..segment {
                unreadable.edit(earlier, |file| file.fill(0x5a));
            }
            // The same of what stands in its own segment, but for the header and the last block.
            unreadable.edit(segment, |file| {
                let before = position.saturating_sub(BLOCK_BYTES).max(BLOCK_BYTES);
                file[BLOCK_BYTES..before].fill(0x5a);
            });
            let recovered = recovered_from(&unreadable, &snapshot).expect("a sound log");
            assert_same(&recovered, &whole, &snapshot);
        }
    }
}

#[test]
fn torn_tail_behind_a_snapshot() {
    for seed in 0..300 {
        let mut random = Random::new(seed);
        let builder = log_builder::random_log(seed);
        let ends = log_builder::block_ends(&builder.log);
        let snapshot = taken(&builder.log, ends[random.index(ends.len() - 1)]);
        // The last block is confirmed by nobody.
        let torn = builder.log.fork();
        let position = usize::try_from(builder.chain.position.0).expect("small") - BLOCK_BYTES;
        let kept = random.index(BLOCK_BYTES);
        torn.edit(builder.chain.segment.0, |file| {
            file[position + kept..position + BLOCK_BYTES].fill(0);
        });
        let whole = log_builder::recovered(&torn.fork()).expect("a torn tail");
        let recovered = recovered_from(&torn, &snapshot).expect("a torn tail");
        assert!(whole.scanned.torn_tail_bytes > 0 || kept == 0);
        assert_same(&recovered, &whole, &snapshot);
    }
}

#[test]
fn log_goes_on_behind_a_snapshot() {
    let log = log_builder::random_log(1).log;
    let ends = log_builder::block_ends(&log);
    for end in [ends[0], ends[3], *ends.last().expect("blocks")] {
        let grown = log.fork();
        let snapshot = taken(&grown, end);
        let recovered = recovered_from(&grown, &snapshot).expect("a sound log");
        let chain = recovered.scanned.chain().expect("a log");
        let mut builder = LogBuilder::on(grown.clone(), &chain);
        builder.chain.incarnation += 1;
        builder.marker(BlockKind::Recovered);
        (0..3).for_each(|_| builder.records(&[session_record(builder.chain.next_sequence.0)]));
        grown.with_disk(|disk| disk.power_cut(Survival::None));
        let whole = log_builder::recovered(&grown.fork()).expect("a sound log");
        assert_eq!(whole.scanned.last_sequence.0, chain.last_sequence().0 + 3);
        assert_same(&recovered_from(&grown, &snapshot).expect("sound"), &whole, &snapshot);
    }
}

/// A command that no other could repeat.
fn session_record(sequence: u64) -> Record {
    let mut record = log_builder::record(sequence);
    if let Body::Command(command) = &mut record.body {
        command.client_sequence.0 += 1_000_000;
    }
    record
}

#[test]
fn log_that_ends_before_its_snapshot() {
    let log = log_builder::random_log(2).log;
    let end = log_builder::block_ends(&log)[6];
    let snapshot = taken(&log, end);
    let (segment, position) = place_of(&snapshot);
    assert!(segment == 3 && position > 2 * BLOCK_BYTES, "a block stands before it");
    let refusal = |change: &dyn Fn(&SimLog)| {
        let log = log.fork();
        change(&log);
        recovered_from(&log, &snapshot).expect_err("the log is refused")
    };
    let drop_from = |log: &SimLog, segment: u64| {
        (segment..=4).for_each(|later| log.with_disk(|disk| disk.remove(later)));
    };
    let ahead = ahead(&snapshot);
    // Nothing is left, or nothing of its segment and behind.
    assert_eq!(refusal(&|log| drop_from(log, 1)), ahead);
    assert_eq!(refusal(&|log| drop_from(log, segment)), ahead);
    // Its segment ends before it.
    for kept in [0, 1, BLOCK_BYTES, 2 * BLOCK_BYTES, position - 1] {
        let truncated = refusal(&|log| {
            drop_from(log, segment + 1);
            log.edit(segment, |file| file.truncate(kept));
        });
        assert_eq!(truncated, ahead, "{kept}");
    }
    for from in [0, BLOCK_BYTES, position - BLOCK_BYTES] {
        let zeroed = refusal(&|log| {
            drop_from(log, segment + 1);
            log.edit(segment, |file| file[from..].fill(0));
        });
        assert_eq!(zeroed, ahead, "{from}");
    }
}

/// The hole stands before the block that the snapshot stands behind, and nothing in the log vouches
/// for it: alone it is a torn tail.
#[test]
fn hole_before_what_a_snapshot_covers() {
    let mut builder = LogBuilder::synced(4, 3);
    (0..2).for_each(|_| builder.records(&[session_record(builder.chain.next_sequence.0)]));
    let last = builder.chain.last_sequence();
    let log = builder.log;
    let position = usize::try_from(builder.chain.position.0).expect("small") - 2 * BLOCK_BYTES;
    log.edit(builder.chain.segment.0, |file| file[position..position + BLOCK_BYTES].fill(0x5a));
    let cut = log_builder::recovered(&log.fork()).expect("a torn tail");
    assert_eq!(cut.scanned.last_sequence.0, last.0 - 2);
    let refused = |covered| {
        let mut buffer = vec![0; BLOCK_BYTES];
        let start = (Start::Beginning, covered);
        let log = log.fork();
        let recovered = recover_from(&mut log.clone(), &mut buffer, &mut (), start);
        (recovered.err(), log.bytes(builder.chain.segment.0))
    };
    for covered in [last, Sequence(last.0 - 1)] {
        let (fault, bytes) = refused(covered);
        assert_eq!(fault, Some(RecoveryFault::SnapshotAhead { sequence: covered }));
        assert_eq!(bytes, log.bytes(builder.chain.segment.0), "nothing is cut");
    }
    assert_eq!(refused(Sequence(last.0 - 2)).0, None);
}

#[test]
fn block_before_the_snapshot_is_another() {
    let log = log_builder::random_log(3).log;
    for end in log_builder::block_ends(&log) {
        let snapshot = taken(&log, end);
        let (segment, position) = place_of(&snapshot);
        let before = position - BLOCK_BYTES..position;
        for damage in [&|block: &mut [u8]| block.fill(0), &|block: &mut [u8]| block[700] ^= 0x10]
            as [&dyn Fn(&mut [u8]); 2]
        {
            let damaged = log.fork();
            damaged.edit(segment, |file| damage(&mut file[before.clone()]));
            assert_eq!(recovered_from(&damaged, &snapshot).err(), Some(ahead(&snapshot)));
        }
    }
}

#[test]
fn snapshot_of_a_copy_of_the_log_that_went_its_own_way() {
    let log = LogBuilder::synced(4, 5);
    let mut copy = LogBuilder::on(log.log.fork(), &log.chain);
    copy.records(&[session_record(11), session_record(12)]);
    let mut log = log;
    log.synced_blocks(3);
    let snapshot = taken(&copy.log, Sequence(12));
    assert_eq!(recovered_from(&log.log, &snapshot).err(), Some(ahead(&snapshot)));
    // Where both are the same it is as good as the log's own.
    let snapshot = taken(&copy.log, Sequence(10));
    assert!(recovered_from(&log.log, &snapshot).is_ok());
}

#[test]
fn snapshot_at_the_beginning_of_a_segment() {
    let mut builder = LogBuilder::synced(4, 3);
    builder.sync();
    builder.begin();
    // As a marker may leave it: the log stands behind the header of its second segment.
    let recovered = log_builder::recovered(&builder.log.fork()).expect("a sound log");
    let chain = recovered.scanned.chain().expect("a log");
    assert_eq!(chain.position, LogPosition(BLOCK_BYTES as u64));
    let mut other =
        log_builder::scanned(&builder.log).expect("a sound log").0.chain().expect("a log");
    let start = |chain| {
        let mut buffer = vec![0; BLOCK_BYTES];
        let scanned =
            scan_from(&mut builder.log.clone(), &mut buffer, &mut (), Start::Snapshot(chain));
        scanned.map(|scanned| scanned.chain())
    };
    assert_eq!(start(chain), Ok(Some(chain)));
    other.previous ^= 1;
    let sequence = Sequence(6);
    assert_eq!(start(other), Err(RecoveryFault::SnapshotAhead { sequence }));
}

#[test]
fn snapshot_of_another_log() {
    let log = log_builder::random_log(4).log;
    let mut other = LogBuilder::of(LogId(*b"another log's id"), 4);
    other.synced_blocks(8);
    let snapshot = taken(&other.log, Sequence(4));
    assert_eq!(recovered_from(&log, &snapshot).err(), Some(RecoveryFault::SnapshotOfOtherLog));
}

#[test]
fn segment_of_the_snapshot_is_missing_between_others() {
    let log = log_builder::random_log(5).log;
    let snapshot = taken(&log, log_builder::block_ends(&log)[3]);
    let (segment, _) = place_of(&snapshot);
    log.with_disk(|disk| disk.remove(segment));
    let missing = RecoveryFault::MissingSegment(SegmentNumber(segment));
    assert_eq!(recovered_from(&log, &snapshot).err(), Some(missing));
}

#[test]
fn segments_before_every_snapshot_are_missing() {
    let log = log_builder::random_log(6).log;
    let snapshot = taken(&log, log_builder::block_ends(&log)[0]);
    (1..=2).for_each(|segment| log.with_disk(|disk| disk.remove(segment)));
    let missing = RecoveryFault::MissingSegment(SegmentNumber(1));
    assert_eq!(recovered_from(&log, &snapshot).err(), Some(missing));
    assert_eq!(log_builder::recovered(&log).err(), Some(missing));
}

#[test]
fn header_of_the_snapshots_segment_is_damaged() {
    let log = log_builder::random_log(7).log;
    let snapshot = taken(&log, log_builder::block_ends(&log)[4]);
    let (segment, _) = place_of(&snapshot);
    let rotten = log.fork();
    rotten.edit(segment, |file| file[40] ^= 1);
    let damage = Damage::FlippedBit;
    let (segment_number, position) = (SegmentNumber(segment), LogPosition(0));
    let corrupt = RecoveryFault::Corrupt { segment: segment_number, position, damage };
    assert_eq!(recovered_from(&rotten, &snapshot).err(), Some(corrupt));
    let resized = log.fork();
    resized.edit(segment, |file| {
        let state = read_header(&mut file[..BLOCK_BYTES]);
        let HeaderState::Intact(mut header) = state else { panic!("a header: {state:?}") };
        header.segment_bytes += BLOCK_BYTES as u64;
        header.encode(&mut file[..BLOCK_BYTES]);
    });
    let renamed = log.fork();
    let other = log.bytes(segment - 1);
    renamed.with_disk(|disk| disk.place(segment, &other));
    let foreign = RecoveryFault::ForeignSegment(segment_number);
    assert_eq!(recovered_from(&resized, &snapshot).err(), Some(foreign));
    assert_eq!(recovered_from(&renamed, &snapshot).err(), Some(foreign));
}

#[test]
fn damage_behind_a_snapshot_is_told_as_in_the_whole_log() {
    for seed in 0..400 {
        let mut random = Random::new(seed);
        let log = log_builder::random_log(seed % 20).log;
        let ends = log_builder::block_ends(&log);
        let snapshot = taken(&log, ends[random.index(ends.len())]);
        let (segment, position) = place_of(&snapshot);
        let last = log.with_disk(|disk| disk.range()).expect("segments").1;
        let damaged = segment + random.below(last + 1 - segment);
        log.edit(damaged, |file| {
            let from = if damaged == segment { position } else { 0 };
            if from < file.len() {
                let at = from + random.index(file.len() - from);
                file[at] ^= if random.chance(50) { 1 } else { 0x55 };
            }
        });
        let whole = log_builder::recovered(&log.fork());
        match (recovered_from(&log, &snapshot), whole) {
            (Ok(recovered), Ok(whole)) => assert_same(&recovered, &whole, &snapshot),
            (recovered, whole) => assert_eq!(recovered.err(), whole.err(), "{seed}"),
        }
    }
}

#[test]
fn crash_inside_recovery_from_a_snapshot() {
    let mut builder = log_builder::random_log(8);
    let snapshot = taken(&builder.log, log_builder::block_ends(&builder.log)[2]);
    let whole = log_builder::recovered(&builder.log.fork()).expect("a sound log");
    (0..2).for_each(|_| builder.records(&[session_record(builder.chain.next_sequence.0)]));
    let (segment, position) = (builder.chain.segment.0, builder.chain.position.0);
    let broken = usize::try_from(position).expect("small") - 2 * BLOCK_BYTES;
    assert!(broken >= BLOCK_BYTES, "both stand in one segment");
    builder.log.edit(segment, |file| file[broken + 9] ^= 0x7e);
    for operation in [LogOperation::Open, LogOperation::Cut, LogOperation::Read] {
        for happening in [Happening::PowerCut, Happening::Kill, Happening::Fault] {
            for seed in 0..40 {
                let log = builder.log.fork();
                log.start(Some(Plan { operation: Some(operation), nth: 1, happening, seed }));
                assert!(recovered_from(&log, &snapshot).is_err(), "{operation:?} fails");
                log.start(None);
                let again = recovered_from(&log, &snapshot).expect("a torn tail");
                assert_eq!(again.state_hash, whole.state_hash);
                assert_eq!(again.scanned.last_sequence, whole.scanned.last_sequence);
            }
        }
    }
}
