//! `highwater book`: the books of all instruments, or of one, as they stood behind any sequence.

use crate::inspect::{CacheArgs, looked_at_again, open_log};
use highwater::book::{Book, LevelView};
use highwater::types::{InstrumentId, PriceDecimals, Sequence, Side, Symbol};
use highwater_console::prices::{ReportedPrice, shown_decimals};
use highwater_console::{CommandError, Console};
use highwater_engine::figures::grouped;
use highwater_lab::prices::Prices;
use highwater_platform::Platform;
use serde::Serialize;
use std::fmt;
use std::path::{Path, PathBuf};

/// Print the book as it was after any sequence of a log.
///
/// The command takes no exclusive lock and creates nothing. While an engine runs, the last sequence
/// is the last that is durable now. The log after the sequence is not read.
#[derive(Clone, Debug, clap::Args)]
pub struct BookArgs {
    /// The data directory
    #[arg(long, value_name = "DIR", default_value = "highwater-data")]
    pub data: PathBuf,
    /// Show the book after this sequence, from 1 [default: the log's last]
    #[arg(long, value_name = "SEQ", value_parser = clap::value_parser!(u64).range(1..))]
    pub at: Option<u64>,
    /// Show one instrument only [default: all]
    #[arg(long, value_name = "SYMBOL")]
    pub instrument: Option<String>,
    /// Levels of each side to show, best first
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub depth: usize,
    /// How prices are written: in ticks, or as decimal numbers (in JSON strings)
    #[arg(long, value_name = "FORM", default_value = "ticks")]
    pub prices: Prices,
    /// How much of the log is kept in memory.
    #[command(flatten)]
    pub cache: CacheArgs,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
}

/// The books after a sequence. The JSON names are the field names.
#[derive(Clone, Debug, Serialize)]
pub struct BookReport {
    /// The data directory.
    pub data: String,
    /// The sequence after which the books were so; 0 when the log has none.
    pub sequence: u64,
    /// The instruments in the order in which they were defined.
    pub instruments: Vec<InstrumentReport>,
}

/// The book of one instrument.
#[derive(Clone, Debug, Serialize)]
pub struct InstrumentReport {
    /// Its symbol; `-` is that of a flow that names none.
    pub symbol: String,
    /// `continuous`, `auction` or `collecting`.
    pub phase: &'static str,
    /// Whether it is halted.
    pub is_halted: bool,
    /// The price of its last trade; nothing before the first.
    #[serde(flatten)]
    pub last_trade: ReportedPrice,
    /// Stops that wait.
    pub stop_count: u64,
    /// Levels of the buyers in all.
    pub bid_level_count: u64,
    /// Levels of the sellers in all.
    pub ask_level_count: u64,
    /// The best levels of the buyers, best first.
    pub bids: Vec<LevelReport>,
    /// The best levels of the sellers, best first.
    pub asks: Vec<LevelReport>,
}

/// One level.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct LevelReport {
    /// Its price.
    #[serde(flatten)]
    pub price: ReportedPrice,
    /// What is open at it, hidden quantity too.
    pub quantity_lots: u128,
    /// What of it is shown.
    pub visible_lots: u128,
    /// Orders that rest at it.
    pub order_count: u32,
}

/// Prints the book that `args` asks for.
///
/// # Errors
/// The sequence or the instrument is not in the log, the log is corrupt up to there, there is none,
/// or the output cannot be written.
pub fn book<P: Platform>(
    platform: P,
    args: &BookArgs,
    console: Console,
) -> Result<(), CommandError> {
    let report = looked_at_again(|| look(platform, args))?;
    if args.json { console.print_json(&report) } else { console.print(&report.to_string()) }
}

/// Replays the log up to where the book is wanted.
fn look<P: Platform>(platform: P, args: &BookArgs) -> Result<BookReport, CommandError> {
    let mut log = open_log(platform, &args.data, args.cache)?;
    let end = log.durable_end()?;
    let wanted = args.at.map_or(end, Sequence);
    // A snapshot is the book behind its own last sequence.
    let first = Sequence(log.first_sequence().0.saturating_sub(1).max(1));
    let replayed = log.replay_upto(wanted.min(end).max(first))?;
    let book = &replayed.fresh.book;
    let last = book.last_sequence();
    if args.at.is_some_and(|_| wanted < first || wanted > last) {
        // Whoever asks for too early a sequence is told where the log ends, too.
        let last = if wanted < first { log.last_sequence()?.min(end) } else { last };
        return Err(not_there(&args.data, "--at", wanted, first, last));
    }
    report_of(args, book)
}

/// The error of a flag that asks for a sequence which the log in `data` does not have; it has those
/// from `first` to `last`, 0 for none.
pub(crate) fn not_there(
    data: &Path,
    flag: &str,
    at: Sequence,
    first: Sequence,
    last: Sequence,
) -> CommandError {
    let data = data.display();
    CommandError::failed(match last.0 {
        0 => format!("there is no sequence {at} in the log in '{data}': it has none yet"),
        last => format!(
            "there is no sequence {at} in the log in '{data}': it has the sequences {first} to {last}; name \
             one of them with {flag}"
        ),
    })
}

/// The book of one instrument behind a sequence as JSON, with so many levels of each side.
///
/// # Errors
/// A sentence: the sequence or the instrument is not there, or the log cannot be read.
#[cfg(feature = "monitor")]
pub(crate) fn book_json<P: Platform>(
    platform: P,
    data: &Path,
    at: u64,
    (instrument, depth): (&str, usize),
) -> Result<String, String> {
    let args = BookArgs {
        data: data.to_path_buf(),
        at: Some(at),
        instrument: Some(instrument.to_owned()),
        depth,
        prices: Prices::Ticks,
        cache: CacheArgs { cache_bytes: highwater_storage::history_cache::CACHE_BYTES_DEFAULT },
        json: true,
    };
    let report = look(platform, &args)
        .map_err(|error| error.sentence().unwrap_or("the book cannot be shown").to_owned())?;
    serde_json::to_string(&report).map_err(|error| error.to_string())
}

fn report_of(args: &BookArgs, book: &Book<'_>) -> Result<BookReport, CommandError> {
    let instruments = match &args.instrument {
        None => (0..book.instrument_count()).map(InstrumentId).collect(),
        Some(symbol) => vec![instrument_of(symbol, book)?],
    };
    Ok(BookReport {
        data: args.data.display().to_string(),
        sequence: book.last_sequence().0,
        instruments: instruments
            .into_iter()
            .map(|instrument| InstrumentReport::of(book, instrument, args))
            .collect(),
    })
}

fn instrument_of(symbol: &str, book: &Book<'_>) -> Result<InstrumentId, CommandError> {
    let found = Symbol::new(symbol.as_bytes()).and_then(|symbol| book.instrument(symbol));
    found.ok_or_else(|| {
        let all =
            (0..book.instrument_count()).filter_map(|number| book.symbol(InstrumentId(number)));
        let few: Vec<String> = all.take(8).map(|symbol| symbol.to_string()).collect();
        let more = if few.len() < 8 { "" } else { " ..." };
        CommandError::failed(format!(
            "there is no instrument '{symbol}' after sequence {}; there {} {}{more}",
            book.last_sequence(),
            if few.len() == 1 { "is" } else { "are" },
            if few.is_empty() { "none".to_owned() } else { few.join(", ") }
        ))
    })
}

impl InstrumentReport {
    fn of(book: &Book<'_>, instrument: InstrumentId, args: &BookArgs) -> Self {
        let decimals = book.terms(instrument).map(|terms| terms.decimals).unwrap_or_default();
        let decimals = shown_decimals(args.prices.form(), decimals);
        let levels = |side| {
            let levels = book.summed_levels(instrument, side).take(args.depth);
            levels.map(|level| LevelReport::of(level, decimals)).collect()
        };
        let level_count = |side| book.levels(instrument, side).count() as u64;
        Self {
            symbol: book.symbol(instrument).map(|symbol| symbol.to_string()).unwrap_or_default(),
            phase: book.phase(instrument).unwrap_or_default().name(),
            is_halted: book.is_halted(instrument),
            last_trade: ReportedPrice::new(
                "last_trade_ticks",
                book.last_trade(instrument),
                decimals,
            ),
            stop_count: book.stops(instrument).count() as u64,
            bid_level_count: level_count(Side::Buy),
            ask_level_count: level_count(Side::Sell),
            bids: levels(Side::Buy),
            asks: levels(Side::Sell),
        }
    }
}

impl LevelReport {
    fn of(level: LevelView, decimals: Option<PriceDecimals>) -> Self {
        Self {
            price: ReportedPrice::new("price_ticks", Some(level.price), decimals),
            quantity_lots: level.quantity_lots,
            visible_lots: level.visible_lots,
            order_count: level.order_count,
        }
    }
}

impl fmt::Display for BookReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "book in '{}' after sequence {}", self.data, grouped(self.sequence))?;
        self.instruments.iter().try_for_each(|instrument| write!(f, "\n{instrument}"))
    }
}

impl fmt::Display for InstrumentReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.symbol, self.phase)?;
        if self.is_halted {
            write!(f, ", halted")?;
        }
        if let Some(price) = self.last_trade.with_unit() {
            write!(f, ", last trade at {price}")?;
        }
        if self.stop_count > 0 {
            write!(f, ", {} stops wait", grouped(self.stop_count))?;
        }
        writeln!(f)?;
        // The asks from the worst shown to the best, so that the two best stand beside each other.
        for level in self.asks.iter().rev() {
            level.write_line(f, "ask")?;
        }
        for level in &self.bids {
            level.write_line(f, "bid")?;
        }
        let hidden = |all: u64, shown: &[LevelReport]| all.saturating_sub(shown.len() as u64);
        let (bids, asks) =
            (hidden(self.bid_level_count, &self.bids), hidden(self.ask_level_count, &self.asks));
        if bids + asks > 0 {
            writeln!(f, "  and {} more bid and {} more ask levels", grouped(bids), grouped(asks))?;
        }
        Ok(())
    }
}

impl LevelReport {
    fn write_line(&self, f: &mut fmt::Formatter<'_>, side: &str) -> fmt::Result {
        let Self { price, quantity_lots, visible_lots, order_count } = self;
        let unit = if price.is_in_ticks() { " ticks" } else { "" };
        write!(f, "  {side} {price:>10}{unit} {quantity_lots:>12} lots {order_count:>6} orders")?;
        if visible_lots < quantity_lots {
            write!(f, ", {visible_lots} lots shown")?;
        }
        writeln!(f)
    }
}
