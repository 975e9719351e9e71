//! The log writer: packs records into blocks, appends them, syncs, and raises the high-water mark.
//!
//! Group commit needs no timer: a batch is what gathered in the log ring during the last sync.
//! After the first fault nothing is appended or synced again.

use crate::block::{BLOCK_HEAD_BYTES, BLOCK_ROOM_BYTES, BlockKind, Chain, Durable, Filled};
use crate::limits::BLOCK_BYTES;
use crate::log_file::{LogFault, LogFile};
use crate::record::{Body, Record};
use crate::ring::Consumer;
use crate::segment::SegmentHeader;
use crate::stage::{Fault, Shared, Step, SyncMode};
use crate::types::Sequence;

/// How a log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogSettings {
    /// When to sync.
    pub mode: SyncMode,
    /// Size of new segments, in bytes: a whole number of blocks, see [`limits`](crate::limits).
    pub segment_bytes: u64,
}

/// The stage that owns the files.
#[derive(Debug)]
pub struct LogWriter<'a, F> {
    records: Consumer<'a, Record>,
    file: F,
    /// Room for the blocks of one batch; whole blocks.
    buffer: &'a mut [u8],
    chain: Chain,
    settings: LogSettings,
    shared: &'a Shared,
    /// What is durable: what a block may vouch for. In a mode that never syncs it stays as recovery
    /// left it.
    durable: Durable,
    /// True when the last block vouches for everything before it.
    is_vouched: bool,
    /// Timestamp of the last record, in nanoseconds: a new segment's time of creation.
    now_ns: u64,
    fault: Option<LogFault>,
}

impl<'a, F: LogFile> LogWriter<'a, F> {
    /// Takes over a log where recovery left it, starts its first segment when it has none, and
    /// makes the new incarnation durable, so that no block of an earlier one can ever follow a
    /// block of this one.
    ///
    /// # Errors
    /// The fault of writing or syncing; the engine must not start.
    ///
    /// # Panics
    /// When `buffer` is not one or more whole blocks.
    pub(crate) fn start(
        records: Consumer<'a, Record>,
        opened: OpenedLog<'a, F>,
        shared: &'a Shared,
    ) -> Result<Self, LogFault> {
        let OpenedLog { file, buffer, chain, settings, now_ns } = opened;
        let is_whole = !buffer.is_empty() && buffer.len().is_multiple_of(BLOCK_BYTES);
        assert!(is_whole, "the buffer holds whole blocks");
        let last = chain.last_sequence();
        let durable = Durable { sequence: last, number: chain.next_number - 1 };
        let fault = None;
        let mut writer = Self {
            records,
            file,
            buffer,
            chain,
            settings,
            shared,
            durable,
            is_vouched: false,
            now_ns,
            fault,
        };
        writer.chain.incarnation += 1;
        writer.mark(BlockKind::Recovered)?;
        // Recovery synced everything that it read, in every mode.
        shared.appended.raise(last);
        shared.durable.raise(last);
        Ok(writer)
    }

    /// Writes one batch: what waits in the log ring, as far as buffer and segment have room. Done
    /// when the sequencer is done and nothing waits, with a marker that vouches for everything; or
    /// after a fault.
    ///
    /// # Errors
    /// The first fault, and the same one ever after.
    pub fn step(&mut self) -> Result<Step, LogFault> {
        self.guarded(Self::step_unguarded)
    }

    /// Appends a marker that vouches for everything before it, unless the last block does so
    /// already. The host calls this when the engine has been idle for a while.
    ///
    /// # Errors
    /// The first fault, and the same one ever after.
    pub fn mark_idle(&mut self) -> Result<(), LogFault> {
        self.guarded(|writer| if writer.is_vouched { Ok(()) } else { writer.mark(BlockKind::Idle) })
    }

    /// True when the last block does not yet vouch for everything before it.
    pub const fn is_mark_due(&self) -> bool {
        !self.is_vouched
    }

    /// The files.
    pub const fn file(&self) -> &F {
        &self.file
    }

    /// Gives up the stage and keeps its files.
    pub fn into_file(self) -> F {
        self.file
    }

    /// Does `work` unless the log has failed; a fault stops the whole engine and is kept.
    fn guarded<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, LogFault>,
    ) -> Result<T, LogFault> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        work(self).inspect_err(|fault| {
            self.fault = Some(*fault);
            self.shared.halt.fault(Fault::Log(*fault));
        })
    }

    fn step_unguarded(&mut self) -> Result<Step, LogFault> {
        if self.shared.halt.is_faulted() {
            return Ok(self.done());
        }
        // Read before the ring: nothing is published once the sequencer is done.
        let no_more = self.shared.sequencer_done.is_set();
        if !self.records.is_empty() {
            return self.write_batch().map(Step::Worked);
        }
        if !no_more {
            return Ok(Step::Idle);
        }
        self.mark(BlockKind::Stopped)?;
        Ok(self.done())
    }

    fn done(&self) -> Step {
        self.shared.log_writer_done.set();
        Step::Done
    }

    /// Packs, appends and syncs one batch; returns its number of records.
    fn write_batch(&mut self) -> Result<usize, LogFault> {
        self.begin_segment_when_full()?;
        let position = self.chain.position;
        let room = usize::try_from(self.chain.room_bytes()).unwrap_or(usize::MAX);
        let mut batch_bytes = 0;
        let mut record_count = 0;
        for block in self.buffer.chunks_exact_mut(BLOCK_BYTES).take(room / BLOCK_BYTES) {
            let packed = pack(&mut self.records, block);
            if packed.record_count == 0 {
                break;
            }
            self.now_ns = packed.timestamp_ns;
            self.chain.seal(block, BlockKind::Records, packed.filled, self.durable);
            batch_bytes += BLOCK_BYTES;
            record_count += packed.record_count;
        }
        self.file.append(position, self.buffer.get(..batch_bytes).unwrap_or_default())?;
        self.is_vouched = false;
        self.after_append()?;
        Ok(record_count)
    }

    /// Makes what was appended durable, as the mode wants it, and raises the watermarks.
    fn after_append(&mut self) -> Result<(), LogFault> {
        let last: Sequence = self.chain.last_sequence();
        self.shared.appended.raise(last);
        match self.settings.mode {
            SyncMode::Group => {
                self.file.sync()?;
                self.durable = Durable { sequence: last, number: self.chain.next_number - 1 };
                self.shared.durable.raise(last);
            }
            SyncMode::Off => {}
        }
        Ok(())
    }

    /// Appends a block without records that vouches for everything before it, and syncs it as the
    /// mode wants.
    fn mark(&mut self, kind: BlockKind) -> Result<(), LogFault> {
        self.begin_segment_when_full()?;
        let position = self.chain.position;
        let Some(block) = self.buffer.get_mut(..BLOCK_BYTES) else {
            return Ok(());
        };
        self.chain.seal(block, kind, Filled::default(), self.durable);
        self.file.append(position, block)?;
        match kind {
            // The new incarnation is durable before anything follows it, in every mode.
            BlockKind::Recovered => self.file.sync()?,
            BlockKind::Records | BlockKind::Idle | BlockKind::Stopped => self.after_append()?,
        }
        self.is_vouched = true;
        Ok(())
    }

    fn begin_segment_when_full(&mut self) -> Result<(), LogFault> {
        if self.chain.room_bytes() > 0 {
            return Ok(());
        }
        let header: SegmentHeader =
            self.chain.next_header(self.settings.segment_bytes, self.now_ns, self.durable);
        let Some(block) = self.buffer.get_mut(..BLOCK_BYTES) else {
            return Ok(());
        };
        header.encode(block);
        self.file.begin(header.segment, header.segment_bytes, block)?;
        self.chain.enter(&header);
        Ok(())
    }
}

/// A log as recovery left it, with what its writer needs.
#[derive(Debug)]
pub struct OpenedLog<'a, F> {
    /// The files.
    pub file: F,
    /// Room for the blocks of one batch: one or more whole blocks, aligned as the host's files want
    /// it.
    pub buffer: &'a mut [u8],
    /// Where the log stands: [`Scanned::chain`](crate::recovery::Scanned::chain), or
    /// [`Chain::empty`](crate::block::Chain::empty) with a new random id.
    pub chain: Chain,
    /// How it is written.
    pub settings: LogSettings,
    /// The time, in nanoseconds since the Unix epoch.
    pub now_ns: u64,
}

/// What one block took.
struct Packed {
    filled: Filled,
    record_count: usize,
    timestamp_ns: u64,
}

/// Fills one block with records from the ring.
fn pack(records: &mut Consumer<'_, Record>, block: &mut [u8]) -> Packed {
    let mut packed = Packed { filled: Filled::default(), record_count: 0, timestamp_ns: 0 };
    let mut room =
        block.get_mut(BLOCK_HEAD_BYTES..BLOCK_HEAD_BYTES + BLOCK_ROOM_BYTES).unwrap_or_default();
    while let Some(record) = records.get(packed.record_count) {
        let Some(length) = record.encode(room) else {
            break;
        };
        packed.filled.used_bytes += u16::try_from(length).unwrap_or_default();
        packed.filled.command_count += match record.body {
            Body::Command(_) => 1,
            Body::RunningHash(_) => 0,
        };
        packed.timestamp_ns = record.timestamp_ns;
        packed.record_count += 1;
        room = room.get_mut(length..).unwrap_or_default();
    }
    records.release(packed.record_count);
    packed
}
