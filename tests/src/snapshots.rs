//! Snapshots in memory: written, restored, and taken apart into entries that can be changed and
//! sealed again.

use crate::engine_run::recover_into_from;
use crate::oracle::{Recovered, book_memory};
use crate::sim_log::SimLog;
use crate::workload::CAPACITIES;
use highwater::block::Chain;
use highwater::book::Book;
use highwater::checksum::checksum;
use highwater::limits::BLOCK_BYTES;
use highwater::recovery::{Follower, RecoveryFault, Replay, Start};
use highwater::snapshot::{
    Compression, RestoreFault, SnapshotFault, SnapshotHeader, SnapshotOrigin, read_snapshot_header,
    restore_snapshot, write_snapshot,
};
use highwater::types::{LogId, LogPosition, SegmentNumber, Sequence};
use std::convert::Infallible;

/// Bytes of the head of a body's block.
pub const BODY_HEAD_BYTES: usize = 48;

/// The chain of a log that would stand behind the last command of a book.
pub fn chain_behind(book: &Book<'_>) -> Chain {
    Chain {
        segment: SegmentNumber(3),
        segment_bytes: 64 * BLOCK_BYTES as u64,
        position: LogPosition(5 * BLOCK_BYTES as u64),
        next_number: 131,
        next_sequence: book.last_sequence().next(),
        previous: 0xdead_beef,
        incarnation: 2,
        term: 4,
        index: 77,
        ..Chain::empty(LogId(*b"a log of a book."))
    }
}

/// The bytes of a snapshot of a book, made at a chain, with a buffer of so many blocks.
///
/// # Panics
/// When a write is not of whole blocks.
pub fn written(book: &Book<'_>, chain: Chain, buffer_blocks: usize) -> Vec<u8> {
    let origin =
        SnapshotOrigin { chain, created_at_ns: 1, compression: Compression::PLAIN, host: [1, 2] };
    let mut bytes = Vec::new();
    let mut buffer = vec![0x77; buffer_blocks * BLOCK_BYTES];
    let mut write = |blocks: &[u8]| {
        assert!(!blocks.is_empty() && blocks.len().is_multiple_of(BLOCK_BYTES), "whole blocks");
        bytes.extend_from_slice(blocks);
        Ok::<_, Infallible>(())
    };
    let Ok(header) = write_snapshot(book, &origin, &mut buffer, &mut write);
    assert_eq!(read_snapshot_header(&bytes), Ok(header));
    bytes
}

/// The header of a snapshot, and its book in an empty one.
///
/// # Errors
/// Why it is not taken.
pub fn restored<'m>(
    bytes: &[u8],
    book: Book<'m>,
) -> Result<(SnapshotHeader, Book<'m>), SnapshotFault> {
    restored_in_pieces(bytes, book, 3 * BLOCK_BYTES)
}

/// The same, read in pieces of at most so many bytes.
///
/// # Errors
/// Why it is not taken.
pub fn restored_in_pieces<'m>(
    bytes: &[u8],
    book: Book<'m>,
    piece_bytes: usize,
) -> Result<(SnapshotHeader, Book<'m>), SnapshotFault> {
    let header = read_snapshot_header(bytes)?;
    let mut body = bytes.get(BLOCK_BYTES..).unwrap_or_default();
    let mut buffer = vec![0x33; 2 * BLOCK_BYTES];
    let mut read = |into: &mut [u8]| {
        let length = body.len().min(into.len()).min(piece_bytes);
        let (now, later) = body.split_at(length);
        into[..length].copy_from_slice(now);
        body = later;
        Ok::<_, Infallible>(length)
    };
    match restore_snapshot(book, &header, &mut buffer, &mut read) {
        Ok(book) => Ok((header, book)),
        Err(RestoreFault::Snapshot(fault)) => Err(fault),
    }
}

/// A snapshot of the small book of a log, made by following the log up to `until`.
///
/// # Panics
/// When the log is not sound up to there, or empty.
pub fn taken(log: &SimLog, until: Sequence) -> Vec<u8> {
    let mut memory = book_memory();
    let mut book = small_book(&mut memory);
    let mut follower = Follower::new(Start::Beginning);
    let mut sink = ();
    let mut visitor = Replay::new(&mut book, &mut sink);
    let mut buffer = vec![0; 2 * BLOCK_BYTES];
    follower.follow(&mut log.clone(), &mut buffer, &mut visitor, until).expect("a sound log");
    written(&book, follower.chain().expect("a log"), 1)
}

/// Recovers a log from a snapshot on.
///
/// # Errors
/// Why the log is refused.
///
/// # Panics
/// When the snapshot is.
pub fn recovered_from(log: &SimLog, snapshot: &[u8]) -> Result<Recovered, RecoveryFault> {
    let mut memory = book_memory();
    let (header, mut book) = restored(snapshot, small_book(&mut memory)).expect("a snapshot");
    let mut buffer = vec![0; 2 * BLOCK_BYTES];
    let start = Start::Snapshot(header.chain);
    recover_into_from(&mut log.clone(), &mut buffer, &mut book, start, header.sequence())
}

/// An empty book in [`book_memory`].
///
/// # Panics
/// When it is not.
pub fn small_book(memory: &mut [u8]) -> Book<'_> {
    small_book_seeded(memory, 7)
}

/// The same with a seed of its own.
///
/// # Panics
/// When it is not.
pub fn small_book_seeded(memory: &mut [u8], seed: u64) -> Book<'_> {
    Book::new(memory, CAPACITIES, seed).expect("the memory is large enough")
}

/// A snapshot taken apart.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Its first block.
    pub header: Vec<u8>,
    /// Its entries, each with all its bytes.
    pub entries: Vec<Vec<u8>>,
}

impl Parts {
    /// Takes a sound snapshot apart.
    ///
    /// # Panics
    /// When it is not sound.
    pub fn of(bytes: &[u8]) -> Self {
        let (header, body) = bytes.split_at(BLOCK_BYTES);
        let mut entries = Vec::new();
        for block in body.chunks(BLOCK_BYTES) {
            let used = usize::from(u16::from_le_bytes([block[40], block[41]]));
            let mut rest = &block[BODY_HEAD_BYTES..BODY_HEAD_BYTES + used];
            while let Some(kind) = rest.first() {
                let length = match kind {
                    1 => 16,
                    3 => 32,
                    2 | 4 => 72,
                    _ => panic!("an entry of kind {kind}"),
                };
                let (entry, behind) = rest.split_at(length);
                entries.push(entry.to_vec());
                rest = behind;
            }
        }
        Self { header: header.to_vec(), entries }
    }

    /// Puts it together again, with right checksums, places and lengths.
    ///
    /// # Panics
    /// When an entry is longer than a block.
    pub fn sealed(&self) -> Vec<u8> {
        let mut bodies: Vec<Vec<u8>> = vec![Vec::new()];
        for entry in &self.entries {
            if bodies.last().map_or(0, Vec::len) + entry.len() > BLOCK_BYTES - BODY_HEAD_BYTES {
                bodies.push(Vec::new());
            }
            bodies.last_mut().expect("there is one").extend_from_slice(entry);
        }
        let mut bytes = self.header.clone();
        seal(&mut bytes);
        for (index, body) in bodies.iter().enumerate() {
            let mut block = self.block(index as u64 + 1, body);
            block[42] = u8::from(index + 1 == bodies.len());
            seal(&mut block);
            bytes.extend(block);
        }
        bytes
    }

    /// A block of the body that is not the last, and not sealed.
    fn block(&self, number: u64, body: &[u8]) -> Vec<u8> {
        let mut block = b"HWSB\0\0\0\0".to_vec();
        block.extend(&self.header[16..32]);
        block.extend(&self.header[48..56]);
        block.extend(number.to_le_bytes());
        block.extend(u16::try_from(body.len()).expect("a block is small").to_le_bytes());
        block.extend([0; 6]);
        block.extend(body);
        block.resize(BLOCK_BYTES, 0xa5);
        block
    }

    /// Changes the state hash that the header says.
    pub fn set_state_hash(&mut self, state_hash: u64) {
        self.header[112..120].copy_from_slice(&state_hash.to_le_bytes());
    }
}

/// Gives a block a right checksum.
pub fn seal(block: &mut [u8]) {
    let sum = checksum(&[&block[..4], &block[8..]]);
    block[4..8].copy_from_slice(&sum.to_le_bytes());
}
