//! The parts of the core that a host rarely touches itself, each of them once, so that all of the
//! core is linked.

use crate::commands::last_command;
use crate::memory_log::MemoryLog;
use crate::{BOOK_BYTES, CAPACITIES, Failure};
use core::fmt::Write;
use highwater::block::{BlockKind, BlockState, read_block, records_of};
use highwater::book::{Change, Depth, DepthChange, StaticBook};
use highwater::checksum::checksum;
use highwater::decimal::DecimalFault;
use highwater::limits::{BLOCK_BYTES, CACHE_LINE_BYTES};
use highwater::log_file::LogFile;
use highwater::pacing::Pacing;
use highwater::padded::Padded;
use highwater::record::{Body, Record};
use highwater::recovery::{Replay, recover};
use highwater::ring::Ring;
use highwater::segment::{FIRST_POSITION, HeaderState, read_header};
use highwater::types::{
    InstrumentId, LogPosition, PriceDecimals, SegmentNumber, Sequence, Side, Ticks,
};
use highwater::watermark::Watermark;

static RING: Ring<u64, 2> = Ring::new();
static SUMMED: StaticBook<BOOK_BYTES> = StaticBook::new();
static WATERMARK: Watermark = Watermark::new();

const DEPTH_BYTES: usize = Depth::bytes_needed(CAPACITIES);

/// Looks at a log that the engine wrote, and at a ring and a watermark by themselves.
pub(crate) fn check(log: &mut MemoryLog<'_>, buffer: &mut [u8]) -> Result<(), Failure> {
    let is_right = ring().is_some_and(|is_right| is_right)
        && watermark()
        && pacing()
        && decimal()
        && checksum(&[b"1234", b"56789"]) == 0xe306_9283
        && align_of::<Padded<u8>>() == CACHE_LINE_BYTES
        && blocks(log).is_some_and(|is_right| is_right)
        && depth(log, buffer)?;
    if is_right { Ok(()) } else { Err(Failure::Parts) }
}

fn ring() -> Option<bool> {
    let (mut producer, mut consumer) = RING.split()?;
    let taken = producer.push_many(&[1, 2, 3]);
    let is_full = producer.push(3).is_err();
    let both = [consumer.pop()?, consumer.pop()?];
    Some(taken == 2 && is_full && both == [1, 2] && consumer.is_empty() && RING.split().is_none())
}

fn watermark() -> bool {
    WATERMARK.raise(Sequence(5));
    WATERMARK.get() == Sequence(5)
}

/// A price is read as decimal text and shown so, without an allocation.
fn decimal() -> bool {
    let decimals = PriceDecimals(2);
    let mut shown = Shown { bytes: [0; 8], length: 0 };
    decimals.ticks("101.25") == Ok(Ticks(10_125))
        && decimals.ticks("1.255") == Err(DecimalFault::TooFine(decimals))
        && write!(shown, "{}", decimals.price(Ticks(10_150))).is_ok()
        && shown.bytes.get(..shown.length) == Some(b"101.50".as_slice())
}

/// Text in a buffer of its own.
struct Shown {
    bytes: [u8; 8],
    length: usize,
}

impl Write for Shown {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        let end = self.length + text.len();
        let room = self.bytes.get_mut(self.length..end).ok_or(core::fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

/// A sync that is over at once holds nothing back.
fn pacing() -> bool {
    let mut pacing = Pacing::new();
    pacing.begin_sync(1, 1);
    pacing.end_sync(1, 1);
    pacing.look(2, 1);
    pacing.held_until_ns(2).is_none()
}

/// The first segment's header, the marker that the engine began with, and the first command.
fn blocks(log: &mut MemoryLog<'_>) -> Option<bool> {
    let segment = SegmentNumber::FIRST;
    let mut block = [0; BLOCK_BYTES];
    log.read_at(segment, LogPosition(0), &mut block).ok()?;
    let HeaderState::Intact(header) = read_header(&mut block) else { return None };
    log.read_at(segment, FIRST_POSITION, &mut block).ok()?;
    let version = header.version;
    let state = read_block(&block, version, header.log_id, segment, FIRST_POSITION);
    let BlockState::Intact(marker) = state else { return None };
    let second = LogPosition(FIRST_POSITION.0 + BLOCK_BYTES as u64);
    log.read_at(segment, second, &mut block).ok()?;
    let state = read_block(&block, version, header.log_id, segment, second);
    let BlockState::Intact(head) = state else { return None };
    let (record, length) = Record::decode(records_of(&block, &head)).ok()?;
    let mut again = [0; 128];
    let is_same = record.encode(&mut again) == Some(length)
        && again.get(..length) == records_of(&block, &head).get(..length);
    let is_first = record.sequence == Sequence(1) && matches!(record.body, Body::Command(_));
    Some(is_first && is_same && marker.kind == BlockKind::Recovered)
}

/// The sums of levels: kept along a replay they are those of the book, and they tell what one more
/// command changes.
fn depth(log: &mut MemoryLog<'_>, buffer: &mut [u8]) -> Result<bool, Failure> {
    let mut book = SUMMED.take(CAPACITIES, 5)?;
    let mut memory = [0; DEPTH_BYTES];
    let mut depth = Depth::new(&mut memory, &book, 6)?;
    recover(log, buffer, &mut Replay::new(&mut book, &mut depth))?;
    let mut other_memory = [0; DEPTH_BYTES];
    let loaded = Depth::new(&mut other_memory, &book, 7)?;
    let instrument = InstrumentId(0);
    let agree = |side| {
        let summed = || book.summed_levels(instrument, side);
        summed().next().is_some()
            && depth.levels(&book, instrument, side).eq(summed())
            && loaded.levels(&book, instrument, side).eq(summed())
    };
    let agree = agree(Side::Buy) && agree(Side::Sell);
    let sequence = book.last_sequence().next();
    book.apply(sequence, &last_command(), &mut depth);
    let (mut levels, mut tops) = (0, 0);
    depth.take_changes(&book, |change| match change {
        DepthChange::Level(level) => levels += usize::from(level.change == Change::Gone),
        DepthChange::Top(top) => tops += usize::from(top.bid.is_some() && top.ask.is_none()),
    });
    Ok(agree && (levels, tops) == (1, 1))
}
