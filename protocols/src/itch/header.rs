//! What every message of ITCH begins with behind its type.

use crate::field::Field;
use crate::time::Time48;

/// Which stock a message is about, and when it was made.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Header {
    /// The stock's number for the day, from 1; 0 where the message is about no stock.
    pub stock_locate: u16,
    /// A number for the venue's own use.
    pub tracking_number: u16,
    /// When the message was made, in nanoseconds since midnight.
    pub timestamp: Time48,
}

impl Field for Header {
    const BYTES: usize = 10;

    fn read(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            stock_locate: u16::read(bytes)?,
            tracking_number: u16::read(bytes.get(2..)?)?,
            timestamp: Time48::read(bytes.get(4..)?)?,
        })
    }

    fn write(self, out: &mut [u8]) -> Option<()> {
        self.stock_locate.write(out)?;
        self.tracking_number.write(out.get_mut(2..)?)?;
        self.timestamp.write(out.get_mut(4..)?)
    }
}

#[cfg(test)]
impl crate::sample::Sample for Header {
    fn sample(source: &mut crate::sample::Source) -> Self {
        Self {
            stock_locate: u16::sample(source),
            tracking_number: u16::sample(source),
            timestamp: Time48::sample(source),
        }
    }
}
