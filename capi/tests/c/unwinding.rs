//! Promise: no panic gets out of the library; a bug ends the process.

use crate::compiler::{Language, Library, PATIENCE, build, outcome, program, said};

/// SIGABRT.
const ABORT: i32 = 6;

#[cfg(unix)]
#[test]
fn a_panic_behind_the_interface_ends_the_process() {
    use std::os::unix::process::ExitStatusExt;
    let Some(host) = build(Language::Cpp, &["tests/c/programs/unwinding.cpp"], Library::Shared)
    else {
        return;
    };
    let sound = outcome(&mut program(&host), PATIENCE);
    assert_eq!(sound.status.code(), Some(0), "unspoiled, all is well: {}", said(&sound));
    let spoiled = outcome(program(&host).arg("spoil"), PATIENCE);
    assert_eq!(spoiled.status.signal(), Some(ABORT), "{}", said(&spoiled));
    assert!(
        said(&spoiled).contains("panic in a function that cannot unwind"),
        "{}",
        said(&spoiled)
    );
    assert!(!said(&spoiled).contains("caught"), "nothing reached the host");
}
