//! A broken invariant: the one way a book ends when its own links contradict each other, which is
//! our bug and never a client's doing.

/// Aborts what the book is doing: `broken` names what could not be.
///
/// # Panics
///
/// Always.
#[cold]
#[inline(never)]
pub(super) fn broken_invariant(broken: &str) -> ! {
    unreachable!("the book contradicts itself: {broken}")
}
