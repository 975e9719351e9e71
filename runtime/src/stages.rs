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

/// One command of this many has its critical path measured: two clock readings cost as much as the
/// path itself.
const MEASURED_EVERY: u32 = 16;

/// After this long without a command the log writer vouches for what it wrote.
const IDLE_MARK_NS: u64 = 100_000_000;

/// What the sequencer's thread gives back when it is done.
#[derive(Debug)]
pub struct Sequenced {
    /// The book behind the last command.
    pub book: Book<'static>,
    /// From taking a command to having published its record and its events, of one command in 16.
    pub critical_path: Latencies,
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
        let _guard = PanicGuard(shared);
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
    strategy: IdleStrategy,
    mut log_writer: LogWriter<'static, F>,
    shared: &'static Shared,
) -> io::Result<JoinHandle<F>> {
    Builder::new().name("hw-log".to_owned()).spawn(move || {
        let _guard = PanicGuard(shared);
        platform.pin_thread(ThreadRole::LogWriter, Pinning::WhereCoresSuffice);
        let mut idle = Idle::new(platform, strategy);
        let mut idle_since_ns = None;
        // A fault has stopped the engine already when it comes back from a step.
        while let Ok(step) = log_writer.step(platform.monotonic_ns()) {
            match step {
                Step::Worked(_) => {
                    idle.worked();
                    idle_since_ns = None;
                }
                Step::Idle => {
                    let since_ns = *idle_since_ns.get_or_insert_with(|| platform.monotonic_ns());
                    let is_due = log_writer.is_mark_due()
                        && platform.monotonic_ns().saturating_sub(since_ns) >= IDLE_MARK_NS;
                    if is_due && log_writer.mark_idle().is_err() {
                        break;
                    }
                    idle.wait();
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
    shared: &'static Shared,
) -> io::Result<JoinHandle<()>> {
    Builder::new().name("hw-sync".to_owned()).spawn(move || {
        let _guard = PanicGuard(shared);
        // It sleeps between syncs, and never spins for a core that the others could use.
        let mut idle = Idle::new(platform, IdleStrategy::Sleep);
        // A fault has stopped the engine already when it comes back from a step.
        while let Ok(step) = syncer.step(platform.monotonic_ns(), &mut sync) {
            match step {
                Step::Worked(_) => idle.worked(),
                Step::Idle => idle.wait(),
                Step::Done => break,
            }
        }
    })
}

/// Stops the whole engine when its thread panics: nobody waits for a stage that is gone.
#[derive(Debug)]
pub struct PanicGuard(pub &'static Shared);

impl Drop for PanicGuard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.halt.fault(Fault::StagePanicked);
        }
    }
}
