//! One process writes a log, whatever becomes of its lock files; what a process reads is not
//! removed; and a log that is changed at large is read by nobody meanwhile.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;

use highwater_platform::{Platform, Sharing};
use highwater_storage::{Lease, LogDirectory};
use program::{Ended, Running, TestDir, number};
use runtime_linux::Linux;
use rustix::process::Signal;
use std::fs;
use std::os::unix::fs::symlink;

/// What becomes of the lock file while an engine runs.
type Spoil = (&'static str, fn(&TestDir));

/// An engine that has acknowledged something and goes on.
fn engine(place: &TestDir) -> Running {
    let mut engine = place.start("run --data d --limit 100000000 --rate 5000 --acks acks");
    engine.until(|| place.highest_ack("acks") > 100);
    assert!(!engine.has_ended());
    engine
}

fn ends_well(place: &TestDir, engine: Running) {
    engine.signal(Signal::TERM);
    engine.wait().expect_code(0);
    let verified = place.verified("d");
    assert_eq!(verified["state"], "stopped");
    assert_eq!(program::last_client_sequence(&verified, 1), place.highest_ack("acks"));
}

fn refused(ended: Ended) {
    ended.expect_code(1).expect_said("in use by another process");
}

#[test]
fn no_second_writer_gets_in_whatever_becomes_of_the_lock_file() {
    let spoils: [Spoil; 5] = [
        ("untouched", |_| ()),
        ("removed", |place| fs::remove_file(place.join("d/lock")).unwrap()),
        ("replaced", |place| {
            place.write("other", "");
            fs::rename(place.join("other"), place.join("d/lock")).unwrap();
        }),
        ("linked", |place| {
            place.write("other", "");
            fs::remove_file(place.join("d/lock")).unwrap();
            symlink("../other", place.join("d/lock")).unwrap();
        }),
        ("both", |place| {
            fs::remove_file(place.join("d/lock")).unwrap();
            fs::remove_file(place.join("d/lease")).unwrap();
        }),
    ];
    for (name, spoil) in spoils {
        let place = TestDir::new("locks", name);
        let engine = engine(&place);
        spoil(&place);
        symlink("d", place.join("e")).unwrap();
        for data in ["d", "e", "./d"] {
            refused(place.call(&format!("run --data {data} --limit 1")));
            refused(place.call(&format!("disk --data {data} --seconds 1")));
            refused(place.call(&format!("truncate --data {data} --at 50 --accept-loss")));
        }
        // Who reads knows that it runs.
        assert_eq!(place.verified("d")["state"], "running", "{name}");
        ends_well(&place, engine);
    }
}

#[test]
fn a_lock_is_taken_on_the_file_that_has_the_name() {
    let place = TestDir::new("locks", "inode");
    let path = place.join("lock");
    fs::write(&path, "").unwrap();
    let lock = |sharing| Linux.lock(&path, sharing).unwrap();
    let held = lock(Sharing::Exclusive).unwrap();
    assert!(lock(Sharing::Exclusive).is_none() && lock(Sharing::Shared).is_none());
    assert!(Linux.is_locked(&path).unwrap());
    fs::remove_file(&path).unwrap();
    assert!(Linux.lock(&path, Sharing::Exclusive).is_err(), "there is no such file");
    fs::write(&path, "").unwrap();
    let other = lock(Sharing::Exclusive).expect("it is another file");
    drop(held);
    assert!(lock(Sharing::Shared).is_none());
    drop(other);
    let shared = [lock(Sharing::Shared), lock(Sharing::Shared)];
    assert!(shared.iter().all(Option::is_some) && lock(Sharing::Exclusive).is_none());
    assert!(!Linux.is_locked(&path).unwrap(), "sharing excludes no reader");
}

/// A log of three snapshots' worth of segments.
fn grown(name: &str) -> TestDir {
    let place = TestDir::new("locks", name);
    for limit in [6_000, 6_000, 1_000] {
        place.done(&format!("run --data d --limit {limit} --segment-bytes 128K"));
        place.done("snapshot --data d --keep all");
    }
    place.done("run --data d --limit 500 --segment-bytes 128K");
    place
}

#[test]
fn what_is_read_is_not_removed_until_the_reader_ends() {
    let place = grown("lease");
    let lease = Lease::take(Linux, &place.join("d")).unwrap();
    let before = place.files("d");
    let held = place.done("snapshot --data d --keep snapshot --json");
    let held = program::json(&held.stdout);
    assert_eq!(number(&held, "retired_segments"), 0);
    assert!(held["held"].as_str().unwrap().contains("another process is reading"), "{held}");
    let after = place.files("d");
    let is_left = |file: &(String, Vec<u8>)| after.contains(file);
    assert!(before.iter().all(is_left), "every file is as it was");
    // A reader that dies lets go of it like one that ends.
    drop(lease);
    place.done("run --data d --limit 500 --segment-bytes 128K");
    let retired = program::json(&place.done("snapshot --data d --keep snapshot --json").stdout);
    assert!(number(&retired, "retired_segments") > 0, "{retired}");
    assert!(retired["held"].is_null());
    place.verified("d");
}

#[test]
fn a_log_that_is_read_is_not_cut_and_one_that_is_cut_is_not_read() {
    let place = grown("cut");
    let directory = LogDirectory::open_read_only(Linux, &place.join("d")).unwrap();
    let lease = Lease::take(Linux, &place.join("d")).unwrap();
    let before = place.files("d");
    let refused = place.call("truncate --data d --at 50 --nearest --accept-loss").expect_code(1);
    refused.expect_said("is being read by another process");
    assert!(place.files("d") == before);
    drop(lease);
    let alone = directory.removal().unwrap().expect("nobody reads");
    for args in
        ["verify --data d", "dump --data d --to 1", "book --data d", "backup --data d --to b"]
    {
        let refused = place.call(args).expect_code(1);
        refused.expect_said("is being changed by another process");
    }
    drop(alone);
    place.verified("d");
}

#[test]
fn readers_beside_an_engine_that_retires_never_find_a_sound_log_damaged() {
    let place = TestDir::new("locks", "beside");
    let mut engine = place.start(
        "run --data d --orders 20000 --limit 100000000 --rate 1000 --acks acks \
         --segment-bytes 64K --snapshot-bytes 256K --keep snapshot",
    );
    engine.until(|| place.join("d/0000000000000003.log").exists());
    let is_first_there = || place.join("d/0000000000000001.log").exists();
    let mut looks = 0;
    // Until segments were retired, and for some time after that.
    while !engine.has_ended() && looks < 4 {
        for args in ["verify --data d", "dump --data d", "book --data d"] {
            place.done(args);
        }
        // The second of the two may be a little longer.
        let compared = place.call("diff d d");
        assert!(compared.code < Some(2) && compared.stderr.is_empty(), "{compared:?}");
        place.done(&format!("backup --data d --to b{looks}"));
        fs::remove_dir_all(place.join(&format!("b{looks}"))).unwrap();
        looks += u32::from(!is_first_there());
    }
    assert!(!engine.has_ended() && !is_first_there(), "nothing was retired");
    ends_well(&place, engine);
}
