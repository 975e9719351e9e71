//! The floors within the crates: a module imports only what stands below it, or left of it.

use crate::code::{code_of, names_behind};
use crate::tree::{MEMBERS, fenced, files_in, read};
use crate::{none, one};
use std::collections::BTreeMap;

/// The place of a module in the house: its floor, its part of the floor, its place in the part.
type Place = (usize, usize, usize);

/// Where every module stands, by its name.
type Floors<'t> = BTreeMap<&'t str, Place>;

/// The floors of the core, whose lines begin with the names of the floors.
fn floors_of_core(page: &str) -> Floors<'_> {
    let lines = fenced(page, "floors").into_iter();
    floors_of(lines.map(|line| line.split_once(':').expect("a floor has a name").1))
}

/// The floors of a crate of the runtime: the modules of a line `crate: low / higher / highest`,
/// which may go on in the next lines.
fn floors_of_crate<'t>(page: &'t str, name: &str) -> Floors<'t> {
    let lines = fenced(page, "crates");
    let first = lines.iter().position(|line| line.starts_with(&format!("{name}:")));
    let first = first.unwrap_or_else(|| panic!("no floors of {name}"));
    let more = lines[first + 1..].iter().take_while(|line| line.starts_with(' '));
    let head = lines[first].split_once(':').expect("it has a colon").1;
    let parts = std::iter::once(head).chain(more.copied());
    floors_of(parts.flat_map(|line| line.split('/')).filter(|floor| !floor.trim().is_empty()))
}

fn floors_of<'t>(lines: impl Iterator<Item = &'t str>) -> Floors<'t> {
    let mut floors = Floors::new();
    for (floor, modules) in lines.enumerate() {
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

/// What is wrong with the imports of the file at `path`, below its crate's `src`.
fn check_file(path: &str, text: &str, floors: &Floors<'_>) -> Vec<String> {
    let path = path.strip_suffix(".rs").unwrap_or(path);
    let module = path.split('/').next().unwrap_or(path);
    // The tests of a whole crate stand above all of it.
    if module == "lib" || module == "tests" {
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
        .filter(|name| *name != "tests")
        .collect();
    let homeless = declared
        .iter()
        .filter(|name| !floors.contains_key(*name))
        .map(|name| format!("{name} stands on no floor"));
    let absent = floors
        .keys()
        .filter(|name| !declared.contains(name))
        .map(|name| format!("{name} is on a floor and not in the crate"));
    homeless.chain(absent).collect()
}

#[test]
fn modules_import_from_below() {
    let page = read("docs/architecture.md");
    none(&check_crate("core", &floors_of_core(&page)));
    for member in MEMBERS {
        if let Some(name) = member.strip_prefix("runtime/") {
            let complaints = check_crate(member, &floors_of_crate(&page, name));
            let named: Vec<String> =
                complaints.into_iter().map(|complaint| format!("{name}: {complaint}")).collect();
            none(&named);
        }
    }
}

/// What is wrong with the modules of a crate.
fn check_crate(member: &str, floors: &Floors<'_>) -> Vec<String> {
    let folder = format!("{member}/src");
    let mut complaints = check_modules(&read(&format!("{folder}/lib.rs")), floors);
    for source in files_in(&folder, ".rs") {
        let path = source.path.trim_start_matches(&folder).trim_start_matches('/');
        complaints.extend(check_file(path, &source.text, floors));
    }
    complaints
}

#[test]
fn an_import_from_above_is_found() {
    let page = "```floors\nlow: a b | c\nhigh: d\n```\n";
    let floors = floors_of_core(page);
    let of_crate = floors_of_crate("```crates\nx: z\ny: a b | c\n   / d\nz:\n```\n", "y");
    assert_eq!(of_crate, floors, "a line of a crate says the same in another way");
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
