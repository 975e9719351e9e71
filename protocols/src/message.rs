//! Messages: a type byte, fields at fixed places, and for some a variable part behind them.

use crate::error::CodecError;
use core::marker::PhantomData;

/// A message of a protocol, as a value.
pub trait Message: Copy {
    /// Its first byte.
    const TYPE: u8;

    /// Bytes of its fixed part, the type included.
    const FIXED_BYTES: usize;

    /// Whether a variable part may follow.
    const HAS_TAIL: bool;

    /// The message that `bytes` are, all of them.
    ///
    /// # Errors
    ///
    /// [`CodecError::UnknownType`] when they are another message; any other when they are a wrong
    /// one.
    fn parse(bytes: &[u8]) -> Result<Self, CodecError>;

    /// Exactly how many bytes it takes.
    fn length(&self) -> usize;

    /// Writes the message to the beginning of `out`, and says how many bytes it took.
    ///
    /// # Errors
    ///
    /// [`CodecError::NoRoom`] when `out` is shorter than [`length`](Self::length).
    fn emit(&self, out: &mut [u8]) -> Result<usize, CodecError>;
}

/// The bytes of a message whose type and length are right, with a getter for each field.
///
/// A getter looks at its own field alone. So the order that a message is about can be read while
/// another of its fields is wrong.
#[derive(Clone, Copy, Debug)]
pub struct View<'a, M> {
    bytes: &'a [u8],
    of: PhantomData<M>,
}

impl<'a, M: Message> View<'a, M> {
    /// Looks at a message.
    ///
    /// # Errors
    ///
    /// [`CodecError::TooShort`], [`CodecError::TooLong`] and [`CodecError::UnknownType`].
    #[inline]
    pub fn new(bytes: &'a [u8]) -> Result<Self, CodecError> {
        match bytes.first() {
            Some(code) if *code != M::TYPE => Err(CodecError::UnknownType(*code)),
            _ if bytes.len() < M::FIXED_BYTES => {
                Err(CodecError::TooShort { needed: M::FIXED_BYTES })
            }
            _ if bytes.len() > M::FIXED_BYTES && !M::HAS_TAIL => {
                Err(CodecError::TooLong { most: M::FIXED_BYTES })
            }
            _ => Ok(Self { bytes, of: PhantomData }),
        }
    }

    /// All bytes of the message.
    pub const fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// The bytes behind the fixed part.
    #[inline]
    pub fn tail(self) -> &'a [u8] {
        self.bytes.get(M::FIXED_BYTES..).unwrap_or_default()
    }

    /// The bytes from `offset` on.
    #[inline]
    pub(crate) fn from(self, offset: usize) -> &'a [u8] {
        self.bytes.get(offset..).unwrap_or_default()
    }
}

/// The variable part behind the fields of some messages.
pub(crate) trait Tail: Sized {
    /// The tail that takes no bytes, or the fewest.
    fn empty() -> Self;

    /// Makes an empty tail the one that `bytes` are, all of them.
    fn fill(&mut self, bytes: &[u8]) -> Result<(), CodecError>;

    /// Bytes that it takes.
    fn length(&self) -> usize;

    /// Writes it to the beginning of `out`; `None` when that is too short.
    fn write(&self, out: &mut [u8]) -> Option<()>;
}

/// Messages whose fields are read first, and whose tail is then filled where the message is.
///
/// A tail is large: made apart and moved into its message, it takes longer than everything else.
pub(crate) trait InSteps: Sized {
    /// Whether there are tails at all.
    const HAS_TAILS: bool;

    /// The message with an empty tail.
    fn parse_fields(bytes: &[u8]) -> Result<Self, CodecError>;

    /// Fills the tail from all bytes of the message.
    fn fill_tail(&mut self, bytes: &[u8]) -> Result<(), CodecError>;

    /// The message that `bytes` are, all of them.
    #[inline]
    fn parse_in_steps(bytes: &[u8]) -> Result<Self, CodecError> {
        if Self::HAS_TAILS { Self::parse_and_fill(bytes) } else { Self::parse_fields(bytes) }
    }

    /// Both steps, with one variable for what is returned: it is not moved between them.
    fn parse_and_fill(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut parsed = Self::parse_fields(bytes);
        if let Ok(message) = &mut parsed
            && let Err(error) = message.fill_tail(bytes)
        {
            parsed = Err(error);
        }
        parsed
    }
}

/// Stops compilation unless the fields, as offset and bytes, follow the type byte one by one
/// without a gap, and end where the fixed part ends.
pub(crate) const fn check_layout(mut fields: &[(usize, usize)], fixed_bytes: usize) {
    let mut next = 1;
    while let Some(((offset, bytes), rest)) = fields.split_first() {
        assert!(*offset == next, "a field does not begin where the one before it ends");
        next += *bytes;
        fields = rest;
    }
    assert!(next == fixed_bytes, "the fields do not end where the message ends");
}

/// Makes messages of their layouts: a value, a getter for each field of its view, both directions.
///
/// `Name: type byte, bytes of the fixed part { field: Type = offset, ...; tail: Type }`; only some
/// have a tail. Offsets are checked when this is compiled.
macro_rules! messages {
    ($(
        $(#[$about:meta])*
        $name:ident: $code:literal, $fixed:literal {
            $( $(#[$doc:meta])* $field:ident: $kind:ty = $offset:literal, )*
            $( ; $(#[$tail_doc:meta])* $tail:ident: $tail_kind:ty )?
        }
    )*) => { $(
        $(#[$about])*
        #[doc = concat!("\n\nType `", stringify!($code), "`, ", stringify!($fixed),
            " bytes of fixed length.")]
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub struct $name {
            $(
                $(#[$doc])*
                #[doc = concat!("\n\nAt byte ", stringify!($offset), ".")]
                pub $field: $kind,
            )*
            $( $(#[$tail_doc])* pub $tail: $tail_kind, )?
        }

        const _: () = $crate::message::check_layout(
            &[$(($offset, <$kind as $crate::Field>::BYTES)),*],
            $fixed,
        );

        impl $crate::View<'_, $name> { $(
            $(#[$doc])*
            ///
            /// # Errors
            ///
            #[doc = concat!("[`CodecError::BadValue`](crate::CodecError::BadValue) when ",
                "the field has a value that it can't have.")]
            #[inline]
            pub fn $field(self) -> Result<$kind, $crate::CodecError> {
                <$kind as $crate::Field>::read(self.from($offset))
                    .ok_or($crate::CodecError::BadValue { field: stringify!($field) })
            }
        )* }

        impl $crate::Message for $name {
            const TYPE: u8 = $code;
            const FIXED_BYTES: usize = $fixed;
            const HAS_TAIL: bool = {
                let tails: &[&str] = &[$(stringify!($tail))?];
                !tails.is_empty()
            };

            #[inline]
            fn parse(bytes: &[u8]) -> Result<Self, $crate::CodecError> {
                $crate::message::InSteps::parse_in_steps(bytes)
            }

            fn length(&self) -> usize {
                $fixed $( + $crate::message::Tail::length(&self.$tail) )?
            }

            fn emit(&self, out: &mut [u8]) -> Result<usize, $crate::CodecError> {
                let needed = self.length();
                let write = |out: &mut [u8]| {
                    *out.first_mut()? = $code;
                    $( $crate::Field::write(self.$field, out.get_mut($offset..)?)?; )*
                    $( $crate::message::Tail::write(&self.$tail, out.get_mut($fixed..)?)?; )?
                    Some(needed)
                };
                out.get_mut(..needed).and_then(write).ok_or($crate::CodecError::NoRoom { needed })
            }
        }

        impl $crate::message::InSteps for $name {
            const HAS_TAILS: bool = <Self as $crate::Message>::HAS_TAIL;

            #[inline]
            fn parse_fields(bytes: &[u8]) -> Result<Self, $crate::CodecError> {
                let _view = $crate::View::<Self>::new(bytes)?;
                Ok(Self {
                    $(
                        $field: <$kind as $crate::Field>::read(_view.from($offset))
                            .ok_or($crate::CodecError::BadValue { field: stringify!($field) })?,
                    )*
                    $( $tail: <$tail_kind as $crate::message::Tail>::empty(), )?
                })
            }

            #[inline]
            fn fill_tail(&mut self, _bytes: &[u8]) -> Result<(), $crate::CodecError> {
                $(
                    let tail = _bytes.get($fixed..).unwrap_or_default();
                    $crate::message::Tail::fill(&mut self.$tail, tail)?;
                )?
                Ok(())
            }
        }

        #[cfg(test)]
        impl $crate::sample::Sample for $name {
            fn sample(_source: &mut $crate::sample::Source) -> Self {
                Self {
                    $( $field: $crate::sample::Sample::sample(_source), )*
                    $( $tail: $crate::sample::Sample::sample(_source), )?
                }
            }
        }
    )* };
}

/// Makes an enumeration of messages, which finds the right one by the first byte.
macro_rules! any_message {
    ($(#[$about:meta])* $any:ident { $( $name:ident, )* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum $any { $(
            #[doc = concat!("See [`", stringify!($name), "`].")]
            $name($name),
        )* }

        impl $any {
            /// The message that `bytes` are, all of them.
            ///
            /// # Errors
            ///
            /// [`CodecError::UnknownType`](crate::CodecError::UnknownType) when no message begins
            /// with that byte; any other error when the message is wrong.
            pub fn parse(bytes: &[u8]) -> Result<Self, $crate::CodecError> {
                $crate::message::InSteps::parse_in_steps(bytes)
            }

            /// Exactly how many bytes it takes.
            pub fn length(&self) -> usize {
                match self { $( Self::$name(it) => $crate::Message::length(it), )* }
            }

            /// Writes the message to the beginning of `out`, and says how many bytes it took.
            ///
            /// # Errors
            ///
            /// [`CodecError::NoRoom`](crate::CodecError::NoRoom) when `out` is shorter than
            /// [`length`](Self::length).
            pub fn emit(&self, out: &mut [u8]) -> Result<usize, $crate::CodecError> {
                match self { $( Self::$name(it) => $crate::Message::emit(it, out), )* }
            }
        }

        impl $crate::message::InSteps for $any {
            const HAS_TAILS: bool = $( <$name as $crate::Message>::HAS_TAIL )||*;

            #[inline]
            fn parse_fields(bytes: &[u8]) -> Result<Self, $crate::CodecError> {
                let Some(code) = bytes.first() else {
                    return Err($crate::CodecError::TooShort { needed: 1 });
                };
                match *code {
                    $( <$name as $crate::Message>::TYPE =>
                        $name::parse_fields(bytes).map(Self::$name), )*
                    unknown => Err($crate::CodecError::UnknownType(unknown)),
                }
            }

            #[inline]
            fn fill_tail(&mut self, bytes: &[u8]) -> Result<(), $crate::CodecError> {
                match self { $( Self::$name(it) => it.fill_tail(bytes), )* }
            }
        }

        $( impl From<$name> for $any {
            fn from(message: $name) -> Self {
                Self::$name(message)
            }
        } )*

        #[cfg(test)]
        impl $any {
            /// A message of each kind.
            pub(crate) fn samples(source: &mut $crate::sample::Source) -> alloc::vec::Vec<Self> {
                alloc::vec![$( Self::$name($crate::sample::Sample::sample(source)), )*]
            }
        }
    };
}

pub(crate) use {any_message, messages};
