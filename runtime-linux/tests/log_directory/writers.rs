//! One process writes a data directory, and readers that ask about that are in nobody's way.

use super::{open, options, place, written};
use highwater_platform::{Platform, Sharing};
use highwater_storage::{IoChoice, LogDirectory, OpenError};
use runtime_linux::Linux;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[test]
fn one_process_writes_and_others_are_told() {
    let directory = place("lock").join("data");
    let log = written(&directory, IoChoice::Append, 2);
    let error = LogDirectory::open(Linux, &directory, &options(IoChoice::Append)).unwrap_err();
    assert!(matches!(error, OpenError::InUse(_)), "{error}");
    assert!(error.to_string().contains("in use by another process"));
    let reader = LogDirectory::open_read_only(Linux, &directory).unwrap();
    assert!(reader.writer_is_running().unwrap());
    drop(log);
    assert!(!reader.writer_is_running().unwrap());
    drop(open(&directory, IoChoice::Append));
}

#[test]
fn a_reader_that_asks_in_passing_does_not_keep_a_writer_out() {
    let directory = place("lock_probe").join("data");
    drop(written(&directory, IoChoice::Append, 2));
    let lock = directory.join("lock");
    let done = AtomicBool::new(false);
    let ask = || {
        while !done.load(Ordering::Relaxed) {
            Linux.is_locked(&lock).unwrap();
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(ask);
        let opened = (0..200)
            .all(|_| LogDirectory::open(Linux, &directory, &options(IoChoice::Append)).is_ok());
        done.store(true, Ordering::Relaxed);
        assert!(opened);
    });
}

#[test]
fn a_reader_that_was_interrupted_while_it_asked_keeps_no_writer_out() {
    let directory = place("slow_probe").join("data");
    drop(written(&directory, IoChoice::Append, 2));
    for locked in [directory.clone(), directory.join("lock")] {
        let asked = Linux.lock(&locked, Sharing::Shared).unwrap().expect("no writer has it");
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| open(&directory, IoChoice::Append));
            // Longer than a writer waits for another one.
            Linux.sleep(Duration::from_millis(600));
            drop(asked);
            drop(writer.join().unwrap());
        });
    }
}
