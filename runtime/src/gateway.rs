//! The gateway: one thread that pushes commands, takes released events, and writes down what they
//! say.
//!
//! It never waits for the engine: when the input ring is full it goes on releasing, and offers the
//! command again.

use crate::feed::{FLOW_SESSION, Fed, Feed, FeedEnd};
use crate::idle::Idle;
use crate::latency::Latencies;
use crate::outputs::OutputError;
use crate::platform::{Pinning, Platform, ThreadRole};
use crate::signals::StopFlag;
use crate::stages::Neighbourhood;
use crate::told::Told;
use highwater::command::{Action, Arrival, Command};
use highwater::event::{Event, EventKind};
use highwater::releaser::Releaser;
use highwater::ring::Producer;
use highwater::stage::{Fault, State, Step};
use highwater::types::{ClientSequence, Sequence, SessionId};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Commands that are pushed before the gateway looks at the released events again.
const PUSHED_AT_ONCE: usize = 64;

/// How long a pipe that is silent is believed to stay so.
const SILENCE_LASTS: Duration = Duration::from_micros(50);
/// How often the gateway looks at least whether somebody wishes to stop, whether an order has
/// expired, and how much time is left.
const WISHES_EVERY: Duration = Duration::from_millis(10);

/// How often commands are offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
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
}

/// Everything the gateway works with.
#[derive(Debug)]
pub struct Gateway<P> {
    /// The system.
    pub platform: P,
    /// Where commands go.
    pub arrivals: Producer<'static, Arrival>,
    /// Where events come from.
    pub releaser: Releaser<'static>,
    /// What the threads have in common.
    pub neighbourhood: &'static Neighbourhood,
    /// Where commands come from.
    pub feed: Feed,
    /// Where events go.
    pub ledger: Ledger,
    /// How often commands are offered.
    pub pace: Pace,
    /// How long commands are taken; as long as there are some when `None`.
    pub lasts: Option<Duration>,
    /// The wish to stop.
    pub stop: StopFlag,
    /// For others to watch.
    pub progress: Arc<Progress>,
    /// What it does while there is nothing to do.
    pub idle: Idle<P>,
}

/// How a gateway's work ended, and what it saw.
#[derive(Debug)]
pub struct GatewayReport {
    /// Why it ended.
    pub end: GatewayEnd,
    /// Where the events went, with what was counted.
    pub told: Told,
    /// From offering a command to its answer, durable as the mode wants it.
    pub acknowledgement: Latencies,
    /// Fresh commands that were pushed.
    pub pushed_count: u64,
    /// Lines that the log held already.
    pub skipped_count: u64,
    /// From the first push to the last release, in nanoseconds.
    pub elapsed_ns: u64,
    /// The last sequence that was released whole.
    pub released: Sequence,
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
    /// The engine stopped by itself.
    Fault(Fault),
}

impl<P: Platform> Gateway<P> {
    /// Works until the feed ends or somebody wishes to stop, then until everything pushed is
    /// released.
    pub fn work(mut self) -> GatewayReport {
        self.platform.pin_thread(ThreadRole::Gateway, Pinning::WhereCoresSuffice);
        let start_ns = self.platform.monotonic_ns();
        let mut flight = Flight {
            pace: self.pace,
            start_ns,
            pushed_count: 0,
            unanswered: VecDeque::new(),
            waiting: None,
            is_silent: false,
            told_time: ToldTime::default(),
        };
        let end_ns = self.lasts.map_or(u64::MAX, |lasts| {
            start_ns.saturating_add(u64::try_from(lasts.as_nanos()).unwrap_or(u64::MAX))
        });
        let mut end = None;
        loop {
            let released = self.release(&mut flight);
            if released == Step::Done {
                break;
            }
            let mut worked = released != Step::Idle;
            if end.is_none() {
                end = self.trouble();
                if end.is_none() && self.platform.monotonic_ns() >= end_ns {
                    end = Some(GatewayEnd::Fed(FeedEnd::LimitReached));
                }
                if end.is_none() {
                    let (pushed_count, fed) = self.push(&mut flight);
                    worked |= pushed_count > 0;
                    end = fed.map(GatewayEnd::Fed);
                }
                if end.is_some() {
                    // Nothing is pushed from here on: the engine finishes what it has.
                    self.neighbourhood.shared.halt.stop();
                    self.neighbourhood.bells.ring_all();
                }
            }
            if worked != self.idle.is_busy() {
                // It begins to work, or has nothing left to do.
                self.neighbourhood.bells.ring_for_command();
            }
            if worked {
                self.idle.worked();
            } else {
                let platform = self.platform;
                self.idle.wait_at_most(|| Some(flight.until_due(platform.monotonic_ns())));
            }
        }
        self.report(&flight, end)
    }

    /// Why the gateway should end before its feed does.
    fn trouble(&mut self) -> Option<GatewayEnd> {
        match self.ledger.told.take_error() {
            Some(error) if error.is_broken_pipe() => Some(GatewayEnd::Stopped),
            Some(error) => Some(GatewayEnd::Output(error)),
            None => self.stop.is_raised().then_some(GatewayEnd::Stopped),
        }
    }

    /// Pushes what is due and has room; returns how many commands, and why the feed ended if it
    /// did.
    fn push(&mut self, flight: &mut Flight) -> (usize, Option<FeedEnd>) {
        let now_ns = self.platform.monotonic_ns();
        let timestamp_ns = self.platform.wall_clock_ns();
        let next_expiry_ns = self.neighbourhood.shared.next_expiry.get();
        if self.feed.is_clear() && flight.told_time.tells(next_expiry_ns, timestamp_ns) {
            self.feed.operate(Action::Clock { now_ns: timestamp_ns });
        }
        let due = flight.due(now_ns);
        flight.is_silent = false;
        let (mut pushed, mut fed) = (0, None);
        while pushed < due || flight.waiting_is_operators() || self.feed.next_is_operators() {
            let command = match flight.waiting.take() {
                Some(command) => command,
                None => match self.feed.feed() {
                    Fed::Command(command) => command,
                    Fed::Pending => {
                        flight.is_silent = true;
                        break;
                    }
                    Fed::End(end) => {
                        fed = Some(end);
                        break;
                    }
                },
            };
            if self.arrivals.push(Arrival { timestamp_ns, command }).is_err() {
                flight.waiting = Some(command);
                break;
            }
            if command.session == FLOW_SESSION {
                flight.pushed(now_ns);
            }
            self.ledger.told.expect(&command);
            pushed += 1;
        }
        (pushed, fed)
    }

    /// Releases some events and writes them down.
    fn release(&mut self, flight: &mut Flight) -> Step {
        let Self { ledger, platform, releaser, .. } = self;
        let mut now_ns = 0;
        let mut until_clock = 1;
        let step = releaser.step(&mut |event: &Event| {
            until_clock -= 1;
            if until_clock == 0 {
                until_clock = EVENTS_PER_CLOCK_READING;
                now_ns = platform.monotonic_ns();
            }
            ledger.told.event(event);
            if event.session == FLOW_SESSION
                && let Some(client_sequence) = event.answers()
            {
                ledger.answered(event, client_sequence);
                if let Some(pushed_ns) = flight.unanswered.pop_front() {
                    ledger.acknowledgement.record(now_ns.saturating_sub(pushed_ns));
                }
            }
        });
        ledger.told.acknowledge(ledger.whole(releaser.released()));
        self.progress.released_count.store(ledger.answer_count, Ordering::Relaxed);
        step
    }

    fn report(mut self, flight: &Flight, end: Option<GatewayEnd>) -> GatewayReport {
        let elapsed_ns = self.platform.monotonic_ns() - flight.start_ns;
        self.ledger.told.flush();
        let end = match self.neighbourhood.shared.halt.state() {
            State::Faulted(fault) => GatewayEnd::Fault(fault),
            State::Running | State::Stopping => {
                self.trouble().or(end).unwrap_or(GatewayEnd::Stopped)
            }
        };
        GatewayReport {
            end,
            told: self.ledger.told,
            acknowledgement: self.ledger.acknowledgement,
            pushed_count: flight.pushed_count,
            skipped_count: self.feed.skipped_count(),
            elapsed_ns,
            released: self.releaser.released(),
            exposed_count_max: self.releaser.exposed_count_max(),
        }
    }
}

/// Released events that share one reading of the clock, at most.
const EVENTS_PER_CLOCK_READING: u32 = 32;

/// The commands on their way: when each was meant to go.
struct Flight {
    pace: Pace,
    start_ns: u64,
    /// Fresh commands of the flow.
    pushed_count: u64,
    /// Times of the flow's commands that have no answer yet, in order, in nanoseconds of the
    /// monotonic clock.
    unanswered: VecDeque<u64>,
    /// A command that found the ring full.
    waiting: Option<Command>,
    /// True while the feed has nothing and may have something at any time.
    is_silent: bool,
    told_time: ToldTime,
}

impl Flight {
    /// True when the command that found the ring full is the operator's.
    fn waiting_is_operators(&self) -> bool {
        self.waiting.is_some_and(|command| command.session == SessionId::OPERATOR)
    }

    /// How many commands may go at `now_ns`, at most [`PUSHED_AT_ONCE`].
    fn due(&self, now_ns: u64) -> usize {
        let Pace::PerSecond(rate) = self.pace else {
            return PUSHED_AT_ONCE;
        };
        let passed_ns = u128::from(now_ns.saturating_sub(self.start_ns));
        let meant = passed_ns * u128::from(rate) / NS_PER_SECOND;
        let due = meant.saturating_sub(u128::from(self.pushed_count));
        usize::try_from(due).map_or(PUSHED_AT_ONCE, |due| due.min(PUSHED_AT_ONCE))
    }

    /// How long the gateway may sleep at `now_ns` though nobody rings.
    fn until_due(&self, now_ns: u64) -> Duration {
        let limit = if self.is_silent { SILENCE_LASTS } else { WISHES_EVERY };
        match self.pace {
            Pace::Unlimited => limit,
            Pace::PerSecond(rate) => {
                let due_ns = self.intended_ns(rate);
                limit.min(Duration::from_nanos(due_ns.saturating_sub(now_ns)))
            }
        }
    }

    /// When the next command is meant to go at `rate` commands a second.
    fn intended_ns(&self, rate: u64) -> u64 {
        let offset_ns = u128::from(self.pushed_count + 1) * NS_PER_SECOND / u128::from(rate);
        self.start_ns + u64::try_from(offset_ns).unwrap_or(u64::MAX - self.start_ns)
    }

    /// A command of the flow has gone.
    fn pushed(&mut self, now_ns: u64) {
        let intended_ns = match self.pace {
            Pace::Unlimited => now_ns,
            Pace::PerSecond(rate) => self.intended_ns(rate),
        };
        self.pushed_count += 1;
        self.unanswered.push_back(intended_ns);
    }
}

/// What the last clock command said, in nanoseconds since the Unix epoch; 0 before the first.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ToldTime(u64);

impl ToldTime {
    /// Whether the engine is to be told the time now: the next order's expiry has come.
    ///
    /// It is told once for each expiry, whether or not it has got round to it: an order that is
    /// still open behind a clock command expires later than that command says.
    pub(crate) fn tells(&mut self, next_expiry_ns: Option<u64>, now_ns: u64) -> bool {
        let came = next_expiry_ns.filter(|at_ns| self.0 < *at_ns && *at_ns <= now_ns);
        if came.is_some() {
            self.0 = now_ns;
        }
        came.is_some()
    }
}

const NS_PER_SECOND: u128 = 1_000_000_000;

/// What is written down of released events.
#[derive(Debug)]
pub struct Ledger {
    told: Told,
    acknowledgement: Latencies,
    /// Answers to the flow's commands.
    answer_count: u64,
    /// The last two of them that have a sequence of their own.
    latest: (Sequence, ClientSequence),
    before: (Sequence, ClientSequence),
}

impl Ledger {
    /// Goes on writing to `told` where recovery ended: with this sequence, and this client sequence
    /// of the flow.
    pub fn new(told: Told, recovered: (Sequence, ClientSequence)) -> Self {
        Self {
            told,
            acknowledgement: Latencies::new(),
            answer_count: 0,
            latest: recovered,
            before: recovered,
        }
    }

    /// Notes the answer to one of the flow's commands.
    fn answered(&mut self, event: &Event, client_sequence: ClientSequence) {
        self.answer_count += 1;
        // A duplicate has no sequence of its own.
        if !matches!(event.kind, EventKind::Duplicate { .. }) {
            self.before = self.latest;
            self.latest = (event.sequence, client_sequence);
        }
    }

    /// The last client sequence whose events have all been released, when `released` is released
    /// whole.
    fn whole(&self, released: Sequence) -> ClientSequence {
        if self.latest.0 <= released { self.latest.1 } else { self.before.1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_told_once_when_an_expiry_has_come() {
        let mut told = ToldTime::default();
        assert!(!told.tells(None, 50), "nothing expires");
        assert!(!told.tells(Some(100), 99), "it has not come");
        assert!(told.tells(Some(100), 100));
        assert!(!told.tells(Some(100), 101), "the engine has not got round to it");
        assert!(!told.tells(Some(101), 100), "the system's clock went back");
        assert!(told.tells(Some(101), 150), "an order that came since");
        assert!(!told.tells(Some(150), 200), "that was told too");
        assert!(told.tells(Some(151), 200));
    }
}
