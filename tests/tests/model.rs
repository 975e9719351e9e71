//! The book does what the naive book does: the same events and the same state after every command
//! of random flows; and what its depth says is what rests.
//!
//! A run takes a few hundred thousand commands. A campaign of 10 million:
//! `HIGHWATER_COMMANDS=10000000 cargo test --release -p tests --test model -- --nocapture`.

#[path = "model/coverage.rs"]
mod coverage;
#[path = "model/worlds.rs"]
mod worlds;

use coverage::Coverage;
use highwater::book::{Book, Depth};
use highwater::command::Command;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use std::cell::RefCell;
use std::thread;
use tests::comparison::{self, Applied};
use tests::depth_watch::DepthWatch;
use tests::naive_book::{Flaw, NaiveBook};
use tests::random::Random;
use worlds::World;

/// Commands of a run, where the environment names no other number.
const COMMANDS_DEFAULT: u64 = 400_000;

/// The variable of the environment that names another number of commands.
const COMMANDS_VARIABLE: &str = "HIGHWATER_COMMANDS";

#[test]
fn random_flows_are_matched_as_the_naive_book_matches_them() {
    let command_count = std::env::var(COMMANDS_VARIABLE).map_or(COMMANDS_DEFAULT, |number| {
        number.parse().unwrap_or_else(|_| panic!("{COMMANDS_VARIABLE} is no number: {number}"))
    });
    let worlds = worlds::all();
    assert_eq!(worlds.iter().map(|world| world.share).sum::<u64>(), 100);
    let (mut coverage, mut differences) = (Coverage::default(), Vec::new());
    thread::scope(|scope| {
        let runs = worlds.each_ref().map(|world| {
            scope.spawn(move || {
                let half = u64::try_from(world.commands_max / 2).expect("short flows");
                let flows = command_count * world.share / 100 / half + 1;
                run(world, Flaw::Nothing, u32::try_from(flows).expect("below 2^32 flows"))
            })
        });
        for (run, world) in runs.into_iter().zip(&worlds) {
            let outcome = run.join().expect("the run ends");
            let difference = outcome.difference;
            differences
                .extend(difference.map(|difference| format!("{}: {difference}", world.name)));
            coverage.add(&outcome.coverage);
        }
    });
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
    println!("{coverage}");
    assert_eq!(coverage.missing(), Vec::<&str>::new(), "never occurred");
}

#[test]
fn every_flaw_is_noticed() {
    let unnoticed: Vec<Flaw> = thread::scope(|scope| {
        let halves = Flaw::ALL.chunks(Flaw::ALL.len().div_ceil(2));
        let threads: Vec<_> = halves
            .map(|flaws| {
                scope.spawn(|| {
                    flaws.iter().copied().filter(|flaw| !is_noticed(*flaw)).collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|half| half.join().expect("the runs end")).collect()
    });
    assert_eq!(unnoticed, []);
}

#[test]
fn the_documents_name_every_flaw() {
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/testing.md");
    let document = std::fs::read_to_string(document).expect("there is the document");
    let is_missing = |flaw: &&Flaw| !document.contains(&format!("| `{flaw:?}` |"));
    assert_eq!(Flaw::ALL.iter().filter(is_missing).collect::<Vec<_>>(), Vec::<&Flaw>::new());
}

/// Whether a flaw makes a difference in some world; in most, a few flows are enough.
fn is_noticed(flaw: Flaw) -> bool {
    let worlds = worlds::all();
    [20, 80, 320, 1_280, 5_120]
        .into_iter()
        .any(|flows| worlds.iter().any(|world| run(world, flaw, flows).difference.is_some()))
}

/// What came of trying the flows of a world.
struct Outcome {
    /// The first difference, with the shortest flow that shows it.
    difference: Option<String>,
    /// What occurred.
    coverage: Coverage,
}

/// Tries some flows of a world, always the same ones, against a naive book with a flaw.
///
/// A flow is a list of numbers, each of which draws a command; to shorten it, numbers are left out.
fn run(world: &World, flaw: Flaw, flows: u32) -> Outcome {
    let config = Config {
        cases: flows,
        failure_persistence: None,
        max_shrink_iters: if flaw == Flaw::Nothing { 20_000 } else { 0 },
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[42; 32]);
    let numbers = prop::collection::vec(any::<u64>().no_shrink(), 1..world.commands_max);
    let coverage = RefCell::new(Coverage::default());
    let outcome = TestRunner::new_with_rng(config, rng).run(&numbers, |numbers| {
        let mut trial = Trial::new(world, flaw);
        trial.run(&numbers, &mut coverage.borrow_mut()).map_err(TestCaseError::fail)
    });
    let difference = match outcome {
        Ok(()) => None,
        Err(TestError::Fail(reason, shortest)) => {
            let mut trial = Trial::new(world, flaw);
            let again = trial.run(&shortest, &mut Coverage::default());
            let lines: Vec<_> =
                trial.commands.iter().map(|command| format!("{command:?}")).collect();
            Some(format!("{reason}\nagain: {again:?}\nby:\n{}", lines.join("\n")))
        }
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    };
    Outcome { difference, coverage: coverage.into_inner() }
}

/// One flow, given to a naive book and two real ones, the second with another seed and more memory.
struct Trial<'w> {
    world: &'w World,
    naive: NaiveBook,
    /// What was applied.
    commands: Vec<Command>,
}

impl<'w> Trial<'w> {
    const fn new(world: &'w World, flaw: Flaw) -> Self {
        Self { world, naive: NaiveBook::new(world.capacities, flaw), commands: Vec::new() }
    }

    fn run(&mut self, numbers: &[u64], coverage: &mut Coverage) -> Result<(), String> {
        let capacities = self.world.capacities;
        let larger = comparison::larger(capacities);
        let mut memory = vec![0; Book::bytes_needed(capacities)];
        let mut larger_memory = vec![0; Book::bytes_needed(larger)];
        let mut book = Book::new(&mut memory, capacities, 1).expect("enough memory");
        let mut twin = Book::new(&mut larger_memory, larger, 0xfeed_beef).expect("enough memory");
        let mut depth_memory = vec![0; Depth::bytes_needed(capacities)];
        let depth = Depth::new(&mut depth_memory, &book, 3).expect("enough memory");
        let mut watch = DepthWatch::new(depth);
        for command in self.world.setup() {
            self.step(&command, [&mut book, &mut twin], &mut watch, coverage)?;
        }
        for number in numbers {
            let command = self.world.command(&mut Random::new(*number), &book);
            self.step(&command, [&mut book, &mut twin], &mut watch, coverage)?;
        }
        Ok(())
    }

    fn step(
        &mut self,
        command: &Command,
        [book, twin]: [&mut Book<'_>; 2],
        watch: &mut DepthWatch<'_>,
        coverage: &mut Coverage,
    ) -> Result<(), String> {
        self.commands.push(*command);
        let books = [&mut *book, twin];
        match comparison::apply_to_all(command, &mut self.naive, books, &mut watch.depth)? {
            Applied::Duplicate => coverage.note_duplicate(),
            Applied::Events(events) => coverage.note(command, &events),
        }
        watch.check(book)
    }
}
