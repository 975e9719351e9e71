//! A venue that runs as its users run it, and a client that knows nothing but the protocols' bytes.

use crate::program::{PROGRAM, TestDir};
use serde_json::Value;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// An answer that takes longer does not come.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A venue.
pub(crate) struct Venue {
    child: Child,
    pub(crate) ouch: String,
    pub(crate) itch: String,
    pub(crate) glimpse: String,
    /// A group and its port.
    pub(crate) moldudp64: String,
    pub(crate) requests: String,
    pub(crate) password: String,
    /// Where it can be looked at.
    pub(crate) page: String,
    place: Option<TestDir>,
}

/// An empty directory for a venue.
pub(crate) fn place(name: &str) -> TestDir {
    TestDir::new("gateway", name)
}

impl Venue {
    /// The demonstration in `place`, or the venue of its file `venue.toml` where there is one.
    pub(crate) fn start(place: &Path) -> Self {
        Self::start_with(place, &[], Stdio::inherit())
    }

    /// The same with more arguments, and another standard error.
    pub(crate) fn start_with(place: &Path, more: &[&str], stderr: Stdio) -> Self {
        Self::start_by(Command::new(PROGRAM), place, more, stderr)
    }

    /// The same by a command that begins with the program, or with what runs it.
    pub(crate) fn start_by(
        mut command: Command,
        place: &Path,
        more: &[&str],
        stderr: Stdio,
    ) -> Self {
        command.current_dir(place).args([
            "serve",
            "--json",
            "--data",
            "data",
            "--checkpoint-every",
            "60",
        ]);
        for service in ["--ouch", "--itch", "--glimpse", "--requests", "--page"] {
            command.args([service, "127.0.0.1:0"]);
        }
        command.args(["--moldudp64", "239.255.70.1:0"]);
        if place.join("venue.toml").exists() {
            command.args(["--config", "venue.toml"]);
        }
        let mut child = command.args(more).stdout(Stdio::piped()).stderr(stderr).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let served: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("'{line}'"));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Self {
            child,
            ouch: text(&served["ouch"]),
            itch: text(&served["itch"]),
            glimpse: text(&served["glimpse"]),
            moldudp64: text(&served["moldudp64"]),
            requests: text(&served["requests"]),
            password: text(&served["users"][0]["password"]),
            page: text(&served["page"]),
            place: None,
        }
    }

    /// The same; its directory is removed with it.
    pub(crate) fn alone(place: TestDir) -> Self {
        let mut venue = Self::start(&place);
        venue.place = Some(place);
        venue
    }

    /// Ends it at once, whatever it is doing.
    pub(crate) fn kill(&self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    }

    /// Ends it cleanly.
    pub(crate) fn stop(mut self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        assert!(self.child.wait().unwrap().success());
    }

    /// Waits for its end, which somebody has asked for.
    pub(crate) fn ended(mut self) {
        assert!(self.child.wait().unwrap().success());
    }

    /// Memory that it has, in bytes.
    pub(crate) fn resident_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1_024
    }

    /// A trader of the demonstration, 1 to 4, logged in for the messages from `next` on.
    pub(crate) fn trader(&self, number: u16, next: u64) -> Client {
        let user = format!("DEMO{number}");
        Client::log_in(&self.ouch, &user, &self.password, next).expect("it may log in")
    }
}

impl Drop for Venue {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A connection that speaks SoupBinTCP.
pub(crate) struct Client {
    pub(crate) socket: TcpStream,
    /// What packets go over: the socket, or something around it.
    line: Box<dyn Line>,
    received: Vec<u8>,
    /// The session that the login told.
    pub(crate) session: String,
    /// The number of the next message.
    pub(crate) next: u64,
}

/// A line to a venue.
pub(crate) trait Line: Read + Write + Send {}

impl<L: Read + Write + Send> Line for L {}

/// What a server said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// A packet: its type and body.
    Packet(u8, Vec<u8>),
    /// The end of the connection.
    Nothing,
}

impl Client {
    /// A connection that has not logged in.
    pub(crate) fn connect(address: &str) -> Self {
        let address = address.to_socket_addrs().unwrap().next().unwrap();
        let socket = TcpStream::connect_timeout(&address, PATIENCE).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_nodelay(true).unwrap();
        let line = Box::new(socket.try_clone().unwrap());
        Self::over(socket, line)
    }

    /// The same over a line around the socket.
    pub(crate) fn over(socket: TcpStream, line: Box<dyn Line>) -> Self {
        Self { socket, line, received: Vec::new(), session: String::new(), next: 0 }
    }

    /// Logs in to the current session.
    ///
    /// # Errors
    /// What it was told instead.
    pub(crate) fn log_in(
        address: &str,
        user: &str,
        password: &str,
        next: u64,
    ) -> Result<Self, Said> {
        Self::log_in_to(address, [user, password, ""], next)
    }

    pub(crate) fn log_in_to(
        address: &str,
        [user, password, session]: [&str; 3],
        next: u64,
    ) -> Result<Self, Said> {
        Self::connect(address).logged_in([user, password, session], next)
    }

    /// Logs in.
    pub(crate) fn logged_in(
        self,
        [user, password, session]: [&str; 3],
        next: u64,
    ) -> Result<Self, Said> {
        let mut client = self;
        client.send(b'L', format!("{user:<6}{password:<10}{session:>10}{next:>20}").as_bytes());
        match client.packet() {
            Said::Packet(b'A', body) => {
                String::from_utf8_lossy(&body[..10]).trim().clone_into(&mut client.session);
                client.next = String::from_utf8_lossy(&body[10..]).trim().parse().unwrap();
                Ok(client)
            }
            said @ (Said::Packet(..) | Said::Nothing) => Err(said),
        }
    }

    /// Sends a packet; a connection that is gone takes it in silence.
    pub(crate) fn send(&mut self, code: u8, body: &[u8]) {
        let length = u16::try_from(1 + body.len()).unwrap();
        let [low, high] = length.to_le_bytes();
        let packet = [&[high, low, code], body].concat();
        drop(self.line.write_all(&packet));
    }

    /// Sends bytes as they are.
    pub(crate) fn send_raw(&mut self, bytes: &[u8]) {
        drop(self.line.write_all(bytes));
    }

    /// The next packet but heartbeats.
    pub(crate) fn packet(&mut self) -> Said {
        loop {
            if let [high, low, ..] = self.received[..] {
                let length = usize::from(high) << 8 | usize::from(low);
                if self.received.len() >= 2 + length {
                    let packet: Vec<u8> = self.received.drain(..2 + length).skip(2).collect();
                    if packet[0] != b'H' {
                        return Said::Packet(packet[0], packet[1..].to_vec());
                    }
                    continue;
                }
            }
            let mut bytes = [0; 4_096];
            match self.line.read(&mut bytes) {
                Ok(0) => return Said::Nothing,
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return Said::Nothing,
                // With TLS the end of a killed venue comes without a word.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Said::Nothing,
                Ok(count) => self.received.extend(&bytes[..count]),
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// The next message of the stream, past what is said for people; `None` at the end.
    pub(crate) fn message(&mut self) -> Option<Vec<u8>> {
        loop {
            match self.packet() {
                Said::Packet(b'S', body) => {
                    self.next += 1;
                    return Some(body);
                }
                Said::Packet(b'+', _) => {}
                Said::Packet(b'Z', _) | Said::Nothing => return None,
                Said::Packet(other, body) => panic!("{other} {body:?}"),
            }
        }
    }

    /// So many messages.
    pub(crate) fn messages(&mut self, count: usize) -> Vec<Vec<u8>> {
        (0..count).map(|_| self.message().expect("the venue is there")).collect()
    }

    /// The types of so many messages.
    pub(crate) fn kinds(&mut self, count: usize) -> String {
        self.messages(count).iter().map(|message| char::from(message[0])).collect()
    }

    /// Sends a message.
    pub(crate) fn order(&mut self, message: &[u8]) {
        self.send(b'U', message);
    }
}

/// An order as OUCH has it; prices in ten-thousandths.
pub(crate) struct Enter<'a> {
    pub(crate) number: u32,
    pub(crate) side: u8,
    pub(crate) quantity: u32,
    pub(crate) symbol: &'a str,
    pub(crate) price: u64,
    pub(crate) time_in_force: u8,
    pub(crate) display: u8,
    pub(crate) cross: u8,
    pub(crate) appendage: &'a [u8],
}

impl Default for Enter<'_> {
    fn default() -> Self {
        Self {
            number: 1,
            side: b'B',
            quantity: 100,
            symbol: "GOLD",
            price: 1_000_000,
            time_in_force: b'0',
            display: b'Y',
            cross: b'N',
            appendage: &[],
        }
    }
}

impl Enter<'_> {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![b'O'];
        bytes.extend(big(self.number.into(), 4));
        bytes.push(self.side);
        bytes.extend(big(self.quantity.into(), 4));
        bytes.extend(format!("{:<8}", self.symbol).as_bytes());
        bytes.extend(big(self.price, 8));
        bytes.extend([self.time_in_force, self.display, b'A', b'N', self.cross]);
        bytes.extend(format!("order {:<8}", self.number).as_bytes());
        bytes.extend(big(self.appendage.len().try_into().unwrap(), 2));
        bytes.extend(self.appendage);
        bytes
    }
}

/// A replacement.
pub(crate) fn replace(number: u32, new_number: u32, quantity: u32, price: u64) -> Vec<u8> {
    let mut bytes = vec![b'U'];
    bytes.extend(big(number.into(), 4));
    bytes.extend(big(new_number.into(), 4));
    bytes.extend(big(quantity.into(), 4));
    bytes.extend(big(price, 8));
    bytes.extend(b"0YN");
    bytes.extend(format!("order {new_number:<8}").as_bytes());
    bytes.extend([0, 0]);
    bytes
}

/// A cancel to a total.
pub(crate) fn cancel(number: u32, quantity: u32) -> Vec<u8> {
    [vec![b'X'], big(number.into(), 4), big(quantity.into(), 4)].concat()
}

/// A number of so many bytes, the highest first.
pub(crate) fn big(number: u64, bytes: usize) -> Vec<u8> {
    (0..bytes).rev().map(|at| u8::try_from(number >> (8 * at) & 0xFF).unwrap()).collect()
}

/// The number in these bytes.
pub(crate) fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}
