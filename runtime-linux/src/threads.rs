//! Binding threads to cores, and how soon one gets a core: `sched_setaffinity(2)`,
//! `sched_setattr(2)`, `PR_SET_TIMERSLACK` of `prctl(2)`.

#![expect(unsafe_code, reason = "two system calls that nobody wraps fill or read one structure")]

use highwater_platform::{Pinning, Share, ThreadRole};
use libc::{SYS_sched_getattr, SYS_sched_setattr, c_uint, sched_attr, syscall};
use rustix::process::{getpriority_process, setpriority_process};
use rustix::thread::set_current_timer_slack;
use std::io;
use std::num::NonZeroU64;

/// How much later than asked for a sleeping thread may be woken, in nanoseconds; 50,000 where
/// nobody asks.
const SLACK_NS: u64 = 1_000;

/// How much time the scheduler gives a thread of each niceness from 0 on, in proportion:
/// `sched_prio_to_weight` in the kernel's `kernel/sched/core.c`, 1,024 divided by 1.25 each time.
const WEIGHTS: [u64; 20] =
    [1_024, 820, 655, 526, 423, 335, 272, 215, 172, 137, 110, 87, 70, 56, 45, 36, 29, 23, 18, 15];

/// No thread is nicer.
const NICENESS_MAX: i32 = 19;

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

/// Makes the calling thread nicer than it was, which needs no privilege: `setpriority(2)` changes
/// one thread on Linux. The others have the niceness that this one had.
pub(crate) fn take_share(share: Share) {
    // Only a wish, which no system refuses.
    if let Ok(others) = getpriority_process(None) {
        let niceness = NICENESS_MAX.min(others + nicer_by(share));
        let _refused = setpriority_process(None, niceness);
    }
}

/// How much nicer than others a thread is that gets at least this share of what each of them gets:
/// as nice as it may be.
const fn nicer_by(share: Share) -> i32 {
    let (mut index, mut niceness) = (1, 0);
    while index < WEIGHTS.len() && WEIGHTS[index] * 100 >= WEIGHTS[0] * share.percent() {
        (index, niceness) = (index + 1, niceness + 1);
    }
    niceness
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

    #[test]
    fn a_share_is_the_most_niceness_that_gives_it() {
        let nicer_by = |percent| nicer_by(Share::of_percent(percent).unwrap());
        for (percent, niceness) in
            [(100, 0), (81, 0), (80, 1), (65, 1), (64, 1), (63, 2), (51, 3), (50, 3), (25, 6)]
        {
            assert_eq!(nicer_by(percent), niceness, "{percent}");
        }
        for (percent, niceness) in [(20, 7), (11, 9), (10, 10), (5, 13), (3, 15), (2, 17), (1, 19)]
        {
            assert_eq!(nicer_by(percent), niceness, "{percent}");
        }
        for percent in 1..=100 {
            let niceness = usize::try_from(nicer_by(percent)).unwrap();
            let gives_it = |weight: &u64| weight * 100 >= WEIGHTS[0] * percent;
            assert!(gives_it(&WEIGHTS[niceness]), "{percent}");
            assert!(!WEIGHTS[niceness + 1..].iter().any(gives_it), "{percent}");
        }
    }

    #[test]
    fn a_share_is_of_what_the_other_threads_get() {
        for (percent, nicer_by) in [(50, 3), (1, NICENESS_MAX)] {
            let [others, own] = std::thread::spawn(move || {
                let others = getpriority_process(None).unwrap();
                take_share(Share::of_percent(percent).unwrap());
                [others, getpriority_process(None).unwrap()]
            })
            .join()
            .unwrap();
            assert_eq!(own, NICENESS_MAX.min(others + nicer_by));
            assert_eq!(getpriority_process(None).unwrap(), others, "the other threads");
        }
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
