//! The feed by MoldUDP64: packets to a group or to one receiver, and answers to requests.
//!
//! Packets that the system does not take are lost like those that the network loses: receivers ask
//! for them. Nothing here waits.

use crate::transcript::{Cursor, Transcript};
use crate::venue::{StreamOf, Transcripts};
use highwater_protocols::mold::{
    HEADER_BYTES, PACKET_BYTES_MAX, PacketBuilder, Request, Session, write_end_of_session,
};
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, UdpSocket};

/// Without a message for so long, the receivers are told that there is none.
const HEARTBEAT_NS: u64 = 1_000_000_000;

/// How long receivers are told that a session has ended, once a second.
const ENDING_NS: u64 = 10_000_000_000;

/// Packets that are sent in a turn, at most.
const PACKETS_MAX: usize = 64;

/// Requests that are answered a second, at most; the others are dropped, and come again.
const ANSWERS_PER_SECOND: u64 = 5_000;

/// The sender of the feed.
#[derive(Debug)]
pub(crate) struct Multicast {
    socket: UdpSocket,
    to: SocketAddr,
    day: u32,
    session: Session,
    cursor: Cursor,
    /// A packet for which the system had no room.
    unsent: Vec<u8>,
    told_ns: u64,
    ended: Option<Ended>,
    /// Packets of messages that were sent.
    pub(crate) packets: u64,
}

/// A session whose end receivers are told.
#[derive(Clone, Copy, Debug)]
struct Ended {
    session: Session,
    next: u64,
    until_ns: u64,
    told_ns: u64,
}

impl Multicast {
    /// Sends what comes from now on to an address; `from` is an address of the interface.
    pub(crate) fn new(
        from: SocketAddr,
        to: SocketAddr,
        (day, session): (u32, Session),
        cursor: Cursor,
    ) -> io::Result<Self> {
        let socket = UdpSocket::bind(from)?;
        socket.set_nonblocking(true)?;
        Ok(Self {
            socket,
            to,
            day,
            session,
            cursor,
            unsent: Vec::new(),
            told_ns: 0,
            ended: None,
            packets: 0,
        })
    }

    /// Where packets go.
    pub(crate) const fn to(&self) -> SocketAddr {
        self.to
    }

    /// Sends what there is; tells whether there is more. `session_of` names the session of a day.
    pub(crate) fn send(
        &mut self,
        transcripts: &mut Transcripts,
        session_of: impl Fn(u32) -> Session,
        now_ns: u64,
    ) -> io::Result<bool> {
        for _ in 0..PACKETS_MAX {
            if !self.unsent.is_empty() && !self.push(now_ns) {
                // The next turn tries again.
                return Ok(false);
            }
            let today = transcripts.day();
            let Some(transcript) = transcripts.transcript(self.day, StreamOf::Feed) else {
                // It is two days behind, which nobody can be told any more.
                self.begin(today, &session_of, now_ns);
                continue;
            };
            if self.cursor.is_at_end(transcript) {
                if self.day == today {
                    return Ok(false);
                }
                self.begin(today, &session_of, now_ns);
                continue;
            }
            self.fill(transcript)?;
        }
        Ok(true)
    }

    /// Goes on with another day's session, and tells that the one before has ended.
    fn begin(&mut self, day: u32, session_of: impl Fn(u32) -> Session, now_ns: u64) {
        self.ended = Some(Ended {
            session: self.session,
            next: self.cursor.next(),
            until_ns: now_ns.saturating_add(ENDING_NS),
            told_ns: 0,
        });
        (self.day, self.session, self.cursor) = (day, session_of(day), Cursor::at_beginning());
        self.keep_alive(now_ns);
    }

    /// Puts the next messages into a packet.
    fn fill(&mut self, transcript: &Transcript) -> io::Result<()> {
        self.unsent.resize(PACKET_BYTES_MAX, 0);
        let next = self.cursor.next();
        let mut packet = PacketBuilder::new(&mut self.unsent, self.session, next)
            .expect("there is room for a header");
        let filled = self.cursor.each(transcript, |message| packet.push(message).is_ok());
        let bytes = packet.packet().len();
        self.unsent.truncate(bytes);
        filled.map(|_| ())
    }

    /// Sends the packet that waits; false when the system has no room for it.
    fn push(&mut self, now_ns: u64) -> bool {
        match self.socket.send_to(&self.unsent, self.to) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => false,
            _ => {
                self.unsent.clear();
                self.told_ns = now_ns;
                self.packets += 1;
                true
            }
        }
    }

    /// Sends what is due with time: heartbeats, and ends of sessions.
    pub(crate) fn keep_alive(&mut self, now_ns: u64) {
        if let Some(ended) = &mut self.ended
            && now_ns.saturating_sub(ended.told_ns) >= HEARTBEAT_NS
        {
            ended.told_ns = now_ns;
            let mut packet = [0; HEADER_BYTES];
            write_end_of_session(ended.session, ended.next, &mut packet)
                .expect("there is room for a header");
            drop(self.socket.send_to(&packet, self.to));
        }
        self.ended = self.ended.filter(|ended| now_ns < ended.until_ns);
        if now_ns.saturating_sub(self.told_ns) >= HEARTBEAT_NS && self.unsent.is_empty() {
            let mut room = [0; HEADER_BYTES];
            let heartbeat = PacketBuilder::new(&mut room, self.session, self.cursor.next())
                .expect("there is room for a header");
            drop(self.socket.send_to(heartbeat.packet(), self.to));
            self.told_ns = now_ns;
        }
    }
}

/// Answers requests for messages of the feed.
#[derive(Debug)]
pub(crate) struct Requests {
    pub(crate) socket: mio::net::UdpSocket,
    /// Whether some may wait.
    pub(crate) is_ready: bool,
    /// The second that goes on, and what was answered in it.
    second: u64,
    asked: u64,
    /// Requests that were answered, and that were not.
    pub(crate) answered: u64,
    pub(crate) dropped: u64,
}

impl Requests {
    pub(crate) const fn new(socket: mio::net::UdpSocket) -> Self {
        Self { socket, is_ready: true, second: 0, asked: 0, answered: 0, dropped: 0 }
    }

    /// Answers some of those that wait.
    pub(crate) fn answer(
        &mut self,
        transcripts: &mut Transcripts,
        session_of: impl Fn(u32) -> Session,
        now_ns: u64,
    ) {
        for _ in 0..PACKETS_MAX {
            if !self.is_ready {
                return;
            }
            let mut bytes = [0; HEADER_BYTES + 1];
            let (length, from) = match self.socket.recv_from(&mut bytes) {
                Ok(received) => received,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.is_ready = false;
                    return;
                }
                // Such as the answer of a host that does not listen any more.
                Err(_) => continue,
            };
            if let Ok(request) = Request::parse(&bytes[..length])
                && self.is_within_rate(now_ns)
                && let Some(packet) = answer_to(&request, transcripts, &session_of)
            {
                // Who does not get it asks again.
                drop(self.socket.send_to(&packet, from));
                self.answered += 1;
            } else {
                self.dropped += 1;
            }
        }
    }

    fn is_within_rate(&mut self, now_ns: u64) -> bool {
        let second = now_ns / 1_000_000_000;
        if second != self.second {
            (self.second, self.asked) = (second, 0);
        }
        self.asked += 1;
        self.asked <= ANSWERS_PER_SECOND
    }
}

/// As many of the messages asked for as one packet holds; `None` where there are none.
fn answer_to(
    request: &Request,
    transcripts: &mut Transcripts,
    session_of: impl Fn(u32) -> Session,
) -> Option<Vec<u8>> {
    let today = transcripts.day();
    let mut days = [today, today.wrapping_sub(1)].into_iter();
    let day = days.find(|day| session_of(*day) == request.session)?;
    let transcript = transcripts.transcript(day, StreamOf::Feed)?;
    let mut cursor = transcript.cursor(request.sequence_number).ok()?;
    let is_there = cursor.next() == request.sequence_number && !cursor.is_at_end(transcript);
    if !is_there || request.count == 0 {
        return None;
    }
    let mut room = vec![0; PACKET_BYTES_MAX];
    let mut packet =
        PacketBuilder::new(&mut room, request.session, request.sequence_number).ok()?;
    let mut left = request.count;
    let filled = cursor.each(transcript, |message| {
        let is_taken = left > 0 && packet.push(message).is_ok();
        left = left.saturating_sub(u16::from(is_taken));
        is_taken
    });
    filled.ok()?;
    let bytes = packet.packet().len();
    room.truncate(bytes);
    Some(room)
}
