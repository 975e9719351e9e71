//! A driver of one engine on one thread: it steps the stages by hand, in an order that a seed
//! decides.
//!
//! A life begins with the recovery of its log and ends with a clean stop, a crash or a fault.

use crate::oracle::{Oracle, Recovered, Violation, book_memory};
use crate::random::Random;
use crate::sim_log::SimLog;
use crate::workload::{self, CAPACITIES};
use highwater::book::Book;
use highwater::engine::{Engine, SplitFault, Stages};
use highwater::event::Event;
use highwater::limits::BLOCK_BYTES;
use highwater::log_file::LogFile;
use highwater::log_writer::{LogSettings, LogWriter, OpenedLog};
use highwater::recovery::{RecoveryFault, Replay, Start, recover_from};
use highwater::releaser::Releaser;
use highwater::sequencer::{Sequencer, SequencerHost};
use highwater::stage::{Shared, Step};
use highwater::sync_mode::SyncMode;
use highwater::syncer::Syncer;
use highwater::types::{LogId, Sequence};

/// How one life goes.
#[expect(clippy::struct_excessive_bools, reason = "two choices that do not touch each other")]
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
    /// Sequence that it began behind.
    pub before: Sequence,
    /// What it released, in order.
    pub released: Vec<Event>,
    /// The highest sequence that it called durable.
    pub durable: Sequence,
    /// The most commands that it had released and not made durable.
    pub exposed_count_max: u64,
}

/// Lets an engine live on `log` through `file`, with rings of the given sizes, and checks it.
///
/// # Errors
/// The first broken promise.
///
/// # Panics
/// When the stages break a promise to each other.
pub fn live<F: LogFile, const INPUT: usize, const LOG: usize, const EVENTS: usize>(
    (log, file): (&SimLog, F),
    settings: &LifeSettings,
    oracle: &mut Oracle,
    random: &mut Random,
) -> Result<Lived, Violation> {
    let mut file = file;
    let mut memory = book_memory();
    let mut book = Book::new(&mut memory, CAPACITIES, random.number()).expect("memory enough");
    let mut buffer = vec![0; settings.buffer_blocks * BLOCK_BYTES];
    let unborn = Lived {
        end: End::InRecovery,
        torn_tail_bytes: 0,
        before: Sequence(0),
        released: Vec::new(),
        durable: Sequence(0),
        exposed_count_max: 0,
    };
    let recovered = match recover_into(&mut file, &mut buffer, &mut book) {
        Ok(recovered) => recovered,
        Err(RecoveryFault::Log(_)) if log.met().is_some() => return check_late(log, unborn),
        Err(fault) => return Err(Violation::Refused(fault)),
    };
    oracle.check_recovered(&recovered)?;
    let before = recovered.scanned.last_sequence;
    let torn_tail_bytes = recovered.scanned.torn_tail_bytes;
    let engine = Engine::<INPUT, LOG, EVENTS>::new();
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
    let unborn = Lived { torn_tail_bytes, before, ..unborn };
    let mut stages = match engine.split(book, opened) {
        Ok(stages) => stages,
        Err(SplitFault::Log(_)) if log.met().is_some() => return check_late(log, unborn),
        Err(fault) => panic!("the engine does not split: {fault}"),
    };
    if settings.logs_trades {
        stages.sequencer.log_trades();
    }
    let mut driver = Driver::new(stages, log, oracle, random);
    let end = driver.run(settings)?;
    let (durable, exposed_count_max) =
        (driver.shared.durable.get(), driver.behind.releaser.exposed_count_max());
    let released = driver.behind.released;
    oracle.check_released(before, &released)?;
    if end == End::Stopped {
        oracle.check_complete(before, &released)?;
    }
    let lived = Lived { end, torn_tail_bytes, before, released, durable, exposed_count_max };
    check_late(log, lived)
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
    let scanned = recover_from(file, buffer, &mut Replay::new(book, &mut sink), start)?;
    Ok(Recovered {
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

struct Driver<'a, 'd, F> {
    arrivals: highwater::ring::Producer<'a, highwater::command::Arrival>,
    sequencer: Sequencer<'a>,
    behind: Behind<'a, F>,
    shared: &'a Shared,
    log: &'d SimLog,
    oracle: &'d mut Oracle,
    random: &'d mut Random,
}

/// The stages behind the sequencer, which work while it waits.
struct Behind<'a, F> {
    log_writer: LogWriter<'a, F>,
    syncer: Syncer<'a>,
    /// What the syncer syncs.
    log: SimLog,
    releaser: Releaser<'a>,
    /// The time, in nanoseconds.
    now_ns: u64,
    released: Vec<Event>,
    random: Random,
    wait_count: u64,
    /// The log writer came to its end, by a fault or a stop.
    is_over: bool,
}

/// Steps after which an engine counts as hung.
const HUNG: u64 = 1 << 16;

impl<'a, 'd, F: LogFile> Driver<'a, 'd, F> {
    fn new(
        stages: Stages<'a, F>,
        log: &'d SimLog,
        oracle: &'d mut Oracle,
        random: &'d mut Random,
    ) -> Self {
        let Stages { arrivals, sequencer, log_writer, syncer, releaser, shared } = stages;
        let behind = Behind {
            log_writer,
            syncer,
            log: log.clone(),
            releaser,
            now_ns: 0,
            released: Vec::new(),
            random: random.fork(),
            wait_count: 0,
            is_over: false,
        };
        Self { arrivals, sequencer, behind, shared, log, oracle, random }
    }

    fn run(&mut self, settings: &LifeSettings) -> Result<End, Violation> {
        for _ in 0..settings.step_count {
            self.step(settings);
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
        match self.random.below(12) {
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
            10 => self.shared.sync_wanted.ask(self.shared.applied.get()),
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

impl<F: LogFile> Behind<'_, F> {
    fn step_log_writer(&mut self) {
        let now_ns = self.now_ns();
        match self.log_writer.step(now_ns) {
            Ok(Step::Worked(_) | Step::Idle) => {}
            Ok(Step::Done) | Err(_) => self.is_over = true,
        }
    }

    fn step_syncer(&mut self) {
        let now_ns = self.now_ns();
        let log = &mut self.log;
        // Its fault is kept, and looked for by the caller.
        let _step = self.syncer.step(now_ns, &mut || log.sync());
    }

    /// The time, which goes on with every look at it.
    fn now_ns(&mut self) -> u64 {
        self.now_ns += self.random.below(1_000);
        self.now_ns
    }

    fn step_releaser(&mut self) -> Step {
        let released = &mut self.released;
        self.releaser.step(&mut |event: &Event| released.push(*event))
    }
}

impl<F: LogFile> SequencerHost for Behind<'_, F> {
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
