//! The ITCH files of a log, one a day, and their sidecar.

use super::append_file::{AppendFile, Owner, length_of, read_if_there, remove_if_there};
use super::appended::Appended;
use super::checkpoint::folder_of;
use super::error::FilesError;
use super::pending::Unsynced;
use super::session_files::sync_folder;
use super::sidecar::{self, PIECE_BYTES, Row};
use crate::feed::Feed;
use crate::image::{ImageFault, Reader, Writer};
use crate::publisher::DayState;
use highwater::checksum::RunningChecksum;
use highwater::types::{LogId, Sequence};
use highwater_protocols::itch::file::write_end;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Where the feed stands in its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FeedPlace {
    /// The day whose file is written; 0 before the first.
    day: u32,
    /// Bytes of that file.
    position: u64,
    /// Rows of the sidecar.
    rows: u64,
    /// Bytes of the piece that has not ended.
    piece_bytes: u64,
    piece: RunningChecksum,
}

impl FeedPlace {
    /// At the beginning of a log.
    pub(super) const BEGINNING: Self =
        Self { day: 0, position: 0, rows: 0, piece_bytes: 0, piece: RunningChecksum::new() };

    pub(super) fn put(self, writer: &mut Writer) {
        writer.put(self.day);
        writer.put(self.position);
        writer.put(self.rows);
        writer.put(self.piece_bytes);
        writer.put(self.piece.get());
    }

    pub(super) fn take(reader: &mut Reader<'_>) -> Result<Self, ImageFault> {
        Ok(Self {
            day: reader.take()?,
            position: reader.take()?,
            rows: reader.take()?,
            piece_bytes: reader.take()?,
            piece: RunningChecksum::behind(reader.take()?),
        })
    }
}

/// The files that a feed is written to.
#[derive(Debug)]
pub(super) struct FeedFiles {
    path: PathBuf,
    owner: Owner,
    /// How many days are kept.
    keep_days: u32,
    place: FeedPlace,
    sidecar: AppendFile,
    /// The day's file.
    file: Option<AppendFile>,
}

impl FeedFiles {
    /// Goes on at a place.
    pub(super) fn open(
        path: &Path,
        (log, owner): (LogId, Owner),
        keep_days: u32,
        place: FeedPlace,
    ) -> Result<Self, FilesError> {
        let row_bytes = length_of(&[0; sidecar::ROW_BYTES]);
        let header = sidecar::header(log);
        // Until it is known whose the files are, no sidecar says that they are ours.
        let sidecar = match owner {
            Owner::Ours => positions_path(path),
            Owner::Unknown => new_positions_path(path),
        };
        let is_begun = read_if_there(&sidecar)?.is_some_and(|found| found.starts_with(&header));
        let behind = if is_begun { length_of(&header) + place.rows * row_bytes } else { 0 };
        let mut sidecar = AppendFile::open(sidecar, behind, Owner::Ours)?;
        if !is_begun {
            // Durable before there is anything else, so that it is known after a power cut, too.
            sidecar.append(&header)?;
            sidecar.sync()?;
            sync_folder(folder_of(path))?;
        }
        let mut files =
            Self { path: path.to_owned(), owner, keep_days, place, sidecar, file: None };
        if place.day > 0 {
            files.file = Some(AppendFile::open(day_path(path, place.day), place.position, owner)?);
        }
        Ok(files)
    }

    /// Writes what waits in the feed when it ends a piece, or the day, behind the command with
    /// `sequence`.
    #[inline]
    pub(super) fn take(
        &mut self,
        feed: &mut Feed,
        (day, state): (u32, DayState),
        sequence: Sequence,
        appended: &mut impl Appended,
    ) -> Result<(), FilesError> {
        let piece = self.place.piece_bytes + length_of(feed.bytes());
        let is_long = piece >= PIECE_BYTES;
        if !is_long && state == DayState::GoesOn {
            return Ok(());
        }
        self.flush(feed, day, appended)?;
        if state == DayState::Ended {
            let mut end = [0; 2];
            write_end(&mut end).expect("there is room for the end");
            self.append(&end)?;
        }
        self.end_piece(feed.count(), sequence)?;
        if state == DayState::Ended {
            // The next checkpoint does not come back to it.
            if let Some(mut file) = self.file.take() {
                file.check_end()?;
                file.sync()?;
            }
        }
        Ok(())
    }

    /// Writes what waits in the feed.
    pub(super) fn flush(
        &mut self,
        feed: &mut Feed,
        day: u32,
        appended: &mut impl Appended,
    ) -> Result<(), FilesError> {
        if feed.bytes().is_empty() {
            return Ok(());
        }
        // A checkpoint at the end of a day goes on with its file, which is complete.
        if self.file.is_none() || self.place.day != day {
            self.start_day(day)?;
        }
        self.append(feed.bytes())?;
        appended.feed(feed, self.place.position);
        feed.clear();
        Ok(())
    }

    fn start_day(&mut self, day: u32) -> Result<(), FilesError> {
        (self.place.day, self.place.position) = (day, 0);
        self.file = Some(AppendFile::open(day_path(&self.path, day), 0, self.owner)?);
        match day.checked_sub(self.keep_days) {
            None | Some(0) => Ok(()),
            Some(old) => remove_if_there(&day_path(&self.path, old)),
        }
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), FilesError> {
        let file = self.file.as_mut().expect("the day has begun");
        file.append(bytes)?;
        self.place.position = file.position();
        self.place.piece_bytes += length_of(bytes);
        self.place.piece.update(bytes);
        Ok(())
    }

    fn end_piece(&mut self, count: u64, sequence: Sequence) -> Result<(), FilesError> {
        let FeedPlace { day, position, piece, .. } = self.place;
        let row = Row { day, checksum: piece.get(), end: position, count, sequence };
        self.sidecar.append(&row.to_bytes())?;
        self.place.rows += 1;
        self.place.piece_bytes = 0;
        self.place.piece = RunningChecksum::new();
        Ok(())
    }

    /// Whose the files are.
    pub(super) const fn owner(&self) -> Owner {
        self.owner
    }

    /// The file of the day that goes on, and how many of its bytes are written.
    pub(super) fn file_of_day(&self) -> Option<(PathBuf, u64)> {
        self.file.as_ref().map(|file| (day_path(&self.path, self.place.day), file.position()))
    }

    /// Where it stands.
    pub(super) const fn place(&self) -> FeedPlace {
        self.place
    }

    /// Hands over what makes everything that was written durable.
    pub(super) fn sync_later(&mut self, unsynced: &mut Unsynced) -> Result<(), FilesError> {
        self.file.iter_mut().try_for_each(|file| file.sync_later(unsynced))?;
        self.sidecar.sync_later(unsynced)
    }

    /// Removes what was to become the sidecar.
    pub(super) fn give_up(&self) {
        if self.owner == Owner::Ours {
            return;
        }
        // Another publication writes over it.
        drop(remove_if_there(&new_positions_path(&self.path)));
    }

    /// The log ends here: what was found must end here, too, and is ours then.
    pub(super) fn adopt(&mut self) -> Result<(), FilesError> {
        if self.owner == Owner::Ours {
            return Ok(());
        }
        self.file.iter().try_for_each(AppendFile::check_end)?;
        self.owner = Owner::Ours;
        self.sidecar.sync()?;
        let path = positions_path(&self.path);
        let renamed = fs::rename(new_positions_path(&self.path), &path);
        renamed.map_err(|error| FilesError::Io(path, error))?;
        sync_folder(folder_of(&self.path))
    }
}

/// Whether there is a file of any day that is not empty.
pub(super) fn has_days(path: &Path) -> Result<bool, FilesError> {
    let folder = folder_of(path);
    let failed = |error| FilesError::Io(folder.to_owned(), error);
    let first = path.file_name().unwrap_or_default().as_bytes();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let is_day = match name.as_bytes().strip_prefix(first) {
            Some([]) => true,
            Some([b'.', digits @ ..]) => digits.iter().all(u8::is_ascii_digit),
            Some(_) | None => false,
        };
        if is_day && entry.metadata().map_err(failed)?.len() > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Removes the files of days behind `day`, which are made again; the rows say which there may be.
pub(super) fn remove_days_behind(path: &Path, day: u32, rows: &[Row]) -> Result<(), FilesError> {
    let last = rows.last().map_or(0, |row| row.day.saturating_add(1));
    (day + 1..=last).try_for_each(|later| remove_if_there(&day_path(path, later)))
}

/// The first day whose files are kept while `day` is written.
pub(super) fn first_kept(day: u32, keep_days: u32) -> u32 {
    day.saturating_sub(keep_days.saturating_sub(1)).max(1)
}

/// The file of a day.
pub(super) fn day_path(path: &Path, day: u32) -> PathBuf {
    if day <= 1 { path.to_owned() } else { suffixed(path, &format!(".{day}")) }
}

/// The sidecar's file.
pub(super) fn positions_path(path: &Path) -> PathBuf {
    suffixed(path, ".positions")
}

/// What becomes the sidecar's file.
fn new_positions_path(path: &Path) -> PathBuf {
    suffixed(path, ".positions-new")
}

/// A path with something behind its name.
pub(super) fn suffixed(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Whether the files that are kept hold what the rows and the place say.
pub(super) fn is_whole(
    path: &Path,
    rows: &[Row],
    place: &FeedPlace,
    keep_days: u32,
) -> Result<bool, FilesError> {
    let Some(rows) = usize::try_from(place.rows).ok().and_then(|count| rows.get(..count)) else {
        return Ok(false);
    };
    for day in first_kept(place.day, keep_days)..=place.day {
        let pieces: Vec<_> = rows.iter().filter(|row| row.day == day).collect();
        let mut ends: Vec<_> = pieces.iter().map(|row| (row.end, row.checksum)).collect();
        if day == place.day && place.piece_bytes > 0 {
            ends.push((place.position, place.piece.get()));
        }
        let path = day_path(path, day);
        let length = if day == place.day { Length::AtLeast } else { Length::Exact };
        let holds = holds(&path, &ends, length).map_err(|error| FilesError::Io(path, error))?;
        if !holds {
            return Ok(false);
        }
    }
    Ok(true)
}

/// How long a file must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    /// As long as is known: its day is over.
    Exact,
    /// That, or longer: what is behind it is made again.
    AtLeast,
}

/// Whether a file holds pieces that end at these places and have these checksums.
fn holds(path: &Path, ends: &[(u64, u32)], length: Length) -> io::Result<bool> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(ends.is_empty()),
        opened => opened?,
    };
    let (mut start, mut bytes) = (0, Vec::new());
    for (end, checksum) in ends {
        let Some(length) = end.checked_sub(start).filter(|length| *length < 1 << 40) else {
            return Ok(false);
        };
        bytes.clear();
        if file.by_ref().take(length).read_to_end(&mut bytes)?
            < usize::try_from(length).unwrap_or(0)
        {
            return Ok(false);
        }
        if highwater::checksum::checksum(&[&bytes]) != *checksum {
            return Ok(false);
        }
        start = *end;
    }
    Ok(length == Length::AtLeast || file.read(&mut [0])? == 0)
}
