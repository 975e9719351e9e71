//! Drives bytes as commands through the book and the naive book; they must not differ.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tests::comparison::compare_bytes;
use tests::naive_book::Flaw;

fuzz_target!(|bytes: &[u8]| {
    if let Err(difference) = compare_bytes(bytes, Flaw::Nothing) {
        panic!("{difference}");
    }
});
