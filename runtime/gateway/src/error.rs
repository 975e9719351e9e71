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
         unencrypted; listen on 127.0.0.1, give the venue a certificate ([tls]), or set plaintext \
         = \"trusted network\" where that is so"
    )]
    NotLoopback(SocketAddr),
    /// Packets of the feed, or answers with some, would leave this machine.
    #[error(
        "{0} can be reached from other machines, and packets (moldudp64, requests) have no TLS; \
         use 127.0.0.1, or set plaintext = \"trusted network\" where that is so"
    )]
    PacketsNotLoopback(SocketAddr),
    /// The certificate of a user is to be looked at, and none is asked for.
    #[error(
        "the user '{0}' has a certificate, and connections show none; name the authority of the \
         clients ([tls] clients = \"ca.pem\"), or leave the user's certificate out"
    )]
    NoCertificates(String),
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
