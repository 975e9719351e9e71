//! Cuts the typed arrays of a book out of one piece of plain bytes, without unsafe code.

use bytemuck::Pod;

/// Every array starts on a cache line.
pub(in crate::book) const ALIGN_BYTES: usize = 64;

/// What is left of the memory that arrays are cut from.
pub(in crate::book) struct Memory<'m>(&'m mut [u8]);

impl<'m> Memory<'m> {
    /// All of `bytes`, from the first cache line that starts in it.
    pub(in crate::book) fn new(bytes: &'m mut [u8]) -> Self {
        let skipped = bytes.as_ptr().align_offset(ALIGN_BYTES).min(bytes.len());
        let (_, aligned) = bytes.split_at_mut(skipped);
        Self(aligned)
    }

    /// Cuts off the next array of `count` entries, which are as the host gave them: all zero.
    pub(in crate::book) fn cut<T: Pod>(&mut self, count: usize) -> Option<&'m mut [T]> {
        let rest = core::mem::take(&mut self.0);
        let (array, rest) = rest.split_at_mut_checked(array_bytes::<T>(count))?;
        self.0 = rest;
        let entries = array.get_mut(..count.checked_mul(size_of::<T>())?)?;
        bytemuck::try_cast_slice_mut(entries).ok()
    }
}

/// Room that an array of `count` entries takes, up to the next cache line; saturates.
pub(in crate::book) const fn array_bytes<T>(count: usize) -> usize {
    count.saturating_mul(size_of::<T>()).saturating_add(ALIGN_BYTES - 1) & !(ALIGN_BYTES - 1)
}

/// Makes the first `count` entries zeros again.
pub(in crate::book) fn zero<T: Pod>(entries: &mut [T], count: usize) {
    entries.iter_mut().take(count).for_each(|entry| *entry = T::zeroed());
}

/// Makes `ours`, of which the first `our_count` entries may be other than zero, the same as
/// `theirs`, of which the first `their_count` may be.
pub(in crate::book) fn copy<T: Pod>(
    ours: &mut [T],
    our_count: usize,
    theirs: &[T],
    their_count: usize,
) {
    let both = ours.iter_mut().zip(theirs);
    both.take(their_count).for_each(|(our, their)| *our = *their);
    let rest = ours.iter_mut().take(our_count).skip(their_count);
    rest.for_each(|entry| *entry = T::zeroed());
}
