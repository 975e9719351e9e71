//! Lets bytes be a snapshot with right checksums; it is refused, or a sound book.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tests::snapshot_judge::judge_bytes;

fuzz_target!(|bytes: &[u8]| judge_bytes(bytes));
