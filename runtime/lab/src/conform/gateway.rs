//! What a gateway does with the numbers of a scenario: commands of the engine, or its own reject.
//!
//! A file's numbers may have any size, and the engine's fields have not. A number that a field
//! cannot hold becomes one that it can hold and that the engine rejects for the same reason:
//!
//! | number | below the field | above it |
//! |---|---|---|
//! | price, trigger | 0: `bad_price` | 2^32 - 1: `bad_price` |
//! | quantity of a New | 0: `bad_quantity` | 2^64 - 1: `bad_quantity` |
//! | quantity of a Replace, minimum | 2^64 - 1: `bad_quantity` | 2^64 - 1: `bad_quantity` |
//! | peak, also when it is 0 | 2^64 - 1: `bad_quantity` | 2^64 - 1: `bad_quantity` |
//! | `by` of a Reduce | 0: `bad_quantity` | 2^64 - 1: cancels the order |
//! | expiry | 0: `bad_expiry` | 2^64 - 1: `bad_expiry` |
//! | time | 2^64 - 1: `bad_time` | 2^64 - 1: `bad_time` |
//! | end of a band | 0: below every price | 2^32 - 1: above every price |
//! | maximum quantity or notional | 0: takes nothing | no maximum |
//! | tick, lot | 0: `bad_terms` | the field's largest |
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
//! with `bad_id` or `bad_account`, and a new id in a Replace with `bad_id`; a mass cancel of such
//! an account or session finds no orders.

use super::command::{Ask, NewAsk, ReplaceAsk, Step};
use super::config::{INSTRUMENTS_MAX, ORDERS_MAX, Terms};
use super::fact::Fact;
use highwater::book::Book;
use highwater::command::{Action, Conditions, Definition, MassCancel, NewOrder, ReplaceOrder};
use highwater::event::RejectReason;
use highwater::limits::SESSIONS_MAX;
use highwater::types::{
    AccountId, Band, Capacities, InstrumentId, InstrumentTerms, Lots, Notional, OrderId, Price,
    SessionId, Side, Ticks,
};

/// What becomes of a step at the gateway.
#[derive(Debug)]
pub(super) enum Passed {
    /// It goes on to the engine.
    Command(SessionId, Action),
    /// The gateway answers it.
    Answered(Vec<Fact>),
}

/// The gateway's own reject of a New or Replace with an id that no order can have.
pub(super) const BAD_ID: &str = "bad_id";
/// The gateway's own reject of a New with an account that nobody can have.
pub(super) const BAD_ACCOUNT: &str = "bad_account";

/// Session of the commands of clients, where the file names none.
const CLIENT: SessionId = SessionId(1);

/// Takes a step to the engine, which is as `book` shows. `None` for a step that is no command.
pub(super) fn pass(step: &Step, book: &Book<'_>) -> Option<Passed> {
    let session = match step.session.map(u16::try_from) {
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
    let action = match &step.ask {
        Ask::New(new) => return Some(new_order(instrument, new)),
        Ask::Replace(replace) => return Some(replace_order(instrument, replace, book)),
        Ask::Cancel { id, account } => {
            let Some((order, account)) = names(*id, *account) else {
                return Some(Err(unknown_order(*id)));
            };
            Action::Cancel { instrument, order, account }
        }
        Ask::Reduce { id, account, by } => {
            let Some((order, account)) = names(*id, *account) else {
                return Some(Err(unknown_order(*id)));
            };
            Action::Reduce { instrument, order, account, by: Lots(within(*by)) }
        }
        Ask::MassCancel { account, side, of_session } => {
            return Some(mass_cancel(step, *account, *side, *of_session));
        }
        Ask::Control(control) => Action::Control { instrument, control: *control },
        Ask::SetBand(band) => Action::SetBand { instrument, band: band_of(*band) },
        Ask::Time(now) => Action::Clock { now_ns: or_too_large(*now) },
        Ask::EndOfDay => Action::EndOfDay,
        Ask::LimitSession { of_session, max_orders } => {
            let Ok(session) = u16::try_from(*of_session) else {
                return Some(Err(vec![Fact::refused(RejectReason::SessionsFull.name())]));
            };
            let open_orders_max = ticks_within(*max_orders);
            Action::LimitSession { session: SessionId(session), open_orders_max }
        }
        Ask::Define { symbol, terms: given } => {
            Action::DefineInstrument(Definition { symbol: *symbol, terms: terms(given) })
        }
        Ask::Configure { orders, instruments, sessions } => {
            Action::Configure(capacities(*orders, *instruments, *sessions))
        }
        Ask::Indicative(_) => return None,
    };
    Some(Ok(action))
}

fn new_order(instrument: InstrumentId, new: &NewAsk) -> Result<Action, Vec<Fact>> {
    let order = u64::try_from(new.id).map_err(|_| vec![Fact::rejected(new.id, BAD_ID)])?;
    let account =
        u32::try_from(new.account).map_err(|_| vec![Fact::rejected(new.id, BAD_ACCOUNT)])?;
    let display = new.peak.map_or(0, |peak| if peak == 0 { u64::MAX } else { or_too_large(peak) });
    Ok(Action::New(NewOrder {
        instrument,
        order: OrderId(order),
        account: AccountId(account),
        side: new.side,
        order_type: new.order_type,
        time_in_force: new.time_in_force,
        price: Ticks(ticks_within(new.price.unwrap_or_default())),
        quantity: Lots(within(new.quantity)),
        conditions: Conditions {
            trigger: Ticks(ticks_within(new.trigger.unwrap_or_default())),
            self_trade: new.self_trade,
            post_only: new.post_only,
            expiry_ns: within(new.expiry.unwrap_or_default()),
            display: Lots(display),
            minimum: Lots(or_too_large(new.minimum.unwrap_or_default())),
        },
    }))
}

/// The Replace; what the file does not name is as the order has it now.
fn replace_order(
    instrument: InstrumentId,
    replace: &ReplaceAsk,
    book: &Book<'_>,
) -> Result<Action, Vec<Fact>> {
    let (order, account) =
        names(replace.id, replace.account).ok_or_else(|| unknown_order(replace.id))?;
    let new_order = u64::try_from(replace.new_id.unwrap_or(replace.id))
        .map_err(|_| vec![Fact::rejected(replace.id, BAD_ID)])?;
    let resting = book.order(instrument, order).map(|view| (view.price.ticks(), view.remaining));
    let now = resting.or_else(|| {
        let stop = book.stop(instrument, order)?;
        Some((stop.limit.map_or(0, Price::ticks), stop.remaining))
    });
    let price = replace.price.map(ticks_within).or_else(|| Some(now?.0));
    let quantity = replace.quantity.map(or_too_large).or_else(|| Some(now?.1.lots()));
    let trigger = match replace.trigger.map(ticks_within) {
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
        quantity: Lots(quantity.unwrap_or_default()),
        trigger: Ticks(trigger),
    }))
}

fn mass_cancel(
    step: &Step,
    account: Option<i128>,
    side: Option<Side>,
    of_session: Option<i128>,
) -> Result<Action, Vec<Fact>> {
    let account = account.map(u32::try_from).transpose().map_err(|_| Vec::new())?;
    let session = of_session.map(u16::try_from).transpose().map_err(|_| Vec::new())?;
    Ok(Action::MassCancel(MassCancel {
        instrument: step.instrument.map(instrument_id),
        account: account.map(AccountId),
        side,
        session: session.map(SessionId),
    }))
}

/// An order's and an account's name; `None` when one of them is none.
fn names(id: i128, account: i128) -> Option<(OrderId, AccountId)> {
    Some((OrderId(u64::try_from(id).ok()?), AccountId(u32::try_from(account).ok()?)))
}

fn unknown_order(id: i128) -> Vec<Fact> {
    vec![Fact::rejected(id, RejectReason::UnknownOrder.name())]
}

fn instrument_id(number: i128) -> InstrumentId {
    InstrumentId(u32::try_from(number).unwrap_or(u32::MAX))
}

/// The nearest number that the field can hold.
fn within(number: i128) -> u64 {
    u64::try_from(number.max(0)).unwrap_or(u64::MAX)
}

/// The number, or one that is too large for everything.
fn or_too_large(number: i128) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// The nearest number that the field can hold.
fn ticks_within(number: i128) -> u32 {
    u32::try_from(number.max(0)).unwrap_or(u32::MAX)
}

fn band_of(band: Option<[i128; 2]>) -> Band {
    band.map_or(Band::ALL, |ends| {
        let [low, high] = ends;
        // A band that is upside down takes no price: 0 is none.
        let ends = if low <= high { ends } else { [0, 0] };
        let [low, high] = ends.map(|end| Ticks(ticks_within(end)));
        Band { low, high }
    })
}

/// The terms of an instrument.
pub(super) fn terms(terms: &Terms) -> InstrumentTerms {
    let quantity_max = terms
        .quantity_max
        .map_or(InstrumentTerms::OPEN.quantity_max, |quantity| Lots(within(quantity)));
    let notional_max = terms.notional_max.map_or(Notional::UNLIMITED, |notional| {
        Notional::new(u128::try_from(notional).unwrap_or_default())
    });
    InstrumentTerms {
        tick: Ticks(ticks_within(terms.tick)),
        lot: Lots(within(terms.lot)),
        band: band_of(terms.band),
        quantity_max,
        notional_max,
    }
}

/// The capacities of a Configure: as they are, or such as no engine can have.
fn capacities(orders: i128, instruments: i128, sessions: i128) -> Capacities {
    const IMPOSSIBLE: Capacities = Capacities { orders: 0, instruments: 0, sessions: 0 };
    possible_capacities(orders, instruments, sessions).unwrap_or(IMPOSSIBLE)
}

/// The capacities, where a scenario can have them: memory for all that an engine can have is not
/// set aside for one.
pub(super) fn possible_capacities(
    orders: i128,
    instruments: i128,
    sessions: i128,
) -> Option<Capacities> {
    let within = |number: i128, min: u32, max: u32| {
        u32::try_from(number).ok().filter(|number| (min..=max).contains(number))
    };
    Some(Capacities {
        orders: within(orders, 1, ORDERS_MAX)?,
        instruments: within(instruments, 1, INSTRUMENTS_MAX)?,
        sessions: within(sessions, 2, SESSIONS_MAX)?,
    })
}

/// A number of things as a length.
pub(super) fn index(number: u32) -> usize {
    usize::try_from(number).expect("addresses have 32 bits or more")
}
