//! The processor time of this thread, which what other programs take of a shared machine is not in,
//! and the time that passes.

use rustix::time::{ClockId, clock_gettime};

/// Nanoseconds that this thread has been running.
///
/// # Panics
///
/// When the system's clock runs backwards.
pub fn cpu_ns() -> u64 {
    read(ClockId::ThreadCPUTime)
}

/// Nanoseconds since some time in the past.
///
/// # Panics
///
/// When the system's clock runs backwards.
pub fn now_ns() -> u64 {
    read(ClockId::Monotonic)
}

fn read(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).expect("time only grows");
    seconds * 1_000_000_000 + u64::try_from(time.tv_nsec).expect("part of a second")
}

/// What `work` gives, and the nanoseconds for which it ran.
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, u64) {
    let begin = cpu_ns();
    let result = work();
    (result, cpu_ns() - begin)
}

/// What one of `count` operations costs that took `ns` nanoseconds in all.
#[expect(clippy::cast_precision_loss, reason = "both are far below 2^53")]
pub fn per_operation(ns: u64, count: usize) -> f64 {
    ns as f64 / count as f64
}
