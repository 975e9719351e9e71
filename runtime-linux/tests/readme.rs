//! The commands in the README work as they stand there.
//!
//! Blocks marked `sh` are run, in their order, by one shell each, in one empty directory. `cargo`
//! is a function that gives them the program under test; blocks with any other mark are not run.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What stands before each block: cargo as far as the README needs it.
const PREAMBLE: &str = r#"
set -eu
cargo() {
    case "$*" in
    'run --release -p runtime-linux') "$HIGHWATER" ;;
    'build --release -p runtime-linux')
        mkdir -p target/release
        ln -sf "$HIGHWATER" target/release/highwater ;;
    'test --workspace') echo 'this is it' ;;
    *) echo "not known here: cargo $*" >&2; exit 1 ;;
    esac
}
"#;

/// An empty directory of this name below the build directory.
fn place(name: &str) -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("readme").join(name);
    if place.exists() {
        fs::remove_dir_all(&place).expect("what an earlier test left can be removed");
    }
    fs::create_dir_all(&place).expect("the build directory can be written");
    place
}

/// The fenced blocks of a Markdown text that are marked with `mark`.
fn blocks<'t>(text: &'t str, mark: &str) -> Vec<&'t str> {
    let opening = format!("\n```{mark}\n");
    let behind = text.split(opening.as_str()).skip(1);
    behind.map(|block| block.split("\n```").next().unwrap_or(block)).collect()
}

/// Runs a block and returns what it printed to standard output.
fn run(block: &str, directory: &Path) -> Result<String, String> {
    let Output { status, stdout, stderr } = Command::new("sh")
        .args(["-c", &format!("{PREAMBLE}{block}")])
        .env("HIGHWATER", env!("CARGO_BIN_EXE_highwater"))
        .current_dir(directory)
        .output()
        .map_err(|error| error.to_string())?;
    let stdout = String::from_utf8_lossy(&stdout).into_owned();
    if status.success() {
        return Ok(stdout);
    }
    Err(format!("{block}\n{status}\n{stdout}\n{}", String::from_utf8_lossy(&stderr)))
}

/// The first word of every line that begins with a small letter.
fn labels(text: &str) -> impl Iterator<Item = &str> {
    let words = text.lines().filter_map(|line| line.split("  ").next());
    words.filter(|label| label.starts_with(|c: char| c.is_ascii_lowercase()))
}

#[test]
fn the_commands_of_the_readme_work() {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = fs::read_to_string(checkout.join("README.md")).expect("there is a README");
    let directory = place("commands");
    // A reader stands in the checkout, and has its scenarios at hand.
    let scenarios = checkout.join("tests/scenarios").canonicalize().expect("there are scenarios");
    fs::create_dir(directory.join("tests")).expect("the build directory can be written");
    symlink(scenarios, directory.join("tests/scenarios")).expect("a link can be made");
    let mut printed = String::new();
    for block in blocks(&readme, "sh") {
        printed += &run(block, &directory).unwrap_or_else(|what| panic!("{what}"));
    }
    let promised = [
        "commands            2,000,000",
        "sound, stopped cleanly",
        "this is it",
        " passed, 0 failed",
    ];
    for part in promised {
        assert!(printed.contains(part), "'{part}' is printed:\n{printed}");
    }
    let fills = fs::read_to_string(directory.join("fills.csv")).expect("fills were written");
    assert!(fills.lines().count() > 10_000, "most of the fills are there");
    let summary = blocks(&readme, "text").first().copied().expect("a summary is shown");
    for label in labels(summary).filter(|label| !label.starts_with("recovered")) {
        assert!(labels(&printed).any(|printed| printed == label), "there is a line '{label}'");
    }
}

#[test]
fn a_command_that_fails_is_found() {
    let directory = place("failing");
    assert_eq!(run("echo a\necho b", &directory).as_deref(), Ok("a\nb\n"));
    for block in ["false\necho b", "cargo run", "highwater --nonsense", "cat nothing-here"] {
        run(block, &directory).expect_err(block);
    }
}
