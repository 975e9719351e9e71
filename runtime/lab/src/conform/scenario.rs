//! Scenarios as files hold them: what is needed, what may be left out, and what is never looked at.

use super::capacities;
use super::command::{Ask, Step};
use super::config::Config;
use super::fact::Fact;
use super::integer::Integer;
use super::json::{
    Complaint, Fields, Object, Raw, Word, choice, document, nullable, present, read,
};
use highwater::types::Capacities;
use serde::de::{Error, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// A scenario, as its file has it.
#[derive(Debug)]
pub(super) struct Scenario {
    /// Its name.
    pub(super) id: String,
    /// `hard`, `convention` or `optional`.
    pub(super) level: Word,
    /// Whether everything that the engine says is compared, not only what the scenario names.
    pub(super) is_strict: bool,
    pub(super) config: Config,
    pub(super) steps: Vec<Step>,
    /// What each step is expected to cause.
    pub(super) events: Vec<Vec<Fact>>,
    /// The books that are expected at the end.
    pub(super) books: Vec<ExpectedBook>,
}

/// What is expected of an instrument at the end.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectedBook {
    /// Where in the scenario it stands.
    #[serde(skip)]
    pub(super) place: String,
    #[serde(skip)]
    pub(super) instrument: u32,
    pub(super) bids: Vec<ExpectedLevel>,
    pub(super) asks: Vec<ExpectedLevel>,
    /// In which order they wait is not compared.
    pub(super) pending_stops: Vec<Integer>,
    #[serde(deserialize_with = "nullable")]
    pub(super) last_trade: Option<Integer>,
    #[serde(default, deserialize_with = "phase")]
    pub(super) phase: Option<Word>,
    #[serde(default, deserialize_with = "present")]
    pub(super) halted: Option<bool>,
}

/// A level: its price, what it shows, how many orders it has, and their ids in queue order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ExpectedLevel {
    pub(super) price: Integer,
    pub(super) visible: Integer,
    pub(super) count: Integer,
    pub(super) ids: Vec<Integer>,
}

/// A scenario whose parts nobody has looked into yet.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenScenario<'a> {
    id: String,
    #[serde(deserialize_with = "level")]
    level: Word,
    #[serde(borrow)]
    config: Raw<'a>,
    #[serde(borrow)]
    commands: Vec<Raw<'a>>,
    #[serde(borrow)]
    expect_events: Vec<Vec<Raw<'a>>>,
    #[serde(default, deserialize_with = "present")]
    expect_book: Option<Object<ExpectedBook>>,
    #[serde(borrow, default, deserialize_with = "present")]
    expect_books: Option<Fields<'a>>,
    #[serde(default)]
    strict: bool,
    /// These four are for people.
    #[serde(default, rename = "title")]
    _title: IgnoredAny,
    #[serde(default, rename = "derived_from")]
    _derived_from: IgnoredAny,
    #[serde(default, rename = "features")]
    _features: IgnoredAny,
    #[serde(default, rename = "notes")]
    _notes: IgnoredAny,
}

/// A file. Its other fields are for people; a count or a version must be right.
#[derive(Debug, Deserialize)]
struct GivenFile<'a> {
    #[serde(borrow)]
    scenarios: Vec<Raw<'a>>,
    #[serde(default, deserialize_with = "present")]
    count: Option<Integer>,
    #[serde(default, deserialize_with = "present")]
    schema_version: Option<Integer>,
}

/// What names a scenario.
#[derive(Debug, Deserialize)]
struct Named {
    id: String,
}

const LEVELS: &[(&str, &str)] =
    &[("hard", "hard"), ("convention", "convention"), ("optional", "optional")];

const PHASES: &[(&str, &str)] =
    &[("continuous", "continuous"), ("auction", "auction"), ("collecting", "collecting")];

/// The version of the schema.
const SCHEMA_VERSION: Integer = Integer(1);

/// Reads a scenario file; complains in a sentence.
pub(super) fn read_file(text: &str) -> Result<Vec<Scenario>, String> {
    let scenarios = document(text).and_then(read_scenarios);
    scenarios.map_err(|complaint| complaint.sentence(text))
}

fn read_scenarios(raw: Raw<'_>) -> Result<Vec<Scenario>, Complaint> {
    // No field stands there twice, not even one that is for people.
    let mut fields: Fields<'_> = read(raw)?;
    let file: GivenFile<'_> = read(raw)?;
    let scenarios = file
        .scenarios
        .iter()
        .enumerate()
        .map(|(index, raw)| Scenario::read(raw).map_err(|problem| name(raw, index, problem)));
    let scenarios = scenarios.collect::<Result<Vec<_>, Complaint>>()?;
    let mut wrong = |name: &str, problem: String| {
        let complaint = Complaint::new(problem).inside(name);
        Err(match fields.take(name) {
            Some(raw) => complaint.at(raw),
            None => complaint,
        })
    };
    if let Some(Integer(count)) = file.count
        && usize::try_from(count) != Ok(scenarios.len())
    {
        let held = scenarios.len();
        return wrong("count", format!("it says {count}, and the file holds {held} scenarios"));
    }
    if file.schema_version.is_some_and(|version| version != SCHEMA_VERSION) {
        return wrong("schema_version", format!("only version {SCHEMA_VERSION} is known"));
    }
    Ok(scenarios)
}

/// A complaint that says which scenario it is about: by its id, or by its place in the file.
fn name(raw: Raw<'_>, index: usize, complaint: Complaint) -> Complaint {
    let complaint = complaint.at(raw);
    match read::<Named>(raw) {
        Ok(named) => complaint.in_scenario(&named.id),
        Err(_) => complaint.inside_list(index).inside("scenarios"),
    }
}

impl Scenario {
    fn read(raw: Raw<'_>) -> Result<Self, Complaint> {
        let Object(given) = read::<Object<GivenScenario<'_>>>(raw)?;
        let steps = read_list(&given.commands, Step::read).map_err(|c| c.inside("commands"))?;
        let config = Config::read(given.config, &steps)
            .map_err(|complaint| complaint.inside("config").at(given.config))?;
        let events = read_events(&given.expect_events, &steps)
            .map_err(|complaint| complaint.inside("expect_events"))?;
        let books = read_books(given.expect_book, given.expect_books)?;
        let GivenScenario { id, level, strict: is_strict, .. } = given;
        Ok(Self { id, level, is_strict, config, steps, events, books })
    }

    /// The largest capacities that the scenario may set.
    pub(super) fn largest_capacities(&self) -> Capacities {
        let configured = self.steps.iter().filter_map(|step| {
            let Ask::Configure { orders, instruments, sessions } = step.ask else { return None };
            capacities::possible(orders, instruments, sessions)
        });
        configured.fold(self.config.capacities, |largest, configured| Capacities {
            orders: largest.orders.max(configured.orders),
            instruments: largest.instruments.max(configured.instruments),
            sessions: largest.sessions.max(configured.sessions),
        })
    }
}

/// Reads each element of a list.
fn read_list<'a, T>(
    raws: &[Raw<'a>],
    read: impl Fn(Raw<'a>) -> Result<T, Complaint>,
) -> Result<Vec<T>, Complaint> {
    let read = raws
        .iter()
        .enumerate()
        .map(|(index, raw)| read(raw).map_err(|complaint| complaint.at(raw).inside_list(index)));
    read.collect()
}

/// One list of events for each command.
fn read_events(lists: &[Vec<Raw<'_>>], steps: &[Step]) -> Result<Vec<Vec<Fact>>, Complaint> {
    if lists.len() != steps.len() {
        let problem = format!("{} lists for {} commands", lists.len(), steps.len());
        return Err(Complaint::new(problem));
    }
    let lists = lists.iter().zip(steps.iter().map(Step::subject)).enumerate();
    let events = lists.map(|(index, (raws, subject))| {
        read_list(raws, |raw| Fact::read(raw, subject))
            .map_err(|complaint| complaint.inside_list(index))
    });
    events.collect()
}

/// The book of instrument 0, or the books of several by number, or both.
fn read_books(
    one: Option<Object<ExpectedBook>>,
    numbered: Option<Fields<'_>>,
) -> Result<Vec<ExpectedBook>, Complaint> {
    const ONE: &str = "expect_book";
    if one.is_none() && numbered.is_none() {
        return Err(Complaint::missing(ONE));
    }
    let mut books = Vec::new();
    for (number, raw) in numbered.map(Fields::rest).unwrap_or_default() {
        let place = |complaint: Complaint| complaint.at(raw).inside(&number).inside("expect_books");
        let instrument =
            number.parse().map_err(|_| place(Complaint::new("no number of an instrument")))?;
        let Object(book) = read::<Object<ExpectedBook>>(raw).map_err(place)?;
        books.push(ExpectedBook { place: format!("expect_books.{number}"), instrument, ..book });
    }
    let one = one.map(|Object(book)| ExpectedBook { place: ONE.to_owned(), ..book });
    books.extend(one);
    Ok(books)
}

impl<'de> Deserialize<'de> for ExpectedLevel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LevelVisitor;

        impl<'de> Visitor<'de> for LevelVisitor {
            type Value = ExpectedLevel;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a level: [price, visible quantity, order count, [order ids]]")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let short = |length| A::Error::invalid_length(length, &self);
                let level = ExpectedLevel {
                    price: list.next_element()?.ok_or_else(|| short(0))?,
                    visible: list.next_element()?.ok_or_else(|| short(1))?,
                    count: list.next_element()?.ok_or_else(|| short(2))?,
                    ids: list.next_element()?.ok_or_else(|| short(3))?,
                };
                match list.next_element::<IgnoredAny>()? {
                    None => Ok(level),
                    Some(_) => Err(short(5)),
                }
            }
        }

        deserializer.deserialize_seq(LevelVisitor)
    }
}

fn level<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Word, D::Error> {
    choice(deserializer, LEVELS)
}

fn phase<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Word>, D::Error> {
    choice(deserializer, PHASES).map(Some)
}
