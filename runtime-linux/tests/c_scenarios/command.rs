//! Commands of the engine, said in C.

use highwater::command::{Action, ClientBytes, Command, Conditions, Control, Definition};
use highwater::command::{MassCancel, NewOrder, ReplaceOrder, ReplaceSizing};
use highwater::types::{OrderType, ReplaceRule, SelfTrade, SessionId, Side, TimeInForce};
use highwater_capi::{
    HW_CHOOSE_ACCOUNT, HW_CHOOSE_INSTRUMENT, HW_CHOOSE_SESSION, HW_CLIENT_BYTES, HwCommand,
    HwCommandKind, HwControl, HwDefinition, HwOrderType, HwReplaceRule, HwReplaceSizing,
    HwSelfTrade, HwSide, HwTimeInForce,
};

/// What a host in C hands over.
#[derive(Clone, Copy, Debug)]
pub enum Said {
    /// To `hw_book_apply`.
    Command(HwCommand),
    /// To `hw_book_define`.
    Definition(HwDefinition),
}

/// The command in C. A host in C ties no log to a flow, and its clients define nothing.
pub fn said(command: &Command) -> Option<Said> {
    let of_kind = |kind| of_kind(command, kind);
    Some(Said::Command(match command.action {
        Action::New(new) => new_order(&new, &of_kind(HwCommandKind::New)),
        Action::Cancel { instrument, order, account } => HwCommand {
            instrument: instrument.0,
            order: order.0,
            account: account.0,
            ..of_kind(HwCommandKind::Cancel)
        },
        Action::Reduce { instrument, order, account, by } => HwCommand {
            instrument: instrument.0,
            order: order.0,
            account: account.0,
            quantity: by.0,
            ..of_kind(HwCommandKind::Reduce)
        },
        Action::Replace(replace) => replace_order(&replace, &of_kind(HwCommandKind::Replace)),
        Action::MassCancel(choice) => mass_cancel(&choice, &of_kind(HwCommandKind::MassCancel)),
        Action::Note(note) => HwCommand {
            note_code: note.code,
            order: note.order.0,
            ..with_bytes(note.bytes, &of_kind(HwCommandKind::Note))
        },
        Action::DefineInstrument(definition) => return defined(command.session, &definition),
        Action::SetBand { instrument, band } => HwCommand {
            instrument: instrument.0,
            band_low: band.low.0,
            band_high: band.high.0,
            ..of_kind(HwCommandKind::SetBand)
        },
        Action::Control { instrument, control } => HwCommand {
            instrument: instrument.0,
            control: control_of(control) as u8,
            ..of_kind(HwCommandKind::Control)
        },
        Action::Clock { now_ns } => HwCommand { time_ns: now_ns, ..of_kind(HwCommandKind::Clock) },
        Action::EndOfDay => of_kind(HwCommandKind::EndOfDay),
        Action::LimitSession { session, open_orders_max } => HwCommand {
            chosen_session: session.0,
            open_orders_max,
            ..of_kind(HwCommandKind::LimitSession)
        },
        Action::BindFlow(_) => return None,
        Action::Configure(capacities) => HwCommand {
            orders: capacities.orders,
            instruments: capacities.instruments,
            sessions: capacities.sessions,
            ..of_kind(HwCommandKind::Configure)
        },
    }))
}

/// A command of this sender and kind, which says nothing more yet.
fn of_kind(command: &Command, kind: HwCommandKind) -> HwCommand {
    HwCommand {
        session: command.session.0,
        client_sequence: command.client_sequence.0,
        kind: kind as u8,
        ..HwCommand::default()
    }
}

fn new_order(new: &NewOrder, from: &HwCommand) -> HwCommand {
    let Conditions { trigger, self_trade, post_only, expiry_ns, display, minimum } = new.conditions;
    HwCommand {
        instrument: new.instrument.0,
        order: new.order.0,
        account: new.account.0,
        side: side(new.side) as u8,
        order_type: match new.order_type {
            OrderType::Limit => HwOrderType::Limit,
            OrderType::Market => HwOrderType::Market,
            OrderType::Stop => HwOrderType::Stop,
            OrderType::StopLimit => HwOrderType::StopLimit,
        } as u8,
        time_in_force: match new.time_in_force {
            TimeInForce::GoodTillCancel => HwTimeInForce::GoodTillCancel,
            TimeInForce::ImmediateOrCancel => HwTimeInForce::ImmediateOrCancel,
            TimeInForce::FillOrKill => HwTimeInForce::FillOrKill,
            TimeInForce::Day => HwTimeInForce::Day,
            TimeInForce::GoodTillDate => HwTimeInForce::GoodTillDate,
        } as u8,
        price: new.price.0,
        quantity: new.quantity.0,
        trigger: trigger.0,
        self_trade: match self_trade {
            SelfTrade::Allow => HwSelfTrade::Allow,
            SelfTrade::CancelNewest => HwSelfTrade::CancelNewest,
            SelfTrade::CancelOldest => HwSelfTrade::CancelOldest,
            SelfTrade::CancelBoth => HwSelfTrade::CancelBoth,
        } as u8,
        post_only: u8::from(post_only),
        time_ns: expiry_ns,
        display: display.0,
        minimum: minimum.0,
        ..with_bytes(new.client_bytes, from)
    }
}

fn replace_order(replace: &ReplaceOrder, from: &HwCommand) -> HwCommand {
    HwCommand {
        instrument: replace.instrument.0,
        order: replace.order.0,
        new_order: replace.new_order.0,
        account: replace.account.0,
        rule: match replace.rule {
            ReplaceRule::Modify => HwReplaceRule::Modify,
            ReplaceRule::CancelReplace => HwReplaceRule::CancelReplace,
        } as u8,
        price: replace.price.0,
        sizing: match replace.sizing {
            ReplaceSizing::Open => HwReplaceSizing::Open,
            ReplaceSizing::More => HwReplaceSizing::More,
            ReplaceSizing::Less => HwReplaceSizing::Less,
        } as u8,
        quantity: replace.quantity.0,
        trigger: replace.trigger.0,
        ..with_bytes(replace.client_bytes, from)
    }
}

fn mass_cancel(choice: &MassCancel, from: &HwCommand) -> HwCommand {
    let MassCancel { instrument, account, side: of_side, session } = *choice;
    let mut command = *from;
    if let Some(instrument) = instrument {
        command.chosen |= HW_CHOOSE_INSTRUMENT;
        command.instrument = instrument.0;
    }
    if let Some(account) = account {
        command.chosen |= HW_CHOOSE_ACCOUNT;
        command.account = account.0;
    }
    if let Some(session) = session {
        command.chosen |= HW_CHOOSE_SESSION;
        command.chosen_session = session.0;
    }
    HwCommand { side: of_side.map_or(HwSide::None, side) as u8, ..command }
}

fn defined(session: SessionId, definition: &Definition) -> Option<Said> {
    if session != SessionId::OPERATOR {
        return None;
    }
    let terms = definition.terms;
    let notional = terms.notional_max.get();
    let low = notional & u128::from(u64::MAX);
    let half = |half: u128| u64::try_from(half).expect("64 bits");
    Some(Said::Definition(HwDefinition {
        notional_max_low: half(low),
        notional_max_high: half(notional >> 64),
        quantity_max: terms.quantity_max.0,
        lot: terms.lot.0,
        tick: terms.tick.0,
        band_low: terms.band.low.0,
        band_high: terms.band.high.0,
        symbol: *definition.symbol.padded(),
        decimals: terms.decimals.0,
    }))
}

fn with_bytes(bytes: ClientBytes, from: &HwCommand) -> HwCommand {
    let bytes = bytes.as_bytes();
    let mut client_bytes = [0; HW_CLIENT_BYTES];
    client_bytes[..bytes.len()].copy_from_slice(bytes);
    let client_bytes_count = u8::try_from(bytes.len()).expect("at most 32");
    HwCommand { client_bytes, client_bytes_count, ..*from }
}

const fn side(side: Side) -> HwSide {
    match side {
        Side::Buy => HwSide::Buy,
        Side::Sell => HwSide::Sell,
    }
}

const fn control_of(control: Control) -> HwControl {
    match control {
        Control::Halt => HwControl::Halt,
        Control::Resume => HwControl::Resume,
        Control::MatchingOn => HwControl::MatchingOn,
        Control::MatchingOff => HwControl::MatchingOff,
        Control::StartAuction => HwControl::StartAuction,
        Control::Uncross => HwControl::Uncross,
    }
}
