//! What surrounds segment files: fsync(2) of a directory, flock(2), statfs(2), statvfs(3).

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
    Ok(rustix::fs::fsync(directory)?)
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

/// The file system by the magic number that statfs(2) tells.
pub(crate) fn file_system(path: &Path) -> io::Result<FileSystem> {
    let statistics = rustix::fs::statfs(path)?;
    let magic = u64::try_from(statistics.f_type).unwrap_or_default() & 0xffff_ffff;
    let (name, keeper) = match magic {
        0x0102_1994 => ("tmpfs", Keeper::Memory),
        0x8584_58f6 => ("ramfs", Keeper::Memory),
        0x9584_58f6 => ("hugetlbfs", Keeper::Memory),
        0xef53 => ("ext2/3/4", Keeper::Disk),
        0x5846_5342 => ("xfs", Keeper::Disk),
        0x9123_683e => ("btrfs", Keeper::Disk),
        0xf2f5_2010 => ("f2fs", Keeper::Disk),
        0xca45_1a4e => ("bcachefs", Keeper::Disk),
        0x2fc1_2fc1 => ("zfs", Keeper::Disk),
        0x794c_7630 => ("overlayfs", Keeper::Unknown),
        0x4d44 => ("vfat", Keeper::Disk),
        0x2011_bab0 => ("exfat", Keeper::Disk),
        0x6573_5546 => ("fuse", Keeper::Remote),
        0x0102_1997 => ("9p", Keeper::Remote),
        0x6969 => ("nfs", Keeper::Remote),
        0xff53_4d42 => ("cifs", Keeper::Remote),
        0xfe53_4d42 => ("smb2", Keeper::Remote),
        0x00c3_6400 => ("ceph", Keeper::Remote),
        0x5346_414f => ("afs", Keeper::Remote),
        _ => {
            let name = format!("type {magic:#x}");
            return Ok(FileSystem { name, keeper: Keeper::Unknown });
        }
    };
    Ok(FileSystem { name: name.to_owned(), keeper })
}

/// Bytes that statvfs(3) counts as free for users without privileges.
pub(crate) fn free_bytes(path: &Path) -> io::Result<u64> {
    let statistics = rustix::fs::statvfs(path)?;
    Ok(statistics.f_bavail.saturating_mul(statistics.f_frsize))
}
