//! A server's settings: who it is, and whose certificates it takes.

use crate::files::{certified, provider, roots, setup};
use crate::{Identity, TlsFault};
use rustls::ServerConfig;
use rustls::pki_types::ServerName;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::sign::SingleCertAndKey;
use rustls::version::TLS13;
use std::path::Path;
use std::sync::Arc;

/// A server's settings.
#[derive(Clone, Debug)]
pub struct Acceptor {
    pub(crate) config: Arc<ServerConfig>,
    wants_certificates: bool,
}

impl Acceptor {
    /// From files. With `clients`, a file of authorities, each client has to show a certificate by
    /// one of them.
    ///
    /// # Errors
    /// A file cannot be used, or this processor can do no TLS.
    pub fn read(identity: &Identity, clients: Option<&Path>) -> Result<Self, TlsFault> {
        let provider = provider()?;
        let certified = certified(identity, &provider)?;
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&TLS13])
            .map_err(setup)?;
        let config = match clients {
            None => config.with_no_client_auth(),
            Some(path) => {
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(roots(path)?, provider).build();
                config.with_client_cert_verifier(verifier.map_err(setup)?)
            }
        };
        let mut config = config.with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        // Each connection shows its certificate anew, and the server remembers none.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Self { config: Arc::new(config), wants_certificates: clients.is_some() })
    }

    /// Whether clients have to show certificates.
    pub const fn wants_certificates(&self) -> bool {
        self.wants_certificates
    }
}

/// A name that a certificate has to have: one of its alternative names.
#[derive(Clone, Debug)]
pub struct CertificateName(pub(crate) ServerName<'static>);

impl CertificateName {
    /// From text: a DNS name, or an IP address.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, TlsFault> {
        let name = ServerName::try_from(text.to_owned());
        name.map(Self).map_err(|_| TlsFault::Name(text.to_owned()))
    }
}
