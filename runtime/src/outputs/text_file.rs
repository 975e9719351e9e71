//! A file of text that is written in large pieces, by a buffer that is never reallocated while it
//! works.

use super::error::OutputError;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Bytes that are gathered before they are written.
const PIECE_BYTES: usize = 64 << 10;
/// Room behind a piece for the text of one event.
const SLACK_BYTES: usize = 4 << 10;

/// Text on its way to a file.
pub(crate) struct TextFile {
    what: &'static str,
    path: Box<str>,
    sink: Box<dyn Write + Send>,
    text: Vec<u8>,
    /// The name that the file has until it is kept.
    unkept: Option<PathBuf>,
}

impl TextFile {
    /// Creates a file for `what` (a plural, for errors) that takes the place of the one at `path`
    /// when it is [kept](Self::keep): until then it has another name, which is gone when it is
    /// dropped.
    ///
    /// Where there is no room for another name, and for a pipe or a device, `path` itself is
    /// written at once.
    pub(crate) fn create(what: &'static str, path: &str) -> Result<Self, OutputError> {
        if is_replaceable(path)
            && let Ok(text_file) = Self::create_beside(what, path)
        {
            return Ok(text_file);
        }
        let file = File::create(path).map_err(|error| OutputError::new(what, path, error))?;
        Ok(Self::new(what, path, file))
    }

    /// The same, and never touches the file at `path` before it is [kept](Self::keep).
    pub(crate) fn create_beside(what: &'static str, path: &str) -> Result<Self, OutputError> {
        let unkept = PathBuf::from(format!("{path}.partial"));
        let file = File::create(&unkept).map_err(|error| OutputError::new(what, path, error))?;
        let mut text_file = Self::new(what, path, file);
        text_file.unkept = Some(unkept);
        Ok(text_file)
    }

    /// Gives the file its name, in place of what had it.
    pub(crate) fn keep(&mut self) -> Result<(), OutputError> {
        match self.unkept.take() {
            None => Ok(()),
            Some(unkept) => fs::rename(&unkept, &*self.path).map_err(|error| {
                self.unkept = Some(unkept);
                self.error(error)
            }),
        }
    }

    /// Text that goes to `sink`, which errors call `path`.
    pub(crate) fn new(what: &'static str, path: &str, sink: impl Write + Send + 'static) -> Self {
        let text = Vec::with_capacity(PIECE_BYTES + SLACK_BYTES);
        Self { what, path: path.into(), sink: Box::new(sink), text, unkept: None }
    }

    /// The buffer; whoever appended to it calls [`settle`](Self::settle).
    pub(crate) const fn text(&mut self) -> &mut Vec<u8> {
        &mut self.text
    }

    /// Writes the buffer when it is full.
    pub(crate) fn settle(&mut self) -> Result<(), OutputError> {
        if self.text.len() < PIECE_BYTES { Ok(()) } else { self.flush() }
    }

    /// Writes what is in the buffer; what cannot be written is dropped.
    pub(crate) fn flush(&mut self) -> Result<(), OutputError> {
        let written = self.sink.write_all(&self.text).and_then(|()| self.sink.flush());
        self.text.clear();
        written.map_err(|error| self.error(error))
    }

    fn error(&self, error: io::Error) -> OutputError {
        OutputError::new(self.what, &self.path, error)
    }
}

/// Whether there is a file at `path` that another can take the place of, or none yet.
fn is_replaceable(path: &str) -> bool {
    match fs::symlink_metadata(path) {
        Ok(metadata) => metadata.is_file(),
        Err(error) => {
            error.kind() == io::ErrorKind::NotFound && Path::new(path).file_name().is_some()
        }
    }
}

impl Drop for TextFile {
    fn drop(&mut self) {
        if let Some(unkept) = &self.unkept {
            // There is nobody to tell, and the next run takes it over.
            let _removed = fs::remove_file(unkept);
        }
    }
}

impl fmt::Debug for TextFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TextFile")
            .field("path", &self.path)
            .field("buffered", &self.text.len())
            .finish_non_exhaustive()
    }
}

/// A sink for tests: what was written, write by write, and a pipe that can break.
#[cfg(test)]
#[derive(Clone, Default)]
pub(crate) struct Shared(std::sync::Arc<std::sync::Mutex<Written>>);

#[cfg(test)]
#[derive(Default)]
struct Written {
    writes: Vec<Vec<u8>>,
    is_broken: bool,
}

#[cfg(test)]
impl Shared {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().writes.concat()).unwrap()
    }

    pub(crate) fn write_count(&self) -> usize {
        self.0.lock().unwrap().writes.len()
    }

    pub(crate) fn break_pipe(&self) {
        self.0.lock().unwrap().is_broken = true;
    }
}

#[cfg(test)]
impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = self.0.lock().unwrap();
        if written.is_broken {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        written.writes.push(bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.0.lock().unwrap().is_broken {
            Err(io::ErrorKind::BrokenPipe.into())
        } else {
            Ok(())
        }
    }
}
