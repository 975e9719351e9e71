//! Asks the processor to fetch cache lines that will be needed soon; changes nothing.

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

/// Fetches all lines of `place`, which will be written, where the processor can be asked: from
/// another core that had them too, so that the store need not wait for them. Else does nothing.
///
/// It is an instruction and not the compiler's hint, which some compilers make a fetch for reading
/// of: that leaves the line shared, and the store waits as before.
#[inline(always)]
#[expect(clippy::inline_always, reason = "it is an instruction a line")]
pub(crate) fn prefetch_for_writing<T>(place: &T) {
    let place = core::ptr::from_ref(place).cast::<u8>();
    for line in 0..size_of::<T>().div_ceil(LINE_BYTES) {
        fetch_line_for_writing(place.wrapping_add(line * LINE_BYTES));
    }
}

/// Bytes that are fetched together, at least.
const LINE_BYTES: usize = 64;

/// Not under an interpreter, which has no such instruction.
#[inline(always)]
#[expect(clippy::inline_always, reason = "it is one instruction")]
fn fetch_line_for_writing(place: *const u8) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    // SAFETY: a processor of x86_64 without the instruction does nothing, and it may be given any
    // address (AMD64 Architecture Programmer's Manual, volume 3, PREFETCHW).
    unsafe {
        core::arch::asm!(
            "prefetchw [{place}]",
            place = in(reg) place,
            options(readonly, nostack, preserves_flags)
        );
    }
    #[cfg(all(target_arch = "aarch64", not(miri)))]
    // SAFETY: the instruction is a hint that may be given any address, and changes nothing.
    unsafe {
        core::arch::asm!(
            "prfm pstl1keep, [{place}]",
            place = in(reg) place,
            options(readonly, nostack, preserves_flags)
        );
    }
    #[cfg(any(miri, not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
    let _ = place;
}
