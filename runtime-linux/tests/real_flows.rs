//! Real order flows give the exchange's fills, and the reference book's byte for byte.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;
#[path = "common/shared.rs"]
pub mod shared;

use program::{TestDir, json, number};
use shared::{gunzip, shared};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A flow, and how many fills the engine makes of it.
struct Flow {
    name: &'static str,
    fills: u64,
    /// Whether the exchange's own file agrees in every byte.
    agrees: bool,
}

const fn flow(name: &'static str, fills: u64) -> Flow {
    Flow { name, fills, agrees: true }
}

const FLOWS: [Flow; 7] = [
    flow("sse/SSE_600961_20230711", 28_520),
    flow("sse/SSE_601825_20230711", 5_340),
    flow("sse/SSE_605580_20230711", 16_393),
    flow("sse/SSE_MULTI3_20230711", 50_253),
    flow("databento/ARL_20250717", 11),
    flow("pitch/PITCH_sample", 20),
    // 52 of the exchange's 8,974 fills are exceptions in its own data.
    Flow { name: "lobster/AMZN_20120621_L5", fills: 8_988, agrees: false },
];

#[test]
fn fills_are_the_exchanges() {
    let Some(shared) = shared() else { return };
    let place = TestDir::new("real_flows", "exchange");
    for (number, flow) in FLOWS.iter().enumerate() {
        let fills = fills_of(&place, &shared, flow, number);
        if flow.agrees {
            let expected = gunzip(&file(&shared, flow, "fills"));
            assert!(fills == expected, "{}: the fills are not the exchange's", flow.name);
        }
    }
}

#[test]
fn fills_are_the_reference_books() {
    let Some(shared) = shared() else { return };
    let place = TestDir::new("real_flows", "reference");
    for (number, flow) in FLOWS.iter().enumerate() {
        let Some(expected) = reference(&place, &shared, flow) else { return };
        let fills = fills_of(&place, &shared, flow, number);
        assert!(fills == expected, "{}: the fills are not the reference book's", flow.name);
    }
}

/// Runs a flow and returns its fills.
fn fills_of(place: &TestDir, shared: &Path, flow: &Flow, index: usize) -> String {
    let path = file(shared, flow, "flow");
    let args = format!("--data data{index} --fills fills.csv --segment-bytes 4M --json");
    let ended = place.done(&format!("run --flow {} {args}", path.display()));
    assert_eq!(number(&json(&ended.stdout), "trades"), flow.fills, "{}", flow.name);
    place.read("fills.csv")
}

/// The fills of the reference book; `None`, and a line that says so, without an interpreter for it.
fn reference(place: &TestDir, shared: &Path, flow: &Flow) -> Option<String> {
    let mut command = Command::new("python3");
    command.arg(shared.join("reference/refbook.py"));
    command.args([file(shared, flow, "flow"), file(shared, flow, "fills")]);
    command.args(["--out", "reference.csv"]).current_dir(place.path());
    match command.stdout(Stdio::null()).stderr(Stdio::inherit()).status() {
        Err(error) => {
            println!("skipped: the reference book needs python3: {error}");
            None
        }
        Ok(status) => {
            assert!(status.success(), "the reference book failed on {}", flow.name);
            Some(place.read("reference.csv"))
        }
    }
}

fn file(shared: &Path, flow: &Flow, kind: &str) -> PathBuf {
    shared.join("data").join(format!("{}.{kind}.csv.gz", flow.name))
}
