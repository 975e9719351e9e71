//! Binding threads to cores, and how soon one gets a core: `sched_setaffinity(2)`,
//! `sched_setattr(2)`, `PR_SET_TIMERSLACK` of `prctl(2)`.

#![expect(unsafe_code, reason = "two system calls that nobody wraps fill or read one structure")]

use highwater_platform::{Pinning, ThreadRole};
use libc::{SYS_sched_getattr, SYS_sched_setattr, c_uint, sched_attr, syscall};
use rustix::process::setpriority_process;
use rustix::thread::set_current_timer_slack;
use std::io;
use std::num::NonZeroU64;

/// How much later than asked for a sleeping thread may be woken, in nanoseconds; 50,000 where
/// nobody asks.
const SLACK_NS: u64 = 1_000;

/// How nice a thread is that steps back, from -20 to 19: it gets a tenth of what another one gets.
const NICENESS: i32 = 10;

/// The shortest slice that the scheduler grants, in nanoseconds.
const SLICE_NS: u64 = 100_000;

/// Binds the calling thread to the core of its role; tells whether it did.
pub(crate) fn pin(role: ThreadRole, pinning: Pinning) -> bool {
    // Only wishes: a kernel that does not know them schedules as it always did.
    let _refused = set_current_timer_slack(NonZeroU64::new(SLACK_NS));
    let _refused = ask_for_slice(SLICE_NS);
    bind(role, pinning)
}

#[cfg(feature = "affinity")]
fn bind(role: ThreadRole, pinning: Pinning) -> bool {
    let cores = core_affinity::get_core_ids().unwrap_or_default();
    let suffice = cores.len() >= ThreadRole::COUNT;
    let wanted = match pinning {
        Pinning::WhereCoresSuffice => suffice,
        Pinning::Always => !cores.is_empty(),
    };
    // From the last core on: the first ones are where systems handle most interrupts.
    wanted && core_affinity::set_for_current(cores[cores.len() - 1 - role.index() % cores.len()])
}

/// A program that was built without it leaves threads where they are.
#[cfg(not(feature = "affinity"))]
fn bind(_: ThreadRole, _: Pinning) -> bool {
    false
}

/// Makes the calling thread nicer than it was: `setpriority(2)` changes one thread on Linux.
pub(crate) fn step_back() {
    // Only a wish, which no system refuses.
    let _refused = setpriority_process(None, NICENESS);
}

/// Asks for time slices of `slice_ns`, from 0.1 ms to 100 ms. A thread that wakes preempts one with
/// a longer slice at once (Linux 6.12 and later), where it would else wait until that has used its
/// own up, some milliseconds: a sync that ended would not be noticed for so long.
fn ask_for_slice(slice_ns: u64) -> io::Result<()> {
    // What is not asked for, the niceness above all, stays as it is.
    let mut attributes = attributes()?;
    attributes.sched_runtime = slice_ns;
    // SAFETY: the call reads a structure of the size that stands in it, which outlives the call.
    let code = unsafe { syscall(SYS_sched_setattr, 0, &raw const attributes, NO_FLAGS) };
    if code == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// How the calling thread is scheduled.
fn attributes() -> io::Result<sched_attr> {
    let mut attributes = sched_attr {
        size: SIZE,
        sched_policy: 0,
        sched_flags: 0,
        sched_nice: 0,
        sched_priority: 0,
        sched_runtime: 0,
        sched_deadline: 0,
        sched_period: 0,
    };
    // SAFETY: the call writes at most the size that it is told into a structure of that size, which
    // outlives the call and is plain numbers.
    let code = unsafe { syscall(SYS_sched_getattr, 0, &raw mut attributes, SIZE, NO_FLAGS) };
    if code == 0 { Ok(attributes) } else { Err(io::Error::last_os_error()) }
}

/// `SCHED_ATTR_SIZE_VER0`: the fields that every kernel since 3.14 knows.
const SIZE: u32 = 48;
const _: () = assert!(size_of::<sched_attr>() == SIZE as usize, "the structure grew");
const NO_FLAGS: c_uint = 0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_is_granted_and_nothing_else_changes() {
        let [before, after] = std::thread::spawn(|| {
            let before = attributes().unwrap();
            ask_for_slice(SLICE_NS).unwrap();
            [before, attributes().unwrap()]
        })
        .join()
        .unwrap();
        assert_eq!(after.sched_nice, before.sched_nice);
        assert_eq!(after.sched_policy, before.sched_policy);
        // Kernels before 6.12 know no slices and answer 0.
        assert!([0, SLICE_NS].contains(&after.sched_runtime), "{}", after.sched_runtime);
    }

    #[cfg(feature = "affinity")]
    fn cores_after(role: ThreadRole, pinning: Pinning) -> (bool, usize) {
        let pinned = std::thread::spawn(move || {
            let pinned = pin(role, pinning);
            (pinned, std::thread::available_parallelism().unwrap().get())
        });
        pinned.join().unwrap()
    }

    #[cfg(feature = "affinity")]
    #[test]
    fn a_thread_that_must_have_a_core_gets_one() {
        for role in [ThreadRole::Sequencer, ThreadRole::LogWriter, ThreadRole::Gateway] {
            assert_eq!(cores_after(role, Pinning::Always), (true, 1));
        }
    }

    #[cfg(feature = "affinity")]
    #[test]
    fn threads_are_left_alone_where_cores_are_few() {
        let cores = std::thread::available_parallelism().unwrap().get();
        let (pinned, left) = cores_after(ThreadRole::Sequencer, Pinning::WhereCoresSuffice);
        assert_eq!(pinned, cores >= ThreadRole::COUNT);
        assert_eq!(left, if pinned { 1 } else { cores });
    }
}
