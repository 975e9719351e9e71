//! What an operator asks for, done.

use super::market::Market;
use crate::admin::request::{Answer, Request, Thing};
use highwater::command::{Action, Control, MassCancel};
use highwater::event::{Event, EventKind};
use highwater::types::{AccountId, Band, InstrumentId, PriceDecimals, SessionId, Ticks};
use highwater_engine::figures::grouped;
use highwater_gateway::{Gateway, UserOrder};
use highwater_host::Host;
use highwater_platform::Platform;
use highwater_protocols::Alpha;

/// What operations are done with.
pub(super) struct Operations<'v, P: Platform> {
    pub(super) host: &'v Host<P>,
    pub(super) gateway: &'v Gateway,
    pub(super) market: &'v mut Market<P>,
}

type Done = Result<Answer, String>;

impl<P: Platform> Operations<'_, P> {
    /// Does it.
    pub(super) fn work(&mut self, request: &Request) -> Done {
        match request {
            Request::Status => Ok(self.status()),
            Request::Trading { thing, symbols } => self.trading(*thing, symbols),
            Request::EndOfDay => self.say(Action::EndOfDay).map(|event| done(&event)),
            Request::Band { symbol, low, high } => {
                self.band(symbol, low.as_deref(), high.as_deref())
            }
            Request::Limit { session, orders } => {
                let open_orders_max = orders.unwrap_or(u32::MAX);
                let limit = Action::LimitSession { session: SessionId(*session), open_orders_max };
                self.say(limit).map(|event| done(&event))
            }
            Request::Cancel { session, account, symbol } => {
                self.cancel(*session, *account, symbol.as_deref())
            }
            Request::StopEntry { user } => self.order(user, UserOrder::StopEntry),
            Request::AllowEntry { user } => self.order(user, UserOrder::AllowEntry),
            Request::Kill { user } => self.order(user, UserOrder::Kill),
            Request::Disconnect { user } => self.order(user, UserOrder::Disconnect),
            Request::Snapshot => self.snapshot(),
            Request::BackedUp { .. } => Ok(Answer::done()),
            Request::Stop => Ok(Answer::line("the venue stops")),
        }
    }

    fn status(&self) -> Answer {
        let statistics = self.host.statistics();
        let seen = self.gateway.watch().look();
        let mut lines = vec![
            format!(
                "log  {} appended, {} durable, {} released",
                grouped(statistics.appended.0),
                grouped(statistics.durable.0),
                grouped(statistics.released.0)
            ),
            format!(
                "snapshots  newest at {}, {} bytes of log behind it",
                grouped(statistics.snapshots.newest.0),
                grouped(statistics.snapshots.lag.bytes)
            ),
            format!("connections  {}", seen.counts.connections),
        ];
        lines.extend(seen.logins.iter().map(|login| {
            format!(
                "{}  {} from {}, {} messages behind",
                login.user, login.service, login.address, login.behind
            )
        }));
        Answer { lines, sequence: statistics.durable.0 }
    }

    fn trading(&mut self, thing: Thing, symbols: &[String]) -> Done {
        let control = match thing {
            Thing::Halt => Control::Halt,
            Thing::Resume => Control::Resume,
            Thing::StartAuction => Control::StartAuction,
            Thing::Uncross => Control::Uncross,
        };
        let chosen = if symbols.is_empty() {
            self.market.instruments().collect()
        } else {
            symbols.iter().map(|symbol| self.find(symbol)).collect::<Result<Vec<_>, _>>()?
        };
        let mut answer = Answer::default();
        let mut refused = Vec::new();
        for (symbol, instrument, _) in chosen {
            match self.say(Action::Control { instrument, control }) {
                Ok(event) => {
                    answer.lines.push(format!("{symbol}  done"));
                    answer.sequence = event.sequence.0;
                }
                Err(why) => refused.push(format!("{symbol}: {why}")),
            }
        }
        if refused.is_empty() { Ok(answer) } else { Err(refused.join("; ")) }
    }

    fn band(&mut self, symbol: &str, low: Option<&str>, high: Option<&str>) -> Done {
        let (_, instrument, decimals) = self.find(symbol)?;
        let ticks =
            |text: Option<&str>, open: Ticks| text.map_or(Ok(open), |it| ticks(it, decimals));
        let band = Band { low: ticks(low, Band::ALL.low)?, high: ticks(high, Band::ALL.high)? };
        self.say(Action::SetBand { instrument, band }).map(|event| done(&event))
    }

    fn cancel(&mut self, session: Option<u16>, account: Option<u32>, symbol: Option<&str>) -> Done {
        let instrument = symbol.map(|symbol| self.find(symbol)).transpose()?;
        let event = self.say(Action::MassCancel(MassCancel {
            instrument: instrument.map(|(_, id, _)| id),
            account: account.map(AccountId),
            side: None,
            session: session.map(SessionId),
        }))?;
        let lines = if let EventKind::MassCanceled { order_count, .. } = event.kind {
            vec![format!("{} orders canceled", grouped(order_count))]
        } else {
            vec!["done".to_owned()]
        };
        Ok(Answer { lines, sequence: event.sequence.0 })
    }

    fn order(&self, user: &str, order: UserOrder) -> Done {
        let name = Alpha::new(user.as_bytes()).ok_or("a user has 1 to 6 characters of ASCII")?;
        self.gateway.order(name, order).map_err(|fault| format!("{user}: {fault}"))?;
        Ok(Answer::done())
    }

    fn snapshot(&self) -> Done {
        let made = self.host.snapshot()?;
        let newest = self.host.statistics().snapshots.newest;
        Ok(match made {
            Some(_) => Answer {
                lines: vec![format!("a snapshot at sequence {}", grouped(newest.0))],
                sequence: newest.0,
            },
            None => Answer::line("nothing has come since the newest snapshot"),
        })
    }

    fn find(&self, symbol: &str) -> Result<(String, InstrumentId, PriceDecimals), String> {
        let mut all = self.market.instruments();
        all.find(|(name, ..)| name == symbol).ok_or_else(|| {
            let all: Vec<String> = self.market.instruments().map(|(name, ..)| name).collect();
            format!("there is no instrument '{symbol}'; there are {}", all.join(", "))
        })
    }

    /// A command of the operator's; a reject is an error.
    fn say(&mut self, action: Action) -> Result<Event, String> {
        let event = self.market.say(action)?;
        if let EventKind::Rejected { reason, .. } = event.kind {
            return Err(format!("the engine rejected it: {reason}"));
        }
        Ok(event)
    }
}

fn done(event: &Event) -> Answer {
    Answer { sequence: event.sequence.0, ..Answer::done() }
}

fn ticks(text: &str, decimals: PriceDecimals) -> Result<Ticks, String> {
    decimals.ticks(text).map_err(|fault| format!("the price '{text}': {fault}"))
}
