//! What can be wrong with bytes, or with the room for them.

use core::fmt;

/// What is wrong.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CodecError {
    /// The bytes end too early.
    TooShort {
        /// Bytes that there must be, as far as is known.
        needed: usize,
    },
    /// There are bytes behind the end of a message or packet.
    TooLong {
        /// Bytes that there may be.
        most: usize,
    },
    /// The first byte names no message that is known, or one of the other direction. A newer
    /// version of the protocol may have it: a reader of a feed may skip the message.
    UnknownType(u8),
    /// A field has a value that it can't have.
    BadValue {
        /// The name of the field.
        field: &'static str,
    },
    /// The appendage of an OUCH message is wrong.
    BadAppendage(AppendageError),
    /// The room to write to is too small.
    NoRoom {
        /// Bytes that are needed.
        needed: usize,
    },
}

/// What is wrong with the appendage of an OUCH message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AppendageError {
    /// Its length, or that of one of its elements, does not fit the message.
    BadLength,
    /// It has a tag that is not known.
    UnknownTag(u8),
    /// It has a tag that this message must not have.
    ForbiddenTag(u8),
    /// It has a tag twice.
    DuplicateTag(u8),
    /// The value behind this tag has the wrong length.
    BadElementLength(u8),
    /// The value behind this tag is one that it can't have.
    BadElement(u8),
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { needed } => {
                write!(f, "the bytes end too early: {needed} are needed at least")
            }
            Self::TooLong { most } => write!(f, "there are too many bytes: {most} at most"),
            Self::UnknownType(code) => {
                write!(f, "type 0x{code:02X} is not known in this direction")
            }
            Self::BadValue { field } => write!(f, "the field {field} has a value it can't have"),
            Self::BadAppendage(error) => error.fmt(f),
            Self::NoRoom { needed } => {
                write!(f, "the room is too small: {needed} bytes are needed")
            }
        }
    }
}

impl fmt::Display for AppendageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadLength => f.write_str("the length of the appendage does not fit"),
            Self::UnknownTag(tag) => write!(f, "the appendage has the unknown tag {tag}"),
            Self::ForbiddenTag(tag) => {
                write!(f, "the appendage has tag {tag}, which this message must not have")
            }
            Self::DuplicateTag(tag) => write!(f, "the appendage has tag {tag} twice"),
            Self::BadElementLength(tag) => {
                write!(f, "the value of tag {tag} has the wrong length")
            }
            Self::BadElement(tag) => write!(f, "the value of tag {tag} is one it can't have"),
        }
    }
}

impl core::error::Error for CodecError {}

impl core::error::Error for AppendageError {}

impl From<AppendageError> for CodecError {
    fn from(error: AppendageError) -> Self {
        Self::BadAppendage(error)
    }
}
