//! Certificates and keys from files, and what is wrong with them.

use crate::{Identity, TlsFault};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, Error, RootCertStore};
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// The cryptography.
///
/// # Errors
/// This processor cannot do it.
pub(crate) fn provider() -> Result<Arc<CryptoProvider>, TlsFault> {
    if !graviola::util::is_cpu_supported() {
        return Err(TlsFault::Processor);
    }
    Ok(Arc::new(rustls_graviola::default_provider()))
}

/// The certificates in a file, at least one.
pub(crate) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsFault> {
    let text = read(path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let found = found.map_err(|error| TlsFault::Pem(path.to_owned(), error.to_string()))?;
    if found.is_empty() {
        return Err(TlsFault::NoCertificate(path.to_owned()));
    }
    Ok(found)
}

/// The authorities in a file.
pub(crate) fn roots(path: &Path) -> Result<Arc<RootCertStore>, TlsFault> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        let added = roots.add(certificate);
        added.map_err(|error| TlsFault::Certificate(path.to_owned(), error.to_string()))?;
    }
    Ok(Arc::new(roots))
}

/// A certificate with its key: they belong together, and its time is now.
pub(crate) fn certified(
    identity: &Identity,
    provider: &Arc<CryptoProvider>,
) -> Result<CertifiedKey, TlsFault> {
    let Identity { certificate, key } = identity;
    let chain = certificates(certificate)?;
    let der = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|error| {
        if matches!(error, PemError::NoItemsFound) {
            TlsFault::NoKey(key.clone())
        } else {
            TlsFault::Pem(key.clone(), error.to_string())
        }
    })?;
    let signing = provider.key_provider.load_private_key(der);
    let signing = signing.map_err(|error| TlsFault::Key(key.clone(), error.to_string()))?;
    let certified = CertifiedKey::new(chain, signing);
    certified.keys_match().map_err(|error| {
        if matches!(error, Error::InconsistentKeys(_)) {
            TlsFault::OtherKey(key.clone(), certificate.clone())
        } else {
            TlsFault::Certificate(certificate.clone(), error.to_string())
        }
    })?;
    check_time(certificate, &certified.cert, provider)?;
    Ok(certified)
}

/// Whether the time of a chain is now. Nothing else is asked: its names and uses are for the peer
/// to judge.
fn check_time(
    path: &Path,
    chain: &[CertificateDer<'static>],
    provider: &Arc<CryptoProvider>,
) -> Result<(), TlsFault> {
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(chain.last().cloned());
    if added == 0 {
        return Ok(());
    }
    let verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
    let Ok(verifier) = verifier.build() else { return Ok(()) };
    let any = ServerName::try_from("localhost").expect("it is a name");
    match verifier.verify_server_cert(&chain[0], &chain[1..], &any, &[], UnixTime::now()) {
        Err(Error::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        )) => Err(TlsFault::OutOfTime(path.to_owned(), "has expired")),
        Err(Error::InvalidCertificate(
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
        )) => Err(TlsFault::OutOfTime(path.to_owned(), "is not valid yet")),
        _ => Ok(()),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsFault> {
    fs::read(path).map_err(|error| TlsFault::Read(path.to_owned(), error))
}

/// rustls refuses what it is given.
pub(crate) fn setup(error: impl std::fmt::Display) -> TlsFault {
    TlsFault::Setup(error.to_string())
}
