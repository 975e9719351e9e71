//! Clients that do what clients must not do: they harm nobody else.

use crate::venue::{Client, Enter, Said, Venue, big, place};
use highwater_flows::random::Random;
use std::io::Write;
use std::net::TcpStream;

/// A trader that is served, whatever else happens.
fn is_served(client: &mut Client, number: u32) {
    client.order(&Enter { number, quantity: 1, price: 10_000, ..Enter::default() }.bytes());
    let answer = client.message().unwrap();
    assert_eq!(answer[0], b'A');
    assert_eq!(&answer[9..13], &big(number.into(), 4)[..]);
}

#[test]
fn a_broken_packet_ends_its_connection_with_a_reason_and_touches_no_other() {
    let place = place("faults-broken");
    let venue = Venue::start(&place);
    let mut one = venue.trader(1, 1);
    one.order(&Enter::default().bytes());
    assert_eq!(one.kinds(2), "SA");
    let mut number = 1;
    let too_long = [vec![0x7F, 0xFF, b'U'], vec![0; 64]].concat();
    let broken: [&[u8]; 7] = [
        &[0, 0],
        &[0, 1, b'?'],
        &[0, 1, b'S'],
        &[0, 1, b'Z'],
        &[0, 2, b'R', 0],
        &[0, 5, b'L', 1, 2, 3, 4],
        &too_long,
    ];
    for bytes in broken {
        for is_logged_in in [false, true] {
            let mut client =
                if is_logged_in { venue.trader(2, 0) } else { Client::connect(&venue.ouch) };
            client.send_raw(bytes);
            let Said::Packet(b'+', reason) = client.packet() else { panic!("{bytes:?}") };
            assert!(!reason.is_empty());
            assert_eq!(client.packet(), Said::Nothing);
        }
        number += 1;
        is_served(&mut one, number);
    }
    let mut early = Client::connect(&venue.ouch);
    early.order(&Enter::default().bytes());
    assert_eq!(early.packet(), Said::Packet(b'+', b"log in first".to_vec()));
    let mut twice = venue.trader(2, 0);
    twice.send(b'L', format!("{:<6}{:<10}{:>10}{:>20}", "DEMO2", venue.password, "", 1).as_bytes());
    assert_eq!(twice.packet(), Said::Packet(b'+', b"you are logged in already".to_vec()));
    venue.stop();
}

#[test]
fn messages_that_are_none_are_passed_over_with_a_word() {
    let place = place("faults-messages");
    let venue = Venue::start(&place);
    let mut one = venue.trader(1, 1);
    let enter = Enter::default().bytes();
    for length in 0..enter.len() - 2 {
        one.order(&enter[..length]);
        assert!(matches!(one.packet(), Said::Packet(b'+', _)), "{length}");
    }
    // From here on its number can be read: it is refused.
    one.order(&enter[..enter.len() - 1]);
    assert_eq!(one.kinds(2), "SJ");
    for code in (0..=255_u8).filter(|code| !b"OUXMCDEQ".contains(code)) {
        one.order(&[code, 0, 0, 0, 1]);
        assert!(matches!(one.packet(), Said::Packet(b'+', _)), "{code}");
    }
    is_served(&mut one, 2);
    venue.stop();
}

#[test]
fn packets_come_byte_by_byte_and_many_at_once() {
    let place = place("faults-pieces");
    let venue = Venue::start(&place);
    let mut one = Client::connect(&venue.ouch);
    let login = format!("L{:<6}{:<10}{:>10}{:>20}", "DEMO1", venue.password, "", 1);
    let mut bytes = [big(login.len().try_into().unwrap(), 2), login.into_bytes()].concat();
    for number in 1..=500 {
        let order = Enter { number, quantity: 1, price: 10_000, ..Enter::default() }.bytes();
        bytes.extend(big(u64::try_from(order.len()).unwrap() + 1, 2));
        bytes.push(b'U');
        bytes.extend(order);
    }
    let (slow, fast) = bytes.split_at(400);
    for byte in slow {
        one.send_raw(&[*byte]);
    }
    one.send_raw(fast);
    assert!(matches!(one.packet(), Said::Packet(b'A', _)));
    assert_eq!(one.kinds(501), "S".to_owned() + &"A".repeat(500));
    venue.stop();
}

#[test]
fn who_connects_and_says_nothing_keeps_nobody_out() {
    let place = place("faults-silent");
    let venue = Venue::start(&place);
    let silent: Vec<TcpStream> =
        (0..300).map(|_| TcpStream::connect(&venue.ouch).unwrap()).collect();
    let mut one = venue.trader(1, 1);
    one.order(&Enter::default().bytes());
    assert_eq!(one.kinds(2), "SA");
    drop(silent);
    is_served(&mut one, 2);
    venue.stop();
}

#[test]
fn garbage_harms_nobody() {
    let place = place("faults-garbage");
    let venue = Venue::start(&place);
    let mut one = venue.trader(1, 1);
    one.order(&Enter::default().bytes());
    assert_eq!(one.kinds(2), "SA");
    let mut random = Random::new(1, 1);
    for round in 0..200_u32 {
        let mut other = match round % 4 {
            0 => TcpStream::connect(&venue.itch).unwrap(),
            1 => TcpStream::connect(&venue.ouch).unwrap(),
            _ => venue.trader(2, 0).socket,
        };
        let mut bytes: Vec<u8> = Vec::new();
        for _ in 0..=random.below(20) {
            // Packets with the right length, of random messages, or nothing of the kind.
            let length = random.below(60);
            let code = b"UUULR+O"[random.below_usize(7)];
            bytes.extend(big(u64::from(length) + 1, 2));
            bytes.push(code);
            bytes.push(b"OUXMCDEQ"[random.below_usize(8)]);
            let drawn = (0..length).map(|_| random.number().to_le_bytes()[0]);
            bytes.extend(drawn.skip(1));
        }
        drop(other.write_all(&bytes));
        drop(other);
        is_served(&mut one, round + 2);
    }
    venue.stop();
}

#[test]
fn who_reads_nothing_holds_no_memory_and_finds_everything_later() {
    let place = place("faults-slow");
    let venue = Venue::start(&place);
    let mut slow = Client::log_in(&venue.itch, "DEMO3", &venue.password, 1).unwrap();
    let mut one = venue.trader(1, 1);
    let before = venue.resident_bytes();
    // An order and its cancel, so that nothing stays open: two messages of the feed each.
    let (mut number, mut answers) = (0, 0);
    for _ in 0..200 {
        for _ in 0..200 {
            number += 1;
            one.order(&Enter { number, price: 10_000, ..Enter::default() }.bytes());
            one.order(&crate::venue::cancel(number, 0));
            answers += 2;
        }
        while one.next < answers {
            one.message().unwrap();
        }
    }
    let grown = venue.resident_bytes().saturating_sub(before);
    assert!(grown < 64 << 20, "{grown} bytes more for a reader that does not read");
    let mut adds = 0;
    while adds < number {
        let Some(message) = slow.message() else {
            // It was dropped meanwhile, and goes on where it was.
            slow = Client::log_in(&venue.itch, "DEMO3", &venue.password, slow.next).unwrap();
            continue;
        };
        adds += u32::from(message[0] == b'A' && &message[24..32] == b"GOLD    ");
    }
    venue.stop();
}
