//! Books, ours and others, in one run: the mix flow, whose trades each of them has to find.
//!
//! All of them tell of each trade when they make it, and are timed by the processor's time of the
//! thread.

#![expect(missing_docs, reason = "criterion_group! makes a public function")]

use bench::book_flow::{Watcher, apply_all, commands_of, define_instruments};
use bench::cpu_clock::timed;
use bench::flow::{OperationKind, Flow, Operation, Shape};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use highwater::book::Book;
use highwater::command::Command;
use highwater::types::{Capacities, Side};
use lobster::{OrderEvent, OrderType};
use orderbook_rs::{DefaultOrderBook, Id, TimeInForce, TradeResult};
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const CAPACITIES: Capacities = Capacities { orders: 1 << 16, instruments: 16, sessions: 4 };
/// Operations behind those that fill the book; the slowest takes milliseconds for a thousand.
const OPERATIONS: usize = 20_000;

/// What a book made of the flow.
struct Run {
    /// Trades, those of the operations that filled the book too.
    trades: u64,
    /// What the operations behind those took, in nanoseconds.
    took_ns: u64,
}

fn side_by_side(criterion: &mut Criterion) {
    let flow = Flow::new(&Shape { operations: OPERATIONS, ..Shape::mix(1_000) });
    let commands = commands_of(&flow.operations);
    let mut group = criterion.benchmark_group("book/mix_1k");
    group.throughput(Throughput::Elements(OPERATIONS as u64)).sample_size(10);
    let (preload, rest) = commands.split_at(flow.preload);
    measure(&mut group, "highwater", &flow, || ours(preload, rest));
    let (preload, rest) = flow.operations.split_at(flow.preload);
    measure(&mut group, "lobster", &flow, || of_lobster(preload, rest));
    measure(&mut group, "orderbook-rs", &flow, || of_orderbook(preload, rest));
    group.finish();
}

/// Measures a book that is new each time.
fn measure(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    flow: &Flow,
    run: impl Fn() -> Run,
) {
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|times| {
            let took_ns = (0..times).map(|_| {
                let Run { trades, took_ns } = run();
                assert_eq!(trades, flow.trades.count, "it finds the trades");
                took_ns
            });
            Duration::from_nanos(took_ns.sum())
        });
    });
}

fn ours(preload: &[Command], rest: &[Command]) -> Run {
    let mut memory = vec![0; Book::bytes_needed(CAPACITIES)];
    let mut book = Book::new(&mut memory, CAPACITIES, 1).expect("it is large enough");
    define_instruments(&mut book, 1);
    let mut watcher = Watcher::default();
    apply_all(&mut book, preload, &mut watcher);
    let ((), took_ns) = timed(|| apply_all(&mut book, rest, &mut watcher));
    Run { trades: watcher.trades.count, took_ns }
}

fn of_lobster(preload: &[Operation], rest: &[Operation]) -> Run {
    let mut book = lobster::OrderBook::default();
    let mut all = |operations: &[Operation]| -> u64 {
        operations.iter().map(|operation| in_lobster(&mut book, operation)).sum()
    };
    let before = all(preload);
    let (behind, took_ns) = timed(|| all(rest));
    Run { trades: before + behind, took_ns }
}

/// Tells how many trades came of it.
fn in_lobster(book: &mut lobster::OrderBook, operation: &Operation) -> u64 {
    let id = u128::from(operation.order);
    let side = match operation.side {
        Side::Buy => lobster::Side::Bid,
        Side::Sell => lobster::Side::Ask,
    };
    let (qty, price) = (u64::from(operation.quantity), u64::from(operation.price));
    let event = book.execute(match operation.kind {
        OperationKind::Cancel => OrderType::Cancel { id },
        OperationKind::Add | OperationKind::Replace => OrderType::Limit { id, side, qty, price },
    });
    match black_box(event) {
        OrderEvent::PartiallyFilled { fills, .. } | OrderEvent::Filled { fills, .. } => {
            fills.len() as u64
        }
        OrderEvent::Unfilled { .. } | OrderEvent::Placed { .. } | OrderEvent::Canceled { .. } => 0,
    }
}

fn of_orderbook(preload: &[Operation], rest: &[Operation]) -> Run {
    let trades = Arc::new(AtomicU64::new(0));
    let counted = trades.clone();
    let listener = Arc::new(move |result: &TradeResult| {
        let count = black_box(result).match_result.trades().len() as u64;
        counted.fetch_add(count, Ordering::Relaxed);
    });
    let book = DefaultOrderBook::with_trade_listener("MIX", listener);
    let all = |operations: &[Operation]| {
        for operation in operations {
            in_orderbook(&book, operation);
        }
    };
    all(preload);
    let ((), took_ns) = timed(|| all(rest));
    Run { trades: trades.load(Ordering::Relaxed), took_ns }
}

fn in_orderbook(book: &DefaultOrderBook, operation: &Operation) {
    let id = Id::from_u64(operation.order);
    let side = match operation.side {
        Side::Buy => orderbook_rs::Side::Buy,
        Side::Sell => orderbook_rs::Side::Sell,
    };
    match operation.kind {
        OperationKind::Cancel => drop(black_box(book.cancel_order(id))),
        OperationKind::Add | OperationKind::Replace => drop(black_box(book.add_limit_order(
            id,
            u128::from(operation.price),
            u64::from(operation.quantity),
            side,
            TimeInForce::Gtc,
            None,
        ))),
    }
}

criterion_group!(benches, side_by_side);
criterion_main!(benches);
