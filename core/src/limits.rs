//! Every limit of the engine, in one place and related to the others.

/// Highest price, in ticks: 2^31 - 1.
pub const PRICE_MAX: u32 = (1 << 31) - 1;

/// Largest quantity of one order, in lots: 2^62. Two of them still add up in a `u64`.
pub const QUANTITY_MAX: u64 = 1 << 62;

/// Parts in which an iceberg may show itself, at most: its quantity over its display quantity.
pub const ICEBERG_PARTS_MAX: u32 = 10_000;

/// Latest time of the engine's clock, and latest expiry, in nanoseconds: 2^63 - 1.
pub const CLOCK_NS_MAX: u64 = (1 << 63) - 1;

/// Last sequence, number of a block, number of a segment and incarnation that a log comes to:
/// 2^62. At a thousand million a second that takes 146 years.
pub const SEQUENCE_MAX: u64 = 1 << 62;

/// Longest symbol, in bytes.
pub const SYMBOL_BYTES_MAX: usize = 16;

/// Most decimals of an instrument's price.
pub const PRICE_DECIMALS_MAX: u8 = 9;

/// Decimals of an instrument's price by default, and of every instrument of a log of version 2.
pub const PRICE_DECIMALS_DEFAULT: u8 = 2;

/// Most bytes that a client may send along with a command.
pub const CLIENT_BYTES_MAX: usize = 32;

/// Longest name of a flow that a log remembers, in bytes; the end of a longer name is kept.
pub const FLOW_NAME_BYTES_MAX: usize = 32;

/// Open orders of an engine by default.
pub const ORDERS_DEFAULT: u32 = 1 << 20;
/// Open orders of the largest engine; a slot number and the none value share 32 bits.
pub const ORDERS_MAX: u32 = 1 << 28;

/// Instruments of an engine by default.
pub const INSTRUMENTS_DEFAULT: u32 = 16_384;
/// Instruments of the largest engine.
pub const INSTRUMENTS_MAX: u32 = 1 << 24;

/// Sessions of an engine by default, the operator's included.
pub const SESSIONS_DEFAULT: u32 = 256;
/// Sessions of the largest engine: every [`SessionId`](crate::types::SessionId) is one.
pub const SESSIONS_MAX: u32 = 1 << 16;

/// Commands that may wait for the sequencer.
pub const INPUT_RING_CAPACITY: usize = 65_536;
/// Records that may wait for the log writer.
pub const LOG_RING_CAPACITY: usize = 65_536;
/// Events that may wait for their command to become durable.
pub const EVENT_RING_CAPACITY: usize = 16_384;

/// Commands that one step of the sequencer takes at most, so that it looks at its host's wishes in
/// between.
pub const SEQUENCER_STEP_MAX: usize = 256;
/// Events that one step of the releaser hands over at most.
pub const RELEASER_STEP_MAX: usize = 4_096;

/// The running hash is logged after every sequence that is a multiple of this.
pub const RUNNING_HASH_EVERY: u64 = 65_536;

/// Size of a block, in bytes: the sector of today's disks, so that a block can be written past the
/// page cache.
pub const BLOCK_BYTES: usize = 4_096;
/// Size of a segment file by default, in bytes.
pub const SEGMENT_BYTES_DEFAULT: u64 = 64 << 20;
/// Smallest segment file, in bytes: its header and one block.
pub const SEGMENT_BYTES_MIN: u64 = 2 * 4_096;
/// Largest segment file, in bytes.
pub const SEGMENT_BYTES_MAX: u64 = 1 << 40;

/// Size of the two sides' counters, in bytes: two cache lines of x86_64, which fetches them in
/// pairs, one of Apple Silicon.
pub const CACHE_LINE_BYTES: usize = 128;

// Slots, lengths and positions are converted to `usize` without loss.
const _: () = assert!(usize::BITS >= 32, "the core addresses its pools with 32 bits");
// The sum of two quantities must not overflow; totals of a level are 128 bits wide.
const _: () = assert!(QUANTITY_MAX <= u64::MAX / 2);
// A price must fit a signed 32-bit field of other people's protocols.
const _: () = assert!(PRICE_MAX == i32::MAX.unsigned_abs());
// The rings' counters are taken modulo their capacity with a mask.
const _: () = assert!(INPUT_RING_CAPACITY.is_power_of_two());
const _: () = assert!(LOG_RING_CAPACITY.is_power_of_two());
const _: () = assert!(EVENT_RING_CAPACITY.is_power_of_two());
// A segment is a whole number of blocks.
const _: () = assert!(SEGMENT_BYTES_DEFAULT.is_multiple_of(4_096));
