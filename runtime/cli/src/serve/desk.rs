//! The operator's desk: the socket that `highwater admin` speaks to, and the record of who asked
//! for what.

use crate::admin::request::{Answer, Request, folder_in, socket_in};
use highwater_console::{CommandError, note};
use highwater_platform::Platform;
use serde::Serialize;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, JoinHandle, Thread, current};
use std::time::{Duration, UNIX_EPOCH};

/// Who says nothing, or takes no answer, for so long is gone.
const PATIENCE: Duration = Duration::from_secs(5);

/// Bytes of a request, at most.
const REQUEST_BYTES_MAX: u64 = 4 << 10;

/// Something that is asked for.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) request: Request,
    /// Whence it comes, for the record.
    pub(super) by: &'static str,
    reply: Sender<Result<Answer, String>>,
}

/// How others ask.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    calls: Sender<Call>,
    main: Thread,
}

impl Caller {
    /// Asks, and waits for the answer.
    fn call(&self, request: Request, by: &'static str) -> Result<Answer, String> {
        let (reply, answer) = channel();
        let ended = || "the venue has stopped".to_owned();
        self.calls.send(Call { request, by, reply }).map_err(|_| ended())?;
        self.main.unpark();
        answer.recv().map_err(|_| ended())?
    }

    /// The same for the page, in JSON.
    #[cfg(feature = "monitor")]
    pub(super) fn call_for_page(&self, line: &str) -> Result<String, String> {
        let answer = self.call_line(line, "page")?;
        serde_json::to_string(&answer).map_err(|error| error.to_string())
    }

    /// The same with a line of JSON.
    fn call_line(&self, line: &str, by: &'static str) -> Result<Answer, String> {
        let request = serde_json::from_str(line).map_err(|error| {
            format!("this is no request ({error}); 'highwater admin --help' lists them")
        })?;
        self.call(request, by)
    }
}

/// The desk of a venue.
#[derive(Debug)]
pub(super) struct Desk {
    calls: Receiver<Call>,
    #[cfg(feature = "monitor")]
    caller: Caller,
    record: File,
    #[cfg(feature = "monitor")]
    folder: PathBuf,
    socket: Option<Socket>,
}

impl Desk {
    /// Opens the desk of a venue in its data directory, for the thread that calls this.
    pub(super) fn open(data: &Path) -> Result<Self, CommandError> {
        let folder = folder_in(data);
        let failed = |error: io::Error| {
            CommandError::failed(format!("could not use '{}': {error}", folder.display()))
        };
        fs::create_dir_all(&folder).map_err(failed)?;
        fs::set_permissions(&folder, Permissions::from_mode(0o700)).map_err(failed)?;
        let record = OpenOptions::new().create(true).append(true).open(folder.join("audit.log"));
        let (calls_in, calls) = channel();
        let caller = Caller { calls: calls_in, main: current() };
        #[cfg(feature = "monitor")]
        let for_page = caller.clone();
        let socket = Socket::open(socket_in(data), caller);
        let socket = socket.inspect_err(|error| {
            note(&format!(
                "note: 'highwater admin' cannot be used, because there is no socket '{}': {error}; \
                 a shorter path of the data directory may help",
                socket_in(data).display()
            ));
        });
        let record = record.map_err(failed)?;
        Ok(Self {
            calls,
            #[cfg(feature = "monitor")]
            caller: for_page,
            record,
            #[cfg(feature = "monitor")]
            folder,
            socket: socket.ok(),
        })
    }

    /// Stores the token of the page where the operator finds it.
    #[cfg(feature = "monitor")]
    pub(super) fn keep_token(&self, token: &str) -> Result<(), CommandError> {
        self.keep("page-token", token)
    }

    /// Stores the address of the page, where `highwater top` finds it.
    #[cfg(feature = "monitor")]
    pub(super) fn keep_url(&self, url: &str) -> Result<(), CommandError> {
        self.keep("page-url", url)
    }

    #[cfg(feature = "monitor")]
    fn keep(&self, name: &str, text: &str) -> Result<(), CommandError> {
        let path = self.folder.join(name);
        let written = fs::write(&path, format!("{text}\n"))
            .and_then(|()| fs::set_permissions(&path, Permissions::from_mode(0o600)));
        written.map_err(|error| {
            CommandError::failed(format!("could not write '{}': {error}", path.display()))
        })
    }

    /// For others who ask.
    #[cfg(feature = "monitor")]
    pub(super) fn caller(&self) -> Caller {
        self.caller.clone()
    }

    /// Answers everybody who asks now with what `work` makes of it, and notes it.
    pub(super) fn serve<P: Platform>(
        &mut self,
        platform: P,
        mut work: impl FnMut(&Request) -> Result<Answer, String>,
    ) {
        while let Ok(Call { request, by, reply }) = self.calls.try_recv() {
            let result = work(&request);
            self.note(platform, &request, by, &result);
            let _is_gone = reply.send(result);
        }
    }

    fn note<P: Platform>(
        &mut self,
        platform: P,
        request: &Request,
        by: &'static str,
        result: &Result<Answer, String>,
    ) {
        let time = UNIX_EPOCH + Duration::from_nanos(platform.wall_clock_ns());
        let line = Line {
            time: humantime::format_rfc3339_millis(time).to_string(),
            by,
            request,
            sequence: result.as_ref().map_or(0, |answer| answer.sequence),
            error: result.as_ref().err(),
        };
        let written = serde_json::to_string(&line)
            .map_err(io::Error::other)
            .and_then(|line| self.record.write_all(format!("{line}\n").as_bytes()));
        if let Err(error) = written {
            note(&format!("an operator's call is not in admin/audit.log: {error}"));
        }
    }
}

impl Drop for Desk {
    /// Nobody is answered any more.
    fn drop(&mut self) {
        self.calls = channel().1;
        drop(self.socket.take());
    }
}

/// A line of the record.
#[derive(Serialize)]
struct Line<'a> {
    time: String,
    by: &'static str,
    request: &'a Request,
    sequence: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a String>,
}

/// The socket, and the thread that listens there.
#[derive(Debug)]
struct Socket {
    path: PathBuf,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Socket {
    /// Listens. The data directory is locked, so a socket that is there is left over.
    fn open(path: PathBuf, caller: Caller) -> io::Result<Self> {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        let is_over = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&is_over);
        let thread = Builder::new().name("hw-admin".to_owned()).spawn(move || {
            for connection in listener.incoming() {
                if told.load(Ordering::Acquire) {
                    return;
                }
                // Who is gone, or speaks nonsense, is nobody's concern but its own.
                drop(connection.and_then(|socket| answer(&socket, &caller)));
            }
        })?;
        Ok(Self { path, is_over, thread: Some(thread) })
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Release);
        // It wakes the thread.
        let is_woken = UnixStream::connect(&self.path).is_ok();
        if let Some(thread) = self.thread.take().filter(|_| is_woken) {
            drop(thread.join());
        }
        drop(fs::remove_file(&self.path));
    }
}

/// Answers one line of one client.
fn answer(mut socket: &UnixStream, caller: &Caller) -> io::Result<()> {
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    let mut line = String::new();
    BufReader::new(socket.take(REQUEST_BYTES_MAX)).read_line(&mut line)?;
    let result = caller.call_line(&line, "socket");
    let reply = serde_json::to_string(&result).map_err(io::Error::other)?;
    socket.write_all(format!("{reply}\n").as_bytes())
}
