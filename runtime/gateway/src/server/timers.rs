//! What happens with time: heartbeats, and ends of patience.

use super::Server;
use super::disconnects::cancel_all;
use crate::connection::{Connection, State};
use crate::notices::GatewayNotice;
use crate::round::Round;
use crate::settings::nanos;
use highwater_platform::Platform;
use highwater_protocols::soup::ServerPacket;
use slab::Slab;
use std::time::Duration;

/// How often all connections are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// When connections are looked at.
#[derive(Debug)]
pub(super) struct Timer {
    looked_ns: u64,
}

impl Timer {
    pub(super) const fn new(now_ns: u64) -> Self {
        Self { looked_ns: now_ns }
    }
}

/// How long to wait for sockets at most.
pub(super) fn patience(connections: &Slab<Connection>) -> Duration {
    // Who has nobody to look after sleeps longer; a grace may end meanwhile.
    if connections.is_empty() { 4 * LOOK_EVERY } else { LOOK_EVERY }
}

/// What a look at a connection has found.
enum Due {
    Nothing,
    Heartbeat,
    Close(&'static str),
    Gone,
}

impl<P: Platform> Server<P> {
    /// Does what is due.
    pub(super) fn check_time(&mut self, now_ns: u64) {
        if now_ns.saturating_sub(self.timer.looked_ns) < nanos(LOOK_EVERY) {
            return;
        }
        self.timer.looked_ns = now_ns;
        let all: Vec<usize> = self.connections.iter().map(|(index, _)| index).collect();
        for index in all {
            match self.due(&self.connections[index], now_ns) {
                Due::Nothing => {}
                Due::Heartbeat => {
                    self.connections[index].tell(&ServerPacket::Heartbeat, now_ns);
                    self.to_send.insert(index);
                }
                Due::Close(reason) => self.close(index, Some(reason), now_ns),
                Due::Gone => self.forget(index, now_ns),
            }
        }
        self.cancel_orders_of_the_gone(now_ns);
        if let Some(multicast) = &mut self.multicast {
            multicast.keep_alive(now_ns);
        }
    }

    fn due(&self, connection: &Connection, now_ns: u64) -> Due {
        let limits = &self.settings.limits;
        let is_over =
            |since_ns: u64, patience_ns: u64| now_ns.saturating_sub(since_ns) >= patience_ns;
        let stalled_ns = connection.stalled_ns;
        if stalled_ns.is_some_and(|since| is_over(since, nanos(limits.stalled))) {
            return Due::Gone;
        }
        match connection.state {
            State::New if is_over(connection.accepted_ns, nanos(limits.login)) => {
                Due::Close("no login came in time")
            }
            // What waits for it may never be taken.
            State::Ending if is_over(connection.told_ns, nanos(limits.stalled)) => Due::Gone,
            State::LoggedIn(_) | State::Snapshot(..)
                if is_over(connection.received_ns, connection.silence_ns) =>
            {
                Due::Close("nothing came for too long, not even a heartbeat")
            }
            State::LoggedIn(_)
                if connection.is_flushed()
                    && is_over(connection.told_ns, nanos(limits.heartbeat)) =>
            {
                Due::Heartbeat
            }
            State::New
            | State::Checking(_)
            | State::LoggedIn(_)
            | State::Snapshot(..)
            | State::Ending => Due::Nothing,
        }
    }

    /// Cancels orders of traders that did not come back in time.
    fn cancel_orders_of_the_gone(&mut self, now_ns: u64) {
        while let Some(port) = self.disconnects.due(now_ns) {
            let Self { trunk, venue, ports, .. } = self;
            let timestamp_ns = self.platform.wall_clock_ns();
            let Ok(mut desk) = trunk.desk() else { return };
            if desk.room() == 0 {
                return;
            }
            if let Some(submission) = cancel_all(&ports[port]) {
                let mut round = Round { desk: &mut desk, venue, ports, timestamp_ns, now_ns };
                round.submit(port, &submission);
                let user = self.settings.traders().nth(port).map(|(user, _)| user);
                if let Some(user) = user.map(|user| self.settings.users[user].name) {
                    self.handle.notices.add(GatewayNotice::OrdersCanceled { user });
                }
            }
            drop(desk);
            self.disconnects.is_back(port);
        }
    }
}
