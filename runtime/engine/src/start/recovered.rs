//! Recovery in memory that is large enough, from the newest snapshot that is to be trusted.

use super::{NotStarted, READ_BYTES, ReplaySink};
use crate::candidates::{Beginning, Candidates, Halted, NotWalked, Walked, walk_from};
use crate::config::CAPACITIES_DEFAULT;
use crate::config::Config;
use crate::error::StartError;
use crate::notices::{Notice, NoticeSink};
use highwater::book::Book;
use highwater::command::Action;
use highwater::log_file::LogFile;
use highwater::record::{Body, Record};
use highwater::recovery::{
    RecoveryFault, Replay, Scanned, Start, Visitor, recover_from, scan_from,
};
use highwater::snapshot::SnapshotHeader;
use highwater::snapshot_plan::Wanted;
use highwater::types::{Capacities, SegmentNumber, Sequence};
use highwater_platform::Platform;
use highwater_storage::{Leftovers, LogDirectory};

/// A book as recovery left it.
pub(super) struct RecoveredBook {
    pub(super) book: Book<'static>,
    pub(super) scanned: Scanned,
    pub(super) snapshot: Option<SnapshotHeader>,
    /// The log's, or what was wished for a new one.
    pub(super) capacities: Capacities,
    pub(super) book_bytes: usize,
    /// What the user should know: refused wishes for memory, snapshots that were not used.
    pub(super) notes: Vec<String>,
}

/// Recovers from the first candidate that is to be trusted, with more memory when the log turns out
/// to need more.
pub(super) fn recover_in_memory<P: Platform, S: ReplaySink>(
    platform: P,
    directory: &mut LogDirectory<P>,
    config: &Config,
    notices: &NoticeSink,
    sink: &mut S,
) -> Result<RecoveredBook, NotStarted<S::Refusal>> {
    let room = config.capacities.or(CAPACITIES_DEFAULT);
    let mut attempt = Attempt {
        platform,
        config,
        sink,
        book_bytes: 0,
        refusal: None,
        buffer: vec![0; READ_BYTES],
        covered: Sequence(0),
    };
    let candidates = attempt.candidates(directory)?;
    let walk = |directory: &mut LogDirectory<P>, tried: &Candidates, beginning| {
        attempt.recover(directory, tried, beginning)
    };
    match walk_from(platform, directory, |_| Ok(candidates.clone()), room, walk) {
        Ok(Walked { mut found, notes }) => {
            found.notes.extend(notes);
            Ok(found)
        }
        Err(NotWalked::Start(error)) => Err(error.into()),
        Err(NotWalked::Fault(fault, notes)) => {
            for note in notes {
                notices.give(&Notice::SnapshotUnused(note));
            }
            Err(attempt.refused(directory, fault))
        }
    }
}

struct Attempt<'a, P: Platform, S: ReplaySink> {
    platform: P,
    config: &'a Config,
    sink: &'a mut S,
    /// A book that turned out too small keeps its memory.
    book_bytes: usize,
    /// Why the log is not accepted, where recovery itself does not say why.
    refusal: Option<NotStarted<S::Refusal>>,
    buffer: Vec<u8>,
    /// The last sequence that the log must reach, wherever the walk begins.
    covered: Sequence,
}

impl<P: Platform, S: ReplaySink> Attempt<'_, P, S> {
    /// Recovers from a beginning, unless the sink does not reach it and another one is left.
    fn recover(
        &mut self,
        directory: &mut LogDirectory<P>,
        tried: &Candidates,
        beginning: Beginning,
    ) -> Result<RecoveredBook, Halted> {
        let Beginning { fresh, snapshot, .. } = beginning;
        self.book_bytes += fresh.bytes;
        if let Some(header) = &snapshot
            && tried.is_passed_over(|| self.sink.reaches(header))
        {
            return Err(Halted::PassedOver("the fills file does not reach it"));
        }
        let mut book = fresh.book;
        let scanned =
            self.replay(directory, &mut book, snapshot.as_ref()).map_err(Halted::Fault)?;
        let capacities = book.capacities();
        // The user may wish for more than the log ever needed, and for less.
        let wished = self.config.capacities.or(capacities);
        if !book.fits(wished) {
            return Err(Halted::Fault(RecoveryFault::NeedsCapacities(wished)));
        }
        let (book_bytes, notes) = (self.book_bytes, fresh.warnings);
        Ok(RecoveredBook { book, scanned, snapshot, capacities, book_bytes, notes })
    }

    /// The snapshots, or only the log's beginning where the sink wants every record that is there.
    /// Notes what the snapshots cover.
    fn candidates(
        &mut self,
        directory: &mut LogDirectory<P>,
    ) -> Result<Candidates, NotStarted<S::Refusal>> {
        let range = directory.segments();
        let range = range.map_err(|fault| self.refused(directory, RecoveryFault::Log(fault)))?;
        let snapshots = Candidates::of(directory, Wanted::NEWEST)?;
        let Some(evidence) = snapshots.evidence(directory) else {
            return Ok(snapshots);
        };
        self.covered = evidence.sequence();
        if !self.sink.wants_history() {
            return Ok(snapshots);
        }
        let wanted = Wanted::history(range.map(|(first, _)| first), Sequence(u64::MAX));
        if wanted == Wanted::NEWEST {
            return Ok(snapshots);
        }
        // The log must hold the very block that the snapshot stands behind.
        let start = Start::Snapshot(evidence.chain);
        let mut asked = Asked { sink: self.sink, refusal: &mut self.refusal };
        match scan_from(directory, &mut self.buffer, &mut asked, start) {
            Ok(_) | Err(RecoveryFault::SnapshotOfOtherLog) => {}
            Err(fault) => return Err(self.refused(directory, fault)),
        }
        Ok(Candidates::of(directory, wanted)?)
    }

    fn replay(
        &mut self,
        directory: &mut LogDirectory<P>,
        book: &mut Book<'static>,
        snapshot: Option<&SnapshotHeader>,
    ) -> Result<Scanned, RecoveryFault> {
        self.sink.restart();
        if let Some(header) = snapshot {
            let resumed = self.sink.resume(header, book);
            accepted(resumed, &mut self.refusal, header.sequence())?;
        }
        let start = snapshot.map_or(Start::Beginning, |header| Start::Snapshot(header.chain));
        let leftovers = directory.leftovers();
        let (replay, refusal) = (Replay::new(book, self.sink), &mut self.refusal);
        let mut visitor = AcceptedReplay { replay, leftovers, refusal };
        recover_from(directory, &mut self.buffer, &mut visitor, (start, self.covered))
    }

    /// Why there is no engine when recovery ended with `fault`.
    fn refused(
        &mut self,
        directory: &mut LogDirectory<P>,
        fault: RecoveryFault,
    ) -> NotStarted<S::Refusal> {
        if let Some(refusal) = self.refusal.take() {
            return refusal;
        }
        if let (RecoveryFault::MissingSegment(SegmentNumber::FIRST), Ok(Some((first, _)))) =
            (fault, directory.segments())
            && first > SegmentNumber::FIRST
        {
            return StartError::retired(&self.config.data, first).into();
        }
        StartError::recovery(self.platform, &self.config.data, fault).into()
    }
}

/// Replays a log whose flow is wanted.
struct AcceptedReplay<'r, P: Platform, S: ReplaySink> {
    replay: Replay<'r, 'static, S>,
    leftovers: Leftovers<P>,
    refusal: &'r mut Option<NotStarted<S::Refusal>>,
}

impl<P: Platform, S: ReplaySink> Visitor for AcceptedReplay<'_, P, S> {
    fn record(&mut self, record: &Record) -> Result<(), RecoveryFault> {
        self.looks_behind(record.sequence)?;
        if let Body::Command(command) = &record.body {
            if let Action::BindFlow(flow) = command.action {
                let answer = self.replay.sink.accept(&flow);
                accepted(answer, self.refusal, record.sequence)?;
            }
            self.replay.sink.expect(command);
        }
        self.replay.record(record)
    }

    fn prefetch(&mut self, waiting: &[Record]) {
        self.replay.prefetch(waiting);
    }

    fn looks_behind(&mut self, last: Sequence) -> Result<(), RecoveryFault> {
        accepted(self.replay.sink.go_on(), self.refusal, last)
    }

    /// A segment that was renamed may be what the log lacks: nothing is cut off, nor removed.
    fn accepts(&mut self, scanned: &Scanned) -> Result<(), RecoveryFault> {
        *self.refusal = match self.leftovers.renamed_segment(scanned.chain().as_ref()) {
            Ok(None) => return Ok(()),
            Ok(Some(renamed)) => Some(StartError::Refused(renamed.to_string()).into()),
            Err(error) => Some(error.into()),
        };
        Err(RecoveryFault::EndedByVisitor { sequence: scanned.last_sequence })
    }
}

/// Looks at no record, and goes on as long as nobody wishes to stop.
struct Asked<'r, S: ReplaySink> {
    sink: &'r mut S,
    refusal: &'r mut Option<NotStarted<S::Refusal>>,
}

impl<S: ReplaySink> Visitor for Asked<'_, S> {
    fn record(&mut self, record: &Record) -> Result<(), RecoveryFault> {
        self.looks_behind(record.sequence)
    }

    fn looks_behind(&mut self, last: Sequence) -> Result<(), RecoveryFault> {
        accepted(self.sink.go_on(), self.refusal, last)
    }
}

/// Keeps why the sink refuses, and ends the recovery at `sequence` then.
fn accepted<R>(
    answer: Result<(), R>,
    refusal: &mut Option<NotStarted<R>>,
    sequence: Sequence,
) -> Result<(), RecoveryFault> {
    answer.map_err(|why| {
        *refusal = Some(NotStarted::Refused(why));
        RecoveryFault::EndedByVisitor { sequence }
    })
}
