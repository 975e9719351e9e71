//! Venues of their own files: what their users may do, and what a file must not say.

use crate::venue::{Client, Enter, Venue, place};
use std::fs;
use std::path::Path;
use std::process::Command;

/// The hash of the password `secret`.
const SECRET: &str = "$argon2id$v=19$m=19456,t=2,p=1$Jq5ctY00cBpkF+omNJmc1w$ilahLC\
    JRX2B4X432z0chegKoMASnM1E31hCLqcvVfCI";

fn venue_file(users: &str) -> String {
    let instruments = "[[instruments]]\nsymbol = \"GOLD\"\n";
    format!("{instruments}{}", users.replace("SECRET", SECRET))
}

fn refused(place: &Path, file: &str) -> String {
    fs::write(place.join("venue.toml"), file).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_highwater"));
    let output = command
        .current_dir(place)
        .args(["serve", "--config", "venue.toml", "--ouch", "127.0.0.1:0", "--data", "refused"])
        .output()
        .unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn orders_are_canceled_when_a_trader_is_gone_and_too_many_are_refused() {
    let place = place("files-gone");
    fs::write(
        place.join("venue.toml"),
        venue_file(
            "[[users]]\nuser = \"ONE\"\npassword = \"SECRET\"\nsession = 1\n\
             on-disconnect = \"cancel-session\"\norders-per-second = 1\nburst = 3\n\
             [[users]]\nuser = \"TWO\"\npassword = \"SECRET\"\ndrop-copy-of = 1\n\
             [[users]]\nuser = \"THREE\"\npassword = \"SECRET\"\n",
        ),
    )
    .unwrap();
    let venue = Venue::start(&place);
    let mut one = Client::log_in(&venue.ouch, "ONE", "secret", 1).unwrap();
    let mut copy = Client::log_in(&venue.ouch, "TWO", "secret", 1).unwrap();
    assert!(Client::log_in(&venue.ouch, "THREE", "secret", 1).is_err(), "it reads the feed");
    Client::log_in(&venue.itch, "THREE", "secret", 1).unwrap();
    for number in 1..=4 {
        one.order(&Enter { number, price: 10_000, ..Enter::default() }.bytes());
    }
    assert_eq!(one.kinds(5), "SAAAJ");
    assert_eq!(copy.kinds(5), "SAAAJ");
    drop(one);
    assert_eq!(copy.kinds(3), "CCC", "and no answer to a mass cancel that nobody asked for");
    let mut one = Client::log_in(&venue.ouch, "ONE", "secret", 6).unwrap();
    assert_eq!(one.kinds(3), "CCC");
    venue.stop();
}

#[test]
fn sessions_have_another_name_where_a_power_cut_may_have_taken_messages() {
    let user = "[[users]]\nuser = \"ONE\"\npassword = \"SECRET\"\nsession = 1\n";
    for (mode, changes) in [("group", false), ("interval", true)] {
        let place = place(&format!("files-{mode}"));
        let engine = format!("[engine]\nsync = \"{mode}\"\n");
        fs::write(place.join("venue.toml"), venue_file(user) + &engine).unwrap();
        let named = |venue: &Venue, session: &str| {
            let client = Client::log_in_to(&venue.ouch, ["ONE", "secret", session], 1);
            client.map(|client| client.session)
        };
        let venue = Venue::start(&place);
        let first = named(&venue, "").unwrap();
        venue.stop();
        let venue = Venue::start(&place);
        assert_eq!(named(&venue, &first).unwrap(), first, "{mode}: it ended cleanly");
        venue.kill();
        drop(venue);
        let venue = Venue::start(&place);
        assert_eq!(named(&venue, &first).is_err(), changes, "{mode}: it was killed");
        venue.stop();
    }
}

#[test]
fn a_file_that_cannot_be_is_refused_with_a_sentence() {
    let place = place("files-refused");
    let user = |keys: &str| venue_file(&format!("[[users]]\nuser = \"ONE\"\n{keys}\n"));
    for (file, named) in [
        (String::new(), "instruments"),
        (venue_file("") + "[listen]\nouch = \"1.2.3.4:1\"\nwhat = 1\n", "what"),
        (user("password = \"plain\""), "no hash"),
        (user("password = \"SECRET\"\nsession = 0"), "session 0"),
        (user("password = \"SECRET\"\nsession = 60000"), "session 60000"),
        (user("password = \"SECRET\"\nsession = 1\ndrop-copy-of = 1"), "two users"),
        (user("password = \"SECRET\"\nsession = 1\norders-per-second = 0"), "throttle"),
        (venue_file("[[schedule]]\nat = \"25:00\"\ndo = \"halt\"\n"), "25:00"),
        ("plaintext = \"yes\"\n".to_owned() + &venue_file(""), "trusted network"),
        (venue_file("").replace("GOLD", "NINECHARS"), "NINECHARS"),
    ] {
        let said = refused(&place, &file);
        assert!(said.contains(named), "{named}: {said}");
    }
    let beyond = "[listen]\nitch = \"0.0.0.0:0\"\n".to_owned();
    let said = refused(&place, &(venue_file("") + &beyond));
    assert!(said.contains("unencrypted"), "{said}");
}
