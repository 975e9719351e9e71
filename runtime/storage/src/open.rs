//! Opening a data directory: create it, look at its names, lock it, settle on a mode of writing.

use super::aligned::{Aligned, is_whole_blocks};
use super::error::OpenError;
use super::layout::{self, DirectoryLayout};
use super::locks::WriterLock;
use super::options::{IoChoice, LogOptions};
use super::writer::Writer;
use highwater::limits::BLOCK_BYTES;
use highwater_platform::{FileSystem, IoMode, Keeper, Platform, SegmentFile};
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A directory that this process has for itself.
#[derive(Debug)]
pub(super) struct LockedDirectory<P: Platform> {
    /// Keeps every other writer out.
    pub(super) lock: WriterLock<P>,
    /// What it is on.
    pub(super) file_system: FileSystem,
    /// How segments are written in it.
    pub(super) io: IoMode,
}

/// Opens a directory for writing; see [`LogDirectory::open`](super::LogDirectory::open).
pub(super) fn open_to_write<P: Platform>(
    platform: P,
    layout: &DirectoryLayout,
    options: &LogOptions,
) -> Result<(Writer<P>, FileSystem), OpenError> {
    assert!(is_whole_blocks(options.segment_bytes), "a segment is a whole number of blocks");
    let LockedDirectory { lock, file_system, io } = take(platform, layout, options.io)?;
    let writer = Writer::new(platform, layout.clone(), lock, io, options)
        .map_err(|error| OpenError::writing("start a thread for", layout.directory(), error))?;
    Ok((writer, file_system))
}

/// Creates the directory when it is missing, takes its lock, and settles on a mode of writing. What
/// is there is left as it is.
pub(super) fn take<P: Platform>(
    platform: P,
    layout: &DirectoryLayout,
    choice: IoChoice,
) -> Result<LockedDirectory<P>, OpenError> {
    survive_size_limit().map_err(|error| {
        OpenError::System(
            "prepare for the limit on the size of files for",
            layout.directory().into(),
            error,
        )
    })?;
    create_directory(platform, layout.directory())?;
    check_files(layout)?;
    let lock = WriterLock::take(platform, layout)?;
    let failed = |doing| move |error| OpenError::writing(doing, layout.directory(), error);
    // The name of the lock is durable, too.
    platform.sync_directory(layout.directory()).map_err(failed("sync"))?;
    let file_system =
        platform.file_system(layout.directory()).map_err(failed("ask for the file system of"))?;
    let io = settle_io(platform, layout, choice, &file_system)?;
    Ok(LockedDirectory { lock, file_system, io })
}

/// Opens a directory for reading; see
/// [`LogDirectory::open_read_only`](super::LogDirectory::open_read_only).
pub(super) fn open_to_read<P: Platform>(
    platform: P,
    layout: &DirectoryLayout,
) -> Result<FileSystem, OpenError> {
    let directory = layout.directory();
    let listing = layout.list().map_err(|error| listing_error(directory, error))?;
    if listing.segments.is_empty() {
        return Err(OpenError::NoLog(directory.to_owned()));
    }
    check_files(layout)?;
    platform
        .file_system(directory)
        .map_err(|error| OpenError::System("ask for the file system of", directory.into(), error))
}

/// Turns the signal that kills a process which writes beyond its limit on the size of files into an
/// error of that write, which is a fault like a full disk.
fn survive_size_limit() -> io::Result<()> {
    signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::new(AtomicBool::new(false)))
        .map(drop)
}

/// Creates the directory when it is missing, and makes its name durable in any case: who created it
/// may have died before that.
fn create_directory<P: Platform>(platform: P, directory: &Path) -> Result<(), OpenError> {
    let created = match fs::create_dir(directory) {
        Ok(()) => true,
        Err(_) if directory.is_dir() => false,
        Err(error) => return Err(creation_error(directory, error)),
    };
    let whole = directory
        .canonicalize()
        .map_err(|error| OpenError::writing("sync the parent of", directory, error))?;
    let synced = whole.parent().map_or(Ok(()), |parent| platform.sync_directory(parent));
    match synced {
        // A parent that this user may not even read was not created by this program.
        Err(error) if !created && error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        other => other.map_err(|error| sync_error(platform, directory, error)),
    }
}

/// The error of making the name of a directory durable: a file system that has no such call is
/// refused, and no weaker one is taken instead.
fn sync_error<P: Platform>(platform: P, directory: &Path, error: io::Error) -> OpenError {
    let kind = error.kind();
    if kind == io::ErrorKind::Unsupported || kind == io::ErrorKind::InvalidInput {
        let name = platform.file_system(directory).map_or_else(|_| "unknown".into(), |it| it.name);
        OpenError::SyncRefused(directory.to_owned(), name, error)
    } else {
        OpenError::writing("sync the parent of", directory, error)
    }
}

fn creation_error(directory: &Path, error: io::Error) -> OpenError {
    let kind = error.kind();
    if kind == io::ErrorKind::NotFound {
        OpenError::ParentMissing(directory.to_owned())
    } else if kind == io::ErrorKind::AlreadyExists {
        OpenError::NotADirectory(directory.to_owned())
    } else if kind == io::ErrorKind::NotADirectory {
        OpenError::NotADirectory(directory.parent().unwrap_or(directory).to_owned())
    } else {
        OpenError::writing("create", directory, error)
    }
}

fn listing_error(directory: &Path, error: io::Error) -> OpenError {
    let kind = error.kind();
    if kind == io::ErrorKind::NotFound {
        OpenError::NoLog(directory.to_owned())
    } else if kind == io::ErrorKind::NotADirectory {
        OpenError::NotADirectory(directory.to_owned())
    } else {
        OpenError::Unreadable(directory.to_owned(), error)
    }
}

/// Refuses a directory in which something that is no file has the name of one.
fn check_files(layout: &DirectoryLayout) -> Result<(), OpenError> {
    let directory = layout.directory();
    match layout.irregular().map_err(|error| listing_error(directory, error))? {
        Some(path) => Err(OpenError::NotAFile(path)),
        None => Ok(()),
    }
}

fn settle_io<P: Platform>(
    platform: P,
    layout: &DirectoryLayout,
    choice: IoChoice,
    file_system: &FileSystem,
) -> Result<IoMode, OpenError> {
    let probe = || {
        takes_direct_io(platform, layout)
            .map_err(|error| OpenError::writing("try direct I/O in", layout.directory(), error))
    };
    match choice {
        IoChoice::Append => Ok(IoMode::Append),
        IoChoice::Auto if file_system.keeper == Keeper::Memory || !probe()? => Ok(IoMode::Append),
        IoChoice::Direct if !probe()? => {
            let name = file_system.name.clone();
            Err(OpenError::DirectRefused(layout.directory().to_owned(), name))
        }
        IoChoice::Auto | IoChoice::Direct => Ok(IoMode::Direct),
    }
}

/// Whether a block can be written directly, found out by doing it.
fn takes_direct_io<P: Platform>(platform: P, layout: &DirectoryLayout) -> io::Result<bool> {
    let path = layout.probe();
    let answer = write_and_read_back(platform, &path);
    layout::remove(platform, &path)?;
    match answer {
        Err(error)
            if error.kind() == io::ErrorKind::InvalidInput
                || error.kind() == io::ErrorKind::Unsupported =>
        {
            Ok(false)
        }
        other => other,
    }
}

fn write_and_read_back<P: Platform>(platform: P, path: &Path) -> io::Result<bool> {
    let block = Aligned::copy_of(&[0x5a; BLOCK_BYTES]);
    let mut back = Aligned::zeroed(BLOCK_BYTES);
    let file = platform.create_segment(path, IoMode::Direct)?;
    file.write_at(0, block.bytes())?;
    let count = file.read_at(0, back.bytes_mut())?;
    Ok(count == BLOCK_BYTES && back.bytes() == block.bytes())
}
