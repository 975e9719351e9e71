//! The sources are as the documents say: floors, arrows, sizes, parameters, words, links,
//! dependencies, and the book.
//!
//! Every check is a function from text to complaints, and is shown a text that it must complain
//! about: a check that cannot fail proves nothing.

mod arrows;
mod book;
mod circles;
mod code;
mod dependencies;
mod floors;
mod links;
mod parameters;
mod shape;
mod tree;
mod words;

/// Fails with everything that is wrong, a line each.
fn none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// Fails unless there is exactly one complaint, and it says `part`.
fn one(complaints: &[String], part: &str) {
    assert!(
        complaints.len() == 1 && complaints[0].contains(part),
        "one complaint with '{part}' is expected: {complaints:?}"
    );
}
