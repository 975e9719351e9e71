//! What stands for TLS where the program is built without it: nothing of it can be made.

use crate::{Identity, TlsFault};
use std::io;
use std::path::Path;

/// A server's settings, which are not there.
#[derive(Clone, Debug)]
pub enum Acceptor {}

impl Acceptor {
    /// Says that there is no TLS.
    ///
    /// # Errors
    /// Always.
    pub const fn read(_: &Identity, _: Option<&Path>) -> Result<Self, TlsFault> {
        Err(TlsFault::NotBuilt)
    }

    /// Whether clients have to show certificates.
    pub const fn wants_certificates(&self) -> bool {
        match *self {}
    }
}

/// A name of a certificate, which is not there.
#[derive(Clone, Debug)]
pub enum CertificateName {}

impl CertificateName {
    /// Says that there is no TLS.
    ///
    /// # Errors
    /// Always.
    pub const fn parse(_: &str) -> Result<Self, TlsFault> {
        Err(TlsFault::NotBuilt)
    }
}

/// A client's settings, which are not there.
#[derive(Clone, Debug)]
pub enum Connector {}

impl Connector {
    /// Says that there is no TLS.
    ///
    /// # Errors
    /// Always.
    pub const fn read(_: &Path, _: Option<&Identity>, _: Option<&str>) -> Result<Self, TlsFault> {
        Err(TlsFault::NotBuilt)
    }
}

/// A session, which is not there.
#[derive(Debug)]
pub(crate) enum Session {}

#[expect(clippy::needless_pass_by_ref_mut, reason = "as the session that is there has them")]
impl Session {
    pub(crate) const fn accepted(acceptor: &Acceptor) -> Result<Self, TlsFault> {
        match *acceptor {}
    }

    pub(crate) const fn connected(connector: &Connector, _: &str) -> Result<Self, TlsFault> {
        match *connector {}
    }

    pub(crate) const fn is_open(&self) -> bool {
        match *self {}
    }

    pub(crate) const fn is_handshaking(&self) -> bool {
        match *self {}
    }

    pub(crate) const fn has_unsent(&self) -> bool {
        match *self {}
    }

    pub(crate) const fn is_met_by_plain_text(&self) -> bool {
        match *self {}
    }

    pub(crate) const fn finish(&mut self) {
        match *self {}
    }

    pub(crate) const fn is_certified(&self, _: &CertificateName) -> bool {
        match *self {}
    }

    pub(crate) const fn read<S>(&mut self, _: &mut S, _: &mut [u8]) -> io::Result<usize> {
        match *self {}
    }

    pub(crate) const fn write<S>(&mut self, _: &mut S, _: &[u8]) -> io::Result<usize> {
        match *self {}
    }
}
