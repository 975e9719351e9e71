//! The layouts of the records, field by field in the order of their bytes, without padding.
//!
//! Read as `Pod` structs of little-endian numbers, these declarations are the format: changing one
//! changes the version of the log.

use crate::limits::{CLIENT_BYTES_MAX, FLOW_NAME_BYTES_MAX, SYMBOL_BYTES_MAX};
use crate::little_endian::{Le16, Le32, Le64, LeMix, LePair};
use bytemuck::{Pod, Zeroable};

/// What stands behind the head of a record of one type and form.
pub(super) trait BodyLayout: Pod {
    /// The number of the type.
    const TYPE: u8;
    /// The number of the form.
    const FORM: u8 = FORM_PLAIN;
    /// The second half of the record's first word, which says all of its shape: its length in bytes
    /// (2 bytes), its type, its form.
    const KIND: u32 = {
        let [low, high, ..] = (HEAD_BYTES + size_of::<Self>()).to_le_bytes();
        u32::from_le_bytes([low, high, Self::TYPE, Self::FORM])
    };

    /// The same of a record that ends with this many client bytes.
    fn kind_with(client_bytes: u8) -> u32 {
        let [low, high, ..] = length_with::<Self>(client_bytes).to_le_bytes();
        let form = Self::FORM | client_bytes << CLIENT_BYTES_SHIFT;
        u32::from_le_bytes([low, high, Self::TYPE, form])
    }
}

/// Bytes of a record that ends with this many client bytes, which are padded to whole words.
pub(super) fn length_with<B: BodyLayout>(client_bytes: u8) -> usize {
    HEAD_BYTES + size_of::<B>() + usize::from(client_bytes).next_multiple_of(8)
}

/// The form of every record but a New that asks for more than most, and one with client bytes.
pub(super) const FORM_PLAIN: u8 = 0;
/// The form of a New with conditions.
pub(super) const FORM_CONDITIONAL: u8 = 1;
/// The bit of a form from which on it is the number of client bytes.
pub(super) const CLIENT_BYTES_SHIFT: u32 = 1;
/// The type with the highest number.
pub(super) const TYPE_MAX: u8 = NoteBody::TYPE;

/// The head of every record, 24 bytes.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct Head {
    /// CRC-32C of all bytes of the record behind this field.
    pub(super) checksum: Le32,
    /// Bytes of the whole record in 2 bytes, its type, its form: see [`BodyLayout::KIND`].
    pub(super) kind: Le32,
    /// Nanoseconds since the Unix epoch.
    pub(super) timestamp_ns: Le64,
    /// The command's place in the total order.
    pub(super) sequence: Le64,
}

/// Bytes that the checksum does not cover: itself.
pub(super) const CHECKSUM_BYTES: usize = 4;
/// Bytes of a head.
pub(super) const HEAD_BYTES: usize = size_of::<Head>();

/// Body of a New, 40 bytes: the whole record fills a cache line.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct NewBody {
    pub(super) client_sequence: Le64,
    pub(super) order: Le64,
    pub(super) quantity_lots: Le64,
    pub(super) price_ticks_and_instrument: LePair,
    /// The side is 1 buy, 2 sell. The terms are in the low half 1 good till cancel, 2 immediate or
    /// cancel, 3 fill or kill, 4 day, 5 good till date; in the high half 0 limit, 1 market, 2 stop,
    /// 3 stop-limit.
    pub(super) account_session_side_and_terms: LeMix,
}

impl BodyLayout for NewBody {
    const TYPE: u8 = 1;
}

/// Body of a New with conditions, 72 bytes; at least one of its own fields is not 0.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct ConditionalNewBody {
    pub(super) new: NewBody,
    pub(super) trigger_ticks: Le32,
    /// 0 allow, 1 cancel newest, 2 cancel oldest, 3 cancel both.
    pub(super) self_trade: u8,
    /// 1 for a post-only order, else 0.
    pub(super) post_only: u8,
    pub(super) zero: [u8; 2],
    pub(super) expiry_ns: Le64,
    pub(super) display_lots: Le64,
    pub(super) minimum_lots: Le64,
}

impl BodyLayout for ConditionalNewBody {
    const TYPE: u8 = NewBody::TYPE;
    const FORM: u8 = FORM_CONDITIONAL;
}

/// Body of a Cancel, 32 bytes.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct CancelBody {
    pub(super) client_sequence: Le64,
    pub(super) order: Le64,
    pub(super) instrument_and_account: LePair,
    /// 2 bytes and zeros.
    pub(super) session: Le64,
}

impl BodyLayout for CancelBody {
    const TYPE: u8 = 2;
}

/// Body of a Reduce, 40 bytes.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct ReduceBody {
    pub(super) client_sequence: Le64,
    pub(super) order: Le64,
    pub(super) by_lots: Le64,
    pub(super) instrument_and_account: LePair,
    /// 2 bytes and zeros.
    pub(super) session: Le64,
}

impl BodyLayout for ReduceBody {
    const TYPE: u8 = 3;
}

/// Body of a Replace, 56 bytes.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct ReplaceBody {
    pub(super) client_sequence: Le64,
    pub(super) order: Le64,
    pub(super) new_order: Le64,
    pub(super) quantity_lots: Le64,
    pub(super) price_ticks_and_instrument: LePair,
    /// The rule is 1 modify, 2 cancel-replace; the sizing 0 the open quantity, 1 more, 2 less.
    pub(super) account_session_rule_and_sizing: LeMix,
    pub(super) zero_and_trigger_ticks: LePair,
}

impl BodyLayout for ReplaceBody {
    const TYPE: u8 = 4;
}

/// Body of a `DefineInstrument`, 72 bytes.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct DefineInstrumentBody {
    pub(super) client_sequence: Le64,
    /// Padded with zeros.
    pub(super) symbol: [u8; SYMBOL_BYTES_MAX],
    pub(super) lot: Le64,
    pub(super) quantity_lots_max: Le64,
    /// In ticks times lots: the low half, then the high half.
    pub(super) notional_max: [Le64; 2],
    pub(super) tick: Le32,
    pub(super) band_low_ticks: Le32,
    pub(super) band_high_ticks: Le32,
    pub(super) session: Le16,
    /// How many decimals more than 2 its prices have, modulo 256.
    pub(super) decimals_beyond_default: u8,
    pub(super) zero: u8,
}

impl BodyLayout for DefineInstrumentBody {
    const TYPE: u8 = 5;
}

/// Body of a `BindFlow`, 56 bytes.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct BindFlowBody {
    pub(super) client_sequence: Le64,
    pub(super) head_hash: Le64,
    /// Padded with zeros.
    pub(super) name: [u8; FLOW_NAME_BYTES_MAX],
    pub(super) head_bytes: Le32,
    pub(super) session: Le16,
    pub(super) zero: [u8; 2],
}

impl BodyLayout for BindFlowBody {
    const TYPE: u8 = 6;
}

/// Body of a Configure, 24 bytes.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct ConfigureBody {
    pub(super) client_sequence: Le64,
    pub(super) orders: Le32,
    pub(super) instruments: Le32,
    pub(super) sessions: Le32,
    pub(super) session: Le16,
    pub(super) zero: [u8; 2],
}

impl BodyLayout for ConfigureBody {
    const TYPE: u8 = 7;
}

/// Body of a running hash, 8 bytes.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct RunningHashBody {
    pub(super) running_hash: Le64,
}

impl BodyLayout for RunningHashBody {
    const TYPE: u8 = 8;
}

/// Body of a `MassCancel`, 24 bytes.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct MassCancelBody {
    pub(super) client_sequence: Le64,
    pub(super) instrument: Le32,
    pub(super) account: Le32,
    /// Whose orders.
    pub(super) of_session: Le16,
    pub(super) session: Le16,
    /// The sum of the `NAMES_` numbers of the fields that are given; one that is not is 0.
    pub(super) names: u8,
    /// 0 both, 1 buy, 2 sell.
    pub(super) side: u8,
    pub(super) zero: [u8; 2],
}

impl BodyLayout for MassCancelBody {
    const TYPE: u8 = 9;
}

pub(super) const NAMES_INSTRUMENT: u8 = 1;
pub(super) const NAMES_ACCOUNT: u8 = 2;
pub(super) const NAMES_SESSION: u8 = 4;

/// Body of a `SetBand`, 24 bytes.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct SetBandBody {
    pub(super) client_sequence: Le64,
    pub(super) instrument: Le32,
    pub(super) low_ticks: Le32,
    pub(super) high_ticks: Le32,
    pub(super) session: Le16,
    pub(super) zero: [u8; 2],
}

impl BodyLayout for SetBandBody {
    const TYPE: u8 = 10;
}

/// Body of a Control, 16 bytes.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct ControlBody {
    pub(super) client_sequence: Le64,
    pub(super) instrument: Le32,
    pub(super) session: Le16,
    /// 1 halt, 2 resume, 3 matching on, 4 matching off, 5 start auction, 6 uncross.
    pub(super) control: u8,
    pub(super) zero: u8,
}

impl BodyLayout for ControlBody {
    const TYPE: u8 = 11;
}

/// Body of a Clock, 24 bytes.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct ClockBody {
    pub(super) client_sequence: Le64,
    pub(super) now_ns: Le64,
    pub(super) session: Le16,
    pub(super) zero: [u8; 6],
}

impl BodyLayout for ClockBody {
    const TYPE: u8 = 12;
}

/// Body of an `EndOfDay`, 16 bytes.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct EndOfDayBody {
    pub(super) client_sequence: Le64,
    pub(super) session: Le16,
    pub(super) zero: [u8; 6],
}

impl BodyLayout for EndOfDayBody {
    const TYPE: u8 = 13;
}

/// Body of a `LimitSession`, 16 bytes.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct LimitSessionBody {
    pub(super) client_sequence: Le64,
    pub(super) open_orders_max: Le32,
    /// Whose orders.
    pub(super) of_session: Le16,
    pub(super) session: Le16,
}

impl BodyLayout for LimitSessionBody {
    const TYPE: u8 = 14;
}

/// Body of a trade's copy, 40 bytes.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct TradeBody {
    pub(super) maker: Le64,
    pub(super) taker: Le64,
    pub(super) quantity_lots: Le64,
    pub(super) price_ticks: Le32,
    pub(super) instrument: Le32,
    pub(super) maker_session: Le16,
    pub(super) taker_session: Le16,
    /// 1 continuous, 2 auction.
    pub(super) kind: u8,
    pub(super) zero: [u8; 3],
}

impl BodyLayout for TradeBody {
    const TYPE: u8 = 15;
}

/// Body of a Note, 24 bytes.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct NoteBody {
    pub(super) client_sequence: Le64,
    pub(super) order: Le64,
    pub(super) code: Le16,
    pub(super) session: Le16,
    pub(super) zero: [u8; 4],
}

impl BodyLayout for NoteBody {
    const TYPE: u8 = 16;
}

const _: () = assert!(HEAD_BYTES == 24);
const _: () = assert!(HEAD_BYTES + size_of::<NewBody>() == 64, "a New fills a cache line");
const _: () = assert!(
    HEAD_BYTES + size_of::<ConditionalNewBody>() + CLIENT_BYTES_MAX == super::RECORD_BYTES_MAX
);
const _: () = assert!(HEAD_BYTES + size_of::<DefineInstrumentBody>() <= super::RECORD_BYTES_MAX);
const _: () = assert!(CLIENT_BYTES_MAX < 1 << (8 - CLIENT_BYTES_SHIFT), "a form holds the number");
const _: () = assert!(HEAD_BYTES + size_of::<RunningHashBody>() == super::RECORD_BYTES_MIN);
