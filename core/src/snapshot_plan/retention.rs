//! What becomes of the log below a snapshot: kept and packed, or retired.
//!
//! The newest two snapshots that were proven stay, and with them every record behind the older one,
//! so that a start that cannot read the newest still has another. Nothing is removed before the
//! newest is proven, nothing that a consumer (an output that follows from the log) still needs, and
//! nothing while somebody reads the log.

use super::choice::has_beginning;
use crate::types::{SegmentNumber, Sequence};

/// What becomes of the segments below a snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// They are kept, compressed.
    #[default]
    All,
    /// Those that no kept snapshot needs are retired: the history before is gone.
    Snapshot,
}

/// What there is when a snapshot has just been made.
///
/// It is used in three steps: the slowest consumer's need gives the [anchor](Self::anchor), the
/// anchor a [`Clearing`], and that says which file is treated [next](Clearing::next), again and
/// again.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// What is kept.
    pub keep: Keep,
    /// The first segment of the log; `None` where there is none.
    pub first: Option<SegmentNumber>,
    /// The last sequence of the newest snapshot, which is proven.
    pub newest: Sequence,
    /// That of the one before it that is proven, too: it was made, or begun at, by whoever made the
    /// newest; `None` where there is none.
    pub before: Option<Sequence>,
}

/// What a consumer needs of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Every record, for as long as the consumer is there.
    EveryRecord,
    /// A snapshot that holds nothing behind this sequence, up to which the consumer is durable, and
    /// the records behind that snapshot.
    Behind(Sequence),
}

/// The snapshot behind which everything stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// Its last sequence; `None` when nothing may be removed.
    pub snapshot: Option<Sequence>,
    /// Whether more would be removed but for the slowest consumer.
    pub is_held: bool,
}

impl Retention {
    /// Whether the consumers must be known. While the log is whole and all of it is kept, whatever
    /// they need of it is there.
    pub fn asks_consumers(&self) -> bool {
        let keeps_segments = match self.keep {
            Keep::All => has_beginning(self.first),
            Keep::Snapshot => false,
        };
        self.before.is_some() && !keeps_segments
    }

    /// The last sequence of a snapshot that a consumer can be continued from; 0 when it needs the
    /// log from the first record on. `None` for one that needs all of a log whose beginning is
    /// gone: it can't be written any more.
    pub fn needed(&self, need: Need) -> Option<Sequence> {
        match need {
            Need::Behind(durable) => Some(durable),
            Need::EveryRecord => has_beginning(self.first).then_some(Sequence(0)),
        }
    }

    /// The anchor: the snapshot before the newest, or the newest of `snapshots` that the slowest
    /// consumer reaches, whose [need](Self::needed) is `slowest`. While there is one proven
    /// snapshot alone, which may turn out unreadable, everything stays.
    pub fn anchor(&self, slowest: Option<Sequence>, snapshots: &[Sequence]) -> Anchor {
        match (self.before, slowest) {
            (Some(before), Some(upto)) if upto < before => {
                let reached = snapshots.iter().copied().filter(|it| *it <= upto).max();
                Anchor { snapshot: reached, is_held: true }
            }
            (before, Some(_) | None) => Anchor { snapshot: before, is_held: false },
        }
    }

    /// What is done when everything behind the snapshot `anchor` stays.
    pub const fn clearing(&self, anchor: Option<Sequence>) -> Clearing {
        Clearing { keep: self.keep, newest: self.newest, anchor }
    }
}

/// Says which file is treated next.
#[derive(Clone, Copy, Debug)]
pub struct Clearing {
    keep: Keep,
    newest: Sequence,
    anchor: Option<Sequence>,
}

/// What is left to treat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// The oldest snapshot that there is.
    pub snapshot: Option<Sequence>,
    /// The oldest segment that was not treated yet.
    pub segment: Option<SegmentNumber>,
    /// The segment in which the log goes on behind [`Clearing::bound`]; `None` where that is.
    pub end: Option<SegmentNumber>,
    /// Whether somebody reads the log.
    pub is_read: bool,
}

/// What is done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// The snapshot with this last sequence is removed.
    Remove(Sequence),
    /// The segment is retired: no snapshot that is left needs it.
    Retire(SegmentNumber),
    /// The segment is packed, if it isn't yet.
    Pack(SegmentNumber),
    /// Nothing is left to do.
    Nothing,
}

impl Clearing {
    /// The snapshot that bounds the segments that are treated: those before the one in which the
    /// log goes on behind it. `None` when no segment is.
    pub const fn bound(&self) -> Option<Sequence> {
        match self.keep {
            Keep::All => Some(self.newest),
            Keep::Snapshot => self.anchor,
        }
    }

    /// What is done next. Snapshots go before segments, because whoever begins at an older snapshot
    /// needs the segments behind it, and the oldest of each goes first, so that a crash in between
    /// leaves a log without a hole.
    pub fn next(&self, left: &Left) -> Treatment {
        if let (Some(anchor), Some(snapshot)) = (self.anchor, left.snapshot)
            && snapshot < anchor
            && !left.is_read
        {
            return Treatment::Remove(snapshot);
        }
        let below = match (left.segment, left.end) {
            (Some(segment), Some(end)) if segment < end => segment,
            (Some(_) | None, Some(_) | None) => return Treatment::Nothing,
        };
        match self.keep {
            Keep::All => Treatment::Pack(below),
            Keep::Snapshot if left.is_read || self.anchor.is_none() => Treatment::Nothing,
            Keep::Snapshot => Treatment::Retire(below),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTED: [Sequence; 4] = [Sequence(40), Sequence(30), Sequence(20), Sequence(10)];

    const fn retention(keep: Keep, first: u64) -> Retention {
        let (newest, before) = (Sequence(40), Some(Sequence(30)));
        Retention { keep, first: Some(SegmentNumber(first)), newest, before }
    }

    const fn anchored(snapshot: u64) -> Anchor {
        Anchor { snapshot: Some(Sequence(snapshot)), is_held: false }
    }

    #[test]
    fn the_anchor_is_the_snapshot_before_the_newest() {
        let retention = retention(Keep::Snapshot, 1);
        assert_eq!(retention.anchor(None, &LISTED), anchored(30));
        assert_eq!(retention.anchor(Some(Sequence(30)), &LISTED), anchored(30));
        let alone = Retention { before: None, ..retention };
        let nothing = Anchor { snapshot: None, is_held: false };
        assert_eq!(alone.anchor(None, &LISTED), nothing, "it may turn out unreadable");
        assert!(!alone.asks_consumers());
    }

    #[test]
    fn a_slow_consumer_holds_the_newest_snapshot_that_it_reaches() {
        let retention = retention(Keep::Snapshot, 1);
        let held = |snapshot| Anchor { snapshot, is_held: true };
        assert_eq!(retention.anchor(Some(Sequence(29)), &LISTED), held(Some(Sequence(20))));
        assert_eq!(retention.anchor(Some(Sequence(20)), &LISTED), held(Some(Sequence(20))));
        assert_eq!(retention.anchor(Some(Sequence(9)), &LISTED), held(None));
    }

    #[test]
    fn consumers_matter_where_a_part_of_the_log_goes_or_has_gone() {
        assert!(retention(Keep::Snapshot, 1).asks_consumers());
        assert!(!retention(Keep::All, 1).asks_consumers());
        assert!(retention(Keep::All, 2).asks_consumers());
        let (whole, cut) = (retention(Keep::Snapshot, 1), retention(Keep::Snapshot, 2));
        let durable = Need::Behind(Sequence(7));
        assert_eq!(whole.needed(durable), Some(Sequence(7)));
        assert_eq!(whole.needed(Need::EveryRecord), Some(Sequence(0)));
        assert_eq!(cut.needed(Need::EveryRecord), None);
        assert_eq!(cut.needed(durable), Some(Sequence(7)));
    }

    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Log {
        Alone,
        Read,
    }

    /// Treats a log of segments from 1 on, with the listed snapshots, as long as there is anything.
    fn treat(clearing: &Clearing, end: u64, log: Log) -> ([Option<Treatment>; 6], usize) {
        let (mut snapshots, mut segment) = (LISTED.as_slice(), SegmentNumber::FIRST);
        let (mut done, mut count) = ([None; 6], 0);
        loop {
            let left = Left {
                snapshot: snapshots.last().copied(),
                segment: Some(segment),
                end: Some(SegmentNumber(end)),
                is_read: log == Log::Read,
            };
            let treatment = clearing.next(&left);
            match treatment {
                Treatment::Remove(_) => {
                    snapshots = snapshots.split_last().map_or(&[], |(_, rest)| rest);
                }
                Treatment::Retire(_) | Treatment::Pack(_) => segment.0 += 1,
                Treatment::Nothing => return (done, count),
            }
            if let Some(place) = done.get_mut(count) {
                *place = Some(treatment);
            }
            count += 1;
        }
    }

    #[test]
    fn older_snapshots_go_first_and_then_the_segments_that_they_needed() {
        let clearing = retention(Keep::Snapshot, 1).clearing(Some(Sequence(30)));
        assert_eq!(clearing.bound(), Some(Sequence(30)));
        let (done, count) = treat(&clearing, 3, Log::Alone);
        let expected = [
            Some(Treatment::Remove(Sequence(10))),
            Some(Treatment::Remove(Sequence(20))),
            Some(Treatment::Retire(SegmentNumber(1))),
            Some(Treatment::Retire(SegmentNumber(2))),
            None,
            None,
        ];
        assert_eq!((done, count), (expected, 4));
    }

    #[test]
    fn what_is_kept_is_packed_up_to_the_newest_snapshot() {
        let clearing = retention(Keep::All, 1).clearing(Some(Sequence(30)));
        assert_eq!(clearing.bound(), Some(Sequence(40)));
        let (done, count) = treat(&clearing, 2, Log::Alone);
        assert_eq!((count, done[2]), (3, Some(Treatment::Pack(SegmentNumber(1)))));
        let held = retention(Keep::All, 2).clearing(None);
        let (done, count) = treat(&held, 2, Log::Alone);
        assert_eq!((count, done[0]), (1, Some(Treatment::Pack(SegmentNumber(1)))));
    }

    #[test]
    fn nothing_is_removed_while_somebody_reads() {
        let clearing = retention(Keep::Snapshot, 1).clearing(Some(Sequence(30)));
        assert_eq!(treat(&clearing, 3, Log::Read).1, 0);
        let packs = retention(Keep::All, 1).clearing(Some(Sequence(30)));
        let (done, count) = treat(&packs, 2, Log::Read);
        assert_eq!((count, done[0]), (1, Some(Treatment::Pack(SegmentNumber(1)))));
    }

    #[test]
    fn nothing_is_removed_without_an_anchor() {
        let clearing = retention(Keep::Snapshot, 1).clearing(None);
        assert_eq!((clearing.bound(), treat(&clearing, 9, Log::Alone).1), (None, 0));
    }
}
