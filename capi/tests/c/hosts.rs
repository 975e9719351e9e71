//! Promise: hosts in C and C++ recover the state that they had printed before they crashed.

use crate::compiler::{Language, Library, PATIENCE, build, outcome, program, said, scratch};
use std::fs;
use std::path::{Path, PathBuf};

const FILES: &str = "examples/log_files.c";

#[test]
fn a_host_in_c_recovers_what_it_printed_before_it_crashed() {
    if let Some(host) = build(Language::C, &["examples/host.c", FILES], Library::Static) {
        crashes_and_recovers(&[host], "c");
    }
}

#[test]
fn a_host_in_cpp_recovers_what_it_printed_before_it_crashed() {
    if let Some(host) = build(Language::Cpp, &["examples/host.cpp", FILES], Library::Shared) {
        crashes_and_recovers(&[host], "cpp");
    }
}

#[test]
fn hosts_in_both_languages_go_on_from_each_other() {
    let c = build(Language::C, &["tests/c/programs/one.c", FILES], Library::Shared);
    let cpp = build(Language::Cpp, &["tests/c/programs/other.cpp", FILES], Library::Static);
    if let (Some(c), Some(cpp)) = (c, cpp) {
        crashes_and_recovers(&[c, cpp], "both");
    }
}

/// Runs the hosts in turn on one log, six lives in all, of which two end cleanly.
fn crashes_and_recovers(hosts: &[PathBuf], name: &str) {
    let folder = scratch().join(format!("log_of_{name}"));
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("what the last run left can be removed");
    }
    let mut before = None;
    let mut trades = 0;
    for (life, host) in (0..6).zip(hosts.iter().cycle()) {
        let [first, last] = live(host, &folder, if life % 3 == 2 { End::Stop } else { End::Crash });
        if let Some(before) = before.replace(last.state.clone()) {
            assert_eq!(first.state, before, "life {life} recovers what the one before printed");
        }
        assert_eq!(first.trades, trades, "every trade is replayed");
        assert!(last.trades > first.trades + 600, "most orders trade: {last:?}");
        trades = last.trades;
    }
}

/// What a host prints of its state.
#[derive(Debug)]
struct Printed {
    trades: u64,
    /// Sequence and hash.
    state: (u64, String),
}

/// How a life ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// Nothing is finished.
    Crash,
    /// Everything is.
    Stop,
}

/// One life of a host: what it recovered, and what it came to.
fn live(host: &Path, folder: &Path, end: End) -> [Printed; 2] {
    let (words, code, printed): (&[&str], _, _) = match end {
        End::Crash => (&["crash"], None, "crashed: "),
        End::Stop => (&[], Some(0), "stopped: "),
    };
    let output = outcome(program(host).arg(folder).args(words), PATIENCE);
    assert_eq!(output.status.code(), code, "{}", said(&output));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "nothing is rejected");
    let text = said(&output);
    let lines: Vec<&str> = text.lines().collect();
    let [first, last] = lines[..] else { panic!("two lines: {text}") };
    assert!(first.starts_with("recovered: "), "{text}");
    assert!(last.starts_with(printed), "{text}");
    [read(first), read(last)]
}

fn read(line: &str) -> Printed {
    let words: Vec<&str> = line.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let [_, "sequence", sequence, trades, "trades", "state", hash] = words[..] else {
        panic!("{line}")
    };
    Printed {
        trades: trades.parse().expect("a number"),
        state: (sequence.parse().expect("a number"), hash.to_owned()),
    }
}

#[test]
fn a_backtest_without_a_log_comes_to_the_same_each_time() {
    let Some(backtest) = build(Language::C, &["examples/backtest.c"], Library::Static) else {
        return;
    };
    let run = || {
        let output = outcome(&mut program(&backtest), PATIENCE);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        said(&output)
    };
    let text = run();
    assert!(text.contains("0 rejected") && text.contains("bid 1: "), "{text}");
    assert_eq!(run(), text);
}
