//! What a data directory may hold beside its log: files of numbers far ahead, what an engine left,
//! segments that were renamed, and things that are no files.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;

use program::{Place, number, pause, spoil};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::Signal;
use std::fs::{self, File};
use std::path::Path;

/// Every command that opens a data directory, and what it says when it cannot.
const COMMANDS: [(&str, i32); 10] = [
    ("run --data d --limit 1", 1),
    ("run --data d --limit 1 --fills g.csv", 1),
    ("verify --data d", 1),
    ("book --data d", 1),
    ("dump --data d", 1),
    ("diff d whole", 2),
    ("backup --data d --to copy", 1),
    ("snapshot --data d", 1),
    ("truncate --data d --at 99999999 --nearest", 1),
    ("disk --data d --seconds 1", 1),
];
/// The last of them measures the directory and does not read its log.
const READERS: usize = COMMANDS.len() - 1;

/// A log of some segments in `d`, and a copy of it in `whole`.
fn with_log(name: &str) -> Place {
    let place = Place::new("data_directory", name);
    place.done("run --data d --limit 9000 --segment-bytes 256K");
    place.copy("d", "whole");
    place
}

/// Puts the directory `d` back as it was.
fn put_back(place: &Place) {
    place.copy("whole", "d");
}

/// The numbers of the segments in `d`.
fn segments(place: &Place) -> Vec<u64> {
    let names = place.files("d").into_iter();
    names.filter_map(|(name, _)| name.strip_suffix(".log")?.parse().ok()).collect()
}

/// Files that are locked and hold nothing.
const LOCKS: [&str; 3] = ["lease", "lock", "snapshot-lock"];

/// Runs a command that refuses the log, which is as it was, and all beside it.
#[track_caller]
fn assert_refuses(place: &Place, (args, code): (&str, i32), sentence: &str) {
    let content = || {
        let mut files = place.files("d");
        // Who writes, who reads and who makes snapshots lock files of their own.
        files.retain(|(name, _)| !LOCKS.contains(&name.as_str()));
        files
    };
    let before = content();
    let ended = place.call(args).expect_code(code);
    let said = format!("{}{}", ended.stdout, ended.stderr);
    assert!(said.contains(sentence), "{args}: '{sentence}' is not said: {ended:?}");
    assert!(content() == before, "{args}: a refused directory is as it was");
    assert!(!place.join("copy").exists() && !place.join("copy.partial").exists(), "{args}");
}

#[test]
fn a_segment_far_ahead_is_refused_at_once() {
    let place = with_log("far");
    let last = *segments(&place).last().unwrap();
    let missing = format!("d/{:016}.log is missing", last + 1);
    for (name, length) in [
        ("9999999999999999.log", 0),
        ("9999999999999999.log", 300_000),
        ("0000000000000099.log", 1),
    ] {
        File::create(place.join("d").join(name)).unwrap().set_len(length).unwrap();
        for command in &COMMANDS[..READERS] {
            assert_refuses(&place, *command, &missing);
        }
        assert_refuses(&place, COMMANDS[0], &format!("d/{name} is there: move that away"));
        place.done(COMMANDS[READERS].0);
        fs::remove_file(place.join("d").join(name)).unwrap();
    }
    // The way out of it sets it aside.
    place.write("d/9999999999999999.log", "");
    let cut = "truncate --data d --at 99999999 --nearest --accept-loss";
    place.done(cut);
    assert!(place.join("d/dropped-1/9999999999999999.log").exists());
    fs::remove_dir_all(place.join("d/dropped-1")).unwrap();
    place.done("run --data d --limit 1 --segment-bytes 256K");
}

#[test]
fn a_file_that_is_empty_and_next_is_a_segment_that_was_prepared() {
    let place = with_log("next");
    let last = *segments(&place).last().unwrap();
    let next = format!("d/{:016}.log", last + 1);
    place.write(&next, "");
    let before = number(&place.verified("d"), "last_sequence");
    place.done("run --data d --limit 1 --segment-bytes 256K");
    assert_eq!(number(&place.verified("d"), "last_sequence"), before + 1);
}

/// A signal ends recovery while it looks at what stands behind the last record: a tail so long that
/// nobody waits for its end.
#[test]
fn a_signal_is_obeyed_while_the_tail_is_read() {
    let place = with_log("tail");
    let last = *segments(&place).last().unwrap();
    let next = place.join(&format!("d/{:016}.log", last + 1));
    File::create(&next).unwrap().set_len(1 << 40).unwrap();
    for (args, said) in [
        ("run --data d --limit 1", "stopped before the log was recovered"),
        ("run --data d --limit 1 --fills g.csv", "stopped before the log was recovered"),
        ("snapshot --data d", "stopped before the snapshot was made"),
    ] {
        let mut running = place.start(args);
        let is_caught = |mask: u64| mask >> (Signal::TERM.as_raw() - 1) & 1 == 1;
        running.until_status("SigCgt", is_caught);
        // It may be at the tail already or not yet: neither takes longer than this test waits.
        pause(100);
        running.signal(Signal::TERM);
        let ended = running.wait().expect_code(0).expect_said(said);
        assert!(next.exists(), "nothing was cut off: {ended:?}");
    }
}

/// What an engine may have left, whatever is in it.
fn leave_some(place: &Place) {
    let retired = segment_of(place, 1);
    let mut zeroed = retired.clone();
    zeroed[..8_192].fill(0);
    // A probe, a spare that was just begun, one made of a retired file, and what was to be packed.
    place.write("d/0000000000000000.spare", [0x5a; 4_096]);
    place.write("d/0000000000000077.spare", vec![0; 65_536]);
    place.write("d/0000000000000078.spare", &retired);
    place.write("d/0000000000000079.spare", zeroed);
    place.write("d/0000000000000001.packing", &retired[..9_000]);
    place.write("d/0000000000000002.packing", "torn");
    place.write("d/0000000000000005.retired", "short");
}

fn segment_of(place: &Place, segment: u64) -> Vec<u8> {
    fs::read(place.join(&format!("whole/{segment:016}.log"))).unwrap()
}

#[test]
fn what_was_left_is_removed_when_the_log_was_accepted() {
    let place = with_log("accepted");
    leave_some(&place);
    place.done("run --data d --limit 1 --segment-bytes 256K");
    let names: Vec<_> = place.files("d").into_iter().map(|(name, _)| name).collect();
    let is_log =
        |name: &String| LOCKS.contains(&name.as_str()) || name.strip_suffix(".log").is_some();
    assert!(names.iter().all(is_log), "{names:?}");
}

/// What is done to the directory, and why it is refused then.
type Change<'c> = (&'c dyn Fn(), &'c str);

#[test]
fn a_refused_start_changes_nothing() {
    let place = with_log("refused");
    let spoiled = |segment: u64, at: usize| spoil(&place.join(&segment_name(segment)), at);
    let changes: [Change<'_>; 5] = [
        (&|| spoiled(1, 5_000), "acknowledged commands from sequence"),
        (&|| spoiled(2, 200), "acknowledged commands from sequence"),
        (&|| remove(&place, &segment_name(2)), "0000000000000002.log is missing"),
        (&|| remove(&place, &segment_name(1)), "0000000000000001.log is missing"),
        (&|| place.write("d/0000000000000044.log", ""), "is missing"),
    ];
    for (change, sentence) in changes {
        put_back(&place);
        leave_some(&place);
        change();
        assert_refuses(&place, COMMANDS[0], sentence);
        assert_refuses(&place, ("truncate --data d --at 99999 --nearest", 1), sentence);
        let before = names(&place);
        place.done(COMMANDS[READERS].0);
        assert_eq!(names(&place), before, "who measures a directory leaves what is there");
    }
    // Nor does one whose flow is another, nor one that finds no room.
    put_back(&place);
    leave_some(&place);
    place.generate(3, 10, "other.csv");
    assert_refuses(&place, ("run --data d --flow other.csv", 1), "holds the log of the flow");
    fs::remove_dir_all(place.join("d")).unwrap();
    fs::create_dir(place.join("d")).unwrap();
    place.write("d/0000000000000005.spare", segment_of(&place, 2));
    assert_refuses(&place, COMMANDS[0], "rename it to '0000000000000002.log'");
}

fn segment_name(segment: u64) -> String {
    format!("d/{segment:016}.log")
}

fn remove(place: &Place, name: &str) {
    fs::remove_file(place.join(name)).unwrap();
}

/// The names in `d`, of directories too.
fn names(place: &Place) -> Vec<String> {
    let entries = fs::read_dir(place.join("d")).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_segment_under_another_name_is_not_removed() {
    let place = with_log("renamed");
    let all = segments(&place);
    let last = *all.last().unwrap();
    let begun = all.iter().rev().find(|segment| segment_of(&place, **segment)[0] != 0);
    let begun = *begun.unwrap();
    let held = number(&place.verified("d"), "last_sequence");
    for extension in ["spare", "retired", "packing"] {
        for number in [begun, last + 3] {
            put_back(&place);
            (begun..=last).for_each(|segment| {
                let (from, to) = (place.join(&segment_name(segment)), place.join("set-aside"));
                fs::rename(from, to).unwrap();
            });
            let renamed = format!("d/{number:016}.{extension}");
            fs::write(place.join(&renamed), segment_of(&place, begun)).unwrap();
            let said = format!("rename it to '{begun:016}.log'");
            for command in ["run --data d --limit 1", "verify --data d"] {
                assert_refuses(&place, (command, 1), &said);
            }
            assert_refuses(&place, COMMANDS[0], &format!("'{renamed}' holds segment {begun}"));
            // That is what helps.
            fs::rename(place.join(&renamed), place.join(&segment_name(begun))).unwrap();
            assert_eq!(number_of_last(&place), held);
        }
    }
}

fn number_of_last(place: &Place) -> u64 {
    number(&place.verified("d"), "last_sequence")
}

#[test]
fn all_segments_under_other_names_are_no_empty_log() {
    let place = with_log("all_renamed");
    for segment in segments(&place) {
        let (from, to) = (segment_name(segment), format!("d/{segment:016}.retired"));
        fs::rename(place.join(&from), place.join(&to)).unwrap();
    }
    assert_refuses(&place, COMMANDS[0], "rename it to '0000000000000001.log'");
}

#[test]
fn a_segment_that_a_start_from_a_snapshot_lacks_is_not_removed() {
    let place = with_log("history");
    place.done("snapshot --data d");
    fs::rename(place.join("d/0000000000000001.packed"), place.join("d/0000000000000001.packing"))
        .unwrap();
    assert_refuses(&place, COMMANDS[0], "rename it to '0000000000000001.packed'");
}

#[test]
fn what_truncate_finds_beside_the_log_is_set_aside() {
    let place = with_log("truncate");
    leave_some(&place);
    let before = names(&place);
    place.call("truncate --data d --at 45 --nearest").expect_code(1);
    assert_eq!(names(&place), before, "nothing was accepted");
    place.done("truncate --data d --at 0 --accept-loss");
    let dropped = place.join("d/dropped-1");
    for name in before.iter().filter(|name| !LOCKS.contains(&name.as_str())) {
        assert!(dropped.join(name).exists(), "{name}");
    }
    fs::rename(&dropped, place.join("dropped")).unwrap();
    place.done("run --data d --limit 1 --segment-bytes 256K");
}

/// Something that is no file.
fn make(kind: &str, path: &Path) {
    match kind {
        "directory" => fs::create_dir(path).unwrap(),
        "pipe" => mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o644), 0).unwrap(),
        "socket" => mknodat(CWD, path, FileType::Socket, Mode::from_raw_mode(0o644), 0).unwrap(),
        "device" => std::os::unix::fs::symlink("/dev/zero", path).unwrap(),
        "link" => std::os::unix::fs::symlink("nothing", path).unwrap(),
        other => unreachable!("{other}"),
    }
}

fn unmake(path: &Path) {
    if path.is_dir() { fs::remove_dir(path) } else { fs::remove_file(path) }.unwrap();
}

#[test]
fn what_is_no_file_is_one_sentence() {
    let place = with_log("no_file");
    let next = segments(&place).last().unwrap() + 1;
    let next = format!("{next:016}.log");
    let names = [
        next.as_str(),
        "0000000000000077.log",
        "0000000000000002.packed",
        "0000000000000007.spare",
        "0000000000000007.retired",
        "0000000000000007.packing",
        "00000000000000000045.snapshot",
        "part.snapshot",
        "snapshot-lock",
    ];
    let kinds = ["pipe", "directory", "socket", "device", "link"];
    for (index, name) in names.into_iter().enumerate() {
        // Each name with one kind at least, the first with all.
        let kinds = if index == 0 { &kinds[..] } else { &kinds[index % kinds.len()..][..1] };
        for kind in kinds {
            let path = place.join("d").join(name);
            make(kind, &path);
            for (args, code) in COMMANDS {
                let ended = place.call(args).expect_code(code);
                let said = ended.clone().expect_said(name).stderr;
                let is_sentence = said.lines().filter(|line| line.contains(name)).count() == 1;
                assert!(is_sentence && said.contains("move it out"), "{kind} {args}: {ended:?}");
                assert!(path.symlink_metadata().is_ok(), "{kind} {args}: it is still there");
            }
            unmake(&path);
        }
    }
    place.done(COMMANDS[0].0);
}

#[test]
fn a_link_to_a_segment_elsewhere_is_one() {
    let place = with_log("link");
    let held = number_of_last(&place);
    fs::rename(place.join(&segment_name(1)), place.join("elsewhere")).unwrap();
    std::os::unix::fs::symlink("../elsewhere", place.join(&segment_name(1))).unwrap();
    assert_eq!(number_of_last(&place), held);
    place.done("run --data d --limit 1 --segment-bytes 256K");
}
