//! `highwater bench` measures what it is asked for, tells what the modes can lose, and leaves
//! nothing but its report and its page.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;
#[path = "common/trace.rs"]
pub mod trace;

use program::{TestDir, json, number};
use rustix::process::Signal;
use serde_json::Value;
use std::fs;
use trace::{can_trace, traced};

/// The whole measurement, as short as it can be.
const PROFILES: &str = "bench --profiles --seconds 1 --data d --report report.md";

fn place(name: &str) -> TestDir {
    TestDir::new("bench", name)
}

/// Measures one part as short as it can be, and returns what it says as JSON.
fn measured(place: &TestDir, part: &str) -> Value {
    let args = format!("bench {part} --seconds 1 --data d --report report.md --json");
    json(&place.done(&args).stdout)
}

/// Of every mode, in order.
fn each<'a, T>(measured: &'a Value, of: impl Fn(&'a Value) -> T) -> Vec<T> {
    measured["modes"].as_array().unwrap().iter().map(of).collect()
}

/// The data is gone, and nothing came but the report.
fn expect_nothing_else(place: &TestDir) {
    let entries = fs::read_dir(place.path()).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["d", "report.html", "report.md"]);
    assert_eq!(fs::read_dir(place.join("d")).unwrap().count(), 0, "the data is removed");
}

#[test]
fn the_five_modes_are_measured_and_none_loses_more_than_it_says() {
    let place = place("modes");
    place.write("report.html", "");
    place.write("report.md", "# Mine\n\n## Profiles\n\nold\n\n## Kept\n\nas it is\n");
    let measured = json(&place.done(&format!("{PROFILES} --json")).stdout);
    let names = each(&measured, |row| row["mode"].as_str().unwrap());
    assert_eq!(names, ["full", "group", "interval", "checkpoint", "off"]);
    for row in each(&measured, |row| row) {
        let run = &row["run"];
        assert_eq!(run["sync"], row["mode"]);
        assert!(number(run, "commands") > 0, "{row}");
        assert_eq!(number(&run["acknowledgement"], "count"), number(run, "commands"), "{row}");
        assert!(number(&row["alone"], "count") > 0, "{row}");
        assert_eq!(number(&row["alone"], "count"), number(&row["bare"], "count"), "in turns");
    }
    let bare: u64 = each(&measured, |row| number(&row["bare"], "count")).iter().sum();
    assert_eq!(bare, number(&measured["bare"], "count"));
    let worst = each(&measured, |row| number(&row["run"], "released_not_durable_max"));
    assert_eq!(worst[..2], [0, 0], "answers of full and group are durable");
    assert!((1..=100).contains(&worst[2]), "balanced loses at most 100: {worst:?}");
    assert!(worst[3] > 0 && worst[4] > 0, "{worst:?}");
    let not_durable = each(&measured, |row| row["loss"].as_str().unwrap().contains("NOT DURABLE"));
    assert_eq!(not_durable, [false, false, true, true, true]);
    let full = &measured["modes"][0]["run"];
    assert!(number(full, "syncs") >= number(full, "commands"), "each is synced alone: {full}");

    expect_nothing_else(&place);
    let report = place.read("report.md");
    assert!(report.starts_with("# Mine\n\n## Profiles\n\nhighwater "), "{report}");
    assert!(report.ends_with("\n\n## Kept\n\nas it is\n"), "{report}");
    assert!(!report.contains("old"), "{report}");
    assert!(report.contains(&format!("`highwater {PROFILES} --json`")), "{report}");
    assert_eq!(report.matches("NOT DURABLE").count(), 3, "{report}");
}

#[test]
fn a_signal_ends_it_early_and_leaves_the_report_as_it_was() {
    for (name, signal) in
        [("interrupt", Signal::INT), ("terminate", Signal::TERM), ("hang_up", Signal::HUP)]
    {
        let place = place(name);
        place.write("report.md", "before");
        place.write("report.html", "before");
        let mut running = place.start(PROFILES);
        let data = place.join("d");
        running.until(|| fs::read_dir(&data).is_ok_and(|mut entries| entries.next().is_some()));
        running.signal(signal);
        let ended = running.wait().expect_code(0).expect_said("the report has nothing of it");
        assert_eq!(ended.stdout, "");
        assert_eq!(place.read("report.md"), "before");
        assert_eq!(place.read("report.html"), "before");
        expect_nothing_else(&place);
    }
}

#[test]
fn a_disk_that_fails_is_a_sentence_and_no_table() {
    let place = place("fault");
    if !can_trace(&place) {
        return;
    }
    place.write("report.md", "before");
    let options = ["-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO:when=20+"];
    let ended = place.start_command(&mut traced(&place, &options, PROFILES)).wait();
    let ended = ended.expect_code(1).expect_said("Input/output error");
    assert_eq!(ended.stdout, "");
    assert_eq!(place.read("report.md"), "before");
    assert_eq!(fs::read_dir(place.join("d")).unwrap().count(), 0, "the data is removed");
}

#[test]
fn usage_that_is_wrong_is_exit_code_2() {
    let place = place("usage");
    for args in ["bench --nothing", "bench --profiles --seconds 0", "bench --profiles --seconds 11"]
    {
        place.call(args).expect_code(2).expect_said("--");
    }
    assert!(place.files(".").is_empty(), "nothing is left");
    place.write("file", "");
    place.call("bench --profiles --data file").expect_code(1).expect_said("could not create");
}

#[test]
fn loads_rise_until_one_is_not_reached_and_every_answer_is_counted() {
    let place = place("load");
    let load = measured(&place, "--load");
    let runs = load["runs"].as_array().unwrap();
    let (last, paced) = runs.split_last().unwrap();
    assert!(last["rate"].is_null(), "the last is offered without pause: {last}");
    let rates: Vec<u64> = paced.iter().map(|run| number(run, "rate")).collect();
    let all = [1_000, 10_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000];
    assert_eq!(rates, all[..rates.len()], "the lowest first");
    for run in runs {
        assert!(number(run, "commands") > 0);
        assert_eq!(number(&run["acknowledgement"], "count"), number(run, "commands"), "{run}");
    }
    expect_nothing_else(&place);
    let (report, page) = (place.read("report.md"), place.read("report.html"));
    assert!(report.contains("corrected for coordinated omission"), "{report}");
    let rows = report.lines().filter(|line| line.starts_with('|')).count();
    assert_eq!(rows, 2 + runs.len(), "{report}");
    assert!(page.contains("<h2>Load</h2>") && page.matches("<svg").count() == 3, "{page}");
    assert!(page.contains("Answer latency against offered load"), "{page}");
}

#[test]
fn every_start_recovers_the_whole_log() {
    let place = place("recovery");
    let recovery = measured(&place, "--recovery");
    let starts = recovery["starts"].as_array().unwrap();
    let caches: Vec<&str> = starts.iter().map(|start| start["cache"].as_str().unwrap()).collect();
    assert_eq!(caches, ["cold", "warm", "cold", "warm", "cold", "warm"]);
    let commands: Vec<u64> = starts.iter().map(|start| number(start, "commands")).collect();
    assert!(commands[0] >= 1_000_000, "{commands:?}");
    // Each start adds the one command that it was given.
    assert!(commands.windows(2).all(|pair| pair[1] == pair[0] + 1), "{commands:?}");
    expect_nothing_else(&place);
}

#[test]
fn history_is_read_while_the_engine_writes() {
    let place = place("history");
    let history = measured(&place, "--history");
    let rows = history["rows"].as_array().unwrap();
    let readers: Vec<&str> = rows.iter().map(|row| row["reader"].as_str().unwrap()).collect();
    assert_eq!(readers, ["none", "book", "verify"]);
    for beside in rows.iter().flat_map(|row| [&row["unpaced"], &row["paced"]]) {
        let run = &beside["run"];
        assert!(number(run, "recovered_commands") >= 200_000, "there is something to read: {run}");
        assert_eq!(number(&run["acknowledgement"], "count"), number(run, "commands"), "{run}");
    }
    for row in rows {
        let is_read = row["reader"] != "none";
        for beside in [&row["unpaced"], &row["paced"]] {
            assert_eq!(beside["reads"].is_object(), is_read, "{row}");
        }
    }
    expect_nothing_else(&place);
}

#[test]
fn the_classic_run_tells_what_is_safe_beside_the_published_figures() {
    let place = place("classic");
    let classic = measured(&place, "--classic");
    let columns = classic["columns"].as_array().unwrap();
    let modes: Vec<_> = columns.iter().map(|column| &column["unpaced"]["sync"]).collect();
    assert_eq!(modes, ["full", "off", "group"]);
    let durable: Vec<_> = columns.iter().map(|column| &column["unpaced"]["durable"]).collect();
    assert_eq!(durable, [&Value::Bool(true), &Value::Bool(false), &Value::Bool(true)]);
    let of = |name: &str| -> Vec<u64> {
        columns.iter().map(|column| number(&column["unpaced"], name)).collect()
    };
    assert_eq!(of("commands"), [50_000; 3]);
    assert_eq!(of("rejects"), [0; 3]);
    // The same orders give the same trades, whatever is synced when.
    let hashes = columns.iter().map(|column| &column["unpaced"]["state_hash"]);
    assert_eq!(hashes.collect::<std::collections::HashSet<_>>().len(), 1, "{classic}");
    assert!(of("trades")[0] > 0 && of("trades") == [of("trades")[0]; 3]);
    assert!(of("syncs")[0] >= 50_000 && of("syncs")[2] < 50_000, "{:?}", of("syncs"));
    let report = place.read("report.md");
    for said in [
        "| errors | 0 | 0 | 0 |",
        "| status | complete | complete | complete |",
        "NOT DURABLE: ",
        "| per-order sync | 9.78 K/s | 99.68 |",
        "| memory only | 418.80 K/s | 1.75 |",
        "| group commit, hoped for | 200 K/s | 5 | 4 | 8 | 15 |",
        "| group commit, measured | 41.11 K/s | 22.47 | 14.50 | 39.71 | 114.25 |",
    ] {
        assert!(report.contains(said), "'{said}' is not in {report}");
    }
    expect_nothing_else(&place);
}

#[test]
fn parts_share_one_report_and_one_page_that_needs_no_other() {
    let place = place("page");
    for part in ["--disk", "--recovery", "--disk"] {
        measured(&place, part);
    }
    let (report, page) = (place.read("report.md"), place.read("report.html"));
    let headings = |text: &str, mark: &str| -> Vec<String> {
        text.lines().filter(|line| line.starts_with(mark)).map(str::to_owned).collect()
    };
    assert_eq!(headings(&report, "## "), ["## Disk", "## Recovery"]);
    assert_eq!(headings(&page, "<h2>"), ["<h2>Disk</h2>", "<h2>Recovery</h2>"]);
    assert!(report.contains("a bare write and sync p50 "), "{report}");
    assert!(report.contains("only reads the clock stood still for "), "{report}");
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("prefers-color-scheme: dark"));
    assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
    assert!(page.contains("Commit time of the disk"), "{page}");
    for other in ["<script", "<link", "<img", "src=", "href=", "url(", "@import"] {
        assert!(!page.contains(other), "'{other}' is in the page");
    }
    expect_nothing_else(&place);
}
