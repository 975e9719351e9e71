//! Linux with a call that fails, or moves other bytes than it was given; counted by thread.

use highwater_platform::{
    FileSystem, HostMemory, IoMode, MemoryWishes, Pinning, Platform, ProbeAccess, SegmentFile,
    Sharing, ThreadRole,
};
use runtime_linux::Linux;
use std::cell::{Cell, RefCell};
use std::fs;
use std::io;
use std::path::Path;

/// The system's error number of a disk that fails.
pub const EIO: i32 = 5;

/// What is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    /// The call of this number, from 0, fails.
    Fail(usize),
    /// The append of this number, from 0, writes one bit otherwise.
    Flip(usize),
    /// The read of this number, from 0, gives one bit otherwise.
    FlipRead(usize),
    /// Nothing.
    Nothing,
}

thread_local! {
    static PLAN: Cell<Break> = const { Cell::new(Break::Nothing) };
    static CALLS: Cell<usize> = const { Cell::new(0) };
    static APPENDS: Cell<usize> = const { Cell::new(0) };
    static READS: Cell<usize> = const { Cell::new(0) };
    static SYNCS_AFTER: Cell<usize> = const { Cell::new(0) };
    static BROKE: Cell<bool> = const { Cell::new(false) };
    static AT_SYNCS: RefCell<Vec<Vec<String>>> = const { RefCell::new(Vec::new()) };
}

/// Plans what breaks in this thread from now on.
pub fn plan(plan: Break) {
    PLAN.set(plan);
    CALLS.set(0);
    APPENDS.set(0);
    READS.set(0);
    SYNCS_AFTER.set(0);
    BROKE.set(false);
    AT_SYNCS.take();
}

/// The names in the directory whenever it was synced since the plan.
pub fn names_at_syncs() -> Vec<Vec<String>> {
    AT_SYNCS.take()
}

/// Whether the planned call came.
pub fn broke() -> bool {
    BROKE.get()
}

/// Syncs of files after the call that broke.
pub fn syncs_after() -> usize {
    SYNCS_AFTER.get()
}

fn call() -> io::Result<()> {
    let number = CALLS.replace(CALLS.get() + 1);
    if PLAN.get() == Break::Fail(number) {
        BROKE.set(true);
        return Err(io::Error::from_raw_os_error(EIO));
    }
    Ok(())
}

/// The platform.
#[derive(Clone, Copy, Debug)]
pub struct Breaking;

/// A file of it.
#[derive(Debug)]
pub struct BreakingFile(<Linux as Platform>::Segment);

impl Platform for Breaking {
    type Segment = BreakingFile;
    type Lock = <Linux as Platform>::Lock;

    const DIRECT_NOTE: &'static str = Linux::DIRECT_NOTE;
    const APPEND_NOTE: &'static str = Linux::APPEND_NOTE;
    const DIRECT_NAME: &'static str = Linux::DIRECT_NAME;
    const SYNC_NAME: &'static str = Linux::SYNC_NAME;

    fn create_segment(self, path: &Path, io: IoMode) -> io::Result<BreakingFile> {
        call()?;
        Linux.create_segment(path, io).map(BreakingFile)
    }

    fn open_segment(self, path: &Path, io: IoMode) -> io::Result<BreakingFile> {
        call()?;
        Linux.open_segment(path, io).map(BreakingFile)
    }

    fn open_to_read(self, path: &Path) -> io::Result<BreakingFile> {
        call()?;
        Linux.open_to_read(path).map(BreakingFile)
    }

    fn open_probe(self, path: &Path, access: ProbeAccess) -> io::Result<BreakingFile> {
        Linux.open_probe(path, access).map(BreakingFile)
    }

    fn free_bytes(self, path: &Path) -> io::Result<u64> {
        Linux.free_bytes(path)
    }

    fn sync_directory(self, directory: &Path) -> io::Result<()> {
        call()?;
        let names = fs::read_dir(directory)?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect::<io::Result<Vec<_>>>()?;
        AT_SYNCS.with_borrow_mut(|syncs| syncs.push(names));
        Linux.sync_directory(directory)
    }

    fn file_system(self, path: &Path) -> io::Result<FileSystem> {
        Linux.file_system(path)
    }

    fn lock(self, path: &Path, sharing: Sharing) -> io::Result<Option<Self::Lock>> {
        Linux.lock(path, sharing)
    }

    fn zeroed_memory(self, bytes: usize, wishes: MemoryWishes) -> io::Result<HostMemory> {
        Linux.zeroed_memory(bytes, wishes)
    }

    fn random(self) -> io::Result<[u8; 16]> {
        Linux.random()
    }

    fn pin_thread(self, role: ThreadRole, pinning: Pinning) -> bool {
        Linux.pin_thread(role, pinning)
    }
}

impl SegmentFile for BreakingFile {
    fn read_some_at(&self, position: u64, into: &mut [u8]) -> io::Result<usize> {
        call()?;
        let count = self.0.read_some_at(position, into)?;
        let number = READS.replace(READS.get() + 1);
        if PLAN.get() == Break::FlipRead(number) && count > 0 {
            BROKE.set(true);
            into[count / 2] ^= 0x10;
        }
        Ok(count)
    }

    fn write_some_at(&self, position: u64, bytes: &[u8]) -> io::Result<usize> {
        call()?;
        self.0.write_some_at(position, bytes)
    }

    fn append_some(&self, bytes: &[u8]) -> io::Result<usize> {
        call()?;
        let number = APPENDS.replace(APPENDS.get() + 1);
        if PLAN.get() == Break::Flip(number) {
            BROKE.set(true);
            let mut bytes = bytes.to_vec();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0x10;
            return self.0.append_some(&bytes);
        }
        self.0.append_some(bytes)
    }

    fn sync(&self) -> io::Result<()> {
        SYNCS_AFTER.set(SYNCS_AFTER.get() + usize::from(BROKE.get()));
        call()?;
        self.0.sync()
    }

    fn set_length(&self, length_bytes: u64) -> io::Result<()> {
        call()?;
        self.0.set_length(length_bytes)
    }

    fn length_bytes(&self) -> io::Result<u64> {
        call()?;
        self.0.length_bytes()
    }

    fn drop_cached(&self) {
        self.0.drop_cached();
    }

    fn drop_cached_part(&self, position: u64, length_bytes: u64) {
        self.0.drop_cached_part(position, length_bytes);
    }
}
