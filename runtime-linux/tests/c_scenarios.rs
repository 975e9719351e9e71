//! Scenarios through the C interface: a book without a log gives the same events, field by field,
//! as the engine's book, and the documents list exactly what C cannot express.
#![cfg(target_os = "linux")]

#[path = "c_scenarios/book.rs"]
pub mod book;
#[path = "c_scenarios/command.rs"]
pub mod command;
#[path = "c_scenarios/event.rs"]
pub mod event;

#[path = "common/listed.rs"]
pub mod listed;
#[path = "common/scenarios.rs"]
pub mod scenarios;

use book::CBook;
use command::{Said, said};
use event::heard;
use highwater::book::Book;
use highwater::command::{Action, Command};
use highwater::event::{CommandEnd, Event, EventOrEnd, EventSink};
use highwater::types::{InstrumentId, Side};
use highwater_capi::{HwIndicative, HwLevel, HwSide, HwStatus};
use highwater_lab::conform::{EngineScenario, engine_scenarios};
use listed::listed;
use scenarios::{others_file, own_files};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// More levels than any scenario makes.
const LEVELS_MAX: usize = 4_096;

/// Everything that a book tells, in order.
#[derive(Default)]
struct Told(Vec<EventOrEnd>);

impl EventSink for Told {
    fn event(&mut self, event: &Event) {
        self.0.push(EventOrEnd::Event(*event));
    }

    fn end(&mut self, end: CommandEnd) {
        self.0.push(EventOrEnd::End(end));
    }
}

/// Gives what C can say of a scenario to the engine's book and to one in C, and compares all that
/// they tell; returns whether C can say all of it.
fn compare(scenario: &EngineScenario, kinds: &mut BTreeSet<u8>) -> bool {
    let EngineScenario { id, capacities, commands, has_answered } = scenario;
    let mut is_whole = !has_answered;
    let mut memory = vec![0; Book::bytes_needed(*capacities)];
    let mut book = Book::new(&mut memory, *capacities, 1).unwrap();
    let mut in_c = CBook::new(*capacities, 2);
    for (index, command) in commands.iter().enumerate() {
        let Some(said) = said(command) else {
            is_whole = false;
            continue;
        };
        let sequence = book.last_sequence().next();
        let mut told = Told::default();
        let events = match said {
            Said::Command(said) => {
                let timestamp_ns = 1_000 + sequence.0;
                book.apply_at(sequence, timestamp_ns, command, &mut told);
                let (status, events) = in_c.apply(timestamp_ns, &said);
                assert_eq!(status, HwStatus::Ok, "{id}: {command:?}");
                events
            }
            Said::Definition(said) => {
                book.apply(sequence, command, &mut told);
                let (number, events) = in_c.define(&said);
                assert_eq!(number, number_of(&book, command), "{id}: {command:?}");
                events
            }
        };
        kinds.extend(events.iter().map(|event| event.kind));
        let events: Vec<EventOrEnd> = events.iter().map(heard).collect();
        assert_eq!(events, told.0, "{id}: command {index}: {command:?}");
        compare_indicative(id, &book, &in_c);
    }
    compare_books(id, &book, &in_c);
    is_whole
}

/// The number of the instrument that the command names.
fn number_of(book: &Book<'_>, command: &Command) -> Option<InstrumentId> {
    let Action::DefineInstrument(definition) = command.action else { return None };
    book.instrument(definition.symbol)
}

/// Compares what an uncross of each instrument would do.
fn compare_indicative(id: &str, book: &Book<'_>, in_c: &CBook) {
    for instrument in (0..=book.instrument_count()).map(InstrumentId) {
        let expected = book.indicative(instrument).map(|indicative| HwIndicative {
            volume: lots(indicative.volume_lots),
            imbalance: lots(indicative.imbalance_lots.unsigned_abs()),
            price: indicative.price.ticks(),
            imbalance_side: match indicative.imbalance_lots {
                0 => HwSide::None,
                1.. => HwSide::Buy,
                ..0 => HwSide::Sell,
            } as u8,
            reserved: [0; 3],
        });
        assert_eq!(in_c.indicative(instrument), expected, "{id}: {instrument}");
    }
}

/// A sum as C has it.
fn lots(sum: u128) -> u64 {
    u64::try_from(sum).unwrap_or(u64::MAX)
}

fn compare_books(id: &str, book: &Book<'_>, in_c: &CBook) {
    assert_eq!(in_c.state_hash(), book.state_hash(), "{id}: the state at the end");
    for instrument in (0..book.instrument_count()).map(InstrumentId) {
        for side in [Side::Buy, Side::Sell] {
            let levels = book.summed_levels(instrument, side).map(|level| HwLevel {
                visible: lots(level.visible_lots),
                quantity: lots(level.quantity_lots),
                price: level.price.ticks(),
                order_count: level.order_count,
            });
            let levels: Vec<HwLevel> = levels.collect();
            assert!(levels.len() < LEVELS_MAX, "{id}");
            assert_eq!(in_c.depth(instrument, side, LEVELS_MAX), levels, "{id}: {side:?}");
        }
    }
}

/// Compares every scenario; returns the ids of those that C can express in part only, and the kinds
/// of events that were compared.
fn compare_all(files: &[PathBuf]) -> (BTreeSet<String>, BTreeSet<u8>) {
    let (mut others, mut kinds) = (BTreeSet::new(), BTreeSet::new());
    let mut count = 0;
    for scenario in files.iter().flat_map(|file| engine_scenarios(file).unwrap()) {
        if compare(&scenario, &mut kinds) {
            count += 1;
        } else {
            others.insert(scenario.id);
        }
    }
    println!("{count} scenarios are the same in C");
    assert!(count >= 70, "only {count} scenarios");
    (others, kinds)
}

fn page() -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/capi.md");
    std::fs::read_to_string(page).unwrap()
}

#[test]
fn own_scenarios_give_the_same_events_in_c() {
    let (others, kinds) = compare_all(&own_files());
    assert_eq!(others, listed(&page(), "Of the project's scenarios"));
    // All but the answers to a repeat and to a flow, neither of which a book without a log takes.
    assert_eq!(kinds.len(), 21, "every kind of event is compared: {kinds:?}");
}

#[test]
fn scenarios_of_other_engines_give_the_same_events_in_c() {
    let Some(file) = others_file() else {
        println!("skipped: the scenarios of other engines are not here");
        return;
    };
    assert_eq!(compare_all(&[file]).0, listed(&page(), "Of the scenarios of other"));
}
