//! Bytes written by hand from the layouts of the protocols: each message is exactly these.

mod codes;
mod feed;
mod orders;
mod others;
mod packets;

use core::fmt::Debug;
use highwater_protocols::{Alpha, CodecError, ouch};

/// The bytes of some hexadecimal digits; `'AB` stands for the letters themselves.
pub(crate) fn bytes(text: &str) -> Vec<u8> {
    let byte = |digits: &str| u8::from_str_radix(digits, 16).expect("two digits");
    text.split_whitespace()
        .flat_map(|word| match word.strip_prefix('\'') {
            Some(letters) => letters.replace('_', " ").into_bytes(),
            None => (0..word.len()).step_by(2).map(|at| byte(&word[at..at + 2])).collect(),
        })
        .collect()
}

/// A message is these bytes, and these bytes are the message.
pub(crate) fn check<M: PartialEq + Debug>(
    message: M,
    golden: &str,
    parse: impl Fn(&[u8]) -> Result<M, CodecError>,
    emit: impl Fn(&M, &mut [u8]) -> Result<usize, CodecError>,
) {
    let golden = bytes(golden);
    let mut out = [0; ouch::MESSAGE_BYTES_MAX];
    let length = emit(&message, &mut out).expect("there is room");
    assert_eq!(out[..length], golden, "{message:02X?}");
    assert_eq!(parse(&golden), Ok(message));
}

pub(crate) fn alpha<const N: usize>(text: &str) -> Alpha<N> {
    Alpha::new(text.as_bytes()).expect("it fits")
}
