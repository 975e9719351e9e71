//! A snapshot in memory, the book that comes back from it, and the log behind it.

use crate::memory_log::MemoryLog;
use crate::{BOOK_BYTES, CAPACITIES, Failure};
use highwater::block::Chain;
use highwater::book::{Book, StaticBook};
use highwater::limits::BLOCK_BYTES;
use highwater::recovery::{Follower, Replay, Start, recover_from};
use highwater::snapshot::{
    Compression, SnapshotOrigin, read_snapshot_header, restore_snapshot, write_snapshot,
};
use highwater::snapshot_plan::{Choice, SnapshotChoice, Wanted};

static RESTORED: StaticBook<BOOK_BYTES> = StaticBook::new();

/// Writes a snapshot of `book` at the end of its log, restores it, and goes on from there.
pub(crate) fn check(
    log: &mut MemoryLog<'_>,
    buffer: &mut [u8],
    book: &Book<'_>,
    chain: Chain,
) -> Result<(), Failure> {
    let mut file = [0; 4 * BLOCK_BYTES];
    let mut written = 0;
    let compression = Compression::PLAIN;
    let origin = SnapshotOrigin { chain, created_at_ns: 1, compression, host: [1, 2] };
    write_snapshot(book, &origin, buffer, &mut |blocks: &[u8]| {
        let room = file.get_mut(written..written + blocks.len()).ok_or(Failure::Snapshot)?;
        room.copy_from_slice(blocks);
        written += blocks.len();
        Ok::<_, Failure>(())
    })?;
    let header = read_snapshot_header(&file).map_err(|_| Failure::Snapshot)?;
    let listed = [header.sequence()];
    let mut choice = SnapshotChoice::new(Some(chain.log_id), Wanted::NEWEST);
    let is_chosen = choice.next(&listed) == Choice::Snapshot(header.sequence())
        && choice.judge(header.sequence(), &header).is_ok();
    if !is_chosen {
        return Err(Failure::Snapshot);
    }
    let mut rest = file.get(BLOCK_BYTES..written).unwrap_or_default();
    let mut read = |into: &mut [u8]| {
        let count = rest.len().min(into.len());
        let (now, later) = rest.split_at(count);
        into.get_mut(..count).ok_or(Failure::Snapshot)?.copy_from_slice(now);
        rest = later;
        Ok(count)
    };
    let empty = RESTORED.take(CAPACITIES, 4)?;
    let restored = restore_snapshot(empty, &header, buffer, &mut read);
    let mut restored = restored.map_err(|_: RestoreFault| Failure::Snapshot)?;
    let start = Start::Snapshot(header.chain);
    let mut nobody = ();
    let mut visitor = Replay::new(&mut restored, &mut nobody);
    let reached = Follower::new(start).follow(log, buffer, &mut visitor, header.sequence())?;
    let scanned = recover_from(log, buffer, &mut visitor, (start, header.sequence()))?;
    let is_right = reached == header.sequence()
        && scanned.chain() == Some(chain)
        && restored.state_hash() == book.state_hash();
    if is_right { Ok(()) } else { Err(Failure::Snapshot) }
}

/// Why the book was not restored.
type RestoreFault = highwater::snapshot::RestoreFault<Failure>;
