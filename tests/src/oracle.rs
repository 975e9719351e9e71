//! What must be true of a log after a crash: the commands it was given, the events that follow, and
//! what was released.

use crate::workload::{self, CAPACITIES, LastClientSequences};
use highwater::book::{Book, CheckFault};
use highwater::command::Command;
use highwater::event::Event;
use highwater::recovery::{RecoveryFault, Scanned};
use highwater::types::{Capacities, Sequence};

/// A broken promise.
#[derive(Clone, Debug, PartialEq)]
pub enum Violation {
    /// Commands that must be there are gone.
    Lost {
        /// The highest sequence that must be there.
        promised: Sequence,
        /// The highest that is.
        recovered: Sequence,
    },
    /// There is more in the log than was ever put there.
    Invented(Sequence),
    /// The log is refused though nothing but a crash happened to it.
    Refused(RecoveryFault),
    /// Replay gives other events than the commands do.
    OtherReplay,
    /// Events were released that do not follow, or in another order, or twice.
    OtherRelease,
    /// The book differs from one that applied the same commands.
    OtherBook,
    /// The book contradicts itself.
    UnsoundBook(CheckFault),
    /// After a clean stop something is unanswered, or the log does not say that it was stopped.
    UncleanStop,
    /// After a fault something was still asked of the log.
    LateOperations(u64),
    /// More was released before it was durable than the mode allows.
    OverExposed,
    /// After a fault something was still released.
    LateRelease,
    /// The engine does not come to an end.
    Hung,
    /// A snapshot that has its name is not whole, though nobody has damaged it.
    DamagedSnapshot(Sequence),
    /// A maker of snapshots finds the log damaged before what is durable.
    MakerRefused(RecoveryFault),
    /// A log that lacks what a snapshot covers was taken for a sound one.
    AcceptedLoss,
    /// A log whose beginning was retired has no second snapshot to begin at.
    NoFallback,
    /// A log whose beginning was retired has no snapshot that its consumer can be continued from.
    ConsumerCutOff,
}

/// The commands of a log in their order, and how many of them must not be lost.
#[derive(Clone, Debug, Default)]
pub struct Oracle {
    commands: Vec<Command>,
    last: LastClientSequences,
    promised: Sequence,
    /// The highest sequence that must not be lost unless the power is cut.
    held: Sequence,
}

/// What recovery came to.
#[derive(Debug)]
pub struct Recovered {
    /// The last sequence of the snapshot that it began at; 0 at the log's beginning.
    pub begun_at: Sequence,
    /// What the scan found.
    pub scanned: Scanned,
    /// All events behind that, again.
    pub events: Vec<Event>,
    /// Full hash of the book.
    pub state_hash: u64,
    /// Hash of all events.
    pub running_hash: u64,
    /// Whether the book is sound.
    pub check: Result<(), CheckFault>,
}

impl Oracle {
    /// The last client sequences, with everything that was sent.
    pub const fn last_client_sequences(&self) -> &LastClientSequences {
        &self.last
    }

    /// The commands that were sequenced.
    pub fn commands(&self) -> &[Command] {
        &self.commands
    }

    /// Notes a command that is pushed; a repeat leaves no trace.
    pub fn push(&mut self, command: &Command) {
        if workload::is_fresh(command, &self.last) {
            workload::note(command, &mut self.last);
            self.commands.push(*command);
        }
    }

    /// Promises that no sequence up to this one gets lost.
    pub fn promise(&mut self, sequence: Sequence) {
        self.promised = self.promised.max(sequence);
    }

    /// Promises that only a power cut or a failed sync takes a sequence up to this one.
    pub fn hold(&mut self, sequence: Sequence) {
        self.held = self.held.max(sequence);
    }

    /// The power was cut, or a sync failed: what was only held may be gone.
    pub const fn let_go(&mut self) {
        self.held = Sequence(0);
    }

    /// Checks what one life released: the events that follow from the commands behind `before`, as
    /// far as they came.
    ///
    /// # Errors
    /// The violation.
    pub fn check_released(&self, before: Sequence, released: &[Event]) -> Result<(), Violation> {
        let ((), events) = applied(&self.commands, |_| ());
        let mut expected = events.iter().filter(|event| event.sequence > before);
        let logged = released.iter().filter(|event| !is_unlogged(event));
        for event in logged {
            if expected.next() != Some(event) {
                return Err(Violation::OtherRelease);
            }
        }
        Ok(())
    }

    /// Checks that every command is answered.
    ///
    /// # Errors
    /// The violation.
    pub fn check_complete(&self, before: Sequence, released: &[Event]) -> Result<(), Violation> {
        let ((), events) = applied(&self.commands, |_| ());
        let expected_count = events.iter().filter(|event| event.sequence > before).count();
        let count = released.iter().filter(|event| !is_unlogged(event)).count();
        if count == expected_count { Ok(()) } else { Err(Violation::UncleanStop) }
    }

    /// Checks what recovery found, and goes on from there: what is not in the log was never
    /// promised, and is gone.
    ///
    /// # Errors
    /// The violation.
    pub fn check_recovered(&mut self, recovered: &Recovered) -> Result<(), Violation> {
        let last = recovered.scanned.last_sequence;
        let promised = self.promised.max(self.held);
        if last < promised {
            return Err(Violation::Lost { promised, recovered: last });
        }
        let surviving = usize::try_from(last.0).ok().and_then(|count| self.commands.get(..count));
        let surviving = surviving.ok_or(Violation::Invented(last))?;
        let ((state_hash, running_hash), events) =
            applied(surviving, |book| (book.state_hash(), book.running_hash()));
        let is_behind = |event: &&Event| event.sequence > recovered.begun_at;
        if !events.iter().filter(is_behind).eq(&recovered.events) {
            return Err(Violation::OtherReplay);
        }
        if (recovered.state_hash, recovered.running_hash) != (state_hash, running_hash) {
            return Err(Violation::OtherBook);
        }
        recovered.check.map_err(Violation::UnsoundBook)?;
        self.commands = surviving.to_vec();
        self.last = LastClientSequences::new();
        self.commands.iter().for_each(|command| workload::note(command, &mut self.last));
        self.promise(last);
        Ok(())
    }
}

/// True for an answer that follows from no record, so that replay does not give it again.
pub const fn is_unlogged(event: &Event) -> bool {
    event.kind.is_duplicate()
}

/// Applies commands to an empty book; returns what `look` sees of it, and all events.
///
/// # Panics
/// When a command is a repeat.
pub fn applied<T>(commands: &[Command], look: impl FnOnce(&Book<'_>) -> T) -> (T, Vec<Event>) {
    applied_in(CAPACITIES, commands, look)
}

/// The same, to a book with these capacities.
///
/// # Panics
/// When a command is a repeat.
pub fn applied_in<T>(
    capacities: Capacities,
    commands: &[Command],
    look: impl FnOnce(&Book<'_>) -> T,
) -> (T, Vec<Event>) {
    let mut memory = vec![0; Book::bytes_needed(capacities)];
    let mut book = Book::new(&mut memory, capacities, 7).expect("the memory is large enough");
    let mut events = Vec::new();
    for command in commands {
        let sequence = book.last_sequence().next();
        book.apply(sequence, command, &mut |event: &Event| events.push(*event));
    }
    (look(&book), events)
}

/// Memory for a small book.
pub fn book_memory() -> Vec<u8> {
    vec![0; Book::bytes_needed(CAPACITIES)]
}
