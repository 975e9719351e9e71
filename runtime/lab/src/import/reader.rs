//! The text of the flow that an import makes, to be read piece by piece instead of written.

use super::lines::Lines;
use super::{ImportArgs, Importer, decimals_of, importer_of};
use highwater_console::CommandError;
use std::fmt;
use std::io::{self, Read};

/// The flow of a file of another format, which is taken as far as its text is read.
pub struct FlowText {
    importer: Box<dyn Importer>,
    lines: Lines,
    /// How much of what was gathered has been read.
    read: usize,
    /// Set once nothing more comes, and why. What was gathered before is read first.
    ended: Option<Result<(), String>>,
}

impl FlowText {
    /// The flow of the file that `args` name; what they say of an output is not looked at.
    ///
    /// # Errors
    /// The file cannot be read, or its header or what is asked of it is wrong.
    pub fn open(args: &ImportArgs) -> Result<Self, CommandError> {
        args.check_symbol()?;
        let importer = importer_of(args, args.input()?)?;
        Ok(Self { importer, lines: Lines::new(decimals_of(args)), read: 0, ended: None })
    }

    /// Takes the next messages, until so many bytes are gathered or there are no more.
    fn gather(&mut self, bytes: usize) {
        self.lines.clear();
        self.read = 0;
        while self.lines.gathered().len() < bytes && self.ended.is_none() {
            match self.importer.step(&mut self.lines) {
                Ok(true) => {}
                Ok(false) => {
                    self.importer.end(&mut self.lines);
                    self.ended = Some(Ok(()));
                }
                Err(sentence) => self.ended = Some(Err(sentence)),
            }
        }
    }
}

impl Read for FlowText {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if self.read == self.lines.gathered().len() && self.ended.is_none() {
            self.gather(room.len());
        }
        let unread = self.lines.gathered().get(self.read..).unwrap_or_default();
        if let ([], Some(Err(sentence))) = (unread, &self.ended) {
            return Err(io::Error::other(sentence.clone()));
        }
        let count = unread.len().min(room.len());
        room[..count].copy_from_slice(&unread[..count]);
        self.read += count;
        Ok(count)
    }
}

impl fmt::Debug for FlowText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlowText").field("lines", &self.lines).finish_non_exhaustive()
    }
}
