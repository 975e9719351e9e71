//! What a usage error adds where somebody wrote a name without the flag that takes it.

use super::Cli;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Error};

/// What a command is mostly about, and the flag that takes its name.
const FLAGS: [(&str, &str, &str); 20] = [
    ("run", "--flow", "the flow"),
    ("config", "--config", "a file of settings"),
    ("gen", "--out", "the file to write"),
    ("verify", "--data", "the data directory"),
    ("snapshot", "--data", "the data directory"),
    ("consumers", "--data", "the data directory"),
    ("dump", "--data", "the data directory"),
    ("doctor", "--data", "the data directory"),
    ("disk", "--data", "the data directory"),
    ("book", "--data", "the data directory"),
    ("backup", "--data", "the data directory"),
    ("truncate", "--data", "the data directory"),
    ("publish", "--data", "the data directory"),
    ("serve", "--data", "the data directory"),
    ("client", "--ouch", "the address"),
    ("load", "--ouch", "the address"),
    ("admin", "--data", "the data directory"),
    ("top", "--data", "the data directory"),
    ("auction", "--orders", "the orders"),
    ("bench", "--data", "the directory to measure"),
];

/// The same error; where it is about an argument that no flag stands before, it names the flag.
pub(super) fn pointed(mut error: Error) -> Error {
    let first = std::env::args_os().nth(1).unwrap_or_default().to_string_lossy().into_owned();
    let Some(hint) = misplaced(&error).and_then(|found| hint(&first, found)) else {
        return error;
    };
    // A word that looks like one of the commands may be meant as one: both are said then.
    let mut suggested = vec![hint.into()];
    if let Some(ContextValue::StyledStrs(others)) = error.get(ContextKind::Suggested) {
        suggested.extend(others.iter().cloned());
    }
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(suggested));
    error
}

/// The argument that the error is about, when it is no flag; a dash alone is standard input.
fn misplaced(error: &Error) -> Option<&str> {
    let kind = error.kind();
    let place = if kind == ErrorKind::UnknownArgument {
        ContextKind::InvalidArg
    } else if kind == ErrorKind::InvalidSubcommand || kind == ErrorKind::ArgumentConflict {
        ContextKind::InvalidSubcommand
    } else {
        return None;
    };
    match error.get(place) {
        Some(ContextValue::String(found)) => {
            Some(found.as_str()).filter(|found| *found == "-" || !found.starts_with('-'))
        }
        Some(_) | None => None,
    }
}

/// What to write instead of `found`, in a command line with this first word: a command, or else of
/// a run.
fn hint(first: &str, found: &str) -> Option<String> {
    let is_run = first.starts_with('-') || first == found;
    let command = if is_run { "run" } else { first };
    let (_, flag, what) = FLAGS.iter().find(|(known, _, _)| *known == command)?;
    let is_command = Cli::command().find_subcommand(found).is_some();
    (!is_run || !is_command).then(|| format!("to name {what}, write '{flag} {found}'"))
}

/// The flag that a command's error points at.
#[cfg(test)]
pub(super) fn flag_of(command: &str) -> Option<&'static str> {
    FLAGS.iter().find(|(known, _, _)| *known == command).map(|(_, flag, _)| *flag)
}
