//! Why a book could not be made.

use crate::types::Capacities;
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
    /// The book to copy is in memory for these capacities, and this one for others.
    OtherCapacities(Capacities),
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
            Self::OtherCapacities(Capacities { orders, instruments, sessions }) => write!(
                f,
                "the book to copy was made for {orders} orders, {instruments} instruments and \
                 {sessions} sessions, and this one for others; make one with the same capacities"
            ),
        }
    }
}

impl core::error::Error for BookFault {}
