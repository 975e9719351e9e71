//! Binding threads to cores: `sched_setaffinity(2)`.

use runtime::platform::{Pinning, ThreadRole};

/// Binds the calling thread to the core of its role; tells whether it did.
pub(crate) fn pin(role: ThreadRole, pinning: Pinning) -> bool {
    let cores = core_affinity::get_core_ids().unwrap_or_default();
    let suffice = cores.len() >= ThreadRole::COUNT;
    let wanted = match pinning {
        Pinning::WhereCoresSuffice => suffice,
        Pinning::Always => !cores.is_empty(),
    };
    // From the last core on: the first ones are where systems handle most interrupts.
    wanted && core_affinity::set_for_current(cores[cores.len() - 1 - role.index() % cores.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cores_after(role: ThreadRole, pinning: Pinning) -> (bool, usize) {
        let pinned = std::thread::spawn(move || {
            let pinned = pin(role, pinning);
            (pinned, std::thread::available_parallelism().unwrap().get())
        });
        pinned.join().unwrap()
    }

    #[test]
    fn a_thread_that_must_have_a_core_gets_one() {
        for role in [ThreadRole::Sequencer, ThreadRole::LogWriter, ThreadRole::Gateway] {
            assert_eq!(cores_after(role, Pinning::Always), (true, 1));
        }
    }

    #[test]
    fn threads_are_left_alone_where_cores_are_few() {
        let cores = std::thread::available_parallelism().unwrap().get();
        let (pinned, left) = cores_after(ThreadRole::Sequencer, Pinning::WhereCoresSuffice);
        assert_eq!(pinned, cores >= ThreadRole::COUNT);
        assert_eq!(left, if pinned { 1 } else { cores });
    }
}
