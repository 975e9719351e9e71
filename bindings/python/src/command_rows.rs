//! Commands to rows, and rows to commands or to a sentence that says which field is wrong.

use crate::codes::{
    Coded, CommandKind, control_code, kind_code, rule_code, self_trade_code, side_code,
    sizing_code, tif_code, type_code,
};
use crate::rows::{CommandRow, TEXT_BYTES};
use bytemuck::Zeroable;
use highwater::command::{
    Action, ClientBytes, Command, Conditions, Definition, FlowIdentity, MassCancel, NewOrder, Note,
    ReplaceOrder,
};
use highwater::types::{
    AccountId, Band, Capacities, ClientSequence, InstrumentId, InstrumentTerms, Lots, Notional,
    OrderId, PriceDecimals, SessionId, Side, Symbol, Ticks,
};

/// In `choice` of a mass cancel: orders of `instrument` only.
const CHOOSES_INSTRUMENT: u8 = 1;
/// In `choice` of a mass cancel: orders of `account` only.
const CHOOSES_ACCOUNT: u8 = 2;
/// In `choice` of a mass cancel: orders of `of_session` only.
const CHOOSES_SESSION: u8 = 4;

/// What a field says, or a sentence about its number.
#[inline]
fn coded<T: Coded>(field: &str, code: u8) -> Result<T, String> {
    T::of_code(code).ok_or_else(|| wrong_code::<T>(field, code))
}

#[cold]
fn wrong_code<T: Coded>(field: &str, code: u8) -> String {
    let known: Vec<String> =
        T::ALL.iter().map(|(code, name, _)| format!("{code} ({name})")).collect();
    format!("{field} is {code}: use one of {}", known.join(", "))
}

#[inline]
fn small(field: &str, number: u64) -> Result<u32, String> {
    u32::try_from(number).map_err(|_| format!("{field} is {number}: use at most 4294967295"))
}

impl CommandRow {
    /// The command that this is.
    ///
    /// # Errors
    /// Which field is wrong, and what it may be.
    #[inline]
    pub(crate) fn command(&self) -> Result<Command, String> {
        Ok(Command {
            session: SessionId(self.session),
            client_sequence: ClientSequence(self.client_sequence),
            action: self.action()?,
        })
    }

    #[inline]
    fn action(&self) -> Result<Action, String> {
        let instrument = InstrumentId(self.instrument);
        let (order, account) = (OrderId(self.order), AccountId(self.account));
        Ok(match coded("kind", self.kind)? {
            CommandKind::New => Action::New(self.new_order()?),
            CommandKind::Cancel => Action::Cancel { instrument, order, account },
            CommandKind::Reduce => {
                Action::Reduce { instrument, order, account, by: Lots(self.quantity) }
            }
            CommandKind::Replace => Action::Replace(ReplaceOrder {
                instrument,
                order,
                new_order: OrderId(self.new_order),
                account,
                rule: coded("rule", self.rule)?,
                price: Ticks(self.price),
                sizing: coded("sizing", self.sizing)?,
                quantity: Lots(self.quantity),
                trigger: Ticks(self.trigger),
                client_bytes: self.client_bytes()?,
            }),
            rare @ (CommandKind::MassCancel
            | CommandKind::SetBand
            | CommandKind::Control
            | CommandKind::Clock
            | CommandKind::EndOfDay
            | CommandKind::LimitSession
            | CommandKind::Configure
            | CommandKind::Note
            | CommandKind::Define
            | CommandKind::BindFlow) => return self.rare(rare),
        })
    }

    #[inline]
    fn new_order(&self) -> Result<NewOrder, String> {
        Ok(NewOrder {
            instrument: InstrumentId(self.instrument),
            order: OrderId(self.order),
            account: AccountId(self.account),
            side: coded("side", self.side)?,
            order_type: coded("order_type", self.order_type)?,
            time_in_force: coded("time_in_force", self.time_in_force)?,
            price: Ticks(self.price),
            quantity: Lots(self.quantity),
            conditions: Conditions {
                trigger: Ticks(self.trigger),
                self_trade: coded("self_trade", self.self_trade)?,
                post_only: match self.post_only {
                    0 => false,
                    1 => true,
                    other => return Err(format!("post_only is {other}: use 0 or 1")),
                },
                expiry_ns: self.expiry_ns,
                display: Lots(self.display),
                minimum: Lots(self.minimum),
            },
            client_bytes: self.client_bytes()?,
        })
    }

    #[inline]
    fn client_bytes(&self) -> Result<ClientBytes, String> {
        if self.byte_count == 0 {
            return Ok(ClientBytes::EMPTY);
        }
        let bytes = self.bytes.get(..usize::from(self.byte_count)).and_then(ClientBytes::new);
        bytes.ok_or_else(|| format!("byte_count is {}: use 0 to 32", self.byte_count))
    }

    /// A command that is no change of one order.
    #[cold]
    fn rare(&self, kind: CommandKind) -> Result<Action, String> {
        let instrument = InstrumentId(self.instrument);
        Ok(match kind {
            CommandKind::New | CommandKind::Cancel | CommandKind::Reduce | CommandKind::Replace => {
                return Err("it is a plain command".to_owned());
            }
            CommandKind::MassCancel => Action::MassCancel(self.mass_cancel()?),
            CommandKind::SetBand => Action::SetBand { instrument, band: self.band() },
            CommandKind::Control => {
                Action::Control { instrument, control: coded("choice", self.choice)? }
            }
            CommandKind::Clock => Action::Clock { now_ns: self.expiry_ns },
            CommandKind::EndOfDay => Action::EndOfDay,
            CommandKind::LimitSession => Action::LimitSession {
                session: SessionId(self.of_session),
                open_orders_max: small("quantity", self.quantity)?,
            },
            CommandKind::Configure => Action::Configure(Capacities {
                orders: small("quantity", self.quantity)?,
                instruments: small("minimum", self.minimum)?,
                sessions: small("display", self.display)?,
            }),
            CommandKind::Note => Action::Note(Note {
                code: self.of_session,
                order: OrderId(self.order),
                bytes: self.client_bytes()?,
            }),
            CommandKind::Define => Action::DefineInstrument(self.definition()?),
            CommandKind::BindFlow => Action::BindFlow(FlowIdentity {
                name: self.bytes,
                head_bytes: self.price,
                head_hash: self.order,
            }),
        })
    }

    fn band(&self) -> Band {
        Band { low: Ticks(self.price), high: Ticks(self.trigger) }
    }

    fn mass_cancel(&self) -> Result<MassCancel, String> {
        const ALL: u8 = CHOOSES_INSTRUMENT | CHOOSES_ACCOUNT | CHOOSES_SESSION;
        let Self { choice, side, .. } = *self;
        if choice & !ALL != 0 {
            return Err(format!(
                "choice is {choice}: use a sum of 1 (instrument), 2 (account), 4 (of_session)"
            ));
        }
        let chooses = |bit: u8| choice & bit != 0;
        Ok(MassCancel {
            instrument: chooses(CHOOSES_INSTRUMENT).then_some(InstrumentId(self.instrument)),
            account: chooses(CHOOSES_ACCOUNT).then_some(AccountId(self.account)),
            side: if side == 0 { None } else { Some(coded("side", side)?) },
            session: chooses(CHOOSES_SESSION).then_some(SessionId(self.of_session)),
        })
    }

    fn definition(&self) -> Result<Definition, String> {
        let end = self.bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let symbol = self.bytes.get(..end).and_then(Symbol::new);
        let symbol = symbol.ok_or("bytes is no symbol: use 1 to 16 bytes other than zero")?;
        Ok(Definition {
            symbol,
            terms: InstrumentTerms {
                tick: Ticks(self.account),
                lot: Lots(self.minimum),
                band: self.band(),
                quantity_max: Lots(self.quantity),
                notional_max: Notional::from_halves([self.display, self.expiry_ns]),
                decimals: PriceDecimals(self.decimals),
            },
        })
    }

    /// The row of a command that was taken at this time.
    pub(crate) fn of(command: &Command, time_ns: u64) -> Self {
        let row = Self {
            time_ns,
            client_sequence: command.client_sequence.0,
            session: command.session.0,
            ..Self::zeroed()
        };
        row.with(&command.action)
    }

    fn with(self, action: &Action) -> Self {
        match *action {
            Action::New(new) => self.with_new(&new),
            Action::Cancel { instrument, order, account } => Self {
                order: order.0,
                account: account.0,
                ..self.on(CommandKind::Cancel, instrument)
            },
            Action::Reduce { instrument, order, account, by } => Self {
                order: order.0,
                account: account.0,
                quantity: by.0,
                ..self.on(CommandKind::Reduce, instrument)
            },
            Action::Replace(replace) => Self {
                order: replace.order.0,
                new_order: replace.new_order.0,
                account: replace.account.0,
                rule: rule_code(replace.rule),
                price: replace.price.0,
                sizing: sizing_code(replace.sizing),
                quantity: replace.quantity.0,
                trigger: replace.trigger.0,
                ..self
                    .on(CommandKind::Replace, replace.instrument)
                    .with_bytes(&replace.client_bytes)
            },
            Action::SetBand { instrument, band } => {
                self.on(CommandKind::SetBand, instrument).with_band(band)
            }
            Action::Control { instrument, control } => {
                Self { choice: control_code(control), ..self.on(CommandKind::Control, instrument) }
            }
            Action::MassCancel(_)
            | Action::Note(_)
            | Action::DefineInstrument(_)
            | Action::Clock { .. }
            | Action::EndOfDay
            | Action::LimitSession { .. }
            | Action::BindFlow(_)
            | Action::Configure(_) => self.with_rare(action),
        }
    }

    const fn of_kind(self, kind: CommandKind) -> Self {
        Self { kind: kind_code(kind), ..self }
    }

    const fn on(self, kind: CommandKind, instrument: InstrumentId) -> Self {
        Self { instrument: instrument.0, ..self.of_kind(kind) }
    }

    fn with_new(self, new: &NewOrder) -> Self {
        let Conditions { trigger, self_trade, post_only, expiry_ns, display, minimum } =
            new.conditions;
        Self {
            kind: kind_code(CommandKind::New),
            instrument: new.instrument.0,
            order: new.order.0,
            account: new.account.0,
            side: side_code(new.side),
            order_type: type_code(new.order_type),
            time_in_force: tif_code(new.time_in_force),
            price: new.price.0,
            quantity: new.quantity.0,
            trigger: trigger.0,
            self_trade: self_trade_code(self_trade),
            post_only: post_only.into(),
            expiry_ns,
            display: display.0,
            minimum: minimum.0,
            ..self.with_bytes(&new.client_bytes)
        }
    }

    fn with_rare(self, action: &Action) -> Self {
        match *action {
            Action::MassCancel(choice) => {
                self.of_kind(CommandKind::MassCancel).with_choice(&choice)
            }
            Action::Clock { now_ns } => {
                Self { expiry_ns: now_ns, ..self.of_kind(CommandKind::Clock) }
            }
            Action::EndOfDay => self.of_kind(CommandKind::EndOfDay),
            Action::LimitSession { session, open_orders_max } => Self {
                of_session: session.0,
                quantity: open_orders_max.into(),
                ..self.of_kind(CommandKind::LimitSession)
            },
            Action::Configure(capacities) => Self {
                quantity: capacities.orders.into(),
                minimum: capacities.instruments.into(),
                display: capacities.sessions.into(),
                ..self.of_kind(CommandKind::Configure)
            },
            Action::Note(note) => Self {
                of_session: note.code,
                order: note.order.0,
                ..self.of_kind(CommandKind::Note).with_bytes(&note.bytes)
            },
            Action::DefineInstrument(definition) => {
                self.of_kind(CommandKind::Define).with_definition(&definition)
            }
            Action::BindFlow(flow) => Self {
                bytes: flow.name,
                price: flow.head_bytes,
                order: flow.head_hash,
                ..self.of_kind(CommandKind::BindFlow)
            },
            Action::New(_)
            | Action::Cancel { .. }
            | Action::Reduce { .. }
            | Action::Replace(_)
            | Action::SetBand { .. }
            | Action::Control { .. } => self,
        }
    }

    fn with_choice(self, choice: &MassCancel) -> Self {
        let bit = |chooses: bool, bit: u8| if chooses { bit } else { 0 };
        Self {
            choice: bit(choice.instrument.is_some(), CHOOSES_INSTRUMENT)
                | bit(choice.account.is_some(), CHOOSES_ACCOUNT)
                | bit(choice.session.is_some(), CHOOSES_SESSION),
            instrument: choice.instrument.unwrap_or_default().0,
            account: choice.account.unwrap_or_default().0,
            of_session: choice.session.unwrap_or_default().0,
            side: choice.side.map_or(0, |side: Side| side_code(side)),
            ..self
        }
    }

    fn with_definition(self, definition: &Definition) -> Self {
        let InstrumentTerms { tick, lot, band, quantity_max, notional_max, decimals } =
            definition.terms;
        let [display, expiry_ns] = notional_max.halves();
        let mut bytes = [0; TEXT_BYTES];
        for (byte, from) in bytes.iter_mut().zip(definition.symbol.as_bytes()) {
            *byte = *from;
        }
        Self {
            account: tick.0,
            minimum: lot.0,
            quantity: quantity_max.0,
            display,
            expiry_ns,
            decimals: decimals.0,
            bytes,
            ..self.with_band(band)
        }
    }

    fn with_band(self, band: Band) -> Self {
        Self { price: band.low.0, trigger: band.high.0, ..self }
    }

    fn with_bytes(self, bytes: &ClientBytes) -> Self {
        Self { byte_count: bytes.len(), bytes: *bytes.padded(), ..self }
    }
}
