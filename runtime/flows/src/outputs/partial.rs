//! What grows beside the file that it becomes, under a name that nobody else has.
//!
//! The name is `.highwater-partial-`, the process and a number, and it is created where nothing has
//! it: what somebody else calls so, or what a killed process left, is never written over, and never
//! removed.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

/// What the names of partial files begin with.
const PREFIX: &str = ".highwater-partial-";
/// Names that are tried: each but the last is one that a killed process left.
const TRIES_MAX: u32 = 100_000;

/// Creates something beside `path`, by a call that fails where something is; returns its path too.
///
/// # Errors
/// The call's.
pub fn create_beside<T>(
    path: &Path,
    create: impl Fn(&Path) -> io::Result<T>,
) -> io::Result<(T, PathBuf)> {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    for _ in 0..TRIES_MAX {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let partial = path.with_file_name(format!("{PREFIX}{}-{number}", process::id()));
        match create(&partial) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            created => return created.map(|created| (created, partial)),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// A file that takes the place of another when it is kept. Dropped before that, it goes.
#[derive(Debug)]
pub struct PartialFile {
    path: PathBuf,
    becomes: PathBuf,
    is_kept: bool,
}

impl PartialFile {
    /// Creates a file that is to become `becomes`, which is no link.
    ///
    /// # Errors
    /// The system's.
    pub fn create(becomes: &Path) -> io::Result<(File, Self)> {
        let create = |path: &Path| OpenOptions::new().write(true).create_new(true).open(path);
        let (file, path) = create_beside(becomes, create)?;
        Ok((file, Self { path, becomes: becomes.to_owned(), is_kept: false }))
    }

    /// Gives the file its name, in place of what had it; once. What was written is on stable
    /// storage before it has the name, and the name when this returns.
    ///
    /// # Errors
    /// The system's.
    pub fn keep(&mut self) -> io::Result<()> {
        if !self.is_kept {
            File::open(&self.path)?.sync_all()?;
            fs::rename(&self.path, &self.becomes)?;
            self.is_kept = true;
            let whole = fs::canonicalize(&self.becomes)?;
            whole.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())?;
        }
        Ok(())
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        if !self.is_kept {
            // There is nobody to tell, and its name harms nobody.
            let _removed = fs::remove_file(&self.path);
        }
    }
}
