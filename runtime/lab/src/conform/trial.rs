//! One scenario: its commands in order, and the first difference from what it expects.

use super::command::{Ask, IndicativeAsk, Step};
use super::fact::Fact;
use super::gateway::{self, Passed};
use super::integer::{Integer, index};
use super::json::Object;
use super::observed::observed;
use super::scenario::{ExpectedBook, ExpectedLevel, Scenario};
use super::twins::{TwinMemory, Twins};
use highwater::book::Book;
use highwater::types::{InstrumentId, Phase, Side};
use serde::Serialize;
use std::fmt;

/// The first difference between what a scenario expects and what happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Where in the scenario the expectation stands, `expect_events[3][1]`.
    pub place: Box<str>,
    /// What is expected there.
    pub expected: Box<str>,
    /// What there is instead.
    pub got: Box<str>,
}

impl Difference {
    fn new(
        place: impl Into<Box<str>>,
        expected: impl fmt::Display,
        got: impl fmt::Display,
    ) -> Self {
        Self {
            place: place.into(),
            expected: expected.to_string().into(),
            got: got.to_string().into(),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, expected, got } = self;
        write!(f, "{place}: expected {expected}, got {got}")
    }
}

/// Runs a scenario on fresh books.
///
/// # Errors
/// The first difference.
pub(super) fn run(scenario: &Scenario) -> Result<(), Difference> {
    let mut memory = TwinMemory::new(scenario);
    let sound = |place: &str, problem| Difference::new(place, "a sound engine", problem);
    let mut twins = memory.books(scenario).map_err(|problem| sound("config", problem))?;
    for (index, (step, expected)) in scenario.steps.iter().zip(&scenario.events).enumerate() {
        let observed = take(step, &mut twins)
            .map_err(|problem| sound(&format!("commands[{index}]"), problem))?;
        compare_facts(scenario, index, expected, &observed)?;
        if let Ask::Indicative { expect } = &step.ask {
            let expected = expect.as_ref().map(|Object(expected)| *expected);
            compare_indicative(index, expected, indicative(step, twins.book()))?;
        }
    }
    for expected in &scenario.books {
        compare_book(expected, twins.book())?;
    }
    twins.compare().map_err(|problem| sound("expect_book", problem))
}

/// Gives a step to both books; returns what is said to it, or what is wrong with the engine.
fn take(step: &Step, twins: &mut Twins<'_>) -> Result<Vec<Fact>, String> {
    match gateway::pass(step, twins.book()) {
        None => Ok(Vec::new()),
        Some(Passed::Answered(facts)) => Ok(facts),
        Some(Passed::Command(session, action)) => {
            let events = twins.apply(session, action)?;
            let observed = events.iter().map(|event| observed(event, step.subject()));
            Ok(observed.collect())
        }
    }
}

fn compare_facts(
    scenario: &Scenario,
    index: usize,
    expected: &[Fact],
    observed: &[Fact],
) -> Result<(), Difference> {
    let mut counting = observed.iter().filter(|fact| scenario.is_strict || fact.counts(expected));
    let mut place = 0;
    loop {
        let (expected, observed) = (expected.get(place), counting.next());
        let is_right = match (expected, observed) {
            (None, None) => return Ok(()),
            (Some(expected), Some(observed)) => observed.fits(expected),
            (Some(_), None) | (None, Some(_)) => false,
        };
        if !is_right {
            let nothing = || "no further event".to_owned();
            return Err(Difference::new(
                format!("expect_events[{index}][{place}]"),
                expected.map_or_else(nothing, Fact::to_string),
                observed.map_or_else(nothing, |fact| fact.shown_beside(expected).to_string()),
            ));
        }
        place += 1;
    }
}

/// What an uncross of the step's instrument would do now.
fn indicative(step: &Step, book: &Book<'_>) -> Option<IndicativeAsk> {
    let instrument = u32::try_from(step.instrument.unwrap_or_default().0).ok()?;
    let indicative = book.indicative(InstrumentId(instrument))?;
    Some(IndicativeAsk {
        price: indicative.price.ticks().into(),
        volume: signed(indicative.volume_lots),
        imbalance: indicative.imbalance_lots.into(),
    })
}

fn compare_indicative(
    index: usize,
    expected: Option<IndicativeAsk>,
    observed: Option<IndicativeAsk>,
) -> Result<(), Difference> {
    let shown = |indicative: Option<IndicativeAsk>| {
        indicative.map_or_else(
            || "no price".to_owned(),
            |IndicativeAsk { price, volume, imbalance }| {
                format!("price={price} volume={volume} imbalance={imbalance}")
            },
        )
    };
    if expected == observed {
        return Ok(());
    }
    Err(Difference::new(format!("commands[{index}].expect"), shown(expected), shown(observed)))
}

fn compare_book(expected: &ExpectedBook, book: &Book<'_>) -> Result<(), Difference> {
    let instrument = InstrumentId(expected.instrument);
    let place = |field: &str| format!("{}.{field}", expected.place);
    for (field, side, levels) in
        [("bids", Side::Buy, &expected.bids), ("asks", Side::Sell, &expected.asks)]
    {
        compare_levels(&place(field), levels, &levels_of(book, instrument, side))?;
    }
    let stops = sorted(book.stops(instrument).map(|stop| stop.order.0.into()));
    let expected_stops = sorted(expected.pending_stops.iter().copied());
    same(place("pending_stops"), &Listed(&expected_stops), &Listed(&stops))?;
    let last_trade = book.last_trade(instrument).map(|price| Integer::from(price.ticks()));
    same(place("last_trade"), &OrNull(expected.last_trade), &OrNull(last_trade))?;
    if expected.phase.is_some() {
        let phase = book.phase(instrument).map(Phase::name);
        same(place("phase"), &OrNull(expected.phase), &OrNull(phase))?;
    }
    expected
        .halted
        .map_or(Ok(()), |halted| same(place("halted"), &halted, &book.is_halted(instrument)))
}

fn sorted(ids: impl Iterator<Item = Integer>) -> Vec<Integer> {
    let mut ids: Vec<Integer> = ids.collect();
    ids.sort_unstable();
    ids
}

fn same<T: PartialEq + fmt::Display>(
    place: String,
    expected: &T,
    observed: &T,
) -> Result<(), Difference> {
    if expected == observed { Ok(()) } else { Err(Difference::new(place, expected, observed)) }
}

fn compare_levels(
    place: &str,
    expected: &[ExpectedLevel],
    observed: &[ExpectedLevel],
) -> Result<(), Difference> {
    for index in 0..expected.len().max(observed.len()) {
        let (expected, observed) = (expected.get(index), observed.get(index));
        if expected != observed {
            let shown = |level: Option<&ExpectedLevel>| {
                level.map_or_else(|| "no further level".to_owned(), ExpectedLevel::to_string)
            };
            let place = format!("{place}[{index}]");
            return Err(Difference::new(place, shown(expected), shown(observed)));
        }
    }
    Ok(())
}

/// The levels of a side, best first, as a file writes them.
pub(super) fn levels_of(
    book: &Book<'_>,
    instrument: InstrumentId,
    side: Side,
) -> Vec<ExpectedLevel> {
    let mut orders = book.orders(instrument, side);
    let levels = book.summed_levels(instrument, side).map(|level| {
        let count = index(level.order_count);
        ExpectedLevel {
            price: level.price.ticks().into(),
            visible: signed(level.visible_lots),
            count: level.order_count.into(),
            ids: orders.by_ref().take(count).map(|order| order.order.0.into()).collect(),
        }
    });
    levels.collect()
}

/// A sum of quantities; far below the largest number of its type.
fn signed(lots: u128) -> Integer {
    Integer(i128::try_from(lots).expect("2^28 orders of 2^62 lots are below 2^127"))
}

impl fmt::Display for ExpectedLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { price, visible, count, ids } = self;
        write!(f, "[{price}, {visible}, {count}, {}]", Listed(ids))
    }
}

/// Numbers as JSON writes them.
#[derive(PartialEq)]
struct Listed<'a>(&'a [Integer]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (index, number) in self.0.iter().enumerate() {
            write!(f, "{}{number}", if index == 0 { "" } else { ", " })?;
        }
        f.write_str("]")
    }
}

/// A value, or null where there is none.
#[derive(PartialEq)]
struct OrNull<T>(Option<T>);

impl<T: fmt::Display> fmt::Display for OrNull<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str("null"),
        }
    }
}
