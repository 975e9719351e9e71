//! What surrounds segment files: `F_FULLFSYNC` of a directory, flock(2), statfs(2), statvfs(3).

use highwater_platform::{FileSystem, Keeper, Sharing};
use rustix::fd::OwnedFd;
use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use std::io;
use std::path::Path;

/// A lock on a file or a directory; the system drops it with the file descriptor.
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

/// How often a lock is taken again whose file was replaced meanwhile, at most.
const REPLACED_MAX: u32 = 64;

/// Takes the lock, or tells that another holder excludes it.
pub(crate) fn lock(path: &Path, sharing: Sharing) -> io::Result<Option<DirectoryLock>> {
    for _ in 0..REPLACED_MAX {
        let file = open_to_lock(path, sharing)?;
        let operation = match sharing {
            Sharing::Exclusive => FlockOperation::NonBlockingLockExclusive,
            Sharing::Shared => FlockOperation::NonBlockingLockShared,
        };
        match rustix::fs::flock(&file, operation) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK | Errno::INTR) => return Ok(None),
            Err(Errno::BADF | Errno::INVAL | Errno::NOLCK | Errno::NOTSUP) => {
                return Err(io::ErrorKind::Unsupported.into());
            }
            Err(error) => return Err(error.into()),
        }
        if is_still(path, &file)? {
            return Ok(Some(DirectoryLock { _file: file }));
        }
    }
    Ok(None)
}

/// Network file systems lock a file exclusively only where it is open for writing, which a
/// directory never is.
fn open_to_lock(path: &Path, sharing: Sharing) -> io::Result<OwnedFd> {
    let flags = OFlags::CLOEXEC | OFlags::NONBLOCK;
    let opened = match sharing {
        Sharing::Shared => rustix::fs::open(path, flags | OFlags::RDONLY, Mode::empty()),
        Sharing::Exclusive => match rustix::fs::open(path, flags | OFlags::RDWR, Mode::empty()) {
            Err(Errno::ISDIR) => rustix::fs::open(path, flags | OFlags::RDONLY, Mode::empty()),
            opened => opened,
        },
    };
    Ok(opened?)
}

/// Whether the path names the open file.
fn is_still(path: &Path, file: &OwnedFd) -> io::Result<bool> {
    let held = rustix::fs::fstat(file)?;
    match rustix::fs::stat(path) {
        Ok(named) => Ok((named.st_dev, named.st_ino) == (held.st_dev, held.st_ino)),
        Err(Errno::NOENT) => Ok(false),
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
        "apfs" | "hfs" => Keeper::Disk,
        _ => Keeper::Unknown,
    };
    Ok(FileSystem { name, keeper })
}

/// Bytes that statvfs(3) counts as free for users without privileges.
pub(crate) fn free_bytes(path: &Path) -> io::Result<u64> {
    let statistics = rustix::fs::statvfs(path)?;
    Ok(statistics.f_bavail.saturating_mul(statistics.f_frsize))
}
