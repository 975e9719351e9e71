//! The report: documents whose sections are replaced one by one, each known by its heading.

use super::plot::Plot;
use highwater_console::CommandError;
use highwater_flows::outputs::{OutputError, TextFile};
use serde::Serialize;
use std::fmt::Display;
use std::fs;
use std::io;
use std::path::Path;

/// What one measurement puts into the report; it displays itself as Markdown.
pub(super) trait Section: Serialize + Display {
    /// The line that it begins with.
    const HEADING: &'static str;

    /// What is drawn below its text, where plots can be.
    fn plots(&self) -> Vec<Plot>;
}

/// What a new report begins with.
const TITLE: &str =
    "# Benchmark report\n\nWritten by `highwater bench`, a section for each measurement.\n";

/// What a new page begins with: all that its looks need, and nothing from elsewhere. HTML lets the
/// end of a document be left out, so that sections can be added.
const PAGE_TITLE: &str = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Benchmark report</title>
<style>
:root { color-scheme: light dark; --ink: #222; --ground: #fff; --line: #ccc; }
@media (prefers-color-scheme: dark) { :root { --ink: #ddd; --ground: #181818; --line: #444; } }
body { color: var(--ink); background: var(--ground); font: 15px/1.5 sans-serif; margin: 2em auto;
  max-width: 75em; padding: 0 1em; }
table { border-collapse: collapse; display: block; overflow-x: auto; font-size: 13px; }
th, td { border: 1px solid var(--line); padding: 0.2em 0.6em; }
svg { display: block; max-width: 100%; height: auto; margin: 1em 0; }
</style>
</head>
<body>
<h1>Benchmark report</h1>
<p>Written by <code>highwater bench</code>, a section for each measurement.</p>
"#;

/// A kind of document.
#[derive(Clone, Copy, Debug)]
struct Kind {
    /// What it is, in errors.
    what: &'static str,
    title: &'static str,
    /// What the line begins with that begins a section.
    mark: &'static str,
}

const MARKDOWN: Kind = Kind { what: "sections of the report", title: TITLE, mark: "## " };
const PAGE: Kind = Kind { what: "sections of the page", title: PAGE_TITLE, mark: "<h2>" };

/// Puts a section into the report `markdown`: in the place of the one with its heading, or at the
/// end; and into `page` with its plots.
///
/// A document is replaced as a whole: whoever reads it meanwhile sees the old one or the new one.
pub(super) fn write_down<S: Section>(
    section: &S,
    markdown: &Path,
    page: &Path,
) -> Result<(), CommandError> {
    let text = section.to_string();
    let mut html = html_of(&text);
    for plot in section.plots() {
        html.push_str(&plot.svg()?);
    }
    let heading = html.lines().next().unwrap_or_default().to_owned();
    let written = replace_section(MARKDOWN, markdown, S::HEADING, &text)
        .and_then(|()| replace_section(PAGE, page, &heading, &html));
    written.map_err(CommandError::failed)
}

/// Markdown with tables as HTML; its first line is the heading.
fn html_of(markdown: &str) -> String {
    let mut html = String::new();
    let parser = pulldown_cmark::Parser::new_ext(markdown, pulldown_cmark::Options::ENABLE_TABLES);
    pulldown_cmark::html::push_html(&mut html, parser);
    html
}

fn replace_section(
    kind: Kind,
    path: &Path,
    heading: &str,
    section: &str,
) -> Result<(), OutputError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => kind.title.to_owned(),
        Err(error) => return Err(OutputError::new(kind.what, path, error)),
    };
    let mut file = TextFile::create(kind.what, path)?;
    file.text().extend_from_slice(replaced(kind, &text, heading, section).as_bytes());
    file.flush()?;
    file.keep()
}

fn replaced(kind: Kind, text: &str, heading: &str, section: &str) -> String {
    let mut before = String::new();
    let mut behind = String::new();
    let mut is_ours = false;
    let mut was_found = false;
    for line in text.lines() {
        if line.starts_with(kind.mark) {
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
        let once = replaced(MARKDOWN, "# R\n", "## A", "## A\n\nold\n");
        assert_eq!(once, "# R\n\n## A\n\nold\n");
        let two = replaced(MARKDOWN, &once, "## B", "## B\n\nb\n");
        assert_eq!(two, "# R\n\n## A\n\nold\n\n## B\n\nb\n");
        let again = replaced(MARKDOWN, &two, "## A", "## A\n\nnew\n\n### more\n");
        assert_eq!(again, "# R\n\n## A\n\nnew\n\n### more\n\n## B\n\nb\n");
    }

    #[test]
    fn a_page_has_the_same_sections_and_keeps_its_plots() {
        let page = |text: &str| html_of(text) + "<svg>\n</svg>\n";
        let (a, b) = (page("## A\n\n| x |\n|---|\n| <1> |\n"), page("## B\n"));
        assert!(a.starts_with("<h2>A</h2>\n<table>") && a.contains("&lt;1&gt;"), "{a}");
        let one = replaced(PAGE, PAGE_TITLE, "<h2>A</h2>", &a);
        let two = replaced(PAGE, &one, "<h2>B</h2>", &b);
        let again = replaced(PAGE, &two, "<h2>A</h2>", &page("## A\n\nnew\n"));
        assert_eq!(again.matches("<svg>").count(), 2, "{again}");
        assert!(again.starts_with("<!DOCTYPE html>") && !again.contains("table>"), "{again}");
    }
}
