//! The thread `hw-snapshot`: makes a snapshot when the log has grown, when time has passed, or when
//! somebody asks, and never has the sequencer wait.

use super::SettleOutputs;
use super::followed_book::{Audience, FollowedBook};
use super::maker::{Made, SPENT, SnapshotMaker, SnapshotTrouble};
use super::pace::Pace;
use super::requests::SnapshotRequests;
use crate::config::{Config, Keep, nanoseconds};
use crate::context::{EngineContext, ThreadGuard};
use crate::lag::SnapshotLag;
use crate::notices::{Notice, NoticeSink};
use highwater::snapshot_plan::{Commands, SnapshotDue};
use highwater::stage::{Fault, Shared, State};
use highwater_platform::{Platform, Share};
use std::io;
use std::path::PathBuf;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

/// How long it waits before it tries again then.
const RETRY_PAUSE: Duration = Duration::from_millis(100);
/// How long it waits for a sync that it asked for before it looks again.
const SYNC_PAUSE: Duration = Duration::from_millis(1);

/// The thread, to be waited for when the engine has ended.
#[derive(Debug)]
pub struct SnapshotThread {
    requests: SnapshotRequests,
    thread: JoinHandle<()>,
}

impl SnapshotThread {
    /// Starts the thread of an engine. `outputs` are made durable before anything is retired.
    ///
    /// # Errors
    /// The system's, when it gives no thread.
    pub fn start<P: Platform>(
        platform: P,
        config: &Config,
        context: &'static EngineContext,
        outputs: impl SettleOutputs,
        notices: NoticeSink,
    ) -> io::Result<Self> {
        let share = config.snapshot_share;
        let book = FollowedBook::new(match config.questions {
            Some(_) => Audience::Anybody,
            None => Audience::Nobody,
        });
        let requests = SnapshotRequests::new(context, book);
        let worker = Worker {
            platform,
            data: config.data.clone(),
            keep: config.snapshots.keep,
            share,
            due: SnapshotDue::new(config.snapshots, platform.monotonic_ns()),
            context,
            shared: context.shared,
            lag: &context.lag,
            outputs,
            notices,
            requests: requests.clone(),
            maker: Maker::Unopened,
            questions: config.questions.map(Questions::begin),
            told_last: String::new(),
        };
        let thread = Builder::new().name("hw-snapshot".to_owned()).spawn(move || {
            let _guard = ThreadGuard(context);
            platform.take_share(share);
            worker.run();
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

/// When the book is followed for those who ask.
#[derive(Clone, Copy)]
struct Questions {
    /// How far it may be behind what is durable.
    lag_ns: u64,
    /// When it is followed again, if something has become durable.
    due_at_ns: u64,
    /// Whether it could not be followed the last time.
    is_failing: bool,
}

impl Questions {
    fn begin(lag: Duration) -> Self {
        Self { lag_ns: nanoseconds(lag), due_at_ns: 0, is_failing: false }
    }
}

struct Worker<P: Platform, O> {
    platform: P,
    data: PathBuf,
    keep: Keep,
    /// Of processor time, while every core is busy.
    share: Share,
    /// Decides when one is made.
    due: SnapshotDue,
    context: &'static EngineContext,
    shared: &'static Shared,
    lag: &'static SnapshotLag,
    outputs: O,
    notices: NoticeSink,
    requests: SnapshotRequests,
    maker: Maker<P>,
    questions: Option<Questions>,
    /// The trouble that the user was told of last.
    told_last: String,
}

impl<P: Platform, O> Drop for Worker<P, O> {
    /// Whoever waits for a snapshot is told that there is none any more, after a panic too.
    fn drop(&mut self) {
        self.requests.close();
    }
}

impl<P: Platform, O: SettleOutputs> Worker<P, O> {
    fn run(mut self) {
        while is_running(self.shared) {
            let asked = self.wait();
            self.lag.warn(&self.notices);
            if asked.is_some() || self.is_due() {
                // Nobody is told of one that the end of the engine came before.
                if let Some(answer) = self.make() {
                    self.account_for(&answer);
                    let is_made = answer.is_ok();
                    self.tell(asked, answer);
                    if !is_made {
                        self.pause_before_retry();
                    }
                }
            } else if self.is_question_due() {
                self.follow_for_questions();
            }
        }
    }

    /// Follows what is durable by now, so that the book can be asked about it.
    fn follow_for_questions(&mut self) {
        let from_ns = self.platform.monotonic_ns();
        let followed = self.follow();
        let Some(questions) = &mut self.questions else {
            return;
        };
        questions.due_at_ns = from_ns.saturating_add(questions.lag_ns);
        // Tried again and again, it is said once.
        let was_failing = std::mem::replace(&mut questions.is_failing, followed.is_err());
        let Err(trouble) = followed else {
            return;
        };
        if !was_failing {
            self.notices.give(&Notice::BookNotFollowed(trouble.reason()));
        }
        if trouble.is_final() {
            self.shared.halt.fault(Fault::ReplayDiffers);
        } else if let Maker::Spent = self.maker {
            self.questions = None;
        } else {
            self.platform.sleep(RETRY_PAUSE);
        }
    }

    /// Lets commands be taken again behind a snapshot. When none can be made though they are held,
    /// tries again soon, and lets the engine stop in the end.
    fn account_for(&mut self, answer: &Result<Option<Made>, SnapshotTrouble>) {
        match answer {
            Ok(_) => {
                self.lag.made(self.due.made());
                self.context.wakeups.wake_all();
            }
            Err(SnapshotTrouble::Passing(why)) if self.lag.is_held() => {
                let is_often = self.due.failed_while_held();
                if is_often || matches!(self.maker, Maker::Spent) {
                    self.lag.give_up(why);
                    self.context.given_up();
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
            let alarm = &self.context.wakeups.snapshot;
            alarm.announce(self.due_at_bytes());
            let asked = self.requests.asked();
            let is_due = asked.is_some() || self.is_due() || self.is_question_due();
            if is_due || !is_running(self.shared) {
                alarm.cancel();
                return asked;
            }
            let now_ns = self.platform.monotonic_ns();
            let until_due = self.due.until_due(self.lag.log_bytes(), now_ns);
            let until_question = self.until_question(now_ns);
            alarm.sleep(until_due.into_iter().chain(until_question).min());
        }
    }

    /// How many bytes the log has when there is something to do: the next ones where the book is to
    /// be followed and has nothing to follow.
    fn due_at_bytes(&self) -> u64 {
        let log_bytes = self.lag.log_bytes();
        let next = if self.questions.is_some() && !self.has_grown() {
            log_bytes.saturating_add(1)
        } else {
            u64::MAX
        };
        self.due.due_at_bytes(log_bytes).min(next)
    }

    /// Whether there is anything that the book has not followed.
    fn has_grown(&self) -> bool {
        self.shared.appended.get() > self.requests.book().sequence()
    }

    /// Whether the book is to be followed for those who ask.
    fn is_question_due(&self) -> bool {
        let Some(questions) = self.questions else {
            return false;
        };
        let book = self.requests.book();
        let is_time = self.platform.monotonic_ns() >= questions.due_at_ns || book.is_wanted();
        // At the start the book is not there, and there may be nothing in the log.
        let is_new = matches!(self.maker, Maker::Unopened) && questions.due_at_ns == 0;
        is_time && (is_new || self.shared.durable.get() > book.sequence())
    }

    /// How long it is until the book is to be followed; `None` while there is nothing to follow.
    fn until_question(&self, now_ns: u64) -> Option<Duration> {
        let questions = self.questions.filter(|_| self.has_grown())?;
        let left = Duration::from_nanos(questions.due_at_ns.saturating_sub(now_ns));
        // It is time, and what has come is not durable yet: nobody says when it is.
        let is_time = left.is_zero() || self.requests.book().is_wanted();
        Some(if is_time { SYNC_PAUSE } else { left })
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
        self.context.ask_sync(wanted);
        while self.shared.durable.get() < wanted && is_running(self.shared) {
            self.platform.sleep(SYNC_PAUSE);
        }
        if let Err(trouble) = self.follow() {
            return Some(Err(trouble));
        }
        let go_on = self.go_on();
        let Maker::Following(maker) = &mut self.maker else {
            return None;
        };
        if !go_on() {
            return None;
        }
        if let Err(sentence) = self.outputs.settle(&go_on) {
            self.notices.give(&Notice::OutputsUnsettled(sentence));
        }
        Some(maker.make(self.keep, &go_on))
    }

    /// Whether to go on, asked between pieces of work.
    fn go_on(&self) -> impl Fn() -> bool + use<P, O> {
        let (shared, lag, notices) = (self.shared, self.lag, self.notices.clone());
        let pace = Pace::begin(self.platform, self.share);
        move || {
            pace.keep();
            lag.warn(&notices);
            is_running(shared)
        }
    }

    /// Lets the maker follow what is durable by now. What could not be read this time is tried
    /// again the next time, unless the maker is spent.
    fn follow(&mut self) -> Result<(), SnapshotTrouble> {
        let go_on = self.go_on();
        if let Maker::Unopened = self.maker {
            let book = self.requests.book().clone();
            let maker = SnapshotMaker::open(self.platform, &self.data, self.share, book)?;
            self.maker = Maker::Following(Box::new(maker));
        }
        let Maker::Following(maker) = &mut self.maker else {
            return Err(SnapshotTrouble::Passing(SPENT.to_owned()));
        };
        let followed = maker.follow(self.shared.durable.get(), &go_on);
        if maker.is_spent() {
            self.maker = Maker::Spent;
        }
        followed
    }

    /// Counts the outcome, tells who asked, and stops the engine where the log is not what it did.
    fn tell(&mut self, asked: Option<u64>, answer: Result<Option<Made>, SnapshotTrouble>) {
        self.requests.count(&answer);
        match &answer {
            Ok(Some(made)) => {
                if let Some(trouble) = &made.trouble {
                    self.notices.give(&Notice::SegmentsUntreated(trouble.clone()));
                }
            }
            Ok(None) => {}
            Err(trouble) => {
                let text = trouble.to_string();
                // Tried again and again while commands are held, it is said once.
                if !self.lag.is_held() || self.told_last != text {
                    self.notices.give(&Notice::NoSnapshot(text.clone()));
                }
                self.told_last = text;
                if trouble.is_final() {
                    self.shared.halt.fault(Fault::ReplayDiffers);
                }
            }
        }
        if let Some(asked) = asked {
            self.requests.answer(asked, answer);
        }
    }
}

fn is_running(shared: &Shared) -> bool {
    match shared.halt.state() {
        State::Running => true,
        State::Stopping | State::Faulted(_) => false,
    }
}
