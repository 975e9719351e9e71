//! Both sides of a transport over memory: nothing is held back, and what waits is bounded.
#![cfg(feature = "tls")]

use highwater_tls::{Acceptor, CertificateName, Connector, Identity, Transport};
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// A socket in memory, which takes as many bytes as there is room for.
#[derive(Debug, Default)]
struct Socket {
    incoming: VecDeque<u8>,
    outgoing: Vec<u8>,
    room: usize,
}

impl Read for Socket {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self.incoming.read(bytes)? {
            0 => Err(ErrorKind::WouldBlock.into()),
            count => Ok(count),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = bytes.len().min(self.room);
        self.room -= count;
        self.outgoing.extend(&bytes[..count]);
        if count == 0 { Err(ErrorKind::WouldBlock.into()) } else { Ok(count) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

type Side = Transport<Socket>;

fn file(name: &str) -> PathBuf {
    let certificates = "../../runtime-linux/tests/gateway/certificates";
    Path::new(env!("CARGO_MANIFEST_DIR")).join(certificates).join(name)
}

fn identity(name: &str) -> Identity {
    Identity { certificate: file(&format!("{name}.pem")), key: file(&format!("{name}.key")) }
}

/// A server that asks for certificates, and a client that shows ALICE's; nothing has passed yet.
fn pair() -> (Side, Side) {
    let socket = || Socket { room: usize::MAX, ..Socket::default() };
    let acceptor = Acceptor::read(&identity("venue"), Some(&file("ca.pem"))).unwrap();
    let connector = Connector::read(&file("ca.pem"), Some(&identity("alice")), None).unwrap();
    let server = Transport::accepted(socket(), &acceptor).unwrap();
    (server, Transport::connected(socket(), &connector, "127.0.0.1:1").unwrap())
}

/// Writes what is encrypted, and carries it over.
fn carry(from: &mut Side, to: &mut Side) {
    while from.has_unsent() && from.write(&[]).is_ok() {}
    let bytes = std::mem::take(&mut from.socket_mut().outgoing);
    to.socket_mut().incoming.extend(bytes);
}

/// Everything that has come.
fn read_all(side: &mut Side) -> Vec<u8> {
    let (mut all, mut piece) = (Vec::new(), [0; 7]);
    loop {
        match side.read(&mut piece) {
            Ok(0) => return all,
            Ok(count) => all.extend(&piece[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return all,
            Err(error) => panic!("{error}"),
        }
    }
}

fn shake_hands(server: &mut Side, client: &mut Side) {
    for _ in 0..3 {
        carry(client, server);
        assert_eq!(read_all(server), []);
        carry(server, client);
        assert_eq!(read_all(client), []);
    }
    assert!(server.is_open() && client.is_open());
}

#[test]
fn what_waits_encrypted_is_bounded_and_nothing_is_taken_meanwhile() {
    let (mut server, mut client) = pair();
    shake_hands(&mut server, &mut client);
    server.socket_mut().room = 100;
    let bytes: Vec<u8> = (0..200_000_u32).map(|number| number.to_le_bytes()[0]).collect();
    let taken = server.write(&bytes).unwrap();
    assert!((1..=16 << 10).contains(&taken), "{taken}");
    assert_eq!(
        server.write(&bytes[taken..]).unwrap(),
        0,
        "100 bytes of those that wait are written"
    );
    for _ in 0..100 {
        let error = server.write(&bytes[taken..]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
    }
    server.socket_mut().room = usize::MAX;
    let mut at = taken;
    while at < bytes.len() || server.has_unsent() {
        at += server.write(&bytes[at..]).unwrap();
    }
    carry(&mut server, &mut client);
    assert_eq!(read_all(&mut client), bytes, "none is lost or comes twice");
}

#[test]
fn nothing_is_held_back_when_the_socket_is_empty() {
    let (mut server, mut client) = pair();
    shake_hands(&mut server, &mut client);
    let bytes = vec![5; 16_000];
    assert_eq!(client.write(&bytes).unwrap(), bytes.len());
    carry(&mut client, &mut server);
    assert_eq!(read_all(&mut server), bytes);
    assert!(server.socket().incoming.is_empty());
}

#[test]
fn a_name_is_one_of_the_certificate_that_was_shown() {
    let (mut server, mut client) = pair();
    let name = |text| CertificateName::parse(text).unwrap();
    assert!(!server.is_certified(&name("alice.example")), "before the handshake nobody is");
    shake_hands(&mut server, &mut client);
    assert!(server.is_certified(&name("alice.example")));
    for other in ["bob.example", "alice", "alice.example.org", "example", "127.0.0.1"] {
        assert!(!server.is_certified(&name(other)), "{other}");
    }
    for none in ["", "*.example", "a name", "alice..example", "alice@example"] {
        assert!(CertificateName::parse(none).is_err(), "{none}");
    }
}

#[test]
fn an_end_is_said_and_behind_it_nothing_comes() {
    let (mut server, mut client) = pair();
    shake_hands(&mut server, &mut client);
    assert_eq!(server.write(b"last").unwrap(), 4);
    server.finish();
    server.finish();
    carry(&mut server, &mut client);
    assert_eq!(read_all(&mut client), b"last");
    assert_eq!(client.read(&mut [0]).unwrap(), 0, "it would block without the end");
}

#[test]
fn a_byte_that_is_changed_in_a_handshake_is_noticed_or_means_nothing() {
    let (_, mut client) = pair();
    while client.has_unsent() && client.write(&[]).is_ok() {}
    let hello = std::mem::take(&mut client.socket_mut().outgoing);
    for at in (0..hello.len()).step_by(5) {
        let (mut server, _) = pair();
        let mut changed = hello.clone();
        changed[at] ^= 0x40;
        server.socket_mut().incoming.extend(&changed);
        for _ in 0..4 {
            match server.read(&mut [0; 16]) {
                Ok(count) => assert_eq!(count, 0, "{at}: no byte is the peer's"),
                Err(error) if error.kind() == ErrorKind::InvalidData => break,
                Err(_) => {}
            }
        }
        assert_eq!(at == 0, server.is_open(), "{at}: plain text alone is answered as such");
    }
}
