//! A client's settings: whom it trusts, who it is, and whom it looks for.

use crate::files::{certified, provider, roots, setup};
use crate::{CertificateName, Identity, TlsFault};
use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::pki_types::ServerName;
use rustls::sign::SingleCertAndKey;
use rustls::version::TLS13;
use std::path::Path;
use std::sync::Arc;

/// A client's settings.
#[derive(Clone, Debug)]
pub struct Connector {
    pub(crate) config: Arc<ClientConfig>,
    name: Option<CertificateName>,
}

impl Connector {
    /// From files: the authorities that are trusted, and who the client is, where the server wants
    /// to know. The server's certificate must have the `name`; without one, the host's.
    ///
    /// # Errors
    /// A file cannot be used, the name is none, or this processor can do no TLS.
    pub fn read(
        authorities: &Path,
        identity: Option<&Identity>,
        name: Option<&str>,
    ) -> Result<Self, TlsFault> {
        let provider = provider()?;
        let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&TLS13])
            .map_err(setup)?
            .with_root_certificates(roots(authorities)?);
        let mut config = match identity {
            None => config.with_no_client_auth(),
            Some(identity) => {
                let certified = certified(identity, &provider)?;
                config.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(certified)))
            }
        };
        config.resumption = Resumption::disabled();
        let name = name.map(CertificateName::parse).transpose()?;
        Ok(Self { config: Arc::new(config), name })
    }

    /// The name that the server's certificate must have.
    pub(crate) fn name_of(&self, address: &str) -> Result<ServerName<'static>, TlsFault> {
        if let Some(CertificateName(name)) = &self.name {
            return Ok(name.clone());
        }
        let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
        let CertificateName(name) = CertificateName::parse(host.trim_matches(['[', ']']))?;
        Ok(name)
    }
}
