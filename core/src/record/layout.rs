//! The layouts of the records, field by field in the order of their bytes, without padding.
//!
//! Read as `Pod` structs of little-endian numbers, these declarations are the format: changing one
//! changes the version of the log.

use crate::limits::{FLOW_NAME_BYTES_MAX, SYMBOL_BYTES_MAX};
use crate::little_endian::{Le16, Le32, Le64};
use bytemuck::{Pod, Zeroable};

pub(super) const TYPE_NEW: u8 = 1;
pub(super) const TYPE_CANCEL: u8 = 2;
pub(super) const TYPE_REDUCE: u8 = 3;
pub(super) const TYPE_REPLACE: u8 = 4;
pub(super) const TYPE_DEFINE_INSTRUMENT: u8 = 5;
pub(super) const TYPE_BIND_FLOW: u8 = 6;
pub(super) const TYPE_CONFIGURE: u8 = 7;
pub(super) const TYPE_RUNNING_HASH: u8 = 8;
pub(super) const TYPE_MASS_CANCEL: u8 = 9;
pub(super) const TYPE_SET_BAND: u8 = 10;
pub(super) const TYPE_CONTROL: u8 = 11;
pub(super) const TYPE_CLOCK: u8 = 12;
pub(super) const TYPE_END_OF_DAY: u8 = 13;
pub(super) const TYPE_LIMIT_SESSION: u8 = 14;
pub(super) const TYPE_TRADE: u8 = 15;

/// The form of every record but a New that asks for more than most.
pub(super) const FORM_PLAIN: u8 = 0;
/// The form of a New with conditions.
pub(super) const FORM_CONDITIONAL: u8 = 1;

/// The head of every record, 24 bytes.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct Head {
    /// CRC-32C of all bytes of the record behind this field.
    pub(super) checksum: Le32,
    /// Bytes of the whole record, the head's too.
    pub(super) length: Le16,
    /// One of the `TYPE_` numbers.
    pub(super) record_type: u8,
    /// One of the `FORM_` numbers.
    pub(super) form: u8,
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
    pub(super) price_ticks: Le32,
    pub(super) instrument: Le32,
    pub(super) account: Le32,
    pub(super) session: Le16,
    /// 1 buy, 2 sell.
    pub(super) side: u8,
    /// Low half: 1 good till cancel, 2 immediate or cancel, 3 fill or kill, 4 day, 5 good till
    /// date. High half: 0 limit, 1 market, 2 stop, 3 stop-limit.
    pub(super) terms: u8,
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

/// Body of a Cancel, 32 bytes.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct CancelBody {
    pub(super) client_sequence: Le64,
    pub(super) order: Le64,
    pub(super) instrument: Le32,
    pub(super) account: Le32,
    pub(super) session: Le16,
    pub(super) zero: [u8; 6],
}

/// Body of a Reduce, 40 bytes.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct ReduceBody {
    pub(super) client_sequence: Le64,
    pub(super) order: Le64,
    pub(super) by_lots: Le64,
    pub(super) instrument: Le32,
    pub(super) account: Le32,
    pub(super) session: Le16,
    pub(super) zero: [u8; 6],
}

/// Body of a Replace, 56 bytes.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct ReplaceBody {
    pub(super) client_sequence: Le64,
    pub(super) order: Le64,
    pub(super) new_order: Le64,
    pub(super) quantity_lots: Le64,
    pub(super) price_ticks: Le32,
    pub(super) instrument: Le32,
    pub(super) account: Le32,
    pub(super) session: Le16,
    /// 1 modify, 2 cancel-replace.
    pub(super) rule: u8,
    pub(super) zero: [u8; 5],
    pub(super) trigger_ticks: Le32,
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
    pub(super) zero: [u8; 2],
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

/// Body of a running hash, 8 bytes.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct RunningHashBody {
    pub(super) running_hash: Le64,
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

/// Body of a Clock, 24 bytes.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct ClockBody {
    pub(super) client_sequence: Le64,
    pub(super) now_ns: Le64,
    pub(super) session: Le16,
    pub(super) zero: [u8; 6],
}

/// Body of an `EndOfDay`, 16 bytes.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct EndOfDayBody {
    pub(super) client_sequence: Le64,
    pub(super) session: Le16,
    pub(super) zero: [u8; 6],
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

const _: () = assert!(HEAD_BYTES == 24);
const _: () = assert!(HEAD_BYTES + size_of::<NewBody>() == 64, "a New fills a cache line");
const _: () = assert!(HEAD_BYTES + size_of::<ConditionalNewBody>() == super::RECORD_BYTES_MAX);
const _: () = assert!(HEAD_BYTES + size_of::<DefineInstrumentBody>() == super::RECORD_BYTES_MAX);
const _: () = assert!(HEAD_BYTES + size_of::<RunningHashBody>() == super::RECORD_BYTES_MIN);
