//! A maker of snapshots beside an engine: a second book that follows what is durable, and is
//! written out step by step, so that a crash can come between any two.

use crate::random::Random;
use crate::sim_log::SimLog;
use crate::sim_snapshots::{SimSnapshots, StoreFault};
use crate::snapshots::written;
use highwater::book::Book;
use highwater::limits::BLOCK_BYTES;
use highwater::log_file::LogFile;
use highwater::recovery::{Follower, RecoveryFault, Replay, Start};
use highwater::snapshot::read_snapshot_header;
use highwater::snapshot_plan::{Clearing, Keep, Left, Need, Retention, Treatment};
use highwater::types::{SegmentNumber, Sequence};

/// What a maker does wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MakerFlaw {
    /// Nothing.
    #[default]
    Nothing,
    /// It names a snapshot that it has not synced.
    NamesUnsynced,
    /// It retires the segment that the older of two snapshots goes on in.
    RetiresOneMore,
    /// It removes the older of two snapshots, and what only that one needs.
    KeepsOne,
    /// It removes what a consumer still needs.
    ForgetsConsumer,
    /// It follows what is appended.
    FollowsAppended,
}

/// How far a snapshot has come.
#[derive(Clone, Debug)]
enum Stage {
    /// None is being made.
    Following,
    /// So many of its bytes are written.
    Writing(Vec<u8>, usize),
    Written(Vec<u8>),
    Synced(Vec<u8>),
    /// It has been read back.
    Proven,
    Named,
    /// Its name is durable, and so what is older may go.
    Clearing,
}

/// Why a maker makes no step any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MakerEnd {
    /// The process has met its end in a step.
    Crashed,
    /// The log is wrong.
    Refused(RecoveryFault),
}

/// A maker of snapshots.
#[derive(Debug)]
pub struct Maker<'m> {
    log: SimLog,
    store: SimSnapshots,
    flaw: MakerFlaw,
    book: Book<'m>,
    follower: Follower,
    buffer: Vec<u8>,
    /// The newest snapshot that is proven: it began there, or made it; 0 when there is none.
    newest: Sequence,
    /// The one that was proven before it.
    before: Option<Sequence>,
    /// The last sequence of the one that is being made.
    next: Sequence,
    stage: Stage,
    random: Random,
    keep: Keep,
    end: Option<MakerEnd>,
}

impl<'m> Maker<'m> {
    /// A maker whose book begins where a log was recovered from.
    pub fn new(
        (log, store): (&SimLog, &SimSnapshots),
        (book, start): (Book<'m>, Start),
        flaw: MakerFlaw,
        mut random: Random,
    ) -> Self {
        let keep = if random.chance(70) { Keep::Snapshot } else { Keep::All };
        Self {
            log: log.clone(),
            store: store.clone(),
            flaw,
            newest: book.last_sequence(),
            before: None,
            next: Sequence(0),
            book,
            follower: Follower::new(start),
            buffer: vec![0; 2 * BLOCK_BYTES],
            stage: Stage::Following,
            random,
            keep,
            end: None,
        }
    }

    /// Whether the process has met its end in a step.
    pub fn is_crashed(&self) -> bool {
        self.end == Some(MakerEnd::Crashed)
    }

    /// How many steps it makes while the log is synced: few, as a rule.
    pub fn steps_during_sync(&mut self) -> u64 {
        if self.random.chance(10) { 20 } else { self.random.below(3) }
    }

    /// What it found wrong with the log.
    pub const fn fault(&self) -> Option<RecoveryFault> {
        match self.end {
            Some(MakerEnd::Refused(fault)) => Some(fault),
            Some(MakerEnd::Crashed) | None => None,
        }
    }

    /// Makes one step. `durable` is durable, `appended` may not be.
    pub fn step(&mut self, durable: Sequence, appended: Sequence) {
        if self.end.is_some() {
            return;
        }
        let until = if self.flaw == MakerFlaw::FollowsAppended { appended } else { durable };
        match self.step_stage(until) {
            Ok(stage) => self.stage = stage,
            // What is left of it has no name, or is known to be whole; the engine goes on.
            Err(StoreFault::Io) => self.stage = Stage::Following,
            Err(StoreFault::Crashed) => self.end = Some(MakerEnd::Crashed),
        }
    }

    fn step_stage(&mut self, until: Sequence) -> Result<Stage, StoreFault> {
        match std::mem::replace(&mut self.stage, Stage::Following) {
            Stage::Following => {
                self.follow(until);
                Ok(self.begun())
            }
            Stage::Writing(bytes, at) => {
                let end = bytes.len().min(at + BLOCK_BYTES * (1 + self.random.index(3)));
                self.store.write(&bytes[at..end])?;
                let is_written = end == bytes.len();
                Ok(if is_written { Stage::Written(bytes) } else { Stage::Writing(bytes, end) })
            }
            Stage::Written(bytes) => {
                if self.flaw != MakerFlaw::NamesUnsynced {
                    self.store.sync()?;
                }
                Ok(Stage::Synced(bytes))
            }
            Stage::Synced(bytes) => {
                let is_same = self.store.read_back()? == bytes;
                Ok(if is_same { Stage::Proven } else { Stage::Following })
            }
            Stage::Proven => {
                self.store.name(self.next)?;
                Ok(Stage::Named)
            }
            Stage::Named => {
                self.store.sync_names()?;
                self.before = Some(self.newest).filter(|sequence| *sequence > Sequence(0));
                self.newest = self.next;
                Ok(Stage::Clearing)
            }
            Stage::Clearing => self.clear(),
        }
    }

    fn follow(&mut self, until: Sequence) {
        let Self { log, book, follower, buffer, .. } = self;
        let mut sink = ();
        let mut replay = Replay::new(book, &mut sink);
        let followed = follower.follow(log, buffer, &mut replay, until);
        self.end = followed.err().map(MakerEnd::Refused);
    }

    /// Begins a snapshot of what was followed, now and then.
    fn begun(&mut self) -> Stage {
        let chain = self.follower.chain().filter(|_| self.book.last_sequence() > self.newest);
        let Some(chain) = chain.filter(|_| self.end.is_none() && self.random.chance(40)) else {
            return Stage::Following;
        };
        self.next = chain.last_sequence();
        self.store.create();
        Stage::Writing(written(&self.book, chain, 1), 0)
    }

    /// Removes, or retires, one of the files that are no longer needed.
    fn clear(&mut self) -> Result<Stage, StoreFault> {
        let range = self.log.segments().ok().flatten();
        let snapshots = self.store.list();
        let clearing = self.clearing(range.map(|(first, _)| first), &snapshots);
        let left = Left {
            snapshot: snapshots.last().copied(),
            // The last segment is the log writer's.
            segment: range.filter(|(first, last)| first < last).map(|(first, _)| first),
            end: clearing.bound().and_then(|snapshot| self.end_behind(snapshot)),
            is_read: false,
        };
        match clearing.next(&left) {
            Treatment::Remove(older) => {
                self.store.remove(older)?;
                // One that came back would need what is retired next.
                self.store.sync_names()?;
                Ok(Stage::Clearing)
            }
            Treatment::Retire(segment) => {
                self.store.retire(|| self.log.retire(segment.0))?;
                Ok(Stage::Clearing)
            }
            // These logs have no packed segments.
            Treatment::Pack(_) | Treatment::Nothing => Ok(Stage::Following),
        }
    }

    fn clearing(&self, first: Option<SegmentNumber>, snapshots: &[Sequence]) -> Clearing {
        let Self { keep, newest, .. } = *self;
        let before = if self.flaw == MakerFlaw::KeepsOne { Some(newest) } else { self.before };
        let retention = Retention { keep, first, newest, before };
        let consumer = self.store.consumer().filter(|_| self.flaw != MakerFlaw::ForgetsConsumer);
        let slowest = consumer.and_then(|durable| retention.needed(Need::Behind(durable)));
        retention.clearing(retention.anchor(slowest, snapshots).snapshot)
    }

    /// The segment in which the log goes on behind a snapshot; `None` when that can't be read.
    fn end_behind(&self, snapshot: Sequence) -> Option<SegmentNumber> {
        let SegmentNumber(end) =
            read_snapshot_header(&self.store.bytes(snapshot)).ok()?.chain.segment;
        Some(SegmentNumber(end + u64::from(self.flaw == MakerFlaw::RetiresOneMore)))
    }
}
