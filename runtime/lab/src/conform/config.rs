//! How a scenario sets the engine up: its capacities and the terms of its instruments.

use super::command::{Ask, Step, read_band, read_symbol};
use super::gateway;
use super::json::{Complaint, Object, Raw, integer, list, nullable};
use highwater::command::Definition;
use highwater::limits::{SESSIONS_DEFAULT, SESSIONS_MAX};
use highwater::types::{Capacities, Symbol};
use std::collections::BTreeSet;

/// What the engine of a scenario is before the first command.
#[derive(Clone, Debug)]
pub(super) struct Config {
    /// How much it may hold.
    pub(super) capacities: Capacities,
    /// Its instruments, by number.
    pub(super) instruments: Vec<Definition>,
}

/// What an instrument takes, as the file has it; `None` where the file sets no bound.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub(super) tick: i128,
    pub(super) lot: i128,
    pub(super) band: Option<[i128; 2]>,
    pub(super) quantity_max: Option<i128>,
    pub(super) notional_max: Option<i128>,
}

impl Terms {
    /// Takes everything.
    pub(super) const OPEN: Self =
        Self { tick: 1, lot: 1, band: None, quantity_max: None, notional_max: None };
}

/// Orders that a scenario may ask room for.
pub(super) const ORDERS_MAX: u32 = 1 << 20;
/// Instruments that a scenario may ask room for.
pub(super) const INSTRUMENTS_MAX: u32 = 1 << 14;
/// Room for orders that every scenario has; four for a command are enough for levels at prices that
/// are strewn over the whole range.
const ORDERS_MIN: usize = 1_024;

impl Config {
    /// Reads what the file says, and makes room for `steps` where it says nothing.
    pub(super) fn read(raw: Raw<'_>, steps: &[Step]) -> Result<Self, Complaint> {
        let mut object = Object::read(raw)?;
        let terms = read_terms(&mut object, &Terms::OPEN)?;
        let numbered = |number: usize| Symbol::new(format!("I{number}").as_bytes());
        let instruments =
            object.optional("instruments", |raw| read_instruments(raw, &terms, numbered))?;
        let instruments = match instruments {
            Some(instruments) => instruments,
            None => numbered(0).map(|symbol| define(symbol, &terms)).into_iter().collect(),
        };
        let roomy = room_for(instruments.len(), steps);
        let capacities = object.optional("capacities", |raw| read_capacities(raw, roomy))?;
        object.end()?;
        let symbols: BTreeSet<Symbol> = instruments.iter().map(|known| known.symbol).collect();
        if symbols.len() < instruments.len() {
            return Err(
                Complaint::new("two instruments have the same symbol").inside("instruments")
            );
        }
        for (number, instrument) in instruments.iter().enumerate() {
            if !instrument.terms.are_possible() {
                let problem = "a tick or a lot is below 1";
                return Err(Complaint::new(format!("instrument {number}: {problem}")));
            }
        }
        let capacities = capacities.unwrap_or(roomy);
        if instruments.len() > gateway::index(capacities.instruments) {
            return Err(Complaint::new("more instruments than capacities.instruments"));
        }
        Ok(Self { capacities, instruments })
    }
}

/// Capacities that no command of `steps` exhausts, but for the session's numbers.
fn room_for(instruments: usize, steps: &[Step]) -> Capacities {
    let defined = steps.iter().filter(|step| matches!(step.ask, Ask::Define { .. })).count();
    let orders = steps.len().saturating_mul(4).max(ORDERS_MIN);
    Capacities {
        orders: u32::try_from(orders).map_or(ORDERS_MAX, |orders| orders.min(ORDERS_MAX)),
        instruments: u32::try_from(instruments + defined).unwrap_or(INSTRUMENTS_MAX).max(1),
        sessions: SESSIONS_DEFAULT,
    }
}

/// A number of instruments, or a list of what each takes.
fn read_instruments(
    raw: Raw<'_>,
    terms: &Terms,
    numbered: impl Fn(usize) -> Option<Symbol>,
) -> Result<Vec<Definition>, Complaint> {
    if !raw.get().starts_with('[') {
        let count = bounded(raw, 0, INSTRUMENTS_MAX)?;
        let symbols = (0..gateway::index(count)).filter_map(numbered);
        return Ok(symbols.map(|symbol| define(symbol, terms)).collect());
    }
    let mut number = 0;
    list(raw, |raw| {
        let mut object = Object::read(raw)?;
        let symbol = object.optional("symbol", read_symbol)?.or_else(|| numbered(number));
        number += 1;
        let terms = read_terms(&mut object, terms)?;
        object.end()?;
        symbol
            .map(|symbol| define(symbol, &terms))
            .ok_or_else(|| Complaint::new("more instruments than an engine can name"))
    })
}

/// The terms that `object` gives, and those of `otherwise` where it gives none.
pub(super) fn read_terms(object: &mut Object<'_>, otherwise: &Terms) -> Result<Terms, Complaint> {
    let limit = |raw| nullable(raw, integer);
    Ok(Terms {
        tick: object.optional("tick", integer)?.unwrap_or(otherwise.tick),
        lot: object.optional("lot", integer)?.unwrap_or(otherwise.lot),
        band: object.optional("price_band", read_band)?.unwrap_or(otherwise.band),
        quantity_max: object.optional("max_qty", limit)?.unwrap_or(otherwise.quantity_max),
        notional_max: object.optional("max_notional", limit)?.unwrap_or(otherwise.notional_max),
    })
}

fn define(symbol: Symbol, terms: &Terms) -> Definition {
    Definition { symbol, terms: gateway::terms(terms) }
}

fn read_capacities(raw: Raw<'_>, otherwise: Capacities) -> Result<Capacities, Complaint> {
    let mut object = Object::read(raw)?;
    let orders = object.optional("orders", |raw| bounded(raw, 1, ORDERS_MAX))?;
    let instruments = object.optional("instruments", |raw| bounded(raw, 1, INSTRUMENTS_MAX))?;
    let sessions = object.optional("sessions", |raw| bounded(raw, 2, SESSIONS_MAX))?;
    object.end()?;
    Ok(Capacities {
        orders: orders.unwrap_or(otherwise.orders),
        instruments: instruments.unwrap_or(otherwise.instruments),
        sessions: sessions.unwrap_or(otherwise.sessions),
    })
}

/// A number that decides how much memory is set aside.
fn bounded(raw: Raw<'_>, min: u32, max: u32) -> Result<u32, Complaint> {
    let number = integer(raw)?;
    let fits = u32::try_from(number).ok().filter(|number| (min..=max).contains(number));
    fits.ok_or_else(|| Complaint::new(format!("expected {min} to {max}, found {number}")))
}
