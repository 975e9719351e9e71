//! Commands as scenario files write them: names, fields and what may be left out.

use super::integer::Integer;
use super::json::{Complaint, Fields, Object, Raw, choice, nullable, read};
use super::terms::{Ends, GivenInstrument};
use highwater::command::{ClientBytes, ReplaceSizing};
use highwater::types::{OrderType, ReplaceRule, SelfTrade, Side, TimeInForce};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// One command of a scenario. Its numbers are as the file has them.
#[derive(Debug)]
pub(super) struct Step {
    /// Which session sends it, where the file says so.
    pub(super) session: Option<Integer>,
    /// Which instrument it is about, where the file says so.
    pub(super) instrument: Option<Integer>,
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

/// What a command asks for: its name, and the fields that others have not.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Ask {
    New(Box<NewAsk>),
    Cancel {
        id: Integer,
        #[serde(default, rename = "acct")]
        account: Integer,
    },
    Reduce {
        id: Integer,
        #[serde(default, rename = "acct")]
        account: Integer,
        by: Integer,
    },
    Replace(Box<ReplaceAsk>),
    MassCancel {
        #[serde(rename = "acct")]
        account: Option<Integer>,
        #[serde(default, deserialize_with = "some_side")]
        side: Option<Side>,
        of_session: Option<Integer>,
    },
    Note {
        #[serde(default)]
        id: Integer,
        code: u16,
        #[serde(default, deserialize_with = "client_bytes")]
        bytes: ClientBytes,
    },
    Halt {},
    Resume {},
    SetBand {
        /// `None` takes every price.
        #[serde(deserialize_with = "nullable")]
        band: Option<Ends>,
    },
    SetMatching {
        on: bool,
    },
    Time {
        now: Integer,
    },
    EndOfDay {},
    StartAuction {},
    Uncross {},
    /// Asks for what an uncross would do now, and says what that is; no command of the engine.
    Indicative {
        #[serde(deserialize_with = "nullable")]
        expect: Option<Object<IndicativeAsk>>,
    },
    LimitSession {
        of_session: Integer,
        max_orders: Integer,
    },
    /// The instrument has a symbol.
    Define(Box<GivenInstrument>),
    Configure {
        orders: Integer,
        instruments: Integer,
        sessions: Integer,
    },
}

/// A new order.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewAsk {
    pub(super) id: Integer,
    #[serde(default, rename = "acct")]
    pub(super) account: Integer,
    #[serde(deserialize_with = "side")]
    pub(super) side: Side,
    #[serde(default, rename = "type", deserialize_with = "order_type")]
    pub(super) order_type: OrderType,
    #[serde(default, rename = "tif", deserialize_with = "time_in_force")]
    pub(super) time_in_force: TimeInForce,
    pub(super) price: Option<Integer>,
    #[serde(rename = "qty")]
    pub(super) quantity: Integer,
    pub(super) trigger: Option<Integer>,
    #[serde(default, rename = "stp", deserialize_with = "self_trade")]
    pub(super) self_trade: SelfTrade,
    #[serde(default)]
    pub(super) post_only: bool,
    pub(super) expiry: Option<Integer>,
    pub(super) peak: Option<Integer>,
    #[serde(rename = "min_qty")]
    pub(super) minimum: Option<Integer>,
    #[serde(default, deserialize_with = "client_bytes")]
    pub(super) client_bytes: ClientBytes,
}

/// A change of an order; what is not said stays.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReplaceAsk {
    pub(super) id: Integer,
    pub(super) new_id: Option<Integer>,
    #[serde(default, rename = "acct")]
    pub(super) account: Integer,
    #[serde(default = "usual_rule", deserialize_with = "rule")]
    pub(super) rule: ReplaceRule,
    pub(super) price: Option<Integer>,
    #[serde(default, deserialize_with = "sizing")]
    pub(super) sizing: ReplaceSizing,
    #[serde(rename = "qty")]
    pub(super) quantity: Option<Integer>,
    pub(super) trigger: Option<Integer>,
    #[serde(default, deserialize_with = "client_bytes")]
    pub(super) client_bytes: ClientBytes,
}

/// What an uncross is expected to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IndicativeAsk {
    pub(super) price: Integer,
    pub(super) volume: Integer,
    pub(super) imbalance: Integer,
}

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

const SIZINGS: &[(&str, ReplaceSizing)] =
    &[("open", ReplaceSizing::Open), ("more", ReplaceSizing::More), ("less", ReplaceSizing::Less)];

/// The word for a meaning.
fn word_of<T: PartialEq>(words: &[(&'static str, T)], meaning: &T) -> &'static str {
    words.iter().find(|(_, known)| known == meaning).map_or("", |(word, _)| word)
}

/// The type as files write it.
pub(super) fn order_type_name(order_type: OrderType) -> &'static str {
    word_of(ORDER_TYPES, &order_type)
}

/// The time in force as files write it.
pub(super) fn time_in_force_name(time_in_force: TimeInForce) -> &'static str {
    word_of(TIMES_IN_FORCE, &time_in_force)
}

/// The prevention as files write it.
pub(super) fn self_trade_name(self_trade: SelfTrade) -> &'static str {
    word_of(SELF_TRADES, &self_trade)
}

/// The sizing as files write it.
pub(super) fn sizing_name(sizing: ReplaceSizing) -> &'static str {
    word_of(SIZINGS, &sizing)
}

impl Step {
    /// Reads a command.
    pub(super) fn read(raw: Raw<'_>) -> Result<Self, Complaint> {
        let mut fields = read::<Fields<'_>>(raw)?.without_nulls(&["band", "expect"]);
        let name: String = fields.required("cmd")?;
        let session = fields.optional("session")?;
        let instrument = fields.optional("instrument")?;
        let ask: Ask = fields.variant("cmd", &name, raw)?;
        match ask.missing() {
            Some(name) => Err(Complaint::missing(name).at(raw)),
            None => Ok(Self { session, instrument, ask }),
        }
    }

    /// What the command names, and its reject too.
    pub(super) fn subject(&self) -> Subject {
        self.order_id().map_or(Subject::Other, |_| Subject::Order)
    }

    /// The order that the command names.
    pub(super) fn order_id(&self) -> Option<Integer> {
        match &self.ask {
            Ask::New(new) => Some(new.id),
            Ask::Cancel { id, .. } | Ask::Reduce { id, .. } | Ask::Note { id, .. } => Some(*id),
            Ask::Replace(replace) => Some(replace.id),
            Ask::MassCancel { .. }
            | Ask::Halt {}
            | Ask::Resume {}
            | Ask::SetBand { .. }
            | Ask::SetMatching { .. }
            | Ask::Time { .. }
            | Ask::EndOfDay {}
            | Ask::StartAuction {}
            | Ask::Uncross {}
            | Ask::Indicative { .. }
            | Ask::LimitSession { .. }
            | Ask::Define(_)
            | Ask::Configure { .. } => None,
        }
    }
}

impl Ask {
    /// A field that is needed because of what others say, and is not there.
    fn missing(&self) -> Option<&'static str> {
        if let Self::New(new) = self {
            let is_dated = new.time_in_force == TimeInForce::GoodTillDate;
            let needed = [
                ("price", new.order_type.has_limit() && new.price.is_none()),
                ("trigger", new.order_type.is_stop() && new.trigger.is_none()),
                ("expiry", is_dated && new.expiry.is_none()),
            ];
            return needed.into_iter().find_map(|(name, is_missing)| is_missing.then_some(name));
        }
        let Self::Define(instrument) = self else { return None };
        instrument.symbol.is_none().then_some("symbol")
    }
}

fn side<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Side, D::Error> {
    choice(deserializer, SIDES)
}

/// Bytes as hexadecimal digits, two a byte.
fn client_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ClientBytes, D::Error> {
    let digits = String::deserialize(deserializer)?;
    let digit = |digit: u8| Some(u8::try_from(char::from(digit).to_digit(16)?).unwrap_or_default());
    let (pairs, rest) = digits.as_bytes().as_chunks();
    let bytes: Option<Vec<u8>> =
        pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect();
    let bytes = bytes.filter(|_| rest.is_empty()).and_then(|bytes| ClientBytes::new(&bytes));
    bytes.ok_or_else(|| D::Error::custom("bytes are written as hexadecimal digits, at most 64"))
}

fn some_side<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Side>, D::Error> {
    side(deserializer).map(Some)
}

fn order_type<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OrderType, D::Error> {
    choice(deserializer, ORDER_TYPES)
}

fn time_in_force<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TimeInForce, D::Error> {
    choice(deserializer, TIMES_IN_FORCE)
}

fn self_trade<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SelfTrade, D::Error> {
    choice(deserializer, SELF_TRADES)
}

fn rule<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ReplaceRule, D::Error> {
    choice(deserializer, RULES)
}

fn sizing<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ReplaceSizing, D::Error> {
    choice(deserializer, SIZINGS)
}

const fn usual_rule() -> ReplaceRule {
    ReplaceRule::Modify
}
