//! Quality of service, which macOS has instead of binding threads to cores.

#![expect(unsafe_code, reason = "the call has no safe form here")]

use highwater_platform::{Pinning, Share, ThreadRole};

/// Asks for the fast cores, which all roles deserve; tells whether the system agreed.
pub(crate) fn pin(_: ThreadRole, _: Pinning) -> bool {
    if !cfg!(feature = "affinity") {
        return false;
    }
    let class = libc::qos_class_t::QOS_CLASS_USER_INTERACTIVE;
    ask_for(class)
}

/// Gives the calling thread a class by its share, which the system knows no finer: below a half it
/// runs where there is nothing better to do, but is not starved.
pub(crate) fn take_share(share: Share) {
    let class = match share.percent() {
        ..50 => libc::qos_class_t::QOS_CLASS_UTILITY,
        50.. => libc::qos_class_t::QOS_CLASS_USER_INITIATED,
    };
    // Only a wish, which no system refuses.
    let _refused = ask_for(class);
}

/// Asks for a class; tells whether the system agreed.
fn ask_for(class: libc::qos_class_t) -> bool {
    // SAFETY: the call takes two numbers, valid ones: a class, and a priority from -15 to 0 within
    // it.
    let status = unsafe { libc::pthread_set_qos_class_self_np(class, 0) };
    status == 0
}
