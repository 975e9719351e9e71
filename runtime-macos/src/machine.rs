//! What this machine does to an engine, as sysctlbyname(3) and getrlimit(2) tell.
//!
//! What macOS does not tell is unknown, and said to be.

#![expect(unsafe_code, reason = "the call fills a number, and nobody wraps it")]

use highwater_platform::{Finding, Needs};
use rustix::process::{Resource, getrlimit};
use std::ffi::CStr;
use std::ptr;

/// Every finding of the machine that this process runs on.
pub(crate) fn examine(needs: Needs) -> Vec<Finding> {
    vec![cores(needs), governor(), isolation(), large_pages(), locked_memory(), open_files(needs)]
        .into_iter()
        .chain([clock_source(), steal()])
        .collect()
}

/// A number of the kernel; `None` where it has none of this name and size.
fn number(name: &CStr) -> Option<i32> {
    let mut value = 0_i32;
    let mut bytes = size_of::<i32>();
    // SAFETY: the name ends with a zero byte, the kernel writes at most `bytes` into `value`, which
    // has so many, and the length that it wrote into `bytes`; nothing is set.
    let status = unsafe {
        libc::sysctlbyname(
            name.as_ptr(),
            (&raw mut value).cast(),
            &raw mut bytes,
            ptr::null_mut(),
            0,
        )
    };
    (status == 0 && bytes == size_of::<i32>()).then_some(value)
}

fn cores(needs: Needs) -> Finding {
    let (subject, needed) = ("cores", needs.cores);
    let fast = number(c"hw.perflevel0.logicalcpu").or_else(|| number(c"hw.logicalcpu"));
    match fast.and_then(|count| u64::try_from(count).ok()) {
        Some(count) if count < needed => Finding::weak(
            subject,
            format!("{count} fast ones of {needed} that the busy threads need"),
            "take a machine with more; fewer threads than cores wait for each other's turns",
        ),
        Some(count) => Finding::good(subject, format!("{count} fast ones")),
        None => Finding::unknown(subject, "the system does not tell", "sysctl hw tells them"),
    }
}

fn governor() -> Finding {
    let change = "run it on mains power, without the low power mode";
    Finding::unknown("governor", "the system chooses the speed of cores by itself", change)
}

fn isolation() -> Finding {
    let change = "for steady latency take Linux";
    Finding::weak("isolation", "the system sets no core aside", change)
}

fn large_pages() -> Finding {
    let change = "nothing is to be done here; on Linux the book has large pages";
    Finding::weak("large pages", "none can be asked for; pages have 16 KiB", change)
}

fn locked_memory() -> Finding {
    let change = "keep memory free: the book is not locked, as each of its pages would be touched";
    Finding::weak("memlock", "nothing is locked here", change)
}

fn open_files(needs: Needs) -> Finding {
    let (subject, needed) = ("open files", needs.open_files);
    match getrlimit(Resource::Nofile).maximum {
        Some(files) if files < needed => Finding::weak(
            subject,
            format!("{files} of {needed} that a full venue needs"),
            "launchctl limit maxfiles: fewer clients connect",
        ),
        // Without a limit it is still OPEN_MAX, 10,240, says setrlimit(2).
        None => Finding::weak(subject, "10,240", "nothing is to be done: fewer clients connect"),
        Some(files) => Finding::good(subject, files),
    }
}

fn clock_source() -> Finding {
    // mach_absolute_time(3) reads the processor's counter on every Mac that this is built for.
    Finding::good("clock source", "the processor's counter")
}

fn steal() -> Finding {
    let subject = "steal";
    match number(c"kern.hv_vmm_present") {
        Some(0) => Finding::good(subject, "no virtual machine"),
        Some(_) => Finding::unknown(
            subject,
            "a virtual machine, which does not tell",
            "highwater bench shows how long threads stop",
        ),
        None => {
            let change = "highwater bench shows how long threads stop";
            Finding::unknown(subject, "the system does not tell", change)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_platform::Verdict;

    #[test]
    fn names_that_the_kernel_does_not_know_are_unknown() {
        assert_eq!(number(c"hw.nothing.of.this.name"), None);
        assert!(number(c"hw.logicalcpu").is_some());
    }

    #[test]
    fn what_is_not_good_says_what_to_change() {
        for finding in examine(Needs { cores: 3, locked_bytes: 1, open_files: 1 }) {
            assert_eq!(finding.verdict == Verdict::Good, finding.change.is_none(), "{finding:?}");
        }
    }
}
