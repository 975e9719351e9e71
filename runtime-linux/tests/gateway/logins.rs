//! Who may log in, and where it reads on.

use crate::venue::{Client, Enter, Said, Venue, place};

fn refused(code: u8) -> Said {
    Said::Packet(b'J', vec![code])
}

#[test]
fn logins_are_checked_and_read_on_at_any_number() {
    let place = place("logins");
    let venue = Venue::start(&place);
    let mut one = venue.trader(1, 1);
    let session = one.session.clone();
    one.order(&Enter::default().bytes());
    assert_eq!(one.kinds(2), "SA");
    let log_in = |user, password, session, next| {
        Client::log_in_to(&venue.ouch, [user, password, session], next)
    };
    let password = venue.password.as_str();
    assert_eq!(log_in("DEMO1", "wrong", "", 1).err(), Some(refused(b'A')));
    assert_eq!(log_in("NOBODY", password, "", 1).err(), Some(refused(b'A')));
    assert_eq!(log_in("DEMO2", password, "OTHER", 1).err(), Some(refused(b'S')));
    // Letters of a password count the same in both cases.
    let upper = password.to_uppercase();
    let mut two = log_in("DEMO2", &upper, &session, 1).unwrap();
    assert_eq!(two.next, 1);
    for (next, told) in [(1, 1), (2, 2), (3, 3), (0, 3), (99, 3)] {
        let client = log_in("DEMO1", password, "", next).unwrap();
        assert_eq!(client.next, told, "{next}");
    }
    // The first of them took over from the one that was there.
    assert!(matches!(one.packet(), Said::Packet(b'+', _)));
    assert_eq!(one.packet(), Said::Nothing);
    two.order(&Enter::default().bytes());
    assert_eq!(two.kinds(2), "SA");
    two.send(b'O', b"");
    assert_eq!(two.packet(), Said::Nothing);
    venue.stop();
}

#[test]
fn an_address_with_five_bad_logins_is_blocked() {
    let place = place("logins-bad");
    let venue = Venue::start(&place);
    let mut one = venue.trader(1, 1);
    for _ in 0..5 {
        let bad = Client::log_in(&venue.ouch, "DEMO1", "wrong", 1);
        assert_eq!(bad.err(), Some(refused(b'A')));
    }
    // Who is in stays in; nobody else gets in, with the right password either.
    assert_eq!(Client::log_in(&venue.ouch, "DEMO2", &venue.password, 1).err(), Some(Said::Nothing));
    one.order(&Enter::default().bytes());
    assert_eq!(one.kinds(2), "SA");
    venue.stop();
}

#[test]
fn the_feed_is_read_by_everybody_and_takes_no_orders() {
    let place = place("logins-feed");
    let venue = Venue::start(&place);
    let mut feed = Client::log_in(&venue.itch, "DEMO1", &venue.password, 1).unwrap();
    assert_eq!(feed.kinds(11), "SSSRHRHRHRH");
    feed.order(&Enter::default().bytes());
    loop {
        match feed.packet() {
            Said::Packet(b'+', text) => {
                assert_eq!(text, b"this login reads, and enters nothing");
                break;
            }
            Said::Packet(b'S', _) => {}
            said @ (Said::Packet(..) | Said::Nothing) => panic!("{said:?}"),
        }
    }
    venue.stop();
}
