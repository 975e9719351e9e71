//! The program itself in a process of its own, as a user would start it.

use super::failed;
use highwater_console::CommandError;
use serde_json::Value;
use std::fs;
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

fn start_with(data: &Path, words: &[&str]) -> Result<Child, CommandError> {
    let program = std::env::current_exe()
        .map_err(|error| CommandError::failed(format!("could not find this program: {error}")))?;
    let mut command = Command::new(&program);
    command
        .args(words)
        .arg("--data")
        .arg(data)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().map_err(|error| failed("start", &program, &error))
}

fn finished(child: Child) -> Result<Output, CommandError> {
    let ended = child.wait_with_output().map_err(CommandError::failed)?;
    if ended.status.success() {
        return Ok(ended);
    }
    let said = String::from_utf8_lossy(&ended.stderr);
    Err(CommandError::Failed(format!("a run of the program failed: {}", said.trim_end())))
}
