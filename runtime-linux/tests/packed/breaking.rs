//! Linux with a call that fails, or moves other bytes than it was given; counted by thread.

use crate::hooked::{Hooked, HookedFile, Hooks, LinuxFile, Opening};
use highwater_platform::{Platform, SegmentFile};
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
pub const BREAKING: Hooked<Breaking> = Hooked(Breaking);

/// Breaks the calls as the thread's plan says.
#[derive(Clone, Copy, Debug)]
pub struct Breaking;

impl Hooks for Breaking {
    type Note = ();

    fn open(
        self,
        opening: Opening,
        _: &Path,
        open: impl FnOnce() -> io::Result<LinuxFile>,
    ) -> io::Result<(LinuxFile, ())> {
        match opening {
            Opening::Created | Opening::Written | Opening::Read => call()?,
            Opening::Probed => (),
        }
        Ok((open()?, ()))
    }

    fn sync_directory(self, directory: &Path) -> io::Result<()> {
        call()?;
        let names = fs::read_dir(directory)?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect::<io::Result<Vec<_>>>()?;
        AT_SYNCS.with_borrow_mut(|syncs| syncs.push(names));
        Linux.sync_directory(directory)
    }

    fn read(self, file: &HookedFile<Self>, position: u64, into: &mut [u8]) -> io::Result<usize> {
        call()?;
        let count = file.file.read_some_at(position, into)?;
        let number = READS.replace(READS.get() + 1);
        if PLAN.get() == Break::FlipRead(number) && count > 0 {
            BROKE.set(true);
            into[count / 2] ^= 0x10;
        }
        Ok(count)
    }

    fn write(
        self,
        file: &HookedFile<Self>,
        position: Option<u64>,
        bytes: &[u8],
    ) -> io::Result<usize> {
        call()?;
        let is_append = position.is_none();
        let number = APPENDS.replace(APPENDS.get() + usize::from(is_append));
        if is_append && PLAN.get() == Break::Flip(number) {
            BROKE.set(true);
            let mut bytes = bytes.to_vec();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0x10;
            return file.pass_on(position, &bytes);
        }
        file.pass_on(position, bytes)
    }

    fn sync(self, file: &HookedFile<Self>) -> io::Result<()> {
        SYNCS_AFTER.set(SYNCS_AFTER.get() + usize::from(BROKE.get()));
        call()?;
        file.file.sync()
    }

    fn before_length(self) -> io::Result<()> {
        call()
    }
}
