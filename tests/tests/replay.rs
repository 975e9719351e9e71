//! Replay gives the same state: records bring a book in other memory to the same hashes after every
//! command, and the hash of the state tells states apart that differ in one field.

#[path = "model/flows.rs"]
mod flows;
#[path = "replay/pairs.rs"]
mod pairs;
#[path = "model/worlds.rs"]
mod worlds;

use highwater::book::Book;
use highwater::command::{Action, Command};
use highwater::event::Event;
use highwater::record::{Body, RECORD_BYTES_MAX, Record};
use highwater::types::{AccountId, Capacities, ClientSequence, Sequence, SessionId};
use pairs::{Difference, pairs};
use worlds::World;

/// Flows of each world, for each of its shares of 100.
const FLOWS_PER_SHARE: u64 = 20;

/// The hashes of a book: of all its events, and of its state.
type Hashes = (u64, u64);

#[test]
fn records_bring_another_book_to_the_same_state_after_every_command() {
    for world in worlds::all() {
        for seed in 0..world.share * FLOWS_PER_SHARE {
            let (log, hashes) = written(&world, seed);
            assert!(!hashes.is_empty());
            assert_eq!(replayed(&world, &log), hashes, "world {}, seed {seed}", world.name);
        }
    }
}

#[test]
fn a_replay_that_loses_an_account_comes_to_another_state() {
    let world = &worlds::all()[0];
    let (log, hashes) = written(world, 1);
    let mut forged = Vec::new();
    let mut rest = log.as_slice();
    while !rest.is_empty() {
        let (mut record, length) = Record::decode(rest).expect("a record");
        rest = &rest[length..];
        if let Body::Command(Command { action: Action::New(new), .. }) = &mut record.body {
            new.account = AccountId(0);
        }
        append(&mut forged, &record);
    }
    assert_ne!(replayed(world, &forged), hashes);
}

/// A flow as records, and the hashes after each of its commands.
fn written(world: &World, seed: u64) -> (Vec<u8>, Vec<Hashes>) {
    let (mut log, mut hashes) = (Vec::new(), Vec::new());
    let outcome = flows::run(world, seed, &mut |command, _, book| {
        let record = Record {
            sequence: book.last_sequence(),
            timestamp_ns: seed,
            body: Body::Command(*command),
        };
        append(&mut log, &record);
        hashes.push((book.running_hash(), book.state_hash()));
        book.check().map_err(|fault| fault.to_string())
    });
    outcome.expect("a sound book");
    (log, hashes)
}

fn append(log: &mut Vec<u8>, record: &Record) {
    let mut room = [0; RECORD_BYTES_MAX];
    let length = record.encode(&mut room).expect("room for a record");
    log.extend(&room[..length]);
}

/// The hashes after each command of some records, in more memory and with another seed.
fn replayed(world: &World, mut log: &[u8]) -> Vec<Hashes> {
    let Capacities { orders, instruments, sessions } = world.capacities;
    let larger = Capacities {
        orders: orders * 5 + 3,
        instruments: instruments * 2 + 1,
        sessions: sessions + 11,
    };
    let mut memory = vec![0; Book::bytes_needed(larger)];
    let mut book = Book::new(&mut memory, larger, 0x5eed).expect("enough memory");
    // It begins as large as it is; the first record says how much it may hold.
    let mut hashes = Vec::new();
    while !log.is_empty() {
        let (record, length) = Record::decode(log).expect("a record");
        log = &log[length..];
        let Body::Command(command) = record.body else { panic!("only commands were written") };
        let sequence = book.last_sequence().next();
        book.apply(sequence, &command, &mut ());
        book.check().expect("a sound book");
        hashes.push((book.running_hash(), book.state_hash()));
    }
    hashes
}

#[test]
fn the_state_hash_tells_states_apart_that_differ_in_one_field() {
    for pair in pairs() {
        let [one, other] = [hashes_of(&pair.one), hashes_of(&pair.other)];
        let (same_events, same_state) = (one.0 == other.0, one.1 == other.1);
        let (wants_same_events, wants_same_state) = match pair.difference {
            Difference::EventOrEnd => (false, false),
            Difference::Content => (true, false),
            Difference::None => (true, true),
        };
        assert_eq!(same_events, wants_same_events, "events: {}", pair.what);
        assert_eq!(same_state, wants_same_state, "state: {}", pair.what);
    }
}

/// The hashes behind a few commands of the operator's session.
fn hashes_of(actions: &[Action]) -> Hashes {
    let capacities = Capacities { orders: 16, instruments: 4, sessions: 4 };
    let mut memory = vec![0; Book::bytes_needed(capacities)];
    let mut book = Book::new(&mut memory, capacities, 7).expect("enough memory");
    for (number, action) in (1..).zip(actions) {
        let command = Command {
            session: SessionId::OPERATOR,
            client_sequence: ClientSequence(number),
            action: *action,
        };
        book.apply(Sequence(number), &command, &mut |event: &Event| {
            let is_rejected = event.kind.is_rejected();
            assert!(!is_rejected, "{command:?} is rejected: {event:?}");
        });
    }
    (book.running_hash(), book.state_hash())
}
