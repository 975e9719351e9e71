//! A book without a command, in memory of its own.

use crate::error::StartError;
use highwater::book::Book;
use highwater::types::Capacities;
use highwater_platform::{Granted, HostMemory, MemoryWishes, Platform};
use std::fmt;

/// A book without a command, and its memory.
pub struct FreshBook {
    /// The book.
    pub book: Book<'static>,
    /// Bytes of its memory.
    pub bytes: usize,
    /// What was wished for the memory and refused, a line each.
    pub warnings: Vec<String>,
}

impl fmt::Debug for FreshBook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FreshBook").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

/// A new book for `capacities`, in memory of its own that is never given back.
///
/// # Errors
/// The system has no room for it.
pub fn fresh_book<P: Platform>(
    platform: P,
    capacities: Capacities,
) -> Result<FreshBook, StartError> {
    let bytes = Book::bytes_needed(capacities);
    let memory = memory(platform, bytes, MemoryWishes { huge_pages: true, locked: true })?;
    let warnings = memory_warnings(platform, &memory);
    // The seed spreads the hash tables only; a random one keeps strangers from choosing colliding
    // ids.
    let seed = u64::from_le_bytes(
        platform.random().map_err(StartError::Random)?[..8].try_into().unwrap_or_default(),
    );
    let book = Book::new(memory.bytes, capacities, seed)
        .map_err(|fault| StartError::Book(fault.to_string()))?;
    Ok(FreshBook { book, bytes, warnings })
}

pub(crate) fn memory<P: Platform>(
    platform: P,
    bytes: usize,
    wishes: MemoryWishes,
) -> Result<HostMemory, StartError> {
    platform.zeroed_memory(bytes, wishes).map_err(|error| StartError::Memory { bytes, error })
}

fn memory_warnings<P: Platform>(platform: P, memory: &HostMemory) -> Vec<String> {
    let refused = [
        (memory.locked, "memory is not locked, so parts of it may be swapped out"),
        (memory.huge_pages, "memory is in small pages, so random access costs more"),
    ];
    let lines = refused.into_iter().filter_map(|(granted, consequence)| match granted {
        Granted::No(code) => Some(format!("{consequence}: {}", platform.error_text(code))),
        Granted::Yes | Granted::NotAsked => None,
    });
    lines.collect()
}
