//! What a run tells: released events to their files, and what is counted of them.

use crate::event_counts::EventCounts;
use crate::outputs::{AcksWriter, DurableFile, EventsWriter, FillsWriter, OutputError, reaches};
use highwater::book::Book;
use highwater::command::{Action, Command, Definition};
use highwater::event::{CommandEnd, Event, EventKind, EventOrEnd, EventSink};
use highwater::types::{ClientSequence, PriceDecimals, SessionId};
use highwater_engine::decimals::{InstrumentDecimals, PriceForm};
use highwater_engine::fills::FillsMark;
use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;

/// The files that events are written to; what is not named is not written.
#[derive(Clone, Debug, Default)]
pub struct OutputPaths {
    /// Fills, as text.
    pub fills: Option<PathBuf>,
    /// Events, as JSON.
    pub events: Option<PathBuf>,
    /// The highest client sequence released; `-` is standard output.
    pub acks: Option<PathBuf>,
    /// Whether fills and events have the times of their commands.
    pub times: bool,
    /// How fills and events write prices.
    pub prices: PriceForm,
}

/// Where released events go.
///
/// The files are created when [`open`](Self::open) says that the log is the right one; what is told
/// before waits. They take the place of those of an earlier run when [`keep`](Self::keep) says that
/// the log is sound.
#[derive(Debug)]
pub struct RunOutputs {
    paths: OutputPaths,
    files: Option<Files>,
    /// Events told before the files were opened: the operator's, a few.
    held: Vec<EventOrEnd>,
    /// Definitions of the operator that have no answer yet, in order.
    defining: VecDeque<(ClientSequence, Definition)>,
    /// Those of the instruments that the released events know.
    decimals: InstrumentDecimals,
    event_counts: EventCounts,
    /// Where the file of fills goes on, when the log does not begin at its beginning.
    fills_mark: Option<FillsMark>,
    /// The first failure; nothing is written after it.
    error: Option<OutputError>,
    /// Whether there was one, taken or not.
    has_failed: bool,
}

/// The open files.
#[derive(Debug, Default)]
struct Files {
    fills: Option<FillsWriter>,
    events: Option<EventsWriter>,
    acks: Option<AcksWriter>,
}

impl RunOutputs {
    /// Will write to `paths`.
    pub fn new(paths: OutputPaths) -> Self {
        Self {
            paths,
            files: None,
            held: Vec::new(),
            defining: VecDeque::new(),
            decimals: InstrumentDecimals::default(),
            event_counts: EventCounts::default(),
            fills_mark: None,
            error: None,
            has_failed: false,
        }
    }

    /// Whether files are written that follow from all records of the log.
    pub const fn wants_history(&self) -> bool {
        self.paths.fills.is_some() || self.paths.events.is_some()
    }

    /// Whether the file of fills, if one is written, is there with so many bytes at least.
    pub fn reaches(&self, fills_bytes: u64) -> bool {
        let path = self.paths.fills.as_deref();
        path.is_none_or(|path| reaches(path, fills_bytes, self.paths.prices))
    }

    /// The log's records up to a snapshot, which has this book, are gone: the file of fills, if one
    /// is written, goes on where `mark` says.
    ///
    /// # Errors
    /// A file of events cannot be continued: a sentence.
    pub fn resume(&mut self, mark: FillsMark, book: &Book<'_>) -> Result<(), String> {
        if let Some(events) = &self.paths.events {
            return Err(format!(
                "the events file '{}' cannot be written: the log's first records were \
                 retired, and with them the events that follow from them; leave out --events",
                events.display()
            ));
        }
        if let Some(fills) = self.paths.fills.as_ref().filter(|_| self.paths.times) {
            return Err(format!(
                "the fills file '{}' cannot be written with times: the log's first records were \
                 retired, and with them the times of their commands; leave out --times",
                fills.display()
            ));
        }
        self.fills_mark = Some(mark);
        self.decimals = InstrumentDecimals::of_book(book);
        Ok(())
    }

    /// The events begin again from the first.
    pub fn restart(&mut self) {
        self.files = None;
        self.fills_mark = None;
        self.held.clear();
        self.defining.clear();
        self.decimals = InstrumentDecimals::default();
    }

    /// Creates the files, unless they are open, and writes what was told before.
    pub fn open(&mut self) {
        if self.files.is_some() {
            return;
        }
        match Files::create(&self.paths, self.fills_mark) {
            Ok(files) => self.files = Some(files),
            Err(error) => self.fail(error),
        }
        for told in std::mem::take(&mut self.held) {
            told.tell(self);
        }
    }

    /// Recovery is over: the files take their names, and what is told from here on is counted.
    pub fn keep(&mut self) {
        self.open();
        self.event_counts = EventCounts::default();
        if let Some(files) = &mut self.files
            && self.error.is_none()
            && let Err(error) = files.keep(&self.paths)
        {
            self.fail(error);
        }
    }

    /// Notes a command on its way whose answer will be told: the answer to an operator's definition
    /// gives an instrument's number and neither its symbol nor its decimals.
    pub fn expect(&mut self, command: &Command) {
        if let Action::DefineInstrument(definition) = command.action
            && command.session == SessionId::OPERATOR
            && (self.paths.events.is_some() || self.paths.prices == PriceForm::Decimal)
        {
            self.defining.push_back((command.client_sequence, definition));
        }
    }

    /// Takes a released event.
    #[inline]
    pub fn event(&mut self, event: &Event) {
        self.event_counts.count(event);
        if self.error.is_some() {
            return;
        }
        let Some(files) = &mut self.files else {
            self.held.push(EventOrEnd::Event(*event));
            return;
        };
        let defined = defined_by(event, &mut self.defining);
        if let (Some(definition), EventKind::InstrumentDefined { is_new: true, .. }) =
            (&defined, event.kind)
        {
            self.decimals.define(event.instrument, definition.terms.decimals);
        }
        let decimals = match self.paths.prices {
            PriceForm::Ticks => None,
            PriceForm::Decimal => Some(self.decimals.of(event.instrument)),
        };
        if let Err(error) = files.event(event, defined.as_ref(), decimals) {
            self.fail(error);
        }
    }

    /// The command of the events before has ended.
    pub fn end(&mut self, end: CommandEnd) {
        if self.error.is_some() || !self.paths.times {
            return;
        }
        let Some(files) = &mut self.files else {
            self.held.push(EventOrEnd::End(end));
            return;
        };
        if let Err(error) = files.end(end) {
            self.fail(error);
        }
    }

    /// All events up to those of `client_sequence` have been taken.
    pub fn acknowledge(&mut self, client_sequence: ClientSequence) {
        if let Some(Files { acks: Some(acks), .. }) = &mut self.files
            && self.error.is_none()
            && let Err(error) = acks.released(client_sequence)
        {
            self.fail(error);
        }
    }

    /// Hands what is buffered to the system; false when not everything that was told could be
    /// written.
    pub fn flush(&mut self) -> bool {
        if let Some(files) = &mut self.files
            && self.error.is_none()
            && let Err(error) = files.flush()
        {
            self.fail(error);
        }
        !self.has_failed
    }

    /// The files that follow from the log and can be continued, for who makes them durable; to be
    /// asked for when they have their names. Pipes and devices are none.
    ///
    /// # Errors
    /// The system's.
    pub fn durable_files(&self) -> io::Result<Vec<DurableFile>> {
        let Some(open) = &self.files else { return Ok(Vec::new()) };
        let fills = open.fills.as_ref().map(FillsWriter::durable_file);
        let events = open.events.as_ref().map(EventsWriter::durable_file);
        let found = [fills.transpose()?.flatten(), events.transpose()?.flatten()];
        Ok(found.into_iter().flatten().collect())
    }

    /// The first failure, once.
    pub const fn take_error(&mut self) -> Option<OutputError> {
        self.error.take()
    }

    /// What was counted.
    pub const fn event_counts(&self) -> &EventCounts {
        &self.event_counts
    }

    /// Nothing is written from here on.
    fn fail(&mut self, error: OutputError) {
        self.error.get_or_insert(error);
        self.has_failed = true;
        self.files = Some(Files::default());
    }
}

impl EventSink for RunOutputs {
    fn event(&mut self, event: &Event) {
        Self::event(self, event);
    }

    fn end(&mut self, end: CommandEnd) {
        Self::end(self, end);
    }
}

impl Files {
    fn create(paths: &OutputPaths, fills_mark: Option<FillsMark>) -> Result<Self, OutputError> {
        let fills = paths.fills.as_deref().map(|path| match fills_mark {
            None if paths.times => FillsWriter::create_timed(path, paths.prices),
            None => FillsWriter::create(path, paths.prices),
            Some(mark) => FillsWriter::resume(path, mark, paths.prices),
        });
        let events = paths.events.as_deref().map(EventsWriter::create);
        Ok(Self { fills: fills.transpose()?, events: events.transpose()?, acks: None })
    }

    fn keep(&mut self, paths: &OutputPaths) -> Result<(), OutputError> {
        if let Some(fills) = &mut self.fills {
            fills.keep()?;
        }
        if let Some(events) = &mut self.events {
            events.keep()?;
        }
        // Recovery acknowledges nothing, so nothing was missed.
        self.acks = paths.acks.as_deref().map(AcksWriter::create).transpose()?;
        Ok(())
    }

    /// `defined` is the definition that the event answers; `decimals` are those of its instrument
    /// where prices are decimal.
    #[inline]
    fn event(
        &mut self,
        event: &Event,
        defined: Option<&Definition>,
        decimals: Option<PriceDecimals>,
    ) -> Result<(), OutputError> {
        if let Some(fills) = &mut self.fills {
            fills.event(event, decimals)?;
        }
        if let Some(events) = &mut self.events {
            if let (Some(definition), EventKind::InstrumentDefined { .. }) = (defined, event.kind) {
                events.name_instrument(event.instrument, definition.symbol);
            }
            events.event(event, decimals)?;
        }
        Ok(())
    }

    fn end(&mut self, end: CommandEnd) -> Result<(), OutputError> {
        if let Some(fills) = &mut self.fills {
            fills.end(end)?;
        }
        self.events.as_mut().map_or(Ok(()), |events| events.end(end))
    }

    fn flush(&mut self) -> Result<(), OutputError> {
        if let Some(fills) = &mut self.fills {
            fills.flush()?;
        }
        if let Some(events) = &mut self.events {
            events.flush()?;
        }
        Ok(())
    }
}

/// Takes the definition that an event answers from those that wait.
#[inline]
fn defined_by(
    event: &Event,
    defining: &mut VecDeque<(ClientSequence, Definition)>,
) -> Option<Definition> {
    let (client_sequence, definition) = defining.front().copied()?;
    let is_answer =
        event.session == SessionId::OPERATOR && event.answers() == Some(client_sequence);
    if is_answer {
        defining.pop_front();
    }
    is_answer.then_some(definition)
}
