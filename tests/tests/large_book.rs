//! A large book, in which the stages look ahead at the commands that wait, gives the events and the
//! state of one to which the same commands are applied one by one.

use highwater::block::Chain;
use highwater::book::Book;
use highwater::command::{
    Action, ClientBytes, Command, Conditions, Definition, NewOrder, ReplaceOrder, ReplaceSizing,
    TimedCommand,
};
use highwater::engine::{Engine, Stages};
use highwater::event::{Event, EventKind};
use highwater::limits::{BLOCK_BYTES, CLOCK_NS_MAX};
use highwater::log_writer::{LogSettings, OpenedLog};
use highwater::recovery::{Replay, recover};
use highwater::stage::Step;
use highwater::sync_mode::SyncMode;
use highwater::types::{
    AccountId, Capacities, ClientSequence, InstrumentId, Lots, OrderId, OrderType, ReplaceRule,
    SessionId, Side, Symbol, Ticks, TimeInForce,
};
use tests::log_builder::LOG_ID;
use tests::oracle::applied_in;
use tests::random::Random;
use tests::sim_log::{FileForm, SimLog};

const INSTRUMENTS: u32 = 200;
const CAPACITIES: Capacities =
    Capacities { orders: 1 << 17, instruments: INSTRUMENTS, sessions: 2 };
const SESSION: SessionId = SessionId(1);
const ACCOUNT: AccountId = AccountId(3);

/// Open orders from which on the stages look ahead.
const LARGE: u32 = 3 << 14;
/// Orders that rest before the others come.
const RESTING: u64 = 80_000;
/// Commands behind them.
const OTHERS: u64 = 60_000;

/// Commands that wait together: more than are looked at ahead.
const AT_ONCE: usize = 128;

/// Makes commands about orders that are mostly open.
struct Maker {
    random: Random,
    /// Orders that may be open.
    named: Vec<(InstrumentId, OrderId)>,
}

impl Maker {
    fn commands() -> Vec<Command> {
        let mut maker = Self { random: Random::new(11), named: Vec::new() };
        let define = |number| {
            let symbol = Symbol::new(format!("S{number}").as_bytes()).expect("a symbol");
            (SessionId::OPERATOR, Action::DefineInstrument(Definition::open(symbol)))
        };
        let mut actions: Vec<_> = (0..INSTRUMENTS).map(define).collect();
        actions.extend((0..RESTING).map(|_| (SESSION, Action::New(maker.resting()))));
        actions.extend((0..OTHERS).map(|_| (SESSION, maker.any())));
        let numbered = (1..).map(ClientSequence).zip(actions);
        let command =
            |(client_sequence, (session, action))| Command { session, client_sequence, action };
        numbered.map(command).collect()
    }

    /// A new order: plain, an iceberg that expires, or a stop. It does not trade.
    fn resting(&mut self) -> NewOrder {
        let random = &mut self.random;
        let instrument = InstrumentId(small(random.below(INSTRUMENTS.into())));
        let order = OrderId(random.below(1 << 40));
        let reach = if random.chance(80) { 30 } else { 100_000 };
        let distance = small(random.below(reach));
        let (side, price) = if random.chance(50) {
            (Side::Buy, 1_000_000 - distance)
        } else {
            (Side::Sell, 1_000_001 + distance)
        };
        let plain = NewOrder {
            instrument,
            order,
            account: ACCOUNT,
            side,
            order_type: OrderType::Limit,
            time_in_force: TimeInForce::GoodTillCancel,
            price: Ticks(price),
            quantity: Lots(1 + random.below(9)),
            conditions: Conditions::NONE,
            client_bytes: ClientBytes::EMPTY,
        };
        let expiry_ns = 1 + random.below(CLOCK_NS_MAX);
        let iceberg = Conditions { display: Lots(1), expiry_ns, ..Conditions::NONE };
        let stop = Conditions { trigger: Ticks(price), ..Conditions::NONE };
        self.named.push((instrument, order));
        match self.random.below(20) {
            0 | 1 => {
                NewOrder { time_in_force: TimeInForce::GoodTillDate, conditions: iceberg, ..plain }
            }
            2 => {
                NewOrder { order_type: OrderType::Stop, price: Ticks(0), conditions: stop, ..plain }
            }
            _ => plain,
        }
    }

    /// Any command about an order.
    fn any(&mut self) -> Action {
        let index = self.random.index(self.named.len());
        let (instrument, order) = self.named[index];
        match self.random.below(10) {
            0..4 => {
                let _gone = self.named.swap_remove(index);
                Action::Cancel { instrument, order, account: ACCOUNT }
            }
            4 => Action::Reduce { instrument, order, account: ACCOUNT, by: Lots(1) },
            5 => Action::Replace(ReplaceOrder {
                instrument,
                order,
                new_order: order,
                account: ACCOUNT,
                rule: ReplaceRule::CancelReplace,
                price: Ticks(900_000 + small(self.random.below(200_000))),
                sizing: ReplaceSizing::Open,
                quantity: Lots(3),
                trigger: Ticks(0),
                client_bytes: ClientBytes::EMPTY,
            }),
            6 => {
                let new = self.resting();
                let (side, price) = match new.side {
                    Side::Buy => (Side::Sell, 999_990),
                    Side::Sell => (Side::Buy, 1_000_010),
                };
                Action::New(NewOrder { side, price: Ticks(price), ..new })
            }
            _ => Action::New(self.resting()),
        }
    }
}

fn small(number: u64) -> u32 {
    u32::try_from(number).expect("a small number")
}

/// What an engine came to: its events, and the hashes of them and of its state.
type Outcome = (Vec<Event>, [u64; 2]);

fn hashes_of(book: &Book<'_>) -> [u64; 2] {
    book.check().expect("a sound book");
    [book.running_hash(), book.state_hash()]
}

fn memory() -> Vec<u8> {
    vec![0; Book::bytes_needed(CAPACITIES)]
}

fn one_by_one(commands: &[Command]) -> Outcome {
    let (hashes, events) = applied_in(CAPACITIES, commands, |book| {
        assert!(book.open_order_count() > LARGE, "{} are open", book.open_order_count());
        hashes_of(book)
    });
    (events, hashes)
}

/// Its event ring takes all that the commands that wait together can cause.
static ENGINE: Engine<256, 256, 65_536> = Engine::new();

/// Through the stages of an engine, whose sequencer sees what waits.
fn staged(commands: &[Command], log: &SimLog) -> Outcome {
    let (mut memory, mut buffer) = (memory(), vec![0; 64 * BLOCK_BYTES]);
    let book = Book::new(&mut memory, CAPACITIES, 2).expect("enough memory");
    let settings = LogSettings { mode: SyncMode::GROUP, segment_bytes: 4 << 20 };
    let (chain, file) = (Chain::empty(LOG_ID), log.clone());
    let opened = OpenedLog { file, buffer: &mut buffer, chain, settings, now_ns: 1 };
    let mut stages = ENGINE.split(book, opened).expect("it begins");
    let mut released = Vec::new();
    for together in commands.chunks(AT_ONCE) {
        for command in together {
            let timed = TimedCommand { timestamp_ns: 1, command: *command };
            stages.input.push(timed).expect("the ring has room");
        }
        work_off(&mut stages, &mut released);
    }
    stages.shared.halt.stop();
    work_off(&mut stages, &mut released);
    (released, hashes_of(stages.sequencer.book()))
}

/// Steps all stages until there is nothing left to do.
fn work_off(stages: &mut Stages<'_, SimLog>, released: &mut Vec<Event>) {
    let mut sink = |event: &Event| released.push(*event);
    loop {
        let sequenced = stages.sequencer.step(&mut || panic!("the event ring has room"));
        let logged = stages.log_writer.step(0).expect("the log is sound");
        let handed_out = stages.releaser.step(&mut sink);
        if ![sequenced, logged, handed_out].iter().any(|step| matches!(step, Step::Worked(_))) {
            return;
        }
    }
}

/// From the log, whose reader sees what waits in a block.
fn recovered(mut log: SimLog) -> Outcome {
    let (mut memory, mut buffer) = (memory(), vec![0; 64 * BLOCK_BYTES]);
    let mut book = Book::new(&mut memory, CAPACITIES, 3).expect("enough memory");
    let mut events = Vec::new();
    let mut sink = |event: &Event| events.push(*event);
    let found = recover(&mut log, &mut buffer, &mut Replay::new(&mut book, &mut sink));
    assert!(found.expect("a sound log").stopped_cleanly);
    let hashes = hashes_of(&book);
    (events, hashes)
}

#[test]
fn looking_ahead_changes_nothing_of_what_a_large_book_does() {
    let commands = Maker::commands();
    let expected = one_by_one(&commands);
    let counts = |wanted: fn(&EventKind) -> bool| {
        expected.0.iter().filter(|event| wanted(&event.kind)).count()
    };
    let rested = counts(|kind| matches!(kind, EventKind::Rested { .. }));
    let traded = counts(|kind| matches!(kind, EventKind::Trade { .. }));
    let canceled = counts(|kind| matches!(kind, EventKind::Canceled { .. }));
    assert!(rested > 65_000 && traded > 2_000 && canceled > 15_000, "{rested} {traded} {canceled}");
    let log = SimLog::new(FileForm::Zeroed);
    assert!(staged(&commands, &log) == expected, "the stages come to something else");
    assert!(recovered(log) == expected, "the log comes to something else");
}
