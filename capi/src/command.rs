//! Commands as the host says them: numbers, which become a command of the core or are no command.

use crate::codes::{
    HwCommandKind, HwControl, HwOrderType, HwReplaceRule, HwReplaceSizing, HwSelfTrade, HwSide,
    HwTimeInForce,
};
use crate::pointer::{borrow, put, status_of};
use crate::status::HwStatus;
use core::ffi::{CStr, c_char};
use highwater::command::{
    Action, ClientBytes, Command, Conditions, Definition, MassCancel, NewOrder, Note, ReplaceOrder,
};
use highwater::limits::{CLIENT_BYTES_MAX, SYMBOL_BYTES_MAX};
use highwater::types::{
    AccountId, Band, Capacities, ClientSequence, InstrumentId, InstrumentTerms, Lots, Notional,
    OrderId, PriceDecimals, SessionId, Symbol, Ticks,
};

/// Longest symbol, in bytes.
pub const HW_SYMBOL_BYTES: usize = 16;

/// Most bytes that a client sends along, see `client_bytes`.
pub const HW_CLIENT_BYTES: usize = 32;

const _: () = assert!(HW_SYMBOL_BYTES == SYMBOL_BYTES_MAX && HW_CLIENT_BYTES == CLIENT_BYTES_MAX);

/// In `chosen`: orders of `instrument` only.
pub const HW_CHOOSE_INSTRUMENT: u8 = 1;
/// In `chosen`: orders of `account` only.
pub const HW_CHOOSE_ACCOUNT: u8 = 2;
/// In `chosen`: orders that came from `chosen_session` only.
pub const HW_CHOOSE_SESSION: u8 = 4;

/// One command. Which fields it reads depends on its kind: see `hw_command_kind`. All zero is a
/// good beginning: a limit order, good till cancel, without conditions.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct HwCommand {
    /// The session's own number for it: from 1, strictly increasing, gaps are allowed.
    pub client_sequence: u64,
    /// The order's name, chosen by its client.
    pub order: u64,
    /// Its name from now on, of a Replace.
    pub new_order: u64,
    /// In lots, 1 to 2^62; of a Replace see `sizing`.
    pub quantity: u64,
    /// Lots that an iceberg shows; 0 shows all.
    pub display: u64,
    /// Lots that must trade on entry; 0 for none.
    pub minimum: u64,
    /// Expiry of an order that is good till a date, or the time of a Clock, in nanoseconds.
    pub time_ns: u64,
    /// Number of the instrument, from 0.
    pub instrument: u32,
    /// Whom the order belongs to; 0 where nobody says.
    pub account: u32,
    /// Limit price in ticks, 1 to 2^31 - 1.
    pub price: u32,
    /// Trigger of a stop, in ticks.
    pub trigger: u32,
    /// Lowest price of the band, in ticks.
    pub band_low: u32,
    /// Highest price of the band, in ticks.
    pub band_high: u32,
    /// Orders that a session may have open; `UINT32_MAX` for no limit.
    pub open_orders_max: u32,
    /// Open orders that the engine may hold.
    pub orders: u32,
    /// Instruments that the engine may hold.
    pub instruments: u32,
    /// Sessions that the engine may hold, the operator's included.
    pub sessions: u32,
    /// Who says it; 0 is the operator.
    pub session: u16,
    /// The session that is chosen or limited.
    pub chosen_session: u16,
    /// What a Note is, by the host's own numbers.
    pub note_code: u16,
    /// An `hw_command_kind`.
    pub kind: u8,
    /// An `hw_side`.
    pub side: u8,
    /// An `hw_order_type`.
    pub order_type: u8,
    /// An `hw_time_in_force`.
    pub time_in_force: u8,
    /// An `hw_self_trade`.
    pub self_trade: u8,
    /// 1 for an order that never trades on entry, else 0.
    pub post_only: u8,
    /// An `hw_replace_rule`.
    pub rule: u8,
    /// An `hw_replace_sizing`.
    pub sizing: u8,
    /// An `hw_control`.
    pub control: u8,
    /// What a mass cancel chooses: a sum of `HW_CHOOSE_...`; `side` chooses besides.
    pub chosen: u8,
    /// How many of `client_bytes` there are, 0 to 32.
    pub client_bytes_count: u8,
    /// What stays with the command in the log, and means nothing to the engine.
    pub client_bytes: [u8; HW_CLIENT_BYTES],
}

/// An instrument as the operator defines it; `hw_definition_open` fills one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct HwDefinition {
    /// The largest notional of one order, in ticks times lots: the low 64 bits.
    pub notional_max_low: u64,
    /// The high 64 bits.
    pub notional_max_high: u64,
    /// The largest quantity of one order, in lots.
    pub quantity_max: u64,
    /// The step between valid quantities, in lots, at least 1.
    pub lot: u64,
    /// The step between valid prices, in ticks, at least 1.
    pub tick: u32,
    /// The lowest limit price that is taken, in ticks.
    pub band_low: u32,
    /// The highest limit price that is taken, in ticks.
    pub band_high: u32,
    /// Its name: 1 to 16 bytes, padded with zeros.
    pub symbol: [u8; HW_SYMBOL_BYTES],
    /// How many decimals its prices have where people write them, 0 to 9.
    pub decimals: u8,
}

/// Fills `definition` with an instrument of this name that takes every order that the engine can
/// hold. `HW_STATUS_BAD_COMMAND` for a name that is empty or longer than 16 bytes.
///
/// # Safety
/// `symbol` ends with a zero byte; `definition` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hw_definition_open(
    symbol: *const c_char,
    definition: *mut HwDefinition,
) -> HwStatus {
    if symbol.is_null() {
        return HwStatus::Null;
    }
    // SAFETY: it is not null, and the host guarantees the zero byte.
    let symbol = unsafe { CStr::from_ptr(symbol) };
    let Some(symbol) = Symbol::new(symbol.to_bytes()) else {
        return HwStatus::BadCommand;
    };
    // SAFETY: the host guarantees that it may be written, unless it is null or misaligned.
    let written = unsafe { put(definition, Definition::open(symbol).into()) };
    status_of(written.map(|()| HwStatus::Ok))
}

impl From<Definition> for HwDefinition {
    fn from(Definition { symbol, terms }: Definition) -> Self {
        let InstrumentTerms { tick, lot, band, quantity_max, notional_max, decimals } = terms;
        let [notional_max_low, notional_max_high] = notional_max.halves();
        Self {
            notional_max_low,
            notional_max_high,
            quantity_max: quantity_max.0,
            lot: lot.0,
            tick: tick.0,
            band_low: band.low.0,
            band_high: band.high.0,
            symbol: *symbol.padded(),
            decimals: decimals.0,
        }
    }
}

impl HwDefinition {
    /// The definition that a pointer of the host points at.
    ///
    /// # Safety
    /// That of [`borrow`].
    pub(crate) unsafe fn read(pointer: *const Self) -> Result<Definition, HwStatus> {
        // SAFETY: the caller guarantees it.
        let said = unsafe { borrow(pointer) }?;
        Ok(Definition {
            symbol: Symbol::from_padded(said.symbol).ok_or(HwStatus::BadCommand)?,
            terms: InstrumentTerms {
                tick: Ticks(said.tick),
                lot: Lots(said.lot),
                band: Band { low: Ticks(said.band_low), high: Ticks(said.band_high) },
                quantity_max: Lots(said.quantity_max),
                notional_max: Notional::from_halves([
                    said.notional_max_low,
                    said.notional_max_high,
                ]),
                decimals: PriceDecimals(said.decimals),
            },
        })
    }
}

impl HwCommand {
    /// The command that this is.
    ///
    /// # Errors
    /// When one of the codes that it reads stands for nothing.
    pub(crate) fn read(&self) -> Result<Command, HwStatus> {
        Ok(Command {
            session: SessionId(self.session),
            client_sequence: ClientSequence(self.client_sequence),
            action: self.action().ok_or(HwStatus::BadCommand)?,
        })
    }

    fn action(&self) -> Option<Action> {
        let instrument = InstrumentId(self.instrument);
        let (order, account) = (OrderId(self.order), AccountId(self.account));
        Some(match HwCommandKind::read(self.kind)? {
            HwCommandKind::New => Action::New(self.new_order()?),
            HwCommandKind::Cancel => Action::Cancel { instrument, order, account },
            HwCommandKind::Reduce => {
                Action::Reduce { instrument, order, account, by: Lots(self.quantity) }
            }
            HwCommandKind::Replace => Action::Replace(ReplaceOrder {
                instrument,
                order,
                new_order: OrderId(self.new_order),
                account,
                rule: HwReplaceRule::read(self.rule)?,
                price: Ticks(self.price),
                sizing: HwReplaceSizing::read(self.sizing)?,
                quantity: Lots(self.quantity),
                trigger: Ticks(self.trigger),
                client_bytes: self.client_bytes()?,
            }),
            HwCommandKind::MassCancel => Action::MassCancel(self.mass_cancel()?),
            HwCommandKind::SetBand => {
                let band = Band { low: Ticks(self.band_low), high: Ticks(self.band_high) };
                Action::SetBand { instrument, band }
            }
            HwCommandKind::Control => {
                Action::Control { instrument, control: HwControl::read(self.control)? }
            }
            HwCommandKind::Clock => Action::Clock { now_ns: self.time_ns },
            HwCommandKind::EndOfDay => Action::EndOfDay,
            HwCommandKind::LimitSession => Action::LimitSession {
                session: SessionId(self.chosen_session),
                open_orders_max: self.open_orders_max,
            },
            HwCommandKind::Configure => Action::Configure(Capacities {
                orders: self.orders,
                instruments: self.instruments,
                sessions: self.sessions,
            }),
            HwCommandKind::Note => {
                Action::Note(Note { code: self.note_code, order, bytes: self.client_bytes()? })
            }
        })
    }

    fn client_bytes(&self) -> Option<ClientBytes> {
        ClientBytes::new(self.client_bytes.get(..usize::from(self.client_bytes_count))?)
    }

    fn new_order(&self) -> Option<NewOrder> {
        Some(NewOrder {
            instrument: InstrumentId(self.instrument),
            order: OrderId(self.order),
            account: AccountId(self.account),
            side: HwSide::read(self.side)?,
            order_type: HwOrderType::read(self.order_type)?,
            time_in_force: HwTimeInForce::read(self.time_in_force)?,
            price: Ticks(self.price),
            quantity: Lots(self.quantity),
            conditions: Conditions {
                trigger: Ticks(self.trigger),
                self_trade: HwSelfTrade::read(self.self_trade)?,
                post_only: flag(self.post_only)?,
                expiry_ns: self.time_ns,
                display: Lots(self.display),
                minimum: Lots(self.minimum),
            },
            client_bytes: self.client_bytes()?,
        })
    }

    fn mass_cancel(&self) -> Option<MassCancel> {
        const ALL: u8 = HW_CHOOSE_INSTRUMENT | HW_CHOOSE_ACCOUNT | HW_CHOOSE_SESSION;
        let chooses = |bit: u8| self.chosen & bit != 0;
        if self.chosen & !ALL != 0 {
            return None;
        }
        let side = HwSide::read(self.side);
        if side.is_none() && self.side != HwSide::None as u8 {
            return None;
        }
        Some(MassCancel {
            instrument: chooses(HW_CHOOSE_INSTRUMENT).then_some(InstrumentId(self.instrument)),
            account: chooses(HW_CHOOSE_ACCOUNT).then_some(AccountId(self.account)),
            side,
            session: chooses(HW_CHOOSE_SESSION).then_some(SessionId(self.chosen_session)),
        })
    }
}

/// A number of the host that says yes or no.
pub(crate) const fn flag(number: u8) -> Option<bool> {
    match number {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}
