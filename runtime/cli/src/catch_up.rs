//! Catching up: the streams of a log are made as far as the log goes, from their last checkpoint.

use crate::inspect::{CacheArgs, Inspected, open_log, say_notes, walk};
use highwater::snapshot_plan::Wanted;
use highwater::types::{LogId, Sequence};
use highwater_console::{CommandError, note};
use highwater_engine::candidates::Candidates;
use highwater_engine::replay::{Replayed, replay_from};
use highwater_platform::{Platform, Sharing};
use highwater_publisher::files::{
    FilesError, Publication, Published, Publishing, Source, Targets, Trust, Until,
};
use highwater_storage::{Consumer, ConsumerKind, Consumers, LogDirectory};
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

/// A log and its streams.
#[derive(Debug)]
pub(crate) struct CatchUp<'a, P: Platform> {
    /// The system.
    pub(crate) platform: P,
    /// The data directory.
    pub(crate) data: &'a Path,
    /// Where the streams go.
    pub(crate) targets: &'a Targets,
    /// How much of the log is kept in memory.
    pub(crate) cache: CacheArgs,
    /// Ends the work early.
    pub(crate) until: Until<'a>,
}

/// Streams that have caught up.
#[derive(Debug)]
pub(crate) struct CaughtUp<L> {
    /// The streams.
    pub(crate) publication: Publication,
    /// The last sequence that was published before.
    pub(crate) begun: Sequence,
    /// Whose they are.
    pub(crate) log: LogId,
    /// Keeps other processes from writing the same files.
    pub(crate) _lock: L,
}

impl<P: Platform> CatchUp<'_, P> {
    /// Publishes what is behind the last checkpoint.
    ///
    /// # Errors
    /// The log is corrupt, a protocol has no room for something that it holds, or the files belong
    /// to another log or cannot be written.
    ///
    /// # Panics
    /// Never.
    pub(crate) fn run(mut self) -> Result<CaughtUp<P::Lock>, CommandError> {
        let mut log = open_log(self.platform, self.data, self.cache)?;
        self.until.last = self.until.last.min(log.durable_end()?);
        let Some(id) = log.directory.log_id() else {
            return Err(CommandError::failed(format!(
                "the log in '{}' has no segment yet, so there is nothing to publish; run an engine \
                 first",
                self.data.display()
            )));
        };
        let lock = locked(self.platform, &self.targets.itch)?;
        let source = Source { id, first: log.first_sequence() };
        let mut published = self.publish(&mut log, source, Trust::Checkpoints)?;
        if published.is_none() {
            note(
                "note: the log was cut and has gone on otherwise since it was published; \
                 everything is published again",
            );
            published = self.publish(&mut log, source, Trust::Nothing)?;
        }
        let (publication, begun) = published.expect("only a checkpoint can be of another history");
        Ok(CaughtUp { publication, begun, log: id, _lock: lock })
    }

    /// `None` when the log is not the one that was published.
    fn publish(
        &self,
        log: &mut Inspected<P>,
        source: Source,
        trust: Trust,
    ) -> Result<Option<(Publication, Sequence)>, CommandError> {
        let open = || Publication::open(self.targets, source, trust);
        let mut publication = open().map_err(CommandError::failed)?;
        let begun = publication.begun().sequence;
        self.register(publication.needed()).map_err(CommandError::failed)?;
        let Inspected { directory, buffer, .. } = log;
        // The last command that was published is looked at once more.
        let before = Sequence(begun.0.saturating_sub(1));
        let wanted = |directory: &LogDirectory<P>| Candidates::of(directory, Wanted::State(before));
        let mut is_first = true;
        let replayed = replay_from(self.platform, directory, wanted, |directory, book, start| {
            if !std::mem::take(&mut is_first) {
                // A replay that needed more memory has published a part.
                match open() {
                    Ok(opened) => publication = opened,
                    Err(error) => return Ok(Err(error)),
                }
            }
            let register = |needed| self.register(needed);
            let mut publishing = Publishing::new(&mut publication, book, self.until, register);
            let walked = walk(directory, buffer, "published", start, &mut publishing).map(|_| ());
            publishing.finish(walked)
        });
        let Replayed { found, notes, .. } = replayed?;
        say_notes(&notes);
        match found.map_err(CommandError::failed)? {
            Published::OtherHistory => Ok(None),
            Published::Whole => Ok(Some((publication, begun))),
        }
    }

    fn register(&self, needed: Sequence) -> Result<(), FilesError> {
        register(self.platform, self.data, &self.targets.itch, needed)
    }
}

/// Notes what the log is kept for.
pub(crate) fn register<P: Platform>(
    platform: P,
    data: &Path,
    itch: &Path,
    needed: Sequence,
) -> Result<(), FilesError> {
    let failed = |error| FilesError::Io(itch.to_owned(), error);
    let path = std::path::absolute(itch).map_err(failed)?;
    let consumer = Consumer { kind: ConsumerKind::Itch, path, durable: needed };
    Ok(Consumers::of(platform, data).note(&[consumer])?)
}

/// Keeps other processes from writing the same files.
fn locked<P: Platform>(platform: P, itch: &Path) -> Result<P::Lock, CommandError> {
    let mut name = itch.as_os_str().to_owned();
    name.push(".lock");
    let path = PathBuf::from(name);
    let failed = |error| CommandError::failed(FilesError::Io(path.clone(), error));
    OpenOptions::new().append(true).create(true).open(&path).map_err(failed)?;
    let lock = platform.lock(&path, Sharing::Exclusive).map_err(failed)?;
    lock.ok_or_else(|| CommandError::failed(FilesError::Busy(itch.to_owned())))
}
