//! A publication that is stopped before it comes to its checkpoint learns nothing of the log, and
//! leaves its files as they are.

use highwater::book::Book;
use highwater::command::{Action, Command, Definition, NewOrder};
use highwater::record::{Body, Record};
use highwater::recovery::Visitor;
use highwater::types::{
    Capacities, ClientSequence, InstrumentId, LogId, Lots, OrderId, Sequence, SessionId, Side,
    Symbol, Ticks,
};
use highwater_publisher::files::{
    Publication, Published, Publishing, Source, Targets, Trust, Until,
};
use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

const CAPACITIES: Capacities = Capacities { orders: 64, instruments: 1, sessions: 2 };
const SOURCE: Source = Source { id: LogId([7; 16]), first: Sequence(1) };

fn records() -> Vec<Record> {
    let gold = Definition::open(Symbol::new(b"GOLD").unwrap());
    let order = |number| {
        let (id, lots) = (OrderId(number), Lots(1));
        Action::New(NewOrder::limit(InstrumentId(0), id, Side::Buy, Ticks(100), lots))
    };
    let actions = [Action::DefineInstrument(gold)].into_iter().chain((1..20).map(order));
    let numbered = (1..).zip(actions).map(|(number, action)| Record {
        sequence: Sequence(number),
        timestamp_ns: number,
        body: Body::Command(Command {
            session: SessionId(u16::from(number > 1)),
            client_sequence: ClientSequence(number),
            action,
        }),
    });
    numbered.collect()
}

/// Publishes the records, unless it is stopped from the beginning.
fn publish(itch: &Path, stop: &AtomicBool) -> Published {
    let targets = Targets {
        itch: itch.to_owned(),
        ouch: None,
        keep_days: 9,
        checkpoint_every: 1_000,
        open_files_max: 1,
    };
    let mut publication = Publication::open(&targets, SOURCE, Trust::Checkpoints).unwrap();
    let mut memory = vec![0; Book::bytes_needed(CAPACITIES)];
    let mut book = Book::new(&mut memory, CAPACITIES, 1).unwrap();
    let until = Until { last: Sequence(u64::MAX), stop };
    let mut publishing = Publishing::new(&mut publication, &mut book, until, |_| Ok(()));
    let walked = records().iter().try_for_each(|record| publishing.record(record));
    publishing.finish(walked).unwrap().unwrap()
}

#[test]
fn a_stop_before_the_checkpoint_changes_nothing() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("stopped");
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).unwrap();
    let itch = folder.join("feed");
    assert!(matches!(publish(&itch, &AtomicBool::new(false)), Published::Whole));
    let feed = fs::read(&itch).unwrap();
    assert!(!feed.is_empty());
    assert!(matches!(publish(&itch, &AtomicBool::new(true)), Published::Whole));
    assert!(fs::read(&itch).unwrap() == feed);
}
