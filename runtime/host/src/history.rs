//! What a session missed, read from the log: a replay that hands over the events of one session,
//! from where they stopped to where they go on.

use super::common::Common;
use super::errors::CatchUpError;
use super::fan_out::concerned;
use super::request::{Joined, Missed};
use highwater::book::Book;
use highwater::event::{CommandEnd, Event, EventSink};
use highwater::record::Record;
use highwater::recovery::{RecoveryFault, Replay, Start, Visitor, scan_from};
use highwater::types::{Capacities, SegmentNumber, Sequence, SessionId};
use highwater_engine::config::{CAPACITIES_DEFAULT, larger};
use highwater_engine::error::StartError;
use highwater_platform::Platform;
use highwater_storage::{Lease, LogDirectory, OpenError};
use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

/// Bytes that are read at a time.
const BUFFER_BYTES: usize = 1 << 20;

/// What a session is still owed before its ring goes on.
#[derive(Debug)]
pub(super) struct Backlog {
    session: SessionId,
    /// The next event of the session that the log holds.
    from: Missed,
    /// The last command that is owed.
    through: Sequence,
    /// Answers that the log does not hold, in order; each follows all events of its sequence.
    unlogged: VecDeque<Event>,
    /// Whether the ends of commands are owed too.
    tells_ends: bool,
}

impl Backlog {
    /// What a session that was taken up again is owed; `None` when it missed nothing.
    pub(super) fn of<P: Platform>(
        common: &Common<P>,
        session: SessionId,
        joined: Joined,
    ) -> Option<Self> {
        let from = joined.missed?;
        Some(Self {
            session,
            from,
            through: joined.live_after,
            unlogged: joined.unlogged.into(),
            tells_ends: common.tells_ends,
        })
    }

    /// Reads it from the log, and hands each event to `sink` once: what was handed over before a
    /// failure is no longer owed.
    pub(super) fn pay<P: Platform>(
        &mut self,
        common: &Common<P>,
        sink: &mut impl EventSink,
    ) -> Result<(), CatchUpError> {
        let Common { platform, data, cache, .. } = common;
        let platform = *platform;
        if self.from.sequence <= self.through {
            let failed = |error: OpenError| CatchUpError::History(error.into());
            let _lease = Lease::take(platform, data).map_err(failed)?;
            let directory =
                LogDirectory::open_with_cache(platform, data, Arc::clone(cache)).map_err(failed)?;
            let mut reader = Reader { directory, buffer: vec![0; BUFFER_BYTES] };
            self.replay(&mut reader, sink).map_err(|fault| self.trouble(platform, data, fault))?;
            if self.from.sequence <= self.through {
                return Err(CatchUpError::TooShort { wanted: self.through });
            }
        }
        for event in self.unlogged.drain(..) {
            sink.event(&event);
        }
        Ok(())
    }

    /// Replays behind the newest snapshot before what is owed that is to be trusted, or from the
    /// log's beginning on.
    fn replay<P: Platform>(
        &mut self,
        reader: &mut Reader<P>,
        sink: &mut impl EventSink,
    ) -> Result<(), RecoveryFault> {
        let snapshots = reader.directory.snapshots().unwrap_or_default();
        let from = self.from.sequence;
        let mut usable = snapshots.into_iter().filter(|sequence| *sequence < from);
        let mut snapshot = usable.next();
        let mut room = CAPACITIES_DEFAULT;
        loop {
            match self.replay_behind(snapshot, room, reader, sink) {
                Ok(last) if last < self.through => return Ok(()),
                Ok(_) => {
                    self.from = Missed { sequence: self.through.next(), delivered_count: 0 };
                    return Ok(());
                }
                Err(RecoveryFault::NeedsCapacities(needed)) => room = larger(room, needed),
                Err(RecoveryFault::SnapshotOfOtherLog) if snapshot.is_some() => {
                    snapshot = usable.next();
                }
                Err(fault) => return Err(fault),
            }
        }
    }

    /// Replays up to what is owed, in memory for `room` that is given back; returns the last
    /// sequence that was applied. A snapshot that is not to be trusted counts as another log's.
    fn replay_behind<P: Platform>(
        &mut self,
        snapshot: Option<Sequence>,
        room: Capacities,
        reader: &mut Reader<P>,
        sink: &mut impl EventSink,
    ) -> Result<Sequence, RecoveryFault> {
        let Reader { directory, buffer } = reader;
        let unusable = |_| RecoveryFault::SnapshotOfOtherLog;
        let file = snapshot.map(|sequence| directory.open_snapshot(sequence)).transpose();
        let file = file.map_err(unusable)?;
        let room = file.as_ref().map_or(room, |file| larger(room, file.header().image.needs()));
        // Zeroed memory is not touched before it is used.
        let mut memory = vec![0; Book::bytes_needed(room)];
        // The seed spreads hash tables only, and nobody chooses ids for this one.
        let mut book =
            Book::new(&mut memory, room, 0).expect("the memory is as large as the book said");
        let mut start = Start::Beginning;
        if let Some(file) = file {
            start = Start::Snapshot(file.header().chain);
            book = file.restore(book).map_err(unusable)?;
        }
        let through = self.through;
        let mut events = BacklogEvents { backlog: self, sink, in_command: (Sequence(0), 0) };
        let mut visitor = Until { through, replay: Replay::new(&mut book, &mut events) };
        let scanned = scan_from(directory, buffer, &mut visitor, start);
        let last = book.last_sequence();
        // Reaching it ended the scan: behind what is owed the log is being written.
        if last >= through { Ok(last) } else { scanned.map(|_| last) }
    }

    fn trouble<P: Platform>(&self, platform: P, data: &Path, fault: RecoveryFault) -> CatchUpError {
        if let RecoveryFault::MissingSegment(SegmentNumber::FIRST) = fault {
            return CatchUpError::Retired { from: self.from.sequence };
        }
        CatchUpError::History(StartError::recovery(platform, data, fault))
    }
}

/// A log that is read.
struct Reader<P: Platform> {
    directory: LogDirectory<P>,
    buffer: Vec<u8>,
}

/// Replays a log up to a sequence, and no further.
struct Until<'r, 'm, S> {
    through: Sequence,
    replay: Replay<'r, 'm, S>,
}

impl<S: EventSink> Visitor for Until<'_, '_, S> {
    fn record(&mut self, record: &Record) -> Result<(), RecoveryFault> {
        self.replay.record(record)?;
        if self.replay.book.last_sequence() >= self.through {
            return Err(RecoveryFault::EndedByVisitor { sequence: record.sequence });
        }
        Ok(())
    }

    fn prefetch(&mut self, waiting: &[Record]) {
        self.replay.prefetch(waiting);
    }
}

/// Picks what is owed of the events of a replay.
struct BacklogEvents<'o, S> {
    backlog: &'o mut Backlog,
    sink: &'o mut S,
    /// The command that the last event of the session follows from, and how many came of it.
    in_command: (Sequence, u64),
}

impl<S: EventSink> EventSink for BacklogEvents<'_, S> {
    fn event(&mut self, event: &Event) {
        let Self { backlog, sink, in_command } = self;
        while let Some(unlogged) = backlog.unlogged.front().copied() {
            if unlogged.sequence >= event.sequence {
                break;
            }
            backlog.unlogged.pop_front();
            sink.event(&unlogged);
        }
        if event.sequence < backlog.from.sequence || !concerned(event).contains(&backlog.session) {
            return;
        }
        if in_command.0 != event.sequence {
            *in_command = (event.sequence, 0);
        }
        in_command.1 += 1;
        let (sequence, delivered_count) = *in_command;
        if sequence == backlog.from.sequence && delivered_count <= backlog.from.delivered_count {
            return;
        }
        // Noted first: a sink that panics has had it.
        backlog.from = Missed { sequence, delivered_count };
        sink.event(event);
    }

    fn end(&mut self, end: CommandEnd) {
        let Self { backlog, sink, in_command } = self;
        let CommandEnd { sequence, .. } = end;
        if backlog.tells_ends && sequence >= backlog.from.sequence && in_command.0 == sequence {
            backlog.from = Missed { sequence: sequence.next(), delivered_count: 0 };
            sink.end(end);
        }
    }
}
