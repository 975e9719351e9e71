//! Fields of messages as a client shows them: a word for people, a value of JSON for programs.

use highwater_protocols::itch::{self, Header};
use highwater_protocols::ouch::{self, AiqDetails, Appendage, Element};
use highwater_protocols::{
    Alpha, Code, Open, Price4, Price8, Seconds, SignedPrice4, Time48, Time64, WidePrice4, YesNo,
};
use serde_json::{Map, Value};
use std::fmt::Write;

/// A message, its fields in their order.
#[derive(Debug)]
pub(super) struct Fields {
    /// The name of the message.
    name: &'static str,
    /// Its type byte.
    code: u8,
    /// The time, which people read first.
    time_ns: Option<u64>,
    words: String,
    values: Map<String, Value>,
}

impl Fields {
    /// A message without fields.
    pub(super) fn new(name: &'static str, code: u8) -> Self {
        Self { name, code, time_ns: None, words: String::new(), values: Map::new() }
    }

    /// Adds a field.
    pub(super) fn add(&mut self, name: &str, value: &impl Shown) {
        value.show(name, self);
    }

    fn put(&mut self, name: &str, word: &str, value: Value) {
        // Writing to a string cannot fail.
        let _written = write!(self.words, " {name}={word}");
        self.values.insert(name.to_owned(), value);
    }

    fn put_time(&mut self, name: &str, nanoseconds: u64) {
        if name == "timestamp" {
            self.time_ns = Some(nanoseconds);
            self.values.insert(name.to_owned(), nanoseconds.into());
        } else {
            self.put(name, &time_of_day(nanoseconds), nanoseconds.into());
        }
    }

    /// The message as a line for people.
    pub(super) fn line(&self, stream: &str, number: u64) -> String {
        let Self { name, words, .. } = self;
        let time = self.time_ns.map_or(String::new(), |time| format!("{} ", time_of_day(time)));
        format!("{stream} {number} {time}{name}{words}")
    }

    /// The message as an object for programs.
    pub(super) fn json(self, stream: &str, number: u64) -> Value {
        let mut object = Map::new();
        object.insert("stream".to_owned(), stream.into());
        object.insert("number".to_owned(), number.into());
        object.insert("message".to_owned(), self.name.into());
        object.insert("type".to_owned(), char::from(self.code).to_string().into());
        object.extend(self.values);
        Value::Object(object)
    }
}

/// A time of the day; the venue's clock goes on behind midnight until its day ends.
fn time_of_day(nanoseconds: u64) -> String {
    let (seconds, rest) = (nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000);
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02}.{rest:09}", seconds % 60)
}

/// A field that can be shown.
pub(super) trait Shown {
    /// Adds itself under `name`.
    fn show(&self, name: &str, to: &mut Fields);
}

macro_rules! numbers {
    ($($number:ty),*) => { $(
        impl Shown for $number {
            fn show(&self, name: &str, to: &mut Fields) {
                to.put(name, &self.to_string(), (*self).into());
            }
        }
    )* };
}

numbers!(u8, u16, u32, u64);

/// Prices stay decimal text: a number of JSON may be read as a float.
macro_rules! prices {
    ($($price:ty),*) => { $(
        impl Shown for $price {
            fn show(&self, name: &str, to: &mut Fields) {
                let text = self.to_string();
                to.put(name, &text, text.clone().into());
            }
        }
    )* };
}

prices!(Price4, Price8, SignedPrice4);

impl Shown for WidePrice4 {
    fn show(&self, name: &str, to: &mut Fields) {
        let text = if *self == Self::MARKET { "MKT".to_owned() } else { self.to_string() };
        to.put(name, &text, text.clone().into());
    }
}

impl Shown for Time48 {
    fn show(&self, name: &str, to: &mut Fields) {
        to.put_time(name, self.nanoseconds());
    }
}

impl Shown for Time64 {
    fn show(&self, name: &str, to: &mut Fields) {
        to.put_time(name, self.0);
    }
}

impl Shown for Seconds {
    fn show(&self, name: &str, to: &mut Fields) {
        self.0.show(name, to);
    }
}

impl<const N: usize> Shown for Alpha<N> {
    fn show(&self, name: &str, to: &mut Fields) {
        let text = String::from_utf8_lossy(self.text()).into_owned();
        let word = if text.is_empty() { "-" } else { &text };
        to.put(name, word, text.as_str().into());
    }
}

/// What stands in a message for a code.
pub(super) trait RawCode {
    /// The letter, or the number as the documents write it.
    fn text(&self) -> String;
}

impl RawCode for u8 {
    fn text(&self) -> String {
        if self.is_ascii_graphic() || *self == b' ' {
            char::from(*self).to_string()
        } else {
            format!("0x{self:02X}")
        }
    }
}

impl RawCode for u16 {
    fn text(&self) -> String {
        format!("0x{self:04X}")
    }
}

impl<E: Code> Shown for Open<E>
where
    E::Raw: RawCode,
{
    fn show(&self, name: &str, to: &mut Fields) {
        let raw = self.raw().text();
        let word = self.known().map_or_else(|| raw.clone(), |known| format!("{known:?}({raw})"));
        to.put(name, &word, raw.into());
    }
}

/// Codes that are one of a list for certain.
macro_rules! listed {
    ($($code:ty),*) => { $(
        impl Shown for $code {
            fn show(&self, name: &str, to: &mut Fields) {
                to.put(name, &format!("{self:?}"), self.raw().text().into());
            }
        }
    )* };
}

listed!(
    YesNo,
    itch::Side,
    ouch::Side,
    ouch::TimeInForce,
    ouch::Display,
    ouch::Capacity,
    ouch::CrossType,
    ouch::OrderState,
    ouch::CustomerType,
    ouch::PriceType,
    ouch::PostOnly
);

impl Shown for Header {
    fn show(&self, _: &str, to: &mut Fields) {
        let Self { stock_locate, tracking_number, timestamp } = self;
        stock_locate.show("stock_locate", to);
        if *tracking_number != 0 {
            tracking_number.show("tracking_number", to);
        }
        timestamp.show("timestamp", to);
    }
}

impl<T: Shown> Shown for Option<T> {
    fn show(&self, name: &str, to: &mut Fields) {
        if let Some(value) = self {
            value.show(name, to);
        }
    }
}

impl<const TAGS: u32> Shown for Appendage<TAGS> {
    fn show(&self, _: &str, to: &mut Fields) {
        self.elements().for_each(|element| element.show("", to));
    }
}

impl Shown for AiqDetails {
    fn show(&self, name: &str, to: &mut Fields) {
        self.strategy.show("strategy", to);
        self.appendage.show(name, to);
    }
}

impl Shown for Element {
    /// Under the names of the protocol.
    fn show(&self, _: &str, to: &mut Fields) {
        match self {
            Self::SecondaryOrderReference(it) => it.show("secondary_order_reference", to),
            Self::Firm(it) => it.show("firm", to),
            Self::MinQuantity(it) => it.show("min_quantity", to),
            Self::CustomerType(it) => it.show("customer_type", to),
            Self::MaxFloor(it) => it.show("max_floor", to),
            Self::PriceType(it) => it.show("price_type", to),
            Self::PegOffset(it) => it.show("peg_offset", to),
            Self::DiscretionPrice(it) => it.show("discretion_price", to),
            Self::DiscretionPriceType(it) => it.show("discretion_price_type", to),
            Self::DiscretionPegOffset(it) => it.show("discretion_peg_offset", to),
            Self::PostOnly(it) => it.show("post_only", to),
            Self::RandomReserves(it) => it.show("random_reserves", to),
            Self::Route(it) => it.show("route", to),
            Self::ExpireTime(it) => it.show("expire_time", to),
            Self::TradeNow(it) => it.show("trade_now", to),
            Self::HandleInst(it) => it.show("handle_inst", to),
            Self::BboWeight(it) => it.show("bbo_weight", to),
            Self::ReferencePrice(it) => it.show("reference_price", to),
            Self::ReferencePriceType(it) => it.show("reference_price_type", to),
            Self::DisplayQuantity(it) => it.show("display_quantity", to),
            Self::DisplayPrice(it) => it.show("display_price", to),
            Self::GroupId(it) => it.show("group_id", to),
            Self::SharesLocated(it) => it.show("shares_located", to),
            Self::LocateBroker(it) => it.show("locate_broker", to),
            Self::Side(it) => it.show("side", to),
            Self::UserRefIdx(it) => it.show("user_ref_idx", to),
            Self::AiqStrategy(it) => it.show("aiq_strategy", to),
            Self::AiqGroupId(it) => it.show("aiq_group_id", to),
        }
    }
}

/// Makes a function of the messages and their fields. A field that is left out does not compile.
macro_rules! fields_of_each {
    ($any:ident: $( $name:ident { $($field:ident),* } )*) => {
        /// The fields of a message.
        pub(super) fn fields_of(message: &$any) -> Fields {
            match message { $(
                $any::$name(it) => {
                    let $name { $($field),* } = it;
                    let mut fields = Fields::new(stringify!($name), <$name as Message>::TYPE);
                    $( fields.add(stringify!($field), $field); )*
                    fields
                }
            )* }
        }
    };
}

pub(super) use fields_of_each;
