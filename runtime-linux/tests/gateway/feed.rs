//! The feed in packets, with losses, and snapshots to begin with.

use crate::venue::{Client, Enter, PATIENCE, Venue, big, cancel, number, place};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use tests::itch_reader::ItchReader;

/// A receiver of packets that has joined the group.
fn receiver(venue: &Venue) -> UdpSocket {
    let group: SocketAddrV4 = venue.moldudp64.parse().unwrap();
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, group.port())).unwrap();
    socket.join_multicast_v4(group.ip(), &Ipv4Addr::LOCALHOST).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

/// A packet: session, number of its first message, count, messages.
fn received(socket: &UdpSocket) -> (Vec<u8>, u64, u64, Vec<Vec<u8>>) {
    let mut bytes = [0; 2_000];
    let (length, _) = socket.recv_from(&mut bytes).unwrap();
    assert!(length <= 1_400, "a packet that networks take whole");
    let (head, mut rest) = bytes[..length].split_at(20);
    let mut messages = Vec::new();
    while !rest.is_empty() {
        let (message, behind) = rest[2..].split_at(usize::try_from(number(&rest[..2])).unwrap());
        messages.push(message.to_vec());
        rest = behind;
    }
    (head[..10].to_vec(), number(&head[10..18]), number(&head[18..20]), messages)
}

/// Asks for messages; `None` where there is no answer to the request but to the one behind it.
fn asked(
    socket: &UdpSocket,
    venue: &Venue,
    session: &[u8],
    first: u64,
    count: u64,
) -> Vec<Vec<u8>> {
    let request = [session.to_vec(), big(first, 8), big(count, 2)].concat();
    socket.send_to(&request, &venue.requests).unwrap();
    let (of, number, counted, messages) = received(socket);
    assert_eq!((&of[..], number, counted), (session, first, messages.len() as u64));
    messages
}

/// Messages behind their lengths.
fn framed(messages: &[Vec<u8>]) -> Vec<u8> {
    let frame = |message: &Vec<u8>| [big(message.len() as u64, 2), message.clone()].concat();
    messages.iter().flat_map(frame).collect()
}

#[test]
fn packets_that_are_lost_are_asked_for_and_all_together_are_the_feed() {
    let place = place("feed-packets");
    let venue = Venue::start(&place);
    let packets = receiver(&venue);
    let mut one = venue.trader(1, 1);
    for number in 1..=600 {
        one.order(&Enter { number, price: 10_000, ..Enter::default() }.bytes());
    }
    one.messages(601);
    // Every second packet is lost.
    let (mut known, mut session, mut last) = (BTreeMap::new(), Vec::new(), 0);
    let mut is_lost = false;
    while known.values().filter(|message: &&Vec<u8>| message[0] == b'A').count() < 280 {
        let (of, first, count, messages) = received(&packets);
        if count == 0 {
            assert!(first > last);
            continue;
        }
        session = of;
        last = first + count - 1;
        is_lost = !is_lost;
        if !is_lost {
            known.extend((first..).zip(messages));
        }
    }
    let own = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    own.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut next = 1;
    while next <= last {
        if known.contains_key(&next) {
            next += 1;
            continue;
        }
        let messages = asked(&own, &venue, &session, next, 60_000);
        assert!(!messages.is_empty());
        known.extend((next..).zip(messages));
    }
    let mut feed = Client::log_in(&venue.itch, "DEMO2", &venue.password, 1).unwrap();
    assert_eq!(feed.session.as_bytes(), session.trim_ascii_end());
    let whole = feed.messages(usize::try_from(last).unwrap());
    assert!(known.range(..=last).map(|(_, message)| message).eq(&whole));
    ItchReader::default().read(&framed(&whole)).unwrap();
    // What there is not has no answer: the next one is to what there is.
    for (of, first, count) in [
        (b"OTHER     ".to_vec(), 1, 1),
        (session.clone(), 0, 1),
        (session.clone(), u64::MAX, 1),
        (session.clone(), 1, 0),
    ] {
        own.send_to(&[of, big(first, 8), big(count, 2)].concat(), &venue.requests).unwrap();
    }
    own.send_to(b"garbage", &venue.requests).unwrap();
    assert_eq!(asked(&own, &venue, &session, 2, 1), whole[1..2]);
    venue.stop();
}

#[test]
fn who_is_silent_is_told_that_there_is_nothing() {
    let place = place("feed-heartbeat");
    let venue = Venue::start(&place);
    let packets = receiver(&venue);
    loop {
        // The maker's quotes come in between.
        let (_, first, count, messages) = received(&packets);
        assert_eq!(count, messages.len() as u64);
        if count > 0 || first > 1 {
            break;
        }
    }
    venue.stop();
}

#[test]
fn a_snapshot_and_the_feed_behind_it_are_the_whole_feed() {
    let place = place("feed-snapshot");
    let venue = Venue::start(&place);
    let mut one = venue.trader(1, 1);
    for number in 1..=50 {
        let side = if number <= 25 { b'B' } else { b'S' };
        let price = if number <= 25 { 990_000 } else { 1_000_000 } + u64::from(number) * 100;
        one.order(&Enter { number, side, price, ..Enter::default() }.bytes());
    }
    for number in 1..=10 {
        one.order(&cancel(number, u32::from(number.is_multiple_of(2)) * 40));
    }
    one.messages(61);
    let mut snapshot = Client::log_in(&venue.glimpse, "DEMO2", &venue.password, 1).unwrap();
    let mut messages = Vec::new();
    while let Some(message) = snapshot.message() {
        messages.push(message);
    }
    let end = messages.pop().unwrap();
    assert_eq!(end[0], b'G');
    let next: u64 = String::from_utf8_lossy(&end[1..]).trim().parse().unwrap();
    one.order(&Enter { number: 51, price: 10_000, ..Enter::default() }.bytes());
    one.message().unwrap();
    let shown = |reader: &ItchReader| {
        let of_locate = |locate| {
            [highwater::types::Side::Buy, highwater::types::Side::Sell]
                .map(|side| reader.orders(locate, side))
        };
        (1..=4).map(of_locate).collect::<Vec<_>>()
    };
    // Both are read up to the same message: the one that has the order of above.
    let read = |mut messages: Vec<Vec<u8>>, from: u64| {
        let mut feed = Client::log_in(&venue.itch, "DEMO2", &venue.password, from).unwrap();
        loop {
            let message = feed.message().unwrap();
            let is_last = message[0] == b'A' && number(&message[32..36]) == 10_000;
            messages.push(message);
            if is_last {
                break;
            }
        }
        let mut reader = ItchReader::default();
        reader.read(&framed(&messages)).unwrap();
        shown(&reader)
    };
    assert_eq!(read(messages, next), read(Vec::new(), 1));
    venue.stop();
}
