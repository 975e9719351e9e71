//! A value alone on its cache lines, so that two threads that write neighbours do not slow each
//! other down.

use core::ops::Deref;

/// Keeps `T` alone on 128 bytes: x86_64 prefetches cache lines in pairs, Apple Silicon's are that
/// long.
#[derive(Debug, Default)]
#[repr(align(128))]
pub struct Padded<T>(T);

const _: () = assert!(align_of::<Padded<u8>>() == crate::limits::CACHE_LINE_BYTES);

impl<T> Padded<T> {
    /// Puts `value` on lines of its own.
    pub const fn new(value: T) -> Self {
        Self(value)
    }
}

impl<T> Deref for Padded<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
