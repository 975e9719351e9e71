//! Packets that a client sends.

use super::frame::{HEADER_BYTES, LENGTH_BYTES, Packet, check_length, emit, emit_message};
use super::login::LoginRequest;
use crate::error::CodecError;
use crate::message::Message;

/// A packet from the client.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ClientPacket<'a> {
    /// Text for people, which means nothing.
    Debug(&'a [u8]),
    /// The client asks for a session.
    LoginRequest(LoginRequest),
    /// A message to the server, which has no number.
    UnsequencedData(&'a [u8]),
    /// The client is there.
    Heartbeat,
    /// The client leaves.
    LogoutRequest,
}

const DEBUG: u8 = b'+';
const UNSEQUENCED_DATA: u8 = b'U';
const HEARTBEAT: u8 = b'R';
const LOGOUT_REQUEST: u8 = b'O';

impl<'a> Packet<'a> for ClientPacket<'a> {
    fn check(code: u8, length: usize, body_bytes_max: usize) -> Result<(), CodecError> {
        let (least, most) = match code {
            DEBUG | UNSEQUENCED_DATA => (1, 1 + body_bytes_max),
            // Nothing between the lengths of the two versions.
            LoginRequest::TYPE if length > LoginRequest::FIXED_BYTES => {
                (LoginRequest::VERSION_4_BYTES, LoginRequest::VERSION_4_BYTES)
            }
            LoginRequest::TYPE => (LoginRequest::FIXED_BYTES, LoginRequest::FIXED_BYTES),
            HEARTBEAT | LOGOUT_REQUEST => (1, 1),
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
            LoginRequest::TYPE => LoginRequest::parse(bytes).map(Self::LoginRequest),
            UNSEQUENCED_DATA => Ok(Self::UnsequencedData(body)),
            HEARTBEAT => Ok(Self::Heartbeat),
            LOGOUT_REQUEST => Ok(Self::LogoutRequest),
            unknown => Err(CodecError::UnknownType(unknown)),
        }
    }

    fn length(&self) -> usize {
        match self {
            Self::Debug(body) | Self::UnsequencedData(body) => HEADER_BYTES + body.len(),
            Self::LoginRequest(message) => LENGTH_BYTES + message.length(),
            Self::Heartbeat | Self::LogoutRequest => HEADER_BYTES,
        }
    }

    fn emit(&self, out: &mut [u8]) -> Result<usize, CodecError> {
        match self {
            Self::Debug(text) => emit(DEBUG, text, out),
            Self::LoginRequest(message) => emit_message(message, out),
            Self::UnsequencedData(message) => emit(UNSEQUENCED_DATA, message, out),
            Self::Heartbeat => emit(HEARTBEAT, &[], out),
            Self::LogoutRequest => emit(LOGOUT_REQUEST, &[], out),
        }
    }
}
