//! What surrounds segment files: fsync(2) of a directory, flock(2), statfs(2), statvfs(3).

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
    Ok(rustix::fs::fsync(directory)?)
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
        0x794c_7630 => ("overlayfs", Keeper::Disk),
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
            return Ok(FileSystem { name, keeper: Keeper::Disk });
        }
    };
    Ok(FileSystem { name: name.to_owned(), keeper })
}

/// Bytes that statvfs(3) counts as free for users without privileges.
pub(crate) fn free_bytes(path: &Path) -> io::Result<u64> {
    let statistics = rustix::fs::statvfs(path)?;
    Ok(statistics.f_bavail.saturating_mul(statistics.f_frsize))
}
