//! JSON read strictly: every field is asked for by name and type, and none may be left over.
//!
//! A value is kept as its text until somebody says what it has to be. So numbers of any size are
//! exact, and what is wrong is told with the place where it stands.

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// A JSON value that nobody has looked into yet.
pub(super) type Raw<'a> = &'a RawValue;

/// What is wrong with a value, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Complaint {
    /// The way to the value, `commands[3].price`; empty for the value that was looked into.
    place: String,
    problem: String,
}

impl Complaint {
    /// A complaint about the value that is looked into.
    pub(super) fn new(problem: impl Into<String>) -> Self {
        Self { place: String::new(), problem: problem.into() }
    }

    /// The same complaint, seen from the object that holds the value as `name`.
    pub(super) fn inside(self, name: &str) -> Self {
        let joint = if self.place.is_empty() || self.place.starts_with('[') { "" } else { "." };
        Self { place: [name, joint, &self.place].concat(), ..self }
    }

    /// The same complaint, seen from the list that holds the value.
    pub(super) fn inside_list(self, index: usize) -> Self {
        self.inside(&format!("[{index}]"))
    }

    /// The complaint about an object that lacks a field.
    pub(super) fn missing(name: &str) -> Self {
        Self::new("the field is missing").inside(name)
    }

    fn expected(what: &str, found: Raw<'_>) -> Self {
        const SHOWN_CHARACTERS: usize = 40;
        let text = found.get();
        let mut shown: String = text.chars().take(SHOWN_CHARACTERS).collect();
        if shown.len() < text.len() {
            shown.push_str("...");
        }
        Self::new(format!("expected {what}, found {shown}"))
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        f.write_str(&self.problem)
    }
}

/// The fields of an object that nobody has asked for yet.
#[derive(Debug)]
pub(super) struct Object<'a>(Vec<(String, Raw<'a>)>);

impl<'a> Object<'a> {
    /// The fields of `raw`, which must be an object that names none of them twice.
    pub(super) fn read(raw: Raw<'a>) -> Result<Self, Complaint> {
        if !raw.get().starts_with('{') {
            return Err(Complaint::expected("an object", raw));
        }
        let pairs: Pairs<'a> = parse(raw)?;
        let mut names: Vec<&str> = pairs.0.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(Complaint::new("the field stands here twice").inside(pair[0])),
            None => Ok(Self(pairs.0)),
        }
    }

    /// A field that must be there.
    pub(super) fn required<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(Raw<'a>) -> Result<T, Complaint>,
    ) -> Result<T, Complaint> {
        self.optional(name, read)?.ok_or_else(|| Complaint::missing(name))
    }

    /// A field that may be there.
    pub(super) fn optional<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(Raw<'a>) -> Result<T, Complaint>,
    ) -> Result<Option<T>, Complaint> {
        let Some(index) = self.0.iter().position(|(found, _)| found == name) else {
            return Ok(None);
        };
        let (_, raw) = self.0.remove(index);
        read(raw).map(Some).map_err(|complaint| complaint.inside(name))
    }

    /// The fields without those that are null, which say nothing; null means something in the
    /// fields `kept`.
    pub(super) fn without_nulls(mut self, kept: &[&str]) -> Self {
        self.0.retain(|(name, raw)| raw.get() != "null" || kept.contains(&name.as_str()));
        self
    }

    /// The fields that are left.
    pub(super) fn rest(self) -> Vec<(String, Raw<'a>)> {
        self.0
    }

    /// Says that there is no further field.
    pub(super) fn end(self) -> Result<(), Complaint> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => Err(Complaint::new("no such field is known here").inside(name)),
        }
    }
}

/// The elements of a list.
pub(super) fn list<'a, T>(
    raw: Raw<'a>,
    mut read: impl FnMut(Raw<'a>) -> Result<T, Complaint>,
) -> Result<Vec<T>, Complaint> {
    if !raw.get().starts_with('[') {
        return Err(Complaint::expected("a list", raw));
    }
    let elements: Vec<Raw<'a>> = parse(raw)?;
    let read = elements
        .into_iter()
        .enumerate()
        .map(|(index, element)| read(element).map_err(|complaint| complaint.inside_list(index)));
    read.collect()
}

/// An integer of any size; beyond 128 bits the nearest that has so many.
pub(super) fn integer(raw: Raw<'_>) -> Result<i128, Complaint> {
    let text = raw.get();
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Complaint::expected("an integer", raw));
    }
    let nearest = if text.starts_with('-') { i128::MIN } else { i128::MAX };
    Ok(text.parse().unwrap_or(nearest))
}

/// A text.
pub(super) fn text(raw: Raw<'_>) -> Result<String, Complaint> {
    if !raw.get().starts_with('"') {
        return Err(Complaint::expected("a text", raw));
    }
    parse(raw)
}

/// True or false.
pub(super) fn boolean(raw: Raw<'_>) -> Result<bool, Complaint> {
    match raw.get() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Complaint::expected("true or false", raw)),
    }
}

/// What `read` reads, or null.
pub(super) fn nullable<'a, T>(
    raw: Raw<'a>,
    read: impl FnOnce(Raw<'a>) -> Result<T, Complaint>,
) -> Result<Option<T>, Complaint> {
    if raw.get() == "null" { Ok(None) } else { read(raw).map(Some) }
}

/// One of some words, each with what it stands for.
pub(super) fn choice<T: Copy>(raw: Raw<'_>, words: &[(&str, T)]) -> Result<T, Complaint> {
    let word = text(raw)?;
    let found = words.iter().find(|(known, _)| *known == word);
    found.map(|(_, meaning)| *meaning).ok_or_else(|| {
        let known: Vec<&str> = words.iter().map(|(known, _)| *known).collect();
        Complaint::expected(&format!("one of {}", known.join(", ")), raw)
    })
}

/// A list of exactly two integers, the lowest and the highest of a range; null for no bound.
pub(super) fn range(raw: Raw<'_>) -> Result<[i128; 2], Complaint> {
    let ends = list(raw, |end| nullable(end, integer))?;
    let [low, high] =
        ends.try_into().map_err(|_| Complaint::expected("a list of two integers", raw))?;
    Ok([low.unwrap_or(i128::MIN), high.unwrap_or(i128::MAX)])
}

/// The value of a whole text.
pub(super) fn document(text: &str) -> Result<Raw<'_>, Complaint> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_json::from_str(text).map_err(|error| Complaint::new(format!("not JSON: {error}")))
}

fn parse<'a, T: Deserialize<'a>>(raw: Raw<'a>) -> Result<T, Complaint> {
    serde_json::from_str(raw.get()).map_err(|error| Complaint::new(format!("not JSON: {error}")))
}

/// The fields of an object, in order.
struct Pairs<'a>(Vec<(String, Raw<'a>)>);

impl<'a> Deserialize<'a> for Pairs<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        struct PairsVisitor;

        impl<'a> Visitor<'a> for PairsVisitor {
            type Value = Pairs<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry::<String, Raw<'a>>()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(PairsVisitor)
    }
}
