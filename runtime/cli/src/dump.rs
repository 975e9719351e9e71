//! `highwater dump`: the records of a log, readable, one a line.

use crate::book::not_there;
use crate::inspect::{CacheArgs, looked_at_again, open_log};
use highwater::command::{
    Action, ClientBytes, Command, Control, Definition, MassCancel, NewOrder, ReplaceOrder,
    ReplaceSizing,
};
use highwater::record::{Body, Record};
use highwater::recovery::{RecoveryFault, Visitor};
use highwater::trade::{TradeCopy, TradeKind};
use highwater::types::{
    Band, InstrumentId, InstrumentTerms, OrderType, PriceDecimals, ReplaceRule, SelfTrade,
    Sequence, Ticks, TimeInForce,
};
use highwater_console::{CommandError, Console};
use highwater_engine::decimals::{InstrumentDecimals, PriceForm};
use highwater_engine::text::side_name;
use highwater_lab::prices::Prices;
use highwater_platform::Platform;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Print the records of a log as text, one a line.
///
/// The command takes no exclusive lock and creates nothing. While an engine runs, it prints what is
/// durable now.
#[derive(Clone, Debug, clap::Args)]
pub struct DumpArgs {
    /// The data directory
    #[arg(long, value_name = "DIR", default_value = "highwater-data")]
    pub data: PathBuf,
    /// First sequence to print, from 1 [default: the log's first]
    #[arg(long, value_name = "SEQ", value_parser = clap::value_parser!(u64).range(1..))]
    pub from: Option<u64>,
    /// Last sequence to print, from 1 [default: the log's last]
    #[arg(long, value_name = "SEQ", value_parser = clap::value_parser!(u64).range(1..))]
    pub to: Option<u64>,
    /// How prices are written: in ticks, or as decimal numbers (in JSON strings), for which the log
    /// is replayed first
    #[arg(long, value_name = "FORM", default_value = "ticks")]
    pub prices: Prices,
    /// How much of it is kept in memory.
    #[command(flatten)]
    pub cache: CacheArgs,
    /// Print one JSON object a line instead of text
    #[arg(long)]
    pub json: bool,
}

/// Prints the records that `args` asks for.
///
/// # Errors
/// The log is corrupt, there is none, it lacks a sequence that was asked for, or the output cannot
/// be written. What it has of those that were asked for is printed.
pub fn dump<P: Platform>(
    platform: P,
    args: &DumpArgs,
    console: Console,
) -> Result<(), CommandError> {
    if let (Some(from), Some(to)) = (args.from, args.to)
        && to < from
    {
        return Err(CommandError::failed(format!(
            "there is no sequence from {from} up to {to}, which is before it; name the earlier one \
             with --from and the later one with --to"
        )));
    }
    let mut printer = Printer::new(args, console);
    looked_at_again(|| walk(platform, args, &mut printer))
}

/// Prints what is asked for and was not printed by an earlier walk.
fn walk<P: Platform>(
    platform: P,
    args: &DumpArgs,
    printer: &mut Printer,
) -> Result<(), CommandError> {
    let mut log = open_log(platform, &args.data, args.cache)?;
    let durable_end = log.durable_end()?;
    let last = Sequence(args.to.unwrap_or(u64::MAX)).min(durable_end);
    printer.begin(last);
    if args.prices.form() == PriceForm::Decimal {
        let first = Sequence(log.first_sequence().0.saturating_sub(1));
        let replayed = log.replay_upto(last.max(first))?;
        printer.prices = ShownPrices(Some(InstrumentDecimals::of_book(&replayed.fresh.book)));
    }
    let scanned = log.scan(printer);
    if let Some(error) = printer.failed.take() {
        return Err(error);
    }
    let end = scanned?.last_sequence.min(durable_end);
    let first = log.first_sequence();
    let asked = [("--from", args.from), ("--to", args.to)];
    let asked = asked.into_iter().filter_map(|(flag, at)| Some((flag, Sequence(at?))));
    let mut missing = asked.filter(|(_, at)| *at < first || *at > end);
    match missing.next() {
        Some((flag, at)) => Err(not_there(&args.data, flag, at, first, end)),
        None => Ok(()),
    }
}

/// Prints the records in a range, each of them once.
struct Printer {
    from: Sequence,
    last: Sequence,
    json: bool,
    prices: ShownPrices,
    console: Console,
    failed: Option<CommandError>,
    /// The sequence of the last record that was printed, and how many of that sequence were.
    printed: (Sequence, u64),
    /// How many records of that sequence have come by since the walk began.
    came_by_count: u64,
}

impl Printer {
    fn new(args: &DumpArgs, console: Console) -> Self {
        Self {
            from: Sequence(args.from.unwrap_or(1)),
            last: Sequence(0),
            json: args.json,
            prices: ShownPrices::default(),
            console,
            failed: None,
            printed: (Sequence(0), 0),
            came_by_count: 0,
        }
    }

    /// The log is walked from its beginning, and printed up to `last`.
    const fn begin(&mut self, last: Sequence) {
        self.last = last;
        self.came_by_count = 0;
    }

    /// Whether a record was not printed by an earlier walk; notes that it is now.
    fn is_new(&mut self, record: &Record) -> bool {
        let (sequence, count) = self.printed;
        if record.sequence < sequence {
            return false;
        }
        if record.sequence > sequence {
            self.printed = (record.sequence, 1);
            self.came_by_count = 1;
            return true;
        }
        self.came_by_count += 1;
        self.printed.1 = count.max(self.came_by_count);
        self.came_by_count > count
    }
}

impl Visitor for Printer {
    fn record(&mut self, record: &Record) -> Result<(), RecoveryFault> {
        if record.sequence < self.from || record.sequence > self.last {
            return Ok(());
        }
        if !self.is_new(record) {
            return Ok(());
        }
        let value = value_of(record, &self.prices);
        let line = if self.json { value.to_string() } else { text_of(&value) };
        self.console.print_line(&line).map_err(|error| {
            self.failed = Some(error);
            RecoveryFault::EndedByVisitor { sequence: record.sequence }
        })
    }
}

/// A record as it is printed as text.
pub(crate) fn line_of(record: &Record) -> String {
    text_of(&value_of(record, &ShownPrices::default()))
}

/// How prices are printed: with these decimals, or where there are none in ticks.
#[derive(Debug, Default)]
struct ShownPrices(Option<InstrumentDecimals>);

impl ShownPrices {
    /// A price of an instrument.
    fn of(&self, instrument: InstrumentId, ticks: Ticks) -> Value {
        self.with(|known| known.of(instrument), ticks)
    }

    /// A price with the decimals that `decimals` finds.
    fn with(
        &self,
        decimals: impl FnOnce(&InstrumentDecimals) -> PriceDecimals,
        ticks: Ticks,
    ) -> Value {
        match &self.0 {
            None => json!(ticks.0),
            Some(known) => json!(decimals(known).price(ticks).to_string()),
        }
    }
}

/// The fields of a record in the order in which they are printed.
fn value_of(record: &Record, prices: &ShownPrices) -> Value {
    let mut fields = vec![
        ("sequence", json!(record.sequence.0)),
        ("timestamp_ns", json!(record.timestamp_ns)),
        ("record", json!(record.record_type().name())),
    ];
    match &record.body {
        Body::RunningHash(hash) => fields.push(("running_hash", json!(format!("{hash:016x}")))),
        Body::Trade(copy) => push_trade(&mut fields, copy, prices),
        Body::Command(command) => push_command(&mut fields, command, prices),
    }
    Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// Fields of a record, in order.
type Fields = Vec<(&'static str, Value)>;

fn push_trade(fields: &mut Fields, copy: &TradeCopy, prices: &ShownPrices) {
    let [maker, taker] = match copy.kind {
        TradeKind::Continuous => ["maker", "taker"],
        TradeKind::Auction => ["buy", "sell"],
    };
    fields.extend([
        ("instrument", json!(copy.instrument.0)),
        (maker, json!(copy.maker.0)),
        (taker, json!(copy.taker.0)),
        ("sessions", json!([copy.maker_session.0, copy.taker_session.0])),
        ("price", prices.of(copy.instrument, copy.price)),
        ("quantity", json!(copy.quantity.0)),
    ]);
}

fn push_command(fields: &mut Fields, command: &Command, prices: &ShownPrices) {
    fields.push(("session", json!(command.session.0)));
    fields.push(("client_sequence", json!(command.client_sequence.0)));
    match command.action {
        Action::New(new) => push_new(fields, &new, prices),
        Action::Cancel { instrument, order, account } => fields.extend([
            ("instrument", json!(instrument.0)),
            ("order", json!(order.0)),
            ("account", json!(account.0)),
        ]),
        Action::Reduce { instrument, order, account, by } => fields.extend([
            ("instrument", json!(instrument.0)),
            ("order", json!(order.0)),
            ("account", json!(account.0)),
            ("by", json!(by.0)),
        ]),
        Action::Replace(replace) => push_replace(fields, &replace, prices),
        Action::MassCancel(which) => push_mass_cancel(fields, &which),
        Action::Note(note) => {
            fields.extend([("code", json!(note.code)), ("order", json!(note.order.0))]);
            push_client_bytes(fields, "bytes", &note.bytes);
        }
        Action::DefineInstrument(definition) => push_definition(fields, &definition, prices),
        Action::SetBand { instrument, band } => {
            fields.push(("instrument", json!(instrument.0)));
            push_band(fields, band, |ticks| prices.of(instrument, ticks));
        }
        Action::Control { instrument, control } => fields.extend([
            ("instrument", json!(instrument.0)),
            ("control", json!(control_name(control))),
        ]),
        Action::Clock { now_ns } => fields.push(("now_ns", json!(now_ns))),
        Action::EndOfDay => {}
        Action::LimitSession { session, open_orders_max } => fields.extend([
            ("of_session", json!(session.0)),
            ("open_orders_max", json!(open_orders_max)),
        ]),
        Action::BindFlow(flow) => fields.extend([
            ("flow", json!(highwater_flows::flow::shown_name(&flow))),
            ("head_bytes", json!(flow.head_bytes)),
            ("head_hash", json!(format!("{:016x}", flow.head_hash))),
        ]),
        Action::Configure(capacities) => fields.extend([
            ("orders", json!(capacities.orders)),
            ("instruments", json!(capacities.instruments)),
            ("sessions", json!(capacities.sessions)),
        ]),
    }
}

/// What most orders do not ask for is left out.
fn push_new(fields: &mut Fields, new: &NewOrder, prices: &ShownPrices) {
    fields.extend([
        ("instrument", json!(new.instrument.0)),
        ("order", json!(new.order.0)),
        ("account", json!(new.account.0)),
        ("side", json!(side_name(new.side))),
        ("order_type", json!(order_type_name(new.order_type))),
        ("time_in_force", json!(time_in_force_name(new.time_in_force))),
        ("price", prices.of(new.instrument, new.price)),
        ("quantity", json!(new.quantity.0)),
    ]);
    let conditions = &new.conditions;
    if conditions.self_trade != SelfTrade::Allow {
        fields.push(("self_trade", json!(self_trade_name(conditions.self_trade))));
    }
    if conditions.post_only {
        fields.push(("post_only", json!(true)));
    }
    if conditions.trigger.0 > 0 {
        fields.push(("trigger", prices.of(new.instrument, conditions.trigger)));
    }
    let numbers = [
        ("expiry_ns", conditions.expiry_ns),
        ("display", conditions.display.0),
        ("minimum", conditions.minimum.0),
    ];
    fields.extend(numbers.into_iter().filter(|(_, n)| *n > 0).map(|(name, n)| (name, json!(n))));
    push_client_bytes(fields, "client_bytes", &new.client_bytes);
}

/// In hexadecimal digits; where there are none, they are left out.
fn push_client_bytes(fields: &mut Fields, name: &'static str, bytes: &ClientBytes) {
    if !bytes.is_empty() {
        fields.push((name, json!(bytes.to_string())));
    }
}

/// A trigger that stays as it is is left out, and what a quantity is that is the open one.
fn push_replace(fields: &mut Fields, replace: &ReplaceOrder, prices: &ShownPrices) {
    fields.extend([
        ("instrument", json!(replace.instrument.0)),
        ("order", json!(replace.order.0)),
        ("new_order", json!(replace.new_order.0)),
        ("account", json!(replace.account.0)),
        ("rule", json!(rule_name(replace.rule))),
        ("price", prices.of(replace.instrument, replace.price)),
    ]);
    fields.extend(sizing_name(replace.sizing).map(|name| ("sizing", json!(name))));
    fields.push(("quantity", json!(replace.quantity.0)));
    if replace.trigger.0 > 0 {
        fields.push(("trigger", prices.of(replace.instrument, replace.trigger)));
    }
    push_client_bytes(fields, "client_bytes", &replace.client_bytes);
}

/// What is not given is left out.
fn push_mass_cancel(fields: &mut Fields, which: &MassCancel) {
    fields.extend(which.instrument.map(|instrument| ("instrument", json!(instrument.0))));
    fields.extend(which.account.map(|account| ("account", json!(account.0))));
    fields.extend(which.side.map(|side| ("side", json!(side_name(side)))));
    fields.extend(which.session.map(|session| ("of_session", json!(session.0))));
}

/// Terms that take everything are left out, and as many decimals as is usual.
fn push_definition(fields: &mut Fields, definition: &Definition, prices: &ShownPrices) {
    let Definition { symbol, terms } = definition;
    let decimals = terms.decimals;
    let shown = |ticks| prices.with(|_| decimals, ticks);
    fields.push(("symbol", json!(symbol.to_string())));
    if decimals != PriceDecimals::default() {
        fields.push(("decimals", json!(decimals.0)));
    }
    if *terms == (InstrumentTerms { decimals, ..InstrumentTerms::OPEN }) {
        return;
    }
    fields.extend([("tick", shown(terms.tick)), ("lot", json!(terms.lot.0))]);
    push_band(fields, terms.band, shown);
    fields.push(("quantity_max", json!(terms.quantity_max.0)));
    // As a string, because it may be larger than 64 bits.
    fields.push(("notional_max", json!(terms.notional_max.to_string())));
}

fn push_band(fields: &mut Fields, band: Band, shown: impl Fn(Ticks) -> Value) {
    fields.extend([("band_low", shown(band.low)), ("band_high", shown(band.high))]);
}

/// The same as text: `name value` pairs, the sequence first.
fn text_of(value: &Value) -> String {
    let Value::Object(fields) = value else {
        return value.to_string();
    };
    let words = fields.iter().map(|(name, value)| match value {
        Value::String(text) if name == "record" => text.clone(),
        Value::String(text) => format!("{name} {text}"),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            if name == "sequence" {
                value.to_string()
            } else {
                format!("{name} {value}")
            }
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

const fn order_type_name(order_type: OrderType) -> &'static str {
    match order_type {
        OrderType::Limit => "limit",
        OrderType::Market => "market",
        OrderType::Stop => "stop",
        OrderType::StopLimit => "stop_limit",
    }
}

const fn time_in_force_name(time_in_force: TimeInForce) -> &'static str {
    match time_in_force {
        TimeInForce::GoodTillCancel => "gtc",
        TimeInForce::ImmediateOrCancel => "ioc",
        TimeInForce::FillOrKill => "fok",
        TimeInForce::Day => "day",
        TimeInForce::GoodTillDate => "gtd",
    }
}

const fn self_trade_name(self_trade: SelfTrade) -> &'static str {
    match self_trade {
        SelfTrade::Allow => "allow",
        SelfTrade::CancelNewest => "cancel_newest",
        SelfTrade::CancelOldest => "cancel_oldest",
        SelfTrade::CancelBoth => "cancel_both",
    }
}

const fn control_name(control: Control) -> &'static str {
    match control {
        Control::Halt => "halt",
        Control::Resume => "resume",
        Control::MatchingOn => "matching_on",
        Control::MatchingOff => "matching_off",
        Control::StartAuction => "start_auction",
        Control::Uncross => "uncross",
    }
}

const fn rule_name(rule: ReplaceRule) -> &'static str {
    match rule {
        ReplaceRule::Modify => "modify",
        ReplaceRule::CancelReplace => "cancel_replace",
    }
}

/// `None` for what is usual.
const fn sizing_name(sizing: ReplaceSizing) -> Option<&'static str> {
    match sizing {
        ReplaceSizing::Open => None,
        ReplaceSizing::More => Some("more"),
        ReplaceSizing::Less => Some("less"),
    }
}
