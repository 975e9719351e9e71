//! The processor time of this thread: what other programs take of a shared machine is not in it.

use rustix::time::{ClockId, clock_gettime};

/// Nanoseconds that this thread has been running.
///
/// # Panics
///
/// When the system's clock runs backwards.
pub fn cpu_ns() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).expect("time only grows");
    seconds * 1_000_000_000 + u64::try_from(time.tv_nsec).expect("part of a second")
}

/// What `work` gives, and the nanoseconds for which it ran.
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, u64) {
    let begin = cpu_ns();
    let result = work();
    (result, cpu_ns() - begin)
}
