//! The book behind the flow is that of the feed behind every message, whatever the feed says.

use super::maker::Maker;
use super::naive::{Naive, Queue};
use super::sample::File;
use crate::import::itch::Itch;
use crate::import::lines::Lines;
use crate::import::{Importer, tests::test_lines};
use highwater::book::Book;
use highwater::command::Command;
use highwater::event::{Event, EventKind};
use highwater::types::{Capacities, InstrumentId, PriceDecimals, Side as BookSide, Symbol};
use highwater_flows::feed::{Fed, Feed, FeedEnd, Source, seq_of};
use highwater_flows::flow::FlowReader;
use highwater_flows::random::Random;
use highwater_protocols::itch::{AnyMessage, Side};
use std::io::Cursor;
use std::path::Path;

const CAPACITIES: Capacities = Capacities { orders: 16_384, instruments: 16, sessions: 4 };

/// The same of the engine's book.
fn queue_of(book: &Book<'_>, stock: &str, side: Side) -> Queue {
    let Some(instrument) = book.instrument(Symbol::new(stock.as_bytes()).unwrap()) else {
        return Queue::new();
    };
    let side = match side {
        Side::Buy => BookSide::Buy,
        Side::Sell => BookSide::Sell,
    };
    let orders = book.orders(instrument, side);
    orders.map(|it| (it.order.0, it.price.ticks(), it.remaining.lots())).collect()
}

/// The commands of a flow, each with the number of its line.
fn commands_of(flow: &str, book: &Book<'_>) -> Vec<(u64, Command)> {
    let reader = FlowReader::from_reader("flow", Cursor::new(flow.to_owned().into_bytes()));
    let source = Source::Flow(Box::new(reader.unwrap()));
    let mut feed = Feed::new(source, book, CAPACITIES.instruments, u64::MAX);
    let mut commands = Vec::new();
    loop {
        match feed.feed() {
            Fed::Command(command) => {
                let seq = seq_of(command.session, command.client_sequence).unwrap();
                commands.push((seq.0, command));
            }
            Fed::Pending => {}
            Fed::End(FeedEnd::Finished) => return commands,
            Fed::End(end) => panic!("{end:?}"),
        }
    }
}

/// What came of a feed.
pub(super) struct Outcome {
    pub(super) summary: String,
    /// Maker, price and quantity of each trade.
    pub(super) trades: Vec<(u64, u32, u64)>,
}

/// When the executions so far are taken as a whole incoming order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whole {
    /// Behind every message, so that all books can be compared.
    Always,
    /// When a message says so; only the books at the end are compared.
    AsImported,
}

/// Imports the messages one by one, runs the flow and compares the books.
pub(super) fn compare(messages: &[AnyMessage], moments: &mut Random, whole: Whole) -> Outcome {
    let mut file = File::default();
    let mut timestamp_ns = 0;
    for message in messages {
        timestamp_ns += u64::from(moments.chance(1, 3));
        file.at(timestamp_ns).push(*message);
    }
    let input = Box::new(Cursor::new(file.ended()));
    let mut itch = Itch::new(Path::new("in"), input, PriceDecimals(4));
    let mut lines: Lines = test_lines(PriceDecimals(4));
    let (mut naive, mut states) = (Naive::default(), Vec::new());
    for message in messages {
        assert!(itch.step(&mut lines).unwrap());
        if whole == Whole::Always {
            itch.feed.takers.flush(&mut lines);
        }
        naive.apply(message);
        if whole == Whole::Always {
            states.push((lines_in(&lines), naive.clone()));
        }
    }
    assert!(!itch.step(&mut lines).unwrap());
    itch.end(&mut lines);
    states.push((lines_in(&lines), naive));
    let trades = replay(lines.text(), &states);
    Outcome { summary: lines.summary(), trades }
}

/// Lines of the flow so far, without the header.
fn lines_in(lines: &Lines) -> u64 {
    lines.text().lines().count() as u64 - 1
}

/// Runs a flow and compares its book with `states`, each behind a number of lines.
fn replay(flow: &str, states: &[(u64, Naive)]) -> Vec<(u64, u32, u64)> {
    let mut memory = vec![0; Book::bytes_needed(CAPACITIES)];
    let mut book = Book::new(&mut memory, CAPACITIES, 7).unwrap();
    let mut trades: Vec<(u64, u32, u64)> = Vec::new();
    let commands = commands_of(flow, &book);
    let mut commands = commands.iter().peekable();
    for (line, naive) in states {
        while let Some((_, command)) = commands.next_if(|(seq, _)| seq <= line) {
            let sequence = book.last_sequence().next();
            book.apply(sequence, command, &mut |event: &Event| {
                if let EventKind::Trade { maker, price, quantity, .. } = event.kind {
                    trades.push((maker.0, price.ticks(), quantity.lots()));
                }
                let is_wrong = matches!(
                    event.kind,
                    EventKind::Rejected { .. } | EventKind::AuctionTrade { .. }
                );
                assert!(!is_wrong, "{event:?} of {command:?}");
            });
        }
        let ids = (0..book.instrument_count()).map(InstrumentId);
        let stocks = ids.map(|id| book.symbol(id).unwrap().to_string()).collect::<Vec<_>>();
        assert!(naive.0.iter().all(|order| stocks.contains(&order.stock)), "all are defined");
        for (stock, side) in stocks.iter().flat_map(|it| [(it, Side::Buy), (it, Side::Sell)]) {
            let (found, expected) = (queue_of(&book, stock, side), naive.queue(stock, side));
            assert_eq!(found, expected, "{stock} {side:?} behind line {line} of\n{flow}");
        }
    }
    assert!(commands.next().is_none());
    trades
}

/// The executions of messages as trades, those one behind the other of one order as one.
fn merged(trades: impl IntoIterator<Item = (u64, u32, u64)>) -> Vec<(u64, u32, u64)> {
    let mut merged: Vec<(u64, u32, u64)> = Vec::new();
    for (maker, price, shares) in trades {
        match merged.last_mut() {
            Some(last) if (last.0, last.1) == (maker, price) => last.2 += shares,
            _ => merged.push((maker, price, shares)),
        }
    }
    merged
}

#[test]
fn a_fair_feed_gives_its_trades_and_its_book() {
    for seed in 0..40 {
        let mut maker = Maker::new(seed);
        let (mut naive, mut expected) = (Naive::default(), Vec::new());
        for _ in 0..150 {
            maker.fair();
        }
        for message in &maker.messages {
            let execution = if let AnyMessage::OrderExecuted(it) = message {
                Some((it.order_reference, it.executed_shares))
            } else if let AnyMessage::OrderExecutedWithPrice(it) = message {
                Some((it.order_reference, it.executed_shares))
            } else {
                None
            };
            if let Some((reference, shares)) = execution {
                let order = naive.order(reference).unwrap();
                expected.push((reference, order.price, u64::from(shares)));
            }
            naive.apply(message);
        }
        assert!(expected.len() > 20, "{}", expected.len());
        for whole in [Whole::Always, Whole::AsImported] {
            let outcome = compare(&maker.messages, &mut Random::from_seed(seed), whole);
            assert_eq!(merged(outcome.trades), merged(expected.iter().copied()));
            assert!(outcome.summary.ends_with("skipped messages: nothing"), "{}", outcome.summary);
        }
    }
}

#[test]
fn a_feed_without_rules_gives_its_book_too() {
    let mut summaries = String::new();
    for seed in 0..60 {
        let mut maker = Maker::new(1_000 + seed);
        for _ in 0..200 {
            maker.wild();
        }
        for whole in [Whole::Always, Whole::AsImported] {
            let mut moments = Random::from_seed(seed);
            summaries += &compare(&maker.messages, &mut moments, whole).summary;
        }
    }
    for kind in ["not of the first", "while the book is crossed", " AUCTION", " UNCROSS", " IOC"] {
        assert!(summaries.contains(kind), "{kind}");
    }
}
