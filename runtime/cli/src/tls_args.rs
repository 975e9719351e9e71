//! How a client asks for TLS, which the commands that connect share.

use highwater_tls::{Connector, Identity};
use std::path::PathBuf;

/// TLS, as options.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct TlsArgs {
    /// Connect with TLS, and trust the authorities in this file of PEM alone [default: no TLS]
    #[arg(long = "tls-ca", value_name = "FILE")]
    pub authorities: Option<PathBuf>,
    /// The certificate to show to the venue, in PEM [default: none]
    #[arg(
        long = "tls-certificate",
        value_name = "FILE",
        requires = "authorities",
        requires = "key"
    )]
    pub certificate: Option<PathBuf>,
    /// Its private key, in PEM
    #[arg(long = "tls-key", value_name = "FILE", requires = "certificate")]
    pub key: Option<PathBuf>,
    /// The name that the venue's certificate must have [default: the host of the address]
    #[arg(long = "tls-name", value_name = "NAME", requires = "authorities")]
    pub name: Option<String>,
}

impl TlsArgs {
    /// What they ask for.
    ///
    /// # Errors
    /// A file cannot be used, or there is no TLS here; a sentence.
    pub(crate) fn read(&self) -> Result<Option<Connector>, String> {
        let Some(authorities) = &self.authorities else { return Ok(None) };
        let identity = match (&self.certificate, &self.key) {
            (Some(certificate), Some(key)) => {
                Some(Identity { certificate: certificate.clone(), key: key.clone() })
            }
            (_, _) => None,
        };
        let connector = Connector::read(authorities, identity.as_ref(), self.name.as_deref());
        connector.map(Some).map_err(|fault| format!("TLS: {fault}"))
    }
}
