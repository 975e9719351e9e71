//! `highwater admin`: an operator's words to a venue that is served.

pub(crate) mod request;

use crate::backup::{BackupArgs, backup};
use crate::inspect::CacheArgs;
use clap::Subcommand;
use highwater_console::{CommandError, Console};
use highwater_platform::Platform;
use highwater_platform::signals::StopFlag;
use highwater_storage::history_cache::CACHE_BYTES_DEFAULT;
use request::{Answer, Request, Thing, socket_in};
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// An answer that takes longer will not come.
const PATIENCE: Duration = Duration::from_mins(2);

/// Say what is to be done in a venue that `highwater serve` runs on this machine.
///
/// What changes the market is a command in the log. Every call is noted in admin/audit.log of the
/// data directory. Only who may write to that directory may say anything.
///
/// Exit codes: 0 done, 1 not done (a sentence says why), 2 wrong usage.
#[derive(Clone, Debug, clap::Args)]
pub struct AdminArgs {
    /// The data directory of the venue
    #[arg(long, value_name = "DIR", default_value = "highwater-venue", global = true)]
    pub data: PathBuf,
    /// Print the answer as one line of JSON instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// What is to be done.
    #[command(subcommand)]
    pub wish: Wish,
}

/// What is to be done.
#[derive(Clone, Debug, Subcommand)]
pub enum Wish {
    /// Print what is served, who is logged in, and how far the log is
    Status,
    /// Halt trading
    Halt(Symbols),
    /// Go on behind a halt
    Resume(Symbols),
    /// Begin to collect orders for an auction
    StartAuction(Symbols),
    /// End an auction: trade, and go on continuously
    Uncross(Symbols),
    /// End the day for all instruments: day orders expire, the streams begin anew
    EndOfDay,
    /// Set the prices that an instrument takes; without --low and --high every price
    Band {
        /// The instrument
        symbol: String,
        /// The lowest price, decimal
        #[arg(long, value_name = "PRICE")]
        low: Option<String>,
        /// The highest price, decimal
        #[arg(long, value_name = "PRICE")]
        high: Option<String>,
    },
    /// Limit how many orders a session may have open; without --orders to none
    Limit {
        /// The session, a number
        session: u16,
        /// Open orders
        #[arg(long, value_name = "N")]
        orders: Option<u32>,
    },
    /// Cancel orders: of a session, of an account, of an instrument, or all
    Cancel {
        /// Only orders of this session
        #[arg(long, value_name = "NUMBER")]
        session: Option<u16>,
        /// Only orders of this account
        #[arg(long, value_name = "NUMBER")]
        account: Option<u32>,
        /// Only orders of this instrument
        #[arg(long, value_name = "SYMBOL")]
        symbol: Option<String>,
    },
    /// Take no more orders of a user, also behind a restart
    StopEntry(User),
    /// Take orders of a user again
    AllowEntry(User),
    /// Stop the entry of a user and cancel all that its session has open
    Kill(User),
    /// Close the connections of a user, who may log in again
    Disconnect(User),
    /// Make a snapshot of the book now
    Snapshot,
    /// Copy the log and its snapshots elsewhere while the venue runs
    Backup {
        /// The directory of the copy
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
    },
    /// Take no more orders, answer what was taken, close all connections and end the program
    Stop,
}

/// Instruments.
#[derive(Clone, Debug, clap::Args)]
pub struct Symbols {
    /// The instruments [default: all]
    pub symbols: Vec<String>,
}

/// A user.
#[derive(Clone, Debug, clap::Args)]
pub struct User {
    /// The user, as the venue's file names it
    pub user: String,
}

/// Says it, and prints the answer.
///
/// # Errors
/// No venue runs there, or it has not done it: a sentence.
pub fn admin<P: Platform>(
    platform: P,
    args: &AdminArgs,
    console: Console,
    stop: &StopFlag,
) -> Result<(), CommandError> {
    if let Wish::Backup { to } = &args.wish {
        let cache = CacheArgs { cache_bytes: CACHE_BYTES_DEFAULT };
        let wanted = BackupArgs { data: args.data.clone(), to: to.clone(), cache };
        backup(platform, &wanted, console, stop)?;
        return ask(&args.data, &Request::BackedUp { to: to.display().to_string() }).map(|_| ());
    }
    let answer = ask(&args.data, &args.wish.request())?;
    if args.json { console.print_json(&answer) } else { console.print(&answer.text()) }
}

/// Asks the venue, and waits for its answer.
fn ask(data: &Path, request: &Request) -> Result<Answer, CommandError> {
    let path = socket_in(data);
    let failed = |doing: &str, error: std::io::Error| {
        if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) {
            return CommandError::failed(format!(
                "no venue runs in '{}'; start one with 'highwater serve', or name its directory \
                 with --data",
                data.display()
            ));
        }
        CommandError::failed(format!("could not {doing} '{}': {error}", path.display()))
    };
    let mut socket = UnixStream::connect(&path).map_err(|error| failed("reach", error))?;
    let line = serde_json::to_string(request).map_err(CommandError::failed)?;
    let mut reply = String::new();
    socket
        .set_read_timeout(Some(PATIENCE))
        .and_then(|()| socket.write_all(format!("{line}\n").as_bytes()))
        .and_then(|()| BufReader::new(&socket).read_line(&mut reply))
        .map_err(|error| failed("ask through", error))?;
    let result: Result<Answer, String> = serde_json::from_str(&reply).map_err(|_| {
        CommandError::failed("the venue has not answered; look at what it says, and ask again")
    })?;
    result.map_err(CommandError::Failed)
}

impl Wish {
    fn request(&self) -> Request {
        let on = |thing: Thing, symbols: &Symbols| Request::Trading {
            thing,
            symbols: symbols.symbols.clone(),
        };
        let user = |user: &User| user.user.clone();
        match self {
            Self::Status => Request::Status,
            Self::Halt(symbols) => on(Thing::Halt, symbols),
            Self::Resume(symbols) => on(Thing::Resume, symbols),
            Self::StartAuction(symbols) => on(Thing::StartAuction, symbols),
            Self::Uncross(symbols) => on(Thing::Uncross, symbols),
            Self::EndOfDay => Request::EndOfDay,
            Self::Band { symbol, low, high } => {
                Request::Band { symbol: symbol.clone(), low: low.clone(), high: high.clone() }
            }
            Self::Limit { session, orders } => {
                Request::Limit { session: *session, orders: *orders }
            }
            Self::Cancel { session, account, symbol } => {
                Request::Cancel { session: *session, account: *account, symbol: symbol.clone() }
            }
            Self::StopEntry(it) => Request::StopEntry { user: user(it) },
            Self::AllowEntry(it) => Request::AllowEntry { user: user(it) },
            Self::Kill(it) => Request::Kill { user: user(it) },
            Self::Disconnect(it) => Request::Disconnect { user: user(it) },
            Self::Snapshot => Request::Snapshot,
            Self::Backup { to } => Request::BackedUp { to: to.display().to_string() },
            Self::Stop => Request::Stop,
        }
    }
}
