//! The gateway's thread: waits for sockets and the engine, and moves bytes between them.
//!
//! A turn of its loop reads what clients have sent, hands commands in, takes what the engine has
//! released, publishes it, and sends it. Who reads old messages is served behind everybody who
//! reads new ones.

mod disconnects;
mod obey;
pub(crate) mod sessions;
mod shown;
mod timers;

use crate::connection::{Connection, Sent, Service, State};
use crate::error::GatewayError;
use crate::handle::{Handle, WakeHandle};
use crate::logins::BadLogins;
use crate::multicast::{Multicast, Requests};
use crate::notices::GatewayNotice;
use crate::passwords::PasswordChecks;
use crate::port::Port;
use crate::round::{Round, Worked};
use crate::settings::Settings;
use crate::snapshots::Snapshots;
use crate::venue::{StreamOf, Venue};
use disconnects::Disconnects;
use highwater_host::{SessionEnd, Trunk};
use highwater_platform::Platform;
use highwater_protocols::mold::Session;
use highwater_publisher::files::Publication;
use mio::event::Event;
use mio::net::{TcpListener, UdpSocket};
use mio::{Events, Interest, Poll, Token};
use sessions::session_name;
use slab::Slab;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{self, ErrorKind};
use std::mem::take;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;
use timers::{Timer, patience};

/// Events of the engine that are taken in a turn, at most.
const RELEASED_MAX: usize = 16_384;

/// Pieces of old messages that are sent in a turn, at most: while they are, new ones wait.
const REPLAYED_MAX: usize = 64;

/// Steps of TLS handshakes that are made in a turn, at most: one may cost as much as 50 orders,
/// which wait meanwhile.
const HANDSHAKES_MAX: usize = 1;

/// Events of sockets that are taken in a turn.
const SOCKET_EVENTS_MAX: usize = 1_024;

/// The token of the socket for requests.
const REQUESTS: Token = Token(FIRST_CONNECTION - 1);

/// Tokens below this are those of listeners and of the waker.
const FIRST_CONNECTION: usize = 16;

/// What a server begins with.
pub(crate) struct Started<P: Platform> {
    pub(crate) poll: Poll,
    pub(crate) listeners: Vec<(Service, TcpListener)>,
    pub(crate) trunk: Trunk<P>,
    pub(crate) venue: Venue,
    pub(crate) ports: Vec<Port>,
    pub(crate) settings: Settings,
    pub(crate) multicast: Option<Multicast>,
    pub(crate) requests: Option<UdpSocket>,
}

/// Where clients of a service connect.
struct Listener {
    service: Service,
    socket: TcpListener,
    /// Whether somebody may wait.
    is_ready: bool,
}

/// The gateway's thread.
pub(crate) struct Server<P: Platform> {
    platform: P,
    poll: Poll,
    listeners: Vec<Listener>,
    trunk: Trunk<P>,
    venue: Venue,
    ports: Vec<Port>,
    settings: Settings,
    handle: Arc<Handle>,
    waker: Waker,
    connections: Slab<Connection>,
    /// Connections whose input is to be worked on, or whose output sent, in this turn.
    to_read: BTreeSet<usize>,
    to_send: BTreeSet<usize>,
    /// Connections with something to read whose TLS handshakes are under way, in the order in which
    /// they have come.
    handshaking: VecDeque<usize>,
    /// Connections with commands for which there was no room.
    held: Vec<usize>,
    /// Connections that read old messages.
    replaying: VecDeque<usize>,
    /// Who reads each stream.
    readers: BTreeMap<StreamOf, BTreeSet<usize>>,
    /// The connection of each user at each service.
    logged_in: BTreeMap<(usize, Service), usize>,
    /// Checks of passwords, by the ids of connections.
    checks: PasswordChecks<(usize, u64)>,
    /// How many connections there were.
    accepted: u64,
    bad_logins: BadLogins,
    disconnects: Disconnects,
    timer: Timer,
    /// When it was looked up who is logged in.
    logins_ns: u64,
    snapshots: Snapshots,
    multicast: Option<Multicast>,
    /// Whether there are messages that were not sent by it.
    is_multicast_behind: bool,
    requests: Option<Requests>,
}

impl<P: Platform> Server<P> {
    pub(crate) fn new(platform: P, started: Started<P>, handle: Arc<Handle>) -> io::Result<Self> {
        let Started { poll, listeners, trunk, venue, ports, settings, multicast, requests } =
            started;
        let listeners = (1..)
            .zip(listeners)
            .map(|(token, (service, mut socket))| {
                poll.registry().register(&mut socket, Token(token), Interest::READABLE)?;
                Ok(Listener { service, socket, is_ready: true })
            })
            .collect::<io::Result<_>>()?;
        let mut requests = requests;
        if let Some(socket) = &mut requests {
            poll.registry().register(socket, REQUESTS, Interest::READABLE)?;
        }
        let ready = Arc::clone(&handle);
        let checks = PasswordChecks::start(Arc::new(move || ready.wake()))?;
        let now_ns = platform.monotonic_ns();
        Ok(Self {
            disconnects: Disconnects::all_are_gone(&settings, now_ns),
            timer: Timer::new(now_ns),
            logins_ns: 0,
            waker: Waker::from(Arc::new(WakeHandle(Arc::clone(&handle)))),
            platform,
            poll,
            listeners,
            trunk,
            venue,
            ports,
            settings,
            handle,
            connections: Slab::new(),
            to_read: BTreeSet::new(),
            to_send: BTreeSet::new(),
            handshaking: VecDeque::new(),
            held: Vec::new(),
            replaying: VecDeque::new(),
            readers: BTreeMap::new(),
            logged_in: BTreeMap::new(),
            checks,
            accepted: 0,
            bad_logins: BadLogins::default(),
            snapshots: Snapshots::default(),
            multicast,
            is_multicast_behind: false,
            requests: requests.map(Requests::new),
        })
    }

    /// Serves until the engine has ended, or nothing can be published any more.
    pub(crate) fn run(mut self) -> Result<Publication, GatewayError> {
        let mut events = Events::with_capacity(SOCKET_EVENTS_MAX);
        loop {
            self.wait(&mut events)?;
            self.handle.turn();
            if self.handle.is_given_up() {
                return Ok(self.venue.into_publication()?);
            }
            let now_ns = self.platform.monotonic_ns();
            for event in &events {
                self.ready(event);
            }
            self.accept_all(now_ns);
            self.answer_checks(now_ns);
            self.take_orders(now_ns);
            self.obey(now_ns);
            let released = self.take_released();
            if let Some(fault) = self.venue.fault.take() {
                return Err(fault.into());
            }
            self.send_new(now_ns);
            self.send_packets(now_ns);
            if let Err(SessionEnd::Stopped | SessionEnd::SnapshotsBehind) = released {
                self.send_rest();
                return Ok(self.venue.into_publication()?);
            }
            if released.is_err() {
                // A fault: nobody is told that the session has ended, because it has not.
                return Ok(self.venue.into_publication()?);
            }
            self.send_old(now_ns);
            self.check_time(now_ns);
            self.show(now_ns);
        }
    }

    /// Waits for something to do.
    fn wait(&mut self, events: &mut Events) -> Result<(), GatewayError> {
        self.trunk.register(&self.waker);
        let has_work = self.trunk.has_something()
            || !self.to_read.is_empty()
            || !self.handshaking.is_empty()
            || !self.to_send.is_empty()
            || !self.replaying.is_empty()
            || self.is_multicast_behind
            || self.requests.as_ref().is_some_and(|requests| requests.is_ready);
        let timeout = if has_work { Duration::ZERO } else { patience(&self.connections) };
        let waited = self.poll.poll(events, Some(timeout));
        self.to_read.extend(self.held.drain(..));
        match waited {
            Err(error) if error.kind() != ErrorKind::Interrupted => {
                Err(GatewayError::Io("to wait for sockets", error))
            }
            _ => Ok(()),
        }
    }

    /// Notes what a socket is ready for.
    fn ready(&mut self, event: &Event) {
        let token = event.token();
        if token == REQUESTS {
            if let Some(requests) = &mut self.requests {
                requests.is_ready = true;
            }
            return;
        }
        let Some(index) = token.0.checked_sub(FIRST_CONNECTION) else {
            if let Some(listener) =
                token.0.checked_sub(1).and_then(|index| self.listeners.get_mut(index))
            {
                listener.is_ready = true;
            }
            return;
        };
        let Some(connection) = self.connections.get_mut(index) else { return };
        if event.is_readable() {
            connection.is_readable = true;
            self.to_read.insert(index);
        }
        if event.is_writable() {
            connection.is_writable = true;
            self.to_send.insert(index);
        }
    }

    /// Reads what clients have sent, and hands their commands in: of each a few, and then of all
    /// again in the next turn.
    fn take_orders(&mut self, now_ns: u64) {
        if self.handle.is_closing() {
            self.to_read.clear();
            self.handshaking.clear();
        }
        let turn = self.turn();
        if turn.is_empty() {
            return;
        }
        let mut worked = Vec::with_capacity(turn.len());
        let timestamp_ns = self.platform.wall_clock_ns();
        {
            let Self { trunk, venue, ports, connections, .. } = self;
            // The host has ended, or is about to: nobody's orders are taken.
            let Ok(mut desk) = trunk.desk() else { return };
            let mut round = Round { desk: &mut desk, venue, ports, timestamp_ns, now_ns };
            for index in turn {
                let Some(connection) = connections.get_mut(index) else { continue };
                let result = match connection.receive(now_ns) {
                    Ok(()) => round.work(connection),
                    // What is not sound is told where it can be; for a lost socket there is nobody.
                    Err(error) if error.kind() == ErrorKind::InvalidData => {
                        Worked::Close(Some(error.to_string()))
                    }
                    Err(_) => Worked::Close(None),
                };
                worked.push((index, result));
            }
        }
        for (index, result) in worked {
            self.worked(index, result, now_ns);
        }
    }

    /// Who is read in this turn: everybody with something to read, but for one handshake at a
    /// time, so that a flood of them delays nobody who is connected.
    fn turn(&mut self) -> Vec<usize> {
        let mut turn = Vec::with_capacity(self.to_read.len());
        for index in take(&mut self.to_read) {
            let connection = self.connections.get(index);
            if !connection.is_some_and(|it| it.transport.is_handshaking()) {
                turn.push(index);
            } else if !self.handshaking.contains(&index) {
                self.handshaking.push_back(index);
            }
        }
        turn.extend(self.handshaking.drain(..HANDSHAKES_MAX.min(self.handshaking.len())));
        turn
    }

    fn worked(&mut self, index: usize, worked: Worked, now_ns: u64) {
        let connection = &self.connections[index];
        self.to_send.insert(index);
        match worked {
            Worked::More => {
                self.to_read.insert(index);
            }
            Worked::Full => {
                self.venue.show.seen.counts.waits += 1;
                self.held.push(index);
            }
            // What it sent before it closed its side is still worked on.
            Worked::Enough if connection.is_over && !connection.is_held => {
                self.close(index, None, now_ns);
            }
            Worked::Enough if connection.is_readable && !connection.is_held => {
                self.to_read.insert(index);
            }
            Worked::Enough => {}
            Worked::Login(request) => self.log_in(index, &request, now_ns),
            Worked::Close(reason) => self.close(index, reason.as_deref(), now_ns),
        }
    }

    /// Takes what the engine has released, and puts it where readers find it.
    fn take_released(&mut self) -> Result<(), SessionEnd> {
        let Self { trunk, venue, .. } = self;
        let read = trunk.read(RELEASED_MAX, venue);
        venue.flush(self.platform.wall_clock_ns());
        for stream in venue.transcripts.take_touched() {
            self.to_send.extend(self.readers.get(&stream).into_iter().flatten());
        }
        read.map(|_| ())
    }

    /// Sends one piece to everybody for whom there is something.
    fn send_new(&mut self, now_ns: u64) {
        for index in take(&mut self.to_send) {
            // Who is in the queue for old messages has its turn there.
            if self.connections.get(index).is_some_and(|it| !it.is_queued) {
                self.send_piece(index, now_ns);
            }
        }
    }

    /// Sends packets of the feed, and answers those who lost some.
    fn send_packets(&mut self, now_ns: u64) {
        let prefix = self.settings.session_prefix;
        let session_of = |day| Session(*session_name(prefix, day).as_bytes());
        let transcripts = &mut self.venue.transcripts;
        if let Some(multicast) = &mut self.multicast {
            // A transcript that can't be read now may be in the next turn.
            let sent = multicast.send(transcripts, session_of, now_ns);
            self.is_multicast_behind = sent.unwrap_or(false);
        }
        if let Some(requests) = &mut self.requests {
            requests.answer(transcripts, session_of, now_ns);
        }
    }

    /// Sends pieces of old messages.
    fn send_old(&mut self, now_ns: u64) {
        for _ in 0..REPLAYED_MAX.min(self.replaying.len()) {
            if let Some(index) = self.replaying.pop_front()
                && let Some(connection) = self.connections.get_mut(index)
            {
                connection.is_queued = false;
                self.send_piece(index, now_ns);
            }
        }
    }

    fn send_piece(&mut self, index: usize, now_ns: u64) {
        let Some(connection) = self.connections.get_mut(index) else { return };
        match connection.send(&mut self.venue.transcripts, now_ns) {
            Ok(Sent::Enough) => {
                if connection.is_held && connection.may_be_told() {
                    connection.is_held = false;
                    self.to_read.insert(index);
                }
            }
            Ok(Sent::More) => {
                connection.is_queued = true;
                self.replaying.push_back(index);
            }
            Ok(Sent::Ended) | Err(_) => self.forget(index, now_ns),
        }
    }

    /// The engine has stopped cleanly: everybody is sent what there is, as far as that goes without
    /// waiting, and the connections are closed. The session goes on when the engine does.
    fn send_rest(&mut self) {
        let now_ns = self.platform.monotonic_ns();
        let all: Vec<usize> = self.connections.iter().map(|(index, _)| index).collect();
        for index in all {
            while let Some(connection) = self.connections.get_mut(index)
                && let Ok(Sent::More) = connection.send(&mut self.venue.transcripts, now_ns)
            {
            }
            self.connections[index].say_goodbye(now_ns);
        }
    }

    /// Ends a connection when what waits for it is sent.
    fn close(&mut self, index: usize, reason: Option<&str>, now_ns: u64) {
        self.note_end(index, reason);
        self.log_out(index, now_ns);
        let connection = &mut self.connections[index];
        if let Some(reason) = reason
            && connection.may_be_told()
        {
            connection.say(reason, now_ns);
        }
        connection.state = State::Ending;
        if connection.is_over && connection.is_flushed() {
            connection.say_goodbye(now_ns);
            self.forget(index, now_ns);
        } else {
            self.to_send.insert(index);
        }
    }

    /// Says once that a connection ends; of one that came and left without a word nothing is said.
    fn note_end(&self, index: usize, reason: Option<&str>) {
        let Some(connection) = self.connections.get(index) else { return };
        let user = match &connection.state {
            State::LoggedIn(reader) => Some(self.settings.users[reader.user].name),
            State::Snapshot(..) => None,
            State::New | State::Checking(_) if reason.is_some() => None,
            State::New | State::Checking(_) | State::Ending => return,
        };
        let (peer, reason) = (connection.peer(), reason.map(str::to_owned));
        self.handle.notices.add(GatewayNotice::Closed { user, peer, reason });
    }

    /// A connection is gone.
    fn forget(&mut self, index: usize, now_ns: u64) {
        self.note_end(index, None);
        self.log_out(index, now_ns);
        if let Some(mut connection) = self.connections.try_remove(index) {
            connection.discard_input();
            drop(self.poll.registry().deregister(connection.transport.socket_mut()));
        }
        self.to_send.remove(&index);
        self.replaying.retain(|other| *other != index);
        self.handshaking.retain(|other| *other != index);
        self.to_read.remove(&index);
    }
}
