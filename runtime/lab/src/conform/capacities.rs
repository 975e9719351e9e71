//! Capacities that a scenario may set; memory for all that an engine can have is not set aside.

use super::integer::Integer;
use super::json::present;
use highwater::limits::SESSIONS_MAX;
use highwater::types::Capacities;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// Orders that a scenario may ask room for.
pub(super) const ORDERS_MAX: u32 = 1 << 20;
/// Instruments that a scenario may ask room for.
pub(super) const INSTRUMENTS_MAX: u32 = 1 << 14;
/// Sessions that an engine has at least: the operator's and one client's.
const SESSIONS_MIN: u32 = 2;

/// The capacities of a command, where a scenario can have them.
pub(super) fn possible(
    orders: Integer,
    instruments: Integer,
    sessions: Integer,
) -> Option<Capacities> {
    Some(Capacities {
        orders: within(orders, 1, ORDERS_MAX)?,
        instruments: within(instruments, 1, INSTRUMENTS_MAX)?,
        sessions: within(sessions, SESSIONS_MIN, SESSIONS_MAX)?,
    })
}

fn within(number: Integer, min: u32, max: u32) -> Option<u32> {
    u32::try_from(number.0).ok().filter(|number| (min..=max).contains(number))
}

/// The capacities that a file gives.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct GivenCapacities {
    #[serde(deserialize_with = "present")]
    orders: Option<Bounded<1, ORDERS_MAX>>,
    #[serde(deserialize_with = "present")]
    instruments: Option<Bounded<1, INSTRUMENTS_MAX>>,
    #[serde(deserialize_with = "present")]
    sessions: Option<Bounded<SESSIONS_MIN, SESSIONS_MAX>>,
}

impl GivenCapacities {
    /// Those that are given, and `otherwise` the rest.
    pub(super) fn or(self, otherwise: Capacities) -> Capacities {
        Capacities {
            orders: self.orders.map_or(otherwise.orders, |orders| orders.0),
            instruments: self.instruments.map_or(otherwise.instruments, |number| number.0),
            sessions: self.sessions.map_or(otherwise.sessions, |sessions| sessions.0),
        }
    }
}

/// A number that decides how much memory is set aside.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounded<const MIN: u32, const MAX: u32>(pub(super) u32);

impl<'de, const MIN: u32, const MAX: u32> Deserialize<'de> for Bounded<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = Integer::deserialize(deserializer)?;
        within(number, MIN, MAX).map(Self).ok_or_else(|| {
            D::Error::custom(format_args!("expected {MIN} to {MAX}, found {number}"))
        })
    }
}
