//! Code letters: enumerations that a field may hold, and fields that may hold other letters too.

use crate::field::Field;
use core::fmt;
use core::marker::PhantomData;

/// An enumeration whose values are letters or numbers in a message.
pub trait Code: Copy + Eq + fmt::Debug {
    /// What stands in the message: `u8` or `u16`.
    type Raw: Field + Eq + fmt::Debug;

    /// The value with this code; `None` when there is none.
    fn from_raw(raw: Self::Raw) -> Option<Self>;

    /// Its code.
    fn raw(self) -> Self::Raw;
}

/// A field with a code of `E`, or with one that is not listed there.
///
/// Venues add letters to some lists without a new version of the protocol. A message with such a
/// letter is still a good one; [`known`](Self::known) says `None`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Open<E: Code> {
    raw: E::Raw,
    of: PhantomData<E>,
}

impl<E: Code> Open<E> {
    /// The field with any code.
    pub const fn from_raw(raw: E::Raw) -> Self {
        Self { raw, of: PhantomData }
    }

    /// The value; `None` when the code is not listed.
    pub fn known(self) -> Option<E> {
        E::from_raw(self.raw)
    }

    /// The code as it stands in the message.
    pub const fn raw(self) -> E::Raw {
        self.raw
    }
}

impl<E: Code> From<E> for Open<E> {
    fn from(known: E) -> Self {
        Self::from_raw(known.raw())
    }
}

impl<E: Code> Field for Open<E> {
    const BYTES: usize = E::Raw::BYTES;

    #[inline]
    fn read(bytes: &[u8]) -> Option<Self> {
        E::Raw::read(bytes).map(Self::from_raw)
    }

    #[inline]
    fn write(self, out: &mut [u8]) -> Option<()> {
        self.raw.write(out)
    }
}

impl<E: Code> fmt::Debug for Open<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.known() {
            Some(known) => known.fmt(f),
            None => f.debug_tuple("Unlisted").field(&self.raw).finish(),
        }
    }
}

/// Makes an enumeration of codes, and a field of it that holds no others.
macro_rules! codes {
    ($(
        $(#[$about:meta])*
        $name:ident: $raw:ty { $( $(#[$doc:meta])* $variant:ident = $code:literal, )* }
    )*) => { $(
        $(#[$about])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        // In memory as in the message, so that nothing is looked up in a table.
        #[repr($raw)]
        pub enum $name { $(
            $(#[$doc])*
            #[doc = concat!(" (`", stringify!($code), "`)")]
            $variant = $code,
        )* }

        impl $name {
            /// Every value, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
        }

        impl $crate::Code for $name {
            type Raw = $raw;

            #[inline]
            fn from_raw(raw: $raw) -> Option<Self> {
                match raw { $( $code => Some(Self::$variant), )* _ => None }
            }

            #[inline]
            fn raw(self) -> $raw {
                match self { $( Self::$variant => $code, )* }
            }
        }

        impl $crate::Field for $name {
            const BYTES: usize = <$raw as $crate::Field>::BYTES;

            #[inline]
            fn read(bytes: &[u8]) -> Option<Self> {
                <$raw as $crate::Field>::read(bytes).and_then(<Self as $crate::Code>::from_raw)
            }

            #[inline]
            fn write(self, out: &mut [u8]) -> Option<()> {
                <$raw as $crate::Field>::write(<Self as $crate::Code>::raw(self), out)
            }
        }

        #[cfg(test)]
        impl $crate::sample::Sample for $name {
            fn sample(source: &mut $crate::sample::Source) -> Self {
                source.one_of(Self::ALL)
            }
        }
    )* };
}

pub(crate) use codes;

codes! {
    /// Yes or no.
    YesNo: u8 {
        /// Yes.
        Yes = b'Y',
        /// No.
        No = b'N',
    }
}
