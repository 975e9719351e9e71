//! Who connects, and who logs in.

use super::{FIRST_CONNECTION, Server};
use crate::connection::{Connection, Reader, Service, State};
use crate::notices::{GatewayNotice, Peer};
use crate::settings::{Role, nanos};
use crate::venue::StreamOf;
use highwater_platform::Platform;
use highwater_protocols::soup::{
    LoginAccepted, LoginRejected, LoginRequest, RejectCode, ServerPacket,
};
use highwater_protocols::{Alpha, AsciiNumber};
use highwater_tls::Transport;
use mio::net::TcpStream;
use mio::{Interest, Token};
use std::io::ErrorKind;
use std::net::IpAddr;

/// Connections that are accepted in a turn, at most.
const ACCEPTED_MAX: usize = 64;

/// Why a login is refused whose password does not matter.
const NO_USER: &str =
    "no user may log in there by this name, from this address, or with this certificate";

impl<P: Platform> Server<P> {
    /// Accepts who waits at the listeners.
    pub(super) fn accept_all(&mut self, now_ns: u64) {
        for at in 0..self.listeners.len() {
            for _ in 0..ACCEPTED_MAX {
                let listener = &mut self.listeners[at];
                if !listener.is_ready {
                    break;
                }
                let service = listener.service;
                match listener.socket.accept() {
                    Ok((socket, peer)) => {
                        self.accept(socket, (peer.ip().to_canonical(), service), now_ns);
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {
                        listener.is_ready = false;
                    }
                    // One connection that failed, or a system that has no room for another one
                    // now, is no reason to stop: the next turn tries again.
                    Err(_) => break,
                }
            }
        }
    }

    /// Serves a new connection, unless there are too many, or its address is blocked.
    fn accept(&mut self, socket: TcpStream, whence: (IpAddr, Service), now_ns: u64) {
        self.make_room(now_ns);
        let limits = &self.settings.limits;
        if self.handle.is_closing()
            || self.connections.len() >= limits.connections
            || self.bad_logins.is_blocked(whence.0, now_ns, limits)
        {
            // Closed without a word: it costs nothing.
            self.venue.show.seen.counts.turned_away += 1;
            let (address, service) = (whence.0, whence.1.name());
            let peer = Peer { service, address };
            return self.handle.notices.add(GatewayNotice::TurnedAway { peer });
        }
        drop(socket.set_nodelay(true));
        let mut transport = match &self.settings.tls {
            None => Transport::plain(socket),
            Some(acceptor) => match Transport::accepted(socket, acceptor) {
                Ok(transport) => transport,
                // The settings were tried when they were read.
                Err(_) => return,
            },
        };
        let entry = self.connections.vacant_entry();
        let token = Token(FIRST_CONNECTION + entry.key());
        let both = Interest::READABLE | Interest::WRITABLE;
        if self.poll.registry().register(transport.socket_mut(), token, both).is_ok() {
            let silence_ns = nanos(limits.silence);
            self.to_read.insert(entry.key());
            self.accepted += 1;
            entry.insert(Connection::new((transport, self.accepted), whence, silence_ns, now_ns));
        }
    }

    /// Where too many connections have not logged in, the one that has had most time for it goes:
    /// who holds many of them keeps nobody out.
    fn make_room(&mut self, now_ns: u64) {
        let is_new = |(_, it): &(usize, &Connection)| matches!(it.state, State::New);
        let new_ones = || self.connections.iter().filter(is_new);
        if new_ones().count() < self.settings.limits.logging_in {
            return;
        }
        if let Some((oldest, _)) = new_ones().min_by_key(|(_, it)| it.accepted_ns) {
            self.forget(oldest, now_ns);
        }
    }

    /// A connection asks to log in: its password is checked elsewhere.
    pub(super) fn log_in(&mut self, index: usize, request: &LoginRequest, now_ns: u64) {
        let connection = &self.connections[index];
        let user = self.settings.user(request.user).map(|at| &self.settings.users[at]);
        let may_come = user.is_some_and(|user| {
            let is_for_all = user.addresses.is_empty();
            let certificate = user.certificate.as_ref();
            (is_for_all || user.addresses.contains(&connection.address))
                && certificate.is_none_or(|name| connection.transport.is_certified(name))
                && stream_for(user.role, connection.service).is_some()
        });
        // Who is unknown waits as long as who is known: names cannot be found out by the time.
        let hash = user.filter(|_| may_come).or_else(|| self.settings.users.first());
        let Some(hash) = hash.map(|user| user.password.clone()) else {
            return self.refuse(index, RejectCode::NotAuthorized, (NO_USER, now_ns));
        };
        let whose = (index, connection.id);
        if self.checks.ask(whose, hash, request.password).is_err() {
            return self.close(index, Some("too many logins are being checked; try again"), now_ns);
        }
        let request =
            if may_come { *request } else { LoginRequest { user: Alpha::BLANK, ..*request } };
        self.connections[index].state = State::Checking(request);
    }

    /// Lets those in whose passwords are right.
    pub(super) fn answer_checks(&mut self, now_ns: u64) {
        while let Some(((index, id), is_right)) = self.checks.answer() {
            // Another one may have its place by now.
            let Some(connection) = self.connections.get(index).filter(|it| it.id == id) else {
                continue;
            };
            let State::Checking(request) = connection.state else { continue };
            match self.settings.user(request.user) {
                Some(user) if is_right => self.admit(index, user, &request, now_ns),
                known => {
                    let limits = &self.settings.limits;
                    self.bad_logins.add(connection.address, now_ns, limits);
                    let why = if known.is_some() { "the password is wrong" } else { NO_USER };
                    self.refuse(index, RejectCode::NotAuthorized, (why, now_ns));
                }
            }
        }
    }

    /// Lets a user read its stream from the number that it asks for.
    fn admit(&mut self, index: usize, user: usize, request: &LoginRequest, now_ns: u64) {
        let service = self.connections[index].service;
        let day = self.venue.transcripts.day();
        let session = session_name(self.settings.session_prefix, day);
        if service == Service::Snapshot {
            let (user, peer) = (self.settings.users[user].name, self.connections[index].peer());
            self.handle.notices.add(GatewayNotice::LoggedIn { user, peer, next: 1 });
            return self.admit_to_snapshot(index, session, now_ns);
        }
        let Some(stream) = stream_for(self.settings.users[user].role, service) else {
            return self.refuse(index, RejectCode::NotAuthorized, (NO_USER, now_ns));
        };
        if !request.session.is_blank() && request.session.text() != session.text() {
            let why = "the session that it asks for is not the current one";
            return self.refuse(index, RejectCode::SessionNotAvailable, (why, now_ns));
        }
        let transcript = self.venue.transcripts.transcript(day, stream).expect("it is today's");
        let wanted = match request.sequence_number.get() {
            0 => u64::MAX,
            number => number,
        };
        let Ok(cursor) = transcript.cursor(wanted) else {
            return self.close(index, Some("the messages cannot be read now; try again"), now_ns);
        };
        if let Some(before) = self.logged_in.get(&(user, service)).copied() {
            self.close(before, Some("a later login of this user took over"), now_ns);
        }
        let next = AsciiNumber::new(cursor.next()).expect("a count has at most 20 digits");
        let accepted = LoginAccepted { session, sequence_number: next };
        self.venue.show.seen.counts.logins += 1;
        let port = self.port_of(user, service);
        let connection = &mut self.connections[index];
        if let Some(timeout) = request.heartbeat_timeout_ms.filter(|it| it.get() > 0) {
            connection.silence_ns = timeout.get().saturating_mul(1_000_000);
        }
        connection.tell(&ServerPacket::LoginAccepted(accepted), now_ns);
        let (user_name, peer) = (self.settings.users[user].name, connection.peer());
        let next = cursor.next();
        self.handle.notices.add(GatewayNotice::LoggedIn { user: user_name, peer, next });
        connection.state =
            State::LoggedIn(Reader { user, port, stream, day, cursor, is_over: false });
        self.logged_in.insert((user, service), index);
        // Whoever looks is to see it soon.
        self.logins_ns = 0;
        self.readers.entry(stream).or_default().insert(index);
        if let Some(port) = port {
            self.disconnects.is_back(port);
        }
        self.to_send.insert(index);
        self.to_read.insert(index);
    }

    /// The port of a user that enters orders there.
    fn port_of(&self, user: usize, service: Service) -> Option<usize> {
        match service {
            Service::Orders => self.settings.traders().position(|(index, _)| index == user),
            Service::Feed | Service::Snapshot => None,
        }
    }

    /// Lets somebody read the books as they are.
    fn admit_to_snapshot(&mut self, index: usize, session: Alpha<10>, now_ns: u64) {
        let bytes = self.snapshots.newest(&self.venue.publication.publisher, now_ns);
        let first = AsciiNumber::new(1).expect("it has one digit");
        let accepted = LoginAccepted { session, sequence_number: first };
        let connection = &mut self.connections[index];
        connection.tell(&ServerPacket::LoginAccepted(accepted), now_ns);
        connection.state = State::Snapshot(bytes, 0);
        self.to_send.insert(index);
        self.to_read.insert(index);
    }

    /// Tells that a login is refused, and closes.
    fn refuse(&mut self, index: usize, reason: RejectCode, (why, now_ns): (&'static str, u64)) {
        let connection = &self.connections[index];
        let user = match &connection.state {
            State::Checking(request) => self.settings.user(request.user),
            State::New | State::LoggedIn(_) | State::Snapshot(..) | State::Ending => None,
        };
        let user = user.map(|user| self.settings.users[user].name);
        let peer = connection.peer();
        self.handle.notices.add(GatewayNotice::LoginRefused { user, peer, why });
        self.venue.show.seen.counts.logins_refused += 1;
        let rejected = LoginRejected { reason: reason.into() };
        self.connections[index].tell(&ServerPacket::LoginRejected(rejected), now_ns);
        self.close(index, None, now_ns);
    }

    /// A connection is not logged in any more.
    pub(super) fn log_out(&mut self, index: usize, now_ns: u64) {
        let Some(connection) = self.connections.get(index) else { return };
        let State::LoggedIn(Reader { user, port, stream, .. }) = connection.state else { return };
        self.logins_ns = 0;
        if let Some(readers) = self.readers.get_mut(&stream) {
            readers.remove(&index);
            if readers.is_empty() {
                self.readers.remove(&stream);
            }
        }
        let place = (user, connection.service);
        if self.logged_in.get(&place) == Some(&index) {
            self.logged_in.remove(&place);
            if let Some(port) = port {
                self.disconnects.is_gone(port, &self.ports[port].trader, now_ns);
            }
        }
    }
}

/// The name of the session of a day.
pub(crate) fn session_name(prefix: Alpha<6>, day: u32) -> Alpha<10> {
    let prefix = String::from_utf8_lossy(prefix.text()).into_owned();
    Alpha::new(format!("{prefix}{:04}", day % 10_000).as_bytes())
        .expect("it is at most 6 and 4 characters")
}

/// The stream that a user reads at a service; `None` where it has none there.
const fn stream_for(role: Role, service: Service) -> Option<StreamOf> {
    match (service, role) {
        (Service::Feed | Service::Snapshot, _) => Some(StreamOf::Feed),
        (Service::Orders, Role::Trader(trader)) => Some(StreamOf::Session(trader.session)),
        (Service::Orders, Role::DropCopy { of }) => Some(StreamOf::Session(of)),
        (Service::Orders, Role::Reader) => None,
    }
}
