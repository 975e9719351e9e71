//! The proof that the core needs neither the standard library nor an allocator: a host that has
//! neither.
//!
//! It ends with exit code 0, or with the number of the first [`Failure`].

#![no_std]
#![no_main]
// The functions on bytes in `bare` must not be compiled to calls of themselves.
#![no_builtins]

#[cfg(feature = "alloc_control")]
extern crate alloc;
#[cfg(feature = "std_control")]
extern crate std;
#[cfg(feature = "dependency_control")]
use arrayvec as _;

mod bare;
mod commands;
mod memory_log;
mod parts;
mod snapshots;

use commands::{EVENT_COUNT, commands};
use highwater::block::Chain;
use highwater::book::{Book, BookFault, StaticBook};
use highwater::command::TimedCommand;
use highwater::engine::{Engine, SplitFault, Stages};
use highwater::event::{Event, EventSink};
use highwater::limits::BLOCK_BYTES;
use highwater::log_file::{LogFault, LogFile, LogOperation};
use highwater::log_writer::{LogSettings, LogWriter, OpenedLog};
use highwater::recovery::{RecoveryFault, Replay, recover};
use highwater::releaser::Releaser;
use highwater::sequencer::SequencerHost;
use highwater::stage::{Shared, Step};
use highwater::sync_mode::SyncMode;
use highwater::syncer::Syncer;
use highwater::trade::TradeCopy;
use highwater::types::{Capacities, LogId, Symbol};
use memory_log::MemoryLog;

/// A header and four blocks, so that the log moves on to other segments.
const SEGMENT_BYTES: usize = 5 * BLOCK_BYTES;
/// Room for seven segments.
const LOG_BYTES: usize = 7 * SEGMENT_BYTES;
pub(crate) const CAPACITIES: Capacities = Capacities { orders: 64, instruments: 2, sessions: 2 };
pub(crate) const BOOK_BYTES: usize = Book::bytes_needed(CAPACITIES);

/// One command causes more events than its event ring holds.
static ENGINE: Engine<16, 16, 4> = Engine::new();
static LIVE: StaticBook<BOOK_BYTES> = StaticBook::new();
static REPLAYED: StaticBook<BOOK_BYTES> = StaticBook::new();
static SPOILED: StaticBook<BOOK_BYTES> = StaticBook::new();

/// What went wrong, as the exit code.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub(crate) enum Failure {
    /// A book was not made.
    Book = 1,
    /// A log was refused.
    Recovery,
    /// The engine did not split.
    Split,
    /// The input ring was full though nothing waited.
    Push,
    /// The log writer failed.
    LogWriter,
    /// The stages did not end.
    Endless,
    /// An event was released before its command was durable, or out of order.
    ReleasedEarly,
    /// Not the events that the commands cause.
    Events,
    /// The events were not those that the book vouches for.
    RunningHash,
    /// Recovery came to another state.
    StateHash,
    /// The log does not say that it was stopped cleanly.
    NotClean,
    /// One flipped bit was not found.
    FlippedBit,
    /// A ring, a record, a header or a block is not what it should be.
    Parts,
    /// A snapshot was not written, or not taken.
    Snapshot,
}

/// Called by the program's start.
extern "C" fn main() -> ! {
    bare::exit(prove().map_or_else(|failure| i32::from(failure as u8), |()| 0))
}

fn prove() -> Result<(), Failure> {
    let mut memory = [0; LOG_BYTES];
    let mut buffer = [0; 2 * BLOCK_BYTES];
    let log = MemoryLog::new(&mut memory, SEGMENT_BYTES);
    let (state_hash, mut log) = trade(log, &mut buffer)?;
    replay(&mut log, &mut buffer, state_hash)?;
    parts::check(&mut log, &mut buffer)?;
    find_flipped_bit(&mut log, &mut buffer)
}

/// The host: recovers, splits, feeds and steps the stages, stops. Returns what its book came to,
/// and its log.
fn trade<'m>(mut log: MemoryLog<'m>, buffer: &mut [u8]) -> Result<(u64, MemoryLog<'m>), Failure> {
    let mut told = EventOrEnd::new(ENGINE.shared());
    let mut book = LIVE.take(CAPACITIES, 1)?;
    let scanned = recover(&mut log, buffer, &mut Replay::new(&mut book, &mut told))?;
    let chain = scanned.chain().unwrap_or(Chain::empty(LogId(*b"a log of a proof")));
    let settings = LogSettings { mode: SyncMode::GROUP, segment_bytes: SEGMENT_BYTES as u64 };
    let mut stages =
        ENGINE.split(book, OpenedLog { file: log, buffer, chain, settings, now_ns: 1 })?;
    stages.sequencer.log_trades();
    let symbol = Symbol::new(b"PROOF").ok_or(Failure::Parts)?;
    for (command, timestamp_ns) in commands(symbol).into_iter().zip(2..) {
        let timed = TimedCommand { timestamp_ns, command };
        stages.input.push(timed).map_err(|_| Failure::Push)?;
        step(&mut stages, &mut told)?;
    }
    stages.shared.halt.stop();
    finish(&mut stages, &mut told)?;
    let book = stages.sequencer.into_book();
    told.check(&book)?;
    Ok((book.state_hash(), stages.log_writer.into_file()))
}

/// Steps every stage once; true when all of them are done.
fn step<F: LogFile>(stages: &mut Stages<'_, F>, told: &mut EventOrEnd) -> Result<bool, Failure> {
    let Stages { sequencer, log_writer, syncer, releaser, .. } = stages;
    let sequenced = sequencer.step(&mut OneThread { log_writer, releaser, told });
    let written = log_writer.step(0).map_err(|_| Failure::LogWriter)?;
    let synced = step_syncer(syncer)?;
    let released = releaser.step(told);
    Ok([sequenced, written, synced, released].iter().all(|step| *step == Step::Done))
}

/// In this mode the log writer syncs, and the syncer is done at once.
fn step_syncer(syncer: &mut Syncer<'_>) -> Result<Step, Failure> {
    let mut sync = || Err(LogFault { operation: LogOperation::Sync, code: 0 });
    syncer.step(0, &mut sync).map_err(|_| Failure::LogWriter)
}

fn finish<F: LogFile>(stages: &mut Stages<'_, F>, told: &mut EventOrEnd) -> Result<(), Failure> {
    for _ in 0..100 {
        if step(stages, told)? {
            return Ok(());
        }
    }
    Err(Failure::Endless)
}

/// While the sequencer waits for room, the same thread makes it.
struct OneThread<'s, 'a, F> {
    log_writer: &'s mut LogWriter<'a, F>,
    releaser: &'s mut Releaser<'a>,
    told: &'s mut EventOrEnd,
}

impl<F: LogFile> SequencerHost for OneThread<'_, '_, F> {
    fn wait(&mut self) {
        // A fault stops the engine, and with it the waiting; the next step returns it again.
        let _ = self.log_writer.step(0);
        let _ = self.releaser.step(self.told);
    }
}

/// Recovers into a second book, which must come to the same.
fn replay(log: &mut MemoryLog<'_>, buffer: &mut [u8], state_hash: u64) -> Result<(), Failure> {
    let mut told = EventOrEnd::new(ENGINE.shared());
    let mut book = REPLAYED.take(CAPACITIES, 2)?;
    let scanned = recover(log, buffer, &mut Replay::new(&mut book, &mut told))?;
    if book.state_hash() != state_hash {
        return Err(Failure::StateHash);
    }
    if !scanned.stopped_cleanly || scanned.torn_tail_bytes != 0 {
        return Err(Failure::NotClean);
    }
    // The answer to the repeated command was for that moment only.
    told.duplicate_count += 1;
    told.check(&book)?;
    let chain = scanned.chain().ok_or(Failure::Snapshot)?;
    snapshots::check(log, buffer, &book, chain)
}

/// Recovers from a log of which one bit has flipped, which must be refused.
fn find_flipped_bit(log: &mut MemoryLog<'_>, buffer: &mut [u8]) -> Result<(), Failure> {
    let middle = BLOCK_BYTES + BLOCK_BYTES / 2;
    *log.written().get_mut(middle).ok_or(Failure::FlippedBit)? ^= 1;
    let mut book = SPOILED.take(CAPACITIES, 3)?;
    let mut nobody = ();
    let mut visitor = Replay::new(&mut book, &mut nobody);
    match recover(log, buffer, &mut visitor) {
        Err(RecoveryFault::Corrupt { .. }) => Ok(()),
        _ => Err(Failure::FlippedBit),
    }
}

/// Whoever is told the events.
struct EventOrEnd {
    shared: &'static Shared,
    is_early: bool,
    running_hash: u64,
    event_count: usize,
    trade_count: usize,
    duplicate_count: usize,
    last: Option<Event>,
}

impl EventOrEnd {
    fn new(shared: &'static Shared) -> Self {
        Self {
            shared,
            is_early: false,
            running_hash: 0,
            event_count: 0,
            trade_count: 0,
            duplicate_count: 0,
            last: None,
        }
    }

    fn check(&self, book: &Book<'_>) -> Result<(), Failure> {
        if self.is_early {
            return Err(Failure::ReleasedEarly);
        }
        let is_counted = self.event_count == EVENT_COUNT && self.trade_count > 0;
        if !is_counted || self.duplicate_count != 1 {
            return Err(Failure::Events);
        }
        if self.running_hash != book.running_hash() {
            return Err(Failure::RunningHash);
        }
        Ok(())
    }
}

impl EventSink for EventOrEnd {
    fn event(&mut self, event: &Event) {
        let before = self.last.map_or(0, |last| last.sequence.0);
        self.is_early |= event.sequence > self.shared.durable.get() || event.sequence.0 < before;
        self.last = Some(*event);
        if event.kind.is_duplicate() {
            self.duplicate_count += 1;
        } else {
            self.event_count += 1;
            self.trade_count += usize::from(TradeCopy::of(event).is_some());
            self.running_hash = event.fold_into(self.running_hash);
        }
    }
}

impl From<BookFault> for Failure {
    fn from(_: BookFault) -> Self {
        Self::Book
    }
}

impl From<RecoveryFault> for Failure {
    fn from(_: RecoveryFault) -> Self {
        Self::Recovery
    }
}

impl From<SplitFault> for Failure {
    fn from(_: SplitFault) -> Self {
        Self::Split
    }
}
