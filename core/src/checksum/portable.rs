//! CRC-32C by tables: right on every processor.

use crc::{CRC_32_ISCSI, Crc, Table};

/// CRC-32C as of iSCSI (RFC 3720, appendix B.4): finds every error of up to three bits in a block.
static CRC_32C: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISCSI);

/// The register after `bytes`, which was `register` before.
pub(super) fn update(register: u32, bytes: &[u8]) -> u32 {
    // The package takes a register as it comes from the wire, and gives its complement back.
    let mut digest = CRC_32C.digest_with_initial(register.reverse_bits());
    digest.update(bytes);
    !digest.finalize()
}
