//! What a venue writes to standard error: who came and went, and why.

use crate::venue::{Client, Said, Venue, place};
use serde_json::Value;
use std::fs::{self, File};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;

/// A venue whose messages go to the file `messages` in `place`, as JSON.
fn start(place: &Path) -> Venue {
    let messages = Stdio::from(File::create(place.join("messages")).unwrap());
    Venue::start_with(place, &["--log-format", "json"], messages)
}

fn messages(place: &Path) -> Vec<Value> {
    let text = fs::read_to_string(place.join("messages")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The first message that says this and is of this user.
fn find<'m>(messages: &'m [Value], says: &str, user: Option<&str>) -> &'m Value {
    let is_it = |it: &&Value| it["message"] == says && it["user"].as_str() == user;
    messages.iter().find(is_it).unwrap_or_else(|| panic!("'{says}' of {user:?}: {messages:?}"))
}

#[test]
fn logins_refusals_and_ends_are_written_with_their_reasons() {
    let place = place("messages");
    let venue = start(&place);
    let wrong = Client::log_in(&venue.ouch, "DEMO1", "wrong", 1).err();
    assert!(matches!(wrong, Some(Said::Packet(b'J', _))), "{wrong:?}");
    assert!(Client::log_in(&venue.itch, "NOBODY", &venue.password, 1).is_err());
    let first = venue.trader(2, 1);
    let second = venue.trader(2, 1);
    drop((first, second));
    let mut unsound = venue.trader(3, 1);
    unsound.send_raw(&[0, 0, 0, 0]);
    while unsound.message().is_some() {}
    // What is refused later is written behind what was said before.
    venue.stop();
    let messages = messages(&place);
    let refused = find(&messages, "login refused", Some("DEMO1"));
    assert_eq!(
        (&refused["level"], &refused["why"]),
        (&"WARN".into(), &"the password is wrong".into())
    );
    let unknown = find(&messages, "login refused", None);
    assert_eq!(unknown["service"], "feed");
    let login = find(&messages, "logged in", Some("DEMO2"));
    assert_eq!((&login["level"], &login["service"]), (&"INFO".into(), &"orders".into()));
    assert_eq!((&login["next"], &login["address"]), (&1.into(), &"127.0.0.1".into()));
    let taken_over = find(&messages, "connection closed", Some("DEMO2"));
    assert_eq!(taken_over["reason"], "a later login of this user took over");
    assert!(find(&messages, "connection closed", Some("DEMO3"))["reason"].is_string());
    find(&messages, "serving", None);
    find(&messages, "stopping", None);
}

#[test]
fn a_flood_of_connections_is_a_count_and_nobody_reading_is_no_end() {
    let place = place("messages-flood");
    let venue = start(&place);
    // The sixth bad login blocks the address, and then every connection is turned away.
    for _ in 0..6 {
        assert!(Client::log_in(&venue.ouch, "DEMO1", "wrong", 1).is_err());
    }
    for _ in 0..500 {
        drop(TcpStream::connect(&venue.ouch));
    }
    let is_counted = |it: &Value| it["count"].as_u64().is_some_and(|count| count > 100);
    while !messages(&place).iter().any(is_counted) {}
    let turned_away = messages(&place).len();
    assert!(turned_away < 100, "{turned_away}");
    venue.stop();
}
