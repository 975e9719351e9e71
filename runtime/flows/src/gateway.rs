//! The gateway: one thread that pushes commands, takes released events, and writes down what they
//! say.
//!
//! It never waits for the engine: when the input ring is full it goes on releasing, and offers the
//! command again.

mod answers;
mod in_flight;

use crate::feed::{Fed, Feed, FeedEnd, seq_of};
use crate::outputs::{OutputError, OutputSync};
use crate::run_outputs::RunOutputs;
pub use answers::AnswerTracker;
use highwater::command::{Action, TimedCommand};
use highwater::event::{CommandEnd, Event, EventSink};
use highwater::releaser::Releaser;
use highwater::ring::Producer;
use highwater::stage::{Fault, State, Step};
use highwater::types::{ClientSequence, Sequence};
use highwater_engine::context::EngineContext;
use highwater_engine::expiry_clock::ExpiryClock;
use highwater_engine::ports::{EventPort, Released};
use highwater_platform::Platform;
use highwater_platform::idle::Idle;
use highwater_platform::latency::Latencies;
use highwater_platform::signals::StopFlag;
use in_flight::InFlight;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Commands that are pushed before the gateway looks at the released events again.
const PUSHED_AT_ONCE: usize = 64;

/// How often commands are offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfferRate {
    /// As fast as the engine takes them.
    Unlimited,
    /// This many a second, by the clock, whatever the engine does; latencies count from the
    /// intended time.
    PerSecond(u64),
}

/// What others may watch while the gateway works.
#[derive(Debug, Default)]
pub struct Progress {
    /// Fresh commands of the flow whose events have been released.
    pub released_count: AtomicU64,
    /// The last sequence that was released whole.
    pub released: AtomicU64,
}

/// What the gateway works with besides the engine.
#[derive(Debug)]
pub struct GatewayPort {
    /// Where commands go.
    pub input: Producer<'static, TimedCommand>,
    /// Where commands come from.
    pub feed: Feed,
    /// Where events go.
    pub answers: AnswerTracker,
    /// Who wants to know how far the outputs were handed to the system.
    pub output_sync: Arc<OutputSync>,
    /// How often commands are offered.
    pub offer_rate: OfferRate,
    /// How long commands are taken; as long as there are some when `None`.
    pub lasts: Option<Duration>,
    /// The wish to stop.
    pub stop: StopFlag,
    /// For others to watch.
    pub progress: Arc<Progress>,
}

/// The gateway at work: its thread takes events and pushes commands.
#[derive(Debug)]
struct Gateway<P> {
    port: GatewayPort,
    platform: P,
    releaser: Releaser<'static>,
    idle: Idle<P>,
    context: &'static EngineContext,
}

/// How a gateway's work ended, and what it saw.
#[derive(Debug)]
pub struct GatewayReport {
    /// Why it ended.
    pub end: GatewayEnd,
    /// Where the events went, with what was counted.
    pub run_outputs: RunOutputs,
    /// From offering a command to its answer, durable as the mode wants it.
    pub acknowledgement: Latencies,
    /// Fresh commands that were pushed.
    pub pushed_count: u64,
    /// Lines that the log held already.
    pub skipped_count: u64,
    /// What there is to say of the flow's lines: a sentence.
    pub notice: Option<String>,
    /// From the first push to the last release, in nanoseconds.
    pub elapsed_ns: u64,
    /// The last sequence that was released whole.
    pub released: Sequence,
    /// The flow's last `seq` whose events were all released.
    pub last_seq: ClientSequence,
    /// The most commands that were released and not durable at one time.
    pub exposed_count_max: u64,
}

/// Why a gateway's work ended.
#[derive(Debug)]
pub enum GatewayEnd {
    /// The feed ended by itself.
    Fed(FeedEnd),
    /// Somebody wished to stop, or nobody reads the output any more.
    Stopped,
    /// Output could not be written.
    Output(OutputError),
    /// The log had grown as far behind the newest snapshot as it may, and none could be made: the
    /// sentence.
    SnapshotsBehind(String),
    /// The engine stopped by itself.
    Fault(Fault),
}

impl<P: Platform> EventPort<P> for GatewayPort {
    type Output = GatewayReport;

    const THREAD_NAME: &'static str = "hw-gateway";

    fn run(self, released: Released<P>) -> GatewayReport {
        let Released { platform, releaser, idle, context } = released;
        Gateway { port: self, platform, releaser, idle, context }.work()
    }
}

impl<P: Platform> Gateway<P> {
    /// Works until the feed ends or somebody wishes to stop, then until everything pushed is
    /// released.
    fn work(mut self) -> GatewayReport {
        let start_ns = self.platform.monotonic_ns();
        let wakeups = &self.context.wakeups;
        self.port.stop.wakes(&wakeups.release);
        self.port.feed.wakes(&wakeups.release);
        let mut in_flight = InFlight::new(self.port.offer_rate, start_ns);
        let end_ns = self.port.lasts.map_or(u64::MAX, |lasts| {
            start_ns.saturating_add(u64::try_from(lasts.as_nanos()).unwrap_or(u64::MAX))
        });
        let mut end = None;
        loop {
            let mut worked = match self.release(&mut in_flight) {
                Step::Worked(count) => count,
                Step::Idle => 0,
                Step::Done => break,
            };
            if self.port.output_sync.is_asked() {
                self.hand_over();
            }
            if end.is_none() {
                end = self.trouble();
                if end.is_none() && self.platform.monotonic_ns() >= end_ns {
                    end = Some(GatewayEnd::Fed(FeedEnd::LimitReached));
                }
                if end.is_none() {
                    let (pushed_count, fed) = self.push(&mut in_flight);
                    worked += pushed_count;
                    end = fed.map(GatewayEnd::Fed);
                }
                if end.is_some() {
                    // Nothing is pushed from here on: the engine finishes what it has.
                    self.context.shared.halt.stop();
                    wakeups.wake_all();
                }
            }
            if worked > 0 {
                self.idle.worked(worked);
            } else {
                self.wait(&in_flight, end.is_none().then_some(end_ns));
            }
        }
        self.report(&in_flight, end)
    }

    /// Hands what the outputs have buffered to the system, for who makes it durable.
    #[cold]
    fn hand_over(&mut self) {
        if self.port.answers.run_outputs.flush() {
            self.port.output_sync.answer(self.releaser.released());
        } else {
            self.port.output_sync.end();
        }
    }

    /// Waits until it is woken, or something is due: until `end_ns`, and for nothing when the feed
    /// has ended.
    fn wait(&mut self, in_flight: &InFlight, end_ns: Option<u64>) {
        let (platform, shared) = (self.platform, self.context.shared);
        let keeps_time = self.port.feed.keeps_time();
        self.idle.wait_at_most(|| {
            let end_ns = end_ns?;
            let now_ns = platform.monotonic_ns();
            let until_told = if keeps_time {
                None
            } else {
                let next_expiry_ns = shared.next_expiry.get();
                in_flight.expiry_clock.until_due(next_expiry_ns, platform.wall_clock_ns())
            };
            let until_end =
                (end_ns < u64::MAX).then(|| Duration::from_nanos(end_ns.saturating_sub(now_ns)));
            [until_told, in_flight.until_due(now_ns), until_end].into_iter().flatten().min()
        });
    }

    /// Why the gateway should end before its feed does.
    fn trouble(&mut self) -> Option<GatewayEnd> {
        match self.port.answers.run_outputs.take_error() {
            Some(error) if error.is_broken_pipe() => Some(GatewayEnd::Stopped),
            Some(error) => Some(GatewayEnd::Output(error)),
            None if self.port.stop.is_raised() => Some(GatewayEnd::Stopped),
            None => {
                let why = self.context.lag.given_up()?;
                Some(GatewayEnd::SnapshotsBehind(why.to_owned()))
            }
        }
    }

    /// Pushes what is due and has room; returns how many commands, and why the feed ended if it
    /// did.
    fn push(&mut self, in_flight: &mut InFlight) -> (usize, Option<FeedEnd>) {
        let now_ns = self.platform.monotonic_ns();
        let timestamp_ns = self.platform.wall_clock_ns();
        let next_expiry_ns = self.context.shared.next_expiry.get();
        if !self.port.feed.keeps_time()
            && self.port.feed.is_clear()
            && in_flight.expiry_clock.is_due(next_expiry_ns, timestamp_ns)
        {
            self.port.feed.operate(Action::Clock { now_ns: timestamp_ns });
        }
        let due = in_flight.due(now_ns);
        let room = self.port.input.room().min(PUSHED_AT_ONCE).min(self.room_of_lag(in_flight));
        in_flight.waits_for_others = room == 0;
        let mut end = None;
        // The program's own commands go at any pace.
        while in_flight.batch.len() < room
            && (in_flight.batch.len() < due || self.port.feed.next_is_own())
        {
            let command = match self.port.feed.feed() {
                Fed::Command(command) => command,
                Fed::Pending => {
                    in_flight.waits_for_others = true;
                    break;
                }
                Fed::End(why) => {
                    end = Some(why);
                    break;
                }
            };
            if seq_of(command.session, command.client_sequence).is_some() {
                in_flight.pushed(now_ns);
            }
            self.port.answers.run_outputs.expect(&command);
            in_flight.batch.push(TimedCommand { timestamp_ns, command });
        }
        let pushed_count = self.port.input.push_many(&in_flight.batch);
        assert_eq!(pushed_count, in_flight.batch.len(), "there is room");
        if pushed_count > 0 {
            self.context.wakeups.wake_for_command();
        }
        in_flight.batch.clear();
        (pushed_count, end)
    }

    /// How many commands may go so that snapshots do not fall behind too far. Where there is room
    /// for none, though none is under way, commands are held until a snapshot is made.
    fn room_of_lag(&self, in_flight: &InFlight) -> usize {
        let EngineContext { lag, wakeups, .. } = self.context;
        let room = lag.room(in_flight.under_way());
        if room > 0 {
            lag.let_go();
        } else if lag.holds(1) && lag.hold() {
            wakeups.snapshot.wakeup().wake();
        }
        room
    }

    /// Releases some events and writes them down.
    fn release(&mut self, in_flight: &mut InFlight) -> Step {
        let Self { port: GatewayPort { answers, .. }, platform, releaser, .. } = self;
        let (now_ns, until_clock, platform) = (0, 1, *platform);
        let step =
            releaser.step(&mut Writing { answers, in_flight, platform, now_ns, until_clock });
        answers.run_outputs.acknowledge(answers.whole(releaser.released()));
        let Progress { released_count, released } = &*self.port.progress;
        released_count.store(answers.answer_count, Ordering::Relaxed);
        released.store(releaser.released().0, Ordering::Relaxed);
        step
    }

    fn report(mut self, in_flight: &InFlight, end: Option<GatewayEnd>) -> GatewayReport {
        let elapsed_ns = self.platform.monotonic_ns() - in_flight.start_ns;
        self.port.output_sync.end();
        let _has_failed = !self.port.answers.run_outputs.flush();
        let end = match self.context.shared.halt.state() {
            State::Faulted(fault) => GatewayEnd::Fault(fault),
            State::Running | State::Stopping => match (end, self.trouble()) {
                // That nobody reads the output makes no malformed line well-formed. But a signal of
                // a terminal ends who writes into the pipe too, and then the line is only cut.
                (end @ Some(GatewayEnd::Fed(FeedEnd::BadLine(_))), Some(GatewayEnd::Stopped))
                    if !self.port.stop.is_raised() =>
                {
                    end
                }
                (end, trouble) => trouble.or(end),
            }
            .unwrap_or(GatewayEnd::Stopped),
        };
        let last_seq = self.port.answers.whole(self.releaser.released());
        GatewayReport {
            end,
            run_outputs: self.port.answers.run_outputs,
            acknowledgement: self.port.answers.acknowledgement,
            pushed_count: in_flight.pushed_count,
            skipped_count: self.port.feed.skipped_count(),
            notice: self.port.feed.notice().map(str::to_owned),
            elapsed_ns,
            last_seq,
            released: self.releaser.released(),
            exposed_count_max: self.releaser.exposed_count_max(),
        }
    }
}

/// Released events that share one reading of the clock, at most.
const EVENTS_PER_CLOCK_READING: u32 = 32;

/// Writes down what is released.
struct Writing<'w, P> {
    answers: &'w mut AnswerTracker,
    in_flight: &'w mut InFlight,
    platform: P,
    /// The clock as it was last read.
    now_ns: u64,
    /// Events until it is read again.
    until_clock: u32,
}

impl<P: Platform> EventSink for Writing<'_, P> {
    #[inline]
    fn event(&mut self, event: &Event) {
        self.until_clock -= 1;
        if self.until_clock == 0 {
            self.until_clock = EVENTS_PER_CLOCK_READING;
            self.now_ns = self.platform.monotonic_ns();
        }
        self.answers.run_outputs.event(event);
        if let Some(client_sequence) = event.answers()
            && let Some(client_sequence) = seq_of(event.session, client_sequence)
        {
            self.answers.answered(event, client_sequence);
            if let Some(meant_ns) = self.in_flight.answered() {
                self.answers.acknowledgement.record(self.now_ns.saturating_sub(meant_ns));
            }
        }
    }

    fn end(&mut self, end: CommandEnd) {
        self.answers.run_outputs.end(end);
    }
}
