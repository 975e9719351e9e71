//! Packets of a login, which have fields.

use crate::alpha::{Alpha, AsciiNumber};
use crate::code::{Open, codes};
use crate::error::CodecError;
use crate::field::Field;
use crate::message::{Tail, messages};
use core::fmt;

messages! {
    /// A client asks for a session.
    LoginRequest: b'L', 47 {
        /// The user's name.
        user: Alpha<6> = 1,
        /// The password.
        password: Password = 7,
        /// The session that is asked for; blank for the current one.
        session: Alpha<10> = 17,
        /// The first sequenced message that is asked for, from 1; 0 for those that are still to
        /// come.
        sequence_number: AsciiNumber<20> = 27,
        ;
        /// Milliseconds of silence after which the peer is to be dropped. Version 4 has it, version
        /// 3 has not.
        heartbeat_timeout_ms: Option<AsciiNumber<5>>
    }

    /// The server takes the client.
    LoginAccepted: b'A', 31 {
        /// The session; the padding may be on either side.
        session: Alpha<10> = 1,
        /// The number of the next sequenced message.
        sequence_number: AsciiNumber<20> = 11,
    }

    /// The server refuses the client.
    LoginRejected: b'J', 2 {
        /// Why.
        reason: Open<RejectCode> = 1,
    }
}

codes! {
    /// Why a login is refused.
    RejectCode: u8 {
        /// The name or the password is wrong.
        NotAuthorized = b'A',
        /// The session that was asked for is not there.
        SessionNotAvailable = b'S',
    }
}

impl Tail for Option<AsciiNumber<5>> {
    #[inline]
    fn empty() -> Self {
        None
    }

    fn fill(&mut self, bytes: &[u8]) -> Result<(), CodecError> {
        const BYTES: usize = AsciiNumber::<5>::BYTES;
        *self = match bytes.len() {
            0 => None,
            1..BYTES => return Err(CodecError::TooShort { needed: LoginRequest::VERSION_4_BYTES }),
            BYTES => AsciiNumber::read(bytes)
                .ok_or(CodecError::BadValue { field: "heartbeat_timeout_ms" })
                .map(Some)?,
            _ => return Err(CodecError::TooLong { most: LoginRequest::VERSION_4_BYTES }),
        };
        Ok(())
    }

    fn length(&self) -> usize {
        if self.is_some() { AsciiNumber::<5>::BYTES } else { 0 }
    }

    fn write(&self, out: &mut [u8]) -> Option<()> {
        self.map_or(Some(()), |timeout| timeout.write(out))
    }
}

impl LoginRequest {
    /// Bytes of a login of version 4, type included.
    pub const VERSION_4_BYTES: usize = 52;
}

/// A password; it is not shown when it is formatted.
///
/// Letters count the same in both cases; whoever compares sees to that, and to the time it takes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Password(pub Alpha<10>);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

impl Field for Password {
    const BYTES: usize = Alpha::<10>::BYTES;

    fn read(bytes: &[u8]) -> Option<Self> {
        Alpha::read(bytes).map(Self)
    }

    fn write(self, out: &mut [u8]) -> Option<()> {
        self.0.write(out)
    }
}

#[cfg(test)]
impl crate::sample::Sample for Password {
    fn sample(source: &mut crate::sample::Source) -> Self {
        Self(Alpha::sample(source))
    }
}
