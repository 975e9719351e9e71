//! Flows of the worlds through a book alone: the same seed gives the same commands.

use crate::worlds::World;
use highwater::book::{Admission, Book};
use highwater::command::Command;
use highwater::event::Event;
use tests::random::Random;

/// Gives a flow to a fresh book, and every command with its events and the book to `watch`.
pub(crate) fn run(
    world: &World,
    seed: u64,
    watch: &mut impl FnMut(&Command, &[Event], &Book<'_>) -> Result<(), String>,
) -> Result<(), String> {
    let mut memory = vec![0; Book::bytes_needed(world.capacities)];
    let mut book = Book::new(&mut memory, world.capacities, seed).expect("enough memory");
    let mut step = |command: &Command, book: &mut Book<'_>| {
        if book.admit(command.session, command.client_sequence) != Admission::Fresh {
            return Ok(());
        }
        let mut events = Vec::new();
        let next = book.last_sequence().next();
        book.apply(next, command, &mut |event: &Event| events.push(*event));
        watch(command, &events, book)
            .map_err(|what| format!("world {}, seed {seed}, {command:?}: {what}", world.name))
    };
    world.setup().iter().try_for_each(|command| step(command, &mut book))?;
    let mut random = Random::new(seed);
    (0..world.commands_max).try_for_each(|_| {
        let command = world.command(&mut random, &book);
        step(&command, &mut book)
    })
}
