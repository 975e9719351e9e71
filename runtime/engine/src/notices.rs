//! What an engine has to say besides its answers, for a person or a monitor.

use crate::figures::grouped;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Something that the operator of an engine should know; the engine goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A snapshot was not used, and why: a sentence.
    SnapshotUnused(String),
    /// No snapshot was made, and why: a sentence.
    NoSnapshot(String),
    /// A snapshot was made, but not all was done to the segments below it: a sentence.
    SegmentsUntreated(String),
    /// The outputs were not made durable before a snapshot, and why: a sentence.
    OutputsUnsettled(String),
    /// The book for questions could not follow the log, and why: a sentence. It is tried again.
    BookNotFollowed(String),
    /// The log has grown much more than a snapshot is wanted for.
    SnapshotsBehind {
        /// Bytes of log after the newest snapshot.
        bytes: u64,
        /// Bytes of log after which a snapshot is wanted.
        wanted_bytes: u64,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SnapshotUnused(sentence) => write!(f, "note: {sentence}"),
            Self::SegmentsUntreated(sentence) => write!(f, "note: after the snapshot: {sentence}"),
            Self::NoSnapshot(sentence) | Self::OutputsUnsettled(sentence) => {
                write!(f, "warning: {sentence}")
            }
            Self::BookNotFollowed(sentence) => {
                write!(f, "warning: the book for questions could not follow the log: {sentence}")
            }
            Self::SnapshotsBehind { bytes, wanted_bytes } => write!(
                f,
                "warning: snapshots fall behind: the log after the newest has {} bytes, though one \
                 is due every {}, and a start reads all of it; leave a core to the snapshots, \
                 offer fewer commands, or set --snapshot-lag-max",
                grouped(*bytes),
                grouped(*wanted_bytes)
            ),
        }
    }
}

/// Takes the notices of an engine, on whichever of its threads has one; it must return soon.
#[derive(Clone)]
pub struct NoticeSink(Arc<dyn Fn(&Notice) + Send + Sync>);

impl NoticeSink {
    /// Gives each notice to `take`.
    pub fn new(take: impl Fn(&Notice) + Send + Sync + 'static) -> Self {
        Self(Arc::new(take))
    }

    /// Gives a notice.
    pub fn give(&self, notice: &Notice) {
        (self.0)(notice);
    }
}

impl fmt::Debug for NoticeSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NoticeSink").finish_non_exhaustive()
    }
}

/// Notices that are kept until somebody asks.
const KEPT_MAX: usize = 256;

/// Keeps the latest notices for who asks, where nobody takes them as they come.
#[derive(Clone, Debug, Default)]
pub struct NoticeLog(Arc<Mutex<VecDeque<Notice>>>);

impl NoticeLog {
    /// What gives notices to this log.
    pub fn sink(&self) -> NoticeSink {
        let log = self.clone();
        NoticeSink::new(move |notice| {
            let mut kept = log.lock();
            if kept.len() == KEPT_MAX {
                kept.pop_front();
            }
            kept.push_back(notice.clone());
        })
    }

    /// What has come since this was asked last, the latest 256, the oldest first.
    pub fn take(&self) -> Vec<Notice> {
        self.lock().drain(..).collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Notice>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_notices_are_kept_until_they_are_taken() {
        let log = NoticeLog::default();
        let sink = log.sink();
        let numbered = |bytes| Notice::SnapshotsBehind { bytes, wanted_bytes: 1 };
        for number in 0..=KEPT_MAX as u64 {
            sink.give(&numbered(number));
        }
        let taken = log.take();
        assert_eq!((taken.len(), &taken[0]), (KEPT_MAX, &numbered(1)));
        assert_eq!(log.take(), []);
    }
}
