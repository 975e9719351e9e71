//! The sequencer: gives every command its place in the total order, hands it to the log, and
//! applies it to the book.
//!
//! It reads no clock and makes no system call; where it has to wait for room, it asks its host to
//! do the waiting.

use crate::book::{Admission, Book, PrefetchKey, Prefetcher};
use crate::command::{Action, Command, PlainCommand, TimedCommand};
use crate::event::{CommandEnd, Event, EventKind, EventOrEnd, EventSink, RejectReason};
use crate::limits::{RUNNING_HASH_EVERY, SEQUENCER_STEP_MAX};
use crate::record::{Body, PlainRecord, Record};
use crate::ring::{Consumer, Producer};
use crate::stage::{Shared, State, Step};
use crate::trade::TradeCopy;
use crate::types::{Capacities, ClientSequence, InstrumentId, OrderId, Sequence, SessionId};

/// What a sequencer needs of the thread that steps it.
pub trait SequencerHost {
    /// Waits a moment for the other stages to make room; called again until there is some.
    fn wait(&mut self);

    /// A command was taken from the input ring.
    fn taken(&mut self) {}

    /// Its record, which is on its way to the log; its events come next.
    fn sequenced(&mut self, _record: impl FnOnce() -> Record) {}

    /// Its events are published, but for its end; the book is behind it.
    fn applied(&mut self, _book: &Book<'_>) {}

    /// Its record and all its events are published.
    fn published(&mut self) {}
}

impl<F: FnMut()> SequencerHost for F {
    fn wait(&mut self) {
        self();
    }
}

/// The stage that owns the book.
#[derive(Debug)]
pub struct Sequencer<'a> {
    pub(crate) input: Consumer<'a, TimedCommand>,
    pub(crate) records: Producer<'a, Record>,
    pub(crate) events: Producer<'a, EventOrEnd>,
    pub(crate) book: Book<'a>,
    pub(crate) prefetcher: Prefetcher,
    pub(crate) shared: &'a Shared,
    pub(crate) extras: Extras,
}

/// What a sequencer does besides, where somebody wants it.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "two wishes that do not touch each other")]
pub(crate) struct Extras {
    /// A copy of every trade is logged.
    logs_trades: bool,
    /// The end of every command goes to the releaser.
    tells_ends: bool,
}

impl Extras {
    /// Whether there is any.
    #[inline]
    const fn are_wanted(self) -> bool {
        self.logs_trades | self.tells_ends
    }
}

/// A command publishes its own record and at times the running hash, without waiting for room.
const RECORDS_PER_COMMAND: usize = 2;

impl<'a> Sequencer<'a> {
    /// Works off some of the commands that wait. Done when the engine stops and none is left, or
    /// after a fault.
    pub fn step(&mut self, host: &mut impl SequencerHost) -> Step {
        // Read before the ring: who asks the engine to stop pushes nothing afterwards.
        let state = self.shared.halt.state();
        if matches!(state, State::Faulted(_)) {
            return self.done();
        }
        let mut worked = 0;
        while worked < SEQUENCER_STEP_MAX
            && self.records.has_room(RECORDS_PER_COMMAND)
            && self.input.has(worked)
        {
            let Self { book, prefetcher, input, .. } = self;
            book.prefetch_keys(prefetcher, move |distance| key_at(input, worked + distance));
            host.taken();
            if let Some((timestamp_ns, words)) = self.input.apart(worked) {
                let command = PlainCommand::of_words(words);
                self.take(&PlainRecord { timestamp_ns, command }, host);
            } else {
                self.take_whole(worked, host);
            }
            host.published();
            worked += 1;
        }
        // Given back together, so that the gateway's side of the ring is disturbed once a step.
        self.input.release(worked);
        if worked > 0 {
            self.shared.applied.raise(self.book.last_sequence());
            self.shared.next_expiry.tell(self.book.next_expiry_ns());
        }
        match worked {
            0 if state == State::Stopping && self.input.is_empty() => self.done(),
            0 => Step::Idle,
            _ => Step::Worked(worked),
        }
    }

    /// Also logs a copy of every trade from now on, for readers of the log that cannot replay it;
    /// replay compares them.
    pub const fn log_trades(&mut self) {
        self.extras.logs_trades = true;
    }

    /// Also tells the releaser the end of every command from now on, with its time: a slot of the
    /// event ring each, behind the command's events. [`EventSink::end`] hears of it.
    pub const fn tell_ends(&mut self) {
        self.extras.tells_ends = true;
    }

    /// Whether commands wait, though a step was idle: there is no room in the log ring.
    pub fn is_held_up(&self) -> bool {
        !self.input.is_empty()
    }

    /// The book as it stands behind the last command taken.
    pub const fn book(&self) -> &Book<'a> {
        &self.book
    }

    /// Gives up the stage and keeps its book.
    pub fn into_book(self) -> Book<'a> {
        self.book
    }

    fn done(&self) -> Step {
        self.shared.sequencer_done.set();
        Step::Done
    }

    /// Apart, so that it takes no room where plain commands are worked on.
    #[inline(never)]
    fn take_whole(&mut self, index: usize, host: &mut impl SequencerHost) {
        let timed = self.input.value(index);
        self.take(&timed, host);
    }

    /// Sequences a command, or answers it without a sequence of its own when it must not be
    /// executed.
    #[inline]
    fn take(&mut self, taken: &impl Sequenced, host: &mut impl SequencerHost) {
        let (session, client_sequence) = taken.sender();
        match self.book.admit(session, client_sequence) {
            Admission::Duplicate { last } => {
                let kind = EventKind::Duplicate { client_sequence, last };
                self.answer_unlogged(session, kind, host);
            }
            Admission::Fresh if self.exceeds_memory(taken.capacities()) => {
                let kind = EventKind::Rejected {
                    client_sequence,
                    order: OrderId(0),
                    reason: RejectReason::BadCapacities,
                };
                self.answer_unlogged(session, kind, host);
            }
            Admission::Fresh => self.sequence(taken, host),
        }
    }

    /// Logs and applies a command. Its record is published before its first event: while the sink
    /// waits for room, the record is on its way to the disk already, so the wait ends.
    #[inline]
    fn sequence(&mut self, taken: &impl Sequenced, host: &mut impl SequencerHost) {
        let sequence = self.book.last_sequence().next();
        let timestamp_ns = taken.timestamp_ns();
        let is_pushed = taken.log(sequence, &mut self.records);
        assert!(is_pushed, "the step made sure of room in the log ring");
        host.sequenced(|| Record { sequence, timestamp_ns, body: Body::Command(taken.command()) });
        let mut sink = WaitingSink { events: &mut self.events, shared: self.shared, host };
        if self.extras.are_wanted() {
            let (records, extras) = (&mut self.records, self.extras);
            let mut telling = TellingSink { sink, records, extras, timestamp_ns };
            taken.apply(sequence, &mut self.book, &mut telling);
            telling.sink.host.applied(&self.book);
            telling.end(CommandEnd { sequence, timestamp_ns });
        } else {
            taken.apply(sequence, &mut self.book, &mut sink);
            host.applied(&self.book);
        }
        if sequence.0.is_multiple_of(RUNNING_HASH_EVERY) {
            let body = Body::RunningHash(self.book.running_hash());
            let record = Record { sequence, timestamp_ns, body };
            push_waiting(&mut self.records, &record, self.shared, host);
        }
    }

    /// True for capacities that the book has no memory for. A log must not hold them: another
    /// host's replay would accept them.
    fn exceeds_memory(&self, capacities: Option<Capacities>) -> bool {
        capacities.is_some_and(|capacities| !self.book.fits(capacities))
    }

    /// Sends an event that follows from no record. It tells of the state behind the last command
    /// sequenced, so it is released with that one.
    fn answer_unlogged(
        &mut self,
        session: SessionId,
        kind: EventKind,
        host: &mut impl SequencerHost,
    ) {
        let sequence: Sequence = self.book.last_sequence();
        let event = Event { sequence, session, owner: session, instrument: InstrumentId(0), kind };
        WaitingSink { events: &mut self.events, shared: self.shared, host }.event(&event);
    }
}

/// A key at a command that waits; at nothing where it has no plain form.
#[inline]
fn key_at(input: &mut Consumer<'_, TimedCommand>, index: usize) -> Option<PrefetchKey> {
    if !input.has(index) {
        return None;
    }
    let key = |(_, words)| PrefetchKey::of_plain(&PlainCommand::of_words(words));
    Some(input.apart(index).map_or(PrefetchKey::NOWHERE, key))
}

/// A command as it was taken from the input ring.
trait Sequenced {
    /// Who sent it, and its number there.
    fn sender(&self) -> (SessionId, ClientSequence);

    /// When the host took it, in nanoseconds since the Unix epoch.
    fn timestamp_ns(&self) -> u64;

    /// The capacities that it asks for, where it is about them.
    fn capacities(&self) -> Option<Capacities>;

    /// The command itself.
    fn command(&self) -> Command;

    /// Publishes its record; false when there is no room.
    fn log(&self, sequence: Sequence, records: &mut Producer<'_, Record>) -> bool;

    /// Applies it to the book.
    fn apply(&self, sequence: Sequence, book: &mut Book<'_>, sink: &mut impl EventSink);
}

/// What the ring carries of a plain timed command is what the log's ring carries of its record.
impl Sequenced for PlainRecord {
    #[inline]
    fn sender(&self) -> (SessionId, ClientSequence) {
        (self.command.session(), self.command.client_sequence())
    }

    #[inline]
    fn timestamp_ns(&self) -> u64 {
        self.timestamp_ns
    }

    #[inline]
    fn capacities(&self) -> Option<Capacities> {
        None
    }

    fn command(&self) -> Command {
        self.command.command()
    }

    #[inline]
    fn log(&self, sequence: Sequence, records: &mut Producer<'_, Record>) -> bool {
        records.push_apart(sequence.0, self.words())
    }

    #[inline]
    fn apply(&self, sequence: Sequence, book: &mut Book<'_>, sink: &mut impl EventSink) {
        book.carry_out_plain(sequence, &self.command, sink);
    }
}

impl Sequenced for TimedCommand {
    fn sender(&self) -> (SessionId, ClientSequence) {
        (self.command.session, self.command.client_sequence)
    }

    fn timestamp_ns(&self) -> u64 {
        self.timestamp_ns
    }

    fn capacities(&self) -> Option<Capacities> {
        if let Action::Configure(capacities) = self.command.action {
            Some(capacities)
        } else {
            None
        }
    }

    fn command(&self) -> Command {
        self.command
    }

    fn log(&self, sequence: Sequence, records: &mut Producer<'_, Record>) -> bool {
        let Self { timestamp_ns, command } = *self;
        records.push_copy(&Record { sequence, timestamp_ns, body: Body::Command(command) })
    }

    fn apply(&self, sequence: Sequence, book: &mut Book<'_>, sink: &mut impl EventSink) {
        book.carry_out(sequence, &self.command, sink);
    }
}

/// A sink that waits while the event ring is full.
struct WaitingSink<'s, 'a, H> {
    events: &'s mut Producer<'a, EventOrEnd>,
    shared: &'s Shared,
    host: &'s mut H,
}

impl<H: SequencerHost> EventSink for WaitingSink<'_, '_, H> {
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "an event goes from where it is made into its slot")]
    fn event(&mut self, event: &Event) {
        // Room first: an event that had to be kept meanwhile would be put together in memory.
        if self.events.has_room(1) || self.wait_for_room() {
            let is_pushed = self.events.push_apart(event.sequence.0, event.unsequenced());
            assert!(is_pushed, "there is room");
        }
    }

    fn end(&mut self, end: CommandEnd) {
        if self.events.has_room(1) || self.wait_for_room() {
            let is_pushed = self.events.push_copy(&EventOrEnd::End(end));
            assert!(is_pushed, "there is room");
        }
    }
}

impl<H: SequencerHost> WaitingSink<'_, '_, H> {
    /// Waits until an event can be pushed; false when nothing is released any more, because the
    /// book is to be rebuilt from the log.
    #[cold]
    fn wait_for_room(&mut self) -> bool {
        while !self.events.has_room(1) {
            if self.shared.halt.is_faulted() {
                return false;
            }
            self.host.wait();
        }
        true
    }
}

/// A sink that besides logs a copy of every trade, or tells the ends of commands, or both.
struct TellingSink<'s, 'a, H> {
    sink: WaitingSink<'s, 'a, H>,
    records: &'s mut Producer<'a, Record>,
    extras: Extras,
    timestamp_ns: u64,
}

impl<H: SequencerHost> EventSink for TellingSink<'_, '_, H> {
    fn event(&mut self, event: &Event) {
        if self.extras.logs_trades
            && let Some(copy) = TradeCopy::of(event)
        {
            let (sequence, timestamp_ns) = (event.sequence, self.timestamp_ns);
            let record = Record { sequence, timestamp_ns, body: Body::Trade(copy) };
            push_waiting(self.records, &record, self.sink.shared, self.sink.host);
        }
        self.sink.event(event);
    }

    fn end(&mut self, end: CommandEnd) {
        if self.extras.tells_ends {
            self.sink.end(end);
        }
    }
}

/// Publishes a record that stands behind a command; while there is no room, the log writer makes
/// some.
fn push_waiting(
    records: &mut Producer<'_, Record>,
    record: &Record,
    shared: &Shared,
    host: &mut impl SequencerHost,
) {
    while records.push(*record).is_err() {
        if shared.halt.is_faulted() {
            // Nothing is appended any more.
            return;
        }
        host.wait();
    }
}
