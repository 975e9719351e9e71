//! What an engine may hold: the user's wishes, the defaults, and room for both.

use highwater::limits::{INSTRUMENTS_DEFAULT, ORDERS_DEFAULT, SESSIONS_DEFAULT};
use highwater::types::Capacities;

/// What an engine may hold when nobody says otherwise.
pub const CAPACITIES_DEFAULT: Capacities = Capacities {
    orders: ORDERS_DEFAULT,
    instruments: INSTRUMENTS_DEFAULT,
    sessions: SESSIONS_DEFAULT,
};

/// What the user wishes the engine to hold; what is not said is as the log has it, or the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CapacityWishes {
    /// Open orders.
    pub orders: Option<u32>,
    /// Instruments.
    pub instruments: Option<u32>,
    /// Sessions, the operator's included.
    pub sessions: Option<u32>,
}

impl CapacityWishes {
    /// The wishes, and `otherwise` where there is none.
    pub fn or(self, otherwise: Capacities) -> Capacities {
        Capacities {
            orders: self.orders.unwrap_or(otherwise.orders),
            instruments: self.instruments.unwrap_or(otherwise.instruments),
            sessions: self.sessions.unwrap_or(otherwise.sessions),
        }
    }
}

/// Room for both.
pub fn larger(a: Capacities, b: Capacities) -> Capacities {
    Capacities {
        orders: a.orders.max(b.orders),
        instruments: a.instruments.max(b.instruments),
        sessions: a.sessions.max(b.sessions),
    }
}
