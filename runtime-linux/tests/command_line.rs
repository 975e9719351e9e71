//! The command line does what its help says: exit codes, options, outputs, going on.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;

use flate2::Compression;
use flate2::write::GzEncoder;
use program::{Ended, TestDir, json, last_client_sequence, number};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Stdio};

const HEADER: &str = "seq,timestamp_ns,command,order_id,side,price_ticks,qty,new_order_id,symbol\n";

/// Two orders that trade, one that rests, and one that is refused.
const SMALL: &str =
    "1,10,NEW,1,B,100,5,,A\n2,20,NEW,2,S,100,3,,A\n3,30,IOC,3,S,90,9,,A\n4,40,CANCEL,77,B,,,,A\n";
const SMALL_FILLS: &str =
    "aggressor_seq,fill_no,resting_order_id,price_ticks,qty\n2,0,1,100,3\n3,0,1,100,2\n";

fn place(name: &str) -> TestDir {
    TestDir::new("command_line", name)
}

/// A place with the small flow in `small.csv`.
fn small(name: &str) -> TestDir {
    let place = place(name);
    place.write("small.csv", [HEADER, SMALL].concat());
    place
}

#[test]
fn usage_that_is_wrong_is_exit_code_2() {
    let place = place("usage");
    for args in [
        "--nope",
        "bogus",
        "run --rate 0",
        "run --limit x",
        "run --segment-bytes 5000",
        "run --sync maybe",
        "run --orders 0",
        "run --sessions 1",
        "run --group-delay 5",
        "run --sync full --group-delay 5ms",
        "run --group-delay automatic",
        "run --group-delay auto --group-count 5",
        "run --sync-count 100",
        "config --profile benchmark --sync-interval 1ms",
        "--limit 5 verify",
        "dump --from x",
        "gen --seed 1",
        "verify extra",
    ] {
        let ended = place.call(args).expect_code(2).expect_said("--help");
        assert_eq!(ended.stdout, "", "{args}");
    }
    assert!(place.files(".").is_empty(), "nothing is created");
}

#[test]
fn help_says_defaults_and_units() {
    let place = place("help");
    let help = |args: &str| place.done(args).stdout;
    let run = help("run --help");
    for said in [
        "[default: highwater-data]",
        "[default: group]",
        "[default: auto]",
        "[default: adaptive]",
        "[default: 64M]",
        "[default: 1048576, or as the log has it]",
        "[default: 16384, or as the log has it]",
        "[default: 256, or as the log has it]",
        "[default: as fast as the engine takes them]",
        "[default: all of a flow, 2000000 of the stream]",
        "[default: the seeded stream]",
        "commands a second",
        "in bytes",
        "NOT DURABLE",
    ] {
        assert!(run.contains(said), "run --help does not say: {said}");
    }
    assert!(help("--help").contains("Exit codes: 0 done"));
    assert!(help("gen --help").contains("[default: 1000000]"));
    assert!(help("verify --help").contains("[default: highwater-data]"));
    assert!(help("dump --help").contains("[default: the log's last]"));
    assert_eq!(help("--version"), format!("highwater {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_run_goes_on_where_the_last_one_stood() {
    let place = place("goes_on");
    let first = place.done("run --data d --limit 700 --segment-bytes 64K");
    let both = [&*first.stderr, &first.stdout].concat();
    assert!(first.stderr.contains("a new log in 'd'"), "{first:?}");
    assert_eq!(both.matches("a new log in 'd'").count(), 1, "it is said once: {first:?}");
    let second = place.done("--data d --limit 300 --acks - --json");
    assert!(
        second.stderr.contains("from 'd'") && second.stderr.contains("up to seq 700"),
        "{second:?}"
    );
    let acks = numbers(&second.stdout);
    assert!(acks[0] >= 700 && acks.is_sorted() && *acks.last().unwrap() == 1_000, "{acks:?}");
    let verified = place.verified("d");
    assert_eq!(last_client_sequence(&verified, 1), 1_000);
    assert_eq!(verified["state"], "stopped");
    // A limit of nothing recovers and does nothing.
    let nothing = json(&place.done("run --data d --limit 0 --json").stdout);
    assert_eq!(
        (number(&nothing, "commands"), number(&nothing, "last_client_sequence")),
        (0, 1_000)
    );
    assert_eq!(nothing["state_hash"], verified["state_hash"]);
}

#[test]
fn with_acks_on_standard_output_nothing_else_is_there() {
    let place = place("acks");
    for more in ["", " --json"] {
        let ended = place.done(&format!("run --data d --limit 500 --acks -{more}"));
        assert!(!numbers(&ended.stdout).is_empty());
        assert!(ended.stderr.contains("commands"), "{ended:?}");
    }
    place.done("run --data d --limit 500 --acks acks");
    assert_eq!(numbers(&place.read("acks")).last(), Some(&1_500));
}

/// One number a line, each higher than the one before it.
fn numbers(text: &str) -> Vec<u64> {
    let numbers: Vec<u64> = text.lines().map(|line| line.parse().unwrap()).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
    numbers
}

#[test]
fn a_rate_is_kept_by_the_clock() {
    let place = place("rate");
    let summary = json(&place.done("run --data d --limit 200 --rate 1000 --json").stdout);
    assert_eq!(number(&summary, "commands"), 200);
    // The last of 200 commands is meant to go 200 ms after the first could.
    assert!(number(&summary, "elapsed_ns") >= 200_000_000, "{summary}");
    assert_eq!(number(&summary["acknowledgement"], "count"), 200);
}

#[test]
fn json_holds_the_documented_names() {
    let place = small("json");
    let ran = json(&place.done("run --flow small.csv --data d --json").stdout);
    let expected = [
        "ended data sync durable loss released_not_durable_max io file_system",
        "recovered_commands recovered_client_sequence",
        "recovery_ns torn_tail_bytes",
        "snapshot_sequence snapshots_made snapshot_lag_bytes snapshot_lag_bytes_max snapshot_holds",
        "packed_bytes plain_bytes retired_bytes",
        "skipped_lines commands trades rejects rejects_by_reason",
        "duplicates elapsed_ns commands_per_second critical_path rate acknowledgement syncs",
        "sync_ns_avg sync_ns_max sync_time spare_waits spare_wait_ns_total commands_per_sync",
        "log_bytes last_sequence last_client_sequence",
        "open_orders state_hash reserved_bytes instruments",
    ];
    assert_names(&ran, &expected.join(" "));
    assert_names(
        &ran["acknowledgement"],
        "count avg_ns min_ns p50_ns p90_ns p99_ns p99_9_ns max_ns",
    );
    assert_eq!((number(&ran, "trades"), number(&ran, "rejects")), (2, 1));
    assert_eq!(
        (&ran["ended"], &ran["sync"], &ran["durable"]),
        (&"finished".into(), &"group".into(), &true.into())
    );

    let verified = place.verified("d");
    let expected = "data state first_sequence last_sequence sessions records segments log_bytes \
                    torn_tail_bytes open_orders state_hash running_hash start_snapshot snapshots";
    assert_names(&verified, expected);
    assert_eq!(number(&verified, "first_sequence"), 1);
    assert_eq!(number(&verified, "torn_tail_bytes"), 0);
    assert_eq!(verified["state_hash"], ran["state_hash"]);
    let counted: u64 =
        verified["records"].as_array().unwrap().iter().map(|record| number(record, "count")).sum();
    assert_eq!(counted, number(&verified, "last_sequence"));

    let dumped: Vec<Value> = place.done("dump --data d --json").stdout.lines().map(json).collect();
    let sequences: Vec<u64> = dumped.iter().map(|record| number(record, "sequence")).collect();
    assert!(sequences.iter().copied().eq(1..=number(&verified, "last_sequence")), "{sequences:?}");
    let last = dumped.last().unwrap();
    assert_eq!((last["record"].as_str(), number(last, "order")), (Some("cancel"), 77));
    let some = place.done("dump --data d --from 2 --to 3");
    assert_eq!(some.stdout.lines().count(), 2);
    assert!(some.stdout.lines().all(|line| line.starts_with(['2', '3'])), "{some:?}");
}

/// What a command says that is asked for sequences which the log does not have.
#[test]
fn a_sequence_that_is_not_there_is_said() {
    let place = small("not_there");
    place.done("run --flow small.csv --data d");
    let last = number(&place.verified("d"), "last_sequence");
    let has = format!("in the log in 'd': it has the sequences 1 to {last}; name one of them with");
    for (args, at, flag) in [
        (format!("dump --from {}", last + 1), last + 1, "--from"),
        (format!("dump --json --from {0} --to {0}", last + 9), last + 9, "--from"),
        (format!("dump --from {last} --to {}", last + 9), last + 9, "--to"),
        ("dump --to 18446744073709551615".to_owned(), u64::MAX, "--to"),
        (format!("book --at {}", last + 1), last + 1, "--at"),
    ] {
        let ended = place.call(&format!("{args} --data d")).expect_code(1);
        let said = format!("there is no sequence {at} {has} {flag}\n");
        assert_eq!(ended.stderr, said, "{args}");
        // What is there of those that were asked for is printed.
        assert_eq!(ended.stdout.is_empty(), flag != "--to", "{args}");
    }
    let ended =
        place.call("dump --data d --from 3 --to 2").expect_code(1).expect_said("from 3 up to 2");
    assert_eq!(ended.stdout, "");
    assert_eq!(
        place.done(&format!("dump --data d --from {last} --to {last}")).stdout.lines().count(),
        1
    );
    for args in ["dump --from 0", "dump --to 0", "book --at 0"] {
        place.call(&format!("{args} --data d")).expect_code(2);
    }
    fs::create_dir(place.join("empty")).unwrap();
    place.done("run --flow small.csv --data cut");
    place.done("truncate --data cut --at 0 --accept-loss");
    assert_eq!(place.done("dump --data cut").stdout, "");
    place.call("dump --data cut --from 1").expect_code(1).expect_said("it has none yet");
}

#[test]
fn a_run_that_fails_says_so_first_and_nothing_of_nothing() {
    let place = small("fails");
    place.write("flow.csv", [HEADER, "1,1,NEW,1,B,x,1,,A\n"].concat());
    let ended = place.call("run --flow flow.csv --data d").expect_code(1);
    assert_eq!(ended.stdout, "", "no command was taken");
    let said: Vec<&str> = ended.stderr.lines().collect();
    assert!(said[1].starts_with("flow.csv:2:13: price_ticks is"), "{said:?}");
    assert!(said[2].starts_with("the lines before it are durable, up to seq 0"), "{said:?}");
    let ran = json(&place.call("run --flow flow.csv --data d --json").expect_code(1).stdout);
    assert_eq!((&ran["ended"], number(&ran, "commands")), (&"failed".into(), 0));

    // To one place, the error comes first.
    place.write("flow.csv", [HEADER, SMALL, "5,1,NEW,1,B,x,1,,A\n"].concat());
    let script = format!("exec {} run --flow flow.csv --data e 2>&1", program::PROGRAM);
    let ended = place.start_command(Command::new("sh").args(["-c", &script])).wait().expect_code(1);
    let error = ended.stdout.find("flow.csv:6:13: ").unwrap();
    let summary = ended.stdout.find("\ncommands            4\n").unwrap();
    assert!(error < summary, "{ended:?}");

    // A run that does nothing tells no times of it.
    let ended = place.done("run --flow small.csv --data f");
    assert!(ended.stdout.contains("durable answer      p50"), "{ended:?}");
    let ended = place.done("run --flow small.csv --data f");
    assert!(ended.stdout.starts_with("commands            0\n"), "{ended:?}");
    assert!(!ended.stdout.contains("p50"), "{ended:?}");
}

#[test]
fn a_summary_says_last_price_and_volume() {
    let place = small("volume");
    let ran = json(&place.done("run --flow small.csv --data d --limit 2 --json").stdout);
    let expected = r#"[{"symbol":"A","phase":"continuous","bid_ticks":100,"ask_ticks":null,
                        "last_trade_ticks":100,"volume_lots":3}]"#;
    assert_eq!(ran["instruments"], serde_json::from_str::<Value>(expected).unwrap());
    let ended = place.done("run --flow small.csv --data d");
    let row = "\nA                              -           -         100               2\n";
    assert!(ended.stdout.ends_with(row), "of this run alone: {ended:?}");
}

fn assert_names(object: &Value, expected: &str) {
    let names: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, expected.split_whitespace().collect::<Vec<_>>());
}

#[test]
fn fills_and_events_are_of_the_whole_flow() {
    let place = small("outputs");
    let run = "run --flow small.csv --data d --fills fills.csv --events events.jsonl";
    place.done(&format!("{run} --limit 2"));
    let begun = place.read("events.jsonl");
    place.done(run);
    assert_eq!(place.read("fills.csv"), SMALL_FILLS);
    let events = place.read("events.jsonl");
    assert!(events.starts_with(&begun), "what was told is told again");
    let kinds: Vec<String> =
        events.lines().map(|line| json(line)["kind"].as_str().unwrap().to_owned()).collect();
    let expected = "configured flow_bound instrument_defined accepted rested accepted trade \
                    accepted trade canceled rejected";
    assert_eq!(kinds.join(" "), expected);
    let rejected = json(events.lines().last().unwrap());
    assert_eq!(
        (rejected["reason"].as_str(), rejected["symbol"].as_str()),
        (Some("unknown_order"), Some("A"))
    );
    // A third run has nothing to do and tells the same.
    place.done(run);
    assert_eq!(
        (place.read("fills.csv"), place.read("events.jsonl")),
        (SMALL_FILLS.to_owned(), events)
    );
}

#[test]
fn another_flow_is_refused_and_nothing_is_touched() {
    let place = small("other_flow");
    place.done("run --flow small.csv --data d --fills fills.csv");
    let other = SMALL.replacen("1,10,NEW,1,B,100,5", "1,10,NEW,1,B,100,6", 1);
    fs::create_dir(place.join("other")).unwrap();
    place.write("other/small.csv", [HEADER, &other].concat());
    place.write("renamed.csv", [HEADER, SMALL].concat());
    place.write("shorter.csv", HEADER);
    let before = place.files("d");
    for flow in ["--flow other/small.csv", "--flow renamed.csv", "--flow shorter.csv", ""] {
        let ended =
            place.call(&format!("run {flow} --data d --fills fills.csv --events fills.csv.copy"));
        ended.expect_code(1).expect_said("--data").expect_said("'small.csv'");
        assert_eq!(place.read("fills.csv"), SMALL_FILLS, "{flow}");
        assert!(place.files("d") == before, "{flow}: the data directory changed");
    }
    fs::rename(place.join("other/small.csv"), place.join("flow-of-a-stream.csv")).unwrap();
    place.done("run --data stream --limit 10");
    place.call("run --flow small.csv --data stream").expect_code(1).expect_said("--data");
}

#[test]
fn a_flow_that_grew_is_the_same() {
    let place = small("grown");
    place.done("run --flow small.csv --data d --fills fills.csv");
    place.write(
        "small.csv",
        [HEADER, SMALL, "5,50,NEW,5,B,70,1,,B\n6,60,IOC,6,S,70,1,,B\n"].concat(),
    );
    let grown = json(&place.done("run --flow small.csv --data d --fills fills.csv --json").stdout);
    assert_eq!((number(&grown, "commands"), number(&grown, "skipped_lines")), (2, 4));
    assert_eq!(place.read("fills.csv"), [SMALL_FILLS, "6,0,5,70,1\n"].concat());
}

#[test]
fn compressed_and_plain_are_the_same_flow() {
    let place = small("compressed");
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all([HEADER, SMALL].concat().as_bytes()).unwrap();
    place.write("small.csv.gz", gzip.finish().unwrap());
    place.done("run --flow small.csv --data d --limit 2");
    place.done("run --flow small.csv.gz --data d --fills fills.csv");
    assert_eq!(place.read("fills.csv"), SMALL_FILLS);
}

#[test]
fn a_flow_with_only_a_header_is_done_and_may_grow() {
    let place = place("empty");
    place.write("flow.csv", HEADER);
    place.done("run --flow flow.csv --data d --fills fills.csv");
    assert_eq!(place.read("fills.csv"), SMALL_FILLS.lines().next().unwrap().to_owned() + "\n");
    place.write("flow.csv", [HEADER, SMALL].concat());
    place.done("run --flow flow.csv --data d --fills fills.csv");
    assert_eq!(place.read("fills.csv"), SMALL_FILLS);
}

#[test]
fn standard_input_is_a_flow() {
    let place = place("stdin");
    let flow = [HEADER, SMALL].concat();
    let run = "run --flow - --data d --fills fills.csv --limit";
    place.call_with_input(&format!("{run} 1"), flow.as_bytes()).expect_code(0);
    place.call_with_input(&format!("{run} 9"), flow.as_bytes()).expect_code(0);
    assert_eq!(place.read("fills.csv"), SMALL_FILLS);
    assert_eq!(last_client_sequence(&place.verified("d"), 1), 4);
}

#[test]
fn a_pipe_that_pauses_is_answered_meanwhile() {
    let place = place("pause");
    let run = "run --flow - --data d --fills fills.csv --acks acks";
    let mut running = place.start_command(place.command(run).stdin(Stdio::piped()));
    let mut pipe = running.take_stdin();
    let mut written = HEADER.to_owned();
    pipe.write_all(HEADER.as_bytes()).unwrap();
    for (line, number) in SMALL.split_inclusive('\n').zip(1..) {
        // Not even a line has to come in one piece.
        let (head, rest) = line.split_at(5);
        pipe.write_all(head.as_bytes()).unwrap();
        pipe.write_all(rest.as_bytes()).unwrap();
        written.push_str(line);
        running.until(|| place.highest_ack("acks") == number);
        assert!(!running.has_ended(), "it ended at line {number}: {:?}", running.wait());
    }
    drop(pipe);
    running.wait().expect_code(0);
    assert_eq!(written, [HEADER, SMALL].concat());
    assert_eq!(place.read("fills.csv"), SMALL_FILLS);
}

#[test]
fn capacities_may_change_at_a_restart_and_the_state_survives() {
    let place = place("capacities");
    place.done("run --data d --limit 3000");
    let mut before = place.verified("d");
    let hash = |verified: &Value| verified["state_hash"].as_str().unwrap().to_owned();
    for (capacities, full) in [
        ("--orders 2000000 --instruments 20000 --sessions 300", ""),
        ("--orders 10 --instruments 4 --sessions 2", "orders_full"),
        ("", "orders_full"),
        ("--orders 100000", ""),
    ] {
        // Recovery alone changes nothing but the capacities; then some commands are taken.
        place.done(&format!("run --data d --limit 0 {capacities}"));
        let after = place.verified("d");
        assert_eq!(after["open_orders"], before["open_orders"], "{capacities}");
        assert_eq!(after["sessions"][1], before["sessions"][1], "{capacities}");
        let ran =
            json(&place.done(&format!("run --data d --limit 500 --json {capacities}")).stdout);
        let rejects = ran["rejects_by_reason"].to_string();
        assert_eq!(rejects.contains("orders_full"), !full.is_empty(), "{capacities}: {rejects}");
        before = place.verified("d");
        assert_eq!(ran["state_hash"].as_str().unwrap(), hash(&before));
    }
    assert_eq!(last_client_sequence(&before, 1), 5_000);
}

#[test]
fn instruments_beyond_the_capacity_are_rejected() {
    let place = place("instruments_full");
    let lines: Vec<String> =
        (1..=6).map(|number| format!("{number},1,NEW,{number},B,10,1,,S{number}\n")).collect();
    place.write("flow.csv", [HEADER, &lines.concat()].concat());
    let run = "run --flow flow.csv --data d --instruments 3 --events events.jsonl --json";
    let ran = json(&place.done(run).stdout);
    assert_eq!(number(&ran, "open_orders"), 3);
    assert!(ran["rejects_by_reason"].to_string().contains("instruments_full"), "{ran}");
    let verified = place.verified("d");
    place.done(run);
    assert_eq!(place.verified("d")["state_hash"], verified["state_hash"]);
}

#[test]
fn the_stream_is_the_same_whoever_writes_it() {
    let place = place("gen");
    for (name, seed) in [("a.csv", 5), ("b.csv.gz", 5), ("c.csv", 6), ("one.csv", 1)] {
        place.generate(seed, 3_000, name);
    }
    let ended = place.done("gen --seed 5 --commands 3000 --out -");
    assert_eq!(ended.stdout, place.read("a.csv"));
    assert_ne!(place.read("a.csv"), place.read("c.csv"));
    let mut states = Vec::new();
    for args in [
        "--flow a.csv --data a",
        "--flow b.csv.gz --data b",
        "--flow one.csv --data one",
        "--data stream",
    ] {
        let ran = json(&place.done(&format!("run {args} --limit 3000 --json")).stdout);
        assert_eq!((number(&ran, "commands"), number(&ran, "rejects")), (3_000, 0), "{args}");
        states.push((
            number(&ran, "trades"),
            number(&ran, "open_orders"),
            ran["instruments"].clone(),
        ));
    }
    assert_eq!(states[0], states[1]);
    assert_eq!(states[2], states[3], "the default stream is that of seed 1");
    assert_ne!(states[0], states[2]);
}

#[test]
fn a_stream_nobody_reads_is_no_failure() {
    let place = place("closed");
    let mut running = place.start("gen --commands 1000000 --out -");
    running.close_stdout();
    running.wait().expect_code(0);
    place.done("run --data d --limit 2000");
    let mut running = place.start("dump --data d");
    running.close_stdout();
    running.wait().expect_code(0);
}

#[test]
fn without_sync_it_says_so() {
    let place = place("off");
    let ended = place.done("run --data d --limit 1000 --sync off").expect_said("NOT DURABLE");
    assert!(ended.stdout.contains("NOT DURABLE"), "{ended:?}");
    let ran = json(&place.done("run --data d --limit 1000 --sync off --json").stdout);
    assert_eq!((&ran["sync"], &ran["durable"]), (&"off".into(), &false.into()));
    assert_eq!(last_client_sequence(&place.verified("d"), 1), 2_000);
    let durable = place.done("run --data d --limit 1000");
    assert!(!durable.stdout.contains("NOT DURABLE"), "{durable:?}");
}

#[test]
fn the_mode_of_writing_may_change_at_every_start() {
    let place = place("modes");
    for (io, limit) in [("append", 900), ("auto", 800), ("append", 700), ("auto", 600)] {
        let ran = json(
            &place
                .done(&format!("run --data d --io {io} --limit {limit} --segment-bytes 32K --json"))
                .stdout,
        );
        if io == "append" {
            assert!(ran["io"].as_str().unwrap().starts_with("append"), "{ran}");
        }
    }
    place.done("run --data whole --limit 3000");
    assert_eq!(place.verified("d")["state_hash"], place.verified("whole")["state_hash"]);
}

/// Calls the program with arguments of any bytes.
fn call_bytes(place: &TestDir, args: &[&[u8]]) -> Ended {
    let mut command = place.command("");
    command.args(args.iter().map(|bytes| OsStr::from_bytes(bytes)));
    place.start_command(&mut command).wait()
}

#[test]
fn paths_may_be_any_bytes() {
    let place = place("bytes");
    let done = |args: &[&[u8]]| call_bytes(&place, args).expect_code(0);
    let at = |name: &[u8]| place.path().join(OsStr::from_bytes(name));
    let read = |name: &[u8]| fs::read_to_string(at(name)).unwrap();
    fs::write(at(b"\xff.csv"), [HEADER, SMALL].concat()).unwrap();
    fs::write(at(b"\xff.toml"), "io = 'append'\n").unwrap();
    let run: &[&[u8]] =
        &[b"run", b"--flow", b"\xff.csv", b"--data", b"d\xff", b"--fills", b"f\xff"];
    let more: &[&[u8]] =
        &[b"--events", b"e\xff", b"--acks", b"a\xff", b"--config", b"\xff.toml", b"--json"];
    // Twice: the log knows the flow again by its name.
    for limit in [b"2", b"9"] {
        let ran = done(&[run, more, &[b"--limit", limit]].concat());
        let ran = json(&ran.stdout);
        assert_eq!(ran["data"], "d\u{fffd}");
        assert!(ran["io"].as_str().unwrap().starts_with("append"), "{ran}");
    }
    // What is released at one time is one line of the acks.
    assert_eq!((read(b"f\xff").as_str(), read(b"a\xff").lines().last()), (SMALL_FILLS, Some("4")));
    assert!(read(b"e\xff").starts_with("{\"sequence\":1,"));
    fs::copy(at(b"\xff.csv"), at(b"\xfe.csv")).unwrap();
    let other = call_bytes(&place, &[b"run", b"--flow", b"\xfe.csv", b"--data", b"d\xff"]);
    other.expect_code(1).expect_said("has another name").expect_said("'\u{fffd}.csv'");

    for command in ["verify", "dump", "book", "snapshot"] {
        done(&[command.as_bytes(), b"--data", b"d\xff"]);
    }
    done(&[b"backup", b"--data", b"d\xff", b"--to", b"copy\xff"]);
    done(&[b"diff", b"d\xff", b"copy\xff"]);
    done(&[b"truncate", b"--data", b"copy\xff", b"--at", b"0", b"--accept-loss"]);
    done(&[b"gen", b"--commands", b"10", b"--out", b"g\xff.csv.gz"]);
    assert_eq!(fs::read(at(b"g\xff.csv.gz")).unwrap()[..2], [0x1f, 0x8b]);
    fs::write(at(b"o\xff"), [HEADER, "1,1,NEW,1,B,9,5,,A\n2,1,NEW,2,S,9,5,,A\n"].concat()).unwrap();
    done(&[b"auction", b"--orders", b"o\xff", b"--trades", b"t\xff"]);
    assert_eq!(read(b"t\xff").lines().nth(1), Some("0,1,2,9,5"));
    done(&[b"bench", b"--disk", b"--seconds", b"1", b"--report", b"r\xff.md"]);
    assert!(read(b"r\xff.md").contains("## ") && read(b"r\xff.html").contains("<h2>"));

    let clash = call_bytes(&place, &[run, &[b"--events", b"./f\xff"]].concat());
    clash.expect_code(2).expect_said("--fills and --events name the same file");
    fs::write(at(b"bad\xff"), "no flow\n").unwrap();
    let bad = call_bytes(&place, &[b"run", b"--flow", b"bad\xff", b"--data", b"new"]);
    bad.expect_code(1).expect_said("bad\u{fffd}:1:1: ");
    let lost = call_bytes(&place, &[b"gen", b"--out", b"no\xff/flow.csv"]);
    lost.expect_code(1).expect_said("cannot write the stream to no\u{fffd}/flow.csv");
    let file = call_bytes(&place, &[b"conform", b"bad\xff"]);
    file.expect_code(1).expect_said("'bad\u{fffd}'");

    // A TOML file is UTF-8 text: what cannot stand in it is left to the flag.
    let config = done(&[b"config", b"--data", b"d\xff"]).stdout;
    assert!(config.contains("only --data can name it.\n# data =\n"), "{config}");
    place.write("printed.toml", &config);
    place.done("config --config printed.toml");
}
