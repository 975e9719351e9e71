//! One connection under load: requests go out as far as window and socket let them, and answers
//! come in.

use super::counts::Counts;
use super::orders::Orders;
use super::plan::{Kind, Plan};
use crate::soup_client::{HEARTBEAT_NS, SILENCE_NS, is_for_now, lossy};
use highwater_flows::random::Random;
use highwater_protocols::ouch::{
    AccountQueryResponse, Appendage, CancelOrder, Canceled, Capacity, CrossType, Display,
    EnterOrder, MassCancel, OrderAccepted, OrderExecuted, OrderReplaced, Rejected, ReplaceOrder,
    TimeInForce,
};
use highwater_protocols::soup::{BODY_BYTES_MAX, ClientPacket, Packet, Packets, ServerPacket};
use highwater_protocols::{Alpha, CodecError, Message, View, YesNo};
use highwater_tls::Transport;
use mio::net::TcpStream;
use std::io::ErrorKind;

/// Bytes that wait to be sent before no further requests are made.
const OUTPUT_BYTES_MAX: usize = 64 << 10;

/// Bytes that are received at once.
const INPUT_BYTES: usize = 128 << 10;

/// Bytes of the longest message that is sent here.
const REQUEST_BYTES_MAX: usize = 64;

/// A connection.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "what the socket is ready for, and the lists")]
pub(super) struct Lane {
    pub(super) socket: Transport<TcpStream>,
    pub(super) orders: Orders,
    /// Which of the connections it is.
    index: u64,
    random: Random,
    /// Requests that it has sent.
    sent_count: u64,
    input: Box<[u8]>,
    filled: usize,
    output: Vec<u8>,
    /// When bytes were sent and received last.
    sent_ns: u64,
    received_ns: u64,
    pub(super) is_readable: bool,
    pub(super) is_writable: bool,
    /// Whether it is on the list of those with work.
    pub(super) is_listed: bool,
    /// Whether its mass cancel is answered.
    pub(super) is_cleared: bool,
    /// The text for people that came last.
    said: String,
}

impl Lane {
    /// The connection `index`, with what has come of it already.
    pub(super) fn new(
        socket: Transport<TcpStream>,
        rest: &[u8],
        orders: Orders,
        index: u64,
        random: Random,
        now_ns: u64,
    ) -> Self {
        let mut input = vec![0; INPUT_BYTES.max(2 * rest.len())].into_boxed_slice();
        input[..rest.len()].copy_from_slice(rest);
        Self {
            socket,
            orders,
            index,
            random,
            sent_count: 0,
            input,
            filled: rest.len(),
            output: Vec::with_capacity(2 * OUTPUT_BYTES_MAX),
            sent_ns: now_ns,
            received_ns: now_ns,
            is_readable: true,
            is_writable: true,
            is_listed: false,
            is_cleared: false,
            said: String::new(),
        }
    }

    /// Sends what is due, as far as it goes. `due` requests of all connections are due by now.
    ///
    /// # Errors
    /// A sentence: the connection is lost, or its numbers are used up.
    pub(super) fn send_due(
        &mut self,
        plan: &Plan,
        due: u64,
        now_ns: u64,
        counts: &mut Counts,
    ) -> Result<(), String> {
        loop {
            while self.orders.under_way() < plan.window
                && self.output.len() < OUTPUT_BYTES_MAX
                && self.next_index(plan) < due
            {
                let due_ns = plan.due_ns(self.next_index(plan)).unwrap_or(now_ns);
                self.request(plan, due_ns, counts)?;
                counts.lateness.record(now_ns.saturating_sub(due_ns));
            }
            let is_sent = self.output.is_empty() && !self.socket.has_unsent();
            if is_sent || !self.is_writable {
                return Ok(());
            }
            self.push(now_ns)?;
        }
    }

    /// Its next request, in the order of those of all connections.
    const fn next_index(&self, plan: &Plan) -> u64 {
        self.index + self.sent_count * plan.lanes
    }

    /// Makes the next request.
    fn request(&mut self, plan: &Plan, due_ns: u64, counts: &mut Counts) -> Result<(), String> {
        self.sent_count += 1;
        let kind = plan.mix.choose(&mut self.random);
        // What can't be canceled or replaced, or can't be held, is done in another way.
        let kind = match kind {
            _ if self.orders.is_full() && self.orders.idle() > 0 => Kind::Cancel,
            Kind::Cancel | Kind::Replace if self.orders.idle() == 0 => Kind::New,
            Kind::New | Kind::Cancel | Kind::Replace => kind,
        };
        match kind {
            Kind::New => {
                counts.news += 1;
                self.enter(plan, due_ns)
            }
            Kind::Cancel => {
                counts.cancels += 1;
                let chosen = self.random.below_usize(self.orders.idle());
                let user_ref_num = self.orders.cancel(chosen, due_ns);
                self.put(&CancelOrder { user_ref_num, quantity: 0, appendage: None });
                Ok(())
            }
            Kind::Replace => {
                counts.replaces += 1;
                self.replace(plan, due_ns)
            }
        }
    }

    fn enter(&mut self, plan: &Plan, due_ns: u64) -> Result<(), String> {
        let quantity = plan.quantity(&mut self.random);
        let number = self.orders.enter(quantity, due_ns).ok_or(USED_UP)?;
        let message = EnterOrder {
            user_ref_num: number,
            side: Plan::side(&mut self.random),
            quantity,
            symbol: plan.symbol(&mut self.random),
            price: plan.prices.choose(&mut self.random),
            time_in_force: TimeInForce::Day,
            display: Display::Visible,
            capacity: Capacity::Other,
            is_sweep: YesNo::No,
            cross_type: CrossType::Continuous,
            cl_ord_id: Alpha::BLANK,
            appendage: Appendage::new(),
        };
        self.put(&message);
        Ok(())
    }

    fn replace(&mut self, plan: &Plan, due_ns: u64) -> Result<(), String> {
        let chosen = self.random.below_usize(self.orders.idle());
        let replaced = self.orders.replace(chosen, due_ns).ok_or(USED_UP)?;
        let (orig_user_ref_num, user_ref_num, quantity) = replaced;
        let message = ReplaceOrder {
            orig_user_ref_num,
            user_ref_num,
            quantity,
            price: plan.prices.choose(&mut self.random),
            time_in_force: TimeInForce::Day,
            display: Display::Visible,
            is_sweep: YesNo::No,
            cl_ord_id: Alpha::BLANK,
            appendage: Appendage::new(),
        };
        self.put(&message);
        Ok(())
    }

    /// Asks for all orders of its session to be canceled.
    ///
    /// # Errors
    /// A sentence: the connection is lost, or its numbers are used up.
    pub(super) fn clear(&mut self, now_ns: u64) -> Result<(), String> {
        let user_ref_num = self.orders.next_number().ok_or(USED_UP)?;
        let (firm, symbol) = (Alpha::BLANK, Alpha::BLANK);
        self.put(&MassCancel { user_ref_num, firm, symbol, appendage: Appendage::new() });
        self.push(now_ns)
    }

    fn put(&mut self, message: &impl Message) {
        let mut bytes = [0; REQUEST_BYTES_MAX];
        let length = message.emit(&mut bytes).expect("there is room for a request");
        self.put_packet(&ClientPacket::UnsequencedData(&bytes[..length]));
    }

    fn put_packet(&mut self, packet: &ClientPacket<'_>) {
        let at = self.output.len();
        self.output.resize(at + packet.length(), 0);
        packet.emit(&mut self.output[at..]).expect("there is room for the packet");
    }

    /// Sends what waits, as far as the system takes it.
    ///
    /// # Errors
    /// The connection is lost; a sentence.
    pub(super) fn push(&mut self, now_ns: u64) -> Result<(), String> {
        // Until the system takes no more: it says that there is room again only after that.
        while self.is_writable && (!self.output.is_empty() || self.socket.has_unsent()) {
            match self.socket.write(&self.output) {
                Ok(count) => {
                    self.output.drain(..count);
                    self.sent_ns = now_ns;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_for_now(&error) => self.is_writable = false,
                Err(error) => return Err(self.lost(&error)),
            }
        }
        Ok(())
    }

    fn lost(&self, why: &dyn std::fmt::Display) -> String {
        let number = self.index + 1;
        if self.said.is_empty() {
            format!(
                "connection {number} was lost: {why}; see what the venue says, and run it again"
            )
        } else {
            format!("connection {number} was closed by the venue: {}", self.said)
        }
    }

    /// Receives a piece of what there is.
    ///
    /// # Errors
    /// The connection is lost, or its session has ended; a sentence.
    pub(super) fn receive(&mut self, now_ns: u64, counts: &mut Counts) -> Result<(), String> {
        match self.socket.read(&mut self.input[self.filled..]) {
            Ok(0) => Err(self.lost(&"the venue closed it")),
            Ok(count) => {
                self.filled += count;
                self.received_ns = now_ns;
                self.work(now_ns, counts)
            }
            // With TLS something has come that is no byte of the venue's yet.
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
            Err(error) if is_for_now(&error) => {
                self.is_readable = false;
                Ok(())
            }
            Err(error) => Err(self.lost(&error)),
        }
    }

    /// Works on the whole packets that have come.
    fn work(&mut self, now_ns: u64, counts: &mut Counts) -> Result<(), String> {
        let input = std::mem::take(&mut self.input);
        let mut packets = Packets::<ServerPacket<'_>>::new(&input[..self.filled], BODY_BYTES_MAX);
        let mut fault = None;
        for packet in &mut packets {
            fault = match packet {
                Ok(ServerPacket::SequencedData(message)) => {
                    self.message(message, now_ns, counts).err().map(|error| error.to_string())
                }
                Ok(ServerPacket::Debug(text)) => {
                    self.said = lossy(text);
                    None
                }
                Ok(ServerPacket::EndOfSession) => Some("the venue's day has ended".to_owned()),
                Ok(
                    ServerPacket::UnsequencedData(_)
                    | ServerPacket::Heartbeat
                    | ServerPacket::LoginAccepted(_)
                    | ServerPacket::LoginRejected(_),
                ) => None,
                Err(error) => Some(error.to_string()),
            };
            if fault.is_some() {
                break;
            }
        }
        let consumed = packets.consumed_bytes();
        self.input = input;
        self.input.copy_within(consumed..self.filled, 0);
        self.filled -= consumed;
        fault.map_or(Ok(()), |fault| Err(self.lost(&fault)))
    }

    /// Takes a message of the stream. Only the fields that are needed are looked at.
    fn message(
        &mut self,
        bytes: &[u8],
        now_ns: u64,
        counts: &mut Counts,
    ) -> Result<(), CodecError> {
        let orders = &mut self.orders;
        match bytes.first() {
            Some(&OrderAccepted::TYPE) => {
                let view = View::<OrderAccepted>::new(bytes)?;
                let outcome = orders.accepted(view.user_ref_num()?, view.state()?);
                counts.accepted += counts.answered(outcome, now_ns);
            }
            Some(&OrderReplaced::TYPE) => {
                let view = View::<OrderReplaced>::new(bytes)?;
                let (number, left) = (view.user_ref_num()?, view.quantity()?);
                let outcome = orders.replaced(number, left, view.state()?);
                counts.replaced += counts.answered(outcome, now_ns);
            }
            Some(&OrderExecuted::TYPE) => {
                let view = View::<OrderExecuted>::new(bytes)?;
                let outcome = orders.executed(view.user_ref_num()?, view.quantity()?);
                counts.executions += 1;
                counts.answered(outcome, now_ns);
            }
            Some(&Canceled::TYPE) => {
                let view = View::<Canceled>::new(bytes)?;
                let (number, shares) = (view.user_ref_num()?, view.quantity()?);
                let outcome = orders.canceled(number, shares, view.reason()?.known());
                counts.canceled += counts.answered(outcome, now_ns);
            }
            Some(&Rejected::TYPE) => {
                let view = View::<Rejected>::new(bytes)?;
                let outcome = orders.rejected(view.user_ref_num()?);
                counts.rejected(outcome, view.reason()?.raw(), now_ns);
            }
            Some(b'X') => self.is_cleared = true,
            // Others answer no request that is made here.
            _ => {}
        }
        Ok(())
    }

    /// Keeps the line alive.
    ///
    /// # Errors
    /// The connection is lost; a sentence.
    pub(super) fn look_at_time(&mut self, now_ns: u64) -> Result<(), String> {
        if now_ns.saturating_sub(self.received_ns) >= SILENCE_NS {
            return Err(self.lost(&"nothing came for 15 s"));
        }
        if self.output.is_empty() && now_ns.saturating_sub(self.sent_ns) >= HEARTBEAT_NS {
            self.put_packet(&ClientPacket::Heartbeat);
            return self.push(now_ns);
        }
        Ok(())
    }

    /// Leaves.
    pub(super) fn log_out(&mut self, now_ns: u64) {
        self.put_packet(&ClientPacket::LogoutRequest);
        // It is left either way.
        let _lost = self.push(now_ns);
    }
}

const USED_UP: &str = "the user reference numbers of a user are used up: they end at 4294967295, and \
                       begin anew with a new log";

/// The next number that a venue takes, where a message says it.
pub(super) fn next_number(bytes: &[u8]) -> Option<u32> {
    View::<AccountQueryResponse>::new(bytes).ok()?.next_user_ref_num().ok()
}
