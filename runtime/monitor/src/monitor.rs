//! A running monitor: how it is started, and how it ends.

use crate::error::MonitorError;
use crate::history::{BookAt, History};
use crate::server::{Access, Server};
use crate::token::Token;
use crate::watched::{About, Watched};
use highwater_platform::Platform;
use mio::net::TcpListener;
use mio::{Poll, Token as PollToken, Waker};
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Builder, JoinHandle};

/// The token of the waker.
pub(crate) const WAKE: PollToken = PollToken(0);

/// How a monitor is started.
#[derive(Clone, Debug)]
pub struct MonitorConfig {
    /// Where it is served; port 0: the system chooses.
    pub address: SocketAddr,
    /// What a client must know that looks from elsewhere than this machine.
    pub token: Option<Token>,
    /// Whether it may be served beyond loopback though nothing is encrypted.
    pub is_network_trusted: bool,
}

/// A monitor that serves, on a thread of its own (`hw-monitor`), until it is dropped.
pub struct Monitor {
    address: SocketAddr,
    stop: Arc<Stop>,
    thread: Option<JoinHandle<()>>,
}

/// How the thread is told to end.
#[derive(Debug)]
pub(crate) struct Stop {
    waker: Waker,
    is_raised: AtomicBool,
}

impl Stop {
    pub(crate) fn is_raised(&self) -> bool {
        self.is_raised.load(Ordering::Acquire)
    }

    /// Wakes the thread; a wake-up that fails is made up for by its next look at the time.
    pub(crate) fn wake(&self) {
        drop(self.waker.wake());
    }
}

impl Monitor {
    /// Serves what is `watched`. `book_at` makes books of the past, where there are any.
    ///
    /// # Errors
    /// It must not or cannot listen there.
    pub fn start<P: Platform>(
        config: &MonitorConfig,
        watched: Watched<P>,
        about: About,
        book_at: Option<BookAt>,
    ) -> Result<Self, MonitorError> {
        let is_loopback = config.address.ip().is_loopback();
        let may_be_seen = config.is_network_trusted && config.token.is_some();
        if !is_loopback && !may_be_seen {
            return Err(MonitorError::NotLoopback(config.address));
        }
        let listener = TcpListener::bind(config.address)
            .map_err(|error| MonitorError::Listen(config.address, error))?;
        let address = listener.local_addr().unwrap_or(config.address);
        let poll = Poll::new().map_err(|error| MonitorError::Io("way to wait", error))?;
        let waker = Waker::new(poll.registry(), WAKE)
            .map_err(|error| MonitorError::Io("way to be woken", error))?;
        let stop = Arc::new(Stop { waker, is_raised: AtomicBool::new(false) });
        let ready = Arc::clone(&stop);
        let history = book_at.map(|book_at| History::start(book_at, move || ready.wake()));
        let history = history.transpose().map_err(|error| MonitorError::Io("thread", error))?;
        let access = match &config.token {
            Some(token) if !is_loopback => Access::Token(token.clone()),
            _ => Access::Loopback,
        };
        let server = Server::new(poll, listener, (watched, about), (access, history))
            .map_err(|error| MonitorError::Io("way to listen", error))?;
        let told = Arc::clone(&stop);
        let thread = Builder::new()
            .name("hw-monitor".to_owned())
            .spawn(move || server.run(&told))
            .map_err(|error| MonitorError::Io("thread", error))?;
        Ok(Self { address, stop, thread: Some(thread) })
    }

    /// Where it is served; a port that the system chose is known here.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        self.stop.is_raised.store(true, Ordering::Release);
        self.stop.wake();
        if let Some(thread) = self.thread.take() {
            // A thread that panicked serves nobody any more; trading goes on.
            drop(thread.join());
        }
    }
}

impl fmt::Debug for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Monitor").field("address", &self.address).finish_non_exhaustive()
    }
}
