//! Compares books with the naive one: the events of every command, and everything that can be seen
//! behind it.

use crate::from_bytes;
use crate::naive_book::{Flaw, NaiveBook, NaiveOrder};
use highwater::book::{Admission, Book, OrderView, StopView};
use highwater::command::Command;
use highwater::event::{CommandEnd, Event, EventSink, LevelStep};
use highwater::types::{Capacities, InstrumentId, Lots, OrderId, Quantity, SessionId, Side};
use std::collections::BTreeMap;

/// Events that no command of a comparison comes near.
const EVENTS_MAX: usize = 100_000;

/// What came of a command.
#[derive(Debug)]
pub enum Applied {
    /// It is a duplicate.
    Duplicate,
    /// It caused these events.
    Events(Vec<Event>),
}

/// More than `capacities`: what a twin can hold that must do the same.
pub const fn larger(capacities: Capacities) -> Capacities {
    Capacities {
        orders: capacities.orders * 3 + 1,
        instruments: capacities.instruments + 5,
        sessions: capacities.sessions + 7,
    }
}

/// Gives a command to a naive book and two real ones, the second with another seed and more memory,
/// and compares them. What the first one tells goes to `sink` too.
///
/// # Errors
///
/// What differs.
pub fn apply_to_all(
    command: &Command,
    naive: &mut NaiveBook,
    [book, twin]: [&mut Book<'_>; 2],
    sink: &mut impl EventSink,
) -> Result<Applied, String> {
    let duplicate = naive.duplicate_of(command);
    let admission = book.admit(command.session, command.client_sequence);
    let expected = duplicate.map_or(Admission::Fresh, |last| Admission::Duplicate { last });
    same("admission", &admission, &expected)?;
    if duplicate.is_some() {
        return Ok(Applied::Duplicate);
    }
    let wanted = naive.apply(command);
    same("events", &apply(book, command, sink)?, &wanted)?;
    same("events of the twin", &apply(twin, command, &mut ())?, &wanted)?;
    book.check().map_err(|fault| fault.to_string())?;
    twin.check().map_err(|fault| fault.to_string())?;
    compare_state(book, naive)?;
    same("state hash", &book.state_hash(), &twin.state_hash())?;
    Ok(Applied::Events(wanted))
}

/// Compares over the commands that some bytes say ([`from_bytes::commands`]); the naive book may
/// have a flaw.
///
/// # Errors
///
/// What differs, and after which command.
///
/// # Panics
///
/// When a book does.
pub fn compare_bytes(bytes: &[u8], flaw: Flaw) -> Result<(), String> {
    let capacities = from_bytes::CAPACITIES;
    let mut memory = vec![0; Book::bytes_needed(capacities)];
    let mut larger_memory = vec![0; Book::bytes_needed(larger(capacities))];
    let mut book = Book::new(&mut memory, capacities, 1).expect("enough memory");
    let mut twin = Book::new(&mut larger_memory, larger(capacities), 2).expect("enough memory");
    let mut naive = NaiveBook::new(capacities, flaw);
    for command in from_bytes::commands(bytes) {
        apply_to_all(&command, &mut naive, [&mut book, &mut twin], &mut ())
            .map_err(|difference| format!("{difference}\nby {command:?}"))?;
    }
    Ok(())
}

fn apply(
    book: &mut Book<'_>,
    command: &Command,
    sink: &mut impl EventSink,
) -> Result<Vec<Event>, String> {
    let (sequence, mut told) = (book.last_sequence().next(), Collected::default());
    // A time that no other command has.
    let timestamp_ns = sequence.0 << 8;
    book.apply_at(sequence, timestamp_ns, command, &mut (&mut told, sink));
    same("ends", &told.ends, &vec![(CommandEnd { sequence, timestamp_ns }, told.events.len())])?;
    Ok(told.events)
}

/// The events of a command, and its end with the number of events before it.
#[derive(Default)]
struct Collected {
    events: Vec<Event>,
    ends: Vec<(CommandEnd, usize)>,
}

impl EventSink for Collected {
    fn event(&mut self, event: &Event) {
        assert!(self.events.len() < EVENTS_MAX, "a command without end");
        self.events.push(*event);
    }

    fn end(&mut self, end: CommandEnd) {
        self.ends.push((end, self.events.len()));
    }

    fn level(&mut self, step: &LevelStep) {
        assert!(self.ends.is_empty(), "{step:?} behind the end of its command");
    }
}

/// Compares everything that can be seen.
fn compare_state(book: &Book<'_>, naive: &NaiveBook) -> Result<(), String> {
    same("last sequence", &book.last_sequence(), &naive.last_sequence)?;
    same("running hash", &book.running_hash(), &naive.running_hash)?;
    same("capacities", &book.capacities(), &naive.capacities)?;
    same("flow", &book.flow(), &naive.flow)?;
    same("clock", &book.clock_ns(), &naive.clock_ns)?;
    same("next expiry", &book.next_expiry_ns(), &naive.next_expiry_ns())?;
    compare_sessions(book, naive)?;
    same("open orders", &(book.open_order_count() as usize), &naive.orders.len())?;
    same("instruments", &(book.instrument_count() as usize), &naive.instruments.len())?;
    for (number, _) in (0..).zip(&naive.instruments) {
        compare_instrument(book, naive, InstrumentId(number))?;
    }
    let nobody = InstrumentId(book.instrument_count());
    same("symbol of nobody", &book.symbol(nobody), &None)?;
    same("phase of nobody", &book.phase(nobody), &None)?;
    same("terms of nobody", &book.terms(nobody), &None)?;
    same("halt of nobody", &book.is_halted(nobody), &false)?;
    same("auction of nobody", &book.indicative(nobody), &None)?;
    same("stops of nobody", &book.stops(nobody).count(), &0)
}

fn compare_sessions(book: &Book<'_>, naive: &NaiveBook) -> Result<(), String> {
    let sessions: BTreeMap<_, _> = book.sessions().collect();
    same("sessions", &sessions, &naive.sessions)?;
    for session in (0..8).map(SessionId) {
        same("open orders", &book.open_orders(session), &naive.open_orders(session))?;
        let open_orders_max = naive.open_orders_max.get(&session).copied().unwrap_or(u32::MAX);
        same("session limit", &book.open_orders_max(session), &open_orders_max)?;
    }
    Ok(())
}

fn compare_instrument(
    book: &Book<'_>,
    naive: &NaiveBook,
    instrument: InstrumentId,
) -> Result<(), String> {
    let known = naive.instruments[instrument.0 as usize];
    same("symbol", &book.symbol(instrument), &Some(known.symbol))?;
    same("instrument", &book.instrument(known.symbol), &Some(instrument))?;
    same("terms", &book.terms(instrument), &Some(known.terms))?;
    same("phase", &book.phase(instrument), &Some(known.phase))?;
    same("halt", &book.is_halted(instrument), &known.is_halted)?;
    same("last trade", &book.last_trade(instrument), &known.last_trade)?;
    same("indicative", &book.indicative(instrument), &naive.indicative(instrument))?;
    for side in [Side::Buy, Side::Sell] {
        compare_side(book, instrument, side, &naive.side(instrument, side))?;
    }
    let stops: Vec<StopView> = naive.stops(instrument).iter().map(stop_view).collect();
    same("stops", &book.stops(instrument).collect(), &stops)?;
    for stop in &stops {
        same("stop", &book.stop(instrument, stop.order), &Some(*stop))?;
        same("stop that rests", &book.order(instrument, stop.order), &None)?;
    }
    let unused = OrderId(1 << 40);
    same("nobody's order", &book.order(instrument, unused), &None)?;
    same("nobody's stop", &book.stop(instrument, unused), &None)
}

fn compare_side(
    book: &Book<'_>,
    instrument: InstrumentId,
    side: Side,
    naive: &[NaiveOrder],
) -> Result<(), String> {
    let wanted: Vec<OrderView> = naive.iter().map(order_view).collect();
    same("orders", &book.orders(instrument, side).collect(), &wanted)?;
    let best = naive.first().map(NaiveOrder::price);
    same("best price", &book.best(instrument, side), &best)?;
    let levels: Vec<_> = book
        .summed_levels(instrument, side)
        .map(|level| {
            (level.price, level.visible_lots, level.quantity_lots, level.order_count as usize)
        })
        .collect();
    let wanted_levels: Vec<_> = naive
        .chunk_by(|one, other| one.limit == other.limit)
        .map(|level| {
            let visible = level.iter().map(|order| u128::from(order.visible)).sum::<u128>();
            let all = level.iter().map(|order| u128::from(order.remaining)).sum::<u128>();
            (level[0].price(), visible, all, level.len())
        })
        .collect();
    same("levels", &levels, &wanted_levels)?;
    for order in &wanted {
        same("order", &book.order(instrument, order.order), &Some(*order))?;
        same("order that waits", &book.stop(instrument, order.order), &None)?;
    }
    Ok(())
}

fn order_view(naive: &NaiveOrder) -> OrderView {
    OrderView {
        order: naive.order,
        account: naive.account,
        session: naive.session,
        side: naive.side,
        price: naive.price(),
        remaining: quantity(naive.remaining),
        visible: quantity(naive.visible),
        display: Lots(naive.display),
        time_in_force: naive.time_in_force,
        expiry_ns: naive.expiry_ns,
        self_trade: naive.self_trade,
        post_only: naive.post_only,
    }
}

fn stop_view(naive: &NaiveOrder) -> StopView {
    StopView {
        order: naive.order,
        account: naive.account,
        session: naive.session,
        side: naive.side,
        order_type: naive.order_type,
        trigger: naive.trigger.expect("a stop that waits"),
        limit: naive.limit,
        remaining: quantity(naive.remaining),
        display: Lots(naive.display),
        minimum: Lots(naive.minimum),
        time_in_force: naive.time_in_force,
        expiry_ns: naive.expiry_ns,
        self_trade: naive.self_trade,
        post_only: naive.post_only,
    }
}

fn quantity(lots: u64) -> Quantity {
    Quantity::new(Lots(lots)).expect("open")
}

/// Says what differs.
fn same<T: PartialEq + std::fmt::Debug>(what: &str, real: &T, wanted: &T) -> Result<(), String> {
    if real == wanted { Ok(()) } else { Err(format!("{what}: {real:?} instead of {wanted:?}")) }
}
