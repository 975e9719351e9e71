//! Checksums of a record's and of a block's bytes, ours and others, in one run.

#![expect(missing_docs, reason = "criterion_group! makes a public function")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use highwater::checksum::checksum;
use std::hint::black_box;

/// How many bytes: what a New is checked by, and what a block is.
const LENGTHS: [usize; 2] = [60, 4_088];

fn side_by_side(criterion: &mut Criterion) {
    let tables = crc::Crc::<u32, crc::Table<16>>::new(&crc::CRC_32_ISCSI);
    for length in LENGTHS {
        let bytes: Vec<u8> = (0..length).map(|index| index.to_le_bytes()[0]).collect();
        let mut group = criterion.benchmark_group(format!("checksum/{length}"));
        group.throughput(Throughput::Bytes(length as u64));
        let mut add = |name: &str, sum: &dyn Fn(&[u8]) -> u32| {
            assert_eq!(sum(&bytes), checksum(&[&bytes]), "{name} computes CRC-32C");
            group.bench_function(name, |bencher| bencher.iter(|| sum(black_box(&bytes))));
        };
        add("highwater", &|bytes| checksum(&[bytes]));
        add("crc32c", &crc32c::crc32c);
        add("crc-fast", &|bytes| crc_fast::crc32_iscsi(bytes));
        add("crc", &|bytes| tables.checksum(bytes));
        group.finish();
    }
}

criterion_group!(benches, side_by_side);
criterion_main!(benches);
