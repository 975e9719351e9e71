//! A TLS session: bytes of the peer out of what a socket brings, and the other way round.

use crate::files::setup;
use crate::{Acceptor, CertificateName, Connector, TlsFault};
use rustls::client::verify_server_name;
use rustls::server::ParsedCertificate;
use rustls::{
    AlertDescription, CertificateError, ClientConnection, Connection, Error, ServerConnection,
};
use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;

/// Bytes that wait encrypted, at most.
const WAITING_BYTES_MAX: usize = 16 << 10;

/// The first byte of a handshake, and of an alert.
const HANDSHAKE: u8 = 22;
const ALERT: u8 = 21;

/// A session.
#[derive(Debug)]
pub(crate) struct Session {
    tls: Connection,
    first: First,
    /// What came is not sound: nothing of it is taken any more.
    has_failed: bool,
}

/// The byte that came first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum First {
    Awaited,
    OfTls,
    OfAnotherProtocol,
}

impl Session {
    pub(crate) fn accepted(acceptor: &Acceptor) -> Result<Self, TlsFault> {
        let tls = ServerConnection::new(Arc::clone(&acceptor.config)).map_err(setup)?;
        Ok(Self::new(Connection::Server(tls)))
    }

    pub(crate) fn connected(connector: &Connector, address: &str) -> Result<Self, TlsFault> {
        let name = connector.name_of(address)?;
        let tls = ClientConnection::new(Arc::clone(&connector.config), name).map_err(setup)?;
        Ok(Self::new(Connection::Client(tls)))
    }

    fn new(mut tls: Connection) -> Self {
        tls.set_buffer_limit(Some(WAITING_BYTES_MAX));
        Self { tls, first: First::Awaited, has_failed: false }
    }

    pub(crate) fn is_open(&self) -> bool {
        !self.has_failed && !self.tls.is_handshaking()
    }

    pub(crate) fn is_handshaking(&self) -> bool {
        !self.has_failed && self.tls.is_handshaking()
    }

    pub(crate) fn has_unsent(&self) -> bool {
        self.tls.wants_write()
    }

    /// Whether this is a server whose client speaks another protocol.
    pub(crate) fn is_met_by_plain_text(&self) -> bool {
        self.first == First::OfAnotherProtocol && matches!(self.tls, Connection::Server(_))
    }

    pub(crate) fn finish(&mut self) {
        // Behind a fatal alert this does nothing.
        self.tls.send_close_notify();
    }

    pub(crate) fn is_certified(&self, name: &CertificateName) -> bool {
        let shown = self.tls.peer_certificates().and_then(|chain| chain.first());
        let shown = shown.and_then(|it| ParsedCertificate::try_from(it).ok());
        shown.is_some_and(|it| self.is_open() && verify_server_name(&it, &name.0).is_ok())
    }

    pub(crate) fn read<S: Read>(&mut self, socket: &mut S, bytes: &mut [u8]) -> io::Result<usize> {
        if let Some(read) = self.plain_text(bytes) {
            return read;
        }
        if self.has_failed {
            return Ok(0);
        }
        // Only when all that came before is taken, or rustls would refuse to read more.
        let Self { tls, first, .. } = self;
        if tls.read_tls(&mut Watched { socket, first })? == 0 {
            return Ok(0);
        }
        if self.first == First::OfAnotherProtocol {
            self.has_failed = true;
            return Err(io::Error::new(ErrorKind::InvalidData, self.not_tls()));
        }
        if let Err(error) = self.tls.process_new_packets() {
            // The alert that says so is unsent now.
            self.has_failed = true;
            return Err(io::Error::new(ErrorKind::InvalidData, sentence(&error)));
        }
        self.plain_text(bytes).unwrap_or_else(|| Err(ErrorKind::Interrupted.into()))
    }

    /// What the peer has written; `None` where nothing more of it is here.
    fn plain_text(&mut self, bytes: &mut [u8]) -> Option<io::Result<usize>> {
        match self.tls.reader().read(bytes) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            // Whoever cuts the line can cut no message: each has a length.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Some(Ok(0)),
            read => Some(read),
        }
    }

    pub(crate) fn write<S: Write>(&mut self, socket: &mut S, bytes: &[u8]) -> io::Result<usize> {
        if self.tls.wants_write() {
            return match self.tls.write_tls(socket)? {
                0 => Err(ErrorKind::WriteZero.into()),
                _ => Ok(0),
            };
        }
        if self.has_failed {
            // There is nobody to whom they could be said.
            return Ok(bytes.len());
        }
        self.tls.writer().write(bytes)
    }

    const fn not_tls(&self) -> &'static str {
        match self.tls {
            Connection::Server(_) => "this listener takes TLS only; connect with TLS",
            Connection::Client(_) => "no TLS is spoken at that address; check the address",
        }
    }
}

/// A socket whose first byte is looked at.
struct Watched<'s, S> {
    socket: &'s mut S,
    first: &'s mut First,
}

impl<S: Read> Read for Watched<'_, S> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let count = self.socket.read(bytes)?;
        if *self.first == First::Awaited && count > 0 {
            let is_tls = matches!(bytes[0], HANDSHAKE | ALERT);
            *self.first = if is_tls { First::OfTls } else { First::OfAnotherProtocol };
        }
        Ok(count)
    }
}

/// What became of a handshake, and what to do.
#[expect(clippy::wildcard_enum_match_arm, reason = "rustls may have more of them any day")]
fn sentence(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(wrong) => {
            let what = match wrong {
                CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                    "is not by the authority that is trusted here"
                }
                CertificateError::NotValidForName
                | CertificateError::NotValidForNameContext { .. } => "is for another name",
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                    "has expired"
                }
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                    "is not valid yet"
                }
                _ => return format!("the peer's certificate cannot be used: {wrong}"),
            };
            format!("the peer's certificate {what}")
        }
        Error::AlertReceived(
            alert @ (AlertDescription::CertificateRequired
            | AlertDescription::UnknownCA
            | AlertDescription::BadCertificate
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::AccessDenied),
        ) => format!("the peer wants another certificate than this one has shown ({alert:?})"),
        other => format!("TLS failed: {other}"),
    }
}
