//! Why a gateway does not serve.

use highwater_publisher::files::FilesError;
use std::io;
use std::net::SocketAddr;
use thiserror::Error;

/// Why a gateway did not start, or has stopped.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum GatewayError {
    /// It was to listen on an address that is not of this machine alone.
    #[error(
        "{0} can be reached from other machines, and passwords and orders would go there \
         unencrypted; listen on 127.0.0.1, or set plaintext = \"trusted network\" where that is \
         so"
    )]
    NotLoopback(SocketAddr),
    /// The system did not let it listen.
    #[error("cannot listen on {0} ({1}); choose another address or port")]
    Listen(SocketAddr, io::Error),
    /// Two users cannot be told apart, or share a session.
    #[error("{0}; give each user a name and each trader a session of its own")]
    Users(String),
    /// The system refused something.
    #[error("the system refused the gateway {0} ({1}); try again when the cause is mended")]
    Io(&'static str, io::Error),
    /// The streams cannot be written any more.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// A thread panicked, which is a defect; it has printed why.
    #[error(
        "the gateway's thread panicked, which is a defect; everything acknowledged is in the log"
    )]
    Panicked,
}
