//! The screen of `top`: what is drawn where.

use super::state::{Level, Point, Row, State};
use highwater_console::CommandError;
use highwater_engine::figures::{Nanoseconds, grouped};
use ratatui::backend::TestBackend;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Cell, Paragraph, Row as TableRow, Sparkline, Table};
use ratatui::{Frame, Terminal};

const BUY: Color = Color::LightBlue;
const SELL: Color = Color::Yellow;

/// What a chart shows of a second.
type ValueOf = fn(&Point) -> u64;

/// What is shown, and what of it is chosen.
pub(super) struct Screen {
    state: State,
    /// The instrument that the user chose, by its number.
    chosen: usize,
    /// The sequence that the user went to; `None` for the last.
    at: Option<u64>,
    /// Why what is shown is not new.
    problem: Option<String>,
}

impl Screen {
    pub(super) fn new(state: State) -> Self {
        Self { chosen: state.instrument, state, at: None, problem: None }
    }

    /// Chooses another instrument; whether there is one.
    pub(super) fn choose(&mut self, by: isize) -> bool {
        let count = self.state.instruments.len();
        let chosen = self.chosen.saturating_add_signed(by).min(count.saturating_sub(1));
        let is_other = chosen != self.chosen;
        self.chosen = chosen;
        is_other
    }

    /// Goes to another sequence of a log.
    pub(super) fn go(&mut self, by: i64) -> bool {
        let now = self.state.book_sequence.unwrap_or(0);
        self.at = Some(now.saturating_add_signed(by).max(1));
        true
    }

    pub(super) fn symbol(&self) -> Option<String> {
        self.state.instruments.get(self.chosen).map(|row| row.symbol.clone())
    }

    pub(super) const fn at(&self) -> Option<u64> {
        self.at
    }

    /// Shows another state; where there is none, the one before stays, and says why.
    pub(super) fn show(&mut self, state: Result<State, CommandError>) {
        match state {
            Ok(state) => (self.state, self.problem) = (state, None),
            Err(error) => {
                let sentence = error.sentence().unwrap_or("nothing is reached");
                self.problem = Some(sentence.lines().next().unwrap_or_default().to_owned());
            }
        }
    }

    pub(super) fn draw(&self, frame: &mut Frame<'_>) {
        let [head, middle, charts, people, foot] = Layout::vertical([
            Constraint::Length(3),
            Constraint::Min(8),
            Constraint::Length(5),
            Constraint::Length(5),
            Constraint::Length(1),
        ])
        .areas(frame.area());
        let [left, centre, right] = Layout::horizontal([
            Constraint::Percentage(47),
            Constraint::Percentage(30),
            Constraint::Percentage(23),
        ])
        .areas(middle);
        frame.render_widget(Paragraph::new(self.head()), head);
        self.draw_instruments(frame, left);
        self.draw_ladder(frame, centre);
        self.draw_trades(frame, right);
        self.draw_charts(frame, charts);
        self.draw_people(frame, people);
        let keys = "q end   up/down instrument   left/right sequence of a log (shift: 1,000)";
        frame.render_widget(Paragraph::new(keys).style(Style::new().dim()), foot);
    }

    fn head(&self) -> Vec<Line<'_>> {
        let State { figures, about, .. } = &self.state;
        let up_s = self.state.now_ms.saturating_sub(about.started_ms) / 1_000;
        let mut first = vec![Span::styled("Highwater ", Style::new().bold())];
        if about.version.is_empty() {
            let at = self.state.book_sequence.unwrap_or(0);
            first.push(format!("a log, behind sequence {}", grouped(at)).into());
        } else {
            let up = format!("{}:{:02}:{:02}", up_s / 3_600, up_s / 60 % 60, up_s % 60);
            first.push(
                format!("{}  '{}'  sync {}  up {up}", about.version, about.data, about.sync).into(),
            );
        }
        let second = format!(
            "durable {}  lag {}  rings {}/{}/{}  log {} bytes, {} syncs",
            grouped(figures.durable),
            grouped(figures.appended.saturating_sub(figures.durable)),
            figures.input_ring,
            figures.record_ring,
            figures.event_ring,
            grouped(figures.log_bytes),
            grouped(figures.syncs),
        );
        let is_log = about.version.is_empty() && self.problem.is_none();
        if is_log {
            return vec![Line::from(first)];
        }
        let alarm = Style::new().fg(Color::Red).add_modifier(Modifier::BOLD);
        let third = match (&self.problem, &self.state.ended, self.state.book_sequence) {
            (Some(problem), _, _) => Line::styled(format!("not new: {problem}"), alarm),
            (None, Some(ended), _) => Line::styled(format!("ended: {ended}"), alarm),
            (None, None, None) => Line::styled("the books are being recovered", alarm),
            (None, None, Some(_)) => Line::raw(format!(
                "newest snapshot {}, {} bytes behind it",
                grouped(figures.newest_snapshot),
                grouped(figures.behind_snapshot_bytes)
            )),
        };
        vec![Line::from(first), Line::raw(second), third]
    }

    fn draw_instruments(&self, frame: &mut Frame<'_>, area: Rect) {
        let rows = self.state.instruments.iter().enumerate().map(|(at, row)| {
            let style = if at == self.chosen { Style::new().reversed() } else { Style::new() };
            let how = match row.phase.as_str() {
                _ if row.is_halted => "halted",
                "continuous" => "",
                other => other,
            };
            let cells = [
                row.symbol.clone(),
                row.price(row.last),
                row.price(row.bid),
                row.price(row.ask),
                grouped(row.volume),
                how.to_owned(),
            ];
            TableRow::new(cells.map(Cell::from)).style(style)
        });
        // The chosen one stays in sight.
        let room = usize::from(area.height.saturating_sub(3)).max(1);
        let hidden = (self.chosen + 1).saturating_sub(room);
        let widths = [10, 9, 9, 9, 8, 10].map(Constraint::Max);
        let head = ["instrument", "last", "bid", "ask", "volume", ""].map(Cell::from);
        let table = Table::new(rows.skip(hidden), widths)
            .header(TableRow::new(head).style(Style::new().dim()))
            .block(Block::bordered().title("instruments"));
        frame.render_widget(table, area);
    }

    fn draw_ladder(&self, frame: &mut Frame<'_>, area: Rect) {
        let none = Row::default();
        let row = self.state.instruments.get(self.state.instrument).unwrap_or(&none);
        let ladder = self.state.book.clone().unwrap_or_default();
        let half = usize::from(area.height.saturating_sub(2)) / 2;
        let all = || ladder.bids.iter().chain(&ladder.asks);
        let most = all().map(|level| level.2).max().unwrap_or(1).max(1);
        let line = |level: &Level, color: Color| {
            let (price, shown, open, orders) = *level;
            let width = u64::from(area.width.saturating_sub(30));
            let bar = usize::try_from(open.saturating_mul(width) / most).unwrap_or(0);
            let hidden = if shown < open { "+" } else { " " };
            let text = format!("{:>10} {shown:>8}{hidden}{orders:>5} ", row.price(Some(price)));
            Line::from(vec![
                Span::styled(text, Style::new().fg(color)),
                Span::styled("▒".repeat(bar), Style::new().fg(color)),
            ])
        };
        let mut lines: Vec<Line<'_>> =
            ladder.asks.iter().take(half).rev().map(|level| line(level, SELL)).collect();
        lines.extend(ladder.bids.iter().take(half).map(|level| line(level, BUY)));
        if lines.is_empty() {
            lines.push(Line::styled("no orders", Style::new().dim()));
        }
        let title = format!("book of {} (asks above bids)", row.symbol);
        frame.render_widget(Paragraph::new(lines).block(Block::bordered().title(title)), area);
    }

    fn draw_trades(&self, frame: &mut Frame<'_>, area: Rect) {
        let none = Row::default();
        let row = self.state.instruments.get(self.state.instrument).unwrap_or(&none);
        let mut lines: Vec<Line<'_>> = self
            .state
            .trades
            .iter()
            .rev()
            .map(|trade| {
                let (letter, color) = match trade.side.as_deref() {
                    Some("buy") => ("B", BUY),
                    Some(_) => ("S", SELL),
                    None => ("A", Color::Reset),
                };
                let price = row.price(Some(trade.price));
                let text = format!("{letter} {price:>10} {:>8}", trade.quantity);
                Line::styled(text, Style::new().fg(color))
            })
            .collect();
        if lines.is_empty() {
            lines.push(Line::styled("no trades yet", Style::new().dim()));
        }
        frame.render_widget(Paragraph::new(lines).block(Block::bordered().title("trades")), area);
    }

    fn draw_charts(&self, frame: &mut Frame<'_>, area: Rect) {
        let points = &self.state.points;
        let last = points.last().copied().unwrap_or_default();
        let charts: [(String, ValueOf); 3] = [
            (format!("commands a second {}", grouped(last.commands)), |point| point.commands),
            (format!("answers {}", times(last.answer_p50_ns, last.answer_p99_ns)), |point| {
                point.answer_p99_ns
            }),
            (format!("syncs {}", times(last.sync_p50_ns, last.sync_p99_ns)), |point| {
                point.sync_p99_ns
            }),
        ];
        let areas: [Rect; 3] = Layout::horizontal([Constraint::Ratio(1, 3); 3]).areas(area);
        for ((title, value), area) in charts.into_iter().zip(areas) {
            let room = usize::from(area.width.saturating_sub(2));
            let values: Vec<u64> =
                points.iter().skip(points.len().saturating_sub(room)).map(value).collect();
            let chart = Sparkline::default().data(values).block(Block::bordered().title(title));
            frame.render_widget(chart, area);
        }
    }

    fn draw_people(&self, frame: &mut Frame<'_>, area: Rect) {
        let mut logins: Vec<_> = self.state.logins.iter().collect();
        logins.sort_by_key(|login| std::cmp::Reverse(login.behind));
        let lines = logins.iter().map(|login| {
            let behind = match login.behind {
                0 => String::new(),
                behind => format!("  {} messages behind", grouped(behind)),
            };
            Line::raw(format!("{:<7}{:<7}{}{behind}", login.user, login.service, login.address))
        });
        let rejects: u64 = self.state.figures.rejects.values().sum();
        let title = format!(
            "{} connections, {} reading old messages, {} rejects",
            self.state.figures.connections,
            self.state.figures.replaying,
            grouped(rejects)
        );
        let lines: Vec<Line<'_>> = lines.collect();
        frame.render_widget(Paragraph::new(lines).block(Block::bordered().title(title)), area);
    }
}

fn times(p50_ns: u64, p99_ns: u64) -> String {
    match p99_ns {
        0 => "none".to_owned(),
        _ => format!("p50 {} p99 {}", Nanoseconds(p50_ns), Nanoseconds(p99_ns)),
    }
}

/// The screen as text of so many columns and lines.
pub(super) fn text_of(screen: &Screen, (columns, lines): (u16, u16)) -> String {
    let mut terminal = match Terminal::new(TestBackend::new(columns, lines)) {
        Ok(terminal) => terminal,
        Err(never) => match never {},
    };
    match terminal.draw(|frame| screen.draw(frame)) {
        Ok(_) => {}
        Err(never) => match never {},
    }
    let buffer = terminal.backend().buffer();
    let mut text = String::new();
    for line in 0..lines {
        let cells = (0..columns).map(|column| buffer[(column, line)].symbol());
        text.push_str(cells.collect::<String>().trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        serde_json::from_str(
            r#"{"book_sequence":7,"instrument":1,"instruments":[{"symbol":"GOLD","decimals":2},
                {"symbol":"TIN","decimals":4,"last":12345,"bid":12344,"is_halted":true}],
                "book":{"bids":[[12344,5,9,2]],"asks":[]},
                "trades":[{"price":12345,"quantity":3,"side":"sell"}],
                "logins":[{"user":"ONE","service":"orders","address":"127.0.0.1","behind":12}],
                "figures":{"durable":1234567},"about":{"version":"9.9.9"}}"#,
        )
        .unwrap()
    }

    #[test]
    fn the_screen_shows_what_the_state_says() {
        let text = text_of(&Screen::new(state()), (100, 36));
        for wanted in
            ["1.2345", "halted", "1,234,567", "9.9.9", "S     1.2345", "12 messages behind", "5+"]
        {
            assert!(text.contains(wanted), "{wanted}:\n{text}");
        }
        // However small it is, it is drawn.
        for size in [(40, 10), (41, 11), (400, 200)] {
            text_of(&Screen::new(state()), size);
            text_of(&Screen::new(State::default()), size);
        }
    }

    #[test]
    fn what_is_not_reached_is_said_and_what_was_shown_stays() {
        let mut screen = Screen::new(state());
        screen.show(Err(CommandError::failed("no page is reached")));
        let text = text_of(&screen, (100, 36));
        assert!(text.contains("not new: no page is reached") && text.contains("1.2345"), "{text}");
        assert!(screen.choose(-1) && !screen.choose(-1) && screen.choose(5) && !screen.choose(1));
        assert_eq!(screen.symbol().as_deref(), Some("TIN"));
        assert!(screen.go(-100) && screen.at() == Some(1));
    }
}
