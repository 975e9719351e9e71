//! The thread of a load: waits for sockets and times, and lets each connection work.

use super::counts::Counts;
use super::lane::Lane;
use super::plan::{Plan, Rate};
use crate::soup_client::nanos;
use highwater_platform::Platform;
use highwater_platform::signals::StopFlag;
use mio::{Events, Interest, Poll, Token};
use std::collections::VecDeque;
use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Events of sockets that are taken in a turn.
const SOCKET_EVENTS_MAX: usize = 1_024;

/// How often heartbeats are looked at, and a signal.
const LOOK_EVERY_NS: u64 = 50_000_000;

/// A wait for sockets ends up to two milliseconds late: with less than that to go there is none.
const SHORT_NS: u64 = 2_000_000;

/// How far a load is, for who watches.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Requests that were sent.
    pub(super) sent: AtomicU64,
    pub(super) is_over: AtomicBool,
}

/// How a load ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ending {
    /// When it sends nothing more.
    pub(super) end_ns: u64,
    /// How long it waits for answers then.
    pub(super) patience: Duration,
    /// What becomes of the orders that are open.
    pub(super) leftovers: Leftovers,
}

/// What becomes of the orders that are open at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leftovers {
    /// They are canceled.
    Cancel,
    /// They stay.
    Keep,
}

/// A load at work.
pub(super) struct Driver<'a, P: Platform> {
    platform: P,
    poll: Poll,
    pub(super) lanes: Vec<Lane>,
    plan: &'a Plan,
    pub(super) counts: Counts,
    progress: &'a Progress,
    stop: &'a StopFlag,
    /// Connections with work.
    listed: VecDeque<usize>,
    /// Requests of all connections that are known to be due.
    due: u64,
    looked_ns: u64,
    pub(super) unanswered: u64,
    pub(super) unsent: u64,
}

impl<'a, P: Platform> Driver<'a, P> {
    /// A load on these connections.
    ///
    /// # Errors
    /// The system cannot wait for so many sockets; a sentence.
    pub(super) fn new(
        platform: P,
        mut lanes: Vec<Lane>,
        plan: &'a Plan,
        progress: &'a Progress,
        stop: &'a StopFlag,
    ) -> Result<Self, String> {
        let wrong = |error: std::io::Error| format!("cannot wait for the sockets: {error}");
        let poll = Poll::new().map_err(wrong)?;
        for (index, lane) in lanes.iter_mut().enumerate() {
            let both = Interest::READABLE | Interest::WRITABLE;
            poll.registry()
                .register(lane.socket.socket_mut(), Token(index), both)
                .map_err(wrong)?;
        }
        Ok(Self {
            platform,
            poll,
            lanes,
            plan,
            counts: Counts::default(),
            progress,
            stop,
            listed: VecDeque::new(),
            due: 0,
            looked_ns: 0,
            unanswered: 0,
            unsent: 0,
        })
    }

    /// Sends what is due until the end, waits for the answers, and cancels what is open.
    ///
    /// # Errors
    /// A connection is lost; a sentence. What was counted until then stays.
    pub(super) fn run(&mut self, ending: Ending) -> Result<(), String> {
        let ran = self.load(ending.end_ns);
        self.unanswered = self.under_way();
        ran?;
        self.drain(ending.patience, |driver| driver.under_way() == 0)?;
        self.unanswered = self.under_way();
        if ending.leftovers == Leftovers::Cancel {
            self.clear(ending.patience)?;
        }
        let now_ns = self.platform.monotonic_ns();
        self.lanes.iter_mut().for_each(|lane| lane.log_out(now_ns));
        Ok(())
    }

    fn under_way(&self) -> u64 {
        self.lanes.iter().map(|lane| lane.orders.under_way() as u64).sum()
    }

    /// Sends until the end.
    fn load(&mut self, end_ns: u64) -> Result<(), String> {
        let mut events = Events::with_capacity(SOCKET_EVENTS_MAX);
        (0..self.lanes.len()).for_each(|index| self.list(index));
        loop {
            let now_ns = self.platform.monotonic_ns();
            if now_ns >= end_ns || self.stop.is_raised() {
                let due = if self.plan.rate == Rate::Max { 0 } else { self.plan.due_by(now_ns) };
                self.unsent = due.saturating_sub(self.counts.orders());
                return Ok(());
            }
            self.list_due(now_ns);
            self.work(now_ns, Sending::On)?;
            self.progress.sent.store(self.counts.orders(), Ordering::Relaxed);
            self.look_at_time(now_ns)?;
            self.wait(&mut events, end_ns)?;
        }
    }

    /// Lists the connections whose requests have become due.
    fn list_due(&mut self, now_ns: u64) {
        let due = self.plan.due_by(now_ns);
        let first_of_new = self.due.max(due.saturating_sub(self.plan.lanes));
        if self.plan.rate != Rate::Max {
            for request in first_of_new..due {
                let index = usize::try_from(request % self.plan.lanes).unwrap_or(0);
                self.list(index);
            }
        }
        self.due = due;
    }

    fn list(&mut self, index: usize) {
        if !self.lanes[index].is_listed {
            self.lanes[index].is_listed = true;
            self.listed.push_back(index);
        }
    }

    /// Lets each listed connection work once.
    fn work(&mut self, now_ns: u64, sending: Sending) -> Result<(), String> {
        for _ in 0..self.listed.len() {
            let Some(index) = self.listed.pop_front() else { break };
            let lane = &mut self.lanes[index];
            lane.is_listed = false;
            if lane.is_readable {
                lane.receive(now_ns, &mut self.counts)?;
            }
            if sending == Sending::On {
                lane.send_due(self.plan, self.due, now_ns, &mut self.counts)?;
            } else {
                lane.push(now_ns)?;
            }
            if lane.is_readable {
                self.list(index);
            }
        }
        Ok(())
    }

    /// Waits for sockets, and for the next request.
    fn wait(&mut self, events: &mut Events, end_ns: u64) -> Result<(), String> {
        let timeout = if self.listed.is_empty() { self.timeout(end_ns) } else { Duration::ZERO };
        if let Err(error) = self.poll.poll(events, Some(timeout))
            && error.kind() != ErrorKind::Interrupted
        {
            return Err(format!("cannot wait for the sockets: {error}"));
        }
        if timeout.is_zero() && events.is_empty() && self.listed.is_empty() {
            // The venue may need this core.
            std::thread::yield_now();
        }
        for event in events.iter() {
            let index = event.token().0;
            let lane = &mut self.lanes[index];
            lane.is_readable |= event.is_readable() || event.is_read_closed();
            lane.is_writable |= event.is_writable();
            self.list(index);
        }
        Ok(())
    }

    /// How long nothing is due.
    fn timeout(&self, end_ns: u64) -> Duration {
        let now_ns = self.platform.monotonic_ns();
        let next_ns = if self.due < self.plan.count { self.plan.due_ns(self.due) } else { None };
        let look_ns = now_ns + LOOK_EVERY_NS;
        let until_ns = next_ns.map_or(look_ns, |next_ns| next_ns.min(look_ns));
        let left_ns = until_ns.min(end_ns.max(now_ns)).saturating_sub(now_ns);
        if left_ns < SHORT_NS && next_ns.is_some() {
            return Duration::ZERO;
        }
        // The system rounds up to whole milliseconds.
        Duration::from_millis(left_ns.saturating_sub(SHORT_NS / 2) / 1_000_000)
            .max(Duration::from_millis(1))
    }

    /// Keeps the lines alive.
    fn look_at_time(&mut self, now_ns: u64) -> Result<(), String> {
        if now_ns.saturating_sub(self.looked_ns) >= LOOK_EVERY_NS {
            self.looked_ns = now_ns;
            self.lanes.iter_mut().try_for_each(|lane| lane.look_at_time(now_ns))?;
        }
        Ok(())
    }

    /// Receives until `is_done`, or for so long.
    fn drain(&mut self, patience: Duration, is_done: impl Fn(&Self) -> bool) -> Result<(), String> {
        let mut events = Events::with_capacity(SOCKET_EVENTS_MAX);
        let end_ns = self.platform.monotonic_ns().saturating_add(nanos(patience));
        // Nothing more becomes due.
        self.due = self.plan.count;
        loop {
            let now_ns = self.platform.monotonic_ns();
            if is_done(self) || now_ns >= end_ns {
                return Ok(());
            }
            self.work(now_ns, Sending::Off)?;
            self.look_at_time(now_ns)?;
            self.wait(&mut events, end_ns)?;
        }
    }

    /// Cancels what is open.
    fn clear(&mut self, patience: Duration) -> Result<(), String> {
        let counts = self.counts.clone();
        let now_ns = self.platform.monotonic_ns();
        for lane in &mut self.lanes {
            lane.is_cleared = false;
            lane.clear(now_ns)?;
        }
        let is_done = |driver: &Self| {
            driver.lanes.iter().all(|lane| lane.is_cleared && lane.orders.open() == 0)
        };
        let drained = self.drain(patience, is_done);
        // What that took away was no answer to a request.
        self.counts = counts;
        drained
    }
}

/// Whether requests are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sending {
    On,
    Off,
}
