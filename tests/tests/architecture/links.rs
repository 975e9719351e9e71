//! The links between the documents lead somewhere: to a file, and to the heading that they name.

use crate::tree::{Source, markdown_files, root};
use crate::{none, one};
use std::fs;

/// What is wrong with the links of a document; `look` knows the files by their paths, with their
/// text where they have one.
fn check(Source { path, text }: &Source, look: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut complaints = Vec::new();
    for target in targets(text) {
        let (file, heading) = target.split_once('#').unwrap_or((target, ""));
        if file.contains("://") || file.starts_with("mailto:") {
            continue;
        }
        let found = if file.is_empty() { Some(text.clone()) } else { look(&joined(folder, file)) };
        match found {
            None => complaints.push(format!("{path}: nothing is at {target}")),
            Some(found)
                if !heading.is_empty() && !anchors(&found).iter().any(|it| it == heading) =>
            {
                complaints.push(format!("{path}: no heading is {target}"));
            }
            Some(_) => {}
        }
    }
    complaints
}

/// The anchors of a document's headings: small letters, digits, dashes and underscores, blanks as
/// dashes; of several alike all but the first have a number.
fn anchors(text: &str) -> Vec<String> {
    let mut is_code = false;
    let headings = text.lines().filter(|line| {
        is_code ^= line.starts_with("```");
        !is_code && line.starts_with('#')
    });
    let mut plain: Vec<String> = Vec::new();
    let mut found = Vec::new();
    for heading in headings {
        let text = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = text.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
        let anchor: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let before = plain.iter().filter(|other| **other == anchor).count();
        found.push(if before == 0 { anchor.clone() } else { format!("{anchor}-{before}") });
        plain.push(anchor);
    }
    found
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

/// A file of the workspace, without text where it has none.
fn look(path: &str) -> Option<String> {
    let path = root().join(path);
    path.exists().then(|| fs::read_to_string(path).unwrap_or_default())
}

#[test]
fn links_lead_somewhere() {
    let documents = markdown_files();
    none(&documents.iter().flat_map(|document| check(document, look)).collect::<Vec<_>>());
}

#[test]
fn dead_links_are_found() {
    let look = |path: &str| match path {
        "docs/b.md" => {
            Some("# B\n```\n# x\n```\n## A part: `of` it\n## Part\n## Part\n".to_owned())
        }
        "README.md" => Some(String::new()),
        _ => None,
    };
    let check = |text: &str| {
        let source = Source { path: "docs/a.md".to_owned(), text: text.to_owned() };
        check(&source, look)
    };
    none(&check("[b](b.md#a-part-of-it) [r](../README.md) [w](https://example.org#x)"));
    none(&check("# Here\n[h](#here) [p](b.md#part) [p](b.md#part-1)"));
    none(&check("`[x](y.md)`\n```\n[x](y.md)\n```\n"));
    one(&check("see [c](c.md) and [b](b.md)"), "docs/a.md: nothing is at c.md");
    one(&check("see [`c`](../docs/d/c.md)"), "nothing is at ../docs/d/c.md");
    one(&check("see [b](b.md#x)"), "docs/a.md: no heading is b.md#x");
    one(&check("see [b](b.md#part-2)"), "no heading is b.md#part-2");
    one(&check("# Here\n[h](#there)"), "no heading is #there");
}
