//! Lets bytes change a log, its blocks, records and headers; it is refused, or makes a sound book.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tests::log_judge::judge_log;

fuzz_target!(|bytes: &[u8]| {
    // Whether it is refused is no matter here.
    let _is_taken = judge_log(bytes);
});
