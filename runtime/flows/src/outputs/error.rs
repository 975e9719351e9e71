//! An output that cannot be written, said in one sentence.

use crate::resolved_path::STANDARD;
use std::fmt;
use std::io;
use std::path::Path;

/// Why an output could not be created or written.
#[derive(Debug)]
pub struct OutputError {
    /// What was to be written, in the plural.
    what: &'static str,
    path: Box<Path>,
    error: io::Error,
}

impl OutputError {
    /// Writing `what` to `path` ended with `error`.
    pub fn new(what: &'static str, path: &Path, error: io::Error) -> Self {
        Self { what, path: path.into(), error }
    }

    /// Whether the reader of a pipe has gone: a wish to end, not a failure.
    pub fn is_broken_pipe(&self) -> bool {
        self.error.kind() == io::ErrorKind::BrokenPipe
    }

    /// The path as the user gave it; `-` is standard output.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl fmt::Display for OutputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, path, error } = self;
        if **path == *STANDARD {
            write!(f, "cannot write the {what} to standard output: {error}")
        } else {
            write!(f, "cannot write the {what} to {}: {error}", path.display())
        }
    }
}

impl std::error::Error for OutputError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}
