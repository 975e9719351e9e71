//! A client that speaks HTTP, and asks badly too.

use crate::venue::{Enter, PATIENCE, Venue, place};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::ops::RangeInclusive;
use std::path::Path;
use std::process::Command;

/// Connections that say nothing.
const IDLE: usize = 1_000;

/// The host and port of a venue's page, once it has all instruments: its book follows the engine's.
pub(crate) fn host_of(venue: &Venue) -> String {
    let page = venue.page.strip_prefix("http://").expect("it is served by HTTP");
    let host = page.trim_end_matches('/').to_owned();
    while get(&host, "/api/state?instrument=NONE").starts_with("HTTP/1.1 503 ") {}
    host
}

/// All that is answered to these bytes, with nothing sent behind them.
pub(crate) fn reply(host: &str, request: &[u8]) -> String {
    let mut socket = TcpStream::connect(host).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    // It may be refused before all of it is read.
    drop(socket.write_all(request));
    drop(socket.shutdown(Shutdown::Write));
    let mut bytes = Vec::new();
    match socket.read_to_end(&mut bytes) {
        Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("{error}"),
        _ => String::from_utf8_lossy(&bytes).into_owned(),
    }
}

/// The answer to a plain request.
pub(crate) fn get(host: &str, path: &str) -> String {
    reply(host, format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes())
}

/// The body of an answer that must be right.
pub(crate) fn body(host: &str, path: &str) -> String {
    let answer = get(host, path);
    let (head, body) = answer.split_once("\r\n\r\n").expect("there is a body");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{path}: {answer}");
    body.to_owned()
}

#[test]
fn everything_is_there_and_nothing_comes_from_elsewhere() {
    let place = place("page-there");
    let venue = Venue::start(&place);
    let host = host_of(&venue);
    let page = body(&host, "/");
    for file in ["page.css", "page.js", "icon.svg"] {
        assert!(page.contains(file), "{file}");
        assert!(!body(&host, &format!("/{file}")).is_empty());
    }
    for path in ["/", "/page.css", "/page.js", "/charts.js", "/format.js", "/operator.js"] {
        let text = body(&host, path);
        assert!(!text.contains("http://") && !text.contains("https://"), "{path}");
    }
    assert_eq!((body(&host, "/healthz"), body(&host, "/readyz")), ("ok\n".into(), "ok\n".into()));
    let metrics = body(&host, "/metrics");
    assert!(metrics.contains("highwater_commands_total{state=\"durable\"}"), "{metrics}");
    assert!(metrics.contains("highwater_answer_duration_seconds_bucket"), "{metrics}");
    let head = get(&host, "/");
    assert!(head.contains("default-src 'self'") && head.contains("no-store"), "{head}");
    venue.stop();
}

#[test]
fn bad_requests_get_a_sentence() {
    let place = place("page-bad");
    let venue = Venue::start(&place);
    let host = host_of(&venue);
    let long = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(40_000));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(200));
    for (request, status, sentence) in [
        ("GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n", "404", "/metrics"),
        ("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", "403", "localhost"),
        ("DELETE / HTTP/1.1\r\n\r\n", "405", "GET"),
        ("POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "405", "GET"),
        ("POST /api/admin HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", "401", "token"),
        ("POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", "413", "4096"),
        ("\0\0\0\r\n\r\n", "400", "HTTP/1.1"),
        ("GET /api/book HTTP/1.1\r\n\r\n", "400", "request"),
        ("GET /api/book?at=99999999&instrument=TIN HTTP/1.1\r\n\r\n", "409", "sequences"),
        ("GET /api/book?at=5&instrument=NONE HTTP/1.1\r\n\r\n", "409", "NONE"),
        ("GET /api/state?instrument=NONE HTTP/1.1\r\n\r\n", "404", "here"),
        (long.as_str(), "431", "8192"),
        (many.as_str(), "431", "64"),
    ] {
        let answer = reply(&host, request.as_bytes());
        let start = &request[..request.len().min(40)];
        // What is still on its way may undo an answer that came early.
        let is_cut = request.len() > 1_000 && answer.is_empty();
        assert!(is_cut || answer.starts_with(&format!("HTTP/1.1 {status} ")), "{start}: {answer}");
        assert!(is_cut || answer.contains(sentence), "{start}: {answer}");
    }
    assert!(reply(&host, b"GET /healthz HTTP/1.0\r\n\r\n").contains("ok"), "without a host");
    assert_eq!(reply(&host, b"GET / HT"), "", "half a request");
    venue.stop();
}

#[test]
fn a_thousand_that_say_nothing_and_one_that_never_reads_keep_nobody_out() {
    let place = place("page-idle");
    let venue = Venue::start(&place);
    let host = host_of(&venue);
    let mut one = venue.trader(1, 1);
    let mut trade = |numbers: RangeInclusive<u32>| {
        for number in numbers {
            one.order(&Enter { number, ..Enter::default() }.bytes());
            assert_eq!(one.kinds(1 + usize::from(number == 1)).pop(), Some('A'));
        }
    };
    trade(1..=200);
    body(&host, "/api/state");
    let before = venue.resident_bytes();
    let idle: Vec<TcpStream> = (0..IDLE).map(|_| TcpStream::connect(&host).unwrap()).collect();
    let mut deaf: Vec<TcpStream> = Vec::new();
    for _ in 0..8 {
        let mut socket = TcpStream::connect(&host).unwrap();
        socket.write_all(b"GET /api/live HTTP/1.1\r\n\r\n").unwrap();
        deaf.push(socket);
    }
    trade(201..=400);
    assert_eq!(body(&host, "/healthz"), "ok\n");
    let grown = venue.resident_bytes().saturating_sub(before);
    assert!(grown < 32 << 20, "{grown} bytes");
    drop((idle, deaf));
    venue.stop();
}

/// What a venue says that must not start.
fn refused(place: &Path, words: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_highwater"));
    command.current_dir(place).args(["serve", "--data", "refused", "--ouch", "127.0.0.1:0"]);
    for service in ["--itch", "--glimpse", "--requests"] {
        command.args([service, "127.0.0.1:0"]);
    }
    let output = command.args(words).output().unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn an_address_that_cannot_be_is_refused_and_the_log_is_unharmed() {
    let place = place("page-refused");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = refused(&place, &["--page", &address]);
    assert!(said.contains("choose another address"), "{said}");
    let said = refused(&place, &["--page", "0.0.0.0:0"]);
    assert!(said.contains("trusted network"), "{said}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_highwater"));
    let verified = command.current_dir(place.path()).args(["verify", "--data", "refused"]).output();
    assert!(verified.unwrap().status.success());
}
