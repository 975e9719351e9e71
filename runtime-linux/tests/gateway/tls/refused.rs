//! Who is not let in, and files that a venue does not start with.

use super::line::{client, config, file, log_in, mutual, stream, tls_lines, venue_file};
use crate::venue::{Client, Enter, Said, place};
use rustls::{ClientConnection, StreamOwned};
use std::fs;
use std::io::{Read, Write};
use std::process::Command;

#[test]
fn certificates_are_asked_for_and_have_to_be_the_users() {
    let venue = mutual("tls-certificates");
    let refused = Some(Said::Packet(b'J', b"A".to_vec()));
    let mut one = log_in(&venue.ouch, "alice", "ALICE", 1).unwrap();
    assert_eq!(log_in(&venue.ouch, "bob", "ALICE", 1).err(), refused, "another user's");
    assert_eq!(log_in(&venue.ouch, "venue", "ALICE", 1).err(), refused, "the venue's own");
    let wrong = client(&venue.ouch, Some("alice")).logged_in(["ALICE", "wrong", ""], 1);
    assert_eq!(wrong.err(), refused, "a certificate is no password");
    log_in(&venue.ouch, "bob", "ANY", 1).unwrap();
    for (shown, alert) in [(None, "CertificateRequired"), (Some("stranger"), "UnknownCA")] {
        for address in [&venue.ouch, &venue.itch, &venue.glimpse] {
            let mut stream = stream(address, shown);
            // The client's part of the handshake is over before the venue has looked at it.
            drop(stream.flush());
            let error = stream.read(&mut [0]).unwrap_err().to_string();
            assert!(error.contains(alert), "{shown:?}: {error}");
        }
    }
    one.order(&Enter::default().bytes());
    assert_eq!(one.kinds(2), "SA", "nobody harmed it");
    venue.stop();
}

#[test]
fn a_client_trusts_its_own_authority_and_name_alone() {
    let venue = mutual("tls-trust");
    for (authority, name, word) in [
        ("other-ca.pem", "127.0.0.1", "UnknownIssuer"),
        ("ca.pem", "localhost", "not valid for name"),
    ] {
        let name = name.try_into().unwrap();
        let tls = ClientConnection::new(config(authority, Some("alice")), name).unwrap();
        let mut stream = StreamOwned::new(tls, Client::connect(&venue.ouch).socket);
        let error = stream.flush().unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
    venue.stop();
}

#[test]
fn a_venue_says_what_is_wrong_with_its_files() {
    let place = place("tls-files");
    fs::write(place.join("empty.pem"), "").unwrap();
    fs::write(place.join("broken.pem"), "-----BEGIN CERTIFICATE-----\nA\n").unwrap();
    let empty = place.join("empty.pem");
    let empty = empty.to_str().unwrap();
    let broken = place.join("broken.pem");
    let broken = broken.to_str().unwrap();
    let no_authority = venue_file(&tls_lines("venue.pem", "venue.key", Some("ca.pem")))
        .replace(&format!("clients = \"{}\"\n", file("ca.pem").display()), "");
    let cases = [
        (venue_file(&tls_lines("missing.pem", "venue.key", None)), "cannot read"),
        (venue_file(&tls_lines(empty, "venue.key", None)), "holds no certificate"),
        (venue_file(&tls_lines(broken, "venue.key", None)), "is not PEM"),
        (venue_file(&tls_lines("venue.key", "venue.key", None)), "holds no certificate"),
        (venue_file(&tls_lines("venue.pem", "venue.pem", None)), "holds no private key"),
        (venue_file(&tls_lines("venue.pem", "alice.key", None)), "does not belong to"),
        (venue_file(&tls_lines("old.pem", "old.key", None)), "has expired"),
        (venue_file(&tls_lines("venue.pem", "venue.key", Some(empty))), "holds no certificate"),
        (no_authority, "name the authority of the clients"),
        (
            venue_file(&tls_lines("venue.pem", "venue.key", Some("ca.pem")))
                .replace("alice.example", "a name"),
            "is no name that a certificate can have",
        ),
    ];
    for (text, word) in cases {
        let said = started(&place, &text, "127.0.0.1:0", "");
        assert!(said.contains(word), "{word}: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}

#[test]
fn other_addresses_need_tls_and_packets_have_none() {
    let place = place("tls-addresses");
    let plain = venue_file("");
    let said = started(&place, &plain, "0.0.0.0:0", "");
    assert!(said.contains("give the venue a certificate"), "{said}");
    let secure = venue_file(&tls_lines("venue.pem", "venue.key", None));
    let said = started(&place, &secure, "0.0.0.0:0", "0.0.0.0:0");
    assert!(said.contains("packets (moldudp64, requests) have no TLS"), "{said}");
    fs::write(place.join("venue.toml"), &secure).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_highwater"));
    command.current_dir(place.path()).args(["serve", "--json", "--config", "venue.toml"]);
    command.args(["--data", "any", "--ouch", "0.0.0.0:0"]).stdout(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut served = [0; 20];
    child.stdout.take().unwrap().read_exact(&mut served).unwrap();
    assert!(served.starts_with(b"{\"ouch\":\"0.0.0.0:"), "it listens");
    child.kill().unwrap();
    child.wait().unwrap();
}

/// What a venue says that does not start.
fn started(place: &std::path::Path, text: &str, ouch: &str, requests: &str) -> String {
    fs::write(place.join("venue.toml"), text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_highwater"));
    command.current_dir(place).args(["serve", "--config", "venue.toml", "--data", "refused"]);
    command.args(["--ouch", ouch]);
    if !requests.is_empty() {
        command.args(["--requests", requests]);
    }
    let output = command.output().unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}
