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
    let mut for_tests = reached(direct, arrows);
    // Nothing depends on either, so that no circle can come of it.
    for_tests.extend(["tests", "highwater-capi"]);
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

/// The crates that can be reached from these, along any number of arrows.
fn reached<'t>(direct: &[&'t str], arrows: &Arrows<'t>) -> Vec<&'t str> {
    let mut found = direct.to_vec();
    let mut next = 0;
    while let Some(name) = found.get(next) {
        let below = arrows.get(name).into_iter().flatten();
        let new: Vec<_> = below.copied().filter(|name| !found.contains(name)).collect();
        found.extend(new);
        next += 1;
    }
    found
}

/// Arrows that lead back to where they began: crates that are above themselves.
fn circles(arrows: &Arrows<'_>) -> Vec<String> {
    let leads_back = |(name, direct): &(&&str, &Vec<&str>)| reached(direct, arrows).contains(*name);
    let found = arrows.iter().filter(leads_back);
    found.map(|(name, _)| format!("the arrows of {name} lead back to it")).collect()
}

#[test]
fn crates_point_down() {
    let page = read("docs/architecture.md");
    let arrows = arrows_of(&page);
    assert_eq!(arrows.len(), MEMBERS.len(), "every member has a line");
    none(&circles(&arrows));
    for member in MEMBERS {
        none(&check(&read(&format!("{member}/Cargo.toml")), &arrows));
    }
}

#[test]
fn an_arrow_upwards_is_found() {
    let up = arrows_of("```arrows\na: c\nb: a\nc: b\nd: a\n```\n");
    assert_eq!(circles(&up).len(), 3, "a, b and c lead back, d does not");
    let arrows = arrows_of("```arrows\na:\nb: a\nc: b\nd:\n```\n");
    none(&circles(&arrows));
    none(&check("name = \"b\"\n[dependencies]\na.workspace = true\nclap = \"4\"\n", &arrows));
    none(&check("name = \"c\"\n[dev-dependencies]\na = { path = \"../a\" }\n", &arrows));
    one(&check("name = \"a\"\n[dependencies]\nb.workspace = true\n", &arrows), "a must not");
    one(&check("name = \"c\"\n[dependencies]\na.workspace = true\n", &arrows), "c must not");
    one(&check("name = \"a\"\n[dev-dependencies]\nc.workspace = true\n", &arrows), "depend on c");
    let target = "name = \"a\"\n[target.'cfg(unix)'.dependencies]\nb.workspace = true\n";
    one(&check(target, &arrows), "a must not depend on b");
    one(&check("name = \"e\"\n", &arrows), "e has no arrows");
    one(&check("name = \"d\"\n[dev-dependencies]\na.workspace = true\n", &arrows), "d must not");
}
