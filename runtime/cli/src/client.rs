//! `highwater client`: a terminal client of a venue, which scripts can drive.

pub(crate) mod commands;
mod input;
mod itch_fields;
mod link;
mod ouch_fields;
mod session;
mod shown;

use crate::soup_client::{Login, PasswordArgs, Target, short};
use crate::tls_args::TlsArgs;
use crate::units::TimeSpan;
use highwater_console::{CommandError, Console, note};
use highwater_platform::Platform;
use highwater_platform::signals::StopFlag;
use highwater_protocols::Alpha;
use link::{Link, LinkSettings, Stream, Told};
use session::Session;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::mpsc::{Sender, SyncSender, channel, sync_channel};
use std::thread::{Builder, JoinHandle};

/// What may be told before who tells waits.
const TOLD_MAX: usize = 4_096;

/// Trade at a venue from a terminal or a script, and print what it says.
///
/// Standard input has a command a line: 'help' lists them. Each message that comes is a line on
/// standard output, with its number: 'ouch' before answers to your orders, 'itch' before the feed.
/// All else goes to standard error. With --itch and without --ouch it prints the feed until Ctrl-C
/// and reads no input.
///
/// A user reference number that you do not choose is the next that the venue takes. Behind the last
/// line, or 'quit', it asks for that number once more, which is answered behind everything before
/// it, stays for --wait, and logs out. A lost connection is made again at the number behind the
/// last message, and what may not have arrived is sent again: a venue takes each number once.
///
/// Exit codes: 0 done, or ended by Ctrl-C, SIGTERM or a closed pipe; 1 no connection,
/// refused, or lost for good; 2 wrong usage, or a line that was not understood in input that is not
/// a terminal (the lines behind it are done).
#[derive(Clone, Debug, clap::Args)]
pub struct ClientArgs {
    /// Where orders are entered (OUCH 5.0 over SoupBinTCP), like 127.0.0.1:7001
    #[arg(long, value_name = "ADDR", required_unless_present = "itch")]
    pub ouch: Option<String>,
    /// Where the feed is read (ITCH 5.0 over SoupBinTCP), like 127.0.0.1:7002
    #[arg(long, value_name = "ADDR")]
    pub itch: Option<String>,
    /// The user, at most 6 characters; case counts
    #[arg(long, value_name = "NAME")]
    pub user: String,
    /// Its password.
    #[command(flatten)]
    pub password: PasswordArgs,
    /// TLS.
    #[command(flatten)]
    pub tls: TlsArgs,
    /// The first message to print, of each stream: 1 for all of the day, 0 for those still to come
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub from: u64,
    /// The session to read, as an earlier login was told [default: the current one]
    #[arg(long, value_name = "NAME")]
    pub session: Option<String>,
    /// How long to stay for messages when the input has ended
    #[arg(long, value_name = "TIME", default_value = "1s")]
    pub wait: TimeSpan,
    /// How long a lost connection, or an answer at the end, may take before the client gives up
    #[arg(long, value_name = "TIME", default_value = "30s")]
    pub patience: TimeSpan,
    /// Print messages as JSON, an object a line; prices are text
    #[arg(long)]
    pub json: bool,
}

/// Connects, and trades until the input has ended or `stop` is raised.
///
/// # Errors
/// Wrong usage; no connection, or one that was lost for good; a line that was not understood; the
/// output cannot be written.
pub fn client<P: Platform>(
    platform: P,
    args: &ClientArgs,
    console: Console,
    stop: &StopFlag,
) -> Result<(), CommandError> {
    let login = login_of(args).map_err(CommandError::WrongUsage)?;
    let tls = args.tls.read().map_err(CommandError::WrongUsage)?;
    let (tell, told) = sync_channel(TOLD_MAX);
    let waiting = Arc::new(AtomicUsize::new(0));
    let mut links = Links { tell, waiting, fresh: 0, requests: Vec::new(), threads: Vec::new() };
    for (stream, address) in [(Stream::Ouch, &args.ouch), (Stream::Itch, &args.itch)] {
        let Some(address) = address.clone() else { continue };
        let (patience, stop) = (args.patience.0, stop.clone());
        let target = Target { address, tls: tls.clone() };
        links.open(LinkSettings { platform, stream, target, login, patience, stop })?;
    }
    let outcome = Session::new(platform, args, console, &links).run(&told, stop);
    // Links that wait to tell something see that nobody listens.
    drop(told);
    links.close();
    outcome
}

fn login_of(args: &ClientArgs) -> Result<Login, String> {
    let session = args.session.as_deref().map_or(Ok(Alpha::BLANK), |name| short("session", name));
    Ok(Login {
        user: short("user", &args.user)?,
        password: args.password.read()?,
        session: session?,
        number: args.from,
    })
}

/// The links of a client, each a thread.
struct Links {
    tell: SyncSender<Told>,
    /// Requests that were made and are not sent.
    waiting: Arc<AtomicUsize>,
    /// The number of the first message that may answer a request.
    fresh: u64,
    /// Where each is asked for something; it logs out when nobody can ask any more.
    requests: Vec<Sender<link::Request>>,
    threads: Vec<JoinHandle<()>>,
}

impl Links {
    /// Logs in, and begins to read.
    fn open<P: Platform>(&mut self, settings: LinkSettings<P>) -> Result<(), CommandError> {
        let (sender, requests) = channel();
        let stream = settings.stream.name();
        let (tell, waiting) = (self.tell.clone(), Arc::clone(&self.waiting));
        let opened = Link::open(settings, requests, tell, waiting);
        let link = opened.map_err(|lost| CommandError::failed(format!("{stream}: {lost}")))?;
        self.fresh = self.fresh.max(link.fresh());
        let (session, next) = (link.session(), link.next());
        note(&format!("{stream}: logged in to session {session} at number {next}"));
        let thread = Builder::new().name(format!("hw-{stream}")).spawn(move || link.run());
        self.threads.push(thread.map_err(CommandError::failed)?);
        self.requests.push(sender);
        Ok(())
    }

    /// Logs out.
    fn close(self) {
        drop(self.requests);
        for thread in self.threads {
            // A panic was told on standard error.
            drop(thread.join());
        }
    }
}
