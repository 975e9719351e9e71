//! A client of the monitor: what it has sent, and what it is to be sent.

use crate::live::Live;
use mio::net::TcpStream;
use std::io::{self, ErrorKind, Read, Write};

/// Bytes of a request, at most.
const INPUT_BYTES_MAX: usize = 16 << 10;

/// What a client does.
#[derive(Debug)]
pub(super) enum Doing {
    /// Its request is not whole yet.
    Asking,
    /// It waits for a book of the past.
    Waiting,
    /// It is kept up to date.
    Watching(Live),
    /// It is sent the rest of its answer.
    Leaving,
}

/// A client.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) socket: TcpStream,
    /// No other client ever has it.
    pub(super) id: u64,
    pub(super) doing: Doing,
    pub(super) input: Vec<u8>,
    pub(super) output: Vec<u8>,
    /// Whether it sends nothing more.
    pub(super) is_over: bool,
    /// When it came, or took a byte last.
    pub(super) moved_ns: u64,
}

impl Client {
    pub(super) const fn new(socket: TcpStream, id: u64, now_ns: u64) -> Self {
        Self {
            socket,
            id,
            doing: Doing::Asking,
            input: Vec::new(),
            output: Vec::new(),
            is_over: false,
            moved_ns: now_ns,
        }
    }

    /// Reads all that has come. What comes behind a request is thrown away.
    ///
    /// # Errors
    /// The client is gone, or sends far too much.
    pub(super) fn receive(&mut self) -> io::Result<()> {
        let mut piece = [0; 4 << 10];
        loop {
            match self.socket.read(&mut piece) {
                Ok(0) => {
                    self.is_over = true;
                    let is_watching = matches!(self.doing, Doing::Watching(_));
                    return if is_watching { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(()) };
                }
                Ok(count) if matches!(self.doing, Doing::Asking) => {
                    self.input.extend_from_slice(&piece[..count]);
                    if self.input.len() > INPUT_BYTES_MAX {
                        // It is long enough to be refused.
                        return Ok(());
                    }
                }
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Sends what waits, as much as the system takes.
    ///
    /// # Errors
    /// The client is gone.
    pub(super) fn push(&mut self, now_ns: u64) -> io::Result<()> {
        let mut sent = 0;
        while sent < self.output.len() {
            match self.socket.write(&self.output[sent..]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => {
                    sent += count;
                    self.moved_ns = now_ns;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.output.drain(..sent);
        if self.output.is_empty() {
            self.moved_ns = now_ns;
        }
        Ok(())
    }
}
