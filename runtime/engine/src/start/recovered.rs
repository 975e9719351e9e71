//! Recovery in memory that is large enough, from the newest snapshot that is to be trusted.

use super::{NotStarted, READ_BYTES, ReplaySink};
use crate::candidates::{Beginning, Candidates};
use crate::config::Config;
use crate::config::{CAPACITIES_DEFAULT, larger};
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

/// Recovers, with more memory when the log turns out to need more.
pub(super) fn recover_in_memory<P: Platform, S: ReplaySink>(
    platform: P,
    directory: &mut LogDirectory<P>,
    (config, notices): (&Config, &NoticeSink),
    sink: &mut S,
) -> Result<RecoveredBook, NotStarted<S::Refusal>> {
    let mut attempt = Attempt {
        platform,
        directory,
        config,
        notices,
        sink,
        room: config.capacities.or(CAPACITIES_DEFAULT),
        book_bytes: 0,
        refusal: None,
        buffer: vec![0; READ_BYTES],
    };
    loop {
        match attempt.recover()? {
            Ok(recovered) => return Ok(recovered),
            Err(needed) => attempt.room = larger(attempt.room, needed),
        }
    }
}

struct Attempt<'a, P: Platform, S: ReplaySink> {
    platform: P,
    directory: &'a mut LogDirectory<P>,
    config: &'a Config,
    notices: &'a NoticeSink,
    sink: &'a mut S,
    room: Capacities,
    /// A book that turned out too small keeps its memory.
    book_bytes: usize,
    /// Why the log is not accepted, where recovery itself does not say why.
    refusal: Option<NotStarted<S::Refusal>>,
    buffer: Vec<u8>,
}

impl<P: Platform, S: ReplaySink> Attempt<'_, P, S> {
    /// Recovers from the first candidate that is to be trusted, or says how much room the log
    /// needs.
    fn recover(&mut self) -> Result<Result<RecoveredBook, Capacities>, NotStarted<S::Refusal>> {
        let (mut candidates, witnessed) = self.candidates()?;
        while let Some(beginning) = candidates.next(self.platform, self.directory, self.room)? {
            self.book_bytes += beginning.fresh.bytes;
            let Beginning { fresh, snapshot, .. } = beginning;
            if let Some(header) = &snapshot
                && !candidates.are_snapshots_over()
                && !self.sink.reaches(header)
            {
                let why = "the fills file does not reach it";
                candidates.refuse(self.directory, header.sequence(), why);
                continue;
            }
            let mut book = fresh.book;
            match self.replay(&mut book, snapshot.as_ref(), witnessed) {
                Ok(scanned) => {
                    let capacities = book.capacities();
                    // The user may wish for more than the log ever needed, and for less.
                    let wished = self.config.capacities.or(capacities);
                    if !book.fits(wished) {
                        return Ok(Err(wished));
                    }
                    let mut notes = fresh.warnings;
                    notes.extend(candidates.into_notes());
                    return Ok(Ok(RecoveredBook {
                        book,
                        scanned,
                        snapshot,
                        capacities,
                        book_bytes: self.book_bytes,
                        notes,
                    }));
                }
                Err(RecoveryFault::NeedsCapacities(needed)) => return Ok(Err(needed)),
                Err(fault @ RecoveryFault::SnapshotOfOtherLog) => {
                    let sequence = snapshot.map(|header| header.sequence()).unwrap_or_default();
                    candidates.refuse(self.directory, sequence, &fault.to_string());
                }
                Err(fault) => {
                    for note in candidates.into_notes() {
                        self.notices.give(&Notice::SnapshotUnused(note));
                    }
                    return Err(self.refused(fault));
                }
            }
        }
        Err(self.refused(RecoveryFault::MissingSegment(SegmentNumber::FIRST)))
    }

    /// The snapshots, or only the log's beginning where the sink wants every record that is there;
    /// and the last sequence that the log must reach, wherever the walk begins.
    fn candidates(&mut self) -> Result<(Candidates, Sequence), NotStarted<S::Refusal>> {
        let range = self.directory.segments();
        let range = range.map_err(|fault| self.refused(RecoveryFault::Log(fault)))?;
        let is_whole = range.is_none_or(|(first, _)| first == SegmentNumber::FIRST);
        let candidates = Candidates::of(self.directory)?;
        let Some(witness) = candidates.witness(self.directory) else {
            return Ok((candidates, Sequence(0)));
        };
        if !(is_whole && self.sink.wants_history()) {
            return Ok((candidates, witness.sequence()));
        }
        // The log must hold the very block that the snapshot stands behind.
        let start = Start::Snapshot(witness.chain);
        let mut asked = Asked { sink: self.sink, refusal: &mut self.refusal };
        match scan_from(self.directory, &mut self.buffer, &mut asked, start) {
            Ok(_) | Err(RecoveryFault::SnapshotOfOtherLog) => {}
            Err(fault) => return Err(self.refused(fault)),
        }
        Ok((Candidates::beginning(), witness.sequence()))
    }

    fn replay(
        &mut self,
        book: &mut Book<'static>,
        snapshot: Option<&SnapshotHeader>,
        witnessed: Sequence,
    ) -> Result<Scanned, RecoveryFault> {
        self.sink.restart();
        if let Some(header) = snapshot {
            let resumed = self.sink.resume(header);
            accepted(resumed, &mut self.refusal, header.sequence())?;
        }
        let start = snapshot.map_or(Start::Beginning, |header| Start::Snapshot(header.chain));
        let leftovers = self.directory.leftovers();
        let (replay, refusal) = (Replay::new(book, self.sink), &mut self.refusal);
        let mut visitor = AcceptedReplay { replay, leftovers, refusal };
        recover_from(self.directory, &mut self.buffer, &mut visitor, (start, witnessed))
    }

    /// Why there is no engine when recovery ended with `fault`.
    fn refused(&mut self, fault: RecoveryFault) -> NotStarted<S::Refusal> {
        if let Some(refusal) = self.refusal.take() {
            return refusal;
        }
        if let (RecoveryFault::MissingSegment(SegmentNumber::FIRST), Ok(Some((first, _)))) =
            (fault, self.directory.segments())
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
        Err(RecoveryFault::Unwanted { sequence: scanned.last_sequence })
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
        RecoveryFault::Unwanted { sequence }
    })
}
