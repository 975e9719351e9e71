//! The threads of the engine: one for the sequencer, one for the log writer; the gateway's is the
//! caller's.

use crate::idle::{Idle, IdleStrategy};
use crate::latency::Latencies;
use crate::platform::{Pinning, Platform, ThreadRole};
use highwater::book::Book;
use highwater::log_file::{LogFault, LogFile};
use highwater::log_writer::LogWriter;
use highwater::sequencer::{Sequencer, SequencerHost};
use highwater::stage::{Fault, Shared, Step};
use highwater::syncer::Syncer;
use std::io;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

/// One command of this many has its critical path measured: two clock readings cost as much as the
/// path itself.
const MEASURED_EVERY: u32 = 16;

/// After this long without a command the log writer vouches for what it wrote.
const IDLE_MARK_NS: u64 = 100_000_000;

/// How often an idle log writer looks whether a sync is wished for: who wishes need not ring.
const WISHES_EVERY: Duration = Duration::from_millis(10);

/// What the sequencer's thread gives back when it is done.
#[derive(Debug)]
pub struct Sequenced {
    /// The book behind the last command.
    pub book: Book<'static>,
    /// From taking a command to having published its record and its events, of one command in 16.
    pub critical_path: Latencies,
}

/// What a stage's thread tells the threads around it.
pub trait Neighbours: Send + 'static {
    /// What the stages know of each other.
    fn shared(&self) -> &'static Shared;

    /// The stage has worked: there may be something for others to do.
    fn worked(&self) {}

    /// The stage has ended, by a panic too.
    fn ended(&self) {}
}

/// Threads that look for work themselves.
impl Neighbours for &'static Shared {
    fn shared(&self) -> &'static Shared {
        self
    }
}

/// Starts the sequencer's thread, `hw-sequencer`.
///
/// # Errors
/// The system's, when it gives no thread.
pub fn spawn_sequencer<P: Platform>(
    platform: P,
    strategy: IdleStrategy,
    mut sequencer: Sequencer<'static>,
    shared: &'static Shared,
) -> io::Result<JoinHandle<Sequenced>> {
    let mut thread = SequencerThread {
        platform,
        idle: Idle::new(platform, strategy),
        critical_path: Latencies::new(),
        until_measured: 1,
        taken_ns: None,
    };
    Builder::new().name("hw-sequencer".to_owned()).spawn(move || {
        let _guard = StageGuard(shared);
        platform.pin_thread(ThreadRole::Sequencer, Pinning::WhereCoresSuffice);
        loop {
            match sequencer.step(&mut thread) {
                Step::Worked(_) => thread.idle.worked(),
                Step::Idle => thread.idle.wait(),
                Step::Done => break,
            }
        }
        Sequenced { book: sequencer.into_book(), critical_path: thread.critical_path }
    })
}

/// What the sequencer needs of its thread: waiting, and a clock for one command in 16.
struct SequencerThread<P> {
    platform: P,
    idle: Idle<P>,
    critical_path: Latencies,
    until_measured: u32,
    taken_ns: Option<u64>,
}

impl<P: Platform> SequencerHost for SequencerThread<P> {
    fn wait(&mut self) {
        self.idle.wait();
    }

    #[inline]
    fn taken(&mut self) {
        self.until_measured -= 1;
        if self.until_measured == 0 {
            self.until_measured = MEASURED_EVERY;
            self.taken_ns = Some(self.platform.monotonic_ns());
        }
    }

    #[inline]
    fn published(&mut self) {
        if let Some(taken_ns) = self.taken_ns.take() {
            self.critical_path.record(self.platform.monotonic_ns().saturating_sub(taken_ns));
        }
    }
}

/// Starts the log writer's thread, `hw-log`, which gives the files back when it is done.
///
/// # Errors
/// The system's, when it gives no thread.
pub fn spawn_log_writer<P: Platform, F: LogFile + Send + 'static>(
    platform: P,
    mut idle: Idle<P>,
    mut log_writer: LogWriter<'static, F>,
    neighbours: impl Neighbours,
) -> io::Result<JoinHandle<F>> {
    Builder::new().name("hw-log".to_owned()).spawn(move || {
        let StageGuard(neighbours) = &StageGuard(neighbours);
        platform.pin_thread(ThreadRole::LogWriter, Pinning::WhereCoresSuffice);
        let mut idle_since_ns = None;
        // A fault has stopped the engine already when it comes back from a step.
        while let Ok(step) = log_writer.step(platform.monotonic_ns()) {
            match step {
                Step::Worked(_) => {
                    neighbours.worked();
                    idle.worked();
                    idle_since_ns = None;
                }
                Step::Idle if log_writer.is_holding() => idle.pause(),
                Step::Idle => {
                    let now_ns = platform.monotonic_ns();
                    let idle_ns = now_ns - *idle_since_ns.get_or_insert(now_ns);
                    let is_due = log_writer.is_mark_due() && idle_ns >= IDLE_MARK_NS;
                    if is_due && log_writer.mark_idle().is_err() {
                        break;
                    }
                    idle.wait_at_most(Some(WISHES_EVERY));
                }
                Step::Done => break,
            }
        }
        log_writer.into_file()
    })
}

/// Starts the syncer's thread, `hw-sync`, which calls `sync` as the mode wants it; it ends at once
/// in a mode that has no syncer.
///
/// # Errors
/// The system's, when it gives no thread.
pub fn spawn_syncer<P: Platform>(
    platform: P,
    mut syncer: Syncer<'static>,
    mut sync: impl FnMut() -> Result<(), LogFault> + Send + 'static,
    neighbours: impl Neighbours,
) -> io::Result<JoinHandle<()>> {
    Builder::new().name("hw-sync".to_owned()).spawn(move || {
        let StageGuard(neighbours) = &StageGuard(neighbours);
        // It sleeps between syncs, and never spins for a core that the others could use.
        let mut idle = Idle::new(platform, IdleStrategy::Sleep);
        // A fault has stopped the engine already when it comes back from a step.
        while let Ok(step) = syncer.step(platform.monotonic_ns(), &mut sync) {
            match step {
                Step::Worked(_) => {
                    neighbours.worked();
                    idle.worked();
                }
                Step::Idle => idle.wait(),
                Step::Done => break,
            }
        }
    })
}

/// Stops the whole engine when its thread panics, and tells the neighbours when it ends: nobody
/// waits for a stage that is gone.
#[derive(Debug)]
pub struct StageGuard<N: Neighbours>(pub N);

impl<N: Neighbours> Drop for StageGuard<N> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.shared().halt.fault(Fault::StagePanicked);
        }
        self.0.ended();
    }
}
