//! The runner: a recovered engine on its threads, between a port for commands and one for events.
//!
//! The program that runs flows and the host for callers both run their engine by this, and differ
//! in their ports only.

use crate::config::Config;
use crate::context::ThreadGuard;
use crate::lag::FollowedLog;
use crate::ports::{CommandPort, EventPort, Released};
use crate::snapshots::{SettleOutputs, SnapshotRequests, SnapshotThread, SnapshotTotals};
use crate::start::Started;
use crate::threads::{SequencerEnd, spawn_log_writer, spawn_sequencer, spawn_syncer};
use highwater::stage::Fault;
use highwater_platform::idle::Idle;
use highwater_platform::latency::Quantiles;
use highwater_platform::{Pinning, Platform, ThreadRole};
use highwater_storage::{LogCounters, LogDirectory, LogTotals};
use std::io;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

/// What is plugged into an engine.
#[derive(Debug)]
pub struct Ports<C, E, O> {
    /// Brings commands on the sequencer's thread; `()` where they are pushed from elsewhere.
    pub commands: C,
    /// Takes released events.
    pub events: E,
    /// What is made durable before anything of the log is removed; `()` for nothing.
    pub outputs: O,
}

/// An engine whose threads run. `T` is what its event port leaves.
#[derive(Debug)]
pub struct Runner<P: Platform, T> {
    sequencer: JoinHandle<SequencerEnd>,
    log_writer: JoinHandle<LogDirectory<P>>,
    syncer: JoinHandle<()>,
    event_port: JoinHandle<T>,
    snapshots: SnapshotThread,
    counters: Arc<LogCounters>,
}

/// What an engine leaves whose threads have ended.
#[derive(Debug)]
pub struct Ended<P: Platform, T> {
    /// The book after the last command, and how long commands took.
    pub sequencer: SequencerEnd,
    /// The log; its lock is held until this is dropped.
    pub directory: LogDirectory<P>,
    /// What the event port left.
    pub output: T,
    /// What was counted of the log.
    pub log: LogTotals,
    /// How long syncs took.
    pub sync_time: Option<Quantiles>,
    /// What was counted of snapshots.
    pub snapshots: SnapshotTotals,
}

/// A thread of the engine panicked, which is a defect. It has stopped the engine and printed why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Panicked;

impl<P: Platform, T: Send + 'static> Runner<P, T> {
    /// Starts the engine's threads: `hw-log`, `hw-sequencer`, `hw-sync`, `hw-snapshot`, and the
    /// event port's.
    ///
    /// # Errors
    /// The system's, when it gives no thread. Those that run end.
    pub fn start<C: CommandPort, E: EventPort<P, Output = T>, O: SettleOutputs>(
        started: Started<P>,
        config: &Config,
        ports: Ports<C, E, O>,
    ) -> io::Result<Self> {
        let context = started.context;
        Self::spawn(started, config, ports).inspect_err(|_| {
            context.shared.halt.fault(Fault::StagePanicked);
            context.ended();
        })
    }

    fn spawn<C: CommandPort, E: EventPort<P, Output = T>, O: SettleOutputs>(
        started: Started<P>,
        config: &Config,
        ports: Ports<C, E, O>,
    ) -> io::Result<Self> {
        let behind_bytes = started.behind_snapshot_bytes();
        let Started { platform, context, sequencer, log_writer, syncer, releaser, notices, .. } =
            started;
        let strategy = config.idle;
        let counters = log_writer.file().counters();
        let followed =
            FollowedLog { counters: Arc::clone(&counters), behind_bytes, plan: config.snapshots };
        context.lag.follow(followed);
        let mut files = log_writer.file().syncer();
        let log_writer = spawn_log_writer(platform, strategy, log_writer, context)?;
        let sequencer = spawn_sequencer(platform, strategy, sequencer, ports.commands, context)?;
        let snapshots = SnapshotThread::start(platform, config, context, ports.outputs, notices)?;
        let syncer = spawn_syncer(platform, syncer, move || files.sync(), context)?;
        let idle = Idle::with_wakeup(platform, strategy, &context.wakeups.release);
        let released = Released { platform, releaser, idle, context };
        let event_port = spawn_event_port(ports.events, released)?;
        Ok(Self { sequencer, log_writer, syncer, event_port, snapshots, counters })
    }

    /// Where snapshots are asked for, and counted.
    pub fn snapshots(&self) -> SnapshotRequests {
        self.snapshots.requests()
    }

    /// Whether the event port has ended.
    pub fn is_finished(&self) -> bool {
        self.event_port.is_finished()
    }

    /// Waits for all threads; they end when the engine stops.
    ///
    /// # Errors
    /// One of them panicked.
    pub fn join(self) -> Result<Ended<P, T>, Panicked> {
        // All are waited for before the first failure is told.
        let (output, syncer) = (self.event_port.join(), self.syncer.join());
        let (sequencer, directory) = (self.sequencer.join(), self.log_writer.join());
        let requests = self.snapshots.requests();
        let snapshots = self.snapshots.join();
        let (Ok(output), Ok(sequencer), Ok(directory), Ok(()), Ok(())) =
            (output, sequencer, directory, syncer, snapshots)
        else {
            return Err(Panicked);
        };
        Ok(Ended {
            sequencer,
            directory,
            output,
            log: self.counters.totals(),
            sync_time: self.counters.sync_quantiles(),
            snapshots: requests.totals(),
        })
    }
}

/// Starts the thread of an event port.
fn spawn_event_port<P: Platform, E: EventPort<P>>(
    port: E,
    released: Released<P>,
) -> io::Result<JoinHandle<E::Output>> {
    let Released { platform, context, .. } = released;
    Builder::new().name(E::THREAD_NAME.to_owned()).spawn(move || {
        let _guard = ThreadGuard(context);
        platform.pin_thread(ThreadRole::Gateway, Pinning::WhereCoresSuffice);
        port.run(released)
    })
}
