//! Recovery: scan the log along its chain, replay it into the book, cut off a torn tail, refuse
//! when more is gone.
//!
//! It has no code of its own for state: a record is applied by the same [`Book::apply`] as when it
//! was live. The decision table stands in `docs/recovery.md`. Nothing here writes but [`recover`],
//! and only to cut.

mod follow;
mod scan;
mod start;
mod tail;
mod trades;
mod visitor;

pub use follow::Follower;
pub use scan::{scan, scan_from};
pub use start::Start;
pub use visitor::{Scanned, Visitor};

use crate::block::Chain;
use crate::book::{Admission, Book, Prefetcher};
use crate::command::Action;
use crate::event::EventSink;
use crate::log_file::{LogFault, LogFile};
use crate::record::{Body, Record, RecordFault};
use crate::types::{Capacities, LogId, LogPosition, SegmentNumber, Sequence};
use core::fmt;
use trades::{TradeCheck, Watched};

/// Makes the log durable as it is, hands its records to `visitor`, and cuts off its torn tail.
///
/// The visitor is a [`Replay`], as a rule: every event goes to its sink again, in order; it is
/// durable and may be told to whoever missed it. `buffer` is scratch room of one or more whole
/// blocks. A [`LogWriter`](crate::log_writer::LogWriter) goes on from what is returned.
///
/// # Errors
/// Says why the engine must not start; the log is as it was, but for a torn tail that may be cut
/// off already.
pub fn recover<F: LogFile>(
    file: &mut F,
    buffer: &mut [u8],
    visitor: &mut impl Visitor,
) -> Result<Scanned, RecoveryFault> {
    recover_from(file, buffer, visitor, (Start::Beginning, Sequence(0)))
}

/// The same from `start` on: a [`Replay`] goes on with the book that was restored from the snapshot
/// whose chain that is.
///
/// `covered` is the last sequence that any snapshot of this log covers, the ones that cannot be
/// restored too: it was durable, so a log that ends before it is not cut but refused.
///
/// # Errors
/// Those of [`recover`]; and when the log does not reach the snapshot, or what is covered, or the
/// visitor does not accept what was found.
pub fn recover_from<F: LogFile>(
    file: &mut F,
    buffer: &mut [u8],
    visitor: &mut impl Visitor,
    (start, covered): (Start, Sequence),
) -> Result<Scanned, RecoveryFault> {
    file.sync_all(start.segment())?;
    let scanned = scan_from(file, buffer, visitor, start)?;
    if scanned.last_sequence < covered {
        return Err(RecoveryFault::SnapshotAhead { sequence: covered });
    }
    visitor.accepts(&scanned)?;
    if let Some((segment, position)) = scanned.cut_at {
        file.cut(segment, position)?;
    }
    Ok(scanned)
}

/// Applies the records of a log to a book, and compares the running hashes and the copies of trades
/// that it meets.
#[derive(Debug)]
pub struct Replay<'r, 'm, S> {
    /// The state that is rebuilt.
    pub book: &'r mut Book<'m>,
    /// Where the events go.
    pub sink: &'r mut S,
    trades: TradeCheck,
    prefetcher: Prefetcher,
}

impl<'r, 'm, S> Replay<'r, 'm, S> {
    /// Goes on with `book`; events go to `sink`.
    pub const fn new(book: &'r mut Book<'m>, sink: &'r mut S) -> Self {
        Self { book, sink, trades: TradeCheck::new(), prefetcher: Prefetcher::new() }
    }
}

impl<S: EventSink> Visitor for Replay<'_, '_, S> {
    fn record(&mut self, record: &Record) -> Result<(), RecoveryFault> {
        match &record.body {
            Body::RunningHash(expected) => {
                if self.book.running_hash() != *expected {
                    return Err(RecoveryFault::HashMismatch { sequence: record.sequence });
                }
            }
            Body::Trade(copy) => self.trades.compare(record.sequence, copy)?,
            Body::Command(command) => {
                if let Action::Configure(capacities) = command.action
                    && !self.book.fits(capacities)
                {
                    return Err(RecoveryFault::NeedsCapacities(capacities));
                }
                match self.book.admit(command.session, command.client_sequence) {
                    Admission::Fresh => {
                        self.trades.begin(record.sequence);
                        let mut watched = Watched { trades: &mut self.trades, sink: self.sink };
                        let Record { sequence, timestamp_ns, .. } = *record;
                        self.book.apply_at(sequence, timestamp_ns, command, &mut watched);
                    }
                    Admission::Duplicate { .. } => {
                        return Err(RecoveryFault::Repeated { sequence: record.sequence });
                    }
                }
            }
        }
        Ok(())
    }

    #[inline]
    fn prefetch(&mut self, waiting: &[Record]) {
        self.book
            .prefetch(&mut self.prefetcher, move |distance| waiting.get(distance)?.body.command());
    }
}

/// Why a log is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecoveryFault {
    /// A file failed.
    Log(LogFault),
    /// The log was written in a format that this engine does not know.
    NewerVersion {
        /// The segment whose header says so.
        segment: SegmentNumber,
        /// Its version.
        version: u32,
    },
    /// The log was written in an earlier format, which this engine no longer reads.
    OlderVersion {
        /// The segment whose header says so.
        segment: SegmentNumber,
        /// Its version.
        version: u32,
    },
    /// Bytes are not what was written.
    Corrupt {
        /// The segment.
        segment: SegmentNumber,
        /// Where in it the first wrong block begins.
        position: LogPosition,
        /// What shows it.
        damage: Damage,
    },
    /// A segment is missing between others.
    MissingSegment(SegmentNumber),
    /// A whole segment file stands where it was not written: it is another log's, another segment
    /// renamed, or the same segment of another copy of the log that went its own way.
    ForeignSegment(SegmentNumber),
    /// The log ends before the place at which a snapshot of it was made: what the snapshot covers
    /// was durable, so acknowledged commands are gone.
    SnapshotAhead {
        /// The last sequence that is in the snapshot.
        sequence: Sequence,
    },
    /// The snapshot was made of another log.
    SnapshotOfOtherLog,
    /// Replay came to other events than the engine did when it was live.
    HashMismatch {
        /// The sequence whose running hash differs.
        sequence: Sequence,
    },
    /// Replay came to another trade than the copy that the log holds of it.
    TradeDiffers {
        /// The sequence of the command that caused it.
        sequence: Sequence,
    },
    /// A session's command stands in the log a second time.
    Repeated {
        /// The second one's sequence.
        sequence: Sequence,
    },
    /// The log was written by an engine with these capacities: the book needs memory for them.
    NeedsCapacities(Capacities),
    /// The visitor wants no more, for a reason of its own: somebody wishes to stop, what it looked
    /// for is found, or it refuses the log.
    EndedByVisitor {
        /// The sequence of the record that it was at.
        sequence: Sequence,
    },
}

/// What shows that bytes are not what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// One bit has flipped in a block that was written whole, or in one that was never written.
    FlippedBit,
    /// A later block or header calls this place durable: acknowledged commands from this sequence
    /// on are gone.
    AcknowledgedGone(Sequence),
    /// The segment's header is gone though something was written behind it.
    Header,
    /// A whole block holds something that is not a record.
    Record(RecordFault),
    /// A whole block holds a record with the wrong sequence, or not as many as its head says.
    Sequence,
}

impl From<LogFault> for RecoveryFault {
    fn from(fault: LogFault) -> Self {
        Self::Log(fault)
    }
}

impl fmt::Display for RecoveryFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log(fault) => fault.fmt(f),
            Self::NewerVersion { segment, version } => {
                write!(
                    f,
                    "segment {segment} is of log version {version}, which this program \
                     does not know"
                )
            }
            Self::OlderVersion { segment, version } => {
                write!(
                    f,
                    "segment {segment} is of log version {version}, which this program \
                     no longer reads"
                )
            }
            Self::Corrupt { segment, position, damage } => {
                write!(f, "corrupt: segment {segment}, offset {position}: {damage}")
            }
            Self::MissingSegment(segment) => write!(f, "corrupt: segment {segment} is missing"),
            Self::ForeignSegment(segment) => {
                write!(
                    f,
                    "corrupt: segment {segment} is whole, but of another log or from another place"
                )
            }
            Self::SnapshotAhead { sequence } => {
                write!(
                    f,
                    "acknowledged commands are gone: the log does not reach its snapshot at \
                     sequence {sequence}"
                )
            }
            Self::SnapshotOfOtherLog => f.write_str("the snapshot is not of this log"),
            Self::HashMismatch { sequence } => {
                write!(
                    f,
                    "replay differs: at sequence {sequence} the events are not those that were \
                     logged"
                )
            }
            Self::TradeDiffers { sequence } => {
                write!(
                    f,
                    "replay differs: the trades of sequence {sequence} are not those that were \
                     logged"
                )
            }
            Self::Repeated { sequence } => {
                write!(f, "corrupt: the command at sequence {sequence} was executed before")
            }
            Self::NeedsCapacities(capacities) => write!(
                f,
                "the log needs room for {} orders, {} instruments and {} sessions",
                capacities.orders, capacities.instruments, capacities.sessions
            ),
            Self::EndedByVisitor { sequence } => {
                write!(f, "the reading was ended at sequence {sequence}")
            }
        }
    }
}

impl core::error::Error for RecoveryFault {}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FlippedBit => f.write_str("one bit has flipped"),
            Self::AcknowledgedGone(sequence) => {
                write!(f, "acknowledged commands from sequence {sequence} on are gone")
            }
            Self::Header => f.write_str("the segment's header is gone"),
            Self::Record(fault) => fault.fmt(f),
            Self::Sequence => f.write_str("the sequences of a block do not follow each other"),
        }
    }
}

impl Scanned {
    /// The chain that a log writer goes on from; `None` when there is no log yet.
    pub const fn chain(&self) -> Option<Chain> {
        self.chain
    }

    /// The chain that a log writer goes on from: of the log that was found, or of a new one that is
    /// to be called `log_id`, 16 random bytes as a rule.
    pub const fn chain_or_new(&self, log_id: LogId) -> Chain {
        match self.chain {
            Some(chain) => chain,
            None => Chain::empty(log_id),
        }
    }
}
