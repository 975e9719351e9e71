//! Locks in a data directory: one process writes, and what is read is not removed.
//!
//! The writer locks the directory itself and the file `lock`, which is all that older programs
//! know: so a file that somebody removes or replaces lets no second writer in. Who reads shares the
//! lock on the file `lease`; who removes files that hold a part of the log takes it alone. The
//! system drops every lock when its process ends, however it ends.

use super::error::OpenError;
use super::layout::DirectoryLayout;
use highwater_platform::{Platform, Sharing};
use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::time::Duration;

/// How long the writer's lock is asked for again: a reader that asks whether it is held holds it
/// for an instant.
const WRITER_PATIENCE_NS: u64 = 250_000_000;
/// How long after that, where no writer holds it: on a busy machine an instant may take long.
const PASSER_PATIENCE_NS: u64 = 10_000_000_000;
/// How long a reader waits for who removes files: each removal takes some milliseconds.
const READER_PATIENCE_NS: u64 = 5_000_000_000;
/// Time between two of these questions.
const PAUSE: Duration = Duration::from_millis(2);

/// What keeps every other writer out.
#[derive(Debug)]
pub(super) struct WriterLock<P: Platform> {
    /// `None` where the file system locks no directories.
    directory: Option<P::Lock>,
    _file: P::Lock,
}

impl<P: Platform> WriterLock<P> {
    /// Takes both locks.
    pub(super) fn take(platform: P, layout: &DirectoryLayout) -> Result<Self, OpenError> {
        let path = layout.directory();
        let failed = |error| OpenError::writing("lock", path, error);
        let in_use = || OpenError::InUse(path.to_owned());
        let directory = match lock_alone(platform, path) {
            Err(error) if error.kind() == io::ErrorKind::Unsupported => None,
            locked => Some(locked.map_err(failed)?.ok_or_else(in_use)?),
        };
        create_missing(&layout.lock()).map_err(failed)?;
        let file = lock_alone(platform, &layout.lock()).map_err(failed)?.ok_or_else(in_use)?;
        create_missing(&layout.lease()).map_err(failed)?;
        Ok(Self { directory, _file: file })
    }

    /// Whether only the file `lock` keeps others out, because directories can't be locked here.
    pub(super) fn is_file_only(&self) -> bool {
        self.directory.is_none()
    }
}

/// Takes a lock alone; `None` when another process holds it that way.
fn lock_alone<P: Platform>(platform: P, path: &Path) -> io::Result<Option<P::Lock>> {
    let ask = || platform.lock(path, Sharing::Exclusive);
    match patiently(platform, WRITER_PATIENCE_NS, ask)? {
        // Whoever holds it shares it: a reader that asks, and was interrupted.
        None if !platform.is_locked(path)? => patiently(platform, PASSER_PATIENCE_NS, ask),
        answer => Ok(answer),
    }
}

/// Whether a process has the directory open for writing.
pub(super) fn writer_is_running<P: Platform>(
    platform: P,
    layout: &DirectoryLayout,
) -> io::Result<bool> {
    let is_locked = |path: &Path| match platform.is_locked(path) {
        Err(error)
            if error.kind() == io::ErrorKind::NotFound
                || error.kind() == io::ErrorKind::Unsupported =>
        {
            Ok(false)
        }
        asked => asked,
    };
    Ok(is_locked(layout.directory())? || is_locked(&layout.lock())?)
}

/// Keeps what a reader needs from being removed, until it is dropped or the process ends.
#[derive(Debug)]
pub struct Lease<P: Platform> {
    /// `None` in a directory where nobody removes anything: no program wrote to it that does, or
    /// its file system has no locks.
    _shared: Option<P::Lock>,
}

impl<P: Platform> Lease<P> {
    /// A lease on a data directory; creates nothing, and waits while files are being removed.
    ///
    /// # Errors
    /// The system's, or another process has changed the log for seconds.
    pub fn take(platform: P, directory: &Path) -> Result<Self, OpenError> {
        let path = DirectoryLayout::new(directory).lease();
        match patiently(platform, READER_PATIENCE_NS, || platform.lock(&path, Sharing::Shared)) {
            Ok(Some(shared)) => Ok(Self { _shared: Some(shared) }),
            Ok(None) => Err(OpenError::Changing(directory.to_owned())),
            Err(error)
                if error.kind() == io::ErrorKind::NotFound
                    || error.kind() == io::ErrorKind::NotADirectory
                    || error.kind() == io::ErrorKind::Unsupported =>
            {
                Ok(Self { _shared: None })
            }
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                Err(OpenError::Unreadable(directory.to_owned(), error))
            }
            Err(error) => Err(OpenError::System("lock", directory.to_owned(), error)),
        }
    }
}

/// Asks again and again until there is an answer or the patience is at its end.
pub(super) fn patiently<P: Platform, T>(
    platform: P,
    patience_ns: u64,
    mut ask: impl FnMut() -> io::Result<Option<T>>,
) -> io::Result<Option<T>> {
    let give_up_ns = platform.monotonic_ns() + patience_ns;
    loop {
        match ask()? {
            None if platform.monotonic_ns() < give_up_ns => platform.sleep(PAUSE),
            answer => return Ok(answer),
        }
    }
}

/// Creates an empty file where there is none.
pub(super) fn create_missing(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        created => created.map(drop),
    }
}
