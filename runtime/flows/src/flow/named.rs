//! Takes a line apart whose columns the header names in an order of its own, or whose command is
//! none of the plain five.

use super::FlowStep;
use super::columns::{Column, Layout};
use super::fields::Fields;
use super::known::KnownDecimals;
use super::line::{FlowKind, FlowLine};
use super::parse::{Integer, saturated, unsigned, without_carriage_return};
use super::problem::LineProblem;
use super::rule_line::RuleLine;
use super::words::{self, COMMON, Word, command_of};
use highwater::command::{
    Action, ClientBytes, Conditions, Definition, MassCancel, NewOrder, ReplaceOrder, ReplaceSizing,
};
use highwater::types::{
    AccountId, Band, ClientSequence, InstrumentId, InstrumentTerms, Lots, Notional, OrderType,
    ReplaceRule, SelfTrade, SessionId, Side, Symbol, Ticks, TimeInForce,
};
use highwater_engine::decimals::PriceForm;
use highwater_engine::fills::FLOW_SESSION;

const ORDER_TYPES: &[(&str, OrderType)] = &[
    ("LIMIT", OrderType::Limit),
    ("MARKET", OrderType::Market),
    ("STOP", OrderType::Stop),
    ("STOP_LIMIT", OrderType::StopLimit),
];

const TIMES_IN_FORCE: &[(&str, TimeInForce)] = &[
    ("GTC", TimeInForce::GoodTillCancel),
    ("IOC", TimeInForce::ImmediateOrCancel),
    ("FOK", TimeInForce::FillOrKill),
    ("GTD", TimeInForce::GoodTillDate),
    ("DAY", TimeInForce::Day),
];

const SELF_TRADES: &[(&str, SelfTrade)] = &[
    ("ALLOW", SelfTrade::Allow),
    ("CANCEL_NEWEST", SelfTrade::CancelNewest),
    ("CANCEL_OLDEST", SelfTrade::CancelOldest),
    ("CANCEL_BOTH", SelfTrade::CancelBoth),
];

const SIZINGS: &[(&str, ReplaceSizing)] =
    &[("OPEN", ReplaceSizing::Open), ("MORE", ReplaceSizing::More), ("LESS", ReplaceSizing::Less)];

const FLAGS: &[(&str, bool)] = &[("0", false), ("1", true), ("FALSE", false), ("TRUE", true)];

/// The highest `seq` of a line that the operator sends: see [`operators_sequence`].
const OPERATORS_SEQ_MAX: u64 = (1 << 32) - 1;

/// The operator's client sequence for a line with this `seq`: above it there is room for the
/// commands that the program itself sends as the operator until the next line.
pub(crate) const fn operators_sequence(seq: ClientSequence) -> ClientSequence {
    ClientSequence(seq.0 << 32)
}

/// The words that mean something, as the writer says them.
pub(super) fn word_of<T: Copy + PartialEq>(
    words: &[(&'static str, T)],
    meaning: T,
) -> &'static str {
    words.iter().find(|(_, known)| *known == meaning).map_or("", |(word, _)| *word)
}

pub(super) fn order_type_word(order_type: OrderType) -> &'static str {
    word_of(ORDER_TYPES, order_type)
}

pub(super) fn time_in_force_word(time_in_force: TimeInForce) -> &'static str {
    word_of(TIMES_IN_FORCE, time_in_force)
}

pub(super) fn self_trade_word(self_trade: SelfTrade) -> &'static str {
    word_of(SELF_TRADES, self_trade)
}

pub(super) fn sizing_word(sizing: ReplaceSizing) -> &'static str {
    word_of(SIZINGS, sizing)
}

/// Whether a line of the plain header has to be read here, because of its command.
#[cold]
pub(super) fn is_wanted(line: &[u8]) -> bool {
    let text = line.split(|byte| *byte == b',').nth(2).map(without_carriage_return);
    text.and_then(command_of).is_some_and(|known| {
        !matches!(known.word, Word::New | Word::Ioc | Word::Cancel | Word::Reduce | Word::Replace)
    })
}

/// What a line says; `number` is the line's number, `known` the decimals of the symbols.
pub(super) fn line(
    line: &[u8],
    layout: &Layout,
    number: u64,
    known: &KnownDecimals,
) -> Result<FlowStep, LineProblem> {
    let mut fields = Fields::of(without_carriage_return(line), layout);
    let seq = fields.client_sequence()?;
    let command = command_of(fields.field(Column::Command))
        .ok_or_else(|| fields.wrong(Column::Command, &words::expected()))?;
    fields.check_end()?;
    for column in layout.columns.iter().copied() {
        let is_used = COMMON.contains(&column) || command.columns.contains(&column);
        if !is_used && fields.asks(column) {
            let problem =
                format!("{} has no use for {}: leave it empty", command.text, column.name());
            return Err(fields.problem(column, problem));
        }
    }
    // A definition says itself how its prices are to be read.
    if command.word == Word::Define {
        fields.decimals = fields.defined_decimals()?;
    } else if layout.prices == PriceForm::Decimal {
        fields.decimals = known.of(fields.symbol()?);
    }
    let reader = Reader { fields, line: number, seq: ClientSequence(seq) };
    let step = reader.step(command.word)?;
    if let FlowStep::Rule(rule) = &step
        && rule.session == SessionId::OPERATOR
        && seq > OPERATORS_SEQ_MAX
    {
        let expected = format!("at most {OPERATORS_SEQ_MAX}, because the operator sends the line");
        return Err(reader.fields.wrong(Column::Seq, &expected));
    }
    Ok(step)
}

/// The instrument of an action whose symbol nobody has looked up.
const NOT_YET: InstrumentId = InstrumentId(0);

/// A line that is being read.
struct Reader<'a> {
    fields: Fields<'a>,
    line: u64,
    seq: ClientSequence,
}

impl Reader<'_> {
    fn step(&self, word: Word) -> Result<FlowStep, LineProblem> {
        match word {
            Word::New => self.new_order(None),
            Word::Ioc => self.new_order(Some(TimeInForce::ImmediateOrCancel)),
            Word::Cancel | Word::Reduce | Word::Replace | Word::Modify => self.change(word),
            Word::MassCancel => self.mass_cancel(),
            Word::Define => self.define(),
            Word::Band => {
                let symbol = self.fields.symbol()?;
                let band = self.band()?;
                self.operators(Some(symbol), Action::SetBand { instrument: NOT_YET, band })
            }
            Word::Control(control) => {
                let action = Action::Control { instrument: NOT_YET, control };
                self.operators(Some(self.fields.symbol()?), action)
            }
            Word::Clock => {
                let now_ns = unsigned(self.fields.field(Column::TimestampNs)).ok_or_else(|| {
                    self.fields.wrong(Column::TimestampNs, "the engine's time, an integer from 0")
                })?;
                self.operators(None, Action::Clock { now_ns })
            }
            Word::EndOfDay => self.operators(None, Action::EndOfDay),
            Word::LimitSession => self.limit_session(),
        }
    }

    /// The time, which is information: nothing and negative ones are 0.
    fn timestamp_ns(&self) -> Result<u64, LineProblem> {
        Ok(match self.fields.integer(Column::TimestampNs)? {
            Integer::Missing | Integer::Negative => 0,
            Integer::Number(number) => number,
        })
    }

    fn rule(
        &self,
        usual: SessionId,
        symbol: Option<Symbol>,
        action: Action,
    ) -> Result<FlowStep, LineProblem> {
        Ok(FlowStep::Rule(RuleLine {
            line: self.line,
            client_sequence: self.seq,
            timestamp_ns: self.timestamp_ns()?,
            session: self.fields.session(Column::Session)?.unwrap_or(usual),
            symbol,
            action,
        }))
    }

    fn operators(&self, symbol: Option<Symbol>, action: Action) -> Result<FlowStep, LineProblem> {
        self.rule(SessionId::OPERATOR, symbol, action)
    }

    /// A plain line, when nothing is asked for that a plain line cannot say.
    fn plain(&self, symbol: Symbol, kind: FlowKind) -> Result<FlowLine, LineProblem> {
        let order = self.fields.order()?;
        Ok(FlowLine {
            line: self.line,
            client_sequence: self.seq,
            timestamp_ns: self.timestamp_ns()?,
            symbol,
            order,
            new_order: self.fields.new_order()?.unwrap_or(order),
            kind,
            price: self.fields.price(self.fields.price_column(), 0)?,
            quantity: self.quantity(kind)?,
        })
    }

    /// The quantity; one that is empty or negative becomes one that the book rejects.
    fn quantity(&self, kind: FlowKind) -> Result<Lots, LineProblem> {
        Ok(Lots(match self.fields.integer(Column::Qty)? {
            Integer::Number(number) => number,
            Integer::Missing | Integer::Negative => match kind {
                FlowKind::Replace { .. } => u64::MAX,
                FlowKind::New { .. }
                | FlowKind::Ioc { .. }
                | FlowKind::Cancel { .. }
                | FlowKind::Reduce { .. } => 0,
            },
        }))
    }

    /// What the quantity of a change is. One that is empty or negative is no difference, or it
    /// would be less than everything: the book rejects it.
    fn sizing(&self, kind: FlowKind) -> Result<ReplaceSizing, LineProblem> {
        if !matches!(kind, FlowKind::Replace { .. }) {
            return Ok(ReplaceSizing::Open);
        }
        let sizing = self.fields.word(Column::Sizing, SIZINGS)?;
        Ok(match self.fields.integer(Column::Qty)? {
            Integer::Number(_) => sizing,
            Integer::Missing | Integer::Negative => ReplaceSizing::Open,
        })
    }

    /// Whether the line's sender is the one that plain lines have.
    fn is_usual_sender(&self) -> Result<bool, LineProblem> {
        let session = self.fields.session(Column::Session)?.unwrap_or(FLOW_SESSION);
        let account = self.fields.account()?.unwrap_or_default();
        Ok(session == FLOW_SESSION && account == AccountId(0))
    }

    fn new_order(&self, only: Option<TimeInForce>) -> Result<FlowStep, LineProblem> {
        self.fields.check_length()?;
        let symbol = self.fields.symbol()?;
        let side = self.fields.side()?.ok_or_else(|| self.fields.wrong(Column::Side, "B or S"))?;
        let order_type = self.fields.word(Column::Type, ORDER_TYPES)?;
        let time_in_force = self.time_in_force(only)?;
        let kind = FlowKind::New { side };
        let plain = self.plain(symbol, kind)?;
        self.check_price(order_type)?;
        let conditions = self.conditions(order_type, time_in_force)?;
        if conditions == Conditions::NONE
            && order_type == OrderType::Limit
            && self.is_usual_sender()?
        {
            if time_in_force == TimeInForce::GoodTillCancel {
                return Ok(FlowStep::Line(plain));
            }
            if time_in_force == TimeInForce::ImmediateOrCancel {
                return Ok(FlowStep::Line(FlowLine { kind: FlowKind::Ioc { side }, ..plain }));
            }
        }
        let action = Action::New(NewOrder {
            instrument: NOT_YET,
            order: plain.order,
            account: self.fields.account()?.unwrap_or_default(),
            side,
            order_type,
            time_in_force,
            price: if order_type.has_limit() { plain.price } else { Ticks(0) },
            quantity: plain.quantity,
            conditions,
            client_bytes: ClientBytes::EMPTY,
        });
        self.rule(FLOW_SESSION, Some(symbol), action)
    }

    /// The time in force; the command `IOC` has only one.
    fn time_in_force(&self, only: Option<TimeInForce>) -> Result<TimeInForce, LineProblem> {
        let said = self.fields.word(Column::Tif, TIMES_IN_FORCE)?;
        match only {
            Some(only) if self.fields.says(Column::Tif) && said != only => {
                Err(self.fields.wrong(Column::Tif, "IOC or nothing, because the command is IOC"))
            }
            Some(only) => Ok(only),
            None => Ok(said),
        }
    }

    /// Refuses a price of an order that has none.
    fn check_price(&self, order_type: OrderType) -> Result<(), LineProblem> {
        let column = self.fields.price_column();
        if order_type.has_limit() || !self.fields.asks(column) {
            return Ok(());
        }
        let expected =
            format!("nothing, because a {} order has no price", order_type_word(order_type));
        Err(self.fields.wrong(column, &expected))
    }

    fn conditions(
        &self,
        order_type: OrderType,
        time_in_force: TimeInForce,
    ) -> Result<Conditions, LineProblem> {
        let kind = order_type_word(order_type);
        if order_type.is_stop() {
            self.check_said(
                Column::Trigger,
                &format!("a trigger price, because the type is {kind}"),
            )?;
        } else {
            self.check_unsaid(Column::Trigger, &format!("a {kind} order waits for no price"))?;
        }
        if time_in_force == TimeInForce::GoodTillDate {
            self.check_said(Column::ExpiryNs, "a time in nanoseconds, because tif is GTD")?;
        } else {
            self.check_unsaid(Column::ExpiryNs, "only tif GTD has an expiry")?;
        }
        let trigger =
            if order_type.is_stop() { self.fields.price(Column::Trigger, 0)? } else { Ticks(0) };
        let expiry_ns = match self.fields.integer(Column::ExpiryNs)? {
            Integer::Missing | Integer::Negative => 0,
            Integer::Number(number) => number,
        };
        Ok(Conditions {
            trigger,
            self_trade: self.fields.word(Column::Prevention, SELF_TRADES)?,
            post_only: self.fields.word(Column::PostOnly, FLAGS)?,
            expiry_ns,
            display: self.fields.lots(Column::Display)?,
            minimum: self.fields.lots(Column::MinQty)?,
        })
    }

    fn check_said(&self, column: Column, expected: &str) -> Result<(), LineProblem> {
        if self.fields.says(column) { Ok(()) } else { Err(self.fields.wrong(column, expected)) }
    }

    fn check_unsaid(&self, column: Column, why: &str) -> Result<(), LineProblem> {
        if !self.fields.asks(column) {
            return Ok(());
        }
        Err(self.fields.wrong(column, &format!("nothing, because {why}")))
    }

    fn change(&self, word: Word) -> Result<FlowStep, LineProblem> {
        self.fields.check_length()?;
        let symbol = self.fields.symbol()?;
        let side: Option<Side> = self.fields.side()?;
        let kind = match word {
            Word::Cancel => FlowKind::Cancel { side },
            Word::Reduce => FlowKind::Reduce { side },
            Word::Replace
            | Word::Modify
            | Word::New
            | Word::Ioc
            | Word::MassCancel
            | Word::Define
            | Word::Band
            | Word::Control(_)
            | Word::Clock
            | Word::EndOfDay
            | Word::LimitSession => FlowKind::Replace { side },
        };
        let plain = self.plain(symbol, kind)?;
        let trigger = self.fields.price(Column::Trigger, 0)?;
        let sizing = self.sizing(kind)?;
        let is_plain = trigger == Ticks(0) && sizing == ReplaceSizing::Open && word != Word::Modify;
        if self.is_usual_sender()? && is_plain {
            return Ok(FlowStep::Line(plain));
        }
        let account = self.fields.account()?.unwrap_or_default();
        let (instrument, order) = (NOT_YET, plain.order);
        let rule =
            if word == Word::Modify { ReplaceRule::Modify } else { ReplaceRule::CancelReplace };
        let action = match kind {
            FlowKind::Cancel { .. } => Action::Cancel { instrument, order, account },
            FlowKind::Reduce { .. } => {
                Action::Reduce { instrument, order, account, by: plain.quantity }
            }
            FlowKind::Replace { .. } | FlowKind::New { .. } | FlowKind::Ioc { .. } => {
                Action::Replace(ReplaceOrder {
                    instrument,
                    order,
                    new_order: plain.new_order,
                    account,
                    rule,
                    price: plain.price,
                    sizing,
                    quantity: plain.quantity,
                    trigger,
                    client_bytes: ClientBytes::EMPTY,
                })
            }
        };
        self.rule(FLOW_SESSION, Some(symbol), action)
    }

    fn mass_cancel(&self) -> Result<FlowStep, LineProblem> {
        let account = self.fields.account()?;
        let symbol = self.fields.says(Column::Symbol).then(|| self.fields.symbol()).transpose()?;
        let action = Action::MassCancel(MassCancel {
            instrument: None,
            account,
            side: self.fields.side()?,
            session: self.fields.session(Column::OfSession)?,
        });
        // Whoever names an account may cancel its orders; the rest is the operator's.
        let usual = if account.is_some() { FLOW_SESSION } else { SessionId::OPERATOR };
        self.rule(usual, symbol, action)
    }

    fn band(&self) -> Result<Band, LineProblem> {
        Ok(Band {
            low: self.fields.price(Column::BandLow, Band::ALL.low.0)?,
            high: self.fields.price(Column::BandHigh, Band::ALL.high.0)?,
        })
    }

    fn define(&self) -> Result<FlowStep, LineProblem> {
        let symbol = self.fields.symbol()?;
        let open = InstrumentTerms::OPEN;
        let or = |column, otherwise: Lots| {
            if self.fields.says(column) { self.fields.lots(column) } else { Ok(otherwise) }
        };
        let terms = InstrumentTerms {
            tick: self.fields.price(Column::Tick, open.tick.0)?,
            lot: or(Column::Lot, open.lot)?,
            band: self.band()?,
            quantity_max: or(Column::MaxQty, open.quantity_max)?,
            notional_max: self.notional()?,
            decimals: self.fields.decimals,
        };
        let action = Action::DefineInstrument(Definition { symbol, terms });
        self.operators(Some(symbol), action)
    }

    /// The largest notional, in ticks times lots.
    fn notional(&self) -> Result<Notional, LineProblem> {
        let field = self.fields.field(Column::MaxNotional);
        match saturated(field) {
            Some(Integer::Missing) => Ok(Notional::UNLIMITED),
            Some(Integer::Negative) => Ok(Notional::new(0)),
            // Digits alone: what does not fit is more than anything is worth.
            Some(Integer::Number(_)) => {
                let text = std::str::from_utf8(field).unwrap_or_default();
                Ok(text.parse().map_or(Notional::UNLIMITED, Notional::new))
            }
            None => Err(self.fields.wrong(Column::MaxNotional, "an integer or nothing")),
        }
    }

    fn limit_session(&self) -> Result<FlowStep, LineProblem> {
        let session = self.fields.session(Column::OfSession)?;
        let session =
            session.ok_or_else(|| self.fields.wrong(Column::OfSession, "a session, 0 to 65535"))?;
        let open_orders_max = match self.fields.integer(Column::Qty)? {
            Integer::Missing => u32::MAX,
            Integer::Negative => 0,
            Integer::Number(number) => u32::try_from(number).unwrap_or(u32::MAX),
        };
        self.operators(None, Action::LimitSession { session, open_orders_max })
    }
}

#[cfg(test)]
mod tests;
