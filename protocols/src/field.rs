//! Fields: values that take a fixed number of bytes.

/// A value that takes a fixed number of bytes in a message.
pub trait Field: Copy {
    /// Bytes that it takes.
    const BYTES: usize;

    /// The value in the first bytes of `bytes`; `None` when there are too few, or when they say
    /// nothing that the field can be.
    fn read(bytes: &[u8]) -> Option<Self>;

    /// Writes the value to the first bytes of `out`; `None` when there are too few.
    fn write(self, out: &mut [u8]) -> Option<()>;
}

/// Writes `bytes` to the beginning of `out`.
#[inline]
pub(crate) fn put<const N: usize>(bytes: [u8; N], out: &mut [u8]) -> Option<()> {
    *out.first_chunk_mut()? = bytes;
    Some(())
}

macro_rules! numbers {
    ($($number:ty),*) => { $(
        #[expect(clippy::big_endian_bytes, reason = "the protocols' numbers are big-endian")]
        impl Field for $number {
            const BYTES: usize = size_of::<$number>();

            #[inline]
            fn read(bytes: &[u8]) -> Option<Self> {
                bytes.first_chunk().map(|bytes| Self::from_be_bytes(*bytes))
            }

            #[inline]
            fn write(self, out: &mut [u8]) -> Option<()> {
                put(self.to_be_bytes(), out)
            }
        }
    )* };
}

numbers!(u8, u16, u32, u64, i32);
