//! The answers: what each session is told of its own orders, as OUCH.

mod reasons;

use crate::client_fields::ClientFields;
use crate::fault::{Fit, Unfit};
use crate::framed;
use crate::instruments::Instrument;
use crate::notes::GatewayNote;
use crate::open_orders::{OpenOrder, Terms};
use highwater::event::RejectReason;
use highwater::types::{ClientSequence, Lots, OrderId, SessionId, Side as BookSide, Ticks};
use highwater_protocols::ouch::{
    AccountQueryResponse, Appendage, CancelReason as OuchCancel, Canceled,
    DisableOrderEntryResponse, Display, Element, EnableOrderEntryResponse, EventCode,
    LiquidityFlag, MassCancelResponse, OrderAccepted, OrderExecuted, OrderReplaced, OrderRestated,
    OrderState, PostOnly, PriorityUpdate, Rejected, RestatedReason, Side, SystemEvent,
};
use highwater_protocols::{Alpha, Message, Open, Seconds, Time64, WidePrice4};
pub(crate) use reasons::of_cancel;
use reasons::of_reject;
use std::collections::BTreeMap;

/// The streams of all sessions that were told something.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    pub(crate) streams: BTreeMap<SessionId, Stream>,
    /// The sessions with messages that were not taken yet, in the order of their first one.
    waiting: Vec<SessionId>,
    waiting_bytes: usize,
    /// The time of the messages that are made.
    pub(crate) time: Time64,
}

/// The stream of one session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stream {
    bytes: Vec<u8>,
    count: u64,
}

impl Stream {
    /// A stream that has had this many messages today.
    pub(crate) const fn behind(count: u64) -> Self {
        Self { bytes: Vec::new(), count }
    }

    /// The messages that were made and not yet taken, each behind its length in 2 bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many messages there were today, those that were taken included: the number of the last.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Says how many bytes it takes.
    fn push(&mut self, message: &impl Message) -> usize {
        let (at, bytes) = (self.bytes.len(), framed::bytes_of(message));
        self.bytes.resize(at + bytes, 0);
        framed::write(message, &mut self.bytes[at..]);
        self.count += 1;
        bytes
    }
}

/// A trade, as both sides are told it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Match {
    /// Its number.
    pub(crate) number: u64,
    /// Its price.
    pub(crate) price: Ticks,
    /// How much was traded.
    pub(crate) quantity: Lots,
}

/// An order and what its owner is told of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told<'a> {
    /// Where it trades.
    pub(crate) instrument: &'a Instrument,
    /// Its id.
    pub(crate) order: OrderId,
    /// How much of it is open.
    pub(crate) quantity: Lots,
    /// The rest.
    pub(crate) open: &'a OpenOrder,
}

impl Answers {
    /// The streams of sessions that had messages before today's last.
    pub(crate) fn of_streams(streams: BTreeMap<SessionId, Stream>) -> Self {
        Self { streams, ..Self::default() }
    }

    /// Hands the waiting messages of each session that has some to `take`: they are taken.
    ///
    /// # Errors
    /// Those of `take`, at the first of them; what was not handed over is lost.
    ///
    /// # Panics
    /// Never.
    pub fn take<E>(
        &mut self,
        mut take: impl FnMut(SessionId, &Stream) -> Result<(), E>,
    ) -> Result<(), E> {
        self.waiting_bytes = 0;
        for session in self.waiting.drain(..) {
            let stream = self.streams.get_mut(&session).expect("it has messages");
            take(session, stream)?;
            stream.bytes.clear();
        }
        Ok(())
    }

    /// Bytes of all messages that wait.
    pub const fn waiting_bytes(&self) -> usize {
        self.waiting_bytes
    }

    /// How many messages a session had today.
    pub fn count_of(&self, session: SessionId) -> u64 {
        self.streams.get(&session).map_or(0, Stream::count)
    }

    /// Whether a session has messages that wait.
    pub const fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// A new day begins.
    pub(crate) fn start_day(&mut self) {
        assert!(self.waiting.is_empty(), "the messages of a day are taken before the next begins");
        self.streams.clear();
    }

    /// The day ends: every session that was told something is told that.
    pub(crate) fn end_day(&mut self) {
        let event_code = EventCode::EndOfDay.into();
        let end = SystemEvent { timestamp: self.time, event_code };
        let told: Vec<SessionId> = self.streams.keys().copied().collect();
        for session in told {
            self.push(session, &end);
        }
    }

    /// Tells a session; the first message of its day comes behind the beginning of the day.
    fn push(&mut self, session: SessionId, message: &impl Message) {
        let stream = self.streams.entry(session).or_default();
        if stream.bytes.is_empty() {
            self.waiting.push(session);
        }
        if stream.count == 0 {
            let event_code = EventCode::StartOfDay.into();
            let start = SystemEvent { timestamp: self.time, event_code };
            self.waiting_bytes += stream.push(&start);
        }
        self.waiting_bytes += stream.push(message);
    }

    pub(crate) fn accepted(&mut self, session: SessionId, told: Told<'_>) -> Fit {
        let Told { instrument, open, .. } = told;
        let Terms { client, .. } = &*open.terms;
        let elements = told.elements().into_iter().chain(told.echoed()).flatten();
        let message = OrderAccepted {
            timestamp: self.time,
            user_ref_num: user_ref_num(told.order)?,
            side: told.side(),
            quantity: instrument.quantity_of(told.quantity)?,
            symbol: instrument.name,
            price: limit_of(instrument, open)?,
            time_in_force: open.terms.time_in_force,
            display: client.display,
            order_reference: open.reference,
            capacity: client.capacity,
            is_sweep: client.is_sweep,
            cross_type: client.cross_type,
            state: OrderState::Live,
            cl_ord_id: client.cl_ord_id,
            appendage: appendage_of(elements),
        };
        self.push(session, &message);
        Ok(())
    }

    /// An order has another name, price or quantity.
    pub(crate) fn replaced(&mut self, session: SessionId, before: OrderId, told: Told<'_>) -> Fit {
        let Told { instrument, open, .. } = told;
        let Terms { client, .. } = &*open.terms;
        let elements = told.elements().into_iter().flatten();
        let message = OrderReplaced {
            timestamp: self.time,
            orig_user_ref_num: user_ref_num(before)?,
            user_ref_num: user_ref_num(told.order)?,
            side: told.side(),
            quantity: instrument.quantity_of(told.quantity)?,
            symbol: instrument.name,
            price: limit_of(instrument, open)?,
            time_in_force: open.terms.time_in_force,
            display: client.display,
            order_reference: open.reference,
            capacity: client.capacity,
            is_sweep: client.is_sweep,
            cross_type: client.cross_type,
            state: OrderState::Live,
            cl_ord_id: client.cl_ord_id,
            appendage: appendage_of(elements),
        };
        self.push(session, &message);
        Ok(())
    }

    /// An order, or the Replace that was to give it this id, was rejected.
    pub(crate) fn rejected(
        &mut self,
        session: SessionId,
        (order, client): (OrderId, &ClientFields),
        reason: RejectReason,
    ) -> Fit {
        self.refused(session, order, (of_reject(reason).into(), client.cl_ord_id))
    }

    fn refused(
        &mut self,
        session: SessionId,
        order: OrderId,
        (reason, cl_ord_id): (Open<highwater_protocols::ouch::RejectReason>, Alpha<14>),
    ) -> Fit {
        let user_ref_num = user_ref_num(order)?;
        let timestamp = self.time;
        let message = Rejected { timestamp, user_ref_num, reason, cl_ord_id, appendage: None };
        self.push(session, &message);
        Ok(())
    }

    /// An order is gone, or has this much less.
    pub(crate) fn canceled(
        &mut self,
        session: SessionId,
        (instrument, order, lots): (&Instrument, OrderId, Lots),
        reason: OuchCancel,
    ) -> Fit {
        let message = Canceled {
            timestamp: self.time,
            user_ref_num: user_ref_num(order)?,
            quantity: instrument.quantity_of(lots)?,
            reason: reason.into(),
            appendage: None,
        };
        self.push(session, &message);
        Ok(())
    }

    /// An order traded.
    pub(crate) fn executed(
        &mut self,
        (session, order, flag): (SessionId, OrderId, LiquidityFlag),
        instrument: &Instrument,
        trade: &Match,
    ) -> Fit {
        let message = OrderExecuted {
            timestamp: self.time,
            user_ref_num: user_ref_num(order)?,
            quantity: instrument.quantity_of(trade.quantity)?,
            price: instrument.wide_price(trade.price)?,
            liquidity_flag: flag.into(),
            match_number: trade.number,
            appendage: Some(Appendage::new()),
        };
        self.push(session, &message);
        Ok(())
    }

    /// A reserve order shows a new part, under another number.
    pub(crate) fn replenished(
        &mut self,
        session: SessionId,
        (instrument, order): (&Instrument, OrderId),
        (reference, shown): (u64, Lots),
    ) -> Fit {
        let display = instrument.quantity_of(shown)?;
        let elements =
            [Element::SecondaryOrderReference(reference), Element::DisplayQuantity(display)];
        let message = OrderRestated {
            timestamp: self.time,
            user_ref_num: user_ref_num(order)?,
            reason: RestatedReason::RefreshOfDisplay.into(),
            appendage: appendage_of(elements),
        };
        self.push(session, &message);
        Ok(())
    }

    /// A stop was triggered: it has another number from here on.
    pub(crate) fn triggered(
        &mut self,
        session: SessionId,
        (instrument, order, open): (&Instrument, OrderId, &OpenOrder),
    ) -> Fit {
        let message = PriorityUpdate {
            timestamp: self.time,
            user_ref_num: user_ref_num(order)?,
            price: limit_of(instrument, open)?,
            display: open.terms.client.display,
            order_reference: open.reference,
            appendage: None,
        };
        self.push(session, &message);
        Ok(())
    }

    /// A session's orders are being canceled.
    pub(crate) fn mass_cancel(
        &mut self,
        session: SessionId,
        (number, side): (ClientSequence, Option<BookSide>),
        symbol: Alpha<8>,
    ) {
        let appendage = appendage_of(side.map(|side| Element::Side(side_of(side))));
        let user_ref_num = request_number(number);
        let timestamp = self.time;
        let firm = Alpha::BLANK;
        let message = MassCancelResponse { timestamp, user_ref_num, firm, symbol, appendage };
        self.push(session, &message);
    }

    /// A gateway answered by itself.
    pub(crate) fn noted(
        &mut self,
        session: SessionId,
        (order, note): (OrderId, GatewayNote),
    ) -> Fit {
        let (timestamp, appendage) = (self.time, Appendage::new());
        match note {
            GatewayNote::Refused { reason, cl_ord_id } => {
                return self.refused(session, order, (reason, cl_ord_id));
            }
            GatewayNote::EntryDisabled { firm } => {
                let user_ref_num = user_ref_num(order)?;
                let it = DisableOrderEntryResponse { timestamp, user_ref_num, firm, appendage };
                self.push(session, &it);
            }
            GatewayNote::EntryEnabled { firm } => {
                let user_ref_num = user_ref_num(order)?;
                let it = EnableOrderEntryResponse { timestamp, user_ref_num, firm, appendage };
                self.push(session, &it);
            }
            GatewayNote::Queried => {
                let next_user_ref_num = user_ref_num(order)?;
                let it = AccountQueryResponse { timestamp, next_user_ref_num, appendage: None };
                self.push(session, &it);
            }
            GatewayNote::EntryStopped | GatewayNote::EntryAllowed => {}
        }
        Ok(())
    }
}

impl Told<'_> {
    /// The side, with the marking of a sale that its client gave.
    fn side(&self) -> Side {
        let marked = self.open.terms.client.side;
        match (self.open.side, marked) {
            (BookSide::Buy, _) => Side::Buy,
            (BookSide::Sell, Side::SellShort | Side::SellShortExempt) => marked,
            (BookSide::Sell, Side::Buy | Side::Sell) => Side::Sell,
        }
    }

    /// What an order asks for beyond the fixed fields, as far as a Replace repeats it.
    fn elements(&self) -> [Option<Element>; 5] {
        let Terms { client, minimum, display, is_post_only, expire_seconds, .. } = *self.open.terms;
        let unless_0 = |number: u32| (number > 0).then_some(number);
        [
            (!client.firm.is_blank()).then_some(Element::Firm(client.firm)),
            unless_0(minimum).map(Element::MinQuantity),
            unless_0(display).map(Element::MaxFloor),
            is_post_only.then_some(Element::PostOnly(PostOnly::PostOnly)),
            unless_0(expire_seconds).map(|it| Element::ExpireTime(Seconds(it))),
        ]
    }

    /// What only the first answer echoes.
    fn echoed(&self) -> [Option<Element>; 2] {
        let ClientFields { customer_type, group_id, .. } = self.open.terms.client;
        [
            customer_type.map(Element::CustomerType),
            (group_id > 0).then_some(Element::GroupId(group_id)),
        ]
    }
}

impl ClientFields {
    /// Whether the feed names the firm.
    pub(crate) fn is_attributed(&self) -> bool {
        self.display == Display::Attributable && !self.firm.is_blank()
    }
}

/// These elements, which a message with the tags `TAGS` may have.
fn appendage_of<const TAGS: u32>(elements: impl IntoIterator<Item = Element>) -> Appendage<TAGS> {
    let mut appendage = Appendage::new();
    for element in elements {
        appendage.push(element).expect("each of these may be there, once");
    }
    appendage
}

fn limit_of(instrument: &Instrument, open: &OpenOrder) -> Fit<WidePrice4> {
    if open.limit.0 == 0 { Ok(WidePrice4::MARKET) } else { instrument.wide_price(open.limit) }
}

const fn side_of(side: BookSide) -> Side {
    match side {
        BookSide::Buy => Side::Buy,
        BookSide::Sell => Side::Sell,
    }
}

/// The client's number of an order: the id itself, or its lower half below the session's number.
fn user_ref_num(order: OrderId) -> Fit<u32> {
    let (session, number) = (order.0 >> 32, order.0 & u64::from(u32::MAX));
    if session > u64::from(u16::MAX) {
        return Err(Box::new(Unfit::OrderId(order)));
    }
    Ok(u32::try_from(number).expect("it is the lower half"))
}

/// The client's number of a request: a gateway leaves 31 bits below it for requests without one.
fn request_number(number: ClientSequence) -> u32 {
    let number = if number.0 < 1 << 31 { number.0 } else { number.0 >> 31 };
    u32::try_from(number).unwrap_or(u32::MAX)
}
