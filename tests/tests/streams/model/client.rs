//! What a client said of its order, and what its answers repeat of it.

use highwater::command::{ClientBytes, NewOrder};
use highwater::types::{Lots, Side, TimeInForce};
use tests::ouch_reader::Echo;

const SECOND_NS: u64 = 1_000_000_000;

/// What client bytes say, by the layout that the publisher's documentation gives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Client {
    pub(super) words: [u8; 14],
    firm: [u8; 4],
    /// Side with its marking, capacity, display, sweep, cross, customer.
    letters: [u8; 6],
    group: u16,
}

impl Client {
    /// What is repeated where nothing was said.
    pub(super) const NONE: Self =
        Self { words: [b' '; 14], firm: [b' '; 4], letters: *b"BOYNN\0", group: 0 };

    /// `None` where the bytes are those of another gateway.
    pub(super) fn of(bytes: &ClientBytes) -> Option<Self> {
        let bytes: &[u8; 28] = bytes.as_bytes().try_into().ok()?;
        (bytes[0] == b'O').then(|| Self {
            words: bytes[1..15].try_into().expect("14 bytes"),
            firm: bytes[15..19].try_into().expect("4 bytes"),
            letters: bytes[19..25].try_into().expect("6 bytes"),
            group: u16::from(bytes[26]) << 8 | u16::from(bytes[27]),
        })
    }

    /// What is repeated behind a replacement: it says its words, the display and the sweep.
    pub(super) const fn replaced_by(self, by: Self) -> Self {
        let [marking, capacity, .., cross, customer] = self.letters;
        let [_, _, display, sweep, ..] = by.letters;
        let letters = [marking, capacity, display, sweep, cross, customer];
        Self { words: by.words, letters, ..self }
    }

    /// How the order is shown.
    pub(super) const fn display(&self) -> u8 {
        self.letters[2]
    }

    /// The firm that the feed names, as a number; 0 for none.
    pub(super) fn attribution(&self) -> u64 {
        let is_named = self.display() == b'A' && self.firm != *b"    ";
        let firm = self.firm.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        if is_named { firm } else { 0 }
    }

    /// What A repeats of an order of this side, besides its terms.
    pub(super) fn echo(&self, side: Side, terms: Echo) -> Echo {
        let [marking, capacity, display, sweep, cross, customer] = self.letters;
        let side = match (side, marking) {
            (Side::Buy, _) => b'B',
            (Side::Sell, b'T' | b'E') => marking,
            (Side::Sell, _) => b'S',
        };
        let letters = [side, terms.letters[1], display, capacity, sweep, cross];
        let firm = if self.firm == *b"    " { [0; 4] } else { self.firm };
        Echo { letters, firm, customer, group: self.group, ..terms }
    }
}

/// What is repeated of what the book knows; `clock` is midnight and the time of the day.
pub(super) fn terms_of(new: &NewOrder, clock: Option<(u64, u64)>) -> Echo {
    let conditions = &new.conditions;
    let (midnight, now) = clock.expect("a day goes on");
    let lives_ns = conditions.expiry_ns.saturating_sub(midnight + now);
    let (letter, minimum, expire_seconds) = match new.time_in_force {
        TimeInForce::GoodTillCancel | TimeInForce::Day => (b'0', conditions.minimum, 0),
        TimeInForce::ImmediateOrCancel => (b'3', conditions.minimum, 0),
        TimeInForce::FillOrKill => (b'3', new.quantity, 0),
        TimeInForce::GoodTillDate => (b'6', conditions.minimum, lives_ns.div_ceil(SECOND_NS)),
    };
    Echo {
        letters: [0, letter, 0, 0, 0, 0],
        minimum: small(minimum),
        floor: small(conditions.display),
        post_only: if conditions.post_only { b'P' } else { 0 },
        expire_seconds: u32::try_from(expire_seconds).unwrap_or(u32::MAX),
        ..Echo::default()
    }
}

fn small(quantity: Lots) -> u32 {
    u32::try_from(quantity.0).expect("a quantity that OUCH has room for")
}
