//! Any bytes are commands that the book and the naive book answer alike: the fuzz target over
//! random bytes, for whoever has no fuzzer.

use highwater::command::Action;
use highwater::record::{Body, Record, RecordType};
use highwater::types::Sequence;
use std::collections::BTreeMap;
use tests::comparison::compare_bytes;
use tests::from_bytes::{COMMAND_BYTES, commands};
use tests::naive_book::Flaw;
use tests::random::Random;

/// Inputs of a run.
const INPUTS: u64 = 400;

/// Random bytes that say up to 120 commands, and a few left over.
fn input(seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    let length = random.below(120 * COMMAND_BYTES as u64 + 5);
    (0..length).map(|_| u8::try_from(random.below(256)).expect("a byte")).collect()
}

#[test]
fn the_books_agree_on_any_bytes() {
    for seed in 0..INPUTS {
        let compared = compare_bytes(&input(seed), Flaw::Nothing);
        compared.unwrap_or_else(|difference| panic!("input {seed}: {difference}"));
    }
}

#[test]
fn a_broken_rule_is_noticed() {
    let is_noticed = |flaw| (0..INPUTS).any(|seed| compare_bytes(&input(seed), flaw).is_err());
    assert!(is_noticed(Flaw::LastInFirstOut));
    assert!(is_noticed(Flaw::StrictCrossing));
}

#[test]
fn bytes_say_commands_of_every_kind() {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for command in (0..INPUTS).flat_map(|seed| commands(&input(seed))) {
        let record =
            Record { sequence: Sequence(1), timestamp_ns: 0, body: Body::Command(command) };
        *counts.entry(record.record_type().name()).or_default() += 1;
        if let Action::New(new) = command.action {
            *counts.entry(if new.order_type.is_stop() { "stop" } else { "other" }).or_default() +=
                1;
        }
    }
    for record_type in RecordType::ALL {
        let is_logged_by_itself = record_type == RecordType::RunningHash;
        assert_eq!(counts.contains_key(record_type.name()), !is_logged_by_itself, "{counts:?}");
    }
}
