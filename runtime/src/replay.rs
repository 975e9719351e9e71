//! Replaying a log from its beginning or a snapshot, in memory that is large enough for it, which
//! only the log itself can tell.

use crate::console::note;
use crate::log_directory::LogDirectory;
use crate::platform::Platform;
use crate::snapshots::{Beginning, Candidates};
use crate::start::{CAPACITIES_DEFAULT, FreshBook, StartError, larger};
use highwater::book::Book;
use highwater::event::{Event, EventSink};
use highwater::record::Record;
use highwater::recovery::{RecoveryFault, Replay, Start, Visitor};
use highwater::types::{SegmentNumber, Sequence};

/// A book after a replay, and what the replay found.
#[derive(Debug)]
pub struct Replayed<T> {
    /// The book and its memory.
    pub fresh: FreshBook,
    /// What the replay returned.
    pub found: T,
    /// The last sequence of the snapshot that the replay began at; 0 at the log's beginning.
    pub begun: Sequence,
}

/// Lets `replay` go on with the first of the candidates that is to be trusted, and again with more
/// memory when it turns out that the log needs more.
///
/// # Errors
/// The log is corrupt, or the system has no room for the book.
pub fn replay_from<P, C, R, T>(
    platform: P,
    directory: &mut LogDirectory<P>,
    candidates: C,
    mut replay: R,
) -> Result<Replayed<T>, StartError>
where
    P: Platform,
    C: Fn(&LogDirectory<P>) -> Result<Candidates, StartError>,
    R: FnMut(&mut LogDirectory<P>, &mut Book<'static>, Start) -> Result<T, RecoveryFault>,
{
    let mut room = CAPACITIES_DEFAULT;
    let mut tried = candidates(directory)?;
    while let Some(beginning) = tried.next(platform, directory, room)? {
        let Beginning { mut fresh, start, snapshot } = beginning;
        let begun = snapshot.map(|header| header.sequence()).unwrap_or_default();
        match replay(directory, &mut fresh.book, start) {
            Ok(found) => {
                tried.into_notes().iter().for_each(|line| note(&format!("note: {line}")));
                return Ok(Replayed { fresh, found, begun });
            }
            Err(RecoveryFault::NeedsCapacities(needed)) => {
                room = larger(room, needed);
                tried = candidates(directory)?;
            }
            Err(fault @ RecoveryFault::SnapshotOfOtherLog) => {
                tried.refuse(directory, begun, &fault.to_string());
            }
            Err(fault) => return Err(StartError::recovery(platform, directory.path(), fault)),
        }
    }
    let fault = RecoveryFault::MissingSegment(SegmentNumber::FIRST);
    Err(StartError::recovery(platform, directory.path(), fault))
}

/// Replays the records up to a sequence, and tells nobody of their events.
#[derive(Debug)]
pub struct ReplayUpTo<'b> {
    replay: Replay<'b, 'static, Nobody>,
    upto: Sequence,
    rest: Rest,
}

/// What becomes of the records behind the last that is replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// They are scanned, so that whatever is wrong with them is found.
    Scanned,
    /// The first of them ends the scan with [`RecoveryFault::Unwanted`].
    Left,
}

impl<'b> ReplayUpTo<'b> {
    /// Replays into `book` what has a sequence up to `upto`.
    pub fn new(
        (book, nobody): (&'b mut Book<'static>, &'b mut Nobody),
        upto: Sequence,
        rest: Rest,
    ) -> Self {
        Self { replay: Replay::new(book, nobody), upto, rest }
    }

    /// True when the record has a sequence up to the last that is wanted.
    pub fn wants(&self, record: &Record) -> bool {
        record.sequence <= self.upto
    }
}

impl Visitor for ReplayUpTo<'_> {
    fn record(&mut self, record: &Record) -> Result<(), RecoveryFault> {
        if self.wants(record) {
            return self.replay.record(record);
        }
        match self.rest {
            Rest::Scanned => Ok(()),
            Rest::Left => Err(RecoveryFault::Unwanted { sequence: record.sequence }),
        }
    }

    fn look_ahead(&mut self, waiting: &[Record]) {
        self.replay.look_ahead(waiting);
    }
}

/// Listens to no event.
#[derive(Debug)]
pub struct Nobody;

impl EventSink for Nobody {
    fn event(&mut self, _: &Event) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater::command::{Action, Command, Conditions, Definition, NewOrder};
    use highwater::record::Body;
    use highwater::trade::TradeCopy;
    use highwater::types::{
        AccountId, Capacities, ClientSequence, InstrumentId, Lots, OrderId, OrderType, SessionId,
        Side, Symbol, Ticks, TimeInForce,
    };

    const CAPACITIES: Capacities = Capacities { orders: 16, instruments: 2, sessions: 4 };

    fn record(sequence: u64, body: &Body) -> Record {
        Record { sequence: Sequence(sequence), timestamp_ns: 0, body: *body }
    }

    /// A definition, and two orders of which the second trades with the first.
    fn commands() -> [Record; 3] {
        let symbol = Symbol::new(b"AAA").expect("a symbol");
        let order = |id, side| {
            Action::New(NewOrder {
                instrument: InstrumentId(0),
                order: OrderId(id),
                account: AccountId(0),
                side,
                order_type: OrderType::Limit,
                time_in_force: TimeInForce::GoodTillCancel,
                price: Ticks(10),
                quantity: Lots(5),
                conditions: Conditions::NONE,
            })
        };
        let command = |sequence, session, number, action| {
            let client_sequence = ClientSequence(number);
            record(sequence, &Body::Command(Command { session, client_sequence, action }))
        };
        let define = Action::DefineInstrument(Definition::open(symbol));
        [
            command(1, SessionId::OPERATOR, 1, define),
            command(2, SessionId(1), 1, order(1, Side::Buy)),
            command(3, SessionId(1), 2, order(2, Side::Sell)),
        ]
    }

    /// What a replay says to these records.
    fn replayed(records: &[Record]) -> Result<(), RecoveryFault> {
        let memory = vec![0; Book::bytes_needed(CAPACITIES)].leak();
        let mut book = Book::new(memory, CAPACITIES, 1).expect("enough memory");
        let mut nobody = Nobody;
        let upto = Sequence(u64::MAX);
        let mut replay = ReplayUpTo::new((&mut book, &mut nobody), upto, Rest::Scanned);
        records.iter().try_for_each(|record| replay.record(record))
    }

    /// The only trade of the commands.
    fn copy() -> TradeCopy {
        let memory = vec![0; Book::bytes_needed(CAPACITIES)].leak();
        let mut book = Book::new(memory, CAPACITIES, 1).expect("enough memory");
        let mut copies = Vec::new();
        let mut sink = |event: &Event| copies.extend(TradeCopy::of(event));
        let mut replay = Replay::new(&mut book, &mut sink);
        commands().iter().try_for_each(|record| replay.record(record)).expect("they are sound");
        copies.pop().expect("they trade")
    }

    #[test]
    fn a_copy_of_a_trade_is_compared_wherever_a_log_is_replayed() {
        let mut records = commands().to_vec();
        records.push(record(3, &Body::Trade(copy())));
        assert_eq!(replayed(&records), Ok(()));
        let wrong = TradeCopy { quantity: Lots(4), ..copy() };
        records[3] = record(3, &Body::Trade(wrong));
        let differs = RecoveryFault::TradeDiffers { sequence: Sequence(3) };
        assert_eq!(replayed(&records), Err(differs));
    }
}
