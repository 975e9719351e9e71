//! Which paths clash, in a directory of each test's own.

use super::*;
use std::os::unix::fs::symlink;

/// A directory of this test's own under `target`.
fn directory(name: &str) -> PathBuf {
    let parent = std::env::current_exe().unwrap().parent().unwrap().join("paths-tests");
    let directory = parent.join(name);
    let _absent = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    directory
}

/// The sentence about an input and an output.
fn clash(input: &Path, output: &Path) -> Option<String> {
    sentence(&Paths::default().reads("--in", Some(input)).writes("--out", Some(output)))
}

/// The sentence about a data directory and an output.
fn clash_in(data: &Path, output: &Path) -> Option<String> {
    sentence(&Paths::default().data("--data", data).writes("--out", Some(output)))
}

fn sentence(paths: &Paths) -> Option<String> {
    match paths.check() {
        Ok(()) => None,
        Err(CommandError::WrongUsage(sentence)) => Some(sentence),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn links_lead_to_what_they_name_also_when_that_is_not_there() {
    let at = directory("links");
    fs::write(at.join("file"), "").unwrap();
    fs::create_dir(at.join("sub")).unwrap();
    fs::hard_link(at.join("file"), at.join("sub/hard")).unwrap();
    symlink("sub/../file", at.join("soft")).unwrap();
    symlink("nothing", at.join("dangling")).unwrap();
    symlink("loop", at.join("loop")).unwrap();
    for (input, output, is_same) in [
        ("file", "file", true),
        ("file", "sub/hard", true),
        ("file", "./sub/../soft", true),
        ("nothing", "dangling", true),
        ("nothing", "sub/../nothing", true),
        ("absent/../nothing", "dangling", true),
        ("nothing", "other", false),
        ("file", "nothing", false),
        ("sub/nothing", "nothing", false),
        ("loop", "file", false),
        ("sub", "sub", false),
    ] {
        let found = clash(&at.join(input), &at.join(output));
        assert_eq!(found.is_some(), is_same, "{input} and {output}: {found:?}");
        let expected = "--in and --out name the same file: give each a file of its own";
        assert!(found.is_none_or(|sentence| sentence == expected));
    }
    // As bytes: a path that ends in a slash is another one to the system.
    let real =
        |name: &str| Some(ResolvedPath::of(&at.join(name)).replaceable()?.as_os_str().to_owned());
    assert_eq!(real("sub/hard"), Some(at.join("sub/hard").into_os_string()));
    assert_eq!(real("soft"), Some(at.join("file").into_os_string()));
    assert_eq!(real("dangling"), Some(at.join("nothing").into_os_string()));
    assert_eq!(real("sub"), None);
    for device in ["/dev/null", "/dev/stdout"] {
        assert_eq!(clash(Path::new("/dev/null"), Path::new(device)), None, "{device}");
    }
}

#[test]
fn nothing_is_written_in_a_data_directory_there_or_not() {
    let at = directory("data");
    fs::create_dir_all(at.join("d/dropped-1")).unwrap();
    fs::write(at.join("d/dropped-1/old"), "").unwrap();
    fs::hard_link(at.join("d/dropped-1/old"), at.join("hard")).unwrap();
    fs::write(at.join("f"), "").unwrap();
    symlink("../f", at.join("d/soft")).unwrap();
    symlink("d", at.join("e")).unwrap();
    symlink("later", at.join("g")).unwrap();
    for (data, output, words) in [
        ("d", "d", "the data directory"),
        ("d", "e/../d", "the data directory"),
        ("d", "d/x", "a file in the data directory"),
        ("e", "d/x/y", "a file in the data directory"),
        ("d", "hard", "a file in the data directory"),
        ("d", "f", "a file in the data directory"),
        ("later", "later", "the data directory"),
        ("later", "g/x", "a file in the data directory"),
        ("g", "later/../later/x", "a file in the data directory"),
        ("d/dropped-1", "d", "a directory that holds the data directory"),
        ("later/d", "later", "a directory that holds the data directory"),
    ] {
        let found = clash_in(&at.join(data), &at.join(output)).unwrap_or_default();
        assert!(found.contains(&format!("--out names {words}")), "{data}, {output}: {found}");
    }
    for (data, output) in [("d", "d2"), ("d", "x/d"), ("later", "d/x"), ("later", "later2")] {
        assert_eq!(clash_in(&at.join(data), &at.join(output)), None, "{data} and {output}");
    }
}

#[test]
fn names_and_directories_of_any_log_are_refused() {
    let at = directory("any_log");
    fs::create_dir_all(at.join("log/sub")).unwrap();
    fs::write(at.join("log/lock"), "").unwrap();
    fs::write(at.join("log/0000000000000001.packed"), "").unwrap();
    symlink("log/0000000000000001.packed", at.join("soft")).unwrap();
    for output in ["log/x", "log/sub/x", "soft", "0000000000000001.log", "lock"] {
        let found = clash(Path::new("/dev/null"), &at.join(output));
        assert!(found.is_some_and(|sentence| sentence.contains("the engine")), "{output}");
    }
    // A lock alone makes no log, nor does a segment.
    fs::remove_file(at.join("log/lock")).unwrap();
    assert_eq!(clash(Path::new("/dev/null"), &at.join("log/x")), None);
}
