//! A line split at its commas, and where its fields start.

use super::problem::{LineProblem, column_at, quoted};
use super::scan::find_each;
use arrayvec::ArrayVec;

/// The fields of a line, at most so many. What is beyond them is noted, not kept.
pub(super) struct Split<'a, const FIELDS_MAX: usize> {
    pub(super) line: &'a [u8],
    pub(super) parts: ArrayVec<&'a [u8], FIELDS_MAX>,
    /// Where a field beyond those starts, if there is one.
    surplus: Option<usize>,
}

impl<'a, const FIELDS_MAX: usize> Split<'a, FIELDS_MAX> {
    #[inline]
    pub(super) fn of(line: &'a [u8]) -> Self {
        let mut parts = ArrayVec::new();
        let mut start = 0;
        find_each(line, b',', |at| {
            parts.push(&line[start..at]);
            start = at + 1;
            !parts.is_full()
        });
        if parts.is_full() {
            return Self { line, parts, surplus: Some(start) };
        }
        parts.push(&line[start..]);
        Self { line, parts, surplus: None }
    }

    /// Refuses a line with more fields than the header has columns.
    pub(super) fn check_end(&self, columns: usize) -> Result<(), LineProblem> {
        let start = if columns < self.parts.len() {
            self.start(columns)
        } else if let Some(surplus) = self.surplus {
            surplus
        } else {
            return Ok(());
        };
        let found = quoted(&self.line[start..]);
        let problem =
            format!("{found} follows the last of {columns} columns, expected the line's end");
        Err(LineProblem { column: column_at(start), problem })
    }

    /// The line ends before a field that it needs: of `least`, the one called `name` is missing.
    #[cold]
    pub(super) fn too_short(&self, least: usize, name: &str) -> LineProblem {
        let count = self.parts.len();
        let problem =
            format!("the line ends after {count} of at least {least} columns, expected {name}");
        LineProblem { column: column_at(self.line.len()), problem }
    }

    /// Offset of a field that the line has.
    pub(super) fn start(&self, index: usize) -> usize {
        self.parts[..index].iter().map(|field| field.len() + 1).sum()
    }
}
