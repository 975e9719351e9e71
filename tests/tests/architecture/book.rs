//! The book has every document once, and every diagram belongs to its text.

use crate::tree::{Source, files_in, read};
use crate::{none, one};

/// What is wrong with the contents of a book of these pages.
fn check_contents(contents: &str, pages: &[String]) -> Vec<String> {
    let count = |page: &str| contents.matches(&format!("]({page})")).count();
    let counted = pages.iter().map(|page| (page, count(page))).filter(|(_, count)| *count != 1);
    counted.map(|(page, count)| format!("docs/SUMMARY.md has {page} {count} times")).collect()
}

/// What is wrong with a picture that is made of a text.
fn check_picture(Source { path, text }: &Source, picture: &str) -> Vec<String> {
    let kept = picture.split_once("<!-- made of ").and_then(|(_, kept)| kept.split_once('\n'));
    let kept = kept.and_then(|(_, kept)| kept.strip_suffix("-->\n"));
    if kept != Some(text) {
        return vec![format!("{path}: the picture is of another text; run docs/diagrams/draw")];
    }
    // The text behind it may be new and the picture old: what is to be read stands in both.
    let drawn = picture.split("<!-- made of ").next().unwrap_or(picture);
    let labels = text.split("label=\"").skip(1).filter_map(|behind| behind.split('"').next());
    let lines = labels.flat_map(|label| label.split("\\n"));
    let missing = lines.filter(|line| !drawn.contains(&format!(">{}<", in_svg(line))));
    missing.map(|line| format!("{path}: '{line}' is not in the picture")).collect()
}

/// Text as a picture has it.
fn in_svg(text: &str) -> String {
    text.replace('<', "&lt;").replace('>', "&gt;").replace('-', "&#45;")
}

#[test]
fn the_book_has_every_document_once() {
    let pages = files_in("docs", ".md").into_iter();
    let pages = pages.filter_map(|page| page.path.strip_prefix("docs/").map(str::to_owned));
    let pages: Vec<String> = pages.filter(|page| page != "SUMMARY.md").collect();
    assert!(pages.len() > 20, "{pages:?}");
    none(&check_contents(&read("docs/SUMMARY.md"), &pages));
}

#[test]
fn every_diagram_belongs_to_its_text() {
    let texts = files_in("docs/diagrams", ".dot");
    assert!(texts.len() >= 3, "the walk finds the diagrams");
    for text in texts {
        let picture = read(&text.path.replace(".dot", ".svg"));
        none(&check_picture(&text, &picture));
    }
}

#[test]
fn bad_books_and_pictures_are_found() {
    let pages = ["a.md", "results/b.md"].map(str::to_owned);
    none(&check_contents("- [A](a.md)\n- [B](results/b.md)\n", &pages));
    one(&check_contents("- [A](a.md)\n", &pages), "results/b.md 0 times");
    one(&check_contents("[A](a.md) [A](a.md) [B](results/b.md)", &pages), "a.md 2 times");
    let text = "a [label=\"x-1\\ny\"]\n";
    let source = Source { path: "d.dot".to_owned(), text: text.to_owned() };
    let picture = |drawn: &str, text: &str| format!("{drawn}\n<!-- made of d.dot:\n{text}-->\n");
    none(&check_picture(&source, &picture(">x&#45;1< >y<", text)));
    one(&check_picture(&source, &picture(">x&#45;1< >y<", "a\n")), "another text");
    one(&check_picture(&source, ">x&#45;1< >y<"), "another text");
    one(&check_picture(&source, &picture(">x&#45;1<", text)), "'y' is not in the picture");
}
