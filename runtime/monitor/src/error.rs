//! Why there is no monitor.

use std::io;
use std::net::SocketAddr;

/// Why a monitor did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MonitorError {
    /// Another program may have the address.
    #[error("the page cannot be served at {0}: {1}; choose another address, or port 0")]
    Listen(SocketAddr, #[source] io::Error),
    /// The token would go there unencrypted.
    #[error(
        "{0} is not on loopback: the page is not encrypted, so it needs the setting \
         plaintext = \"trusted network\" there"
    )]
    NotLoopback(SocketAddr),
    /// The system has none.
    #[error("the monitor got no {0}: {1}")]
    Io(&'static str, #[source] io::Error),
}
