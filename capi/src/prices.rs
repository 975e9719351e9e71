//! Prices as decimal text: to ticks and back, exactly or not at all.

use crate::pointer::{put, status_of};
use crate::status::HwStatus;
use arrayvec::ArrayString;
use core::ffi::{CStr, c_char};
use core::fmt::Write;
use highwater::limits::PRICE_DECIMALS_MAX;
use highwater::types::{PriceDecimals, Ticks};

/// Bytes that every price as text has room in, its final zero included.
pub const HW_PRICE_BYTES: usize = 16;

/// Writes a price of an instrument with so many `decimals`, 0 to 9, and a final zero.
///
/// `101.50` is 10150 ticks with 2. `HW_STATUS_TOO_SMALL` when `text_bytes` is below
/// `HW_PRICE_BYTES`, `HW_STATUS_BAD_CONFIG` above 9 decimals.
///
/// # Safety
/// `text` has room for `text_bytes` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hw_price_text(
    price: u32,
    decimals: u8,
    text: *mut c_char,
    text_bytes: usize,
) -> HwStatus {
    if text.is_null() {
        return HwStatus::Null;
    }
    if text_bytes < HW_PRICE_BYTES {
        return HwStatus::TooSmall;
    }
    if decimals > PRICE_DECIMALS_MAX {
        return HwStatus::BadConfig;
    }
    let mut written = ArrayString::<HW_PRICE_BYTES>::new();
    let price = PriceDecimals(decimals).price(Ticks(price));
    write!(written, "{price}\0").expect("ten digits, a zero and a point fit");
    // SAFETY: there is room for `HW_PRICE_BYTES`, and `written` has no more.
    unsafe { text.copy_from_nonoverlapping(written.as_ptr().cast(), written.len()) };
    HwStatus::Ok
}

/// Reads a price of an instrument with so many `decimals`, 0 to 9, in ticks.
///
/// `HW_STATUS_BAD_PRICE` unless the text is digits, with or without a point between them, that are
/// a whole number of ticks within the range of prices. `HW_STATUS_BAD_CONFIG` above 9 decimals.
///
/// # Safety
/// `text` ends with a zero byte; `price` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hw_price_ticks(
    text: *const c_char,
    decimals: u8,
    price: *mut u32,
) -> HwStatus {
    if text.is_null() {
        return HwStatus::Null;
    }
    if decimals > PRICE_DECIMALS_MAX {
        return HwStatus::BadConfig;
    }
    // SAFETY: it is not null, and the host guarantees the zero byte.
    let text = unsafe { CStr::from_ptr(text) };
    let Ok(ticks) = PriceDecimals(decimals).ticks(text.to_bytes()) else {
        return HwStatus::BadPrice;
    };
    // SAFETY: the host guarantees that it may be written, unless it is null or misaligned.
    let written = unsafe { put(price, ticks.0) };
    status_of(written.map(|()| HwStatus::Ok))
}
