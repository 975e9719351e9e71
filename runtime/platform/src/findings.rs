//! What a machine or a directory does to latency and durability, one finding at a time.

use serde::Serialize;
use std::fmt;

/// What one look has found, and what follows from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at, in a word or two.
    pub subject: &'static str,
    /// Whether that is as it should be.
    pub verdict: Verdict,
    /// What is there.
    pub found: String,
    /// What to change, or to ask; nothing where it is good.
    pub change: Option<String>,
}

/// Whether something is as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It costs neither latency nor durability.
    Good,
    /// It costs some.
    Weak,
    /// Nothing here tells; that is never taken for good.
    Unknown,
}

/// What an engine and a venue ask of a machine.
#[derive(Clone, Copy, Debug)]
pub struct Needs {
    /// Cores, one for each busy thread.
    pub cores: u64,
    /// Memory that is to stay in memory, in bytes.
    pub locked_bytes: u64,
    /// Files and sockets that are open at a time.
    pub open_files: u64,
}

impl Finding {
    /// A finding that is as it should be.
    pub fn good(subject: &'static str, found: impl fmt::Display) -> Self {
        Self { subject, verdict: Verdict::Good, found: found.to_string(), change: None }
    }

    /// One that is not, and what to change.
    pub fn weak(
        subject: &'static str,
        found: impl fmt::Display,
        change: impl fmt::Display,
    ) -> Self {
        let (found, change) = (found.to_string(), Some(change.to_string()));
        Self { subject, verdict: Verdict::Weak, found, change }
    }

    /// One of which nothing is known, and how to find out.
    pub fn unknown(
        subject: &'static str,
        found: impl fmt::Display,
        change: impl fmt::Display,
    ) -> Self {
        Self { verdict: Verdict::Unknown, ..Self::weak(subject, found, change) }
    }
}

impl Verdict {
    /// The verdict in a word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Weak => "weak",
            Self::Unknown => "unknown",
        }
    }
}
