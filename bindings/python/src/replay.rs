//! Files of orders as commands: flows, and the formats that an import makes flows of.

use crate::errors::{FlowError, sentence};
use crate::row_stream::{RowSource, RowStream, Rows, Step};
use crate::rows::CommandRow;
use highwater::limits::INSTRUMENTS_MAX;
use highwater::types::Capacities;
use highwater_book::OwnedBook;
use highwater_flows::feed::{Fed, Feed, FeedEnd, Source};
use highwater_flows::flow::FlowReader;
use highwater_lab::import::{FlowText, Format, ImportArgs};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::path::PathBuf;
use std::time::Duration;

/// Rows of a chunk, at most: 2 GiB of them.
const CHUNK_MAX: usize = 1 << 24;

/// A chunk of a size that can be.
pub(crate) fn checked_chunk(chunk: usize) -> PyResult<usize> {
    if (1..=CHUNK_MAX).contains(&chunk) {
        return Ok(chunk);
    }
    Err(PyValueError::new_err(format!("chunk is {chunk}: use 1 to {CHUNK_MAX} rows")))
}

/// A flow that is read.
struct FlowRows {
    feed: Feed,
    chunk: usize,
    /// Why there is nothing more, once that is known.
    ended: Option<Result<(), String>>,
}

impl RowSource for FlowRows {
    fn next(&mut self, _: Duration) -> Result<Step, String> {
        let mut rows: Vec<CommandRow> = Vec::new();
        while rows.len() < self.chunk && self.ended.is_none() {
            match self.feed.feed() {
                Fed::Command(command) => {
                    rows.try_reserve(1)
                        .map_err(|_| "there is no memory for the chunk: use a smaller one")?;
                    rows.push(CommandRow::of(&command, self.feed.timestamp_ns()));
                }
                // Files and imports never say that nothing is there yet.
                Fed::Pending | Fed::End(FeedEnd::Finished | FeedEnd::LimitReached) => {
                    self.ended = Some(Ok(()));
                }
                Fed::End(FeedEnd::BadLine(error)) => self.ended = Some(Err(error.to_string())),
            }
        }
        match (rows.is_empty(), &self.ended) {
            (true, Some(Err(sentence))) => Err(sentence.clone()),
            (true, Some(Ok(())) | None) => Ok(Step::End),
            (false, _) => Ok(Step::Rows(Rows::Commands(rows))),
        }
    }

    fn empty(&self) -> Rows {
        Rows::Commands(Vec::new())
    }

    fn exception(&self, sentence: String) -> PyErr {
        FlowError::new_err(sentence)
    }
}

/// The formats, by the names that Python gives them.
fn format_of(name: &str) -> PyResult<Option<Format>> {
    match name {
        "highwater" => Ok(None),
        "lobster" => Ok(Some(Format::Lobster)),
        "databento-mbo" => Ok(Some(Format::DatabentoMbo)),
        "itch50" => Ok(Some(Format::Itch)),
        other => Err(PyValueError::new_err(format!(
            "format is {other:?}: use \"highwater\", \"lobster\", \"databento-mbo\" or \"itch50\""
        ))),
    }
}

fn reader_of(
    file: PathBuf,
    format: Option<Format>,
    decimals: Option<u8>,
    symbol: Option<String>,
) -> PyResult<FlowReader> {
    let refused = |error: String| FlowError::new_err(error);
    let Some(format) = format else {
        return FlowReader::open(&file).map_err(|error| refused(error.to_string()));
    };
    let out = PathBuf::from("-");
    let args = ImportArgs { format, file, out, decimals, symbol };
    let text = FlowText::open(&args).map_err(|error| refused(sentence(error)))?;
    FlowReader::from_reader(&args.file, text).map_err(|error| refused(error.to_string()))
}

/// The commands of a file, in chunks.
#[pyfunction]
pub(crate) fn read_flow(
    py: Python<'_>,
    file: PathBuf,
    format: &str,
    chunk: usize,
    decimals: Option<u8>,
    symbol: Option<String>,
) -> PyResult<RowStream> {
    let (format, chunk) = (format_of(format)?, checked_chunk(chunk)?);
    if decimals.is_some_and(|decimals| decimals > 9) {
        return Err(PyValueError::new_err("decimals: use 0 to 9"));
    }
    if format.is_none() && (decimals.is_some() || symbol.is_some()) {
        return Err(PyValueError::new_err(
            "a flow says decimals and symbols itself: leave both arguments out",
        ));
    }
    if file.as_os_str() == "-" {
        return Err(PyValueError::new_err("the file is '-', which is no file: use a path"));
    }
    let reader = py.detach(|| reader_of(file, format, decimals, symbol))?;
    let capacities = Capacities { orders: 1, instruments: 1, sessions: 2 };
    let nothing = OwnedBook::new(capacities).map_err(crate::errors::failed)?;
    let source = Source::Flow(Box::new(reader));
    let feed = Feed::new(source, nothing.book(), INSTRUMENTS_MAX, u64::MAX);
    Ok(RowStream::of(FlowRows { feed, chunk, ended: None }))
}
