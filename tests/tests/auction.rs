//! Promise: an uncross of any size is one command: it needs no larger ring than one trade, no stack
//! that grows with it, and replays exactly.

#[path = "../no_std/src/memory_log.rs"]
mod memory_log;

use highwater::book::Book;
use highwater::command::{
    Action, ClientBytes, Command, Conditions, Control, Definition, NewOrder, TimedCommand,
};
use highwater::engine::{Engine, Stages};
use highwater::event::{Event, EventKind};
use highwater::limits::BLOCK_BYTES;
use highwater::log_writer::{LogSettings, OpenedLog};
use highwater::recovery::{Replay, recover};
use highwater::stage::Step;
use highwater::sync_mode::SyncMode;
use highwater::types::{
    AccountId, Capacities, ClientSequence, InstrumentId, LogId, Lots, OrderId, OrderType,
    SessionId, Side, Symbol, Ticks, TimeInForce,
};
use memory_log::MemoryLog;
use std::thread::Builder;
use tests::random::Random;

/// Orders of each side; all of them cross.
const ORDERS: u64 = 60_000;
const CAPACITIES: Capacities = Capacities { orders: 1 << 17, instruments: 1, sessions: 2 };
/// Events that wait at most: a 2,000th of the uncross.
const EVENTS: usize = 64;
const SEGMENT_BYTES: usize = 1 << 20;
/// Enough for a few frames of an unoptimised program.
const STACK_BYTES: usize = 128 << 10;

static ENGINE: Engine<1_024, 1_024, EVENTS> = Engine::new();

/// A trade: buyer, seller, price, quantity.
type Row = (u64, u64, u32, u64);

#[test]
fn an_uncross_of_more_events_than_the_ring_holds_finishes() {
    let thread = Builder::new().stack_size(STACK_BYTES).spawn(hold).expect("a thread");
    let (orders, seen) = thread.join().expect("no panic");
    let expected = allocated(orders);
    assert!(expected.len() > 100_000, "{} trades", expected.len());
    assert!(seen.trades == expected, "the trades follow price and time");
    let volume: u64 = expected.iter().map(|row| row.3).sum();
    assert_eq!(seen.uncrossed, Some((PRICE, volume)));
    let ring = u64::try_from(EVENTS).expect("it is small");
    assert!(seen.wait_count > expected.len() as u64 / ring, "{} waits", seen.wait_count);
}

/// The price of the uncross: every bid is at it or above, every ask at it or below.
const PRICE: u32 = 1_000;

/// Bids of 1,000 to 1,009 ticks and asks of 991 to 1,000: at 1,000 nobody stays away, and nowhere
/// else.
fn orders() -> Vec<NewOrder> {
    let mut random = Random::new(3);
    let order = |random: &mut Random, id: u64, side: Side, price: u64| NewOrder {
        instrument: InstrumentId(0),
        order: OrderId(id),
        account: AccountId(0),
        side,
        order_type: OrderType::Limit,
        time_in_force: TimeInForce::GoodTillCancel,
        price: Ticks(u32::try_from(price).expect("a small price")),
        quantity: Lots(1 + random.below(100)),
        conditions: Conditions::NONE,
        client_bytes: ClientBytes::EMPTY,
    };
    let mut orders = Vec::new();
    for id in 1..=ORDERS {
        let (above, below) = (random.below(10), random.below(10));
        orders.push(order(&mut random, 2 * id, Side::Buy, u64::from(PRICE) + above));
        orders.push(order(&mut random, 2 * id + 1, Side::Sell, u64::from(PRICE) - below));
    }
    orders
}

/// The trades that price and time priority give at [`PRICE`], worked out with two sorted lists.
fn allocated(orders: Vec<NewOrder>) -> Vec<Row> {
    let (mut bids, mut asks): (Vec<_>, Vec<_>) =
        orders.into_iter().partition(|order| order.side == Side::Buy);
    // Sorting keeps the order of arrival among equals.
    bids.sort_by_key(|bid| std::cmp::Reverse(bid.price));
    asks.sort_by_key(|ask| ask.price);
    let (mut bids, mut asks) = (bids.iter_mut().peekable(), asks.iter_mut().peekable());
    let mut trades = Vec::new();
    while let (Some(bid), Some(ask)) = (bids.peek_mut(), asks.peek_mut()) {
        let quantity = bid.quantity.min(ask.quantity);
        trades.push((bid.order.0, ask.order.0, PRICE, quantity.0));
        bid.quantity.0 -= quantity.0;
        ask.quantity.0 -= quantity.0;
        let (is_bought_out, is_sold_out) = (bid.quantity.0 == 0, ask.quantity.0 == 0);
        bids.next_if(|_| is_bought_out);
        asks.next_if(|_| is_sold_out);
    }
    trades
}

/// What was released.
#[derive(Default)]
struct Seen {
    uncrossed: Option<(u32, u64)>,
    trades: Vec<Row>,
    wait_count: u64,
}

impl Seen {
    fn event(&mut self, event: &Event) {
        if let EventKind::Uncrossed { price, volume, .. } = event.kind {
            self.uncrossed = Some((price.0, volume.0));
        } else if let EventKind::AuctionTrade { buy, sell, price, quantity, .. } = event.kind {
            self.trades.push((buy.0, sell.0, price.ticks(), quantity.lots()));
        } else {
            assert!(is_of_an_auction(&event.kind), "no auction has it: {event:?}");
        }
    }
}

/// Whether an auction has such an event besides its end and its trades.
const fn is_of_an_auction(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::Accepted { .. }
            | EventKind::Rested { .. }
            | EventKind::InstrumentDefined { .. }
            | EventKind::StateChanged { .. }
    )
}

fn commands(orders: &[NewOrder]) -> Vec<Command> {
    let symbol = Symbol::new(b"CALL").expect("a symbol");
    let (instrument, operator) = (InstrumentId(0), SessionId::OPERATOR);
    let say = |session, number, action| Command {
        session,
        client_sequence: ClientSequence(number),
        action,
    };
    let control = |number, control| say(operator, number, Action::Control { instrument, control });
    let mut commands = vec![
        say(operator, 1, Action::DefineInstrument(Definition::open(symbol))),
        control(2, Control::StartAuction),
    ];
    let orders = orders.iter().zip(1..);
    commands.extend(orders.map(|(new, number)| say(SessionId(1), number, Action::New(*new))));
    commands.push(control(3, Control::Uncross));
    commands
}

/// Holds the auction on one thread, recovers its log, and returns its orders and what was seen.
fn hold() -> (Vec<NewOrder>, Seen) {
    let orders = orders();
    let log_bytes = 16 * SEGMENT_BYTES;
    let memory = |bytes| vec![0_u8; bytes].leak();
    let book = Book::new(memory(Book::bytes_needed(CAPACITIES)), CAPACITIES, 1);
    let settings = LogSettings { mode: SyncMode::GROUP, segment_bytes: SEGMENT_BYTES as u64 };
    let opened = OpenedLog {
        file: MemoryLog::new(memory(log_bytes), SEGMENT_BYTES),
        buffer: memory(16 * BLOCK_BYTES),
        chain: highwater::block::Chain::empty(LogId([7; 16])),
        settings,
        now_ns: 1,
    };
    let stages = ENGINE.split(book.expect("memory enough"), opened).expect("nobody split it");
    let (book, mut log, seen) = trade(stages, &commands(&orders));
    assert_eq!(book.check(), Ok(()));
    assert!(log.written().len() > 7 * SEGMENT_BYTES, "every order has its record");

    let second = Book::new(memory(Book::bytes_needed(CAPACITIES)), CAPACITIES, 2);
    let mut second = second.expect("memory enough");
    let mut again = Seen::default();
    let mut sink = |event: &Event| again.event(event);
    let replay = &mut Replay::new(&mut second, &mut sink);
    recover(&mut log, memory(16 * BLOCK_BYTES), replay).expect("the log is sound");
    assert_eq!((again.trades == seen.trades, again.uncrossed), (true, seen.uncrossed));
    assert_eq!(second.state_hash(), book.state_hash());
    assert_eq!(second.running_hash(), book.running_hash());
    (orders, seen)
}

fn trade<'a>(
    stages: Stages<'a, MemoryLog<'a>>,
    commands: &[Command],
) -> (Book<'a>, MemoryLog<'a>, Seen) {
    let Stages { mut input, mut sequencer, mut log_writer, mut releaser, shared, .. } = stages;
    let (mut seen, mut wait_count) = (Seen::default(), 0);
    let mut waiting = commands.iter();
    let mut next = waiting.next();
    loop {
        while let Some(command) = next
            && input.push(TimedCommand { timestamp_ns: 1, command: *command }).is_ok()
        {
            next = waiting.next();
        }
        if next.is_none() {
            shared.halt.stop();
        }
        // While the event ring is full, the others are stepped.
        let _step = sequencer.step(&mut || {
            wait_count += 1;
            let _step = log_writer.step(0).expect("memory does not fail");
            let _step = releaser.step(&mut |event: &Event| seen.event(event));
        });
        let _step = log_writer.step(0).expect("memory does not fail");
        if releaser.step(&mut |event: &Event| seen.event(event)) == Step::Done {
            seen.wait_count = wait_count;
            return (sequencer.into_book(), log_writer.into_file(), seen);
        }
    }
}
