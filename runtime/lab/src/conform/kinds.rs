//! The kinds of events that scenario files know: their names and fields.

use Shape::{Flag, Number, NumberOrNone, Word};

/// What a field may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Number,
    /// A number, or null for 0.
    NumberOrNone,
    Flag,
    Word(&'static [(&'static str, &'static str)]),
}

/// A kind of event.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    /// Whether the engine's facts of this kind count where the scenario expects none of them.
    pub(super) is_always_compared: bool,
    /// What an expected fact must have.
    pub(super) needed: &'static [(&'static str, Shape)],
    /// What it may have.
    pub(super) more: &'static [(&'static str, Shape)],
}

impl Kind {
    /// Whether an expected fact must have the field.
    pub(super) fn needs(&self, name: &str) -> bool {
        self.needed.iter().any(|(needed, _)| *needed == name)
    }

    /// What an expected fact may have, and before that what it must have.
    pub(super) fn fields(&self) -> impl Iterator<Item = &(&'static str, Shape)> {
        self.needed.iter().chain(self.more).chain(COMMON)
    }
}

/// The gateway's own reject of a New or Replace with an id that no order can have.
pub(super) const BAD_ID: &str = "bad_id";
/// The gateway's own reject of a New with an account that nobody can have.
pub(super) const BAD_ACCOUNT: &str = "bad_account";

/// What every expected fact may have.
const COMMON: &[(&str, Shape)] = &[("instrument", Number), ("session", Number), ("owner", Number)];

/// Declares words that stand for themselves.
macro_rules! words {
    ($($word:expr),* $(,)?) => { &[$(($word, $word)),*] };
}

const CANCEL_REASONS: &[(&str, &str)] = words![
    "user",
    "self_trade",
    "ioc_remainder",
    "fok_unfillable",
    "mass_cancel",
    "no_liquidity",
    "expired",
    "minimum_unfillable",
    "post_only_would_cross",
    "levels_full",
];

const REJECT_REASONS: &[(&str, &str)] = words![
    "unknown_order",
    "post_only_would_cross",
    "price_band",
    "bad_quantity",
    "duplicate_id",
    "bad_price",
    "halted",
    "no_matching",
    "max_quantity",
    "max_notional",
    "bad_expiry",
    "unknown_instrument",
    "sessions_full",
    "orders_full",
    "levels_full",
    "instruments_full",
    "bad_capacities",
    "not_operator",
    "max_orders",
    "bad_terms",
    "wrong_phase",
    "bad_time",
    BAD_ID,
    BAD_ACCOUNT,
];

const PHASES: &[(&str, &str)] = words!["continuous", "auction", "collecting"];
const SIDES: &[(&str, &str)] = words!["buy", "sell"];

/// A kind that counts always.
const fn kind(
    name: &'static str,
    needed: &'static [(&'static str, Shape)],
    more: &'static [(&'static str, Shape)],
) -> Kind {
    Kind { name, is_always_compared: true, needed, more }
}

/// A kind that counts where the scenario names it, or is strict.
const fn quiet(name: &'static str, needed: &'static [(&'static str, Shape)]) -> Kind {
    Kind { name, is_always_compared: false, needed, more: &[] }
}

pub(super) static ACCEPTED: Kind = kind("accepted", &[("id", Number)], &[]);
pub(super) static REJECTED: Kind =
    kind("rejected", &[("id", Number), ("reason", Word(REJECT_REASONS))], &[]);
/// The reject of a command that names no order.
pub(super) static REFUSED: Kind = quiet("rejected", &[("reason", Word(REJECT_REASONS))]);
pub(super) static TRADE: Kind = kind(
    "trade",
    &[("maker", Number), ("taker", Number), ("price", Number), ("qty", Number)],
    &[("maker_session", Number), ("maker_remaining", Number), ("taker_remaining", Number)],
);
pub(super) static RESTED: Kind = kind(
    "rested",
    &[("id", Number), ("price", Number), ("qty", Number)],
    &[("side", Word(SIDES)), ("visible", Number)],
);
pub(super) static CANCELLED: Kind =
    kind("cancelled", &[("id", Number), ("qty", Number), ("reason", Word(CANCEL_REASONS))], &[]);
pub(super) static REPLACED: Kind = kind(
    "replaced",
    &[("id", Number), ("price", NumberOrNone), ("qty", Number), ("kept_priority", Flag)],
    &[("new_id", Number), ("visible", Number)],
);
pub(super) static TRIGGERED: Kind = kind("triggered", &[("id", Number)], &[]);
pub(super) static REPLENISHED: Kind =
    kind("replenished", &[("id", Number), ("visible", Number)], &[]);
pub(super) static AUCTION_TRADE: Kind = kind(
    "auction_trade",
    &[("buy", Number), ("sell", Number), ("price", Number), ("qty", Number)],
    &[("sell_session", Number), ("buy_remaining", Number), ("sell_remaining", Number)],
);
pub(super) static NOTED: Kind = kind("noted", &[("id", Number), ("code", Number)], &[]);
pub(super) static UNCROSSED: Kind =
    kind("uncrossed", &[("price", Number), ("volume", Number)], &[]);
pub(super) static REDUCED: Kind = Kind {
    is_always_compared: false,
    ..kind("reduced", &[("id", Number), ("qty", Number)], &[("visible", Number)])
};
pub(super) static MASS_CANCELLED: Kind = quiet("mass_cancelled", &[("count", Number)]);
pub(super) static STATE_CHANGED: Kind =
    quiet("state_changed", &[("phase", Word(PHASES)), ("halted", Flag)]);
pub(super) static BAND_SET: Kind = quiet("band_set", &[("low", Number), ("high", Number)]);
pub(super) static CLOCK_SET: Kind = quiet("clock_set", &[("now", Number)]);
pub(super) static DAY_ENDED: Kind = quiet("day_ended", &[]);
pub(super) static SESSION_LIMITED: Kind =
    quiet("session_limited", &[("of_session", Number), ("max_orders", Number)]);
pub(super) static INSTRUMENT_DEFINED: Kind = quiet("instrument_defined", &[("new", Flag)]);
pub(super) static CONFIGURED: Kind =
    quiet("configured", &[("orders", Number), ("instruments", Number), ("sessions", Number)]);

/// Every kind, by the name that a file writes.
pub(super) static KINDS: [&Kind; 20] = [
    &ACCEPTED,
    &REJECTED,
    &TRADE,
    &RESTED,
    &CANCELLED,
    &REPLACED,
    &TRIGGERED,
    &REPLENISHED,
    &AUCTION_TRADE,
    &NOTED,
    &UNCROSSED,
    &REDUCED,
    &MASS_CANCELLED,
    &STATE_CHANGED,
    &BAND_SET,
    &CLOCK_SET,
    &DAY_ENDED,
    &SESSION_LIMITED,
    &INSTRUMENT_DEFINED,
    &CONFIGURED,
];
