//! A publication: a publisher, and the files that its streams go to.

use super::append_file::{Owner, read_if_there, remove_if_there};
use super::appended::Appended;
use super::checkpoint::{Checkpoint, checkpoints, paths};
use super::error::FilesError;
use super::feed_files::{
    FeedFiles, FeedPlace, day_path, has_days, is_whole, positions_path, remove_days_behind,
};
use super::pending::{PendingCheckpoint, Unsynced, WrittenCheckpoint};
use super::session_files::{self, SessionFiles, SessionsPlace};
use super::sidecar::{Found, Row, look};
use crate::answers::Answers;
use crate::publisher::{DayState, Publisher};
use highwater::types::{LogId, Sequence, SessionId};
use std::path::PathBuf;

/// Where the streams go.
#[derive(Clone, Debug)]
pub struct Targets {
    /// The ITCH file of the first day.
    pub itch: PathBuf,
    /// The directory of the answers; `None` where they are not wanted.
    pub ouch: Option<PathBuf>,
    /// How many days are kept, at least 1: the files of earlier ones are removed.
    pub keep_days: u32,
    /// Commands between two checkpoints, at least 1.
    pub checkpoint_every: u64,
    /// Files of answers that are open at a time, at least 1.
    pub open_files_max: usize,
}

impl Targets {
    /// Files of answers that are open at a time when nobody says otherwise.
    pub const OPEN_FILES_DEFAULT: usize = 128;

    /// Where the messages of a day are: those of a session, or of the feed; `None` where answers
    /// are not wanted.
    pub fn path_of(&self, day: u32, session: Option<SessionId>) -> Option<PathBuf> {
        match session {
            None => Some(day_path(&self.itch, day)),
            Some(session) => {
                let directory = self.ouch.as_ref()?;
                Some(session_files::path_of(directory, day, session))
            }
        }
    }
}

/// The log that is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// Which one.
    pub id: LogId,
    /// The first command that it, or its oldest snapshot, can be replayed to.
    pub first: Sequence,
}

/// What of earlier publications is gone on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The newest checkpoint whose files are whole.
    Checkpoints,
    /// Nothing: the log is no longer the one that was published.
    Nothing,
}

/// A publisher and its files.
#[derive(Debug)]
pub struct Publication {
    /// What makes the streams.
    pub publisher: Publisher,
    pub(super) files: Files,
    /// Where it goes on.
    begun: Begun,
}

/// Where a publication goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begun {
    /// The last command that was published; 0 at the beginning of the log.
    pub sequence: Sequence,
    /// The running hash of the book behind it.
    pub running_hash: u64,
    /// The time in its record.
    pub timestamp_ns: u64,
}

/// The files of a publication.
#[derive(Debug)]
pub(super) struct Files {
    targets: Targets,
    log: LogId,
    pub(super) feed: FeedFiles,
    pub(super) sessions: Option<SessionFiles>,
    /// The last command of the newest checkpoint and of the one before.
    checkpoints: Vec<Sequence>,
    /// Commands since the newest.
    since_checkpoint: u64,
}

impl Publication {
    /// Goes on with what the targets hold of this log's streams, from the newest checkpoint whose
    /// files are whole, or else from the log's beginning.
    ///
    /// # Errors
    /// The files belong to another log, the log lacks what they would need, or the system refuses
    /// something.
    pub fn open(targets: &Targets, log: Source, trust: Trust) -> Result<Self, FilesError> {
        let sidecar = positions_path(&targets.itch);
        let rows = match look(read_if_there(&sidecar)?.as_deref(), log.id) {
            Found::OtherLog => return Err(FilesError::OtherLog(sidecar)),
            Found::Other => return Err(FilesError::Differs { path: sidecar, position: 0 }),
            Found::Nothing => {
                let is_there = has_days(&targets.itch)?;
                let owner = if is_there { Owner::Unknown } else { Owner::Ours };
                return Self::at_beginning(targets, log, owner);
            }
            Found::Rows(rows) => rows,
        };
        let usable = match trust {
            Trust::Checkpoints => checkpoints(&targets.itch)?,
            Trust::Nothing => Vec::new(),
        };
        for checkpoint in usable {
            if let Some(publication) = Self::at_checkpoint(targets, &rows, &checkpoint, log)? {
                return Ok(publication);
            }
        }
        let publication = Self::at_beginning(targets, log, Owner::Ours)?;
        remove_days_behind(&targets.itch, 1, &rows)?;
        Ok(publication)
    }

    fn at_beginning(targets: &Targets, log: Source, owner: Owner) -> Result<Self, FilesError> {
        if log.first > Sequence(1) {
            return Err(FilesError::Retired { first: log.first });
        }
        if owner == Owner::Ours {
            for path in paths(&targets.itch) {
                remove_if_there(&path)?;
            }
        }
        let answers = targets.ouch.as_ref().map(|_| Answers::default());
        let places = (FeedPlace::BEGINNING, SessionsPlace::default());
        Ok(Self {
            publisher: Publisher::new(answers),
            files: Files::open(targets, (log.id, owner), places)?,
            begun: Begun { sequence: Sequence(0), running_hash: 0, timestamp_ns: 0 },
        })
    }

    /// `None` when the files are not what they were at the checkpoint.
    fn at_checkpoint(
        targets: &Targets,
        rows: &[Row],
        checkpoint: &Checkpoint,
        log: Source,
    ) -> Result<Option<Self>, FilesError> {
        let Ok(publisher) = checkpoint.publisher() else { return Ok(None) };
        if owner_of_answers(targets, log.id)? == Owner::Unknown {
            return Ok(None);
        }
        let Checkpoint { sequence, running_hash, timestamp_ns, feed, ref sessions, .. } =
            *checkpoint;
        if checkpoint.log != log.id
            || log.first > sequence
            || publisher.answers.is_some() != targets.ouch.is_some()
            || !is_whole(&targets.itch, rows, &feed, targets.keep_days)?
        {
            return Ok(None);
        }
        let days = (publisher.day(), targets.keep_days);
        if let Some(directory) = &targets.ouch
            && !session_files::is_whole(directory, sessions, days)?
        {
            return Ok(None);
        }
        let mut files = Files::open(targets, (log.id, Owner::Ours), (feed, sessions.clone()))?;
        files.checkpoints = vec![sequence];
        remove_days_behind(&targets.itch, publisher.day(), rows)?;
        Ok(Some(Self { publisher, files, begun: Begun { sequence, running_hash, timestamp_ns } }))
    }

    /// Where it goes on.
    pub const fn begun(&self) -> Begun {
        self.begun
    }

    /// The sequence up to which the log may be retired: that of the older checkpoint, 0 when there
    /// is none.
    pub fn needed(&self) -> Sequence {
        self.files.needed()
    }
}

impl Files {
    fn open(
        targets: &Targets,
        (log, owner): (LogId, Owner),
        (feed, sessions): (FeedPlace, SessionsPlace),
    ) -> Result<Self, FilesError> {
        let keep_days = targets.keep_days;
        let answers = (log, owner_of_answers(targets, log)?);
        let open_sessions =
            |directory: &PathBuf| SessionFiles::open(directory, answers, targets, sessions);
        Ok(Self {
            feed: FeedFiles::open(&targets.itch, (log, owner), keep_days, feed)?,
            sessions: targets.ouch.as_ref().map(open_sessions).transpose()?,
            targets: targets.clone(),
            log,
            checkpoints: Vec::new(),
            since_checkpoint: 0,
        })
    }

    /// See [`Publication::needed`].
    pub(super) fn needed(&self) -> Sequence {
        self.checkpoints.last().copied().unwrap_or_default()
    }

    /// Takes what a command left.
    #[inline]
    pub(super) fn take(
        &mut self,
        publisher: &mut Publisher,
        state: DayState,
        appended: &mut impl Appended,
    ) -> Result<(), FilesError> {
        let (day, sequence) = ((publisher.day(), state), publisher.sequence());
        self.feed.take(&mut publisher.feed, day, sequence, appended)?;
        if let (Some(files), Some(answers)) = (&mut self.sessions, &mut publisher.answers) {
            files.take(answers, day, appended)?;
        }
        if state == DayState::Ended {
            publisher.next_day();
        }
        self.since_checkpoint += 1;
        Ok(())
    }

    /// Whether the files are known to be this log's.
    pub(super) fn are_ours(&self) -> bool {
        let answers = self.sessions.as_ref().map_or(Owner::Ours, SessionFiles::owner);
        self.feed.owner() == Owner::Ours && answers == Owner::Ours
    }

    /// The last command of the newest checkpoint.
    pub(super) fn newest_checkpoint(&self) -> Option<Sequence> {
        self.checkpoints.first().copied()
    }

    /// Whether there is one to go on from.
    pub(super) const fn has_checkpoint(&self) -> bool {
        !self.checkpoints.is_empty()
    }

    /// Whether the next checkpoint is due.
    #[inline]
    pub(super) fn is_due(&self) -> bool {
        self.since_checkpoint >= self.targets.checkpoint_every && self.are_ours()
    }

    /// The log ends here: what was found in the files must end here, too, and is ours then.
    pub(super) fn end(&mut self, publisher: &mut Publisher) -> Result<(), FilesError> {
        self.flush(publisher, &mut ())?;
        self.sessions.iter_mut().try_for_each(SessionFiles::adopt)?;
        self.feed.adopt()
    }

    /// The files are not written any more: of those that are not ours nothing is left behind.
    pub(super) fn give_up(&self) {
        self.feed.give_up();
    }

    /// Writes what waits.
    pub(super) fn flush(
        &mut self,
        publisher: &mut Publisher,
        appended: &mut impl Appended,
    ) -> Result<(), FilesError> {
        let day = publisher.day();
        self.feed.flush(&mut publisher.feed, day, appended)?;
        if let (Some(files), Some(answers)) = (&mut self.sessions, &mut publisher.answers) {
            files.flush(answers, day, appended)?;
        }
        Ok(())
    }

    /// Makes everything that was written durable, and notes the state behind it: there the book's
    /// running hash is this one.
    pub(super) fn checkpoint(
        &mut self,
        publisher: &mut Publisher,
        running_hash: u64,
        appended: &mut impl Appended,
    ) -> Result<(), FilesError> {
        let written = self.begin_checkpoint(publisher, running_hash, appended)?.write()?;
        self.written(written);
        Ok(())
    }

    /// The same, but for what takes its time: that is left to the caller.
    pub(super) fn begin_checkpoint(
        &mut self,
        publisher: &mut Publisher,
        running_hash: u64,
        appended: &mut impl Appended,
    ) -> Result<PendingCheckpoint, FilesError> {
        self.since_checkpoint = 0;
        self.flush(publisher, appended)?;
        let mut unsynced = Unsynced::default();
        self.feed.sync_later(&mut unsynced)?;
        self.sessions.iter_mut().for_each(|files| files.sync_later(&mut unsynced));
        let sessions = self.sessions.as_ref().map(SessionFiles::place).cloned();
        let checkpoint = Checkpoint {
            log: self.log,
            sequence: publisher.sequence(),
            running_hash,
            timestamp_ns: publisher.timestamp_ns(),
            feed: self.feed.place(),
            sessions: sessions.unwrap_or_default(),
            image: publisher.image(),
        };
        Ok(PendingCheckpoint { unsynced, checkpoint, path: self.targets.itch.clone() })
    }

    /// A checkpoint was written.
    pub(super) fn written(&mut self, WrittenCheckpoint { sequence }: WrittenCheckpoint) {
        self.checkpoints.insert(0, sequence);
        self.checkpoints.truncate(2);
    }
}

fn owner_of_answers(targets: &Targets, log: LogId) -> Result<Owner, FilesError> {
    let directory = targets.ouch.as_deref();
    directory.map_or(Ok(Owner::Ours), |directory| session_files::owner_of(directory, log))
}
