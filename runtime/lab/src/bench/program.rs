//! The program itself in a process of its own, as a user would start it.

use super::failed;
use highwater_console::CommandError;
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// Runs the default stream into `data` without snapshots, and returns the summary.
pub(super) fn run_on(data: &Path, words: &[&str]) -> Result<Value, CommandError> {
    summary_of(start_run(data, words)?)
}

/// Starts such a run.
pub(super) fn start_run(data: &Path, words: &[&str]) -> Result<Child, CommandError> {
    let before = ["run", "--json", "--snapshot-bytes", "0"];
    start_with(data, &[&before[..], words].concat())
}

/// Waits for a run, and returns its summary.
pub(super) fn summary_of(run: Child) -> Result<Value, CommandError> {
    serde_json::from_slice(&finished(run)?.stdout).map_err(CommandError::failed)
}

/// Does what the program is asked for on `data`, and returns what it printed.
pub(super) fn ask(data: &Path, words: &[&str]) -> Result<Vec<u8>, CommandError> {
    Ok(finished(start_with(data, words)?)?.stdout)
}

/// Removes a data directory.
pub(super) fn remove_directory(data: &Path) -> Result<(), CommandError> {
    fs::remove_dir_all(data).map_err(|error| failed("remove", data, &error))
}

/// The same of a command that has no data directory.
pub(super) fn ask_without_data(words: &[&str]) -> Result<Vec<u8>, CommandError> {
    Ok(finished(spawn(program(words)?)?)?.stdout)
}

/// The salted hash of a password, for the file of a venue.
pub(super) fn hash_of(password: &str) -> Result<String, CommandError> {
    let mut command = program(&["password"])?;
    command.stdin(Stdio::piped());
    let mut child = spawn(command)?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(password.as_bytes()).map_err(CommandError::failed)?;
    }
    Ok(String::from_utf8_lossy(&finished(child)?.stdout).trim_end().to_owned())
}

/// A venue, which ends when it is dropped.
pub(super) struct Venue {
    child: Child,
    /// What listens where.
    pub(super) listens: Value,
}

impl Venue {
    /// Starts a venue of this file, and waits until it serves.
    pub(super) fn start(config: &Path) -> Result<Self, CommandError> {
        let mut command = program(&["serve", "--json", "--config"])?;
        command.arg(config).stderr(Stdio::null());
        let mut child = spawn(command)?;
        let mut line = String::new();
        let read = child.stdout.take().map(|stdout| BufReader::new(stdout).read_line(&mut line));
        // Dropped on every way out from here on.
        let venue = Self { child, listens: serde_json::from_str(&line).unwrap_or_default() };
        match read {
            Some(Ok(_)) if venue.listens["ouch"].is_string() => Ok(venue),
            Some(_) | None => Err(CommandError::failed(format!(
                "the venue did not start; 'highwater serve --config {}' says why",
                config.display()
            ))),
        }
    }
}

impl Drop for Venue {
    fn drop(&mut self) {
        // Nothing of it is kept. Where it has ended already, there is nothing to do.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn start_with(data: &Path, words: &[&str]) -> Result<Child, CommandError> {
    let mut command = program(words)?;
    command.arg("--data").arg(data);
    spawn(command)
}

/// This program with these words, which reads nothing, and whose output is read.
fn program(words: &[&str]) -> Result<Command, CommandError> {
    let program = std::env::current_exe()
        .map_err(|error| CommandError::failed(format!("could not find this program: {error}")))?;
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Ok(command)
}

fn spawn(mut command: Command) -> Result<Child, CommandError> {
    let spawned = command.spawn();
    spawned.map_err(|error| failed("start", Path::new(command.get_program()), &error))
}

fn finished(child: Child) -> Result<Output, CommandError> {
    let ended = child.wait_with_output().map_err(CommandError::failed)?;
    if ended.status.success() {
        return Ok(ended);
    }
    let said = String::from_utf8_lossy(&ended.stderr);
    Err(CommandError::Failed(format!("a run of the program failed: {}", said.trim_end())))
}
