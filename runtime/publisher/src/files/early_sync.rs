//! Syncs a file on a thread of its own while more is appended to it.
//!
//! Nothing is promised before the whole file is synced at its end: that is only shorter when most
//! of the file is durable by then.

use std::fs::File;
use std::io;
use std::thread::{Builder, JoinHandle};

/// Bytes after which a sync begins, unless one goes on.
const EARLY_BYTES: u64 = 4 << 20;

/// The early syncs of one file.
#[derive(Debug)]
pub(super) struct EarlySync {
    /// Bytes of the file when the last one began.
    begun: u64,
    /// The one that goes on, or whose outcome nobody has asked for.
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl EarlySync {
    /// Of a file that has this many bytes.
    pub(super) const fn from(position: u64) -> Self {
        Self { begun: position, thread: None }
    }

    /// The file has `position` bytes now: they are synced when many of them are new.
    ///
    /// # Errors
    /// The sync before failed.
    pub(super) fn grown(&mut self, file: &File, position: u64) -> io::Result<()> {
        let is_running = self.thread.as_ref().is_some_and(|thread| !thread.is_finished());
        if position - self.begun < EARLY_BYTES || is_running {
            return Ok(());
        }
        self.settle()?;
        let file = file.try_clone()?;
        let thread = Builder::new().name("hw-early-sync".into());
        // Where there is no thread, the sync at the end does everything.
        self.thread = thread.spawn(move || file.sync_data()).ok();
        self.begun = position;
        Ok(())
    }

    /// Waits for the sync that goes on. An error is told only once by the system: whoever closes
    /// the file has to ask for it here.
    ///
    /// # Errors
    /// It failed.
    pub(super) fn settle(&mut self) -> io::Result<()> {
        self.thread.take().map_or(Ok(()), |thread| thread.join().expect("a sync does not panic"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::OwnedFd;

    /// A file that can't be synced: one end of a pipe.
    fn unsyncable() -> File {
        let (_, writer) = io::pipe().expect("there are pipes");
        OwnedFd::from(writer).into()
    }

    #[test]
    fn few_bytes_begin_no_sync() {
        let mut early = EarlySync::from(7);
        early.grown(&unsyncable(), 7 + EARLY_BYTES - 1).expect("nothing is synced");
        assert!(early.thread.is_none());
        early.settle().expect("nothing was synced");
    }

    #[test]
    fn an_error_is_told_to_whoever_asks_first() {
        let mut early = EarlySync::from(7);
        early.grown(&unsyncable(), 7 + EARLY_BYTES).expect("it is only begun");
        assert!(early.settle().is_err());
        early.settle().expect("it is told once");
    }

    #[test]
    fn a_failed_sync_ends_the_next_one_before_it_begins() {
        let mut early = EarlySync::from(0);
        early.grown(&unsyncable(), EARLY_BYTES).expect("it is only begun");
        while !early.thread.as_ref().is_some_and(JoinHandle::is_finished) {
            std::thread::yield_now();
        }
        assert!(early.grown(&unsyncable(), 2 * EARLY_BYTES).is_err());
        assert!(early.thread.is_none());
    }
}
