//! The rule book and the scenarios belong together: a scenario for every rule, a rule for every
//! scenario, and no reason or event that it does not explain.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The pages of the rule book, in `docs`.
const PAGES: [&str; 4] = ["matching.md", "auctions.md", "events.md", "scenarios.md"];

/// A page of the rule book.
struct Page {
    name: &'static str,
    text: String,
}

/// A rule: the text below a heading `### R1 name`.
struct Rule<'t> {
    heading: &'t str,
    body: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn pages() -> Vec<Page> {
    let page = |name| Page { name, text: read(&root().join("docs").join(name)) };
    PAGES.map(page).into()
}

/// A scenario: its id, and the headings of the rules that it says it shows.
#[derive(Debug, PartialEq)]
struct Scenario {
    id: String,
    shows: BTreeSet<String>,
}

/// All scenarios of `tests/scenarios`.
fn scenarios() -> Vec<Scenario> {
    let folder = root().join("tests/scenarios");
    let files =
        fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let files = files.map(|file| file.expect("a file").path());
    let files = files.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    files.flat_map(|path| scenarios_in(&read(&path))).collect()
}

/// The scenarios in a file; their ids are texts, those of orders numbers.
fn scenarios_in(json: &str) -> Vec<Scenario> {
    let mut found: Vec<Scenario> = Vec::new();
    for behind_key in json.split("\"id\"").skip(1) {
        let value = behind_key.trim_start().strip_prefix(':').unwrap_or_default();
        if let Some((id, _)) =
            value.trim_start().strip_prefix('"').and_then(|it| it.split_once('"'))
        {
            found.push(Scenario { id: id.to_owned(), shows: BTreeSet::new() });
        }
        let list = behind_key.split_once("\"rules\"").and_then(|(_, rest)| rest.split_once(']'));
        if let (Some(scenario), Some((list, _))) = (found.last_mut(), list) {
            scenario.shows.extend(list.split('"').skip(1).step_by(2).map(str::to_owned));
        }
    }
    found
}

/// The rules of a page, in their order.
fn rules(text: &str) -> Vec<Rule<'_>> {
    let mut found: Vec<Rule<'_>> = Vec::new();
    let mut is_within = false;
    for line in text.lines() {
        if line.starts_with('#') {
            is_within = line.starts_with("### R");
            if is_within {
                let heading = line.trim_start_matches('#').trim();
                found.push(Rule { heading, body: String::new() });
            }
        } else if let Some(rule) = found.last_mut().filter(|_| is_within) {
            rule.body.push_str(line);
            rule.body.push('\n');
        }
    }
    found
}

/// The scenarios that the last paragraph of a rule names; `None` when it is no `Shown by:`.
fn shown_by(body: &str) -> Option<Vec<&str>> {
    let last = body.trim_end().rsplit("\n\n").next()?;
    let names = last.trim_start().strip_prefix("Shown by:")?;
    // Every second part stands between backquotes.
    Some(names.split('`').skip(1).step_by(2).collect())
}

/// What is wrong between the rules and the scenarios.
fn check_rules(rules: &[Rule<'_>], scenarios: &[Scenario]) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut named: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for Rule { heading, body } in rules {
        let ids = shown_by(body).unwrap_or_default();
        if ids.is_empty() {
            complaints.push(format!("{heading}: no scenario shows it"));
        }
        for id in ids {
            if !scenarios.iter().any(|scenario| scenario.id == id) {
                complaints.push(format!("{heading}: there is no scenario {id}"));
            }
            named.entry(id).or_default().insert((*heading).to_owned());
        }
    }
    for Scenario { id, shows } in scenarios {
        match named.get(id.as_str()) {
            None => complaints.push(format!("scenario {id}: no rule names it")),
            Some(by) => complaints.extend(
                by.difference(shows).map(|rule| format!("scenario {id}: it is not about {rule}")),
            ),
        }
    }
    complaints
}

/// What is wrong with the numbers and names of the rules: none comes twice. New rules may stand
/// anywhere.
fn check_headings(rules: &[Rule<'_>]) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut taken = BTreeSet::new();
    for Rule { heading, .. } in rules {
        let (number, name) = heading.split_once(' ').unwrap_or((heading, ""));
        for word in [number, name] {
            if !taken.insert(word) {
                complaints.push(format!("{heading}: another rule is called {word}"));
            }
        }
    }
    complaints
}

/// The links of the pages into each other that lead to no heading.
fn check_anchors(pages: &[Page]) -> Vec<String> {
    let mut complaints = Vec::new();
    for Page { name, text } in pages {
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let Some((file, anchor)) = target.split_once('#') else { continue };
            let file = if file.is_empty() { name } else { file };
            let Some(page) = pages.iter().find(|page| page.name == file) else { continue };
            let headings = page.text.lines().filter(|line| line.starts_with('#'));
            if !headings.map(anchor_of).any(|found| found == anchor) {
                complaints.push(format!("{name}: nothing is at {target}"));
            }
        }
    }
    complaints
}

/// The anchor that a heading gets.
fn anchor_of(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
    text.chars().filter(|it| it.is_alphanumeric() || *it == '-').collect()
}

/// What only the code has, and what only a page has.
fn check_names(what: &str, code: &BTreeSet<String>, page: &BTreeSet<String>) -> Vec<String> {
    let missing = code.difference(page).map(|name| format!("{what} {name} is not explained"));
    let unknown = page.difference(code).map(|name| format!("{what} {name} does not exist"));
    missing.chain(unknown).collect()
}

/// What the first column of the first table below a heading names, without backquotes.
fn first_column(text: &str, heading: &str) -> BTreeSet<String> {
    let behind = text.lines().skip_while(|line| *line != heading).skip(1);
    let section = behind.take_while(|line| !line.starts_with('#'));
    let rows = section.skip_while(|line| !line.starts_with('|')).skip(2);
    let cells = rows.map_while(|row| row.strip_prefix("| ")?.split(" |").next());
    cells.flat_map(|cell| cell.split(", ")).map(|name| name.replace('`', "")).collect()
}

/// The names that a kind of reason has in files and on screens: the texts in its `name`.
fn reasons(source: &str, kind: &str) -> BTreeSet<String> {
    let opening = format!("impl {kind} {{");
    let body = source.split_once(&opening).expect("its methods").1;
    let body = body.split("\n}").next().unwrap_or(body);
    let texts = body.split("=> \"").skip(1);
    texts.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())).collect()
}

/// The names of the kinds of event.
fn event_kinds(source: &str) -> BTreeSet<String> {
    let body = source.split_once("pub enum EventKind {\n").expect("the kinds").1;
    let body = body.split("\n}").next().unwrap_or(body);
    let names = body.lines().filter_map(|line| line.strip_prefix("    ")?.strip_suffix(" {"));
    names.filter(|name| name.starts_with(char::is_uppercase)).map(str::to_owned).collect()
}

#[track_caller]
fn none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[track_caller]
fn one(complaints: &[String], text: &str) {
    assert!(complaints.len() == 1 && complaints[0].contains(text), "{complaints:?}, not {text}");
}

#[test]
fn rules_and_scenarios_name_each_other() {
    let (pages, scenarios) = (pages(), scenarios());
    let rules: Vec<Rule<'_>> = pages.iter().flat_map(|page| rules(&page.text)).collect();
    assert!(rules.len() > 40, "the walk finds the rules");
    none(&check_headings(&rules));
    none(&check_rules(&rules, &scenarios));
}

#[test]
fn scenarios_of_other_engines_are_named_once_each() {
    let file = root().join("../shared/scenarios/scenarios.json");
    let Ok(json) = fs::read_to_string(&file) else {
        println!("skipped: {} is absent", file.display());
        return;
    };
    let page = read(&root().join("docs/scenarios.md"));
    let section = page.split_once("## Scenarios of other engines\n").expect("the section").1;
    let rows = section.lines().filter(|line| line.starts_with("| [R"));
    let mut named: Vec<&str> = rows.flat_map(|row| row.split('`').skip(1).step_by(2)).collect();
    let scenarios = scenarios_in(&json);
    let mut there: Vec<&str> = scenarios.iter().map(|scenario| scenario.id.as_str()).collect();
    named.sort_unstable();
    there.sort_unstable();
    assert_eq!(named, there);
}

#[test]
fn links_between_the_pages_lead_to_a_heading() {
    none(&check_anchors(&pages()));
}

#[test]
fn every_reason_and_event_is_explained() {
    let source = read(&root().join("core/src/event/reasons.rs"));
    let page = read(&root().join("docs/events.md"));
    let rejects = reasons(&source, "RejectReason");
    let cancels = reasons(&source, "CancelReason");
    assert!(rejects.contains("unknown_order") && cancels.contains("user"), "both are found");
    let events = event_kinds(&read(&root().join("core/src/event.rs")));
    assert!(events.contains("Accepted") && events.contains("DayEnded"), "both are found");
    let explained = |heading| first_column(&page, heading);
    none(&check_names("reject", &rejects, &explained("## Why a command is rejected")));
    none(&check_names("cancel", &cancels, &explained("## Why quantity is canceled")));
    none(&check_names("event", &events, &explained("## What each event tells")));
}

#[test]
fn broken_rules_are_found() {
    let rule = |shown: &str| format!("### R1 rest\n\nIt rests.\n\n{shown}\n\n## Next\n\nText.\n");
    let scenario = |id: &&str| {
        let (id, shows) = id.split_once(':').unwrap_or((id, "R1 rest"));
        Scenario { id: id.to_owned(), shows: [shows.to_owned()].into() }
    };
    let check = |shown: &str, scenarios: &[&str]| {
        let scenarios: Vec<Scenario> = scenarios.iter().map(scenario).collect();
        check_rules(&rules(&rule(shown)), &scenarios)
    };
    none(&check("Shown by: `a`,\n`b`.", &["a", "b"]));
    one(&check("Shown by: `a`, `b`.", &["a"]), "R1 rest: there is no scenario b");
    one(&check("Shown by: `a`.", &["a", "b"]), "scenario b: no rule names it");
    one(&check("Shown by: `a`.", &["a:R2 day"]), "scenario a: it is not about R1 rest");
    one(&check("Shown by: .", &[]), "R1 rest: no scenario shows it");
    one(&check("See `a`.", &[]), "R1 rest: no scenario shows it");
    one(&check("Shown by: `a`.\n\nMore.", &[]), "R1 rest: no scenario shows it");
}

#[test]
fn broken_headings_and_links_are_found() {
    none(&check_headings(&rules("### R7 a\n### R2 b\n")));
    one(&check_headings(&rules("### R1 a\n### R1 b\n")), "R1 b: another rule is called R1");
    one(&check_headings(&rules("### R1 a\n### R2 a\n")), "R2 a: another rule is called a");
    let check = |text: &str| check_anchors(&[Page { name: "a.md", text: text.to_owned() }]);
    none(&check("### R1 stop-at-once\n[x](#r1-stop-at-once) [y](b.md#z) [z](a.md)"));
    one(&check("### R1 rest\n[x](#r2-rest)"), "a.md: nothing is at #r2-rest");
    one(&check("### R1 rest\n[x](a.md#rest)"), "nothing is at a.md#rest");
}

#[test]
fn unexplained_names_are_found() {
    let source = "impl CancelReason {\n  Self::User => \"user\",\n  Self::Old => \"old\",\n}\n";
    let table = |names: &str| format!("## Why\n\n| a | b |\n|---|---|\n| {names} | x |\n\n| y |");
    let check = |names: &str| {
        let page = first_column(&table(names), "## Why");
        check_names("cancel", &reasons(source, "CancelReason"), &page)
    };
    none(&check("`old`, `user`"));
    one(&check("`user`"), "cancel old is not explained");
    one(&check("`user`, `old`, `new`"), "cancel new does not exist");
    let enumeration =
        "pub enum EventKind {\n    /// Is {\n    Rested {\n        at: X,\n    },\n}\n";
    assert_eq!(event_kinds(enumeration).into_iter().collect::<Vec<_>>(), ["Rested"]);
}

#[test]
fn scenarios_in_a_file_are_found() {
    let json = r#"{"scenarios": [
        {"id": "a-1", "from": {"rules": ["R1 rest", "R3 day"]}, "commands": [{"id": 7}, {"id": 8}]},
        { "id" :"b" }]}"#;
    let shows = ["R1 rest".to_owned(), "R3 day".to_owned()].into();
    let first = Scenario { id: "a-1".to_owned(), shows };
    let second = Scenario { id: "b".to_owned(), shows: BTreeSet::new() };
    assert_eq!(scenarios_in(json), [first, second]);
}
