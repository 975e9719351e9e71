//! The rows of a file of comma-separated values, each with its place.

use super::Importer;
use super::lines::Lines;
use csv::{ByteRecord, Reader, ReaderBuilder};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Longest row, in bytes.
const ROW_BYTES_MAX: usize = 64 << 10;

/// What is wrong with a row: the byte column, from 1, and a sentence.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) column: usize,
    pub(super) sentence: String,
}

/// A file that is read row by row.
pub(super) struct Rows {
    file: PathBuf,
    reader: Reader<LineLimit>,
    record: ByteRecord,
}

/// Whether the first row names the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Header {
    First,
    None,
}

/// One row.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    record: &'a ByteRecord,
    pub(super) line: u64,
}

/// What turns rows into lines.
pub(super) trait RowImporter: Send {
    /// Takes a row.
    ///
    /// # Errors
    /// What is wrong with it.
    fn row(&mut self, row: Row<'_>, lines: &mut Lines) -> Result<(), Problem>;

    /// There are no more rows.
    fn end(&mut self, lines: &mut Lines);
}

/// A file that is imported row by row.
pub(super) struct ByRow<I> {
    rows: Rows,
    importer: I,
}

impl<I: RowImporter> ByRow<I> {
    /// Gives `rows` to `importer`.
    pub(super) const fn new(rows: Rows, importer: I) -> Self {
        Self { rows, importer }
    }
}

impl<I: RowImporter> Importer for ByRow<I> {
    fn step(&mut self, lines: &mut Lines) -> Result<bool, String> {
        let Self { rows, importer } = self;
        rows.next(|row| importer.row(row, lines))
    }

    fn end(&mut self, lines: &mut Lines) {
        self.importer.end(lines);
    }
}

impl Rows {
    /// The rows of `input`, which was found in `file`.
    pub(super) fn new(file: &Path, input: Box<dyn Read + Send>, header: Header) -> Self {
        let mut builder = ReaderBuilder::new();
        builder
            .has_headers(header == Header::First)
            .quoting(false)
            .flexible(true)
            .buffer_capacity(64 << 10);
        let reader = builder.from_reader(LineLimit { input, length: 0 });
        Self { file: file.to_owned(), reader, record: ByteRecord::new() }
    }

    /// The names of the columns.
    pub(super) fn header(&mut self) -> Result<ByteRecord, String> {
        match self.reader.byte_headers() {
            Ok(header) => Ok(header.clone()),
            Err(error) => Err(self.sentence(1, &unreadable(&error))),
        }
    }

    /// A sentence about the header.
    pub(super) fn sentence(&self, line: u64, problem: &Problem) -> String {
        format!("{}:{line}:{}: {}", self.file.display(), problem.column, problem.sentence)
    }

    /// Gives the next row to `take`; false at the end.
    pub(super) fn next(
        &mut self,
        take: impl FnOnce(Row<'_>) -> Result<(), Problem>,
    ) -> Result<bool, String> {
        let line = self.reader.position().line();
        match self.reader.read_byte_record(&mut self.record) {
            Ok(false) => return Ok(false),
            Ok(true) => {}
            Err(error) => return Err(self.sentence(line, &unreadable(&error))),
        }
        let line = self.record.position().map_or(line, csv::Position::line);
        let row = Row { record: &self.record, line };
        take(row).map_err(|problem| self.sentence(line, &problem))?;
        Ok(true)
    }
}

fn unreadable(error: &csv::Error) -> Problem {
    let sentence = if let csv::ErrorKind::Io(error) = error.kind() {
        read_refusal(error)
    } else {
        error.to_string()
    };
    Problem { column: 1, sentence }
}

/// Why a file cannot be read to its end.
pub(super) fn read_refusal(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        "the gzip data ends too early".to_owned()
    } else {
        format!("cannot be read further: {error}")
    }
}

impl<'a> Row<'a> {
    /// How many fields there are.
    pub(super) fn length(self) -> usize {
        self.record.len()
    }

    /// A field without blanks around it; empty where the row is too short.
    pub(super) fn field(self, index: usize) -> &'a [u8] {
        self.record.get(index).unwrap_or_default().trim_ascii()
    }

    /// The field of the column `name` is not what was expected.
    pub(super) fn wrong(self, index: usize, name: &str, expected: &str) -> Problem {
        self.problem(index, name, &format!(", expected {expected}"))
    }

    /// What the field of the column `name` is, and how the sentence about it goes on.
    pub(super) fn problem(self, index: usize, name: &str, rest: &str) -> Problem {
        let found = self.field(index);
        let shown = &found[..found.len().min(32)];
        let sentence = if found.is_empty() {
            format!("{name} is empty{rest}")
        } else {
            format!("{name} is \"{}\"{rest}", shown.escape_ascii())
        };
        let before = self.record.iter().take(index).map(|field| field.len() + 1);
        Problem { column: 1 + before.sum::<usize>(), sentence }
    }

    /// A whole number that is not negative.
    pub(super) fn number(self, index: usize, name: &str) -> Result<u64, Problem> {
        let text = std::str::from_utf8(self.field(index)).ok();
        let is_number = |text: &&str| !text.starts_with('+');
        text.filter(is_number)
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| self.wrong(index, name, "an integer from 0 to 18446744073709551615"))
    }
}

/// Bytes of which no line is so long that it would fill the memory.
struct LineLimit {
    input: Box<dyn Read + Send>,
    /// Bytes since the last line feed.
    length: usize,
}

impl Read for LineLimit {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(room)?;
        match room[..count].iter().rposition(|byte| *byte == b'\n') {
            Some(at) => self.length = count - at - 1,
            None => self.length += count,
        }
        if self.length > ROW_BYTES_MAX {
            let sentence = format!("a line is longer than {ROW_BYTES_MAX} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, sentence));
        }
        Ok(count)
    }
}
