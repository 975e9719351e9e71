//! `highwater serve`: a venue that programs connect to.

mod demo;
mod desk;
mod incarnation;
mod life;
mod maker;
mod market;
#[cfg(feature = "monitor")]
mod messages;
#[cfg(not(feature = "monitor"))]
#[path = "serve/no_messages.rs"]
mod messages;
mod operations;
#[cfg(feature = "monitor")]
mod page;
#[cfg(not(feature = "monitor"))]
#[path = "serve/no_page.rs"]
mod page;
mod schedule;
mod venue_file;

use crate::admin::request::Request;
use crate::catch_up::{CatchUp, CaughtUp, register};
use crate::inspect::CacheArgs;
use crate::settings::Settings;
use desk::Desk;
use highwater::types::{Sequence, SessionId};
use highwater_console::paths::Paths;
use highwater_console::{CommandError, Console, note};
use highwater_engine::config::Config;
use highwater_gateway::{Gateway, Limits, Listening, MulticastTo, OnCheckpoint, Plaintext, User};
use highwater_host::{Host, HostConfig, OrderIds, TrunkWish};
use highwater_platform::Platform;
use highwater_platform::signals::StopFlag;
use highwater_publisher::files::{FilesError, Targets, Until};
use highwater_storage::history_cache::CACHE_BYTES_DEFAULT;
use highwater_tls::Acceptor;
use incarnation::Incarnation;
use life::Life;
use market::{Instrument, Market};
pub use messages::MessageArgs;
use messages::Messages;
#[cfg(feature = "monitor")]
pub use messages::{LogFormat, LogLevel};
use operations::Operations;
use schedule::Schedule;
use serde::Serialize;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::thread::park_timeout;
use std::time::Duration;

/// How often the schedule and the demo's maker are looked after.
const TICK: Duration = Duration::from_millis(50);

/// Days of which the streams are kept when nobody says otherwise.
const KEEP_DAYS_DEFAULT: u32 = 2;

/// Files that a process may have open where nobody has changed that.
const OPEN_FILES_AS_A_RULE: u64 = 1_024;

/// Files that are open besides connections and the streams that they read and that are written.
const OTHER_FILES: u64 = 128;

/// Users that are listed for people, at most.
const USERS_SHOWN_MAX: usize = 16;

/// Run a venue: clients enter orders by OUCH and read the market by ITCH.
///
/// Without --config it is a demonstration on this machine alone: four instruments, of which all but
/// the first have a maker, and four users with one password. Every answer is on stable storage
/// before it is sent; after a crash a client logs in with its last number and reads on. SIGTERM or
/// Ctrl-C closes the connections and stops cleanly; the next run goes on.
///
/// docs/gateway.md says how to connect, trade and recover.
#[derive(Clone, Debug, clap::Args)]
pub struct ServeArgs {
    /// The venue as a TOML file: instruments, users, listeners, schedule; docs/gateway.md lists its
    /// keys [default: the demonstration]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The data directory; its folder 'streams' has what was sent [default: highwater-venue]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Where orders are entered; with port 0 the system chooses one [default: 127.0.0.1:7001]
    #[arg(long, value_name = "ADDR")]
    pub ouch: Option<SocketAddr>,
    /// Where the feed is read [default: 127.0.0.1:7002]
    #[arg(long, value_name = "ADDR")]
    pub itch: Option<SocketAddr>,
    /// Where snapshots of the books are read [default: 127.0.0.1:7003]
    #[arg(long, value_name = "ADDR")]
    pub glimpse: Option<SocketAddr>,
    /// Where packets of the feed go, a group or one receiver; with port 0 one that is free
    /// [default: 239.255.70.1:7004, on loopback]
    #[arg(long, value_name = "ADDR")]
    pub moldudp64: Option<SocketAddr>,
    /// Where packets that were lost are asked for [default: 127.0.0.1:7005]
    #[arg(long, value_name = "ADDR")]
    pub requests: Option<SocketAddr>,
    /// Where a page to look at the venue is served, and its metrics at /metrics
    /// [default: 127.0.0.1:7006 of the demonstration]
    #[arg(long, value_name = "ADDR")]
    pub page: Option<SocketAddr>,
    /// Commands between two checkpoints of the streams: at most twice as many are published anew
    /// after a crash
    #[arg(long, value_name = "N", default_value_t = 1_000_000,
        value_parser = clap::value_parser!(u64).range(1..))]
    pub checkpoint_every: u64,
    /// What is written to standard error while it serves.
    #[command(flatten)]
    pub messages: MessageArgs,
    /// Print what listens where as one line of JSON instead of text
    #[arg(long)]
    pub json: bool,
}

/// What a venue is made of, from its file or the demonstration's.
#[derive(Clone, Debug)]
struct Venue {
    engine: Config,
    instruments: Vec<Instrument>,
    users: Vec<User>,
    /// The one password of a demonstration's users.
    password: Option<String>,
    ouch: Option<SocketAddr>,
    itch: Option<SocketAddr>,
    glimpse: Option<SocketAddr>,
    moldudp64: Option<SocketAddr>,
    /// An address of the interface that packets leave by.
    packets_from: IpAddr,
    requests: Option<SocketAddr>,
    page: PageAt,
    tls: Option<Acceptor>,
    plaintext: Plaintext,
    limits: Limits,
    schedule: Schedule,
    keep_days: u32,
    has_maker: bool,
}

/// Where a page is served.
#[derive(Clone, Debug, Default)]
struct PageAt {
    address: Option<SocketAddr>,
    /// What a browser on another machine must know; made up where nobody chose one.
    token: Option<String>,
    chosen_by: ChosenBy,
}

/// Who chose an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum ChosenBy {
    /// Somebody named it.
    #[default]
    User,
    /// It is the demonstration's.
    Default,
}

/// What is served, for programs. The JSON names are the field names.
#[derive(Clone, Debug, Serialize)]
struct Served {
    /// Where orders are entered.
    ouch: Option<String>,
    /// Where the feed is read.
    itch: Option<String>,
    /// Where snapshots are read.
    glimpse: Option<String>,
    /// Where packets of the feed go.
    moldudp64: Option<String>,
    /// Where lost ones are asked for.
    requests: Option<String>,
    /// Where the page is.
    page: Option<String>,
    /// Who may log in; passwords of a demonstration only.
    users: Vec<ServedUser>,
    /// The symbols.
    instruments: Vec<String>,
}

/// A user, for programs.
#[derive(Clone, Debug, Serialize)]
struct ServedUser {
    /// The name.
    user: String,
    /// The password, where it is no secret.
    password: Option<String>,
}

/// Serves until `stop` is raised, or the engine has to stop.
///
/// # Errors
/// It did not start, or stopped by itself: a sentence that says what to do.
pub fn serve<P: Platform>(
    platform: P,
    args: &ServeArgs,
    console: Console,
    stop: &StopFlag,
) -> Result<(), CommandError> {
    let mut venue = match &args.config {
        Some(path) => venue_file::read(path).map_err(CommandError::WrongUsage)?,
        None => demo::venue(),
    };
    venue.engine.data = args.data.clone().unwrap_or(venue.engine.data);
    venue.ouch = args.ouch.or(venue.ouch);
    venue.itch = args.itch.or(venue.itch);
    venue.glimpse = args.glimpse.or(venue.glimpse);
    venue.moldudp64 = args.moldudp64.or(venue.moldudp64);
    venue.requests = args.requests.or(venue.requests);
    if args.page.is_some() {
        venue.page = PageAt { address: args.page, chosen_by: ChosenBy::User, ..venue.page };
    }
    page::prepare(&mut venue)?;
    let data = venue.engine.data.clone();
    Paths::default().data("--data", &data).check()?;
    let open_files = platform.raise_open_files().unwrap_or(OPEN_FILES_AS_A_RULE);
    venue.limits.connections = connections_for(open_files);
    let mut config = HostConfig::new(venue.engine.clone());
    (config.trunk, config.order_ids, config.slots) = (TrunkWish::Wanted, OrderIds::Composed, 8);
    let host = Host::start(platform, &config).map_err(CommandError::failed)?;
    host.warnings().iter().for_each(|line| note(line));
    let running = Running { platform, host, data, console };
    running.serve(&mut venue, args, stop)
}

/// An engine that runs.
struct Running<P: Platform> {
    platform: P,
    host: Host<P>,
    data: PathBuf,
    console: Console,
}

impl<P: Platform> Running<P> {
    fn serve(
        self,
        venue: &mut Venue,
        args: &ServeArgs,
        stop: &StopFlag,
    ) -> Result<(), CommandError> {
        let trunk = self.host.trunk().map_err(CommandError::failed)?;
        let targets = targets_in(&self.data, venue, args.checkpoint_every)?;
        let CaughtUp { publication, log, _lock, .. } = self.catch_up(&targets, stop)?;
        if stop.is_raised() {
            return self.stopped();
        }
        if venue.password.is_some() {
            demo::name_users(venue, log);
        }
        let folder = streams_in(&self.data);
        let incarnation = Incarnation::begin(&folder, log, venue.engine.sync)?;
        let settings = settings_of(venue, &incarnation);
        let started = Gateway::start(
            self.platform,
            trunk,
            (publication, &targets),
            settings,
            self.on_checkpoint(&targets),
        );
        let gateway = started.map_err(CommandError::failed)?;
        let worked = self.work(venue, &gateway, args, stop);
        gateway.close();
        let Self { platform, host, data, .. } = self;
        let ended = host.stop().map_err(|fault| {
            CommandError::failed(format!(
                "the engine stopped: {fault}; everything acknowledged is in the log: correct the \
                 cause and start again"
            ))
        });
        let mut publication = gateway.join().map_err(CommandError::failed)?;
        let end = ended?;
        let needed = publication
            .checkpoint(end.book.running_hash(), &mut ())
            .and_then(|needed| register(platform, &data, &targets.itch, needed));
        needed.map_err(CommandError::failed)?;
        incarnation.end()?;
        worked
    }

    /// Makes the streams of what the log held when it was recovered.
    fn catch_up(
        &self,
        targets: &Targets,
        stop: &StopFlag,
    ) -> Result<CaughtUp<P::Lock>, CommandError> {
        let until = Until { last: self.host.recovered(), stop: stop.as_atomic() };
        let cache = CacheArgs { cache_bytes: CACHE_BYTES_DEFAULT };
        CatchUp { platform: self.platform, data: &self.data, targets, cache, until }.run()
    }

    fn on_checkpoint(&self, targets: &Targets) -> OnCheckpoint {
        let (platform, data, itch) = (self.platform, self.data.clone(), targets.itch.clone());
        Box::new(move |needed: Sequence| -> Result<(), FilesError> {
            register(platform, &data, &itch, needed)
        })
    }

    /// Defines the instruments, says what is served, and keeps the schedule until the end.
    fn work(
        &self,
        venue: &Venue,
        gateway: &Gateway,
        args: &ServeArgs,
        stop: &StopFlag,
    ) -> Result<(), CommandError> {
        let operator = self.host.session(SessionId::OPERATOR).map_err(CommandError::failed)?;
        let mut market = Market::open(operator, &venue.instruments, venue.schedule.auctions())?;
        let maker = venue.has_maker.then(|| maker::Maker::start(&self.host, market.ids()));
        let mut maker = maker.transpose()?;
        let mut desk = Desk::open(&self.data)?;
        let page =
            page::serve_page(self.platform, (&self.host, gateway), (venue, &self.data), &desk)?;
        let url = page.as_ref().map(|page| page.url.clone());
        self.report(venue, (&gateway.listening(), url), args)?;
        let mut messages = Messages::begin(args.messages);
        messages.serves(&self.data);
        let mut life = Life::begin(self.platform);
        let mut schedule = venue.schedule.clone();
        schedule.begin(self.platform.wall_clock_ns());
        let mut is_asked_to_stop = false;
        while !(stop.is_raised() || is_asked_to_stop || gateway.is_finished())
            && self.host.end().is_none()
        {
            let now_ns = self.platform.wall_clock_ns();
            for step in schedule.due(now_ns) {
                messages.step(&step);
                market.step(&step)?;
            }
            market.tick(now_ns)?;
            let mut operations = Operations { host: &self.host, gateway, market: &mut market };
            desk.serve(self.platform, |request| {
                is_asked_to_stop |= *request == Request::Stop;
                messages.asked(request);
                operations.work(request)
            });
            if let Some(maker) = &mut maker {
                maker.tick();
            }
            self.host.take_notices().iter().for_each(|notice| messages.notice(notice));
            messages.clients(&gateway.take_notices(), self.platform.monotonic_ns());
            life.tick(&self.host, gateway);
            park_timeout(TICK);
        }
        messages.clients(&gateway.take_notices(), self.platform.monotonic_ns());
        messages.stops();
        life.end();
        Ok(())
    }

    fn report(
        &self,
        venue: &Venue,
        (listening, page): (&Listening, Option<String>),
        args: &ServeArgs,
    ) -> Result<(), CommandError> {
        let text = |address: Option<SocketAddr>| address.map(|it| it.to_string());
        let user = |user: &User| ServedUser {
            user: String::from_utf8_lossy(user.name.text()).into_owned(),
            password: venue.password.clone(),
        };
        let served = Served {
            ouch: text(listening.ouch),
            itch: text(listening.itch),
            glimpse: text(listening.glimpse),
            moldudp64: text(listening.multicast),
            requests: text(listening.requests),
            page,
            users: venue.users.iter().map(user).collect(),
            instruments: venue.instruments.iter().map(|it| it.symbol.to_string()).collect(),
        };
        if args.json {
            return self.console.print_json(&served);
        }
        self.console.print(&served.text(&self.data))
    }

    /// A signal came before anybody was served.
    fn stopped(self) -> Result<(), CommandError> {
        match self.host.stop() {
            Ok(_) => Ok(()),
            Err(fault) => Err(CommandError::failed(fault)),
        }
    }
}

impl Served {
    fn text(&self, data: &Path) -> String {
        let or_none =
            |address: &Option<String>| address.clone().unwrap_or_else(|| "none".to_owned());
        let shown = self.users.iter().take(USERS_SHOWN_MAX).map(|it| it.user.as_str());
        let users = shown.collect::<Vec<_>>().join(" ");
        let more = match self.users.len().saturating_sub(USERS_SHOWN_MAX) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let password = self.users.first().and_then(|user| user.password.as_deref());
        let password = password.map_or(String::new(), |it| format!(", password {it}"));
        format!(
            "orders (OUCH 5.0 over SoupBinTCP)  {}\nmarket data (ITCH 5.0 over SoupBinTCP)  {}\n\
             snapshots (GLIMPSE 5.0 over SoupBinTCP)  {}\npackets (ITCH 5.0 in MoldUDP64)  {}, \
             requests  {}\npage  {}\ninstruments  {}\nusers  {}{more}{password}\ndata in '{}'; Ctrl-C stops, and the next run \
             goes on\n",
            or_none(&self.ouch),
            or_none(&self.itch),
            or_none(&self.glimpse),
            or_none(&self.moldudp64),
            or_none(&self.requests),
            or_none(&self.page),
            self.instruments.join(" "),
            users,
            data.display(),
        )
    }
}

/// How many connections there may be with so many open files: each has a socket, and at worst a
/// stream that it reads and one that is written for it.
fn connections_for(open_files: u64) -> usize {
    let room = open_files.saturating_sub(OTHER_FILES) / 3;
    usize::try_from(room).unwrap_or(usize::MAX).clamp(16, Limits::DEFAULT.connections)
}

/// The folder of the streams.
fn streams_in(data: &Path) -> PathBuf {
    data.join("streams")
}

/// Where the streams of a venue are.
fn targets_in(data: &Path, venue: &Venue, checkpoint_every: u64) -> Result<Targets, CommandError> {
    let folder = streams_in(data);
    std::fs::create_dir_all(&folder)
        .map_err(|error| CommandError::failed(FilesError::Io(folder.clone(), error)))?;
    Ok(Targets {
        itch: folder.join("feed.itch"),
        ouch: Some(folder.join("answers")),
        keep_days: venue.keep_days,
        checkpoint_every,
        open_files_max: venue.limits.connections,
    })
}

fn settings_of(venue: &Venue, incarnation: &Incarnation) -> highwater_gateway::Settings {
    highwater_gateway::Settings {
        ouch: venue.ouch,
        itch: venue.itch,
        glimpse: venue.glimpse,
        multicast: venue.moldudp64.map(|to| MulticastTo { to, from: venue.packets_from }),
        requests: venue.requests,
        tls: venue.tls.clone(),
        plaintext: venue.plaintext,
        users: venue.users.clone(),
        limits: venue.limits,
        session_prefix: incarnation.prefix(),
    }
}

/// The configuration of an engine in the default directory.
fn engine_of(settings: &Settings) -> Result<Config, String> {
    let mut config = settings.config().map_err(|error| error.to_string())?;
    if settings.data.is_none() {
        config.data = PathBuf::from("highwater-venue");
    }
    Ok(config)
}
