//! Copies of the files of a log, durable but for their names.

use super::layout::DirectoryLayout;
use highwater::limits::BLOCK_BYTES;
use highwater::types::SegmentNumber;
use highwater_platform::{IoMode, Platform, SegmentFile};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Bytes that are copied at a time.
const PIECE_BYTES: usize = 1 << 20;

/// What is done about a place that can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It is an error.
    Fails,
    /// Its blocks become zeros: a copy of what is left is better than none.
    BecomesZeros,
}

/// Copies files of a log, as long as the copies are wanted.
#[derive(Clone, Copy)]
pub struct Copier<'a, P: Platform> {
    /// Where the files are.
    pub platform: P,
    /// Whether to go on with a copy: asked before every piece of it.
    pub go_on: &'a dyn Fn() -> bool,
}

impl<P: Platform> fmt::Debug for Copier<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Copier").finish_non_exhaustive()
    }
}

impl<P: Platform> Copier<'_, P> {
    /// Copies a segment, packed or plain as it is, from the directory `from` into the directory
    /// `to`; of a plain one at most `upto` bytes. Returns the bytes of the copy.
    ///
    /// # Errors
    /// The system's; there is no such segment; [`Interrupted`](io::ErrorKind::Interrupted) when it
    /// is not to go on.
    pub fn copy_segment(
        &self,
        from: &Path,
        to: &Path,
        segment: SegmentNumber,
        upto: u64,
    ) -> io::Result<u64> {
        let (from, to) = (DirectoryLayout::new(from), DirectoryLayout::new(to));
        let plain = from.segment(segment);
        match self.copy_file(&plain, &to.segment(segment), upto, Unreadable::Fails) {
            // A plain file is removed only when the packed one has its name.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let (from, to) = (from.packed(segment), to.packed(segment));
                self.copy_file(&from, &to, u64::MAX, Unreadable::Fails)
            }
            copied => copied,
        }
    }

    /// Copies the first `upto` bytes of a file, or all of it, and syncs the copy. Returns its
    /// length.
    ///
    /// # Errors
    /// The system's; there is no such file, or the copy exists;
    /// [`Interrupted`](io::ErrorKind::Interrupted) when it is not to go on.
    pub fn copy_file(
        &self,
        from: &Path,
        to: &Path,
        upto: u64,
        unreadable: Unreadable,
    ) -> io::Result<u64> {
        let source = self.platform.open_to_read(from)?;
        let copy = self.platform.create_segment(to, IoMode::Append)?;
        let end = source.length_bytes()?.min(upto);
        let mut piece = vec![0; PIECE_BYTES];
        let mut position = 0;
        while position < end {
            if !(self.go_on)() {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let count = usize::try_from(end - position).map_or(PIECE_BYTES, |n| n.min(PIECE_BYTES));
            let read = match (source.read_at(position, &mut piece[..count]), unreadable) {
                (Err(_), Unreadable::BecomesZeros) => {
                    salvage(&source, position, &mut piece[..count]);
                    count
                }
                (read, _) => read?,
            };
            copy.append(&piece[..read])?;
            source.drop_cached_part(position, PIECE_BYTES as u64);
            position += read as u64;
            if read < count {
                break;
            }
        }
        copy.sync()?;
        copy.drop_cached();
        Ok(position)
    }
}

/// The files of all segments from `first` on in a directory, plain and packed.
///
/// # Errors
/// The system's.
pub fn segment_files(directory: &Path, first: SegmentNumber) -> io::Result<Vec<PathBuf>> {
    let layout = DirectoryLayout::new(directory);
    let segments = layout.list()?.segments.into_iter().filter(|segment| *segment >= first);
    let files = segments.flat_map(|segment| [layout.segment(segment), layout.packed(segment)]);
    Ok(files.filter(|path| path.exists()).collect())
}

/// Reads what can be read, block by block; the rest is zeros.
fn salvage(source: &impl SegmentFile, position: u64, piece: &mut [u8]) {
    piece.fill(0);
    for (index, block) in piece.chunks_mut(BLOCK_BYTES).enumerate() {
        if source.read_at(position + (index * BLOCK_BYTES) as u64, block).is_err() {
            block.fill(0);
        }
    }
}
