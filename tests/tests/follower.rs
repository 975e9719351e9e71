//! A follower reads a log beside its engine as far as is durable: every record once, and nothing
//! behind.

use highwater::block::BlockKind;
use highwater::limits::BLOCK_BYTES;
use highwater::record::Record;
use highwater::recovery::{Damage, Follower, RecoveryFault, Start, Visitor};
use highwater::sync_mode::SyncMode;
use highwater::types::{LogId, LogPosition, SegmentNumber, Sequence};
use tests::batch_writer::{self, Script};
use tests::log_builder::{self, LogBuilder};
use tests::random::Random;
use tests::sim_log::SimLog;

/// The sequences of the commands that came by.
#[derive(Default)]
struct Collected(Vec<u64>);

impl Visitor for Collected {
    fn record(&mut self, record: &Record) -> Result<(), RecoveryFault> {
        self.0.push(record.sequence.0);
        Ok(())
    }
}

/// Follows a log to `until`, with a buffer of one block.
fn follow(
    follower: &mut Follower,
    log: &SimLog,
    collected: &mut Collected,
    until: u64,
) -> Result<Sequence, RecoveryFault> {
    let mut buffer = vec![0; BLOCK_BYTES];
    follower.follow(&mut log.clone(), &mut buffer, collected, Sequence(until))
}

#[test]
fn a_follower_hands_on_what_it_is_asked_for_and_no_more() {
    for seed in 0..100 {
        let mut random = Random::new(seed);
        let log = log_builder::random_log(seed).log;
        let ends = log_builder::block_ends(&log);
        let last = ends.last().expect("blocks").0;
        let mut follower = Follower::new(Start::Beginning);
        let mut collected = Collected::default();
        let mut until = 0;
        while until < last {
            until = (until + random.below(6)).min(last);
            let reached = follow(&mut follower, &log, &mut collected, until).expect("sound");
            // The last block that ends there or before.
            let wanted = ends.iter().rfind(|end| end.0 <= until).copied().unwrap_or_default();
            assert_eq!(reached, wanted);
            assert_eq!(collected.0, (1..=reached.0).collect::<Vec<_>>());
            let chain = follower.chain();
            assert_eq!(chain.map_or(Sequence(0), |chain| chain.last_sequence()), reached);
        }
    }
}

#[test]
fn a_follower_does_not_judge_what_is_not_durable() {
    let mut builder = LogBuilder::synced(4, 5);
    let reached = |log: &SimLog| {
        let mut follower = Follower::new(Start::Beginning);
        let reached = follow(&mut follower, log, &mut Collected::default(), 10);
        (reached, follower.chain())
    };
    let sound = (Ok(Sequence(10)), Some(builder.chain));
    assert_eq!(reached(&builder.log), sound);
    // A marker that may still be lost is not gone past: a snapshot must not stand behind it.
    builder.marker(BlockKind::Idle);
    assert_eq!(reached(&builder.log), sound);
    // Rot, a block of nowhere, a segment of another log.
    let end = usize::try_from(builder.chain.position.0).expect("small") - BLOCK_BYTES;
    builder.log.edit(2, |file| file[end..].fill(0x5a));
    assert_eq!(reached(&builder.log), sound);
    let other = LogBuilder::of(LogId([1; 16]), 4).log.bytes(1);
    builder.log.with_disk(|disk| disk.place(3, &other));
    assert_eq!(reached(&builder.log), sound);
}

#[test]
fn a_follower_misses_what_is_durable() {
    let log = log_builder::random_log(9).log;
    let heads = log_builder::heads(&log);
    let last = log_builder::block_ends(&log).last().expect("blocks").0;
    for head in &heads {
        let number = usize::try_from(head.number).expect("small");
        let (segment, at) = ((number as u64).div_ceil(3), ((number - 1) % 3 + 1) * BLOCK_BYTES);
        let damaged = log.fork();
        damaged.edit(segment, |file| file[at + 50] ^= 0x81);
        let mut follower = Follower::new(Start::Beginning);
        let outcome = follow(&mut follower, &damaged, &mut Collected::default(), last);
        let damage = Damage::AcknowledgedGone(head.first_sequence);
        let (segment, position) = (SegmentNumber(segment), LogPosition(at as u64));
        assert_eq!(outcome, Err(RecoveryFault::Corrupt { segment, position, damage }));
    }
    let mut follower = Follower::new(Start::Beginning);
    let outcome = follow(&mut follower, &log, &mut Collected::default(), last + 1);
    assert!(matches!(outcome, Err(RecoveryFault::Corrupt { .. })), "{outcome:?}");
    log.with_disk(|disk| disk.remove(2));
    let mut follower = Follower::new(Start::Beginning);
    let outcome = follow(&mut follower, &log, &mut Collected::default(), last);
    assert_eq!(outcome, Err(RecoveryFault::MissingSegment(SegmentNumber(2))));
}

#[test]
fn a_follower_goes_on_beside_a_log_that_grows_and_is_retired() {
    let mut builder = LogBuilder::synced(4, 2);
    let mut follower = Follower::new(Start::Beginning);
    let mut collected = Collected::default();
    assert_eq!(follow(&mut follower, &builder.log, &mut collected, 4), Ok(Sequence(4)));
    for _ in 0..6 {
        builder.synced_blocks(3);
        let last = builder.chain.last_sequence();
        assert_eq!(follow(&mut follower, &builder.log, &mut collected, last.0), Ok(last));
        let standing = follower.chain().expect("a log").segment.0;
        (1..standing).for_each(|segment| builder.log.with_disk(|disk| disk.remove(segment)));
        // One that begins where this one stands goes on like it.
        let start = Start::Snapshot(follower.chain().expect("a log"));
        assert_eq!(Follower::new(start).chain(), follower.chain());
        let mut later = Follower::new(start);
        let outcome = follow(&mut later, &builder.log, &mut Collected::default(), last.0);
        assert_eq!((outcome, later.chain()), (Ok(last), follower.chain()));
    }
    assert_eq!(collected.0, (1..=40).collect::<Vec<_>>());
}

#[test]
fn a_follower_of_nothing_reaches_nothing() {
    let log = SimLog::new(tests::sim_log::FileForm::Zeroed);
    let mut follower = Follower::new(Start::Beginning);
    assert_eq!(follow(&mut follower, &log, &mut Collected::default(), 0), Ok(Sequence(0)));
    assert_eq!(follower.chain(), None);
    let missing = RecoveryFault::MissingSegment(SegmentNumber(1));
    assert_eq!(follow(&mut follower, &log, &mut Collected::default(), 1), Err(missing));
    // Once there is something, it is found.
    let script = Script { mode: SyncMode::GROUP, segment_blocks: 4, batches: &[3], stops: true };
    batch_writer::write(&log, &script).expect("nothing happens");
    let mut collected = Collected::default();
    assert_eq!(follow(&mut follower, &log, &mut collected, 3), Ok(Sequence(3)));
    assert_eq!(collected.0, [1, 2, 3]);
}
