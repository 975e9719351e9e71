//! What scenario files need beyond serde: complaints that say where they stand, fields of an object
//! by name, and values that are read as their text.
//!
//! A number is read as its text, so that numbers of any size are exact.

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, MapDeserializer};
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_path_to_error::Segment;
use std::fmt;
use std::iter;
use std::marker::PhantomData;

/// A JSON value that nobody has looked into yet: a part of the file's text.
pub(super) type Raw<'a> = &'a RawValue;

/// A word of a list of known ones.
pub(super) type Word = &'static str;

/// What is wrong with a value, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Complaint {
    /// The way to the value, `commands[3].price`; empty for the value that was looked into.
    place: String,
    problem: Box<str>,
    /// The address of the value in the file's text, where it is known.
    address: Option<usize>,
}

impl Complaint {
    /// A complaint about the value that is looked into.
    pub(super) fn new(problem: impl Into<Box<str>>) -> Self {
        Self { place: String::new(), problem: problem.into(), address: None }
    }

    /// The complaint about an object that lacks a field, in serde's words.
    pub(super) fn missing(name: &str) -> Self {
        Self::new(format!("missing field `{name}`"))
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

    /// The same complaint, which is about the scenario `id`.
    pub(super) fn in_scenario(self, id: &str) -> Self {
        let joint = if self.place.is_empty() { "" } else { ": " };
        Self { place: format!("scenario '{id}'{joint}{}", self.place), ..self }
    }

    /// The same complaint, which is about `raw` unless a part of it is known.
    pub(super) fn at(self, raw: Raw<'_>) -> Self {
        Self { address: self.address.or_else(|| Some(raw.get().as_ptr().addr())), ..self }
    }

    /// The whole sentence about a file with this text.
    pub(super) fn sentence(&self, text: &str) -> String {
        let offset = self.address.map(|address| address.saturating_sub(text.as_ptr().addr()));
        let Some(before) = offset.and_then(|offset| text.as_bytes().get(..offset)) else {
            return self.to_string();
        };
        let mut lines = before.rsplit(|byte| *byte == b'\n');
        let column = lines.next().map_or(0, <[u8]>::len) + 1;
        format!("{self} at line {} column {column}", lines.count() + 1)
    }

    /// What serde says, without the place, which counts from the part that was read.
    fn said(error: &serde_json::Error) -> Self {
        let place = format!(" at line {} column {}", error.line(), error.column());
        let said = error.to_string();
        Self::new(said.strip_suffix(&place).unwrap_or(&said))
    }

    /// What serde says about `raw` or a part of it.
    fn of(raw: Raw<'_>, error: &serde_path_to_error::Error<serde_json::Error>) -> Self {
        let path: Vec<Segment> = error.path().iter().cloned().collect();
        let complaint = Self::said(error.inner()).at(part(raw, &path));
        path.iter().rev().fold(complaint, |complaint, segment| match segment {
            Segment::Seq { index } => complaint.inside_list(*index),
            Segment::Map { key } => complaint.inside(key),
            Segment::Enum { .. } | Segment::Unknown => complaint,
        })
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

/// The part of `raw` to which a path leads, as far as it leads.
fn part<'a>(raw: Raw<'a>, path: &[Segment]) -> Raw<'a> {
    path.iter().fold(raw, |raw, segment| {
        let part = match segment {
            Segment::Seq { index } => Vec::deserialize(raw)
                .ok()
                .and_then(|parts: Vec<Raw<'a>>| parts.get(*index).copied()),
            Segment::Map { key } => Fields::deserialize(raw).ok().and_then(|mut f| f.take(key)),
            Segment::Enum { .. } | Segment::Unknown => None,
        };
        part.unwrap_or(raw)
    })
}

/// The value of a whole text.
pub(super) fn document(text: &str) -> Result<Raw<'_>, Complaint> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_json::from_str(text).map_err(|error| Complaint::new(format!("not JSON: {error}")))
}

/// Reads a value that is part of a file.
pub(super) fn read<'a, T: Deserialize<'a>>(raw: Raw<'a>) -> Result<T, Complaint> {
    serde_path_to_error::deserialize(raw).map_err(|error| Complaint::of(raw, &error))
}

/// Reads a value with a function, which looks at no parts of it.
pub(super) fn read_with<'a, T>(
    raw: Raw<'a>,
    read: impl FnOnce(Raw<'a>) -> Result<T, serde_json::Error>,
) -> Result<T, Complaint> {
    read(raw).map_err(|error| Complaint::said(&error).at(raw))
}

/// The complaint that another value was expected, with the beginning of the one that is there.
pub(super) fn expected<E: Error>(what: &str, found: Raw<'_>) -> E {
    const SHOWN_CHARACTERS: usize = 40;
    let text = found.get();
    let mut shown: String = text.chars().take(SHOWN_CHARACTERS).collect();
    if shown.len() < text.len() {
        shown.push_str("...");
    }
    E::custom(format_args!("expected {what}, found {shown}"))
}

/// One of some words, each with what it stands for.
pub(super) fn choice<'de, D: Deserializer<'de>, T: Copy>(
    deserializer: D,
    words: &[(&str, T)],
) -> Result<T, D::Error> {
    let raw = Raw::deserialize(deserializer)?;
    let word: String = serde_json::from_str(raw.get()).map_err(|_| expected("a text", raw))?;
    let found = words.iter().find(|(known, _)| *known == word);
    found.map(|(_, meaning)| *meaning).ok_or_else(|| {
        let known: Vec<&str> = words.iter().map(|(known, _)| *known).collect();
        expected(&format!("one of {}", known.join(", ")), raw)
    })
}

/// A field that may be left out; null is a value like others.
pub(super) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A field that may be null, but not be left out.
pub(super) fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}

/// An object; a list of its fields is none.
#[derive(Debug)]
pub(super) struct Object<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }

        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

/// The fields of an object that nobody has asked for yet, in order; none is named twice.
#[derive(Debug)]
pub(super) struct Fields<'a>(Vec<(String, Raw<'a>)>);

impl<'a> Fields<'a> {
    /// Takes a field that must be there.
    pub(super) fn required<T: Deserialize<'a>>(&mut self, name: &str) -> Result<T, Complaint> {
        self.optional(name)?.ok_or_else(|| Complaint::missing(name))
    }

    /// Takes a field that may be there.
    pub(super) fn optional<T: Deserialize<'a>>(
        &mut self,
        name: &str,
    ) -> Result<Option<T>, Complaint> {
        let read = |raw| read(raw).map_err(|complaint| complaint.inside(name));
        self.take(name).map(read).transpose()
    }

    /// Takes a field as it is.
    pub(super) fn take(&mut self, name: &str) -> Option<Raw<'a>> {
        let index = self.0.iter().position(|(found, _)| found == name)?;
        Some(self.0.remove(index).1)
    }

    /// The fields without those that are null, which say nothing; null means something in the
    /// fields `kept`.
    pub(super) fn without_nulls(mut self, kept: &[&str]) -> Self {
        self.0.retain(|(name, raw)| raw.get() != "null" || kept.contains(&name.as_str()));
        self
    }

    /// Reads the fields, which are some of those of `raw`, as the variant of an enum that the field
    /// `tag` of `raw` names.
    pub(super) fn variant<T: Deserialize<'a>>(
        self,
        tag: &str,
        name: &str,
        raw: Raw<'a>,
    ) -> Result<T, Complaint> {
        let fields = MapDeserializer::new(self.0.into_iter());
        let variant = MapDeserializer::new(iter::once((name, fields)));
        serde_path_to_error::deserialize(MapAccessDeserializer::new(variant)).map_err(|error| {
            let is_unknown = error.path().iter().next().is_none();
            let complaint = Complaint::of(raw, &error);
            if is_unknown { complaint.inside(tag) } else { complaint }
        })
    }

    /// Says that there is no further field than the `known` ones.
    pub(super) fn end(self, known: impl Iterator<Item = &'static str>) -> Result<(), Complaint> {
        let Some((name, raw)) = self.0.into_iter().next() else { return Ok(()) };
        let known: Vec<String> = known.map(|name| format!("`{name}`")).collect();
        let problem = format!("unknown field `{name}`, expected one of {}", known.join(", "));
        Err(Complaint::new(problem).inside(&name).at(raw))
    }

    /// The fields that are left.
    pub(super) fn rest(self) -> Vec<(String, Raw<'a>)> {
        self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor<'a>(PhantomData<Raw<'a>>);

        impl<'de: 'a, 'a> Visitor<'de> for FieldsVisitor<'a> {
            type Value = Fields<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields: Vec<(String, Raw<'a>)> = Vec::new();
                while let Some((name, raw)) = map.next_entry()? {
                    fields.push((name, raw));
                }
                let mut names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
                names.sort_unstable();
                match names.windows(2).find(|pair| pair[0] == pair[1]) {
                    Some(pair) => {
                        Err(A::Error::custom(format_args!("duplicate field `{}`", pair[0])))
                    }
                    None => Ok(Fields(fields)),
                }
            }
        }

        deserializer.deserialize_map(FieldsVisitor(PhantomData))
    }
}
