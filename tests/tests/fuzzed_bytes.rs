//! Any bytes are commands that the book and the naive book answer alike, and a snapshot that is
//! refused or a sound book: the fuzz target over random bytes, for whoever has no fuzzer.

use highwater::book::Book;
use highwater::command::Action;
use highwater::limits::BLOCK_BYTES;
use highwater::record::{Body, Record, RecordType};
use highwater::types::Sequence;
use std::collections::BTreeMap;
use tests::comparison::compare_bytes;
use tests::from_bytes::{self, COMMAND_BYTES, commands};
use tests::log_judge::judge_log;
use tests::naive_book::Flaw;
use tests::random::Random;
use tests::snapshot_judge::{apply_all, judged, restored_small};
use tests::snapshots::{Parts, chain_behind, seal, written};

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
        let is_logged_by_itself =
            matches!(record_type, RecordType::RunningHash | RecordType::Trade);
        assert_eq!(counts.contains_key(record_type.name()), !is_logged_by_itself, "{counts:?}");
    }
}

#[test]
fn a_changed_log_is_refused_or_a_sound_book() {
    let mut random = Random::new(5);
    let mut counts = [0, 0];
    for _ in 0..2_000 {
        let bytes: Vec<_> =
            (0..random.below(30)).map(|_| random.number().to_le_bytes()[0]).collect();
        counts[usize::from(judge_log(&bytes))] += 1;
    }
    assert!(counts.iter().all(|count| *count > 100), "refused and taken: {counts:?}");
}

/// A snapshot of the book behind the commands that some bytes say.
fn snapshot(seed: u64) -> Vec<u8> {
    let mut memory = vec![0; Book::bytes_needed(from_bytes::CAPACITIES)];
    let mut book = Book::new(&mut memory, from_bytes::CAPACITIES, 1).expect("enough memory");
    apply_all(&mut book, &input(seed));
    written(&book, chain_behind(&book), 1)
}

/// A snapshot in which some bytes, entries or places are other ones, sealed again.
fn changed(seed: u64) -> Parts {
    let mut random = Random::new(seed);
    let mut parts = Parts::of(&snapshot(seed % 97));
    for _ in 0..=random.below(3) {
        let entry = random.index(parts.entries.len().max(1));
        match random.below(8) {
            0 => {
                let at = 12 + random.index(200);
                parts.header[at] ^= u8::try_from(1 + random.below(255)).expect("a byte");
            }
            1 if !parts.entries.is_empty() => parts.entries.push(parts.entries[entry].clone()),
            2 if !parts.entries.is_empty() => drop(parts.entries.remove(entry)),
            3 if !parts.entries.is_empty() => {
                let other = random.index(parts.entries.len());
                parts.entries.swap(entry, other);
            }
            4 => parts.entries.push((0..=random.below(80)).map(|_| byte(&mut random)).collect()),
            _ => {
                if let Some(bytes) = parts.entries.get_mut(entry) {
                    let at = random.index(bytes.len());
                    bytes[at] = byte(&mut random);
                }
            }
        }
    }
    parts
}

fn byte(random: &mut Random) -> u8 {
    u8::try_from(random.below(256)).expect("a byte")
}

#[test]
fn a_changed_snapshot_is_refused_or_a_sound_book() {
    let (mut taken_count, mut faults) = (0, BTreeMap::new());
    for seed in 0..20_000 {
        match judged(changed(seed), &input(seed)) {
            Ok(()) => taken_count += 1,
            Err(fault) => {
                let name = format!("{fault:?}");
                let words = name.split(|sign: char| !sign.is_ascii_alphabetic()).take(2);
                *faults.entry(words.collect::<Vec<_>>().join(" ")).or_insert(0) += 1;
            }
        }
    }
    println!("{taken_count} taken, {faults:?}");
    assert!(taken_count > 1_000, "{taken_count}");
    for name in ["Image Counts", "Image Entry", "Image Misplaced", "Image Order", "Header"] {
        assert!(faults.contains_key(name), "{name} in {faults:?}");
    }
}

#[test]
fn any_bytes_are_no_snapshot() {
    for seed in 0..2_000 {
        let mut random = Random::new(seed);
        let length = random.index(4 * BLOCK_BYTES);
        let mut bytes: Vec<u8> = (0..length).map(|_| byte(&mut random)).collect();
        if random.chance(70) {
            // A sound beginning, magic and checksums.
            let sound = snapshot(seed % 97);
            let kept = random.index(BLOCK_BYTES).min(length);
            bytes[..kept].copy_from_slice(&sound[..kept]);
            for block in bytes.chunks_exact_mut(BLOCK_BYTES).skip(1) {
                block[..4].copy_from_slice(b"HWSB");
            }
            bytes.chunks_exact_mut(BLOCK_BYTES).for_each(seal);
        }
        assert!(restored_small(&bytes, |_| ()).is_err(), "{seed}");
    }
}
