//! Bytes to records: trusts nothing, and takes nothing that encoding would not write.

use super::layout::{
    BindFlowBody, CHECKSUM_BYTES, CancelBody, ClockBody, ConditionalNewBody, ConfigureBody,
    ControlBody, DefineInstrumentBody, EndOfDayBody, FORM_CONDITIONAL, FORM_PLAIN, HEAD_BYTES,
    Head, LimitSessionBody, MassCancelBody, NAMES_ACCOUNT, NAMES_INSTRUMENT, NAMES_SESSION,
    NewBody, ReduceBody, ReplaceBody, RunningHashBody, SetBandBody, TYPE_BIND_FLOW, TYPE_CANCEL,
    TYPE_CLOCK, TYPE_CONFIGURE, TYPE_CONTROL, TYPE_DEFINE_INSTRUMENT, TYPE_END_OF_DAY,
    TYPE_LIMIT_SESSION, TYPE_MASS_CANCEL, TYPE_NEW, TYPE_REDUCE, TYPE_REPLACE, TYPE_RUNNING_HASH,
    TYPE_SET_BAND, TYPE_TRADE, TradeBody,
};
use super::{Body, Record, RecordFault};
use crate::checksum::checksum;
use crate::command::{
    Action, Command, Conditions, Control, Definition, FlowIdentity, MassCancel, NewOrder,
    ReplaceOrder,
};
use crate::little_endian::{Le16, Le64};
use crate::trade::{TradeCopy, TradeKind};
use crate::types::{
    AccountId, Band, Capacities, ClientSequence, InstrumentId, InstrumentTerms, Lots, Notional,
    OrderId, OrderType, Price, Quantity, ReplaceRule, SelfTrade, Sequence, SessionId, Side, Symbol,
    Ticks, TimeInForce,
};
use bytemuck::Pod;

impl Record {
    /// Reads the record at the front of `bytes`; returns it with its length in bytes.
    ///
    /// # Errors
    /// Says why the bytes are not a record that [`encode`](Self::encode) wrote.
    pub fn decode(bytes: &[u8]) -> Result<(Self, usize), RecordFault> {
        let head: Head = read(bytes.get(..HEAD_BYTES).ok_or(RecordFault::Length)?)?;
        let length = usize::from(head.length.get());
        let covered = bytes.get(CHECKSUM_BYTES..length).ok_or(RecordFault::Length)?;
        if checksum(&[covered]) != head.checksum.get() {
            return Err(RecordFault::Checksum);
        }
        let body = bytes.get(HEAD_BYTES..length).ok_or(RecordFault::Length)?;
        let body = match (head.record_type, head.form) {
            (TYPE_NEW, FORM_CONDITIONAL) => Body::Command(conditional_new(&read(body)?)?),
            (record_type, FORM_PLAIN) => decode_body(record_type, body)?,
            _ => return Err(RecordFault::Field),
        };
        let sequence = Sequence(head.sequence.get());
        Ok((Self { sequence, timestamp_ns: head.timestamp_ns.get(), body }, length))
    }
}

/// The body of a record of this type and the plain form; every type has one length.
fn decode_body(record_type: u8, body: &[u8]) -> Result<Body, RecordFault> {
    let command = match record_type {
        TYPE_NEW => new_order(&read(body)?, Conditions::NONE)?,
        TYPE_CANCEL => cancel(&read(body)?)?,
        TYPE_REDUCE => reduce(&read(body)?)?,
        TYPE_REPLACE => replace(&read(body)?)?,
        TYPE_MASS_CANCEL => mass_cancel(&read(body)?)?,
        TYPE_DEFINE_INSTRUMENT => define_instrument(&read(body)?)?,
        TYPE_SET_BAND => set_band(&read(body)?)?,
        TYPE_CONTROL => control(read(body)?)?,
        TYPE_CLOCK => clock(&read(body)?)?,
        TYPE_END_OF_DAY => end_of_day(read(body)?)?,
        TYPE_LIMIT_SESSION => limit_session(read(body)?),
        TYPE_BIND_FLOW => bind_flow(&read(body)?)?,
        TYPE_CONFIGURE => configure(&read(body)?)?,
        TYPE_RUNNING_HASH => {
            return Ok(Body::RunningHash(read::<RunningHashBody>(body)?.running_hash.get()));
        }
        TYPE_TRADE => return trade(&read(body)?).map(Body::Trade),
        _ => return Err(RecordFault::Type),
    };
    Ok(Body::Command(command))
}

fn new_order(body: &NewBody, conditions: Conditions) -> Result<Command, RecordFault> {
    let action = Action::New(NewOrder {
        instrument: InstrumentId(body.instrument.get()),
        order: OrderId(body.order.get()),
        account: AccountId(body.account.get()),
        side: side(body.side)?,
        order_type: match body.terms >> 4 {
            0 => OrderType::Limit,
            1 => OrderType::Market,
            2 => OrderType::Stop,
            3 => OrderType::StopLimit,
            _ => return Err(RecordFault::Field),
        },
        time_in_force: match body.terms & 15 {
            1 => TimeInForce::GoodTillCancel,
            2 => TimeInForce::ImmediateOrCancel,
            3 => TimeInForce::FillOrKill,
            4 => TimeInForce::Day,
            5 => TimeInForce::GoodTillDate,
            _ => return Err(RecordFault::Field),
        },
        price: Ticks(body.price_ticks.get()),
        quantity: Lots(body.quantity_lots.get()),
        conditions,
    });
    Ok(command(body.session, body.client_sequence, action))
}

fn conditional_new(body: &ConditionalNewBody) -> Result<Command, RecordFault> {
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
    new_order(&body.new, conditions)
}

fn cancel(body: &CancelBody) -> Result<Command, RecordFault> {
    all_zero(&body.zero)?;
    let action = Action::Cancel {
        instrument: InstrumentId(body.instrument.get()),
        order: OrderId(body.order.get()),
        account: AccountId(body.account.get()),
    };
    Ok(command(body.session, body.client_sequence, action))
}

fn reduce(body: &ReduceBody) -> Result<Command, RecordFault> {
    all_zero(&body.zero)?;
    let action = Action::Reduce {
        instrument: InstrumentId(body.instrument.get()),
        order: OrderId(body.order.get()),
        account: AccountId(body.account.get()),
        by: Lots(body.by_lots.get()),
    };
    Ok(command(body.session, body.client_sequence, action))
}

fn replace(body: &ReplaceBody) -> Result<Command, RecordFault> {
    all_zero(&body.zero)?;
    let action = Action::Replace(ReplaceOrder {
        instrument: InstrumentId(body.instrument.get()),
        order: OrderId(body.order.get()),
        new_order: OrderId(body.new_order.get()),
        account: AccountId(body.account.get()),
        rule: match body.rule {
            1 => ReplaceRule::Modify,
            2 => ReplaceRule::CancelReplace,
            _ => return Err(RecordFault::Field),
        },
        price: Ticks(body.price_ticks.get()),
        quantity: Lots(body.quantity_lots.get()),
        trigger: Ticks(body.trigger_ticks.get()),
    });
    Ok(command(body.session, body.client_sequence, action))
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
    Ok(command(body.session, body.client_sequence, action))
}

fn define_instrument(body: &DefineInstrumentBody) -> Result<Command, RecordFault> {
    all_zero(&body.zero)?;
    let terms = InstrumentTerms {
        tick: Ticks(body.tick.get()),
        lot: Lots(body.lot.get()),
        band: Band {
            low: Ticks(body.band_low_ticks.get()),
            high: Ticks(body.band_high_ticks.get()),
        },
        quantity_max: Lots(body.quantity_lots_max.get()),
        notional_max: Notional::from_halves(body.notional_max.map(Le64::get)),
    };
    let symbol = Symbol::from_padded(body.symbol).ok_or(RecordFault::Field)?;
    let action = Action::DefineInstrument(Definition { symbol, terms });
    Ok(command(body.session, body.client_sequence, action))
}

fn set_band(body: &SetBandBody) -> Result<Command, RecordFault> {
    all_zero(&body.zero)?;
    let action = Action::SetBand {
        instrument: InstrumentId(body.instrument.get()),
        band: Band { low: Ticks(body.low_ticks.get()), high: Ticks(body.high_ticks.get()) },
    };
    Ok(command(body.session, body.client_sequence, action))
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
    Ok(command(body.session, body.client_sequence, action))
}

fn clock(body: &ClockBody) -> Result<Command, RecordFault> {
    all_zero(&body.zero)?;
    let action = Action::Clock { now_ns: body.now_ns.get() };
    Ok(command(body.session, body.client_sequence, action))
}

fn end_of_day(body: EndOfDayBody) -> Result<Command, RecordFault> {
    all_zero(&body.zero)?;
    Ok(command(body.session, body.client_sequence, Action::EndOfDay))
}

const fn limit_session(body: LimitSessionBody) -> Command {
    let action = Action::LimitSession {
        session: SessionId(body.of_session.get()),
        open_orders_max: body.open_orders_max.get(),
    };
    command(body.session, body.client_sequence, action)
}

fn bind_flow(body: &BindFlowBody) -> Result<Command, RecordFault> {
    all_zero(&body.zero)?;
    let action = Action::BindFlow(FlowIdentity {
        name: body.name,
        head_bytes: body.head_bytes.get(),
        head_hash: body.head_hash.get(),
    });
    Ok(command(body.session, body.client_sequence, action))
}

fn configure(body: &ConfigureBody) -> Result<Command, RecordFault> {
    all_zero(&body.zero)?;
    let action = Action::Configure(Capacities {
        orders: body.orders.get(),
        instruments: body.instruments.get(),
        sessions: body.sessions.get(),
    });
    Ok(command(body.session, body.client_sequence, action))
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

const fn command(session: Le16, client_sequence: Le64, action: Action) -> Command {
    Command {
        session: SessionId(session.get()),
        client_sequence: ClientSequence(client_sequence.get()),
        action,
    }
}

const fn side(number: u8) -> Result<Side, RecordFault> {
    match number {
        1 => Ok(Side::Buy),
        2 => Ok(Side::Sell),
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
