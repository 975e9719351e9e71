//! A link to a venue on a thread of its own: it reads one stream, sends, and logs in again at its
//! last number when the connection is lost.
//!
//! What was sent stays here until an answer shows that it arrived. Behind a new login it is sent
//! again: a venue passes over a number that it has taken, and what has no number asks for a state
//! that is there already.

pub(super) use super::commands::Request;
use super::commands::query;
use crate::soup_client::{Incoming, Login, Lost, SoupClient, Target, lossy, nanos};
use highwater_platform::Platform;
use highwater_platform::signals::StopFlag;
use highwater_protocols::Alpha;
use highwater_protocols::ouch::{Inbound, MESSAGE_BYTES_MAX, Outbound};
use highwater_protocols::soup::RejectCode;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError};
use std::time::Duration;

/// How long a look at the socket takes when nothing comes; what is to be sent waits as long.
const LOOK: Duration = Duration::from_millis(5);

/// How long a login has that follows at once.
const LOGIN_PATIENCE: Duration = Duration::from_secs(10);

/// How long between two attempts to connect again.
const ATTEMPT_EVERY: Duration = Duration::from_millis(100);

/// Bytes that wait to be sent before further requests are taken.
const WAITING_BYTES_MAX: usize = 64 << 10;

/// Which stream a link reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    /// Answers to orders.
    Ouch,
    /// The feed.
    Itch,
}

impl Stream {
    /// Its name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Ouch => "ouch",
            Self::Itch => "itch",
        }
    }
}

/// What a client is told, by its links and by its input.
#[derive(Debug)]
pub(super) enum Told {
    /// A message, with its number.
    Message(Stream, u64, Vec<u8>),
    /// Something for people to read.
    Note(String),
    /// A stream goes on with the next session, whose numbers begin anew; text for people.
    NextSession(Stream, String),
    /// A link has given up; a sentence that says why.
    Failed(String),
    /// A line of the input.
    Line(String),
    /// The input has ended; with a fault, where there was one.
    InputEnded(Option<std::io::Error>),
}

/// How a link is made.
#[derive(Debug)]
pub(super) struct LinkSettings<P> {
    pub(super) platform: P,
    pub(super) stream: Stream,
    pub(super) target: Target,
    pub(super) login: Login,
    /// How long a lost connection may take to come back.
    pub(super) patience: Duration,
    pub(super) stop: StopFlag,
}

/// A link.
pub(super) struct Link<P: Platform> {
    settings: LinkSettings<P>,
    client: SoupClient<P>,
    /// The number of the first message that may answer a request.
    fresh: u64,
    requests: Receiver<Request>,
    told: SyncSender<Told>,
    /// Requests that were made and are not sent.
    waiting: Arc<AtomicUsize>,
    /// Sent, and not known to have arrived.
    unproven: VecDeque<Request>,
    /// Whether the session has ended.
    has_ended: bool,
}

/// Why a link goes no further.
enum End {
    /// Nobody wants it any more.
    Unwanted,
    /// A sentence that says what is wrong.
    Failed(String),
}

impl<P: Platform> Link<P> {
    /// Logs in.
    ///
    /// # Errors
    /// There is no connection, or the login was refused.
    pub(super) fn open(
        settings: LinkSettings<P>,
        requests: Receiver<Request>,
        told: SyncSender<Told>,
        waiting: Arc<AtomicUsize>,
    ) -> Result<Self, Lost> {
        let LinkSettings { platform, target, login, .. } = &settings;
        let connect = |login: &Login| SoupClient::connect(*platform, target, login, LOGIN_PATIENCE);
        // A login from the past does not say where the present begins; one without a past does.
        let mut fresh = 0;
        if settings.stream == Stream::Ouch && login.number > 0 {
            let present = connect(&Login { number: 0, ..*login })?;
            fresh = present.next();
            present.log_out();
        }
        let client = connect(login)?;
        let unproven = VecDeque::new();
        Ok(Self { settings, client, fresh, requests, told, waiting, unproven, has_ended: false })
    }

    /// Messages from this number on are not of the past.
    pub(super) const fn fresh(&self) -> u64 {
        self.fresh
    }

    /// The number of the next message.
    pub(super) const fn next(&self) -> u64 {
        self.client.next()
    }

    /// The session.
    pub(super) const fn session(&self) -> Alpha<10> {
        self.client.session()
    }

    /// Reads and sends until nobody wants it any more, and then logs out.
    pub(super) fn run(mut self) {
        let end = loop {
            if let Err(end) = self.turn() {
                break end;
            }
        };
        match end {
            End::Unwanted => self.client.log_out(),
            End::Failed(sentence) => drop(self.told.send(Told::Failed(sentence))),
        }
    }

    fn turn(&mut self) -> Result<(), End> {
        match self.exchange() {
            Err(Broken::End(end)) => Err(end),
            Ok(()) | Err(Broken::Lost(_)) if self.has_ended => self.next_session(),
            Ok(()) => Ok(()),
            Err(Broken::Lost(lost)) => self.recover(&lost),
        }
    }

    /// Sends what is asked for, and receives.
    fn exchange(&mut self) -> Result<(), Broken> {
        while self.client.waiting_bytes() < WAITING_BYTES_MAX {
            match self.requests.try_recv() {
                Ok(request) => {
                    self.waiting.fetch_sub(1, Ordering::AcqRel);
                    self.unproven.push_back(request);
                    self.client.send(bytes_of(&request.message).as_slice())?;
                }
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return Err(Broken::End(End::Unwanted)),
            }
        }
        let Self { client, settings, told, unproven, has_ended, .. } = self;
        let stream = settings.stream;
        let mut is_wanted = true;
        let received = client.receive(LOOK, |incoming| {
            let tell = match incoming {
                Incoming::Message(number, bytes) => {
                    if stream == Stream::Ouch {
                        take_proven(unproven, bytes);
                    }
                    Told::Message(stream, number, bytes.to_vec())
                }
                Incoming::Text(text) => {
                    Told::Note(format!("{}: the venue says: {}", stream.name(), lossy(text)))
                }
                Incoming::Ended => {
                    *has_ended = true;
                    let sentence = "the session has ended; going on with the next, from number 1";
                    Told::NextSession(stream, format!("{}: {sentence}", stream.name()))
                }
            };
            is_wanted &= told.send(tell).is_ok();
        });
        if !is_wanted {
            return Err(Broken::End(End::Unwanted));
        }
        Ok(received?)
    }

    /// The next session begins with its first message.
    fn next_session(&mut self) -> Result<(), End> {
        self.has_ended = false;
        self.settings.login.session = Alpha::BLANK;
        self.log_in_again(1)
    }

    /// Comes back to the same session behind the last message.
    fn recover(&mut self, lost: &Lost) -> Result<(), End> {
        let (stream, next) = (self.settings.stream.name(), self.client.next());
        match lost {
            Lost::ClosedBecause(_) | Lost::Broken(_) | Lost::Tls(_) | Lost::Unnamed(_) => {
                // It would do so again; another login of this user would be thrown out.
                return Err(End::Failed(format!("{stream}: {lost}")));
            }
            Lost::Unreachable(..)
            | Lost::Refused(_)
            | Lost::Closed
            | Lost::Silent
            | Lost::Io(_) => {}
        }
        self.tell(Told::Note(format!("{stream}: {lost}; logging in again at number {next}")))?;
        self.settings.login.session = self.client.session();
        self.log_in_again(next)?;
        self.tell(Told::Note(format!("{stream}: logged in again at number {}", self.client.next())))
    }

    fn log_in_again(&mut self, number: u64) -> Result<(), End> {
        self.settings.login.number = number;
        let platform = self.settings.platform;
        let until_ns = platform.monotonic_ns().saturating_add(nanos(self.settings.patience));
        loop {
            let Self { settings: LinkSettings { target, login, patience, stream, .. }, .. } = self;
            let lost = match SoupClient::connect(platform, target, login, *patience) {
                Ok(client) => {
                    self.client = client;
                    self.send_again();
                    return Ok(());
                }
                Err(lost) => lost,
            };
            if matches!(lost, Lost::Refused(Some(RejectCode::SessionNotAvailable))) {
                let sentence = "the session has ended meanwhile, and its last messages were missed";
                let note = format!("{}: {sentence}; going on with the next", stream.name());
                let told = Told::NextSession(*stream, note);
                (login.session, login.number) = (Alpha::BLANK, 1);
                self.tell(told)?;
                continue;
            }
            if !lost.may_pass() || platform.monotonic_ns() >= until_ns {
                return Err(End::Failed(format!("{}: gave up: {lost}", stream.name())));
            }
            if self.settings.stop.is_raised() {
                return Err(End::Unwanted);
            }
            platform.sleep(ATTEMPT_EVERY);
        }
    }

    /// Sends what may not have arrived.
    fn send_again(&mut self) {
        for request in &self.unproven {
            // A connection that is lost again is noticed by who receives.
            drop(self.client.send(bytes_of(&request.message).as_slice()));
        }
    }

    fn tell(&self, told: Told) -> Result<(), End> {
        self.told.send(told).map_err(|_| End::Unwanted)
    }
}

/// Why a turn was not whole.
enum Broken {
    Lost(Lost),
    End(End),
}

impl From<Lost> for Broken {
    fn from(lost: Lost) -> Self {
        Self::Lost(lost)
    }
}

/// The bytes of a message.
fn bytes_of(message: &Inbound) -> Vec<u8> {
    let mut bytes = vec![0; MESSAGE_BYTES_MAX];
    let length = message.emit(&mut bytes).expect("there is room for a message");
    bytes.truncate(length);
    bytes
}

/// Takes away what an answer shows to have arrived: its own request, and all that were sent before.
fn take_proven(unproven: &mut VecDeque<Request>, answer: &[u8]) {
    let is_proven: &dyn Fn(&Request) -> bool = match Outbound::parse(answer) {
        Ok(Outbound::OrderAccepted(it)) => &of_number(it.user_ref_num),
        Ok(Outbound::OrderReplaced(it)) => &of_number(it.user_ref_num),
        Ok(Outbound::Rejected(it)) => &of_number(it.user_ref_num),
        Ok(Outbound::MassCancelResponse(it)) => &of_number(it.user_ref_num),
        Ok(Outbound::DisableOrderEntryResponse(it)) => &of_number(it.user_ref_num),
        Ok(Outbound::EnableOrderEntryResponse(it)) => &of_number(it.user_ref_num),
        Ok(Outbound::AccountQueryResponse(_)) => &|request: &Request| request.message == query(),
        Ok(
            Outbound::SystemEvent(_)
            | Outbound::Canceled(_)
            | Outbound::AiqCanceled(_)
            | Outbound::OrderExecuted(_)
            | Outbound::BrokenTrade(_)
            | Outbound::TradeCorrection(_)
            | Outbound::CancelPending(_)
            | Outbound::CancelReject(_)
            | Outbound::PriorityUpdate(_)
            | Outbound::OrderModified(_)
            | Outbound::OrderRestated(_),
        )
        | Err(_) => return,
    };
    if let Some(at) = unproven.iter().position(is_proven) {
        unproven.drain(..=at);
    }
}

fn of_number(number: u32) -> impl Fn(&Request) -> bool {
    move |request| request.number == Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::commands::{Line, parse};
    use highwater_protocols::Message;
    use highwater_protocols::Time64;
    use highwater_protocols::ouch::{AccountQueryResponse, RejectReason, Rejected};

    fn request(line: &str) -> Request {
        match parse(line, 0) {
            Ok(Line::Send(request)) => request,
            other => panic!("{line}: {other:?}"),
        }
    }

    fn bytes(message: &impl Message) -> Vec<u8> {
        let mut bytes = vec![0; message.length()];
        message.emit(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn an_answer_proves_its_request_and_those_before() {
        let lines = ["buy A 1 1 id=5", "cancel 5", "buy A 1 1 id=6", "query", "cancel 6", "query"];
        let mut unproven: VecDeque<Request> = lines.map(request).into();
        let rejected = |user_ref_num| {
            bytes(&Rejected {
                timestamp: Time64(0),
                user_ref_num,
                reason: RejectReason::Other.into(),
                cl_ord_id: Alpha::BLANK,
                appendage: None,
            })
        };
        take_proven(&mut unproven, &rejected(9));
        assert_eq!(unproven.len(), 6, "another's number proves nothing");
        take_proven(&mut unproven, &rejected(6));
        assert_eq!(unproven.front(), Some(&request("query")), "the cancel of 5 has arrived, too");
        let timestamp = Time64(0);
        let answer = AccountQueryResponse { timestamp, next_user_ref_num: 7, appendage: None };
        take_proven(&mut unproven, &bytes(&answer));
        assert_eq!(unproven, [request("cancel 6"), request("query")]);
    }
}
