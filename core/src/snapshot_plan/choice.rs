//! Which snapshot a walk along a log begins at: the newest that is to be trusted, or the log's
//! beginning.

use crate::recovery::RecoveryFault;
use crate::snapshot::SnapshotHeader;
use crate::types::{Capacities, LogId, SegmentNumber, Sequence};
use core::fmt;

/// What a walk along a log is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The state behind the records up to this one: any snapshot will do that holds nothing behind
    /// it, the newest of them best, and so will the log's beginning.
    State(Sequence),
    /// Every record: the walk begins at the log's beginning.
    EveryRecord,
    /// What follows this one snapshot: the walk begins nowhere else.
    Behind(Sequence),
}

impl Wanted {
    /// The state behind the log's last record.
    pub const NEWEST: Self = Self::State(Sequence(u64::MAX));

    /// Every record of a log whose first segment is `first`, `None` where it has none; where its
    /// beginning was retired, the state up to `upto`.
    pub fn history(first: Option<SegmentNumber>, upto: Sequence) -> Self {
        if has_beginning(first) { Self::EveryRecord } else { Self::State(upto) }
    }

    fn admits(self, snapshot: Sequence) -> bool {
        match self {
            Self::State(upto) => snapshot <= upto,
            Self::EveryRecord => false,
            Self::Behind(only) => snapshot == only,
        }
    }
}

/// Whether a log still has its first record. One without any segment lacks none.
pub(super) fn has_beginning(first: Option<SegmentNumber>) -> bool {
    first.is_none_or(|first| first == SegmentNumber::FIRST)
}

/// Where to begin next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// At the snapshot with this last sequence, if it can be read and restored and
    /// [`SnapshotChoice::judge`] finds nothing wrong with it.
    Snapshot(Sequence),
    /// At the log's beginning.
    Beginning,
    /// Nothing is left to begin at.
    Nothing,
}

/// Why a snapshot is not begun at though it can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnapshotRefusal {
    /// Its file has the name of another one.
    OtherName,
    /// It was made of another log.
    OtherLog,
}

impl fmt::Display for SnapshotRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherName => f.write_str("it has the name of another one"),
            Self::OtherLog => RecoveryFault::SnapshotOfOtherLog.fmt(f),
        }
    }
}

impl core::error::Error for SnapshotRefusal {}

/// The snapshots of a log in the order in which they are tried, the newest first, and behind them
/// the log's beginning.
///
/// What can't be read or restored is passed over by asking for the next. The list of snapshots is
/// an argument each time, in any order; it is the same each time.
#[derive(Clone, Copy, Debug)]
pub struct SnapshotChoice {
    log_id: Option<LogId>,
    wanted: Wanted,
    /// The one that was tried last, below which the next is looked for.
    tried: Option<Sequence>,
    is_beginning_tried: bool,
}

impl SnapshotChoice {
    /// A choice of which nothing was tried yet, for the log with this id, where that can be read.
    pub const fn new(log_id: Option<LogId>, wanted: Wanted) -> Self {
        Self { log_id, wanted, tried: None, is_beginning_tried: false }
    }

    /// Where to begin, as nothing before was to be trusted.
    pub fn next(&mut self, snapshots: &[Sequence]) -> Choice {
        if let Some(snapshot) = self.following(snapshots) {
            self.tried = Some(snapshot);
            return Choice::Snapshot(snapshot);
        }
        let may_begin = match self.wanted {
            Wanted::State(_) | Wanted::EveryRecord => true,
            Wanted::Behind(_) => false,
        };
        if may_begin && !core::mem::replace(&mut self.is_beginning_tried, true) {
            Choice::Beginning
        } else {
            Choice::Nothing
        }
    }

    /// Whether another snapshot comes behind the one that was tried last.
    pub fn has_another(&self, snapshots: &[Sequence]) -> bool {
        self.following(snapshots).is_some()
    }

    /// Judges a snapshot by its header: `named` is what its file's name says. Whether its body is
    /// whole, only restoring it shows.
    ///
    /// # Errors
    /// It is not to be trusted, and the next is to be tried.
    pub fn judge(&self, named: Sequence, header: &SnapshotHeader) -> Result<(), SnapshotRefusal> {
        if header.sequence() != named {
            return Err(SnapshotRefusal::OtherName);
        }
        if self.is_of_log(header) { Ok(()) } else { Err(SnapshotRefusal::OtherLog) }
    }

    /// Whether the snapshot that was tried last is passed over for the one before it, because what
    /// the caller has written elsewhere does not reach it. The oldest never is: it is for the
    /// caller to refuse it, with a reason.
    pub fn is_passed_over(&self, snapshots: &[Sequence], reaches: impl FnOnce() -> bool) -> bool {
        self.has_another(snapshots) && !reaches()
    }

    /// The header, of those that can be read, that says most of what was durable. A whole header is
    /// evidence of that, whatever became of the rest of its file, and of its name: a log that ends
    /// before it is refused, wherever the walk began.
    pub fn evidence(
        &self,
        headers: impl IntoIterator<Item = SnapshotHeader>,
    ) -> Option<SnapshotHeader> {
        let ours = headers.into_iter().filter(|header| self.is_of_log(header));
        ours.max_by_key(SnapshotHeader::sequence)
    }

    fn following(&self, snapshots: &[Sequence]) -> Option<Sequence> {
        let is_left = |it: &Sequence| self.tried.is_none_or(|tried| *it < tried);
        let wanted = snapshots.iter().copied().filter(|it| self.wanted.admits(*it));
        wanted.filter(is_left).max()
    }

    fn is_of_log(&self, header: &SnapshotHeader) -> bool {
        self.log_id.is_none_or(|log_id| header.chain.log_id == log_id)
    }
}

/// What follows when a walk along the log ended with a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterFault {
    /// The choice begins anew, with books that hold so much.
    BeginLarger(Capacities),
    /// The snapshot that the walk began at is passed over.
    TryNext,
    /// The log is refused. Another beginning would only hide what is wrong with it.
    Refuse,
}

impl AfterFault {
    /// What follows from this one.
    pub const fn of(fault: &RecoveryFault) -> Self {
        match fault {
            RecoveryFault::NeedsCapacities(needed) => Self::BeginLarger(*needed),
            RecoveryFault::SnapshotOfOtherLog => Self::TryNext,
            // A snapshot that the log does not reach is no useless snapshot: records are gone.
            RecoveryFault::SnapshotAhead { .. }
            | RecoveryFault::Log(_)
            | RecoveryFault::NewerVersion { .. }
            | RecoveryFault::OlderVersion { .. }
            | RecoveryFault::Corrupt { .. }
            | RecoveryFault::MissingSegment(_)
            | RecoveryFault::ForeignSegment(_)
            | RecoveryFault::HashMismatch { .. }
            | RecoveryFault::TradeDiffers { .. }
            | RecoveryFault::Repeated { .. }
            | RecoveryFault::EndedByVisitor { .. } => Self::Refuse,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::Chain;
    use crate::book::{ImageCounts, ImageHead};
    use crate::snapshot::Compression;
    use crate::types::LogPosition;

    const OURS: LogId = LogId([1; 16]);
    const LISTED: [Sequence; 3] = [Sequence(30), Sequence(20), Sequence(10)];

    fn header(sequence: u64, log_id: LogId) -> SnapshotHeader {
        let counts = ImageCounts {
            sessions: 0,
            session_end: 0,
            instruments: 0,
            orders: 0,
            places: 0,
            spans: 0,
        };
        SnapshotHeader {
            chain: Chain {
                segment: SegmentNumber::FIRST,
                segment_bytes: 1 << 20,
                position: LogPosition(8_192),
                next_number: 2,
                next_sequence: Sequence(sequence + 1),
                incarnation: 1,
                ..Chain::empty(log_id)
            },
            created_at_ns: 0,
            compression: Compression::PLAIN,
            host: [0; 2],
            state_hash: 0,
            image: ImageHead {
                capacities: Capacities { orders: 1, instruments: 1, sessions: 1 },
                clock_ns: 0,
                last_sequence: Sequence(sequence),
                running_hash: 0,
                flow: None,
                counts,
            },
        }
    }

    #[track_caller]
    fn assert_order(wanted: Wanted, snapshots: &[u64], end: Choice) {
        let mut choice = SnapshotChoice::new(Some(OURS), wanted);
        for sequence in snapshots {
            assert_eq!(choice.next(&LISTED), Choice::Snapshot(Sequence(*sequence)), "{wanted:?}");
        }
        assert!(!choice.has_another(&LISTED));
        assert_eq!(choice.next(&LISTED), end, "{wanted:?}");
        assert_eq!(choice.next(&LISTED), Choice::Nothing, "{wanted:?}");
    }

    #[test]
    fn the_newest_snapshot_that_is_wanted_comes_first_and_the_beginning_last() {
        assert_order(Wanted::NEWEST, &[30, 20, 10], Choice::Beginning);
        assert_order(Wanted::State(Sequence(20)), &[20, 10], Choice::Beginning);
        assert_order(Wanted::State(Sequence(9)), &[], Choice::Beginning);
        assert_order(Wanted::EveryRecord, &[], Choice::Beginning);
        assert_order(Wanted::Behind(Sequence(20)), &[20], Choice::Nothing);
        let mut shuffled = SnapshotChoice::new(None, Wanted::NEWEST);
        let listed = [Sequence(10), Sequence(30)];
        assert_eq!(shuffled.next(&listed), Choice::Snapshot(Sequence(30)));
    }

    #[test]
    fn history_begins_at_the_beginning_where_there_is_one() {
        let upto = Sequence(7);
        assert_eq!(Wanted::history(None, upto), Wanted::EveryRecord);
        assert_eq!(Wanted::history(Some(SegmentNumber::FIRST), upto), Wanted::EveryRecord);
        assert_eq!(Wanted::history(Some(SegmentNumber(2)), upto), Wanted::State(upto));
    }

    #[test]
    fn a_snapshot_has_its_own_name_and_its_own_log() {
        let choice = SnapshotChoice::new(Some(OURS), Wanted::NEWEST);
        let (ours, other) = (header(30, OURS), header(30, LogId([2; 16])));
        assert_eq!(choice.judge(Sequence(30), &ours), Ok(()));
        assert_eq!(choice.judge(Sequence(20), &ours), Err(SnapshotRefusal::OtherName));
        assert_eq!(choice.judge(Sequence(30), &other), Err(SnapshotRefusal::OtherLog));
        let unknown = SnapshotChoice::new(None, Wanted::NEWEST);
        assert_eq!(unknown.judge(Sequence(30), &other), Ok(()), "the log can't say who it is");
    }

    #[test]
    fn the_evidence_is_the_highest_of_this_log() {
        let choice = SnapshotChoice::new(Some(OURS), Wanted::EveryRecord);
        let headers = [header(10, OURS), header(30, OURS), header(40, LogId([2; 16]))];
        let sequence = |found: Option<SnapshotHeader>| found.map(|header| header.sequence());
        assert_eq!(sequence(choice.evidence(headers)), Some(Sequence(30)));
        assert_eq!(sequence(choice.evidence([])), None);
    }

    #[test]
    fn only_a_snapshot_with_another_behind_it_is_passed_over() {
        let mut choice = SnapshotChoice::new(None, Wanted::State(Sequence(20)));
        assert_eq!(choice.next(&LISTED), Choice::Snapshot(Sequence(20)));
        assert!(choice.is_passed_over(&LISTED, || false));
        assert!(!choice.is_passed_over(&LISTED, || true));
        assert_eq!(choice.next(&LISTED), Choice::Snapshot(Sequence(10)));
        assert!(!choice.is_passed_over(&LISTED, || false), "the oldest");
    }

    #[test]
    fn a_fault_of_the_log_is_not_hidden_by_another_beginning() {
        let needed = Capacities { orders: 5, instruments: 6, sessions: 7 };
        let larger = RecoveryFault::NeedsCapacities(needed);
        assert_eq!(AfterFault::of(&larger), AfterFault::BeginLarger(needed));
        let other = RecoveryFault::SnapshotOfOtherLog;
        assert_eq!(AfterFault::of(&other), AfterFault::TryNext);
        let ahead = RecoveryFault::SnapshotAhead { sequence: Sequence(9) };
        assert_eq!(AfterFault::of(&ahead), AfterFault::Refuse);
        let missing = RecoveryFault::MissingSegment(SegmentNumber(2));
        assert_eq!(AfterFault::of(&missing), AfterFault::Refuse);
    }
}
