//! The scenario files, and which of their events need not be named.
#![expect(clippy::missing_panics_doc, reason = "what goes wrong in a test panics")]

use std::fs;
use std::path::{Path, PathBuf};

/// The project's own scenario files, by name.
pub fn own_files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/scenarios");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    files
}

/// The scenarios of other engines, where they are.
pub fn others_file() -> Option<PathBuf> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/scenarios/scenarios.json");
    file.exists().then_some(file)
}

/// Kinds of events that are compared only where the scenario names them, or is strict: leaving one
/// out leaves it open.
pub const QUIET: [&str; 9] = [
    "reduced",
    "mass_cancelled",
    "state_changed",
    "band_set",
    "clock_set",
    "day_ended",
    "session_limited",
    "instrument_defined",
    "configured",
];
