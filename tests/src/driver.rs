//! A driver of one engine on one thread: it steps the stages by hand, in an order that a seed
//! decides.
//!
//! A life begins with the recovery of its log and ends with a clean stop, a crash or a fault.

use crate::beginning::{Candidates, StartFlaw};
use crate::beside::{Beside, step_maker};
use crate::maker::{Maker, MakerFlaw};
use crate::oracle::{Oracle, Recovered, Violation, book_memory};
use crate::random::Random;
use crate::sim_log::SimLog;
use crate::sim_snapshots::SimSnapshots;
use crate::workload;
use highwater::book::Book;
use highwater::engine::{Engine, SplitFault, Stages};
use highwater::event::Event;
use highwater::limits::BLOCK_BYTES;
use highwater::log_file::{LogFault, LogFile, LogOperation};
use highwater::log_writer::{LogSettings, LogWriter, OpenedLog};
use highwater::recovery::{RecoveryFault, Replay, Start, recover_from};
use highwater::releaser::Releaser;
use highwater::sequencer::{Sequencer, SequencerHost};
use highwater::stage::{Shared, Step};
use highwater::sync_mode::SyncMode;
use highwater::syncer::Syncer;
use highwater::types::{LogId, Sequence};
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
pub struct LifeSettings {
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
pub struct Lived {
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
    settings: &LifeSettings,
    oracle: &mut Oracle,
    random: &mut Random,
) -> Result<Lived, Violation> {
    let Ground { log, mut file, store } = ground;
    let candidates = Candidates::of(store, log, settings.flaws.start)?;
    let mut memory = book_memory();
    let (mut book, start) = candidates.begin(&mut memory, random.number());
    let mut buffer = vec![0; settings.buffer_blocks * BLOCK_BYTES];
    let unborn = Lived::unborn(book.last_sequence());
    let recovered = match recover_into_from(&mut file, &mut buffer, &mut book, start) {
        Ok(recovered) => recovered,
        Err(RecoveryFault::Log(_)) if log.met().is_some() => return check_late(log, unborn),
        Err(fault) => return Err(Violation::Refused(fault)),
    };
    oracle.check_recovered(&recovered)?;
    let before = recovered.scanned.last_sequence;
    let unborn = Lived { torn_tail_bytes: recovered.scanned.torn_tail_bytes, before, ..unborn };
    let mut makers_memory = if settings.has_maker { book_memory() } else { Vec::new() };
    let maker = RefCell::new(settings.has_maker.then(|| {
        let begun = candidates.begin(&mut makers_memory, random.number());
        let flaw = settings.flaws.maker;
        Maker::new((log, store), begun, candidates.proven(), flaw, random.fork())
    }));
    let engine = Engine::<INPUT, LOG, EVENTS>::new();
    let file = Beside { file, maker: &maker, shared: engine.shared() };
    let opened = OpenedLog {
        file,
        buffer: &mut buffer,
        chain: recovered.scanned.chain_or_new(LogId([7; 16])),
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
    let mut driver = Driver::new(stages, &maker, log, oracle, random);
    let end = driver.run(settings)?;
    let Driver { behind, shared, .. } = driver;
    check_life(oracle, &maker, (end, before), &behind.released)?;
    let lived = Lived {
        end,
        durable: shared.durable.get(),
        exposed_count_max: behind.releaser.exposed_count_max(),
        wait_count: behind.wait_count,
        overlap_count: behind.overlap_count,
        released: behind.released,
        ..unborn
    };
    check_late(log, lived)
}

impl Lived {
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
    (end, before): (End, Sequence),
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
    recover_into_from(file, buffer, book, Start::Beginning)
}

/// Recovers a log from `start` on into the book that was restored there.
///
/// # Errors
/// Why it is refused.
pub fn recover_into_from<F: LogFile>(
    file: &mut F,
    buffer: &mut [u8],
    book: &mut Book<'_>,
    start: Start,
) -> Result<Recovered, RecoveryFault> {
    let mut events = Vec::new();
    let mut sink = |event: &Event| events.push(*event);
    let begun_at = book.last_sequence();
    let scanned = recover_from(file, buffer, &mut Replay::new(book, &mut sink), start)?;
    Ok(Recovered {
        begun_at,
        scanned,
        events,
        state_hash: book.state_hash(),
        running_hash: book.running_hash(),
        check: book.check(),
    })
}

fn check_late(log: &SimLog, lived: Lived) -> Result<Lived, Violation> {
    match log.late_count() {
        0 => Ok(lived),
        count => Err(Violation::LateOperations(count)),
    }
}

fn is_crashed(maker: &RefCell<Option<Maker<'_>>>) -> bool {
    maker.borrow().as_ref().is_some_and(Maker::is_crashed)
}

struct Driver<'a, 'd, 'm, F> {
    arrivals: highwater::ring::Producer<'a, highwater::command::Arrival>,
    sequencer: Sequencer<'a>,
    behind: Behind<'a, 'm, F>,
    shared: &'a Shared,
    log: &'d SimLog,
    oracle: &'d mut Oracle,
    random: &'d mut Random,
}

/// The stages behind the sequencer, which work while it waits.
struct Behind<'a, 'm, F> {
    log_writer: LogWriter<'a, F>,
    maker: &'a RefCell<Option<Maker<'m>>>,
    shared: &'a Shared,
    flaw: SyncerFlaw,
    syncer: Syncer<'a>,
    /// What the syncer syncs.
    log: SimLog,
    releaser: Releaser<'a>,
    /// The time, in nanoseconds.
    now_ns: u64,
    released: Vec<Event>,
    random: Random,
    wait_count: u64,
    overlap_count: u64,
    /// The log writer came to its end, by a fault or a stop.
    is_over: bool,
}

/// Steps after which an engine counts as hung.
const HUNG: u64 = 1 << 16;

impl<'a, 'd, 'm, F: LogFile> Driver<'a, 'd, 'm, F> {
    fn new(
        stages: Stages<'a, F>,
        maker: &'a RefCell<Option<Maker<'m>>>,
        log: &'d SimLog,
        oracle: &'d mut Oracle,
        random: &'d mut Random,
    ) -> Self {
        let Stages { arrivals, sequencer, log_writer, syncer, releaser, shared } = stages;
        let behind = Behind {
            log_writer,
            maker,
            shared,
            flaw: SyncerFlaw::Nothing,
            syncer,
            log: log.clone(),
            releaser,
            now_ns: 0,
            released: Vec::new(),
            random: random.fork(),
            wait_count: 0,
            overlap_count: 0,
            is_over: false,
        };
        Self { arrivals, sequencer, behind, shared, log, oracle, random }
    }

    fn run(&mut self, settings: &LifeSettings) -> Result<End, Violation> {
        self.behind.flaw = settings.flaws.syncer;
        for _ in 0..settings.step_count {
            self.step(settings);
            if is_crashed(self.behind.maker) {
                return Ok(End::Killed);
            }
            if self.log.met().is_some() {
                return self.end_after_fault();
            }
        }
        if !settings.stops_cleanly {
            return Ok(End::Killed);
        }
        self.shared.halt.stop();
        for _ in 0..HUNG {
            let is_sequenced = self.sequencer.step(&mut self.behind) == Step::Done;
            self.behind.step_log_writer();
            self.behind.step_syncer();
            let is_released = self.behind.step_releaser() == Step::Done;
            if is_crashed(self.behind.maker) {
                return Ok(End::Killed);
            }
            if self.log.met().is_some() {
                return self.end_after_fault();
            }
            if is_sequenced && is_released && self.behind.is_over {
                return Ok(End::Stopped);
            }
        }
        Err(Violation::Hung)
    }

    fn step(&mut self, settings: &LifeSettings) {
        match self.random.below(14) {
            0..3 => {
                for _ in 0..=self.random.below(settings.burst_max) {
                    self.push();
                }
            }
            3..6 => {
                // Done after a fault only, which the caller looks for.
                let _step = self.sequencer.step(&mut self.behind);
            }
            6 | 7 => self.behind.step_log_writer(),
            8 => {
                let _step = self.behind.step_releaser();
            }
            9 => self.behind.step_syncer(),
            10 | 11 => step_maker(self.behind.maker, self.shared),
            12 => self.shared.sync_wanted.ask(self.shared.applied.get()),
            _ => {
                // Its fault is kept, and looked for by the caller.
                let _fault = self.behind.log_writer.mark_idle();
            }
        }
    }

    fn push(&mut self) {
        let arrival = workload::arrival(self.random, self.oracle.last_client_sequences());
        if self.arrivals.push(arrival).is_ok() {
            self.oracle.push(&arrival.command);
        }
    }

    /// A fault stops the whole engine: whatever is stepped now, nothing is released, appended or
    /// synced any more.
    fn end_after_fault(&mut self) -> Result<End, Violation> {
        let released_count = self.behind.released.len();
        for _ in 0..8 {
            let _step = self.sequencer.step(&mut self.behind);
            self.behind.step_log_writer();
            self.behind.step_syncer();
            let _step = self.behind.step_releaser();
            let _fault = self.behind.log_writer.mark_idle();
        }
        if self.behind.released.len() != released_count {
            return Err(Violation::LateRelease);
        }
        Ok(End::Happened)
    }
}

impl<F: LogFile> Behind<'_, '_, F> {
    fn step_log_writer(&mut self) {
        let now_ns = self.now_ns();
        self.is_over |= is_over(self.log_writer.step(now_ns));
    }

    /// Lets the syncer sync, slowly: meanwhile the other stages go on.
    fn step_syncer(&mut self) {
        let from_ns = self.now_ns();
        let mut now_ns = from_ns;
        let Self { syncer, flaw, log, log_writer, maker, shared, releaser, random, .. } = self;
        let (released, over) = (&mut self.released, &mut self.is_over);
        let overlap_count = &mut self.overlap_count;
        let mut sync = || {
            if *flaw == SyncerFlaw::RaisesFirst {
                shared.durable.raise(shared.appended.get());
            }
            let appended = shared.appended.get();
            let mut under_way = log.begin_sync()?;
            under_way.segment -= u64::from(*flaw == SyncerFlaw::SyncsEarlier);
            for _ in 0..random.below(6) {
                now_ns += random.below(10_000);
                match random.below(4) {
                    0 => step_maker(maker, shared),
                    1 => {
                        let _step = releaser.step(&mut |event: &Event| released.push(*event));
                    }
                    _ => *over |= is_over(log_writer.step(now_ns)),
                }
            }
            if is_crashed(maker) {
                return Err(LogFault { operation: LogOperation::Sync, code: 0 });
            }
            *overlap_count += u64::from(shared.appended.get() > appended);
            log.end_sync(under_way)
        };
        // Its fault is kept, and looked for by the caller.
        let _step = syncer.step(from_ns, &mut sync);
        self.now_ns = now_ns;
    }

    /// The time, which goes on with every look at it, as a rule: now and then it runs backwards.
    fn now_ns(&mut self) -> u64 {
        if self.random.chance(3) {
            self.now_ns = self.now_ns.saturating_sub(self.random.below(10_000));
        }
        self.now_ns += self.random.below(1_000);
        self.now_ns
    }

    fn step_releaser(&mut self) -> Step {
        let released = &mut self.released;
        self.releaser.step(&mut |event: &Event| released.push(*event))
    }
}

impl<F: LogFile> SequencerHost for Behind<'_, '_, F> {
    fn wait(&mut self) {
        self.wait_count += 1;
        assert!(self.wait_count < HUNG, "the wait for room in the event ring never ends");
        match self.random.below(3) {
            0 => self.step_log_writer(),
            1 => self.step_syncer(),
            _ => {
                let _step = self.step_releaser();
            }
        }
    }
}

/// Whether the log writer has come to its end, by a fault or a stop.
fn is_over(step: Result<Step, LogFault>) -> bool {
    match step {
        Ok(Step::Worked(_) | Step::Idle) => false,
        Ok(Step::Done) | Err(_) => true,
    }
}
