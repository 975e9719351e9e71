//! The notes of an OUCH gateway: what it answers without the book, and what is logged so that it
//! has a place in the session's stream.
//!
//! A note of another code is of another gateway, and gives no message.

use highwater::command::{ClientBytes, Note};
use highwater::types::OrderId;
use highwater_protocols::ouch::RejectReason;
use highwater_protocols::{Alpha, Field, Open};

/// Bytes of a refusal.
const REFUSED_BYTES: usize = 16;

/// What an OUCH gateway notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatewayNote {
    /// Code 1: it refused an order. The note's order is the order's id; bytes: the reason (2), the
    /// user's own words (14).
    Refused {
        /// Why.
        reason: Open<RejectReason>,
        /// The user's own words.
        cl_ord_id: Alpha<14>,
    },
    /// Code 2: it takes no more orders of a firm. The note's order is the request's number; bytes:
    /// the firm (4).
    EntryDisabled {
        /// The firm.
        firm: Alpha<4>,
    },
    /// Code 3: it takes orders of a firm again. The note's order is the request's number; bytes:
    /// the firm (4).
    EntryEnabled {
        /// The firm.
        firm: Alpha<4>,
    },
    /// Code 4: it answers an account query. The note's order is the next number that it takes;
    /// there are no bytes.
    Queried,
    /// Code 5: it takes no more orders of the session, by the operator's word, which the client
    /// cannot take back. There is no message; the note's order is 0, and there are no bytes.
    EntryStopped,
    /// Code 6: the operator lets it take orders of the session again; like code 5.
    EntryAllowed,
}

impl GatewayNote {
    /// As a note about an order or request.
    ///
    /// # Panics
    /// Never.
    pub fn about(&self, order: OrderId) -> Note {
        let (code, bytes) = match self {
            Self::Refused { reason, cl_ord_id } => {
                let mut bytes = vec![0; REFUSED_BYTES];
                reason.write(&mut bytes).expect("there is room for a reason");
                cl_ord_id.write(&mut bytes[2..]).expect("there is room for the words");
                (1, bytes)
            }
            Self::EntryDisabled { firm } => (2, firm.as_bytes().to_vec()),
            Self::EntryEnabled { firm } => (3, firm.as_bytes().to_vec()),
            Self::Queried => (4, Vec::new()),
            Self::EntryStopped => (5, Vec::new()),
            Self::EntryAllowed => (6, Vec::new()),
        };
        let bytes = ClientBytes::new(&bytes).expect("a note has room for its fields");
        Note { code, order, bytes }
    }

    /// What a note of the log says; `None` when no OUCH gateway writes it.
    pub fn of(note: &Note) -> Option<Self> {
        let bytes = note.bytes.as_bytes();
        let firm = || bytes.try_into().ok().and_then(Alpha::from_bytes);
        match (note.code, bytes.len()) {
            (1, REFUSED_BYTES) => Some(Self::Refused {
                reason: Field::read(bytes)?,
                cl_ord_id: Field::read(&bytes[2..])?,
            }),
            (2, _) => Some(Self::EntryDisabled { firm: firm()? }),
            (3, _) => Some(Self::EntryEnabled { firm: firm()? }),
            (4, 0) => Some(Self::Queried),
            (5, 0) => Some(Self::EntryStopped),
            (6, 0) => Some(Self::EntryAllowed),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_is_read() {
        let firm = Alpha::new(b"ABCD").unwrap();
        let refused = GatewayNote::Refused {
            reason: RejectReason::PortRate.into(),
            cl_ord_id: Alpha::new(b"mine").unwrap(),
        };
        for note in [
            refused,
            GatewayNote::EntryDisabled { firm },
            GatewayNote::EntryEnabled { firm },
            GatewayNote::Queried,
            GatewayNote::EntryStopped,
            GatewayNote::EntryAllowed,
        ] {
            assert_eq!(GatewayNote::of(&note.about(OrderId(5))), Some(note));
        }
    }

    #[test]
    fn other_notes_mean_nothing() {
        let note = |code, bytes| {
            GatewayNote::of(&Note {
                code,
                order: OrderId(1),
                bytes: ClientBytes::new(bytes).unwrap(),
            })
        };
        for code in [0, 7, u16::MAX] {
            assert_eq!(note(code, b""), None);
        }
        assert_eq!(note(1, b"fifteen bytes.."), None);
        assert_eq!(note(2, b"ABC"), None);
        assert_eq!(note(3, b"AB\x01D"), None);
        for code in 4..=6 {
            assert_eq!(note(code, b"x"), None);
        }
    }
}
