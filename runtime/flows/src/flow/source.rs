//! Where a flow's bytes come from: a file that is read when bytes are wanted, or a pipe with a
//! thread of its own.
//!
//! A pipe may be silent for as long as it likes. Its reader waits on its own thread (`hw-flow`), so
//! that whoever takes the flow's lines never does: commands that are on their way are still
//! answered.

use crate::gzip;
use crate::resolved_path::STANDARD;
use highwater_platform::wakeup::{Wakeup, WakeupList};
use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::thread;
use std::time::Duration;

/// The first bytes of a gzip member (RFC 1952).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// Bytes that are read at a time.
const CHUNK_BYTES: usize = 64 << 10;
/// Chunks that a pipe's thread reads ahead.
const CHUNKS_AHEAD: usize = 4;
/// How long a pipe may be silent until it counts as pausing.
const PAUSE: Duration = Duration::from_millis(100);

/// A flow's bytes, decompressed.
pub(super) enum Source {
    /// Gives bytes at once.
    Direct(Box<dyn Read + Send>),
    /// Gives bytes when somebody has written them.
    Piped(Pipe),
}

/// What came of asking for bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filled {
    /// So many bytes, at least 1.
    Bytes(usize),
    /// Nothing now.
    Pending,
    /// Nothing any more.
    End,
}

/// What to do when a pipe has nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// Return.
    No,
    /// Return after 100 ms of silence.
    Pause,
}

impl Source {
    /// Opens `path`, or standard input for `-`.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        if path == STANDARD {
            return Self::piped(io::stdin());
        }
        let metadata = fs::metadata(path)?;
        if metadata.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if metadata.is_file() {
            Self::direct(File::open(path)?)
        } else {
            Self::piped(NamedPipe { path: path.into(), file: None })
        }
    }

    /// Bytes that are there whenever they are wanted.
    pub(super) fn direct(reader: impl Read + Send + 'static) -> io::Result<Self> {
        decompressed(reader).map(Self::Direct)
    }

    /// Bytes that a thread waits for.
    pub(super) fn piped(reader: impl Read + Send + 'static) -> io::Result<Self> {
        let (sender, chunks) = sync_channel(CHUNKS_AHEAD);
        let wakeups = WakeupList::default();
        let outlet = Outlet { chunks: sender, wakeups: wakeups.clone() };
        let last_call = LastCall(wakeups.clone());
        thread::Builder::new().name("hw-flow".into()).spawn(move || {
            // Dropped behind the outlet: after a panic too, whoever waits finds it gone.
            let _last_call = last_call;
            let outlet = outlet;
            read_ahead(reader, &outlet);
        })?;
        Ok(Self::Piped(Pipe { chunks, wakeups, chunk: Vec::new(), taken: 0 }))
    }

    /// Wakes `wakeup` whenever a silent pipe has something.
    pub(super) fn wakes(&self, wakeup: &'static Wakeup) {
        match self {
            Self::Direct(_) => {}
            Self::Piped(pipe) => pipe.wakeups.add(wakeup),
        }
    }

    /// Puts bytes into `room`, which is not empty.
    pub(super) fn fill(&mut self, room: &mut [u8], wait: Wait) -> io::Result<Filled> {
        match self {
            Self::Direct(reader) => {
                let count = read(reader, room)?;
                Ok(if count == 0 { Filled::End } else { Filled::Bytes(count) })
            }
            Self::Piped(pipe) => pipe.fill(room, wait),
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Direct(_) => "Direct",
            Self::Piped(_) => "Piped",
        })
    }
}

/// A pipe with a name, which is opened when it is first read: that takes until somebody writes to
/// it.
struct NamedPipe {
    path: PathBuf,
    file: Option<File>,
}

impl Read for NamedPipe {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let file = match self.file.take() {
            Some(file) => file,
            None => File::open(&self.path)?,
        };
        self.file.insert(file).read(room)
    }
}

/// What a pipe's thread has to say.
enum Chunk {
    Bytes(Vec<u8>),
    End,
    Failed(io::Error),
}

/// The receiving end of a pipe's thread.
pub(super) struct Pipe {
    chunks: Receiver<Chunk>,
    /// Who is woken when there is a chunk.
    wakeups: WakeupList,
    chunk: Vec<u8>,
    taken: usize,
}

impl Pipe {
    fn fill(&mut self, room: &mut [u8], wait: Wait) -> io::Result<Filled> {
        if self.taken == self.chunk.len() {
            match self.receive(wait) {
                None => return Ok(Filled::Pending),
                Some(Chunk::End) => return Ok(Filled::End),
                Some(Chunk::Failed(error)) => return Err(error),
                Some(Chunk::Bytes(bytes)) => (self.chunk, self.taken) = (bytes, 0),
            }
        }
        let rest = &self.chunk[self.taken..];
        let count = rest.len().min(room.len());
        room[..count].copy_from_slice(&rest[..count]);
        self.taken += count;
        Ok(Filled::Bytes(count))
    }

    fn receive(&self, wait: Wait) -> Option<Chunk> {
        let gone = || Chunk::Failed(io::Error::other("the thread that reads it is gone"));
        match wait {
            Wait::No => match self.chunks.try_recv() {
                Ok(chunk) => Some(chunk),
                Err(TryRecvError::Empty) => None,
                Err(TryRecvError::Disconnected) => Some(gone()),
            },
            Wait::Pause => match self.chunks.recv_timeout(PAUSE) {
                Ok(chunk) => Some(chunk),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => Some(gone()),
            },
        }
    }
}

/// The sending end of a pipe's thread.
struct Outlet {
    chunks: SyncSender<Chunk>,
    wakeups: WakeupList,
}

impl Outlet {
    /// Hands a chunk over, and wakes whoever waits for one; false when nobody wants it.
    fn send(&self, chunk: Chunk) -> bool {
        let is_wanted = self.chunks.send(chunk).is_ok();
        self.wakeups.wake();
        is_wanted
    }
}

/// Wakes whoever waits for a chunk that will not come.
struct LastCall(WakeupList);

impl Drop for LastCall {
    fn drop(&mut self) {
        self.0.wake();
    }
}

/// The body of a pipe's thread: it ends with the input, or when nobody wants more of it.
fn read_ahead(reader: impl Read + Send + 'static, outlet: &Outlet) {
    let last = match decompressed(reader) {
        Err(error) => Chunk::Failed(error),
        Ok(mut bytes) => loop {
            let mut chunk = vec![0; CHUNK_BYTES];
            match read(&mut bytes, &mut chunk) {
                Ok(0) => break Chunk::End,
                Err(error) => break Chunk::Failed(error),
                Ok(count) => {
                    chunk.truncate(count);
                    if !outlet.send(Chunk::Bytes(chunk)) {
                        return;
                    }
                }
            }
        },
    };
    // When nobody listens any more, nobody misses it.
    let _unheard = outlet.send(last);
}

/// The text behind `reader`, which is gzip when it begins like gzip, whatever its name.
///
/// # Errors
/// The reader's, or the program was built without gzip.
pub fn decompressed(mut reader: impl Read + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
    let mut magic = [0; GZIP_MAGIC.len()];
    let mut length = 0;
    while length < magic.len() {
        match read(&mut reader, &mut magic[length..])? {
            0 => break,
            count => length += count,
        }
    }
    let whole = Cursor::new(magic).take(u64::try_from(length).unwrap_or(0)).chain(reader);
    if length == magic.len() && magic == GZIP_MAGIC {
        let compressed = BufReader::with_capacity(CHUNK_BYTES, whole);
        return gzip::decompressed(compressed);
    }
    Ok(Box::new(whole))
}

/// Reads once; a signal does not count as a failure.
fn read(reader: &mut impl Read, room: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(room) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
