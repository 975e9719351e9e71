//! What surrounds segment files: `F_FULLFSYNC` of a directory, flock(2), statfs(2), statvfs(3).

use runtime::platform::{FileSystem, Keeper};
use rustix::fd::OwnedFd;
use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use std::io;
use std::path::Path;

/// The exclusive lock on a file; the system drops it with the file descriptor.
#[derive(Debug)]
pub struct DirectoryLock {
    _file: OwnedFd,
}

/// Makes the names in a directory durable.
pub(crate) fn sync(directory: &Path) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = rustix::fs::open(directory, flags, Mode::empty())?;
    rustix::fs::fcntl_fullfsync(directory).map_err(|errno| match errno {
        // A file system that has no such call is refused: fsync(2) would promise less.
        Errno::NOTSUP | Errno::OPNOTSUPP | Errno::NOTTY | Errno::INVAL => {
            io::Error::new(io::ErrorKind::Unsupported, format!("F_FULLFSYNC: {errno}"))
        }
        _ => errno.into(),
    })
}

/// Takes the lock, or tells that another has it.
pub(crate) fn lock(path: &Path) -> io::Result<Option<DirectoryLock>> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC;
    let file = rustix::fs::open(path, flags, Mode::from_raw_mode(0o644))?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(DirectoryLock { _file: file })),
        Err(Errno::WOULDBLOCK | Errno::INTR) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whether the lock is taken: a shared one, which goes with the file, would exclude it.
pub(crate) fn is_locked(path: &Path) -> io::Result<bool> {
    // Nobody waits for the other end of a pipe.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = rustix::fs::open(path, flags, Mode::empty())?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared) {
        Ok(()) => Ok(false),
        Err(Errno::WOULDBLOCK) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

/// The file system by the name that statfs(2) tells.
pub(crate) fn file_system(path: &Path) -> io::Result<FileSystem> {
    let statistics = rustix::fs::statfs(path)?;
    let name = statistics.f_fstypename.iter().map(|letter| letter.cast_unsigned());
    let name: Vec<u8> = name.take_while(|letter| *letter != 0).collect();
    let name = String::from_utf8_lossy(&name).into_owned();
    let keeper = match name.as_str() {
        "tmpfs" => Keeper::Memory,
        "nfs" | "smbfs" | "afpfs" | "webdav" | "macfuse" | "osxfuse" => Keeper::Remote,
        _ => Keeper::Disk,
    };
    Ok(FileSystem { name, keeper })
}

/// Bytes that statvfs(3) counts as free for users without privileges.
pub(crate) fn free_bytes(path: &Path) -> io::Result<u64> {
    let statistics = rustix::fs::statvfs(path)?;
    Ok(statistics.f_bavail.saturating_mul(statistics.f_frsize))
}
