//! The intake: whether a log belongs to the flow of this run, and where the events of its recovery
//! go.

use crate::feed::recovered_seq;
use crate::flow::{FlowError, FlowMatch, FlowReader, shown_name};
use crate::run_outputs::RunOutputs;
use crate::stream::{SEED_DEFAULT, Stream};
use highwater::book::Book;
use highwater::command::{Command, FlowIdentity};
use highwater::event::{CommandEnd, Event, EventSink};
use highwater::snapshot::SnapshotHeader;
use highwater::types::ClientSequence;
use highwater_engine::fills::FillsMark;
use highwater_engine::start::ReplaySink;
use highwater_platform::signals::StopFlag;
use highwater_platform::wakeup::Wakeup;
use std::path::Path;

/// The flow of a run, before its first line is taken.
#[derive(Debug)]
pub struct FlowBinding {
    /// `None` for the default stream.
    reader: Option<FlowReader>,
    stop: StopFlag,
    /// Woken when a silent pipe goes on, and when somebody wishes to stop.
    wakeup: &'static Wakeup,
    run_outputs: RunOutputs,
}

/// Why the log is not continued with this flow.
#[derive(Debug)]
pub enum Refusal {
    /// It belongs to another one.
    OtherFlow {
        /// The flow of this run, as it is shown.
        flow: String,
        /// That of the log.
        remembered: Box<FlowIdentity>,
        /// How they compare.
        how: FlowMatch,
    },
    /// The flow cannot be read.
    Unreadable(FlowError),
    /// What is to be written cannot be, because records are gone: a sentence.
    HistoryGone(String),
    /// Somebody wished to stop before the log was recovered, or before the flow began.
    Stopped,
}

impl Refusal {
    /// A sentence about the log in `data`; `None` when somebody wished to stop.
    pub fn sentence(&self, data: &Path) -> Option<String> {
        match self {
            Self::Stopped => None,
            Self::Unreadable(error) => Some(error.to_string()),
            Self::HistoryGone(sentence) => Some(sentence.clone()),
            Self::OtherFlow { flow, remembered, how } => {
                let (data, name) = (data.display(), shown_name(remembered));
                let why = match how {
                    FlowMatch::OtherName => {
                        "begins the same but has another name: name it like the first"
                    }
                    FlowMatch::Same | FlowMatch::OtherHead => "is another",
                };
                Some(format!(
                    "the data directory '{data}' holds the log of the flow '{name}', and {flow} \
                     {why}; run that flow, or name another directory with --data"
                ))
            }
        }
    }
}

/// How the log and the flow belong together.
#[derive(Debug)]
pub enum BindingState {
    /// The log belongs to the flow already.
    Known,
    /// The log belongs to no flow yet.
    New(FlowIdentity),
    /// Somebody wished to stop before the flow began.
    Stopped,
}

impl FlowBinding {
    /// An intake of the flow that `reader` reads, or of the default stream.
    pub fn new(reader: Option<FlowReader>, stop: StopFlag, run_outputs: RunOutputs) -> Self {
        // Those who wake it may outlive the run.
        let wakeup: &'static Wakeup = Box::leak(Box::default());
        stop.wakes(wakeup);
        if let Some(reader) = &reader {
            reader.wakes(wakeup);
        }
        Self { reader, stop, wakeup, run_outputs }
    }

    /// How the recovered log and the flow belong together. From here on events go to their files; a
    /// flow that turns out to be none leaves those of an earlier run as they are.
    ///
    /// # Errors
    /// The flow cannot be read, or the files cannot be written: a sentence.
    pub fn binding(&mut self, book: &Book<'_>) -> Result<BindingState, String> {
        if book.flow().is_none()
            && let Some(reader) = &mut self.reader
        {
            reader.learn(book);
            // Of a pipe that has not begun nothing is known, and who writes it may wait for the
            // files.
            reader.identity().map_err(|error| error.to_string())?;
        }
        self.run_outputs.keep();
        if let Some(error) = self.run_outputs.take_error() {
            return if error.is_broken_pipe() {
                Ok(BindingState::Stopped)
            } else {
                Err(error.to_string())
            };
        }
        if book.flow().is_some() {
            return Ok(BindingState::Known);
        }
        let Some(reader) = &mut self.reader else {
            return Ok(BindingState::New(Stream::identity(SEED_DEFAULT)));
        };
        let identity = wait_for(&self.stop, self.wakeup, || reader.identity());
        Ok(identity
            .map_err(|error| error.to_string())?
            .map_or(BindingState::Stopped, BindingState::New))
    }

    /// The flow's last `seq` that `book` has.
    pub fn recovered_seq(&self, book: &Book<'_>) -> ClientSequence {
        recovered_seq(self.reader.as_ref(), book)
    }

    /// The reader, with no line taken yet, and where events go.
    pub fn into_parts(self) -> (Option<FlowReader>, RunOutputs) {
        (self.reader, self.run_outputs)
    }

    /// How the flow compares with the remembered one; a silent pipe is waited for.
    fn compare(&mut self, remembered: &FlowIdentity) -> Result<FlowMatch, Refusal> {
        let Some(reader) = &mut self.reader else {
            let is_stream = *remembered == Stream::identity(SEED_DEFAULT);
            return Ok(if is_stream { FlowMatch::Same } else { FlowMatch::OtherHead });
        };
        wait_for(&self.stop, self.wakeup, || reader.matches(remembered))
            .map_err(Refusal::Unreadable)?
            .ok_or(Refusal::Stopped)
    }
}

/// Looks until a silent pipe has said enough, asleep in between; `None` when somebody wishes to
/// stop first.
fn wait_for<T>(
    stop: &StopFlag,
    wakeup: &Wakeup,
    mut look: impl FnMut() -> Result<Option<T>, FlowError>,
) -> Result<Option<T>, FlowError> {
    loop {
        wakeup.announce();
        let found = look();
        if !matches!(found, Ok(None)) || stop.is_raised() {
            wakeup.cancel();
            return found;
        }
        let _woken = wakeup.sleep(None);
    }
}

impl EventSink for FlowBinding {
    fn event(&mut self, event: &Event) {
        self.run_outputs.event(event);
    }

    fn end(&mut self, end: CommandEnd) {
        self.run_outputs.end(end);
    }
}

impl ReplaySink for FlowBinding {
    type Refusal = Refusal;

    fn restart(&mut self) {
        self.run_outputs.restart();
    }

    fn wants_history(&self) -> bool {
        self.run_outputs.wants_history()
    }

    fn reaches(&self, snapshot: &SnapshotHeader) -> bool {
        self.run_outputs.reaches(snapshot.host[0])
    }

    fn resume(&mut self, snapshot: &SnapshotHeader, book: &Book<'_>) -> Result<(), Refusal> {
        let [bytes, hash] = snapshot.host;
        let mark = FillsMark { bytes, hash };
        self.run_outputs.resume(mark, book).map_err(Refusal::HistoryGone)?;
        snapshot.image.flow.map_or(Ok(()), |flow| self.accept(&flow))
    }

    fn expect(&mut self, command: &Command) {
        self.run_outputs.expect(command);
    }

    fn go_on(&mut self) -> Result<(), Refusal> {
        if self.stop.is_raised() { Err(Refusal::Stopped) } else { Ok(()) }
    }

    fn accept(&mut self, flow: &FlowIdentity) -> Result<(), Refusal> {
        match self.compare(flow)? {
            FlowMatch::Same => {
                self.run_outputs.open();
                Ok(())
            }
            how @ (FlowMatch::OtherName | FlowMatch::OtherHead) => {
                let reader = self.reader.as_ref();
                let flow_name = reader
                    .map_or_else(|| "the default stream".to_owned(), |r| format!("'{}'", r.file()));
                Err(Refusal::OtherFlow { flow: flow_name, remembered: Box::new(*flow), how })
            }
        }
    }
}
