//! Pointers of the host: looked at before they are followed.

use crate::status::HwStatus;

/// What a pointer of the host points at.
///
/// # Errors
/// For one that is null or not aligned.
///
/// # Safety
/// Any other points at a `T` that stays and is not written as long as the reference is used.
pub(crate) unsafe fn borrow<'a, T>(pointer: *const T) -> Result<&'a T, HwStatus> {
    check(pointer)?;
    // SAFETY: it is neither null nor misaligned, and the caller guarantees the rest.
    Ok(unsafe { &*pointer })
}

/// Writes a value where the host wants it.
///
/// # Errors
/// For a pointer that is null or not aligned.
///
/// # Safety
/// Any other points at room for a `T` that nobody else uses now.
pub(crate) unsafe fn put<T>(pointer: *mut T, value: T) -> Result<(), HwStatus> {
    check(pointer)?;
    // SAFETY: it is neither null nor misaligned, and the caller guarantees the rest.
    unsafe { pointer.write(value) };
    Ok(())
}

/// Looks at a pointer without following it.
pub(crate) fn check<T>(pointer: *const T) -> Result<(), HwStatus> {
    if pointer.is_null() {
        return Err(HwStatus::Null);
    }
    if !pointer.is_aligned() {
        return Err(HwStatus::BadStruct);
    }
    Ok(())
}

/// How a call ended that may have gone wrong.
pub(crate) fn status_of(result: Result<HwStatus, HwStatus>) -> HwStatus {
    result.unwrap_or_else(|wrong| wrong)
}
