//! Handshakes that break off, never end, or are none: they harm nobody.

use super::line::{log_in, mutual, stream};
use crate::venue::{Client, Enter, Said, Venue};
use highwater_flows::random::Random;
use rustls::ClientConnection;
use std::io::{Read, Write};

/// How many handshakes are begun and never ended.
const FLOOD: u32 = 1_000;

/// What a client sends first.
fn hello(venue: &Venue) -> Vec<u8> {
    let mut stream = stream(&venue.ouch, Some("bob"));
    let tls: &mut ClientConnection = &mut stream.conn;
    let mut bytes = Vec::new();
    tls.write_tls(&mut bytes).unwrap();
    bytes
}

fn is_served(client: &mut Client, number: u32) {
    client.order(&Enter { number, quantity: 1, price: 10_000, ..Enter::default() }.bytes());
    assert_eq!(client.kinds(1), "A");
}

/// A trader that has had its first answer.
fn trader(venue: &Venue) -> Client {
    let mut one = log_in(&venue.ouch, "alice", "ALICE", 1).unwrap();
    one.order(&Enter::default().bytes());
    assert_eq!(one.kinds(2), "SA");
    one
}

#[test]
fn a_thousand_handshakes_that_never_end_keep_nobody_waiting() {
    let venue = mutual("tls-flood");
    let mut one = trader(&venue);
    let before = venue.resident_bytes();
    let hello = hello(&venue);
    let mut held = Vec::new();
    for number in 0..FLOOD {
        let mut client = Client::connect(&venue.ouch);
        match number % 4 {
            // The venue signs for this one, and waits for the rest.
            0 | 1 => client.send_raw(&hello),
            2 => client.send_raw(&hello[..hello.len() / 2]),
            _ => {}
        }
        held.push(client);
        is_served(&mut one, number + 2);
    }
    let grown = venue.resident_bytes().saturating_sub(before);
    assert!(grown < 32 << 20, "{grown} bytes");
    let mut two = log_in(&venue.ouch, "bob", "BOB", 1).expect("others are let in");
    two.order(&Enter { price: 10_000, ..Enter::default() }.bytes());
    assert_eq!(two.kinds(2), "SA");
    drop(held);
    is_served(&mut one, FLOOD + 2);
    venue.stop();
}

#[test]
fn a_handshake_that_comes_byte_by_byte_is_one() {
    let venue = mutual("tls-slow-loris");
    let mut one = trader(&venue);
    let mut slow = stream(&venue.ouch, Some("bob"));
    let mut bytes = Vec::new();
    slow.conn.write_tls(&mut bytes).unwrap();
    for (number, byte) in (2..).zip(&bytes) {
        slow.sock.write_all(&[*byte]).unwrap();
        if number % 8 == 0 {
            is_served(&mut one, number);
        }
    }
    slow.flush().unwrap();
    let mut two = Client::over(slow.sock.try_clone().unwrap(), Box::new(slow))
        .logged_in(["BOB", "secret", ""], 1);
    assert!(two.as_mut().is_ok_and(|two| two.next == 1), "it is let in");
    venue.stop();
}

#[test]
fn garbage_ends_its_connection_with_an_alert_and_touches_no_other() {
    let venue = mutual("tls-garbage");
    let mut one = trader(&venue);
    let hello = hello(&venue);
    let mut random = Random::new(11, 0);
    for number in 2..202 {
        let mut bytes = hello.clone();
        match number % 4 {
            0 => {
                // A sound record with garbage in it.
                bytes
                    .iter_mut()
                    .skip(9)
                    .for_each(|byte| *byte = random.below(256).try_into().unwrap());
            }
            1 => {
                let at = random.below_usize(bytes.len() - 1) + 1;
                bytes[at] ^= 1 << random.below(8);
            }
            2 => bytes = vec![22; 1 + random.below_usize(20_000)],
            // Application data, before any handshake.
            _ => bytes = vec![21, 3, 3, 0, 200, 23, 3, 3],
        }
        let mut client = Client::connect(&venue.ouch);
        client.send_raw(&bytes);
        if random.chance(1, 2) {
            drop(client.socket.shutdown(std::net::Shutdown::Write));
            let mut rest = Vec::new();
            // Reset or ended, but not left open.
            drop(client.socket.read_to_end(&mut rest));
        }
        is_served(&mut one, number);
    }
    venue.stop();
}

#[test]
fn garbage_behind_the_handshake_ends_it_too() {
    let venue = mutual("tls-garbage-later");
    let mut one = trader(&venue);
    for number in 2..12 {
        let mut two = log_in(&venue.ouch, "bob", "BOB", 1).unwrap();
        // A record that nobody has encrypted, under a sound one's header.
        two.socket.write_all(&[23, 3, 3, 0, 40]).unwrap();
        two.socket.write_all(&[7; 40]).unwrap();
        let mut rest = Vec::new();
        two.socket.read_to_end(&mut rest).unwrap();
        assert_eq!(rest[0], 23, "an alert, encrypted");
        is_served(&mut one, number);
    }
    let mut plain = Client::connect(&venue.ouch);
    plain.send_raw(b"GET / HTTP/1.1\r\n\r\n");
    assert!(matches!(plain.packet(), Said::Packet(b'+', _)));
    venue.stop();
}
