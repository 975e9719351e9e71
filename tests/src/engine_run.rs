//! One run of an engine on its log and its snapshots: it begins with the recovery of its log and
//! ends with a clean stop, a crash or a fault; what it did is checked.

use crate::concurrent_maker::{ConcurrentMaker, is_crashed};
use crate::driver::{Driven, Driver};
use crate::hooked_log::HookedLog;
use crate::maker::{Maker, MakerFlaw};
use crate::oracle::{Oracle, Recovered, Violation, book_memory};
use crate::random::Random;
use crate::sim_log::SimLog;
use crate::sim_snapshots::SimSnapshots;
use crate::start_point::{Candidates, LOG_ID, StartFlaw};
use highwater::book::Book;
use highwater::engine::{Engine, SplitFault};
use highwater::event::Event;
use highwater::limits::BLOCK_BYTES;
use highwater::log_file::LogFile;
use highwater::log_writer::{LogSettings, OpenedLog};
use highwater::recovery::{RecoveryFault, Replay, Start, recover_from};
use highwater::sync_mode::SyncMode;
use highwater::types::Sequence;
use std::cell::RefCell;

/// Where an engine lives.
#[derive(Debug)]
pub struct Ground<'g, F> {
    /// Its log.
    pub log: &'g SimLog,
    /// The log as the engine sees it.
    pub file: F,
    /// Its snapshots.
    pub store: &'g SimSnapshots,
}

/// How one life goes.
#[expect(clippy::struct_excessive_bools, reason = "choices that do not touch each other")]
#[derive(Clone, Copy, Debug)]
pub struct RunSettings {
    /// When the engine syncs.
    pub mode: SyncMode,
    /// Size of new segments, in blocks, the header's too.
    pub segment_blocks: u64,
    /// Size of the log writer's buffer, in blocks.
    pub buffer_blocks: usize,
    /// How many steps the driver makes before it ends the life.
    pub step_count: u64,
    /// Commands that are pushed at once, at most.
    pub burst_max: u64,
    /// Whether the life ends with a clean stop.
    pub stops_cleanly: bool,
    /// Whether it logs copies of its trades.
    pub logs_trades: bool,
    /// Whether snapshots are made meanwhile.
    pub has_maker: bool,
    /// What goes wrong.
    pub flaws: Flaws,
}

/// What goes wrong around the engine, to prove that the trials notice.
#[derive(Clone, Copy, Debug, Default)]
pub struct Flaws {
    /// In the start.
    pub start: StartFlaw,
    /// In the maker of snapshots.
    pub maker: MakerFlaw,
    /// In the syncer.
    pub syncer: SyncerFlaw,
}

impl Flaws {
    /// Nothing.
    pub const NONE: Self =
        Self { start: StartFlaw::Nothing, maker: MakerFlaw::Nothing, syncer: SyncerFlaw::Nothing };
}

/// What a syncer does wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SyncerFlaw {
    /// Nothing.
    #[default]
    Nothing,
    /// It raises the high-water mark before it syncs.
    RaisesFirst,
    /// It syncs the segment before the one that is written.
    SyncsEarlier,
}

/// How a life came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// What was planned happened before recovery was over.
    InRecovery,
    /// What was planned happened while it ran.
    Happened,
    /// The driver stopped stepping: the process was killed between two operations.
    Killed,
    /// It was stopped cleanly.
    Stopped,
}

/// What a life leaves.
#[derive(Clone, Debug)]
pub struct RunOutcome {
    /// How it ended.
    pub end: End,
    /// Bytes of torn tail that its recovery found.
    pub torn_tail_bytes: u64,
    /// Last sequence of the snapshot that it began at; 0 at the log's beginning.
    pub begun_at: Sequence,
    /// Sequence that it began behind.
    pub before: Sequence,
    /// What it released, in order.
    pub released: Vec<Event>,
    /// The highest sequence that it called durable.
    pub durable: Sequence,
    /// The most commands that it had released and not made durable.
    pub exposed_count_max: u64,
    /// How often the sequencer waited for room.
    pub wait_count: u64,
    /// Syncs during which something was appended.
    pub overlap_count: u64,
}

/// Lets an engine live, with rings of the given sizes, and checks it.
///
/// # Errors
/// The first broken promise.
///
/// # Panics
/// When the stages break a promise to each other.
pub fn live<F: LogFile, const INPUT: usize, const LOG: usize, const EVENTS: usize>(
    ground: Ground<'_, F>,
    settings: &RunSettings,
    oracle: &mut Oracle,
    random: &mut Random,
) -> Result<RunOutcome, Violation> {
    let Ground { log, mut file, store } = ground;
    let candidates = Candidates::of(store, log, settings.flaws.start)?;
    let mut memory = book_memory();
    let (mut book, start) = candidates.begin(&mut memory, random.number());
    let mut buffer = vec![0; settings.buffer_blocks * BLOCK_BYTES];
    let unborn = RunOutcome::unborn(book.last_sequence());
    let covered = candidates.covered();
    let recovered = match recover_into_from(&mut file, &mut buffer, &mut book, start, covered) {
        Ok(recovered) => recovered,
        Err(RecoveryFault::Log(_)) if log.met().is_some() => return check_late(log, unborn),
        Err(fault) => return Err(Violation::Refused(fault)),
    };
    oracle.check_recovered(&recovered)?;
    let before = recovered.scanned.last_sequence;
    let unborn =
        RunOutcome { torn_tail_bytes: recovered.scanned.torn_tail_bytes, before, ..unborn };
    let mut makers_memory = if settings.has_maker { book_memory() } else { Vec::new() };
    let maker = RefCell::new(settings.has_maker.then(|| {
        let begun = candidates.begin(&mut makers_memory, random.number());
        let flaw = settings.flaws.maker;
        Maker::new((log, store), begun, flaw, random.fork())
    }));
    let engine = Engine::<INPUT, LOG, EVENTS>::new();
    let hooks = ConcurrentMaker { maker: &maker, shared: engine.shared() };
    let file = HookedLog { file, hooks };
    let opened = OpenedLog {
        file,
        buffer: &mut buffer,
        chain: recovered.scanned.chain_or_new(LOG_ID),
        settings: LogSettings {
            mode: settings.mode,
            segment_bytes: settings.segment_blocks * BLOCK_BYTES as u64,
        },
        now_ns: 1,
    };
    let mut stages = match engine.split(book, opened) {
        Ok(stages) => stages,
        Err(SplitFault::Log(_)) if log.met().is_some() || is_crashed(&maker) => {
            return check_late(log, unborn);
        }
        Err(fault) => panic!("the engine does not split: {fault}"),
    };
    if settings.logs_trades {
        stages.sequencer.log_trades();
    }
    let driver = Driver::new(stages, &maker, log, oracle, random);
    let Driven { end, released, durable, exposed_count_max, wait_count, overlap_count } =
        driver.run(settings)?;
    check_life(oracle, &maker, end, before, &released)?;
    let lived = RunOutcome {
        end,
        released,
        durable,
        exposed_count_max,
        wait_count,
        overlap_count,
        ..unborn
    };
    check_late(log, lived)
}

impl RunOutcome {
    /// A life that ends before it began.
    const fn unborn(begun_at: Sequence) -> Self {
        Self {
            end: End::InRecovery,
            torn_tail_bytes: 0,
            begun_at,
            before: Sequence(0),
            released: Vec::new(),
            durable: Sequence(0),
            exposed_count_max: 0,
            wait_count: 0,
            overlap_count: 0,
        }
    }
}

/// Checks what a life that began behind `before` released, and what the maker saw of its log.
fn check_life(
    oracle: &Oracle,
    maker: &RefCell<Option<Maker<'_>>>,
    end: End,
    before: Sequence,
    released: &[Event],
) -> Result<(), Violation> {
    let fault = maker.borrow().as_ref().and_then(Maker::fault);
    if let Some(fault) = fault {
        return Err(Violation::MakerRefused(fault));
    }
    oracle.check_released(before, released)?;
    if end == End::Stopped { oracle.check_complete(before, released) } else { Ok(()) }
}

/// Recovers a log into an empty book.
///
/// # Errors
/// Why it is refused.
pub fn recover_into<F: LogFile>(
    file: &mut F,
    buffer: &mut [u8],
    book: &mut Book<'_>,
) -> Result<Recovered, RecoveryFault> {
    recover_into_from(file, buffer, book, Start::Beginning, Sequence(0))
}

/// Recovers a log from `start` on, which must reach what is `covered`, into the book that was
/// restored there.
///
/// # Errors
/// Why it is refused.
pub fn recover_into_from<F: LogFile>(
    file: &mut F,
    buffer: &mut [u8],
    book: &mut Book<'_>,
    start: Start,
    covered: Sequence,
) -> Result<Recovered, RecoveryFault> {
    let mut events = Vec::new();
    let mut sink = |event: &Event| events.push(*event);
    let begun_at = book.last_sequence();
    let scanned = recover_from(file, buffer, &mut Replay::new(book, &mut sink), (start, covered))?;
    Ok(Recovered {
        begun_at,
        scanned,
        events,
        state_hash: book.state_hash(),
        running_hash: book.running_hash(),
        check: book.check(),
    })
}

fn check_late(log: &SimLog, lived: RunOutcome) -> Result<RunOutcome, Violation> {
    match log.late_count() {
        0 => Ok(lived),
        count => Err(Violation::LateOperations(count)),
    }
}
