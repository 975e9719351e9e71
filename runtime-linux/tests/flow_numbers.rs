//! A number of a flow's line means what is written, or the line is rejected or malformed.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;

use program::{TestDir, json, last_client_sequence, number};

const HEADER: &str = "seq,timestamp_ns,command,order_id,side,price_ticks,qty,new_order_id,symbol\n";
const ORDER: &str = "1,1,NEW,1,B,100,10,,ACME\n";
const SMALL: &str = "--orders 4096 --instruments 8 --segment-bytes 64K --io append";

/// A second line, and what becomes of it: the reason of its reject, or what happens.
const ANSWERED: [(&str, &str); 34] = [
    ("REPLACE,1,B,101,", "bad_quantity"),
    ("REPLACE,1,,101,", "bad_quantity"),
    ("REPLACE,1,B,,5", "bad_price"),
    ("REDUCE,1,B,100,", "bad_quantity"),
    ("REDUCE,1,,,", "bad_quantity"),
    ("NEW,2,S,,5", "bad_price"),
    ("NEW,2,S,101,", "bad_quantity"),
    ("IOC,2,S,,5", "bad_price"),
    ("IOC,2,S,100,", "bad_quantity"),
    ("REPLACE,1,B,101,-5", "bad_quantity"),
    ("REPLACE,1,B,101,-0", "bad_quantity"),
    ("REPLACE,1,B,101,-99999999999999999999999", "bad_quantity"),
    ("REPLACE,1,B,101,99999999999999999999999", "bad_quantity"),
    ("REPLACE,1,B,-101,5", "bad_price"),
    ("REPLACE,1,B,0,5", "bad_price"),
    ("REPLACE,1,B,4294967397,5", "bad_price"),
    ("REPLACE,1,B,101,0", "canceled"),
    ("REPLACE,1,B,101,00", "canceled"),
    ("REPLACE,1,,101,5", "replaced"),
    ("REDUCE,1,B,100,-5", "bad_quantity"),
    ("REDUCE,1,B,100,-99999999999999999999999", "bad_quantity"),
    ("REDUCE,1,B,100,0", "bad_quantity"),
    ("REDUCE,1,,,4", "reduced"),
    ("REDUCE,1,,-7,4", "reduced"),
    ("REDUCE,1,,,99999999999999999999999", "canceled"),
    ("NEW,2,S,-101,5", "bad_price"),
    ("NEW,2,S,4294967397,5", "bad_price"),
    ("NEW,2,S,101,-5", "bad_quantity"),
    ("NEW,2,S,101,18446744073709551621", "bad_quantity"),
    ("IOC,2,S,-1,5", "bad_price"),
    ("IOC,2,S,100,-5", "bad_quantity"),
    ("CANCEL,1,,,", "canceled"),
    ("CANCEL,1,,-1,-1", "canceled"),
    ("CANCEL,1,,99999999999999999999999,0", "canceled"),
];

#[test]
fn what_is_written_is_what_is_answered() {
    let place = TestDir::new("flow_numbers", "answered");
    for (index, (line, expected)) in ANSWERED.into_iter().enumerate() {
        let time = ["", "-3", "99999999999999999999999"][index % 3];
        place.write("flow.csv", [HEADER, ORDER, &format!("2,{time},{line},,ACME\n")].concat());
        place.done(&format!("run --flow flow.csv --data d{index} --events e {SMALL}"));
        let events = place.read("e");
        let answers: Vec<_> = events
            .lines()
            .map(json)
            .filter(|event| number(event, "session") == 1 && number(event, "client_sequence") == 2)
            .collect();
        // What follows of a replacement is that it rests again.
        let first = &answers[0];
        let word = if first["kind"] == "rejected" { &first["reason"] } else { &first["kind"] };
        assert_eq!(word, expected, "{line}: {events}");
    }
}

/// A second line that is not one, and the column in which something is missing or wrong.
const MALFORMED: [(&str, u64); 9] = [
    ("2,1,REPLACE,1,B,101", 20),
    ("2,1,REPLACE,1,B", 16),
    ("2,1,REDUCE,1,B,100", 19),
    ("2,1,NEW,2,B,100", 16),
    ("2,1,IOC,2,B", 12),
    ("2,1,REPLACE,1,B,101,-,,ACME", 21),
    ("2,1,CANCEL,1,B,x,,,ACME", 16),
    ("0,1,CANCEL,1,B,,,,ACME", 1),
    ("18446744073709551616,1,CANCEL,1,B,,,,ACME", 1),
];

#[test]
fn a_line_without_a_column_is_malformed() {
    let place = TestDir::new("flow_numbers", "malformed");
    for (index, (line, column)) in MALFORMED.into_iter().enumerate() {
        place.write("flow.csv", [HEADER, ORDER, line, "\n"].concat());
        let run = format!("run --flow flow.csv --data d{index} {SMALL}");
        place.call(&run).expect_code(1).expect_said(&format!("flow.csv:3:{column}: "));
        let verified = place.verified(&format!("d{index}"));
        assert_eq!(last_client_sequence(&verified, 1), 1, "{line}");
        assert_eq!(number(&verified, "open_orders"), 1, "{line}");
    }
}

#[test]
fn the_highest_seq_is_executed_and_recovered() {
    let place = TestDir::new("flow_numbers", "highest");
    place.write("flow.csv", [HEADER, "18446744073709551615,1,NEW,1,B,100,10,,ACME\n"].concat());
    for fresh in [1, 0] {
        let ran = place.done(&format!("run --flow flow.csv --data d --json {SMALL}"));
        let ran = json(&ran.stdout);
        assert_eq!((number(&ran, "commands"), number(&ran, "open_orders")), (fresh, 1));
        assert_eq!(number(&ran, "last_client_sequence"), u64::MAX);
    }
}
