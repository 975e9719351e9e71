//! A book as bytes, and back: the format of a log's snapshots, of a log that there is not.

use crate::error::RestoreError;
use alloc::vec;
use alloc::vec::Vec;
use core::convert::Infallible;
use highwater::block::Chain;
use highwater::book::Book;
use highwater::limits::{BLOCK_BYTES, SEGMENT_BYTES_MIN};
use highwater::segment::FIRST_POSITION;
use highwater::snapshot::{
    Compression, RestoreFault, SnapshotFault, SnapshotHeader, SnapshotOrigin, read_snapshot_header,
    restore_snapshot, write_snapshot,
};
use highwater::types::{LogId, SegmentNumber};

/// Bytes that are written or read together.
const BUFFER_BYTES: usize = 16 * BLOCK_BYTES;

/// The image of a book.
pub(crate) fn image_of(book: &Book<'_>) -> Vec<u8> {
    let chain = Chain {
        segment: SegmentNumber::FIRST,
        segment_bytes: SEGMENT_BYTES_MIN,
        position: FIRST_POSITION,
        next_sequence: book.last_sequence().next(),
        ..Chain::empty(LogId([0; 16]))
    };
    let origin =
        SnapshotOrigin { chain, created_at_ns: 0, compression: Compression::PLAIN, host: [0; 2] };
    let mut image = Vec::new();
    let mut write = |bytes: &[u8]| {
        image.extend_from_slice(bytes);
        Ok::<(), Infallible>(())
    };
    match write_snapshot(book, &origin, &mut vec![0; BUFFER_BYTES], &mut write) {
        Ok(_) => image,
        Err(never) => match never {},
    }
}

/// The header of an image, and the body behind it.
pub(crate) fn parts_of(image: &[u8]) -> Result<(SnapshotHeader, &[u8]), RestoreError> {
    let torn = RestoreError::Image(SnapshotFault::Torn);
    let (block, body) = image.split_at_checked(BLOCK_BYTES).ok_or(torn)?;
    let header = read_snapshot_header(block).map_err(RestoreError::Image)?;
    if header.compression == Compression::PLAIN {
        Ok((header, body))
    } else {
        Err(RestoreError::Compressed)
    }
}

/// The book of an image, in place of an empty one.
pub(crate) fn restore<'m>(
    book: Book<'m>,
    header: &SnapshotHeader,
    mut body: &[u8],
) -> Result<Book<'m>, RestoreError> {
    let mut read = |room: &mut [u8]| {
        let count = room.len().min(body.len());
        let (next, rest) = body.split_at(count);
        for (byte, from) in room.iter_mut().zip(next) {
            *byte = *from;
        }
        body = rest;
        Ok::<usize, Infallible>(count)
    };
    let restored = restore_snapshot(book, header, &mut vec![0; BUFFER_BYTES], &mut read);
    restored.map_err(|fault| match fault {
        RestoreFault::Snapshot(fault) => RestoreError::Image(fault),
        RestoreFault::Read(never) => match never {},
    })
}
