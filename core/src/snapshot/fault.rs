//! Why a snapshot is not taken.

use crate::book::ImageFault;
use crate::types::Capacities;
use core::fmt;

/// Why a snapshot is not taken. An older one may do, or the log from its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnapshotFault {
    /// The file ends before the snapshot does.
    Torn,
    /// The first block is no header: not a snapshot, or other bytes than were written.
    Header,
    /// A block of the body holds other bytes than were written.
    Corrupt {
        /// Its number, from 1 behind the header.
        block: u64,
    },
    /// A block of the body is whole, but of another log, another snapshot or another place.
    Foreign {
        /// Its number, from 1 behind the header.
        block: u64,
    },
    /// Something stands behind the last block.
    Behind,
    /// It is of a version of the format that this engine does not know.
    NewerVersion(u32),
    /// The book's memory is too small: it takes these capacities at least.
    NeedsCapacities(Capacities),
    /// What it holds is no book.
    Image(ImageFault),
    /// The book comes to another state hash than the one that was written.
    HashMismatch {
        /// The one that it comes to.
        state_hash: u64,
    },
}

/// Why a book was not restored from a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestoreFault<E> {
    /// The snapshot is not to be taken.
    Snapshot(SnapshotFault),
    /// It could not be read.
    Read(E),
}

impl<E> From<SnapshotFault> for RestoreFault<E> {
    fn from(fault: SnapshotFault) -> Self {
        Self::Snapshot(fault)
    }
}

impl<E> From<ImageFault> for RestoreFault<E> {
    fn from(fault: ImageFault) -> Self {
        Self::Snapshot(match fault {
            ImageFault::NeedsCapacities(capacities) => SnapshotFault::NeedsCapacities(capacities),
            ImageFault::Head
            | ImageFault::Entry
            | ImageFault::Misplaced
            | ImageFault::Session(_)
            | ImageFault::Instrument(_)
            | ImageFault::Order(..)
            | ImageFault::Crossed(_)
            | ImageFault::Triggered(_)
            | ImageFault::Counts => SnapshotFault::Image(fault),
        })
    }
}

impl fmt::Display for SnapshotFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Torn => f.write_str("the snapshot is torn: its file ends before it does"),
            Self::Header => f.write_str("its first block is no header of a snapshot"),
            Self::Corrupt { block } => {
                write!(f, "the snapshot is corrupt: block {block} is not what was written")
            }
            Self::Foreign { block } => write!(
                f,
                "the snapshot is corrupt: block {block} is whole, but of another snapshot or place"
            ),
            Self::Behind => {
                f.write_str("the snapshot is corrupt: something stands behind its last block")
            }
            Self::NewerVersion(version) => write!(
                f,
                "the snapshot is of version {version}, which this program does not know: use a \
                 newer one"
            ),
            Self::NeedsCapacities(capacities) => write!(
                f,
                "the snapshot needs room for {} orders, {} instruments and {} sessions",
                capacities.orders, capacities.instruments, capacities.sessions
            ),
            Self::Image(fault) => write!(f, "the snapshot holds no sound book: {fault}"),
            Self::HashMismatch { state_hash } => write!(
                f,
                "the snapshot's book is not the one that was written: it hashes to {state_hash:016x}"
            ),
        }
    }
}

impl core::error::Error for SnapshotFault {}

impl<E: fmt::Display> fmt::Display for RestoreFault<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Snapshot(fault) => fault.fmt(f),
            Self::Read(fault) => fault.fmt(f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> core::error::Error for RestoreFault<E> {}
