//! What a gateway does with the numbers of a scenario: commands of the engine, or its own reject.
//!
//! A file's numbers may have any size, and the engine's fields have not. A number that a field
//! cannot hold becomes one that it can hold and that the engine rejects for the same reason:
//!
//! | number | below the field | above it |
//! |---|---|---|
//! | price, trigger | 0: `bad_price` | 2^32 - 1: `bad_price` |
//! | quantity of a New | 0: `bad_quantity` | 2^64 - 1: `bad_quantity` |
//! | quantity of a Replace, more, minimum | 2^64 - 1: `bad_quantity` | 2^64 - 1: `bad_quantity` |
//! | quantity of a Replace, less | an open 2^64 - 1: `bad_quantity` | 2^64 - 1: cancels the order |
//! | peak, also when it is 0 | 2^64 - 1: `bad_quantity` | 2^64 - 1: `bad_quantity` |
//! | `by` of a Reduce | 0: `bad_quantity` | 2^64 - 1: cancels the order |
//! | expiry | 0: `bad_expiry` | 2^64 - 1: `bad_expiry` |
//! | time | 2^64 - 1: `bad_time` | 2^64 - 1: `bad_time` |
//! | end of a band | 0: below every price | 2^32 - 1: above every price |
//! | maximum quantity or notional | 0: takes nothing | no maximum |
//! | tick, lot | 0: `bad_terms` | the field's largest |
//! | decimals | 255: `bad_terms` | 255: `bad_terms` |
//! | maximum of a session | 0: takes nothing | 2^32 - 1: no maximum |
//! | instrument | 2^32 - 1: `unknown_instrument` | 2^32 - 1: `unknown_instrument` |
//!
//! Capacities that a scenario cannot have (more than 2^20 orders, 2^14 instruments or 2^16
//! sessions) become 0: `bad_capacities`. A trigger of 0 in a Replace is a bad price too: to leave
//! the trigger as it is, a file does not name it.
//!
//! Names cannot be replaced by others. So the gateway answers itself, before the engine sees
//! anything, and nothing is logged: a session that is no number of 16 bits is rejected with
//! `sessions_full`; an order id that is no number of 64 bits, or an account that is none of 32,
//! belongs to no open order: Cancel, Reduce and Replace are rejected with `unknown_order`, a New
//! with `bad_id` or `bad_account`, a new id in a Replace or the id of a Note with `bad_id`; a mass
//! cancel of such an account or session finds no orders.

use super::capacities;
use super::command::{Ask, NewAsk, ReplaceAsk, Step};
use super::fact::Fact;
use super::integer::Integer;
use super::kinds::{BAD_ACCOUNT, BAD_ID};
use super::terms::{Terms, band_of};
use highwater::book::Book;
use highwater::command::{
    Action, Conditions, Control, Definition, MassCancel, NewOrder, Note, ReplaceOrder,
    ReplaceSizing,
};
use highwater::event::RejectReason;
use highwater::types::{
    AccountId, Capacities, InstrumentId, Lots, OrderId, Price, SessionId, Side, Ticks,
};

/// What becomes of a step at the gateway.
#[derive(Debug)]
pub(super) enum Passed {
    /// It goes on to the engine.
    Command(SessionId, Action),
    /// The gateway answers it.
    Answered(Vec<Fact>),
}

/// Session of the commands of clients, where the file names none.
const CLIENT: SessionId = SessionId(1);

/// Takes a step to the engine, which is as `book` shows. `None` for a step that is no command.
pub(super) fn pass(step: &Step, book: &Book<'_>) -> Option<Passed> {
    let session = match step.session.map(|session| u16::try_from(session.0)) {
        None => usual_session(step),
        Some(Ok(session)) => SessionId(session),
        Some(Err(_)) => return Some(refuse(step, RejectReason::SessionsFull.name())),
    };
    let action = match action(step, book)? {
        Ok(action) => Passed::Command(session, action),
        Err(facts) => Passed::Answered(facts),
    };
    Some(action)
}

/// Who says such a thing where the file names nobody.
fn usual_session(step: &Step) -> SessionId {
    let names_account = matches!(step.ask, Ask::MassCancel { account: Some(_), .. });
    if names_account || step.order_id().is_some() { CLIENT } else { SessionId::OPERATOR }
}

/// The reject of a step by the gateway.
fn refuse(step: &Step, reason: &'static str) -> Passed {
    let fact =
        step.order_id().map_or_else(|| Fact::refused(reason), |id| Fact::rejected(id, reason));
    Passed::Answered(vec![fact])
}

/// The engine's action, or the gateway's answer.
fn action(step: &Step, book: &Book<'_>) -> Option<Result<Action, Vec<Fact>>> {
    let instrument = step.instrument.map_or(InstrumentId(0), instrument_id);
    let control = |control| Ok(Action::Control { instrument, control });
    Some(match &step.ask {
        Ask::New(new) => new_order(instrument, new),
        Ask::Replace(replace) => replace_order(instrument, replace, book),
        Ask::Cancel { id, account } => names(*id, *account)
            .map(|(order, account)| Action::Cancel { instrument, order, account }),
        Ask::Reduce { id, account, by } => names(*id, *account).map(|(order, account)| {
            Action::Reduce { instrument, order, account, by: Lots(by.nearest()) }
        }),
        Ask::Note { id, code, bytes } => {
            let bad_id = |_| vec![Fact::rejected(*id, BAD_ID)];
            let note = |order| Note { code: *code, order: OrderId(order), bytes: *bytes };
            u64::try_from(id.0).map_err(bad_id).map(|order| Action::Note(note(order)))
        }
        Ask::MassCancel { account, side, of_session } => {
            mass_cancel(step, *account, *side, *of_session)
        }
        Ask::Halt {} => control(Control::Halt),
        Ask::Resume {} => control(Control::Resume),
        Ask::SetMatching { on: true } => control(Control::MatchingOn),
        Ask::SetMatching { on: false } => control(Control::MatchingOff),
        Ask::StartAuction {} => control(Control::StartAuction),
        Ask::Uncross {} => control(Control::Uncross),
        Ask::SetBand { band } => Ok(Action::SetBand { instrument, band: band_of(*band) }),
        Ask::Time { now } => Ok(Action::Clock { now_ns: now.or_too_large() }),
        Ask::EndOfDay {} => Ok(Action::EndOfDay),
        Ask::LimitSession { of_session, max_orders } => limit_session(*of_session, *max_orders),
        Ask::Define(given) => Ok(Action::DefineInstrument(Definition {
            symbol: given.symbol?,
            terms: given.terms(&Terms::OPEN).of_engine(),
        })),
        Ask::Configure { orders, instruments, sessions } => {
            Ok(Action::Configure(configured(*orders, *instruments, *sessions)))
        }
        Ask::Indicative { .. } => return None,
    })
}

fn new_order(instrument: InstrumentId, new: &NewAsk) -> Result<Action, Vec<Fact>> {
    let order = u64::try_from(new.id.0).map_err(|_| vec![Fact::rejected(new.id, BAD_ID)])?;
    let account =
        u32::try_from(new.account.0).map_err(|_| vec![Fact::rejected(new.id, BAD_ACCOUNT)])?;
    let display =
        new.peak.map_or(0, |peak| if peak.0 == 0 { u64::MAX } else { peak.or_too_large() });
    Ok(Action::New(NewOrder {
        instrument,
        order: OrderId(order),
        account: AccountId(account),
        side: new.side,
        order_type: new.order_type,
        time_in_force: new.time_in_force,
        price: Ticks(new.price.unwrap_or_default().nearest_32()),
        quantity: Lots(new.quantity.nearest()),
        conditions: Conditions {
            trigger: Ticks(new.trigger.unwrap_or_default().nearest_32()),
            self_trade: new.self_trade,
            post_only: new.post_only,
            expiry_ns: new.expiry.unwrap_or_default().nearest(),
            display: Lots(display),
            minimum: Lots(new.minimum.unwrap_or_default().or_too_large()),
        },
        client_bytes: new.client_bytes,
    }))
}

/// The Replace; what the file does not name is as the order has it now.
fn replace_order(
    instrument: InstrumentId,
    replace: &ReplaceAsk,
    book: &Book<'_>,
) -> Result<Action, Vec<Fact>> {
    let (order, account) = names(replace.id, replace.account)?;
    let new_order = u64::try_from(replace.new_id.unwrap_or(replace.id).0)
        .map_err(|_| vec![Fact::rejected(replace.id, BAD_ID)])?;
    let resting = book.order(instrument, order).map(|view| (view.price.ticks(), view.remaining));
    let now = resting.or_else(|| {
        let stop = book.stop(instrument, order)?;
        Some((stop.limit.map_or(0, Price::ticks), stop.remaining))
    });
    let price = replace.price.map(Integer::nearest_32).or_else(|| Some(now?.0));
    let (sizing, quantity) = match replace.quantity {
        // As the largest number less it would cancel.
        Some(quantity) if quantity.0 < 0 => (ReplaceSizing::Open, quantity.or_too_large()),
        Some(quantity) => (replace.sizing, quantity.or_too_large()),
        None if replace.sizing == ReplaceSizing::Open => {
            (ReplaceSizing::Open, now.map_or(0, |now| now.1.lots()))
        }
        None => (replace.sizing, 0),
    };
    let trigger = match replace.trigger.map(Integer::nearest_32) {
        None => 0,
        Some(0) => u32::MAX,
        Some(trigger) => trigger,
    };
    Ok(Action::Replace(ReplaceOrder {
        instrument,
        order,
        new_order: OrderId(new_order),
        account,
        rule: replace.rule,
        price: Ticks(price.unwrap_or_default()),
        sizing,
        quantity: Lots(quantity),
        trigger: Ticks(trigger),
        client_bytes: replace.client_bytes,
    }))
}

fn mass_cancel(
    step: &Step,
    account: Option<Integer>,
    side: Option<Side>,
    of_session: Option<Integer>,
) -> Result<Action, Vec<Fact>> {
    let nothing = |_| Vec::new();
    let account = account.map(|account| u32::try_from(account.0).map_err(nothing)).transpose()?;
    let session =
        of_session.map(|session| u16::try_from(session.0).map_err(nothing)).transpose()?;
    Ok(Action::MassCancel(MassCancel {
        instrument: step.instrument.map(instrument_id),
        account: account.map(AccountId),
        side,
        session: session.map(SessionId),
    }))
}

fn limit_session(of_session: Integer, max_orders: Integer) -> Result<Action, Vec<Fact>> {
    let session = u16::try_from(of_session.0)
        .map_err(|_| vec![Fact::refused(RejectReason::SessionsFull.name())])?;
    let open_orders_max = max_orders.nearest_32();
    Ok(Action::LimitSession { session: SessionId(session), open_orders_max })
}

/// An order's and an account's name, or the reject where one of them is none.
fn names(id: Integer, account: Integer) -> Result<(OrderId, AccountId), Vec<Fact>> {
    let names = u64::try_from(id.0).ok().zip(u32::try_from(account.0).ok());
    names
        .map(|(order, account)| (OrderId(order), AccountId(account)))
        .ok_or_else(|| vec![Fact::rejected(id, RejectReason::UnknownOrder.name())])
}

fn instrument_id(number: Integer) -> InstrumentId {
    InstrumentId(u32::try_from(number.0).unwrap_or(u32::MAX))
}

/// The capacities of a Configure: as they are, or such as no engine can have.
fn configured(orders: Integer, instruments: Integer, sessions: Integer) -> Capacities {
    const IMPOSSIBLE: Capacities = Capacities { orders: 0, instruments: 0, sessions: 0 };
    capacities::possible(orders, instruments, sessions).unwrap_or(IMPOSSIBLE)
}
