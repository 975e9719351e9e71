//! The man pages and completions name every command and every flag, and shells take them.

use std::fs;
use std::path::Path;
use std::process::Command;

#[path = "../examples/manual.rs"]
#[expect(dead_code, reason = "the test writes them without the example's command line")]
mod manual;

/// Every command of the command line, by its names from the first on.
fn commands(command: &clap::Command, names: &str) -> Vec<(String, clap::Command)> {
    let below = command.get_subcommands().filter(|it| it.get_name() != "help");
    let below = below.flat_map(|it| commands(it, &format!("{names}-{}", it.get_name())));
    std::iter::once((names.to_owned(), command.clone())).chain(below).collect()
}

/// The flags of a command that the text of its page lacks; it writes a dash with a backslash.
fn missing(command: &clap::Command, page: &str) -> Vec<String> {
    let plain = page.replace('\\', "");
    let flags = command.get_arguments().filter_map(|it| it.get_long());
    flags.map(|it| format!("--{it}")).filter(|flag| !plain.contains(flag)).collect()
}

#[test]
fn every_command_has_a_page_with_its_flags_and_shells_know_them() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("manual");
    manual::write(&folder).unwrap();
    let all = commands(&highwater_cli::cli::command(), "highwater");
    assert!(all.len() > 20, "{}", all.len());
    let bash = fs::read_to_string(folder.join("completions/highwater.bash")).unwrap();
    for (names, command) in &all {
        let page = folder.join(format!("man/{names}.1"));
        let page = fs::read_to_string(&page).unwrap_or_else(|error| panic!("{names}: {error}"));
        assert_eq!(missing(command, &page), [""; 0], "{names}");
        assert_eq!(missing(command, &bash), [""; 0], "{names}");
    }
    for name in
        ["highwater.bash", "_highwater", "highwater.fish", "_highwater.ps1", "highwater.elv"]
    {
        assert!(folder.join("completions").join(name).exists(), "{name}");
    }
    let read =
        Command::new("bash").arg("-n").arg(folder.join("completions/highwater.bash")).output();
    match read {
        Ok(read) => assert!(read.status.success(), "{read:?}"),
        Err(_) => println!("skipped: bash reads its completions, there is no bash"),
    }
}

#[test]
fn a_flag_that_is_not_there_is_missing() {
    let command = clap::Command::new("x").arg(clap::Arg::new("a-b").long("a-b"));
    assert_eq!(missing(&command, "\\fB\\-\\-a\\fR"), ["--a-b"]);
    assert_eq!(missing(&command, "\\fB\\-\\-a\\-b\\fR"), [""; 0]);
}
