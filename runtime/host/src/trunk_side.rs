//! The engine's sides of the trunk: records and facts from the sequencer's thread, events from the
//! release thread.

use super::waiter::{Fenced, Waiter};
use highwater::book::{Book, Indicative};
use highwater::command::{Action, TimedCommand};
use highwater::event::{CommandEnd, Event, EventOrEnd};
use highwater::record::{Body, Record};
use highwater::ring::{Consumer, Producer, Ring, Whole};
use highwater::types::{InstrumentId, Phase, Sequence};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Commands of the trunk that may wait for the sequencer.
pub(super) const COMMANDS_MAX: usize = 16_384;
/// Events, with the ends of commands, that may wait for the trunk's reader.
const EVENTS_MAX: usize = 32_768;
/// Records that may wait for it: as many as the log's ring holds.
const RECORDS_MAX: usize = 16_384;
const FACTS_MAX: usize = 1_024;

/// How often the running hash comes along, in commands.
pub(super) const RUNNING_HASH_EVERY: u64 = 4_096;

type CommandRing = Ring<TimedCommand, COMMANDS_MAX>;
type EventRing = Ring<EventOrEnd, EVENTS_MAX>;
type RecordRing = Ring<Record, RECORDS_MAX>;
type FactRing = Ring<Fact, FACTS_MAX>;

/// What the book says behind a command, where its events do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fact {
    pub(super) sequence: Sequence,
    pub(super) says: Says,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// What an auction would trade now.
    Auction(InstrumentId, Option<Indicative>),
    /// The running hash.
    RunningHash(u64),
}

impl Whole for Fact {}

/// What the reader of the trunk and the engine's threads share.
#[derive(Debug)]
pub(super) struct TrunkShared {
    /// Where commands go in; locked while they do.
    input: Mutex<Producer<'static, TimedCommand>>,
    /// Set when nobody reads any more: then nothing waits for the reader.
    is_closed: AtomicBool,
    /// The reader's wait.
    pub(super) waiter: Waiter,
}

impl TrunkShared {
    /// The desk where commands are handed in.
    pub(super) fn input(&self) -> MutexGuard<'_, Producer<'static, TimedCommand>> {
        // Nothing of a caller's runs while it is locked.
        self.input.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nobody reads any more.
    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
    }

    fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }
}

/// The reader's sides.
#[derive(Debug)]
pub(super) struct TrunkSide {
    pub(super) shared: &'static TrunkShared,
    pub(super) records: Consumer<'static, Record>,
    pub(super) facts: Consumer<'static, Fact>,
    pub(super) events: Consumer<'static, EventOrEnd>,
}

/// The engine's sides.
#[derive(Debug)]
pub(super) struct TrunkEngineSides {
    /// For the fan-in.
    pub(super) commands: Consumer<'static, TimedCommand>,
    /// For the sequencer's thread.
    pub(super) records: TrunkRecords,
    /// For the release thread.
    pub(super) events: TrunkEvents,
}

/// A new trunk, in memory that is never given back.
///
/// # Panics
/// Never: new rings have not been split.
pub(super) fn new_trunk() -> (TrunkSide, TrunkEngineSides) {
    let commands: &'static CommandRing = Ring::new_in(Box::leak(Box::new_uninit()));
    let events: &'static EventRing = Ring::new_in(Box::leak(Box::new_uninit()));
    let records: &'static RecordRing = Ring::new_in(Box::leak(Box::new_uninit()));
    let facts: &'static FactRing = Ring::new_in(Box::leak(Box::new_uninit()));
    let (input, commands) = commands.split().expect("it is new");
    let (told, events) = events.split().expect("it is new");
    let (sequenced, records) = records.split().expect("it is new");
    let (found, facts) = facts.split().expect("it is new");
    let shared: &'static TrunkShared = Box::leak(Box::new(TrunkShared {
        input: Mutex::new(input),
        is_closed: AtomicBool::new(false),
        waiter: Waiter::new(),
    }));
    let engine = TrunkEngineSides {
        commands,
        records: TrunkRecords {
            shared,
            records: sequenced,
            facts: found,
            is_clock: false,
            auctions_from: 0,
        },
        events: TrunkEvents { shared, events: told, is_touched: false },
    };
    (TrunkSide { shared, records, facts, events }, engine)
}

/// The sequencer's side: what each command is, and what the book says behind it.
#[derive(Debug)]
pub(super) struct TrunkRecords {
    shared: &'static TrunkShared,
    records: Producer<'static, Record>,
    facts: Producer<'static, Fact>,
    /// Whether the last command was the operator's clock, at which auctions are told.
    is_clock: bool,
    /// Auctions before this instrument were told.
    auctions_from: u32,
}

impl TrunkRecords {
    /// Hands a record on; false when there is no room now.
    pub(super) fn sequenced(&mut self, record: &Record) -> bool {
        if self.shared.is_closed() {
            return true;
        }
        self.is_clock = match &record.body {
            Body::Command(command) => matches!(command.action, Action::Clock { .. }),
            Body::RunningHash(_) | Body::Trade(_) => false,
        };
        self.auctions_from = 0;
        self.records.push_copy(record)
    }

    /// Hands on what the book says behind that command; false when there is no room now.
    pub(super) fn applied(&mut self, book: &Book<'_>) -> bool {
        if self.shared.is_closed() {
            return true;
        }
        let sequence = book.last_sequence();
        while self.is_clock && self.auctions_from < book.instrument_count() {
            let id = InstrumentId(self.auctions_from);
            if book.phase(id) == Some(Phase::Auction) {
                let says = Says::Auction(id, book.indicative(id));
                if !self.facts.push_copy(&Fact { sequence, says }) {
                    return false;
                }
            }
            self.auctions_from += 1;
        }
        if !sequence.0.is_multiple_of(RUNNING_HASH_EVERY) {
            return true;
        }
        let says = Says::RunningHash(book.running_hash());
        self.facts.push_copy(&Fact { sequence, says })
    }
}

/// The release thread's side.
#[derive(Debug)]
pub(super) struct TrunkEvents {
    shared: &'static TrunkShared,
    events: Producer<'static, EventOrEnd>,
    /// Whether the reader was given something since it was woken last.
    is_touched: bool,
}

impl TrunkEvents {
    /// How much can be handed over now: no more may be released.
    pub(super) fn room(&mut self) -> usize {
        if self.shared.is_closed() { usize::MAX } else { self.events.room() }
    }

    pub(super) fn event(&mut self, event: &Event) {
        self.push(&EventOrEnd::Event(*event));
    }

    pub(super) fn end(&mut self, end: CommandEnd) {
        self.push(&EventOrEnd::End(end));
    }

    fn push(&mut self, told: &EventOrEnd) {
        let is_pushed = self.events.push_copy(told);
        assert!(is_pushed || self.shared.is_closed(), "no more is released than has room");
        self.is_touched = true;
    }

    /// Wakes the reader when it was given something.
    pub(super) fn wake(&mut self) {
        if std::mem::take(&mut self.is_touched) {
            self.shared.waiter.wake_for_event(Fenced::new());
        }
    }
}
