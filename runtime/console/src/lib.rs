//! The console: what goes to standard output and what to standard error, and what a closed pipe
//! means.
//!
//! A command that decides something decides it, and does its work, before it prints: who reads a
//! report, and for how long, is no part of the verdict.

#![forbid(unsafe_code)]

pub mod flow_output;
pub mod paths;
pub mod prices;
pub mod progress;

use highwater_engine::error::StartError;
use serde::Serialize;
use std::fmt;
use std::io::{self, Write};

/// Where a command prints its results.
#[derive(Clone, Copy, Debug)]
pub struct Console(Output);

/// Which of the process's outputs takes the results.
#[derive(Clone, Copy, Debug)]
enum Output {
    Standard,
    /// Standard output belongs to something else, as with `--acks -`.
    Error,
}

/// Why a command did not do what it was asked for.
#[derive(Debug)]
pub enum CommandError {
    /// Nobody reads the output any more, which is all that the command was for: not a failure.
    ClosedPipe,
    /// A sentence that says what is wrong and what to do.
    Failed(String),
    /// The same, of a log that is not what it should be; a reader looks again before it says so.
    Damaged(String),
    /// The same, of what was asked for: nothing was done.
    WrongUsage(String),
    /// What failed has been told already.
    Reported,
    /// The two things that were compared are not the same, as was printed.
    Differ,
    /// They could not be compared; a sentence that says what is wrong and what to do.
    Incomparable(String),
}

impl CommandError {
    /// The error with this sentence.
    pub fn failed(sentence: impl fmt::Display) -> Self {
        Self::Failed(sentence.to_string())
    }

    /// The sentence, where there is one.
    pub fn sentence(&self) -> Option<&str> {
        match self {
            Self::Failed(sentence)
            | Self::Damaged(sentence)
            | Self::WrongUsage(sentence)
            | Self::Incomparable(sentence) => Some(sentence),
            Self::ClosedPipe | Self::Reported | Self::Differ => None,
        }
    }
}

impl Console {
    /// A console that prints results to standard output.
    pub const fn on_stdout() -> Self {
        Self(Output::Standard)
    }

    /// A console that prints results to standard error.
    pub const fn on_stderr() -> Self {
        Self(Output::Error)
    }

    /// Prints text as it is.
    ///
    /// # Errors
    /// The pipe is closed, or the output cannot be written.
    pub fn print(self, text: &str) -> Result<(), CommandError> {
        let written = match self.0 {
            Output::Standard => write_to(&mut io::stdout().lock(), text),
            Output::Error => write_to(&mut io::stderr().lock(), text),
        };
        written.map_err(|error| {
            if error.kind() == io::ErrorKind::BrokenPipe {
                CommandError::ClosedPipe
            } else {
                CommandError::failed(format!("could not write the output: {error}"))
            }
        })
    }

    /// Prints the report of work that is done, whose verdict is given back: that nobody reads the
    /// report changes neither.
    ///
    /// # Errors
    /// The verdict's; or the output cannot be written, where the verdict is none.
    pub fn report(self, text: &str, verdict: Result<(), CommandError>) -> Result<(), CommandError> {
        decided(verdict, self.print(text))
    }

    /// The same as one JSON object on a line.
    ///
    /// # Errors
    /// Like [`report`](Self::report).
    pub fn report_json(
        self,
        value: &impl Serialize,
        verdict: Result<(), CommandError>,
    ) -> Result<(), CommandError> {
        decided(verdict, self.print_json(value))
    }

    /// Prints a line.
    ///
    /// # Errors
    /// Like [`print`](Self::print).
    pub fn print_line(self, line: &str) -> Result<(), CommandError> {
        self.print(&format!("{line}\n"))
    }

    /// Prints a value as one JSON object on a line.
    ///
    /// # Errors
    /// Like [`print`](Self::print).
    pub fn print_json(self, value: &impl Serialize) -> Result<(), CommandError> {
        let line = serde_json::to_string(value).map_err(CommandError::failed)?;
        self.print_line(&line)
    }
}

/// What a command ends with whose verdict was decided before its report was printed.
fn decided(
    verdict: Result<(), CommandError>,
    printed: Result<(), CommandError>,
) -> Result<(), CommandError> {
    match (verdict, printed) {
        (verdict, Ok(()) | Err(CommandError::ClosedPipe)) => verdict,
        (Ok(()), printed) => printed,
        (verdict, Err(CommandError::Failed(sentence))) => {
            note(&sentence);
            verdict
        }
        (
            verdict,
            Err(
                CommandError::WrongUsage(_)
                | CommandError::Damaged(_)
                | CommandError::Reported
                | CommandError::Differ
                | CommandError::Incomparable(_),
            ),
        ) => verdict,
    }
}

/// Tells the user something beside the results; that nobody listens is no reason to stop.
pub fn note(line: &str) {
    let _nobody_listens = writeln!(io::stderr().lock(), "{line}");
}

fn write_to(output: &mut impl Write, text: &str) -> io::Result<()> {
    output.write_all(text.as_bytes())?;
    output.flush()
}

impl From<StartError> for CommandError {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Refused(sentence) | StartError::Log(sentence) => Self::Damaged(sentence),
            StartError::Open(_)
            | StartError::Memory { .. }
            | StartError::Book(_)
            | StartError::Random(_) => Self::failed(error),
        }
    }
}
