//! What a gateway shows of itself while it serves: counts, trades, and who is logged in.
//!
//! Its thread keeps the numbers as its own and copies them to where others look, now and then: to
//! be looked at costs it no shared cache line in its work.

use highwater::event::{Event, EventKind, RejectReason};
use highwater::types::{InstrumentId, Price, Quantity, SessionId, Side};
use highwater_protocols::Alpha;
use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// What is shown is at most so old while there is work.
const SHOWN_EVERY_NS: u64 = 20_000_000;

/// The latest trades that are shown.
const TRADES_MAX: usize = 128;

/// The upper bounds of the classes of [`Answers::classes`], in nanoseconds; above the last one is
/// one more class.
pub const ANSWER_BOUNDS_NS: [u64; 16] = [
    50_000,
    100_000,
    200_000,
    400_000,
    600_000,
    800_000,
    1_000_000,
    1_500_000,
    2_000_000,
    4_000_000,
    8_000_000,
    16_000_000,
    50_000_000,
    200_000_000,
    1_000_000_000,
    5_000_000_000,
];

/// What is counted since the gateway's start.
#[derive(Clone, Copy, Debug, Default)]
pub struct GatewayCounts {
    /// Connections that were accepted.
    pub accepted: u64,
    /// Those that were closed without a word: too many, or from a blocked address.
    pub turned_away: u64,
    /// Logins that were let in.
    pub logins: u64,
    /// Logins that were refused.
    pub logins_refused: u64,
    /// Messages of order entry that came.
    pub messages: u64,
    /// Those that could not be read.
    pub unsound: u64,
    /// Commands that were handed to the engine.
    pub commands: u64,
    /// How often the engine had no room, so that a connection had to wait.
    pub waits: u64,
    /// Packets of the feed that were sent by MoldUDP64.
    pub packets: u64,
    /// Requests for lost messages that were answered.
    pub requests_answered: u64,
    /// Requests that were not: too many, wrong, or of messages that there are not.
    pub requests_dropped: u64,
    /// Bytes of the feed that were published.
    pub feed_bytes: u64,
    /// Bytes of answers that were published.
    pub answer_bytes: u64,
    /// Connections that there are.
    pub connections: u64,
    /// Connections that read old messages.
    pub replaying: u64,
    /// How long answers took.
    pub answers: Answers,
}

/// From when a command was taken from its connection to when its answer could be sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// How many took at most each of [`ANSWER_BOUNDS_NS`] and longer than the one before; the last
    /// one is of those that took longer than all.
    pub classes: [u64; ANSWER_BOUNDS_NS.len() + 1],
    /// How long they took together.
    pub total_ns: u64,
}

impl Answers {
    fn add(&mut self, ns: u64) {
        self.classes[ANSWER_BOUNDS_NS.partition_point(|bound| *bound < ns)] += 1;
        self.total_ns = self.total_ns.saturating_add(ns);
    }
}

/// How an instrument has traded since the gateway's start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traded {
    /// The first price.
    pub first: Option<Price>,
    /// The latest price.
    pub last: Option<Price>,
    /// The highest price.
    pub highest: Option<Price>,
    /// The lowest price.
    pub lowest: Option<Price>,
    /// How much was traded, in lots.
    pub volume_lots: u64,
    /// How often.
    pub count: u64,
}

/// A trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TradeSeen {
    /// Which it is of all since the gateway's start, from 1.
    pub number: u64,
    /// The command that it came of.
    pub sequence: u64,
    /// When the command was taken, in nanoseconds since the Unix epoch.
    pub timestamp_ns: u64,
    /// What was traded.
    pub instrument: InstrumentId,
    /// Its price.
    pub price: Price,
    /// How much.
    pub quantity: Quantity,
    /// The side of the incoming order; `None` in an auction.
    pub side: Option<Side>,
}

/// Somebody who is logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginSeen {
    /// The user.
    pub user: Alpha<6>,
    /// The session that it enters orders for.
    pub session: Option<SessionId>,
    /// `orders` or `feed`.
    pub service: &'static str,
    /// Where it comes from.
    pub address: IpAddr,
    /// The next message that it is sent, from 1.
    pub next: u64,
    /// Messages that it has not been sent yet.
    pub behind: u64,
    /// Whether what it sent waits until it has taken what it is told.
    pub is_held: bool,
}

/// What is shown of a gateway.
#[derive(Clone, Debug, Default)]
pub struct GatewaySeen {
    /// What is counted.
    pub counts: GatewayCounts,
    /// Commands that the engine rejected, by its reason.
    pub rejects: BTreeMap<RejectReason, u64>,
    /// By the number of the instrument, as far as any has traded.
    pub traded: Vec<Traded>,
    /// The latest trades, the oldest first.
    pub trades: VecDeque<TradeSeen>,
    /// Who is logged in; at most a second old.
    pub logins: Vec<LoginSeen>,
}

/// The gateway's own numbers, and when they were shown.
#[derive(Debug, Default)]
pub(crate) struct Show {
    pub(crate) seen: GatewaySeen,
    shown_ns: u64,
}

impl Show {
    /// An event of a command that was taken at `timestamp_ns`.
    pub(crate) fn event(&mut self, event: &Event, timestamp_ns: u64) {
        if let EventKind::Trade { price, quantity, side, .. } = event.kind {
            self.trade(event, timestamp_ns, (price, quantity, Some(side)));
        } else if let EventKind::AuctionTrade { price, quantity, .. } = event.kind {
            self.trade(event, timestamp_ns, (price, quantity, None));
        } else if let EventKind::Rejected { reason, .. } = event.kind {
            *self.seen.rejects.entry(reason).or_default() += 1;
        } else if let EventKind::DayEnded { .. } = event.kind {
            for traded in &mut self.seen.traded {
                *traded = Traded { last: traded.last, ..Traded::default() };
            }
        }
    }

    fn trade(
        &mut self,
        event: &Event,
        timestamp_ns: u64,
        (price, quantity, side): (Price, Quantity, Option<Side>),
    ) {
        let Ok(index) = usize::try_from(event.instrument.0) else { return };
        let GatewaySeen { traded, trades, .. } = &mut self.seen;
        if index >= traded.len() {
            traded.resize(index + 1, Traded::default());
        }
        traded[index].add(price, quantity);
        if trades.len() == TRADES_MAX {
            trades.pop_front();
        }
        let number = trades.back().map_or(1, |latest| latest.number + 1);
        let (sequence, instrument) = (event.sequence.0, event.instrument);
        trades.push_back(TradeSeen {
            number,
            sequence,
            timestamp_ns,
            instrument,
            price,
            quantity,
            side,
        });
    }

    /// Answers to commands that were taken at `timestamp_ns` can be sent now.
    pub(crate) fn answered(&mut self, timestamp_ns: u64, now_ns: u64) {
        self.seen.counts.answers.add(now_ns.saturating_sub(timestamp_ns));
    }

    /// Whether it is time to show the numbers again.
    pub(crate) fn is_due(&mut self, now_ns: u64) -> bool {
        let is_due = now_ns.saturating_sub(self.shown_ns) >= SHOWN_EVERY_NS;
        if is_due {
            self.shown_ns = now_ns;
        }
        is_due
    }
}

impl Traded {
    fn add(&mut self, price: Price, quantity: Quantity) {
        self.first = self.first.or(Some(price));
        self.last = Some(price);
        self.highest = self.highest.max(Some(price));
        self.lowest = Some(self.lowest.map_or(price, |lowest| lowest.min(price)));
        self.volume_lots = self.volume_lots.saturating_add(quantity.lots());
        self.count += 1;
    }
}

/// Where others look at what is shown.
#[derive(Debug, Default)]
pub(crate) struct Window(Mutex<GatewaySeen>);

impl Window {
    /// Shows it, unless somebody is looking right now.
    pub(crate) fn show(&self, seen: &GatewaySeen) {
        if let Ok(mut shown) = self.0.try_lock() {
            shown.clone_from(seen);
        }
    }

    pub(crate) fn look(&self) -> GatewaySeen {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
