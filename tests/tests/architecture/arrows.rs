//! The arrows between the crates: each depends on those that its line allows, and on no other.

use crate::tree::{MEMBERS, fenced, read};
use crate::{none, one};
use std::collections::BTreeMap;

/// Which crates each crate may depend on.
pub(crate) type Arrows<'t> = BTreeMap<&'t str, Vec<&'t str>>;

/// A dependency that a manifest declares.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Dependency<'t> {
    /// The package.
    pub(crate) name: &'t str,
    /// Only tests, benches and examples have it.
    pub(crate) is_for_tests: bool,
}

pub(crate) fn arrows_of(page: &str) -> Arrows<'_> {
    fenced(page, "arrows")
        .into_iter()
        .map(|line| {
            let (name, below) = line.split_once(':').expect("a crate and a colon");
            (name, below.split_whitespace().collect())
        })
        .collect()
}

/// The dependencies of a manifest, those of one system only too.
pub(crate) fn dependencies_of(manifest: &str) -> Vec<Dependency<'_>> {
    let mut found = Vec::new();
    let mut section = "";
    for line in manifest.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
        } else if section.ends_with("dependencies")
            && let Some((key, _)) = line.split_once('=')
        {
            let name = key.trim().split('.').next().unwrap_or(key);
            found.push(Dependency { name, is_for_tests: section.contains("dev-dependencies") });
        }
    }
    found
}

/// The name of the package in a manifest.
pub(crate) fn package_of(manifest: &str) -> &str {
    let line = manifest.lines().find(|line| line.starts_with("name = "));
    line.and_then(|line| line.split('"').nth(1)).expect("a package has a name")
}

/// What is wrong with the dependencies of a crate on other crates of the workspace.
fn check(manifest: &str, arrows: &Arrows<'_>) -> Vec<String> {
    let package = package_of(manifest);
    let Some(direct) = arrows.get(package) else {
        return vec![format!("{package} has no arrows")];
    };
    let through = direct.iter().filter_map(|name| arrows.get(name)).flatten();
    let for_tests: Vec<&str> = direct.iter().chain(through).copied().chain(["tests"]).collect();
    dependencies_of(manifest)
        .into_iter()
        .filter(|dependency| arrows.contains_key(dependency.name))
        .filter(|dependency| {
            let allowed = if dependency.is_for_tests { &for_tests } else { direct };
            !allowed.contains(&dependency.name)
        })
        .map(|dependency| format!("{package} must not depend on {}", dependency.name))
        .collect()
}

#[test]
fn crates_point_down() {
    let page = read("docs/architecture.md");
    let arrows = arrows_of(&page);
    assert_eq!(arrows.len(), MEMBERS.len(), "every member has a line");
    for member in MEMBERS {
        none(&check(&read(&format!("{member}/Cargo.toml")), &arrows));
    }
}

#[test]
fn an_arrow_upwards_is_found() {
    let arrows = arrows_of("```arrows\na:\nb: a\nc: b\n```\n");
    none(&check("name = \"b\"\n[dependencies]\na.workspace = true\nclap = \"4\"\n", &arrows));
    none(&check("name = \"c\"\n[dev-dependencies]\na = { path = \"../a\" }\n", &arrows));
    one(&check("name = \"a\"\n[dependencies]\nb.workspace = true\n", &arrows), "a must not");
    one(&check("name = \"c\"\n[dependencies]\na.workspace = true\n", &arrows), "c must not");
    one(&check("name = \"a\"\n[dev-dependencies]\nc.workspace = true\n", &arrows), "depend on c");
    let target = "name = \"a\"\n[target.'cfg(unix)'.dependencies]\nb.workspace = true\n";
    one(&check(target, &arrows), "a must not depend on b");
    one(&check("name = \"d\"\n", &arrows), "d has no arrows");
}
