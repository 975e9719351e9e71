//! The two ports of a host's engine: the commands of its sessions, and the delivery of events.

use super::common::Common;
use super::fan_in::{FanIn, Takes};
use super::fan_out::FanOut;
use super::request::Request;
use super::trunk_side::{TrunkEvents, TrunkRecords};
use highwater::book::Book;
use highwater::event::{CommandEnd, Event, EventKind, EventSink};
use highwater::limits::RELEASER_STEP_MAX;
use highwater::record::Record;
use highwater::stage::Step;
use highwater_engine::expiry_clock::ExpiryClock;
use highwater_engine::ports::{CommandPort, EventPort, Released};
use highwater_platform::Platform;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::time::Duration;

/// What the sessions submit.
#[derive(Debug)]
pub(super) struct SessionCommands<P: Platform> {
    pub(super) common: &'static Common<P>,
    pub(super) fan_in: FanIn,
    pub(super) expiry_clock: ExpiryClock,
    /// Who wants to know each command, where there is a trunk.
    pub(super) trunk: Option<TrunkRecords>,
}

impl<P: Platform> CommandPort for SessionCommands<P> {
    /// Takes what the sessions submitted; when the host stops, all of it, and then nothing more.
    fn refill(&mut self) {
        let Self { common, fan_in, expiry_clock, .. } = self;
        let slot_count = common.used_count();
        if !common.is_draining.is_set() {
            common.tell_time(expiry_clock);
            let room = common.room(fan_in.under_way());
            fan_in.round(slot_count, Takes::Readers, room);
            return;
        }
        fan_in.round(slot_count, Takes::All, usize::MAX);
        if fan_in.is_empty() {
            common.context.shared.halt.stop();
        }
    }

    fn wants_records(&self) -> bool {
        self.trunk.is_some()
    }

    fn sequenced(&mut self, record: &Record) -> bool {
        self.trunk.as_mut().is_none_or(|trunk| trunk.sequenced(record))
    }

    fn applied(&mut self, book: &Book<'_>) -> bool {
        self.trunk.as_mut().is_none_or(|trunk| trunk.applied(book))
    }

    /// How long it is until an order expires.
    fn until_due(&self) -> Option<Duration> {
        let now_ns = self.common.platform.wall_clock_ns();
        self.expiry_clock.until_due(self.common.context.shared.next_expiry.get(), now_ns)
    }
}

/// Delivers released events, and wakes callers.
#[derive(Debug)]
pub(super) struct Delivery<P: Platform> {
    pub(super) common: &'static Common<P>,
    pub(super) fan_out: FanOut,
    pub(super) trunk: Option<TrunkEvents>,
    pub(super) requests: Receiver<Request>,
}

impl<P: Platform> EventPort<P> for Delivery<P> {
    type Output = ();

    const THREAD_NAME: &'static str = "hw-release";

    fn run(self, released: Released<P>) {
        let Self { common, mut fan_out, mut trunk, requests } = self;
        let Released { mut releaser, mut idle, context, .. } = released;
        loop {
            let mut worked = 0;
            while let Ok(request) = requests.try_recv() {
                fan_out.handle(request);
                // A session that was lagging may have commands waiting.
                context.wakeups.sequencer.wake();
                worked += 1;
            }
            // No more than the trunk has room for: it is the one reader that is waited for.
            let room = trunk.as_mut().map_or(usize::MAX, TrunkEvents::room);
            let mut deliveries =
                Deliveries { common, fan_out: &mut fan_out, trunk: trunk.as_mut() };
            let step = releaser.step_up_to(room.min(RELEASER_STEP_MAX), &mut deliveries);
            if let Step::Worked(count) = step {
                worked += count;
            }
            if let Some(trunk) = &mut trunk {
                trunk.wake();
            }
            fan_out.wake(releaser.released(), context.shared.durable.get(), common.used_count());
            match step {
                Step::Done => break,
                Step::Worked(_) | Step::Idle if worked > 0 => idle.worked(worked),
                Step::Worked(_) | Step::Idle => idle.wait(),
            }
        }
        common.release_done.set();
    }
}

/// Takes what is released to the sessions.
struct Deliveries<'f, P: Platform> {
    common: &'static Common<P>,
    fan_out: &'f mut FanOut,
    trunk: Option<&'f mut TrunkEvents>,
}

impl<P: Platform> EventSink for Deliveries<'_, P> {
    fn event(&mut self, event: &Event) {
        if let EventKind::Configured { capacities, .. } = event.kind {
            self.common.sessions_max.store(capacities.sessions, Ordering::Relaxed);
        }
        if let Some(trunk) = &mut self.trunk {
            trunk.event(event);
        }
        self.fan_out.deliver(event);
    }

    fn end(&mut self, end: CommandEnd) {
        if let Some(trunk) = &mut self.trunk {
            trunk.end(end);
        }
        self.fan_out.end(end);
    }
}
