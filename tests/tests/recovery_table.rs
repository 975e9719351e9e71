//! The decision table of `docs/recovery.md` and the tests name each other: no row without its test,
//! no test without its row.

use std::fs;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
/// Every test of these files is a row.
const ROWS: [&str; 8] = [
    "tests/tests/torn_tail",
    "tests/tests/corruption",
    "tests/tests/bit_flips",
    "tests/tests/moved_blocks",
    "tests/tests/snapshot_damage",
    "tests/tests/snapshot_log",
    "tests/tests/terms",
    "tests/tests/version_two",
];
/// Tests of these may be named too.
const OTHERS: [&str; 8] = [
    "tests/tests/crash",
    "tests/tests/high_water",
    "tests/tests/follower",
    "runtime-linux/tests/packed",
    "runtime-linux/tests/consumers",
    "runtime-linux/tests/locks",
    "runtime-linux/tests/power_cut",
    "runtime/cli/src/inspect",
];
/// Tests about the tests.
const NO_ROWS: [&str; 2] = ["an_undamaged_log_is_recovered", "an_undamaged_snapshot_is_taken"];

fn test_names(file: &str) -> Vec<String> {
    let path = format!("{ROOT}/{file}.rs");
    let source = fs::read_to_string(path).expect("the test file exists");
    let behind = source.split("#[test]").skip(1);
    let behind = behind.filter_map(|rest| rest.trim_start().strip_prefix("fn "));
    behind.filter_map(|rest| rest.split('(').next()).map(str::to_owned).collect()
}

fn document() -> String {
    fs::read_to_string(format!("{ROOT}/docs/recovery.md")).expect("docs/recovery.md exists")
}

#[test]
fn every_test_that_is_named_exists() {
    let known: Vec<_> = ROWS.iter().chain(&OTHERS).flat_map(|file| test_names(file)).collect();
    let document = document();
    let quoted = document.split('`').skip(1).step_by(2);
    let is_test = |name: &&str| {
        name.contains('_')
            && name.chars().all(|sign| sign.is_ascii_lowercase() || "_0123456789".contains(sign))
    };
    let named: Vec<_> = quoted.filter(is_test).collect();
    assert!(named.len() > 40);
    for name in named {
        assert!(known.iter().any(|known| known == name), "no test {name}");
    }
}

#[test]
fn every_test_of_the_table_has_its_row() {
    let document = document();
    let names: Vec<_> = ROWS.iter().flat_map(|file| test_names(file)).collect();
    assert!(names.len() > 40);
    for name in names.iter().filter(|name| !NO_ROWS.contains(&name.as_str())) {
        assert!(document.contains(&format!("`{name}`")), "no row for {name}");
    }
}
