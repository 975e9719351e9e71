//! `highwater dump`: the records of a log, readable, one a line.

use crate::console::{CommandError, Console};
use crate::inspect::open_log;
use crate::platform::Platform;
use highwater::command::{Action, Command};
use highwater::record::{Body, Record};
use highwater::recovery::{RecoveryFault, Visitor};
use highwater::types::{OrderType, ReplaceRule, Sequence, Side, TimeInForce};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Print the records of a log, readable, one a line.
///
/// Takes no exclusive lock and creates nothing; beside a running engine it prints what is durable
/// now.
#[derive(Clone, Debug, clap::Args)]
pub struct DumpArgs {
    /// The data directory
    #[arg(long, value_name = "DIR", default_value = "highwater-data")]
    pub data: PathBuf,
    /// First sequence to print
    #[arg(long, value_name = "SEQ", default_value_t = 1)]
    pub from: u64,
    /// Last sequence to print [default: the log's last]
    #[arg(long, value_name = "SEQ")]
    pub to: Option<u64>,
    /// Print one JSON object a line instead of text
    #[arg(long)]
    pub json: bool,
}

/// Prints the records that `args` asks for.
///
/// # Errors
/// The log is corrupt, there is none, or the output cannot be written.
pub fn dump<P: Platform>(
    platform: P,
    args: &DumpArgs,
    console: Console,
) -> Result<(), CommandError> {
    let mut log = open_log(platform, &args.data)?;
    let durable_end = log.durable_end()?;
    let last = Sequence(args.to.unwrap_or(u64::MAX)).min(durable_end);
    let mut printer =
        Printer { from: Sequence(args.from), last, json: args.json, console, failed: None };
    let scanned = log.scan(&mut printer);
    match printer.failed {
        Some(error) => Err(error),
        None => scanned.map(drop),
    }
}

/// Prints the records in a range.
struct Printer {
    from: Sequence,
    last: Sequence,
    json: bool,
    console: Console,
    failed: Option<CommandError>,
}

impl Visitor for Printer {
    fn record(&mut self, record: &Record) -> Result<(), RecoveryFault> {
        if record.sequence < self.from || record.sequence > self.last {
            return Ok(());
        }
        let value = value_of(record);
        let line = if self.json { value.to_string() } else { text_of(&value) };
        self.console.print_line(&line).map_err(|error| {
            self.failed = Some(error);
            RecoveryFault::Unwanted { sequence: record.sequence }
        })
    }
}

/// The fields of a record in the order in which they are printed.
fn value_of(record: &Record) -> Value {
    let mut fields = vec![
        ("sequence", json!(record.sequence.0)),
        ("timestamp_ns", json!(record.timestamp_ns)),
        ("record", json!(record.record_type().name())),
    ];
    match &record.body {
        Body::RunningHash(hash) => fields.push(("running_hash", json!(format!("{hash:016x}")))),
        Body::Command(command) => push_command(&mut fields, command),
    }
    Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn push_command(fields: &mut Vec<(&'static str, Value)>, command: &Command) {
    fields.push(("session", json!(command.session.0)));
    fields.push(("client_sequence", json!(command.client_sequence.0)));
    match command.action {
        Action::New(new) => fields.extend([
            ("instrument", json!(new.instrument.0)),
            ("order", json!(new.order.0)),
            ("account", json!(new.account.0)),
            ("side", json!(side_name(new.side))),
            ("order_type", json!(order_type_name(new.order_type))),
            ("time_in_force", json!(time_in_force_name(new.time_in_force))),
            ("price", json!(new.price.0)),
            ("quantity", json!(new.quantity.0)),
        ]),
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
        Action::Replace(replace) => fields.extend([
            ("instrument", json!(replace.instrument.0)),
            ("order", json!(replace.order.0)),
            ("new_order", json!(replace.new_order.0)),
            ("account", json!(replace.account.0)),
            ("rule", json!(rule_name(replace.rule))),
            ("price", json!(replace.price.0)),
            ("quantity", json!(replace.quantity.0)),
        ]),
        Action::DefineInstrument { symbol } => fields.push(("symbol", json!(symbol.to_string()))),
        Action::BindFlow(flow) => fields.extend([
            ("flow", json!(crate::flow::shown_name(&flow))),
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

const fn side_name(side: Side) -> &'static str {
    match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    }
}

const fn order_type_name(order_type: OrderType) -> &'static str {
    match order_type {
        OrderType::Limit => "limit",
    }
}

const fn time_in_force_name(time_in_force: TimeInForce) -> &'static str {
    match time_in_force {
        TimeInForce::GoodTillCancel => "gtc",
        TimeInForce::ImmediateOrCancel => "ioc",
    }
}

const fn rule_name(rule: ReplaceRule) -> &'static str {
    match rule {
        ReplaceRule::Modify => "modify",
        ReplaceRule::CancelReplace => "cancel_replace",
    }
}
