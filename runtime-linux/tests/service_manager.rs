//! A venue tells the program that manages it when it serves, that it lives, and that it ends.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;

use program::{Running, TestDir};
use rustix::process::Signal;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;
use std::time::Duration;

/// A sign that takes longer does not come.
const PATIENCE: Duration = Duration::from_mins(2);

const SERVE: &str = "serve --data d --json --ouch 127.0.0.1:0 --itch 127.0.0.1:0 \
    --glimpse 127.0.0.1:0 --requests 127.0.0.1:0 --moldudp64 239.255.70.1:0 --page 127.0.0.1:0";

/// A venue whose manager is the test, at a socket of this name.
fn managed(place: &TestDir, socket: &str, watchdog_us: Option<u64>) -> Running {
    let mut command = place.command(SERVE);
    command.env("NOTIFY_SOCKET", socket);
    if let Some(time) = watchdog_us {
        command.env("WATCHDOG_USEC", time.to_string());
    }
    place.start_command(&mut command)
}

/// The next thing that it is told.
fn heard(socket: &UnixDatagram) -> String {
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut text = [0; 64];
    let count = socket.recv(&mut text).expect("it is told something");
    String::from_utf8_lossy(&text[..count]).into_owned()
}

/// The path of a socket: those in a place of a test may be too long for the system.
fn short_path(name: &str) -> String {
    let name = format!("highwater-{name}-{}", std::process::id());
    std::env::temp_dir().join(name).to_str().unwrap().to_owned()
}

#[test]
fn it_is_told_of_the_beginning_of_life_and_of_the_end() {
    let place = TestDir::new("service_manager", "life");
    let path = short_path("life");
    let socket = UnixDatagram::bind(&path).unwrap();
    let running = managed(&place, &path, Some(400_000));
    assert_eq!(heard(&socket), "READY=1");
    // The demonstration's maker trades meanwhile.
    for _ in 0..5 {
        assert_eq!(heard(&socket), "WATCHDOG=1");
    }
    running.signal(Signal::TERM);
    let next = std::iter::repeat_with(|| heard(&socket)).find(|it| it != "WATCHDOG=1");
    assert_eq!(next.as_deref(), Some("STOPPING=1"));
    running.wait().expect_code(0);
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn who_does_not_watch_is_told_of_beginning_and_end_alone() {
    let place = TestDir::new("service_manager", "unwatched");
    // A name without a file.
    let name = format!("highwater-unwatched-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let socket = UnixDatagram::bind_addr(&address).unwrap();
    let running = managed(&place, &format!("@{name}"), None);
    assert_eq!(heard(&socket), "READY=1");
    running.signal(Signal::TERM);
    assert_eq!(heard(&socket), "STOPPING=1");
    running.wait().expect_code(0);
}

#[test]
fn a_manager_that_cannot_be_told_is_a_sentence_and_the_venue_serves() {
    let place = TestDir::new("service_manager", "nobody");
    let nobody = short_path("nobody");
    assert!(!Path::new(&nobody).exists());
    let mut running = managed(&place, &nobody, Some(1));
    running.until(|| place.join("d/admin/socket").exists());
    running.signal(Signal::TERM);
    running.wait().expect_code(0).expect_said("correct NOTIFY_SOCKET");
}
