//! A socket that is read and written in the same way with TLS and without.

use crate::{Acceptor, CertificateName, Connector, TlsFault};
use std::io::{self, ErrorKind, Read, Write};

#[cfg(not(feature = "tls"))]
use crate::off::Session;
#[cfg(feature = "tls")]
use crate::session::Session;

/// A socket and, with TLS, the session on it.
///
/// With TLS at most 16 KiB wait encrypted, besides what has come: 64 KiB in a handshake, 34 KiB
/// behind it.
#[derive(Debug)]
pub struct Transport<S> {
    socket: S,
    tls: Option<Box<Session>>,
}

impl<S> Transport<S> {
    /// Without TLS.
    pub const fn plain(socket: S) -> Self {
        Self { socket, tls: None }
    }

    /// The server's side of a connection with TLS.
    ///
    /// # Errors
    /// rustls refuses the settings.
    pub fn accepted(socket: S, acceptor: &Acceptor) -> Result<Self, TlsFault> {
        Ok(Self { socket, tls: Some(Box::new(Session::accepted(acceptor)?)) })
    }

    /// The client's side, to `address`, a host and a port.
    ///
    /// # Errors
    /// The host is none that a certificate can name.
    pub fn connected(socket: S, connector: &Connector, address: &str) -> Result<Self, TlsFault> {
        Ok(Self { socket, tls: Some(Box::new(Session::connected(connector, address)?)) })
    }

    /// The socket.
    pub const fn socket(&self) -> &S {
        &self.socket
    }

    /// The socket, to be registered.
    pub const fn socket_mut(&mut self) -> &mut S {
        &mut self.socket
    }

    /// The same connection on the same socket as another type has it.
    pub fn map<T>(self, socket: impl FnOnce(S) -> T) -> Transport<T> {
        Transport { socket: socket(self.socket), tls: self.tls }
    }

    /// Whether what is written now arrives: there is no handshake under way, and none has failed.
    pub fn is_open(&self) -> bool {
        self.tls.as_ref().is_none_or(|tls| tls.is_open())
    }

    /// Whether the handshake is under way: to read may cost as much as 50 orders.
    pub fn is_handshaking(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.is_handshaking())
    }

    /// Whether encrypted bytes wait to be written, with whatever comes next or with nothing.
    pub fn has_unsent(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.has_unsent())
    }

    /// Nothing more is written: with TLS the peer is told so, by bytes that are unsent then.
    pub fn finish(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.finish();
        }
    }

    /// Whether the peer has shown a certificate with this name.
    pub fn is_certified(&self, name: &CertificateName) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.is_certified(name))
    }
}

impl<S: Read + Write> Transport<S> {
    /// Reads; 0 bytes at the end. [`ErrorKind::Interrupted`] says that something came which is no
    /// byte of the peer's yet, and [`ErrorKind::WouldBlock`] only that nothing is held back here.
    ///
    /// # Errors
    /// The socket's; of the kind [`ErrorKind::InvalidData`] where what came is not sound TLS. Then
    /// the transport is plain when a server was sent no TLS at all, so that it can say so.
    pub fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else { return self.socket.read(bytes) };
        let read = tls.read(&mut self.socket, bytes);
        if read.is_err() && tls.is_met_by_plain_text() {
            self.tls = None;
        }
        read
    }

    /// Writes, and returns how many of the bytes were taken; with TLS that may be none when others
    /// that waited were written. Nothing is taken while some wait.
    ///
    /// # Errors
    /// The socket's.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.tls {
            Some(tls) => tls.write(&mut self.socket, bytes),
            None => match self.socket.write(bytes)? {
                0 if !bytes.is_empty() => Err(ErrorKind::WriteZero.into()),
                count => Ok(count),
            },
        }
    }
}
