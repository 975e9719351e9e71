//! The folder of shared data, which may be absent.
#![expect(clippy::missing_panics_doc, reason = "what goes wrong in a test panics")]

use flate2::read::MultiGzDecoder;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The folder; `None`, and a line that says so, where it is absent.
pub fn shared() -> Option<PathBuf> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    if shared.join("data").is_dir() {
        return Some(fs::canonicalize(shared).unwrap());
    }
    println!("skipped: there is no shared data in {}", shared.display());
    None
}

/// The text of a gzip file.
pub fn gunzip(path: &Path) -> String {
    let mut text = String::new();
    MultiGzDecoder::new(File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text
}
