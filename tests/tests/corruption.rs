//! What no crash leaves behind is refused, so that nothing acknowledged is dropped.
//!
//! Rows of `docs/recovery.md`.

use highwater::block::{BLOCK_ROOM_BYTES, BlockKind, Filled};
use highwater::book::Book;
use highwater::checksum::checksum;
use highwater::command::{Action, Command, Definition, NewOrder};
use highwater::limits::BLOCK_BYTES;
use highwater::record::{Body, Record, RecordFault};
use highwater::recovery::{Damage, RecoveryFault, Scanned, Visitor, recover, scan};
use highwater::segment::LOG_VERSION;
use highwater::trade::TradeCopy;
use highwater::types::{
    Capacities, LogId, LogPosition, Lots, SegmentNumber, Sequence, SessionId, Side, Symbol,
};
use highwater_engine::replay::{ReplayUpTo, Rest};
use tests::batch_writer::{self, Script, Trouble};
use tests::log_builder::{self, LogBuilder};
use tests::oracle::{applied, book_memory};
use tests::sim_log::SimLog;
use tests::workload::CAPACITIES;

/// Blocks of the log that the tests damage: three segments of three blocks, two commands each.
const BLOCK_COUNT: u64 = 8;

fn durable_log() -> SimLog {
    LogBuilder::synced(4, BLOCK_COUNT).log
}

#[track_caller]
fn refusal(log: &SimLog) -> RecoveryFault {
    let bytes: Vec<_> = segments(log);
    let fault = log_builder::recovered(log).expect_err("the log is refused");
    assert_eq!(segments(log), bytes, "a refused log is as it was");
    assert_eq!(log_builder::scanned(log).err(), Some(fault), "a scan says the same");
    fault
}

fn segments(log: &SimLog) -> Vec<Option<Vec<u8>>> {
    (1..=4).map(|segment| log.with_disk(|disk| disk.seen(segment).map(<[u8]>::to_vec))).collect()
}

/// Where a block stands, by its number from 1.
fn place(number: u64) -> (u64, usize) {
    let index = usize::try_from(number - 1).expect("a small log");
    (number.div_ceil(3), (index % 3 + 1) * BLOCK_BYTES)
}

fn gone(number: u64) -> RecoveryFault {
    let (segment, position) = place(number);
    let damage = Damage::AcknowledgedGone(Sequence(2 * number - 1));
    corrupt(segment, position, damage)
}

fn corrupt(segment: u64, position: usize, damage: Damage) -> RecoveryFault {
    let (segment, position) = (SegmentNumber(segment), LogPosition(position as u64));
    RecoveryFault::Corrupt { segment, position, damage }
}

#[test]
fn an_undamaged_log_is_recovered() {
    let recovered = log_builder::recovered(&durable_log()).expect("a sound log");
    assert_eq!(recovered.scanned.last_sequence, Sequence(2 * BLOCK_COUNT));
    assert_eq!(recovered.scanned.confirmed, Sequence(2 * BLOCK_COUNT - 2));
}

/// Damages each durable block that another one confirms, and expects the refusal that names it.
#[track_caller]
fn assert_every_block_is_missed(damage: impl Fn(&mut [u8])) {
    for number in 1..BLOCK_COUNT {
        let log = durable_log();
        let (segment, position) = place(number);
        log.edit(segment, |file| damage(&mut file[position..position + BLOCK_BYTES]));
        assert_eq!(refusal(&log), gone(number));
    }
}

#[test]
fn durable_block_zeroed() {
    assert_every_block_is_missed(|block| block.fill(0));
}

#[test]
fn durable_block_overwritten() {
    assert_every_block_is_missed(|block| block.fill(0x5a));
    assert_every_block_is_missed(|block| block[20..120].reverse());
}

#[test]
fn durable_sector_zeroed() {
    for sector in 0..8 {
        assert_every_block_is_missed(|block| block[sector * 512..(sector + 1) * 512].fill(0));
    }
}

#[test]
fn two_durable_blocks_swapped() {
    for (one, other) in [(1, 2), (2, 3), (1, 5), (4, 7)] {
        let log = durable_log();
        let ((segment, at), (other_segment, other_at)) = (place(one), place(other));
        let first = log.bytes(segment)[at..at + BLOCK_BYTES].to_vec();
        let second = log.bytes(other_segment)[other_at..other_at + BLOCK_BYTES].to_vec();
        log.edit(segment, |file| file[at..at + BLOCK_BYTES].copy_from_slice(&second));
        log.edit(other_segment, |file| {
            file[other_at..other_at + BLOCK_BYTES].copy_from_slice(&first);
        });
        assert_eq!(refusal(&log), gone(one));
    }
}

#[test]
fn last_block_of_a_segment_gone_behind_which_the_next_is_begun() {
    // The next segment's header confirms all that stands before it.
    let mut builder = LogBuilder::synced(4, 3);
    builder.sync();
    builder.begin();
    builder.log.edit(1, |file| file[3 * BLOCK_BYTES..].fill(0));
    assert_eq!(refusal(&builder.log), gone(3));
}

#[test]
fn missing_segment_in_the_middle() {
    let log = durable_log();
    log.with_disk(|disk| disk.remove(2));
    assert_eq!(refusal(&log), RecoveryFault::MissingSegment(SegmentNumber(2)));
}

#[test]
fn missing_first_segment() {
    let log = durable_log();
    log.with_disk(|disk| disk.remove(1));
    assert_eq!(refusal(&log), RecoveryFault::MissingSegment(SegmentNumber(1)));
}

/// Numbers of segments that nothing leads to.
const STRAY: [u64; 4] = [5, 12, 4_000_000_000, 9_999_999_999_999_999];

#[test]
fn segment_behind_a_gap() {
    for (number, length) in STRAY.into_iter().flat_map(|number| [(number, 0), (number, 9_000)]) {
        // The log ends inside its last segment, and with it; or with a segment that was prepared.
        let full = LogBuilder::synced(4, 9).log;
        let prepared = durable_log();
        prepared.with_disk(|disk| disk.place(4, &vec![0; 4 * BLOCK_BYTES]));
        for (log, missing) in [(durable_log(), 4), (full, 4), (prepared, 5)] {
            if number == missing {
                continue;
            }
            log.with_disk(|disk| disk.place(number, &vec![0; length]));
            assert_eq!(refusal(&log), RecoveryFault::MissingSegment(SegmentNumber(missing)));
            assert_eq!(log.with_disk(|disk| disk.range()), Some((1, number)), "it is still there");
        }
    }
}

#[test]
fn segment_behind_a_gap_behind_a_torn_tail() {
    let mut builder = LogBuilder::synced(4, BLOCK_COUNT);
    builder.commands(2);
    builder.log.edit(3, |file| file[3 * BLOCK_BYTES + 700..].fill(0));
    builder.log.with_disk(|disk| disk.place(STRAY[0], &[]));
    assert_eq!(refusal(&builder.log), RecoveryFault::MissingSegment(SegmentNumber(4)));
}

#[test]
fn missing_last_segment_is_not_seen() {
    // Undecidable: so does a log look whose next segment was not begun.
    let log = durable_log();
    log.with_disk(|disk| disk.remove(3));
    let recovered = log_builder::recovered(&log).expect("a sound log");
    assert_eq!(recovered.scanned.last_sequence, Sequence(12));
}

#[test]
fn truncated_segment_in_the_middle() {
    for kept in [0, 1, 4_095, 4_096, 4_097, 8_192, 9_000] {
        let log = durable_log();
        log.edit(2, |file| file.truncate(kept));
        let expected = match kept {
            0..4_096 => corrupt(2, 0, Damage::AcknowledgedGone(Sequence(7))),
            4_096..8_192 => gone(4),
            _ => gone(5),
        };
        assert_eq!(refusal(&log), expected, "{kept} bytes kept");
    }
}

#[test]
fn truncated_behind_a_block_is_not_seen() {
    // Undecidable: so does a file look that grows with every append.
    let log = durable_log();
    log.edit(3, |file| file.truncate(2 * BLOCK_BYTES));
    let recovered = log_builder::recovered(&log).expect("a sound log");
    assert_eq!(recovered.scanned.last_sequence, Sequence(14));
}

#[test]
fn segment_of_another_log() {
    for number in [2, 3] {
        let log = durable_log();
        let mut other = LogBuilder::of(LogId([9; 16]), 4);
        other.synced_blocks(BLOCK_COUNT);
        let bytes = other.log.bytes(number);
        log.with_disk(|disk| disk.place(number, &bytes));
        assert_eq!(refusal(&log), RecoveryFault::ForeignSegment(SegmentNumber(number)));
    }
}

#[test]
fn segment_of_another_copy_of_the_log() {
    let mut shorter = LogBuilder::new(4);
    for _ in 0..BLOCK_COUNT {
        shorter.sync();
        shorter.commands(1);
    }
    for other in [shorter, other_copy()] {
        let log = durable_log();
        let bytes = other.log.bytes(2);
        log.with_disk(|disk| disk.place(2, &bytes));
        assert_eq!(refusal(&log), RecoveryFault::ForeignSegment(SegmentNumber(2)));
    }
}

/// A log like the durable one, but for what its first command says.
fn other_copy() -> LogBuilder {
    let mut other = LogBuilder::new(4);
    let Record { sequence, body, .. } = log_builder::record(1);
    other.records(&[Record { sequence, timestamp_ns: 2, body }, log_builder::record(2)]);
    other.synced_blocks(BLOCK_COUNT - 1);
    other
}

#[test]
fn durable_block_of_another_copy_of_the_log() {
    let log = durable_log();
    let bytes = other_copy().log.bytes(1);
    log.edit(1, |file| {
        file[BLOCK_BYTES..2 * BLOCK_BYTES].copy_from_slice(&bytes[BLOCK_BYTES..2 * BLOCK_BYTES]);
    });
    // It stands in its place; the block behind it was written behind another.
    assert_eq!(refusal(&log), gone(2));
}

#[test]
fn renamed_or_duplicate_segment() {
    for (from, to) in [(1, 2), (2, 1), (3, 2), (2, 3), (3, 4)] {
        let log = durable_log();
        let bytes = log.bytes(from);
        log.with_disk(|disk| disk.place(to, &bytes));
        assert_eq!(refusal(&log), RecoveryFault::ForeignSegment(SegmentNumber(to)));
    }
}

#[test]
fn newer_version() {
    for segment in 1..=3 {
        let log = durable_log();
        log.edit(segment, |file| file[8..12].copy_from_slice(&(LOG_VERSION + 1).to_le_bytes()));
        let (segment, version) = (SegmentNumber(segment), LOG_VERSION + 1);
        // One bit away from this version means that a bit has flipped; so take one that is not.
        log.edit(segment.0, |file| file[40] ^= 3);
        assert_eq!(refusal(&log), RecoveryFault::NewerVersion { segment, version });
    }
}

#[test]
fn older_version() {
    for segment in 1..=3 {
        let log = durable_log();
        let version = 1_u32;
        log.edit(segment, |file| {
            file[8..12].copy_from_slice(&version.to_le_bytes());
            let sum = checksum(&[&file[..4], &file[8..BLOCK_BYTES]]);
            file[4..8].copy_from_slice(&sum.to_le_bytes());
        });
        let segment = SegmentNumber(segment);
        assert_eq!(refusal(&log), RecoveryFault::OlderVersion { segment, version });
        // A version that never was is no version.
        log.edit(segment.0, |file| {
            file[8..12].fill(0);
            let sum = checksum(&[&file[..4], &file[8..BLOCK_BYTES]]);
            file[4..8].copy_from_slice(&sum.to_le_bytes());
        });
        let damage = match segment.0 {
            1 => Damage::Header,
            later => Damage::AcknowledgedGone(Sequence(6 * (later - 1) + 1)),
        };
        assert_eq!(refusal(&log), corrupt(segment.0, 0, damage));
    }
}

#[test]
fn first_header_gone_though_something_follows() {
    for block_count in [2, 5] {
        let log = LogBuilder::synced(4, block_count).log;
        log.edit(1, |file| file[..BLOCK_BYTES].fill(0));
        assert_eq!(refusal(&log), corrupt(1, 0, Damage::Header));
    }
    let mut builder = LogBuilder::synced(4, 3);
    builder.begin();
    builder.log.edit(1, |file| file.fill(0));
    assert_eq!(refusal(&builder.log), corrupt(1, 0, Damage::Header));
}

#[test]
fn later_header_gone_though_something_follows() {
    for block_count in [5, BLOCK_COUNT] {
        let log = LogBuilder::synced(4, block_count).log;
        log.edit(2, |file| file[..BLOCK_BYTES].fill(0));
        assert_eq!(refusal(&log), corrupt(2, 0, Damage::AcknowledgedGone(Sequence(7))));
    }
    // Where its blocks are gone too, what follows still confirms them.
    let log = durable_log();
    log.edit(2, |file| file.fill(0));
    assert_eq!(refusal(&log), corrupt(2, 0, Damage::AcknowledgedGone(Sequence(7))));
}

#[test]
fn absurd_record_length() {
    for length in [0_u16, 3, 4, 23, 24, 63, 65, 4_000, u16::MAX] {
        let mut bytes = [0; 64];
        log_builder::record(1).encode(&mut bytes).expect("a record");
        bytes[4..6].copy_from_slice(&length.to_le_bytes());
        let mut builder = LogBuilder::new(4);
        builder.block(BlockKind::Records, &bytes, Filled { used_bytes: 64, command_count: 1 });
        let expected =
            if (4..64).contains(&length) { RecordFault::Checksum } else { RecordFault::Length };
        assert_eq!(refusal(&builder.log), corrupt(1, BLOCK_BYTES, Damage::Record(expected)));
    }
}

#[test]
fn garbage_in_a_whole_block() {
    let bytes = vec![0x5a; BLOCK_ROOM_BYTES];
    let used_bytes = u16::try_from(BLOCK_ROOM_BYTES).expect("a block is small");
    let mut builder = LogBuilder::new(4);
    builder.block(BlockKind::Records, &bytes, Filled { used_bytes, command_count: 62 });
    let damage = Damage::Record(RecordFault::Length);
    assert_eq!(refusal(&builder.log), corrupt(1, BLOCK_BYTES, damage));
}

#[test]
fn wrong_sequences_in_a_whole_block() {
    let mut builder = LogBuilder::new(4);
    builder.records(&[log_builder::record(1), log_builder::record(3)]);
    assert_eq!(refusal(&builder.log), corrupt(1, BLOCK_BYTES, Damage::Sequence));
    let mut bytes = [0; 64];
    log_builder::record(1).encode(&mut bytes).expect("a record");
    let mut builder = LogBuilder::new(4);
    builder.block(BlockKind::Records, &bytes, Filled { used_bytes: 64, command_count: 2 });
    assert_eq!(refusal(&builder.log), corrupt(1, BLOCK_BYTES, Damage::Sequence));
}

#[test]
fn a_command_that_stands_in_the_log_twice() {
    let mut builder = LogBuilder::synced(4, 1);
    let again = Record { sequence: Sequence(3), ..log_builder::record(2) };
    builder.records(&[again]);
    let fault = log_builder::recovered(&builder.log).expect_err("it is refused");
    assert_eq!(fault, RecoveryFault::Repeated { sequence: Sequence(3) });
}

#[test]
fn running_hash_mismatch() {
    let commands = [1, 2].map(|sequence| match log_builder::record(sequence).body {
        Body::Command(command) => command,
        Body::RunningHash(_) | Body::Trade(_) => unreachable!("it is a command"),
    });
    let ((running_hash, last), _) =
        applied(&commands, |book| (book.running_hash(), book.last_sequence()));
    assert_eq!(last, Sequence(2));
    let with_hash = |hash| {
        let mut builder = LogBuilder::synced(4, 1);
        let body = Body::RunningHash(hash);
        builder.records(&[Record { sequence: Sequence(2), timestamp_ns: 1, body }]);
        builder.commands(1);
        log_builder::recovered(&builder.log).map(|recovered| recovered.scanned.last_sequence)
    };
    assert_eq!(with_hash(running_hash), Ok(Sequence(3)));
    let mismatch = RecoveryFault::HashMismatch { sequence: Sequence(2) };
    assert_eq!(with_hash(running_hash ^ 1), Err(mismatch));
}

/// An instrument, two resting orders, and one that trades with both.
fn trading() -> [Record; 4] {
    let symbol = Symbol::new(b"TRADED").expect("a symbol");
    let define = Action::DefineInstrument(Definition::open(symbol));
    let order = |sequence, side, quantity| match log_builder::record(sequence).body {
        Body::Command(Command { action: Action::New(new), .. }) => {
            let action = Action::New(NewOrder { side, quantity: Lots(quantity), ..new });
            log_builder::command_record(sequence, SessionId(1), action)
        }
        Body::Command(_) | Body::RunningHash(_) | Body::Trade(_) => {
            unreachable!("a forged record is a new order")
        }
    };
    [
        log_builder::command_record(1, SessionId::OPERATOR, define),
        order(2, Side::Buy, 1),
        order(3, Side::Buy, 1),
        order(4, Side::Sell, 2),
    ]
}

/// The last sequence of a log in which two orders trade twice, with these copies of their trades
/// behind the second, in a block of their own.
fn with_copies(change: impl FnOnce(&mut Vec<TradeCopy>)) -> Result<Sequence, RecoveryFault> {
    let mut builder = LogBuilder::new(4);
    let records = trading();
    let commands = records.map(|record| match record.body {
        Body::Command(command) => command,
        Body::RunningHash(_) | Body::Trade(_) => unreachable!("it is a command"),
    });
    let ((), events) = applied(&commands, |_| ());
    let mut copies: Vec<_> = events.iter().filter_map(TradeCopy::of).collect();
    assert_eq!(copies.len(), 2);
    change(&mut copies);
    builder.records(&records);
    let sequence = Sequence(records.len() as u64);
    let copy = |copy| Record { sequence, timestamp_ns: 1, body: Body::Trade(copy) };
    builder.records(&copies.into_iter().map(copy).collect::<Vec<_>>());
    builder.commands(1);
    let started =
        log_builder::recovered(&builder.log).map(|recovered| recovered.scanned.last_sequence);
    assert_eq!(read(&builder.log), started, "who reads the log compares them as a start does");
    started
}

/// The last sequence of a log that is replayed as `verify` and `book` do.
fn read(log: &SimLog) -> Result<Sequence, RecoveryFault> {
    let mut book = Book::new(book_memory().leak(), CAPACITIES, 7).expect("enough memory");
    let mut replay = ReplayUpTo::new(&mut book, Sequence(u64::MAX), Rest::Scanned);
    let scanned = scan(&mut log.clone(), &mut vec![0; 2 * BLOCK_BYTES], &mut replay)?;
    Ok(scanned.last_sequence)
}

#[test]
fn a_copy_of_a_trade_that_differs() {
    let differs = Err(RecoveryFault::TradeDiffers { sequence: Sequence(4) });
    assert_eq!(with_copies(|_| ()), Ok(Sequence(5)));
    assert_eq!(with_copies(|copies| copies[1].price.0 += 1), differs);
    assert_eq!(with_copies(|copies| copies[0].maker.0 += 1), differs);
    assert_eq!(with_copies(|copies| copies.swap(0, 1)), differs);
    assert_eq!(with_copies(|copies| copies.push(copies[1])), differs);
    // A crash came between the command and its copies.
    assert_eq!(with_copies(|copies| copies.truncate(1)), Ok(Sequence(5)));
}

#[test]
fn log_of_a_larger_engine() {
    let capacities = Capacities { orders: 1 << 20, instruments: 3, sessions: 4 };
    let configure = Action::Configure(capacities);
    let mut builder = LogBuilder::new(4);
    builder.records(&[log_builder::command_record(1, SessionId::OPERATOR, configure)]);
    let fault = log_builder::recovered(&builder.log).expect_err("it is refused");
    assert_eq!(fault, RecoveryFault::NeedsCapacities(capacities));
}

/// Wants no log, and counts how often it was asked behind the last record.
struct Unwilling {
    asked_count: u32,
    accepts: bool,
}

impl Visitor for Unwilling {
    fn record(&mut self, _: &Record) -> Result<(), RecoveryFault> {
        Ok(())
    }

    fn looks_behind(&mut self, last: Sequence) -> Result<(), RecoveryFault> {
        self.asked_count += 1;
        if self.accepts { Ok(()) } else { Err(RecoveryFault::EndedByVisitor { sequence: last }) }
    }

    fn accepts(&mut self, scanned: &Scanned) -> Result<(), RecoveryFault> {
        Err(RecoveryFault::EndedByVisitor { sequence: scanned.last_sequence })
    }
}

#[test]
fn a_log_that_is_not_wanted_is_not_cut() {
    let log = durable_log();
    // A torn tail, and zeros ahead in which nobody needs to wait for the end.
    log.edit(3, |file| {
        file[2 * BLOCK_BYTES + 512..].fill(0);
        file.resize(64 * BLOCK_BYTES, 0);
    });
    let before = segments(&log);
    for (accepts, asked_count) in [(false, 1), (true, 32)] {
        let mut unwilling = Unwilling { asked_count: 0, accepts };
        let mut buffer = vec![0; 2 * BLOCK_BYTES];
        let refused = recover(&mut log.clone(), &mut buffer, &mut unwilling).err();
        assert_eq!(refused, Some(RecoveryFault::EndedByVisitor { sequence: Sequence(14) }));
        assert_eq!(unwilling.asked_count, asked_count, "it is asked before each read");
        assert_eq!(segments(&log), before);
    }
}

#[test]
fn a_refused_log_is_not_written() {
    let log = durable_log();
    log.edit(1, |file| file[BLOCK_BYTES..2 * BLOCK_BYTES].fill(0));
    let before = segments(&log);
    let mode = highwater::sync_mode::SyncMode::GROUP;
    let script = Script { mode, segment_blocks: 4, batches: &[1], stops: true };
    assert_eq!(batch_writer::write(&log, &script), Err(Trouble::Refused(gone(1))));
    assert_eq!(segments(&log), before);
}
