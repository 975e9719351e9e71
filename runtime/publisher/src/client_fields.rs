//! What an OUCH order says beyond what the book needs, as the client bytes of its record.
//!
//! A gateway writes these bytes with New and Replace; the publisher finds them in the log and
//! echoes them. Client bytes of another shape mean nothing here: the defaults are echoed.

use highwater::command::ClientBytes;
use highwater_protocols::ouch::{Capacity, CrossType, CustomerType, Display, Side};
use highwater_protocols::{Alpha, Field, YesNo};

/// What the first byte says: the fields are laid out like this.
const LAYOUT: u8 = b'O';

/// The fields of an OUCH order that decide nothing and are echoed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientFields {
    /// The user's own words.
    pub cl_ord_id: Alpha<14>,
    /// The firm; blank for the port's own.
    pub firm: Alpha<4>,
    /// The side with the marking of a sale.
    pub side: Side,
    /// For whom the participant acts.
    pub capacity: Capacity,
    /// How the order is shown: with the firm in the feed, or without.
    pub display: Display,
    /// Whether it is a part of a sweep of all markets.
    pub is_sweep: YesNo,
    /// When it may trade.
    pub cross_type: CrossType,
    /// Whether the customer is a retail customer; `None` where the order does not say.
    pub customer_type: Option<CustomerType>,
    /// The group of orders that it belongs to; 0 for none.
    pub group_id: u16,
}

impl ClientFields {
    /// Bytes of the fields and of the mark before them.
    pub const BYTES: usize = 28;

    /// What is echoed where the client said nothing.
    pub const DEFAULT: Self = Self {
        cl_ord_id: Alpha::BLANK,
        firm: Alpha::BLANK,
        side: Side::Buy,
        capacity: Capacity::Other,
        display: Display::Visible,
        is_sweep: YesNo::No,
        cross_type: CrossType::Continuous,
        customer_type: None,
        group_id: 0,
    };

    /// What is echoed of an order that a replacement with these fields names anew: a replacement
    /// says its words and how the order is shown, and leaves the rest as it is.
    pub(crate) const fn replaced_by(self, replacement: Self) -> Self {
        Self {
            cl_ord_id: replacement.cl_ord_id,
            display: replacement.display,
            is_sweep: replacement.is_sweep,
            ..self
        }
    }

    /// The fields as client bytes.
    ///
    /// # Panics
    /// Never.
    pub fn to_bytes(self) -> ClientBytes {
        let mut bytes = [0; Self::BYTES];
        self.write(&mut bytes).expect("the layout has room for its fields");
        ClientBytes::new(&bytes).expect("they are fewer than 32")
    }

    /// The fields that client bytes hold; `None` when they are not laid out like this.
    pub fn of_bytes(bytes: &ClientBytes) -> Option<Self> {
        let bytes: &[u8; Self::BYTES] = bytes.as_bytes().try_into().ok()?;
        Self::read(bytes).filter(|_| bytes[0] == LAYOUT)
    }

    fn write(self, out: &mut [u8; Self::BYTES]) -> Option<()> {
        out[0] = LAYOUT;
        self.cl_ord_id.write(&mut out[1..])?;
        self.firm.write(&mut out[15..])?;
        self.side.write(&mut out[19..])?;
        self.capacity.write(&mut out[20..])?;
        self.display.write(&mut out[21..])?;
        self.is_sweep.write(&mut out[22..])?;
        self.cross_type.write(&mut out[23..])?;
        if let Some(customer_type) = self.customer_type {
            customer_type.write(&mut out[24..])?;
        }
        // Byte 25 is kept for later and 0.
        self.group_id.write(&mut out[26..])
    }

    fn read(bytes: &[u8; Self::BYTES]) -> Option<Self> {
        Some(Self {
            cl_ord_id: Alpha::read(&bytes[1..])?,
            firm: Alpha::read(&bytes[15..])?,
            side: Side::read(&bytes[19..])?,
            capacity: Capacity::read(&bytes[20..])?,
            display: Display::read(&bytes[21..])?,
            is_sweep: YesNo::read(&bytes[22..])?,
            cross_type: CrossType::read(&bytes[23..])?,
            customer_type: if bytes[24] == 0 { None } else { Some(Field::read(&bytes[24..])?) },
            group_id: (bytes[25] == 0).then(|| u16::read(&bytes[26..]))??,
        })
    }
}

impl Default for ClientFields {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> ClientFields {
        ClientFields {
            cl_ord_id: Alpha::new(b"my order").unwrap(),
            firm: Alpha::new(b"FIRM").unwrap(),
            side: Side::SellShort,
            capacity: Capacity::Principal,
            display: Display::Attributable,
            is_sweep: YesNo::Yes,
            cross_type: CrossType::Opening,
            customer_type: Some(CustomerType::Retail),
            group_id: 0x1234,
        }
    }

    #[test]
    fn what_is_written_is_read() {
        for fields in [some(), ClientFields::DEFAULT] {
            assert_eq!(ClientFields::of_bytes(&fields.to_bytes()), Some(fields));
        }
    }

    #[test]
    fn other_client_bytes_mean_nothing() {
        let whole = *some().to_bytes().padded();
        for length in 0..=32 {
            let bytes = ClientBytes::new(&whole[..length]).unwrap();
            assert_eq!(
                ClientFields::of_bytes(&bytes).is_some(),
                length == ClientFields::BYTES,
                "{length}"
            );
        }
        for at in [0, 1, 15, 19, 20, 21, 22, 23, 24, 25] {
            let mut bytes = whole;
            bytes[at] = 0xEE;
            let bytes = ClientBytes::new(&bytes[..ClientFields::BYTES]).unwrap();
            assert_eq!(ClientFields::of_bytes(&bytes), None, "{at}");
        }
    }
}
