//! The feed: turns the lines of a flow or of the default stream into the commands of one session.
//!
//! A symbol that has not been seen before is defined first, by the operator's session. What a log
//! holds already is passed over: the client sequence of a session is the flow's `seq`, and that of
//! the operator the `seq` of its line times 2^32, so that there is room for what the program itself
//! sends as the operator.

use crate::flow::{FlowError, FlowLine, FlowReader, FlowStep, RuleLine, operators_sequence};
use crate::stream::Stream;
use heapless::Deque;
use highwater::book::Book;
use highwater::command::{Action, Command, Definition};
use highwater::types::{ClientSequence, InstrumentId, SessionId, Symbol};
use highwater_engine::fills::FLOW_SESSION;
use highwater_platform::wakeup::Wakeup;
use std::collections::BTreeMap;

/// Where lines come from.
#[derive(Debug)]
pub enum Source {
    /// A flow file or standard input.
    Flow(Box<FlowReader>),
    /// The seeded default stream.
    Stream(Box<Stream>),
}

/// What the feed has next.
#[derive(Debug)]
pub enum Fed {
    /// A command to push; fresh when it is one of the flow's and the engine has not had it.
    Command(Command),
    /// Nothing now; a pipe is silent.
    Pending,
    /// Nothing ever again.
    End(FeedEnd),
}

/// Why a feed ended.
#[derive(Debug)]
pub enum FeedEnd {
    /// The flow is at its end.
    Finished,
    /// As many fresh commands were fed as were asked for.
    LimitReached,
    /// A line is malformed, or the flow could not be read on.
    BadLine(FlowError),
}

/// Symbols whose instruments are remembered in the quickest way, at most; a power of two.
const RECENT_MAX: usize = 64;

/// Commands that wait at most: the operator's two with which a log begins, or one behind the
/// definition of its symbol.
const READY_MAX: usize = 2;

/// The commands of one run.
#[derive(Debug)]
pub struct Feed {
    source: Source,
    instruments: BTreeMap<Symbol, InstrumentId>,
    /// The instruments of the latest lines: most are about one of them.
    recent: [Option<(Symbol, InstrumentId)>; RECENT_MAX],
    /// The number that the next new symbol will get.
    next_instrument: InstrumentId,
    /// How many instruments the engine may hold.
    instruments_max: u32,
    operator_sequence: ClientSequence,
    /// The last client sequence that the log holds.
    recovered: ClientSequence,
    /// Commands to go before the next line.
    ready: Deque<Command, READY_MAX>,
    fresh_left: u64,
    skipped_count: u64,
    /// The time that the line of the latest command says.
    timestamp_ns: u64,
    /// Whether only the flow's lines tell the engine the time.
    keeps_time: bool,
}

/// The flow's `seq` of a command or of the answer to it; `None` for what the program itself sends
/// as the operator.
#[inline]
pub const fn seq_of(session: SessionId, client_sequence: ClientSequence) -> Option<ClientSequence> {
    if session.0 != SessionId::OPERATOR.0 {
        return Some(client_sequence);
    }
    let seq = client_sequence.0 >> 32;
    if seq > 0 && seq << 32 == client_sequence.0 { Some(ClientSequence(seq)) } else { None }
}

/// The highest `seq` of a flow that `book` has; `reader` is the flow, `None` the default stream.
pub fn recovered_seq(reader: Option<&FlowReader>, book: &Book<'_>) -> ClientSequence {
    let last = book.last_client_sequence(FLOW_SESSION);
    let Some(reader) = reader else { return last };
    let of_operator = book.last_client_sequence(SessionId::OPERATOR).0 >> 32;
    let last = last.max(ClientSequence(of_operator));
    if !reader.names_sessions() {
        return last;
    }
    let sessions = u16::try_from(book.capacities().sessions - 1).unwrap_or(u16::MAX);
    let others = (1..=sessions).map(|id| book.last_client_sequence(SessionId(id)));
    others.max().map_or(last, |of_others| last.max(of_others))
}

impl Feed {
    /// Goes on where `book` stands, in an engine that may hold `instruments_max` instruments. At
    /// most `limit` fresh commands are fed.
    pub fn new(mut source: Source, book: &Book<'_>, instruments_max: u32, limit: u64) -> Self {
        let reader = match &mut source {
            Source::Flow(reader) => {
                reader.learn(book);
                Some(&**reader)
            }
            Source::Stream(_) => None,
        };
        let recovered = recovered_seq(reader, book);
        let keeps_time = reader.is_some_and(FlowReader::keeps_time);
        let ids = (0..book.instrument_count()).map(InstrumentId);
        let instruments: BTreeMap<_, _> =
            ids.filter_map(|id| Some((book.symbol(id)?, id))).collect();
        Self {
            source,
            instruments,
            recent: [None; RECENT_MAX],
            next_instrument: InstrumentId(book.instrument_count()),
            instruments_max,
            operator_sequence: book.last_client_sequence(SessionId::OPERATOR),
            recovered,
            ready: Deque::new(),
            fresh_left: limit,
            skipped_count: 0,
            timestamp_ns: 0,
            keeps_time,
        }
    }

    /// The client sequence that a flow goes on with where `book` stands.
    pub fn next_client_sequence(book: &Book<'_>) -> ClientSequence {
        ClientSequence(book.last_client_sequence(FLOW_SESSION).0 + 1)
    }

    /// Wakes `wakeup` whenever a flow that was silent goes on or ends.
    pub fn wakes(&self, wakeup: &'static Wakeup) {
        match &self.source {
            Source::Flow(reader) => reader.wakes(wakeup),
            Source::Stream(_) => {}
        }
    }

    /// How many fresh commands there will be; `None` when only the flow knows.
    pub const fn expected_count(&self) -> Option<u64> {
        if self.fresh_left == u64::MAX { None } else { Some(self.fresh_left) }
    }

    /// Sends an operator's command before the next line.
    ///
    /// # Panics
    /// When two commands wait already.
    pub fn operate(&mut self, action: Action) {
        let command = self.operators(action);
        self.wait_for_next(&command);
    }

    /// Lets a command be the next, behind those that wait already.
    fn wait_for_next(&mut self, command: &Command) {
        let waits = self.ready.push_back(*command);
        assert!(waits.is_ok(), "more commands wait than there are reasons to");
    }

    /// The operator's next command.
    fn operators(&mut self, action: Action) -> Command {
        self.operator_sequence = ClientSequence(self.operator_sequence.0 + 1);
        Command { session: SessionId::OPERATOR, client_sequence: self.operator_sequence, action }
    }

    /// True when no command waits to go before the next line.
    pub fn is_clear(&self) -> bool {
        self.ready.is_empty()
    }

    /// True when the next command is one of the program itself, which goes at any pace.
    pub fn next_is_own(&self) -> bool {
        let is_own = |command: &Command| seq_of(command.session, command.client_sequence).is_none();
        self.ready.front().is_some_and(is_own)
    }

    /// True when only the flow's lines tell the engine the time.
    pub const fn keeps_time(&self) -> bool {
        self.keeps_time
    }

    /// The last `seq` that the log held at the start.
    pub const fn recovered_seq(&self) -> ClientSequence {
        self.recovered
    }

    /// How many lines were passed over because the log holds them.
    pub const fn skipped_count(&self) -> u64 {
        self.skipped_count
    }

    /// The time that the line of the latest command says, in nanoseconds of the flow's epoch; 0
    /// before the first.
    pub const fn timestamp_ns(&self) -> u64 {
        self.timestamp_ns
    }

    /// What there is to say of the lines so far: a sentence.
    pub fn notice(&self) -> Option<&str> {
        match &self.source {
            Source::Flow(reader) => reader.redefined(),
            Source::Stream(_) => None,
        }
    }

    /// The next command.
    #[inline]
    pub fn feed(&mut self) -> Fed {
        if let Some(command) = self.ready.pop_front() {
            return Fed::Command(command);
        }
        loop {
            if self.fresh_left == 0 {
                return Fed::End(FeedEnd::LimitReached);
            }
            let line = match &mut self.source {
                Source::Stream(stream) => stream.next_line(),
                Source::Flow(reader) => match reader.next_line() {
                    Ok(FlowStep::Line(line)) => line,
                    Ok(FlowStep::Rule(line)) => {
                        if self.has(line.client_sequence) {
                            continue;
                        }
                        self.timestamp_ns = line.timestamp_ns;
                        return Fed::Command(self.command_of_rule(&line));
                    }
                    Ok(FlowStep::Pending) => return Fed::Pending,
                    Ok(FlowStep::End) => return Fed::End(FeedEnd::Finished),
                    Err(error) => return Fed::End(FeedEnd::BadLine(error)),
                },
            };
            if self.has(line.client_sequence) {
                continue;
            }
            self.timestamp_ns = line.timestamp_ns;
            return Fed::Command(self.command_of(&line));
        }
    }

    /// Whether the log holds the line, which is passed over then; counts it.
    #[inline]
    const fn has(&mut self, seq: ClientSequence) -> bool {
        if seq.0 <= self.recovered.0 && seq.0 > 0 {
            self.skipped_count += 1;
            return true;
        }
        self.fresh_left -= 1;
        false
    }

    /// The same of a line that says more.
    #[inline(never)]
    fn command_of_rule(&mut self, line: &RuleLine) -> Command {
        let Some(symbol) = line.symbol else {
            return self.ruled(line, InstrumentId(0));
        };
        if let Some(instrument) = self.instruments.get(&symbol).copied() {
            return self.ruled(line, instrument);
        }
        if line.defines() {
            if let Some(decimals) = line.defined_decimals() {
                self.number(symbol);
                if let Source::Flow(reader) = &mut self.source {
                    reader.define(symbol, decimals);
                }
            }
            return self.ruled(line, InstrumentId(0));
        }
        let instrument = self.number(symbol);
        let definition = self.definition(symbol);
        let waiting = self.ruled(line, instrument);
        self.wait_for_next(&waiting);
        definition
    }

    /// The command of a line whose instrument has this number.
    fn ruled(&mut self, line: &RuleLine, instrument: InstrumentId) -> Command {
        let mut client_sequence = line.client_sequence;
        if line.session == SessionId::OPERATOR {
            client_sequence = operators_sequence(client_sequence);
            self.operator_sequence = self.operator_sequence.max(client_sequence);
        }
        Command { session: line.session, client_sequence, action: line.action(instrument) }
    }

    /// The number that the engine gives a new symbol.
    ///
    /// The engine numbers instruments in the order of their definition. When it may hold no more,
    /// it rejects the definition, and then the order, because no instrument has this number.
    fn number(&mut self, symbol: Symbol) -> InstrumentId {
        let instrument = self.next_instrument;
        if instrument.0 < self.instruments_max {
            self.instruments.insert(symbol, instrument);
            self.next_instrument = InstrumentId(instrument.0 + 1);
        }
        instrument
    }

    /// The operator's definition of a symbol that no line has defined, or whose definition the
    /// engine refused: with the decimals by which its lines are read.
    fn definition(&mut self, symbol: Symbol) -> Command {
        let mut definition = Definition::open(symbol);
        if let Source::Flow(reader) = &self.source {
            definition.terms.decimals = reader.decimals_of(symbol);
        }
        self.operators(Action::DefineInstrument(definition))
    }

    /// The command of a line, or the definition of its symbol, behind which the command then waits.
    #[inline]
    fn command_of(&mut self, line: &FlowLine) -> Command {
        match self.recent[recent_place(line.symbol)] {
            Some((symbol, instrument)) if symbol == line.symbol => {
                line.command(FLOW_SESSION, instrument)
            }
            _ => self.command_of_other(line),
        }
    }

    #[inline(never)]
    fn command_of_other(&mut self, line: &FlowLine) -> Command {
        if let Some(instrument) = self.instruments.get(&line.symbol).copied() {
            self.recent[recent_place(line.symbol)] = Some((line.symbol, instrument));
            return line.command(FLOW_SESSION, instrument);
        }
        let instrument = self.number(line.symbol);
        let waiting = line.command(FLOW_SESSION, instrument);
        let definition = self.definition(line.symbol);
        self.wait_for_next(&waiting);
        definition
    }
}
/// Where a symbol's instrument is remembered. Symbols that share a place only take turns.
#[inline]
fn recent_place(symbol: Symbol) -> usize {
    let (words, _) = symbol.padded().as_chunks::<8>();
    let mixed = words.iter().fold(0, |mixed: u64, word| {
        (mixed.rotate_left(32) ^ u64::from_le_bytes(*word)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    });
    let [.., top] = mixed.to_le_bytes();
    usize::from(top) % RECENT_MAX
}
