//! Commands as scenario files write them: names, fields and what may be left out.

use super::config::{Terms, read_terms};
use super::json::{Complaint, Object, Raw, boolean, choice, integer, nullable, range, text};
use highwater::command::Control;
use highwater::types::{OrderType, ReplaceRule, SelfTrade, Side, Symbol, TimeInForce};

/// One command of a scenario. Its numbers are as the file has them.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// Which session sends it, where the file says so.
    pub(super) session: Option<i128>,
    /// Which instrument it is about, where the file says so.
    pub(super) instrument: Option<i128>,
    pub(super) ask: Ask,
}

/// What a command is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// One order.
    Order,
    /// An instrument, a session, everything.
    Other,
}

/// What a command asks for.
#[derive(Clone, Debug)]
pub(super) enum Ask {
    New(Box<NewAsk>),
    Cancel {
        id: i128,
        account: i128,
    },
    Reduce {
        id: i128,
        account: i128,
        by: i128,
    },
    Replace(Box<ReplaceAsk>),
    MassCancel {
        account: Option<i128>,
        side: Option<Side>,
        of_session: Option<i128>,
    },
    Control(Control),
    /// `None` takes every price.
    SetBand(Option<[i128; 2]>),
    Time(i128),
    EndOfDay,
    LimitSession {
        of_session: i128,
        max_orders: i128,
    },
    Define {
        symbol: Symbol,
        terms: Terms,
    },
    Configure {
        orders: i128,
        instruments: i128,
        sessions: i128,
    },
    /// Asks for what an uncross would do now, and says what that is; no command of the engine.
    Indicative(Option<IndicativeAsk>),
}

/// A new order.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewAsk {
    pub(super) id: i128,
    pub(super) account: i128,
    pub(super) side: Side,
    pub(super) order_type: OrderType,
    pub(super) time_in_force: TimeInForce,
    pub(super) price: Option<i128>,
    pub(super) quantity: i128,
    pub(super) trigger: Option<i128>,
    pub(super) self_trade: SelfTrade,
    pub(super) post_only: bool,
    pub(super) expiry: Option<i128>,
    pub(super) peak: Option<i128>,
    pub(super) minimum: Option<i128>,
}

/// A change of an order; what is not said stays.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReplaceAsk {
    pub(super) id: i128,
    pub(super) new_id: Option<i128>,
    pub(super) account: i128,
    pub(super) rule: ReplaceRule,
    pub(super) price: Option<i128>,
    pub(super) quantity: Option<i128>,
    pub(super) trigger: Option<i128>,
}

/// What an uncross is expected to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct IndicativeAsk {
    pub(super) price: i128,
    pub(super) volume: i128,
    pub(super) imbalance: i128,
}

/// The names of all commands, each with what reads the rest of it.
const COMMANDS: &[(&str, Reader)] = &[
    ("new", read_new),
    ("cancel", read_cancel),
    ("reduce", read_reduce),
    ("replace", read_replace),
    ("mass_cancel", read_mass_cancel),
    ("halt", |_| Ok(Ask::Control(Control::Halt))),
    ("resume", |_| Ok(Ask::Control(Control::Resume))),
    ("set_band", |object| Ok(Ask::SetBand(object.required("band", read_band)?))),
    ("set_matching", read_set_matching),
    ("time", |object| Ok(Ask::Time(object.required("now", integer)?))),
    ("end_of_day", |_| Ok(Ask::EndOfDay)),
    ("start_auction", |_| Ok(Ask::Control(Control::StartAuction))),
    ("uncross", |_| Ok(Ask::Control(Control::Uncross))),
    ("indicative", read_indicative),
    ("limit_session", read_limit_session),
    ("define", read_define),
    ("configure", read_configure),
];

/// Reads the fields of one command that others have not.
type Reader = fn(&mut Object<'_>) -> Result<Ask, Complaint>;

const SIDES: &[(&str, Side)] = &[("buy", Side::Buy), ("sell", Side::Sell)];

const ORDER_TYPES: &[(&str, OrderType)] = &[
    ("limit", OrderType::Limit),
    ("market", OrderType::Market),
    ("stop", OrderType::Stop),
    ("stop_limit", OrderType::StopLimit),
];

const TIMES_IN_FORCE: &[(&str, TimeInForce)] = &[
    ("gtc", TimeInForce::GoodTillCancel),
    ("ioc", TimeInForce::ImmediateOrCancel),
    ("fok", TimeInForce::FillOrKill),
    ("gtd", TimeInForce::GoodTillDate),
    ("day", TimeInForce::Day),
];

const SELF_TRADES: &[(&str, SelfTrade)] = &[
    ("allow", SelfTrade::Allow),
    ("cancel_newest", SelfTrade::CancelNewest),
    ("cancel_oldest", SelfTrade::CancelOldest),
    ("cancel_both", SelfTrade::CancelBoth),
];

const RULES: &[(&str, ReplaceRule)] =
    &[("modify", ReplaceRule::Modify), ("cancel_replace", ReplaceRule::CancelReplace)];

impl Step {
    /// Reads a command.
    pub(super) fn read(raw: Raw<'_>) -> Result<Self, Complaint> {
        let mut object = Object::read(raw)?.without_nulls(&["band", "expect"]);
        let word = object.required("cmd", text)?;
        let (_, reader) = *COMMANDS.iter().find(|(name, _)| *name == word).ok_or_else(|| {
            Complaint::new(format!("no command is called '{word}'")).inside("cmd")
        })?;
        let session = object.optional("session", integer)?;
        let instrument = object.optional("instrument", integer)?;
        let ask = reader(&mut object)?;
        object.end()?;
        Ok(Self { session, instrument, ask })
    }

    /// What the command names, and its reject too.
    pub(super) fn subject(&self) -> Subject {
        self.order_id().map_or(Subject::Other, |_| Subject::Order)
    }

    /// The order that the command names.
    pub(super) fn order_id(&self) -> Option<i128> {
        match &self.ask {
            Ask::New(new) => Some(new.id),
            Ask::Cancel { id, .. } | Ask::Reduce { id, .. } => Some(*id),
            Ask::Replace(replace) => Some(replace.id),
            Ask::MassCancel { .. }
            | Ask::Control(_)
            | Ask::SetBand(_)
            | Ask::Time(_)
            | Ask::EndOfDay
            | Ask::LimitSession { .. }
            | Ask::Define { .. }
            | Ask::Configure { .. }
            | Ask::Indicative(_) => None,
        }
    }
}

fn read_new(object: &mut Object<'_>) -> Result<Ask, Complaint> {
    let order_type = object.optional("type", |raw| choice(raw, ORDER_TYPES))?.unwrap_or_default();
    let time_in_force =
        object.optional("tif", |raw| choice(raw, TIMES_IN_FORCE))?.unwrap_or_default();
    let new = NewAsk {
        id: object.required("id", integer)?,
        account: read_account(object)?,
        side: object.required("side", |raw| choice(raw, SIDES))?,
        order_type,
        time_in_force,
        price: object.optional("price", integer)?,
        quantity: object.required("qty", integer)?,
        trigger: object.optional("trigger", integer)?,
        self_trade: object.optional("stp", |raw| choice(raw, SELF_TRADES))?.unwrap_or_default(),
        post_only: object.optional("post_only", boolean)?.unwrap_or_default(),
        expiry: object.optional("expiry", integer)?,
        peak: object.optional("peak", integer)?,
        minimum: object.optional("min_qty", integer)?,
    };
    let is_missing = [
        ("price", order_type.has_limit() && new.price.is_none()),
        ("trigger", order_type.is_stop() && new.trigger.is_none()),
        ("expiry", time_in_force == TimeInForce::GoodTillDate && new.expiry.is_none()),
    ];
    if let Some((name, _)) = is_missing.into_iter().find(|(_, is_missing)| *is_missing) {
        return Err(Complaint::missing(name));
    }
    Ok(Ask::New(Box::new(new)))
}

fn read_account(object: &mut Object<'_>) -> Result<i128, Complaint> {
    Ok(object.optional("acct", integer)?.unwrap_or_default())
}

fn read_cancel(object: &mut Object<'_>) -> Result<Ask, Complaint> {
    Ok(Ask::Cancel { id: object.required("id", integer)?, account: read_account(object)? })
}

fn read_reduce(object: &mut Object<'_>) -> Result<Ask, Complaint> {
    Ok(Ask::Reduce {
        id: object.required("id", integer)?,
        account: read_account(object)?,
        by: object.required("by", integer)?,
    })
}

fn read_replace(object: &mut Object<'_>) -> Result<Ask, Complaint> {
    let rule = object.optional("rule", |raw| choice(raw, RULES))?;
    Ok(Ask::Replace(Box::new(ReplaceAsk {
        id: object.required("id", integer)?,
        new_id: object.optional("new_id", integer)?,
        account: read_account(object)?,
        rule: rule.unwrap_or(ReplaceRule::Modify),
        price: object.optional("price", integer)?,
        quantity: object.optional("qty", integer)?,
        trigger: object.optional("trigger", integer)?,
    })))
}

fn read_mass_cancel(object: &mut Object<'_>) -> Result<Ask, Complaint> {
    Ok(Ask::MassCancel {
        account: object.optional("acct", integer)?,
        side: object.optional("side", |raw| choice(raw, SIDES))?,
        of_session: object.optional("of_session", integer)?,
    })
}

fn read_set_matching(object: &mut Object<'_>) -> Result<Ask, Complaint> {
    let on = object.required("on", boolean)?;
    Ok(Ask::Control(if on { Control::MatchingOn } else { Control::MatchingOff }))
}

/// A band of prices, or null for all of them.
pub(super) fn read_band(raw: Raw<'_>) -> Result<Option<[i128; 2]>, Complaint> {
    nullable(raw, range)
}

fn read_indicative(object: &mut Object<'_>) -> Result<Ask, Complaint> {
    let expected = object.required("expect", |raw| {
        nullable(raw, |raw| {
            let mut object = Object::read(raw)?;
            let expected = IndicativeAsk {
                price: object.required("price", integer)?,
                volume: object.required("volume", integer)?,
                imbalance: object.required("imbalance", integer)?,
            };
            object.end()?;
            Ok(expected)
        })
    })?;
    Ok(Ask::Indicative(expected))
}

fn read_limit_session(object: &mut Object<'_>) -> Result<Ask, Complaint> {
    Ok(Ask::LimitSession {
        of_session: object.required("of_session", integer)?,
        max_orders: object.required("max_orders", integer)?,
    })
}

fn read_define(object: &mut Object<'_>) -> Result<Ask, Complaint> {
    let symbol = object.required("symbol", read_symbol)?;
    Ok(Ask::Define { symbol, terms: read_terms(object, &Terms::OPEN)? })
}

/// The name of an instrument.
pub(super) fn read_symbol(raw: Raw<'_>) -> Result<Symbol, Complaint> {
    Symbol::new(text(raw)?.as_bytes())
        .ok_or_else(|| Complaint::new("a symbol has 1 to 16 bytes, none of them zero"))
}

fn read_configure(object: &mut Object<'_>) -> Result<Ask, Complaint> {
    Ok(Ask::Configure {
        orders: object.required("orders", integer)?,
        instruments: object.required("instruments", integer)?,
        sessions: object.required("sessions", integer)?,
    })
}
