//! A venue that goes on where it was killed: eight clients trade, and a reader prints the trades.
//!
//! Every answer is on stable storage before it is given. Nobody here keeps a table of orders.
//!
//! ```text
//! cargo run --release -p runtime-linux --example host -- some-directory
//! ```
#![cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "it runs on Linux"))]

use highwater::command::{Action, Definition, NewOrder};
use highwater::event::{Event, EventKind};
use highwater::types::{InstrumentId, Lots, OrderId, SessionId, Side, Symbol, Ticks};
use highwater_engine::config::Config;
use highwater_host::{Host, HostConfig, Session};
use highwater_platform::Platform;
use std::{error::Error, thread, time::Duration};

/// An answer that takes longer will not come.
const PATIENCE: Duration = Duration::from_secs(10);

type Done = Result<(), Box<dyn Error + Send + Sync>>;

/// Runs the venue until every client has sent all of its orders.
pub(crate) fn run<P: Platform>(platform: P, data: &str) -> Done {
    let config = HostConfig::new(Config::production().data(data));
    let host = Host::start(platform, &HostConfig { taps: 1, ..config })?;
    let symbol = Symbol::new(b"GOLD").ok_or("a symbol has 1 to 16 bytes")?;
    // Doing it again changes nothing.
    let define = Action::DefineInstrument(Definition::open(symbol));
    let gold = host.session(SessionId::OPERATOR)?.call(define, PATIENCE, &mut ())?.instrument;
    thread::scope(|scope| {
        let clients: Vec<_> = (1..=8)
            .map(|number| host.session(SessionId(number)))
            .map(|session| scope.spawn(move || trade(session?, gold)))
            .collect();
        publish(&host, || clients.iter().all(thread::ScopedJoinHandle::is_finished))?;
        clients.into_iter().try_for_each(|client| client.join().expect("no panic"))
    })?;
    let book = host.stop().map_err(|fault| fault.to_string())?.book;
    println!("{} commands, {} open orders", book.last_sequence(), book.open_order_count());
    Ok(())
}

/// Sends the orders that the log does not hold: none is left out, and none is sent twice.
fn trade<P: Platform>(mut session: Session<P>, gold: InstrumentId) -> Done {
    let sent = u32::try_from(session.last_client_sequence()?.0)?;
    for n in sent..1_000 {
        let side = if n % 2 == u32::from(session.id().0 % 2) { Side::Buy } else { Side::Sell };
        // The id is the session's own number: two sessions never choose the same name.
        let new = NewOrder::limit(gold, OrderId(n.into()), side, Ticks(190_000 + n % 7), Lots(1));
        session.call(Action::New(new), PATIENCE, &mut ())?;
    }
    Ok(())
}

/// Prints trades once they are durable, from where the run before stopped.
fn publish<P: Platform>(host: &Host<P>, is_over: impl Fn() -> bool) -> Done {
    let mut tap = host.tap_registered("market data")?;
    loop {
        let is_last = is_over();
        let count = tap.read(Duration::from_millis(100), &mut |event: &Event| {
            if let EventKind::Trade { price, maker, taker, .. } = event.kind {
                println!("{} trade at {price}: {taker} with {maker}", event.sequence);
            }
        })?;
        tap.register("market data")?;
        if is_last && count == 0 {
            return Ok(());
        }
    }
}

#[cfg(target_os = "linux")]
fn main() -> Done {
    run(runtime_linux::Linux, std::env::args().nth(1).as_deref().unwrap_or("host-data"))
}

#[cfg(not(target_os = "linux"))]
fn main() {}
