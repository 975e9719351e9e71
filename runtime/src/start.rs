//! Starting an engine: open the data directory, recover the book in memory that is large enough,
//! split the stages.

use crate::log_directory::{LogDirectory, LogOptions, OpenError, SpareFault, explain_fault};
use crate::platform::{Granted, HostMemory, MemoryWishes, Platform};
use highwater::book::Book;
use highwater::command::{Action, Command, FlowIdentity};
use highwater::engine::{Engine, SplitFault, Stages};
use highwater::event::EventSink;
use highwater::limits::{INSTRUMENTS_DEFAULT, ORDERS_DEFAULT, SESSIONS_DEFAULT};
use highwater::log_file::LogFault;
use highwater::log_writer::{LogSettings, OpenedLog};
use highwater::record::{Body, Record};
use highwater::recovery::{RecoveryFault, Replay, Scanned, Visitor, recover};
use highwater::stage::Fault;
use highwater::sync_mode::SyncMode;
use highwater::types::{Capacities, LogId, SegmentNumber};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The rings of the process's one engine: 65,536 commands, 65,536 records and 16,384 events.
static ENGINE: Engine = Engine::new();

/// Bytes of the largest batch that is appended at once.
const BATCH_BYTES: usize = 1 << 20;

/// What an engine may hold when nobody says otherwise.
pub const CAPACITIES_DEFAULT: Capacities = Capacities {
    orders: ORDERS_DEFAULT,
    instruments: INSTRUMENTS_DEFAULT,
    sessions: SESSIONS_DEFAULT,
};

/// What the user wishes the engine to hold; what is not said is as the log has it, or the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CapacityWishes {
    /// Open orders.
    pub orders: Option<u32>,
    /// Instruments.
    pub instruments: Option<u32>,
    /// Sessions, the operator's included.
    pub sessions: Option<u32>,
}

impl CapacityWishes {
    /// The wishes, and `otherwise` where there is none.
    pub fn or(self, otherwise: Capacities) -> Capacities {
        Capacities {
            orders: self.orders.unwrap_or(otherwise.orders),
            instruments: self.instruments.unwrap_or(otherwise.instruments),
            sessions: self.sessions.unwrap_or(otherwise.sessions),
        }
    }
}

/// How to start.
#[derive(Clone, Debug)]
pub struct StartOptions {
    /// The data directory.
    pub data: PathBuf,
    /// How its files are written. The fault callback is called when the engine has been stopped.
    pub log: LogOptions,
    /// When answers are released.
    pub mode: SyncMode,
    /// What the engine may hold.
    pub capacities: CapacityWishes,
}

/// An engine that has recovered and is ready to be stepped.
#[derive(Debug)]
pub struct Started<P: Platform> {
    /// Its stages.
    pub stages: Stages<'static, LogDirectory<P>>,
    /// What recovery found.
    pub scanned: Scanned,
    /// How long recovery took, in nanoseconds.
    pub recovery_ns: u64,
    /// The capacities to be in force, which the first command sets where they differ from the
    /// log's.
    pub capacities: Capacities,
    /// What the user should know and need not act on: warnings, one line each.
    pub warnings: Vec<String>,
    /// Bytes of memory reserved for book, rings and buffers; what is never used is never touched.
    pub reserved_bytes: usize,
}

/// Recovers the log in `options.data` and splits the process's engine. Every recovered event goes to
/// `sink`.
///
/// # Errors
/// Says why the engine must not start.
pub fn start<P: Platform>(
    platform: P,
    options: &StartOptions,
    sink: &mut impl ReplaySink,
) -> Result<Started<P>, StartError> {
    start_engine(platform, &ENGINE, options, sink)
}

/// The same with an engine of the caller's.
///
/// # Errors
/// Says why the engine must not start.
pub fn start_engine<P: Platform, const INPUT: usize, const LOG: usize, const EVENTS: usize>(
    platform: P,
    engine: &'static Engine<INPUT, LOG, EVENTS>,
    options: &StartOptions,
    sink: &mut impl ReplaySink,
) -> Result<Started<P>, StartError> {
    let mut log = options.log.clone();
    let shared = engine.shared();
    let SpareFault(tell_caller) = log.spare_fault;
    log.spare_fault = SpareFault(Arc::new(move |fault| {
        shared.halt.fault(Fault::Log(fault));
        tell_caller(fault);
    }));
    let mut directory = LogDirectory::open(platform, &options.data, &log)?;
    let mut warnings: Vec<String> = directory.warning().into_iter().collect();

    let started_ns = platform.monotonic_ns();
    let recovered = recover_in_memory(platform, &mut directory, options, sink)?;
    let recovery_ns = platform.monotonic_ns() - started_ns;
    warnings.extend(recovered.memory_warnings);

    let log_id = LogId(platform.random().map_err(StartError::Random)?);
    let chain = recovered.scanned.chain_or_new(log_id);
    let capacities = options.capacities.or(recovered.capacities);
    let buffer =
        memory(platform, BATCH_BYTES, MemoryWishes { huge_pages: false, locked: false })?.bytes;
    let settings = LogSettings { mode: options.mode, segment_bytes: log.segment_bytes };
    let now_ns = platform.wall_clock_ns();
    let opened = OpenedLog { file: directory, buffer, chain, settings, now_ns };
    let stages = engine
        .split(recovered.book, opened)
        .map_err(|fault| StartError::split(platform, options, fault))?;
    Ok(Started {
        stages,
        scanned: recovered.scanned,
        recovery_ns,
        capacities,
        warnings,
        reserved_bytes: recovered.book_bytes + size_of_val(engine) + 2 * BATCH_BYTES,
    })
}

/// Who takes the events of a recovery.
pub trait ReplaySink: EventSink {
    /// The replay begins, or begins again from the first sequence because more memory is needed
    /// than was thought.
    fn restart(&mut self);

    /// The next events answer this command.
    fn expect(&mut self, command: &Command);

    /// Whether somebody wished to stop meanwhile.
    fn is_stopped(&mut self) -> bool;

    /// Whether the log may belong to this flow; if not, nothing was told but what the operator did
    /// before.
    fn wants(&mut self, flow: &FlowIdentity) -> bool;
}

/// Replays a log whose flow is wanted.
struct WantedReplay<'r, S> {
    replay: Replay<'r, 'static, S>,
}

impl<S: ReplaySink> Visitor for WantedReplay<'_, S> {
    fn record(&mut self, record: &Record) -> Result<(), RecoveryFault> {
        if self.replay.sink.is_stopped() {
            return Err(RecoveryFault::Unwanted { sequence: record.sequence });
        }
        if let Body::Command(command) = &record.body {
            if let Action::BindFlow(flow) = command.action
                && !self.replay.sink.wants(&flow)
            {
                return Err(RecoveryFault::Unwanted { sequence: record.sequence });
            }
            self.replay.sink.expect(command);
        }
        self.replay.record(record)
    }
}

/// A book as recovery left it.
struct Recovered {
    book: Book<'static>,
    scanned: Scanned,
    /// The log's, or what was wished for a new one.
    capacities: Capacities,
    book_bytes: usize,
    memory_warnings: Vec<String>,
}

/// Recovers, with more memory when the log turns out to need more.
fn recover_in_memory<P: Platform>(
    platform: P,
    directory: &mut LogDirectory<P>,
    options: &StartOptions,
    sink: &mut impl ReplaySink,
) -> Result<Recovered, StartError> {
    let mut room = options.capacities.or(CAPACITIES_DEFAULT);
    let mut book_bytes = 0;
    let mut buffer = vec![0; BATCH_BYTES];
    loop {
        let fresh = fresh_book(platform, room)?;
        let mut book = fresh.book;
        // A book that turned out too small keeps its memory.
        book_bytes += fresh.bytes;
        sink.restart();
        let mut visitor = WantedReplay { replay: Replay { book: &mut book, sink } };
        match recover(directory, &mut buffer, &mut visitor) {
            Ok(scanned) => {
                let capacities = book.capacities();
                // The user may wish for more than the log ever needed, and for less.
                let wished = options.capacities.or(capacities);
                if book.fits(wished) {
                    return Ok(Recovered {
                        book,
                        scanned,
                        capacities,
                        book_bytes,
                        memory_warnings: fresh.warnings,
                    });
                }
                room = larger(room, wished);
            }
            Err(RecoveryFault::NeedsCapacities(needed)) => room = larger(room, needed),
            Err(fault) => return Err(StartError::recovery(platform, &options.data, fault)),
        }
    }
}

/// Room for both.
pub fn larger(a: Capacities, b: Capacities) -> Capacities {
    Capacities {
        orders: a.orders.max(b.orders),
        instruments: a.instruments.max(b.instruments),
        sessions: a.sessions.max(b.sessions),
    }
}

/// A book without a command, and its memory.
pub struct FreshBook {
    /// The book.
    pub book: Book<'static>,
    /// Bytes of its memory.
    pub bytes: usize,
    /// What was wished for the memory and refused, a line each.
    pub warnings: Vec<String>,
}

impl fmt::Debug for FreshBook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FreshBook").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

/// A new book for `capacities`, in memory of its own that is never given back.
///
/// # Errors
/// The system has no room for it.
pub fn fresh_book<P: Platform>(
    platform: P,
    capacities: Capacities,
) -> Result<FreshBook, StartError> {
    let bytes = Book::bytes_needed(capacities);
    let memory = memory(platform, bytes, MemoryWishes { huge_pages: true, locked: true })?;
    let warnings = memory_warnings(platform, &memory);
    // The seed spreads the hash tables only; a random one keeps strangers from choosing colliding
    // ids.
    let seed = u64::from_le_bytes(
        platform.random().map_err(StartError::Random)?[..8].try_into().unwrap_or_default(),
    );
    let book = Book::new(memory.bytes, capacities, seed)
        .map_err(|fault| StartError::Book(fault.to_string()))?;
    Ok(FreshBook { book, bytes, warnings })
}

fn memory<P: Platform>(
    platform: P,
    bytes: usize,
    wishes: MemoryWishes,
) -> Result<HostMemory, StartError> {
    platform.zeroed_memory(bytes, wishes).map_err(|error| StartError::Memory { bytes, error })
}

fn memory_warnings<P: Platform>(platform: P, memory: &HostMemory) -> Vec<String> {
    let refused = [
        (memory.locked, "memory is not locked, so parts of it may be swapped out"),
        (memory.huge_pages, "memory is in small pages, so random access costs more"),
    ];
    let lines = refused.into_iter().filter_map(|(granted, consequence)| match granted {
        Granted::No(code) => Some(format!("{consequence}: {}", platform.error_text(code))),
        Granted::Yes | Granted::NotAsked => None,
    });
    lines.collect()
}

/// Why an engine did not start: a sentence each that says what to do.
#[derive(Debug)]
pub enum StartError {
    /// The data directory could not be opened.
    Open(OpenError),
    /// The log is not to be trusted.
    Refused(String),
    /// The sink did not want the log, or not all of it: it knows why.
    Unwanted,
    /// A log file failed.
    Log(String),
    /// The system gave no memory.
    Memory {
        /// How much was asked for.
        bytes: usize,
        /// What it said.
        error: io::Error,
    },
    /// The book did not take its memory.
    Book(String),
    /// The system gave no random bytes.
    Random(io::Error),
}

impl StartError {
    /// The error of a recovery that failed.
    pub fn recovery<P: Platform>(platform: P, data: &Path, fault: RecoveryFault) -> Self {
        if let RecoveryFault::Log(fault) = fault {
            return Self::log(platform, data, fault);
        }
        if let RecoveryFault::Unwanted { .. } = fault {
            return Self::Unwanted;
        }
        let advice = match fault {
            RecoveryFault::NewerVersion { .. } => "use the program that wrote it, or a newer one",
            RecoveryFault::OlderVersion { .. } => "use the program that wrote it",
            RecoveryFault::HashMismatch { .. } => {
                "this is a defect of the program or of the machine: keep the directory and report it"
            }
            RecoveryFault::Log(_)
            | RecoveryFault::Corrupt { .. }
            | RecoveryFault::MissingSegment(_)
            | RecoveryFault::ForeignSegment(_)
            | RecoveryFault::Repeated { .. }
            | RecoveryFault::NeedsCapacities(_)
            | RecoveryFault::Unwanted { .. } => {
                "nothing was changed: keep the directory, and restore it from a backup or a replica"
            }
        };
        Self::Refused(format!("{}; {advice}", sentence_of(data, fault)))
    }

    fn log<P: Platform>(platform: P, data: &Path, fault: LogFault) -> Self {
        Self::Log(explain_fault(platform, data, fault))
    }

    fn split<P: Platform>(platform: P, options: &StartOptions, fault: SplitFault) -> Self {
        match fault {
            SplitFault::Log(fault) => Self::log(platform, &options.data, fault),
            SplitFault::AlreadySplit => {
                Self::Book("this process runs an engine already".to_owned())
            }
        }
    }
}

/// What is wrong with the log, with the file that shows it.
fn sentence_of(data: &Path, fault: RecoveryFault) -> String {
    let file =
        |segment: SegmentNumber| data.join(format!("{segment:016}.log")).display().to_string();
    match fault {
        RecoveryFault::Corrupt { segment, position, damage } => {
            format!("corrupt: {}: offset {position}: {damage}", file(segment))
        }
        RecoveryFault::MissingSegment(segment) => format!("corrupt: {} is missing", file(segment)),
        RecoveryFault::ForeignSegment(segment) => {
            format!(
                "corrupt: {}: offset 0: it belongs to another log, or has another number",
                file(segment)
            )
        }
        RecoveryFault::NewerVersion { segment, version } => {
            format!(
                "{} is of log version {version}, which this program does not know",
                file(segment)
            )
        }
        RecoveryFault::OlderVersion { segment, version } => {
            format!(
                "{} is of log version {version}, which this program no longer reads",
                file(segment)
            )
        }
        RecoveryFault::Log(_)
        | RecoveryFault::HashMismatch { .. }
        | RecoveryFault::Repeated { .. }
        | RecoveryFault::NeedsCapacities(_)
        | RecoveryFault::Unwanted { .. } => {
            format!("corrupt: the log in '{}': {fault}", data.display())
        }
    }
}

impl From<OpenError> for StartError {
    fn from(error: OpenError) -> Self {
        Self::Open(error)
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(error) => error.fmt(f),
            Self::Refused(sentence) | Self::Log(sentence) | Self::Book(sentence) => {
                f.write_str(sentence)
            }
            Self::Unwanted => {
                f.write_str("the log is not wanted; name another directory with --data")
            }
            Self::Memory { bytes, error } => write!(
                f,
                "the system gave no {} MiB of memory ({error}): choose smaller --orders and --instruments",
                bytes >> 20
            ),
            Self::Random(error) => write!(f, "the system gave no random bytes: {error}"),
        }
    }
}

impl std::error::Error for StartError {}

impl From<StartError> for crate::console::CommandError {
    fn from(error: StartError) -> Self {
        Self::failed(error)
    }
}
