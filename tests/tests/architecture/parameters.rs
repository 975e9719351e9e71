//! The parameters of functions: a tuple counts as many as it holds, so no list hides in one.

use crate::code::code_of;
use crate::tree::{Source, read, rust_files};
use crate::{none, one};

/// The setting of clippy that says how many parameters a function may have.
const SETTING: &str = "too-many-arguments-threshold";

/// What [`SETTING`] says in the text of `clippy.toml`.
fn parameters_max(settings: &str) -> Option<usize> {
    let mut values = settings.lines().filter_map(|line| line.strip_prefix(SETTING));
    values.next()?.trim().strip_prefix('=')?.trim().parse().ok()
}

/// Lists without a tuple are left to clippy, which lets some pass for a reason.
fn check_parameters(Source { path, text }: &Source, max: usize) -> Vec<String> {
    let code = code_of(text);
    let mut complaints = Vec::new();
    for (line, name, parameters) in functions(&code) {
        let counts: Vec<usize> = split(parameters).into_iter().map(values_in).collect();
        let count: usize = counts.iter().sum();
        if count > counts.len() && count > max {
            complaints.push(format!(
                "{path}:{line}: {name} takes {count} values with those in tuples, {max} at most"
            ));
        }
    }
    complaints
}

/// The line, the name and the parameters of each function in code.
fn functions(code: &str) -> impl Iterator<Item = (usize, &str, &str)> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices("fn ").filter_map(move |(at, keyword)| {
        if code[..at].ends_with(is_word) {
            return None;
        }
        let rest = &code[at + keyword.len()..];
        let (name, rest) = rest.split_at(rest.find(|c| !is_word(c))?);
        let rest = if rest.starts_with('<') { enclosed(rest)?.1 } else { rest };
        let (parameters, _) = enclosed(rest).filter(|_| rest.starts_with('('))?;
        Some((code[..at].matches('\n').count() + 1, name, parameters))
    })
}

/// How many values a parameter stands for: one, or those of its tuple.
fn values_in(parameter: &str) -> usize {
    let of_type = parameter.split_once(':').map_or(1, |(_, of_type)| tuple_count(of_type));
    tuple_count(parameter).max(of_type)
}

/// The parts of the tuple that a pattern or a type is, or refers to; 1 where it is none.
fn tuple_count(text: &str) -> usize {
    let mut text = text.trim_start();
    if let Some(behind) = text.strip_prefix('&') {
        let is_lifetime = behind.starts_with('\'');
        text = if is_lifetime { behind.trim_start_matches(|c| c != ' ') } else { behind };
        text = text.trim_start().trim_start_matches("mut ");
    }
    let tuple = enclosed(text).filter(|_| text.starts_with('('));
    tuple.map_or(1, |(inside, _)| split(inside).len().max(1))
}

/// What is between the bracket that `text` begins with and the one that closes it, and what is
/// behind that.
fn enclosed(text: &str) -> Option<(&str, &str)> {
    let (mut depth, mut before) = (0, ' ');
    for (at, c) in text.char_indices() {
        depth += nesting(c, before);
        before = c;
        if depth == 0 {
            return Some((text.get(1..at)?, &text[at + 1..]));
        }
    }
    None
}

/// The parts of a list between its commas, but for those in brackets.
fn split(list: &str) -> Vec<&str> {
    let (mut depth, mut before) = (0, ' ');
    let parts = list.split(|c| {
        depth += nesting(c, before);
        before = c;
        c == ',' && depth == 0
    });
    parts.filter(|part| !part.trim().is_empty()).collect()
}

/// By how much a character changes the depth of brackets; the head of an arrow is none.
fn nesting(c: char, before: char) -> i32 {
    match c {
        '(' | '[' | '{' | '<' => 1,
        '>' if before == '-' || before == '=' => 0,
        ')' | ']' | '}' | '>' => -1,
        _ => 0,
    }
}

#[test]
fn no_tuple_hides_parameters() {
    let max = parameters_max(&read("clippy.toml")).expect("clippy.toml says how many");
    none(&rust_files().iter().flat_map(|it| check_parameters(it, max)).collect::<Vec<_>>());
}

#[test]
fn hidden_parameters_are_found() {
    assert_eq!(parameters_max(&format!("a = 1\n{SETTING} = 9\n")), Some(9));
    assert_eq!(parameters_max("a = 1\n"), None);
    let check = |text: &str, max| {
        check_parameters(&Source { path: "a.rs".to_owned(), text: text.to_owned() }, max)
    };
    let hidden = "\nfn f(\n    &self,\n    a: A<B, C>,\n    (b, mut c): (B, C),\n) {}";
    one(&check(hidden, 3), "a.rs:2: f takes 4 values");
    none(&check(hidden, 4));
    one(&check("const fn f<T: Fn(A, B) -> C>((a, b): Both, c: C) {}", 2), "f takes 3");
    one(&check("fn f(a: A, both: &'a mut (B, C, D)) {}", 3), "f takes 4");
    one(&check("fn f(a: A, [b, c]: [B; 2], (d, e): &(D, (E, F))) {}", 3), "f takes 4");
    none(&check("fn f(a: A, b: B, c: &(dyn Fn() -> D + Sync)) -> (D, E) {}", 2));
    none(&check("type F = fn(A, (B, C)); // fn f(a: A, (b, c): (B, C))\n", 2));
    none(&check("fn f(a: A) { g(|(b, c): (B, C), d| (b, c, d)) }", 1));
}
