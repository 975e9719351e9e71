//! The commands of the tutorial work as they stand there, in one shell, and lose nothing.
//!
//! `highwater` is a function that gives them the program under test; its ports are others, so that
//! venues that run here already are not in the way.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;

use program::{PROGRAM, TestDir};
use std::net::{TcpListener, UdpSocket};
use std::process::Command;

/// What stands before the blocks: whatever happens, no venue stays behind.
const PREAMBLE: &str = r#"
set -eu
trap 'kill -9 $(jobs -p) 2>/dev/null || true' EXIT
highwater() {
    if [ "$1" = serve ]; then
        exec "$HIGHWATER" "$@" --ouch 127.0.0.1:7001 --itch 127.0.0.1:7002 \
            --glimpse 127.0.0.1:7003 --moldudp64 239.255.70.1:7004 --requests 127.0.0.1:7005 \
            --page 127.0.0.1:7006
    fi
    "$HIGHWATER" "$@"
}
"#;

/// The ports of the demonstration, each with one that is free.
fn free_ports() -> Vec<(String, String)> {
    let tcp: Vec<_> = (0..5).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let ports = tcp.iter().map(TcpListener::local_addr).chain([udp.local_addr()]);
    let text = |port: u16| format!(":{port}");
    [7001, 7002, 7003, 7004, 7006, 7005]
        .into_iter()
        .zip(ports)
        .map(|(of_demo, free)| (text(of_demo), text(free.unwrap().port())))
        .collect()
}

/// The blocks of a page that are marked `sh`, as one script.
fn script(page: &str) -> String {
    let blocks = page.split("\n```sh\n").skip(1);
    let blocks = blocks.map(|block| block.split("\n```").next().unwrap_or(block));
    let text = std::iter::once(PREAMBLE).chain(blocks).collect::<Vec<_>>().join("\n");
    free_ports().iter().fold(text, |text, (of_demo, free)| text.replace(of_demo, free))
}

/// Runs a page in an empty directory, and gives what it printed.
fn run(name: &str, page: &str) -> Result<String, String> {
    let place = TestDir::new("tutorial", name);
    let mut shell = Command::new("bash");
    shell.args(["-c", &script(page)]).env("HIGHWATER", PROGRAM);
    let ended = place.start_command(&mut shell).wait();
    if ended.code == Some(0) { Ok(ended.stdout) } else { Err(format!("{ended:?}")) }
}

#[test]
fn the_commands_of_the_tutorial_work_and_nothing_is_lost() {
    let page = include_str!("../../docs/tutorial.md");
    let printed = run("commands", page).unwrap_or_else(|what| panic!("{what}"));
    for promised in [
        "quantity=40 price=99.5000 liquidity_flag=Removed(R)",
        "60 lots",
        "sound, not stopped cleanly; the next start recovers it",
        "quantity=60 price=99.5000 liquidity_flag=Removed(R)",
        "sound, stopped cleanly",
    ] {
        assert!(printed.contains(promised), "'{promised}' is printed:\n{printed}");
    }
    assert_eq!(printed.matches("60 lots").count(), 2, "before the crash and behind it:\n{printed}");
}

#[test]
fn a_command_that_fails_and_a_loss_are_found() {
    for block in ["false\necho b", "highwater --nonsense", "head -n 2 a | cmp b -"] {
        run("failing", &format!("x\n```sh\n{block}\n```\n")).expect_err(block);
    }
    assert_eq!(run("good", "x\n```sh\necho b\n```\n").as_deref(), Ok("b\n"));
}
