//! What the stages have in common: how a step ends, and how all of them learn that the engine
//! stops.

use crate::atomic::{AtomicU64, Ordering};
use crate::log_file::{LogFault, LogOperation};
use crate::padded::Padded;
use crate::sync_mode::SyncMode;
use crate::types::Sequence;
use crate::watermark::Watermark;

/// Why the engine stopped by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A log file failed.
    Log(LogFault),
    /// A stage's thread ended with a panic: a bug of ours.
    StagePanicked,
    /// A reader of the log next to the engine found it damaged, or came to other events than the
    /// engine did.
    ReplayDiffers,
}

impl core::fmt::Display for Fault {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Log(fault) => fault.fmt(f),
            Self::StagePanicked => f.write_str("a stage of the engine panicked"),
            Self::ReplayDiffers => f.write_str(
                "the log on the disk does not replay to what the engine did: keep the data \
                 directory and report it",
            ),
        }
    }
}

impl core::error::Error for Fault {}

/// How long the engine has to live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It takes commands.
    Running,
    /// It finishes what it has taken and stops.
    Stopping,
    /// It stopped; nothing more is appended, synced or released.
    Faulted(Fault),
}

/// The state of the engine as all stages see it. It moves from running to stopping to faulted,
/// never back.
#[derive(Debug)]
pub struct Halt(Padded<AtomicU64>);

const RUNNING: u64 = 0;
const STOPPING: u64 = 1;
/// A fault is packed as `FAULTED | operation << 8 | code << 32`.
const FAULTED: u64 = 2;
const PANICKED: u64 = 255;
const DIFFERS: u64 = 254;

impl Halt {
    /// The state of an engine that takes commands.
    pub const fn new() -> Self {
        Self(Padded::new(AtomicU64::new(RUNNING)))
    }

    /// The state now.
    pub fn state(&self) -> State {
        match self.0.load(Ordering::Acquire) {
            RUNNING => State::Running,
            STOPPING => State::Stopping,
            faulted => State::Faulted(unpack(faulted)),
        }
    }

    /// True once a fault stopped the engine.
    #[inline]
    pub fn is_faulted(&self) -> bool {
        self.0.load(Ordering::Acquire) > STOPPING
    }

    /// Asks the engine to finish what it has taken and stop. After a fault this changes nothing.
    pub fn stop(&self) {
        // A failed exchange means that it is stopping or faulted already.
        let _already =
            self.0.compare_exchange(RUNNING, STOPPING, Ordering::AcqRel, Ordering::Acquire);
    }

    /// Stops the engine at once. The first fault is kept.
    pub fn fault(&self, fault: Fault) {
        let mut seen = self.0.load(Ordering::Acquire);
        while seen <= STOPPING {
            match self.0.compare_exchange(seen, pack(fault), Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return,
                Err(now) => seen = now,
            }
        }
    }
}

impl Default for Halt {
    fn default() -> Self {
        Self::new()
    }
}

/// The fault as one word above [`STOPPING`].
fn pack(fault: Fault) -> u64 {
    match fault {
        Fault::StagePanicked => FAULTED | PANICKED << 8,
        Fault::ReplayDiffers => FAULTED | DIFFERS << 8,
        Fault::Log(LogFault { operation, code }) => {
            let operation = match operation {
                LogOperation::Open => 1,
                LogOperation::Read => 2,
                LogOperation::Begin => 3,
                LogOperation::Append => 4,
                LogOperation::Sync => 5,
                LogOperation::Cut => 6,
            };
            FAULTED | operation << 8 | u64::from(code.cast_unsigned()) << 32
        }
    }
}

/// The fault from its word.
fn unpack(word: u64) -> Fault {
    let [_, operation, _, _, a, b, c, d] = word.to_le_bytes();
    let operation = match operation {
        1 => LogOperation::Open,
        2 => LogOperation::Read,
        3 => LogOperation::Begin,
        4 => LogOperation::Append,
        5 => LogOperation::Sync,
        6 => LogOperation::Cut,
        254 => return Fault::ReplayDiffers,
        _ => return Fault::StagePanicked,
    };
    Fault::Log(LogFault { operation, code: i32::from_le_bytes([a, b, c, d]) })
}

/// What one step of a stage did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Step {
    /// This many items were worked on.
    Worked(usize),
    /// There was nothing to do.
    Idle,
    /// The stage is done and need not be stepped again.
    Done,
}

/// Something that becomes true once and stays so.
#[derive(Debug)]
pub struct Latch(Padded<AtomicU64>);

impl Latch {
    /// A latch that is not set.
    pub const fn new() -> Self {
        Self(Padded::new(AtomicU64::new(0)))
    }

    /// True once [`set`](Self::set) was called; what its caller did before is seen then.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire) == 1
    }

    /// Sets the latch.
    pub fn set(&self) {
        self.0.store(1, Ordering::Release);
    }
}

impl Default for Latch {
    fn default() -> Self {
        Self::new()
    }
}

/// When the next order expires, as the sequencer last said: what a host compares its clock with.
///
/// One thread writes it; who reads it learns nothing else, and may be late by the commands on their
/// way.
#[derive(Debug)]
pub struct NextExpiry(Padded<AtomicU64>);

impl NextExpiry {
    /// No order will expire.
    pub const fn new() -> Self {
        // 0 stands for none: no order expires then, and an engine's initial bytes are all zero.
        Self(Padded::new(AtomicU64::new(0)))
    }

    /// The time at which the next order expires, in nanoseconds of the engine's clock; `None` when
    /// none will.
    pub fn get(&self) -> Option<u64> {
        match self.0.load(Ordering::Relaxed) {
            0 => None,
            expiry_ns => Some(expiry_ns),
        }
    }

    /// Says when the next order expires, where that is not what was said before: a line that is not
    /// written stays in its readers' caches.
    pub(crate) fn tell(&self, expiry_ns: Option<u64>) {
        let expiry_ns = expiry_ns.unwrap_or(0);
        if self.0.load(Ordering::Relaxed) != expiry_ns {
            self.0.store(expiry_ns, Ordering::Relaxed);
        }
    }
}

impl Default for NextExpiry {
    fn default() -> Self {
        Self::new()
    }
}

/// A wish for a sync ahead of what the mode does by itself.
#[derive(Debug)]
pub struct SyncWish(Padded<AtomicU64>);

impl SyncWish {
    /// Nobody wishes for one.
    pub const fn new() -> Self {
        Self(Padded::new(AtomicU64::new(0)))
    }

    /// Asks that everything up to this sequence be made durable now, in whatever mode. It must have
    /// been sequenced; that it is durable is told by the watermark. Any thread may ask.
    pub fn ask(&self, sequence: Sequence) {
        self.0.fetch_max(sequence.0, Ordering::AcqRel);
    }

    /// Whether somebody asked for more than is durable.
    pub(crate) fn is_beyond(&self, durable: Sequence) -> bool {
        self.0.load(Ordering::Acquire) > durable.0
    }
}

impl Default for SyncWish {
    fn default() -> Self {
        Self::new()
    }
}

/// What the stages of one engine know of each other.
#[derive(Debug, Default)]
pub struct Shared {
    /// The highest sequence handed to the system. Raised by the log writer.
    pub appended: Watermark,
    /// The highest sequence on stable storage: the high-water mark. Raised by the log writer, or by
    /// the syncer where the mode has one.
    pub durable: Watermark,
    /// The highest sequence whose events are all in the event ring. Raised by the sequencer.
    pub applied: Watermark,
    /// What is to be made durable now, in whatever mode. Asked by anybody.
    pub sync_wanted: SyncWish,
    /// When the next order expires. The sequencer says so.
    pub next_expiry: NextExpiry,
    /// Whether the engine runs, stops or has stopped.
    pub halt: Halt,
    /// Set when the sequencer is done: no record follows.
    pub sequencer_done: Latch,
    /// Set when the log writer is done: nothing is appended again.
    pub log_writer_done: Latch,
    /// Set when the syncer is done; never in a mode that has none.
    pub syncer_done: Latch,
}

impl Shared {
    /// An engine that runs and has nothing durable.
    pub const fn new() -> Self {
        Self {
            appended: Watermark::new(),
            durable: Watermark::new(),
            applied: Watermark::new(),
            sync_wanted: SyncWish::new(),
            next_expiry: NextExpiry::new(),
            halt: Halt::new(),
            sequencer_done: Latch::new(),
            log_writer_done: Latch::new(),
            syncer_done: Latch::new(),
        }
    }

    /// Whether no watermark of the log rises again.
    pub(crate) fn is_log_complete(&self, mode: SyncMode) -> bool {
        if mode.has_syncer() { self.syncer_done.is_set() } else { self.log_writer_done.is_set() }
    }
}
