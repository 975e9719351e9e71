//! OpenSSL as a client, and the project's own, where they are.

use super::line::{file, mutual};
use std::io::{Read, Write};
use std::process::{Command, Stdio};

#[test]
fn openssl_logs_in_and_reads() {
    if Command::new("openssl").arg("version").output().is_err() {
        println!("skipped: openssl is not installed");
        return;
    }
    let venue = mutual("tls-openssl");
    let mut command = Command::new("openssl");
    command.args(["s_client", "-quiet", "-verify_return_error", "-connect", &venue.itch]);
    for (option, name) in [("-CAfile", "ca.pem"), ("-cert", "alice.pem"), ("-key", "alice.key")] {
        command.arg(option).arg(file(name));
    }
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let login = format!("{:<6}{:<10}{:>10}{:>20}", "ALICE", "secret", "", 1);
    let packet = [&[0, 47, b'L'], login.as_bytes()].concat();
    let mut input = child.stdin.take().unwrap();
    input.write_all(&packet).unwrap();
    let mut told = [0; 33 + 15];
    child.stdout.take().unwrap().read_exact(&mut told).unwrap();
    assert_eq!((told[2], told[35], told[36]), (b'A', b'S', b'S'));
    drop(input);
    child.kill().unwrap();
    child.wait().unwrap();
    venue.stop();
}

/// The commands that connect, to ALICE, with more options.
fn client(command: &str, address: &str, more: &str) -> (i32, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_highwater"));
    program.args([command, "--ouch", address, "--user", "ALICE", "--password", "secret"]);
    program.args(more.split_whitespace()).stdin(Stdio::null());
    let output = program.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

#[test]
fn client_and_load_connect_with_tls_and_never_without() {
    let venue = mutual("tls-own-clients");
    let path = |name: &str| file(name).display().to_string();
    let ca = format!("--tls-ca {}", path("ca.pem"));
    let alice =
        format!("{ca} --tls-certificate {} --tls-key {}", path("alice.pem"), path("alice.key"));
    let (code, said) = client("client", &venue.ouch, &alice);
    assert!(code == 0 && said.contains("AccountQueryResponse"), "{said}");
    let load = "--symbols GOLD --rate max --window 64 --duration 500ms";
    let (code, said) = client("load", &venue.ouch, &format!("{alice} {load}"));
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("accepted"), "{said}");
    let named = venue.ouch.replace("127.0.0.1", "localhost");
    let wrong_authority = alice.replace("ca.pem", "other-ca.pem");
    for (address, more, code, word) in [
        (&named, alice.as_str(), 1, "is for another name"),
        (&venue.ouch, &ca, 1, "wants another certificate"),
        (&venue.ouch, &wrong_authority, 1, "is not by the authority"),
        (&venue.ouch, "", 1, "this listener takes TLS only"),
        (&venue.ouch, "--tls-name localhost", 2, "--tls-ca"),
        (&venue.ouch, &alice.replace("alice.key", "bob.key"), 2, "does not belong to"),
    ] {
        let (ended, said) = client("client", address, more);
        assert!(ended == code && said.contains(word), "{more}: {said}");
    }
    let (code, said) = client("client", &named, &format!("{alice} --tls-name venue.example"));
    assert_eq!(code, 0, "{said}");
    venue.stop();
}
