//! A venue that tests connect to, and the clients that they start.

use crate::program::{Ended, PROGRAM, Running, TestDir, json};
use rustix::process::Signal;
use serde_json::Value;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

/// The password of all users.
pub(crate) const PASSWORD: &str = "Secret7";

/// A venue with two instruments of two decimals, the traders A1 to A4, and the reader R.
#[derive(Debug)]
pub(crate) struct Venue<'p> {
    pub(crate) place: &'p TestDir,
    running: Option<Running>,
    pub(crate) ouch: String,
    pub(crate) itch: String,
}

impl<'p> Venue<'p> {
    /// Starts one on ports that the system chooses.
    pub(crate) fn start(place: &'p TestDir) -> Self {
        Self::scheduled(place, &[])
    }

    /// Starts one whose day ends at these times.
    pub(crate) fn scheduled(place: &'p TestDir, day_ends: &[String]) -> Self {
        let hash = place.call_with_input("password", format!("{PASSWORD}\n").as_bytes());
        let hash = hash.expect_code(0).stdout;
        let instrument = |symbol| format!("[[instruments]]\nsymbol = \"{symbol}\"\ndecimals = 2\n");
        let user = |name: &str| {
            let session = name.strip_prefix('A').map(|number| format!("session = {number}\n"));
            let session = session.unwrap_or_default();
            format!("[[users]]\nuser = \"{name}\"\npassword = \"{}\"\n{session}", hash.trim())
        };
        let instruments = ["GOLD", "TIN"].map(instrument).concat();
        let users = ["A1", "A2", "A3", "A4", "R"].map(user).concat();
        let step = |at: &String| format!("[[schedule]]\nat = \"{at}\"\ndo = \"end-of-day\"\n");
        let schedule: String = day_ends.iter().map(step).collect();
        let file = [instruments, users, schedule].concat();
        place.write("venue.toml", file);
        let (ouch, itch) = ("127.0.0.1:0".to_owned(), "127.0.0.1:0".to_owned());
        let mut venue = Self { place, running: None, ouch, itch };
        venue.run();
        venue
    }

    /// Starts it again where it was, after it was killed or stopped.
    pub(crate) fn run(&mut self) {
        let _none = fs::remove_file(self.place.join("serve.out"));
        let Self { ouch, itch, .. } = self;
        let args = format!("serve --json --config venue.toml --data d --ouch {ouch} --itch {itch}");
        let mut running = start(self.place, &args, "serve");
        let is_served =
            || fs::read_to_string(self.place.join("serve.out")).is_ok_and(|it| it.ends_with('\n'));
        running.until(is_served);
        assert!(!running.has_ended(), "{:?}", self.place.read("serve.err"));
        let served = json(&self.place.read("serve.out"));
        served["ouch"].as_str().unwrap().clone_into(&mut self.ouch);
        served["itch"].as_str().unwrap().clone_into(&mut self.itch);
        self.running = Some(running);
    }

    /// Kills it.
    pub(crate) fn kill(&mut self) {
        let running = self.running.take().unwrap();
        running.signal(Signal::KILL);
        running.wait();
    }

    /// Stops it cleanly.
    pub(crate) fn stop(&mut self) {
        let running = self.running.take().unwrap();
        running.signal(Signal::TERM);
        running.wait().expect_code(0);
    }

    /// The arguments of a client of this user.
    pub(crate) fn client(&self, user: &str, more: &str) -> String {
        format!("client --ouch {} --user {user} --password {PASSWORD} {more}", self.ouch)
    }

    /// Runs a script to its end.
    pub(crate) fn script(&self, user: &str, more: &str, script: &str) -> Ended {
        let args = self.client(user, &format!("--wait 100ms {more}"));
        self.place.call_with_input(&args, script.as_bytes())
    }

    /// Everything that a user was told today.
    pub(crate) fn told(&self, user: &str) -> Vec<Value> {
        let ended = self.script(user, "--from 1 --json", "").expect_code(0);
        messages(&ended.stdout)
    }

    /// Starts a client whose input stays open.
    pub(crate) fn open(&self, user: &str, more: &str, name: &str) -> Open<'p> {
        Open::start(self.place, &self.client(user, more), name)
    }
}

/// Starts the program with its outputs in files, and a pipe as its input.
pub(crate) fn start(place: &TestDir, args: &str, name: &str) -> Running {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("exec \"$0\" {args} > {name}.out 2> {name}.err")).arg(PROGRAM);
    place.start_command(command.stdin(Stdio::piped()))
}

/// A client whose input is open.
#[derive(Debug)]
pub(crate) struct Open<'p> {
    place: &'p TestDir,
    name: String,
    running: Running,
    input: Option<std::process::ChildStdin>,
}

impl<'p> Open<'p> {
    /// Starts a client with these arguments.
    pub(crate) fn start(place: &'p TestDir, args: &str, name: &str) -> Self {
        let mut running = start(place, args, name);
        let input = running.take_stdin();
        Self { place, name: name.to_owned(), running, input: Some(input) }
    }

    /// Writes a line.
    pub(crate) fn line(&mut self, line: &str) {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Waits until it has printed this.
    pub(crate) fn until_told(&mut self, text: &str) {
        self.until("out", text);
    }

    /// Waits until it has said this for people.
    pub(crate) fn until_said(&mut self, text: &str) {
        self.until("err", text);
    }

    fn until(&mut self, which: &str, text: &str) {
        let file = format!("{}.{which}", self.name);
        let place = self.place;
        let read = || fs::read_to_string(place.join(&file)).unwrap_or_default();
        self.running.until(|| read().contains(text));
        assert!(read().contains(text), "'{text}' is not in {file}: {}", read());
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        self.running.signal(signal);
    }

    /// Ends its input, and waits until it has ended.
    pub(crate) fn end(mut self, code: i32) -> Ended {
        drop(self.input.take());
        self.wait(code)
    }

    /// Waits until it has ended, its input open.
    pub(crate) fn wait(self, code: i32) -> Ended {
        let Self { place, name, running, input } = self;
        let ended = running.wait();
        drop(input);
        let (stdout, stderr) =
            (place.read(&format!("{name}.out")), place.read(&format!("{name}.err")));
        Ended { stdout, stderr, ..ended }.expect_code(code)
    }
}

/// The messages of a client's output as JSON, whose numbers have no gap.
pub(crate) fn messages(text: &str) -> Vec<Value> {
    let messages: Vec<Value> = text.lines().map(json).collect();
    for pair in messages.windows(2) {
        let [before, after] = [&pair[0], &pair[1]].map(|it| it["number"].as_u64().unwrap());
        assert_eq!(after, before + 1, "{text}");
    }
    messages
}

/// How many messages of this type there are.
pub(crate) fn count(messages: &[Value], code: &str) -> u64 {
    messages.iter().filter(|message| message["type"] == code).count() as u64
}
