//! The report: a document whose sections are replaced one by one, each known by its heading.

use crate::outputs::{OutputError, TextFile};
use std::fs;
use std::io;

/// What a new report begins with.
const TITLE: &str =
    "# Benchmark report\n\nWritten by `highwater bench`, a section for each measurement.\n";

/// What is written, in errors.
const WHAT: &str = "sections of the report";

/// Puts `section`, which begins with the line `heading`, into the report: in the place of the one
/// with this heading, or at the end.
///
/// The report is replaced as a whole: whoever reads it meanwhile sees the old one or the new one.
pub(super) fn replace_section(
    report: &str,
    heading: &str,
    section: &str,
) -> Result<(), OutputError> {
    let text = match fs::read_to_string(report) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => TITLE.to_owned(),
        Err(error) => return Err(OutputError::new(WHAT, report, error)),
    };
    let mut file = TextFile::create(WHAT, report)?;
    file.text().extend_from_slice(replaced(&text, heading, section).as_bytes());
    file.flush()?;
    file.keep()
}

fn replaced(text: &str, heading: &str, section: &str) -> String {
    let mut before = String::new();
    let mut behind = String::new();
    let mut is_ours = false;
    let mut was_found = false;
    for line in text.lines() {
        if line.starts_with("## ") {
            is_ours = line == heading;
            was_found |= is_ours;
        }
        if !is_ours {
            let part = if was_found { &mut behind } else { &mut before };
            part.push_str(line);
            part.push('\n');
        }
    }
    let parts = [before.trim_end(), section.trim_end(), behind.trim_end()];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("\n\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_added_and_then_replaced_where_it_stands() {
        let once = replaced("# R\n", "## A", "## A\n\nold\n");
        assert_eq!(once, "# R\n\n## A\n\nold\n");
        let two = replaced(&once, "## B", "## B\n\nb\n");
        assert_eq!(two, "# R\n\n## A\n\nold\n\n## B\n\nb\n");
        let again = replaced(&two, "## A", "## A\n\nnew\n\n### more\n");
        assert_eq!(again, "# R\n\n## A\n\nnew\n\n### more\n\n## B\n\nb\n");
    }
}
