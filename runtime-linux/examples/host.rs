//! The engine in a program of your own: two threads trade with each other, each in a session of its
//! own, and every answer that they see is on stable storage.
//!
//! ```text
//! cargo run --release -p runtime-linux --example host -- some-directory
//! ```

#[cfg(target_os = "linux")]
use highwater::command::{Action, ClientBytes, Conditions, Definition, NewOrder};
#[cfg(target_os = "linux")]
use highwater::event::Event;
#[cfg(target_os = "linux")]
use highwater::types::{
    AccountId, InstrumentId, Lots, OrderId, OrderType, SessionId, Side, Symbol, Ticks, TimeInForce,
};
#[cfg(target_os = "linux")]
use highwater_engine::config::Config;
#[cfg(target_os = "linux")]
use highwater_host::{Host, HostConfig, Session};
#[cfg(target_os = "linux")]
use runtime_linux::Linux;
#[cfg(target_os = "linux")]
use std::{error::Error, thread, time::Duration};

/// An answer that takes longer will not come.
#[cfg(target_os = "linux")]
const PATIENCE: Duration = Duration::from_secs(10);

#[cfg(target_os = "linux")]
fn main() -> Result<(), Box<dyn Error>> {
    let data = std::env::args().nth(1).unwrap_or_else(|| "host-data".to_owned());
    let host = Host::start(Linux, &HostConfig::new(Config::production().data(data)))?;

    // The operator sets the engine up. Doing it again changes nothing.
    let mut operator = host.session(SessionId::OPERATOR)?;
    let symbol = Symbol::new(b"GOLD").ok_or("a symbol has 1 to 16 bytes")?;
    let define = Action::DefineInstrument(Definition::open(symbol));
    let defined = operator.call(define, PATIENCE, &mut ())?;

    let (buyer, seller) = (host.session(SessionId(1))?, host.session(SessionId(2))?);
    let trades: u64 = thread::scope(|scope| {
        let sides = [(buyer, Side::Buy), (seller, Side::Sell)];
        let threads = sides
            .map(|(session, side)| scope.spawn(move || trade(session, side, defined.instrument)));
        threads.into_iter().map(|thread| thread.join().unwrap_or(0)).sum()
    });

    let statistics = host.statistics();
    let end = host.stop().map_err(|fault| fault.to_string())?;
    println!(
        "{trades} trades were seen, of {} commands in all, with {} syncs; {} orders are open",
        end.book.last_sequence(),
        statistics.log.sync_count,
        end.book.open_order_count()
    );
    Ok(())
}

/// Sends 1,000 orders, waits for the answer to each, and counts the trades it is told of.
#[cfg(target_os = "linux")]
fn trade(mut session: Session<Linux>, side: Side, instrument: InstrumentId) -> u64 {
    let mut trades = 0;
    let mut count = |event: &Event| {
        trades += u64::from(event.kind.is_trade());
    };
    for number in 0..1_000 {
        let order = NewOrder {
            instrument,
            // The session's own number: two sessions never choose the same name.
            order: OrderId(number),
            account: AccountId(0),
            side,
            order_type: OrderType::Limit,
            time_in_force: TimeInForce::GoodTillCancel,
            price: Ticks(1_900),
            quantity: Lots(1),
            conditions: Conditions::default(),
            client_bytes: ClientBytes::EMPTY,
        };
        if let Err(error) = session.call(Action::New(order), PATIENCE, &mut count) {
            eprintln!("session {}: {error}", session.id());
            break;
        }
    }
    trades
}

#[cfg(not(target_os = "linux"))]
fn main() {}
