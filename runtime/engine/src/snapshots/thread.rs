//! The thread `hw-snapshot`: makes a snapshot when the log has grown, when time has passed, or when
//! somebody asks, and never has the sequencer wait.

use super::SettleOutputs;
use super::maker::{Made, SnapshotMaker, SnapshotTrouble};
use super::pace::Pace;
use crate::config::{Keep, SnapshotPlan};
use crate::context::{EngineContext, ThreadGuard};
use crate::lag::{LagTotals, SnapshotLag};
use crate::notices::{Notice, NoticeSink};
use highwater::snapshot_plan::{Commands, SnapshotDue};
use highwater::stage::{Fault, Shared, State};
use highwater::types::Sequence;
use highwater_platform::wakeup::{ThresholdWakeup, Wakeups};
use highwater_platform::{Platform, Share};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

/// Why there are no more snapshots in this run.
const SPENT: &str = "this engine makes no more snapshots, for the reason given before; run again";
/// How long it waits before it tries again then.
const RETRY_PAUSE: Duration = Duration::from_millis(100);
/// How long it waits for a sync that it asked for before it looks again.
const SYNC_PAUSE: Duration = Duration::from_millis(1);

/// What was counted of snapshots; written by their thread, read by any.
#[derive(Debug, Default)]
pub struct SnapshotCounters {
    made_count: AtomicU64,
    failed_count: AtomicU64,
    newest: AtomicU64,
    packed_bytes: AtomicU64,
    plain_bytes: AtomicU64,
    retired_bytes: AtomicU64,
}

/// What the counters said at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SnapshotTotals {
    /// Snapshots made.
    pub made_count: u64,
    /// Snapshots that could not be made, for a reason that may pass.
    pub failed_count: u64,
    /// The last sequence of the newest one made; 0 when there is none.
    pub newest: Sequence,
    /// Bytes that segments had before they were packed.
    pub plain_bytes: u64,
    /// Bytes that they have now.
    pub packed_bytes: u64,
    /// Bytes of segments that were retired.
    pub retired_bytes: u64,
    /// How far the log has grown behind the newest one.
    pub lag: LagTotals,
}

impl SnapshotCounters {
    /// What was counted so far, of a log that is so far behind.
    pub fn totals(&self, lag: LagTotals) -> SnapshotTotals {
        SnapshotTotals {
            made_count: self.made_count.load(Ordering::Relaxed),
            failed_count: self.failed_count.load(Ordering::Relaxed),
            newest: Sequence(self.newest.load(Ordering::Relaxed)),
            plain_bytes: self.plain_bytes.load(Ordering::Relaxed),
            packed_bytes: self.packed_bytes.load(Ordering::Relaxed),
            retired_bytes: self.retired_bytes.load(Ordering::Relaxed),
            lag,
        }
    }

    fn made(&self, made: &Made) {
        self.made_count.fetch_add(1, Ordering::Relaxed);
        self.newest.store(made.sequence.0, Ordering::Relaxed);
        self.plain_bytes.fetch_add(made.kept.plain_bytes, Ordering::Relaxed);
        self.packed_bytes.fetch_add(made.kept.packed_bytes, Ordering::Relaxed);
        self.retired_bytes.fetch_add(made.kept.retired_bytes, Ordering::Relaxed);
    }
}

/// Asks for snapshots and is told of them; any thread may.
#[derive(Clone, Debug)]
pub struct SnapshotRequests(Arc<SharedRequests>);

#[derive(Debug)]
struct SharedRequests {
    /// Of the thread that makes them.
    alarm: &'static ThresholdWakeup,
    lag: &'static SnapshotLag,
    requests: Mutex<Requests>,
    changed: Condvar,
    counters: SnapshotCounters,
}

#[derive(Debug, Default)]
struct Requests {
    /// How many were asked for, and how many are answered.
    asked: u64,
    answered: u64,
    answer: Option<Result<Option<Made>, String>>,
    is_over: bool,
}

impl SnapshotRequests {
    /// Makes a snapshot of everything that is applied by now, and waits for it; `None` when nothing
    /// has come since the newest.
    ///
    /// # Errors
    /// Why none was made, in words; the engine stopped, for example.
    pub fn make_now(&self) -> Result<Option<Made>, String> {
        let mut requests = self.lock();
        requests.asked += 1;
        let mine = requests.asked;
        drop(requests);
        self.0.alarm.wakeup().wake();
        let mut requests = self.lock();
        while requests.answered < mine && !requests.is_over {
            requests = self.0.changed.wait(requests).unwrap_or_else(PoisonError::into_inner);
        }
        match &requests.answer {
            Some(answer) if requests.answered >= mine => answer.clone(),
            Some(_) | None => Err("the engine stops".to_owned()),
        }
    }

    /// What was counted so far.
    pub fn totals(&self) -> SnapshotTotals {
        self.0.counters.totals(self.0.lag.totals())
    }

    fn lock(&self) -> MutexGuard<'_, Requests> {
        self.0.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread, to be waited for when the engine has ended.
#[derive(Debug)]
pub struct SnapshotThread {
    requests: SnapshotRequests,
    thread: JoinHandle<()>,
}

impl SnapshotThread {
    /// Starts the thread beside an engine whose log lies in `data`. `outputs` are made durable
    /// before anything is retired.
    ///
    /// # Errors
    /// The system's, when it gives no thread.
    pub fn start<P: Platform>(
        platform: P,
        data: PathBuf,
        plan: SnapshotPlan,
        share: Share,
        context: &'static EngineContext,
        outputs: impl SettleOutputs,
        notices: NoticeSink,
    ) -> io::Result<Self> {
        let (wakeups, lag) = (&context.wakeups, &context.lag);
        let requests = SnapshotRequests(Arc::new(SharedRequests {
            alarm: &wakeups.snapshot,
            lag,
            requests: Mutex::default(),
            changed: Condvar::new(),
            counters: SnapshotCounters::default(),
        }));
        let worker = Worker {
            platform,
            data,
            keep: plan.keep,
            share,
            due: SnapshotDue::new(plan, platform.monotonic_ns()),
            shared: context.shared,
            wakeups,
            lag,
            outputs,
            notices,
            requests: requests.clone(),
            maker: Maker::Unopened,
            told_last: String::new(),
        };
        let thread = Builder::new().name("hw-snapshot".to_owned()).spawn(move || {
            let _guard = ThreadGuard(context);
            platform.take_share(share);
            worker.run(context);
        })?;
        Ok(Self { requests, thread })
    }

    /// Where snapshots are asked for.
    pub fn requests(&self) -> SnapshotRequests {
        self.requests.clone()
    }

    /// Waits for the thread; it ends when the engine stops.
    ///
    /// # Errors
    /// It panicked, which is a defect.
    pub fn join(self) -> std::thread::Result<()> {
        self.thread.join()
    }
}

/// The maker, whose book follows the log from one snapshot to the next.
enum Maker<P: Platform> {
    /// No snapshot was wanted yet.
    Unopened,
    Following(Box<SnapshotMaker<P>>),
    /// Its book is not to be used again, and another would be memory that is never given back.
    Spent,
}

struct Worker<P: Platform, O> {
    platform: P,
    data: PathBuf,
    keep: Keep,
    /// Of processor time, while every core is busy.
    share: Share,
    /// Decides when one is made.
    due: SnapshotDue,
    shared: &'static Shared,
    wakeups: &'static Wakeups,
    lag: &'static SnapshotLag,
    outputs: O,
    notices: NoticeSink,
    requests: SnapshotRequests,
    maker: Maker<P>,
    /// The trouble that the user was told of last.
    told_last: String,
}

impl<P: Platform, O> Drop for Worker<P, O> {
    /// Whoever waits for a snapshot is told that there is none any more, after a panic too.
    fn drop(&mut self) {
        self.requests.lock().is_over = true;
        self.requests.0.changed.notify_all();
    }
}

impl<P: Platform, O: SettleOutputs> Worker<P, O> {
    fn run(mut self, context: &EngineContext) {
        while is_running(self.shared) {
            let asked = self.wait();
            self.lag.warn(&self.notices);
            if asked.is_some() || self.is_due() {
                // Nobody is told of one that the end of the engine came before.
                if let Some(answer) = self.make() {
                    self.account_for(&answer, context);
                    let is_made = answer.is_ok();
                    self.tell(asked, answer);
                    if !is_made {
                        self.pause_before_retry();
                    }
                }
            }
        }
    }

    /// Lets commands be taken again behind a snapshot. When none can be made though they are held,
    /// tries again soon, and lets the engine stop in the end.
    fn account_for(
        &mut self,
        answer: &Result<Option<Made>, SnapshotTrouble>,
        context: &EngineContext,
    ) {
        match answer {
            Ok(_) => {
                self.lag.made(self.due.made());
                self.wakeups.wake_all();
            }
            Err(SnapshotTrouble::Passing(why)) if self.lag.is_held() => {
                let is_often = self.due.failed_while_held();
                if is_often || matches!(self.maker, Maker::Spent) {
                    self.lag.give_up(why);
                    context.given_up();
                }
            }
            // Another process will have made one; and who finds the log wrong stops the engine.
            Err(_) => {}
        }
    }

    /// Waits a little where a snapshot could not be made and commands are held for it.
    fn pause_before_retry(&self) {
        if self.is_held() {
            self.platform.sleep(RETRY_PAUSE);
        }
    }

    /// Waits until somebody asks, which is the number of the last who did, until a snapshot is due,
    /// or until the engine stops.
    fn wait(&self) -> Option<u64> {
        loop {
            let alarm = &self.wakeups.snapshot;
            alarm.announce(self.due.due_at_bytes(self.lag.log_bytes()));
            let asked = self.asked();
            if asked.is_some() || self.is_due() || !is_running(self.shared) {
                alarm.cancel();
                return asked;
            }
            let now_ns = self.platform.monotonic_ns();
            alarm.sleep(self.due.until_due(self.lag.log_bytes(), now_ns));
        }
    }

    /// The number of the last who asked and has no answer.
    fn asked(&self) -> Option<u64> {
        let requests = self.requests.lock();
        (requests.asked > requests.answered).then_some(requests.asked)
    }

    fn is_due(&self) -> bool {
        let commands = if self.is_held() { Commands::Held } else { Commands::Taken };
        self.due.is_due(self.lag.log_bytes(), self.platform.monotonic_ns(), commands)
    }

    /// Whether commands are held for a snapshot that there may be.
    fn is_held(&self) -> bool {
        self.lag.is_held() && self.lag.given_up().is_none()
    }

    /// Makes what is applied by now durable, follows it, and makes the snapshot; `None` when the
    /// engine stops before that.
    fn make(&mut self) -> Option<Result<Option<Made>, SnapshotTrouble>> {
        self.due.begin(self.lag.log_bytes(), self.platform.monotonic_ns());
        let wanted = self.shared.applied.get();
        self.shared.sync_wanted.ask(wanted);
        self.wakeups.wake_for_sync();
        while self.shared.durable.get() < wanted && is_running(self.shared) {
            self.platform.sleep(SYNC_PAUSE);
        }
        let (shared, lag, notices) = (self.shared, self.lag, self.notices.clone());
        let pace = Pace::begin(self.platform, self.share);
        let go_on = move || {
            pace.keep();
            lag.warn(&notices);
            is_running(shared)
        };
        let mut maker = match std::mem::replace(&mut self.maker, Maker::Spent) {
            Maker::Unopened => match SnapshotMaker::open(self.platform, &self.data, self.share) {
                Ok(maker) => Box::new(maker),
                Err(trouble) => {
                    self.maker = Maker::Unopened;
                    return Some(Err(trouble));
                }
            },
            Maker::Following(maker) => maker,
            Maker::Spent => return Some(Err(SnapshotTrouble::Passing(SPENT.to_owned()))),
        };
        let followed = maker.follow(shared.durable.get(), &go_on);
        let made = match followed {
            Ok(()) if !go_on() => None,
            Ok(()) => {
                if let Err(sentence) = self.outputs.settle(&go_on) {
                    self.notices.give(&Notice::OutputsUnsettled(sentence));
                }
                Some(maker.make(self.keep, &go_on))
            }
            Err(trouble) => Some(Err(trouble)),
        };
        if !maker.is_spent() {
            // What could not be read or written this time is tried again with the next snapshot.
            self.maker = Maker::Following(maker);
        }
        made
    }

    /// Counts the outcome, tells who asked, and stops the engine where the log is not what it did.
    fn tell(&mut self, asked: Option<u64>, answer: Result<Option<Made>, SnapshotTrouble>) {
        let counters = &self.requests.0.counters;
        match &answer {
            Ok(Some(made)) => {
                counters.made(made);
                if let Some(trouble) = &made.trouble {
                    self.notices.give(&Notice::SegmentsUntreated(trouble.clone()));
                }
            }
            Ok(None) => {}
            Err(trouble) => {
                counters.failed_count.fetch_add(1, Ordering::Relaxed);
                let text = trouble.to_string();
                // Tried again and again while commands are held, it is said once.
                if !self.lag.is_held() || self.told_last != text {
                    self.notices.give(&Notice::NoSnapshot(text.clone()));
                }
                self.told_last = text;
                if let SnapshotTrouble::Log(_) | SnapshotTrouble::Unsound(_) = trouble {
                    self.shared.halt.fault(Fault::ReplayDiffers);
                }
            }
        }
        let mut requests = self.requests.lock();
        if let Some(asked) = asked {
            requests.answered = asked;
            requests.answer = Some(answer.map_err(|trouble| trouble.to_string()));
            self.requests.0.changed.notify_all();
        }
    }
}

fn is_running(shared: &Shared) -> bool {
    match shared.halt.state() {
        State::Running => true,
        State::Stopping | State::Faulted(_) => false,
    }
}
