//! The engine's log writer asks the pacing, tells it what it needs, and ends a hold early where
//! somebody waits.

use highwater::block::Chain;
use highwater::book::Book;
use highwater::command::TimedCommand;
use highwater::engine::{Engine, Stages};
use highwater::limits::BLOCK_BYTES;
use highwater::log_file::{LogFault, LogFile};
use highwater::log_writer::{LogSettings, LogWriter, OpenedLog};
use highwater::pacing::SPACING_NS;
use highwater::record::Body;
use highwater::ring::Producer;
use highwater::sequencer::Sequencer;
use highwater::stage::{Shared, Step};
use highwater::sync_mode::{Hold, SyncMode};
use highwater::types::Sequence;
use std::cell::RefCell;
use tests::hooked_log::{HookedLog, LogHooks};
use tests::log_builder;
use tests::oracle::book_memory;
use tests::sim_log::{FileForm, SimLog};
use tests::workload::CAPACITIES;

const RING: usize = 1_024;
const SYNC_NS: u64 = 60_000;
const STALL_NS: u64 = 10_000_000;
/// An open load sends a command this often.
const GAP_NS: u64 = 20_000;

/// Who sends commands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Senders {
    /// They wait for answers.
    #[default]
    Callers,
    /// They go by the clock.
    ByClock,
}

/// Time, and who sends commands while it passes.
#[derive(Default)]
struct Outside<'a> {
    now_ns: u64,
    sent: u64,
    senders: Senders,
    next_sync_ns: u64,
    entrance: Option<(Producer<'a, TimedCommand>, Sequencer<'a>)>,
}

impl Outside<'_> {
    fn pass(&mut self, time_ns: u64) {
        self.now_ns += time_ns;
        if self.senders == Senders::ByClock {
            self.send(time_ns / GAP_NS);
        }
    }

    fn send(&mut self, count: u64) {
        let Some((input, sequencer)) = &mut self.entrance else {
            return;
        };
        for _ in 0..count {
            self.sent += 1;
            let Body::Command(command) = log_builder::record(self.sent).body else {
                panic!("it is a command");
            };
            input.push(TimedCommand { timestamp_ns: 1, command }).expect("the ring has room");
            let _step = sequencer.step(&mut || panic!("the event ring has room"));
        }
    }
}

/// Lets time pass in syncs.
struct Passing<'a, 'o>(&'o RefCell<Outside<'a>>);

impl LogHooks<SimLog> for Passing<'_, '_> {
    fn sync(&mut self, log: &mut SimLog) -> Result<(), LogFault> {
        let mut outside = self.0.borrow_mut();
        let time_ns = outside.next_sync_ns;
        outside.pass(time_ns);
        log.sync()
    }
}

type Writer<'a, 'o> = LogWriter<'a, HookedLog<SimLog, Passing<'a, 'o>>>;

/// A log writer behind a stall, and what is around it.
struct Scene<'a, 'o, 's> {
    writer: &'s mut Writer<'a, 'o>,
    outside: &'o RefCell<Outside<'a>>,
    shared: &'a Shared,
    drain: &'s mut dyn FnMut(),
}

impl Scene<'_, '_, '_> {
    /// One step; `None` when the group is held back.
    fn step(&mut self, sync_ns: u64) -> Option<Step> {
        let now_ns = self.outside.borrow().now_ns;
        self.outside.borrow_mut().next_sync_ns = sync_ns;
        let step = self.writer.step(now_ns).expect("nothing happens");
        (self.drain)();
        let is_held = self.writer.held_until_ns().is_some();
        assert_eq!(is_held, step == Step::Idle, "a group that waits is synced or held");
        (!is_held).then_some(step)
    }

    /// Syncs for 40 milliseconds, and one sync that stalls.
    fn stall(&mut self, commands_each: u64) {
        self.outside.borrow_mut().send(1);
        for _ in 0..40_000_000 / SYNC_NS {
            assert!(matches!(self.step(SYNC_NS), Some(Step::Worked(_))));
            self.outside.borrow_mut().send(commands_each);
        }
        assert!(matches!(self.step(STALL_NS), Some(Step::Worked(_))));
        self.outside.borrow_mut().send(commands_each);
    }
}

/// Plays in front of an engine that runs.
fn play(mode: SyncMode, senders: Senders, scene: impl FnOnce(&mut Scene<'_, '_, '_>)) {
    let mut memory = book_memory();
    let book = Book::new(&mut memory, CAPACITIES, 7).expect("the memory is large enough");
    let mut buffer = vec![0; 64 * BLOCK_BYTES];
    let engine = Engine::<RING, RING, RING>::new();
    let outside = RefCell::new(Outside { senders, now_ns: 1, ..Outside::default() });
    let file = HookedLog { file: SimLog::new(FileForm::Zeroed), hooks: Passing(&outside) };
    let settings = LogSettings { mode, segment_bytes: 1_024 * BLOCK_BYTES as u64 };
    let chain = Chain::empty(log_builder::LOG_ID);
    let opened = OpenedLog { file, buffer: &mut buffer, chain, settings, now_ns: 1 };
    let stages = engine.split(book, opened).expect("nothing happens");
    let Stages { input, sequencer, mut log_writer, mut releaser, shared, .. } = stages;
    outside.borrow_mut().entrance = Some((input, sequencer));
    let mut drain = || {
        let _step = releaser.step(&mut ());
    };
    let writer = &mut log_writer;
    scene(&mut Scene { writer, outside: &outside, shared, drain: &mut drain });
}

/// Plays behind a stall under an open load: the next group is held back.
fn play_held(scene: impl FnOnce(&mut Scene<'_, '_, '_>)) {
    play(SyncMode::GROUP, Senders::ByClock, |held| {
        held.stall(0);
        // What came during the stall is synced at once.
        assert!(held.step(SYNC_NS).is_some());
        assert_eq!(held.step(SYNC_NS), None);
        scene(held);
    });
}

#[test]
fn a_hold_ends_a_spacing_behind_the_start_of_the_last_sync() {
    play_held(|held| {
        let began_ns = held.outside.borrow().now_ns - SYNC_NS;
        assert_eq!(held.writer.held_until_ns(), Some(began_ns + SPACING_NS));
        held.outside.borrow_mut().pass(SPACING_NS - SYNC_NS - 1);
        assert_eq!(held.step(SYNC_NS), None);
        held.outside.borrow_mut().pass(1);
        assert!(held.step(SYNC_NS).is_some());
        assert_eq!(held.step(SYNC_NS), None, "syncs stay spaced");
    });
}

#[test]
fn a_hold_ends_at_a_ring_that_is_half_full() {
    play_held(|held| {
        let waiting = held.outside.borrow().sent - held.shared.durable.get().0;
        held.outside.borrow_mut().send(RING as u64 / 2 - 1 - waiting);
        assert_eq!(held.step(SYNC_NS), None);
        held.outside.borrow_mut().send(1);
        assert!(held.step(SYNC_NS).is_some());
    });
}

#[test]
fn a_hold_ends_where_a_sync_is_wanted() {
    play_held(|held| {
        held.shared.sync_wanted.ask(Sequence(held.outside.borrow().sent));
        assert!(held.step(SYNC_NS).is_some());
    });
}

#[test]
fn a_hold_ends_at_a_stop() {
    play_held(|held| {
        held.shared.halt.stop();
        if let Some((_, sequencer)) = &mut held.outside.borrow_mut().entrance {
            assert_eq!(sequencer.step(&mut || panic!("the event ring has room")), Step::Done);
        }
        assert!(held.step(SYNC_NS).is_some());
    });
}

#[test]
fn callers_who_wait_and_a_mode_without_delay_are_never_held_back() {
    let without_delay = SyncMode::Group(Hold::NONE);
    for (mode, senders, commands_each) in [
        (SyncMode::GROUP, Senders::Callers, 1),
        (SyncMode::GROUP, Senders::Callers, 64),
        (without_delay, Senders::ByClock, 0),
    ] {
        play(mode, senders, |scene| {
            for _ in 0..3 {
                scene.stall(commands_each);
                assert!(scene.step(SYNC_NS).is_some());
                scene.outside.borrow_mut().send(commands_each);
            }
        });
    }
}
