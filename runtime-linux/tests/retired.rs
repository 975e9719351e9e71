//! Logs whose beginning was retired: everything that reads a log begins at a snapshot, and says the
//! same of what is left as it says of the whole log.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;

use program::{TestDir, grouped, json, number, spoil};
use std::fs;
use std::path::{Path, PathBuf};

/// A log without its first segments in `d`, and the whole log in `whole`.
struct Log {
    place: TestDir,
    /// The last sequence of the oldest snapshot that is left.
    oldest: u64,
    newest: u64,
    last: u64,
}

impl Log {
    fn new(name: &str) -> Self {
        let place = TestDir::new("retired", name);
        let snapshot = |keep: &str| {
            let said = place.done(&format!("snapshot --data d --keep {keep} --json")).stdout;
            number(&json(&said), "sequence")
        };
        let run = |limit| place.done(&format!("run --data d --limit {limit} --segment-bytes 128K"));
        run(6_000);
        let oldest = snapshot("all");
        run(5_000);
        place.copy("d", "whole");
        let newest = snapshot("snapshot");
        assert!(!place.join("d/0000000000000001.log").exists());
        assert!(!place.join("d/0000000000000001.packed").exists());
        for data in ["d", "whole"] {
            place.done(&format!("run --data {data} --limit 2000 --segment-bytes 128K"));
        }
        let last = number(&place.verified("whole"), "last_sequence");
        assert_eq!(last, newest + 2_000);
        Self { place, oldest, newest, last }
    }

    fn book(&self, data: &str, at: u64) -> serde_json::Value {
        let args = format!("book --data {data} --at {at} --json --depth 1000");
        let mut book = json(&self.place.done(&args).stdout);
        book["data"] = "".into();
        book
    }
}

#[test]
fn verify_and_dump_begin_at_the_oldest_snapshot() {
    let log = Log::new("verify");
    let (left, whole) = (log.place.verified("d"), log.place.verified("whole"));
    assert_eq!(number(&left, "first_sequence"), log.oldest + 1);
    assert_eq!(number(&whole, "first_sequence"), 1);
    for name in ["last_sequence", "open_orders", "state_hash", "running_hash", "sessions"] {
        assert_eq!(left[name], whole[name], "{name}");
    }
    // The two were run apart for the last part, at other times.
    let dump = |data: &str| {
        let args = format!("dump --data {data} --from {} --json", log.oldest + 1);
        let lines = log.place.done(&args).stdout;
        let records = lines.lines().map(json).map(|mut record| {
            record["timestamp_ns"] = 0.into();
            record
        });
        records.collect::<Vec<_>>()
    };
    assert!(dump("d") == dump("whole"));
    let all = log.place.done("dump --data d --json").stdout;
    assert_eq!(number(&json(all.lines().next().unwrap()), "sequence"), log.oldest + 1);
}

#[test]
fn the_book_is_shown_from_the_oldest_snapshot_on() {
    let log = Log::new("book");
    let places = [log.oldest, log.oldest + 1, log.newest - 1, log.newest, log.newest + 7, log.last];
    for at in places {
        assert_eq!(log.book("d", at), log.book("whole", at), "{at}");
    }
    let sentence = format!("it has the sequences {} to {}", log.oldest, log.last);
    for at in [1, log.oldest - 1, log.last + 1] {
        let said = log.place.call(&format!("book --data d --at {at}")).expect_code(1);
        said.expect_said(&sentence);
    }
    // With the newest snapshot damaged, the one before it leads to the same.
    let path = log.place.join(&format!("d/{:020}.snapshot", log.newest));
    let path = if path.exists() { path } else { newest_snapshot(&log.place, "d") };
    spoil(&path, usize::try_from(fs::metadata(&path).unwrap().len() / 2).unwrap());
    let (left, whole) = (log.book("d", log.last), log.book("whole", log.last));
    assert_eq!(left, whole);
}

/// The snapshot file with the highest name.
fn newest_snapshot(place: &TestDir, data: &str) -> PathBuf {
    let names = place.files(data).into_iter().map(|(name, _)| name);
    let newest = names.filter(|name| has_extension(name, "snapshot")).max().unwrap();
    place.join(data).join(newest)
}

#[test]
fn diff_compares_what_both_have() {
    let log = Log::new("diff");
    let said = log.place.done("diff d whole").stdout;
    let from =
        format!("equal from sequence {}, the first that both have, to ", grouped(log.oldest + 1));
    assert!(said.contains(&from), "{said}");
    assert!(said.ends_with("both end there\n"), "{said}");
    log.place.done("run --data whole --limit 30 --segment-bytes 128K");
    let said = log.place.call("diff d whole").expect_code(1).stdout;
    assert!(said.contains("'d' ends there, and 'whole' continues for 30 sequences"), "{said}");
}

#[test]
fn a_backup_holds_the_snapshots_and_starts_from_them() {
    let log = Log::new("backup");
    let said = log.place.done("backup --data d --to copy").stdout;
    let sequences =
        format!("copied the sequences {} to {} ", grouped(log.oldest + 1), grouped(log.last));
    assert!(said.starts_with(&sequences) && said.contains(": 2 snapshots, "), "{said}");
    let mut copy = log.place.verified("copy");
    copy["data"] = "d".into();
    assert_eq!(copy, log.place.verified("d"));
    log.place.done("run --data copy --limit 10 --segment-bytes 128K");
    // A snapshot that is being written, or is none, is not copied.
    log.place.write("d/part.snapshot", "half");
    log.place.done("backup --data d --to other");
    assert!(!log.place.join("other/part.snapshot").exists());
}

#[test]
fn a_cut_keeps_the_snapshots_that_the_log_reaches() {
    let log = Log::new("truncate");
    let early = log.place.call(&format!("truncate --data d --at {}", log.oldest - 1));
    early.expect_code(1).expect_said(&format!("use --at {} or higher", log.oldest));
    let at = u64::midpoint(log.oldest, log.newest);
    let cut = log.place.done(&format!("truncate --data d --at {at} --nearest --accept-loss"));
    assert!(cut.stdout.contains("the log calls durable"), "{cut:?}");
    let verified = log.place.verified("d");
    let kept = number(&verified, "last_sequence");
    assert!(kept <= at && kept > log.oldest);
    assert!(newest_snapshot(&log.place, "d/dropped-1").exists(), "the newest is set aside");
    assert_eq!(log.book("d", kept), log.book("whole", kept));
    log.place.done("run --data d --limit 100 --segment-bytes 128K");
    assert_eq!(number(&log.place.verified("d"), "last_sequence"), kept + 100);
}

#[test]
fn a_log_that_does_not_reach_its_snapshot_has_a_way_out() {
    let log = Log::new("ahead");
    // The last segments are lost: without the snapshot nobody would know.
    let mut segments: Vec<String> =
        log.place.files("d").into_iter().map(|(name, _)| name).collect();
    segments.retain(|name| has_extension(name, "log"));
    let newest = newest_snapshot(&log.place, "d");
    let held = number(&log.place.verified("d"), "last_sequence");
    for name in segments.iter().rev() {
        fs::remove_file(log.place.join("d").join(name)).unwrap();
        if log.place.call("verify --data d").code == Some(1) {
            break;
        }
    }
    let refused = log.place.call("run --data d --limit 1").expect_code(1);
    assert!(!refused.stderr.is_empty() && held == log.last);
    log.place.call("verify --data d").expect_code(1);
    let cut = log.place.call("truncate --data d --at 99999999 --nearest --accept-loss");
    let cut = cut.expect_code(0).stdout;
    assert!(cut.contains("start-up refuses the log: "), "{cut}");
    assert!(
        cut.contains(&format!("to {} (", grouped(log.newest))),
        "the snapshot is evidence: {cut}"
    );
    assert!(!newest.exists());
    log.place.done("run --data d --limit 100 --segment-bytes 128K");
    log.place.verified("d");
}

fn has_extension(name: &str, extension: &str) -> bool {
    Path::new(name).extension().is_some_and(|found| found == extension)
}
