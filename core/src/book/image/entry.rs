//! The entries of an image as bytes: fixed layouts of little-endian numbers, told apart by their
//! first byte.

use super::ImageFault;
use crate::book::store::instrument_book::InstrumentBook;
use crate::book::store::order::{Extra, Order};
use crate::little_endian::{Le16, Le32, Le64};
use crate::types::{
    Band, ClientSequence, InstrumentTerms, Lots, Notional, Phase, PriceDecimals, SessionId, Symbol,
    Ticks,
};
use bytemuck::{Pod, Zeroable};

/// First bytes of the entries.
const SESSION: u8 = 1;
const INSTRUMENT: u8 = 2;
const ORDER: u8 = 3;
const CONDITIONAL: u8 = 4;

/// A session that sent something or has a limit.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct SessionEntry {
    kind: u8,
    zero: u8,
    session: Le16,
    open_orders_max: Le32,
    last: Le64,
}

/// A defined instrument; its orders follow.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct InstrumentEntry {
    kind: u8,
    /// 0 continuous, 1 auction, 2 collecting.
    phase: u8,
    is_halted: u8,
    /// How many decimals more than 2 its prices have, modulo 256.
    decimals_beyond_default: u8,
    last_trade: Le32,
    symbol: [u8; 16],
    tick: Le32,
    band_low: Le32,
    band_high: Le32,
    zeros: [u8; 4],
    lot: Le64,
    quantity_max: Le64,
    notional_max: [Le64; 2],
}

/// An open order that takes one place.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct OrderEntry {
    kind: u8,
    /// 0 bid, 1 ask, 2 sell stop, 3 buy stop.
    ladder: u8,
    session: Le16,
    terms: Le16,
    zeros: [u8; 2],
    account: Le32,
    price: Le32,
    id: Le64,
    remaining: Le64,
}

/// An open order that takes two places.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct ConditionalEntry {
    order: OrderEntry,
    display: Le64,
    hidden: Le64,
    expiry_ns: Le64,
    minimum: Le64,
    limit: Le32,
    zeros: [u8; 4],
}

const _: () = assert!(size_of::<SessionEntry>() == 16);
const _: () = assert!(size_of::<InstrumentEntry>() == 72);
const _: () = assert!(size_of::<OrderEntry>() == 32);
const _: () = assert!(size_of::<ConditionalEntry>() == 72);

/// An entry as it was read: its shape is right, its values are still to be judged.
pub(super) enum Entry {
    Session(SessionEntry),
    Instrument(InstrumentEntry),
    Order(ReadOrder),
}

/// An order as it was read.
pub(super) struct ReadOrder {
    /// Its place among the ladders of its instrument, 0 to 3.
    pub(super) ladder: u8,
    /// The price of its level, in ticks.
    pub(super) price: u32,
    pub(super) id: u64,
    pub(super) remaining: u64,
    pub(super) account: u32,
    pub(super) session: u16,
    pub(super) terms: u16,
    /// What it has besides; `None` when it takes one place.
    pub(super) extra: Option<Extra>,
}

/// Reads the entry that `bytes` begin with; returns its length too.
///
/// # Errors
/// [`ImageFault::Entry`].
pub(super) fn read_entry(bytes: &[u8]) -> Result<(Entry, usize), ImageFault> {
    let (entry, length, is_right) = match bytes.first() {
        Some(&SESSION) => {
            let entry: SessionEntry = read(bytes)?;
            (Entry::Session(entry), size_of_val(&entry), entry.zero == 0)
        }
        Some(&INSTRUMENT) => {
            let entry: InstrumentEntry = read(bytes)?;
            (Entry::Instrument(entry), size_of_val(&entry), entry.zeros == [0; 4])
        }
        Some(&ORDER) => {
            let entry: OrderEntry = read(bytes)?;
            (Entry::Order(entry.order()), size_of_val(&entry), entry.zeros == [0; 2])
        }
        Some(&CONDITIONAL) => {
            let entry: ConditionalEntry = read(bytes)?;
            let is_right = entry.order.zeros == [0; 2] && entry.zeros == [0; 4];
            let order = ReadOrder { extra: Some(entry.extra()), ..entry.order.order() };
            (Entry::Order(order), size_of_val(&entry), is_right)
        }
        Some(_) | None => return Err(ImageFault::Entry),
    };
    if is_right { Ok((entry, length)) } else { Err(ImageFault::Entry) }
}

fn read<T: Pod>(bytes: &[u8]) -> Result<T, ImageFault> {
    let bytes = bytes.get(..size_of::<T>()).ok_or(ImageFault::Entry)?;
    bytemuck::try_pod_read_unaligned(bytes).map_err(|_| ImageFault::Entry)
}

impl SessionEntry {
    pub(super) fn new(session: SessionId, last: ClientSequence, open_orders_max: u32) -> Self {
        Self {
            kind: SESSION,
            session: Le16::new(session.0),
            open_orders_max: Le32::new(open_orders_max),
            last: Le64::new(last.0),
            ..Self::zeroed()
        }
    }

    pub(super) const fn session(self) -> SessionId {
        SessionId(self.session.get())
    }

    /// The last client sequence; 0 when it sent nothing yet.
    pub(super) const fn last(self) -> ClientSequence {
        ClientSequence(self.last.get())
    }

    /// Orders that it may have open; `u32::MAX` for no limit.
    pub(super) const fn open_orders_max(self) -> u32 {
        self.open_orders_max.get()
    }
}

impl InstrumentEntry {
    pub(super) fn new(
        symbol: Symbol,
        terms: &InstrumentTerms,
        instrument_book: &InstrumentBook,
    ) -> Self {
        let InstrumentTerms { tick, lot, band, quantity_max, notional_max, decimals } = *terms;
        Self {
            kind: INSTRUMENT,
            phase: match instrument_book.gate.phase() {
                Phase::Continuous => 0,
                Phase::Auction => 1,
                Phase::Collecting => 2,
            },
            is_halted: u8::from(instrument_book.gate.is_halted()),
            decimals_beyond_default: decimals.beyond_default(),
            last_trade: Le32::new(instrument_book.last_trade),
            symbol: *symbol.padded(),
            tick: Le32::new(tick.0),
            band_low: Le32::new(band.low.0),
            band_high: Le32::new(band.high.0),
            lot: Le64::new(lot.0),
            quantity_max: Le64::new(quantity_max.0),
            notional_max: notional_max.halves().map(Le64::new),
            ..Self::zeroed()
        }
    }

    /// Its symbol; `None` when it is none.
    pub(super) fn symbol(&self) -> Option<Symbol> {
        Symbol::from_padded(self.symbol)
    }

    /// What it takes; no instrument may be able to have these terms.
    pub(super) fn terms(&self) -> InstrumentTerms {
        InstrumentTerms {
            tick: Ticks(self.tick.get()),
            lot: Lots(self.lot.get()),
            band: Band { low: Ticks(self.band_low.get()), high: Ticks(self.band_high.get()) },
            quantity_max: Lots(self.quantity_max.get()),
            notional_max: Notional::from_halves(self.notional_max.map(Le64::get)),
            decimals: PriceDecimals::of_beyond_default(self.decimals_beyond_default),
        }
    }

    /// Its phase; `None` when it is none.
    pub(super) const fn phase(&self) -> Option<Phase> {
        match self.phase {
            0 => Some(Phase::Continuous),
            1 => Some(Phase::Auction),
            2 => Some(Phase::Collecting),
            _ => None,
        }
    }

    /// Whether it is halted; `None` when the field says neither.
    pub(super) const fn is_halted(&self) -> Option<bool> {
        match self.is_halted {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    /// The price of its last trade, in ticks; 0 before the first.
    pub(super) const fn last_trade(&self) -> Ticks {
        Ticks(self.last_trade.get())
    }
}

impl OrderEntry {
    pub(super) fn new(order: &Order, price: u32) -> Self {
        // The two bits of the ladder's number within its instrument.
        let [ladder, ..] = (order.ladder & 3).to_le_bytes();
        Self {
            kind: ORDER,
            ladder,
            session: Le16::new(order.session),
            terms: Le16::new(order.terms),
            account: Le32::new(order.account),
            price: Le32::new(price),
            id: Le64::new(order.id),
            remaining: Le64::new(order.remaining),
            ..Self::zeroed()
        }
    }

    const fn order(&self) -> ReadOrder {
        ReadOrder {
            ladder: self.ladder,
            price: self.price.get(),
            id: self.id.get(),
            remaining: self.remaining.get(),
            account: self.account.get(),
            session: self.session.get(),
            terms: self.terms.get(),
            extra: None,
        }
    }
}

impl ConditionalEntry {
    pub(super) fn new(order: &Order, price: u32, extra: &Extra) -> Self {
        Self {
            order: OrderEntry { kind: CONDITIONAL, ..OrderEntry::new(order, price) },
            display: Le64::new(extra.display),
            hidden: Le64::new(extra.hidden),
            expiry_ns: Le64::new(extra.expiry_ns),
            minimum: Le64::new(extra.minimum),
            limit: Le32::new(extra.limit),
            zeros: [0; 4],
        }
    }

    fn extra(&self) -> Extra {
        Extra {
            display: self.display.get(),
            hidden: self.hidden.get(),
            expiry_ns: self.expiry_ns.get(),
            minimum: self.minimum.get(),
            limit: self.limit.get(),
            ..Extra::zeroed()
        }
    }
}
