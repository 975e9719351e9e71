//! Why there is no TLS, before there is a connection.

use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// Why there is no TLS.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TlsFault {
    /// The feature is not there.
    #[error(
        "this program was built without TLS; build it with the feature `tls`, or ask for no TLS"
    )]
    NotBuilt,
    /// The processor has not what the cryptography is written in.
    #[error(
        "TLS needs instructions that this processor lacks (x86-64: ADX, AES, AVX2, BMI2, \
         PCLMULQDQ; arm64: AES, PMULL, SHA2); run it on a newer one, or put a TLS proxy in front \
         of loopback"
    )]
    Processor,
    /// A file cannot be read.
    #[error("cannot read '{0}' ({1}); check that it is there and may be read")]
    Read(PathBuf, io::Error),
    /// A file is no PEM.
    #[error("'{0}' is not PEM ({1}); write certificates and keys as text in base64")]
    Pem(PathBuf, String),
    /// A file holds no certificate.
    #[error("'{0}' holds no certificate; it has to begin with -----BEGIN CERTIFICATE-----")]
    NoCertificate(PathBuf),
    /// A certificate is not well made.
    #[error("a certificate in '{0}' cannot be used ({1}); have it issued again")]
    Certificate(PathBuf, String),
    /// A certificate's time is over, or has not come.
    #[error("the certificate in '{0}' {1}; renew it, or set the clock right")]
    OutOfTime(PathBuf, &'static str),
    /// A file holds no key.
    #[error(
        "'{0}' holds no private key; it has to be in PEM and not encrypted, and begins with \
         -----BEGIN PRIVATE KEY-----"
    )]
    NoKey(PathBuf),
    /// A key is not well made, or of a kind that is not known.
    #[error(
        "the key in '{0}' cannot be used ({1}); make one of ECDSA P-256 or P-384, Ed25519, or RSA \
         of 2,048 to 8,192 bits"
    )]
    Key(PathBuf, String),
    /// A key is that of another certificate.
    #[error(
        "the key in '{0}' does not belong to the first certificate in '{1}'; name the two that \
         were made together"
    )]
    OtherKey(PathBuf, PathBuf),
    /// What is no name of a certificate.
    #[error("'{0}' is no name that a certificate can have; write it like alice.example.com")]
    Name(String),
    /// rustls refuses what it is given.
    #[error("TLS cannot be set up ({0}); correct the files that it is set up from")]
    Setup(String),
}
