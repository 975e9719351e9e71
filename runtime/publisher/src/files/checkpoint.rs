//! Checkpoints: where the streams and their files stood behind a command, so that they are
//! continued from there.
//!
//! `HWPUBCK3`, the log's id (16), the last command (8), the book's running hash behind it (8), the
//! time in its record (8), the place in the feed's files, the places in the sessions' files, the
//! state of the publisher, and the CRC-32C of all that (4); numbers big-endian.

use super::append_file::read_if_there;
use super::error::FilesError;
use super::feed_files::{FeedPlace, suffixed};
use super::session_files::{SessionsPlace, sync_folder};
use crate::image::{ImageFault, Reader, Writer};
use crate::publisher::Publisher;
use highwater::checksum::checksum;
use highwater::types::{LogId, Sequence};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const MAGIC: [u8; 8] = *b"HWPUBCK3";

/// A checkpoint.
#[derive(Debug)]
pub(super) struct Checkpoint {
    pub(super) log: LogId,
    pub(super) sequence: Sequence,
    /// The book's running hash behind that command: whether the log is still the same.
    pub(super) running_hash: u64,
    /// The time in its record: a log that was cut and has gone on has another one.
    pub(super) timestamp_ns: u64,
    pub(super) feed: FeedPlace,
    pub(super) sessions: SessionsPlace,
    pub(super) image: Vec<u8>,
}

impl Checkpoint {
    fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer([MAGIC.as_slice(), &self.log.0].concat());
        writer.put(self.sequence.0);
        writer.put(self.running_hash);
        writer.put(self.timestamp_ns);
        self.feed.put(&mut writer);
        self.sessions.put(&mut writer);
        writer.0.extend(&self.image);
        writer.put(checksum(&[&writer.0]));
        writer.0
    }

    fn of_bytes(bytes: &[u8]) -> Result<Self, ImageFault> {
        let (body, sum) = bytes.split_last_chunk::<4>().ok_or(ImageFault)?;
        if Reader(sum).take::<u32>()? != checksum(&[body]) {
            return Err(ImageFault);
        }
        let rest = body.strip_prefix(&MAGIC).ok_or(ImageFault)?;
        let (log, rest) = rest.split_first_chunk().ok_or(ImageFault)?;
        let mut reader = Reader(rest);
        Ok(Self {
            log: LogId(*log),
            sequence: Sequence(reader.take()?),
            running_hash: reader.take()?,
            timestamp_ns: reader.take()?,
            feed: FeedPlace::take(&mut reader)?,
            sessions: SessionsPlace::take(&mut reader)?,
            image: reader.0.to_vec(),
        })
    }

    /// The publisher that stood there.
    pub(super) fn publisher(&self) -> Result<Publisher, ImageFault> {
        Publisher::of_image(&self.image)
    }

    /// Makes it the newest one, durably; the newest so far becomes the one before.
    pub(super) fn write(&self, path: &Path) -> Result<(), FilesError> {
        let [newest, old] = paths(path);
        let new = suffixed(path, ".checkpoint-new");
        let write = || {
            let mut file = File::create(&new)?;
            file.write_all(&self.to_bytes())?;
            file.sync_all()?;
            match fs::rename(&newest, &old) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            fs::rename(&new, &newest)
        };
        write().map_err(|error| FilesError::Io(newest.clone(), error))?;
        sync_folder(folder_of(path))
    }
}

/// The whole checkpoints of a feed, the newest first.
pub(super) fn checkpoints(path: &Path) -> Result<Vec<Checkpoint>, FilesError> {
    let mut found = Vec::new();
    for path in paths(path) {
        let bytes = read_if_there(&path)?;
        found.extend(bytes.and_then(|bytes| Checkpoint::of_bytes(&bytes).ok()));
    }
    Ok(found)
}

/// The newest checkpoint, and the one before.
pub(super) fn paths(path: &Path) -> [PathBuf; 2] {
    [".checkpoint", ".checkpoint-old"].map(|suffix| suffixed(path, suffix))
}

/// The folder that holds a file.
pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        Some(_) | None => Path::new("."),
    }
}
