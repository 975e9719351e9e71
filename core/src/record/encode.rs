//! Records to bytes: a head, a body, and the checksum over both.

use super::layout::{
    BindFlowBody, BodyLayout, CancelBody, ClockBody, ConditionalNewBody, ConfigureBody,
    ControlBody, DefineInstrumentBody, EndOfDayBody, HEAD_BYTES, LimitSessionBody, MassCancelBody,
    NAMES_ACCOUNT, NAMES_INSTRUMENT, NAMES_SESSION, NewBody, NoteBody, ReduceBody, ReplaceBody,
    RunningHashBody, SetBandBody, TradeBody, length_with,
};
use super::{Body, PlainRecord, Record, RecordType};
use crate::checksum::checksum_of_record;
use crate::command::{
    Action, ClientBytes, Command, Control, Definition, FlowIdentity, MassCancel, NewOrder, Note,
    PlainKind, ReplaceOrder, ReplaceSizing,
};
use crate::little_endian::{Le16, Le32, Le64, LeMix, LePair};
use crate::trade::{TradeCopy, TradeKind};
use crate::types::{
    AccountId, Band, Capacities, ClientSequence, InstrumentId, Lots, OrderId, OrderType,
    ReplaceRule, SelfTrade, Sequence, SessionId, Side, TimeInForce,
};

impl Record {
    /// The record's type.
    pub const fn record_type(&self) -> RecordType {
        match &self.body {
            Body::RunningHash(_) => RecordType::RunningHash,
            Body::Trade(_) => RecordType::Trade,
            Body::Command(command) => match command.action {
                Action::New(_) => RecordType::New,
                Action::Cancel { .. } => RecordType::Cancel,
                Action::Reduce { .. } => RecordType::Reduce,
                Action::Replace(_) => RecordType::Replace,
                Action::MassCancel(_) => RecordType::MassCancel,
                Action::Note(_) => RecordType::Note,
                Action::DefineInstrument(_) => RecordType::DefineInstrument,
                Action::SetBand { .. } => RecordType::SetBand,
                Action::Control { .. } => RecordType::Control,
                Action::Clock { .. } => RecordType::Clock,
                Action::EndOfDay => RecordType::EndOfDay,
                Action::LimitSession { .. } => RecordType::LimitSession,
                Action::BindFlow(_) => RecordType::BindFlow,
                Action::Configure(_) => RecordType::Configure,
            },
        }
    }

    /// Writes the record to the front of `room`; returns its length in bytes, or `None` when it
    /// does not fit.
    #[inline]
    pub fn encode(&self, room: &mut [u8]) -> Option<usize> {
        match &self.body {
            Body::RunningHash(hash) => {
                self.put(room, RunningHashBody { running_hash: Le64::new(*hash) })
            }
            Body::Trade(copy) => self.put(room, trade(copy)),
            Body::Command(command) => self.encode_command(command, room),
        }
    }

    #[inline]
    fn encode_command(&self, command: &Command, room: &mut [u8]) -> Option<usize> {
        let sender = Sender::new(command.session, command.client_sequence);
        match &command.action {
            Action::New(new) if new.is_short() => self.put(room, sender.new_order(new)),
            Action::Cancel { instrument, order, account } => {
                self.put(room, sender.cancel(*instrument, *order, *account))
            }
            Action::Reduce { instrument, order, account, by } => {
                self.put(room, sender.reduce(*instrument, *order, *account, *by))
            }
            Action::Replace(replace) if replace.client_bytes.is_empty() => {
                self.put(room, sender.replace(replace))
            }
            Action::New(_) | Action::Replace(_) | Action::Note(_) => self.put_long(room, command),
            Action::MassCancel(which) => self.put(room, sender.mass_cancel(which)),
            Action::DefineInstrument(definition) => {
                self.put(room, sender.define_instrument(definition))
            }
            Action::SetBand { instrument, band } => {
                self.put(room, sender.set_band(*instrument, *band))
            }
            Action::Control { instrument, control } => {
                self.put(room, sender.control(*instrument, *control))
            }
            Action::Clock { now_ns } => self.put(room, sender.clock(*now_ns)),
            Action::EndOfDay => self.put(room, sender.end_of_day()),
            Action::LimitSession { session, open_orders_max } => {
                let body = sender.limit_session(*session, *open_orders_max);
                self.put(room, body)
            }
            Action::BindFlow(flow) => self.put(room, sender.bind_flow(flow)),
            Action::Configure(capacities) => self.put(room, sender.configure(*capacities)),
        }
    }

    #[inline]
    fn put<B: BodyLayout>(&self, room: &mut [u8], body: B) -> Option<usize> {
        Stamp { timestamp_ns: self.timestamp_ns, sequence: self.sequence }.put(room, body)
    }

    /// What has conditions or client bytes, apart from what has neither and must not pay for it.
    #[cold]
    #[inline(never)]
    fn put_long(&self, room: &mut [u8], command: &Command) -> Option<usize> {
        let sender = Sender::new(command.session, command.client_sequence);
        let action = &command.action;
        if let Action::New(new) = action {
            if new.conditions.are_none() {
                return self.put_with(room, &sender.new_order(new), &new.client_bytes);
            }
            return self.put_with(room, &sender.conditional_new(new), &new.client_bytes);
        }
        if let Action::Replace(replace) = action {
            return self.put_with(room, &sender.replace(replace), &replace.client_bytes);
        }
        let Action::Note(note) = action else { return None };
        self.put_with(room, &sender.note(note), &note.bytes)
    }

    /// The same as [`put`](Self::put), with client bytes behind the body.
    fn put_with<B: BodyLayout>(
        &self,
        room: &mut [u8],
        body: &B,
        client_bytes: &ClientBytes,
    ) -> Option<usize> {
        let stamp = Stamp { timestamp_ns: self.timestamp_ns, sequence: self.sequence };
        stamp.put_with(room, body, client_bytes)
    }
}

impl PlainRecord {
    /// Writes the record, whose sequence is given, to the front of `room`, as
    /// [`Record::encode`] does.
    #[inline]
    pub(crate) fn encode(&self, sequence: Sequence, room: &mut [u8]) -> Option<usize> {
        let stamp = Stamp { timestamp_ns: self.timestamp_ns, sequence };
        let plain = &self.command;
        let sender = Sender::new(plain.session(), plain.client_sequence());
        let (instrument, order, account) = (plain.instrument(), plain.order(), plain.account());
        match plain.kind() {
            PlainKind::New => stamp.put(room, sender.new_order(&plain.new_order())),
            PlainKind::Cancel => stamp.put(room, sender.cancel(instrument, order, account)),
            PlainKind::Reduce => {
                stamp.put(room, sender.reduce(instrument, order, account, plain.quantity()))
            }
            PlainKind::Replace => stamp.put(room, sender.replace(&plain.replace_order())),
        }
    }
}

/// What the head of every record says.
struct Stamp {
    timestamp_ns: u64,
    sequence: Sequence,
}

impl Stamp {
    /// Writes head and body and seals them with their checksum, a word at a time: the checksum
    /// reads words, and a word that was written in pieces cannot be read until they are in the
    /// cache.
    #[inline]
    fn put<B: BodyLayout>(&self, room: &mut [u8], body: B) -> Option<usize> {
        let length = HEAD_BYTES + size_of::<B>();
        let (words, _) = room.get_mut(..length)?.as_chunks_mut::<8>();
        let (first, covered) = words.split_first_mut()?;
        let (rest_of_head, body_words) = covered.split_first_chunk_mut::<2>()?;
        *rest_of_head = [self.timestamp_ns.to_le_bytes(), self.sequence.0.to_le_bytes()];
        body_words.as_flattened_mut().copy_from_slice(bytemuck::bytes_of(&body));
        let sum = checksum_of_record(B::KIND, covered);
        *first = (u64::from(sum) | u64::from(B::KIND) << 32).to_le_bytes();
        Some(length)
    }

    /// The same with client bytes behind the body; without any it is the same.
    fn put_with<B: BodyLayout>(
        &self,
        room: &mut [u8],
        body: &B,
        client_bytes: &ClientBytes,
    ) -> Option<usize> {
        let (length, kind) =
            (length_with::<B>(client_bytes.len()), B::kind_with(client_bytes.len()));
        let (words, _) = room.get_mut(..length)?.as_chunks_mut::<8>();
        let (first, covered) = words.split_first_mut()?;
        let (rest_of_head, behind) = covered.split_first_chunk_mut::<2>()?;
        *rest_of_head = [self.timestamp_ns.to_le_bytes(), self.sequence.0.to_le_bytes()];
        let (body_room, rest) = behind.as_flattened_mut().split_at_mut_checked(size_of::<B>())?;
        body_room.copy_from_slice(bytemuck::bytes_of(body));
        rest.copy_from_slice(client_bytes.padded().get(..rest.len())?);
        let sum = checksum_of_record(kind, covered);
        *first = (u64::from(sum) | u64::from(kind) << 32).to_le_bytes();
        Some(length)
    }
}

fn trade(copy: &TradeCopy) -> TradeBody {
    TradeBody {
        maker: Le64::new(copy.maker.0),
        taker: Le64::new(copy.taker.0),
        quantity_lots: Le64::new(copy.quantity.0),
        price_ticks: Le32::new(copy.price.0),
        instrument: Le32::new(copy.instrument.0),
        maker_session: Le16::new(copy.maker_session.0),
        taker_session: Le16::new(copy.taker_session.0),
        kind: match copy.kind {
            TradeKind::Continuous => 1,
            TradeKind::Auction => 2,
        },
        zero: [0; 3],
    }
}

/// Who sent a command, as every body says it; makes the bodies of its commands.
struct Sender {
    client_sequence: Le64,
    session: Le16,
}

impl Sender {
    #[inline]
    const fn new(session: SessionId, client_sequence: ClientSequence) -> Self {
        Self { client_sequence: Le64::new(client_sequence.0), session: Le16::new(session.0) }
    }

    #[inline]
    fn new_order(&self, new: &NewOrder) -> NewBody {
        let terms =
            order_type_number(new.order_type) << 4 | time_in_force_number(new.time_in_force);
        NewBody {
            client_sequence: self.client_sequence,
            order: Le64::new(new.order.0),
            quantity_lots: Le64::new(new.quantity.0),
            price_ticks_and_instrument: LePair::new(new.price.0, new.instrument.0),
            account_session_side_and_terms: LeMix::new(
                new.account.0,
                self.session.get(),
                [side_number(new.side), terms],
            ),
        }
    }

    fn conditional_new(&self, new: &NewOrder) -> ConditionalNewBody {
        let conditions = &new.conditions;
        ConditionalNewBody {
            new: self.new_order(new),
            trigger_ticks: Le32::new(conditions.trigger.0),
            self_trade: self_trade_number(conditions.self_trade),
            post_only: u8::from(conditions.post_only),
            zero: [0; 2],
            expiry_ns: Le64::new(conditions.expiry_ns),
            display_lots: Le64::new(conditions.display.0),
            minimum_lots: Le64::new(conditions.minimum.0),
        }
    }

    #[inline]
    fn cancel(&self, instrument: InstrumentId, order: OrderId, account: AccountId) -> CancelBody {
        CancelBody {
            client_sequence: self.client_sequence,
            order: Le64::new(order.0),
            instrument_and_account: LePair::new(instrument.0, account.0),
            session: Le64::new(u64::from(self.session.get())),
        }
    }

    #[inline]
    fn reduce(
        &self,
        instrument: InstrumentId,
        order: OrderId,
        account: AccountId,
        by: Lots,
    ) -> ReduceBody {
        ReduceBody {
            client_sequence: self.client_sequence,
            order: Le64::new(order.0),
            by_lots: Le64::new(by.0),
            instrument_and_account: LePair::new(instrument.0, account.0),
            session: Le64::new(u64::from(self.session.get())),
        }
    }

    #[inline]
    fn replace(&self, replace: &ReplaceOrder) -> ReplaceBody {
        let rule = match replace.rule {
            ReplaceRule::Modify => 1,
            ReplaceRule::CancelReplace => 2,
        };
        ReplaceBody {
            client_sequence: self.client_sequence,
            order: Le64::new(replace.order.0),
            new_order: Le64::new(replace.new_order.0),
            quantity_lots: Le64::new(replace.quantity.0),
            price_ticks_and_instrument: LePair::new(replace.price.0, replace.instrument.0),
            account_session_rule_and_sizing: LeMix::new(
                replace.account.0,
                self.session.get(),
                [rule, sizing_number(replace.sizing)],
            ),
            zero_and_trigger_ticks: LePair::new(0, replace.trigger.0),
        }
    }

    fn mass_cancel(&self, which: &MassCancel) -> MassCancelBody {
        let named = |is_given: bool, number: u8| if is_given { number } else { 0 };
        MassCancelBody {
            client_sequence: self.client_sequence,
            instrument: Le32::new(which.instrument.map_or(0, |instrument| instrument.0)),
            account: Le32::new(which.account.map_or(0, |account| account.0)),
            of_session: Le16::new(which.session.map_or(0, |session| session.0)),
            session: self.session,
            names: named(which.instrument.is_some(), NAMES_INSTRUMENT)
                | named(which.account.is_some(), NAMES_ACCOUNT)
                | named(which.session.is_some(), NAMES_SESSION),
            side: which.side.map_or(0, side_number),
            zero: [0; 2],
        }
    }

    fn define_instrument(&self, definition: &Definition) -> DefineInstrumentBody {
        let Definition { symbol, terms } = definition;
        DefineInstrumentBody {
            client_sequence: self.client_sequence,
            symbol: *symbol.padded(),
            lot: Le64::new(terms.lot.0),
            quantity_lots_max: Le64::new(terms.quantity_max.0),
            notional_max: terms.notional_max.halves().map(Le64::new),
            tick: Le32::new(terms.tick.0),
            band_low_ticks: Le32::new(terms.band.low.0),
            band_high_ticks: Le32::new(terms.band.high.0),
            session: self.session,
            decimals_beyond_default: terms.decimals.beyond_default(),
            zero: 0,
        }
    }

    const fn note(&self, note: &Note) -> NoteBody {
        NoteBody {
            client_sequence: self.client_sequence,
            order: Le64::new(note.order.0),
            code: Le16::new(note.code),
            session: self.session,
            zero: [0; 4],
        }
    }

    const fn set_band(&self, instrument: InstrumentId, band: Band) -> SetBandBody {
        SetBandBody {
            client_sequence: self.client_sequence,
            instrument: Le32::new(instrument.0),
            low_ticks: Le32::new(band.low.0),
            high_ticks: Le32::new(band.high.0),
            session: self.session,
            zero: [0; 2],
        }
    }

    const fn control(&self, instrument: InstrumentId, control: Control) -> ControlBody {
        ControlBody {
            client_sequence: self.client_sequence,
            instrument: Le32::new(instrument.0),
            session: self.session,
            control: match control {
                Control::Halt => 1,
                Control::Resume => 2,
                Control::MatchingOn => 3,
                Control::MatchingOff => 4,
                Control::StartAuction => 5,
                Control::Uncross => 6,
            },
            zero: 0,
        }
    }

    const fn clock(&self, now_ns: u64) -> ClockBody {
        ClockBody {
            client_sequence: self.client_sequence,
            now_ns: Le64::new(now_ns),
            session: self.session,
            zero: [0; 6],
        }
    }

    const fn end_of_day(&self) -> EndOfDayBody {
        EndOfDayBody { client_sequence: self.client_sequence, session: self.session, zero: [0; 6] }
    }

    const fn limit_session(&self, of_session: SessionId, open_orders_max: u32) -> LimitSessionBody {
        LimitSessionBody {
            client_sequence: self.client_sequence,
            open_orders_max: Le32::new(open_orders_max),
            of_session: Le16::new(of_session.0),
            session: self.session,
        }
    }

    const fn bind_flow(&self, flow: &FlowIdentity) -> BindFlowBody {
        BindFlowBody {
            client_sequence: self.client_sequence,
            head_hash: Le64::new(flow.head_hash),
            name: flow.name,
            head_bytes: Le32::new(flow.head_bytes),
            session: self.session,
            zero: [0; 2],
        }
    }

    const fn configure(&self, capacities: Capacities) -> ConfigureBody {
        ConfigureBody {
            client_sequence: self.client_sequence,
            orders: Le32::new(capacities.orders),
            instruments: Le32::new(capacities.instruments),
            sessions: Le32::new(capacities.sessions),
            session: self.session,
            zero: [0; 2],
        }
    }
}

const fn self_trade_number(self_trade: SelfTrade) -> u8 {
    match self_trade {
        SelfTrade::Allow => 0,
        SelfTrade::CancelNewest => 1,
        SelfTrade::CancelOldest => 2,
        SelfTrade::CancelBoth => 3,
    }
}

const fn sizing_number(sizing: ReplaceSizing) -> u8 {
    match sizing {
        ReplaceSizing::Open => 0,
        ReplaceSizing::More => 1,
        ReplaceSizing::Less => 2,
    }
}

const fn side_number(side: Side) -> u8 {
    match side {
        Side::Buy => 1,
        Side::Sell => 2,
    }
}

const fn order_type_number(order_type: OrderType) -> u8 {
    match order_type {
        OrderType::Limit => 0,
        OrderType::Market => 1,
        OrderType::Stop => 2,
        OrderType::StopLimit => 3,
    }
}

const fn time_in_force_number(time_in_force: TimeInForce) -> u8 {
    match time_in_force {
        TimeInForce::GoodTillCancel => 1,
        TimeInForce::ImmediateOrCancel => 2,
        TimeInForce::FillOrKill => 3,
        TimeInForce::Day => 4,
        TimeInForce::GoodTillDate => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::super::RECORD_BYTES_MAX;
    use super::*;
    use crate::ring::Carried;
    use crate::types::Ticks;

    /// Commands that are plain, with numbers whose every byte is another.
    fn plain_actions() -> [Action; 6] {
        let (instrument, account) = (InstrumentId(0x3132_3334), AccountId(0x2122_2324));
        let (order, new_order) = (OrderId(0x1112_1314_1516_1718), OrderId(0x4142_4344_4546_4748));
        let (price, quantity) = (Ticks(0x5152_5354), Lots(0x6162_6364_6566_6768));
        let new = |side, order_type, time_in_force| {
            let conditions = crate::command::Conditions::NONE;
            Action::New(NewOrder {
                instrument,
                order,
                account,
                side,
                order_type,
                time_in_force,
                price,
                quantity,
                conditions,
                client_bytes: ClientBytes::EMPTY,
            })
        };
        let replace = |rule| {
            Action::Replace(ReplaceOrder {
                instrument,
                order,
                new_order,
                account,
                rule,
                price,
                sizing: ReplaceSizing::Open,
                quantity,
                trigger: Ticks(0),
                client_bytes: ClientBytes::EMPTY,
            })
        };
        [
            new(Side::Buy, OrderType::Limit, TimeInForce::GoodTillDate),
            new(Side::Sell, OrderType::Market, TimeInForce::FillOrKill),
            Action::Cancel { instrument, order, account },
            Action::Reduce { instrument, order, account, by: quantity },
            replace(ReplaceRule::Modify),
            replace(ReplaceRule::CancelReplace),
        ]
    }

    #[test]
    fn a_plain_record_has_the_same_bytes() {
        for action in plain_actions() {
            let client_sequence = ClientSequence(0x0102_0304_0506_0708);
            let command = Command { session: SessionId(0x7172), client_sequence, action };
            let (sequence, timestamp_ns) = (Sequence(0x0a0b), 0x8182_8384_8586_8788);
            let record = Record { sequence, timestamp_ns, body: Body::Command(command) };
            let (_, words) = record.apart().expect("it is plain");
            let plain = PlainRecord::of_words(words);
            let (mut bytes, mut same) = ([0; RECORD_BYTES_MAX], [0; RECORD_BYTES_MAX]);
            let length = record.encode(&mut bytes).expect("it fits");
            assert_eq!(plain.encode(sequence, &mut same), Some(length));
            assert_eq!(bytes, same);
            assert_eq!(plain.encode(sequence, &mut same[..length - 1]), None);
        }
    }
}
