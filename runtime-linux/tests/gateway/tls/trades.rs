//! Trades over TLS: the bytes inside are those that a venue without it sends.

use super::line::{client, log_in, mutual, stream, tls_lines, venue_file};
use crate::venue::{Client, Enter, Said, Venue, cancel, place};
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;

/// What each of two traders and a reader of the feed are told, but for the times.
fn traded(mut one: Client, mut two: Client, mut feed: Client) -> [Vec<Vec<u8>>; 3] {
    one.order(&Enter { number: 1, ..Enter::default() }.bytes());
    let mut told = [one.messages(2), Vec::new(), Vec::new()];
    two.order(&Enter { number: 1, side: b'S', quantity: 60, ..Enter::default() }.bytes());
    told[1] = two.messages(3);
    told[0].extend(one.messages(1));
    one.order(&cancel(1, 0));
    told[0].extend(one.messages(1));
    // 4,000 orders are more than any buffer has room for.
    for number in 2..4_002 {
        one.order(&Enter { number, price: 10_000, ..Enter::default() }.bytes());
    }
    told[0].extend(one.messages(4_000));
    told[2] = feed.messages(4_007);
    // An answer has its time behind its type, a message of the feed behind locate and tracking.
    let times = [1..9, 1..9, 5..11];
    for (messages, time) in told.iter_mut().zip(times) {
        for message in messages {
            message[time.clone()].fill(0);
        }
    }
    told
}

#[test]
fn the_bytes_inside_are_those_without_tls() {
    let secure = mutual("tls-same");
    let plain_place = place("tls-same-plain");
    fs::write(plain_place.join("venue.toml"), venue_file("")).unwrap();
    let plain = Venue::start(&plain_place);
    let plainly = |address, user| Client::log_in(address, user, "secret", 1).unwrap();
    let with = traded(
        log_in(&secure.ouch, "alice", "ALICE", 1).unwrap(),
        log_in(&secure.ouch, "bob", "BOB", 1).unwrap(),
        log_in(&secure.itch, "bob", "ANY", 1).unwrap(),
    );
    let without = traded(
        plainly(&plain.ouch, "ALICE"),
        plainly(&plain.ouch, "BOB"),
        plainly(&plain.itch, "ANY"),
    );
    assert_eq!(with, without);
    let mut snapshot = log_in(&secure.glimpse, "alice", "ALICE", 1).unwrap();
    let mut last = Vec::new();
    while let Some(message) = snapshot.message() {
        last = message;
    }
    assert_eq!(last[0], b'G', "GLIMPSE has TLS, too");
    secure.stop();
    plain.stop();
}

#[test]
fn a_clean_end_is_said_and_half_closed_lines_are_worked_on() {
    let venue = mutual("tls-clean");
    let login = format!("{:<6}{:<10}{:>10}{:>20}", "ALICE", "secret", "", 1);
    let packet = |code: u8, body: &[u8]| {
        let length = u8::try_from(1 + body.len()).unwrap();
        [&[0, length, code], body].concat()
    };
    for ends_tls in [true, false] {
        let mut stream = stream(&venue.ouch, Some("alice"));
        stream.write_all(&packet(b'L', login.as_bytes())).unwrap();
        let mut accepted = [0; 33];
        stream.read_exact(&mut accepted).unwrap();
        assert_eq!(accepted[2], b'A');
        stream.write_all(&packet(b'U', &Enter::default().bytes())).unwrap();
        if ends_tls {
            stream.conn.send_close_notify();
        }
        stream.flush().unwrap();
        stream.sock.shutdown(Shutdown::Write).unwrap();
        // An end without `close_notify` would be an error of rustls.
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap();
    }
    let mut again = log_in(&venue.ouch, "alice", "ALICE", 1).unwrap();
    assert_eq!(again.kinds(2), "SA", "the order of a half-closed line was taken, once");
    let mut leaving = stream(&venue.ouch, Some("bob"));
    leaving.write_all(&packet(b'O', &[])).unwrap();
    leaving.read_to_end(&mut Vec::new()).unwrap();
    let mut waiting = stream(&venue.itch, Some("bob"));
    waiting.write_all(&packet(b'L', login.replace("ALICE", "ANY  ").as_bytes())).unwrap();
    waiting.read_exact(&mut [0; 33]).unwrap();
    venue.stop();
    waiting.read_to_end(&mut Vec::new()).unwrap();
}

#[test]
fn readers_that_pause_lose_nothing_and_delay_nobody() {
    let place = place("tls-slow");
    let tls = tls_lines("venue.pem", "venue.key", None);
    fs::write(place.join("venue.toml"), venue_file(&tls)).unwrap();
    let venue = Venue::start(&place);
    let log_in = |user| client(&venue.ouch, None).logged_in([user, "secret", ""], 1).unwrap();
    let mut one = log_in("ALICE");
    for number in 1..=20_000 {
        one.order(&Enter { number, price: 10_000, ..Enter::default() }.bytes());
        if number.is_multiple_of(1_000) {
            one.messages(1_000);
        }
    }
    one.messages(1);
    let mut slow: Vec<Client> = ["ALICE", "BOB", "ANY"]
        .iter()
        .map(|user| client(&venue.itch, None).logged_in([user, "secret", ""], 1).unwrap())
        .collect();
    for number in 20_001..=60_000 {
        one.order(&Enter { number, price: 10_000, ..Enter::default() }.bytes());
        if number.is_multiple_of(1_000) {
            one.messages(1_000);
        }
    }
    for reader in &mut slow {
        // A pause is no loss.
        assert_eq!(reader.kinds(5), "SSSRH");
        reader.messages(50_000);
    }
    venue.stop();
}

#[test]
fn a_client_without_tls_is_told_so_in_plain_text() {
    let venue = mutual("tls-plain-client");
    let mut plain = Client::connect(&venue.ouch);
    plain.send(b'L', &[b' '; 46]);
    let Said::Packet(b'+', reason) = plain.packet() else { panic!("a word for people") };
    assert_eq!(reason, b"this listener takes TLS only; connect with TLS");
    assert_eq!(plain.packet(), Said::Nothing);
    venue.stop();
}

#[test]
fn a_client_with_tls_is_refused_where_there_is_none() {
    let place = place("tls-nowhere");
    let venue = Venue::start(&place);
    let mut one = venue.trader(1, 1);
    let error = stream(&venue.ouch, None).flush().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData, "{error}");
    let mut raw = Client::connect(&venue.ouch);
    raw.send_raw(&[22, 3, 1, 2, 0, 1, 0]);
    assert_eq!(raw.packet(), Said::Packet(b'+', b"this listener has no TLS".to_vec()));
    one.order(&Enter::default().bytes());
    assert_eq!(one.kinds(2), "SA");
    venue.stop();
}
