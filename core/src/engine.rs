//! The engine: owns the rings and what the stages know of each other, and splits into its stages
//! once.

#![expect(unsafe_code, reason = "an engine is made where it is to stay")]

use crate::book::{Book, Prefetcher};
use crate::command::TimedCommand;
use crate::event::EventOrEnd;
use crate::limits::{EVENT_RING_CAPACITY, INPUT_RING_CAPACITY, LOG_RING_CAPACITY};
use crate::log_file::{LogFault, LogFile};
use crate::log_writer::{LogWriter, OpenedLog};
use crate::record::Record;
use crate::releaser::Releaser;
use crate::ring::{Producer, Ring};
use crate::sequencer::{Extras, Sequencer};
use crate::stage::Shared;
use crate::syncer::Syncer;
use core::fmt;
use core::mem::MaybeUninit;

/// The storage of one engine, but for its book: three rings and the shared marks.
///
/// Its initial bytes are all zero, so that a `static` one costs nothing in the program file.
#[derive(Debug, Default)]
pub struct Engine<
    const INPUT: usize = INPUT_RING_CAPACITY,
    const LOG: usize = LOG_RING_CAPACITY,
    const EVENTS: usize = EVENT_RING_CAPACITY,
> {
    input: Ring<TimedCommand, INPUT>,
    records: Ring<Record, LOG>,
    events: Ring<EventOrEnd, EVENTS>,
    shared: Shared,
}

/// The stages of an engine. Each is stepped by one thread at a time; one thread may step them all.
#[derive(Debug)]
pub struct Stages<'a, F> {
    /// Where the gateway pushes commands.
    pub input: Producer<'a, TimedCommand>,
    /// Orders and applies them.
    pub sequencer: Sequencer<'a>,
    /// Makes them durable.
    pub log_writer: LogWriter<'a, F>,
    /// Syncs next to the log writer, in the mode that wants it; done at once in every other.
    pub syncer: Syncer<'a>,
    /// Hands out the events.
    pub releaser: Releaser<'a>,
    /// What the stages know of each other; for the host to watch, to stop, and to report its own
    /// faults.
    pub shared: &'a Shared,
}

/// How full the rings of an engine are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Occupancy {
    /// Commands that wait for the sequencer.
    pub input: usize,
    /// Records that wait for the log writer.
    pub records: usize,
    /// Events that wait to be released.
    pub events: usize,
}

/// Why an engine did not split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SplitFault {
    /// It has been split before.
    AlreadySplit,
    /// The log could not be taken over.
    Log(LogFault),
}

impl fmt::Display for SplitFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadySplit => f.write_str("the engine has been split before"),
            Self::Log(fault) => fault.fmt(f),
        }
    }
}

impl core::error::Error for SplitFault {}

impl From<LogFault> for SplitFault {
    fn from(fault: LogFault) -> Self {
        Self::Log(fault)
    }
}

impl<const INPUT: usize, const LOG: usize, const EVENTS: usize> Engine<INPUT, LOG, EVENTS> {
    const HAS_ROOM: () = assert!(LOG >= 2, "a command may publish two records");

    /// An engine with empty rings.
    pub const fn new() -> Self {
        const { Self::HAS_ROOM };
        Self {
            input: Ring::new(),
            records: Ring::new(),
            events: Ring::new(),
            shared: Shared::new(),
        }
    }

    /// The same, made where it is to stay, because it may be larger than a stack.
    ///
    /// ```
    /// use highwater::engine::Engine;
    ///
    /// let engine: &Engine<1_024, 1_024, 1_024> = Engine::new_in(Box::leak(Box::new_uninit()));
    /// assert_eq!(engine.occupancy().events, 0);
    /// ```
    pub fn new_in(place: &mut MaybeUninit<Self>) -> &mut Self {
        const { Self::HAS_ROOM };
        // SAFETY: it is the room of one engine, and nobody else has it.
        unsafe { place.as_mut_ptr().write_bytes(0, 1) };
        // SAFETY: zeros are new rings, see `Ring::new_in`; what the stages share is made of atomic
        // numbers and flags, for which zeros are a value.
        let engine = unsafe { place.assume_init_mut() };
        engine.shared = Shared::new();
        engine
    }

    /// What the stages know of each other.
    pub const fn shared(&self) -> &Shared {
        &self.shared
    }

    /// How full the rings are now; any thread may ask, and costs the stages nothing.
    pub fn occupancy(&self) -> Occupancy {
        Occupancy {
            input: self.input.len(),
            records: self.records.len(),
            events: self.events.len(),
        }
    }

    /// Splits the engine into its stages: `book` as recovery left it, and the log that it was
    /// recovered from.
    ///
    /// # Errors
    /// When it has been split before, or the log could not be taken over; book and log are gone
    /// then.
    pub fn split<'a, F: LogFile>(
        &'a self,
        book: Book<'a>,
        log: OpenedLog<'a, F>,
    ) -> Result<Stages<'a, F>, SplitFault> {
        let (input, taken) = self.input.split().ok_or(SplitFault::AlreadySplit)?;
        let (published, records) = self.records.split().ok_or(SplitFault::AlreadySplit)?;
        let (pushed, events) = self.events.split().ok_or(SplitFault::AlreadySplit)?;
        let shared = &self.shared;
        let mode = log.settings.mode;
        let last = book.last_sequence();
        shared.applied.raise(last);
        shared.next_expiry.tell(book.next_expiry_ns());
        Ok(Stages {
            input,
            log_writer: LogWriter::start(records, log, shared)?,
            sequencer: Sequencer {
                input: taken,
                records: published,
                events: pushed,
                book,
                prefetcher: Prefetcher::new(),
                shared,
                extras: Extras::default(),
            },
            syncer: Syncer { shared, mode, unsynced_since_ns: None, fault: None },
            releaser: Releaser {
                events,
                shared,
                mode,
                releasable: last,
                durable: last,
                exposed_count_max: 0,
                released: last,
            },
            shared,
        })
    }
}
