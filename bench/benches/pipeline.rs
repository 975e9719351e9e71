//! The whole engine: commands go in through a host, released events come out, with every answer
//! durable (`group`) and with nothing synced (`off`).
//!
//! Four sessions on one thread trade an instrument each, so that what trades does not hang on which
//! of them is ahead. An epoch of the stream ends with no open order, and can be sent again. Between
//! two measurements a snapshot retires the log below it: the disk never holds more than a few
//! segments.

#![expect(missing_docs, reason = "criterion_group! makes a public function")]

use bench::book_flow::Watcher;
use bench::markets::Market;
use bench::stream_commands;
use bench::system::{Folder, System};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use highwater::command::{Action, Command, NewOrder};
use highwater::event::{Event, EventSink};
use highwater::sync_mode::SyncMode;
use highwater::types::SessionId;
use highwater_engine::config::Config;
use highwater_engine::config::{Keep, SnapshotPlan};
use highwater_flows::stream::{EPOCH_COMMANDS, SYMBOLS};
use highwater_host::{BATCH_MAX, Host, HostConfig, OrderIds, Session};
use highwater_platform::Platform;
use std::thread::yield_now;
use std::time::Duration;

/// Commands of a session that are not answered yet, at most: what its ring holds.
const WINDOW: usize = 256;
/// Orders that go one by one, between two snapshots.
const ORDERS: u64 = 4_096;
/// An answer that takes longer will not come.
const PATIENCE: Duration = Duration::from_secs(30);

fn pipeline(criterion: &mut Criterion) {
    let epoch = usize::try_from(EPOCH_COMMANDS).expect("it is in memory");
    let (definitions, commands) = stream_commands(epoch);
    let markets = Market::all(&definitions, &commands);
    for config in [Config::production(), Config::benchmark()] {
        let folder = Folder::new(env!("CARGO_TARGET_TMPDIR"), "pipeline");
        let engine = start(config.data(folder.path()), &definitions);
        one_by_one(criterion, &engine, commands[0].action);
        stream(criterion, &engine, &markets);
        let end = engine.host.stop().expect("it stops cleanly");
        assert_eq!(end.statistics.released, end.book.last_sequence(), "all was answered");
        assert_eq!(end.book.open_order_count(), 0, "an epoch ends with no open order");
    }
}

/// What is measured.
struct Engine {
    host: Host<System>,
    mode: SyncMode,
}

/// An engine that knows the stream's instruments, in which a snapshot retires the log.
fn start(config: Config, definitions: &[Command]) -> Engine {
    let mode = config.sync;
    let plan =
        SnapshotPlan { bytes: None, interval: None, keep: Keep::Snapshot, lag_max_bytes: None };
    let config = HostConfig {
        slots: SYMBOLS.len(),
        // The trades are compared with those of a book that takes the stream's ids as they are.
        order_ids: OrderIds::Raw,
        ..HostConfig::new(config.snapshots(plan))
    };
    let host = Host::start(System, &config).expect("it starts");
    let mut operator = host.session(SessionId::OPERATOR).expect("it has a place of its own");
    for definition in definitions {
        operator.call(definition.action, PATIENCE, &mut ()).expect("it is defined");
    }
    Engine { host, mode }
}

/// An order that rests and its cancel, each sent when what was before it is answered.
fn one_by_one(criterion: &mut Criterion, engine: &Engine, new: Action) {
    let Action::New(NewOrder { instrument, order, account, .. }) = new else {
        panic!("the stream begins with an order");
    };
    let cancel = Action::Cancel { instrument, order, account };
    let mut session = engine.host.session(SessionId(1)).expect("there is a place");
    let mut group = criterion.benchmark_group(engine.group_name());
    group.throughput(Throughput::Elements(2)).sample_size(30);
    group.bench_function("one_by_one", |bencher| {
        bencher.iter_custom(|times| {
            engine.in_parts(times, ORDERS, |count| {
                let mut events = 0;
                for action in [new, cancel].iter().cycle().take(2 * count) {
                    let answer = session.call(*action, PATIENCE, &mut |_: &Event| events += 1);
                    let sequence = answer.expect("it comes").sequence;
                    let is_durable = session.is_durable(sequence) == Ok(true);
                    assert!(is_durable || !engine.mode.answers_are_durable(), "as promised");
                }
                assert_eq!(events, 3 * count, "accepted, rested, canceled");
            })
        });
    });
    group.finish();
}

/// The stream as fast as it is taken, an epoch at a time.
fn stream(criterion: &mut Criterion, engine: &Engine, markets: &[Market]) {
    let numbered = (1..).zip(markets);
    let mut callers: Vec<Caller<'_>> =
        numbered.map(|(number, market)| Caller::new(&engine.host, number, market)).collect();
    let mut group = criterion.benchmark_group(engine.group_name());
    group.throughput(Throughput::Elements(EPOCH_COMMANDS)).sample_size(10);
    group.measurement_time(Duration::from_secs(10));
    group.bench_function("stream", |bencher| {
        bencher.iter_custom(|times| engine.in_parts(times, 1, |_| send_epoch(&mut callers)));
    });
    group.finish();
}

impl Engine {
    fn group_name(&self) -> String {
        format!("pipeline/{}", self.mode.name())
    }

    /// How long it takes to do something `times` times, `together` at most until the clock stands
    /// still and a snapshot is made.
    fn in_parts(&self, times: u64, together: u64, mut part: impl FnMut(usize)) -> Duration {
        let (mut left, mut took_ns) = (times, 0);
        while left > 0 {
            let count = left.min(together);
            let from_ns = System.monotonic_ns();
            part(usize::try_from(count).expect("parts are small"));
            took_ns += System.monotonic_ns() - from_ns;
            left -= count;
            let _made = self.host.snapshot().expect("it is made");
        }
        Duration::from_nanos(took_ns)
    }
}

/// Sends all that each market has, and waits for every answer.
fn send_epoch(callers: &mut [Caller<'_>]) {
    for caller in &mut *callers {
        (caller.sent, caller.answered, caller.seen) = (0, 0, Watcher::default());
    }
    while callers.iter().any(|caller| caller.seen.events < caller.market.seen.events) {
        let moved: usize = callers.iter_mut().map(Caller::step).sum();
        if moved == 0 {
            // The engine needs a core.
            yield_now();
        }
    }
    for Caller { seen, market, .. } in callers {
        assert_eq!(seen.trades, market.seen.trades, "the engine trades as the book alone does");
    }
}

/// One session on its way through an epoch.
struct Caller<'m> {
    session: Session<System>,
    market: &'m Market,
    sent: usize,
    answered: usize,
    seen: Watcher,
}

impl<'m> Caller<'m> {
    fn new(host: &Host<System>, number: u16, market: &'m Market) -> Self {
        let session = host.session(SessionId(number)).expect("there is a place");
        Self { session, market, sent: 0, answered: 0, seen: Watcher::default() }
    }

    /// Sends what the window has room for, takes what has come, and tells how much both were.
    fn step(&mut self) -> usize {
        let left = &self.market.actions[self.sent..];
        let count = left.len().min(WINDOW - (self.sent - self.answered)).min(BATCH_MAX);
        if count > 0 {
            self.session.submit_batch(&left[..count]).expect("there is room");
            self.sent += count;
        }
        let Self { answered, seen, .. } = self;
        let polled = self.session.poll(&mut |event: &Event| {
            *answered += usize::from(event.answers().is_some());
            seen.event(event);
        });
        count + polled.expect("the engine runs, and nothing was missed")
    }
}

criterion_group!(benches, pipeline);
criterion_main!(benches);
