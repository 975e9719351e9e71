//! Values of every kind made of arbitrary bytes, for the properties.

use crate::alpha::{Alpha, AsciiNumber};
use crate::code::{Code, Open};
use crate::field::Field;
use crate::ouch::{Appendage, Element};
use crate::price::{Price4, Price8, SignedPrice4, WidePrice4};
use crate::time::{Seconds, Time48, Time64};

/// Arbitrary bytes, and zeros behind them.
pub(crate) struct Source {
    bytes: alloc::vec::IntoIter<u8>,
}

impl Source {
    pub(crate) fn new(bytes: alloc::vec::Vec<u8>) -> Self {
        Self { bytes: bytes.into_iter() }
    }

    fn byte(&mut self) -> u8 {
        self.bytes.next().unwrap_or_default()
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        core::array::from_fn(|_| self.byte())
    }

    /// One of some values.
    pub(crate) fn one_of<T: Copy>(&mut self, values: &[T]) -> T {
        values[usize::from(self.byte()) % values.len()]
    }
}

/// A value of arbitrary bytes, every value of its type among them.
pub(crate) trait Sample: Sized {
    fn sample(source: &mut Source) -> Self;
}

macro_rules! of_any_bytes {
    ($($kind:ty),*) => { $(
        impl Sample for $kind {
            fn sample(source: &mut Source) -> Self {
                Self::read(&source.array::<{ <$kind>::BYTES }>()).expect("any bytes will do")
            }
        }
    )* };
}

of_any_bytes!(u8, u16, u32, u64, Price4, WidePrice4, Price8, SignedPrice4);
of_any_bytes!(Seconds, Time48, Time64);

impl<const N: usize> Sample for Alpha<N> {
    fn sample(source: &mut Source) -> Self {
        let printable = source.array::<N>().map(|byte| b' ' + byte % 95);
        let text = &printable[..usize::from(source.byte()) % (N + 1)];
        Self::new(text).expect("printable")
    }
}

impl<const N: usize> Sample for AsciiNumber<N> {
    fn sample(source: &mut Source) -> Self {
        let number = u64::sample(source) >> (source.byte() % 64);
        Self::new(number).or_else(|| Self::new(number % 100_000)).expect("few digits")
    }
}

impl<E: Code<Raw: Sample> + Sample> Sample for Open<E> {
    fn sample(source: &mut Source) -> Self {
        if bool::sample(source) {
            E::sample(source).into()
        } else {
            Self::from_raw(Sample::sample(source))
        }
    }
}

impl Sample for bool {
    fn sample(source: &mut Source) -> Self {
        source.byte() % 2 == 1
    }
}

impl<T: Sample> Sample for Option<T> {
    fn sample(source: &mut Source) -> Self {
        bool::sample(source).then(|| T::sample(source))
    }
}

/// Any of the elements that are allowed, in any order, or all of them.
impl<const TAGS: u32> Sample for Appendage<TAGS> {
    fn sample(source: &mut Source) -> Self {
        let mut elements = Element::samples(source);
        let (turn, take) = (source.byte(), u32::sample(source));
        let take = if bool::sample(source) { u32::MAX } else { take };
        elements.rotate_left(usize::from(turn) % Element::TAGS.len());
        let mut appendage = Self::new();
        for element in elements {
            if TAGS & take & (1 << element.tag()) != 0 {
                appendage.push(element).expect("it is allowed, and there once");
            }
        }
        appendage
    }
}
