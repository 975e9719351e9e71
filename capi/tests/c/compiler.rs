//! The system's compiler, and the libraries under test.

use std::env;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Warnings are errors.
const STRICT: [&str; 5] = ["-Wall", "-Wextra", "-Werror", "-pedantic", "-pthread"];

/// A language that a host may be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    /// C11.
    C,
    /// C++17.
    Cpp,
}

impl Language {
    fn standard(self) -> &'static str {
        match self {
            Self::C => "-std=c11",
            Self::Cpp => "-std=c++17",
        }
    }
}

/// The library that a program is linked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Library {
    /// `libhighwater_capi.a`.
    Static,
    /// `libhighwater_capi.so`, or `.dylib`.
    Shared,
}

/// The compiler of a language; `None`, with a line that says so, where there is none.
pub(crate) fn compiler(language: Language) -> Option<String> {
    let (variable, name) = match language {
        Language::C => ("CC", "cc"),
        Language::Cpp => ("CXX", "c++"),
    };
    let program = env::var(variable).unwrap_or_else(|_| name.to_owned());
    let is_here = Command::new(&program).arg("--version").output().is_ok();
    if !is_here {
        println!("skipped: there is no compiler '{program}' here");
    }
    is_here.then_some(program)
}

/// Compiles one source to an object file beside the others of its test.
pub(crate) fn compile(compiler: &str, language: Language, source: &Path, object: &Path) -> Output {
    let mut command = Command::new(compiler);
    command.arg(language.standard()).args(STRICT).arg("-c").arg(source).arg("-o").arg(object);
    for folder in ["include", "examples"] {
        command.arg("-I").arg(here(folder));
    }
    command.output().expect("the compiler was asked for its version before")
}

/// Links a program of object files.
pub(crate) fn link(compiler: &str, objects: &[PathBuf], library: Library, program: &Path) {
    let mut command = Command::new(compiler);
    command.args(objects).arg("-o").arg(program);
    let folder = libraries();
    match library {
        Library::Static => command.arg(folder.join("libhighwater_capi.a")),
        Library::Shared => {
            name_for_programs(&folder);
            let mut path = "-Wl,-rpath,".to_owned();
            path.push_str(folder.to_str().expect("plain text"));
            command.arg(path).arg("-L").arg(folder).arg("-lhighwater_capi")
        }
    };
    // What Rust's library needs of the system's.
    let output = command.args(["-lpthread", "-ldl", "-lm"]).output().expect("the compiler links");
    assert!(output.status.success(), "{}", said(&output));
}

/// Gives the shared library the name that programs look for, as an installation does.
fn name_for_programs(folder: &Path) {
    #[cfg(target_os = "linux")]
    {
        // Tests that come at the same time make the same one.
        let _is_there =
            std::os::unix::fs::symlink("libhighwater_capi.so", folder.join(env!("HW_SONAME")));
    }
    #[cfg(not(target_os = "linux"))]
    let _ = folder;
}

/// Compiles the sources, the first of which is in `language` and the others in C, and links them.
pub(crate) fn build(language: Language, sources: &[&str], library: Library) -> Option<PathBuf> {
    let (c, compiler) = (compiler(Language::C)?, compiler(language)?);
    let name = sources[0].replace(['/', '.'], "_");
    let mut objects = Vec::new();
    for (index, source) in sources.iter().enumerate() {
        let object = scratch().join(format!("{name}_{index}.o"));
        let (compiler, language) =
            if index == 0 { (&compiler, language) } else { (&c, Language::C) };
        let output = compile(compiler, language, &here(source), &object);
        assert!(output.status.success(), "{source}: {}", said(&output));
        objects.push(object);
    }
    let program = scratch().join(name);
    link(&compiler, &objects, library, &program);
    Some(program)
}

/// A run of a program, which finds the library that it was linked to: cargo's own paths would come
/// first, and may lead to an older one.
pub(crate) fn program(path: &Path) -> Command {
    let mut command = Command::new(path);
    for variable in ["LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"] {
        command.env_remove(variable);
    }
    command
}

/// A program that takes longer will not end: with a wrong header a host may wait for ever.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

/// Runs a program to its end, and kills one that hangs.
pub(crate) fn outcome(command: &mut Command, patience: Duration) -> Output {
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it was built");
    let mut pipe = child.stdout.take().expect("it is piped");
    let (ended, watch) = mpsc::channel();
    let reader = thread::spawn(move || {
        let mut text = Vec::new();
        let read = pipe.read_to_end(&mut text);
        // Whoever waits has lost patience, or is told.
        let _told = ended.send(());
        read.map(|_| text)
    });
    let hangs = watch.recv_timeout(patience).is_err();
    if hangs {
        child.kill().expect("it still runs");
    }
    let output = child.wait_with_output().expect("it ends");
    assert!(!hangs, "it hangs, and was killed: {}", said(&output));
    let stdout = reader.join().expect("the reader does not panic").expect("pipes can be read");
    Output { stdout, ..output }
}

#[cfg(unix)]
#[test]
#[should_panic(expected = "it hangs, and was killed")]
fn control_a_program_that_hangs_is_killed() {
    let _output = outcome(Command::new("sleep").arg("1000"), Duration::from_millis(50));
}

/// A folder for what tests build.
pub(crate) fn scratch() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
}

/// A file of this crate.
pub(crate) fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// What a program wrote.
pub(crate) fn said(output: &Output) -> String {
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8_lossy(&text).into_owned()
}

/// Where cargo put the libraries: beside the test that runs, for which it has just built them.
fn libraries() -> PathBuf {
    let test = env::current_exe().expect("a test has a path");
    test.parent().expect("it lies in a folder").to_owned()
}
