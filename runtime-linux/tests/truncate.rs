//! `highwater truncate` is the way out of every refusal: it says what is lost, sets it aside, cuts,
//! and the next start works.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;
#[path = "common/trace.rs"]
pub mod trace;

use highwater::types::SegmentNumber;
use highwater_storage::pack_segment;
use program::{Ended, TestDir, grouped, json, number};
use runtime_linux::Linux;
use std::fs;
use std::path::PathBuf;
use trace::{can_trace, traced};

/// A log of several segments, and what was in it before anything was broken.
struct Log {
    place: TestDir,
    last: u64,
    /// Sequence, session and client sequence of every command.
    commands: Vec<[u64; 3]>,
}

impl Log {
    fn new(name: &str) -> Self {
        let place = TestDir::new("truncate", name);
        place.done("run --data d --limit 6000 --segment-bytes 128K");
        let dumped = place.done("dump --data d --json").stdout;
        let records = dumped.lines().map(json).filter(|record| record["record"] != "running_hash");
        let fields = ["sequence", "session", "client_sequence"];
        let commands: Vec<_> =
            records.map(|record| fields.map(|name| number(&record, name))).collect();
        Self { place, last: commands.len() as u64, commands }
    }

    fn segment(&self, number: u64) -> PathBuf {
        self.place.join(&format!("d/{number:016}.log"))
    }

    /// The first sequence in a segment, as its header says.
    fn first_sequence(&self, number: u64) -> u64 {
        let bytes = fs::read(self.segment(number)).unwrap();
        u64::from_le_bytes(bytes[56..64].try_into().unwrap())
    }

    /// Changes the bytes of a segment.
    fn change(&self, number: u64, change: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = fs::read(self.segment(number)).unwrap();
        change(&mut bytes);
        fs::write(self.segment(number), bytes).unwrap();
    }

    fn truncate(&self, args: &str) -> Ended {
        self.place.call(&format!("truncate --data d {args}"))
    }

    /// What `truncate` would keep at most, and what it says.
    fn kept_at_most(&self) -> (u64, String) {
        let said = self.truncate("--at 99999999 --nearest").expect_code(1);
        let said = said.expect_said("no segment was changed; add --accept-loss").stdout;
        let line = said.lines().find_map(|line| line.strip_prefix("kept: the sequences up to "));
        (line.unwrap_or_else(|| panic!("{said}")).replace(',', "").parse().unwrap(), said)
    }

    /// The log is refused with `sentence`; then it is cut as far back as it must be, and all is
    /// well. Returns what is kept, and what was said.
    fn is_rescued(&self, sentence: &str) -> (u64, String) {
        self.place.call("run --data d --limit 1").expect_code(1).expect_said(sentence);
        let before = self.place.files_of("d");
        let (kept, _) = self.kept_at_most();
        assert!(kept < self.last);
        assert!(self.place.files_of("d") == before, "nothing is changed before it is accepted");
        let done = self.truncate(&format!("--at {kept} --accept-loss")).expect_code(0);
        assert!(done.stdout.contains(&format!("ends at sequence {kept}; ")), "{done:?}");
        self.assert_told(kept, &done.stdout);
        for (name, bytes) in self.place.files_of("d/dropped-1") {
            let original = before.iter().find(|(other, _)| *other == name);
            assert!(
                original.is_some_and(|(_, original)| *original == bytes),
                "{name} is set aside"
            );
        }
        let verified = self.place.verified("d");
        assert_eq!(number(&verified, "last_sequence"), kept);
        self.place.done("run --data d --limit 100 --segment-bytes 128K");
        let verified = self.place.verified("d");
        assert!(number(&verified, "last_sequence") >= kept + 100);
        (kept, done.stdout)
    }

    /// What is lost of session 1 is told.
    fn assert_told(&self, kept: u64, said: &str) {
        let of_client = |command: &&[u64; 3]| command[1] == 1;
        let (before, behind) = self.commands.split_at(usize::try_from(kept).unwrap());
        let last_kept = before.iter().rfind(of_client).map_or(0, |command| command[2]);
        let line = said.lines().find(|line| line.starts_with("  session 1: ")).unwrap();
        let numbers: Vec<u64> = line
            .replace(',', "")
            .split(|sign: char| !sign.is_ascii_digit())
            .filter_map(|digits| digits.parse().ok())
            .collect();
        let [1, told_kept, first, last, count] = numbers[..] else {
            panic!("{line}");
        };
        let readable = behind.iter().filter(of_client).filter(|command| command[2] >= first);
        assert_eq!(told_kept, last_kept, "{line}");
        assert!(first > last_kept && count <= readable.count() as u64, "{line}");
        assert_eq!(Some(last), behind.iter().rfind(of_client).map(|command| command[2]), "{line}");
    }
}

impl TestDir {
    /// The plain files of a directory in it, by name.
    fn files_of(&self, directory: &str) -> Vec<(String, Vec<u8>)> {
        let entries = fs::read_dir(self.join(directory)).unwrap().map(Result::unwrap);
        let mut files: Vec<_> = entries
            .filter(|entry| entry.path().is_file())
            .map(|entry| {
                let bytes = fs::read(entry.path()).unwrap();
                (entry.file_name().into_string().unwrap(), bytes)
            })
            .collect();
        files.sort();
        files
    }
}

#[test]
fn a_flipped_bit() {
    let log = Log::new("flipped");
    log.change(2, |bytes| bytes[20_500] ^= 8);
    let (_, said) = log.is_rescued("0000000000000002.log: offset 20480: ");
    assert!(said.contains("(segment 2 offset 20480)"), "{said}");
}

#[test]
fn a_hole_that_a_witness_calls_durable() {
    let log = Log::new("hole");
    log.change(2, |bytes| bytes[40_960..45_056].fill(0));
    let (kept, said) = log.is_rescued("0000000000000002.log: offset 40960: acknowledged commands");
    // A block of zeros is no block, so what stood in it is known only as what is missing.
    let lost = format!("lost: {} to {}", grouped(kept + 1), grouped(log.last));
    assert!(said.contains(&lost), "{said}");
    assert!(said.contains("of these the log calls durable"), "{said}");
    assert!(said.contains(&format!("of these can't be read: {} to ", grouped(kept + 1))), "{said}");
}

#[test]
fn a_missing_segment() {
    let log = Log::new("missing");
    fs::remove_file(log.segment(2)).unwrap();
    let (_, said) = log.is_rescued("0000000000000002.log is missing");
    assert!(said.contains("of these can't be read"), "{said}");
}

#[test]
fn a_missing_first_segment() {
    let log = Log::new("missing_first");
    fs::remove_file(log.segment(1)).unwrap();
    log.place.call("run --data d").expect_code(1).expect_said("0000000000000001.log is missing");
    let (kept, _) = log.kept_at_most();
    assert_eq!(kept, 0);
    log.truncate("--at 0 --accept-loss").expect_code(0);
    assert!(log.place.join("d/dropped-1/0000000000000002.log").exists());
    log.place.done("run --data d --limit 10");
}

#[test]
fn a_segment_of_another_log() {
    let log = Log::new("foreign");
    log.place.done("run --data other --limit 6000 --segment-bytes 128K");
    fs::copy(log.place.join("other/0000000000000003.log"), log.segment(3)).unwrap();
    let (_, said) = log.is_rescued("0000000000000003.log: offset 0: it belongs to another log");
    assert!(said.contains("unreadable, or not of this log: "), "{said}");
}

#[test]
fn a_header_that_is_gone() {
    let log = Log::new("header");
    log.change(3, |bytes| bytes[..4_096].fill(0));
    // Whether the header is missed or what followed it depends on how much that was.
    log.is_rescued("corrupt: d/0000000000000003.log: offset 0: ");
}

#[test]
fn a_packed_segment_that_is_damaged() {
    // How well a segment packs differs with how its commands came to share blocks.
    for (name, is_late) in [("packed_frame", true), ("packed_header", false)] {
        let log = Log::new(name);
        let first = log.first_sequence(2);
        pack_segment(Linux, &log.place.join("d"), SegmentNumber(2), || true).unwrap();
        let path = log.place.join("d/0000000000000002.packed");
        let mut bytes = fs::read(&path).unwrap();
        let at = if is_late { bytes.len() / 4 * 3 } else { 20 };
        bytes[at] ^= 1;
        fs::write(&path, bytes).unwrap();
        let (kept, _) = log.is_rescued("corrupt: d/0000000000000002.packed: offset ");
        // The frames before the damaged one are kept.
        assert_eq!(kept >= first, is_late, "{name}: {kept} of {first}");
    }
}

#[test]
fn only_whole_blocks_are_kept_and_only_where_it_was_said() {
    let log = Log::new("boundary");
    let before = log.place.files_of("d");
    // The log is sound: it may be cut all the same. Most sequences stand inside a block.
    let ends: Vec<u64> = (1_000..1_200)
        .filter(|at| {
            let ended = log.truncate(&format!("--at {at}")).expect_code(1);
            let is_inside = ended.stderr.contains(&format!("sequence {at} is inside a block"));
            assert!(is_inside || ended.stderr.contains("add --accept-loss"), "{ended:?}");
            !is_inside
        })
        .take(2)
        .collect();
    let [end, next] = ends[..] else { panic!("{ends:?}") };
    assert!(log.place.files_of("d") == before);
    let said = log.truncate(&format!("--at {}", next - 1)).expect_code(1);
    said.expect_said(&format!("holds the sequences {} to {next}", end + 1))
        .expect_said(&format!("use --at {end}, or --nearest for the same"));
    log.truncate(&format!("--at {} --nearest --accept-loss", next - 1)).expect_code(0);
    assert_eq!(number(&log.place.verified("d"), "last_sequence"), end);
    // Cut again, and it is set aside again.
    log.truncate(&format!("--at {} --nearest --accept-loss", end - 1)).expect_code(0);
    assert!(log.place.join("d/dropped-2").is_dir());
    assert!(number(&log.place.verified("d"), "last_sequence") < end);
}

#[test]
fn what_may_not_be_cut_is_not() {
    let log = Log::new("may_not");
    log.place.call("truncate --data nowhere --at 5").expect_code(1).expect_said("there is no log");
    assert!(!log.place.join("nowhere").exists());
    log.truncate("").expect_code(2).expect_said("--at");
    let too_far = log.truncate("--at 7000 --accept-loss").expect_code(1);
    too_far.expect_said(&format!("the log can be read up to sequence {} only", log.last));
    // A version that this program does not know is not written to, whatever is accepted.
    log.change(2, |bytes| bytes[8] = 9);
    let before = log.place.files_of("d");
    log.truncate("--at 10 --nearest --accept-loss")
        .expect_code(1)
        .expect_said("is of log version 9");
    assert!(log.place.files_of("d") == before);
}

#[test]
fn a_log_in_use_is_left_alone() {
    let place = TestDir::new("truncate", "in_use");
    let mut engine = place.start("run --data d --limit 100000000 --acks acks --rate 5000");
    engine.until(|| place.highest_ack("acks") > 100);
    let refused = place.call("truncate --data d --at 50 --nearest --accept-loss").expect_code(1);
    refused.expect_said("in use by another process");
    engine.signal(rustix::process::Signal::INT);
    engine.wait().expect_code(0);
}

#[test]
fn a_cut_that_is_killed_anywhere_loses_nothing_that_is_kept_and_nothing_that_is_set_aside() {
    let log = Log::new("killed");
    if !can_trace(&log.place) {
        return;
    }
    // In the packed segment.
    let middle = u64::midpoint(log.first_sequence(2), log.first_sequence(3));
    pack_segment(Linux, &log.place.join("d"), SegmentNumber(2), || true).unwrap();
    log.change(3, |bytes| bytes[20_500] ^= 8);
    let files = log.place.files_of("d");
    let said = log.truncate(&format!("--at {middle} --nearest")).expect_code(1).stdout;
    let line =
        said.lines().find_map(|line| line.strip_prefix("kept: the sequences up to ")).unwrap();
    let kept: u64 = line.replace(',', "").parse().unwrap();
    let cut = format!("truncate --data d --at {kept} --accept-loss");
    for call in ["unlink", "rename", "ftruncate", "fdatasync", "fsync", "write"] {
        let mut hit_count = 0;
        for when in 1..40 {
            let inject = format!("inject={call}:signal=SIGKILL:when={when}");
            let mut command =
                traced(&log.place, &["-e", &format!("trace={call}"), "-e", &inject], &cut);
            let ended = log.place.start_command(&mut command).wait();
            let is_hit = ended.code != Some(0);
            assert!(is_hit == ended.signal.is_some(), "{inject}: {ended:?}");
            let was_cut = log.place.files_of("d") != files;
            // What was cut was set aside before, and what is kept can still be kept.
            let aside = log.place.join("d/dropped-1");
            if was_cut {
                for (name, bytes) in files.iter().filter(|(name, _)| name.starts_with('0')) {
                    let copy = fs::read(aside.join(name));
                    let is_kept = name.as_str() < "0000000000000002";
                    assert!(is_kept || copy.is_ok_and(|copy| copy == *bytes), "{inject}: {name}");
                }
            }
            log.place.done(&cut);
            assert_eq!(number(&log.place.verified("d"), "last_sequence"), kept, "{inject}");
            log.place.fill("d", &files);
            if !is_hit {
                break;
            }
            hit_count += 1;
        }
        assert!(hit_count > 0, "{call}");
    }
}
