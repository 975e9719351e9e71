//! What a disk may hold after a power cut follows from a trace: what syncs cover, and nothing more.
#![cfg(target_os = "linux")]

#[path = "common/calls.rs"]
pub mod calls;
#[path = "common/power.rs"]
pub mod power;
#[path = "common/program.rs"]
pub mod program;
#[path = "common/sectors.rs"]
pub mod sectors;
#[path = "common/trace.rs"]
pub mod trace;

use calls::history;
use power::Forgets;
use program::{Random, TestDir};
use trace::Trace;

/// How many of some seeds find the bytes that this trace writes before the power is cut.
fn kept(place: &TestDir, calls: &str) -> usize {
    let begin = "7 open(\"\\x64\", O_RDONLY|O_DIRECTORY) = 3\n\
                 7 open(\"\\x64\\x2f\\x61\", O_RDWR|O_CREAT, 0644) = 4\n7 fsync(3) = 0\n";
    place.write("trace", [begin, calls].concat());
    let history = history(&Trace::read(place), place.path(), "d", None, &[]);
    let left = |seed| history.left(usize::MAX, Forgets::Nothing, &mut Random::new(seed));
    (0..100).filter(|seed| left(*seed).unwrap().get("a") == Some(&vec![0x61; 4])).count()
}

#[test]
fn a_sync_covers_what_had_ended_before_it_began() {
    let place = TestDir::new("power_model", "spans");
    let write = |more: &str| format!("7 pwrite64(4, \"{}\", 4, 0{more}\n", "\\x61".repeat(4));
    let (whole, begun) = (write(") = 4"), write(" <unfinished ...>"));
    let end = "7 <... pwrite64 resumed>) = 4\n";
    let (sync, sync_end) = ("8 fdatasync(4 <unfinished ...>\n", "8 <... fdatasync resumed>) = 0\n");
    assert_eq!(kept(&place, &[&whole, sync, sync_end].concat()), 100);
    assert_eq!(kept(&place, &[&begun, end, sync, sync_end].concat()), 100);
    for open in [
        &[whole.as_str()][..],
        &[&whole, sync],
        &[&begun, sync, end, sync_end],
        &[sync, &whole, sync_end],
        &[&whole, "8 fdatasync(4) = -1 EIO (Input/output error)\n"],
        &[&whole, "8 fdatasync(3) = 0\n"],
        // The number is another file's by then.
        &[
            &whole,
            "7 close(4) = 0\n8 open(\"\\x64\\x2f\\x62\", O_RDWR|O_CREAT) = 4\n",
            sync,
            sync_end,
        ],
    ] {
        let kept = kept(&place, &open.concat());
        assert!(kept > 10 && kept < 90, "{kept} of 100: {open:?}");
    }
}
