//! Promise: the core needs neither the standard library nor an allocator.
//!
//! A program that has neither links all of its public modules, trades, stops, recovers, and ends
//! with 0; and the same program fails to build as soon as either of the two is anywhere in it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "the proof needs Linux")]
fn a_host_without_std_and_without_an_allocator_trades_and_recovers() {
    let _one = one_at_a_time();
    let built = build(&[]);
    assert!(built.status.success(), "it builds: {}", stderr(&built));
    assert_eq!(run(), Some(0), "the number is that of a Failure in src/main.rs");
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "the proof needs Linux")]
fn control_a_wrong_expectation_is_seen() {
    let _one = one_at_a_time();
    let built = build(&["count_control"]);
    assert!(built.status.success(), "{}", stderr(&built));
    let events_failure = 8;
    assert_eq!(run(), Some(events_failure));
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "the proof needs Linux")]
fn control_std_and_an_allocator_do_not_build() {
    let _one = one_at_a_time();
    let std_twice = "E0152";
    let no_allocator = "no global memory allocator found";
    for (feature, said) in [
        ("std_control", std_twice),
        ("dependency_control", std_twice),
        ("alloc_control", no_allocator),
    ] {
        let built = build(&[feature]);
        assert!(!built.status.success(), "{feature} must not build");
        assert!(
            stderr(&built).contains(said),
            "{feature} fails for its reason: {}",
            stderr(&built)
        );
    }
}

#[test]
fn the_proof_uses_every_public_module() {
    let core = read("../core/src/lib.rs");
    let modules = core.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let modules: BTreeSet<&str> = modules.collect();
    assert!(modules.len() > 10, "the list is read from the core: {modules:?}");
    let proof = ["main.rs", "parts.rs", "snapshots.rs", "commands.rs", "memory_log.rs"];
    let proof: String = proof.iter().map(|file| read(&format!("no_std/src/{file}"))).collect();
    let unused = modules.iter().filter(|name| !proof.contains(&format!("use highwater::{name}::")));
    assert_eq!(unused.collect::<Vec<_>>(), Vec::<&&str>::new());
    assert!(!proof.contains("use highwater::nothing::"), "not everything is contained");
}

#[test]
fn the_proof_locks_the_versions_of_the_workspace() {
    let (workspace, proof) = (locked("../Cargo.lock"), locked("no_std/Cargo.lock"));
    let others: Vec<_> = proof.difference(&workspace).map(|(name, _)| name.as_str()).collect();
    let advice = "run `cargo update --precise VERSION NAME` in tests/no_std for the others";
    assert_eq!(others, ["no-std-proof"], "{advice}");
}

/// Every build of the proof ends in the same place, and a test runner may give each test a process:
/// who holds the lock builds and runs.
fn one_at_a_time() -> File {
    fs::create_dir_all(target_dir()).expect("the place of the builds can be made");
    let lock = File::create(target_dir().join("turn")).expect("the lock's file can be made");
    lock.lock().expect("it can be locked");
    lock
}

/// Builds the proof with some of its features, whatever this test itself was built with.
fn build(features: &[&str]) -> Output {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--locked", "--offline"]);
    cargo.args(["--features", &features.join(",")]).arg("--target-dir").arg(target_dir());
    cargo.current_dir(here("no_std"));
    for variable in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET", "RUSTC_WRAPPER"]
    {
        cargo.env_remove(variable);
    }
    cargo.output().expect("cargo runs")
}

/// Runs the proof that was built last; `None` when a signal ended it.
fn run() -> Option<i32> {
    let program = target_dir().join("debug").join("no-std-proof");
    Command::new(program).status().expect("the proof was built").code()
}

fn target_dir() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("no_std")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Names and versions of the packages in a lock file.
fn locked(path: &str) -> BTreeSet<(String, String)> {
    let text = read(path);
    let field = |package: &str, name: &str| {
        let line = package.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.trim_matches([' ', '=', '"']).to_owned())
    };
    let packages = text.split("[[package]]").skip(1);
    packages
        .filter_map(|package| Some((field(package, "name")?, field(package, "version")?)))
        .collect()
}

fn read(path: &str) -> String {
    let path = here(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
