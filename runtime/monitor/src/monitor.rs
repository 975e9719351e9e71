//! A running monitor: how it is started, and how it ends.

use crate::error::MonitorError;
use crate::server::{Access, Server, ToLook};
use crate::stop::Stop;
use crate::token::Token;
use crate::watched::{About, Watched};
use crate::worker::{BookQuestion, Work, Worker};
use highwater_platform::Platform;
use mio::Poll;
use mio::net::TcpListener;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

/// How a monitor is started.
#[derive(Clone, Debug)]
pub struct MonitorConfig {
    /// Where it is served; port 0: the system chooses.
    pub address: SocketAddr,
    /// What a client must know that looks from elsewhere than this machine, or wants something
    /// done.
    pub token: Token,
    /// Whether it may be served beyond loopback though nothing is encrypted.
    pub is_network_trusted: bool,
}

/// What takes its time, and is done on threads of its own.
pub struct Workers {
    /// Makes books of the past.
    pub book_at: Option<Work<BookQuestion>>,
    /// Does what an operator asks for in a line of JSON.
    pub operate: Option<Work<String>>,
}

impl fmt::Debug for Workers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workers").finish_non_exhaustive()
    }
}

/// A monitor that serves, on a thread of its own (`hw-monitor`), until it is dropped.
pub struct Monitor {
    address: SocketAddr,
    stop: Arc<Stop>,
    thread: Option<JoinHandle<()>>,
}

impl Monitor {
    /// Serves what is `watched`.
    ///
    /// # Errors
    /// It must not or cannot listen there.
    pub fn start<P: Platform>(
        config: &MonitorConfig,
        watched: Watched<P>,
        about: About,
        workers: Workers,
    ) -> Result<Self, MonitorError> {
        let is_loopback = config.address.ip().is_loopback();
        if !is_loopback && !config.is_network_trusted {
            return Err(MonitorError::NotLoopback(config.address));
        }
        let listener = TcpListener::bind(config.address)
            .map_err(|error| MonitorError::Listen(config.address, error))?;
        let address = listener.local_addr().unwrap_or(config.address);
        let poll = Poll::new().map_err(|error| MonitorError::Io("way to wait", error))?;
        let stop = Stop::new(&poll).map_err(|error| MonitorError::Io("way to be woken", error))?;
        let stop = Arc::new(stop);
        let no_thread = |error| MonitorError::Io("thread", error);
        let (ready, done) = (Arc::clone(&stop), Arc::clone(&stop));
        let books = workers.book_at.map(|it| Worker::start("hw-past", it, move || ready.wake()));
        let wishes = workers.operate.map(|it| Worker::start("hw-wishes", it, move || done.wake()));
        let access = Access {
            token: config.token.clone(),
            to_look: if is_loopback { ToLook::FromHere } else { ToLook::WithToken },
            books: books.transpose().map_err(no_thread)?,
            wishes: wishes.transpose().map_err(no_thread)?,
        };
        let server = Server::new(poll, listener, (watched, about), access)
            .map_err(|error| MonitorError::Io("way to listen", error))?;
        let told = Arc::clone(&stop);
        let thread = Builder::new()
            .name("hw-monitor".to_owned())
            .spawn(move || server.run(&told))
            .map_err(no_thread)?;
        Ok(Self { address, stop, thread: Some(thread) })
    }

    /// Where it is served; a port that the system chose is known here.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        self.stop.raise();
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
