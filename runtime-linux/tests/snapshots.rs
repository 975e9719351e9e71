//! Starts from snapshots: the newest that is to be trusted counts, what is retired is continued and
//! not made up, and a log that does not reach its snapshot is refused.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;

use program::{Ended, TestDir, json, number, spoil};
use std::fs;
use std::path::PathBuf;

const SEGMENTS: &str = "--segment-bytes 128K";

/// A log with two snapshots in `d`; `--keep` says what became of the segments below.
fn with_two(name: &str, keep: &str) -> TestDir {
    let place = TestDir::new("snapshots", name);
    for limit in [6_000, 5_000] {
        place.done(&format!("run --data d --limit {limit} --fills f.csv --keep {keep} {SEGMENTS}"));
        place.done(&format!("snapshot --data d --keep {keep}"));
    }
    place
}

/// The files of the snapshots in `d`, the newest first.
fn snapshots(place: &TestDir) -> Vec<PathBuf> {
    let mut names: Vec<_> = place.files("d").into_iter().map(|(name, _)| name).collect();
    names.retain(|name| name.ends_with(".snapshot"));
    names.sort();
    names.iter().rev().map(|name| place.join("d").join(name)).collect()
}

/// Runs on, and returns what recovery said and the last state.
fn goes_on(place: &TestDir) -> (Ended, serde_json::Value) {
    let ended = place.done(&format!("run --data d --limit 100 --json {SEGMENTS}"));
    let summary = json(&ended.stdout);
    (ended, summary)
}

#[test]
fn the_newest_snapshot_that_is_to_be_trusted_is_begun_at() {
    let undisturbed = goes_on(&with_two("sound", "all")).1;
    let place = with_two("newest", "all");
    let found = snapshots(&place);
    assert_eq!(found.len(), 2);
    let other = with_two("other", "all");
    let foreign = fs::read(&snapshots(&other)[0]).unwrap();
    let whole = fs::read(&found[0]).unwrap();
    // What is done to the newest, and the last sequence of the one that is begun at then.
    let damages: [(&str, Vec<u8>); 4] = [
        ("torn", whole[..whole.len() - 9].to_vec()),
        ("no header", whole[4_096..].to_vec()),
        ("empty", Vec::new()),
        ("of another log", foreign),
    ];
    place.copy("d", "kept");
    for (name, bytes) in damages {
        place.copy("kept", "d");
        fs::write(&found[0], bytes).unwrap();
        let (ended, summary) = goes_on(&place);
        assert_eq!(number(&summary, "snapshot_sequence"), 6_006, "{name}: {ended:?}");
        let ended = ended.expect_said("is not used: ");
        assert!(ended.stderr.contains("the one before it is tried"), "{name}: {ended:?}");
        assert_eq!(summary["state_hash"], undisturbed["state_hash"], "{name}");
    }
    // Spoiled bytes anywhere, and in both: the log itself is whole.
    place.copy("kept", "d");
    spoil(&found[0], whole.len() / 2);
    spoil(&found[1], 100);
    let (ended, summary) = goes_on(&place);
    assert_eq!(number(&summary, "snapshot_sequence"), 0);
    ended.expect_said("the log is read from its beginning");
    assert_eq!(summary["state_hash"], undisturbed["state_hash"]);
}

#[test]
fn without_a_snapshot_a_retired_log_is_refused() {
    let place = with_two("none", "snapshot");
    assert!(!place.join("d/0000000000000001.packed").exists(), "its beginning is retired");
    assert_eq!(snapshots(&place).len(), 2, "and the two newest snapshots stay");
    for path in snapshots(&place) {
        spoil(&path, 100);
    }
    let before = place.files("d");
    assert!(
        before.iter().any(|(name, _)| name.ends_with(".retired")),
        "a refusal leaves them, too"
    );
    let ended = place.call("run --data d --limit 1").expect_code(1);
    assert!(ended.stderr.contains("is missing"), "{ended:?}");
    assert!(place.files("d") == before, "a refused log is as it was");
}

#[test]
fn a_log_that_does_not_reach_its_snapshot_is_refused() {
    let place = with_two("ahead", "all");
    // The last two that were begun: another may have been prepared, and is blank, and the very last
    // may hold no command.
    let mut begun = place.files("d");
    begun.retain(|(name, bytes)| {
        let is_segment = [".log", ".packed"].iter().any(|kind| name.ends_with(kind));
        is_segment && bytes.iter().any(|byte| *byte != 0)
    });
    begun.sort();
    for (name, _) in begun.iter().rev().take(2) {
        fs::remove_file(place.join("d").join(name)).unwrap();
    }
    let before = place.files("d");
    for args in ["run --data d --limit 1", "run --data d --limit 1 --fills f.csv"] {
        let ended = place.call(args).expect_code(1);
        assert!(ended.stderr.contains("acknowledged"), "{args}: {ended:?}");
        assert!(place.files("d") == before, "{args}: a refused log is as it was");
    }
}

/// A hole in the last batch, before the block that the snapshot stands behind: nothing in the log
/// vouches for it, so that without a snapshot it is a torn tail.
#[test]
fn a_hole_before_what_a_snapshot_covers_is_refused_wherever_the_walk_begins() {
    let place = TestDir::new("snapshots", "hole");
    place.done(
        "run --data d --limit 6000 --fills f.csv --group-delay 1s --group-count 60000 \
         --segment-bytes 1M",
    );
    place.done("snapshot --data d --keep all");
    let log = place.join("d/0000000000000001.log");
    let mut bytes = fs::read(&log).unwrap();
    let last = bytes.rchunks(4_096).position(|block| block.iter().any(|byte| *byte != 0));
    let marker = bytes.len() - (last.unwrap() + 1) * 4_096;
    // As if it had been killed before it wrote the marker of a clean stop, which vouches.
    bytes[marker..marker + 4_096].fill(0);
    bytes[marker - 3 * 4_096 + 64..][..64].fill(0x5a);
    fs::write(&log, bytes).unwrap();
    place.copy("d", "without");
    fs::remove_file(place.join("without").join(snapshots(&place)[0].file_name().unwrap())).unwrap();
    place.done("run --data without --limit 1").expect_said("torn tail");
    let refused = |args: &str| {
        let before = place.files("d");
        let ended = place.call(args).expect_code(1);
        assert!(ended.stderr.contains("acknowledged"), "{args}: {ended:?}");
        assert!(place.files("d") == before, "{args}: a refused log is as it was");
    };
    refused("run --data d --limit 1 --fills f.csv");
    refused("verify --data d");
    // The header of a snapshot that cannot be restored is a witness too, and so is a renamed one.
    let snapshot = &snapshots(&place)[0];
    spoil(snapshot, usize::try_from(fs::metadata(snapshot).unwrap().len() / 2).unwrap());
    refused("run --data d --limit 1");
    fs::rename(snapshot, place.join("d/00000000000000000007.snapshot")).unwrap();
    refused("run --data d --limit 1");
}

#[test]
fn fills_are_continued_where_their_records_are_gone() {
    let whole = TestDir::new("snapshots", "whole");
    whole.done("run --data d --limit 11500 --fills f.csv");
    let place = with_two("fills", "snapshot");
    let kept = place.read("f.csv");
    let run = format!("run --data d --limit 500 --fills f.csv {SEGMENTS}");
    let refused = |why: &str| {
        let before = fs::read(place.join("f.csv")).ok();
        let ended = place.call(&run).expect_code(1);
        assert!(ended.stderr.contains("cannot write the fills to f.csv"), "{why}: {ended:?}");
        assert_eq!(fs::read(place.join("f.csv")).ok(), before, "{why}");
    };
    place.write("f.csv", &kept[..kept.len() / 2]);
    refused("shorter");
    place.write("f.csv", kept.replacen('7', "8", 1));
    refused("changed");
    fs::remove_file(place.join("f.csv")).unwrap();
    refused("missing");
    // What was written behind the snapshot is written again.
    place.write("f.csv", [&kept, "9,9,9,9,9\n"].concat());
    place.done(&run);
    assert_eq!(place.read("f.csv"), whole.read("f.csv"));
    let ended = place.call("run --data d --limit 1 --events e.jsonl").expect_code(1);
    assert!(ended.stderr.contains("leave out --events"), "{ended:?}");
}

#[test]
fn snapshots_are_made_beside_the_engine_in_every_mode() {
    let place = TestDir::new("snapshots", "modes");
    for mode in ["group", "interval", "checkpoint", "off"] {
        let args = format!(
            "run --data {mode} --sync {mode} --limit 60000 --rate 60000 --snapshot-bytes 512K --snapshot-lag-max 2M \
             --keep all --json {SEGMENTS}"
        );
        let summary = json(&place.done(&args).stdout);
        assert!(number(&summary, "snapshots_made") > 0, "{mode}: {summary}");
        let verified = place.verified(mode);
        assert_eq!(verified["state_hash"], summary["state_hash"], "{mode}");
        let again = json(&place.done(&format!("run --data {mode} --limit 1 --json")).stdout);
        assert!(number(&again, "snapshot_sequence") > 0, "{mode}: {again}");
    }
}
