//! A file that a stream is appended to, or that is found to hold the stream already.

use super::FilesError;
use super::early_sync::EarlySync;
use super::pending::Unsynced;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// A file and how far it is written.
#[derive(Debug)]
pub(super) struct AppendFile {
    path: PathBuf,
    file: File,
    /// Bytes of the stream that it holds.
    position: u64,
    /// Bytes that were in it before and are not known to be the stream's: they are compared and not
    /// overwritten.
    found: u64,
    early: EarlySync,
}

/// Whose a file is that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// It is known to be a stream of this log: what is behind the position is cut off.
    Ours,
    /// Nobody knows: it must hold the stream, byte for byte.
    Unknown,
}

/// Whether `bytes` can be what a kill or a power cut left of a file that begins with `whole`: a
/// prefix of it, then zeros. A file's length may become durable before its bytes.
pub(super) fn is_unfinished(bytes: &[u8], whole: &[u8]) -> bool {
    let written = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    bytes.len() <= whole.len() && whole.starts_with(&bytes[..written])
}

impl AppendFile {
    /// Opens a file, created when it is missing, that holds `position` bytes of the stream.
    pub(super) fn open(path: PathBuf, position: u64, owner: Owner) -> Result<Self, FilesError> {
        let mut options = OpenOptions::new();
        let opened = options.read(true).write(true).create(true).truncate(false).open(&path);
        let looked = opened.and_then(|file| {
            let bytes = file.metadata()?.len();
            match owner {
                Owner::Ours => file.set_len(position)?,
                Owner::Unknown => {}
            }
            Ok((file, bytes))
        });
        let (file, bytes) = looked.map_err(|error| FilesError::Io(path.clone(), error))?;
        let found = match owner {
            Owner::Ours => position,
            Owner::Unknown => bytes,
        };
        Ok(Self { path, file, position, found, early: EarlySync::from(position) })
    }

    /// The stream goes on with these bytes.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), FilesError> {
        let there = self.found.saturating_sub(self.position);
        let there = usize::try_from(there).unwrap_or(usize::MAX).min(bytes.len());
        let (known, new) = bytes.split_at(there);
        if !self.holds(known).map_err(|error| FilesError::Io(self.path.clone(), error))? {
            return Err(self.differs());
        }
        let behind = self.position + length_of(known);
        self.file
            .write_all_at(new, behind)
            .map_err(|error| FilesError::Io(self.path.clone(), error))?;
        self.position += length_of(bytes);
        let begun = self.early.grown(&self.file, self.position);
        begun.map_err(|error| FilesError::Io(self.path.clone(), error))
    }

    fn holds(&self, bytes: &[u8]) -> io::Result<bool> {
        let mut held = vec![0; bytes.len()];
        self.file.read_exact_at(&mut held, self.position)?;
        Ok(held == bytes)
    }

    fn differs(&self) -> FilesError {
        FilesError::Differs { path: self.path.clone(), position: self.position }
    }

    /// The stream ends here, as far as it is known: the file must hold no more.
    pub(super) fn check_end(&self) -> Result<(), FilesError> {
        if self.found > self.position { Err(self.differs()) } else { Ok(()) }
    }

    /// Bytes of the stream that it holds.
    pub(super) const fn position(&self) -> u64 {
        self.position
    }

    /// Makes its bytes durable.
    pub(super) fn sync(&mut self) -> Result<(), FilesError> {
        self.settle()?;
        self.file.sync_all().map_err(|error| FilesError::Io(self.path.clone(), error))
    }

    /// Hands over what makes its bytes durable.
    pub(super) fn sync_later(&mut self, unsynced: &mut Unsynced) -> Result<(), FilesError> {
        self.hand_over(unsynced);
        let file = self.file.try_clone();
        unsynced.open(&self.path, file.map_err(|error| FilesError::Io(self.path.clone(), error))?);
        Ok(())
    }

    /// Hands over the sync that goes on, which may have failed. Whoever syncs the file by its name
    /// must have done so.
    pub(super) fn hand_over(&mut self, unsynced: &mut Unsynced) {
        let early = std::mem::replace(&mut self.early, EarlySync::from(self.position));
        unsynced.settles(&self.path, early);
    }

    /// Waits for a sync that goes on, which may have failed. Whoever closes the file and syncs it
    /// by its name must have done so.
    pub(super) fn settle(&mut self) -> Result<(), FilesError> {
        self.early.settle().map_err(|error| FilesError::Io(self.path.clone(), error))
    }
}

#[cfg(test)]
impl AppendFile {
    /// A file whose early sync fails, because it is a pipe.
    pub(super) fn failing() -> Self {
        let (_, writer) = io::pipe().expect("there are pipes");
        let file = File::from(std::os::fd::OwnedFd::from(writer));
        let mut early = EarlySync::from(0);
        early.grown(&file, u64::MAX).expect("it is only begun");
        Self { path: "pipe".into(), file, position: 0, found: 0, early }
    }
}

/// A length in bytes.
pub(super) fn length_of(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).expect("a length has 64 bits")
}

/// The whole content of a file; `None` when there is none.
pub(super) fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, FilesError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FilesError::Io(path.to_owned(), error)),
    }
}

/// Removes a file that may be there.
pub(super) fn remove_if_there(path: &Path) -> Result<(), FilesError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(FilesError::Io(path.to_owned(), error))
        }
        _ => Ok(()),
    }
}
