//! Nothing is released before it is durable, not even while the sync that makes it so is under way.

use highwater::block::Chain;
use highwater::book::Book;
use highwater::command::TimedCommand;
use highwater::engine::{Engine, Stages};
use highwater::event::Event;
use highwater::limits::BLOCK_BYTES;
use highwater::log_file::{LogFault, LogFile};
use highwater::log_writer::{LogSettings, OpenedLog};
use highwater::record::Body;
use highwater::releaser::Releaser;
use highwater::stage::{Shared, Step};
use highwater::sync_mode::SyncMode;
use highwater::types::{LogPosition, Sequence};
use std::cell::RefCell;
use tests::hooked_log::{HookedLog, LogHooks};
use tests::log_builder;
use tests::oracle::book_memory;
use tests::sim_log::{FileForm, SimLog};
use tests::workload::CAPACITIES;

/// What the releaser handed over, and when.
#[derive(Debug, Default)]
struct Gateway<'a> {
    releaser: Option<Releaser<'a>>,
    /// Before or in an append or a sync.
    early: Vec<Sequence>,
    /// Behind the log writer's step.
    late: Vec<Sequence>,
}

impl Gateway<'_> {
    fn release_early(&mut self) {
        release(self.releaser.as_mut(), &mut self.early);
    }

    fn release_late(&mut self) {
        release(self.releaser.as_mut(), &mut self.late);
    }
}

fn release(releaser: Option<&mut Releaser<'_>>, into: &mut Vec<Sequence>) {
    if let Some(releaser) = releaser {
        let _step = releaser.step(&mut |event: &Event| into.push(event.sequence));
    }
}

/// Gives the gateway's thread its turn in a log's appends and syncs.
struct Interleaved<'a, 'g> {
    gateway: &'g RefCell<Gateway<'a>>,
    /// Set for a log writer that calls durable what it has not synced.
    too_early: Option<&'a Shared>,
}

impl LogHooks<SimLog> for Interleaved<'_, '_> {
    fn append(
        &mut self,
        log: &mut SimLog,
        position: LogPosition,
        blocks: &[u8],
    ) -> Result<(), LogFault> {
        self.gateway.borrow_mut().release_early();
        log.append(position, blocks)?;
        self.gateway.borrow_mut().release_early();
        Ok(())
    }

    fn sync(&mut self, log: &mut SimLog) -> Result<(), LogFault> {
        if let Some(shared) = self.too_early {
            shared.durable.raise(shared.appended.get());
        }
        self.gateway.borrow_mut().release_early();
        log.sync()
    }
}

/// When the high-water mark rises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    BehindTheSync,
    BeforeTheSync,
}

/// Sends commands through an engine, five to an append; returns what was released early and late.
fn released(mode: SyncMode, mark: Mark) -> (Vec<Sequence>, Vec<Sequence>) {
    let mut memory = book_memory();
    let book = Book::new(&mut memory, CAPACITIES, 7).expect("the memory is large enough");
    let mut buffer = vec![0; BLOCK_BYTES];
    let engine = Engine::<16, 16, 16>::new();
    let gateway = RefCell::new(Gateway::default());
    let too_early = (mark == Mark::BeforeTheSync).then(|| engine.shared());
    let hooks = Interleaved { gateway: &gateway, too_early };
    let file = HookedLog { file: SimLog::new(FileForm::Zeroed), hooks };
    let settings = LogSettings { mode, segment_bytes: 4 * BLOCK_BYTES as u64 };
    let chain = Chain::empty(log_builder::LOG_ID);
    let opened = OpenedLog { file, buffer: &mut buffer, chain, settings, now_ns: 1 };
    let stages = engine.split(book, opened).expect("nothing happens");
    let Stages { mut input, mut sequencer, mut log_writer, releaser, .. } = stages;
    gateway.borrow_mut().releaser = Some(releaser);
    for sequence in 1..=20 {
        let Body::Command(command) = log_builder::record(sequence).body else {
            panic!("it is a command");
        };
        input.push(TimedCommand { timestamp_ns: 1, command }).expect("the ring has room");
        if sequence % 5 == 0 {
            let _step = sequencer.step(&mut || panic!("the event ring has room"));
            assert_eq!(log_writer.step(0), Ok(Step::Worked(5)));
            gateway.borrow_mut().release_late();
        }
    }
    let Gateway { early, late, .. } = gateway.take();
    (early, late)
}

#[test]
fn nothing_is_released_during_a_sync() {
    let (early, late) = released(SyncMode::GROUP, Mark::BehindTheSync);
    assert_eq!(early, []);
    assert_eq!(late, (1..=20).map(Sequence).collect::<Vec<_>>());
}

#[test]
fn without_syncs_nothing_is_released_before_it_is_appended() {
    let (early, late) = released(SyncMode::Off, Mark::BehindTheSync);
    assert_eq!(early, []);
    assert_eq!(late, (1..=20).map(Sequence).collect::<Vec<_>>());
}

#[test]
fn a_mark_that_rises_before_the_sync_is_caught() {
    let (early, late) = released(SyncMode::GROUP, Mark::BeforeTheSync);
    assert_eq!(early, (1..=20).map(Sequence).collect::<Vec<_>>());
    assert_eq!(late, []);
}
