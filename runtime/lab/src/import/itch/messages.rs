//! The messages of a file, each behind its length, with their places.

use crate::import::rows::read_refusal;
use highwater_console::note;
use highwater_protocols::itch::file::{LENGTH_BYTES, Piece, first_piece};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Bytes that are held at a time: the longest message, and room to read a good piece behind it.
const BUFFER_BYTES: usize = 256 << 10;

const _: () = assert!(BUFFER_BYTES > LENGTH_BYTES + u16::MAX as usize);

/// A file that is read message by message.
pub(super) struct Messages {
    file: PathBuf,
    input: Box<dyn Read + Send>,
    buffer: Box<[u8]>,
    /// The part of the buffer that holds bytes not taken yet.
    start: usize,
    end: usize,
    /// Where in the file `start` is.
    offset: u64,
    /// Messages before it.
    count: u64,
    has_end: bool,
}

impl Messages {
    /// The messages of `input`, which was found in `file`.
    pub(super) fn new(file: &Path, input: Box<dyn Read + Send>) -> Self {
        let buffer = vec![0; BUFFER_BYTES].into();
        let file = file.to_owned();
        Self { file, input, buffer, start: 0, end: 0, offset: 0, count: 0, has_end: false }
    }

    /// Gives the next message to `take`; false at the end.
    pub(super) fn next(
        &mut self,
        take: impl FnOnce(&[u8]) -> Result<(), String>,
    ) -> Result<bool, String> {
        while !self.has_end {
            match first_piece(&self.buffer[self.start..self.end]) {
                Piece::Message(message) => {
                    take(message).map_err(|sentence| self.sentence(&sentence))?;
                    self.count += 1;
                    self.pass(LENGTH_BYTES + message.len());
                    return Ok(true);
                }
                Piece::End => {
                    self.check_nothing_follows()?;
                    self.has_end = true;
                }
                Piece::Incomplete { needed } => {
                    if self.fill(needed)? == 0 {
                        return self.check_nothing_is_cut(needed).map(|()| false);
                    }
                }
            }
        }
        Ok(false)
    }

    /// Says so where a file has no mark of the end: nobody can tell whether it is whole.
    pub(super) fn say_end(&self) {
        if !self.has_end {
            note(&format!(
                "{}: no length of 0 behind the last message: if the file was cut between two \
                 messages, the rest is missing",
                self.file.display()
            ));
        }
    }

    /// Some bytes have been taken.
    fn pass(&mut self, length: usize) {
        self.start += length;
        self.offset += length as u64;
    }

    /// Reads some bytes behind those that are there, of which `needed` must have room; how many.
    fn fill(&mut self, needed: usize) -> Result<usize, String> {
        if self.start + needed > self.buffer.len() || self.start == self.end {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        loop {
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(count) => {
                    self.end += count;
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.sentence(&read_refusal(&error))),
            }
        }
    }

    /// Refuses what stands behind the mark of the end: nobody can tell what it is.
    fn check_nothing_follows(&mut self) -> Result<(), String> {
        if self.end - self.start == LENGTH_BYTES && self.fill(LENGTH_BYTES + 1)? == 0 {
            return Ok(());
        }
        let advice = if self.count == 0 {
            "in a file of ITCH each message stands behind its length"
        } else {
            "if several files were joined, import each of them"
        };
        let sentence = "the length is 0, which ends the messages, but more bytes follow";
        Err(self.sentence(&format!("{sentence}; {advice}")))
    }

    /// Refuses a part of a message at the end of the file.
    fn check_nothing_is_cut(&self, needed: usize) -> Result<(), String> {
        let found = self.end - self.start;
        if found == 0 {
            return Ok(());
        }
        let end = self.offset + found as u64;
        Err(self.sentence(&format!(
            "the file ends at byte {end}, within this message, which needs {needed} bytes with its \
             length; fetch the whole file, or check that it holds ITCH behind lengths of 2 bytes"
        )))
    }

    /// A sentence about the next message.
    fn sentence(&self, sentence: &str) -> String {
        let number = self.count + 1;
        format!("{}: message {number} at byte {}: {sentence}", self.file.display(), self.offset)
    }
}
