//! Numbers as decimal text, appended to a buffer without a detour through the formatting machinery,
//! and the words that several outputs share.

use highwater::types::Side;

/// Appends `number` in decimal.
pub fn push_number(text: &mut Vec<u8>, number: u64) {
    text.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// The side as it is written in files.
pub const fn side_name(side: Side) -> &'static str {
    match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    }
}

#[cfg(test)]
mod tests {
    use super::push_number;

    #[test]
    fn writes_what_display_writes() {
        for number in [0, 1, 9, 10, 99, 100, 12_345, u64::from(u32::MAX), u64::MAX - 1, u64::MAX] {
            let mut text = b"<".to_vec();
            push_number(&mut text, number);
            assert_eq!(String::from_utf8(text).unwrap(), format!("<{number}"));
        }
    }
}
