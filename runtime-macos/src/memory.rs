//! Memory for the engine: mmap(2).

#![expect(unsafe_code, reason = "fresh pages become a slice here, and nowhere else")]

use highwater_platform::{Granted, HostMemory, MemoryWishes};
use rustix::mm::{MapFlags, ProtFlags};
use std::io;
use std::ptr::null_mut;

/// Memory that is all zeros, and never given back.
///
/// Large pages can't be asked for here, and locking would touch every page (mlock(2) has no
/// on-fault form), so neither is asked.
pub(crate) fn zeroed(length: usize, _: MemoryWishes) -> io::Result<HostMemory> {
    assert!(length > 0, "no memory is not memory");
    let (protection, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE);
    // SAFETY: the address is null, so the system chooses one where nothing is mapped.
    let start = unsafe { rustix::mm::mmap_anonymous(null_mut(), length, protection, flags) }?;
    // SAFETY: `length` bytes from `start` were mapped above, readable, writable, zeroed,
    // page-aligned and known to nobody else; they are never unmapped.
    let bytes = unsafe { std::slice::from_raw_parts_mut(start.cast::<u8>(), length) };
    Ok(HostMemory { bytes, huge_pages: Granted::NotAsked, locked: Granted::NotAsked })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: MemoryWishes = MemoryWishes { huge_pages: true, locked: true };

    #[test]
    fn memory_is_zero_aligned_and_writable() {
        let memory = zeroed(4 << 20, BOTH).unwrap();
        assert_eq!(memory.bytes.len(), 4 << 20);
        assert!(memory.bytes.as_ptr().addr().is_multiple_of(4096));
        assert!(memory.bytes.iter().all(|byte| *byte == 0));
        memory.bytes.fill(1);
    }

    #[test]
    fn too_much_memory_is_an_error() {
        assert!(zeroed(usize::MAX / 16384 * 16384, BOTH).is_err());
    }
}
