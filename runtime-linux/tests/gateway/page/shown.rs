//! What the page shows is what the venue has.

use super::asking::{body, host_of, reply};
use crate::venue::{Enter, PATIENCE, Venue, cancel, place};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

/// An order in GOLD, in which nobody else trades.
fn enter(number: u32, side: u8, quantity: u32, price: u64) -> Vec<u8> {
    Enter { number, side, quantity, price, ..Enter::default() }.bytes()
}

/// The state with the book of an instrument, once it shows what is `wanted`.
fn state_with(host: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..10_000 {
        let state = body(host, "/api/state?instrument=GOLD");
        let state: Value = serde_json::from_str(&state).unwrap();
        if wanted(&state) {
            return state;
        }
    }
    panic!("it is not shown: {}", body(host, "/api/state?instrument=GOLD"));
}

/// The bids and asks of GOLD behind a sequence, as `highwater book` has them.
fn book_at(place: &Path, at: u64) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_highwater"));
    command.current_dir(place).args(["book", "--data", "data", "--json", "--depth", "20"]);
    let output = command.args(["--instrument", "GOLD", "--at", &at.to_string()]).output().unwrap();
    let book: Value = serde_json::from_slice(&output.stdout).unwrap();
    book["instruments"][0].clone()
}

#[test]
fn ladder_trades_and_clients_are_those_of_the_venue() {
    let place = place("page-shown");
    let venue = Venue::start(&place);
    let host = host_of(&venue);
    let (mut one, mut two) = (venue.trader(1, 1), venue.trader(2, 1));
    for order in [
        enter(1, b'B', 100, 995_000),
        enter(2, b'B', 300, 992_500),
        enter(3, b'S', 200, 1_007_500),
        enter(4, b'B', 50, 995_000),
    ] {
        one.order(&order);
    }
    assert_eq!(one.kinds(5), "SAAAA");
    two.order(&enter(1, b'S', 120, 995_000));
    assert_eq!(two.kinds(4), "SAEE");
    let bids = json!([[9_950, 30, 30, 1], [9_925, 300, 300, 1]]);
    let state = state_with(&host, |state| {
        state["book"]["bids"] == bids && state["logins"].as_array().is_some_and(|it| it.len() == 2)
    });
    assert_eq!(state["book"]["asks"], json!([[10_075, 200, 200, 1]]));
    let gold = &state["instruments"][0];
    assert_eq!((&gold["symbol"], &gold["last"]), (&json!("GOLD"), &json!(9_950)));
    assert_eq!((&gold["volume"], &gold["trades"]), (&json!(120), &json!(2)));
    let trades = state["trades"].as_array().unwrap();
    assert_eq!(trades.len(), 2);
    assert_eq!((&trades[1]["quantity"], &trades[1]["side"]), (&json!(20), &json!("sell")));
    let users: Vec<_> = state["logins"].as_array().unwrap().iter().map(|it| &it["user"]).collect();
    assert!(users.contains(&&json!("DEMO1")) && users.contains(&&json!("DEMO2")), "{users:?}");
    // The past is the book that the log gives.
    let last = state["book_sequence"].as_u64().unwrap();
    for at in [6, 7, 8, last / 2, last].into_iter().filter(|at| (6..=last).contains(at)) {
        let shown = body(&host, &format!("/api/book?instrument=GOLD&at={at}&depth=20"));
        let shown: Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(shown["instruments"][0], book_at(&place, at), "{at}");
    }
    venue.stop();
}

/// The next event of a stream: its name and what it says.
fn event(stream: &mut impl BufRead) -> (String, Value) {
    let (mut name, mut line) = (String::new(), String::new());
    loop {
        line.clear();
        assert!(stream.read_line(&mut line).unwrap() > 0, "the stream has ended");
        if let Some(text) = line.strip_prefix("event: ") {
            text.trim().clone_into(&mut name);
        } else if let Some(text) = line.strip_prefix("data: ") {
            return (name, serde_json::from_str(text).unwrap());
        }
    }
}

#[test]
fn changes_lead_from_the_first_state_to_the_present_one() {
    let place = place("page-live");
    let venue = Venue::start(&place);
    let host = host_of(&venue);
    let mut socket = TcpStream::connect(&host).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.write_all(b"GET /api/live?instrument=GOLD HTTP/1.1\r\n\r\n").unwrap();
    let mut stream = BufReader::new(socket);
    let (name, state) = event(&mut stream);
    assert_eq!((name.as_str(), &state["book"]["bids"]), ("state", &json!([])));
    let mut one = venue.trader(1, 1);
    one.order(&enter(1, b'B', 100, 995_000));
    one.order(&enter(2, b'B', 100, 994_000));
    one.order(&cancel(1, 0));
    one.order(&enter(3, b'S', 40, 994_000));
    assert_eq!(one.kinds(7), "SAACAEE");
    let mut bids = std::collections::BTreeMap::new();
    let mut trades = Vec::new();
    while trades.is_empty() || bids.len() != 1 {
        let (name, changed) = event(&mut stream);
        assert_eq!(name, "change");
        for level in changed["bids"].as_array().into_iter().flatten() {
            let price = level[0].as_u64().unwrap();
            if level[2] == 0 {
                bids.remove(&price)
            } else {
                bids.insert(price, level.clone())
            };
        }
        trades.extend(changed["trades"].as_array().into_iter().flatten().cloned());
    }
    assert_eq!(bids[&9_940], json!([9_940, 60, 60, 1]));
    assert_eq!((&trades[0]["price"], &trades[0]["quantity"]), (&json!(9_940), &json!(40)));
    venue.stop();
    // Behind its end the stream ends, too.
    let mut rest = String::new();
    while stream.read_line(&mut rest).unwrap() > 0 {}
}

#[test]
fn an_operator_with_the_token_may_say_things_here() {
    let place = place("page-operator");
    let venue = Venue::start(&place);
    let host = host_of(&venue);
    let token = fs::read_to_string(place.join("data/admin/page-token")).unwrap();
    let say = |wish: &str, token: &str| {
        let length = wish.len();
        let head = format!("POST /api/admin HTTP/1.1\r\nContent-Length: {length}\r\n");
        reply(&host, format!("{head}Authorization: Bearer {token}\r\n\r\n{wish}").as_bytes())
    };
    let halt = r#"{"do":"trading","thing":"halt","symbols":["GOLD"]}"#;
    assert!(say(halt, "wrong").starts_with("HTTP/1.1 401"));
    assert!(say(halt, token.trim()).starts_with("HTTP/1.1 200"));
    assert!(say(r#"{"do":"kill","user":"NOBODY"}"#, token.trim()).starts_with("HTTP/1.1 409"));
    state_with(&host, |state| state["instruments"][0]["is_halted"] == json!(true));
    venue.stop();
}
