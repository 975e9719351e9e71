//! Sockets with TLS or without: a venue and its clients read and write both in the same way.
//!
//! TLS is version 1.3 of rustls, with cryptography that compiles no C; it is there with the feature
//! `tls`. Every connection makes a whole handshake: nothing is resumed, so a certificate is checked
//! each time. Nothing falls back to plain text, and no check can be turned off.

#![forbid(unsafe_code)]

#[cfg(feature = "tls")]
mod acceptor;
#[cfg(feature = "tls")]
mod connector;
mod fault;
#[cfg(feature = "tls")]
mod files;
#[cfg(not(feature = "tls"))]
mod off;
#[cfg(feature = "tls")]
mod session;
mod transport;

#[cfg(feature = "tls")]
pub use acceptor::{Acceptor, CertificateName};
#[cfg(feature = "tls")]
pub use connector::Connector;
pub use fault::TlsFault;
#[cfg(not(feature = "tls"))]
pub use off::{Acceptor, CertificateName, Connector};
pub use transport::Transport;

use std::path::PathBuf;

/// The files that say who one is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The certificate, and behind it those up to the authority, as PEM.
    pub certificate: PathBuf,
    /// Its private key, as PEM, not encrypted.
    pub key: PathBuf,
}
