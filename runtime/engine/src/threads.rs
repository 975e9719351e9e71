//! The threads of the stages: the sequencer's, the log writer's and the syncer's.

use crate::context::{EngineContext, ThreadGuard};
use crate::ports::CommandPort;
use highwater::book::Book;
use highwater::log_file::{LogFault, LogFile};
use highwater::log_writer::LogWriter;
use highwater::record::Record;
use highwater::sequencer::{Sequencer, SequencerHost};
use highwater::stage::{Shared, Step};
use highwater::syncer::Syncer;
use highwater_platform::idle::{Idle, IdleStrategy};
use highwater_platform::latency::Latencies;
use highwater_platform::wakeup::Wakeups;
use highwater_platform::{Pinning, Platform, ThreadRole};
use std::io;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

/// One command of this many has its critical path measured: two clock readings cost as much as the
/// path itself.
const MEASURED_EVERY: u32 = 16;

/// After this long without a command the log writer vouches for what it wrote.
const IDLE_MARK_NS: u64 = 100_000_000;

/// After so many commands in a row whoever brings them may wait for room in the input ring: it is
/// woken when the sequencer has nothing left to do.
const MANY_COMMANDS: usize = 1_024;

/// What the sequencer's thread gives back when it is done.
#[derive(Debug)]
pub struct SequencerEnd {
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
    commands: impl CommandPort,
    context: &'static EngineContext,
) -> io::Result<JoinHandle<SequencerEnd>> {
    let wakeups = &context.wakeups;
    let mut idle = Idle::with_wakeup(platform, strategy, &wakeups.sequencer);
    let mut thread = SequencerThread {
        platform,
        wants_records: commands.wants_records(),
        commands,
        waiting: Idle::new(platform, strategy),
        shared: context.shared,
        wakeups,
        in_a_row: 0,
        critical_path: Latencies::new(),
        until_measured: 1,
        taken_ns: None,
    };
    Builder::new().name("hw-sequencer".to_owned()).spawn(move || {
        let _guard = ThreadGuard(context);
        platform.pin_thread(ThreadRole::Sequencer, Pinning::WhereCoresSuffice);
        loop {
            thread.commands.refill();
            match sequencer.step(&mut thread) {
                Step::Worked(count) => {
                    // Who gave it work has woken the log writer too: it makes no system call while
                    // there is some.
                    thread.waiting.worked(count);
                    thread.in_a_row += count;
                    idle.worked(count);
                }
                Step::Idle if sequencer.is_held_up() => {
                    // The log ring may have become full while the log writer slept: who gave the
                    // sequencer its work woke it before there was anything to append.
                    wakeups.log.wake();
                    // Nobody says when there is room.
                    idle.pause();
                }
                Step::Idle => {
                    if idle.is_busy() {
                        thread.tell();
                        thread.in_a_row = 0;
                    }
                    idle.wait_at_most(|| thread.commands.until_due());
                }
                Step::Done => break,
            }
        }
        SequencerEnd { book: sequencer.into_book(), critical_path: thread.critical_path }
    })
}

/// What the sequencer needs of its thread: waiting, a clock for one command in 16, and whoever
/// brings commands and may want their records.
struct SequencerThread<P, C> {
    platform: P,
    commands: C,
    wants_records: bool,
    /// The wait for room in the event ring.
    waiting: Idle<P>,
    shared: &'static Shared,
    wakeups: &'static Wakeups,
    /// Commands worked on since there was nothing to do last.
    in_a_row: usize,
    critical_path: Latencies,
    until_measured: u32,
    taken_ns: Option<u64>,
}

impl<P, C> SequencerThread<P, C> {
    /// There may be records to append. What is appended already, a repeat's answer and what the log
    /// writer was quicker with, may have to be released: nobody else tells. And there may be room
    /// again that is waited for.
    fn tell(&self) {
        // The fence in here stands between what is applied and what is appended: whoever raises
        // that later finds the first.
        self.wakeups.log.wake();
        let is_appended = self.shared.appended.get() >= self.shared.applied.get();
        if is_appended || self.in_a_row >= MANY_COMMANDS {
            self.wakeups.release.wake();
        }
    }
}

impl<P: Platform, C: CommandPort> SequencerHost for SequencerThread<P, C> {
    fn wait(&mut self) {
        // What is published makes the room that is waited for, so nobody may sleep on it: at each
        // wait, because one step may wait for several commands, and they sleep again in between.
        self.wakeups.log.wake();
        self.wakeups.release.wake();
        self.waiting.wait();
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
    fn sequenced(&mut self, record: impl FnOnce() -> Record) {
        if self.wants_records {
            let record = record();
            while !self.commands.sequenced(&record) && !self.shared.halt.is_faulted() {
                self.wait();
            }
        }
    }

    #[inline]
    fn applied(&mut self, book: &Book<'_>) {
        if self.wants_records {
            while !self.commands.applied(book) && !self.shared.halt.is_faulted() {
                self.wait();
            }
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
    context: &'static EngineContext,
) -> io::Result<JoinHandle<F>> {
    let wakeups = &context.wakeups;
    let mut idle = Idle::with_wakeup(platform, strategy, &wakeups.log);
    Builder::new().name("hw-log".to_owned()).spawn(move || {
        let _guard = ThreadGuard(context);
        platform.pin_thread(ThreadRole::LogWriter, Pinning::WhereCoresSuffice);
        let mut idle_since_ns = None;
        // A fault has stopped the engine already when it comes back from a step.
        while let Ok(step) = log_writer.step(platform.monotonic_ns()) {
            match step {
                Step::Worked(count) => {
                    wakeups.release.wake();
                    context.appended();
                    idle.worked(count);
                    idle_since_ns = None;
                }
                Step::Idle if let Some(until_ns) = log_writer.held_until_ns() => {
                    idle.pause_until(until_ns);
                }
                Step::Idle => {
                    let now_ns = platform.monotonic_ns();
                    let idle_ns = now_ns - *idle_since_ns.get_or_insert(now_ns);
                    let until_mark_ns = IDLE_MARK_NS.saturating_sub(idle_ns);
                    let is_due = log_writer.is_mark_due();
                    if is_due && until_mark_ns == 0 && log_writer.mark_idle().is_err() {
                        break;
                    }
                    idle.wait_at_most(|| is_due.then(|| Duration::from_nanos(until_mark_ns)));
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
    context: &'static EngineContext,
) -> io::Result<JoinHandle<()>> {
    let wakeups = &context.wakeups;
    Builder::new().name("hw-sync".to_owned()).spawn(move || {
        let _guard = ThreadGuard(context);
        // Its sleep lasts until a sync is due, so that it never takes a core that the others could
        // use.
        let mut sleeps_for = None;
        // A fault has stopped the engine already when it comes back from a step.
        while let Ok(step) = syncer.step(platform.monotonic_ns(), &mut sync) {
            match step {
                Step::Worked(_) => {
                    wakeups.release.wake();
                    if sleeps_for.take().is_some() {
                        wakeups.sync.cancel();
                    }
                }
                Step::Idle => {
                    let due = syncer.due(platform.monotonic_ns());
                    // Announced with what is waited for now, so nothing came in between.
                    if sleeps_for.take() == Some(due.appended) {
                        wakeups.sync.sleep(due.after_ns.map(Duration::from_nanos));
                    } else {
                        wakeups.sync.announce(due.appended.0);
                        sleeps_for = Some(due.appended);
                    }
                }
                Step::Done => break,
            }
        }
    })
}
