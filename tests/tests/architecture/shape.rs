//! The shape of the files: a first sentence, no more than 600 lines, no line beyond 100 columns.

use crate::tree::{Source, markdown_files, rust_files};
use crate::{none, one};

/// Lines of a file, at most.
const LINES_MAX: usize = 600;
/// Columns of a Rust file, at most; tables and texts that the formatter can't break may be wider.
const COLUMNS_MAX: usize = 100;
/// Columns of a document, at most; tables and code are as wide as they must be.
const DOCUMENT_COLUMNS_MAX: usize = 120;

fn check_rust(Source { path, text }: &Source) -> Vec<String> {
    let mut complaints: Vec<String> = first_sentence(text).err().into_iter().collect();
    let count = text.lines().count();
    if count > LINES_MAX {
        complaints.push(format!("it has {count} lines"));
    }
    let breakable = |(_, line): &(usize, &str)| {
        let line = line.trim_start();
        !line.contains('"') && !line.ends_with('\\') && !line.starts_with("//! |")
    };
    let lines: Vec<(usize, &str)> = text.lines().enumerate().filter(breakable).collect();
    complaints.extend(wide_lines(&lines, COLUMNS_MAX));
    complaints.into_iter().map(|complaint| format!("{path}: {complaint}")).collect()
}

/// The sentence that line 1 begins; a long one may go on in the lines below.
fn first_sentence(text: &str) -> Result<String, String> {
    let paragraph: Vec<&str> =
        text.lines().map_while(|line| line.strip_prefix("//! ")).map(str::trim).collect();
    let sentence = paragraph.join(" ");
    if sentence.is_empty() {
        Err("line 1 does not say what it is".to_owned())
    } else if !sentence.ends_with('.') || sentence.contains(". ") {
        Err(format!("it does not begin with one sentence: {sentence}"))
    } else {
        Ok(sentence)
    }
}

fn wide_lines(lines: &[(usize, &str)], columns_max: usize) -> Vec<String> {
    let wide = lines.iter().filter(|(_, line)| line.chars().count() > columns_max);
    wide.map(|(index, _)| format!("line {} is too wide", index + 1)).collect()
}

fn check_markdown(Source { path, text }: &Source) -> Vec<String> {
    let mut is_code = false;
    let prose = text.lines().enumerate().filter(|(_, line)| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_fence && !is_code && !line.starts_with('|')
    });
    let wide = wide_lines(&prose.collect::<Vec<_>>(), DOCUMENT_COLUMNS_MAX);
    wide.into_iter().map(|complaint| format!("{path}: {complaint}")).collect()
}

#[test]
fn rust_files_have_the_shape() {
    none(&rust_files().iter().flat_map(check_rust).collect::<Vec<_>>());
}

#[test]
fn documents_have_the_shape() {
    none(&markdown_files().iter().flat_map(check_markdown).collect::<Vec<_>>());
}

#[test]
fn bad_shapes_are_found() {
    let rust = |text: String| check_rust(&Source { path: "a.rs".to_owned(), text });
    none(&rust("//! A thing that\n//! is long.\n//!\n//! More. And more.\n".to_owned()));
    one(&rust("use x;\n".to_owned()), "does not say what it is");
    one(&rust("//! A thing\n".to_owned()), "one sentence");
    one(&rust("//! A thing. Another.\n".to_owned()), "one sentence");
    one(&rust("//! A thing.\n".to_owned() + &"\n".repeat(LINES_MAX)), "601 lines");
    let wide = "x".repeat(COLUMNS_MAX + 1);
    one(&rust(format!("//! A thing.\n// {wide}")), "line 2 is too wide");
    none(&rust(format!("//! A thing.\n//!\n//! | {wide} |\nconst X: &str = \"{wide}\";")));
    let wide = "x".repeat(DOCUMENT_COLUMNS_MAX + 1);
    let text = format!("{wide}\n```\n{wide}\n```\n| {wide} |\n");
    one(&check_markdown(&Source { path: "a.md".to_owned(), text }), "line 1 is too wide");
}
