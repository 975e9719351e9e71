//! The answers in files: one for each session and day.

use super::append_file::{AppendFile, Owner, is_unfinished, read_if_there, remove_if_there};
use super::appended::Appended;
use super::checkpoint::folder_of;
use super::error::FilesError;
use super::feed_files::first_kept;
use super::pending::Unsynced;
use super::publication::Targets;
use crate::answers::Answers;
use crate::image::{ImageFault, Reader, Writer};
use crate::publisher::DayState;
use highwater::checksum::{RunningChecksum, checksum};
use highwater::types::{LogId, SessionId};
use highwater_protocols::itch::file::Messages;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Bytes of answers that wait before they are written, together: with many sessions each write is
/// small, and opening its file is most of its cost.
const WAITING_BYTES_MAX: usize = 4 << 20;

const SUMMARY_HEADER: &str = "session,messages,bytes,crc32c\n";

/// What the file of a session holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Held {
    bytes: u64,
    checksum: RunningChecksum,
}

/// Where the answers stand in their files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SessionsPlace {
    /// The day whose files are written; 0 before the first.
    day: u32,
    /// Whether that day is over: then it has a summary.
    is_over: bool,
    sessions: BTreeMap<SessionId, Held>,
}

impl SessionsPlace {
    pub(super) fn put(&self, writer: &mut Writer) {
        writer.put(self.day);
        writer.put(u8::from(self.is_over));
        writer.put(u32::try_from(self.sessions.len()).expect("there are at most 65,536"));
        for (session, held) in &self.sessions {
            writer.put(session.0);
            writer.put(held.bytes);
            writer.put(held.checksum.get());
        }
    }

    pub(super) fn take(reader: &mut Reader<'_>) -> Result<Self, ImageFault> {
        let (day, is_over) = (reader.take()?, reader.take_flag()?);
        let count: u32 = reader.take()?;
        let held = |_| {
            let session = SessionId(reader.take()?);
            let bytes = reader.take()?;
            let checksum = RunningChecksum::behind(reader.take()?);
            Ok((session, Held { bytes, checksum }))
        };
        let sessions = (0..count).map(held).collect::<Result<_, _>>()?;
        Ok(Self { day, is_over, sessions })
    }
}

/// The files that the answers are written to.
#[derive(Debug)]
pub(super) struct SessionFiles {
    directory: PathBuf,
    log: LogId,
    owner: Owner,
    keep_days: u32,
    place: SessionsPlace,
    open: BTreeMap<SessionId, AppendFile>,
    /// Files that are open at a time.
    open_max: usize,
    /// Files that may hold what is not durable, by their days.
    unsynced: BTreeSet<(u32, Name)>,
}

/// A file of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Name {
    Session(SessionId),
    /// The list of the day's sessions.
    Summary,
}

impl SessionFiles {
    /// Goes on at a place.
    pub(super) fn open(
        directory: &Path,
        (log, owner): (LogId, Owner),
        targets: &Targets,
        place: SessionsPlace,
    ) -> Result<Self, FilesError> {
        let files = Self {
            directory: directory.to_owned(),
            log,
            owner,
            keep_days: targets.keep_days,
            place,
            open: BTreeMap::new(),
            open_max: targets.open_files_max.max(1),
            unsynced: BTreeSet::new(),
        };
        if owner == Owner::Ours {
            files.mark()?;
            files.cut()?;
        }
        Ok(files)
    }

    /// Says whose log the directory belongs to: without that, nothing in it is cut or removed. It
    /// is durable before there is anything else, so that it is known after a power cut, too.
    fn mark(&self) -> Result<(), FilesError> {
        let (path, mark) = (mark_path(&self.directory), mark_of(self.log));
        if read_if_there(&path)?.is_some_and(|found| found == mark.as_bytes()) {
            return Ok(());
        }
        let write = || {
            fs::create_dir_all(&self.directory)?;
            let mut file = File::create(&path)?;
            file.write_all(mark.as_bytes())?;
            file.sync_all()
        };
        write().map_err(|error| FilesError::Io(path.clone(), error))?;
        sync_folder(&self.directory)?;
        sync_folder(folder_of(&self.directory))
    }

    /// The log ends here: what was found must end here, too, and is ours then.
    pub(super) fn adopt(&mut self) -> Result<(), FilesError> {
        if self.owner == Owner::Unknown {
            self.check_end()?;
            self.mark()?;
            self.owner = Owner::Ours;
        }
        Ok(())
    }

    /// Whose the files are.
    pub(super) const fn owner(&self) -> Owner {
        self.owner
    }

    /// Cuts off what the files hold behind the place, and removes those of later days: all of it is
    /// made again.
    fn cut(&self) -> Result<(), FilesError> {
        let mut day = self.place.day;
        loop {
            let folder = day_folder(&self.directory, day);
            let Some(sessions) = sessions_in(&folder)? else {
                if day > self.place.day {
                    return Ok(());
                }
                day += 1;
                continue;
            };
            for session in sessions {
                let path = session_path(&folder, session);
                let known = self.place.sessions.get(&session).filter(|_| day == self.place.day);
                let Some(held) = known else {
                    remove_if_there(&path)?;
                    continue;
                };
                let cut = File::options().write(true).open(&path);
                let cut = cut.and_then(|file| file.set_len(held.bytes));
                cut.map_err(|error| FilesError::Io(path, error))?;
            }
            if day > self.place.day || !self.place.is_over {
                remove_if_there(&summary_path(&folder))?;
            }
            day += 1;
        }
    }

    /// Writes what waits when it is much, or the day ends.
    #[inline]
    pub(super) fn take(
        &mut self,
        answers: &mut Answers,
        (day, state): (u32, DayState),
        appended: &mut impl Appended,
    ) -> Result<(), FilesError> {
        if answers.waiting_bytes() >= WAITING_BYTES_MAX {
            self.flush(answers, day, appended)?;
        }
        if state == DayState::Ended {
            self.flush(answers, day, appended)?;
            self.end_day(answers)?;
        }
        Ok(())
    }

    /// Writes what waits.
    pub(super) fn flush(
        &mut self,
        answers: &mut Answers,
        day: u32,
        appended: &mut impl Appended,
    ) -> Result<(), FilesError> {
        if !answers.has_waiting() {
            return Ok(());
        }
        if self.place.day != day {
            self.start_day(day)?;
        }
        answers.take(|session, stream| {
            let end = self.append(session, stream.bytes())?;
            appended.answers(session, stream, end);
            Ok(())
        })
    }

    fn start_day(&mut self, day: u32) -> Result<(), FilesError> {
        self.place = SessionsPlace { day, ..SessionsPlace::default() };
        self.close()?;
        let folder = day_folder(&self.directory, day);
        fs::create_dir_all(&folder).map_err(|error| FilesError::Io(folder, error))?;
        match day.checked_sub(self.keep_days) {
            None | Some(0) => Ok(()),
            Some(old) => {
                let folder = day_folder(&self.directory, old);
                self.unsynced.retain(|(day, _)| *day != old);
                remove_day(&folder)
            }
        }
    }

    /// Says where the session's file ends then.
    fn append(&mut self, session: SessionId, bytes: &[u8]) -> Result<u64, FilesError> {
        if self.open.len() >= self.open_max && !self.open.contains_key(&session) {
            self.close()?;
        }
        let held = self.place.sessions.entry(session).or_default();
        let day = self.place.day;
        let file = match self.open.entry(session) {
            Entry::Occupied(file) => file.into_mut(),
            Entry::Vacant(place) => {
                let path = path_of(&self.directory, day, session);
                place.insert(AppendFile::open(path, held.bytes, self.owner)?)
            }
        };
        file.append(bytes)?;
        held.bytes = file.position();
        held.checksum.update(bytes);
        let end = held.bytes;
        self.unsynced.insert((day, Name::Session(session)));
        Ok(end)
    }

    fn close(&mut self) -> Result<(), FilesError> {
        self.open.values_mut().try_for_each(AppendFile::settle)?;
        self.open.clear();
        Ok(())
    }

    /// Lists the sessions of a day that is over.
    fn end_day(&mut self, answers: &Answers) -> Result<(), FilesError> {
        let SessionsPlace { day, sessions, .. } = &self.place;
        if sessions.is_empty() {
            return Ok(());
        }
        let lines = sessions.iter().map(|(session, held)| {
            let messages = answers.count_of(*session);
            summary_line(*session, messages, (held.bytes, held.checksum.get()))
        });
        let text = SUMMARY_HEADER.to_owned() + &lines.collect::<String>();
        let day = *day;
        let path = summary_path(&day_folder(&self.directory, day));
        let mut file = AppendFile::open(path, 0, self.owner)?;
        file.append(text.as_bytes())?;
        file.check_end()?;
        self.check_end()?;
        self.unsynced.insert((day, Name::Summary));
        self.place.is_over = true;
        Ok(())
    }

    fn check_end_of(&self, session: SessionId, held: Held) -> Result<(), FilesError> {
        let path = session_path(&day_folder(&self.directory, self.place.day), session);
        let found = fs::metadata(&path).map(|it| it.len());
        match found.map_err(|error| FilesError::Io(path.clone(), error))? {
            bytes if bytes > held.bytes => Err(FilesError::Differs { path, position: held.bytes }),
            _ => Ok(()),
        }
    }

    /// The files must hold no more than the streams.
    fn check_end(&self) -> Result<(), FilesError> {
        let SessionsPlace { day, sessions, .. } = &self.place;
        let folder = day_folder(&self.directory, *day);
        for session in sessions_in(&folder)?.unwrap_or_default() {
            if !sessions.contains_key(&session) {
                return Err(FilesError::Differs {
                    path: session_path(&folder, session),
                    position: 0,
                });
            }
        }
        sessions.iter().try_for_each(|(id, held)| self.check_end_of(*id, *held))
    }

    /// The files of a day that goes on, and how many bytes of each are written.
    pub(super) fn files_of_day(&self, day: u32) -> Vec<(SessionId, PathBuf, u64)> {
        if self.place.day != day {
            // Nobody was told anything yet.
            return Vec::new();
        }
        let sessions = self.place.sessions.iter();
        sessions.map(|(id, held)| (*id, path_of(&self.directory, day, *id), held.bytes)).collect()
    }

    /// Where it stands.
    pub(super) const fn place(&self) -> &SessionsPlace {
        &self.place
    }

    /// Hands over what makes everything that was written durable.
    pub(super) fn sync_later(&mut self, unsynced: &mut Unsynced) {
        self.open.values_mut().for_each(|file| file.hand_over(unsynced));
        unsynced.folder(&self.directory);
        for (day, name) in std::mem::take(&mut self.unsynced) {
            let folder = day_folder(&self.directory, day);
            unsynced.closed(match name {
                Name::Session(session) => session_path(&folder, session),
                Name::Summary => summary_path(&folder),
            });
        }
    }
}

/// Makes the names in a folder durable; one that is missing has none.
pub(super) fn sync_folder(folder: &Path) -> Result<(), FilesError> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    match synced {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        synced => synced.map_err(|error| FilesError::Io(folder.to_owned(), error)),
    }
}

fn day_folder(directory: &Path, day: u32) -> PathBuf {
    directory.join(format!("day-{day}"))
}

fn session_path(folder: &Path, session: SessionId) -> PathBuf {
    folder.join(format!("session-{}.ouch", session.0))
}

/// The file of a session on a day.
pub(super) fn path_of(directory: &Path, day: u32, session: SessionId) -> PathBuf {
    session_path(&day_folder(directory, day), session)
}

fn summary_path(folder: &Path) -> PathBuf {
    folder.join("sessions.csv")
}

/// The sessions that have a file in a folder; `None` when there is no folder.
fn sessions_in(folder: &Path) -> Result<Option<Vec<SessionId>>, FilesError> {
    let failed = |error| FilesError::Io(folder.to_owned(), error);
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        entries => entries.map_err(failed)?,
    };
    let mut sessions = Vec::new();
    for entry in entries {
        let name = entry.map_err(failed)?.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix("session-"));
        let number = number.and_then(|rest| rest.strip_suffix(".ouch"));
        sessions.extend(number.and_then(|number| number.parse().ok()).map(SessionId));
    }
    Ok(Some(sessions))
}

/// Whose the files of a directory are.
pub(super) fn owner_of(directory: &Path, log: LogId) -> Result<Owner, FilesError> {
    let path = mark_path(directory);
    match read_if_there(&path)? {
        Some(mark) if mark == mark_of(log).as_bytes() => Ok(Owner::Ours),
        Some(mark) if !is_unfinished(&mark, mark_of(log).as_bytes()) => {
            Err(FilesError::OtherLog(path))
        }
        Some(_) | None => Ok(if has_files(directory)? { Owner::Unknown } else { Owner::Ours }),
    }
}

fn mark_path(directory: &Path) -> PathBuf {
    directory.join("log")
}

fn mark_of(log: LogId) -> String {
    format!("highwater ouch 1\nlog {log}\n")
}

/// Whether there is a file of a session.
fn has_files(directory: &Path) -> Result<bool, FilesError> {
    let failed = |error| FilesError::Io(directory.to_owned(), error);
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        entries => entries.map_err(failed)?,
    };
    for entry in entries {
        let folder = entry.map_err(failed)?.path();
        if folder.is_dir() && sessions_in(&folder)?.is_some_and(|sessions| !sessions.is_empty()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Removes what was written of a day; a folder that holds anything else stays.
fn remove_day(folder: &Path) -> Result<(), FilesError> {
    let Some(sessions) = sessions_in(folder)? else { return Ok(()) };
    for session in sessions {
        remove_if_there(&session_path(folder, session))?;
    }
    remove_if_there(&summary_path(folder))?;
    match fs::remove_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::DirectoryNotEmpty => {
            Err(FilesError::Io(folder.to_owned(), error))
        }
        _ => Ok(()),
    }
}

/// Whether the files that are kept hold what the place and the summaries say.
pub(super) fn is_whole(
    directory: &Path,
    place: &SessionsPlace,
    (day, keep_days): (u32, u32),
) -> Result<bool, FilesError> {
    let going_on = if place.is_over { place.day + 1 } else { place.day };
    for earlier in first_kept(day, keep_days)..going_on {
        let folder = day_folder(directory, earlier);
        if !is_whole_day(&folder)? {
            return Ok(false);
        }
    }
    let folder = day_folder(directory, place.day);
    for (session, held) in &place.sessions {
        let Some(bytes) = read_if_there(&session_path(&folder, *session))? else {
            return Ok(false);
        };
        let bytes = usize::try_from(held.bytes).ok().and_then(|length| bytes.get(..length));
        if bytes.is_none_or(|bytes| checksum(&[bytes]) != held.checksum.get()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a day that is over has exactly the files of its summary. One without sessions has no
/// folder.
fn is_whole_day(folder: &Path) -> Result<bool, FilesError> {
    let Some(mut sessions) = sessions_in(folder)? else { return Ok(true) };
    sessions.sort_unstable();
    let mut lines = String::new();
    for session in sessions {
        let bytes = read_if_there(&session_path(folder, session))?.unwrap_or_default();
        let messages = Messages::new(&bytes).count();
        let held = (u64_of(bytes.len()), checksum(&[&bytes]));
        lines += &summary_line(session, u64_of(messages), held);
    }
    let summary = read_if_there(&summary_path(folder))?;
    Ok(summary.as_deref() == Some((SUMMARY_HEADER.to_owned() + &lines).as_bytes()))
}

fn summary_line(session: SessionId, messages: u64, (bytes, checksum): (u64, u32)) -> String {
    format!("{},{messages},{bytes},{checksum:08x}\n", session.0)
}

fn u64_of(count: usize) -> u64 {
    u64::try_from(count).expect("a count has 64 bits")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_a_failed_early_sync() -> SessionFiles {
        SessionFiles {
            directory: "target/there-is-no-such-directory".into(),
            log: LogId([0; 16]),
            owner: Owner::Ours,
            keep_days: 1,
            place: SessionsPlace::default(),
            open: BTreeMap::from([(SessionId(7), AppendFile::failing())]),
            open_max: 8,
            unsynced: BTreeSet::new(),
        }
    }

    /// The system tells of an error once: a sync of the file by its name would not fail.
    #[test]
    fn an_early_sync_that_failed_is_told_before_the_file_is_closed() {
        assert!(with_a_failed_early_sync().close().is_err());
    }
}
