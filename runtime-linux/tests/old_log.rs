//! A log of version 2, written by the last program of that version, is read and continued.
#![cfg(target_os = "linux")]

#[path = "old_log/every_kind.rs"]
pub mod every_kind;
#[path = "old_log/life.rs"]
pub mod life;
#[path = "common/program.rs"]
pub mod program;

use every_kind::EveryKind;
use life::{Left, Trades, live};
use program::{TestDir, number};
use std::fs;
use std::path::{Path, PathBuf};

/// Where the stored log lies.
fn stored() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/old_log/version-2")
}

/// What replaying the stored log must come to.
fn expected() -> String {
    fs::read_to_string(stored().join("expected.txt")).unwrap()
}

/// The same of a log that was read.
fn told(last: u64, state_hash: &str, running_hash: &str) -> String {
    format!("last sequence {last}\nstate hash    {state_hash}\nrunning hash  {running_hash}\n")
}

/// A copy of the stored log as `d`.
fn copy(name: &str) -> TestDir {
    let place = TestDir::new("old_log", name);
    fs::create_dir(place.join("d")).unwrap();
    for entry in fs::read_dir(stored()).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name() != "expected.txt" {
            fs::copy(entry.path(), place.join("d").join(entry.file_name())).unwrap();
        }
    }
    place
}

/// What `verify` comes to.
fn verified(place: &TestDir) -> String {
    let verified = place.verified("d");
    let text = |name: &str| verified[name].as_str().unwrap().to_owned();
    told(number(&verified, "last_sequence"), &text("state_hash"), &text("running_hash"))
}

#[test]
fn the_stored_log_comes_to_its_hashes() {
    assert_eq!(verified(&copy("hashes")), expected());
}

/// Writes such a log with the program as it is now; `old_log/README.md` says when.
#[test]
#[ignore = "writes what is stored"]
fn write_the_log() {
    let place = TestDir::new("old_log", "write");
    let directory = place.join("d");
    let mut commands = EveryKind::new(2);
    let mut life = |count: usize, trades| {
        let some: Vec<_> = (0..count).map(|_| commands.draw()).collect();
        live(&directory, &some, trades)
    };
    life(30_000, Trades::Implied);
    place.done("snapshot --data d");
    life(5_000, Trades::Copied);
    place.done("snapshot --data d");
    let Left { last, state_hash, running_hash } = life(35_000, Trades::Implied);
    place.done("snapshot --data d");
    let text = told(last.0, &format!("{state_hash:016x}"), &format!("{running_hash:016x}"));
    place.write("expected.txt", text);
}
