//! A checkpoint that is still to be written: it may be on another thread, while more is published.

use super::checkpoint::{Checkpoint, folder_of};
use super::early_sync::EarlySync;
use super::error::FilesError;
use super::session_files::sync_folder;
use highwater::types::Sequence;
use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// What may not be durable.
#[derive(Debug, Default)]
pub(super) struct Unsynced {
    /// Syncs that go on.
    early: Vec<(PathBuf, EarlySync)>,
    open: Vec<(PathBuf, File)>,
    closed: Vec<PathBuf>,
    folders: BTreeSet<PathBuf>,
}

impl Unsynced {
    /// A sync of this file goes on, whose error is told only once.
    pub(super) fn settles(&mut self, path: &Path, early: EarlySync) {
        self.early.push((path.to_owned(), early));
    }

    /// A file that is open, and one more handle of it.
    pub(super) fn open(&mut self, path: &Path, file: File) {
        self.open.push((path.to_owned(), file));
    }

    /// A file that may be open or not; its early syncs are settled.
    pub(super) fn closed(&mut self, path: PathBuf) {
        self.folders.extend(path.parent().map(Path::to_owned));
        self.closed.push(path);
    }

    /// A folder with new names.
    pub(super) fn folder(&mut self, path: &Path) {
        self.folders.insert(path.to_owned());
    }

    /// Makes all of it durable.
    fn sync(self) -> Result<(), FilesError> {
        for (path, mut early) in self.early {
            early.settle().map_err(|error| FilesError::Io(path, error))?;
        }
        for (path, file) in self.open {
            file.sync_all().map_err(|error| FilesError::Io(path, error))?;
        }
        for path in self.closed {
            match File::open(&path).and_then(|file| file.sync_all()) {
                // Its day is over and is not kept: whoever needs it finds it missing.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                synced => synced.map_err(|error| FilesError::Io(path, error))?,
            }
        }
        self.folders.into_iter().try_for_each(|folder| sync_folder(&folder))
    }
}

/// A checkpoint that is still to be written.
#[derive(Debug)]
pub struct PendingCheckpoint {
    pub(super) unsynced: Unsynced,
    pub(super) checkpoint: Checkpoint,
    /// The feed's path.
    pub(super) path: PathBuf,
}

/// A checkpoint that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenCheckpoint {
    pub(super) sequence: Sequence,
}

impl PendingCheckpoint {
    /// Makes what it stands behind durable, and writes it.
    ///
    /// # Errors
    /// A file cannot be made durable or written: nothing more may be published.
    pub fn write(self) -> Result<WrittenCheckpoint, FilesError> {
        let Self { unsynced, checkpoint, path } = self;
        unsynced.sync()?;
        sync_folder(folder_of(&path))?;
        checkpoint.write(&path)?;
        Ok(WrittenCheckpoint { sequence: checkpoint.sequence })
    }
}

#[cfg(test)]
mod tests {
    use super::super::append_file::AppendFile;
    use super::*;

    #[test]
    fn an_early_sync_that_failed_is_told() {
        let mut unsynced = Unsynced::default();
        AppendFile::failing().hand_over(&mut unsynced);
        assert!(unsynced.sync().is_err());
    }

    #[test]
    fn a_file_that_is_not_kept_any_more_needs_no_sync() {
        let mut unsynced = Unsynced::default();
        unsynced.closed("/nowhere/session-1.ouch".into());
        unsynced.sync().expect("it is gone");
        let mut unsynced = Unsynced::default();
        unsynced.closed("/proc/1/mem".into());
        assert!(unsynced.sync().is_err(), "it is there and cannot be synced");
    }
}
