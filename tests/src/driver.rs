//! A driver of one engine on one thread: it steps the stages by hand, in an order that a seed
//! decides.

use crate::concurrent_maker::{is_crashed, step_maker};
use crate::engine_run::{End, RunSettings, SyncerFlaw};
use crate::maker::Maker;
use crate::oracle::{Oracle, Violation};
use crate::random::Random;
use crate::sim_log::SimLog;
use crate::workload;
use highwater::engine::Stages;
use highwater::event::Event;
use highwater::log_file::{LogFault, LogFile, LogOperation};
use highwater::log_writer::LogWriter;
use highwater::releaser::Releaser;
use highwater::sequencer::{Sequencer, SequencerHost};
use highwater::stage::{Shared, Step};
use highwater::syncer::Syncer;
use highwater::types::Sequence;
use std::cell::RefCell;

/// What came of a life while it was driven; see [`RunOutcome`](crate::engine_run::RunOutcome).
#[derive(Clone, Debug)]
pub(crate) struct Driven {
    pub(crate) end: End,
    pub(crate) released: Vec<Event>,
    pub(crate) durable: Sequence,
    pub(crate) exposed_count_max: u64,
    pub(crate) wait_count: u64,
    pub(crate) overlap_count: u64,
}

/// The stages of an engine, and who steps them.
#[derive(Debug)]
pub(crate) struct Driver<'a, 'd, 'm, F> {
    input: highwater::ring::Producer<'a, highwater::command::TimedCommand>,
    sequencer: Sequencer<'a>,
    behind: Behind<'a, 'm, F>,
    shared: &'a Shared,
    log: &'d SimLog,
    oracle: &'d mut Oracle,
    random: &'d mut Random,
}

/// The stages behind the sequencer, which work while it waits.
#[derive(Debug)]
struct Behind<'a, 'm, F> {
    log_writer: LogWriter<'a, F>,
    maker: &'a RefCell<Option<Maker<'m>>>,
    shared: &'a Shared,
    flaw: SyncerFlaw,
    syncer: Syncer<'a>,
    /// What the syncer syncs.
    log: SimLog,
    releaser: Releaser<'a>,
    /// The time, in nanoseconds.
    now_ns: u64,
    released: Vec<Event>,
    random: Random,
    wait_count: u64,
    overlap_count: u64,
    /// The log writer came to its end, by a fault or a stop.
    is_over: bool,
}

/// Steps after which an engine counts as hung.
const HUNG: u64 = 1 << 16;

impl<'a, 'd, 'm, F: LogFile> Driver<'a, 'd, 'm, F> {
    /// Takes over the stages.
    pub(crate) fn new(
        stages: Stages<'a, F>,
        maker: &'a RefCell<Option<Maker<'m>>>,
        log: &'d SimLog,
        oracle: &'d mut Oracle,
        random: &'d mut Random,
    ) -> Self {
        let Stages { input, sequencer, log_writer, syncer, releaser, shared } = stages;
        let behind = Behind {
            log_writer,
            maker,
            shared,
            flaw: SyncerFlaw::Nothing,
            syncer,
            log: log.clone(),
            releaser,
            now_ns: 0,
            released: Vec::new(),
            random: random.fork(),
            wait_count: 0,
            overlap_count: 0,
            is_over: false,
        };
        Self { input, sequencer, behind, shared, log, oracle, random }
    }

    /// Steps the stages until their life is over.
    pub(crate) fn run(mut self, settings: &RunSettings) -> Result<Driven, Violation> {
        let end = self.run_to_end(settings)?;
        let Self { behind, shared, .. } = self;
        Ok(Driven {
            end,
            durable: shared.durable.get(),
            exposed_count_max: behind.releaser.exposed_count_max(),
            wait_count: behind.wait_count,
            overlap_count: behind.overlap_count,
            released: behind.released,
        })
    }

    fn run_to_end(&mut self, settings: &RunSettings) -> Result<End, Violation> {
        self.behind.flaw = settings.flaws.syncer;
        for _ in 0..settings.step_count {
            self.step(settings);
            if is_crashed(self.behind.maker) {
                return Ok(End::Killed);
            }
            if self.log.met().is_some() {
                return self.end_after_fault();
            }
        }
        if !settings.stops_cleanly {
            return Ok(End::Killed);
        }
        self.shared.halt.stop();
        for _ in 0..HUNG {
            let is_sequenced = self.sequencer.step(&mut self.behind) == Step::Done;
            self.behind.step_log_writer();
            self.behind.step_syncer();
            let is_released = self.behind.step_releaser() == Step::Done;
            if is_crashed(self.behind.maker) {
                return Ok(End::Killed);
            }
            if self.log.met().is_some() {
                return self.end_after_fault();
            }
            if is_sequenced && is_released && self.behind.is_over {
                return Ok(End::Stopped);
            }
        }
        Err(Violation::Hung)
    }

    fn step(&mut self, settings: &RunSettings) {
        match self.random.below(14) {
            0..3 => {
                for _ in 0..=self.random.below(settings.burst_max) {
                    self.push();
                }
            }
            3..6 => {
                // Done after a fault only, which the caller looks for.
                let _step = self.sequencer.step(&mut self.behind);
            }
            6 | 7 => self.behind.step_log_writer(),
            8 => {
                let _step = self.behind.step_releaser();
            }
            9 => self.behind.step_syncer(),
            10 | 11 => step_maker(self.behind.maker, self.shared),
            12 => self.shared.sync_wanted.ask(self.shared.applied.get()),
            _ => {
                // Its fault is kept, and looked for by the caller.
                let _fault = self.behind.log_writer.mark_idle();
            }
        }
    }

    fn push(&mut self) {
        let timed = workload::timed(self.random, self.oracle.last_client_sequences());
        if self.input.push(timed).is_ok() {
            self.oracle.push(&timed.command);
        }
    }

    /// A fault stops the whole engine: whatever is stepped now, nothing is released, appended or
    /// synced any more.
    fn end_after_fault(&mut self) -> Result<End, Violation> {
        let released_count = self.behind.released.len();
        for _ in 0..8 {
            let _step = self.sequencer.step(&mut self.behind);
            self.behind.step_log_writer();
            self.behind.step_syncer();
            let _step = self.behind.step_releaser();
            let _fault = self.behind.log_writer.mark_idle();
        }
        if self.behind.released.len() != released_count {
            return Err(Violation::LateRelease);
        }
        Ok(End::Happened)
    }
}

impl<F: LogFile> Behind<'_, '_, F> {
    fn step_log_writer(&mut self) {
        let now_ns = self.now_ns();
        self.is_over |= is_over(self.log_writer.step(now_ns));
    }

    /// Lets the syncer sync, slowly: meanwhile the other stages go on.
    fn step_syncer(&mut self) {
        let from_ns = self.now_ns();
        let mut now_ns = from_ns;
        let Self { syncer, flaw, log, log_writer, maker, shared, releaser, random, .. } = self;
        let (released, over) = (&mut self.released, &mut self.is_over);
        let overlap_count = &mut self.overlap_count;
        let mut sync = || {
            if *flaw == SyncerFlaw::RaisesFirst {
                shared.durable.raise(shared.appended.get());
            }
            let appended = shared.appended.get();
            let mut under_way = log.begin_sync()?;
            under_way.segment -= u64::from(*flaw == SyncerFlaw::SyncsEarlier);
            for _ in 0..random.below(6) {
                now_ns += random.below(10_000);
                match random.below(4) {
                    0 => step_maker(maker, shared),
                    1 => {
                        let _step = releaser.step(&mut |event: &Event| released.push(*event));
                    }
                    _ => *over |= is_over(log_writer.step(now_ns)),
                }
            }
            if is_crashed(maker) {
                return Err(LogFault { operation: LogOperation::Sync, code: 0 });
            }
            *overlap_count += u64::from(shared.appended.get() > appended);
            log.end_sync(under_way)
        };
        // Its fault is kept, and looked for by the caller.
        let _step = syncer.step(from_ns, &mut sync);
        self.now_ns = now_ns;
    }

    /// The time, which goes on with every look at it, as a rule: now and then it runs backwards.
    fn now_ns(&mut self) -> u64 {
        if self.random.chance(3) {
            self.now_ns = self.now_ns.saturating_sub(self.random.below(10_000));
        }
        self.now_ns += self.random.below(1_000);
        self.now_ns
    }

    fn step_releaser(&mut self) -> Step {
        let released = &mut self.released;
        self.releaser.step(&mut |event: &Event| released.push(*event))
    }
}

impl<F: LogFile> SequencerHost for Behind<'_, '_, F> {
    fn wait(&mut self) {
        self.wait_count += 1;
        assert!(self.wait_count < HUNG, "the wait for room in the event ring never ends");
        match self.random.below(3) {
            0 => self.step_log_writer(),
            1 => self.step_syncer(),
            _ => {
                let _step = self.step_releaser();
            }
        }
    }
}

/// Whether the log writer has come to its end, by a fault or a stop.
fn is_over(step: Result<Step, LogFault>) -> bool {
    match step {
        Ok(Step::Worked(_) | Step::Idle) => false,
        Ok(Step::Done) | Err(_) => true,
    }
}
