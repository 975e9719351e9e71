//! Decimal prices are exact: text to ticks and back is the identity, and what is not exact is
//! refused.

use highwater::decimal::DecimalFault;
use highwater::limits::PRICE_MAX;
use highwater::types::{PriceDecimals, Ticks};
use highwater_engine::decimals::push_decimal;
use proptest::prelude::*;

fn written(ticks: u32, decimals: PriceDecimals) -> String {
    let mut text = Vec::new();
    push_decimal(&mut text, Ticks(ticks), decimals);
    String::from_utf8(text).expect("digits and a point")
}

/// The number that a text says, in units of 10^-18, by another way: whole numbers as text.
fn scaled(text: &str) -> u128 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{fraction:0<18}").parse().expect("digits")
}

/// Any ticks, the extreme ones often.
fn ticks() -> impl Strategy<Value = u32> {
    prop_oneof![
        0..=PRICE_MAX,
        0..=20u32,
        (PRICE_MAX - 20)..=PRICE_MAX,
        (0u32..=9).prop_map(|power| 10u32.pow(power)),
        (1u32..=9).prop_map(|power| 10u32.pow(power) - 1),
    ]
}

proptest! {
    #[test]
    fn ticks_to_text_and_back_are_the_same(ticks in ticks(), digits in 0u8..=9) {
        let decimals = PriceDecimals(digits);
        let text = written(ticks, decimals);
        prop_assert_eq!(decimals.ticks(&text), Ok(Ticks(ticks)));
        prop_assert_eq!(decimals.price(Ticks(ticks)).to_string(), &*text);
        prop_assert_eq!(scaled(&text), u128::from(ticks) * 10u128.pow(18 - u32::from(digits)));
        let behind = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        prop_assert_eq!(behind, usize::from(digits));
        let longer = if text.contains('.') { text + "000" } else { text + ".000" };
        prop_assert_eq!(decimals.ticks(longer), Ok(Ticks(ticks)));
    }

    /// A price of one instrument is that of another exactly, or refused.
    #[test]
    fn other_decimals_keep_the_number_or_refuse_it(
        ticks in ticks(),
        from in 0u8..=9,
        to in 0u8..=9,
    ) {
        let [from, to] = [from, to].map(PriceDecimals);
        let price = from.price(Ticks(ticks));
        let text = price.to_string();
        prop_assert_eq!(price.ticks(to), to.ticks(&text));
        if let Ok(found) = price.ticks(to) {
            prop_assert_eq!(scaled(&to.price(found).to_string()), scaled(&text));
        }
    }

    #[test]
    fn a_text_is_its_exact_ticks_or_refused(
        text in "[0-9]{1,12}(\\.[0-9]{1,12})?",
        digits in 0u8..=9,
    ) {
        let decimals = PriceDecimals(digits);
        let per_tick = 10u128.pow(18 - u32::from(digits));
        let number = scaled(&text);
        let is_whole = number.is_multiple_of(per_tick);
        let is_low = number <= u128::from(PRICE_MAX) * per_tick;
        match decimals.ticks(&text) {
            Ok(Ticks(ticks)) => prop_assert_eq!(u128::from(ticks) * per_tick, number),
            Err(DecimalFault::TooFine(_)) => prop_assert!(!is_whole),
            Err(DecimalFault::TooHigh(_)) => prop_assert!(!is_low),
            Err(DecimalFault::NoDecimal) => prop_assert!(false, "{} is a decimal", text),
        }
    }

    #[test]
    fn no_bytes_make_it_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..40),
        digits in any::<u8>(),
        ticks in any::<u32>(),
    ) {
        let decimals = PriceDecimals(digits);
        let _either = decimals.ticks(&bytes);
        let _text = decimals.price(Ticks(ticks)).to_string();
    }
}
