//! Scenarios as files hold them: what is needed, what may be left out, and what is never looked at.

use super::command::{Ask, Step, Subject};
use super::config::Config;
use super::fact::Fact;
use super::gateway;
use super::json::{
    Complaint, Object, Raw, boolean, choice, document, integer, list, nullable, text,
};
use highwater::types::Capacities;

/// A scenario, as its file has it.
#[derive(Debug)]
pub(super) struct Scenario {
    /// Its name.
    pub(super) id: String,
    /// `hard`, `convention` or `optional`.
    pub(super) level: &'static str,
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
#[derive(Debug)]
pub(super) struct ExpectedBook {
    /// Where in the scenario it stands.
    pub(super) place: String,
    pub(super) instrument: u32,
    pub(super) bids: Vec<ExpectedLevel>,
    pub(super) asks: Vec<ExpectedLevel>,
    /// Ids in growing order; in which order they wait is not compared.
    pub(super) pending_stops: Vec<i128>,
    pub(super) last_trade: Option<i128>,
    pub(super) phase: Option<&'static str>,
    pub(super) halted: Option<bool>,
}

/// A level: its price, what it shows, how many orders it has, and their ids in queue order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ExpectedLevel {
    pub(super) price: i128,
    pub(super) visible: i128,
    pub(super) count: i128,
    pub(super) ids: Vec<i128>,
}

const LEVELS: &[(&str, &str)] =
    &[("hard", "hard"), ("convention", "convention"), ("optional", "optional")];

const PHASES: &[(&str, &str)] =
    &[("continuous", "continuous"), ("auction", "auction"), ("collecting", "collecting")];

/// The version of the schema.
const SCHEMA_VERSION: i128 = 1;

/// Reads a scenario file. Fields beside the scenarios are for people; a count or a version among
/// them must be right.
pub(super) fn read_file(text: &str) -> Result<Vec<Scenario>, Complaint> {
    let mut object = Object::read(document(text)?)?;
    let scenarios = object.required("scenarios", |raw| list(raw, Ok))?;
    let scenarios = scenarios
        .into_iter()
        .enumerate()
        .map(|(index, raw)| Scenario::read(raw).map_err(|complaint| name(raw, index, complaint)));
    let scenarios = scenarios.collect::<Result<Vec<_>, Complaint>>()?;
    let count = object.optional("count", integer)?;
    if let Some(count) = count.filter(|count| usize::try_from(*count) != Ok(scenarios.len())) {
        let problem = format!("it says {count}, and the file holds {} scenarios", scenarios.len());
        return Err(Complaint::new(problem).inside("count"));
    }
    let version = object.optional("schema_version", integer)?;
    if version.is_some_and(|version| version != SCHEMA_VERSION) {
        let problem = format!("only version {SCHEMA_VERSION} is known");
        return Err(Complaint::new(problem).inside("schema_version"));
    }
    Ok(scenarios)
}

/// A complaint that says which scenario it is about: by its id, or by its place in the file.
fn name(raw: Raw<'_>, index: usize, complaint: Complaint) -> Complaint {
    let id = Object::read(raw).and_then(|mut object| object.required("id", text));
    match id {
        Ok(id) => Complaint::new(format!("scenario '{id}': {complaint}")),
        Err(_) => complaint.inside(&format!("scenarios[{index}]")),
    }
}

impl Scenario {
    fn read(raw: Raw<'_>) -> Result<Self, Complaint> {
        let mut object = Object::read(raw)?;
        let id = object.required("id", text)?;
        for for_people in ["title", "derived_from", "features", "notes"] {
            object.optional(for_people, |_| Ok(()))?;
        }
        let level = object.required("level", |raw| choice(raw, LEVELS))?;
        let steps = object.required("commands", |raw| list(raw, Step::read))?;
        let config = object.required("config", |raw| Config::read(raw, &steps))?;
        let events = object.required("expect_events", |raw| read_events(raw, &steps))?;
        let books = read_books(&mut object)?;
        let is_strict = object.optional("strict", boolean)?.unwrap_or_default();
        object.end()?;
        Ok(Self { id, level, is_strict, config, steps, events, books })
    }

    /// The largest capacities that the scenario may set.
    pub(super) fn largest_capacities(&self) -> Capacities {
        let configured = self.steps.iter().filter_map(|step| {
            let Ask::Configure { orders, instruments, sessions } = step.ask else { return None };
            gateway::possible_capacities(orders, instruments, sessions)
        });
        configured.fold(self.config.capacities, |largest, configured| Capacities {
            orders: largest.orders.max(configured.orders),
            instruments: largest.instruments.max(configured.instruments),
            sessions: largest.sessions.max(configured.sessions),
        })
    }
}

/// One list of events for each command.
fn read_events(raw: Raw<'_>, steps: &[Step]) -> Result<Vec<Vec<Fact>>, Complaint> {
    let mut causes = steps.iter();
    let events = list(raw, |raw| {
        let subject = causes.next().map_or(Subject::Other, Step::subject);
        list(raw, |raw| Fact::read(raw, subject))
    })?;
    if events.len() != steps.len() {
        let problem = format!("{} lists for {} commands", events.len(), steps.len());
        return Err(Complaint::new(problem));
    }
    Ok(events)
}

/// The book of instrument 0, or the books of several by number, or both.
fn read_books(object: &mut Object<'_>) -> Result<Vec<ExpectedBook>, Complaint> {
    let read = |raw| ExpectedBook::read(raw, "expect_book".to_owned(), 0);
    let Some(mut books) = object.optional("expect_books", read_numbered_books)? else {
        return Ok(vec![object.required("expect_book", read)?]);
    };
    books.extend(object.optional("expect_book", read)?);
    Ok(books)
}

fn read_numbered_books(raw: Raw<'_>) -> Result<Vec<ExpectedBook>, Complaint> {
    let books = Object::read(raw)?.rest().into_iter().map(|(number, raw)| {
        let place = format!("expect_books.{number}");
        let instrument = number.parse().map_err(|_| Complaint::new("no number of an instrument"));
        instrument
            .and_then(|instrument| ExpectedBook::read(raw, place, instrument))
            .map_err(|complaint| complaint.inside(&number))
    });
    books.collect()
}

impl ExpectedBook {
    fn read(raw: Raw<'_>, place: String, instrument: u32) -> Result<Self, Complaint> {
        let mut object = Object::read(raw)?;
        let bids = object.required("bids", |raw| list(raw, ExpectedLevel::read))?;
        let asks = object.required("asks", |raw| list(raw, ExpectedLevel::read))?;
        let mut pending_stops = object.required("pending_stops", |raw| list(raw, integer))?;
        pending_stops.sort_unstable();
        let last_trade = object.required("last_trade", |raw| nullable(raw, integer))?;
        let phase = object.optional("phase", |raw| choice(raw, PHASES))?;
        let halted = object.optional("halted", boolean)?;
        object.end()?;
        Ok(Self { place, instrument, bids, asks, pending_stops, last_trade, phase, halted })
    }
}

impl ExpectedLevel {
    fn read(raw: Raw<'_>) -> Result<Self, Complaint> {
        let parts = list(raw, Ok)?;
        let [price, visible, count, ids] = parts.as_slice() else {
            let problem = "a level is [price, visible quantity, order count, [order ids]]";
            return Err(Complaint::new(problem));
        };
        let number = |raw, index| integer(raw).map_err(|complaint| complaint.inside_list(index));
        Ok(Self {
            price: number(price, 0)?,
            visible: number(visible, 1)?,
            count: number(count, 2)?,
            ids: list(ids, integer).map_err(|complaint| complaint.inside_list(3))?,
        })
    }
}
