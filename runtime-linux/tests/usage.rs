//! Help and usage errors are for who uses the program: they name flags, and nothing of its sources.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;

use program::TestDir;

/// The commands that the help lists.
fn commands(place: &TestDir) -> Vec<String> {
    let help = place.done("--help").stdout;
    let listed = help.split("\nCommands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let names = listed.lines().filter_map(|line| line.split_whitespace().next());
    let names: Vec<String> = names.filter(|name| *name != "help").map(str::to_owned).collect();
    assert!(names.len() >= 14 && names.iter().any(|name| name == "run"), "{names:?}");
    names
}

#[test]
fn help_says_nothing_of_the_sources() {
    let place = TestDir::new("usage", "help");
    for command in [vec![String::new()], commands(&place)].concat() {
        for flag in ["--help", "-h"] {
            let help = place.done(&format!("{command} {flag}")).stdout;
            assert!(help.contains("Usage: highwater"), "{help}");
            for mark in ["::", "[`", "`]", "[[", "]("] {
                assert!(!help.contains(mark), "{command} {flag} says '{mark}':\n{help}");
            }
        }
    }
}

#[test]
fn a_name_without_its_flag_is_pointed_at_it() {
    let place = TestDir::new("usage", "names");
    for command in commands(&place) {
        let tip = match command.as_str() {
            "run" => "--flow name",
            "config" => "--config name",
            "gen" => "--out name",
            "auction" => "--orders name",
            "client" | "load" => "--ouch name",
            // They take names without flags, or nothing.
            "diff" | "conform" | "convert" | "import" | "password" => continue,
            _ => "--data name",
        };
        let ended = place.call(&format!("{command} name")).expect_code(2);
        let has_subcommands = matches!(command.as_str(), "consumers" | "admin");
        let what = if has_subcommands { "unrecognized subcommand" } else { "unexpected argument" };
        let ended = ended.expect_said(&format!("{what} 'name'")).expect_said("Usage: highwater");
        assert!(ended.stderr.contains(&format!("'{tip}'")), "{command}: {ended:?}");
    }
    for args in ["flow.csv", "--limit 5 flow.csv", "run --json flow.csv", "--json flow.csv"] {
        place.call(args).expect_code(2).expect_said("'--flow flow.csv'");
    }
    place.call("run -").expect_code(2).expect_said("'--flow -'");
    // What is no name, and what is one too many, is pointed nowhere.
    for args in ["run --flow", "run --nope", "--limit 5 verify", "--limit 5 diff a b", "diff a b c"]
    {
        let ended = place.call(args).expect_code(2);
        assert!(!ended.stderr.contains("write '"), "{args}: {ended:?}");
    }
    assert!(place.files(".").is_empty(), "nothing is created");
}

#[test]
fn sizes_are_written_alike_everywhere() {
    let place = TestDir::new("usage", "sizes");
    for (size, whole) in [("64k", "64K"), ("64K", "64K"), ("1m", "1M"), ("1G", "1G"), ("1t", "1T")]
    {
        place.write("s.toml", format!("segment-bytes = \"{size}\"\nsnapshot-bytes = \"{size}\"\n"));
        for args in [
            format!("config --segment-bytes {size} --snapshot-bytes {size}"),
            "config --config s.toml".to_owned(),
        ] {
            let printed = place.done(&args).stdout;
            for setting in ["segment-bytes", "snapshot-bytes"] {
                assert!(printed.contains(&format!("\n{setting} = \"{whole}\"\n")), "{printed}");
            }
        }
    }
    place.write("s.toml", "segment-bytes = 65536\n");
    let printed = place.done("config --config s.toml").stdout;
    assert!(printed.contains("\nsegment-bytes = \"64K\"\n"), "{printed}");
    place.done("run --data d --limit 10");
    for size in ["0", "64k", "64K", "1m", "1M", "1g", "1G", "1t", "1T"] {
        place.done(&format!("verify --data d --cache-bytes {size}"));
    }
    for size in ["64KB", "-1", "+1", "k"] {
        for args in ["verify --cache-bytes", "run --segment-bytes", "config --snapshot-bytes"] {
            place.call(&format!("{args}={size}")).expect_code(2).expect_said("like 4096, 8K, 64M");
        }
    }
}
