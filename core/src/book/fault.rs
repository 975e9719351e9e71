//! Why a book could not be made.

use core::fmt;

/// Why a book could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookFault {
    /// A capacity is 0 or larger than an engine can have.
    BadCapacities,
    /// The memory is smaller than the capacities need.
    TooSmall {
        /// What they need, in bytes.
        bytes_needed: usize,
    },
    /// The static memory has been taken before.
    Taken,
}

impl fmt::Display for BookFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadCapacities => {
                f.write_str("a capacity of the book is 0 or larger than an engine can have")
            }
            Self::TooSmall { bytes_needed } => {
                write!(f, "the book needs {bytes_needed} bytes of memory")
            }
            Self::Taken => f.write_str("the memory of the book is in use"),
        }
    }
}

impl core::error::Error for BookFault {}
