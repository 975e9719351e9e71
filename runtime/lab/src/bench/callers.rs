//! `bench --callers`: threads that each wait for every answer, through the host and through a bare
//! group commit.

use super::bare::BareCommit;
use super::failed;
use super::machine::Machine;
use super::plot::{Curve, Plot, Upwards};
use super::report::Section;
use highwater::command::{Action, ClientBytes, Conditions, Definition, NewOrder};
use highwater::types::{
    AccountId, InstrumentId, Lots, OrderId, OrderType, SessionId, Side, Symbol, Ticks, TimeInForce,
};
use highwater_console::{CommandError, note};
use highwater_engine::config::Config;
use highwater_engine::figures::{Nanoseconds, grouped, per_second};
use highwater_host::{Host, HostConfig, HostStatistics, Session};
use highwater_platform::Platform;
use highwater_platform::latency::{Latencies, Quantiles};
use highwater_platform::signals::StopFlag;
use serde::Serialize;
use std::fmt;
use std::path::Path;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::scope;
use std::time::Duration;

/// How many threads call.
const CALLERS: [u16; 4] = [1, 8, 64, 100];

/// An answer that takes longer than this will not come.
const PATIENCE: Duration = Duration::from_secs(30);

/// What one measurement saw.
#[derive(Serialize)]
struct Measured {
    count: u64,
    elapsed_ns: u64,
    latency: Option<Quantiles>,
}

/// The two measurements with so many callers.
#[derive(Serialize)]
struct Row {
    callers: u16,
    host: Measured,
    bare: Measured,
    /// Commands that shared a sync, on average.
    commands_per_sync: u64,
}

/// The section of the report.
#[derive(Serialize)]
pub(super) struct Callers {
    machine: Machine,
    seconds: u64,
    rows: Vec<Row>,
}

/// Measures every number of callers for `seconds` seconds, twice.
pub(super) fn bench_callers<P: Platform>(
    platform: P,
    machine: &Machine,
    place: &Path,
    seconds: u64,
    stop: &StopFlag,
) -> Result<Option<Callers>, CommandError> {
    let bare = BareCommit::new(platform, place).map_err(|error| failed("write", place, &error))?;
    let config = HostConfig::new(Config::production().data(place.join("data")));
    let host = Host::start(platform, &config).map_err(CommandError::failed)?;
    define_instrument(&host)?;
    let mut rows = Vec::new();
    for callers in CALLERS {
        if stop.is_raised() {
            break;
        }
        note(&format!("measuring {callers} callers, and a bare group commit, {seconds} s each"));
        let bare = measure(platform, callers, seconds, |_| {
            || bare.commit().map_err(|error| failed("write", place, &error))
        })?;
        let before = host.statistics();
        let through_host = measure(platform, callers, seconds, |caller| {
            let mut caller = Caller::new(&host, caller);
            move || caller.as_mut().map_err(CommandError::failed)?.call()
        })?;
        let commands_per_sync = commands_per_sync(&before, &host.statistics());
        rows.push(Row { callers, host: through_host, bare, commands_per_sync });
    }
    host.stop().map_err(CommandError::failed)?;
    Ok((!stop.is_raised()).then(|| Callers { machine: machine.clone(), seconds, rows }))
}

/// How long a call takes, of one caller alone on an engine in `data`, which is new.
pub(super) fn measure_call<P: Platform>(
    platform: P,
    data: &Path,
    seconds: u64,
) -> Result<Option<Quantiles>, CommandError> {
    let config = HostConfig::new(Config::production().data(data));
    let host = Host::start(platform, &config).map_err(CommandError::failed)?;
    define_instrument(&host)?;
    let measured = measure(platform, 1, seconds, |caller| {
        let mut caller = Caller::new(&host, caller);
        move || caller.as_mut().map_err(CommandError::failed)?.call()
    });
    host.stop().map_err(CommandError::failed)?;
    Ok(measured?.latency)
}

pub(super) fn define_instrument<P: Platform>(host: &Host<P>) -> Result<(), CommandError> {
    let mut operator = host.session(SessionId::OPERATOR).map_err(CommandError::failed)?;
    let symbol =
        Symbol::new(b"BENCH").ok_or_else(|| CommandError::failed("the symbol is not one"))?;
    let define = Action::DefineInstrument(Definition::open(symbol));
    operator.call(define, PATIENCE, &mut ()).map_err(CommandError::failed)?;
    Ok(())
}

fn commands_per_sync(before: &HostStatistics, after: &HostStatistics) -> u64 {
    let commands = after.durable.0 - before.durable.0;
    let syncs = after.log.sync_count - before.log.sync_count;
    commands.checked_div(syncs).unwrap_or(0)
}

/// Lets so many threads do again and again what `work_of` makes for each, for so many seconds.
fn measure<P: Platform, W: FnMut() -> Result<(), CommandError>>(
    platform: P,
    callers: u16,
    seconds: u64,
    work_of: impl Fn(u16) -> W + Sync,
) -> Result<Measured, CommandError> {
    let is_over = AtomicBool::new(false);
    let ready = Barrier::new(usize::from(callers) + 1);
    let call_until_over = |caller| {
        let mut work = work_of(caller);
        let mut latencies = Latencies::new();
        ready.wait();
        while !is_over.load(Ordering::Relaxed) {
            let started_ns = platform.monotonic_ns();
            work()?;
            latencies.record(platform.monotonic_ns() - started_ns);
        }
        Ok(latencies)
    };
    let (all, elapsed_ns) = scope(|scope| {
        let threads: Vec<_> =
            (1..=callers).map(|caller| scope.spawn(move || call_until_over(caller))).collect();
        ready.wait();
        let started_ns = platform.monotonic_ns();
        platform.sleep(Duration::from_secs(seconds));
        is_over.store(true, Ordering::Relaxed);
        let elapsed_ns = platform.monotonic_ns() - started_ns;
        let joined = threads.into_iter().map(|thread| {
            thread.join().unwrap_or_else(|_| Err(CommandError::failed("a caller panicked")))
        });
        (joined.collect::<Result<Vec<Latencies>, CommandError>>(), elapsed_ns)
    });
    let mut together = Latencies::new();
    for latencies in &all? {
        together.add(latencies);
    }
    let latency = together.quantiles();
    Ok(Measured { count: latency.map_or(0, |latency| latency.count), elapsed_ns, latency })
}

/// One caller: orders that rest, each canceled by the next command.
pub(super) struct Caller<P: Platform> {
    session: Session<P>,
    order: u64,
    is_resting: bool,
}

impl<P: Platform> Caller<P> {
    pub(super) fn new(host: &Host<P>, number: u16) -> Result<Self, String> {
        let session = host.session(SessionId(number)).map_err(|error| error.to_string())?;
        Ok(Self { session, order: u64::from(number) << 32, is_resting: false })
    }

    pub(super) fn call(&mut self) -> Result<(), CommandError> {
        let action = if self.is_resting { self.cancel() } else { self.new_order() };
        self.is_resting = !self.is_resting;
        self.session.call(action, PATIENCE, &mut ()).map_err(CommandError::failed)?;
        Ok(())
    }

    const fn cancel(&self) -> Action {
        let (instrument, order) = (InstrumentId(0), OrderId(self.order));
        Action::Cancel { instrument, order, account: AccountId(0) }
    }

    fn new_order(&mut self) -> Action {
        self.order += 1;
        Action::New(NewOrder {
            instrument: InstrumentId(0),
            order: OrderId(self.order),
            account: AccountId(0),
            side: Side::Buy,
            order_type: OrderType::Limit,
            time_in_force: TimeInForce::GoodTillCancel,
            price: Ticks(100),
            quantity: Lots(10),
            conditions: Conditions::default(),
            client_bytes: ClientBytes::EMPTY,
        })
    }
}

impl Measured {
    fn per_second(&self) -> u64 {
        per_second(self.count, self.elapsed_ns)
    }

    /// Half of the latencies were at most this, in nanoseconds.
    pub(super) fn p50_ns(&self) -> u64 {
        self.latency.map_or(0, |latency| latency.p50_ns)
    }

    /// 99 % of the latencies were at most this, in nanoseconds.
    pub(super) fn p99_ns(&self) -> u64 {
        self.latency.map_or(0, |latency| latency.p99_ns)
    }

    /// The columns of the table that tell of it.
    fn columns(&self) -> String {
        let (p50, p99) = (Nanoseconds(self.p50_ns()), Nanoseconds(self.p99_ns()));
        format!("{} | {p50} | {p99}", grouped(self.per_second()))
    }
}

impl Section for Callers {
    const HEADING: &'static str = "## Many callers";

    fn plots(&self) -> Vec<Plot> {
        let batch = |row: &Row| (row.commands_per_sync, row.host.per_second());
        vec![Plot {
            title: "Throughput of many callers against batch size",
            x: "commands a sync",
            y: Upwards::Throughput,
            curves: vec![Curve::new("group", self.rows.iter().map(batch))],
        }]
    }
}

impl fmt::Display for Callers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n\n{}\n", Self::HEADING, self.machine)?;
        writeln!(
            f,
            "Threads that each wait for every answer, in mode group, {} s each.",
            self.seconds
        )?;
        writeln!(
            f,
            "The bare bound is a group commit written by hand: a lock, a write of whole blocks, a sync."
        )?;
        writeln!(
            f,
            "\n| callers | durable commands a second | p50 | p99 | commands a sync \
             | bare commits a second | p50 | p99 | of the bound |"
        )?;
        writeln!(f, "|---:|---:|---:|---:|---:|---:|---:|---:|---:|")?;
        for row in &self.rows {
            let percent = row.host.per_second() * 100 / row.bare.per_second().max(1);
            let (host, bare) = (row.host.columns(), row.bare.columns());
            let Row { callers, commands_per_sync, .. } = row;
            writeln!(f, "| {callers} | {host} | {commands_per_sync} | {bare} | {percent} % |")?;
        }
        Ok(())
    }
}
