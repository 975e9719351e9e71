//! The log writer: packs records into blocks, appends them, syncs, and raises the high-water mark.
//!
//! Group commit needs no batch size: a batch is what gathered in the log ring during the last sync.
//! When to sync is the mode's; after the first fault nothing is appended or synced again.

use crate::block::{BLOCK_HEAD_BYTES, BLOCK_ROOM_BYTES, BlockKind, Chain, Durable, Filled};
use crate::limits::BLOCK_BYTES;
use crate::log_file::{LogFault, LogFile};
use crate::pacing::Pacing;
use crate::record::{PlainRecord, Record};
use crate::ring::Consumer;
use crate::segment::SegmentHeader;
use crate::stage::{Fault, Shared, Step};
use crate::sync_mode::{Hold, SyncMode};
use crate::types::{SegmentNumber, Sequence, length_of};

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
    /// What is durable: what a block may confirm. Never too much; of what another stage syncs the
    /// sequence only.
    durable: Durable,
    /// Until when the group that waits is held back, in nanoseconds of the host's clock.
    held_until_ns: Option<u64>,
    /// Holds groups back where the mode leaves that to it.
    pacing: Pacing,
    /// True when the last block confirms everything before it.
    is_confirmed: bool,
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
            held_until_ns: None,
            pacing: Pacing::new(),
            is_confirmed: false,
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

    /// Writes one batch: what waits in the log ring, as far as buffer and segment have room, unless
    /// the mode holds it back. `now_ns` is the host's monotonic clock.
    ///
    /// Done when the sequencer is done and nothing waits, with a marker that confirms
    /// everything; or after a fault.
    ///
    /// # Errors
    /// The first fault, and the same one ever after.
    pub fn step(&mut self, now_ns: u64) -> Result<Step, LogFault> {
        self.guarded(|writer| writer.step_unguarded(now_ns))
    }

    /// Appends a marker that confirms everything before it, unless the last block does so
    /// already. The host calls this when the engine has been idle for a while.
    ///
    /// # Errors
    /// The first fault, and the same one ever after.
    pub fn mark_idle(&mut self) -> Result<(), LogFault> {
        self.guarded(|writer| {
            if writer.is_confirmed || writer.shared.halt.is_faulted() {
                return Ok(());
            }
            writer.mark(BlockKind::Idle)
        })
    }

    /// True when the last block does not yet confirm everything before it.
    pub const fn is_mark_due(&self) -> bool {
        !self.is_confirmed
    }

    /// While a group is held back, until when at most, in nanoseconds of the host's clock: there is
    /// something to do though a step was idle.
    pub const fn held_until_ns(&self) -> Option<u64> {
        self.held_until_ns
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

    fn step_unguarded(&mut self, now_ns: u64) -> Result<Step, LogFault> {
        if self.shared.halt.is_faulted() {
            return Ok(self.done());
        }
        // Read before the ring: nothing is published once the sequencer is done.
        let no_more = self.shared.sequencer_done.is_set();
        let is_waited_for = !self.records.is_empty();
        let is_look_due = self.is_paced() && (is_waited_for || self.pacing.is_look_due());
        let arrived = is_look_due.then(|| self.shared.applied.get().0);
        if let Some(arrived) = arrived {
            self.pacing.look(now_ns, arrived);
        }
        if is_waited_for {
            if !no_more && self.is_held(now_ns) {
                return Ok(Step::Idle);
            }
            self.held_until_ns = None;
            if let Some(arrived) = arrived {
                self.pacing.begin_sync(now_ns, arrived);
            }
            return self.write_batch().map(Step::Worked);
        }
        if no_more {
            // Who is stepped on after the end must not append again: nobody would sync it.
            if !self.shared.log_writer_done.is_set() {
                self.mark(BlockKind::Stopped)?;
            }
            return Ok(self.done());
        }
        if !self.is_sync_wanted() {
            return Ok(Step::Idle);
        }
        self.sync_appended()?;
        Ok(Step::Worked(1))
    }

    /// Whether it is left to the pacing how long a group is held back.
    const fn is_paced(&self) -> bool {
        match self.settings.mode {
            SyncMode::Group(Hold::Auto) => true,
            SyncMode::Group(Hold::Until { .. })
            | SyncMode::Full
            | SyncMode::Interval(_)
            | SyncMode::Checkpoint
            | SyncMode::Off => false,
        }
    }

    /// Whether the group that waits is to gather for longer. A ring that is half full is never held
    /// back: what comes next must find room.
    fn is_held(&mut self, now_ns: u64) -> bool {
        let (until_ns, count_max) = match self.settings.mode {
            SyncMode::Group(Hold::Auto) => (self.pacing.held_until_ns(now_ns), u64::MAX),
            SyncMode::Group(Hold::Until { delay_ns, count }) => {
                let until_ns =
                    self.held_until_ns.unwrap_or_else(|| now_ns.saturating_add(delay_ns));
                (Some(until_ns), count.get())
            }
            SyncMode::Full | SyncMode::Interval(_) | SyncMode::Checkpoint | SyncMode::Off => {
                (None, 0)
            }
        };
        let Some(until_ns) = until_ns.filter(|until_ns| now_ns < *until_ns) else {
            return false;
        };
        self.held_until_ns = Some(until_ns);
        let waiting = self.records.waiting();
        length_of(waiting) < count_max
            && waiting < self.records.capacity() / 2
            && !self.shared.sync_wanted.is_beyond(self.durable.sequence)
    }

    /// Whether somebody asked for a sync that this stage owes, and that something appended needs.
    fn is_sync_wanted(&self) -> bool {
        let owes = !self.settings.mode.has_syncer();
        owes && self.chain.last_sequence() > self.durable.sequence
            && self.shared.sync_wanted.is_beyond(self.durable.sequence)
    }

    fn done(&self) -> Step {
        self.shared.log_writer_done.set();
        Step::Done
    }

    /// Packs, appends and syncs one batch; returns its number of records.
    fn write_batch(&mut self) -> Result<usize, LogFault> {
        self.begin_segment_when_due()?;
        self.hear_of_syncer();
        let position = self.chain.position;
        let room = usize::try_from(self.chain.room_bytes()).unwrap_or(usize::MAX);
        let (blocks_max, commands_max) = match self.settings.mode {
            SyncMode::Full => (1, 1),
            SyncMode::Group(_) | SyncMode::Interval(_) | SyncMode::Checkpoint | SyncMode::Off => {
                (room / BLOCK_BYTES, u16::MAX)
            }
        };
        let mut batch_bytes = 0;
        let mut record_count = 0;
        for block in self.buffer.chunks_exact_mut(BLOCK_BYTES).take(blocks_max) {
            let packed = pack(&mut self.records, commands_max, block);
            if packed.record_count == 0 {
                break;
            }
            self.now_ns = packed.timestamp_ns;
            self.chain.seal(block, BlockKind::Records, packed.filled, self.durable);
            batch_bytes += BLOCK_BYTES;
            record_count += packed.record_count;
        }
        self.file.append(position, self.buffer.get(..batch_bytes).unwrap_or_default())?;
        self.is_confirmed = false;
        self.after_append()?;
        Ok(record_count)
    }

    /// Tells that something was appended, and makes it durable where the mode wants it.
    fn after_append(&mut self) -> Result<(), LogFault> {
        self.shared.appended.raise(self.chain.last_sequence());
        match self.settings.mode {
            SyncMode::Full | SyncMode::Group(_) => self.sync_appended(),
            SyncMode::Checkpoint | SyncMode::Off if self.is_sync_wanted() => self.sync_appended(),
            SyncMode::Interval(_) | SyncMode::Checkpoint | SyncMode::Off => Ok(()),
        }
    }

    /// Makes everything appended durable, and raises the high-water mark.
    fn sync_appended(&mut self) -> Result<(), LogFault> {
        self.file.sync()?;
        let last: Sequence = self.chain.last_sequence();
        // Before anything is answered: what has come until now waited for no answer of this sync.
        if self.is_paced() {
            self.pacing.end_sync(last.0, self.shared.applied.get().0);
        }
        self.durable = Durable { sequence: last, number: self.chain.next_number - 1 };
        self.shared.durable.raise(last);
        Ok(())
    }

    /// Takes over what the syncer has made durable, so that the next blocks confirm it.
    fn hear_of_syncer(&mut self) {
        if self.settings.mode.has_syncer() {
            self.durable.sequence = self.shared.durable.get();
        }
    }

    /// Appends a block without records that confirms everything before it, and syncs it as the
    /// mode wants.
    fn mark(&mut self, kind: BlockKind) -> Result<(), LogFault> {
        self.begin_segment_when_due()?;
        self.hear_of_syncer();
        let position = self.chain.position;
        let Some(block) = self.buffer.get_mut(..BLOCK_BYTES) else {
            return Ok(());
        };
        self.chain.seal(block, kind, Filled::default(), self.durable);
        self.file.append(position, block)?;
        match (kind, self.settings.mode) {
            // The new incarnation is durable before anything follows it, in every mode.
            (BlockKind::Recovered, _) => self.file.sync()?,
            (BlockKind::Stopped, SyncMode::Checkpoint) => {
                self.shared.appended.raise(self.chain.last_sequence());
                self.sync_appended()?;
            }
            (
                BlockKind::Records
                | BlockKind::Idle
                | BlockKind::Stopped
                | BlockKind::Term
                | BlockKind::Membership,
                _,
            ) => self.after_append()?,
        }
        self.is_confirmed = true;
        Ok(())
    }

    fn begin_segment_when_due(&mut self) -> Result<(), LogFault> {
        if !self.chain.is_at_segment_end() {
            return Ok(());
        }
        if self.chain.segment >= SegmentNumber::FIRST {
            self.seal_segment()?;
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

    /// Ends the segment: it is durable before the next one is begun, but in the mode
    /// that never syncs.
    fn seal_segment(&mut self) -> Result<(), LogFault> {
        match self.settings.mode {
            // Every append was synced, or none is.
            SyncMode::Full | SyncMode::Group(_) | SyncMode::Off => Ok(()),
            // The syncer syncs the segment that is written, and raises the mark.
            SyncMode::Interval(_) => self.file.sync(),
            SyncMode::Checkpoint => self.sync_appended(),
        }
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

/// Fills one block with records from the ring, `commands_max` commands at most, and what
/// stands behind the last of them.
fn pack(records: &mut Consumer<'_, Record>, commands_max: u16, block: &mut [u8]) -> Packed {
    let mut packed = Packed { filled: Filled::default(), record_count: 0, timestamp_ns: 0 };
    let mut room =
        block.get_mut(BLOCK_HEAD_BYTES..BLOCK_HEAD_BYTES + BLOCK_ROOM_BYTES).unwrap_or_default();
    while records.has(packed.record_count) {
        let commands_left = commands_max - packed.filled.command_count;
        let Some(encoded) = encode(records, packed.record_count, commands_left, room) else {
            break;
        };
        let Encoded { length, command_count, timestamp_ns } = encoded;
        packed.filled.used_bytes += u16::try_from(length).unwrap_or_default();
        packed.filled.command_count += command_count;
        packed.timestamp_ns = timestamp_ns;
        packed.record_count += 1;
        room = room.get_mut(length..).unwrap_or_default();
    }
    records.release(packed.record_count);
    packed
}

/// What one record took.
struct Encoded {
    length: usize,
    command_count: u16,
    timestamp_ns: u64,
}

/// Encodes the record behind the `index` oldest ones to the front of `room`; `None` when it does
/// not fit, or when no command is left for this block and it is one.
#[inline]
fn encode(
    records: &Consumer<'_, Record>,
    index: usize,
    commands_left: u16,
    room: &mut [u8],
) -> Option<Encoded> {
    if let Some((sequence, words)) = records.apart(index) {
        if commands_left == 0 {
            return None;
        }
        let plain = PlainRecord::of_words(words);
        let length = plain.encode(Sequence(sequence), room)?;
        return Some(Encoded { length, command_count: 1, timestamp_ns: plain.timestamp_ns });
    }
    let record = records.value(index);
    let command_count = record.body.command_count();
    if command_count > commands_left {
        return None;
    }
    let length = record.encode(room)?;
    Some(Encoded { length, command_count, timestamp_ns: record.timestamp_ns })
}
