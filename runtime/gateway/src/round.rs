//! A round of order entry: the messages of one connection, as commands of its session.

use crate::connection::{Connection, Reader, State};
use crate::entry::{Decision, Desk, Submission};
use crate::port::Port;
use crate::venue::Venue;
use highwater::command::{Action, Command, TimedCommand};
use highwater_host::TrunkDesk;
use highwater_platform::Platform;
use highwater_protocols::ouch::{EnterOrder, Inbound, RejectReason, ReplaceOrder};
use highwater_protocols::soup::{ClientPacket, LoginRequest, Packets};
use highwater_protocols::{Alpha, View};
use highwater_publisher::notes::GatewayNote;

/// Bytes of a message to the venue, at most.
const MESSAGE_BYTES_MAX: usize = 512;

/// Messages of one connection that are taken in a row, so that another one has its turn.
const MESSAGES_MAX: usize = 64;

/// How a handshake of TLS begins; as a packet it would be too long.
const TLS: &[u8] = &[22, 3];

/// Where the messages of a round go.
pub(crate) struct Round<'r, 't, P: Platform> {
    pub(crate) desk: &'r mut TrunkDesk<'t, P>,
    pub(crate) venue: &'r mut Venue,
    pub(crate) ports: &'r mut [Port],
    /// By the wall clock: the time of the commands.
    pub(crate) timestamp_ns: u64,
    /// By the monotonic clock.
    pub(crate) now_ns: u64,
}

/// What came of working on a connection's input.
#[derive(Debug)]
pub(crate) enum Worked {
    /// All whole packets are worked on, or nothing more can be for now.
    Enough,
    /// There are more.
    More,
    /// There is no room for a command: what has come waits.
    Full,
    /// It asks to log in.
    Login(LoginRequest),
    /// It is to be closed; with what it is told, where there is something to say.
    Close(Option<String>),
}

impl<P: Platform> Round<'_, '_, P> {
    /// Works on what a connection has sent.
    pub(crate) fn work(&mut self, connection: &mut Connection) -> Worked {
        let input = std::mem::take(&mut connection.input);
        let (worked, consumed) = self.packets(connection, &input);
        connection.input = input;
        connection.input.drain(..consumed);
        if connection.input.is_empty() {
            // A thousand connections that are idle hold no memory.
            connection.input = Vec::new();
        }
        worked
    }

    fn packets(&mut self, connection: &mut Connection, input: &[u8]) -> (Worked, usize) {
        let mut packets = Packets::<ClientPacket<'_>>::new(input, MESSAGE_BYTES_MAX);
        let mut consumed = 0;
        for _ in 0..MESSAGES_MAX {
            if !connection.may_be_told() {
                connection.is_held = true;
                return (Worked::Enough, consumed);
            }
            if matches!(connection.state, State::Checking(_)) {
                return (Worked::Enough, consumed);
            }
            if self.desk.room() == 0 || self.is_throttled(connection) {
                return (Worked::Full, consumed);
            }
            match packets.next() {
                None => return (Worked::Enough, consumed),
                Some(Err(_)) if input.starts_with(TLS) => {
                    return (Worked::Close(Some("this listener has no TLS".to_owned())), consumed);
                }
                Some(Err(error)) => return (Worked::Close(Some(error.to_string())), consumed),
                Some(Ok(packet)) => {
                    consumed = packets.consumed_bytes();
                    let worked = self.packet(connection, &packet);
                    if !matches!(worked, Worked::Enough) {
                        return (worked, consumed);
                    }
                }
            }
        }
        (Worked::More, consumed)
    }

    /// Whether what it sends is to wait: it has sent far more than it may.
    fn is_throttled(&mut self, connection: &Connection) -> bool {
        let State::LoggedIn(Reader { port: Some(port), .. }) = connection.state else {
            return false;
        };
        self.ports[port].is_held(self.now_ns)
    }

    fn packet(&mut self, connection: &mut Connection, packet: &ClientPacket<'_>) -> Worked {
        match (packet, &connection.state) {
            (_, State::Ending | State::LoggedIn(Reader { is_over: true, .. }))
            | (ClientPacket::Debug(_) | ClientPacket::Heartbeat, _) => Worked::Enough,
            (ClientPacket::LogoutRequest, _) => Worked::Close(None),
            (ClientPacket::LoginRequest(request), State::New) => Worked::Login(*request),
            (ClientPacket::LoginRequest(_), _) => {
                Worked::Close(Some("you are logged in already".to_owned()))
            }
            (ClientPacket::UnsequencedData(message), State::LoggedIn(reader)) => {
                match reader.port {
                    Some(port) => self.message(connection, port, message),
                    None => connection.say("this login reads, and enters nothing", self.now_ns),
                }
                Worked::Enough
            }
            (ClientPacket::UnsequencedData(_), State::Snapshot(..)) => {
                connection.say("this login reads, and enters nothing", self.now_ns);
                Worked::Enough
            }
            (ClientPacket::UnsequencedData(_), State::New | State::Checking(_)) => {
                Worked::Close(Some("log in first".to_owned()))
            }
        }
    }

    /// A message of OUCH.
    fn message(&mut self, connection: &mut Connection, port: usize, bytes: &[u8]) {
        self.venue.show.seen.counts.messages += 1;
        let decision = match Inbound::parse(bytes) {
            Ok(message) => self.decide(port, &message),
            Err(_) => self.unsound(port, bytes),
        };
        match decision {
            Decision::Nothing => {}
            Decision::Unsound(text) => {
                self.venue.show.seen.counts.unsound += 1;
                connection.say(text, self.now_ns);
            }
            Decision::Submit(submission) => self.submit(port, &submission),
        }
    }

    fn decide(&mut self, index: usize, message: &Inbound) -> Decision {
        if let Inbound::EnterOrder(EnterOrder { user_ref_num, cl_ord_id, .. }) = message
            && self.is_too_many(index, *user_ref_num)
        {
            return self.desk_of(index).refuse(*user_ref_num, RejectReason::PortRate, *cl_ord_id);
        }
        if let Inbound::ReplaceOrder(ReplaceOrder { user_ref_num, cl_ord_id, .. }) = message
            && self.is_too_many(index, *user_ref_num)
        {
            let desk = self.desk_of(index);
            return desk.refuse_replacement(*user_ref_num, RejectReason::PortRate, *cl_ord_id);
        }
        self.desk_of(index).decide(message)
    }

    /// Whether an order is one too many; one that was sent before is not counted again.
    fn is_too_many(&mut self, index: usize, number: u32) -> bool {
        let port = &mut self.ports[index];
        number > port.last_number() && !port.admits(self.now_ns)
    }

    /// A message that is wrong: one that has a number of its own is refused in the log, so that its
    /// sender is told.
    fn unsound(&self, index: usize, bytes: &[u8]) -> Decision {
        let (desk, other) = (self.desk_of(index), RejectReason::Other);
        let enter = View::<EnterOrder>::new(bytes).and_then(View::<EnterOrder>::user_ref_num);
        if let Ok(number) = enter {
            return desk.refuse(number, other, Alpha::BLANK);
        }
        let replace = View::<ReplaceOrder>::new(bytes).and_then(View::<ReplaceOrder>::user_ref_num);
        if let Ok(number) = replace {
            return desk.refuse_replacement(number, other, Alpha::BLANK);
        }
        Decision::Unsound("this is no message of OUCH 5.0 to a venue; it was passed over")
    }

    fn desk_of(&self, index: usize) -> Desk<'_, Venue> {
        let timestamp_ns = self.timestamp_ns;
        Desk { port: &self.ports[index], market: self.venue, timestamp_ns }
    }

    /// Hands a command in, for which there is room.
    pub(crate) fn submit(&mut self, index: usize, submission: &Submission) {
        let port = &mut self.ports[index];
        let Submission { client_sequence, action, sizes } = *submission;
        let command = Command { session: port.trader.session, client_sequence, action };
        let timed = TimedCommand { timestamp_ns: self.timestamp_ns, command };
        self.desk.submit(&timed).expect("there is room for a command");
        port.used(client_sequence, sizes);
        if let Action::Note(note) = &action {
            match GatewayNote::of(note) {
                Some(GatewayNote::EntryDisabled { firm }) => {
                    port.disabled.insert(firm);
                }
                Some(GatewayNote::EntryEnabled { firm }) => {
                    port.disabled.remove(&firm);
                }
                Some(GatewayNote::EntryStopped) => port.is_stopped = true,
                Some(GatewayNote::EntryAllowed) => port.is_stopped = false,
                Some(GatewayNote::Refused { .. } | GatewayNote::Queried) | None => {}
            }
        }
        self.venue.show.seen.counts.commands += 1;
        self.venue.submitted(submission);
    }
}
