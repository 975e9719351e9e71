//! The consumers of a log: outputs that follow from it, and how far each of them is durable.
//!
//! Nothing is retired that a consumer still needs. The file `consumers` in the data directory lists
//! them, because the process that retires need not be the one that writes the output. It is text: a
//! line that names the format, a line for each consumer (kind, sequence, and path with unprintable
//! bytes as `%XX`), and a line with the CRC-32C of everything before it. It is replaced as a whole,
//! durably, under the lock of the file `consumers-lock`.

use super::layout::{self, DirectoryLayout};
use super::locks::{create_missing, patiently};
use highwater::checksum::checksum;
use highwater::types::Sequence;
use highwater_platform::{IoMode, Platform, SegmentFile, Sharing};
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// What the file begins with.
const FORMAT: &str = "highwater consumers 1";
/// How long another process that changes the file is waited for.
const PATIENCE_NS: u64 = 5_000_000_000;

/// What a consumer makes of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConsumerKind {
    /// A file of fills. It is continued from a snapshot that it reaches.
    Fills,
    /// A file of events. It is written anew from the log's first record on, so it needs all of it.
    Events,
    /// A reader of a host's events, by its name. It goes on behind what it has read.
    Tap,
    /// The ITCH file of a publication. It is continued from its checkpoint, and a snapshot before
    /// that.
    Itch,
}

impl ConsumerKind {
    const ALL: [Self; 4] = [Self::Fills, Self::Events, Self::Tap, Self::Itch];

    /// Its name; for a file it is also the option that names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fills => "fills",
            Self::Events => "events",
            Self::Tap => "tap",
            Self::Itch => "itch",
        }
    }

    /// Whether it needs the log's first record for as long as it is registered.
    pub const fn needs_all(self) -> bool {
        match self {
            Self::Fills | Self::Tap | Self::Itch => false,
            Self::Events => true,
        }
    }
}

/// An output that follows from a log.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Consumer {
    /// What it is.
    pub kind: ConsumerKind,
    /// Its file, an absolute path; of a tap, its name.
    pub path: PathBuf,
    /// What follows from the commands up to this one is on stable storage in that file, or was read
    /// by that tap.
    pub durable: Sequence,
}

impl Consumer {
    /// Whether it is this output.
    pub fn is(&self, kind: ConsumerKind, path: &Path) -> bool {
        self.kind == kind && self.path == path
    }
}

/// Its name for people, and for `highwater consumers forget`: `fills:/srv/fills.csv`.
impl fmt::Display for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.name(), self.path.display())
    }
}

/// The file of consumers in a data directory.
#[derive(Clone, Debug)]
pub struct Consumers<P> {
    platform: P,
    layout: DirectoryLayout,
}

/// Why the consumers of a log are not known, or could not be written down.
#[derive(Debug, Error)]
pub enum ConsumersError {
    /// The system refused something.
    #[error("could not read or write '{path}' ({1}); check the disk, and try \
             again", path = .0.display())]
    Io(PathBuf, io::Error),
    /// The file is not what was written.
    #[error(
        "'{path}' is damaged, so it is not known which outputs still need the log, and nothing of it \
         is retired; forget all of them with 'highwater consumers forget --all', and each is \
         registered again by its next run", path = .0.display()
    )]
    Damaged(PathBuf),
    /// Another process has been changing it for seconds.
    #[error("'{path}' is being changed by another process; wait until that has ended, and try again", path = .0.display())]
    Busy(PathBuf),
}

impl<P: Platform> Consumers<P> {
    /// Those of the log in a data directory.
    pub fn of(platform: P, directory: &Path) -> Self {
        Self { platform, layout: DirectoryLayout::new(directory) }
    }

    /// All of them, in the order of their kinds and paths.
    ///
    /// # Errors
    /// The file is damaged or cannot be read.
    pub fn list(&self) -> Result<Vec<Consumer>, ConsumersError> {
        let path = self.layout.consumers();
        match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(ConsumersError::Io(path, error)),
            Ok(bytes) => decode(&bytes).ok_or(ConsumersError::Damaged(path)),
        }
    }

    /// Notes how far outputs are durable; those that are not known yet are registered.
    ///
    /// # Errors
    /// Nothing was changed, or it is not known whether the change is durable.
    pub fn note(&self, outputs: &[Consumer]) -> Result<(), ConsumersError> {
        self.change(|consumers| {
            for output in outputs {
                consumers.retain(|known| !known.is(output.kind, &output.path));
                consumers.push(output.clone());
            }
        })
    }

    /// Forgets those that `is_forgotten` picks; returns them.
    ///
    /// # Errors
    /// Like [`note`](Self::note).
    pub fn forget(
        &self,
        is_forgotten: impl Fn(&Consumer) -> bool,
    ) -> Result<Vec<Consumer>, ConsumersError> {
        let mut forgotten = Vec::new();
        self.change(|consumers| {
            (forgotten, *consumers) = consumers.drain(..).partition(&is_forgotten);
        })?;
        Ok(forgotten)
    }

    /// Forgets all of them, whatever is in the file.
    ///
    /// # Errors
    /// Like [`note`](Self::note).
    pub fn forget_all(&self) -> Result<(), ConsumersError> {
        let _lock = self.lock()?;
        self.replace(&[])
    }

    /// The log was cut behind `last`: what follows it in an output is no longer this log's.
    ///
    /// # Errors
    /// Like [`note`](Self::note).
    pub fn cut(&self, last: Sequence) -> Result<(), ConsumersError> {
        self.change(|consumers| {
            for consumer in consumers {
                consumer.durable = consumer.durable.min(last);
            }
        })
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Consumer>)) -> Result<(), ConsumersError> {
        let _lock = self.lock()?;
        let mut consumers = self.list()?;
        let before = consumers.clone();
        change(&mut consumers);
        consumers.sort_unstable();
        if consumers == before { Ok(()) } else { self.replace(&consumers) }
    }

    fn lock(&self) -> Result<P::Lock, ConsumersError> {
        let path = self.layout.consumers_lock();
        let failed = |error| ConsumersError::Io(path.clone(), error);
        create_missing(&path).map_err(failed)?;
        patiently(self.platform, PATIENCE_NS, || self.platform.lock(&path, Sharing::Exclusive))
            .map_err(failed)?
            .ok_or_else(|| ConsumersError::Busy(path.clone()))
    }

    /// Writes the list under another name, syncs it, and gives it its name durably.
    fn replace(&self, consumers: &[Consumer]) -> Result<(), ConsumersError> {
        let Self { platform, layout } = self;
        let (path, new) = (layout.consumers(), layout.consumers_new());
        let write = || {
            layout::remove(*platform, &new)?;
            let file = platform.create_segment(&new, IoMode::Append)?;
            file.append(&encode(consumers))?;
            file.sync()?;
            platform.rename(&new, &path)?;
            platform.sync_directory(layout.directory())
        };
        write().map_err(|error| ConsumersError::Io(path.clone(), error))
    }
}

fn encode(consumers: &[Consumer]) -> Vec<u8> {
    let lines = consumers.iter().map(|Consumer { kind, path, durable }| {
        format!("{} {durable} {}\n", kind.name(), escaped(path.as_os_str().as_bytes()))
    });
    let body = format!("{FORMAT}\n{}", lines.collect::<String>());
    let sum = checksum(&[body.as_bytes()]);
    format!("{body}checksum {sum:08x}\n").into_bytes()
}

/// What is written in the file; `None` when it is not what [`encode`] wrote.
fn decode(bytes: &[u8]) -> Option<Vec<Consumer>> {
    let text = str::from_utf8(bytes).ok()?;
    let body_bytes = text.strip_suffix('\n')?.rfind('\n')? + 1;
    let (body, last) = text.split_at(body_bytes);
    let sum = last.strip_prefix("checksum ")?.strip_suffix('\n')?;
    if u32::from_str_radix(sum, 16).ok()? != checksum(&[body.as_bytes()]) {
        return None;
    }
    let lines = body.strip_prefix(FORMAT)?.strip_prefix('\n')?;
    lines.lines().map(consumer_in).collect()
}

fn consumer_in(line: &str) -> Option<Consumer> {
    let (name, rest) = line.split_once(' ')?;
    let (durable, path) = rest.split_once(' ')?;
    Some(Consumer {
        kind: ConsumerKind::ALL.into_iter().find(|kind| kind.name() == name)?,
        path: OsString::from_vec(unescaped(path)?).into(),
        durable: Sequence(durable.parse().ok()?),
    })
}

fn escaped(bytes: &[u8]) -> String {
    let escape = |byte: &u8| match byte {
        b'%' => "%25".to_owned(),
        b'!'..=b'~' => char::from(*byte).to_string(),
        other => format!("%{other:02X}"),
    };
    bytes.iter().map(escape).collect()
}

fn unescaped(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, behind)) = rest.split_first() {
        rest = behind;
        if *byte == b'%' {
            let digits = rest.get(..2)?;
            bytes.push(u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?);
            rest = &rest[2..];
        } else {
            bytes.push(*byte);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Vec<Consumer> {
        let consumer = |kind, path: &[u8], durable| Consumer {
            kind,
            path: OsString::from_vec(path.to_vec()).into(),
            durable: Sequence(durable),
        };
        vec![
            consumer(ConsumerKind::Fills, b"/a b/100%\xff\n.csv", u64::MAX),
            consumer(ConsumerKind::Fills, b"/plain", 0),
            consumer(ConsumerKind::Events, b"/plain", 7),
            consumer(ConsumerKind::Tap, b"market data", 9),
            consumer(ConsumerKind::Itch, b"/feed.itch", 8),
        ]
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(decode(&encode(&some())), Some(some()));
        assert_eq!(decode(&encode(&[])), Some(Vec::new()));
    }

    #[test]
    fn whatever_was_not_written_is_refused() {
        let bytes = encode(&some());
        for length in 0..bytes.len() {
            assert_eq!(decode(&bytes[..length]), None, "{length} bytes");
        }
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                // The checksum's own digits may be written in capitals.
                let found = decode(&changed);
                assert!(found.is_none() || found == Some(some()), "bit {bit} of byte {at}");
            }
        }
    }
}
