//! What is wrong with a flow, and where: one sentence that begins with `FILE:LINE:COLUMN`.

use std::fmt;
use std::io;
use std::path::Path;

/// A flow that cannot be opened, cannot be read further, or has a malformed line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowError {
    sentence: Box<str>,
    place: Option<(u64, u64)>,
}

impl FlowError {
    /// The flow `file` cannot be opened.
    pub(super) fn open(file: &Path, error: &io::Error) -> Self {
        let sentence = format!("cannot open the flow {}: {error}", file.display());
        Self { sentence: sentence.into(), place: None }
    }

    /// `file` is wrong at `line` and `column`.
    pub(super) fn at(file: &Path, line: u64, column: u64, problem: &str) -> Self {
        let sentence = format!("{}:{line}:{column}: {problem}", file.display()).into();
        Self { sentence, place: Some((line, column)) }
    }

    /// Line and byte column of the problem, both from 1; `None` when the flow could not be opened.
    pub const fn place(&self) -> Option<(u64, u64)> {
        self.place
    }
}

impl fmt::Display for FlowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl std::error::Error for FlowError {}

/// Why a flow cannot be read further, as a sentence.
pub(super) fn read_problem(error: &io::Error) -> String {
    // Only the decompressor ends early or finds its input invalid.
    let kind = error.kind();
    if kind == io::ErrorKind::UnexpectedEof {
        "the gzip data ends too early".to_owned()
    } else if kind == io::ErrorKind::InvalidInput || kind == io::ErrorKind::InvalidData {
        format!("the gzip data is corrupt ({error})")
    } else {
        format!("cannot be read further: {error}")
    }
}
