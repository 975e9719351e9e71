//! The bare bound: a group commit written by hand, with nothing in it but a lock, a write and a
//! sync.
//!
//! Whoever finds no leader leads: it takes the bytes of everybody who came meanwhile, writes them
//! as whole blocks, syncs, and wakes all. It matches nothing, and orders nothing but bytes.

use highwater::limits::BLOCK_BYTES;
use highwater_platform::{IoMode, MemoryWishes, Platform, SegmentFile};
use std::io;
use std::path::Path;
use std::sync::{Condvar, Mutex, PoisonError};

/// Size of the file, in bytes; the blocks in it are written again when it is full.
const FILE_BYTES: u64 = 64 << 20;
/// Bytes that are written at once at most.
const BATCH_BYTES_MAX: usize = 1 << 16;
/// Bytes of one commit: a record of an order.
const COMMIT_BYTES: usize = 80;

/// A file that many threads commit to.
#[derive(Debug)]
pub(super) struct BareCommit<P: Platform> {
    /// Only the leader's; nobody waits for it.
    file: Mutex<P::Segment>,
    io: IoMode,
    blocks: &'static [u8],
    group: Mutex<Group>,
    has_synced: Condvar,
}

/// What gathers, and how far it has come.
#[derive(Debug, Default)]
struct Group {
    /// Commits so far.
    commit_count: u64,
    /// Those of them that are durable.
    durable_count: u64,
    has_leader: bool,
    position: u64,
}

impl<P: Platform> BareCommit<P> {
    /// A new file in `directory`, of real zeros where the file system takes direct I/O.
    pub(super) fn new(platform: P, directory: &Path) -> io::Result<Self> {
        let wishes = MemoryWishes { huge_pages: false, locked: false };
        let blocks = platform.zeroed_memory(BATCH_BYTES_MAX, wishes)?.bytes;
        let path = directory.join("bare");
        let direct = platform.create_segment(&path, IoMode::Direct).and_then(|file| {
            for position in (0..FILE_BYTES).step_by(BATCH_BYTES_MAX) {
                file.write_at(position, blocks)?;
            }
            file.sync()?;
            Ok(file)
        });
        let (file, io) = if let Ok(file) = direct {
            (file, IoMode::Direct)
        } else {
            let path = directory.join("bare-append");
            (platform.create_segment(&path, IoMode::Append)?, IoMode::Append)
        };
        platform.sync_directory(directory)?;
        // Something that is not zero, so that nothing can be left out.
        blocks.fill(0x5a);
        let (group, has_synced) = (Mutex::default(), Condvar::new());
        Ok(Self { file: Mutex::new(file), io, blocks, group, has_synced })
    }

    /// Returns when a commit of this caller is durable.
    pub(super) fn commit(&self) -> io::Result<()> {
        let mut group = self.group.lock().unwrap_or_else(PoisonError::into_inner);
        group.commit_count += 1;
        let mine = group.commit_count;
        while group.durable_count < mine {
            if group.has_leader {
                group = self.has_synced.wait(group).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            group.has_leader = true;
            let commits = group.commit_count;
            let bytes = bytes_of(commits - group.durable_count);
            let position = group.position;
            group.position = (position + BATCH_BYTES_MAX as u64) % FILE_BYTES;
            drop(group);
            let written = self.write(position, bytes);
            group = self.group.lock().unwrap_or_else(PoisonError::into_inner);
            group.has_leader = false;
            written?;
            group.durable_count = commits;
            self.has_synced.notify_all();
        }
        Ok(())
    }

    fn write(&self, position: u64, bytes: usize) -> io::Result<()> {
        let blocks = &self.blocks[..bytes];
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        match self.io {
            IoMode::Direct => file.write_at(position, blocks)?,
            IoMode::Append => file.append(blocks)?,
        }
        file.sync()
    }
}

/// Whole blocks for so many commits.
fn bytes_of(commits: u64) -> usize {
    let commits = usize::try_from(commits).unwrap_or(usize::MAX);
    commits.saturating_mul(COMMIT_BYTES).next_multiple_of(BLOCK_BYTES).min(BATCH_BYTES_MAX)
}
