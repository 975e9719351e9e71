//! Acknowledgements: the highest client sequence that has been released, one number a line, as it
//! rises.

use super::OutputError;
use super::partial::PartialFile;
use crate::resolved_path::{ResolvedPath, STANDARD};
use highwater::types::ClientSequence;
use highwater_engine::text::push_number;
use std::fmt;
use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Most bytes of a number and its line feed.
const LINE_BYTES_MAX: usize = 21;

/// Writes a client sequence a line, each with one write that is not buffered.
pub struct AcksWriter {
    path: Box<Path>,
    sink: Box<dyn Write + Send>,
    text: Vec<u8>,
    highest: ClientSequence,
}

impl AcksWriter {
    /// Creates or empties the file at `path`; `-` is standard output. A file that has other names
    /// too is not emptied: a new one takes its place under this name.
    ///
    /// # Errors
    ///
    /// When the file cannot be created.
    pub fn create(path: &Path) -> Result<Self, OutputError> {
        if path == STANDARD {
            // Its line buffer holds nothing when a line arrives whole, so a line is one write.
            return Ok(Self::to(path, io::stdout()));
        }
        match create(path) {
            Ok(file) => Ok(Self::to(path, file)),
            Err(error) => Err(OutputError::new("acknowledgements", path, error)),
        }
    }

    fn to(path: impl AsRef<Path>, sink: impl Write + Send + 'static) -> Self {
        Self {
            path: path.as_ref().into(),
            sink: Box::new(sink),
            text: Vec::with_capacity(LINE_BYTES_MAX),
            highest: ClientSequence(0),
        }
    }

    /// All events up to those of `client_sequence` have been released. Writes it unless it, or a
    /// higher one, has been written.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn released(&mut self, client_sequence: ClientSequence) -> Result<(), OutputError> {
        if client_sequence <= self.highest {
            return Ok(());
        }
        self.highest = client_sequence;
        self.text.clear();
        push_number(&mut self.text, client_sequence.0);
        self.text.push(b'\n');
        self.sink
            .write_all(&self.text)
            .and_then(|()| self.sink.flush())
            .map_err(|error| OutputError::new("acknowledgements", &self.path, error))
    }
}

/// Opens the file for writing, empty.
fn create(path: &Path) -> io::Result<File> {
    let has_other_names = |found: Metadata| found.is_file() && found.nlink() > 1;
    if fs::metadata(path).is_ok_and(has_other_names)
        && let Some(real) = ResolvedPath::of(path).replaceable()
    {
        let (file, mut partial) = PartialFile::create(real)?;
        return partial.keep().map(|()| file);
    }
    File::create(path)
}

impl fmt::Debug for AcksWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcksWriter")
            .field("path", &self.path)
            .field("highest", &self.highest)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::text_file::Shared;
    use super::*;

    #[test]
    fn each_rise_is_one_write() {
        let shared = Shared::default();
        let mut acks = AcksWriter::to("-", shared.clone());
        for number in [1, 1, 7, 3, 8, u64::MAX, 9] {
            acks.released(ClientSequence(number)).unwrap();
        }
        assert_eq!(shared.text(), "1\n7\n8\n18446744073709551615\n");
        assert_eq!(shared.write_count(), 4);
    }

    #[test]
    fn a_closed_pipe_is_told_from_a_failure() {
        let shared = Shared::default();
        shared.break_pipe();
        let error = AcksWriter::to("-", shared).released(ClientSequence(1)).unwrap_err();
        assert!(error.is_broken_pipe());
        let expected = "cannot write the acknowledgements to standard output: broken pipe";
        assert_eq!(error.to_string(), expected);
        assert!(!AcksWriter::create(Path::new("/nowhere/acks")).unwrap_err().is_broken_pipe());
    }
}
