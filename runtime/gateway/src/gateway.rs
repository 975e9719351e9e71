//! A running gateway: how it is started, and how it ends.

use crate::checkpoints::OnCheckpoint;
use crate::connection::Service;
use crate::error::GatewayError;
use crate::handle::Handle;
use crate::multicast::Multicast;
use crate::notices::GatewayNotices;
use crate::operator::{UserAction, UserFault};
use crate::port::{Port, number_of, session_of};
use crate::seen::GatewaySeen;
use crate::server::sessions::session_name;
use crate::server::{Server, Started};
use crate::settings::{MulticastTo, Plaintext, Settings, Trader};
use crate::venue::{StreamOf, Venue};
use highwater::types::SessionId;
use highwater_host::Trunk;
use highwater_platform::Platform;
use highwater_protocols::Alpha;
use highwater_protocols::mold::Session;
use highwater_publisher::files::{Publication, Targets};
use highwater_tls::Acceptor;
use mio::Poll;
use mio::net::{TcpListener, UdpSocket};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

/// Where a gateway listens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Listening {
    /// Orders.
    pub ouch: Option<SocketAddr>,
    /// The feed.
    pub itch: Option<SocketAddr>,
    /// Snapshots.
    pub glimpse: Option<SocketAddr>,
    /// Where packets of the feed go.
    pub multicast: Option<SocketAddr>,
    /// Requests for those that were lost.
    pub requests: Option<SocketAddr>,
}

/// An action of the operator that takes longer is given up.
const OPERATOR_PATIENCE: Duration = Duration::from_secs(10);

/// A gateway that serves, on a thread of its own (`hw-net`).
///
/// It goes on until the host ends, and hands over everything that the host releases until then.
/// When it is dropped before, the host no longer waits for it.
#[derive(Debug)]
pub struct Gateway {
    listening: Listening,
    handle: Arc<Handle>,
    thread: Option<JoinHandle<Result<Publication, GatewayError>>>,
}

impl Gateway {
    /// Listens, and serves from then on. `publication` has caught up with the sequence that the
    /// trunk goes on behind; `targets` are those that it was opened with.
    ///
    /// # Errors
    /// It must not or cannot listen, or users are not distinct.
    pub fn start<P: Platform>(
        platform: P,
        trunk: Trunk<P>,
        (publication, targets): (Publication, &Targets),
        settings: Settings,
        on_checkpoint: OnCheckpoint,
    ) -> Result<Self, GatewayError> {
        check_users(&settings, trunk.sessions_max())?;
        let poll = Poll::new().map_err(|error| GatewayError::Io("a way to wait", error))?;
        let handle =
            Handle::new(&poll).map_err(|error| GatewayError::Io("a way to wake it", error))?;
        let mut listeners = Vec::new();
        let mut listen = |service, address: Option<SocketAddr>| {
            let Some(address) = address else { return Ok(None) };
            let listener = bound(address, &settings)?;
            let address = listener.local_addr().unwrap_or(address);
            listeners.push((service, listener));
            Ok::<_, GatewayError>(Some(address))
        };
        let mut listening = Listening {
            ouch: listen(Service::Orders, settings.ouch)?,
            itch: listen(Service::Feed, settings.itch)?,
            glimpse: listen(Service::Snapshot, settings.glimpse)?,
            ..Listening::default()
        };
        let ports = ports_of(&settings, &publication, &trunk);
        let mut venue = Venue::new(publication, targets, on_checkpoint)
            .map_err(|error| GatewayError::Io("to read the streams", error))?;
        let requests = settings.requests.map(|address| bound_to_requests(address, &settings));
        let requests = requests.transpose()?;
        listening.requests = requests.as_ref().and_then(|socket| socket.local_addr().ok());
        let multicast = settings.multicast.map(|to| multicast(to, &settings, &mut venue));
        let multicast = multicast.transpose()?;
        listening.multicast = multicast.as_ref().map(Multicast::to);
        let handle = Arc::new(handle);
        let started =
            Started { poll, listeners, trunk, venue, ports, settings, multicast, requests };
        let server = Server::new(platform, started, Arc::clone(&handle))
            .map_err(|error| GatewayError::Io("what it needs to serve", error))?;
        let thread = Builder::new()
            .name("hw-net".to_owned())
            .spawn(move || server.run())
            .map_err(|error| GatewayError::Io("a thread", error))?;
        Ok(Self { listening, handle, thread: Some(thread) })
    }

    /// Where it listens; ports that the system chose are known here.
    pub const fn listening(&self) -> Listening {
        self.listening
    }

    /// What is to be seen of it: copied now and then, so up to 0.2 s old.
    pub fn watch(&self) -> GatewayWatch {
        GatewayWatch(Arc::clone(&self.handle))
    }

    /// How often its thread has looked for something to do, which it does several times a second: a
    /// number that stands still is a thread that does.
    pub fn turns(&self) -> u64 {
        self.handle.turns()
    }

    /// What has happened to clients since this was asked last: the first 1,024 notices of it.
    pub fn take_notices(&self) -> GatewayNotices {
        self.handle.notices.take()
    }

    /// Has something done to a user, and waits until it is on its way.
    ///
    /// # Errors
    /// Why it is not done.
    pub fn act_on(&self, user: Alpha<6>, action: UserAction) -> Result<(), UserFault> {
        let answer = self.handle.asked.ask(user, action);
        self.handle.wake();
        answer.recv_timeout(OPERATOR_PATIENCE).unwrap_or(Err(UserFault::Ended))
    }

    /// Takes nothing from clients any more, and accepts nobody; what the host releases is still
    /// handed over.
    pub fn close(&self) {
        self.handle.close();
    }

    /// Whether its thread has ended.
    pub fn is_finished(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Waits for its end, which comes behind the host's; the publication holds everything that the
    /// host released, and has no checkpoint there.
    ///
    /// # Errors
    /// Why it ended by itself.
    pub fn join(mut self) -> Result<Publication, GatewayError> {
        let thread = self.thread.take().ok_or(GatewayError::Panicked)?;
        thread.join().unwrap_or(Err(GatewayError::Panicked))
    }
}

/// A look at a gateway, from any thread and also behind its end.
#[derive(Clone, Debug)]
pub struct GatewayWatch(Arc<Handle>);

impl GatewayWatch {
    /// What is shown of it.
    pub fn look(&self) -> GatewaySeen {
        self.0.window.look()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            self.handle.give_up();
            drop(thread.join());
        }
    }
}

/// A listener: where it has no TLS, for those that may connect without.
fn bound(address: SocketAddr, settings: &Settings) -> Result<TcpListener, GatewayError> {
    if settings.tls.is_none() && !is_within_reach(address, settings.plaintext) {
        return Err(GatewayError::NotLoopback(address));
    }
    TcpListener::bind(address).map_err(|error| GatewayError::Listen(address, error))
}

/// Whether an address may be used unencrypted.
fn is_within_reach(address: SocketAddr, plaintext: Plaintext) -> bool {
    plaintext == Plaintext::TrustedNetwork || address.ip().is_loopback()
}

/// Whether packets may go out there; they are never encrypted.
fn check_packets(address: SocketAddr, settings: &Settings) -> Result<(), GatewayError> {
    let is_fine = is_within_reach(address, settings.plaintext);
    if is_fine { Ok(()) } else { Err(GatewayError::PacketsNotLoopback(address)) }
}

fn bound_to_requests(address: SocketAddr, settings: &Settings) -> Result<UdpSocket, GatewayError> {
    check_packets(address, settings)?;
    UdpSocket::bind(address).map_err(|error| GatewayError::Listen(address, error))
}

/// The sender of packets: it begins with what comes next.
fn multicast(
    MulticastTo { to, from }: MulticastTo,
    settings: &Settings,
    venue: &mut Venue,
) -> Result<Multicast, GatewayError> {
    let from = SocketAddr::new(from, 0);
    check_packets(from, settings)?;
    let failed = |error| GatewayError::Listen(from, error);
    let mut to = to;
    if to.port() == 0 {
        let free = std::net::UdpSocket::bind(from).and_then(|socket| socket.local_addr());
        to.set_port(free.map_err(failed)?.port());
    }
    let day = venue.transcripts.day();
    let session = Session(*session_name(settings.session_prefix, day).as_bytes());
    let transcript = venue.transcripts.transcript(day, StreamOf::Feed).expect("it is today's");
    let cursor = transcript.cursor(u64::MAX).map_err(failed)?;
    Multicast::new(from, to, (day, session), cursor).map_err(failed)
}

/// Names and sessions tell users apart.
fn check_users(settings: &Settings, sessions_max: u32) -> Result<(), GatewayError> {
    let (mut names, mut sessions) = (BTreeSet::new(), BTreeSet::new());
    for user in &settings.users {
        if user.name.is_blank() {
            return Err(GatewayError::Users("a user has no name".to_owned()));
        }
        if !names.insert(user.name) {
            return Err(GatewayError::Users(format!("the user '{}' is there twice", user.name)));
        }
        let is_asked = settings.tls.as_ref().is_some_and(Acceptor::wants_certificates);
        if user.certificate.is_some() && !is_asked {
            return Err(GatewayError::NoCertificates(user.name.to_string()));
        }
    }
    for (_, Trader { session, .. }) in settings.traders() {
        if session == SessionId::OPERATOR || u32::from(session.0) >= sessions_max {
            let wrong = format!(
                "session {session} is none that a trader can have: they are 1 to {}",
                sessions_max.saturating_sub(1)
            );
            return Err(GatewayError::Users(wrong));
        }
        if !sessions.insert(session) {
            return Err(GatewayError::Users(format!("session {session} has two traders")));
        }
    }
    Ok(())
}

/// The ports of all traders, as the log left them.
fn ports_of<P: Platform>(
    settings: &Settings,
    publication: &Publication,
    trunk: &Trunk<P>,
) -> Vec<Port> {
    let publisher = &publication.publisher;
    let mut ports: Vec<Port> = settings
        .traders()
        .map(|(_, trader)| {
            let last = trunk.recovered_client_sequence(trader.session);
            let mut port = Port::new(trader, last, publisher.disabled_firms(trader.session));
            port.is_stopped = publisher.is_entry_stopped(trader.session);
            port
        })
        .collect();
    let by_session: BTreeMap<_, _> =
        ports.iter().enumerate().map(|(index, port)| (port.trader.session, index)).collect();
    for (_, order) in publisher.open_orders() {
        let session = session_of(order).and_then(|session| by_session.get(&session));
        if let Some(index) = session {
            ports[*index].knows(number_of(order));
        }
    }
    ports
}
