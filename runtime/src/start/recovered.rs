//! Recovery in memory that is large enough, from the newest snapshot that is to be trusted.

use super::{CAPACITIES_DEFAULT, READ_BYTES, ReplaySink, StartError, larger};
use crate::config::Config;
use crate::console::note;
use crate::log_directory::{Leftovers, LogDirectory};
use crate::platform::Platform;
use crate::snapshots::{Beginning, Candidates};
use highwater::book::Book;
use highwater::command::Action;
use highwater::log_file::LogFile;
use highwater::record::{Body, Record};
use highwater::recovery::{
    RecoveryFault, Replay, Scanned, Start, Visitor, recover_from, scan_from,
};
use highwater::snapshot::SnapshotHeader;
use highwater::types::{Capacities, SegmentNumber, Sequence};

/// A book as recovery left it.
pub(super) struct Recovered {
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
    config: &Config,
    sink: &mut S,
) -> Result<Recovered, StartError> {
    let mut attempt = Attempt {
        platform,
        directory,
        config,
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

struct Attempt<'a, P: Platform, S> {
    platform: P,
    directory: &'a mut LogDirectory<P>,
    config: &'a Config,
    sink: &'a mut S,
    room: Capacities,
    /// A book that turned out too small keeps its memory.
    book_bytes: usize,
    /// Why the log is not accepted, where the log itself is not why.
    refusal: Option<StartError>,
    buffer: Vec<u8>,
}

impl<P: Platform, S: ReplaySink> Attempt<'_, P, S> {
    /// Recovers from the first candidate that is to be trusted, or says how much room the log
    /// needs.
    fn recover(&mut self) -> Result<Result<Recovered, Capacities>, StartError> {
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
                    return Ok(Ok(Recovered {
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
                    candidates.into_notes().iter().for_each(|line| note(&format!("note: {line}")));
                    return Err(self.refused(fault));
                }
            }
        }
        Err(self.refused(RecoveryFault::MissingSegment(SegmentNumber::FIRST)))
    }

    /// The snapshots, or only the log's beginning where the sink wants every record that is there;
    /// and the last sequence that the log must reach, wherever the walk begins.
    fn candidates(&mut self) -> Result<(Candidates, Sequence), StartError> {
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
        let mut asked = Asked { sink: self.sink };
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
        if let Some(header) = snapshot
            && !self.sink.resume(header)
        {
            return Err(RecoveryFault::Unwanted { sequence: header.sequence() });
        }
        let start = snapshot.map_or(Start::Beginning, |header| Start::Snapshot(header.chain));
        let leftovers = self.directory.leftovers();
        let (replay, refusal) = (Replay::new(book, self.sink), &mut self.refusal);
        let mut visitor = WantedReplay { replay, leftovers, refusal };
        recover_from(self.directory, &mut self.buffer, &mut visitor, (start, witnessed))
    }

    fn refused(&mut self, fault: RecoveryFault) -> StartError {
        if let Some(refusal) = self.refusal.take() {
            return refusal;
        }
        if let (RecoveryFault::MissingSegment(SegmentNumber::FIRST), Ok(Some((first, _)))) =
            (fault, self.directory.segments())
            && first > SegmentNumber::FIRST
        {
            return StartError::retired(&self.config.data, first);
        }
        StartError::recovery(self.platform, &self.config.data, fault)
    }
}

/// Replays a log whose flow is wanted.
struct WantedReplay<'r, P: Platform, S> {
    replay: Replay<'r, 'static, S>,
    leftovers: Leftovers<P>,
    refusal: &'r mut Option<StartError>,
}

impl<P: Platform, S: ReplaySink> Visitor for WantedReplay<'_, P, S> {
    fn record(&mut self, record: &Record) -> Result<(), RecoveryFault> {
        if self.replay.sink.is_stopped() {
            return Err(RecoveryFault::Unwanted { sequence: record.sequence });
        }
        if let Body::Command(command) = &record.body {
            if let Action::BindFlow(flow) = command.action
                && !self.replay.sink.wants(&flow)
            {
                return Err(RecoveryFault::Unwanted { sequence: record.sequence });
            }
            self.replay.sink.expect(command);
        }
        self.replay.record(record)
    }

    fn prefetch(&mut self, waiting: &[Record]) {
        self.replay.prefetch(waiting);
    }

    fn looks_behind(&mut self, last: Sequence) -> Result<(), RecoveryFault> {
        Asked { sink: self.replay.sink }.looks_behind(last)
    }

    /// A segment that was renamed may be what the log lacks: nothing is cut off, nor removed.
    fn accepts(&mut self, scanned: &Scanned) -> Result<(), RecoveryFault> {
        *self.refusal = match self.leftovers.renamed_segment(scanned.chain().as_ref()) {
            Ok(None) => return Ok(()),
            Ok(Some(renamed)) => Some(StartError::Refused(renamed.to_string())),
            Err(error) => Some(StartError::Open(error)),
        };
        Err(RecoveryFault::Unwanted { sequence: scanned.last_sequence })
    }
}

/// Looks at no record, and goes on as long as nobody wishes to stop.
struct Asked<'r, S> {
    sink: &'r mut S,
}

impl<S: ReplaySink> Visitor for Asked<'_, S> {
    fn record(&mut self, record: &Record) -> Result<(), RecoveryFault> {
        self.looks_behind(record.sequence)
    }

    fn looks_behind(&mut self, last: Sequence) -> Result<(), RecoveryFault> {
        if self.sink.is_stopped() {
            return Err(RecoveryFault::Unwanted { sequence: last });
        }
        Ok(())
    }
}
