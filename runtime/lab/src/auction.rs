//! `highwater auction`: collects the orders of one instrument in a call auction, uncrosses it, and
//! says at which price what traded.
//!
//! The book is as large as the file needs. Nothing is logged: an auction is done again by reading
//! the same file again.

mod report;
#[cfg(test)]
mod tests;
mod trades;

use crate::prices::Prices;
use highwater::book::{Admission, Book, Indicative};
use highwater::command::{Action, Command, Control, Definition};
use highwater::event::{Event, EventSink};
use highwater::limits::ORDERS_MAX;
use highwater::types::{
    Capacities, ClientSequence, InstrumentId, PriceDecimals, SessionId, Symbol,
};
use highwater_console::paths::Paths;
use highwater_console::{CommandError, Console, note};
use highwater_flows::event_counts::EventCounts;
use highwater_flows::flow::{FlowKind, FlowLine, FlowReader, FlowStep, LastLine, RuleLine, shown};
use highwater_flows::outputs::OutputError;
use highwater_flows::resolved_path::STANDARD;
use highwater_platform::signals::StopFlag;
use highwater_platform::wakeup::Wakeup;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use report::AuctionReport;
use std::path::PathBuf;
use trades::TradesWriter;

/// Collect the orders of one instrument in a call auction and uncross it.
///
/// It prints the price, the volume and the imbalance (lots) of the uncross, and the number
/// of its trades. The price is that of an order at which the most trades. Of several such prices it
/// is the one with the least imbalance, and of several of these the one at which every better order
/// trades in full, or the middle of the lowest and the highest of these, rounded up.
#[derive(Clone, Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "two flags that do not touch each other")]
pub struct AuctionArgs {
    /// The orders: a flow file of NEW, CANCEL, REDUCE and REPLACE lines, plain or gzip; - for
    /// standard input. A DEFINE line before them may say the instrument's terms
    #[arg(long, value_name = "FILE.csv[.gz]")]
    pub orders: PathBuf,
    /// Take the last line even without a line feed: the file is known to be complete
    #[arg(long)]
    pub last_line_whole: bool,
    /// Write the trades: `trade_no,buy_order_id,sell_order_id,price_ticks,qty`, `trade_no` from 0;
    /// - for standard output
    #[arg(long, value_name = "OUT.csv")]
    pub trades: Option<PathBuf>,
    /// How --trades and the report write prices: in ticks, or as decimal numbers (in a column
    /// price, in JSON strings)
    #[arg(long, value_name = "FORM", default_value = "ticks")]
    pub prices: Prices,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
}

/// The session that sends the file's commands.
const SESSION: SessionId = SessionId(1);
/// The one instrument.
const INSTRUMENT: InstrumentId = InstrumentId(0);

/// Lines between two looks at the wish to stop.
const LINES_AT_ONCE: usize = 4_096;
/// From so many lines on a terminal shows a progress bar.
const PROGRESS_FROM: usize = 500_000;

/// Holds the auction that `args` describe. When `stop` is raised it ends early and writes no
/// trades.
///
/// # Errors
/// The orders cannot be read, a line asks for what an auction has not, or an output cannot be
/// written.
pub fn auction(args: &AuctionArgs, stop: &StopFlag) -> Result<(), CommandError> {
    check_paths(args)?;
    let reader = FlowReader::open(&args.orders).map_err(CommandError::failed)?;
    let reader = reader.with_last_line(LastLine::of_flag(args.last_line_whole));
    let form = args.prices.form();
    let trades = args.trades.as_deref().map(|path| TradesWriter::create(path, form));
    let mut trades = trades.transpose().map_err(output_failure)?;
    let Some(orders) = Collector::new(reader).collect(stop)? else {
        note("stopped before all orders were collected: nothing was uncrossed");
        return Ok(());
    };
    let outcome = uncross(&orders, trades.as_mut())?;
    if let Some(trades) = &mut trades {
        trades.keep().map_err(output_failure)?;
    }
    let on_stdout = args.trades.as_deref().is_some_and(|trades| trades == STANDARD);
    let console = if on_stdout { Console::on_stderr() } else { Console::on_stdout() };
    let report = AuctionReport::of(&outcome, form);
    if args.json { console.print_json(&report) } else { console.print(&report.to_string()) }
}

/// Refuses to write the trades over the orders, or over a log.
fn check_paths(args: &AuctionArgs) -> Result<(), CommandError> {
    let paths = Paths::default().reads_or_stdin("--orders", Some(&args.orders));
    paths.writes_or_stdout("--trades", args.trades.as_deref()).check()
}

fn output_failure(error: OutputError) -> CommandError {
    if error.is_broken_pipe() { CommandError::ClosedPipe } else { CommandError::failed(error) }
}

/// What an auction is made of.
#[derive(Debug, Default)]
struct Orders {
    /// The definition before the orders, where there is one.
    definition: Option<Definition>,
    lines: Vec<FlowLine>,
}

impl Orders {
    /// The instrument, when a line has named it.
    fn symbol(&self) -> Option<Symbol> {
        let of_definition = self.definition.map(|definition| definition.symbol);
        of_definition.or_else(|| self.lines.first().map(|line| line.symbol))
    }

    /// What the instrument takes, and how its prices are written.
    fn definition(&self) -> Definition {
        let symbol = self.symbol().unwrap_or_else(highwater_flows::flow::unnamed);
        self.definition.unwrap_or_else(|| Definition::open(symbol))
    }
}

/// Reads the lines of an auction.
struct Collector {
    reader: FlowReader,
    orders: Orders,
    bar: ProgressBar,
}

impl Collector {
    fn new(reader: FlowReader) -> Self {
        Self { reader, orders: Orders::default(), bar: ProgressBar::hidden() }
    }

    /// All lines; `None` when somebody wished to stop.
    fn collect(mut self, stop: &StopFlag) -> Result<Option<Orders>, CommandError> {
        // Those who wake it may outlive the collector.
        let wakeup: &'static Wakeup = Box::leak(Box::default());
        stop.wakes(wakeup);
        self.reader.wakes(wakeup);
        loop {
            wakeup.announce();
            let collected = self.collect_some();
            // A signal of a terminal ends who writes into the pipe too: what came is then no whole
            // flow, however well it ends.
            if stop.is_raised() {
                return Ok(None);
            }
            match collected? {
                Collected::Some => wakeup.cancel(),
                Collected::Pending => {
                    let _woken = wakeup.sleep(None);
                }
                Collected::All => {
                    self.bar.finish_and_clear();
                    return Ok(Some(self.orders));
                }
            }
            self.show_progress();
        }
    }

    fn collect_some(&mut self) -> Result<Collected, CommandError> {
        for _ in 0..LINES_AT_ONCE {
            match self.reader.next_line().map_err(CommandError::failed)? {
                FlowStep::Line(line) => {
                    self.check(&line)?;
                    self.orders.lines.push(line);
                }
                FlowStep::Rule(line) => self.define(&line)?,
                FlowStep::Pending => return Ok(Collected::Pending),
                FlowStep::End => return Ok(Collected::All),
            }
        }
        Ok(Collected::Some)
    }

    /// Takes a definition before the orders; any other line is refused.
    fn define(&mut self, line: &RuleLine) -> Result<(), CommandError> {
        let is_first = self.orders.symbol().is_none();
        if let Action::DefineInstrument(definition) = line.action(INSTRUMENT)
            && is_first
            && line.defined_decimals().is_some()
        {
            self.orders.definition = Some(definition);
            return Ok(());
        }
        Err(CommandError::failed(format!(
            "{}:{}: an auction only collects orders and uncrosses them by itself: expected NEW, \
             CANCEL, REDUCE or REPLACE of a limit order without conditions, account or session, \
             and before all of them at most one DEFINE",
            self.reader.file(),
            line.line
        )))
    }

    /// Refuses what is no auction of one instrument.
    fn check(&self, line: &FlowLine) -> Result<(), CommandError> {
        let resolved_path = || format!("{}:{}", self.reader.file(), line.line);
        if let FlowKind::Ioc { .. } = line.kind {
            let sentence = format!(
                "{}: IOC trades at once, and an auction only collects: expected NEW, CANCEL, \
                 REDUCE or REPLACE",
                resolved_path()
            );
            return Err(CommandError::failed(sentence));
        }
        match self.orders.symbol() {
            Some(first) if first != line.symbol => {
                let (symbol, expected) = (shown(&line.symbol), shown(&first));
                let sentence = format!(
                    "{}: the symbol is {symbol} and was {expected} before: an auction has one \
                     instrument",
                    resolved_path()
                );
                Err(CommandError::failed(sentence))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Shows a bar once there is much to read.
    fn show_progress(&mut self) {
        if self.bar.is_hidden() && self.orders.lines.len() >= PROGRESS_FROM {
            // It shows itself on terminals only.
            self.bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{spinner} {human_pos} lines, {per_sec}");
            self.bar.set_style(style.unwrap_or_else(|_error| ProgressStyle::default_spinner()));
        }
        self.bar.set_position(u64::try_from(self.orders.lines.len()).unwrap_or(u64::MAX));
    }
}

/// What came of reading some lines.
enum Collected {
    Some,
    Pending,
    All,
}

/// What an auction came to.
#[derive(Debug)]
struct Outcome {
    /// Orders that were open before the uncross.
    order_count: u32,
    /// What the uncross was to do.
    indicative: Option<Indicative>,
    /// What was counted.
    event_counts: EventCounts,
    /// Those of the instrument.
    decimals: PriceDecimals,
}

/// Collects the lines in an auction, uncrosses it, and tells `trades`.
fn uncross(orders: &Orders, trades: Option<&mut TradesWriter>) -> Result<Outcome, CommandError> {
    let capacities = capacities_for(&orders.lines)?;
    let mut memory = vec![0; Book::bytes_needed(capacities)];
    // The seed spreads the hash table only.
    let book = Book::new(&mut memory, capacities, 1).map_err(CommandError::failed)?;
    let definition = orders.definition();
    let decimals = definition.terms.decimals;
    let mut call = Call { book, operator_sequence: 0, sink: Sink::new(trades, decimals) };
    call.open(definition);
    for line in &orders.lines {
        call.take(line);
    }
    let (order_count, indicative) =
        (call.book.open_order_count(), call.book.indicative(INSTRUMENT));
    call.operate(Action::Control { instrument: INSTRUMENT, control: Control::Uncross });
    let Sink { event_counts, failure, .. } = call.sink;
    match failure {
        Some(error) => Err(output_failure(error)),
        None => Ok(Outcome { order_count, indicative, event_counts, decimals }),
    }
}

/// Room for every order of the file.
fn capacities_for(lines: &[FlowLine]) -> Result<Capacities, CommandError> {
    let count = lines.iter().filter(|line| matches!(line.kind, FlowKind::New { .. })).count();
    let orders = u32::try_from(count.max(1)).ok().filter(|orders| *orders <= ORDERS_MAX);
    let orders = orders.ok_or_else(|| {
        CommandError::failed(format!(
            "{count} orders are more than {ORDERS_MAX}, the most of a book"
        ))
    })?;
    Ok(Capacities { orders, instruments: 1, sessions: 2 })
}

/// A call auction on its way.
struct Call<'m, 't> {
    book: Book<'m>,
    operator_sequence: u64,
    sink: Sink<'t>,
}

impl Call<'_, '_> {
    fn open(&mut self, definition: Definition) {
        self.operate(Action::DefineInstrument(definition));
        self.operate(Action::Control { instrument: INSTRUMENT, control: Control::StartAuction });
    }

    fn operate(&mut self, action: Action) {
        self.operator_sequence += 1;
        let client_sequence = ClientSequence(self.operator_sequence);
        self.apply(&Command { session: SessionId::OPERATOR, client_sequence, action });
    }

    /// Does what a line says, unless its `seq` has been done.
    fn take(&mut self, line: &FlowLine) {
        let command = line.command(SESSION, INSTRUMENT);
        match self.book.admit(command.session, command.client_sequence) {
            Admission::Fresh => self.apply(&command),
            Admission::Duplicate { .. } => self.sink.event_counts.duplicate_count += 1,
        }
    }

    fn apply(&mut self, command: &Command) {
        let sequence = self.book.last_sequence().next();
        self.book.apply(sequence, command, &mut self.sink);
    }
}

/// Counts the events, and writes down the trades.
struct Sink<'t> {
    event_counts: EventCounts,
    trades: Option<&'t mut TradesWriter>,
    decimals: PriceDecimals,
    /// The first failure; nothing is written after it.
    failure: Option<OutputError>,
}

impl<'t> Sink<'t> {
    fn new(trades: Option<&'t mut TradesWriter>, decimals: PriceDecimals) -> Self {
        Self { event_counts: EventCounts::default(), trades, decimals, failure: None }
    }
}

impl EventSink for Sink<'_> {
    fn event(&mut self, event: &Event) {
        self.event_counts.count(event);
        if let Some(trades) = &mut self.trades
            && self.failure.is_none()
        {
            self.failure = trades.event(event, self.decimals).err();
        }
    }
}
