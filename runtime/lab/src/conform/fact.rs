//! Events as scenario files write them: read from JSON, compared and shown.

use super::command::Subject;
use super::integer::Integer;
use super::json::{Complaint, Fields, Raw, choice, read, read_with};
use super::kinds::{KINDS, Kind, REFUSED, REJECTED, Shape};
use highwater::types::OrderId;
use std::fmt;

/// An event as a scenario file writes it.
///
/// An expected fact has the fields that its scenario gives; an observed one has all that are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fact {
    pub(super) kind: &'static Kind,
    pub(super) fields: Vec<(&'static str, Value)>,
}

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Number(Integer),
    Flag(bool),
    Word(&'static str),
}

impl Fact {
    /// An expected fact, caused by a command about `subject`.
    pub(super) fn read(raw: Raw<'_>, subject: Subject) -> Result<Self, Complaint> {
        let mut given: Fields<'_> = read(raw)?;
        let name: String = given.required("ev")?;
        let mut kind = *KINDS
            .iter()
            .find(|kind| kind.name == name)
            .ok_or_else(|| Complaint::new(format!("no event is called '{name}'")).inside("ev"))?;
        if *kind == REJECTED && subject == Subject::Other {
            kind = &REFUSED;
        }
        let mut fields = Vec::new();
        for (name, shape) in kind.fields() {
            if let Some(raw) = given.take(name) {
                let value = shape.read(raw).map_err(|complaint| complaint.inside(name))?;
                fields.push((*name, value));
            } else if kind.needs(name) {
                return Err(Complaint::missing(name));
            }
        }
        given.end(kind.fields().map(|(name, _)| *name))?;
        Ok(Self { kind, fields })
    }

    /// The reject with which the gateway answers instead of the engine.
    pub(super) fn rejected(id: Integer, reason: &'static str) -> Self {
        let fields = vec![("id", Value::Number(id)), ("reason", Value::Word(reason))];
        Self { kind: &REJECTED, fields }
    }

    /// The reject with which the gateway answers a command that names no order.
    pub(super) fn refused(reason: &'static str) -> Self {
        Self { kind: &REFUSED, fields: vec![("reason", Value::Word(reason))] }
    }

    /// Whether the fact is compared with the `expected` ones of its command in a scenario that is
    /// not strict.
    pub(super) fn counts(&self, expected: &[Self]) -> bool {
        self.kind.is_always_compared || expected.iter().any(|expected| expected.kind == self.kind)
    }

    /// Whether this is what `expected` asks for: the same kind, and the fields that it gives.
    pub(super) fn fits(&self, expected: &Self) -> bool {
        self.kind == expected.kind
            && expected.fields.iter().all(|field| self.fields.contains(field))
    }

    /// The fact without the fields that only some scenarios ask for.
    pub(super) fn shown_beside(&self, expected: Option<&Self>) -> Self {
        let asked = |name| {
            self.kind.needs(name)
                || expected.is_some_and(|expected| {
                    expected.kind == self.kind
                        && expected.fields.iter().any(|(asked, _)| *asked == name)
                })
        };
        let fields = self.fields.iter().filter(|(name, _)| asked(*name));
        Self { kind: self.kind, fields: fields.cloned().collect() }
    }
}

impl Shape {
    fn read(self, raw: Raw<'_>) -> Result<Value, Complaint> {
        match self {
            Self::Number => read(raw).map(Value::Number),
            Self::NumberOrNone => {
                read(raw).map(|number: Option<_>| Value::Number(number.unwrap_or_default()))
            }
            Self::Flag => read(raw).map(Value::Flag),
            Self::Word(words) => read_with(raw, |json| choice(json, words)).map(Value::Word),
        }
    }
}

impl From<OrderId> for Value {
    fn from(order: OrderId) -> Self {
        Self::Number(order.0.into())
    }
}

impl From<u16> for Value {
    fn from(number: u16) -> Self {
        Self::Number(number.into())
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(number.into())
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<&'static str> for Value {
    fn from(word: &'static str) -> Self {
        Self::Word(word)
    }
}

impl fmt::Display for Fact {
    /// `trade maker=1 taker=2 price=100 qty=5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.name)?;
        self.fields.iter().try_for_each(|(name, value)| match value {
            Value::Number(number) => write!(f, " {name}={number}"),
            Value::Flag(flag) => write!(f, " {name}={flag}"),
            Value::Word(word) => write!(f, " {name}={word}"),
        })
    }
}
