//! `highwater import --format itch`: the book and the fills of a feed come out of a run of its
//! flow; what is torn or fits no tick is refused in place and leaves no flow.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;

use flate2::Compression;
use flate2::write::GzEncoder;
use highwater_protocols::itch::file::{write_end, write_message};
use highwater_protocols::itch::{
    AddOrder, AnyMessage, Header, MESSAGE_BYTES_MAX, OrderCancel, OrderDelete, OrderExecuted,
    OrderReplace, Side,
};
use highwater_protocols::{Alpha, Price4, Time48};
use program::{TestDir, json, number};
use rustix::process::Signal;
use std::io::Write;
use std::process::Stdio;

const SMALL: &str = "--orders 4096 --instruments 8 --segment-bytes 64K --io append";

fn bytes_of(messages: &[AnyMessage]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut out = [0; MESSAGE_BYTES_MAX + 2];
    for message in messages {
        let mut body = [0; MESSAGE_BYTES_MAX];
        let length = message.emit(&mut body).unwrap();
        let length = write_message(&body[..length], &mut out).unwrap();
        bytes.extend_from_slice(&out[..length]);
    }
    bytes
}

fn ended(mut bytes: Vec<u8>) -> Vec<u8> {
    let mut end = [0; 2];
    write_end(&mut end).unwrap();
    bytes.extend_from_slice(&end);
    bytes
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn at(timestamp_ns: u64) -> Header {
    let timestamp = Time48::new(timestamp_ns).unwrap();
    Header { stock_locate: 1, tracking_number: 0, timestamp }
}

fn add(order_reference: u64, stock: &str, side: Side, shares: u32, price: u32) -> AnyMessage {
    let stock = Alpha::new(stock.as_bytes()).unwrap();
    let (header, price) = (at(order_reference), Price4(price));
    AddOrder { header, order_reference, side, shares, stock, price }.into()
}

fn executed(time: u64, order_reference: u64, executed_shares: u32) -> AnyMessage {
    OrderExecuted { header: at(time), order_reference, executed_shares, match_number: time }.into()
}

/// Two books: partial fills, a sweep over two prices, a lost place, a kept one.
fn market() -> Vec<AnyMessage> {
    let (header, price) = (at(20), Price4(1_000_100));
    vec![
        add(1, "ACME", Side::Sell, 100, 1_000_100),
        add(2, "ACME", Side::Sell, 100, 1_000_100),
        add(3, "ACME", Side::Sell, 50, 1_000_150),
        add(4, "ARL.A", Side::Buy, 10, 1),
        add(5, "ARL.A", Side::Buy, 20, 1),
        // The first order loses its place, the second becomes smaller in its own.
        OrderReplace {
            header,
            original_order_reference: 1,
            new_order_reference: 6,
            shares: 100,
            price,
        }
        .into(),
        OrderCancel { header, order_reference: 2, canceled_shares: 40 }.into(),
        // A buyer of 90 takes the second order and a part of the sixth; another sweeps.
        executed(21, 2, 60),
        executed(21, 6, 30),
        executed(22, 6, 70),
        executed(22, 3, 20),
        executed(23, 4, 10),
        executed(24, 5, 5),
        add(25, "ACME", Side::Buy, 7, 999_999),
        add(26, "ACME", Side::Buy, 7, 999_999),
        OrderDelete { header: at(27), order_reference: 25 }.into(),
    ]
}

#[test]
fn the_books_and_the_fills_are_those_of_the_feed() {
    let place = TestDir::new("import-itch", "market");
    let file = ended(bytes_of(&market()));
    place.write("day.itch.gz", packed(&file));
    let done = place.done("import --format itch day.itch.gz --out flow.csv.gz");
    let counted = "16 lines: 1 CANCEL, 2 DEFINE, 4 IOC, 7 NEW, 1 REDUCE, 1 REPLACE\n\
                   skipped messages: nothing\nwritten to flow.csv.gz\n";
    assert_eq!(done.stderr, counted);
    let run = format!("run --flow flow.csv.gz --data d --fills f --prices decimal --json {SMALL}");
    let summary = json(place.done(&run).stdout.trim());
    assert_eq!((number(&summary, "rejects"), number(&summary, "open_orders")), (0, 3));
    let fills = place.read("f");
    let makers = fills.lines().skip(1).map(|line| line.splitn(3, ',').nth(2).unwrap());
    let expected = [
        "2,100.0100,60",
        "6,100.0100,30",
        "6,100.0100,70",
        "3,100.0150,20",
        "4,0.0001,10",
        "5,0.0001,5",
    ];
    assert_eq!(makers.collect::<Vec<_>>(), expected);
    let book = place.done("book --data d --prices decimal").stdout;
    for (level, is_there) in
        [("100.0150", true), ("99.9999", true), ("0.0001", true), ("100.0100", false)]
    {
        let quoted = book.lines().filter(|line| !line.contains("last"));
        let found = quoted.flat_map(str::split_whitespace).any(|word| word == level);
        assert_eq!(found, is_there, "{level}: {book}");
    }
    // From a pipe, with two decimals where prices allow it.
    let done = place.call_with_input("import --format itch -", &file).expect_code(0);
    assert_eq!(done.stdout.lines().count(), 17);
    let whole_cents = ended(bytes_of(&[add(1, "ACME", Side::Buy, 5, 123_400)]));
    let done = place.call_with_input("import --format itch --decimals 2 -", &whole_cents);
    assert!(done.stdout.ends_with("\n1,1,NEW,1,B,1234,5,,ACME\n"), "{}", done.stdout);
}

#[test]
fn what_cannot_be_imported_leaves_no_flow() {
    let place = TestDir::new("import-itch", "refused");
    let whole = bytes_of(&market());
    let import = |name: &str, bytes: &[u8], args: &str, code: i32| {
        place.write(name, bytes);
        let args = format!("import --format itch {name} --out flow.csv {args}");
        let ended = place.call(&args).expect_code(code);
        assert!(!place.join("flow.csv").exists() && !place.has_partial());
        ended.stderr
    };
    let said = import("cut.itch", &whole[..whole.len() - 1], "", 1);
    let expected = "cut.itch: message 16 at byte 526: the file ends at byte 546, within this \
                    message, which needs 21 bytes with its length; fetch the whole file,";
    assert!(said.contains(expected), "{said}");
    let said = import("fine.itch", &ended(whole.clone()), "--decimals 2", 1);
    let expected = "fine.itch: message 3 at byte 76: price is 100.0150: a price of this instrument \
                    has at most 2 digits behind the point; add --decimals with as many as it has";
    assert!(said.contains(expected), "{said}");
    let twice = [ended(whole.clone()), whole.clone()].concat();
    assert!(import("twice.itch", &twice, "", 1).contains("if several files were joined"));
    let packed = packed(&whole.repeat(99));
    let said = import("cut.gz", &packed[..packed.len() / 2], "", 1);
    assert!(said.contains("the gzip data ends too early"), "{said}");
    assert!(
        import("text", b"34200.1,1,11,100,1234500,-1\n", "", 1).contains("within this message")
    );
    assert!(import("fine.itch", &whole, "--symbol A", 2).contains("--symbol is for"));
    // Without the mark of the end it is taken, and said.
    let done = place.done("import --format itch fine.itch --out flow.csv");
    let said = "fine.itch: no length of 0 behind the last message";
    assert!(done.stderr.contains(said), "{}", done.stderr);
}

#[test]
fn a_signal_ends_it_and_leaves_no_flow() {
    let place = TestDir::new("import-itch", "signal");
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let mut command = place.command("import --format itch - --out flow.csv");
        let mut running = place.start_command(command.stdin(Stdio::piped()));
        let mut stdin = running.take_stdin();
        let messages = bytes_of(&[
            add(1, "ACME", Side::Buy, 5, 123_400),
            OrderDelete { header: at(1), order_reference: 1 }.into(),
        ]);
        let piece = messages.repeat(4_096);
        stdin.write_all(&piece).unwrap();
        running.until(|| place.has_partial());
        running.signal(signal);
        // It looks at the wish when some more messages have come.
        while stdin.write_all(&piece).is_ok() {}
        running.wait().expect_code(0).expect_said("stopped: flow.csv is incomplete");
        assert!(place.files(".").is_empty(), "nothing is left");
    }
}
