//! `highwater top`: a venue in a terminal, from its page or from a log.

mod fetch;
mod screen;
mod state;

use crate::inspect::{CacheArgs, open_log};
use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use fetch::{Address, fetch};
use highwater::types::Sequence;
use highwater_console::{CommandError, Console};
use highwater_monitor::state_of_book;
use highwater_platform::Platform;
use highwater_platform::signals::StopFlag;
use highwater_storage::history_cache::CACHE_BYTES_DEFAULT;
use screen::{Screen, text_of};
use state::State;
use std::io::{self, IsTerminal};
use std::mem::ManuallyDrop;
use std::path::PathBuf;
use std::time::Duration;

/// How often the venue is looked at.
const LOOK_EVERY_NS: u64 = 500_000_000;

/// How long a key is waited for.
const KEY_PATIENCE: Duration = Duration::from_millis(100);

/// Look at a venue in the terminal: instruments, a book, trades, figures, and who is connected.
///
/// It reads what the venue's page shows. Where none runs in the data directory, it shows the books
/// as they are behind the log's last sequence; the arrow keys left and right go to earlier ones.
/// Keys: up and down choose an instrument, q ends. Where the output is no terminal, or with --once,
/// it prints what there is once.
#[derive(Clone, Debug, clap::Args)]
pub struct TopArgs {
    /// The data directory
    #[arg(long, value_name = "DIR", default_value = "highwater-venue")]
    pub data: PathBuf,
    /// The address of a page, like <http://127.0.0.1:7006/> [default: that of the venue in --data]
    #[arg(long, value_name = "URL", conflicts_with = "data")]
    pub url: Option<String>,
    /// The instrument that is shown first [default: the first one]
    #[arg(long, value_name = "SYMBOL")]
    pub instrument: Option<String>,
    /// Print once, and end
    #[arg(long)]
    pub once: bool,
    /// Columns and lines of what is printed once
    #[arg(long, value_name = "COLUMNSxLINES", default_value = "100x36", value_parser = size)]
    pub size: (u16, u16),
}

fn size(text: &str) -> Result<(u16, u16), String> {
    let sides = text.split_once('x');
    let numbers = sides.and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    let is_possible = |(w, h): &(u16, u16)| (40..=400).contains(w) && (10..=200).contains(h);
    numbers.filter(is_possible).ok_or_else(|| "not a size like 100x36".to_owned())
}

/// Where the state comes from.
enum Source<P: Platform> {
    Page(Address),
    Log(P, PathBuf),
}

impl<P: Platform> Source<P> {
    fn of(platform: P, args: &TopArgs) -> Result<Self, CommandError> {
        if let Some(url) = &args.url {
            return Address::parse(url).map(Self::Page).map_err(CommandError::WrongUsage);
        }
        let url = std::fs::read_to_string(args.data.join("admin").join("page-url"));
        let page = url.ok().and_then(|url| Address::parse(url.trim()).ok());
        // A venue that was killed leaves its address.
        Ok(match page.filter(|page| fetch(page, None).is_ok()) {
            Some(page) => Self::Page(page),
            None => Self::Log(platform, args.data.clone()),
        })
    }

    /// What is shown of an instrument, behind a sequence where one is named.
    fn look(&self, symbol: Option<&str>, at: Option<u64>) -> Result<State, CommandError> {
        let text = match self {
            Self::Page(page) => fetch(page, symbol).map_err(CommandError::Failed)?,
            Self::Log(platform, data) => {
                let cache = CacheArgs { cache_bytes: CACHE_BYTES_DEFAULT };
                let mut log = open_log(*platform, data, cache)?;
                let end = log.durable_end()?;
                let first = log.first_sequence().0.saturating_sub(1).max(1);
                let wanted = Sequence(at.unwrap_or(u64::MAX).max(first)).min(end);
                let replayed = log.replay_upto(wanted)?;
                state_of_book(&replayed.fresh.book, symbol).ok_or_else(|| {
                    CommandError::failed("there is no such instrument; leave --instrument out")
                })?
            }
        };
        let state = serde_json::from_str(&text);
        state.map_err(|error| CommandError::failed(format!("this is no venue's page: {error}")))
    }
}

/// Shows it until a key or a signal ends it.
///
/// # Errors
/// There is neither a venue nor a log, or the terminal cannot be used.
pub fn top<P: Platform>(
    platform: P,
    args: &TopArgs,
    console: Console,
    stop: &StopFlag,
) -> Result<(), CommandError> {
    let source = Source::of(platform, args)?;
    let state = source.look(args.instrument.as_deref(), None)?;
    if args.once || !io::stdout().is_terminal() {
        return console.print(&text_of(&Screen::new(state), args.size));
    }
    let failed = |error| CommandError::failed(format!("the terminal cannot be used: {error}"));
    let mut terminal = ManuallyDrop::new(ratatui::try_init().map_err(failed)?);
    let mut screen = Screen::new(state);
    let shown = Shower { platform, source, stop }.run(&mut terminal, &mut screen);
    // Once the terminal is closed, a drop would print to it, and panic.
    if ratatui::try_restore().is_ok() {
        drop(ManuallyDrop::into_inner(terminal));
    }
    shown
}

struct Shower<'s, P: Platform> {
    platform: P,
    source: Source<P>,
    stop: &'s StopFlag,
}

impl<P: Platform> Shower<'_, P> {
    fn run(
        &self,
        terminal: &mut ratatui::DefaultTerminal,
        screen: &mut Screen,
    ) -> Result<(), CommandError> {
        let failed =
            |error: io::Error| CommandError::failed(format!("the terminal is gone: {error}"));
        let mut looked_ns = self.platform.monotonic_ns();
        while !self.stop.is_raised() {
            terminal.draw(|frame| screen.draw(frame)).map_err(failed)?;
            let mut is_moved = false;
            if event::poll(KEY_PATIENCE).map_err(failed)?
                && let Event::Key(key) = event::read().map_err(failed)?
                && key.kind == KeyEventKind::Press
            {
                match self.action_of(key) {
                    KeyAction::End => return Ok(()),
                    KeyAction::Move(by) => is_moved = screen.choose(by),
                    KeyAction::Go(by) => is_moved = screen.go(by),
                    KeyAction::Nothing => {}
                }
            }
            let now_ns = self.platform.monotonic_ns();
            let is_live = matches!(self.source, Source::Page(_));
            if is_moved || (is_live && now_ns.saturating_sub(looked_ns) >= LOOK_EVERY_NS) {
                looked_ns = now_ns;
                screen.show(self.source.look(screen.symbol().as_deref(), screen.at()));
            }
        }
        Ok(())
    }

    fn action_of(&self, key: KeyEvent) -> KeyAction {
        let is_interrupt =
            key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
        let step = if key.modifiers.contains(KeyModifiers::SHIFT) { 1_000 } else { 1 };
        let is_log = matches!(self.source, Source::Log(..));
        if is_interrupt || key.code == KeyCode::Char('q') || key.code == KeyCode::Esc {
            KeyAction::End
        } else if key.code == KeyCode::Down || key.code == KeyCode::Char('j') {
            KeyAction::Move(1)
        } else if key.code == KeyCode::Up || key.code == KeyCode::Char('k') {
            KeyAction::Move(-1)
        } else if is_log && key.code == KeyCode::Left {
            KeyAction::Go(-step)
        } else if is_log && key.code == KeyCode::Right {
            KeyAction::Go(step)
        } else {
            KeyAction::Nothing
        }
    }
}

/// What a key means.
enum KeyAction {
    End,
    /// Another instrument.
    Move(isize),
    /// Another sequence.
    Go(i64),
    Nothing,
}
