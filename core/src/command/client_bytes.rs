//! Client bytes: what a client wants to find again with its command, and nobody here reads.

use crate::limits::CLIENT_BYTES_MAX;
use core::fmt;
use core::num::NonZeroU8;

/// Up to 32 bytes that come with a command and stay in its record. They enter no decision and no
/// hash; events do not carry them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientBytes(Option<Given>);

/// At least one byte. Apart, so that nothing is written where there is none.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Given {
    length: NonZeroU8,
    /// Zero behind the length.
    padded: [u8; CLIENT_BYTES_MAX],
}

impl ClientBytes {
    /// None.
    pub const EMPTY: Self = Self(None);

    /// These bytes; `None` when they are more than 32.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let mut padded = [0; CLIENT_BYTES_MAX];
        padded.get_mut(..bytes.len())?.copy_from_slice(bytes);
        let length = NonZeroU8::new(u8::try_from(bytes.len()).ok()?);
        Some(Self(length.map(|length| Given { length, padded })))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.padded().get(..usize::from(self.len())).unwrap_or_default()
    }

    /// How many there are.
    #[inline]
    pub const fn len(&self) -> u8 {
        match &self.0 {
            None => 0,
            Some(given) => given.length.get(),
        }
    }

    /// Whether there is none.
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The bytes, with zeros up to 32.
    pub const fn padded(&self) -> &[u8; CLIENT_BYTES_MAX] {
        match &self.0 {
            None => &[0; CLIENT_BYTES_MAX],
            Some(given) => &given.padded,
        }
    }
}

impl Default for ClientBytes {
    fn default() -> Self {
        Self::EMPTY
    }
}

/// Two hexadecimal digits a byte.
impl fmt::Display for ClientBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ClientBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientBytes({self})")
    }
}
