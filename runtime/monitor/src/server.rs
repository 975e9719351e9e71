//! The monitor's thread: takes requests, answers them, and keeps pages up to date.

mod answers;
mod client;

use crate::http::{Parsed, Request, Status, answer, parse};
use crate::live::Live;
use crate::series::Series;
use crate::stop::{Stop, WAKE};
use crate::token::Token;
use crate::view::View;
use crate::watched::{About, Watched};
use crate::worker::{BookQuestion, Worker};
use client::{Client, Doing};
use highwater::types::Sequence;
use highwater_gateway::GatewaySeen;
use highwater_platform::Platform;
use mio::event::Event;
use mio::net::TcpListener;
use mio::{Events, Interest, Poll, Token as PollToken};
use slab::Slab;
use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// The token of the listener.
const LISTENER: PollToken = PollToken(1);

/// Tokens from here on are those of clients.
const FIRST_CLIENT: usize = 2;

/// Clients at the same time, at most.
const CLIENTS_MAX: usize = 128;

/// Pages are brought up to date so often; where looking takes long, less often.
const UPDATE_EVERY_NS: u64 = 200_000_000;

/// Looking at the books takes at most one part in so many of the time.
const LOOK_SHARE: u64 = 20;

/// A second of the series.
const SECOND_NS: u64 = 1_000_000_000;

/// A client that sends no request, or takes no byte, for so long is gone.
const PATIENCE_NS: u64 = 10_000_000_000;

/// Who may look, who may do more, and who does it.
#[derive(Debug)]
pub(crate) struct Access {
    pub(crate) token: Token,
    pub(crate) to_look: ToLook,
    /// Makes books of the past.
    pub(crate) books: Option<Worker<BookQuestion>>,
    /// Does what an operator asks for, who knows the token.
    pub(crate) operator: Option<Worker<String>>,
}

/// Who may look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ToLook {
    /// Everybody on this machine.
    FromHere,
    /// Who knows the token.
    WithToken,
}

/// The monitor's thread.
pub(crate) struct Server<P: Platform> {
    poll: Poll,
    listener: TcpListener,
    watched: Watched<P>,
    about: About,
    access: Access,
    clients: Slab<Client>,
    /// How many clients there were.
    accepted: u64,
    series: Series,
    /// What was shown last.
    view: Arc<View>,
    /// When pages, and the series, are due next, by the monotonic clock.
    update_ns: u64,
    second_ns: u64,
    /// The durable sequence, and when it grew last.
    durable: (u64, u64),
    /// What was durable at the first request. Until the view has it, an instrument may be missing.
    begun: Option<Sequence>,
}

impl<P: Platform> Server<P> {
    pub(crate) fn new(
        poll: Poll,
        mut listener: TcpListener,
        (watched, about): (Watched<P>, About),
        access: Access,
    ) -> io::Result<Self> {
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        let now_ns = watched.platform.monotonic_ns();
        let mut server = Self {
            poll,
            listener,
            watched,
            about,
            access,
            clients: Slab::new(),
            accepted: 0,
            series: Series::default(),
            view: Arc::default(),
            update_ns: now_ns,
            second_ns: now_ns,
            durable: (0, now_ns),
            begun: None,
        };
        server.look(now_ns);
        Ok(server)
    }

    /// Serves until it is told to stop.
    pub(crate) fn run(mut self, stop: &Stop) {
        let mut events = Events::with_capacity(CLIENTS_MAX + FIRST_CLIENT);
        while !stop.is_raised() {
            let now_ns = self.watched.platform.monotonic_ns();
            let wait_ns = self.next_ns().saturating_sub(now_ns);
            if let Err(error) = self.poll.poll(&mut events, Some(Duration::from_nanos(wait_ns)))
                && error.kind() != ErrorKind::Interrupted
            {
                // Without a way to wait there is nothing to serve; trading goes on.
                return;
            }
            let now_ns = self.watched.platform.monotonic_ns();
            for event in &events {
                self.ready(event, now_ns);
            }
            self.answer_work(now_ns);
            self.check_time(now_ns);
        }
    }

    /// When there is something to do next though nothing comes.
    fn next_ns(&self) -> u64 {
        if self.has_pages() { self.update_ns.min(self.second_ns) } else { self.second_ns }
    }

    fn has_pages(&self) -> bool {
        self.clients.iter().any(|(_, client)| matches!(client.doing, Doing::Watching(_)))
    }

    fn ready(&mut self, event: &Event, now_ns: u64) {
        match event.token() {
            WAKE => {}
            LISTENER => self.accept_all(now_ns),
            PollToken(token) => {
                let index = token - FIRST_CLIENT;
                if event.is_writable() {
                    self.push(index, now_ns);
                }
                if event.is_readable() {
                    self.read(index, now_ns);
                }
            }
        }
    }

    fn accept_all(&mut self, now_ns: u64) {
        loop {
            let Ok((mut socket, _)) = self.listener.accept() else { return };
            self.make_room();
            drop(socket.set_nodelay(true));
            let entry = self.clients.vacant_entry();
            let token = PollToken(FIRST_CLIENT + entry.key());
            let both = Interest::READABLE | Interest::WRITABLE;
            if self.poll.registry().register(&mut socket, token, both).is_ok() {
                self.accepted += 1;
                entry.insert(Client::new(socket, self.accepted, now_ns));
            }
        }
    }

    /// Where there are too many clients, the one that has waited longest with its request goes, or
    /// else the oldest page.
    fn make_room(&mut self) {
        if self.clients.len() < CLIENTS_MAX {
            return;
        }
        let rank = |client: &Client| match client.doing {
            Doing::Asking => (0, client.id),
            Doing::Waiting | Doing::Leaving => (1, client.id),
            Doing::Watching(_) => (2, client.id),
        };
        if let Some((index, _)) = self.clients.iter().min_by_key(|(_, client)| rank(client)) {
            self.forget(index);
        }
    }

    /// Reads what a client has sent, and answers it once it is whole.
    fn read(&mut self, index: usize, now_ns: u64) {
        let Some(client) = self.clients.get_mut(index) else { return };
        if client.receive().is_err() {
            return self.forget(index);
        }
        if !matches!(client.doing, Doing::Asking) {
            return;
        }
        match parse(&client.input) {
            Parsed::Partial if client.is_over => self.forget(index),
            Parsed::Partial => {}
            Parsed::Wrong(status) => self.refuse(index, status, now_ns),
            Parsed::Whole(request) => {
                client.input = Vec::new();
                match self.check(&request) {
                    Ok(()) => self.respond(index, &request, now_ns),
                    Err(wrong) => self.refuse(index, wrong, now_ns),
                }
            }
        }
    }

    /// Whether a request may be answered. A page of another origin must not read this one under a
    /// name that it has made point here, so the host is checked on loopback.
    fn check(&self, request: &Request) -> Result<(), Status> {
        let is_health = matches!(request.path.as_str(), "/healthz" | "/readyz");
        let host = request.host.as_str();
        let is_address = host.parse::<IpAddr>().is_ok();
        let is_from_here = is_address || host == "localhost" || host.is_empty();
        match self.access.to_look {
            ToLook::FromHere if !is_from_here => Err(Status::Forbidden),
            ToLook::FromHere => Ok(()),
            ToLook::WithToken if is_health || self.knows_token(request) => Ok(()),
            ToLook::WithToken => Err(Status::Unauthorized),
        }
    }

    fn knows_token(&self, request: &Request) -> bool {
        request.token().is_some_and(|text| self.access.token.is(text))
    }

    fn refuse(&mut self, index: usize, status: Status, now_ns: u64) {
        let text = format!("{}\n", status.sentence());
        self.reply(index, &answer(status, "text/plain; charset=utf-8", text.as_bytes()), now_ns);
    }

    /// Sends an answer, behind which the connection is closed.
    fn reply(&mut self, index: usize, bytes: &[u8], now_ns: u64) {
        if let Some(client) = self.clients.get_mut(index) {
            client.output.extend_from_slice(bytes);
            client.doing = Doing::Leaving;
            self.push(index, now_ns);
        }
    }

    /// Sends what waits for a client.
    fn push(&mut self, index: usize, now_ns: u64) {
        let Some(client) = self.clients.get_mut(index) else { return };
        let is_gone = client.push(now_ns).is_err();
        if is_gone || (client.output.is_empty() && matches!(client.doing, Doing::Leaving)) {
            self.forget(index);
        }
    }

    fn forget(&mut self, index: usize) {
        if let Some(mut client) = self.clients.try_remove(index) {
            drop(self.poll.registry().deregister(&mut client.socket));
        }
    }

    /// Does what is due.
    fn check_time(&mut self, now_ns: u64) {
        if now_ns >= self.second_ns {
            self.second_ns = now_ns + SECOND_NS;
            let gateway = self.gateway();
            self.series.add(&self.watched, &gateway);
            self.note_durable(now_ns);
            let is_late = |client: &Client| now_ns.saturating_sub(client.moved_ns) >= PATIENCE_NS;
            let is_idle = |client: &Client| {
                matches!(client.doing, Doing::Asking | Doing::Leaving) || !client.output.is_empty()
            };
            let late: Vec<usize> = self
                .clients
                .iter()
                .filter(|(_, client)| is_late(client) && is_idle(client))
                .map(|(index, _)| index)
                .collect();
            for index in late {
                self.forget(index);
            }
        }
        if now_ns >= self.update_ns && self.has_pages() {
            self.look(now_ns);
            self.update_pages(now_ns);
        }
    }

    fn gateway(&self) -> GatewaySeen {
        self.watched.gateway().unwrap_or_default()
    }

    /// Looks at the market, and decides when it does so again.
    fn look(&mut self, now_ns: u64) {
        let mut wanted = BTreeSet::from([0]);
        for (_, client) in &self.clients {
            if let Doing::Watching(Live { instrument, .. }) = client.doing {
                wanted.insert(instrument);
            }
        }
        self.look_at(&wanted, now_ns);
    }

    fn look_at(&mut self, wanted: &BTreeSet<u32>, now_ns: u64) {
        self.view = Arc::new(View::of(&self.watched, &self.gateway(), wanted));
        let took_ns = self.watched.platform.monotonic_ns().saturating_sub(now_ns);
        self.update_ns = now_ns + UPDATE_EVERY_NS.max(took_ns.saturating_mul(LOOK_SHARE));
    }

    /// Sends each page what has changed; one that has not taken the update before gets none.
    fn update_pages(&mut self, now_ns: u64) {
        let mut sent = Vec::new();
        for (index, client) in &mut self.clients {
            if let Doing::Watching(live) = &mut client.doing
                && client.output.is_empty()
            {
                client.output = live.update(&self.view, &self.series);
                sent.push(index);
            }
        }
        for index in sent {
            self.push(index, now_ns);
        }
    }

    fn note_durable(&mut self, now_ns: u64) {
        let statistics = self.watched.engine.statistics();
        let is_behind = statistics.durable < statistics.appended;
        if statistics.durable.0 > self.durable.0 || !is_behind {
            self.durable = (statistics.durable.0, now_ns);
        }
    }
}
