//! A blocking client of SoupBinTCP: logs in, sends, receives with a time-out, keeps the line alive.
//!
//! It never waits for one direction only: what the system does not take at once waits here while
//! packets are received, because a venue stops reading from a client that does not read.

use clap::builder::NonEmptyStringValueParser;
use highwater_platform::Platform;
use highwater_protocols::soup::{
    BODY_BYTES_MAX, ClientPacket, LoginRequest, Packet, Packets, Password, RejectCode, ServerPacket,
};
use highwater_protocols::{Alpha, AsciiNumber, CodecError};
use highwater_tls::{Connector, TlsFault, Transport};
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

/// After so long without a packet of its own a client sends a heartbeat.
pub(crate) const HEARTBEAT_NS: u64 = 1_000_000_000;

/// After so long without a byte the venue is gone: it sends a heartbeat every second.
pub(crate) const SILENCE_NS: u64 = 15_000_000_000;

/// How long a logout may take.
const LOGOUT_NS: u64 = 1_000_000_000;

/// Bytes that are received at once.
const PIECE_BYTES: usize = 64 << 10;

/// The environment variable that a password may be in.
const PASSWORD_VARIABLE: &str = "HIGHWATER_PASSWORD";

/// How the password is given, which the commands that connect share.
#[derive(Clone, Debug, clap::Args)]
#[expect(clippy::doc_markdown, reason = "the text is help for terminals")]
pub struct PasswordArgs {
    /// The password, at most 10 characters; case does not count [default: the environment variable
    /// HIGHWATER_PASSWORD, which the list of processes does not show]
    #[arg(long, value_name = "WORD", value_parser = NonEmptyStringValueParser::new())]
    pub password: Option<String>,
}

impl PasswordArgs {
    /// The password.
    ///
    /// # Errors
    /// There is none, or it cannot be one; a sentence that says so.
    pub(crate) fn read(&self) -> Result<Password, String> {
        let from_environment = || std::env::var(PASSWORD_VARIABLE).ok();
        let Some(text) = self.password.clone().or_else(from_environment) else {
            return Err(format!(
                "there is no password; write --password WORD, or set {PASSWORD_VARIABLE}"
            ));
        };
        password_of(&text)
    }
}

/// A password as SoupBinTCP has it.
///
/// # Errors
/// It cannot be one; a sentence that does not say it.
pub(crate) fn password_of(text: &str) -> Result<Password, String> {
    let password = Alpha::new(text.as_bytes()).filter(|word| !word.is_blank());
    let sentence = "a password has 1 to 10 characters: letters, digits and signs of ASCII";
    password.map(Password).ok_or_else(|| sentence.to_owned())
}

/// A text that has to fit a field.
///
/// # Errors
/// It is blank, too long, or no printable ASCII; a sentence that says so.
pub(crate) fn short<const N: usize>(what: &str, text: &str) -> Result<Alpha<N>, String> {
    Alpha::new(text.as_bytes()).filter(|alpha| !alpha.is_blank()).ok_or_else(|| {
        format!("the {what} '{text}' does not fit: it has 1 to {N} characters of ASCII")
    })
}

/// Where a venue listens, and how it is spoken to.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// A host and a port.
    pub(crate) address: String,
    /// With TLS, or without.
    pub(crate) tls: Option<Connector>,
}

/// Who logs in, and what it wants to read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Login {
    /// The user.
    pub(crate) user: Alpha<6>,
    /// The password.
    pub(crate) password: Password,
    /// The session; blank for the current one.
    pub(crate) session: Alpha<10>,
    /// The first message to be sent, from 1; 0 for those that are still to come.
    pub(crate) number: u64,
}

/// Why there is no connection, or no longer.
#[derive(Debug)]
pub(crate) enum Lost {
    /// No connection was made to this address.
    Unreachable(String, io::Error),
    /// The login was refused.
    Refused(Option<RejectCode>),
    /// The venue closed it without a word.
    Closed,
    /// The venue said why it closes it.
    ClosedBecause(String),
    /// Nothing came for too long.
    Silent,
    /// The system's error.
    Io(io::Error),
    /// What came is no packet.
    Broken(CodecError),
    /// There is no TLS with the venue.
    Tls(io::Error),
    /// The host is no name for TLS.
    Unnamed(TlsFault),
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(address, error) => write!(
                f,
                "no connection to '{address}': {error}; check the address, and that the venue runs"
            ),
            Self::Refused(Some(RejectCode::SessionNotAvailable)) => f.write_str(
                "the login was refused: that session is not the current one; leave --session out",
            ),
            Self::Refused(_) => f.write_str(
                "the login was refused: correct the user, the password or the address; a user may \
                 be open to one of the two listeners only",
            ),
            Self::Closed => f.write_str("the venue closed the connection"),
            Self::ClosedBecause(text) => write!(f, "the venue closed the connection: {text}"),
            Self::Silent => write!(f, "nothing came for {} s", SILENCE_NS / 1_000_000_000),
            Self::Io(error) => write!(f, "the connection failed: {error}"),
            Self::Tls(error) => {
                write!(f, "{error}; correct the options --tls-..., or ask who runs the venue")
            }
            Self::Unnamed(fault) => write!(f, "{fault}; or name the venue's with --tls-name"),
            Self::Broken(error) => write!(f, "what came is not SoupBinTCP: {error}"),
        }
    }
}

/// What a venue sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Incoming<'a> {
    /// A message of the stream, with its number.
    Message(u64, &'a [u8]),
    /// Text for people.
    Text(&'a [u8]),
    /// The session has ended.
    Ended,
}

impl Lost {
    /// Why a socket failed: it, or the TLS on it.
    fn by(error: io::Error) -> Self {
        if error.kind() == ErrorKind::InvalidData { Self::Tls(error) } else { Self::Io(error) }
    }

    /// Whether another attempt could go better.
    pub(crate) const fn may_pass(&self) -> bool {
        match self {
            Self::Refused(_) | Self::Tls(_) | Self::Unnamed(_) => false,
            Self::Unreachable(..)
            | Self::Closed
            | Self::ClosedBecause(_)
            | Self::Silent
            | Self::Io(_)
            | Self::Broken(_) => true,
        }
    }
}

/// A connection that is logged in.
#[derive(Debug)]
pub(crate) struct SoupClient<P> {
    platform: P,
    stream: Transport<TcpStream>,
    session: Alpha<10>,
    /// The number of the next message.
    next: u64,
    /// Received, and no whole packet.
    input: Vec<u8>,
    /// To be sent.
    output: Vec<u8>,
    sent_ns: u64,
    received_ns: u64,
    /// The text for people that came last, when nothing came behind it.
    last_text: Option<String>,
}

impl<P: Platform> SoupClient<P> {
    /// Connects and logs in; gives up after `patience`.
    ///
    /// # Errors
    /// There is no connection, or the login was refused.
    pub(crate) fn connect(
        platform: P,
        target: &Target,
        login: &Login,
        patience: Duration,
    ) -> Result<Self, Lost> {
        let Target { address, tls } = target;
        let unreachable = |error| Lost::Unreachable(address.clone(), error);
        let stream = open(address, patience).map_err(unreachable)?;
        stream.set_nodelay(true).map_err(Lost::Io)?;
        let stream = match tls {
            None => Transport::plain(stream),
            Some(tls) => Transport::connected(stream, tls, address).map_err(Lost::Unnamed)?,
        };
        let now_ns = platform.monotonic_ns();
        let mut client = Self {
            platform,
            stream,
            session: Alpha::BLANK,
            next: 0,
            input: Vec::new(),
            output: Vec::new(),
            sent_ns: now_ns,
            received_ns: now_ns,
            last_text: None,
        };
        let until_ns = now_ns.saturating_add(nanos(patience));
        while client.stream.is_handshaking() {
            client.look(until_ns)?;
        }
        client.put(&ClientPacket::LoginRequest(LoginRequest {
            user: login.user,
            password: login.password,
            session: login.session,
            sequence_number: AsciiNumber::of(login.number),
            heartbeat_timeout_ms: None,
        }));
        while !client.is_logged_in()? {
            client.look(until_ns)?;
        }
        Ok(client)
    }

    /// Sends and receives for some milliseconds, unless it is too late.
    fn look(&mut self, until_ns: u64) -> Result<(), Lost> {
        if self.platform.monotonic_ns() >= until_ns {
            return Err(Lost::Silent);
        }
        self.exchange(Duration::from_millis(20))
    }

    /// Takes the answer to the login, when it is there.
    fn is_logged_in(&mut self) -> Result<bool, Lost> {
        let mut packets = Packets::<ServerPacket<'_>>::new(&self.input, BODY_BYTES_MAX);
        let mut accepted = None;
        while accepted.is_none() {
            match packets.next() {
                None => break,
                Some(Err(error)) => return Err(Lost::Broken(error)),
                Some(Ok(ServerPacket::LoginAccepted(answer))) => accepted = Some(answer),
                Some(Ok(ServerPacket::LoginRejected(answer))) => {
                    return Err(Lost::Refused(answer.reason.known()));
                }
                Some(Ok(ServerPacket::Debug(text))) => self.last_text = Some(lossy(text)),
                Some(Ok(
                    ServerPacket::SequencedData(_)
                    | ServerPacket::UnsequencedData(_)
                    | ServerPacket::Heartbeat
                    | ServerPacket::EndOfSession,
                )) => {}
            }
        }
        let consumed = packets.consumed_bytes();
        self.input.drain(..consumed);
        let Some(answer) = accepted else { return Ok(false) };
        (self.session, self.next) = (answer.session, answer.sequence_number.get());
        Ok(true)
    }

    /// The session that this is.
    pub(crate) const fn session(&self) -> Alpha<10> {
        self.session
    }

    /// The number of the next message.
    pub(crate) const fn next(&self) -> u64 {
        self.next
    }

    /// Bytes that wait to be sent.
    pub(crate) const fn waiting_bytes(&self) -> usize {
        self.output.len()
    }

    /// Sends a message, as far as the system takes it; the rest goes out with what comes next.
    ///
    /// # Errors
    /// The connection is lost.
    pub(crate) fn send(&mut self, message: &[u8]) -> Result<(), Lost> {
        self.put(&ClientPacket::UnsequencedData(message));
        self.push()
    }

    fn put(&mut self, packet: &ClientPacket<'_>) {
        let at = self.output.len();
        self.output.resize(at + packet.length(), 0);
        packet.emit(&mut self.output[at..]).expect("there is room for the packet");
    }

    /// Receives for `timeout` at most, and hands over all whole packets; sends what waits, and a
    /// heartbeat when one is due.
    ///
    /// # Errors
    /// The connection is lost; what came before that was handed over.
    pub(crate) fn receive(
        &mut self,
        timeout: Duration,
        mut take: impl FnMut(Incoming<'_>),
    ) -> Result<(), Lost> {
        if self.output.is_empty()
            && self.platform.monotonic_ns().saturating_sub(self.sent_ns) >= HEARTBEAT_NS
        {
            self.put(&ClientPacket::Heartbeat);
        }
        // What came behind the login's answer is here already.
        let consumed = self.packets(&mut take)?;
        let timeout = if consumed == 0 { timeout } else { Duration::ZERO };
        let exchanged = self.exchange(timeout);
        self.packets(&mut take)?;
        exchanged
    }

    /// Sends what waits, and receives what comes within `timeout`.
    fn exchange(&mut self, timeout: Duration) -> Result<(), Lost> {
        self.push()?;
        // No time-out at all would mean to wait for ever.
        let timeout = timeout.max(Duration::from_micros(1));
        self.stream.socket().set_read_timeout(Some(timeout)).map_err(Lost::Io)?;
        let before = self.input.len();
        self.input.resize(before + PIECE_BYTES, 0);
        let received = self.stream.read(&mut self.input[before..]);
        self.input.truncate(before + received.as_ref().copied().unwrap_or(0));
        let now_ns = self.platform.monotonic_ns();
        match received {
            Ok(0) => Err(self.last_text.take().map_or(Lost::Closed, Lost::ClosedBecause)),
            Ok(_) => {
                self.received_ns = now_ns;
                Ok(())
            }
            Err(error) if is_for_now(&error) => {
                let is_silent = now_ns.saturating_sub(self.received_ns) >= SILENCE_NS;
                if is_silent { Err(Lost::Silent) } else { Ok(()) }
            }
            Err(error) => Err(Lost::by(error)),
        }
    }

    /// Hands over the whole packets that have come; returns how many bytes they took.
    fn packets(&mut self, take: &mut impl FnMut(Incoming<'_>)) -> Result<usize, Lost> {
        let Self { input, next, last_text, .. } = self;
        let mut packets = Packets::<ServerPacket<'_>>::new(input, BODY_BYTES_MAX);
        let mut broken = None;
        for packet in &mut packets {
            let text = match packet {
                Ok(ServerPacket::SequencedData(message)) => {
                    take(Incoming::Message(*next, message));
                    *next += 1;
                    None
                }
                Ok(ServerPacket::Debug(text)) => {
                    take(Incoming::Text(text));
                    Some(lossy(text))
                }
                Ok(ServerPacket::EndOfSession) => {
                    take(Incoming::Ended);
                    None
                }
                Ok(
                    ServerPacket::Heartbeat
                    | ServerPacket::UnsequencedData(_)
                    | ServerPacket::LoginAccepted(_)
                    | ServerPacket::LoginRejected(_),
                ) => None,
                Err(error) => {
                    broken = Some(error);
                    None
                }
            };
            *last_text = text;
        }
        let consumed = packets.consumed_bytes();
        input.drain(..consumed);
        broken.map_or(Ok(consumed), |error| Err(Lost::Broken(error)))
    }

    /// Sends what waits, as much as the system takes within some milliseconds.
    fn push(&mut self) -> Result<(), Lost> {
        if self.output.is_empty() && !self.stream.has_unsent() {
            return Ok(());
        }
        self.stream.socket().set_write_timeout(Some(Duration::from_millis(5))).map_err(Lost::Io)?;
        loop {
            match self.stream.write(&self.output) {
                Ok(count) => {
                    self.output.drain(..count);
                    self.sent_ns = self.platform.monotonic_ns();
                }
                Err(error) if is_for_now(&error) => return Ok(()),
                Err(error) => return Err(Lost::Io(error)),
            }
            // Bytes that are encrypted and wait have to go before others are taken.
            if !self.stream.has_unsent() {
                return Ok(());
            }
        }
    }

    /// Leaves: sends what waits and a logout, for a second at most; what comes meanwhile is not
    /// looked at.
    pub(crate) fn log_out(mut self) {
        self.put(&ClientPacket::LogoutRequest);
        let has_unsent = |it: &Self| !it.output.is_empty() || it.stream.has_unsent();
        let until_ns = self.platform.monotonic_ns().saturating_add(LOGOUT_NS);
        while has_unsent(&self) && self.platform.monotonic_ns() < until_ns {
            if self.exchange(Duration::from_millis(1)).is_err() {
                return;
            }
            self.input.clear();
        }
    }

    /// The socket and what has come from it behind the packets so far, for who goes on otherwise.
    pub(crate) fn into_parts(self) -> (Transport<TcpStream>, Vec<u8>) {
        (self.stream, self.input)
    }
}

/// Connects to the first address of a host that answers.
fn open(address: &str, patience: Duration) -> io::Result<TcpStream> {
    let mut failed = io::Error::new(ErrorKind::NotFound, "it has no address");
    for one in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&one, patience.max(Duration::from_millis(1))) {
            Ok(stream) => return Ok(stream),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// Whether the same call may do something later.
pub(crate) fn is_for_now(error: &io::Error) -> bool {
    let kind = error.kind();
    kind == ErrorKind::WouldBlock || kind == ErrorKind::TimedOut || kind == ErrorKind::Interrupted
}

/// Nanoseconds of a length of time.
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Text of a packet, as far as it is any.
pub(crate) fn lossy(text: &[u8]) -> String {
    // Control characters of a peer do nothing to a terminal.
    String::from_utf8_lossy(text).trim().chars().filter(|c| !c.is_control()).collect()
}
