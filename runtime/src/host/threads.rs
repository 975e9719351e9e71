//! The threads of a host: the sequencer with the fan-in, the log writer, the syncer, and the
//! release thread with the fan-out.

use super::common::Common;
use super::fan_in::{FanIn, Takes};
use super::fan_out::{FanOut, Request};
use super::place::EngineSides;
use crate::config::Config;
use crate::gateway::ToldTime;
use crate::idle::{Idle, IdleStrategy};
use crate::log_directory::LogDirectory;
use crate::platform::{Pinning, Platform, ThreadRole};
use crate::snapshots::SnapshotThread;
use crate::stages::{
    Sequenced, StageGuard, Supply, spawn_log_writer, spawn_sequencer, spawn_syncer,
};
use highwater::book::Book;
use highwater::engine::Stages;
use highwater::event::{Event, EventKind};
use highwater::releaser::Releaser;
use highwater::stage::{Fault, State, Step};
use std::io;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

/// The running threads.
#[derive(Debug)]
pub(super) struct Crew<P: Platform> {
    sequencer: JoinHandle<Sequenced>,
    log: JoinHandle<LogDirectory<P>>,
    syncer: JoinHandle<()>,
    release: JoinHandle<()>,
    /// Makes snapshots beside the engine.
    pub(super) snapshots: SnapshotThread,
}

/// What the threads work with, beside the stages.
#[derive(Debug)]
pub(super) struct Tools<'c, P: Platform> {
    pub(super) common: &'static Common<P>,
    pub(super) config: &'c Config,
    /// The engine's sides of all places.
    pub(super) sides: Vec<EngineSides>,
    pub(super) requests: Receiver<Request>,
}

impl<P: Platform> Crew<P> {
    /// Starts all threads.
    ///
    /// # Errors
    /// The system's, when it gives no thread; those that run end.
    pub(super) fn start(
        stages: Stages<'static, LogDirectory<P>>,
        tools: Tools<'_, P>,
    ) -> io::Result<Self> {
        let Tools { common, config, sides, requests } = tools;
        let (platform, strategy) = (common.platform, config.idle);
        let Stages { input, sequencer, log_writer, syncer, releaser, shared } = stages;
        let recovered = sequencer.book().last_sequence();
        let (taken, pushed): (Vec<_>, Vec<_>) = sides
            .into_iter()
            .zip(common.places)
            .map(|(EngineSides { input, events }, place)| ((input, place), (events, place)))
            .unzip();
        let fan_in = FanIn::new(taken, input);
        let fan_out = FanOut::new(pushed, recovered, common.tallies);
        let mut files = log_writer.file().syncer();
        let start = || {
            let log = spawn_log_writer(platform, strategy, log_writer, common)?;
            let syncer = spawn_syncer(platform, syncer, move || files.sync(), common)?;
            let release = spawn_release(common, strategy, releaser, (fan_out, requests))?;
            let submitted = Submitted { common, fan_in, told_time: ToldTime::default() };
            let sequencer = spawn_sequencer(platform, strategy, sequencer, submitted, common)?;
            let around = (common, ());
            let snapshots =
                SnapshotThread::start(platform, config.data.clone(), config.snapshots, around)?;
            Ok(Self { sequencer, log, syncer, release, snapshots })
        };
        start().inspect_err(|_| {
            shared.halt.fault(Fault::StagePanicked);
            common.look_around();
        })
    }

    /// Waits until all have ended; what the sequencer and the log writer leave.
    ///
    /// # Errors
    /// The fault that ended them.
    pub(super) fn join(
        self,
        common: &Common<P>,
    ) -> Result<(Book<'static>, LogDirectory<P>), Fault> {
        // All are waited for before the first failure is told.
        let (sequencer, log) = (self.sequencer.join(), self.log.join());
        let (syncer, release) = (self.syncer.join(), self.release.join());
        let snapshots = self.snapshots.join();
        if let State::Faulted(fault) = common.shared.halt.state() {
            return Err(fault);
        }
        let ended = (sequencer, log, syncer, release, snapshots);
        let (Ok(last_state), Ok(directory), Ok(()), Ok(()), Ok(())) = ended else {
            return Err(Fault::StagePanicked);
        };
        Ok((last_state.book, directory))
    }
}

/// What the sessions submit.
struct Submitted<P: Platform> {
    common: &'static Common<P>,
    fan_in: FanIn,
    told_time: ToldTime,
}

impl<P: Platform> Supply for Submitted<P> {
    /// Takes what the sessions submitted; when the host stops, all of it, and then nothing more.
    fn refill(&mut self) {
        let Self { common, fan_in, told_time } = self;
        let place_count = common.used_count();
        if !common.is_draining.is_set() {
            common.tell_time(told_time);
            let room = common.room(fan_in.under_way());
            fan_in.round(place_count, Takes::Readers, room);
            return;
        }
        fan_in.round(place_count, Takes::All, usize::MAX);
        if fan_in.is_empty() {
            common.shared.halt.stop();
        }
    }

    /// How long it is until an order expires.
    fn until_due(&self) -> Option<Duration> {
        let now_ns = self.common.platform.wall_clock_ns();
        self.told_time.until_due(self.common.shared.next_expiry.get(), now_ns)
    }
}

/// Starts the thread that delivers released events and wakes callers.
fn spawn_release<P: Platform>(
    common: &'static Common<P>,
    strategy: IdleStrategy,
    mut releaser: Releaser<'static>,
    (mut fan_out, requests): (FanOut, Receiver<Request>),
) -> io::Result<JoinHandle<()>> {
    let mut idle = Idle::with_bell(common.platform, strategy, &common.bells.release);
    Builder::new().name("hw-release".to_owned()).spawn(move || {
        let _guard = StageGuard(common);
        common.platform.pin_thread(ThreadRole::Gateway, Pinning::WhereCoresSuffice);
        loop {
            let mut worked = 0;
            while let Ok(request) = requests.try_recv() {
                fan_out.heed(request);
                // A session that was lagging may have commands waiting.
                common.bells.sequencer.ring();
                worked += 1;
            }
            let step = releaser.step(&mut |event: &Event| {
                if let EventKind::Configured { capacities, .. } = event.kind {
                    common.sessions_max.store(capacities.sessions, Ordering::Relaxed);
                }
                fan_out.deliver(event);
            });
            if let Step::Worked(count) = step {
                worked += count;
            }
            fan_out.wake(releaser.released(), common.shared.durable.get(), common.used_count());
            match step {
                Step::Done => break,
                Step::Worked(_) | Step::Idle if worked > 0 => idle.worked(worked),
                Step::Worked(_) | Step::Idle => idle.wait(),
            }
        }
        common.release_done.set();
    })
}
