//! The body of a snapshot: blocks of entries, each with its place, the last of which says that it
//! is the last.

use super::{RestoreFault, SnapshotFault, SnapshotHeader};
use crate::book::IMAGE_ENTRY_BYTES_MAX;
use crate::limits::BLOCK_BYTES;
use crate::little_endian::{Le16, Le64};
use crate::seal::{MAGIC_BYTES, PADDING, is_whole, seal};
use bytemuck::{Pod, Zeroable};

/// What every block of a body begins with.
const MAGIC: [u8; MAGIC_BYTES] = *b"HWSB";

/// The bytes of a block's head, in their order.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct BlockLayout {
    magic: [u8; MAGIC_BYTES],
    /// See `seal.rs`; zero in what is compared.
    checksum: [u8; 4],
    log_id: [u8; 16],
    sequence: Le64,
    /// From 1 behind the header.
    number: Le64,
    used_bytes: Le16,
    /// [`LAST`] or [`GOES_ON`].
    is_last: u8,
    zeros: [u8; 5],
}

/// What the last block says, and every other.
const LAST: u8 = 1;
const GOES_ON: u8 = 0;

/// Bytes of a block's head.
const HEAD_BYTES: usize = size_of::<BlockLayout>();
/// Bytes of a block that entries can use.
const ROOM_BYTES: usize = BLOCK_BYTES - HEAD_BYTES;

const _: () = assert!(HEAD_BYTES == 48);
const _: () = assert!(ROOM_BYTES >= IMAGE_ENTRY_BYTES_MAX);

impl BlockLayout {
    /// The head of a snapshot's block with this number, empty.
    fn new(header: &SnapshotHeader, number: u64) -> Self {
        Self {
            magic: MAGIC,
            log_id: header.chain.log_id.0,
            sequence: Le64::new(header.sequence().0),
            number: Le64::new(number),
            ..Self::zeroed()
        }
    }
}

/// Packs entries into blocks, and hands them over when the buffer is full of them.
pub(super) struct Packer<'p, W> {
    header: &'p SnapshotHeader,
    buffer: &'p mut [u8],
    write: &'p mut W,
    /// The number of the open block.
    number: u64,
    /// Where it begins in the buffer.
    at: usize,
    /// Bytes of its entries.
    used: usize,
}

impl<'p, W> Packer<'p, W> {
    /// A packer that begins with the first block behind the header.
    pub(super) fn new(header: &'p SnapshotHeader, buffer: &'p mut [u8], write: &'p mut W) -> Self {
        Self { header, buffer, write, number: 1, at: 0, used: 0 }
    }

    /// Packs the next entry, of at most [`IMAGE_ENTRY_BYTES_MAX`] bytes.
    pub(super) fn pack<E>(&mut self, entry: &[u8]) -> Result<(), E>
    where
        W: FnMut(&[u8]) -> Result<(), E>,
    {
        if self.used + entry.len() > ROOM_BYTES {
            self.close(GOES_ON)?;
        }
        let from = self.at + HEAD_BYTES + self.used;
        if let Some(room) = self.buffer.get_mut(from..from + entry.len()) {
            room.copy_from_slice(entry);
        }
        self.used += entry.len();
        Ok(())
    }

    /// Ends the body.
    pub(super) fn finish<E>(mut self) -> Result<(), E>
    where
        W: FnMut(&[u8]) -> Result<(), E>,
    {
        self.close(LAST)
    }

    /// Seals the open block and opens the next; hands all over when there is no room for that, or
    /// no need.
    fn close<E>(&mut self, is_last: u8) -> Result<(), E>
    where
        W: FnMut(&[u8]) -> Result<(), E>,
    {
        let used_bytes = u16::try_from(self.used).unwrap_or(u16::MAX);
        let layout = BlockLayout {
            used_bytes: Le16::new(used_bytes),
            is_last,
            ..BlockLayout::new(self.header, self.number)
        };
        let end = self.at + BLOCK_BYTES;
        if let Some(block) = self.buffer.get_mut(self.at..end) {
            let (head, entries) = block.split_at_mut(HEAD_BYTES);
            head.copy_from_slice(bytemuck::bytes_of(&layout));
            entries.get_mut(self.used..).unwrap_or_default().fill(PADDING);
            seal(block);
        }
        (self.number, self.at, self.used) = (self.number + 1, end, 0);
        if is_last == LAST || end >= self.buffer.len() {
            self.at = 0;
            return (self.write)(self.buffer.get(..end).unwrap_or_default());
        }
        Ok(())
    }
}

/// What a block of a body holds.
pub(super) struct Body<'b> {
    pub(super) entries: &'b [u8],
    pub(super) is_last: bool,
}

/// Reads the blocks of a body, one after the other.
pub(super) struct BodyReader<'r, R> {
    header: &'r SnapshotHeader,
    buffer: &'r mut [u8],
    read: &'r mut R,
    /// The number of the next block.
    number: u64,
    /// Where it begins in the buffer.
    at: usize,
    /// Bytes of the buffer that were read.
    filled: usize,
}

impl<'r, R> BodyReader<'r, R> {
    /// A reader that begins with the first block behind the header.
    pub(super) fn new(header: &'r SnapshotHeader, buffer: &'r mut [u8], read: &'r mut R) -> Self {
        Self { header, buffer, read, number: 1, at: 0, filled: 0 }
    }

    /// The next block.
    pub(super) fn next_body<E>(&mut self) -> Result<Body<'_>, RestoreFault<E>>
    where
        R: FnMut(&mut [u8]) -> Result<usize, E>,
    {
        if self.at >= self.filled {
            self.fill().map_err(RestoreFault::Read)?;
        }
        let (from, number) = (self.at, self.number);
        (self.at, self.number) = (from + BLOCK_BYTES, number + 1);
        let read = self.buffer.get(..self.filled).unwrap_or_default();
        let block = read.get(from..from + BLOCK_BYTES).ok_or(SnapshotFault::Torn)?;
        Ok(body_of(block, self.header, number)?)
    }

    /// Whether the body has ended with the last block.
    pub(super) fn finish<E>(mut self) -> Result<(), RestoreFault<E>>
    where
        R: FnMut(&mut [u8]) -> Result<usize, E>,
    {
        if self.at >= self.filled {
            self.fill().map_err(RestoreFault::Read)?;
        }
        if self.at < self.filled { Err(SnapshotFault::Behind.into()) } else { Ok(()) }
    }

    /// Fills the buffer anew, as far as there is something to read.
    fn fill<E>(&mut self) -> Result<(), E>
    where
        R: FnMut(&mut [u8]) -> Result<usize, E>,
    {
        (self.at, self.filled) = (0, 0);
        while let Some(room) = self.buffer.get_mut(self.filled..).filter(|room| !room.is_empty()) {
            let room_bytes = room.len();
            let length = (self.read)(room)?.min(room_bytes);
            if length == 0 {
                break;
            }
            self.filled += length;
        }
        Ok(())
    }
}

/// What a block holds that must be the one with this number.
fn body_of<'b>(
    block: &'b [u8],
    header: &SnapshotHeader,
    number: u64,
) -> Result<Body<'b>, SnapshotFault> {
    let layout = block.get(..HEAD_BYTES).map(bytemuck::try_pod_read_unaligned::<BlockLayout>);
    let Some(Ok(layout)) = layout.filter(|_| is_whole(block)) else {
        return Err(SnapshotFault::Corrupt { block: number });
    };
    let expected = BlockLayout {
        checksum: layout.checksum,
        used_bytes: layout.used_bytes,
        is_last: u8::from(layout.is_last == LAST),
        ..BlockLayout::new(header, number)
    };
    if bytemuck::bytes_of(&expected) != bytemuck::bytes_of(&layout) {
        return Err(SnapshotFault::Foreign { block: number });
    }
    let end = HEAD_BYTES + usize::from(layout.used_bytes.get());
    match block.get(HEAD_BYTES..end) {
        Some(entries) => Ok(Body { entries, is_last: layout.is_last == LAST }),
        None => Err(SnapshotFault::Corrupt { block: number }),
    }
}
