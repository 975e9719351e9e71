//! The README's example of an embedding is the one in the core's examples, and that one runs.

#[path = "../../core/examples/one_thread.rs"]
mod one_thread;

use std::fs;
use std::path::Path;

/// The text of a file of the workspace.
fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The one block between `begin` and `end`, both of them lines of their own.
fn between<'t>(text: &'t str, begin: &str, end: &str) -> &'t str {
    let parts: Vec<&str> = text.split(&format!("\n{begin}\n")).collect();
    assert_eq!(parts.len(), 2, "one block begins with {begin}");
    let block = parts[1].split_once(&format!("\n{end}\n"));
    block.expect("the block ends").0
}

/// Whether README and example say the same.
fn are_same(readme: &str, example: &str) -> bool {
    between(readme, "```rust", "```")
        == between(example, "// README begins here.", "// README ends here.")
}

#[test]
fn the_example_in_the_readme_is_the_tested_one() {
    assert!(are_same(&read("README.md"), &read("core/examples/one_thread.rs")));
}

#[test]
fn another_example_is_found() {
    let readme = "x\n```rust\na\nb\n```\n";
    let example =
        |middle: &str| format!("//\n// README begins here.\n{middle}\n// README ends here.\n");
    assert!(are_same(readme, &example("a\nb")));
    assert!(!are_same(readme, &example("a\nc")));
}

#[test]
fn the_example_runs() {
    one_thread::main().expect("it releases what it should");
}
