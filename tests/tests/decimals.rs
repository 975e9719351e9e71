//! Decimal prices are exact: text to ticks and back is the identity, and what is not exact is
//! refused.

use highwater::limits::PRICE_MAX;
use highwater::types::Ticks;
use highwater_engine::decimals::{DecimalFault, DecimalPrice, Decimals};
use proptest::prelude::*;

fn written(ticks: u32, decimals: Decimals) -> String {
    let mut text = Vec::new();
    decimals.push_price(&mut text, Ticks(ticks));
    String::from_utf8(text).expect("digits and a point")
}

/// The number that a text says, in units of 10^-18, by another way: whole numbers as text.
fn scaled(text: &str) -> u128 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{fraction:0<18}").parse().expect("digits")
}

proptest! {
    #[test]
    fn ticks_to_text_and_back_are_the_same(ticks in 0..=PRICE_MAX, digits in 0u8..=9) {
        let decimals = Decimals::new(digits).expect("at most 9");
        let text = written(ticks, decimals);
        prop_assert_eq!(DecimalPrice::ticks_of(text.as_bytes(), decimals), Ok(Ticks(ticks)));
        prop_assert_eq!(scaled(&text), u128::from(ticks) * 10u128.pow(18 - u32::from(digits)));
        let longer = if text.contains('.') { text + "000" } else { text + ".000" };
        prop_assert_eq!(DecimalPrice::ticks_of(longer.as_bytes(), decimals), Ok(Ticks(ticks)));
    }

    #[test]
    fn a_text_is_its_exact_ticks_or_refused(
        text in "[0-9]{1,12}(\\.[0-9]{1,12})?",
        digits in 0u8..=9,
    ) {
        let decimals = Decimals::new(digits).expect("at most 9");
        let per_tick = 10u128.pow(18 - u32::from(digits));
        let number = scaled(&text);
        let is_whole = number.is_multiple_of(per_tick);
        let is_low = number <= u128::from(PRICE_MAX) * per_tick;
        match DecimalPrice::ticks_of(text.as_bytes(), decimals) {
            Ok(Ticks(ticks)) => prop_assert_eq!(u128::from(ticks) * per_tick, number),
            Err(DecimalFault::TooFine(_)) => prop_assert!(!is_whole),
            Err(DecimalFault::TooHigh(_)) => prop_assert!(!is_low),
            Err(DecimalFault::NoDecimal) => prop_assert!(false, "{} is a decimal", text),
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
        let _either = DecimalPrice::ticks_of(&bytes, Decimals::DEFAULT);
    }
}
