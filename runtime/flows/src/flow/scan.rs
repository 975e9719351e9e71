//! Finds a byte in text, eight bytes at a time.

/// Bytes looked at together.
const WORD_BYTES: usize = size_of::<u64>();
const LOW_BITS: u64 = 0x7f7f_7f7f_7f7f_7f7f;

/// Offset of the first `wanted` in `text`.
#[inline]
pub(super) fn find(text: &[u8], wanted: u8) -> Option<usize> {
    let (words, rest) = text.as_chunks::<WORD_BYTES>();
    for (at, word) in words.iter().enumerate() {
        let found = matches(*word, wanted);
        if found != 0 {
            return Some(at * WORD_BYTES + first(found));
        }
    }
    let in_rest = rest.iter().position(|byte| *byte == wanted)?;
    Some(words.len() * WORD_BYTES + in_rest)
}

/// Calls `each` with every offset of `wanted` in `text`, from the first on, until it returns false.
#[inline]
pub(super) fn find_each(text: &[u8], wanted: u8, mut each: impl FnMut(usize) -> bool) {
    let (words, rest) = text.as_chunks::<WORD_BYTES>();
    for (at, word) in words.iter().enumerate() {
        let mut found = matches(*word, wanted);
        while found != 0 {
            if !each(at * WORD_BYTES + first(found)) {
                return;
            }
            found &= found - 1;
        }
    }
    for (at, byte) in rest.iter().enumerate() {
        if *byte == wanted && !each(words.len() * WORD_BYTES + at) {
            return;
        }
    }
}

/// The top bit of every byte that equals `wanted`, and no other bit.
#[inline]
const fn matches(word: [u8; WORD_BYTES], wanted: u8) -> u64 {
    let difference = u64::from_le_bytes(word) ^ u64::from_le_bytes([wanted; WORD_BYTES]);
    // The addition carries into a byte's top bit unless its low bits are zero, and never beyond it.
    !(((difference & LOW_BITS) + LOW_BITS) | difference | LOW_BITS)
}

/// Which byte the lowest set bit is in, 0 to 7.
#[inline]
const fn first(found: u64) -> usize {
    (found.trailing_zeros() / u8::BITS) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_a_plain_search_finds() {
        let mut random = crate::random::Random::new(1, 1);
        for _ in 0..20_000 {
            let length = random.below(40);
            let text: Vec<u8> = (0..length)
                .map(|_| {
                    if random.below(4) == 0 { random.byte() } else { b',' ^ (random.byte() & 0x81) }
                })
                .collect();
            assert_eq!(find(&text, b','), text.iter().position(|byte| *byte == b','));
            let mut found = Vec::new();
            find_each(&text, b',', |at| {
                found.push(at);
                found.len() < 5
            });
            let expected = text.iter().enumerate().filter(|(_, byte)| **byte == b',');
            let expected: Vec<usize> = expected.map(|(at, _)| at).take(5).collect();
            assert_eq!(found, expected);
        }
    }
}
