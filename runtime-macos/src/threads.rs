//! Quality of service, which macOS has instead of binding threads to cores.

#![expect(unsafe_code, reason = "the call has no safe form here")]

use highwater_platform::{Pinning, ThreadRole};

/// Asks for the fast cores, which all roles deserve; tells whether the system agreed.
pub(crate) fn pin(_: ThreadRole, _: Pinning) -> bool {
    if !cfg!(feature = "affinity") {
        return false;
    }
    let class = libc::qos_class_t::QOS_CLASS_USER_INTERACTIVE;
    ask_for(class)
}

/// Lets the system run the calling thread when it has nothing better to do, but not starve it.
pub(crate) fn step_back() {
    // Only a wish, which no system refuses.
    let _refused = ask_for(libc::qos_class_t::QOS_CLASS_UTILITY);
}

/// Asks for a class; tells whether the system agreed.
fn ask_for(class: libc::qos_class_t) -> bool {
    // SAFETY: the call takes two numbers, valid ones: a class, and a priority from -15 to 0 within
    // it.
    let status = unsafe { libc::pthread_set_qos_class_self_np(class, 0) };
    status == 0
}
