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
use highwater::types::Sequence;

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
    /// It follows what is appended.
    FollowsAppended,
}

/// A snapshot that a start has found whole, or that was proven when it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proven {
    /// Its last sequence.
    pub sequence: Sequence,
    /// The segment that it goes on in.
    pub segment: u64,
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
    /// The newest last.
    proven: Vec<Proven>,
    /// Where the one that is being made goes on.
    next: Option<Proven>,
    stage: Stage,
    random: Random,
    /// Whether it retires segments.
    retires: bool,
    end: Option<MakerEnd>,
}

impl<'m> Maker<'m> {
    /// A maker whose book begins where a log was recovered from.
    pub fn new(
        (log, store): (&SimLog, &SimSnapshots),
        (book, start): (Book<'m>, Start),
        proven: Vec<Proven>,
        flaw: MakerFlaw,
        mut random: Random,
    ) -> Self {
        let retires = random.chance(70);
        Self {
            log: log.clone(),
            store: store.clone(),
            flaw,
            book,
            follower: Follower::new(start),
            buffer: vec![0; 2 * BLOCK_BYTES],
            proven,
            next: None,
            stage: Stage::Following,
            random,
            retires,
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
                let next = self.next.expect("a snapshot is being made");
                self.store.name(next.sequence)?;
                self.proven.retain(|proven| proven.sequence != next.sequence);
                Ok(Stage::Named)
            }
            Stage::Named => {
                self.store.sync_names()?;
                self.proven.extend(self.next);
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
        let newest = self.proven.last().map_or(Sequence(0), |proven| proven.sequence);
        let chain = self.follower.chain().filter(|_| self.book.last_sequence() > newest);
        let Some(chain) = chain.filter(|_| self.end.is_none() && self.random.chance(40)) else {
            return Stage::Following;
        };
        self.next = Some(Proven { sequence: chain.last_sequence(), segment: chain.segment.0 });
        self.store.create();
        Stage::Writing(written(&self.book, chain, 1), 0)
    }

    /// Removes what is older than the newest two, and then what of the log neither needs.
    fn clear(&mut self) -> Result<Stage, StoreFault> {
        let from = self.proven.len().saturating_sub(2);
        let kept = self.proven.split_off(from);
        self.proven = kept;
        let is_kept =
            |sequence: &Sequence| self.proven.iter().any(|kept| kept.sequence == *sequence);
        if let Some(older) = self.store.list().into_iter().find(|sequence| !is_kept(sequence)) {
            self.store.remove(older)?;
            // One that came back would need what is retired next.
            self.store.sync_names()?;
            return Ok(Stage::Clearing);
        }
        let [before, _] = self.proven.as_slice() else { return Ok(Stage::Following) };
        let end = before.segment + u64::from(self.flaw == MakerFlaw::RetiresOneMore);
        let range = self.log.segments().ok().flatten();
        match range.filter(|(first, last)| self.retires && first.0 < end.min(last.0)) {
            Some((first, _)) => {
                self.store.retire(|| self.log.retire(first.0))?;
                Ok(Stage::Clearing)
            }
            None => Ok(Stage::Following),
        }
    }
}
