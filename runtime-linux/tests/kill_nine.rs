//! Killed with SIGKILL at any moment, the program loses nothing that it acknowledged.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;

use program::{Random, TestDir, count_from_environment, last_client_sequence, number, pause};
use rustix::process::Signal;
use serde_json::Value;
use std::fs::OpenOptions;
use std::path::Path;

/// Lives that one campaign kills; `HIGHWATER_KILLS` sets another number.
const KILLS: u64 = 20;
/// Most commands that are acknowledged in a life before it is killed.
const COMMANDS_A_LIFE: u64 = 1_500;
/// The seed of the moments.
const SEED: u64 = 9;

fn kills() -> u64 {
    count_from_environment("HIGHWATER_KILLS", KILLS)
}

#[test]
fn a_flow_killed_at_random_moments_ends_the_same_direct() {
    a_flow_ends_the_same("direct");
}

#[test]
fn a_flow_killed_at_random_moments_ends_the_same_append() {
    a_flow_ends_the_same("append");
}

fn a_flow_ends_the_same(io: &str) {
    let place = TestDir::new("kill_nine", io);
    if io == "direct" && takes_no_direct_io(&place) {
        return;
    }
    let commands = (kills() + 2) * COMMANDS_A_LIFE;
    place.generate(SEED, commands, "flow.csv");
    let whole = format!("run --flow flow.csv --io {io} --segment-bytes 128K");
    place.done(&format!("{whole} --data whole --fills whole.csv --events whole.jsonl"));

    let lives = Lives {
        command: format!("{whole} --data killed --fills killed.csv --events killed.jsonl"),
        kills: kills(),
    };
    lives.live(&place);
    place.done(&lives.command);
    assert!(place.read("killed.csv") == place.read("whole.csv"), "the fills differ");
    assert!(place.read("killed.jsonl") == place.read("whole.jsonl"), "the events differ");
    assert_same_state(&place.verified("killed"), &place.verified("whole"));
}

#[test]
fn the_default_stream_killed_at_random_moments_goes_on_the_same() {
    let place = TestDir::new("kill_nine", "stream");
    let lives = Lives {
        command: "run --data killed --segment-bytes 64K --limit 1000000".to_owned(),
        kills: kills(),
    };
    lives.live(&place);
    let taken = last_client_sequence(&place.verified("killed"), 1);
    // How far it went before it was killed is the machine's choice.
    let total = taken + COMMANDS_A_LIFE;
    place.done(&format!("run --data killed --segment-bytes 64K --limit {}", total - taken));
    place.done(&format!("run --data whole --limit {total} --segment-bytes 1M"));
    assert_same_state(&place.verified("killed"), &place.verified("whole"));
}

#[test]
fn a_stream_killed_when_snapshots_are_made_and_segments_retired_goes_on_the_same() {
    let place = TestDir::new("kill_nine", "snapshots");
    // A thread that is nice to a busy machine might never come to make one.
    let run = "run --data killed --segment-bytes 64K --snapshot-bytes 64K --keep snapshot \
               --snapshot-share 100";
    let names = || names_in(&place.join("killed"));
    let newest = || {
        let is_whole = |name: &String| name.ends_with(".snapshot") && name != "part.snapshot";
        names().into_iter().filter(is_whole).max()
    };
    let mut random = Random::new(SEED);
    for life in 0..kills().min(8) {
        let before = newest();
        let mut running = place.start(&format!("{run} --limit 1000000 --rate 6000 --acks acks"));
        running.until(|| newest() > before);
        // The one before goes, segments go, the next is written.
        pause(random.below(30));
        running.signal(Signal::KILL);
        assert_eq!(running.wait().signal, Some(9));
        let acked = place.highest_ack("acks");
        audit(&place, "killed", acked).unwrap_or_else(|sentence| panic!("life {life}: {sentence}"));
    }
    let taken = last_client_sequence(&place.verified("killed"), 1);
    assert!(names().iter().all(|name| name != "0000000000000001.log"), "it is retired");
    place.done(&format!("run --data whole --limit {taken} --segment-bytes 1M"));
    place.done("run --data killed --limit 1000");
    place.done("run --data whole --limit 1000");
    assert_same_state(&place.verified("killed"), &place.verified("whole"));
}

/// The names of the files in a directory, which may not be there yet.
fn names_in(directory: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// A run that is started and killed again and again.
struct Lives {
    command: String,
    kills: u64,
}

impl Lives {
    /// Kills as many lives as asked for, and audits the log after each of them. A busy machine may
    /// let lives go so far before they are killed that the flow ends: then half of them will do.
    fn live(&self, place: &TestDir) {
        let mut random = Random::new(SEED);
        let mut highest_ack = 0;
        for life in 0..self.kills {
            let mut running = place.start(&format!("{} --acks acks --rate 6000", self.command));
            if random.below(3) == 0 {
                // At the start, in the recovery, or soon after it.
                pause(random.below(60));
            } else {
                let after = highest_ack + random.below(COMMANDS_A_LIFE);
                running.until(|| place.highest_ack("acks") > after);
            }
            running.signal(Signal::KILL);
            let ended = running.wait();
            if ended.code == Some(0) && life >= self.kills / 2 {
                break;
            }
            assert_eq!(ended.signal, Some(9), "life {life}: {ended:?}");
            highest_ack = place.highest_ack("acks").max(highest_ack);
            if highest_ack > 0 || place.join("killed").join("0000000000000001.log").exists() {
                audit(place, "killed", highest_ack)
                    .unwrap_or_else(|sentence| panic!("life {life}: {sentence}"));
            }
            place.write("acks", "");
        }
        assert!(highest_ack > 0, "no life lived long enough to acknowledge anything");
    }
}

/// The promise: a killed log is sound, and everything acknowledged is in it.
fn audit(place: &TestDir, data: &str, highest_ack: u64) -> Result<(), String> {
    let verified = place.call(&format!("verify --data {data} --json"));
    if verified.code != Some(0) {
        return Err(format!("the log is not sound: {}", verified.stderr));
    }
    let recovered = last_client_sequence(&program::json(&verified.stdout), 1);
    if recovered < highest_ack {
        return Err(format!(
            "{highest_ack} was acknowledged, and {recovered} is the last in the log"
        ));
    }
    Ok(())
}

fn assert_same_state(killed: &Value, whole: &Value) {
    for name in ["last_sequence", "sessions", "open_orders", "state_hash", "running_hash"] {
        assert_eq!(killed[name], whole[name], "{name}");
    }
}

#[test]
fn the_audit_finds_a_log_that_lost_something() {
    let place = TestDir::new("kill_nine", "mutants");
    let mut running = place.start("run --data killed --segment-bytes 64K --rate 30000 --acks acks");
    running.until(|| place.highest_ack("acks") > 4_000);
    running.signal(Signal::KILL);
    assert_eq!(running.wait().signal, Some(9));
    let highest_ack = place.highest_ack("acks");
    audit(&place, "killed", highest_ack).unwrap();

    let segments = number(&place.verified("killed"), "segments");
    assert!(segments > 3, "{segments} segments are too few");
    let segment = |number: u64| format!("{number:016}.log");
    place.copy("killed", "short");
    for number in 3..=segments {
        std::fs::remove_file(place.join("short").join(segment(number))).unwrap();
    }
    // One more may have been prepared and not begun.
    let prepared = place.join("short").join(segment(segments + 1));
    if prepared.exists() {
        std::fs::remove_file(prepared).unwrap();
    }
    let complaint = audit(&place, "short", highest_ack).unwrap_err();
    assert!(complaint.contains("was acknowledged, and"), "{complaint}");

    place.copy("killed", "holed");
    let file = OpenOptions::new().write(true).open(place.join("holed").join(segment(2))).unwrap();
    file.set_len(8_192).unwrap();
    let complaint = audit(&place, "holed", highest_ack).unwrap_err();
    assert!(complaint.starts_with("the log is not sound: corrupt: "), "{complaint}");
}

/// Says so where the build directory's file system takes no direct I/O.
fn takes_no_direct_io(place: &TestDir) -> bool {
    let tried = place.call("run --data tried --io direct --limit 1");
    let refused = tried.stderr.contains("takes no direct I/O");
    if refused {
        println!("skipped: {}", tried.stderr);
    } else {
        assert_eq!(tried.code, Some(0), "{tried:?}");
    }
    refused
}
