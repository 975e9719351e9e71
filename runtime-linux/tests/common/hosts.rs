//! Hosts as tests start them: in a directory of their own, with one instrument, and callers that
//! trade in it.
#![expect(clippy::missing_panics_doc, reason = "what goes wrong in a test panics")]

use highwater::command::{Action, ClientBytes, Conditions, Definition, NewOrder};
use highwater::event::Event;
use highwater::types::{
    AccountId, InstrumentId, Lots, OrderId, OrderType, SessionId, Side, Symbol, Ticks, TimeInForce,
};
use highwater_engine::config::CapacityWishes;
use highwater_engine::config::Config;
use highwater_host::{Host, HostConfig, Session};
use highwater_platform::Platform;
use runtime_linux::Linux;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A wait that takes longer has hung: a sync on a disk that others load takes its time.
pub const PATIENCE: Duration = Duration::from_mins(3);

/// The instrument that tests trade in.
pub const INSTRUMENT: InstrumentId = InstrumentId(0);

/// An empty directory of this name below the build directory, which is on a disk where the checkout
/// is.
pub fn place(name: &str) -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("host").join(name);
    if place.exists() {
        fs::remove_dir_all(&place).unwrap();
    }
    fs::create_dir_all(&place).unwrap();
    place.join("data")
}

/// How tests start: a small engine in `data`.
pub fn config(data: &Path) -> HostConfig {
    let capacities =
        CapacityWishes { orders: Some(100_000), instruments: Some(16), sessions: Some(256) };
    let engine = Config::production().data(data).capacities(capacities).segment_bytes(4 << 20);
    HostConfig::new(engine)
}

/// A host in `data` that has the instrument.
pub fn host(data: &Path) -> Host<Linux> {
    host_of(&config(data))
}

/// The same, started like this.
pub fn host_of(config: &HostConfig) -> Host<Linux> {
    host_on(Linux, config)
}

/// The same on another platform.
pub fn host_on<P: Platform>(platform: P, config: &HostConfig) -> Host<P> {
    let host = Host::start(platform, config).unwrap();
    let mut operator = host.session(SessionId::OPERATOR).unwrap();
    let symbol = Symbol::new(b"TEST").unwrap();
    let define = Action::DefineInstrument(Definition::open(symbol));
    operator.call(define, PATIENCE, &mut ()).unwrap();
    host
}

/// A limit order of one lot.
pub fn order(side: Side, order: u64, price: u32) -> Action {
    Action::New(NewOrder {
        instrument: INSTRUMENT,
        order: OrderId(order),
        account: AccountId(0),
        side,
        order_type: OrderType::Limit,
        time_in_force: TimeInForce::GoodTillCancel,
        price: Ticks(price),
        quantity: Lots(1),
        conditions: Conditions::default(),
        client_bytes: ClientBytes::EMPTY,
    })
}

/// The cancel of an order.
pub fn cancel(order: u64) -> Action {
    Action::Cancel { instrument: INSTRUMENT, order: OrderId(order), account: AccountId(0) }
}

/// Calls and keeps every event that comes meanwhile.
pub fn call<P: Platform>(
    session: &mut Session<P>,
    action: Action,
    events: &mut Vec<Event>,
) -> Event {
    session.call(action, PATIENCE, &mut |event: &Event| events.push(*event)).unwrap()
}

/// Reads events until `count` of them are there.
pub fn read<P: Platform>(session: &mut Session<P>, count: usize, events: &mut Vec<Event>) {
    while events.len() < count {
        session.wait(PATIENCE).unwrap();
        session.poll(&mut |event: &Event| events.push(*event)).unwrap();
    }
}
