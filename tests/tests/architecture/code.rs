//! Rust text without its comments and literals, and the words and paths in what is left.

/// `text` with comments, strings and characters blanked out; lines stay where they are.
pub(crate) fn code_of(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skipped = literal_bytes(rest, code.chars().next_back());
        if skipped == 0 {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            let (blanked, behind) = rest.split_at(skipped);
            code.extend(blanked.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            rest = behind;
        }
    }
    code
}

/// Bytes of the comment or literal that `text` begins with; 0 when it begins with neither.
fn literal_bytes(text: &str, before: Option<char>) -> usize {
    let until = |from: usize, end: &str| {
        text[from..].find(end).map_or(text.len(), |found| from + found + end.len())
    };
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    if text.starts_with("/*") {
        return until(2, "*/");
    }
    let in_word = before.is_some_and(is_word);
    if let Some(behind) = text.strip_prefix('r').filter(|_| !in_word) {
        let hashes = behind.len() - behind.trim_start_matches('#').len();
        if behind[hashes..].starts_with('"') {
            return until(hashes + 2, &format!("\"{}", "#".repeat(hashes)));
        }
    }
    if text.starts_with('"') {
        return quoted_bytes(text, '"');
    }
    let is_lifetime = {
        let mut next = text.chars().skip(1);
        let (one, two) = (next.next(), next.next());
        one.is_some_and(is_word) && two != Some('\'')
    };
    if text.starts_with('\'') && !is_lifetime { quoted_bytes(text, '\'') } else { 0 }
}

fn quoted_bytes(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The identifiers and numbers in code, with the number of the line that each stands in, from 1.
pub(crate) fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(code.lines()).flat_map(|(number, line)| {
        line.split(|c| !is_word(c)).filter(|word| !word.is_empty()).map(move |word| (number, word))
    })
}

/// The first names behind each `prefix` (like `crate::`), those in braces too.
pub(crate) fn names_behind(code: &str, prefix: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in code.match_indices(prefix) {
        let is_path_end = code[..at].chars().next_back().is_none_or(|c| !is_word(c) && c != ':');
        if is_path_end {
            names.extend(first_names(&code[at + prefix.len()..]));
        }
    }
    names
}

/// The names that `tree`, the inside of a `use`, begins with.
fn first_names(tree: &str) -> Vec<String> {
    let Some(inside) = tree.trim_start().strip_prefix('{') else {
        return tree.split(|c| !is_word(c)).next().map(str::to_owned).into_iter().collect();
    };
    let mut names = vec![String::new()];
    let (mut depth, mut takes) = (0, true);
    for c in inside.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => (names, takes) = ([names, vec![String::new()]].concat(), true),
            _ if depth > 0 || c.is_whitespace() => {}
            _ if !is_word(c) => takes = false,
            _ if takes => names.last_mut().expect("never empty").push(c),
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

#[test]
fn comments_and_literals_are_not_code() {
    let text = "a /* b */ // c\n\"d \\\" e\" r#\"f \" g\"# 'h' '\\'' &'i j for_r\"k\" l";
    let code = code_of(text);
    let found: Vec<&str> = words(&code).map(|(_, word)| word).collect();
    assert_eq!(found, ["a", "i", "j", "for_r", "l"]);
    assert_eq!(words("x\ny").collect::<Vec<_>>(), [(1, "x"), (2, "y")]);
}

#[test]
fn paths_are_found_however_they_are_written() {
    let code =
        "use crate::a; use crate::{b::{c, d}, e as f,\n g::*}; crate::h::I; x::crate::y; $crate::j";
    assert_eq!(names_behind(code, "crate::"), ["a", "b", "easf", "g", "h", "j"]);
}
