//! The floors of the core: a module imports only what stands below it, or left of it.

use crate::code::{code_of, names_behind};
use crate::tree::{fenced, files_in, read};
use crate::{none, one};
use std::collections::BTreeMap;

/// The place of a module in the house: its floor, its part of the floor, its place in the part.
type Place = (usize, usize, usize);

/// Where every module stands, by its name.
type Floors<'t> = BTreeMap<&'t str, Place>;

fn floors_of(page: &str) -> Floors<'_> {
    let mut floors = Floors::new();
    for (floor, line) in fenced(page, "floors").into_iter().enumerate() {
        let (_, modules) = line.split_once(':').expect("a floor has a name");
        for (part, modules) in modules.split('|').enumerate() {
            for (place, module) in modules.split_whitespace().enumerate() {
                let before = floors.insert(module, (floor, part, place));
                assert!(before.is_none(), "{module} stands on two floors");
            }
        }
    }
    floors
}

/// Whether a module at `from` may import the one at `to`.
fn may_import(from: Place, to: Place) -> bool {
    to.0 < from.0 || (to.0 == from.0 && to.1 == from.1 && to.2 < from.2)
}

/// What is wrong with the imports of the file at `path`, below the core's `src`.
fn check_file(path: &str, text: &str, floors: &Floors<'_>) -> Vec<String> {
    let path = path.strip_suffix(".rs").unwrap_or(path);
    let module = path.split('/').next().unwrap_or(path);
    if module == "lib" {
        return Vec::new();
    }
    let Some(from) = floors.get(module) else {
        return vec![format!("{module} stands on no floor")];
    };
    let code = code_of(text);
    // From a file that lies so deep, this many `super` lead to the crate's root.
    let supers = "super::".repeat(path.split('/').count());
    let imported = names_behind(&code, "crate::").into_iter().chain(names_behind(&code, &supers));
    let strangers = imported.filter(|name| {
        let to = floors.get(name.as_str());
        name != module && to.is_some_and(|to| !may_import(*from, *to))
    });
    strangers.map(|name| format!("{path} must not import {name}")).collect()
}

/// What is different between the modules that `lib` declares and those that stand on floors.
fn check_modules(lib: &str, floors: &Floors<'_>) -> Vec<String> {
    let code = code_of(lib);
    let declared: Vec<&str> = code
        .lines()
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'))
        .collect();
    let homeless = declared
        .iter()
        .filter(|name| !floors.contains_key(*name))
        .map(|name| format!("{name} stands on no floor"));
    let absent = floors
        .keys()
        .filter(|name| !declared.contains(name))
        .map(|name| format!("{name} is on a floor and not in the core"));
    homeless.chain(absent).collect()
}

#[test]
fn modules_import_from_below() {
    let page = read("docs/architecture.md");
    let floors = floors_of(&page);
    let mut complaints = check_modules(&read("core/src/lib.rs"), &floors);
    for source in files_in("core/src", ".rs") {
        let path = source.path.trim_start_matches("core/src/");
        complaints.extend(check_file(path, &source.text, &floors));
    }
    none(&complaints);
}

#[test]
fn an_import_from_above_is_found() {
    let page = "```floors\nlow: a b | c\nhigh: d\n```\n";
    let floors = floors_of(page);
    let check = |path, text| check_file(path, text, &floors);
    none(&check("b.rs", "use crate::a::X;"));
    none(&check("d.rs", "use crate::{a, b::{Y, c}, c};"));
    none(&check("b/inner.rs", "// use crate::d;\nuse super::d;"));
    one(&check("a.rs", "use crate::b;"), "a must not import b");
    one(&check("a.rs", "const X: u8 = crate::d::X;"), "a must not import d");
    one(&check("b.rs", "use crate::{a, c::Z};"), "b must not import c");
    one(&check("c.rs", "use super::d::Z;"), "c must not import d");
    one(&check("b/inner.rs", "use super::super::d;"), "b/inner must not import d");
    one(&check("e.rs", ""), "e stands on no floor");
    none(&check_modules("mod a;\npub mod b;\nmod c;\nmod d;", &floors));
    one(&check_modules("mod a;\nmod b;\nmod c;\nmod d;\nmod e;", &floors), "e stands on no");
    one(&check_modules("mod a;\nmod b;\nmod c;", &floors), "d is on a floor");
}
