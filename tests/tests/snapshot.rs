//! A snapshot brings back a book that answers every later command as the one that it was made of.

#[path = "model/flows.rs"]
mod flows;
#[path = "snapshot/tamper.rs"]
mod tamper;
#[path = "model/worlds.rs"]
mod worlds;

use highwater::book::{Admission, Book};
use highwater::command::Command;
use highwater::event::Event;
use highwater::limits::BLOCK_BYTES;
use highwater::snapshot::{SnapshotFault, read_snapshot_header};
use highwater::types::Capacities;
use tamper::Tampering;
use tests::comparison::larger;
use tests::random::Random;
use tests::snapshots::{Parts, chain_behind, restored, restored_in_pieces, written};
use worlds::World;

/// Flows of each world, for each of its shares of 100.
const FLOWS_PER_SHARE: u64 = 10;
/// Books that are restored in the course of a flow, at most.
const TWINS_MAX: usize = 4;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Looks {
    /// Everything.
    Everywhere,
    /// What is answered, and nothing else.
    AtAnswers,
}

#[test]
fn a_restored_book_answers_every_later_command_alike() {
    for world in worlds::all() {
        for seed in 0..world.share * FLOWS_PER_SHARE {
            let snapshot = |book: &Book<'_>| Some(written(book, chain_behind(book), 1));
            follow(&world, seed, Looks::Everywhere, &snapshot)
                .unwrap_or_else(|difference| panic!("{difference}"));
        }
    }
}

/// Runs a flow; now and then restores a twin of its book, in other memory and with another seed,
/// from what `snapshot` makes of it; compares what all of them answer from then on.
fn follow(
    world: &World,
    seed: u64,
    looks: Looks,
    snapshot: &dyn Fn(&Book<'_>) -> Option<Vec<u8>>,
) -> Result<(), String> {
    let mut random = Random::new(seed ^ 0x5eed);
    let room = larger(world.capacities);
    let mut memories = vec![vec![0; Book::bytes_needed(room)]; TWINS_MAX];
    let mut memories = memories.iter_mut();
    let mut twins: Vec<Book<'_>> = Vec::new();
    let seldom = 1 + random.below(world.commands_max as u64 / 4);
    flows::run(world, seed, &mut |command, events, book| {
        for twin in &mut twins {
            answer_alike(twin, command, events)?;
            if looks == Looks::Everywhere {
                compare(twin, book)?;
            }
        }
        if random.below(seldom) == 0
            && memories.len() > 0
            && let Some(bytes) = snapshot(book)
            && let Some(memory) = memories.next()
        {
            let empty = Book::new(memory, room, random.number()).expect("enough memory");
            let (header, twin) = restored(&bytes, empty).map_err(|fault| fault.to_string())?;
            if looks == Looks::Everywhere {
                compare(&twin, book)?;
                same("image", &written(&twin, header.chain, 2), &bytes)?;
            }
            twins.push(twin);
        }
        Ok(())
    })
}

/// Gives a twin the command that gave `events`.
fn answer_alike(twin: &mut Book<'_>, command: &Command, events: &[Event]) -> Result<(), String> {
    let admission = twin.admit(command.session, command.client_sequence);
    same("admission", &admission, &Admission::Fresh)?;
    let mut answers = Vec::new();
    let next = twin.last_sequence().next();
    twin.apply(next, command, &mut |event: &Event| answers.push(*event));
    same("answers", &answers.as_slice(), &events)
}

fn compare(twin: &Book<'_>, book: &Book<'_>) -> Result<(), String> {
    same("running hash", &twin.running_hash(), &book.running_hash())?;
    same("state hash", &twin.state_hash(), &book.state_hash())?;
    same("next expiry", &twin.next_expiry_ns(), &book.next_expiry_ns())?;
    twin.check().map_err(|fault| fault.to_string())
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, is: &T, wanted: &T) -> Result<(), String> {
    if is == wanted { Ok(()) } else { Err(format!("{what}: {is:?} instead of {wanted:?}")) }
}

#[test]
fn a_book_that_would_be_restored_wrong_is_refused() {
    for tampering in Tampering::ALL {
        let mut count = 0;
        let outcome = each_snapshot(&mut |bytes, room| {
            let Some(parts) = tampering.apply(Parts::of(bytes)) else { return };
            let fault = fault_of(&parts.sealed(), room);
            let is_seen =
                matches!(fault, SnapshotFault::HashMismatch { .. } | SnapshotFault::Image(_));
            assert!(is_seen, "{tampering:?}: {fault}");
            count += 1;
        });
        outcome.expect("sound flows");
        assert!(count > 0, "{tampering:?} never applies");
    }
}

#[test]
fn a_book_that_is_restored_wrong_answers_otherwise() {
    for tampering in Tampering::ALL.into_iter().filter(|it| it.shows_in_answers()) {
        let forged = |book: &Book<'_>| {
            let parts = tampering.apply(Parts::of(&written(book, chain_behind(book), 1)))?;
            with_its_own_hash(parts, larger(book.memory_capacities()))
        };
        let worlds = worlds::all();
        let is_noticed = (0..400).any(|seed| {
            worlds.iter().any(|world| follow(world, seed, Looks::AtAnswers, &forged).is_err())
        });
        assert!(is_noticed, "{tampering:?}");
    }
}

/// The snapshot with the state hash that its book comes to; `None` when it is no book.
fn with_its_own_hash(mut parts: Parts, room: Capacities) -> Option<Vec<u8>> {
    let fault = fault_of(&parts.sealed(), room);
    let SnapshotFault::HashMismatch { state_hash } = fault else {
        assert!(matches!(fault, SnapshotFault::Image(_)), "not for what it holds: {fault}");
        return None;
    };
    parts.set_state_hash(state_hash);
    Some(parts.sealed())
}

/// Why a snapshot is not taken.
fn fault_of(bytes: &[u8], room: Capacities) -> SnapshotFault {
    let mut memory = vec![0; Book::bytes_needed(room)];
    let book = Book::new(&mut memory, room, 3).expect("enough memory");
    restored(bytes, book).expect_err("it is refused")
}

/// Shows every snapshot of some flows, and the room for its book.
fn each_snapshot(look: &mut dyn FnMut(&[u8], Capacities)) -> Result<(), String> {
    for world in worlds::all() {
        for seed in 0..40 {
            let mut random = Random::new(seed);
            flows::run(&world, seed, &mut |_, _, book| {
                if random.below(20) == 0 {
                    look(&written(book, chain_behind(book), 1), larger(world.capacities));
                }
                Ok(())
            })?;
        }
    }
    Ok(())
}

#[test]
fn pieces_of_any_size_make_the_same_book() {
    each_snapshot(&mut |bytes, room| {
        for piece_bytes in [1, 7, BLOCK_BYTES - 1, BLOCK_BYTES, 3 * BLOCK_BYTES] {
            let mut memory = vec![0; Book::bytes_needed(room)];
            let book = Book::new(&mut memory, room, 9).expect("enough memory");
            let (header, book) = restored_in_pieces(bytes, book, piece_bytes).expect("sound");
            for buffer_blocks in [1, 2, 5] {
                assert_eq!(written(&book, header.chain, buffer_blocks), bytes);
            }
        }
    })
    .expect("sound flows");
}

#[test]
fn what_a_book_needs_is_enough_and_no_less_is() {
    let mut fewer_count = 0;
    each_snapshot(&mut |bytes, _| {
        let header = read_snapshot_header(bytes).expect("a header");
        let needs = header.image.needs();
        let mut memory = vec![0; Book::bytes_needed(needs)];
        let book = Book::new(&mut memory, needs, 9).expect("enough memory");
        restored(bytes, book).expect("enough room");
        for less in [
            Capacities { orders: needs.orders - 1, ..needs },
            Capacities { instruments: needs.instruments - 1, ..needs },
            Capacities { sessions: needs.sessions - 1, ..needs },
        ] {
            let mut memory = vec![0; Book::bytes_needed(less)];
            // One less than the fewest that a book can have is none.
            let Ok(book) = Book::new(&mut memory, less, 9) else { continue };
            let fault = restored(bytes, book).expect_err("too small");
            assert_eq!(fault, SnapshotFault::NeedsCapacities(needs));
            fewer_count += 1;
        }
    })
    .expect("sound flows");
    assert!(fewer_count > 100);
}
