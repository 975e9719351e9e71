//! The names of sessions: where a power cut may take what was sent, another name tells clients so.
//!
//! In the modes that sync before they answer, a session's messages are the same for ever. In the
//! others a log may lose commands whose answers clients have; they must not read on as if nothing
//! had happened. So a run that did not end cleanly is followed by sessions of another name.

use highwater::sync_mode::SyncMode;
use highwater::types::LogId;
use highwater_console::CommandError;
use highwater_protocols::Alpha;
use highwater_publisher::files::FilesError;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// What is in front of the day in the names of a run's sessions.
#[derive(Debug)]
pub(super) struct Incarnation {
    prefix: Alpha<6>,
    /// What is to be written at a clean end, and where; `None` where names never change.
    at_end: Option<(PathBuf, String)>,
}

impl Incarnation {
    /// Of the run that begins, in the folder of the streams. Durable before anybody is told it.
    pub(super) fn begin(folder: &Path, log: LogId, mode: SyncMode) -> Result<Self, CommandError> {
        // Two logs of a venue do not continue each other: their sessions have other names.
        let [a, b, ..] = log.0;
        if mode.answers_are_durable() {
            return Ok(Self { prefix: prefix(&format!("H{a:02X}{b:02X}")), at_end: None });
        }
        let path = folder.join("incarnation");
        let failed = |error| CommandError::failed(FilesError::Io(path.clone(), error));
        let known = match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            known => known.map_err(failed)?,
        };
        let number = next(&known);
        write(&path, &format!("{number} running\n")).map_err(failed)?;
        let at_end = Some((path, format!("{number} ended\n")));
        Ok(Self { prefix: prefix(&format!("W{a:02X}{:03}", number % 1_000)), at_end })
    }

    /// What is in front of the day.
    pub(super) const fn prefix(&self) -> Alpha<6> {
        self.prefix
    }

    /// The run has ended cleanly, and everything that was sent is durable.
    pub(super) fn end(self) -> Result<(), CommandError> {
        let Some((path, text)) = self.at_end else { return Ok(()) };
        write(&path, &text).map_err(|error| CommandError::failed(FilesError::Io(path, error)))
    }
}

/// The number of the run behind what is known of the one before.
fn next(known: &str) -> u32 {
    let mut words = known.split_whitespace();
    let number: Option<u32> = words.next().and_then(|number| number.parse().ok());
    match (number, words.next()) {
        (Some(number), Some("ended")) => number,
        (Some(number), _) => number.wrapping_add(1),
        (None, _) => 1,
    }
}

fn prefix(text: &str) -> Alpha<6> {
    Alpha::new(text.as_bytes()).expect("it has at most six letters and digits")
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let new = path.with_extension("new");
    let mut file = File::create(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    File::open(path.parent().unwrap_or_else(|| Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_did_not_end_has_another_name_behind_it() {
        assert_eq!(next(""), 1);
        assert_eq!(next("1 running\n"), 2);
        assert_eq!(next("2 ended\n"), 2);
        assert_eq!(next("2"), 3);
        assert_eq!(next("x ended"), 1);
        assert_eq!(next("4294967295 running"), 0);
    }
}
