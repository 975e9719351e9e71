//! Tells the program which commit it is built from, where that is a checkout.

use std::path::Path;
use std::process::Command;

fn main() {
    for sources in ["..", "../../core/src", "../../runtime-linux/src", "../../runtime-macos/src"] {
        println!("cargo::rerun-if-changed={sources}");
    }
    // A copy within somebody else's checkout must not be named by theirs.
    if !Path::new("../../.git").exists() {
        return;
    }
    // Every commit and every switch of a branch writes to it.
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"]) {
        println!("cargo::rerun-if-changed={log}");
    }
    if let Some(commit) = git(&["describe", "--always", "--dirty", "--exclude=*", "--abbrev=10"]) {
        println!("cargo::rustc-env=HIGHWATER_COMMIT={commit}");
    }
}

/// What git says in a line; nothing where there is no git.
fn git(words: &[&str]) -> Option<String> {
    let ended = Command::new("git").args(words).output().ok()?;
    let line = String::from_utf8(ended.stdout).ok()?.trim().to_owned();
    (ended.status.success() && !line.is_empty()).then_some(line)
}
