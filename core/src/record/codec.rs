//! Records to bytes and back: encoding cannot fail but for room, decoding trusts nothing.

use super::layout::{
    BindFlowBody, CHECKSUM_BYTES, CancelBody, ConfigureBody, DefineInstrumentBody, HEAD_BYTES,
    Head, NewBody, ReduceBody, ReplaceBody, RunningHashBody, TYPE_BIND_FLOW, TYPE_CANCEL,
    TYPE_CONFIGURE, TYPE_DEFINE_INSTRUMENT, TYPE_NEW, TYPE_REDUCE, TYPE_REPLACE, TYPE_RUNNING_HASH,
};
use super::{Body, Record, RecordFault, RecordType};
use crate::checksum::checksum;
use crate::command::{Action, Command, FlowIdentity, NewOrder, ReplaceOrder};
use crate::little_endian::{Le16, Le32, Le64};
use crate::types::{
    AccountId, Capacities, ClientSequence, InstrumentId, Lots, OrderId, OrderType, ReplaceRule,
    Sequence, SessionId, Side, Symbol, Ticks, TimeInForce,
};
use bytemuck::Pod;

impl Record {
    /// The record's type.
    pub const fn record_type(&self) -> RecordType {
        match &self.body {
            Body::RunningHash(_) => RecordType::RunningHash,
            Body::Command(command) => match command.action {
                Action::New(_) => RecordType::New,
                Action::Cancel { .. } => RecordType::Cancel,
                Action::Reduce { .. } => RecordType::Reduce,
                Action::Replace(_) => RecordType::Replace,
                Action::DefineInstrument { .. } => RecordType::DefineInstrument,
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
            Body::RunningHash(hash) => self.put(
                room,
                TYPE_RUNNING_HASH,
                RunningHashBody { running_hash: Le64::new(*hash) },
            ),
            Body::Command(command) => self.encode_command(command, room),
        }
    }

    #[inline]
    fn encode_command(&self, command: &Command, room: &mut [u8]) -> Option<usize> {
        let client_sequence = Le64::new(command.client_sequence.0);
        let session = Le16::new(command.session.0);
        match command.action {
            Action::New(new) => self.put(room, TYPE_NEW, new_body(client_sequence, session, &new)),
            Action::Cancel { instrument, order, account } => self.put(
                room,
                TYPE_CANCEL,
                CancelBody {
                    client_sequence,
                    order: Le64::new(order.0),
                    instrument: Le32::new(instrument.0),
                    account: Le32::new(account.0),
                    session,
                    zero: [0; 6],
                },
            ),
            Action::Reduce { instrument, order, account, by } => self.put(
                room,
                TYPE_REDUCE,
                ReduceBody {
                    client_sequence,
                    order: Le64::new(order.0),
                    by_lots: Le64::new(by.0),
                    instrument: Le32::new(instrument.0),
                    account: Le32::new(account.0),
                    session,
                    zero: [0; 6],
                },
            ),
            Action::Replace(replace) => {
                self.put(room, TYPE_REPLACE, replace_body(client_sequence, session, &replace))
            }
            Action::DefineInstrument { symbol } => self.put(
                room,
                TYPE_DEFINE_INSTRUMENT,
                DefineInstrumentBody {
                    client_sequence,
                    symbol: *symbol.padded(),
                    session,
                    zero: [0; 6],
                },
            ),
            Action::BindFlow(flow) => self.put(
                room,
                TYPE_BIND_FLOW,
                BindFlowBody {
                    client_sequence,
                    head_hash: Le64::new(flow.head_hash),
                    name: flow.name,
                    head_bytes: Le32::new(flow.head_bytes),
                    session,
                    zero: [0; 2],
                },
            ),
            Action::Configure(capacities) => self.put(
                room,
                TYPE_CONFIGURE,
                ConfigureBody {
                    client_sequence,
                    orders: Le32::new(capacities.orders),
                    instruments: Le32::new(capacities.instruments),
                    sessions: Le32::new(capacities.sessions),
                    session,
                    zero: [0; 2],
                },
            ),
        }
    }

    /// Writes head and body and seals them with their checksum.
    #[inline]
    fn put<B: Pod>(&self, room: &mut [u8], record_type: u8, body: B) -> Option<usize> {
        let length = HEAD_BYTES + size_of::<B>();
        let bytes = room.get_mut(..length)?;
        let head = Head {
            checksum: Le32::new(0),
            length: Le16::new(u16::try_from(length).ok()?),
            record_type,
            form: 0,
            timestamp_ns: Le64::new(self.timestamp_ns),
            sequence: Le64::new(self.sequence.0),
        };
        let (head_bytes, body_bytes) = bytes.split_at_mut_checked(HEAD_BYTES)?;
        head_bytes.copy_from_slice(bytemuck::bytes_of(&head));
        body_bytes.copy_from_slice(bytemuck::bytes_of(&body));
        let (seal, covered) = bytes.split_at_mut_checked(CHECKSUM_BYTES)?;
        seal.copy_from_slice(&checksum(&[covered]).to_le_bytes());
        Some(length)
    }

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
        if head.form != 0 {
            return Err(RecordFault::Field);
        }
        let record = Self {
            sequence: Sequence(head.sequence.get()),
            timestamp_ns: head.timestamp_ns.get(),
            body: decode_body(head.record_type, body)?,
        };
        Ok((record, length))
    }
}

fn new_body(client_sequence: Le64, session: Le16, new: &NewOrder) -> NewBody {
    let order_type = match new.order_type {
        OrderType::Limit => 0,
    };
    let time_in_force = match new.time_in_force {
        TimeInForce::GoodTillCancel => 1,
        TimeInForce::ImmediateOrCancel => 2,
    };
    NewBody {
        client_sequence,
        order: Le64::new(new.order.0),
        quantity_lots: Le64::new(new.quantity.0),
        price_ticks: Le32::new(new.price.0),
        instrument: Le32::new(new.instrument.0),
        account: Le32::new(new.account.0),
        session,
        side: match new.side {
            Side::Buy => 1,
            Side::Sell => 2,
        },
        terms: order_type << 4 | time_in_force,
    }
}

fn replace_body(client_sequence: Le64, session: Le16, replace: &ReplaceOrder) -> ReplaceBody {
    ReplaceBody {
        client_sequence,
        order: Le64::new(replace.order.0),
        new_order: Le64::new(replace.new_order.0),
        quantity_lots: Le64::new(replace.quantity.0),
        price_ticks: Le32::new(replace.price.0),
        instrument: Le32::new(replace.instrument.0),
        account: Le32::new(replace.account.0),
        session,
        rule: match replace.rule {
            ReplaceRule::Modify => 1,
            ReplaceRule::CancelReplace => 2,
        },
        zero: 0,
    }
}

/// The body of a record of this type; every type has one length.
fn decode_body(record_type: u8, body: &[u8]) -> Result<Body, RecordFault> {
    let (session, client_sequence, action) = match record_type {
        TYPE_NEW => decode_new(&read(body)?)?,
        TYPE_CANCEL => {
            let cancel: CancelBody = read(body)?;
            let action = Action::Cancel {
                instrument: InstrumentId(cancel.instrument.get()),
                order: OrderId(cancel.order.get()),
                account: AccountId(cancel.account.get()),
            };
            (cancel.session, cancel.client_sequence, action)
        }
        TYPE_REDUCE => {
            let reduce: ReduceBody = read(body)?;
            let action = Action::Reduce {
                instrument: InstrumentId(reduce.instrument.get()),
                order: OrderId(reduce.order.get()),
                account: AccountId(reduce.account.get()),
                by: Lots(reduce.by_lots.get()),
            };
            (reduce.session, reduce.client_sequence, action)
        }
        TYPE_REPLACE => decode_replace(&read(body)?)?,
        TYPE_DEFINE_INSTRUMENT => {
            let define: DefineInstrumentBody = read(body)?;
            let symbol = Symbol::from_padded(define.symbol).ok_or(RecordFault::Field)?;
            (define.session, define.client_sequence, Action::DefineInstrument { symbol })
        }
        TYPE_BIND_FLOW => {
            let bind: BindFlowBody = read(body)?;
            let flow = FlowIdentity {
                name: bind.name,
                head_bytes: bind.head_bytes.get(),
                head_hash: bind.head_hash.get(),
            };
            (bind.session, bind.client_sequence, Action::BindFlow(flow))
        }
        TYPE_CONFIGURE => {
            let configure: ConfigureBody = read(body)?;
            let capacities = Capacities {
                orders: configure.orders.get(),
                instruments: configure.instruments.get(),
                sessions: configure.sessions.get(),
            };
            (configure.session, configure.client_sequence, Action::Configure(capacities))
        }
        TYPE_RUNNING_HASH => {
            return Ok(Body::RunningHash(read::<RunningHashBody>(body)?.running_hash.get()));
        }
        _ => return Err(RecordFault::Type),
    };
    Ok(Body::Command(Command {
        session: SessionId(session.get()),
        client_sequence: ClientSequence(client_sequence.get()),
        action,
    }))
}

fn decode_new(new: &NewBody) -> Result<(Le16, Le64, Action), RecordFault> {
    let action = Action::New(NewOrder {
        instrument: InstrumentId(new.instrument.get()),
        order: OrderId(new.order.get()),
        account: AccountId(new.account.get()),
        side: match new.side {
            1 => Side::Buy,
            2 => Side::Sell,
            _ => return Err(RecordFault::Field),
        },
        order_type: match new.terms >> 4 {
            0 => OrderType::Limit,
            _ => return Err(RecordFault::Field),
        },
        time_in_force: match new.terms & 15 {
            1 => TimeInForce::GoodTillCancel,
            2 => TimeInForce::ImmediateOrCancel,
            _ => return Err(RecordFault::Field),
        },
        price: Ticks(new.price_ticks.get()),
        quantity: Lots(new.quantity_lots.get()),
    });
    Ok((new.session, new.client_sequence, action))
}

fn decode_replace(replace: &ReplaceBody) -> Result<(Le16, Le64, Action), RecordFault> {
    let action = Action::Replace(ReplaceOrder {
        instrument: InstrumentId(replace.instrument.get()),
        order: OrderId(replace.order.get()),
        new_order: OrderId(replace.new_order.get()),
        account: AccountId(replace.account.get()),
        rule: match replace.rule {
            1 => ReplaceRule::Modify,
            2 => ReplaceRule::CancelReplace,
            _ => return Err(RecordFault::Field),
        },
        price: Ticks(replace.price_ticks.get()),
        quantity: Lots(replace.quantity_lots.get()),
    });
    Ok((replace.session, replace.client_sequence, action))
}

/// Reads a layout from exactly its bytes.
fn read<T: Pod>(bytes: &[u8]) -> Result<T, RecordFault> {
    bytemuck::try_pod_read_unaligned(bytes).map_err(|_| RecordFault::Length)
}
