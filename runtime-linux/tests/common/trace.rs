//! System calls of the real program by thread, as strace(1) saw them.
#![expect(
    clippy::missing_panics_doc,
    reason = "what goes wrong in a test panics, and what is checked is not always used"
)]

use crate::program::{PROGRAM, TestDir};
use std::collections::BTreeMap;
use std::process::Command;

/// A system call of one thread.
#[derive(Clone, Debug)]
pub struct Call {
    /// The thread's number.
    pub thread: u64,
    /// The call's name.
    pub name: String,
    /// The whole text, with arguments and result.
    pub text: String,
    /// When it began: the number of its line.
    pub began: usize,
    /// When it ended; `usize::MAX` when it did not.
    pub ended: usize,
}

/// All calls of a run in the order in which they began.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The calls.
    pub calls: Vec<Call>,
    names: BTreeMap<u64, String>,
}

/// The command that runs the program in `place` under strace, which writes to the file `trace`.
pub fn traced(place: &TestDir, options: &[&str], args: &str) -> Command {
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-s", "64", "-o", "trace"]).args(options).arg(PROGRAM);
    command.args(args.split_whitespace()).current_dir(place.path());
    command
}

/// Whether strace is there and may trace; a line says so when not.
pub fn can_trace(place: &TestDir) -> bool {
    let tried = Command::new("strace")
        .args(["-f", "-o", "tried", "true"])
        .current_dir(place.path())
        .output();
    match tried {
        Ok(output) if output.status.success() => true,
        Ok(output) => {
            println!("skipped: strace may not trace: {}", String::from_utf8_lossy(&output.stderr));
            false
        }
        Err(error) => {
            println!("skipped: there is no strace: {error}");
            false
        }
    }
}

impl Trace {
    /// Reads the file `trace`.
    pub fn read(place: &TestDir) -> Self {
        let mut trace = Self { calls: Vec::new(), names: BTreeMap::new() };
        let mut unfinished = BTreeMap::new();
        for (moment, line) in place.read("trace").lines().enumerate() {
            let (thread, text) = line.split_once(' ').unwrap();
            let (thread, name) = thread.split_once('<').unwrap_or((thread, ""));
            let (thread, text) = (thread.parse().unwrap(), text.trim_start());
            if let Some(name) = name.strip_suffix('>') {
                trace.names.insert(thread, name.to_owned());
            }
            if let Some(rest) = text.strip_prefix("<... ") {
                let index: usize = unfinished
                    .remove(&thread)
                    .unwrap_or_else(|| panic!("resumed from nothing: {line}"));
                trace.calls[index].text.push_str(rest);
                trace.calls[index].ended = moment;
            } else if let Some((name, _)) = text.split_once('(') {
                let mut ended = moment;
                if text.ends_with("<unfinished ...>") {
                    unfinished.insert(thread, trace.calls.len());
                    ended = usize::MAX;
                }
                let (name, text) = (name.to_owned(), text.to_owned());
                trace.note_name(thread, &text);
                trace.calls.push(Call { thread, name, text, began: moment, ended });
            }
        }
        trace
    }

    fn note_name(&mut self, thread: u64, text: &str) {
        if let Some(rest) = text.strip_prefix("prctl(PR_SET_NAME, \"") {
            self.names.insert(thread, rest.split('"').next().unwrap().to_owned());
        }
    }

    /// The name of a thread; `main` when it was given none.
    pub fn name(&self, thread: u64) -> &str {
        self.names.get(&thread).map_or("main", String::as_str)
    }

    /// The calls of the thread of this name with their place in the order of all, that of naming it
    /// included.
    pub fn of_thread<'t>(&'t self, name: &'t str) -> impl Iterator<Item = (usize, &'t Call)> {
        self.calls.iter().enumerate().filter(move |(_, call)| self.name(call.thread) == name)
    }
}
