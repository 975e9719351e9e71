//! `highwater load`: orders at a rate into a venue, and how long it takes to answer.

mod counts;
mod driver;
mod lane;
mod orders;
pub mod plan;

use crate::soup_client::{Incoming, Login, PasswordArgs, SoupClient, Target, nanos, short};
use crate::tls_args::TlsArgs;
use crate::units::TimeSpan;
use clap::value_parser;
use counts::{Circumstances, Counts, LoadReport};
use driver::{Driver, Ending, Leftovers, Progress};
use highwater_console::{CommandError, Console, note, progress};
use highwater_flows::random::Random;
use highwater_platform::Platform;
use highwater_platform::signals::StopFlag;
use highwater_protocols::Alpha;
use highwater_protocols::soup::Password;
use lane::{Lane, next_number};
use mio::net::TcpStream;
use orders::Orders;
use plan::{Mix, Plan, Prices, Quantities, Rate};
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::thread::{Builder, scope};
use std::time::Duration;

/// How long a login may take, and the answer to the first query.
const LOGIN_PATIENCE: Duration = Duration::from_secs(30);

/// Orders of all connections that can be open, at most: 2^22.
const PLACES_BITS: u32 = 22;

/// How often connections are looked after while others log in.
const KEEP_EVERY_NS: u64 = 500_000_000;

/// Enter orders at a rate, and measure how long each answer takes.
///
/// Requests are due at fixed times, whatever the venue does (an open loop), and a latency counts
/// from the time when its request was due to its answer: Accepted, Canceled, Replaced or Rejected.
/// So the wait behind a slow answer counts, too. 'sent late' says how much of it was this program's
/// or the window's fault. With --rate max the window alone limits the load: a closed loop, whose
/// latency shows no queue.
///
/// Buys and sells come at random at whole ticks around a price, so that some trade and some rest. A
/// cancel or a replacement is of a random open order; where there is none, a new one is entered,
/// and where a connection has some hundred thousand, one is canceled instead. The seed and the
/// answers decide what is sent. At the end the orders that are open are canceled. User reference
/// numbers go on where the venue has them, so it can be run again. While requests are due within 2
/// ms it spins, which takes a core.
///
/// Exit codes: 0 done, or ended early by SIGINT or SIGTERM; 1 no connection, or one was lost (what
/// was counted is printed); 2 wrong usage.
#[derive(Clone, Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of the command line")]
pub struct LoadArgs {
    /// Where orders are entered (OUCH 5.0 over SoupBinTCP), like 127.0.0.1:7001
    #[arg(long, value_name = "ADDR")]
    pub ouch: String,
    /// The users, at most 6 characters each: a venue takes one connection of each
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', required = true)]
    pub user: Vec<String>,
    /// Their password, the same for all.
    #[command(flatten)]
    pub password: PasswordArgs,
    /// TLS.
    #[command(flatten)]
    pub tls: TlsArgs,
    /// How many connections [default: one for each user]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=4_096))]
    pub connections: Option<u32>,
    /// Requests a second, all connections together, or max
    #[arg(long, value_name = "R", default_value = "1000")]
    pub rate: Rate,
    /// Requests of one connection that may be unanswered
    #[arg(long, value_name = "W", default_value_t = 256, value_parser = value_parser!(u32).range(1..=65_536))]
    pub window: u32,
    /// How often each kind of request comes, as weights
    #[arg(long, value_name = "WEIGHTS", default_value = "new=70,cancel=20,replace=10")]
    pub mix: Mix,
    /// The symbols, at most 8 characters each
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', required = true)]
    pub symbols: Vec<String>,
    /// How long requests are sent
    #[arg(long, value_name = "TIME", default_value = "10s")]
    pub duration: TimeSpan,
    /// The price that orders are around, decimal
    #[arg(long, value_name = "PRICE", default_value = "100")]
    pub price: String,
    /// The step between two prices, decimal
    #[arg(long, value_name = "PRICE", default_value = "0.01")]
    pub tick: String,
    /// Ticks from the price to the highest and to the lowest
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub depth: u32,
    /// Shares of an order, or a range like 1-500
    #[arg(long, value_name = "N", default_value = "100")]
    pub quantity: Quantities,
    /// Seed of the choices, any integer from 0 to 2^64 - 1
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// How long to wait for the last answers
    #[arg(long, value_name = "TIME", default_value = "10s")]
    pub patience: TimeSpan,
    /// Leave the orders that are open at the end
    #[arg(long)]
    pub keep_orders: bool,
    /// Print one JSON object instead of text; times are nanoseconds
    #[arg(long)]
    pub json: bool,
}

/// Loads a venue as `args` say, until the end or until `stop` is raised.
///
/// # Errors
/// Wrong usage, no connection, or one that was lost; the output cannot be written.
pub fn load<P: Platform>(
    platform: P,
    args: &LoadArgs,
    console: Console,
    stop: &StopFlag,
) -> Result<(), CommandError> {
    let (logins, mut plan) = planned(args).map_err(CommandError::WrongUsage)?;
    let lanes = connect(platform, args, &logins, stop)?;
    if lanes.len() < logins.len() {
        // A signal came.
        return Ok(());
    }
    plan.start_ns = platform.monotonic_ns();
    let progress = Progress::default();
    let driver = Driver::new(platform, lanes, &plan, &progress, stop);
    let mut driver = driver.map_err(CommandError::failed)?;
    let ending = Ending {
        end_ns: plan.start_ns.saturating_add(nanos(args.duration.0)),
        patience: args.patience.0,
        leftovers: if args.keep_orders { Leftovers::Keep } else { Leftovers::Cancel },
    };
    let expected = (plan.rate != Rate::Max).then_some(plan.count);
    let ran = scope(|threads| {
        let work = || {
            let ran = driver.run(ending);
            progress.is_over.store(true, Ordering::Release);
            ran
        };
        let thread = Builder::new().name("hw-load".to_owned()).spawn_scoped(threads, work);
        let thread = thread.map_err(|error| format!("there is no thread for the load: {error}"))?;
        let is_over = || progress.is_over.load(Ordering::Acquire);
        progress::watch(platform, &progress.sent, expected, is_over);
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    });
    let report = LoadReport::new(
        &driver.counts,
        Circumstances {
            connections: driver.lanes.len(),
            rate: if let Rate::PerSecond(rate) = plan.rate { Some(rate) } else { None },
            window: plan.window,
            start_ns: plan.start_ns,
            unanswered: driver.unanswered,
            unsent: driver.unsent,
            open_orders: driver.lanes.iter().map(|lane| lane.orders.open()).sum(),
            is_stopped: stop.is_raised(),
        },
    );
    let verdict = ran.map_err(CommandError::Failed);
    if args.json {
        console.report_json(&report, verdict)
    } else {
        console.report(&report.text(), verdict)
    }
}

/// Who logs in, and the plan, but for its start.
fn planned(args: &LoadArgs) -> Result<(Vec<Login>, Plan), String> {
    let password = args.password.read()?;
    let users: Vec<Alpha<6>> =
        args.user.iter().map(|user| short("user", user)).collect::<Result<_, _>>()?;
    if users.iter().collect::<BTreeSet<_>>().len() < users.len() {
        return Err(
            "--user names a user twice: its second connection would end the first".to_owned()
        );
    }
    let wanted = args.connections.map_or(users.len(), |count| usize::try_from(count).unwrap_or(0));
    if wanted > users.len() {
        return Err(format!(
            "--connections {wanted} needs as many users, and --user names {}: a venue takes one \
             connection of each user",
            users.len()
        ));
    }
    let logins = users.iter().take(wanted).map(|user| login_of(*user, password)).collect();
    let symbols: Result<_, _> = args.symbols.iter().map(|name| short("symbol", name)).collect();
    let plan = Plan {
        start_ns: 0,
        rate: args.rate,
        lanes: u64::try_from(wanted).unwrap_or(u64::MAX),
        count: Plan::count_in(args.rate, nanos(args.duration.0)),
        window: usize::try_from(args.window).unwrap_or(usize::MAX),
        mix: args.mix,
        symbols: symbols?,
        quantities: args.quantity.clone(),
        prices: Prices::around(&args.price, &args.tick, args.depth)?,
    };
    Ok((logins, plan))
}

/// A login that reads what is still to come.
const fn login_of(user: Alpha<6>, password: Password) -> Login {
    Login { user, password, session: Alpha::BLANK, number: 0 }
}

/// Logs all users in; fewer when `stop` is raised.
fn connect<P: Platform>(
    platform: P,
    args: &LoadArgs,
    logins: &[Login],
    stop: &StopFlag,
) -> Result<Vec<Lane>, CommandError> {
    let places = usize::try_from(args.window).unwrap_or(usize::MAX).saturating_mul(4);
    let shared = (1 << PLACES_BITS) / logins.len();
    // At least four times the window, so that there is always a free place near the next number.
    let bits = shared.clamp(1 << 10, 1 << 18).max(places).next_power_of_two().ilog2();
    let tls = args.tls.read().map_err(CommandError::WrongUsage)?;
    let target = Target { address: args.ouch.clone(), tls };
    let mut lanes: Vec<Lane> = Vec::with_capacity(logins.len());
    // Nothing was asked for yet, so nothing is counted.
    let (mut before, mut kept_ns) = (Counts::default(), platform.monotonic_ns());
    for (index, login) in (0..).zip(logins) {
        if stop.is_raised() {
            break;
        }
        let lane = log_in(platform, &target, login).and_then(|(client, next)| {
            let (socket, rest) = client.into_parts();
            socket.socket().set_nonblocking(true).map_err(|error| error.to_string())?;
            let orders = Orders::new(next.saturating_sub(1), bits);
            let random = Random::new(args.seed, index);
            let socket = socket.map(TcpStream::from_std);
            Ok(Lane::new(socket, &rest, orders, index, random, platform.monotonic_ns()))
        });
        let failed = |text| CommandError::Failed(format!("the login of '{}': {text}", login.user));
        lanes.push(lane.map_err(failed)?);
        // Those who are logged in already are not to be taken for gone, nor to take the venue so.
        let now_ns = platform.monotonic_ns();
        if now_ns.saturating_sub(kept_ns) >= KEEP_EVERY_NS {
            kept_ns = now_ns;
            let kept = lanes.iter_mut().try_for_each(|lane| {
                lane.receive(now_ns, &mut before)?;
                lane.look_at_time(now_ns)
            });
            kept.map_err(CommandError::Failed)?;
        }
    }
    if lanes.len() > 1 {
        note(&format!("{} connections are logged in", lanes.len()));
    }
    Ok(lanes)
}

/// Logs in, and asks for the next number.
fn log_in<P: Platform>(
    platform: P,
    target: &Target,
    login: &Login,
) -> Result<(SoupClient<P>, u32), String> {
    let client = SoupClient::connect(platform, target, login, LOGIN_PATIENCE);
    let mut client = client.map_err(|lost| lost.to_string())?;
    // An account query is its type alone.
    client.send(b"Q").map_err(|lost| lost.to_string())?;
    let until_ns = platform.monotonic_ns().saturating_add(nanos(LOGIN_PATIENCE));
    let mut next = None;
    while next.is_none() {
        let received = client.receive(Duration::from_millis(20), |incoming| {
            if let Incoming::Message(_, bytes) = incoming {
                next = next.or_else(|| next_number(bytes));
            }
        });
        received.map_err(|lost| lost.to_string())?;
        if next.is_none() && platform.monotonic_ns() >= until_ns {
            return Err("the venue did not say the next user reference number; name a user that \
                        may enter orders"
                .to_owned());
        }
    }
    Ok((client, next.unwrap_or(1)))
}
