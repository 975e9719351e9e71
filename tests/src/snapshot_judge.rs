//! Judges snapshots of any bytes: each is refused, or it is a sound book that goes on.

use crate::from_bytes::{CAPACITIES, commands};
use crate::snapshots::{Parts, chain_behind, restored, written};
use highwater::book::{Admission, Book};
use highwater::command::Action;
use highwater::limits::BLOCK_BYTES;
use highwater::snapshot::{SnapshotFault, read_snapshot_header};

/// Bytes of a header's fields.
const FIELDS_BYTES: usize = 224;

/// Lets any bytes be a snapshot's fields and entries, sealed, and judges it; the header's magic,
/// version and block size are right.
///
/// # Panics
/// When it is taken and is no sound book.
pub fn judge_bytes(bytes: &[u8]) {
    let mut memory = vec![0; Book::bytes_needed(CAPACITIES)];
    let empty = Book::new(&mut memory, CAPACITIES, 1).expect("enough memory");
    let mut parts = Parts::of(&written(&empty, chain_behind(&empty), 1));
    let (fields, entries) = bytes.split_at(bytes.len().min(FIELDS_BYTES));
    for (at, byte) in fields.iter().enumerate().filter(|(at, _)| (48..).contains(at)) {
        parts.header[at] ^= byte;
    }
    parts.entries = entries.chunks(72).map(<[u8]>::to_vec).collect();
    // Why it is refused is no matter here.
    let _fault = judged(parts, bytes);
}

/// Restores a snapshot; where the state hash alone is wrong it is made to fit. What is taken must
/// be a sound book with the image that was given, also behind the commands that `later` says.
///
/// # Errors
/// Why it is refused.
///
/// # Panics
/// When it is taken and is no sound book.
pub fn judged(mut parts: Parts, later: &[u8]) -> Result<(), SnapshotFault> {
    match restored_small(&parts.sealed(), |_| ()) {
        Err(SnapshotFault::HashMismatch { state_hash }) => parts.set_state_hash(state_hash),
        outcome => outcome?,
    }
    let bytes = parts.sealed();
    restored_small(&bytes, |mut book| {
        assert_eq!(book.check(), Ok(()));
        let header = read_snapshot_header(&bytes).expect("it was read before");
        let again = written(&book, header.chain, 1);
        assert!(again[BLOCK_BYTES..] == bytes[BLOCK_BYTES..], "another image");
        apply_all(&mut book, later);
        assert_eq!(book.check(), Ok(()));
    })
}

/// Restores a snapshot into a book as large as those of the commands.
///
/// # Errors
/// Why it is refused.
///
/// # Panics
/// When `then` does.
pub fn restored_small(bytes: &[u8], then: impl FnOnce(Book<'_>)) -> Result<(), SnapshotFault> {
    let mut memory = vec![0; Book::bytes_needed(CAPACITIES)];
    let book = Book::new(&mut memory, CAPACITIES, 2).expect("enough memory");
    restored(bytes, book).map(|(_, book)| then(book))
}

/// Gives a book the commands that some bytes say, numbered on where its sessions stand.
pub fn apply_all(book: &mut Book<'_>, bytes: &[u8]) {
    for mut command in commands(bytes) {
        let last = book.last_client_sequence(command.session).0;
        command.client_sequence.0 = last.saturating_add(1);
        if let Action::Configure(capacities) = command.action
            && !book.fits(capacities)
        {
            continue;
        }
        if book.admit(command.session, command.client_sequence) == Admission::Fresh {
            let next = book.last_sequence().next();
            book.apply(next, &command, &mut ());
        }
    }
}
