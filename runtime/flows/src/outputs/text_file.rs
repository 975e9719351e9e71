//! A file of text that is written in large pieces, by a buffer that is never reallocated while it
//! works.

use super::error::OutputError;
use super::partial::PartialFile;
use crate::resolved_path::ResolvedPath;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Bytes that are gathered before they are written.
const PIECE_BYTES: usize = 64 << 10;
/// Room behind a piece for the text of one event.
const SLACK_BYTES: usize = 4 << 10;

/// Text on its way to a file.
pub struct TextFile {
    what: &'static str,
    path: Box<Path>,
    sink: Box<dyn Write + Send>,
    text: Vec<u8>,
    /// The file under the name that it has until it is kept.
    partial: Option<PartialFile>,
    /// Whether it is written under its own name, and no stream that was open before.
    is_in_place: bool,
}

impl TextFile {
    /// Creates a file for `what` (a plural, for errors) that takes the place of the one at `path`,
    /// or where a link at `path` leads, when it is [kept](Self::keep): until then it has another
    /// name, which is gone when it is dropped.
    ///
    /// Where the directory takes no other name, and for a pipe or a device, `path` itself is
    /// written at once.
    ///
    /// # Errors
    /// When the file cannot be created.
    pub fn create(what: &'static str, path: &Path) -> Result<Self, OutputError> {
        let partial = ResolvedPath::of(path).replaceable().map(PartialFile::create);
        match partial {
            Some(Ok((file, partial))) => Ok(Self::partial(what, path, file, partial)),
            Some(Err(error)) if !(is_closed(&error) && path.exists()) => {
                Err(OutputError::new(what, path, error))
            }
            Some(Err(_)) | None => {
                let file =
                    File::create(path).map_err(|error| OutputError::new(what, path, error))?;
                Ok(Self { is_in_place: true, ..Self::new(what, path, file) })
            }
        }
    }

    /// Whether a file at `path` can only be written in place: its directory takes no other name, so
    /// it is emptied as soon as it is opened.
    pub fn is_written_in_place(path: &Path) -> bool {
        let partial = ResolvedPath::of(path).replaceable().map(PartialFile::create);
        partial.is_some_and(|made| made.is_err_and(|error| is_closed(&error) && path.exists()))
    }

    /// The same, and never touches the file at `path` before it is [kept](Self::keep).
    ///
    /// # Errors
    /// When the file cannot be created.
    pub fn create_beside(what: &'static str, path: &Path) -> Result<Self, OutputError> {
        let resolved_path = ResolvedPath::of(path);
        let no_file = || io::Error::other("it is not a file that can be replaced");
        let created = resolved_path.replaceable().ok_or_else(no_file).and_then(PartialFile::create);
        let (file, partial) = created.map_err(|error| OutputError::new(what, path, error))?;
        Ok(Self::partial(what, path, file, partial))
    }

    fn partial(what: &'static str, path: &Path, file: File, partial: PartialFile) -> Self {
        let mut text_file = Self::new(what, path, file);
        text_file.partial = Some(partial);
        text_file
    }

    /// Gives the file its name, in place of what had it. A regular file is on stable storage then
    /// with all that was written so far, and so is its name.
    ///
    /// # Errors
    /// When it cannot be written, synced or renamed.
    pub fn keep(&mut self) -> Result<(), OutputError> {
        self.flush()?;
        self.keep_file().map_err(|error| self.error(error))
    }

    fn keep_file(&mut self) -> io::Result<()> {
        match &mut self.partial {
            Some(partial) => partial.keep(),
            None => self.named_file()?.map_or(Ok(()), |(_, file)| file.sync_all()),
        }
    }

    /// The regular file that has the name now, and its absolute path; `None` for a pipe or a
    /// device.
    ///
    /// # Errors
    /// The system's.
    pub fn named_file(&self) -> io::Result<Option<(PathBuf, File)>> {
        let has_name = self.is_in_place || self.partial.is_some();
        if !has_name || !fs::metadata(&*self.path)?.is_file() {
            return Ok(None);
        }
        let path = fs::canonicalize(&*self.path)?;
        let file = File::open(&path)?;
        Ok(Some((path, file)))
    }

    /// Text that goes to `sink`, which errors call `path`.
    pub fn new(
        what: &'static str,
        path: impl AsRef<Path>,
        sink: impl Write + Send + 'static,
    ) -> Self {
        let text = Vec::with_capacity(PIECE_BYTES + SLACK_BYTES);
        let (path, sink) = (path.as_ref().into(), Box::new(sink));
        Self { what, path, sink, text, partial: None, is_in_place: false }
    }

    /// The buffer; whoever appended to it calls [`settle`](Self::settle).
    pub const fn text(&mut self) -> &mut Vec<u8> {
        &mut self.text
    }

    /// Writes the buffer when it is full.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn settle(&mut self) -> Result<(), OutputError> {
        if self.text.len() < PIECE_BYTES { Ok(()) } else { self.flush() }
    }

    /// Writes what is in the buffer; what cannot be written is dropped.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn flush(&mut self) -> Result<(), OutputError> {
        let written = self.sink.write_all(&self.text).and_then(|()| self.sink.flush());
        self.text.clear();
        written.map_err(|error| self.error(error))
    }

    fn error(&self, error: io::Error) -> OutputError {
        OutputError::new(self.what, &self.path, error)
    }
}

/// Whether a directory takes no new name, though a file in it may be written.
fn is_closed(error: &io::Error) -> bool {
    let kind = error.kind();
    kind == io::ErrorKind::PermissionDenied || kind == io::ErrorKind::ReadOnlyFilesystem
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
