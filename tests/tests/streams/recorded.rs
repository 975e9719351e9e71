//! A run: random commands, the messages that the publisher made of each, what was due, and what the
//! engine's book holds behind it.

use crate::drawn::Drawer;
use crate::model::{Due, Model, number_of, state_of};
use highwater::book::Book;
use highwater::command::TimedCommand;
use highwater::event::{CommandEnd, Event, EventSink};
use highwater::record::{Body, Record};
use highwater::types::{InstrumentId, PriceDecimals, SessionId, Side, Ticks};
use highwater_publisher::{Answers, DayState, PublishFault, Publisher};
use std::collections::BTreeMap;
use tests::ouch_reader::NO_LIMIT;

/// The messages of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// Those of the feed.
    pub(crate) feed: Vec<u8>,
    /// Those of each session that was told something.
    pub(crate) answers: BTreeMap<SessionId, Vec<u8>>,
}

/// An order that rests: its client's number, price in ten-thousandths, and what it shows.
pub(crate) type Resting = (u32, u64, u64);

/// An instrument of the engine's book.
#[derive(Clone, Debug)]
pub(crate) struct Market {
    /// Its name, padded with spaces.
    pub(crate) stock: [u8; 8],
    /// The letter of how it trades.
    pub(crate) state: u8,
    /// The orders of bids and asks, as they trade.
    pub(crate) sides: [Vec<Resting>; 2],
}

/// An open order of a session: what is open, its limit in ten-thousandths, its instrument's name.
pub(crate) type Open = (u64, Side, u64, [u8; 8]);

/// What the engine's book holds.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// Its instruments, by number.
    pub(crate) markets: Vec<Market>,
    /// The open orders of each session that has some, by their clients' numbers.
    pub(crate) open: BTreeMap<SessionId, BTreeMap<u32, Open>>,
}

/// A command of a run.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// Its messages.
    pub(crate) chunk: Chunk,
    /// What they must be.
    pub(crate) due: Due,
    /// The book behind it.
    pub(crate) seen: Seen,
}

/// A book and a publisher that hears it.
#[derive(Debug)]
pub(crate) struct Run<'m> {
    drawer: Drawer,
    model: Model,
    /// The engine's book.
    pub(crate) book: Book<'m>,
    /// The publisher.
    pub(crate) publisher: Publisher,
}

/// The steps of a run.
pub(crate) fn record(seed: u64, command_count: usize) -> Vec<Step> {
    let mut memory = Vec::new();
    let mut run = Run::new(&mut memory, seed);
    (0..command_count).map(|_| run.step()).collect()
}

impl<'m> Run<'m> {
    /// A run at its beginning.
    pub(crate) fn new(memory: &'m mut Vec<u8>, seed: u64) -> Self {
        let drawer = Drawer::new(seed);
        let capacities = drawer.capacities();
        memory.resize(Book::bytes_needed(capacities), 0);
        Self {
            drawer,
            model: Model::default(),
            book: Book::new(memory, capacities, seed).expect("possible capacities"),
            publisher: Publisher::new(Some(Answers::default())),
        }
    }

    /// Draws, applies and publishes a command.
    pub(crate) fn step(&mut self) -> Step {
        self.step_with(&mut []).0
    }

    /// The same; also what other publishers made of it.
    pub(crate) fn step_with(&mut self, others: &mut [Publisher]) -> (Step, Vec<Chunk>) {
        let timed = self.drawer.next(&self.book);
        let mut publishers: Vec<&mut Publisher> =
            [&mut self.publisher].into_iter().chain(others).collect();
        let (events, chunks) = publish(&mut self.book, &mut publishers, &timed);
        let mut chunks = chunks.into_iter().map(|it| it.expect("the protocols have room for it"));
        let chunk = chunks.next().expect("its own");
        let due = self.model.due((timed.timestamp_ns, &timed.command), &events, &self.book);
        (Step { chunk, due, seen: Seen::of(&self.book) }, chunks.collect())
    }
}

/// Events and publishers that all hear the book.
struct Audience<'a, 'p> {
    events: Vec<Event>,
    publishers: &'a mut [&'p mut Publisher],
}

impl EventSink for Audience<'_, '_> {
    fn event(&mut self, event: &Event) {
        self.events.push(*event);
        self.publishers.iter_mut().for_each(|it| it.event(event));
    }

    fn end(&mut self, end: CommandEnd) {
        self.publishers.iter_mut().for_each(|it| it.end(end));
    }
}

/// Applies a command; its events, and what each publisher made of it.
pub(crate) fn publish(
    book: &mut Book<'_>,
    publishers: &mut [&mut Publisher],
    timed: &TimedCommand,
) -> (Vec<Event>, Vec<Result<Chunk, PublishFault>>) {
    let TimedCommand { timestamp_ns, command } = *timed;
    let sequence = book.last_sequence().next();
    let record = Record { sequence, timestamp_ns, body: Body::Command(command) };
    for publisher in publishers.iter_mut() {
        publisher.begin(&record);
    }
    let mut audience = Audience { events: Vec::new(), publishers };
    book.apply_at(sequence, timestamp_ns, &command, &mut audience);
    let events = audience.events;
    // What stands behind a command in a log is not published.
    let hash = Record { body: Body::RunningHash(book.running_hash()), ..record };
    let chunks = publishers.iter_mut().map(|it| {
        let state = it.finish(&*book)?;
        let chunk = take(it);
        if state == DayState::Ended {
            it.next_day();
        }
        it.begin(&hash);
        assert_eq!(it.finish(&*book), Ok(DayState::GoesOn));
        assert_eq!(take(it), Chunk::default());
        Ok(chunk)
    });
    (events, chunks.collect())
}

fn take(publisher: &mut Publisher) -> Chunk {
    let mut chunk = Chunk { feed: publisher.feed.bytes().to_vec(), answers: BTreeMap::new() };
    publisher.feed.clear();
    if let Some(answers) = &mut publisher.answers {
        let taken = answers.take(|session, stream| {
            chunk.answers.insert(session, stream.bytes().to_vec());
            Ok::<(), ()>(())
        });
        assert_eq!(taken, Ok(()));
        assert!(!answers.has_waiting());
    }
    chunk
}

impl Seen {
    fn of(book: &Book<'_>) -> Self {
        let mut seen = Self { markets: Vec::new(), open: BTreeMap::new() };
        for id in (0..book.instrument_count()).map(InstrumentId) {
            seen.look_at(book, id);
        }
        seen
    }

    fn look_at(&mut self, book: &Book<'_>, id: InstrumentId) {
        let terms = book.terms(id).expect("it is defined");
        let mut stock = [b' '; 8];
        let symbol = book.symbol(id).expect("it is defined");
        stock[..symbol.as_bytes().len()].copy_from_slice(symbol.as_bytes());
        let price4 = |price| price4(price, terms.decimals);
        let sides = [Side::Buy, Side::Sell].map(|side| {
            let orders = book.orders(id, side).map(|order| {
                let (number, price) = (number_of(order.order), price4(order.price.into()));
                let open = (order.remaining.lots(), side, price, stock);
                self.open.entry(order.session).or_default().insert(number, open);
                (number, price, order.visible.lots())
            });
            orders.collect()
        });
        for stop in book.stops(id) {
            let limit = stop.limit.map_or(NO_LIMIT, |limit| price4(limit.into()));
            let open = (stop.remaining.lots(), stop.side, limit, stock);
            self.open.entry(stop.session).or_default().insert(number_of(stop.order), open);
        }
        let phase = book.phase(id).expect("it is defined");
        let state = if book.is_halted(id) { b'H' } else { state_of(phase) };
        self.markets.push(Market { stock, state, sides });
    }
}

fn price4(price: Ticks, decimals: PriceDecimals) -> u64 {
    let price = u64::from(price.0) * 10_000 / 10_u64.pow(decimals.0.into());
    assert!(price > 0);
    price
}
