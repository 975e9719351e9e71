//! Compressed files, and the files in an archive.

use flate2::read::GzDecoder;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Bytes of a block of an archive: a header, or a part of a file.
const BLOCK_BYTES: usize = 512;

/// What is in a file of gzip.
pub(crate) fn unpacked(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let file = File::open(path).expect("it can be read");
    GzDecoder::new(file).read_to_end(&mut bytes).expect("it is compressed");
    bytes
}

/// The names and the contents of the files in a tar archive.
pub(crate) fn files_in(archive: &[u8]) -> Vec<(String, Vec<u8>)> {
    let (mut rest, mut found) = (archive, Vec::new());
    while let Some((header, behind)) = rest.split_at_checked(BLOCK_BYTES)
        && header[0] != 0
    {
        let bytes = number(&header[124..136]);
        // The folder of a long name stands in a field of its own.
        let (folder, name) = (text(&header[345..500]), text(&header[..100]));
        found.push((format!("{folder}/{name}"), behind[..bytes].to_vec()));
        rest = &behind[bytes.next_multiple_of(BLOCK_BYTES)..];
    }
    assert!(!found.is_empty(), "an archive of files");
    found
}

fn text(field: &[u8]) -> String {
    let bytes = field.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(bytes).into_owned()
}

/// A number in octal digits.
fn number(field: &[u8]) -> usize {
    usize::from_str_radix(text(field).trim(), 8).expect("octal digits")
}
