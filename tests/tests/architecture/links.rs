//! The links between the documents lead somewhere.

use crate::tree::{Source, markdown_files, root};
use crate::{none, one};

/// What is wrong with the links of a document; `exists` knows the files by their paths.
fn check(Source { path, text }: &Source, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut complaints = Vec::new();
    for target in targets(text) {
        let file = target.split('#').next().unwrap_or(target);
        let is_elsewhere = file.is_empty() || file.contains("://") || file.starts_with("mailto:");
        if !is_elsewhere && !exists(&joined(folder, file)) {
            complaints.push(format!("{path}: nothing is at {target}"));
        }
    }
    complaints
}

/// The targets of all links outside code.
fn targets(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut is_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            // Every second part stands between backquotes.
            for prose in line.split('`').step_by(2) {
                found.extend(
                    prose.split("](").skip(1).filter_map(|behind| behind.split(')').next()),
                );
            }
        }
    }
    found
}

/// The path of `file` as seen from `folder`.
fn joined(folder: &str, file: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in file.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

#[test]
fn links_lead_somewhere() {
    let exists = |path: &str| root().join(path).exists();
    let documents = markdown_files();
    none(&documents.iter().flat_map(|document| check(document, exists)).collect::<Vec<_>>());
}

#[test]
fn dead_links_are_found() {
    let check = |text: &str| {
        let source = Source { path: "docs/a.md".to_owned(), text: text.to_owned() };
        check(&source, |path| path == "docs/b.md" || path == "README.md")
    };
    none(&check("[b](b.md#part) [r](../README.md) [w](https://example.org) [h](#here)"));
    none(&check("`[x](y.md)`\n```\n[x](y.md)\n```\n"));
    one(&check("see [c](c.md) and [b](b.md)"), "docs/a.md: nothing is at c.md");
    one(&check("see [`c`](../docs/d/c.md)"), "nothing is at ../docs/d/c.md");
}
