//! The input of a client: lines from standard input, read on a thread of their own.

use super::link::Told;
use std::io::{self, BufRead};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::SyncSender;
use std::thread::{Builder, park_timeout};
use std::time::Duration;

/// Requests that may wait to be sent before further lines are read.
const WAITING_MAX: usize = 1_024;

/// How soon more lines are read when there is room.
const LOOK: Duration = Duration::from_millis(1);

/// Reads lines until there are no more, or nobody wants them. A long script takes no memory: while
/// many requests wait to be sent, none is read.
///
/// # Errors
/// The system has no thread.
pub(super) fn read_lines(told: SyncSender<Told>, waiting: Arc<AtomicUsize>) -> io::Result<()> {
    // It is left behind when the command ends: a read from a terminal can't be interrupted.
    let reader = move || {
        let mut input = io::stdin().lock();
        let mut line = Vec::new();
        let fault = loop {
            line.clear();
            match input.read_until(b'\n', &mut line) {
                Ok(0) => break None,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => break Some(error),
            }
            while waiting.load(Ordering::Acquire) > WAITING_MAX {
                park_timeout(LOOK);
            }
            if told.send(Told::Line(String::from_utf8_lossy(&line).into_owned())).is_err() {
                return;
            }
        };
        drop(told.send(Told::InputEnded(fault)));
    };
    Builder::new().name("hw-input".to_owned()).spawn(reader).map(drop)
}
