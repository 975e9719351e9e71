//! What the gateway's thread shows of itself to others.

use super::Server;
use crate::connection::{Connection, Reader, Service, State};
use crate::seen::LoginSeen;
use crate::settings::Role;
use crate::transcript::Transcript;
use highwater_platform::Platform;

/// Who is logged in is looked up so often.
const LOGINS_EVERY_NS: u64 = 500_000_000;

impl<P: Platform> Server<P> {
    /// Copies the numbers to where others look, when it is time to.
    pub(super) fn show(&mut self, now_ns: u64) {
        if !self.venue.show.is_due(now_ns) {
            return;
        }
        if now_ns.saturating_sub(self.logins_ns) >= LOGINS_EVERY_NS {
            self.logins_ns = now_ns;
            self.venue.show.seen.logins = self.logins();
        }
        let Self { venue, multicast, requests, .. } = self;
        let counts = &mut venue.show.seen.counts;
        counts.accepted = self.accepted;
        counts.packets = multicast.as_ref().map_or(0, |it| it.packets);
        counts.requests_answered = requests.as_ref().map_or(0, |it| it.answered);
        counts.requests_dropped = requests.as_ref().map_or(0, |it| it.dropped);
        counts.feed_bytes = venue.transcripts.feed_bytes;
        counts.answer_bytes = venue.transcripts.answer_bytes;
        counts.connections = self.connections.len() as u64;
        counts.replaying = self.replaying.len() as u64;
        self.handle.window.show(&venue.show.seen);
    }

    fn logins(&mut self) -> Vec<LoginSeen> {
        let Self { connections, settings, venue, .. } = self;
        let mut login_of = |connection: &Connection| {
            let State::LoggedIn(Reader { user, stream, day, cursor, .. }) = &connection.state
            else {
                return None;
            };
            let user = &settings.users[*user];
            let session = match (connection.service, user.role) {
                (Service::Orders, Role::Trader(trader)) => Some(trader.session),
                (Service::Orders | Service::Feed | Service::Snapshot, _) => None,
            };
            let count = venue.transcripts.transcript(*day, *stream).map_or(0, Transcript::count);
            Some(LoginSeen {
                user: user.name,
                session,
                service: connection.service.name(),
                address: connection.address,
                next: cursor.next(),
                behind: (count + 1).saturating_sub(cursor.next()),
                is_held: connection.is_held,
            })
        };
        connections.iter().filter_map(|(_, connection)| login_of(connection)).collect()
    }
}
