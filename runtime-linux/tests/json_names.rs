//! Every name that `--json` prints stands in the user's guide.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;

use program::{TestDir, json};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const HEADER: &str = "seq,timestamp_ns,command,order_id,side,price_ticks,qty,new_order_id,symbol\n";
const LINES: &str = "1,1,NEW,1,B,100,9,,A\n2,1,NEW,2,S,100,3,,A\n3,1,NEW,3,S,105,9,,A\n\
                     4,1,REDUCE,1,,,1\n5,1,REPLACE,1,,99,5,7,A\n6,1,IOC,8,B,1,1,,A\n7,1,CANCEL,77,,,,,A\n";

/// Adds the names of a value and of all that it holds.
fn add_names(names: &mut BTreeSet<String>, value: &Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                names.insert(name.clone());
                add_names(names, value);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| add_names(names, value)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The names that stand nowhere in `guide` as code.
fn missing<'n>(names: &'n BTreeSet<String>, guide: &str) -> Vec<&'n str> {
    names.iter().map(String::as_str).filter(|name| !guide.contains(&format!("`{name}`"))).collect()
}

/// Checks what the program prints, an object a line; at least `name` is in it.
fn check(place: &TestDir, args: &str, code: i32, name: &str) {
    check_lines(&place.call(args).expect_code(code).stdout, name);
}

fn check_lines(text: &str, name: &str) {
    let mut names = BTreeSet::new();
    text.lines().for_each(|line| add_names(&mut names, &json(line)));
    assert!(names.contains(name), "{names:?}");
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/user-guide.md");
    let guide = fs::read_to_string(guide).unwrap();
    assert_eq!(missing(&names, &guide), Vec::<&str>::new(), "{text}");
}

#[test]
fn names_of_a_run_and_its_log_are_in_the_guide() {
    let place = TestDir::new("json_names", "run");
    place.write("flow.csv", [HEADER, LINES].concat());
    let run = "run --data d --flow flow.csv --log-trades --events events.jsonl --json";
    check(&place, run, 0, "volume_lots");
    check(&place, &format!("{run} --prices decimal"), 0, "bid");
    check_lines(&place.read("events.jsonl"), "maker_remaining");
    for (args, name) in [
        ("verify", "running_hash"),
        ("book", "visible_lots"),
        ("book --prices decimal", "last_trade"),
        ("dump --prices decimal", "price"),
        ("dump", "new_order"),
        ("snapshot", "retired_bytes"),
        ("disk --seconds 1", "at_once_way"),
        ("doctor --seconds 1", "findings"),
    ] {
        check(&place, &format!("{args} --data d --json"), 0, name);
    }
    check(&place, "run --data stream --limit 70000 --json --segment-bytes 64K", 0, "sync_time");
    check(&place, "dump --data stream --from 65000 --json", 0, "running_hash");
}

#[test]
fn names_of_what_logs_nothing_are_in_the_guide() {
    let place = TestDir::new("json_names", "other");
    place.write("orders.csv", [HEADER, "1,1,NEW,1,B,100,9,,A\n2,1,NEW,2,S,100,3,,A\n"].concat());
    check(&place, "auction --orders orders.csv --json", 0, "imbalance_side");
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/scenarios/auctions.json");
    let good = fs::read_to_string(own).unwrap();
    place.write("bad.json", good.replace("\"price\": 103", "\"price\": 102"));
    check(&place, "conform bad.json --json", 1, "difference");
    check(&place, "bench --disk --callers --seconds 1 --json", 0, "longest_ns");
}

#[test]
fn a_name_that_stands_nowhere_is_found() {
    let mut names = BTreeSet::new();
    add_names(&mut names, &json(r#"{"known": [{"unknown": 1}]}"#));
    assert_eq!(missing(&names, "| `known`, unknown | ... |"), ["unknown"]);
}
