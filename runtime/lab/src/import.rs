//! `highwater import`: makes a flow of the files in which others keep order books.
//!
//! A format is a module that turns the rows of its files into lines; what they share are the rows
//! with their places, the lines with their counts, and the table of open orders. Memory is bounded
//! but for that table.

mod databento;
mod lines;
mod lobster;
mod open_orders;
mod rows;

use clap::ValueEnum;
use databento::Databento;
use highwater::types::{PriceDecimals, Symbol};
use highwater_console::flow_output::FlowOutput;
use highwater_console::paths::Paths;
use highwater_console::progress::bytes_bar;
use highwater_console::{CommandError, note};
use highwater_flows::flow::{decompressed, symbol_of as flow_symbol, unnamed};
use highwater_flows::outputs::OutputError;
use highwater_flows::resolved_path::STANDARD;
use highwater_platform::signals::StopFlag;
use lines::Lines;
use lobster::Lobster;
use rows::{Header, Problem, Row, Rows};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Make a flow of a file of another format.
///
/// docs/flows.md says what becomes of each message. Memory is bounded but for a table of the open
/// orders, some 80 bytes for each. A summary on standard error counts the lines that were written
/// and the messages that were skipped, by reason.
#[derive(Clone, Debug, clap::Args)]
pub struct ImportArgs {
    /// What the file holds: LOBSTER messages, or Databento's schema MBO as CSV
    #[arg(long, value_name = "FORMAT")]
    pub format: Format,
    /// The file, plain or gzip; - is standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Flow to write; compressed when its name ends in .gz; - for standard output
    #[arg(long, value_name = "FLOW", default_value = "-")]
    pub out: PathBuf,
    /// Digits of a price behind the point, 0 to 9: one tick is the last of them, and the flow
    /// defines its instruments so. A price that has more is an error
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(0..=9))]
    pub decimals: u8,
    /// The instrument of a LOBSTER file [default: what stands before the first _ of its name]
    #[arg(long, value_name = "SYMBOL")]
    pub symbol: Option<String>,
}

/// A format that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The message file of LOBSTER: six columns without a header.
    Lobster,
    /// Market by order of Databento, as CSV with its column names.
    DatabentoMbo,
}

/// What turns rows into lines.
trait Importer {
    /// Takes a row.
    ///
    /// # Errors
    /// What is wrong with it.
    fn row(&mut self, row: Row<'_>, lines: &mut Lines) -> Result<(), Problem>;

    /// There are no more rows.
    fn end(&mut self, lines: &mut Lines);
}

/// Rows between two looks at the wish to stop.
const ROWS_AT_ONCE: u32 = 4_096;

/// Makes a flow of the file that `args` name. When `stop` is raised it ends early and leaves no
/// file.
///
/// # Errors
/// The file cannot be read, a row is malformed, or the flow cannot be written.
pub fn import(args: &ImportArgs, stop: &StopFlag) -> Result<(), CommandError> {
    let paths = Paths::default().reads_or_stdin("FILE", Some(&args.file));
    paths.writes_or_stdout("--out", Some(&args.out)).check()?;
    let decimals = PriceDecimals(args.decimals);
    let opened = opened(&args.file).and_then(decompressed);
    let input = opened.map_err(|error| {
        CommandError::failed(format!("could not read '{}': {error}", args.file.display()))
    })?;
    let failed = |error| output_failure(&args.out, error);
    let output = FlowOutput::create(&args.out).map_err(failed)?;
    let mut lines = Lines::new(output, decimals);
    let is_whole = match args.format {
        Format::Lobster => {
            let mut importer = Lobster::new(symbol_of(args)?, decimals);
            let rows = Rows::new(&args.file, input, Header::None);
            each_row(rows, &mut importer, &mut lines, args, stop)?
        }
        Format::DatabentoMbo => {
            if args.symbol.is_some() {
                let sentence = "--symbol is for --format lobster: the rows of databento-mbo have \
                                one; leave it out";
                return Err(CommandError::WrongUsage(sentence.to_owned()));
            }
            let mut rows = Rows::new(&args.file, input, Header::First);
            let mut importer = Databento::new(&mut rows, decimals).map_err(CommandError::Failed)?;
            each_row(rows, &mut importer, &mut lines, args, stop)?
        }
    };
    let summary = lines.summary();
    if !is_whole {
        note(&format!("stopped: {} is incomplete", args.out.display()));
        return Ok(());
    }
    lines.finish().map_err(failed)?;
    note(&format!("{summary}\nwritten to {}", args.out.display()));
    Ok(())
}

/// Gives every row to `importer`; false when somebody wished to stop.
fn each_row(
    mut rows: Rows,
    importer: &mut impl Importer,
    lines: &mut Lines,
    args: &ImportArgs,
    stop: &StopFlag,
) -> Result<bool, CommandError> {
    loop {
        for _ in 0..ROWS_AT_ONCE {
            let taken = rows.next(|row| importer.row(row, lines)).map_err(CommandError::Failed)?;
            if !taken {
                importer.end(lines);
                return Ok(true);
            }
        }
        lines.settle().map_err(|error| output_failure(&args.out, error))?;
        if stop.is_raised() {
            return Ok(false);
        }
    }
}

fn output_failure(out: &Path, error: io::Error) -> CommandError {
    let error = OutputError::new("flow", out, error);
    if error.is_broken_pipe() { CommandError::ClosedPipe } else { CommandError::failed(error) }
}

/// The bytes of the file; a bar shows how far a long one has been read.
fn opened(path: &Path) -> io::Result<Box<dyn Read + Send>> {
    if path == STANDARD {
        return Ok(Box::new(io::stdin()));
    }
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    Ok(Box::new(bytes_bar(metadata.len(), "read").wrap_read(file)))
}

/// The instrument of a LOBSTER file.
fn symbol_of(args: &ImportArgs) -> Result<Symbol, CommandError> {
    if let Some(given) = &args.symbol {
        return flow_symbol(given.as_bytes()).ok_or_else(|| {
            let expected = "1 to 16 printable ASCII characters without space, comma or quote";
            CommandError::WrongUsage(format!("--symbol is '{given}', expected {expected}"))
        });
    }
    let name = args.file.file_name().unwrap_or_default().to_string_lossy();
    let ticker = name.split_once('_').map(|(ticker, _)| ticker);
    Ok(ticker.and_then(|ticker| flow_symbol(ticker.as_bytes())).unwrap_or_else(unnamed))
}

#[cfg(test)]
mod tests;
