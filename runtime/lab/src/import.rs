//! `highwater import`: makes a flow of the files in which others keep order books.
//!
//! A format is a module that turns the rows or messages of its files into lines; what they share
//! are the rows with their places, the lines with their counts, and the orders that are made of
//! executions. Memory is bounded but for a table of the open orders.

mod databento;
mod itch;
mod lines;
mod lobster;
mod open_orders;
mod reader;
mod rows;

use clap::ValueEnum;
use databento::Databento;
use highwater::decimal::DecimalFault;
use highwater::types::{PriceDecimals, Symbol};
use highwater_console::flow_output::FlowOutput;
use highwater_console::paths::Paths;
use highwater_console::progress::bytes_bar;
use highwater_console::{CommandError, note};
use highwater_flows::flow::{decompressed, symbol_of as flow_symbol, unnamed};
use highwater_flows::outputs::OutputError;
use highwater_flows::resolved_path::STANDARD;
use highwater_platform::signals::StopFlag;
use itch::Itch;
use lines::Lines;
use lobster::Lobster;
pub use reader::FlowText;
use rows::{ByRow, Header, Rows};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Make a flow of a file of another format.
///
/// docs/flows.md says what becomes of each message. Memory is bounded but for a table of the open
/// orders, some 100 bytes for each. A summary on standard error counts the lines that were written
/// and the messages that were skipped, by reason.
#[derive(Clone, Debug, clap::Args)]
pub struct ImportArgs {
    /// What the file holds: LOBSTER messages, Databento's schema MBO as CSV, or ITCH 5.0 messages
    /// behind their lengths (BinaryFILE)
    #[arg(long, value_name = "FORMAT")]
    pub format: Format,
    /// The file, plain or gzip; - is standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Flow to write; compressed when its name ends in .gz; - for standard output
    #[arg(long, value_name = "FLOW", default_value = "-")]
    pub out: PathBuf,
    /// Digits of a price behind the point, 0 to 9: one tick is the last of them, and the flow
    /// defines its instruments so. A price that has more is an error [default: 4 for itch, else 2]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=9))]
    pub decimals: Option<u8>,
    /// The instrument of a LOBSTER file [default: what stands before the first _ of its name]
    #[arg(long, value_name = "SYMBOL")]
    pub symbol: Option<String>,
}

impl ImportArgs {
    fn check_symbol(&self) -> Result<(), CommandError> {
        if self.symbol.is_some() && self.format != Format::Lobster {
            let sentence = "--symbol is for --format lobster: the files of other formats name \
                            their instruments; leave it out";
            return Err(CommandError::WrongUsage(sentence.to_owned()));
        }
        Ok(())
    }

    /// What is imported, decompressed.
    fn input(&self) -> Result<Box<dyn Read + Send>, CommandError> {
        opened(&self.file).and_then(decompressed).map_err(|error| {
            CommandError::failed(format!("could not read '{}': {error}", self.file.display()))
        })
    }
}

/// A format that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The message file of LOBSTER: six columns without a header.
    Lobster,
    /// Market by order of Databento, as CSV with its column names.
    DatabentoMbo,
    /// Messages of ITCH 5.0, each behind its length in 2 bytes.
    Itch,
}

impl Format {
    /// The decimals of the instruments when nobody says others.
    fn decimals(self) -> PriceDecimals {
        match self {
            Self::Lobster | Self::DatabentoMbo => PriceDecimals::default(),
            Self::Itch => itch::DECIMALS,
        }
    }
}

/// A file that is turned into lines.
trait Importer: Send {
    /// Takes the next row or message; false when there is none.
    ///
    /// # Errors
    /// What is wrong with it and where it stands, as a sentence.
    fn step(&mut self, lines: &mut Lines) -> Result<bool, String>;

    /// There are no more of them.
    fn end(&mut self, lines: &mut Lines);
}

/// Rows or messages between two looks at the wish to stop.
const STEPS_AT_ONCE: u32 = 4_096;

/// Makes a flow of the file that `args` name. When `stop` is raised it ends early and leaves no
/// file.
///
/// # Errors
/// The file cannot be read, a row or message is malformed, or the flow cannot be written.
pub fn import(args: &ImportArgs, stop: &StopFlag) -> Result<(), CommandError> {
    let paths = Paths::default().reads_or_stdin("FILE", Some(&args.file));
    paths.writes_or_stdout("--out", Some(&args.out)).check()?;
    args.check_symbol()?;
    let input = args.input()?;
    let failed = |error| output_failure(&args.out, error);
    let mut output = FlowOutput::create(&args.out).map_err(failed)?;
    let mut lines = Lines::new(decimals_of(args));
    let mut importer = importer_of(args, input)?;
    let is_whole = each_step(&mut *importer, &mut lines, stop, &mut |text| {
        output.write_all(text).map_err(failed)
    })?;
    let summary = lines.summary();
    if !is_whole {
        note(&format!("stopped: {} is incomplete", args.out.display()));
        return Ok(());
    }
    output.finish().map_err(failed)?;
    note(&format!("{summary}\nwritten to {}", args.out.display()));
    Ok(())
}

/// The decimals of the instruments.
fn decimals_of(args: &ImportArgs) -> PriceDecimals {
    args.decimals.map_or_else(|| args.format.decimals(), PriceDecimals)
}

/// What takes `input` apart.
fn importer_of(
    args: &ImportArgs,
    input: Box<dyn Read + Send>,
) -> Result<Box<dyn Importer>, CommandError> {
    let decimals = decimals_of(args);
    Ok(match args.format {
        Format::Lobster => {
            let lobster = Lobster::new(symbol_of(args)?, decimals);
            Box::new(ByRow::new(Rows::new(&args.file, input, Header::None), lobster))
        }
        Format::DatabentoMbo => {
            let mut rows = Rows::new(&args.file, input, Header::First);
            let databento = Databento::new(&mut rows, decimals).map_err(CommandError::Failed)?;
            Box::new(ByRow::new(rows, databento))
        }
        Format::Itch => Box::new(Itch::new(&args.file, input, decimals)),
    })
}

/// Takes the whole file and has its text written; false when somebody wished to stop.
fn each_step(
    importer: &mut dyn Importer,
    lines: &mut Lines,
    stop: &StopFlag,
    write: &mut dyn FnMut(&[u8]) -> Result<(), CommandError>,
) -> Result<bool, CommandError> {
    loop {
        for _ in 0..STEPS_AT_ONCE {
            if !importer.step(lines).map_err(CommandError::Failed)? {
                importer.end(lines);
                write(lines.gathered())?;
                lines.clear();
                return Ok(true);
            }
        }
        if lines.is_much() {
            write(lines.gathered())?;
            lines.clear();
        }
        if stop.is_raised() {
            return Ok(false);
        }
    }
}

/// Why a price is refused, as the end of a sentence, and the option that helps where there is one.
fn price_refusal(fault: DecimalFault) -> String {
    match fault {
        DecimalFault::TooFine(_) => format!(": {fault}; add --decimals with as many as it has"),
        DecimalFault::TooHigh(_) => format!(": {fault}; fewer --decimals have room for more"),
        DecimalFault::NoDecimal => format!(": {fault}"),
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
