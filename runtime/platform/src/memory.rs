//! Memory for a book: what is wished for, and what the system gave.

/// What would be good for the engine's memory, and is asked for without insisting.
#[expect(clippy::struct_excessive_bools, reason = "two wishes that do not touch each other")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryWishes {
    /// Large pages: random access is cheaper, touching a byte costs more memory.
    pub huge_pages: bool,
    /// Pages that stay in memory once touched.
    pub locked: bool,
}

/// What became of a wish for the engine's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granted {
    /// It was done; for large pages, the system was told and decides page by page.
    Yes,
    /// The system refused, with this error number.
    No(i32),
    /// It was not wished for, or the memory is too small to gain from it, or the system has no such
    /// thing.
    NotAsked,
}

/// Memory for the engine's pools.
#[derive(Debug)]
pub struct HostMemory {
    /// The memory: page-aligned, all zeros, never given back.
    pub bytes: &'static mut [u8],
    /// Whether the system was told to use large pages.
    pub huge_pages: Granted,
    /// Whether pages stay in memory once touched.
    pub locked: Granted,
}
