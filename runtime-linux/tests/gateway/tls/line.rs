//! A client of TLS that shares nothing with the venue's sockets but rustls, and venues for it.

use crate::program::TestDir;
use crate::venue::{Client, Said, Venue, place};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The hash of the password `secret`.
const SECRET: &str = "$argon2id$v=19$m=19456,t=2,p=1$Jq5ctY00cBpkF+omNJmc1w$ilahLC\
    JRX2B4X432z0chegKoMASnM1E31hCLqcvVfCI";

/// A file of the certificates.
pub(crate) fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gateway/certificates").join(name)
}

/// The file of a venue: ALICE and BOB trade in GOLD, each with its certificate, and ANY with any.
pub(crate) fn venue_file(tls: &str) -> String {
    let user = |name: &str, session: u16, more: &str| {
        let lines = "[[users]]\npassword = \"";
        format!("{lines}{SECRET}\"\nuser = \"{name}\"\nsession = {session}\n{more}\n")
    };
    let is_named = tls.contains("clients");
    let certificate =
        |name| if is_named { format!("certificate = \"{name}.example\"") } else { String::new() };
    let users = [
        user("ALICE", 1, &certificate("alice")),
        user("BOB", 2, &certificate("bob")),
        user("ANY", 3, ""),
    ];
    format!("{tls}\n[[instruments]]\nsymbol = \"GOLD\"\n{}", users.concat())
}

/// The lines of a venue's file for TLS.
pub(crate) fn tls_lines(certificate: &str, key: &str, clients: Option<&str>) -> String {
    let line = |key: &str, name: &str| format!("{key} = \"{}\"\n", file(name).display());
    let clients = clients.map_or(String::new(), |name| line("clients", name));
    ["[tls]\n", &line("certificate", certificate), &line("key", key), &clients].concat()
}

/// An empty place for a venue that asks clients for certificates.
pub(crate) fn mutual_place(name: &str) -> TestDir {
    let place = place(name);
    let tls = tls_lines("venue.pem", "venue.key", Some("ca.pem"));
    fs::write(place.join("venue.toml"), venue_file(&tls)).unwrap();
    place
}

/// A venue that does.
pub(crate) fn mutual(name: &str) -> Venue {
    Venue::alone(mutual_place(name))
}

/// A client's settings: the authority that it trusts, and the certificate that it shows.
pub(crate) fn config(authority: &str, shown: Option<&str>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for root in CertificateDer::pem_file_iter(file(authority)).unwrap() {
        roots.add(root.unwrap()).unwrap();
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls_graviola::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    Arc::new(match shown {
        None => config.with_no_client_auth(),
        Some(name) => {
            let chain = CertificateDer::pem_file_iter(file(&format!("{name}.pem"))).unwrap();
            let key = PrivateKeyDer::from_pem_file(file(&format!("{name}.key"))).unwrap();
            config.with_client_auth_cert(chain.map(Result::unwrap).collect(), key).unwrap()
        }
    })
}

/// A connection with TLS.
pub(crate) type Stream = StreamOwned<ClientConnection, TcpStream>;

/// A connection whose handshake is still to come.
pub(crate) fn stream(address: &str, shown: Option<&str>) -> Stream {
    let plain = Client::connect(address);
    let name = "127.0.0.1".try_into().unwrap();
    let tls = ClientConnection::new(config("ca.pem", shown), name).unwrap();
    StreamOwned::new(tls, plain.socket)
}

/// A client that speaks SoupBinTCP over TLS.
pub(crate) fn client(address: &str, shown: Option<&str>) -> Client {
    let stream = stream(address, shown);
    Client::over(stream.sock.try_clone().unwrap(), Box::new(stream))
}

/// A user that is logged in.
///
/// # Errors
/// What it was told instead.
pub(crate) fn log_in(address: &str, shown: &str, user: &str, next: u64) -> Result<Client, Said> {
    client(address, Some(shown)).logged_in([user, "secret", ""], next)
}
