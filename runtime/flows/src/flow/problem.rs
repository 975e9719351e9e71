//! What is wrong with a line of a flow, and how errors say so.

/// Bytes of a wrong field that an error shows.
const SHOWN_BYTES: usize = 32;

/// What is wrong with a line, and in which byte column (from 1) the wrong field starts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LineProblem {
    pub(super) column: u64,
    pub(super) problem: String,
}

/// Column of the byte at `offset`: from 1.
pub(super) fn column_at(offset: usize) -> u64 {
    u64::try_from(offset).unwrap_or(u64::MAX).saturating_add(1)
}

/// What was found, in quotes, its unprintable bytes escaped, its end left out when it is long.
pub(super) fn quoted(found: &[u8]) -> String {
    if found.len() <= SHOWN_BYTES {
        format!("\"{}\"", found.escape_ascii())
    } else {
        format!("\"{}...\"", found[..SHOWN_BYTES].escape_ascii())
    }
}

/// What a field called `name` is, and what was expected.
pub(super) fn wrong_field(found: &[u8], name: &str, expected: &str) -> String {
    format!("{}, expected {expected}", what_is(found, name))
}

/// The beginning of a sentence about a field called `name`: what it is.
pub(super) fn what_is(found: &[u8], name: &str) -> String {
    let found = if found.is_empty() { "empty".to_owned() } else { quoted(found) };
    format!("{name} is {found}")
}
