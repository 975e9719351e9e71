//! A simulated [`LogFile`]: the segments of one log on a [`SimDisk`], where the environment fails
//! when it is told to.
//!
//! Every append, sync, begin and cut is a point at which the power can be cut, the process killed,
//! or the operation fail: before it, in the middle of it, and behind it. After that the log counts
//! what is still asked of it.

use crate::random::Random;
use crate::sim_disk::{SECTOR_BYTES, SimDisk, Survival};
use highwater::limits::BLOCK_BYTES;
use highwater::log_file::{LogFault, LogFile, LogOperation};
use highwater::types::{LogPosition, SegmentNumber};
use std::cell::RefCell;
use std::rc::Rc;

/// What happens in an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// The power is cut: what was not synced may be lost.
    PowerCut,
    /// The process is killed: what it wrote is read by the next one.
    Kill,
    /// The operation fails.
    Fault,
}

/// When something happens.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// In which operation; `None` for any.
    pub operation: Option<LogOperation>,
    /// In which of those, from 1.
    pub nth: u64,
    /// What happens.
    pub happening: Happening,
    /// Decides how far the operation came.
    pub seed: u64,
}

/// How the files are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileForm {
    /// A segment has its full size from the beginning, zeros ahead.
    Zeroed,
    /// A segment grows with every append.
    Growing,
    /// A segment has its full size from the beginning, and behind its header, where there are any,
    /// the blocks of a segment that was retired. No sector is torn: what is left of an old one in
    /// it could differ in one bit from the new one, which is taken for rot.
    Recycled,
}

/// A handle on the simulated log; clones share it.
#[derive(Clone, Debug)]
pub struct SimLog(Rc<RefCell<State>>);

#[derive(Clone, Debug)]
struct State {
    disk: SimDisk,
    form: FileForm,
    /// The segment that is appended to, and where.
    current: Option<(u64, usize)>,
    segment_bytes: usize,
    plan: Option<Plan>,
    /// Operations that the plan was asked about, and matched.
    matched_count: u64,
    met: Option<Met>,
    /// Operations since the fault or crash.
    late_count: u64,
    /// Segments begun.
    begun_count: u64,
    /// When a segment is prepared.
    preparing: Preparing,
    /// The bytes of the segment that was retired last.
    retired: Vec<u8>,
}

/// When a segment is prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preparing {
    /// When it is begun.
    InTime,
    /// When the one before it is begun.
    Ahead,
}

/// A sync that is under way.
#[derive(Clone, Copy, Debug)]
pub struct SyncUnderWay {
    /// The segment that is synced.
    pub segment: u64,
    /// What the disk had been given when it began.
    written_count: u64,
}

/// What the process met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Met {
    /// What happened.
    pub happening: Happening,
    /// In which operation.
    pub operation: LogOperation,
}

/// A block that nothing was written to.
const BLANK: [u8; BLOCK_BYTES] = [0; BLOCK_BYTES];

/// The error number of every fault: EIO.
const CODE: i32 = 5;

impl SimLog {
    /// A log without a segment.
    pub fn new(form: FileForm) -> Self {
        Self(Rc::new(RefCell::new(State {
            disk: match form {
                FileForm::Zeroed | FileForm::Growing => SimDisk::default(),
                FileForm::Recycled => SimDisk::with_whole_sectors(),
            },
            form,
            current: None,
            segment_bytes: 0,
            plan: None,
            matched_count: 0,
            met: None,
            late_count: 0,
            begun_count: 0,
            preparing: Preparing::InTime,
            retired: Vec::new(),
        })))
    }

    /// A copy of its own.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self(Rc::new(RefCell::new(self.0.borrow().clone())))
    }

    /// Starts a process: what happened to the last one is forgotten, and `plan` holds for the next.
    pub fn start(&self, plan: Option<Plan>) {
        let mut state = self.0.borrow_mut();
        state.plan = plan;
        state.current = None;
        (state.matched_count, state.met, state.late_count) = (0, None, 0);
    }

    /// What the process met, if anything.
    pub fn met(&self) -> Option<Met> {
        self.0.borrow().met
    }

    /// How many operations were asked for after a fault or a crash.
    pub fn late_count(&self) -> u64 {
        self.0.borrow().late_count
    }

    /// Whether the segment that is appended to takes no more.
    pub fn is_full(&self) -> bool {
        let state = self.0.borrow();
        state.current.is_some_and(|(_, tail)| tail >= state.segment_bytes)
    }

    /// How many segments were begun in all.
    pub fn begun_count(&self) -> u64 {
        self.0.borrow().begun_count
    }

    /// Says when segments are prepared from now on.
    pub fn prepare(&self, preparing: Preparing) {
        self.0.borrow_mut().preparing = preparing;
    }

    /// Leaves a segment at the end of the log that was prepared and never begun: empty, or the file
    /// of a retired one that was zeroed from its front on as far as some block.
    pub fn leave_prepared(&self, random: &mut Random) {
        let state = &mut *self.0.borrow_mut();
        let next = state.disk.range().map_or(1, |(_, last)| last + 1);
        let mut bytes = state.former();
        let zeroed = BLOCK_BYTES * (1 + random.index(3));
        if random.chance(30) {
            bytes = vec![0; zeroed];
        }
        let zeroed = zeroed.min(bytes.len());
        bytes[..zeroed].fill(0);
        state.disk.place(next, &bytes);
    }

    /// Drops the first segment, durably, which no start needs any more.
    pub fn retire(&self, segment: u64) {
        self.0.borrow_mut().retire(segment);
    }

    /// Begins to sync the segment that is written, beside the log writer.
    ///
    /// # Errors
    /// That of a [`sync`](LogFile::sync).
    pub fn begin_sync(&self) -> Result<SyncUnderWay, LogFault> {
        let state = &mut *self.0.borrow_mut();
        if let Some((happening, mut random)) = state.meet(LogOperation::Sync)? {
            return Err(state.fail_sync(happening, &mut random));
        }
        let segment = state.current.map_or(0, |(segment, _)| segment);
        Ok(SyncUnderWay { segment, written_count: state.disk.written_count() })
    }

    /// Ends a sync: what was appended to its segment when it began is durable.
    ///
    /// # Errors
    /// The process has met its end meanwhile, or another sync has failed.
    pub fn end_sync(&self, sync: SyncUnderWay) -> Result<(), LogFault> {
        let state = &mut *self.0.borrow_mut();
        if state.met.is_some_and(|met| {
            met.happening != Happening::Fault || met.operation == LogOperation::Sync
        }) {
            return Err(fault(LogOperation::Sync));
        }
        state.disk.sync_file(sync.segment, sync.written_count);
        Ok(())
    }

    /// Looks at the disk.
    pub fn with_disk<T>(&self, look: impl FnOnce(&mut SimDisk) -> T) -> T {
        look(&mut self.0.borrow_mut().disk)
    }

    /// The bytes of a segment as they are read now.
    ///
    /// # Panics
    /// When there is no such segment.
    pub fn bytes(&self, segment: u64) -> Vec<u8> {
        self.with_disk(|disk| disk.seen(segment).expect("the segment exists").to_vec())
    }

    /// Changes the bytes of a segment, durably, behind everybody's back.
    pub fn edit(&self, segment: u64, change: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = self.bytes(segment);
        change(&mut bytes);
        self.with_disk(|disk| disk.place(segment, &bytes));
    }
}

impl State {
    /// Counts an operation; returns what happens in it, with the random numbers that decide how.
    fn meet(&mut self, operation: LogOperation) -> Result<Option<(Happening, Random)>, LogFault> {
        if let Some(met) = self.met {
            self.late_count += 1;
            match met.happening {
                Happening::PowerCut | Happening::Kill => return Err(fault(operation)),
                // The system goes on; whoever asks again is answered, and what is gone is gone.
                Happening::Fault => return Ok(None),
            }
        }
        let Some(plan) = self.plan else {
            return Ok(None);
        };
        if plan.operation.is_some_and(|planned| planned != operation) {
            return Ok(None);
        }
        self.matched_count += 1;
        if self.matched_count != plan.nth {
            return Ok(None);
        }
        self.met = Some(Met { happening: plan.happening, operation });
        Ok(Some((plan.happening, Random::new(plan.seed))))
    }

    /// Ends an operation in which something happened.
    fn fail(
        &mut self,
        happening: Happening,
        random: &mut Random,
        operation: LogOperation,
    ) -> LogFault {
        if happening == Happening::PowerCut {
            self.disk.power_cut(Survival::any(random));
        }
        fault(operation)
    }

    /// Ends a sync in which something happened.
    fn fail_sync(&mut self, happening: Happening, random: &mut Random) -> LogFault {
        if happening == Happening::Fault {
            // The system could not write, calls its pages clean all the same, and forgets.
            self.disk.settle(Survival::any(random));
        }
        self.fail(happening, random, LogOperation::Sync)
    }

    /// The file was prepared ahead, durably; its header waits for the next sync.
    fn begin(&mut self, segment: u64, segment_bytes: usize, header: &[u8]) {
        self.prepare(segment, segment_bytes);
        self.disk.write(segment, 0, header);
        self.segment_bytes = segment_bytes;
        self.current = Some((segment, header.len()));
        self.begun_count += 1;
        if self.preparing == Preparing::Ahead {
            self.prepare(segment + 1, segment_bytes);
        }
    }

    /// A segment with no header in it.
    fn prepare(&mut self, segment: u64, segment_bytes: usize) {
        let mut bytes = match self.form {
            FileForm::Zeroed | FileForm::Growing => Vec::new(),
            FileForm::Recycled => self.former(),
        };
        let length = match self.form {
            FileForm::Zeroed | FileForm::Recycled => segment_bytes,
            FileForm::Growing => 0,
        };
        bytes.resize(length, 0);
        bytes.iter_mut().take(BLOCK_BYTES).for_each(|byte| *byte = 0);
        self.disk.place(segment, &bytes);
    }

    /// The bytes that a recycled file held before: of a retired segment, or else of the first one.
    fn former(&self) -> Vec<u8> {
        let first = self.disk.range().and_then(|(first, _)| self.disk.seen(first));
        if self.retired.is_empty() {
            first.unwrap_or_default().to_vec()
        } else {
            self.retired.clone()
        }
    }

    /// Drops a segment whose file may be used again: what it holds is durable, and stays so.
    fn retire(&mut self, segment: u64) {
        let bytes = self.disk.seen(segment).unwrap_or_default().to_vec();
        if bytes.len() > BLOCK_BYTES {
            self.retired = bytes;
        }
        self.disk.remove(segment);
    }

    /// A begin that came to no end: nothing, an empty segment, or any part of the header.
    fn begin_partly(
        &mut self,
        segment: u64,
        segment_bytes: usize,
        header: &[u8],
        random: &mut Random,
    ) {
        if random.chance(20) {
            return;
        }
        self.prepare(segment, segment_bytes);
        match random.below(4) {
            0 => {}
            1 => self.disk.write(segment, 0, &header[..random.index(header.len())]),
            2 => self.disk.write(segment, 0, &header[..random.index(128)]),
            _ => self.disk.write(segment, 0, header),
        }
    }

    fn cut(&mut self, segment: u64, position: usize) {
        let last = self.disk.range().map_or(0, |(_, last)| last);
        let from = if position == 0 { segment } else { segment + 1 };
        // A file that is cut off is never used again: as the same segment its blocks would continue
        // the chain once more, until the marker of the new incarnation is durable.
        (from..=last).for_each(|later| self.disk.remove(later));
        self.current = (position > 0).then_some((segment, position));
        if position > 0 {
            self.drop_tail(segment, position);
            self.disk.sync();
        }
    }

    /// A cut that came to no end: some of the later segments are dropped, the last one first, and
    /// what is left of them is zeros; any part of the tail.
    fn cut_partly(&mut self, segment: u64, position: usize, random: &mut Random) {
        let last = self.disk.range().map_or(0, |(_, last)| last);
        let mut drops = true;
        for later in (segment + 1..=last).rev() {
            drops &= random.chance(50);
            if drops {
                self.disk.remove(later);
            } else {
                let length = self.disk.seen(later).map_or(0, <[u8]>::len);
                self.disk.write(later, 0, &vec![0; length]);
            }
        }
        if position > 0 {
            self.drop_tail(segment, position);
        } else if self.disk.range().is_some_and(|(_, last)| last == segment) && random.chance(50) {
            self.disk.remove(segment);
        }
        self.disk.power_cut(Survival::any(random));
    }

    fn drop_tail(&mut self, segment: u64, position: usize) {
        let length = self.disk.seen(segment).map_or(0, <[u8]>::len);
        match self.form {
            FileForm::Zeroed | FileForm::Recycled => {
                self.disk.write(segment, position, &vec![0; length - position]);
            }
            FileForm::Growing => self.disk.truncate(segment, position),
        }
    }

    fn append(&mut self, position: usize, blocks: &[u8]) {
        let (segment, tail) = self.current.expect("a segment is current");
        assert!(position == tail, "blocks stand right behind what is there");
        assert!(position + blocks.len() <= self.segment_bytes_of(segment), "the segment has room");
        if self.form != FileForm::Recycled {
            let seen = self.disk.seen(segment).unwrap_or_default();
            let under = seen.get(position..).unwrap_or_default();
            let under = &under[..under.len().min(blocks.len())];
            let is_blank = under.chunks(BLOCK_BYTES).all(|block| *block == BLANK[..block.len()]);
            assert!(is_blank, "what was written is never rewritten");
        }
        self.disk.write(segment, position, blocks);
        self.current = Some((segment, tail + blocks.len()));
    }

    fn segment_bytes_of(&self, segment: u64) -> usize {
        match self.form {
            FileForm::Zeroed | FileForm::Recycled => self.disk.seen(segment).map_or(0, <[u8]>::len),
            FileForm::Growing => usize::MAX,
        }
    }
}

impl LogFile for SimLog {
    fn segments(&mut self) -> Result<Option<(SegmentNumber, SegmentNumber)>, LogFault> {
        let range = self.0.borrow().disk.range();
        Ok(range.map(|(first, last)| (SegmentNumber(first), SegmentNumber(last))))
    }

    fn next_segment(&mut self, after: SegmentNumber) -> Result<Option<SegmentNumber>, LogFault> {
        Ok(self.0.borrow().disk.next_behind(after.0).map(SegmentNumber))
    }

    fn segment_bytes(&mut self, segment: SegmentNumber) -> Result<Option<u64>, LogFault> {
        Ok(self.0.borrow().disk.seen(segment.0).map(|bytes| bytes.len() as u64))
    }

    fn read_at(
        &mut self,
        segment: SegmentNumber,
        position: LogPosition,
        into: &mut [u8],
    ) -> Result<usize, LogFault> {
        let state = &mut *self.0.borrow_mut();
        let is_planned = state.plan.is_some_and(|plan| plan.operation == Some(LogOperation::Read));
        if is_planned && state.meet(LogOperation::Read)?.is_some() {
            return Err(fault(LogOperation::Read));
        }
        let bytes = state.disk.seen(segment.0).ok_or(fault(LogOperation::Read))?;
        let from = bytes.get(index(position.0)..).unwrap_or_default();
        let length = from.len().min(into.len());
        into[..length].copy_from_slice(&from[..length]);
        Ok(length)
    }

    fn sync_all(&mut self, from: SegmentNumber) -> Result<(), LogFault> {
        let state = &mut *self.0.borrow_mut();
        if let Some((happening, mut random)) = state.meet(LogOperation::Open)? {
            if happening == Happening::Fault {
                state.disk.settle(Survival::any(&mut random));
            }
            return Err(state.fail(happening, &mut random, LogOperation::Open));
        }
        // What a failed sync left in memory only is not to be read: it is not durable.
        state.disk.sync_and_drop_cache(from.0);
        Ok(())
    }

    fn begin(
        &mut self,
        segment: SegmentNumber,
        segment_bytes: u64,
        header: &[u8],
    ) -> Result<(), LogFault> {
        let state = &mut *self.0.borrow_mut();
        let last = state.disk.range().map_or(0, |(_, last)| last);
        let is_prepared = state.preparing == Preparing::Ahead && segment.0 == last;
        let is_next = is_prepared || segment.0 == last + 1;
        assert!(is_next && header.len() == BLOCK_BYTES, "segments follow each other");
        let segment_bytes = index(segment_bytes);
        if let Some((happening, mut random)) = state.meet(LogOperation::Begin)? {
            state.begin_partly(segment.0, segment_bytes, header, &mut random);
            return Err(state.fail(happening, &mut random, LogOperation::Begin));
        }
        state.begin(segment.0, segment_bytes, header);
        Ok(())
    }

    fn cut(&mut self, segment: SegmentNumber, position: LogPosition) -> Result<(), LogFault> {
        let state = &mut *self.0.borrow_mut();
        let position = index(position.0);
        if let Some((happening, mut random)) = state.meet(LogOperation::Cut)? {
            state.cut_partly(segment.0, position, &mut random);
            return Err(state.fail(happening, &mut random, LogOperation::Cut));
        }
        state.cut(segment.0, position);
        Ok(())
    }

    fn append(&mut self, position: LogPosition, blocks: &[u8]) -> Result<(), LogFault> {
        let state = &mut *self.0.borrow_mut();
        let position = index(position.0);
        if let Some((happening, mut random)) = state.meet(LogOperation::Append)? {
            let length = if random.chance(50) { random.index(blocks.len()) } else { blocks.len() };
            let length = match state.form {
                FileForm::Zeroed | FileForm::Growing => length,
                FileForm::Recycled => length / SECTOR_BYTES * SECTOR_BYTES,
            };
            state.append(position, &blocks[..length]);
            return Err(state.fail(happening, &mut random, LogOperation::Append));
        }
        state.append(position, blocks);
        Ok(())
    }

    fn sync(&mut self) -> Result<(), LogFault> {
        let state = &mut *self.0.borrow_mut();
        let Some((happening, mut random)) = state.meet(LogOperation::Sync)? else {
            state.disk.sync();
            return Ok(());
        };
        Err(state.fail_sync(happening, &mut random))
    }
}

const fn fault(operation: LogOperation) -> LogFault {
    LogFault { operation, code: CODE }
}

fn index(position: u64) -> usize {
    usize::try_from(position).expect("a simulated file fits memory")
}
