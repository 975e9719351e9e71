//! The smallest host: an engine whose log is memory and whose stages one thread steps in turn.
//!
//! A real host implements `LogFile` over files, gives each stage a thread, and has its own clock.

use highwater::book::{Book, StaticBook};
use highwater::command::{Action, Arrival, Command, Conditions, Definition, NewOrder};
use highwater::engine::{Engine, Stages};
use highwater::event::{Event, EventKind};
use highwater::limits::BLOCK_BYTES;
use highwater::log_file::{LogFault, LogFile};
use highwater::log_writer::{LogSettings, OpenedLog};
use highwater::recovery::{Replay, recover};
use highwater::stage::Step;
use highwater::sync_mode::SyncMode;
use highwater::types::{
    AccountId, Capacities, ClientSequence, InstrumentId, LogId, LogPosition, Lots, OrderId,
    OrderType, SegmentNumber, SessionId, Side, Symbol, Ticks, TimeInForce,
};
use std::error::Error;

// README begins here.
const CAPACITIES: Capacities = Capacities { orders: 1_000, instruments: 4, sessions: 2 };
static BOOK: StaticBook<{ Book::bytes_needed(CAPACITIES) }> = StaticBook::new();
static ENGINE: Engine<64, 64, 64> = Engine::new();

/// Recovers `log`, matches `commands`, and returns the log and every event, each released only once
/// its command is durable.
fn run(
    mut log: MemoryLog,
    commands: &[Command],
) -> Result<(MemoryLog, Vec<Event>), Box<dyn Error>> {
    let mut buffer = vec![0; 16 * BLOCK_BYTES];
    let mut book = BOOK.take(CAPACITIES, 1)?;
    let mut nobody = |_: &Event| {};
    let scanned = recover(&mut log, &mut buffer, &mut Replay::new(&mut book, &mut nobody))?;
    let chain = scanned.chain_or_new(LogId(*b"chosen at random"));
    let settings = LogSettings { mode: SyncMode::GROUP, segment_bytes: 1 << 20 };
    let opened = OpenedLog { file: log, buffer: &mut buffer, chain, settings, now_ns: 0 };
    let stages = ENGINE.split(book, opened)?;
    let Stages { mut arrivals, mut sequencer, mut log_writer, mut releaser, shared, .. } = stages;

    for command in commands {
        arrivals.push(Arrival { timestamp_ns: 0, command: *command })?;
    }
    shared.halt.stop();
    let mut released = Vec::new();
    let mut sink = |event: &Event| released.push(*event);
    loop {
        // While the event ring is full, the sequencer has the other stages stepped.
        let _worked = sequencer.step(&mut || {
            let _worked = (log_writer.step(0), releaser.step(&mut sink));
        });
        let _worked = log_writer.step(0)?;
        if releaser.step(&mut sink) == Step::Done {
            return Ok((log_writer.into_file(), released));
        }
    }
}
// README ends here.

/// A log in memory: its segments, each as long as what was written.
#[derive(Debug, Default)]
pub(crate) struct MemoryLog(Vec<Vec<u8>>);

impl MemoryLog {
    fn segment(&mut self, segment: SegmentNumber) -> &mut Vec<u8> {
        &mut self.0[index_of(segment.0) - 1]
    }
}

impl LogFile for MemoryLog {
    fn segments(&mut self) -> Result<Option<(SegmentNumber, SegmentNumber)>, LogFault> {
        let last = SegmentNumber(self.0.len() as u64);
        Ok((last >= SegmentNumber::FIRST).then_some((SegmentNumber::FIRST, last)))
    }

    fn segment_bytes(&mut self, segment: SegmentNumber) -> Result<Option<u64>, LogFault> {
        Ok(self.0.get(index_of(segment.0) - 1).map(|bytes| bytes.len() as u64))
    }

    fn read_at(
        &mut self,
        segment: SegmentNumber,
        position: LogPosition,
        into: &mut [u8],
    ) -> Result<usize, LogFault> {
        let written = self.segment(segment).get(index_of(position.0)..).unwrap_or_default();
        let count = written.len().min(into.len());
        into[..count].copy_from_slice(&written[..count]);
        Ok(count)
    }

    fn sync_all(&mut self, _: SegmentNumber) -> Result<(), LogFault> {
        Ok(())
    }

    fn begin(&mut self, _: SegmentNumber, _: u64, header: &[u8]) -> Result<(), LogFault> {
        self.0.push(header.to_vec());
        Ok(())
    }

    fn cut(&mut self, segment: SegmentNumber, position: LogPosition) -> Result<(), LogFault> {
        self.0.truncate(index_of(segment.0));
        self.segment(segment).truncate(index_of(position.0));
        if position.0 == 0 {
            self.0.pop();
        }
        Ok(())
    }

    fn append(&mut self, _: LogPosition, blocks: &[u8]) -> Result<(), LogFault> {
        self.0.last_mut().expect("a segment was begun").extend_from_slice(blocks);
        Ok(())
    }

    fn sync(&mut self) -> Result<(), LogFault> {
        Ok(())
    }
}

fn index_of(number: u64) -> usize {
    usize::try_from(number).expect("what lies in memory has an index")
}

/// A good-till-cancel order of session 1, whose client sequence is the order's id.
fn order(id: u64, side: Side, price_ticks: u32, quantity_lots: u64) -> Command {
    Command {
        session: SessionId(1),
        client_sequence: ClientSequence(id),
        action: Action::New(NewOrder {
            instrument: InstrumentId(0),
            order: OrderId(id),
            account: AccountId(0),
            side,
            order_type: OrderType::Limit,
            time_in_force: TimeInForce::GoodTillCancel,
            price: Ticks(price_ticks),
            quantity: Lots(quantity_lots),
            conditions: Conditions::NONE,
        }),
    }
}

/// Matches three orders and prints what was released.
pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let symbol = Symbol::new(b"AURORA").ok_or("a symbol has 1 to 16 bytes")?;
    let define = Command {
        session: SessionId::OPERATOR,
        client_sequence: ClientSequence(1),
        action: Action::DefineInstrument(Definition::open(symbol)),
    };
    let commands = [
        define,
        order(1, Side::Sell, 101, 5),
        order(2, Side::Sell, 100, 5),
        order(3, Side::Buy, 101, 7),
    ];
    let (log, events) = run(MemoryLog::default(), &commands)?;
    for event in &events {
        println!("{} {:?}", event.sequence, event.kind);
    }
    let trades = events.iter().filter(|event| matches!(event.kind, EventKind::Trade { .. }));
    assert_eq!(trades.count(), 2, "the buyer takes 5 at 100 and 2 at 101");
    assert_eq!(log.0.len(), 1, "all of it fits one segment");
    Ok(())
}
