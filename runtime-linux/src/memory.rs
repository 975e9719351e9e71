//! Memory for the engine: mmap(2), madvise(2), mlock2(2).

#![expect(unsafe_code, reason = "fresh pages become a slice here, and nowhere else")]

use highwater_platform::{Granted, HostMemory, MemoryWishes};
use rustix::mm::{Advice, MapFlags, MlockFlags, ProtFlags};
use std::ffi::c_void;
use std::io;
use std::ptr::null_mut;

/// The smallest region that large pages help, in bytes: one large page of x86_64.
const LARGE_PAGE_BYTES: usize = 2 << 20;

/// Memory that is all zeros, and never given back.
pub(crate) fn zeroed(length: usize, wishes: MemoryWishes) -> io::Result<HostMemory> {
    assert!(length > 0, "no memory is not memory");
    let (protection, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE);
    // SAFETY: the address is null, so the system chooses one where nothing is mapped.
    let start = unsafe { rustix::mm::mmap_anonymous(null_mut(), length, protection, flags) }?;
    let is_large = cfg!(feature = "huge-pages") && length >= LARGE_PAGE_BYTES;
    let huge_pages = (wishes.huge_pages && is_large).then(|| use_large_pages(start, length));
    let locked = wishes.locked.then(|| lock_on_fault(start, length));
    // SAFETY: `length` bytes from `start` were mapped above, readable, writable, zeroed,
    // page-aligned and known to nobody else; they are never unmapped.
    let bytes = unsafe { std::slice::from_raw_parts_mut(start.cast::<u8>(), length) };
    Ok(HostMemory { bytes, huge_pages: granted(huge_pages), locked: granted(locked) })
}

fn granted(answer: Option<rustix::io::Result<()>>) -> Granted {
    match answer {
        None => Granted::NotAsked,
        Some(Ok(())) => Granted::Yes,
        Some(Err(errno)) => Granted::No(errno.raw_os_error()),
    }
}

fn use_large_pages(start: *mut c_void, length: usize) -> rustix::io::Result<()> {
    // SAFETY: the region is mapped by the caller, and this advice changes the size of pages, not
    // what is in them.
    unsafe { rustix::mm::madvise(start, length, Advice::LinuxHugepage) }
}

/// `MLOCK_ONFAULT`: a page is kept from when it is first touched; none is touched for this.
fn lock_on_fault(start: *mut c_void, length: usize) -> rustix::io::Result<()> {
    // SAFETY: the region is mapped by the caller; locking changes where its pages are kept, not
    // what is in them.
    unsafe { rustix::mm::mlock_with(start, length, MlockFlags::ONFAULT) }
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
        assert_ne!(memory.huge_pages, Granted::NotAsked);
        assert_ne!(memory.locked, Granted::NotAsked);
    }

    #[test]
    fn small_memory_asks_for_no_large_pages() {
        assert_eq!(zeroed(4096, BOTH).unwrap().huge_pages, Granted::NotAsked);
    }

    #[test]
    fn too_much_memory_is_an_error() {
        let error = zeroed(usize::MAX / 4096 * 4096, BOTH).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::OutOfMemory);
    }

    #[test]
    fn what_is_not_wished_for_is_not_asked() {
        let memory = zeroed(4 << 20, MemoryWishes { huge_pages: false, locked: false }).unwrap();
        assert_eq!((memory.huge_pages, memory.locked), (Granted::NotAsked, Granted::NotAsked));
    }
}
