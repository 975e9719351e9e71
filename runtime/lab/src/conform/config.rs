//! How a scenario sets the engine up: its capacities and the terms of its instruments.

use super::capacities::{GivenCapacities, INSTRUMENTS_MAX, ORDERS_MAX};
use super::command::{Ask, Step};
use super::integer::{Integer, index};
use super::json::{Complaint, Object, Raw, present, read};
use super::terms::{Ends, GivenInstrument, Terms, given_terms};
use highwater::command::Definition;
use highwater::limits::SESSIONS_DEFAULT;
use highwater::types::{Capacities, Symbol};
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeSet;
use std::fmt;

/// What the engine of a scenario is before the first command.
#[derive(Clone, Debug)]
pub(super) struct Config {
    /// How much it may hold.
    pub(super) capacities: Capacities,
    /// Its instruments, by number.
    pub(super) instruments: Vec<Definition>,
    /// Whether the file says how much it may hold.
    pub(super) sets_capacities: bool,
}

/// Room for orders that every scenario has; four for a command are enough for levels at prices that
/// are strewn over the whole range.
const ORDERS_MIN: usize = 1_024;

given_terms! {
    /// How a file sets an engine up.
    struct GivenConfig {
        #[serde(deserialize_with = "present")]
        instruments: Option<GivenInstruments>,
        #[serde(deserialize_with = "present")]
        capacities: Option<Object<GivenCapacities>>,
    }
}

impl Config {
    /// Reads what the file says, and makes room for `steps` where it says nothing.
    pub(super) fn read(raw: Raw<'_>, steps: &[Step]) -> Result<Self, Complaint> {
        let Object(given) = read::<Object<GivenConfig>>(raw)?;
        let terms = given.terms(&Terms::OPEN);
        let instruments = given.instruments.unwrap_or(GivenInstruments::Count(1)).define(&terms)?;
        let symbols: BTreeSet<Symbol> = instruments.iter().map(|known| known.symbol).collect();
        if symbols.len() < instruments.len() {
            let problem = "two instruments have the same symbol";
            return Err(Complaint::new(problem).inside("instruments"));
        }
        for (number, instrument) in instruments.iter().enumerate() {
            if !instrument.terms.are_possible() {
                let problem = "a tick or a lot is below 1, or the decimals are none from 0 to 9";
                return Err(Complaint::new(format!("instrument {number}: {problem}")));
            }
        }
        let roomy = room_for(instruments.len(), steps);
        let sets_capacities = given.capacities.is_some();
        let capacities = given.capacities.map_or(roomy, |Object(given)| given.or(roomy));
        if instruments.len() > index(capacities.instruments) {
            return Err(Complaint::new("more instruments than capacities.instruments"));
        }
        Ok(Self { capacities, instruments, sets_capacities })
    }
}

/// Capacities that no command of `steps` exhausts, but for the session's numbers.
fn room_for(instruments: usize, steps: &[Step]) -> Capacities {
    let defined = steps.iter().filter(|step| matches!(step.ask, Ask::Define(_))).count();
    let orders = steps.len().saturating_mul(4).max(ORDERS_MIN);
    Capacities {
        orders: u32::try_from(orders).map_or(ORDERS_MAX, |orders| orders.min(ORDERS_MAX)),
        instruments: u32::try_from(instruments + defined).unwrap_or(INSTRUMENTS_MAX).max(1),
        sessions: SESSIONS_DEFAULT,
    }
}

/// The instruments of a file: how many there are, or what each takes.
#[derive(Debug)]
enum GivenInstruments {
    Count(usize),
    List(Vec<Object<GivenInstrument>>),
}

impl GivenInstruments {
    /// The instruments, with `terms` where they give none.
    fn define(&self, terms: &Terms) -> Result<Vec<Definition>, Complaint> {
        let define = |number: usize, symbol: Option<Symbol>, terms: &Terms| {
            let symbol = symbol.or_else(|| Symbol::new(format!("I{number}").as_bytes()));
            let problem = || Complaint::new("more instruments than an engine can name");
            let symbol = symbol.ok_or_else(problem).map_err(|p| p.inside("instruments"))?;
            Ok(Definition { symbol, terms: terms.of_engine() })
        };
        match self {
            Self::Count(count) => (0..*count).map(|number| define(number, None, terms)).collect(),
            Self::List(list) => {
                let numbered = list.iter().enumerate();
                let defined = numbered.map(|(number, Object(given))| {
                    define(number, given.symbol, &given.terms(terms))
                });
                defined.collect()
            }
        }
    }
}

impl<'de> Deserialize<'de> for GivenInstruments {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CountOrList;

        impl<'de> Visitor<'de> for CountOrList {
            type Value = GivenInstruments;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a number of instruments up to {INSTRUMENTS_MAX}, or a list of them")
            }

            fn visit_u64<E: Error>(self, count: u64) -> Result<Self::Value, E> {
                let possible = u32::try_from(count).ok().filter(|count| *count <= INSTRUMENTS_MAX);
                let problem =
                    || E::custom(format_args!("expected 0 to {INSTRUMENTS_MAX}, found {count}"));
                possible.map(|count| GivenInstruments::Count(index(count))).ok_or_else(problem)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(GivenInstruments::List)
            }
        }

        deserializer.deserialize_any(CountOrList)
    }
}
