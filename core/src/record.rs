//! Records: commands as bytes, with the sequence they were given, and the running hash that
//! confirms their events.
//!
//! A record is a head of 24 bytes and a body whose length its type and form fix; all numbers are
//! little-endian, every record's length is a multiple of 8. Every record has one encoding: bytes
//! that decode are those that encoding gives. The layouts stand in `record/layout.rs`, with golden
//! bytes in `docs/log-format.md`.

mod decode;
mod encode;
mod layout;

use crate::command::{Command, PlainCommand};
use crate::limits::SEQUENCE_MAX;
use crate::ring::{Carried, WORD_MAX};
use crate::trade::TradeCopy;
use crate::types::Sequence;
use core::fmt;

/// Bytes of the shortest record.
pub const RECORD_BYTES_MIN: usize = 32;
/// Bytes of the longest record.
pub const RECORD_BYTES_MAX: usize = 128;

/// One entry of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(alias = "entry")]
pub struct Record {
    /// The command's place in the total order; of what stands behind a command, that command's.
    pub sequence: Sequence,
    /// When the host took the command, in nanoseconds since the Unix epoch; information only.
    pub timestamp_ns: u64,
    /// What is logged.
    pub body: Body,
}

/// The record of a plain command, without its sequence.
#[derive(Clone, Copy, Debug)]
pub struct PlainRecord {
    /// When the host took the command, in nanoseconds since the Unix epoch.
    pub(crate) timestamp_ns: u64,
    /// The command.
    pub(crate) command: PlainCommand,
}

impl PlainRecord {
    /// Its words, as a ring carries them.
    #[inline]
    pub(crate) const fn words(&self) -> [u64; 7] {
        let [w0, w1, w2, w3, w4, w5] = self.command.words();
        [self.timestamp_ns, w0, w1, w2, w3, w4, w5]
    }

    /// The record with these words.
    #[inline]
    pub(crate) const fn of_words(words: [u64; 7]) -> Self {
        let [timestamp_ns, w0, w1, w2, w3, w4, w5] = words;
        Self { timestamp_ns, command: PlainCommand::of_words([w0, w1, w2, w3, w4, w5]) }
    }
}

impl Carried for Record {
    type Rest = [u64; 7];
    type OutOfLine = Self;

    #[inline]
    fn apart(&self) -> Option<(u64, [u64; 7])> {
        let command = PlainCommand::of(self.body.command()?)?;
        let plain = PlainRecord { timestamp_ns: self.timestamp_ns, command };
        (self.sequence.0 <= WORD_MAX).then_some((self.sequence.0, plain.words()))
    }

    #[inline]
    fn together(sequence: u64, words: [u64; 7]) -> Self {
        let PlainRecord { timestamp_ns, command } = PlainRecord::of_words(words);
        let body = Body::Command(command.command());
        Self { sequence: Sequence(sequence), timestamp_ns, body }
    }

    #[inline]
    fn out_of_line(&self) -> Self {
        *self
    }

    #[inline]
    fn from_out_of_line(record: Self) -> Self {
        record
    }
}

const _: () = assert!(SEQUENCE_MAX <= WORD_MAX, "a sequence is a word of a ring");

/// What a record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// A command was sequenced.
    Command(Command),
    /// The running hash over all events up to this record's sequence: replay must reach the same.
    RunningHash(u64),
    /// A copy of a trade that the command of this sequence caused, in the order of the trades.
    Trade(TradeCopy),
}

impl Body {
    /// The command, where it is one.
    #[inline]
    pub const fn command(&self) -> Option<&Command> {
        match self {
            Self::Command(command) => Some(command),
            Self::RunningHash(_) | Self::Trade(_) => None,
        }
    }

    /// How many commands the record holds: a command is one, what stands behind it none.
    pub const fn command_count(&self) -> u16 {
        match self {
            Self::Command(_) => 1,
            Self::RunningHash(_) | Self::Trade(_) => 0,
        }
    }
}

/// The type of a record, as it is counted and shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordType {
    /// A new order.
    New,
    /// A cancel.
    Cancel,
    /// A reduce.
    Reduce,
    /// A replace.
    Replace,
    /// An instrument's definition.
    DefineInstrument,
    /// The tie between log and flow.
    BindFlow,
    /// New capacities.
    Configure,
    /// The running hash.
    RunningHash,
    /// A mass cancel.
    MassCancel,
    /// An instrument's new band.
    SetBand,
    /// A change of how an instrument trades.
    Control,
    /// The time of the engine.
    Clock,
    /// The end of a day.
    EndOfDay,
    /// A session's open orders.
    LimitSession,
    /// A copy of a trade.
    Trade,
    /// A note.
    Note,
}

impl RecordType {
    /// Every type, in the order of its numbers.
    pub const ALL: [Self; 16] = [
        Self::New,
        Self::Cancel,
        Self::Reduce,
        Self::Replace,
        Self::DefineInstrument,
        Self::BindFlow,
        Self::Configure,
        Self::RunningHash,
        Self::MassCancel,
        Self::SetBand,
        Self::Control,
        Self::Clock,
        Self::EndOfDay,
        Self::LimitSession,
        Self::Trade,
        Self::Note,
    ];

    /// Its place in [`ALL`](Self::ALL).
    #[inline]
    #[expect(clippy::as_conversions, reason = "types are declared in the order of the list")]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The type as it is written in files and on screens.
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Cancel => "cancel",
            Self::Reduce => "reduce",
            Self::Replace => "replace",
            Self::DefineInstrument => "define_instrument",
            Self::BindFlow => "bind_flow",
            Self::Configure => "configure",
            Self::RunningHash => "running_hash",
            Self::MassCancel => "mass_cancel",
            Self::SetBand => "set_band",
            Self::Control => "control",
            Self::Clock => "clock",
            Self::EndOfDay => "end_of_day",
            Self::LimitSession => "limit_session",
            Self::Trade => "trade",
            Self::Note => "note",
        }
    }
}

const _: () = {
    let (mut place, mut types) = (0, RecordType::ALL.as_slice());
    while let Some((record_type, rest)) = types.split_first() {
        assert!(record_type.index() == place, "each type has the place of its index");
        place += 1;
        types = rest;
    }
};

/// Why bytes are not a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordFault {
    /// The length field is not that of a record of its type and form, or reaches past the bytes.
    Length,
    /// The checksum does not fit the bytes.
    Checksum,
    /// No record has this type.
    Type,
    /// A field has a value that no record was ever written with.
    Field,
}

impl fmt::Display for RecordFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Length => "the record's length is wrong",
            Self::Checksum => "the record's checksum does not fit",
            Self::Type => "the record's type is unknown",
            Self::Field => "a field of the record has an impossible value",
        })
    }
}

impl core::error::Error for RecordFault {}
