//! The words: one for each thing in code, and no left-overs anywhere.

use crate::code::{code_of, words};
use crate::tree::{Source, markdown_files, rust_files};
use crate::{none, one};

/// Parts of identifiers that name a thing which has another name here, and that name.
const OTHER_WORDS: [(&str, &str); 13] = [
    ("journal", "log"),
    ("wal", "log"),
    ("aof", "log"),
    ("lsn", "sequence"),
    ("enqueue", "push"),
    ("dequeue", "pop"),
    ("amend", "replace"),
    ("is_buy", "side"),
    ("is_bid", "side"),
    ("cmd", "command"),
    ("msg", "command"),
    ("evt", "event"),
    ("payload", "body"),
];

/// Text that is not to be left anywhere, in halves so that this file does not hold it.
const LEFT_OVERS: [(&str, &str); 5] =
    [("TO", "DO"), ("FIX", "ME"), ("XX", "X"), ("/wo", "rk/"), ("/tm", "p/")];

fn check_words(Source { path, text }: &Source) -> Vec<String> {
    let code = code_of(text);
    let mut complaints = Vec::new();
    for (line, word) in words(&code) {
        let word = format!("_{}_", word.to_lowercase());
        let found = OTHER_WORDS.iter().find(|(other, _)| word.contains(&format!("_{other}_")));
        if let Some((other, ours)) = found {
            complaints.push(format!("{path}:{line}: say {ours}, not {other}"));
        }
    }
    complaints
}

fn check_left_overs(Source { path, text }: &Source) -> Vec<String> {
    let found = LEFT_OVERS.iter().map(|(a, b)| [*a, *b].concat()).filter(|it| text.contains(it));
    found.map(|it| format!("{path}: {it} is left")).collect()
}

#[test]
fn things_have_one_name() {
    let sources = rust_files();
    // This file names the words that others must not.
    // This file lists the words, and the crates of others have words of their own.
    let is_ours = |path: &str| !path.ends_with("words.rs") && !path.starts_with("bench/peers/");
    let sources = sources.iter().filter(|source| is_ours(&source.path));
    none(&sources.flat_map(check_words).collect::<Vec<_>>());
}

#[test]
fn nothing_is_left_over() {
    let (sources, documents) = (rust_files(), markdown_files());
    let all = sources.iter().chain(&documents);
    none(&all.flat_map(check_left_overs).collect::<Vec<_>>());
}

#[test]
fn other_words_and_left_overs_are_found() {
    let source = |text: &str| Source { path: "a.rs".to_owned(), text: text.to_owned() };
    none(&check_words(&source("// the journal\nlet walk = \"wal\"; let leaving = 1;")));
    one(&check_words(&source("let x = 1;\nfn write_wal() {}")), "a.rs:2: say log, not wal");
    one(&check_words(&source("struct X { is_buy: bool }")), "say side");
    let (a, b) = LEFT_OVERS[0];
    one(&check_left_overs(&source(&format!("// {a}{b}: later"))), "is left");
    none(&check_left_overs(&source("// to do")));
}
