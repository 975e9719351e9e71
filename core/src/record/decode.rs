//! Bytes to records: trusts nothing, and takes nothing that encoding would not write.

use super::layout::{
    BindFlowBody, BodyLayout, CHECKSUM_BYTES, CLIENT_BYTES_SHIFT, CancelBody, ClockBody,
    ConditionalNewBody, ConfigureBody, ControlBody, DefineInstrumentBody, EndOfDayBody,
    FORM_CONDITIONAL, FORM_PLAIN, HEAD_BYTES, Head, LimitSessionBody, MassCancelBody,
    NAMES_ACCOUNT, NAMES_INSTRUMENT, NAMES_SESSION, NewBody, NoteBody, ReduceBody, ReplaceBody,
    RunningHashBody, SetBandBody, TYPE_MAX, TradeBody, length_with,
};
use super::{Body, Record, RecordFault};
use crate::checksum::{checksum, checksum_of_record};
use crate::command::{
    Action, ClientBytes, Command, Conditions, Control, Definition, FlowIdentity, MassCancel,
    NewOrder, Note, ReplaceOrder, ReplaceSizing,
};
use crate::limits::CLIENT_BYTES_MAX;
use crate::little_endian::Le64;
use crate::trade::{TradeCopy, TradeKind};
use crate::types::{
    AccountId, Band, Capacities, ClientSequence, InstrumentId, InstrumentTerms, Lots, Notional,
    OrderId, OrderType, Price, PriceDecimals, Quantity, ReplaceRule, SelfTrade, Sequence,
    SessionId, Side, Symbol, Ticks, TimeInForce,
};
use bytemuck::Pod;

impl Record {
    /// Reads the record at the front of `bytes`; returns it with its length in bytes.
    ///
    /// # Errors
    /// Says why the bytes are not a record that [`encode`](Self::encode) wrote.
    #[inline]
    pub fn decode(bytes: &[u8]) -> Result<(Self, usize), RecordFault> {
        // Most records are one of two kinds, which do not pay for the others.
        match kind_at(bytes) {
            NewBody::KIND => {
                command(bytes, |body| new_order(body, Conditions::NONE, ClientBytes::EMPTY))
            }
            CancelBody::KIND => command(bytes, cancel),
            kind => decode_other(kind, bytes),
        }
    }
}

/// A record of a kind that is less frequent, or what is wrong with it.
#[inline(never)]
fn decode_other(kind: u32, bytes: &[u8]) -> Result<(Record, usize), RecordFault> {
    match kind {
        ConditionalNewBody::KIND => {
            command(bytes, |body| conditional_new(body, ClientBytes::EMPTY))
        }
        ReduceBody::KIND => command(bytes, reduce),
        ReplaceBody::KIND => command(bytes, |body| replace(body, ClientBytes::EMPTY)),
        NoteBody::KIND => command(bytes, |body| note(body, ClientBytes::EMPTY)),
        MassCancelBody::KIND => command(bytes, mass_cancel),
        DefineInstrumentBody::KIND => command(bytes, define_instrument),
        SetBandBody::KIND => command(bytes, set_band),
        ControlBody::KIND => command(bytes, |body| control(*body)),
        ClockBody::KIND => command(bytes, clock),
        EndOfDayBody::KIND => command(bytes, |body| end_of_day(*body)),
        LimitSessionBody::KIND => command(bytes, |body| Ok(limit_session(*body))),
        BindFlowBody::KIND => command(bytes, bind_flow),
        ConfigureBody::KIND => command(bytes, configure),
        RunningHashBody::KIND => {
            record(bytes, |body: &RunningHashBody| Ok(Body::RunningHash(body.running_hash.get())))
        }
        TradeBody::KIND => record(bytes, |body| trade(body).map(Body::Trade)),
        _ => decode_with_client_bytes(kind, bytes),
    }
}

/// A record of a kind that ends with client bytes, or what is wrong with it.
fn decode_with_client_bytes(kind: u32, bytes: &[u8]) -> Result<(Record, usize), RecordFault> {
    let [_, _, _, form] = kind.to_le_bytes();
    let count = form >> CLIENT_BYTES_SHIFT;
    let is = |of_type: u32| usize::from(count) <= CLIENT_BYTES_MAX && kind == of_type;
    if is(NewBody::kind_with(count)) {
        trailed(bytes, count, |body, bytes| new_order(body, Conditions::NONE, bytes))
    } else if is(ConditionalNewBody::kind_with(count)) {
        trailed(bytes, count, conditional_new)
    } else if is(ReplaceBody::kind_with(count)) {
        trailed(bytes, count, replace)
    } else if is(NoteBody::kind_with(count)) {
        trailed(bytes, count, note)
    } else {
        Err(fault_of(bytes))
    }
}

/// The second half of the first word; 0, which no record has, when there is none.
#[inline]
fn kind_at(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |[_, _, _, _, kind @ ..]: &[u8; 8]| u32::from_le_bytes(*kind))
}

/// The command at the front of `bytes`, whose record has this body.
#[inline]
fn command<B: BodyLayout>(
    bytes: &[u8],
    read_body: impl FnOnce(&B) -> Result<Command, RecordFault>,
) -> Result<(Record, usize), RecordFault> {
    record(bytes, |body| read_body(body).map(Body::Command))
}

/// The record at the front of `bytes`, which has this body.
#[inline]
fn record<B: BodyLayout>(
    bytes: &[u8],
    read_body: impl FnOnce(&B) -> Result<Body, RecordFault>,
) -> Result<(Record, usize), RecordFault> {
    let length = HEAD_BYTES + size_of::<B>();
    let bytes = bytes.get(..length).ok_or(RecordFault::Length)?;
    let (head, body) = bytes.split_at_checked(HEAD_BYTES).ok_or(RecordFault::Length)?;
    let head: Head = read(head)?;
    let (words, _) = bytes.as_chunks();
    let (_, covered) = words.split_first().ok_or(RecordFault::Length)?;
    if checksum_of_record(B::KIND, covered) != head.checksum.get() {
        return Err(RecordFault::Checksum);
    }
    let body = read_body(&read(body)?)?;
    let sequence = Sequence(head.sequence.get());
    Ok((Record { sequence, timestamp_ns: head.timestamp_ns.get(), body }, length))
}

/// The same of a record that ends with `count` client bytes, zeros up to a whole word behind them.
fn trailed<B: BodyLayout>(
    bytes: &[u8],
    count: u8,
    read_body: impl FnOnce(&B, ClientBytes) -> Result<Command, RecordFault>,
) -> Result<(Record, usize), RecordFault> {
    let length = length_with::<B>(count);
    let bytes = bytes.get(..length).ok_or(RecordFault::Length)?;
    let head: Head = read(bytes.get(..HEAD_BYTES).ok_or(RecordFault::Length)?)?;
    let (words, _) = bytes.as_chunks();
    let (_, covered) = words.split_first().ok_or(RecordFault::Length)?;
    if checksum_of_record(B::kind_with(count), covered) != head.checksum.get() {
        return Err(RecordFault::Checksum);
    }
    let (front, trailer) =
        bytes.split_at_checked(HEAD_BYTES + size_of::<B>()).ok_or(RecordFault::Length)?;
    let (client_bytes, padding) =
        trailer.split_at_checked(usize::from(count)).ok_or(RecordFault::Length)?;
    all_zero(padding)?;
    let client_bytes = ClientBytes::new(client_bytes).ok_or(RecordFault::Length)?;
    let body = read(front.get(HEAD_BYTES..).ok_or(RecordFault::Length)?)?;
    let body = Body::Command(read_body(&body, client_bytes)?);
    let sequence = Sequence(head.sequence.get());
    Ok((Record { sequence, timestamp_ns: head.timestamp_ns.get(), body }, length))
}

/// What is wrong with bytes whose kind is that of no record.
#[cold]
fn fault_of(bytes: &[u8]) -> RecordFault {
    let [low, high, record_type, form] = kind_at(bytes).to_le_bytes();
    let length = usize::from(u16::from_le_bytes([low, high]));
    let Some(covered) = bytes.get(CHECKSUM_BYTES..length).filter(|_| bytes.len() >= HEAD_BYTES)
    else {
        return RecordFault::Length;
    };
    let is_sealed = bytes.starts_with(&checksum(&[covered]).to_le_bytes());
    match (record_type, form) {
        _ if !is_sealed => RecordFault::Checksum,
        _ if length < HEAD_BYTES => RecordFault::Length,
        (NewBody::TYPE..=TYPE_MAX, FORM_PLAIN) => RecordFault::Length,
        (_, FORM_PLAIN) => RecordFault::Type,
        (NewBody::TYPE | ReplaceBody::TYPE | NoteBody::TYPE, _) if is_form(record_type, form) => {
            RecordFault::Length
        }
        _ => RecordFault::Field,
    }
}

/// Whether a record of a type that may end with client bytes has this form.
fn is_form(record_type: u8, form: u8) -> bool {
    let may_be_conditional = record_type == NewBody::TYPE;
    usize::from(form >> CLIENT_BYTES_SHIFT) <= CLIENT_BYTES_MAX
        && (may_be_conditional || form & FORM_CONDITIONAL == 0)
}

#[inline]
fn new_order(
    body: &NewBody,
    conditions: Conditions,
    client_bytes: ClientBytes,
) -> Result<Command, RecordFault> {
    let [price, instrument] = body.price_ticks_and_instrument.get();
    let (account, session, [side_number, terms]) = body.account_session_side_and_terms.get();
    let action = Action::New(NewOrder {
        instrument: InstrumentId(instrument),
        order: OrderId(body.order.get()),
        account: AccountId(account),
        side: side(side_number)?,
        order_type: match terms >> 4 {
            0 => OrderType::Limit,
            1 => OrderType::Market,
            2 => OrderType::Stop,
            3 => OrderType::StopLimit,
            _ => return Err(RecordFault::Field),
        },
        time_in_force: match terms & 15 {
            1 => TimeInForce::GoodTillCancel,
            2 => TimeInForce::ImmediateOrCancel,
            3 => TimeInForce::FillOrKill,
            4 => TimeInForce::Day,
            5 => TimeInForce::GoodTillDate,
            _ => return Err(RecordFault::Field),
        },
        price: Ticks(price),
        quantity: Lots(body.quantity_lots.get()),
        conditions,
        client_bytes,
    });
    Ok(sent(session, body.client_sequence, action))
}

fn conditional_new(
    body: &ConditionalNewBody,
    client_bytes: ClientBytes,
) -> Result<Command, RecordFault> {
    all_zero(&body.zero)?;
    let conditions = Conditions {
        trigger: Ticks(body.trigger_ticks.get()),
        self_trade: match body.self_trade {
            0 => SelfTrade::Allow,
            1 => SelfTrade::CancelNewest,
            2 => SelfTrade::CancelOldest,
            3 => SelfTrade::CancelBoth,
            _ => return Err(RecordFault::Field),
        },
        post_only: match body.post_only {
            0 => false,
            1 => true,
            _ => return Err(RecordFault::Field),
        },
        expiry_ns: body.expiry_ns.get(),
        display: Lots(body.display_lots.get()),
        minimum: Lots(body.minimum_lots.get()),
    };
    if conditions == Conditions::NONE {
        return Err(RecordFault::Field);
    }
    new_order(&body.new, conditions, client_bytes)
}

fn cancel(body: &CancelBody) -> Result<Command, RecordFault> {
    let [instrument, account] = body.instrument_and_account.get();
    let action = Action::Cancel {
        instrument: InstrumentId(instrument),
        order: OrderId(body.order.get()),
        account: AccountId(account),
    };
    Ok(sent(alone(body.session)?, body.client_sequence, action))
}

fn reduce(body: &ReduceBody) -> Result<Command, RecordFault> {
    let [instrument, account] = body.instrument_and_account.get();
    let action = Action::Reduce {
        instrument: InstrumentId(instrument),
        order: OrderId(body.order.get()),
        account: AccountId(account),
        by: Lots(body.by_lots.get()),
    };
    Ok(sent(alone(body.session)?, body.client_sequence, action))
}

fn replace(body: &ReplaceBody, client_bytes: ClientBytes) -> Result<Command, RecordFault> {
    let [price, instrument] = body.price_ticks_and_instrument.get();
    let (account, session, [rule, sizing]) = body.account_session_rule_and_sizing.get();
    let [zero, trigger] = body.zero_and_trigger_ticks.get();
    if zero != 0 {
        return Err(RecordFault::Field);
    }
    let action = Action::Replace(ReplaceOrder {
        instrument: InstrumentId(instrument),
        order: OrderId(body.order.get()),
        new_order: OrderId(body.new_order.get()),
        account: AccountId(account),
        rule: match rule {
            1 => ReplaceRule::Modify,
            2 => ReplaceRule::CancelReplace,
            _ => return Err(RecordFault::Field),
        },
        price: Ticks(price),
        sizing: match sizing {
            0 => ReplaceSizing::Open,
            1 => ReplaceSizing::More,
            2 => ReplaceSizing::Less,
            _ => return Err(RecordFault::Field),
        },
        quantity: Lots(body.quantity_lots.get()),
        trigger: Ticks(trigger),
        client_bytes,
    });
    Ok(sent(session, body.client_sequence, action))
}

fn note(body: &NoteBody, bytes: ClientBytes) -> Result<Command, RecordFault> {
    all_zero(&body.zero)?;
    let (code, order) = (body.code.get(), OrderId(body.order.get()));
    let action = Action::Note(Note { code, order, bytes });
    Ok(sent(body.session.get(), body.client_sequence, action))
}

fn mass_cancel(body: &MassCancelBody) -> Result<Command, RecordFault> {
    all_zero(&body.zero)?;
    let known = NAMES_INSTRUMENT | NAMES_ACCOUNT | NAMES_SESSION;
    let instrument = (body.names & NAMES_INSTRUMENT != 0).then(|| body.instrument.get());
    let account = (body.names & NAMES_ACCOUNT != 0).then(|| body.account.get());
    let session = (body.names & NAMES_SESSION != 0).then(|| body.of_session.get());
    // A field that is not given holds 0.
    if body.names & !known != 0
        || instrument.unwrap_or(0) != body.instrument.get()
        || account.unwrap_or(0) != body.account.get()
        || session.unwrap_or(0) != body.of_session.get()
    {
        return Err(RecordFault::Field);
    }
    let action = Action::MassCancel(MassCancel {
        instrument: instrument.map(InstrumentId),
        account: account.map(AccountId),
        side: if body.side == 0 { None } else { Some(side(body.side)?) },
        session: session.map(SessionId),
    });
    Ok(sent(body.session.get(), body.client_sequence, action))
}

fn define_instrument(body: &DefineInstrumentBody) -> Result<Command, RecordFault> {
    all_zero(&[body.zero])?;
    let terms = InstrumentTerms {
        tick: Ticks(body.tick.get()),
        lot: Lots(body.lot.get()),
        band: Band {
            low: Ticks(body.band_low_ticks.get()),
            high: Ticks(body.band_high_ticks.get()),
        },
        quantity_max: Lots(body.quantity_lots_max.get()),
        notional_max: Notional::from_halves(body.notional_max.map(Le64::get)),
        decimals: PriceDecimals::of_beyond_default(body.decimals_beyond_default),
    };
    let symbol = Symbol::from_padded(body.symbol).ok_or(RecordFault::Field)?;
    let action = Action::DefineInstrument(Definition { symbol, terms });
    Ok(sent(body.session.get(), body.client_sequence, action))
}

fn set_band(body: &SetBandBody) -> Result<Command, RecordFault> {
    all_zero(&body.zero)?;
    let action = Action::SetBand {
        instrument: InstrumentId(body.instrument.get()),
        band: Band { low: Ticks(body.low_ticks.get()), high: Ticks(body.high_ticks.get()) },
    };
    Ok(sent(body.session.get(), body.client_sequence, action))
}

fn control(body: ControlBody) -> Result<Command, RecordFault> {
    all_zero(&[body.zero])?;
    let action = Action::Control {
        instrument: InstrumentId(body.instrument.get()),
        control: match body.control {
            1 => Control::Halt,
            2 => Control::Resume,
            3 => Control::MatchingOn,
            4 => Control::MatchingOff,
            5 => Control::StartAuction,
            6 => Control::Uncross,
            _ => return Err(RecordFault::Field),
        },
    };
    Ok(sent(body.session.get(), body.client_sequence, action))
}

fn clock(body: &ClockBody) -> Result<Command, RecordFault> {
    all_zero(&body.zero)?;
    let action = Action::Clock { now_ns: body.now_ns.get() };
    Ok(sent(body.session.get(), body.client_sequence, action))
}

fn end_of_day(body: EndOfDayBody) -> Result<Command, RecordFault> {
    all_zero(&body.zero)?;
    Ok(sent(body.session.get(), body.client_sequence, Action::EndOfDay))
}

const fn limit_session(body: LimitSessionBody) -> Command {
    let action = Action::LimitSession {
        session: SessionId(body.of_session.get()),
        open_orders_max: body.open_orders_max.get(),
    };
    sent(body.session.get(), body.client_sequence, action)
}

fn bind_flow(body: &BindFlowBody) -> Result<Command, RecordFault> {
    all_zero(&body.zero)?;
    let action = Action::BindFlow(FlowIdentity {
        name: body.name,
        head_bytes: body.head_bytes.get(),
        head_hash: body.head_hash.get(),
    });
    Ok(sent(body.session.get(), body.client_sequence, action))
}

fn configure(body: &ConfigureBody) -> Result<Command, RecordFault> {
    all_zero(&body.zero)?;
    let action = Action::Configure(Capacities {
        orders: body.orders.get(),
        instruments: body.instruments.get(),
        sessions: body.sessions.get(),
    });
    Ok(sent(body.session.get(), body.client_sequence, action))
}

fn trade(body: &TradeBody) -> Result<TradeCopy, RecordFault> {
    all_zero(&body.zero)?;
    let (price, quantity) = (Ticks(body.price_ticks.get()), Lots(body.quantity_lots.get()));
    if Price::new(price).is_none() || Quantity::new(quantity).is_none() {
        return Err(RecordFault::Field);
    }
    Ok(TradeCopy {
        kind: match body.kind {
            1 => TradeKind::Continuous,
            2 => TradeKind::Auction,
            _ => return Err(RecordFault::Field),
        },
        instrument: InstrumentId(body.instrument.get()),
        maker: OrderId(body.maker.get()),
        taker: OrderId(body.taker.get()),
        maker_session: SessionId(body.maker_session.get()),
        taker_session: SessionId(body.taker_session.get()),
        price,
        quantity,
    })
}

/// A command with its sender.
const fn sent(session: u16, client_sequence: Le64, action: Action) -> Command {
    Command {
        session: SessionId(session),
        client_sequence: ClientSequence(client_sequence.get()),
        action,
    }
}

/// A session that has a word of its own.
fn alone(session: Le64) -> Result<u16, RecordFault> {
    u16::try_from(session.get()).map_err(|_| RecordFault::Field)
}

/// The second test is arithmetic and no branch: which side it is nobody can foretell.
#[inline]
fn side(number: u8) -> Result<Side, RecordFault> {
    match number {
        1 | 2 => Ok(if number == 1 { Side::Buy } else { Side::Sell }),
        _ => Err(RecordFault::Field),
    }
}

/// Bytes called zero are written as 0.
fn all_zero(bytes: &[u8]) -> Result<(), RecordFault> {
    if bytes.iter().all(|byte| *byte == 0) { Ok(()) } else { Err(RecordFault::Field) }
}

/// Reads a layout from exactly its bytes.
fn read<T: Pod>(bytes: &[u8]) -> Result<T, RecordFault> {
    bytemuck::try_pod_read_unaligned(bytes).map_err(|_| RecordFault::Length)
}
