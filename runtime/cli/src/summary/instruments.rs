//! The instruments of a summary: best prices, last price and volume.

use highwater::book::Book;
use highwater::types::{InstrumentId, Phase, Side};
use highwater_console::prices::{ReportedPrice, shown_decimals};
use highwater_engine::decimals::PriceForm;
use highwater_engine::figures::grouped_wide;
use highwater_flows::event_counts::EventCounts;
use highwater_flows::flow::shown;
use serde::Serialize;
use std::fmt;

/// One instrument at the end of a run.
#[derive(Clone, Debug, Serialize)]
pub struct InstrumentSummary {
    /// Its symbol.
    pub symbol: String,
    /// `continuous`, `auction` or `collecting`.
    pub phase: &'static str,
    /// Highest price of a buyer; nothing without one, and in an auction, whose orders may be
    /// crossed and wait for one price.
    #[serde(flatten)]
    pub bid: ReportedPrice,
    /// Lowest price of a seller; nothing like the other.
    #[serde(flatten)]
    pub ask: ReportedPrice,
    /// The price of the last trade, of an earlier run too; nothing before the first.
    #[serde(flatten)]
    pub last_trade: ReportedPrice,
    /// Lots that were traded in this run.
    pub volume_lots: u128,
}

impl InstrumentSummary {
    /// All instruments of `book`, in the order of their definition, with what `event_counts`
    /// counted and prices of this form.
    pub fn all_of(book: &Book<'_>, event_counts: &EventCounts, form: PriceForm) -> Vec<Self> {
        let ids = (0..book.instrument_count()).map(InstrumentId);
        ids.filter_map(|instrument| Self::of(book, instrument, event_counts, form)).collect()
    }

    fn of(
        book: &Book<'_>,
        instrument: InstrumentId,
        event_counts: &EventCounts,
        form: PriceForm,
    ) -> Option<Self> {
        let decimals = shown_decimals(form, book.terms(instrument)?.decimals);
        let phase = book.phase(instrument)?;
        let best = |side| match phase {
            Phase::Auction => None,
            Phase::Continuous | Phase::Collecting => book.best(instrument, side),
        };
        Some(Self {
            symbol: shown(&book.symbol(instrument)?).to_string(),
            phase: phase.name(),
            bid: ReportedPrice::new("bid_ticks", best(Side::Buy), decimals),
            ask: ReportedPrice::new("ask_ticks", best(Side::Sell), decimals),
            last_trade: ReportedPrice::new(
                "last_trade_ticks",
                book.last_trade(instrument),
                decimals,
            ),
            volume_lots: event_counts.volume_lots(instrument),
        })
    }
}

/// Instruments that are shown to a person; JSON holds all.
const SHOWN_INSTRUMENTS: usize = 16;

/// Writes a table of the first instruments, and how many more there are.
pub(super) fn write(instruments: &[InstrumentSummary], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if instruments.is_empty() {
        return Ok(());
    }
    let heads = ["best bid", "best ask", "last price", "volume"];
    write_row(f, "instrument", &heads.map(str::to_owned), "")?;
    for instrument in instruments.iter().take(SHOWN_INSTRUMENTS) {
        let columns = [
            instrument.bid.to_string(),
            instrument.ask.to_string(),
            instrument.last_trade.to_string(),
            grouped_wide(instrument.volume_lots),
        ];
        let is_usual = instrument.phase == Phase::Continuous.name();
        let phase = if is_usual { "" } else { instrument.phase };
        write_row(f, &instrument.symbol, &columns, phase)?;
    }
    if instruments.len() > SHOWN_INSTRUMENTS {
        writeln!(f, "and {} more", instruments.len() - SHOWN_INSTRUMENTS)?;
    }
    Ok(())
}

fn write_row(
    f: &mut fmt::Formatter<'_>,
    symbol: &str,
    [bid, ask, last, volume]: &[String; 4],
    phase: &str,
) -> fmt::Result {
    let row = format!("{symbol:<20}{bid:>12}{ask:>12}{last:>12}{volume:>16}  {phase}");
    writeln!(f, "{}", row.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater::command::{Action, Command, Control, Definition};
    use highwater::event::Event;
    use highwater::types::{Capacities, ClientSequence, SessionId, Symbol};

    const CAPACITIES: Capacities = Capacities { orders: 16, instruments: 2, sessions: 2 };

    /// A book and what is counted of it.
    struct Market<'m> {
        book: Book<'m>,
        event_counts: EventCounts,
    }

    impl Market<'_> {
        fn apply(&mut self, session: SessionId, action: Action) {
            let sequence = self.book.last_sequence().next();
            let client_sequence = ClientSequence(self.book.last_client_sequence(session).0 + 1);
            let command = Command { session, client_sequence, action };
            let event_counts = &mut self.event_counts;
            self.book.apply(sequence, &command, &mut |event: &Event| event_counts.count(event));
        }

        fn control(&mut self, control: Control) {
            let action = Action::Control { instrument: InstrumentId(1), control };
            self.apply(SessionId::OPERATOR, action);
        }

        /// Lines of a flow about the second instrument.
        fn lines(&mut self, text: &str) {
            let header = "seq,timestamp_ns,command,order_id,side,price_ticks,qty\n";
            let text = std::io::Cursor::new([header, text].concat());
            let mut reader = highwater_flows::flow::FlowReader::from_reader("f.csv", text).unwrap();
            while let highwater_flows::flow::FlowStep::Line(line) = reader.next_line().unwrap() {
                self.apply(SessionId(1), line.action(InstrumentId(1)));
            }
        }

        fn second(&self) -> InstrumentSummary {
            InstrumentSummary::all_of(&self.book, &self.event_counts, PriceForm::Ticks)
                .pop()
                .unwrap()
        }
    }

    #[test]
    fn volume_is_counted_and_an_auction_has_no_best_price() {
        let mut memory = vec![0; Book::bytes_needed(CAPACITIES)];
        let book = Book::new(&mut memory, CAPACITIES, 1).unwrap();
        let mut market = Market { book, event_counts: EventCounts::default() };
        for symbol in [b"A", b"B"] {
            let definition = Definition::open(Symbol::new(symbol).unwrap());
            market.apply(SessionId::OPERATOR, Action::DefineInstrument(definition));
        }
        market.lines("1,,NEW,1,B,100,7\n2,,NEW,2,S,100,3\n3,,NEW,3,S,100,2\n4,,NEW,4,S,105,1\n");
        let seen = |market: &Market<'_>| {
            let now = market.second();
            let ticks = |price: ReportedPrice| price.ticks().map(|ticks| ticks.0);
            (ticks(now.bid), ticks(now.ask), ticks(now.last_trade), now.volume_lots)
        };
        assert_eq!(seen(&market), (Some(100), Some(105), Some(100), 5));
        market.control(Control::StartAuction);
        market.lines("5,,NEW,5,S,99,2\n");
        assert_eq!(seen(&market), (None, None, Some(100), 5));
        assert_eq!(market.second().phase, "auction");
        let shown =
            Shown(InstrumentSummary::all_of(&market.book, &market.event_counts, PriceForm::Ticks))
                .to_string();
        let expected = "instrument              best bid    best ask  last price          volume\n\
                        A                              -           -           -               0\n\
                        B                              -           -         100               5  auction\n";
        assert_eq!(shown, expected);
        market.control(Control::Uncross);
        let uncrossed = seen(&market);
        assert_eq!((uncrossed.0, uncrossed.1, uncrossed.3), (None, Some(105), 7));
        assert_eq!(
            InstrumentSummary::all_of(&market.book, &market.event_counts, PriceForm::Ticks)[0]
                .volume_lots,
            0
        );
    }

    struct Shown(Vec<InstrumentSummary>);

    impl fmt::Display for Shown {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write(&self.0, f)
        }
    }
}
