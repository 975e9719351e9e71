//! Checkpoints of the streams, written on a thread of their own: the disk holds no client up.

use highwater::types::Sequence;
use highwater_publisher::files::{FilesError, PendingCheckpoint, Publication, WrittenCheckpoint};
use std::fmt;
use std::thread::{Builder, JoinHandle};

/// Is called behind each checkpoint, with the sequence up to which the log may be retired.
pub type OnCheckpoint = Box<dyn FnMut(Sequence) -> Result<(), FilesError> + Send>;

type Written = (OnCheckpoint, Result<WrittenCheckpoint, FilesError>);

/// The checkpoint that is written now, where one is.
pub(crate) struct Checkpoints {
    /// `None` while the thread has it.
    on_checkpoint: Option<OnCheckpoint>,
    thread: Option<JoinHandle<Written>>,
}

impl Checkpoints {
    pub(crate) const fn new(on_checkpoint: OnCheckpoint) -> Self {
        Self { on_checkpoint: Some(on_checkpoint), thread: None }
    }

    /// Whether one is written now.
    pub(crate) const fn is_busy(&self) -> bool {
        self.thread.is_some()
    }

    /// Writes one, on a thread where there is one to be had.
    pub(crate) fn write(
        &mut self,
        pending: PendingCheckpoint,
        publication: &Publication,
    ) -> Result<(), FilesError> {
        let needed = publication.needed_behind(&pending);
        let Some(mut on_checkpoint) = self.on_checkpoint.take() else { return Ok(()) };
        let work = move || {
            let written = pending.write();
            let written = written.and_then(|written| on_checkpoint(needed).map(|()| written));
            (on_checkpoint, written)
        };
        let builder = Builder::new().name("hw-checkpoint".to_owned());
        let thread = builder.spawn(work).map_err(FilesError::Thread)?;
        self.thread = Some(thread);
        Ok(())
    }

    /// Notes the one that was written, where it is by now.
    pub(crate) fn settle(&mut self, publication: &mut Publication) -> Result<(), FilesError> {
        match &self.thread {
            Some(thread) if thread.is_finished() => self.wait(publication),
            Some(_) | None => Ok(()),
        }
    }

    /// Waits until it is written.
    pub(crate) fn wait(&mut self, publication: &mut Publication) -> Result<(), FilesError> {
        let Some(thread) = self.thread.take() else { return Ok(()) };
        let (on_checkpoint, written) = thread.join().expect("a checkpoint does not panic");
        self.on_checkpoint = Some(on_checkpoint);
        publication.written(written?);
        Ok(())
    }
}

impl fmt::Debug for Checkpoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checkpoints").field("is_busy", &self.is_busy()).finish_non_exhaustive()
    }
}
