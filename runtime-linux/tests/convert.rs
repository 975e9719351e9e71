//! `highwater convert`: scenarios become flows that do the same, flows become scenarios that pass,
//! and the documents list exactly what a flow cannot express.
#![cfg(target_os = "linux")]

#[path = "common/listed.rs"]
pub mod listed;
#[path = "common/program.rs"]
pub mod program;
#[path = "common/scenarios.rs"]
pub mod scenarios;

use listed::listed;
use program::{TestDir, json, number};
use scenarios::{QUIET, others_file, own_files};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const RUN: &str = "--orders 4096 --instruments 64 --segment-bytes 64K --io append --sync off";

/// The ids of the scenarios that the program says a flow cannot express.
fn inexpressible(place: &TestDir, file: &Path) -> BTreeSet<String> {
    let ended = place.done(&format!("convert --inexpressible {}", file.display()));
    ended.stdout.lines().map(|line| line.split_once(": ").unwrap().0.to_owned()).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Whether the fact is one that has to be named.
fn counts(fact: &Value, expected: &[Value]) -> bool {
    let ev = fact["ev"].as_str().unwrap();
    let is_quiet = QUIET.contains(&ev) || (ev == "rejected" && fact.get("id").is_none());
    !is_quiet || expected.iter().any(|known| known["ev"] == fact["ev"])
}

fn fits(fact: &Value, expected: &Value) -> bool {
    let or_zero = |value: &Value| if value.is_null() { Value::from(0) } else { value.clone() };
    expected.as_object().unwrap().iter().all(|(name, value)| {
        // Beyond 64 bits a file's numbers are no numbers here; conform compares them.
        value.is_f64() || fact.get(name).map(or_zero) == Some(or_zero(value))
    })
}

/// Compares what a flow's commands were answered with what the scenario expects.
fn compare(scenario: &Value, converted: &Value, defined: usize) {
    let id = &scenario["id"];
    let is_strict = scenario["strict"] == true;
    let mut answers = list(&converted["expect_events"]).iter().skip(defined);
    let steps = list(&scenario["commands"]).iter().zip(list(&scenario["expect_events"]));
    for (step, expected) in steps.filter(|(step, _)| step["cmd"] != "indicative") {
        let expected = list(expected);
        let said: Vec<&Value> = list(answers.next().unwrap())
            .iter()
            .filter(|fact| is_strict || counts(fact, expected))
            .collect();
        assert_eq!(said.len(), expected.len(), "{id}: {step}: {said:?}");
        for (fact, expected) in said.iter().zip(expected) {
            assert!(fits(fact, expected), "{id}: {step}: {fact} is not {expected}");
        }
    }
    assert_eq!(answers.next(), None, "{id}");
    let book = &converted["expect_books"]["0"];
    if let Some(expected) = scenario.get("expect_book") {
        for side in ["bids", "asks", "last_trade"] {
            assert_eq!(book[side], expected[side], "{id}: {side}");
        }
    }
}

/// Compares the events of a run with those of the scenario that its flow became.
fn compare_run(events: &str, converted: &Value) {
    let mut by_seq: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    for event in events.lines().map(json) {
        let (sender, sequence) = (number(&event, "session"), number(&event, "client_sequence"));
        let seq = if sender == 0 { sequence >> 32 } else { sequence };
        let kind = event["kind"].as_str().unwrap().replace("canceled", "cancelled");
        by_seq.entry(seq).or_default().push(kind);
    }
    by_seq.remove(&0);
    let expected = list(&converted["expect_events"]).iter().zip(1u64..).map(|(facts, seq)| {
        (seq, list(facts).iter().map(|fact| fact["ev"].as_str().unwrap().to_owned()).collect())
    });
    let expected: BTreeMap<u64, Vec<String>> =
        expected.filter(|(_, kinds): &(u64, Vec<String>)| !kinds.is_empty()).collect();
    assert_eq!(by_seq, expected, "{}", converted["id"]);
}

/// Takes every scenario of a file that a flow can express there, through a run, and back.
fn there_and_back(name: &str, files: &[PathBuf]) {
    let place = TestDir::new("convert", name);
    let mut count = 0;
    for file in files {
        let skipped = inexpressible(&place, file);
        let text = fs::read_to_string(file).unwrap();
        for scenario in list(&json(text.trim_start_matches('\u{feff}'))["scenarios"]) {
            let id = scenario["id"].as_str().unwrap();
            if skipped.contains(id) {
                continue;
            }
            place.done(&format!("convert {} --scenario {id} --out flow.csv", file.display()));
            place.done("convert flow.csv --out back.json");
            let ended = place.done("conform back.json");
            assert_eq!(ended.stdout, "ok flow\n1 passed, 0 failed\n", "{id}");
            let converted = &json(&place.read("back.json"))["scenarios"][0];
            let instruments = &scenario["config"]["instruments"];
            let count_of = || instruments.as_u64().map(|count| usize::try_from(count).unwrap());
            let listed = instruments.as_array().map(Vec::len);
            let defined = listed.or_else(count_of).unwrap_or(1);
            compare(scenario, converted, defined);
            place.done(&format!("run --flow flow.csv --data d --events e {RUN}"));
            compare_run(&place.read("e"), converted);
            fs::remove_dir_all(place.join("d")).unwrap();
            count += 1;
        }
    }
    println!("{count} scenarios went there and back");
    assert!(count >= 60, "only {count} scenarios");
}

#[test]
fn own_scenarios_go_there_and_back() {
    there_and_back("own", &own_files());
}

#[test]
fn scenarios_of_other_engines_go_there_and_back() {
    match others_file() {
        Some(file) => there_and_back("others", &[file]),
        None => println!("skipped: the scenarios of other engines are not here"),
    }
}

#[test]
fn the_documents_list_exactly_what_a_flow_cannot_express() {
    let place = TestDir::new("convert", "listed");
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/flows.md");
    let page = fs::read_to_string(page).unwrap();
    let own: BTreeSet<String> =
        own_files().iter().flat_map(|file| inexpressible(&place, file)).collect();
    assert_eq!(listed(&page, "Of the project's scenarios"), own);
    if let Some(file) = others_file() {
        assert_eq!(listed(&page, "Of the scenarios of other"), inexpressible(&place, &file));
    }
}

#[test]
fn what_cannot_be_converted_is_said() {
    let place = TestDir::new("convert", "refused");
    let files = own_files();
    let file = files[0].display();
    let said =
        |args: &str, code: i32| place.call(&format!("convert {args}")).expect_code(code).stderr;
    assert!(said(&format!("{file}"), 2).contains("name one with --scenario"));
    assert!(said(&format!("{file} --scenario nobody"), 1).contains("holds no scenario 'nobody'"));
    assert!(said("absent.csv", 1).contains("cannot open the flow absent.csv"));
    place.write("flow.csv", "seq,command,order_id,side,price_ticks,qty\n1,NEW,1,X,1,1\n");
    assert!(said("flow.csv", 1).contains("flow.csv:2:9: side is \"X\""));
    assert!(said("flow.csv --scenario a", 2).contains("are for a file of scenarios"));
}
