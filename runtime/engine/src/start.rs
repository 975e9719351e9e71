//! Starting an engine: open the data directory, recover the book in memory that is large enough,
//! split the stages.

mod recovered;

use crate::config::Config;
use crate::context::EngineContext;
use crate::error::StartError;
use crate::fresh_book::memory;
use crate::notices::NoticeSink;
use highwater::book::Book;
use highwater::command::{Command, FlowIdentity, TimedCommand};
use highwater::engine::{Engine, Stages};
use highwater::event::EventSink;
use highwater::log_writer::{LogSettings, LogWriter, OpenedLog};
use highwater::recovery::Scanned;
use highwater::releaser::Releaser;
use highwater::ring::Producer;
use highwater::sequencer::Sequencer;
use highwater::snapshot::SnapshotHeader;
use highwater::stage::Fault;
use highwater::syncer::Syncer;
use highwater::types::{Capacities, LogId};
use highwater_platform::{MemoryWishes, Platform};
use highwater_storage::{Lease, LogDirectory, LogOptions, SpareFault};
use recovered::recover_in_memory;
use std::convert::Infallible;
use std::sync::Arc;

/// Bytes of the largest batch that is appended at once.
const BATCH_BYTES: usize = 1 << 20;
/// Bytes of the log that recovery reads at once: few enough that they are still in the caches of
/// the processor's core when their records are decoded.
const READ_BYTES: usize = 1 << 17;

/// An engine that has recovered and is ready to be stepped.
#[derive(Debug)]
pub struct Started<P: Platform> {
    /// The system.
    pub platform: P,
    /// What its threads share.
    pub context: &'static EngineContext,
    pub(crate) sequencer: Sequencer<'static>,
    pub(crate) log_writer: LogWriter<'static, LogDirectory<P>>,
    pub(crate) syncer: Syncer<'static>,
    pub(crate) releaser: Releaser<'static>,
    pub(crate) notices: NoticeSink,
    /// What recovery found in the part of the log that it read.
    pub scanned: Scanned,
    /// The snapshot that it began at; `None` when it read the log from its beginning.
    pub snapshot: Option<SnapshotHeader>,
    /// How long recovery took, in nanoseconds.
    pub recovery_ns: u64,
    /// The capacities to be in force, which the first command sets where they differ from the
    /// log's.
    pub capacities: Capacities,
    /// What the user should know and need not act on: warnings, one line each.
    pub warnings: Vec<String>,
    /// Bytes of memory reserved for book, rings and buffers; what is never used is never touched.
    pub reserved_bytes: usize,
    /// Nothing of the log that was recovered is removed until this is dropped: when what follows
    /// from it is registered.
    pub lease: Option<Lease<P>>,
}

impl<P: Platform> Started<P> {
    /// The recovered book.
    pub const fn book(&self) -> &Book<'static> {
        self.sequencer.book()
    }

    /// The log.
    pub const fn directory(&self) -> &LogDirectory<P> {
        self.log_writer.file()
    }

    /// Bytes of log behind the newest snapshot, or of all of it when there is none.
    pub fn behind_snapshot_bytes(&self) -> u64 {
        let before = self.snapshot.map_or(0, |header| header.chain.position.0);
        self.scanned.log_bytes.saturating_sub(before)
    }
}

/// An engine to be started, and how.
#[derive(Debug)]
pub struct Launch<'a, const INPUT: usize, const LOG: usize, const EVENTS: usize> {
    /// The engine, which was not split before.
    pub engine: &'static Engine<INPUT, LOG, EVENTS>,
    /// What its threads will share. A segment that can't be prepared ahead stops the engine, and
    /// all of them are woken.
    pub context: &'static EngineContext,
    /// How it runs.
    pub config: &'a Config,
    /// Takes what there is to say besides the events.
    pub notices: NoticeSink,
}

/// The engine of a process that has one: rings of 65,536 commands, 65,536 records and 16,384
/// events.
pub fn process_engine() -> &'static Engine {
    static ENGINE: Engine = Engine::new();
    &ENGINE
}

/// A recovered engine and where its commands go, or why there is none.
pub type Starting<P, R> = Result<(Started<P>, Producer<'static, TimedCommand>), NotStarted<R>>;

/// Recovers the log in the configured data directory and splits the engine; also returns where
/// commands go.
///
/// Every recovered event goes to `sink`.
///
/// # Errors
/// Says why the engine must not start.
pub fn start<
    P: Platform,
    S: ReplaySink,
    const INPUT: usize,
    const LOG: usize,
    const EVENTS: usize,
>(
    platform: P,
    launch: Launch<'_, INPUT, LOG, EVENTS>,
    sink: &mut S,
) -> Starting<P, S::Refusal> {
    let Launch { engine, context, config, notices } = launch;
    let log = LogOptions {
        segment_bytes: config.segment_bytes,
        io: config.io,
        spare_fault: SpareFault(Arc::new(move |fault| {
            context.shared.halt.fault(Fault::Log(fault));
            context.ended();
        })),
    };
    let mut directory = LogDirectory::open(platform, &config.data, &log)?;
    let mut warnings = directory.warnings();
    let lease = Lease::take(platform, &config.data)?;

    let started_ns = platform.monotonic_ns();
    let recovered = recover_in_memory(platform, &mut directory, config, &notices, sink)?;
    let recovery_ns = platform.monotonic_ns() - started_ns;
    warnings.extend(recovered.notes);
    // Only now is it known that they belong to no log that is refused.
    directory.clear_leftovers()?;

    let log_id = LogId(platform.random().map_err(StartError::Random)?);
    let chain = recovered.scanned.chain_or_new(log_id);
    let capacities = config.capacities.or(recovered.capacities);
    let buffer =
        memory(platform, BATCH_BYTES, MemoryWishes { huge_pages: false, locked: false })?.bytes;
    let settings = LogSettings { mode: config.sync, segment_bytes: config.segment_bytes };
    let now_ns = platform.wall_clock_ns();
    let opened = OpenedLog { file: directory, buffer, chain, settings, now_ns };
    let stages = engine
        .split(recovered.book, opened)
        .map_err(|fault| StartError::split(platform, config, fault))?;
    let Stages { input, mut sequencer, log_writer, syncer, releaser, .. } = stages;
    if config.log_trades {
        sequencer.log_trades();
    }
    if config.tell_ends {
        sequencer.tell_ends();
    }
    let started = Started {
        platform,
        context,
        sequencer,
        log_writer,
        syncer,
        releaser,
        notices,
        scanned: recovered.scanned,
        snapshot: recovered.snapshot,
        recovery_ns,
        capacities,
        warnings,
        reserved_bytes: recovered.book_bytes + size_of_val(engine) + BATCH_BYTES + READ_BYTES,
        lease: Some(lease),
    };
    Ok((started, input))
}

/// What takes the events of a recovery, and decides whether the log is accepted.
pub trait ReplaySink: EventSink {
    /// Why this sink does not accept a log.
    type Refusal;

    /// The replay begins, or begins again from the first sequence because more memory is needed
    /// than was thought.
    fn restart(&mut self);

    /// Whether every event from the log's first record on is wanted, where it is still there.
    fn wants_history(&self) -> bool;

    /// Whether what the events go to is there up to a snapshot; where it is not, an older one may
    /// do.
    fn reaches(&self, _snapshot: &SnapshotHeader) -> bool {
        true
    }

    /// The replay begins after a snapshot, with this book: the events before it are not repeated.
    ///
    /// # Errors
    /// The log is of another flow, or what is missing is needed.
    fn resume(&mut self, snapshot: &SnapshotHeader, book: &Book<'_>) -> Result<(), Self::Refusal>;

    /// The next events answer this command.
    fn expect(&mut self, command: &Command);

    /// Asked again and again while the log is read.
    ///
    /// # Errors
    /// Somebody wishes to stop.
    fn go_on(&mut self) -> Result<(), Self::Refusal>;

    /// The log is bound to this flow. Before that it holds no event but those of the operator.
    ///
    /// # Errors
    /// The log is of another flow.
    fn accept(&mut self, flow: &FlowIdentity) -> Result<(), Self::Refusal>;
}

/// Replays a log for its state alone, and accepts every log.
impl ReplaySink for () {
    type Refusal = Infallible;

    fn restart(&mut self) {}

    fn wants_history(&self) -> bool {
        false
    }

    fn resume(&mut self, _: &SnapshotHeader, _: &Book<'_>) -> Result<(), Infallible> {
        Ok(())
    }

    fn expect(&mut self, _: &Command) {}

    fn go_on(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    fn accept(&mut self, _: &FlowIdentity) -> Result<(), Infallible> {
        Ok(())
    }
}

/// Why there is no engine.
#[derive(Debug)]
pub enum NotStarted<R> {
    /// The sink did not accept the log; nothing was changed.
    Refused(R),
    /// It must not start, or cannot.
    Failed(StartError),
}

impl<R, E: Into<StartError>> From<E> for NotStarted<R> {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}
