//! What a log remembers of its flow, so that another flow is not taken for it: a name and a hash of
//! the head.
//!
//! The head is measured in bytes of decompressed text. A later look at the same flow hashes exactly
//! as many bytes as are remembered, so a flow that has grown since is still the same flow, and one
//! that is shorter than its remembered head is another.

use highwater::command::FlowIdentity;
use highwater::limits::FLOW_NAME_BYTES_MAX;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Most bytes of a flow's head that are hashed.
pub const HEAD_BYTES_MAX: usize = 64 << 10;

/// How a flow compares with the one that a log remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowMatch {
    /// Name and head are the same.
    Same,
    /// The head is the same under another name: a copy, or a file and a pipe of it.
    OtherName,
    /// The head differs, or the flow is shorter than it.
    OtherHead,
}

/// The identity of a flow called `file` (a path, or `-`) that begins with `head`.
///
/// # Panics
///
/// When `head` is longer than [`HEAD_BYTES_MAX`].
pub fn identity_of(file: impl AsRef<Path>, head: &[u8]) -> FlowIdentity {
    assert!(head.len() <= HEAD_BYTES_MAX, "a head is at most 64 KiB");
    FlowIdentity {
        name: name_of(file),
        head_bytes: u32::try_from(head.len()).unwrap_or(u32::MAX),
        head_hash: hash_of(head),
    }
}

/// Compares `remembered` with the flow called `file` that begins with `head`.
///
/// `head` may be longer than the remembered one; what is beyond is not looked at.
pub fn compare(remembered: &FlowIdentity, file: impl AsRef<Path>, head: &[u8]) -> FlowMatch {
    let bytes = usize::try_from(remembered.head_bytes).unwrap_or(usize::MAX);
    let is_same_head = head.get(..bytes).map(hash_of) == Some(remembered.head_hash);
    match (is_same_head, remembered.name == name_of(file)) {
        (true, true) => FlowMatch::Same,
        (true, false) => FlowMatch::OtherName,
        (false, _) => FlowMatch::OtherHead,
    }
}

/// A remembered name as people read it, without the padding.
pub fn shown_name(identity: &FlowIdentity) -> String {
    let name = identity.name.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(name).into_owned()
}

/// The last component of a path without `.gz`, of that the last 32 bytes, whatever they are, padded
/// with zeros.
pub fn name_of(file: impl AsRef<Path>) -> [u8; FLOW_NAME_BYTES_MAX] {
    let file = file.as_ref().as_os_str().as_bytes();
    let last = file.rsplit(|byte| *byte == b'/').find(|part| !part.is_empty()).unwrap_or(file);
    let name = last.strip_suffix(b".gz").unwrap_or(last);
    let kept = &name[name.len().saturating_sub(FLOW_NAME_BYTES_MAX)..];
    let mut padded = [0; FLOW_NAME_BYTES_MAX];
    padded[..kept.len()].copy_from_slice(kept);
    padded
}

/// FNV-1a with 64 bits (Fowler, Noll, Vo): it tells flows apart by mistake, not by malice.
pub fn hash_of(bytes: &[u8]) -> u64 {
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    bytes.iter().fold(BASIS, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;

    #[test]
    fn hashes_as_published() {
        assert_eq!(hash_of(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(hash_of(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(hash_of(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn a_name_is_the_end_of_the_last_component() {
        let shown = |file: &str| shown_name(&identity_of(file, b""));
        assert_eq!(shown("-"), "-");
        assert_eq!(shown("/a/b/day.flow.csv.gz"), "day.flow.csv");
        assert_eq!(shown("day.csv"), "day.csv");
        assert_eq!(shown("dir/"), "dir");
        let long = "x".repeat(10) + &"y".repeat(32);
        assert_eq!(shown(&long), "y".repeat(32));
    }

    #[test]
    fn a_name_may_be_any_bytes() {
        let name = |bytes: &[u8]| name_of(OsStr::from_bytes(bytes));
        assert_eq!(name(b"dir/\xff\xfe.csv.gz")[..7], *b"\xff\xfe.csv\0");
        assert_ne!(name(b"\xff.csv"), name(b"\xfe.csv"));
        let remembered = identity_of(OsStr::from_bytes(b"\xff.csv"), b"");
        assert_eq!(shown_name(&remembered), "\u{fffd}.csv");
    }

    #[test]
    fn a_flow_that_grew_is_the_same_and_a_shorter_one_is_not() {
        let remembered = identity_of("a.csv", b"header\nline 1\n");
        let matches = |file, head: &[u8]| compare(&remembered, file, head);
        assert_eq!(matches("a.csv", b"header\nline 1\n"), FlowMatch::Same);
        assert_eq!(matches("x/a.csv.gz", b"header\nline 1\nline 2\n"), FlowMatch::Same);
        assert_eq!(matches("b.csv", b"header\nline 1\nline 2\n"), FlowMatch::OtherName);
        assert_eq!(matches("a.csv", b"header\nline 1"), FlowMatch::OtherHead);
        assert_eq!(matches("a.csv", b"header\nline 2\n"), FlowMatch::OtherHead);
        assert_eq!(matches("a.csv", b""), FlowMatch::OtherHead);
    }
}
