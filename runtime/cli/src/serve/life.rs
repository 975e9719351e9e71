//! Whether a venue lives, as a service manager is told.
//!
//! The thread that tells it looks at the gateway's turns and the engine's marks: where one stands
//! still with work before it, nothing is told, and the manager ends the process.

use highwater::types::Sequence;
use highwater_console::note;
use highwater_gateway::Gateway;
use highwater_host::Host;
use highwater_platform::{Platform, ServiceState};
use std::time::Duration;

/// Signs of life in the manager's patience.
const SIGNS_IN_PATIENCE: u32 = 4;

/// What is told, and when it was.
pub(super) struct Life<P: Platform> {
    platform: P,
    /// Signs are told so often; `None` where nobody watches.
    every_ns: Option<u64>,
    told_ns: u64,
    told: Signs,
}

/// What moves while a venue lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Signs {
    /// Of the gateway's thread.
    turns: u64,
    /// How far each part of the engine is, and the book behind it.
    marks: [Sequence; 4],
    /// Whether commands or answers wait in the engine.
    has_work: bool,
}

impl Signs {
    fn of<P: Platform>(host: &Host<P>, gateway: &Gateway) -> Self {
        let seen = host.statistics();
        let waiting = seen.submitted_waiting + seen.rings.input;
        Self {
            turns: gateway.turns(),
            marks: [seen.appended, seen.durable, seen.released, seen.questions_at],
            has_work: waiting > 0 || seen.released < seen.appended,
        }
    }

    /// Whether both have moved since `before`, or the engine has nothing to do.
    fn has_moved_since(&self, before: &Self) -> bool {
        let is_engine_stuck = self.has_work && before.has_work && self.marks == before.marks;
        self.turns != before.turns && !is_engine_stuck
    }
}

impl<P: Platform> Life<P> {
    /// Tells that the venue serves.
    pub(super) fn begin(platform: P) -> Self {
        if let Err(error) = platform.tell_manager(ServiceState::Ready) {
            note(&format!(
                "the service manager could not be told that the venue serves ({error}); correct \
                 NOTIFY_SOCKET, or it may end the venue"
            ));
        }
        let every = platform.watchdog_timeout().map(|patience| patience / SIGNS_IN_PATIENCE);
        let every_ns = every.map(|every: Duration| u64::try_from(every.as_nanos()));
        let every_ns = every_ns.map(|every_ns| every_ns.unwrap_or(u64::MAX));
        Self { platform, every_ns, told_ns: platform.monotonic_ns(), told: Signs::default() }
    }

    /// Tells that it lives, when that is due and true.
    pub(super) fn tick(&mut self, host: &Host<P>, gateway: &Gateway) {
        let now_ns = self.platform.monotonic_ns();
        let passed_ns = now_ns.saturating_sub(self.told_ns);
        if self.every_ns.is_some_and(|every_ns| passed_ns >= every_ns) {
            let signs = Signs::of(host, gateway);
            if signs.has_moved_since(&self.told) {
                (self.told, self.told_ns) = (signs, now_ns);
                // The next sign is told a little later.
                drop(self.platform.tell_manager(ServiceState::Alive));
            }
        }
    }

    /// Tells that the venue ends.
    pub(super) fn end(self) {
        // Who does not hear it sees the end.
        drop(self.platform.tell_manager(ServiceState::Stopping));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUSY: Signs = Signs { turns: 5, marks: [Sequence(7); 4], has_work: true };

    #[test]
    fn a_gateway_that_stands_still_is_no_life() {
        for has_work in [false, true] {
            let marks = [Sequence(8); 4];
            assert!(!Signs { marks, has_work, ..BUSY }.has_moved_since(&BUSY), "no turn");
            assert!(Signs { turns: 6, marks, has_work }.has_moved_since(&BUSY));
        }
    }

    #[test]
    fn an_engine_that_stands_still_is_no_life_while_it_has_work() {
        let next = Signs { turns: 6, ..BUSY };
        assert!(!next.has_moved_since(&BUSY), "work, and no mark has moved");
        assert!(Signs { has_work: false, ..next }.has_moved_since(&BUSY), "it is done");
        let idle = Signs { has_work: false, ..BUSY };
        assert!(next.has_moved_since(&idle), "the work has just come");
        for moved in 0..BUSY.marks.len() {
            let mut signs = next;
            signs.marks[moved] = Sequence(8);
            assert!(signs.has_moved_since(&BUSY), "mark {moved}");
        }
    }
}
