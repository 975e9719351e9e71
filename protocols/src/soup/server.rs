//! Packets that a server sends.

use super::frame::{HEADER_BYTES, LENGTH_BYTES, Packet, check_length, emit, emit_message};
use super::login::{LoginAccepted, LoginRejected};
use crate::error::CodecError;
use crate::message::Message;

/// A packet from the server.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ServerPacket<'a> {
    /// Text for people, which means nothing.
    Debug(&'a [u8]),
    /// The client is logged in.
    LoginAccepted(LoginAccepted),
    /// The client is refused; the connection ends.
    LoginRejected(LoginRejected),
    /// The next message of the stream.
    SequencedData(&'a [u8]),
    /// A message that has no number. Servers of version 3 send none.
    UnsequencedData(&'a [u8]),
    /// The server is there.
    Heartbeat,
    /// The session has ended, and no message of it will follow.
    EndOfSession,
}

const DEBUG: u8 = b'+';
const SEQUENCED_DATA: u8 = b'S';
const UNSEQUENCED_DATA: u8 = b'U';
const HEARTBEAT: u8 = b'H';
const END_OF_SESSION: u8 = b'Z';

impl<'a> Packet<'a> for ServerPacket<'a> {
    fn check(code: u8, length: usize, body_bytes_max: usize) -> Result<(), CodecError> {
        let (least, most) = match code {
            DEBUG | SEQUENCED_DATA | UNSEQUENCED_DATA => (1, 1 + body_bytes_max),
            LoginAccepted::TYPE => (LoginAccepted::FIXED_BYTES, LoginAccepted::FIXED_BYTES),
            LoginRejected::TYPE => (LoginRejected::FIXED_BYTES, LoginRejected::FIXED_BYTES),
            HEARTBEAT | END_OF_SESSION => (1, 1),
            unknown => return Err(CodecError::UnknownType(unknown)),
        };
        check_length(length, least, most)
    }

    fn parse(bytes: &'a [u8]) -> Result<Self, CodecError> {
        let Some((code, body)) = bytes.split_first() else {
            return Err(CodecError::TooShort { needed: 1 });
        };
        Self::check(*code, bytes.len(), body.len())?;
        match *code {
            DEBUG => Ok(Self::Debug(body)),
            LoginAccepted::TYPE => LoginAccepted::parse(bytes).map(Self::LoginAccepted),
            LoginRejected::TYPE => LoginRejected::parse(bytes).map(Self::LoginRejected),
            SEQUENCED_DATA => Ok(Self::SequencedData(body)),
            UNSEQUENCED_DATA => Ok(Self::UnsequencedData(body)),
            HEARTBEAT => Ok(Self::Heartbeat),
            END_OF_SESSION => Ok(Self::EndOfSession),
            unknown => Err(CodecError::UnknownType(unknown)),
        }
    }

    fn length(&self) -> usize {
        match self {
            Self::Debug(body) | Self::SequencedData(body) | Self::UnsequencedData(body) => {
                HEADER_BYTES + body.len()
            }
            Self::LoginAccepted(message) => LENGTH_BYTES + message.length(),
            Self::LoginRejected(message) => LENGTH_BYTES + message.length(),
            Self::Heartbeat | Self::EndOfSession => HEADER_BYTES,
        }
    }

    fn emit(&self, out: &mut [u8]) -> Result<usize, CodecError> {
        match self {
            Self::Debug(text) => emit(DEBUG, text, out),
            Self::LoginAccepted(message) => emit_message(message, out),
            Self::LoginRejected(message) => emit_message(message, out),
            Self::SequencedData(message) => emit(SEQUENCED_DATA, message, out),
            Self::UnsequencedData(message) => emit(UNSEQUENCED_DATA, message, out),
            Self::Heartbeat => emit(HEARTBEAT, &[], out),
            Self::EndOfSession => emit(END_OF_SESSION, &[], out),
        }
    }
}
