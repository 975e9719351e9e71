//! Snapshot files in a data directory: written under another name, synced, proven by reading them
//! back from the disk, and only then named.

use super::LogDirectory;
use crate::layout;
use crate::locks;
use crate::pieces::{PieceReader, PieceWriter};
use crate::retired;
use highwater::book::Book;
use highwater::limits::BLOCK_BYTES;
use highwater::snapshot::{
    Compression, RestoreFault, SnapshotFault, SnapshotHeader, SnapshotOrigin, read_snapshot_header,
    restore_snapshot, write_snapshot,
};
use highwater::types::{SegmentNumber, Sequence};
use highwater_platform::{IoMode, Platform, SegmentFile, Sharing};
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Bytes of a snapshot that are encoded, compressed and written at a time.
const BUFFER_BYTES: usize = 1 << 18;

/// How the bodies that this program writes are compressed: LZ4, piece by piece.
pub const LZ4: Compression = Compression(1);

/// Why a snapshot file is not taken, or was not written.
#[derive(Debug, Error)]
pub enum SnapshotError {
    /// The system refused something.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// What is in the file is not to be taken.
    #[error(transparent)]
    Fault(#[from] SnapshotFault),
    /// Its body is compressed in a way that this program does not know.
    #[error("it is compressed in way {}, which this program does not know", .0.0)]
    UnknownCompression(Compression),
    /// What is read back from the disk is not what was written.
    #[error("the disk holds something else than was written")]
    NotProven,
    /// It has its name, and nobody knows whether the disk has that too: a sync of the directory
    /// failed, and a second one would prove nothing.
    #[error("its name is not durable: {0}")]
    Unnamed(io::Error),
}

impl From<RestoreFault<io::Error>> for SnapshotError {
    fn from(fault: RestoreFault<io::Error>) -> Self {
        match fault {
            RestoreFault::Snapshot(fault) => Self::Fault(fault),
            RestoreFault::Read(error) => Self::Io(error),
        }
    }
}

impl<P: Platform> LogDirectory<P> {
    /// The last sequences of the snapshots that there are, the newest first.
    ///
    /// # Errors
    /// The system's.
    pub fn snapshots(&self) -> io::Result<Vec<Sequence>> {
        let mut sequences = self.layout.list()?.snapshots;
        sequences.reverse();
        Ok(sequences)
    }

    /// The path of a snapshot's file, for messages.
    pub fn snapshot_path(&self, sequence: Sequence) -> PathBuf {
        self.layout.snapshot(sequence)
    }

    /// Writes a snapshot of `book`; when this returns it is durable and proven, and has its name.
    ///
    /// # Errors
    /// What the system refused, or [`SnapshotError::NotProven`], and what was written is removed;
    /// or [`SnapshotError::Unnamed`].
    pub fn write_snapshot(
        &self,
        book: &Book<'_>,
        origin: &SnapshotOrigin,
    ) -> Result<SnapshotHeader, SnapshotError> {
        let part = self.layout.snapshot_part();
        layout::remove(self.platform, &part)?;
        let written = self.write_and_prove(&part, book, origin);
        if written.is_err() {
            // What stays when this fails is removed before the next one is written.
            drop(layout::remove(self.platform, &part));
        }
        let header = written?;
        self.platform.rename(&part, &self.layout.snapshot(header.sequence()))?;
        self.platform.sync_directory(self.layout.directory()).map_err(SnapshotError::Unnamed)?;
        Ok(header)
    }

    /// Opens a snapshot and reads its header.
    ///
    /// # Errors
    /// It cannot be read, or is not to be taken.
    pub fn open_snapshot(&self, sequence: Sequence) -> Result<SnapshotFile<P>, SnapshotError> {
        SnapshotFile::open(self.platform, &self.layout.snapshot(sequence))
    }

    /// Removes a snapshot; durable with the next sync of the directory, and harmless until then.
    ///
    /// # Errors
    /// The system's.
    pub fn remove_snapshot(&self, sequence: Sequence) -> io::Result<()> {
        layout::remove(self.platform, &self.layout.snapshot(sequence))
    }

    /// Takes the lock of who makes snapshots here; `None` while another process has it.
    ///
    /// # Errors
    /// The system's.
    pub fn lock_snapshots(&self) -> io::Result<Option<P::Lock>> {
        let path = self.layout.snapshot_lock();
        locks::create_missing(&path)?;
        self.platform.lock(&path, Sharing::Exclusive)
    }

    /// Takes a segment that no start needs any more out of the log, durably. The file of a plain
    /// one is kept to become a new segment; who has it open reads zeros from it later.
    ///
    /// # Errors
    /// The system's.
    pub fn retire(&self, segment: SegmentNumber) -> io::Result<()> {
        let packing = self.layout.packing(segment);
        if packing.try_exists()? {
            // Left without its segment it would look like a segment that was renamed.
            layout::remove(self.platform, &packing)?;
            self.platform.sync_directory(self.layout.directory())?;
        }
        layout::remove(self.platform, &self.layout.packed(segment))?;
        retired::retire(self.platform, &self.layout, segment)?;
        self.platform.sync_directory(self.layout.directory())
    }

    fn write_and_prove(
        &self,
        part: &Path,
        book: &Book<'_>,
        origin: &SnapshotOrigin,
    ) -> Result<SnapshotHeader, SnapshotError> {
        let file = self.platform.create_segment(part, IoMode::Append)?;
        let mut buffer = vec![0; BUFFER_BYTES];
        let mut writer = PieceWriter::new(&file);
        let mut is_header = true;
        let header = write_snapshot(book, origin, &mut buffer, &mut |bytes: &[u8]| {
            if std::mem::take(&mut is_header) { file.append(bytes) } else { writer.write(bytes) }
        })?;
        let written = writer.finish();
        file.sync()?;
        // What is read back comes from the disk.
        file.drop_cached();
        drop(file);
        let SnapshotFile { header: found, mut body } = SnapshotFile::open(self.platform, part)?;
        while body.read(&mut buffer)? > 0 {}
        if found == header && body.summary() == written {
            Ok(header)
        } else {
            Err(SnapshotError::NotProven)
        }
    }
}

/// A snapshot that is being read.
#[derive(Debug)]
pub struct SnapshotFile<P: Platform> {
    header: SnapshotHeader,
    body: PieceReader<P::Segment>,
}

impl<P: Platform> SnapshotFile<P> {
    fn open(platform: P, path: &Path) -> Result<Self, SnapshotError> {
        let file = platform.open_to_read(path)?;
        let mut block = vec![0; BLOCK_BYTES];
        let length = file.read_at(0, &mut block)?;
        let header = read_snapshot_header(&block[..length])?;
        if header.compression != LZ4 {
            return Err(SnapshotError::UnknownCompression(header.compression));
        }
        Ok(Self { header, body: PieceReader::new(file, BLOCK_BYTES as u64) })
    }

    /// Its header.
    pub const fn header(&self) -> &SnapshotHeader {
        &self.header
    }

    /// Restores an empty book whose memory holds what the header needs.
    ///
    /// # Errors
    /// What is wrong with the snapshot, or the system's; the book's memory is used then.
    pub fn restore(mut self, book: Book<'_>) -> Result<Book<'_>, SnapshotError> {
        let mut buffer = vec![0; BUFFER_BYTES];
        let body = &mut self.body;
        let mut read = |into: &mut [u8]| body.read(into);
        Ok(restore_snapshot(book, &self.header, &mut buffer, &mut read)?)
    }
}
