//! The venue behind the sockets: what comes out of the engine is published, and kept where
//! connections find it.

use crate::checkpoints::{Checkpoints, OnCheckpoint};
use crate::entry::{Market, Submission};
use crate::port::Sizes;
use crate::seen::Show;
use crate::transcript::Transcript;
use hashbrown::HashMap;
use highwater::book::Indicative;
use highwater::command::Action;
use highwater::event::{CommandEnd, Event, EventSink};
use highwater::record::{Body, Record};
use highwater::types::{InstrumentId, Lots, OrderId, SessionId};
use highwater_host::{Behind, TrunkSink};
use highwater_protocols::Alpha;
use highwater_publisher::files::{Appended, FilesError, Publication, StreamFile, Targets};
use highwater_publisher::{Auctions, DayState, Feed, Instrument, Stream};
use std::collections::BTreeMap;
use std::io;
use std::mem::take;

/// What was published, and what is on its way to the engine.
pub(crate) struct Venue {
    pub(crate) publication: Publication,
    pub(crate) transcripts: Transcripts,
    by_symbol: HashMap<Alpha<8>, InstrumentId>,
    on_the_way: HashMap<OrderId, OnTheWay>,
    /// The orders that the present command is about.
    about: [Option<OrderId>; 2],
    checkpoints: Checkpoints,
    /// When the present command was taken, and those since the last flush.
    taken_ns: u64,
    answered: Vec<u64>,
    /// What others may see.
    pub(crate) show: Show,
    /// Why nothing can be published any more.
    pub(crate) fault: Option<FilesError>,
}

/// What a session asks for of an order about which commands are on their way.
#[derive(Clone, Copy, Debug)]
struct OnTheWay {
    instrument: InstrumentId,
    total: Lots,
    commands: u32,
}

impl Venue {
    /// The venue of a publication that has caught up with the log.
    pub(crate) fn new(
        publication: Publication,
        targets: &Targets,
        on_checkpoint: OnCheckpoint,
    ) -> io::Result<Self> {
        let publisher = &publication.publisher;
        let day = publisher.day() + u32::from(publisher.is_between_days());
        let transcripts = Transcripts::open(targets, day, &publication.files_of_day())?;
        let mut venue = Self {
            publication,
            transcripts,
            by_symbol: HashMap::new(),
            on_the_way: HashMap::new(),
            about: [None; 2],
            checkpoints: Checkpoints::new(on_checkpoint),
            taken_ns: 0,
            answered: Vec::new(),
            show: Show::default(),
            fault: None,
        };
        venue.learn();
        Ok(venue)
    }

    /// Learns of instruments that are new.
    fn learn(&mut self) {
        let known = self.by_symbol.len();
        for (id, instrument) in (0..).zip(self.publication.publisher.instruments()).skip(known) {
            self.by_symbol.insert(instrument.name, InstrumentId(id));
        }
    }

    /// A command was handed in.
    pub(crate) fn submitted(&mut self, submission: &Submission) {
        for order in orders_of(&submission.action).into_iter().flatten() {
            let known = self.asked_for(order);
            let (instrument, total) = match submission.sizes {
                Sizes::One(id, instrument, total) if id == order => (instrument, total),
                Sizes::Renamed { new_order, instrument, total, .. } if new_order == order => {
                    (instrument, total)
                }
                Sizes::None | Sizes::One(..) | Sizes::Renamed { .. } => match known {
                    Some(known) => known,
                    None => continue,
                },
            };
            let commands = self.on_the_way.get(&order).map_or(0, |it| it.commands) + 1;
            self.on_the_way.insert(order, OnTheWay { instrument, total, commands });
        }
    }

    /// A command about this order has arrived.
    fn arrived(&mut self, order: OrderId) {
        if let Some(on_the_way) = self.on_the_way.get_mut(&order) {
            on_the_way.commands -= 1;
            if on_the_way.commands == 0 {
                self.on_the_way.remove(&order);
            }
        }
    }

    /// Puts what was published where connections find it. `now_ns` is by the wall clock, like the
    /// times of commands.
    pub(crate) fn flush(&mut self, now_ns: u64) {
        if self.fault.is_none() {
            let flushed = self.publication.flush(&mut self.transcripts);
            let settled = flushed.and_then(|()| self.checkpoints.settle(&mut self.publication));
            self.fault = settled.err();
        }
        for taken_ns in self.answered.drain(..) {
            self.show.answered(taken_ns, now_ns);
        }
    }

    /// The publication, behind the checkpoint that is written now.
    pub(crate) fn into_publication(mut self) -> Result<Publication, FilesError> {
        self.checkpoints.wait(&mut self.publication)?;
        Ok(self.publication)
    }

    fn publish(&mut self, behind: Behind<'_>) -> Result<(), FilesError> {
        let Self { publication, transcripts, checkpoints, .. } = self;
        let state = publication.take(&AuctionsBehind(behind), transcripts)?;
        if state == DayState::Ended {
            transcripts.next_day();
        }
        if let Some(running_hash) = behind.running_hash
            && publication.is_checkpoint_due()
            && !checkpoints.is_busy()
        {
            let pending = publication.begin_checkpoint(running_hash, transcripts)?;
            checkpoints.write(pending, publication)?;
        }
        Ok(())
    }
}

impl TrunkSink for Venue {
    fn record(&mut self, record: &Record) {
        self.publication.publisher.begin(record);
        self.taken_ns = record.timestamp_ns;
        self.answered.push(record.timestamp_ns);
        self.about = match &record.body {
            Body::Command(command) => orders_of(&command.action),
            Body::RunningHash(_) | Body::Trade(_) => [None; 2],
        };
    }

    fn event(&mut self, event: &Event) {
        self.publication.publisher.event(event);
        self.show.event(event, self.taken_ns);
    }

    fn end(&mut self, _end: CommandEnd, behind: Behind<'_>) {
        if self.fault.is_none() {
            self.fault = self.publish(behind).err();
        }
        for order in take(&mut self.about).into_iter().flatten() {
            self.arrived(order);
        }
        if self.by_symbol.len() < self.publication.publisher.instruments().len() {
            self.learn();
        }
    }
}

impl Market for Venue {
    fn find(&self, symbol: Alpha<8>) -> Option<(InstrumentId, Instrument)> {
        let id = *self.by_symbol.get(&symbol)?;
        Some((id, self.instrument(id)?))
    }

    fn instrument(&self, id: InstrumentId) -> Option<Instrument> {
        let index = usize::try_from(id.0).ok()?;
        self.publication.publisher.instruments().get(index).copied()
    }

    fn asked_for(&self, order: OrderId) -> Option<(InstrumentId, Lots)> {
        match self.on_the_way.get(&order) {
            Some(OnTheWay { instrument, total, .. }) => Some((*instrument, *total)),
            None => self.publication.publisher.open_order(order),
        }
    }
}

/// The orders that a command names.
const fn orders_of(action: &Action) -> [Option<OrderId>; 2] {
    match action {
        Action::New(new) => [Some(new.order), None],
        Action::Cancel { order, .. } | Action::Reduce { order, .. } => [Some(*order), None],
        Action::Replace(replace) => [Some(replace.order), Some(replace.new_order)],
        Action::MassCancel(_)
        | Action::Note(_)
        | Action::DefineInstrument(_)
        | Action::SetBand { .. }
        | Action::Control { .. }
        | Action::Clock { .. }
        | Action::EndOfDay
        | Action::LimitSession { .. }
        | Action::BindFlow(_)
        | Action::Configure(_) => [None; 2],
    }
}

struct AuctionsBehind<'t>(Behind<'t>);

impl Auctions for AuctionsBehind<'_> {
    fn indicative(&self, instrument: InstrumentId) -> Option<Indicative> {
        self.0.indicative(instrument)
    }
}

/// The transcripts of the day that goes on, and of the one before.
#[derive(Debug)]
pub(crate) struct Transcripts {
    targets: Targets,
    today: DayTranscripts,
    yesterday: Option<DayTranscripts>,
    /// Sessions that were told something since somebody asked.
    touched: Vec<SessionId>,
    is_feed_touched: bool,
    /// Bytes that were published since the start.
    pub(crate) feed_bytes: u64,
    pub(crate) answer_bytes: u64,
}

/// The transcripts of a day.
#[derive(Debug)]
struct DayTranscripts {
    day: u32,
    feed: Transcript,
    sessions: BTreeMap<SessionId, Transcript>,
}

/// Which stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum StreamOf {
    /// The feed.
    Feed,
    /// The answers to a session.
    Session(SessionId),
}

impl Transcripts {
    fn open(targets: &Targets, day: u32, files: &[StreamFile]) -> io::Result<Self> {
        let mut today = DayTranscripts::new(targets, day);
        for StreamFile { session, path, bytes } in files {
            let transcript = Transcript::scan(path.clone(), *bytes)?;
            match session {
                None => today.feed = transcript,
                Some(session) => {
                    today.sessions.insert(*session, transcript);
                }
            }
        }
        let targets = targets.clone();
        Ok(Self {
            targets,
            today,
            yesterday: None,
            touched: Vec::new(),
            is_feed_touched: false,
            feed_bytes: 0,
            answer_bytes: 0,
        })
    }

    /// The number of the day.
    pub(crate) const fn day(&self) -> u32 {
        self.today.day
    }

    /// The transcript of a stream on a day that is kept: this one, or the one before.
    pub(crate) fn transcript(&mut self, day: u32, stream: StreamOf) -> Option<&Transcript> {
        let Self { targets, today, yesterday, .. } = self;
        let transcripts = if day == today.day {
            today
        } else {
            yesterday.as_mut().filter(|transcripts| transcripts.day == day)?
        };
        Some(match stream {
            StreamOf::Feed => &transcripts.feed,
            StreamOf::Session(session) => transcripts.of_session(targets, session),
        })
    }

    /// The streams that were appended to since this was asked last.
    pub(crate) fn take_touched(&mut self) -> impl Iterator<Item = StreamOf> + use<> {
        let feed = take(&mut self.is_feed_touched).then_some(StreamOf::Feed);
        let mut sessions = take(&mut self.touched);
        sessions.sort_unstable();
        sessions.dedup();
        feed.into_iter().chain(sessions.into_iter().map(StreamOf::Session))
    }

    fn next_day(&mut self) {
        let day = self.today.day + 1;
        let ended = std::mem::replace(&mut self.today, DayTranscripts::new(&self.targets, day));
        // Whoever reads it is to be told that nothing more comes.
        self.touched.extend(ended.sessions.keys());
        self.is_feed_touched = true;
        self.yesterday = Some(ended);
    }
}

impl DayTranscripts {
    fn new(targets: &Targets, day: u32) -> Self {
        let feed = targets.path_of(day, None).expect("there is a feed");
        Self { day, feed: Transcript::new(feed), sessions: BTreeMap::new() }
    }

    fn of_session(&mut self, targets: &Targets, session: SessionId) -> &mut Transcript {
        let day = self.day;
        self.sessions.entry(session).or_insert_with(|| {
            let path = targets.path_of(day, Some(session));
            Transcript::new(path.expect("a gateway publishes answers"))
        })
    }
}

impl Appended for Transcripts {
    fn feed(&mut self, feed: &Feed, end: u64) {
        self.is_feed_touched = true;
        self.feed_bytes += bytes_of(feed.bytes());
        self.today.feed.append(feed.bytes(), feed.count(), end);
    }

    fn answers(&mut self, session: SessionId, stream: &Stream, end: u64) {
        self.touched.push(session);
        self.answer_bytes += bytes_of(stream.bytes());
        let transcript = self.today.of_session(&self.targets, session);
        transcript.append(stream.bytes(), stream.count(), end);
    }
}

fn bytes_of(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).expect("a length has 64 bits")
}
