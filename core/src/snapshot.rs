//! Snapshots: the state of a book at a place of its log, in a file of sealed blocks, so that
//! recovery need not begin at the log's beginning.
//!
//! The first block is the header: which log, where its chain stood, what is in the body and what
//! the book hashes to. The body follows: the book's image in blocks, of which the last says that it
//! is. How the bytes reach a disk and come back, compressed or not, is the host's business.

mod body;
mod fault;
mod header;

pub use fault::{RestoreFault, SnapshotFault};
pub use header::{Compression, SNAPSHOT_VERSION, SnapshotHeader, read_snapshot_header};

use crate::block::Chain;
use crate::book::{Book, Restoration};
use crate::limits::BLOCK_BYTES;
use crate::types::SegmentNumber;
use body::{Body, BodyReader, Packer};

/// What a snapshot says of how it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotOrigin {
    /// Where the log stands behind the last command that the book applied.
    pub chain: Chain,
    /// When it is made, in nanoseconds since the Unix epoch; information only.
    pub created_at_ns: u64,
    /// How the host compresses what it is given behind the header.
    pub compression: Compression,
    /// What the host wants to find again: it means nothing here.
    pub host: [u64; 2],
}

/// Writes a snapshot of `book`: `write` is given the header first, one block, and then the body in
/// pieces of one or more whole blocks.
///
/// `buffer` is scratch room of one or more whole blocks; the larger, the fewer writes. A snapshot
/// is whole when this has returned, and durable when its host has made it so.
///
/// # Errors
/// The first that `write` returns.
///
/// # Panics
/// When `buffer` is not one or more whole blocks, and when the chain does not stand behind the last
/// command of the book.
pub fn write_snapshot<E>(
    book: &Book<'_>,
    origin: &SnapshotOrigin,
    buffer: &mut [u8],
    write: &mut impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<SnapshotHeader, E> {
    assert_whole_blocks(buffer);
    let SnapshotOrigin { chain, created_at_ns, compression, host } = *origin;
    assert!(chain.last_sequence() == book.last_sequence(), "the book stands where the chain does");
    assert!(chain.segment >= SegmentNumber::FIRST, "the log has a beginning");
    let header = SnapshotHeader {
        chain,
        created_at_ns,
        compression,
        host,
        state_hash: book.state_hash(),
        image: book.image_head(),
    };
    if let Some(block) = buffer.get_mut(..BLOCK_BYTES) {
        header.encode(block);
        write(block)?;
    }
    let mut packer = Packer::new(&header, buffer, write);
    book.write_image(&mut |entry: &[u8]| packer.pack(entry))?;
    packer.finish()?;
    Ok(header)
}

/// Restores a book from the body of a snapshot, which `read` gives, uncompressed, from the block
/// behind the header on.
///
/// `book` is empty, and its memory holds what the header [needs](crate::book::ImageHead::needs).
/// `read` puts as much as it likes of what comes next at the front of the bytes that it is given,
/// and says how much; 0 at the end. `buffer` is scratch room of one or more whole blocks. Every
/// value is judged before the book takes it, and what the book hashes to in the end.
///
/// # Errors
/// What is wrong with the snapshot, or what `read` returned. The book's memory is used then: it
/// must be zero again before it can hold another.
///
/// # Panics
/// When `buffer` is not one or more whole blocks, and when `book` is not empty.
pub fn restore_snapshot<'m, E>(
    book: Book<'m>,
    header: &SnapshotHeader,
    buffer: &mut [u8],
    read: &mut impl FnMut(&mut [u8]) -> Result<usize, E>,
) -> Result<Book<'m>, RestoreFault<E>> {
    assert_whole_blocks(buffer);
    let mut restoration = Restoration::new(book, &header.image)?;
    let mut reader = BodyReader::new(header, buffer, read);
    loop {
        let Body { entries, is_last } = reader.next_body()?;
        restoration.take(entries)?;
        if is_last {
            break;
        }
    }
    reader.finish()?;
    let book = restoration.finish()?;
    let state_hash = book.state_hash();
    if state_hash == header.state_hash {
        Ok(book)
    } else {
        Err(SnapshotFault::HashMismatch { state_hash }.into())
    }
}

fn assert_whole_blocks(buffer: &[u8]) {
    let is_whole = !buffer.is_empty() && buffer.len().is_multiple_of(BLOCK_BYTES);
    assert!(is_whole, "the buffer holds whole blocks");
}
