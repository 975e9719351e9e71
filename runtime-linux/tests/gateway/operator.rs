//! What an operator does to a venue that runs: markets, users, snapshots, and the end.

use crate::venue::{Enter, Venue, cancel, place};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;

/// What the operator said, and whether it was done.
fn admin(place: &Path, words: &str) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_highwater"));
    command.current_dir(place).args(["admin", "--data", "data"]);
    let output = command.args(words.split_whitespace()).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

fn done(place: &Path, words: &str) -> String {
    let (is_done, text) = admin(place, words);
    assert!(is_done, "{words}: {text}");
    text
}

fn refused(place: &Path, words: &str) -> String {
    let (is_done, text) = admin(place, words);
    assert!(!is_done, "{words}: {text}");
    text
}

fn order(number: u32) -> Vec<u8> {
    Enter { number, ..Enter::default() }.bytes()
}

#[test]
fn a_user_is_killed_and_stays_stopped_behind_a_crash() {
    let place = place("operator-kill");
    let venue = Venue::start(&place);
    let (mut one, mut two) = (venue.trader(1, 1), venue.trader(2, 1));
    for number in 1..=3 {
        one.order(&order(number));
    }
    assert_eq!(one.kinds(4), "SAAA");
    done(&place, "kill DEMO1");
    assert_eq!(one.kinds(3), "CCC", "and no answer to what it did not ask for");
    one.order(&order(4));
    // The client cannot take back what the operator said.
    let enable = [&b"E"[..], &[0, 0, 0, 5], b"    ", &[0, 0]].concat();
    one.order(&enable);
    one.order(&order(6));
    assert_eq!(one.kinds(3), "JKJ");
    two.order(&order(1));
    assert_eq!(two.kinds(2), "SA", "others trade on");
    done(&place, "snapshot");
    venue.kill();
    drop(venue);
    let venue = Venue::start(&place);
    let mut one = venue.trader(1, 11);
    one.order(&order(7));
    assert_eq!(one.kinds(1), "J");
    done(&place, "allow-entry DEMO1");
    one.order(&order(8));
    assert_eq!(one.kinds(1), "A");
    done(&place, "stop-entry DEMO1");
    one.order(&order(9));
    one.order(&cancel(8, 0));
    assert_eq!(one.kinds(2), "JC", "who is stopped may cancel");
    done(&place, "disconnect DEMO1");
    assert_eq!(one.message(), None);
    venue.trader(1, 1);
    venue.stop();
    published_again_are_the_same(&place);
}

/// The streams that `publish` makes of the log are those that were sent.
fn published_again_are_the_same(place: &Path) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_highwater"));
    command.current_dir(place).args(["publish", "--data", "data", "--itch", "again.itch"]);
    assert!(command.args(["--ouch", "again"]).output().unwrap().status.success());
    for session in 1..=2 {
        let name = format!("day-1/session-{session}.ouch");
        let [sent, made] = ["data/streams/answers", "again"]
            .map(|folder| fs::read(place.join(folder).join(&name)).unwrap());
        assert_eq!(sent, made, "{name}");
    }
}

#[test]
fn markets_move_as_the_operator_says_and_every_call_is_noted() {
    let place = place("operator-market");
    let venue = Venue::start(&place);
    let mut one = venue.trader(1, 1);
    done(&place, "halt GOLD");
    one.order(&order(1));
    assert_eq!(one.kinds(2), "SJ");
    done(&place, "resume GOLD");
    done(&place, "band GOLD --low 99 --high 101.50");
    one.order(&Enter { number: 2, price: 1_020_000, ..Enter::default() }.bytes());
    one.order(&order(3));
    assert_eq!(one.kinds(2), "JA");
    assert!(refused(&place, "band GOLD --low 99.005").contains("2 digits"));
    assert!(refused(&place, "halt NOPE").contains("GOLD"));
    assert!(refused(&place, "kill NOPE").contains("no such user"));
    assert!(refused(&place, "uncross GOLD").contains("rejected"));
    done(&place, "limit 1 --orders 1");
    one.order(&order(4));
    assert_eq!(one.kinds(1), "J", "it has one order open");
    done(&place, "cancel --session 1 --symbol GOLD");
    assert_eq!(one.kinds(1), "C");
    // What is told of users may be a moment old.
    let mut asked = 9;
    while !done(&place, "status --json").contains("DEMO1") {
        asked += 1;
        assert!(asked < 1_000, "nobody is seen");
    }
    let stopped = done(&place, "stop");
    assert!(stopped.contains("stops"), "{stopped}");
    drop(venue);
    assert!(refused(&place, "status").contains("no venue runs"));
    let record = fs::read_to_string(place.join("data/admin/audit.log")).unwrap();
    let lines: Vec<Value> =
        record.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), asked + 2, "{record}");
    assert_eq!(lines[0]["request"]["thing"], "halt");
    assert!(lines[0]["sequence"].as_u64() > Some(0), "what changes the market is in the log");
    assert!(lines[3]["error"].as_str().is_some_and(|why| why.contains("99.005")));
}

#[test]
fn nonsense_at_the_socket_harms_nobody() {
    let place = place("operator-nonsense");
    let venue = Venue::start(&place);
    let path = place.join("data/admin/socket");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(&place.join("data/admin"))), (0o600, 0o700));
    for nonsense in
        ["", "\n", "{}\n", "\u{0}\n", "[1,2]\n", "{\"do\":\"kill\"}\n", "{\"do\":\"stop\""]
    {
        let mut socket = UnixStream::connect(&path).unwrap();
        socket.write_all(nonsense.as_bytes()).unwrap();
        socket.shutdown(std::net::Shutdown::Write).unwrap();
        let mut reply = String::new();
        BufReader::new(&socket).read_line(&mut reply).unwrap();
        assert!(reply.contains("\"Err\""), "{nonsense:?}: {reply}");
    }
    let mut endless = UnixStream::connect(&path).unwrap();
    // As long as it is read, it is too long.
    drop(endless.write_all(&vec![b'x'; 1 << 20]));
    // Who says nothing holds the others up for a while only.
    let _idle = UnixStream::connect(&path).unwrap();
    done(&place, "status");
    let mut one = venue.trader(1, 1);
    one.order(&order(1));
    assert_eq!(one.kinds(2), "SA");
    venue.stop();
    assert!(!path.exists());
}
