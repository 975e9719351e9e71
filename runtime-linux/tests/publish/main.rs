//! `highwater publish`: whatever becomes of its files, it makes the same bytes again or says why
//! not, and harms neither the log nor anybody's files.
#![cfg(target_os = "linux")]

mod flow;
#[path = "../common/program.rs"]
pub mod program;

use flow::random_flow;
use highwater_flows::random::Random;
use program::{Ended, TestDir};
use rustix::process::Signal;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const SMALL: &str = "--orders 4096 --instruments 8 --sessions 16 --segment-bytes 64K --io append \
                     --sync off";
const PUBLISH: &str = "publish --data d --itch f --ouch o";

/// What is only a means: locks and checkpoints, which may be of any sequence.
fn is_means(name: &str) -> bool {
    name.contains("checkpoint") || name.contains("lock")
}

/// The published files below a directory, by their paths in it.
fn published(place: &TestDir) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut open = vec![place.path().to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(place.path()).unwrap().to_str().unwrap().to_owned();
            if path.is_dir() && (name == "o" || name.starts_with("o/")) {
                open.push(path);
            } else if (name.starts_with('f') || name.starts_with("o/")) && !is_means(&name) {
                files.insert(name, fs::read(path).unwrap());
            }
        }
    }
    files.remove("flow.csv");
    files
}

/// Every file that publishing has left, the means too.
fn left(place: &TestDir) -> Vec<PathBuf> {
    let mut names: Vec<String> = published(place).into_keys().collect();
    names.extend(["f.checkpoint", "f.checkpoint-old", "f.lock"].map(str::to_owned));
    names.into_iter().map(|name| place.join(&name)).filter(|path| path.exists()).collect()
}

/// A directory with a log of a random flow.
fn with_log(name: &str, seed: u64) -> TestDir {
    let place = TestDir::new("publish", name);
    place.write("flow.csv", random_flow(seed, 6_000, 2_000));
    place.done(&format!("run --flow flow.csv --data d {SMALL}"));
    place
}

/// The same, published.
fn with_streams(name: &str, seed: u64) -> (TestDir, BTreeMap<String, Vec<u8>>) {
    let place = with_log(name, seed);
    place.done(&format!("{PUBLISH} --checkpoint-every 700"));
    let whole = published(&place);
    assert!(whole.contains_key("f.2") && whole.contains_key("o/day-1/session-1.ouch"));
    (place, whole)
}

#[track_caller]
fn assert_same(place: &TestDir, whole: &BTreeMap<String, Vec<u8>>, what: &str) {
    let found = published(place);
    let names: Vec<_> = found.keys().collect();
    assert_eq!(names, whole.keys().collect::<Vec<_>>(), "{what}");
    for (name, bytes) in whole {
        assert!(found[name] == *bytes, "{name} differs: {what}");
    }
}

#[test]
fn the_feed_is_the_same_with_and_without_answers() {
    let (place, whole) = with_streams("alone", 12);
    place.done("publish --data d --itch g");
    for (name, bytes) in whole.iter().filter(|(name, _)| !name.contains('/')) {
        assert!(fs::read(place.join(&name.replacen('f', "g", 1))).unwrap() == *bytes, "{name}");
    }
}

#[test]
fn whatever_is_deleted_is_made_again() {
    let (place, whole) = with_streams("deleted", 1);
    let mut random = Random::from_seed(5);
    for round in 0..24 {
        let mut removed = Vec::new();
        for path in left(&place) {
            if random.below(3) == 0 {
                fs::remove_file(&path).unwrap();
                removed.push(path);
            }
        }
        if round == 20 {
            fs::remove_dir_all(place.join("o")).unwrap();
        }
        place.done(PUBLISH);
        assert_same(&place, &whole, &format!("{removed:?}"));
    }
}

#[test]
fn damaged_files_are_made_again_or_refused() {
    let (place, whole) = with_streams("damaged", 2);
    let mut random = Random::from_seed(6);
    for _ in 0..30 {
        let files = left(&place);
        let path = &files[random.below_usize(files.len())];
        let mut bytes = fs::read(path).unwrap();
        if bytes.is_empty() {
            continue;
        }
        let at = random.below_usize(bytes.len());
        let what = format!("{} at {at}", path.display());
        match random.below(3) {
            0 => bytes.truncate(at),
            1 => bytes[at] ^= 0x10,
            _ => bytes.extend(b"what nobody published"),
        }
        fs::write(path, &bytes).unwrap();
        let ended = place.call(PUBLISH);
        if ended.code != Some(0) {
            // Nobody knows whose the files are.
            let sentences = ["differs from this log's stream", "another log's streams"];
            let is_named = sentences.iter().any(|sentence| ended.stderr.contains(sentence));
            let is_of_owner = path.ends_with("f.positions") || path.ends_with("o/log");
            assert!(is_named && is_of_owner, "{what}: {}", ended.stderr);
            assert!(fs::read(path).unwrap() == bytes, "what is refused is left as it is");
            fs::remove_file(path).unwrap();
            place.done(PUBLISH);
        }
        assert_same(&place, &whole, &what);
    }
}

#[test]
fn killed_at_any_moment_it_goes_on_with_the_same_bytes() {
    let (place, whole) = with_streams("killed", 3);
    let mut random = Random::from_seed(7);
    for path in left(&place) {
        fs::remove_file(path).unwrap();
    }
    for round in 0..12 {
        let mut running = place.start(&format!("{PUBLISH} --checkpoint-every 100"));
        let wanted = random.below_usize(whole["f"].len() + 1);
        let feed = place.join("f");
        running.until(|| {
            fs::metadata(&feed).is_ok_and(|it| it.len() >= u64::try_from(wanted).unwrap())
        });
        running.signal(Signal::KILL);
        running.wait();
        if round % 3 == 2 {
            place.done(PUBLISH);
            assert_same(&place, &whole, &format!("round {round}"));
            fs::remove_file(place.join("f.checkpoint")).unwrap();
        }
    }
}

#[test]
fn a_log_that_grows_has_the_streams_of_the_whole() {
    let (place, whole) = with_streams("grows", 4);
    let parts = TestDir::new("publish", "grown");
    parts.write("flow.csv", place.read("flow.csv"));
    for limit in [3, 1_000, 2_500, 2_501, 6_000] {
        parts.done(&format!(
            "run --flow flow.csv --data d {SMALL} --limit {limit} --keep snapshot \
             --snapshot-bytes 64K"
        ));
        parts.done("snapshot --data d --keep snapshot");
        parts.done(PUBLISH);
        parts.done("snapshot --data d --keep snapshot");
    }
    assert_eq!(published(&parts).len(), whole.len());
    // Times differ, because another run took the commands.
    for (name, bytes) in published(&parts) {
        if name.starts_with("o/") && !name.ends_with("csv") {
            assert_eq!(bytes.len(), whole[&name].len(), "{name}");
        }
    }
    let now = published(&parts);
    for file in ["f.2", "o/day-2/sessions.csv"] {
        fs::remove_file(parts.join(file)).unwrap();
    }
    let ended = parts.call(PUBLISH);
    if parts.join("d/0000000000000001.log").exists() {
        assert_same(&parts, &now, "the log is whole");
    } else {
        assert_eq!(ended.code, Some(1));
        assert!(ended.stderr.contains("the log holds no command before"), "{}", ended.stderr);
    }
}

#[test]
fn a_day_that_ends_with_a_publication_is_followed_by_another() {
    let place = TestDir::new("publish", "evening");
    place.write("flow.csv", random_flow(13, 6_000, 2_000));
    for limit in ["--limit 2000", ""] {
        place.done(&format!("run --flow flow.csv --data d {SMALL} {limit}"));
        let ended = place.done(&format!("{PUBLISH} --json"));
        let report = program::json(ended.stdout.trim());
        assert_eq!(program::number(&report, "day"), if limit.is_empty() { 3 } else { 1 });
    }
    let grown = published(&place);
    for path in left(&place) {
        fs::remove_file(path).unwrap();
    }
    place.done(PUBLISH);
    assert_same(&place, &grown, "from nothing");
}

#[test]
fn what_a_publication_needs_of_the_log_is_kept() {
    let place = with_log("kept", 5);
    place.done(PUBLISH);
    let listed = place.done("consumers list --data d");
    assert!(listed.stdout.contains("itch:/"), "{}", listed.stdout);
    for _ in 0..3 {
        place.done("snapshot --data d --keep snapshot");
    }
    let before = published(&place);
    fs::write(place.join("f.checkpoint"), "damaged").unwrap();
    place.done(PUBLISH);
    assert_same(&place, &before, "from the checkpoint before");
}

#[test]
fn a_log_that_was_cut_is_published_anew() {
    let (place, _) = with_streams("cut", 6);
    for goes_on in [false, true] {
        place.done("truncate --data d --at 3000 --nearest --accept-loss");
        if goes_on {
            // The same commands at other times.
            place.done(&format!("run --flow flow.csv --data d {SMALL}"));
        }
        let ended = place.done(PUBLISH);
        assert!(ended.stderr.contains("was cut"), "{}", ended.stderr);
        let cut = published(&place);
        for path in left(&place) {
            fs::remove_file(path).unwrap();
        }
        fs::remove_dir_all(place.join("o")).unwrap();
        place.done(PUBLISH);
        assert_same(&place, &cut, "from nothing");
        place.done(&format!("run --flow flow.csv --data d {SMALL}"));
        place.done(PUBLISH);
    }
}

#[test]
fn old_days_are_removed_on_wish() {
    let (place, whole) = with_streams("days", 7);
    let days = whole.keys().filter(|name| !name.contains('/') && *name != "f.positions").count();
    assert!(days > 2, "{days}");
    for path in left(&place) {
        fs::remove_file(path).unwrap();
    }
    for _ in 0..2 {
        place.done(&format!("{PUBLISH} --keep-days 2"));
        let kept = published(&place);
        for day in 1..=days {
            let name = if day == 1 { "f".to_owned() } else { format!("f.{day}") };
            assert_eq!(kept.contains_key(&name), day + 1 >= days, "{name}");
            assert_eq!(place.join(&format!("o/day-{day}")).exists(), day + 1 >= days, "{day}");
        }
        for (name, bytes) in kept {
            assert!(whole[&name] == bytes, "{name}");
        }
    }
}

#[test]
fn the_files_of_others_are_left_alone() {
    let (place, _) = with_streams("others", 8);
    let refuses = |args: &str, sentence: &str| -> Ended {
        let ended = place.call(args);
        assert_eq!(ended.code, Some(1), "{args}: {}", ended.stdout);
        assert!(ended.stderr.contains(sentence), "{args}: {}", ended.stderr);
        ended
    };
    place.write("mine", "what is mine");
    for _ in 0..2 {
        refuses("publish --data d --itch mine", "differs from this log's stream");
        assert_eq!(place.read("mine"), "what is mine");
    }
    // It begins like the stream.
    let stream = fs::read(place.join("f")).unwrap();
    let longer = [&stream[..], b"and what is mine"].concat();
    place.write("longer", &longer);
    place.write("longer.positions", "not a sidecar");
    refuses("publish --data d --itch longer", "differs from this log's stream");
    fs::remove_file(place.join("longer.positions")).unwrap();
    for _ in 0..2 {
        refuses("publish --data d --itch longer", "differs from this log's stream");
        assert!(fs::read(place.join("longer")).unwrap() == longer);
    }
    fs::create_dir_all(place.join("their/day-1")).unwrap();
    place.write("their/day-1/session-1.ouch", "what is theirs");
    for _ in 0..2 {
        refuses("publish --data d --itch g --ouch their", "differs from this log's stream");
        assert_eq!(place.read("their/day-1/session-1.ouch"), "what is theirs");
    }
    place.done(&format!("run --flow flow.csv --data e {SMALL}"));
    refuses("publish --data e --itch f", "says that these are another log's streams");
    // The directory of answers that another log has.
    for itch in ["h", "f"] {
        let data = if itch == "f" { "d" } else { "e" };
        place.done(&format!("publish --data {data} --itch x{itch} --ouch o{itch}"));
    }
    let theirs = fs::read(place.join("oh/day-1/session-1.ouch")).unwrap();
    place.done("publish --data d --itch xf");
    refuses("publish --data d --itch xf --ouch oh", "says that these are another log's streams");
    fs::remove_file(place.join("oh/log")).unwrap();
    refuses("publish --data d --itch xf --ouch oh", "differs from this log's stream");
    assert!(fs::read(place.join("oh/day-1/session-1.ouch")).unwrap() == theirs);
    // A session that this log does not have.
    place.write("oh/log", place.read("o/log"));
    place.done("publish --data d --itch xf --ouch oh");
    for mark in ["oh/log", "xf.positions"] {
        fs::remove_file(place.join(mark)).unwrap();
    }
    place.write("oh/day-1/session-9.ouch", "what is theirs");
    refuses("publish --data d --itch xf --ouch oh --keep-days 1", "session-9.ouch' differs");
    assert_eq!(place.read("oh/day-1/session-9.ouch"), "what is theirs");
    refuses("publish --data nowhere --itch h", "nowhere");
    for args in ["--itch d/f", "--itch h --ouch d", "--itch h --ouch d/o", "--itch d"] {
        let ended = place.call(&format!("publish --data d {args}"));
        assert_eq!(ended.code, Some(2), "{args}: {}", ended.stderr);
    }
}

#[test]
fn a_full_disk_is_said_and_publishing_goes_on_behind_it() {
    let (place, whole) = with_streams("full", 9);
    for path in left(&place) {
        fs::remove_file(path).unwrap();
    }
    // A write beyond the limit of a file's size fails like one to a full disk.
    let program = env!("CARGO_BIN_EXE_highwater");
    let mut limited = std::process::Command::new("bash");
    limited.arg("-c").arg(format!("trap '' XFSZ; ulimit -f 24; exec {program} {PUBLISH}"));
    let ended = place.start_command(limited.current_dir(place.path())).wait();
    assert_eq!(ended.code, Some(1), "{}", ended.stdout);
    assert!(ended.stderr.contains("the log is unharmed"), "{}", ended.stderr);
    place.done("verify --data d");
    place.done(PUBLISH);
    assert_same(&place, &whole, "behind a full disk");
}

#[test]
fn what_has_no_room_is_named() {
    let place = TestDir::new("publish", "room");
    let header = "command,seq,symbol,order_id,side,qty,price,decimals\n";
    for (name, lines, sentence) in [
        ("symbol", "NEW,1,NINECHARS,1,B,1,1\n", "symbol 'NINECHARS'"),
        ("quantity", "NEW,1,GOLD,1,B,4294967296,1\n", "'GOLD' has an order or trade of 4294967296"),
        ("price", "DEFINE,1,FX,,,,,6\nNEW,2,FX,1,B,1,0.000001\n", "'FX' has the price 0.000001"),
    ] {
        place.write("flow.csv", [header, lines].concat());
        place.done(&format!("run --flow flow.csv --data {name} {SMALL}"));
        let ended = place.call(&format!("publish --data {name} --itch {name}.itch"));
        assert_eq!(ended.code, Some(1), "{}", ended.stdout);
        assert!(ended.stderr.contains(sentence), "{}", ended.stderr);
    }
    let lines = "NEW,1,GOLD,900000000000000001,B,1,1\n";
    place.write("flow.csv", [header, lines].concat());
    place.done(&format!("run --flow flow.csv --data id {SMALL}"));
    place.done("publish --data id --itch id.itch");
    let ended = place.call("publish --data id --itch other.itch --ouch o");
    assert!(ended.stderr.contains("OUCH has no number for it"), "{}", ended.stderr);
    assert!(!Path::new(&place.join("o/day-1")).exists() || ended.code == Some(1));
}

#[test]
fn a_running_engines_log_is_published_as_far_as_it_is_durable() {
    let place = TestDir::new("publish", "running");
    place.write("flow.csv", random_flow(10, 6_000, 2_000));
    let run = format!(
        "run --flow flow.csv --data d --acks acks --rate 4000 {}",
        SMALL.replace("--sync off", "")
    );
    let mut running = place.start(&run);
    running.until(|| place.highest_ack("acks") >= 500);
    let ended = place.done(&format!("{PUBLISH} --json"));
    let report = program::json(ended.stdout.trim());
    assert!(program::number(&report, "last_sequence") >= 500, "{}", ended.stdout);
    running.wait().expect_code(0);
    place.done(PUBLISH);
    let grown = published(&place);
    for path in left(&place) {
        fs::remove_file(path).unwrap();
    }
    place.done(PUBLISH);
    assert_same(&place, &grown, "published while it grew");
}

#[test]
fn a_signal_ends_it_behind_a_whole_command() {
    let (place, whole) = with_streams("signal", 11);
    for path in left(&place) {
        fs::remove_file(path).unwrap();
    }
    let mut running = place.start(&format!("{PUBLISH} --checkpoint-every 50"));
    running.until(|| place.join("f.checkpoint").exists());
    running.signal(Signal::INT);
    let ended = running.wait().expect_code(0);
    assert!(ended.stdout.starts_with("published from sequence 0"), "{}", ended.stdout);
    place.done(PUBLISH);
    assert_same(&place, &whole, "behind a signal");
}
