//! The core's examples of hosts run and come to what they say, in less than 100 lines each.

#![expect(clippy::duplicate_mod, reason = "each example stands for itself")]

#[path = "../../core/examples/embedded.rs"]
mod embedded;
#[path = "../../core/examples/one_thread.rs"]
mod one_thread;
#[path = "../../core/examples/simulator.rs"]
mod simulator;
#[path = "../../core/examples/threads.rs"]
mod threads;

use std::fs;
use std::path::Path;

/// Lines of an example, at most.
const LINES_MAX: usize = 100;

#[test]
fn one_thread_steps_every_stage() {
    one_thread::main().expect("it releases what it should");
}

#[test]
fn each_stage_has_a_thread() {
    threads::main().expect("it releases what it should");
}

#[test]
fn a_simulator_answers_a_question_twice_alike() {
    simulator::main().expect("it trades");
}

#[test]
fn an_embedded_host_runs_once() {
    embedded::main();
    assert_eq!(embedded::run(), None, "what it lives in is taken");
}

#[test]
fn every_example_is_short_and_is_run_here() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/examples");
    let here = include_str!("examples.rs");
    let mut seen = 0;
    for folder in [folder.clone(), folder.join("support")] {
        for entry in fs::read_dir(&folder).expect("it is there") {
            let path = entry.expect("it has a name").path();
            let Ok(text) = fs::read_to_string(&path) else { continue };
            let name = path.file_name().and_then(|name| name.to_str()).expect("plain text");
            assert!(text.lines().count() < LINES_MAX, "{name} is too long");
            let is_support = folder.ends_with("support");
            assert!(is_support || here.contains(&format!("core/examples/{name}\"")), "{name}");
            seen += 1;
        }
    }
    assert!(seen >= 7, "the walk finds them");
}
