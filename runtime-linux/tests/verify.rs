//! What `verify` says of snapshots and of blocks that were moved: whatever a start would refuse, or
//! begin at, it says before.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;

use highwater::limits::BLOCK_BYTES;
use highwater::recovery::scan;
use highwater_storage::LogDirectory;
use program::{Place, json, number, spoil};
use runtime_linux::Linux;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

const SEGMENTS: &str = "--segment-bytes 128K";

/// A log with two snapshots in `d`, a copy of it in `kept`, and the sequences of the snapshots, the
/// newest first; `keep` says what became of the segments below.
struct Log {
    place: Place,
    snapshots: [u64; 2],
}

impl Log {
    fn new(name: &str, keep: &str) -> Self {
        let place = Place::new("verify", name);
        let mut made = [6_000, 5_000].map(|limit| {
            place.done(&format!("run --data d --limit {limit} {SEGMENTS}"));
            let said = place.done(&format!("snapshot --data d --keep {keep} --json")).stdout;
            number(&json(&said), "sequence")
        });
        made.reverse();
        place.done(&format!("run --data d --limit 500 {SEGMENTS}"));
        place.copy("d", "kept");
        Self { place, snapshots: made }
    }

    fn put_back(&self) {
        self.place.copy("kept", "d");
    }

    fn path(&self, index: usize) -> PathBuf {
        self.place.join(&format!("d/{:020}.snapshot", self.snapshots[index]))
    }

    /// Spoils the body of a snapshot: its header stays whole.
    fn spoil(&self, index: usize) {
        let path = self.path(index);
        spoil(&path, usize::try_from(fs::metadata(&path).unwrap().len()).unwrap() - 100);
    }

    /// What `verify` says in both ways of a log that is sound.
    fn said(&self) -> (String, Value) {
        let text = self.place.done("verify --data d").stdout;
        (text, self.place.verified("d"))
    }

    /// Where a start begins that follows now; the directory is put back then.
    fn starts_at(&self) -> u64 {
        let ended = self.place.done(&format!("run --data d --limit 10 --json {SEGMENTS}"));
        self.put_back();
        number(&json(&ended.stdout), "snapshot_sequence")
    }
}

/// Which snapshots can be used, the newest first.
fn usable(verified: &Value) -> Vec<bool> {
    let snapshots = verified["snapshots"].as_array().unwrap();
    snapshots.iter().map(|snapshot| snapshot["is_usable"].as_bool().unwrap()).collect()
}

#[test]
fn the_snapshot_that_a_start_begins_at_is_named() {
    for keep in ["all", "snapshot"] {
        let log = Log::new(&format!("named_{keep}"), keep);
        let (text, verified) = log.said();
        assert!(text.contains("next start          at the newest snapshot, "), "{text}");
        assert_eq!(text.contains("with --fills or --events"), keep == "all", "{text}");
        assert_eq!(usable(&verified), [true, true]);
        assert_eq!(number(&verified, "start_snapshot"), log.snapshots[0]);
        assert!(number(&verified["snapshots"][0], "open_orders") > 0);
        assert_eq!(log.starts_at(), log.snapshots[0]);

        log.spoil(0);
        let (text, verified) = log.said();
        assert!(text.contains("can't be used: "), "{text}");
        assert!(text.contains("next start          at an older snapshot, "), "{text}");
        assert_eq!(usable(&verified), [false, true]);
        assert!(verified["snapshots"][0]["why"].is_string(), "{verified}");
        assert_eq!(number(&verified, "start_snapshot"), log.snapshots[1]);
        assert_eq!(log.starts_at(), log.snapshots[1]);

        // One that no start needs is a line.
        log.spoil(1);
        let (text, verified) = log.said();
        assert!(text.contains("at the newest snapshot, "), "{text}");
        assert_eq!(usable(&verified), [true, false]);
        assert_eq!(log.starts_at(), log.snapshots[0]);
    }
}

#[test]
fn a_whole_log_needs_no_snapshot() {
    let log = Log::new("whole", "all");
    log.spoil(0);
    fs::write(log.path(1), "no snapshot").unwrap();
    let (text, verified) = log.said();
    assert!(text.contains("next start          at the log's beginning"), "{text}");
    assert_eq!(usable(&verified), [false, false]);
    assert!(verified["start_snapshot"].is_null(), "{verified}");
    assert_eq!(log.starts_at(), 0);
    // A name that is another's, and a snapshot of another log.
    fs::copy(log.path(0), log.place.join("d/00000000000000000077.snapshot")).unwrap();
    log.place.done("run --data other --limit 3000");
    log.place.done("snapshot --data other");
    let foreign = log.place.files("other").into_iter().find(|(name, _)| name.ends_with("snapshot"));
    let (_, bytes) = foreign.unwrap();
    fs::write(log.path(1), bytes).unwrap();
    let (text, verified) = log.said();
    assert_eq!(usable(&verified), [true, false, false], "{text}");
    assert!(text.contains("it has the name of another one"), "{text}");
    assert_eq!(number(&verified, "start_snapshot"), log.snapshots[0]);
}

#[test]
fn a_log_that_no_start_recovers_is_not_sound() {
    let log = Log::new("unsound", "snapshot");
    (0..2).for_each(|index| log.spoil(index));
    for command in ["verify --data d", "verify --data d --json", "run --data d --limit 1"] {
        let refused = log.place.call(command).expect_code(1);
        refused.expect_said("there is no snapshot that can be used");
    }
    // The older one leads to segments that are gone.
    log.put_back();
    log.spoil(0);
    let mut names = log.place.files("d").into_iter().map(|(name, _)| name);
    let first = names.find(|name| [".log", ".packed"].iter().any(|kind| name.ends_with(kind)));
    fs::remove_file(log.place.join("d").join(first.unwrap())).unwrap();
    for command in ["verify --data d", "run --data d --limit 1"] {
        log.place.call(command).expect_code(1).expect_said("is missing");
    }
    // That the newest one is whole is enough.
    let whole = fs::read(log.place.join("kept").join(log.path(0).file_name().unwrap())).unwrap();
    fs::write(log.path(0), whole).unwrap();
    let (text, verified) = log.said();
    assert_eq!(usable(&verified), [true, false], "{text}");
    assert_eq!(number(&verified, "start_snapshot"), log.snapshots[0]);
}

#[test]
fn a_snapshot_that_the_log_does_not_hold_is_no_sound_log() {
    let log = Log::new("ahead", "all");
    // A copy that went its own way, whose snapshot stands between the two.
    log.place.copy("d", "copy");
    log.place.done(&format!("run --data copy --limit 200 {SEGMENTS}"));
    log.place.done("snapshot --data copy");
    let files = log.place.files("copy").into_iter();
    let (name, bytes) = files.filter(|(name, _)| name.ends_with("snapshot")).max().unwrap();
    fs::write(log.place.join("d").join(name), bytes).unwrap();
    for command in ["verify --data d", "run --data d --limit 1"] {
        log.place.call(command).expect_code(1).expect_said("acknowledged commands are gone");
    }
}

/// The last sequence of the log, or why it is refused.
fn scanned(place: &Place) -> Result<u64, String> {
    let mut log = LogDirectory::open_read_only(Linux, &place.join("d")).unwrap();
    let scanned = scan(&mut log, &mut vec![0; 1 << 18], &mut ());
    scanned.map(|scanned| scanned.last_sequence.0).map_err(|fault| fault.to_string())
}

/// Whatever is done to the blocks of a stopped log's last segment: it is refused, or all there.
#[test]
fn no_block_is_moved_unseen() {
    for io in ["direct", "append"] {
        let place = Place::new("verify", &format!("moved_{io}"));
        place.done(&format!("run --data d --limit 600 --io {io} {SEGMENTS}"));
        let path = place.join("d/0000000000000001.log");
        let whole = fs::read(&path).unwrap();
        let last = scanned(&place).unwrap();
        let written = whole.iter().rposition(|byte| *byte != 0).unwrap() + 1;
        let blocks: Vec<_> = whole[..written].chunks(BLOCK_BYTES).map(<[u8]>::to_vec).collect();
        let marker = blocks.len() - 1;
        assert!(marker > 4, "{marker} blocks");
        let mut refused_count = 0;
        let mut is_refused = |blocks: &[Vec<u8>], what: &str| {
            let mut bytes = blocks.concat();
            bytes.resize(whole.len().max(bytes.len()), 0);
            fs::write(&path, bytes).unwrap();
            match scanned(&place) {
                Ok(found) => assert_eq!(found, last, "{what}: acknowledged commands are lost"),
                Err(_) => refused_count += 1,
            }
        };
        for index in 0..blocks.len() {
            let mut changed = blocks.clone();
            changed.remove(index);
            is_refused(&changed, &format!("block {index} deleted"));
            for source in [index, (index + 2) % blocks.len()] {
                let mut changed = blocks.clone();
                changed.insert(index, blocks[source].clone());
                is_refused(&changed, &format!("block {source} put in before {index}"));
                let mut changed = blocks.clone();
                changed[index].clone_from(&blocks[source]);
                is_refused(&changed, &format!("block {source} over {index}"));
            }
            for other in index + 1..blocks.len() {
                let mut changed = blocks.clone();
                changed.swap(index, other);
                is_refused(&changed, &format!("blocks {index} and {other} swapped"));
            }
        }
        let swaps = marker * (marker + 1) / 2;
        assert!(refused_count >= swaps + 3 * (marker - 1), "{refused_count} of {swaps} and more");
        // The program says the same, and leaves the log.
        let mut bytes = whole.clone();
        bytes.drain(2 * BLOCK_BYTES..3 * BLOCK_BYTES);
        fs::write(&path, &bytes).unwrap();
        for command in ["verify --data d", "run --data d --limit 1"] {
            let refused = place.call(command).expect_code(1);
            refused.expect_said("acknowledged commands from sequence");
            assert!(fs::read(&path).unwrap() == bytes, "{command}");
        }
        let told = place.call("truncate --data d --at 99999 --nearest").expect_code(1).stdout;
        assert!(told.contains("the log calls durable"), "{told}");
    }
}
