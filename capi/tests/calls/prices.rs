//! Prices as text: there and back, and what is refused.

use core::ffi::{CStr, c_char};
use core::ptr;
use highwater_capi::{HW_PRICE_BYTES, HwStatus, hw_error_text, hw_price_text, hw_price_ticks};

fn text_of(price: u32, decimals: u8) -> String {
    let mut text = [1; HW_PRICE_BYTES];
    // SAFETY: as much room as is said.
    let status = unsafe { hw_price_text(price, decimals, text.as_mut_ptr(), text.len()) };
    assert_eq!(status, HwStatus::Ok);
    // SAFETY: it was written with its zero.
    unsafe { CStr::from_ptr(text.as_ptr()) }.to_str().unwrap().to_owned()
}

fn ticks_of(text: &CStr, decimals: u8) -> Result<u32, HwStatus> {
    let mut price = 77;
    // SAFETY: a text with its zero, and room for a number.
    let status = unsafe { hw_price_ticks(text.as_ptr(), decimals, &raw mut price) };
    if status == HwStatus::Ok {
        return Ok(price);
    }
    assert_eq!(price, 77, "nothing is written");
    Err(status)
}

#[test]
fn prices_are_text_and_ticks_exactly() {
    assert_eq!(text_of(10_150, 2), "101.50");
    assert_eq!(text_of(5, 0), "5");
    assert_eq!(text_of(u32::MAX, 9), "4.294967295");
    assert_eq!(ticks_of(c"101.5", 2), Ok(10_150));
    assert_eq!(ticks_of(c"2147483647", 0), Ok(2_147_483_647));
    for decimals in 0..=9 {
        for price in [1, 9, 10, 12_345, 2_147_483_647] {
            let text = std::ffi::CString::new(text_of(price, decimals)).unwrap();
            assert_eq!(ticks_of(&text, decimals), Ok(price));
        }
    }
}

#[test]
fn what_is_no_price_is_refused() {
    for text in [c"", c".", c"1.", c".5", c"-1", c"+1", c" 1", c"1e3", c"1.255", c"21474836.48"] {
        assert_eq!(ticks_of(text, 2), Err(HwStatus::BadPrice), "{text:?}");
    }
    assert_eq!(ticks_of(c"1", 10), Err(HwStatus::BadConfig));
    let mut text: [c_char; HW_PRICE_BYTES] = [0; HW_PRICE_BYTES];
    let mut refused = |decimals, text_bytes| {
        // SAFETY: no more room is named than there is.
        unsafe { hw_price_text(1, decimals, text.as_mut_ptr(), text_bytes) }
    };
    assert_eq!(refused(2, HW_PRICE_BYTES - 1), HwStatus::TooSmall);
    assert_eq!(refused(10, HW_PRICE_BYTES), HwStatus::BadConfig);
    // SAFETY: null is allowed.
    let nowhere = unsafe { hw_price_text(1, 2, ptr::null_mut(), HW_PRICE_BYTES) };
    let mut price = 0;
    // SAFETY: null is allowed.
    let nothing = unsafe { hw_price_ticks(ptr::null(), 2, &raw mut price) };
    // SAFETY: null is allowed.
    let lost = unsafe { hw_price_ticks(c"1".as_ptr(), 2, ptr::null_mut()) };
    assert_eq!([nowhere, nothing, lost], [HwStatus::Null; 3]);
    let sentence = hw_error_text(HwStatus::BadPrice as i32);
    // SAFETY: static text with its zero.
    assert!(unsafe { CStr::from_ptr(sentence) }.to_str().unwrap().contains("12.34"));
}
