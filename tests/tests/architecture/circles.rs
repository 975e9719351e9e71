//! No two modules of the core that stand side by side import each other.

use crate::code::{code_of, names_behind};
use crate::tree::{Source, files_in};
use crate::{none, one};
use std::collections::BTreeSet;

/// A module and one next to it that it imports, as paths.
type Imports = BTreeSet<(String, String)>;

/// What the modules at `path`, below the core's `src`, import from the ones next to them.
fn imports_of(path: &str, text: &str) -> Imports {
    let code = code_of(text);
    let parts: Vec<&str> = path.trim_end_matches(".rs").split('/').collect();
    let mut found = Imports::new();
    for depth in 0..parts.len() {
        let folder = &parts[..depth];
        let absolute = [&["crate"], folder, &[""]].concat().join("::");
        let relative = "super::".repeat(parts.len() - depth);
        let names =
            [absolute, relative].into_iter().flat_map(|prefix| names_behind(&code, &prefix));
        let path_of = |name: &str| [folder, &[name]].concat().join("/");
        let others = names.filter(|name| name != parts[depth]);
        found.extend(others.map(|name| (path_of(parts[depth]), path_of(&name))));
    }
    found
}

fn check(sources: &[Source]) -> Vec<String> {
    let imports: Imports =
        sources.iter().flat_map(|source| imports_of(&source.path, &source.text)).collect();
    let circles = imports
        .iter()
        .filter(|(from, to)| from < to && imports.contains(&(to.clone(), from.clone())));
    circles.map(|(from, to)| format!("{from} and {to} import each other")).collect()
}

#[test]
fn modules_import_in_one_direction() {
    let mut sources = files_in("core/src", ".rs");
    for source in &mut sources {
        source.path = source.path.trim_start_matches("core/src/").to_owned();
    }
    none(&check(&sources));
}

#[test]
fn circles_are_found() {
    let check = |files: &[(&str, &str)]| {
        let source = |(path, text): &(&str, &str)| Source {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        };
        check(&files.iter().map(source).collect::<Vec<_>>())
    };
    none(&check(&[("a/b.rs", "use super::c::D;"), ("a/c.rs", "use super::E;")]));
    none(&check(&[("a.rs", "mod b;\nuse b::C;"), ("a/b.rs", "use super::D;")]));
    let text = "use super::b::D;";
    one(&check(&[("a/b.rs", "use super::{E, c::D};"), ("a/c.rs", text)]), "a/b and a/c import");
    one(&check(&[("a/b.rs", "use crate::a::c::D;"), ("a/c.rs", text)]), "a/b and a/c import");
    // A folder and a folder next to it.
    let up = "use super::super::a::X;";
    one(&check(&[("a/b.rs", "use crate::d::C;"), ("d/c.rs", up)]), "a and d import each other");
}
