//! What a host chooses: capacities, memory, the log's settings; and how much memory that takes.

use crate::codes::HwSyncMode;
use crate::command::flag;
use crate::layout::Layout;
use crate::pointer::{borrow, put, status_of};
use crate::rings;
use crate::status::HwStatus;
use core::ffi::c_void;
use core::num::NonZeroU64;
use core::ptr;
use highwater::limits::{
    BLOCK_BYTES, INSTRUMENTS_MAX, ORDERS_MAX, SEGMENT_BYTES_DEFAULT, SEGMENT_BYTES_MAX,
    SEGMENT_BYTES_MIN, SESSIONS_MAX,
};
use highwater::log_writer::LogSettings;
use highwater::sync_mode::{Exposure, Hold, SyncMode};
use highwater::types::{Capacities, LogId};

/// Blocks in one append, at most: 1 GiB.
const BATCH_BLOCKS_MAX: u32 = 1 << 18;

/// A `sync_delay_ns`. Mode `group`: a group gathers only where syncs stall under an open load, 250
/// microseconds at most, whatever `sync_count` is. Mode `interval`: the same as 0.
pub const HW_SYNC_DELAY_AUTO: u64 = u64::MAX;

/// What a host chooses; `hw_config_default` fills in everything but the memory and the log's id.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct HwConfig {
    /// `sizeof(hw_config)`.
    pub struct_bytes: usize,
    /// Where the engine is to live: as many bytes as `hw_memory_bytes` says, from a multiple of
    /// `HW_MEMORY_ALIGN` on. It is the engine's until the last call has returned.
    pub memory: *mut c_void,
    /// How many bytes they are.
    pub memory_bytes: usize,
    /// Spreads the hash tables, so that nobody outside can choose ids that collide; changes no
    /// result. A random number.
    pub seed: u64,
    /// The time, in nanoseconds since the Unix epoch; information only.
    pub now_ns: u64,
    /// Size of new segments, in bytes: a multiple of 4,096 from 8,192 to 2^40.
    pub segment_bytes: u64,
    /// Mode `group`: commands that end a group's wait, 0 for no such number. Mode `interval`:
    /// commands that a power cut may take, at least 1.
    pub sync_count: u64,
    /// Mode `group`: how long a group gathers, 0 for not at all. Mode `interval`: when the oldest
    /// command that is not durable is synced. In nanoseconds of the clock that steps are given, or
    /// `HW_SYNC_DELAY_AUTO`.
    pub sync_delay_ns: u64,
    /// Open orders, 1 to 2^28.
    pub orders: u32,
    /// Instruments, 1 to 2^24.
    pub instruments: u32,
    /// Sessions, the operator's included, 2 to 65,536.
    pub sessions: u32,
    /// How much each of the three rings holds: a power of two from 16 to 65,536.
    pub ring_capacity: u32,
    /// Blocks of 4,096 bytes that one append writes at most, 1 to 2^18.
    pub batch_blocks: u32,
    /// What a new log is to be called: 16 random bytes.
    pub log_id: [u8; 16],
    /// An `hw_sync_mode`.
    pub sync_mode: u8,
    /// 1 when all the memory is zero, as fresh pages of a system are: then what the book does not
    /// need is never touched. Else 0, and `hw_open` makes it so.
    pub memory_is_zero: u8,
    /// 1 to log a copy of every trade, for readers that cannot replay; else 0.
    pub logs_trades: u8,
    /// 1 to be told the end of every command with its time, as an `hw_event` behind its events that
    /// takes the place of one in the ring; else 0.
    pub tells_ends: u8,
    /// Zeros.
    pub reserved: [u8; 4],
}

/// A configuration whose numbers are in their ranges.
#[derive(Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "two wishes that do not touch each other")]
pub(crate) struct Chosen {
    pub(crate) capacities: Capacities,
    pub(crate) ring_capacity: u32,
    pub(crate) layout: Layout,
    /// Bytes, from the first on, that are to be made zero.
    pub(crate) zeroed_bytes: usize,
    pub(crate) settings: LogSettings,
    pub(crate) log_id: LogId,
    pub(crate) seed: u64,
    pub(crate) now_ns: u64,
    pub(crate) logs_trades: bool,
    pub(crate) tells_ends: bool,
}

/// Fills in `config` for a small engine: 65,536 orders, 1,024 instruments, 64 sessions, rings of
/// 4,096, every answer durable. Memory, log id, seed and time are zero.
///
/// # Safety
/// `config` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hw_config_default(config: *mut HwConfig) -> HwStatus {
    let default = HwConfig {
        struct_bytes: size_of::<HwConfig>(),
        memory: ptr::null_mut(),
        memory_bytes: 0,
        seed: 0,
        now_ns: 0,
        segment_bytes: SEGMENT_BYTES_DEFAULT,
        sync_count: 0,
        sync_delay_ns: HW_SYNC_DELAY_AUTO,
        orders: 65_536,
        instruments: 1_024,
        sessions: 64,
        ring_capacity: 4_096,
        batch_blocks: 256,
        log_id: [0; 16],
        sync_mode: HwSyncMode::Group as u8,
        memory_is_zero: 0,
        logs_trades: 0,
        tells_ends: 0,
        reserved: [0; 4],
    };
    // SAFETY: the host guarantees that it may be written, unless it is null or misaligned.
    status_of(unsafe { put(config, default) }.map(|()| HwStatus::Ok))
}

/// How much memory an engine with this configuration takes, in bytes: a multiple of
/// `HW_MEMORY_ALIGN`. What `config` says of the memory itself is not looked at.
///
/// # Safety
/// `config` may be read, `bytes` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hw_memory_bytes(config: *const HwConfig, bytes: *mut usize) -> HwStatus {
    // SAFETY: the host guarantees that it may be read, unless it is null or misaligned.
    let chosen = unsafe { borrow(config) }.and_then(HwConfig::check);
    // SAFETY: the host guarantees that it may be written, unless it is null or misaligned.
    let told = chosen.and_then(|chosen| unsafe { put(bytes, chosen.layout.bytes) });
    status_of(told.map(|()| HwStatus::Ok))
}

impl HwConfig {
    /// Looks at every number but those of the memory.
    pub(crate) fn check(&self) -> Result<Chosen, HwStatus> {
        if self.struct_bytes != size_of::<Self>() {
            return Err(HwStatus::BadStruct);
        }
        self.chosen().ok_or(HwStatus::BadConfig)
    }

    fn chosen(&self) -> Option<Chosen> {
        let Self { orders, instruments, sessions, segment_bytes, .. } = *self;
        let are_possible = (1..=ORDERS_MAX).contains(&orders)
            && (1..=INSTRUMENTS_MAX).contains(&instruments)
            && (2..=SESSIONS_MAX).contains(&sessions)
            && (1..=BATCH_BLOCKS_MAX).contains(&self.batch_blocks)
            && (SEGMENT_BYTES_MIN..=SEGMENT_BYTES_MAX).contains(&segment_bytes)
            && segment_bytes.is_multiple_of(BLOCK_BYTES as u64)
            && self.reserved == [0; 4];
        if !are_possible {
            return None;
        }
        let capacities = Capacities { orders, instruments, sessions };
        let ring_bytes = rings::bytes(self.ring_capacity)?;
        let layout = Layout::of(capacities, ring_bytes, self.batch_blocks)?;
        // What decides what the rings are is made zero in any case.
        let zeroed_bytes = if flag(self.memory_is_zero)? { layout.book } else { layout.bytes };
        Some(Chosen {
            capacities,
            ring_capacity: self.ring_capacity,
            layout,
            zeroed_bytes,
            settings: LogSettings { mode: self.mode()?, segment_bytes },
            log_id: LogId(self.log_id),
            seed: self.seed,
            now_ns: self.now_ns,
            logs_trades: flag(self.logs_trades)?,
            tells_ends: flag(self.tells_ends)?,
        })
    }

    fn mode(&self) -> Option<SyncMode> {
        let count = NonZeroU64::new(self.sync_count);
        let is_auto = self.sync_delay_ns == HW_SYNC_DELAY_AUTO;
        Some(match HwSyncMode::read(self.sync_mode)? {
            HwSyncMode::Full => SyncMode::Full,
            HwSyncMode::Group if is_auto => SyncMode::GROUP,
            HwSyncMode::Group => SyncMode::Group(Hold::Until {
                delay_ns: self.sync_delay_ns,
                count: count.unwrap_or(NonZeroU64::MAX),
            }),
            HwSyncMode::Interval => {
                let every_ns = if is_auto { 0 } else { self.sync_delay_ns };
                SyncMode::Interval(Exposure { count: count?, every_ns })
            }
            HwSyncMode::Checkpoint => SyncMode::Checkpoint,
            HwSyncMode::Off => SyncMode::Off,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::mem::MaybeUninit;

    #[test]
    fn a_delay_is_the_engines_to_decide_or_a_time() {
        let mut config = MaybeUninit::uninit();
        // SAFETY: it may be written.
        assert_eq!(unsafe { hw_config_default(config.as_mut_ptr()) }, HwStatus::Ok);
        // SAFETY: the call has filled it in.
        let mut config: HwConfig = unsafe { config.assume_init() };
        config.sync_count = 9;
        assert_eq!(config.mode(), Some(SyncMode::Group(Hold::Auto)));
        config.sync_mode = HwSyncMode::Interval as u8;
        let count = NonZeroU64::new(9).unwrap();
        assert_eq!(config.mode(), Some(SyncMode::Interval(Exposure { count, every_ns: 0 })));
        (config.sync_mode, config.sync_delay_ns) = (HwSyncMode::Group as u8, 0);
        let hold = Hold::Until { delay_ns: 0, count };
        assert_eq!(config.mode(), Some(SyncMode::Group(hold)));
    }
}
