//! A flow as a scenario: its commands, and what a book says to each.

use super::super::command::{
    Subject, order_type_name, self_trade_name, sizing_name, time_in_force_name,
};
use super::super::config::Config;
use super::super::fact::{Fact, Value};
use super::super::observed::observed;
use super::super::scenario::Scenario;
use super::super::trial::levels_of;
use super::super::twins::{TwinMemory, Twins};
use highwater::book::Book;
use highwater::command::{
    Action, Command, Control, Definition, MassCancel, NewOrder, ReplaceOrder, ReplaceSizing,
};
use highwater::limits::SESSIONS_DEFAULT;
use highwater::types::{
    Capacities, InstrumentId, InstrumentTerms, Notional, Price, ReplaceRule, SessionId, Side,
    Symbol, TimeInForce,
};
use highwater_engine::text::side_name;
use highwater_flows::feed::{Fed, Feed, FeedEnd, Source};
use highwater_flows::flow::FlowReader;
use std::collections::BTreeMap;
use std::fmt::Display;

/// Commands of a scenario at most: it is read as a whole, by people too.
const COMMANDS_MAX: usize = 100_000;
/// Room for orders that a scenario has at least, and for each command.
const ORDERS: [usize; 2] = [1_024, 4];

/// The text of a file with one scenario, called `name`.
///
/// # Errors
/// The flow is malformed, too long or endless, or names what a scenario cannot: a sentence.
pub(super) fn scenario(reader: FlowReader, name: &str) -> Result<String, String> {
    let commands = commands_of(reader)?;
    let is_definition = |command: &&Command| matches!(command.action, Action::DefineInstrument(_));
    let instruments = commands.iter().filter(is_definition).count().max(1);
    let orders = (commands.len() * ORDERS[1]).max(ORDERS[0]);
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let capacities = Capacities {
        orders: number(orders),
        instruments: number(instruments),
        sessions: SESSIONS_DEFAULT,
    };
    let empty = Scenario {
        id: name.to_owned(),
        level: "convention",
        is_strict: true,
        config: Config { capacities, instruments: Vec::new(), sets_capacities: false },
        steps: Vec::new(),
        events: Vec::new(),
        books: Vec::new(),
    };
    let mut memory = TwinMemory::new(&empty);
    let mut twins = memory.books(&empty)?;
    let (mut steps, mut events) = (Vec::new(), Vec::new());
    for command in &commands {
        steps.push(step(command)?);
        let subject = subject_of(&command.action);
        let said = twins.apply(command.session, command.action)?;
        let facts = said.iter().map(|event| fact(&observed(event, subject)));
        events.push(format!("[{}]", facts.collect::<Vec<_>>().join(", ")));
    }
    twins.compare()?;
    Ok(file(name, &steps, &events, &books(&twins)))
}

fn file(name: &str, steps: &[String], events: &[String], books: &str) -> String {
    let name = serde_json::Value::from(name);
    let (steps, events) = (steps.join(",\n    "), events.join(",\n    "));
    format!(
        "{{\"scenarios\": [{{\n  \"id\": {name}, \"title\": \"converted from a flow\", \
         \"level\": \"convention\", \"strict\": true,\n  \"config\": {{\"instruments\": 0}},\n  \
         \"commands\": [\n    {steps}\n  ],\n  \"expect_events\": [\n    {events}\n  ],\n  \
         \"expect_books\": {{{books}}}\n}}]}}\n"
    )
}

/// The commands that a run would send to an engine, without those that only a run needs.
fn commands_of(reader: FlowReader) -> Result<Vec<Command>, String> {
    const NOTHING: Capacities = Capacities { orders: 1, instruments: 1, sessions: 2 };
    let mut memory = vec![0; Book::bytes_needed(NOTHING)];
    let book = Book::new(&mut memory, NOTHING, 1).map_err(|fault| fault.to_string())?;
    let source = Source::Flow(Box::new(reader));
    let mut feed = Feed::new(source, &book, super::super::capacities::INSTRUMENTS_MAX, u64::MAX);
    let mut last: BTreeMap<SessionId, u64> = BTreeMap::new();
    let mut commands = Vec::new();
    loop {
        match feed.feed() {
            Fed::Command(command) => {
                let last = last.entry(command.session).or_default();
                // A repeat is not executed.
                if command.client_sequence.0 > *last {
                    *last = command.client_sequence.0;
                    commands.push(command);
                }
            }
            Fed::Pending => return Err("a pipe is no file: save the flow first".to_owned()),
            Fed::End(FeedEnd::BadLine(error)) => return Err(error.to_string()),
            Fed::End(FeedEnd::Finished | FeedEnd::LimitReached) => return Ok(commands),
        }
        if commands.len() > COMMANDS_MAX {
            return Err(format!(
                "the flow has more than {COMMANDS_MAX} commands, too many for a scenario: cut it"
            ));
        }
    }
}

/// An object of JSON that is being written.
struct Object(String);

impl Object {
    fn new(name: &str, word: &str) -> Self {
        Self(format!("{{\"{name}\": \"{word}\""))
    }

    fn with(mut self, name: &str, value: impl Display) -> Self {
        self.0 += &[", \"", name, "\": ", &value.to_string()].concat();
        self
    }

    fn with_word(self, name: &str, word: &str) -> Self {
        self.with(name, format_args!("\"{word}\""))
    }

    fn with_some(self, name: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    fn end(self) -> String {
        self.0 + "}"
    }
}

fn fact(fact: &Fact) -> String {
    let begun = Object::new("ev", fact.kind.name);
    let whole = fact.fields.iter().fold(begun, |object, (name, value)| match value {
        Value::Number(number) => object.with(name, number),
        Value::Flag(flag) => object.with(name, flag),
        Value::Word(word) => object.with_word(name, word),
    });
    whole.end()
}

const fn subject_of(action: &Action) -> Subject {
    match action {
        Action::New(_) | Action::Cancel { .. } | Action::Reduce { .. } | Action::Replace(_) => {
            Subject::Order
        }
        Action::MassCancel(_)
        | Action::DefineInstrument(_)
        | Action::SetBand { .. }
        | Action::Control { .. }
        | Action::Clock { .. }
        | Action::EndOfDay
        | Action::LimitSession { .. }
        | Action::BindFlow(_)
        | Action::Note(_)
        | Action::Configure(_) => Subject::Other,
    }
}

/// A command as a scenario writes it.
fn step(command: &Command) -> Result<String, String> {
    let said = match &command.action {
        Action::New(new) => new_order(new),
        Action::Cancel { instrument, order, account } => {
            change("cancel", *instrument).with("id", order).with("acct", account)
        }
        Action::Reduce { instrument, order, account, by } => {
            change("reduce", *instrument).with("id", order).with("acct", account).with("by", by)
        }
        Action::Replace(replace) => replace_order(replace),
        Action::MassCancel(choice) => mass_cancel(choice),
        Action::DefineInstrument(definition) => define(definition)?,
        Action::SetBand { instrument, band } => change("set_band", *instrument)
            .with("band", format_args!("[{}, {}]", band.low, band.high)),
        Action::Control { instrument, control } => control_of(*instrument, *control),
        Action::Clock { now_ns } => Object::new("cmd", "time").with("now", now_ns),
        Action::EndOfDay => Object::new("cmd", "end_of_day"),
        Action::LimitSession { session, open_orders_max } => Object::new("cmd", "limit_session")
            .with("of_session", session)
            .with("max_orders", open_orders_max),
        Action::BindFlow(_) | Action::Note(_) | Action::Configure(_) => {
            return Err("a flow has no such command".to_owned());
        }
    };
    Ok(said.with("session", command.session).end())
}

fn change(name: &str, instrument: InstrumentId) -> Object {
    Object::new("cmd", name).with("instrument", instrument)
}

fn new_order(new: &NewOrder) -> Object {
    let conditions = new.conditions;
    let is_dated = new.time_in_force == TimeInForce::GoodTillDate;
    change("new", new.instrument)
        .with("id", new.order)
        .with("acct", new.account)
        .with_word("side", side_name(new.side))
        .with_word("type", order_type_name(new.order_type))
        .with_word("tif", time_in_force_name(new.time_in_force))
        .with_some("price", new.order_type.has_limit().then_some(new.price))
        .with("qty", new.quantity)
        .with_some("trigger", new.order_type.is_stop().then_some(conditions.trigger))
        .with_some("expiry", is_dated.then_some(conditions.expiry_ns))
        .with_word("stp", self_trade_name(conditions.self_trade))
        .with("post_only", conditions.post_only)
        .with_some("peak", (conditions.display.0 > 0).then_some(conditions.display))
        .with_some("min_qty", (conditions.minimum.0 > 0).then_some(conditions.minimum))
}

fn replace_order(replace: &ReplaceOrder) -> Object {
    let rule = match replace.rule {
        ReplaceRule::Modify => "modify",
        ReplaceRule::CancelReplace => "cancel_replace",
    };
    let is_sized = replace.sizing == ReplaceSizing::Open;
    let sizing = (!is_sized).then(|| format!("\"{}\"", sizing_name(replace.sizing)));
    change("replace", replace.instrument)
        .with("id", replace.order)
        .with("new_id", replace.new_order)
        .with("acct", replace.account)
        .with_word("rule", rule)
        .with("price", replace.price)
        .with_some("sizing", sizing)
        .with("qty", replace.quantity)
        .with_some("trigger", (replace.trigger.0 > 0).then_some(replace.trigger))
}

fn mass_cancel(choice: &MassCancel) -> Object {
    Object::new("cmd", "mass_cancel")
        .with_some("instrument", choice.instrument)
        .with_some("acct", choice.account)
        .with_some("side", choice.side.map(|side| format!("\"{}\"", side_name(side))))
        .with_some("of_session", choice.session)
}

fn define(definition: &Definition) -> Result<Object, String> {
    let Definition { symbol, terms } = definition;
    let name = symbol_text(*symbol)?;
    let open = InstrumentTerms::OPEN;
    let has_notional = terms.notional_max != Notional::UNLIMITED;
    let has_quantity = terms.quantity_max != open.quantity_max;
    let has_decimals = terms.decimals != open.decimals;
    Ok(Object::new("cmd", "define")
        .with("symbol", name)
        .with("tick", terms.tick)
        .with("lot", terms.lot)
        .with("price_band", format_args!("[{}, {}]", terms.band.low, terms.band.high))
        .with_some("max_qty", has_quantity.then_some(terms.quantity_max))
        .with_some("max_notional", has_notional.then_some(terms.notional_max))
        .with_some("decimals", has_decimals.then_some(terms.decimals.0)))
}

/// A symbol as JSON.
fn symbol_text(symbol: Symbol) -> Result<serde_json::Value, String> {
    let text = std::str::from_utf8(symbol.as_bytes());
    text.map(serde_json::Value::from).map_err(|_| format!("the symbol {symbol} is no text"))
}

fn control_of(instrument: InstrumentId, control: Control) -> Object {
    match control {
        Control::Halt => change("halt", instrument),
        Control::Resume => change("resume", instrument),
        Control::MatchingOn => change("set_matching", instrument).with("on", true),
        Control::MatchingOff => change("set_matching", instrument).with("on", false),
        Control::StartAuction => change("start_auction", instrument),
        Control::Uncross => change("uncross", instrument),
    }
}

/// The books at the end, by the numbers of their instruments.
fn books(twins: &Twins<'_>) -> String {
    let book = twins.book();
    let shown = (0..book.instrument_count()).map(|number| {
        let instrument = InstrumentId(number);
        let levels = |side| {
            let levels = levels_of(book, instrument, side);
            let levels: Vec<String> = levels.iter().map(ToString::to_string).collect();
            format!("[{}]", levels.join(", "))
        };
        let stops = book.stops(instrument).map(|stop| stop.order.to_string());
        let last = book.last_trade(instrument).map(Price::ticks);
        let last = last.map_or_else(|| "null".to_owned(), |price| price.to_string());
        format!(
            "\n    \"{number}\": {{\"bids\": {}, \"asks\": {}, \"pending_stops\": [{}], \
             \"last_trade\": {last}, \"halted\": {}}}",
            levels(Side::Buy),
            levels(Side::Sell),
            stops.collect::<Vec<_>>().join(", "),
            book.is_halted(instrument)
        )
    });
    shown.collect::<Vec<_>>().join(",")
}
