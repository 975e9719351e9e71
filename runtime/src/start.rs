//! Starting an engine: open the data directory, recover the book in memory that is large enough,
//! split the stages.

mod recovered;

use crate::bell::Callers;
use crate::config::Config;
use crate::log_directory::{
    Lease, LogDirectory, LogOptions, OpenError, SpareFault, explain_fault, packed_damage,
    segment_files,
};
use crate::platform::{Granted, HostMemory, MemoryWishes, Platform};
use highwater::book::Book;
use highwater::command::{Command, FlowIdentity};
use highwater::engine::{Engine, SplitFault, Stages};
use highwater::event::EventSink;
use highwater::limits::{INSTRUMENTS_DEFAULT, ORDERS_DEFAULT, SESSIONS_DEFAULT};
use highwater::log_file::LogFault;
use highwater::log_writer::{LogSettings, OpenedLog};
use highwater::recovery::{RecoveryFault, Scanned};
use highwater::snapshot::SnapshotHeader;
use highwater::stage::Fault;
use highwater::types::{Capacities, LogId, SegmentNumber};
use recovered::recover_in_memory;
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// The rings of the process's one engine: 65,536 commands, 65,536 records and 16,384 events.
static ENGINE: Engine = Engine::new();

/// Bytes of the largest batch that is appended at once.
const BATCH_BYTES: usize = 1 << 20;
/// Bytes of the log that recovery reads at once: few enough that they are still in the caches of
/// the processor's core when their records are decoded.
const READ_BYTES: usize = 1 << 17;

/// What to do about a log that is corrupt.
const KEEP: &str =
    "nothing was changed: keep the directory, and restore it from a backup or a replica";

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

/// An engine that has recovered and is ready to be stepped.
#[derive(Debug)]
pub struct Started<P: Platform> {
    /// Its stages.
    pub stages: Stages<'static, LogDirectory<P>>,
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
    /// Bytes of log behind the newest snapshot, or of all of it when there is none.
    pub fn behind_snapshot_bytes(&self) -> u64 {
        let before = self.snapshot.map_or(0, |header| header.chain.position.0);
        self.scanned.log_bytes.saturating_sub(before)
    }
}

/// Recovers the log in `config.data` and splits the process's engine.
///
/// Every recovered event goes to `sink`. `callers` are rung when a segment can't be prepared ahead;
/// the engine has been stopped then.
///
/// # Errors
/// Says why the engine must not start.
pub fn start<P: Platform>(
    platform: P,
    (config, callers): (&Config, Callers),
    sink: &mut impl ReplaySink,
) -> Result<Started<P>, StartError> {
    let spare_fault = SpareFault(Arc::new(move |_| callers.ring()));
    start_engine(platform, &ENGINE, (config, spare_fault), sink)
}

/// The same with an engine of the caller's, who is told at once when a segment can't be prepared
/// ahead; the engine has been stopped then.
///
/// # Errors
/// Says why the engine must not start.
pub fn start_engine<P: Platform, const INPUT: usize, const LOG: usize, const EVENTS: usize>(
    platform: P,
    engine: &'static Engine<INPUT, LOG, EVENTS>,
    (config, SpareFault(tell_caller)): (&Config, SpareFault),
    sink: &mut impl ReplaySink,
) -> Result<Started<P>, StartError> {
    let shared = engine.shared();
    let log = LogOptions {
        segment_bytes: config.segment_bytes,
        io: config.io,
        spare_fault: SpareFault(Arc::new(move |fault| {
            shared.halt.fault(Fault::Log(fault));
            tell_caller(fault);
        })),
    };
    let mut directory = LogDirectory::open(platform, &config.data, &log)?;
    let mut warnings = directory.warnings();
    let lease = Lease::take(platform, &config.data)?;

    let started_ns = platform.monotonic_ns();
    let recovered = recover_in_memory(platform, &mut directory, config, sink)?;
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
    let mut stages = engine
        .split(recovered.book, opened)
        .map_err(|fault| StartError::split(platform, config, fault))?;
    if config.log_trades {
        stages.sequencer.log_trades();
    }
    Ok(Started {
        stages,
        scanned: recovered.scanned,
        snapshot: recovered.snapshot,
        recovery_ns,
        capacities,
        warnings,
        reserved_bytes: recovered.book_bytes + size_of_val(engine) + BATCH_BYTES + READ_BYTES,
        lease: Some(lease),
    })
}

/// Who takes the events of a recovery.
pub trait ReplaySink: EventSink {
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

    /// The replay begins behind a snapshot: what happened before is not told. False when the log
    /// may not belong to its flow, or what is missing is needed.
    fn resume(&mut self, snapshot: &SnapshotHeader) -> bool;

    /// The next events answer this command.
    fn expect(&mut self, command: &Command);

    /// Whether somebody wished to stop meanwhile.
    fn is_stopped(&mut self) -> bool;

    /// Whether the log may belong to this flow; if not, nothing was told but what the operator did
    /// before.
    fn wants(&mut self, flow: &FlowIdentity) -> bool;
}

/// Replays a log for its state alone.
impl ReplaySink for () {
    fn restart(&mut self) {}

    fn wants_history(&self) -> bool {
        false
    }

    fn resume(&mut self, _: &SnapshotHeader) -> bool {
        true
    }

    fn expect(&mut self, _: &Command) {}

    fn is_stopped(&mut self) -> bool {
        false
    }

    fn wants(&mut self, _: &FlowIdentity) -> bool {
        true
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
            // Where the system gave no reason, a packed file may be the reason.
            let damage = (fault.code == 0).then(|| packed_damage(platform, data)).flatten();
            return damage.map_or_else(
                || Self::log(platform, data, fault),
                |damage| Self::Refused(format!("corrupt: {damage}; {KEEP}")),
            );
        }
        if let RecoveryFault::Unwanted { .. } = fault {
            return Self::Unwanted;
        }
        let advice = match fault {
            RecoveryFault::NewerVersion { .. } => "use the program that wrote it, or a newer one",
            RecoveryFault::OlderVersion { .. } => "use the program that wrote it",
            RecoveryFault::HashMismatch { .. } | RecoveryFault::TradeDiffers { .. } => {
                "this is a defect of the program or of the machine: keep the directory and report it"
            }
            RecoveryFault::Log(_)
            | RecoveryFault::Corrupt { .. }
            | RecoveryFault::MissingSegment(_)
            | RecoveryFault::ForeignSegment(_)
            | RecoveryFault::SnapshotAhead { .. }
            | RecoveryFault::SnapshotOfOtherLog
            | RecoveryFault::Repeated { .. }
            | RecoveryFault::NeedsCapacities(_)
            | RecoveryFault::Unwanted { .. } => KEEP,
        };
        Self::Refused(format!("{}; {advice}", sentence_of(data, fault)))
    }

    /// The error of a log whose segments before `first` are gone, and that has no snapshot to begin
    /// at.
    pub(crate) fn retired(data: &Path, first: SegmentNumber) -> Self {
        let missing = sentence_of(data, RecoveryFault::MissingSegment(SegmentNumber::FIRST));
        Self::Refused(format!(
            "{missing}: the log begins at segment {first}, and there is no snapshot that can be \
             used; {KEEP}"
        ))
    }

    fn log<P: Platform>(platform: P, data: &Path, fault: LogFault) -> Self {
        Self::Log(explain_fault(platform, data, fault))
    }

    fn split<P: Platform>(platform: P, config: &Config, fault: SplitFault) -> Self {
        match fault {
            SplitFault::Log(fault) => Self::log(platform, &config.data, fault),
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
        RecoveryFault::MissingSegment(segment) => {
            let missing = format!("corrupt: {} is missing", file(segment));
            // What stands behind the gap may be no part of the log.
            let later = segment_files(data, segment).unwrap_or_default().into_iter().next();
            match later.as_deref().map(Path::display) {
                Some(later) => format!(
                    "{missing}, and {later} is there: move that away if it is not the log's"
                ),
                None => missing,
            }
        }
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
        | RecoveryFault::SnapshotAhead { .. }
        | RecoveryFault::SnapshotOfOtherLog
        | RecoveryFault::HashMismatch { .. }
        | RecoveryFault::TradeDiffers { .. }
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
        match error {
            StartError::Refused(sentence) | StartError::Log(sentence) => Self::Damaged(sentence),
            StartError::Open(_)
            | StartError::Unwanted
            | StartError::Memory { .. }
            | StartError::Book(_)
            | StartError::Random(_) => Self::failed(error),
        }
    }
}
