//! The operating system that this runs on, and the process.

use pyo3::prelude::*;

#[cfg(target_os = "linux")]
pub(crate) use runtime_linux::Linux as System;
#[cfg(target_os = "macos")]
pub(crate) use runtime_macos::MacOs as System;

#[cfg(target_os = "linux")]
pub(crate) const SYSTEM: System = runtime_linux::Linux;
#[cfg(target_os = "macos")]
pub(crate) const SYSTEM: System = runtime_macos::MacOs;

/// The process that something was started in. A fork has its memory, but none of its threads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HomeProcess(u32);

impl HomeProcess {
    pub(crate) fn here() -> Self {
        Self(std::process::id())
    }

    pub(crate) fn is_here(self) -> bool {
        self.0 == std::process::id()
    }

    /// Refuses in a fork; `what` is what was started.
    pub(crate) fn sentence(self, what: &str) -> String {
        format!(
            "this {what} belongs to process {}, and this is a fork of it: start one here, or use \
             multiprocessing's start method \"spawn\"",
            self.0
        )
    }

    pub(crate) fn check(self, what: &str, refuse: impl Fn(String) -> PyErr) -> PyResult<()> {
        if self.is_here() { Ok(()) } else { Err(refuse(self.sentence(what))) }
    }
}
