//! `highwater top` in a terminal: it shows the venue, obeys keys, and ends with its terminal.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;

use program::{PROGRAM, TestDir};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::process::{Child, Command};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_mins(1);

/// The program in a terminal, which is ours.
fn in_a_terminal(place: &TestDir, args: &str) -> (Child, File) {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let size = Winsize { ws_row: 40, ws_col: 120, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&ours, size).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    let name = OsStr::from_bytes(name.as_bytes());
    let theirs = OpenOptions::new().read(true).write(true).open(name).unwrap();
    let mut command = Command::new(PROGRAM);
    command.args(args.split_whitespace()).current_dir(place.path()).env("TERM", "xterm");
    command.stdin(theirs.try_clone().unwrap());
    command.stdout(theirs.try_clone().unwrap()).stderr(theirs);
    (command.spawn().unwrap(), ours.into())
}

/// Reads until it was shown.
fn wait_for(terminal: &mut File, text: &str) {
    let mut seen = Vec::new();
    let mut bytes = [0; 4_096];
    while !String::from_utf8_lossy(&seen).contains(text) {
        let count = terminal.read(&mut bytes).unwrap();
        seen.extend(&bytes[..count]);
    }
}

/// Whether it succeeded; killed, and a panic, when it goes on.
fn ended(mut child: Child) -> bool {
    let (sender, receiver) = channel();
    let pid = rustix::process::Pid::from_child(&child);
    thread::spawn(move || sender.send(child.wait().unwrap().success()));
    receiver.recv_timeout(PATIENCE).unwrap_or_else(|_| {
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
        panic!("it does not end");
    })
}

fn place(name: &str) -> TestDir {
    let place = TestDir::new("top", name);
    place.done("run --limit 200 --data d");
    place
}

#[test]
fn it_shows_a_log_and_ends_by_its_key() {
    let place = place("key");
    let (child, mut terminal) = in_a_terminal(&place, "top --data d");
    wait_for(&mut terminal, "AURORA");
    terminal.write_all(b"q").unwrap();
    // What it still says has to be read.
    thread::spawn(move || drop(std::io::copy(&mut terminal, &mut std::io::sink())));
    assert!(ended(child));
}

#[test]
fn it_ends_with_its_terminal() {
    let place = place("gone");
    let (child, mut terminal) = in_a_terminal(&place, "top --data d");
    // The last line of its screen; then it waits for a key.
    wait_for(&mut terminal, "q end");
    thread::park_timeout(Duration::from_millis(30));
    drop(terminal);
    assert!(!ended(child), "its terminal is gone");
}
