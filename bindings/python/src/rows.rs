//! Commands and events as rows of fixed size: what numpy sees, byte by byte.

use bytemuck::{Pod, Zeroable};

/// Bytes of the longest symbol or client bytes of a row.
pub(crate) const TEXT_BYTES: usize = 32;

/// A command. What a kind does not read is 0; the README of the package tells which fields each
/// kind reads.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct CommandRow {
    pub(crate) time_ns: u64,
    pub(crate) client_sequence: u64,
    pub(crate) order: u64,
    pub(crate) new_order: u64,
    pub(crate) quantity: u64,
    pub(crate) display: u64,
    pub(crate) minimum: u64,
    pub(crate) expiry_ns: u64,
    pub(crate) instrument: u32,
    pub(crate) account: u32,
    pub(crate) price: u32,
    pub(crate) trigger: u32,
    pub(crate) session: u16,
    pub(crate) of_session: u16,
    pub(crate) kind: u8,
    pub(crate) side: u8,
    pub(crate) order_type: u8,
    pub(crate) time_in_force: u8,
    pub(crate) self_trade: u8,
    pub(crate) post_only: u8,
    pub(crate) rule: u8,
    pub(crate) sizing: u8,
    pub(crate) choice: u8,
    pub(crate) decimals: u8,
    pub(crate) byte_count: u8,
    pub(crate) reserved: u8,
    pub(crate) bytes: [u8; TEXT_BYTES],
}

/// An event: 64 bytes, and the time of its command.
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct EventRow {
    pub(crate) sequence: u64,
    pub(crate) order: u64,
    pub(crate) other_order: u64,
    pub(crate) quantity: u64,
    /// Of a trade what is open of `order`, else what the order shows.
    pub(crate) remaining: u64,
    /// Of a trade what is open of `other_order`, else the client sequence that is answered.
    pub(crate) number: u64,
    pub(crate) price: u32,
    pub(crate) instrument: u32,
    pub(crate) session: u16,
    pub(crate) owner: u16,
    pub(crate) kind: u8,
    pub(crate) side: u8,
    pub(crate) detail: u16,
    pub(crate) time_ns: u64,
}

/// A level of a book.
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct LevelRow {
    pub(crate) visible: u64,
    pub(crate) quantity: u64,
    pub(crate) price: u32,
    pub(crate) orders: u32,
}

/// Words of a command.
pub(crate) const COMMAND_WORDS: usize = size_of::<CommandRow>() / 8;

const _: () = assert!(size_of::<CommandRow>() == 128, "the dtype of commands says so");
const _: () = assert!(size_of::<EventRow>() == 64 + 8, "an event, and its time");
const _: () = assert!(size_of::<LevelRow>() == 24, "the dtype of levels says so");
