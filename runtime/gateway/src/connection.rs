//! A connection: bytes in and out, and who is at the other end.

use crate::notices::Peer;
use crate::transcript::{Cursor, fill_packets};
use crate::venue::{StreamOf, Transcripts};
use highwater_protocols::soup::{LoginRequest, Packet, ServerPacket};
use highwater_tls::Transport;
use mio::net::TcpStream;
use std::io::{self, ErrorKind, Read};
use std::net::IpAddr;
use std::sync::Arc;

/// Bytes that wait to be worked on, or to be sent, at most; each way.
pub(crate) const WAITING_BYTES_MAX: usize = 16 << 10;

/// How often a socket is read in a turn, at most: with TLS, bytes can come without end of which
/// none is the peer's.
const READS_MAX: usize = 16;

/// What is served at a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Service {
    /// Orders, by OUCH.
    Orders,
    /// The feed, by ITCH.
    Feed,
    /// A snapshot of the books, by GLIMPSE.
    Snapshot,
}

impl Service {
    /// Its name for people and programs.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Feed => "feed",
            Self::Snapshot => "snapshot",
        }
    }
}

/// How far a connection is.
#[derive(Debug)]
pub(crate) enum State {
    /// It has not logged in.
    New,
    /// Its password is being checked: nothing is read meanwhile.
    Checking(LoginRequest),
    /// It reads a stream, and may enter orders.
    LoggedIn(Reader),
    /// It is sent a snapshot, and is at this byte of it.
    Snapshot(Arc<Vec<u8>>, usize),
    /// What waits is sent, and then it is closed.
    Ending,
}

/// Who is logged in, and how far it has read.
#[derive(Debug)]
pub(crate) struct Reader {
    /// The user, by its index in the settings.
    pub(crate) user: usize,
    /// The port, by its index, of one that enters orders.
    pub(crate) port: Option<usize>,
    pub(crate) stream: StreamOf,
    pub(crate) day: u32,
    pub(crate) cursor: Cursor,
    /// Whether it was told that its session has ended. It stays logged in until it is closed, so
    /// that it is logged out like every other.
    pub(crate) is_over: bool,
}

/// A connection.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "what each side of a socket is ready for")]
pub(crate) struct Connection {
    pub(crate) transport: Transport<TcpStream>,
    /// No other connection ever has it.
    pub(crate) id: u64,
    pub(crate) address: IpAddr,
    pub(crate) service: Service,
    pub(crate) state: State,
    /// Received and not worked on.
    pub(crate) input: Vec<u8>,
    /// To be sent, from `sent` on.
    output: Vec<u8>,
    sent: usize,
    /// When it was accepted, by the monotonic clock, as all times here.
    pub(crate) accepted_ns: u64,
    /// When a byte came last.
    pub(crate) received_ns: u64,
    /// When a packet was put out last.
    pub(crate) told_ns: u64,
    /// Since when it takes no byte.
    pub(crate) stalled_ns: Option<u64>,
    /// After this long without a byte the peer is gone.
    pub(crate) silence_ns: u64,
    /// Whether the system may have bytes for us, or room for more.
    pub(crate) is_readable: bool,
    pub(crate) is_writable: bool,
    /// Whether the peer sends nothing more.
    pub(crate) is_over: bool,
    /// Whether what it sent waits until it has taken what it is told.
    pub(crate) is_held: bool,
    /// Whether it is in the queue of those that read old messages.
    pub(crate) is_queued: bool,
}

/// What came of sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// All that there is was sent, or the system takes no more now.
    Enough,
    /// There is more of the stream.
    More,
    /// The connection is at its end.
    Ended,
}

impl Connection {
    /// Where the client is.
    pub(crate) const fn peer(&self) -> Peer {
        Peer { service: self.service.name(), address: self.address }
    }

    pub(crate) fn new(
        (transport, id): (Transport<TcpStream>, u64),
        (address, service): (IpAddr, Service),
        silence_ns: u64,
        now_ns: u64,
    ) -> Self {
        Self {
            transport,
            id,
            address,
            service,
            state: State::New,
            input: Vec::new(),
            output: Vec::new(),
            sent: 0,
            accepted_ns: now_ns,
            received_ns: now_ns,
            told_ns: now_ns,
            stalled_ns: None,
            silence_ns,
            is_readable: true,
            is_writable: true,
            is_over: false,
            is_held: false,
            is_queued: false,
        }
    }

    /// Reads what there is room for.
    ///
    /// # Errors
    /// The connection is lost.
    pub(crate) fn receive(&mut self, now_ns: u64) -> io::Result<()> {
        for _ in 0..READS_MAX {
            if !self.is_readable || self.input.len() >= WAITING_BYTES_MAX {
                break;
            }
            let before = self.input.len();
            self.input.resize(WAITING_BYTES_MAX, 0);
            let received = self.transport.read(&mut self.input[before..]);
            self.input.truncate(before + received.as_ref().copied().unwrap_or(0));
            match received {
                Ok(0) => {
                    (self.is_over, self.is_readable) = (true, false);
                }
                Ok(_) => self.received_ns = now_ns,
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.is_readable = false,
                Err(error) if error.kind() == ErrorKind::Interrupted => {
                    if self.transport.is_handshaking() {
                        // One step of it is enough for a turn.
                        break;
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Puts a packet out; where there is no TLS yet, or no longer, nobody could read it.
    pub(crate) fn tell(&mut self, packet: &ServerPacket<'_>, now_ns: u64) {
        if !self.transport.is_open() {
            return;
        }
        let at = self.output.len();
        self.output.resize(at + packet.length(), 0);
        packet.emit(&mut self.output[at..]).expect("there is room for the packet");
        self.told_ns = now_ns;
    }

    /// Says something for people to read.
    pub(crate) fn say(&mut self, text: &str, now_ns: u64) {
        self.tell(&ServerPacket::Debug(text.as_bytes()), now_ns);
    }

    /// Whether there is room for more to be told.
    pub(crate) const fn may_be_told(&self) -> bool {
        self.output.len() < WAITING_BYTES_MAX
    }

    /// Whether nothing waits to be sent.
    pub(crate) fn is_flushed(&self) -> bool {
        self.sent == self.output.len() && !self.transport.has_unsent()
    }

    /// Sends what waits, and one piece of the stream.
    ///
    /// # Errors
    /// The connection is lost, or the transcript cannot be read.
    pub(crate) fn send(&mut self, transcripts: &mut Transcripts, now_ns: u64) -> io::Result<Sent> {
        self.push(now_ns)?;
        if !self.is_flushed() {
            return Ok(Sent::Enough);
        }
        let more = self.fill(transcripts, now_ns)?;
        self.push(now_ns)?;
        if self.is_flushed() && self.is_at_end() {
            self.transport.finish();
            self.push(now_ns)?;
        }
        if !self.is_flushed() {
            return Ok(Sent::Enough);
        }
        Ok(if self.is_at_end() {
            Sent::Ended
        } else if more {
            Sent::More
        } else {
            Sent::Enough
        })
    }

    /// Whether it is closed behind what waits.
    const fn is_at_end(&self) -> bool {
        matches!(self.state, State::Ending | State::LoggedIn(Reader { is_over: true, .. }))
    }

    /// Tells the peer, as far as that goes without waiting, that nothing more comes.
    pub(crate) fn say_goodbye(&mut self, now_ns: u64) {
        // Behind a part of what was to be sent, that it is the end would be no truth.
        if self.is_flushed() {
            self.transport.finish();
            // It is left either way.
            drop(self.push(now_ns));
        }
    }

    /// Takes what the peer has sent and nobody will work on: a socket that is closed before would
    /// throw away what the peer has not received.
    pub(crate) fn discard_input(&mut self) {
        let mut discarded = [0; 4_096];
        for _ in 0..16 {
            match self.transport.socket_mut().read(&mut discarded) {
                Ok(1..) => {}
                Ok(0) | Err(_) => break,
            }
        }
    }

    /// Takes a piece of the stream; tells whether there is more.
    fn fill(&mut self, transcripts: &mut Transcripts, now_ns: u64) -> io::Result<bool> {
        let today = transcripts.day();
        let reader = match &mut self.state {
            State::LoggedIn(reader) if !reader.is_over => reader,
            State::Snapshot(bytes, at) => {
                let (end, is_whole) = fill_packets(&bytes[*at..], &mut self.output);
                *at += end;
                self.told_ns = now_ns;
                if is_whole {
                    self.tell(&ServerPacket::EndOfSession, now_ns);
                    self.state = State::Ending;
                }
                return Ok(!is_whole);
            }
            State::New | State::Checking(_) | State::LoggedIn(_) | State::Ending => {
                return Ok(false);
            }
        };
        let Some(transcript) = transcripts.transcript(reader.day, reader.stream) else {
            // It is two days behind.
            return Err(ErrorKind::NotFound.into());
        };
        let more = reader.cursor.fill(transcript, &mut self.output, WAITING_BYTES_MAX)?;
        if !self.output.is_empty() {
            self.told_ns = now_ns;
        }
        if !more && reader.day < today {
            reader.is_over = true;
            self.tell(&ServerPacket::EndOfSession, now_ns);
        }
        Ok(more)
    }

    /// Sends what waits, as much as the system takes.
    fn push(&mut self, now_ns: u64) -> io::Result<()> {
        while self.is_writable && !self.is_flushed() {
            match self.transport.write(&self.output[self.sent..]) {
                Ok(count) => {
                    self.sent += count;
                    self.stalled_ns = None;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.is_writable = false;
                    self.stalled_ns = self.stalled_ns.or(Some(now_ns));
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if self.sent == self.output.len() {
            self.output.clear();
            self.sent = 0;
        }
        Ok(())
    }
}
