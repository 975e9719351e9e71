//! `highwater bench --profiles` measures the five modes, tells what they can lose, and leaves
//! nothing but its report.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;
#[path = "common/trace.rs"]
pub mod trace;

use program::{Place, json, number};
use rustix::process::Signal;
use serde_json::Value;
use std::fs;
use trace::{can_trace, traced};

/// The whole measurement, as short as it can be.
const PROFILES: &str = "bench --profiles --seconds 1 --data d --report report.md";

fn place(name: &str) -> Place {
    Place::new("bench", name)
}

/// Of every mode, in order.
fn each<'a, T>(measured: &'a Value, of: impl Fn(&'a Value) -> T) -> Vec<T> {
    measured["modes"].as_array().unwrap().iter().map(of).collect()
}

/// The data is gone, and nothing came but the report.
fn expect_nothing_else(place: &Place) {
    let entries = fs::read_dir(place.path()).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["d", "report.md"]);
    assert_eq!(fs::read_dir(place.join("d")).unwrap().count(), 0, "the data is removed");
}

#[test]
fn the_five_modes_are_measured_and_none_loses_more_than_it_says() {
    let place = place("modes");
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
    for (name, signal) in [("interrupt", Signal::INT), ("terminate", Signal::TERM)] {
        let place = place(name);
        place.write("report.md", "before");
        let mut running = place.start(PROFILES);
        let data = place.join("d");
        running.until(|| fs::read_dir(&data).is_ok_and(|mut entries| entries.next().is_some()));
        running.signal(signal);
        let ended = running.wait().expect_code(0).expect_said("nothing was written down");
        assert_eq!(ended.stdout, "");
        assert_eq!(place.read("report.md"), "before");
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
    for args in ["bench", "bench --profiles --seconds 0", "bench --profiles --seconds 11"] {
        place.call(args).expect_code(2).expect_said("--");
    }
    assert!(place.files(".").is_empty(), "nothing is left");
    place.write("file", "");
    place.call("bench --profiles --data file").expect_code(1).expect_said("could not create");
}
