//! Why streams cannot be kept in files.

use crate::fault::PublishFault;
use highwater::types::Sequence;
use highwater_storage::ConsumersError;
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// Why the streams are not in their files. The log is unharmed in every case, and what the files
/// hold behind the last checkpoint is made again.
#[derive(Debug, Error)]
pub enum FilesError {
    /// The log holds something that a protocol has no room for.
    #[error(
        "{0}; publish without --ouch where only OUCH has no room, or leave this log unpublished"
    )]
    Unfit(#[from] PublishFault),
    /// The system refused something.
    #[error(
        "could not read or write '{path}' ({1}); the log is unharmed: mend the cause and run the \
         command again, which goes on from its last checkpoint",
        path = .0.display()
    )]
    Io(PathBuf, io::Error),
    /// The system has no thread for a checkpoint.
    #[error("there is no thread to write a checkpoint ({0}); end other programs, and start again")]
    Thread(io::Error),
    /// A file that is there is not a stream of this log.
    #[error(
        "'{path}' differs from this log's stream from byte {position} on, so it was not made of \
         this log, and it is left as it is; choose another file, or remove it",
        path = .path.display()
    )]
    Differs {
        /// The file.
        path: PathBuf,
        /// The first byte that may differ.
        position: u64,
    },
    /// The sidecar of a feed, or the mark in a directory of answers, is another log's.
    #[error(
        "'{path}' says that these are another log's streams; choose another name, or remove them \
         with that file",
        path = .0.display()
    )]
    OtherLog(PathBuf),
    /// Another process publishes into the same files.
    #[error("another process publishes to '{path}'; wait until it has ended, or choose another file", path = .0.display())]
    Busy(PathBuf),
    /// The log no longer holds what is to be published.
    #[error(
        "the log holds no command before sequence {first}, and nothing to go on from was found: \
         streams need the log from its first command, or their files and a checkpoint; publish \
         from a copy of the log that is whole"
    )]
    Retired {
        /// The first command that it holds.
        first: Sequence,
    },
    /// The log could not be told what the streams still need.
    #[error(transparent)]
    Consumers(#[from] ConsumersError),
}
