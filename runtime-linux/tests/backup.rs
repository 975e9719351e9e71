//! `highwater backup` makes copies that are sound, durable, and what was durable when they were
//! made; or none.
#![cfg(target_os = "linux")]

#[path = "packed/breaking.rs"]
pub mod breaking;

#[path = "common/hooked.rs"]
pub mod hooked;
#[path = "common/program.rs"]
pub mod program;
#[path = "common/trace.rs"]
pub mod trace;

use breaking::{BREAKING, Break, broke, plan};
use highwater::types::SegmentNumber;
use highwater_cli::backup::{BackupArgs, backup};
use highwater_cli::inspect::CacheArgs;
use highwater_console::Console;
use highwater_platform::signals::StopFlag;
use highwater_storage::pack_segment;
use program::{TestDir, number};
use runtime_linux::Linux;
use rustix::process::Signal;
use std::fs;
use trace::{Trace, can_trace, traced};

fn place(name: &str) -> TestDir {
    let place = TestDir::new("backup", name);
    place.done("run --data d --limit 6000 --segment-bytes 128K");
    place
}

#[test]
fn a_copy_of_a_stopped_log_is_the_same_and_goes_on() {
    let place = place("stopped");
    pack_segment(Linux, &place.join("d"), SegmentNumber(2), || true).unwrap();
    place.write("d/00000000000000000042.snapshot", "no snapshot");
    place.write("d/notes.txt", "not the log's");
    let before = place.files("d");
    let said = place.done("backup --data d --to copy").stdout;
    assert!(said.starts_with("copied the sequences 1 to 6,006 of the log in 'd' to 'copy': "));
    assert!(place.files("d") == before, "nothing in the data directory changed");
    let names: Vec<String> = place.files("copy").into_iter().map(|(name, _)| name).collect();
    assert!(names.contains(&"0000000000000002.packed".to_owned()), "{names:?}");
    let is_foreign = |name: &String| name.contains("snapshot") || name.contains("notes");
    assert!(!names.iter().any(is_foreign), "{names:?}");
    let mut copied = place.verified("copy");
    assert_eq!(copied["state"], "stopped");
    copied["data"] = "d".into();
    let mut verified = place.verified("d");
    assert_eq!(verified["snapshots"][0]["is_usable"], false, "{verified}");
    verified["snapshots"] = copied["snapshots"].clone();
    assert_eq!(copied, verified);
    place.done("diff d copy");
    place.done("run --data copy --limit 100 --segment-bytes 128K");
    assert_eq!(number(&place.verified("copy"), "last_sequence"), 6_106);
}

#[test]
fn an_empty_directory_is_taken_and_others_are_not() {
    let place = place("taken");
    fs::create_dir(place.join("empty")).unwrap();
    place.done("backup --data d --to empty");
    place.verified("empty");
    let before = place.files("empty");
    place.call("backup --data d --to empty").expect_code(1).expect_said("'empty' is not empty");
    assert!(place.files("empty") == before);
    place.write("file", "");
    place.call("backup --data d --to file").expect_code(1).expect_said("could not read 'file'");
    place.call("backup --data d --to no/copy").expect_code(1).expect_said("could not create");
    place.call("backup --data d --to ..").expect_code(2).expect_said("holds the data directory");
    fs::create_dir_all(place.join("far/sub")).unwrap();
    let nameless = place.call("backup --data d --to far/sub/..");
    nameless.expect_code(1).expect_said("can't be the directory of a copy");
    place.call("backup --data d").expect_code(2).expect_said("--to");
    place.call("backup --data nowhere --to copy").expect_code(1).expect_said("there is no log");
    assert!(!place.join("copy").exists() && !place.has_partial());
}

#[test]
fn a_torn_tail_is_not_copied_and_a_corrupt_log_is_not() {
    let place = place("torn");
    let names: Vec<String> = place.files("d").into_iter().map(|(name, _)| name).collect();
    let last = names.iter().rfind(|name| name.starts_with('0')).unwrap();
    // What a crash leaves: half a block behind the last one.
    let path = place.join("d").join(last);
    let mut bytes = fs::read(&path).unwrap();
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    bytes.resize(bytes.len().max(end + 4_096), 0);
    bytes[end..end + 2_000].fill(0x77);
    fs::write(&path, bytes).unwrap();
    assert_eq!(number(&place.verified("d"), "torn_tail_bytes"), 4_096);
    place.done("backup --data d --to copy");
    assert_eq!(number(&place.verified("copy"), "torn_tail_bytes"), 0);
    assert_eq!(number(&place.verified("copy"), "last_sequence"), 6_006);
    let path = place.join("d/0000000000000002.log");
    let mut bytes = fs::read(&path).unwrap();
    bytes[9_000] ^= 1;
    fs::write(&path, bytes).unwrap();
    let refused = place.call("backup --data d --to other").expect_code(1);
    refused.expect_said("corrupt: d/0000000000000002.log: offset 8192");
    assert!(!place.join("other").exists() && !place.has_partial());
}

#[test]
fn copies_of_a_running_engine_are_sound_and_grow_with_it() {
    for io in ["auto", "append"] {
        let place = TestDir::new("backup", &format!("running_{io}"));
        let mut engine = place.start(&format!(
            "run --data d --limit 100000000 --acks acks --rate 20000 --segment-bytes 128K --io {io}"
        ));
        let mut sequences = Vec::new();
        for copy in 0..4 {
            let acked = place.highest_ack("acks");
            engine.until(|| place.highest_ack("acks") > acked + 500);
            place.done(&format!("backup --data d --to copy{copy}"));
            let verified = place.verified(&format!("copy{copy}"));
            assert_ne!(verified["state"], "running");
            sequences.push(number(&verified, "last_sequence"));
        }
        assert!(!engine.has_ended());
        engine.signal(Signal::INT);
        engine.wait().expect_code(0);
        assert!(sequences.is_sorted() && sequences[0] > 0, "{sequences:?}");
        assert!(sequences[3] > sequences[0] + 1_000, "{sequences:?}");
        for copy in 0..4 {
            let said = place.call(&format!("diff d copy{copy}")).expect_code(1).stdout;
            assert!(
                said.contains(&format!("'copy{copy}' ends there, and 'd' continues")),
                "{said}"
            );
        }
        place.done("run --data copy3 --limit 50 --segment-bytes 128K");
    }
}

#[test]
fn a_backup_that_fails_leaves_nothing_and_one_that_is_killed_no_log_of_that_name() {
    let place = place("faults");
    if !can_trace(&place) {
        return;
    }
    let mut left_count = 0;
    for (call, step) in [("write", 1), ("fdatasync", 2), ("openat", 3)] {
        let mut hit_count = 0;
        for when in (1..12 * step).step_by(step) {
            for fault in ["error=EIO", "signal=SIGKILL"] {
                let left_before = left_count;
                let inject = format!("inject={call}:{fault}:when={when}");
                let only = format!("trace={call}");
                let args = "backup --data d --to copy";
                let mut command = traced(&place, &["-e", &only, "-e", &inject], args);
                let ended = place.start_command(&mut command).wait();
                let is_hit = ended.code != Some(0);
                hit_count += u64::from(is_hit);
                let about = format!("{inject}: {ended:?}");
                // What a killed one leaves is in nobody's way, and nobody removes it.
                left_count += usize::from(place.partials().len() > left_count);
                assert_eq!(place.partials().len(), left_count, "{about}");
                assert!(ended.code.is_none() || left_before == left_count, "{about}");
                if place.join("copy").exists() {
                    assert_eq!(number(&place.verified("copy"), "last_sequence"), 6_006, "{about}");
                    fs::remove_dir_all(place.join("copy")).unwrap();
                } else {
                    assert!(is_hit, "{about}");
                }
            }
        }
        assert!(hit_count >= 8, "{call}: {hit_count}");
    }
    assert!(left_count > 0, "the kills left something");
}

#[test]
fn a_signal_ends_it_and_leaves_nothing() {
    let place = TestDir::new("backup", "signal");
    place.done("run --data d --limit 300000 --segment-bytes 1M");
    let before = place.files("d");
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        // A copy may be whole before the signal is noticed; not every time.
        let is_stopped = (0..200).any(|_| {
            let mut running = place.start("backup --data d --to copy");
            running.until(|| place.has_partial());
            running.signal(signal);
            let ended = running.wait().expect_code(0);
            assert!(!place.has_partial(), "{signal:?}: {ended:?}");
            if place.join("copy").exists() {
                fs::remove_dir_all(place.join("copy")).unwrap();
                return false;
            }
            assert_eq!(ended.stdout, "");
            ended.expect_said("stopped before the copy was complete");
            true
        });
        assert!(is_stopped, "{signal:?}");
    }
    // In the walk that comes before the copy, too.
    let mut running = place.start("backup --data d --to copy");
    running.until_status("SigCgt", |caught| caught & 0x4003 == 0x4003);
    running.signal(Signal::HUP);
    running.wait().expect_code(0).expect_said("stopped before the copy was complete");
    assert!(place.files("d") == before && !place.join("copy").exists() && !place.has_partial());
    place.done("backup --data d --to copy");
    place.done("diff d copy");
}

#[test]
fn a_copy_of_that_name_that_came_meanwhile_is_not_replaced_and_nothing_is_left() {
    let place = place("meanwhile");
    if !can_trace(&place) {
        return;
    }
    let options = ["-e", "trace=rename", "-e", "inject=rename:error=ENOTEMPTY"];
    let mut command = traced(&place, &options, "backup --data d --to copy");
    place.start_command(&mut command).wait().expect_code(1).expect_said("could not name 'copy'");
    let mut names = fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(!names.any(|name| name.as_encoded_bytes().starts_with(b"copy")));
    assert!(!place.has_partial());
}

#[test]
fn a_copy_that_is_not_what_was_copied_gets_no_name() {
    let place = place("flips");
    let args = BackupArgs {
        data: place.join("d"),
        to: place.join("copy"),
        cache: CacheArgs { cache_bytes: 1 << 20 },
    };
    for append in 0.. {
        plan(Break::Flip(append));
        let done = backup(BREAKING, &args, Console::on_stderr(), &StopFlag::default());
        if !broke() {
            assert!(done.is_ok() && append >= 4, "every segment is copied by an append at least");
            break;
        }
        assert!(done.is_err(), "append {append}");
        assert!(!place.join("copy").exists() && !place.has_partial());
    }
}

#[test]
fn everything_is_synced_before_the_copy_has_its_name() {
    let place = place("order");
    if !can_trace(&place) {
        return;
    }
    pack_segment(Linux, &place.join("d"), SegmentNumber(2), || true).unwrap();
    let only = "trace=openat,rename,renameat,renameat2,fsync,fdatasync";
    let mut command = traced(&place, &["-y", "-e", only], "backup --data d --to copy");
    place.start_command(&mut command).wait().expect_code(0);
    let calls = Trace::read(&place).calls;
    let named = calls.iter().position(|call| call.name.starts_with("rename")).unwrap();
    let synced = |name: &str| {
        let is_synced = |call: &&trace::Call| {
            call.name.ends_with("sync") && call.text.contains(&format!("{name}>"))
        };
        calls.iter().position(|call| is_synced(&call)).unwrap_or(usize::MAX)
    };
    // Its name while it grows, as the system was told it.
    let text = &calls[named].text;
    let partial = &text[text.find(".highwater-partial-").unwrap()..];
    let partial = &partial[..partial.find('"').unwrap()];
    for (name, _) in place.files("copy") {
        assert!(synced(&format!("/{partial}/{name}")) < named, "{name}: {calls:?}");
    }
    assert!(synced(&format!("/{partial}")) < named);
    let parent = place.path().file_name().unwrap().to_str().unwrap();
    let last = calls.iter().rposition(|call| {
        call.name.ends_with("sync") && call.text.contains(&format!("/{parent}>"))
    });
    assert!(last.unwrap() > named, "the name is made durable");
}
