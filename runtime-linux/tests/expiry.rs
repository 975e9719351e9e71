//! The host tells the engine the time when an order's expiry has come, and only then.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;

use highwater::book::Book;
use highwater::command::{
    Action, ClientBytes, Command, Conditions, Definition, NewOrder, TimedCommand,
};
use highwater::engine::Engine;
use highwater::limits::{BLOCK_BYTES, CLOCK_NS_MAX};
use highwater::log_writer::{LogSettings, OpenedLog};
use highwater::recovery::{Replay, recover};
use highwater::stage::Step;
use highwater::sync_mode::SyncMode;
use highwater::types::{
    AccountId, Capacities, ClientSequence, InstrumentId, LogId, Lots, OrderId, OrderType,
    SessionId, Side, Symbol, Ticks, TimeInForce,
};
use highwater_platform::Platform;
use highwater_storage::{IoChoice, LogDirectory, LogOptions};
use program::{TestDir, json, number};
use runtime_linux::Linux;
use serde_json::Value;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

const CAPACITIES: Capacities = Capacities { orders: 64, instruments: 2, sessions: 3 };

/// The session whose orders expire; the flow's is another.
const TRADER: SessionId = SessionId(2);

/// How long after the log was written the second order expires.
const SOON_NS: u64 = 1_500_000_000;

fn commands(now_ns: u64) -> Vec<Command> {
    let symbol = Symbol::new(b"GTD").unwrap();
    let operator =
        [Action::Configure(CAPACITIES), Action::DefineInstrument(Definition::open(symbol))];
    // One is over before the program starts, one soon, one in the year 2262.
    let expiries = [1, now_ns + SOON_NS, CLOCK_NS_MAX];
    let orders = (1..).zip(expiries).map(|(order, expiry_ns)| gtd(order, expiry_ns));
    let says = |session| {
        move |(client_sequence, action)| Command {
            session,
            client_sequence: ClientSequence(client_sequence),
            action,
        }
    };
    let operator = (1..).zip(operator).map(says(SessionId::OPERATOR));
    operator.chain((1..).zip(orders).map(says(TRADER))).collect()
}

fn gtd(order: u64, expiry_ns: u64) -> Action {
    Action::New(NewOrder {
        instrument: InstrumentId(0),
        order: OrderId(order),
        account: AccountId(7),
        side: Side::Buy,
        order_type: OrderType::Limit,
        time_in_force: TimeInForce::GoodTillDate,
        price: Ticks(100),
        quantity: Lots(10 * order),
        conditions: Conditions { expiry_ns, ..Conditions::NONE },
        client_bytes: ClientBytes::EMPTY,
    })
}

/// Writes a log of these commands, as a host that takes such orders would.
fn write_log(directory: &Path, commands: &[Command]) {
    let options = LogOptions { io: IoChoice::Append, ..LogOptions::default() };
    let segment_bytes = options.segment_bytes;
    let mut file = LogDirectory::open(Linux, directory, &options).unwrap();
    let mut memory = vec![0; Book::bytes_needed(CAPACITIES)];
    let mut book = Book::new(&mut memory, CAPACITIES, 1).unwrap();
    let mut buffer = vec![0; 16 * BLOCK_BYTES];
    let found = recover(&mut file, &mut buffer, &mut Replay::new(&mut book, &mut ())).unwrap();
    let settings = LogSettings { mode: SyncMode::GROUP, segment_bytes };
    let chain = found.chain_or_new(LogId([9; 16]));
    let opened = OpenedLog { file, buffer: &mut buffer, chain, settings, now_ns: 1 };
    let engine = Engine::<64, 64, 64>::new();
    let mut stages = engine.split(book, opened).unwrap();
    for command in commands {
        stages.input.push(TimedCommand { timestamp_ns: 1, command: *command }).unwrap();
    }
    stages.shared.halt.stop();
    while stages.sequencer.step(&mut || panic!("the event ring has room")) != Step::Done {}
    while stages.log_writer.step(0).unwrap() != Step::Done {}
    assert_eq!(stages.shared.next_expiry.get(), Some(1), "the first order's");
}

/// The records of a log.
fn records(place: &TestDir) -> Vec<Value> {
    place.done("dump --data d --json").stdout.lines().map(json).collect()
}

fn clocks(records: &[Value]) -> Vec<u64> {
    let clocks = records.iter().filter(|record| record["record"] == "clock");
    clocks.map(|record| number(record, "now_ns")).collect()
}

#[test]
fn orders_expire_when_their_time_has_come() {
    let place = TestDir::new("expiry", "orders");
    let now_ns = Linux.wall_clock_ns();
    let commands = commands(now_ns);
    write_log(&place.join("d"), &commands);
    let mut command =
        place.command("run --data d --flow - --events e.jsonl --io append --idle sleep");
    let mut running = place.start_command(command.stdin(Stdio::piped()));
    let mut flow = running.take_stdin();
    // The program wants to see a flow's head before it starts.
    let head = "seq,timestamp_ns,command,order_id,side,price_ticks,qty\n1,,NEW,5,S,900,1\n";
    flow.write_all(head.as_bytes()).unwrap();
    let soon_ns = now_ns + SOON_NS;
    running.until(|| clocks(&records(&place)).last().is_some_and(|clock| *clock >= soon_ns));
    // The engine is idle for a while, and has nothing to write.
    program::pause(200);
    drop(flow);
    running.wait().expect_code(0);

    let records = records(&place);
    let clocks = clocks(&records);
    // One for each of the two expiries, unless both had come when the program started.
    assert!((1..=2).contains(&clocks.len()), "{clocks:?}");
    // Behind the log, the tie to the flow, and the flow's order with its instrument.
    assert_eq!(records.len(), commands.len() + 1 + 2 + clocks.len(), "{records:?}");
    let clock_records = records.iter().filter(|record| record["record"] == "clock");
    assert!(clock_records.into_iter().all(|record| number(record, "session") == 0));

    let events: Vec<Value> = place.read("e.jsonl").lines().map(json).collect();
    let canceled: Vec<&Value> = events.iter().filter(|e| e["kind"] == "canceled").collect();
    assert_eq!(canceled.len(), 2, "{events:?}");
    for (canceled, order) in canceled.iter().zip([1, 2]) {
        assert_eq!(canceled["reason"], "expired");
        let names = ["order", "quantity", "session", "owner", "instrument"];
        let found = names.map(|name| number(canceled, name));
        assert_eq!(found, [order, 10 * order, 0, u64::from(TRADER.0), 0]);
        assert_eq!(canceled["symbol"], "GTD");
    }
    // No order is canceled before the engine's clock has reached its expiry.
    for (canceled, expiry_ns) in canceled.iter().zip([1, soon_ns]) {
        let sequence = number(canceled, "sequence");
        let set = events.iter().find(|e| number(e, "sequence") == sequence).unwrap();
        assert_eq!(set["kind"], "clock_set");
        assert!(number(set, "now_ns") >= expiry_ns);
    }
    let verified = place.verified("d");
    assert_eq!(number(&verified, "open_orders"), 2, "the third, and the flow's");
}
