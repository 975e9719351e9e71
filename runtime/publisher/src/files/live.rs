//! A publication that goes on with a running engine.
//!
//! Records and events come from whoever takes them from it, and no book is needed.

use super::appended::Appended;
use super::error::FilesError;
use super::pending::{PendingCheckpoint, WrittenCheckpoint};
use super::publication::Publication;
use crate::publisher::{Auctions, DayState};
use highwater::types::{Sequence, SessionId};
use std::path::PathBuf;

/// A file of a stream, and how far it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamFile {
    /// Whose it is; `None` for the feed.
    pub session: Option<SessionId>,
    /// The file.
    pub path: PathBuf,
    /// Bytes of its messages, with the lengths before them.
    pub bytes: u64,
}

impl Publication {
    /// The events of the command have come: what it says to anybody is taken. A record and its
    /// events go to the [`publisher`](Self::publisher) before.
    ///
    /// # Errors
    /// A protocol has no room for something, or a file cannot be written. The publication must not
    /// be used any more.
    pub fn take(
        &mut self,
        auctions: &impl Auctions,
        appended: &mut impl Appended,
    ) -> Result<DayState, FilesError> {
        let state = self.publisher.finish(auctions)?;
        self.files.take(&mut self.publisher, state, appended)?;
        Ok(state)
    }

    /// Writes what waits, so that readers of the files find it.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn flush(&mut self, appended: &mut impl Appended) -> Result<(), FilesError> {
        self.files.flush(&mut self.publisher, appended)
    }

    /// Whether so many commands were taken that a checkpoint is due.
    pub fn is_checkpoint_due(&self) -> bool {
        self.files.is_due()
    }

    /// Makes the files durable, and notes the state behind the last command, where the book's
    /// running hash was this one. Says up to which sequence the log may be retired.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn checkpoint(
        &mut self,
        running_hash: u64,
        appended: &mut impl Appended,
    ) -> Result<Sequence, FilesError> {
        self.files.checkpoint(&mut self.publisher, running_hash, appended)?;
        Ok(self.needed())
    }

    /// The first half of a [`checkpoint`](Self::checkpoint), which needs no disk: the other half is
    /// written by whoever has the time, and told to [`written`](Self::written). Until then no other
    /// one may be begun.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn begin_checkpoint(
        &mut self,
        running_hash: u64,
        appended: &mut impl Appended,
    ) -> Result<PendingCheckpoint, FilesError> {
        self.files.begin_checkpoint(&mut self.publisher, running_hash, appended)
    }

    /// Up to which sequence the log may be retired once this checkpoint is written.
    pub fn needed_behind(&self, pending: &PendingCheckpoint) -> Sequence {
        self.files.newest_checkpoint().unwrap_or(pending.checkpoint.sequence)
    }

    /// The checkpoint that was begun is written.
    pub fn written(&mut self, written: WrittenCheckpoint) {
        self.files.written(written);
    }

    /// The files of the day that goes on; none between two days.
    pub fn files_of_day(&self) -> Vec<StreamFile> {
        if self.publisher.is_between_days() {
            return Vec::new();
        }
        let day = self.publisher.day();
        let feed = self.files.feed.file_of_day();
        let feed = feed.map(|(path, bytes)| StreamFile { session: None, path, bytes });
        let sessions = self.files.sessions.iter().flat_map(|files| files.files_of_day(day));
        let sessions =
            sessions.map(|(id, path, bytes)| StreamFile { session: Some(id), path, bytes });
        feed.into_iter().chain(sessions).collect()
    }
}
