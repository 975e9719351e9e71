//! What a reader missed, read from the log: a replay that hands over the events of one session, or
//! all of them, from where they stopped to where they go on.

use super::audience::{OpenOrders, concerns};
use super::common::Common;
use super::errors::CatchUpError;
use super::request::{Joined, Missed};
use highwater::book::Book;
use highwater::event::{CommandEnd, Event, EventSink};
use highwater::record::Record;
use highwater::recovery::{RecoveryFault, Replay, Start, Visitor, scan_from};
use highwater::types::{Capacities, InstrumentId, SegmentNumber, Sequence, SessionId};
use highwater_engine::config::{CAPACITIES_DEFAULT, larger};
use highwater_engine::error::StartError;
use highwater_platform::Platform;
use highwater_storage::{Lease, LogDirectory, OpenError};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

/// Bytes that are read at a time.
const BUFFER_BYTES: usize = 1 << 20;

/// What a reader is still owed before its ring goes on.
#[derive(Debug)]
pub(super) struct Backlog {
    audience: Audience,
    /// Instruments that the session follows; means nothing for everybody.
    follows: BTreeSet<InstrumentId>,
    /// The next event that the log holds of what is owed.
    from: Missed,
    /// The last command that is owed.
    through: Sequence,
    /// Answers that the log does not hold, in order; each follows all events of its sequence.
    unlogged: VecDeque<Event>,
    /// Whether the ends of commands are owed too.
    tells_ends: bool,
}

/// Whose events are owed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Audience {
    /// All events.
    Everybody,
    /// Those that concern a session.
    Session(SessionId),
}

/// What is done when everything that is owed was handed over: a reader that missed more meanwhile
/// may be owed that, too, while the replay stands there.
pub(super) type GoOn<'g, S> = &'g mut dyn FnMut(&mut Backlog, &mut S) -> bool;

impl Backlog {
    /// What a reader that was taken up again is owed; `None` when it missed nothing.
    pub(super) fn of<P: Platform>(
        common: &Common<P>,
        audience: Audience,
        joined: Joined,
    ) -> Option<Self> {
        let from = joined.missed?;
        let tells_ends = match audience {
            Audience::Everybody => true,
            Audience::Session(_) => common.tells_ends,
        };
        let (through, unlogged) = (joined.live_after, joined.unlogged.into());
        let follows = BTreeSet::new();
        Some(Self { audience, follows, from, through, unlogged, tells_ends })
    }

    /// The session follows these instruments now.
    pub(super) fn follow(&mut self, instruments: &BTreeSet<InstrumentId>) {
        self.follows.clone_from(instruments);
    }

    /// A tap that was taken up again is owed this, too; tells whether it is anything.
    pub(super) fn extend(&mut self, joined: &Joined) -> bool {
        if let Some(missed) = joined.missed {
            (self.from, self.through) = (missed, joined.live_after);
        }
        joined.missed.is_some()
    }

    /// Reads it from the log, and hands each event to `sink` once: what was handed over before a
    /// failure is no longer owed. `go_on` is asked whenever everything is handed over.
    pub(super) fn pay<P: Platform, S: EventSink>(
        &mut self,
        common: &Common<P>,
        sink: &mut S,
        go_on: GoOn<'_, S>,
    ) -> Result<(), CatchUpError> {
        let Common { platform, data, cache, .. } = common;
        let platform = *platform;
        while self.from.sequence <= self.through {
            let failed = |error: OpenError| CatchUpError::History(error.into());
            let _lease = Lease::take(platform, data).map_err(failed)?;
            let directory =
                LogDirectory::open_with_cache(platform, data, Arc::clone(cache)).map_err(failed)?;
            let mut reader = Reader { directory, buffer: vec![0; BUFFER_BYTES] };
            match self.replay(&mut reader, sink, go_on) {
                Ok(Reached::All) => break,
                // The log ended where the ring goes on, and more was missed meanwhile.
                Ok(Reached::More) => {}
                Ok(Reached::Less) => return Err(CatchUpError::TooShort { wanted: self.through }),
                Err(fault) => return Err(self.trouble(platform, &reader, fault)),
            }
        }
        for event in self.unlogged.drain(..) {
            sink.event(&event);
        }
        Ok(())
    }

    /// Replays behind the newest snapshot before what is owed that is to be trusted, or from the
    /// log's beginning on.
    fn replay<P: Platform, S: EventSink>(
        &mut self,
        reader: &mut Reader<P>,
        sink: &mut S,
        go_on: GoOn<'_, S>,
    ) -> Result<Reached, RecoveryFault> {
        let snapshots = reader.directory.snapshots().unwrap_or_default();
        let from = self.from.sequence;
        let mut usable = snapshots.into_iter().filter(|sequence| *sequence < from);
        let mut snapshot = usable.next();
        let mut room = CAPACITIES_DEFAULT;
        loop {
            match self.replay_behind((snapshot, room), reader, sink, go_on) {
                Err(RecoveryFault::NeedsCapacities(needed)) => room = larger(room, needed),
                Err(RecoveryFault::SnapshotOfOtherLog) if snapshot.is_some() => {
                    snapshot = usable.next();
                }
                reached => return reached,
            }
        }
    }

    /// Replays behind a snapshot up to what is owed, in memory that is given back. A snapshot that
    /// is not to be trusted counts as another log's.
    fn replay_behind<P: Platform, S: EventSink>(
        &mut self,
        (snapshot, room): (Option<Sequence>, Capacities),
        reader: &mut Reader<P>,
        sink: &mut S,
        go_on: GoOn<'_, S>,
    ) -> Result<Reached, RecoveryFault> {
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
        let open_orders = match self.audience {
            Audience::Everybody => None,
            Audience::Session(_) => Some(OpenOrders::of(&book)),
        };
        let in_command = InCommand::default();
        let mut events = BacklogEvents { backlog: self, sink, open_orders, in_command };
        let mut visitor = Until { replay: Replay::new(&mut book, &mut events), go_on };
        let scanned = scan_from(directory, buffer, &mut visitor, start);
        // Reaching it ended the scan: behind what is owed the log is being written.
        if self.from.sequence > self.through {
            return Ok(Reached::All);
        }
        scanned.map(|_| if self.through > through { Reached::More } else { Reached::Less })
    }

    fn trouble<P: Platform>(
        &self,
        platform: P,
        reader: &Reader<P>,
        fault: RecoveryFault,
    ) -> CatchUpError {
        let oldest = reader.directory.snapshots().unwrap_or_default().into_iter().next_back();
        match (fault, oldest) {
            (RecoveryFault::MissingSegment(SegmentNumber::FIRST), Some(oldest)) => {
                CatchUpError::Retired { from: self.from.sequence, first: oldest.next() }
            }
            (fault, _) => {
                let data = reader.directory.path();
                CatchUpError::History(StartError::recovery(platform, data, fault))
            }
        }
    }
}

/// How far a replay came.
enum Reached {
    /// Everything that is owed was handed over.
    All,
    /// What was owed at first was, and then more was owed than the log held when it was read.
    More,
    /// The log ends before that.
    Less,
}

/// A log that is read.
struct Reader<P: Platform> {
    directory: LogDirectory<P>,
    buffer: Vec<u8>,
}

/// Replays a log up to what is owed, and no further.
struct Until<'r, 'm, 'g, 'o, S> {
    replay: Replay<'r, 'm, BacklogEvents<'o, S>>,
    go_on: GoOn<'g, S>,
}

impl<S: EventSink> Visitor for Until<'_, '_, '_, '_, S> {
    fn record(&mut self, record: &Record) -> Result<(), RecoveryFault> {
        self.replay.record(record)?;
        let last = self.replay.book.last_sequence();
        let BacklogEvents { backlog, sink, .. } = self.replay.sink;
        if last >= backlog.through {
            backlog.from = Missed { sequence: backlog.through.next(), event_index: 0 };
            if !(self.go_on)(backlog, sink) {
                return Err(RecoveryFault::EndedByVisitor { sequence: record.sequence });
            }
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
    /// Counted for a session.
    open_orders: Option<OpenOrders>,
    in_command: InCommand,
}

/// Where a replay stands.
#[derive(Clone, Copy, Debug, Default)]
struct InCommand {
    /// The command that the last event follows from.
    sequence: Sequence,
    /// Its events so far.
    event_count: u64,
    /// Whether one of them is for the reader.
    concerns_reader: bool,
}

impl<S: EventSink> BacklogEvents<'_, S> {
    /// Hands over the answers without a record that came before `sequence`.
    fn tell_unlogged(&mut self, sequence: Sequence) {
        let Self { backlog, sink, .. } = self;
        while let Some(unlogged) = backlog.unlogged.pop_front_if(|it| it.sequence < sequence) {
            sink.event(&unlogged);
        }
    }

    /// Whether an event is for the reader. All are shown.
    fn is_for_reader(&mut self, event: &Event) -> bool {
        let Backlog { audience, follows, .. } = &*self.backlog;
        match (audience, &mut self.open_orders) {
            (Audience::Session(session), Some(open_orders)) => {
                let is_for_reader = concerns(event, *session, follows, open_orders);
                open_orders.event(event);
                is_for_reader
            }
            (Audience::Everybody | Audience::Session(_), _) => true,
        }
    }
}

impl<S: EventSink> EventSink for BacklogEvents<'_, S> {
    fn event(&mut self, event: &Event) {
        let sequence = event.sequence;
        self.tell_unlogged(sequence);
        if self.in_command.sequence != sequence {
            self.in_command = InCommand { sequence, ..InCommand::default() };
        }
        let here = Missed { sequence, event_index: self.in_command.event_count };
        self.in_command.event_count += 1;
        if !self.is_for_reader(event) {
            return;
        }
        self.in_command.concerns_reader = true;
        if here >= self.backlog.from {
            // Noted first: a sink that panics has had it.
            self.backlog.from = Missed { event_index: here.event_index + 1, ..here };
            self.sink.event(event);
        }
    }

    fn end(&mut self, end: CommandEnd) {
        let Self { backlog, sink, in_command, .. } = self;
        let CommandEnd { sequence, .. } = end;
        let is_for_reader = in_command.concerns_reader && in_command.sequence == sequence;
        if backlog.tells_ends && is_for_reader && sequence >= backlog.from.sequence {
            backlog.from = Missed { sequence: sequence.next(), event_index: 0 };
            sink.end(end);
        }
    }
}
