//! What each message of OUCH becomes.

use crate::venue::{Client, Enter, Venue, big, cancel, number, place, replace};

/// The type of an answer, its order, and the two numbers behind where there are any.
fn told(message: &[u8]) -> (char, u64, u64) {
    let at = |from: usize, to: usize| message.get(from..to).map_or(0, number);
    let detail = match message[0] {
        b'A' | b'U' => at(message.len() - 2, message.len()),
        b'C' | b'E' => at(13, 17),
        b'J' => at(13, 15),
        _ => 0,
    };
    (char::from(message[0]), at(9, 13), detail)
}

fn tell(client: &mut Client, count: usize) -> Vec<(char, u64, u64)> {
    client.messages(count).iter().map(|message| told(message)).collect()
}

#[test]
fn orders_trade_and_totals_count_what_has_traded() {
    let place = place("orders-trade");
    let venue = Venue::start(&place);
    let (mut one, mut other) = (venue.trader(1, 1), venue.trader(2, 1));
    one.order(&Enter::default().bytes());
    assert_eq!(one.kinds(2), "SA");
    other.order(&Enter { side: b'S', quantity: 40, ..Enter::default() }.bytes());
    assert_eq!(other.kinds(3), "SAE");
    assert_eq!(tell(&mut one, 1), [('E', 1, 40)]);
    // To 60 in all, of which 40 have traded: 40 are taken off. Twice is the same.
    one.order(&cancel(1, 60));
    one.order(&cancel(1, 60));
    one.order(&cancel(1, 50));
    assert_eq!(tell(&mut one, 2), [('C', 1, 40), ('C', 1, 10)]);
    // 90 in all: 50 are open.
    one.order(&replace(1, 2, 90, 1_010_000));
    let replaced = one.message().unwrap();
    assert_eq!((replaced[0], number(&replaced[9..13]), number(&replaced[13..17])), (b'U', 1, 2));
    assert_eq!(number(&replaced[18..22]), 50);
    other.order(&Enter { number: 2, side: b'S', quantity: 200, ..Enter::default() }.bytes());
    assert_eq!(tell(&mut one, 1), [('E', 2, 50)]);
    assert_eq!(other.kinds(2), "AE");
    // Nothing of it is open: silence, and the number of the replacement is free.
    one.order(&replace(2, 3, 500, 1_010_000));
    one.order(&cancel(2, 0));
    one.order(&Enter { number: 3, quantity: 7, price: 900_000, ..Enter::default() }.bytes());
    assert_eq!(one.kinds(1), "A");
    venue.stop();
}

#[test]
fn totals_are_known_after_a_restart() {
    let place = place("orders-restart");
    let venue = Venue::start(&place);
    let (mut one, mut other) = (venue.trader(1, 1), venue.trader(2, 1));
    one.order(&Enter::default().bytes());
    assert_eq!(one.kinds(2), "SA");
    other.order(&Enter { side: b'S', quantity: 40, ..Enter::default() }.bytes());
    assert_eq!(tell(&mut one, 1), [('E', 1, 40)]);
    one.order(&replace(1, 2, 95, 1_000_000));
    assert_eq!(one.kinds(1), "U");
    drop((one, other));
    venue.kill();
    drop(venue);
    let venue = Venue::start(&place);
    let mut one = venue.trader(1, 0);
    one.order(&cancel(2, 60));
    assert_eq!(tell(&mut one, 1), [('C', 2, 35)]);
    // Numbers of replacements are used up, too.
    one.order(&Enter { number: 2, ..Enter::default() }.bytes());
    one.order(&Enter { number: 3, ..Enter::default() }.bytes());
    assert_eq!(tell(&mut one, 1)[0].1, 3);
    venue.stop();
}

#[test]
fn several_changes_on_their_way_count_from_what_was_asked_for_last() {
    let place = place("orders-on-their-way");
    let venue = Venue::start(&place);
    let mut one = venue.trader(1, 1);
    let mut all = Enter::default().bytes();
    let packet = |message: &[u8]| {
        let length = u64::try_from(message.len() + 1).unwrap();
        [big(length, 2), vec![b'U'], message.to_vec()].concat()
    };
    all = packet(&all);
    for message in [cancel(1, 80), cancel(1, 90), cancel(1, 60), replace(1, 2, 100, 1_000_000)] {
        all.extend(packet(&message));
    }
    all.extend(packet(&cancel(2, 30)));
    all.extend(packet(&cancel(1, 0)));
    one.send_raw(&all);
    let told = tell(&mut one, 6);
    assert_eq!(told[2..4], [('C', 1, 20), ('C', 1, 20)]);
    assert_eq!((told[4].0, told[5]), ('U', ('C', 2, 70)));
    one.order(&cancel(2, 0));
    assert_eq!(tell(&mut one, 1), [('C', 2, 30)]);
    venue.stop();
}

#[test]
fn what_cannot_be_is_refused_with_its_reason_and_uses_its_number_up() {
    let place = place("orders-refused");
    let venue = Venue::start(&place);
    let mut one = venue.trader(1, 1);
    let firm: &[u8] = &[5, 2, b'X', b'X', b'X', b'X'];
    let cases: &[(u64, Enter<'_>)] = &[
        (0x0013, Enter { quantity: 0, ..Enter::default() }),
        (0x0013, Enter { quantity: 1_000_000, ..Enter::default() }),
        (0x0013, Enter { quantity: u32::MAX, ..Enter::default() }),
        (0x0017, Enter { symbol: "NOPE", ..Enter::default() }),
        (0x0017, Enter { symbol: "", ..Enter::default() }),
        (0x001D, Enter { price: 0, ..Enter::default() }),
        (0x001D, Enter { price: 1_000_001, ..Enter::default() }),
        (0x001D, Enter { price: u64::MAX, ..Enter::default() }),
        (0x0009, Enter { side: b'T', ..Enter::default() }),
        (0x000F, Enter { side: b'Z', ..Enter::default() }),
        (0x000F, Enter { time_in_force: b'5', ..Enter::default() }),
        (0x000F, Enter { time_in_force: b'6', ..Enter::default() }),
        (
            0x000F,
            Enter { time_in_force: b'6', appendage: &[5, 15, 0, 0, 0, 0], ..Enter::default() },
        ),
        (0x0003, Enter { display: b'N', ..Enter::default() }),
        (0x0014, Enter { cross: b'O', ..Enter::default() }),
        (0x000C, Enter { appendage: firm, ..Enter::default() }),
        (0x000D, Enter { appendage: &[5, 3, 0, 0, 0, 101], ..Enter::default() }),
        (0x0005, Enter { appendage: &[2, 6, b'P'], ..Enter::default() }),
        (0x0011, Enter { appendage: &[5, 7, 0, 0, 0, 1], ..Enter::default() }),
        (0x0016, Enter { appendage: &[5, 14, b'S', b'C', b'A', b'N'], ..Enter::default() }),
        (0x000F, Enter { appendage: &[2, 28, 1], ..Enter::default() }),
        (0x000F, Enter { appendage: &[2, 29, b'x'], ..Enter::default() }),
        (0x000F, Enter { appendage: &[9, 28, 1], ..Enter::default() }),
        (0x000F, Enter { appendage: &[2, 28, 0, 2, 28, 0], ..Enter::default() }),
    ];
    for (number, (reason, enter)) in (1_u32..).zip(cases) {
        one.order(&Enter { number, ..*enter }.bytes());
        if number == 1 {
            assert_eq!(one.kinds(1), "S");
        }
        assert_eq!(tell(&mut one, 1), [('J', number.into(), *reason)]);
        one.order(&Enter { number, ..Enter::default() }.bytes());
    }
    one.order(b"Q");
    let query = one.message().unwrap();
    assert_eq!((query[0], number(&query[9..13])), (b'Q', cases.len() as u64 + 1));
    venue.stop();
}

#[test]
fn conditions_are_those_that_ouch_has() {
    let place = place("orders-conditions");
    let venue = Venue::start(&place);
    let (mut one, mut other) = (venue.trader(1, 1), venue.trader(2, 1));
    other.order(&Enter { side: b'S', quantity: 50, ..Enter::default() }.bytes());
    assert_eq!(other.kinds(2), "SA");
    // Post-only that would trade, fill or kill that finds too little, immediate for what there is.
    one.order(&Enter { appendage: &[2, 12, b'P'], ..Enter::default() }.bytes());
    assert_eq!(one.kinds(3), "SAC");
    let fill_or_kill = &[5, 3, 0, 0, 0, 100];
    let immediate = Enter { time_in_force: b'3', ..Enter::default() };
    one.order(&Enter { number: 2, appendage: fill_or_kill, ..immediate }.bytes());
    assert_eq!(one.kinds(2), "AC");
    one.order(&Enter { number: 3, ..immediate }.bytes());
    assert_eq!(tell(&mut one, 3)[1..], [('E', 3, 50), ('C', 3, 50)]);
    // A market order that finds nothing; an order for some seconds; an iceberg.
    one.order(&Enter { number: 4, price: 0x7FFF_FFFF, ..Enter::default() }.bytes());
    assert_eq!(one.kinds(2), "AC");
    let seconds = &[5, 15, 0, 0, 0, 1];
    one.order(
        &Enter { number: 5, time_in_force: b'6', appendage: seconds, ..Enter::default() }.bytes(),
    );
    assert_eq!(tell(&mut one, 2)[1], ('C', 5, 100), "its second is over");
    one.order(&Enter { number: 6, appendage: &[5, 5, 0, 0, 0, 30], ..Enter::default() }.bytes());
    assert_eq!(one.kinds(1), "A");
    assert_eq!(other.kinds(1), "E");
    other.order(&Enter { number: 2, side: b'S', quantity: 30, ..Enter::default() }.bytes());
    assert_eq!(one.kinds(2), "ER");
    // Its own orders do not trade with each other when it says so.
    one.order(
        &Enter { number: 7, side: b'S', appendage: &[2, 29, b'N'], ..Enter::default() }.bytes(),
    );
    assert_eq!(one.kinds(2), "AC");
    venue.stop();
}

#[test]
fn mass_cancels_switches_and_queries() {
    let place = place("orders-mass");
    let venue = Venue::start(&place);
    let mut one = venue.trader(1, 1);
    for number in 1..=3 {
        let symbol = if number == 3 { "TIN" } else { "GOLD" };
        one.order(&Enter { number, symbol, price: 10_000, ..Enter::default() }.bytes());
    }
    assert_eq!(one.kinds(4), "SAAA");
    let mass = |number: u32, symbol: &str, appendage: &[u8]| {
        let length = big(appendage.len().try_into().unwrap(), 2);
        let symbol = format!("    {symbol:<8}").into_bytes();
        [b"C".to_vec(), big(number.into(), 4), symbol, length, appendage.to_vec()].concat()
    };
    one.order(&mass(4, "GOLD", &[]));
    assert_eq!(one.kinds(3), "XCC");
    one.order(&mass(4, "", &[]));
    one.order(&mass(5, "NOPE", &[]));
    one.order(&mass(6, "", &[3, 24, 0, 1]));
    one.order(&mass(7, "", &[2, 27, b'S']));
    assert_eq!(tell(&mut one, 3), [('J', 5, 0x17), ('J', 6, 0x0F), ('X', 7, 0)]);
    let switch = |code: u8, number: u32, firm: &str| {
        [vec![code], big(number.into(), 4), format!("{firm:<4}").into_bytes(), vec![0, 0]].concat()
    };
    one.order(&switch(b'D', 8, "OTHR"));
    one.order(&switch(b'D', 9, ""));
    one.order(&Enter { number: 10, ..Enter::default() }.bytes());
    one.order(&replace(3, 11, 50, 10_000));
    assert_eq!(tell(&mut one, 4), [('J', 8, 0x0C), ('G', 9, 0), ('J', 10, 0x0C), ('J', 11, 0x0C)]);
    drop(one);
    venue.stop();
    // It is in the log.
    let venue = Venue::start(&place);
    let mut one = venue.trader(1, 0);
    one.order(&Enter { number: 11, ..Enter::default() }.bytes());
    one.order(&switch(b'E', 12, "FRM1"));
    one.order(&Enter { number: 13, ..Enter::default() }.bytes());
    one.order(&replace(3, 14, 50, 20_000));
    assert_eq!(tell(&mut one, 3), [('J', 11, 0x0C), ('K', 12, 0), ('A', 13, 0)]);
    assert_eq!(one.kinds(1), "U");
    venue.stop();
}
