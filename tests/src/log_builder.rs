//! A builder of logs: blocks and headers sealed by the engine's own code, in whatever order and
//! state a test wants.

use crate::engine_run::recover_into;
use crate::oracle::{Recovered, book_memory};
use crate::random::Random;
use crate::sim_log::{FileForm, SimLog};
use crate::workload::{self, CAPACITIES, LastClientSequences};
use highwater::block::{
    BLOCK_HEAD_BYTES, BlockHead, BlockKind, Chain, Durable, Filled, intact_head,
};
use highwater::book::Book;
use highwater::command::{Action, ClientBytes, Command, Conditions, NewOrder};
use highwater::limits::BLOCK_BYTES;
use highwater::record::{Body, Record};
use highwater::recovery::{RecoveryFault, Scanned, Visitor, scan};
use highwater::segment::LogVersion;
use highwater::types::{
    AccountId, ClientSequence, InstrumentId, LogId, LogPosition, Lots, OrderId, OrderType,
    SegmentNumber, Sequence, SessionId, Side, Ticks, TimeInForce,
};

/// The id of every forged log.
pub const LOG_ID: LogId = LogId(*b"a forged log's i");

/// A log that is being forged.
#[derive(Clone, Debug)]
pub struct LogBuilder {
    /// Where it stands.
    pub log: SimLog,
    /// What its next block depends on.
    pub chain: Chain,
    /// What its next block confirms.
    pub durable: Durable,
    segment_blocks: u64,
}

impl LogBuilder {
    /// A log with its first segment, of so many blocks, the header's too.
    pub fn new(segment_blocks: u64) -> Self {
        Self::of(LOG_ID, segment_blocks)
    }

    /// The same with an id of its own.
    pub fn of(log_id: LogId, segment_blocks: u64) -> Self {
        let log = SimLog::new(FileForm::Zeroed);
        let mut chain = Chain::empty(log_id);
        chain.incarnation = 1;
        let mut builder = Self { log, chain, durable: Durable::default(), segment_blocks };
        builder.begin();
        builder
    }

    /// Goes on with a log that is there, where its chain stands.
    pub const fn on(log: SimLog, chain: &Chain) -> Self {
        let durable = Durable { sequence: chain.last_sequence(), number: chain.next_number - 1 };
        Self { log, chain: *chain, durable, segment_blocks: 4 }
    }

    /// A log with so many blocks of two commands each, each synced before the next was written.
    pub fn synced(segment_blocks: u64, block_count: u64) -> Self {
        let mut builder = Self::new(segment_blocks);
        builder.synced_blocks(block_count);
        builder
    }

    /// Writes so many blocks of two commands each, each synced before the next is written.
    pub fn synced_blocks(&mut self, block_count: u64) {
        for _ in 0..block_count {
            self.sync();
            self.commands(2);
        }
    }

    /// Begins the next segment.
    ///
    /// # Panics
    /// When a segment is larger than memory.
    pub fn begin(&mut self) {
        let segment_bytes = self.segment_blocks * BLOCK_BYTES as u64;
        let header = self.chain.next_header(segment_bytes, 1, self.durable);
        let mut bytes = vec![0; usize::try_from(segment_bytes).expect("a small segment")];
        header.encode(&mut bytes[..BLOCK_BYTES]);
        self.chain.enter(&header);
        self.log.with_disk(|disk| disk.place(header.segment.0, &bytes));
    }

    /// Makes everything so far durable: the next block confirms it.
    pub const fn sync(&mut self) {
        self.durable =
            Durable { sequence: self.chain.last_sequence(), number: self.chain.next_number - 1 };
    }

    /// Writes a block of so many new commands.
    pub fn commands(&mut self, count: u64) {
        let next = self.chain.next_sequence.0;
        let records: Vec<_> = (next..next + count).map(record).collect();
        self.records(&records);
    }

    /// Writes a marker.
    pub fn marker(&mut self, kind: BlockKind) {
        self.block(kind, &[], Filled::default());
    }

    /// Writes a block of records.
    ///
    /// # Panics
    /// When they do not fit a block.
    pub fn records(&mut self, records: &[Record]) {
        let mut bytes = vec![0; BLOCK_BYTES - BLOCK_HEAD_BYTES];
        let mut used = 0;
        for record in records {
            used += record.encode(&mut bytes[used..]).expect("the records fit");
        }
        let is_command = |record: &&Record| matches!(record.body, Body::Command(_));
        let command_count = records.iter().filter(is_command).count();
        let filled = Filled {
            used_bytes: u16::try_from(used).expect("a block is small"),
            command_count: u16::try_from(command_count).expect("a block is small"),
        };
        self.block(BlockKind::Records, &bytes[..used], filled);
    }

    /// Writes a block of any bytes, sealed as if they were the records that `filled` says.
    ///
    /// # Panics
    /// When they do not fit a block.
    pub fn block(&mut self, kind: BlockKind, bytes: &[u8], filled: Filled) {
        if self.chain.is_at_segment_end() {
            self.begin();
        }
        let mut block = vec![0; BLOCK_BYTES];
        block[BLOCK_HEAD_BYTES..BLOCK_HEAD_BYTES + bytes.len()].copy_from_slice(bytes);
        let (segment, position) = (self.chain.segment, self.chain.position);
        self.chain.seal(&mut block, kind, filled, self.durable);
        let at = usize::try_from(position.0).expect("a small segment");
        self.log.edit(segment.0, |file| file[at..at + BLOCK_BYTES].copy_from_slice(&block));
    }
}

/// The record of a small order of session 1; its client sequence is its sequence.
pub const fn record(sequence: u64) -> Record {
    let action = Action::New(NewOrder {
        instrument: InstrumentId(0),
        order: OrderId(sequence),
        account: AccountId(0),
        side: Side::Buy,
        order_type: OrderType::Limit,
        time_in_force: TimeInForce::GoodTillCancel,
        price: Ticks(100),
        quantity: Lots(1),
        conditions: Conditions::NONE,
        client_bytes: ClientBytes::EMPTY,
    });
    command_record(sequence, SessionId(1), action)
}

/// The record of a command; its client sequence is its sequence.
pub const fn command_record(sequence: u64, session: SessionId, action: Action) -> Record {
    let client_sequence = ClientSequence(sequence);
    Record {
        sequence: Sequence(sequence),
        timestamp_ns: 1_700_000_000_000_000_000,
        body: Body::Command(Command { session, client_sequence, action }),
    }
}

/// The heads of all blocks of a log that are whole, in the order of their places.
pub fn heads(log: &SimLog) -> Vec<BlockHead> {
    let mut heads = Vec::new();
    let (first, last) = log.with_disk(|disk| disk.range()).unwrap_or((1, 0));
    for segment in first..=last {
        let bytes = log.bytes(segment);
        let version = version_of(&bytes);
        for (index, block) in bytes.chunks(BLOCK_BYTES).enumerate() {
            let position = LogPosition((index * BLOCK_BYTES) as u64);
            heads.extend(intact_head(block, version, None, SegmentNumber(segment), position));
        }
    }
    heads
}

/// The version that the header of a segment says, as far as one is there.
fn version_of(segment: &[u8]) -> LogVersion {
    let number = segment.get(8..12).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
    number.and_then(LogVersion::of).unwrap_or(LogVersion::CURRENT)
}

/// The commands in a block that was once whole, wherever it was written; `None` when there are
/// none.
pub fn stale_records(block: &[u8]) -> Option<Vec<Record>> {
    let used = usize::from(u16::from_le_bytes([block[84], block[85]]));
    let mut bytes = block.get(BLOCK_HEAD_BYTES..BLOCK_HEAD_BYTES + used)?;
    let mut records = Vec::new();
    while !bytes.is_empty() {
        let (record, length) = Record::decode(bytes).ok()?;
        if matches!(record.body, Body::Command(_)) {
            records.push(record);
        }
        bytes = &bytes[length..];
    }
    (!records.is_empty()).then_some(records)
}

/// Recovers a log into a small book.
///
/// # Errors
/// Why it is refused.
///
/// # Panics
/// When the book does not fit its memory.
pub fn recovered(log: &SimLog) -> Result<Recovered, RecoveryFault> {
    let mut memory = book_memory();
    let mut book = Book::new(&mut memory, CAPACITIES, 7).expect("the memory is large enough");
    let mut buffer = vec![0; 2 * BLOCK_BYTES];
    recover_into(&mut log.clone(), &mut buffer, &mut book)
}

/// Scans a log and collects its records.
///
/// # Errors
/// What is wrong with it.
pub fn scanned(log: &SimLog) -> Result<(Scanned, Vec<Record>), RecoveryFault> {
    let mut all = All(Vec::new());
    let mut buffer = vec![0; 2 * BLOCK_BYTES];
    let scanned = scan(&mut log.clone(), &mut buffer, &mut all)?;
    Ok((scanned, all.0))
}

struct All(Vec<Record>);

impl Visitor for All {
    fn record(&mut self, record: &Record) -> Result<(), RecoveryFault> {
        self.0.push(*record);
        Ok(())
    }
}

/// Blocks of a random log, three to a segment.
const RANDOM_BLOCKS: usize = 10;

/// A log of random commands, one to four in a block, each block synced before the next; a marker
/// now and then.
///
/// # Panics
/// Never: its numbers are small.
pub fn random_log(seed: u64) -> LogBuilder {
    let mut random = Random::new(seed);
    let mut last = LastClientSequences::new();
    let mut builder = LogBuilder::new(4);
    for number in 0..RANDOM_BLOCKS {
        builder.sync();
        if number % 4 == 2 {
            builder.marker(BlockKind::Idle);
            continue;
        }
        let next = builder.chain.next_sequence.0;
        let count = 1 + random.below(4);
        let records: Vec<_> = (next..next + count)
            .map(|sequence| Record {
                sequence: Sequence(sequence),
                timestamp_ns: 1,
                body: Body::Command(fresh_command(&mut random, &mut last)),
            })
            .collect();
        builder.records(&records);
    }
    builder
}

fn fresh_command(random: &mut Random, last: &mut LastClientSequences) -> Command {
    loop {
        let command = workload::timed(random, last).command;
        if workload::is_fresh(&command, last) {
            workload::note(&command, last);
            return command;
        }
    }
}

/// The last sequences of all blocks of a log that hold commands.
pub fn block_ends(log: &SimLog) -> Vec<Sequence> {
    let heads = heads(log).into_iter().filter(|head| head.command_count > 0);
    heads.map(|head| Sequence(head.first_sequence.0 + u64::from(head.command_count) - 1)).collect()
}
