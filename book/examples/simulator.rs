//! A simulator without a log: an auction, an iceberg, a stop, and the depth after every step.
//!
//! It keeps no table of orders.
//!
//! ```text
//! cargo run -p highwater-book --example simulator
//! ```

use highwater::book::{Book, Depth, DepthChange};
use highwater::command::{Action, Conditions, Control, Definition, NewOrder};
use highwater::types::{
    Capacities, InstrumentId, Lots, OrderId, OrderType, SessionId, Side, Symbol, Ticks,
};
use highwater_book::OwnedBook;
use std::error::Error;

const CAPACITIES: Capacities = Capacities { orders: 1_000, instruments: 1, sessions: 4 };
const INSTRUMENT: InstrumentId = InstrumentId(0);

/// An order of a trader, limit and good till cancel unless it is changed.
const fn order(id: u64, side: Side, price: u32, lots: u64) -> NewOrder {
    NewOrder::limit(INSTRUMENT, OrderId(id), side, Ticks(price), Lots(lots))
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut book = OwnedBook::new(CAPACITIES)?;
    let mut memory = vec![0; Depth::bytes_needed(CAPACITIES)];
    let mut depth = Depth::new(&mut memory, book.book(), 1)?;
    let symbol = Symbol::new(b"GOLD").ok_or("a symbol has 1 to 16 bytes")?;
    let iceberg = Conditions { display: Lots(10), ..Conditions::NONE };
    let stop = Conditions { trigger: Ticks(103), ..Conditions::NONE };
    let control = |control| Action::Control { instrument: INSTRUMENT, control };

    let (operator, trader) = (SessionId::OPERATOR, SessionId(1));
    let waits =
        NewOrder { order_type: OrderType::Stop, conditions: stop, ..order(5, Side::Buy, 0, 60) };
    for (session, action) in [
        (operator, Action::DefineInstrument(Definition::open(symbol))),
        (operator, control(Control::StartAuction)),
        (trader, Action::New(order(1, Side::Buy, 101, 30))),
        (trader, Action::New(order(2, Side::Sell, 99, 20))),
        (operator, control(Control::Uncross)),
        (trader, Action::New(NewOrder { conditions: iceberg, ..order(3, Side::Sell, 103, 50) })),
        (trader, Action::New(order(4, Side::Sell, 105, 40))),
        (trader, Action::New(waits)),
        (trader, Action::New(order(6, Side::Buy, 103, 15))),
    ] {
        let mut events = |event: &_| show(event);
        let sequence = book.submit_to(session, action, &mut (&mut depth, &mut events))?;
        depth.take_changes(book.book(), |change| {
            if let DepthChange::Level(level) = change {
                println!("{sequence:>3}    {level:?}");
            }
        });
    }
    print_depth(book.book(), &depth);
    Ok(())
}

fn show(event: &highwater::event::Event) {
    println!("{:>3}  {:?}", event.sequence, event.kind);
}

/// The five best levels of both sides.
fn print_depth(book: &Book<'_>, depth: &Depth<'_>) {
    for (side, name) in [(Side::Sell, "ask"), (Side::Buy, "bid")] {
        for level in depth.levels(book, INSTRUMENT, side).take(5) {
            let (visible, open) = (level.visible_lots, level.quantity_lots);
            println!("{name} {:>6}  {visible:>4} shown of {open:>4}", level.price.ticks());
        }
    }
}
