//! What a process was started to ignore: `sigaction(2)`.

#![expect(unsafe_code, reason = "the call fills a structure, and nobody wraps it to read only")]

use libc::{SIG_IGN, c_int, sigaction};
use std::io;
use std::mem::MaybeUninit;
use std::ptr;

/// Whether this process ignores a signal.
pub(crate) fn ignores(signal: c_int) -> io::Result<bool> {
    let mut found = MaybeUninit::<sigaction>::uninit();
    // SAFETY: without a new action the call changes nothing, and it writes one structure, for which
    // there is room.
    let status = unsafe { sigaction(signal, ptr::null(), found.as_mut_ptr()) };
    if status != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call succeeded, so it has filled the structure.
    let found = unsafe { found.assume_init() };
    Ok(found.sa_sigaction == SIG_IGN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ignored_is_told_from_what_is_not() {
        // The standard library has programs ignore a closed pipe.
        assert!(ignores(libc::SIGPIPE).unwrap());
        assert!(!ignores(libc::SIGTERM).unwrap());
        assert!(ignores(-1).is_err());
    }
}
