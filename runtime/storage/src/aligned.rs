//! Memory aligned for direct I/O, and filling files with zeros from it.

use highwater::limits::BLOCK_BYTES;
use highwater_platform::SegmentFile;
use std::io;

/// Size of one write of zeros, and its alignment in the file, in bytes: large enough for a disk's
/// full speed, small enough that a sync beside it hardly waits.
pub(super) const CHUNK_BYTES: usize = 1 << 18;

/// Bytes that start at a multiple of [`BLOCK_BYTES`].
#[derive(Debug)]
pub struct Aligned {
    storage: Vec<u8>,
    start: usize,
    length: usize,
}

impl Aligned {
    /// `length` zero bytes; memory that is only read from costs nothing.
    ///
    /// # Panics
    /// Never: a byte can be aligned anywhere.
    pub fn zeroed(length: usize) -> Self {
        let storage = vec![0; length + BLOCK_BYTES];
        let start = storage.as_ptr().align_offset(BLOCK_BYTES);
        assert!(start < BLOCK_BYTES, "a byte can be aligned anywhere");
        Self { storage, start, length }
    }

    /// A copy of `bytes`.
    pub fn copy_of(bytes: &[u8]) -> Self {
        let mut copy = Self::zeroed(bytes.len());
        copy.bytes_mut().copy_from_slice(bytes);
        copy
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.storage[self.start..self.start + self.length]
    }

    /// The bytes, to write to.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.storage[self.start..self.start + self.length]
    }
}

/// Whether direct I/O takes these bytes for this place.
pub(super) fn is_aligned(position: u64, bytes: &[u8]) -> bool {
    is_whole_blocks(position)
        && bytes.len().is_multiple_of(BLOCK_BYTES)
        && bytes.as_ptr().addr().is_multiple_of(BLOCK_BYTES)
}

/// Whether a length or position is a whole number of blocks.
pub(super) fn is_whole_blocks(bytes: u64) -> bool {
    bytes.is_multiple_of(BLOCK_BYTES as u64)
}

/// Writes real zeros from the start to `length_bytes`, piece by piece; false when `go_on`, which is
/// asked with the end of each piece, said no.
///
/// Reserving the room alone would leave extents that the file system must still convert when they
/// are first written, and every sync would wait for that.
pub(super) fn fill(
    file: &impl SegmentFile,
    length_bytes: u64,
    go_on: impl Fn(u64) -> bool,
) -> io::Result<bool> {
    let zeros = Aligned::zeroed(CHUNK_BYTES);
    let mut position = 0;
    while position < length_bytes {
        let count = chunk_at(position, length_bytes);
        let end = position + count as u64;
        if !go_on(end) {
            return Ok(false);
        }
        file.write_at(position, &zeros.bytes()[..count])?;
        position = end;
    }
    Ok(true)
}

/// Makes everything from `position` to `end` zeros, and the file that long; what is zeros already
/// is only read.
///
/// `reader` is the same file, read through the system's cache: it may end anywhere.
pub(super) fn zero_from(
    file: &impl SegmentFile,
    reader: &impl SegmentFile,
    mut position: u64,
    end: u64,
) -> io::Result<()> {
    assert!(is_whole_blocks(position) && is_whole_blocks(end), "a log is cut between blocks");
    let zeros = Aligned::zeroed(CHUNK_BYTES);
    let mut found = vec![0; CHUNK_BYTES];
    while position < end {
        let count = chunk_at(position, end);
        let read = reader.read_at(position, &mut found[..count])?;
        if read < count || found[..read].iter().any(|byte| *byte != 0) {
            file.write_at(position, &zeros.bytes()[..count])?;
        }
        position += count as u64;
    }
    Ok(())
}

/// Bytes from `position` to the next boundary of a chunk, or to `end` if that comes first.
fn chunk_at(position: u64, end: u64) -> usize {
    let chunk = CHUNK_BYTES as u64;
    let count = (chunk - position % chunk).min(end - position);
    usize::try_from(count).expect("a chunk is small")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aligned_memory_is_aligned_and_holds_what_it_was_given() {
        let copy = Aligned::copy_of(&[7; BLOCK_BYTES]);
        assert!(is_aligned(0, copy.bytes()));
        assert_eq!(copy.bytes(), [7; BLOCK_BYTES]);
        assert!(!is_aligned(0, &copy.bytes()[1..]));
        assert!(!is_aligned(0, &copy.bytes()[..512]));
        assert!(!is_aligned(512, copy.bytes()));
    }

    #[test]
    fn chunks_end_at_boundaries() {
        let chunk = CHUNK_BYTES as u64;
        assert_eq!(chunk_at(0, 4 * chunk), CHUNK_BYTES);
        assert_eq!(chunk_at(4096, 4 * chunk), CHUNK_BYTES - 4096);
        assert_eq!(chunk_at(3 * chunk, 3 * chunk + 4096), 4096);
    }
}
