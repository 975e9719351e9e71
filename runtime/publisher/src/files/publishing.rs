//! Publishing: a walk along a log that replays it into a book and writes what follows.

use super::error::FilesError;
use super::publication::{Begun, Files, Publication};
use crate::publisher::Publisher;
use highwater::book::Book;
use highwater::record::{Body, Record};
use highwater::recovery::{RecoveryFault, Replay, Visitor};
use highwater::types::Sequence;
use std::sync::atomic::{AtomicBool, Ordering};

/// Publishes the records that it visits.
#[derive(Debug)]
pub struct Publishing<'p, 'm, C> {
    replay: Replay<'p, 'm, Publisher>,
    files: &'p mut Files,
    begun: Begun,
    until: Until<'p>,
    /// Whether the log was seen to be the one of the checkpoint.
    is_checked: bool,
    failed: Option<FilesError>,
    /// Called after each checkpoint, with the sequence up to which the log may be retired.
    on_checkpoint: C,
}

/// How far a walk goes.
#[derive(Clone, Copy, Debug)]
pub struct Until<'s> {
    /// The last command that is published.
    pub last: Sequence,
    /// Ends the walk when somebody raises it.
    pub stop: &'s AtomicBool,
}

/// How a walk ended that found nothing wrong.
#[derive(Debug)]
pub enum Published {
    /// What was published is in the files, durably.
    Whole,
    /// The log is not the one of the checkpoint: it was cut and has gone on otherwise, so
    /// everything is to be made anew.
    OtherHistory,
}

impl<'p, 'm, C: FnMut(Sequence) -> Result<(), FilesError>> Publishing<'p, 'm, C> {
    /// Publishes what comes behind `publication` as far as `until`; `book` is before the
    /// command that it goes on behind.
    pub fn new(
        publication: &'p mut Publication,
        book: &'p mut Book<'m>,
        until: Until<'p>,
        on_checkpoint: C,
    ) -> Self {
        let begun = publication.begun();
        let Publication { publisher, files, .. } = publication;
        Self {
            replay: Replay::new(book, publisher),
            files,
            begun,
            until,
            is_checked: begun.sequence == Sequence(0),
            failed: None,
            on_checkpoint,
        }
    }

    /// What came of the walk, which ended like this.
    ///
    /// # Errors
    /// Why the streams could not be written, or why the log is refused.
    pub fn finish(
        mut self,
        walked: Result<(), RecoveryFault>,
    ) -> Result<Result<Published, FilesError>, RecoveryFault> {
        if let Some(error) = self.failed.take() {
            self.files.give_up();
            return Ok(Err(error));
        }
        match walked {
            Ok(()) | Err(RecoveryFault::EndedByVisitor { .. }) => {}
            Err(fault) => return Err(fault),
        }
        if !self.is_checked {
            // Who stops a walk before it comes to the checkpoint learns nothing of the log.
            let is_stopped = self.until.stop.load(Ordering::Relaxed);
            return Ok(Ok(if is_stopped { Published::Whole } else { Published::OtherHistory }));
        }
        Ok(self.end().map(|()| Published::Whole))
    }

    fn end(&mut self) -> Result<(), FilesError> {
        if self.until.stop.load(Ordering::Relaxed) && !self.files.are_ours() {
            // Nothing was changed, and it is not known yet whose they are.
            self.files.give_up();
            return Ok(());
        }
        if let Err(error) = self.files.end(self.replay.sink) {
            self.files.give_up();
            return Err(error);
        }
        let is_new = self.replay.sink.sequence() > self.begun.sequence;
        if is_new || !self.files.has_checkpoint() { self.checkpoint() } else { Ok(()) }
    }

    /// Looks at the record of the checkpoint, which was replayed; `None` when it is another one.
    fn check(&mut self, record: &Record) -> Option<()> {
        let Begun { sequence, running_hash, timestamp_ns } = self.begun;
        if record.sequence == sequence && matches!(record.body, Body::Command(_)) {
            let is_same = record.timestamp_ns == timestamp_ns
                && self.replay.book.running_hash() == running_hash;
            self.is_checked = is_same;
            return is_same.then_some(());
        }
        Some(())
    }

    fn checkpoint(&mut self) -> Result<(), FilesError> {
        let running_hash = self.replay.book.running_hash();
        self.files.checkpoint(self.replay.sink, running_hash, &mut ())?;
        (self.on_checkpoint)(self.files.needed())
    }

    fn publish(&mut self) -> Result<(), FilesError> {
        let Replay { book, sink, .. } = &mut self.replay;
        let state = sink.finish(&**book)?;
        self.files.take(sink, state, &mut ())?;
        if self.files.is_due() { self.checkpoint() } else { Ok(()) }
    }
}

impl<C: FnMut(Sequence) -> Result<(), FilesError>> Visitor for Publishing<'_, '_, C> {
    fn record(&mut self, record: &Record) -> Result<(), RecoveryFault> {
        let ended = RecoveryFault::EndedByVisitor { sequence: record.sequence };
        if record.sequence > self.until.last || self.until.stop.load(Ordering::Relaxed) {
            return Err(ended);
        }
        if record.sequence <= self.begun.sequence {
            self.replay.record(record)?;
            return self.check(record).ok_or(ended);
        }
        if !matches!(record.body, Body::Command(_)) {
            return self.replay.record(record);
        }
        self.replay.sink.begin(record);
        self.replay.record(record)?;
        self.publish().map_err(|error| {
            self.failed = Some(error);
            ended
        })
    }

    fn prefetch(&mut self, waiting: &[Record]) {
        self.replay.prefetch(waiting);
    }
}
