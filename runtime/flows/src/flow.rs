//! Reads order flows: text with one command a line, from a file, a gzip file, a pipe or standard
//! input.
//!
//! The format is CSV with a required header line that names the columns, in any order. Lines under
//! [`HEADER`], whose last one or two columns may be absent, are read the quick way. Memory is
//! bounded: a line has at most [`LINE_BYTES_MAX`] bytes. Gzip is recognised by its first bytes. A
//! line that is wrong ends the reading with a [`FlowError`] that names file, line and column; the
//! lines before it stand.
//!
//! A last line without a line feed is wrong, too: nobody can tell whether it is whole. It is taken
//! from a flow that is [known to be whole](LastLine::IsWhole).

mod columns;
mod error;
mod fields;
mod identity;
mod known;
mod line;
mod named;
mod parse;
mod problem;
mod rule_line;
mod scan;
mod source;
mod split;
mod words;
mod write;
mod write_rule;

pub use error::FlowError;
pub use identity::{FlowMatch, HEAD_BYTES_MAX, compare, hash_of, identity_of, name_of, shown_name};
pub use line::{FlowKind, FlowLine, SYMBOL_RULE, UNNAMED, shown, symbol_of, unnamed};
pub(crate) use named::operators_sequence;
pub use rule_line::RuleLine;
pub use source::decompressed;
pub use write::{HEADER, push_line};
pub use write_rule::{WrittenLine, flow_text};

// They read gzip.
#[cfg(all(test, feature = "gzip"))]
mod tests;

use columns::{Column, Layout};
use error::read_problem;
use highwater::book::Book;
use highwater::command::FlowIdentity;
use highwater::types::{PriceDecimals, Symbol};
use highwater_platform::wakeup::Wakeup;
use known::KnownDecimals;
use problem::LineProblem;
use source::{Filled, Source, Wait};
use std::io::Read;
use std::path::{Display, Path, PathBuf};

/// Longest line, in bytes without its line feed.
pub const LINE_BYTES_MAX: usize = 4 << 10;

/// Bytes that are held at a time: a whole head, and room to read a good piece behind a part of a
/// line.
const BUFFER_BYTES: usize = 2 * HEAD_BYTES_MAX;

/// A flow that is being read.
#[derive(Debug)]
pub struct FlowReader {
    /// The path as the user gave it, for errors and the identity.
    file: PathBuf,
    source: Source,
    buffer: Box<[u8]>,
    /// The part of the buffer that holds text not read yet.
    start: usize,
    end: usize,
    /// Set once nothing more comes, and why.
    ended: Option<Result<(), String>>,
    /// Which last line is taken.
    last_line: LastLine,
    /// The columns of the header; `None` until it has been read.
    layout: Option<Layout>,
    /// Number of the line that begins at `start`.
    line: u64,
    known: KnownDecimals,
    /// The first line that says other decimals of an instrument than it has: a sentence.
    redefined: Option<String>,
}

/// Which last line is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastLine {
    /// One that ends with a line feed: another may be cut.
    Ends,
    /// Any: somebody promises that the flow is whole.
    IsWhole,
}

impl LastLine {
    /// What `--last-line-whole` says.
    #[expect(clippy::fn_params_excessive_bools, reason = "it is the flag")]
    pub const fn of_flag(last_line_whole: bool) -> Self {
        if last_line_whole { Self::IsWhole } else { Self::Ends }
    }
}

/// What the reader has next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowStep {
    /// A command that a plain line can say.
    Line(FlowLine),
    /// Any other command.
    Rule(RuleLine),
    /// Nothing now: a pipe is silent. Files never say this.
    Pending,
    /// The flow's end.
    End,
}

/// Where the next line is.
enum Found {
    /// In the buffer: the length of its text, and of all of it.
    Line { length: usize, taken: usize },
    /// Not all of it is in the buffer yet.
    More,
    /// There is none.
    End,
}

impl FlowReader {
    /// Opens the flow at `path`; `-` is standard input.
    ///
    /// # Errors
    ///
    /// When there is no such file or it cannot be read.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, FlowError> {
        let path = path.as_ref();
        let source = Source::open(path).map_err(|error| FlowError::open(path, &error))?;
        Ok(Self::new(path, source))
    }

    /// A flow called `name` that is read from `reader` whenever bytes are wanted.
    ///
    /// # Errors
    ///
    /// When the first bytes cannot be read.
    pub fn from_reader(
        name: impl AsRef<Path>,
        reader: impl Read + Send + 'static,
    ) -> Result<Self, FlowError> {
        let name = name.as_ref();
        let source = Source::direct(reader).map_err(|error| FlowError::open(name, &error))?;
        Ok(Self::new(name, source))
    }

    /// A flow called `name` whose `reader` may be silent for long: a thread waits for it.
    ///
    /// # Errors
    ///
    /// When the thread cannot be started.
    pub fn from_pipe(
        name: impl AsRef<Path>,
        reader: impl Read + Send + 'static,
    ) -> Result<Self, FlowError> {
        let name = name.as_ref();
        let source = Source::piped(reader).map_err(|error| FlowError::open(name, &error))?;
        Ok(Self::new(name, source))
    }

    fn new(file: &Path, source: Source) -> Self {
        Self {
            file: file.to_owned(),
            source,
            buffer: vec![0; BUFFER_BYTES].into_boxed_slice(),
            start: 0,
            end: 0,
            ended: None,
            last_line: LastLine::Ends,
            layout: None,
            line: 1,
            known: KnownDecimals::default(),
            redefined: None,
        }
    }

    /// Wakes `wakeup` whenever there is more to read of a pipe that was silent, or it has ended.
    pub fn wakes(&self, wakeup: &'static Wakeup) {
        self.source.wakes(wakeup);
    }

    /// The same flow, whose last line is taken so.
    #[must_use]
    pub fn with_last_line(self, last_line: LastLine) -> Self {
        Self { last_line, ..self }
    }

    /// The path as it was given, `-` for standard input, to be shown.
    pub fn file(&self) -> Display<'_> {
        self.file.display()
    }

    /// Whether the flow's columns let other sessions than the usual one send commands.
    pub fn names_sessions(&self) -> bool {
        self.has(Column::Session)
    }

    /// Learns how many decimals the prices of the instruments in `book` have, before a line about
    /// them is taken.
    pub fn learn(&mut self, book: &Book<'_>) {
        self.known.learn(book);
    }

    /// How many decimals the prices of an instrument have in the lines to come: those of its
    /// definition, and 2 before it has one.
    pub fn decimals_of(&self, symbol: Symbol) -> PriceDecimals {
        self.known.of(symbol)
    }

    /// The engine gets a definition with these decimals as the symbol's first.
    pub(crate) fn define(&mut self, symbol: Symbol, decimals: PriceDecimals) {
        self.known.define(symbol, decimals);
    }

    /// A sentence about the first line that says other decimals of an instrument than it has; the
    /// line changes nothing.
    pub fn redefined(&self) -> Option<&str> {
        self.redefined.as_deref()
    }

    /// Whether the flow's orders may expire: it tells the time itself then.
    pub fn keeps_time(&self) -> bool {
        self.has(Column::ExpiryNs)
    }

    /// Whether the header, as far as it has been read, names a column.
    fn has(&self, column: Column) -> bool {
        match (&self.layout, self.find_line()) {
            (Some(layout), _) => layout.has(column),
            (None, Ok(Found::Line { length, .. })) => {
                let text = &self.buffer[self.start..self.start + length];
                Layout::of_header(text).is_ok_and(|layout| layout.has(column))
            }
            (None, Ok(Found::More | Found::End) | Err(_)) => false,
        }
    }

    /// The flow's identity, for a log that has none yet; `None` when it has to be asked again,
    /// because a pipe has not delivered its first command.
    ///
    /// The head is the lines of the first 64 KiB that end with a line feed, up to the first
    /// malformed one, which may be mended; of a pipe that pauses for 100 ms earlier, after its
    /// first command at the earliest, it is what has arrived. It is stable all the same, because a
    /// later [`matches`](Self::matches) looks at as many bytes as this one did.
    ///
    /// # Errors
    ///
    /// When the header line is wrong or cannot be read.
    ///
    /// # Panics
    ///
    /// When a line has been taken already.
    pub fn identity(&mut self) -> Result<Option<FlowIdentity>, FlowError> {
        let is_whole = self.gather(HEAD_BYTES_MAX);
        if !is_whole && !self.has_command() {
            return Ok(None);
        }
        self.check_header()?;
        Ok(Some(identity_of(&self.file, self.sound_head())))
    }

    /// Compares the flow with the identity that a log remembers; `None` when it has to be asked
    /// again, because a pipe has not delivered as much as is remembered.
    ///
    /// # Errors
    ///
    /// When the header line is wrong or cannot be read.
    ///
    /// # Panics
    ///
    /// When a line has been taken already.
    pub fn matches(&mut self, remembered: &FlowIdentity) -> Result<Option<FlowMatch>, FlowError> {
        let bytes = usize::try_from(remembered.head_bytes).unwrap_or(usize::MAX);
        if !self.gather(bytes.min(HEAD_BYTES_MAX)) {
            return Ok(None);
        }
        self.check_header()?;
        Ok(Some(compare(remembered, &self.file, &self.buffer[..self.end])))
    }

    /// The next command.
    ///
    /// # Errors
    ///
    /// When the line is malformed or cannot be read; asked again, it says the same again.
    #[inline]
    pub fn next_line(&mut self) -> Result<FlowStep, FlowError> {
        loop {
            match self.find_line()? {
                Found::Line { length, taken } => {
                    let step = self.take_line(length)?;
                    self.start += taken;
                    self.line += 1;
                    if let Some(step) = step {
                        return Ok(step);
                    }
                }
                Found::End if self.layout.is_none() => return Err(self.no_header()),
                Found::End => return Ok(FlowStep::End),
                Found::More => {
                    if self.fill(Wait::No) == Filled::Pending {
                        return Ok(FlowStep::Pending);
                    }
                }
            }
        }
    }

    /// Reads the line of `length` bytes that begins at `start`: the header, or a command.
    #[inline]
    fn take_line(&mut self, length: usize) -> Result<Option<FlowStep>, FlowError> {
        let text = &self.buffer[self.start..self.start + length];
        let result = match &self.layout {
            Some(layout) => step_of(text, layout, self.line, &self.known).map(Some),
            None => Layout::of_header(text).map(|layout| {
                self.layout = Some(layout);
                None
            }),
        };
        match result {
            Ok(step) => {
                if let Some(step) = &step
                    && self.has_decimals()
                {
                    self.take_definition(step);
                }
                Ok(step)
            }
            Err(LineProblem { column, problem }) => Err(self.error(column, &problem)),
        }
    }

    /// Whether lines may define other decimals than the usual ones.
    #[inline]
    fn has_decimals(&self) -> bool {
        self.layout.as_ref().is_some_and(|layout| layout.has(Column::Decimals))
    }

    /// Learns what a line defines.
    #[cold]
    fn take_definition(&mut self, step: &FlowStep) {
        if let Some((symbol, decimals)) = self.known.take(step)
            && self.redefined.is_none()
        {
            self.redefined = Some(format!(
                "{}:{}: the decimals of {} stay {}: a second definition changes nothing",
                self.file(),
                self.line,
                shown(&symbol),
                decimals.0
            ));
        }
    }

    /// Finds the end of the line that begins at `start`.
    #[inline]
    fn find_line(&self) -> Result<Found, FlowError> {
        let text = &self.buffer[self.start..self.end];
        let looked_at = &text[..text.len().min(LINE_BYTES_MAX + 1)];
        if let Some(length) = scan::find(looked_at, b'\n') {
            return Ok(Found::Line { length, taken: length + 1 });
        }
        if text.len() > LINE_BYTES_MAX {
            let problem = format!("the line is longer than {LINE_BYTES_MAX} bytes");
            return Err(self.error(1, &problem));
        }
        match &self.ended {
            None => Ok(Found::More),
            Some(Err(problem)) => Err(self.error(column_behind(text.len()), problem)),
            Some(Ok(())) if text.is_empty() => Ok(Found::End),
            Some(Ok(())) => match self.last_line {
                LastLine::IsWhole => Ok(Found::Line { length: text.len(), taken: text.len() }),
                LastLine::Ends => Err(self.no_line_feed(text)),
            },
        }
    }

    /// Reads until `bytes` bytes of the head or the whole flow are there; false when a pipe pauses.
    fn gather(&mut self, bytes: usize) -> bool {
        assert!(self.layout.is_none(), "a flow's head is looked at before its lines are taken");
        while self.end < bytes && self.ended.is_none() {
            if self.fill(Wait::Pause) == Filled::Pending {
                return false;
            }
        }
        true
    }

    /// The head up to its first malformed line, or the line that its end or the flow's end cuts:
    /// when that is mended, the flow is still the same one. Only a header that is the whole flow
    /// needs no line feed, so that no head is empty.
    fn sound_head(&self) -> &[u8] {
        let head = &self.buffer[..self.end.min(HEAD_BYTES_MAX)];
        let (mut length, mut layout, mut known) = (0, None, self.known.clone());
        for (line, number) in head.split_inclusive(|byte| *byte == b'\n').zip(1..) {
            let is_cut = !line.ends_with(b"\n");
            let text = line.strip_suffix(b"\n").unwrap_or(line);
            let is_sound = match &layout {
                None => {
                    layout = Layout::of_header(text).ok();
                    layout.is_some()
                }
                Some(_) if is_cut => false,
                Some(layout) => match step_of(text, layout, number, &known) {
                    Ok(step) => {
                        known.take(&step);
                        true
                    }
                    Err(_) => false,
                },
            };
            if !is_sound {
                break;
            }
            length += line.len();
        }
        &head[..length]
    }

    /// True when the header and a line after it are there.
    fn has_command(&self) -> bool {
        self.buffer[..self.end].split(|byte| *byte == b'\n').nth(2).is_some()
    }

    /// Looks at the header line without taking it.
    fn check_header(&self) -> Result<(), FlowError> {
        match self.find_line()? {
            Found::Line { length, .. } => Layout::of_header(&self.buffer[..length])
                .map(|_layout| ())
                .map_err(|LineProblem { column, problem }| self.error(column, &problem)),
            // The remembered head is shorter than this flow's header: the comparison says so.
            Found::More => Ok(()),
            Found::End => Err(self.no_header()),
        }
    }

    /// Reads more text behind what is there.
    #[cold]
    fn fill(&mut self, wait: Wait) -> Filled {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        let filled = match self.source.fill(&mut self.buffer[self.end..], wait) {
            Ok(filled) => filled,
            Err(error) => {
                self.ended = Some(Err(read_problem(&error)));
                Filled::End
            }
        };
        match filled {
            Filled::Bytes(count) => self.end += count,
            Filled::Pending => {}
            Filled::End => {
                self.ended.get_or_insert(Ok(()));
            }
        }
        filled
    }

    /// The line is the last of the flow, and may be cut; a header that nothing could complete is
    /// wrong.
    #[cold]
    fn no_line_feed(&self, line: &[u8]) -> FlowError {
        if self.layout.is_none()
            && !columns::may_become_header(line)
            && let Err(LineProblem { column, problem }) = Layout::of_header(line)
        {
            return self.error(column, &problem);
        }
        let problem = "the last line does not end with a line feed, so it may be cut off and is \
                       not taken; complete it, or add --last-line-whole when it is whole";
        self.error(column_behind(line.len()), problem)
    }

    #[cold]
    fn no_header(&self) -> FlowError {
        let header = HEADER.trim_end();
        self.error(1, &format!("the flow is empty, expected the header line {header}"))
    }

    #[cold]
    fn error(&self, column: u64, problem: &str) -> FlowError {
        FlowError::at(&self.file, self.line, column, problem)
    }
}

/// What a line says.
#[inline]
fn step_of(
    text: &[u8],
    layout: &Layout,
    number: u64,
    known: &KnownDecimals,
) -> Result<FlowStep, LineProblem> {
    let Some(columns) = layout.plain else {
        return named::line(text, layout, number, known);
    };
    match parse::command(text, columns, number) {
        Ok(line) => Ok(FlowStep::Line(line)),
        Err(_) if named::is_wanted(text) => named::line(text, layout, number, known),
        Err(problem) => Err(problem),
    }
}

/// Column of the byte behind `length` bytes of a line: from 1.
fn column_behind(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX).saturating_add(1)
}
