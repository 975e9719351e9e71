//! The dependencies from outside: each is explained, declared where the page says, and used there.

use crate::arrows::{dependencies_of, package_of};
use crate::code::{code_of, words};
use crate::tree::{MEMBERS, files_in, read};
use crate::{none, one};
use std::collections::BTreeSet;

/// The packages that the owner of the project listed.
const LISTED: [&str; 7] =
    ["heapless", "arrayvec", "crc", "rustix", "libc", "core_affinity", "criterion"];

/// What depends on what: a package from outside, and a package of the workspace.
type Pairs = BTreeSet<(String, String)>;

/// The pairs in the table of `docs/decisions.md`: lines that begin with a package in backquotes and
/// go on with the crates that use it.
fn explained(page: &str) -> Pairs {
    let mut pairs = Pairs::new();
    for line in page.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let crates = cells[2].split(", ").map(|name| name.trim_matches('`').to_owned());
        pairs.extend(crates.map(|name| (cells[1].trim_matches('`').to_owned(), name)));
    }
    pairs
}

/// The pairs in the manifests of the workspace.
fn declared(manifests: &[String]) -> Pairs {
    let ours: Vec<&str> = manifests.iter().map(|manifest| package_of(manifest)).collect();
    let of = |manifest: &'_ String| -> Vec<(String, String)> {
        let package = package_of(manifest);
        let names = dependencies_of(manifest).into_iter().map(|dependency| dependency.name);
        let foreign = names.filter(|name| !ours.contains(name));
        foreign.map(|name| (name.to_owned(), package.to_owned())).collect()
    };
    manifests.iter().flat_map(of).collect()
}

fn compare(explained: &Pairs, declared: &Pairs) -> Vec<String> {
    let unexplained = declared.difference(explained).map(|(dependency, package)| {
        format!("docs/decisions.md does not say why {package} depends on {dependency}")
    });
    let stale = explained.difference(declared).map(|(dependency, package)| {
        format!("docs/decisions.md says that {package} depends on {dependency}, and it does not")
    });
    unexplained.chain(stale).collect()
}

/// Complains unless one of `texts` names the package.
fn check_used(dependency: &str, package: &str, texts: &[&str]) -> Vec<String> {
    let name = dependency.replace('-', "_");
    let is_used = texts.iter().any(|text| words(&code_of(text)).any(|(_, word)| word == name));
    if is_used {
        Vec::new()
    } else {
        vec![format!("{package} declares {dependency} and does not use it")]
    }
}

fn manifests() -> Vec<String> {
    MEMBERS.iter().map(|member| read(&format!("{member}/Cargo.toml"))).collect()
}

#[test]
fn every_dependency_is_explained() {
    none(&compare(&explained(&read("docs/decisions.md")), &declared(&manifests())));
}

#[test]
fn every_dependency_is_used() {
    let mut complaints = Vec::new();
    for member in MEMBERS {
        let manifest = read(&format!("{member}/Cargo.toml"));
        let sources = files_in(member, ".rs");
        let texts: Vec<&str> = sources.iter().map(|source| source.text.as_str()).collect();
        for (dependency, package) in declared(std::slice::from_ref(&manifest)) {
            if !manifests().iter().any(|manifest| package_of(manifest) == dependency) {
                complaints.extend(check_used(&dependency, &package, &texts));
            }
        }
    }
    none(&complaints);
}

#[test]
fn the_listed_packages_are_in_the_tree() {
    let explained = explained(&read("docs/decisions.md"));
    let lock = read("Cargo.lock");
    for listed in LISTED {
        assert!(explained.iter().any(|(name, _)| name == listed), "{listed} is not explained");
        assert!(lock.contains(&format!("name = \"{listed}\"\n")), "{listed} is not in the tree");
    }
}

#[test]
fn a_missing_reason_and_an_idle_dependency_are_found() {
    let pair = |dependency: &str, package: &str| (dependency.to_owned(), package.to_owned());
    let page = "| package | in | for |\n|---|---|---|\n| `x` | `a`, `b` | this |\n";
    let manifests =
        ["name = \"a\"\n[dependencies]\nx = \"1\"\nb.workspace = true\n", "name = \"b\"\n"];
    let declared = declared(&manifests.map(str::to_owned));
    assert_eq!(declared, Pairs::from([pair("x", "a")]));
    let explained = explained(page);
    assert_eq!(explained, Pairs::from([pair("x", "a"), pair("x", "b")]));
    one(&compare(&explained, &declared), "says that b depends on x");
    one(&compare(&Pairs::new(), &declared), "does not say why a depends on x");
    none(&check_used("x-y", "a", &["", "use x_y::Z;"]));
    one(&check_used("x-y", "a", &["// x_y", "use x_yz::Z;"]), "does not use it");
}
