//! Asks the processor to fetch a cache line that will be needed soon; changes nothing.

#![cfg_attr(
    any(target_arch = "x86_64", target_arch = "aarch64"),
    expect(unsafe_code, reason = "the processor's instruction takes an address")
)]

/// Fetches the first line of `place` where the processor can be asked; else does nothing.
#[inline(always)]
#[expect(clippy::inline_always, reason = "it is one instruction")]
pub(crate) fn prefetch<T>(place: &T) {
    let place = core::ptr::from_ref(place);
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86_64 processor has the instruction, and it may be given any address.
    unsafe {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(place.cast());
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: the instruction is a hint that may be given any address, and changes nothing.
    unsafe {
        core::arch::asm!(
            "prfm pldl1keep, [{place}]",
            place = in(reg) place,
            options(readonly, nostack, preserves_flags)
        );
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let _ = place;
}
