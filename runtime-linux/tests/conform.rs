//! `highwater conform`: every scenario passes, every wrong expectation fails, and a file that the
//! schema does not allow is named.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;

#[path = "common/scenarios.rs"]
pub mod scenarios;

#[path = "conform/mutants.rs"]
mod mutants;

use mutants::{Fields, mutants_of};
use program::{Ended, TestDir, json, number};
use scenarios::own_files;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

fn place(name: &str) -> TestDir {
    TestDir::new("conform", name)
}

/// The scenarios of a file, each with the text of its fields.
fn scenarios_of(path: &Path) -> Vec<Fields> {
    let file: Fields = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    serde_json::from_str(file["scenarios"].get()).unwrap()
}

fn listed(files: &[PathBuf]) -> String {
    let names: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
    names.join(" ")
}

fn last_line(ended: &Ended) -> &str {
    ended.stdout.lines().last().unwrap_or_default()
}

#[test]
fn own_scenarios_pass() {
    let files = own_files();
    let count: usize = files.iter().map(|path| scenarios_of(path).len()).sum();
    assert!(count >= 90, "only {count} scenarios were found");
    let ended = place("own").call(&format!("conform {}", listed(&files)));
    assert_eq!(last_line(&ended), format!("{count} passed, 0 failed"), "{}", ended.stdout);
    assert_eq!(ended.stdout.lines().filter(|line| line.starts_with("ok ")).count(), count);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
}

#[test]
fn ids_are_unique() {
    let scenarios = own_files().into_iter().flat_map(|path| scenarios_of(&path));
    let mut ids: Vec<String> = scenarios.map(|scenario| scenario["id"].get().to_owned()).collect();
    ids.sort();
    let twice = ids.windows(2).find(|pair| pair[0] == pair[1]);
    assert_eq!(twice, None);
}

#[test]
fn scenarios_of_other_engines_pass() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/scenarios/scenarios.json");
    if !file.exists() {
        println!("skipped: the scenarios of other engines are not here: {}", file.display());
        return;
    }
    let ended = place("others").done(&format!("conform {}", file.display()));
    assert_eq!(last_line(&ended), "77 passed, 0 failed", "{}", ended.stdout);
}

/// A wrong expectation anywhere in a scenario makes it fail: each event, each of its fields, each
/// level of a book, each indicative price.
#[test]
fn every_wrong_expectation_fails() {
    let place = place("mutants");
    for path in own_files() {
        let mut all = Vec::new();
        for scenario in scenarios_of(&path) {
            let mutants = mutants_of(&scenario);
            assert!(!mutants.is_empty(), "{} has nothing to expect", scenario["id"].get());
            all.extend(mutants);
        }
        let text = serde_json::to_string(&all).unwrap();
        place.write("mutants.json", format!("{{\"scenarios\": {text}}}"));
        let ended = place.call("conform mutants.json").expect_code(1);
        let passed: Vec<&str> =
            ended.stdout.lines().filter(|line| line.starts_with("ok ")).collect();
        assert_eq!(passed, [""; 0], "{}: wrong expectations pass", path.display());
        assert_eq!(last_line(&ended), format!("0 passed, {} failed", all.len()));
    }
}

/// A file that passes, all on one line, and is spoiled in many ways.
const GOOD: &str = concat!(
    r#"{"schema_version": 1, "about": "a test", "count": 2, "scenarios": [{"id": "first", "#,
    r#""title": "t", "level": "hard", "features": [], "derived_from": {}, "config": {}, "#,
    r#""commands": [], "expect_events": [], "expect_book": {"bids": [], "asks": [], "#,
    r#""pending_stops": [], "last_trade": null}}, {"id": "second", "title": "t", "#,
    r#""level": "convention", "features": ["limit"], "derived_from": {"project": "p"}, "#,
    r#""notes": "n", "config": {"price_band": [1, 100], "max_qty": 50, "#,
    r#""max_notional": 5000}, "commands": [{"cmd": "new", "id": 1, "side": "buy", "#,
    r#""type": "limit", "price": 10, "qty": 5, "tif": "gtc"}, {"cmd": "reduce", "id": 1, "#,
    r#""by": 2}, {"cmd": "set_matching", "on": true}, {"cmd": "set_band", "band": [1, 9]}], "#,
    r#""expect_events": [[{"ev": "accepted", "id": 1}, {"ev": "rested", "id": 1, "#,
    r#""price": 10, "qty": 5}], [], [], []], "expect_book": {"bids": [[10, 3, 1, [1]]], "#,
    r#""asks": [], "pending_stops": [], "last_trade": null}}]}"#,
);

/// What takes the place of what in the good file, and what is said about it.
const SPOILED: [(&str, &str, &str); 58] = [
    (
        r#""cmd": "reduce""#,
        r#""cmd": "redcue""#,
        "'second': commands[1].cmd: unknown variant `redcue`",
    ),
    (r#""cmd": "new", "#, "", "'second': commands[0]: missing field `cmd`"),
    (r#", "qty": 5, "tif""#, r#", "tif""#, "'second': commands[0]: missing field `qty`"),
    (r#""price": 10, "qty": 5, "tif""#, r#""qty": 5, "tif""#, "commands[0]: missing field `price`"),
    (r#""type": "limit", "#, r#""type": "stop", "#, "commands[0]: missing field `trigger`"),
    (r#""tif": "gtc""#, r#""tif": "gtd""#, "commands[0]: missing field `expiry`"),
    (r#""side": "buy", "#, "", "'second': commands[0]: missing field `side`"),
    (r#""by": 2"#, r#""by": "2""#, "'second': commands[1].by: expected an integer, found \"2\""),
    (r#""by": 2"#, r#""by": 2.0"#, "'second': commands[1].by: expected an integer, found 2.0"),
    (r#""by": 2"#, r#""by": 2e1"#, "'second': commands[1].by: expected an integer, found 2e1"),
    (r#""by": 2"#, r#""by": null"#, "'second': commands[1]: missing field `by`"),
    (r#""by": 2"#, r#""by": [2]"#, "'second': commands[1].by: expected an integer, found [2]"),
    (
        r#""by": 2"#,
        r#""by": 2, "qty": 1"#,
        "commands[1].qty: unknown field `qty`, expected one of `id`",
    ),
    (r#""by": 2"#, r#""by": 2, "by": 3"#, "commands[1]: duplicate field `by`"),
    (
        r#""side": "buy""#,
        r#""side": "B""#,
        "commands[0].side: expected one of buy, sell, found \"B\"",
    ),
    (r#""side": "buy""#, r#""side": true"#, "commands[0].side: expected a text, found true"),
    (r#""type": "limit""#, r#""type": "LIMIT""#, "commands[0].type: expected one of limit, market"),
    (
        r#""tif": "gtc""#,
        r#""tif": "opg""#,
        "commands[0].tif: expected one of gtc, ioc, fok, gtd, day",
    ),
    (
        r#""tif": "gtc""#,
        r#""stp": "none""#,
        "commands[0].stp: expected one of allow, cancel_newest",
    ),
    (
        r#""tif": "gtc""#,
        r#""post_only": 1"#,
        "commands[0].post_only: invalid type: integer `1`, expected a boolean",
    ),
    (
        r#""on": true"#,
        r#""on": "true""#,
        "'second': commands[2].on: invalid type: string \"true\", expected a boolean",
    ),
    (r#""band": [1, 9]"#, r#""band": [1]"#, "'second': commands[3].band: expected a list of two"),
    (r#""band": [1, 9]"#, r#""band": [1, 2, 3]"#, "commands[3].band: expected a list of two"),
    (
        r#""band": [1, 9]"#,
        r#""band": 9"#,
        "commands[3].band: invalid type: integer `9`, expected a sequence",
    ),
    (
        r#""band": [1, 9]"#,
        r#""band": [1, "9"]"#,
        "'second': commands[3].band[1]: expected an integer",
    ),
    (
        r#""ev": "rested""#,
        r#""ev": "resting""#,
        "expect_events[0][1].ev: no event is called 'resting'",
    ),
    (
        r#""ev": "rested", "id": 1, "#,
        r#""ev": "rested", "#,
        "expect_events[0][1]: missing field `id`",
    ),
    (r#""qty": 5}]"#, r#""qty": true}]"#, "expect_events[0][1].qty: expected an integer"),
    (
        r#""qty": 5}]"#,
        r#""qty": 5, "reason": "user"}]"#,
        "expect_events[0][1].reason: unknown field `reason`",
    ),
    (
        r#"[{"ev": "accepted", "id": 1}, "#,
        r#"[{"ev": "rejected", "id": 1, "reason": "no"}, "#,
        "expect_events[0][0].reason: expected one of",
    ),
    ("5}], [], [], []]", "5}], [], []]", "'second': expect_events: 3 lists for 4 commands"),
    ("5}], [], [], []]", "5}], [], [], [], []]", "'second': expect_events: 5 lists for 4 commands"),
    (
        "5}], [], [], []]",
        "5}], {}, [], []]",
        "'second': expect_events[1]: invalid type: map, expected a sequence",
    ),
    (
        "[10, 3, 1, [1]]",
        "[10, 3, 1]",
        "bids[0]: invalid length 3, expected a level: [price, visible quantity, order count, [",
    ),
    (
        "[10, 3, 1, [1]]",
        "[10, 3, 1, [1], 5]",
        "bids[0]: invalid length 5, expected a level: [price",
    ),
    ("[10, 3, 1, [1]]", "{}", "expect_book.bids[0]: invalid type: map, expected a level: [price"),
    (r#""side": "buy""#, r#""side": {"buy": null}"#, "commands[0].side: expected a text, found {"),
    (
        r#""max_qty": 50"#,
        r#""max_qty": 50, "capacities": [1, 2, 3]"#,
        "config.capacities: invalid type: sequence, expected an object",
    ),
    (
        r#""ev": "accepted", "id": 1"#,
        r#""ev": "accepted", "id": 1, "id": 1"#,
        "expect_events[0][0]: duplicate field `id`",
    ),
    (r#""notes": "n", "#, r#""notes": "n", "notes": "", "#, "'second': duplicate field `notes`"),
    (
        r#""about": "a test""#,
        r#""about": "", "about": """#,
        "'spoiled.json': duplicate field `about`",
    ),
    (
        "[10, 3, 1, [1]]",
        "[10, 3, [1]]",
        "'second': expect_book.bids[0][2]: expected an integer, found [1]",
    ),
    (
        "[10, 3, 1, [1]]",
        "[10, 3, 1, 1]",
        "expect_book.bids[0][3]: invalid type: integer `1`, expected a sequence",
    ),
    ("[10, 3, 1, [1]]", r#"["10", 3, 1, [1]]"#, "expect_book.bids[0][0]: expected an integer"),
    (
        r#""bids": [["#,
        r#""bidz": [["#,
        "'second': expect_book.bidz: unknown field `bidz`, expected one of `bids`",
    ),
    (
        r#""max_qty": 50"#,
        r#""max_quantity": 50"#,
        "config.max_quantity: unknown field `max_quantity`, expected one of",
    ),
    (r#""max_qty": 50"#, r#""max_qty": "50""#, "'second': config.max_qty: expected an integer"),
    ("[1, 100]", "[1, 100, 2]", "'second': config.price_band: expected a list of two integers"),
    (
        r#""level": "convention""#,
        r#""level": "soft""#,
        "'second': level: expected one of hard, convention",
    ),
    (r#""id": "second", "#, "", "scenarios[1]: missing field `id`"),
    (
        r#""id": "second""#,
        r#""id": 2"#,
        "scenarios[1].id: invalid type: integer `2`, expected a string",
    ),
    (
        r#""notes": "n", "#,
        r#""strict": 1, "#,
        "'second': strict: invalid type: integer `1`, expected a boolean",
    ),
    (r#""notes": "n", "#, r#""note": "n", "#, "scenario 'second': note: unknown field `note`"),
    (r#""level": "convention", "#, "", "scenario 'second': missing field `level`"),
    (r#""count": 2"#, r#""count": 3"#, "count: it says 3, and the file holds 2 scenarios"),
    (r#""schema_version": 1"#, r#""schema_version": 2"#, "schema_version: only version 1 is known"),
    (r#""scenarios": ["#, r#""scenarioz": ["#, "missing field `scenarios`"),
    ("null}}]}", "null}}]", "not JSON: "),
];

#[test]
fn what_the_schema_does_not_allow_is_named() {
    let place = place("spoiled");
    place.write("good.json", GOOD);
    assert_eq!(place.done("conform good.json").stdout, "ok first\nok second\n2 passed, 0 failed\n");
    for (good, spoiled, said) in SPOILED {
        assert!(GOOD.contains(good), "{good}");
        // The last place is the second scenario's.
        let at = GOOD.rfind(good).unwrap();
        let text = [&GOOD[..at], spoiled, &GOOD[at + good.len()..]].concat();
        place.write("spoiled.json", text);
        let ended = place.call("conform good.json spoiled.json").expect_code(1);
        assert_eq!(ended.stdout, "", "nothing runs: {spoiled}");
        assert!(ended.stderr.starts_with("'spoiled.json': "), "{spoiled}: {ended:?}");
        let _said = ended.expect_said(said);
    }
}

/// The line and the column are those of the value in the file, whatever is read apart.
#[test]
fn where_the_value_stands_is_said() {
    let place = place("position");
    let text = GOOD.replace("{\"cmd\": ", "\n{\"cmd\": ").replace("\"by\": 2", "\n \"by\": \"2\"");
    place.write("file.json", format!("\u{feff}\n{text}"));
    let said = "commands[1].by: expected an integer, found \"2\" at line 5 column 8\n";
    let _ended = place.call("conform file.json").expect_code(1).expect_said(said);
    let text = text.replace("\"2\"", "2").replace("\"side\": \"buy\", ", "");
    place.write("file.json", text);
    let said = "commands[0]: missing field `side` at line 2 column 1\n";
    let _ended = place.call("conform file.json").expect_code(1).expect_said(said);
}

#[test]
fn what_is_no_scenario_file_is_named() {
    let place = place("no_file");
    for (text, said) in [
        ("", "not JSON: "),
        ("[]", "invalid type: sequence, expected an object"),
        ("{}", "missing field `scenarios`"),
        (r#"{"scenarios": {}}"#, "scenarios: invalid type: map, expected a sequence"),
        (r#"{"scenarios": [7]}"#, "scenarios[0]: invalid type: integer `7`, expected an object"),
        (r#"{"scenarios": []} x"#, "not JSON: "),
    ] {
        place.write("file.json", text);
        let ended = place.call("conform file.json").expect_code(1).expect_said(said);
        assert_eq!(ended.stdout, "");
    }
    place.write("file.json", [0xff, 0xfe]);
    let _ended = place.call("conform file.json").expect_code(1).expect_said("'file.json'");
    let _ended = place.call("conform none.json").expect_code(1).expect_said("'none.json'");
    let _ended = place.call("conform").expect_code(2).expect_said("FILE.json");
    place.write("file.json", r#"{"count": 0, "scenarios": []}"#);
    assert_eq!(place.done("conform file.json").stdout, "0 passed, 0 failed\n");
}

/// One expectation of the good file, wrong.
fn wrong() -> String {
    GOOD.replace(r#""price": 10, "qty": 5}]"#, r#""price": 10, "qty": 6}]"#)
}

#[test]
fn a_failure_says_the_first_difference() {
    let place = place("failure");
    place.write("good.json", GOOD);
    place.write("wrong.json", wrong());
    let ended = place.call("conform wrong.json good.json").expect_code(1);
    let difference = "FAIL second: expect_events[0][1]: expected rested id=1 price=10 qty=6, \
                      got rested id=1 price=10 qty=5";
    let expected = format!("ok first\n{difference}\nok first\nok second\n3 passed, 1 failed\n");
    assert_eq!(ended.stdout, expected);
    assert_eq!(ended.stderr, "1 of 4 scenarios failed\n");
    let book = GOOD.replace("[[10, 3, 1, [1]]]", "[[10, 3, 1, [1]], [9, 1, 1, [2]]]");
    place.write("wrong.json", book);
    let ended = place.call("conform wrong.json").expect_code(1);
    let said = "FAIL second: expect_book.bids[1]: expected [9, 1, 1, [2]], got no further level";
    assert!(ended.stdout.contains(said), "{ended:?}");
}

#[test]
fn json_says_the_same() {
    let place = place("json");
    place.write("good.json", GOOD);
    place.write("wrong.json", wrong());
    let good = json(&place.done("conform good.json --json").stdout);
    assert_eq!((number(&good, "passed"), number(&good, "failed")), (2, 0));
    let ended = place.call("conform good.json wrong.json --json").expect_code(1);
    let outcome = json(&ended.stdout);
    assert_eq!((number(&outcome, "passed"), number(&outcome, "failed")), (3, 1));
    let scenarios = outcome["scenarios"].as_array().unwrap();
    let ids: Vec<&Value> = scenarios.iter().map(|scenario| &scenario["id"]).collect();
    assert_eq!(ids, ["first", "second", "first", "second"]);
    assert_eq!(scenarios[2]["difference"], Value::Null);
    assert_eq!(scenarios[2]["passed"], true);
    let failed = &scenarios[3];
    assert_eq!((&failed["file"], &failed["level"]), (&"wrong.json".into(), &"convention".into()));
    assert_eq!(failed["passed"], false);
    assert_eq!(failed["difference"]["place"], "expect_events[0][1]");
    assert_eq!(failed["difference"]["expected"], "rested id=1 price=10 qty=6");
    assert_eq!(failed["difference"]["got"], "rested id=1 price=10 qty=5");
}

#[test]
fn a_failed_scenario_is_an_error_even_when_nobody_reads_the_lines() {
    let place = place("closed-pipe");
    place.write("wrong.json", GOOD.replace("[10, 3, 1, [1]]", "[10, 4, 1, [1]]"));
    place.write("right.json", GOOD);
    for (file, code) in [("wrong.json", 1), ("right.json", 0)] {
        for flags in ["", "--json"] {
            let (reader, writer) = std::io::pipe().expect("a pipe");
            drop(reader);
            let mut command = place.command(&format!("conform {file} {flags}"));
            let ended = command.stdout(writer).output().expect("the program starts");
            assert_eq!(ended.status.code(), Some(code), "{file} {flags}");
        }
    }
}

/// What people leave out, what their programs write for nothing, and what reads as more than one
/// line.
#[test]
fn what_says_nothing_is_not_looked_at() {
    let place = place("lenient");
    let text = GOOD
        .replace(r#""title": "t", "#, "")
        .replace(r#""features": [], "derived_from": {}, "#, "")
        .replace(r#""tif": "gtc""#, r#""tif": "gtc", "acct": null, "peak": null, "trigger": null"#)
        .replace(r#""by": 2"#, r#""by": 2, "price": null, "comment": null"#)
        .replace(r#""id": "first""#, r#""id": "fi\nok rst""#);
    place.write("lenient.json", format!("\u{feff}{text}"));
    let ended = place.done("conform lenient.json");
    assert_eq!(ended.stdout, "ok fi\\nok rst\nok second\n2 passed, 0 failed\n");
}
