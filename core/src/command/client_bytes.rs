//! Client bytes: what a client wants to find again with its command, and nobody here reads.

use crate::limits::CLIENT_BYTES_MAX;
use core::fmt;

/// Up to 32 bytes that come with a command and stay in its record. They enter no decision and no
/// hash; events do not carry them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientBytes {
    /// Zero behind the length.
    padded: [u8; CLIENT_BYTES_MAX],
    length: u8,
}

impl ClientBytes {
    /// None.
    pub const EMPTY: Self = Self { padded: [0; CLIENT_BYTES_MAX], length: 0 };

    /// These bytes; `None` when they are more than 32.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let mut padded = [0; CLIENT_BYTES_MAX];
        padded.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(Self { padded, length: u8::try_from(bytes.len()).ok()? })
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.padded.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// How many there are.
    pub const fn len(&self) -> u8 {
        self.length
    }

    /// Whether there is none.
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The bytes, with zeros up to 32.
    pub const fn padded(&self) -> &[u8; CLIENT_BYTES_MAX] {
        &self.padded
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
