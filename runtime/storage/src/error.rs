//! Why a data directory can't be opened, and what a fault in mid-run means, in sentences.

use highwater::log_file::{LogFault, LogOperation};
use highwater_platform::Platform;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a data directory can't be opened; each is one sentence that says what is wrong and what to
/// do.
#[derive(Debug)]
pub enum OpenError {
    /// The directory is to be created and its parent does not exist.
    ParentMissing(PathBuf),
    /// Something of this name exists and is no directory.
    NotADirectory(PathBuf),
    /// Something there has the name of a file of the log and is none.
    NotAFile(PathBuf),
    /// This process may not write there, or nobody may.
    Unwritable(PathBuf, io::Error),
    /// This process may not read there.
    Unreadable(PathBuf, io::Error),
    /// Another process has it open for writing.
    InUse(PathBuf),
    /// Another process reads it, and it is to be changed.
    BeingRead(PathBuf),
    /// Another process changes it, and it is to be read.
    Changing(PathBuf),
    /// There is no room on the file system.
    DiskFull(PathBuf, io::Error),
    /// Direct I/O was asked for on a file system (named here) that takes none.
    DirectRefused(PathBuf, String),
    /// The file system (named here) has no call that makes names durable.
    SyncRefused(PathBuf, String, io::Error),
    /// It was to be read, and there is no log in it.
    NoLog(PathBuf),
    /// The system refused something else; what was being done comes first.
    System(&'static str, PathBuf, io::Error),
}

impl OpenError {
    /// The error of writing in `directory`: what was being done, in words that stand behind 'could
    /// not'.
    pub(super) fn writing(doing: &'static str, directory: &Path, error: io::Error) -> Self {
        let kind = error.kind();
        let directory = directory.to_owned();
        if kind == io::ErrorKind::PermissionDenied || kind == io::ErrorKind::ReadOnlyFilesystem {
            Self::Unwritable(directory, error)
        } else if kind == io::ErrorKind::StorageFull || kind == io::ErrorKind::QuotaExceeded {
            Self::DiskFull(directory, error)
        } else {
            Self::System(doing, directory, error)
        }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ParentMissing(path) => write!(
                f,
                "the data directory '{}' can't be created because its parent does not exist; \
                 create the parent, or name another with --data",
                path.display()
            ),
            Self::NotADirectory(path) => {
                write!(f, "'{}' is not a directory; name another with --data", path.display())
            }
            Self::NotAFile(path) => write!(
                f,
                "'{}' has the name of one of the log's files and is a directory, a pipe, a socket, \
                 a device or a link to nothing; nothing was changed: move it out of the data directory",
                path.display()
            ),
            Self::Unwritable(path, error) => write!(
                f,
                "the data directory '{}' can't be written ({error}); \
                 give this user the right to, or name another with --data",
                path.display()
            ),
            Self::Unreadable(path, error) => write!(
                f,
                "the data directory '{}' can't be read ({error}); \
                 give this user the right to, or name another with --data",
                path.display()
            ),
            Self::InUse(path) => write!(
                f,
                "the data directory '{}' is in use by another process; \
                 stop that one, or name another with --data",
                path.display()
            ),
            Self::BeingRead(path) => busy(f, path, "read"),
            Self::Changing(path) => busy(f, path, "changed"),
            Self::DiskFull(path, error) => write!(
                f,
                "there is no room for the data directory '{}' ({error}); \
                 free some space, or name another with --data",
                path.display()
            ),
            Self::DirectRefused(path, file_system) => write!(
                f,
                "the file system of '{}' ({file_system}) takes no direct I/O, or this \
                 program was built without it; use --io append, or name another directory with --data",
                path.display()
            ),
            Self::SyncRefused(path, file_system, error) => write!(
                f,
                "the file system of '{}' ({file_system}) can't make names durable ({error}), so \
                 nothing there would be; name another directory with --data",
                path.display()
            ),
            Self::NoLog(path) => {
                write!(f, "there is no log in '{}'; name its directory with --data", path.display())
            }
            Self::System(doing, path, error) => write!(
                f,
                "could not {doing} '{}' ({error}); check the disk, or name another with --data",
                path.display()
            ),
        }
    }
}

/// What another process does to a log, in a word.
fn busy(f: &mut fmt::Formatter<'_>, path: &Path, done: &str) -> fmt::Result {
    write!(
        f,
        "the log in '{}' is being {done} by another process; wait until that has ended, and try \
         again",
        path.display()
    )
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unwritable(_, error)
            | Self::Unreadable(_, error)
            | Self::DiskFull(_, error)
            | Self::SyncRefused(_, _, error)
            | Self::System(_, _, error) => Some(error),
            Self::ParentMissing(_)
            | Self::NotADirectory(_)
            | Self::NotAFile(_)
            | Self::InUse(_)
            | Self::BeingRead(_)
            | Self::Changing(_)
            | Self::DirectRefused(..)
            | Self::NoLog(_) => None,
        }
    }
}

/// A fault of a running log in one sentence: what failed, where, why, and what to do.
pub fn explain_fault<P: Platform>(platform: P, directory: &Path, fault: LogFault) -> String {
    let kind = io::Error::from_raw_os_error(fault.code).kind();
    let advice = if kind == io::ErrorKind::StorageFull || kind == io::ErrorKind::QuotaExceeded {
        "free some space"
    } else if kind == io::ErrorKind::FileTooLarge {
        "raise the limit on the size of files"
    } else {
        "check the disk"
    };
    format!(
        "could not {} in '{}' ({}); everything acknowledged is durable: {advice} and run again",
        fault.operation.phrase(),
        directory.display(),
        platform.error_text(fault.code)
    )
}

/// The fault that a system's error is.
pub(super) fn fault_of<T>(operation: LogOperation, result: io::Result<T>) -> Result<T, LogFault> {
    result.map_err(|error| LogFault { operation, code: error.raw_os_error().unwrap_or(0) })
}
