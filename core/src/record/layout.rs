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
    /// 0; room for a later form of the same type.
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
    /// Low half: 1 good till cancel, 2 immediate or cancel. High half: order type, 0 limit.
    pub(super) terms: u8,
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

/// Body of a Replace, 48 bytes.
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
    pub(super) zero: u8,
}

/// Body of a `DefineInstrument`, 32 bytes.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct DefineInstrumentBody {
    pub(super) client_sequence: Le64,
    /// Padded with zeros.
    pub(super) symbol: [u8; SYMBOL_BYTES_MAX],
    pub(super) session: Le16,
    pub(super) zero: [u8; 6],
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

const _: () = assert!(HEAD_BYTES == 24);
const _: () = assert!(HEAD_BYTES + size_of::<NewBody>() == 64, "a New fills a cache line");
const _: () = assert!(HEAD_BYTES + size_of::<BindFlowBody>() == super::RECORD_BYTES_MAX);
const _: () = assert!(HEAD_BYTES + size_of::<RunningHashBody>() == super::RECORD_BYTES_MIN);
