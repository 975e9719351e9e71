//! The real program as tests call it: in a place of their own, with a bounded wait.
#![expect(
    clippy::missing_panics_doc,
    clippy::return_self_not_must_use,
    reason = "what goes wrong in a test panics, and what is checked is not always used"
)]

use highwater_platform::Platform;
use runtime_linux::Linux;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{PipeWriter, Write, pipe};
use std::iter;
use std::ops::Deref;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Once};
use std::thread::{self, JoinHandle, park_timeout};
use std::time::Duration;

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_highwater");

/// A program with which nothing goes on for so long hangs: it is killed, and the test fails.
const PATIENCE: Duration = Duration::from_mins(2);

/// How often something that is waited for is looked at again.
const LOOKED_EVERY: Duration = Duration::from_millis(1);

/// Lets programs begin as from a terminal, where the tests themselves run with signals ignored, as
/// under nohup(1): a signal that is caught here is not ignored there.
fn hear_signals() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for signal in [SIGHUP, SIGINT, SIGTERM] {
            if Linux.ignores_signal(signal).unwrap() {
                signal_hook::flag::register(signal, Arc::default()).unwrap();
            }
        }
    });
}

/// An empty directory of a test's own below the build directory, which is on a disk where the
/// checkout is. It is removed once its test has passed: logs take much of the disk.
#[derive(Debug)]
pub struct TestDir {
    path: PathBuf,
    /// Two runs of the tests in one build directory take turns.
    _turn: File,
}

/// How a process ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

/// A process that has been started; it is killed when it hangs, and when nobody waits for it.
#[derive(Debug)]
pub struct Running {
    /// `None` once somebody waits for it.
    child: Option<Child>,
    pid: Pid,
    watchdog: Option<JoinHandle<bool>>,
    ended: Option<Sender<()>>,
}

impl Deref for TestDir {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.path
    }
}

impl Drop for TestDir {
    fn drop(&mut self) {
        if !thread::panicking() {
            drop(fs::remove_dir_all(&self.path));
        }
    }
}

impl TestDir {
    /// The directory `test/name`, emptied.
    pub fn new(test: &str, name: &str) -> Self {
        hear_signals();
        let parent = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        fs::create_dir_all(&parent).unwrap();
        let turn = File::create(parent.join(format!("{name}.lock"))).unwrap();
        turn.lock().unwrap();
        let path = parent.join(name);
        if path.exists() {
            fs::remove_dir_all(&path).unwrap();
        }
        fs::create_dir(&path).unwrap();
        Self { path, _turn: turn }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of something in it.
    pub fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The text of a file in it.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Writes a file in it.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.join(name), text).unwrap();
    }

    /// Runs the program in it with `args`, separated by blanks, until it ends.
    pub fn call(&self, args: &str) -> Ended {
        self.start(args).wait()
    }

    /// Like [`call`](Self::call), for a program that has to succeed.
    pub fn done(&self, args: &str) -> Ended {
        self.call(args).expect_code(0)
    }

    /// Like [`call`](Self::call), with `input` on standard input.
    pub fn call_with_input(&self, args: &str, input: &[u8]) -> Ended {
        let mut running = self.start_command(self.command(args).stdin(Stdio::piped()));
        let mut stdin = running.take_stdin();
        stdin.write_all(input).unwrap();
        drop(stdin);
        running.wait()
    }

    /// Like [`call`](Self::call), with a standard output that nobody reads from the start.
    pub fn call_unread(&self, args: &str) -> Ended {
        let mut command = self.command(args);
        command.stdout(unread_pipe()).stderr(Stdio::piped());
        Running::start(&mut command).wait()
    }

    /// Like [`call_unread`](Self::call_unread), and nobody reads standard error either.
    pub fn call_unheard(&self, args: &str) -> Ended {
        let mut command = self.command(args);
        command.stdout(unread_pipe()).stderr(unread_pipe());
        Running::start(&mut command).wait()
    }

    /// The command that runs the program in it.
    pub fn command(&self, args: &str) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(args.split_whitespace()).current_dir(self.path()).stdin(Stdio::null());
        command
    }

    /// Starts the program in it.
    pub fn start(&self, args: &str) -> Running {
        self.start_command(&mut self.command(args))
    }

    /// Starts any command in it, its outputs captured.
    pub fn start_command(&self, command: &mut Command) -> Running {
        command.current_dir(self.path());
        Running::start(command.stdout(Stdio::piped()).stderr(Stdio::piped()))
    }

    /// Writes the seeded stream as a flow file.
    pub fn generate(&self, seed: u64, commands: u64, name: &str) {
        self.done(&format!("gen --seed {seed} --commands {commands} --out {name}"));
    }

    /// What `verify --json` says of a sound log.
    pub fn verified(&self, data: &str) -> Value {
        json(&self.done(&format!("verify --data {data} --json")).stdout)
    }

    /// The files of a directory in it and of its folders, by name, with their bytes; sockets are
    /// none.
    pub fn files(&self, directory: &str) -> Vec<(String, Vec<u8>)> {
        let mut files = Vec::new();
        let mut folders = vec![String::new()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(self.join(directory).join(&folder)).unwrap() {
                let entry = entry.unwrap();
                let name = format!("{folder}{}", entry.file_name().into_string().unwrap());
                let kind = entry.file_type().unwrap();
                if kind.is_dir() {
                    folders.push(name + "/");
                } else if !kind.is_socket() {
                    files.push((name, fs::read(entry.path()).unwrap()));
                }
            }
        }
        files.sort();
        files
    }

    /// Lays files into a directory that holds nothing else; `None` where there is to be none.
    pub fn lay(&self, directory: &str, files: Option<&BTreeMap<String, Vec<u8>>>) {
        let directory = self.join(directory);
        if directory.exists() {
            fs::remove_dir_all(&directory).unwrap();
        }
        let Some(files) = files else { return };
        fs::create_dir_all(&directory).unwrap();
        for (name, bytes) in files {
            let path = directory.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }

    /// The names in it of what is not whole yet, or was left by a killed process.
    pub fn partials(&self) -> Vec<OsString> {
        let names = fs::read_dir(&self.path).unwrap().map(|entry| entry.unwrap().file_name());
        let is_partial = |name: &OsString| name.as_bytes().starts_with(b".highwater-partial-");
        names.filter(is_partial).collect()
    }

    /// Whether there is something of that kind in it.
    pub fn has_partial(&self) -> bool {
        !self.partials().is_empty()
    }

    /// Lets a directory in it be a copy of another.
    pub fn copy(&self, from: &str, to: &str) {
        self.fill(to, &self.files(from));
    }

    /// Lets a directory in it hold these files and nothing else.
    pub fn fill(&self, directory: &str, files: &[(String, Vec<u8>)]) {
        let directory = self.join(directory);
        if directory.exists() {
            fs::remove_dir_all(&directory).unwrap();
        }
        fs::create_dir(&directory).unwrap();
        for (name, bytes) in files {
            fs::write(directory.join(name), bytes).unwrap();
        }
    }

    /// The highest number in a file of acknowledgements; 0 when there is none. A last line without
    /// its line feed was cut by a kill and does not count.
    pub fn highest_ack(&self, name: &str) -> u64 {
        let text = fs::read_to_string(self.join(name)).unwrap_or_default();
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        whole.lines().next_back().map_or(0, |line| line.parse().unwrap())
    }
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let pid = Pid::from_child(&child);
        let (ended, watch) = channel::<()>();
        let watchdog = thread::spawn(move || {
            let ended = iter::repeat_with(|| watch.recv_timeout(PATIENCE)).find_map(Result::err);
            let hangs = ended == Some(RecvTimeoutError::Timeout);
            if hangs {
                kill_process(pid, Signal::KILL).unwrap();
            }
            hangs
        });
        Self { child: Some(child), pid, watchdog: Some(watchdog), ended: Some(ended) }
    }

    /// The test goes on with it: its patience begins anew.
    fn renew_patience(&self) {
        if let Some(ended) = &self.ended {
            // The watchdog is gone when it has killed.
            let _told = ended.send(());
        }
    }

    fn child(&mut self) -> &mut Child {
        self.child.as_mut().expect("nobody waits for it yet")
    }

    /// Its number, as `/proc` names it.
    pub fn id(&self) -> String {
        self.pid.as_raw_pid().to_string()
    }

    /// Its standard input, when it was asked for.
    pub fn take_stdin(&mut self) -> std::process::ChildStdin {
        self.child().stdin.take().expect("standard input is a pipe")
    }

    /// Closes the reading end of its standard output.
    pub fn close_stdout(&mut self) {
        drop(self.child().stdout.take().expect("standard output is a pipe"));
    }

    /// Sends it a signal; that it has ended already is no error.
    pub fn signal(&self, signal: Signal) {
        self.renew_patience();
        // A process that has ended is still there until it is waited for.
        kill_process(self.pid, signal).unwrap();
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        self.child().try_wait().unwrap().is_some()
    }

    /// Waits until `is_so` or the process has ended.
    pub fn until(&mut self, mut is_so: impl FnMut() -> bool) {
        self.renew_patience();
        while !is_so() && !self.has_ended() {
            park_timeout(LOOKED_EVERY);
        }
    }

    /// Waits until a mask of signals in its `/proc` status is as wanted, or it has ended.
    pub fn until_status(&mut self, name: &str, is_so: impl Fn(u64) -> bool) {
        let status = format!("/proc/{}/status", self.pid.as_raw_pid());
        self.until(|| {
            let text = fs::read_to_string(&status).unwrap_or_default();
            let mut lines = text.lines();
            let mask = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            mask.is_some_and(|hex| is_so(u64::from_str_radix(hex.trim(), 16).unwrap()))
        });
    }

    /// Waits until it ends.
    pub fn wait(mut self) -> Ended {
        self.renew_patience();
        let output = self.child.take().expect("waited for once").wait_with_output().unwrap();
        drop(self.ended.take());
        let hung = self.watchdog.take().expect("waited for once").join().unwrap();
        assert!(!hung, "process {:?} hung and was killed: {output:?}", self.pid);
        Ended {
            code: output.status.code(),
            signal: output.status.signal(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Drop for Running {
    /// A test that fails leaves no process behind.
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ended_already = child.kill();
            let _status = child.wait();
        }
    }
}

impl Ended {
    /// Itself, when it ended with this code.
    pub fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        self
    }

    /// Itself, when it says this on standard error.
    pub fn expect_said(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "'{text}' is not said: {self:?}");
        self
    }
}

/// A pipe whose reader has gone.
fn unread_pipe() -> PipeWriter {
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    writer
}

/// Spoils some bytes of a file. A single flipped bit may do no harm: there is more than one way to
/// pack the same bytes, and they are checked when they are unpacked.
pub fn spoil(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at..][..64].iter_mut().for_each(|byte| *byte ^= 0x5a);
    fs::write(path, bytes).unwrap();
}

/// A number as it is shown.
pub fn grouped(number: u64) -> String {
    if number < 1_000 {
        number.to_string()
    } else {
        format!("{},{:03}", number / 1_000, number % 1_000)
    }
}

/// A JSON object.
pub fn json(text: &str) -> Value {
    let value: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert!(value.is_object(), "{value}");
    value
}

/// A number in a JSON object.
pub fn number(object: &Value, name: &str) -> u64 {
    object[name].as_u64().unwrap_or_else(|| panic!("no number {name} in {object}"))
}

/// The last client sequence of a session in what `verify --json` says; 0 when it is not in there.
pub fn last_client_sequence(verified: &Value, session: u64) -> u64 {
    let sessions = verified["sessions"].as_array().unwrap();
    let found = sessions.iter().find(|found| number(found, "session") == session);
    found.map_or(0, |found| number(found, "last_client_sequence"))
}

/// Lets the calling thread pause; nothing is decided by how long.
pub fn pause(milliseconds: u64) {
    park_timeout(Duration::from_millis(milliseconds));
}

/// A number from the environment, for campaigns longer than the usual run.
pub fn count_from_environment(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| {
        text.parse().unwrap_or_else(|_| panic!("{name} is a number, not {text}"))
    })
}

/// Random numbers from a seed.
#[derive(Clone, Debug)]
pub struct Random(highwater_flows::random::Random);

impl Random {
    /// From this seed.
    pub const fn new(seed: u64) -> Self {
        Self(highwater_flows::random::Random::from_seed(seed))
    }

    /// A number below `end`.
    pub const fn below(&mut self, end: u64) -> u64 {
        self.0.number() % end
    }

    /// Bytes.
    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| u8::try_from(self.below(256)).unwrap()).collect()
    }
}
