//! The lists of scenarios that a page holds.
#![expect(clippy::missing_panics_doc, reason = "what goes wrong in a test panics")]

use std::collections::BTreeSet;

/// The ids in backquotes in the paragraph of the page that begins so.
pub fn listed(page: &str, start: &str) -> BTreeSet<String> {
    let from = page.find(start).unwrap_or_else(|| panic!("no paragraph begins with '{start}'"));
    let paragraphs = page[from..].split("\n\n").next().unwrap();
    paragraphs.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}
