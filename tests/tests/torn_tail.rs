//! What a crash may leave behind the last durable block is cut off, wherever it struck.
//!
//! Rows of `docs/recovery.md`.

use highwater::block::{BLOCK_ROOM_BYTES, BlockKind};
use highwater::command::Action;
use highwater::limits::BLOCK_BYTES;
use highwater::log_file::LogOperation;
use highwater::sync_mode::SyncMode;
use highwater::types::{AccountId, InstrumentId, OrderId, Sequence, SessionId};
use tests::batch_writer::{self, Script, Trouble};
use tests::log_builder::{self, LogBuilder};
use tests::random::Random;
use tests::sim_disk::{SECTOR_BYTES, Survival};
use tests::sim_log::{FileForm, Happening, Plan, SimLog};

const SECTORS: usize = BLOCK_BYTES / SECTOR_BYTES;

/// A log whose last append, of so many commands, was not synced when the process ended.
fn with_unsynced_append(form: FileForm, batch: u64) -> SimLog {
    let log = SimLog::new(form);
    let happening = Happening::Kill;
    // The first sync is the recovery marker's.
    log.start(Some(Plan { operation: Some(LogOperation::Sync), nth: 4, happening, seed: 0 }));
    let written = batch_writer::write(&log, &script(SyncMode::GROUP, 6, &[2, 3, batch]));
    assert!(matches!(written, Err(Trouble::Log(_))));
    log.start(None);
    log
}

const fn script(mode: SyncMode, segment_blocks: u64, batches: &[u64]) -> Script<'_> {
    Script { mode, segment_blocks, batches, stops: false }
}

/// Checks that the log holds the commands up to `last`, and goes on behind them.
#[track_caller]
fn assert_recovers(log: &SimLog, last: u64) {
    let recovered = log_builder::recovered(log).expect("a crash leaves a sound log");
    assert_eq!(recovered.scanned.last_sequence, Sequence(last));
}

/// Checks the same, and that the log can be written and recovered again.
#[track_caller]
fn assert_goes_on(log: &SimLog, last: u64) {
    assert_recovers(log, last);
    let durable =
        batch_writer::write(log, &script(SyncMode::GROUP, 3, &[1, 2])).expect("it goes on");
    assert_eq!(durable, Sequence(last + 3));
    log.with_disk(|disk| disk.power_cut(Survival::None));
    assert_recovers(log, last + 3);
}

/// The last sequence of a log of which only so many unsynced blocks are whole.
fn last_with(log: &SimLog, whole_unsynced: usize) -> u64 {
    last_of(log, log.with_disk(|disk| disk.unsynced_count()) / SECTORS, whole_unsynced)
}

/// The same, where `unsynced` blocks of records are unsynced.
fn last_of(log: &SimLog, unsynced: usize, whole_unsynced: usize) -> u64 {
    let heads = log_builder::heads(log);
    let head = heads[heads.len() - unsynced + whole_unsynced - 1];
    head.first_sequence.0 + u64::from(head.command_count) - 1
}

#[test]
fn torn_write_at_every_byte_of_the_last_append() {
    for form in [FileForm::Zeroed, FileForm::Growing] {
        let log = with_unsynced_append(form, 70);
        let bytes = log.with_disk(|disk| disk.unsynced_bytes());
        assert_eq!(bytes, 2 * BLOCK_BYTES);
        for kept in 0..=bytes {
            let torn = log.fork();
            torn.with_disk(|disk| disk.power_cut(Survival::Bytes(kept)));
            assert_recovers(&torn, last_with(&log, kept / BLOCK_BYTES));
        }
    }
}

#[test]
fn torn_write_at_every_byte_of_a_block_full_to_its_last() {
    // Seven cancels and 56 new orders fill a block; its last record ends with a session of one bit
    // and zeros.
    let cancel = |sequence| {
        let action = Action::Cancel {
            instrument: InstrumentId(0),
            order: OrderId(1),
            account: AccountId(0),
        };
        log_builder::command_record(sequence, SessionId(1), action)
    };
    let mut records: Vec<_> = (3..59).map(log_builder::record).collect();
    records.extend((59..66).map(cancel));
    let mut builder = LogBuilder::synced(4, 1);
    builder.records(&records);
    assert_eq!(usize::from(log_builder::heads(&builder.log)[1].used_bytes), BLOCK_ROOM_BYTES);
    assert_recovers(&builder.log.fork(), 65);
    for kept in 0..BLOCK_BYTES {
        let log = builder.log.fork();
        log.edit(1, |file| file[2 * BLOCK_BYTES + kept..].fill(0));
        assert_recovers(&log, 2);
    }
}

#[test]
fn any_sectors_of_the_last_append() {
    for form in [FileForm::Zeroed, FileForm::Growing] {
        let log = with_unsynced_append(form, 60);
        for mask in 0..1 << SECTORS {
            let torn = log.fork();
            torn.with_disk(|disk| disk.power_cut(Survival::Mask(mask)));
            assert_goes_on(&torn, last_with(&log, usize::from(mask == 0xff)));
        }
    }
}

/// What of [`with_unsynced_segments`] is unsynced, in the order of writing: true for a header.
const IS_HEADER: [bool; 7] = [true, false, false, false, true, false, false];

/// A log with two segments of three blocks each of which nothing was ever synced, headers neither.
fn with_unsynced_segments() -> SimLog {
    let log = SimLog::new(FileForm::Zeroed);
    batch_writer::write(&log, &script(SyncMode::GROUP, 4, &[2])).expect("nothing happens");
    batch_writer::write(&log, &script(SyncMode::Off, 4, &[3, 70, 5, 60])).expect("nothing happens");
    log
}

/// Which of the sectors of some blocks survive, and how many blocks survive whole before the first
/// torn one.
fn some_sectors(random: &mut Random, block_count: usize) -> (u64, usize) {
    let mut mask = 0;
    let mut whole = 0;
    for block in 0..block_count {
        let sectors = if random.chance(60) { 0xff } else { random.below(0xff) };
        mask |= sectors << (block * SECTORS);
        if sectors == 0xff && whole == block {
            whole += 1;
        }
    }
    (mask, whole)
}

#[test]
fn any_sectors_of_the_last_unsynced_appends_across_segments() {
    let log = with_unsynced_segments();
    let block_count = log.with_disk(|disk| disk.unsynced_count()) / SECTORS;
    assert_eq!(block_count, IS_HEADER.len(), "in two segments");
    assert_eq!(log.with_disk(|disk| disk.range()), Some((1, 3)));
    let mut random = Random::new(1);
    for _ in 0..3_000 {
        let (mask, whole) = some_sectors(&mut random, block_count);
        let torn = log.fork();
        torn.with_disk(|disk| disk.power_cut(Survival::Mask(mask)));
        let whole = IS_HEADER[..whole].iter().filter(|is_header| !**is_header).count();
        assert_goes_on(&torn, last_of(&log, 5, whole));
    }
}

/// A log of four unsynced blocks with two commands each behind two durable ones; three blocks fit a
/// segment.
fn with_unconfirmed_blocks() -> LogBuilder {
    let mut builder = LogBuilder::synced(4, 2);
    builder.sync();
    (0..4).for_each(|_| builder.commands(2));
    builder
}

#[test]
fn hole_in_the_tail() {
    let builder = with_unconfirmed_blocks();
    assert_recovers(&builder.log.fork(), 12);
    // The fourth block, first of the second segment.
    builder.log.edit(2, |file| file[BLOCK_BYTES + 700..BLOCK_BYTES + 2_000].fill(0xff));
    assert_goes_on(&builder.log, 6);
}

#[test]
fn hole_in_the_tail_before_the_next_segment() {
    let builder = with_unconfirmed_blocks();
    // The third block, last of the first segment.
    builder.log.edit(1, |file| file[3 * BLOCK_BYTES..].fill(0xff));
    assert_goes_on(&builder.log, 4);
    assert_eq!(builder.log.with_disk(|disk| disk.range()), Some((1, 2)));
}

#[test]
fn zeros_in_the_tail() {
    let builder = with_unconfirmed_blocks();
    builder.log.edit(2, |file| file[BLOCK_BYTES..2 * BLOCK_BYTES].fill(0));
    assert_goes_on(&builder.log, 6);
}

#[test]
fn rot_of_the_last_batch_looks_like_a_torn_tail() {
    // Undecidable: nothing behind the last block says that it was durable.
    let builder = LogBuilder::synced(4, 2);
    builder.log.edit(1, |file| file[2 * BLOCK_BYTES + 700] ^= 0x11);
    assert_goes_on(&builder.log, 2);
}

#[test]
fn garbage_in_the_zeros_ahead_is_cut_off() {
    // Undecidable: a torn write may look like anything but one flipped bit.
    let builder = LogBuilder::synced(4, 2);
    builder.log.edit(1, |file| file[3 * BLOCK_BYTES + 9] = 0x03);
    let (found, _) = log_builder::scanned(&builder.log).expect("a sound log");
    assert_eq!(found.torn_tail_bytes, BLOCK_BYTES as u64);
    assert_goes_on(&builder.log, 4);
}

#[test]
fn file_that_ends_inside_the_last_block() {
    let builder = LogBuilder::synced(4, 2);
    for kept in [1, 95, 96, 512, 4_095] {
        let log = builder.log.fork();
        log.edit(1, |file| file.truncate(2 * BLOCK_BYTES + kept));
        assert_recovers(&log, 2);
    }
}

/// What is left of an append may be any bit of it; no rot makes a file longer.
#[test]
fn file_that_ends_inside_a_block_of_which_one_bit_is_left() {
    let builder = LogBuilder::synced(4, 2);
    for end in [8, 512, 2_051, 4_095] {
        for hole in [2, 3] {
            let log = builder.log.fork();
            log.edit(1, |file| {
                file.truncate(2 * BLOCK_BYTES);
                file.resize(hole * BLOCK_BYTES + end, 0);
                file[hole * BLOCK_BYTES + end - 1] = 0x40;
            });
            assert_recovers(&log, 2);
        }
    }
}

#[test]
fn crash_cut_append_less_crash_again() {
    let builder = with_unconfirmed_blocks();
    let log = builder.log;
    log.edit(1, |file| file[3 * BLOCK_BYTES] = 0);
    assert_recovers(&log, 4);
    // One command, where there were eight.
    batch_writer::write(&log, &script(SyncMode::GROUP, 4, &[1])).expect("nothing happens");
    log.with_disk(|disk| disk.power_cut(Survival::None));
    let (found, records) = log_builder::scanned(&log).expect("a sound log");
    assert_eq!((found.last_sequence, found.torn_tail_bytes), (Sequence(5), 0));
    assert_eq!(records.last(), Some(&log_builder::record(5)));
    assert_goes_on(&log, 5);
}

#[test]
fn stale_dropped_blocks_never_decode_again() {
    let before = with_unconfirmed_blocks();
    let log = before.log.fork();
    log.edit(1, |file| file[3 * BLOCK_BYTES] = 0);
    assert_recovers(&log, 4);
    batch_writer::write(&log, &script(SyncMode::GROUP, 4, &[1])).expect("nothing happens");
    // The recovery marker is the last block of the first segment; the new command stands where
    // block 4 stood. Put back what was dropped behind it, as a disk does that forgets to forget.
    let dropped = before.log.bytes(2);
    log.edit(2, |file| file[2 * BLOCK_BYTES..].copy_from_slice(&dropped[2 * BLOCK_BYTES..]));
    let (found, _) = log_builder::scanned(&log).expect("stale blocks are a torn tail");
    assert_eq!((found.last_sequence, found.torn_tail_bytes), (Sequence(5), 2 * BLOCK_BYTES as u64));
    // Not even where the new block is lost and the old one stands in its place.
    log.edit(2, |file| file[BLOCK_BYTES..].copy_from_slice(&dropped[BLOCK_BYTES..]));
    assert_goes_on(&log, 4);
}

#[test]
fn block_of_an_earlier_incarnation_never_follows() {
    let mut builder = LogBuilder::synced(4, 1);
    builder.chain.incarnation = 2;
    builder.commands(2);
    assert_recovers(&builder.log.fork(), 4);
    builder.chain.incarnation = 1;
    builder.commands(2);
    assert_goes_on(&builder.log, 4);
    assert_eq!(log_builder::heads(&builder.log).last().map(|head| head.incarnation), Some(3));
}

#[test]
fn crash_inside_begin_at_every_step() {
    let mut builder = LogBuilder::synced(4, 3);
    builder.sync();
    let full = builder.log.fork();
    builder.begin();
    let header = builder.log.bytes(2);
    for kept in 0..=BLOCK_BYTES {
        let log = full.fork();
        let mut torn = header.clone();
        torn[kept..].fill(0);
        log.with_disk(|disk| disk.place(2, &torn));
        assert_recovers(&log, 6);
        log.with_disk(|disk| disk.place(2, &header[..kept]));
        assert_recovers(&log, 6);
    }
    for mask in 0..1_u64 << SECTORS {
        let log = full.fork();
        let mut torn = header.clone();
        for sector in (0..SECTORS).filter(|sector| mask >> sector & 1 == 0) {
            torn[sector * SECTOR_BYTES..(sector + 1) * SECTOR_BYTES].fill(0);
        }
        log.with_disk(|disk| disk.place(2, &torn));
        assert_goes_on(&log, 6);
    }
}

#[test]
fn header_missing_before_the_blocks_that_were_written_with_it() {
    let mut builder = LogBuilder::synced(4, 3);
    builder.sync();
    builder.begin();
    (0..2).for_each(|_| builder.commands(2));
    builder.log.edit(2, |file| file[..BLOCK_BYTES].fill(0));
    assert_goes_on(&builder.log, 6);
    // The very first header, with the marker behind it.
    let mut builder = LogBuilder::new(4);
    builder.marker(BlockKind::Recovered);
    builder.log.edit(1, |file| file[..BLOCK_BYTES].fill(0));
    assert_goes_on(&builder.log, 0);
}

#[test]
fn prepared_segment_that_was_not_begun() {
    for synced_count in [2, 3] {
        let builder = LogBuilder::synced(4, synced_count);
        let commands = 2 * synced_count;
        for block_count in [0, 1, 4] {
            let log = builder.log.fork();
            log.with_disk(|disk| disk.place(2, &vec![0; block_count * BLOCK_BYTES]));
            let (found, _) = log_builder::scanned(&log).expect("a sound log");
            assert_eq!((found.torn_tail_bytes, found.segment_count), (0, 1));
            assert_goes_on(&log.fork(), commands);
            // The last append is torn, too.
            let last = usize::try_from(synced_count).unwrap() * BLOCK_BYTES;
            log.edit(1, |file| file[last + 512..last + BLOCK_BYTES].fill(0));
            assert_goes_on(&log, commands - 2);
        }
    }
}

#[test]
fn stale_blocks_of_a_reused_segment_never_decode() {
    let mut builder = LogBuilder::synced(4, 3);
    builder.sync();
    let retired = builder.log.bytes(1);
    // Prepared without zeros, not begun: what stands there is another segment's.
    let log = builder.log.fork();
    log.with_disk(|disk| {
        let mut reused = retired.clone();
        reused[..BLOCK_BYTES].fill(0);
        disk.place(2, &reused);
    });
    assert_goes_on(&log, 6);
    // Begun and written to, with the rest of the other segment behind.
    builder.begin();
    builder.commands(2);
    let log = builder.log;
    log.edit(2, |file| file[2 * BLOCK_BYTES..].copy_from_slice(&retired[2 * BLOCK_BYTES..]));
    assert_goes_on(&log, 8);
}

#[test]
fn first_segment_without_a_header_is_an_empty_log() {
    let header = LogBuilder::new(4).log.bytes(1);
    let log = SimLog::new(FileForm::Zeroed);
    for kept in 0..BLOCK_BYTES {
        let mut torn = header.clone();
        torn[kept..].fill(0);
        log.with_disk(|disk| disk.place(1, &torn));
        let (found, _) = log_builder::scanned(&log).expect("an empty log");
        assert_eq!((found.chain(), found.last_sequence), (None, Sequence(0)));
        assert_recovers(&log, 0);
        assert_eq!(log.with_disk(|disk| disk.range()), None, "it is dropped");
    }
    log.with_disk(|disk| disk.place(1, &[]));
    assert_goes_on(&log, 0);
}

#[test]
fn crash_inside_recovery_at_every_step() {
    let log = with_unsynced_segments();
    let operations =
        [LogOperation::Open, LogOperation::Cut, LogOperation::Append, LogOperation::Sync];
    for seed in 0..200 {
        for operation in operations {
            let torn = log.fork();
            // A header is missing, or the block behind it.
            let missing = if seed % 2 == 0 { 0xff } else { 0xff00 };
            torn.with_disk(|disk| disk.power_cut(Survival::Mask(!missing)));
            let happening = Happening::PowerCut;
            torn.start(Some(Plan { operation: Some(operation), nth: 1, happening, seed }));
            assert!(batch_writer::write(&torn, &script(SyncMode::GROUP, 4, &[1])).is_err());
            torn.start(None);
            assert_goes_on(&torn, 2);
        }
    }
}

#[test]
fn clean_stop_leaves_no_tail() {
    let log = SimLog::new(FileForm::Zeroed);
    let stopped = Script { stops: true, ..script(SyncMode::GROUP, 4, &[2, 1]) };
    batch_writer::write(&log, &stopped).expect("nothing happens");
    let (found, _) = log_builder::scanned(&log).expect("a sound log");
    assert!(found.stopped_cleanly);
    assert_eq!((found.confirmed, found.torn_tail_bytes), (Sequence(3), 0));
    assert_eq!(log_builder::heads(&log).last().map(|head| head.kind), Some(BlockKind::Stopped));
    assert_goes_on(&log, 3);
}

#[test]
fn dropped_segment_whose_file_is_that_segment_again_comes_back() {
    // Undecidable before the marker of the new incarnation: so a host must not do it.
    let mut builder = LogBuilder::synced(4, 3);
    builder.sync();
    builder.commands(2);
    let former = builder.log.bytes(2);
    builder.log.edit(2, |file| file[..BLOCK_BYTES].fill(0));
    assert_recovers(&builder.log, 6);
    assert!(builder.log.with_disk(|disk| disk.seen(2).is_none()), "the segment is dropped");
    let mut blank = vec![0; former.len()];
    blank[..BLOCK_BYTES].copy_from_slice(&former[..BLOCK_BYTES]);
    for (file, last) in [(blank, 6), (former, 8)] {
        let log = builder.log.fork();
        log.with_disk(|disk| disk.place(2, &file));
        assert_recovers(&log, last);
    }
}
