//! A simulator: asks what a flow would have traded, with one order more than there was.
//!
//! A question needs no log, no ring and no thread: it needs a book, and the book is deterministic,
//! so that the difference between two answers comes from the order and from nothing else.

#[path = "support/commands.rs"]
mod commands;

use commands::{define, order};
use highwater::book::Book;
use highwater::command::Command;
use highwater::event::{Event, EventKind};
use highwater::types::{Capacities, Sequence, SessionId, Side, Symbol};
use std::error::Error;

const CAPACITIES: Capacities = Capacities { orders: 1_000, instruments: 1, sessions: 3 };

/// What a flow trades.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Traded {
    trade_count: u64,
    quantity_lots: u64,
    /// Price times quantity, added up.
    value: u128,
}

/// Plays a flow into an empty book.
fn play(commands: &[Command]) -> Result<Traded, Box<dyn Error>> {
    let mut memory = vec![0; Book::bytes_needed(CAPACITIES)];
    let mut book = Book::new(&mut memory, CAPACITIES, 1)?;
    let mut traded = Traded::default();
    let mut sink = |event: &Event| {
        if let EventKind::Trade { price, quantity, .. } = event.kind {
            traded.trade_count += 1;
            traded.quantity_lots += quantity.lots();
            traded.value += u128::from(price.ticks()) * u128::from(quantity.lots());
        }
    };
    for (command, sequence) in commands.iter().zip(1..) {
        book.apply(Sequence(sequence), command, &mut sink);
    }
    Ok(traded)
}

/// Sells above 100 and buys below it, with a price that wanders.
fn flow() -> Result<Vec<Command>, Box<dyn Error>> {
    let symbol = Symbol::new(b"AURORA").ok_or("a symbol has 1 to 16 bytes")?;
    let mut commands = vec![define(symbol)];
    commands.extend((1..=200).map(|id| {
        let wander = u32::try_from(id * 7 % 10).unwrap_or_default();
        let side = if id % 2 == 0 { Side::Buy } else { Side::Sell };
        order(id, side, 95 + wander, 1 + id % 4)
    }));
    Ok(commands)
}

/// Asks, and prints both answers.
pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let mut commands = flow()?;
    let was = play(&commands)?;
    // In the middle of the flow another session buys fifty lots at any price up to 104.
    let mut large = order(1_000, Side::Buy, 104, 50);
    large.session = SessionId(2);
    commands.insert(100, large);
    let would_have_been = play(&commands)?;
    println!("as it was:           {was:?}");
    println!("with one order more: {would_have_been:?}");
    assert!(was.trade_count > 0 && would_have_been.quantity_lots > was.quantity_lots);
    assert_eq!(play(&commands)?, would_have_been, "the same question has the same answer");
    Ok(())
}
