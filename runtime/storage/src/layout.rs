//! The names in a data directory, and the steps on files that need no system call of their own.

use highwater::types::{SegmentNumber, Sequence};
use highwater_platform::Platform;
use std::ffi::OsStr;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

/// Digits of a segment's number in its file name.
const DIGITS: usize = 16;
/// Digits of a snapshot's sequence in its file name.
const SEQUENCE_DIGITS: usize = 20;

/// The names in one data directory.
#[derive(Clone, Debug)]
pub(super) struct DirectoryLayout {
    directory: PathBuf,
}

/// What is in a data directory; names that are not ours are not in it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Listing {
    /// Segments in ascending order, plain, packed, or both.
    pub(super) segments: Vec<SegmentNumber>,
    /// Those that are packed, in ascending order.
    pub(super) packed: Vec<SegmentNumber>,
    /// Those that were being packed or unpacked, in ascending order.
    pub(super) packings: Vec<SegmentNumber>,
    /// Spares in ascending order.
    pub(super) spares: Vec<SegmentNumber>,
    /// Last sequences of snapshots in ascending order.
    pub(super) snapshots: Vec<Sequence>,
    /// Retired segments in ascending order.
    pub(super) retired: Vec<SegmentNumber>,
}

impl DirectoryLayout {
    /// The names in `directory`.
    pub(super) fn new(directory: &Path) -> Self {
        Self { directory: directory.to_owned() }
    }

    /// The directory itself.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The file that is locked; created once, never renamed or removed.
    pub(super) fn lock(&self) -> PathBuf {
        self.directory.join("lock")
    }

    /// The file that readers share a lock on; never renamed or removed.
    pub(super) fn lease(&self) -> PathBuf {
        self.directory.join("lease")
    }

    /// The list of the outputs that follow from the log.
    pub(super) fn consumers(&self) -> PathBuf {
        self.directory.join("consumers")
    }

    /// The file that becomes that list.
    pub(super) fn consumers_new(&self) -> PathBuf {
        self.directory.join("consumers.new")
    }

    /// The file that is locked by who changes that list; never renamed or removed.
    pub(super) fn consumers_lock(&self) -> PathBuf {
        self.directory.join("consumers-lock")
    }

    /// The file of a segment.
    pub(super) fn segment(&self, segment: SegmentNumber) -> PathBuf {
        self.directory.join(format!("{:0DIGITS$}.log", segment.0))
    }

    /// The packed file of a segment, which is read only where there is no plain one.
    pub(super) fn packed(&self, segment: SegmentNumber) -> PathBuf {
        self.directory.join(format!("{:0DIGITS$}.packed", segment.0))
    }

    /// The file that becomes a packed or an unpacked one.
    pub(super) fn packing(&self, segment: SegmentNumber) -> PathBuf {
        self.directory.join(format!("{:0DIGITS$}.packing", segment.0))
    }

    /// The file that becomes a segment.
    pub(super) fn spare(&self, segment: SegmentNumber) -> PathBuf {
        self.directory.join(format!("{:0DIGITS$}.spare", segment.0))
    }

    /// The file of a segment that is no part of the log any more.
    pub(super) fn retired(&self, segment: SegmentNumber) -> PathBuf {
        self.directory.join(format!("{:0DIGITS$}.retired", segment.0))
    }

    /// A name for a file that is gone again before any segment is written: that of a leftover, so
    /// that what a crash leaves of it is removed like one. No segment has the number 0. What an
    /// earlier crash left stays where it is until the log was judged.
    pub(super) fn probe(&self) -> PathBuf {
        let none = SegmentNumber(0);
        let names = [self.spare(none), self.retired(none), self.packing(none)];
        let [first, ..] = &names;
        let is_free = |name: &&PathBuf| name.symlink_metadata().is_err();
        names.iter().find(is_free).unwrap_or(first).clone()
    }

    /// The file of the snapshot behind this sequence.
    pub(super) fn snapshot(&self, sequence: Sequence) -> PathBuf {
        self.directory.join(format!("{:0SEQUENCE_DIGITS$}.snapshot", sequence.0))
    }

    /// The file that becomes a snapshot.
    pub(super) fn snapshot_part(&self) -> PathBuf {
        self.directory.join("part.snapshot")
    }

    /// The file that is locked by who makes snapshots; never renamed or removed.
    pub(super) fn snapshot_lock(&self) -> PathBuf {
        self.directory.join("snapshot-lock")
    }

    /// The first file that has one of the names here and is no file, nor a link to one: a
    /// directory, a pipe, a socket or a device. Whoever opened it might wait for ever.
    pub(super) fn irregular(&self) -> io::Result<Option<PathBuf>> {
        for entry in fs::read_dir(&self.directory)? {
            let entry = entry?;
            let is_ours = entry.file_name().to_str().is_some_and(is_name);
            if is_ours && !is_regular(&entry)? {
                return Ok(Some(entry.path()));
            }
        }
        Ok(None)
    }

    /// The first segment behind `after`; that it is the very next one, as a rule, is found out
    /// without listing all.
    pub(super) fn next_segment(&self, after: SegmentNumber) -> io::Result<Option<SegmentNumber>> {
        let following = SegmentNumber(after.0.saturating_add(1));
        if self.segment(following).try_exists()? || self.packed(following).try_exists()? {
            return Ok(Some(following));
        }
        Ok(self.list()?.segments.into_iter().find(|number| *number > after))
    }

    /// What is there now.
    pub(super) fn list(&self) -> io::Result<Listing> {
        let mut listing = Listing::default();
        for file in fs::read_dir(&self.directory)? {
            let name = file?.file_name();
            let name = name.to_str().unwrap_or("");
            listing.segments.extend(number_in(name, ".log").filter(|number| number.0 > 0));
            listing.packed.extend(number_in(name, ".packed").filter(|number| number.0 > 0));
            listing.packings.extend(number_in(name, ".packing"));
            listing.spares.extend(number_in(name, ".spare"));
            let sequence = digits_in(name, ".snapshot", SEQUENCE_DIGITS).map(Sequence);
            listing.snapshots.extend(sequence);
            listing.retired.extend(number_in(name, ".retired"));
        }
        listing.segments.extend(&listing.packed);
        listing.segments.sort_unstable();
        listing.segments.dedup();
        listing.packed.sort_unstable();
        listing.packings.sort_unstable();
        listing.spares.sort_unstable();
        listing.snapshots.sort_unstable();
        listing.retired.sort_unstable();
        Ok(listing)
    }

    /// Length of a segment's plain file in bytes; `None` when it does not exist.
    pub(super) fn plain_bytes(&self, segment: SegmentNumber) -> io::Result<Option<u64>> {
        match fs::metadata(self.segment(segment)) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Whether files of this name in a data directory are the engine's.
pub fn is_log_name(name: &OsStr) -> bool {
    const OF_SEGMENTS: [&str; 5] = [".log", ".packed", ".packing", ".spare", ".retired"];
    let layout = DirectoryLayout::new(Path::new(""));
    let fixed = [layout.lock(), layout.snapshot_lock(), layout.snapshot_part()];
    let text = name.to_str().unwrap_or_default();
    fixed.iter().any(|path| path == Path::new(name))
        || OF_SEGMENTS.iter().any(|extension| number_in(text, extension).is_some())
        || digits_in(text, ".snapshot", SEQUENCE_DIGITS).is_some()
}

/// Whether a directory holds a log, by the names in it.
pub fn looks_like_log(directory: &Path) -> bool {
    let layout = DirectoryLayout::new(directory);
    let is_log = |listing: Listing| !listing.segments.is_empty() || !listing.snapshots.is_empty();
    layout.lock().is_file() && layout.list().is_ok_and(is_log)
}

/// Whether a directory's entry is a file, or a link to one; one that has just gone is no harm.
fn is_regular(entry: &DirEntry) -> io::Result<bool> {
    let gone = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
    match entry.file_type() {
        Ok(kind) if kind.is_symlink() => match fs::metadata(entry.path()) {
            Err(error) if gone(&error) => Ok(false),
            found => found.map(|metadata| metadata.is_file()),
        },
        Err(error) if gone(&error) => Ok(true),
        kind => kind.map(|kind| kind.is_file()),
    }
}

/// Removes a file; that there is none is fine.
pub(super) fn remove<P: Platform>(platform: P, path: &Path) -> io::Result<()> {
    match platform.remove(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Whether a file of this name is opened by who opens the directory.
fn is_name(name: &str) -> bool {
    let kinds = [".log", ".packed", ".packing", ".spare", ".retired"];
    kinds.iter().any(|kind| number_in(name, kind).is_some())
        || digits_in(name, ".snapshot", SEQUENCE_DIGITS).is_some()
        || ["lock", "snapshot-lock", "part.snapshot"].contains(&name)
}

/// The number of the segment in a file name that is 16 digits and `extension`.
fn number_in(name: &str, extension: &str) -> Option<SegmentNumber> {
    digits_in(name, extension, DIGITS).map(SegmentNumber)
}

/// The number in a file name that is so many digits and `extension`.
fn digits_in(name: &str, extension: &str, count: usize) -> Option<u64> {
    let digits = name.strip_suffix(extension)?;
    let ours = digits.len() == count && digits.bytes().all(|digit| digit.is_ascii_digit());
    ours.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sixteen_digits_and_the_extension_are_ours() {
        assert_eq!(number_in("0000000000000012.log", ".log"), Some(SegmentNumber(12)));
        for other in [
            "0000000000000012.spare",
            "000000000000012.log",
            "00000000000000012.log",
            "+000000000000012.log",
            "000000000000001x.log",
            "0000000000000012.log.gz",
            "lock",
            "",
        ] {
            assert_eq!(number_in(other, ".log"), None, "{other}");
        }
    }

    #[test]
    fn names_read_back() {
        let layout = DirectoryLayout::new(Path::new("data"));
        let name = layout.segment(SegmentNumber(7));
        assert_eq!(name, Path::new("data/0000000000000007.log"));
        assert_eq!(layout.spare(SegmentNumber(8)), Path::new("data/0000000000000008.spare"));
        assert_eq!(layout.retired(SegmentNumber(9)), Path::new("data/0000000000000009.retired"));
        assert_eq!(layout.lock(), Path::new("data/lock"));
    }

    #[test]
    fn every_name_that_is_given_is_known() {
        let layout = DirectoryLayout::new(Path::new("data"));
        let segment = SegmentNumber(7);
        for path in [
            layout.lock(),
            layout.segment(segment),
            layout.packed(segment),
            layout.packing(segment),
            layout.spare(segment),
            layout.retired(segment),
            layout.probe(),
            layout.snapshot(Sequence(9)),
            layout.snapshot_part(),
            layout.snapshot_lock(),
        ] {
            assert!(is_log_name(path.file_name().unwrap()), "{}", path.display());
        }
        for other in ["7.log", "lock.csv", "a.snapshot", "0000000000000007.log.gz", ""] {
            assert!(!is_log_name(OsStr::new(other)), "{other}");
        }
    }
}
