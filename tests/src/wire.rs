//! Messages behind their lengths and the fields in them, as the layouts of ITCH and OUCH have them:
//! read here anew, so that a wrong codec does not hide itself.

use std::fmt;

/// What is wrong with a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadFault {
    /// The message, from 1: its place in the stream of its day.
    pub number: u64,
    /// What is wrong with it.
    pub what: String,
}

impl fmt::Display for ReadFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "message {}: {}", self.number, self.what)
    }
}

impl std::error::Error for ReadFault {}

/// Bytes of the length before a message.
const LENGTH_BYTES: usize = 2;

/// The first message of a stream, and what is behind it.
pub(crate) fn split(stream: &[u8]) -> Result<(Fields<'_>, &[u8]), String> {
    let (length, rest) =
        stream.split_at_checked(LENGTH_BYTES).ok_or("the stream ends within a length")?;
    let length = usize::try_from(Fields(length).number(0, LENGTH_BYTES)).expect("16 bits");
    let (message, rest) =
        rest.split_at_checked(length).ok_or("the stream ends within a message")?;
    if message.is_empty() { Err("it is empty".to_owned()) } else { Ok((Fields(message), rest)) }
}

/// A message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl Fields<'_> {
    /// Its type.
    pub(crate) const fn kind(self) -> u8 {
        self.0[0]
    }

    /// How many bytes it has.
    pub(crate) const fn length(self) -> usize {
        self.0.len()
    }

    /// The number in `size` bytes at `at`, the highest first.
    pub(crate) fn number(self, at: usize, size: usize) -> u64 {
        self.0[at..at + size].iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    /// The number in 4 bytes at `at`.
    pub(crate) fn number32(self, at: usize) -> u32 {
        u32::try_from(self.number(at, 4)).expect("4 bytes")
    }

    /// The bytes at `at`.
    pub(crate) fn bytes<const N: usize>(self, at: usize) -> [u8; N] {
        self.0[at..at + N].try_into().expect("so many bytes")
    }

    /// Text at `at`, which spaces pad on the right.
    pub(crate) fn text<const N: usize>(self, at: usize) -> Result<[u8; N], String> {
        let text = self.bytes(at);
        let is_sound = text.iter().all(|byte| (b' '..=b'~').contains(byte));
        if is_sound { Ok(text) } else { Err(format!("bytes {at} and on are no text")) }
    }

    /// The letter at `at`, one of `letters`.
    pub(crate) fn letter(self, at: usize, letters: &[u8]) -> Result<u8, String> {
        let letter = self.0[at];
        let is_listed = letters.contains(&letter);
        if is_listed { Ok(letter) } else { Err(format!("byte {at} must not be {letter:#04x}")) }
    }

    /// The elements behind the fixed fields, as tag and value; `at` is where their length stands.
    pub(crate) fn elements(self, at: usize) -> Result<Vec<(u8, Self)>, String> {
        if self.length() < at + LENGTH_BYTES {
            return Err("it has no length of its elements".to_owned());
        }
        let mut rest = &self.0[at + LENGTH_BYTES..];
        if self.number(at, LENGTH_BYTES) != u64::try_from(rest.len()).expect("a length") {
            return Err("its elements have another length".to_owned());
        }
        let mut found = Vec::new();
        while let [length, behind @ ..] = rest {
            let split = behind.split_at_checked(usize::from(*length));
            let (element, behind) = split.ok_or("an element is cut")?;
            let (tag, value) = element.split_first().ok_or("an element has no tag")?;
            found.push((*tag, Fields(value)));
            rest = behind;
        }
        Ok(found)
    }
}

/// Says what is wrong unless something is so.
#[expect(clippy::fn_params_excessive_bools, reason = "a condition, as an assertion has one")]
pub(crate) fn demand(is_so: bool, what: &str) -> Result<(), String> {
    if is_so { Ok(()) } else { Err(what.to_owned()) }
}
