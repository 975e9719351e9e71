//! The stream: it can be taken up anywhere, nothing of it is rejected, epochs end empty, and it
//! looks like a market.

use super::*;
use crate::flow::{FlowReader, FlowStep, HEADER, push_line};
use highwater::event::{CancelReason, Event, EventKind};
use highwater::types::Sequence;

/// An engine's book that the stream is applied to, and what came of it.
struct Engine {
    book: Book<'static>,
    tally: Tally,
}

/// Events by kind.
#[derive(Debug, Default)]
struct Tally {
    commands: u64,
    trades: u64,
    trades_of_command_max: u64,
    rests: u64,
    rejects: u64,
    replaced: u64,
    reduced: u64,
    canceled: u64,
    remainders: u64,
}

impl Tally {
    fn add(&mut self, event: &Event) {
        match event.kind {
            EventKind::Trade { .. } => self.trades += 1,
            EventKind::Rested { .. } => self.rests += 1,
            EventKind::Replaced { .. } => self.replaced += 1,
            EventKind::Reduced { .. } => self.reduced += 1,
            EventKind::Canceled { reason: CancelReason::User, .. } => self.canceled += 1,
            EventKind::Canceled { reason: CancelReason::IocRemainder, .. } => self.remainders += 1,
            EventKind::Rejected { .. } | EventKind::Duplicate { .. } => self.rejects += 1,
            EventKind::Accepted { .. } | EventKind::InstrumentDefined { .. } => {}
            EventKind::Canceled { .. }
            | EventKind::FlowBound { .. }
            | EventKind::Configured { .. }
            | EventKind::Triggered { .. }
            | EventKind::Replenished { .. }
            | EventKind::AuctionTrade { .. }
            | EventKind::MassCanceled { .. }
            | EventKind::Noted { .. }
            | EventKind::StateChanged { .. }
            | EventKind::Uncrossed { .. }
            | EventKind::BandSet { .. }
            | EventKind::ClockSet { .. }
            | EventKind::DayEnded { .. }
            | EventKind::SessionLimited { .. } => {
                panic!("nothing that the stream sends leads to it: {event:?}")
            }
        }
    }
}

impl Engine {
    fn new() -> Self {
        let memory = vec![0; Book::bytes_needed(CAPACITIES)].leak();
        let book = Book::new(memory, CAPACITIES, 99).unwrap();
        let mut engine = Self { book, tally: Tally::default() };
        for (number, symbol) in (1..).zip(market::symbols()) {
            engine.apply(&Command {
                session: SessionId::OPERATOR,
                client_sequence: ClientSequence(number),
                action: Action::DefineInstrument(Definition::open(symbol)),
            });
        }
        engine
    }

    fn take(&mut self, line: &FlowLine) {
        let instrument = self.book.instrument(line.symbol).unwrap();
        self.tally.commands += 1;
        self.apply(&line.command(SESSION, instrument));
    }

    fn apply(&mut self, command: &Command) {
        let sequence: Sequence = self.book.last_sequence().next();
        let (tally, mut trades) = (&mut self.tally, 0);
        self.book.apply(sequence, command, &mut |event: &Event| {
            assert!(!event.kind.is_rejected(), "{event:?} of {command:?}");
            trades += u64::from(event.kind.is_trade());
            tally.add(event);
        });
        tally.trades_of_command_max = tally.trades_of_command_max.max(trades);
    }
}

#[test]
fn taken_up_anywhere_it_goes_on_as_if_it_had_never_stopped() {
    let mut whole = Stream::new(5);
    for first in [1, 202, 70_001, EPOCH_COMMANDS - 199, EPOCH_COMMANDS + 1, EPOCH_COMMANDS + 5_000]
    {
        while whole.next_client_sequence().0 < first {
            whole.next_line();
        }
        let resumed = Stream::starting_at(5, ClientSequence(first));
        let lines: Vec<FlowLine> = resumed.take(200).collect();
        assert_eq!(lines[0].client_sequence, ClientSequence(first));
        for line in lines {
            assert_eq!(whole.next_line(), line);
        }
    }
}

#[test]
fn seeds_give_different_streams_and_identities() {
    let first = Stream::new(1).take(100).collect::<Vec<_>>();
    assert!(first == Stream::new(1).take(100).collect::<Vec<_>>());
    assert!(first != Stream::new(2).take(100).collect::<Vec<_>>());
    assert_ne!(Stream::identity(1), Stream::identity(2));
    assert_eq!(Stream::identity(1), Stream::identity(1));
}

#[test]
fn it_is_the_same_stream_as_ever() {
    let mut text = Vec::new();
    for line in Stream::new(SEED_DEFAULT).take(100_000) {
        push_line(&mut text, &line);
    }
    // A change here is another stream: STREAM_VERSION rises with it.
    assert_eq!(crate::flow::hash_of(&text), 5_451_048_452_886_839_075);
}

#[test]
fn epochs_end_with_nothing_open_and_nothing_is_rejected() {
    let mut stream = Stream::new(3);
    let mut engine = Engine::new();
    for epoch in 0..2 {
        for _ in 0..EPOCH_COMMANDS {
            engine.take(&stream.next_line());
        }
        assert_eq!(engine.book.open_order_count(), 0, "after epoch {epoch}");
    }
    assert_eq!(engine.tally.rejects, 0);
    assert_eq!(engine.tally.commands, 2 * EPOCH_COMMANDS);
}

/// What is open in the middle of an epoch, added up over samples of all instruments.
#[derive(Debug, Default)]
struct Depth {
    samples: usize,
    orders: usize,
    levels: usize,
}

impl Depth {
    fn add(&mut self, book: &Book<'_>) {
        for instrument in (0..book.instrument_count()).map(InstrumentId) {
            self.samples += 1;
            for side in [Side::Buy, Side::Sell] {
                self.orders += book.orders(instrument, side).count();
                self.levels += book.levels(instrument, side).count();
            }
        }
    }
}

const fn index_of_kind(kind: FlowKind) -> usize {
    match kind {
        FlowKind::New { .. } => 0,
        FlowKind::Ioc { .. } => 1,
        FlowKind::Cancel { .. } => 2,
        FlowKind::Reduce { .. } => 3,
        FlowKind::Replace { .. } => 4,
    }
}

#[test]
fn it_looks_like_a_market() {
    let mut stream = Stream::new(SEED_DEFAULT);
    let mut engine = Engine::new();
    let (mut kinds, mut depth, mut last_ns) = ([0u64; 5], Depth::default(), 0);
    for number in 1..=EPOCH_COMMANDS {
        let line = stream.next_line();
        assert!(line.timestamp_ns > last_ns, "time goes forward");
        last_ns = line.timestamp_ns;
        kinds[index_of_kind(line.kind)] += 1;
        engine.take(&line);
        let is_settled = (20_000..EPOCH_COMMANDS - 20_000).contains(&number);
        if is_settled && number % 1_000 == 0 {
            depth.add(&engine.book);
        }
    }
    println!("an epoch of seed {SEED_DEFAULT}: NEW, IOC, CANCEL, REDUCE, REPLACE {kinds:?}");
    println!("{:?}", engine.tally);
    let (orders, levels) = (depth.orders / depth.samples, depth.levels / depth.samples);
    println!("an instrument has {orders} open orders on {levels} levels");

    let permille = kinds.map(|count| count * 1_000 / EPOCH_COMMANDS);
    let expected = [500..530, 30..50, 370..420, 10..30, 30..50];
    for (share, expected) in permille.iter().zip(expected) {
        assert!(expected.contains(share), "{permille:?}");
    }
    let tally = engine.tally;
    assert!((10..25).contains(&(tally.trades * 100 / tally.commands)), "{tally:?}");
    assert!((20..200).contains(&tally.trades_of_command_max), "{tally:?}");
    assert!((900..1_100).contains(&orders) && (100..300).contains(&levels), "{depth:?}");
}

#[test]
fn it_reads_back_as_a_flow() {
    let lines: Vec<FlowLine> = Stream::new(1).take(5_000).collect();
    let mut text = HEADER.as_bytes().to_vec();
    for line in &lines {
        push_line(&mut text, line);
    }
    let mut reader = FlowReader::from_reader("s.csv", std::io::Cursor::new(text)).unwrap();
    for line in lines {
        assert_eq!(reader.next_line(), Ok(FlowStep::Line(line)));
    }
    assert_eq!(reader.next_line(), Ok(FlowStep::End));
}
