//! The files of the workspace, as the checks read them.

use std::fs;
use std::path::{Path, PathBuf};

/// The crates' folders.
pub(crate) const MEMBERS: [&str; 20] = [
    "core",
    "book",
    "capi",
    "protocols",
    "runtime/platform",
    "runtime/storage",
    "runtime/engine",
    "runtime/host",
    "runtime/flows",
    "runtime/console",
    "runtime/publisher",
    "runtime/tls",
    "runtime/gateway",
    "runtime/monitor",
    "runtime/lab",
    "runtime/cli",
    "runtime-linux",
    "runtime-macos",
    "bench",
    "tests",
];

/// A file of the workspace.
pub(crate) struct Source {
    /// Its path from the workspace's root, with `/`.
    pub(crate) path: String,
    /// What is in it.
    pub(crate) text: String,
}

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// One file.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All Rust files of all crates.
pub(crate) fn rust_files() -> Vec<Source> {
    let found: Vec<Source> = MEMBERS.iter().flat_map(|member| files_in(member, ".rs")).collect();
    assert!(found.len() > 50, "the walk finds the sources");
    found
}

/// All Markdown files: the root's three, those in `docs`, and those of the crates.
pub(crate) fn markdown_files() -> Vec<Source> {
    let in_root = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md"]
        .map(|name| Source { text: read(name), path: name.to_owned() });
    let below = MEMBERS.iter().chain(&["docs"]).flat_map(|folder| files_in(folder, ".md"));
    let found: Vec<Source> = in_root.into_iter().chain(below).collect();
    assert!(found.len() > 5, "the walk finds the documents");
    found
}

/// All files below `folder` whose names end with `ending`, in the order of their paths.
pub(crate) fn files_in(folder: &str, ending: &str) -> Vec<Source> {
    let mut found = Vec::new();
    for name in names_in(&root().join(folder)) {
        let path = format!("{folder}/{name}");
        if root().join(&path).is_dir() {
            if name != "target" && !name.starts_with('.') {
                found.extend(files_in(&path, ending));
            }
        } else if name.ends_with(ending) {
            found.push(Source { text: read(&path), path });
        }
    }
    found
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("a name").file_name().into_string().expect("plain text"))
        .collect();
    names.sort();
    names
}

/// The lines of the fenced block that a Markdown text marks with `mark`.
///
/// # Panics
///
/// When there is not exactly one.
pub(crate) fn fenced<'t>(text: &'t str, mark: &str) -> Vec<&'t str> {
    let opening = format!("```{mark}");
    assert_eq!(text.lines().filter(|line| *line == opening).count(), 1, "one block {mark}");
    let behind = text.lines().skip_while(|line| *line != opening).skip(1);
    behind.take_while(|line| *line != "```").collect()
}
