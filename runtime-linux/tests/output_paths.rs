//! No output destroys an input, another output or a log: every command refuses what would, before
//! anything is touched.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;

use program::{TestDir, number};
use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

const HEADER: &str = "seq,timestamp_ns,command,order_id,side,price_ticks,qty,new_order_id,symbol\n";
const LINES: &str = "1,10,NEW,1,B,100,5,,A\n2,20,NEW,2,S,100,3,,A\n";
const FILLS: &str = "aggressor_seq,fill_no,resting_order_id,price_ticks,qty\n2,0,1,100,3\n";

/// A place with a flow, a log and another one, and links of every kind to what is in them.
fn place(name: &str) -> TestDir {
    let place = TestDir::new("output_paths", name);
    place.write("flow.csv", [HEADER, LINES].concat());
    place.write("settings.toml", "sync = \"group\"\n");
    for log in ["d", "other"] {
        place.done(&format!("run --data {log} --limit 300 --segment-bytes 64K"));
    }
    place.write("d/notes.txt", "somebody's");
    fs::create_dir(place.join("links")).unwrap();
    let link = |to: &str, from: &str| symlink(to, place.join("links").join(from)).unwrap();
    for (to, from) in [
        ("../flow.csv", "flow"),
        ("../d/0000000000000001.log", "segment"),
        ("../d", "data"),
        ("../d/nothing.csv", "dangling"),
        ("../new.csv", "new"),
        ("../later", "later"),
    ] {
        link(to, from);
    }
    for (to, from) in [
        ("flow.csv", "hard-flow"),
        ("settings.toml", "hard-settings"),
        ("d/lock", "hard-lock"),
        ("d/0000000000000001.log", "hard-segment"),
    ] {
        fs::hard_link(place.join(to), place.join("links").join(from)).unwrap();
    }
    place
}

/// Everything below a directory: paths, what links lead to, which file it is, and its bytes.
fn tree(directory: &Path) -> Vec<(String, u64, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let metadata = fs::symlink_metadata(&path).unwrap();
        let target = fs::read_link(&path).unwrap_or_default();
        let shown = format!("{} {}", path.display(), target.display());
        if metadata.is_dir() {
            found.push((shown, metadata.ino(), Vec::new()));
            found.extend(tree(&path));
        } else {
            let bytes = if metadata.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
            found.push((shown, metadata.ino(), bytes));
        }
    }
    found.sort();
    found
}

/// Each call is refused with this sentence, and touches nothing.
fn refused(place: &TestDir, calls: &[&str], sentence: &str) {
    let before = tree(place.path());
    for args in calls {
        let ended = place.call(args).expect_code(2).expect_said(sentence);
        assert_eq!(ended.stdout, "", "{args}");
        assert!(tree(place.path()) == before, "{args}: something was touched");
    }
}

#[test]
fn an_output_is_no_input_under_any_name() {
    let place = place("inputs");
    let run = "run --flow flow.csv --data new";
    let calls: Vec<String> = ["--fills", "--events", "--acks"]
        .into_iter()
        .flat_map(|option| {
            ["flow.csv", "./flow.csv", "d/../flow.csv", "links/flow", "links/hard-flow"]
                .map(|path| format!("{run} {option} {path}"))
        })
        .chain(["orders.csv", "links/../flow.csv", "links/flow", "links/hard-flow"].map(|path| {
            let orders = if path == "orders.csv" { "orders.csv" } else { "flow.csv" };
            format!("auction --orders {orders} --trades {path}")
        }))
        .collect();
    refused(&place, &calls.iter().map(String::as_str).collect::<Vec<_>>(), "name the same file");
    refused(
        &place,
        &[
            "run --config settings.toml --data new --fills settings.toml",
            "run --config settings.toml --data new --acks links/hard-settings",
            "run --config links/hard-settings --data new --events ./settings.toml",
        ],
        "--config and --",
    );
}

#[test]
fn two_outputs_are_two_files_there_or_not() {
    let place = place("outputs");
    refused(
        &place,
        &[
            "run --data new --fills new.csv --events new.csv",
            "run --data new --fills new.csv --events ./new.csv",
            "run --data new --fills new.csv --events d/../new.csv",
            "run --data new --fills links/new --events new.csv",
            "run --data new --events new.csv --acks links/new",
            "run --data new --fills no/../new.csv --acks new.csv",
            "run --data new --fills - --events ./-",
            "bench --classic --report new.md --html ./new.md",
            "bench --classic --report new.html",
        ],
        "name the same file: give each a file of its own",
    );
}

#[test]
fn nothing_is_written_in_the_data_directory() {
    let place = place("data");
    for (option, more) in [("--fills", ""), ("--events", ""), ("--acks", " --limit 5")] {
        let calls: Vec<String> = [
            "--data d [] d/0000000000000001.log",
            "--data d [] d/lock",
            "--data d [] d/notes.txt",
            "--data d [] d/new.csv",
            "--data d [] d/no/new.csv",
            "--data d [] links/segment",
            "--data d [] links/dangling",
            "--data d [] links/data/new.csv",
            "--data links/data [] d/new.csv",
            "--data d [] links/hard-lock",
            "--data d [] links/hard-segment",
            "--data later [] later/new.csv",
            "--data links/later [] later/new.csv",
            "--data later [] links/later/new.csv",
            "--data later [] no/../later/new.csv",
            "--data later [] later",
            "--data d [] links/data",
        ]
        .map(|paths| format!("run {}{more}", paths.replace("[]", option)))
        .to_vec();
        let calls: Vec<&str> = calls.iter().map(String::as_str).collect();
        refused(&place, &calls, "the data directory '");
    }
    place.write("with-data.toml", "data = 'd'\n");
    refused(
        &place,
        &[
            "run --config with-data.toml --fills d/new.csv",
            "backup --data d --to d",
            "backup --data d --to d/copy",
            "backup --data d --to links/data/copy",
            "backup --data links/data --to d/copy",
            "backup --data d --to .././data",
        ],
        "the data directory '",
    );
    place.done("verify --data d");
    place.done("verify --data other");
}

#[test]
fn no_command_writes_into_a_log_that_it_was_not_told_of() {
    let place = place("other");
    refused(
        &place,
        &[
            "gen --commands 10 --out d/0000000000000001.log",
            "gen --commands 10 --out d/flow.csv.gz",
            "gen --commands 10 --out links/segment",
            "gen --commands 10 --out links/dangling",
            "gen --commands 10 --out links/data/flow.csv",
            "gen --commands 10 --out 0000000000000009.packed",
            "gen --commands 10 --out lock",
            "auction --orders flow.csv --trades d/0000000000000001.log",
            "auction --orders flow.csv --trades links/segment",
            "auction --orders flow.csv --trades 00000000000000000042.snapshot",
            "run --flow flow.csv --data new --fills other/0000000000000001.log",
            "run --flow flow.csv --data new --acks other/lock",
            "run --flow flow.csv --data new --acks other/new.csv",
            "run --flow flow.csv --data new --events snapshot-lock",
            "bench --classic --report d/report.md",
            "bench --classic --report d/0000000000000001.log --html page.html",
            "bench --classic --report report.md --html links/data/page.html",
            "backup --data d --to other/copy",
        ],
        "the engine",
    );
    place.done("verify --data d");
    place.done("verify --data other");
}

#[test]
fn a_copy_does_not_hold_what_it_is_a_copy_of() {
    let place = place("around");
    fs::create_dir(place.join("around")).unwrap();
    fs::rename(place.join("other"), place.join("around/other")).unwrap();
    refused(
        &place,
        &[
            "backup --data around/other --to around",
            "backup --data around/other --to around/../around",
            "backup --data no/log --to no",
        ],
        "--to names a directory that holds the data directory",
    );
}

#[test]
fn standard_streams_are_files_too() {
    let place = place("streams");
    let open = |name: &str| fs::File::options().read(true).append(true).open(place.join(name));
    for (args, stdin, stdout) in [
        ("run --flow - --data new --fills flow.csv", Some("flow.csv"), None),
        ("run --flow - --data new --acks links/hard-flow", Some("flow.csv"), None),
        ("run --flow flow.csv --data new --acks -", None, Some("flow.csv")),
        ("run --data d --acks -", None, Some("d/0000000000000001.log")),
        ("auction --orders - --trades -", Some("flow.csv"), Some("links/hard-flow")),
    ] {
        let before = tree(place.path());
        let mut command = place.command(args);
        command.stderr(Stdio::piped());
        if let Some(name) = stdin {
            command.stdin(open(name).unwrap());
        }
        if let Some(name) = stdout {
            command.stdout(open(name).unwrap());
        }
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args}: {output:?}");
        assert!(tree(place.path()) == before, "{args}: something was touched");
    }
}

#[test]
fn devices_and_pipes_may_be_named_several_times() {
    let place = place("devices");
    let null = "/dev/null";
    place.done(&format!("run --data e --limit 5 --fills {null} --events {null} --acks {null}"));
    place.done(&format!("run --flow flow.csv --data f --fills {null} --acks -"));
    place.done(&format!("bench --disk --seconds 1 --data . --report {null} --html {null}"));
    let ended = place.done("run --flow flow.csv --data g --fills /dev/stdout --events /dev/stdout");
    assert!(ended.stdout.contains(FILLS) && ended.stdout.contains("{\"sequence\":1,"), "{ended:?}");
    place.start_command(Command::new("mkfifo").arg("pipe")).wait().expect_code(0);
    let mut reader = Command::new("cat");
    let reader = place.start_command(reader.arg("pipe"));
    place.done("run --flow flow.csv --data h --fills pipe --events pipe");
    let read = reader.wait().expect_code(0).stdout;
    assert!(read.contains(FILLS) && read.contains("{\"sequence\":1,"), "{read}");
}

#[test]
fn nothing_of_somebody_else_is_taken_for_a_partial_file() {
    let place = place("partials");
    for name in ["fills.csv.partial", "acks.partial", "trades.csv.partial", "a.csv.partial"] {
        place.write(name, "somebody's");
    }
    fs::create_dir(place.join("copy.partial")).unwrap();
    place.write("copy.partial/file", "somebody's");
    place.write(".highwater-partial-1-1", "left by a killed one");
    place.done("run --flow flow.csv --data e --fills fills.csv --acks acks");
    place.done("gen --commands 10 --out a.csv");
    place.done("auction --orders flow.csv --trades trades.csv");
    place.done("backup --data d --to copy");
    for name in ["fills.csv.partial", "acks.partial", "trades.csv.partial", "a.csv.partial"] {
        assert_eq!(place.read(name), "somebody's", "{name}");
    }
    assert_eq!(place.read("copy.partial/file"), "somebody's");
    assert_eq!(place.read(".highwater-partial-1-1"), "left by a killed one");
    assert_eq!(place.partials().len(), 1, "nothing else is left");
    assert_eq!(
        number(&place.verified("copy"), "last_sequence"),
        number(&place.verified("d"), "last_sequence")
    );
    // Two outputs of one run may have such names.
    place
        .done("run --flow flow.csv --data f --fills x --events x.partial --acks x.partial.partial");
    assert_eq!(place.read("x"), FILLS);
    assert!(place.read("x.partial").starts_with("{\"sequence\":1,"));
    assert_eq!(place.highest_ack("x.partial.partial"), 2);
}

#[test]
fn an_output_through_a_link_is_written_where_the_link_leads() {
    let place = place("through");
    fs::create_dir(place.join("far")).unwrap();
    place.write("far/fills.csv", "of before");
    for name in ["fills.csv", "events.jsonl", "stream.csv"] {
        symlink(Path::new("far").join(name), place.join(name)).unwrap();
    }
    // A run that is refused leaves it as it was.
    place.write("bad.csv", "no flow\n");
    place.call("run --flow bad.csv --data e --fills fills.csv").expect_code(1);
    assert_eq!(place.read("far/fills.csv"), "of before");
    fs::remove_dir_all(place.join("e")).unwrap();
    place.done("run --flow flow.csv --data e --fills fills.csv --events events.jsonl");
    place.done("gen --commands 10 --out stream.csv");
    assert_eq!(place.read("far/fills.csv"), FILLS);
    assert!(place.read("far/events.jsonl").starts_with("{\"sequence\":1,"));
    assert_eq!(place.read("far/stream.csv").lines().count(), 11);
    for name in ["fills.csv", "events.jsonl", "stream.csv"] {
        assert!(place.join(name).is_symlink(), "{name} is a link still");
    }
}

#[test]
fn acks_do_not_empty_a_file_that_has_another_name() {
    let place = place("acks");
    place.write("precious", "somebody's");
    fs::hard_link(place.join("precious"), place.join("acks")).unwrap();
    place.done("run --flow flow.csv --data e --acks acks");
    assert_eq!((place.read("precious").as_str(), place.highest_ack("acks")), ("somebody's", 2));
}
