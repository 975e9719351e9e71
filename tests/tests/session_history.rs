//! The events of a replay are enough to give a session again what it missed: they say whose command
//! they follow from, and which one.

use highwater::command::Command;
use highwater::event::Event;
use highwater::types::{ClientSequence, SessionId};
use std::collections::BTreeMap;
use tests::oracle::applied;
use tests::random::Random;
use tests::workload::{self, LastClientSequences};

/// Commands of the history.
const COMMANDS: usize = 2_000;
const SESSION: SessionId = SessionId(2);

/// A history of commands that were all executed.
fn history() -> Vec<Command> {
    let mut random = Random::new(11);
    let mut last = LastClientSequences::new();
    let mut commands = Vec::new();
    while commands.len() < COMMANDS {
        let command = workload::timed(&mut random, &last).command;
        if workload::is_fresh(&command, &last) {
            workload::note(&command, &mut last);
            commands.push(command);
        }
    }
    commands
}

/// The events that `SESSION` missed, picked from a replay: each with the command it follows from,
/// which the first event of a command answers.
fn picked(replayed: &[Event], after: ClientSequence) -> Vec<(ClientSequence, Event)> {
    let mut answered = ClientSequence(0);
    let own = replayed.iter().filter(|event| event.session == SESSION);
    let with_command = own.map(|event| {
        answered = event.answers().unwrap_or(answered);
        (answered, *event)
    });
    with_command.filter(|(client_sequence, _)| *client_sequence > after).collect()
}

/// The same, from the commands: sequence by sequence.
fn expected(commands: &[Command], replayed: &[Event], after: u64) -> Vec<(ClientSequence, Event)> {
    let by_sequence: BTreeMap<u64, &Command> = (1..).zip(commands).collect();
    let of_session = |event: &&Event| {
        let command = by_sequence[&event.sequence.0];
        command.session == SESSION && command.client_sequence.0 > after
    };
    let with_command = |event: &Event| (by_sequence[&event.sequence.0].client_sequence, *event);
    replayed.iter().filter(of_session).map(with_command).collect()
}

#[test]
fn a_session_gets_its_events_again_after_any_client_sequence() {
    let commands = history();
    let (last, replayed) = applied(&commands, |book| book.last_client_sequence(SESSION));
    assert!(last.0 > 300, "the session was busy: {last}");
    for after in (0..=last.0 + 1).step_by(7).chain([last.0 - 1, last.0, last.0 + 1]) {
        let missed = picked(&replayed, ClientSequence(after));
        assert_eq!(missed, expected(&commands, &replayed, after), "after {after}");
        assert_eq!(missed.is_empty(), after >= last.0, "after {after}");
    }
}

#[test]
fn a_wrong_pick_would_be_seen() {
    let commands = history();
    let (last, replayed) = applied(&commands, |book| book.last_client_sequence(SESSION));
    let half = last.0 / 2;
    let missed = picked(&replayed, ClientSequence(half));
    assert_ne!(missed, expected(&commands, &replayed, half - 7), "one command more");
    assert_ne!(missed, expected(&commands, &replayed, half + 7), "one command less");
}
